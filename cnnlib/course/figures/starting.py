"""Figures of chapter 3's second half: how sums spread, what twenty layers leave, and what a start does to learning."""

import functools
import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import PercentFormatter

from cnnlib.course import starting
from cnnlib.course.figures._numbers import fixed, minus
from cnnlib.course.figures._style import COLORS, INK, MUTED, PAPER, band, legend_above

STYLES = {
    "He": ("-", "blue"), "Glorot": ("--", "orange"), "PyTorch's default": ("-.", "green"), "0.01": (":", "purple"),
    "tanh, Glorot": ((0, (5, 1, 1, 1, 1, 1)), "amber"),
}
LABELS = {"0.01": "std 0.01"}
SIZE, BETWEEN = "size of the values", "what differs between digits"
TICKS = (1, 5, 10, 15, 20)
MOMENTS = np.arange(0, starting.STEPS + 1, starting.EVERY)


def sums(counts=(1, 4, 16, 64)):
    """How likely each sum of n numbers ±1 is, n by n, on one axis, with ±√n marked."""
    fig, axes = plt.subplots(len(counts), 1, figsize=(4.8, 0.95 * len(counts) + 0.4), sharex=True)
    for ax, n in zip(axes, counts, strict=True):
        values = np.arange(-n, n + 1, 2)
        chance = [math.comb(n, k) / 2**n for k in range(n + 1)]
        near = np.abs(values) <= 26
        ax.bar(values[near], np.array(chance)[near], width=1.4, color=COLORS["blue"])
        for end in (-1, 1):
            ax.axvline(end * n**0.5, color=COLORS["orange"], linestyle="--", linewidth=1.4)
        ax.set(xlim=(-27, 27), yticks=[], ylim=(0, 1.35 * max(chance)))
        ax.text(0.02, 0.93, f"n = {n}\n√n = {n**0.5:g}", transform=ax.transAxes, va="top", fontsize=9.5)
    axes[-1].set(xlabel="sum of n numbers, each +1 or −1", xticks=range(-24, 25, 8))
    return fig


def curves(contests, guessing):
    """Share right against steps of training: median and range over seeds, beside always guessing."""
    fig, ax = plt.subplots(figsize=(4.8, 3.2))
    _guess(ax, guessing, MOMENTS[-1])
    for start, found in contests.items():
        style, color = STYLES[start]
        band(ax, MOMENTS, np.array(found["share"]), linestyle=style, color=COLORS[color],
             label=LABELS.get(start, start))
    ax.set(xlabel="steps of training", ylabel="share right", ylim=(0, 1))
    legend_above(ax, columns=4, fontsize=9, handlelength=1.7, columnspacing=1.1)
    return fig


def _guess(ax, guessing, end, side="right"):
    share = float(np.mean(guessing))
    ax.axhline(share, color=MUTED, linewidth=1)
    ax.text(end, share - 0.015, "always the same digit", ha=side, va="top", fontsize=9.5, color=INK)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def by_depth(contests, guessing):
    """Share right after training against the number of layers: every seed, and a line through the medians."""
    fig, ax = plt.subplots(figsize=(4.8, 3.2))
    _guess(ax, guessing, starting.DEPTHS[0] / 1.05, "left")  # where all starts are far above it
    for k, (start, found) in enumerate(contests.items()):
        style, color = STYLES[start]
        runs = np.array([np.array(found[str(depth)]["share"])[:, -1] for depth in starting.DEPTHS])
        x = np.array(starting.DEPTHS) * 1.025 ** (k - 1.5)  # side by side, so that no start hides another
        ax.plot(x, np.median(runs, axis=1), linestyle=style, color=COLORS[color], label=LABELS.get(start, start))
        ax.plot(np.repeat(x, runs.shape[1]), runs.ravel(), "o", markersize=3.5, color=COLORS[color],
                markeredgecolor=PAPER, markeredgewidth=0.4)
    ax.set(xscale="log", xlabel="layers with ReLU", ylabel="share right", ylim=(0, 1))
    ax.set_xticks(starting.DEPTHS, labels=[f"{depth}" for depth in starting.DEPTHS])
    ax.xaxis.set_minor_locator(plt.NullLocator())
    legend_above(ax, columns=4, fontsize=9, handlelength=1.7, columnspacing=1.1)
    return fig


