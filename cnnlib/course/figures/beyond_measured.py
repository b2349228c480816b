"""Figures of chapter 16, measurements: detectors, label maps, patterns, sounds, sequences."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from cnnlib.course.figures._numbers import minus
from cnnlib.course.figures._style import COLORS, INK, MUTED, SEQUENTIAL, band, legend_above, see_through
from cnnlib.course.figures.beyond import CLASSES, framed, label_map, picture

BLUE, ORANGE = COLORS["blue"], COLORS["orange"]
MARKS = ("o", "s", "^", "D")


def shown(runs, titles, ceiling, fill):
    """Average precision of several detectors, every seed a mark, a row for each detector.

    Parameters
    ----------
    runs : dict of str to array (seeds,)
    titles : dict of str to str
        What stands beside each row.
    ceiling : float
        What boxes at the right places would score.
    fill : set of str
        The rows whose networks were shown windows without a digit: filled marks.
    """
    fig, ax = plt.subplots(figsize=(4.2, 4.8))
    for k, (name, values) in enumerate(runs.items()):
        color = BLUE if name in fill else ORANGE
        ax.plot(values, k + np.linspace(-0.2, 0.2, len(values)), MARKS[0], color=color, markersize=5,
                markerfacecolor=color if name in fill else "none")
        ax.plot([np.mean(values)] * 2, [k - 0.34, k + 0.34], color=color, linewidth=2)
    ax.axvline(ceiling, color=MUTED, linestyle=":", linewidth=1.4)
    ax.set(xlim=(0, 1.02), ylim=(len(runs) - 0.5, -0.5), xlabel="average precision")
    ax.set_yticks(range(len(runs)), labels=[titles[name] for name in runs], multialignment="right")
    return fig


def crops(images, titles, rows):
    """Crops side by side, and under each what several networks say of it.

    Parameters
    ----------
    images : list of array (H, W)
    titles : list of str
    rows : dict of str to list of str
        By network, a text for each crop.
    """
    fig, axes = plt.subplots(2, 2, figsize=(4.4, 6.0))
    for k, (ax, image, title) in enumerate(zip(axes.flat, images, titles, strict=True)):
        picture(ax, image, title)
        ax.set_xlabel("\n".join(f"{name}: {said[k]}" for name, said in rows.items()))
    return fig


def places(image, scores, titles):
    """A scene and, below, how much each of several networks wants to name a digit at each place.

    Parameters
    ----------
    image : array (H, W)
    scores : list of array (rows, columns)
        Probability of the best digit for each window; drawn at the window's middle.
    titles : list of str
    """
    fig, axes = plt.subplots(1 + len(scores), 1, figsize=(3.4, 2.15 * (1 + len(scores))))
    picture(axes[0], image, "the scene, 24 × 32")
    for ax, score, title in zip(axes[1:], scores, titles, strict=True):
        (h, w), (rows, columns) = image.shape, score.shape
        left, top = (w - columns) / 2, (h - rows) / 2
        shown = ax.imshow(score, cmap=SEQUENTIAL, vmin=0, vmax=1, extent=(left, left + columns, top + rows, top))
        ax.contour(np.arange(w) + 0.5, np.arange(h) + 0.5, image, levels=[0.25], colors=ORANGE, linewidths=1.2)
        ax.set(xticks=[], yticks=[], xlim=(0, w), ylim=(h, 0))
        ax.set_title(title)
        framed(ax)
    fig.colorbar(shown, ax=axes[1:], shrink=0.6, label="probability of the best digit")
    return fig


def maps(image, truth, said, boxes, labels):
    """One scene, its true labels, and the network's; the digits named at their boxes."""
    fig, axes = plt.subplots(3, 1, figsize=(2.9, 6.4))
    picture(axes[0], image, "the scene")
    label_map(axes[1], truth, "true label of each pixel")
    label_map(axes[2], said, "the network's answer")
    present = np.unique(np.concatenate([truth.ravel(), said.ravel()]))
    keys = [Patch(color=CLASSES[k - 1], label=str(k - 1)) for k in present if k]
    axes[2].legend(handles=keys, loc="upper center", bbox_to_anchor=(0.5, -0.03), ncols=5, handlelength=1,
                   title="colour of each digit")
    for box, label in zip(boxes, labels, strict=True):
        axes[1].text(box[2] + 0.3, box[1] + 0.3, str(label), va="top", fontsize=13, color="#111111", weight="bold")
    return fig


