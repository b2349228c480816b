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


def test_writing_fills_the_named_pixels_whatever_stood_there():
    rng = np.random.default_rng(1)
    x = np.where(rng.random((4, 1, 5, 6)) < 0.5, 0, rng.random((4, 1, 5, 6)))
    order, before = seeing.ranking(rng.random((4, 5, 6)), rng), x.copy()
    for count in (0, 1, 7, 30):
        z = seeing.write(x, order, count)
        named = z == 1
        assert (named.sum(axis=(1, 2, 3)) == count).all() and (z[~named] == x[~named]).all()
        np.testing.assert_array_equal(named, (seeing.erase(x + 2, order, count) == 0))
    np.testing.assert_array_equal(x, before)


def test_pixels_beside_the_ink_are_empty_and_touch_it_by_side_or_corner():
    ink = np.zeros((2, 5, 6))
    ink[0, 0, 0], ink[1, 2, 2:4] = 0.1, 1
    found = seeing.beside(ink) == 0
    assert set(map(tuple, np.argwhere(found[0]))) == {(0, 1), (1, 0), (1, 1)}
    assert found[1].sum() == 10 and not found[1, 2, 2:4].any() and found[1, 1:4, 1:5].sum() == 10


def test_fewer_maps_give_fewer_features_and_the_same_first_ones():
    model, x = seeing.network(0), seeing.stage(0)[2].images[:5]
    every, eight = seeing.features(model, x), seeing.features(model, x, 8)
    assert [f.shape[1] for f in every] == [17, 33, 49] and [f.shape[1] for f in eight] == [17, 17, 17]
    for some, few in zip(every, eight, strict=True):
        middle = (some.shape[1] - 1) // 2
        np.testing.assert_array_equal(few[:, :16], some[:, [*range(8), *range(middle, middle + 8)]])


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
    model, part = seeing.network(0).eval(), seeing.stage(1)[2][:40]
    record = seeing.judged(model, part, 0)
    assert [len(record[judge]) for judge in ("erase", "keep", "write")] == [12, 12, 9]
    assert all(shares[0] == 1 for judge in ("erase", "write") for shares in record[judge].values())


def test_every_error_gets_a_peer_of_its_own_with_the_nearest_lead():
    wanted, given = np.array([1.0, 1.1, 6.0]), np.array([9.0, 1.2, 5.0, 0.7, 3.0])
    found = seeing.matched(wanted, given)
    assert found.tolist() == [3, 1, 2]
    assert len(set(seeing.matched(np.ones(5), given))) == 5


def test_a_lead_map_is_the_fall_of_the_lead():
    model, x = seeing.network(1).eval(), seeing.stage(0)[2].images[:2]
    found = seeing.lead_map(model, x, np.array([2, 3]), np.array([7, 7]))
    covered = x.copy()
    covered[:, 0, 8, 8] = 0
    whole, without = model(x), model(covered)
    lead = [scores[[0, 1], [2, 3]] - scores[:, 7] for scores in (whole, without)]
    np.testing.assert_allclose(found[:, 8, 8], lead[0] - lead[1], atol=1e-12)


def test_to_be_sure_is_the_softmax_and_grows_with_the_spread():
    scores = np.log([[0.92, 0.04, 0.04], [0.5, 0.3, 0.2]])
    assert seeing.sure(scores) == 0.5 and seeing.sure(scores, 0.95) == 0 and seeing.sure(9 * scores) == 1
    assert seeing.spread(np.array([[0.0, 3.0, 1.0], [2.0, 2.0, 7.0]])) == 4


def test_the_corner_is_that_of_the_stamp_and_ties_count_in_shares():
    part = seeing.stage(0)[2][:1]
    empty = type(part)(np.zeros_like(part.images), part.labels)
    marked = seeing.stamped(empty, part.labels).images[:, 0]
    assert seeing.corner(marked) == 1
    marked[0, 0, :5] = 1
    assert seeing.corner(marked) == 0.5
    marked[0, 12, 12] = 2
    assert seeing.corner(marked) == 0


def test_a_probe_reads_what_is_linear_and_no_more():
    rng, labels = np.random.default_rng(0), [np.repeat(np.arange(10), n) for n in (20, 5, 10)]
    clear = [np.eye(10)[k] + 0.05 * rng.normal(size=(len(k), 10)) for k in labels]
    noise = [rng.normal(size=(len(k), 10)) for k in labels]
    assert seeing.probe(clear, labels) == 1 and seeing.probe(noise, labels) < 0.25


def test_the_record_is_whole():
    record = seeing.load()
    assert set(record) == set(seeing.PARTS)
    assert {name: len(runs) for name, runs in record.items()} == {name: 8 for name in record} | {"errors": 16}
    for run in record["judge"]:
        for kind in ("plain", "holes"):
            for judge, names in (("erase", 12), ("keep", 12), ("write", 9)):
                assert np.shape(list(run[kind][judge].values())) == (names, len(seeing.COUNTS))
    assert all(np.shape(list(run.values())) == (4, 3) for run in record["probe"])
    assert all(0 <= run["second"] <= 1 for run in record["errors"])


def test_a_part_of_the_record_is_measured_again():
    record, test = seeing.load(), seeing.stage(0)[2]
    assert seeing.accuracy(seeing.subject(0), test) == pytest.approx(record["judge"][0]["plain"]["accuracy"], abs=0.02)
    again, kept = seeing.noise(0), record["noise"][0]
    for name in ("trained", "untrained", "scaled"):
        assert list(again[name].values()) == pytest.approx(list(kept[name].values()), abs=0.1)
    assert again["spread"] == pytest.approx(kept["spread"], rel=0.1)


def test_the_scaled_twin_gives_more_than_one_answer_and_spreads_as_far(monkeypatch):
    answers = {}
    monkeypatch.setattr(seeing, "subject", seeing.network)  # no training: here both are the same network
    monkeypatch.setattr(seeing, "sure", lambda scores: answers.setdefault(len(answers), scores).argmax(axis=1))
    found = seeing.noise(0)
    digits = list(answers.values())[8]  # the first of the third group
    np.testing.assert_allclose(digits.mean(axis=0), 0, atol=1e-12)
    assert seeing.spread(digits) == pytest.approx(found["spread"]["trained"])
    assert len(set(found["scaled"]["digits"])) > 1 == len(set(found["untrained"]["digits"]))
