"""What becomes of the losses of single entries, and the way back."""

import numbers

import numpy as np

from cnnlib import _checks


def reduce(loss, reduction, count):
    """Return the losses themselves ("none"), their sum, or their sum over ``count`` ("mean")."""
    _checks.one_of("reduction", reduction, ("none", "mean", "sum"))
    if reduction == "none":
        return loss
    total = np.sum(loss)
    if reduction == "sum":
        return total
    with np.errstate(divide="ignore", invalid="ignore"):  # the mean of nothing, 0 / 0, is NaN
        return total / count


def spread(dy, loss, reduction, count):
    """Return the gradient that reaches every entry of ``loss``: the backward of `reduce`.

    It broadcasts against ``loss`` and has its dtype. Of ``loss`` only shape and dtype are used.
    """
    _checks.one_of("reduction", reduction, ("none", "mean", "sum"))
    if reduction == "none" and loss.ndim > 0:
        return _checks.like("dy", dy, "the loss", loss)
    if np.ndim(dy) != 0:
        raise ValueError(f"dy must be a single number, as the loss is, got shape {np.shape(dy)}")
    value = dy.item() if isinstance(dy, np.ndarray) else dy
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"dy must be a number, got {dy!r}")
    try:
        gradient = loss.dtype.type(value)  # a float64 scalar would turn float32 arrays into float64
    except OverflowError:  # an integer beyond all floats
        raise ValueError("dy must be a number that a float can hold, got an integer with hundreds of digits") from None
    if reduction != "mean":
        return gradient
    with np.errstate(divide="ignore", invalid="ignore"):
        return gradient / count
