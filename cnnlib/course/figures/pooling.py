"""Figures of chapter 11: pooling, its switches, and what a shift does to it."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._numbers import fixed, minus
from cnnlib.course.figures._style import COLORS, INK, MUTED, SEQUENTIAL, band, see_through
from cnnlib.pooling import avg_pool2d, max_pool2d

EXAMPLE = np.array([
    [1, 3, 2, 0, 1, 0],
    [0, 5, 1, 1, 4, 2],
    [2, 2, 7, 3, 0, 1],
    [1, 0, 3, 6, 2, 2],
    [4, 1, 0, 2, 9, 1],
    [0, 2, 1, 1, 3, 5],
], dtype=np.float64)
SEEN = COLORS["orange"]


def pool(x, kind, kernel, stride, padding):
    """Max or average pooling of one plane (H, W)."""
    f = max_pool2d if kind == "max" else avg_pool2d
    return f(x[None, None], kernel, stride, padding)[0, 0]


def window_numbers(kind, kernel, stride, padding, position):
    """What the explorer of pooling shows: the padded input, the output, and which of its numbers is looked at."""
    padding = min(padding, kernel // 2)
    y = pool(EXAMPLE, kind, kernel, stride, padding)
    x = np.pad(EXAMPLE, padding, constant_values=-np.inf if kind == "max" else 0.0)
    return {"x": x, "y": y, "padding": padding, "position": min(position, y.size - 1)}


def switches(x, y, dx, kernel):
    """Input with the winners marked, output, and the gradient that comes back for an upstream gradient of ones."""
    fig, axes = plt.subplots(1, 3, figsize=(5.6, 2.2))
    for ax, values, title in zip(axes, (x, y, dx), ("input", "2×2 maxima", "gradient, dy = 1"), strict=True):
        ax.imshow(values, cmap="Blues" if title != "gradient, dy = 1" else "Oranges", vmin=0, vmax=2.2 * values.max())
        for (i, j), v in np.ndenumerate(values):
            ax.text(j, i, minus(f"{v:g}"), ha="center", va="center", color="#111111", fontsize=9)
        ax.set(title=title, xticks=[], yticks=[])
    for i, j in np.argwhere(dx > 0):
        axes[0].add_patch(plt.Rectangle((j - 0.45, i - 0.45), 0.9, 0.9, fill=False, edgecolor=SEEN, linewidth=2))
    for k in range(kernel, len(x), kernel):
        axes[0].axhline(k - 0.5, color=INK, linewidth=1)
        axes[0].axvline(k - 0.5, color=INK, linewidth=1)
    return fig


def reduce_map(x, kind):
    """Halve a plane (H, W) in one of the ways the chapter compares."""
    return x[::2, ::2] if kind == "every second pixel" else pool(x, "max" if kind == "max" else "average", 2, 2, 0)


def explore_shift(kind, shift, image):
    """The stage and caption of the shift explorer: an image, moved, and what is left after halving it."""
    moved = np.roll(image, shift, axis=1)
    before, after = reduce_map(image, kind), reduce_map(moved, kind)
    change = np.abs(after - before).mean() / before.mean()
    fig, axes = plt.subplots(1, 3, figsize=(5.2, 1.9))
    for ax, values, title in zip(axes, (moved, after, after - before), ("moved", "halved", "change"), strict=True):
        if title == "change":
            ax.imshow(see_through(values, 1.0))
        else:
            ax.imshow(values, cmap=SEQUENTIAL, vmin=0, vmax=1)
        ax.set(title=title, xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
    return fig, f"{kind}, shift {shift}: the halved map changes by {fixed(100 * change, 0)}% of its mean."


def by_shift(shifts, curves, *, ylabel, percent=False):
    """Something measured against the shift: mean and range over seeds, a line for each network.

    Parameters
    ----------
    shifts : list of int
    curves : dict of str to array (seeds, len(shifts))
    ylabel : str
    percent : bool, optional
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.0))
    scale = 100 if percent else 1
    for (name, runs), marker in zip(curves.items(), "os^Dv", strict=False):
        band(ax, shifts, scale * runs, center=np.mean, marker=marker, label=name)
    if percent:
        ax.axhline(10, color=MUTED, linewidth=0.8)
    ax.set(xlabel="shift (pixels)", ylabel=ylabel, xticks=shifts, ylim=(0, None))
    ax.legend(fontsize=8.5)
    return fig
