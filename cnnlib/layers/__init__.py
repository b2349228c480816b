"""Layers: parameters and memory around the operations. Import all layers from here.

Each layer is a few lines over a pair of functions. The mathematics is in the operation that its
docstring names; the names, the order of arguments, the defaults and the names of the parameters are
those of ``torch.nn``.

Read `cnnlib.module` first (`Parameter`, `Layer`, `Sequential`), then ``pair.py`` and ``activations.py`` beside
this file, ``weighted.py`` (`Linear`, `Conv2d`, `ConvTranspose2d`), ``folding.py``, ``padding.py``, ``pooling.py``,
``normalizing.py`` (batch norm, layer norm, group norm, dropout), ``residual.py`` (a shortcut). The losses as
objects are in `cnnlib.criteria`. All are offered here.
"""

from cnnlib.criteria import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from cnnlib.layers.activations import (
    ELU,
    GELU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from cnnlib.layers.folding import Fold, Unfold
from cnnlib.layers.normalizing import BatchNorm1d, BatchNorm2d, Dropout, GroupNorm, LayerNorm
from cnnlib.layers.padding import CircularPad2d, ConstantPad2d, ReflectionPad2d, ReplicationPad2d, ZeroPad2d
from cnnlib.layers.pair import PairLayer
from cnnlib.layers.pooling import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    Flatten,
    Identity,
    MaxPool2d,
    MaxUnpool2d,
)
from cnnlib.layers.residual import Residual
from cnnlib.layers.weighted import Conv2d, ConvTranspose2d, Linear
from cnnlib.module import Layer, Parameter, Sequential

__all__ = [
    "Parameter", "Layer", "PairLayer", "Sequential", "Residual",
    "Linear", "Conv2d", "ConvTranspose2d", "Unfold", "Fold",
    "BatchNorm1d", "BatchNorm2d", "LayerNorm", "GroupNorm", "Dropout",
    "ZeroPad2d", "ConstantPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d",
    "MaxPool2d", "MaxUnpool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "Flatten", "Identity",
    "ReLU", "LeakyReLU", "PReLU", "ReLU6", "Hardtanh", "Sigmoid", "LogSigmoid", "Tanh", "ELU", "SELU", "GELU", "SiLU",
    "Softplus", "Softmax", "LogSoftmax",
    "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "NLLLoss", "CrossEntropyLoss",
]  # fmt: skip
