"""Chapter 1: a neuron."""

import math
from fractions import Fraction

import numpy as np
import torch


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loops(x, w, b):
    out = []
    for row in x:
        z = b
        for weight, value in zip(w, row, strict=True):
            z += weight * value
        out.append(1 / (1 + math.exp(-z)))
    return out


def overwritten(x, w, b):
    for row in x:
        z = 0
        for weight, value in zip(w, row, strict=True):
            z = weight * value
    return sigmoid(np.array([z + b for _ in x]))


def fails_on_one_feature(x, w, b):
    return sigmoid(x[:, 0] * w[0] + x[:, 1] * w[1] + x[:, 2:] @ w[2:])


RIGHT = {
    "side": [(-0.5, 0.0), (-0.5, False), (-0.5, 0), [np.float32(-0.5), np.bool_(False)], (Fraction(-1, 2), False),
             np.array([-0.5, 0]), (torch.tensor(-0.5), torch.tensor(False)), (1 - 2 + 0.5, 1 - 2 + 0.5 > 0)],
    "nand": [(-1, -1, 1.5), (-2, -2, 3), np.array([-1.0, -1.0, 2.0]), (-0.1, -0.2, 0.3), [-30, -20, 40], (-1, -5, 5.5), (-1e308, -1e308, 1.7e308)],
    "layer": [
        lambda x, w, b: sigmoid(x @ w + b),
        loops,
        lambda x, w, b: 0.5 * (1 + np.tanh((np.einsum("nd,d->n", x, w) + b) / 2)),
        lambda x, w, b: torch.sigmoid(torch.tensor(x) @ torch.tensor(w, requires_grad=True) + b),
        lambda x, w, b: sigmoid((x.astype(np.float32) * w).sum(axis=1) + b),
        lambda x, weights, bias=0.0: sigmoid(np.append(x, np.ones((len(x), 1)), axis=1) @ np.append(weights, bias)),
        lambda *args: [sigmoid(np.dot(row, args[1]) + args[2]) for row in args[0]],
    ],
    "gradient": [(0.5, -0.25, 0.25), [0.25 * 2, 0.25 * -1, 0.25], np.array([0.5, -0.25, 0.25]), (Fraction(1, 2), Fraction(-1, 4), Fraction(1, 4))],
    "xor": [[(1, 1, -0.5), (-1, -1, 1.5), (1, 1, -1.5)], [[2, 2, -1], [2, 2, -3], [1, -2, 0]],
            np.array([[1, -1, 0], [-1, 1, 0], [1, 1, -0.5]]), ((-1, -1, 1.5), (1, 1, -0.5), (5, 5, -7)),
            [(20, 20, -10), (-20, -20, 30), (20, 20, -30)]],
}

