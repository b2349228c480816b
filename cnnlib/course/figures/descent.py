"""Figures of chapter 6: steps downhill."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._style import COLORS, INK, MUTED, band, legend_above
from cnnlib.module import Parameter
from cnnlib.optim import SGD, Adam

START = np.array([-4.0, 1.2])
CURVATURE = np.array([1.0, 25.0])  # of the ravine along its two axes


def ravine(w):
    """The height of the ravine ``½ (w₁² + 25 w₂²)`` and its gradient."""
    return 0.5 * (CURVATURE * w**2).sum(), CURVATURE * w


def ravine_numbers(rule, rate, momentum, steps=40):
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
    return {"path": path, "heights": [ravine(w)[0] for w in path]}


def contours(ax):
    """Lines of equal height of the ravine: ellipses."""
    angle = np.linspace(0, 2 * np.pi, 73)
    for height in (0.5, 2, 5, 10, 18, 30, 45):
        radii = np.sqrt(2 * height / CURVATURE)
        ax.plot(radii[0] * np.cos(angle), radii[1] * np.sin(angle), color=MUTED, linewidth=0.7, zorder=0)
    ax.plot(0, 0, "+", color=INK)
    ax.set(xlabel="$w_1$", ylabel="$w_2$")


def parabola_paths(rates, curvature=4.0, start=2.0, steps=6):
    """Gradient descent on ``½ k w²`` at several learning rates, side by side."""
    fig, axes = plt.subplots(1, len(rates), figsize=(5.6, 2.4), sharey=True)
    grid = np.linspace(-3, 3, 61)
    for ax, rate in zip(axes, rates, strict=True):
        w = start * (1 - rate * curvature) ** np.arange(steps + 1)
        ax.plot(grid, 0.5 * curvature * grid**2, color=MUTED, linewidth=1)
        inside = np.abs(w) <= 3
        ax.plot(w[inside], 0.5 * curvature * w[inside] ** 2, ".-", color=COLORS["orange"], linewidth=1, markersize=7)
        ax.set(title=f"rate {rate:g}", xlabel="$w$", ylim=(-1, 19))
    axes[0].set_ylabel("loss")
    return fig


def paths(walks):
    """Several paths through one ravine, each with its own line style."""
    fig, ax = plt.subplots(figsize=(5.2, 3.1))
    contours(ax)
    for (name, path), style in zip(walks.items(), ("-", "--", "-.", ":", "-", "--"), strict=False):
        ax.plot(*path.T, style, label=name, linewidth=1.4)
    ax.set(xlim=(-4.6, 1.6), ylim=(-1.6, 1.6))
    legend_above(ax)
    return fig


def noise(sizes, spread):
    """Spread of the mini-batch gradient against the batch size, with the 1/√B line."""
    fig, ax = plt.subplots(figsize=(5.2, 2.7))
    ax.loglog(sizes, spread, "o", label="measured")
    ax.loglog(sizes, spread[0] * np.sqrt(sizes[0] / np.array(sizes)), "--", color=MUTED, label="∝ 1/√B")
    ax.set(xlabel="batch size B", ylabel="spread of the gradient")
    ax.legend()
    return fig


def loss_by_examples(curves):
    """Loss against examples seen: median and range over seeds.

    Parameters
    ----------
    curves : dict of str to (examples, losses (seeds, points))
    """
    fig, ax = plt.subplots()
    for (name, (seen, runs)), style in zip(curves.items(), ("-", "--", "-."), strict=False):
        band(ax, seen, runs, style, label=name)
    ax.set(xlabel="examples seen", ylabel="loss on all examples", yscale="log")
    ax.legend()
    return fig


def schedules(rates):
    """Learning rate against step for several schedules."""
    fig, ax = plt.subplots(figsize=(5.2, 2.6))
    for (name, values), style in zip(rates.items(), ("-", "--", "-.", ":"), strict=False):
        ax.plot(values, style, label=name)
    ax.set(xlabel="step", ylabel="learning rate", ylim=(0, None))
    ax.legend(loc="upper right", fontsize=8.5)
    return fig
