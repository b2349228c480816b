"""Chapter 16: beyond one label."""

import numpy as np
import torch

from cnnlib.course.exercises.beyond import _ap, _iou, _nms, _size
from cnnlib.detection import batched_nms, box_iou

NO_ARRAY = ("iou", "suppress", "average_precision", "size")
INTEGERS = ("suppress", "size")


def iou_numpy(a, b):
    a, b = np.array(a), np.array(b)
    sides = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - np.prod(sides)
    return np.prod(sides) / union if union > 0 else 0.0


def iou_torch(a, b):
    a, b = torch.tensor(a, requires_grad=True), torch.tensor(b)
    sides = (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).clamp(min=0)
    union = torch.prod(a[2:] - a[:2]) + torch.prod(b[2:] - b[:2]) - sides.prod()
    return sides.prod() / union if union > 0 else torch.tensor(0.0)


def iou_library(a, b):
    return box_iou(np.array([a]), np.array([b]))[0, 0]


def iou_early(a, b):
    if a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]:
        return 0
    common = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def iou_cells(a, b):
    """By counting cells of half a pixel."""
    y, x = np.mgrid[0:12:0.5, 0:12:0.5] + 0.25
    one, other = ((x > p[0]) & (x < p[2]) & (y > p[1]) & (y < p[3]) for p in (a, b))
    return (one & other).sum() / max((one | other).sum(), 1)


def nms_library(boxes, scores, labels, limit):
    return batched_nms(np.array(boxes, float).reshape(-1, 4), np.array(scores, float), np.array(labels, int), float(limit))


def nms_mask(boxes, scores, labels, limit):
    alive, kept = [True] * len(boxes), []
    while any(alive):
        best = max((i for i in range(len(boxes)) if alive[i]), key=lambda i: (scores[i], -i))
        kept.append(best)
        for j in range(len(boxes)):
            if j == best or labels[j] == labels[best] and iou_numpy(boxes[best], boxes[j]) > limit:
                alive[j] = False
    return np.array(kept)


def nms_popping(boxes, scores, labels, limit):
    waiting = sorted(zip(scores, range(len(boxes)), strict=True), key=lambda pair: (-pair[0], pair[1]))
    kept = []
    while waiting:
        _, i = waiting.pop(0)
        kept.append(i)
        waiting = [(s, j) for s, j in waiting if labels[j] != labels[i] or iou_early(boxes[i], boxes[j]) <= limit]
    return tuple(kept)


def nms_by_class(boxes, scores, labels, limit):
    kept = []
    for label in set(labels):
        own = [i for i in range(len(boxes)) if labels[i] == label]
        inner = _nms([boxes[i] for i in own], [scores[i] for i in own], [0] * len(own), limit)
        kept += [own[i] for i in inner]
    return sorted(kept, key=lambda i: (-scores[i], i))


def nms_shifted(boxes, scores, labels, limit):
    """The trick with offsets: boxes of different classes are moved apart."""
    moved = [tuple(v + 1000 * c for v in box) for box, c in zip(boxes, labels, strict=True)]
    return _nms(moved, scores, [0] * len(boxes), limit)


def ap_steps(scores, partner, total):
    claimed, hits, places = set(), [], []
    for i in sorted(range(len(scores)), key=lambda i: (-scores[i], i)):
        new = partner[i] != -1 and partner[i] not in claimed
        claimed.add(partner[i])
        hits.append((hits[-1] if hits else 0) + new)
        if new:
            places.append(len(hits) - 1)
    return sum(max(h / (m + 1) for m, h in enumerate(hits) if m >= n) for n in places) / total


def ap_arrays(scores, partner, total):
    order = np.lexsort((np.arange(len(scores)), -scores))
    p = partner[order]
    first = np.zeros(len(p), bool)
    first[np.unique(p, return_index=True)[1]] = True
    right = first & (p >= 0)
    recall = np.concatenate([[0], np.cumsum(right) / total])
    precision = np.cumsum(right) / (1 + np.arange(len(p)))
    best = np.array([precision[k:].max() for k in range(len(p))])
    return np.sum(np.diff(recall) * best)


def ap_torch(scores, partner, total):
    scores, partner = torch.tensor(scores), torch.tensor(partner)
    seen, right = set(), torch.zeros(len(scores), dtype=torch.float64)
    for k, i in enumerate(torch.argsort(scores, descending=True, stable=True)):
        p = partner[i].item()
        right[k] = p >= 0 and p not in seen
        seen.add(p)
    precision = right.cumsum(0) / torch.arange(1, len(scores) + 1)
    best = precision.flip(0).cummax(0).values.flip(0) if len(scores) else precision
    return (best * right).sum() / total


def size_painted(n, k, s, p, extra, d):
    return torch.nn.functional.conv_transpose1d(torch.ones(1, 1, n), torch.ones(1, 1, k), None, s, p, extra, 1, d).shape[-1]


def size_strokes(n, k, s, p, extra, d):
    """Every pixel that is painted, then cut, then kept beyond."""
    painted = {i * s + j * d for i in range(n) for j in range(k)}
    return len(range(min(painted), max(painted) + 1)[p:]) - p + extra


