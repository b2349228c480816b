"""Average pooling: the mean of each window."""

import numpy as np

from cnnlib import _checks as check
from cnnlib import _windows as windows
from cnnlib.padding import pad, pad_backward

NO_DILATION = 1, 1


@windows.single_or_batch(ndim=3)
def avg_pool2d(
    x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Take the mean of each window.

    Parameters
    ----------
    x : array (N, C, H, W) or (C, H, W)
        Images or feature maps, or a single one; then all that belongs to it is without N.
    kernel_size : int or pair of int
        Height and width of the window.
    stride : int or pair of int, optional
        How far the window moves; ``kernel_size`` unless given.
    padding : int or pair of int
        Rows and columns of zeros on each side, at most half of ``kernel_size``.
    ceil_mode : bool
        Keep a last window that hangs over the end, as long as it starts before the padding there.
    count_include_pad : bool
        Whether padding counts in the number that the sum is divided by. What hangs over the padding never does.
    divisor_override : int, optional
        Divide by this instead.

    Returns
    -------
    y : array (N, C, H_out, W_out)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or an option has the wrong type.
    ValueError
        If ``x`` has neither three dimensions nor four, an option is out of range, or the window does not fit.

    Notes
    -----
    ``y[n, c, i, j] = sum over k, l of x[n, c, i * stride + k, j * stride + l] / count[i, j]``, with x padded.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition,
    section II.A (sub-sampling).

    Examples
    --------
    >>> x = np.array([[[[1.0, 2.0], [3.0, 6.0]]]])
    >>> avg_pool2d(x, 2)
    array([[[[3.]]]])
    >>> avg_pool2d(x, 2, padding=1)                             # each pixel with three zeros
    array([[[[0.25, 0.5 ],
             [0.75, 1.5 ]]]])
    >>> avg_pool2d(x, 2, padding=1, count_include_pad=False)
    array([[[[1., 2.],
             [3., 6.]]]])
    """
    kernel, stride, padding, size = _check(x, kernel_size, stride, padding, ceil_mode)
    divisor = _divisor(x, kernel, stride, padding, size, count_include_pad, divisor_override)
    padded = pad(x, windows.reach(x, kernel, stride, padding, NO_DILATION, size))
    y = np.zeros((*x.shape[:2], *size), dtype=x.dtype)
    for seen in windows.taps(padded, kernel, stride, NO_DILATION, size):
        y += seen
    y /= divisor
    return y


@windows.single_or_batch(ndim=3)
def avg_pool2d_backward(
    dy, x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Gradient of `avg_pool2d`: each window shares its gradient out evenly.

    Parameters
    ----------
    dy : array (N, C, H_out, W_out)
        Gradient of the loss with respect to the means.
    x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        As in `avg_pool2d`.

    Returns
    -------
    dx : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        As in `avg_pool2d`, and if ``dy`` differs from the means in dtype or shape.

    Notes
    -----
    ``dx[n, c, i * stride + k, j * stride + l] += dy[n, c, i, j] / count[i, j]`` for all i, j, k, l; then the
    padding is cut off.

    Examples
    --------
    The pixel in the middle stands in both windows:

    >>> x = np.zeros((1, 1, 1, 3))
    >>> avg_pool2d_backward(np.array([[[[2.0, 6.0]]]]), x, (1, 2), stride=1)
    array([[[[1., 4., 3.]]]])
    """
    kernel, stride, padding, size = _check(x, kernel_size, stride, padding, ceil_mode)
    divisor = _divisor(x, kernel, stride, padding, size, count_include_pad, divisor_override)
    windows.upstream(dy, x, (*x.shape[:2], *size))
    share = dy / divisor
    left, right, top, bottom = border = windows.reach(x, kernel, stride, padding, NO_DILATION, size)
    dpadded = np.zeros((*x.shape[:2], x.shape[2] + top + bottom, x.shape[3] + left + right), dtype=x.dtype)
    for seen in windows.taps(dpadded, kernel, stride, NO_DILATION, size):
        seen += share  # a view of dpadded; windows overlap, so this has to add
    return pad_backward(dpadded, x, border)


def _divisor(x, kernel, stride, padding, size, count_include_pad, divisor_override):
    """What the sum of each window is divided by, as an array (H_out, W_out) with the dtype of ``x``."""
    check.flag("count_include_pad", count_include_pad)
    if divisor_override is not None:
        check.integer("divisor_override", divisor_override)
        if divisor_override == 0:
            raise ValueError("divisor_override must not be 0")
        return np.full(size, divisor_override, dtype=x.dtype)
    counts = []
    for axis in (0, 1):
        length, border = x.shape[2 + axis], padding[axis]
        start = np.arange(size[axis]) * stride[axis] - border
        end = np.minimum(start + kernel[axis], length + border)
        if not count_include_pad:
            start, end = np.maximum(start, 0), np.minimum(end, length)
        counts.append(end - start)
    return np.outer(*counts).astype(x.dtype)


def _check(x, kernel_size, stride, padding, ceil_mode):
    """Check the arguments; return kernel, stride, padding (pairs) and output size."""
    windows.images("x", x)
    kernel, stride, padding = windows.pooling(kernel_size, stride, padding)
    return kernel, stride, padding, windows.pooled_size(x, kernel, stride, padding, NO_DILATION, ceil_mode)