WRONG = {
    "side": [
        ((-0.5, True), "fires only when z > 0"), ((-1.0, False), "left out the bias"), ((-1.5, False), "added, not subtracted"),
        ((3.5, True), "mind the sign: w₂"), ((False, -0.5), "first z"), (-0.5, "2 results are expected"), (False, "2 results"),
        ((-0.5, "no"), "True or False is expected"), ((-0.5, -0.5), "True or False is expected"), ("(-0.5, False)", "2 results"),
        ((0.5, True), "0 of 2 are right"), ((0.5, False), "1 of 2 is right"), ((-0.5, None), "result 2: nothing is given"),
    ],
    "nand": [
        ((1, 1, -1.5), "this is AND"), ((-1, -1, 0.5), "this is NOR"), ((1, 1, -0.5), "this is OR"), ((1.5, -1, -1), "bias comes last"),
        ((-1, 0, 0.5), "wrong at (1, 0)"), ((0, 0, 1), "always fires"), ((-1, -1, -1), "never fires"), ((0, 0, 0), "never fires"),
        ((-1, -1), "three numbers"), (((-1, -1), 1.5), "three numbers"), ((-1, -1, float("inf")), "finite"),
        ((-1, -1, 2.5), "always fires"), ((1, -1, 0.5), "wrong at"), ("-1 -1 1.5", "three numbers"), ([[-1, -1, 1.5]], "three numbers"),
    ],
    "layer": [
        (lambda x, w, b: x @ w + b, "this is z"), (lambda x, w, b: 1 / (1 + np.exp(x @ w + b)), "sign in the exponent"),
        (lambda x, w, b: 1 / (1 + np.exp(-(x @ w))), "bias is missing"), (lambda x, w, b: 1 / (1 + np.exp(-x @ w + b)), "mind the brackets"),
        (lambda x, w, b: 1 / (1 + np.exp(-(x @ w - b))), "mind the brackets"), (lambda x, w, b: x @ w + b > 0, "this is the step"),
        (lambda x, w, b: sigmoid(x @ w) + b, "inside the sigmoid"), (lambda x, w, b: sigmoid((x * w + b).sum(axis=1)), "added once"),
        (lambda x, w, b: sigmoid((x * w).sum() + b), "is expected"), (lambda x, w, b: sigmoid(x * w + b), "one number for each row"),
        (lambda x, w, b: sigmoid(x @ w.reshape(-1, 1) + b), "not (N, 1)"), (lambda x, w, b: sigmoid(x @ w + b)[:1], "is expected"),
        (lambda x, w, b: sigmoid(x.T @ w + b), "raises ValueError"), (lambda x, w, b: np.tanh(x @ w + b), "this is tanh"),
        (overwritten, "is expected"), (fails_on_one_feature, "bias is missing: z = w·x + b. (On two inputs of one feature, it raises IndexError"),
        (lambda x, w, b: 1 / (1 + math.exp(-(x @ w + b))), "raises"), (lambda x, w: x @ w, "yours takes (x, w)"),
        (lambda x, w, b: 0.119203 + 0 * x[:, 0], "is expected"), (lambda x, w, b: np.round(sigmoid(x @ w + b), 2), "is expected"),
    ],
    "gradient": [
        ((2, -1, 1), "derivatives of z"), ((1.0, -0.5, 0.5), "multiplied by y"), ((0.5, -0.25, 0), "dz/db = 1"),
        ((0.5, -0.25, 1), "times the slope"), ((0.5, 0.25, 0.25), "mind the sign"), ((0.25, 0.5, -0.25), "the order"),
        ((0.25, 0.25, 0.25), "that is σ′(0)"), ((0, 0, 0), "its slope is not"), ((0.5, -0.25), "3 results are expected"),
        ((0.5, 0.5, 0.5), "1 of 3 is right"), ((0.5, "a", 0.25), "result 2: numbers are expected"), (0.25, "3 results"),
    ],
    "xor": [
        ([(1, 1, -0.5), (-1, -1, 1.5), (1, 1, -0.5)], "always fires"), ([(1, 1, -0.5), (1, 1, -0.5), (1, 1, -1.5)], "this is OR"),
        ([(1, 1, -1.5), (-1, -1, 1.5), (1, 1, -1.5)], "never fires"), ([(1, 1, -0.5), (-1, -1, 1.5), (-1, -1, 1.5)], "opposite of XOR"),
        ([(1, 1, -0.5), (-1, -1, 1.5)], "three neurons"), ((1, 1, -0.5), "three neurons"), (lambda a, b: a != b, "three neurons"),
        ([(-1, -1, 1.5)] * 3, "this is AND"), ([(0, 0, 0)] * 3, "never fires"), ([(1, 0, -0.5), (0, 1, -0.5), (1, 1, -0.5)], "this is OR"),
        ([(1, 0, -0.5), (0, 1, -0.5), (1, -1, 0)], "say 0 and 1, and the third says 0"), ([(1, 1, -0.5), (-1, -1, 1.5), (1, 1, np.nan)], "finite"),
        ("(1, 1, -0.5)", "three neurons"), ([0, 1, 1, 0], "three neurons"),
    ],
}
