"""Chapter 8's experiment: what is shuffled, what stays, and what the committed record holds."""

import numpy as np
import pytest

from cnnlib.course import shuffling
from cnnlib.course.shuffling import CHOOSING, FRACTIONS, JUDGING, RATES, network, partial, shuffled, stage


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_partial_shuffle_moves_only_its_share_and_loses_no_pixel(fraction):
    order = np.random.default_rng(0).permutation(256)
    index = partial(order, fraction)
    np.testing.assert_array_equal(np.sort(index), np.arange(256))
    moved = np.flatnonzero(index != np.arange(256))
    assert set(moved) <= set(order[: round(256 * fraction)]) and len(moved) >= 0.9 * round(256 * fraction) - 1
    if fraction == 1:
        np.testing.assert_array_equal(index, order)


def test_larger_fractions_keep_the_pixels_of_smaller_ones():
    order, before = np.random.default_rng(1).permutation(256), set()
    for fraction in FRACTIONS:
        chosen = set(order[: round(256 * fraction)])
        assert before <= chosen
        before = chosen


def test_a_shuffle_is_the_same_for_every_image_and_can_be_undone():
    (train, _, test), order = stage(0)
    for part in (train[:5], test[:5]):
        there = shuffled(part, order)
        for image, dealt in zip(part.images, there.images, strict=True):
            np.testing.assert_array_equal(dealt.ravel(), image.ravel()[order])
        np.testing.assert_array_equal(shuffled(there, np.argsort(order)).images, part.images)
        np.testing.assert_array_equal(there.labels, part.labels)


def test_no_digit_is_in_two_parts_and_each_training_digit_is_placed_twice():
    parts, _ = stage(3, shuffling.CENTRED)
    train, validation, test = ([image.tobytes() for image in part.images] for part in parts)
    assert len(train) == 2 * len(set(train)) == 2156 and train[:1078] == train[1078:]
    assert not set(train) & set(validation) and not set(train) & set(test) and not set(validation) & set(test)


def test_the_field_is_as_large_as_it_says_and_holds_the_digit():
    large, small = (stage(2, size)[0][2] for size in (16, 8))
    assert large.images.shape[2:] == (16, 16) and small.images.shape[2:] == (8, 8)
    np.testing.assert_allclose(large.images.sum(axis=(1, 2, 3)), small.images.sum(axis=(1, 2, 3)))


@pytest.mark.parametrize(("name", "parameters"), [("MLP", 34_186), ("CNN", 3_818)])
def test_the_networks_start_from_their_seed(name, parameters):
    a, b, other = (network(name, seed) for seed in (0, 0, 1))
    assert sum(p.size for p in a.parameters()) == parameters
    x = np.random.default_rng(0).random((2, 1, 16, 16))
    np.testing.assert_array_equal(a(x), b(x))
    assert not np.allclose(a(x), other(x))


def test_the_record_is_whole_and_its_rates_were_chosen_on_other_seeds():
    record = shuffling.load()
    assert not set(CHOOSING) & set(JUDGING)
    assert tuple(record["fractions"]) == FRACTIONS and tuple(record["rates"]) == RATES
    for name in ("CNN", "MLP"):
        tried, best = np.array(record["validation"][name]), record["best"][name]
        assert tried.shape == (len(FRACTIONS), len(RATES), len(CHOOSING))
        assert best == [RATES[k] for k in tried.mean(axis=2).argmax(axis=1)]
        assert RATES[0] < min(best) and max(best) < RATES[-1]  # a best rate at the end of the list would be no best
        assert np.shape(record["test"][name]) == (len(FRACTIONS), len(JUDGING))
        assert {len(runs) for runs in record["longer"][name].values()} == {len(JUDGING)}
        assert len(record["centred"][name]) == 2 and set(record["centred"][name]) <= set(RATES)


def test_a_point_of_the_record_is_measured_again():
    record = shuffling.load()
    k = FRACTIONS.index(1)
    again = shuffling.trained("MLP", 0, 1, record["best"]["MLP"][k])[2]
    assert again == pytest.approx(record["test"]["MLP"][k][0], abs=0.03)
