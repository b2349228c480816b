"""Padding: a border around an image, so that a window can stand at the edge.

Four ways to fill the border of ``a b c d``, two pixels on each side::

    constant    0 0 | a b c d | 0 0
    reflect     c b | a b c d | c b     the edge itself is not repeated
    replicate   a a | a b c d | d d
    circular    c d | a b c d | a b

In the last three every pixel of the border is a copy of an inner one. On the way back each copy adds its
gradient to the pixel it was copied from.
"""

import numbers

import numpy as np

from cnnlib import _checks as check

MODES = ("constant", "reflect", "replicate", "circular")


def pad(x, padding, mode="constant", value=0.0):
    """Put a border around an image.

    Parameters
    ----------
    x : array (..., H, W)
        Of any number of dimensions; as many of the last ones are padded as ``padding`` has pairs.
    padding : tuple of int
        ``(left, right)`` or ``(left, right, top, bottom)`` and so on: the last dimension comes first. In
        mode "constant" an amount may be negative, and cuts off.
    mode : str
        "constant", "reflect", "replicate" or "circular".
    value : float
        What the constant is; it may be infinite.

    Returns
    -------
    y : array (..., top + H + bottom, left + W + right)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, ``padding`` not a tuple of integers, ``value`` not a number.
    ValueError
        If ``mode`` is none of the four, ``padding`` does not come in pairs or has too many of them, an amount
        is more than the mode can give ("reflect": less than the size, "circular": up to the size) or cuts off
        more than there is, or if a ``value`` comes with another mode than "constant".

    Notes
    -----
    Along one dimension of a given size, ``y[i] = x[source(i - left)]``, where ``source(k)`` is

    * "reflect": ``-k`` before the first and ``2 * (size - 1) - k`` after the last,
    * "replicate": ``0`` before the first and ``size - 1`` after the last,
    * "circular": ``k % size``,

    and ``k`` itself on the image.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 9.5 (why a convolution pads). Gonzalez and
    Woods (2018), Digital Image Processing, fourth edition, section 3.4 (ways to fill the border).

    Examples
    --------
    >>> x = np.array([[1.0, 2.0, 3.0]])
    >>> pad(x, (1, 2))
    array([[0., 1., 2., 3., 0., 0.]])
    >>> pad(x, (1, 2), mode="reflect")
    array([[2., 1., 2., 3., 2., 1.]])
    >>> pad(x, (1, 2), mode="replicate")
    array([[1., 1., 2., 3., 3., 3.]])
    >>> pad(x, (1, 2), mode="circular")
    array([[3., 1., 2., 3., 1., 2.]])
    """
    amounts = _check(x, padding, mode, value)
    if mode == "constant":
        y = np.full(_padded_shape(x, amounts), value, dtype=x.dtype)
        inner, kept = _overlap(amounts, x.ndim)
        y[inner] = x[kept]
        return y
    y = x.copy()
    for axis, (before, after) in amounts.items():
        y = y.take(_sources(x.shape[axis], before, after, mode), axis=axis)
    return y


def pad_backward(dy, x, padding, mode="constant", value=0.0):
    """Gradient of `pad`: every copy hands its gradient to the pixel it was copied from.

    Parameters
    ----------
    dy : array (..., top + H + bottom, left + W + right)
        Gradient of the loss with respect to the padded image.
    x, padding, mode, value
        As in `pad`.

    Returns
    -------
    dx : array (..., H, W)

    Raises
    ------
    TypeError, ValueError
        As in `pad`, and if ``dy`` differs from the padded image in dtype or shape.

    Notes
    -----
    Along one dimension, ``dx[source(i - left)] += dy[i]`` for all i. A constant is copied from nowhere, so in
    mode "constant" the border is cut off, and a pixel that was cut off gets zero.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0, 3.0]])
    >>> dy = np.array([[10.0, 1.0, 1.0, 1.0, 20.0, 30.0]])
    >>> pad_backward(dy, x, (1, 2))
    array([[1., 1., 1.]])

    Reflected, the padded row was 2, 1, 2, 3, 2, 1. The 1 stands in it twice, the 2 three times:

    >>> pad_backward(dy, x, (1, 2), mode="reflect")
    array([[31., 31.,  1.]])
    """
    amounts = _check(x, padding, mode, value)
    check.floats("dy", dy)
    check.same_dtype(dy=dy, x=x)
    check.shape("dy", dy, _padded_shape(x, amounts))
    if mode == "constant":
        dx = np.zeros(x.shape, dtype=x.dtype)
        inner, kept = _overlap(amounts, x.ndim)
        dx[kept] = dy[inner]
        return dx
    dx = dy.copy()
    for axis, (before, after) in amounts.items():
        dx = _add_back(dx, axis, x.shape[axis], _sources(x.shape[axis], before, after, mode))
    return dx


