"""Convolution forward and backward, as matrix products."""

import numpy as np

from cnnlib import _checks as check
from cnnlib import _windows as windows
from cnnlib.conv.columns import as_rows, by_group, gather, scatter
from cnnlib.conv.sizes import border, check_arrays, output_size, padded_shape
from cnnlib.padding import pad, pad_backward


@windows.single_or_batch(ndim=3)
def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide filters over images (cross-correlation: the filter is not flipped).

    Parameters
    ----------
    x : array (N, C, H, W) or (C, H, W)
        Images, or a single one; then all that belongs to it is without N.
    w : array (F, C / groups, kH, kW)
        Filters.
    b : array (F,), optional
        Bias: one number for each filter.
    stride : int or pair of int
        How far the window moves.
    padding : int, pair of int, "same" or "valid"
        Rows and columns of zeros on each side. "valid" is none. "same" keeps H and W; for an even kernel
        that takes one more row below than above, and one more column on the right than on the left.
    dilation : int or pair of int
        How far apart neighbouring taps of a filter are.
    groups : int
        Cut the channels and the filters into this many groups: a filter sees its own group of channels.

    Returns
    -------
    y : array (N, F, H_out, W_out)
        Feature maps. `conv2d_output_size` says how large.

    Raises
    ------
    TypeError
        If an array is not float32 or float64, if they mix the two, or an option is not an integer.
    ValueError
        If shapes do not go together, ``groups`` does not divide channels and filters, the kernel is larger
        than the padded image, an option is too small, or "same" comes with a stride other than 1.

    Notes
    -----
    With x padded, and c running over the channels of the filter's group::

        y[n, f, i, j] = b[f] + sum over c, k, l of
                        w[f, c, k, l] * x[n, c, i * stride + k * dilation, j * stride + l * dilation]

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition,
    section II.A. Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, section 2.

    Examples
    --------
    The first window holds 0, 1, 3, 4, and 1 * 0 + 2 * 1 + 3 * 3 + 4 * 4 = 27:

    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> conv2d(x, w)
    array([[[[27., 37.],
             [57., 67.]]]])
    """
    stride, dilation, sides, size = _check(x, w, b, stride, padding, dilation, groups)
    columns = by_group(gather(pad(x, sides), w.shape[2:], stride, dilation), groups)
    y = np.matmul(as_rows(w, groups), columns)  # one matrix product for each image and group
    y = y.reshape(len(x), len(w), *size)
    if b is not None:
        y += b[:, None, None]
    return y


@windows.single_or_batch(ndim=3)
def conv2d_backward(dy, x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Gradients of `conv2d`.

    Parameters
    ----------
    dy : array (N, F, H_out, W_out)
        Gradient of the loss with respect to the output.
    x, w, b, stride, padding, dilation, groups
        As in `conv2d`.

    Returns
    -------
    dx : array (shape of x)
    dw : array (F, C / groups, kH, kW)
    db : array (F,) or None
        None if there is no bias.

    Raises
    ------
    TypeError, ValueError
        As in `conv2d`, and if ``dy`` differs from the output in dtype or shape.

    Notes
    -----
    A weight is used at every place of every image, a pixel by every window that holds it, and where a value
    is used more than once its gradients add::

        db[f]          = sum over n, i, j of dy[n, f, i, j]
        dw[f, c, k, l] = sum over n, i, j of
                         dy[n, f, i, j] * x[n, c, i * stride + k * dilation, j * stride + l * dilation]
        dx[n, c, i * stride + k * dilation, j * stride + l * dilation] += dy[n, f, i, j] * w[f, c, k, l]
                         for all f, i, j, k, l; then the padding is cut off

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 9.5.

    Examples
    --------
    The first and the last window count, the last one twice. They share the pixel in the middle, which is the
    first one's 4 and the last one's 1: 1 * 4 + 2 * 1 = 6.

    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> dy = np.array([[[[1.0, 0.0], [0.0, 2.0]]]])
    >>> dx, dw, db = conv2d_backward(dy, x, w)
    >>> dx
    array([[[[1., 2., 0.],
             [3., 6., 4.],
             [0., 6., 8.]]]])
    >>> dw
    array([[[[ 8., 11.],
             [17., 20.]]]])
    """
    stride, dilation, sides, size = _check(x, w, b, stride, padding, dilation, groups)
    windows.upstream(dy, x, (len(x), len(w), *size))
    columns = by_group(gather(pad(x, sides), w.shape[2:], stride, dilation), groups)
    dy = by_group(dy, groups)

    db = None if b is None else dy.sum(axis=(0, 3)).ravel()
    dw = np.matmul(dy, columns.swapaxes(2, 3)).sum(axis=0).reshape(w.shape)
    dcolumns = np.matmul(as_rows(w, groups).swapaxes(1, 2), dy)
    dpadded = scatter(dcolumns, padded_shape(x, sides), w.shape[2:], stride, dilation, size)
    return pad_backward(dpadded, x, sides), dw, db


def _check(x, w, b, stride, padding, dilation, groups):
    """Check the arguments; return stride, dilation, border and output size."""
    groups = check_arrays(x, w, b, groups)
    if x.shape[1] != w.shape[1] * groups:
        raise ValueError(
            f"x must have {w.shape[1] * groups} channels for w of shape {w.shape} and groups={groups}, "
            f"got x of shape {x.shape}"
        )
    if len(w) % groups:
        raise ValueError(f"groups must divide the number of filters, {len(w)}, got {groups}")
    if b is not None:
        check.shape("b", b, (len(w),))
    stride, dilation = check.pair("stride", stride, 1), check.pair("dilation", dilation, 1)
    sides = border(padding, w.shape[2:], stride, dilation)
    return stride, dilation, sides, output_size(x.shape[2:], w.shape[2:], stride, dilation, sides)
