"""Windows as the columns of a matrix, and back: im2col and col2im."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlib import _checks as check
from cnnlib import _windows as windows
from cnnlib.conv.sizes import border, output_size, padded_shape
from cnnlib.padding import pad, pad_backward


@windows.single_or_batch(ndim=3)
def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """Write every window of an image as a column of a matrix.

    Parameters
    ----------
    x : array (N, C, H, W) or (C, H, W)
        Images, or a single one; then all that belongs to it is without N.
    kernel_size, dilation, padding, stride : int or pair of int
        The window, as in `conv2d`. Mind the order, which is PyTorch's.

    Returns
    -------
    y : array (N, C * kH * kW, H_out * W_out)
        One column for each window, from left to right and from top to bottom. Down a column come the
        channels; in a channel, the rows of the window; in a row, its pixels.

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or an option is not an integer.
    ValueError
        If ``x`` has neither three dimensions nor four, an option is too small, or the window does not fit.

    Notes
    -----
    ``y[n, (c, k, l), (i, j)] = x[n, c, i * stride + k * dilation, j * stride + l * dilation]``, with ``x``
    padded.

    References
    ----------
    Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for document
    processing, section 2.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> unfold(x, 2)
    array([[[0., 1., 3., 4.],
            [1., 2., 4., 5.],
            [3., 4., 6., 7.],
            [4., 5., 7., 8.]]])
    """
    kernel, stride, dilation, sides, _ = _check(x, kernel_size, dilation, padding, stride)
    return gather(pad(x, sides), kernel, stride, dilation)


@windows.single_or_batch(ndim=3)
def unfold_backward(dy, x, kernel_size, dilation=1, padding=0, stride=1):
    """Gradient of `unfold`: add every column to the window it came from.

    Parameters
    ----------
    dy : array (N, C * kH * kW, H_out * W_out)
        Gradient of the loss with respect to the columns.
    x, kernel_size, dilation, padding, stride
        As in `unfold`.

    Returns
    -------
    dx : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        As in `unfold`, and if ``dy`` differs from the columns in dtype or shape.

    Notes
    -----
    ``dx[n, c, i * stride + k * dilation, j * stride + l * dilation] += dy[n, (c, k, l), (i, j)]`` for all of
    ``i, j, k, l``; then the padding is cut off.

    Examples
    --------
    With a gradient of ones, each pixel counts the windows it stands in:

    >>> x = np.zeros((1, 1, 3, 3))
    >>> unfold_backward(np.ones((1, 4, 4)), x, 2)
    array([[[[1., 2., 1.],
             [2., 4., 2.],
             [1., 2., 1.]]]])
    """
    kernel, stride, dilation, sides, size = _check(x, kernel_size, dilation, padding, stride)
    windows.upstream(dy, x, (len(x), x.shape[1] * kernel[0] * kernel[1], size[0] * size[1]))
    dpadded = scatter(dy, padded_shape(x, sides), kernel, stride, dilation, size)
    return pad_backward(dpadded, x, sides)


def gather(x, kernel, stride, dilation):
    """Every window of ``x`` as a column: (N, C, H, W) becomes (N, C * kH * kW, H_out * W_out)."""
    extent = windows.span(kernel[0], dilation[0]), windows.span(kernel[1], dilation[1])
    view = sliding_window_view(x, extent, axis=(2, 3))  # (N, C, row, column, row in it, column in it): no copy
    view = view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    n, c, h_out, w_out, kh, kw = view.shape
    return view.transpose(0, 1, 4, 5, 2, 3).copy().reshape(n, c * kh * kw, h_out * w_out)


def scatter(columns, shape, kernel, stride, dilation, size):
    """Add every column to its window, in an array of zeros of the given shape: the transpose of `gather`."""
    x = np.zeros(shape, dtype=columns.dtype)
    columns = columns.reshape(shape[0], shape[1], kernel[0] * kernel[1], *size)
    for k, seen in enumerate(windows.taps(x, kernel, stride, dilation, size)):
        seen += columns[:, :, k]  # a view of x; windows overlap, so this has to add
    return x


def by_group(x, groups):
    """Cut the second axis into groups and run all axes after it into one: (N, groups, rows, rest)."""
    rest = x.shape[2] if x.ndim == 3 else x.shape[2] * x.shape[3]
    return x.reshape(len(x), groups, x.shape[1] // groups, rest)


def as_rows(w, groups):
    """Each filter as a row of a matrix, a matrix for each group: (groups, len(w) / groups, length)."""
    return w.reshape(groups, len(w) // groups, w.shape[1] * w.shape[2] * w.shape[3])


def _check(x, kernel_size, dilation, padding, stride):
    windows.images("x", x)
    kernel = check.pair("kernel_size", kernel_size, 1)
    stride, dilation = check.pair("stride", stride, 1), check.pair("dilation", dilation, 1)
    sides = border(check.pair("padding", padding, 0), kernel, stride, dilation)
    return kernel, stride, dilation, sides, output_size(x.shape[2:], kernel, stride, dilation, sides)