def size_inverted(n, k, s, p, extra, d):
    """The sizes that a convolution takes to n: the least of them, and ``extra`` more."""
    return next(m for m in range(-20, 200) if (m + 2 * p - d * (k - 1) - 1) // s + 1 == n) + extra


def size_last(n, k, s, p, extra, d):
    first, last = -p, (n - 1) * s + d * (k - 1) - p
    return last - first + 1 - 2 * p + extra


def boxes_of(**how):
    return lambda *args: _nms(*args, **how)


def ap_of(**how):
    return lambda *args: _ap(*args, **how)


def iou_of(**how):
    return lambda a, b: _iou(a, b, **how)


RIGHT = {
    "iou": [lambda a, b: _iou(a, b), iou_numpy, iou_torch, iou_library, iou_early, iou_cells],
    "suppress": [nms_mask, nms_library, nms_popping, nms_by_class, nms_shifted],
    "average_precision": [lambda *args: _ap(*args), ap_steps, ap_arrays, ap_torch],
    "size": [_size, size_painted, size_last, size_strokes, size_inverted, lambda n, k, s, p, extra, d: s * (n - 1) - 2 * p + d * (k - 1) + extra + 1],
    "same_ap": ["abf", "f, a, b", "A B F", {"a", "b", "f"}],
    "diagnosis": ["ace", "e c a", "A, C, E", ["a", "c", "e"]],
}

WRONG = {
    "iou": [
        (iou_of(clip=(False, False)), "their product is positive"), (iou_of(clip=(False, False), product=True), "their product is positive"), (iou_of(clip=(True, False)), "height of the overlap"),
        (iou_of(clip=(False, True)), "width of the overlap"), (iou_of(union=lambda p, q, c: p + q), "counted twice"), (iou_of(union=lambda p, q, c: p), "first box"),
        (iou_of(union=lambda p, q, c: q), "second box"), (iou_of(union=lambda p, q, c: min(p, q)), "smaller box"), (iou_of(union=lambda p, q, c: max(p, q)), "larger box"),
        (iou_of(extra=1.0), "without + 1"), (iou_of(union=lambda p, q, c: 1.0), "Divide it by the union"), (lambda a, b: abs(_iou(a, b, clip=(False, False))), "not its size"),
        (lambda a, b: 1 / 3, ""), (lambda a, b: _iou(a, b) ** 2, ""), (lambda a, b: 1 - _iou(a, b), ""),
    ],
    "suppress": [
        (boxes_of(order=lambda s: list(range(len(s)))), "as they come"), (boxes_of(across=True), "other classes"), (boxes_of(order=lambda s: sorted(range(len(s)), key=lambda i: s[i])), "lowest score"),
        (boxes_of(chain=True), "removes nobody"), (boxes_of(gone=lambda v, limit: v >= limit), "at the limit"), (boxes_of(gone=lambda v, limit: v < limit), "wrong way round"),
        (boxes_of(turned=True), "Give the best first"), (boxes_of(gone=lambda v, limit: v > 0), "a little overlap"), (lambda b, s, c, t: [s[i] for i in _nms(b, s, c, t)], "not their scores"),
        (lambda b, s, c, t: np.argsort(s)[::-1][:1], ""), (lambda b, s, c, t: [b[i] for i in _nms(b, s, c, t)], "not the boxes"), (boxes_of(order=lambda s: np.argsort(s, kind="stable")[::-1]), "turns them round"),
        (lambda b, s, c, t: list(range(len(b))), ""), (lambda b, s, c, t: [i in _nms(b, s, c, t) for i in range(len(b))], ""),
    ],
    "average_precision": [
        (ap_of(double="right"), "double matches"), (ap_of(double="dropped"), "left out"), (ap_of(envelope="none"), "best precision from there on"), (ap_of(envelope="past"), "look forward"),
        (ap_of(order=lambda s: np.arange(len(s))), "as they come"), (ap_of(order=lambda s: np.argsort(s)), "lowest score"), (ap_of(share=lambda r, c, t: len(c)), "nothing finds"),
        (ap_of(share=lambda r, c, t: len(r)), "not of boxes"), (lambda s, p, t: len(set(p.tolist()) - {-1}) / t, "recall of the whole"), (lambda s, p, t: np.mean(p >= 0), ""),
        (lambda s, p, t: 0.5, ""), (ap_of(share=lambda r, c, t: 1.0), "that is the sum"),
    ],
    "size": [
        (lambda n, k, s, p, extra, d: _size(n, k, s, p, 0, d), "output padding is left out"), (lambda n, k, s, p, extra, d: _size(n, k, s, p, 2 * extra, d), "once, not twice"),
        (lambda n, k, s, p, extra, d: _size(n, k, s, -p, extra, d), "cut off here"), (lambda n, k, s, p, extra, d: _size(n, k, s, p, extra, d) + p, "both sides"),
        (lambda n, k, s, p, extra, d: (n + 2 * p - d * (k - 1) - 1) // s + 1, "size of a convolution"), (lambda n, k, s, p, extra, d: n * s, "some settings only"),
        (lambda n, k, s, p, extra, d: _size(n, k, s, p, extra, 1), "dilation is left out"), (lambda n, k, s, p, extra, d: _size(n, k, s, p, extra, d) - 1, "one too small"),
        (lambda n, k, s, p, extra, d: n * s + k - 1, ""), (lambda n, k, s, p, extra, d: (_size(n, k, s, p, extra, d),) * 2, ""),
    ],
    "same_ap": [("cde", "other way round"), ("ab", "(f) again"), ("abef", "not e"), ("abcf", "not c"), ("abdf", "not d"), ("af", "(b) again"), ("bf", "(a) again")],
    "diagnosis": [("bdf", "other way round"), ("ac", "add (e)"), ("abce", "not b"), ("ade", "not d"), ("acef", "not f"), ("ae", "the row of the spoons"), ("ce", "(a)")],
}
