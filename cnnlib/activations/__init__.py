"""Activations: the bends between linear layers, each with its derivative beside it.

A stack of linear layers is one linear layer. What lies between them and bends, one number at a time, is
what lets depth pay. Every function here comes as a pair: ``y = f(x)``, then ``dx = f_backward(dy, x)``,
which multiplies the upstream gradient ``dy`` by the slope of ``f`` at ``x``.

Read ``squashing.py`` first (`sigmoid`, `tanh`, `softmax`, `log_softmax`), then ``rectifiers.py`` (`relu`,
`leaky_relu`, `prelu`), then ``smooth.py`` (`softplus`, `elu`, `silu`, `gelu`). All are offered here.
"""

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
    silu,
    silu_backward,
    softplus,
    softplus_backward,
)
from cnnlib.activations.squashing import (
    log_softmax,
    log_softmax_backward,
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
    "relu", "relu_backward", "leaky_relu", "leaky_relu_backward", "prelu", "prelu_backward",
    "softplus", "softplus_backward", "elu", "elu_backward", "silu", "silu_backward", "gelu", "gelu_backward",
]  # fmt: skip
