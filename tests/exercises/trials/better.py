"""Chapter 15: making it better."""

import math

import numpy as np
import torch
from scipy import ndimage, stats

from cnnlib.course.better import FACTORS
from cnnlib.course.exercises.better import _lines, _moved, _needed, _search

NO_ARRAY = ("search", "seeds")
INTEGERS = ("seeds",)


def notebook_scipy(base, changed, factor):
    rows = []
    for after in changed:
        d = after - base
        mean, error = np.mean(d), stats.sem(d)
        rows.append([mean, error, 1 if mean > factor * error else -1 if mean < -factor * error else 0])
    return np.array(rows)


def notebook_vectors(base, changed, factor):
    d = changed - base[None]
    mean, error = d.mean(axis=1), d.std(axis=1, ddof=1) / np.sqrt(d.shape[1])
    return np.stack([mean, error, np.where(abs(mean) > factor * error, np.sign(mean), 0)], axis=1)


def notebook_torch(base, changed, factor):
    d = torch.tensor(changed) - torch.tensor(base)
    mean, error = d.mean(1), d.std(1) / d.shape[1] ** 0.5
    return torch.stack([mean, error, torch.sign(mean) * (mean.abs() > factor * error)], 1)


def notebook_loops(base, changed, factor):
    rows = []
    for after in changed.tolist():
        d = [b - a for a, b in zip(base.tolist(), after, strict=True)]
        mean = sum(d) / len(d)
        error = math.sqrt(sum((v - mean) ** 2 for v in d) / (len(d) - 1) / len(d))
        verdict = 0
        if mean > factor * error:
            verdict = 1
        elif -mean > factor * error:
            verdict = -1
        rows.append((mean, error, verdict))
    return rows


def augment_slices(train, validation, shifts):
    h, w = train.shape[2:]
    moved = np.zeros_like(train)
    for k, (d, r) in enumerate(shifts):
        if abs(d) < h and abs(r) < w:
            moved[k, :, max(d, 0):h + min(d, 0), max(r, 0):w + min(r, 0)] = train[k, :, max(-d, 0):h - max(d, 0), max(-r, 0):w - max(r, 0)]
    return moved, validation


def augment_by_height(train, validation, shifts):
    h = train.shape[2]
    return augment_slices(train, validation, np.clip(shifts, -h, h))


def augment_scipy(train, validation, shifts):
    return np.stack([ndimage.shift(x, (0, *move), order=0) for x, move in zip(train, shifts, strict=True)]), validation.copy()


def augment_padded(train, validation, shifts):
    h, w = train.shape[2:]
    p = max(h, w) + 1
    wide = np.pad(train, ((0, 0), (0, 0), (p, p), (p, p)))
    new = []
    for image, (d, r) in zip(wide, np.clip(shifts, -p, p), strict=True):
        new.append(image[:, p - d:p - d + h, p - r:p - r + w])
    return [np.array(new), validation]


def augment_torch(train, validation, shifts):
    moved = torch.zeros(train.shape, dtype=torch.float64)
    for n, c, i, j in np.ndindex(train.shape):
        a, b = i + shifts[n][0], j + shifts[n][1]
        if 0 <= a < train.shape[2] and 0 <= b < train.shape[3]:
            moved[n, c, a, b] = train[n, c, i, j]
    return moved, validation


def search_numpy(u, score, low, high):
    rates = np.exp(np.log(low) + u[:, 0] * (np.log(high) - np.log(low)))
    drops = u[:, 1] / 2
    scores = np.array([score(r, d) for r, d in zip(rates, drops, strict=True)])
    k = np.nanargmax(scores)
    return rates[k], drops[k], scores[k]


def search_loop(u, score, low, high):
    best = None
    for a, b in u:
        rate = 10 ** (math.log10(low) + a * (math.log10(high) - math.log10(low)))
        s = score(rate, b * 0.5)
        if not math.isnan(s) and (best is None or s > best[2]):
            best = (rate, b * 0.5, s)
    return best


def search_from_minus_one(u, score, low, high):
    best = (None, None, -1)
    for a, b in u:
        s = score(low * (high / low) ** a, 0.5 * b)
        if s > best[2]:
            best = (low * (high / low) ** a, 0.5 * b, s)
    return best


def search_keeps_nan(u, score, low, high):
    best = None
    for a, b in u:
        s = score(low * (high / low) ** a, 0.5 * b)
        if best is None or s > best[2]:
            best = (low * (high / low) ** a, 0.5 * b, s)
    return best


