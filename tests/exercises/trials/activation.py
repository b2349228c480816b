"""Chapter 2: activations."""

import numpy as np
import torch

from cnnlib import activations as act


def leaky_loop(dy, x, slope):
    dx = dy.copy()
    for i in np.ndindex(x.shape):
        if x[i] <= 0:
            dx[i] *= slope
    return dx


def leaky_torch(dy, x, slope):
    x = torch.tensor(x, requires_grad=True)
    torch.nn.functional.leaky_relu(x, slope).backward(torch.tensor(dy))
    return x.grad


def leaky_square(dy, x, slope):
    dx = dy.copy()
    for i in range(x.shape[0]):
        for j in range(x.shape[0]):
            if x[i, j] <= 0:
                dx[i, j] *= slope
    return dx


def prelu_torch(dy, x):
    a = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.prelu(torch.tensor(x), a).backward(torch.tensor(dy))
    return a.grad


def dead_loop(h):
    count = 0
    for column in range(h.shape[1]):
        if all(h[row, column] == 0 for row in range(h.shape[0])):
            count += 1
    return count / h.shape[1]


def collapse_probe(w1, b1, w2, b2):
    def f(x):
        return w2 @ (w1 @ x + b1) + b2
    n = w1.shape[1]
    return np.stack([f(e) - f(0 * e) for e in np.eye(n)], axis=1), f(np.zeros(n))


def leaky_written_into(dy, x, slope):
    dy[x <= 0] *= slope
    return dy


RIGHT = {
    "slopes": [(0.25, 1.0, 0.0, 0.01), [1 / 4, 1, 0, 1 / 100], np.array([0.25, 1, 0, 0.01]), (np.exp(0) / (1 + np.exp(0)) ** 2, 1 - np.tanh(0) ** 2, 0, 0.01)],
    "collapse": [
        lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1 + b2),
        lambda w1, b1, w2, b2: [np.einsum("ij,jk->ik", w2, w1), (w2 * b1).sum(axis=1) + b2],
        collapse_probe,
        lambda w1, b1, w2, b2: (np.dot(w2, w1), b2 + b1 @ w2.T),
        lambda a, c, d, e: (torch.tensor(d, requires_grad=True) @ torch.tensor(a), torch.tensor(d) @ torch.tensor(c) + torch.tensor(e)),
    ],
    "leaky": [
        lambda dy, x, slope: np.where(x > 0, dy, slope * dy), lambda dy, x, slope: act.leaky_relu_backward(dy, x, slope), leaky_loop, leaky_torch,
        lambda dy, x, slope: dy * ((x > 0) + slope * (x <= 0)),
        lambda dy, x, negative_slope=0.01: [d if v > 0 else negative_slope * d for d, v in zip(dy, x, strict=True)] if x.ndim == 1
        else leaky_loop(dy, x, negative_slope),
    ],
    "prelu_slope": [
        lambda dy, x: (dy * np.minimum(x, 0)).sum(), lambda dy, x: (dy * x)[x < 0].sum(), prelu_torch,
        lambda dy, x: sum(d * v for d, v in zip(dy.flat, x.flat, strict=True) if v < 0), lambda dy, x: np.vdot(dy, np.where(x > 0, 0, x)),
    ],
    "dead": [
        lambda h: (h == 0).all(axis=0).mean(), dead_loop, lambda h: 1 - h.any(axis=0).mean(), lambda h: np.mean(h.max(axis=0) <= 0),
        lambda h: np.sum(h.sum(axis=0) == 0) / h.shape[1], lambda h: (torch.tensor(h) == 0).all(dim=0).double().mean(),
    ],
}

