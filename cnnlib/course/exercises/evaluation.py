"""Checkers of chapter 7: training, prediction, evaluation."""

import numpy as np

from cnnlib.course.exercises._answers import describe, numbers
from cnnlib.course.exercises._checker import (
    Case,
    Mistake,
    _attempt,
    check_function,
    check_letters,
    check_value,
    judge_function,
)
from cnnlib.course.exercises._run import JUNK
from cnnlib.course.exercises._slips import descent, gaps
from cnnlib.metrics import confusion_matrix

_RNG = np.random.default_rng(7)
MANY = _RNG.integers(0, 4, 60), _RNG.integers(0, 4, 60)
CONFUSION_CASES = [
    Case((np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 1, 0]), 3), "six answers"),
    Case((np.array([2]), np.array([0]), 3), "a single answer"),
    Case((*MANY, 5), "60 answers, one class unused"),
    Case((np.ones(400, dtype=int), np.zeros(400, dtype=int), 2), "the same answer 400 times"),
]
MATRIX_CASES = [
    Case((np.array([[5, 1], [2, 8]]),), "two classes"),
    Case((confusion_matrix(*MANY, 4),), "four classes"),
    Case((np.array([[3, 0], [1, 0]]),), "a class that is never the answer"),
    Case((np.array([[3, 2], [0, 0]]),), "a class that is never the truth"),
    Case((np.array([[1, 0, 0], [0, 4, 1], [0, 0, 1]]),), "two classes that are the answer, or the truth, once"),
    Case((np.array([[0, 2, 0], [1, 4, 0], [0, 0, 0]]),), "a class that never occurs, and one never right"),
]
SPLIT_CASES = [
    Case((100, 0.2, np.random.default_rng(0)), "n = 100 and share = 0.2"),
    Case((100, 0.2, np.random.default_rng(1)), "n = 100 and share = 0.2, with another generator"),
    Case((50, 0.3, np.random.default_rng(2)), "n = 50 and share = 0.3"),
    Case((23, 0.25, np.random.default_rng(3)), "n = 23 and share = 0.25"),
    Case((3, 0.2, np.random.default_rng(4)), "n = 3 and share = 0.2"),
    Case((4, 0.1, np.random.default_rng(5)), "n = 4 and share = 0.1"),
    *(Case((5, 0.4, np.random.default_rng(seed)), "n = 5 and share = 0.4") for seed in range(40)),
]
PIXELS = _RNG.integers(0, 200, (9, 3, 2)).astype(np.uint8)
TWIN_CASES = [
    Case((np.array([[[0.0, 0.0]], [[3.0, 4.0]], [[9.0, 0.0]]]), np.array([[[3.0, 3.6]], [[6.0, 8.0]]]), 0.5),
         "two images of two pixels"),
    Case((np.array([[[0.0, 0.0]], [[9.0, 9.0]]]), np.array([[[3.0, 4.0]], [[0.0, 4.0]], [[9.0, 9.0]]]), 5.0),
         "an image exactly as far as asked"),
    Case((PIXELS, np.concatenate([PIXELS[4:6] + np.uint8(1), PIXELS[:1] + np.uint8(16), PIXELS[:2]]), 3.0),
         "images of 3 × 2 pixels, of the type uint8"),
    Case((np.array([[[1.0, 1.0]], [[1.0, 1.1]]]), np.array([[[5.0, 5.0]], [[7.0, 5.0]], [[1.0, 1.0]]]), 1.0), "an image with two twins"),
    Case((np.ones((2, 2, 2)), np.zeros((3, 2, 2)), 1.5), "images without twins"),
    Case((np.array([[[0.0]], [[4.0]]]), np.array([[[1.0]]]), 2.5), "images of one pixel"),
    Case((np.array([[[5, 0], [0, 0]], [[0, 30], [30, 30]]], np.uint8), np.array([[[3, 0], [0, 0]], [[255, 52], [35, 32]]], np.uint8), 3.0),
         "images of the type uint8, one darker than its twin, one far from all"),
    Case((np.zeros((1, 2, 2)), np.array([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]]), 1.2), "images of 2 × 2 pixels"),
]
X, TARGET = _RNG.normal(size=(7, 2)), np.array([0, 2, 1, 1, 0, 2, 1])
W, B = _RNG.normal(size=(3, 2)), np.array([0.1, 0.0, -0.2])
ORDERS = np.array([[3, 0, 6, 2, 5, 1, 4], [1, 6, 4, 0, 2, 3, 5], [6, 5, 0, 3, 1, 4, 2]])
LOOP_CASES = [
    Case((X[:2], TARGET[:2], W, B, 0.5, np.array([[1, 0]]), 2), "two samples and one step"),
    Case((X, TARGET, W, B, 0.5, ORDERS, 3), "7 samples in threes, three epochs"),
    Case((X[:4], TARGET[:4], W, B, 0.1, np.array([[2, 0, 3, 1], [0, 1, 2, 3]]), 1), "4 samples one by one"),
    Case((X[:3], TARGET[:3], W, B, 2.0, np.array([[2, 0, 1]] * 2), 8), "3 samples in batches of 8"),
    Case((X[:3], TARGET[:3], W, B + 1000, 0.5, np.array([[2, 0, 1]] * 2), 2), "scores near 1,000, where exp overflows"),
]
HONESTY_CASES = [
    Case((np.array([0.9, 0.9, 0.6, 0.7]), np.array([True, False, True, True]), 2), "four answers and two bins"),
    Case((np.array([0.5, 0.5, 0.8]), np.array([True, True, False]), 2), "answers on an edge"),
    Case((np.array([0.95, 0.85, 0.35, 1.0, 0.25, 0.32]), np.array([1, 0, 0, 1, 1, 0]) > 0, 10), "six answers and ten bins"),
    Case((_RNG.uniform(0.2, 1, 50), _RNG.random(50) < 0.7, 5), "50 answers and five bins"),
    Case((np.array([0.7]), np.array([True]), 3), "one answer"),
    Case((np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 1), "a single bin"),
]


