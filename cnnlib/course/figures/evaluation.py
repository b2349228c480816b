"""Figures of chapter 7: curves, confusion, calibration, mistakes."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._numbers import fixed, number
from cnnlib.course.figures._style import INK, MUTED, band


def curves(histories):
    """Training and validation loss by epoch, a panel for each network.

    Parameters
    ----------
    histories : dict of str to History
    """
    fig, axes = plt.subplots(1, len(histories), figsize=(5.6, 2.6), sharey=True, squeeze=False)
    for ax, (name, history) in zip(axes[0], histories.items(), strict=True):
        epochs = np.arange(1, history.epochs + 1)
        ax.plot(epochs, history.train_loss, label="training")
        ax.plot(epochs, history.validation_loss, "--", label="validation")
        best = int(np.argmin(history.validation_loss))
        ax.plot(epochs[best], history.validation_loss[best], "o", color=INK)
        ax.set(title=name, xlabel="epoch", yscale="log")
    axes[0][0].set_ylabel("loss")
    axes[0][0].legend(fontsize=8.5)
    return fig


def digit_row(images, titles):
    """Small digits in a row, each with a line of text above it."""
    columns = min(len(images), 6)
    rows = -(-len(images) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(5.4, 1.25 * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(title, fontsize=8.5)
    return fig


def confusion(matrix):
    """A confusion matrix: rows are the truth, columns the answers; the diagonal is left pale."""
    fig, ax = plt.subplots(figsize=(4.4, 4.0))
    errors = matrix - np.diag(np.diag(matrix))
    ax.imshow(errors, cmap="Oranges", vmin=0, vmax=max(2 * errors.max(), 1))
    for (i, j), v in np.ndenumerate(matrix):
        if v:
            ax.text(j, i, str(v), ha="center", va="center", fontsize=9, color="#111111",
                    fontweight="bold" if i != j else None)
    ax.set(xticks=range(len(matrix)), yticks=range(len(matrix)), xlabel="answer", ylabel="truth")
    ax.tick_params(length=0)
    return fig


def worst_confusions(matrix):
    """The most frequent confusion in words; all of them, where several are equally frequent.

    Parameters
    ----------
    matrix : array (classes, classes) of int
        Rows are the truth, columns the answers.

    Returns
    -------
    str

    Examples
    --------
    >>> worst_confusions(np.array([[5, 2, 0], [1, 6, 0], [0, 2, 7]]))
    'The most frequent confusions, 2 times each: a 0 read as 1, a 2 read as 1.'
    """
    errors = matrix - np.diag(np.diag(matrix))
    most = int(errors.max())
    if not most:
        return "No class is taken for another."
    pairs = ", ".join(f"{'an' if truth == 8 else 'a'} {truth} read as {said}"
                      for truth, said in np.argwhere(errors == most))
    times = "once" if most == 1 else f"{most} times"
    one = (errors == most).sum() == 1
    return f"The most frequent confusion: {pairs}, {times}." if one else (
        f"The most frequent confusions, {times} each: {pairs}.")


def calibration(panels):
    """Share of right answers against confidence; the diagonal is honesty.

    Parameters
    ----------
    panels : dict of str to (confidence, share_right, count), as `cnnlib.metrics.reliability` returns them
    """
    fig, ax = plt.subplots(figsize=(4.2, 3.4))
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
    for (name, (confidence, right, count)), marker in zip(panels.items(), "os", strict=False):
        seen = count > 0
        ax.plot(confidence[seen], right[seen], marker=marker, label=name)
    ax.set(xlabel="confidence", ylabel="share right", xlim=(0.15, 1.03), ylim=(-0.03, 1.05))
    ax.legend(loc="upper left")
    return fig


def more_data(sizes, runs):
    """Validation accuracy against the number of training examples: mean and range over seeds."""
    fig, ax = plt.subplots(figsize=(5.2, 2.8))
    band(ax, sizes, 100 * runs, "o-", center=np.mean)
    ax.set(xscale="log", xlabel="training examples", ylabel="right on validation (%)", xticks=sizes,
           xticklabels=[str(n) for n in sizes])
    ax.minorticks_off()
    return fig


def explore_threshold(threshold, scores, truth):
    """The stage and caption of the threshold explorer: four counts and what follows from them."""
    said = scores > threshold
    tp, fp = int((said & truth).sum()), int((said & ~truth).sum())
    fn, tn = int((~said & truth).sum()), int((~said & ~truth).sum())
    recall = tp / max(tp + fn, 1)
    precision = f"{fixed(100 * tp / (tp + fp), 1)}%" if said.any() else "not defined"
    f1 = 2 * tp / max(2 * tp + fp + fn, 1)
    stage = (
        '<table class="course-table"><thead><tr><td></td><th scope="col">said 8</th><th scope="col">said not</th></tr>'
        f'</thead><tbody><tr><th scope="row">is an 8</th><td>{tp}</td><td>{fn}</td></tr>'
        f'<tr><th scope="row">is not</th><td>{fp}</td><td>{tn}</td></tr></tbody></table>'
    )
    return stage, (
        f"Say 8 when its probability is above {number(threshold)}: "
        f"precision {precision} ({tp} of {tp + fp} that were called 8), "
        f"recall {fixed(100 * recall, 1)}% ({tp} of {tp + fn} that are), F1 {fixed(f1, 3)}."
    )
