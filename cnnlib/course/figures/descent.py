"""Figures of chapter 6: steps downhill."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm

from cnnlib.course.figures._style import COLORS, INK, MUTED, band, legend_above
from cnnlib.module import Parameter
from cnnlib.optim import SGD, Adam

START = np.array([-4.0, 1.2])
CURVATURE = np.array([1.0, 25.0])  # of the ravine along its two axes
BOUND = 0.01  # the height below which a path has arrived
STEPS = 60
LINES = [("o", COLORS["blue"]), ("s", COLORS["orange"]), ("^", COLORS["green"])]  # of the contenders in a figure


def ravine(w):
    """The height of the ravine ``½ (w₀² + 25 w₁²)`` and its gradient."""
    return 0.5 * (CURVATURE * w**2).sum(axis=-1), CURVATURE * w


def limit(rule, momentum):
    """The largest stable learning rate in the ravine, or None for Adam, whose steps are bounded anyway."""
    if rule == "Adam":
        return None
    return 2 * (1 + momentum) / (1 + 2 * momentum if rule == "Nesterov" else 1) / CURVATURE.max()


def arrives(heights):
    """The first step from which every height is below ``BOUND``; one more than the last where there is none."""
    return int(np.flatnonzero(~(np.asarray(heights) < BOUND))[-1]) + 1


def ravine_numbers(rule, rate, momentum, steps=STEPS):
    """What the explorer of the ravine shows: an optimiser's path from ``START``, and the height of each of its points.

    Parameters
    ----------
    rule : {"momentum", "Nesterov", "Adam"}
    rate, momentum : float
        For Adam, ``momentum`` is its first beta.
    steps : int, optional
    """
    p = Parameter(START.copy())
    optimizer = (
        Adam([p], lr=rate, betas=(momentum, 0.999)) if rule == "Adam"
        else SGD([p], lr=rate, momentum=momentum, nesterov=rule == "Nesterov" and momentum > 0)
    )
    path = [START]
    for _ in range(steps):
        p.grad = ravine(p.data)[1]
        optimizer.step()
        path.append(p.data.copy())
    heights = ravine(np.array(path))[0]
    return {"path": path, "heights": heights, "below": arrives(heights), "limit": limit(rule, momentum)}


def settings(rates, momenta, rules=("momentum", "Nesterov", "Adam")):
    """The explorer's plane: for each rule the steps that every pair of momentum (row) and rate (column) needs."""
    plane = {rule: [[ravine_numbers(rule, rate, mu)["below"] for rate in rates] for mu in momenta] for rule in rules}
    return {"rates": list(rates), "momenta": list(momenta), "plane": plane}


def steps_needed(rates, momenta, steps=200):
    """Steps of momentum to stay below ``BOUND`` at every setting of a fine grid; ``steps + 1`` where they do not do.

    Parameters
    ----------
    rates : array (R,)
    momenta : array (M,)
    steps : int, optional

    Returns
    -------
    array of int (M, R)
    """
    return _needed("momentum", rates, momenta, np.diag(CURVATURE), START, steps)


def fewest(rule, bowl, start):
    """The fewest steps to stay below ``BOUND`` at any setting of a fine grid, in the bowl ``½ wᵀ H w``.

    Parameters
    ----------
    rule : {"momentum", "Adam"}
    bowl : array (2, 2)
        H, symmetric.
    start : array (2,)
    """
    return int(_needed(rule, np.geomspace(0.01, 3, 120), np.linspace(0, 0.9, 46), bowl, start, 60).min())


def _needed(rule, rates, momenta, bowl, start, steps):
    """The same for all settings at once: (M, R)."""
    rate, mu = (a[..., None] for a in np.meshgrid(rates, momenta))
    w, v, s, last = np.broadcast_to(start, (*rate.shape[:2], 2)), 0.0, 0.0, np.zeros(rate.shape[:2], dtype=int)
    for step in range(1, steps + 1):
        g = w @ bowl
        if rule == "Adam":
            v, s = mu * v + (1 - mu) * g, 0.999 * s + 0.001 * g**2
            move = v / (1 - mu**step) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8)
        else:
            move = v = mu * v + g
        w = np.clip(w - rate * move, -1e6, 1e6)  # a path that far out has diverged
        last[~(0.5 * ((w @ bowl) * w).sum(axis=-1) < BOUND)] = step
    return last + 1


def parabola_paths(rates, curvature=4.0, start=2.0, steps=6):
    """Gradient descent on ``½ c w²`` at several learning rates, two by two."""
    fig, axes = plt.subplots(2, 2, figsize=(4.7, 4.0), sharex=True, sharey=True)
    grid = np.linspace(-3, 3, 61)
    for ax, rate in zip(axes.flat, rates, strict=True):
        w = start * (1 - rate * curvature) ** np.arange(steps + 1)
        ax.plot(grid, 0.5 * curvature * grid**2, color=MUTED, linewidth=1)
        inside = np.abs(w) <= 3
        ax.plot(w[inside], 0.5 * curvature * w[inside] ** 2, ".-", color=COLORS["orange"], linewidth=1, markersize=7)
        ax.set(title=f"rate {rate:g}", ylim=(-1, 19))
    for ax in axes[1]:
        ax.set_xlabel("$w$")
    for ax in axes[:, 0]:
        ax.set_ylabel("loss")
    return fig


