"""Panels of explorers whose frames are drawn beforehand: a head over a drawing, side by side."""

import numpy as np

from cnnlib.course.figures._numbers import number

ACCENT, WARM, LINE = "var(--course-accent, #0072b2)", "var(--course-bad, #b04a00)", "var(--course-line, #d5dbe1)"
HEAD = "font-size:0.85rem;margin:0 0 0.2rem"
FLEX = "display:flex;flex-wrap:wrap;gap:0.6rem 1.6rem;justify-content:center;align-items:flex-start"


def panel(head, width, height, label, body):
    """An SVG drawing of this size under its head; ``label`` is read aloud in its place."""
    return (
        f'<div style="flex:0 1 {width}px"><p style="{HEAD}">{head}</p>'
        f'<svg role="img" aria-label="{label}" viewBox="-2 -2 {width + 4} {height + 4}" '
        f'style="width:100%;max-width:{width + 4}px;height:auto">{body}</svg></div>'
    )


def text(x, y, size, content, extra=""):
    """A word or number centred at x."""
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="middle" fill="currentColor"{extra}>{content}</text>'


def tint(value, most):
    """How a cell is filled: by sign and by size, and not at all at 0."""
    if value == 0:
        return 'fill="none"'
    return f'fill="{WARM if value < 0 else ACCENT}" fill-opacity="{number(0.4 * abs(value) / most)}"'


def horizontal_runs(mask):
    """Runs of True in the rows of a mask: (row, first column, length)."""
    for i, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.r_[0, line.astype(int), 0]))
        for start, end in edges.reshape(-1, 2):
            yield i, start, end - start
