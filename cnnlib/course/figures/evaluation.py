"""Figures of chapter 7: luck, curves, weight decay, more data, confusion, calibration, mistakes."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._style import COLORS, INK, MUTED, PAPER, band


def curves(histories, log=True):
    """Training and validation loss by epoch, a panel for each network: the mean of its runs, and their range.

    Parameters
    ----------
    histories : dict of str to list of History
    log : bool, optional
        A logarithmic axis for the loss.
    """
    fig, axes = plt.subplots(1, len(histories), figsize=(4.6, 2.6), sharey=True, squeeze=False)
    for ax, (name, runs) in zip(axes[0], histories.items(), strict=True):
        epochs = np.arange(1, runs[0].epochs + 1)
        band(ax, epochs, np.array([run.train_loss for run in runs]), label="training", center=np.mean)
        validation = np.array([run.validation_loss for run in runs])
        band(ax, epochs, validation, "--", label="validation", center=np.mean)
        best = int(validation.mean(axis=0).argmin())
        ax.plot(epochs[best], validation.mean(axis=0)[best], "o", color=INK)
        ax.set(title=name, xlabel="epoch")
        ax.set(yscale="log", ylim=(5e-4, 4)) if log else ax.set(ylim=(0, 2.4))
    axes[0][0].set_ylabel("loss")
    fig.legend(*axes[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


def digit_row(images, titles):
    """Small digits in a row, each with a text above it."""
    columns = min(len(images), 6)
    rows = -(-len(images) // columns)
    lines = max(title.count("\n") for title in titles) + 1
    fig, axes = plt.subplots(rows, columns, figsize=(4.6, (0.9 + 0.2 * lines) * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(title, fontsize=9.5)
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


def calibration(panels, least=30):
    """Share of right answers against confidence, a panel for each network; on the diagonal the two agree.

    Parameters
    ----------
    panels : dict of str to (confidence, share_right, count)
        As `cnnlib.metrics.reliability` returns them.
    least : int, optional
        Bins with fewer answers are drawn hollow.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(4.6, 2.35), sharey=True, squeeze=False)
    for ax, (name, (confidence, right, count)) in zip(axes[0], panels.items(), strict=True):
        ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
        seen, enough = count > 0, count >= least
        ax.plot(confidence[seen], right[seen], color=COLORS["blue"], linewidth=1)
        ax.plot(confidence[enough], right[enough], "o", color=COLORS["blue"])
        few = seen & ~enough
        ax.plot(confidence[few], right[few], "o", color=COLORS["blue"], fillstyle="none")
        ax.set(title=name, xlim=(0.2, 1.05), ylim=(-0.03, 1.05), xticks=(0.5, 1))
    axes[0][len(panels) // 2].set_xlabel("confidence")
    axes[0][0].set_ylabel("share right")
    return fig


def luckiest(validation, test, chance):
    """Validation and test score of many networks, a dot each; the best on validation is large.

    Parameters
    ----------
    validation, test : array (networks,)
        Shares of right answers.
    chance : float
        The score that is true for every one of them.
    """
    fig, ax = plt.subplots(figsize=(4.2, 3.5))
    best = int(validation.argmax())
    ax.axvline(100 * chance, color=MUTED, linewidth=1)
    ax.axhline(100 * chance, color=MUTED, linewidth=1)
    ax.plot(100 * validation, 100 * test, "o", color=COLORS["blue"], markeredgecolor=PAPER, markeredgewidth=0.5)
    ax.plot(100 * validation[best], 100 * test[best], "o", color=COLORS["orange"], markersize=9)
    ax.set(xlabel="right on validation (%)", ylabel="right on new digits (%)", aspect="equal")
    return fig


def decay(decays, panels):
    """Accuracy on new digits by weight decay: mean and range over seeds, a panel for each kind of labels.

    Parameters
    ----------
    decays : sequence of float
        The first is 0, no decay: a dashed line.
    panels : dict of str to array (seeds, decays)
        Shares of right answers.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(4.6, 2.7), sharey=True, squeeze=False)
    for ax, (name, runs) in zip(axes[0], panels.items(), strict=True):
        band(ax, decays[1:], 100 * runs[:, 1:], "o-", center=np.mean, label="with decay")
        ax.axhline(100 * runs[:, 0].mean(), color=INK, linewidth=1, linestyle="--", label="without")
        ax.set(title=name, xscale="log", xlabel="weight decay λ", xticks=(0.001, 0.01, 0.1),
               xticklabels=("0.001", "0.01", "0.1"))
        ax.minorticks_off()
    axes[0][0].set_ylabel("right on new digits (%)")
    axes[0][0].legend(loc="lower left")
    return fig


def more_data(sizes, runs, nearest):
    """Accuracy against the number of training examples: mean and range over seeds, and nearest neighbour beside.

    Parameters
    ----------
    sizes : sequence of int
    runs, nearest : array (seeds, sizes)
        Shares of right answers on the same examples.
    """
    fig, ax = plt.subplots(figsize=(4.6, 3.0))
    band(ax, sizes, 100 * runs, "o-", center=np.mean, label="network")
    band(ax, sizes, 100 * nearest, "s--", center=np.mean, label="nearest neighbour")
    ax.set(xscale="log", xlabel="training examples", ylabel="right on validation (%)", xticks=sizes,
           xticklabels=[str(n) for n in sizes])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return fig
