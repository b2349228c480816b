"""Layers: parameters and memory around the operations. Import all layers from here.

Each layer is a few lines over a pair of functions. The mathematics is in the operation that its
docstring names; the names, the order of arguments, the defaults and the names of the parameters are
those of ``torch.nn``. Layers without parameters are in `cnnlib.stateless`, the common ground in
`cnnlib.module`.

Weights start as in PyTorch, evenly in ``±1 / sqrt(fan_in)``, drawn from the generator ``rng`` that you
pass. Without one they are drawn from a fresh generator and differ from run to run.
"""

import numpy as np

from cnnlib import _checks as checks
from cnnlib import init
from cnnlib.activations import prelu, prelu_backward
from cnnlib.conv import conv2d, conv2d_backward, conv_transpose2d, conv_transpose2d_backward
from cnnlib.dropout import dropout, dropout_backward
from cnnlib.linear import linear, linear_backward
from cnnlib.module import Layer, Parameter, Sequential
from cnnlib.normalization import batch_norm, batch_norm_backward, layer_norm, layer_norm_backward
from cnnlib.padding import pad, pad_backward
from cnnlib.stateless import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    Flatten,
    Identity,
    LeakyReLU,
    LogSoftmax,
    MaxPool2d,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)

__all__ = [
    "Parameter", "Layer", "Sequential",
    "Linear", "Conv2d", "ConvTranspose2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Dropout",
    "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "Flatten", "Identity",
    "ReLU", "LeakyReLU", "PReLU", "Sigmoid", "Tanh", "ELU", "GELU", "SiLU", "Softplus", "Softmax", "LogSoftmax",
]  # fmt: skip


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
        self.weight, self.bias = _start((out_features, in_features), out_features, bias, rng, dtype)

    def forward(self, x):
        """Map ``x`` (..., in_features) to (..., out_features)."""
        y = linear(x, self.weight.data, _data(self.bias))
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        dx, *grads = linear_backward(dy, self.recall(), self.weight.data, _data(self.bias))
        _collect(grads, self.weight, self.bias)
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
        self.in_channels, self.out_channels, self.groups = _channels(in_channels, out_channels, groups)
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
        self.weight, self.bias = _start(shape, out_channels, bias, rng, dtype)

    def forward(self, x):
        """Map ``x`` (N, in_channels, H, W) to (N, out_channels, H_out, W_out)."""
        padded = x
        if self.padding_mode != "zeros":
            padded = pad(x, self._sides(), self.padding_mode)
        y = conv2d(padded, self.weight.data, _data(self.bias), *self._options())
        self.save(x, padded)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        x, padded = self.recall()
        dx, *grads = conv2d_backward(dy, padded, self.weight.data, _data(self.bias), *self._options())
        _collect(grads, self.weight, self.bias)
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
        text += _unless(padding=(self.padding, (0, 0)), dilation=(self.dilation, (1, 1)), groups=(self.groups, 1))
        return text + _unless(bias=(self.bias is not None, True), padding_mode=(self.padding_mode, "zeros"))


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
        self.in_channels, self.out_channels, self.groups = _channels(in_channels, out_channels, groups)
        self.kernel_size = checks.pair("kernel_size", kernel_size, 1)
        self.stride = checks.pair("stride", stride, 1)
        self.padding = checks.pair("padding", padding, 0)
        self.output_padding = checks.pair("output_padding", output_padding, 0)
        self.dilation = checks.pair("dilation", dilation, 1)
        for extra, *limits in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if extra >= max(limits):
                raise ValueError(f"output_padding must be less than stride or dilation, got {output_padding!r}")
        shape = (in_channels, out_channels // groups, *self.kernel_size)
        self.weight, self.bias = _start(shape, out_channels, bias, rng, dtype)

    def forward(self, x):
        """Map ``x`` (N, in_channels, H, W) to (N, out_channels, H_out, W_out)."""
        y = conv_transpose2d(x, self.weight.data, _data(self.bias), *self._options())
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        w, b = self.weight.data, _data(self.bias)
        dx, *grads = conv_transpose2d_backward(dy, self.recall(), w, b, *self._options())
        _collect(grads, self.weight, self.bias)
        return dx

    def _options(self):
        return self.stride, self.padding, self.output_padding, self.groups, self.dilation

    def extra_repr(self):
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += _unless(padding=(self.padding, (0, 0)), dilation=(self.dilation, (1, 1)))
        text += _unless(output_padding=(self.output_padding, (0, 0)), groups=(self.groups, 1))
        return text + _unless(bias=(self.bias is not None, True))


class PReLU(Layer):
    """Leaky ReLU whose slope is learned, see `cnnlib.activations.prelu`.

    Parameters
    ----------
    num_parameters : int
        1 for one slope, or the number of channels for a slope each.
    init : float
        Where the slope starts.
    dtype : float32 or float64
        Of the slope, and so of the input.

    Attributes
    ----------
    weight : Parameter (num_parameters,)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype=np.float32):
        super().__init__()
        self.num_parameters = checks.integer("num_parameters", num_parameters, 1)
        self.weight = _filled(num_parameters, checks.number("init", init), dtype)

    def forward(self, x):
        """Map ``x`` (N, C, ...) to the same shape."""
        y = prelu(x, self.weight.data)
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradient of the slope, return that of ``x``."""
        dx, dw = prelu_backward(dy, self.recall(), self.weight.data)
        self.weight.add_grad(dw)
        return dx

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


class _BatchNorm(Layer):
    """What BatchNorm1d and BatchNorm2d share; they differ in the shapes they accept."""

    ranks = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        *,
        dtype=np.float32,
    ):
        super().__init__()
        self.num_features = checks.integer("num_features", num_features, 1)
        self.eps = checks.number("eps", eps, 0)
        self.momentum = None if momentum is None else checks.number("momentum", momentum, 0, 1)
        self.affine = checks.flag("affine", affine)
        self.weight = _filled(num_features, 1.0, dtype) if affine else None
        self.bias = _filled(num_features, 0.0, dtype) if affine else None
        self.register_buffer("running_mean", np.zeros(num_features, checks.float_dtype("dtype", dtype)))
        self.register_buffer("running_var", np.ones(num_features, dtype))
        self.register_buffer("num_batches_tracked", np.array(0, np.int64))

    def forward(self, x):
        """Normalise each channel of ``x``; while training, update the running statistics too."""
        checks.floats("x", x, self.ranks)
        momentum = self.momentum
        if momentum is None:  # the mean of all batches so far: batch n counts 1 / n
            momentum = 1.0 / (int(self.num_batches_tracked) + 1)
        statistics = self.running_mean, self.running_var
        scale = _data(self.weight), _data(self.bias)
        y, new_mean, new_var = batch_norm(x, *statistics, *scale, self.training, momentum, self.eps)
        self.save(x, *statistics, self.training, momentum)
        if self.training:
            self.running_mean, self.running_var = new_mean, new_var
            self.num_batches_tracked += 1
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        x, mean, var, training, momentum = self.recall()
        scale = _data(self.weight), _data(self.bias)
        dx, *grads = batch_norm_backward(dy, x, mean, var, *scale, training, momentum, self.eps)
        _collect(grads, self.weight, self.bias)
        return dx

    def extra_repr(self):
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}"


