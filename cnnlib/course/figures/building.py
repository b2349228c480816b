"""Figures of chapter 12: a network's shapes and its ledger, receptive fields, batch norm, depth."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from cnnlib.course.figures._style import COLORS, INK, MUTED, SEQUENTIAL, band, legend_above

BLUE, ORANGE, GREEN = (COLORS[name] for name in ("blue", "orange", "green"))


def lenet():
    """LeNet-5 as a row of map stacks, drawn to scale, and a row of vectors."""
    fig, axes = plt.subplots(2, 1, figsize=(4.7, 4.8), height_ratios=[1.25, 1])
    maps = [(1, 28, "image"), (6, 28, "conv 5×5"), (6, 14, "pool"), (16, 10, "conv 5×5"), (16, 5, "pool")]
    left = 0
    for k, (channels, side, how) in enumerate(maps):
        shown, color = min(channels, 6), ORANGE if k == len(maps) - 1 else BLUE
        for c in reversed(range(shown)):
            axes[0].add_patch(Rectangle((left + 1.6 * c, -side / 2 + 1.6 * c), side, side, facecolor=color, alpha=0.35,
                                        edgecolor=INK, linewidth=0.7))
        middle = left + side / 2 + 0.8 * (shown - 1)
        axes[0].text(middle, -20, how, ha="center", va="top", fontsize=11, color=INK)
        axes[0].text(middle, 31, f"{channels}×{side}×{side}", ha="center", fontsize=10, color=INK)
        left += max(side + 1.6 * shown, 29) + 7
    axes[0].set(xlim=(-5, left), ylim=(-27, 37), aspect="equal")
    vectors = (400, " = 16 · 5 · 5, in a row"), (120, ": linear"), (84, ": linear"), (10, ": linear, the scores")
    for k, (size, how) in enumerate(vectors):
        axes[1].barh(-k, size, height=0.55, color=BLUE if k else ORANGE, alpha=0.55, edgecolor=INK, linewidth=0.7)
        axes[1].text(size + 8, -k, f"{size}{how}", va="center", fontsize=11.5, color=INK)
    axes[1].set(xlim=(-5, 760), ylim=(-3.6, 0.6))
    for ax in axes:
        ax.axis("off")
    return fig


def shares(names, columns):
    """Who holds what: a bar of percentages for every layer, a colour for every column of the ledger.

    Parameters
    ----------
    names : list of str
        Of the layers.
    columns : dict of str to array (layers,)
        Shares, each adding up to 1.
    """
    fig, ax = plt.subplots(figsize=(4.7, 3.6))
    height = 0.8 / len(columns)
    for k, ((name, share), color) in enumerate(zip(columns.items(), (BLUE, ORANGE, GREEN), strict=False)):
        at = np.arange(len(names)) + (k - (len(columns) - 1) / 2) * height
        ax.barh(at, 100 * np.asarray(share), height=height, color=color, label=name)
    ax.set_yticks(range(len(names)), labels=names)
    ax.set(xlabel="share of the whole network (%)", xlim=(0, 100))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower right", fontsize=10)
    return fig


def field(fields, size):
    """Above one effective field in its box, below the profiles of all of them.

    Parameters
    ----------
    fields : array (seeds, H, W)
        Absolute gradients, each adding up to 1.
    size : int
        Side of the theoretical field, which lies in the middle.
    """
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(4.6, 5.2), height_ratios=[1.7, 1])
    side = fields.shape[-1]
    first = (side - size) / 2
    top.imshow(fields[0], cmap=SEQUENTIAL, vmin=0, extent=(0, side, side, 0))
    top.add_patch(Rectangle((first, first), size, size, fill=False, edgecolor="#ffffff", linewidth=2))
    top.set(title=f"one network, box {size} × {size}", xticks=[], yticks=[])
    profiles = fields.sum(axis=1)
    for profile in profiles:
        bottom.plot(np.arange(side) - side // 2, 100 * profile, color=BLUE, linewidth=1, alpha=0.6)
    for edge in (-size / 2, size / 2):
        bottom.axvline(edge, color=MUTED, linestyle="--")
    bottom.set(xlabel="columns from the middle", ylabel="share (%)", ylim=(0, None))
    return fig


def growth(depths, curves):
    """Widths of the field, in theory and measured, against the number of layers.

    Parameters
    ----------
    depths : sequence of int
    curves : dict of str to array (depths,) or (seeds, depths)
    """
    fig, ax = plt.subplots(figsize=(4.7, 3.2))
    for (name, values), style in zip(curves.items(), ("s--", "o-", "^:"), strict=False):
        band(ax, depths, np.atleast_2d(values), style, center=np.mean, label=name)
    ax.set(xlabel="3 × 3 layers", ylabel="pixels", xticks=depths, ylim=(0, None))
    ax.legend(loc="upper left", fontsize=10)
    return fig


def rates(values, curves, lines):
    """Accuracy against the learning rate: mean and range over seeds, and what needs no training.

    Parameters
    ----------
    values : sequence of float
    curves : dict of str to array (seeds, rates)
    lines : dict of str to float
        Baselines, which no rate changes.
    """
    fig, ax = plt.subplots(figsize=(4.7, 4.2))
    for (name, runs), style in zip(curves.items(), ("s--", "^-.", "o-"), strict=False):
        band(ax, values, 100 * runs, style, center=np.mean, label=name)
    _lines(ax.axhline, lines)
    ax.set(xscale="log", xlabel="learning rate", ylabel="right on validation (%)", ylim=(0, 102))
    ax.set_xticks(values, labels=[f"{v:g}" for v in values])
    ax.minorticks_off()
    legend_above(ax, columns=2, fontsize=10)
    return fig


def _lines(draw, lines):
    """Baselines as thin lines, ``ax.axhline`` or ``ax.axvline``, named in the legend."""
    for name, value in lines.items():
        style = ":" if "one answer" in name else (0, (6, 3))
        draw(100 * value, color=MUTED, linestyle=style, linewidth=1.4, label=name)


def dots(groups, lines=None, xlabel="right on validation (%)", low=0):
    """Every run as a dot, a row for each group, with the mean as an upright bar.

    Parameters
    ----------
    groups : dict of str to array (seeds,)
    lines : dict of str to float, optional
        Baselines, drawn from top to bottom.
    xlabel : str, optional
    low : float, optional
        Left end of the axis, in percent.
    """
    fig, ax = plt.subplots(figsize=(4.7, 1.3 + 0.38 * len(groups)))
    for k, runs in enumerate(np.asarray(runs) for runs in groups.values()):
        ax.plot(100 * runs, k + np.linspace(-0.22, 0.22, len(runs)), "o", color=BLUE, markersize=5)
        ax.plot([100 * runs.mean()] * 2, [k - 0.36, k + 0.36], color=ORANGE, linewidth=2.5)
    _lines(ax.axvline, lines or {})
    ax.set(xlabel=xlabel, xlim=(low, 101), ylim=(len(groups) - 0.4, -0.6))
    ax.set_yticks(range(len(groups)), labels=list(groups))
    ax.grid(axis="y", visible=False)
    if lines:
        legend_above(ax, columns=2, fontsize=10)
    return fig
