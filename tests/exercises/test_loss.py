"""Chapter 4's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest

from cnnlib.course.exercises import loss as check


def stub(*_):
    raise NotImplementedError


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def by_row(z):
    return [row - row.max() - np.log(sum(np.exp(v - row.max()) for v in row)) for row in z]


def one_hot_gradient(z, target):
    y = np.zeros_like(z)
    y[range(len(z)), target] = 1
    return (softmax(z) - y) / len(z)


def loop_gradient(z, target):
    return [[(p - (k == t)) / len(z) for k, p in enumerate(row)] for row, t in zip(softmax(z), target, strict=True)]


@pytest.mark.parametrize("verdict", [
    check.by_hand(0.693), check.by_hand(np.log(2)), check.at_the_start(4.605), check.at_the_start(-np.log(0.01)),
    check.stable(by_row), check.stable(lambda z: z - np.logaddexp.reduce(z, axis=1, keepdims=True)),
    check.gradient(one_hot_gradient), check.gradient(loop_gradient), check.diagnosis("b"),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.by_hand(2.079), "this is the sum"),
    (check.by_hand(-0.693), "mind the sign"),
    (check.by_hand(1.0), "base 2"),
    (check.by_hand(0.539), "first the logarithms"),
    (check.by_hand(0.4167), "mean of 1 − p"),
    (check.by_hand(0.0), "not this one"),
    (check.at_the_start(2.303), "10 classes"),
    (check.at_the_start(100), "that is 1/p"),
    (check.at_the_start(0.01), "that is p"),
    (check.at_the_start(2), "base 10"),
    (check.stable(lambda z: np.log(np.exp(z) / np.exp(z).sum(1, keepdims=True))), "overflows at 5000"),
    (check.stable(lambda z: np.log(softmax(z))), "its log −∞"),
    (check.stable(softmax), "this is softmax"),
    (check.stable(lambda z: z - np.logaddexp.reduce(z, axis=None)), "axis=1"),
    (check.stable(np.zeros_like), "is expected at index"),
    (check.gradient(lambda z, t: one_hot_gradient(z, t) * len(z)), "divides it by N"),
    (check.gradient(lambda z, t: -one_hot_gradient(z, t)), "the sign"),
    (check.gradient(lambda z, t: softmax(z) / len(z)), "Take 1 away"),
    (check.gradient(lambda z, t: one_hot_gradient(z, t) / z.shape[1]), "not of entries"),
    (check.gradient(lambda z, t: -np.eye(3)[t] / softmax(z) / len(z)), "through softmax"),
    (check.gradient(lambda z, t: np.zeros_like(z)), "is expected at index"),
    (check.gradient(lambda z, t: z.sum()), "shape"),
    (check.diagnosis("a"), "learning rate of zero"),
    (check.diagnosis("c"), "99 %"),
    (check.diagnosis("d"), "inf or nan"),
    (check.diagnosis("e"), "not this one"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.by_hand(...), check.at_the_start(None), check.stable(stub), check.gradient(stub), check.diagnosis(...),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
