"""Normalization: subtract the mean, divide by the standard deviation, then let the network rescale.

`batch_norm` takes the statistics of each channel over the batch, `layer_norm` those of each item over its
own features. From there on they are the same formula, forward and backward.
"""

import numpy as np

from cnnlib import _checks


def batch_norm(
    x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """Normalize each channel over the batch (training) or by what was seen before (evaluation).

    Parameters
    ----------
    x : array (N, C) or (N, C, d1, ...)
    running_mean, running_var : array (C,), or None when training
        Averages over the batches so far.
    weight, bias : array (C,), optional
        The scale and the shift that follow.
    training : bool
        True: use the statistics of this batch. False: use the running ones.
    momentum : float
        How far, in [0, 1], the running statistics move towards this batch's.
    eps : float
        Added to the variance, inside the square root; over 0.

    Returns
    -------
    y : array (shape of x)
    new_running_mean, new_running_var : array (C,), or None where none were given
        New arrays; equal to the old ones when not training.

    Raises
    ------
    TypeError
        If an array is not of floats, or dtypes differ.
    ValueError
        If a shape does not fit, running statistics are missing in evaluation, a running variance is
        negative, or, in training, there is only one value per channel: its variance is unknown.

    Notes
    -----
    ``y = weight * xhat + bias`` with ``xhat = (x - mean) / sqrt(var + eps)``. In training, mean and var are
    those of the n values of a channel: ``var = sum((x - mean)**2) / n``. The running variance stores the
    unbiased estimate, with ``n - 1``:
    ``new = (1 - momentum) * old + momentum * var * n / (n - 1)``.

    In training every value moves the mean and the variance of its channel, and through them every other
    value. With ``g = dy * weight`` and ``s = sqrt(var + eps)``, means taken over each channel,
    ``dx = (g - mean(g) - xhat * mean(g * xhat)) / s``. In evaluation the statistics are constants, and
    ``dx = g / s``. In both, ``dweight = sum(dy * xhat)`` and ``dbias = sum(dy)``.

    References
    ----------
    Ioffe and Szegedy (2015), Batch normalization, sections 3 and 3.1, algorithms 1 and 2.

    Examples
    --------
    The values 1 and 3 have mean 2 and variance 1, or 2 if unbiased:

    >>> x, zero, one = np.array([[1.0], [3.0]]), np.array([0.0]), np.array([1.0])
    >>> y, new_mean, new_var = batch_norm(x, zero, one, training=True)
    >>> y.round(3).ravel(), new_mean, new_var
    (array([-1.,  1.]), array([0.2]), array([1.1]))
    >>> batch_norm(x, zero, one)[0].round(3).ravel()
    array([1., 3.])
    """
    eps = _check_batch(x, running_mean, running_var, weight, bias, training, eps)
    momentum = _checks.number("momentum", momentum, 0, 1)
    mean, var, n = _channel_statistics(x, running_mean, running_var, training)
    y = _affine(_normalize(x, mean, var, eps)[0], _per_channel(weight, x), _per_channel(bias, x))
    if training and n:
        running_mean = _move(running_mean, mean, momentum)
        running_var = _move(running_var, var * (n / (n - 1)), momentum)
    return y, _copy(running_mean), _copy(running_var)


def batch_norm_backward(
    dy, x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """Gradients of `batch_norm`.

    Parameters
    ----------
    dy : array (shape of x)
    x : array (N, C) or (N, C, d1, ...)
    running_mean, running_var : array (C,), or None when training
        As they went into the forward call.
    weight, bias : array (C,), optional
    training : bool
    momentum, eps : float
        As in the forward call; momentum plays no part.

    Returns
    -------
    dx : array (shape of x)
        ``(g - mean(g) - xhat * mean(g * xhat)) / s`` in training, ``g / s`` in evaluation, with
        ``g = dy * weight`` and ``s = sqrt(var + eps)``.
    dweight : array (C,), or None where there is no weight
        ``sum(dy * xhat)``
    dbias : array (C,), or None where there is no bias
        ``sum(dy)``

    Raises
    ------
    TypeError, ValueError
        As for `batch_norm`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    A shift of the whole batch changes nothing, so the gradients of a channel sum to 0:

    >>> x, dy = np.array([[1.0], [3.0], [8.0]]), np.array([[1.0], [0.0], [0.0]])
    >>> dx, dweight, dbias = batch_norm_backward(dy, x, None, None, training=True)
    >>> abs(dx.sum().round(12))
    np.float64(0.0)
    """
    eps = _check_batch(x, running_mean, running_var, weight, bias, training, eps)
    _checks.like("dy", dy, "x", x)
    mean, var, _ = _channel_statistics(x, running_mean, running_var, training)
    xhat, s = _normalize(x, mean, var, eps)
    g = dy if weight is None else dy * _per_channel(weight, x)
    axes = _batch_axes(x)
    dx = _normalize_backward(g, xhat, s, axes) if training else g / s
    dweight = None if weight is None else (dy * xhat).sum(axis=axes)
    dbias = None if bias is None else dy.sum(axis=axes)
    return dx, dweight, dbias


def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Normalize each item over its own trailing dimensions, whatever else is in the batch.

    Parameters
    ----------
    x : array (..., d1, ..., dk)
    normalized_shape : int or sequence of int
        The trailing dimensions, (d1, ..., dk).
    weight, bias : array (d1, ..., dk), optional
        The scale and the shift that follow.
    eps : float
        Added to the variance, inside the square root.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If an array is not of floats, or dtypes differ.
    ValueError
        If a shape does not fit, or ``eps`` is negative.

    Notes
    -----
    ``y = weight * xhat + bias`` with ``xhat = (x - mean) / sqrt(var + eps)``; mean and (biased) variance are
    those of the item. With ``g = dy * weight`` and ``s = sqrt(var + eps)``,
    ``dx = (g - mean(g) - xhat * mean(g * xhat)) / s``. Over all items, ``dweight = sum(dy * xhat)`` and
    ``dbias = sum(dy)``.

    References
    ----------
    Ba, Kiros and Hinton (2016), Layer normalization, section 3.

    Examples
    --------
    >>> layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), 2).round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    axes, eps = _check_layer(x, normalized_shape, weight, bias, eps)
    mean, var = _statistics(x, axes)
    return _affine(_normalize(x, mean, var, eps)[0], weight, bias)


