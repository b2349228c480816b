"""Rectifiers: keep the positive, and drop or shrink the rest."""

import numpy as np

from cnnlib import _checks
from cnnlib._operation import operation


@operation
def relu(x):
    """Keep what is positive, set the rest to zero: the rectified linear unit.

    Parameters
    ----------
    x : array (any shape)

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array.

    Notes
    -----
    ``y = max(x, 0)``. ``dx = dy`` where x is positive, 0 elsewhere; at the kink, x = 0, it is 0.

    References
    ----------
    Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann machines, section 2.

    Examples
    --------
    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(_checks.floats("x", x), 0)


@operation
def relu_backward(dy, x):
    """Gradient of `relu`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)

    Returns
    -------
    dx : array (shape of x)
        ``dy`` where ``x > 0``, else 0.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dy`` differs from it in dtype or shape.

    Examples
    --------
    >>> relu_backward(np.array([5.0, 6.0, 7.0]), np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 7.])
    """
    _checks.like("dy", dy, "x", _checks.floats("x", x))
    return np.where(x <= 0, 0, dy)


@operation
def leaky_relu(x, negative_slope=0.01):
    """Keep what is positive, shrink the rest: a relu that never dies.

    Parameters
    ----------
    x : array (any shape)
    negative_slope : float
        The slope left of zero.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or ``negative_slope`` not a number.

    Notes
    -----
    ``y = max(x, 0) + negative_slope * min(x, 0)``. ``dx = dy`` where x is positive, ``negative_slope * dy``
    elsewhere, x = 0 included.

    References
    ----------
    Maas, Hannun and Ng (2013), Rectifier nonlinearities improve neural network acoustic models, section 2.1.

    Examples
    --------
    >>> leaky_relu(np.array([-2.0, 0.0, 3.0]), negative_slope=0.1)
    array([-0.2,  0. ,  3. ])
    """
    _checks.floats("x", x)
    slope = _checks.number("negative_slope", negative_slope)
    return np.where(x > 0, x, slope * x)  # selected: a mask times infinity would be NaN


@operation
def leaky_relu_backward(dy, x, negative_slope=0.01):
    """Gradient of `leaky_relu`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)
    negative_slope : float
        As in the forward call.

    Returns
    -------
    dx : array (shape of x)
        ``dy`` where ``x > 0``, else ``negative_slope * dy``.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dy`` differs from it in dtype or shape.

    Examples
    --------
    >>> leaky_relu_backward(np.array([5.0, 6.0]), np.array([-2.0, 3.0]), negative_slope=0.1)
    array([0.5, 6. ])
    """
    _checks.like("dy", dy, "x", _checks.floats("x", x))
    slope = _checks.number("negative_slope", negative_slope)
    return np.where(x > 0, dy, slope * dy)


@operation
def prelu(x, w):
    """Leaky relu whose slope is learned: one for all, or one per channel.

    Parameters
    ----------
    x : array (any shape; channels on axis 1)
    w : array (1,) or (C,)
        The slope left of zero.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If ``x`` or ``w`` is not a float array, or their dtypes differ.
    ValueError
        If ``w`` holds neither one slope nor one for each channel of ``x``.

    Notes
    -----
    ``y = max(x, 0) + w * min(x, 0)``. ``dx = dy`` where x is positive, ``w * dy`` elsewhere (x = 0 included);
    ``dw`` is the sum of ``dy * min(x, 0)`` over everything that shared the slope. A slope that is NaN or infinite
    leaves what is positive as it is.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, section 2.1.

    Examples
    --------
    >>> prelu(np.array([[-2.0, -2.0]]), np.array([0.5, 0.25]))
    array([[-1. , -0.5]])
    """
    w = _slopes(x, w)
    return np.where(x > 0, x, w * x)


@operation
def prelu_backward(dy, x, w):
    """Gradients of `prelu`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)
    w : array (1,) or (C,)

    Returns
    -------
    dx : array (shape of x)
        ``dy`` where ``x > 0``, else ``w * dy``.
    dw : array (shape of w)
        ``sum(dy * min(x, 0))``.

    Raises
    ------
    TypeError, ValueError
        As for `prelu`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    >>> dx, dw = prelu_backward(np.array([[3.0, 4.0]]), np.array([[-2.0, 1.0]]), np.array([0.5]))
    >>> dx, dw
    (array([[1.5, 4. ]]), array([-6.]))
    """
    slopes = _slopes(x, w)
    _checks.like("dy", dy, "x", x)
    dx = np.where(x > 0, dy, slopes * dy)
    shared = tuple(axis for axis in range(x.ndim) if w.size == 1 or axis != 1)
    dw = np.sum(np.where(x > 0, 0, dy * x), axis=shared)
    return dx, np.reshape(dw, w.shape)


def _slopes(x, w):
    """Return prelu's ``w`` in a shape that broadcasts over ``x``."""
    _checks.floats("x", x)
    _checks.floats("w", w, ndim=(0, 1))
    _checks.same_dtype(x=x, w=w)
    if w.size == 1:
        return w.reshape((1,) * x.ndim)
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.size != channels:
        raise ValueError(f"w must have shape (1,) or ({channels},), one slope per channel, got {w.shape}")
    return w.reshape((-1,) + (1,) * (x.ndim - 2))
