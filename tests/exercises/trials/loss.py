"""Chapter 4: loss."""

import math

import numpy as np
import scipy.special
import torch

from cnnlib import losses


def log_softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(z))


def hot(z, target):
    return np.eye(z.shape[1])[target]


def stable_loops(z):
    out = []
    for row in z:
        top = max(row)
        total = math.log(sum(math.exp(v - top) for v in row))
        out.append([v - top - total for v in row])
    return out


def stable_in_place(z):
    z -= z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def taken_away(m):
    return lambda z: z - m(z) - np.log(np.exp(z - m(z)).sum(axis=1, keepdims=True))


def naive(z, shift=0.0):
    e = np.exp(z - shift)
    return e / e.sum(axis=1, keepdims=True)


def gradient_loops(z, target):
    rows = []
    for row, t in zip(z, target, strict=True):
        e = [math.exp(v - max(row)) for v in row]
        rows.append([(v / sum(e) - (k == t)) / len(z) for k, v in enumerate(e)])
    return rows


def gradient_torch(z, target):
    z = torch.tensor(z, requires_grad=True)
    torch.nn.functional.cross_entropy(z, torch.tensor(target)).backward()
    return z.grad


def gradient_indexed(z, target):
    p = scipy.special.softmax(z, axis=1)
    p[np.arange(len(z)), target] -= 1
    return p / len(z)


def at(index):
    def wrong(z, target):
        p = softmax(z)
        p[index(z, target)] -= 1
        return p / len(z)
    return wrong


RIGHT = {
    "by_hand": [math.log(2), 0.693, (0.6931 + 1.3863) / 3, 0.69313, (0.69 + 1.39) / 3, np.float16(0.693), 0.6931, np.float32(0.693), (math.log(2) + math.log(4) + 0) / 3, torch.tensor(0.6931)],
    "at_the_start": [math.log(100), 4.605, 4.61, 4.6, -math.log(1 / 100), 4.60517, np.float32(4.6052), 2 * 2.303, 2 * np.float16(2.303)],
    "stable": [
        log_softmax, stable_loops, lambda z: scipy.special.log_softmax(z, axis=1), lambda z: torch.log_softmax(torch.tensor(z, requires_grad=True), 1),
        lambda z: z - np.logaddexp.reduce(z, axis=1)[:, None], lambda z: z - scipy.special.logsumexp(z, axis=1, keepdims=True),
        lambda z: np.stack([row - row.max() - np.log(np.exp(row - row.max()).sum()) for row in z]),
    ],
    "gradient": [
        lambda z, target: (softmax(z) - hot(z, target)) / len(z), gradient_loops, gradient_torch, gradient_indexed,
        lambda z, target: losses.cross_entropy_backward(1.0, z, target), lambda z, t: softmax(z.astype(np.float32)) / len(t) - hot(z, t) / len(t),
    ],
    "diagnosis": ["b", "B", ["b"], {"b"}, "(b)", ' "b" ', ("B",)],
}

