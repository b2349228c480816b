"""Figures of chapter 4: losses, where they come from, and what their slopes say."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.activations import sigmoid, softmax, softmax_backward
from cnnlib.course.figures._style import COLORS, INK, MUTED, band, legend_above
from cnnlib.losses import cross_entropy, cross_entropy_backward, mse_loss, mse_loss_backward


def staircase(bias, accuracy, loss):
    """Accuracy and loss of one neuron against its bias, one above the other, with the best of both marked."""
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(4.8, 3.8), sharex=True)
    lowest, best = loss.argmin(), np.flatnonzero(accuracy == accuracy.max())
    top.step(bias, accuracy, where="mid", color=COLORS["orange"])
    top.plot(bias[best], accuracy[best], ".", color=COLORS["orange"], markersize=7)
    bottom.plot(bias, loss, color=COLORS["blue"])
    for ax, curve in ((top, accuracy), (bottom, loss)):
        ax.plot(bias[lowest], curve[lowest], "o", color=INK, zorder=3)
        ax.axvline(bias[lowest], color=MUTED, linewidth=1, linestyle=":", zorder=0)
    top.set(ylabel="accuracy", ylim=(0.4, 1.0))
    bottom.set(xlabel="bias $b$", ylabel="loss")
    return fig


def coin(p, tried):
    """The likelihood of heads, heads, tails against p, and minus its logarithm below; ``tried`` values are marked."""
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(4.8, 4.0), sharex=True)
    likelihood = p * p * (1 - p)
    for ax, curve, name in ((top, likelihood, "likelihood"), (bottom, -np.log(likelihood), "−log likelihood")):
        ax.plot(p, curve, color=COLORS["blue"])
        ax.axvline(2 / 3, color=MUTED, linewidth=1, linestyle=":")
        at = np.asarray(tried)
        ax.plot(at, np.interp(at, p, curve), "o", color=INK, zorder=3)
        ax.set(ylabel=name)
    top.set(ylim=(0, 0.17))
    bottom.set(xlabel="p, the probability of heads", ylim=(0, 6))
    return fig


def bell(prediction, targets):
    """A bell curve around a prediction with the heights at some targets; below, minus the logarithm of the height."""
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(4.8, 4.2), sharex=True)
    t = np.linspace(prediction - 3, prediction + 3, 241)
    for ax, f, name in ((top, height, "height"), (bottom, lambda e: -np.log(height(e)), "−log height")):
        ax.plot(t, f(t - prediction), color=COLORS["blue"])
        ax.axvline(prediction, color=MUTED, linewidth=1, linestyle=":")
        for target, color in zip(targets, (COLORS["green"], COLORS["orange"]), strict=True):
            ax.vlines(target, 0, f(target - prediction), color=color, linewidth=2)
            ax.plot(target, f(target - prediction), "o", color=color, zorder=3)
        ax.set(ylabel=name)
    top.set(ylim=(0, 0.45))
    bottom.set(xlabel="target t", ylim=(0, 5.6))
    return fig


def height(error):
    """The bell curve of width 1 at a distance from its middle."""
    return np.exp(-(error**2) / 2) / np.sqrt(2 * np.pi)


def price():
    """Minus the logarithm of p, and for comparison (1 − p)²."""
    fig, ax = plt.subplots(figsize=(4.8, 2.8))
    p = np.linspace(0.002, 1, 500)
    ax.plot(p, -np.log(p), label="−log p", color=COLORS["blue"])
    ax.plot(p, (1 - p) ** 2, "--", label="(1 − p)²", color=COLORS["orange"])
    ax.set(xlabel="p given to what happened", ylabel="loss", ylim=(-0.15, 6.3))
    legend_above(ax)
    return fig


def centre_of_numbers(numbers, candidates, squared, absolute):
    """Mean losses of predicting one constant for some numbers; the minima are the mean and the median."""
    fig, ax = plt.subplots(figsize=(4.8, 2.8))
    for curve, style, name, color in ((squared, "-", "mean squared error", COLORS["blue"]),
                                      (absolute, "--", "mean absolute error", COLORS["orange"])):
        scaled = curve / curve.max()
        ax.plot(candidates, scaled, style, label=name, color=color)
        ax.plot(candidates[curve.argmin()], scaled.min(), "o", color=color)
    ax.plot(numbers, np.full(len(numbers), -0.06), "|", color=INK, markersize=12)
    ax.set(xlabel="the one number you predict", ylabel="loss / its largest")
    legend_above(ax)
    return fig


def two_slopes(z):
    """How cross-entropy and squared error of a sigmoid move with z where 1 is right."""
    fig, ax = plt.subplots(figsize=(4.8, 2.9))
    p = sigmoid(z)
    ax.plot(z, p - 1, label="cross-entropy", color=COLORS["blue"])
    ax.plot(z, 2 * (p - 1) * p * (1 - p), "--", label="squared error", color=COLORS["orange"])
    ax.axhline(0, color=MUTED, linewidth=1, zorder=0)
    ax.set(xlabel="z (the right answer is 1)", ylabel="slope of the loss", ylim=(-1.08, 0.12))
    legend_above(ax)
    return fig


def scaled_logits(scales, once, twice, known_nothing):
    """Loss against the factor on all logits, median and range of several splits, with softmax applied once and twice.

    Parameters
    ----------
    scales : sequence (factors,)
    once, twice : array (splits, factors)
    known_nothing : float
        The loss of equal probabilities.
    """
    fig, ax = plt.subplots(figsize=(4.8, 3.2))
    band(ax, scales, once, "o-", label="softmax once", color=COLORS["blue"], markersize=4)
    band(ax, scales, twice, "s--", label="softmax twice", color=COLORS["orange"], markersize=4)
    ax.axhline(known_nothing, color=MUTED, linewidth=1.2, linestyle=":", label="equal probabilities")
    ax.set(xscale="log", xlabel="factor on all logits", ylabel="loss", ylim=(0, 5.9))
    ax.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    legend_above(ax, columns=2)
    return fig


LOSSES = ("cross-entropy", "squared error")


def logit_numbers(z0, z1, z2, target, kind="cross-entropy"):
    """What the explorer of logits shows: probabilities, the loss, and its slope for each logit."""
    logits, label = np.array([[z0, z1, z2]], dtype=np.float64), np.array([target])
    p = softmax(logits, dim=1)
    if kind == "cross-entropy":
        loss, gradient = cross_entropy(logits, label), cross_entropy_backward(1.0, logits, label)
    else:
        hot = np.eye(3)[label]
        loss = mse_loss(p, hot, reduction="sum")
        gradient = softmax_backward(mse_loss_backward(1.0, p, hot, reduction="sum"), logits, dim=1)
    return {"p": p[0], "loss": loss, "gradient": gradient[0]}
