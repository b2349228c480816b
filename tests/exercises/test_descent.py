"""Chapter 6's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import math

import numpy as np
import pytest

from cnnlib.course.exercises import descent as check


def stub(*_):
    raise NotImplementedError


def momentum(w, v, g, lr, mu):
    v = mu * v + g
    return w - lr * v, v


def adam(w, m, s, g, t, lr, b1, b2, eps, *, correct=True, inside=False, root=True, power=2):
    m = b1 * m + (1 - b1) * g
    s = b2 * s + (1 - b2) * np.abs(g) ** power
    mh, sh = (m / (1 - b1**t), s / (1 - b2**t)) if correct else (m, s)
    scale = np.sqrt(sh + eps) if inside else (np.sqrt(sh) if root else sh) + eps
    return w - lr * mh / scale, m, s


def adam_folded(w, m, s, g, t, lr, b1, b2, eps):
    m, s = m + (1 - b1) * (g - m), s + (1 - b2) * (g * g - s)
    c = math.sqrt(1 - b2**t)
    return [w - lr * c / (1 - b1**t) * m / (np.sqrt(s) + eps * c), m, s]


def variant(**options):
    return lambda *args: adam(*args, **options)


@pytest.mark.parametrize("verdict", [
    check.two_steps((1.5, 0.75)), check.two_steps(np.array([1.5, 0.75])), check.limit(0.04),
    check.momentum(momentum), check.momentum(lambda w, v, g, lr, mu: [w - lr * mu * v - lr * g, g + v * mu]),
    check.adam(adam), check.adam(adam_folded),
    check.cosine(lambda step, total, start: start * (1 + math.cos(math.pi * step / total)) / 2),
    check.cosine(lambda step, total, start: start * np.cos(np.pi * step / total / 2) ** 2),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.two_steps((2.25, 1.6875)), "2w, not w"),
    (check.two_steps((4.5, 6.75)), "subtract"),
    (check.two_steps((1.5, 0)), "anew at w = 1.5"),
    (check.two_steps((0.75, 0.1875)), "after the first step"),
    (check.two_steps((0, 0)), "not this one"),
    (check.limit(1), "flat direction"),
    (check.limit(0.02), "twice that"),
    (check.limit(25), "other way up"),
    (check.limit(2 / 52), "one by one"),
    (check.momentum(lambda w, v, g, lr, mu: momentum(w, v, (1 - mu) * g, lr, mu)), "averages the gradients"),
    (check.momentum(lambda w, v, g, lr, mu: (w + mu * v - lr * g, mu * v - lr * g)), "inside v"),
    (check.momentum(lambda w, v, g, lr, mu: (w - lr * v, mu * v + g)), "first update v"),
    (check.momentum(lambda w, v, g, lr, mu: momentum(w, v, g, -lr, mu)), "subtract"),
    (check.momentum(lambda w, v, g, lr, mu: (w - lr * (g + mu * (mu * v + g)), mu * v + g)), "Nesterov"),
    (check.momentum(lambda w, v, g, lr, mu: (w - lr * g, v)), "v is not used"),
    (check.momentum(lambda w, v, g, lr, mu: w - lr * g), "2 results are expected"),
    (check.momentum(lambda w, v, g, lr, mu: (0 * w, 0 * v)), "is expected at index"),
    (check.adam(variant(correct=False)), "bias correction"),
    (check.adam(variant(inside=True)), "outside the root"),
    (check.adam(variant(root=False)), "root of ŝ"),
    (check.adam(variant(power=1)), "squared gradient"),
    (check.adam(lambda w, m, s, g, t, *rest: adam(w, m, s, g, t + 1, *rest)), "t counts from 1"),
    (check.adam(lambda w, m, s, g, *rest: (0 * w, m, s)), "is expected at index"),
    (check.cosine(lambda step, total, start: start * np.cos(np.pi * step / total)), "down to minus"),
    (check.cosine(lambda step, total, start: start * (1 + np.cos(2 * np.pi * step / total)) / 2), "half a wave"),
    (check.cosine(lambda step, total, start: start * np.cos(np.pi * step / total / 2)), "not level"),
    (check.cosine(lambda step, total, start: start * (1 - step / total)), "straight line"),
    (check.cosine(lambda step, total, start: start * (1 + np.cos(180 * step / total)) / 2), "radians"),
    (check.cosine(lambda step, total, start: 0.0), "is expected"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.two_steps(...), check.limit(None), check.momentum(stub), check.adam(stub), check.cosine(stub),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
