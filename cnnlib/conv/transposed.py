"""Transposed convolution: the way back through a convolution, used as a way forward."""

import numpy as np

from cnnlib import _checks as check
from cnnlib import _windows as windows
from cnnlib.conv.columns import as_rows, by_group, gather, scatter
from cnnlib.conv.sizes import check_arrays
from cnnlib.padding import pad


@windows.single_or_batch(ndim=3)
def conv_transpose2d(x, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Paint with filters: each pixel adds the filter, times its own value, to a larger image.

    What `conv2d` does to the gradient on the way back, this does to an image.

    Parameters
    ----------
    x : array (N, C, H, W) or (C, H, W)
        Images, or a single one; then all that belongs to it is without N.
    w : array (C, F / groups, kH, kW)
        Filters. The input's channels come first, the other way round from `conv2d`.
    b : array (F,), optional
        Bias: one number for each output channel.
    stride : int or pair of int
        How far apart neighbouring pixels paint.
    padding : int or pair of int
        Rows and columns that are cut off on each side of the painting.
    output_padding : int or pair of int
        Rows below and columns on the right that are kept beyond that. With a stride, images of several
        sizes shrink to the same size, and this says which of them to come back to.
    groups : int
        As in `conv2d`. Note PyTorch's order: it stands before ``dilation`` here.
    dilation : int or pair of int
        As in `conv2d`.

    Returns
    -------
    y : array (N, F, H_out, W_out)
        ``H_out = (H - 1) * stride + dilation * (kH - 1) + 1 + output_padding - 2 * padding``, W_out alike.

    Raises
    ------
    TypeError
        If an array is not float32 or float64, if they mix the two, or an option is not an integer.
    ValueError
        If shapes do not go together, ``groups`` does not divide the channels, an option is too small,
        ``output_padding`` is not smaller than stride or dilation, or ``padding`` leaves nothing.

    Notes
    -----
    From zeros, then cut to size, then the bias added::

        y[n, f, i * stride + k * dilation, j * stride + l * dilation] += x[n, c, i, j] * w[c, f, k, l]
                                                                         for all c, i, j, k, l

    References
    ----------
    Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, section 4. Long, Shelhamer
    and Darrell (2015), Fully convolutional networks for semantic segmentation, section 3.3.

    Examples
    --------
    The first pixel paints 1, 2, 3; the second, one to the right, 10, 20, 30:

    >>> x = np.array([[[[1.0, 10.0]]]])
    >>> w = np.array([[[[1.0, 2.0, 3.0]]]])
    >>> conv_transpose2d(x, w)
    array([[[[ 1., 12., 23., 30.]]]])
    >>> conv_transpose2d(x, w, stride=2)
    array([[[[ 1.,  2., 13., 20., 30.]]]])
    """
    stride, dilation, cut, extra, size = _check(x, w, b, stride, padding, output_padding, groups, dilation)
    columns = np.matmul(as_rows(w, groups).swapaxes(1, 2), by_group(x, groups))
    canvas = len(x), w.shape[1] * groups, size[0] + 2 * cut[0], size[1] + 2 * cut[1]
    painting = scatter(columns, canvas, w.shape[2:], stride, dilation, x.shape[2:])
    y = painting[:, :, cut[0] : cut[0] + size[0], cut[1] : cut[1] + size[1]].copy()
    if b is not None:
        y += b[:, None, None]
    return y


@windows.single_or_batch(ndim=3)
def conv_transpose2d_backward(dy, x, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Gradients of `conv_transpose2d`; the one with respect to ``x`` is a convolution of ``dy`` with ``w``.

    Parameters
    ----------
    dy : array (N, F, H_out, W_out)
        Gradient of the loss with respect to the output.
    x, w, b, stride, padding, output_padding, groups, dilation
        As in `conv_transpose2d`.

    Returns
    -------
    dx : array (shape of x)
    dw : array (C, F / groups, kH, kW)
    db : array (F,) or None
        None if there is no bias.

    Raises
    ------
    TypeError, ValueError
        As in `conv_transpose2d`, and if ``dy`` differs from the output in dtype or shape.

    Notes
    -----
    With zeros in place of what was cut off::

        db[f]          = sum over n, i, j of dy[n, f, i, j]
        dx[n, c, i, j] = sum over f, k, l of
                         w[c, f, k, l] * dy[n, f, i * stride + k * dilation, j * stride + l * dilation]
        dw[c, f, k, l] = sum over n, i, j of
                         x[n, c, i, j] * dy[n, f, i * stride + k * dilation, j * stride + l * dilation]

    Examples
    --------
    The 5 lies under the last tap of the second pixel, so that pixel gets 3 * 5 and that tap 10 * 5:

    >>> x = np.array([[[[1.0, 10.0]]]])
    >>> w = np.array([[[[1.0, 2.0, 3.0]]]])
    >>> dy = np.array([[[[1.0, 0.0, 0.0, 5.0]]]])
    >>> dx, dw, db = conv_transpose2d_backward(dy, x, w)
    >>> dx
    array([[[[ 1., 15.]]]])
    >>> dw
    array([[[[ 1.,  0., 50.]]]])
    """
    stride, dilation, cut, extra, size = _check(x, w, b, stride, padding, output_padding, groups, dilation)
    windows.upstream(dy, x, (len(x), w.shape[1] * groups, *size))
    canvas = pad(dy, (cut[1], cut[1], cut[0], cut[0]))
    painted = canvas[:, :, : canvas.shape[2] - extra[0], : canvas.shape[3] - extra[1]]  # no filter goes beyond
    columns = by_group(gather(painted, w.shape[2:], stride, dilation), groups)

    db = None if b is None else dy.sum(axis=(0, 2, 3))
    dw = np.matmul(by_group(x, groups), columns.swapaxes(2, 3)).sum(axis=0).reshape(w.shape)
    dx = np.matmul(as_rows(w, groups), columns).reshape(x.shape)
    return dx, dw, db


def _check(x, w, b, stride, padding, output_padding, groups, dilation):
    """Check the arguments; return stride, dilation, cut, extra and output size."""
    groups = check_arrays(x, w, b, groups)
    if x.shape[1] != len(w):
        raise ValueError(f"x must have {len(w)} channels for w of shape {w.shape}, got x of shape {x.shape}")
    if x.shape[1] % groups:
        raise ValueError(f"groups must divide the number of channels, {x.shape[1]}, got {groups}")
    if b is not None:
        check.shape("b", b, (w.shape[1] * groups,))
    stride, dilation = check.pair("stride", stride, 1), check.pair("dilation", dilation, 1)
    cut, extra = check.pair("padding", padding, 0), check.pair("output_padding", output_padding, 0)
    size = []
    for axis in (0, 1):
        if extra[axis] >= max(stride[axis], dilation[axis]):
            raise ValueError(
                f"output_padding must be smaller than stride {stride} or dilation {dilation}, got {extra}"
            )
        painted = (x.shape[2 + axis] - 1) * stride[axis] + windows.span(w.shape[2 + axis], dilation[axis])
        size.append(painted + extra[axis] - 2 * cut[axis])
    if min(size) < 1:
        raise ValueError(f"padding must leave some of the output, got {cut}, which leaves {tuple(size)}")
    return stride, dilation, cut, extra, tuple(size)
