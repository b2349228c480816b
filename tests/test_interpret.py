"""Interpretation, by hand and against PyTorch's autograd."""

import numpy as np
import pytest
import torch

from cnnlib import interpret
from cnnlib.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Identity, Linear, MaxPool2d, ReLU, Sequential


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(
        Conv2d(2, 3, 3, padding=1, rng=rng, dtype=np.float64), BatchNorm2d(3, dtype=np.float64), ReLU(), MaxPool2d(2),
        Conv2d(3, 4, 2, rng=rng, dtype=np.float64), ReLU(), Flatten(), Dropout(0.5),
        Linear(4 * 2 * 3, 5, rng=rng, dtype=np.float64),
    )  # fmt: skip


def peer_of(model):
    peer = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3, padding=1), torch.nn.BatchNorm2d(3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(3, 4, 2), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(24, 5),
    ).double().eval()  # fmt: skip
    peer.load_state_dict({k: torch.tensor(v) for k, v in model.state_dict().items()})
    return peer


def example(seed=1, n=3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 2, 6, 8)), rng.integers(0, 5, n)


def torch_gradient(model, x, target):
    x = torch.tensor(x, requires_grad=True)
    peer_of(model)(x)[torch.arange(len(x)), torch.tensor(target)].sum().backward()
    return x.grad.numpy()


def test_gradients_against_pytorch():
    model, (x, target) = network(), example()
    grad = torch_gradient(model, x, target)
    np.testing.assert_allclose(interpret.input_gradient(model, x, target), grad, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(interpret.saliency(model, x, target), np.abs(grad).max(1), rtol=1e-10, atol=1e-12)
    product = interpret.gradient_times_input(model, x, target)
    np.testing.assert_allclose(product, (grad * x).sum(1), rtol=1e-10, atol=1e-12)
    same = interpret.input_gradient(model, x, 2)
    np.testing.assert_allclose(same, torch_gradient(model, x, np.full(3, 2)), rtol=1e-10, atol=1e-12)


def test_gradient_by_finite_differences():
    model, (x, target) = network(), example(n=1)
    grad = interpret.input_gradient(model, x, target)
    model.eval()
    for at in [(0, 0, 0, 0), (0, 1, 3, 4), (0, 0, 5, 7)]:
        ahead, behind = x.copy(), x.copy()
        ahead[at] += 1e-6
        behind[at] -= 1e-6
        slope = (model(ahead) - model(behind))[0, target[0]] / 2e-6
        assert grad[at] == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("layer", [2, 4, 5, -5])
def test_grad_cam_against_pytorch(layer):
    model, (x, target) = network(), example()
    peer = peer_of(model)
    at = layer % len(model)
    maps = peer[: at + 1](torch.tensor(x)).detach().requires_grad_()
    peer[at + 1 :](maps)[torch.arange(3), torch.tensor(target)].sum().backward()
    expected = torch.relu((maps.grad.mean((2, 3), keepdim=True) * maps).sum(1)).detach().numpy()
    given = interpret.grad_cam(model, x, target, layer)
    assert (given >= 0).all() and given.any()
    np.testing.assert_allclose(given, expected, rtol=1e-10, atol=1e-12)


def test_the_maps_are_added_before_what_is_negative_is_cut_off():
    """A map that speaks against the class cancels one that speaks for it; ReLU map by map would not show it."""
    model = Sequential(Identity(), Flatten(), Linear(2, 1, bias=False, dtype=np.float64))
    model[2].weight.data[...] = [[1.0, -1.0]]
    assert interpret.grad_cam(model, np.array([[[[2.0]], [[3.0]]]]), 0, 0).item() == 0


@pytest.mark.parametrize(("size", "stride"), [(2, 1), ((2, 3), (1, 2)), ((6, 8), 1)])
def test_occlusion_by_brute_force(size, stride):
    model, (x, target) = network(), example()
    given = interpret.occlusion(model, x, target, size, stride, value=0.3)
    (h, w), (down, right) = np.broadcast_to(size, 2), np.broadcast_to(stride, 2)
    assert given.shape == (3, (6 - h) // down + 1, (8 - w) // right + 1)
    model.eval()
    for n, i, j in np.ndindex(given.shape):
        covered = x[n : n + 1].copy()
        covered[..., i * down : i * down + h, j * right : j * right + w] = 0.3
        drop = (model(x[n : n + 1]) - model(covered))[0, target[n]]
        assert given[n, i, j] == pytest.approx(drop, abs=1e-12)


def test_shares_of_a_network_without_biases_add_up_to_the_score():
    rng = np.random.default_rng(0)
    model = Sequential(Conv2d(1, 3, 3, bias=False, rng=rng, dtype=np.float64), ReLU(), MaxPool2d(2), Flatten(),
                       Linear(12, 4, bias=False, rng=rng, dtype=np.float64))  # fmt: skip
    x = rng.standard_normal((5, 1, 6, 6))
    np.testing.assert_allclose(interpret.gradient_times_input(model, x, 1).sum((1, 2)), model(x)[:, 1])


def test_feature_maps_end_with_the_output():
    model, (x, _) = network(), example()
    maps = interpret.feature_maps(model, x)
    assert [name for name, _ in maps] == [str(i) for i in range(9)]
    np.testing.assert_array_equal(maps[-1][1], model.eval()(x))
    np.testing.assert_array_equal(maps[3][1], model[:4](x))


def test_activation_grows_and_stays_within_bounds():
    model = network()
    start = np.random.default_rng(0).normal(0, 0.3, (2, 2, 6, 8)).clip(-0.5, 0.5)
    before = start.copy()
    x, scores = interpret.maximize_activation(model, start, np.array([1, 3]), steps=30, lr=0.05, low=-0.5, high=0.5)
    assert scores.shape == (31, 2) and (scores[-1] > scores[0]).all()
    np.testing.assert_array_equal(start, before)
    assert x.min() >= -0.5 and x.max() <= 0.5
    np.testing.assert_allclose(scores[-1], model.eval()(x)[[0, 1], [1, 3]])
    faded, _ = interpret.maximize_activation(model, start + 1, 1, steps=30, lr=0.05, weight_decay=10)
    kept, _ = interpret.maximize_activation(model, start + 1, 1, steps=30, lr=0.05)
    assert np.abs(faded).mean() < np.abs(kept).mean()


def test_a_score_without_slope_leaves_the_image_alone():
    model = Sequential(Flatten(), ReLU(), Linear(4, 2, dtype=np.float64))
    x = np.full((1, 1, 2, 2), -1.0)
    np.testing.assert_array_equal(interpret.maximize_activation(model, x, 0, steps=3)[0], x)


def test_mode_gradients_and_input_are_left_alone():
    model, (x, target) = network(), example()
    model.train()
    model[4].eval()
    model[0].weight.add_grad(np.ones((3, 2, 3, 3)))
    state, before = model.state_dict(), x.copy()
    interpret.saliency(model, x, target)
    interpret.grad_cam(model, x, target, 4)
    interpret.occlusion(model, x, target, 3, 3)
    interpret.maximize_activation(model, x, target, steps=2)
    interpret.feature_maps(model, x)
    with pytest.raises(ValueError, match="target"):
        interpret.saliency(model, x, 5)
    assert [layer.training for layer in model] == [True] * 4 + [False] + [True] * 4
    assert (model[0].weight.grad == 1).all() and model[4].weight.grad is None
    np.testing.assert_array_equal(x, before)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])


