"""The training laboratory: a small network learns to tell points of the plane apart."""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.course.labs._laboratory import Laboratory
from cnnlib.course.plane import ACTIVATIONS, RULES, hold_out

MARGIN = 0.15  # of the plane around the points
LAYERS, UNITS = 3, 8  # hidden layers at most, and units in one
MOST = 1000  # points


class TrainingLab(Laboratory):
    """A small network that learns to tell points of the plane apart, to be run step by step, and to be broken.

    Without arguments it begins with points of its own, two moons. All of its settings can be changed where it is shown;
    `cnnlib.course.plane.training` does the same runs in cnnlib.

    Parameters
    ----------
    points : array (N, 2), optional
        Your own points, N at most 1,000. They are used as they are: scale them if they need it.
    labels : array (N,), optional
        Their classes, 0 or 1.
    hidden : sequence of int, optional
        Units of each hidden layer at the start: at most three layers of 1 to 8 units. Where the last has 2, the
        laboratory shows how it bends the plane.
    activation : {"tanh", "ReLU", "sigmoid", "none"}, optional
    rule : {"momentum 0.9", "SGD", "momentum 0.5", "momentum 0.99", "Nesterov 0.9", "Adam"}, optional
    held_out : float, optional
        The share of your points, from 0 to 0.9, that is kept apart and only judged.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one of these.

    Examples
    --------
    >>> x = np.array([[0.0, 0.1], [1.0, 0.9], [0.2, 0.0], [0.8, 1.0]])
    >>> lab = TrainingLab(points=x, labels=np.array([0, 1, 0, 1]), hidden=(8, 8), held_out=0.0)
    >>> lab.config["hidden"], len(lab.config["points"])
    ([8, 8], 4)
    """

    script, name, title = "lab-training", "lab-training", "Training laboratory"

    def __init__(self, points=None, labels=None, *, hidden=(6, 2), activation="tanh", rule="momentum 0.9",
                 held_out=0.25):  # fmt: skip
        config = {"hidden": _hidden(hidden), "start": {
            "activation": checks.one_of("activation", activation, tuple(ACTIVATIONS)),
            "rule": checks.one_of("rule", rule, tuple(RULES)),
        }}  # fmt: skip
        if (points is None) != (labels is None):
            raise TypeError("points and labels belong together: give both, or neither")
        if points is not None:
            points = _points(points)
            labels = _labels(labels, len(points))
            held_out = checks.number("held_out", held_out, 0, 0.9)
            if not len(hold_out(points, labels, held_out)[0][0]):
                raise ValueError(f"held_out must leave points to learn from, got {held_out} of {len(points)}")
            config |= {"points": points, "labels": labels, "bounds": _bounds(points),
                       "heldOut": held_out}  # fmt: skip
        super().__init__(config)


def _hidden(hidden):
    if not isinstance(hidden, (tuple, list)) or len(hidden) > LAYERS:
        raise ValueError(f"hidden must be a tuple of at most {LAYERS} numbers of units, as (8, 8), got {hidden!r}")
    units = [checks.integer("hidden", count, 1) for count in hidden]
    if max(units, default=0) > UNITS:
        raise ValueError(f"hidden must have at most {UNITS} units in a layer, got {hidden!r}")
    return units


def _points(points):
    points = checks.array("points", np.asarray(points))
    if points.dtype.kind not in "fiu" or points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must be numbers of shape (N, 2), got {points.dtype} of shape {points.shape}")
    if not 1 <= len(points) <= MOST:
        raise ValueError(f"points must be 1 to {MOST}, got {len(points)}")
    points = points.astype(np.float64)
    if not np.isfinite(points).all():
        raise ValueError("points must be finite, got NaN or infinity")
    return points


def _labels(labels, count):
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels must be {count} numbers, each 0 or 1, got shape {labels.shape} with the values "
                         f"{np.unique(labels)[:5].tolist()}")  # fmt: skip
    return labels.astype(np.int64)


def _bounds(points):
    """A square of the plane that holds all points: left, right, bottom, top."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, max((high - low).max() / 2 * (1 + 2 * MARGIN), 1e-6)
    return [middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half]
