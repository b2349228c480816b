"""A classifier that slides: its linear layers as convolutions, so that it scores every place of a larger image."""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.layers import Conv2d, Flatten, Linear, Sequential


def convolutional(model, input_shape):
    """Turn a classifier of small images into a network that gives a score at every place of a larger one.

    Parameters
    ----------
    model : Sequential
        Convolutions, poolings and activations; then a `Flatten`; then linear layers and activations.
    input_shape : tuple (C, H, W)
        Of the images that ``model`` was made for.

    Returns
    -------
    Sequential
        From (N, C, H', W') to (N, classes, H'', W''). On images of the old size its one place has the old scores. The
        first linear layer has become a convolution with a kernel as large as what was flattened, those after it
        convolutions of 1 by 1; the other layers are the model's own. Weights are copied.

    Raises
    ------
    TypeError
        If ``model`` is not a Sequential, or something other than linear layers has weights after the `Flatten`.
    ValueError
        If there is not exactly one `Flatten` followed by a linear layer, or ``input_shape`` does not fit.

    Notes
    -----
    The result equals that of cutting out every crop, H by W, and scoring it, at the offsets that are multiples of the
    product of all strides, **if no layer pads**: what padding puts beside a crop are zeros, beside a place inside a
    larger image they are its neighbours.

    References
    ----------
    .. [1] P. Sermanet and others, "OverFeat: Integrated Recognition, Localization and Detection using Convolutional
       Networks", 2014, section 3.5.

    Examples
    --------
    >>> from cnnlib.layers import ReLU
    >>> model = Sequential(Conv2d(1, 2, 3), ReLU(), Flatten(), Linear(2 * 6 * 6, 10))
    >>> sliding = convolutional(model, (1, 8, 8))
    >>> sliding(np.zeros((5, 1, 8, 8), np.float32)).shape
    (5, 10, 1, 1)
    >>> sliding(np.zeros((1, 1, 8, 20), np.float32)).shape
    (1, 10, 1, 13)
    """
    if not isinstance(model, Sequential):
        raise TypeError(f"model must be a Sequential, got {type(model).__name__}")
    layers = list(model)
    at = [i for i, layer in enumerate(layers) if isinstance(layer, Flatten)]
    if len(at) != 1:
        raise ValueError(f"model must have exactly one Flatten, got {len(at)}")
    if not isinstance(input_shape, (tuple, list)) or len(input_shape) != 3:
        raise ValueError(f"input_shape must be three integers (C, H, W), got {input_shape!r}")
    body, head = layers[: at[0]], layers[at[0] + 1 :]
    size = tuple(checks.integer("input_shape", n, 1) for n in input_shape)
    if body:
        size = _shape_after(body, size)
    kernel, result = size[1:], list(body)
    channels = size[0]
    for layer in head:
        if isinstance(layer, Linear):
            if layer.in_features != channels * kernel[0] * kernel[1]:
                raise ValueError(
                    f"input_shape {tuple(input_shape)} gives {channels * kernel[0] * kernel[1]} numbers after the "
                    f"Flatten, but the linear layer takes {layer.in_features}"
                )
            result.append(_as_convolution(layer, channels, kernel))
            channels, kernel = layer.out_features, (1, 1)
        elif layer.parameters():
            raise TypeError(f"model must have only linear layers with weights after the Flatten, got {layer!r}")
        else:
            result.append(layer)
    if not any(isinstance(layer, Linear) for layer in head):
        raise ValueError("model must have a linear layer after the Flatten, got none")
    return Sequential(*result)


def _shape_after(body, size):
    dtype = next((p.data.dtype for layer in body for p in layer.parameters()), np.dtype(np.float32))
    part = Sequential(*body)
    modes = [(layer, layer.training) for layer in part.modules()]
    part.eval()
    try:
        return part(np.zeros((1, *size), dtype)).shape[1:]
    finally:
        part.forget()
        for layer, training in modes:
            layer.training = training


def _as_convolution(layer, channels, kernel):
    layer_dtype = layer.weight.data.dtype
    convolution = Conv2d(channels, layer.out_features, kernel, bias=layer.bias is not None, dtype=layer_dtype)
    convolution.weight.data[...] = layer.weight.data.reshape(convolution.weight.shape)
    if layer.bias is not None:
        convolution.bias.data[...] = layer.bias.data
    return convolution
