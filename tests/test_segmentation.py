"""Metrics over pixels, by hand and against scikit-learn's Jaccard score."""

import numpy as np
import pytest
from sklearn import metrics as sk

from cnnlib.segmentation import class_iou, mean_iou, pixel_accuracy, pixel_confusion

TRUE = np.array([[[0, 0, 1], [0, 2, 2]]])
PRED = np.array([[[0, 1, 1], [0, 0, 2]]])


def test_by_hand():
    table = pixel_confusion(TRUE, PRED, 4)
    assert table.tolist() == [[2, 1, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert pixel_accuracy(table) == 4 / 6
    np.testing.assert_allclose(class_iou(table), [2 / 4, 1 / 2, 1 / 2, np.nan])
    assert mean_iou(table) == 0.5


@pytest.mark.parametrize("seed", range(20))
def test_against_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 6, 3))
    true, pred = rng.integers(0, 4, shape).astype(np.uint8), rng.integers(0, 4, shape).astype(np.int8)
    table = pixel_confusion(true, pred, 4)
    present = np.union1d(true, pred)
    expected = sk.jaccard_score(true.ravel(), pred.ravel(), labels=present, average=None, zero_division=0)
    np.testing.assert_allclose(class_iou(table)[present], expected)
    assert mean_iou(table) == pytest.approx(expected.mean())
    assert pixel_accuracy(table) == pytest.approx((true == pred).mean())


def test_small_label_dtypes_do_not_wrap():
    """200 classes in uint8: 199 * 200 does not fit into a byte."""
    true = np.array([199, 3], np.uint8)
    assert pixel_confusion(true, true, 200)[199, 199] == 1


def test_ignored_pixels_count_nowhere():
    true = np.where(PRED == 1, 255, TRUE)
    table = pixel_confusion(true, PRED, 3, ignore_index=255)
    assert table.sum() == 4 and table[:, 1].sum() == 0
    assert pixel_confusion(TRUE, PRED, 3, ignore_index=0).sum() == 3


def test_no_pixels():
    table = pixel_confusion(np.zeros((0, 2, 2), int), np.zeros((0, 2, 2), int), 3)
    assert not table.any() and np.isnan(pixel_accuracy(table)) and np.isnan(mean_iou(table))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pixel_confusion(TRUE, PRED[:, :1], 3), ValueError, "y_pred must have shape"),
        (lambda: pixel_confusion(TRUE, PRED, 2), ValueError, "y_true must be from 0 to 1"),
        (lambda: pixel_confusion(TRUE - 1, PRED, 3), ValueError, "y_true must be from 0 to 2, got -1"),
        (lambda: pixel_confusion(TRUE, PRED + 5, 3, ignore_index=2), ValueError, "y_pred must be from 0 to 2"),
        (lambda: pixel_confusion(TRUE, PRED.astype(float), 3), TypeError, "argmax"),
        (lambda: pixel_confusion(TRUE, PRED, 0), ValueError, "num_classes must be at least 1"),
        (lambda: class_iou(np.zeros((2, 3), int)), ValueError, "as many rows as columns"),
        (lambda: class_iou(np.zeros((2, 2))), TypeError, "confusion must hold integers"),
        (lambda: mean_iou(np.array([[-1]])), ValueError, "at least 0"),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
