"""Chapter 1: a neuron."""

from fractions import Fraction

import numpy as np
import torch


def pocket(x, t, passes):
    w, b = np.zeros(x.shape[1]), 0.0
    best, kept = int(((x @ w + b > 0) == t).sum()), (w.copy(), b)
    for _ in range(passes):
        for i in range(len(x)):
            error = int(t[i]) - int(x[i] @ w + b > 0)
            w += error * x[i]
            b += error
            now = int(((x @ w + b > 0) == t).sum())
            if error and now > best:
                best, kept = now, (w.copy(), b)
    return kept


def homogeneous(x, t, passes):
    x = np.c_[x, np.ones(len(x))]
    v, states = np.zeros(x.shape[1]), []
    states.append(v)
    for _ in range(passes):
        for row, target in zip(x, t, strict=True):
            error = target - (row @ v > 0)
            if error:
                v = v + error * row
                states.append(v)
    best = max(states, key=lambda v: np.sum((x @ v > 0) == t))  # max keeps the first
    return best[:-1], best[-1]


def lists(x, t, passes):
    w, b = [0.0] * x.shape[1], 0.0

    def z(row):
        return sum(p * q for p, q in zip(w, row, strict=True)) + b

    def count():
        return sum((z(row) > 0) == bool(target) for row, target in zip(x, t, strict=True))

    best = [count(), list(w), b]
    for _ in range(passes):
        for row, target in zip(x, t, strict=True):
            fires = z(row) > 0
            if fires and not target:
                w, b = [p - q for p, q in zip(w, row, strict=True)], b - 1
            elif target and not fires:
                w, b = [p + q for p, q in zip(w, row, strict=True)], b + 1
            else:
                continue
            if count() > best[0]:
                best = [count(), list(w), b]
    return best[1], best[2]


