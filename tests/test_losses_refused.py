"""What the losses refuse: each bad call is met with an error that names the argument."""

import numpy as np
import pytest
from test_losses import ALL, pair

from cnnlib import losses

X, LABELS = np.full((2, 3), 0.5), np.array([0, 2])


def good(name):
    return X, (LABELS if name in ("nll_loss", "cross_entropy") else X)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("x", [[0.5], 0.5, None, np.ones((2, 3), int), np.ones((2, 3), complex)])
def test_input_must_be_an_array_of_floats(name, x):
    f, f_backward = pair(name)
    with pytest.raises(TypeError, match="^input must"):
        f(x, good(name)[1])
    with pytest.raises(TypeError, match="^input must"):
        f_backward(1.0, x, good(name)[1])


@pytest.mark.parametrize("name", ALL)
def test_reduction_must_be_known(name):
    f, f_backward = pair(name)
    for reduction in ("average", None, 1):
        with pytest.raises(ValueError, match="^reduction must be one of 'none', 'mean', 'sum'"):
            f(*good(name), reduction=reduction)
        with pytest.raises(ValueError, match="^reduction must"):
            f_backward(1.0, *good(name), reduction=reduction)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(
    ("dy", "error"), [(np.ones((2, 3)), ValueError), ("1", TypeError), (1j, TypeError), (None, TypeError)]
)
def test_dy_must_be_a_number(name, reduction, dy, error):
    with pytest.raises(error, match="^dy must"):
        pair(name)[1](dy, *good(name), reduction=reduction)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "dy", [1.0, np.ones((3, 2)), np.ones((2, 1)), np.ones((2, 3), int), np.ones(2, np.float32)]
)
def test_dy_must_be_like_the_loss(name, dy):
    with pytest.raises((TypeError, ValueError), match="^dy "):
        pair(name)[1](dy, *good(name), reduction="none")


