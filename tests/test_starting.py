"""Chapter 3's experiment: which starts compete, on which digits, and what the committed record holds."""

import json

import numpy as np
import pytest

from cnnlib import data
from cnnlib.course import starting
from cnnlib.course.figures import starting as picture
from cnnlib.course.starting import CHOOSING, DEPTHS, EQUAL, JUDGING, RATES, SCALES, STARTS, network, stage
from cnnlib.layers import Linear

RECORD = starting.load()
MOMENTS = starting.STEPS // starting.EVERY + 1


def linears(model):
    return [layer for layer in model if isinstance(layer, Linear)]


def test_digits_are_brought_to_mean_0_and_mean_square_1_together():
    x, target = starting.digits()
    images, labels = data.load_digits()
    assert x.shape == (1797, 64) and (target == labels).all()
    assert x.mean() == pytest.approx(0, abs=1e-12) and (x**2).mean() == pytest.approx(1)
    slope = (x[3] - x[5]) / (images[3] - images[5]).ravel().clip(1e-9)
    assert np.ptp(slope[(images[3] > images[5]).ravel()]) < 1e-5


def test_every_seed_divides_the_digits_anew_into_two_parts_without_a_common_digit():
    found = []
    for seed in (0, 1):
        x, target, x_new, target_new = stage(seed)
        assert x.shape == (1438, 64) and x_new.shape == (359, 64) and len(target) == 1438 and len(target_new) == 359
        old, new = ({row.tobytes() for row in part} for part in (x, x_new))
        assert not old & new
        found.append(new)
    assert len(found[0] & found[1]) < 150


@pytest.mark.parametrize(("start", "std"), [("He", 32**-0.5), ("Glorot", 1 / 8), ("PyTorch's default", 192**-0.5),
                                            ("0.01", 0.01), (2.5, 2.5 / 8)])
def test_starts_differ_only_in_their_weights_and_in_pytorchs_biases(start, std):
    layers = linears(network(start, 3))
    assert [layer.weight.shape for layer in layers] == [(64, 64)] * 20 + [(10, 64)]
    weights = np.concatenate([layer.weight.data.ravel() for layer in layers[:-1]])
    assert weights.std() == pytest.approx(std, rel=0.02) and abs(weights.mean()) < 0.02 * std
    biases = np.concatenate([layer.bias.data for layer in layers])
    assert biases.std() == pytest.approx(192**-0.5, rel=0.05) if start == "PyTorch's default" else not biases.any()


def test_hes_start_is_the_scale_root_2_and_glorots_the_scale_1():
    for name, scale in (("He", 2**0.5), ("Glorot", 1.0)):
        for one, other in zip(linears(network(name, 5))[:-1], linears(network(scale, 5))[:-1], strict=True):
            np.testing.assert_allclose(one.weight.data, other.weight.data, rtol=1e-12)


@pytest.mark.parametrize("start", EQUAL)
def test_equal_units_stay_equal(start):
    model = network(start, 2, depth=1, width=8)
    starting.learn(model, 2, 0.3, steps=40)
    assert len(np.unique(model[0].weight.data.round(9), axis=0)) == 1


def test_a_film_begins_before_the_first_step_and_leaves_no_trace_in_the_next():
    start = starting.right(network("He", 1, depth=1), *stage(1)[2:])
    films = [starting.trained("He", 1, 0.1, steps=40, depth=1) for _ in range(2)]
    assert films[0] == films[1] and len(films[0]) == 3 and films[0][0] == start
    assert films[0][-1][0] > start[0] + 0.2 and films[0][-1][1] < start[1]


def test_guessing_is_the_share_of_one_digit_and_no_digit_is_much_more_frequent():
    for seed, share in zip(JUDGING, RECORD["guessing"], strict=True):
        counts = np.bincount(stage(seed)[3], minlength=10) / 359
        assert round(share * 359) in np.round(counts * 359) and counts.max() < share + 0.005


def check_contest(found, rates):
    tried = np.array(found["tried"])
    assert tried.shape == (len(rates), len(CHOOSING))
    assert tried.mean(axis=1)[rates.index(found["best"])] == pytest.approx(tried.mean(axis=1).max(), abs=1e-4)
    share, loss = np.array(found["share"]), np.array(found["loss"], dtype=float)
    assert share.shape == loss.shape == (len(JUDGING), MOMENTS)
    assert ((share >= 0) & (share <= 1)).all()
    # A best rate at the end of the list would be no best, unless no rate is better than guessing.
    assert tried.mean(axis=1).max() < 0.2 or rates[0] < found["best"] < rates[-1]


def test_the_record_is_whole_and_its_rates_were_chosen_on_other_seeds():
    assert not set(CHOOSING) & set(JUDGING) and list(RECORD) == list(starting.PARTS)
    assert list(RECORD["starts"]) == list(RECORD["Adam"]) == list(RECORD["depths"]) == list(STARTS)
    assert list(RECORD["scales"]) == [f"{scale:.4g}" for scale in SCALES]
    for found in (*RECORD["starts"].values(), *list(RECORD["scales"].values())[:-2]):
        check_contest(found, RATES["plain"])
    for found in list(RECORD["scales"].values())[-2:]:
        check_contest(found, starting.LOW_RATES)
    for found in RECORD["Adam"].values():
        check_contest(found, RATES["Adam"])
    for found in RECORD["copies"].values():
        check_contest(found, starting.FEW_RATES)
    for by_depth in RECORD["depths"].values():
        assert list(by_depth) == [str(depth) for depth in DEPTHS[:-1]]
        for found in by_depth.values():
            check_contest(found, (*RATES["plain"], 1.0))
    longer = np.array(RECORD["longer"]["share"])
    assert longer.shape == (len(JUDGING), starting.PATIENT // starting.EVERY + 1)
    np.testing.assert_allclose(longer[:, :MOMENTS], RECORD["starts"]["Glorot"]["share"], atol=1e-9)


def test_hes_start_under_its_two_names_gave_the_same_films():
    assert RECORD["scales"]["1.414"] == RECORD["starts"]["He"]


def test_points_of_the_record_are_measured_again():
    found = RECORD["depths"]["He"]["2"]
    again = starting.trained("He", 0, found["best"], depth=2)
    assert again[-1][0] == pytest.approx(found["share"][0][-1], abs=0.03)
    found = RECORD["copies"]["all 0.1"]
    assert starting.trained("all 0.1", 0, found["best"], depth=1, width=8)[-1][0] == pytest.approx(
        found["share"][0][-1], abs=0.03)


def test_a_part_is_measured_without_touching_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(starting, "RECORD", tmp_path / "starting.json")
    starting.RECORD.write_text(json.dumps({"scales": 1, "starts": 2}))
    monkeypatch.setitem(starting.PARTS, "starts", lambda: 3)
    starting.main(["starts"])
    assert starting.load() == {"starts": 3, "scales": 1}


def test_what_differs_between_examples_is_measured_unit_by_unit():
    same = np.tile([1.0, 5.0], (4, 1))
    size, between = picture.measure([same, same + [[1], [-1], [1], [-1]]])
    np.testing.assert_allclose(size, [13**0.5, 14**0.5])
    np.testing.assert_allclose(between, [0, 1], atol=1e-12)


def test_the_signal_of_a_start_is_what_the_network_computes():
    model, values = network("PyTorch's default", 4), starting.signals("PyTorch's default", 4)
    assert len(values) == 20
    np.testing.assert_array_equal(model[-1](values[-1]), model(starting.digits()[0]))