def four_numbers(answer):
    """7.1a: accuracy, precision, recall and F1 for 27 hits, 18 false alarms, 9 misses, 186 quiet."""
    acc, f1 = 213 / 240, 54 / 81
    return check_value(
        "7.1a", answer, (acc, 0.6, 0.75, f1),
        [Mistake((acc, 0.75, 0.6, f1), "precision and recall are exchanged. Precision is about what was called positive."),
         Mistake((100 * acc, 60, 75, 100 * f1), "this is percent. Give numbers between 0 and 1."),
         Mistake((27 / 240, 0.6, 0.75, f1), "the quiet 186 are right answers too: accuracy counts them."),
         Mistake((27 / 54, 0.6, 0.75, f1), "accuracy is the share of all 240 answers that are right, quiet ones included."),
         Mistake((186 / 240, 0.6, 0.75, f1), "the 27 hits are right answers too: accuracy counts them."),
         Mistake((acc, 0.6, 0.75, 0.675), "F1 is the harmonic mean, 2PR/(P + R)."),
         Mistake((acc, 0.6, 0.75, f1 / 2), "F1 is 2PR/(P + R): the 2 is missing."),
         Mistake((acc, 0.6, 0.75, 0.45), "F1 is 2PR/(P + R), not the product."),
         Mistake((acc, 0.5, 0.75, 0.6), "precision divides by all that were called positive: hits and false alarms."),
         Mistake((acc, 0.6, 27 / 240, 2 * 0.6 * (27 / 240) / (0.6 + 27 / 240)),
                 "recall divides by all that are positive, hits and misses, not by all answers."),
         Mistake((acc, 0.6, 0.5, f1), "recall divides by all that are positive: hits and misses."),
         Mistake((acc, 0.6, 0.25, f1), "this recall is the share of misses. Recall is the share of positives that were found.")],
        tol=3e-3, praise="89 % accuracy, and a quarter of the positives missed.", digits=2,
    )