def _sources(size, before, after, mode):
    """For each position along a padded axis, the position it is copied from."""
    k = np.arange(-before, size + after)
    if mode == "replicate":
        return k.clip(0, size - 1)
    if mode == "circular":
        return k % size
    last = size - 1
    return last - np.abs(last - np.abs(k))  # folded at 0, then at the last


def _add_back(dy, axis, size, sources):
    """Along ``axis``, add slice i of ``dy`` to slice ``sources[i]`` of an array of zeros that is ``size`` long."""
    dy = np.moveaxis(dy, axis, 0)
    dx = np.zeros((size, *dy.shape[1:]), dtype=dy.dtype)
    for i, source in enumerate(sources):
        dx[source] += dy[i]
    return np.ascontiguousarray(np.moveaxis(dx, 0, axis))


def _overlap(amounts, ndim):
    """What padded and unpadded array have in common, as slices of the one and slices of the other."""
    inner, kept = [slice(None)] * ndim, [slice(None)] * ndim
    for axis, (before, after) in amounts.items():
        inner[axis] = slice(max(before, 0), -after if after > 0 else None)
        kept[axis] = slice(max(-before, 0), after if after < 0 else None)
    return tuple(inner), tuple(kept)


def _padded_shape(x, amounts):
    return tuple(size + sum(amounts.get(axis, (0, 0))) for axis, size in enumerate(x.shape))


def _check(x, padding, mode, value):
    """Check the arguments; return ``padding`` as ``{axis: (before, after)}``, axes counted from the front."""
    check.floats("x", x)
    check.one_of("mode", mode, MODES)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"value must be a number, got {value!r}")
    if isinstance(value, int) and value.bit_length() > 1000:
        raise ValueError(f"value must be a number that a float can hold, got an integer of {value.bit_length()} bits")
    if mode != "constant" and value != 0:
        raise ValueError(f"value must be left out with mode {mode!r}, got {value}")
    if not isinstance(padding, (tuple, list)):
        raise TypeError(f"padding must be a tuple (left, right, top, bottom), got {padding!r}")
    if len(padding) % 2 or len(padding) > 2 * x.ndim:
        raise ValueError(
            f"padding must hold pairs, at most {x.ndim} of them for x of shape {x.shape}, got {padding!r}"
        )
    padding = [check.integer("padding", amount) for amount in padding]
    pairs = zip(padding[::2], padding[1::2], strict=True)
    amounts = {x.ndim - 1 - i: pair for i, pair in enumerate(pairs)}
    for axis, pair in amounts.items():
        _check_amounts(x, axis, pair, mode)
    return amounts


def _check_amounts(x, axis, pair, mode):
    size = x.shape[axis]
    if mode == "constant":
        if sum(max(-amount, 0) for amount in pair) > size:
            raise ValueError(f"padding must not cut off more than the {size} of dimension {axis}, got {pair}")
        return
    if size == 0:
        raise ValueError(f"mode {mode!r} needs something to copy, but dimension {axis} of x is empty (shape {x.shape})")
    most = {"reflect": size - 1, "replicate": np.inf, "circular": size}[mode]
    if min(pair) < 0 or max(pair) > most:
        allowed = "at least 0" if mode == "replicate" else f"in [0, {most}]"
        raise ValueError(
            f"padding must be {allowed} for mode {mode!r} along dimension {axis} of x (shape {x.shape}), got {pair}"
        )
