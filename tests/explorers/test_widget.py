"""The two faces of an explorer from Python's side: what the widget answers, and what the outputs hold."""

import html
import json
import re

import ipywidgets
import numpy as np
import pytest
from bs4 import BeautifulSoup

from cnnlib.course import _still, bundle
from cnnlib.course.explorers import Choice, Explorer, Numbers, Slider
from cnnlib.course.figures import conv_explorers

VIEW = "application/vnd.jupyter.widget-view+json"


def squares(limit=3, off=False):
    """A row of squares whose length depends on another control."""
    def draw(n, most):
        return f"<p>{n}</p>", f"{n} squared is {n * n}", {"limits": {"n": most}, "off": ["most"] if off else []}

    controls = [Slider("n", range(-1, 6), label="number", start=2, play=True),
                Slider("most", range(1, 6), label="m", start=limit)]
    return Explorer(draw, controls, name="explore-squares", title="Squares & more")


def windows():
    """An explorer that a module draws."""
    return Explorer(
        conv_explorers.window_numbers,
        [Slider("step", range(64), label="window"), Choice("image", ["edge", "dot"], label="input"),
         Choice("padding", [0, 1], label="padding"), Choice("stride", [1, 2], label="stride"),
         Choice("dilation", [1], label="dilation"), Numbers("kernel", np.eye(3), label="kernel")],
        name="explore-w", title="Windows", script="conv-window", config=conv_explorers.window_config(),
        click="the output")


def ask(view, **places):
    view.asked = {"serial": view.asked["serial"] + 1, "places": view.asked["places"] | places}
    return view.answer


def test_the_widget_is_an_ipywidget_that_starts_with_an_answer():
    view = squares().widget()
    assert isinstance(view, ipywidgets.DOMWidget)
    assert view.answer["serial"] == 0 and view.answer["places"] == {"n": 3, "most": 2}
    assert view.answer["shown"]["caption"] == "2 squared is 4"


def test_a_question_is_answered_with_a_frame_or_with_numbers():
    view = squares().widget()
    answer = ask(view, n=0)
    assert (answer["serial"], answer["places"]["n"]) == (1, 0)
    assert answer["shown"] == {"html": "<p>−1</p>", "caption": "−1 squared is 1", "limits": {"n": 3}, "off": []}
    view = windows().widget()
    kernel = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    answer = ask(view, image=1, step=3, kernel=kernel)
    expected = conv_explorers.window_numbers("dot", kernel, 0, 1, 1, 3)
    assert answer["numbers"] == _still.plain(expected) and json.dumps(answer, allow_nan=False)


def test_the_same_numbers_are_an_answer_too():
    view, seen = squares().widget(), []
    view.observe(lambda change: seen.append(change.new["serial"]), "answer")
    ask(view), ask(view)
    assert seen == [1, 2]


