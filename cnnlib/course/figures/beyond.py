"""Figures of chapter 16, boxes: scenes, two boxes and what they share, detections judged one by one."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from cnnlib.course.figures._style import COLORS, INK, MUTED, WORDS

BLUE, ORANGE, GREEN, PURPLE = (COLORS[name] for name in ("blue", "orange", "green", "purple"))
# One colour for each class; the class is printed as well, so that nobody has to tell them apart by colour.
CLASSES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c6d31", "#7b6fd0", "#a34a4a", "#6b8e9e")
PAPER_GREY = "#f2f0ec"


def outline(ax, box, color, style="-", width=2.0):
    """Draw one box (x1, y1, x2, y2), edges between pixels."""
    x1, y1, x2, y2 = box
    ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=color, linestyle=style, linewidth=width))


def framed(ax):
    """Draw all four sides of a picture, so that an empty rim is seen to be part of it."""
    for side in ax.spines.values():
        side.set(visible=True, color=MUTED)


def picture(ax, image, title=""):
    """Show one image (H, W), pixel edges at whole numbers."""
    h, w = image.shape
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=1, extent=(0, w, h, 0))
    ax.set(xticks=[], yticks=[])
    ax.set_title(title)
    framed(ax)


def label_map(ax, labels, title=""):
    """Show one map of labels (H, W): 0 is background, k + 1 the digit k, named beside its pixels."""
    h, w = labels.shape
    colours = ListedColormap([PAPER_GREY, *CLASSES])
    ax.imshow(labels, cmap=colours, vmin=-0.5, vmax=10.5, extent=(0, w, h, 0))
    ax.set(xticks=[], yticks=[])
    ax.set_title(title)
    framed(ax)


def question(image, boxes, labels, mask):
    """Three answers about one scene: one label, boxes, a label for each pixel."""
    fig, axes = plt.subplots(3, 1, figsize=(2.9, 6.4))
    picture(axes[0], image, "one label? which?")
    picture(axes[1], image, "a box and a label for each")
    for box, label in zip(boxes, labels, strict=True):
        outline(axes[1], box, CLASSES[label])
        axes[1].text(box[2] + 0.4, box[1] + 0.3, str(label), va="top", fontsize=10.5, color="#111111", weight="bold")
    label_map(axes[2], mask, "a label for each pixel")
    for box, label in zip(boxes, labels, strict=True):
        axes[2].text(box[2] + 0.4, box[1] + 0.3, str(label), va="top", fontsize=10.5, color="#111111", weight="bold")
    return fig


def grid(ax, width, height):
    """Squared paper with numbered lines."""
    ax.set(xlim=(-0.3, width + 0.3), ylim=(height + 0.3, -0.3), aspect="equal",
           xticks=range(0, width + 1), yticks=range(0, height + 1))
    ax.grid(True)
    ax.tick_params(length=0)


def two_boxes(first, second, names=("A", "D")):
    """Two boxes on squared paper, what they share filled.

    Parameters
    ----------
    first, second : sequence of float (4,)
        Boxes (x1, y1, x2, y2) that meet.
    names : pair of str, optional
    """
    fig, ax = plt.subplots(figsize=(3.6, 3.6))
    grid(ax, 6, 6)
    x1, y1 = np.maximum(first[:2], second[:2])
    x2, y2 = np.minimum(first[2:], second[2:])
    ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, facecolor=GREEN, alpha=0.35, edgecolor="none"))
    outline(ax, first, BLUE, "-", 2.5)
    outline(ax, second, ORANGE, "--", 2.5)
    ax.text(first[0] + 0.2, first[1] + 0.2, names[0], fontsize=13, va="top", weight="bold")
    ax.text(second[0] + 0.2, second[3] - 0.2, names[1], fontsize=13, va="bottom", weight="bold")
    return fig


def judged(truth, boxes, scores, right):
    """True boxes and numbered detections on squared paper; below, precision over recall.

    Parameters
    ----------
    truth : array (M, 4)
    boxes : array (N, 4)
        Best first.
    scores : array (N,)
    right : array of bool (N,)
    """
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(3.9, 6.4), height_ratios=[1.25, 1])
    grid(top, 11, 11)
    for box in truth:
        x1, y1, x2, y2 = box
        top.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, facecolor=MUTED, alpha=0.3, edgecolor="none"))
    for k, (box, good) in enumerate(zip(boxes, right, strict=True)):
        inset = 0.12 * (k % 2)
        inner = box + np.array([inset, inset, -inset, -inset])
        outline(top, inner, BLUE if good else ORANGE, "-" if good else "--", 2.2)
        top.text(box[2] + 0.15, box[3] - 0.1 - 0.8 * (k == 0), f"{scores[k]:g}", fontsize=11, va="bottom",
                 color=WORDS["blue"] if good else WORDS["orange"])
    curve(bottom, right, len(truth))
    return fig


def curve(ax, right, total, name="", **style):
    """Precision over recall, as detections are taken in best first, and the steps that AP adds up."""
    found = np.cumsum(right)
    precision, recall = found / np.arange(1, len(right) + 1), found / total
    best = np.maximum.accumulate(precision[::-1])[::-1]
    edges = np.r_[0, recall[right]]
    for left, r, p in zip(edges[:-1], edges[1:], best[right], strict=True):
        ax.fill_between([left, r], 0, p, color=BLUE, alpha=0.18, linewidth=0)
    ax.plot(recall, precision, "o-", color=INK, markersize=6, linewidth=1.2, label=name, **style)
    ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1.04), ylim=(0, 1.06))