def confusion(answer):
    """7.2a: the confusion matrix: ``answer(truth, said, classes)``, rows are the truth."""
    def overwritten(t, s, c):
        m = np.zeros((c, c))
        m[t, s] += 1
        return m

    def rates(axis):
        def wrong(t, s, c):
            m = confusion_matrix(t, s, c)
            return m / np.maximum(m.sum(axis=axis, keepdims=True), 1)
        return wrong

    def wrong_only(t, s, c):
        m = confusion_matrix(t, s, c)
        return m - np.diag(np.diag(m))

    return check_function(
        "7.2a", answer, lambda truth, said, classes: confusion_matrix(truth, said, classes), CONFUSION_CASES,
        [Mistake(lambda t, s, c: confusion_matrix(s, t, c), "transposed: the truth goes down the rows."),
         Mistake(overwritten, "repeated pairs count once. In a loop write += where you write =; on whole arrays m[t, s] += 1 "
                              "reaches a cell once, however often it is named: np.add.at(m, (t, s), 1) adds every time."),
         *(Mistake(lambda t, s, c, dtype=dtype: confusion_matrix(t, s, c).astype(dtype),
                   "right for small counts, but large ones overflow: int8 ends at 127, uint8 at 255. Count in int64, as numpy does by itself.")
           for dtype in (np.int8, np.uint8)),
         Mistake(lambda t, s, c: confusion_matrix(t, s, c) / len(t), "counts are asked for, not shares."),
         Mistake(rates(1), "counts are asked for, not shares of each row."),
         Mistake(rates(0), "counts are asked for, not shares of each column."),
         Mistake(lambda t, s, c: confusion_matrix(t, s, max(t.max(), s.max()) + 1), "a class that never occurs has its row and column, too: use classes."),
         Mistake(lambda t, s, c: confusion_matrix(t, s, c)[::-1], "class 0 comes first: the rows are upside down."),
         Mistake(wrong_only, "you count the wrong answers only. The right ones stand on the diagonal."),
         Mistake(lambda t, s, c: np.diag(np.diag(confusion_matrix(t, s, c))), "you count the right answers only."),
         Mistake(lambda t, s, c: np.bincount(t * c + s, minlength=c * c), "the counts are right, in one row. Give them a row for each class.")],
        praise="every answer lands in one cell.",
    )


def per_class(answer):
    """7.2b: precision and recall of every class from a confusion matrix; 0 where nothing can be said."""
    def ratio(a, b, nothing=0.0):
        return np.divide(a, b, out=np.full(len(a), nothing), where=b > 0)

    def rates(m, precision=0.0, recall=0.0):
        hits = np.diag(m).astype(float)
        return ratio(hits, m.sum(axis=0), precision), ratio(hits, m.sum(axis=1), recall)

    unset = ("np.divide(…, where=…) leaves the other places unset: whatever was in memory stays there. Give it out=np.zeros(…), "
             "or begin with zeros instead of np.empty.")
    zero = "0 / 0 is nan. Where you would divide by 0, put 0: look at "
    return check_function(
        "7.2b", answer, lambda matrix: rates(matrix), MATRIX_CASES,
        [Mistake(lambda m: rates(m)[::-1], "exchanged: columns hold what was said, so precision divides by column sums."),
         Mistake(lambda m: (np.diag(m) / m.sum(),) * 2, "these are shares of all answers. Divide by the column's sum, and by the row's."),
         Mistake(lambda m: (np.diag(m) / max(np.trace(m), 1),) * 2, "these are shares of the right answers. Divide by the column's sum, and by the row's."),
         Mistake(lambda m: tuple(part.mean() for part in rates(m)), "one number for each class, not their mean."),
         Mistake(lambda m: (np.trace(m) / m.sum(),) * 2, "this is accuracy, twice. Each class has a precision and a recall of its own."),
         Mistake(lambda m: rates(m, np.nan, np.nan), zero + "the columns and the rows that are empty."),
         Mistake(lambda m: rates(m, np.nan), zero + "the classes that are never the answer."),
         Mistake(lambda m: rates(m, 0.0, np.nan), zero + "the classes that are never the truth."),
         Mistake(lambda m: rates(m, JUNK, JUNK), unset), Mistake(lambda m: rates(m, JUNK), unset), Mistake(lambda m: rates(m, 0.0, JUNK), unset),
         Mistake(lambda m: rates(m, 1.0, 1.0), "where nothing can be said put 0, not 1."),
         Mistake(lambda m: tuple(100 * part for part in rates(m)), "this is percent. Shares between 0 and 1 are asked for."),
         Mistake(lambda m: np.stack(rates(m), axis=1), "a pair for each class; two arrays are asked for: all precisions, then all recalls."),
         Mistake(lambda m: (rates(m)[0],) * 2, "precision is right. Recall divides by row sums."),
         Mistake(lambda m: (rates(m)[1],) * 2, "recall is right. Precision divides by column sums."),
         Mistake(lambda m: rates(m)[0], "precision is right. Return recall too."),
         Mistake(lambda m: tuple(1 - part for part in rates(m)), "these are the shares of mistakes. Precision and recall count what is right.")],
        praise="columns for precision, rows for recall.",
    )


