"""Every activation and its derivative: by hand, against PyTorch, by finite differences, at the extremes."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts, torch_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib import activations as A
from cnnlib.activations._erf import erf
from cnnlib.gradcheck import gradcheck

TORCH = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "hardtanh": F.hardtanh,
    "relu6": F.relu6,
    "selu": F.selu,
    "logsigmoid": F.logsigmoid,
    "softplus": F.softplus,
    "elu": F.elu,
    "silu": F.silu,
    "gelu": F.gelu,
    "softmax": F.softmax,
    "log_softmax": F.log_softmax,
}
OPTIONS = {
    "hardtanh": [{}, {"min_val": -0.5, "max_val": 3}, {"min_val": 1.2, "max_val": 1.2}, {"min_val": -np.inf}],
    "leaky_relu": [{}, {"negative_slope": 0.3}, {"negative_slope": -0.5}, {"negative_slope": 0}],
    "softplus": [{}, {"beta": 2.5}, {"beta": 0.5, "threshold": 1.0}, {"threshold": -1}],
    "elu": [{}, {"alpha": 0.3}, {"alpha": -2}],
    "gelu": [{}, {"approximate": "tanh"}],
    "softmax": [{"dim": 0}, {"dim": -1}],
    "log_softmax": [{"dim": 0}, {"dim": -1}],
}
CASES = [(name, options) for name in TORCH for options in OPTIONS.get(name, [{}])]
FLOATS = [np.float64, np.float32]
cases = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
floats = pytest.mark.parametrize("dtype", FLOATS)
many = settings(max_examples=25, deadline=None)


def pair(name):
    return getattr(A, name), getattr(A, f"{name}_backward")


def agrees_with_torch(name, x, options, rng):
    f, f_backward = pair(name)
    y, (dx,), dy = torch_pair(TORCH[name], [x], lambda shape: rng.normal(size=shape), **options)
    assert_close(f(x, **options), y)
    assert_close(f_backward(dy, x, **options), dx, dy=dy)


@cases
@many
@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=4), seed=st.integers(0, 10**6))
def test_agrees_with_torch(name, options, shape, seed):
    rng = np.random.default_rng(seed)
    agrees_with_torch(name, 4 * rng.normal(size=shape), options, rng)


@cases
@pytest.mark.parametrize("scale", [0.1, 1, 30])
def test_agrees_with_torch_in_float32(name, options, scale):
    rng = np.random.default_rng(1)
    agrees_with_torch(name, (scale * rng.normal(size=(50, 7))).astype(np.float32), options, rng)


@cases
def test_finite_differences(name, options):
    x = 2 * np.random.default_rng(2).normal(size=(4, 3))
    assert np.abs(x).min() > 1e-3  # clear of the kinks
    assert gradcheck(*pair(name), x, **options) < 1e-7


BY_HAND = [  # name, options, x, y, slope
    ("sigmoid", {}, 0, 0.5, 0.25),
    ("sigmoid", {}, math.log(3), 0.75, 3 / 16),
    ("tanh", {}, math.log(3), 0.8, 0.36),
    ("relu", {}, -2, 0, 0),
    ("relu", {}, 2, 2, 1),
    ("leaky_relu", {}, -2, -0.02, 0.01),
    ("leaky_relu", {"negative_slope": 0.5}, -2, -1, 0.5),
    ("hardtanh", {}, -2, -1, 0),
    ("hardtanh", {}, 0.5, 0.5, 1),
    ("hardtanh", {"min_val": -3, "max_val": 2}, -2, -2, 1),
    ("hardtanh", {"min_val": -3, "max_val": 2}, 4, 2, 0),
    ("relu6", {}, -2, 0, 0),
    ("relu6", {}, 5, 5, 1),
    ("relu6", {}, 7, 6, 0),
    ("selu", {}, 2, 2 * 1.0507009873554805, 1.0507009873554805),
    ("selu", {}, -math.log(2), -0.5 * 1.7580993408473766, 0.5 * 1.7580993408473766),
    ("logsigmoid", {}, 0, -math.log(2), 0.5),
    ("logsigmoid", {}, math.log(3), math.log(0.75), 0.25),
    ("logsigmoid", {}, -math.log(3), math.log(0.25), 0.75),
    ("softplus", {}, 0, math.log(2), 0.5),
    ("softplus", {"beta": 2}, math.log(3) / 2, math.log(4) / 2, 0.75),
    ("softplus", {"beta": 2, "threshold": 1}, 1, 1, 1),
    ("elu", {"alpha": 3}, -math.log(2), -1.5, 1.5),
    ("silu", {}, math.log(3), 0.75 * math.log(3), 0.75 + math.log(3) * 3 / 16),
    ("gelu", {}, 0, 0, 0.5),
    ("gelu", {}, 1, 0.8413447460685429, 0.8413447460685429 + math.exp(-0.5) / math.sqrt(2 * math.pi)),
    ("gelu", {"approximate": "tanh"}, 1, 0.8411919906082768, 1.0829641),
]


@pytest.mark.parametrize(("name", "options", "x", "y", "slope"), BY_HAND)
def test_by_hand(name, options, x, y, slope):
    f, f_backward = pair(name)
    np.testing.assert_allclose(f(np.array([float(x)]), **options), [y], rtol=1e-14)
    dx = f_backward(np.array([3.0]), np.array([float(x)]), **options)
    np.testing.assert_allclose(dx, [3 * slope], rtol=1e-7)


@pytest.mark.parametrize(
    ("name", "options", "slope"),
    [
        ("relu", {}, 0),
        ("leaky_relu", {"negative_slope": 0.3}, 0.3),
        ("elu", {"alpha": 0.3}, 0.3),
        ("selu", {}, 1.7580993408473766),
        ("relu6", {}, 0),
        ("hardtanh", {"min_val": 0}, 0),
        ("hardtanh", {"min_val": -1, "max_val": 0}, 0),
        ("softplus", {"threshold": 0.0}, 0.5),
    ],
)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_slope_at_zero(name, options, slope, zero):
    x, dy = np.array([zero]), np.array([2.0])
    assert pair(name)[1](dy, x, **options) == 2 * slope
    agrees_with_torch(name, x, options, np.random.default_rng(0))


@cases
@floats
@pytest.mark.filterwarnings("error")
def test_stable_at_ten_thousand(name, options, dtype):
    x = np.array([[-1e4, 1e4, -88, 88], [1e4, -1e4, -745, 745], [0, 1e4, 1e4, -1e4]], dtype)
    f, f_backward = pair(name)
    assert np.isfinite(f(x, **options)).all()
    assert np.isfinite(f_backward(np.ones_like(x), x, **options)).all()
    agrees_with_torch(name, x, options, np.random.default_rng(0))


@cases
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_nan_and_infinity_go_where_torch_sends_them(name, options):
    x = np.array([[np.nan, 1.0, -1.0], [np.inf, 1.0, -1.0], [-np.inf, 0.0, 2.0]])
    with torch.no_grad():
        theirs = TORCH[name](torch.tensor(x), **options).numpy()
    if name in ("silu", "gelu"):  # at -inf: 0 times infinity here, and for PyTorch it depends on the build
        x, theirs = x[:2], theirs[:2]
    assert_close(pair(name)[0](x, **options), theirs)


@pytest.mark.parametrize(("name", "at_nan"), [("hardtanh", 1), ("relu6", 1), ("logsigmoid", np.nan)])
@floats
def test_gradients_at_nan_and_infinity_are_those_of_torch(name, at_nan, dtype):
    """One number at a time: among many, PyTorch's answer at NaN depends on which of them are computed together."""
    dy = np.array([3.0], dtype)
    for value in (np.nan, np.inf, -np.inf):
        x = np.array([value], dtype)
        _, (theirs,), _ = torch_pair(TORCH[name], [x], lambda shape: dy)
        np.testing.assert_array_equal(pair(name)[1](dy, x), theirs)
    np.testing.assert_array_equal(pair(name)[1](dy, np.array([np.nan], dtype)), dy * at_nan)