def histograms(cases, show=(1, 5, 10, 20)):
    """Histograms with a row for each start and a column for each layer shown; a row has one axis.

    Parameters
    ----------
    cases : dict of str to list of array
        Name to the values of every layer.
    show : tuple of int
        Which layers, counted from 1 as the number of layers that a signal has passed.
    """
    fig, axes = plt.subplots(len(cases), len(show), figsize=(4.8, 1.25 * len(cases) + 0.3), squeeze=False)
    for row, (name, layers) in zip(axes, cases.items(), strict=True):
        reach = max(float(np.quantile(layers[layer - 1], 0.995)) for layer in show)
        for ax, layer in zip(row, show, strict=True):
            values = np.clip(layers[layer - 1].ravel(), 0, reach)
            counts, edges = np.histogram(values, bins=24, range=(0, reach))
            share = counts / values.size
            ax.bar(edges[:-1], share, width=np.diff(edges), align="edge", color=COLORS["blue"])
            ax.set(yticks=[], ylim=(0, 0.2), xticks=(0, reach), xlim=(-0.03 * reach, 1.06 * reach))
            ax.set_xticklabels(["0", f"{reach:.2g}"], fontsize=9)
            said = f"{share[0]:.0%} in\nfirst bar"
            ax.text(0.96, 0.92, said, transform=ax.transAxes, ha="right", va="top", fontsize=9)
            if ax.get_subplotspec().is_first_row():
                ax.set_title(f"layer {layer}", fontsize=9.5)
        row[0].set_ylabel(LABELS.get(name, name).replace("PyTorch's ", "PyTorch's\n"), fontsize=9.5)
    return fig


def sizes(size, between):
    """Root mean square of all values, and of what differs between digits, by layer: median and range of seeds.

    Parameters
    ----------
    size, between : dict of str to array (seeds, depth)
    """
    fig, axes = plt.subplots(2, 1, figsize=(4.8, 5.0), sharex=True)
    for ax, runs, title in zip(axes, (size, between), (SIZE, BETWEEN), strict=True):
        for name, values in runs.items():
            style, color = STYLES[name]
            band(ax, np.arange(1, values.shape[1] + 1), values, linestyle=style, color=COLORS[color],
                 label=LABELS.get(name, name))
        ax.set(yscale="log", ylim=(1e-12, 30), xticks=TICKS, ylabel="root mean square")
        ax.set_title(title, loc="left", fontsize=10)
    axes[1].set_xlabel("layer")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=9)
    return fig


def measure(layers):
    """Root mean square of the values of every layer, and of their distance from the unit's mean over the examples.

    Parameters
    ----------
    layers : list of array (N, units)

    Returns
    -------
    size, between : array (depth,)

    Examples
    --------
    >>> size, between = measure([np.array([[3.0, 1.0], [3.0, -1.0]])])  # unit 0 says 3, whatever the example
    >>> size.round(3), between.round(3)
    (array([2.236]), array([0.707]))
    """
    size = [np.sqrt(np.mean(h**2)) for h in layers]
    between = [np.sqrt(np.mean((h - h.mean(axis=0)) ** 2)) for h in layers]
    return np.array(size), np.array(between)


@functools.cache
def _measured(scale):
    return measure(starting.signals(scale, 0))


def explore_depth(scale):
    """The stage and caption of the depth explorer: what a start leaves of the signal, and what training makes of it."""
    record, (size, between) = starting.load(), _measured(scale)
    found = record["scales"][f"{scale:.4g}"]
    fig, (above, below) = plt.subplots(2, 1, figsize=(4.5, 4.8))
    above.plot(range(1, 21), size, "o-", markersize=4, color=COLORS["blue"], label=SIZE)
    above.plot(range(1, 21), between, "s--", markersize=3.5, color=COLORS["orange"], label=BETWEEN)
    above.set(yscale="log", ylim=(1e-17, 1e8), xticks=TICKS, xlabel="layer", ylabel="root mean square")
    legend_above(above, columns=2, fontsize=9.5, columnspacing=1.2)
    shares = np.array(found["share"])
    _guess(below, record["guessing"], MOMENTS[-1])
    below.plot(MOMENTS, shares.T, color=COLORS["green"], linewidth=1.2)
    below.set(xlabel="steps of training", ylabel="share right", ylim=(0, 1))
    name = "√2" if scale == 2**0.5 else f"{scale:g}"
    last = shares[:, -1]
    least, most = fixed(100 * last.min(), 0), fixed(100 * last.max(), 0)
    read = f"{least} to {most}" if least != most else least
    return fig, (
        f"Standard deviation {name}/√n: from layer 1 to layer 20 the size goes from {_short(size[0])} to "
        f"{_short(size[-1])}, what differs between digits from {_short(between[0])} to {_short(between[-1])}. After "
        f"{starting.STEPS} steps five seeds read {read} % of the digits; always the same digit: "
        f"{fixed(100 * np.mean(record['guessing']), 0)} %."
    )


def _short(value):
    """Two digits: as a decimal where that is short, else as a power of ten."""
    if 0.0001 <= value < 1000:
        return f"{value:.2g}" if value < 100 else f"{value:.0f}"
    digits, power = f"{value:.1e}".split("e")
    return minus(f"{digits}e{int(power)}")