def tensors(x, t, passes):
    x, t = torch.tensor(x), torch.tensor(t)
    w, b = torch.zeros(x.shape[1], dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    best = ((x @ w + b > 0) == t).sum(), w.clone(), b.clone()
    for _ in range(passes):
        for i in range(len(x)):
            error = t[i] - (x[i] @ w + b > 0).int()
            if error != 0:
                w, b = w + error * x[i], b + error
                now = ((x @ w + b > 0) == t).sum()
                if now > best[0]:
                    best = now, w.clone(), b.clone()
    return best[1], best[2]


def variant(better=lambda a, b: a > b, keep=np.copy, first=True, threshold=0.0, often=True, sign=1, shift=1, result=None):
    def rule(x, t, passes):
        w, b = np.zeros(x.shape[1]), 0.0
        best, kept = (((x @ w + b > threshold) == t).sum() if first else -1), (keep(w), b)
        for _ in range(passes):
            for row, target in zip(x, t, strict=True):
                error = sign * (target - int(row @ w + b > threshold))
                w += error * row
                b += shift * error
                if often and error and better(((x @ w + b > threshold) == t).sum(), best):
                    best, kept = ((x @ w + b > threshold) == t).sum(), (keep(w), b)
            if not often and better(((x @ w + b > threshold) == t).sum(), best):
                best, kept = ((x @ w + b > threshold) == t).sum(), (keep(w), b)
        return kept if result is None else result(w, b, best)
    return rule


def by_example(x, t, passes):  # "better" by the example at hand instead of all
    w, b = np.zeros(x.shape[1]), 0.0
    for row, target in zip(x, t, strict=True):
        if (row @ w + b > 0) != target:
            w, b = w + (2 * target - 1) * row, b + 2 * target - 1
    return w, b


RIGHT = {
    "side": [(-0.5, 0.0), (-0.5, False), (-0.5, 0), [np.float32(-0.5), np.bool_(False)], (Fraction(-1, 2), False),
             np.array([-0.5, 0]), (torch.tensor(-0.5), torch.tensor(False)), (1 - 2 + 0.5, 1 - 2 + 0.5 > 0)],
    "nand": [(-1, -1, 1.5), (-2, -2, 3), np.array([-1.0, -1.0, 2.0]), (-0.1, -0.2, 0.3), [-30, -20, 40], (-1, -5, 5.5), (-1e308, -1e308, 1.7e308)],
    "same_answers": ["adef", "fade", "A, D, E, F", list("adef"), {"a", "d", "e", "f"}, "a d e f", ("f", "e", "d", "a")],
    "diagnosis": ["bdeac", "b d e a c", list("bdeac"), "B, D, E, A, C", "1b 2d 3e 4a 5c", "b-d-e-a-c", tuple("bdeac")],
    "pocket": [pocket, homogeneous, lists, tensors, variant(), lambda examples, targets, n: pocket(examples, targets, n),
               lambda x, t, passes: [np.float32(v) for v in homogeneous(x.astype(np.float32), t, passes)]],
    "gradient": [(0.5, -0.25, 0.25), [0.25 * 2, 0.25 * -1, 0.25], np.array([0.5, -0.25, 0.25]), (Fraction(1, 2), Fraction(-1, 4), Fraction(1, 4))],
    "xor": [[(1, 1, -0.5), (-1, -1, 1.5), (1, 1, -1.5)], [[2, 2, -1], [2, 2, -3], [1, -2, 0]],
            np.array([[1, -1, 0], [-1, 1, 0], [1, 1, -0.5]]), ((-1, -1, 1.5), (1, 1, -0.5), (5, 5, -7)),
            [(20, 20, -10), (-20, -20, 30), (20, 20, -30)]],
}

WRONG = {
    "side": [
        ((-0.5, True), "fires only when z > 0"), ((-1.0, False), "left out the bias"), ((-1.5, False), "added, not subtracted"),
        ((3.5, True), "mind the sign: w₂"), ((False, -0.5), "first z"), (-0.5, "2 results are expected"), (False, "2 results"),
        ((-0.5, "no"), "True or False is expected"), ((-0.5, -0.5), "True or False is expected"), ("(-0.5, False)", "without quotes"),
        ((0.5, True), "0 of 2 are right"), ((0.5, False), "1 of 2 is right"), ((-0.5, None), "result 2: nothing is given"),
    ],
    "nand": [
        ((1, 1, -1.5), "this is AND"), ((-1, -1, 0.5), "this is NOR"), ((1, 1, -0.5), "this is OR"), ((1.5, -1, -1), "bias comes last"),
        ((-1, 0, 0.5), "wrong at (1, 0)"), ((0, 0, 1), "always fires"), ((-1, -1, -1), "never fires"), ((0, 0, 0), "never fires"),
        ((-1, -1), "three numbers"), (((-1, -1), 1.5), "three numbers"), ((-1, -1, float("inf")), "finite"),
        ((-1, -1, 2.5), "always fires"), ((1, -1, 0.5), "wrong at"), ("-1 -1 1.5", "three numbers"), ([[-1, -1, 1.5]], "numbers are right; write them as one list"),
    ],
    "same_answers": [
        ("bc", "the other way round"), ("abdef", "with (b)"), ("acdef", "with (c)"), ("def", "think of (a)"), ("aef", "with (d)"), ("adf", "with (e)"),
        ("ade", "think of (f)"), ("abcdef", "with (b)"), ("a", "with (d)"), ("", "give"), ("xyz", "letters to choose from"), (3, "give"),
        ("none", "choose from"), (True, "give"), (lambda: "adef", "give"),
    ],
    "diagnosis": [
        ("abcde", "0 of 5"), ("bdeca", "For the fourth"), ("dbeac", "For the first"), ("bdaec", "For the third"), ("cdeab", "For the first"), ("beadc", "For the second"),
        ("bde", "5 letters"), ("bdeacc", "5 letters"), ({"b", "d", "e", "a", "c"}, "no order"), ("bdeaf", "choose from"), (5, "give"), ("", "give"),
        ("aaaaa", "1 of 5"), ([2, 4, 5, 1, 3], "give"),
    ],
    "pocket": [
        (lambda x, t, passes: (pocket(x, t, passes)[0].astype(int), pocket(x, t, passes)[1]), "is expected"),
        (variant(result=lambda w, b, best: (w, b)), "return the last"), (variant(keep=lambda w: w), "Keep a copy"),
        (variant(better=lambda a, b: a >= b), "compare with >"), (variant(first=False), "the start counts"), (variant(often=False), "after every correction"),
        (variant(threshold=-1e-9), "fires where z > 0"), (variant(sign=-1), "right way"), (variant(shift=0), "bias is corrected"),
        (variant(result=lambda w, b, best: best), "expected"), (variant(result=lambda w, b, best: w), "expected"), (by_example, "expected"),
        (variant(shift=-1), "expected"), (lambda x, t, passes: (np.zeros(x.shape[1]), 0.0), "better than the start"), (lambda x, t: (x, t), "yours takes (x, t)"),
        (lambda x, t, passes: None, "return"), (lambda x, t, passes: (np.zeros(2), 0.0), "expected"),
        (lambda x, t, passes: pocket(x[::-1], t[::-1], passes), "in order"), (lambda x, t, passes: pocket(x, t, 1), "expected"),
        (lambda x, t, passes: pocket(x, 1 - t, passes), "expected"), (lambda x, t, passes: tuple(v * 2 for v in pocket(x, t, passes)), "expected"),
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
