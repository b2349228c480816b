"""A classifier made convolutional scores a larger image exactly as it scores its crops."""

import numpy as np
import pytest
import torch

from cnnlib.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GroupNorm,
    LayerNorm,
    Linear,
    LogSoftmax,
    MaxPool2d,
    PReLU,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    ZeroPad2d,
)
from cnnlib.sliding import convolutional


def classifier(rng, dtype=np.float64):
    return Sequential(
        Conv2d(2, 3, 3, rng=rng, dtype=dtype), ReLU(), MaxPool2d(2),
        Flatten(), Linear(27, 5, rng=rng, dtype=dtype), ReLU(), Linear(5, 4, bias=False, rng=rng, dtype=dtype),
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(8, 8), (9, 13), (16, 8)])
def test_every_place_is_a_crop(shape):
    rng = np.random.default_rng(0)
    model = classifier(rng)
    x = rng.standard_normal((3, 2, *shape))
    y = convolutional(model, (2, 8, 8))(x)
    assert y.shape == (3, 4, (shape[0] - 8) // 2 + 1, (shape[1] - 8) // 2 + 1)
    for i, j in np.ndindex(y.shape[2:]):
        np.testing.assert_allclose(y[:, :, i, j], model(x[:, :, 2 * i : 2 * i + 8, 2 * j : 2 * j + 8]), rtol=1e-12)


def test_against_pytorch():
    rng = np.random.default_rng(1)
    sliding = convolutional(classifier(rng), (2, 8, 8))
    peer = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(3, 5, 3), torch.nn.ReLU(), torch.nn.Conv2d(5, 4, 1, bias=False),
    ).double()  # fmt: skip
    peer.load_state_dict({k.replace("4.", "3.").replace("6.", "5."): torch.tensor(v)
                          for k, v in sliding.state_dict().items()})
    x = rng.standard_normal((2, 2, 11, 14))
    np.testing.assert_allclose(sliding(x), peer(torch.tensor(x)).detach().numpy(), rtol=1e-10)


def test_the_weights_are_copies_and_the_mode_stays():
    rng = np.random.default_rng(2)
    model = Sequential(Conv2d(1, 1, 3, rng=rng), Dropout(0.5), Flatten(), Linear(4, 2, rng=rng))
    model.train()
    sliding = convolutional(model, (1, 4, 4))
    assert model[1].training
    sliding[2].weight.data[...] = 0
    assert model[3].weight.data.any()
    assert convolutional(classifier(rng, np.float32), (2, 8, 8))[3].weight.data.dtype == np.float32


def test_without_convolutions_before_it():
    model = Sequential(Flatten(), Linear(6, 2, rng=np.random.default_rng(0), dtype=np.float64))
    x = np.arange(24.0).reshape(1, 1, 4, 6)
    y = convolutional(model, (1, 2, 3))(x)
    np.testing.assert_allclose(y[:, :, 1, 2], model(x[:, :, 1:3, 2:5]))


class Mirrored(ReLU):
    def forward(self, x):
        return super().forward(x[..., ::-1])


class Backwards(Sequential):
    def forward(self, x):
        return super().forward(x[..., ::-1])


@pytest.mark.parametrize("softmax", [Softmax, LogSoftmax])
@pytest.mark.parametrize("dim", [1, -1])
def test_a_softmax_stays_along_the_classes(softmax, dim):
    rng = np.random.default_rng(3)
    model = Sequential(Flatten(), Linear(6, 3, rng=rng, dtype=np.float64), PReLU(3, dtype=np.float64), softmax(dim))
    x = rng.standard_normal((2, 1, 4, 6))
    y = convolutional(model, [1, 2, 3])(x)
    for i, j in np.ndindex(3, 4):
        np.testing.assert_allclose(y[:, :, i, j], model(x[:, :, i : i + 2, j : j + 3]), rtol=1e-12)


def test_normalization_in_evaluation_and_chains_of_chains():
    rng = np.random.default_rng(4)
    norm = BatchNorm2d(2, dtype=np.float64)
    norm.running_mean, norm.running_var = rng.standard_normal(2), rng.uniform(1, 2, 2)
    body = Sequential(Conv2d(1, 2, 3, stride=2, rng=rng, dtype=np.float64), norm, Sequential(Sigmoid(), AvgPool2d(2)))
    model = Sequential(body, Sequential(Flatten(), Linear(2, 3, rng=rng, dtype=np.float64))).eval()
    x = rng.standard_normal((2, 1, 13, 9))
    y = convolutional(model, np.array([1, 5, 5]))(x)
    for i, j in np.ndindex(y.shape[2:]):
        np.testing.assert_allclose(y[:, :, i, j], model(x[:, :, 4 * i : 4 * i + 5, 4 * j : 4 * j + 5]), rtol=1e-12)