def by_class(rivals, baseline, titles):
    """Above, pixel accuracy and mean IoU of several methods; below, the IoU of each class of the first.

    Parameters
    ----------
    rivals : dict of str to pair of arrays (seeds,), (seeds, classes)
        Pixel accuracy, and IoU with background first.
    baseline : pair of float
        Pixel accuracy and mean IoU of calling everything background.
    titles : dict of str to str
        Of the methods, for the legend.
    """
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(4.8, 5.6), height_ratios=[1.2, 1.3])
    at = np.array([0.0, 1.0])
    for k, (name, (accuracy, runs)) in enumerate(rivals.items()):
        color = (BLUE, COLORS["green"], COLORS["purple"])[k]
        for row, values in enumerate((accuracy, runs.mean(axis=1))):
            top.plot(values, np.full(len(values), at[row] - 0.27 + 0.18 * k), MARKS[k], color=color, markersize=5,
                     label=None if row else titles[name])
    for row, value in enumerate(baseline):
        top.plot([value], [at[row] + 0.27], "X", color=ORANGE, markersize=9, label=None if row else "all background")
    top.set_yticks(at, labels=["pixel accuracy", "mean IoU"])
    top.set(xlim=(0, 1.02), ylim=(1.5, -0.5))
    legend_above(top, columns=1)
    runs = next(iter(rivals.values()))[1]
    at = np.arange(runs.shape[1])
    bottom.bar(at, runs.mean(axis=0), color=BLUE, alpha=0.45, width=0.7)
    bottom.vlines(at, runs.min(axis=0), runs.max(axis=0), color=BLUE, linewidth=2.5)
    bottom.set(ylim=(0, 1.03), ylabel="IoU", xlabel="class")
    bottom.set_xticks(at, labels=["none", *(f"“{k}”" for k in range(10))])
    return fig


def overlaps(counts, titles):
    """How many strokes fall on each output pixel: printed grids.

    Parameters
    ----------
    counts : list of array (H, W)
    titles : list of str
    """
    fig, axes = plt.subplots(1, len(counts), figsize=(4.8, 2.9))
    for ax, count, title in zip(axes, counts, titles, strict=True):
        ax.imshow(count, cmap="Greys", vmin=0, vmax=9)
        for (i, j), n in np.ndenumerate(count):
            ax.text(j, i, f"{n:g}", ha="center", va="center", fontsize=10.5, color="#111111")
        ax.set(xticks=[], yticks=[])
        ax.set_title(title)
    return fig


def patterns(before, after, titles):
    """A flat picture after each network, untrained and trained, as differences from the mean: blue above, orange below.

    Parameters
    ----------
    before, after : list of array (H, W)
    titles : list of str
    """
    fig, axes = plt.subplots(2, len(before), figsize=(4.8, 3.5))
    for row, images, when in zip(axes, (before, after), ("untrained", "trained"), strict=True):
        limit = max(np.abs(image - image.mean()).max() for image in images)
        for ax, image, title in zip(row, images, titles, strict=True):
            ax.imshow(see_through(image - image.mean(), limit))
            ax.set(xticks=[], yticks=[])
            ax.set_title(title if when == "untrained" else "")
            framed(ax)
        row[0].set_ylabel(f"{when}\n(solid: {limit:.2g})")
    return fig


def strength(groups, errors):
    """The checkerboard of each seed before and after training, on a logarithmic scale.

    Parameters
    ----------
    groups : dict of str to array (seeds, 2)
    errors : dict of str to array (seeds,)
        The error on new images, for comparison.
    """
    fig, ax = plt.subplots(figsize=(4.8, 3.4))
    for k, (name, runs) in enumerate(groups.items()):
        color, shift = (ORANGE, BLUE)[k], (-0.15, 0.15)[k]
        for j, values in enumerate((*np.transpose(runs), errors[name])):
            at = j + shift + np.linspace(-0.08, 0.08, len(values))
            ax.plot(at, values, MARKS[k], color=color, label=name if j == 0 else None)
            ax.plot([j + shift - 0.12, j + shift + 0.12], [np.median(values)] * 2, color=color)
    ax.set(yscale="log", ylabel="brightness")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xticks([0, 1, 2], labels=["checkerboard,\nuntrained", "checkerboard,\ntrained", "whole error,\ntrained"])
    legend_above(ax, columns=2)
    return fig


def rivals(right, names):
    """Share of right answers, every seed a dot, a row for each rival."""
    fig, ax = plt.subplots(figsize=(4.8, 2.7))
    for k, name in enumerate(names):
        runs = 100 * np.asarray(right[name])
        ax.plot(runs, k + np.linspace(-0.16, 0.16, len(runs)), "o", color=BLUE)
        ax.plot([runs.mean()] * 2, [k - 0.3, k + 0.3], color=BLUE, linewidth=2)
    ax.axvline(50, color=MUTED, linestyle=":", linewidth=1.2)
    ax.text(49, 2.9, "one answer\nfor all", ha="right", va="center", fontsize=10, color=INK)
    ax.set(xlabel="right on new sounds (%)", xlim=(30, 102), ylim=(len(names) - 0.5, -0.5))
    ax.set_yticks(range(len(names)), labels=names)
    return fig


def felt(curves):
    """The size of the gradient at each token, median and range over seeds, on a logarithmic scale.

    Parameters
    ----------
    curves : dict of str to array (seeds, tokens)
    """
    fig, ax = plt.subplots(figsize=(4.8, 3.6))
    for (name, runs), style in zip(curves.items(), ("-", "--", "-."), strict=False):
        band(ax, np.arange(1, runs.shape[1] + 1), runs, style, label=name)
    ax.set(yscale="log", xlabel="token", ylabel="size of the gradient", xticks=(1, 10, 20, 30, 40))
    marks = ("1e-12", "1e-09", "1e-06", "1e-03", "1")
    ax.set_yticks([float(mark) for mark in marks], labels=[minus(mark) for mark in marks])
    legend_above(ax, columns=1)
    return fig
