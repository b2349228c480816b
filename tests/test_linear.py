"""linear and flatten: by hand, against PyTorch, by finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts, torch_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.gradcheck import gradcheck
from cnnlib.linear import flatten, flatten_backward, linear, linear_backward

many = settings(max_examples=40, deadline=None)


def agrees_with_torch(x, w, b, rng):
    y, theirs, dy = torch_pair(F.linear, [x, w, b], lambda shape: rng.normal(size=shape))
    assert_close(linear(x, w, b), y)
    ours = linear_backward(dy, x, w, b)
    assert (ours[2] is None) == (b is None)
    for a, t in zip([g for g in ours if g is not None], theirs, strict=True):
        assert_close(a, t)


@many
@given(
    leading=st.lists(st.integers(0, 4), max_size=3),
    inputs=st.integers(0, 5),
    outputs=st.integers(0, 5),
    bias=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_linear_agrees_with_torch(leading, inputs, outputs, bias, seed):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(*leading, inputs)), rng.normal(size=(outputs, inputs))
    agrees_with_torch(x, w, rng.normal(size=outputs) if bias else None, rng)


@pytest.mark.parametrize("bias", [True, False])
def test_linear_agrees_with_torch_in_float32(bias):
    rng = np.random.default_rng(0)
    x, w, b = (rng.normal(size=s).astype(np.float32) for s in ((32, 20), (7, 20), (7,)))
    agrees_with_torch(x, w, b if bias else None, rng)


def test_linear_by_hand():
    """Mazur's network, https://mattmazur.com: inputs .05 .10, hidden net inputs .3775 .3925."""
    x, w, b = np.array([[0.05, 0.10]]), np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([0.35, 0.35])
    np.testing.assert_allclose(linear(x, w, b), [[0.3775, 0.3925]], rtol=1e-14)
    dx, dw, db = linear_backward(np.array([[1.0, 10.0]]), x, w, b)
    np.testing.assert_allclose(dx, [[2.65, 3.2]])
    np.testing.assert_allclose(dw, [[0.05, 0.1], [0.5, 1.0]])
    np.testing.assert_allclose(db, [1, 10])


def test_what_a_batch_shares_adds_up():
    rng = np.random.default_rng(1)
    x, w, b, dy = (rng.normal(size=s) for s in ((5, 3), (2, 3), (2,), (5, 2)))
    _, dw, db = linear_backward(dy, x, w, b)
    alone = [linear_backward(dy[i], x[i], w, b) for i in range(5)]
    assert_close(sum(g[1] for g in alone), dw, 1e-14)
    assert_close(sum(g[2] for g in alone), db, 1e-14)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)])
def test_linear_by_finite_differences(shape):
    rng = np.random.default_rng(2)
    x, w, b = rng.normal(size=shape), rng.normal(size=(3, 3)), rng.normal(size=3)
    assert gradcheck(linear, linear_backward, x, w, b) < 1e-7
    assert gradcheck(linear, linear_backward, x, w, None) < 1e-7


def test_linear_takes_any_layout_and_leaves_inputs_alone():
    rng = np.random.default_rng(3)
    arrays = x, w, b, dy = [rng.normal(size=s) for s in ((4, 2, 3), (5, 3), (5,), (4, 2, 5))]
    y, gradients = linear(x, w, b), linear_backward(dy, x, w, b)
    for laid_out in zip(*map(layouts, arrays), strict=True):
        x_, w_, b_, dy_ = laid_out
        assert_close(linear(x_, w_, b_), y, 1e-14)
        for ours, expected in zip(linear_backward(dy_, x_, w_, b_), gradients, strict=True):
            assert_close(ours, expected, 1e-14)
        for now, before in zip(laid_out, arrays, strict=True):
            np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("error")
def test_linear_takes_an_empty_batch(dtype):
    x, w, b = np.zeros((0, 3), dtype), np.ones((2, 3), dtype), np.ones(2, dtype)
    y = linear(x, w, b)
    dx, dw, db = linear_backward(y, x, w, b)
    assert y.shape == (0, 2) and dx.shape == (0, 3)
    assert not dw.any() and not db.any()
    assert {a.dtype for a in (y, dx, dw, db)} == {np.dtype(dtype)}


