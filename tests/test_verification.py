"""The verification page says what the records say, in tables that a screen reader can read."""

import json
import pathlib
import re

import matplotlib.pyplot as plt
import pytest

from cnnlib.course.figures import verification as draw
from cnnlib.crosscheck import CASES, TOLERANCE, report

ROOT = pathlib.Path(__file__).parent.parent


def row(name, dtype, forward, backward, device="cpu"):
    return {"name": name, "dtype": dtype, "forward": forward, "backward": backward, "device": device}


ROWS = [row("conv2d", "float32", 0.0, 1.5e-7), row("conv2d", "float64", None, 2e-16),
        row("a < b", "float32", 1e-7, 0.0), row("a < b", "float64", 1e-16, 0.0)]


def test_error_table():
    page = draw.error_table(ROWS, "Errors & <more>")
    assert page.count("<caption>Errors &amp; &lt;more&gt;</caption>") == 1 and "a &lt; b" in page
    assert all("scope=" in head for head in re.findall(r"<th\b[^>]*>", page))
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page)
    assert cells == ["failed", "2.0e−16", "0", "1.5e−07", "1.0e−16", "0", "1.0e−07", "0"]  # float64 first


def test_table_without_groups():
    page = draw.table("Words", ["one", "two"], [["a", "b"]])
    assert re.findall(r'<th scope="(\w+)"', page) == ["col", "col", "row"] and "<td" in page


def test_picture_marks_the_limits():
    rows = [r for r in ROWS if r["forward"] is not None] + [row("conv2d", "float64", 0.0, 2e-16)]
    fig = draw.errors(rows, {"float32": 1e-5, "float64": 1e-10})
    texts = {text.get_text() for text in fig.axes[0].texts}
    assert texts == {"float64 limit", "float32 limit"}
    assert {label.get_text() for label in fig.axes[0].get_yticklabels()} == {"a < b", "conv2d"}
    plt.close(fig)


def test_the_committed_record_is_complete_and_current_where_it_cannot_be_repeated():
    record = report.load(ROOT / "records" / "verification.json")
    rows = {(r["name"], r["dtype"], r["device"]): r for r in record["rows"]}
    assert {(case.name, dtype, "cpu") for case in CASES for dtype in TOLERANCE} <= set(rows), "run the cross-check"
    assert all(r["ok"] for r in rows.values()) and {r["device"] for r in rows.values()} == set(record["runs"])
    on_gpu = [r for r in rows.values() if r["device"] == "cuda"]
    assert (record["gpu"] == "not measured") == (not on_gpu)
    assert all(r["source"] == report.source_version(r["module"]) for r in on_gpu), "measured with other code"


@pytest.fixture(scope="module")
def page():
    notebook = json.loads((ROOT / "verification.ipynb").read_text(encoding="utf-8"))
    outputs = [o for cell in notebook["cells"] if cell["cell_type"] == "code" for o in cell["outputs"]]
    return "\n".join("".join(o.get("data", {}).get("text/html", o.get("text", ""))) for o in outputs)


def test_the_page_shows_every_recorded_number(page):
    record = json.loads((ROOT / "records" / "verification.json").read_text(encoding="utf-8"))
    for r in record["rows"]:
        shown = page.split(f"font-weight:normal\">{r['name']}</th>")
        assert any(draw.number(r[way]) in part[:400] for way in draw.WAYS for part in shown[1:]), r["name"]
    for run in record["runs"].values():
        assert run["hardware"] in page and run["date"] in page
        assert all(version in page for version in run["versions"].values())


def test_no_gpu_is_shown_that_was_not_measured(page):
    record = json.loads((ROOT / "records" / "verification.json").read_text(encoding="utf-8"))
    measured = any(r["device"] == "cuda" for r in record["rows"])
    assert ("Nothing was measured on a GPU" in page) == (not measured)
    assert ("(GPU)" in page) == measured


def test_the_page_shows_every_planted_mistake(page):
    record = json.loads((ROOT / "records" / "mutations.json").read_text(encoding="utf-8"))
    for mutation in record["mutations"]:
        assert mutation["file"] in page and mutation["by"].partition("::")[2].partition("[")[0] in page
    assert f"noticed {record['caught']} of them" in page


def test_what_was_drawn_by_chance_is_on_record_without_a_failure():
    record = json.loads((ROOT / "records" / "fuzz.json").read_text(encoding="utf-8"))
    assert record["failures"] == []
    assert min(record["networks"], record["calls"]) >= 20_000, 'run make fuzz FUZZ="--networks 21000 --record ..."'
