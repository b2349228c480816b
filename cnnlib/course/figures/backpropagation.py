"""Figures of chapter 5: gradients on their way back."""

import html

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._network import canvas, edge
from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._style import INK, MUTED, WORDS, band

BETA, OMEGA = (1.0, 2.0, -3.0, 0.4), (0.1, -0.4, 2.0, 3.0)


def chain_rows(x, y):
    """Each step of Prince's chain: name, how it is computed, value, local derivative; the loss comes last."""
    f0 = BETA[0] + OMEGA[0] * x
    h1 = np.sin(f0)
    f1 = BETA[1] + OMEGA[1] * h1
    h2 = np.exp(f1)
    f2 = BETA[2] + OMEGA[2] * h2
    h3 = np.cos(f2)
    f3 = BETA[3] + OMEGA[3] * h3
    return [
        ("f₀", "1 + 0.1 x", f0, np.cos(f0)),
        ("h₁", "sin f₀", h1, OMEGA[1]),
        ("f₁", "2 − 0.4 h₁", f1, np.exp(f1)),
        ("h₂", "exp f₁", h2, OMEGA[2]),
        ("f₂", "−3 + 2 h₂", f2, -np.sin(f2)),
        ("h₃", "cos f₂", h3, OMEGA[3]),
        ("f₃", "0.4 + 3 h₃", f3, 2 * (f3 - y)),
        ("L", "(f₃ − y)²", (f3 - y) ** 2, 1.0),
    ]


def explore_chain(step, x):
    """The stage and caption of the step-through explorer: forward down the table, then back up."""
    rows = chain_rows(x, 2.0)
    n = len(rows)
    gradient = [1.0]
    for *_, local in rows[-2::-1]:
        gradient.insert(0, local * gradient[0])
    current = step if step < n else 2 * n - 1 - step
    body = []
    for i, (name, rule, value, local) in enumerate(rows):
        known, back = i <= step, step >= n and i >= current
        following = "1" if i == n - 1 else f"{_num(local)} × {_num(gradient[i + 1])}"
        style = ' style="background:var(--course-line,#d5dbe1)"' if i == current else ""
        body.append(
            f"<tr{style}><th scope=\"row\">{name}</th><td class=\"words\">{html.escape(rule)}</td>"
            f"<td>{_num(value) if known else '·'}</td><td>{following if back else '·'}</td>"
            f"<td>{_num(gradient[i]) if back else '·'}</td></tr>"
        )
    stage = (
        '<table class="course-table"><thead><tr><th scope="col">node</th><th scope="col" class="words">rule</th>'
        '<th scope="col">value</th><th scope="col">local × upstream</th><th scope="col">∂L/∂node</th></tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )
    name, rule, value, local = rows[current]
    if step < n:
        return stage, f"Forward: {name} = {rule} = {_num(value)}."
    if current == n - 1:
        return stage, "Backward starts at the loss: ∂L/∂L = 1."
    after = rows[current + 1][0]
    return stage, (
        f"Backward: {name} moves {after} at the rate {_num(local)}, and {after} moves L at the rate "
        f"{_num(gradient[current + 1])}. Together: {_num(gradient[current])}."
    )


def _num(value):
    return fixed(value, 3)


def mazur_network():
    """Mazur's network with its starting weights on the connections."""
    fig, ax = canvas(5.2, 2.9, (-0.5, 4.5), (-0.5, 1.6))
    weights = [[(0.15, 0.20), (0.25, 0.30)], [(0.40, 0.45), (0.50, 0.55)]]
    for layer, rows in enumerate(weights):
        for j, row in enumerate(rows):
            for i, w in enumerate(row):
                edge(ax, (2.0 * layer, 1 - i), (2.0 * layer + 2, 1 - j), fixed(w, 2), at=0.3 if i != j else 0.5,
                     color=WORDS["blue"], short=15.5, line={"color": MUTED, "linewidth": 1})
    for x, names in ((0, ("0.05", "0.10")), (2, ("$h_1$", "$h_2$")), (4, ("$o_1$", "$o_2$"))):
        for j, name in enumerate(names):
            ax.plot(x, 1 - j, "o", markersize=30, markerfacecolor=(0.6, 0.7, 0.8, 0.35), markeredgecolor=INK)
            ax.text(x, 1 - j, name, ha="center", va="center")
    ax.text(2, 1.4, "b = 0.35", ha="center", fontsize=9.5, color=WORDS["orange"])
    ax.text(4, 1.4, "b = 0.60", ha="center", fontsize=9.5, color=WORDS["orange"])
    return fig


def vanishing(depths, norms):
    """Size of the first layer's gradient against depth: median and range over seeds.

    Parameters
    ----------
    depths : list of int
    norms : dict of str to array (seeds, len(depths))
    """
    fig, ax = plt.subplots()
    for (name, runs), marker in zip(norms.items(), "os^", strict=False):
        band(ax, depths, runs, marker=marker, label=name)
    ax.set(yscale="log", xlabel="hidden layers", ylabel="‖∂L/∂w‖ of the first layer")
    ax.legend(loc="lower left")
    return fig


def buggy_curves(right, wrong):
    """Loss with the correct and with the buggy gradient."""
    fig, ax = plt.subplots(figsize=(5.2, 2.6))
    ax.plot(right, label="correct")
    ax.plot(wrong, "--", label="with the bug")
    ax.set(xlabel="step", ylabel="loss", ylim=(0, None))
    ax.legend(loc="upper right")
    return fig