@pytest.mark.parametrize("name", ["hardtanh", "relu6", "selu", "logsigmoid"])
@floats
def test_a_single_number_without_dimensions(name, dtype):
    f, f_backward = pair(name)
    for value in (-8.0, 0.25, 8.0):
        x, dy = np.array(value, dtype), np.array(2.0, dtype)
        assert f(x) == f(x[None])[0] and f(x).dtype == dtype
        assert f_backward(dy, x) == f_backward(dy[None], x[None])[0] and f_backward(dy, x).dtype == dtype


def test_selu_keeps_mean_0_and_variance_1():
    y = A.selu(np.random.default_rng(0).standard_normal(200_000))
    assert abs(y.mean()) < 0.01 and abs(y.var() - 1) < 0.01


def test_logsigmoid_keeps_what_sigmoid_rounds_away():
    x = np.array([-800.0, 40.0])
    assert A.sigmoid(x).tolist() == [0, 1]
    np.testing.assert_allclose(A.logsigmoid(x), [-800, -math.exp(-40)], rtol=1e-14)


def test_relu_stops_a_broken_gradient_where_it_is_off():
    x, dy = np.array([-1.0, 1.0]), np.array([np.inf, np.nan])
    np.testing.assert_array_equal(A.relu_backward(dy, x), [0, np.nan])


