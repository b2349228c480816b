"""Figures of chapter 3's first half: layers, shapes, and Mazur's network step by step."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.activations import sigmoid
from cnnlib.course.figures._network import canvas, edge
from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._style import COLORS, MUTED, number_grid

W1, B1 = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([0.35, 0.35])
W2, B2 = np.array([[0.40, 0.45], [0.50, 0.55]]), np.array([0.60, 0.60])
PLACES = {"x1": (0, 1), "x2": (0, 0), "h1": (1.6, 1), "h2": (1.6, 0), "o1": (3.2, 1), "o2": (3.2, 0)}
ORDER = ("h1", "h2", "o1", "o2")
NAMES = ("h₁", "h₂", "o₁", "o₂")  # the same as readers see them


def layers_diagram(sizes=(3, 4, 4, 2)):
    """Columns of units with every connection drawn."""
    fig, ax = plt.subplots(figsize=(4.8, 2.5))
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
                 fontsize=10,
                 line={"color": COLORS["orange"], "linewidth": 2} if active else {"color": MUTED, "linewidth": 0.7})
    for name, place in PLACES.items():
        known = name[0] == "x" or ORDER.index(name) <= step
        color = COLORS["orange"] if name == current else COLORS["blue"] if known else MUTED
        ax.plot(*place, "o", markersize=13, color=color)
        ax.text(place[0], place[1] + 0.15, fixed(values[name], 4) if known else "?", ha="center", fontsize=10)
        ax.text(place[0], place[1] - 0.25, f"${name[0]}_{name[1]}$", ha="center", fontsize=10)
    return fig, _arithmetic(current, values)


def _arithmetic(name, values):
    layer, j = name[0], int(name[1]) - 1
    sources, w, b = (("x1", "x2"), W1[j], B1[j]) if layer == "h" else (("h1", "h2"), W2[j], B2[j])
    terms = " + ".join(f"{fixed(weight, 2)} · {_factor(values[s])}" for s, weight in zip(sources, w, strict=True))
    z = sum(weight * values[s] for s, weight in zip(sources, w, strict=True)) + b
    said = NAMES[ORDER.index(name)]
    return f"{said}: z = {terms} + {fixed(b, 2)} = {fixed(z, 4)}, and σ(z) = {fixed(values[name], 4)}."


def _factor(value):
    """A number that follows a dot: in brackets where it is negative."""
    return f"({fixed(value, 4)})" if value < 0 else fixed(value, 4)


def shapes(x, w, b):
    """A layer in numbers: a row of x meets a column of w.T, which is a row of w, and makes one number of z."""
    parts = {"x": x, "w.T": w.T, "b": b[None], "z": x @ w.T + b}
    sizes = {name: part.shape for name, part in parts.items()} | {"b": b.shape}
    lit = {"x": (0, None), "w.T": (None, 1), "b": (None, 1), "z": (0, 1)}
    fig, axes = plt.subplots(1, 4, figsize=(4.8, 1.7), width_ratios=[part.shape[1] for part in parts.values()])
    for ax, (name, part) in zip(axes, parts.items(), strict=True):
        number_grid(ax, part, limit=6, fontsize=10)
        ax.set_title(f"{name}\n{sizes[name]}", fontsize=10)
        row, column = lit[name]
        top, height = (0, part.shape[0]) if row is None else (row, 1)
        left, width = (0, part.shape[1]) if column is None else (column, 1)
        ax.add_patch(plt.Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=COLORS["orange"],
                                   linewidth=2.5, zorder=5, clip_on=False))
    for ax, sign in zip(axes, "@+=", strict=False):
        ax.annotate(sign, (1, 0.5), xytext=(9, 0), xycoords="axes fraction", textcoords="offset points", ha="center",
                    va="center", fontsize=14)
    return fig
