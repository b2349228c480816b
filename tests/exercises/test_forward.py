"""Chapter 3's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest

from cnnlib.course.exercises import forward as check


def stub(*_):
    raise NotImplementedError


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_loops(x, w, b):
    return [[sigmoid(sum(wi * xi for wi, xi in zip(row, example, strict=True)) + bias)
             for row, bias in zip(w, b, strict=True)] for example in x]


def run(x, layers, last=False, between=True):
    for i, (w, b) in enumerate(layers):
        x = x @ w.T + b
        end = i == len(layers) - 1
        if (between and not end) or (last and end):
            x = np.maximum(x, 0)
    return x


def normal(std):
    return lambda i, o, rng: rng.normal(0, std(i, o), size=(o, i))


@pytest.mark.parametrize("verdict", [
    check.parameters(266_610), check.parameters(np.int64(266_610)),
    check.shapes(((32, 10), (10, 64), (10,))), check.shapes([[32, 10], [10, 64], [10]]),
    check.layer(lambda x, w, b: sigmoid(x @ w.T + b)), check.layer(by_loops),
    check.layer(lambda x, w, b: sigmoid((w @ x.T).T + b)),
    check.he(normal(lambda i, o: (2 / i) ** 0.5)),
    check.he(lambda i, o, rng: rng.standard_normal((o, i)) * np.sqrt(2 / i)),
    check.forward(run), check.forward(lambda x, ls: run(run(x, ls[:-1], last=True), ls[-1:])),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.parameters(266_200), "has a bias too"),
    (check.parameters(784 * 300 * 100 * 10), "add, they do not multiply"),
    (check.parameters(1194), "these are the units"),
    (check.parameters(784 * 301 + 300 * 101 + 100 * 11), "not of its inputs"),
    (check.parameters(0), "not this one"),
    (check.shapes(((32, 10), (64, 10), (10,))), "one row for each output"),
    (check.shapes(((10, 32), (10, 64), (10,))), "examples come first"),
    (check.shapes(((32, 10), (10, 64), (32,))), "one bias for each output"),
    (check.shapes(((32, 64), (10, 64), (10,))), "shape of x"),
    (check.shapes((32, 10)), "not this one"),
    (check.layer(lambda x, w, b: x @ w.T + b), "activation is missing"),
    (check.layer(lambda x, w, b: sigmoid(x @ w.T)), "bias is missing"),
    (check.layer(lambda x, w, b: sigmoid(x @ (w.T + b))), "after the product"),
    (check.layer(lambda x, w, b: sigmoid(w @ x.T + b[:, None])), "transposed"),
    (check.layer(lambda x, w, b: sigmoid(x @ w + b)), "raises ValueError"),
    (check.layer(lambda x, w, b: np.zeros((len(x), len(w)))), "is expected at index"),
    (check.he(normal(lambda i, o: 2 / i)), "square root"),
    (check.he(normal(lambda i, o: (1 / i) ** 0.5)), "half of the signal"),
    (check.he(normal(lambda i, o: (2 / o) ** 0.5)), "number of inputs"),
    (check.he(normal(lambda i, o: (2 / (i + o)) ** 0.5)), "Glorot's"),
    (check.he(normal(lambda i, o: 1.0)), "scale is missing"),
    (check.he(normal(lambda i, o: 0.3)), "standard deviation 0.0707"),
    (check.he(lambda i, o, rng: rng.normal(0, (2 / i) ** 0.5, size=(i, o))), "transposed"),
    (check.he(lambda i, o, rng: np.random.default_rng(0).normal(0, (2 / i) ** 0.5, size=(o, i))), "Draw from rng"),
    (check.he(lambda i, o, rng: np.zeros((o, i))), "same weights"),
    (check.he(lambda i, o, rng: None), "return an array"),
    (check.he(lambda i, o, rng: rng.normal(size=3)), "shape (100, 400)"),
    (check.he(lambda i, o, rng: 1 / 0), "ZeroDivisionError"),
    (check.forward(lambda x, ls: run(x, ls, last=True)), "its outputs are logits"),
    (check.forward(lambda x, ls: run(x, ls, between=False)), "missing between"),
    (check.forward(lambda x, ls: run(x, ls, last=True, between=False)), "not at the end"),
    (check.forward(lambda x, ls: run(x, ls[:1])), "inside the loop"),
    (check.forward(lambda x, ls: None), "returns nothing"),
    (check.forward(lambda x, ls: np.zeros((len(x), len(ls[-1][1])))), "is expected at index"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.parameters(...), check.shapes(...), check.layer(stub), check.he(stub), check.forward(stub),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
