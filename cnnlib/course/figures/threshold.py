"""Explorer of chapter 7: where to draw the line. Scores in two heaps, the four counts, and precision against recall."""

import numpy as np

from cnnlib.course.figures._numbers import fixed, number
from cnnlib.course.figures._panels import ACCENT, FLEX, LINE, WARM, panel, text

COLUMNS, WIDTH, SIDE, MOST = 25, 12, 8, 12  # columns of the heaps, their width, a digit's square, squares in a column
THRESHOLDS = [round(k / COLUMNS, 2) for k in range(COLUMNS)]


def counts(threshold, scores, truth):
    """Hits, false alarms, misses and the rest when everything above a threshold is called positive.

    Parameters
    ----------
    threshold : float
    scores : array of float (N,)
    truth : array of bool (N,)

    Returns
    -------
    tp, fp, fn, tn : int

    Examples
    --------
    >>> counts(0.5, np.array([0.9, 0.8, 0.4]), np.array([True, False, True]))
    (1, 1, 1, 0)
    """
    said = scores > threshold
    return tuple(int(part.sum()) for part in (said & truth, said & ~truth, ~said & truth, ~said & ~truth))


def precision_recall(scores, truth):
    """Precision and recall when the samples are called positive one after the other, the highest score first.

    Parameters
    ----------
    scores : array of float (N,)
    truth : array of bool (N,)
        At least one is True.

    Returns
    -------
    precision, recall : array of float64 (distinct scores,)
        Samples with equal scores come together.

    Examples
    --------
    >>> scores, truth = np.array([0.9, 0.8, 0.7, 0.4]), np.array([True, False, True, False])
    >>> precision_recall(scores, truth)
    (array([1.        , 0.5       , 0.66666667, 0.5       ]), array([0.5, 0.5, 1. , 1. ]))
    """
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # the last sample of each distinct score
    hits = np.cumsum(truth[order])[last]
    return hits / (last + 1), hits / truth.sum()


def explore_threshold(threshold, scores, truth):
    """The stage and caption of the threshold explorer.

    Parameters
    ----------
    threshold : float
        One of THRESHOLDS.
    scores : array of float (N,)
        The probability of an 8, from 0 to 1.
    truth : array of bool (N,)
        Whether it is one.
    """
    tp, fp, fn, tn = counts(threshold, scores, truth)
    precision, recall = tp / max(tp + fp, 1), tp / max(tp + fn, 1)
    heaps = panel("each square is a digit", COLUMNS * WIDTH + 42, 236,
                   "above, the digits that are an 8 by their probability; below, the others; a line at the threshold",
                   _heaps(threshold, scores, truth))
    curve = panel("precision by recall", 200, 236, "precision by recall for every threshold, the present one marked",
                   _curve(scores, truth, (recall, precision) if tp + fp else None))
    table = (
        '<table class="course-table"><thead><tr><td></td><th scope="col">said 8</th><th scope="col">said not</th></tr>'
        f'</thead><tbody><tr><th scope="row">is an 8</th><td>{tp}</td><td>{fn}</td></tr>'
        f'<tr><th scope="row">is not</th><td>{fp}</td><td>{tn}</td></tr></tbody></table>'
    )
    f1 = 2 * tp / max(2 * tp + fp + fn, 1)
    return f'<div style="{FLEX}">{heaps}{curve}{table}</div>', (
        f"Say 8 when its probability is above {number(threshold)}: "
        f"precision {f'{fixed(100 * precision, 1)}%' if tp + fp else '–'} ({tp} of {tp + fp} that were called 8), "
        f"recall {fixed(100 * recall, 1)}% ({tp} of {tp + fn} that are), F1 {fixed(f1, 3)}."
    )


def _heaps(threshold, scores, truth):
    """Squares in columns, those that are an 8 upwards, the others downwards; pale where the answer is "not"."""
    column = np.minimum((scores * COLUMNS).astype(int), COLUMNS - 1)
    parts, middle, first, left_out, after = [], 112, round(threshold * COLUMNS), 0, 0
    for k in range(COLUMNS):
        said = "1" if k >= first else "0.35"
        for up, colour, among in ((-1, ACCENT, truth), (1, WARM, ~truth)):
            n = int((among & (column == k)).sum())
            shown = min(n, MOST)
            if shown:  # a dashed stroke as wide as a square draws the whole column
                start = middle + up * 1
                parts.append(f'<path d="M{WIDTH * k + WIDTH // 2} {start}v{up * (SIDE * shown - 1)}" stroke="{colour}" '
                             f'stroke-width="9" stroke-dasharray="{SIDE - 1} 1" stroke-opacity="{said}"/>')
            if n > shown:
                left_out, after = left_out + n - shown, k + 1
    base = f'<path d="M0 {middle}h{COLUMNS * WIDTH}" stroke="{LINE}"/>'
    line = f'<path d="M{WIDTH * first} 4V194" stroke="currentColor" stroke-width="2.5"/>'
    words = (f'<text x="{COLUMNS * WIDTH + 4}" y="100" font-size="12" fill="currentColor">is an 8</text>'
             f'<text x="{COLUMNS * WIDTH + 4}" y="130" font-size="12" fill="currentColor">is not</text>')
    if left_out:
        words += (f'<text x="{WIDTH * after + 6}" y="{middle + SIDE * MOST}" font-size="12" fill="currentColor">'
                  f'and {left_out} more in columns that are cut</text>')
    ticks = "".join(f"M{COLUMNS * WIDTH * v / 10:g} {middle - 3}v6" for v in range(2, 10, 2))
    axis = (f'<path d="{ticks}" stroke="{LINE}"/>'
            + text(3, 234, 12, "0") + text(COLUMNS * WIDTH / 2, 234, 12, "probability of an 8")
            + text(COLUMNS * WIDTH - 3, 234, 12, "1"))
    touch = "".join(f'<rect data-set="threshold:{k}" x="{WIDTH * k}" y="0" width="{WIDTH}" height="220"/>'
                    for k in range(COLUMNS))
    return (f'{base}<g fill="none">{"".join(parts)}{line}</g>{words}{axis}'
            f'<g fill="none" pointer-events="all">{touch}</g>')


def _curve(scores, truth, here):
    """Precision upwards against recall to the right, both from 0 to 1, and a dot for the present threshold."""
    left, top, size = 30, 8, 168

    def place(recall, precision):
        return f"{number(left + size * recall)} {number(top + size * (1 - precision))}"

    precision, recall = precision_recall(scores, truth)
    line = "L".join(place(*pair) for pair in zip(recall, precision, strict=True))
    parts = [
        f'<path d="M{left} {top}v{size}h{size}" fill="none" stroke="{LINE}"/>',
        f'<path d="M{line}" fill="none" stroke="{ACCENT}" stroke-width="2"/>',
        text(left + size / 2, 226, 12, "recall"), text(left, 194, 12, "0"), text(left + size, 194, 12, "1"),
        f'<text x="20" y="{top + 6}" font-size="12" text-anchor="end" fill="currentColor">1</text>',
        f'<text x="20" y="{top + size}" font-size="12" text-anchor="end" fill="currentColor">0</text>',
        f'<text x="14" y="{top + size / 2}" font-size="12" text-anchor="middle" fill="currentColor" '
        f'transform="rotate(-90 14 {top + size / 2})">precision</text>',
    ]
    if here:
        x, y = place(*here).split()
        parts.append(f'<circle cx="{x}" cy="{y}" r="5.5" fill="{WARM}"/>')
    return "".join(parts)
