"""The verification page: a table and a picture of the worst errors against PyTorch."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._numbers import minus
from cnnlib.course.figures._style import COLORS, INK, MUTED
from cnnlib.course.figures._table import table

DTYPES = ("float64", "float32")
WAYS = ("forward", "backward")
EXACT = 1e-18  # where the picture puts an error of 0


def errors(rows, tolerance):
    """Worst errors of one device, an operation a line, on a logarithmic scale; dashed: what is allowed."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    fig, ax = plt.subplots(figsize=(5.2, 0.21 * len(names) + 0.9))
    for dtype, color in zip(DTYPES, (COLORS["blue"], COLORS["orange"]), strict=True):
        mine = [row for row in rows if row["dtype"] == dtype]
        heights = [names.index(row["name"]) for row in mine]
        for way, marker, size in (("forward", "o", 22), ("backward", "D", 20)):
            worst = np.maximum([row[way] for row in mine], EXACT)
            face = color if way == "forward" else "none"
            ax.scatter(worst, heights, size, color=face, edgecolors=color, marker=marker, label=f"{dtype}, {way}")
        ax.axvline(tolerance[dtype], color=color, linestyle="--", linewidth=1.2)
        ax.text(tolerance[dtype], -1.1, f"{dtype} limit", color=INK, ha="center", va="bottom", fontsize=9)
    ax.set_xscale("log")
    ax.set_xlim(EXACT / 3, 1e-4)
    ticks = [10.0**power for power in range(-15, -3, 3)]
    ax.set_xticks([EXACT, *ticks], ["exact", *(minus(f"{t:.0e}").replace("e−0", "e−") for t in ticks)])
    ax.minorticks_off()
    ax.set_yticks(range(len(names)), names, fontsize=9)
    ax.set_ylim(len(names) - 0.4, -1.2)
    ax.grid(axis="y", color=MUTED, linewidth=0.5, alpha=0.4)
    ax.set_xlabel("worst relative error")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return fig


def error_table(rows, caption):
    """The same numbers as an HTML table: an operation a row, dtype and direction across."""
    found = {(row["name"], row["dtype"]): row for row in rows}
    names = list(dict.fromkeys(row["name"] for row in rows))
    cells = [[name, *(number(found[name, d][way]) for d in DTYPES for way in WAYS)] for name in names]
    return table(caption, ["operation", *WAYS * 2], cells, DTYPES)


def number(error):
    """An error with two digits; None, the record's infinity, is a failure."""
    return "failed" if error is None else "0" if error == 0 else minus(f"{error:.1e}")
