"""Figures of chapter 3: layers, Mazur's network step by step, and the spread of values through depth."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.activations import relu, sigmoid, tanh
from cnnlib.course.figures._network import canvas, edge
from cnnlib.course.figures._numbers import fixed, minus
from cnnlib.course.figures._style import COLORS, MUTED, band

W1, B1 = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([0.35, 0.35])
W2, B2 = np.array([[0.40, 0.45], [0.50, 0.55]]), np.array([0.60, 0.60])
PLACES = {"x1": (0, 1), "x2": (0, 0), "h1": (1.6, 1), "h2": (1.6, 0), "o1": (3.2, 1), "o2": (3.2, 0)}
ORDER = ("h1", "h2", "o1", "o2")


def layers_diagram(sizes=(3, 4, 4, 2)):
    """Columns of units with every connection drawn."""
    fig, ax = plt.subplots(figsize=(5.2, 2.6))
    ax.axis("off")
    spots = [[(1.5 * k, (n - 1) / 2 - i) for i in range(n)] for k, n in enumerate(sizes)]
    for left, right in zip(spots, spots[1:], strict=False):
        for a in left:
            for b in right:
                ax.plot(*np.array([a, b]).T, color=MUTED, linewidth=0.6, alpha=0.7, zorder=0)
    names = ["input layer", *["hidden layer"] * (len(sizes) - 2), "output layer"]
    colors = [COLORS["blue"], *[COLORS["green"]] * (len(sizes) - 2), COLORS["orange"]]
    for column, name, color in zip(spots, names, colors, strict=True):
        ax.plot(*np.array(column).T, "o", markersize=15, color=color)
        ax.text(column[0][0], max(sizes) / 2 + 0.25, name, ha="center", fontsize=9.5)
    ax.set(xlim=(-0.7, 1.5 * len(sizes) - 0.8), ylim=(-max(sizes) / 2, max(sizes) / 2 + 0.7))
    return fig


def mazur_values(x):
    """Every number of Mazur's network: name to value."""
    h = sigmoid(x @ W1.T + B1)
    o = sigmoid(h @ W2.T + B2)
    return dict(zip(PLACES, (*x, *h, *o), strict=True))


def explore_mazur(step, x1, x2):
    """The stage and caption of the forward step-through: one neuron at a time."""
    values = mazur_values(np.array([x1, x2]))
    fig, ax = canvas(5.0, 2.7, (-0.4, 3.6), (-0.45, 1.4))
    current = ORDER[step]
    for j, name in enumerate(ORDER):
        sources, w = (("x1", "x2"), W1[j]) if name[0] == "h" else (("h1", "h2"), W2[j - 2])
        for source, weight in zip(sources, w, strict=True):
            active, level = name == current, source[1] == name[1]
            # Those that cross are labelled before they do.
            edge(ax, PLACES[source], PLACES[name], fixed(weight, 2) if active else "", at=0.5 if level else 0.3,
                 line={"color": COLORS["orange"], "linewidth": 2} if active else {"color": MUTED, "linewidth": 0.7})
    for name, place in PLACES.items():
        known = name[0] == "x" or ORDER.index(name) <= step
        color = COLORS["orange"] if name == current else COLORS["blue"] if known else MUTED
        ax.plot(*place, "o", markersize=13, color=color)
        ax.text(place[0], place[1] + 0.15, fixed(values[name], 4) if known else "?", ha="center", fontsize=9.5)
        ax.text(place[0], place[1] - 0.25, f"${name[0]}_{name[1]}$", ha="center", fontsize=9.5)
    return fig, _arithmetic(current, values)


def _arithmetic(name, values):
    layer, j = name[0], int(name[1]) - 1
    sources, w, b = (("x1", "x2"), W1[j], B1[j]) if layer == "h" else (("h1", "h2"), W2[j], B2[j])
    terms = " + ".join(f"{fixed(weight, 2)} · {fixed(values[s], 4)}" for s, weight in zip(sources, w, strict=True))
    z = sum(weight * values[s] for s, weight in zip(sources, w, strict=True)) + b
    return f"{name}: z = {terms} + {fixed(b, 2)} = {fixed(z, 4)}, and σ(z) = {fixed(values[name], 4)}."


def signal(x, scale, activation, rng, depth=20):
    """The values of every layer of a deep network whose weights have the standard deviation ``scale / √n``."""
    f, n, layers = {"tanh": tanh, "ReLU": relu}[activation], x.shape[1], []
    for _ in range(depth):
        x = f(x @ rng.normal(0, scale / np.sqrt(n), size=(n, n)))
        layers.append(x)
    return layers


def explore_depth(scale, activation):
    """The stage and caption of the depth explorer: how large the values of each layer are."""
    rng = np.random.default_rng(7)
    layers = signal(rng.normal(size=(32, 128)), scale, activation, rng)
    size = np.array([np.sqrt((h**2).mean()) for h in layers])
    fig, ax = plt.subplots(figsize=(4.8, 2.7))
    ax.axhline(1, color=MUTED, linewidth=0.8)
    ax.plot(range(1, 21), size, "o-", color=COLORS["blue"])
    ax.set(yscale="log", ylim=(1e-9, 1e9), xticks=(1, 5, 10, 15, 20), xlabel="layer", ylabel="root mean square")
    return fig, (
        f"{activation}, standard deviation {scale:g}/√n: the values of layer 20 have a root mean square of "
        f"{minus(f'{size[-1]:.2g}')}, {minus(f'{size[-1] / size[0]:.2g}')} times those of layer 1."
    )


def histograms(cases, show=(1, 5, 10, 20)):
    """Small histograms: a row for each initialisation, a column for each layer shown.

    Parameters
    ----------
    cases : dict of str to list of array
        Name to the values of every layer.
    show : tuple of int
    """
    fig, axes = plt.subplots(len(cases), len(show), figsize=(5.6, 1.25 * len(cases) + 0.3), squeeze=False)
    for row, (name, layers) in zip(axes, cases.items(), strict=True):
        for ax, layer in zip(row, show, strict=True):
            values = layers[layer - 1].ravel()
            reach = np.abs(values).max() or 1.0
            ax.hist(values, bins=31, range=(-reach, reach), color=COLORS["blue"])
            ax.set(yticks=[], xticks=(-reach, reach))
            digits = ".1e" if reach < 0.05 or reach > 99 else ".1f"
            ax.set_xticklabels([minus(f"{end:{digits}}") for end in (-reach, reach)], fontsize=8.5)
            if ax.get_subplotspec().is_first_row():
                ax.set_title(f"layer {layer}", fontsize=9.5)
        row[0].set_ylabel(name, fontsize=9)
    return fig


def spread_by_depth(sizes):
    """Root mean square against depth: median and range over seeds.

    Parameters
    ----------
    sizes : dict of str to array (seeds, depth)
    """
    fig, ax = plt.subplots()
    for (name, runs), style in zip(sizes.items(), ("-", "--", "-.", ":"), strict=False):
        band(ax, np.arange(1, runs.shape[1] + 1), runs, style, label=name)
    ax.set(yscale="log", xlabel="layer", ylabel="root mean square", xticks=(1, 5, 10, 15, 20))
    ax.legend(loc="best")
    return fig
