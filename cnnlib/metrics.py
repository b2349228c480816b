"""Metrics: how good a classifier is, asked in several ways.

Every function takes the true labels first, then what the network said, as in scikit-learn. Labels are integers (N,)
from 0 to C - 1; scores are one row of C numbers per sample, the larger the more likely (logits or probabilities).

- `accuracy`, `top_k_accuracy`: how often it is right.
- `confusion_matrix`: what it takes for what. Everything about single classes is read off this table.
- `precision`, `recall`, `f1_score`: can a "3" be believed? is every 3 found? and both in one number.
- `reliability`, `expected_calibration_error`: when it says 90 %, is it right nine times out of ten?
"""

import numpy as np

from cnnlib import _checks as checks

# --- How often is it right? -----------------------------------------------------------------------------------------


def accuracy(y_true, y_pred):
    """Return the share of samples whose predicted label is the true one.

    Parameters
    ----------
    y_true : array of int (N,)
        True labels.
    y_pred : array of int (N,)
        Predicted labels: ``scores.argmax(axis=1)``.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> accuracy(np.array([0, 1, 2, 2]), np.array([0, 2, 2, 2]))
    0.75
    """
    y_true, y_pred, _ = _labels(y_true, y_pred)
    return float(np.mean(y_true == y_pred))


def top_k_accuracy(y_true, scores, k=5):
    """Return the share of samples whose true label is among the ``k`` highest scores.

    Parameters
    ----------
    y_true : array of int (N,)
        True labels.
    scores : array of float (N, C)
        A score for each class.
    k : int
        How many guesses are allowed. With 1 this is the accuracy, with C it is 1.

    Returns
    -------
    float
        From 0 to 1.

    Notes
    -----
    Of equal scores the first class counts as the higher, as for ``argmax``.

    Examples
    --------
    >>> scores = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    >>> top_k_accuracy(np.array([1, 2]), scores, k=2)      # 1 is second, 2 is last
    0.5
    """
    y_true, scores = _scores(y_true, scores, "scores")
    k = checks.integer("k", k, least=1)
    if k > scores.shape[1]:
        raise ValueError(f"k must be at most {scores.shape[1]}, the number of classes, got {k}")
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean((best == y_true[:, None]).any(axis=1)))


# --- What does it take for what? ------------------------------------------------------------------------------------


def confusion_matrix(y_true, y_pred, num_classes=None):
    """Count, for every true label (row), what it was taken for (column).

    Parameters
    ----------
    y_true : array of int (N,)
        True labels.
    y_pred : array of int (N,)
        Predicted labels.
    num_classes : int, optional
        Rows and columns; without it, as many as the largest label needs.

    Returns
    -------
    array of int64 (C, C)
        Entry ``[i, j]``: samples of class ``i`` that were called ``j``. The diagonal holds what is right.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1]))
    array([[2, 1],
           [0, 2]])
    """
    y_true, y_pred, num_classes = _labels(y_true, y_pred, num_classes)
    if num_classes > 10_000:
        raise ValueError(f"num_classes must be at most 10000 for a table, got {num_classes}")
    cells = y_true * num_classes + y_pred  # number the cells row by row, then count how often each occurs
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def precision(y_true, y_pred, average="macro", *, num_classes=None, zero_division=0.0):
    """Return precision: of the samples that were called k, the share that are k.

    Parameters
    ----------
    y_true : array of int (N,)
        True labels.
    y_pred : array of int (N,)
        Predicted labels.
    average : {"macro", "weighted", "micro"} or None
        How the classes become one number. "macro": every class counts the same. "weighted": by its share of the
        true labels. "micro": pool the counts of all classes, which for one label per sample gives the accuracy.
        None: do not average.
    num_classes : int, optional
        Average over all classes from 0 to this. Without it, over the classes that occur, in either array.
    zero_division : float
        The value where there is nothing to divide by (a class that was never predicted): 0, 1 or NaN. Classes with
        NaN are left out of averages.

    Returns
    -------
    float, or array of float64 (C,) if ``average`` is None
        From 0 to 1. Entry k of an array belongs to class k, also where some class below does not occur (scikit-learn
        leaves those out of its array).

    Notes
    -----
    For class k, with true positives TP (called k, and k), false positives FP (called k, but not k) and false
    negatives FN (k, but called something else): precision is TP / (TP + FP).

    Examples
    --------
    >>> y_true, y_pred = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])
    >>> precision(y_true, y_pred, average=None)      # both that were called 0 are 0; of three 1s, two are right
    array([1.        , 0.66666667])
    """
    return _ratio(lambda tp, called, true: (tp, called), y_true, y_pred, average, num_classes, zero_division)


