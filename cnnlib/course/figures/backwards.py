"""Figures of chapter 10: convolution backwards."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._style import COLORS, INK, MUTED
from cnnlib.course.figures.convolution import grid


def grids(values, titles, *, width=4.4, height=1.8, fontsize=9):
    """Small arrays of different sizes side by side, cells of one size, numbers printed."""
    fig, axes = plt.subplots(1, len(values), figsize=(width, height), width_ratios=[v.shape[1] for v in values])
    limit = max(np.abs(v).max() for v in values)
    for ax, v, title in zip(np.atleast_1d(axes), values, titles, strict=True):
        grid(ax, v, title=title, limit=1.5 * limit, fontsize=fontsize)
    return fig


def bug(clean, noisy, switch):
    """Training losses with each rule, a panel without noise and one with: a thin line a seed, a thick one the median.

    Parameters
    ----------
    clean, noisy : dict of str to array (seeds, steps)
        The losses by rule; with noise, relative to the loss at the switch.
    switch : int
        The step at which the noisy runs part.
    """
    fig, axes = plt.subplots(2, 1, figsize=(4.4, 5.2))
    styles = ("blue", "-"), ("orange", "--")
    for ax, runs in zip(axes, (clean, noisy), strict=True):
        for (rule, curves), (color, line) in zip(runs.items(), styles, strict=True):
            ax.plot(curves.T, color=COLORS[color], alpha=0.3, linewidth=1)
            ax.plot(np.median(curves, axis=0), line, color=COLORS[color], linewidth=2.4, label=f"with {rule}")
        ax.grid(True, axis="y")
    axes[0].set(yscale="log", title="no noise", xlabel="step", ylabel="loss")
    axes[1].axvline(switch, color=MUTED, linewidth=1)
    axes[1].set(title="noise", xlabel="step", ylabel="loss, 1 at the switch", ylim=(0.95, 1.55))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


def ladder(times):
    """Bars of microseconds per image on a logarithmic axis, two for each rung, with a line over the quartiles.

    Parameters
    ----------
    times : dict of str to dict of str to array (3,)
        Forward and back: lower quartile, median and upper quartile of each rung, slowest first.
    """
    names = list(next(iter(times.values())))
    fig, ax = plt.subplots(figsize=(4.4, 0.75 * len(names) + 1.2))
    values = np.array([list(rungs.values()) for rungs in times.values()])
    for rows, color, label, shift in zip(values, ("blue", "orange"), times, (-0.2, 0.2), strict=True):
        heights = np.arange(len(names)) + shift
        ax.barh(heights, rows[:, 1], height=0.36, color=COLORS[color], label=label)
        ax.hlines(heights, rows[:, 0], rows[:, 2], color=INK, linewidth=2)
        for y, (_, middle, high) in zip(heights, rows, strict=True):
            ax.text(high * 1.2, y, f"{middle:,.0f}" if middle >= 10 else fixed(middle, 1), va="center", fontsize=9)
    ax.set(xscale="log", xlabel="µs per image", xlim=(values.min() / 3, values.max() * 8))
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig
