"""Activations: the bends between linear layers, each with its derivative beside it.

A stack of linear layers is one linear layer. What lies between them and bends, one number at a time, is
what lets depth pay. Every function here comes as a pair: ``y = f(x)``, then ``dx = f_backward(dy, x)``,
which multiplies the upstream gradient ``dy`` by the slope of ``f`` at ``x``.

Read ``squashing.py`` first (`sigmoid`, `tanh`, `softmax`, and the logarithms `log_softmax` and `logsigmoid`), then
``rectifiers.py`` (`relu`, `leaky_relu`, `prelu`), then ``clamped.py`` (`hardtanh`, `relu6`), then ``smooth.py``
(`softplus`, `elu`, `silu`, `gelu`, `selu`). All are offered here.
"""

from cnnlib.activations.clamped import hardtanh, hardtanh_backward, relu6, relu6_backward
from cnnlib.activations.rectifiers import (
    leaky_relu,
    leaky_relu_backward,
    prelu,
    prelu_backward,
    relu,
    relu_backward,
)
from cnnlib.activations.smooth import (
    elu,
    elu_backward,
    gelu,
    gelu_backward,
    selu,
    selu_backward,
    silu,
    silu_backward,
    softplus,
    softplus_backward,
)
from cnnlib.activations.squashing import (
    log_softmax,
    log_softmax_backward,
    logsigmoid,
    logsigmoid_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)

__all__ = [
    "sigmoid", "sigmoid_backward", "tanh", "tanh_backward",
    "softmax", "softmax_backward", "log_softmax", "log_softmax_backward",
    "logsigmoid", "logsigmoid_backward", "hardtanh", "hardtanh_backward", "relu6", "relu6_backward",
    "relu", "relu_backward", "leaky_relu", "leaky_relu_backward", "prelu", "prelu_backward",
    "softplus", "softplus_backward", "elu", "elu_backward", "silu", "silu_backward", "gelu", "gelu_backward",
    "selu", "selu_backward",
]  # fmt: skip
