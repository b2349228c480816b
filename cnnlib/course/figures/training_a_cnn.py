"""Figures of chapter 13: a network before, during and after its training."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._style import COLORS, INK, MUTED, PAPER


def answers(images, labels, p, columns=6, top=1.0):
    """Digits with the ten probabilities that a network gives each; the bar of the true class is orange.

    Parameters
    ----------
    images : array (N, 1, H, W)
    labels : array (N,)
    p : array (N, 10)
    columns : int, optional
    top : float, optional
        The probability at the upper end of the bars' scale.
    """
    rows = -(-len(images) // columns)
    fig, axes = plt.subplots(2 * rows, columns, figsize=(5.6, 1.85 * rows), height_ratios=[1.1, 1] * rows)
    for above, bottom, image, label, row in zip(axes[::2].flat, axes[1::2].flat, images, labels, p, strict=True):
        above.imshow(image[0], cmap="gray_r", vmin=0, vmax=1)
        above.axis("off")
        above.set_title(f"says {row.argmax()}", fontsize=9, color=INK)
        bottom.bar(range(10), row, color=[COLORS["orange"] if k == label else COLORS["blue"] for k in range(10)])
        bottom.set(ylim=(0, top), xticks=[0, 9], yticks=[])
        bottom.tick_params(labelsize=8, length=0)
        bottom.spines["left"].set_visible(False)
        bottom.grid(False)
    return fig


def curves(history):
    """Loss (logarithmic) and accuracy by epoch, training and validation, with the best epoch marked."""
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 4.6), sharex=True)
    epochs = np.arange(1, history.epochs + 1)
    for ax, kind in ((top, "loss"), (bottom, "accuracy")):
        ax.plot(epochs, getattr(history, f"train_{kind}"), "--", label="training")
        ax.plot(epochs, getattr(history, f"validation_{kind}"), label="validation")
        ax.axvline(history.best_epoch + 1, color=MUTED, linewidth=1, linestyle=":")
        ax.set_ylabel(kind)
    top.set_yscale("log")
    top.text(history.best_epoch + 0.7, top.get_ylim()[1] * 0.6, "best", color=INK, ha="right", fontsize=9)
    bottom.set(xlabel="epoch", ylim=(0.85, 1.005), yticks=(0.85, 0.9, 0.95, 1.0))
    top.legend(loc="lower left")
    return fig


def gaps(runs):
    """Largest relative difference of the weights, ours against PyTorch's, by step.

    Parameters
    ----------
    runs : dict of str to array (steps,)
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.2))
    for (name, run), style in zip(runs.items(), ("-", "--", "-.", ":"), strict=True):
        ax.plot(np.arange(1, len(run) + 1), np.maximum(run, 1e-17), style, label=name)
    ax.set(yscale="log", xlabel="step", ylabel="relative difference", ylim=(1e-17, 1e11))
    ax.set_yticks([1e-16, 1e-12, 1e-8, 1e-4, 1])
    ax.legend(loc="upper left", fontsize=8.5)
    return fig


def patients(runs):
    """Training and validation loss of several runs, one small panel each, numbered.

    Parameters
    ----------
    runs : list of History
    """
    fig, axes = plt.subplots(2, 2, figsize=(5.6, 4.4), sharex=True)
    for number, (ax, run) in enumerate(zip(axes.flat, runs, strict=True), 1):
        epochs = np.arange(1, run.epochs + 1)
        ax.plot(epochs, run.train_loss, "--", label="training")
        ax.plot(epochs, run.validation_loss, label="validation")
        ax.axhline(np.log(10), color=MUTED, linewidth=1, linestyle=":")
        ax.set(title=f"run {number}", yscale="log", ylim=(0.004, 400), xticks=(1, 4, 8, 12))
    for ax in axes[1]:
        ax.set_xlabel("epoch")
    for ax in axes[:, 0]:
        ax.set_ylabel("loss")
    axes[0, 0].legend(loc="lower right")
    return fig


def rivals(scores):
    """Accuracy of each run as a dot, and mean ± standard deviation beside it; lines join equal seeds.

    Parameters
    ----------
    scores : dict of str to array (seeds,)
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.0))
    ax.plot(range(len(scores)), 100 * np.array(list(scores.values())), color=MUTED, linewidth=0.8, alpha=0.7, zorder=1)
    for x, (values, color, marker) in enumerate(zip(scores.values(), ("blue", "orange", "green"), "os^", strict=False)):
        ax.plot(np.full(len(values), x), 100 * values, marker, color=COLORS[color], markeredgecolor=PAPER,
                markeredgewidth=0.5, zorder=2)
        ax.errorbar(x + 0.18, 100 * values.mean(), 100 * values.std(ddof=1), fmt=marker, color=COLORS[color], capsize=5)
    ax.set(xlim=(-0.4, len(scores) - 0.5), ylabel="right on held-out digits (%)")
    ax.set_xticks(range(len(scores)), labels=list(scores))
    return fig


def more_data(sizes, errors):
    """Error on held-out digits against the number of training digits, mean ± standard deviation.

    Parameters
    ----------
    sizes : list of int
    errors : dict of str to array (seeds, len(sizes))
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.0))
    for (name, runs), marker in zip(errors.items(), "os^", strict=True):
        ax.errorbar(sizes, 100 * runs.mean(axis=0), 100 * runs.std(axis=0, ddof=1), marker=marker, capsize=4,
                    label=name)
    ax.set(xscale="log", yscale="log", xlabel="training digits", ylabel="wrong (%)")
    ax.set_xticks(sizes, labels=map(str, sizes))
    ax.set_yticks([2, 5, 10, 20], labels=["2", "5", "10", "20"])
    ax.minorticks_off()
    ax.legend()
    return fig


def labelled(cases):
    """Rows of digits, each under the label that a training step gets with it; a row for each run.

    Parameters
    ----------
    cases : dict of str to (images, labels)
        Title of the row to ten images (10, 1, H, W) and their labels.
    """
    fig, axes = plt.subplots(2 * len(cases), 5, figsize=(5.2, 2.9 * len(cases)))
    for (title, (images, labels)), rows in zip(cases.items(), axes.reshape(len(cases), 2, 5), strict=True):
        for ax, image, label in zip(rows.flat, images, labels, strict=True):
            ax.imshow(image[0], cmap="gray_r", vmin=0, vmax=1)
            ax.set_title(str(label), fontsize=12, color=INK)
            ax.axis("off")
        rows[0, 0].text(0, 1.5, title, transform=rows[0, 0].transAxes, fontsize=12, color=INK)
    return fig
