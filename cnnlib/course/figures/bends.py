"""Figures of chapter 2: what bends add up to, where they lie among the data, and the explorer of three of them."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.activations import relu, sigmoid
from cnnlib.course.figures._numbers import minus
from cnnlib.course.figures._style import COLORS, INK, MUTED, legend_above
from cnnlib.course.figures.neuron import CORNERS, GATES, NO, YES, line_ends
from cnnlib.linear import linear

KEPT, REMOVED = "in place", "removed"
TARGETS = {
    "zigzag": [[0, 1], [1, 3], [3, 1], [4, 4]],
    "slide": [[0, 4], [1, 4], [3, 0], [4, 0]],
    "five points": [[0, 2], [1, 1], [2, 3], [3, 2], [4, 4]],
}
GRID = np.arange(17) / 4
KINDS = ("dead", "bends among the data", "always on")
BARS = ("orange", "///"), ("blue", ""), ("green", "..")  # colour and hatching of each kind


def three(x, w, biases, b, bends=KEPT):
    """Three neurons with input weight 1, weighted: each term, and their sum plus ``b``.

    Parameters
    ----------
    x : array (N,)
    w, biases : sequence of 3 floats
    b : float
    bends : str, optional
        ``REMOVED`` leaves the ReLUs out.

    Returns
    -------
    terms : array (3, N)
    y : array (N,)
    """
    z = linear(np.asarray(x, dtype=np.float64)[:, None], np.ones((3, 1)), np.array(biases, dtype=np.float64))
    h = relu(z) if bends == KEPT else z
    w = np.array([w], dtype=np.float64)
    return (h * w).T, linear(h, w, np.array([b], dtype=np.float64))[:, 0]


def bends_numbers(target, bends, w0, w1, w2, j1, j2):
    """What the explorer of bends shows: the three terms and their sum over ``GRID``, and the gaps to the points."""
    points = np.array(TARGETS[target], dtype=np.float64)
    neurons = (w0, w1, w2), (0, -j1, -j2), points[0, 1], bends
    terms, y = three(GRID, *neurons)
    gaps = three(points[:, 0], *neurons)[1] - points[:, 1]
    return {"terms": terms, "sum": y, "gaps": gaps, "met": (np.abs(gaps) < 1e-9).sum()}


def nearest_line(x, t):
    """The line whose largest distance from the points, measured upwards, is smallest: slope, bias, that distance.

    The narrowest strip that holds all points has two of them on one of its edges, so that the slopes of all pairs
    are enough to try.
    """
    best = None
    for i in range(len(x)):
        for j in range(i):
            slope = (t[i] - t[j]) / (x[i] - x[j])
            rest = t - slope * x
            gap = np.ptp(rest) / 2
            if best is None or gap < best[2]:
                best = slope, (rest.max() + rest.min()) / 2, gap
    return best


def opening():
    """Four points, a sum of three ReLUs through them, and the line that comes nearest."""
    x, t = np.array(TARGETS["zigzag"], dtype=np.float64).T
    slope, bias, _ = nearest_line(x, t)
    fig, ax = plt.subplots(figsize=(4.8, 2.9))
    y = three(GRID, (2, -3, 4), (0, -1, -3), 1)[1]
    ax.plot(GRID, y, color=COLORS["blue"], label="three lines with a bend each")
    ax.plot(GRID, slope * GRID + bias, "--", color=COLORS["orange"], label="three straight lines")
    ax.plot(x, t, "o", color=INK, markersize=7, zorder=5)
    ax.set(xlabel="$x$", ylabel="$y$", xticks=range(5), yticks=range(5))
    legend_above(ax, 2)
    return fig


def through(x, t):
    """Biases and weights of ReLUs, and an output bias, whose sum meets the points; ``x`` ascends."""
    slopes = np.diff(t) / np.diff(x)
    return -x[:-1], np.diff(slopes, prepend=0.0), t[0]


def followed(curve, count, low=0.0, high=2 * np.pi):
    """A curve, the sum of ``count`` ReLUs that meets it at evenly spaced points, and the largest gap.

    Parameters
    ----------
    curve : callable
    count : int
    low, high : float, optional

    Returns
    -------
    x, y : array (1025,)
    gap : float
    """
    x, knots = np.linspace(low, high, 1025), np.linspace(low, high, count + 1)
    biases, w, b = through(knots, curve(knots))
    y = relu(x[:, None] + biases) @ w + b
    return x, y, np.abs(y - curve(x)).max()


def following(curve, counts=(4, 8)):
    """A curve and sums of few and of more ReLUs that follow it."""
    fig, ax = plt.subplots(figsize=(4.8, 2.8))
    for count, style in zip(counts, (("--", "orange"), ("-", "blue")), strict=True):
        x, y, _ = followed(curve, count)
        x, y = x[::8], y[::8]  # corners of all sums among them
        ax.plot(x, y, style[0], color=COLORS[style[1]], label=f"{count} ReLUs", zorder=3)
    ax.plot(x, curve(x), color=MUTED, linewidth=5, alpha=0.45, label="the curve", zorder=2)
    ax.set(xlabel="$x$", ylabel="$y$")
    legend_above(ax)
    return fig


def fold():
    """The corners of XOR where they are, and where two ReLUs put them, with a line that separates them there."""
    fig, axes = plt.subplots(1, 2, figsize=(4.8, 2.8))
    moved = relu(CORNERS @ np.array([[1.0, -1.0], [-1.0, 1.0]]))
    bits = np.array(GATES["XOR"])
    for ax, places, names in ((axes[0], CORNERS, ("$x_1$", "$x_2$")),
                              (axes[1], moved, ("ReLU$(x_1 - x_2)$", "ReLU$(x_2 - x_1)$"))):
        for value, color, marker in ((0, NO, "o"), (1, YES, "s")):
            ax.plot(*places[bits == value].T, marker, color=color, markersize=9)
        ax.set(xlim=(-0.35, 1.45), ylim=(-0.35, 1.45), aspect="equal", xlabel=names[0], ylabel=names[1],
               xticks=(0, 1), yticks=(0, 1))
    axes[0].plot((-0.35, 1.45), (-0.35, 1.45), ":", color=MUTED)
    axes[1].plot(*line_ends(np.ones(2), -0.5, -0.3, 1.4).T, color=INK)
    axes[1].plot(0, 0, "o", color=NO, fillstyle="none", markersize=16)  # two corners lie here
    axes[0].set_title("the four corners")
    axes[1].set_title("after two ReLUs")
    return fig


def unit_lines(features, w):
    """The data, and a line through the origin for each column of ``w``: solid where it bends among the data.

    Parameters
    ----------
    features : array (N, 2)
    w : array (2, units)
    """
    fig, ax = plt.subplots(figsize=(4.8, 3.3))
    ax.plot(*features.T, "o", color=MUTED, alpha=0.5, markersize=3.5, label="digits")
    z = features @ w
    looks = {"dead": ("orange", ":"), "bends among the data": ("blue", "-"), "always on": ("green", "--")}
    kinds = np.where((z <= 0).all(axis=0), 0, np.where((z > 0).all(axis=0), 2, 1))
    for k, name in enumerate(KINDS):
        color, style = looks[name]
        for i, column in enumerate(w.T[kinds == k]):
            n = column / np.hypot(*column)
            ax.plot(*np.outer([n[1], -n[0]], (-3, 3)), style, color=COLORS[color], label="" if i else name)
            along = np.array([-n[1], n[0]])
            foot = -0.25 * along * np.sign(along[1 if name == "dead" else 0])  # beside the data, apart from the others
            arrow = {"arrowstyle": "->", "color": COLORS[color], "linewidth": 1.5}
            ax.annotate("", foot + 0.12 * n, foot, arrowprops=arrow)
    ax.set(xlim=(-0.42, 1.08), ylim=(-0.32, 0.62), aspect="equal", xlabel="$x_1$: ink in the middle",
           ylabel="$x_2$: ink beside it")
    legend_above(ax, 2)
    return fig


def shares(runs):
    """Bars of the share of units that are dead, bend among the data, or are always on.

    Parameters
    ----------
    runs : dict of (str, str) to array (draws, 3)
        Data and setting to shares in the order of ``KINDS``, 0 to 1.
    """
    data = list(dict.fromkeys(name for name, _ in runs))
    fig, axes = plt.subplots(len(data), 1, figsize=(4.8, 1.9 * len(data) + 0.4), sharex=True, squeeze=False)
    for ax, name in zip(axes[:, 0], data, strict=True):
        rows = {label: 100 * shares for (of, label), shares in runs.items() if of == name}
        for y, draws in enumerate(rows.values()):
            left = 0.0
            for kind, (color, hatch), share in zip(KINDS, BARS, draws.mean(axis=0), strict=True):
                ax.barh(y, share, left=left, height=0.62, color=COLORS[color], hatch=hatch, edgecolor="#ffffff",
                        linewidth=0.5, label="" if y or ax is not axes[0, 0] else kind)
                left += share
            if draws[:, 0].max() > 0:
                ax.plot((draws[:, 0].min(), draws[:, 0].max()), (y, y), color=INK, linewidth=3)
        ax.set(yticks=range(len(rows)), xlim=(0, 100))
        ax.set_yticklabels([minus(label) for label in rows])
        ax.set_title(name, loc="left")
        ax.invert_yaxis()
    axes[-1, 0].set_xlabel("share of the units (%)")
    fig.legend(loc="outside upper center", ncols=3)
    return fig


def slope_paths():
    """Slopes of sigmoid, tanh and ReLU against z on a logarithmic scale."""
    z = np.linspace(0, 12, 121)
    fig, ax = plt.subplots(figsize=(4.8, 2.8))
    # tanh(z) = 2 σ(2z) − 1, and 1 − σ(z) = σ(−z), which keeps its digits where σ(z) is almost 1.
    for name, slope, style in (("sigmoid", sigmoid(z) * sigmoid(-z), "-"),
                               ("tanh", 4 * sigmoid(2 * z) * sigmoid(-2 * z), "--"), ("ReLU", np.ones_like(z), "-.")):
        ax.plot(z, slope, style, label=name)
    ax.set(yscale="log", xlabel="$z$", ylabel="slope", ylim=(1e-11, 3), xticks=range(0, 13, 2))
    legend_above(ax)
    return fig