def split(answer):
    """7.3a: ``answer(n, share, rng)`` returns shuffled indices for training and validation."""
    def reference(n, share, rng):
        order = rng.permutation(n)
        return order[round(n * share):], order[:round(n * share)]

    def judge(values):
        for value, case in zip(values, SPLIT_CASES, strict=True):
            hint = _parts(value, *case.args[:2])
            if hint:
                return f"on {case.about}, {hint}"
        chosen = [np.sort(numbers(list(value)[1])) for value in values]
        for part in chosen[:3]:
            steps = np.unique(np.diff(part))
            if len(steps) == 1:
                where = "a block" if steps[0] == 1 else f"every {int(steps[0])}th sample"
                return f"not shuffled: validation is {where}. Files are often sorted by class or by writer."
        if np.array_equal(chosen[0], chosen[1]):
            return "two generators give the same split. Draw from rng."
        return _kinds(answer) or _reach(chosen[-40:])

    return judge_function("7.3a", answer, reference, SPLIT_CASES, judge, praise="disjoint, complete and shuffled.")


def _kinds(answer):
    """A hint where the indices that come back are not integers: judges see them as floats, whatever they are."""
    parts = _attempt(lambda *args: [np.asarray(getattr(part, "detach", lambda part=part: part)()) for part in answer(*args)], SPLIT_CASES[0])
    strange = [] if isinstance(parts, Exception) else [part.dtype for part in parts if part.dtype.kind not in "iu"]
    if not strange:
        return ""
    return f"the indices are of the type {strange[0]}, and x[1.0] is an error: they must be integers."


def _reach(parts):
    """A hint where a sample is never, or always, in one of many validation parts."""
    often = np.bincount(np.concatenate(parts).astype(int), minlength=5)
    for i in np.flatnonzero((often == 0) | (often == len(parts))):
        return (f"not shuffled: of n = {len(often)} samples, number {i} is {'always' if often[i] else 'never'} in the validation part, "
                f"whatever rng draws in {len(parts)} calls.")
    return ""


def _parts(value, n, share):
    """A hint where two parts do not share 0 … n − 1 as asked, or an empty text."""
    parts = list(value) if isinstance(value, (list, np.ndarray)) else []
    arrays = [numbers(part) for part in parts]
    if len(parts) != 2 or any(a is None or a.ndim != 1 for a in arrays):
        return f"two arrays of indices are expected, you give {describe(value)}."
    train, validation = arrays
    together = np.sort(np.concatenate(arrays))
    if len(train) == len(validation) == n:
        return "two masks are no indices. np.flatnonzero would turn them."
    if np.array_equal(together, np.arange(1, n + 1)):
        return "indices run from 0 to n − 1."
    if np.intersect1d(train, validation).size:
        return "some samples are in both parts. Then validation measures memory."
    if not np.array_equal(together, np.arange(n)):
        return "some samples are in neither part, or are used twice. Cut one permutation of 0 … n − 1."
    if abs(len(validation) - n * share) < 1 - 1e-9:
        return ""
    if len(validation) == n:
        return "validation gets everything, where it may be empty: o[-0:] is all of o."
    if abs(len(train) - n * share) < 1 - 1e-9:
        return "the parts are exchanged: training comes first, and the share is the validation set's."
    return f"validation should get a share of {share}, it gets {len(validation)} of {n}."


