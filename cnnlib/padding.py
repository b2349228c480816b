"""Padding: a border around an image, so that a window can be centred on the edge.

Four ways to fill the border of ``a b c d``, two pixels on each side::

    constant    0 0 | a b c d | 0 0
    reflect     c b | a b c d | c b     the edge itself is not repeated
    replicate   a a | a b c d | d d
    circular    c d | a b c d | a b

In the last three every border pixel is a copy of an inner one. Backward therefore adds the gradient of
each copy to the pixel it was copied from.
"""

import numbers

import numpy as np

from cnnlib import _checks as check

MODES = ("constant", "reflect", "replicate", "circular")


def pad(x, padding, mode="constant", value=0.0):
    """Surround an array with a border.

    Parameters
    ----------
    x : array (..., H, W)
        Input; the last axes are padded, as many as ``padding`` has pairs.
    padding : tuple of ints
        ``(left, right)``, ``(left, right, top, bottom)`` and so on: the last axis comes first. A negative
        amount crops; only the constant mode takes one.
    mode : str
        ``"constant"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
    value : float
        What the constant mode fills the border with; infinite values are allowed.

    Returns
    -------
    y : array (..., H + top + bottom, W + left + right)
        A new array with the dtype of ``x``.

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or an amount is not an integer.
    ValueError
        If ``padding`` has an odd length or more pairs than ``x`` has axes, if a crop takes more than there
        is, if reflect is asked for as much as the axis is long (there is nothing left to reflect), circular
        for more than the axis is long, or if ``value`` is given to a mode other than constant.

    Notes
    -----
    Along one axis of length ``L``, output position ``i`` copies input position ``i - left``, and outside
    of the input

    .. math::
        \\text{reflect: } -k \\to k,\\; L - 1 + k \\to L - 1 - k, \\qquad
        \\text{replicate: } -k \\to 0,\\; L - 1 + k \\to L - 1, \\qquad
        \\text{circular: } k \\to k \\bmod L .

    References
    ----------
    Goodfellow, Bengio and Courville (2016), *Deep Learning*, section 9.5 (zero padding).

    Examples
    --------
    >>> import numpy as np
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
    amounts = _amounts(x, padding, mode, value)
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
    """Gradient of :func:`pad`: every copy sends its gradient back to the pixel it was copied from.

    Parameters
    ----------
    dy : array (..., H + top + bottom, W + left + right)
        Gradient of the loss with respect to the padded array.
    x : array (..., H, W)
        The input of the forward pass.
    padding, mode, value
        As in the forward pass.

    Returns
    -------
    dx : array (..., H, W)
        Gradient of the loss with respect to ``x``.

    Raises
    ------
    TypeError, ValueError
        As in the forward pass, and if ``dy`` has not the shape and dtype of the padded array.

    Notes
    -----
    With :math:`s(i)` the position that output ``i`` copies,

    .. math:: dx_k = \\sum_{i \\,:\\, s(i) = k} dy_i .

    A constant is copied from nowhere: its gradient is dropped, and so a constant border is cut off.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0, 3.0]])
    >>> dy = np.array([[10.0, 1.0, 1.0, 1.0, 20.0, 30.0]])
    >>> pad_backward(dy, x, (1, 2))
    array([[1., 1., 1.]])
    >>> pad_backward(dy, x, (1, 2), mode="reflect")     # forward: 2 1 2 3 2 1
    array([[31., 31.,  1.]])
    """
    amounts = _amounts(x, padding, mode, value)
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
    """For each position along a padded axis, the input position it copies."""
    i = np.arange(-before, size + after)
    if mode == "replicate":
        return i.clip(0, size - 1)
    if mode == "circular":
        return i % size
    i = np.abs(i)
    return size - 1 - np.abs(size - 1 - i)


def _add_back(dy, axis, size, sources):
    """Add slice ``i`` of ``dy`` along ``axis`` to slice ``sources[i]`` of a new array of length ``size``."""
    dy = np.moveaxis(dy, axis, 0)
    dx = np.zeros((size, *dy.shape[1:]), dtype=dy.dtype)
    for i, source in enumerate(sources):
        dx[source] += dy[i]
    return np.ascontiguousarray(np.moveaxis(dx, 0, axis))


def _padded_shape(x, amounts):
    return tuple(size + sum(amounts.get(axis, (0, 0))) for axis, size in enumerate(x.shape))


def _overlap(amounts, ndim):
    """The part that input and padded array share, as slices of the padded array and of the input."""
    inner, kept = [slice(None)] * ndim, [slice(None)] * ndim
    for axis, (before, after) in amounts.items():
        inner[axis] = slice(max(before, 0), -after if after > 0 else None)
        kept[axis] = slice(max(-before, 0), after if after < 0 else None)
    return tuple(inner), tuple(kept)


def _amounts(x, padding, mode, value):
    """Check the arguments; return ``{axis: (before, after)}`` with axes counted from the front."""
    check.floats("x", x)
    check.one_of("mode", mode, MODES)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"value must be a number, got {value!r}")
    if mode != "constant" and value != 0:
        raise ValueError(f"value is only for mode 'constant', got value {value} with mode {mode!r}")
    if not isinstance(padding, (tuple, list)):
        raise TypeError(f"padding must be a tuple (left, right, top, bottom), got {padding!r}")
    if len(padding) % 2 or len(padding) > 2 * x.ndim:
        raise ValueError(
            f"padding must hold pairs, at most one for each of the {x.ndim} dimensions of x, got {padding!r}"
        )
    numbers_ = [check.integer("padding", amount) for amount in padding]
    amounts = {}
    for k in range(len(padding) // 2):
        axis, before, after = x.ndim - 1 - k, numbers_[2 * k], numbers_[2 * k + 1]
        _check_room(x, axis, before, after, mode)
        amounts[axis] = before, after
    return amounts


def _check_room(x, axis, before, after, mode):
    size = x.shape[axis]
    if mode == "constant":
        if max(-before, 0) + max(-after, 0) > size:
            raise ValueError(f"padding {(before, after)} crops more than axis {axis} of x holds (shape {x.shape})")
        return
    most = {"reflect": size - 1, "replicate": max(before, after), "circular": size}[mode]
    if size == 0 or not 0 <= min(before, after) <= max(before, after) <= most:
        allowed = "at least 0" if mode == "replicate" else f"in [0, {most}]"
        raise ValueError(
            f"padding with mode {mode!r} must be {allowed} along axis {axis} of x (shape {x.shape}), "
            f"got {(before, after)}"
        )