WRONG = {
    "by_hand": [
        (3 * math.log(2), "this is the sum"), (-math.log(2), "mind the sign"), (1, "base 2"), (0.301, "base 10"), (0.30103, "base 10"), (-math.log(1.75 / 3), "first the logarithms"),
        (0.41667, "1 − p"), (0.417, "1 − p"), (0.583, "mean probability"), (1.04, "the certain prediction"), (7 / 3, "1/p"), (0.231, "without the factor p"), (0.7, "not this one"), (0, "not this one"),
        (0.69, "three digits"), (0.694, "not this one"), (0.692, "not this one"), (0.6935, "not this one"), (0.6925, "not this one"),
        (2.08, "this is the sum"),
    ],
    "at_the_start": [
        (math.log(10), "10 classes"), (2.303, "10 classes"), (100, "that is 1/p"), (0.01, "that is p"), (2, "base 10"), (6.64, "base 2"), (-4.605, "mind the sign"), (0.99, "that is 1 − p"),
        (0, "not this one"), (4.5, "not this one"), ("log 100", "the text"), (0.046, "hundredth part"), (5, "not this one"), (4.59, "not this one"), (4.62, "not this one"), (4.595, "not this one"), (4.615, "not this one"), (-math.log(0.99), "1 − p"),
    ],
    "stable": [
        (lambda z: np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)), "exp overflows"), (lambda z: z - np.log(np.exp(z).sum(axis=1, keepdims=True)), "exp overflows"),
        (lambda z: np.log(softmax(z)), "logarithm of the probability"), (softmax, "this is softmax"), (lambda z: np.log(softmax(z) + 1e-9), "hides the −∞"),
        (lambda z: z - z.max() - np.log(np.exp(z - z.max()).sum(axis=1, keepdims=True)), "one maximum for all rows"), (lambda z: -log_softmax(z), "the sign"),
        (lambda z: z - np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)), "maximum is missing once"), (lambda z: scipy.special.log_softmax(z, axis=0), "normalise columns"),
        (lambda z: z - z.max() - np.log(np.exp(z - z.max()).sum()), "whole array"), (lambda z: scipy.special.log_softmax(np.clip(z, -500, 500), axis=1), "clipping"),
        (lambda z: z - z.max(axis=1) - np.log(np.exp(z - z.max(axis=1)).sum(axis=1)), "keepdims=True. (On two rows of small logits, it raises ValueError"), (stable_in_place, "`z` is changed"),
        (lambda z: z - z.max(axis=1, keepdims=True), "only the maximum is gone"), (lambda z: np.log10(softmax(z)), "is expected"), (lambda z: log_softmax(z)[0], "shape"),
        (lambda z: z - z.mean() - np.log(np.exp(z - z.mean()).sum(axis=1, keepdims=True)), ""), (lambda z: math.log(softmax(z)), "raises TypeError"), (lambda z: np.nan_to_num(np.log(softmax(z))), "logits of ±5000"), (lambda z: log_softmax(z) / np.log(2), "base 2"),
        (taken_away(lambda z: z[:, :1]), "first logit need not"), (taken_away(lambda z: z[:, -1:]), "last logit need not"), (taken_away(lambda z: z[:, :-1].max(axis=1, keepdims=True)), "far apart"),
        (taken_away(lambda z: z[:, 1:].max(axis=1, keepdims=True)), "is expected"), (taken_away(lambda z: np.median(z, axis=1, keepdims=True)), "take the maximum away"), (taken_away(lambda z: z[0].max()), "one maximum for all rows"),
        (taken_away(lambda z: abs(z).max(axis=1, keepdims=True)), "not abs(z).max"), (taken_away(lambda z: abs(z).max()), "one number for all rows"), (taken_away(lambda z: z.max(axis=0)), "maxima of the columns"),
        (taken_away(lambda z: z.mean(axis=1, keepdims=True)), "or the mean"),
    ],
    "gradient": [
        (lambda z, t: softmax(z) - hot(z, t), "gradient of the sum"), (lambda z, t: (hot(z, t) - softmax(z)) / len(z), "the sign"), (lambda z, t: softmax(z) / len(z), "this is p / N"),
        (lambda z, t: (softmax(z) - hot(z, t)) / z.size, "not of entries"), (lambda z, t: (softmax(z) - hot(z, t)) / z.shape[1], "not of classes"), (lambda z, t: -hot(z, t) / softmax(z) / len(z), "gradient for p"),
        (lambda z, t: (z - hot(z, t)) / len(z), "softmax is missing"), (lambda z, t: (softmax(z) - t[:, None]) / len(z), "its place, not its value"),
        (at(lambda z, t: np.s_[:, t]), "whole columns"), (at(lambda z, t: t), "whole rows"), (lambda z, t: (softmax(z) - hot(z, t)).mean(axis=0), "shape of z"),
        (lambda z, t: (scipy.special.softmax(z, axis=0) - hot(z, t)) / len(z), "along axis 1"), (lambda z, t: (scipy.special.softmax(z) - hot(z, t)) / len(z), "softmax of its own"),
        (lambda z, t: losses.cross_entropy(z, t), "this is the loss"), (lambda z, t: hot(z, t) * (softmax(z) - 1) / len(z), "other classes"), (lambda z, t: (softmax(z) - np.eye(3)[t]) / len(z), "raises ValueError"),
        (lambda z, t: (softmax(z) - hot(z, t)) / 2, "is expected"), (lambda z, t: (log_softmax(z) - hot(z, t)) / len(z), "not log p"),
        (lambda z, t: (naive(z) - hot(z, t)) / len(z), "exp overflows"), (lambda z, t: (naive(z, z.max()) - hot(z, t)) / len(z), "one maximum for all rows"), (lambda z, t: naive(z) - hot(z, t), "gradient of the sum"),
        (lambda z, t: (naive(z, z[:, :1]) - hot(z, t)) / len(z), "far apart"), (lambda z, t: (np.exp(z) / np.exp(z).sum() - hot(z, t)) / len(z), "softmax of its own"), (lambda z: softmax(z), "yours takes (z)"),
    ],
    "diagnosis": [("a", "not a"), ("c", "not c"), ("d", "not d"), ("ab", "not a"), ("bd", "not d"), ("abcd", "not a"), ("e", "choose from"), ("softmax", "choose from")],
}
