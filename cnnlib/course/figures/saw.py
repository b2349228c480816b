"""Figures of chapter 14: maps of an image, filters, probes, and the judge of the maps."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._style import COLORS, INK, MUTED, WORDS, band, legend_above, see_through

BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER = (COLORS[n] for n in ("blue", "orange", "green", "purple", "sky", "amber"))


def _framed(ax, title, fontsize):
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.set_title(title, fontsize=fontsize)


def _picture(ax, image, title="", fontsize=11):
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
    _framed(ax, title, fontsize)


def _signed(ax, values, title="", fontsize=11, limit=None):
    colours = see_through(values, limit or np.abs(values).max() or 1)
    solid = colours[..., 3:]
    ax.imshow(1 - solid * (1 - colours[..., :3]))  # on white, as the digit beside it, in dark pages, too
    _framed(ax, title, fontsize)


def maps(image, found):
    """An image and its maps, three a row, each with its own largest value solid: blue above zero, orange below.

    Parameters
    ----------
    image : array (H, W)
    found : dict of str to array (H, W)
    """
    rows = -(-(len(found) + 1) // 3)
    fig, axes = plt.subplots(rows, 3, figsize=(4.8, 1.85 * rows), squeeze=False)
    axes = axes.ravel()
    _picture(axes[0], image, "the image")
    for ax, (name, values) in zip(axes[1:], found.items(), strict=False):
        _signed(ax, values, name)
    for ax in axes[len(found) + 1:]:
        ax.axis("off")
    return fig


def squares(rows, columns=8):
    """Rows of small signed pictures under their names: filters or maps.

    Parameters
    ----------
    rows : dict of str to array (M, h, w)
        The first ``columns`` of each are shown; a row has its own largest value solid.
    columns : int, optional
    """
    fig, axes = plt.subplots(len(rows), columns, figsize=(4.8, 0.95 * len(rows)), squeeze=False)
    for line, (name, pictures) in zip(axes, rows.items(), strict=True):
        limit = np.abs(pictures[:columns]).max()
        for ax, picture in zip(line, pictures, strict=False):
            _signed(ax, picture, limit=limit)
        line[0].set_ylabel(name, fontsize=12, rotation=0, ha="right", va="center")
    return fig


def groups(columns, labels, ylabel, lines=(), low=0.0, high=100.0):
    """Dots for every seed, several colours side by side in each column.

    Parameters
    ----------
    columns : dict of str to array (columns, seeds)
        Shares, one entry for each colour.
    labels : list of str
        Under the columns.
    ylabel : str
    lines : sequence of (str, float), optional
        Baselines, dashed, named at the right end.
    low, high : float, optional
        Ends of the axis, in percent.
    """
    fig, ax = plt.subplots(figsize=(4.6, 3.2))
    marks = zip(columns.items(), (*WORDS.values(), PURPLE), ("o", "s", "^", "D"), strict=False)
    for k, ((name, runs), color, mark) in enumerate(marks):
        runs = 100 * np.asarray(runs)
        at = np.arange(len(labels)) + 0.22 * (k - (len(columns) - 1) / 2)
        for x, values in zip(at, runs, strict=True):
            ax.plot(x + np.linspace(-0.05, 0.05, len(values)), values, mark, color=color, markersize=4.5,
                    label=name if x == at[0] else None)
            ax.plot([x - 0.09, x + 0.09], [values.mean()] * 2, color=color, linewidth=2)
    for name, value in lines:
        ax.axhline(100 * value, color=MUTED, linestyle="--", linewidth=1.2)
        ax.text(len(labels) - 0.45, 100 * value + 0.01 * (high - low), name, fontsize=10, ha="right", va="bottom",
                color=INK)
    ax.set_xticks(range(len(labels)), labels=labels)
    ax.set(ylabel=ylabel, ylim=(low, high), xlim=(-0.5, len(labels) - 0.4))
    legend_above(ax, columns=2, fontsize=10)
    return fig


def made(rows, names):
    """Images that were made for a score, a row for each way of making them.

    Parameters
    ----------
    rows : dict of str to array (M, H, W)
        Each image with its own largest value solid.
    names : list of str
        Over the columns.
    """
    fig, axes = plt.subplots(len(rows), len(names), figsize=(4.8, 1.2 * len(rows)), squeeze=False)
    for line, (name, pictures) in zip(axes, rows.items(), strict=True):
        for ax, picture in zip(line, pictures, strict=True):
            _signed(ax, picture)
        line[0].set_ylabel(name, fontsize=11)
    for ax, name in zip(axes[0], names, strict=True):
        ax.set_title(name, fontsize=11)
    return fig


def survival(counts, curves, ylabel, banded=()):
    """The share of answers that survive, against the number of edited pixels: the mean over networks, named at its end.

    Parameters
    ----------
    counts : sequence of int
    curves : dict of str to array (seeds, counts)
    ylabel : str
    banded : collection of str, optional
        The curves that get a band, from the lowest to the highest network.
    """
    fig, ax = plt.subplots(figsize=(4.8, 4.0))
    styles = ("o-", "s-", "^-", "D-", "x--", "v--", "+:")
    colors = (BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER, MUTED)
    for (name, runs), style, color in zip(curves.items(), styles, colors, strict=False):
        runs = 100 * np.asarray(runs)
        if name in banded:
            band(ax, counts, runs, style, center=np.mean, color=color)
        else:
            ax.plot(counts, runs.mean(axis=0), style, color=color)
    ends = {name: 100 * np.mean(runs, axis=0)[-1] for name, runs in curves.items()}
    lowest = -np.inf  # of the free heights for a name
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        lowest = max(end, lowest + 6)
        ax.plot([counts[-1] + 0.2, counts[-1] + 0.8], [end, lowest], color=MUTED, linewidth=0.7)
        ax.text(counts[-1] + 1, lowest, name, fontsize=10, va="center", color=INK)
    ax.set(xlabel="pixels", ylabel=ylabel, ylim=(0, 103), xlim=(-0.5, 1.62 * counts[-1]), xticks=counts)
    return fig


def fooled(steps, curves, images, titles):
    """Accuracy against the size of a step, and below an image before and after it.

    Parameters
    ----------
    steps : sequence of float
    curves : dict of str to array (seeds, steps)
    images : list of array (H, W)
    titles : list of str
    """
    fig = plt.figure(figsize=(4.6, 4.7))
    grid = fig.add_gridspec(2, len(images), height_ratios=[1.7, 1])
    ax = fig.add_subplot(grid[0, :])
    for (name, runs), style, color in zip(curves.items(), ("o-", "s--", "^-."), WORDS.values(), strict=False):
        band(ax, steps, 100 * np.asarray(runs), style, center=np.mean, color=color, label=name)
    ax.set(xlabel="step for each pixel", ylabel="right (%)", ylim=(0, 102))
    ax.set_xticks(steps, labels=[f"{s:g}" for s in steps])
    legend_above(ax, columns=2, fontsize=10)
    for k, (image, title) in enumerate(zip(images, titles, strict=True)):
        _picture(fig.add_subplot(grid[1, k]), image, title, fontsize=10.5)
    return fig


def shortcut(pairs):
    """Images with the map of each beside it, two pairs a row.

    Parameters
    ----------
    pairs : list of (image, map, title, title)
    """
    fig, axes = plt.subplots(len(pairs) // 2, 4, figsize=(4.8, 1.65 * (len(pairs) // 2)), squeeze=False)
    for line, two in zip(axes, zip(pairs[::2], pairs[1::2], strict=True), strict=True):
        for k, (image, values, name, about) in enumerate(two):
            _picture(line[2 * k], image, name, fontsize=10.5)
            _signed(line[2 * k + 1], values, about, fontsize=10.5)
    return fig


def one_pixel(images, leads, before, after):
    """Misread images with a ring round the pixel that a map of the lead names, above the map's positive part.

    Parameters
    ----------
    images, leads : array (M, H, W)
    before, after : list of str
        What stands over each image, and over its map.
    """
    fig, axes = plt.subplots(2, len(images), figsize=(4.8, 3.0))
    for (top, bottom), image, lead, first, then in zip(axes.T, images, leads, before, after, strict=True):
        _picture(top, image, first, fontsize=10.5)
        _signed(bottom, np.maximum(lead, 0), then, fontsize=10.5)
        row, column = np.unravel_index(lead.argmax(), lead.shape)
        for ax in (top, bottom):
            ax.plot(column, row, "o", markersize=9, markerfacecolor="none", markeredgecolor=ORANGE, markeredgewidth=1.6)
    return fig
