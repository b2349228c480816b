"""Receptive fields: the formula against gradients, on many random chains."""

import numpy as np
import pytest

from cnnlib.layers import AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.receptive import ReceptiveField, gradient_field, receptive_field


def chain(rng):
    """One to four layers of odd geometry; positive weights, so that no gradient cancels."""
    layers, channels = [], 1
    for _ in range(rng.integers(1, 5)):
        pair = [tuple(rng.integers(1, high + 1, 2).tolist()) for high in (3, 2, 2)]
        if rng.random() < 0.6:
            padding = tuple(rng.integers(0, 3, 2).tolist())
            layers.append(Conv2d(channels, 2, pair[0], pair[1], padding, pair[2], dtype=np.float64))
            channels = 2
            layers[-1].weight.data[...] = rng.uniform(0.5, 1, layers[-1].weight.shape)
            layers[-1].bias.data[...] = 0  # a negative one, before a relu, may leave no gradient at all
        else:
            layers.append(AvgPool2d(pair[0], pair[1]))
        layers.append(ReLU())
    return Sequential(*layers)


@pytest.mark.parametrize("seed", range(40))
def test_the_formula_is_where_gradients_are(seed):
    rng = np.random.default_rng(seed)
    model = chain(rng)
    x = rng.uniform(0.5, 1, (1, 1, 61, 67))
    rows, columns = model(x).shape[2:]
    at = int(rng.integers(rows)), int(rng.integers(columns))
    field = gradient_field(model, x, *at)
    top, bottom, left, right = receptive_field(model).box(*at)
    seen_rows, seen_columns = np.flatnonzero(field.any(1)), np.flatnonzero(field.any(0))
    inside = np.zeros_like(field, bool)
    inside[max(top, 0) : bottom, max(left, 0) : right] = True
    assert not field[~inside].any()
    if top >= 0 and left >= 0 and bottom <= 61 and right <= 67:
        assert (seen_rows[0], seen_rows[-1] + 1, seen_columns[0], seen_columns[-1] + 1) == (top, bottom, left, right)


def test_lenet_by_hand():
    """Five, then 2 (a step of 1): 6. Five at a step of 2: 14. Two more of these: 16."""
    model = Sequential(Conv2d(1, 6, 5, padding=2), ReLU(), MaxPool2d(2), Conv2d(6, 16, 5), ReLU(), MaxPool2d(2))
    assert [receptive_field(model[:k]).size[0] for k in (1, 3, 4, 6)] == [5, 6, 14, 16]
    assert receptive_field(model) == ReceptiveField((16, 16), (4, 4), (-2, -2))
    assert receptive_field(model).box(1, 2) == (2, 18, 6, 22)
    assert receptive_field(Sequential(model[:3], model[3:])) == receptive_field(model)


def test_same_padding_puts_the_odd_pixel_right_and_below():
    layer = Conv2d(1, 1, (2, 4), padding="same", dtype=np.float64)
    layer.weight.data[...] = 1
    assert receptive_field(Sequential(layer)).start == (0, -1)
    field = gradient_field(Sequential(layer), np.ones((1, 1, 6, 6)), 2, 2)
    assert np.argwhere(field).min(0).tolist() == [2, 1] and np.argwhere(field).max(0).tolist() == [3, 4]


def test_twelve_layers_look_mostly_at_the_middle():
    model = Sequential(*[Conv2d(1, 1, 3, padding=1, dtype=np.float64) for _ in range(12)])
    for layer in model:
        layer.weight.data[...] = 1 / 9
    assert receptive_field(model).size == (25, 25)
    field = gradient_field(model, np.zeros((1, 1, 41, 41)), 20, 20)
    assert np.count_nonzero(field) == 25**2
    assert field[14:27, 14:27].sum() > 0.9 * field.sum()


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize(("kernel", "padding", "dilation"), [(2, 1, 1), (3, 1, 1), (3, 2, 1), (3, 4, 1), (4, 3, 2)])
def test_padding_with_pixels_is_inside_the_field_or_refused(mode, kernel, padding, dilation):
    layer = Conv2d(1, 1, kernel, 1, padding, dilation, padding_mode=mode, dtype=np.float64)
    layer.weight.data[...] = 1
    fields = [gradient_field(Sequential(layer), np.ones((1, 1, 9, 9)), row, 5) for row in range(7)]
    rows = [(k, row) for k, field in enumerate(fields) for row in np.flatnonzero(field.any(axis=1))]
    first = [k - padding for k in range(7)]
    inside = all(first[k] <= row <= first[k] + dilation * (kernel - 1) for k, row in rows)
    if inside:
        assert receptive_field(Sequential(layer)).start == (-padding, -padding)
    else:
        with pytest.raises(TypeError, match=f"windows see anyway.*padding_mode='?{mode}"):
            receptive_field(Sequential(layer))


class Mirrored(ReLU):
    def forward(self, x):
        return super().forward(x[..., ::-1])


class Backwards(Sequential):
    def forward(self, x):
        return super().forward(x[..., ::-1])


Lookalike = type("ReLU", (Mirrored,), {})


@pytest.mark.parametrize("layer", [BatchNorm2d(1, track_running_stats=False), Mirrored(), Lookalike(), Backwards()])
def test_layers_that_see_everything_or_are_of_a_class_of_their_own_are_refused(layer):
    with pytest.raises(TypeError, match=f"must consist of convolutions.* got {type(layer).__name__}"):
        receptive_field(Sequential(Conv2d(1, 1, 3), layer))
    assert receptive_field(Sequential(Conv2d(1, 1, 3), BatchNorm2d(1))).size == (3, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m, x: receptive_field(m).box(0.5, 0), TypeError, "row must be an integer, got 0.5"),
        (lambda m, x: receptive_field(m).box(0, True), TypeError, "column must be an integer"),
        (lambda m, x: receptive_field(Backwards(m[0])), TypeError, "model must be a Sequential, got Backwards"),
        (lambda m, x: gradient_field(m, x[:0], 0, 0), ValueError, "x must hold at least one image"),
        (lambda m, x: receptive_field(m[0]), TypeError, "model must be a Sequential"),
        (lambda m, x: receptive_field(Sequential(Flatten(), Linear(4, 2))), TypeError, "must consist of convolutions"),
        (lambda m, x: gradient_field(m, x, 4, 0), ValueError, "row must be from 0 to 3"),
        (lambda m, x: gradient_field(m, x, 0, -1), ValueError, "column must be from 0 to 3"),
        (lambda m, x: gradient_field(m, x, 0, 0, 2), ValueError, "channel must be from 0 to 1"),
        (lambda m, x: gradient_field(m, x, 0.5, 0), TypeError, "row must be an integer"),
        (lambda m, x: gradient_field(Sequential(Flatten()), x, 0, 0), ValueError, "model must give maps"),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(Sequential(Conv2d(1, 2, 3), MaxPool2d(1)), np.zeros((1, 1, 6, 6), np.float32))
