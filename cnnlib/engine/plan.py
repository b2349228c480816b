"""From layers to stages: which layers are run together, and by what.

A convolution takes along a ReLU and a max pooling that follow it, in either order; a linear layer and a
batch norm take along a ReLU. What has no fast version, and what does not fit, runs through the layer itself.
"""

import contextlib

import numpy as np

from cnnlib import _checks as checks
from cnnlib import _windows as windows
from cnnlib import layers as L
from cnnlib.conv.sizes import border
from cnnlib.engine.block import Block
from cnnlib.engine.pool import Pool
from cnnlib.engine.stages import Dense, Flat, Norm, Relu, to_inner
from cnnlib.engine.table import known
from cnnlib.engine.through import Fallback, answer, replay, tame

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


class Step:
    """A stage with the layers that it stands for, which take over where it meets numbers that are not `tame`."""

    def __init__(self, stage, layers):
        self.stage, self.layers = stage, layers
        self.fast = not isinstance(stage, Fallback)
        self.slow = Fallback(layers) if self.fast else stage
        self.parameters = [p for layer in layers for p in layer.parameters()] if self.fast else []
        self.norm = layers[0] if isinstance(stage, Norm) else None

    def forward(self, x, keep=True):
        self.x, self.training = x, self.layers[0].training
        self.slow.memory = {}
        self.ran = self.stage if self.fast and self._tame(x) else self.slow
        return self.ran.forward(x, keep)

    def backward(self, dy):
        if self.ran is self.slow or tame(dy):
            return self.ran.backward(dy)
        return replay(self.layers, self.x, dy, self.training)

    def _tame(self, x):
        if not tame(x, *(p.data for p in self.parameters)):
            return False
        norm = self.norm
        return norm is None or tame(norm.running_mean, norm.running_var) and not (norm.running_var < 0).any()


class Plan:
    """The stages for one input shape, with all the memory that they work in.

    It is made from what the layers are at the moment, and is of no use once `cnnlib.engine.table.Watch` sees something
    else in them.
    """

    def __init__(self, view, x, input_gradient):
        shape = (*x.shape[2:], x.shape[1], x.shape[0]) if x.ndim == 4 else x.shape[::-1]
        self.x = np.empty(shape, x.dtype)
        self.view, self.input_gradient = view, input_gradient  # the view, so that nothing it names ceases to be
        self.steps = None
        self.first = 0  # backward stops at this step
        self.classes = None  # how many scores come out, once it has run

    @property
    def stages(self):
        """The stages, without the layers behind them."""
        return [step.stage for step in self.steps]

    @small_buffer()
    def forward(self, x, keep=True):
        """Run ``x`` (N, ...) through all stages; ``keep`` what backward needs. The result has the batch innermost."""
        h = to_inner(x, self.x)
        if self.steps is None:
            h = self._build(h, keep)
        else:
            for step in self.steps:
                h = step.forward(h, keep)
        self.classes = len(h) if len(_form(h)[0]) == 2 else 0
        return h

    def _build(self, h, keep):
        """The first run: make each stage as soon as the shape of its input is known."""
        rest, steps, wanted = list(self.view.layers), [], self.input_gradient
        while rest:
            stage, used = make(rest, *_form(h), wanted)
            if not wanted and any(layer.parameters() for layer in rest[:used]):
                self.first, wanted = len(steps), True
            steps.append(Step(stage, rest[:used]))
            h = steps[-1].forward(h, keep)
            rest = rest[used:]
        self.steps = steps
        return h

    @small_buffer()
    def backward(self, dy):
        """Run back to the first stage with parameters, or to the input if its gradient is wanted; batch innermost."""
        for step in reversed(self.steps[self.first :]):
            dy = step.backward(dy)
        return dy


def _form(h):
    """Shape and dtype; no shape where a layer has returned something else than an array."""
    return (h.shape, h.dtype) if isinstance(h, np.ndarray) else ((), None)


