"""Max, average and adaptive pooling: by hand, against PyTorch, by finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts, torch_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.gradcheck import gradcheck
from cnnlib.pooling import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_backward,
    adaptive_max_pool2d,
    adaptive_max_pool2d_backward,
    avg_pool2d,
    avg_pool2d_backward,
    max_pool2d,
    max_pool2d_backward,
    max_unpool2d,
    max_unpool2d_backward,
)

PAIRS = {
    "max_pool2d": (max_pool2d, max_pool2d_backward, F.max_pool2d),
    "avg_pool2d": (avg_pool2d, avg_pool2d_backward, F.avg_pool2d),
    "adaptive_avg_pool2d": (adaptive_avg_pool2d, adaptive_avg_pool2d_backward, F.adaptive_avg_pool2d),
    "adaptive_max_pool2d": (adaptive_max_pool2d, adaptive_max_pool2d_backward, F.adaptive_max_pool2d),
}
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])
EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)
NAN, INF = np.nan, np.inf


def images(rng, dtype, shape, ties):
    """Normal values, or one of five: then ties are everywhere."""
    x = rng.integers(-2, 3, shape) if ties else rng.standard_normal(shape)
    return x.astype(dtype)


def assert_agrees(op, x, options, rng):
    """Output, places and gradient of one call, for a random upstream gradient, as in PyTorch."""
    f, f_backward, reference = PAIRS[op]
    y, (expected,), dy = torch_pair(reference, [x], rng.standard_normal, **options)
    assert_close(f(x, **options), y)
    dx = f_backward(dy, x, **options)
    assert_close(dx, expected)
    if "max" in op:
        maxima, places = f(x, **options, return_indices=True)
        assert_close(maxima, y)
        assert_close(places, reference(torch.tensor(x), **options, return_indices=True)[1], tol=1e-30)
        if op == "max_pool2d":
            assert np.array_equal(max_pool2d_backward(dy, x, **options, indices=places), dx, equal_nan=True)


# ---- By hand, and published numbers


def test_max_pool2d_by_hand():
    x = np.array([[[[1.0, 2, 5, 0], [4, 3, 0, 0], [0, 0, 7, 8], [9, 0, 6, 0]]]])
    y, places = max_pool2d(x, 2, return_indices=True)
    assert y.tolist() == [[[[4, 5], [9, 8]]]]
    assert places.tolist() == [[[[4, 2], [12, 11]]]]
    dx = max_pool2d_backward(np.array([[[[10.0, 20], [30, 40]]]]), x, 2)
    assert dx.tolist() == [[[[0, 0, 20, 0], [10, 0, 0, 0], [0, 0, 0, 40], [30, 0, 0, 0]]]]


def test_max_pool2d_published_cs231n():
    x = np.linspace(-0.3, 0.4, 96).reshape(2, 3, 4, 4)
    expected = [
        [-0.26315789, -0.24842105, -0.20421053, -0.18947368],
        [-0.14526316, -0.13052632, -0.08631579, -0.07157895],
        [-0.02736842, -0.01263158, 0.03157895, 0.04631579],
        [0.09052632, 0.10526316, 0.14947368, 0.16421053],
        [0.20842105, 0.22315789, 0.26736842, 0.28210526],
        [0.32631579, 0.34105263, 0.38526316, 0.4],
    ]
    np.testing.assert_allclose(max_pool2d(x, 2, stride=2).reshape(6, 4), expected, rtol=0, atol=5e-9)


def test_max_pool2d_published_d2l():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    assert max_pool2d(x, 2, stride=1).tolist() == [[[[4, 5], [7, 8]]]]
    assert avg_pool2d(x, 2, stride=1).tolist() == [[[[2, 3], [5, 6]]]]


def test_gradients_add_where_windows_overlap():
    x = np.array([[[[0.0, 9, 0]]]])
    assert max_pool2d_backward(np.array([[[[10.0, 20]]]]), x, (1, 2), stride=1).tolist() == [[[[0, 30, 0]]]]
    assert avg_pool2d_backward(np.array([[[[10.0, 20]]]]), x, (1, 2), stride=1).tolist() == [[[[5, 15, 10]]]]


# ---- PyTorch, over shapes and options

seeds = st.integers(0, 2**32 - 1)
small = st.integers(1, 3)
pairs = st.one_of(small, st.tuples(small, small))


def both(option):
    return option if isinstance(option, tuple) else (option, option)


@st.composite
def pooling_calls(draw, dilated):
    kernel = draw(st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 4), st.integers(1, 4))))
    options = {"kernel_size": kernel, "stride": draw(st.one_of(st.none(), pairs)), "ceil_mode": draw(st.booleans())}
    dilation = draw(pairs) if dilated else 1
    most = [k // 2 for k in both(kernel)]
    options["padding"] = draw(st.one_of(st.integers(0, min(most)), st.tuples(*(st.integers(0, p) for p in most))))
    size = []
    for k, d, p in zip(both(kernel), both(dilation), both(options["padding"]), strict=True):
        least = max(d, d * (k - 1) + 1 - 2 * p)
        size.append(draw(st.integers(least, least + 6)))
    if dilated:
        options["dilation"] = dilation
    else:
        options["count_include_pad"] = draw(st.booleans())
        options["divisor_override"] = draw(st.sampled_from([None, None, 1, 3, -2]))
    return (draw(st.integers(0, 3)), draw(small), *size), options


@DTYPES
@EXAMPLES
@given(call=pooling_calls(dilated=True), seed=seeds, ties=st.booleans())
def test_max_pool2d_agrees_with_torch(dtype, call, seed, ties):
    shape, options = call
    rng = np.random.default_rng(seed)
    assert_agrees("max_pool2d", images(rng, dtype, shape, ties), options, rng)


@DTYPES
@EXAMPLES
@given(call=pooling_calls(dilated=False), seed=seeds)
def test_avg_pool2d_agrees_with_torch(dtype, call, seed):
    shape, options = call
    rng = np.random.default_rng(seed)
    assert_agrees("avg_pool2d", images(rng, dtype, shape, ties=False), options, rng)


side = st.one_of(st.none(), st.integers(1, 6))


@DTYPES
@pytest.mark.parametrize("op", ["adaptive_avg_pool2d", "adaptive_max_pool2d"])
@EXAMPLES
@given(shape=st.tuples(st.integers(0, 3), small, st.integers(1, 8), st.integers(1, 8)),
       output_size=st.one_of(st.integers(1, 9), st.tuples(side, side)), seed=seeds, ties=st.booleans())
def test_adaptive_pooling_agrees_with_torch(op, dtype, shape, output_size, seed, ties):
    rng = np.random.default_rng(seed)
    x = images(rng, dtype, shape, ties and "max" in op)
    assert_agrees(op, x, {"output_size": output_size}, rng)


# ---- Semantics that are easily got wrong


def test_padding_of_max_pooling_never_wins():
    x = np.full((1, 1, 3, 3), -5.0)
    assert np.array_equal(max_pool2d(x, 3, stride=1, padding=1), x)
    assert_agrees("max_pool2d", x, {"kernel_size": 2, "padding": 1, "ceil_mode": True}, np.random.default_rng(0))


def test_of_equal_maxima_the_first_gets_the_gradient():
    x = np.zeros((1, 1, 4, 4))
    dx = max_pool2d_backward(np.array([[[[1.0, 2], [3, 4]]]]), x, 2)
    assert dx.tolist() == [[[[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]]]
    dx = adaptive_max_pool2d_backward(np.array([[[[1.0, 2], [3, 4]]]]), x, 2)
    assert dx.tolist() == [[[[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]]]


def test_of_equal_maxima_padding_is_never_the_first():
    x = np.full((1, 1, 3, 3), -INF)
    _, places = max_pool2d(x, 3, stride=1, padding=1, return_indices=True)
    assert places.tolist() == [[[[0, 0, 1], [0, 0, 1], [3, 3, 4]]]]
    rng = np.random.default_rng(0)
    for options in ({"padding": 1}, {"padding": 1, "dilation": 2}, {"padding": (0, 1), "stride": 1}):
        assert_agrees("max_pool2d", x, {"kernel_size": 3, "ceil_mode": True} | options, rng)
    assert_agrees("adaptive_max_pool2d", x, {"output_size": 2}, rng)


@pytest.mark.parametrize("op, options", [
    ("max_pool2d", {"kernel_size": 2}), ("max_pool2d", {"kernel_size": 3, "stride": 1, "padding": 1}),
    ("adaptive_max_pool2d", {"output_size": (1, 2)}), ("avg_pool2d", {"kernel_size": 2}),
    ("adaptive_avg_pool2d", {"output_size": (1, 2)}),
])
@pytest.mark.filterwarnings("error")
def test_nan_goes_through(op, options):
    x = np.array([[[[1, NAN, 3, 4], [NAN, 0, 0, 2]], [[1, 2, NAN, INF], [5, 6, 7, -INF]]]])
    assert np.isnan(PAIRS[op][0](x, **options)).any()
    assert_agrees(op, x, options, np.random.default_rng(0))


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint64])
def test_places_may_be_integers_of_any_kind(dtype):
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    dy, places = x[:, :, :2, :2], max_pool2d(x, 2, return_indices=True)[1]
    dx = max_pool2d_backward(dy, x, 2, indices=places.astype(dtype))
    assert np.array_equal(dx, max_pool2d_backward(dy, x, 2))


def test_infinite_gradient_stays_where_it_belongs():
    dx = max_pool2d_backward(np.array([[[[INF, NAN]]]]), np.array([[[[1.0, 2, 4, 3]]]]), (1, 2))
    assert np.array_equal(dx, [[[[0, INF, NAN, 0]]]], equal_nan=True)


def test_stride_is_the_kernel_size_unless_given():
    x = np.arange(36.0).reshape(1, 1, 6, 6)
    for pool in (max_pool2d, avg_pool2d):
        assert np.array_equal(pool(x, (3, 2)), pool(x, (3, 2), stride=(3, 2)))
        assert pool(x, (3, 2)).shape == (1, 1, 2, 3)


def test_ceil_mode_keeps_a_last_window_that_hangs_over():
    x = np.arange(5.0).reshape(1, 1, 1, 5)
    assert max_pool2d(x, (1, 2)).tolist() == [[[[1, 3]]]]
    assert max_pool2d(x, (1, 2), ceil_mode=True).tolist() == [[[[1, 3, 4]]]]
    assert avg_pool2d(x, (1, 2), ceil_mode=True).tolist() == [[[[0.5, 2.5, 4]]]]  # the mean of one


@pytest.mark.parametrize("op", ["max_pool2d", "avg_pool2d"])
def test_ceil_mode_drops_a_window_that_starts_in_the_padding(op):
    x = np.arange(1.0, 5).reshape(1, 1, 1, 4)
    options = {"kernel_size": (1, 2), "stride": (1, 3), "padding": (0, 1), "ceil_mode": True}
    assert PAIRS[op][0](x, **options).shape == (1, 1, 1, 2)  # a third would start at position 5 of 4
    assert_agrees(op, x, options, np.random.default_rng(0))


@pytest.mark.parametrize("op", ["max_pool2d", "avg_pool2d"])
def test_ceil_mode_takes_a_kernel_larger_than_the_image(op):
    rng = np.random.default_rng(0)
    assert_agrees(op, rng.standard_normal((1, 1, 3, 3)), {"kernel_size": 4, "ceil_mode": True}, rng)


def test_count_include_pad():
    x = np.array([[[[4.0, 8.0]]]])
    options = {"kernel_size": (1, 2), "stride": 1, "padding": (0, 1)}
    assert avg_pool2d(x, **options).tolist() == [[[[2, 6, 4]]]]
    assert avg_pool2d(x, **options, count_include_pad=False).tolist() == [[[[4, 6, 8]]]]


def test_what_hangs_over_the_padding_never_counts():
    x = np.arange(1.0, 5).reshape(1, 1, 1, 4)
    options = {"kernel_size": (1, 3), "stride": (1, 3), "padding": (0, 1), "ceil_mode": True}
    assert avg_pool2d(x, **options).tolist() == [[[[1, 7 / 3]]]]
    options = {"kernel_size": (1, 4), "stride": (1, 3), "padding": (0, 1), "ceil_mode": True}
    assert avg_pool2d(x, **options).tolist() == [[[[1.5, 7 / 3]]]]  # 3, 4 and one zero of padding
    for op in ("avg_pool2d", "max_pool2d"):
        assert_agrees(op, x, options, np.random.default_rng(0))


@pytest.mark.parametrize("divisor", [1, 3, -2])
@pytest.mark.parametrize("count_include_pad", [True, False])
def test_divisor_override(divisor, count_include_pad):
    x = np.array([[[[4.0, 8.0]]]])
    options = {"kernel_size": (1, 2), "padding": (0, 1), "count_include_pad": count_include_pad}
    assert avg_pool2d(x, **options, divisor_override=divisor).tolist() == [[[[4 / divisor, 8 / divisor]]]]


def test_max_pooling_and_relu_commute():
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 6))
    assert np.array_equal(max_pool2d(np.maximum(x, 0), 2), np.maximum(max_pool2d(x, 2), 0))


def test_adaptive_windows_share_positions_where_the_size_does_not_divide():
    x = np.arange(5.0).reshape(1, 1, 1, 5)
    assert adaptive_avg_pool2d(x, (1, 3)).tolist() == [[[[0.5, 2, 3.5]]]]
    assert adaptive_max_pool2d(x, (None, 3)).tolist() == [[[[1, 3, 4]]]]
    assert adaptive_avg_pool2d(x, 1).item() == 2
    assert adaptive_avg_pool2d(x, (2, 10)).shape == (1, 1, 2, 10)  # more windows than positions


# ---- Unpooling


def pooled(rng, shape, **options):
    """Numbers in place of the maxima of an image, and where those stood."""
    y, places = max_pool2d(rng.standard_normal(shape), **options, return_indices=True)
    return rng.standard_normal(y.shape), places


def test_max_unpool2d_by_hand():
    x, places = np.array([[[[1.0, 2.0]], [[3.0, 4.0]]]]), np.array([[[[5, 3]], [[0, 6]]]])
    expected = [[[0, 0, 0, 2], [0, 1, 0, 0]], [[3, 0, 0, 0], [0, 0, 4, 0]]]
    assert max_unpool2d(x, places, 2).tolist() == [expected]
    assert max_unpool2d(x, places, 2, output_size=(1, 2, 2, 5)).shape == (1, 2, 2, 5)
    dx = max_unpool2d_backward(np.arange(16.0).reshape(1, 2, 2, 4), x, places, 2)
    assert dx.tolist() == [[[[5, 3]], [[8, 14]]]]
    assert max_unpool2d(x[:, :1], places[:, :1] * 0, 2)[0, 0, 0].tolist() == [2, 0, 0, 0]  # of two the last stands


def test_unpooling_undoes_pooling_but_for_what_was_lost():
    x = np.abs(np.random.default_rng(0).standard_normal((2, 3, 6, 4)))
    y, places = max_pool2d(x, 2, return_indices=True)
    back = max_unpool2d(y, places, 2)
    assert np.array_equal(max_pool2d(back, 2), y) and np.array_equal(back[back > 0], x[back > 0])
    assert (back > 0).sum() == y.size


@DTYPES
@EXAMPLES
@given(call=pooling_calls(dilated=False), extra=st.tuples(st.integers(-2, 2), st.integers(-2, 2)), given=st.booleans(),
       single=st.booleans(), seed=seeds)
def test_max_unpool2d_agrees_with_torch_refusals_included(dtype, call, extra, given, single, seed):
    shape, options = call
    shape = (1, *shape[1:]) if single else (max(shape[0], 1), *shape[1:])
    kernel, padding = both(options["kernel_size"]), both(options["padding"])
    stride = tuple(max(k, s) for k, s in zip(kernel, both(options["stride"] or kernel), strict=True))
    options = {"kernel_size": kernel, "stride": stride, "padding": padding}
    rng = np.random.default_rng(seed)
    x, places = pooled(rng, shape, **options)
    x = x.astype(dtype)
    if single:
        x, places = x[0], places[0]
    if given:
        options["output_size"] = tuple(n + e for n, e in zip(shape[2:], extra, strict=True))
    tx = torch.tensor(x, requires_grad=True)
    try:
        ty = F.max_unpool2d(tx, torch.from_numpy(places), **options)
    except (ValueError, RuntimeError):
        with pytest.raises(ValueError, match="^(output_size|indices) must be"):
            max_unpool2d(x, places, **options)
        return
    if ty.numel() == 0:
        with pytest.raises(ValueError, match="^output_size must be at least 1"):
            max_unpool2d(x, places, **options)
        return
    y = max_unpool2d(x, places, **options)
    assert_close(y, ty.detach().numpy())
    dy = rng.standard_normal(y.shape).astype(dtype)
    ty.backward(torch.from_numpy(dy))
    assert_close(max_unpool2d_backward(dy, x, places, **options), tx.grad.numpy())


def test_max_unpool2d_in_any_layout_by_finite_differences_and_empty():
    rng = np.random.default_rng(1)
    x, places = pooled(rng, (2, 3, 7, 5), kernel_size=(2, 1), stride=2)
    options = {"kernel_size": (2, 1), "stride": 2, "output_size": (7, 5)}
    gradcheck(lambda x: max_unpool2d(x, places, **options),
              lambda dy, x: max_unpool2d_backward(dy, x, places, **options), x, rng=rng)
    y = max_unpool2d(x, places, **options)
    dx = max_unpool2d_backward(y, x, places, **options)
    assert np.array_equal(dx, x)
    for x2, places2, y2 in zip(layouts(x), layouts(places), layouts(y), strict=True):
        assert np.array_equal(max_unpool2d(x2, places2, **options), y)
        assert np.array_equal(max_unpool2d_backward(y2, x2, places2, **options), dx)
    none = max_unpool2d(x[:0], places[:0], **options)
    assert none.shape == (0, 3, 7, 5)
    assert max_unpool2d_backward(none, x[:0], places[:0], **options).shape == (0, 3, 3, 3)


# ---- Finite differences, layouts, empty batches


CASES = [
    ("max_pool2d", {"kernel_size": (3, 2), "stride": 2, "padding": (1, 0), "dilation": (1, 2), "ceil_mode": True}),
    ("avg_pool2d", {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}),
    ("adaptive_avg_pool2d", {"output_size": (3, 2)}),
    ("adaptive_max_pool2d", {"output_size": (3, 2)}),
]
BY_CASE = pytest.mark.parametrize("op, options", CASES, ids=[op for op, _ in CASES])


@BY_CASE
def test_gradients_by_finite_differences(op, options):
    rng = np.random.default_rng(0)
    x = rng.permutation(2 * 3 * 7 * 5).reshape(2, 3, 7, 5) / 10  # no two alike, nor nearly so
    gradcheck(*PAIRS[op][:2], x, rng=rng, **options)


@BY_CASE
def test_any_layout_gives_the_same_and_inputs_stay(op, options):
    f, f_backward, _ = PAIRS[op]
    rng = np.random.default_rng(0)
    x = images(rng, "float64", (2, 3, 7, 6), ties=True)
    y = f(x, **options)
    dy = rng.standard_normal(y.shape)
    before = x.copy(), dy.copy()
    dx = f_backward(dy, x, **options)
    assert np.array_equal(x, before[0]) and np.array_equal(dy, before[1])
    for x2, dy2 in zip(layouts(x), layouts(dy), strict=True):
        assert_close(f(x2, **options), y, 1e-14)
        assert_close(f_backward(dy2, x2, **options), dx, 1e-14)


@BY_CASE
def test_empty_batch(op, options):
    assert_agrees(op, np.zeros((0, 3, 7, 6), "float32"), options, np.random.default_rng(0))


# ---- Bad input

X = np.zeros((2, 3, 6, 6))
DY, PLACES = np.zeros((2, 3, 3, 3)), np.zeros((2, 3, 3, 3), int)
BAD = [
    (TypeError, "x must be a NumPy array", lambda: max_pool2d([[[[1.0]]]], 1)),
    (TypeError, "x must be float32 or float64, got int64", lambda: max_pool2d(X.astype(int), 2)),
    (TypeError, "x must be .* got complex128", lambda: avg_pool2d(X.astype(complex), 2)),
    (TypeError, "x must be .* got float16", lambda: adaptive_avg_pool2d(X.astype(np.float16), 2)),
    (ValueError, "x must have 3 or 4 dimensions, got 5", lambda: max_pool2d(X[None], 2)),
    (ValueError, "x must have 3 or 4 dimensions, got 2", lambda: adaptive_max_pool2d(X[0, 0], 2)),
    (ValueError, "x must have at least one channel", lambda: max_pool2d(X[:, :0], 2)),
    (ValueError, "x must have at least one channel", lambda: adaptive_avg_pool2d(X[:, :, :0], 2)),
    (ValueError, "kernel_size must be at least 1", lambda: max_pool2d(X, 0)),
    (ValueError, "kernel_size must be at least 1", lambda: avg_pool2d(X, (2, -1))),
    (TypeError, "kernel_size must be an integer, got 2.0", lambda: max_pool2d(X, 2.0)),
    (TypeError, "kernel_size must be an integer, got None", lambda: avg_pool2d(X, None)),
    (ValueError, "kernel_size must be an integer or a pair", lambda: max_pool2d(X, (2, 2, 2))),
    (ValueError, "kernel_size must fit", lambda: max_pool2d(X, 7)),
    (ValueError, "kernel_size must fit", lambda: avg_pool2d(X, (2, 7))),
    (ValueError, "kernel_size must fit", lambda: max_pool2d(X, 3, dilation=3)),
    (ValueError, "kernel_size must fit", lambda: max_pool2d(X, 8, stride=1, ceil_mode=True)),
    (ValueError, "stride must be at least 1", lambda: max_pool2d(X, 2, stride=0)),
    (TypeError, "stride must be an integer", lambda: avg_pool2d(X, 2, stride="2")),
    (ValueError, "padding must be at least 0", lambda: max_pool2d(X, 2, padding=-1)),
    (ValueError, r"padding must be at most half of kernel_size \(3, 3\)", lambda: max_pool2d(X, 3, padding=2)),
    (ValueError, "padding must be at most half", lambda: avg_pool2d(X, (4, 1), padding=(2, 1))),
    (ValueError, "padding must be at most half", lambda: max_pool2d(X, 2, padding=2, dilation=3)),
    (ValueError, "dilation must be at least 1", lambda: max_pool2d(X, 2, dilation=0)),
    (ValueError, "nothing but padding", lambda: max_pool2d(X[:, :, :1], 2, padding=1, dilation=2)),
    (TypeError, "ceil_mode must be True or False", lambda: max_pool2d(X, 2, ceil_mode=1)),
    (TypeError, "return_indices must be True or False", lambda: max_pool2d(X, 2, return_indices="yes")),
    (TypeError, "return_indices must be True or False", lambda: adaptive_max_pool2d(X, 2, return_indices=None)),
    (TypeError, "count_include_pad must be True or False", lambda: avg_pool2d(X, 2, count_include_pad=None)),
    (ValueError, "divisor_override must not be 0", lambda: avg_pool2d(X, 2, divisor_override=0)),
    (TypeError, "divisor_override must be an integer", lambda: avg_pool2d(X, 2, divisor_override=2.5)),
    (ValueError, "output_size must be at least 1", lambda: adaptive_avg_pool2d(X, 0)),
    (ValueError, "output_size must be an integer, None or a pair", lambda: adaptive_avg_pool2d(X, (1, 2, 3))),
    (TypeError, "output_size must be an integer, got '3'", lambda: adaptive_max_pool2d(X, (None, "3"))),
    (ValueError, r"dy must have shape \(2, 3, 3, 3\)", lambda: max_pool2d_backward(DY[..., :2], X, 2)),
    (ValueError, "dy must have shape", lambda: avg_pool2d_backward(X, X, 2)),
    (ValueError, "dy must have shape", lambda: adaptive_avg_pool2d_backward(X, X, 2)),
    (ValueError, "dy must have shape", lambda: adaptive_max_pool2d_backward(X, X, 2)),
    (TypeError, "dy and x must share one dtype", lambda: avg_pool2d_backward(DY.astype("f"), X, 2)),
    (TypeError, "indices must hold integers", lambda: max_pool2d_backward(DY, X, 2, indices=DY)),
    (ValueError, "indices must have shape", lambda: max_pool2d_backward(DY, X, 2, indices=PLACES[:1])),
    (ValueError, r"indices must be in \[0, 35\]", lambda: max_pool2d_backward(DY, X, 2, indices=PLACES + 36)),
    (ValueError, r"indices must be in \[0, 35\]", lambda: max_pool2d_backward(DY, X, 2, indices=PLACES - 1)),
]


@pytest.mark.parametrize("error, message, call", BAD, ids=[f"{k}: {m[:40]}" for k, (_, m, _) in enumerate(BAD)])
def test_bad_input(error, message, call):
    with pytest.raises(error, match=message):
        call()