def plane(rates, momenta, needed, marks):
    """The (learning rate, momentum) plane coloured by steps, with the limit of stability and marked settings.

    Parameters
    ----------
    rates : array (R,)
    momenta : array (M,)
    needed : array of int (M, R)
        From `steps_needed`, with the steps that were tried plus 1 where they did not do.
    marks : dict of str to (rate, momentum)
    """
    fig, ax = plt.subplots(figsize=(4.7, 3.5))
    most = needed.max() - 1
    shown = np.ma.masked_where(needed > most, needed)
    mesh = ax.pcolormesh(rates, momenta, shown, cmap="viridis_r", norm=LogNorm(10, most), rasterized=True)
    ax.plot(limit("momentum", momenta), momenta, color=COLORS["orange"], linewidth=2)
    ax.text(0.165, 0.1, "diverges", color=INK, fontsize=10)
    for (name, (rate, mu)), marker in zip(marks.items(), "os^", strict=False):
        ax.plot(rate, mu, marker, color=COLORS["orange"], markeredgecolor="#111111", markersize=8, clip_on=False,
                label=name, linestyle="none", zorder=3)
    ax.set(xscale="log", xlim=(rates[0], 0.4), ylim=(momenta[0], momenta[-1]), xlabel="learning rate η",
           ylabel="momentum μ")
    ticks = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(plt.NullLocator())
    bar = fig.colorbar(mesh, ax=ax, label="steps", ticks=[10, 20, 50, 100, 200])
    bar.ax.set_yticklabels(["10", "20", "50", "100", "200"])
    bar.ax.yaxis.set_minor_locator(plt.NullLocator())
    legend_above(ax, len(marks))
    return fig


def noise(sizes, spread):
    """Spread of the mini-batch gradient against the batch size, with the 1/√B line."""
    fig, ax = plt.subplots(figsize=(4.8, 2.7))
    ax.loglog(sizes, spread, "o", label="measured")
    ax.loglog(sizes, spread[0] * np.sqrt(sizes[0] / np.array(sizes)), "--", color=MUTED, label="∝ 1/√B")
    ax.set(xlabel="batch size B", ylabel="spread of the gradient")
    ax.legend()
    return fig


def by_rate(panels, *, ylim, ylabel="final loss"):
    """Final loss against the learning rate: median over the seeds, range, and a ring at each one's best rate.

    Parameters
    ----------
    panels : dict of str to dict of str to (rates, losses (rates, seeds))
        A panel for each title, a line for each name.
    ylim : pair of float
        Runs above, or not finite, leave at the upper edge.
    ylabel : str, optional
    """
    fig, axes = plt.subplots(len(panels), 1, figsize=(4.8, 0.9 + 1.95 * len(panels)), sharex=True, squeeze=False)
    for ax, (title, lines) in zip(axes[:, 0], panels.items(), strict=True):
        for (name, (rates, losses)), (marker, color) in zip(lines.items(), LINES, strict=False):
            runs = np.minimum(np.asarray(losses).T, 10.0)
            band(ax, rates, runs, marker=marker, color=color, markersize=4, label=name)
            best = np.median(runs, axis=0).argmin()
            ax.plot(rates[best], np.median(runs, axis=0)[best], "o", markersize=12, markerfacecolor="none",
                    markeredgecolor=INK, markeredgewidth=1.2)
        ax.set(xscale="log", yscale="log", ylim=ylim, ylabel=ylabel, title=title)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:g}")
    axes[-1, 0].set_xlabel("learning rate η")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return fig


def schedules(rates):
    """Learning rate against step for several schedules."""
    fig, ax = plt.subplots(figsize=(4.8, 2.7))
    for (name, values), style in zip(rates.items(), ("-", "--", "-.", ":"), strict=False):
        ax.plot(values, style, label=name)
    ax.set(xlabel="step", ylabel="learning rate", ylim=(0, None))
    legend_above(ax, 2)
    return fig


def forgotten(curves):
    """Loss by step for runs with and without ``zero_grad``.

    Parameters
    ----------
    curves : dict of str to array (steps,)
    """
    fig, ax = plt.subplots(figsize=(4.8, 2.7))
    for (name, losses), style in zip(curves.items(), ("-", "--", "-."), strict=False):
        ax.plot(losses, style, label=name, linewidth=1.3)
    ax.set(xlabel="step", ylabel="loss of the batch", yscale="log")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    legend_above(ax, 2)
    return fig


def dying(rates, dead, right, baseline):
    """Above, the share of dead units; below, the share of points that come out right, beside one answer for all.

    Parameters
    ----------
    rates : list of float
    dead, right : dict of str to array (seeds, rates)
        Shares from 0 to 1.
    baseline : float
        The share that is right when the answer is always the same.
    """
    fig, axes = plt.subplots(2, 1, figsize=(4.8, 4.4), sharex=True)
    for ax, shares, label in zip(axes, (dead, right), ("dead units (%)", "right (%)"), strict=True):
        for (name, runs), (marker, color) in zip(shares.items(), LINES, strict=False):
            band(ax, rates, 100 * runs, center=np.mean, marker=marker, color=color, label=name)
        ax.set(ylabel=label, ylim=(-4, 104))
    axes[1].axhline(100 * baseline, color=MUTED, linestyle="--", linewidth=1.2, label="always “outside”")
    axes[1].set_xlabel("learning rate η")
    handles, labels = axes[1].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=3)
    return fig
