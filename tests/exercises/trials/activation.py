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


def dead_loop(h):
    count = 0
    for column in range(h.shape[1]):
        if all(h[row, column] == 0 for row in range(h.shape[0])):
            count += 1
    return count / h.shape[1]


def bends_loop(x, t):
    order = sorted(range(len(x)), key=lambda i: x[i])
    w, biases, before = [], [], 0.0
    for here, there in zip(order, order[1:], strict=False):
        slope = (t[there] - t[here]) / (x[there] - x[here])
        w.append(slope - before)
        biases.append(-x[here])
        before = slope
    return w, biases, t[order[0]]


def bends_pairs(x, t):
    points = sorted(zip(x, t, strict=True))
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(points, points[1:], strict=False)]
    w = [slopes[0]] + [after - before for before, after in zip(slopes, slopes[1:], strict=False)]
    return np.array(w), -np.array(points)[:-1, 0], points[0][1]


def bends_solved(x, t):
    """One ReLU after the other, each by what is still missing at the next point."""
    order = np.argsort(x)
    x, t = x[order], t[order]
    w = np.zeros(len(x) - 1)
    for k in range(len(w)):
        y = t[0] + np.maximum(x[k + 1] - x[:-1], 0) @ w
        w[k] = (t[k + 1] - y) / (x[k + 1] - x[k])
    return w, -x[:-1], t[0]


def bends_system(x, t):
    """The weights as the solution of a system of equations."""
    x, t = torch.tensor(x), torch.tensor(t)
    order = torch.argsort(x)
    x, t = x[order], t[order]
    h = torch.relu(x[1:, None] - x[:-1])
    return torch.linalg.solve(h, t[1:] - t[0]), -x[:-1], t[0]


def bends_of(x, t):
    order = np.argsort(x)
    x, t = x[order], t[order]
    return x, t, np.diff(t) / np.diff(x)


def bends_in_place(x, t):
    x.sort()
    return bends_loop(x, t)


def leaky_written_into(dy, x, slope):
    dy[x <= 0] *= slope
    return dy


RIGHT = {
    "slopes": [(0.09, 0.64, 0.0, 0.01), [0.9 * 0.1, 1 - 0.36, 0, 1 / 100], np.array([0.09, 0.64, 0, 0.01]), (0.9 - 0.9**2, (1 - 0.6) * (1 + 0.6), 0, 0.01)],
    "bends": [bends_loop, bends_pairs, bends_solved, bends_system,
              lambda x, t: (np.diff(bends_of(x, t)[2], prepend=0), -bends_of(x, t)[0][:-1], bends_of(x, t)[1][0])],
    "steeper": ["abacc", "1a 2b 3a 4c 5c", ["a", "b", "a", "c", "c"]],
    "diagnosis": ["cbacdb", "C B A C D B", tuple("cbacdb")],
    "leaky": [
        lambda dy, x, slope: np.where(x > 0, dy, slope * dy), lambda dy, x, slope: act.leaky_relu_backward(dy, x, slope), leaky_loop, leaky_torch,
        lambda dy, x, slope: dy * ((x > 0) + slope * (x <= 0)),
        lambda dy, x, negative_slope=0.01: [d if v > 0 else negative_slope * d for d, v in zip(dy, x, strict=True)] if x.ndim == 1
        else leaky_loop(dy, x, negative_slope),
    ],
    "dead": [
        lambda h: (h == 0).all(axis=0).mean(), dead_loop, lambda h: 1 - h.any(axis=0).mean(), lambda h: np.mean(h.max(axis=0) <= 0),
        lambda h: np.sum(h.sum(axis=0) == 0) / h.shape[1], lambda h: (torch.tensor(h) == 0).all(dim=0).double().mean(),
    ],
}

