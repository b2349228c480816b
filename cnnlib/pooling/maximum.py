"""Max-pooling: the largest value of each window goes on, and the gradient finds its way back to it."""

import numpy as np

from cnnlib import _checks as check
from cnnlib import _windows as windows
from cnnlib.padding import pad


@windows.single_or_batch(ndim=3)
def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Take the largest value of each window.

    Parameters
    ----------
    x : array (N, C, H, W) or (C, H, W)
        Images or feature maps, or a single one; then all that belongs to it is without N.
    kernel_size : int or pair of int
        Height and width of the window.
    stride : int or pair of int, optional
        How far the window moves. Without it, by ``kernel_size``: the windows touch and do not overlap.
    padding : int or pair of int
        Rows and columns of minus infinity on each side, which never win; at most half of ``kernel_size``.
    dilation : int or pair of int
        How far apart neighbouring taps of the window are.
    ceil_mode : bool
        Keep a last window that hangs over the end, as long as it starts before the padding there.
    return_indices : bool
        Also say where each maximum stood.

    Returns
    -------
    y : array (N, C, H_out, W_out)
        The maxima. A window that holds a NaN gives NaN.
    indices : integer array (N, C, H_out, W_out)
        Only with ``return_indices``: for each maximum its place ``row * W + column`` in its H x W plane. Of
        equal maxima it is the first in scan order, left to right and top to bottom; of several NaN the last.

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or an option has the wrong type.
    ValueError
        If ``x`` has neither three dimensions nor four, an option is out of range, the window does not fit, or a window
        would hold nothing but padding.

    Notes
    -----
    ``y[n, c, i, j] = max over k, l of x[n, c, i * stride + k * dilation, j * stride + l * dilation]``, with x
    padded.

    References
    ----------
    Ranzato, Huang, Boureau and LeCun (2007), Unsupervised learning of invariant feature hierarchies with
    applications to object recognition, section 2.

    Examples
    --------
    >>> x = np.array([[[[1.0, 2.0, 0.0, 5.0], [4.0, 3.0, 5.0, 0.0]]]])
    >>> max_pool2d(x, 2)
    array([[[[4., 5.]]]])
    >>> max_pool2d(x, 2, return_indices=True)[1]    # the 4 starts the second row; of two fives, the first
    array([[[[4, 3]]]])
    """
    geometry = _check(x, kernel_size, stride, padding, dilation, ceil_mode)
    check.flag("return_indices", return_indices)
    y = _maxima(x, *geometry)
    return (y, _places(x, *geometry)) if return_indices else y


@windows.single_or_batch(ndim=3)
def max_pool2d_backward(dy, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, indices=None):
    """Gradient of `max_pool2d`: each window hands its gradient to the pixel that won.

    Parameters
    ----------
    dy : array (N, C, H_out, W_out)
        Gradient of the loss with respect to the maxima.
    x, kernel_size, stride, padding, dilation, ceil_mode
        As in `max_pool2d`.
    indices : integer array (N, C, H_out, W_out), optional
        The places that `max_pool2d` returned, which saves looking for them again.

    Returns
    -------
    dx : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        As in `max_pool2d`, if ``dy`` differs from the maxima in dtype or shape, or if ``indices`` are not
        places in the planes of ``x``.

    Notes
    -----
    ``dx[n, c, place of window (i, j)] += dy[n, c, i, j]``. Everyone else gets nothing: had another pixel of
    the window been a little larger, the maximum would be the same.

    Examples
    --------
    The fives stand next to each other, and only the first of them is the maximum of its window:

    >>> x = np.array([[[[1.0, 2.0, 0.0, 5.0], [4.0, 3.0, 5.0, 0.0]]]])
    >>> max_pool2d_backward(np.array([[[[10.0, 20.0]]]]), x, 2)
    array([[[[ 0.,  0.,  0., 20.],
             [10.,  0.,  0.,  0.]]]])
    """
    geometry = _check(x, kernel_size, stride, padding, dilation, ceil_mode)
    windows.upstream(dy, x, x.shape[:2] + geometry[-1])
    indices = _places(x, *geometry) if indices is None else check_places(indices, dy.shape, x.shape[2:])
    return add_at_places(dy, x, indices)


def add_at_places(dy, x, indices):
    """Add each number of ``dy`` at its place in an array of zeros like ``x``."""
    dx = np.zeros(x.size, dtype=x.dtype)
    np.add.at(dx, flat_places(indices, x.shape[2:]), dy.ravel())  # dx[...] += dy would keep one of several
    return dx.reshape(x.shape)


def flat_places(indices, size):
    """Places in planes of ``size`` (H, W) as places in all planes one after another, flat."""
    planes = np.arange(indices.shape[0] * indices.shape[1]).reshape(*indices.shape[:2], 1, 1)
    return (planes * (size[0] * size[1]) + indices).ravel()


def _maxima(x, kernel, stride, padding, dilation, size):
    x = pad(x, windows.reach(x, kernel, stride, padding, dilation, size), value=-np.inf)
    y = np.full((*x.shape[:2], *size), -np.inf, dtype=x.dtype)
    for seen in windows.taps(x, kernel, stride, dilation, size):
        np.maximum(y, seen, out=y)  # NaN wins
    return y


def _places(x, kernel, stride, padding, dilation, size):
    """Where each maximum stands: go through the taps in scan order and move on only to what is larger, or NaN."""
    padded = pad(x, windows.reach(x, kernel, stride, padding, dilation, size), value=-np.inf)
    y = np.full((*x.shape[:2], *size), -np.inf, dtype=x.dtype)
    rows, columns = _first_inside(size, stride, padding, dilation)
    places = np.broadcast_to(rows[:, None] * x.shape[3] + columns, y.shape).copy()
    taps = windows.taps(padded, kernel, stride, dilation, size)
    for place, seen in zip(_tap_places(x, kernel, stride, padding, dilation, size), taps, strict=True):
        better = (seen > y) | np.isnan(seen)
        np.maximum(y, seen, out=y)
        np.copyto(places, place, where=better)
    return places


def _tap_places(x, kernel, stride, padding, dilation, size):
    """For each tap in scan order, its place ``row * W + column`` in every window: arrays (H_out, W_out)."""
    for k in range(kernel[0]):
        for m in range(kernel[1]):
            rows = np.arange(size[0]) * stride[0] + k * dilation[0] - padding[0]
            columns = np.arange(size[1]) * stride[1] + m * dilation[1] - padding[1]
            yield rows[:, None] * x.shape[3] + columns  # on padding it means nothing; padding never wins


def _first_inside(size, stride, padding, dilation):
    """Row and column of the first tap that is not on padding, for each row and each column of windows."""
    first = [np.arange(size[axis]) * stride[axis] - padding[axis] for axis in (0, 1)]
    return [np.where(first[axis] < 0, first[axis] % dilation[axis], first[axis]) for axis in (0, 1)]


def _check(x, kernel_size, stride, padding, dilation, ceil_mode):
    """Check the arguments; return kernel, stride, padding, dilation (pairs) and output size."""
    windows.images("x", x)
    kernel, stride, padding = windows.pooling(kernel_size, stride, padding)
    dilation = check.pair("dilation", dilation, 1)
    size = windows.pooled_size(x, kernel, stride, padding, dilation, ceil_mode)
    for axis, first in enumerate(_first_inside(size, stride, padding, dilation)):
        if first.max() >= x.shape[2 + axis]:
            raise ValueError(
                f"dilation {dilation} and padding {padding} give a window that holds nothing but padding, for x "
                f"of shape {x.shape}"
            )
    return kernel, stride, padding, dilation, size


def check_places(indices, expected, size):
    """Return ``indices`` if they have the shape ``expected`` and are places in planes of ``size`` (H, W)."""
    check.integers("indices", indices, 4)
    check.shape("indices", indices, expected)
    plane = size[0] * size[1]
    if indices.size and not 0 <= indices.min() <= indices.max() < plane:
        raise ValueError(
            f"indices must be in [0, {plane - 1}] for images of size {tuple(size)}, "
            f"got {indices.min()} to {indices.max()}"
        )
    return indices.astype(np.int64, copy=False)
