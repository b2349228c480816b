"""Chapter 16: beyond one label."""

from itertools import product

import numpy as np
import torch

from cnnlib.course.exercises.beyond import _ap, _counts, _iou, _nms, _windows
from cnnlib.detection import batched_nms, box_iou

NO_ARRAY = ("iou", "suppress", "average_precision", "counts", "windows")
INTEGERS = ("suppress", "counts")


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
    y, x = np.mgrid[-5:12:0.5, -5:12:0.5] + 0.25
    one, other = ((x > p[0]) & (x < p[2]) & (y > p[1]) & (y < p[3]) for p in (a, b))
    return (one & other).sum() / max((one | other).sum(), 1)


def iou_pixels(a, b):
    """By sets of whole pixels: wrong where edges are not whole."""
    one, other = ({(x, y) for x in range(int(p[0]), int(p[2])) for y in range(int(p[1]), int(p[3]))} for p in (a, b))
    return len(one & other) / max(len(one | other), 1)


def nms_only_best(boxes, scores, labels, limit):
    order = sorted(range(len(boxes)), key=lambda i: -scores[i])
    best = {labels[i]: i for i in reversed(order)}
    return [i for i in order if i == best[labels[i]] or _iou(boxes[i], boxes[best[labels[i]]]) <= limit]


def ap_unsorted(scores, partner, total):
    seen = set()
    new = [p if p not in seen and not seen.add(p) else -1 for p in partner.tolist()]
    return _ap(scores, np.array(new, int), total)


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


def nms_marking_by_zero(boxes, scores, labels, limit):
    waiting, kept = list(scores), []
    while any(v > 0 for v in waiting):
        best = waiting.index(max(waiting))
        kept.append(best)
        waiting = [0 if j == best or labels[j] == labels[best] and iou_numpy(boxes[best], boxes[j]) > limit else v for j, v in enumerate(waiting)]
    return kept


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


def counts_painted(n, kernel, stride):
    return torch.nn.functional.conv_transpose1d(torch.ones(1, 1, n), torch.ones(1, 1, kernel), None, stride)[0, 0]


def counts_slices(n, kernel, stride):
    times = np.zeros((n - 1) * stride + kernel)
    for start in range(0, n * stride, stride):
        times[start : start + kernel] += 1
    return times


def counts_questions(n, kernel, stride):
    """Each output pixel asks which strokes reach it."""
    return [sum(0 <= k - i * stride < kernel for i in range(n)) for k in range((n - 1) * stride + kernel)]


def counts_convolved(n, kernel, stride):
    spread = np.zeros((n - 1) * stride + 1, int)
    spread[::stride] = 1
    return np.convolve(spread, np.ones(kernel, int))


def counts_library(n, kernel, stride):
    return np.bincount([i * stride + j for i in range(n) for j in range(kernel)], minlength=(n - 1) * stride + kernel)


