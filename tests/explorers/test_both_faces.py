"""An explorer's page and its widgets: the same controls, the same ranges, none of them dead."""

import json
import random
import re

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from committed import NEED_THE_CHAPTER, ROOT, explorers

from cnnlib.course.explorers import Explorer, Numbers, Slider
from cnnlib.course.figures import fixed, number, unbroken

NAMES = sorted(explorers())
each = pytest.mark.parametrize("name", NAMES)


def test_all_explorers_of_the_chapters_are_here():
    shown = {name for path in (ROOT / "chapters").glob("*.ipynb")
             for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
             for name in re.findall(r'name="(explore-[^"]+)"', cell.source)}
    assert shown == set(NAMES) | NEED_THE_CHAPTER and len(NAMES) >= 12


def page_controls(explorer):
    """What the page offers: name to (label, texts, index, disabled, plays)."""
    found = {}
    for control in BeautifulSoup(explorer.controls_html(), "html.parser").select("[data-name]"):
        box = control.find_parent(class_="course-control") or control
        label = (box.find("label") or box.find("legend")).get_text()
        if control.name == "input":
            texts = json.loads(control["data-texts"])[:int(control["max"]) + 1]
            index = int(control["value"])
        elif control.name == "select":
            texts = [option.get_text() for option in control.find_all("option")]
            index = next(i for i, option in enumerate(control.find_all("option")) if option.has_attr("selected"))
        else:
            texts, index = [cell["value"] for cell in control.find_all("input")], None
        found[control["data-name"]] = (label, texts, index, control.has_attr("disabled"), bool(box.find("button")))
    return found


def widget_controls(box):
    """The same of the ipywidgets, in their order."""
    import ipywidgets

    for child in box.children[1:-2]:
        parts = getattr(child, "children", [child])
        plays = any(isinstance(part, ipywidgets.Play) for part in parts)
        if isinstance(parts[0], ipywidgets.Label):
            cells = parts[1].children
            yield parts[0].value, [f"{c.value:g}" for c in cells], None, all(c.disabled for c in cells), plays
        else:
            select = parts[0]
            yield select.description, list(select.options), select.index, select.disabled, plays


@each
def test_both_faces_offer_the_same(name):
    explorer = explorers()[name]
    assert list(page_controls(explorer).values()) == list(widget_controls(explorer.widget()))


@each
def test_sliders_stand_under_one_another(name):
    import ipywidgets

    widths = set()
    for child in explorers()[name].widget().children[1:-2]:
        part = getattr(child, "children", [child])[0]
        widths.add(part.layout.width if isinstance(part, ipywidgets.Label) else part.style.description_width)
    assert len(widths) == 1 and widths != {"initial"}


def choices(control, last=None):
    """All values of a control, or some grids of numbers."""
    if isinstance(control, Numbers):
        rng = np.random.default_rng(3)
        return [control.start + 1, rng.integers(-4, 5, control.start.shape) / 2.0]
    return control.values if last is None else control.values[:last + 1]


def states(explorer, count=2):
    """The start and some other states."""
    rng = random.Random(explorer.name)
    start = {c.name: c.start for c in explorer.controls}
    yield start
    for _ in range(count):
        yield {c.name: rng.choice(choices(c)) for c in explorer.controls}


def drawn(explorer, values):
    """What a reader can tell apart in one state: ids inside a drawing differ from one to the next."""
    frame = explorer.frame(**values)
    return re.sub(r'(id="|#)[^")]*', r"\1", frame.stage), frame.caption


def said(explorer, values):
    """The caption alone, which is quicker to have than the drawing."""
    caption = explorer.draw(**values)[1]
    plt.close("all")
    return caption


def same(explorer, values, others):
    return said(explorer, values) == said(explorer, others) and drawn(explorer, values) == drawn(explorer, others)


@each
def test_a_control_does_something_or_is_off(name):
    explorer = explorers()[name]
    for values in states(explorer):
        off = (*explorer.draw(**values)[2:], {})[0].get("off", [])
        for control in explorer.controls:
            others = (values | {control.name: v} for v in (choices(control)[-1], choices(control)[0]))
            dead = all(same(explorer, values, other) for other in others)
            fault = "dead" if dead else "off, yet alive"
            assert dead == (control.name in off), f"{control.name} is {fault} at {values}"


