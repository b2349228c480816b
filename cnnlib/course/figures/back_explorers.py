"""Explorers of chapter 10: gradients that accumulate window by window, and the windows that touch a pixel.

``page/conv-back.js`` draws the first from the numbers of `cnnlib.conv`; the second has all its frames drawn beforehand.
"""

import numpy as np

from cnnlib.conv import conv2d, conv2d_backward
from cnnlib.course.figures._numbers import number
from cnnlib.course.figures._panels import ACCENT, FLEX, LINE, panel, text, tint

X = np.array([[1, 0, 2, 1, 3], [0, 4, 1, 0, 1], [2, 1, 5, 2, 0], [0, 3, 0, 1, 2], [1, 0, 2, 4, 1]], dtype=np.float64)
W = np.array([[1, 0, -1], [2, 1, 0], [0, -1, 1]], dtype=np.float64)
DY = np.array([[1, -1, 2], [-2, 2, 1], [3, 1, -2]], dtype=np.float64)
RULES = ["+=", "="]


def back_config():
    """What the module conv-back needs to know."""
    return {"x": X, "dy": DY}


def gradient_numbers(step, stride, rule, kernel):
    """Output and gradients, as far as the windows have come; arguments are the explorer's controls.

    ``wrong`` counts the numbers of dx and of dw that are not the sum of their terms.
    """
    x, w = X[None, None], np.asarray(kernel, dtype=np.float64)[None, None]
    y = conv2d(x, w, stride=stride)
    dy = DY[None, None, :y.shape[2], :y.shape[3]]
    step = min(step, 2 * y.size - 1)
    reached = np.arange(y.size).reshape(y.shape) <= step - y.size
    sums = [grad[0, 0] for grad in conv2d_backward(dy * reached, x, w, stride=stride)[:2]]
    dx, dw = sums if rule == "+=" else _overwritten(dy, reached, x, w, stride)
    wrong = [np.count_nonzero(dx != sums[0]), np.count_nonzero(dw != sums[1])]
    return {"step": step, "y": y[0, 0], "dy": dy[0, 0], "dx": dx, "dw": dw, "wrong": wrong}


def _overwritten(dy, reached, x, w, stride):
    """What is left of the gradients where each window's terms replace those of the windows before it."""
    dx, dw = np.zeros_like(X), np.zeros_like(w[0, 0])
    for place in np.argwhere(reached):
        here = np.zeros_like(dy)
        here[tuple(place)] = dy[tuple(place)]
        part, dw = (grad[0, 0] for grad in conv2d_backward(here, x, w, stride=stride)[:2])
        window = tuple(slice(stride * k, stride * k + 3) for k in place[2:])
        dx[window] = part[window]
    return dx, dw


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
                     f'{tint(1, 1) if here else tint(0, 1)} stroke="{LINE}" pointer-events="all"/>')
    cells.append(f'<rect x="{36 * q + 1}" y="{36 * p + 1}" width="34" height="34" fill="none" stroke="{ACCENT}" '
                 'stroke-width="2.5" pointer-events="none"/>')
    for i, j in seen:
        cells.append(f'<circle cx="{36 * j * stride + 18}" cy="{36 * i * stride + 18}" r="4" fill="currentColor" '
                     'pointer-events="none"/>')
    label = f"five by five pixels, one of them marked, and {len(seen)} dots where the windows that hold it start"
    left = panel("input", 180, 180, label, "".join(cells))
    cells = []
    for i, j in np.ndindex(side, side):
        x, y, on = 88 * j, 50 * i, (i, j) in seen
        cells.append(f'<rect x="{x}" y="{y}" width="88" height="50" {tint(int(on), 1)} stroke="{LINE}"/>')
        cells.append(text(x + 44, y + 21, 13, f"dy = {number(DY[i, j])}", "" if on else ' opacity="0.65"'))
        if on:
            u, v = seen[i, j]
            cells.append(text(x + 44, y + 40, 13, f"w[{u}, {v}] = {number(W[u, v])}"))
    label = f"{side} by {side} outputs, {len(seen)} of them marked"
    right = panel("outputs that used it", 88 * side, 50 * side, label, "".join(cells))
    terms = " + ".join(f"{_bracket(DY[o])}·{_bracket(W[t])}" for o, t in seen.items())
    many = "1 window holds it, which starts at the dot" if len(seen) == 1 else (
        f"{len(seen)} windows hold it, which start at the dots")
    caption = f"Pixel ({p}, {q}): {many}. dx[{p}, {q}] = {terms} = {number(dx)}."
    return f'<div style="{FLEX}">{left}{right}</div>', caption


def _bracket(value):
    return f"({number(value)})" if value < 0 else number(value)
