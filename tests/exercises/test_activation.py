"""Chapter 2's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest

from cnnlib import activations as act
from cnnlib.course.exercises import activation as check


def stub(*_):
    raise NotImplementedError


def loop_dead(h):
    return sum(max(column) == 0 for column in h.T) / h.shape[1]


@pytest.mark.parametrize("verdict", [
    check.slopes((0.25, 1, 0, 0.01)), check.slopes(np.array([0.25, 1.0, 0.0, 0.01])),
    check.collapse(lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1 + b2)),
    check.collapse(lambda w1, b1, w2, b2: [np.einsum("ij,jk->ik", w2, w1), (w2 * b1).sum(axis=1) + b2]),
    check.leaky(lambda dy, x, slope: dy * np.where(x > 0, 1, slope)),
    check.leaky(lambda dy, x, slope: act.leaky_relu_backward(dy, x, slope)),
    check.prelu_slope(lambda dy, x: (dy * x)[x < 0].sum()),
    check.prelu_slope(lambda dy, x: np.array(sum(d * v for d, v in zip(dy.flat, x.flat, strict=True) if v < 0))),
    check.dead(lambda h: (h == 0).all(axis=0).mean()), check.dead(loop_dead),
    check.dead(lambda h: 1 - h.any(axis=0).mean()),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.slopes((0.5, 0, 0, -0.03)), "these are the values"),
    (check.slopes((0.5, 1, 0, 0.01)), "0.5 is σ(0)"),
    (check.slopes((0.25, 0, 0, 0.01)), "1 − tanh²"),
    (check.slopes((0.25, 1, 1, 0.01)), "flat for negative z"),
    (check.slopes((0.25, 1, 0, -0.03)), "slope of 0.01 z"),
    (check.slopes((0, 0, 0, 0)), "not this one"),
    (check.collapse(lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1)), "own bias is missing"),
    (check.collapse(lambda w1, b1, w2, b2: (w2 @ w1, b2)), "first bias is lost"),
    (check.collapse(lambda w1, b1, w2, b2: (w2 @ w1, b1 + b2)), "raises ValueError"),
    (check.collapse(lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2)), "the order"),
    (check.collapse(lambda w1, b1, w2, b2: w2 @ w1), "results are expected"),
    (check.collapse(lambda w1, b1, w2, b2: (0 * (w2 @ w1), 0 * b2)), "result 1"),
    (check.leaky(lambda dy, x, slope: np.where(x > 0, 1.0, slope)), "Multiply them by dy"),
    (check.leaky(lambda dy, x, slope: dy * (x > 0)), "this is ReLU"),
    (check.leaky(lambda dy, x, slope: np.where(x > 0, dy, slope * x)), "not slope · x"),
    (check.leaky(lambda dy, x, slope: np.where(x >= 0, dy, slope * dy)), "counts 0 as negative"),
    (check.leaky(lambda dy, x, slope: np.where(dy > 0, dy, slope * dy)), "sign of x decides"),
    (check.leaky(lambda dy, x, slope: np.zeros_like(x)), "is expected at index"),
    (check.prelu_slope(lambda dy, x: (dy * x).sum()), "leave them out"),
    (check.prelu_slope(lambda dy, x: (dy * np.minimum(x, 0)).mean()), "Sum, not mean"),
    (check.prelu_slope(lambda dy, x: dy * np.minimum(x, 0)), "one number"),
    (check.prelu_slope(lambda dy, x: (dy * (x < 0)).sum()), "local derivative is x"),
    (check.prelu_slope(lambda dy, x: np.minimum(x, 0).sum()), "upstream gradient"),
    (check.prelu_slope(lambda dy, x: 0.0), "is expected"),
    (check.dead(lambda h: (h == 0).mean()), "silent moments"),
    (check.dead(lambda h: (h == 0).all(axis=1).mean()), "Units are the columns"),
    (check.dead(lambda h: (h == 0).any(axis=0).mean()), "Dead means always"),
    (check.dead(lambda h: (h == 0).all(axis=0).sum()), "number of dead units"),
    (check.dead(lambda h: 0.0), "is expected"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.slopes(...), check.collapse(stub), check.leaky(stub), check.prelu_slope(stub), check.dead(stub),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
