"""The page on speed says what the record says, whatever that is, in tables that a screen reader can read."""

import copy
import html
import json
import pathlib
import re

import matplotlib.pyplot as plt
import pytest
from helpers_page import rerun

from cnnlib.course.figures import speed as draw
from cnnlib.course.figures import speed_tables as tables

ROOT = pathlib.Path(__file__).parent.parent
RECORD = json.loads((ROOT / "records" / "benchmarks.json").read_text(encoding="utf-8"))


def shown_by(notebook):
    cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells if cell["cell_type"] == "code" for output in cell["outputs"]]
    return "\n".join("".join(o.get("data", {}).get("text/html", o.get("text", ""))) for o in outputs)


@pytest.fixture(scope="module")
def page():
    return shown_by("speed.ipynb")


def rows(markup, caption):
    """The rows of the tables whose caption starts like this: header first."""
    parts = [part for part in markup.split("<caption>")[1:] if html.unescape(part).startswith(caption)]
    found = [row for part in parts for row in re.findall("<tr>(.*?)</tr>", part.split("</table>")[0])]
    return [[html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in found]


def scaled(record, factor):
    """The same record with cnnlib slower by a factor."""
    record = copy.deepcopy(record)
    for entry in (entry for run in record["runs"] for part in ("steps", "operations") for entry in run.get(part, ())):
        entry["ms"]["cnnlib"] *= factor
        entry["ratio"] *= factor
        entry["spread"] = [factor * value for value in entry["spread"]]
    return record


def test_the_committed_record_is_complete():
    assert {run["threads"] for run in RECORD["runs"]} == {1, 2} and {"memory", "mnist"} <= set(RECORD)


def test_the_page_shows_every_recorded_time(page):
    for run in RECORD["runs"]:
        caption = f"Ratio, quartiles, and milliseconds of a training step with {run['threads']} thread"
        shown = {row[0]: row for row in rows(page, caption)}
        for step in run["steps"]:
            row = shown[tables.label(step["name"])]
            assert f"{step['ratio']:.2f}" in row and tables.quartiles(step) in row
            assert all(tables.short(ms) in row for who, ms in step["ms"].items() if who.startswith(("cnnlib", "torch")))
    single = next(run for run in RECORD["runs"] if run["threads"] == 1)
    shown = {row[0]: row for row in rows(page, "Ratio, quartiles, and milliseconds of an operation")}
    for record in single["operations"]:
        row = shown[tables.label(record["name"])]
        assert {f"{record['ratio']:.2f}", *map(tables.short, record["ms"].values())} <= set(row)


def test_the_page_says_what_was_measured_on_what(page):
    machine = RECORD["machine"]
    assert all(str(machine[key]) in page for key in ("date", "processor", "system", "python", "numpy", "torch"))
    shown = {row[0]: row[1:] for row in rows(page, "In force")}
    for i, run in enumerate(RECORD["runs"]):
        assert all((k["architecture"] or "") in shown["kernels in force"][i] for k in run["kernels"])
        assert shown["peak of a matrix product, NumPy"][i] == f"{run['peak']['numpy']:.1f} GFLOP/s"
    assert f"{RECORD['memory']['cnnlib']:.0f} MiB" in page and f"{RECORD['memory']['torch']:.0f} MiB" in page


def test_no_gpu_is_shown_that_was_not_measured(page):
    assert ("Nothing was measured on a GPU" in page) == (not RECORD.get("gpu"))


def test_every_seed_is_shown(page):
    shown = {row[0]: row[1:] for row in rows(page, "Right answers")}
    for run in RECORD["mnist"]["cnnlib"]:
        assert shown[f"seed {run['seed']}"][:2] == [tables.percent(run["accuracy"], 2), f"{run['seconds']:.1f} s"]


def test_chapter_18_shows_the_rest_of_the_record():
    page = shown_by("chapters/18_making_it_fast.ipynb")
    single = next(run for run in RECORD["runs"] if run["threads"] == 1)
    counted = {row[0]: row for row in rows(page, "GFLOP/s")}
    for record in (record for record in single["operations"] if record["group"] == "convolution"):
        assert tables.percent(record["of_peak"]) in counted[tables.label(record["name"])]
    assert f"engine takes {tables.short(single['rungs'][4]['us_per_image'])}" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert all(f"{tables.label(name)}: {fit['exponent']:.2f}" in page for name, fit in single["growth"].items())


def test_tables_have_captions_and_scopes(page):
    assert page.count("<table") == page.count("<caption>") > 5
    heads = re.findall(r"<th\b[^>]*>(.*?)</th>", page)
    assert all(heads) and all("scope=" in head for head in re.findall(r"<th\b[^>]*>", page))


@pytest.mark.parametrize("factor, faster", [(1e-3, True), (1e3, False)])
def test_no_sentence_presupposes_who_wins(factor, faster, tmp_path, monkeypatch):
    record = scaled(RECORD, factor)
    page = rerun("speed.ipynb", {"benchmarks": record}, tmp_path, monkeypatch)
    steps = sum(len(run["steps"]) for run in record["runs"])
    operations = len(next(run for run in record["runs"] if run["threads"] == 1)["operations"])
    assert f"In {steps if faster else 0} of {steps} measurements cnnlib needs less time" in page
    assert f"mode in {operations if faster else 0} of {operations}." in page


def test_the_page_of_a_short_run_on_one_thread(tmp_path, monkeypatch):
    record = {key: value for key, value in RECORD.items() if key != "mnist"}
    record["runs"] = [run for run in RECORD["runs"] if run["threads"] == 1]
    page = rerun("speed.ipynb", {"benchmarks": record}, tmp_path / "short", monkeypatch)
    assert "MNIST was not trained" in page and "2 threads" not in page and "mean test accuracy" not in page


def test_what_a_later_record_adds_is_shown(tmp_path, monkeypatch):
    record = copy.deepcopy(RECORD)
    record["mnist"]["recipe"]["label_smoothing"] = 0.1
    record["mnist"] |= {"chosen": "on <other> images", "torch eager": record["mnist"]["cnnlib"][:1]}
    record["runs"][0]["steps"][0]["left_out"] = {"DeZero": "ImportError"}
    record["pinned"] = {"value": "Haswell", "peak": 51.0}
    record["gpu"] = {"name": "a card"}
    page = rerun("speed.ipynb", {"benchmarks": record}, tmp_path / "more", monkeypatch)
    assert "label smoothing 0.1" in page and "on &lt;other&gt; images" in page
    assert "DeZero was left out" in page and "pinned to Haswell" in page
    assert "PyTorch eager" in rows(page, "Right answers")[0]
    assert "Nothing was measured on a GPU" not in page


def test_small_texts():
    assert tables.label("conv 1->6 5x5 (torch eager)") == "conv 1→6 5×5 (PyTorch eager)"
    assert [tables.short(v) for v in (None, 0.0123, 1.0, 12.34, 1234.5)] == ["–", "0.0123", "1.00", "12.3", "1,234"]
    assert tables.listed(["a"]) == "a" and tables.listed(["a", "b", "c"]) == "a, b and c"
    assert tables.many(1, "core") == "1 core" and tables.percent(0.9921, 2) == "99.21 %"


def test_pictures_tell_faster_from_slower_by_shape():
    records = [{"name": "a", "ratio": 0.5, "spread": [0.4, 0.6]}, {"name": "b", "ratio": 2.0, "spread": [1.5, 2.5]}]
    fig = draw.ratios(records)
    marks = {line.get_marker() for line in fig.axes[0].lines if line.get_marker() not in ("None", "", None)}
    low, high = fig.axes[0].get_xlim()
    assert marks == {"o", "D"} and low < 0.4 and high > 2.5
    plt.close(fig)
