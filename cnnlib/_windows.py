"""Windows that slide over images: the arithmetic that convolution and pooling share.

A window has ``kernel`` taps along each axis, ``dilation`` apart, and moves by ``stride``. Along one axis,
tap ``k`` of window ``i`` touches position ``i * stride + k * dilation`` of the padded input.

Inside, images always come as a batch; `single_or_batch` is the one place that knows of single ones.
"""

import functools
import inspect

import numpy as np

from cnnlib import _checks as check


def single_or_batch(ndim):
    """Let ``f(x, ...)`` or ``f(dy, x, ...)``, which takes batches, take a single item too: ``x`` with ``ndim`` axes.

    It is handed over as a batch of one, and so is what belongs to it (``dy``, ``indices``). Of what comes back, the
    batch is taken off again: off every output going forward, off ``dx``, the first, going backward.
    """

    def decorate(f):
        signature = inspect.signature(f)
        backward = "dy" in signature.parameters

        @functools.wraps(f)
        def either(*args, **options):
            x = args[backward] if len(args) > backward else options.get("x")
            if not isinstance(x, np.ndarray) or x.ndim != ndim:
                return f(*args, **options)
            call = signature.bind(*args, **options)
            given = call.arguments
            for name in {"dy", "x", "indices"} & set(given):
                if isinstance(given[name], np.ndarray):
                    given[name] = given[name][None]
            try:
                result = f(*call.args, **call.kwargs)
            except ValueError as error:
                error.add_note(f"x, of shape {x.shape}, is without a batch, and was taken for a batch of one")
                raise
            if not isinstance(result, tuple):
                return result[0]
            return (result[0][0], *result[1:]) if backward else tuple(a[0] for a in result)

        return either

    return decorate


def images(name, x):
    """Return ``x`` if it is a batch of images (N, C, H, W); only the batch may be empty."""
    check.floats(name, x, (3, 4))  # with three it is a batch by now, see `single_or_batch`
    if 0 in x.shape[1:]:
        raise ValueError(f"{name} must have at least one channel, row and column, got shape {x.shape}")
    return x


def upstream(dy, x, expected):
    """Check the upstream gradient: the dtype of ``x``, the shape of the output."""
    check.floats("dy", dy)
    check.same_dtype(dy=dy, x=x)
    check.shape("dy", dy, expected)


def span(kernel, dilation):
    """How many positions a window covers from its first tap to its last."""
    return dilation * (kernel - 1) + 1


def count(size, kernel, stride, dilation, before, after, ceil_mode=False):
    """How many windows fit along an axis of ``size`` positions with padding ``before`` and ``after``.

    With ``ceil_mode`` the last window may hang over the end, but it has to start before the padding there.
    """
    room = size + before + after - span(kernel, dilation)
    if ceil_mode:
        windows = (room + stride - 1) // stride + 1
        return windows - 1 if (windows - 1) * stride >= size + before else windows
    return room // stride + 1


def taps(x, kernel, stride, dilation, windows):
    """For each tap of the window, in scan order, the part of ``x`` that it sees.

    Yields kH * kW views of shape (N, C, H_out, W_out): entry (i, j) of a view belongs to window (i, j).
    A view is a strided slice, so writing into it writes into ``x``.
    """
    for p in range(kernel[0]):
        for q in range(kernel[1]):
            top, left = p * dilation[0], q * dilation[1]
            rows = slice(top, top + stride[0] * windows[0], stride[0])
            columns = slice(left, left + stride[1] * windows[1], stride[1])
            yield x[:, :, rows, columns]


def pooling(kernel_size, stride, padding):
    """Kernel, stride and padding of a pooling as pairs; the stride is the kernel's size unless given."""
    kernel = check.pair("kernel_size", kernel_size, 1)
    stride = kernel if stride is None else check.pair("stride", stride, 1)
    padding = check.pair("padding", padding, 0)
    if any(2 * padding[axis] > kernel[axis] for axis in (0, 1)):
        raise ValueError(f"padding must be at most half of kernel_size {kernel}, got {padding}")
    return kernel, stride, padding


def pooled_size(x, kernel, stride, padding, dilation, ceil_mode):
    """Windows of a pooling in each direction, as (H_out, W_out); refuses a window that does not fit."""
    check.flag("ceil_mode", ceil_mode)
    size = tuple(
        count(x.shape[2 + axis], kernel[axis], stride[axis], dilation[axis], padding[axis], padding[axis], ceil_mode)
        for axis in (0, 1)
    )
    if min(size) < 1:
        raise ValueError(
            f"kernel_size must fit into the padded input, got {kernel} with dilation {dilation} and padding "
            f"{padding} for x of shape {x.shape}"
        )
    return size


def reach(x, kernel, stride, padding, dilation, size):
    """The border that windows of a pooling reach into, in the form that `pad` takes: (left, right, top, bottom)."""
    after = [
        (size[axis] - 1) * stride[axis] + span(kernel[axis], dilation[axis]) - padding[axis] - x.shape[2 + axis]
        for axis in (0, 1)
    ]
    return padding[1], max(after[1], 0), padding[0], max(after[0], 0)
