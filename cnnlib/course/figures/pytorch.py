"""Figures of chapter 17: scores before and after a move, a small graph, ten imports by accuracy, scores and layers."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from cnnlib.course.figures._numbers import minus
from cnnlib.course.figures._style import COLORS, INK, MUTED, PAPER, WORDS

BLUE, ORANGE = COLORS["blue"], COLORS["orange"]


def scores(rows, answer):
    """Ten scores for one digit, a row of bars for each network.

    Parameters
    ----------
    rows : dict of str to array (10,)
    answer : int
        The class that all of them choose.
    """
    fig, axes = plt.subplots(len(rows), 1, figsize=(4.8, 1.55 * len(rows)), sharex=True, sharey=True)
    low = min(float(np.min(row)) for row in rows.values())
    high = max(float(np.max(row)) for row in rows.values())
    for ax, (name, row) in zip(axes, rows.items(), strict=True):
        ax.bar(range(10), row, color=[ORANGE if k == answer else BLUE for k in range(10)])
        for k, value in enumerate(row):
            ax.text(k, max(value, 0) + 0.03 * (high - low), f"{value:.1f}".replace("-", "−"), ha="center", fontsize=10,
                    color=INK)
        ax.axhline(0, color=INK, linewidth=0.8)
        ax.set_title(name, fontsize=12, loc="left")
        ax.set(xticks=range(10), ylim=(low - 0.05 * (high - low), high + 0.22 * (high - low)), yticks=[])
        ax.grid(visible=False)
    axes[-1].set_xlabel("score for the class")
    return fig


def graph():
    """The graph of L = ab + a at a = 2, b = 3, with the slope of each arrow."""
    fig, ax = plt.subplots(figsize=(4.8, 2.9))
    wide, high = 0.31, 0.24  # half a box
    boxes = {"a": (0, 1, "a = 2", ".grad = 4"), "b": (0, 0, "b = 3", ".grad = 2"), "h": (1, 0, "h = ab", "= 6"),
             "L": (2, 1, "L = h + a", "= 8")}
    for name, (x, y, *lines) in boxes.items():
        edge = BLUE if name in "ab" else MUTED
        ax.add_patch(FancyBboxPatch((x - wide, y - high), 2 * wide, 2 * high, boxstyle="round,pad=0,rounding_size=0.05",
                                    facecolor="none", edgecolor=edge, linewidth=2))
        for text, lift in zip(lines, (0.1, -0.1), strict=True):
            ax.text(x, y + lift, text, ha="center", va="center", fontsize=12, color=INK)
    arrows = (((wide, 0.8), (1 - wide, 0.2), "3", (0.09, 0.09)), ((wide, 0), (1 - wide, 0), "2", (0, -0.13)),
              ((1 + wide, 0.2), (2 - wide, 0.8), "1", (0.09, -0.09)), ((wide, 1), (2 - wide, 1), "1", (0, 0.12)))
    for start, end, slope, (right, up) in arrows:
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": INK, "shrinkA": 3, "shrinkB": 3})
        middle = (start[0] + end[0]) / 2 + right, (start[1] + end[1]) / 2 + up
        ax.text(*middle, slope, ha="center", va="center", fontsize=13, fontweight="bold", color=WORDS["orange"])
    ax.set(xlim=(-0.36, 2.36), ylim=(-0.32, 1.32))
    ax.axis("off")
    return fig


def imports(names, values, xlabel, line):
    """A row for each import, its name over it, and a dot for each trained network, or what else was repeated.

    Parameters
    ----------
    names : list of str
    values : array (imports, repetitions)
    xlabel : str
    line : float
        A threshold, dashed, beside the dots of each row.
    """
    fig, ax = plt.subplots(figsize=(4.6, 0.46 * len(names) + 0.8))
    jitter = np.linspace(-0.1, 0.1, values.shape[1])
    for k, (name, row) in enumerate(zip(names, values, strict=True)):
        ax.text(0.01, k - 0.08, name, transform=ax.get_yaxis_transform(), va="bottom", fontsize=12, color=INK)
        ax.plot(row, k + 0.22 + jitter, "o", color=WORDS["blue"], markersize=4.5, zorder=3)  # lighter on dark paper
        # Beside the dots alone, so that it does not run through a name.
        ax.vlines(line, k + 0.02, k + 0.44, color=WORDS["orange"], linestyle=(0, (2, 1.2)), linewidth=1.5, zorder=1)
        ax.axhline(k + 0.5, color=MUTED, linewidth=0.6, alpha=0.5)
    ax.set(xlabel=xlabel, ylim=(len(names) - 0.5, -0.55), yticks=[])
    ax.margins(x=0.06)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.tick_params(labelsize=12)
    ax.grid(visible=False)
    return fig


def layers(names, powers):
    """A row of cells for each import, its name over it: how far each layer's output is from ours.

    Parameters
    ----------
    names : list of str
    powers : array (imports, layers + 1)
        The differences as powers of ten; the last column is that of the scores.
    """
    fig, ax = plt.subplots(figsize=(4.6, 0.5 * len(names) + 0.9))
    count = powers.shape[1]
    for k, (name, row) in enumerate(zip(names, powers, strict=True)):
        ax.text(-0.5, k - 0.04, name, va="bottom", fontsize=12, color=INK)
        # Light enough for dark digits, in both themes.
        ax.imshow(row[None], cmap="Oranges", vmin=-16, vmax=14, extent=(-0.5, count - 0.5, k + 0.44, k), aspect="auto")
        for column, power in enumerate(row):
            ax.text(column, k + 0.23, minus(f"{round(power)}"), ha="center", va="center", fontsize=11, color="#111111")
    ax.vlines(np.arange(count - 1) + 0.5, -0.6, len(names) - 0.5, color=PAPER, linewidth=1.5)
    ax.set(xlim=(-0.5, count - 0.5), ylim=(len(names) - 0.5, -0.5), yticks=[], xlabel="after layer")
    ax.set_xticks(range(count), [*map(str, range(count - 1)), "end"])
    ax.tick_params(labelsize=12, length=0)
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
    return fig
