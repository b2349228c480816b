"""Checkers of chapter 7: training, prediction, evaluation."""

import numpy as np

from cnnlib.course.exercises._checker import (
    NOT_ATTEMPTED,
    Case,
    Mistake,
    Verdict,
    check_function,
    check_letters,
    check_value,
)
from cnnlib.metrics import confusion_matrix

TRUTH, SAID = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 1, 0])
_RNG = np.random.default_rng(7)
MANY_TRUTH, MANY_SAID = _RNG.integers(0, 4, 60), _RNG.integers(0, 4, 60)


def four_numbers(answer):
    """7.1: accuracy, precision, recall and F1 for 8 hits, 2 false alarms, 4 misses, 86 quiet."""
    return check_value(
        "7.1", answer, (0.94, 0.8, 8 / 12, 16 / 22),
        [Mistake((0.94, 8 / 12, 0.8, 16 / 22), "precision and recall are exchanged. Precision is about what was called positive."),
         Mistake((0.08, 0.8, 8 / 12, 16 / 22), "the quiet 86 are right answers too: accuracy counts them."),
         Mistake((0.94, 0.8, 8 / 12, (0.8 + 8 / 12) / 2), "F1 is the harmonic mean, 2PR/(P + R)."),
         Mistake((0.94, 0.8, 8 / 14, 16 / 22), "recall divides by all that are positive: hits and misses.")],
        tol=2e-3, praise="94 % accuracy, and a third of the positives missed.",
    )


def confusion(answer):
    """7.2: the confusion matrix: ``answer(truth, said, classes)``, rows are the truth."""
    def overwritten(t, s, c):
        m = np.zeros((c, c))
        m[t, s] += 1
        return m

    return check_function(
        "7.2", answer, lambda t, s, c: confusion_matrix(t, s, c),
        [Case((TRUTH, SAID, 3), "six answers"), Case((MANY_TRUTH, MANY_SAID, 5), "60 answers, one class unused")],
        [Mistake(lambda t, s, c: confusion_matrix(s, t, c), "transposed: the truth goes down the rows."),
         Mistake(overwritten, "m[t, s] += 1 counts repeated pairs once. Loop, or use np.add.at."),
         Mistake(lambda t, s, c: confusion_matrix(t, s, c) / len(t), "counts are asked for, not shares."),
         Mistake(lambda t, s, c: np.diag(np.diag(confusion_matrix(t, s, c))), "you count the right answers only.")],
        praise="every answer lands in one cell.",
    )


def per_class(answer):
    """7.3: precision and recall of every class from a confusion matrix; 0 where nothing can be said."""
    def reference(m):
        hits = np.diag(m).astype(float)
        said, true = m.sum(axis=0), m.sum(axis=1)
        return (np.divide(hits, said, out=np.zeros(len(m)), where=said > 0),
                np.divide(hits, true, out=np.zeros(len(m)), where=true > 0))

    def shares(m):
        return (np.diag(m) / m.sum(), np.diag(m) / m.sum())

    m = confusion_matrix(MANY_TRUTH, MANY_SAID, 4)
    return check_function(
        "7.3", answer, reference,
        [Case((np.array([[5, 1], [2, 8]]),), "two classes"), Case((m,), "four classes"),
         Case((np.array([[3, 0], [1, 0]]),), "a class that is never the answer")],
        [Mistake(lambda m: reference(m)[::-1], "exchanged: columns hold what was said, so precision divides by column sums."),
         Mistake(shares, "these are shares of all answers. Divide by the column's sum, and by the row's."),
         Mistake(lambda m: (reference(m)[0].mean(), reference(m)[1].mean()), "one number for each class, not their mean.")],
        praise="columns for precision, rows for recall.",
    )


def split(answer):
    """7.4: ``answer(n, share, rng)`` returns shuffled indices for training and validation."""
    try:
        first = answer(100, 0.2, np.random.default_rng(0))
        second = answer(100, 0.2, np.random.default_rng(1))
        train, validation = (np.asarray(part) for part in first)
    except NotImplementedError:
        return Verdict("7.4", None, NOT_ATTEMPTED)
    except Exception as error:
        return Verdict("7.4", False, f"it raises {type(error).__name__}: {error}")
    together = np.concatenate([train, validation])
    if np.intersect1d(train, validation).size:
        return Verdict("7.4", False, "some samples are in both parts. Then validation measures memory.")
    if not np.array_equal(np.sort(together), np.arange(100)):
        return Verdict("7.4", False, "some samples are in neither part, or are used twice. Cut one permutation of 0 … n − 1.")
    if len(validation) == 80:
        return Verdict("7.4", False, "the parts are exchanged: the share is the validation set's.")
    if len(validation) != 20:
        return Verdict("7.4", False, f"validation should get 20 of 100, it gets {len(validation)}.")
    if np.array_equal(together, np.arange(100)) or np.array_equal(np.sort(validation), np.arange(80, 100)):
        return Verdict("7.4", False, "not shuffled. Files are often sorted by class or by writer.")
    if np.array_equal(validation, np.asarray(second[1])):
        return Verdict("7.4", False, "two generators give the same split. Draw from rng.")
    return Verdict("7.4", True, "disjoint, complete and shuffled.")


def diagnosis(answer):
    """7.5: what three pairs of final losses tell: a letter each."""
    return check_letters(
        "7.5", answer, "bca", "abc",
        {0: "The first has a training loss of 0.01 and a validation loss of 1.40: that is a gap.",
         1: "Look at the second again. Both losses are high: too little capacity or training."},
        praise="a gap is overfitting; two high losses are underfitting; two low ones are what you want.", ordered=True,
    )
