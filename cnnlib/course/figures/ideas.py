"""Figures of chapter 8's way from a dense layer to a convolution: weights as matrices, and the ladder."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from cnnlib.course.figures._numbers import fixed, minus
from cnnlib.course.figures._style import INK, MUTED, WORDS, legend_above

ARRANGED = {"in place": ("o", WORDS["blue"]), "shuffled": ("s", WORDS["orange"])}  # lighter on a dark page
PALE = plt.get_cmap("Set3").colors[:11]  # light enough for dark numbers, in both themes


def three_layers(layers, titles):
    """Three layers from 3 × 3 pixels to 2 × 2 outputs as matrices, one above the other.

    Parameters
    ----------
    layers : list of array (2, 2, 3, 3)
        A weight for each output and each pixel; NaN where there is none. A colour for each number in the last, the
        shared layer; in the others, where no two weights are the same weight, one pale ground.
    titles : list of str
    """
    fig, axes = plt.subplots(len(layers), 1, figsize=(4.8, 7.0))
    for ax, layer, title in zip(axes, layers, titles, strict=True):
        matrix, shared = layer.reshape(4, 9), layer is layers[-1]
        places = [k for k in range(9) if np.isfinite(matrix[0, k])]
        for (o, k), value in np.ndenumerate(matrix):
            there = np.isfinite(value)
            i, j = divmod(o, 2)
            color = PALE[places.index(k - 3 * i - j)] if there and shared else "#dfe5ec"
            ax.add_patch(Rectangle((k, o), 0.94, 0.94, facecolor=color if there else "none", edgecolor=MUTED,
                                   linewidth=0.5, alpha=1 if there else 0.35))
            if there:
                ax.text(k + 0.47, o + 0.5, minus(f"{value:g}"), ha="center", va="center", color="#111111", fontsize=11)
        ax.set(xlim=(-1.25, 9), ylim=(5.35, 0))
        ax.text(-1.12, 2, "output", ha="center", va="center", rotation=90, color=INK, fontsize=11)
        ax.text(4.5, 5.1, "pixel", ha="center", va="center", color=INK, fontsize=11)
        for o in range(4):
            ax.text(-0.12, o + 0.5, f"{o // 2},{o % 2}", ha="right", va="center", color=INK, fontsize=11)
        for k in range(9):
            ax.text(k + 0.47, 4.4, f"{k // 3},{k % 3}", ha="center", va="center", color=INK, fontsize=11)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.set_title(title, loc="left")
    return fig


def ladder(scores, baselines):
    """Test accuracy of every network, in place and shuffled, seed by seed, and what trains nothing as lines.

    Parameters
    ----------
    scores : dict of str to dict
        For each network its accuracies (seeds,) "in place" and "shuffled".
    baselines : dict of str to float
    """
    fig, ax = plt.subplots(figsize=(4.8, 4.4))
    for k, runs in enumerate(scores.values()):
        for (name, (marker, color)), at in zip(ARRANGED.items(), (k - 0.23, k + 0.23), strict=True):
            values = runs[name]
            ax.plot(at + np.linspace(-0.1, 0.1, len(values)), values, marker, color=color, alpha=0.85,
                    label=name if k == 0 else None)
            high = np.max(values) > 0.85  # above these dots is the line of the cropped digits
            x, y = (at - 0.16, np.mean(values)) if high else (at, np.max(values) + 0.025)
            ha, va = ("right", "center") if high else ("center", "baseline")
            ax.text(x, y, fixed(np.mean(values), 2), ha=ha, va=va, color=INK, fontsize=10)
    for name, level in baselines.items():
        ax.axhline(level, color=MUTED, linewidth=1.2, linestyle="--", zorder=0)
        said = f"{name} {fixed(level, 2)}"
        ax.text(len(scores) - 0.42, level + 0.012, said, ha="left", va="bottom", color=INK, fontsize=11)
    ax.set(xticks=range(len(scores)), xlim=(-0.5, len(scores) + 0.75), ylim=(0, 1.16), ylabel="test accuracy",
           yticks=(0, 0.2, 0.4, 0.6, 0.8, 1))
    ax.set_xticklabels([name.replace(" + ", " +\n") for name in scores])
    ax.tick_params(labelsize=10.5)
    legend_above(ax, 2, fontsize=11)
    return fig
