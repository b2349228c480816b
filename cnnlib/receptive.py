"""Receptive fields: which pixels can an output see, and which does it really look at?"""

from typing import NamedTuple

import numpy as np

from cnnlib import _checks as checks
from cnnlib._chains import chain, pointwise
from cnnlib._modes import predicting
from cnnlib.layers import AvgPool2d, Conv2d, MaxPool2d
from cnnlib.module import Sequential


class ReceptiveField(NamedTuple):
    """What one output of a chain sees of the input, as pairs (along the rows, along the columns).

    Attributes
    ----------
    size : pair of int
        Pixels from the first to the last that it sees.
    stride : pair of int
        How many pixels further the field of the next output begins.
    start : pair of int
        The first pixel of output (0, 0); negative where it begins in the padding.
    """

    size: tuple
    stride: tuple
    start: tuple

    def box(self, row, column):
        """Return (first row, end of rows, first column, end of columns) of output (row, column); ends are excluded.

        Examples
        --------
        >>> ReceptiveField((5, 5), (2, 2), (-1, -1)).box(3, 0)
        (5, 10, -1, 4)
        """
        place = checks.integer("row", row), checks.integer("column", column)
        first = [s + t * at for s, t, at in zip(self.start, self.stride, place, strict=True)]
        return first[0], first[0] + self.size[0], first[1], first[1] + self.size[1]


def receptive_field(model):
    """Return what one output of a chain of layers can see of the input, by arithmetic.

    Parameters
    ----------
    model : Sequential
        Convolutions, poolings, and layers that treat each place by itself; Sequentials of these.

    Returns
    -------
    ReceptiveField

    Raises
    ------
    TypeError
        For a layer whose outputs see everything (linear, adaptive pooling, batch norm without running statistics) or
        that the rule does not cover: one of a class of its own, a convolution whose padding repeats pixels from
        outside its window (circular padding, say).

    Notes
    -----
    Layer after layer, along each axis: the field grows by ``dilation * (kernel - 1)`` steps of the size reached so far,
    then the steps are multiplied by the layer's stride::

        size   += dilation * (kernel - 1) * stride so far
        start  -= padding * stride so far
        stride *= stride of the layer

    References
    ----------
    .. [1] A. Araujo, W. Norris and J. Sim, "Computing Receptive Fields of Convolutional Neural Networks", 2019.

    Examples
    --------
    >>> receptive_field(Sequential(Conv2d(1, 6, 5, padding=2), MaxPool2d(2), Conv2d(6, 16, 5)))
    ReceptiveField(size=(14, 14), stride=(2, 2), start=(-2, -2))
    """
    size, stride, start = np.ones(2, int), np.ones(2, int), np.zeros(2, int)
    for layer in chain(model):
        kernel, step, dilation, before = _geometry(layer)
        size += dilation * (kernel - 1) * stride
        start -= before * stride
        stride *= step
    return ReceptiveField(*(tuple(v.tolist()) for v in (size, stride, start)))


def gradient_field(model, x, row, column, channel=None):
    """Return how strongly an output reacts to each pixel: its receptive field, measured.

    Parameters
    ----------
    model : Sequential
        From images to maps (N, K, H', W').
    x : array (N, C, H, W)
        Images to measure on.
    row, column : int
        Which place of the maps.
    channel : int, optional
        Which map; the sum of all unless given.

    Returns
    -------
    array (H, W)
        The absolute gradient of that output with respect to each pixel, averaged over the images, summed over the
        channels. It is 0 outside the field that `receptive_field` gives, and usually small at its edge [1]_.

    Raises
    ------
    ValueError
        If the maps have no such place or channel, or there is no image.

    References
    ----------
    .. [1] W. Luo and others, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks", 2016.

    Examples
    --------
    >>> layer = Conv2d(1, 1, 3, dtype=np.float64)
    >>> layer.weight.data[...] = 1
    >>> gradient_field(Sequential(layer, layer), np.zeros((1, 1, 5, 5)), 0, 0)[0]      # 1 2 3 2 1 along each axis
    array([1., 2., 3., 2., 1.])
    """
    if not isinstance(model, Sequential):
        raise TypeError(f"model must be a Sequential, got {type(model).__name__}")
    checks.floats("x", x, ndim=4)
    if len(x) == 0:
        raise ValueError(f"x must hold at least one image to measure on, got shape {x.shape}")
    with predicting(model):
        y = model(x)
        if y.ndim != 4:
            raise ValueError(f"model must give maps (N, K, H, W), got {y.shape}")
        places = {"row": (row, y.shape[2]), "column": (column, y.shape[3])}
        if channel is not None:
            places["channel"] = channel, y.shape[1]
        for name, (value, limit) in places.items():
            if not 0 <= checks.integer(name, value) < limit:
                raise ValueError(f"{name} must be from 0 to {limit - 1} in maps {y.shape}, got {value}")
        dy = np.zeros_like(y)
        dy[:, slice(None) if channel is None else channel, row, column] = 1
        return np.abs(model.backward(dy)).mean(axis=0).sum(axis=0)


def _geometry(layer):
    """Kernel, stride, dilation and padding before, as arrays (rows, columns)."""
    if type(layer) is Conv2d and _padding_stays_inside(layer):
        left, _, top, _ = layer._sides()
        return tuple(map(np.array, (layer.kernel_size, layer.stride, layer.dilation, (top, left))))
    if type(layer) in (MaxPool2d, AvgPool2d):
        stride = layer.kernel_size if layer.stride is None else layer.stride
        values = layer.kernel_size, stride, getattr(layer, "dilation", 1), layer.padding
        return tuple(np.array(checks.pair("size", v, 0)) for v in values)
    if pointwise(layer):
        return np.ones(2, int), np.ones(2, int), np.ones(2, int), np.zeros(2, int)
    raise TypeError(
        "model must consist of convolutions (padded with what their windows see anyway), poolings and layers that "
        f"treat each place by itself, got {layer!r}"
    )


def _padding_stays_inside(layer):
    """Whether what a convolution puts beside the image are pixels that the same window sees, or none."""
    left, right, top, bottom = layer._sides()
    for axis, pad in enumerate((max(top, bottom), max(left, right))):
        reach = layer.dilation[axis] * (layer.kernel_size[axis] - 1)
        # The pixel n beyond the edge is the edge itself, or the one n inside it; from afar for "circular".
        most = {"zeros": pad, "replicate": reach, "reflect": reach // 2, "circular": 0}[layer.padding_mode]
        if pad > most:
            return False
    return True
