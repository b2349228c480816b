"""Which layers the engine knows, and what of a model a plan depends on.

A layer is known where its type is exactly one of the table's and it holds nothing but the attributes listed for it. Any
other layer, and a known one with an option that came later, runs through its own code: slower, never wrong.
"""

import operator
from typing import NamedTuple

import numpy as np

from cnnlib import layers as L
from cnnlib.module import Parameter

ALWAYS = {"training", "_saved", "_buffer_names"}  # what every layer has
OWN = {"__call__", "forward", "backward", "__iter__"}  # what says what a Sequential does


class Known(NamedTuple):
    """What the engine may take for granted about a type of layer.

    Attributes
    ----------
    options : str
        The attributes that it reads, parameters and buffers included.
    only : dict
        Attributes that it does not read, with the one value that they must have.
    alike : bool
        Whether the layer treats every number alike, so that it does not mind the engine's layout.
    separate : bool
        Whether it treats every sample by itself and draws no random numbers, so that a batch may be split.
    images : bool
        Whether it takes images (N, C, H, W).
    """

    options: str
    only: dict = {}
    alike: bool = False
    separate: bool = True
    images: bool = False


CONVOLUTION = "in_channels out_channels groups kernel_size stride dilation padding weight bias"
NORM = "num_features eps momentum affine weight bias running_mean running_var num_batches_tracked"
TABLE = {
    L.Linear: Known("in_features out_features weight bias"),
    L.Conv2d: Known(CONVOLUTION + " padding_mode", images=True),
    L.ConvTranspose2d: Known(CONVOLUTION + " output_padding", images=True),
    L.BatchNorm1d: Known(NORM, {"track_running_stats": True}, separate=False),
    L.BatchNorm2d: Known(NORM, {"track_running_stats": True}, separate=False),
    L.LayerNorm: Known("normalized_shape eps elementwise_affine weight bias"),
    L.MaxPool2d: Known("kernel_size stride padding dilation ceil_mode", {"return_indices": False}, images=True),
    L.AvgPool2d: Known("kernel_size stride padding ceil_mode count_include_pad divisor_override", images=True),
    L.AdaptiveAvgPool2d: Known("output_size", images=True),
    L.AdaptiveMaxPool2d: Known("output_size", {"return_indices": False}, images=True),
    L.Flatten: Known("start_dim end_dim"),
    L.PReLU: Known("num_parameters weight"),
    L.Identity: Known("", alike=True),
    L.ReLU: Known(""),  # has a stage of its own
    L.LeakyReLU: Known("negative_slope", alike=True),
    L.Sigmoid: Known("", alike=True),
    L.Tanh: Known("", alike=True),
    L.ELU: Known("alpha", alike=True),
    L.GELU: Known("approximate", alike=True),
    L.SiLU: Known("", alike=True),
    L.Softplus: Known("beta threshold", alike=True),
    L.ReLU6: Known("", alike=True),
    L.Hardtanh: Known("min_val max_val", alike=True),
    L.LogSigmoid: Known("", alike=True),
    L.SELU: Known("", alike=True),
    L.GroupNorm: Known("num_groups num_channels eps affine weight bias"),
    L.ZeroPad2d: Known("padding", images=True),
    L.ConstantPad2d: Known("padding value", images=True),
    L.ReflectionPad2d: Known("padding", images=True),
    L.ReplicationPad2d: Known("padding", images=True),
    L.CircularPad2d: Known("padding", images=True),
    L.Unfold: Known("kernel_size dilation padding stride", images=True),
}
EXPECTED = {kind: ALWAYS | set(known.options.split()) for kind, known in TABLE.items()}


def known(layer):
    """What the table says of a layer, or None where it is no layer that the engine knows through and through."""
    entry = TABLE.get(type(layer))
    if entry is None:
        return None
    extra = vars(layer).keys() - EXPECTED[type(layer)]
    return entry if all(name in entry.only and getattr(layer, name) is entry.only[name] for name in extra) else None


def separate(layers, ndim):
    """Whether a batch may be split between processes: batch norm and dropout, for two, look at all of it.

    ``ndim`` is that of the batch. Where the samples are not along the first dimension, a layer would see two halves of
    something else: after ``Flatten(0)``, or where three dimensions reach a layer for images, which takes them for one.
    """
    for layer in layers:
        entry = known(layer)
        if entry is None or not entry.separate or entry.images and ndim != 4:
            return False
        if type(layer) is L.LayerNorm and len(layer.normalized_shape) >= ndim:
            return False
        if type(layer) is L.Flatten:
            if layer.start_dim != 1 or not -ndim <= layer.end_dim < ndim:
                return False
            ndim -= max(layer.end_dim % ndim - 1, 0)
    return True


