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
from cnnlib.metrics import confusion_matrix

_RNG = np.random.default_rng(7)
JUNK = -77.125
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
    *(Case((5, 0.4, np.random.default_rng(seed)), "n = 5 and share = 0.4") for seed in range(40)),
]


def four_numbers(answer):
    """7.1: accuracy, precision, recall and F1 for 8 hits, 2 false alarms, 4 misses, 86 quiet."""
    return check_value(
        "7.1", answer, (0.94, 0.8, 8 / 12, 16 / 22),
        [Mistake((0.94, 8 / 12, 0.8, 16 / 22), "precision and recall are exchanged. Precision is about what was called positive."),
         Mistake((94, 80, 100 * 8 / 12, 100 * 16 / 22), "this is percent. Give numbers between 0 and 1."),
         Mistake((0.08, 0.8, 8 / 12, 16 / 22), "the quiet 86 are right answers too: accuracy counts them."),
         Mistake((8 / 14, 0.8, 8 / 12, 16 / 22), "accuracy is the share of all 100 answers that are right, quiet ones included."),
         Mistake((0.86, 0.8, 8 / 12, 16 / 22), "the 8 hits are right answers too: accuracy counts them."),
         Mistake((0.94, 0.8, 8 / 12, (0.8 + 8 / 12) / 2), "F1 is the harmonic mean, 2PR/(P + R)."),
         Mistake((0.94, 0.8, 8 / 12, 8 / 22), "F1 is 2PR/(P + R): the 2 is missing."),
         Mistake((0.94, 0.8, 8 / 12, 0.8 * 8 / 12), "F1 is 2PR/(P + R), not the product."),
         Mistake((0.94, 8 / 14, 8 / 12, 16 / 26), "precision divides by all that were called positive: hits and false alarms."),
         Mistake((0.94, 0.8, 0.08, 2 * 0.8 * 0.08 / 0.88), "recall divides by all that are positive, hits and misses, not by all answers."),
         Mistake((0.94, 0.8, 8 / 14, 16 / 22), "recall divides by all that are positive: hits and misses."),
         Mistake((0.94, 0.8, 4 / 12, 16 / 22), "this recall is the share of misses. Recall is the share of positives that were found.")],
        tol=3e-3, praise="94 % accuracy, and a third of the positives missed.", digits=2,
    )


def confusion(answer):
    """7.2: the confusion matrix: ``answer(truth, said, classes)``, rows are the truth."""
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
        "7.2", answer, lambda truth, said, classes: confusion_matrix(truth, said, classes), CONFUSION_CASES,
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
    """7.3: precision and recall of every class from a confusion matrix; 0 where nothing can be said."""
    def ratio(a, b, nothing=0.0):
        return np.divide(a, b, out=np.full(len(a), nothing), where=b > 0)

    def rates(m, precision=0.0, recall=0.0):
        hits = np.diag(m).astype(float)
        return ratio(hits, m.sum(axis=0), precision), ratio(hits, m.sum(axis=1), recall)

    def spoiled(matrix):
        junk = [np.full(len(matrix), JUNK) for _ in range(7)]  # numpy hands this memory out again, unset
        del junk
        return answer(matrix)

    spoiled.__wrapped__ = answer  # its signature and its lines are the learner's
    unset = ("np.divide(…, where=…) leaves the other places unset: whatever was in memory stays there. Give it out=np.zeros(…), "
             "or begin with zeros instead of np.empty.")
    zero = "0 / 0 is nan. Where you would divide by 0, put 0: look at "
    return check_function(
        "7.3", spoiled if callable(answer) else answer, lambda matrix: rates(matrix), MATRIX_CASES,
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
    """7.4: ``answer(n, share, rng)`` returns shuffled indices for training and validation."""
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

    return judge_function("7.4", answer, reference, SPLIT_CASES, judge, praise="disjoint, complete and shuffled.")


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
    if abs(len(train) - n * share) < 1 - 1e-9:
        return "the parts are exchanged: training comes first, and the share is the validation set's."
    return f"validation should get a share of {share}, it gets {len(validation)} of {n}."


def diagnosis(answer):
    """7.5: what three pairs of final losses tell: a letter each."""
    return check_letters(
        "7.5", answer, "bca", "abc",
        {0: "The first has a training loss of 0.01 and a validation loss of 1.40: that is a gap.",
         1: "Look at the second again. Both losses are high: too little capacity or training.",
         2: "Look at the third again. Both losses are low, and nearly equal."},
        praise="a gap is overfitting; two high losses are underfitting; two low ones are what you want.", ordered=True,
    )
