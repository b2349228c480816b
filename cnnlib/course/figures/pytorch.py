"""Figures of chapter 17: scores before and after a move, and what accuracy and scores say about ten imports."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from cnnlib.course.figures._style import COLORS, INK, MUTED

BLUE, ORANGE, GREEN = (COLORS[name] for name in ("blue", "orange", "green"))


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


def imports(names, values, xlabel, line):
    """A row for each import, its name over it, and a dot for each trained network.

    Parameters
    ----------
    names : list of str
    values : array (imports, seeds)
    xlabel : str
    line : float
        A threshold, drawn across.
    """
    fig, ax = plt.subplots(figsize=(4.6, 0.46 * len(names) + 0.8))
    jitter = np.linspace(-0.1, 0.1, values.shape[1])
    for k, (name, row) in enumerate(zip(names, values, strict=True)):
        ax.text(0.01, k - 0.08, name, transform=ax.get_yaxis_transform(), va="bottom", fontsize=12, color=INK)
        ax.plot(row, k + 0.22 + jitter, "o", color=BLUE, markersize=4.5, alpha=0.8)
        ax.axhline(k + 0.5, color=MUTED, linewidth=0.6, alpha=0.5)
    ax.axvline(line, color=ORANGE, linestyle="--", linewidth=1.5)
    ax.set(xlabel=xlabel, ylim=(len(names) - 0.5, -0.55), yticks=[])
    ax.margins(x=0.06)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.tick_params(labelsize=12)
    ax.grid(visible=False)
    return fig
