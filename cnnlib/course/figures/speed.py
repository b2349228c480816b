"""Pictures of the page on speed, drawn from the record of the benchmarks; its tables are in ``speed_tables``."""

import matplotlib.pyplot as plt

from cnnlib.course.figures._placing import place_labels
from cnnlib.course.figures._style import COLORS, INK, MUTED, PAPER
from cnnlib.course.figures.speed_tables import label, many, trained

# A colour and a shape for each contender: either is enough to tell them apart.
MARKS = {
    "cnnlib": ("blue", "o"), "cnnlib layers": ("sky", "v"), "torch eager": ("orange", "s"),
    "torch channels_last": ("amber", "D"), "torch compile": ("green", "P"), "DeZero": ("purple", "^"),
    "numpy-ml": ("orange", "X"),
}  # fmt: skip
OTHER = ("green", "*")
WIDTH = 4.4  # inches: narrow enough that the letters are readable on a phone
FAR = 10  # times PyTorch's time: what is slower is written at the edge, so that the rest has room
TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000)
FINE = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


def ratio_axis(ax, values):
    """A logarithmic axis for ratios, wide enough for the values and for 1, which is drawn."""
    low, high = min(*values, 1) / 1.35, max(*values, 1) * 1.35
    ticks = [tick for tick in (FINE if high / low < 100 else TICKS) if low <= tick <= high]
    ax.set(xscale="log", xlim=(low, high))
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.grid(axis="x")
    ax.axvline(1, color=INK, linewidth=1.2)


def over(ax, height, text, weight="normal"):
    """A row's name over its marks, so that long names leave the width to the marks."""
    ax.text(0, height, text, transform=ax.get_yaxis_transform(), color=INK, fontsize=9, va="center", weight=weight,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5})


def steps(runs):
    """All contenders in whole training steps, relative to PyTorch's fastest mode; a line for each number of threads.

    Parameters
    ----------
    runs : list of dict
        The record's runs, one for each number of threads.
    """
    names = list(dict.fromkeys(step["name"] for run in runs for step in run["steps"]))
    rows = 1.05 + 0.95 * len(runs)
    fig, ax = plt.subplots(figsize=(WIDTH, 0.25 * rows * len(names) + 1.6))
    seen, values, ticks = {}, [], {}
    for i, name in enumerate(names):
        over(ax, rows * i, label(name), "bold")
        for j, run in enumerate(runs):
            for step in (step for step in run["steps"] if step["name"] == name):
                height = rows * i + 0.95 * (j + 1)
                ticks[height] = many(run["threads"], "thread")
                ax.axhline(height, color=MUTED, linewidth=0.6, alpha=0.5, zorder=0)
                ax.plot(step["spread"], [height] * 2, color=COLORS["blue"], linewidth=3, alpha=0.5)
                times = {who: ms / step["ms"][step["fastest"]] for who, ms in step["ms"].items()}
                far = [f"{label(who)} {time:,.0f} →" for who, time in times.items() if time > FAR]
                ax.text(1, height - 0.46, ", ".join(far), transform=ax.get_yaxis_transform(), color=INK, fontsize=9,
                        ha="right", va="center")
                for who, time in ((who, time) for who, time in times.items() if time <= FAR):
                    color, marker = MARKS.get(who, OTHER)
                    values.append(time)
                    (dots,) = ax.plot(time, height, marker, color=COLORS[color], markersize=6.5, linestyle="",
                                      alpha=0.9, zorder=4 if who == "cnnlib" else 3)
                    seen[label(who)] = dots
    ratio_axis(ax, values)
    ax.set_yticks(list(ticks), list(ticks.values()))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(rows * len(names) - 0.4, -0.6)
    ax.set_xlabel("time, PyTorch's fastest mode = 1")
    fig.legend(seen.values(), seen, loc="outside upper center", ncols=2, fontsize=9, handletextpad=0.2)
    return fig


def ratios(operations):
    """Single operations relative to PyTorch's fastest mode, with quartiles; shape and colour say who is faster."""
    fig, ax = plt.subplots(figsize=(WIDTH, 0.36 * len(operations) + 1.2))
    for i, record in enumerate(operations):
        faster = record["ratio"] < 1
        color = COLORS["blue" if faster else "orange"]
        over(ax, i - 0.26, label(record["name"]))
        ax.axhline(i + 0.2, color=MUTED, linewidth=0.6, alpha=0.5, zorder=0)
        ax.plot(record["spread"], [i + 0.2] * 2, color=color, linewidth=3, alpha=0.5)
        ax.plot(record["ratio"], i + 0.2, "o" if faster else "D", color=color, markersize=6.5,
                markerfacecolor=color if faster else "none", markeredgewidth=1.6)
    ratio_axis(ax, [v for record in operations for v in (record["ratio"], *record["spread"])])
    ax.set_ylim(len(operations) - 0.4, -0.7)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("time of cnnlib, PyTorch's fastest mode = 1")
    for name, color, marker, face in (("cnnlib faster", "blue", "o", COLORS["blue"]),
                                      ("cnnlib not faster", "orange", "D", "none")):
        ax.plot([], [], marker, color=COLORS[color], markerfacecolor=face, markersize=6.5, markeredgewidth=1.6,
                label=name)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=9, handletextpad=0.2)
    return fig


def mnist(record):
    """Test accuracy of each seed against the seconds its training took, beside PyTorch's; dotted, 99 %."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.1))
    points, seeds = [], []
    for who in trained(record):
        color, marker = MARKS.get(who, OTHER)
        for run in record[who]:
            points.append((run["seconds"], 100 * run["accuracy"]))
            seeds.append(str(run["seed"]))
            ax.plot(*points[-1], marker, color=COLORS[color], markersize=7, alpha=0.85)
        ax.plot([], [], marker, color=COLORS[color], label=label(who))
    ax.axhline(99, color=INK, linewidth=1.2, linestyle=":")
    seconds, shown = [x for x, _ in points], [99.0, *(y for _, y in points)]
    room = 0.15 * (max(shown) - min(shown)) + 0.05
    ax.set(xlim=(0, 1.1 * max(seconds)), ylim=(min(shown) - room, max(shown) + room))
    ax.set(xlabel="seconds of training", ylabel="right on the test set (%)")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=9, handletextpad=0.2)
    place_labels(ax, points, seeds, lines=[99])
    return fig
