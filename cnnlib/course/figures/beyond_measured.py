"""Figures of chapter 16, measurements: detectors, label maps, patterns, sounds, sequences."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._style import COLORS, INK, MUTED, SEQUENTIAL, band, legend_above, see_through
from cnnlib.course.figures.beyond import label_map, picture

BLUE, ORANGE, GREEN, PURPLE = (COLORS[name] for name in ("blue", "orange", "green", "purple"))
MARKS = ("o", "s", "^", "D")


def ways(variants, names, ceiling):
    """Average precision of several kinds of detectors for several ways of thinning out, every seed a mark.

    Parameters
    ----------
    variants : dict of str to array (seeds, ways)
    names : list of str
        Of the ways.
    ceiling : float
        What boxes at the right places would score.
    """
    fig, ax = plt.subplots(figsize=(4.8, 3.9))
    for k, (name, runs) in enumerate(variants.items()):
        color, shift = (ORANGE, PURPLE, BLUE, GREEN)[k], 0.22 * (k - (len(variants) - 1) / 2)
        for j in range(len(names)):
            at = j + shift + np.linspace(-0.06, 0.06, len(runs))
            ax.plot(at, runs[:, j], MARKS[k], color=color, markersize=4.5, label=name if j == 0 else None)
            ax.plot([j + shift - 0.1, j + shift + 0.1], [runs[:, j].mean()] * 2, color=color, linewidth=2)
    ax.axhline(ceiling, color=MUTED, linestyle=":", linewidth=1.4)
    ax.text(-0.45, ceiling - 0.015, "windows at the true places", va="top", fontsize=10)
    ax.set(ylim=(0, 1.03), ylabel="average precision")
    ax.set_xticks(range(len(names)), labels=[name.replace(" ", "\n", 1) for name in names])
    legend_above(ax, columns=1)
    return fig


def places(image, scores, titles):
    """A scene and, below, how much each of several networks wants to name a digit at each place.

    Parameters
    ----------
    image : array (H, W)
    scores : list of array (rows, columns)
        Probability of the best digit for the window whose upper left pixel this is.
    titles : list of str
    """
    fig, axes = plt.subplots(1 + len(scores), 1, figsize=(3.7, 2.75 * (1 + len(scores))))
    picture(axes[0], image, "the scene, 24 × 32")
    for ax, score, title in zip(axes[1:], scores, titles, strict=True):
        shown = ax.imshow(score, cmap=SEQUENTIAL, vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title)
    fig.colorbar(shown, ax=axes[1:], shrink=0.6, label="probability of the best digit")
    return fig


def maps(image, truth, said, boxes, labels):
    """One scene, its true labels, and the network's; the digits named at their boxes."""
    fig, axes = plt.subplots(3, 1, figsize=(3.7, 8.2))
    picture(axes[0], image, "the scene")
    label_map(axes[1], truth, "true label of each pixel")
    label_map(axes[2], said, "the network's answer")
    for box, label in zip(boxes, labels, strict=True):
        axes[1].text(box[2] + 0.3, box[1] + 0.3, str(label), va="top", fontsize=13, color="#111111", weight="bold")
    return fig


def by_class(runs, accuracy, baseline):
    """Above, pixel accuracy and mean IoU beside what "all background" gets; below, the IoU of each class.

    Parameters
    ----------
    runs : array (seeds, classes)
        IoU, background first.
    accuracy : array (seeds,)
    baseline : pair of float
        Pixel accuracy and mean IoU of calling everything background.
    """
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(4.8, 5.6), height_ratios=[1, 1.5])
    for row, (values, base) in enumerate(((accuracy, baseline[0]), (runs.mean(axis=1), baseline[1]))):
        names = (None, None) if row else ("network, each seed", "all background")
        top.plot(values, np.full(len(values), row - 0.12), "o", color=BLUE, label=names[0])
        top.plot([base], [row + 0.15], "X", color=ORANGE, markersize=9, label=names[1])
    top.set_yticks([0, 1], labels=["pixel accuracy", "mean IoU"])
    top.set(xlim=(0, 1.02), ylim=(1.5, -0.5))
    legend_above(top, columns=2)
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
    fig, axes = plt.subplots(2, len(before), figsize=(4.8, 4.2))
    for row, images, when in zip(axes, (before, after), ("untrained", "trained"), strict=True):
        limit = max(np.abs(image - image.mean()).max() for image in images)
        for ax, image, title in zip(row, images, titles, strict=True):
            ax.imshow(see_through(image - image.mean(), limit))
            ax.set(xticks=[], yticks=[])
            ax.set_title(title if when == "untrained" else "")
            for side in ax.spines.values():
                side.set(visible=True, color=MUTED)
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
    legend_above(ax, columns=1)
    return fig
