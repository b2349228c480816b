"""Figures of chapter 4: losses and what their slopes say."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.activations import softmax
from cnnlib.course.figures._style import COLORS, INK, band, legend_above
from cnnlib.losses import cross_entropy, cross_entropy_backward


def staircase(bias, accuracy, loss):
    """Accuracy and loss of one neuron against its bias, one above the other."""
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 3.6), sharex=True)
    top.plot(bias, accuracy, color=COLORS["orange"])
    top.set(ylabel="accuracy", ylim=(0.4, 1.03))
    bottom.plot(bias, loss, color=COLORS["blue"])
    bottom.plot(bias[loss.argmin()], loss.min(), "o", color=INK)
    bottom.set(xlabel="bias $b$", ylabel="loss")
    return fig


def three_losses():
    """Squared error, absolute error, and cross-entropy, each against the prediction."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(5.4, 2.6))
    error = np.linspace(-2, 2, 81)
    left.plot(error, error**2, label="squared")
    left.plot(error, np.abs(error), "--", label="absolute")
    left.set(xlabel="prediction − target", title="a number is asked for", ylabel="loss", ylim=(-0.1, 4.1))
    left.legend(loc="upper center")
    p = np.linspace(0.01, 1, 100)
    right.plot(p, -np.log(p), label="−log p", color=COLORS["green"])
    right.plot(p, (1 - p) ** 2, "--", label="(1 − p)²", color=COLORS["blue"])
    right.set(xlabel="p given to what happened", title="a class is asked for", ylim=(-0.1, 4.7))
    right.legend(loc="upper right")
    return fig


def logit_numbers(z0, z1, z2, target):
    """What the explorer of logits shows: probabilities, the loss, and its gradient."""
    logits, label = np.array([[z0, z1, z2]], dtype=np.float64), np.array([target])
    return {"p": softmax(logits, dim=1)[0], "loss": cross_entropy(logits, label),
            "gradient": cross_entropy_backward(1.0, logits, label)[0]}


def slow_start(curves):
    """Median and range of p given to the truth, step by step, for each loss.

    Parameters
    ----------
    curves : dict of str to array (runs, steps)
    """
    fig, ax = plt.subplots()
    for (name, runs), style in zip(curves.items(), ("-", "--"), strict=True):
        band(ax, range(runs.shape[1]), runs, style, label=name)
    ax.set(xlabel="step", ylabel="p given to the truth", ylim=(-0.03, 1.03))
    legend_above(ax)
    return fig


def centre_of_numbers(numbers, candidates, squared, absolute):
    """Mean losses of predicting one constant for some numbers; the minima are the mean and the median."""
    fig, ax = plt.subplots(figsize=(5.2, 2.8))
    for curve, name, color in ((squared, "mean squared error", COLORS["blue"]),
                               (absolute, "mean absolute error", COLORS["orange"])):
        scaled = curve / curve.max()
        ax.plot(candidates, scaled, label=name, color=color)
        ax.plot(candidates[curve.argmin()], scaled.min(), "o", color=color)
    ax.plot(numbers, np.full(len(numbers), -0.06), "|", color=INK, markersize=12)
    ax.set(xlabel="the one number you predict", ylabel="loss, scaled")
    ax.legend(loc="upper center")
    return fig
