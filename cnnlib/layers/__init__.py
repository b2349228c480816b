"""Layers: parameters and memory around the operations. Import all layers from here.

Each layer is a few lines over a pair of functions. The mathematics is in the operation that its
docstring names; the names, the order of arguments, the defaults and the names of the parameters are
those of ``torch.nn``.

Read `cnnlib.module` first (`Parameter`, `Layer`, `Sequential`), then ``pair.py`` and ``activations.py`` beside
this file, ``weighted.py`` (`Linear`, `Conv2d`, `ConvTranspose2d`), ``pooling.py``, ``normalizing.py`` (batch norm,
layer norm, dropout). The losses as objects are in `cnnlib.criteria`. All are offered here.
"""

from cnnlib.criteria import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from cnnlib.layers.activations import (
    ELU,
    GELU,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from cnnlib.layers.normalizing import BatchNorm1d, BatchNorm2d, Dropout, LayerNorm
from cnnlib.layers.pair import PairLayer
from cnnlib.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, Flatten, Identity, MaxPool2d
from cnnlib.layers.weighted import Conv2d, ConvTranspose2d, Linear
from cnnlib.module import Layer, Parameter, Sequential

__all__ = [
    "Parameter", "Layer", "PairLayer", "Sequential",
    "Linear", "Conv2d", "ConvTranspose2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Dropout",
    "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "Flatten", "Identity",
    "ReLU", "LeakyReLU", "PReLU", "Sigmoid", "Tanh", "ELU", "GELU", "SiLU", "Softplus", "Softmax", "LogSoftmax",
    "MSELoss", "L1Loss", "SmoothL1Loss", "BCELoss", "BCEWithLogitsLoss", "NLLLoss", "CrossEntropyLoss",
]  # fmt: skip
