"""The engine against the layers it stands for: same outputs, same gradients, same statistics, same training."""

import copy

import numpy as np
import pytest
from sklearn.datasets import load_digits

from cnnlib import optim
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.engine import compile
from cnnlib.engine.banded import Banded
from cnnlib.engine.depthwise import Depthwise
from cnnlib.engine.plan import Plan
from cnnlib.engine.through import Fallback
from cnnlib.engine.winograd import Winograd
from cnnlib.layers import (
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Identity,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Parameter,
    PReLU,
    ReLU,
    Sequential,
    Softmax,
    Tanh,
)

TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}


def lenet(rng, dtype=np.float32):
    more = {"rng": rng, "dtype": dtype}
    return Sequential(
        Conv2d(1, 6, 5, padding=2, **more), ReLU(), MaxPool2d(2), Conv2d(6, 16, 5, **more), ReLU(), MaxPool2d(2),
        Flatten(), Linear(400, 120, **more), ReLU(), Linear(120, 84, **more), ReLU(), Linear(84, 10, **more),
    )  # fmt: skip


def worst(a, b):
    """Largest difference, relative to the largest value."""
    assert a.shape == b.shape and a.dtype == b.dtype
    return np.abs(a - b).max() / max(np.abs(b).max(), 1e-30) if b.size else 0.0


def agree(make, shape, dtype, train=True, sizes=None, kinds=None):
    """Run model and engine side by side on batches of several sizes; compare all that can be compared."""
    model = make(np.random.default_rng(1)).train(train).astype(dtype)
    twin = make(np.random.default_rng(1)).train(train).astype(dtype)
    engine = compile(twin, input_gradient=True)
    rng = np.random.default_rng(2)
    for n in sizes or (shape[0], shape[0], 1 if shape[0] > 2 and not train else 3, shape[0]):
        x = rng.standard_normal((n, *shape[1:])).astype(dtype)
        y, fast = model(x), engine(x)
        assert worst(fast, y) <= TOLERANCE[dtype]
        dy = rng.standard_normal(y.shape).astype(dtype)
        for one in (model, twin):
            one.zero_grad()
        assert worst(engine.backward(dy), model.backward(dy)) <= 2 * TOLERANCE[dtype]
        for (name, p), q in zip(model.named_parameters(), twin.parameters(), strict=True):
            assert worst(q.grad, p.grad) <= 2 * TOLERANCE[dtype], name
    for (name, a), (_, b) in zip(model.named_buffers(), twin.named_buffers(), strict=True):
        assert worst(b, a) <= TOLERANCE[dtype] if a.dtype.kind == "f" else np.array_equal(a, b), name
    if kinds is not None:
        stages = next(iter(engine._plans.values())).stages
        assert [type(s).__name__ for s in stages] == kinds.split()
    return engine