def plain(model):
    """Whether a model does what a Sequential does: its class, or it itself, may have methods of its own."""
    kind = type(model)
    return (isinstance(model, L.Sequential) and OWN.isdisjoint(vars(model))
            and (kind is L.Sequential or all(getattr(kind, name) is getattr(L.Sequential, name) for name in OWN)))


def flattened(model):
    """The layers of a Sequential in order, those of plain Sequentials inside it included."""
    for layer in model:
        if plain(layer):
            yield from flattened(layer)
        else:
            yield layer


class View(NamedTuple):
    """A model, or a layer, as it is at the moment.

    Attributes
    ----------
    layers : list of Layer
    parameters : list of Parameter
        Each once.
    facts : tuple
        All that a plan takes from the model when it is made: which layers, with which options and which parameters.
    modes : tuple
        The train/eval state of each known layer.
    forms : list of tuple
        Shape and dtype of each parameter.
    """

    layers: list
    parameters: list
    facts: tuple
    modes: tuple
    forms: list

    def fits(self, objects, seen):
        """Whether this is still the view of what holds ``objects``, made when it held those ``seen``.

        Objects are compared by identity, which none that is kept can share with another. The one thing in them that
        may change without becoming another object is the array of a parameter.
        """
        return (len(objects) == len(seen) and all(map(operator.is_, objects, seen))
                and _forms(self.parameters) == self.forms)


class Watch:
    """Looks at a model in every pass, so that no change to it goes unnoticed, and is quick where there was none."""

    def __init__(self):
        self.seen, self.last, self.view = {}, [], View([], [], (), (), [])

    def look(self, layers):
        """Return the `View` of a list of layers, the same object as long as nothing changes.

        Raises
        ------
        TypeError
            If an option is nothing that could be compared with what it was before.
        """
        objects = []
        for layer in layers:
            objects += _objects(layer)
        if not self.view.fits(objects, self.last):
            views = list(map(self._layer, layers))
            parameters = list({id(p): p for view in views for p in view.parameters}.values())
            facts = tuple(view.facts for view in views)
            hash(facts)
            self.view = View(layers, parameters, facts, tuple(view.modes for view in views), _forms(parameters))
            self.last = objects
            self.seen = {i: self.seen[i] for i in map(id, layers)}  # forget layers that are gone
        return self.view

    def _layer(self, layer):
        """The view of one layer: training changes those of batch norms in every step, and no others."""
        objects = _objects(layer)
        old = self.seen.get(id(layer))
        if old is None or not old[0].fits(objects, old[1]):
            self.seen[id(layer)] = old = _view(layer), objects
        return old[0]


def _objects(layer):
    """All that the view of a layer depends on, as a flat list that tells where it ends."""
    inside = vars(layer)
    found = [layer, len(inside), *inside, *inside.values()]
    if type(layer) not in TABLE:  # there is no knowing what is inside another
        found += layer.parameters()
    return found


def _forms(parameters):
    return [(p.data.shape, p.data.dtype) for p in parameters]


def _view(layer):
    facts, modes, parameters = [id(layer)], (), []  # the view keeps the layer, so that no other can get this number
    if type(layer) not in TABLE:
        parameters = layer.parameters()
        facts.append(tuple(map(id, parameters)))
        return View([layer], parameters, tuple(facts), modes, _forms(parameters))
    for name, value in vars(layer).items():
        if name == "training":
            modes = value
        elif isinstance(value, Parameter):
            parameters.append(value)
            facts.append((name, id(value), value.data.shape, value.data.dtype))
        elif isinstance(value, np.ndarray) and name in layer._buffer_names:
            facts.append((name, value.shape, value.dtype))
        elif name != "_saved":
            facts.append((name, _exactly(value)))
    return View([layer], parameters, tuple(facts), modes, _forms(parameters))


def _exactly(value):
    """``value`` with its type: 1, 1.0 and True are equal and are not the same option."""
    return tuple(map(_exactly, value)) if type(value) is tuple else (type(value), value)
