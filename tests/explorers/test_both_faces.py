"""An explorer's page and its widgets: the same controls, the same ranges, none of them dead."""

import json
import random
import re

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from committed import NEED_THE_CHAPTER, ROOT, choices, explorers

from cnnlib.course import bundle
from cnnlib.course._still import call
from cnnlib.course.explorers import Explorer, Numbers, Slider
from cnnlib.course.figures import fixed, minus, number, unbroken

NAMES = sorted(explorers())
each = pytest.mark.parametrize("name", NAMES)


def test_all_explorers_of_the_chapters_are_here():
    shown = {name for path in (ROOT / "chapters").glob("*.ipynb")
             for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
             for name in re.findall(r'name="(explore-[^"]+)"', cell.source)}
    assert shown == set(NAMES) | NEED_THE_CHAPTER and len(NAMES) >= 12


def controls(markup):
    """What a face offers: name to (label, texts, place, disabled, plays)."""
    found = {}
    for control in BeautifulSoup(markup, "html.parser").select("[data-name]"):
        box = control.find_parent(class_="course-control") or control
        label = (box.select_one(".course-label") or box.find("legend")).get_text()
        if control.name == "input":
            texts = json.loads(control["data-texts"])[:int(control["max"]) + 1]
            place = int(control["value"])
        elif control.name == "select":
            texts = [option.get_text() for option in control.find_all("option")]
            place = next(i for i, option in enumerate(control.find_all("option")) if option.has_attr("selected"))
        else:
            texts, place = [cell["value"] for cell in control.find_all("input")], None
        found[control["data-name"]] = (label, texts, place, control.has_attr("disabled"), bool(box.find("button")))
    return found


@each
def test_both_faces_offer_the_same(name):
    explorer = explorers()[name]
    offered = controls(explorer.to_html(frames=False))
    assert list(offered) == [c.name for c in explorer.controls] and offered == controls(explorer.widget().page)
    for control in explorer.controls:
        label, texts, place, off, plays = offered[control.name]
        limit = explorer.first.limits.get(control.name)
        rows = [minus(f"{v:g}") for v in control.start.flat] if isinstance(control, Numbers) else control.texts
        assert texts == rows[:None if limit is None else limit + 1]
        assert (label, plays) == (control.label, getattr(control, "play", False))
        assert off == (control.name in explorer.first.off)
        assert isinstance(control, Numbers) or place == control.place


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
    if explorer.script:
        return explorer.frame(**values).caption
    caption = explorer.compute(**values)[1]
    plt.close("all")
    return caption


def state(explorer, values):
    """Limits and dead controls."""
    if explorer.script:
        frame = explorer.frame(**values)
        return frame.limits, frame.off
    more = (*explorer.compute(**values)[2:], {})[0]
    plt.close("all")
    return more.get("limits", {}), more.get("off", [])


def same(explorer, values, others):
    return said(explorer, values) == said(explorer, others) and drawn(explorer, values) == drawn(explorer, others)


@each
def test_a_control_does_something_or_is_off(name):
    explorer = explorers()[name]
    for values in states(explorer):
        _, off = state(explorer, values)
        for control in explorer.controls:
            turned = dict([control.sets] if getattr(control, "sets", None) else [])
            others = (values | {control.name: v} | turned for v in (choices(control)[-1], choices(control)[0]))
            dead = all(same(explorer, values, other) for other in others)
            fault = "dead" if dead else "off, yet alive"
            assert dead == (control.name in off), f"{control.name} is {fault} at {values}"


@each
def test_every_place_of_a_slider_that_plays_shows_something_else(name):
    explorer = explorers()[name]
    for values in states(explorer, 1):
        limits, _ = state(explorer, values)
        for control in (c for c in explorer.controls if getattr(c, "play", False)):
            rows = control.values[:limits.get(control.name, len(control.values)) + 1]
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


@each
def test_no_drawing_has_a_hyphen_for_a_minus_sign(name):
    explorer = explorers()[name]
    for values in states(explorer, 6):
        frame = explorer.frame(**values)
        assert not re.search(r">[^<]*-\d", frame.stage) and not re.search(r"(?<!\w)-\d", frame.caption)


# ---- two languages ----------------------------------------------------------------------------------------------


def test_captions_break_alike_in_both_languages():
    texts = [said(explorers()[name], values) for name in NAMES for values in states(explorers()[name], 3)]
    texts += ["charge 0.98 for p = 0.0001.", "a = b = c = 4", "190 × 158, 96.3% ± 1.1% after 8.0 s, 99 %; 5 secs"]
    assert [call("words", "unbroken", text) for text in texts] == [unbroken(text) for text in texts] != texts


def test_numbers_read_alike_in_both_languages():
    rng = np.random.default_rng(5)
    values = [0.0, -0.0, 0.125, -0.125, 2.5, -0.5, 1e-9, -0.004, 0.005, 1.005, 1e12, 99.995,
              *rng.normal(scale=10.0 ** rng.integers(-4, 6, 300))]
    for value, digits in zip(values, rng.integers(0, 6, len(values)).tolist(), strict=True):
        assert call("words", "number", value, digits) == number(value, digits)
        assert call("words", "fixed", value, digits) == fixed(value, digits)


def test_python_and_the_page_write_one_kind_of_number_box():
    box = re.search(r"NUMBER_BOX = '([^']+)'", bundle.source("number-box"))[1]
    assert Numbers("w", [[1.0, -2.0]], label="weight").html().count(f"{box} ") == 2
