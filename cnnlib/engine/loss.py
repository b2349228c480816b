"""Softmax and cross-entropy with as few passes and checks as possible, where a plain one is asked for."""

import numpy as np

from cnnlib.criteria import CrossEntropyLoss


def loss_and_gradient(criterion, scores, target):
    """``criterion(scores, target)`` and ``criterion.backward()``.

    Parameters
    ----------
    criterion : loss
        Only a plain ``CrossEntropyLoss()`` of scores (N, C) and labels (N,) has a fast version.
    scores : array (N, C)
    target : array (N,)

    Returns
    -------
    loss : float of the dtype of the scores
    gradient : array (N, C)
    """
    if not _plain(criterion, scores, target):
        return criterion(scores, target), criterion.backward()
    items, share = np.arange(len(target)), scores.dtype.type(1 / len(target))
    z = scores - scores.max(1, keepdims=True)
    picked = z[items, target]
    e = np.exp(z, out=z)
    total = e @ np.ones(e.shape[1], e.dtype)
    loss = (np.log(total) - picked).mean()
    e *= (share / total)[:, None]
    e[items, target] -= share
    return loss, e


def _plain(criterion, scores, target):
    plain = type(criterion) is CrossEntropyLoss and criterion.weight is None and criterion.label_smoothing == 0
    labels = isinstance(target, np.ndarray) and target.dtype.kind in "iu" and target.shape == scores.shape[:1]
    if not (plain and labels and criterion.reduction == "mean" and scores.ndim == 2 and target.size):
        return False
    return criterion.ignore_index < 0 <= target.min() and target.max() < scores.shape[1]
