"""What all laboratories have in common, from Python: what a notebook holds, and what is left where nothing moves."""

import base64
import html
import json
import re

import pytest
from bs4 import BeautifulSoup
from helpers_labs import ROOT

from cnnlib.course import bundle, labs
from cnnlib.course.labs import Laboratory, NetworkLab

VIEW = "application/vnd.jupyter.widget-view+json"


def test_committed_outputs_hold_no_widget(monkeypatch):
    monkeypatch.setenv("CNNLIB_STATIC", "1")
    data = NetworkLab()._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html"}
    assert data["text/plain"].startswith("Laboratory «Network laboratory». Read as 3")


def test_the_page_gets_its_data_and_whoever_runs_no_script_a_picture_and_its_caption():
    lab = NetworkLab()
    section = BeautifulSoup(lab.to_html(), "html.parser").section
    assert json.loads(section["data-config"]) == json.loads(json.dumps(lab.config))
    assert base64.b64decode(section["data-bytes"]) == lab.data
    assert section["class"] == ["course-lab", "course-lab-network"] and section["id"] == "lab-network"
    (image,) = section.find_all("img")
    assert image["src"].startswith("data:image/svg+xml,") and image["alt"].strip()
    assert "Read as 3" in section.select_one(".course-caption").get_text()
    assert not section.select("input, button, select, svg, script")


def test_in_jupyter_there_is_a_widget_with_the_same_data(monkeypatch):
    monkeypatch.delenv("CNNLIB_STATIC", raising=False)
    lab = NetworkLab()
    data = lab._repr_mimebundle_()
    assert VIEW in data and "Read as 3" in data["text/html"]
    (view,) = lab._views
    assert view.config == lab.config and view.bytes == lab.data and "data-config" not in view.page
    assert view._esm == bundle.for_jupyter("labs")
    rules = re.sub(r"/\*.*?\*/", "", view._css, flags=re.S)
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@media[^{]*\{", "", rules))
    parts = [s.strip() for rule in selectors for s in re.split(r",(?![^(]*\))", rule)]
    assert len(parts) > 60 and all(".course-" in part for part in parts), [p for p in parts if ".course-" not in p]


def test_a_reader_needs_no_engine_to_run_a_cell(monkeypatch):
    monkeypatch.delenv("CNNLIB_STATIC", raising=False)
    monkeypatch.setattr("cnnlib.course.labs._laboratory.available", lambda: False)
    monkeypatch.setattr("cnnlib.course.labs._laboratory.call", lambda *_: pytest.fail("a module was run"))
    data = NetworkLab()._repr_mimebundle_()
    assert VIEW in data and data["text/plain"] == "Laboratory «Network laboratory»."
    assert "Nothing is drawn here" in data["text/html"]


def test_config_may_hold_whatever_a_text_may_hold():
    class Odd(Laboratory):
        script, name, title = "lab-odd", "lab-odd", 'Odd "<&>"'
        first = ("", "")

    section = BeautifulSoup(Odd({"a": "\"<&>'"}).to_html(), "html.parser").section
    assert json.loads(section["data-config"]) == {"a": "\"<&>'"} and section["aria-label"] == 'Odd "<&>"'
    assert html.escape("<&>") in str(section)


@pytest.mark.parametrize("name", bundle.laboratories())
def test_every_laboratory_has_its_class_and_all_its_functions(name):
    assert {"start", "numbers", "draw", "open"} <= set(bundle.EXPORT.findall(bundle.source(name)))
    scripts = {getattr(labs, cls).script for cls in labs.__all__}
    assert name in scripts


@pytest.mark.parametrize("path", sorted((ROOT / "laboratories").glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_cell_answers_a_question_before_the_reader_has_thought(path):
    """After "Things to find out" the outputs are folded, and the checks, which name the answers, as well."""
    asked = False
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown":
            asked = "## Things to find out\n" in source or asked and not source.startswith("## ")
        elif asked and "hide-input" not in tags and not source.startswith("import"):
            assert "hide-output" in tags and "assert" not in source, source
