"""What a module of the page computes is what `cnnlib` computes, state by state: where the two faces could differ."""

import itertools
import random
import re

import numpy as np
import pytest
from committed import choices, explorers

from cnnlib.course import bundle
from cnnlib.course._still import call, plain

STATES = 200
ROWS = 12  # of a photograph: a convolution of all of them takes a while where there is no browser
DRAWN = {explorer.script: explorer for explorer in explorers().values() if explorer.script}


def states(explorer):
    """All states, or the ends of every control and many others."""
    rows = {c.name: choices(c, STATES) for c in explorer.controls}
    if np.prod([len(row) for row in rows.values()]) <= 1.5 * STATES:
        for values in itertools.product(*rows.values()):
            yield dict(zip(rows, values, strict=True))
        return
    start, rng = {c.name: c.start for c in explorer.controls}, random.Random(explorer.name)
    for name, row in rows.items():
        yield from (start | {name: row[k]} for k in (0, -1))
    for _ in range(STATES):
        yield {name: rng.choice(row) for name, row in rows.items()}


def compare(page, python, where):
    """Numbers within 1e-5 of each other, and whole numbers equal."""
    assert page.keys() == python.keys(), where
    for name, expected in python.items():
        # None stands for what is not finite, in both languages.
        found, wanted = np.array(page[name], dtype=np.float64), np.array(plain(expected), dtype=np.float64)
        whole = np.asarray(expected).dtype.kind in "iu"
        np.testing.assert_allclose(found, wanted, rtol=0 if whole else 1e-5, atol=0 if whole else 1e-9,
                                   err_msg=f"{name} at {where}")


def test_every_module_that_draws_is_compared():
    assert sorted(DRAWN) == bundle.explorers() and len(DRAWN) >= 8


@pytest.mark.parametrize("script", DRAWN)
def test_the_page_computes_the_numbers_of_the_library(script):
    explorer = DRAWN[script]
    config = explorer.config | ({"rows": ROWS} if "rows" in explorer.config else {})
    tried = list(states(explorer))
    assert len(tried) >= STATES
    for values in tried:
        where = {name: value for name, value in values.items() if not isinstance(value, np.ndarray)}
        page, python = call(script, "numbers", values, config), explorer.compute(**values)
        if config != explorer.config:
            python |= {"y": python["y"][:len(page["y"])]}
            assert len(page["y"]) > ROWS - 5
        compare(page, python, where)


def test_a_number_that_differs_is_found():
    page = {"y": [[1.0, 2.0]], "x": [None, 0.0], "step": 3}
    compare(page, {"y": np.array([[1.0, 2.000001]]), "x": np.array([-np.inf, 0.0]), "step": np.int64(3)}, "")
    for wrong in ({"y": [[1.0, 2.001]]}, {"x": [0.0, 0.0]}, {"step": 3.000001}, {"y": [1.0, 2.0]}, {"more": 1}):
        with pytest.raises((AssertionError, ValueError)):
            compare(page | wrong, {"y": np.array([[1.0, 2.0]]), "x": np.array([-np.inf, 0.0]), "step": 3}, "")


@pytest.mark.parametrize("script", DRAWN)
def test_both_numbers_draw_the_same(script):
    """The page and Jupyter show one picture and say one caption; but grey levels may be rounded to either side."""
    explorer = DRAWN[script]
    for values in itertools.islice(states(explorer), 4 if script == "photo-kernel" else 40):
        numbers = call(script, "numbers", values, explorer.config)
        drawn, frame = call(script, "draw", values | numbers, explorer.config), explorer.frame(**values)
        assert drawn["caption"] == frame.caption
        page, python = (re.sub('src="[^"]*"', "", markup) for markup in (drawn["html"], frame.stage))
        assert page == python


@pytest.mark.parametrize("script", DRAWN)
def test_no_slider_is_shorter_than_what_it_may_show(script):
    """A drawing may shorten a slider; it cannot lengthen it: the places beyond its row would have no value."""
    explorer = DRAWN[script]
    start = {c.name: c.start for c in explorer.controls}
    rows = {c.name: choices(c, 2) for c in explorer.controls}
    shown = call(script, "draw", start | call(script, "numbers", start, explorer.config), explorer.config)
    limited = shown.get("limits") or {}
    others = {name: row[:40] for name, row in rows.items() if name not in limited}
    for values in itertools.islice(itertools.product(*others.values()), 400) if limited else ():
        state = start | dict(zip(others, values, strict=True))
        drawn = call(script, "draw", state | call(script, "numbers", state, explorer.config), explorer.config)
        for name, last in drawn["limits"].items():
            assert last < len(rows[name]), f"{name} goes to {last}, of {len(rows[name])} values, at {state}"
