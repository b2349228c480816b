"""Group normalization: the statistics of a group of channels, in each item."""

from cnnlib import _checks
from cnnlib.normalization._formula import affine, batch_axes, normalize, normalize_backward, per_channel, statistics


def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalize each group of neighbouring channels of each item, whatever else is in the batch.

    Parameters
    ----------
    x : array (N, C) or (N, C, d1, ...)
    num_groups : int
        How many groups; it divides C. 1 takes all channels together, C each by itself.
    weight, bias : array (C,), optional
        The scale and the shift that follow, one for each channel.
    eps : float
        Added to the variance, inside the square root.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If an array is not of floats, dtypes differ, or ``num_groups`` is not an integer.
    ValueError
        If a shape does not fit, ``num_groups`` does not divide the channels, ``eps`` is negative, or a single
        item has a single value in each group.

    Notes
    -----
    ``y = weight * xhat + bias`` with ``xhat = (x - mean) / sqrt(var + eps)``; mean and (biased) variance are
    those of the group. With ``g = dy * weight``, ``s = sqrt(var + eps)`` and means taken over each group,
    ``dx = (g - mean(g) - xhat * mean(g * xhat)) / s``. Over all items and positions, ``dweight = sum(dy * xhat)``
    and ``dbias = sum(dy)``.

    References
    ----------
    Wu and He (2018), Group normalization, section 3.

    Examples
    --------
    Two groups of two channels:

    >>> import numpy as np
    >>> group_norm(np.array([[1.0, 3.0, 10.0, 30.0]]), 2).round(3)
    array([[-1.,  1., -1.,  1.]])
    """
    eps = _check_group(x, num_groups, weight, bias, eps)
    groups = _by_group(x, num_groups)
    xhat = normalize(groups, *statistics(groups, (2,)), eps)[0].reshape(x.shape)
    return affine(xhat, per_channel(weight, x), per_channel(bias, x))


def group_norm_backward(dy, x, num_groups, weight=None, bias=None, eps=1e-5):
    """Gradients of `group_norm`.

    Parameters
    ----------
    dy : array (shape of x)
    x : array (N, C) or (N, C, d1, ...)
    num_groups : int
    weight, bias : array (C,), optional
    eps : float

    Returns
    -------
    dx : array (shape of x)
        ``(g - mean(g) - xhat * mean(g * xhat)) / s``, with ``g = dy * weight`` and ``s = sqrt(var + eps)``.
    dweight : array (C,), or None where there is no weight
        ``sum(dy * xhat)``
    dbias : array (C,), or None where there is no bias
        ``sum(dy)``

    Raises
    ------
    TypeError, ValueError
        As for `group_norm`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    A shift of a whole group changes nothing, so the gradients of a group sum to 0:

    >>> import numpy as np
    >>> x, dy = np.array([[1.0, 3.0, 8.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> dx, dweight, dbias = group_norm_backward(dy, x, 1)
    >>> bool(abs(dx.sum()) < 1e-12)
    True
    """
    eps = _check_group(x, num_groups, weight, bias, eps)
    _checks.like("dy", dy, "x", x)
    groups = _by_group(x, num_groups)
    xhat, s = normalize(groups, *statistics(groups, (2,)), eps)
    g = dy if weight is None else dy * per_channel(weight, x)
    dx = normalize_backward(g.reshape(groups.shape), xhat, s, (2,)).reshape(x.shape)
    axes = batch_axes(x)
    dweight = None if weight is None else (dy * xhat.reshape(x.shape)).sum(axis=axes)
    dbias = None if bias is None else dy.sum(axis=axes)
    return dx, dweight, dbias


def _by_group(x, num_groups):
    """Return ``x`` as (N, groups, values of a group)."""
    return x.reshape(len(x), num_groups, x[:1].size // num_groups if len(x) else 0)


def _check_group(x, num_groups, weight, bias, eps):
    """Check the arguments of `group_norm`; return eps."""
    _checks.floats("x", x)
    if x.ndim < 2:
        raise ValueError(f"x must have at least 2 dimensions, (N, C, ...), got {x.ndim} (shape {x.shape})")
    eps = _checks.number("eps", eps, low=0)
    if x.shape[1] % _checks.integer("num_groups", num_groups, 1):
        raise ValueError(f"num_groups must divide the number of channels, {x.shape[1]}, got {num_groups}")
    for name, a in (("weight", weight), ("bias", bias)):
        if a is not None:
            _checks.shape(name, _checks.floats(name, a), x.shape[1:2])
    _checks.same_dtype(x=x, weight=weight, bias=bias)
    if x.size == num_groups:
        raise ValueError(f"x must hold more than one value for each of the {num_groups} groups, got shape {x.shape}")
    return eps