@each
def test_every_place_of_a_slider_that_plays_shows_something_else(name):
    explorer = explorers()[name]
    for values in states(explorer, 1):
        limits = (*explorer.draw(**values)[2:], {})[0].get("limits", {})
        for control in (c for c in explorer.controls if getattr(c, "play", False)):
            rows = choices(control, limits.get(control.name))
            pairs = [(values | {control.name: a}, values | {control.name: b})
                     for a, b in zip(rows, rows[1:], strict=False)]
            still = [b[control.name] for a, b in pairs if same(explorer, a, b)]
            assert not still, f"{control.name} stands still at {still} of {values}"


@each
def test_the_hint_names_the_grid_that_can_be_clicked(name):
    explorer = explorers()[name]
    page = BeautifulSoup(explorer.controls_html(), "html.parser")
    hint = page.select_one(".course-hint")
    for values in states(explorer, 4):
        stage = BeautifulSoup(explorer.frame(**values).stage, "html.parser")
        grids = [cell.find_parent(["svg", "table"]) for cell in stage.select("[data-set]")]
        panels = {grid.find_previous("p").get_text() for grid in grids}
        assert bool(panels) == bool(hint)
        for panel in panels:
            assert panel.split()[-1] in re.findall(r"\w+", hint.get_text()), panel
            assert len([head for head in stage.select("p") if head.get_text() == panel]) == 1


def test_an_explorer_must_name_the_grid_that_can_be_clicked():
    cell = '<g data-set="n:0"></g>'
    for stage, click in ((cell, None), ("<p></p>", "the output")):
        explorer = Explorer(lambda n, stage=stage: (stage, f"{n}"), [Slider("n", [1, 2], label="n")], name="explore-n",
                            title="n", click=click)
        with pytest.raises(ValueError, match="name the grid"):
            explorer.to_html()


# ---- two languages ----------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("name", [name for name in NAMES if explorers()[name].script])
def test_the_page_computes_the_same_captions_limits_and_dead_controls(name, render):
    explorer = explorers()[name]
    config = json.loads(json.dumps(explorer.config, default=lambda a: np.asarray(a).tolist()))
    for values in states(explorer, 8):
        page = render(explorer.script, {k: np.asarray(v).tolist() for k, v in values.items()}, config)
        frame = explorer.frame(**values)
        assert page["caption"] == frame.caption
        assert page.get("limits", {}) == frame.limits and page.get("off", []) == frame.off
        assert not re.search(r">[^<]*-\d", page["html"])


@pytest.mark.browser
def test_captions_break_alike_in_both_languages(render):
    texts = [said(explorers()[name], values) for name in NAMES for values in states(explorers()[name], 3)]
    texts += ["charge 0.98 for p = 0.0001.", "a = b = c = 4", "190 × 158, 96.3% ± 1.1% after 8.0 s, 99 %; 5 secs"]
    page = render.browser.execute_script("return arguments[0].map(course.unbroken)", texts)
    assert page == [unbroken(text) for text in texts] != texts


@pytest.mark.browser
def test_numbers_read_alike_in_both_languages(render):
    rng = np.random.default_rng(5)
    values = [0.0, -0.0, 0.125, -0.125, 2.5, -0.5, 1e-9, -0.004, 0.005, 1.005, 1e12, 99.995,
              *rng.normal(scale=10.0 ** rng.integers(-4, 6, 300))]
    pairs = [(float(v), int(d)) for v, d in zip(values, rng.integers(0, 6, len(values)), strict=True)]
    page = render.browser.execute_script(
        "return arguments[0].map(([v, d]) => [course.number(v, d), course.fixed(v, d)])", pairs)
    assert [tuple(p) for p in page] == [(number(v, d), fixed(v, d)) for v, d in pairs]
    special = render.browser.execute_script("return [Infinity, -Infinity, NaN].map((v) => course.number(v))")
    assert special == [number(v) for v in (np.inf, -np.inf, np.nan)]
