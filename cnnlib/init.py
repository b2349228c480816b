"""Where the weights start: random numbers whose size keeps signals alive from layer to layer.

A unit adds up ``fan_in`` products. If weights have variance v, its output has about ``fan_in * v``
times the variance of its input; on the way back the same is true with ``fan_out``. Every rule here
picks v so that this factor, times what the activation does, is close to 1.

Each function fills a `Parameter` or an array in place and returns it. The generator ``rng`` is always
given by the caller, so that a run can be repeated. Numbers are drawn in float64 and rounded, so the
same seed gives the same start in float32 and float64.
"""

import math

import numpy as np

from cnnlib import _checks as checks
from cnnlib.module import Parameter

GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose2d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def fans(w_shape, groups: int = 1):
    """How many inputs a unit adds up, and how many outputs an input feeds.

    Parameters
    ----------
    w_shape : tuple
        ``(out, in)`` of a linear layer or ``(out, in / groups, kH, kW)`` of a convolution.
    groups : int
        Of the convolution. PyTorch's initialisers do not ask for it and call ``fan_out`` what is right for 1;
        ``fan_in`` needs no correction, because the shape has it already.

    Returns
    -------
    tuple of int
        ``(fan_in, fan_out)``.

    Examples
    --------
    >>> fans((6, 1, 5, 5))  # LeNet's first layer: 25 inputs a unit, each pixel feeds 6 * 25
    (25, 150)
    >>> fans((8, 1, 3, 3), groups=8)  # depthwise: each channel for itself
    (9, 9)
    """
    if not isinstance(w_shape, (tuple, list)) or len(w_shape) < 2:
        raise ValueError(f"w_shape must be a tuple (out, in, ...) of at least 2 sizes, got {w_shape!r}")
    out, inputs, *kernel = (checks.integer("w_shape", size, 0) for size in w_shape)
    if out % checks.integer("groups", groups, 1):
        raise ValueError(f"groups must divide the {out} outputs, got {groups}")
    window = math.prod(kernel)
    return inputs * window, out * window // groups


def calculate_gain(nonlinearity: str, param=None) -> float:
    """By how much to widen the weights so that an activation does not shrink the signal.

    Parameters
    ----------
    nonlinearity : str
        ``"linear"``, ``"conv2d"``, ``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"leaky_relu"``, ``"selu"``.
    param : float, optional
        The negative slope of ``"leaky_relu"``, 0.01 unless given.

    Examples
    --------
    >>> round(calculate_gain("relu"), 4)  # half of the variance is cut off, so double it
    1.4142
    """
    checks.one_of("nonlinearity", nonlinearity, (*GAINS, "leaky_relu"))
    if nonlinearity != "leaky_relu":
        return GAINS[nonlinearity]
    slope = 0.01 if param is None else checks.number("param", param)
    return math.sqrt(2.0 / (1.0 + slope**2))


def uniform_(p, a=0.0, b=1.0, rng: np.random.Generator | None = None):
    """Fill with numbers drawn evenly from a to b.

    Examples
    --------
    >>> w = uniform_(np.zeros((2, 3)), -0.5, 0.5, np.random.default_rng(0))
    >>> bool(abs(w).max() <= 0.5)
    True
    """
    low, high = checks.number("a", a), checks.number("b", b)
    if low > high:
        raise ValueError(f"a must not be above b, got a={a} and b={b}")
    array = _writable(p)
    array[...] = checks.generator("rng", rng).uniform(low, high, array.shape)
    return p


def normal_(p, mean=0.0, std=1.0, rng: np.random.Generator | None = None):
    """Fill with numbers drawn from the normal distribution.

    Examples
    --------
    >>> w = normal_(np.zeros(10_000), 5.0, 0.1, np.random.default_rng(0))
    >>> round(w.mean(), 2), round(w.std(), 2)
    (np.float64(5.0), np.float64(0.1))
    """
    mean, std = checks.number("mean", mean), checks.number("std", std, 0)
    array = _writable(p)
    array[...] = checks.generator("rng", rng).normal(mean, std, array.shape)
    return p


def constant_(p, value):
    """Fill with one value.

    Examples
    --------
    >>> constant_(np.zeros(3), 0.25)
    array([0.25, 0.25, 0.25])
    """
    _writable(p)[...] = checks.number("value", value)
    return p


def zeros_(p):
    """Fill with zeros. Right for biases; weights that start equal stay equal.

    Examples
    --------
    >>> zeros_(np.ones(3))
    array([0., 0., 0.])
    """
    return constant_(p, 0.0)


def ones_(p):
    """Fill with ones.

    Examples
    --------
    >>> ones_(np.zeros(3))
    array([1., 1., 1.])
    """
    return constant_(p, 1.0)


