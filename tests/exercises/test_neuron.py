"""Chapter 1's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import math

import numpy as np
import pytest

from cnnlib.course.exercises import neuron as check


def stub(*_):
    raise NotImplementedError


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("verdict", [
    check.side((-0.5, False)), check.side([np.float64(-0.5), np.False_]),
    check.nand((-1, -1, 1.5)), check.nand(np.array([-2.0, -3.0, 4.0])),
    check.layer(lambda x, w, b: sigmoid(x @ w + b)),
    check.layer(lambda x, w, b: np.array([1 / (1 + math.exp(-sum(w * row) - b)) for row in x])),
    check.layer(lambda x, w, b: [float(np.exp(z) / (1 + np.exp(z))) for z in x.dot(w) + b]),
    check.gradient((0.5, -0.25, 0.25)), check.gradient(np.array([0.5, -0.25, 0.25])),
    check.xor(lambda a, b: a ^ b), check.xor(lambda a, b: np.array(float(a + b == 1))),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.side((-0.5, True)), "only when z > 0"),
    (check.side((-1.0, False)), "left out the bias"),
    (check.side((-1.5, False)), "added, not subtracted"),
    (check.side((3.5, True)), "w₂ is −2"),
    (check.side((9, True)), "not this one"),
    (check.side(3), "not this one"),
    (check.nand((1, 1, -1.5)), "this is AND"),
    (check.nand((-1, -1, 0.5)), "this is NOR"),
    (check.nand((0, 0, 0)), "wrong at"),
    (check.nand((1, 2)), "three numbers"),
    (check.layer(lambda x, w, b: x @ w + b), "activation is missing"),
    (check.layer(lambda x, w, b: sigmoid(-(x @ w + b))), "sign in the exponent"),
    (check.layer(lambda x, w, b: sigmoid(x @ w)), "bias is missing"),
    (check.layer(lambda x, w, b: sigmoid(x @ w - b)), "not subtracted"),
    (check.layer(lambda x, w, b: x @ w + b > 0), "this is the step"),
    (check.layer(lambda x, w, b: np.zeros(len(x))), "is expected at index (0,)"),
    (check.layer(lambda x, w, b: None), "returns nothing"),
    (check.layer(lambda x, w, b: sigmoid(x @ w + b)[:, None]), "shape"),
    (check.layer(lambda x, w, b: 1 / 0), "ZeroDivisionError"),
    (check.layer(42), "a function is asked for"),
    (check.gradient((2, -1, 1)), "derivatives of z"),
    (check.gradient((1.0, -0.5, 0.5)), "multiplied by y"),
    (check.gradient((0.5, -0.25, 0)), "dz/db = 1"),
    (check.gradient((0.5, 0.25, 0.25)), "x₂ is −1"),
    (check.xor(lambda a, b: a | b), "this is OR"),
    (check.xor(lambda a, b: a == b), "opposite of XOR"),
    (check.xor(lambda a, b: 1 - a * b), "this is NAND"),
    (check.xor(lambda a, b: 0.0), "(0, 1)"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.side(...), check.nand(...), check.layer(stub), check.gradient(...), check.xor(stub), check.gradient(None),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
    assert "not attempted" in repr(verdict)