# flatten


@many
@given(shape=st.lists(st.integers(0, 4), min_size=1, max_size=5), data=st.data())
def test_flatten_agrees_with_torch(shape, data):
    start = data.draw(st.integers(0, len(shape) - 1))
    end = data.draw(st.integers(start, len(shape) - 1))
    if data.draw(st.booleans()):
        start, end = start - len(shape), end - len(shape)
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    y, (dx,), dy = torch_pair(torch.flatten, [x], lambda s: rng.normal(size=s), start_dim=start, end_dim=end)
    np.testing.assert_array_equal(flatten(x, start, end), y)
    assert flatten(x, start, end).shape == y.shape
    np.testing.assert_array_equal(flatten_backward(dy, x, start, end), dx)


def test_flatten_by_default_and_of_a_single_number():
    assert flatten(np.zeros((2, 3, 4))).shape == (24,)
    assert flatten(np.array(3.0)).shape == (1,)
    assert flatten_backward(np.array([3.0]), np.array(0.0)).shape == ()


def test_flatten_keeps_the_order_in_any_layout():
    x = np.random.default_rng(4).normal(size=(2, 3, 4))
    for x_ in layouts(x):
        np.testing.assert_array_equal(flatten(x_, 1), x.reshape(2, 12))
        np.testing.assert_array_equal(flatten_backward(x.reshape(2, 12), x_, 1), x)


# what is refused

X, W, B, DY = np.ones((4, 3)), np.ones((2, 3)), np.ones(2), np.ones((4, 2))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0], W, B), TypeError, "x must be a NumPy array"),
        ((X.astype(int), W, B), TypeError, "x must be float"),
        ((X, W.astype(complex), B), TypeError, "w must be float"),
        ((X, None, B), TypeError, "w must be a NumPy array"),
        ((X, W, 1.0), TypeError, "b must be a NumPy array"),
        ((X, W.astype(np.float32), B), TypeError, "x and w and b must share one dtype"),
        ((X, W, B.astype(np.float32)), TypeError, "x and w and b must share one dtype"),
        ((X, W.T, B), ValueError, r"x must have shape \(\.\.\., 2\)"),
        ((X.T, W, B), ValueError, r"x must have shape \(\.\.\., 3\)"),
        ((np.array(1.0), W, B), ValueError, "x must have shape"),
        ((X, W[0], B), ValueError, "w must have 2 dimensions"),
        ((X, W, np.ones(3)), ValueError, r"b must have shape \(2,\)"),
        ((X, W, np.ones((1, 2))), ValueError, r"b must have shape \(2,\)"),
    ],
)
def test_linear_refuses(arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        linear(*arguments)
    with pytest.raises(error, match=f"^{message}"):
        linear_backward(DY, *arguments)


@pytest.mark.parametrize(
    ("dy", "error"),
    [
        (X, ValueError),
        (DY[:3], ValueError),
        (DY[0], ValueError),
        (DY.astype(np.float32), TypeError),
        (DY.astype(int), TypeError),
        (1.0, TypeError),
    ],
)
def test_linear_refuses_a_wrong_dy(dy, error):
    with pytest.raises(error, match="^dy "):
        linear_backward(dy, X, W, B)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0],), TypeError, "x must"),
        ((X.astype(int),), TypeError, "x must"),
        ((X, 2), ValueError, r"start_dim must be in \[-2, 1\]"),
        ((X, 0, 2), ValueError, "end_dim must be in"),
        ((X, 1, 0), ValueError, "start_dim must not come after end_dim"),
        ((X, 1.0), TypeError, "start_dim must be an integer"),
        ((X, 0, None), TypeError, "end_dim must be an integer"),
    ],
)
def test_flatten_refuses(arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        flatten(*arguments)
    with pytest.raises(error, match=f"^{message}"):
        flatten_backward(np.ones(12), *arguments)


@pytest.mark.parametrize(
    ("dy", "error"), [(np.ones(11), ValueError), (X, ValueError), (np.ones(12, int), TypeError)]
)
def test_flatten_refuses_a_wrong_dy(dy, error):
    with pytest.raises(error, match="^dy must"):
        flatten_backward(dy, X)
