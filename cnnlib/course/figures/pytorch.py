"""Figures of chapter 17: scores before and after a move, and what accuracy and scores say about ten imports."""

import matplotlib.pyplot as plt
import numpy as np

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


def imports(names, values, xlabel, log=False, line=None):
    """A row for each import, a dot for each trained network.

    Parameters
    ----------
    names : list of str
    values : array (imports, seeds)
    xlabel : str
    log : bool, optional
    line : float, optional
        A threshold, drawn across.
    """
    fig, ax = plt.subplots(figsize=(4.8, 0.36 * len(names) + 0.9))
    jitter = np.linspace(-0.18, 0.18, values.shape[1])
    for k, row in enumerate(values):
        ax.plot(row, k + jitter, "o", color=BLUE, markersize=4.5, alpha=0.8)
    if line is not None:
        ax.axvline(line, color=ORANGE, linestyle="--", linewidth=1.5)
    ax.set_yticks(range(len(names)), labels=names, fontsize=11)
    ax.set(xlabel=xlabel, ylim=(len(names) - 0.5, -0.5))
    if log:
        ax.set_xscale("log")
        ax.minorticks_off()
    ax.grid(axis="y", color=MUTED, alpha=0.25)
    return fig
