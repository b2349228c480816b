"""Adaptive pooling: say how many windows you want, and they divide the image as evenly as they can.

Along an axis of ``size`` positions, window ``i`` of ``n`` goes from ``floor(i * size / n)`` up to, not including,
``ceil((i + 1) * size / n)``. Where n does not divide the size, neighbours share a position.
"""

import numpy as np

from cnnlib import _checks as check
from cnnlib import _windows as windows
from cnnlib.pooling.maximum import add_at_places


@windows.single_or_batch(ndim=3)
def adaptive_avg_pool2d(x, output_size):
    """Take the mean of each of H_out x W_out windows; for output size 1, global average pooling.

    Parameters
    ----------
    x : array (N, C, H, W) or (C, H, W)
        Images or feature maps of any size, or a single one; then all that belongs to it is without N.
    output_size : int, None or pair of them
        H_out and W_out. None keeps the size of ``x``.

    Returns
    -------
    y : array (N, C, H_out, W_out)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or ``output_size`` is of the wrong type.
    ValueError
        If ``x`` has neither three dimensions nor four, or ``output_size`` is not a pair or less than 1.

    Notes
    -----
    ``y[n, c, i, j] = mean of x[n, c, rows of window i, columns of window j]``.

    References
    ----------
    Lin, Chen and Yan (2014), Network in network, section 3.2 (global average pooling). He, Zhang, Ren and
    Sun (2014), Spatial pyramid pooling in deep convolutional networks for visual recognition, section 2.2.

    Examples
    --------
    Three windows for five columns: columns 0 and 1, then 1 to 3, then 3 and 4.

    >>> x = np.array([[[[1.0, 3.0, 5.0, 7.0, 9.0]]]])
    >>> adaptive_avg_pool2d(x, (1, 3))
    array([[[[2., 5., 8.]]]])
    """
    size = _check(x, output_size)
    y = np.empty((*x.shape[:2], *size), dtype=x.dtype)
    for i, j, rows, columns in _cells(x, size):
        y[:, :, i, j] = x[:, :, rows, columns].mean(axis=(2, 3))
    return y


@windows.single_or_batch(ndim=3)
def adaptive_avg_pool2d_backward(dy, x, output_size):
    """Gradient of `adaptive_avg_pool2d`: each window shares its gradient out evenly.

    Parameters
    ----------
    dy : array (N, C, H_out, W_out)
        Gradient of the loss with respect to the means.
    x, output_size
        As in `adaptive_avg_pool2d`.

    Returns
    -------
    dx : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        As in `adaptive_avg_pool2d`, and if ``dy`` differs from the means in dtype or shape.

    Notes
    -----
    ``dx[n, c, rows of window i, columns of window j] += dy[n, c, i, j] / size of the window`` for all i, j.

    Examples
    --------
    >>> x = np.zeros((1, 1, 1, 5))
    >>> adaptive_avg_pool2d_backward(np.array([[[[2.0, 3.0, 8.0]]]]), x, (1, 3))
    array([[[[1., 2., 1., 5., 4.]]]])
    """
    size = _check(x, output_size)
    windows.upstream(dy, x, (*x.shape[:2], *size))
    dx = np.zeros(x.shape, dtype=x.dtype)
    for i, j, rows, columns in _cells(x, size):
        area = (rows.stop - rows.start) * (columns.stop - columns.start)
        dx[:, :, rows, columns] += dy[:, :, i, j, None, None] / area
    return dx


@windows.single_or_batch(ndim=3)
def adaptive_max_pool2d(x, output_size, return_indices=False):
    """Take the largest value of each of H_out x W_out windows.

    Parameters
    ----------
    x : array (N, C, H, W) or (C, H, W)
        Images or feature maps of any size, or a single one; then all that belongs to it is without N.
    output_size : int, None or pair of them
        H_out and W_out. None keeps the size of ``x``.
    return_indices : bool
        Also say where each maximum stood.

    Returns
    -------
    y : array (N, C, H_out, W_out)
    indices : integer array (N, C, H_out, W_out)
        Only with ``return_indices``: places in the H x W plane, as in `max_pool2d`.

    Raises
    ------
    TypeError, ValueError
        As in `adaptive_avg_pool2d`.

    Notes
    -----
    ``y[n, c, i, j] = max of x[n, c, rows of window i, columns of window j]``.

    Examples
    --------
    >>> x = np.array([[[[1.0, 3.0, 5.0, 7.0, 9.0]]]])
    >>> adaptive_max_pool2d(x, (1, 3))
    array([[[[3., 7., 9.]]]])
    """
    size = _check(x, output_size)
    check.flag("return_indices", return_indices)
    y, places = _maxima(x, size)
    return (y, places) if return_indices else y


@windows.single_or_batch(ndim=3)
def adaptive_max_pool2d_backward(dy, x, output_size):
    """Gradient of `adaptive_max_pool2d`: each window hands its gradient to the pixel that won.

    Parameters
    ----------
    dy : array (N, C, H_out, W_out)
        Gradient of the loss with respect to the maxima.
    x, output_size
        As in `adaptive_max_pool2d`.

    Returns
    -------
    dx : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        As in `adaptive_max_pool2d`, and if ``dy`` differs from the maxima in dtype or shape.

    Notes
    -----
    ``dx[n, c, place of window (i, j)] += dy[n, c, i, j]`` for all i, j.

    Examples
    --------
    The 9 is the largest of two windows, and its gradients add:

    >>> x = np.array([[[[1.0, 9.0, 5.0]]]])
    >>> adaptive_max_pool2d_backward(np.array([[[[10.0, 20.0]]]]), x, (1, 2))
    array([[[[ 0., 30.,  0.]]]])
    """
    size = _check(x, output_size)
    windows.upstream(dy, x, (*x.shape[:2], *size))
    return add_at_places(dy, x, _maxima(x, size)[1])


def _maxima(x, size):
    """The maximum of each window, and its place in the plane."""
    y = np.empty((*x.shape[:2], *size), dtype=x.dtype)
    places = np.empty(y.shape, dtype=np.int64)
    for i, j, rows, columns in _cells(x, size):
        window = x[:, :, rows, columns]
        width = window.shape[3]
        window = window.reshape(*x.shape[:2], window.shape[2] * width)
        k = _winner(window)
        y[:, :, i, j] = np.take_along_axis(window, k[..., None], axis=2)[..., 0]
        places[:, :, i, j] = (rows.start + k // width) * x.shape[3] + columns.start + k % width
    return y, places


def _winner(window):
    """The first maximum along the last axis; among NaN, the last, where PyTorch's scan ends up."""
    nan = np.isnan(window)
    last = window.shape[-1] - 1 - nan[..., ::-1].argmax(axis=-1)
    return np.where(nan.any(axis=-1), last, window.argmax(axis=-1))


def _cells(x, size):
    """Every window as ``(i, j, rows, columns)``, the last two as slices."""
    for i, rows in enumerate(_ranges(x.shape[2], size[0])):
        for j, columns in enumerate(_ranges(x.shape[3], size[1])):
            yield i, j, rows, columns


def _ranges(size, n):
    return [slice(i * size // n, -(-(i + 1) * size // n)) for i in range(n)]  # -(-a // b) rounds up


def _check(x, output_size):
    """Check the arguments; return (H_out, W_out)."""
    windows.images("x", x)
    sides = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    if len(sides) != 2:
        raise ValueError(f"output_size must be an integer, None or a pair of them, got {output_size!r}")
    return tuple(
        x.shape[2 + axis] if side is None else check.integer("output_size", side, 1)
        for axis, side in enumerate(sides)
    )
