"""Figures of chapter 1: a neuron, its line, and the map of all lines."""

import functools

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.activations import sigmoid, sigmoid_backward
from cnnlib.course.figures._style import COLORS, INK, MUTED, PAPER, WORDS, band, legend_above
from cnnlib.data import load_digits
from cnnlib.linear import linear, linear_backward

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64)
GATES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "XOR": (0, 1, 1, 0)}
NO, YES = COLORS["blue"], COLORS["orange"]


def diagram():
    """A neuron: two inputs, two weights, a bias, a sum, an activation."""
    fig, ax = plt.subplots(figsize=(5.2, 2.2))
    ax.set(xlim=(-0.4, 6.3), ylim=(-1.3, 1.3), aspect="equal")
    ax.axis("off")
    for y, name, weight in ((0.8, "$x_1$", "$w_1$"), (-0.8, "$x_2$", "$w_2$")):
        ax.text(0, y, name, ha="center", va="center", fontsize=13)
        ax.annotate("", (1.95, y * 0.28), (0.3, y), arrowprops={"arrowstyle": "->", "color": MUTED})
        ax.text(1.05, y * 0.68 + np.sign(y) * 0.2, weight, ha="center", va="center", color=WORDS["blue"], fontsize=12)
    for x, text in ((2.5, "sum"), (4.3, "$f$")):
        ax.add_patch(plt.Circle((x, 0), 0.52, fill=False, color=INK, linewidth=1.5))
        ax.text(x, 0, text, ha="center", va="center", fontsize=11)
    ax.annotate("", (2.5, 0.55), (2.5, 1.1), arrowprops={"arrowstyle": "->", "color": MUTED})
    ax.text(2.72, 1.0, "$b$", color=WORDS["blue"], fontsize=12)
    for start, end, text in ((3.05, 3.75, "$z$"), (4.85, 5.65, "")):
        ax.annotate("", (end, 0), (start, 0), arrowprops={"arrowstyle": "->", "color": MUTED})
        ax.text((start + end) / 2, 0.16, text, ha="center", fontsize=12)
    ax.text(5.85, 0, "$y$", ha="center", va="center", fontsize=13)
    return fig


def line_ends(w, b, low, high):
    """Two points of the line ``w·x + b = 0`` that reach across the square ``[low, high]²``, or None."""
    if np.allclose(w, 0):
        return None
    foot = -b * np.asarray(w) / np.dot(w, w)
    along = np.array([-w[1], w[0]]) / np.hypot(*w)
    middle = foot + along * np.dot(np.full(2, (low + high) / 2) - foot, along)
    reach = 2 * (high - low)
    return np.stack([middle - reach * along, middle + reach * along])


def plane(ax, points, labels, w, b, names=("class 0", "class 1")):
    """Points of two classes and the line where the answer of a neuron changes."""
    low, high = points.min() - 0.4, points.max() + 0.4
    for value, color, marker in ((0, NO, "o"), (1, YES, "s")):
        ax.plot(*points[labels == value].T, marker, color=color, label=names[value], markeredgecolor=PAPER,
                markeredgewidth=0.5)
    ends = line_ends(w, b, low, high)
    if ends is not None:
        ax.plot(*ends.T, color=INK)
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")


def line_numbers(w1, w2, b, gate):
    """What the explorer of the line shows: z at each corner, and how many are right."""
    z = linear(CORNERS, np.array([[w1, w2]]), np.array([b]))[:, 0]
    return {"z": z, "right": ((z > 0) == np.array(GATES[gate])).sum()}


@functools.cache
def halves():
    """The chapter's two numbers about every zero and one, for the first half of the digits and for the other.

    Returns
    -------
    dict
        Name of the half to ``points`` (180, 2), the ink in the middle and beside it, and ``ones`` (180,), 1 for a one.
    """
    digits = load_digits()
    few = digits.labels < 2
    images, ones = digits.images[few][:, 0].astype(np.float64), digits.labels[few]
    middle, beside = images[:, 3:5, 3:5].mean(axis=(1, 2)), images[:, :, [1, 2, 5, 6]].mean(axis=(1, 2))
    points, cut = np.stack([middle, beside], axis=1), len(ones) // 2
    return {name: {"points": points[part].tolist(), "ones": ones[part].tolist()}
            for name, part in (("the first 180", slice(cut)), ("the other 180", slice(cut, None)))}


