"""A classifier that slides: its linear layers as convolutions, so that it scores every place of a larger image."""

import numpy as np

from cnnlib import _checks as checks
from cnnlib._chains import ACTIVATIONS, chain, pointwise
from cnnlib.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Identity,
    Linear,
    LogSoftmax,
    MaxPool2d,
    PReLU,
    Sequential,
    Softmax,
)


def convolutional(model, input_shape):
    """Turn a classifier of small images into a network that gives a score at every place of a larger one.

    Parameters
    ----------
    model : Sequential
        Convolutions, poolings, layers that treat each place by itself; then a `Flatten`; then linear layers,
        activations, and a softmax if need be. Sequentials of these count as what they consist of.
    input_shape : tuple, list or array (C, H, W)
        Of the images that ``model`` was made for.

    Returns
    -------
    Sequential
        From (N, C, H', W') to (N, classes, H'', W''). On images of the old size its one place has the old scores. The
        first linear layer has become a convolution with a kernel as large as what was flattened, those after it
        convolutions of 1 by 1; a softmax is along the classes; the other layers are the model's own. Weights are
        copied.

    Raises
    ------
    TypeError
        If ``model`` is not a Sequential, or one of its layers would do something else in a larger image: pooling with
        ``ceil_mode``, batch norm without running statistics, a layer of a class of its own.
    ValueError
        If there is not exactly one `Flatten` followed by a linear layer, batch norm is not in evaluation mode
        (``model.eval()``), or ``input_shape`` does not fit.

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
    layers = chain(model)
    at = [i for i, layer in enumerate(layers) if type(layer) is Flatten]
    if len(at) != 1:
        raise ValueError(f"model must have exactly one Flatten, got {len(at)}")
    body, flatten, head = layers[: at[0]], layers[at[0]], layers[at[0] + 1 :]
    _check_body(body)
    if flatten.start_dim not in (1, -3) or flatten.end_dim not in (-1, 3):
        raise TypeError(f"model must flatten all but the batch, Flatten(1, -1), got {flatten!r}")
    given = _shape("input_shape", input_shape)
    channels, *kernel = _shape_after(body, given)
    result = list(body)
    linear = False  # whether there has been a linear layer, so that what is left of each crop is one place
    for layer in head:
        if type(layer) is Linear:
            if layer.in_features != channels * kernel[0] * kernel[1]:
                raise ValueError(
                    f"input_shape {given} gives {channels * kernel[0] * kernel[1]} numbers after the "
                    f"Flatten, but the linear layer takes {layer.in_features}"
                )
            result.append(_as_convolution(layer, channels, tuple(kernel)))
            channels, kernel, linear = layer.out_features, (1, 1), True
        else:
            result.append(_in_the_head(layer, linear))
    if not linear:
        raise ValueError("model must have a linear layer after the Flatten, got none")
    return Sequential(*result)


def _check_body(body):
    """Insist that every layer makes of a place in a larger image what it makes of it in a crop."""
    for layer in body:
        pooling = type(layer) in (MaxPool2d, AvgPool2d) and not layer.ceil_mode
        pooling = pooling and not getattr(layer, "return_indices", False)
        if not (type(layer) is Conv2d or pooling or pointwise(layer)):
            raise TypeError(
                "model must have before the Flatten only Conv2d, MaxPool2d and AvgPool2d (without ceil_mode and "
                f"return_indices) and layers that treat each place by itself, got {layer!r}"
            )
        if type(layer) is BatchNorm2d and layer.training:
            raise ValueError(f"model must be in evaluation mode, call model.eval(); {layer!r} is not")


def _in_the_head(layer, linear):
    """The layer that does to (N, features, rows, columns) what ``layer`` does to (N, features)."""
    if type(layer) in (Softmax, LogSoftmax) and layer.dim in (1, -1) and linear:
        return type(layer)(dim=1)
    per_place = type(layer) is PReLU and layer.num_parameters > 1 and not linear
    if type(layer) not in (*ACTIVATIONS, Dropout, Identity) or per_place:
        raise TypeError(
            "model must have after the Flatten only Linear, layers that treat each number by itself, and, after the "
            f"first Linear, Softmax or LogSoftmax along dim 1, got {layer!r}"
        )
    return layer


def _shape(name, value):
    sizes = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(sizes, (tuple, list)) or len(sizes) != 3:
        raise ValueError(f"{name} must be three integers (C, H, W), got {value!r}")
    return tuple(checks.integer(name, n, 1) for n in sizes)


def _shape_after(body, size):
    dtype = next((p.data.dtype for layer in body for p in layer.parameters()), np.dtype(np.float32))
    part = Sequential(*body)
    modes = [(layer, layer.training) for layer in part.modules()]
    part.eval()
    try:
        return part(np.zeros((1, *size), dtype)).shape[1:] if body else size
    except ValueError as error:
        raise ValueError(f"input_shape {size} does not fit the model: {error}") from error
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
