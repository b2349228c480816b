"""Metrics, against values counted by hand and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from cnnlib import metrics

AVERAGES = ["macro", "weighted", "micro", None]
PAIRS = [
    (metrics.precision, sk.precision_score),
    (metrics.recall, sk.recall_score),
    (metrics.f1_score, sk.f1_score),
]


def rng(seed=0):
    return np.random.default_rng(seed)


@st.composite
def labels(draw):
    """True and predicted labels and a number of classes; some classes occur in neither."""
    classes = draw(st.integers(1, 5))
    n = draw(st.integers(1, 12))
    column = st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)
    return np.array(draw(column)), np.array(draw(column)), classes


# --- By hand: of three 0s one is called 1; of two 1s none is missed; the only 2 is called 0

TRUE, PRED = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])


def test_by_hand():
    assert metrics.accuracy(TRUE, PRED) == 4 / 6
    assert metrics.confusion_matrix(TRUE, PRED).tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    np.testing.assert_allclose(metrics.precision(TRUE, PRED, None), [2 / 3, 2 / 3, 0])
    np.testing.assert_allclose(metrics.recall(TRUE, PRED, None), [2 / 3, 1, 0])
    np.testing.assert_allclose(metrics.f1_score(TRUE, PRED, None), [2 / 3, 4 / 5, 0])
    assert metrics.precision(TRUE, PRED) == pytest.approx(4 / 9)
    assert metrics.precision(TRUE, PRED, zero_division=1.0) == pytest.approx(7 / 9)
    assert metrics.precision(TRUE, PRED, zero_division=np.nan) == pytest.approx(2 / 3)
    assert metrics.recall(TRUE, PRED, "weighted") == pytest.approx((3 * 2 / 3 + 2 * 1) / 6)
    assert metrics.f1_score(TRUE, PRED, "micro") == pytest.approx(4 / 6)
    assert metrics.f1_score(TRUE, PRED, num_classes=4) == pytest.approx((2 / 3 + 4 / 5) / 4)


def test_nothing_to_weigh_with():
    """Class 0 was never predicted and is left out; class 1 never occurs and has weight 0: the plain average is left."""
    y_true, y_pred = np.zeros(3, int), np.ones(3, int)
    assert metrics.precision(y_true, y_pred, "weighted", zero_division=np.nan) == 0
    assert np.isnan(metrics.recall(y_pred, y_pred, None, zero_division=np.nan)[0])


# --- Against scikit-learn


@pytest.mark.filterwarnings("ignore:A single label was found")
@settings(max_examples=40, deadline=None)
@given(labels())
def test_accuracy_and_confusion_matrix_as_in_sklearn(case):
    y_true, y_pred, classes = case
    assert metrics.accuracy(y_true, y_pred) == pytest.approx(sk.accuracy_score(y_true, y_pred))
    mine = metrics.confusion_matrix(y_true, y_pred, classes)
    assert mine.dtype == np.int64
    np.testing.assert_array_equal(mine, sk.confusion_matrix(y_true, y_pred, labels=range(classes)))


@settings(max_examples=40, deadline=None)
@given(labels(), st.sampled_from(AVERAGES), st.sampled_from([0.0, 1.0, np.nan]))
def test_precision_recall_f1_as_in_sklearn(case, average, zero_division):
    y_true, y_pred, classes = case
    for mine, theirs in PAIRS:
        got = mine(y_true, y_pred, average, num_classes=classes, zero_division=zero_division)
        # scikit-learn takes labels that cover all classes for "no choice": "micro" then counts as it does here.
        expected = theirs(y_true, y_pred, labels=range(classes), average=average, zero_division=zero_division)
        np.testing.assert_allclose(got, expected, atol=1e-12, err_msg=f"{mine.__name__} {average} {zero_division}")


@pytest.mark.filterwarnings("ignore:A single label was found")
@settings(max_examples=150, deadline=None)
@given(labels(), st.sampled_from(["macro", "weighted", "micro"]), st.sampled_from([0.0, 1.0, np.nan]), st.data())
def test_averages_over_the_labels_that_occur_as_in_sklearn(case, average, zero_division, data):
    """Labels that are missing below, between or above the others are no classes, unless num_classes says so."""
    y_true, y_pred, classes = case
    places = np.array(data.draw(st.lists(st.integers(0, 40), min_size=classes, max_size=classes, unique=True)))
    dtype = data.draw(st.sampled_from([np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64]))
    y_true, y_pred = places[y_true].astype(dtype), places[y_pred].astype(dtype)
    for mine, theirs in PAIRS:
        got = mine(y_true, y_pred, average, zero_division=zero_division)
        expected = theirs(y_true, y_pred, average=average, zero_division=zero_division)
        np.testing.assert_allclose(got, expected, atol=1e-12, err_msg=f"{mine.__name__} {average} {zero_division}")
        present = np.union1d(y_true, y_pred).astype(int)
        each = mine(y_true, y_pred, None, zero_division=zero_division)
        assert len(each) == present[-1] + 1  # entry k is of class k
        np.testing.assert_allclose(each[present], theirs(y_true, y_pred, average=None, zero_division=zero_division))


def test_a_class_that_occurs_nowhere_is_no_class():
    for y in (np.array([0, 2, 2, 0]), np.array([1, 2]), np.array([3])):
        for mine, _ in PAIRS:
            assert mine(y, y) == mine(y, y, "weighted") == mine(y, y, "micro") == 1
    assert metrics.f1_score(np.array([0, 2]), np.array([0, 2]), num_classes=3) == pytest.approx(2 / 3)
    assert metrics.precision(np.array([0, 0]), np.array([0, 5])) == 0.5  # 5 occurs: it was predicted


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 15), st.integers(3, 6), st.integers(0, 10**6))
def test_top_k_as_in_sklearn(n, classes, seed):
    generator = rng(seed)
    scores, y_true = generator.standard_normal((n, classes)), generator.integers(0, classes, n)
    for k in range(1, classes):
        expected = sk.top_k_accuracy_score(y_true, scores, k=k, labels=range(classes))
        assert metrics.top_k_accuracy(y_true, scores, k) == pytest.approx(expected)
    assert metrics.top_k_accuracy(y_true, scores, 1) == metrics.accuracy(y_true, scores.argmax(axis=1))
    assert metrics.top_k_accuracy(y_true, scores, classes) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_reliability_as_in_sklearn(dtype):
    generator = rng()
    scores = generator.standard_normal((400, 4)) * 2
    probabilities = (np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)).astype(dtype)
    y_true = generator.integers(0, 4, 400)
    confidence, right, count = metrics.reliability(y_true, probabilities, bins=10)
    assert confidence.dtype == right.dtype == np.float64 and count.sum() == 400
    outcome = probabilities.argmax(axis=1) == y_true
    share, mean = calibration_curve(outcome, probabilities.max(axis=1), n_bins=10)
    np.testing.assert_allclose(right[count > 0], share, atol=1e-12)
    np.testing.assert_allclose(confidence[count > 0], mean, atol=1e-7)
    assert np.isnan(right[count == 0]).all()


# --- Calibration


def test_calibration_error_by_hand():
    probabilities = np.array([[0.8, 0.2], [0.8, 0.2], [0.8, 0.2], [0.8, 0.2], [0.45, 0.55]])
    y_true = np.array([0, 0, 0, 1, 1])
    # 0.8 said four times and right three times; 0.55 said once and right: 4/5 * 0.05 + 1/5 * 0.45
    assert metrics.expected_calibration_error(y_true, probabilities, bins=10) == pytest.approx(0.13)
    # in a single bin over- and underconfidence cancel: mean confidence 0.75, accuracy 0.8
    assert metrics.expected_calibration_error(y_true, probabilities, bins=1) == pytest.approx(0.05)


def test_a_perfectly_calibrated_forecast_has_no_error():
    probabilities = np.tile([0.75, 0.25], (8, 1))
    assert metrics.expected_calibration_error(np.array([0, 0, 0, 1] * 2), probabilities) == pytest.approx(0)
    certain = np.eye(3)[[0, 1, 2, 1]]
    assert metrics.expected_calibration_error(np.array([0, 1, 2, 1]), certain) == 0
    assert metrics.expected_calibration_error(np.array([1, 2, 0, 0]), certain) == 1


def test_an_edge_belongs_to_the_bin_below():
    _, _, count = metrics.reliability(np.array([0]), np.array([[0.5, 0.5]]), bins=2)
    assert count.tolist() == [1, 0]
    _, _, count = metrics.reliability(np.array([0]), np.array([[1.0, 0.0]]), bins=2)
    assert count.tolist() == [0, 1]


# --- Ties, types and layouts


def test_the_first_of_equal_scores_counts_as_higher():
    scores = np.zeros((3, 3))
    assert metrics.top_k_accuracy(np.array([0, 1, 2]), scores, k=1) == pytest.approx(1 / 3)
    assert metrics.top_k_accuracy(np.array([0, 1, 2]), scores, k=2) == pytest.approx(2 / 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_any_integer_labels(dtype):
    y_true, y_pred = np.arange(200).astype(dtype) % 200, np.arange(200)[::-1].astype(dtype)
    assert metrics.confusion_matrix(y_true, y_pred)[199, 0] == 1  # 199 * 200 does not fit into uint8
    assert isinstance(metrics.accuracy(y_true, y_pred), float)


def test_inputs_are_left_alone():
    y_true, y_pred, scores = np.arange(6)[::2], np.array([0, 2, 4]), np.asfortranarray(np.eye(5)[[0, 2, 4]])
    for a in (y_true, y_pred, scores):
        a.setflags(write=False)
    assert metrics.accuracy(y_true, y_pred) == metrics.f1_score(y_true, y_pred, "micro") == 1
    assert metrics.top_k_accuracy(y_true, scores, 1) == 1
    assert metrics.expected_calibration_error(y_true, scores) == 0


# --- Bad input

ones = np.ones(3, int)
even = np.full((3, 2), 0.5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: metrics.accuracy(ones, ones[:2]), ValueError, "must be as many, got 3 and 2"),
        (lambda: metrics.accuracy(ones, even), TypeError, r"y_pred must hold labels.*take .argmax\(axis=1\)"),
        (lambda: metrics.accuracy(even, ones), TypeError, "y_true must hold labels"),
        (lambda: metrics.accuracy(ones, [1, 1, 1]), TypeError, "y_pred must be a NumPy array, got list"),
        (lambda: metrics.accuracy(ones, ones == 1), TypeError, "y_pred must hold integers, got bool"),
        (lambda: metrics.accuracy(ones[:, None], ones[:, None]), ValueError, "y_true must have 1 dimensions"),
        (lambda: metrics.accuracy(ones[:0], ones[:0]), ValueError, "at least one sample"),
        (lambda: metrics.accuracy(ones - 2, ones), ValueError, "labels must be from 0 to 1, got -1 to 1"),
        (lambda: metrics.confusion_matrix(ones, ones, 1), ValueError, "labels must be from 0 to 0, got 1 to 1"),
        (lambda: metrics.confusion_matrix(ones, ones, 2.0), TypeError, "num_classes must be an integer"),
        (lambda: metrics.confusion_matrix(ones * 10**9, ones), ValueError, "num_classes must be at most 10000"),
        (lambda: metrics.precision(ones, ones, "binary"), ValueError, "average must be one of 'macro', 'weighted'"),
        (lambda: metrics.recall(ones, ones, zero_division=0.5), ValueError, "zero_division must be 0, 1 or NaN"),
        (lambda: metrics.f1_score(ones, ones, zero_division="warn"), ValueError, "zero_division must be 0, 1 or NaN"),
        (lambda: metrics.top_k_accuracy(ones, even, 3), ValueError, "k must be at most 2, the number of classes"),
        (lambda: metrics.top_k_accuracy(ones, even, 0), ValueError, "k must be at least 1"),
        (lambda: metrics.top_k_accuracy(ones + 1, even, 1), ValueError, "y_true must be from 0 to 1, got 2 to 2"),
        (lambda: metrics.top_k_accuracy(ones[:2], even, 1), ValueError, r"y_true must have shape \(3,\)"),
        (lambda: metrics.top_k_accuracy(ones, even * np.nan, 1), ValueError, "scores must be finite.*row 0"),
        (lambda: metrics.top_k_accuracy(ones, even > 0, 1), TypeError, "scores must be float32 or float64"),
        (lambda: metrics.top_k_accuracy(ones[:0], even[:0], 1), ValueError, "at least one sample"),
        (lambda: metrics.reliability(ones, even * 3), ValueError, "are these logits"),
        (lambda: metrics.reliability(ones, even * [[3, -1]]), ValueError, "probabilities must be at least 0"),
        (lambda: metrics.expected_calibration_error(ones, even, 0), ValueError, "bins must be at least 1"),
        (lambda: metrics.expected_calibration_error(ones, ones), TypeError, "probabilities must be float32"),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()
