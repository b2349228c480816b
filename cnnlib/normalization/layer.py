"""Layer normalization: the statistics of each item, over its own features."""

from cnnlib import _checks
from cnnlib.normalization._formula import affine, normalize, normalize_backward, statistics


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
    >>> import numpy as np
    >>> layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), 2).round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    axes, eps = _check_layer(x, normalized_shape, weight, bias, eps)
    mean, var = statistics(x, axes)
    return affine(normalize(x, mean, var, eps)[0], weight, bias)


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

    >>> import numpy as np
    >>> dx, dweight, dbias = layer_norm_backward(np.array([[1.0, 0.0]]), np.array([[1.0, 3.0]]), 2)
    >>> bool(abs(dx).max() < 1e-5)
    True
    """
    axes, eps = _check_layer(x, normalized_shape, weight, bias, eps)
    _checks.like("dy", dy, "x", x)
    xhat, s = normalize(x, *statistics(x, axes), eps)
    g = dy if weight is None else dy * weight
    dx = normalize_backward(g, xhat, s, axes)
    items = tuple(range(x.ndim - len(axes)))
    dweight = None if weight is None else (dy * xhat).sum(axis=items)
    dbias = None if bias is None else dy.sum(axis=items)
    return dx, dweight, dbias


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
