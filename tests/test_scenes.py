"""Scenes: everything that is said about a picture is true of its pixels."""

import numpy as np
import pytest

from cnnlib.data import load_digits
from cnnlib.scenes import make_scenes, place

DIGITS = load_digits()


def test_a_placed_image_is_all_there_and_nothing_else():
    placed = place(DIGITS[:200], (12, 20), np.random.default_rng(0))
    assert placed.images.shape == (200, 1, 12, 20) and placed.images.dtype == np.float32
    np.testing.assert_array_equal(placed.labels, DIGITS.labels[:200])
    corners = set()
    for big, small in zip(placed.images[:, 0], DIGITS.images[:200, 0], strict=True):
        hits = [(i, j) for i in range(5) for j in range(13) if np.array_equal(big[i : i + 8, j : j + 8], small)]
        assert big.sum() == pytest.approx(small.sum(), rel=1e-6) and len(hits) >= 1
        corners |= set(hits)
    assert len(corners) > 55  # of 65 places


def test_boxes_labels_and_masks_describe_the_pixels():
    scenes = make_scenes(DIGITS, 60, (24, 30), np.random.default_rng(1), objects=(0, 3))
    assert scenes.images.shape == (60, 1, 24, 30) and len(scenes) == 60
    assert {len(b) for b in scenes.boxes} == {0, 1, 2, 3}
    for image, boxes, labels, mask in zip(scenes.images, scenes.boxes, scenes.labels, scenes.masks, strict=True):
        assert len(boxes) == len(labels)
        np.testing.assert_array_equal(mask > 0, image[0] > 0.25)
        inside = np.zeros(mask.shape, int)
        for (x1, y1, x2, y2), label in zip(boxes.astype(int), labels, strict=True):
            own = mask[y1:y2, x1:x2] == label + 1
            assert own[0].any() and own[-1].any() and own[:, 0].any() and own[:, -1].any()  # the box is tight
            inside[y1:y2, x1:x2] += 1
        assert inside[mask > 0].min(initial=1) >= 1


def test_a_seed_gives_the_same_scenes_again():
    a, b = (make_scenes(DIGITS, 5, 20, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(a.images, b.images)
    np.testing.assert_array_equal(a.masks, b.masks)
    assert not np.array_equal(a.images, make_scenes(DIGITS, 5, 20, np.random.default_rng(4)).images)


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: place(DIGITS, 7, RNG), ValueError, r"size must be at least that of the images, \(8, 8\)"),
        (lambda: place(DIGITS, 10, 0), TypeError, "rng must be"),
        (lambda: place(DIGITS.images, 10, RNG), TypeError, "dataset must be a Dataset or a pair"),
        (lambda: make_scenes(DIGITS, 1, 9, RNG, objects=5), ValueError, "size must leave room"),
        (lambda: make_scenes(DIGITS, 1, 9, RNG, objects=(3, 1)), ValueError, "objects must be at least, then at most"),
        (lambda: make_scenes(DIGITS, -1, 9, RNG), ValueError, "count must be at least 0"),
        (lambda: make_scenes(DIGITS[:0], 1, 9, RNG), ValueError, "at least one image"),
        (lambda: make_scenes(DIGITS, 1, 9, RNG, objects=1, ink=2), ValueError, "brighter than ink"),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("shape", [(1, 0, 2, 2), (1, 1, 0, 2), (1, 1, 2, 0)])
def test_images_without_pixels_are_refused(shape):
    dataset = np.ones(shape, np.float32), np.array([0])
    for call in (lambda r: make_scenes(dataset, 1, 4, r), lambda r: place(dataset, 4, r)):
        with pytest.raises(ValueError, match="images of dataset must have at least one channel"):
            call(np.random.default_rng(0))


@pytest.mark.parametrize("label", [2**63, 2**64 - 1, 2**63 - 1])
def test_labels_that_the_masks_cannot_hold_are_refused(label):
    dataset = np.ones((1, 1, 2, 2), np.float32), np.array([label], np.uint64)
    with pytest.raises(ValueError, match="labels of dataset must be below"):
        make_scenes(dataset, 1, 4, np.random.default_rng(0))
