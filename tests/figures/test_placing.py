"""Labels beside marks cover none of them, whatever the numbers are."""

import copy
import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
from gallery import ROOT

from cnnlib.course import figures
from cnnlib.course.figures import backwards, speed
from cnnlib.course.figures._placing import place_labels

RECORD = json.loads((ROOT / "records" / "benchmarks.json").read_text(encoding="utf-8"))["mnist"]


@pytest.fixture(autouse=True)
def the_style():
    with plt.style.context({}):
        figures.use_style()
        yield
    plt.close("all")


def overlaps(a, b):
    return a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1


def collisions(fig, mark=7):
    """Pairs of a label and a mark, of two labels, or of a label and the edge: what covers what."""
    fig.draw_without_rendering()
    (ax,), renderer, half = fig.axes, fig.canvas.get_renderer(), mark / 2 * fig.dpi / 72
    labels = [(text.get_text(), text.get_window_extent(renderer)) for text in ax.texts]
    found = []
    for line in ax.lines:
        ends = ax.transData.transform(np.column_stack(line.get_data())) if line.get_marker() not in ("None", "") else []
        for x, y in ends:
            box = plt.matplotlib.transforms.Bbox.from_extents(x - half, y - half, x + half, y + half)
            found += [(name, "a mark") for name, label in labels if overlaps(label, box)]
    for i, (name, label) in enumerate(labels):
        found += [(name, other) for other, box in labels[:i] if overlaps(label, box)]
        if not (ax.bbox.x0 <= label.x0 < label.x1 <= ax.bbox.x1 and ax.bbox.y0 <= label.y0 < label.y1 <= ax.bbox.y1):
            found.append((name, "the edge"))
    return labels, found


def record(seed):
    """Ten trainings with other seconds and accuracies, some of them equal."""
    rng, changed = np.random.default_rng(seed), copy.deepcopy(RECORD)
    for runs in (runs for runs in changed.values() if isinstance(runs, list)):
        for run in runs:
            run["seconds"] = float(rng.uniform(7, 9) if rng.integers(2) else run["seconds"])
            run["accuracy"] = float(rng.choice([0.9917, 0.992, 0.9923, 0.9935]))
    return changed


@pytest.mark.parametrize("record", [RECORD, *map(record, range(6))], ids=str)
def test_the_seeds_of_the_trainings_cover_no_mark(record):
    labels, found = collisions(speed.mnist(record))
    assert len(labels) == sum(len(runs) for runs in record.values() if isinstance(runs, list)) and found == []


def test_the_measure_finds_a_label_that_covers_a_mark():
    fig, ax = plt.subplots()
    ax.plot([1, 1.02], [1, 1.0], "o", markersize=7)
    ax.set(xlim=(0, 2), ylim=(0, 2))
    ax.annotate("11", (1, 1), (6, 4), textcoords="offset points")
    assert collisions(fig)[1]


def test_a_label_without_a_free_place_is_refused():
    fig, ax = plt.subplots(figsize=(1, 1))
    ax.set(xlim=(0, 1), ylim=(0, 1))
    with pytest.raises(ValueError, match="no free place for the label 'a long label"):
        place_labels(ax, [(0.5, 0.5)], ["a long label that fits nowhere"])


def test_the_legend_of_the_losses_stands_outside_the_lines_of_the_grid():
    runs = {rule: np.geomspace(1, 1e-7, 20)[None] for rule in ("+=", "=")}
    fig = backwards.bug(runs, runs, 10)
    fig.draw_without_rendering()
    (legend,) = fig.legends
    assert not any(overlaps(legend.get_window_extent(), ax.bbox) for ax in fig.axes)