WRONG = {
    "slopes": [
        ((0.5, 0, 0, -0.03), "these are the values"), ((0.5, 1, 0, 0.01), "0.5 is σ(0)"), ((0.25, 0, 0, 0.01), "1 − tanh²"),
        ((0.25, 1, 1, 0.01), "flat for negative z"), ((0.25, 1, 0, -0.03), "slope of 0.01 z"), ((0.25, 1, 0, 0), "what it leaks"),
        ((0.25, 1, 1, 1), "for positive z"), ((0.25, 1, 0, -0.01), "is positive"), ((0, 0, 0, 0), "1 of 4 is right"), ((1, 1, 0, 0.01), "flatter than tanh"),
        ((0.25, 0.5, 0, 0.01), "3 of 4 are right"),
    ],
    "collapse": [
        (lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1), "own bias is missing"), (lambda w1, b1, w2, b2: (w2 @ w1, b2), "first bias is lost"),
        (lambda w1, b1, w2, b2: (w2 @ w1, b1 + b2), "goes through the second layer's weights: w2 @ b1 + b2. (On two layers, 2 → 3 → 2, it raises ValueError"),
        (lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2), "the order"), (lambda w1, b1, w2, b2: w2 @ w1, "2 results are expected"),
        (lambda w1, b1, w2, b2: (0 * (w2 @ w1), 0 * b2), "result 1"), (lambda w1, b1, w2, b2: (w2 * w1, w2 @ b1 + b2), "not entry by entry"),
        (lambda w1, b1, w2, b2: (w1.T @ w2.T, w2 @ b1 + b2), "transposed"), (lambda w1, b1, w2, b2: (w1 + w2, b1 + b2), "they do not add"),
        (lambda w1, b1, w2, b2: (w2 @ b1 + b2, w2 @ w1), "first w, then b"), (lambda w1, b1, w2, b2: (w2 @ w1, w2 @ (b1 + b2)), "added after it"),
        (lambda w1, b1, w2, b2: ([[6.0]], [-2.0]), "the shape"), (lambda w, b: (w, b), "yours takes (w, b)"),
    ],
    "leaky": [
        (lambda dy, x, slope: np.where(x > 0, 1.0, slope), "Multiply them by dy"), (lambda dy, x, slope: dy * (x > 0), "this is ReLU"),
        (lambda dy, x, slope: np.where(x > 0, dy, slope * x), "not slope · x"), (lambda dy, x, slope: np.where(x >= 0, dy, slope * dy), "counts 0 as negative"),
        (lambda dy, x, slope: np.where(x < 0, slope * dy, dy), "counts 0 as negative"), (lambda dy, x, slope: np.where(dy > 0, dy, slope * dy), "sign of x decides"),
        (lambda dy, x, slope: np.zeros_like(x), "is expected at index"), (lambda dy, x, slope: np.maximum(x, slope * x), "this is forward"),
        (lambda dy, x, slope: dy * np.maximum(x, slope * x), "not by its value"), (lambda dy, x, slope: np.where(x > 0, dy, 0.01 * dy), "a common choice"),
        (lambda dy, x, slope: slope * dy, "negative side alone"), (lambda dy, x, slope: dy if x > 0 else slope * dy, "raises ValueError"),
        (leaky_written_into, "`dy` is changed"), (lambda dy, x, slope: (dy * np.where(x > 0, 1, slope)).sum(), "you give one number"),
        (lambda dy, x: dy * (x > 0), "yours takes (dy, x)"), (lambda dy, x, slope: np.where(x > 0, slope * dy, dy), "sides are exchanged"),
        (lambda dy, x, slope: np.where(np.maximum(x, slope * x) > slope * x, dy, slope * dy), "slopes below 1 alone"), (lambda dy, x, slope: dy * np.where(x > 1e-6, 1, slope), "almost 0"),
        (lambda dy, x, slope: dy * np.where(x >= 1e-12, 1, slope), "almost 0"), (leaky_square, "range(x.shape[1]), not range(x.shape[0]). (On four rows of three numbers, it raises IndexError"),
        (lambda dy, x, slope: dy * np.where(x.round(3) > 0, 1, slope), "almost 0"),
    ],
    "prelu_slope": [
        (lambda dy, x: (dy * x).sum(), "leave them out"), (lambda dy, x: (dy * np.minimum(x, 0)).mean(), "Sum, not mean"),
        (lambda dy, x: dy * np.minimum(x, 0), "one number"), (lambda dy, x: (dy * (x < 0)).sum(), "local derivative is x"),
        (lambda dy, x: np.minimum(x, 0).sum(), "upstream gradient"), (lambda dy, x: 0.0, "is expected"), (lambda dy, x: -4.0, "is expected"),
        (lambda dy, x: (dy * np.maximum(x, 0)).sum(), "wrong side"), (lambda dy, x: (dy * x)[x < 0].mean(), "is expected"),
        (lambda dy, x: (dy * np.minimum(x, 0)).sum(axis=0), "both axes"), (lambda dy, x: -(dy * np.minimum(x, 0)).sum(), "minus sign"),
        (lambda dy, x: dy.sum() * np.minimum(x, 0).sum(), "its own dy"), (lambda dy, x: sum(d * v for d, v in zip(dy, x, strict=True) if v < 0), "raises ValueError"),
        (lambda dy, x: sum(dy[i, j] * min(x[i, j], 0) for i in range(x.shape[0]) for j in range(x.shape[0])), "range(x.shape[1]), not range(x.shape[0])"),
    ],
    "dead": [
        (lambda h: (h == 0).mean(), "silent moments"), (lambda h: (h == 0).all(axis=1).mean(), "Units are the columns"),
        (lambda h: (h == 0).any(axis=0).mean(), "Dead means always"), (lambda h: (h == 0).all(axis=0).sum(), "number of dead units"), (lambda h: 0.0, "is expected"),
        (lambda h: (h[0] == 0).mean(), "first example alone"), (lambda h: (h[-1] == 0).mean(), "last example alone"), (lambda h: (h.min(axis=0) == 0).mean(), "Dead means always"),
        (lambda h: 1 - (h == 0).all(axis=0).mean(), "units that live"), (lambda h: 100 * (h == 0).all(axis=0).mean(), "percent"),
        (lambda h: (h == 0).all(axis=0), "which units"), (lambda h: (h == 0).all(axis=0).sum() / len(h), "number of examples"),
        (lambda h: float((h == 0).all()), "is expected"), (lambda h: (h[:2] == 0).all(axis=0).mean(), "is expected"), (lambda h: (h == 0).any(axis=1).mean(), "Units are the columns"),
        (lambda h: (h.mean(axis=0) < 0.2).mean(), "is expected"), (lambda h: (np.median(h, axis=0) == 0).mean(), "is expected"),
        (lambda h: (h[:max(len(h) - 1, 1)] == 0).all(axis=0).mean(), "the last example counts"), (lambda h: (h[1:] == 0).all(axis=0).mean() if len(h) > 1 else (h == 0).mean(), "the first example counts"),
        (lambda h: np.isclose(h, 0).all(axis=0).mean(), "compare with 0 itself"), (lambda h: (h.sum(axis=0) < 1e-3).mean(), "compare with 0 itself"), (lambda h: (h.round(2) == 0).all(axis=0).mean(), ""),
        (lambda h: ((h == 0).mean(axis=0) > 0.9).mean(), "is expected"), (lambda h: ((h == 0).mean(axis=0) > 0.99).mean(), "300 examples"), (lambda h: (h[::2] == 0).all(axis=0).mean(), "is expected"),
        (lambda h: (h[::-2] == 0).all(axis=0).mean(), "is expected"), (lambda h: (h.mean(axis=0) < 0.01).mean(), "300 examples"),
    ],
}
