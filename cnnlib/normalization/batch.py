"""Batch normalization: the statistics of each channel, over the batch."""

from cnnlib import _checks
from cnnlib.normalization._formula import affine, batch_axes, normalize, normalize_backward, per_channel, statistics


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

    >>> import numpy as np
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
    y = affine(normalize(x, mean, var, eps)[0], per_channel(weight, x), per_channel(bias, x))
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

    >>> import numpy as np
    >>> x, dy = np.array([[1.0], [3.0], [8.0]]), np.array([[1.0], [0.0], [0.0]])
    >>> dx, dweight, dbias = batch_norm_backward(dy, x, None, None, training=True)
    >>> abs(dx.sum().round(12))
    np.float64(0.0)
    """
    eps = _check_batch(x, running_mean, running_var, weight, bias, training, eps)
    _checks.like("dy", dy, "x", x)
    mean, var, _ = _channel_statistics(x, running_mean, running_var, training)
    xhat, s = normalize(x, mean, var, eps)
    g = dy if weight is None else dy * per_channel(weight, x)
    axes = batch_axes(x)
    dx = normalize_backward(g, xhat, s, axes) if training else g / s
    dweight = None if weight is None else (dy * xhat).sum(axis=axes)
    dbias = None if bias is None else dy.sum(axis=axes)
    return dx, dweight, dbias


def _channel_statistics(x, running_mean, running_var, training):
    """Return the mean and variance that `batch_norm` normalizes with, and the number of values a channel."""
    n = x.size // x.shape[1] if x.size else 0
    if training:
        return *statistics(x, batch_axes(x)), n
    return per_channel(running_mean, x), per_channel(running_var, x), n


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