def xavier_uniform_(p, gain=1.0, rng: np.random.Generator | None = None, *, groups: int = 1):
    """Glorot's rule, uniform: the mean of both fans, for activations that are straight at 0 (tanh).

    Parameters
    ----------
    p : Parameter or array
        A weight with at least 2 dimensions; filled in place and returned.
    gain : float
        From `calculate_gain`.
    rng : numpy.random.Generator
        Where the numbers come from.
    groups : int
        Of a grouped convolution, see `fans`.

    Notes
    -----
    ``U(-bound, bound)`` with ``bound = gain * sqrt(6 / (fan_in + fan_out))``; the variance of
    ``U(-c, c)`` is ``c**2 / 3``.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 4.2.1.

    Examples
    --------
    >>> w = xavier_uniform_(np.zeros((2, 4)), rng=np.random.default_rng(0))  # bound sqrt(6 / 6) = 1
    >>> bool(abs(w).max() < 1)
    True
    """
    bound = math.sqrt(3.0) * _xavier_std(p, gain, groups)
    return uniform_(p, -bound, bound, rng)


def xavier_normal_(p, gain=1.0, rng: np.random.Generator | None = None, *, groups: int = 1):
    """Glorot's rule, normal: standard deviation ``gain * sqrt(2 / (fan_in + fan_out))``.

    Parameters, references: see `xavier_uniform_`.

    Examples
    --------
    >>> w = xavier_normal_(np.zeros((100, 100)), rng=np.random.default_rng(0))
    >>> round(w.std(), 2)
    np.float64(0.1)
    """
    return normal_(p, 0.0, _xavier_std(p, gain, groups), rng)


def kaiming_uniform_(
    p, a=0.0, mode="fan_in", nonlinearity="leaky_relu", rng: np.random.Generator | None = None, *, groups: int = 1
):
    """He's rule, uniform: one fan, widened for ReLU and its relatives.

    Parameters
    ----------
    p : Parameter or array
        A weight with at least 2 dimensions; filled in place and returned.
    a : float
        The negative slope of the activation that follows (0 for ReLU).
    mode : str
        ``"fan_in"`` keeps the variance on the way forward, ``"fan_out"`` on the way back.
    nonlinearity : str
        See `calculate_gain`; with ``a = 0`` the default is ReLU.
    rng : numpy.random.Generator
        Where the numbers come from.
    groups : int
        Of a grouped convolution, see `fans`.

    Notes
    -----
    ``U(-bound, bound)`` with ``bound = gain * sqrt(3 / fan)``. The default start of PyTorch's Linear
    and Conv2d is this rule with ``a = sqrt(5)``, which works out as ``bound = 1 / sqrt(fan_in)``.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving Deep into Rectifiers, section 2.2.

    Examples
    --------
    >>> w = kaiming_uniform_(np.zeros((8, 6)), rng=np.random.default_rng(0))  # bound sqrt(2) sqrt(3 / 6) = 1
    >>> bool(abs(w).max() < 1)
    True
    """
    bound = math.sqrt(3.0) * _kaiming_std(p, a, mode, nonlinearity, groups)
    return uniform_(p, -bound, bound, rng)


def kaiming_normal_(
    p, a=0.0, mode="fan_in", nonlinearity="leaky_relu", rng: np.random.Generator | None = None, *, groups: int = 1
):
    """He's rule, normal: standard deviation ``gain / sqrt(fan)``.

    Parameters, references: see `kaiming_uniform_`.

    Examples
    --------
    >>> w = kaiming_normal_(np.zeros((100, 200)), rng=np.random.default_rng(0))
    >>> round(w.std(), 2)
    np.float64(0.1)
    """
    return normal_(p, 0.0, _kaiming_std(p, a, mode, nonlinearity, groups), rng)


def default_(weight, bias=None, rng: np.random.Generator | None = None):
    """How PyTorch's Linear, Conv2d and ConvTranspose2d start: ``U(-c, c)`` with ``c = 1 / sqrt(fan_in)``.

    Parameters
    ----------
    weight : Parameter or array
        Its shape gives ``fan_in``.
    bias : Parameter, array or None
        Filled from the same range.
    rng : numpy.random.Generator
        Where the numbers come from: first the weight, then the bias.

    Examples
    --------
    >>> w, b = np.zeros((3, 4)), np.zeros(3)
    >>> default_(w, b, np.random.default_rng(0))  # fan_in is 4
    >>> bool(abs(w).max() < 0.5 and abs(b).max() < 0.5)
    True
    """
    fan_in, _ = _fans_of(weight)
    bound = 1.0 / math.sqrt(max(fan_in, 1))
    uniform_(weight, -bound, bound, rng)
    if bias is not None:
        uniform_(bias, -bound, bound, rng)


def _xavier_std(p, gain, groups):
    fan_in, fan_out = _fans_of(p, groups)
    return checks.number("gain", gain, 0) * math.sqrt(2.0 / max(fan_in + fan_out, 1))


def _kaiming_std(p, a, mode, nonlinearity, groups):
    fan_in, fan_out = _fans_of(p, groups)
    fan = fan_in if checks.one_of("mode", mode, ("fan_in", "fan_out")) == "fan_in" else fan_out
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))


def _fans_of(p, groups=1):
    array = _writable(p)
    if array.ndim < 2:
        raise ValueError(f"p must be a weight with at least 2 dimensions, got shape {array.shape}")
    return fans(array.shape, groups)


def _writable(p):
    """The array to fill."""
    array = checks.floats("p", p.data if isinstance(p, Parameter) else p)
    if not array.flags.writeable:
        raise ValueError("p must be writable: it is filled in place")
    return array
