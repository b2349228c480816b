"""Figures of chapter 12: a network's shapes and its ledger, receptive fields, batch norm, depth."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Polygon, Rectangle

from cnnlib.course.figures._style import COLORS, INK, MUTED, SEQUENTIAL, WORDS, band, legend_above

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


def cones(layers):
    """The fields of two neighbouring units of the last layer, through every layer down to the pixels of one row.

    Parameters
    ----------
    layers : list of (str, int, int)
        Name, kernel and stride, from the image on. Every row of squares stands where its fields have their middles.
    """
    rows = [("pixels", 1, 1)]  # name, field, jump
    for name, kernel, stride in layers:
        _, field, jump = rows[-1]
        rows.append((name, field + (kernel - 1) * jump, jump * stride))
    _, size, jump = rows[-1]
    width = size + jump  # pixels that the two see together
    fig, ax = plt.subplots(figsize=(4.7, 4.1))
    for which, color in enumerate((BLUE, ORANGE)):
        edges = []  # of this unit's field, as places of each row's squares
        for depth, (_, field, _) in enumerate(rows):
            middle, half = which * jump + (size - 1) / 2, (size - field) / 2
            edges.append((middle - half - 0.4, middle + half + 0.4, -2 * depth))
        outline = [(a, y) for a, _, y in edges] + [(b, y) for _, b, y in edges[::-1]]
        ax.add_patch(Polygon(outline, facecolor=color, alpha=0.22, edgecolor=color, linewidth=1.2))
    for depth, (name, field, step) in enumerate(rows):
        for k, middle in enumerate(np.arange((field - 1) / 2, width - (field - 1) / 2, step)):
            color = (BLUE, ORANGE)[k] if depth == len(layers) else MUTED
            ax.add_patch(Rectangle((middle - 0.4, -2 * depth - 0.32), 0.8, 0.64, facecolor=color, edgecolor=INK,
                                   linewidth=0.6))
        ax.text(-1.2, -2 * depth, name, ha="right", va="center", fontsize=11, color=INK)
    middle, below = (size - 1) / 2, 0.9 - 2 * len(rows)
    arrow = {"arrowstyle": "<->", "color": INK, "shrinkA": 0, "shrinkB": 0}
    for left, right, y, words in ((-0.5, size - 0.5, 1, 1.3), (middle, middle + jump, below, below - 0.3)):
        ax.annotate("", (left, y), (right, y), arrowprops=arrow)
        text, va = (f"$r$ = {size}", "bottom") if words > y else (f"$J$ = {jump}", "top")
        ax.text((left + right) / 2, words, text, ha="center", va=va, fontsize=11, color=INK)
    ax.set(xlim=(-5.4, width), ylim=(-2 * len(rows) - 0.6, 2.1))
    ax.axis("off")
    return fig


def field(fields, size):
    """Above one effective field in its box, below the profiles of all of them and, dotted, an even one.

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
        bottom.plot(np.arange(side) - side // 2, 100 * profile, color=WORDS["blue"], linewidth=1)  # lighter when dark
    bottom.hlines(100 / size, -size / 2, size / 2, color=INK, linestyle=":", linewidth=1.6)
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


def normalised(x):
    """The numbers of one channel on a line, and below it the same numbers with mean 0 and variance 1.

    Parameters
    ----------
    x : array (n,)
    """
    mean, sigma = x.mean(), x.std()
    fig, ax = plt.subplots(figsize=(4.7, 2.5))
    low, high = x.min() - 0.5 * sigma, x.max() + 0.5 * sigma
    for y, values, name in ((1, x, "$x$"), (0, (x - mean) / sigma, "$\\hat x$")):
        ax.plot([low, high], [y, y], color=MUTED, linewidth=1.2)
        ax.plot([mean] * 2, [y - 0.12, y + 0.12], color=ORANGE, linewidth=2)
        ax.text(low - 0.1 * sigma, y, name, ha="right", va="center", fontsize=12, color=INK)
        for at, value in zip(x, values, strict=True):
            ax.plot([at], [y], "o", color=WORDS["blue"], markersize=7)
            aside = np.sign(at - mean) * 0.2 * sigma if abs(at - mean) < 0.5 * sigma else 0
            ax.text(at + aside, y + (0.2 if y else -0.2), f"{value:g}".replace("-", "−"), ha="center",
                    va="bottom" if y else "top", fontsize=11, color=INK)
    for at in x:
        ax.annotate("", (at, 0.1), (at, 0.9), arrowprops={"arrowstyle": "->", "color": MUTED})
    ax.text(mean, 1.2, f"{mean:g}", ha="center", va="bottom", fontsize=11, color=WORDS["orange"])
    ax.text(mean, -0.2, "0", ha="center", va="top", fontsize=11, color=WORDS["orange"])
    ax.set(xlim=(low - 0.5 * sigma, high), ylim=(-0.6, 1.6))
    ax.axis("off")
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