def counts_formula(n, kernel, stride):
    """First and last stroke that reach a pixel."""
    return tuple(max(min(k // stride, n - 1) - max(-(-(k - kernel + 1) // stride), 0) + 1, 0)
                 for k in range((n - 1) * stride + kernel))


def windows_numpy(height, width, side, truth, limit):
    y, x = np.mgrid[: max(height - side + 1, 0), : max(width - side + 1, 0)]
    boxes = np.stack([x, y, x + side, y + side], axis=-1).reshape(-1, 4)
    free = np.ones(len(boxes), bool)
    for box in truth:
        free &= box_iou(boxes.astype(float), np.array([box]))[:, 0] < limit
    return boxes[free]


def windows_library(height, width, side, truth, limit):
    places = [(x, y, x + side, y + side) for y in range(height - side + 1) for x in range(width - side + 1)]
    if not truth or not places:
        return places
    share = box_iou(np.array(places, float), np.array(truth)).max(axis=1)
    return [place for place, v in zip(places, share, strict=True) if v < limit]


def windows_loop(height, width, side, truth, limit):
    free, y = [], 0
    while y + side <= height:
        x = 0
        while x + side <= width:
            near = False
            for box in truth:
                near = near or iou_early((x, y, x + side, y + side), box) >= limit
            if not near:
                free.append([x, y, x + side, y + side])
            x += 1
        y += 1
    return free


def windows_taken_away(height, width, side, truth, limit):
    free = [(x, y, x + side, y + side) for y in range(height) for x in range(width)]
    free = [w for w in free if w[2] <= width and w[3] <= height]
    for box in truth:
        free = [w for w in free if not iou_numpy(w, box) >= limit]
    return tuple(free)


def windows_largest(height, width, side, truth, limit):
    return [(x, y, x + side, y + side) for y in range(height - side + 1) for x in range(width - side + 1)
            if max([float(iou_torch((1.0 * x, 1.0 * y, 1.0 * x + side, 1.0 * y + side), box)) for box in truth], default=0) < limit]


def windows_product(height, width, side, truth, limit):
    places = product(range(height - side + 1), range(width - side + 1))
    return [(float(x), float(y), x + float(side), y + float(side)) for y, x in places
            if not any(_iou((x, y, x + side, y + side), box) >= limit for box in truth)]


def windows_inclusive(height, width, side, truth, limit):
    places = [(x, y, x + side - 1, y + side - 1) for y in range(height - side + 1) for x in range(width - side + 1)]
    return [w for w in places if all(_iou(w, box) < limit for box in truth)]


def windows_corner_and_size(height, width, side, truth, limit):
    places = [(x, y, side, side) for y in range(height - side + 1) for x in range(width - side + 1)]
    return [w for w in places if all(_iou(w, box) < limit for box in truth)]


def windows_down_first(height, width, side, truth, limit):
    places = [(y, x, y + side, x + side) for y in range(height - side + 1) for x in range(width - side + 1)]
    return [w for w in places if all(_iou(w, box) < limit for box in truth)]


def windows_far_from_one(height, width, side, truth, limit):
    places = [(x, y, x + side, y + side) for y in range(height - side + 1) for x in range(width - side + 1)]
    return [w for w in places if not truth or any(_iou(w, box) < limit for box in truth)]


def windows_mean(height, width, side, truth, limit):
    places = [(x, y, x + side, y + side) for y in range(height - side + 1) for x in range(width - side + 1)]
    return [w for w in places if np.mean([_iou(w, box) for box in truth] or [0]) < limit]


def ap_last_claims(scores, partner, total):
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    owner = {int(partner[i]): i for i in order if partner[i] >= 0}  # a later one takes the object over
    right = [owner.get(int(partner[i])) == i for i in order]
    precision = [sum(right[: k + 1]) / (k + 1) for k in range(len(right))]
    return sum(max(precision[k:]) for k, good in enumerate(right) if good) / total


def windows_of(**how):
    return lambda *args: _windows(*args, **how)


def boxes_of(**how):
    return lambda *args: _nms(*args, **how)


def ap_of(**how):
    return lambda *args: _ap(*args, **how)


def counts_of(**how):
    return lambda n, kernel, stride: _counts(n, kernel, stride, **how)


def iou_of(**how):
    return lambda a, b: _iou(a, b, **how)


RIGHT = {
    "iou": [lambda a, b: _iou(a, b), iou_numpy, iou_torch, iou_library, iou_early],
    "suppress": [nms_mask, nms_library, nms_popping, nms_by_class, nms_shifted],
    "average_precision": [lambda *args: _ap(*args), ap_steps, ap_arrays, ap_torch],
    "counts": [lambda *args: _counts(*args), counts_painted, counts_slices, counts_questions, counts_convolved, counts_library, counts_formula],
    "windows": [lambda *args: _windows(*args), windows_numpy, windows_library, windows_loop, windows_taken_away, windows_largest, windows_product],
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
        (lambda a, b: 2 * _iou(a, b) / (1 + _iou(a, b)), "twice the overlap"), (lambda a, b: _iou((a[0], a[1], a[0] + a[2], a[1] + a[3]), (b[0], b[1], b[0] + b[2], b[1] + b[3])), "not width and height"),
        (iou_pixels, ""), (iou_cells, "fractions"), (iou_of(union=lambda p, q, c: max(p + q - c, 1.0)), ""), (iou_of(union=lambda p, q, c: p + q - c + 1e-6), ""),
    ],
    "suppress": [
        (boxes_of(order=lambda s: list(range(len(s)))), "as they come"), (boxes_of(across=True), "other classes"), (boxes_of(order=lambda s: sorted(range(len(s)), key=lambda i: s[i])), "lowest score"),
        (boxes_of(chain=True), "removes nobody"), (boxes_of(gone=lambda v, limit: v >= limit), "at the limit"), (boxes_of(gone=lambda v, limit: v < limit), "wrong way round"),
        (boxes_of(turned=True), "Give the best first"), (boxes_of(gone=lambda v, limit: v > 0), "a little overlap"), (boxes_of(gone=lambda v, limit: v > 0.5), "not always 0.5"), (lambda b, s, c, t: [s[i] for i in _nms(b, s, c, t)], "not their scores"),
        (lambda b, s, c, t: np.argsort(s)[::-1][:1], ""), (lambda b, s, c, t: [b[i] for i in _nms(b, s, c, t)], "not the boxes"), (boxes_of(order=lambda s: np.argsort(s, kind="stable")[::-1]), "turns them round"),
        (lambda b, s, c, t: list(range(len(b))), ""), (nms_only_best, "only the best box"), (nms_marking_by_zero, ""), (lambda b, s, c, t: [int(i in _nms(b, s, c, t)) for i in range(len(b))], "not a 0 or a 1"), (lambda b, s, c, t: [i in _nms(b, s, c, t) for i in range(len(b))], ""),
    ],
    "average_precision": [
        (ap_of(double="right"), "double matches"), (ap_of(double="dropped"), "left out"), (ap_of(envelope="none"), "best precision from there on"), (ap_of(envelope="past"), "look forward"),
        (ap_of(order=lambda s: np.arange(len(s))), "as they come"), (ap_of(order=lambda s: np.argsort(s)), "lowest score"), (ap_of(share=lambda r, c, t: len(c)), "nothing finds"),
        (ap_of(share=lambda r, c, t: len(r)), "not of boxes"), (lambda s, p, t: len(set(p.tolist()) - {-1}) / t, "recall of the whole"), (lambda s, p, t: np.mean(p >= 0), ""),
        (lambda s, p, t: 0.5, ""), (ap_unsorted, "sort before you claim"), (ap_last_claims, "the *first* in order of score"), (lambda s, p, t: _ap(s, np.where(p > 0, p, -1), t), "object 0"), (lambda s, p, t: _ap(s, p + 1, t), "no object"), (ap_of(share=lambda r, c, t: 1.0), "that is the sum"),
    ],
    "counts": [
        (counts_of(size=lambda n, k, s: n * s), "one whole kernel"), (counts_of(size=lambda n, k, s: n * s + k), "n − 1 steps"), (counts_of(once=True), "count each of them"),
        (counts_of(size=lambda n, k, s: (n - 1) * s + k - 1), "one too short"), (counts_of(first=1), "first input pixel"), (lambda n, k, s: _counts(n - 1, k, s), "last input pixel"),
        (lambda n, k, s: _counts(n, s, k), "exchanged"), (lambda n, k, s: _counts(n, k, 1), "stride is left out"), (lambda n, k, s: _counts(n, min(k, s), s), "they overlap"),
        (lambda n, k, s: sum(_counts(n, k, s)), "not its sum"), (lambda n, k, s: max(_counts(n, k, s)), "largest number"), (lambda n, k, s: len(_counts(n, k, s)), "output pixels there are"),
        (counts_of(value=lambda i, j: j + 1), "whatever its weight"), (lambda n, k, s: [1] * n, ""), (lambda n, k, s: [k / s] * len(_counts(n, k, s)), ""),
        (counts_of(size=lambda n, k, s: (n - 1) * s + 1), "a whole kernel"), (lambda n, k, s: [len(range(i % s, k, s)) for i in range((n - 1) * s + k)], "At the ends"),
    ],
    "windows": [
        (windows_of(reach=(0, 0)), "n − side + 1 places"), (windows_of(reach=(0, 1)), "last row"), (windows_of(reach=(1, 0)), "last column"), (lambda h, w, *rest: _windows(w, h, *rest), "exchanged"),
        (windows_of(stays=lambda v, limit: v <= limit), "is the limit"), (windows_of(stays=lambda v, limit: v >= limit), "wrong way round"), (windows_of(of=any), "every"), (windows_of(axes="xy"), "column by column"),
        (windows_of(box="xywh"), "not width and height"), (windows_of(box="yxyx"), "x comes first"), (windows_of(box="xy"), "not its corner"), (lambda h, w, s, t, limit: _windows(h, w, s, t[:1], limit), "only the first object"),
        (lambda h, w, s, t, limit: _windows(h, w, s, t[-1:], limit), "only the last object"), (lambda h, w, s, t, limit: _windows(h, w, s, [], limit), "those on objects"), (lambda *args: len(_windows(*args)), "not how many"),
        (lambda h, w, s, t, limit: _windows(h + s - 1, w + s - 1, s, t, limit), "reach out"), (lambda h, w, s, t, limit: [v for v in _windows(h, w, s, t, limit) if v[0] % s == 0 and v[1] % s == 0], "side by side"),
        (lambda h, w, s, t, limit: _windows(h, w, s, t, 1e-9), "a little overlap"), (lambda h, w, s, t, limit: _windows(h, w, s, t, 1 - limit), ""), (lambda *args: [], ""), (lambda *args: _windows(*args)[::-1], ""),
        (lambda h, w, s, t, limit: [v for v in _windows(h, w, s, [], 0) if sum(_iou(v, b) for b in t) < limit], "not their sum"),
        (windows_inclusive, "without − 1"), (windows_of(box="inner"), "without − 1"), (windows_corner_and_size, "not width and height"), (windows_down_first, "x comes first"),
        (windows_far_from_one, "every"), (windows_mean, "not their mean"), (lambda h, w, s, t, limit: _windows(h, w, s, t, 0.3), "not always 0.3"), (lambda h, w, s, t, limit: _windows(h, w, s, t, 0.5), "not always 0.5"),
    ],
    "same_ap": [("cde", "other way round"), ("ab", "(f) again"), ("abef", "not e"), ("abcf", "not c"), ("abdf", "not d"), ("af", "(b) again"), ("bf", "(a) again")],
    "diagnosis": [("bdf", "other way round"), ("ac", "add (e)"), ("abce", "not b"), ("ade", "not d"), ("acef", "not f"), ("ae", "the row of the spoons"), ("ce", "(a)")],
}