@cases
def test_any_layout_and_inputs_unchanged(name, options):
    rng = np.random.default_rng(3)
    x, dy = rng.normal(size=(2, 4, 3, 5))
    x, dy = x.copy(), dy.copy()
    f, f_backward = pair(name)
    y, dx = f(x, **options), f_backward(dy, x, **options)
    for x_, dy_ in zip(layouts(x), layouts(dy), strict=True):
        assert_close(f(x_, **options), y, 1e-14)
        assert_close(f_backward(dy_, x_, **options), dx, 1e-14)
        np.testing.assert_array_equal(x_, x)
        np.testing.assert_array_equal(dy_, dy)


@cases
@floats
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4)])
@pytest.mark.filterwarnings("error")
def test_empty(name, options, dtype, shape):
    x = np.zeros(shape, dtype)
    f, f_backward = pair(name)
    for result in (f(x, **options), f_backward(x, x, **options)):
        assert result.shape == shape and result.dtype == dtype


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("leaky_relu", {"negative_slope": np.float64(0.1)}),
        ("softplus", {"beta": np.float64(2), "threshold": np.float64(3)}),
        ("elu", {"alpha": np.float64(0.5)}),
        ("hardtanh", {"min_val": np.float64(-0.5), "max_val": np.int64(1)}),
        ("softmax", {"dim": np.int64(1)}),
    ],
)
def test_options_that_are_numpy_scalars_do_not_promote(name, options):
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    f, f_backward = pair(name)
    assert f(x, **options).dtype == f_backward(x, x, **options).dtype == np.float32


# prelu: the one with a parameter


