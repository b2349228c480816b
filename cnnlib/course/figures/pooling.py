"""Figures of chapter 11: pooling, its switches, and what a shift does to it."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._numbers import fixed, number
from cnnlib.course.figures._style import COLORS, INK, MUTED, band, legend_above, number_grid, see_through
from cnnlib.course.figures.beyond import picture
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


def grid(ax, values, title="", outside=""):
    """A grid of numbers; what is infinite is drawn as empty cells that say ``outside``."""
    known = np.where(np.isinf(values), 0, values)
    number_grid(ax, known, title=title, limit=1.8 * max(np.abs(known).max(), 1), fmt="", fontsize=9)
    for (i, j), v in np.ndenumerate(values):  # the cells are light in both themes
        said, color = (outside, "#555555") if np.isinf(v) else (number(v), "#111111")
        ax.text(j, i, said, ha="center", va="center", color=color, fontsize=10)
    ax.spines[:].set_visible(False)


def frame(ax, top, left, size, color=SEEN):
    """Outline a window on a grid."""
    ax.add_patch(plt.Rectangle((left - 0.5, top - 0.5), size, size, fill=False, edgecolor=color, linewidth=2.5,
                               zorder=3, clip_on=False))


def windows(x, kernel, stride, padding):
    """Every window of a padded max pooling with the numbers in it, one panel for each output.

    Parameters
    ----------
    x : array (H, W)
    kernel, stride, padding : int
    """
    padded = np.pad(x, padding, constant_values=-np.inf)
    y = pool(x, "max", kernel, stride, padding)
    fig, axes = plt.subplots(*y.shape, figsize=(4.9, 5.3), squeeze=False)
    for (i, j), ax in np.ndenumerate(axes):
        grid(ax, padded, f"$y_{{{i}{{,}}{j}}}$ = {number(y[i, j])}", "−∞")
        frame(ax, i * stride, j * stride, kernel)
    return fig


def switches(x, dy, dx, titles=("x", "dy", "dx")):
    """An input with the winners outlined, the gradients of the outputs, and those that come back to the input."""
    fig, axes = plt.subplots(1, 3, figsize=(4.8, 1.95), width_ratios=[len(x), len(dy), len(x)])
    for ax, values, title in zip(axes, (x, dy, dx), titles, strict=True):
        grid(ax, values, title)
    for i, j in np.argwhere(dx != 0):
        frame(axes[0], i, j, 1)
        frame(axes[2], i, j, 1)
    return fig


def moved(rows, labels):
    """Rows of pictures, each row under its name.

    Parameters
    ----------
    rows : list of array (N, H, W)
    labels : list of str
    """
    fig, axes = plt.subplots(len(rows), len(rows[0]), figsize=(4.8, 1.15 * len(rows)), squeeze=False)
    for line, images, label in zip(axes, rows, labels, strict=True):
        for ax, image in zip(line, images, strict=True):
            picture(ax, image)
        line[0].set_title(label, loc="left")
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
            ax.imshow(values, cmap="gray_r", vmin=0, vmax=1)
        ax.set(title=title if values.any() else f"no {title}", xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color=MUTED)
    return fig, f"{kind}, shift {shift}: the halved map changes by {fixed(100 * change, 0)}% of its mean."


STYLES = {"none": ("o-", "blue"), "stride": ("s-", "green"), "max": ("^-", "purple"), "average": ("D-", "sky"),
          "global max": ("o--", "orange"), "global average": ("s--", "amber")}


def by_shift(shifts, curves, *, ylabel, lines=None, percent=False, ends=None):
    """Something measured against the shift: mean and range over seeds, a line for each network.

    Parameters
    ----------
    shifts : sequence of int
    curves : dict of str to array (seeds, shifts)
    ylabel : str
    lines : dict of str to array (shifts,), optional
        What needs no network.
    percent : bool, optional
    ends : float, optional
        The shift behind which the edge of the field plays a part.
    """
    fig, ax = plt.subplots(figsize=(4.7, 3.7))
    scale = 100 if percent else 1
    for name, runs in curves.items():
        style, color = STYLES[name]
        band(ax, shifts, scale * runs, style, center=np.mean, color=COLORS[color], label=name)
    for (name, values), style in zip((lines or {}).items(), (":", "-"), strict=False):
        ax.plot(shifts, scale * values, style, color=INK, linewidth=1.2, label=name, zorder=0)
    if ends is not None:
        ax.axvspan(ends, shifts[-1], color=MUTED, alpha=0.15, linewidth=0)
    ax.set(xlabel="shift (pixels)", ylabel=ylabel, xticks=shifts, ylim=(0, None))
    legend_above(ax, 3, fontsize=10)
    return fig


def stretched(small, large, times):
    """Right answers against the shift for digits of two sizes: in pixels, and in pixels of the small digit.

    Parameters
    ----------
    small, large : array (seeds, shifts)
    times : int
        How much larger the large digits are.
    """
    fig, axes = plt.subplots(1, 2, figsize=(4.8, 2.9), sharey=True)
    for ax, unit, label in zip(axes, (1, times), ("shift (pixels)", "shift (small pixels)"), strict=True):
        for runs, style, color, size, step in ((small, "^-", "purple", 1, 1), (large, "o--", "green", times, unit)):
            at = np.arange(runs.shape[1]) / step
            band(ax, at, 100 * runs, style, center=np.mean, color=COLORS[color], label=f"{8 * size} × {8 * size}")
        ax.set(xlabel=label, ylim=(0, 100))
    axes[0].set_ylabel("right answers (%)")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=10)
    return fig