def twins(answer):
    """7.3b: ``answer(train, validation, distance)``: indices of the validation images that have a twin in training."""
    def reference(train, validation, distance):
        return np.flatnonzero(gaps(train, validation).min(axis=1) < distance)

    def wrapped(train, validation, distance):
        a, b = train.reshape(len(train), -1), validation.reshape(len(validation), -1)
        return np.flatnonzero(np.sqrt(((b[:, None] - a[None]) ** 2).sum(axis=2).astype(float)).min(axis=1) < distance)

    def half_wrapped(train, validation, distance):
        apart = (validation[:, None] - train[None]).astype(float)
        return np.flatnonzero(np.sqrt((apart**2).sum(axis=(2, 3))).min(axis=1) < distance)

    def short(train, validation, distance):
        small = [v.astype(np.int16) if v.dtype == np.uint8 else v for v in (validation, train)]
        squares = ((small[0][:, None] - small[1][None]) ** 2).sum(axis=(2, 3))
        return np.flatnonzero(np.sqrt(squares.astype(float)).min(axis=1) < distance)

    def spectral(train, validation, distance):
        apart = np.linalg.norm(validation[:, None] * 1.0 - train[None], 2, axis=(2, 3))
        return np.flatnonzero(apart.min(axis=1) < distance)

    def in_turn(train, validation, distance):
        n = min(len(train), len(validation))
        return np.flatnonzero([gaps(train[i:i + 1], validation[i:i + 1])[0, 0] < distance for i in range(n)])

    def averaged(train, validation, distance):
        return np.flatnonzero(gaps(train, validation).min(axis=1) / np.sqrt(train[0].size) < distance)

    return check_function(
        "7.3b", answer, reference, TWIN_CASES,
        [Mistake(lambda t, v, d: np.flatnonzero(gaps(t, v).min(axis=1) ** 2 < d), "that compares the squared distance. Take the root."),
         Mistake(averaged, "the squares are added up over the pixels, not averaged."),
         Mistake(lambda t, v, d: np.flatnonzero(gaps(t, v, 1).min(axis=1) < d),
                 "distance is the root of the sum of squares, not the sum of absolute differences."),
         Mistake(wrapped, "right for floats, but images are often uint8, where 3 − 5 is 254: make floats of them first."),
         Mistake(half_wrapped, "right for floats, but images are often uint8, where 3 − 5 is 254: make floats of them before the difference, not after."),
         Mistake(short, "the square of a difference of 255 does not fit into int16: make floats of the images first."),
         Mistake(spectral, "np.linalg.norm(…, 2) of a matrix is its largest stretch, not the root of the sum of squares. Leave out the 2."),
         Mistake(in_turn, "each validation image is to be compared with every training image, not only with the one of the same number."),
         Mistake(lambda t, v, d: np.flatnonzero(gaps(t, v).min(axis=0) < d), "these number the training images. The suspects are in validation."),
         Mistake(lambda t, v, d: np.flatnonzero(gaps(t, v).min(axis=1) <= d), "closer than means <, not ≤."),
         Mistake(lambda t, v, d: np.flatnonzero(gaps(t, v).min(axis=1) == 0), "only identical images are found. A twin may differ a little: use distance."),
         Mistake(lambda t, v, d: np.flatnonzero(gaps(t, v).max(axis=1) < d), "one twin is enough: the nearest counts, not the farthest."),
         Mistake(lambda t, v, d: np.flatnonzero(gaps(t, v).mean(axis=1) < d), "one twin is enough: the nearest counts, not the mean."),
         Mistake(lambda t, v, d: gaps(t, v).min(axis=1) < d, "that is a mask. np.flatnonzero turns it into indices."),
         Mistake(lambda t, v, d: np.argwhere(gaps(t, v) < d)[:, 0], "an image with two twins is named twice. Once is enough."),
         Mistake(lambda t, v, d: gaps(t, v).min(axis=1), "these are the distances. Which images are closer than asked?"),
         Mistake(lambda t, v, d: (gaps(t, v).min(axis=1) < d).sum(), "that is how many. Their indices are asked for."),
         Mistake(lambda t, v, d: np.flatnonzero(gaps(t, v).min(axis=1) >= d), "these are the ones without a twin.")],
        praise="what has a twin in training does not measure learning.",
    )


