"""The units of LeNet-5: what the explorer of chapter 12 says is what the library computes."""

import re

import numpy as np
import pytest

from cnnlib.course.figures import building_explorers as explore
from cnnlib.models import lenet5
from cnnlib.receptive import gradient_field, receptive_field
from cnnlib.summary import summary

NET = lenet5(rng=np.random.default_rng(0), dtype=np.float64)
ROWS = summary(NET, (1, 28, 28)).rows


@pytest.mark.parametrize("layer", explore.LAYERS)
@pytest.mark.parametrize("place", [0, 1, 4, 6, 8])
def test_caption_and_picture_follow_the_library(layer, place):
    stage, caption = explore.unit(layer, place)
    part, row = NET[:explore.LAYERS[layer]], ROWS[explore.LAYERS[layer] - 1]
    i, j = (explore.units(layer)[k] for k in divmod(place, 3))
    box, field = receptive_field(part).box(i, j), gradient_field(part, explore.images(), i, j)
    assert f"unit ({i}, {j})" in caption
    assert f"rows {box[0]} to {box[1] - 1}, columns {box[2]} to {box[3] - 1}" in caption
    assert f"reacts to {(field > 0).sum()} pixels" in caption
    assert f"{row.parameters:,} parameters, {row.multiply_adds:,} multiply-adds" in caption
    inside = field[max(box[0], 0):box[1], max(box[2], 0):box[3]]
    assert inside.sum() == pytest.approx(field.sum(), rel=1e-12)
    padding = (box[1] - box[0]) * (box[3] - box[2]) - inside.size
    assert (f"{padding} of its" in caption) == (padding > 0)
    widths = []
    for f in (inside, np.ones(inside.shape)):
        middles = [np.average(at, weights=f) for at in np.indices(f.shape)]
        spreads = [np.average((at - m) ** 2, weights=f) for at, m in zip(np.indices(f.shape), middles, strict=True)]
        widths.append(4 * np.mean(np.sqrt(spreads)))
    assert f"4σ of its gradient: {widths[0]:.1f} pixels" in caption and f"evenly: {widths[1]:.1f} (" in caption
    # Every pixel that the unit reacts to is drawn once.
    runs = re.findall(r"M(\d+) (\d+)h(\d+)", stage)
    drawn = sorted((int(y), int(x) + k) for x, y, n in runs for k in range(int(n)))
    assert drawn == sorted(map(tuple, np.argwhere(field > 0).tolist()))


@pytest.mark.parametrize("layer", explore.LAYERS)
def test_units_to_pick_are_all_different_and_reach_both_ends(layer):
    pick = explore.units(layer)
    assert len(set(pick)) == 3 and pick[0] == 0 and pick[-1] == ROWS[explore.LAYERS[layer] - 1].output_shape[1] - 1


def test_each_pickable_unit_can_be_clicked():
    stage, _ = explore.unit("conv2", 7)
    assert re.findall(r'data-set="place:(\d+)"', stage) == [str(k) for k in range(9)]
