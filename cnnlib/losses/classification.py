"""Losses for a choice between classes: the price of the probability given to the right one.

The classes lie on dimension 1 of ``input``, as the channels of an image do: (N, C) for N items, (N, C, H, W)
for N pictures with a choice at every pixel. A single item may come alone, as (C,).
"""

import numbers

import numpy as np

from cnnlib import _checks
from cnnlib._operation import operation, quiet
from cnnlib.activations import log_softmax, softmax
from cnnlib.losses._reduction import reduce, spread


@quiet
def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Negative log-likelihood: minus the log-probability of the right class.

    Parameters
    ----------
    input : array (N, C), (N, C, d1, ...) or (C,)
        Log-probabilities, as `log_softmax` gives them.
    target : integer array (N,), (N, d1, ...) or ()
        The right classes, 0 to C - 1, or ``ignore_index``.
    weight : array (C,), optional
        How much each class counts.
    ignore_index : int
        Items with this target count for nothing.
    reduction : {"mean", "sum", "none"}
        "mean" divides by the weights of the targets, summed: without weights by the number not ignored.

    Returns
    -------
    loss : scalar, or array (shape of target) for "none"

    Raises
    ------
    TypeError
        If ``input`` or ``weight`` is not a float array, ``target`` not of integers, or dtypes are mixed.
    ValueError
        If a shape does not fit, or a target is no class.

    Notes
    -----
    ``loss[n] = -weight[t] * input[n, t]`` with ``t = target[n]``. For "mean" the gradient is
    ``dinput[n, t] = -dy * weight[t] / sum of weight[t]``; all other entries are 0.

    References
    ----------
    Bishop (2006), Pattern recognition and machine learning, section 4.3.4, equation 4.108.

    Examples
    --------
    >>> input = np.log(np.array([[0.25, 0.75], [0.5, 0.5]]))
    >>> nll_loss(input, np.array([1, 0]), reduction="none").round(4)  # -log 0.75, -log 0.5
    array([0.2877, 0.6931])
    """
    dim, labels, kept, share = _labels(input, target, weight, ignore_index)
    picked = np.take_along_axis(input, labels, dim).squeeze(dim)
    return reduce(np.where(kept, -share * picked, 0), reduction, _or_nan(share.sum()))


@operation
def nll_loss_backward(dy, input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Gradient of `nll_loss`.

    Parameters
    ----------
    dy : number, or array (shape of target) for "none"
    input : array (N, C), (N, C, d1, ...) or (C,)
    target : integer array (N,), (N, d1, ...) or ()
    weight : array (C,), optional
    ignore_index : int
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    dinput : array (shape of input)
        ``-dy * weight[t]`` at each item's class t, over the sum of weights for "mean"; 0 elsewhere.

    Raises
    ------
    TypeError, ValueError
        As for `nll_loss`, and if ``dy`` is not what the reduction calls for.

    Examples
    --------
    >>> nll_loss_backward(1.0, np.array([[-1.0, -2.0], [-3.0, -4.0]]), np.array([1, 0]))
    array([[ 0. , -0.5],
           [-0.5,  0. ]])
    """
    dim, labels, kept, share = _labels(input, target, weight, ignore_index)
    dloss = np.where(kept, spread(dy, share, reduction, _or_nan(share.sum())), 0)
    dinput = np.zeros(input.shape, input.dtype)
    np.put_along_axis(dinput, labels, np.expand_dims(-share * dloss, dim), dim)
    return dinput


