"""A classifier made convolutional scores a larger image exactly as it scores its crops."""

import numpy as np
import pytest
import torch

from cnnlib.layers import Conv2d, Dropout, Flatten, LayerNorm, Linear, MaxPool2d, ReLU, Sequential
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


@pytest.mark.parametrize(
    ("model", "shape", "error", "message"),
    [
        (Flatten(), (1, 8, 8), TypeError, "model must be a Sequential"),
        (Sequential(Linear(4, 2)), (1, 2, 2), ValueError, "exactly one Flatten, got 0"),
        (Sequential(Flatten(), ReLU()), (1, 2, 2), ValueError, "a linear layer after the Flatten"),
        (Sequential(Flatten(), Linear(4, 2)), (1, 3, 3), ValueError, "gives 9 numbers after the Flatten"),
        (Sequential(Flatten(), Linear(4, 2)), (2, 2), ValueError, "input_shape must be three integers"),
        (Sequential(Flatten(), LayerNorm(4), Linear(4, 2)), (1, 2, 2), TypeError, "only linear layers with weights"),
        (Sequential(Conv2d(1, 1, 3), Flatten(), Linear(4, 2)), (1, 2, 2), ValueError, "kernel must fit"),
    ],
)
def test_refused(model, shape, error, message):
    with pytest.raises(error, match=message):
        convolutional(model, shape)