LOGITS = "binary_cross_entropy_with_logits"
BAD = [
    ("mse_loss", (X, X[:, :1]), {}, ValueError, r"target must have the shape of input, \(2, 3\)"),
    ("mse_loss", (X, X[0]), {}, ValueError, "target must have the shape"),
    ("mse_loss", (X, X.astype(np.float32)), {}, TypeError, "target and input must share"),
    ("mse_loss", (X, X.astype(int)), {}, TypeError, "target must be float"),
    ("l1_loss", (X, 1.0), {}, TypeError, "target must be a NumPy array"),
    ("l1_loss", (X, X.T), {}, ValueError, "target must"),
    ("smooth_l1_loss", (X, X), {"beta": -1}, ValueError, "beta must be at least 0"),
    ("huber_loss", (X, X), {"delta": 0}, ValueError, "delta must be greater than 0"),
    ("huber_loss", (X, X), {"delta": None}, TypeError, "delta must be a number"),
    ("smooth_l1_loss", (X, X), {"beta": "1"}, TypeError, "beta must be a number"),
    ("binary_cross_entropy", (X + 1, X), {}, ValueError, r"input must hold .* in \[0, 1\], got 1.5"),
    ("binary_cross_entropy", (-X, X), {}, ValueError, "input must hold probabilities"),
    ("binary_cross_entropy", (X * np.nan, X), {}, ValueError, "input must hold probabilities"),
    ("binary_cross_entropy", (X, X + 1), {}, ValueError, "target must hold probabilities"),
    ("binary_cross_entropy", (X, X[:1]), {}, ValueError, "target must have the shape"),
    ("binary_cross_entropy", (X, X, np.ones(2)), {}, ValueError, "weight must broadcast"),
    ("binary_cross_entropy", (X, X, np.ones((1, 2, 3))), {}, ValueError, "weight must broadcast"),
    ("binary_cross_entropy", (X, X, np.ones(3, int)), {}, TypeError, "weight must be float"),
    ("binary_cross_entropy", (X, X, 2.0), {}, TypeError, "weight must be a NumPy array"),
    (LOGITS, (X, X[:1]), {}, ValueError, "target must have the shape"),
    (LOGITS, (X, X), {"weight": np.ones(4)}, ValueError, "weight must broadcast"),
    (LOGITS, (X, X), {"pos_weight": np.ones(2)}, ValueError, "pos_weight must"),
    (LOGITS, (X, X), {"pos_weight": 3.0}, TypeError, "pos_weight must be a NumPy"),
    (LOGITS, (X, X), {"pos_weight": np.ones(3, np.float32)}, TypeError, "input and pos"),
    *[
        case
        for name in ("nll_loss", "cross_entropy")
        for case in [
            (name, (X, np.array([0, 3])), {}, ValueError, r"target must hold classes, 0 to 2, .*; got 3"),
            (name, (X, np.array([0, -1])), {}, ValueError, "target must hold classes, .*; got -1"),
            (name, (X, np.array([0, -100])), {"ignore_index": 5}, ValueError, "target must .*; got -100"),
            (name, (X, np.array([0, 1, 2])), {}, ValueError, r"target must have shape \(2,\)"),
            (name, (X, np.array([[0], [1]])), {}, ValueError, r"target must have shape \(2,\)"),
            (name, (X, np.zeros((2, 3), int)), {}, ValueError, r"target must have shape \(2,\)"),
            (name, (X, np.array([True, False])), {}, TypeError, "target must hold integers"),
            (name, (X, [0, 1]), {}, TypeError, "target must be a NumPy array"),
            (name, (X, np.array(["0", "1"])), {}, TypeError, "target must hold integers"),
            (name, (X[0], np.array([0])), {}, ValueError, r"target must have shape \(\)"),
            (name, (X[0], True), {}, TypeError, "target must be a NumPy array"),
            (name, (np.array(0.5), np.array(0)), {}, ValueError, "input must have shape"),
            (name, (X[:, :0], LABELS), {}, ValueError, "input must have shape"),
            (name, (X, LABELS, np.ones(2)), {}, ValueError, r"weight must have shape \(3,\)"),
            (name, (X, LABELS, np.ones((1, 3))), {}, ValueError, "weight must have shape"),
            (name, (X, LABELS, [1, 1, 1]), {}, TypeError, "weight must be a NumPy array"),
            (name, (X, LABELS, np.ones(3, np.float32)), {}, TypeError, "input and weight must share"),
            (name, (X, LABELS), {"ignore_index": 0.0}, TypeError, "ignore_index must be an integer"),
            (name, (X, LABELS), {"ignore_index": None}, TypeError, "ignore_index must be an integer"),
        ]
    ],
    ("nll_loss", (X, X), {}, TypeError, "target must hold integers"),
    ("cross_entropy", (X, np.ones(2)), {}, ValueError, "target must have the shape of input"),
    ("cross_entropy", (X, X.astype(np.float32)), {}, TypeError, "target and input must share"),
    ("cross_entropy", (X, X), {"ignore_index": 1}, ValueError, "ignore_index goes with class labels"),
    ("cross_entropy", (X, X), {"ignore_index": None}, TypeError, "ignore_index must be an integer"),
    ("cross_entropy", (X, LABELS), {"label_smoothing": 1.1}, ValueError, r"label_smoothing must be in \[0"),
    ("cross_entropy", (X, LABELS), {"label_smoothing": -0.1}, ValueError, "label_smoothing must"),
    ("cross_entropy", (X, LABELS), {"label_smoothing": "a bit"}, TypeError, "label_smoothing must"),
]


@pytest.mark.parametrize(("name", "arguments", "options", "error", "message"), BAD)
def test_bad_input(name, arguments, options, error, message):
    f, f_backward = pair(name)
    with pytest.raises(error, match=f"^{message}"):
        f(*arguments, **options)
    with pytest.raises(error, match=f"^{message}"):
        f_backward(1.0, *arguments, **options)


def test_every_integer_of_64_bits_may_be_ignored():
    x, target = np.zeros((2, 3)), np.array([-(2**63), 1])
    assert losses.nll_loss(x, target, ignore_index=-(2**63)) == 0
    with pytest.raises(ValueError, match="ignore_index must fit into 64 bits"):
        losses.nll_loss(x, target, ignore_index=-(2**63) - 1)
