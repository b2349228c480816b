"""Layers and options that the engine has no fast version of: it gives what the layers give, or refuses the model."""

import numpy as np
import pytest

from cnnlib import layers as L
from cnnlib.criteria import CrossEntropyLoss, HuberLoss
from cnnlib.engine import compile


def rng(seed=0):
    return np.random.default_rng(seed)


def conv(**options):
    return L.Conv2d(2, 4, 3, padding=1, rng=rng(1), dtype=np.float64, **options)


MODELS = {
    "batch norm, not tracked": lambda: (conv(), L.BatchNorm2d(4, track_running_stats=False), L.ReLU(), L.MaxPool2d(2)),
    "batch norm, no bias": lambda: (conv(), L.BatchNorm2d(4, bias=False), L.ReLU(), L.Flatten()),
    "batch norm, cumulative": lambda: (conv(), L.BatchNorm2d(4, momentum=None), L.ReLU()),
    "batch norm of features": lambda: (L.Flatten(), L.BatchNorm1d(96, track_running_stats=False), L.ReLU()),
    "batch norm of features, no bias": lambda: (L.Flatten(), L.BatchNorm1d(96, bias=False), L.ReLU()),
    "batch norm of sequences": lambda: (L.Flatten(2), L.BatchNorm1d(2), L.Flatten()),
    "group norm": lambda: (conv(), L.GroupNorm(2, 4), L.ReLU(), L.MaxPool2d(2)),
    "group norm of features": lambda: (L.Flatten(), L.GroupNorm(8, 96), L.ReLU()),
    "activations": lambda: (conv(), L.ReLU6(), conv_back(), L.SELU(), conv(), L.Hardtanh(-0.1, 0.2), L.LogSigmoid()),
    "padding": lambda: (L.ReflectionPad2d((1, -2, 0, 3)), conv(), L.ReLU(), L.ConstantPad2d(1, 0.5), L.MaxPool2d(2)),
    "padding, again": lambda: (L.CircularPad2d((3, 1, -1, 2)), L.ZeroPad2d(2), L.ReplicationPad2d(1), conv()),
}


def conv_back():
    return L.Conv2d(4, 2, 1, rng=rng(2), dtype=np.float64)


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_engine_and_layers_agree(name, train):
    ours, theirs = (L.Sequential(*MODELS[name]()).astype(np.float64).train(train) for _ in "ab")
    engine = compile(ours, input_gradient=True)
    for seed, n in enumerate((5, 5, 3)):
        x = rng(seed).normal(1, 2, size=(n, 2, 8, 6))
        y = theirs(x)
        np.testing.assert_allclose(engine(x), y, rtol=1e-11, atol=1e-12)
        dy = rng(seed + 9).normal(size=y.shape)
        np.testing.assert_allclose(engine.backward(dy), theirs.backward(dy), rtol=1e-9, atol=1e-12)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-11)
    for (name, a), (_, b) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, err_msg=name)


@pytest.mark.parametrize("name", ["group norm", "activations", "padding", "padding, again"])
def test_two_processes_give_the_same_numbers(name):
    ours, theirs = (L.Sequential(*MODELS[name](), L.AdaptiveAvgPool2d(1), L.Flatten()).astype(np.float64) for _ in "ab")
    x, labels = rng(3).normal(size=(18, 2, 8, 6)), rng(4).integers(0, 4, 18)
    criterion = CrossEntropyLoss()
    expected = criterion(theirs(x), labels)
    theirs.backward(criterion.backward())
    with compile(ours, workers=2) as engine:
        loss, _ = engine.loss_and_backward(CrossEntropyLoss(), x, labels)
        assert engine._worker is not None  # a second process has done its half
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-12)


def test_a_single_image_goes_through_the_layers():
    model = L.Sequential(conv(), L.ReLU(), L.MaxPool2d(2), L.Flatten(0))
    engine, x = compile(model, input_gradient=True), rng(5).normal(size=(2, 8, 6))
    y = engine(x)
    np.testing.assert_array_equal(y, model(x))
    y = engine(x)
    dx = engine.backward(y)
    model(x)
    np.testing.assert_array_equal(dx, model.backward(y))
    assert dx.shape == x.shape


def test_huber_loss_trains_through_the_engine():
    model = L.Sequential(L.Linear(3, 2, rng=rng(6), dtype=np.float64))
    x, target = rng(7).normal(size=(6, 3)), rng(8).normal(size=(6, 2))
    loss, y = compile(model).loss_and_backward(HuberLoss(delta=0.5), x, target)
    assert loss == HuberLoss(delta=0.5)(y, target) and model[0].weight.grad is not None


@pytest.mark.parametrize("layer", [L.MaxPool2d(2, return_indices=True), L.AdaptiveMaxPool2d(2, return_indices=True),
                                   L.Residual(L.Sequential(L.MaxPool2d(1, return_indices=True)))])
def test_a_model_that_returns_places_is_refused(layer):
    with pytest.raises(ValueError, match="^model must return one array: leave out return_indices"):
        compile(L.Sequential(conv(), layer))