def loop(answer):
    """7.4: a training loop for softmax neurons; returns ``w``, ``b`` and the mean loss of every epoch."""
    def slip(**options):
        return lambda x, target, w, b, lr, orders, batch_size: descent(x, target, w, b, lr, orders, batch_size, **options)

    def part(k):
        return lambda *args: descent(*args)[k]

    def same_order(x, target, w, b, lr, orders, batch_size):
        return descent(x, target, w, b, lr, [np.arange(len(x))] * len(orders), batch_size)

    def once(x, target, w, b, lr, orders, batch_size):
        return descent(x, target, w, b, lr, orders[:1], batch_size)

    return check_function(
        "7.4", answer, slip(), LOOP_CASES,
        [Mistake(slip(mean=False), "the gradient of a batch is the mean over its samples: divide by their number."),
         Mistake(slip(sign=1), "uphill: the step goes against the gradient."),
         Mistake(slip(keep=True), "gradients of earlier batches are still in the sum. Begin every batch at zero."),
         Mistake(slip(drop=True), "the last batch may be smaller, but it counts too."),
         Mistake(slip(by_batch=True), "w and b are right. In the epoch's mean loss every sample counts the same: weight a batch's loss by its size."),
         Mistake(slip(paired=False), "images are shuffled and targets are not: take both by the same indices."),
         Mistake(slip(late=True), "one step for every batch, not one for every epoch."),
         Mistake(slip(after=True), "w and b are right. The loss of a batch is measured before its step, on the way."),
         Mistake(slip(onehot=False), "the gradient is p minus 1 at the target, and p elsewhere."),
         Mistake(slip(bias=False), "the biases are never moved."),
         Mistake(slip(softmax=lambda z, dim: np.exp(z) / np.exp(z).sum(axis=dim, keepdims=True)),
                 "right for small scores, but exp overflows at 1,000: use the chapter's softmax, or take the row's maximum away first."),
         Mistake(same_order, "the samples are taken as they come. Each epoch has its own order, in orders."),
         Mistake(once, "that is one epoch. Go through all orders."),
         Mistake(lambda *args: descent(*args)[:2], "w and b are right. Return the list of losses too."),
         Mistake(part(0), "w is right. Return b and the list of losses too."),
         Mistake(part(2), "the losses are right. Return w and b too, before them.")],
        praise="shuffle, forward, loss, backward, step: that is all that training is.",
    )


def margin(answer):
    """7.1b: the margin of 380 right of 400, and how many digits a margin of one point takes."""
    p, z = 0.95, 1.96
    half, n = z * np.sqrt(p * (1 - p) / 400), 1825.0
    return check_value(
        "7.1b", answer, (half, n),
        [Mistake((100 * half, n), "the margin is a share here: 0.01 is one point."),
         Mistake((half / z, 475), "that is the spread. The margin is 1.96 of them."),
         Mistake((half, 475), "the margin is right. For the number of digits solve the same formula, 1.96 included."),
         Mistake((2 * half / z, 1900), "with 2 in place of 1.96, near enough for life: here use 1.96."),
         Mistake((half, 855), "a margin half as wide needs four times the digits, not twice: n is under the root."),
         Mistake((z * p * (1 - p) / 400, n), "the root is missing."),
         Mistake((z * np.sqrt(p * (1 - p)), n), "divide by the number of digits, under the root."),
         Mistake((z * np.sqrt(p / 400), n), "under the root stands p (1 − p) / n."),
         Mistake((z * np.sqrt(0.25 / 400), 9604), "that takes p = 1/2, the widest case. Here p = 0.95.")],
        praise="a point of margin takes 1,825 digits; half a point would take four times as many.", digits=2, tol=1e-2,
    )


