"""Softmax and cross-entropy in the engine's layout, where the maximum and the sum run along long rows."""

import numpy as np

from cnnlib.criteria import CrossEntropyLoss

OPTIONS = {"weight", "ignore_index", "reduction", "label_smoothing", "_saved"}  # those that `labels` looks at


def labels(criterion, target, samples, classes):
    """Parse ``target`` as the labels of a batch: an array of NumPy's own index type, whatever integers came in.

    None where they are not valid, or ``criterion`` is not a mean over samples without weights: then it has the word.
    """
    if type(criterion) is not CrossEntropyLoss or vars(criterion).keys() != OPTIONS:
        return None
    if criterion.weight is not None or criterion.label_smoothing or criterion.reduction != "mean":
        return None
    if criterion.ignore_index >= 0 or type(target) is not np.ndarray or target.dtype.kind not in "iu":
        return None
    if target.shape != (samples,) or samples == 0:
        return None
    if int(target.min()) < 0 or int(target.max()) >= classes:  # in Python's integers, which do not wrap
        return None
    return target.astype(np.intp)


def cross_entropy(scores, target, total):
    """The loss and its gradient, both as shares of a mean over ``total`` samples.

    Parameters
    ----------
    scores : array (C, N)
    target : intp array (N,)
        From `labels`.
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
