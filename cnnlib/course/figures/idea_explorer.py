"""Explorer of chapter 8: windows, sharing and pooling, taken away one at a time."""

import numpy as np

from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._panels import ACCENT, LINE, WARM

SIDE, READ, CELL = 6, 3, 16  # a picture of 6 × 6 pixels, windows of 3 × 3, squares of 16
FIRST = 2, 2  # where the first output stands: a place that every network computes
MUTE = "var(--course-muted, #6b7075)"
FLEX = "display:flex;gap:0.8rem;justify-content:center;margin-bottom:0.6rem"


def idea(joined, kept, entry, others, baselines, place):
    """One frame of the explorer, as HTML: what two outputs read, which are computed, and what the network scores.

    Parameters
    ----------
    joined, kept : str
        As in `cnnlib.course.ideas.network`.
    entry : dict of str to array (seeds,)
        Its accuracies "in place" and, where measured, "shuffled".
    others : list of float
        Mean accuracies in place of the other networks.
    baselines : dict of str to float
    place : tuple of int
        Row and column of the second output.

    Returns
    -------
    str
    """
    reads = "all 36 pixels" if joined == "dense" else "the pixels around it"
    panels = [_panel("one output", f"One output reads {reads}", _weights(FIRST, joined, 0))]
    if computed(place, kept):
        label = "The other reads " + reads + (", with equal weights" if joined == "shared" else "")
        panels.append(_panel("another", label, _weights(place, joined, 0 if joined == "shared" else 1)))
    else:
        panels.append(_panel("not computed", "There is no output at this place", _weights(place, None, 0)))
    panels.append(_panel("computed", f"Of a map, computed and kept: {kept}", _computed(kept)))
    return f'<div style="{FLEX}">{"".join(panels)}</div>{_scores(entry, others, baselines)}'


def computed(place, kept):
    """Whether a network computes an output at this place, or leaves the place out."""
    return kept != "one of four" or place[0] % 2 == place[1] % 2 == 0


def remark(joined, kept, place):
    """What is particular about the second output, as a sentence; nothing where nothing is."""
    if not computed(place, kept):
        return " At the second place nothing is computed: the outputs stand two places apart."
    inside = [min(k + 2, SIDE) - max(k - 1, 0) for k in place]
    if joined == "dense" or inside == [READ, READ]:
        return ""
    return f" Of the window's nine places, {9 - inside[0] * inside[1]} lie outside the picture and count as 0."


def _panel(head, label, body):
    side = CELL * SIDE + 2
    return (f'<div style="flex:0 1 {side}px"><p style="font-size:0.8rem;margin:0 0 0.2rem">{head}</p><svg role="img" '
            f'aria-label="{label}" viewBox="-1 -1 {side} {side}" style="width:100%;max-width:{side}px;height:auto">'
            f"{body}</svg></div>")


def _square(i, j, fill):
    return f'<path d="M{CELL * j} {CELL * i}h{CELL}v{CELL}h-{CELL}z" fill="{fill}"/>'


def _lines(step):
    """The lines of a grid, every so many squares."""
    size = CELL * SIDE
    return "".join(f"M{k} 0v{size}M0 {k}h{size}" for k in range(0, size + 1, CELL * step))


def _weights(at, joined, own):
    """The picture, with a colour for each weight of one output; equal colours are the same weight."""
    cells, hue = [], (190, 350)[own]
    for i, j in np.ndindex(SIDE, SIDE):
        u, v = i - at[0] + 1, j - at[1] + 1
        if joined == "dense":
            cells.append(_square(i, j, f"hsl({hue + 10 * i},65%,{30 + 9 * j}%)"))
        elif joined and 0 <= u < READ and 0 <= v < READ:
            cells.append(_square(i, j, f"hsl({hue + 25 * u},65%,{32 + 18 * v}%)"))
    y, x = (CELL * k + CELL / 2 - 3 for k in at)
    return (f'{"".join(cells)}<path d="{_lines(1)}" stroke="{LINE}"/>'
            f'<path d="M{x:g} {y:g}h6v6h-6z" fill="#fff" stroke="#111"/>')


def _computed(kept):
    """Which places of a map are computed, and the blocks of 2 × 2 of which one number is kept."""
    cells = [_square(i, j, ACCENT) for i, j in np.ndindex(SIDE, SIDE) if computed((i, j), kept)]
    return (f'<g fill-opacity=".5">{"".join(cells)}</g><path d="{_lines(1)}" stroke="{LINE}"/>'
            f'<path d="{_lines(2)}" stroke="currentColor" stroke-width="1.6"/>')


def _scores(entry, others, baselines):
    """Dots on a scale from 0 to 1: the seeds of this network, strokes for the other networks, baselines dashed."""
    def x(value):
        return f"{74 + 236 * value:.1f}"

    marks = [f'<path d="M{x(0)} 96H{x(1)}" stroke="currentColor"/>', _text(x(0.5), 133, "test accuracy", "middle")]
    for value in ("0", "0.25", "0.50", "0.75", "1"):
        marks.append(f'<path d="M{x(float(value))} 96v5" stroke="currentColor"/>')
        marks.append(_text(x(float(value)), 116, value, "middle"))
    for name, level in baselines.items():
        marks.append(f'<path d="M{x(level)} 18V96" stroke="{MUTE}" stroke-dasharray="4 3"/>'
                     f'{_text(x(level), 12, name, "middle")}')
    marks += [f'<path d="M{x(v)} 28v20" stroke="{MUTE}" stroke-width="1.5"/>' for v in others]
    for y, name, color in ((38, "in place", ACCENT), (74, "shuffled", WARM)):
        marks.append(_text(64, y + 4, name, "end"))
        for k, value in enumerate(entry.get(name, ())):
            marks.append(f'<circle cx="{x(value)}" cy="{y + 4 * (k - 2)}" r="3.5" fill="{color}"/>')
        if name not in entry:
            marks.append(_text(x(0.45), y + 4, "not measured", "middle"))
    label = "; ".join(f"{name} {fixed(np.mean(values), 2)}" for name, values in entry.items())
    return (f'<svg role="img" aria-label="Test accuracy: {label}" viewBox="0 0 324 138" '
            f'style="width:100%;max-width:430px;height:auto">{"".join(marks)}</svg>')


def _text(x, y, words, anchor):
    return f'<text x="{x}" y="{y}" font-size="12" text-anchor="{anchor}" fill="currentColor">{words}</text>'