WRONG = {
    "slopes": [
        ((0.9, -0.6, 0, -0.03), "these are the values"), ((0.1, 0.64, 0, 0.01), "1 − y. The sigmoid's"), ((0.19, 0.64, 0, 0.01), "belongs to tanh"), ((0.19, -0.96, 0, 0.01), "exchanged"),
        ((0.2055, 0.64, 0, 0.01), "no exponential"), ((0.09, 1.6, 0, 0.01), "1.6 is 1 − y"), ((0.09, 0.4, 0, 0.01), "not 1 − |y|"), ((0.09, 1.36, 0, 0.01), "is positive: 1 − 0.36"),
        ((0.09, -0.64, 0, 0.01), "always rises"), ((0.09, 0.64, 1, 0.01), "flat for negative z"), ((0.09, 0.64, 1, 1), "for positive z"), ((0.09, 0.64, 0, 0), "what it leaks"),
        ((0.09, 0.64, 0, -0.01), "its slope is positive"), ((0.09, 0.64, 0, -0.03), "slope of 0.01 z"), ((0, 0, 0, 0), "1 of 4 is right"), ((0.81, 0.64, 0, 0.01), "3 of 4 are right"),
        ((0.09, 0.7116, 0, 0.01), "square it"),
    ],
    "bends": [
        (lambda x, t: (bends_of(x, t)[2], *bends_loop(x, t)[1:]), "slopes of the pieces"), (lambda x, t: (np.cumsum(bends_of(x, t)[2]), *bends_loop(x, t)[1:]), "add the slopes up"),
        (lambda x, t: (bends_of(x, t)[2] - bends_of(x, t)[2][0], *bends_loop(x, t)[1:]), "is expected"),
        (lambda x, t: (np.diff(bends_of(x, t)[1]), *bends_loop(x, t)[1:]), "is expected"), (lambda x, t: (np.diff(np.diff(bends_of(x, t)[1]), prepend=0), *bends_loop(x, t)[1:]), "divided by the difference in x"),
        (lambda x, t: (bends_loop(x, t)[0], bends_of(x, t)[0][:-1], bends_loop(x, t)[2]), "needs the bias −2"), (lambda x, t: (bends_loop(x, t)[0], -bends_of(x, t)[0][1:], bends_loop(x, t)[2]), "left end"),
        (lambda x, t: (np.diff(np.diff(t) / np.diff(x), prepend=0), -x[:-1], t[0]), "Sort them first"), (lambda x, t: bends_loop(np.sort(x), t), "leave t where it was"), (bends_in_place, ""),
        (lambda x, t: (*bends_loop(x, t)[:2], t[0]), "the first one given"), (lambda x, t: (*bends_loop(x, t)[:2], 0.0), "starts at 0"), (lambda x, t: (*bends_loop(x, t)[:2], t.min()), "not of the lowest"),
        (lambda x, t: (*bends_loop(x, t)[1::-1], bends_loop(x, t)[2]), "the other way round"), (lambda x, t: bends_loop(x, t)[:2], "3 results are expected"), (lambda x, t: (*bends_loop(x, t)[:2], t.mean()), "is expected"),
        (lambda x, t: ([0.0, *bends_loop(x, t)[0]], [0.0, *bends_loop(x, t)[1]], t[0]), "the shape"), (lambda x, t: (bends_loop(x, t)[0] + [0.0], -np.sort(x), bends_loop(x, t)[2]), "one ReLU too many"),
        (lambda x, t: (np.diff(bends_of(x, t)[2]), *bends_loop(x, t)[1:]), "first weight is missing"), (lambda x, t: (-np.array(bends_loop(x, t)[0]), *bends_loop(x, t)[1:]), "is expected"),
        (lambda x, t: (bends_loop(x, t)[2], *bends_loop(x, t)[:2]), "order of the results"), (lambda x, t: (np.abs(bends_loop(x, t)[0]), *bends_loop(x, t)[1:]), "may be negative"),
        (lambda x, t: (bends_loop(x, t)[0][::-1], bends_loop(x, t)[1][::-1], bends_loop(x, t)[2]), "begin at the right end"), (lambda x, t: (*bends_loop(x, t)[:2], bends_of(x, t)[1][-1]), "not of the last"),
        (lambda x, t: (bends_loop(x, t)[0], -np.sort(x), bends_loop(x, t)[2]), "one bias too many"), (lambda x, t: (np.round(bends_loop(x, t)[0]), *bends_loop(x, t)[1:]), "on nine points"),
        (lambda x, t: ([2.0, -3.0], [0.0, -2.0], 1.0), "on two points"), (lambda points: points, "yours takes (points)"),
    ],
    "steeper": [
        ("cbcaa", "the other way round"), ("bbacc", "Change 1"), ("aaacc", "Change 2"), ("abccc", "Change 3"), ("abaac", "Change 4"), ("abacb", "Change 5"), ("abac", "5 letters"), ("abacd", "to choose from"),
        ("aaaaa", "2 of 5 are right"), ("acacc", "Change 2"),
    ],
    "diagnosis": [
        ("cbacab", "it is not dead"), ("cbacda", "only a ReLU is exactly 0"), ("dbaddb", "where do they bend"), ("dbacdb", "Unit 1"), ("cdacdb", "Unit 2"), ("cbbcdb", "Unit 3"), ("cbabdb", "Unit 4"),
        ("cbaccb", "Unit 5"), ("cbacdd", "Unit 6"), ("abc", "6 letters"), ("cbacde", "to choose from"), ("cbacbb", "Unit 5"),
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
    "dead": [
        (lambda h: (h == 0).mean(), "counts zeros"), (lambda h: (h == 0).all(axis=1).mean(), "Units are the columns"),
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