def test_every_explorer_brings_the_whole_drawing_along():
    view = windows().widget()
    assert view._esm == bundle.for_jupyter() and "lmSuppressShortcuts" in view._esm
    assert ".course-explorer" in view._css and "--jp-" in view._css
    # One sheet for all of JupyterLab: no rule may reach beyond the explorers.
    rules = re.sub(r"/\*.*?\*/", "", view._css, flags=re.S)
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@media[^{]*\{", "", rules))
    parts = [s.strip() for rule in selectors for s in re.split(r",(?![^(]*\))", rule)]
    assert len(parts) > 30 and all(".course-" in part for part in parts), parts


def test_two_views_of_one_explorer_share_no_id():
    assert not re.search(r"\b(?:id|for)=", windows().widget().page + squares().widget().page)


def test_a_control_without_effect_is_disabled():
    assert "disabled" in squares(off=True).to_html() and "disabled" not in squares().to_html()


def test_frames_come_back_as_they_were_drawn():
    def draw(n):
        return f'<svg viewBox="0 0 9 9" style="max-width:9px"><text x="1">"a" & \'b\' < {n}</text></svg>'.replace(
            "&", "&amp;").replace("<  ", "&lt; "), f'"{n}" & \'more\''

    explorer = Explorer(draw, [Slider("n", [-1, 2], label="n")], name="explore-q", title="Quotes")
    data = html.unescape(re.search(r'data-frames="([^"]*)"', explorer.to_html())[1])
    for k, (stage, caption, limits, off) in json.loads(data).items():
        assert caption == ('"−1" & \'more\'', '"2" & \'more\'')[int(k)] and limits == {} and off == []
        assert BeautifulSoup(stage, "html.parser").find("text").get_text().startswith("\"a\" & 'b'")


# ---- outputs ----------------------------------------------------------------------------------------------------


def test_committed_outputs_have_all_frames_and_no_widget(monkeypatch):
    monkeypatch.setenv("CNNLIB_STATIC", "1")
    data = squares()._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html"} and "data-frames" in data["text/html"]
    assert data["text/plain"] == "Explorer «Squares & more»: number (7 values), m (5 values). 2 squared is 4"


def test_in_jupyter_frames_are_drawn_when_they_are_asked_for(monkeypatch):
    monkeypatch.delenv("CNNLIB_STATIC", raising=False)
    drawn = []
    explorer = squares()
    draw, explorer.compute = explorer.compute, lambda **values: drawn.append(values) or draw(**values)
    data = explorer._repr_mimebundle_()
    assert VIEW in data and "2 squared is 4" in data["text/html"] and len(drawn) <= 2


def test_a_reader_needs_no_engine_to_run_a_cell(monkeypatch):
    monkeypatch.delenv("CNNLIB_STATIC", raising=False)
    monkeypatch.setattr("cnnlib.course.explorers.available", lambda: False)
    monkeypatch.setattr("cnnlib.course.explorers.call", lambda *_: pytest.fail("a module was run"))
    data = windows()._repr_mimebundle_()
    assert VIEW in data and data["text/plain"].startswith("Explorer «Windows»: window (64 values), input")
    assert "Nothing is drawn here" in data["text/html"] and 'data-script="conv-window"' in data["text/html"]


# ---- the bundle -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("part", "faces"), [("explorers", "faces"), ("labs", "lab-faces")])
def test_the_page_is_one_classic_script_and_jupyter_one_module(part, faces):
    page, module = bundle.for_page(part), bundle.for_jupyter(part)
    assert not re.search(r"^\s*(import|export)\b", page, flags=re.M)
    assert re.findall(r"^\s*(?:import|export)\b.*", module, flags=re.M) == [
        f'export default modules["{faces}"].jupyter(modules);']


def test_each_module_is_in_the_script_of_the_pages_that_need_it():
    """Explorers do without what laboratories bring along, and the other way round; what both draw with is in both."""
    held = {part: set(re.findall(r'^modules\["([^"]+)"\] =', bundle.modules(part), flags=re.M))
            for part in ("explorers", "labs", None)}
    assert held[None] == {path.stem for path in bundle.PAGE.glob("*.js")} == held["explorers"] | held["labs"]
    assert {"lab-faces", "lab"} <= held["labs"] - held["explorers"]
    assert {"faces", *bundle.explorers()} <= held["explorers"] - held["labs"]
    assert {"words", "player"} <= held["explorers"] & held["labs"]


@pytest.mark.parametrize("lab", bundle.laboratories())
def test_the_script_of_a_laboratory_holds_no_other_and_opens_no_other(lab):
    held = set(re.findall(r'^modules\["([^"]+)"\] =', bundle.modules(lab), flags=re.M))
    assert {lab, "lab", "lab-faces"} <= held and not held & (set(bundle.laboratories()) - {lab})
    assert "modules[\"lab-faces\"].page(modules)" in bundle.for_page(lab)


@pytest.mark.parametrize(("text", "fault"), [
    ('import * as all from "./words.js";\n', "neither import"),
    ("export default 3;\n", "neither import"),
    ("export const [a, b] = [1, 2];\n", "neither import"),
    ('import { other } from "./other.js";\n', "import one another: new → other → new"),
])
def test_a_module_in_another_form_is_refused(monkeypatch, tmp_path, text, fault):
    for path in bundle.PAGE.glob("*.js"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "new.js").write_text(text, encoding="utf-8")
    (tmp_path / "other.js").write_text('import { a } from "./new.js";\nexport const other = 1;\n', encoding="utf-8")
    monkeypatch.setattr(bundle, "PAGE", tmp_path)
    with pytest.raises(ValueError, match=fault):
        bundle.modules.__wrapped__()


def test_a_module_asks_for_what_the_others_give():
    for path in bundle.PAGE.glob("*.js"):
        for names, other in bundle.IMPORT.findall(path.read_text(encoding="utf-8")):
            wanted = set(re.findall(r"\w+", names))
            assert wanted <= set(bundle.EXPORT.findall(bundle.source(other))), path.name
            assert all(len(re.findall(rf"\b{name}\b", bundle.source(path.stem))) > 1 for name in wanted), path.name
