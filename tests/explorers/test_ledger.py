"""The ledger to edit: what it says is what the library computes, and where it breaks, the library raises."""

import itertools
import re

import numpy as np
import pytest

from cnnlib.course.figures import ledger_explorer as explore
from cnnlib.layers import Sequential
from cnnlib.receptive import receptive_field
from cnnlib.summary import summary

CHOICES = {"image": (28, 32), "kernel": (3, 5, 7), "stride": (1, 2), "padding": (0, 1, 2), "filters": (8, 16),
           "pool": (1, 2)}
SETTINGS = [dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())]
LENET = {"image": 32, "kernel": 5, "stride": 1, "padding": 0, "filters": 16, "pool": 2}


def groups(setting):
    return explore.parts(**{name: value for name, value in setting.items() if name != "image"})


def network(setting):
    return Sequential(*(layer for _, group in groups(setting) for layer in group))


def test_where_it_breaks_the_library_raises_and_where_it_holds_it_does_not():
    for setting in SETTINGS:
        found, side = explore.numbers(**setting), setting["image"]
        x = np.zeros((1, 1, side, side), np.float32)
        if found["broken"]:
            with pytest.raises(ValueError) as raised:
                network(setting)(x)
            assert str(raised.value).startswith(found["broken"]["error"])
        else:
            assert network(setting)(x).shape == (1, 10)


def test_the_rows_are_the_librarys_ledger():
    for setting in SETTINGS[::7]:
        found = explore.numbers(**setting)
        names = [row["name"] for row in found["rows"][1:]]
        held = groups(setting)[:len(names)]
        assert names == [name for name, _ in held]
        chain = Sequential(*(layer for _, group in held for layer in group))
        table = summary(chain, (1, setting["image"], setting["image"]))
        for key in ("parameters", "multiply_adds"):
            assert sum(row[key] for row in found["rows"]) == getattr(table, key)
        kept = sum(int(np.prod(row.output_shape)) for row in table.rows if row.kind != "Flatten")
        kept -= 0 if found["broken"] else 10  # no layer reads the scores
        assert sum(row["kept"] for row in found["rows"]) == setting["image"] ** 2 + kept
        depth = 0
        for (_, group), row in zip(held, found["rows"][1:], strict=True):
            depth += len(group)
            assert row["shape"] == table.rows[depth - 1].output_shape
            assert row["field"] == (receptive_field(chain[:depth]).size[0] if len(row["shape"]) == 3 else None)


def test_lenet_is_the_table_of_the_chapter():
    found = explore.numbers(**LENET)
    shapes = [row["shape"] for row in found["rows"][:6]]
    assert shapes == [(1, 32, 32), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (400,)]
    assert [row["parameters"] for row in found["rows"]] == [0, 156, 0, 2416, 0, 0, 48120, 10164, 850]
    assert [row["multiply_adds"] for row in found["rows"]] == [0, 117600, 0, 240000, 0, 0, 48000, 10080, 840]
    assert [row["field"] for row in found["rows"]] == [1, 5, 6, 14, 16, None, None, None, None]
    stage, caption = explore.ledger(**LENET)
    assert caption.startswith("It fits: 16×5×5 = 400") and "61,706 parameters, 416,520 multiply-adds" in caption
    assert re.findall(r"<td>([\d,]+)</td><td>([\d,]+)</td><td>", stage)[0] == ("156", "117,600")


@pytest.mark.parametrize(("change", "said"), [
    ({"image": 28}, "16×4×4 = 256 numbers arrive, and it takes 400. Linear(256, 120) would hold, with 30,840"),
    ({"kernel": 7, "stride": 2, "image": 28}, "Broken at conv 7×7: its window does not fit on maps of 5×5"),
    ({"kernel": 7, "stride": 2, "image": 28, "padding": 1},
     "Broken at pool 2×2: its window does not fit on maps of 1×1."),
])
def test_a_broken_network_is_told_what_breaks_it(change, said):
    stage, caption = explore.ledger(**LENET | change)
    assert said in caption and "✗" in stage
    shape = re.search(r"does not fit on maps of (\d×\d)", caption)
    assert (f"does not fit on {shape[1]}<" in stage) if shape else ("does not fit" not in stage)
    assert ("takes 400, and 256 arrive" in stage) == (change == {"image": 28})
