"""Explorers of chapter 10: gradients that accumulate window by window, and the windows that touch a pixel.

The first is computed in the page by ``_ext/assets/explorers/conv-back.js``; a browser test holds the two faces
against each other. The second has all its frames drawn beforehand.
"""

import numpy as np

from cnnlib.course.figures._numbers import number
from cnnlib.course.figures.conv_explorers import ACCENT, FLEX, LINE, _panel, _text, _tint

X = np.array([[1, 0, 2, 1, 3], [0, 4, 1, 0, 1], [2, 1, 5, 2, 0], [0, 3, 0, 1, 2], [1, 0, 2, 4, 1]], dtype=np.float64)
W = np.array([[1, 0, -1], [2, 1, 0], [0, -1, 1]], dtype=np.float64)
DY = np.array([[1, -1, 2], [-2, 2, 1], [3, 1, -2]], dtype=np.float64)
RULES = ["+=", "="]
WIDE, HIGH = 40, 32


def back_config():
    """What the script conv-back needs to know."""
    return {"x": X.astype(int).tolist(), "dy": DY.astype(int).tolist()}


def accumulate(dy, x, w, stride, rule, windows):
    """The gradients ``(dx, dw)`` after the first ``windows`` windows, added (``+=``) or overwritten (``=``)."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for k in range(windows):
        i, j = divmod(k, dy.shape[1])
        rows, columns = slice(i * stride, i * stride + w.shape[0]), slice(j * stride, j * stride + w.shape[1])
        if rule == "+=":
            dx[rows, columns] += dy[i, j] * w
            dw += dy[i, j] * x[rows, columns]
        else:
            dx[rows, columns] = dy[i, j] * w
            dw = dy[i, j] * x[rows, columns]
    return dx, dw


def gradients(step, stride, rule, kernel):
    """Draw one step forward or back; arguments are the explorer's controls."""
    w, side = np.asarray(kernel, dtype=np.float64), (5 - 3) // stride + 1
    count, dy = side * side, DY[:side, :side]
    y = np.array([[(w * X[i:i + 3, j:j + 3]).sum() for j in range(0, 3, stride)] for i in range(0, 3, stride)])
    step = min(int(step), 2 * count - 1)
    back, k = step >= count, step % count
    state = {"limits": {"step": 2 * count - 1}, "off": [] if back else ["rule"]}  # no gradient yet, no rule for it
    i, j = divmod(k, side)
    dx, dw = accumulate(dy, X, w, stride, rule, k + 1 if back else 0)
    window = [(i * stride + u, j * stride + v) for u in range(3) for v in range(3)]
    every = [(u, v) for u in range(3) for v in range(3)]
    parts = [
        _cells("input x", X, window),
        _cells("kernel w", w, every),
        _cells("upstream dy" if back else "output y", dy if back else y, [(i, j)], done=k + 1,
               first=count if back else 0),
        _cells("dx so far", dx, window if back else []),
        _cells("dw so far", dw, every if back else []),
    ]
    stage, place = f'<div style="{FLEX}">{"".join(parts)}</div>', f"window {k + 1} of {count}"
    if back:
        return stage, f"Backward, {place}, where dy = {_spoken_back(dy, k, w, stride, rule, dx, dw)}", state
    caption = (f"Forward, {place}: the nine products add up to {number(y[i, j])}, the output at row {i + 1}, "
               f"column {j + 1}. No gradient yet: the rule counts from step {count + 1} on.")
    return stage, caption, state


def _spoken_back(dy, k, w, stride, rule, dx, dw):
    g = number(dy.flat[k])
    text = f"{g}: dx {rule} {g} × w inside the outline, and dw {rule} {g} × the outlined part of x."
    right = accumulate(dy, X, w, stride, "+=", k + 1)
    wrong = int((dx != right[0]).sum()), int((dw != right[1]).sum())
    if rule == "=":
        return (f"{text} Terms were overwritten: {wrong[0]} of 25 numbers of dx and {wrong[1]} of 9 of dw are wrong "
                "by now.")
    return text + f" The middle pixel has dx = {number(dx[2, 2])} by now."


