"""Every activation and every loss at infinity, NaN, the largest and the smallest numbers: as PyTorch, and in silence.

The functions are found, not listed: a new pair is tried too.
"""

import inspect
import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlib import activations as A
from cnnlib import losses as L

pytestmark = pytest.mark.filterwarnings("error")
INF, NAN = np.inf, np.nan


def pairs(module):
    return sorted(name for name in vars(module) if f"{name}_backward" in vars(module))


ACTIVATIONS, LOSSES = pairs(A), pairs(L)
OPTIONS = {
    "leaky_relu": [{}, {"negative_slope": 0}, {"negative_slope": -0.5}],
    "softplus": [{}, {"beta": 2.5}, {"threshold": -1}],
    "elu": [{}, {"alpha": -2}, {"alpha": 0}],
    "gelu": [{}, {"approximate": "tanh"}],
    "hardtanh": [{}, {"min_val": 0, "max_val": 90}, {"min_val": -INF, "max_val": 1.5}],
    "huber_loss": [{}, {"delta": 0.5}, {"delta": 1e4}],
    "smooth_l1_loss": [{}, {"beta": 0}, {"beta": 0.5}],
}
DTYPES = [np.float64, np.float32]


def values(dtype):
    limits = np.finfo(dtype)
    tiny = [0.0, -0.0, limits.tiny, -limits.tiny, np.nextafter(dtype(0), dtype(1))]
    return [INF, -INF, NAN, limits.max, limits.min, *tiny, 1e4, -1e4, 90.0, -80.0, 1.5, -1.5]


def assert_same(ours, theirs, what):
    theirs = theirs.detach().numpy()
    assert ours.dtype == theirs.dtype and np.shape(ours) == theirs.shape
    tolerance = 1e-12 if theirs.dtype == np.float64 else 1e-5
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=what)


def agrees(module, name, first, rest, options, dy=1.5):
    """Compare one call, forward and backward, with PyTorch's."""
    what = f"{name}, {options}, dy {dy}"
    x = torch.tensor(first, requires_grad=True)
    tensors = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    theirs = getattr(F if hasattr(F, name) else torch, name)
    y = theirs(x, *map(torch.tensor, rest), **tensors)
    assert_same(getattr(module, name)(first, *rest, **options), y, what)
    upstream = np.full(tuple(y.shape), dy, first.dtype)
    y.backward(torch.tensor(upstream))
    ours = getattr(module, f"{name}_backward")(upstream if y.ndim else dy, first, *rest, **options)
    assert_same(ours[0] if isinstance(ours, tuple) else ours, x.grad, what)


def all_pairs(a, b, dtype):
    """Two arrays in which every number of the one meets every one of the other."""
    return np.array(list(itertools.product(a, b)), dtype).T.copy()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_at_the_extremes(name, dtype):
    rest = [np.array([0.25], dtype)] if name == "prelu" else []
    # One number at a time: PyTorch's vectorised code has answers of its own, NaN for the exact gelu of infinity, say.
    inputs, options = [np.array([value], dtype) for value in values(dtype)], OPTIONS.get(name, [{}])
    if "dim" in inspect.signature(getattr(A, name)).parameters:
        inputs, options = [all_pairs(values(dtype), values(dtype), dtype)], [{"dim": 0}]
    for x, o, dy in itertools.product(inputs, options, (1.5, 0.0, NAN, INF)):
        agrees(A, name, x, rest, o, dy)


@pytest.mark.parametrize("dtype", DTYPES)
def test_learned_slopes_at_the_extremes(dtype):
    for x, slope, dy in itertools.product(values(dtype), values(dtype), (1.5, 0.0, NAN, INF)):
        given, w = torch.tensor([x], dtype=torch.tensor(np.zeros(1, dtype)).dtype), np.array([slope], dtype)
        given, slopes = given.requires_grad_(), torch.tensor(w, requires_grad=True)
        y = F.prelu(given, slopes)
        y.backward(torch.full_like(y, dy))
        x_, dy_, what = np.array([x], dtype), np.array([dy], dtype), f"x {x}, slope {slope}, dy {dy}"
        dx, dw = A.prelu_backward(dy_, x_, w)
        assert_same(A.prelu(x_, w), y, what)
        assert_same(dx, given.grad, what)
        assert_same(dw, slopes.grad, what)


