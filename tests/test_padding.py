"""pad: by hand, against PyTorch, by finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts, torch_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.gradcheck import gradcheck
from cnnlib.padding import MODES, pad, pad_backward

EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)
ROW = np.array([[1.0, 2.0, 3.0, 4.0]])


def assert_agrees(x, padding, mode, rng, value=0.0):
    theirs = {"pad": padding, "mode": mode} | ({"value": value} if mode == "constant" else {})
    y, (expected,), dy = torch_pair(F.pad, [x], rng.standard_normal, **theirs)
    assert_close(pad(x, padding, mode, value), y)
    assert_close(pad_backward(dy, x, padding, mode, value), expected)


# ---- By hand


@pytest.mark.parametrize("mode, expected", [
    ("constant", [0, 0, 1, 2, 3, 4, 0, 0, 0]),
    ("reflect", [3, 2, 1, 2, 3, 4, 3, 2, 1]),
    ("replicate", [1, 1, 1, 2, 3, 4, 4, 4, 4]),
    ("circular", [3, 4, 1, 2, 3, 4, 1, 2, 3]),
])
def test_by_hand(mode, expected):
    assert pad(ROW, (2, 3), mode).tolist() == [expected]


@pytest.mark.parametrize("mode, expected", [
    ("constant", [4, 8, 16, 32]),
    ("reflect", [4 + 256, 8 + 2 + 128, 16 + 1 + 64, 32]),
    ("replicate", [4 + 1 + 2, 8, 16, 32 + 64 + 128 + 256]),
    ("circular", [4 + 64, 8 + 128, 16 + 1 + 256, 32 + 2]),
])
def test_backward_by_hand(mode, expected):
    dy = 2.0 ** np.arange(9)[None]
    assert pad_backward(dy, ROW, (2, 3), mode).tolist() == [expected]


def test_the_last_dimension_comes_first():
    y = pad(np.ones((1, 1, 2, 2)), (1, 0, 0, 2))
    assert y[0, 0].tolist() == [[0, 1, 1], [0, 1, 1], [0, 0, 0], [0, 0, 0]]


# ---- PyTorch, over shapes and options


@st.composite
def calls(draw):
    mode = draw(st.sampled_from(MODES))
    axes = draw(st.integers(1, 3))
    shape = (draw(st.integers(0, 2)), draw(st.integers(1, 2)), *(draw(st.integers(1, 5)) for _ in range(axes)))
    padding = []
    for size in reversed(shape[2:]):
        most = {"constant": 3, "reflect": size - 1, "replicate": 7, "circular": size}[mode]
        before = draw(st.integers(-(size // 2), most))
        after = draw(st.integers(-((size - 1) // 2), most))
        if mode == "circular":  # only what is left goes round
            before, after = (min(before, size + min(after, 0)), min(after, size + min(before, 0)))
        padding += [before, after]
    return shape, tuple(padding), mode


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@EXAMPLES
@given(call=calls(), value=st.sampled_from([0.0, 1.5, -np.inf]), seed=st.integers(0, 2**32 - 1))
def test_agrees_with_torch(dtype, call, value, seed):
    shape, padding, mode = call
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(dtype)
    assert_agrees(x, padding, mode, rng, value if mode == "constant" else 0.0)


# ---- Semantics that are easily got wrong


def test_reflect_does_not_repeat_the_edge():
    assert pad(ROW, (1, 1), "reflect").tolist() == [[2, 1, 2, 3, 4, 3]]
    assert pad(ROW, (3, 3), "reflect").tolist() == [[4, 3, 2, 1, 2, 3, 4, 3, 2, 1]]
    assert_agrees(ROW[None], (3, 3), "reflect", np.random.default_rng(0))


def test_circular_may_wrap_once():
    assert pad(ROW, (4, 0), "circular").tolist() == [[1, 2, 3, 4, 1, 2, 3, 4]]


@pytest.mark.parametrize("mode", MODES)
def test_a_single_pixel(mode):
    most = {"constant": 2, "reflect": 0, "replicate": 5, "circular": 1}[mode]
    assert_agrees(np.full((1, 1, 1), 7.0), (most, most), mode, np.random.default_rng(0))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [(-1, 2), (2, -2), (-1, -2), (-2, 1, 2, -1)])
def test_a_negative_amount_cuts_off(padding, mode):
    assert_agrees(np.arange(24.0).reshape(2, 3, 4), padding, mode, np.random.default_rng(0))


@pytest.mark.parametrize("mode, padding, expected", [
    ("constant", (-1, 2), [2, 3, 4, 0, 0]),
    ("reflect", (-1, 2), [2, 3, 4, 3, 2]),
    ("reflect", (-5, 3), [2, 1]),  # begins in the copies
    ("replicate", (-6, 3), [4]),
    ("circular", (-1, 2), [2, 3, 4, 2, 3]),  # the 1 is gone before the rest goes round
    ("circular", (2, -2), [1, 2, 1, 2]),
])
def test_negative_amounts_by_hand(mode, padding, expected):
    assert pad(ROW, padding, mode).tolist() == [expected]


def test_constant_may_cut_off_everything():
    assert_agrees(np.arange(24.0).reshape(2, 3, 4), (0, -4), "constant", np.random.default_rng(0))


def test_infinite_value_keeps_the_dtype():
    y = pad(ROW.astype(np.float32), (1, 0), value=-np.inf)
    assert y.dtype == np.float32 and y[0, 0] == -np.inf


@pytest.mark.parametrize("mode", MODES)
def test_nothing_to_pad_gives_a_copy(mode):
    x = ROW.copy()
    for padding in ((), (0, 0)):
        y = pad(x, padding, mode)
        dx = pad_backward(y, x, padding, mode)
        assert np.array_equal(y, x) and np.array_equal(dx, x)
        assert not np.shares_memory(y, x) and not np.shares_memory(dx, y)


# ---- Finite differences, layouts, empty batches

CASE = (2, 1, 1, 2)


@pytest.mark.parametrize("mode", MODES)
def test_gradient_by_finite_differences(mode):
    rng = np.random.default_rng(0)
    gradcheck(pad, pad_backward, rng.standard_normal((2, 2, 3, 4)), rng=rng, padding=CASE, mode=mode)


@pytest.mark.parametrize("mode", MODES)
def test_any_layout_gives_the_same_and_inputs_stay(mode):
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 2, 3, 4)), rng.standard_normal((2, 2, 6, 7))
    before = x.copy(), dy.copy()
    y, dx = pad(x, CASE, mode), pad_backward(dy, x, CASE, mode)
    assert np.array_equal(x, before[0]) and np.array_equal(dy, before[1])
    for x2, dy2 in zip(layouts(x), layouts(dy), strict=True):
        assert np.array_equal(pad(x2, CASE, mode), y)
        assert_close(pad_backward(dy2, x2, CASE, mode), dx, 1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_empty_batch(mode):
    assert_agrees(np.zeros((0, 2, 3, 4), np.float32), CASE, mode, np.random.default_rng(0))


def test_constant_may_pad_an_empty_image():
    x = np.zeros((1, 1, 0, 3))
    assert np.array_equal(pad(x, (1, 1, 1, 1), value=2.0), F.pad(torch.tensor(x), (1, 1, 1, 1), value=2.0).numpy())


# ---- Bad input

X = np.zeros((2, 3, 4, 5))
BAD = [
    (TypeError, "x must be a NumPy array", lambda: pad([[1.0]], (1, 1))),
    (TypeError, "x must be float32 or float64, got int64", lambda: pad(X.astype(int), (1, 1))),
    (TypeError, "x must be .* got bool", lambda: pad(X > 0, (1, 1))),
    (TypeError, r"padding must be a tuple \(left, right, top, bottom\), got 1", lambda: pad(X, 1)),
    (TypeError, "padding must be an integer, got 1.0", lambda: pad(X, (1.0, 1))),
    (TypeError, "padding must be an integer, got None", lambda: pad(X, (None, 1))),
    (ValueError, "padding must hold pairs", lambda: pad(X, (1, 1, 1))),
    (ValueError, "padding must hold pairs, at most 2", lambda: pad(X[0, 0], (1,) * 6)),
    (ValueError, "padding must not cut off more than the 5", lambda: pad(X, (-3, -3))),
    (ValueError, "padding must not cut off more than the 4", lambda: pad(X, (0, 0, -5, 5))),
    (ValueError, "padding must be at most 4 for mode 'reflect'", lambda: pad(X, (5, 0), "reflect")),
    (ValueError, "padding must be at most 3 .* dimension 2", lambda: pad(X, (0, 0, 0, 4), "reflect")),
    (ValueError, "padding must be at most 5 for mode 'circular'", lambda: pad(X, (0, 6), "circular")),
    (ValueError, "padding must be at most 3 for mode 'circular'", lambda: pad(X, (4, -2), "circular")),
    (ValueError, "padding must leave something of the 5", lambda: pad(X, (0, -5), "replicate")),
    (ValueError, "padding must leave something of the 4", lambda: pad(X, (0, 0, -6, 2), "reflect")),
    (ValueError, "padding must leave something of the 5", lambda: pad(X, (3, -5), "circular")),
    (ValueError, "mode 'replicate' needs something to copy", lambda: pad(X[..., :0], (1, 1), "replicate")),
    (ValueError, "mode must be one of 'constant', .* got 'zeros'", lambda: pad(X, (1, 1), "zeros")),
    (ValueError, "mode must be one of", lambda: pad(X, (1, 1), None)),
    (TypeError, "value must be a number, got '0'", lambda: pad(X, (1, 1), value="0")),
    (TypeError, "value must be a number, got None", lambda: pad(X, (1, 1), value=None)),
    (ValueError, "value must be left out with mode 'reflect'", lambda: pad(X, (1, 1), "reflect", 1.0)),
    (ValueError, r"dy must have shape \(2, 3, 4, 7\)", lambda: pad_backward(X, X, (1, 1))),
    (TypeError, "dy and x must share one dtype", lambda: pad_backward(X.astype("f"), X, (0, 0))),
    (TypeError, "dy must be a NumPy array", lambda: pad_backward(1.0, X, (0, 0))),
]


@pytest.mark.parametrize("error, message, call", BAD, ids=[f"{k}: {m[:40]}" for k, (_, m, _) in enumerate(BAD)])
def test_bad_input(error, message, call):
    with pytest.raises(error, match=message):
        call()
