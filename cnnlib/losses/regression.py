"""Losses for numbers: how far the prediction is from the target."""

import numpy as np

from cnnlib import _checks
from cnnlib._operation import operation, quiet
from cnnlib.losses._reduction import reduce, spread


@quiet
def mse_loss(input, target, reduction="mean"):
    """Squared difference.

    Parameters
    ----------
    input, target : array (any shape, both the same)
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    loss : scalar, or array (shape of input) for "none"

    Raises
    ------
    TypeError, ValueError
        If an array is not of floats, or the two differ in dtype or shape. Nothing is broadcast: (N,) against
        (N, 1) would give N x N differences.

    Notes
    -----
    ``loss = d**2`` with ``d = input - target``, then ``dinput = dy * 2 * d``, over the number of entries for
    "mean".

    References
    ----------
    Bishop (2006), Pattern recognition and machine learning, section 1.2.5: the likelihood of normal noise.

    Examples
    --------
    >>> print(mse_loss(np.array([1.0, 3.0]), np.array([1.0, 1.0])))
    2.0
    """
    d = _difference(input, target)
    return reduce(d * d, reduction, d.size)


@operation
def mse_loss_backward(dy, input, target, reduction="mean"):
    """Gradient of `mse_loss`.

    Parameters
    ----------
    dy : number, or array (shape of input) for "none"
    input, target : array (any shape, both the same)
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    dinput : array (shape of input)
        ``dy * 2 * (input - target)``, over the number of entries for "mean".

    Raises
    ------
    TypeError, ValueError
        As for `mse_loss`, and if ``dy`` is not what the reduction calls for.

    Examples
    --------
    >>> mse_loss_backward(1.0, np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    array([0., 2.])
    """
    d = _difference(input, target)
    return spread(dy, d, reduction, d.size) * 2 * d


@quiet
def l1_loss(input, target, reduction="mean"):
    """Absolute difference: an outlier weighs no more than its distance.

    Parameters
    ----------
    input, target : array (any shape, both the same)
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    loss : scalar, or array (shape of input) for "none"

    Raises
    ------
    TypeError, ValueError
        If an array is not of floats, or the two differ in dtype or shape.

    Notes
    -----
    ``loss = abs(d)`` with ``d = input - target``, then ``dinput = dy * sign(d)``, over the number of entries
    for "mean". At d = 0, where there is no slope, the gradient is 0, and so it is, as in PyTorch, at NaN.

    References
    ----------
    Bishop (2006), Pattern recognition and machine learning, section 1.5.5: absolute loss leads to the median.

    Examples
    --------
    >>> print(l1_loss(np.array([1.0, 3.0]), np.array([1.0, 1.0])))
    1.0
    """
    d = _difference(input, target)
    return reduce(np.abs(d), reduction, d.size)


@operation
def l1_loss_backward(dy, input, target, reduction="mean"):
    """Gradient of `l1_loss`.

    Parameters
    ----------
    dy : number, or array (shape of input) for "none"
    input, target : array (any shape, both the same)
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    dinput : array (shape of input)
        ``dy * sign(input - target)``, over the number of entries for "mean".

    Raises
    ------
    TypeError, ValueError
        As for `l1_loss`, and if ``dy`` is not what the reduction calls for.

    Examples
    --------
    >>> l1_loss_backward(1.0, np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    array([0. , 0.5])
    """
    d = _difference(input, target)
    return spread(dy, d, reduction, d.size) * np.where(np.isnan(d), 0, np.sign(d))


@quiet
def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """Square near zero, straight beyond: `mse_loss` for small errors, `l1_loss` for large ones.

    Parameters
    ----------
    input, target : array (any shape, both the same)
    reduction : {"mean", "sum", "none"}
    beta : float
        Where the square ends; at 0 it is `l1_loss`.

    Returns
    -------
    loss : scalar, or array (shape of input) for "none"

    Raises
    ------
    TypeError, ValueError
        If an array is not of floats, or the two differ in dtype or shape; if ``beta`` is negative.

    Notes
    -----
    With ``d = input - target``: ``loss = d**2 / (2 * beta)`` where ``abs(d) < beta``, else
    ``abs(d) - beta / 2``. The two meet with equal slope, so ``dinput = dy * d / beta``, with ``d / beta``
    held within -1 and 1; over the number of entries for "mean".

    References
    ----------
    Girshick (2015), Fast R-CNN, section 2.3, equation 3 (for beta = 1).

    Examples
    --------
    >>> smooth_l1_loss(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none")
    array([0.125, 2.5  ])
    """
    d = _difference(input, target)
    beta = _checks.number("beta", beta, low=0)
    if beta == 0:
        return l1_loss(input, target, reduction)
    size = np.abs(d)
    near = np.minimum(size, beta)  # the part of the way that lies in the square
    return reduce(0.5 * near * near / beta + (size - near), reduction, d.size)


