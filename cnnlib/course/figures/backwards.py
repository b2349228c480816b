"""Figures of chapter 10: convolution backwards, and fast."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._style import COLORS, DIVERGING, MUTED, legend_above
from cnnlib.course.figures.convolution import grid


def grids(values, titles, *, width=5.4, height=2.1, fontsize=9):
    """Small arrays of different sizes side by side, cells of one size, numbers printed."""
    fig, axes = plt.subplots(1, len(values), figsize=(width, height), width_ratios=[v.shape[1] for v in values])
    limit = max(np.abs(v).max() for v in values)
    for ax, v, title in zip(np.atleast_1d(axes), values, titles, strict=True):
        grid(ax, v, title=title, limit=1.5 * limit, fontsize=fontsize)
    return fig


def stack(values, titles, *, width=4.6, heights=None):
    """Small arrays above one another, numbers printed."""
    heights = heights or [v.shape[0] for v in values]
    fig, axes = plt.subplots(len(values), 1, figsize=(width, 0.34 * sum(heights) + 0.42 * len(values)),
                             height_ratios=heights)
    limit = max(np.abs(v).max() for v in values)
    for ax, v, title in zip(axes, values, titles, strict=True):
        grid(ax, v, title=title, limit=1.5 * limit)
    return fig


def band(matrix, tile):
    """The banded matrix of a tile: one copy of the kernel per output, each shifted."""
    fig, ax = plt.subplots(figsize=(5.4, 2.6))
    limit = np.abs(matrix).max()
    ax.imshow(np.ma.masked_equal(matrix, 0), cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto")
    rows = len(matrix) // tile
    for k in range(1, tile):
        ax.axhline(k * rows - 0.5, color=MUTED, linewidth=0.8)
    ax.set(xlabel="what the tile looks at: rows × columns × channels", ylabel=f"{tile} outputs × {rows} filters",
           xticks=[], yticks=[])
    return fig


def losses(curves, names):
    """Training losses over several seeds: a thin line each, a thick one for the median."""
    fig, ax = plt.subplots(figsize=(5.2, 2.9))
    for runs, name, color in zip(curves, names, (COLORS["blue"], COLORS["orange"]), strict=True):
        ax.plot(runs.T, color=color, alpha=0.3, linewidth=1)
        ax.plot(np.median(runs, axis=0), color=color, linewidth=2.4, label=name)
    ax.set(yscale="log", xlabel="step", ylabel="loss")
    ax.grid(True, axis="y")
    legend_above(ax)
    return fig


def ladder(times):
    """Bars of microseconds per image on a logarithmic axis, a rung each, slowest first."""
    names, values = list(times), np.array(list(times.values()))
    fig, ax = plt.subplots(figsize=(5.4, 0.42 * len(names) + 0.9))
    colors = [COLORS["orange"] if name.startswith("PyTorch") else COLORS["blue"] for name in names]
    ax.barh(range(len(names)), values, color=colors, left=0)
    for k, value in enumerate(values):
        ax.text(value * 1.15, k, f"{value:,.0f}" if value >= 10 else fixed(value, 1), va="center", fontsize=9)
    ax.set(xscale="log", xlabel="µs per image", xlim=(values.min() / 3, values.max() * 6))
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    return fig


def shares(parts):
    """Where the time goes: for each layer the shares of gathering columns and of the matrix product."""
    fig, ax = plt.subplots(figsize=(5.2, 0.5 * len(parts) + 1.1))
    for k, (gather, product) in enumerate(parts.values()):
        total = gather + product
        ax.barh(k, gather / total, color=COLORS["amber"], label=None if k else "gathering columns")
        ax.barh(k, product / total, left=gather / total, color=COLORS["sky"], label=None if k else "matrix product")
    ax.set(xlim=(0, 1), xlabel="share of the time")
    ax.set_yticks(range(len(parts)), list(parts))
    ax.invert_yaxis()
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return fig


def roofline(bandwidth, peak, points):
    """The speed that memory and arithmetic allow, against arithmetic intensity, and measured products.

    Parameters
    ----------
    bandwidth : bytes per second
    peak : operations per second
    points : dict of name to (operations per byte, operations per second)
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.1))
    x = np.geomspace(0.3, 300, 200)
    ax.plot(x, np.minimum(peak, bandwidth * x) / 1e9, color=COLORS["blue"], label="roof: memory, then arithmetic")
    for (name, (intensity, speed)), marker in zip(points.items(), "os^D", strict=False):
        ax.plot(intensity, speed / 1e9, marker, markersize=7, color=COLORS["orange"])
        ax.annotate(name, (intensity, speed / 1e9), xytext=(6, -13), textcoords="offset points", fontsize=9)
    ax.set(xscale="log", yscale="log", xlabel="operations per byte moved", ylabel="10⁹ operations per second")
    ax.grid(True)
    ax.legend(loc="lower right")
    return fig
