"""The units of chapter 14's network: what the explorer says is what the library computes."""

import re

import numpy as np
import pytest

from cnnlib.course import seeing
from cnnlib.course.figures import images
from cnnlib.course.figures.saw_explorers import DEPTH, PLACES, Units
from cnnlib.receptive import gradient_field, receptive_field


@pytest.fixture(scope="module")
def stage():
    test = seeing.stage(0)[2]
    models = {"trained": seeing.network(0).eval(), "before training": seeing.network(1).eval()}
    return models, test.images[:1], test.images[:20], Units(models, test.images[:1], test.images[:20])


@pytest.mark.parametrize("network", ["trained", "before training"])
@pytest.mark.parametrize(("channel", "place"), [(0, 0), (3, 4), (15, 7), (9, 8)])
def test_numbers_follow_the_library(stage, network, channel, place):
    models, image, others, units = stage
    model, found = models[network], units.numbers(network, channel, place)
    row, column = PLACES[place // 3], PLACES[place % 3]
    assert found["unit"] == (row, column) and found["box"] == receptive_field(model[:DEPTH]).box(row, column)
    own = model[:DEPTH](image)[0, channel]
    assert found["value"] == pytest.approx(own[row, column]) and found["rank"] == 1 + (own > own[row, column]).sum()
    top, bottom, left, right = found["box"]
    inside = np.zeros((16, 16), bool)
    inside[max(top, 0):bottom, max(left, 0):right] = True
    scores, without = model(image)[0], model(np.where(inside, 0, image))[0]
    assert found["drop"] == pytest.approx((scores.max() - without[scores.argmax()]) / np.ptp(scores))
    assert found["only"] == (set(model(others).argmax(axis=1)) == {scores.argmax()})
    assert found["ink"] == (image[0, 0][inside] > 0).sum()
    reached = gradient_field(model[:DEPTH], others, row, column) > 0
    assert not (reached & ~inside).any()
    model.forget()


def test_the_best_patch_gives_what_it_is_said_to_give(stage):
    models, _, others, units = stage
    model, tried = models["trained"], 0
    for channel in range(16):
        found = units.numbers("trained", channel, 4)
        maps = model[:DEPTH](others)[:, channel]
        assert found["best_value"] == pytest.approx(maps.max())
        _, i, j = np.unravel_index(maps.argmax(), maps.shape)
        if 2 <= min(i, j) and max(i, j) <= 5:  # away from the border: the patch alone decides
            alone = np.zeros((1, 1, 16, 16))
            alone[0, 0, 3:11, 3:11] = found["best"]  # the field of unit (3, 3)
            assert model[:DEPTH](alone)[0, channel, 3, 3] == pytest.approx(found["best_value"])
            tried += 1
    model.forget()
    assert tried >= 5


def test_a_frame_says_its_numbers_and_offers_all_units(stage):
    *_, units = stage
    markup, caption = units.draw("before training", 3, 5)
    found = units.numbers("before training", 3, 5)
    assert re.findall(r'data-set="place:(\d+)"', markup) == [str(k) for k in range(9)]
    assert f"unit ({found['unit'][0]}, {found['unit'][1]}): {found['value']:.2f}" in caption
    only = ", as it reads every test digit" if found["only"] else ""
    assert f"The network reads a {found['answer']}{only}." in caption
    assert f"rank {found['rank']} of the map's 64" in caption
    assert f"with {found['ink']} pixels" in caption
    runs = re.findall(r"M(\d+) (\d+)\.5h(\d+)", markup.split("</svg>")[0])
    drawn = {(int(y), int(x) + k) for x, y, n in runs for k in range(int(n))}
    assert drawn == set(map(tuple, np.argwhere(units.image[0, 0] > 0).tolist()))
    assert len(markup) < 2600 and images(markup).count("<img") == 3


def test_a_change_that_rounds_to_nothing_is_neither_a_rise_nor_a_fall(stage, monkeypatch):
    *_, units = stage
    found = units.numbers("trained", 3, 5)
    for drop, words in ((0.004, "changes by less than 1%"), (-0.004, "changes by less than 1%"), (-0.2, "rises by 20%"),
                        (0.2, "falls by 20%")):
        monkeypatch.setattr(units, "numbers", lambda *_, drop=drop: found | {"drop": drop})
        assert f"that score {words} of the range" in units.draw("trained", 3, 5)[1]