def make(layers, shape, dtype, wanted):
    """Return a stage for the first of ``layers``, and how many of them it covers.

    A fast stage is made only for layers that the table knows with all their options, and only where they themselves
    have taken an input of this shape; so what they refuse they refuse, in their own words.

    Parameters
    ----------
    layers : list of Layer
    shape : (H, W, C, N) or (F, N)
    wanted : bool
        Whether the gradient of the input is needed.
    """
    layer, entry = layers[0], known(layers[0])
    outer = (shape[2], *shape[:2]) if len(shape) == 4 else shape[:1]
    if entry is not None and len(shape) in (2, 4) and (size := answer(layers[:1], outer, dtype)) is not None:
        follows = [after if known(after) else None for after in layers[1:3]]
        stage, used = _stage(layer, follows, shape, dtype, wanted, size)
        if stage is not None:
            return stage, used
    return Fallback([layer], alike=bool(shape) and entry is not None and entry.alike), 1


def _stage(layer, follows, shape, dtype, wanted, size):
    """A fast stage for a layer that accepts its input, or None. ``size`` is the shape of its output for one sample."""
    kind, relu = type(layer), [type(after) for after in follows[:1]] == [L.ReLU]
    if kind is L.ReLU:
        return Relu(shape, dtype), 1
    if kind is L.Linear and len(shape) == 2:
        return Dense(shape, layer.weight, layer.bias, relu, wanted), 1 + relu
    if kind in (L.BatchNorm1d, L.BatchNorm2d) and Norm.suits(shape, layer):
        return Norm(shape, layer, relu, dtype), 1 + relu
    if len(shape) == 2:
        return None, 0
    if kind is L.Conv2d and layer.padding_mode == "zeros":
        stride, dilation = _pair(layer.stride), _pair(layer.dilation)
        left, right, top, bottom = border(layer.padding, layer.weight.shape[2:], stride, dilation)
        pool, relu, used = _tail(follows, size[1:], dtype)
        return Block(shape, layer.weight, layer.bias, stride, ((top, bottom), (left, right)), dilation, layer.groups,
                     pool, relu, wanted), used
    if kind in (L.MaxPool2d, L.AvgPool2d, L.AdaptiveAvgPool2d):
        return _pool(layer, shape, dtype, size[1:]), 1
    if kind is L.Flatten and layer.start_dim in (1, -3) and layer.end_dim in (3, -1):
        return Flat(shape, dtype), 1
    return None, 0


def _tail(following, size, dtype):
    """What a convolution takes along: (pool or None, relu, layers used)."""
    pool, relu, used = None, False, 1
    for layer in following:
        if type(layer) is L.ReLU and not relu:
            relu = True
        elif type(layer) is L.MaxPool2d and pool is None and _side_by_side(layer, size, dtype):
            pool = _pair(layer.kernel_size)
        else:
            break
        used += 1
    return pool, relu, used


def _side_by_side(layer, size, dtype):
    """Whether the windows of a max pooling touch, do not overlap, and lie inside the image."""
    if answer([layer], (1, *size), dtype) is None:
        return False
    kernel, stride, padding, dilation = _geometry(layer)
    whole = all(n % k == 0 for n, k in zip(size, kernel, strict=True))
    fits = all(n >= k for n, k in zip(size, kernel, strict=True))
    plain = stride == kernel and padding == (0, 0) and dilation == (1, 1)
    return plain and fits and (whole or not layer.ceil_mode)


def _pool(layer, shape, dtype, size):
    """A stage for a pooling layer with ``size`` windows, or None if it needs the layer itself."""
    if type(layer) is L.AdaptiveAvgPool2d:
        if any(n % out for n, out in zip(shape, size, strict=False)):
            return None
        kernel = tuple(n // out for n, out in zip(shape, size, strict=False))
        return Pool(shape, size, kernel, kernel, (0, 0), (1, 1), "avg", dtype)
    kind = "max" if type(layer) is L.MaxPool2d else "avg"
    kernel, stride, padding, dilation = _geometry(layer)
    if kind == "avg" and (padding != (0, 0) or layer.ceil_mode or layer.divisor_override):
        return None
    return Pool(shape, size, kernel, stride, padding, dilation, kind, dtype)


def _geometry(layer):
    """Kernel, stride, padding and dilation of a pooling layer, as pairs."""
    kernel, stride, padding = windows.pooling(layer.kernel_size, layer.stride, layer.padding)
    return kernel, stride, padding, _pair(getattr(layer, "dilation", 1))


def _pair(value):
    return checks.pair("a pair", value)