def recall(y_true, y_pred, average="macro", *, num_classes=None, zero_division=0.0):
    """Return recall: of the samples that are k, the share that were called k.

    Parameters and result are those of `precision`. With nothing to divide by (a class that does not occur), the
    value is ``zero_division``.

    Notes
    -----
    TP / (TP + FN), in the notation of `precision`.

    Examples
    --------
    >>> y_true, y_pred = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])
    >>> recall(y_true, y_pred, average=None)         # one of the three 0s was missed
    array([0.66666667, 1.        ])
    """
    return _ratio(lambda tp, called, true: (tp, true), y_true, y_pred, average, num_classes, zero_division)


def f1_score(y_true, y_pred, average="macro", *, num_classes=None, zero_division=0.0):
    """Return the F1 score: the harmonic mean of precision and recall, high only if both are.

    Parameters and result are those of `precision`. With nothing to divide by (a class that neither occurs nor is
    predicted), the value is ``zero_division``.

    Notes
    -----
    2 TP / (2 TP + FP + FN), in the notation of `precision`. The average over classes is taken of their F1 scores.

    References
    ----------
    .. [1] C. J. van Rijsbergen, "Information Retrieval", 1979, chapter 7.

    Examples
    --------
    >>> y_true, y_pred = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])
    >>> f1_score(y_true, y_pred, average=None)
    array([0.8, 0.8])
    """
    return _ratio(lambda tp, called, true: (2 * tp, called + true), y_true, y_pred, average, num_classes, zero_division)


def _ratio(terms, y_true, y_pred, average, num_classes, zero_division):
    """Divide what ``terms`` makes of the counts (right, called k, truly k), class by class, and average."""
    if average is not None:
        checks.one_of("average", average, ("macro", "weighted", "micro"))
    if not (isinstance(zero_division, (int, float)) and (zero_division in (0, 1) or np.isnan(zero_division))):
        raise ValueError(f"zero_division must be 0, 1 or NaN, got {zero_division!r}")
    matrix = confusion_matrix(y_true, y_pred, num_classes)
    right, called, true = matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)
    if average == "micro":
        right, called, true = (counts.sum(keepdims=True) for counts in (right, called, true))

    above, below = terms(right, called, true)
    values = np.full(len(below), float(zero_division))
    np.divide(above, below, out=values, where=below > 0)
    if average is None:
        return values
    # Without num_classes nobody said that there are classes which neither occur nor are predicted.
    counted = ~np.isnan(values) & ((called + true > 0) | (num_classes is not None))
    if not counted.any():
        return float("nan")
    weighted = average == "weighted" and true[counted].sum() > 0
    return float(np.average(values[counted], weights=true[counted] if weighted else None))


# --- When it says 90 %, is it right nine times out of ten? ----------------------------------------------------------


