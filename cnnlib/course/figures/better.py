"""Figures of chapter 15: luck, paired differences, the engineer's notebook, searches, a test set asked too often."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._numbers import minus
from cnnlib.course.figures._style import INK, MUTED, SEQUENTIAL, WORDS, band, legend_above, see_through

BLUE, ORANGE = WORDS["blue"], WORDS["orange"]  # thin lines and small dots: lighter on dark paper
FONT = 11  # points; at 390 pixels a figure of 5.2 inches shows them at more than 9 pixels


def _large(*axes):
    """Words at the axes that can be read on a phone."""
    for ax in axes:
        ax.tick_params(labelsize=FONT)
        ax.xaxis.label.set_size(FONT)
        ax.yaxis.label.set_size(FONT)


def luck(scores, new=None):
    """The scores of one recipe, seed by seed, with their mean.

    Parameters
    ----------
    scores : array (seeds,)
    new : float, optional
        The score of a run that is to be judged, drawn on the right.
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.0))
    seeds = np.arange(len(scores))
    ax.axhline(100 * scores.mean(), color=MUTED, linestyle="--", linewidth=1.2)
    ax.plot(seeds, 100 * scores, "o", color=BLUE)
    if new is not None:
        ax.plot(len(scores) + 3, 100 * new, "D", color=ORANGE, markersize=8)
    ticks = [0, len(scores) - 1]
    ax.set(ylabel="right on validation (%)", xlim=(-1, len(scores) + 4.5 * (new is not None)))
    ax.set_xticks([*ticks, *([len(scores) + 3] if new is not None else [])],
                  labels=["seed 0", f"seed {ticks[1]}", *(["new"] if new is not None else [])])
    _large(ax)
    return fig


def contest(scores, baselines):
    """Every run of one network as a dot, and what trains nothing as lines.

    Parameters
    ----------
    scores : array (seeds,)
    baselines : dict of str to float
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.2))
    ax.plot(np.linspace(0, 1, len(scores)), 100 * scores, "o", color=BLUE)
    ax.text(0.5, 100 * scores.max() + 3, "the recipe, one dot a seed", ha="center", color=INK, fontsize=FONT)
    for name, level in baselines.items():
        ax.axhline(100 * level, color=MUTED, linestyle="--", linewidth=1.2)
        ax.text(0.5, 100 * level + 1.5, name, ha="center", color=INK, fontsize=FONT)
    ax.set(ylabel="right on validation (%)", ylim=(0, 102), xticks=[], xlim=(-0.1, 1.1))
    _large(ax)
    return fig


def pairs(groups):
    """Two runs on the same seed joined by a line, a pair of columns for each change.

    Parameters
    ----------
    groups : dict of str to pair of array (seeds,)
        Scores of the recipe, and of the changed recipe on the same seeds.
    """
    fig, axes = plt.subplots(1, len(groups), figsize=(5.4, 3.3), sharey=True)
    for ax, (name, (before, after)) in zip(axes, groups.items(), strict=True):
        for a, b in zip(before, after, strict=True):
            color = BLUE if b > a else ORANGE if b < a else MUTED
            ax.plot([0, 1], [100 * a, 100 * b], "-", color=color, linewidth=1.2)
            ax.plot([0, 1], [100 * a, 100 * b], "o", color=INK, markersize=3.5)
        ax.set(xlim=(-0.3, 1.3), title=name)
        ax.set_xticks([0, 1], labels=["before", "after"])
    _large(*axes)
    axes[0].set_ylabel("right on validation (%)")
    return fig


def notebook(lines):
    """Differences to the base, seed by seed, with mean and interval.

    Parameters
    ----------
    lines : dict of str to (array (seeds,), float, float)
        For each change the paired differences, their mean and half the width of its interval.
    """
    fig, ax = plt.subplots(figsize=(5.4, 0.46 * len(lines) + 0.9))
    for k, (differences, mean, half) in enumerate(lines.values()):
        spread = -k + np.linspace(-0.06, 0.36, len(differences))
        ax.plot(100 * differences, spread, "o", color=MUTED, markersize=3)
        color = BLUE if mean - half > 0 else ORANGE if mean + half < 0 else INK
        ax.errorbar(100 * mean, -k - 0.24, xerr=100 * half, fmt="D", color=color, markersize=5, capsize=3, linewidth=2)
    ax.axvline(0, color=MUTED, linewidth=1.2)
    ax.set_yticks(-np.arange(len(lines)), labels=list(lines))
    ax.set(xlabel="difference to the base (points)", ylim=(0.6 - len(lines), 0.5))
    _large(ax)
    return fig


def curse(chosen_on, others, winner):
    """Scores of equal recipes on a few digits and on many others; the winner of the few is marked."""
    fig, ax = plt.subplots(figsize=(5.2, 3.6))
    low, high = 100 * min(chosen_on.min(), others.min()) - 1, 100 * max(chosen_on.max(), others.max()) + 1
    ax.plot([low, high], [low, high], color=MUTED, linewidth=1.2, label="equal scores")
    ax.plot(100 * chosen_on, 100 * others, "o", color=BLUE)
    ax.plot(100 * chosen_on[winner], 100 * others[winner], "D", color=ORANGE, markersize=9)
    ax.axhline(100 * others.mean(), color=INK, linestyle="--", linewidth=1.2, label="mean of all")
    ax.set(xlabel="on the digits it was chosen by (%)", ylabel="on all other digits (%)", xlim=(low, high),
           ylim=(low, high))
    _large(ax)
    legend_above(ax, 2, fontsize=FONT)
    return fig


def climb(public, private, formula):
    """Scores of a guesser against the number of its queries, and the expected curve.

    Parameters
    ----------
    public, private : array (guessers, queries + 1)
        On the digits whose score it is told, and on others.
    formula : array (queries + 1,)
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.2))
    at = np.arange(0, public.shape[1], max(1, public.shape[1] // 60))  # more points than these nobody can see
    band(ax, at, 100 * public[:, at], color=BLUE, center=np.mean, label="the test digits")
    ax.plot(at, 100 * formula[at], "--", color=INK, linewidth=1.4, label="expected")
    band(ax, at, 100 * private[:, at], color=ORANGE, center=np.mean, label="other digits")
    ax.set(xlabel="queries", ylabel="right (%)", ylim=(0, 100))
    _large(ax)
    legend_above(ax, 3, fontsize=FONT)
    return fig


def range_test(rates, losses, tried, scores, smooth):
    """Above the loss while the rate rises, below the accuracy of whole trainings at fixed rates.

    Parameters
    ----------
    rates : array (steps,)
    losses : array (seeds, steps)
        Those of the first seed are drawn.
    tried : sequence of float
    scores : array (seeds, rates)
    smooth : array (seeds, steps)
        The losses, smoothed.
    """
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 4.8), sharex=True)
    top.plot(rates, losses[0], color=MUTED, linewidth=0.6)
    for line in smooth:
        top.plot(rates[::2], line[::2], color=BLUE)
    top.set(ylabel="loss of the step", ylim=(0, 4), xscale="log")
    band(bottom, tried, 100 * scores, "o-", color=ORANGE, center=np.mean)
    bottom.set(xlabel="learning rate", ylabel="right after training (%)", ylim=(0, 102))
    bottom.set_xticks([0.001, 0.01, 0.1, 1], labels=["0.001", "0.01", "0.1", "1"])
    bottom.minorticks_off()
    _large(top, bottom)
    return fig