class BatchNorm2d(_BatchNorm):
    """Give each channel of a batch of images mean 0 and variance 1, see `cnnlib.normalization.batch_norm`.

    Parameters
    ----------
    num_features : int
        How many channels.
    eps : float
        Added to the variance before the root.
    momentum : float or None
        How much of each batch enters the running statistics; None takes the mean over all batches.
    affine : bool
        Whether to learn a scale and a shift for each channel.
    dtype : float32 or float64
        Of the parameters, and so of the input.

    Attributes
    ----------
    weight, bias : Parameter (num_features,) or None
        The scale, from 1, and the shift, from 0.
    running_mean, running_var : array (num_features,)
        Used instead of the batch's own in evaluation.
    num_batches_tracked : array ()
        How many batches the running statistics have seen.

    Examples
    --------
    >>> layer = BatchNorm2d(1, dtype=np.float64)
    >>> layer(np.array([[[[1.0, 3.0]]]])).round(3)  # mean 2, variance 1
    array([[[[-1.,  1.]]]])
    >>> layer.running_mean
    array([0.2])
    """

    ranks = (4,)


class BatchNorm1d(_BatchNorm):
    """`BatchNorm2d` for features ``x`` (N, C) or sequences (N, C, L)."""

    ranks = (2, 3)


class LayerNorm(Layer):
    """Give each sample mean 0 and variance 1 over its last dimensions, see `cnnlib.normalization.layer_norm`.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Sizes of the last dimensions, over which to normalise.
    eps : float
        Added to the variance before the root.
    elementwise_affine, bias : bool
        Whether to learn a scale for each element, and with it a shift.
    dtype : float32 or float64
        Of the parameters, and so of the input.

    Attributes
    ----------
    weight, bias : Parameter of normalized_shape, or None
        The scale, from 1, and the shift, from 0.
    """

    def __init__(
        self,
        normalized_shape,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype=np.float32,
    ):
        super().__init__()
        sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
        self.normalized_shape = tuple(checks.integer("normalized_shape", size, 1) for size in sizes)
        self.eps = checks.number("eps", eps, 0)
        self.elementwise_affine = checks.flag("elementwise_affine", elementwise_affine)
        shifted = checks.flag("bias", bias) and elementwise_affine
        self.weight = _filled(self.normalized_shape, 1.0, dtype) if elementwise_affine else None
        self.bias = _filled(self.normalized_shape, 0.0, dtype) if shifted else None

    def forward(self, x):
        """Normalise ``x`` (..., *normalized_shape)."""
        y = layer_norm(x, self.normalized_shape, _data(self.weight), _data(self.bias), self.eps)
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        scale = _data(self.weight), _data(self.bias)
        dx, *grads = layer_norm_backward(dy, self.recall(), self.normalized_shape, *scale, self.eps)
        _collect(grads, self.weight, self.bias)
        return dx

    def extra_repr(self):
        text = f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{text}, bias={self.bias is not None}"


