"""Chapter 11's experiment: digits in a field, moved, and what the committed record holds."""

import numpy as np
import pytest

from cnnlib.course import shifting
from cnnlib.course.shifting import (
    CHOOSING,
    ENDINGS,
    FAR,
    JUDGING,
    MAPS,
    RATES,
    SHIFTS,
    field,
    network,
    parameters,
    shifted,
)
from cnnlib.training import predict

DIGITS = np.random.default_rng(0).random((3, 1, 8, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def record():
    return shifting.load()


@pytest.mark.parametrize("times", [1, 3])
def test_a_digit_moved_far_stays_whole(times):
    there = shifted(field(DIGITS, times), FAR * times)
    left = (shifting.LEFT + FAR) * times
    rows = slice(shifting.ABOVE * times, (shifting.ABOVE + 8) * times)
    found = there[:, :, rows, left : left + 8 * times]
    np.testing.assert_array_equal(found, DIGITS.repeat(times, 2).repeat(times, 3))
    assert there.sum(dtype=np.float64) == pytest.approx(found.sum(dtype=np.float64), rel=1e-6)


def test_shifting_moves_to_the_right_and_loses_what_passes_the_edge():
    x = np.arange(1.0, 7).reshape(1, 1, 2, 3)
    np.testing.assert_array_equal(shifted(x, 2)[0, 0], [[0, 0, 1], [0, 0, 4]])
    np.testing.assert_array_equal(shifted(x, 0), x)


@pytest.mark.parametrize("ending", ENDINGS)
def test_global_pooling_is_invariant_without_training_and_nothing_else_is(ending):
    model, x = network(ending, 1), field(DIGITS)
    changed = [np.abs(predict(model, shifted(x, s)) - predict(model, x)).max() for s in range(1, FAR + 1)]
    if ending.startswith("global"):
        assert max(changed) < 1e-6
    else:
        assert min(changed) > 1e-3


def test_moved_digits_reach_every_distance_and_no_further():
    x = np.zeros((200, 1, 1, 10), np.float32)
    x[..., 0] = 1
    columns = shifting.move(x, np.random.default_rng(0))[:, 0, 0].argmax(axis=1)
    assert set(columns) == set(range(FAR + 1))


def test_the_networks_have_about_as_many_parameters():
    counts = [parameters(ending) for ending in ENDINGS]
    assert max(counts) < 1.1 * min(counts)
    assert parameters("none", maps=8) == 80 + 584 + 8 * 12 * 18 * 10 + 10


def test_a_split_puts_no_digit_in_two_parts():
    parts = shifting.stage(2)
    rows = [{image.tobytes() for image in part.images} for part in parts]
    assert sum(len(part) for part in parts) == 1797 and parts[0].images.shape[1:] == (1, 12, 18)
    assert len(rows[0] & rows[2]) <= 1 and len(rows[0] & rows[1]) <= 1  # two digits of the set are drawn alike


def entries(record):
    parts = ("networks", "maps", "moved", "large")
    return [(part, name, entry) for part in parts for name, entry in record[part].items()]


def test_each_network_has_the_best_of_the_rates_that_were_tried_unless_runs_failed_there(record):
    for part, name, entry in entries(record):
        tried = {lr: np.mean(runs) for lr, runs in entry["validation"]}
        assert all(len(runs) == len(CHOOSING) for _, runs in entry["validation"])
        best, failed = max(tried, key=tried.get), [lr for lr, _ in entry["failed"]]
        assert entry["best"] == (best if not failed else RATES[RATES.index(failed[-1]) - 1]), (part, name)
        assert not failed or failed[0] == best
        for near in (RATES.index(best) - 1, RATES.index(best) + 1):
            assert not 0 <= near < len(RATES) or RATES[near] in tried


def test_the_record_holds_every_network_seed_and_shift(record):
    assert record["shifts"] == list(SHIFTS) and list(record["networks"]) == list(ENDINGS)
    for part, name, entry in entries(record):
        shifts = shifting.ENLARGED * FAR + 1 if part == "large" else len(SHIFTS)
        assert np.shape(entry["test"]) == np.shape(entry["change"]) == (len(JUDGING), shifts), (part, name)
        assert np.min(np.array(entry["test"])[:, 0]) > shifting.GUESSING
    for name, entry in record["networks"].items():
        assert entry["parameters"] == parameters(name, maps=MAPS[name])


def test_more_epochs_were_given_at_the_rate_of_the_fewer(record):
    assert list(record["longer"]) == [f"{part}, {ending}" for part, ending in shifting.SLOW]
    for part, ending in shifting.SLOW:
        entry = record["longer"][f"{part}, {ending}"]
        assert entry["best"] == record[part][ending]["best"] and np.shape(entry["test"]) == (len(JUDGING), len(SHIFTS))


def test_what_the_record_says_of_global_pooling_is_flat_as_far_as_the_proof_goes(record):
    for name in ("global max", "global average"):
        test = np.array(record["networks"][name]["test"])
        np.testing.assert_allclose(test[:, : FAR + 1], test[:, :1].repeat(FAR + 1, axis=1), atol=0.003)
