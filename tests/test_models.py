"""The course's networks: sizes, shapes, agreement with the same chain in PyTorch, and the summary table."""

import numpy as np
import pytest
import torch

from cnnlib import models
from cnnlib.layers import (
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
)
from cnnlib.summary import summary


def rng(seed=0):
    return np.random.default_rng(seed)


def twin(layer):
    """The same network in PyTorch, with the same numbers in it."""
    kind, nn = type(layer).__name__, torch.nn
    if kind == "Sequential":
        return nn.Sequential(*(twin(child) for child in layer))
    names = {
        "Conv2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding"),
        "Linear": ("in_features", "out_features"),
        "MaxPool2d": ("kernel_size",),
        "BatchNorm2d": ("num_features",),
    }.get(kind, ())
    options = {name: getattr(layer, name) for name in names}
    if kind in ("Conv2d", "Linear"):
        options["bias"] = layer.bias is not None
    module = getattr(nn, kind)(**options).double()
    module.load_state_dict({k: torch.from_numpy(v) for k, v in layer.state_dict().items()})
    return module


MODELS = [
    (lambda **s: models.lenet5(**s), (1, 28, 28), 61_706),
    (lambda **s: models.digits_cnn(**s), (1, 8, 8), 6_090),
    (lambda **s: models.mlp([64, 81, 10], **s), (1, 8, 8), 6_085),
    (lambda **s: models.mlp((3, 10), **s), (3,), 40),
    (lambda **s: models.vgg_like(**s), (3, 32, 32), 550_570),
    (lambda **s: models.vgg_like(channels=(4, 8), batch_norm=True, **s), (3, 32, 32), 68_118),
]


@pytest.mark.parametrize(("make", "shape", "parameters"), MODELS)
def test_model_has_its_size_and_agrees_with_torch(make, shape, parameters):
    model = make(rng=rng(), dtype=np.float64)
    assert sum(p.size for p in model.parameters()) == parameters
    x, dy = rng(1).normal(size=(2, *shape)), rng(2).normal(size=(2, 10))
    theirs = twin(model)
    tx = torch.from_numpy(x).requires_grad_()
    ty = theirs(tx)
    ty.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(model(x), ty.detach().numpy(), rtol=1e-9, atol=1e-12)
    dx = model.backward(dy)
    assert np.abs(dx - tx.grad.numpy()).max() <= 1e-10 * np.abs(dx).max()
    for (name, p), (other, q) in zip(model.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == other
        assert np.abs(p.grad - q.grad.numpy()).max() <= 1e-10 * np.abs(p.grad).max(), name


@pytest.mark.parametrize(("make", "shape", "parameters"), MODELS)
def test_model_starts_from_its_seed(make, shape, parameters):
    a, b, c = make(rng=rng(1)), make(rng=rng(1)), make(rng=rng(2))
    assert all((x == y).all() for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))
    assert any((x != y).any() for x, y in zip(a.state_dict().values(), c.state_dict().values(), strict=True))
    assert {p.dtype.name for p in a.parameters()} == {"float32"}
    assert make()(np.zeros((0, *shape), np.float32)).shape == (0, 10)


def test_lenet_layer_by_layer_is_as_published():
    """LeCun et al. (1998) count 156 for C1; with full connections and without trained pooling the rest follows."""
    table = summary(models.lenet5(), (1, 28, 28))
    counts = {row.name: row.parameters for row in table.rows if row.parameters}
    assert counts == {"0": 156, "3": 2_416, "7": 48_120, "9": 10_164, "11": 850}
    shapes = [row.output_shape for row in table.rows]
    assert shapes[0] == (6, 28, 28) and shapes[2] == (6, 14, 14) and shapes[3] == (16, 10, 10) and shapes[6] == (400,)
    assert table.multiply_adds == 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10 == 416_520
    assert table.parameters == 61_706
    assert str(table).splitlines()[-1].split() == ["total", "61,706", "416,520"]


def test_numbers_of_classes():
    for model, shape in ((models.lenet5(3), (1, 28, 28)), (models.digits_cnn(3), (1, 8, 8))):
        assert model(np.zeros((2, *shape), np.float32)).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: models.mlp([5]), ValueError, "sizes must be a list of at least 2 integers"),
        (lambda: models.mlp(5), ValueError, "sizes must be a list"),
        (lambda: models.mlp([5, 0]), ValueError, "out_features must be at least 1"),
        (lambda: models.mlp([5, 2], rng=1), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: models.lenet5(0), ValueError, "classes must be at least 1"),
        (lambda: models.lenet5(dtype=int), TypeError, "dtype must be float32 or float64"),
        (lambda: models.digits_cnn("ten"), TypeError, "classes must be an integer"),
        (lambda: models.vgg_like(channels=()), ValueError, "channels must be 1 to 5 integers"),
        (lambda: models.vgg_like(channels=[1] * 6), ValueError, "channels must be 1 to 5 integers"),
        (lambda: models.vgg_like(batch_norm=1), TypeError, "batch_norm must be True or False"),
        (lambda: summary(ReLU, (1,)), TypeError, "model must be a Layer, got type"),
        (lambda: summary(ReLU(), 3), TypeError, "input_shape must be a tuple such as"),
        (lambda: summary(ReLU(), (1, 0)), ValueError, "input_shape must be at least 1"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ----------------------------------------------------------------- summary


def test_summary_counts_what_the_layers_do():
    conv = Conv2d(4, 4, 3, padding=1, groups=2)
    model = Sequential(
        Residual(Sequential(conv, ReLU(), conv)), ConvTranspose2d(4, 6, 2, stride=2, groups=2, bias=False)
    )
    table = summary(model, (4, 5, 5))
    assert [(r.name, r.kind, r.output_shape, r.parameters, r.multiply_adds) for r in table.rows] == [
        ("0.body.0", "Conv2d", (4, 5, 5), 76, 100 * 2 * 9),
        ("0.body.1", "ReLU", (4, 5, 5), 0, 0),
        ("0.body.0", "Conv2d", (4, 5, 5), 0, 100 * 2 * 9),
        ("1", "ConvTranspose2d", (6, 10, 10), 48, 100 * 3 * 4),
    ]
    assert table.parameters == 76 + 48


def test_summary_of_a_pooling_that_says_where_shows_the_maxima():
    table = summary(Sequential(ReLU(), MaxPool2d(2, return_indices=True)), (3, 6, 8))
    assert [row.output_shape for row in table.rows] == [(3, 6, 8), (3, 3, 4)]


def test_summary_leaves_the_network_as_it_was():
    generator = rng()
    model = Sequential(Conv2d(1, 2, 3), BatchNorm2d(2), Dropout(0.5, rng=generator), Flatten(), Linear(18, 2))
    model[1].eval()
    before, drawn = model.state_dict(), generator.bit_generator.state
    summary(model, (1, 5, 5))
    with pytest.raises(ValueError):
        summary(model, (1, 9, 9))
    assert all((model.state_dict()[k] == v).all() for k, v in before.items())
    assert generator.bit_generator.state == drawn
    assert [layer.training for layer in model] == [True, False, True, True, True]
    assert all("forward" not in vars(layer) and not layer._saved for layer in model.modules())
