"""Figures of chapter 18: making it fast."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._style import COLORS, DIVERGING, INK, MUTED
from cnnlib.course.figures.speed import WIDTH
from cnnlib.course.figures.speed_tables import label, short


def ladder(rungs):
    """Microseconds per image of each way to compute one convolution, on a logarithmic axis, with quartiles if known."""
    fig, ax = plt.subplots(figsize=(WIDTH, 0.36 * len(rungs) + 0.8))
    times = [rung["us_per_image"] for rung in rungs]
    for i, (rung, time) in enumerate(zip(rungs, times, strict=True)):
        mine = not rung["name"].startswith("torch")
        ax.plot([min(times) / 2, time], [i, i], color=MUTED, linewidth=1, zorder=0)
        ax.plot(rung.get("spread", [time] * 2), [i] * 2, color=INK, linewidth=2)
        ax.plot(time, i, "o" if mine else "s", color=COLORS["blue" if mine else "orange"], markersize=8)
        ax.annotate(short(time), (time, i), (8, 0), textcoords="offset points", va="center", fontsize=9, color=INK)
    ax.set(xscale="log", xlim=(min(times) / 2, max(times) * 12), xlabel="microseconds per image")
    ax.minorticks_off()
    ax.set_yticks(range(len(rungs)), [label(rung["name"]) for rung in rungs])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(rungs) - 0.5, -0.5)
    return fig


def shares(parts):
    """Where the time goes: for each job the shares of its parts, a row each.

    Parameters
    ----------
    parts : dict of str to dict of str to float
        For each job the median seconds of its parts.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 0.5 * len(parts) + 1.3))
    names = list(dict.fromkeys(name for times in parts.values() for name in times))
    colors = dict(zip(names, ("amber", "sky", "purple"), strict=False))
    for k, times in enumerate(parts.values()):
        left = 0
        for name, seconds in times.items():
            share = seconds / sum(times.values())
            ax.barh(k, share, left=left, color=COLORS[colors[name]])
            left += share
    for name in names:
        ax.barh(0, 0, color=COLORS[colors[name]], label=name)
    ax.set(xlim=(0, 1), xlabel="share of the time")
    ax.set_yticks(range(len(parts)), list(parts))
    ax.invert_yaxis()
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=len(names))
    return fig


def filters(counts, speeds, roof, peak):
    """GFLOP/s of a product against its number of rows: from memory, from the cache, and what a machine allows.

    Parameters
    ----------
    counts : sequence of int
        Rows of the left matrix: filters.
    speeds : dict of str to array (counts, 3)
        Lower quartile, median and upper quartile, in GFLOP/s, by where the matrices lie.
    roof : array (counts,)
        What memory allows.
    peak : float
        What the core does on a large square product.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 3.4))
    ax.axhline(peak, color=INK, linewidth=1.2, label="peak of the core")
    ax.plot(counts, roof, ":", color=INK, linewidth=1.6, label="all that memory allows")
    for (name, rows), color, marker in zip(speeds.items(), ("blue", "orange"), "os", strict=True):
        ax.fill_between(counts, rows[:, 0], rows[:, 2], color=COLORS[color], alpha=0.25, linewidth=0)
        ax.plot(counts, rows[:, 1], marker=marker, color=COLORS[color], label=name)
    ax.set(xscale="log", yscale="log", xlabel="filters", ylabel="GFLOP/s")
    ax.set_xticks(counts, [str(m) for m in counts])
    ax.minorticks_off()
    low = min(roof.min(), *(rows.min() for rows in speeds.values()))
    ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500) if low / 1.5 < t < 1.6 * peak]
    ax.set_yticks(ticks, [str(t) for t in ticks])
    ax.set_ylim(low / 1.5, 1.6 * peak)
    ax.grid(True)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=9)
    return fig


def band(matrix, tile):
    """The banded matrix of a tile: one copy of the kernel per output, each shifted."""
    fig, ax = plt.subplots(figsize=(WIDTH, 2.6))
    limit = np.abs(matrix).max()
    ax.imshow(np.ma.masked_equal(matrix, 0), cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto")
    rows = len(matrix) // tile
    for k in range(1, tile):
        ax.axhline(k * rows - 0.5, color=MUTED, linewidth=0.8)
    ax.set(xlabel="what the tile looks at: rows × columns × channels", ylabel=f"{tile} outputs × {rows} filters",
           xticks=[], yticks=[])
    return fig


def growth(fits):
    """Measured times and the fitted powers, a panel each, both axes logarithmic; dotted: a power of 1.

    Parameters
    ----------
    fits : dict of str to dict
        ``sizes``, ``ms`` and ``exponent``.
    """
    count = -(-len(fits) // 2)
    fig, axes = plt.subplots(count, 2, figsize=(WIDTH, 2.3 * count), squeeze=False)
    for ax in axes.flat[len(fits):]:
        ax.axis("off")
    for ax, (name, fit) in zip(axes.flat, fits.items(), strict=False):
        sizes, ms = np.array(fit["sizes"], float), np.array(fit["ms"])
        middle = np.exp(np.log(sizes).mean()), np.exp(np.log(ms).mean())
        ax.plot(sizes, middle[1] * (sizes / middle[0]), ":", color=INK, linewidth=1.2)
        ax.plot(sizes, middle[1] * (sizes / middle[0]) ** fit["exponent"], color=COLORS["blue"])
        ax.plot(sizes, ms, "o", color=COLORS["orange"], markersize=6)
        what, _, where = label(name).partition(" (")
        ax.set_title(f"{what}: power {fit['exponent']:.2f}\n{where.rstrip(')')}", fontsize=9.5)
        ax.set(xscale="log", yscale="log", xlabel=what, ylabel="ms")
        ax.set_xticks(sizes[::2], [f"{size:g}" for size in sizes[::2]])
        ax.margins(0.08)
        low, high = min(ms), max(ms)
        ticks = [m * 10.0**e for e in range(-4, 6) for m in (1, 2, 5) if low / 1.2 <= m * 10.0**e <= high * 1.2]
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
    return fig