def test_a_slope_too_steep_for_the_dtype_leaves_the_positive():
    x = np.array([2.0, INF, -1.0, NAN], np.float32)
    np.testing.assert_array_equal(A.leaky_relu(x, negative_slope=1e300), [2, INF, -INF, NAN])
    assert A.leaky_relu_backward(x, x, negative_slope=1e300)[0] == 2


NUMBERS = [name for name in LOSSES if "weight" not in inspect.signature(getattr(L, name)).parameters]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NUMBERS)
def test_losses_of_numbers_at_the_extremes(name, dtype):
    x, t = all_pairs(values(dtype), values(dtype), dtype)
    for o in OPTIONS.get(name, [{}]):
        agrees(L, name, x, [t], o | {"reduction": "none"})
        for i in range(0, len(x), 7):
            agrees(L, name, x[i : i + 1], [t[i : i + 1]], o)


@pytest.mark.parametrize("dtype", DTYPES)
def test_losses_of_yes_and_no_at_the_extremes(dtype):
    x, t = all_pairs([*values(dtype)[5:], 1e30, -1e30, NAN, INF, -INF], (0.0, 1.0, 0.25), dtype)
    finite, share = ~np.isinf(x), (x >= 0) & (x <= 1)  # PyTorch says NaN for infinite scores: see below
    for w in (None, 0.0, 3.0, NAN):
        weight = None if w is None else np.array([w], dtype)
        agrees(L, "binary_cross_entropy", x[share], [t[share]], {"weight": weight, "reduction": "none"})
        for name in ("weight", "pos_weight"):
            options = {name: weight, "reduction": "none"}
            agrees(L, "binary_cross_entropy_with_logits", x[finite], [t[finite]], options)


@pytest.mark.parametrize("pos_weight", [None, np.array([3.0])])
def test_an_infinite_score_costs_nothing_if_it_is_right_and_everything_if_it_is_wrong(pos_weight):
    x, t = np.array([INF, -INF, INF, -INF, INF, NAN]), np.array([1.0, 0.0, 0.0, 1.0, 0.25, 1.0])
    loss = L.binary_cross_entropy_with_logits(x, t, reduction="none", pos_weight=pos_weight)
    np.testing.assert_array_equal(loss, [0, 0, INF, INF, INF, NAN])
    dx = L.binary_cross_entropy_with_logits_backward(np.ones(6), x, t, reduction="none", pos_weight=pos_weight)
    p = 1.0 if pos_weight is None else 3.0
    np.testing.assert_array_equal(dx, [0, 0, 1, -p, p * 0.25 + 0.75 - p * 0.25, NAN])
    zero = np.array([0.0])
    assert np.isnan(L.binary_cross_entropy_with_logits(np.array([NAN]), np.array([1.0]), pos_weight=zero))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_losses_of_classes_at_the_extremes(name, dtype, smoothing):
    options = {"label_smoothing": smoothing} if name == "cross_entropy" else {}
    few = [INF, -INF, NAN, 1e30, 0.0, -1e4, 1.5]
    rows = np.array([[*row, t] for row in itertools.product(few, repeat=2) for t in (0, 1, -100)], dtype)
    x, t = rows[:, :2].copy(), rows[:, 2].astype(int)
    for w in [None, (0.0, 1.0), (1.0, 0.0), (0.0, 0.0), *([] if smoothing else [(NAN, 1.0), (INF, 1.0)])]:
        options["weight"] = None if w is None else np.array(w, dtype)
        agrees(L, name, x, [t], options | {"reduction": "none"})
        for i, reduction in itertools.product(range(0, len(x) - 1, 5), ("mean", "sum")):
            agrees(L, name, x[i : i + 2], [t[i : i + 2]], options | {"reduction": reduction})


