"""Parameter, Layer and Sequential: what is remembered, what is forgotten, what is refused."""

import copy

import numpy as np
import pytest
import torch

from cnnlib.layers import (
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    Parameter,
    ReLU,
    Sequential,
    Tanh,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def network(seed=0, dtype=np.float64):
    start = {"rng": rng(seed), "dtype": dtype}
    features = Sequential(Conv2d(2, 4, 3, padding=1, **start), BatchNorm2d(4, dtype=dtype), ReLU(), MaxPool2d(2))
    return Sequential(features, Flatten(), Linear(16, 3, **start))


def torch_network():
    nn = torch.nn
    features = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
    return nn.Sequential(features, nn.Flatten(), nn.Linear(16, 3)).double()


# ----------------------------------------------------------------- parameters


def test_parameter_copies_its_data_and_adds_gradients():
    data = np.arange(6.0).reshape(2, 3)
    p = Parameter(data.T)
    data[...] = 9
    assert p.data.tolist() == [[0, 3], [1, 4], [2, 5]] and p.data.flags.c_contiguous and p.grad is None
    g = np.ones((3, 2))
    p.add_grad(g)
    p.grad *= 5
    p.add_grad(g)
    assert (g == 1).all() and (p.grad == 6).all()
    assert repr(p) == "Parameter(shape=(3, 2), dtype=float64)" and (p.shape, p.size, p.dtype) == ((3, 2), 6, np.float64)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Parameter([1.0]), TypeError, "data must be a NumPy array, got list"),
        (lambda: Parameter(np.arange(3)), TypeError, "data must be float32 or float64, got int64"),
        (lambda: Parameter(np.ones(3)).add_grad(np.ones(1)), ValueError, r"grad must have shape \(3,\), got \(1,\)"),
        (lambda: Parameter(np.ones(3)).add_grad(1.0), TypeError, "grad must be a NumPy array"),
        (lambda: Sequential(ReLU), TypeError, r"layer 0 must be a Layer \(an instance, with parentheses\)"),
        (lambda: Sequential(ReLU(), np.tanh), TypeError, "layer 1 must be a Layer, got"),
        (lambda: Sequential([ReLU(), ReLU()]), TypeError, "layer 0 must be a Layer"),
        (lambda: Sequential({"train": ReLU()}), ValueError, "a layer cannot be named 'train'"),
        (lambda: Sequential({"training": ReLU()}), ValueError, "cannot be named 'training'"),
        (lambda: Sequential({"a.b": ReLU()}), ValueError, "cannot be named 'a.b'"),
        (lambda: network().train("yes"), TypeError, "mode must be True or False"),
        (lambda: network().astype(np.int32), TypeError, "dtype must be float32 or float64, got <class"),
        (lambda: network().astype(None), TypeError, "dtype must be float32 or float64, got None"),
        (lambda: network().load_state_dict([1]), TypeError, "state_dict must be a dict of arrays, got list"),
        (lambda: setattr(Linear(1, 1), "weight", np.ones((1, 1))), TypeError, "weight is a Parameter and cannot"),
        (lambda: setattr(Layer(), "blocks", [ReLU()]), TypeError, "blocks is a list of layers or parameters"),
        (lambda: Layer()(1), NotImplementedError, "Layer does not define forward"),
        (lambda: Layer().backward(1), NotImplementedError, "Layer does not define backward"),
    ],
)
def test_bad_calls(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ----------------------------------------------------------------- forward and backward


def test_backward_needs_one_forward_each():
    model = Sequential(Linear(2, 2, rng=rng(), dtype=np.float64), Tanh())
    x, dy = rng(1).normal(size=(3, 2)), rng(2).normal(size=(3, 2))
    with pytest.raises(RuntimeError, match="Tanh.backward has no forward pass"):
        model.backward(dy)
    model(x)
    model.backward(dy)
    with pytest.raises(RuntimeError, match="no forward pass"):
        model.backward(dy)
    model(x)
    model(x)  # an unanswered call is forgotten by the next
    model.backward(dy)
    with pytest.raises(RuntimeError, match="no forward pass"):
        model.backward(dy)
    model(x)
    model.forget()
    with pytest.raises(RuntimeError, match="no forward pass"):
        model.backward(dy)


def test_a_layer_that_is_called_twice_says_how_to_go_back_through_both():
    layer, x = Tanh(), rng().normal(size=(2, 3))
    twice = layer(layer(x))
    layer.backward(np.ones_like(x))
    with pytest.raises(RuntimeError, match=r"a new call forgets the one before; to use a layer twice, use its forward"):
        layer.backward(np.ones_like(x))
    np.testing.assert_array_equal(layer.forward(layer.forward(x)), twice)
    dx = layer.backward(layer.backward(np.ones_like(x)))
    np.testing.assert_allclose(dx, (1 - twice**2) * (1 - np.tanh(x) ** 2))


def test_a_failed_forward_leaves_nothing_behind():
    model = Sequential(Tanh(), Linear(2, 2, rng=rng(), dtype=np.float64))
    with pytest.raises(ValueError, match="x"):
        model(np.ones((3, 5)))
    y = model(np.ones((3, 2)))
    model.backward(y)
    with pytest.raises(RuntimeError):
        model[0].backward(y)


def test_gradients_add_up_until_they_are_zeroed():
    model, x = network(), rng(1).normal(size=(4, 2, 4, 4))
    model.eval()
    model.backward(np.ones_like(model(x)))
    once = [p.grad.copy() for p in model.parameters()]
    model.backward(np.ones_like(model(x)))
    for p, g in zip(model.parameters(), once, strict=True):
        np.testing.assert_allclose(p.grad, 2 * g)
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("training", [True, False])
def test_nested_network_agrees_with_torch(training):
    ours, theirs = network(), torch_network()
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.state_dict().items()})
    ours.train(training), theirs.train(training)
    for seed in range(3):
        x, dy = rng(seed).normal(size=(5, 2, 4, 4)), rng(seed + 9).normal(size=(5, 3))
        tx = torch.from_numpy(x).requires_grad_()
        ty = theirs(tx)
        ty.backward(torch.from_numpy(dy))
        np.testing.assert_allclose(ours(x), ty.detach().numpy(), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(ours.backward(dy), tx.grad.numpy(), rtol=1e-10, atol=1e-12)
    for (name, p), (other, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == other
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)
    for (name, a), (other, b) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        assert name == other
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-12)