def layer_norm_backward(dy, x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Gradients of `layer_norm`.

    Parameters
    ----------
    dy : array (shape of x)
    x : array (..., d1, ..., dk)
    normalized_shape : int or sequence of int
    weight, bias : array (d1, ..., dk), optional
    eps : float

    Returns
    -------
    dx : array (shape of x)
        ``(g - mean(g) - xhat * mean(g * xhat)) / s``, with ``g = dy * weight`` and ``s = sqrt(var + eps)``.
    dweight : array (d1, ..., dk), or None where there is no weight
        ``sum(dy * xhat)``
    dbias : array (d1, ..., dk), or None where there is no bias
        ``sum(dy)``

    Raises
    ------
    TypeError, ValueError
        As for `layer_norm`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    Of two values, the larger always becomes 1 and the smaller -1: there is next to no slope.

    >>> dx, dweight, dbias = layer_norm_backward(np.array([[1.0, 0.0]]), np.array([[1.0, 3.0]]), 2)
    >>> bool(abs(dx).max() < 1e-5)
    True
    """
    axes, eps = _check_layer(x, normalized_shape, weight, bias, eps)
    _checks.like("dy", dy, "x", x)
    xhat, s = _normalize(x, *_statistics(x, axes), eps)
    g = dy if weight is None else dy * weight
    dx = _normalize_backward(g, xhat, s, axes)
    items = tuple(range(x.ndim - len(axes)))
    dweight = None if weight is None else (dy * xhat).sum(axis=items)
    dbias = None if bias is None else dy.sum(axis=items)
    return dx, dweight, dbias


def _statistics(x, axes):
    """Return mean and biased variance over ``axes``, which stay as dimensions of length 1."""
    if x.size == 0:  # an empty batch: NumPy's mean would warn
        shape = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
        return np.zeros(shape, x.dtype), np.ones(shape, x.dtype)
    mean = x.mean(axis=axes, keepdims=True)
    return mean, np.square(x - mean).mean(axis=axes, keepdims=True)  # not E[x^2] - E[x]^2, which cancels


def _normalize(x, mean, var, eps):
    """Return xhat and the standard deviation it was divided by."""
    s = np.sqrt(var + eps)
    return (x - mean) / s, s


def _normalize_backward(g, xhat, s, axes):
    """Return the gradient of `_normalize` and `_statistics` together, with the upstream gradient g."""
    if g.size == 0:
        return g / s
    by_mean = g.mean(axis=axes, keepdims=True)
    by_variance = xhat * (g * xhat).mean(axis=axes, keepdims=True)
    return (g - by_mean - by_variance) / s


def _affine(xhat, weight, bias):
    y = xhat if weight is None else xhat * weight
    return y if bias is None else y + bias


def _batch_axes(x):
    return tuple(axis for axis in range(x.ndim) if axis != 1)


def _per_channel(a, x):
    """Return ``a``, one entry per channel, in a shape that broadcasts over ``x``."""
    return None if a is None else a.reshape((-1,) + (1,) * (x.ndim - 2))


def _channel_statistics(x, running_mean, running_var, training):
    """Return the mean and variance that `batch_norm` normalizes with, and the number of values a channel."""
    n = x.size // x.shape[1] if x.size else 0
    if training:
        return *_statistics(x, _batch_axes(x)), n
    return _per_channel(running_mean, x), _per_channel(running_var, x), n


def _move(running, batch, momentum):
    """Return the running statistic moved towards the batch's; None stays None."""
    return None if running is None else (1 - momentum) * running + momentum * batch.reshape(running.shape)


def _copy(a):
    return None if a is None else a.copy()


def _check_batch(x, running_mean, running_var, weight, bias, training, eps):
    """Check the arguments of `batch_norm`; return eps."""
    _checks.floats("x", x)
    if x.ndim < 2:
        raise ValueError(f"x must have at least 2 dimensions, (N, C, ...), got {x.ndim} (shape {x.shape})")
    eps = _checks.number("eps", eps, above=0)  # a Python float: NumPy's would turn float32 into float64
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, a in given.items():
        if a is not None:
            _checks.shape(name, _checks.floats(name, a), x.shape[1:2])
    _checks.same_dtype(x=x, **given)
    if running_var is not None and (running_var < 0).any():
        raise ValueError(f"running_var must not be negative, got {running_var.min()}")
    if _checks.flag("training", training):
        if x.size == x.shape[1]:
            raise ValueError(f"x must hold more than one value per channel in training, got shape {x.shape}")
    elif running_mean is None or running_var is None:
        raise ValueError("running_mean and running_var must be given when training is False, got None")
    return eps


def _check_layer(x, normalized_shape, weight, bias, eps):
    """Check the arguments of `layer_norm`; return the axes to normalize over and eps."""
    _checks.floats("x", x)
    eps = _checks.number("eps", eps, low=0)
    dims = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    dims = tuple(_checks.integer("normalized_shape", d, least=1) for d in dims)
    if not dims or x.shape[-len(dims) :] != dims:
        raise ValueError(f"normalized_shape must be the last dimensions of x, {x.shape}, got {dims}")
    for name, a in (("weight", weight), ("bias", bias)):
        if a is not None:
            _checks.shape(name, _checks.floats(name, a), dims)
    _checks.same_dtype(x=x, weight=weight, bias=bias)
    return tuple(range(x.ndim - len(dims), x.ndim)), eps
