"""Activations as layers. The mathematics is in `cnnlib.activations`."""

import numpy as np

from cnnlib import _checks as checks
from cnnlib import activations
from cnnlib.layers._common import filled
from cnnlib.layers.pair import PairLayer
from cnnlib.module import Layer


class ReLU(PairLayer):
    """``max(x, 0)``, see `cnnlib.activations.relu`.

    Examples
    --------
    >>> import numpy as np
    >>> relu = ReLU()
    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    >>> relu.backward(np.array([5.0, 5.0]))
    array([0., 5.])
    """

    pair = activations.relu, activations.relu_backward


class LeakyReLU(PairLayer):
    """``x`` where positive, ``negative_slope * x`` elsewhere, see `cnnlib.activations.leaky_relu`."""

    pair = activations.leaky_relu, activations.leaky_relu_backward
    options = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01):
        super().__init__()
        self.negative_slope = checks.number("negative_slope", negative_slope)


class ReLU6(PairLayer):
    """``min(max(x, 0), 6)``, see `cnnlib.activations.relu6`."""

    pair = activations.relu6, activations.relu6_backward


class Hardtanh(PairLayer):
    """``min(max(x, min_val), max_val)``, see `cnnlib.activations.hardtanh`."""

    pair = activations.hardtanh, activations.hardtanh_backward
    options = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0):
        super().__init__()
        self.min_val, self.max_val = checks.real("min_val", min_val), checks.real("max_val", max_val)
        if not self.min_val < self.max_val:
            raise ValueError(f"max_val must be over min_val, got {max_val} and {min_val}")


class Sigmoid(PairLayer):
    """``1 / (1 + exp(-x))``, see `cnnlib.activations.sigmoid`."""

    pair = activations.sigmoid, activations.sigmoid_backward


class LogSigmoid(PairLayer):
    """The logarithm of the sigmoid, computed stably, see `cnnlib.activations.logsigmoid`."""

    pair = activations.logsigmoid, activations.logsigmoid_backward


class Tanh(PairLayer):
    """The hyperbolic tangent, see `cnnlib.activations.tanh`."""

    pair = activations.tanh, activations.tanh_backward


class ELU(PairLayer):
    """``x`` where positive, ``alpha * (exp(x) - 1)`` elsewhere, see `cnnlib.activations.elu`."""

    pair = activations.elu, activations.elu_backward
    options = ("alpha",)

    def __init__(self, alpha: float = 1.0):
        super().__init__()
        self.alpha = checks.number("alpha", alpha)


class SELU(PairLayer):
    """An ELU stretched so that mean 0 and variance 1 last, see `cnnlib.activations.selu`."""

    pair = activations.selu, activations.selu_backward


class GELU(PairLayer):
    """``x`` times the normal distribution function, exact or by ``"tanh"``, see `cnnlib.activations.gelu`."""

    pair = activations.gelu, activations.gelu_backward
    options = ("approximate",)

    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = checks.one_of("approximate", approximate, ("none", "tanh"))


class SiLU(PairLayer):
    """``x * sigmoid(x)``, see `cnnlib.activations.silu`."""

    pair = activations.silu, activations.silu_backward


class Softplus(PairLayer):
    """``log(1 + exp(beta * x)) / beta``, a smooth ReLU, see `cnnlib.activations.softplus`."""

    pair = activations.softplus, activations.softplus_backward
    options = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__()
        self.beta = checks.number("beta", beta, above=0)
        self.threshold = checks.number("threshold", threshold)


class Softmax(PairLayer):
    """Positive numbers that sum to 1 along ``dim``, see `cnnlib.activations.softmax`.

    To train a classifier hand the scores themselves to `CrossEntropyLoss`, which does this inside.
    """

    pair = activations.softmax, activations.softmax_backward
    options = ("dim",)

    def __init__(self, dim: int):
        super().__init__()
        self.dim = checks.integer("dim", dim)


class LogSoftmax(PairLayer):
    """The logarithm of softmax, computed stably, see `cnnlib.activations.log_softmax`."""

    pair = activations.log_softmax, activations.log_softmax_backward
    options = ("dim",)

    def __init__(self, dim: int):
        super().__init__()
        self.dim = checks.integer("dim", dim)


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
        self.weight = filled(num_parameters, checks.number("init", init), dtype)

    def forward(self, x):
        """Map ``x`` (N, C, ...) to the same shape."""
        y = activations.prelu(x, self.weight.data)
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradient of the slope, return that of ``x``."""
        dx, dw = activations.prelu_backward(dy, self.recall(), self.weight.data)
        self.weight.add_grad(dw)
        return dx

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"
