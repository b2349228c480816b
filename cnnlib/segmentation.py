"""Segmentation: which pixels belong to what? Metrics over maps of labels.

All are read off one table, `pixel_confusion`: entry (i, j) counts pixels of class i that were called j. A pixel whose
true label is ``ignore_index`` does not count anywhere.
"""

import numpy as np

from cnnlib import _checks as checks


def pixel_confusion(y_true, y_pred, num_classes, ignore_index=None):
    """Count, for every true label (row), what its pixels were taken for (column).

    Parameters
    ----------
    y_true, y_pred : array of int, of one shape
        Maps of labels, (N, H, W) or any other shape; predictions are ``scores.argmax(axis=1)``.
    num_classes : int
        Labels are from 0 to ``num_classes - 1``.
    ignore_index : int, optional
        A true label, inside or outside that range, whose pixels are left out.

    Returns
    -------
    array of int64 (num_classes, num_classes)

    Raises
    ------
    ValueError
        If the shapes differ or a label is out of range.

    Examples
    --------
    >>> pixel_confusion(np.array([[0, 0, 1]]), np.array([[0, 1, 1]]), num_classes=2)
    array([[1, 1],
           [0, 1]])
    """
    for name, y in (("y_true", y_true), ("y_pred", y_pred)):
        if isinstance(y, np.ndarray) and y.dtype.kind == "f":
            raise TypeError(f"{name} must hold labels (integers), got {y.dtype}; of scores take .argmax(axis=1)")
        checks.integers(name, y)
    checks.shape("y_pred", y_pred, y_true.shape)
    num_classes = checks.integer("num_classes", num_classes, least=1)
    if num_classes > 10_000:
        raise ValueError(f"num_classes must be at most 10000 for a table, got {num_classes}")
    if ignore_index is not None:
        counted = y_true != checks.integer("ignore_index", ignore_index)
        y_true, y_pred = y_true[counted], y_pred[counted]
    for name, y in (("y_true", y_true), ("y_pred", y_pred)):
        if y.size and not (0 <= int(y.min()) and int(y.max()) < num_classes):
            raise ValueError(f"{name} must be from 0 to {num_classes - 1}, got {y.min()} to {y.max()}")
    cells = y_true.astype(np.int64).ravel() * num_classes + y_pred.astype(np.int64).ravel()
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def pixel_accuracy(confusion):
    """Return the share of pixels whose label is right.

    Parameters
    ----------
    confusion : array of int (C, C)
        From `pixel_confusion`.

    Returns
    -------
    float
        From 0 to 1; NaN where there are no pixels. Where most pixels are background, saying "background" everywhere
        scores high: look at `class_iou` as well.

    Examples
    --------
    >>> pixel_accuracy(np.array([[90, 0], [10, 0]]))             # all background
    0.9
    """
    _table(confusion)
    return float(confusion.trace() / confusion.sum()) if confusion.any() else float("nan")


def class_iou(confusion):
    """Return intersection over union of each class.

    Parameters
    ----------
    confusion : array of int (C, C)
        From `pixel_confusion`.

    Returns
    -------
    array of float64 (C,)
        From 0 to 1; NaN for a class that neither occurs nor is predicted.

    Notes
    -----
    Pixels that are k and are called k, over pixels that are k or are called k: TP / (TP + FP + FN).

    References
    ----------
    .. [1] J. Long, E. Shelhamer and T. Darrell, "Fully Convolutional Networks for Semantic Segmentation", 2015,
       section 5.

    Examples
    --------
    >>> class_iou(np.array([[90, 0], [10, 0]]))
    array([0.9, 0. ])
    """
    right = _table(confusion).diagonal()
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - right
    return np.divide(right, union, out=np.full(len(right), np.nan), where=union > 0)


def mean_iou(confusion):
    """Return the mean of `class_iou` over the classes that occur or are predicted.

    Parameters
    ----------
    confusion : array of int (C, C)
        From `pixel_confusion`.

    Returns
    -------
    float
        From 0 to 1; NaN where there are no pixels.

    Examples
    --------
    >>> mean_iou(np.array([[90, 0], [10, 0]]))                   # right nine times out of ten, and useless
    0.45
    """
    values = class_iou(confusion)
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


def _table(confusion):
    checks.integers("confusion", confusion, ndim=2)
    if confusion.shape[0] != confusion.shape[1] or confusion.size == 0:
        raise ValueError(f"confusion must have as many rows as columns, at least 1, got shape {confusion.shape}")
    if confusion.min() < 0:
        raise ValueError(f"confusion must hold counts of at least 0, got {confusion.min()}")
    return confusion