X = np.zeros((2, 2, 6, 8))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: interpret.saliency(m, X, 5), ValueError, "target must be from 0 to 4"),
        (lambda m: interpret.saliency(m, X, -1), ValueError, "target must be from 0 to 4"),
        (lambda m: interpret.saliency(m, X, np.array([0, 1, 2])), ValueError, "target must have shape"),
        (lambda m: interpret.saliency(m, X, np.array([0.0, 1.0])), TypeError, "target must hold integers"),
        (lambda m: interpret.saliency(m, X, "3"), TypeError, "target must be an integer"),
        (lambda m: interpret.saliency(m, X[0], 0), ValueError, "x must have 4 dimensions"),
        (lambda m: interpret.saliency(m[:4], X, 0), ValueError, "one row of scores"),
        (lambda m: interpret.saliency(None, X, 0), TypeError, "model must be a Layer"),
        (lambda m: interpret.grad_cam(m, X, 0, 9), ValueError, "layer must be from -9 to 8"),
        (lambda m: interpret.grad_cam(m, X, 0, "conv"), TypeError, "layer must be an integer"),
        (lambda m: interpret.grad_cam(m, X, 0, 6), ValueError, "layer must give maps"),
        (lambda m: interpret.grad_cam(m[0], X, 0, 0), TypeError, "model must be a Sequential"),
        (lambda m: interpret.occlusion(m, X, 0, 7), ValueError, "size must be at most"),
        (lambda m: interpret.occlusion(m, X, 0, 2, 0), ValueError, "stride must be at least 1"),
        (lambda m: interpret.occlusion(m, X, 0, value=np.nan), ValueError, "value must be finite"),
        (lambda m: interpret.maximize_activation(m, X, 0, lr=0), ValueError, "lr must be greater than 0"),
        (lambda m: interpret.maximize_activation(m, X, 0, low=1, high=0), ValueError, "low must be at most high"),
        (lambda m: interpret.feature_maps(m[0], X), TypeError, "model must be a Sequential"),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(network())


def test_options_beyond_the_dtype_are_refused():
    model = Sequential(Flatten(), Linear(4, 2, rng=np.random.default_rng(0)))
    x = np.zeros((1, 1, 2, 2), np.float32)
    with pytest.raises(ValueError, match="value must fit into float32, got 1e[+]39"):
        interpret.occlusion(model, x, 0, size=1, value=1e39)
    for name in ("lr", "weight_decay", "low", "high"):
        options = {name: -1e39 if name == "low" else 1e41}
        with pytest.raises(ValueError, match=f"{name} must fit into float32"):
            interpret.maximize_activation(model, x, 0, **options)


@pytest.mark.parametrize("count", [0, 1])
def test_a_score_that_there_is_not_is_refused_without_images_too(count):
    model = Sequential(Flatten(), Linear(4, 2, rng=np.random.default_rng(0)))
    x = np.zeros((count, 1, 2, 2), np.float32)
    assert interpret.saliency(model, x, 1).shape == (count, 2, 2)
    for target in (2, -1):
        with pytest.raises(ValueError, match="target must be from 0 to 1"):
            interpret.saliency(model, x, target)