def reliability(y_true, probabilities, bins=15):
    """Sort the predictions by their confidence into bins, and compare it with how often they are right.

    Parameters
    ----------
    y_true : array of int (N,)
        True labels.
    probabilities : array of float (N, C)
        What the network holds likely: rows from 0 to 1 that add up to 1, as `softmax` gives them.
    bins : int
        The interval from 0 to 1 is cut into this many equal bins; an edge belongs to the bin below it.

    Returns
    -------
    confidence : array of float64 (bins,)
        The mean confidence in each bin: the probability of the predicted class. NaN in an empty bin.
    share_right : array of float64 (bins,)
        The accuracy in each bin. NaN in an empty bin.
    count : array of int64 (bins,)
        The number of samples in each bin.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    >>> confidence, share_right, count = reliability(np.array([0, 1, 1]), probabilities, bins=4)
    >>> count                  # 0.6 in the third quarter, 0.9 in the last
    array([0, 0, 1, 2])
    >>> share_right[2:]        # 0.9 was said twice, and right once
    array([1. , 0.5])
    """
    y_true, probabilities = _scores(y_true, probabilities, "probabilities")
    bins = checks.integer("bins", bins, least=1)
    sums = probabilities.sum(axis=1)
    if probabilities.min() < 0 or np.abs(sums - 1).max() > 1e-3:
        raise ValueError(
            "probabilities must be at least 0 and each row must add up to 1 (are these logits? apply softmax), "
            f"got values from {probabilities.min():g} to {probabilities.max():g}, rows from {sums.min():g} to "
            f"{sums.max():g}"
        )
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == y_true
    where = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    count = np.bincount(where, minlength=bins)
    mean_confidence, share_right = (
        np.divide(np.bincount(where, values, bins), count, out=np.full(bins, np.nan), where=count > 0)
        for values in (confidence, right)
    )
    return mean_confidence, share_right, count


def expected_calibration_error(y_true, probabilities, bins=15):
    """Return how far, on average, the network's confidence is from its accuracy.

    Parameters
    ----------
    y_true : array of int (N,)
        True labels.
    probabilities : array of float (N, C)
        What the network holds likely: rows from 0 to 1 that add up to 1.
    bins : int
        Equal bins of confidence to compare in.

    Returns
    -------
    float
        0 if confidence and accuracy agree in every bin; at most 1.

    Notes
    -----
    The sum over bins of (share of the samples) times the absolute difference of accuracy and mean confidence.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural Networks", 2017, section 2.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.9, 0.1]])
    >>> round(expected_calibration_error(np.array([0, 1]), probabilities), 3)      # says 0.9, is right half the time
    0.4
    """
    confidence, share_right, count = reliability(y_true, probabilities, bins)
    gap = np.abs(share_right - confidence)
    return float(np.sum(gap[count > 0] * count[count > 0]) / count.sum())


# --- Checks ---------------------------------------------------------------------------------------------------------


def _labels(y_true, y_pred, num_classes=None):
    """Return both as int64 and the number of classes, or say what is wrong with them."""
    for name, y in (("y_true", y_true), ("y_pred", y_pred)):
        if isinstance(y, np.ndarray) and y.dtype.kind == "f":
            raise TypeError(f"{name} must hold labels (integers), got {y.dtype}; of scores take .argmax(axis=1)")
        checks.integers(name, y, ndim=1)
    if len(y_true) != len(y_pred):
        raise ValueError(f"y_true and y_pred must be as many, got {len(y_true)} and {len(y_pred)}")
    if len(y_true) == 0:
        raise ValueError("y_true must have at least one sample, got none")
    lowest, highest = int(min(y_true.min(), y_pred.min())), int(max(y_true.max(), y_pred.max()))
    if num_classes is None:
        num_classes = highest + 1
    num_classes = checks.integer("num_classes", num_classes, least=1)
    if lowest < 0 or highest >= num_classes:
        raise ValueError(f"labels must be from 0 to {num_classes - 1}, got {lowest} to {highest}")
    return y_true.astype(np.int64), y_pred.astype(np.int64), num_classes


def _scores(y_true, scores, name):
    """Return labels as int64 and scores, or say what is wrong with them."""
    checks.integers("y_true", y_true, ndim=1)
    checks.floats(name, scores, ndim=2)
    checks.shape("y_true", y_true, scores.shape[:1])
    if scores.size == 0:
        raise ValueError(f"{name} must have at least one sample and one class, got shape {scores.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity in row {np.argwhere(~np.isfinite(scores))[0, 0]}")
    if y_true.min() < 0 or y_true.max() >= scores.shape[1]:
        raise ValueError(f"y_true must be from 0 to {scores.shape[1] - 1}, got {y_true.min()} to {y_true.max()}")
    return y_true.astype(np.int64), scores