def test_a_layer_used_twice_agrees_with_torch():
    shared, bend = Linear(3, 3, rng=rng(), dtype=np.float64), Tanh()
    ours = Sequential(shared, bend, shared, Sequential(bend, shared))
    linear, tanh = torch.nn.Linear(3, 3).double(), torch.nn.Tanh()
    theirs = torch.nn.Sequential(linear, tanh, linear, torch.nn.Sequential(tanh, linear))
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.state_dict().items()})
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]
    x, dy = rng(1).normal(size=(4, 3)), rng(2).normal(size=(4, 3))
    tx = torch.from_numpy(x).requires_grad_()
    theirs(tx).backward(torch.from_numpy(dy))
    ours(x)
    np.testing.assert_allclose(ours.backward(dy), tx.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(shared.weight.grad, linear.weight.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(shared.bias.grad, linear.bias.grad.numpy(), rtol=1e-12)


def test_a_layer_of_ones_own_with_a_shortcut():
    class Residual(Layer):
        def __init__(self, body):
            super().__init__()
            self.body = body

        def forward(self, x):
            return x + self.body.forward(x)

        def backward(self, dy):
            return dy + self.body.backward(dy)

    block = Residual(Sequential(Linear(3, 3, rng=rng(), dtype=np.float64), Tanh()))
    model = Sequential(block, block)
    x, dy = rng(1).normal(size=(2, 3)), rng(2).normal(size=(2, 3))
    w = torch.from_numpy(block.body[0].weight.data.copy()).requires_grad_()
    b, tx = torch.from_numpy(block.body[0].bias.data), torch.from_numpy(x).requires_grad_()
    ty = tx
    for _ in range(2):
        ty = ty + torch.tanh(ty @ w.T + b)
    ty.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(model(x), ty.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(model.backward(dy), tx.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(block.body[0].weight.grad, w.grad.numpy(), rtol=1e-12)
    assert list(block.state_dict()) == ["body.0.weight", "body.0.bias"]


# ----------------------------------------------------------------- what is inside


def test_sequential_is_a_sequence():
    a, b, c = ReLU(), Tanh(), Flatten()
    model = Sequential(a, b)
    assert model.append(c) is model and len(model) == 3 and list(model) == [a, b, c]
    assert model[0] is a and model[-1] is c
    assert isinstance(model[1:], Sequential) and list(model[1:]) == [b, c]
    with pytest.raises(IndexError):
        model[3]
    named = Sequential({"conv": Conv2d(1, 1, 1, bias=False), "act": a})
    assert named.act is a and list(named.state_dict()) == ["conv.weight"]
    assert (Sequential()(1), Sequential().backward(2)) == (1, 2)


def test_train_and_eval_reach_every_layer():
    model = network()
    assert model.eval() is model and not any(layer.training for layer in model.modules())
    assert model.train() is model and all(layer.training for layer in model.modules())
    assert [name for name, _ in model.named_modules()] == ["", "0", "0.0", "0.1", "0.2", "0.3", "1", "2"]


def test_astype_converts_all_but_counters_and_keeps_parameters():
    model = network(dtype=np.float32)
    before, x = model.parameters(), rng().normal(size=(4, 2, 4, 4))
    model.backward(model(x.astype(np.float32)))
    assert model.astype(np.float64) is model and model.parameters() == before
    assert {a.dtype.name for a in model.state_dict().values()} == {"float64", "int64"}
    assert all(p.grad.dtype == np.float64 for p in before)
    assert model(x).dtype == np.float64


def test_the_same_seed_starts_alike_in_both_precisions_and_copies_are_independent():
    single, double = network(3, np.float32), network(3)
    for a, b in zip(single.parameters(), double.parameters(), strict=True):
        assert (a.data == b.data.astype(np.float32)).all()
    other = copy.deepcopy(double)
    other[2].weight.data[...] = 0
    assert double[2].weight.data.any()


def test_repr_of_a_nested_network_is_that_of_torch():
    assert repr(network()) == repr(torch_network())
    assert repr(Sequential()) == "Sequential()" and repr(Dropout(0.25)) == "Dropout(p=0.25)"


# ----------------------------------------------------------------- state dicts


def test_state_dict_is_a_copy_with_the_names_shapes_and_types_of_torch():
    ours, theirs = network(), torch_network()
    state = ours.state_dict()
    assert [(n, a.shape, str(a.dtype)) for n, a in state.items()] == [
        (n, tuple(t.shape), str(t.dtype).removeprefix("torch.")) for n, t in theirs.state_dict().items()
    ]
    state["0.0.weight"][...] = 7
    state["0.1.running_mean"][...] = 7
    assert not (ours[0][0].weight.data == 7).any() and not ours[0][1].running_mean.any()


def test_state_dicts_travel_both_ways():
    theirs, ours = torch_network(), network()
    theirs(torch.randn(4, 2, 4, 4, dtype=torch.float64))
    weight = ours[2].weight.data
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    assert ours[2].weight.data is weight  # in place: an optimiser's or the engine's reference stays good
    assert int(ours[0][1].num_batches_tracked) == 1
    x = rng(1).normal(size=(3, 2, 4, 4))
    ours.eval(), theirs.eval()
    np.testing.assert_allclose(ours(x), theirs(torch.from_numpy(x)).detach().numpy(), rtol=1e-10)
    back = torch_network()
    back.load_state_dict({k: torch.from_numpy(v) for k, v in ours.state_dict().items()})
    for name, value in back.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[name]), name
    assert ours.astype(np.float32).load_state_dict(theirs.state_dict()) == ([], [])
    assert ours[2].weight.dtype == np.float32


def test_loading_is_strict_and_all_or_nothing():
    model = network()
    before = model.state_dict()
    wrong = network(5).state_dict()
    wrong["0.0.weight"] = np.ones((4, 2, 5, 5))
    del wrong["0.1.bias"]
    wrong["fc.weight"] = np.ones(1)
    with pytest.raises(ValueError) as caught:
        model.load_state_dict(wrong)
    message = str(caught.value)
    for part in (
        "does not fit Sequential; nothing was loaded",
        "0.1.bias is missing",
        "fc.weight is unexpected",
        "0.0.weight must have shape (4, 2, 3, 3), got (4, 2, 5, 5)",
    ):
        assert part in message, message
    with pytest.raises(ValueError, match="must have shape"):
        model.load_state_dict(wrong, strict=False)
    assert all((model.state_dict()[k] == v).all() for k, v in before.items())
    wrong["0.0.weight"] = np.ones((4, 2, 3, 3), np.float32)
    missing, unexpected = model.load_state_dict(wrong, strict=False)
    assert (missing, unexpected) == (["0.1.bias"], ["fc.weight"]) and (model[0][0].weight.data == 1).all()


@pytest.mark.parametrize("value", [np.ones(3, complex), np.array(["a"] * 3), np.array([None] * 3), object()])
def test_values_that_are_no_numbers_are_refused(value):
    model = network()
    state = model.state_dict() | {"2.bias": value, "0.0.bias": np.full(4, 9.0)}
    with pytest.raises(TypeError, match=r"2\.bias in state_dict must hold numbers that fit float64"):
        model.load_state_dict(state)
    assert not (model[0][0].bias.data == 9).any()
