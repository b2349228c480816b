"""Every loss and its gradient: by hand, against PyTorch, by finite differences, at the extremes."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts, torch_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib import losses as L
from cnnlib.gradcheck import gradcheck

REDUCTIONS = ("mean", "sum", "none")
REGRESSION = [
    ("mse_loss", {}),
    ("l1_loss", {}),
    ("smooth_l1_loss", {}),
    ("smooth_l1_loss", {"beta": 0.4}),
    ("smooth_l1_loss", {"beta": 0}),
    ("huber_loss", {}),
    ("huber_loss", {"delta": 0.4}),
]
ALL = (
    "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "nll_loss", "cross_entropy",
)  # fmt: skip
reductions = pytest.mark.parametrize("reduction", REDUCTIONS)
many = settings(max_examples=40, deadline=None)


def pair(name):
    return getattr(L, name), getattr(L, f"{name}_backward")


def agrees_with_torch(name, input, target, rng, **options):
    """Compare loss and gradient for one call; return them."""
    tensors = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    theirs, (gradient, *_), dy = torch_pair(
        getattr(F, name), [input, target], lambda shape: rng.normal(size=shape), wanted=1, **tensors
    )
    f, f_backward = pair(name)
    loss, dinput = f(input, target, **options), f_backward(dy, input, target, **options)
    assert_close(loss, theirs)
    assert_close(dinput, gradient)
    return loss, dinput


def example(name, rng, shape=(6, 3), dtype=np.float64):
    """Return an input and a target that suit the loss."""
    input = rng.normal(size=shape)
    if name == "nll_loss":
        input = F.log_softmax(torch.tensor(input), min(1, len(shape) - 1)).numpy()
    elif name == "binary_cross_entropy":
        input = rng.uniform(0.05, 0.95, size=shape)
    if name in ("nll_loss", "cross_entropy"):
        return input.astype(dtype), rng.integers(0, shape[min(1, len(shape) - 1)], shape[:1] + shape[2:])
    if name.startswith("binary"):
        return input.astype(dtype), rng.uniform(size=shape).astype(dtype)
    return input.astype(dtype), rng.normal(size=shape).astype(dtype)


shapes = st.lists(st.integers(0, 5), min_size=1, max_size=4)
seeds = st.integers(0, 10**6)


# numbers


@pytest.mark.parametrize(("name", "options"), REGRESSION, ids=str)
@reductions
@many
@given(shape=shapes, seed=seeds)
def test_regression_agrees_with_torch(name, options, reduction, shape, seed):
    rng = np.random.default_rng(seed)
    input, target = rng.normal(size=shape), rng.normal(size=shape)
    if input.size:
        target.flat[0] = input.flat[0]  # the kink
    agrees_with_torch(name, input, target, rng, reduction=reduction, **options)


@pytest.mark.parametrize(
    ("name", "options", "losses", "slopes"),
    [
        ("mse_loss", {}, [4, 0, 0.25], [4, 0, -1]),
        ("l1_loss", {}, [2, 0, 0.5], [1, 0, -1]),
        ("smooth_l1_loss", {}, [1.5, 0, 0.125], [1, 0, -0.5]),
        ("smooth_l1_loss", {"beta": 0.5}, [1.75, 0, 0.25], [1, 0, -1]),
        ("smooth_l1_loss", {"beta": 0}, [2, 0, 0.5], [1, 0, -1]),
        ("huber_loss", {}, [1.5, 0, 0.125], [1, 0, -0.5]),
        ("huber_loss", {"delta": 4}, [2, 0, 0.125], [2, 0, -0.5]),
        ("huber_loss", {"delta": 0.25}, [0.25 * 1.875, 0, 0.25 * 0.375], [0.25, 0, -0.25]),
    ],
)
def test_regression_by_hand(name, options, losses, slopes):
    input, target = np.array([3.0, 1.0, 0.5]), np.array([1.0, 1.0, 1.0])
    f, f_backward = pair(name)
    losses, slopes = np.array(losses, float), np.array(slopes, float)
    np.testing.assert_allclose(f(input, target, "none", **options), losses)
    np.testing.assert_allclose(f(input, target, "sum", **options), losses.sum())
    np.testing.assert_allclose(f(input, target, **options), losses.sum() / 3)
    dy = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(f_backward(dy, input, target, "none", **options), dy * slopes)
    np.testing.assert_allclose(f_backward(2.0, input, target, "sum", **options), 2 * slopes)
    np.testing.assert_allclose(f_backward(2.0, input, target, **options), 2 * slopes / 3)


@pytest.mark.parametrize("delta", [1.0, 0.3])
@pytest.mark.filterwarnings("error")
def test_huber_loss_of_what_is_not_finite(delta):
    input, target = np.array([np.inf, -np.inf, np.nan, 1e308, 0.5]), np.array([0.0, 2.0, 1.0, 0.0, np.nan])
    for reduction in REDUCTIONS:
        agrees_with_torch("huber_loss", input, target, np.random.default_rng(0), reduction=reduction, delta=delta)


# yes or no


@reductions
@many
@given(shape=shapes, seed=seeds, weighted=st.booleans(), narrow=st.booleans())
def test_binary_cross_entropy_agrees_with_torch(reduction, shape, seed, weighted, narrow):
    rng = np.random.default_rng(seed)
    input, target = rng.uniform(size=shape), rng.uniform(size=shape)
    weight = rng.uniform(size=shape[-1:] if narrow else shape) if weighted else None
    agrees_with_torch("binary_cross_entropy", input, target, rng, weight=weight, reduction=reduction)


@reductions
@many
@given(shape=shapes, seed=seeds, weighted=st.booleans(), pos=st.booleans(), narrow=st.booleans())
def test_logits_agree_with_torch(reduction, shape, seed, weighted, pos, narrow):
    rng = np.random.default_rng(seed)
    input, target = 5 * rng.normal(size=shape), rng.uniform(size=shape)
    weight = rng.uniform(size=shape[:-1] + [1] if narrow else shape) if weighted else None
    pos_weight = rng.uniform(size=shape[-1:] if narrow else shape) if pos else None
    options = {"weight": weight, "pos_weight": pos_weight, "reduction": reduction}
    agrees_with_torch("binary_cross_entropy_with_logits", input, target, rng, **options)


def test_binary_cross_entropy_by_hand():
    input, target = np.array([0.25, 0.25]), np.array([1.0, 0.0])
    losses = L.binary_cross_entropy(input, target, reduction="none")
    np.testing.assert_allclose(losses, [math.log(4), math.log(4 / 3)])
    dinput = L.binary_cross_entropy_backward(3.0, input, target)
    np.testing.assert_allclose(dinput, [-3 * 4 / 2, 3 * 4 / 3 / 2])
    weight = np.array([2.0, 0.0])
    loss = L.binary_cross_entropy(input, target, weight)
    np.testing.assert_allclose(loss, 2 * math.log(4) / 2)  # over the number of entries, whatever they weigh


def test_logits_by_hand():
    x, t, p = np.array([math.log(3), math.log(3)]), np.array([1.0, 0.0]), np.array([5.0])
    losses = L.binary_cross_entropy_with_logits(x, t, reduction="none", pos_weight=p)
    np.testing.assert_allclose(losses, [5 * math.log(4 / 3), math.log(4)])
    dx = L.binary_cross_entropy_with_logits_backward(1.0, x, t, reduction="sum", pos_weight=p)
    np.testing.assert_allclose(dx, [-5 / 4, 3 / 4])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("error")
def test_certain_probabilities_cost_a_hundred_and_their_slope_is_held(dtype):
    input, target = np.array([0, 0, 1, 1, 1e-30], dtype), np.array([0, 1, 0, 1, 1], dtype)
    loss, dinput = agrees_with_torch(
        "binary_cross_entropy", input, target, np.random.default_rng(0), reduction="none"
    )
    assert list(loss[:4]) == [0, 100, 100, 0]
    slopes = L.binary_cross_entropy_backward(1.0, input, target, reduction="sum")
    np.testing.assert_allclose(slopes[:4], [0, -1e12, 1e12, 0], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("error")
def test_logits_of_ten_thousand(dtype):
    x, t = np.array([-1e4, -1e4, 1e4, 1e4, 0], dtype), np.array([0, 1, 0, 1, 0.5], dtype)
    rng = np.random.default_rng(0)
    for options in ({}, {"pos_weight": np.array([3], dtype)}):
        agrees_with_torch("binary_cross_entropy_with_logits", x, t, rng, reduction="none", **options)
    loss = L.binary_cross_entropy_with_logits(x, t, reduction="none")
    np.testing.assert_allclose(loss, [0, 1e4, 1e4, 0, math.log(2)], rtol=1e-6)


def test_logits_keep_small_losses():
    """1 - sigmoid(30) rounds to 1e-13 with 3 digits; the loss of a sure, right answer keeps all 16."""
    x, t = np.array([30.0, -30.0]), np.array([1.0, 0.0])
    loss = L.binary_cross_entropy_with_logits(x, t, reduction="none")
    np.testing.assert_allclose(loss, math.exp(-30), rtol=1e-12)


# classes


@reductions
@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
@many
@given(
    items=st.integers(0, 5),
    classes=st.integers(1, 5),
    rest=st.lists(st.integers(0, 3), max_size=2),
    alone=st.booleans(),
    weighted=st.booleans(),
    ignore_index=st.integers(-2, 5),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    seed=seeds,
)
def test_labels_agree_with_torch(
    name, reduction, items, classes, rest, alone, weighted, ignore_index, smoothing, seed
):
    rng = np.random.default_rng(seed)
    shape = (classes,) if alone else (items, classes, *rest)
    input = 3 * rng.normal(size=shape)
    target = rng.integers(0, classes, () if alone else (items, *rest))
    target = np.where(rng.random(target.shape) < 0.3, ignore_index, target)
    options = {"ignore_index": ignore_index, "reduction": reduction}
    options["weight"] = rng.uniform(0.1, 2, size=classes) if weighted else None
    if name == "cross_entropy":
        options["label_smoothing"] = smoothing
    agrees_with_torch(name, input, np.asarray(target), rng, **options)


@reductions
@many
@given(
    items=st.integers(0, 5),
    classes=st.integers(1, 5),
    rest=st.lists(st.integers(0, 3), max_size=2),
    alone=st.booleans(),
    weighted=st.booleans(),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    seed=seeds,
)
def test_probabilities_agree_with_torch(reduction, items, classes, rest, alone, weighted, smoothing, seed):
    rng = np.random.default_rng(seed)
    shape = (classes,) if alone else (items, classes, *rest)
    input, target = 3 * rng.normal(size=shape), rng.uniform(size=shape)
    weight = rng.uniform(0.1, 2, size=classes) if weighted else None
    options = {"weight": weight, "reduction": reduction, "label_smoothing": smoothing}
    agrees_with_torch("cross_entropy", input, target, rng, **options)


def test_cross_entropy_by_hand():
    input = np.log(np.array([[1.0, 3.0], [2.0, 2.0], [1.0, 1.0]]))
    target = np.array([1, 0, -100])
    a, b = math.log(4 / 3), math.log(2)
    np.testing.assert_allclose(L.cross_entropy(input, target, reduction="none"), [a, b, 0])
    np.testing.assert_allclose(L.cross_entropy(input, target), (a + b) / 2)  # two are not ignored
    weight = np.array([1.0, 3.0])
    np.testing.assert_allclose(L.cross_entropy(input, target, weight), (3 * a + 1 * b) / 4)
    smooth = L.cross_entropy(input, target, reduction="none", label_smoothing=0.2)
    np.testing.assert_allclose(smooth, [0.9 * a + 0.1 * math.log(4), b, 0])
    dinput = L.cross_entropy_backward(2.0, input, target)
    np.testing.assert_allclose(dinput, [[0.25, -0.25], [-0.5, 0.5], [0, 0]])


def test_the_first_loss_of_an_undecided_network_is_log_classes():
    np.testing.assert_allclose(L.cross_entropy(np.zeros((4, 10)), np.array([0, 3, 5, 9])), math.log(10))


def test_labels_and_their_one_hot_probabilities_cost_the_same():
    input, target = example("cross_entropy", np.random.default_rng(0))
    assert_close(L.cross_entropy(input, np.eye(3)[target]), L.cross_entropy(input, target), 1e-14)


def test_cross_entropy_is_log_softmax_and_nll():
    input, target = example("cross_entropy", np.random.default_rng(1), (4, 3, 2))
    log_p = F.log_softmax(torch.tensor(input), 1).numpy()
    assert_close(L.cross_entropy(input, target), L.nll_loss(log_p, target), 1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("error")
def test_scores_of_ten_thousand(dtype):
    input = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], dtype)
    rng = np.random.default_rng(0)
    for target in (np.array([0, 1, 2]), np.array([1, 0, 0])):
        for smoothing in (0.0, 0.1):
            agrees_with_torch(
                "cross_entropy", input, target, rng, reduction="none", label_smoothing=smoothing
            )


@pytest.mark.filterwarnings("error")
def test_a_class_ruled_out_by_minus_infinity():
    input, target = np.array([[0.0, -np.inf, 0.0]]), np.array([2])
    agrees_with_torch("cross_entropy", input, target, np.random.default_rng(0))
    assert L.cross_entropy(input, np.array([1])) == np.inf


@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
@pytest.mark.filterwarnings("error")
def test_the_mean_over_no_targets_is_nan_and_over_no_weight_too(name):
    rng = np.random.default_rng(0)
    input = rng.normal(size=(3, 2))
    loss, dinput = agrees_with_torch(name, input, np.full(3, -100), rng)
    assert np.isnan(loss) and not dinput.any()
    loss, dinput = agrees_with_torch(name, input[:0], np.zeros(0, int), rng)
    assert np.isnan(loss) and dinput.shape == (0, 2)
    loss, dinput = agrees_with_torch(name, input, np.array([1, 1, -100]), rng, weight=np.array([1.0, 0.0]))
    assert np.isnan(loss) and np.isnan(dinput[0, 1]) and not dinput[2].any()


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_labels_of_any_integer_type(dtype):
    input = np.random.default_rng(0).normal(size=(3, 4))
    target = np.array([3, 0, 2])
    assert L.cross_entropy(input, target.astype(dtype)) == L.cross_entropy(input, target)


def test_a_single_label_may_be_a_plain_int():
    input = np.array([0.0, 1.0, 2.0])
    loss = L.cross_entropy(input, np.array(1))
    assert loss == L.cross_entropy(input, 1) == L.cross_entropy(input, np.int64(1))


# all of them


@pytest.mark.parametrize("name", ALL)
@reductions
@pytest.mark.parametrize("shape", [(40, 5), (8, 5, 3, 4)])
def test_agrees_with_torch_in_float32(name, reduction, shape):
    rng = np.random.default_rng(5)
    input, target = example(name, rng, shape, np.float32)
    agrees_with_torch(name, input, target, rng, reduction=reduction)


@pytest.mark.parametrize("name", ALL)
@reductions
def test_finite_differences(name, reduction):
    f, f_backward = pair(name)
    input, target = example(name, np.random.default_rng(6))
    assert gradcheck(f, f_backward, input, target, reduction=reduction) < 1e-7


def test_finite_differences_with_every_option():
    rng = np.random.default_rng(7)
    input, target = example("cross_entropy", rng, (4, 3, 2))
    options = {"weight": np.array([0.5, 1.0, 2.0]), "ignore_index": 1, "label_smoothing": 0.2}
    assert gradcheck(*pair("cross_entropy"), input, target, **options) < 1e-7
    x, t = example("binary_cross_entropy_with_logits", rng)
    options = {"weight": rng.uniform(size=(6, 1)), "pos_weight": rng.uniform(size=3)}
    assert gradcheck(*pair("binary_cross_entropy_with_logits"), x, t, **options) < 1e-7


@pytest.mark.parametrize("name", ALL)
@reductions
def test_any_layout_and_inputs_unchanged(name, reduction):
    rng = np.random.default_rng(8)
    input, target = example(name, rng, (4, 3, 5))
    f, f_backward = pair(name)
    loss = f(input, target, reduction=reduction)
    dy = rng.normal(size=loss.shape)
    dinput = f_backward(dy, input, target, reduction=reduction)
    dys = layouts(dy) if reduction == "none" else [dy] * 4
    for x, t, d in zip(layouts(input), layouts(target), dys, strict=True):
        assert_close(f(x, t, reduction=reduction), loss, 1e-14)
        assert_close(f_backward(d, x, t, reduction=reduction), dinput, 1e-14)
        np.testing.assert_array_equal(x, input)
        np.testing.assert_array_equal(t, target)


@pytest.mark.parametrize("name", ALL)
@reductions
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("error")
def test_empty(name, reduction, dtype):
    input, target = example(name, np.random.default_rng(0), (0, 3), dtype)
    loss, dinput = agrees_with_torch(name, input, target, np.random.default_rng(0), reduction=reduction)
    assert dinput.shape == (0, 3)
    if reduction != "none":
        assert np.isnan(loss) if reduction == "mean" else loss == 0


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dy", [2, 2.0, np.float64(2), np.array(2.0), np.array(2), np.float32(2)], ids=repr)
def test_dy_is_any_number_and_never_promotes(name, dy):
    input, target = example(name, np.random.default_rng(9), dtype=np.float32)
    f, f_backward = pair(name)
    assert f(input, target).dtype == np.float32
    dinput = f_backward(dy, input, target)
    assert_close(dinput, 2 * f_backward(1.0, input, target))


def test_options_that_are_numpy_scalars_do_not_promote():
    input, target = example("smooth_l1_loss", np.random.default_rng(9), dtype=np.float32)
    assert L.smooth_l1_loss(input, target, beta=np.float64(0.5)).dtype == np.float32
    input, target = example("cross_entropy", np.random.default_rng(9), dtype=np.float32)
    options = {"label_smoothing": np.float64(0.1), "ignore_index": np.int64(0)}
    assert L.cross_entropy(input, target, **options).dtype == np.float32
