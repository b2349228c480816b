"""Chapter 14's stage: the networks, the judge of maps, the stamps, and what the committed record holds."""

import numpy as np
import pytest

from cnnlib import interpret
from cnnlib.course import seeing
from cnnlib.summary import summary


def test_the_network_is_what_the_chapter_says_and_starts_from_its_seed():
    a, b, other = (seeing.network(seed) for seed in (0, 0, 1))
    shapes = [row.output_shape for row in summary(a, (1, 16, 16)).rows]
    assert shapes[seeing.LAST] == (24, 8, 8) and shapes[4] == (16, 8, 8) and shapes[-1] == (10,)
    x = np.random.default_rng(0).random((2, 1, 16, 16))
    np.testing.assert_array_equal(a(x), b(x))
    assert not np.allclose(a(x), other(x))


def test_maps_have_the_size_of_the_image_and_are_the_library_s():
    model, x = seeing.network(2), np.random.default_rng(1).random((3, 1, 16, 16))
    target, found = np.array([1, 5, 9]), None
    found = seeing.maps_of(model, x, target)
    assert tuple(found) == seeing.NAMES and {v.shape for v in found.values()} == {(3, 16, 16)}
    np.testing.assert_allclose(found["occlusion"], interpret.occlusion(model, x, target, 1))
    np.testing.assert_allclose(found["saliency"], interpret.saliency(model, x, target))
    coarse = interpret.grad_cam(model, x, target, seeing.LAST)
    for i, j in [(0, 0), (5, 9), (15, 15)]:
        np.testing.assert_allclose(found["Grad-CAM"][:, i, j], coarse[:, i // 2, j // 2])


def test_ties_are_drawn_and_the_rest_is_in_order():
    maps = np.zeros((1, 4, 4))
    maps[0, 1, 2], maps[0, 3, 3] = 2, 1
    orders = np.array([seeing.ranking(maps, np.random.default_rng(seed))[0] for seed in range(50)])
    assert (orders[:, 0] == 6).all() and (orders[:, 1] == 15).all()
    assert len(set(orders[:, 2])) > 8


def test_erasing_and_keeping_part_the_image_between_them():
    rng = np.random.default_rng(0)
    x = rng.random((4, 1, 5, 6))
    order = seeing.ranking(rng.random((4, 5, 6)), rng)
    before = x.copy()
    for count in (0, 1, 7, 30):
        without, only = seeing.erase(x, order, count), seeing.keep(x, order, count)
        np.testing.assert_array_equal(without + only, x)
        assert ((without == 0).sum(axis=(1, 2, 3)) == count).all()
    np.testing.assert_array_equal(x, before)


def test_holes_take_ink_only_and_a_share_of_each_image():
    x = np.zeros((200, 1, 8, 8))
    x[..., 2:6, 2:6] = 0.5
    left = (seeing.holes(x, np.random.default_rng(0)) > 0).mean(axis=(1, 2, 3)) / 0.25
    assert 0.7 < left.mean() < 0.8 and left.min() > 0.2 and left.max() == 1 and left.std() > 0.1


def test_stamps_are_ten_and_tell_the_digits_apart():
    stamps = seeing.stamps()
    assert stamps.shape == (10, 3, 3) and (stamps.sum(axis=(1, 2)) == 5).all()
    assert len({stamp.tobytes() for stamp in stamps}) == 10
    test = seeing.stage(0)[2][:20]
    wrong = (test.labels + 1) % 10
    marked = seeing.stamped(test, wrong)
    np.testing.assert_array_equal(marked.images[:, 0, -3:, -3:], stamps[wrong])
    np.testing.assert_array_equal(marked.images[:, :, :-3], test.images[:, :, :-3])
    np.testing.assert_array_equal(marked.labels, test.labels)


def test_a_judge_gives_full_marks_for_nothing_erased():
    model, part = seeing.network(0).eval(), seeing.stage(1)[2][:60]
    record = seeing.judged(model, part, 0)
    assert set(record) == {"erase", "keep"} and len(record["erase"]) == 7
    assert all(shares[0] == 1 for shares in record["erase"].values())


def test_the_record_is_whole():
    record = seeing.load()
    assert tuple(record["counts"]) == seeing.COUNTS
    for kind in ("plain", "holes"):
        assert len(record[kind]) == len(record["accuracy"][kind]) == len(seeing.SEEDS)
        for run in record[kind]:
            for judge in ("erase", "keep"):
                assert np.shape(list(run[judge].values())) == (7, len(seeing.COUNTS))


def test_a_part_of_the_record_is_measured_again():
    record, (train, _, test) = seeing.load(), seeing.stage(0)
    again = seeing.judged(seeing.trained(0, train), test, 0)
    for judge in ("erase", "keep"):
        for name, shares in again[judge].items():
            assert shares == pytest.approx(record["plain"][0][judge][name], abs=0.15), (judge, name)
