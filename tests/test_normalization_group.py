"""group_norm: by hand, against PyTorch, by finite differences."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts
from hypothesis import given
from hypothesis import strategies as st
from test_normalization import floats, grads, many, same, tensor

from cnnlib.gradcheck import gradcheck
from cnnlib.normalization import group_norm, group_norm_backward, layer_norm


def group_norm_agrees(rng, x, num_groups, weight=None, bias=None, **options):
    tx, tw, tb = tensor(x, True), tensor(weight, True), tensor(bias, True)
    ty = F.group_norm(tx, num_groups, tw, tb, **options)
    dy = rng.normal(size=x.shape).astype(x.dtype)
    ty.backward(torch.from_numpy(dy))
    same([group_norm(x, num_groups, weight, bias, **options)], [ty])
    same(group_norm_backward(dy, x, num_groups, weight, bias, **options), grads(tx, tw, tb), dy)


@many
@given(
    batch=st.integers(1, 3),
    groups=st.integers(1, 3),
    width=st.integers(1, 3),
    rest=st.lists(st.integers(1, 4), max_size=3),
    given=st.sampled_from([(False, False), (True, False), (True, True)]),  # PyTorch fails with a bias alone
    eps=st.sampled_from([1e-5, 1e-2, 1.0]),
    seed=st.integers(0, 10**6),
)
def test_group_norm_agrees_with_torch(batch, groups, width, rest, given, eps, seed):
    rng = np.random.default_rng(seed)
    channels = groups * width
    x = rng.normal(size=(batch, channels, *rest)) + 1
    weight, bias = (rng.normal(size=channels) if one else None for one in given)
    if x.size == groups:  # one value a group, in all
        with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
            F.group_norm(torch.from_numpy(x), groups)
        with pytest.raises(ValueError, match="^x must hold more than one value for each of the"):
            group_norm(x, groups, weight, bias)
        return
    if width * math.prod(rest) == 1:
        groups_of_one_value(rng, x, groups, weight, bias, eps)
    else:
        group_norm_agrees(rng, x, groups, weight, bias, eps=eps)


def groups_of_one_value(rng, x, groups, weight, bias, eps):
    """Each is its own mean, so 0 is exact. PyTorch's ``x * r - mean * r`` leaves rounding, times r; in dx, r**3."""
    dy = rng.normal(size=x.shape)
    zero, shift = np.zeros_like(x), 0 if bias is None else bias.reshape((-1,) + (1,) * (x.ndim - 2))
    np.testing.assert_array_equal(group_norm(x, groups, weight, bias, eps), zero + shift)
    dx, dweight, _ = group_norm_backward(dy, x, groups, weight, bias, eps)
    np.testing.assert_array_equal(dx, zero)
    assert dweight is None or not dweight.any()
    tx = tensor(x, True)
    ty = F.group_norm(tx, groups, tensor(weight), tensor(bias), eps)
    ty.backward(tensor(dy))
    rounding = 1e-13 * (1 + np.abs(x).max()) ** 2 * (1 + np.abs(dy).max())
    assert np.abs(ty.detach().numpy() - (zero + shift)).max() <= rounding / eps**0.5
    assert np.abs(tx.grad.numpy()).max() <= rounding / eps**1.5


@pytest.mark.parametrize("shape, groups", [((8, 6), 2), ((4, 6, 7), 3), ((3, 8, 5, 6), 4), ((2, 4, 3, 2, 3), 1)])
def test_group_norm_agrees_with_torch_in_float32(shape, groups):
    rng = np.random.default_rng(14)
    x, weight, bias = (rng.normal(size=s).astype(np.float32) for s in (shape, shape[1], shape[1]))
    group_norm_agrees(rng, x, groups, weight, bias)


def test_group_norm_by_hand():
    """Channels 1, 3 and 2, 8: means 2 and 5, deviations 1 and 3."""
    x = np.array([[1.0, 3.0, 2.0, 8.0]])
    y = group_norm(x, 2, np.array([2.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.0, 100.0]), eps=0)
    np.testing.assert_allclose(y, [[-2, 1, -1, 101]])
    np.testing.assert_allclose(group_norm(x[:, :2], 1, eps=3.0), [[-0.5, 0.5]])  # 1 / sqrt(1 + 3)
    _, dweight, dbias = group_norm_backward(x, x, 2, np.ones(4), np.ones(4), eps=0)
    np.testing.assert_allclose(dweight, [-1, 3, -2, 8])
    np.testing.assert_allclose(dbias, [1, 3, 2, 8])


def test_one_group_is_layer_norm_and_single_channels_are_instances():
    x = np.random.default_rng(15).normal(size=(3, 4, 2, 5))
    np.testing.assert_allclose(group_norm(x, 1), layer_norm(x, (4, 2, 5)), rtol=1e-12)
    alone = layer_norm(x, (2, 5))
    np.testing.assert_allclose(group_norm(x, 4), alone, rtol=1e-12)


@pytest.mark.parametrize("shape, groups", [((2, 4), 2), ((2, 6, 3), 3), ((2, 4, 2, 2), 1)])
def test_group_norm_by_finite_differences(shape, groups):
    rng = np.random.default_rng(16)
    x, weight, bias = rng.normal(size=shape), rng.normal(size=shape[1]), rng.normal(size=shape[1])

    def f(x, weight, bias):
        return group_norm(x, groups, weight, bias, eps=0.1)

    def f_backward(dy, x, weight, bias):
        return group_norm_backward(dy, x, groups, weight, bias, eps=0.1)

    for scale_and_shift in ((weight, bias), (weight, None), (None, bias), (None, None)):
        assert gradcheck(f, f_backward, x, *scale_and_shift) < 1e-6


def test_group_norm_takes_any_layout_and_leaves_inputs_alone():
    rng = np.random.default_rng(17)
    arrays = dy, x, weight, bias = [rng.normal(size=s) for s in ((3, 4, 5), (3, 4, 5), 4, 4)]
    y, backward = group_norm(x, 2, weight, bias), group_norm_backward(dy, x, 2, weight, bias)
    for dy_, x_, w_, b_ in zip(*map(layouts, arrays), strict=True):
        ours = group_norm(x_, 2, w_, b_), *group_norm_backward(dy_, x_, 2, w_, b_)
        for a, b in zip(ours, (y, *backward), strict=True):
            assert_close(a, b, 1e-13)
        for a, b in zip([dy_, x_, w_, b_], arrays, strict=True):
            np.testing.assert_array_equal(a, b)


@floats
@pytest.mark.parametrize("shape", [(0, 4), (2, 4, 0), (0, 4, 2, 2)])
@pytest.mark.filterwarnings("error")
def test_group_norm_of_nothing(dtype, shape):
    x, weight = np.zeros(shape, dtype), np.ones(4, dtype)
    y = group_norm(x, 2, weight, weight)
    dx, dweight, dbias = group_norm_backward(y, x, 2, weight, weight)
    assert y.shape == dx.shape == shape and not dweight.any() and not dbias.any()
    assert {a.dtype for a in (y, dx, dweight, dbias)} == {np.dtype(dtype)}


def test_nan_stays_in_its_group():
    x = np.random.default_rng(18).normal(size=(2, 4, 3))
    x[0, 1, 2] = np.nan
    y = group_norm(x, 2)
    assert np.isnan(y[0, :2]).all() and np.isfinite(y[0, 2:]).all() and np.isfinite(y[1]).all()
    with torch.no_grad():
        np.testing.assert_allclose(y, F.group_norm(torch.from_numpy(x), 2).numpy(), rtol=1e-10)
