"""The explorer of three bends: what it says of points, slopes and lines, worked out another way."""

import re

import numpy as np
import pytest
from committed import explorers

from cnnlib.course.figures import bends

SOLVED = {"zigzag": (2, -3, 4, 1, 3), "slide": (0, -2, 2, 1, 3)}
STATES = [(target, *state) for target in bends.TARGETS
          for state in ((2, -3, 4, 1, 3), (0, -2, 2, 1, 3), (-1, 3, -3, 1, 2), (0.5, 0, -4, 3.5, 0.5), (1, 2, 3, 2, 2),
                        (-4, -4, -4, 0.5, 3.5), (0, 0, 0, 1, 3), (4, 4, 4, 1, 2))]


def frame(target, w0, w1, w2, j1, j2, kept=True):
    state = {"w0": w0, "w1": w1, "w2": w2, "j1": j1, "j2": j2}
    return explorers()["explore-bends"].frame(target=target, bends=bends.KEPT if kept else bends.REMOVED, **state)


def numbers_in(text):
    return [float(n.replace("−", "-")) for n in re.findall(r"[−-]?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("target", SOLVED)
def test_targets_can_be_met(target):
    shown = frame(target, *SOLVED[target])
    assert shown.caption.endswith("4 of 4 points met.")
    assert len(re.findall(r'<circle[^>]*fill="currentColor"', shown.stage)) == 4
    assert "points met;" in frame(target, *SOLVED[target], kept=False).caption


@pytest.mark.parametrize("state", STATES, ids=str)
def test_slopes_and_gaps_are_those_of_the_sum(state):
    target, *w, j1, j2 = state
    x, t = np.array(bends.TARGETS[target], dtype=float).T
    fine = np.arange(33) / 8
    y = t[0] + sum(weight * np.clip(fine - joint, 0, None) for weight, joint in zip(w, (0, j1, j2), strict=True))
    slopes = [slope for k, slope in enumerate(np.diff(y) * 8) if not k or slope != np.diff(y)[k - 1] * 8]
    gaps = np.abs(np.interp(x, fine, y) - t)
    _, said = frame(*state).caption.split(". Slopes from left to right: ")
    said, met = re.match(r"(.+?)\. (\d of \d points met.*)\.$", said).groups()
    assert numbers_in(said) == slopes
    assert numbers_in(met) == [sum(gaps == 0), len(x)] + ([gaps.max()] if gaps.max() else [])


@pytest.mark.parametrize("state", STATES, ids=str)
def test_without_bends_the_sum_is_the_line_that_the_caption_names(state):
    target, *w, j1, j2 = state
    slope, bias = sum(w), bends.TARGETS[target][0][1] - w[1] * j1 - w[2] * j2
    said = re.search(r"That is y = (.*), one straight line", frame(*state, kept=False).caption)[1]
    times, sign, height = re.fullmatch(r"(?:(−?[\d.]*)x)?(?: ?([+−]?) ?([\d.]+))?", said).groups()
    assert slope == (0 if times is None else float(times.replace("−", "-") + "1" * (times in ("", "−"))))
    assert float(height or 0) * (-1 if sign == "−" else 1) == bias
    y = bends.bends_numbers(target, bends.REMOVED, *w, j1, j2)["sum"]
    np.testing.assert_allclose(y, slope * bends.GRID + bias, atol=1e-12)


def test_curves_are_cut_at_the_axes():
    """Every corner of every path lies within its panel, also of sums that leave it."""
    for state in STATES:
        for kept in (True, False):
            for d in re.findall(r'<path d="(M[^"]*)" fill="none"', frame(*state, kept=kept).stage):
                corners = np.array([numbers_in(corner) for corner in re.split("[ML]", d)[1:]])
                assert corners.min(axis=0)[0] >= 36 and corners.max(axis=0)[0] <= 288
                assert corners[:, 1].min() >= 8 - 0.05 and corners[:, 1].max() <= 204.05


def test_the_nearest_line_is_the_nearest():
    x, t = np.array(bends.TARGETS["zigzag"], dtype=float).T
    slope, bias, gap = bends.nearest_line(x, t)
    assert np.abs(slope * x + bias - t).max() == pytest.approx(gap) == pytest.approx(4 / 3)
    slopes, biases = np.meshgrid(np.linspace(-4, 4, 321), np.linspace(-8, 8, 321))
    others = np.abs(slopes[..., None] * x + biases[..., None] - t).max(axis=-1)
    assert gap - 1e-9 <= others.min() < gap + 0.05


def test_relus_go_through_the_points_they_are_made_for():
    x, t = np.array([-1.0, 0.5, 1.0, 4.0]), np.array([2.0, -1.0, 3.0, 3.0])
    biases, w, b = bends.through(x, t)
    np.testing.assert_allclose(np.maximum(x[:, None] + biases, 0) @ w + b, t)
    assert len(w) == 3 and bends.followed(np.cos, 6)[2] < bends.followed(np.cos, 3)[2]
