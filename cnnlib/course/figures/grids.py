"""Figures of chapter 8: pictures as grids and as rows of numbers, shuffled pixels, and other grids."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from cnnlib.course.figures._numbers import minus
from cnnlib.course.figures._style import COLORS, INK, MUTED, PAPER, WORDS, legend_above

SHARED = [COLORS[name] for name in ("blue", "orange", "green")]
CONTENDERS = {"MLP": ("o", WORDS["orange"]), "CNN": ("s", WORDS["blue"])}  # lighter on a dark page


def digit(ax, image, title=""):
    """A grey picture in a frame, dark ink on white."""
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
    ax.set_title(title)
    for side in ax.spines.values():
        side.set(visible=True, color=MUTED)


def rows_of_digits(rows, labels):
    """Rows of pictures, each row with its name on the left.

    Parameters
    ----------
    rows : list of array (N, H, W)
    labels : list of str
    """
    columns = len(rows[0])
    fig, axes = plt.subplots(len(rows), columns, figsize=(5.0, 1.32 * len(rows)), squeeze=False)
    for row, line, label in zip(axes, rows, labels, strict=True):
        for ax, image in zip(row, line, strict=True):
            digit(ax, image)
        row[0].set_ylabel(label, fontsize=11)
    return fig


def orders(images, titles):
    """One picture in several orders of its pixels, two in a row, each under its title.

    Parameters
    ----------
    images : list of array (H, W)
    titles : list of str
    """
    lines = -(-len(images) // 2)
    fig, axes = plt.subplots(lines, 2, figsize=(4.6, 2.15 * lines))
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        ax.axis("on")
        digit(ax, image)
        ax.set_title(title, fontsize=11)
    return fig


def memory(x, chosen):
    """An array (C, H, W) as coloured grids, and below as the row of numbers that memory holds, one of them outlined."""
    C, H, W = x.shape
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.0, 2.7), height_ratios=(3.4, 3.0))
    size = C * H * W
    gap = (size - C * W) / (C + 1)
    for c, i, j in np.ndindex(C, H, W):
        color, marked = SHARED[c % 3], (c, i, j) == chosen
        left = gap + c * (W + gap) + j
        cell(top, left, H - 1 - i, x[c, i, j], color, marked)
        k = (c * H + i) * W + j
        cell(bottom, k, 0, x[c, i, j], color, marked)
        bottom.text(k + 0.5, -0.5, str(k), ha="center", va="center", fontsize=10, color=INK)
    for c in range(C):
        left = gap + c * (W + gap)
        top.text(left + W / 2, H + 0.75, f"channel {c}", ha="center", fontsize=11, color=INK)
        for j in range(W):
            top.text(left + j + 0.5, H + 0.28, str(j), ha="center", va="center", fontsize=10, color=INK)
        for i in range(H):
            top.text(left - 0.35, H - 0.5 - i, str(i), ha="center", va="center", fontsize=10, color=INK)
    bottom.text(0, 1.25, "in memory", fontsize=11, color=INK)
    bottom.text(0, -1.15, "place", fontsize=10, color=INK)
    top.set(xlim=(-0.1, size + 0.1), ylim=(-0.1, H + 1.3))
    bottom.set(xlim=(-0.1, size + 0.1), ylim=(-1.3, 1.7))
    for ax in (top, bottom):
        ax.set_aspect("equal")
        ax.axis("off")
    return fig


def cell(ax, left, low, value, color, marked):
    """One number in a coloured box."""
    ax.add_patch(Rectangle((left, low), 1, 1, facecolor=color, alpha=0.22, edgecolor="none"))
    ax.add_patch(Rectangle((left, low), 1, 1, fill=False, edgecolor=INK if marked else PAPER, linewidth=2.6 if marked
                           else 1.2, zorder=3 if marked else 2))
    ax.text(left + 0.5, low + 0.5, f"{value:g}", ha="center", va="center", fontsize=11, color=INK)


def photographs(images, titles):
    """Colour pictures (H, W, 3) side by side."""
    height, width = images[0].shape[:2]
    fig, axes = plt.subplots(1, len(images), figsize=(5.0, 5.0 / len(images) * height / width + 0.35))
    for ax, image, title in zip(axes, images, titles, strict=True):
        ax.imshow(image)
        ax.set_title(title)
        ax.axis("off")
    return fig


def dial(image, record, k, baseline):
    """One frame of the explorer: the digit with a part of its pixels shuffled, and where the networks stand.

    Parameters
    ----------
    image : array (H, W)
    record : dict
        As `cnnlib.course.shuffling.measure` returns.
    k : int
        Number of the fraction to mark.
    baseline : float
        Accuracy of 1-nearest-neighbour, which is the same at every amount.
    """
    percent = 100 * np.array(record["fractions"])
    fig, (left, right) = plt.subplots(1, 2, figsize=(4.8, 3.0), width_ratios=(1, 1.6))
    digit(left, image, f"{percent[k]:.0f}% shuffled")
    for name, (marker, color) in CONTENDERS.items():
        runs = np.array(record["test"][name])
        right.plot(percent, runs.mean(axis=1), color=color, marker=marker, markersize=4, label=name)
        right.fill_between(percent, runs.min(axis=1), runs.max(axis=1), color=color, alpha=0.18, linewidth=0)
        right.plot(percent[k], runs[k].mean(), marker, color=color, markersize=11, markeredgecolor=INK)
    right.axhline(baseline, color=MUTED, linestyle="--", linewidth=1.2, label="nearest")
    right.set(xlabel="pixels shuffled, %", ylabel="test accuracy", ylim=(0, 1), xticks=(0, 25, 50, 75, 100))
    legend_above(right, 3, fontsize=10, handlelength=1.4, columnspacing=0.9)
    return fig


def spectrograms(pictures, titles, seconds, top):
    """Sounds as pictures: time to the right, frequency upwards, darker is stronger.

    Parameters
    ----------
    pictures : list of array (frequencies, stretches)
    titles : list of str
    seconds : float
    top : float
        Highest frequency, in kHz.
    """
    fig, axes = plt.subplots(1, len(pictures), figsize=(4.8, 2.8), sharey=True)
    for ax, picture, title in zip(axes, pictures, titles, strict=True):
        ax.imshow(picture, cmap="gray_r", origin="lower", aspect="auto", extent=(0, seconds, 0, top))
        ax.set(xlabel="seconds", xticks=(0, seconds / 2, seconds))
        ax.set_title(minus(title))
        for side in ax.spines.values():
            side.set(visible=True, color=MUTED)
    axes[0].set(ylabel="frequency, kHz", yticks=(0, 1, 2, 3, 4))
    return fig
