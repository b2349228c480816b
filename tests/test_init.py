"""Initialisers: bounds, spreads and fans as in PyTorch; what cannot be filled is refused."""

import math

import numpy as np
import pytest
import torch

from cnnlib import init
from cnnlib.module import Parameter

SHAPES = [(300, 200), (64, 32, 3, 3), (40, 10, 5, 7)]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("shape", SHAPES)
def test_fans_are_those_of_torch(shape):
    assert init.fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


def test_fans_with_groups_count_what_is_connected():
    """Count the connections of the dense, banded matrix that the grouped convolution is."""
    groups, c_in, c_out, k = 2, 6, 4, 3
    assert init.fans((c_out, c_in // groups, k, k), groups) == (c_in // groups * k * k, c_out // groups * k * k)


@pytest.mark.parametrize(
    ("name", "param"),
    [("linear", None), ("conv2d", None), ("conv_transpose2d", None), ("sigmoid", None), ("tanh", None)]
    + [("relu", None), ("selu", None), ("leaky_relu", None), ("leaky_relu", 0.3), ("leaky_relu", math.sqrt(5))],
)
def test_gain_is_that_of_torch(name, param):
    assert init.calculate_gain(name, param) == pytest.approx(torch.nn.init.calculate_gain(name, param), rel=1e-15)


RULES = [
    ("xavier_uniform_", {}),
    ("xavier_uniform_", {"gain": 1.7}),
    ("xavier_normal_", {"gain": 0.5}),
    ("kaiming_uniform_", {}),
    ("kaiming_uniform_", {"a": math.sqrt(5)}),
    ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "relu"}),
    ("kaiming_normal_", {"a": 0.2}),
    ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "tanh"}),
    ("uniform_", {"a": -0.2, "b": 0.7}),
    ("normal_", {"mean": 0.3, "std": 2.0}),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("name", "options"), RULES)
def test_rules_spread_as_in_torch(name, options, shape):
    p = Parameter(np.zeros(shape))
    assert getattr(init, name)(p, **options, rng=rng()) is p
    theirs = getattr(torch.nn.init, name)(torch.empty(shape, dtype=torch.float64), **options).numpy()
    n = p.size
    assert abs(p.data.std() / theirs.std() - 1) < 5 / math.sqrt(n)
    assert abs(p.data.mean() - theirs.mean()) < 8 * theirs.std() / math.sqrt(n)
    if "uniform" in name:
        assert p.data.max() == pytest.approx(theirs.max(), rel=2e-3) and p.data.min() == pytest.approx(
            theirs.min(), rel=2e-3
        )


def test_groups_widen_fan_out_rules():
    narrow = init.kaiming_normal_(np.zeros((64, 8, 3, 3)), mode="fan_out", rng=rng())
    wide = init.kaiming_normal_(np.zeros((64, 8, 3, 3)), mode="fan_out", rng=rng(), groups=4)
    np.testing.assert_allclose(wide, 2 * narrow)
    a, b = (init.xavier_uniform_(np.zeros((64, 8, 3, 3)), rng=rng(), groups=g) for g in (1, 8))
    np.testing.assert_allclose(b / a, math.sqrt((8 + 64) / (8 + 8)))


def test_constants_and_default():
    assert init.constant_(Parameter(np.zeros((2, 2))), 3).data.tolist() == [[3, 3], [3, 3]]
    assert init.ones_(np.zeros(2)).tolist() == [1, 1] and init.zeros_(np.ones(2)).tolist() == [0, 0]
    w, b = np.ones((50, 100)), np.ones(50)
    init.default_(w, b, rng())
    assert 0.099 < abs(w).max() <= 0.1 and 0.09 < abs(b).max() <= 0.1
    kaiming = init.kaiming_uniform_(np.ones((50, 100)), a=math.sqrt(5), rng=rng())
    np.testing.assert_allclose(w, kaiming)


@pytest.mark.parametrize("rule", [init.xavier_normal_, init.kaiming_uniform_, init.uniform_, init.normal_])
def test_dtype_layout_and_seed(rule):
    double = rule(np.zeros((4, 6)), rng=rng(1))
    single = rule(np.zeros((4, 6), np.float32), rng=rng(1))
    assert single.dtype == np.float32 and (single == double.astype(np.float32)).all()
    wide = np.zeros((6, 8))
    rule(wide.T[::2], rng=rng(1))  # a strided view, filled in place
    np.testing.assert_array_equal(wide.T[::2], double)
    assert (rule(np.zeros((4, 6)), rng=rng(2)) != double).any()
    assert rule(np.zeros((0, 0)), rng=rng()).shape == (0, 0)


def locked():
    w = np.zeros((2, 2))
    w.flags.writeable = False
    return w


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: init.uniform_(np.zeros(2)), TypeError, r"rng must be a numpy.random.Generator .*, got None"),
        (lambda: init.kaiming_normal_(np.zeros((2, 2)), rng=3), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: init.uniform_(np.zeros(2), 1, 0, rng()), ValueError, "a must not be above b, got a=1 and b=0"),
        (lambda: init.uniform_([0.0], rng=rng()), TypeError, "p must be a NumPy array, got list"),
        (lambda: init.uniform_(np.zeros(2, int), rng=rng()), TypeError, "p must be float32 or float64"),
        (lambda: init.zeros_(locked()), ValueError, "p must be writable"),
        (lambda: init.normal_(np.zeros(2), 0, -1, rng()), ValueError, "std must be at least 0"),
        (lambda: init.constant_(np.zeros(2), math.nan), ValueError, "value must be finite"),
        (lambda: init.xavier_uniform_(np.zeros(3), rng=rng()), ValueError, "at least 2 dimensions, got shape"),
        (lambda: init.xavier_normal_(np.zeros((2, 2)), -1, rng()), ValueError, "gain must be at least 0"),
        (lambda: init.kaiming_normal_(np.zeros((2, 2)), mode="fan", rng=rng()), ValueError, "mode must be one of"),
        (lambda: init.kaiming_uniform_(np.zeros((2, 2)), nonlinearity="gelu", rng=rng()), ValueError, "nonlinearity"),
        (lambda: init.xavier_uniform_(np.zeros((3, 2)), rng=rng(), groups=2), ValueError, "groups must divide the 3"),
        (lambda: init.fans(5), ValueError, "w_shape must be a tuple"),
        (lambda: init.fans((5,)), ValueError, "w_shape must be a tuple"),
        (lambda: init.fans((5, 2.5)), TypeError, "w_shape must be an integer"),
        (lambda: init.calculate_gain("relu6"), ValueError, "nonlinearity must be one of"),
        (lambda: init.calculate_gain("leaky_relu", "x"), TypeError, "param must be a number"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
