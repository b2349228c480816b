"""The arithmetic of a convolution's shapes, and the checks that every convolution begins with."""

from cnnlib import _checks as check
from cnnlib import _windows as windows


def conv2d_output_size(input_size, kernel_size, stride=1, padding=0, dilation=1):
    """Height and width of what `conv2d` returns.

    Parameters
    ----------
    input_size, kernel_size : int or pair of int
        Height and width of the images, and of the filters.
    stride, padding, dilation
        As in `conv2d`.

    Returns
    -------
    size : pair of int
        ``(H_out, W_out)``.

    Raises
    ------
    TypeError, ValueError
        As in `conv2d`.

    Notes
    -----
    Along each axis, ``out = (size + padding on both sides - dilation * (kernel - 1) - 1) // stride + 1``: the
    last tap of a window lies ``dilation * (kernel - 1)`` beyond the first, and what is left over is room to
    move in steps of ``stride``.

    References
    ----------
    Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, sections 2.4 and 5.1.

    Examples
    --------
    >>> conv2d_output_size(28, 5)
    (24, 24)
    >>> conv2d_output_size((28, 20), 3, stride=2, padding=1)
    (14, 10)
    """
    size = check.pair("input_size", input_size, 1)
    kernel = check.pair("kernel_size", kernel_size, 1)
    stride, dilation = check.pair("stride", stride, 1), check.pair("dilation", dilation, 1)
    return output_size(size, kernel, stride, dilation, border(padding, kernel, stride, dilation))


def border(padding, kernel, stride, dilation):
    """``padding`` in the form that `pad` takes: (left, right, top, bottom)."""
    if isinstance(padding, str):
        check.one_of("padding", padding, ("same", "valid"))
        if padding == "valid":
            return 0, 0, 0, 0
        if stride != (1, 1):
            raise ValueError(f"padding='same' needs stride 1, got {stride}")
        rows, columns = (windows.span(kernel[axis], dilation[axis]) - 1 for axis in (0, 1))
        return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2
    rows, columns = check.pair("padding", padding, 0)
    return columns, columns, rows, rows


def output_size(size, kernel, stride, dilation, sides):
    """Windows in each direction, as (H_out, W_out); refuses a kernel that does not fit."""
    left, right, top, bottom = sides
    rows = windows.count(size[0], kernel[0], stride[0], dilation[0], top, bottom)
    columns = windows.count(size[1], kernel[1], stride[1], dilation[1], left, right)
    if rows < 1 or columns < 1:
        covered = tuple(windows.span(kernel[axis], dilation[axis]) for axis in (0, 1))
        raise ValueError(
            f"the kernel must fit into the padded input, which is {(size[0] + top + bottom, size[1] + left + right)}, "
            f"but with kernel size {tuple(kernel)} and dilation {dilation} it covers {covered}"
        )
    return rows, columns


def padded_shape(x, sides):
    """The shape of ``x`` with a border of ``sides`` around it."""
    left, right, top, bottom = sides
    return x.shape[0], x.shape[1], x.shape[2] + top + bottom, x.shape[3] + left + right


def check_arrays(x, w, b, groups):
    """What `conv2d` and `conv_transpose2d` both ask of their arrays; returns ``groups``."""
    windows.images("x", x)
    check.floats("w", w, 4)
    if 0 in w.shape:
        raise ValueError(f"w must not be empty, got shape {w.shape}")
    if b is not None:
        check.floats("b", b, 1)
    check.same_dtype(x=x, w=w, b=b)
    return check.integer("groups", groups, 1)
