"""Explorer of chapter 14: one unit of a map, what it sees, and what the answer owes to what it sees."""

import numpy as np

from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._panels import ACCENT, FLEX, LINE, WARM, horizontal_runs
from cnnlib.course.seeing import predict
from cnnlib.interpret import feature_maps
from cnnlib.receptive import receptive_field

DEPTH, SIDE, LEVELS = 5, 8, 3  # the second convolution with its ReLU: maps of 8 × 8
PLACES = (1, 3, 5)  # rows and columns of the units that can be picked


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
        self._answers = {name: set(predict(model, others)) for name, model in models.items()}

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
            how many pixels of ``ink`` are in the field, the ``answer`` of the network for the image and whether it is
            the ``only`` answer that it ever gives, the ``drop`` of that score when this ink is erased, in parts of the
            distance from the smallest to the largest score, the ``best`` patch and its ``best_value``.
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
            "only": self._answers[network] == {answer},
            "rank": int((values > values[row, column]).sum()) + 1, "ink": int((self.image != covered).sum()),
            "drop": float((whole[answer] - without[answer]) / np.ptp(whole)),
            "best": padded[top + SIDE:bottom + SIDE, left + SIDE:right + SIDE],
            "best_value": float(rest[n, channel, i, j]),
        }

    def draw(self, network, channel, place):
        """The stage and the caption of one frame."""
        found = self.numbers(network, channel, place)
        (row, column), (top, bottom, left, right) = found["unit"], found["box"]
        sees = _outline(max(left, 0), max(top, 0), min(right, 16) - max(left, 0), min(bottom, 16) - max(top, 0))
        stage = (
            _part("the image", 160, 16, _shades(self.image[0, 0]) + sees)
            + _part("the map", 160, SIDE,
                    _shades(found["map"] / (found["map"].max() or 1), ACCENT) + CELLS + _outline(column, row, 1, 1))
            + _part("its best patch", 96, SIDE, _shades(found["best"]))
        )
        change, number = round(100 * found["drop"]), f"rank {found['rank']} of the map's 64 values"
        moved = (f"{'rises' if change < 0 else 'falls'} by {abs(change)}% of the range of the scores" if change
                 else "changes by less than 1% of the range of the scores")
        only = ", as it reads every test digit" if found["only"] else ""
        caption = (
            f"{network.capitalize()}, map {channel}, unit ({row}, {column}): {fixed(found['value'], 2)}, {number}. "
            f"The best patch of all test digits gives {fixed(found['best_value'], 2)}. "
            f"The receptive field: rows {top} to {bottom - 1}, columns {left} to {right - 1}, "
            f"with {found['ink']} pixels of ink. "
            f"The network reads a {found['answer']}{only}. "
            f"With the ink in it erased, that score {moved}, whichever map you look at."
        )
        return f'<div style="{FLEX}">{stage}</div>', caption


# The explorer holds many frames: one unit of the drawing is one pixel, and nothing is said twice.


def _part(head, width, side, body):
    return (f'<div><p style="margin:0">{head}</p><svg role="img" aria-label="{head}" '
            f'viewBox="-.1 -.1 {side}.2 {side}.2" '
            f'style="width:100%;max-width:{width}px"><path d="M0 0h{side}v{side}h-{side}z" fill="none" stroke="{LINE}" '
            f'stroke-width=".1"/>{body}</svg></div>')


def _shades(values, color="currentColor"):
    """Values from 0 to 1 as short strokes in a few shades."""
    level, paths = np.ceil(LEVELS * np.clip(values, 0, 1)).astype(int), []
    for k in range(1, LEVELS + 1):
        runs = "".join(f"M{j} {i}.5h{n}" for i, j, n in horizontal_runs(level == k))
        if runs:
            paths.append(f'<path d="{runs}" stroke-opacity="{k / LEVELS:g}"/>')
    return f'<g stroke="{color}">{"".join(paths)}</g>'


def _outline(left, top, width, height):
    return (f'<path d="M{left} {top}h{width}v{height}h-{width}z" fill="none" stroke="{WARM}" stroke-width=".3" '
            f'pointer-events="none"/>')


CELLS = (f'<g fill="none" stroke="{LINE}" stroke-width=".1" pointer-events="all">' + "".join(
    f'<path data-set="place:{k}" d="M{j} {i}h1v1h-1z"/>'
    for k, (i, j) in enumerate((i, j) for i in PLACES for j in PLACES)) + "</g>")
