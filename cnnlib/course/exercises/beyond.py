"""Checkers of chapter 16: beyond one label."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters

IOU_CASES = [
    Case(((0.0, 0.0, 4.0, 4.0), (0.0, 2.0, 4.0, 6.0)), "two squares, one lower by half"),
    Case(((1.0, 2.0, 6.0, 4.0), (3.0, 1.0, 5.0, 9.0)), "a wide and a high box that cross"),
    Case(((0.0, 0.0, 9.0, 6.0), (2.0, 1.0, 5.0, 3.0)), "a box inside another"),
    Case(((0.0, 0.0, 3.0, 3.0), (3.0, 0.0, 5.0, 3.0)), "two boxes that touch"),
    Case(((0.0, 0.0, 2.0, 3.0), (0.0, 7.0, 2.0, 9.0)), "two boxes, one far below the other"),
    Case(((8.0, 1.0, 11.0, 3.0), (1.0, 0.0, 5.0, 4.0)), "two boxes, one far to the right of the other"),
    Case(((0.0, 0.0, 2.0, 2.0), (5.0, 6.0, 9.0, 7.0)), "two boxes apart in both directions"),
    Case(((2.5, 1.0, 4.0, 6.5), (2.5, 1.0, 4.0, 6.5)), "the same box twice"),
    Case(((1.0, 1.0, 1.0, 4.0), (1.0, 1.0, 1.0, 4.0)), "a box without area, twice"),
    Case(((0.5, 1.0, 3.0, 2.5), (1.0, 0.5, 2.5, 4.0)), "two boxes that cross, with edges at halves"),
    Case(((0.125, 0.25, 0.375, 0.5), (0.25, 0.25, 0.5, 0.5)), "two boxes in fractions of the picture"),
    Case(((0.0, 0.0, 2e-3, 1e-3), (1e-3, 0.0, 3e-3, 1e-3)), "two very small boxes"),
    Case(((-3.0, -2.0, 1.0, 2.0), (-1.0, -4.0, 2.0, 0.0)), "two boxes with negative coordinates"),
]


def _iou(a, b, clip=(True, True), union=None, extra=0.0, product=False):
    w, h = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) + extra for k in (0, 1))
    w, h = (max(v, 0.0) if c else v for v, c in zip((w, h), clip, strict=True))
    common = max(w * h, 0.0) if product else w * h
    areas = [(box[2] - box[0] + extra) * (box[3] - box[1] + extra) for box in (a, b)]
    whole = areas[0] + areas[1] - common if union is None else union(*areas, common)
    return common / whole if whole else 0.0


def iou(answer):
    """16.1: ``answer(a, b)``: intersection over union of two boxes."""
    def of(**how):
        return lambda a, b: _iou(a, b, **how)

    def hull(a, b):
        w, h = (max(a[k + 2], b[k + 2]) - min(a[k], b[k]) for k in (0, 1))
        common = _iou(a, b, union=lambda p, q, c: 1.0)
        return common / (w * h) if w * h else 0.0

    def sized(a, b):
        return _iou(*((x, y, x + w, y + h) for x, y, w, h in (a, b)))

    both = "where boxes lie apart, width and height of the overlap are both negative, and their product is positive. Set each to 0 first."
    return check_function(
        "16.1", answer, lambda a, b: _iou(a, b), IOU_CASES,
        [Mistake(of(clip=(False, False)), both),
         Mistake(of(clip=(False, False), product=True), both),
         Mistake(of(clip=(True, False)), "the height of the overlap may be negative, too: set it to 0."),
         Mistake(of(clip=(False, True)), "the width of the overlap may be negative, too: set it to 0."),
         Mistake(lambda a, b: abs(_iou(a, b, clip=(False, False))), "a negative overlap is no overlap: take 0, not its size."),
         Mistake(of(union=lambda p, q, c: p + q), "the overlap is counted twice in the sum of the areas: take it away once."),
         Mistake(of(union=lambda p, q, c: p + q - 2 * c), "take the overlap away once, not twice: it belongs to the union."),
         Mistake(of(union=lambda p, q, c: p), "that divides by the first box. Divide by the union."),
         Mistake(of(union=lambda p, q, c: q), "that divides by the second box. Divide by the union."),
         Mistake(of(union=lambda p, q, c: min(p, q)), "that divides by the smaller box: a small box inside a large one would count as a perfect match."),
         Mistake(of(union=lambda p, q, c: max(p, q)), "that divides by the larger box. Divide by the union."),
         Mistake(of(union=lambda p, q, c: 1.0), "that is the overlap. Divide it by the union."),
         Mistake(lambda a, b: _iou(a, b, union=lambda p, q, c: (p + q) / 2),
                 "that is twice the overlap by the sum of the areas, another measure. Divide the overlap by the union."),
         Mistake(sized, "a box is (x1, y1, x2, y2): the last two numbers are its right and lower edge, not width and height."),
         Mistake(hull, "the union is not the box around both: corners that belong to neither do not count."),
         Mistake(of(extra=1.0), "edges lie between pixels here: the width is x2 − x1, without + 1.")],
        praise="overlap, each side set to 0 where negative, over both areas less the overlap.",
    )


def _boxes(*rows):
    return [tuple(float(v) for v in row) for row in rows]


CHAIN = _boxes((0, 0, 10, 4), (4, 0, 14, 4), (8, 0, 18, 4))  # each meets the next in 6 of 14, the ends in 2 of 18
PILE = _boxes((0, 0, 8, 8), (1, 0, 9, 8), (20, 0, 28, 8), (0, 1, 8, 9), (20, 2, 28, 10), (21, 1, 29, 9), (40, 0, 44, 4))
NMS_CASES = [
    Case((_boxes((0, 0, 4, 4), (0, 1, 4, 5)), [0.8, 0.9], [3, 3], 0.5), "two boxes of one class on one object"),
    Case((_boxes((0, 0, 4, 4), (0, 1, 4, 5)), [0.8, 0.9], [3, 5], 0.5), "two boxes of two classes"),
    Case((CHAIN, [0.7, 0.8, 0.9], [1, 1, 1], 0.3), "three boxes in a row, each on part of the next"),
    Case((_boxes((0, 0, 4, 4), (9, 0, 13, 4), (9, 1, 13, 5)), [0.9, 0.8, 0.7], [1, 1, 1], 0.5), "two objects of one class, one with two boxes"),
    Case((PILE, [0.3, 0.5, 0.6, 0.9, 0.95, 0.7, 0.2], [0, 0, 1, 0, 1, 2, 0], 0.4), "seven boxes of three classes"),
    Case((PILE[:4], [0.5, 0.5, 0.5, 0.5], [2, 2, 2, 2], 0.3), "four boxes with the same score"),
    Case((_boxes((0, 0, 4, 4), (0, 2, 4, 6)), [0.4, 0.6], [7, 7], 1 / 3), "two boxes whose IoU is the limit"),
    Case((_boxes((0, 0, 4, 4), (9, 0, 13, 4), (9, 1, 13, 5)), [0.0, 0.2, 0.0], [1, 1, 1], 0.5), "scores of 0"),
    Case(([], [], [], 0.5), "no box at all"),
]


def _nms(boxes, scores, labels, limit, across=False, order=None, gone=lambda v, limit: v > limit, chain=False, turned=False):
    order = sorted(range(len(boxes)), key=lambda i: -scores[i]) if order is None else order(scores)
    kept, seen = [], []
    for i in order:
        rivals = [j for j in (seen if chain else kept) if across or labels[j] == labels[i]]
        if not any(gone(_iou(boxes[i], boxes[j]), limit) for j in rivals):
            kept.append(i)
        seen.append(i)
    return sorted(kept) if turned else kept


def suppress(answer):
    """16.2: ``answer(boxes, scores, labels, limit)``: indices of the boxes that stay, best first."""
    def of(**how):
        return lambda *args: _nms(*args, **how)

    def falling(scores):
        return np.argsort(scores, kind="stable")[::-1].tolist()

    def fallen(boxes, scores, labels, limit):
        return [i for i in _nms(boxes, scores, labels, limit, order=lambda s: list(range(len(s))))]

    def best_of_class(boxes, scores, labels, limit):
        order = sorted(range(len(boxes)), key=lambda i: -scores[i])
        return [i for n, i in enumerate(order) if labels[i] not in [labels[j] for j in order[:n]]]

    def grouped(boxes, scores, labels, limit):
        kept = _nms(boxes, scores, labels, limit)
        return sorted(kept, key=lambda i: labels[i])

    def only_best(boxes, scores, labels, limit):
        order = sorted(range(len(boxes)), key=lambda i: -scores[i])
        best = [next(j for j in order if labels[j] == labels[i]) for i in order]
        return [i for i, b in zip(order, best, strict=True) if i == b or _iou(boxes[i], boxes[b]) <= limit]

    def mask(*args):
        return [int(i in _nms(*args)) for i in range(len(args[0]))]

    return check_function(
        "16.2", answer, lambda boxes, scores, labels, limit: _nms(boxes, scores, labels, limit), NMS_CASES,
        [Mistake(fallen, "the boxes are taken as they come. Start with the best: sort by score, highest first."),
         Mistake(of(across=True), "boxes of other classes are removed, too. Compare only boxes with the same label."),
         Mistake(of(across=True, order=lambda s: list(range(len(s)))), "two things: the best box must come first, and only boxes of the same class compete."),
         Mistake(of(order=lambda s: np.argsort(s, kind="stable").tolist()), "you begin with the lowest score. Highest first."),
         Mistake(of(order=falling), "of equal scores the first counts as the higher: a reversed sort turns them round."),
         Mistake(of(chain=True), "a box that is gone removes nobody: compare only with the boxes that stay."),
         Mistake(of(gone=lambda v, limit: v >= limit), "at the limit a box stays: it goes if the IoU is larger."),
         Mistake(of(gone=lambda v, limit: v < limit), "the wrong way round: a box goes if it shares much with a better one."),
         Mistake(of(gone=lambda v, limit: v > 0), "a little overlap is allowed: compare with the limit."),
         Mistake(of(gone=lambda v, limit: v > 0.5), "compare with `limit`, which is not always 0.5."),
         Mistake(of(turned=True), "the right boxes, in the order they came in. Give the best first."),
         Mistake(only_best, "only the best box of each class removes others. Each box that stays does."),
         Mistake(mask, "give the indices of the boxes that stay, not a 0 or a 1 for each box."),
         Mistake(best_of_class, "one box for each class: there may be several objects of a class."),
         Mistake(grouped, "the right boxes, class by class. Give the best of all classes first."),
         Mistake(lambda boxes, scores, labels, limit: sorted(range(len(boxes)), key=lambda i: -scores[i]), "nothing is removed."),
         Mistake(lambda *args: [args[1][i] for i in _nms(*args)], "give the indices of the boxes, not their scores."),
         Mistake(lambda *args: [args[0][i] for i in _nms(*args)], "give the indices of the boxes, not the boxes.")],
        praise="the best first, each class by itself, and only boxes that stay remove others.",
    )


AP_CASES = [
    Case((np.array([0.9, 0.8]), np.array([0, -1]), 2), "one right, one wrong, two objects"),
    Case((np.array([0.9, 0.8, 0.7]), np.array([-1, 1, 0]), 2), "a wrong one first"),
    Case((np.array([0.9, 0.8, 0.7, 0.6]), np.array([0, 0, 1, 1]), 2), "two boxes on each of two objects"),
    Case((np.array([0.2, 0.9, 0.5, 0.7, 0.4, 0.6]), np.array([3, 2, -1, 2, 0, -1]), 5), "six boxes, not in order"),
    Case((np.array([0.5, 0.6, 0.9]), np.array([1, -1, 1]), 2), "two boxes on one object, the better one last"),
    Case((np.array([0.3, 0.8, 0.6, 0.95, 0.5]), np.array([1, -1, 0, -1, 2]), 4), "precision that rises and falls"),
    Case((np.array([0.6, 0.7]), np.array([-1, -1]), 3), "only wrong ones"),
    Case((np.zeros(0), np.zeros(0, int), 4), "no box at all"),
]


def _ap(scores, partner, total, double="wrong", order=None, envelope="future", share=None):
    scores, partner = np.asarray(scores), np.asarray(partner)
    order = np.argsort(-scores, kind="stable") if order is None else order(scores)
    claimed, right = set(), []
    for p in partner[order].tolist():
        if p in claimed and double == "dropped":
            continue
        right.append(p >= 0 and (p not in claimed or double == "right"))
        claimed |= {p} - {-1}
    right = np.array(right, bool)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    if envelope == "future":
        precision = np.maximum.accumulate(precision[::-1])[::-1]
    elif envelope == "past":
        precision = np.maximum.accumulate(precision)
    whole = total if share is None else share(right, claimed, total)
    return float(precision[right].sum() / whole) if whole else 0.0


def average_precision(answer):
    """16.3: ``answer(scores, partner, total)``: average precision of one class."""
    def of(**how):
        return lambda *args: _ap(*args, **how)

    def trapezoid(scores, partner, total):
        order, claimed, right = np.argsort(-scores, kind="stable"), set(), []
        for p in partner[order].tolist():
            right.append(p >= 0 and p not in claimed)
            claimed.add(p)
        found = np.cumsum(right)
        recall, precision = np.r_[0, found / total], np.r_[1, found / np.arange(1, len(right) + 1)]
        return float(np.sum(np.diff(recall) * (precision[1:] + precision[:-1]) / 2))

    def unsorted(scores, partner, total):
        first = np.zeros(len(partner), bool)
        first[np.unique(partner, return_index=True)[1]] = True
        return _ap(scores, np.where(first, partner, -1), total)

    def last_claims(scores, partner, total):
        order = np.argsort(-scores, kind="stable")
        p = partner[order]
        new = [n for n in range(len(p)) if p[n] not in p[n + 1 :]]
        return _ap(scores[order], np.where(np.isin(np.arange(len(p)), new), p, -1), total)

    def none_is_zero(scores, partner, total):
        return _ap(scores, np.where(partner > 0, partner, -1), total)

    def claimed_nothing(scores, partner, total):
        return _ap(scores, partner + 1, total)  # so that the surest -1 counts as an object

    def last(scores, partner, total):
        hits = len(set(partner.tolist()) - {-1})
        return hits / len(scores) if len(scores) else 0.0

    return check_function(
        "16.3", answer, lambda scores, partner, total: _ap(scores, partner, total), AP_CASES,
        [Mistake(of(double="right"), "double matches: the second box on an object counts as wrong. The better one has claimed it."),
         Mistake(of(double="right", envelope="none"), "double matches: the second box on an object counts as wrong. (And take the best precision from there on.)"),
         Mistake(of(double="dropped"), "double matches are left out. The second box on an object stays in the list, as a wrong one."),
         Mistake(of(envelope="none"), "take, for each right box, the best precision from there on, not the precision at that place."),
         Mistake(of(envelope="past"), "the best precision at the same or a *higher* recall: look forward, not back."),
         Mistake(of(order=lambda s: np.arange(len(s))), "the boxes are taken as they come. Sort by score, highest first."),
         Mistake(of(order=lambda s: np.argsort(s, kind="stable")), "you begin with the lowest score. Highest first."),
         Mistake(of(share=lambda r, c, t: len(c)), "divide by all objects: those that nothing finds count as well."),
         Mistake(of(share=lambda r, c, t: len(r)), "divide by the number of objects, not of boxes."),
         Mistake(of(share=lambda r, c, t: 1.0), "that is the sum: each right box adds its precision times the step in recall, 1 / total."),
         Mistake(trapezoid, "no slanted lines: each right box adds a rectangle, the best precision from there on times 1 / total."),
         Mistake(unsorted, "an object belongs to the box with the highest score, not to the first in the list: sort before you claim."),
         Mistake(last_claims, "of several boxes on an object the *first* in order of score claims it; you let the last one."),
         Mistake(none_is_zero, "object 0 is an object like the others; only −1 means none."),
         Mistake(claimed_nothing, "−1 is no object: a box on nothing is wrong, the first one as well."),
         Mistake(last, "that is the precision of the whole list. Add up along the list."),
         Mistake(lambda s, p, t: len(set(p.tolist()) - {-1}) / t, "that is the recall of the whole list. Weigh each step by precision.")],
        praise="a second box on an object is wrong, and objects that nothing finds count.",
    )


COUNT_CASES = [
    Case((3, 2, 1), "3 pixels, kernel 2, stride 1"), Case((3, 3, 2), "3 pixels, kernel 3, stride 2"),
    Case((4, 4, 2), "4 pixels, kernel 4, stride 2"), Case((3, 2, 4), "kernel 2, stride 4, with gaps"),
    Case((5, 5, 3), "5 pixels, kernel 5, stride 3"), Case((1, 4, 3), "a single pixel"), Case((6, 6, 4), "6 pixels, kernel 6, stride 4"),
]


def _counts(n, kernel, stride, size=None, first=0, once=False, value=lambda i, j: 1):
    size = (n - 1) * stride + kernel if size is None else size(n, kernel, stride)
    times = [0] * max(size, 0)
    for i in range(first, n):
        for j in range(kernel):
            if i * stride + j < len(times):
                times[i * stride + j] += value(i, j)
    return [min(t, 1) for t in times] if once else times


def counts(answer):
    """16.4: ``answer(n, kernel, stride)``: how many strokes of a transposed convolution fall on each output pixel."""
    def of(**how):
        return lambda n, kernel, stride: _counts(n, kernel, stride, **how)

    def inner(n, kernel, stride):
        """What the middle would have, everywhere."""
        return [len(range(k % stride, kernel, stride)) for k in range((n - 1) * stride + kernel)]

    return check_function(
        "16.4", answer, lambda n, kernel, stride: _counts(n, kernel, stride), COUNT_CASES,
        [Mistake(of(size=lambda n, k, s: n * s), "the list is too short or too long: it has n − 1 steps and one whole kernel."),
         Mistake(of(size=lambda n, k, s: n * s + k), "there are n − 1 steps between n pixels: the list is one stride too long."),
         Mistake(of(size=lambda n, k, s: (n - 1) * s + k - 1), "one too short: the last stroke has as many pixels as the kernel."),
         Mistake(of(size=lambda n, k, s: (n - 1) * s + 1), "the last pixel paints a whole kernel, too."),
         Mistake(of(once=True), "where strokes overlap, count each of them."),
         Mistake(of(first=1), "the first input pixel paints as well."),
         Mistake(lambda n, kernel, stride: _counts(n - 1, kernel, stride), "the last input pixel paints as well."),
         Mistake(of(value=lambda i, j: i + 1), "count the strokes: each adds 1, not the number of its pixel."),
         Mistake(of(value=lambda i, j: j + 1), "count the strokes: each adds 1, whatever its weight."),
         Mistake(lambda n, kernel, stride: _counts(n, stride, kernel), "kernel and stride are exchanged: a stroke is as long as the kernel and moves on by the stride."),
         Mistake(lambda n, kernel, stride: _counts(n, kernel, 1), "the stride is left out: each stroke begins `stride` pixels after the one before."),
         Mistake(lambda n, kernel, stride: _counts(n, min(kernel, stride), stride), "strokes do not end where the next one begins: they overlap."),
         Mistake(inner, "right in the middle. At the ends fewer strokes arrive."),
         Mistake(lambda n, kernel, stride: sum(_counts(n, kernel, stride)), "give the list, not its sum."),
         Mistake(lambda n, kernel, stride: max(_counts(n, kernel, stride)), "give the list, not its largest number."),
         Mistake(lambda n, kernel, stride: len(_counts(n, kernel, stride)), "that is how many output pixels there are. Give the count for each of them.")],
        praise="each input pixel adds 1 to every pixel of its stroke.",
    )


def same_ap(answer):
    """16.5: what leaves AP as it is."""
    return check_letters(
        "16.5", answer, "abf", "abcdef",
        {"a": "think of (a) again: which of the numbers in AP does the size of a score enter, and which only its rank?",
         "b": "think of (b) again: does what comes after the last right box enter the sum?",
         "c": "not c: the copies are second boxes on objects that are claimed, and stand between the right ones.",
         "d": "not d: right boxes that are dropped take their step in recall with them.",
         "e": "not e: AP puts the boxes of all pictures into one order, and that order changes.",
         "f": "think of (f) again: what happens to an IoU when both boxes move alike?"},
        [Mistake("cde", "the other way round: these can change it."),
         Mistake("abef", "not e: the order within each picture stays, but AP puts the boxes of all pictures into one list."),
         Mistake("abdf", "not d: what is dropped can be right, and is then an object that nothing finds.")],
        praise="AP knows the order of the scores, and nothing that comes after the last right box.",
    )


def diagnosis(answer):
    """16.6: read a table of pixels."""
    return check_letters(
        "16.6", answer, "ace", "abcdef",
        {"a": "(a): add the diagonal, divide by all pixels.",
         "b": "not b: the IoU of spoon is 0, and the mean has only four numbers.",
         "c": "look at the row of the spoons again: in which column do they stand?",
         "d": "not d: look at the row of the spoons. How many of them are in the first column?",
         "e": "(e): 235 of 250 forks.",
         "f": "not f: the union of fork holds all that is *called* fork, the spoons as well."},
        [Mistake("bdf", "the other way round."),
         Mistake("ac", "add (e): 235 of the 250 pixels of forks are called fork."),
         Mistake("acef", "not f: 397 pixels are called fork, 250 are. All that are called fork stand in the union.")],
        praise="the accuracy is made by the background; the lost class shows in its row, and in its neighbour's IoU.",
    )


WINDOW_CASES = [
    Case((2, 3, 2, [], 0.5), "a picture of 2 × 3 pixels without objects"),
    Case((3, 5, 2, [(0.0, 0.0, 2.0, 2.0)], 0.3), "3 × 5 pixels with one object"),
    Case((4, 5, 2, [(1.0, 1.0, 3.0, 3.0)], 1 / 3), "windows whose IoU with the object is the limit"),
    Case((4, 7, 3, [(0.0, 0.0, 3.0, 3.0), (4.0, 1.0, 7.0, 4.0)], 0.5), "4 × 7 pixels with two objects"),
    Case((6, 4, 3, [(1.0, 2.0, 3.0, 5.0), (0.0, 0.0, 4.0, 2.0)], 0.4), "a picture that is higher than wide"),
    Case((3, 3, 3, [(0.0, 0.0, 3.0, 3.0)], 0.5), "a window as large as the picture, on an object"),
    Case((2, 5, 3, [], 0.5), "a window that is higher than the picture"),
    Case((4, 5, 2, [(0.0, 0.0, 2.0, 2.0)], 0.2), "4 × 5 pixels with a low limit"),
]


def _windows(height, width, side, truth, limit, reach=(1, 1), stays=lambda v, limit: v < limit, of=all, axes="yx", box="xyxy", seen=None):
    """With ``seen`` another form of the window is compared with the objects, as well as given."""
    rows, columns = (range(n - side + r) for n, r in zip((height, width), reach, strict=True))
    corners = [(x, y) for y in rows for x in columns] if axes == "yx" else [(x, y) for x in columns for y in rows]
    forms = {"xyxy": lambda x, y: (x, y, x + side, y + side), "xywh": lambda x, y: (x, y, side, side),
             "yxyx": lambda x, y: (y, x, y + side, x + side), "xy": lambda x, y: (x, y),
             "inner": lambda x, y: (x, y, x + side - 1, y + side - 1)}
    return [forms[seen or box](x, y) for x, y in corners
            if of(stays(_iou(forms[seen or "xyxy"](x, y), t), limit) for t in truth)]


def windows(answer):
    """16.7: ``answer(height, width, side, truth, limit)``: the windows that share little with every object."""
    def of(**how):
        return lambda *args: _windows(*args, **how)

    def exchanged(height, width, side, truth, limit):
        return _windows(width, height, side, truth, limit)

    def summed(height, width, side, truth, limit):
        free = _windows(height, width, side, [], limit)
        return [w for w in free if sum(_iou(w, t) for t in truth) < limit]

    def apart(height, width, side, truth, limit):
        return [w for w in _windows(height, width, side, [], limit) if all(_iou(w, t) == 0 for t in truth)]

    def averaged(height, width, side, truth, limit):
        return [w for w in _windows(height, width, side, [], limit)
                if not truth or sum(_iou(w, t) for t in truth) / len(truth) < limit]

    def one_far(height, width, side, truth, limit):
        return _windows(height, width, side, truth, limit, of=any) if truth else _windows(height, width, side, [], limit)

    def stepping(height, width, side, truth, limit):
        free = _windows(height, width, side, truth, limit)
        return [w for w in free if w[0] % side == 0 and w[1] % side == 0]

    def over(height, width, side, truth, limit):
        """Windows that begin at any pixel, and reach out."""
        return _windows(height + side - 1, width + side - 1, side, truth, limit)

    def shared(height, width, side, truth, limit):
        """The overlap by the window's area."""
        return [w for w in _windows(height, width, side, [], limit)
                if all(_iou(w, t, union=lambda p, q, c: p) < limit for t in truth)]

    return check_function(
        "16.7", answer, lambda height, width, side, truth, limit: _windows(height, width, side, truth, limit), WINDOW_CASES,
        [Mistake(of(reach=(0, 0)), "the last row and the last column of windows are missing: a window has n − side + 1 places along n pixels."),
         Mistake(of(reach=(0, 1)), "the last row of windows is missing: there are height − side + 1 rows."),
         Mistake(of(reach=(1, 0)), "the last column of windows is missing: there are width − side + 1 columns."),
         Mistake(over, "windows that reach out of the picture do not count."),
         Mistake(exchanged, "height and width are exchanged: x runs along the width."),
         Mistake(of(stays=lambda v, limit: v <= limit), "a window whose IoU is the limit does not count: less than the limit is asked for."),
         Mistake(of(stays=lambda v, limit: v >= limit), "the wrong way round: these windows show an object."),
         Mistake(lambda *args: [w for w in _windows(*args[:3], [], 0) if w not in _windows(*args)], "the wrong way round: these windows show an object."),
         Mistake(of(of=any), "it is not enough that one object is far: the IoU with *every* object must be less than the limit."),
         Mistake(one_far, "it is not enough that one object is far: the IoU with *every* object must be less than the limit."),
         Mistake(lambda *args: _windows(*args[:3], args[3][:1], args[4]), "only the first object is looked at. Compare with all of them."),
         Mistake(lambda *args: _windows(*args[:3], args[3][-1:], args[4]), "only the last object is looked at. Compare with all of them."),
         Mistake(lambda *args: _windows(*args[:3], [], args[4]), "all windows, those on objects as well."),
         Mistake(summed, "compare each object's IoU with the limit, not their sum."),
         Mistake(averaged, "compare each object's IoU with the limit, not their mean."),
         *(Mistake(lambda *args, fixed=fixed: _windows(*args[:4], fixed), f"compare with `limit`, which is not always {fixed}.") for fixed in (0.5, 0.3)),
         Mistake(apart, "a little overlap is allowed: compare the IoU with the limit, not with 0."),
         Mistake(shared, "that divides the overlap by the window. The IoU divides by the union."),
         Mistake(stepping, "windows stand at every pixel, not side by side."),
         Mistake(of(axes="xy"), "the right windows, column by column. Go row by row: x changes first."),
         Mistake(of(box="xywh"), "give a window as (x1, y1, x2, y2): right and lower edge, not width and height."),
         Mistake(of(seen="xywh"), "a window is (x1, y1, x2, y2): right and lower edge, not width and height."),
         Mistake(of(box="inner"), "edges lie between pixels: the right edge is x + side, without − 1."),
         Mistake(of(seen="inner"), "edges lie between pixels: the right edge is x + side, without − 1."),
         Mistake(of(box="yxyx"), "x comes first in a box: (x1, y1, x2, y2)."),
         Mistake(of(seen="yxyx"), "x comes first in a box: (x1, y1, x2, y2)."),
         Mistake(of(box="xy"), "give the four numbers of each window, not its corner alone."),
         Mistake(lambda *args: len(_windows(*args)), "give the windows, not how many there are.")],
        praise="every place in the picture, and every object.",
    )