@quiet
def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Softmax and negative log-likelihood in one: the loss of a classifier.

    Parameters
    ----------
    input : array (N, C), (N, C, d1, ...) or (C,)
        Scores (logits), one per class.
    target : integer array (N,), (N, d1, ...) or (); or float array (shape of input)
        The right classes, 0 to C - 1 or ``ignore_index``; or the probability of every class.
    weight : array (C,), optional
        How much each class counts.
    ignore_index : int
        Items with this target count for nothing. Not for probabilities.
    reduction : {"mean", "sum", "none"}
        "mean" divides by the weights of the targets, summed (without weights: by the number not ignored);
        with probabilities by the number of items.
    label_smoothing : float
        The share, in [0, 1], of each target that is spread evenly over all classes.

    Returns
    -------
    loss : scalar, or array (shape of input without its classes) for "none"

    Raises
    ------
    TypeError
        If ``input`` or ``weight`` is not a float array, ``target`` neither integers nor floats, or dtypes
        are mixed.
    ValueError
        If a shape does not fit, a target is no class, or ``label_smoothing`` leaves [0, 1].

    Notes
    -----
    Every kind of target comes down to a distribution q over the classes: all on the label, or as given,
    then ``(1 - s) * q + s / C`` with s for ``label_smoothing``. With v = weight * q,
    ``loss[n] = -sum(v[n] * log_softmax(input[n]))`` and
    ``dinput[n] = dloss[n] * (softmax(input[n]) * sum(v[n]) - v[n])``: with neither weights nor smoothing,
    probability minus target. The softmax is never divided by, so scores of 10,000 do no harm.

    References
    ----------
    Bishop (2006), Pattern recognition and machine learning, section 4.3.4, equations 4.108 and 4.109.
    Szegedy et al. (2016), Rethinking the Inception architecture for computer vision, section 7 (smoothing).

    Examples
    --------
    Equal scores for two classes cost log 2, whichever is right:

    >>> print(cross_entropy(np.array([[0.0, 0.0]]), np.array([1])).round(4))
    0.6931
    >>> print(cross_entropy(np.array([[10000.0, 0.0]]), np.array([1])))
    10000.0
    """
    dim, q, v, kept, count = _distribution(input, target, weight, ignore_index, label_smoothing)
    log_p = log_softmax(input, dim)
    # What has no share of the target costs nothing where a score of -inf rules it out, or where the item is ignored.
    # Elsewhere NaN stays NaN: a class weight of 0 hides none.
    free = (q == 0) & (np.isinf(log_p) | ~np.expand_dims(kept, dim))
    return reduce(np.where(free, 0, -v * log_p).sum(axis=dim), reduction, count)


@operation
def cross_entropy_backward(
    dy, input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """Gradient of `cross_entropy`.

    Parameters
    ----------
    dy : number, or array (shape of input without its classes) for "none"
    input : array (N, C), (N, C, d1, ...) or (C,)
    target : integer array (N,), (N, d1, ...) or (); or float array (shape of input)
    weight : array (C,), optional
    ignore_index : int
    reduction : {"mean", "sum", "none"}
    label_smoothing : float

    Returns
    -------
    dinput : array (shape of input)
        ``dloss * (softmax(input) * sum(v) - v)``, where v is the weighted target distribution and dloss is
        dy, for "mean" divided by what the mean divides by.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`, and if ``dy`` is not what the reduction calls for.

    Examples
    --------
    >>> cross_entropy_backward(1.0, np.array([[0.0, 0.0]]), np.array([1]))
    array([[ 0.5, -0.5]])
    """
    dim, _, v, kept, count = _distribution(input, target, weight, ignore_index, label_smoothing)
    total = v.sum(axis=dim, keepdims=True)
    dloss = np.where(kept, spread(dy, np.empty(kept.shape, input.dtype), reduction, count), 0)
    return np.expand_dims(dloss, dim) * (softmax(input, dim) * total - v)


def _distribution(input, target, weight, ignore_index, label_smoothing):
    """Return what `cross_entropy` needs of any kind of target.

    The dimension of the classes; q, the probability of each class in the target; v, that times its weight; which
    items count; what a mean divides by.
    """
    _check_scores(input, weight)
    smoothing = _checks.number("label_smoothing", label_smoothing, 0, 1)
    dim = min(1, input.ndim - 1)
    if isinstance(target, np.ndarray) and target.dtype.kind == "f":
        _checks.like("target", target, "input", input)
        if _checks.integer("ignore_index", ignore_index) >= 0:
            raise ValueError(f"ignore_index goes with class labels, not probabilities; got {ignore_index}")
        q = target
        kept = np.ones(input.shape[:dim] + input.shape[dim + 1 :], bool)
        count = kept.size
    else:
        dim, labels, kept, share = _labels(input, target, weight, ignore_index)
        q = np.zeros(input.shape, input.dtype)
        np.put_along_axis(q, labels, np.expand_dims(kept, dim), dim)
        count = _or_nan(share.sum())
    if smoothing:
        evenly = np.expand_dims(kept, dim).astype(input.dtype) / input.shape[dim]
        q = (1 - smoothing) * q + smoothing * evenly
    v = q if weight is None else np.where(q == 0, 0, q * weight.reshape((-1,) + (1,) * (input.ndim - 1 - dim)))
    return dim, q, v, kept, count


def _labels(input, target, weight, ignore_index):
    """Check scores and labels; return what indexes and weighs them.

    The dimension of the classes; the labels with that dimension put in, 0 for the ignored ones; which are not
    ignored; the weight of each, 0 for the ignored ones.
    """
    _check_scores(input, weight)
    if isinstance(target, numbers.Integral) and not isinstance(target, (bool, np.bool_)):
        target = np.asarray(target)  # the label of a single item
    _checks.integers("target", target)
    dim = min(1, input.ndim - 1)
    classes, items = input.shape[dim], input.shape[:dim] + input.shape[dim + 1 :]
    if target.shape != items:
        raise ValueError(f"target must have shape {items}, a label for each item, got {target.shape}")
    kept = np.asarray(target != _checks.integer("ignore_index", ignore_index))
    wrong = kept & ((target < 0) | (target >= classes))
    if wrong.any():
        raise ValueError(
            f"target must hold classes, 0 to {classes - 1}, or ignore_index, {ignore_index}; "
            f"got {np.asarray(target)[wrong][0]}"
        )
    labels = np.where(kept, target, 0)
    share = kept.astype(input.dtype) if weight is None else np.where(kept, weight[labels], 0)
    return dim, np.expand_dims(labels, dim), kept, share


def _or_nan(count):
    """What a mean divides by; NaN for 0, so that the mean over nothing is NaN whatever smoothing adds."""
    return count if count != 0 else count * np.nan


def _check_scores(input, weight):
    _checks.floats("input", input)
    if input.ndim == 0 or input.shape[min(1, input.ndim - 1)] == 0:
        raise ValueError(f"input must have shape (C,) or (N, C, ...), with C at least 1, got {input.shape}")
    if weight is not None:
        _checks.shape("weight", _checks.floats("weight", weight), (input.shape[min(1, input.ndim - 1)],))
        _checks.same_dtype(input=input, weight=weight)
