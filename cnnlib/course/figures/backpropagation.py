"""Figures of chapter 5: gradients on their way back."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.activations import sigmoid, sigmoid_backward
from cnnlib.course.figures._network import canvas, edge
from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._style import COLORS, INK, MUTED, WORDS, band, legend_above
from cnnlib.linear import linear, linear_backward

# Mazur's network, as the module mazur-graph of the page takes it: weights of both layers row by row, a bias for each.
MAZUR = {"x": [0.05, 0.10], "t": [0.01, 0.99], "w": [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], "b": [0.35, 0.60]}


def graph_numbers(weight, nudge):
    """The numbers of the graph that nudges a weight, computed by the library.

    Parameters
    ----------
    weight : int
        0 to 7, a place in ``MAZUR["w"]``.
    nudge : float

    Returns
    -------
    dict of str to array or float
        ``before`` and ``values`` are the eleven values without and with the nudge, inputs first and loss last;
        ``gradients`` are those of the loss, without it, and ``dw`` the weights'; ``measured`` is what the nudge does
        to the loss, ``promised`` the gradient times the nudge.
    """
    w = np.array(MAZUR["w"])
    before, gradients, dw = _forward_backward(w)
    values = _forward_backward(w + nudge * (np.arange(8) == weight))[0]
    return {"before": before, "values": values, "gradients": gradients, "dw": dw,
            "measured": values[-1] - before[-1], "promised": dw[weight] * nudge}


def _forward_backward(w):
    x, t = np.array([MAZUR["x"]]), np.array([MAZUR["t"]])
    (w1, w2), (b1, b2) = w.reshape(2, 2, 2), np.repeat(MAZUR["b"], 2).reshape(2, 2)
    z = linear(x, w1, b1)
    h = sigmoid(z)
    s = linear(h, w2, b2)
    o = sigmoid(s)
    ds = sigmoid_backward(o - t, s)
    dh, dw2, _ = linear_backward(ds, h, w2, b2)
    dz = sigmoid_backward(dh, z)
    dx, dw1, _ = linear_backward(dz, x, w1, b1)
    loss = 0.5 * ((o - t) ** 2).sum()
    return (np.array([*x[0], *z[0], *h[0], *s[0], *o[0], loss]),
            np.array([*dx[0], *dz[0], *dh[0], *ds[0], *(o - t)[0], 1.0]), np.array([*dw1.ravel(), *dw2.ravel()]))


def mazur_network():
    """Mazur's network with its starting weights on the connections; both ways from 0.15 to the outputs are thick."""
    fig, ax = canvas(5.2, 2.9, (-0.5, 4.5), (-0.5, 1.6))
    for k, w in enumerate(MAZUR["w"]):
        layer, j, i = k // 4, k % 4 // 2, k % 2
        lit = k in (0, 4, 6)
        edge(ax, (2.0 * layer, 1 - i), (2.0 * layer + 2, 1 - j), fixed(w, 2), at=0.3 if i != j else 0.5,
             color=WORDS["blue"] if lit else INK, short=15.5, fontsize=11,
             line={"color": COLORS["blue"], "linewidth": 3} if lit else {"color": MUTED, "linewidth": 1})
    for x, names in ((0, ("0.05", "0.10")), (2, ("$h_1$", "$h_2$")), (4, ("$o_1$", "$o_2$"))):
        for j, name in enumerate(names):
            ax.plot(x, 1 - j, "o", markersize=30, markerfacecolor=(0.6, 0.7, 0.8, 0.35), markeredgecolor=INK)
            ax.text(x, 1 - j, name, ha="center", va="center")
    for x, b in zip((2, 4), MAZUR["b"], strict=True):
        ax.text(x, 1.4, f"b = {fixed(b, 2)}", ha="center", fontsize=11, color=WORDS["orange"])
    return fig


# The graph of v = 2x, p = v + 1, y = v p: where each value stands, and which values it is made of.
PLACES = {"x": (0, 0), "v": (1, 0), "p": (2, 0.5), "y": (3, 0)}
USES = (("x", "v"), ("v", "p"), ("p", "y"), ("v", "y"))