def search_max_keeps_nan(u, score, low, high):
    tried = [(low * (high / low) ** a, 0.5 * b) for a, b in u]
    return max(((*t, score(*t)) for t in tried), key=lambda t: t[2])


def search_zero_for_nan(u, score, low, high):
    tried = [(low * (high / low) ** a, 0.5 * b) for a, b in u]
    scores = np.array([score(*t) for t in tried])
    k = np.nan_to_num(scores).argmax()
    return *tried[k], scores[k]


def search_zero_for_nan_loop(u, score, low, high):
    best, found = -1, None
    for a, b in u:
        rate = low * (high / low) ** a
        s = score(rate, 0.5 * b)
        if (0 if math.isnan(s) else s) > best:
            best, found = 0 if math.isnan(s) else s, (rate, 0.5 * b, s)
    return found


def log_rate(u, score, low, high):
    return _search(u, score, low, high, rate=lambda v: np.log(low) + v * np.log(high / low))


def search_sorted(u, score, low, high):
    tried = [(low * (high / low) ** a, 0.5 * b) for a, b in u]
    scored = [(*t, score(*t)) for t in tried]
    return max((t for t in scored if t[2] == t[2]), key=lambda t: t[2])


def seeds_loop(a, b, delta):
    d, n = b - a, 2
    while 2 * d.std(ddof=1) / n ** 0.5 > delta:
        n += 1
    return n


def seeds_torch(a, b, delta):
    return torch.clamp(torch.ceil((2 * torch.std(torch.tensor(a - b)) / delta) ** 2), min=2)


def seeds_student(a, b, delta):
    d = b - a
    return max(2, math.ceil((stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / delta) ** 2))


def seeds_student_table(a, b, delta):
    d = b - a
    return max(2, math.ceil((FACTORS[len(d) - 2] * d.std(ddof=1) / delta) ** 2))


def seeds_student_again(a, b, delta):
    d, n = b - a, 2
    while stats.t.ppf(0.975, n - 1) * d.std(ddof=1) / n**0.5 > delta:
        n += 1
    return n


def cleared(gone):
    """Images that are empty by a rule on their move, the size of it down and right, and on their sides."""
    def answer(train, validation, shifts):
        moved = _moved(train, shifts)
        for image, (down, right) in zip(moved, shifts, strict=True):
            if gone(abs(down), abs(right), *train.shape[2:]):
                image[:] = 0
        return moved, validation
    return answer


def line(**how):
    return lambda base, changed, factor: _lines(base, changed, factor, **how)


def move(**how):
    return lambda train, validation, shifts: (_moved(train, shifts, **how), validation)


def found(**how):
    return lambda u, score, low, high: _search(u, score, low, high, **how)


def need(**how):
    return lambda a, b, delta: _needed(a, b, delta, **how)


def in_place(train, validation, shifts):
    train[:] = _moved(train, shifts)
    return train, validation


RIGHT = {
    "notebook": [notebook_vectors, notebook_scipy, notebook_torch, notebook_loops],
    "augment": [augment_slices, augment_scipy, augment_padded, augment_torch],
    "search": [search_numpy, search_loop, search_sorted, search_from_minus_one, lambda u, score, low, high: list(_search(u, score, low, high))],
    "seeds": [seeds_loop, _needed, lambda a, b, delta: max(2, math.ceil((2 * stats.tstd(b - a) / delta) ** 2)), seeds_torch, lambda a, b, delta: max(2, int(np.ceil(4 * np.var(a - b, ddof=1) / delta**2)))],
    "flattery": ["ace", "eca", "a, c, e", {"a", "c", "e"}],
    "diagnosis": ["cdba", "C D B A", ["c", "d", "b", "a"]],
}

