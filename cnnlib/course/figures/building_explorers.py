"""Explorer of chapter 12: the units of LeNet-5, what each can see, and what it reacts to."""

import functools

import numpy as np

from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._panels import ACCENT, FLEX, LINE, WARM, horizontal_runs, panel
from cnnlib.data import load_digits
from cnnlib.models import lenet5
from cnnlib.receptive import gradient_field, receptive_field
from cnnlib.summary import summary

LAYERS = {"conv1": 1, "pool1": 3, "conv2": 4, "pool2": 6}  # how many layers of lenet5 lead to it
SIDE, PLACES, LEVELS = 28, 3, 6


def images(n=8):
    """Bundled digits as LeNet-5 takes them: enlarged three times, with a border of two pixels."""
    small = load_digits().images[:n].astype(np.float64)
    return np.pad(small.repeat(3, axis=2).repeat(3, axis=3), ((0, 0), (0, 0), (2, 2), (2, 2)))


@functools.cache
def _network():
    return lenet5(rng=np.random.default_rng(0), dtype=np.float64)


@functools.cache
def _rows():
    return summary(_network(), (1, SIDE, SIDE)).rows


def units(layer):
    """The rows (and columns) of the units that can be picked: the first, the middle and the last."""
    side = _rows()[LAYERS[layer] - 1].output_shape[1]
    return [round(k * (side - 1) / (PLACES - 1)) for k in range(PLACES)]


def spread(field, box):
    """Four standard deviations of a field along an axis, and those of an even field on the same pixels of the box.

    Parameters
    ----------
    field : array (H, W)
        Sizes of gradients.
    box : tuple of int
        The theoretical field: first row, end of rows, first column, end of columns; it may reach into the padding.

    Returns
    -------
    measured, even : float
        In pixels, the mean of both axes.
    """
    rows, columns = ((max(a, 0), min(b, side)) for a, b, side in zip(box[::2], box[1::2], field.shape, strict=True))
    even = np.zeros(field.shape)
    even[slice(*rows), slice(*columns)] = 1
    return _width(field), _width(even)


def _width(field):
    profiles = [field.sum(axis=axis) / field.sum() for axis in (0, 1)]
    return 4 * np.mean([np.sqrt(p @ (np.arange(p.size) - p @ np.arange(p.size)) ** 2) for p in profiles])


@functools.cache
def _field(layer, row, column):
    part = _network()[:LAYERS[layer]]
    return receptive_field(part).box(row, column), gradient_field(part, images(), row, column)


def unit(layer, place):
    """The stage and caption for one unit: its place in the map, its field in the image, its layer's ledger line.

    Parameters
    ----------
    layer : str
        One of LAYERS.
    place : int
        From 0 to 8: which of the units that can be picked, row by row.
    """
    pick, ledger = units(layer), _rows()[LAYERS[layer] - 1]
    row, column = pick[int(place) // PLACES], pick[int(place) % PLACES]
    box, field = _field(layer, row, column)
    channels, side, _ = ledger.output_shape
    left = panel(f"one of {channels} maps of {layer}", 168, 168, f"{side} by {side} units, one of them marked",
                  _map(side, pick, row, column))
    right = panel("the image", 196, 196,
                  "28 by 28 pixels, a faint digit; the theoretical field outlined, the effective one dark",
                  _image(box, field))
    padding = _outside(box)
    seen = int((field > 0).sum())
    width, even = spread(field, box)
    size = box[1] - box[0]
    caption = (
        f"{layer}, unit ({row}, {column}): its field is {size} × {size}, rows {box[0]} to {box[1] - 1}, "
        f"columns {box[2]} to {box[3] - 1}"
        + (f", {padding} of its {size * size} places in the padding" if padding else "")
        + f". On these 8 digits it reacts to {seen} pixels. 4σ of its gradient: {fixed(width, 1)} pixels; of a unit "
        f"that uses its box evenly: {fixed(even, 1)} ({fixed(100 * width / even, 0)}% of it). "
        f"Ledger: {' × '.join(map(str, ledger.output_shape))} outputs, "
        f"{ledger.parameters:,} parameters, {ledger.multiply_adds:,} multiply-adds."
    )
    return f'<div style="{FLEX}">{left}{right}</div>', caption


def _outside(box):
    rows = max(0, min(box[1], SIDE) - max(box[0], 0))
    columns = max(0, min(box[3], SIDE) - max(box[2], 0))
    return (box[1] - box[0]) * (box[3] - box[2]) - rows * columns


def _map(side, pick, row, column):
    """The map's outline and the units in it; those that can be picked are cells to click."""
    cells = "".join(f'<rect data-set="place:{k}" x="{j}" y="{i}" width="1" height="1"/>'
                    for k, (i, j) in enumerate((i, j) for i in pick for j in pick))
    return (
        f'<rect width="168" height="168" fill="none" stroke="{LINE}"/><g transform="scale({168 / side:.3f})">'
        f'<g fill="{ACCENT}" fill-opacity=".35" pointer-events="all">{cells}</g>'
        f'<rect x="{column}" y="{row}" width="1" height="1" fill="{WARM}" pointer-events="none"/></g>'
    )


def _image(box, field):
    """Pixels as short strokes, darker the more the unit reacts to them, and the box of the theoretical field."""
    level, paths = np.ceil(LEVELS * field / field.max()).astype(int), []
    for k in range(1, LEVELS + 1):
        runs = "".join(f"M{j} {i}h{n}" for i, j, n in horizontal_runs(level == k))
        if runs:
            paths.append(f'<path d="{runs}" stroke-opacity="{k / LEVELS:.2f}"/>')
    top, bottom, first, last = (int(np.clip(v, 0, SIDE)) for v in box)
    return (
        f'<rect width="196" height="196" fill="none" stroke="{LINE}"/><g transform="scale(7)">'
        f'<path d="{_digit()}" transform="translate(0,.5)" stroke="{LINE}" stroke-opacity=".45"/>'
        f'<g transform="translate(0,.5)" stroke="{ACCENT}">{"".join(paths)}</g><rect x="{first}" y="{top}" '
        f'width="{last - first}" height="{bottom - top}" fill="none" stroke="{WARM}" stroke-width=".4"/></g>'
    )


@functools.cache
def _digit():
    """The first of the digits, as the outline of what is darker than a third."""
    return "".join(f"M{j} {i}H{j + n}" for i, j, n in horizontal_runs(images(1)[0, 0] > images(1).max() / 3))
