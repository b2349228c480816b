"""Boxes, suppression and average precision, by hand, by brute force and against published figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.detection import (
    Detections,
    average_precision,
    batched_nms,
    box_area,
    box_iou,
    match,
    nms,
    precision_recall,
)

# R. Padilla, "Object-Detection-Metrics" (2018): 15 true boxes and 24 detections (score first) in seven images, as
# x, y, width, height; its results.txt lists precision and recall at an IoU of 0.3, and an AP of 24.57 %.
TRUE = [
    [(25, 16, 38, 56), (129, 123, 41, 62)],
    [(123, 11, 43, 55), (38, 132, 59, 45)],
    [(16, 14, 35, 48), (123, 30, 49, 44), (99, 139, 47, 47)],
    [(53, 42, 40, 52), (154, 43, 31, 34)],
    [(59, 31, 44, 51), (48, 128, 34, 52)],
    [(36, 89, 52, 76), (62, 58, 44, 67)],
    [(28, 31, 55, 63), (58, 67, 50, 58)],
]
FOUND = [
    [(0.88, 5, 67, 31, 48), (0.70, 119, 111, 40, 67), (0.80, 124, 9, 49, 67)],
    [(0.71, 64, 111, 64, 58), (0.54, 26, 140, 60, 47), (0.74, 19, 18, 43, 35)],
    [(0.18, 109, 15, 77, 39), (0.67, 86, 63, 46, 45), (0.38, 160, 62, 36, 53), (0.91, 105, 131, 47, 47),
     (0.44, 18, 148, 40, 44)],
    [(0.35, 83, 28, 28, 26), (0.78, 28, 68, 42, 67), (0.45, 87, 89, 25, 39), (0.14, 10, 155, 60, 26)],
    [(0.62, 50, 38, 28, 46), (0.44, 95, 11, 53, 28), (0.95, 29, 131, 72, 29), (0.23, 29, 163, 72, 29)],
    [(0.45, 43, 48, 74, 38), (0.84, 17, 155, 29, 35), (0.43, 95, 110, 25, 42)],
    [(0.48, 16, 20, 101, 88), (0.95, 33, 116, 37, 49)],
]
PRECISION = [1.00, .50, .67, .50, .40, .33, .29, .25, .22, .30, .27, .33, .38, .43, .40, .38, .35, .33, .32, .30, .29,
             .27, .30, .29]  # fmt: skip
RECALL = [.07, .07, .13, .13, .13, .13, .13, .13, .13, .20, .20, .27, .33] + 9 * [.40] + [.47, .47]


def corners(rows):
    """That implementation counts pixels x to x + width, both included; our edges lie between pixels, so 1 is added."""
    rows = np.array(rows, float).reshape(-1, 4)
    return np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:] + 1], axis=1)


def published():
    truth = [corners(rows) for rows in TRUE]
    return [Detections(corners([r[1:] for r in rows]), np.array([r[0] for r in rows])) for rows in FOUND], truth


def test_the_published_example():
    found, truth = published()
    precision, recall, scores = precision_recall(found, truth, 0.3)
    assert len(scores) == 24 and (np.diff(scores) <= 0).all()
    # The list takes the two boxes of score 0.95 in the other order: what is right comes first in it.
    assert precision[1:].round(2).tolist() == pytest.approx(PRECISION[1:], abs=0.0051)
    assert recall[1:].round(2).tolist() == pytest.approx(RECALL[1:], abs=0.0051)
    assert average_precision(found, truth, 0.3) == pytest.approx(0.2457, abs=5e-5)


# --- By hand


def test_iou_by_hand():
    a = np.array([[0.0, 0, 4, 3]])
    b = np.array([[2.0, 1, 6, 4], [4, 0, 8, 3], [5, 5, 6, 6], [1, 1, 2, 2], [0, 0, 4, 3], [1, 1, 1, 3]])
    np.testing.assert_allclose(box_iou(a, b), [[4 / 20, 0, 0, 1 / 12, 1, 0]])
    np.testing.assert_allclose(box_area(b), [12, 12, 1, 1, 12, 0])
    assert box_iou(b[-1:], b[-1:]).tolist() == [[0]]  # no area: no overlap, and no 0 / 0


def test_boxes_apart_in_both_directions_have_nothing_in_common():
    """The product of two negative overlaps is positive: the classic mistake."""
    assert box_iou(np.array([[0.0, 0, 1, 1]]), np.array([[3.0, 3, 5, 5]])).item() == 0


def test_a_duplicate_is_wrong_and_adds_nothing():
    truth = [np.array([[0.0, 0, 10, 10], [20, 20, 30, 30]])]
    once = [Detections(truth[0], np.array([0.9, 0.8]))]
    assert average_precision(once, truth) == 1
    twice = [Detections(truth[0][[0, 0, 1]], np.array([0.9, 0.85, 0.8]))]
    assert match(twice[0], truth[0]).tolist() == [True, False, True]
    assert average_precision(twice, truth) == pytest.approx((1 + 2 / 3) / 2)
    assert nms(*twice[0], 0.5).tolist() == [0, 2]


def test_a_detection_looks_only_at_the_true_box_that_it_overlaps_most():
    truth = np.array([[0.0, 0, 10, 10], [0, 4, 10, 14]])
    found = Detections(np.array([[0.0, 0, 10, 10], [0, 1, 10, 11]]), np.array([0.9, 0.8]))
    assert match(found, truth, 0.5).tolist() == [True, False]  # the second could claim truth[1], IoU 7/13, but does not


def test_what_is_never_found_costs_recall_and_images_without_objects_count():
    truth = [np.zeros((0, 4)), np.array([[0.0, 0, 1, 1], [5, 5, 6, 6]])]
    found = [Detections(np.array([[0.0, 0, 1, 1]]), np.array([0.99])), Detections(truth[1][:1], np.array([0.5]))]
    assert average_precision(found, truth) == pytest.approx(0.25)
    assert average_precision(found[1:], truth[1:]) == 0.5
    nothing = Detections(np.zeros((0, 4)), np.zeros(0))
    assert average_precision([nothing, nothing], truth) == 0
    assert np.isnan(average_precision(found[:1], truth[:1]))
    assert np.isnan(average_precision([], []))


# --- By brute force


def draw_boxes(rng, n):
    first = rng.integers(0, 6, (n, 2))
    return np.concatenate([first, first + rng.integers(0, 5, (n, 2))], axis=1).astype(float)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 8), st.integers(0, 8))
def test_iou_counts_pixels(seed, n, m):
    rng = np.random.default_rng(seed)
    a, b = draw_boxes(rng, n), draw_boxes(rng, m)

    def pixels(box):
        x1, y1, x2, y2 = box.astype(int)
        return {(r, c) for r in range(y1, y2) for c in range(x1, x2)}

    expected = [[len(pixels(p) & pixels(q)) / max(len(pixels(p) | pixels(q)), 1) for q in b] for p in a]
    np.testing.assert_allclose(box_iou(a, b), np.array(expected).reshape(n, m))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 12), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_nms_keeps_a_box_unless_a_better_one_that_stays_covers_it(seed, n, threshold):
    rng = np.random.default_rng(seed)
    boxes, scores, labels = draw_boxes(rng, n), rng.integers(0, 5, n) / 4, rng.integers(0, 3, n)
    order, kept = sorted(range(n), key=lambda i: -scores[i]), []
    for i in order:
        if all(box_iou(boxes[[i]], boxes[[j]]).item() <= threshold for j in kept):
            kept.append(i)
    assert nms(boxes, scores, threshold).tolist() == kept
    own = [set(np.flatnonzero(labels == k)[nms(boxes[labels == k], scores[labels == k], threshold)]) for k in range(3)]
    assert batched_nms(boxes, scores, labels, threshold).tolist() == [i for i in order if i in set.union(*own)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_average_precision_is_the_area_under_the_curve(seed):
    rng = np.random.default_rng(seed)
    truth = [draw_boxes(rng, rng.integers(0, 4)) for _ in range(3)]
    found = [Detections(draw_boxes(rng, n), rng.random(n)) for n in rng.integers(0, 6, 3)]
    precision, recall, _ = precision_recall(found, truth, 0.3)
    if sum(map(len, truth)) == 0:
        assert np.isnan(average_precision(found, truth, 0.3))
        return
    area, before = 0.0, 0.0
    for k in range(len(recall)):
        area += (recall[k] - before) * precision[k:].max()
        before = recall[k]
    assert average_precision(found, truth, 0.3) == pytest.approx(area)


def test_any_layout_and_float32():
    rng = np.random.default_rng(0)
    boxes, scores = draw_boxes(rng, 9), rng.random(9)
    other = np.asfortranarray(boxes[::-1])[::-1].astype(np.float32)
    other.flags.writeable = False
    assert box_iou(other, other).dtype == np.float32
    np.testing.assert_allclose(box_iou(other, other), box_iou(boxes, boxes), rtol=1e-6)
    assert nms(other, scores.astype(np.float32), 0.3).tolist() == nms(boxes, scores, 0.3).tolist()


# --- Refused

BOX, SCORE = np.array([[0.0, 0, 1, 1]]), np.array([0.5])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: box_area(np.array([[2.0, 0, 1, 1]])), "x1 <= x2"),
        (lambda: box_iou(BOX, np.array([[0.0, 2, 1, 1]])), "boxes2 must have x1 <= x2 and y1 <= y2"),
        (lambda: box_iou(BOX, BOX[:, :3]), r"boxes2 must have shape \(N, 4\)"),
        (lambda: box_area(np.array([[0, 0, np.nan, 1]])), "boxes must be finite"),
        (lambda: nms(BOX, np.array([np.nan]), 0.5), "scores must not be NaN"),
        (lambda: nms(BOX, np.zeros(2), 0.5), "scores must have shape"),
        (lambda: nms(BOX, SCORE, 1.5), r"iou_threshold must be in \[0, 1\]"),
        (lambda: nms(BOX, SCORE, -0.1), r"iou_threshold must be in \[0, 1\]"),
        (lambda: batched_nms(BOX, SCORE, np.array([1, 2]), 0.5), "labels must have shape"),
        (lambda: match((BOX, SCORE), BOX, np.nan), "iou_threshold must be finite"),
        (lambda: average_precision([Detections(BOX, SCORE)], []), "one entry for each image, got 1 and 0"),
        (lambda: average_precision([(BOX, np.array([np.nan]))], [BOX]), "the scores of detections must not be NaN"),
    ],
)
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: box_area([[0, 0, 1, 1]]), "boxes must be a NumPy array"),
        (lambda: box_area(np.array([[0, 0, 1, 1]])), "boxes must be float32 or float64"),
        (lambda: box_iou(BOX, BOX.astype(np.float32)), "must share one dtype"),
        (lambda: nms(BOX, SCORE, "0.5"), "iou_threshold must be a number"),
        (lambda: batched_nms(BOX, SCORE, SCORE, 0.5), "labels must hold integers"),
        (lambda: match(BOX[:, 0], BOX), "detections must be Detections or a pair"),
    ],
)
def test_refused_types(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_boxes_as_large_and_as_small_as_numbers_can_be(dtype):
    top, tiny = np.finfo(dtype).max, np.finfo(dtype).tiny * 4
    for unit in (top / 4, tiny, 1):
        boxes = np.array([[0, 0, 4, 2], [2, 0, 4, 2], [0, 0, 4, 4]], dtype) * dtype(unit)
        np.testing.assert_allclose(box_iou(boxes, boxes)[0], [1, 0.5, 0.5], rtol=1e-6)
    widest = np.array([[-top, -top, top, top], [0, -top, top, top], [0, 0, tiny, tiny]], dtype)
    np.testing.assert_allclose(box_iou(widest, widest), [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]], rtol=1e-6)
    assert nms(widest, np.array([0.5, 0.75, 0.25], dtype), 0.4).tolist() == [1, 2]
    assert np.isinf(box_area(widest[:1]))


@pytest.mark.parametrize("judge", [average_precision, precision_recall])
def test_what_is_no_list_of_images_is_named(judge):
    boxes, found = np.array([[0.0, 0, 1, 1]]), Detections(np.array([[0.0, 0, 1, 1]]), np.array([0.5]))
    for detections in (5, found, iter([found]), "ab", None):
        with pytest.raises(TypeError, match="^detections must be a list with one entry for each image"):
            judge(detections, [boxes, boxes])
    with pytest.raises(TypeError, match="^truth must be a list"):
        judge([found], boxes)