def luck(answer):
    """7.6a: the best of 200 guessers on 100 questions, on new questions, and on 10,000 questions."""
    return check_letters(
        "7.6a", answer, "cab", "abcd",
        {0: "First: the spread of one score is √(0.5 · 0.5 / 100) = 5 points. Of 200 scores the highest lies almost three spreads up.",
         1: "Second: new questions know nothing of the choice. What does a guesser get right?",
         2: "Third: a hundred times the questions, a tenth of the spread: 0.5 points. Of 200 scores the highest lies almost three spreads up."},
        praise="the more you try, and the fewer the questions, the more of a best score is luck.", ordered=True,
    )


def honesty(answer):
    """7.5: the expected calibration error: ``answer(confidence, right, bins)``."""
    def table(confidence, right, edges_above=False, bins=1):
        edges = np.linspace(0, 1, bins + 1)[1:-1]
        where = np.searchsorted(edges, confidence, side="right" if edges_above else "left")
        return np.bincount(where, minlength=bins), np.bincount(where, confidence, bins), np.bincount(where, right, bins)

    def reference(confidence, right, bins):
        count, c, r = table(confidence, right, bins=bins)
        return np.abs(c - r).sum() / count.sum()

    def above(confidence, right, bins):
        count, c, r = table(confidence, right, True, bins)
        return np.abs(c - r).sum() / count.sum()

    def unweighted(confidence, right, bins, over=None):
        count, c, r = table(confidence, right, bins=bins)
        seen = count > 0
        return (np.abs(c - r)[seen] / count[seen]).sum() / (over or seen.sum())

    def largest(confidence, right, bins):
        count, c, r = table(confidence, right, bins=bins)
        return (np.abs(c - r)[count > 0] / count[count > 0]).max()

    def signed(confidence, right, bins):
        return (confidence - right).mean()

    def centres(confidence, right, bins):
        count, _, r = table(confidence, right, bins=bins)
        return np.abs(count * (np.arange(bins) + 0.5) / bins - r).sum() / count.sum()

    return check_function(
        "7.5", answer, reference, HONESTY_CASES,
        [Mistake(above, "an edge belongs to the bin below it: with two bins 0.5 is in the first."),
         Mistake(unweighted, "each bin counts by the number of its answers."),
         Mistake(lambda c, r, bins: unweighted(c, r, bins, bins), "each bin counts by the number of its answers; an empty one not at all."),
         Mistake(largest, "that is the largest gap. The mean is asked for, each bin weighted by its answers."),
         Mistake(signed, "gaps of different signs cancel. Take the absolute value bin by bin."),
         Mistake(lambda c, r, bins: np.abs((c - r).mean()), "that is one gap over all answers. Take one in every bin."),
         Mistake(lambda c, r, bins: np.abs(c - r).mean(), "a single answer is right or wrong: compare the means of a bin, then take the absolute value."),
         Mistake(centres, "take the mean confidence of the answers in a bin, not the bin's centre."),
         Mistake(lambda c, r, bins: reference(c, ~r, bins), "right and wrong are exchanged."),
         Mistake(lambda c, r, bins: 100 * reference(c, r, bins), "this is percent."),
         Mistake(lambda c, r, bins: reference(c, r, bins) * len(c), "divide by the number of answers.")],
        praise="bin by bin, weighted by the answers in it.",
    )


def diagnosis(answer):
    """7.6b: what five reports tell: a letter each."""
    return check_letters(
        "7.6b", answer, "cbaed", "abcde",
        {0: "The first: nothing can be learned about labels drawn by dice. How can 88 % be right?",
         1: "The second: with ten classes, guessing costs log 10 = 2.30. Both losses are near it.",
         2: "The third has learned its examples, and is sure and wrong on new ones.",
         3: "The fourth: both losses are low, and nearly equal.",
         4: "The fifth: how far does a score on 50 digits spread, and how many scores were there to choose from?"},
        praise="a result that is too good, a result on few digits and a gap each have their own cure.", ordered=True,
    )