@many
@given(
    shape=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    per_channel=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_prelu_agrees_with_torch(shape, per_channel, seed):
    rng = np.random.default_rng(seed)
    if per_channel and len(shape) > 1:
        shape[1] = max(shape[1], 1)
    x = rng.normal(size=shape)
    w = rng.normal(size=shape[1] if per_channel and len(shape) > 1 else 1)
    y, (dx, dw), dy = torch_pair(F.prelu, [x, w], lambda s: rng.normal(size=s))
    assert_close(A.prelu(x, w), y)
    for ours, theirs in zip(A.prelu_backward(dy, x, w), (dx, dw), strict=True):
        assert_close(ours, theirs)


@pytest.mark.parametrize("slopes", [1, 3])
def test_prelu_in_float32_by_finite_differences_and_in_any_layout(slopes):
    rng = np.random.default_rng(4)
    x, w = rng.normal(size=(4, 3, 5)), rng.normal(size=slopes)
    assert gradcheck(A.prelu, A.prelu_backward, x, w) < 1e-7
    dy = rng.normal(size=x.shape)
    y, (dx, dw) = A.prelu(x, w), A.prelu_backward(dy, x, w)
    for x_, dy_, w_ in zip(layouts(x), layouts(dy), layouts(w), strict=True):
        assert_close(A.prelu(x_, w_), y)
        assert_close(A.prelu_backward(dy_, x_, w_)[0], dx)
        assert_close(A.prelu_backward(dy_, x_, w_)[1], dw)
    x, w = x.astype(np.float32), w.astype(np.float32)
    y, theirs, dy = torch_pair(F.prelu, [x, w], lambda s: rng.normal(size=s))
    assert_close(A.prelu(x, w), y)
    for ours, their in zip(A.prelu_backward(dy, x, w), theirs, strict=True):
        assert_close(ours, their)


def test_prelu_by_hand():
    x = np.array([[-2.0, -1.0], [4.0, 0.0], [-3.0, -5.0]])
    w, dy = np.array([0.5, 0.1]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_allclose(A.prelu(x, w), [[-1, -0.1], [4, 0], [-1.5, -0.5]])
    dx, dw = A.prelu_backward(dy, x, w)
    np.testing.assert_allclose(dx, [[0.5, 0.2], [3, 0.4], [2.5, 0.6]])  # at 0 the slope is w
    np.testing.assert_allclose(dw, [-2 * 1 - 3 * 5, -1 * 2 - 5 * 6])
    np.testing.assert_allclose(A.prelu_backward(dy, x, np.array([0.5]))[1], [-17 - 32])


# softmax along any dimension


@many
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4), data=st.data(), seed=st.integers(0, 10**6)
)
def test_softmax_along_any_dimension(shape, data, seed):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    rng = np.random.default_rng(seed)
    x = 3 * rng.normal(size=shape)
    for name in ("softmax", "log_softmax"):
        agrees_with_torch(name, x, {"dim": dim}, rng)
    np.testing.assert_allclose(A.softmax(x, dim).sum(axis=dim), 1, rtol=1e-14)
    np.testing.assert_allclose(A.softmax(x + 5000, dim), A.softmax(x, dim), rtol=1e-10)


def test_softmax_by_hand():
    x = np.log(np.array([[1.0, 3.0], [2.0, 2.0]]))
    np.testing.assert_allclose(A.softmax(x, 1), [[0.25, 0.75], [0.5, 0.5]], rtol=1e-14)
    np.testing.assert_allclose(A.softmax(x, 0), [[1 / 3, 0.6], [2 / 3, 0.4]], rtol=1e-14)
    np.testing.assert_allclose(A.log_softmax(x, 1), np.log([[0.25, 0.75], [0.5, 0.5]]), rtol=1e-14)
    dy = np.array([[1.0, 0.0], [0.0, 2.0]])
    np.testing.assert_allclose(A.softmax_backward(dy, x, 1), [[3 / 16, -3 / 16], [-0.5, 0.5]], rtol=1e-14)
    np.testing.assert_allclose(A.log_softmax_backward(dy, x, 1), [[0.75, -0.75], [-1, 1]], rtol=1e-14)


def test_log_softmax_keeps_what_softmax_rounds_away():
    x = np.array([0.0, -800.0])
    assert A.softmax(x, 0)[1] == 0
    assert A.log_softmax(x, 0)[1] == -800


def test_a_score_of_minus_infinity_rules_out():
    x = np.array([[0.0, -np.inf, 0.0]])
    np.testing.assert_array_equal(A.softmax(x, 1), [[0.5, 0, 0.5]])


# the error function


@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-15), (np.float32, 5e-7)])
def test_erf_agrees_with_math_erf(dtype, tol):
    tiny = np.geomspace(1e-30, 1, 300)
    x = np.concatenate([np.linspace(-7, 7, 20011), [0.46875, -0.46875, 1e4, -1e4], tiny, -tiny]).astype(dtype)
    y = erf(x)
    truth = np.array([math.erf(v) for v in x])
    assert y.dtype == dtype
    assert (np.abs(y - truth) <= tol * np.abs(truth)).all()