class Dropout(Layer):
    """While training, set each number to zero with probability ``p``, see `cnnlib.dropout.dropout`.

    Parameters
    ----------
    p : float
        The probability; what survives is scaled by ``1 / (1 - p)``.
    rng : numpy.random.Generator, optional
        Where the choice comes from; a fresh generator, different in every run, unless given.
    """

    def __init__(self, p: float = 0.5, *, rng=None):
        super().__init__()
        self.p = checks.number("p", p, 0, 1)
        self.rng = _generator(rng)

    def forward(self, x):
        """Drop, if training; return ``x`` as it is, if not."""
        y, mask = dropout(x, self.p, self.training, self.rng)
        self.save(mask)
        return y

    def backward(self, dy):
        """Let the gradient through where the numbers were."""
        return dropout_backward(dy, self.recall())

    def extra_repr(self):
        return f"p={self.p}"


# ----------------------------------------------------------------- helpers


def _data(parameter):
    return None if parameter is None else parameter.data


def _collect(grads, *parameters):
    for grad, parameter in zip(grads, parameters, strict=True):
        if parameter is not None:
            parameter.add_grad(grad)


def _generator(rng):
    return np.random.default_rng() if rng is None else checks.generator("rng", rng)


def _filled(shape, value, dtype):
    return Parameter(np.full(shape, value, checks.float_dtype("dtype", dtype)))


def _start(w_shape, outputs, bias, rng, dtype):
    """A weight and a bias (or None), drawn as PyTorch does."""
    weight = _filled(w_shape, 0.0, dtype)
    bias = _filled(outputs, 0.0, dtype) if checks.flag("bias", bias) else None
    init.default_(weight, bias, _generator(rng))
    return weight, bias


def _channels(in_channels, out_channels, groups):
    """The three numbers, once they are known to divide."""
    groups = checks.integer("groups", groups, 1)
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if checks.integer(name, channels, 1) % groups:
            raise ValueError(f"groups must divide {name}={channels}, got {groups}")
    return in_channels, out_channels, groups


def _unless(**pairs):
    """``", name=value"`` for each value that is not its default."""
    return "".join(f", {name}={value}" for name, (value, default) in pairs.items() if value != default)
