"""Figures of chapter 9: convolution."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from cnnlib.course.figures._numbers import minus
from cnnlib.course.figures._style import COLORS, MUTED, number_grid


def picture(ax, values, title="", low=0.0, high=1.0):
    """Draw a grey image without axes."""
    ax.imshow(values, cmap="gray", vmin=low, vmax=high)
    ax.set_title(title)
    ax.axis("off")


def pictures(images, titles, *, columns=2, width=5.2):
    """Grey images in a grid; one with negative values is drawn with 0 as mid-grey."""
    rows = -(-len(images) // columns)
    height, wide = images[0].shape
    fig, axes = plt.subplots(rows, columns, figsize=(width, rows * (width / columns * height / wide + 0.3)))
    for ax, image, title in zip(np.ravel(axes), images, titles, strict=True):
        limit = max(float(np.abs(image).max()), 1e-12)
        picture(ax, image, title, *((-limit, limit) if image.min() < 0 else (0, 1)))
    return fig


def grid(ax, values, **options):
    """A grid of numbers without axes, and without minus zeros."""
    number_grid(ax, np.round(values, 6) + 0.0, **options)
    ax.spines[:].set_visible(False)


def frame(ax, top, left, height, width, color):
    """Outline a block of cells on a grid of numbers."""
    ax.add_patch(Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=color, linewidth=3,
                           zorder=3, clip_on=False))


def windows(x, w, y):
    """Every position of the window on a small input, with its sum."""
    rows, columns = y.shape
    fig, axes = plt.subplots(rows, columns, figsize=(4.2, 4.7))
    for (i, j), ax in np.ndenumerate(axes):
        part = x[i:i + w.shape[0], j:j + w.shape[1]]
        grid(ax, x, limit=2 * x.max())
        frame(ax, i, j, *w.shape, color=COLORS["blue"])
        added, taken = (part * (w > 0)).sum(), (part * (w < 0)).sum()
        ax.set_title(f"$y_{{{i}{{,}}{j}}}$ = {added:g} − {taken:g} = {minus(f'{y[i, j]:g}')}")
    return fig


def three_grids(values, titles):
    """Small arrays side by side, numbers printed."""
    fig, axes = plt.subplots(1, len(values), figsize=(4.8, 1.95))
    limit = max(np.abs(v).max() for v in values)
    for ax, v, title in zip(axes, values, titles, strict=True):
        grid(ax, v, title=title, limit=1.5 * limit)
    return fig


def strips(settings):
    """Windows along one axis: a panel for each ``(n, k, padding, stride, dilation)``, every window a row of dots."""
    counts = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, p, s, d in settings]
    fig, axes = plt.subplots(len(settings), 1, figsize=(4.6, 0.75 * len(settings) + 0.19 * sum(counts)),
                             height_ratios=[1.6 + 0.42 * c for c in counts], sharex=True)
    low, high = -max(s[2] for s in settings) - 0.6, max(s[0] + s[2] for s in settings) - 0.4
    for ax, (n, k, p, s, d), count in zip(axes, settings, counts, strict=True):
        for i in range(-p, n + p):
            inside = 0 <= i < n
            ax.add_patch(Rectangle((i - 0.46, 0), 0.92, 0.8, facecolor=COLORS["sky"] if inside else "none",
                                   alpha=0.55 if inside else 1, edgecolor=MUTED, linestyle="-" if inside else ":"))
        for i in range(count):
            taps = [i * s - p + d * u for u in range(k)]
            ax.plot(taps, [-0.45 - 0.5 * i] * k, "-o", color=COLORS["orange"], markersize=5.5, linewidth=1.4)
        ax.set(xlim=(low, high), ylim=(-0.5 * count - 0.35, 0.95))
        ax.set_title(f"n = {n}, k = {k}: padding {p}, stride {s}, dilation {d} → {count}", fontsize=10, loc="left")
        ax.axis("off")
    return fig


def groups(channels_in, channels_out, choices):
    """Which output channel reads which input channel, for several numbers of groups."""
    fig, axes = plt.subplots(1, len(choices), figsize=(4.6, 2.2), sharey=True)
    for ax, g in zip(axes, choices, strict=True):
        own = np.kron(np.eye(g), np.ones((channels_out // g, channels_in // g)))
        grid(ax, own, fmt="", limit=1.5)
        ax.set_title(f"groups={g}\n{channels_out * channels_in // g * 9} weights", fontsize=10)
        ax.set_xlabel("input channel")
        ax.set_xticks(range(channels_in), range(channels_in))
        ax.set_yticks(range(channels_out), range(channels_out))
        ax.grid(False)
    axes[0].set_ylabel("output channel")
    return fig


def matrices(small, large):
    """Two convolutions as matrices: a small one with its numbers, a larger one with colours."""
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.5, 4.9), height_ratios=(1, 1.85))
    grid(top, small, limit=1.5 * small.max(), fontsize=9.5)
    for text in top.texts:
        if text.get_text() == "0":
            text.set_color("#666b70")
    top.set(xlabel="16 pixels of a 4 × 4 input", ylabel="4 outputs")
    bottom.imshow(np.ma.masked_equal(large, 0), cmap="viridis", vmin=1, vmax=9)
    bottom.set(xlabel="36 pixels of a 6 × 6 input", ylabel="16 outputs", xticks=[], yticks=[])
    for side in bottom.spines.values():
        side.set_visible(True)
    return fig


def mismatch(shifts, errors, unrelated):
    """How far layers are from following a shift: mean and range over views (rows of ``errors``)."""
    fig, ax = plt.subplots(figsize=(4.7, 3.8))
    for (name, values), color, marker in zip(errors.items(), COLORS.values(), "osD^", strict=False):
        ax.fill_between(shifts, values.min(axis=0), values.max(axis=0), color=color, alpha=0.18, linewidth=0)
        ax.plot(shifts, values.mean(axis=0), marker=marker, color=color, label=name)
    ax.axhline(unrelated, color=MUTED, linestyle=":", label="two different views")
    ax.set(xlabel="shift of the input, in pixels", ylabel="mismatch", ylim=(-0.05, 1.15 * unrelated), xticks=shifts)
    ax.grid(True, axis="y")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return fig


def learning(noise, photo, kernels, steps):
    """Distance to the hidden kernel, step by step, for two kinds of pictures; below, one kernel as it forms."""
    fig = plt.figure(figsize=(5.4, 4.9))
    top, bottom = fig.subfigures(2, 1, height_ratios=(1.45, 1))
    ax = top.subplots()
    for runs, color, label in ((noise, COLORS["blue"], "noise"), (photo, COLORS["orange"], "photograph")):
        ax.plot(runs.T, color=color, alpha=0.35, linewidth=1)
        ax.plot(np.median(runs, axis=0), color=color, label=label, linewidth=2.4)
    ax.set(yscale="log", ylim=(1e-9, 10), xlabel="step", ylabel="distance to the hidden kernel")
    ax.grid(True, axis="y")
    ax.legend(title="learned from")
    for panel, kernel, step in zip(bottom.subplots(1, len(kernels)), kernels, steps, strict=True):
        grid(panel, np.round(kernel, 1), limit=3, fmt="{:.1f}", title=f"step {step}", fontsize=9)
    return fig