def test_erf_at_the_edges():
    np.testing.assert_array_equal(erf(np.array([0.0, np.inf, -np.inf, np.nan])), [0, 1, -1, np.nan])
    assert np.signbit(erf(np.array([-0.0])))[0]
    assert erf(np.zeros((0, 3))).shape == (0, 3)


# what is refused

X = np.ones((2, 3))
BAD_X = [[1.0], 1.0, None, np.ones(3, int), np.ones(3, complex), np.ones(3, object), np.ones(3, np.float16)]
ARGUMENTS = {"prelu": (np.ones(1),), "softmax": (0,), "log_softmax": (0,)}


@pytest.mark.parametrize("name", [*TORCH, "prelu"])
@pytest.mark.parametrize("x", BAD_X, ids=lambda x: type(x).__name__ + str(getattr(x, "dtype", "")))
def test_x_must_be_an_array_of_floats(name, x):
    f, f_backward = pair(name)
    with pytest.raises(TypeError, match="^x must"):
        f(x, *ARGUMENTS.get(name, ()))
    with pytest.raises(TypeError, match="^x must"):
        f_backward(np.ones(3), x, *ARGUMENTS.get(name, ()))


@pytest.mark.parametrize("name", [*TORCH, "prelu"])
@pytest.mark.parametrize(
    ("dy", "error"),
    [
        (np.ones((2, 3), np.float32), TypeError),
        (np.ones((2, 3), int), TypeError),
        (1.0, TypeError),
        (np.ones((3, 2)), ValueError),
        (np.ones(3), ValueError),
        (np.ones((2, 1)), ValueError),
    ],
)
def test_dy_must_be_like_x(name, dy, error):
    with pytest.raises(error, match="^dy "):
        pair(name)[1](dy, X, *ARGUMENTS.get(name, ()))


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("leaky_relu", ("0.1",), TypeError, "negative_slope"),
        ("leaky_relu", (True,), TypeError, "negative_slope"),
        ("leaky_relu", (np.nan,), ValueError, "negative_slope"),
        ("hardtanh", ("0",), TypeError, "min_val"),
        ("hardtanh", (0, None), TypeError, "max_val"),
        ("hardtanh", (np.nan,), ValueError, "min_val"),
        ("hardtanh", (0, np.nan), ValueError, "min_val must not be over max_val, got 0 and nan"),
        ("hardtanh", (2, 1), ValueError, "min_val must not be over max_val, got 2 and 1"),
        ("elu", (None,), TypeError, "alpha"),
        ("elu", (np.inf,), ValueError, "alpha"),
        ("softplus", (0,), ValueError, "beta"),
        ("softplus", (-1.0,), ValueError, "beta"),
        ("softplus", ("1",), TypeError, "beta"),
        ("softplus", (1, None), TypeError, "threshold"),
        ("gelu", ("exact",), ValueError, "approximate"),
        ("gelu", (True,), ValueError, "approximate"),
        ("softmax", (2,), ValueError, "dim"),
        ("softmax", (-3,), ValueError, "dim"),
        ("softmax", (0.0,), TypeError, "dim"),
        ("softmax", (None,), TypeError, "dim"),
        ("softmax", ((0, 1),), TypeError, "dim"),
        ("log_softmax", (2,), ValueError, "dim"),
        ("log_softmax", (True,), TypeError, "dim"),
        ("prelu", (0.25,), TypeError, "w must"),
        ("prelu", (np.ones(1, int),), TypeError, "w must"),
        ("prelu", (np.ones(1, np.float32),), TypeError, "x and w must share"),
        ("prelu", (np.ones(2),), ValueError, r"w must have shape \(1,\) or \(3,\)"),
        ("prelu", (np.ones((1, 3)),), ValueError, "w must"),
        ("prelu", (np.ones(0),), ValueError, "w must"),
    ],
)
def test_bad_options(name, arguments, error, message):
    f, f_backward = pair(name)
    with pytest.raises(error, match=f"^{message}"):
        f(X, *arguments)
    with pytest.raises(error, match=f"^{message}"):
        f_backward(X, X, *arguments)
