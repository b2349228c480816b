"""From layers to stages: which layers are run together, and by what.

A convolution takes along a ReLU and a max pooling that follow it, in either order; a linear layer and a
batch norm take along a ReLU. What has no fast version, and what does not fit, runs through the layer itself.
"""

import contextlib

import numpy as np

from cnnlib import _windows as windows
from cnnlib import layers as L
from cnnlib.engine.block import Block
from cnnlib.engine.pool import Pool
from cnnlib.engine.stages import Dense, Fallback, Flat, Norm, Relu, to_inner

ALIKE = (L.LeakyReLU, L.ReLU6, L.Hardtanh, L.Sigmoid, L.LogSigmoid, L.Tanh, L.ELU, L.SELU, L.GELU, L.SiLU, L.Softplus,
         L.Identity)  # number by number


BUFFER = 1024  # numbers


@contextlib.contextmanager
def small_buffer():
    """Make NumPy's passes over strided views faster.

    A pass over two strided views copies them into a buffer first, unless the buffer is no longer than the
    stretches that are contiguous. NumPy's own buffer holds 8192 numbers, our stretches C * N.
    """
    before = np.setbufsize(BUFFER)
    try:
        yield
    finally:
        np.setbufsize(before)


def flattened(model):
    """The layers of a Sequential in order, those of Sequentials inside it included."""
    for layer in model:
        if type(layer) is L.Sequential:
            yield from flattened(layer)
        else:
            yield layer


class Plan:
    """The stages for one input shape, with all the memory that they work in."""

    def __init__(self, layers, x, input_gradient):
        shape = (*x.shape[2:], x.shape[1], x.shape[0]) if x.ndim == 4 else x.shape[::-1]
        self.x = np.empty(shape, x.dtype)
        self.layers, self.input_gradient = layers, input_gradient
        self.stages = None
        self.first = 0  # backward stops at this stage
        self.classes = None  # how many scores come out, once it has run

    @small_buffer()
    def forward(self, x, keep=True):
        """Run ``x`` (N, ...) through all stages; ``keep`` what backward needs. The result has the batch innermost."""
        h = to_inner(x, self.x)
        for stage in self.stages or ():
            if type(stage) is Fallback:
                stage.layer.forget()
        if self.stages is None:
            h = self._build(h)
        else:
            for stage in self.stages:
                h = stage.forward(h, keep)
        self.classes = len(h) if h.ndim == 2 else 0
        return h

    def _build(self, h):
        """The first run: make each stage as soon as the shape of its input is known."""
        rest, stages, wanted = list(self.layers), [], self.input_gradient
        while rest:
            stage, used = make(rest, h.shape, h.dtype, wanted)
            if not wanted and any(layer.parameters() for layer in rest[:used]):
                self.first, wanted = len(stages), True
            stages.append(stage)
            h = stage.forward(h)
            rest = rest[used:]
        self.stages = stages
        return h

    @small_buffer()
    def backward(self, dy):
        """Run back to the first stage with parameters, or to the input if its gradient is wanted; batch innermost."""
        for stage in reversed(self.stages[self.first :]):
            dy = stage.backward(dy)
        return dy