CONVOLUTIONS = {
    "lenet 1": (dict(c=(1, 6), kernel_size=5, padding=2), (28, 28)),
    "lenet 2": (dict(c=(6, 16), kernel_size=5), (14, 14)),
    "tile of three": (dict(c=(1, 5), kernel_size=3), (8, 11)),
    "tile of four": (dict(c=(2, 2), kernel_size=3, padding=1), (5, 8)),
    "prime width": (dict(c=(2, 3), kernel_size=3, padding=1), (7, 11)),
    "stride": (dict(c=(3, 4), kernel_size=3, stride=(2, 3), padding=(2, 1)), (11, 9)),
    "stride over the kernel": (dict(c=(2, 3), kernel_size=(1, 2), stride=(3, 5)), (10, 13)),
    "even kernel": (dict(c=(2, 3), kernel_size=(2, 4), padding="same"), (6, 8)),
    "dilation": (dict(c=(2, 8), kernel_size=3, dilation=(2, 3), padding=2), (9, 10)),
    "dilation and stride": (dict(c=(3, 4), kernel_size=3, dilation=2, stride=2, padding=1), (12, 11)),
    "one by one": (dict(c=(5, 7), kernel_size=1), (4, 6)),
    "one by one, padded": (dict(c=(5, 7), kernel_size=1, padding=1, stride=2), (4, 6)),
    "whole image": (dict(c=(3, 4), kernel_size=5), (5, 5)),
    "no bias": (dict(c=(3, 4), kernel_size=3, bias=False), (6, 6)),
    "groups": (dict(c=(4, 6), kernel_size=3, groups=2, padding=1), (6, 7)),
    "groups, tile": (dict(c=(4, 8), kernel_size=(3, 2), groups=4, stride=2), (8, 9)),
    "depthwise": (dict(c=(4, 4), kernel_size=3, groups=4, padding=1), (6, 7)),
    "depthwise, stride": (dict(c=(3, 3), kernel_size=(3, 5), groups=3, stride=2, padding=2, dilation=(2, 1)), (9, 8)),
    "winograd": (dict(c=(12, 16), kernel_size=3, padding=1), (8, 8)),
    "winograd, odd": (dict(c=(13, 12), kernel_size=3, padding=(0, 1)), (9, 11)),
    "winograd, tiny": (dict(c=(16, 12), kernel_size=3), (3, 4)),
    "winograd, no padding": (dict(c=(16, 12), kernel_size=3, padding="valid"), (13, 7)),
    "many channels, stride": (dict(c=(20, 32), kernel_size=3, stride=2, padding=1), (9, 9)),
    "wide": (dict(c=(40, 96), kernel_size=3, stride=(1, 2), padding=(0, 1)), (5, 12)),
    "wide, no bias": (dict(c=(64, 64), kernel_size=(3, 4), dilation=(1, 2), padding=1, bias=False), (4, 13)),
    "wide, one by one": (dict(c=(160, 256), kernel_size=1), (2, 6)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolution(name, dtype):
    options, size = CONVOLUTIONS[name]
    options = dict(options)
    c = options.pop("c")
    agree(lambda rng: Sequential(Conv2d(*c, rng=rng, **options)), (4, c[0], *size), dtype, kinds="Block")


def test_each_kernel_is_reached():
    kinds = {}
    for name, (options, size) in CONVOLUTIONS.items():
        options = dict(options)
        c = options.pop("c")
        engine = compile(Sequential(Conv2d(*c, **options)))
        engine(np.zeros((4, c[0], *size), np.float32))
        kernels = next(iter(engine._plans.values())).stages[0].kernels
        kinds[name] = kernels
    assert all(type(kinds[name][0][0]) is Winograd for name in kinds if name.startswith("winograd"))
    assert all(type(kinds[name][0][0]) is Depthwise for name in kinds if name.startswith("depthwise"))
    banded = [kernel for parts in kinds.values() for kernel, _, _ in parts if type(kernel) is Banded]
    assert {kernel.tile for kernel in banded} == {1, 2, 3, 4}
    assert {kernel.wide > 1 for kernel in banded} == {kernel.turn for kernel in banded} == {False, True}


@pytest.mark.parametrize("c", [(2, 3), (12, 13), (3, 3)])
@pytest.mark.parametrize(
    "after",
    [
        [ReLU], [lambda: MaxPool2d(2)], [ReLU, lambda: MaxPool2d(2)], [lambda: MaxPool2d((3, 2)), ReLU],
        [lambda: MaxPool2d(2), ReLU, ReLU], [ReLU, lambda: MaxPool2d(2, ceil_mode=True)],
        [lambda: MaxPool2d(3, 2)], [ReLU, lambda: AvgPool2d(2)],
    ],
)  # fmt: skip
def test_convolution_takes_along_what_follows(c, after):
    groups = c[0] if c[0] == c[1] else 1

    def make(rng):
        return Sequential(Conv2d(*c, 3, padding=1, groups=groups, rng=rng), *(layer() for layer in after))

    agree(make, (3, c[0], 10, 10), np.float64)
    agree(make, (3, c[0], 9, 11), np.float64)


def test_rows_in_several_chunks(monkeypatch):
    monkeypatch.setattr("cnnlib.engine.block.CHUNK", 64)
    monkeypatch.setattr("cnnlib.engine.banded.PRODUCT", 64)
    monkeypatch.setattr("cnnlib.engine.winograd.CACHE", 64)
    for c, groups in (((2, 3), 1), ((16, 16), 1), ((4, 4), 4), ((4, 6), 2), ((1, 6), 1)):
        for more in ([ReLU(), MaxPool2d((3, 2))], [ReLU()], []):
            agree(lambda rng: Sequential(Conv2d(*c, 3, padding=1, groups=groups, rng=rng), *copy.deepcopy(more)),  # noqa: B023
                  (3, c[0], 13, 10), np.float64)


POOLINGS = {
    "side by side": MaxPool2d(2), "odd": MaxPool2d(3), "overlap": MaxPool2d(3, 2), "one": MaxPool2d(1),
    "padding": MaxPool2d(3, 2, 1), "dilation": MaxPool2d(2, 1, 0, 2), "gap": MaxPool2d(2, 3),
    "ceil": MaxPool2d(2, ceil_mode=True), "ceil, padded": MaxPool2d((3, 2), (2, 2), 1, ceil_mode=True),
    "average": AvgPool2d(2), "average, overlap": AvgPool2d(3, 1), "average, gap": AvgPool2d((1, 2), 3),
    "average, padding": AvgPool2d(3, 2, 1, count_include_pad=False), "average, ceil": AvgPool2d(2, ceil_mode=True),
    "average, divisor": AvgPool2d(2, divisor_override=3), "global": AdaptiveAvgPool2d(1),
    "adaptive": AdaptiveAvgPool2d((3, 2)), "adaptive, uneven": AdaptiveAvgPool2d((2, 3)),
    "adaptive, kept": AdaptiveAvgPool2d((None, 1)), "adaptive max": AdaptiveMaxPool2d(2),
}  # fmt: skip


@pytest.mark.parametrize("name", POOLINGS)
def test_pooling(name):
    agree(lambda rng: Sequential(copy.deepcopy(POOLINGS[name])), (4, 2, 9, 8), np.float64)


@pytest.mark.parametrize("layer", [MaxPool2d(2), MaxPool2d(3, 1, 1), MaxPool2d((1, 3), 2)])
@pytest.mark.parametrize("conv", [False, True])
def test_ties_go_to_the_first(layer, conv):
    rng = np.random.default_rng(0)
    model = Sequential(*([Conv2d(1, 1, 1, dtype=np.float64)] if conv else []), layer)
    if conv:
        model[0].weight.data[...], model[0].bias.data[...] = 1, 0
    engine = compile(model, input_gradient=True)
    x = rng.integers(0, 2, (5, 1, 8, 8)).astype(float)
    dy = rng.standard_normal(model(x).shape)
    dx = model.backward(dy)
    engine(x)
    assert np.array_equal(engine.backward(dy), dx)


NETWORKS = {
    "lenet": (lenet, (5, 1, 28, 28), "Block Block Flat Dense Dense Dense"),
    "batch norm": (
        lambda rng: Sequential(
            Conv2d(2, 8, 3, padding=1, bias=False, rng=rng), BatchNorm2d(8), ReLU(), MaxPool2d(2),
            Conv2d(8, 12, 3, padding=1, bias=False, rng=rng), BatchNorm2d(12, momentum=None), LeakyReLU(), AvgPool2d(2),
            Flatten(), Linear(48, 9, bias=False, rng=rng), BatchNorm1d(9, affine=False), ReLU(), Linear(9, 4, rng=rng),
        ),
        (6, 2, 8, 8), "Block Norm Pool Block Norm Fallback Pool Flat Dense Norm Dense",
    ),
    "dropout": (
        lambda rng: Sequential(
            Dropout(0.2, rng=rng), Conv2d(1, 4, 3, rng=rng), Dropout(0.3, rng=rng), ReLU(), Flatten(),
            Dropout(0.5, rng=rng), Linear(36, 3, bias=False, rng=rng),
        ),
        (6, 1, 5, 5), "Fallback Block Fallback Relu Flat Fallback Dense",
    ),
    "mlp": (
        lambda rng: Sequential(Linear(7, 8, rng=rng), Tanh(), Linear(8, 8, rng=rng), ReLU(), LayerNorm(8),
                               Linear(8, 3, rng=rng), Softmax(1)),
        (6, 7), "Dense Fallback Dense Fallback Dense Fallback",
    ),
    "odd layers": (
        lambda rng: Sequential(
            Identity(), Conv2d(2, 4, 3, padding=1, padding_mode="reflect", rng=rng), PReLU(4), GELU(),
            ConvTranspose2d(4, 3, 2, stride=2, rng=rng), Conv2d(3, 3, 3, rng=rng), ReLU(), Flatten(2),
            Linear(16, 2, rng=rng),
        ),
        (3, 2, 3, 3), None,
    ),
    "nested": (
        lambda rng: Sequential(
            Sequential(Conv2d(1, 3, 3, rng=rng), Sequential(ReLU(), MaxPool2d(2))), Sequential(), Flatten(),
            Sequential(Linear(12, 2, rng=rng), ReLU()),
        ),
        (4, 1, 6, 6), "Block Flat Dense",
    ),
    "nothing learned": (lambda rng: Sequential(ReLU(), MaxPool2d(2)), (4, 1, 6, 6), "Relu Pool"),
    "empty": (lambda rng: Sequential(), (4, 1, 6, 6), None),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_network(name, train, dtype):
    make, shape, kinds = NETWORKS[name]
    agree(make, shape, dtype, train, kinds=kinds)


@pytest.mark.parametrize("repeat", [Conv2d(3, 3, 3, padding=1), Linear(6, 6), PReLU(), BatchNorm2d(3), Dropout(0.0)])
def test_layer_used_twice(repeat):
    model = Sequential(repeat, ReLU(), repeat).astype(np.float64)
    engine = compile(model, input_gradient=True)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 6) if isinstance(repeat, Linear) else (4, 3, 6, 6))
    dy, start = rng.standard_normal(x.shape), model.state_dict()
    y, dx = model(x), model.backward(dy)
    grads = [p.grad for p in model.parameters()]
    model.zero_grad()
    model.load_state_dict(start)
    assert worst(engine(x), y) <= 1e-12 and worst(engine.backward(dy), dx) <= 1e-12
    assert all(worst(p.grad, g) <= 1e-12 for p, g in zip(model.parameters(), grads, strict=True))


def test_gradients_add_and_parameters_are_read_in_every_pass():
    rng = np.random.default_rng(0)
    model = lenet(rng, np.float64)
    engine = compile(model)
    x, dy = rng.standard_normal((3, 1, 28, 28)), rng.standard_normal((3, 10))
    engine(x)
    assert engine.backward(dy) is None
    once = [p.grad.copy() for p in model.parameters()]
    engine(x)
    engine.backward(dy)
    assert all(worst(p.grad, 2 * g) <= 1e-13 for p, g in zip(model.parameters(), once, strict=True))
    model.load_state_dict(lenet(rng, np.float64).state_dict())
    assert worst(engine(x), model(x)) <= 1e-13
    model.astype(np.float32)
    x = x.astype(np.float32)
    assert worst(engine(x), model(x)) <= 1e-5


def test_a_parameter_may_get_an_array_of_another_shape():
    model = Sequential(Conv2d(1, 2, 3), ReLU())
    engine, x = compile(model), np.random.default_rng(0).standard_normal((3, 1, 6, 6)).astype(np.float32)
    assert worst(engine(x), model(x)) <= 1e-6
    model[0].weight.data = np.ones((2, 1, 2, 4), np.float32)
    assert worst(engine(x), model(x)) <= 1e-6


def test_input_and_output_are_the_callers():
    model = lenet(np.random.default_rng(0))
    engine = compile(model)
    x = np.random.default_rng(1).standard_normal((4, 1, 28, 28)).astype(np.float32)
    x.setflags(write=False)
    first = engine(x)
    kept = first.copy()
    engine(-x)
    dy = np.ones((4, 10), np.float32)
    dy.setflags(write=False)
    engine.backward(dy)
    assert np.array_equal(first, kept)
    backwards = np.asfortranarray(x)[::-1]
    assert np.array_equal(engine(backwards), engine(np.ascontiguousarray(backwards)))


def test_backward_stops_at_the_first_parameters(monkeypatch):
    model = Sequential(Tanh(), Conv2d(1, 2, 3), Flatten(), Linear(8, 2))
    monkeypatch.setattr(model[0], "backward", None)
    engine = compile(model)
    engine(np.ones((2, 1, 4, 4), np.float32))
    assert engine.backward(np.ones((2, 2), np.float32)) is None
    assert model[1].weight.grad is not None


def test_prediction_keeps_nothing():
    model = lenet(np.random.default_rng(0))
    engine = compile(model)
    x = np.random.default_rng(1).standard_normal((4, 1, 28, 28)).astype(np.float32)
    assert np.array_equal(engine(x, keep=False), engine(x))
    engine(x, keep=False)
    with pytest.raises(RuntimeError, match="no forward pass"):
        engine.backward(np.ones((4, 10), np.float32))


def test_empty_batch():
    engine = compile(lenet(np.random.default_rng(0)), input_gradient=True)
    x = np.zeros((0, 1, 28, 28), np.float32)
    assert engine(x).shape == (0, 10)
    assert engine.backward(np.zeros((0, 10), np.float32)).shape == x.shape


def test_plans_are_bounded():
    engine = compile(lenet(np.random.default_rng(0)))
    for n in (1, 2, 3, 4, 5, 6):
        engine(np.zeros((n, 1, 28, 28), np.float32))
    assert len(engine._plans) == 4 and all(isinstance(p, Plan) for p in engine._plans.values())


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_training_follows_the_layers_step_by_step(optimizer):

    def make(rng):
        more = {"rng": rng, "dtype": np.float64}
        return Sequential(
            Conv2d(1, 4, 3, padding=1, bias=False, **more), BatchNorm2d(4, dtype=np.float64), ReLU(), MaxPool2d(2),
            Conv2d(4, 12, 3, padding=1, **more), ReLU(), MaxPool2d(2), Conv2d(12, 12, 3, padding=1, **more), ReLU(),
            Flatten(), Dropout(0.2, rng=rng), Linear(48, 10, **more),
        )  # fmt: skip

    digits = load_digits()
    images, labels = digits.images[:, None] / 16, digits.target
    runs = []
    for fast in (False, True):
        model = make(np.random.default_rng(3))
        criterion = CrossEntropyLoss()
        options = {"lr": 0.05, "momentum": 0.9} if optimizer == "SGD" else {"lr": 0.002}
        step = getattr(optim, optimizer)(model.parameters(), **options)
        engine, losses = compile(model), []
        for i in range(60):
            batch = slice(i * 25, i * 25 + (25 if i % 7 else 17))
            if fast:
                losses.append(engine.train_step(images[batch], labels[batch], criterion, step))
                continue
            step.zero_grad()
            losses.append(criterion(model(images[batch]), labels[batch]))
            model.backward(criterion.backward())
            step.step()
        runs.append((np.array(losses), model.state_dict()))
    (slow_losses, slow), (fast_losses, fast) = runs
    limit = {"SGD": 1e-12, "Adam": 1e-8}[optimizer]  # Adam divides by gradients, however small and uncertain
    assert np.abs(fast_losses - slow_losses).max() < limit
    assert slow_losses[-1] < 0.8 * slow_losses[0]
    for name in slow:
        assert worst(fast[name], slow[name]) < limit if slow[name].dtype.kind == "f" else fast[name] == slow[name], name


@pytest.mark.parametrize(
    "x, error",
    [
        ([[1.0]], TypeError), (np.zeros((2, 1, 28, 28), int), TypeError), (np.zeros((2, 1, 28, 28)), TypeError),
        (np.zeros((2, 3, 28, 28), np.float32), ValueError), (np.zeros((2, 1, 4, 4), np.float32), ValueError),
        (np.zeros((1, 28, 28), np.float32), ValueError),
    ],
)  # fmt: skip
def test_bad_inputs_are_refused_as_the_layers_refuse_them(x, error):
    with pytest.raises(error):
        compile(lenet(np.random.default_rng(0)))(x)


def test_bad_models_and_gradients():
    with pytest.raises(TypeError, match="model must be a Sequential, got ReLU"):
        compile(ReLU())
    with pytest.raises(TypeError, match="input_gradient must be True or False"):
        compile(Sequential(), input_gradient=1)
    engine = compile(lenet(np.random.default_rng(0)))
    with pytest.raises(RuntimeError, match="call the engine first"):
        engine.backward(np.zeros((2, 10), np.float32))
    engine(np.zeros((2, 1, 28, 28), np.float32))
    with pytest.raises(ValueError, match="dy must have shape"):
        engine.backward(np.zeros((3, 10), np.float32))
    engine(np.zeros((2, 1, 28, 28), np.float32))
    with pytest.raises(TypeError, match="dy"):
        engine.backward(np.zeros((2, 10)))


def test_a_model_that_changed_since_the_forward_pass_has_no_backward_pass():
    model = Sequential(Linear(3, 2), Tanh())
    engine = compile(model)
    x, dy = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    engine(x)
    model[0].weight = Parameter(model[0].weight.data)
    with pytest.raises(RuntimeError, match="has been changed since the forward pass: call the engine again"):
        engine.backward(dy)
    engine(x)
    engine(x)
    model[0].in_features = [3]  # is nothing to compare with, and nothing that the layer reads
    with pytest.raises(RuntimeError, match="has been changed"):
        engine.backward(dy)
    engine(x)
    engine.backward(dy)
    engine(x)
    model[0].in_features = 3
    with pytest.raises(RuntimeError, match="has been changed"):
        engine.backward(dy)
    engine(x)
    model.eval()  # is no change: what ran in training goes back through training
    engine.backward(dy)
    assert model[0].weight.grad is not None


@pytest.mark.parametrize("training", [True, False])
def test_running_statistics_that_the_layer_refuses(training):
    model = Sequential(BatchNorm1d(2)).train(training)
    engine = compile(model)
    x = np.random.default_rng(0).standard_normal((4, 2)).astype(np.float32)
    engine(x)
    model[0].running_var[...] = -1
    for run in (model, engine):
        with pytest.raises(ValueError, match="running_var must not be negative, got -1"):
            run(x)


def test_options_and_attributes_that_nobody_foresaw_go_through_the_layers():
    model = Sequential(Conv2d(1, 2, 3, padding=1), MaxPool2d(2))
    engine = compile(model)
    x = np.random.default_rng(0).standard_normal((3, 1, 6, 6)).astype(np.float32)
    engine(x)
    model[0].padding = [1, 1]  # a list cannot be a key
    assert worst(engine(x), model(x)) <= 1e-6
    model[1].kernel_size = [3, 2]
    assert engine(x).shape == (3, 2, 2, 3)
    model[0].padding, model[1].kernel_size = (1, 1), 2
    model[1].forward = lambda x: MaxPool2d.forward(model[1], x) + 1  # somebody's own
    assert worst(engine(x), model(x)) <= 1e-6 and engine(x).min() >= model[:1](x).min() + 1


def test_a_class_made_from_sequential_may_do_otherwise():
    class Twice(Sequential):
        def forward(self, x):
            return 2 * super().forward(x)

        def backward(self, dy):
            return super().backward(2 * dy)

    x = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    for model in (Twice(Linear(3, 2), ReLU()), Sequential(Twice(Linear(3, 2), ReLU()), ReLU())):
        engine = compile(model, input_gradient=True)
        assert worst(engine(x), model(x)) <= 1e-6
        assert worst(engine.backward(np.ones((4, 2), np.float32)), model.backward(np.ones((4, 2), np.float32))) <= 1e-6


def test_a_sequential_may_have_a_forward_of_its_own():
    model = Sequential(Linear(3, 3), Sequential(ReLU(), Linear(3, 2)))
    engine = compile(model, input_gradient=True)
    x = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    before = engine(x)
    for own in (model[1], model):
        own.forward = lambda x, own=own: 2 * Sequential.forward(own, x)
        assert worst(engine(x), model(x)) <= 1e-6
    assert worst(engine(x), 4 * before) <= 1e-6
    del model.forward, model[1].forward
    assert worst(engine(x), before) <= 1e-6


def test_an_array_that_takes_another_shape_is_noticed():
    model = Sequential(Linear(3, 3, bias=False), ReLU())
    engine = compile(model)
    x = np.ones((4, 3), np.float32)
    engine(x)
    model[0].weight.data = model[0].weight.data.reshape(9, 1)
    with pytest.raises(ValueError, match=r"x must have shape \(..., 1\) for w of shape \(9, 1\)"):
        engine(x)
    model[0].weight.data = None
    with pytest.raises(TypeError, match="w must be a NumPy array, got NoneType"):
        engine(x)


def test_a_parameter_that_another_layer_is_given_belongs_to_the_engine():
    class Scale(Layer):
        def __init__(self):
            super().__init__()
            self.inside = Identity()

        def forward(self, x):
            return x

    model = Sequential(Scale(), Linear(2, 2))
    engine = compile(model)
    engine(np.ones((4, 2), np.float32))
    model[0].inside.weight = Parameter(np.ones(1, np.float32))
    assert engine.parameters()[0] is model[0].inside.weight and len(engine.parameters()) == 3


class Both(Layer):
    """Returns two things, as a pooling does that also says where the maxima were."""

    def forward(self, x):
        return x, np.sign(x)

    def backward(self, dy):
        return dy


class Product(Layer):
    """Takes them."""

    def forward(self, both):
        self.save(both[1])
        return both[0] * both[1]

    def backward(self, dy):
        return dy * self.recall()


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4, 4)])
def test_layers_may_hand_each_other_more_than_an_array(shape):
    model = Sequential(ReLU(), Both(), Product(), Tanh())
    engine, x = compile(model, input_gradient=True), np.random.default_rng(0).standard_normal(shape)
    for _ in range(2):
        assert worst(engine(x), model(x)) <= 1e-12
        assert worst(engine.backward(x), model.backward(x)) <= 1e-12
    model = Sequential(ReLU(), Both())
    assert all(np.array_equal(a, b) for a, b in zip(compile(model)(x), model(x), strict=True))


def test_fallback_is_used_and_correct_for_any_layer():
    model = Sequential(Conv2d(1, 2, 3, padding_mode="circular", padding=1), Softmax(1))
    engine = compile(model)
    x = np.random.default_rng(0).standard_normal((3, 1, 5, 5)).astype(np.float32)
    assert worst(engine(x), model(x)) <= 1e-6
    assert all(type(stage) is Fallback for stage in next(iter(engine._plans.values())).stages)
