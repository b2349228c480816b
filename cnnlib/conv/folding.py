"""Columns put back as windows: the transpose of `unfold`."""

from cnnlib import _checks as check
from cnnlib import _windows as windows
from cnnlib.conv.columns import gather, scatter
from cnnlib.conv.sizes import border, output_size
from cnnlib.padding import pad


@windows.single_or_batch(ndim=2)
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Put every column back as a window of an image; where windows overlap, they add.

    Parameters
    ----------
    x : array (N, C * kH * kW, windows) or (C * kH * kW, windows)
        Columns as `unfold` returns them.
    output_size : int or pair of int
        Height and width of the image.
    kernel_size, dilation, padding, stride : int or pair of int
        As in `unfold`.

    Returns
    -------
    y : array (N, C, H, W), or (C, H, W) without N

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or an option is not an integer.
    ValueError
        If ``x`` has neither two dimensions nor three, or not a column for each window; if an option is too small,
        or the window does not fit.

    Notes
    -----
    ``y[n, c, i * stride + k * dilation, j * stride + l * dilation] += x[n, (c, k, l), (i, j)]`` for all of
    ``i, j, k, l``; then the padding is cut off. It does to numbers what `unfold_backward` does to gradients, and its
    own way back is `unfold`.

    References
    ----------
    Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for document
    processing, section 2.

    Examples
    --------
    The second pixel stands in both windows:

    >>> import numpy as np
    >>> x = np.array([[1.0, 10.0], [2.0, 20.0]])
    >>> fold(x, (1, 3), (1, 2))
    array([[[ 1., 12., 20.]]])
    """
    kernel, stride, dilation, sides, count, shape = _check(x, output_size, kernel_size, dilation, padding, stride)
    left, right, top, bottom = sides
    padded = shape[:2] + (shape[2] + top + bottom, shape[3] + left + right)
    y = scatter(x, padded, kernel, stride, dilation, count)
    return y[:, :, top : top + shape[2], left : left + shape[3]].copy()


@windows.single_or_batch(ndim=2)
def fold_backward(dy, x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Gradient of `fold`: write every window of ``dy`` as a column.

    Parameters
    ----------
    dy : array (N, C, H, W), or (C, H, W) without N
        Gradient of the loss with respect to the image.
    x, output_size, kernel_size, dilation, padding, stride
        As in `fold`.

    Returns
    -------
    dx : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        As in `fold`, and if ``dy`` differs from the image in dtype or shape.

    Notes
    -----
    ``dx[n, (c, k, l), (i, j)] = dy[n, c, i * stride + k * dilation, j * stride + l * dilation]``, with ``dy`` padded
    with zeros.

    Examples
    --------
    >>> import numpy as np
    >>> fold_backward(np.array([[[5.0, 6.0, 7.0]]]), np.zeros((2, 2)), (1, 3), (1, 2))
    array([[5., 6.],
           [6., 7.]])
    """
    kernel, stride, dilation, sides, _, shape = _check(x, output_size, kernel_size, dilation, padding, stride)
    windows.upstream(dy, x, shape)
    return gather(pad(dy, sides), kernel, stride, dilation)


def _check(x, image_size, kernel_size, dilation, padding, stride):
    """Check the arguments; return kernel, stride, dilation, border, windows each way, and the shape of the image."""
    check.floats("x", x, (2, 3))  # with two it is a batch by now
    size = check.pair("output_size", image_size, 1)
    kernel = check.pair("kernel_size", kernel_size, 1)
    stride, dilation = check.pair("stride", stride, 1), check.pair("dilation", dilation, 1)
    sides = border(check.pair("padding", padding, 0), kernel, stride, dilation)
    count = output_size(size, kernel, stride, dilation, sides)
    taps, columns = kernel[0] * kernel[1], count[0] * count[1]
    if x.shape[1] == 0 or x.shape[1] % taps or x.shape[2] != columns:
        raise ValueError(
            f"x must have C * {taps} rows, for a kernel of {kernel}, and {columns} columns, one for each window of an "
            f"image of {size}; got shape {x.shape}"
        )
    return kernel, stride, dilation, sides, count, (len(x), x.shape[1] // taps, *size)
