"""dropout: what it drops, how it scales, what it leaves alone.

Its numbers are drawn, so it is checked by what must hold of every draw.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.dropout import dropout, dropout_backward
from cnnlib.gradcheck import gradcheck


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@settings(max_examples=30, deadline=None)
@given(shape=st.lists(st.integers(0, 5), max_size=4), p=st.floats(0, 1), seed=st.integers(0, 10**6))
def test_every_number_is_dropped_or_scaled(dtype, shape, p, seed):
    x = np.asarray(1 + rng(seed).random(shape), dtype)
    y, mask = dropout(x, p, rng=rng(seed))
    assert mask.shape == x.shape and mask.dtype == np.asarray(y).dtype == dtype
    kept = mask != 0
    if p < 1:
        np.testing.assert_allclose(mask[kept], 1 / (1 - p), rtol=1e-6)
    np.testing.assert_array_equal(y, x * mask)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_share_that_is_dropped_and_the_mean_that_is_kept(p):
    n = 200_000
    y, mask = dropout(np.ones(n), p, rng=rng())
    share = np.mean(mask == 0)
    assert abs(share - p) < 5 * np.sqrt(p * (1 - p) / n)
    assert abs(y.mean() - 1) < 5 * np.sqrt(p / (1 - p) / n)


def test_neighbours_are_dropped_independently():
    dropped = dropout(np.ones((400, 500)), 0.5, rng=rng())[1] == 0
    for a, b in ((dropped[1:], dropped[:-1]), (dropped[:, 1:], dropped[:, :-1])):
        assert abs(np.mean(a & b) - 0.25) < 0.005


def test_agrees_with_torch_where_nothing_is_left_to_chance():
    x = rng().normal(size=(3, 4))
    for p, training in ((0.0, True), (1.0, True), (0.5, False), (1.0, False)):
        theirs = F.dropout(torch.tensor(x), p, training).numpy()
        assert_close(dropout(x, p, training)[0], theirs)


def test_agrees_with_torch_given_its_mask():
    """PyTorch's own draw, read off what it kept, has the same two values, and gives the same gradient."""
    torch.manual_seed(0)
    x = torch.from_numpy(1 + rng().random((50, 40))).requires_grad_()
    y = F.dropout(x, 0.3)
    dy = rng(1).normal(size=(50, 40))
    y.backward(torch.from_numpy(dy))
    mask = np.where(y.detach().numpy() == 0, 0, 1 / (1 - 0.3))
    assert_close(x.detach().numpy() * mask, y.detach().numpy())
    assert_close(dropout_backward(dy, mask), x.grad.numpy())
    assert set(np.unique(dropout(x.detach().numpy(), 0.3, rng=rng())[1])) == set(np.unique(mask))


def test_evaluation_needs_no_generator_and_changes_nothing():
    x = rng().normal(size=(3, 4))
    y, mask = dropout(x, 0.9, training=False)
    np.testing.assert_array_equal(y, x)
    assert mask is None
    assert dropout_backward(x, None) is x


def test_the_same_generator_state_drops_the_same():
    x = np.ones((20, 20))
    one, again, other = (dropout(x, rng=rng(seed))[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    np.testing.assert_array_equal(one, dropout(x.astype(np.float32), rng=rng(0))[1])
    g = rng(0)
    assert (dropout(x, rng=g)[1] != dropout(x, rng=g)[1]).any()


def test_finite_differences():
    x = rng().normal(size=(4, 5))

    def f(x):
        return dropout(x, 0.4, rng=rng(3))[0]

    mask = dropout(x, 0.4, rng=rng(3))[1]
    assert 0 < np.count_nonzero(mask) < mask.size
    assert gradcheck(f, lambda dy, x: dropout_backward(dy, mask), x) < 1e-7


def test_any_layout_and_inputs_unchanged():
    x, dy = rng().normal(size=(2, 3, 4, 5))
    y, mask = dropout(x, rng=rng(1))
    for x_, dy_, mask_ in zip(layouts(x), layouts(dy), layouts(mask), strict=True):
        np.testing.assert_array_equal(dropout(x_, rng=rng(1))[0], y)
        np.testing.assert_array_equal(dropout_backward(dy_, mask_), dy * mask)
        np.testing.assert_array_equal(x_, x)
        np.testing.assert_array_equal(dy_, dy)


X = np.ones((2, 3))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0],), TypeError, "x must be a NumPy array"),
        ((X.astype(int),), TypeError, "x must be float"),
        ((X, -0.1), ValueError, r"p must be in \[0"),
        ((X, 1.5), ValueError, r"p must be in \[0"),
        ((X, np.nan), ValueError, "p must be finite"),
        ((X, "0.5"), TypeError, "p must be a number"),
        ((X, True), TypeError, "p must be a number"),
        ((X, 0.5, 1), TypeError, "training must be True or False"),
        ((X, 0.5, None), TypeError, "training must be True or False"),
        ((X, 0.5), TypeError, "rng must be a numpy.random.Generator"),
        ((X, 0.5, True, 0), TypeError, "rng must be a numpy.random.Generator"),
        ((X, 0.5, True, np.random.RandomState(0)), TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        dropout(*arguments)


@pytest.mark.parametrize(
    ("dy", "mask", "error", "message"),
    [
        (1.0, X, TypeError, "dy must"),
        (X.astype(int), X, TypeError, "dy must"),
        (X.astype(int), None, TypeError, "dy must"),
        (X, X[0], ValueError, "mask must have the shape of dy"),
        (X, X > 0, TypeError, "mask must be float"),
        (X, X.astype(np.float32), TypeError, "mask and dy must share"),
        (X, 2.0, TypeError, "mask must be a NumPy array"),
    ],
)
def test_bad_input_backward(dy, mask, error, message):
    with pytest.raises(error, match=f"^{message}"):
        dropout_backward(dy, mask)
