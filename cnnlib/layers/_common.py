"""What layers with parameters share: where these start, and how gradients reach them."""

import numpy as np

from cnnlib import _checks as checks
from cnnlib import init
from cnnlib.module import Parameter


def data(parameter):
    return None if parameter is None else parameter.data


def collect(grads, *parameters):
    for grad, parameter in zip(grads, parameters, strict=True):
        if parameter is not None:
            parameter.add_grad(grad)


def generator(rng):
    return np.random.default_rng() if rng is None else checks.generator("rng", rng)


def filled(shape, value, dtype):
    return Parameter(np.full(shape, value, checks.float_dtype("dtype", dtype)))


def start(w_shape, outputs, bias, rng, dtype):
    """A weight and a bias (or None), drawn as PyTorch does."""
    weight = filled(w_shape, 0.0, dtype)
    bias = filled(outputs, 0.0, dtype) if checks.flag("bias", bias) else None
    init.default_(weight, bias, generator(rng))
    return weight, bias


def scale_and_shift(shape, affine, bias, dtype):
    """What follows a normalization: a scale from 1 and a shift from 0; without a scale, no shift."""
    shifted = checks.flag("bias", bias) and affine
    weight = filled(shape, 1.0, dtype) if affine else None
    return weight, filled(shape, 0.0, dtype) if shifted else None


def channels(in_channels, out_channels, groups):
    """The three numbers, once they are known to divide."""
    groups = checks.integer("groups", groups, 1)
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if checks.integer(name, channels, 1) % groups:
            raise ValueError(f"groups must divide {name}={channels}, got {groups}")
    return in_channels, out_channels, groups


def as_given(name, value, least):
    """``value`` as it was given, an integer or a pair, once it has been checked."""
    height, width = checks.pair(name, value, least)
    return (height, width) if isinstance(value, (tuple, list)) else height


def unless(**pairs):
    """``", name=value"`` for each value that is not its default."""
    return "".join(f", {name}={value}" for name, (value, default) in pairs.items() if value != default)