def _cells(head, values, marked, done=None, first=0):
    rows, columns = values.shape
    most, cells = max(float(np.abs(values).max()), 1e-12), []
    for k, value in enumerate(values.flat):
        left, top, reached = WIDE * (k % columns), HIGH * (k // columns), done is None or k < done
        if done is not None:
            cells.append(f'<g data-set="step:{first + k}">')
        cells.append(f'<rect x="{left}" y="{top}" width="{WIDE}" height="{HIGH}" '
                     f'{_tint(value, most) if reached else _tint(0, 1)} stroke="{LINE}" pointer-events="all"/>')
        cells.append(_text(left + 20, top + 21, 14, number(value), "" if reached else ' opacity="0.65"'))
        if done is not None:
            cells.append("</g>")
    for i, j in marked:
        cells.append(f'<rect x="{WIDE * j + 1}" y="{HIGH * i + 1}" width="{WIDE - 2}" height="{HIGH - 2}" fill="none" '
                     f'stroke="{ACCENT}" stroke-width="2.5" pointer-events="none"/>')
    label = f"{head}: {rows} by {columns} numbers, {len(marked)} of them outlined"
    return _panel(head, WIDE * columns, HIGH * rows, label, "".join(cells))


# ---- which windows touch a pixel --------------------------------------------------------------------------------


def touches(pixel, stride):
    """Draw one pixel, the outputs whose windows hold it, and the weight each of them uses for it."""
    p, q = divmod(int(pixel), 5)
    side = (5 - 3) // stride + 1
    seen = {(i, j): (p - i * stride, q - j * stride) for i in range(side) for j in range(side)
            if 0 <= p - i * stride < 3 and 0 <= q - j * stride < 3}
    dx = sum(DY[o] * W[t] for o, t in seen.items())
    cells = []
    for i, j in np.ndindex(5, 5):
        here = (i, j) == (p, q)
        cells.append(f'<rect data-set="pixel:{5 * i + j}" x="{36 * j}" y="{36 * i}" width="36" height="36" '
                     f'{_tint(1, 1) if here else _tint(0, 1)} stroke="{LINE}" pointer-events="all"/>')
    cells.append(f'<rect x="{36 * q + 1}" y="{36 * p + 1}" width="34" height="34" fill="none" stroke="{ACCENT}" '
                 'stroke-width="2.5" pointer-events="none"/>')
    for i, j in seen:
        cells.append(f'<circle cx="{36 * j * stride + 18}" cy="{36 * i * stride + 18}" r="4" fill="currentColor" '
                     'pointer-events="none"/>')
    label = f"five by five pixels, one of them marked, and {len(seen)} dots where the windows that hold it start"
    left = _panel("input", 180, 180, label, "".join(cells))
    cells = []
    for i, j in np.ndindex(side, side):
        x, y, on = 88 * j, 50 * i, (i, j) in seen
        cells.append(f'<rect x="{x}" y="{y}" width="88" height="50" {_tint(int(on), 1)} stroke="{LINE}"/>')
        cells.append(_text(x + 44, y + 21, 13, f"dy = {number(DY[i, j])}", "" if on else ' opacity="0.65"'))
        if on:
            u, v = seen[i, j]
            cells.append(_text(x + 44, y + 40, 13, f"w[{u}, {v}] = {number(W[u, v])}"))
    label = f"{side} by {side} outputs, {len(seen)} of them marked"
    right = _panel("outputs that used it", 88 * side, 50 * side, label, "".join(cells))
    terms = " + ".join(f"{_bracket(DY[o])}·{_bracket(W[t])}" for o, t in seen.items())
    many = "1 window holds it, which starts at the dot" if len(seen) == 1 else (
        f"{len(seen)} windows hold it, which start at the dots")
    caption = f"Pixel ({p}, {q}): {many}. dx[{p}, {q}] = {terms} = {number(dx)}."
    return f'<div style="{FLEX}">{left}{right}</div>', caption


def _bracket(value):
    return f"({number(value)})" if value < 0 else number(value)
