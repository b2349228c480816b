"""What the page report measures, held to its limits where they are no timings: weight, layout, focus, letters."""

import functools

import pytest
from helpers_book import HTML, need_book, pages

from tools import page_report

pytestmark = [pytest.mark.browser, pytest.mark.book]
KILOBYTES = {"br": 250, "gzip": 275}  # before an explorer is reached; gzip takes a seventh more for the same text
SHIFT = 0.05
LETTERS = 9.0  # pixels, on a phone


@pytest.fixture(scope="module")
def address():
    need_book()
    with page_report.served(HTML) as found:
        yield found


@pytest.fixture(scope="module")
def measured(browser, address):
    """What was measured of a page, once."""
    return functools.cache(lambda page: page_report.measure(browser, address, page))


@pytest.mark.parametrize("page", pages())
def test_a_page_keeps_to_the_limits(measured, page):
    found = measured(page)
    assert found.kilobytes <= KILOBYTES[page_report.METHOD]
    assert found.shift <= SHIFT
    assert found.outside == [] and found.console == []
    assert found.stops > 20 and found.hidden == []


@pytest.mark.parametrize("page", pages())
def test_no_letter_of_a_figure_is_small_on_a_phone(measured, page):
    letters = measured(page).letters
    assert letters is None or letters >= LETTERS, f"{letters:.1f} px"


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