def digit_numbers(b, w2, half, w1=4.0):
    """What the explorer of the digits shows: which are wrong, how many are right, and how many of each kind are not."""
    points, ones = (np.array(halves()[half][key]) for key in ("points", "ones"))
    wrong = (linear(points, np.array([[w1, float(w2)]]), np.array([float(b)]))[:, 0] > 0) != (ones == 1)
    return {"wrong": wrong.astype(int), "right": int((~wrong).sum()), "zeros": int(wrong[ones == 0].sum()),
            "ones": int(wrong[ones == 1].sum())}


CIRCUIT = {"w1": 2.0, "x1": -1.0, "w2": -3.0, "x2": -2.0, "b": -3.0}  # CS231n's neuron


def circuit_numbers(nudged, by, start=CIRCUIT):
    """What the explorer of the circuit shows: value and slope of every wire, and a nudge, measured and predicted."""
    def forward(at):
        x, w, b = np.array([[at["x1"], at["x2"]]]), np.array([[at["w1"], at["w2"]]]), np.array([at["b"]])
        z = linear(x, w, b)
        return x, w, b, z, sigmoid(z)

    x, w, b, z, y = forward(start)
    dz = sigmoid_backward(np.ones_like(y), z)
    dx, dw, db = (d.ravel() for d in linear_backward(dz, x, w, b))
    slopes = dict(zip(("w1", "x1", "w2", "x2", "b"), (dw[0], dx[0], dw[1], dx[1], db[0]), strict=True))
    measured = forward(start | {nudged: start[nudged] + by})[-1] - y
    products, slope = (x * w).ravel(), dz.item()
    return {"values": [*start.values(), *products, z.item(), y.item()],
            "slopes": [*slopes.values(), slope, slope, slope, 1.0],
            "measured": measured.item(), "predicted": slopes[nudged] * by}


def every_line(tables=GATES, points=CORNERS, angles=180, offsets=161):
    """Count the points that each possible line gets right.

    Every line in the plane is ``cos(angle)·x₁ + sin(angle)·x₂ = offset`` with a side called 1. Angles go round
    the whole circle, so both sides are tried.

    Parameters
    ----------
    tables : dict
        Name to the right answer, 0 or 1, for each point.
    points : array (N, 2)

    Returns
    -------
    dict
        Name to integer array (offsets, angles), from 0 to N.
    """
    angle = np.linspace(0, 2 * np.pi, angles, endpoint=False)
    offset = np.linspace(-1.6, 1.6, offsets)
    normals = np.stack([np.cos(angle), np.sin(angle)])
    fires = (points @ normals)[:, None, :] > offset[None, :, None]
    return {name: (fires == np.array(bits)[:, None, None]).sum(axis=0) for name, bits in tables.items()}


def all_lines_map(counts):
    """One map per gate: direction of the line across, its offset upwards, colour the corners it gets right."""
    fig, axes = plt.subplots(1, 3, figsize=(5.6, 2.3), sharey=True)
    for ax, (name, count) in zip(axes, counts.items(), strict=True):
        image = ax.imshow(count, origin="lower", extent=(0, 360, -1.6, 1.6), aspect="auto", cmap="cividis",
                          vmin=0, vmax=4)
        ax.set(title=f"{name}: best {count.max()}", xticks=(0, 180, 360), xlabel="direction (°)")
    axes[0].set_ylabel("offset")
    fig.colorbar(image, ax=axes, ticks=range(5), label="corners right")
    return fig


def learning_curves(errors):
    """Wrong answers per pass of the perceptron rule: median and range over runs.

    Parameters
    ----------
    errors : dict of str to array (runs, passes)
    """
    fig, ax = plt.subplots(figsize=(5.2, 2.6))
    for (name, runs), marker in zip(errors.items(), "o^s", strict=False):
        band(ax, np.arange(1, runs.shape[1] + 1), runs, marker=marker, markersize=3.5, label=name)
    ax.set(xlabel="pass over the four corners", ylabel="corrections", ylim=(-0.15, 4.15))
    legend_above(ax)
    return fig