def make(layers, shape, dtype, wanted):
    """Return a stage for the first of ``layers``, and how many of them it covers.

    Parameters
    ----------
    layers : list of Layer
    shape : (H, W, C, N) or (F, N)
    wanted : bool
        Whether the gradient of the input is needed.
    """
    layer, kind = layers[0], type(layers[0])
    following = [type(after) for after in layers[1:3]]
    relu = following[:1] == [L.ReLU]
    if len(shape) == 4:
        if kind is L.Conv2d and shape[2] == layer.in_channels and layer.padding_mode == "zeros":
            size = _conv_size(layer, shape)
            if min(size) >= 1:
                pool, relu, used = _tail(layers[1:3], size)
                left, right, top, bottom = layer._sides()
                return Block(shape, layer.weight, layer.bias, layer.stride, ((top, bottom), (left, right)),
                             layer.dilation, layer.groups, pool, relu, wanted), used
        if kind in (L.MaxPool2d, L.AvgPool2d, L.AdaptiveAvgPool2d):
            stage = _pool(layer, shape, dtype)
            if stage is not None:
                return stage, 1
        if kind is L.Flatten and layer.start_dim in (1, -3) and layer.end_dim in (3, -1):
            return Flat(shape, dtype), 1
    if kind is L.Linear and len(shape) == 2 and shape[0] == layer.in_features:
        return Dense(shape, layer.weight, layer.bias, relu, wanted), 1 + relu
    if kind is {4: L.BatchNorm2d, 2: L.BatchNorm1d}.get(len(shape)) and _plain_norm(layer, shape[-2]):
        return Norm(shape, layer, relu, dtype), 1 + relu
    if kind is L.ReLU:
        return Relu(shape, dtype), 1
    return Fallback(layer, alike=kind in ALIKE), 1


def _plain_norm(layer, channels):
    """Whether a batch norm has running statistics, and both scale and shift or neither."""
    whole = (layer.weight is None) == (layer.bias is None)
    return channels == layer.num_features and layer.running_mean is not None and whole


def _conv_size(layer, shape):
    left, right, top, bottom = layer._sides()
    frame = ((shape[0], top, bottom), (shape[1], left, right))
    return tuple(
        windows.count(n, k, s, d, before, after)
        for (n, before, after), k, s, d in zip(frame, layer.kernel_size, layer.stride, layer.dilation, strict=True)
    )


def _tail(following, size):
    """What a convolution takes along: (pool or None, relu, layers used)."""
    pool, relu, used = None, False, 1
    for layer in following:
        if type(layer) is L.ReLU and not relu:
            relu = True
        elif type(layer) is L.MaxPool2d and pool is None and _side_by_side(layer, size):
            pool = _pair(layer.kernel_size)
        else:
            break
        used += 1
    return pool, relu, used


def _side_by_side(layer, size):
    """Whether the windows of a max pooling touch, do not overlap, and lie inside the image."""
    kernel, stride, padding, dilation = _geometry(layer)
    whole = all(n % k == 0 for n, k in zip(size, kernel, strict=True))
    fits = all(n >= k for n, k in zip(size, kernel, strict=True))
    plain = stride == kernel and padding == (0, 0) and dilation == (1, 1)
    return plain and fits and (whole or not layer.ceil_mode)


def _pool(layer, shape, dtype):
    """A stage for a pooling layer, or None if it needs the layer itself."""
    if type(layer) is L.AdaptiveAvgPool2d:
        size = tuple(n if out is None else out for n, out in zip(shape, _pair(layer.output_size), strict=False))
        if any(n % out for n, out in zip(shape, size, strict=False)):
            return None
        kernel = stride = tuple(n // out for n, out in zip(shape, size, strict=False))
        return Pool(shape, size, kernel, stride, (0, 0), (1, 1), "avg", dtype)
    kind = "max" if type(layer) is L.MaxPool2d else "avg"
    kernel, stride, padding, dilation = _geometry(layer)
    if kind == "avg" and (padding != (0, 0) or layer.ceil_mode or layer.divisor_override):
        return None
    size = tuple(
        windows.count(n, k, s, d, p, p, layer.ceil_mode)
        for n, k, s, d, p in zip(shape, kernel, stride, dilation, padding, strict=False)
    )
    return Pool(shape, size, kernel, stride, padding, dilation, kind, dtype) if min(size) >= 1 else None


def _geometry(layer):
    """Kernel, stride, padding and dilation of a pooling layer, as pairs."""
    stride = layer.kernel_size if layer.stride is None else layer.stride
    return tuple(map(_pair, (layer.kernel_size, stride, layer.padding, getattr(layer, "dilation", 1))))


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)
