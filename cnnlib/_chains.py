"""What can be said of a chain of layers without running it: which layers treat each place of an image by itself."""

from cnnlib.layers import (
    ELU,
    GELU,
    SELU,
    BatchNorm2d,
    Dropout,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSigmoid,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from cnnlib.module import Sequential

# Exactly these types: a class derived from one may do anything. All but PReLU treat each channel alike too.
ACTIVATIONS = (ELU, GELU, SELU, Hardtanh, LeakyReLU, LogSigmoid, PReLU, ReLU, ReLU6, Sigmoid, SiLU, Softplus, Tanh)


def chain(model):
    """Return the layers of a Sequential and of the Sequentials in it, in order."""
    if type(model) is not Sequential:
        raise TypeError(f"model must be a Sequential, got {type(model).__name__}")
    layers = []
    for layer in model:
        layers += chain(layer) if type(layer) is Sequential else [layer]
    return layers


def pointwise(layer):
    """Whether a layer, when it predicts, makes of each place what it would make of that place alone."""
    if type(layer) is BatchNorm2d:  # without running statistics it looks at all places
        return layer.track_running_stats
    return type(layer) in (*ACTIVATIONS, Dropout, Identity)
