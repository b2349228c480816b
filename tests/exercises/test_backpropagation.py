"""Chapter 5's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest
import torch

from cnnlib.course.exercises import backpropagation as check


def stub(*_):
    raise NotImplementedError


def linear(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(axis=0)


def linear_torch(dy, x, w):
    x, w, b = (torch.tensor(a, requires_grad=True) for a in (x, w, np.zeros(len(w))))
    (x @ w.T + b).backward(torch.tensor(dy))
    return [v.grad.numpy() for v in (x, w, b)]


def softmax(dp, p):
    return p * (dp - (dp * p).sum(axis=1, keepdims=True))


def softmax_jacobian(dp, p):
    return np.stack([(np.diag(row) - np.outer(row, row)) @ d for d, row in zip(dp, p, strict=True)])


def slope(x):
    return 1 - np.tanh(x) ** 2


@pytest.mark.parametrize("verdict", [
    check.circuit((-4, -4, 3)), check.circuit(np.array([-4.0, -4.0, 3.0])),
    check.linear(linear), check.linear(linear_torch),
    check.linear(lambda dy, x, w: [np.einsum("no,oi->ni", dy, w), np.einsum("no,ni->oi", dy, x), sum(dy)]),
    check.sigmoid(lambda dy, y: dy * y * (1 - y)), check.sigmoid(lambda dy, y: dy * (y - y**2)),
    check.skip(lambda dy, x: dy + dy * slope(x)), check.skip(lambda dy, x: dy * (1 + 1 / np.cosh(x) ** 2)),
    check.softmax(softmax), check.softmax(softmax_jacobian),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.circuit((3, 3, -4)), "crosswise"),
    (check.circuit((1, 1, 3)), "at the rate c"),
    (check.circuit((-4, -4, -12)), "that last one is f"),
    (check.circuit((8, -20, 3)), "unchanged"),
    (check.circuit((0, 0, 0)), "not this one"),
    (check.linear(lambda dy, x, w: (dy @ w, dy.T @ x, dy.mean(axis=0))), "Sum, not mean"),
    (check.linear(lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.sum(axis=0))), "dw is divided by N"),
    (check.linear(lambda dy, x, w: (dy @ w, dy.T @ x, dy)), "a row for each example"),
    (check.linear(lambda dy, x, w: (dy @ w, x.T @ dy, dy.sum(axis=0))), "dw is transposed"),
    (check.linear(lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum())), "one number for all outputs"),
    (check.linear(lambda dy, x, w: (dy @ w, dy.T @ x)), "3 results are expected"),
    (check.linear(lambda dy, x, w: tuple(np.zeros_like(g) for g in linear(dy, x, w))), "is expected at index"),
    (check.sigmoid(lambda dy, y: y * (1 - y)), "from upstream"),
    (check.sigmoid(lambda dy, y: dy / (2 + np.exp(y) + np.exp(-y))), "already"),
    (check.sigmoid(lambda dy, y: dy * y), "not y"),
    (check.sigmoid(lambda dy, y: dy * (1 - y * y)), "tanh's derivative"),
    (check.sigmoid(lambda dy, y: 0 * y), "is expected at index"),
    (check.skip(lambda dy, x: dy * slope(x)), "straight to y"),
    (check.skip(lambda dy, x: dy.copy()), "also goes through tanh"),
    (check.skip(lambda dy, x: 1 + dy * slope(x)), "not 1"),
    (check.skip(lambda dy, x: dy * dy * slope(x)), "two paths add"),
    (check.skip(lambda dy, x: None), "returns nothing"),
    (check.softmax(lambda dp, p: dp * p * (1 - p)), "move pᵢ alone"),
    (check.softmax(lambda dp, p: p * (dp - (dp * p).sum())), "axis 1"),
    (check.softmax(lambda dp, p: dp - (dp * p).sum(axis=1, keepdims=True)), "factor pᵢ"),
    (check.softmax(lambda dp, p: p * (dp - dp.sum(axis=1, keepdims=True))), "weighted by pⱼ"),
    (check.softmax(lambda dp, p: np.zeros_like(p)), "is expected at index"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.circuit(...), check.linear(stub), check.sigmoid(stub), check.skip(stub), check.softmax(stub),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