@operation
def smooth_l1_loss_backward(dy, input, target, reduction="mean", beta=1.0):
    """Gradient of `smooth_l1_loss`.

    Parameters
    ----------
    dy : number, or array (shape of input) for "none"
    input, target : array (any shape, both the same)
    reduction : {"mean", "sum", "none"}
    beta : float
        As in the forward call.

    Returns
    -------
    dinput : array (shape of input)
        ``dy * clip((input - target) / beta, -1, 1)``, over the number of entries for "mean".

    Raises
    ------
    TypeError, ValueError
        As for `smooth_l1_loss`, and if ``dy`` is not what the reduction calls for.

    Examples
    --------
    >>> smooth_l1_loss_backward(1.0, np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="sum")
    array([0.5, 1. ])
    """
    d = _difference(input, target)
    beta = _checks.number("beta", beta, low=0)
    if beta == 0:
        return l1_loss_backward(dy, input, target, reduction)
    return spread(dy, d, reduction, d.size) * (np.clip(d, -beta, beta) / beta)


@quiet
def huber_loss(input, target, reduction="mean", delta=1.0):
    """Half the square near zero, straight beyond: like `smooth_l1_loss`, but the slope far out is ``delta``.

    Parameters
    ----------
    input, target : array (any shape, both the same)
    reduction : {"mean", "sum", "none"}
    delta : float
        Where the square ends; over 0.

    Returns
    -------
    loss : scalar, or array (shape of input) for "none"

    Raises
    ------
    TypeError, ValueError
        If an array is not of floats, or the two differ in dtype or shape; if ``delta`` is not positive.

    Notes
    -----
    With ``d = input - target``: ``loss = d**2 / 2`` where ``abs(d) <= delta``, else
    ``delta * (abs(d) - delta / 2)``. Then ``dinput = dy * d``, with ``d`` held within -delta and delta; over the
    number of entries for "mean". It is ``delta`` times a `smooth_l1_loss` with ``beta = delta``.

    References
    ----------
    Huber (1964), Robust estimation of a location parameter, section 4.

    Examples
    --------
    >>> huber_loss(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none", delta=2.0)
    array([0.125, 4.   ])
    """
    d = _difference(input, target)
    delta = _checks.number("delta", delta, above=0)
    size = np.abs(d)
    near = np.minimum(size, delta)  # the part of the way that lies in the square
    return reduce(0.5 * near * near + delta * (size - near), reduction, d.size)


@operation
def huber_loss_backward(dy, input, target, reduction="mean", delta=1.0):
    """Gradient of `huber_loss`.

    Parameters
    ----------
    dy : number, or array (shape of input) for "none"
    input, target : array (any shape, both the same)
    reduction : {"mean", "sum", "none"}
    delta : float
        As in the forward call.

    Returns
    -------
    dinput : array (shape of input)
        ``dy * clip(input - target, -delta, delta)``, over the number of entries for "mean".

    Raises
    ------
    TypeError, ValueError
        As for `huber_loss`, and if ``dy`` is not what the reduction calls for.

    Examples
    --------
    >>> huber_loss_backward(1.0, np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="sum", delta=2.0)
    array([0.5, 2. ])
    """
    d = _difference(input, target)
    delta = _checks.number("delta", delta, above=0)
    return spread(dy, d, reduction, d.size) * np.clip(d, -delta, delta)


def _difference(input, target):
    _checks.like("target", target, "input", _checks.floats("input", input))
    return np.asarray(input - target)  # asarray: the difference of 0-d arrays is a scalar
