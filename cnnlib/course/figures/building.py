"""Figures of chapter 12: a network's shapes and its ledger, receptive fields, batch norm, depth."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from cnnlib.course.figures._style import COLORS, INK, MUTED, SEQUENTIAL, band

BLUE, ORANGE, GREEN, PURPLE = (COLORS[name] for name in ("blue", "orange", "green", "purple"))


def lenet():
    """LeNet-5 as a row of map stacks, drawn to scale, and a row of vectors."""
    fig, axes = plt.subplots(2, 1, figsize=(5.0, 4.8), height_ratios=[1.25, 1])
    maps = [(1, 28, "image"), (6, 28, "conv 5×5"), (6, 14, "pool"), (16, 10, "conv 5×5"), (16, 5, "pool")]
    left = 0
    for k, (channels, side, how) in enumerate(maps):
        shown, color = min(channels, 6), ORANGE if k == len(maps) - 1 else BLUE
        for c in reversed(range(shown)):
            axes[0].add_patch(Rectangle((left + 1.6 * c, -side / 2 + 1.6 * c), side, side, facecolor=color, alpha=0.35,
                                        edgecolor=INK, linewidth=0.7))
        middle = left + side / 2 + 0.8 * (shown - 1)
        axes[0].text(middle, -20, how, ha="center", va="top", fontsize=11, color=INK)
        axes[0].text(middle, 31, f"{channels}×{side}×{side}", ha="center", fontsize=11, color=INK)
        left += max(side + 1.6 * shown, 24) + 7
    axes[0].set(xlim=(-5, left), ylim=(-27, 37), aspect="equal")
    vectors = (400, "16 · 5 · 5, in a row"), (120, "linear"), (84, "linear"), (10, "linear: scores")
    for k, (size, how) in enumerate(vectors):
        axes[1].barh(-k, size, height=0.55, color=BLUE if k else ORANGE, alpha=0.55, edgecolor=INK, linewidth=0.7)
        axes[1].text(size + 8, -k, f"{size}   {how}", va="center", fontsize=11.5, color=INK)
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
    fig, ax = plt.subplots(figsize=(5.0, 3.6))
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
    fig, ax = plt.subplots(figsize=(5.0, 3.2))
    for (name, values), style in zip(curves.items(), ("s--", "o-", "^:"), strict=False):
        band(ax, depths, np.atleast_2d(values), style, center=np.mean, label=name)
    ax.set(xlabel="3 × 3 layers", ylabel="pixels", xticks=depths, ylim=(0, None))
    ax.legend(loc="upper left", fontsize=10)
    return fig


def rates(values, curves, chance):
    """Accuracy against the learning rate: mean and range over seeds.

    Parameters
    ----------
    values : sequence of float
    curves : dict of str to array (seeds, rates)
    chance : float
        What always giving the same answer scores.
    """
    fig, ax = plt.subplots(figsize=(5.0, 3.3))
    for (name, runs), style in zip(curves.items(), ("o-", "s--", "^-.", "D:"), strict=False):
        band(ax, values, 100 * runs, style, center=np.mean, label=name)
    ax.axhline(100 * chance, color=MUTED, linestyle=":", linewidth=1.2)
    ax.text(values[0], 100 * chance + 2, "one answer for all", fontsize=10, color=INK)
    ax.set(xscale="log", xlabel="learning rate", ylabel="right on validation (%)", ylim=(0, 102))
    ax.set_xticks(values, labels=[f"{v:g}" for v in values])
    ax.minorticks_off()
    ax.legend(loc="lower left", bbox_to_anchor=(0, 0.14), fontsize=10)
    return fig


def dots(groups, chance=None, ylabel="right on validation (%)", low=0):
    """Every run as a dot, a column for each group, with the mean as a line.

    Parameters
    ----------
    groups : dict of str to array (seeds,)
    chance : float, optional
        What always giving the same answer scores.
    ylabel : str, optional
    low : float, optional
        Lower end of the axis, in percent.
    """
    fig, ax = plt.subplots(figsize=(5.0, 3.2))
    colors = (BLUE, ORANGE, GREEN, PURPLE, COLORS["sky"])
    for k, ((_, runs), color) in enumerate(zip(groups.items(), colors, strict=False)):
        ax.plot(k + np.linspace(-0.15, 0.15, len(runs)), 100 * runs, "o", color=color)
        ax.plot([k - 0.3, k + 0.3], [100 * runs.mean()] * 2, color=color, linewidth=2)
    if chance is not None:
        ax.axhline(100 * chance, color=MUTED, linestyle=":", linewidth=1.2)
        ax.text(len(groups) - 0.5, 100 * chance + 2, "one answer for all", fontsize=10, color=INK, ha="right")
    ax.set(ylabel=ylabel, ylim=(low, 101), xlim=(-0.6, len(groups) - 0.4))
    ax.set_xticks(range(len(groups)), labels=list(groups))
    return fig
