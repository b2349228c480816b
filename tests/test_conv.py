"""conv2d, conv_transpose2d, unfold: by hand, against PyTorch, by finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts, torch_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.conv import (
    conv2d,
    conv2d_backward,
    conv2d_output_size,
    conv_transpose2d,
    conv_transpose2d_backward,
    fold,
    fold_backward,
    unfold,
    unfold_backward,
)
from cnnlib.gradcheck import gradcheck

PAIRS = {
    "conv2d": (conv2d, conv2d_backward, F.conv2d),
    "conv_transpose2d": (conv_transpose2d, conv_transpose2d_backward, F.conv_transpose2d),
    "unfold": (unfold, unfold_backward, F.unfold),
    "fold": (fold, fold_backward, F.fold),
}
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")  # PyTorch, of a copy it makes
EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)


def draw(rng, dtype, *shapes):
    return [None if shape is None else numbers(rng, dtype)(shape).astype(dtype) for shape in shapes]


def numbers(rng, dtype):
    """Of both signs in float64; in float32 positive, so that no sum cancels and leaves mostly rounding."""
    return rng.standard_normal if dtype == "float64" else lambda shape: rng.uniform(0.5, 1.5, shape)


def assert_agrees(op, arrays, options, rng):
    """Output and every gradient of one call, for a random upstream gradient, as in PyTorch."""
    f, f_backward, reference = PAIRS[op]
    y, expected, dy = torch_pair(reference, arrays, numbers(rng, arrays[0].dtype), **options)
    assert_close(f(*arrays, **options), y)
    gradients = as_tuple(f_backward(dy, *arrays, **options))
    assert [g is None for g in gradients] == [a is None for a in arrays]
    for gradient, theirs in zip([g for g in gradients if g is not None], expected, strict=True):
        assert_close(gradient, theirs)


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


# ---- By hand, and published numbers


def test_conv2d_by_hand():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    w = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
    assert conv2d(x, w).tolist() == [[[[19, 25], [37, 43]]]]
    assert conv2d(x, w, np.array([100.0])).tolist() == [[[[119, 125], [137, 143]]]]


def test_conv2d_does_not_flip_the_filter():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    w = np.arange(9.0).reshape(1, 1, 3, 3)
    assert np.array_equal(conv2d(x, w, padding=1)[0, 0], w[0, 0, ::-1, ::-1])


def test_conv2d_published_cs231n():
    x = np.linspace(-0.1, 0.5, 96).reshape(2, 3, 4, 4)
    w = np.linspace(-0.2, 0.3, 144).reshape(3, 3, 4, 4)
    b = np.linspace(-0.1, 0.2, 3)
    expected = [
        [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
        [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
        [[0.50813986, 0.54309974], [0.64082444, 0.67101435]],
        [[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
        [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
        [[2.36270298, 2.36904306], [2.38090835, 2.38247847]],
    ]
    y = conv2d(x, w, b, stride=2, padding=1)
    np.testing.assert_allclose(y.reshape(6, 2, 2), expected, rtol=0, atol=5e-9)


def test_conv2d_published_d2l_several_input_channels():
    x = np.stack([np.arange(9.0).reshape(3, 3), np.arange(1.0, 10).reshape(3, 3)])[None]
    w = np.array([[[[0.0, 1.0], [2.0, 3.0]], [[1.0, 2.0], [3.0, 4.0]]]])
    assert conv2d(x, w).tolist() == [[[[56, 72], [104, 120]]]]


def test_conv_transpose2d_published_d2l():
    x = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
    assert conv_transpose2d(x, x).tolist() == [[[[0, 0, 1], [0, 4, 6], [4, 12, 9]]]]


def test_conv2d_backward_by_hand():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    dx, dw, db = conv2d_backward(np.array([[[[1.0, 0.0], [0.0, 2.0]]]]), x, w, np.zeros(1))
    assert dx.tolist() == [[[[1, 2, 0], [3, 6, 4], [0, 6, 8]]]]
    assert dw.tolist() == [[[[8, 11], [17, 20]]]]
    assert db.tolist() == [3]


# ---- PyTorch, over shapes and options

pairs = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))
seeds = st.integers(0, 2**32 - 1)


def both(option):
    return option if isinstance(option, tuple) else (option, option)


@st.composite
def conv2d_calls(draw):
    groups = draw(st.integers(1, 3))
    channels, filters = draw(st.integers(1, 2)), groups * draw(st.integers(1, 3))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation = draw(pairs)
    padding = draw(st.one_of(st.integers(0, 3), st.tuples(st.integers(0, 3), st.integers(0, 3)),
                             st.sampled_from(["same", "valid"])))
    stride = 1 if padding == "same" else draw(pairs)
    sides = (9, 9) if padding == "same" else (0, 0) if padding == "valid" else both(padding)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for d, k, p in zip(both(dilation), kernel, sides, strict=True)]
    size = [draw(st.integers(n, n + 5)) for n in least]
    shapes = [(draw(st.integers(0, 3)), channels * groups, *size), (filters, channels, *kernel)]
    shapes.append(draw(st.sampled_from([None, (filters,)])))
    return shapes, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


@DTYPES
@EXAMPLES
@given(call=conv2d_calls(), seed=seeds)
def test_conv2d_agrees_with_torch(dtype, call, seed):
    shapes, options = call
    rng = np.random.default_rng(seed)
    assert_agrees("conv2d", draw(rng, dtype, *shapes), options, rng)


@st.composite
def conv_transpose2d_calls(draw):
    groups = draw(st.integers(1, 3))
    channels, filters = groups * draw(st.integers(1, 2)), draw(st.integers(1, 3))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride, dilation = draw(pairs), draw(pairs)
    size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    extra, padding = [], []
    for n, k, s, d in zip(size, kernel, both(stride), both(dilation), strict=True):
        extra.append(draw(st.integers(0, max(s, d) - 1)))
        padding.append(draw(st.integers(0, ((n - 1) * s + d * (k - 1) + extra[-1]) // 2)))
    shapes = [(draw(st.integers(0, 3)), channels, *size), (channels, filters, *kernel)]
    shapes.append(draw(st.sampled_from([None, (filters * groups,)])))
    return shapes, {"stride": stride, "padding": tuple(padding), "output_padding": tuple(extra),
                    "groups": groups, "dilation": dilation}


@DTYPES
@EXAMPLES
@given(call=conv_transpose2d_calls(), seed=seeds)
def test_conv_transpose2d_agrees_with_torch(dtype, call, seed):
    shapes, options = call
    rng = np.random.default_rng(seed)
    assert_agrees("conv_transpose2d", draw(rng, dtype, *shapes), options, rng)


@st.composite
def unfold_calls(draw):
    kernel, dilation, stride = draw(pairs), draw(pairs), draw(pairs)
    padding = draw(st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2))))
    size = [draw(st.integers(n, n + 4)) for n in
            (max(1, d * (k - 1) + 1 - 2 * p)
             for d, k, p in zip(both(dilation), both(kernel), both(padding), strict=True))]
    shape = (draw(st.integers(0, 3)), draw(st.integers(1, 3)), *size)
    return shape, {"kernel_size": kernel, "dilation": dilation, "padding": padding, "stride": stride}


@DTYPES
@EXAMPLES
@given(call=unfold_calls(), seed=seeds)
def test_unfold_agrees_with_torch(dtype, call, seed):
    shape, options = call
    rng = np.random.default_rng(seed)
    assert_agrees("unfold", draw(rng, dtype, shape), options, rng)


@DTYPES
@pytest.mark.parametrize(
    "x, w, options",
    [
        ((4, 1, 28, 28), (6, 1, 5, 5), {"padding": 2}),
        ((4, 6, 14, 14), (16, 6, 5, 5), {}),
        ((2, 32, 15, 15), (64, 32, 3, 3), {"stride": 2, "padding": 1}),
        ((2, 16, 9, 9), (32, 16, 1, 1), {}),
        ((2, 16, 9, 9), (16, 1, 3, 3), {"groups": 16, "padding": "same"}),
    ],
    ids=["lenet c1", "lenet c2", "strided", "pointwise", "depthwise"],
)
def test_conv2d_layers_of_real_networks(dtype, x, w, options):
    rng = np.random.default_rng(0)
    assert_agrees("conv2d", draw(rng, dtype, x, w, (w[0],)), options, rng)


# ---- Semantics that are easily got wrong


def test_same_padding_of_an_even_kernel_is_below_and_on_the_right():
    x = np.arange(1.0, 5).reshape(1, 1, 2, 2)
    y = conv2d(x, np.array([[[[1.0, 10.0], [100.0, 1000.0]]]]), padding="same")
    assert y.tolist() == [[[[4321, 402], [43, 4]]]]
    assert np.array_equal(y, F.conv2d(torch.tensor(x), torch.tensor([[[[1.0, 10], [100, 1000]]]]).double(),
                                      padding="same").numpy())


@pytest.mark.parametrize("kernel, dilation", [((2, 2), 1), ((4, 3), 1), ((2, 4), (3, 1)), ((4, 4), 3)])
def test_same_padding_keeps_the_size(kernel, dilation):
    rng = np.random.default_rng(0)
    arrays = draw(rng, "float64", (2, 3, 5, 6), (4, 3, *kernel), (4,))
    assert conv2d(*arrays, padding="same", dilation=dilation).shape == (2, 4, 5, 6)
    assert_agrees("conv2d", arrays, {"padding": "same", "dilation": dilation}, rng)


def test_same_padding_refuses_a_stride():
    with pytest.raises(ValueError, match="padding='same' needs stride 1"):
        conv2d(np.zeros((1, 1, 4, 4)), np.zeros((1, 1, 3, 3)), padding="same", stride=(1, 2))


def test_transposed_weight_is_input_by_output():
    rng = np.random.default_rng(0)
    x, w, b = draw(rng, "float64", (2, 4, 3, 3), (4, 3, 2, 2), (6,))
    assert conv_transpose2d(x, w, b, groups=2).shape == (2, 6, 4, 4)
    assert_agrees("conv_transpose2d", [x, w, b], {"groups": 2}, rng)


@pytest.mark.parametrize("options", [{"stride": 2, "output_padding": 2}, {"stride": 1, "output_padding": 1},
                                     {"stride": (3, 2), "output_padding": (2, 2), "dilation": (1, 2)}])
def test_output_padding_is_below_stride_or_dilation(options):
    with pytest.raises(ValueError, match="output_padding"):
        conv_transpose2d(np.zeros((1, 1, 3, 3)), np.zeros((1, 1, 2, 2)), **options)


@pytest.mark.parametrize("options", [
    {"dilation": 3, "output_padding": 2},
    {"stride": 5, "output_padding": 4, "padding": 2},  # keeps only what no filter reached
])
def test_output_padding_beyond_every_filter(options):
    rng = np.random.default_rng(0)
    assert_agrees("conv_transpose2d", draw(rng, "float64", (1, 2, 1, 1), (2, 2, 1, 1), (2,)), options, rng)


def test_output_padding_brings_back_each_size():
    w = np.zeros((1, 1, 3, 3))
    for size in (7, 8):
        y = conv2d(np.zeros((1, 1, size, size)), w, stride=2)
        assert y.shape == (1, 1, 3, 3)
        assert conv_transpose2d(y, w, stride=2, output_padding=size - 7).shape == (1, 1, size, size)


def test_transposed_convolution_is_the_way_back_of_convolution():
    rng = np.random.default_rng(0)
    x, w = draw(rng, "float64", (2, 4, 8, 9), (6, 2, 3, 3))
    options = {"stride": 2, "padding": 1, "groups": 2}
    (dy,) = draw(rng, "float64", conv2d(x, w, **options).shape)
    dx, _, _ = conv2d_backward(dy, x, w, **options)
    np.testing.assert_allclose(conv_transpose2d(dy, w, output_padding=(1, 0), **options), dx, rtol=1e-12, atol=1e-12)


def test_unfold_then_one_matrix_product_is_a_convolution():
    rng = np.random.default_rng(0)
    x, w = draw(rng, "float64", (2, 3, 6, 7), (5, 3, 3, 2))
    y = w.reshape(5, 18) @ unfold(x, (3, 2), padding=1, stride=2)
    np.testing.assert_allclose(y.reshape(2, 5, 3, 4), conv2d(x, w, stride=2, padding=1), rtol=1e-12, atol=1e-12)


@DTYPES
@EXAMPLES
@given(call=unfold_calls(), seed=seeds)
def test_fold_agrees_with_torch(dtype, call, seed):
    shape, options = call
    rng = np.random.default_rng(seed)
    columns = unfold(np.zeros(shape), **options).shape
    assert_agrees("fold", draw(rng, dtype, columns), {"output_size": shape[2:]} | options, rng)


def test_fold_by_hand():
    x = np.array([[1.0, 10.0, 100.0, 1000.0]] * 4)  # four windows of 2 x 2 in a 3 x 3 image
    assert fold(x, 3, 2).tolist() == [[[1, 11, 10], [101, 1111, 1010], [100, 1100, 1000]]]
    dx = fold_backward(np.arange(9.0).reshape(1, 3, 3), x, 3, 2)
    assert dx.tolist() == [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]


def test_fold_is_the_transpose_of_unfold():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 6, 7))
    options = {"kernel_size": (3, 2), "padding": 1, "stride": 2, "dilation": (1, 2)}
    columns = unfold(x, **options)
    y = rng.standard_normal(columns.shape)
    assert np.isclose((columns * y).sum(), (x * fold(y, (6, 7), **options)).sum())
    assert np.array_equal(fold(y, (6, 7), **options), unfold_backward(y, x, **options))


def test_unfold_returns_an_array_of_its_own():
    x = np.zeros((1, 1, 2, 2))
    unfold(x, 1)[:] = 1
    unfold_backward(x.reshape(1, 1, 4), x, 1)[:] = 1
    assert not x.any()


@pytest.mark.parametrize("size, kernel, stride, padding, dilation", [
    (28, 5, 1, 0, 1), ((28, 20), 3, 2, 1, 1), ((9, 10), (2, 4), (1, 3), (0, 2), (3, 1)), ((7, 5), 4, 1, "same", 2),
    ((7, 5), 4, 1, "valid", 1),
])
def test_output_size(size, kernel, stride, padding, dilation):
    (h, w), (kh, kw) = both(size), both(kernel)
    y = F.conv2d(torch.zeros(1, 1, h, w), torch.zeros(1, 1, kh, kw), None, stride, padding, dilation)
    assert conv2d_output_size(size, kernel, stride, padding, dilation) == tuple(y.shape[2:])


# ---- Finite differences, layouts, empty batches


CASES = {
    "conv2d": ([(2, 4, 5, 6), (6, 2, 3, 2), (6,)], {"stride": (2, 1), "padding": 1, "dilation": (1, 2), "groups": 2}),
    "conv_transpose2d": ([(2, 4, 3, 4), (4, 3, 3, 2), (6,)],
                         {"stride": (2, 1), "padding": 1, "output_padding": (1, 0), "groups": 2, "dilation": (1, 2)}),
    "unfold": ([(2, 2, 5, 6)], {"kernel_size": (3, 2), "dilation": (1, 2), "padding": 1, "stride": (2, 1)}),
    "fold": ([(2, 12, 18)], {"output_size": (5, 6), "kernel_size": (3, 2), "dilation": (1, 2), "padding": 1,
                             "stride": (2, 1)}),
}


@pytest.mark.parametrize("op", CASES)
def test_gradients_by_finite_differences(op):
    shapes, options = CASES[op]
    rng = np.random.default_rng(0)
    f, f_backward, _ = PAIRS[op]
    gradcheck(f, f_backward, *draw(rng, "float64", *shapes), rng=rng, **options)


@pytest.mark.parametrize("op", CASES)
def test_any_layout_gives_the_same_and_inputs_stay(op):
    shapes, options = CASES[op]
    f, f_backward, _ = PAIRS[op]
    rng = np.random.default_rng(0)
    arrays = draw(rng, "float64", *shapes)
    y = f(*arrays, **options)
    arrays = [*draw(rng, "float64", y.shape), *arrays]
    before = [a.copy() for a in arrays]
    gradients = as_tuple(f_backward(*arrays, **options))
    for a, copy in zip(arrays, before, strict=True):
        assert np.array_equal(a, copy)
    for others in zip(*map(layouts, arrays), strict=True):
        assert_close(f(*others[1:], **options), y, 1e-14)
        for again, first in zip(as_tuple(f_backward(*others, **options)), gradients, strict=True):
            assert_close(again, first, 1e-14)


@pytest.mark.parametrize("op", CASES)
def test_empty_batch(op):
    shapes, options = CASES[op]
    rng = np.random.default_rng(0)
    assert_agrees(op, draw(rng, "float32", (0, *shapes[0][1:]), *shapes[1:]), options, rng)


# ---- Bad input

X, W, B = np.zeros((2, 4, 5, 5)), np.zeros((6, 4, 3, 3)), np.zeros(6)
WT = np.zeros((4, 6, 3, 3))
BAD = [
    (TypeError, "x must be a NumPy array", lambda: conv2d(X.tolist(), W)),
    (TypeError, "x must be float32 or float64, got int64", lambda: conv2d(X.astype(int), W)),
    (TypeError, "x must be .* got complex128", lambda: conv2d(X.astype(complex), W)),
    (TypeError, "w must be .* got object", lambda: conv2d(X, W.astype(object))),
    (TypeError, "x and w must share one dtype", lambda: conv2d(X, W.astype("f"))),
    (TypeError, "x and w and b must share one dtype", lambda: conv2d(X, W, B.astype("f"))),
    (ValueError, "x must have 3 or 4 dimensions, got 2", lambda: conv2d(X[0, 0], W)),
    (ValueError, "w must have 4 dimensions, got 2", lambda: conv2d(X, W[0, 0])),
    (ValueError, "b must have 1 dimensions, got 0", lambda: conv2d(X, W, np.array(1.0))),
    (ValueError, r"b must have shape \(6,\), got \(4,\)", lambda: conv2d(X, W, B[:4])),
    (ValueError, "x must have 4 channels", lambda: conv2d(X[:, :3], W)),
    (ValueError, "x must have 8 channels", lambda: conv2d(X, W, groups=2)),
    (ValueError, "groups must divide the number of filters, 6, got 4", lambda: conv2d(X, W[:, :1], groups=4)),
    (ValueError, "groups must be at least 1", lambda: conv2d(X, W, groups=0)),
    (TypeError, "groups must be an integer", lambda: conv2d(X, W, groups=2.0)),
    (ValueError, "the kernel must fit", lambda: conv2d(X, W, dilation=3)),
    (ValueError, "the kernel must fit", lambda: conv2d(X[:, :, :2], W)),
    (ValueError, "at least one channel, row and column", lambda: conv2d(X[:, :, :0], W, padding=2)),
    (ValueError, "w must not be empty", lambda: conv2d(X, W[:0])),
    (ValueError, "stride must be at least 1, got 0", lambda: conv2d(X, W, stride=0)),
    (ValueError, "stride must be an integer or a pair", lambda: conv2d(X, W, stride=(1, 2, 3))),
    (TypeError, "stride must be an integer, got True", lambda: conv2d(X, W, stride=True)),
    (TypeError, "stride must be an integer, got 1.5", lambda: conv2d(X, W, stride=1.5)),
    (ValueError, "dilation must be at least 1", lambda: conv2d(X, W, dilation=(1, 0))),
    (ValueError, "padding must be at least 0, got -1", lambda: conv2d(X, W, padding=-1)),
    (ValueError, "padding must be one of 'same', 'valid', got 'full'", lambda: conv2d(X, W, padding="full")),
    (TypeError, "padding must be an integer, got None", lambda: conv2d(X, W, padding=None)),
    (ValueError, r"dy must have shape \(2, 6, 3, 3\)", lambda: conv2d_backward(np.zeros((2, 6, 3, 4)), X, W)),
    (TypeError, "dy and x must share one dtype", lambda: conv2d_backward(np.zeros((2, 6, 3, 3), "f"), X, W)),
    (TypeError, "dy must be float", lambda: conv2d_backward(np.zeros((2, 6, 3, 3), int), X, W)),
    (ValueError, "input_size must be at least 1", lambda: conv2d_output_size(0, 1)),
    (ValueError, "the kernel must fit", lambda: conv2d_output_size(4, 5)),
    (TypeError, "kernel_size must be an integer", lambda: conv2d_output_size(4, "3")),
    (ValueError, "x must have 6 channels", lambda: conv_transpose2d(X, W)),
    (ValueError, "groups must divide the number of channels, 4, got 3", lambda: conv_transpose2d(X, WT, groups=3)),
    (ValueError, r"b must have shape \(12,\)", lambda: conv_transpose2d(X, WT, B, groups=2)),
    (ValueError, "padding must leave some of the output", lambda: conv_transpose2d(X, WT, padding=4)),
    (TypeError, "padding must be an integer, got 'same'", lambda: conv_transpose2d(X, WT, padding="same")),
    (ValueError, "output_padding must be at least 0", lambda: conv_transpose2d(X, WT, output_padding=-1)),
    (ValueError, "dy must have shape", lambda: conv_transpose2d_backward(X, X, WT)),
    (ValueError, "x must have 3 or 4 dimensions, got 2", lambda: unfold(X[0, 0], 2)),
    (ValueError, "kernel_size must be at least 1", lambda: unfold(X, 0)),
    (ValueError, "the kernel must fit", lambda: unfold(X, 6)),
    (TypeError, "padding must be an integer, got 'same'", lambda: unfold(X, 2, padding="same")),
    (ValueError, "dy must have shape", lambda: unfold_backward(X, X, 2)),
]


@pytest.mark.parametrize("error, message, call", BAD, ids=[f"{k}: {m[:40]}" for k, (_, m, _) in enumerate(BAD)])
def test_bad_input(error, message, call):
    with pytest.raises(error, match=message):
        call()
