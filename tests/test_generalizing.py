"""Chapter 7's experiments: what is dealt, mislabelled and moved, and what the committed record holds."""

import numpy as np
import pytest

from cnnlib.course import generalizing
from cnnlib.course.figures import threshold
from cnnlib.course.generalizing import DECAYS, FEW, SEEDS, WRONG, dealt, mislabelled, moved, nearest, parts
from cnnlib.data import Dataset


def test_the_test_digits_of_the_chapter_take_no_part():
    test = {image.tobytes() for image in parts()[2].images}
    for seed in (0, 3):
        train, validation = dealt(seed)
        learned, judged = ({image.tobytes() for image in part.images} for part in (train, validation))
        assert (len(train), len(validation)) == (1078, 360)
        assert not learned & judged and not (learned | judged) & test


def test_images_keep_their_labels_when_they_are_dealt():
    whole = {image.tobytes(): label for part in parts() for image, label in zip(*part, strict=True)}
    for part in dealt(1):
        assert [whole[image.tobytes()] for image in part.images] == part.labels.tolist()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_wrong_labels_is_as_asked_and_each_is_wrong(share):
    part = Dataset(np.zeros((200, 1, 1, 1)), np.arange(200) % 10)
    spoiled = mislabelled(part, share, np.random.default_rng(0))
    assert (spoiled.labels != part.labels).sum() == round(200 * share)
    assert set(spoiled.labels) <= set(range(10)) and part.labels.tolist() == [k % 10 for k in range(200)]


@pytest.mark.parametrize(("down", "right", "expected"), [
    (0, 0, [[1, 2, 3], [4, 5, 6]]), (0, 1, [[0, 1, 2], [0, 4, 5]]), (0, -1, [[2, 3, 0], [5, 6, 0]]),
    (1, 0, [[0, 0, 0], [1, 2, 3]]), (-1, 0, [[4, 5, 6], [0, 0, 0]]),
])
def test_images_move_and_nothing_comes_round(down, right, expected):
    assert moved(np.array([[[[1, 2, 3], [4, 5, 6]]]]), down, right)[0, 0].tolist() == expected


def test_the_nearest_is_found_in_spite_of_the_shortcut():
    r = np.random.default_rng(0)
    known, new = Dataset(r.normal(size=(20, 1, 3, 2)), r.integers(0, 10, 20)), r.normal(size=(15, 1, 3, 2))
    slow = [min(range(20), key=lambda k, image=image: ((known.images[k] - image) ** 2).sum()) for image in new]
    np.testing.assert_array_equal(nearest(known, new), known.labels[slow])


def test_the_record_is_whole():
    record = generalizing.load()
    assert tuple(record["decays"]) == DECAYS and tuple(record["wrong"]) == WRONG
    assert np.shape([list(run.values()) for run in record["neighbours"]]) == (len(SEEDS), 2, 2)
    assert np.shape(record["stopping"]) == (len(WRONG), len(SEEDS), 3)
    decay = np.array(record["decay"])
    assert decay.shape == (len(WRONG), len(DECAYS), len(SEEDS), 3)
    best = decay[..., 0].mean(axis=2).argmax(axis=1)
    assert (0 < best).all() and (best < len(DECAYS) - 1).all()  # a best value at the end of the list would be no best


def test_points_of_the_record_are_measured_again():
    record = generalizing.load()
    assert generalizing.decayed(4, 0.3, 0.03)[2] == pytest.approx(record["decay"][1][4][4][2], abs=0.03)
    assert generalizing.stopping(2, 0.0)[1] == pytest.approx(record["stopping"][0][2][1], abs=0.03)
    train, validation = dealt(5)
    assert record["neighbours"][5]["nearest"][0] == (nearest(train, validation.images) == validation.labels).mean()
    assert FEW < len(train)


def test_the_four_counts_add_up_at_every_threshold():
    r = np.random.default_rng(0)
    scores, truth = r.random(50), r.random(50) < 0.3
    for value in threshold.THRESHOLDS:
        tp, fp, fn, tn = threshold.counts(value, scores, truth)
        assert tp + fn == truth.sum() and fp + tn == (~truth).sum() and tp + fp == (scores > value).sum()


def test_precision_of_nothing_is_no_number():
    scores, truth = np.array([0.3, 0.1, 0.5]), np.array([True, False, True])
    _, caption = threshold.explore_threshold(0.52, scores, truth)
    assert "precision – (0 of 0 that were called 8), recall 0.0% (0 of 2 that are)" in caption
    _, caption = threshold.explore_threshold(0.28, scores, truth)
    assert "precision 100.0% (2 of 2 that were called 8), recall 100.0%" in caption


def test_equal_scores_are_called_together():
    precision, recall = threshold.precision_recall(np.array([0.9, 0.5, 0.5]), np.array([False, True, False]))
    assert precision.tolist() == [0, 1 / 3] and recall.tolist() == [0, 1]


def test_squares_that_are_not_drawn_are_counted():
    scores, truth = np.concatenate([np.full(40, 0.01), np.full(3, 0.9)]), np.arange(43) >= 40
    stage, _ = threshold.explore_threshold(0.4, scores, truth)
    assert f"and {40 - threshold.MOST} more" in stage
    stage, _ = threshold.explore_threshold(0.4, scores[30:], truth[30:])
    assert " more" not in stage