def test_a_class_weight_of_zero_hides_no_nan():
    x, weight = np.array([[NAN, NAN], [0.5, -0.5]]), np.array([0.0, 1.0])
    for name in ("nll_loss", "cross_entropy"):
        assert np.isnan(getattr(L, name)(x, np.array([0, 1]), weight))
        loss = getattr(L, name)(x, np.array([-100, 1]), weight, reduction="none")  # but an ignored item counts nothing
        assert loss[0] == 0 and np.isfinite(loss[1])


def test_a_class_ruled_out_that_has_no_share_costs_nothing():
    """Here PyTorch says 0 for labels and NaN for the same target in probabilities."""
    x = np.array([[0.0, -INF]])
    assert L.cross_entropy(x, np.array([0])) == L.cross_entropy(x, np.array([[1.0, 0.0]])) == 0


# --- Arrays without dimensions, and NumPy's numbers


def kinds(value, dtype):
    return [np.array(value, dtype), dtype(value)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_a_single_number(name, dtype):
    f, f_backward = getattr(A, name), getattr(A, f"{name}_backward")
    rest = (np.array([0.25], dtype),) if name == "prelu" else ()
    options = {"dim": -1} if "dim" in inspect.signature(f).parameters else {}
    for value in (1.5, -0.5, NAN):
        long = np.array([value], dtype)
        y, dx = f(long, *rest, **options), f_backward(np.array([3], dtype), long, *rest, **options)
        for x, dy in itertools.product(kinds(value, dtype), kinds(3, dtype)):
            ours, gradient = f(x, *rest, **options), f_backward(dy, x, *rest, **options)
            gradient, expected = (gradient[0], dx[0]) if rest else (gradient, dx)
            for one, many in ((ours, y), (gradient, expected)):
                assert type(one) is np.ndarray and one.shape == () and one.dtype == dtype
                np.testing.assert_array_equal(one, many[0])
        assert f(f(x, *rest, **options), *rest, **options).shape == ()  # and on it goes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("name", [name for name in LOSSES if name not in ("nll_loss", "cross_entropy")])
def test_losses_of_a_single_number(name, reduction, dtype):
    f, f_backward = getattr(L, name), getattr(L, f"{name}_backward")
    for input, target in itertools.product(kinds(0.75, dtype), kinds(0.25, dtype)):
        loss = f(input, target, reduction=reduction)
        assert np.shape(loss) == () and loss.dtype == dtype
        assert loss == f(np.array([0.75], dtype), np.array([0.25], dtype), reduction="sum")
        for dy in kinds(2, dtype):
            dinput = f_backward(dy, input, target, reduction=reduction)
            assert type(dinput) is np.ndarray and dinput.shape == () and dinput.dtype == dtype
            assert dinput == f_backward(2.0, np.array([0.75], dtype), np.array([0.25], dtype), reduction="sum")[0]


# --- Labels of any integer type


@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
@pytest.mark.parametrize("labels", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64])
def test_labels_of_any_integer_type_for_many_items_and_classes(name, labels):
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(300, 120)), rng.integers(0, 120, 300)  # 300 and 300 * 120 do not fit into 8 or 16 bits
    weight = rng.uniform(size=120)
    f, f_backward = getattr(L, name), getattr(L, f"{name}_backward")
    for options in ({}, {"weight": weight}, {"ignore_index": 7}, {"ignore_index": 300}):
        assert f(x, target.astype(labels), **options) == f(x, target, **options)
        dx = f_backward(1.0, x, target.astype(labels), **options)
        np.testing.assert_array_equal(dx, f_backward(1.0, x, target, **options))
