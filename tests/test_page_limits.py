"""What the page report measures, held to its limits where they are no timings: weight, layout, focus, letters."""

import json
import subprocess

import pytest
from helpers_book import HTML, need_book, pages

from tools import page_report

pytestmark = [pytest.mark.browser, pytest.mark.book]


@pytest.fixture(scope="module")
def address():
    need_book()
    with page_report.served(HTML) as found:
        yield found


@pytest.mark.parametrize("page", pages())
def test_a_page_keeps_to_the_limits(browser, address, page):
    measured = page_report.measure(browser, address, page)
    assert page_report.missed(measured) == []
    assert measured.stops > 20


TOY = """<!DOCTYPE html><html><head><title>toy</title><link rel="icon" href="data:,">
<style>a:focus-visible { outline: 2px solid #000 } .bare:focus-visible { outline: none }</style></head><body><article>
<a href="#a" class="bare">without a ring</a> <a href="#b">with a ring</a>
<div style="overflow: hidden; width: 60px"><a href="#c" style="display: block; width: 60px">cut</a></div>
<figure class="course-figure"><svg viewBox="0 0 780 100" style="width: 390px">
<text y="50" font-size="12">six</text></svg></figure><p style="height: 500px">moves</p><p>%s</p></article><script>
  setTimeout(() => {
    document.querySelector("p").before(Object.assign(document.createElement("div"), { style: "height: 300px" }));
  }, 200);</script></body></html>"""


def test_the_measures_find_what_is_planted(browser, tmp_path):
    (tmp_path / "toy.html").write_text(TOY % ("x" * 5000), encoding="utf-8")
    with page_report.served(tmp_path) as address:
        measured = page_report.measure(browser, address, "toy.html")
        browser.get(address + "toy.html")
        browser.execute_script("fetch('http://localhost:1/elsewhere').catch(() => {})")
        elsewhere = page_report.transferred(browser, address)[1]
    assert measured.shift > 0.05 and measured.letters == pytest.approx(6, abs=0.01) and measured.stops == 3
    without, cut = measured.hidden
    assert "no ring" in without and "cut off at the side" in cut
    assert elsewhere == ["http://localhost:1/elsewhere"]
    assert 0.1 < measured.kilobytes < 3


GOOD = page_report.Page(kilobytes=100, outside=[], console=[], shift=0.0, stops=30, hidden=[], letters=9.0)


@pytest.mark.parametrize("change, faults, scores, words", [
    ({"kilobytes": 300}, 0, {}, "300 kB, over"),
    ({"outside": ["http://elsewhere/"]}, 0, {}, "asks for http://elsewhere/"),
    ({"console": ["SEVERE no"]}, 0, {}, "console: SEVERE no"),
    ({"shift": 0.06}, 0, {}, "layout shift 0.060, over 0.05"),
    ({"hidden": ["a: no ring"]}, 0, {}, "focus not seen: a: no ring"),
    ({"letters": 8.9}, 0, {}, "letters of 8.9 px, under 9"),
    ({}, 2, {}, "2 rules of axe are broken"),
    ({}, 0, {"desktop": (94, 100, 100, 100, 0.0)}, "desktop: performance 94, under 95"),
    ({}, 0, {"mobile": (90, 99, 100, 100, 0.0)}, "mobile: accessibility 99, under 100"),
    ({}, 0, {"mobile": (90, 100, 100, 100, 0.051)}, "mobile: layout shift 0.051, over 0.05"),
    ({}, 0, {"mobile": None}, "mobile: Lighthouse failed"),
])
def test_the_report_says_what_misses_a_limit(change, faults, scores, words):
    within = {"desktop": (95, 100, 100, 100, 0.05), "mobile": (90, 100, 100, 100, 0.05)}
    assert page_report.missed(GOOD, 0, within) == []
    [found] = page_report.missed(GOOD._replace(**change), faults, within | scores)
    assert found.startswith(words)


@pytest.mark.parametrize("performances, median, runs", [
    ([90, 96, 90, 0], 90, 3), ([91, 97, 94, 0], 94, 3), ([92, 92, 0, 0], 92, 2), ([None, 95, 95, 0], 95, 3),
    ([None, None, None], None, 3),
])
def test_the_median_of_lighthouse_s_runs(monkeypatch, performances, median, runs):
    """As many runs as the median of three needs; one that fails does not count."""
    done = []

    def run(command, **_):
        score = performances[len(done)]
        done.append(command)
        categories = {name: {"score": 1.0} for name in page_report.CATEGORIES}
        categories["performance"] = {"score": (score or 0) / 100}
        result = {"categories": categories, "audits": {"cumulative-layout-shift": {"numericValue": 0.0012}}}
        return subprocess.CompletedProcess(command, int(score is None), json.dumps(result), "")

    monkeypatch.setattr(page_report.subprocess, "run", run)
    found = page_report.lighthouse("lighthouse", "http://localhost/", 3, "chromium", "mobile")
    assert found == (median and (median, 100, 100, 100, 0.001)) and len(done) == runs


def test_a_form_that_misses_a_limit_beside_the_other_is_measured_alone():
    found = {"desktop": [(100,) * 4 + (0,)], "mobile": [(89, 100, 100, 100, 0), (92, 100, 100, 100, 0)]}
    scores = page_report.judged(("desktop", "mobile"), lambda form: found[form].pop(0))
    assert scores == {"desktop": (100,) * 4 + (0,), "mobile": (92, 100, 100, 100, 0)} and not any(found.values())
