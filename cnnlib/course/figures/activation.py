"""Figures of chapter 2: activations and their slopes."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib import activations as act
from cnnlib.course.figures._style import COLORS, MUTED

NAMES = ("step", "sigmoid", "tanh", "ReLU", "Leaky ReLU", "PReLU")


def value_and_slope(name, z, a=0.25):
    """The value and the derivative of an activation at every entry of ``z``.

    Parameters
    ----------
    name : str
        One of ``NAMES``.
    z : array
    a : float, optional
        The slope of PReLU for negative inputs.
    """
    one = np.ones_like(z)
    if name == "step":
        return (z > 0) * 1.0, np.zeros_like(z)
    if name == "sigmoid":
        return act.sigmoid(z), act.sigmoid_backward(one, z)
    if name == "tanh":
        return act.tanh(z), act.tanh_backward(one, z)
    if name == "ReLU":
        return act.relu(z), act.relu_backward(one, z)
    slope = 0.01 if name == "Leaky ReLU" else a
    return act.leaky_relu(z, slope), act.leaky_relu_backward(one, z, slope)


def gallery():
    """Six activations with their derivatives."""
    z = np.linspace(-4, 4, 161)
    fig, axes = plt.subplots(3, 2, figsize=(4.8, 4.8), sharex=True, sharey=True)
    for ax, name in zip(axes.flat, NAMES, strict=True):
        value, slope = value_and_slope(name, z)
        ax.axhline(0, color=MUTED, linewidth=0.6)
        ax.plot(z, value, color=COLORS["blue"], label="value")
        ax.plot(z, slope, "--", color=COLORS["orange"], label="slope")
        ax.set(title=name, ylim=(-1.3, 2.3), xticks=(-4, 0, 4))
    axes[0, 0].legend(loc="upper left")
    return fig


def slope_numbers(name, z, a):
    """What the explorer of activations shows: value and slope at ``z``, and the two curves."""
    value, slope = value_and_slope(name, np.array([float(z)]), a)
    values, slopes = value_and_slope(name, np.linspace(-4, 4, 161), a)
    return {"value": value[0], "slope": slope[0], "values": values, "slopes": slopes}
