"""Layers that weigh and add: linear, convolution, transposed convolution.

Weights start as in PyTorch, evenly in ``±1 / sqrt(fan_in)``, drawn from the generator ``rng`` that you
pass. Without one they are drawn from a fresh generator and differ from run to run.
"""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.conv import conv2d, conv2d_backward, conv_transpose2d, conv_transpose2d_backward
from cnnlib.layers._common import channels, collect, data, start, unless
from cnnlib.linear import linear, linear_backward
from cnnlib.module import Layer
from cnnlib.padding import pad, pad_backward


class Linear(Layer):
    """Every output a weighted sum of every input, see `cnnlib.linear.linear`.

    Parameters
    ----------
    in_features, out_features : int
        How many numbers go in and come out for each sample.
    bias : bool
        Whether to add a learned constant to each output.
    rng : numpy.random.Generator, optional
        Where the starting values come from.
    dtype : float32 or float64
        Of the parameters, and so of the input.

    Attributes
    ----------
    weight : Parameter (out_features, in_features)
    bias : Parameter (out_features,) or None

    Examples
    --------
    >>> layer = Linear(2, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> layer.weight.data[...] = [[2.0, 3.0]]
    >>> layer.bias.data[...] = 1.0
    >>> layer(np.array([[10.0, 100.0]]))
    array([[321.]])
    >>> layer.backward(np.array([[1.0]]))
    array([[2., 3.]])
    >>> layer.weight.grad
    array([[ 10., 100.]])
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *, rng=None, dtype=np.float32):
        super().__init__()
        self.in_features = checks.integer("in_features", in_features, 1)
        self.out_features = checks.integer("out_features", out_features, 1)
        self.weight, self.bias = start((out_features, in_features), out_features, bias, rng, dtype)

    def forward(self, x):
        """Map ``x`` (..., in_features) to (..., out_features)."""
        y = linear(x, self.weight.data, data(self.bias))
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        dx, *grads = linear_backward(dy, self.recall(), self.weight.data, data(self.bias))
        collect(grads, self.weight, self.bias)
        return dx

    def extra_repr(self):
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Conv2d(Layer):
    """Slide learned filters over an image, see `cnnlib.conv.conv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input, and how many filters.
    kernel_size, stride, dilation : int or pair of int
        Size of a filter, step between windows, step inside a window.
    padding : int, pair of int, "valid" or "same"
        Rows and columns added on each side; "same" keeps height and width (stride 1 only).
    groups : int
        Split the channels into this many groups, each with filters of its own.
    bias : bool
        Whether to add a learned constant to each output channel.
    padding_mode : str
        What stands in the padding: "zeros", "reflect", "replicate" or "circular".
    rng : numpy.random.Generator, optional
        Where the starting values come from.
    dtype : float32 or float64
        Of the parameters, and so of the input.

    Attributes
    ----------
    weight : Parameter (out_channels, in_channels / groups, kH, kW)
    bias : Parameter (out_channels,) or None

    Examples
    --------
    >>> layer = Conv2d(1, 6, 5, padding=2, rng=np.random.default_rng(0))
    >>> layer(np.zeros((8, 1, 28, 28), np.float32)).shape
    (8, 6, 28, 28)
    >>> layer.weight.shape, layer.bias.shape
    ((6, 1, 5, 5), (6,))
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        rng=None,
        dtype=np.float32,
    ):
        super().__init__()
        self.in_channels, self.out_channels, self.groups = channels(in_channels, out_channels, groups)
        self.kernel_size = checks.pair("kernel_size", kernel_size, 1)
        self.stride = checks.pair("stride", stride, 1)
        self.dilation = checks.pair("dilation", dilation, 1)
        if isinstance(padding, str):
            self.padding = checks.one_of("padding", padding, ("valid", "same"))
        else:
            self.padding = checks.pair("padding", padding, 0)
        if self.padding == "same" and self.stride != (1, 1):
            raise ValueError(f"padding='same' needs stride 1, got {stride!r}")
        self.padding_mode = checks.one_of("padding_mode", padding_mode, ("zeros", "reflect", "replicate", "circular"))
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight, self.bias = start(shape, out_channels, bias, rng, dtype)

    def forward(self, x):
        """Map ``x`` (N, in_channels, H, W) to (N, out_channels, H_out, W_out), both without N for a single image."""
        padded = x
        if self.padding_mode != "zeros":
            padded = pad(x, self._sides(), self.padding_mode)
        y = conv2d(padded, self.weight.data, data(self.bias), *self._options())
        self.save(x, padded)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        x, padded = self.recall()
        dx, *grads = conv2d_backward(dy, padded, self.weight.data, data(self.bias), *self._options())
        collect(grads, self.weight, self.bias)
        if self.padding_mode != "zeros":
            dx = pad_backward(dx, x, self._sides(), self.padding_mode)
        return dx

    def _options(self):
        """Stride, padding, dilation, groups for the convolution: none left to pad if we padded."""
        padding = self.padding if self.padding_mode == "zeros" else 0
        return self.stride, padding, self.dilation, self.groups

    def _sides(self):
        """Columns left and right, rows above and below; "same" puts an odd one right and below."""
        sides = []
        for axis in (1, 0):
            if self.padding == "same":
                total = self.dilation[axis] * (self.kernel_size[axis] - 1)
                sides += [total // 2, total - total // 2]
            else:
                sides += [0 if self.padding == "valid" else self.padding[axis]] * 2
        return tuple(sides)

    def extra_repr(self):
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += unless(padding=(self.padding, (0, 0)), dilation=(self.dilation, (1, 1)), groups=(self.groups, 1))
        return text + unless(bias=(self.bias is not None, True), padding_mode=(self.padding_mode, "zeros"))


class ConvTranspose2d(Layer):
    """The backward pass of a convolution used as a layer, to enlarge, see `cnnlib.conv.conv_transpose2d`.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, groups, bias, dilation, rng, dtype
        Of the convolution that this turns round, see `Conv2d`; note PyTorch's other order.
    output_padding : int or pair of int
        Rows and columns added at the bottom and right of the output; less than stride or dilation.

    Attributes
    ----------
    weight : Parameter (in_channels, out_channels / groups, kH, kW)
    bias : Parameter (out_channels,) or None

    Examples
    --------
    >>> layer = ConvTranspose2d(4, 2, 2, stride=2, rng=np.random.default_rng(0))
    >>> layer(np.zeros((1, 4, 5, 5), np.float32)).shape
    (1, 2, 10, 10)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size,
        stride=1,
        padding=0,
        output_padding=0,
        groups: int = 1,
        bias: bool = True,
        dilation=1,
        *,
        rng=None,
        dtype=np.float32,
    ):
        super().__init__()
        self.in_channels, self.out_channels, self.groups = channels(in_channels, out_channels, groups)
        self.kernel_size = checks.pair("kernel_size", kernel_size, 1)
        self.stride = checks.pair("stride", stride, 1)
        self.padding = checks.pair("padding", padding, 0)
        self.output_padding = checks.pair("output_padding", output_padding, 0)
        self.dilation = checks.pair("dilation", dilation, 1)
        for extra, *limits in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if extra >= max(limits):
                raise ValueError(f"output_padding must be less than stride or dilation, got {output_padding!r}")
        shape = (in_channels, out_channels // groups, *self.kernel_size)
        self.weight, self.bias = start(shape, out_channels, bias, rng, dtype)

    def forward(self, x):
        """Map ``x`` (N, in_channels, H, W) to (N, out_channels, H_out, W_out), both without N for a single image."""
        y = conv_transpose2d(x, self.weight.data, data(self.bias), *self._options())
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        w, b = self.weight.data, data(self.bias)
        dx, *grads = conv_transpose2d_backward(dy, self.recall(), w, b, *self._options())
        collect(grads, self.weight, self.bias)
        return dx

    def _options(self):
        return self.stride, self.padding, self.output_padding, self.groups, self.dilation

    def extra_repr(self):
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += unless(padding=(self.padding, (0, 0)), dilation=(self.dilation, (1, 1)))
        text += unless(output_padding=(self.output_padding, (0, 0)), groups=(self.groups, 1))
        return text + unless(bias=(self.bias is not None, True))