def two_orders(values, walks):
    """The graph of y = v p, v = 2x, p = v + 1, once for each order in which gradients are handed on.

    Parameters
    ----------
    values : dict of str to float
    walks : dict of str to (list of str, dict of str to float)
        Title to the order and the gradients that it leaves.
    """
    fig, axes = plt.subplots(len(walks), 1, figsize=(4.6, 4.4))
    for ax, (title, (order, gradients)) in zip(axes, walks.items(), strict=True):
        ax.set(xlim=(-0.45, 3.45), ylim=(-0.62, 1.1))
        ax.axis("off")
        ax.set_title(title, fontsize=11)
        for start, end in USES:
            ax.annotate("", PLACES[end], PLACES[start],
                        arrowprops={"arrowstyle": "-|>", "color": MUTED, "shrinkA": 13, "shrinkB": 13})
        for name, (x, y) in PLACES.items():
            ax.plot(x, y, "o", markersize=24, markerfacecolor=(0.6, 0.7, 0.8, 0.35), markeredgecolor=INK)
            ax.text(x, y, f"${name}$", ha="center", va="center")
            ax.text(x, y + 0.27, f"{values[name]:g}", ha="center", va="bottom")
            ax.text(x, y - 0.27, f"{gradients[name]:g}", ha="center", va="top", color=WORDS["blue"], weight="bold")
            ax.text(x + 0.17, y - 0.29, f"({order.index(name) + 1})", va="top", fontsize=10)
    return fig


def u_curve(nudges, errors):
    """Relative error of a numerical gradient against the nudge.

    Parameters
    ----------
    nudges : array (n,)
    errors : dict of str to array
        For the first of the nudges, or all.
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.2))
    for (name, line), marker in zip(errors.items(), "os^", strict=True):
        ax.plot(nudges[: len(line)], line, marker=marker, markersize=4, label=name)
    ax.set(xscale="log", yscale="log", xlabel=r"nudge $\varepsilon$", ylabel="relative error")
    legend_above(ax, columns=2)
    return fig


def unnoticed(histories, accuracies):
    """Loss curves of correct and faulty training as bands over seeds, and their accuracies on new data seed by seed.

    Parameters
    ----------
    histories : dict of str to array (seeds, steps)
    accuracies : dict of str to array (seeds,)
    """
    fig, (left, right) = plt.subplots(2, 1, figsize=(5.2, 5.0), height_ratios=(1.25, 1))
    for (name, runs), style in zip(histories.items(), ("-", "--"), strict=True):
        band(left, np.arange(runs.shape[1]), runs, style, label=name)
        right.plot(np.arange(len(runs)), 100 * accuracies[name], "o" if style == "-" else "s", label=name)
    left.set(yscale="log", xlabel="step", ylabel="loss")
    legend_above(left, columns=2)
    right.set(xlabel="seed", ylabel="% of new digits right", xticks=np.arange(len(runs)))
    return fig


def factors(scales, measured, predicted):
    """By how much one layer multiplies the gradient, against the size of the weights.

    Parameters
    ----------
    scales : list of float
        Standard deviation of the weights in units of one over the root of the width.
    measured : dict of str to array (seeds, scales)
    predicted : dict of str to array (scales,)
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.6))
    for (name, runs), marker in zip(measured.items(), "os^", strict=True):
        (line,) = ax.plot(scales, predicted[name], "-", linewidth=1)
        middle = np.median(runs, axis=0)
        ax.errorbar(scales, middle, [middle - runs.min(axis=0), runs.max(axis=0) - middle], fmt=marker,
                    color=line.get_color(), markersize=5, label=name)
    ax.axhline(1, color=MUTED, linewidth=1)
    ax.set(xscale="log", yscale="log", xlabel="standard deviation of the weights × √n", ylabel="factor per layer")
    ax.set_xticks(scales, labels=["√2" if abs(s - 2**0.5) < 1e-3 else f"{s:g}" for s in scales])
    ax.set_yticks([0.1, 0.2, 0.5, 1, 2], labels=["0.1", "0.2", "0.5", "1", "2"])
    ax.minorticks_off()
    legend_above(ax)
    return fig