WRONG = {
    "notebook": [
        (line(unpaired=True), "two independent groups"), (line(ddof=0), "ddof=1"), (line(root=False), "smaller, by √n"), (line(root=None), "not by n"), (line(sided=True), "clearly harms"),
        (line(sign=-1), "wrong sign"), (line(interval=True), "standard error itself"), (line(over=False), "no verdict"), (lambda b, c, f: _lines(b, c, 1), "factor is not used"), (lambda b, c, f: notebook_vectors(b, c, f)[:, :2], "three numbers"),
        (line(tie=True), "exactly factor errors"), (lambda b, c, f: np.abs(notebook_vectors(b, c, f)), ""), (lambda b, c, f: notebook_vectors(b, c, f).T, "yours are columns"), (lambda b, c, f: notebook_vectors(b, c, f)[0], ""), (lambda b, c, f: notebook_vectors(b, c[:1], f), ""),
    ],
    "augment": [
        (lambda train, validation, shifts: augment_slices(train, validation, np.clip(shifts, 1 - train.shape[2], train.shape[2] - 1)), ""),
        (augment_by_height, "as far as it is wide"),
        (lambda t, v, s: (_moved(t, s), _moved(v, s)), "validation images are moved"), (move(wrap=True), "np.roll"), (move(edge=True), "edge repeated"), (move(sign=-1), "other way round"), (move(swapped=True), "exchanged"), (move(first=True), "of its own"),
        (move(once=True), "move together"), (lambda t, v, s: (t, v), "nothing has moved"), (lambda t, v, s: (np.concatenate([t, _moved(t, s)]), v), "as many"), (lambda t, v, s: _moved(t, s), "two arrays"), (lambda t, v, s: (v, _moved(t, s)), "the order"),
        (lambda t, v, s: (_moved(t, s), _moved(v, np.resize(s, (len(v), 2)))), "validation images are moved"), (lambda t, v, s: (_moved(t, s), _moved(v, np.tile(s[0], (len(v), 1)))), "validation images are moved"), (in_place, "is changed"),
        (cleared(lambda d, r, h, w: d >= h or r >= h), "its own side"), (cleared(lambda d, r, h, w: max(d, r) >= w), "its own side"), (cleared(lambda d, r, h, w: max(d, r) >= min(h, w)), "each with its own side"),
        (cleared(lambda d, r, h, w: d >= w or r >= h), "its own side"), (cleared(lambda d, r, h, w: r >= h), "its own side"), (cleared(lambda d, r, h, w: d >= w), "its own side"), (lambda t, v, s: (_moved(t, s)[:1], v), ""), (lambda t, v, s: (_moved(t, s).transpose(0, 1, 3, 2), v), ""),
    ],
    "search": [
        (lambda u, f, low, high: _search(u, f, low, high, rate=lambda v: low + (high - low) * v), "drawn uniformly"), (lambda u, f, low, high: _search(u, f, low, high, rate=lambda v: high * (low / high) ** v), "other way"),
        (search_zero_for_nan, "nan counts as 0"), (search_zero_for_nan_loop, "nan counts as 0"), (search_keeps_nan, "where it comes first"), (search_max_keeps_nan, "where it comes first"), (log_rate, "take exp of it"),
        (found(best=lambda s: int(np.argmax(s))), "no best score"), (found(best=lambda s: int(np.nanargmin(s))), "worst draw"), (found(best=lambda s: len(s) - 1), "last draw"), (found(best=lambda s: 0), "first draw"), (found(dropout=lambda v: v), "0 to 0.5"),
        (lambda u, f, low, high: _search(u[:, ::-1], f, low, high), "the columns"), (found(out=lambda p, s: p), "three numbers"), (found(out=lambda p, s: (s, *p)), "the order"), (found(out=lambda p, s: s), ""), (lambda u, f, low, high: _search(u, f, low, high * 2), ""),
        (lambda u, f, low, high: _search(u, f, low, high, rate=lambda v: v, dropout=lambda v: v), "run from 0 to 1"), (lambda u, f, low, high: _search(u, f, low, high, rate=lambda v: math.exp(math.log10(low) + (math.log10(high) - math.log10(low)) * v)), "two logarithms"),
    ],
    "seeds": [
        (need(unpaired=True), "runs are pairs"), (need(ddof=0), "ddof=1"), (need(square=False), "the square"), (need(way=math.floor), "rounded down"), (need(way=lambda n: math.floor(n) + 1), "comes out whole"), (need(factor=1), "not one"),
        (need(factor=4), "square of 2 s"), (need(least=1), "at least 2"), (need(least=0), "ask for 2"), (lambda a, b, d: max(2, _needed(a, b, d) - len(a)), "not taken off"), (need(way=float), "whole number"), (seeds_student, "Student's"), (seeds_student_table, "Student's"), (seeds_student_again, "Student's"), (need(factor=1.96), "1.96"),
         (lambda a, b, d: 16, ""), (lambda a, b, d: d, ""), (lambda a, b, d: -_needed(a, b, d), ""),
    ],
    "flattery": [("ac", "(e) again"), ("abce", "not b"), ("acde", "not d"), ("ace f", "not f"), ("ae", "(c) again"), ("ce", "(a) again"), ("bd", "not b"), ("abcdef", "not b")],
    "diagnosis": [("cbda", "middle two"), ("adbc", "1 and 4"), ("abcd", ""), ("dcba", ""), ("cdab", ""), ("cdb", "4 letters"), ("cdbb", "")],
}
