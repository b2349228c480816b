"""The network laboratory: every number of a network that reads digits, and of a network of the reader's own."""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.course import drawings
from cnnlib.course._still import call
from cnnlib.course.labs._laboratory import Laboratory
from cnnlib.course.reader import SIZE, reader
from cnnlib.interpret import feature_maps
from cnnlib.layers import AvgPool2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential, Tanh
from cnnlib.models import digits_cnn, lenet5

SIZES = (28, 8, 32, 12, 16, 24)  # where none is named, the first that a model takes
KNOWN = "Conv2d, ReLU, Tanh, MaxPool2d, AvgPool2d, Flatten, Linear and Dropout"


class NetworkLab(Laboratory):
    """Draw a digit, and see every number that a network computes of it, forward and back.

    Parameters
    ----------
    model : Sequential, optional
        The network to show: a chain of layers from images (N, 1, H, H) to scores (N, K); without it, the course's own.
    size : int, optional
        H; without it, the first of 28, 8, 32, 12, 16 and 24 that the model takes.

    Raises
    ------
    TypeError
        If ``model`` is no chain, or has a layer that the laboratory does not know.
    ValueError
        If the model does not take images of this size, or gives no row of scores.

    Examples
    --------
    >>> from cnnlib.models import digits_cnn
    >>> lab = NetworkLab(digits_cnn())
    >>> lab.config["size"], [layer["kind"] for layer in lab.config["layers"]][:3]
    (8, ['conv', 'relu', 'maxpool'])
    """

    script, name, title = "lab-network", "lab-network", "Network laboratory"

    def __init__(self, model=None, size=None):
        self.model, self.size = (reader(np.float32), SIZE) if model is None else (model, size)
        self.words = "trained" if model is None else "your model"
        super().__init__(*self._data())

    def refresh(self):
        """Show the model's weights as they are now: after more training, say. Every view of this laboratory changes."""
        self._renew(*self._data())

    def _data(self):
        layers, size = describe(self.model, self.size)
        known = [self.model, *(make() for make in (lenet5, digits_cnn))]
        titles = ["the network shown here", "lenet5()", "digits_cnn()"]
        networks = [
            dict(zip(("layers", "size"), describe(other, own), strict=True)) | {"title": title}
            for other, own, title in zip(known, (size, None, None), titles, strict=True)
        ]
        config = {
            "title": self.words,
            "layers": layers,
            "size": size,
            "classes": layers[-1]["shape"][0],
            "dtype": str(next(iter(self.model.parameters())).dtype),
            "drawings": drawings.load(),
            "known": networks,
        }
        return config, weights(self.model)


def weights(model):
    """All weights of a model in one run of bytes: for each layer its weight, then its bias."""
    return b"".join(np.asarray(p.data, p.data.dtype.newbyteorder("<"), order="C").tobytes() for p in model.parameters())


def describe(model, size=None):
    """A model as the page knows it: its layers without their numbers, and the side of its images.

    Parameters
    ----------
    model : Sequential
    size : int, optional

    Returns
    -------
    layers : list of dict
    size : int

    Examples
    --------
    >>> describe(Sequential(Flatten(), Linear(64, 10)))
    ([{'kind': 'flatten'}, {'kind': 'linear', 'name': '1', 'shape': (10, 64), 'bias': True, 'maps': 1}], 8)
    """
    if not isinstance(model, Sequential):
        raise TypeError(f"model must be a Sequential, a chain of layers, got {type(model).__name__}")
    children = list(model.named_children())
    layers = [_layer(name, layer) for name, layer in children]
    if not any("shape" in layer for layer in layers):
        raise ValueError("model must have layers with weights, it has none")
    shapes, side = _shapes(model, size)
    if layers[-1]["kind"] != "linear" or len(shapes[-1]) != 2:
        raise ValueError(f"model must end with a Linear layer that gives scores (N, K), it gives {shapes[-1]}")
    inputs = [(1, 1, side, side), *shapes]
    for k, layer in enumerate(layers[1:], 1):
        if layer["kind"] == "linear" and layers[k - 1]["kind"] == "flatten":
            layer["maps"] = inputs[k - 1][1]
    return [layer for layer in layers if layer["kind"] != "dropout"], side


def _shapes(model, size):
    """The shapes of all layers' outputs, and the side of the images that the model takes."""
    for side in SIZES if size is None else (checks.integer("size", size, 1),):
        try:
            zeros = np.zeros((1, 1, side, side), next(iter(model.parameters())).dtype)
            return [y.shape for _, y in feature_maps(model, zeros)], side
        except ValueError as error:
            problem = error
    tried = f"{size} × {size}" if size is not None else " or ".join(map(str, SIZES)) + " pixels to a side"
    raise ValueError(f"model must take images (N, 1, H, H) of {tried}; name another size. Its layers say: {problem}")


def _layer(name, layer):
    """One layer as the page knows it."""
    kind = type(layer)
    if kind is Conv2d:
        _insist(name, layer, groups=1, padding_mode="zeros")
        padding = layer.padding
        if padding == "same":
            reach = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
            if any(r % 2 for r in reach):
                raise ValueError(
                    f"layer {name} of model pads one side more than the other, which the laboratory does not"
                )
            padding = [r // 2 for r in reach]
        options = {"stride": layer.stride, "padding": 0 if padding == "valid" else padding, "dilation": layer.dilation}
        return {"kind": "conv", **options, **_weights(name, layer)}
    if kind is Linear:
        return {"kind": "linear", **_weights(name, layer)}
    if kind is MaxPool2d:
        _insist(name, layer, dilation=1, ceil_mode=False)
    elif kind is AvgPool2d:
        _insist(name, layer, ceil_mode=False, count_include_pad=True, divisor_override=None)
    elif kind is Flatten:
        _insist(name, layer, start_dim=1, end_dim=-1)
    if kind in (MaxPool2d, AvgPool2d):
        which = "maxpool" if kind is MaxPool2d else "avgpool"
        return {"kind": which, "kernel": layer.kernel_size, "stride": layer.stride, "padding": layer.padding}
    if kind in (ReLU, Tanh, Flatten, Dropout):
        return {"kind": kind.__name__.lower()}
    raise TypeError(f"layer {name} of model is {layer}; the laboratory knows {KNOWN}")


def _insist(name, layer, **options):
    """Refuse options that the page's operations do not have."""
    for option, wanted in options.items():
        given = getattr(layer, option)
        if given != wanted and given != (wanted, wanted):
            raise ValueError(
                f"layer {name} of model has {option}={given!r}; the laboratory only shows {option}={wanted!r}"
            )


def _weights(name, layer):
    return {"name": name, "shape": layer.weight.shape, "bias": layer.bias is not None}


def pixels(drawn, size=SIZE, centre=True):
    """A recorded drawing as the laboratory hands it to the network; the page's own code, run by ``quickjs-ng``.

    Parameters
    ----------
    drawn : dict
        One of :func:`cnnlib.course.drawings.load`.
    size : int, optional
    centre : bool, optional
        Whether it is cropped, scaled and centred.

    Returns
    -------
    array (1, size, size)
        Ink from 0 to 1, in float64.

    Examples
    --------
    >>> pixels(drawings.load()[0]).shape
    (1, 28, 28)
    """
    image = call("lab-network-ink", "raster", drawn["strokes"], size, {"pen": drawn["pen"], "centre": centre})
    return np.reshape(np.array(image["data"], dtype=np.float64), (1, size, size))
