"""Figures of chapter 17: scores before and after a move, a small graph, what accuracy and scores say of ten imports."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

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
    boxes = {"a": (0, 1, "a = 2\n.grad = 4"), "b": (0, 0, "b = 3\n.grad = 2"), "h": (1, 0, "h = ab\n= 6"),
             "L": (2, 1, "L = h + a\n= 8")}
    for name, (x, y, text) in boxes.items():
        edge = BLUE if name in "ab" else MUTED
        ax.text(x, y, text, ha="center", va="center", fontsize=12, color=INK, linespacing=1.4,
                bbox={"boxstyle": "round,pad=0.45", "facecolor": "none", "edgecolor": edge, "linewidth": 2})
    for way, slope, shift in (("ah", "3", 0.13), ("bh", "2", -0.16), ("hL", "1", -0.14), ("aL", "1", 0.13)):
        (x0, y0, _), (x1, y1, _) = boxes[way[0]], boxes[way[1]]
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "->", "color": INK, "shrinkA": 42, "shrinkB": 42})
        ax.text((x0 + x1) / 2, (y0 + y1) / 2 + shift, slope, ha="center", va="center", fontsize=13, fontweight="bold",
                color=WORDS["orange"])
    ax.set(xlim=(-0.42, 2.45), ylim=(-0.4, 1.4))
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
        A threshold, drawn across.
    """
    fig, ax = plt.subplots(figsize=(4.6, 0.46 * len(names) + 0.8))
    jitter = np.linspace(-0.1, 0.1, values.shape[1])
    for k, (name, row) in enumerate(zip(names, values, strict=True)):
        ax.text(0.01, k - 0.08, name, transform=ax.get_yaxis_transform(), va="bottom", fontsize=12, color=INK,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1}, zorder=5)
        ax.plot(row, k + 0.22 + jitter, "o", color=BLUE, markersize=4.5, alpha=0.8)
        ax.axhline(k + 0.5, color=MUTED, linewidth=0.6, alpha=0.5)
    ax.axvline(line, color=ORANGE, linestyle="--", linewidth=1.5)
    ax.set(xlabel=xlabel, ylim=(len(names) - 0.5, -0.55), yticks=[])
    ax.margins(x=0.06)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.tick_params(labelsize=12)
    ax.grid(visible=False)
    return fig
