"""Explorer of chapter 14: one unit of a map, what it sees, and what the answer owes to what it sees."""

import numpy as np

from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures.building_explorers import _runs
from cnnlib.course.figures.conv_explorers import ACCENT, FLEX, LINE, WARM, _panel
from cnnlib.interpret import feature_maps
from cnnlib.receptive import receptive_field

DEPTH, SIDE, LEVELS = 5, 8, 4  # the second convolution with its ReLU: maps of 8 × 8
PLACES = (0, 2, 5, 7)  # rows and columns of the units that can be picked


class Units:
    """The explorer's numbers and its drawing, for an image and networks by name.

    Parameters
    ----------
    models : dict of str to Sequential
    image : array (1, 1, H, W)
    others : array (N, 1, H, W)
        Where the patch is looked for that excites a channel most.
    """

    def __init__(self, models, image, others):
        self.models, self.image, self.others = models, image, others
        self._cache = {name: self._look(model) for name, model in models.items()}

    def _look(self, model):
        part = model[:DEPTH]
        (_, own), (_, rest) = feature_maps(part, self.image)[-1], feature_maps(part, self.others)[-1]
        model.forget()
        return own[0], rest

    def numbers(self, network, channel, place):
        """What one frame shows.

        Returns
        -------
        dict
            ``unit`` (row, column), its ``value`` and its ``rank`` in the map, the ``box`` of its field, the ``map``,
            the ``answer`` of the network for the image, the ``drop`` of that score when the ink in the field is
            erased, the ``best`` patch and its ``best_value``.
        """
        model, (own, rest) = self.models[network], self._cache[network]
        row, column = (PLACES[k] for k in divmod(int(place), len(PLACES)))
        field = receptive_field(model[:DEPTH])
        box = field.box(row, column)
        covered = self.image.copy()
        covered[..., max(box[0], 0):box[1], max(box[2], 0):box[3]] = 0
        whole, without = model(self.image)[0], model(covered)[0]
        model.forget()
        answer, values = int(whole.argmax()), own[channel]
        n, i, j = np.unravel_index(rest[:, channel].argmax(), rest[:, channel].shape)
        top, bottom, left, right = field.box(i, j)
        padded = np.pad(self.others[n, 0], SIDE)
        return {
            "unit": (row, column), "value": float(values[row, column]), "map": values, "box": box, "answer": answer,
            "rank": int((values > values[row, column]).sum()) + 1, "drop": float(whole[answer] - without[answer]),
            "best": padded[top + SIDE:bottom + SIDE, left + SIDE:right + SIDE],
            "best_value": float(rest[n, channel, i, j]),
        }

    def draw(self, network, channel, place):
        """The stage and the caption of one frame."""
        found = self.numbers(network, channel, place)
        row, column = found["unit"]
        box = found["box"]
        stage = (
            _panel("the image", 160, 160, "16 by 16 pixels; the field of the unit outlined", _ink(self.image[0, 0], 10, box))
            + _panel(f"map {channel}, 8 × 8", 128, 128, "8 by 8 units, one outlined", _units(found["map"], row, column))
            + _panel("the test patch that it answers to most", 96, 96, "8 by 8 pixels", _ink(found["best"], 12))
        )
        caption = (
            f"Network {network}, map {channel}, unit ({row}, {column}): {fixed(found['value'], 2)}, "
            f"{'the largest' if found['rank'] == 1 else 'number ' + str(found['rank'])} of 64. It sees rows {box[0]} to "
            f"{box[1] - 1} and columns {box[2]} to {box[3] - 1}. The network reads a {found['answer']}; with the ink in "
            f"this field erased, the score for {found['answer']} "
            f"{'falls' if found['drop'] > 0 else 'rises' if found['drop'] < 0 else 'changes'} by {fixed(abs(found['drop']), 2)}. "
            f"The best patch gives {fixed(found['best_value'], 2)}."
        )
        return f'<div style="{FLEX}">{stage}</div>', caption


def _shades(values, color):
    """Values from 0 to 1 as short strokes in a few shades."""
    level, paths = np.ceil(LEVELS * np.clip(values, 0, 1)).astype(int), []
    for k in range(1, LEVELS + 1):
        runs = "".join(f"M{j} {i}h{n}" for i, j, n in _runs(level == k))
        if runs:
            paths.append(f'<path d="{runs}" stroke-opacity="{k / LEVELS:g}"/>')
    return f'<g transform="translate(0,.5)" stroke="{color}">{"".join(paths)}</g>'


def _ink(image, scale, box=None):
    height, width = image.shape
    frame = ""
    if box:
        top, bottom, left, right = (int(np.clip(v, 0, height)) for v in box)
        frame = (f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="none" stroke="{WARM}" '
                 f'stroke-width=".3"/>')
    return (f'<rect width="{scale * width}" height="{scale * height}" fill="none" stroke="{LINE}"/>'
            f'<g transform="scale({scale})">{_shades(image, "currentColor")}{frame}</g>')


def _units(values, row, column):
    cells = "".join(f'<rect data-set="place:{k}" x="{j}" y="{i}" width="1" height="1"/>'
                    for k, (i, j) in enumerate((i, j) for i in PLACES for j in PLACES))
    return (
        f'<rect width="128" height="128" fill="none" stroke="{LINE}"/><g transform="scale(16)">'
        f'{_shades(values / (values.max() or 1), ACCENT)}'
        f'<g fill="none" stroke="{LINE}" stroke-width=".06" pointer-events="all">{cells}</g>'
        f'<rect x="{column}" y="{row}" width="1" height="1" fill="none" stroke="{WARM}" stroke-width=".2" '
        f'pointer-events="none"/></g>'
    )
