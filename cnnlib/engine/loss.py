"""Softmax and cross-entropy in the engine's layout, where the maximum and the sum run along long rows."""

import numpy as np

from cnnlib.criteria import CrossEntropyLoss


def plain(criterion, target, samples, classes):
    """Whether `cross_entropy` can stand for ``criterion``: a mean over samples, without weights, all labels valid."""
    if type(criterion) is not CrossEntropyLoss or criterion.weight is not None or criterion.label_smoothing:
        return False
    if criterion.reduction != "mean" or criterion.ignore_index >= 0 or not isinstance(target, np.ndarray):
        return False
    if target.dtype.kind not in "iu" or target.shape != (samples,) or samples == 0:
        return False
    return 0 <= target.min() and target.max() < classes


def cross_entropy(scores, target, total):
    """The loss and its gradient, both as shares of a mean over ``total`` samples.

    Parameters
    ----------
    scores : array (C, N)
    target : array (N,)
        Labels, all of them valid.
    total : int
        N, or more where these are a part of a batch.

    Returns
    -------
    loss : float of the dtype of the scores
    gradient : array (C, N)
    """
    classes, batch = scores.shape
    share = scores.dtype.type(1 / total)
    at = target * batch + np.arange(batch)  # where each sample's own label stands
    z = scores - scores.max(0)
    flat = z.reshape(-1)
    picked = flat[at]
    e = np.exp(z, out=z)
    sums = np.ones(classes, e.dtype) @ e
    loss = (np.log(sums) - picked).sum() * share
    e *= share / sums
    flat[at] -= share
    return loss, e