@pytest.mark.parametrize(
    "layer",
    [
        MaxPool2d(2, ceil_mode=True), AvgPool2d(2, ceil_mode=True), MaxPool2d(2, return_indices=True),
        AdaptiveAvgPool2d(2), BatchNorm2d(1, track_running_stats=False), GroupNorm(1, 1), LayerNorm((1, 8, 8)),
        Softmax(1), Softmax(-1), Linear(8, 8), Mirrored(), Residual(Conv2d(1, 1, 3)), ZeroPad2d(1), Backwards(ReLU()),
    ],
)  # fmt: skip
def test_a_layer_before_the_flatten_that_looks_at_the_whole_image_is_refused(layer):
    with pytest.raises(TypeError, match=f"before the Flatten only Conv2d.* got {type(layer).__name__}"):
        convolutional(Sequential(layer, Flatten(), Linear(64, 2)).eval(), (1, 8, 8))


@pytest.mark.parametrize("layer", [Mirrored(), Softmax(0), BatchNorm2d(2), LayerNorm(2), Conv2d(2, 2, 1), Backwards()])
def test_a_layer_after_the_flatten_that_looks_at_its_neighbours_is_refused(layer):
    with pytest.raises(TypeError, match=f"after the Flatten only Linear.* got {type(layer).__name__}"):
        convolutional(Sequential(Flatten(), Linear(4, 2), layer), (1, 2, 2))


@pytest.mark.parametrize(
    ("model", "shape", "error", "message"),
    [
        (Sequential(Flatten(), PReLU(4), Linear(4, 2)), (1, 2, 2), TypeError, "after the Flatten only"),
        (Sequential(Flatten(), Softmax(1), Linear(4, 2)), (1, 2, 2), TypeError, "after the first Linear, Softmax"),
        (Sequential(Flatten(2), Linear(4, 2)), (1, 2, 2), TypeError, "flatten all but the batch"),
        (Sequential(Flatten(1, 2), Linear(4, 2)), (1, 2, 2), TypeError, "flatten all but the batch"),
        (Backwards(Flatten(), Linear(4, 2)), (1, 2, 2), TypeError, "model must be a Sequential, got Backwards"),
        (Sequential(BatchNorm2d(1), Flatten(), Linear(4, 2)), (1, 2, 2), ValueError, "model.eval"),
        (Sequential(Conv2d(1, 1, 3), Flatten(), Linear(36, 2)), (2, 8, 8), ValueError, r"input_shape \(2, 8, 8\) does"),
        (Sequential(Flatten(), Linear(4, 2)), np.array([1.0, 2, 2]), TypeError, "input_shape must be an integer"),
        (Sequential(Flatten(), Linear(4, 2)), np.ones((1, 3), int), ValueError, "input_shape must be three integers"),
        (Sequential(Flatten(), Linear(4, 2)), "122", ValueError, "input_shape must be three integers"),
        (Sequential(Flatten(), LayerNorm(4), Linear(4, 2)), (1, 2, 2), TypeError, "after the Flatten only"),
        (Flatten(), (1, 8, 8), TypeError, "model must be a Sequential"),
        (Sequential(Linear(4, 2)), (1, 2, 2), ValueError, "exactly one Flatten, got 0"),
        (Sequential(Flatten(), ReLU()), (1, 2, 2), ValueError, "a linear layer after the Flatten"),
        (Sequential(Flatten(), Linear(4, 2)), (1, 3, 3), ValueError, "gives 9 numbers after the Flatten"),
        (Sequential(Flatten(), Linear(4, 2)), (2, 2), ValueError, "input_shape must be three integers"),
        (Sequential(Conv2d(1, 1, 3), Flatten(), Linear(4, 2)), (1, 2, 2), ValueError, "kernel must fit"),
    ],
)
def test_refused(model, shape, error, message):
    with pytest.raises(error, match=message):
        convolutional(model, shape)
