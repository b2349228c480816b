"""batch_norm and layer_norm: by hand, against PyTorch, by finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.gradcheck import gradcheck
from cnnlib.normalization import (
    batch_norm,
    batch_norm_backward,
    group_norm,
    layer_norm,
    layer_norm_backward,
)

many = settings(max_examples=40, deadline=None)
floats = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def tensor(a, grad=False):
    return None if a is None else torch.from_numpy(np.array(a)).requires_grad_(grad)


def same(ours, theirs, dy=None):
    """Compare lists that hold None in the same places."""
    for a, t in zip(ours, theirs, strict=True):
        assert (a is None) == (t is None)
        if a is not None:
            assert_close(a, t.detach().numpy(), dy=dy)


def grads(*tensors):
    return [None if t is None else t.grad for t in tensors]


def batch_arguments(rng, shape, dtype=np.float64, affine=True, tracked=True):
    channels, dtype = shape[1], np.dtype(dtype)
    x = rng.normal(size=shape) * rng.uniform(0.5, 2, (channels,) + (1,) * (len(shape) - 2)) + 1
    mean, var = (rng.normal(size=channels), rng.uniform(0.5, 2, channels)) if tracked else (None, None)
    weight, bias = (rng.normal(size=channels), rng.normal(size=channels)) if affine else (None, None)
    return [None if a is None else a.astype(dtype) for a in (x, mean, var, weight, bias)]


def batch_norm_agrees(rng, arguments, **options):
    x, mean, var, weight, bias = arguments
    tx, tw, tb = tensor(x, True), tensor(weight, True), tensor(bias, True)
    tm, tv = tensor(mean), tensor(var)
    ty = F.batch_norm(tx, tm, tv, tw, tb, **options)  # moves tm and tv in place
    dy = rng.normal(size=x.shape).astype(x.dtype)
    ty.backward(torch.from_numpy(dy))
    same(batch_norm(*arguments, **options), (ty, tm, tv))
    same(batch_norm_backward(dy, *arguments, **options), grads(tx, tw, tb), dy)


@many
@given(
    batch=st.integers(0, 5),
    channels=st.integers(1, 4),
    rest=st.lists(st.integers(1, 4), max_size=3),
    training=st.booleans(),
    affine=st.booleans(),
    tracked=st.booleans(),
    momentum=st.sampled_from([0.0, 0.1, 0.3, 1.0]),
    eps=st.sampled_from([1e-5, 1e-2, 1.0]),
    seed=st.integers(0, 10**6),
)
def test_batch_norm_agrees_with_torch(
    batch, channels, rest, training, affine, tracked, momentum, eps, seed
):
    rng = np.random.default_rng(seed)
    if training and batch * int(np.prod(rest)) == 1:
        batch = 2
    arguments = batch_arguments(rng, (batch, channels, *rest), affine=affine, tracked=tracked or not training)
    batch_norm_agrees(rng, arguments, training=training, momentum=momentum, eps=eps)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(32, 5), (8, 5, 7), (8, 5, 6, 7), (2, 3, 4, 2, 3)])
def test_batch_norm_agrees_with_torch_in_float32(training, shape):
    rng = np.random.default_rng(1)
    batch_norm_agrees(rng, batch_arguments(rng, shape, np.float32), training=training)


@pytest.mark.parametrize("given", ["weight", "bias"])
def test_batch_norm_with_one_of_weight_and_bias(given):
    rng = np.random.default_rng(2)
    arguments = batch_arguments(rng, (4, 3, 2))
    arguments[4 if given == "weight" else 3] = None
    for training in (True, False):
        batch_norm_agrees(rng, arguments, training=training)


def test_batch_norm_by_hand():
    """1, 3 and 2, 8: means 2 and 5, variances 1 and 9, twice that if unbiased."""
    x = np.array([[1.0, 2.0], [3.0, 8.0]])
    mean, var = np.array([10.0, 0.0]), np.array([4.0, 1.0])
    weight, bias = np.array([2.0, 1.0]), np.array([0.0, 100.0])
    y, new_mean, new_var = batch_norm(x, mean, var, weight, bias, training=True, momentum=0.25, eps=1e-12)
    np.testing.assert_allclose(y, [[-2, 99], [2, 101]], rtol=1e-10)
    np.testing.assert_allclose(new_mean, [0.75 * 10 + 0.25 * 2, 0.25 * 5])
    np.testing.assert_allclose(new_var, [0.75 * 4 + 0.25 * 2, 0.75 * 1 + 0.25 * 18])
    y, same_mean, same_var = batch_norm(x, mean, var, weight, bias, eps=1e-12)
    np.testing.assert_allclose(y, [[-9, 102], [-7, 108]], rtol=1e-10)
    np.testing.assert_array_equal(same_mean, mean)
    np.testing.assert_array_equal(same_var, var)


def test_epsilon_stands_inside_the_root():
    y = batch_norm(np.array([[1.0], [3.0]]), None, None, training=True, eps=3.0)[0]
    np.testing.assert_allclose(y, [[-0.5], [0.5]])  # 1 / sqrt(1 + 3)


def test_training_gives_each_channel_mean_0_and_variance_1():
    x = batch_arguments(np.random.default_rng(3), (20, 3, 5, 5))[0]
    y = batch_norm(x, None, None, training=True, eps=1e-12)[0]
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), 0, atol=1e-13)
    np.testing.assert_allclose(y.var(axis=(0, 2, 3)), 1, rtol=1e-10)


def test_a_channel_far_from_zero_keeps_its_variance():
    """The mean of squares less the square of the mean would lose all digits here."""
    x = 1e8 + np.array([[1.0], [3.0]])
    np.testing.assert_allclose(batch_norm(x, None, None, training=True)[0], [[-1], [1]], rtol=1e-5)
    np.testing.assert_allclose(layer_norm(x.T, 2), [[-1, 1]], rtol=1e-5)


@pytest.mark.filterwarnings("error")
def test_a_constant_channel_gives_its_bias():
    x = np.full((4, 1, 3), 7.0)
    y = batch_norm(x, None, None, np.array([5.0]), np.array([0.5]), training=True)[0]
    np.testing.assert_array_equal(y, np.full_like(x, 0.5))


def test_the_statistics_are_new_arrays():
    x, mean, var, weight, bias = batch_arguments(np.random.default_rng(4), (4, 3))
    before = mean.copy(), var.copy()
    for training in (True, False):
        _, new_mean, new_var = batch_norm(x, mean, var, weight, bias, training)
        assert not np.shares_memory(new_mean, mean) and not np.shares_memory(new_var, var)
        np.testing.assert_array_equal(mean, before[0])
        np.testing.assert_array_equal(var, before[1])


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1), (1, 3, 1, 1)])
def test_one_value_per_channel_has_no_variance(shape):
    x, mean, var, weight, bias = batch_arguments(np.random.default_rng(5), shape)
    with pytest.raises(ValueError, match="^x must hold more than one value per channel in training"):
        batch_norm(x, mean, var, weight, bias, training=True)
    with pytest.raises(ValueError, match="^x must hold more than one value per channel in training"):
        batch_norm_backward(x, x, mean, var, weight, bias, training=True)
    batch_norm_agrees(np.random.default_rng(0), [x, mean, var, weight, bias])  # evaluation is fine


@pytest.mark.parametrize("shape", [(5, 3), (3, 2, 4), (2, 2, 3, 2)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_by_finite_differences(shape, training):
    x, mean, var, weight, bias = batch_arguments(np.random.default_rng(6), shape)

    def f(x, weight, bias):
        return batch_norm(x, mean, var, weight, bias, training, eps=0.1)

    def f_backward(dy, x, weight, bias):
        return batch_norm_backward(dy, x, mean, var, weight, bias, training, eps=0.1)

    assert gradcheck(f, f_backward, x, weight, bias) < 1e-6
    assert gradcheck(f, f_backward, x, None, None) < 1e-6


# layer_norm


def layer_norm_agrees(rng, x, normalized_shape, weight, bias, **options):
    tx, tw, tb = tensor(x, True), tensor(weight, True), tensor(bias, True)
    dims = normalized_shape if isinstance(normalized_shape, tuple) else (normalized_shape,)
    ty = F.layer_norm(tx, dims, tw, tb, **options)
    dy = rng.normal(size=x.shape).astype(x.dtype)
    ty.backward(torch.from_numpy(dy))
    same([layer_norm(x, normalized_shape, weight, bias, **options)], [ty])
    same(layer_norm_backward(dy, x, normalized_shape, weight, bias, **options), grads(tx, tw, tb), dy)


@many
@given(
    leading=st.lists(st.integers(0, 4), max_size=2),
    dims=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    affine=st.booleans(),
    eps=st.sampled_from([1e-5, 1e-2, 1.0]),
    seed=st.integers(0, 10**6),
)
def test_layer_norm_agrees_with_torch(leading, dims, affine, eps, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(*leading, *dims)) + 1
    weight, bias = (rng.normal(size=dims), rng.normal(size=dims)) if affine else (None, None)
    layer_norm_agrees(rng, x, tuple(dims), weight, bias, eps=eps)


@pytest.mark.parametrize("normalized_shape", [7, (7,), (5, 7)])
def test_layer_norm_agrees_with_torch_in_float32(normalized_shape):
    rng = np.random.default_rng(7)
    x = rng.normal(size=(20, 5, 7)).astype(np.float32)
    weight, bias = rng.normal(size=(2, *np.broadcast_shapes(normalized_shape))).astype(np.float32)
    layer_norm_agrees(rng, x, normalized_shape, weight, bias)
    layer_norm_agrees(rng, x, normalized_shape, weight, None)
    layer_norm_agrees(rng, x, normalized_shape, None, bias)


def test_layer_norm_by_hand():
    x = np.array([[1.0, 3.0], [2.0, 8.0]])
    y = layer_norm(x, 2, np.array([2.0, 1.0]), np.array([0.0, 100.0]), eps=0)
    np.testing.assert_allclose(y, [[-2, 101], [-2, 101]])
    np.testing.assert_allclose(layer_norm(x[:1], 2, eps=3.0), [[-0.5, 0.5]])  # 1 / sqrt(1 + 3)
    _, dweight, dbias = layer_norm_backward(x, x, 2, np.ones(2), np.ones(2), eps=0)
    np.testing.assert_allclose(dweight, [-1 - 2, 3 + 8])
    np.testing.assert_allclose(dbias, [1 + 2, 3 + 8])


def test_layer_norm_of_an_item_does_not_depend_on_the_others():
    x = np.random.default_rng(8).normal(size=(4, 6))
    alone = np.concatenate([layer_norm(x[i : i + 1], 6) for i in range(4)])
    assert_close(layer_norm(x, 6), alone, 1e-14)


@pytest.mark.parametrize("dims", [(4,), (3, 4), (2, 3, 4)])
def test_layer_norm_by_finite_differences(dims):
    rng = np.random.default_rng(9)
    x, weight, bias = rng.normal(size=(2, 3, 4)), rng.normal(size=dims), rng.normal(size=dims)

    def f(x, weight, bias):
        return layer_norm(x, dims, weight, bias, eps=0.1)

    def f_backward(dy, x, weight, bias):
        return layer_norm_backward(dy, x, dims, weight, bias, eps=0.1)

    assert gradcheck(f, f_backward, x, weight, bias) < 1e-6
    assert gradcheck(f, f_backward, x, None, None) < 1e-6


# all


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_takes_any_layout_and_leaves_inputs_alone(training):
    rng = np.random.default_rng(10)
    arrays = batch_arguments(rng, (4, 3, 2, 5))
    dy = rng.normal(size=arrays[0].shape)
    forward, backward = batch_norm(*arrays, training), batch_norm_backward(dy, *arrays, training)
    for dy_, *laid_out in zip(*map(layouts, [dy, *arrays]), strict=True):
        ours = batch_norm(*laid_out, training) + batch_norm_backward(dy_, *laid_out, training)
        for a, b in zip(ours, forward + backward, strict=True):
            assert_close(a, b, 1e-13)
        for a, b in zip([dy_, *laid_out], [dy, *arrays], strict=True):
            np.testing.assert_array_equal(a, b)


def test_layer_norm_takes_any_layout_and_leaves_inputs_alone():
    rng = np.random.default_rng(11)
    arrays = x, weight, bias, dy = [rng.normal(size=s) for s in ((4, 3, 5), (3, 5), (3, 5), (4, 3, 5))]
    y, backward = layer_norm(x, (3, 5), weight, bias), layer_norm_backward(dy, x, (3, 5), weight, bias)
    for laid_out in zip(*map(layouts, arrays), strict=True):
        x_, w_, b_, dy_ = laid_out
        assert_close(layer_norm(x_, (3, 5), w_, b_), y, 1e-13)
        for a, b in zip(layer_norm_backward(dy_, x_, (3, 5), w_, b_), backward, strict=True):
            assert_close(a, b, 1e-13)
        for a, b in zip(laid_out, arrays, strict=True):
            np.testing.assert_array_equal(a, b)


@floats
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 2, 2), (2, 3, 0)])
@pytest.mark.filterwarnings("error")
def test_batch_norm_of_nothing_leaves_the_statistics(dtype, training, shape):
    arguments = batch_arguments(np.random.default_rng(12), (2, 3), dtype)
    arguments[0] = np.zeros(shape, dtype)
    y, new_mean, new_var = batch_norm(*arguments, training)
    dx, dweight, dbias = batch_norm_backward(y, *arguments, training)
    assert y.shape == dx.shape == shape and not dweight.any() and not dbias.any()
    np.testing.assert_array_equal(new_mean, arguments[1])
    np.testing.assert_array_equal(new_var, arguments[2])
    assert {a.dtype for a in (y, new_mean, new_var, dx, dweight, dbias)} == {np.dtype(dtype)}


@floats
@pytest.mark.filterwarnings("error")
def test_layer_norm_of_nothing(dtype):
    x, weight = np.zeros((0, 3), dtype), np.ones(3, dtype)
    y = layer_norm(x, 3, weight, weight)
    dx, dweight, dbias = layer_norm_backward(y, x, 3, weight, weight)
    assert y.shape == dx.shape == (0, 3) and not dweight.any() and not dbias.any()
    assert {a.dtype for a in (y, dx, dweight, dbias)} == {np.dtype(dtype)}


def test_options_that_are_numpy_scalars_do_not_promote():
    arguments = batch_arguments(np.random.default_rng(13), (4, 3), np.float32)
    options = {"training": np.True_, "momentum": np.float64(0.2), "eps": np.float64(1e-3)}
    results = batch_norm(*arguments, **options) + batch_norm_backward(arguments[0], *arguments, **options)
    results += (layer_norm(arguments[0], np.int64(3), eps=np.float64(1e-3)),)
    results += (group_norm(arguments[0], np.int64(1), eps=np.float64(1e-3)),)
    assert {a.dtype for a in results} == {np.dtype(np.float32)}


# what is refused

X, MEAN, VAR = np.arange(12.0).reshape(4, 3), np.zeros(3), np.ones(3)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1.0], MEAN, VAR), {}, TypeError, "x must be a NumPy array"),
        ((X.astype(int), MEAN, VAR), {}, TypeError, "x must be float"),
        ((X[0], MEAN, VAR), {}, ValueError, "x must have at least 2 dimensions"),
        ((X, MEAN[:2], VAR), {}, ValueError, r"running_mean must have shape \(3,\)"),
        ((X, MEAN, np.ones((1, 3))), {}, ValueError, r"running_var must have shape \(3,\)"),
        ((X, MEAN, -VAR), {}, ValueError, "running_var must not be negative, got -1.0"),
        ((X, MEAN.astype(int), VAR), {}, TypeError, "running_mean must be float"),
        ((X, [0, 0, 0], VAR), {}, TypeError, "running_mean must be a NumPy array"),
        ((X, MEAN.astype(np.float32), VAR), {}, TypeError, "x and running_mean and running_var must share"),
        ((X, None, None), {}, ValueError, "running_mean and running_var must be given"),
        ((X, MEAN, None), {}, ValueError, "running_mean and running_var must be given"),
        ((X, None, VAR), {}, ValueError, "running_mean and running_var must be given"),
        ((X, MEAN, VAR, np.ones(2)), {}, ValueError, r"weight must have shape \(3,\)"),
        ((X, MEAN, VAR, 1.0), {}, TypeError, "weight must be a NumPy array"),
        ((X, MEAN, VAR, None, np.ones((3, 1))), {}, ValueError, r"bias must have shape \(3,\)"),
        ((X, MEAN, VAR, None, np.ones(3, np.float32)), {}, TypeError, "x and running_mean .* must share"),
        ((X, MEAN, VAR), {"training": 1}, TypeError, "training must be True or False"),
        ((X, MEAN, VAR), {"eps": 0.0}, ValueError, "eps must be greater than 0"),
        ((X, MEAN, VAR), {"eps": -1e-5}, ValueError, "eps must be greater than 0"),
        ((X, MEAN, VAR), {"eps": None}, TypeError, "eps must be a number"),
    ],
)
def test_batch_norm_refuses(arguments, options, error, message):
    with pytest.raises(error, match=f"^{message}"):
        batch_norm(*arguments, **options)
    with pytest.raises(error, match=f"^{message}"):
        batch_norm_backward(X, *arguments, **options)


@pytest.mark.parametrize(
    ("momentum", "error"), [(-0.1, ValueError), (1.1, ValueError), (None, TypeError), ("0.1", TypeError)]
)
def test_batch_norm_refuses_momentum(momentum, error):
    with pytest.raises(error, match="^momentum must"):
        batch_norm(X, MEAN, VAR, momentum=momentum)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1.0], 3), {}, TypeError, "x must be a NumPy array"),
        ((X.astype(int), 3), {}, TypeError, "x must be float"),
        ((X, 4), {}, ValueError, r"normalized_shape must be the last dimensions of x, \(4, 3\), got \(4,\)"),
        ((X, (3, 4)), {}, ValueError, "normalized_shape must be the last dimensions"),
        ((X, (1, 4, 3)), {}, ValueError, "normalized_shape must be the last dimensions"),
        ((X, ()), {}, ValueError, "normalized_shape must be the last dimensions"),
        ((X, 0), {}, ValueError, "normalized_shape must be at least 1"),
        ((X, 3.0), {}, TypeError, "normalized_shape must be an integer"),
        ((X, "3"), {}, TypeError, "normalized_shape must be an integer"),
        ((X, 3, np.ones(4)), {}, ValueError, r"weight must have shape \(3,\)"),
        ((X, (4, 3), np.ones(3)), {}, ValueError, r"weight must have shape \(4, 3\)"),
        ((X, 3, np.ones(3, int)), {}, TypeError, "weight must be float"),
        ((X, 3, None, np.ones((1, 3))), {}, ValueError, r"bias must have shape \(3,\)"),
        ((X, 3, None, np.ones(3, np.float32)), {}, TypeError, "x and bias must share"),
        ((X, 3), {"eps": -1}, ValueError, "eps must be at least 0"),
        ((X, 3), {"eps": "small"}, TypeError, "eps must be a number"),
    ],
)
def test_layer_norm_refuses(arguments, options, error, message):
    with pytest.raises(error, match=f"^{message}"):
        layer_norm(*arguments, **options)
    with pytest.raises(error, match=f"^{message}"):
        layer_norm_backward(X, *arguments, **options)


@pytest.mark.parametrize(
    ("dy", "error"),
    [(X.T, ValueError), (X[:1], ValueError), (X.astype(np.float32), TypeError), (1.0, TypeError)],
)
def test_a_wrong_dy_is_refused(dy, error):
    with pytest.raises(error, match="^dy "):
        batch_norm_backward(dy, X, MEAN, VAR)
    with pytest.raises(error, match="^dy "):
        layer_norm_backward(dy, X, 3)
