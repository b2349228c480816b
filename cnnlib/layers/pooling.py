"""Pooling, and the layers that only change a shape. The mathematics is in `cnnlib.pooling`."""

from cnnlib import _checks as checks
from cnnlib import _windows as windows
from cnnlib import pooling
from cnnlib.layers._common import as_given
from cnnlib.layers.pair import PairLayer
from cnnlib.linear import flatten, flatten_backward
from cnnlib.module import Layer


class _MaxPool(PairLayer):
    """What layers share that can also say where each maximum stood; ``backward`` takes the maxima's gradient alone."""

    def __init__(self, return_indices):
        super().__init__()
        self.return_indices = checks.flag("return_indices", return_indices)

    def forward(self, x):
        """Return the maxima, or with ``return_indices`` the maxima and their places."""
        y = self.pair[0](x, **self._keywords(), return_indices=self.return_indices)
        self.save(x)
        return y


class MaxPool2d(_MaxPool):
    """The largest value of each window, see `cnnlib.pooling.max_pool2d`.

    Parameters
    ----------
    kernel_size : int or pair of int
        Height and width of the window.
    stride : int or pair of int, optional
        The kernel size unless given: windows that touch and do not overlap.
    padding, dilation : int or pair of int
        As for a convolution; the padding is minus infinity and at most half of the kernel.
    return_indices : bool
        Also return where each maximum stood: ``y, indices``.
    ceil_mode : bool
        Keep a last window that the input fills only in part.

    Examples
    --------
    >>> import numpy as np
    >>> MaxPool2d(2)(np.array([[[[1.0, 2.0], [4.0, 3.0]]]]))
    array([[[[4.]]]])
    >>> MaxPool2d(2, return_indices=True)(np.array([[[[1.0, 2.0], [4.0, 3.0]]]]))[1]
    array([[[[2]]]])
    """

    pair = pooling.max_pool2d, pooling.max_pool2d_backward
    options = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self, kernel_size, stride=None, padding=0, dilation=1, return_indices: bool = False, ceil_mode: bool = False
    ):
        super().__init__(return_indices)
        self.kernel_size, self.stride, self.padding = _window(kernel_size, stride, padding)
        self.dilation = as_given("dilation", dilation, 1)
        self.ceil_mode = checks.flag("ceil_mode", ceil_mode)


class MaxUnpool2d(Layer):
    """Puts maxima back in their places, zeros elsewhere, see `cnnlib.pooling.max_unpool2d`.

    It takes two arrays, and so has no place in a `Sequential`: ``unpool(y, indices)``.

    Parameters
    ----------
    kernel_size, stride, padding
        Of the `MaxPool2d` that is to be undone.

    Examples
    --------
    >>> import numpy as np
    >>> y, indices = MaxPool2d(2, return_indices=True)(np.array([[[1.0, 2.0], [4.0, 3.0]]]))
    >>> MaxUnpool2d(2)(y, indices)
    array([[[0., 0.],
            [4., 0.]]])
    """

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = windows.pooling(kernel_size, stride, padding)

    def forward(self, x, indices, output_size=None):
        """Map ``x`` and the places of its numbers to an image, of ``output_size`` if several fit."""
        saved = x, indices, self.kernel_size, self.stride, self.padding, output_size
        y = pooling.max_unpool2d(*saved)
        self.save(*saved)
        return y

    def backward(self, dy):
        """Return the gradient of ``x``; the places have none."""
        return pooling.max_unpool2d_backward(dy, *self.recall())

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(PairLayer):
    """The mean of each window, see `cnnlib.pooling.avg_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode
        See `MaxPool2d`; the padding is zero.
    count_include_pad : bool
        Whether padding counts in the number that is divided by.
    divisor_override : int, optional
        Divide by this instead.
    """

    pair = pooling.avg_pool2d, pooling.avg_pool2d_backward
    options = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ):
        super().__init__()
        self.kernel_size, self.stride, self.padding = _window(kernel_size, stride, padding)
        self.ceil_mode = checks.flag("ceil_mode", ceil_mode)
        self.count_include_pad = checks.flag("count_include_pad", count_include_pad)
        self.divisor_override = divisor_override
        if divisor_override is not None:
            self.divisor_override = checks.integer("divisor_override", divisor_override, 1)


class AdaptiveAvgPool2d(PairLayer):
    """Means of as many windows as asked for; 1 is global average pooling, see `cnnlib.pooling.adaptive_avg_pool2d`.

    Parameters
    ----------
    output_size : int or pair of int or None
        Height and width of the output; None keeps the input's.
    """

    pair = pooling.adaptive_avg_pool2d, pooling.adaptive_avg_pool2d_backward
    options = ("output_size",)

    def __init__(self, output_size):
        super().__init__()
        self.output_size = _output_size(output_size)


class AdaptiveMaxPool2d(_MaxPool):
    """Maxima of as many windows as asked for, see `cnnlib.pooling.adaptive_max_pool2d`.

    Parameters
    ----------
    output_size : int or pair of int or None
        Height and width of the output; None keeps the input's.
    return_indices : bool
        Also return where each maximum stood: ``y, indices``.
    """

    pair = pooling.adaptive_max_pool2d, pooling.adaptive_max_pool2d_backward
    options = ("output_size",)

    def __init__(self, output_size, return_indices: bool = False):
        super().__init__(return_indices)
        self.output_size = _output_size(output_size)


class Flatten(PairLayer):
    """Run the dimensions from ``start_dim`` to ``end_dim`` into one; by default all but the batch.

    Examples
    --------
    >>> import numpy as np
    >>> Flatten()(np.zeros((8, 16, 5, 5))).shape
    (8, 400)
    """

    pair = flatten, flatten_backward
    options = ("start_dim", "end_dim")

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim = checks.integer("start_dim", start_dim)
        self.end_dim = checks.integer("end_dim", end_dim)


class Identity(Layer):
    """Hands everything through unchanged: a place holder, where a layer is taken out."""

    def forward(self, x):
        """Return ``x``."""
        self.save()
        return x

    def backward(self, dy):
        """Return ``dy``."""
        self.recall()
        return dy


def _window(kernel_size, stride, padding):
    kernel_size = as_given("kernel_size", kernel_size, 1)
    stride = kernel_size if stride is None else as_given("stride", stride, 1)
    padding = as_given("padding", padding, 0)
    for pad, kernel in zip(checks.pair("padding", padding), checks.pair("kernel_size", kernel_size), strict=True):
        if 2 * pad > kernel:
            raise ValueError(f"padding must be at most half of kernel_size {kernel_size}, got {padding}")
    return kernel_size, stride, padding


def _output_size(value):
    sides = value if isinstance(value, (tuple, list)) else (value, value)
    if len(sides) != 2:
        raise ValueError(f"output_size must be an integer, None or a pair of them, got {value!r}")
    sides = tuple(side if side is None else checks.integer("output_size", side, 1) for side in sides)
    return sides if isinstance(value, (tuple, list)) else sides[0]