def surface(rates, decays, values, points):
    """A map of accuracies over two settings, with the points of three searches.

    Parameters
    ----------
    rates, decays : sequence of float
    values : array (decays, rates)
    points : dict of str to array (n, 2)
        Places from 0 to 1 along both axes: rate, decay.
    """
    fig, axes = plt.subplots(1, len(points), figsize=(5.4, 2.8), sharey=True)
    low, high = (np.log([axis[0], axis[-1]]) for axis in (rates, decays))
    fine = [np.linspace(0, len(axis) - 1, 61) for axis in (rates, decays)]  # straight lines between the trainings
    rows = np.array([np.interp(fine[0], range(len(rates)), row) for row in values])
    smooth = np.array([np.interp(fine[1], range(len(decays)), column) for column in rows.T]).T
    for ax, (name, where) in zip(axes, points.items(), strict=True):
        image = ax.pcolormesh(np.geomspace(rates[0], rates[-1], 61), np.geomspace(decays[0], decays[-1], 61),
                              100 * smooth, cmap=SEQUENTIAL, vmin=0, vmax=100, shading="nearest", rasterized=True)
        ax.plot(np.exp(low[0] + np.ptp(low) * where[:, 0]), np.exp(high[0] + np.ptp(high) * where[:, 1]), "o",
                color="#ffffff", markeredgecolor="#111111", markersize=6)
        ax.set(title=name, xscale="log", yscale="log", xlim=(rates[0], rates[-1]), ylim=(decays[0], decays[-1]))
        ax.set_xticks([0.01, 0.1], labels=["0.01", "0.1"])
        ax.set_yticks([1e-5, 1e-3, 1e-1], labels=["0.00001", "0.001", "0.1"])
        ax.minorticks_off()
    _large(*axes)
    axes[0].set_ylabel("weight decay")
    axes[len(axes) // 2].set_xlabel("learning rate")
    _large(fig.colorbar(image, ax=axes, label="right (%)", shrink=0.9).ax)
    return fig


def searches(losses):
    """How much worse than the best place three ways to search are, surface by surface.

    Parameters
    ----------
    losses : dict of str to dict of str to (float, float)
        For each surface and each way: mean and standard error, in percent of the grid's mean.
    """
    fig, ax = plt.subplots(figsize=(5.4, 3.0))
    for k, (name, marker, color) in enumerate(zip(next(iter(losses.values())), "sod", (INK, ORANGE, BLUE),
                                                  strict=True)):
        means, errors = np.array([ways[name] for ways in losses.values()]).T
        ax.errorbar(means, -np.arange(len(losses)) + 0.15 * (1 - k), xerr=2 * errors, fmt=marker, color=color,
                    label=name, capsize=3)
    ax.set_yticks(-np.arange(len(losses)), labels=list(losses))
    ax.axvline(100, color=MUTED, linewidth=1.2)
    ax.set(xlabel="missed, in % of what the grid misses", xlim=(0, None), ylim=(0.6 - len(losses), 0.5))
    _large(ax)
    legend_above(ax, 3, fontsize=FONT)
    return fig


def excess(matrix, title=""):
    """Changes of a confusion matrix: more confusions in blue, fewer in orange; the diagonal is left out.

    Parameters
    ----------
    matrix : array (classes, classes) of int
        Counts with a change minus counts without it.
    title : str, optional
    """
    fig, ax = plt.subplots(figsize=(4.8, 4.4))
    off = matrix - np.diag(np.diag(matrix))
    ax.imshow(see_through(off, 1.6 * np.abs(off).max()))
    for (i, j), v in np.ndenumerate(off):
        if v:
            ax.text(j, i, minus(f"{v}"), ha="center", va="center", fontsize=10, color=INK)
    ax.set(xticks=range(len(off)), yticks=range(len(off)), xlabel="answer", ylabel="truth", title=title)
    ax.tick_params(length=0)
    _large(ax)
    return fig
