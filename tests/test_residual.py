"""Residual: a shortcut, against the same module in PyTorch; in a network, a file, the engine, in training."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnlib import checkpoint, optim
from cnnlib import layers as L
from cnnlib.engine import compile
from cnnlib.gradcheck import gradcheck
from cnnlib.summary import summary
from cnnlib.training import fit


def rng(seed=0):
    return np.random.default_rng(seed)


class TorchResidual(nn.Module):
    def __init__(self, body, projection=None):
        super().__init__()
        self.body, self.projection = body, projection

    def forward(self, x):
        return (x if self.projection is None else self.projection(x)) + self.body(x)


def network(seed=0, dtype=np.float64):
    """A small residual network: one block that keeps the shape, one that changes it."""
    start = {"rng": rng(seed), "dtype": dtype}

    def conv(*sizes, **options):
        return L.Conv2d(*sizes, bias=False, **options, **start)

    keep = L.Sequential(conv(4, 4, 3, padding=1), L.BatchNorm2d(4, dtype=dtype), L.ReLU(), conv(4, 4, 3, padding=1),
                        L.BatchNorm2d(4, dtype=dtype))
    change = L.Sequential(conv(4, 6, 3, stride=2, padding=1), L.GroupNorm(2, 6, dtype=dtype), L.ReLU(),
                          conv(6, 6, 3, padding=1))
    shortcut = L.Sequential(conv(4, 6, 1, stride=2), L.BatchNorm2d(6, dtype=dtype))
    return L.Sequential(conv(2, 4, 3, padding=1), L.Residual(keep), L.ReLU(), L.Residual(change, shortcut), L.ReLU(),
                        L.AdaptiveAvgPool2d(1), L.Flatten(), L.Linear(6, 3, **start))


def twin(model, dtype=torch.float64):
    def conv(*sizes, **options):
        return nn.Conv2d(*sizes, bias=False, **options)

    keep = nn.Sequential(conv(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), conv(4, 4, 3, padding=1),
                         nn.BatchNorm2d(4))
    change = nn.Sequential(conv(4, 6, 3, stride=2, padding=1), nn.GroupNorm(2, 6), nn.ReLU(), conv(6, 6, 3, padding=1))
    shortcut = nn.Sequential(conv(4, 6, 1, stride=2), nn.BatchNorm2d(6))
    theirs = nn.Sequential(conv(2, 4, 3, padding=1), TorchResidual(keep), nn.ReLU(), TorchResidual(change, shortcut),
                           nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)).to(dtype)
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in model.state_dict().items()})
    return theirs


def close(ours, theirs, tol=1e-10):
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    assert np.abs(ours - theirs).max() <= tol * max(np.abs(theirs).max(), 1e-30)


def test_the_input_is_added_and_two_gradients_add():
    layer = L.Residual(L.Linear(2, 2, dtype=np.float64))
    layer.body.weight.data[...] = [[0.0, 3.0], [5.0, 0.0]]
    layer.body.bias.data[...] = [0.5, 0.25]
    assert layer(np.array([[1.0, 10.0]])).tolist() == [[1 + 30 + 0.5, 10 + 5 + 0.25]]
    assert layer.backward(np.array([[1.0, 100.0]])).tolist() == [[1 + 500, 100 + 3]]
    assert layer.body.weight.grad.tolist() == [[1, 10], [100, 1000]]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-10), (np.float32, 3e-5)])
def test_network_is_that_of_torch(training, dtype, tol):
    ours = network(dtype=dtype)
    theirs = twin(ours, torch.float64 if dtype == np.float64 else torch.float32)
    ours.train(training), theirs.train(training)
    for seed in range(2):
        x, dy = rng(seed).normal(size=(5, 2, 8, 7)).astype(dtype), rng(seed + 9).normal(size=(5, 3)).astype(dtype)
        tx = torch.tensor(x, requires_grad=True)
        ty = theirs(tx)
        ty.backward(torch.from_numpy(dy))
        close(ours(x), ty, tol)
        close(ours.backward(dy), tx.grad, tol)
    for (name, p), (other, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == other
        close(p.grad, q.grad, tol)
    for (name, a), (other, b) in zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True):
        assert name == other
        if a.dtype.kind == "f":
            close(a, b, tol)


def test_gradients_by_finite_differences():
    layer = L.Residual(L.Sequential(L.Conv2d(2, 3, 3, padding=1, rng=rng(), dtype=np.float64), L.Tanh()),
                       L.Conv2d(2, 3, 1, rng=rng(1), dtype=np.float64))

    def backward(dy, x):
        layer(x)
        return layer.backward(dy)

    assert gradcheck(layer, backward, rng(2).normal(size=(2, 2, 3, 4))) < 1e-7


def test_everything_inside_is_reached():
    model = network()
    block = model[3]
    assert [name for name, _ in block.named_children()] == ["body", "projection"]
    model.eval()
    assert not any(layer.training for layer in model.modules())
    model.train()
    model.backward(np.ones_like(model(rng(1).normal(size=(2, 2, 8, 8)))))
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    assert {p.dtype for p in model.astype(np.float32).parameters()} == {np.dtype(np.float32)}
    names = list(model.state_dict())
    assert "3.body.0.weight" in names and "3.projection.1.running_mean" in names and len(set(names)) == len(names) == 25
    model(rng(1).normal(size=(2, 2, 8, 8)).astype(np.float32))
    model.forget()
    with pytest.raises(RuntimeError, match="no forward pass"):
        model.backward(np.ones((2, 3), np.float32))


def test_repr_shows_what_is_inside():
    text = repr(L.Residual(L.Sequential(L.ReLU()), L.Identity()))
    assert text == "Residual(\n  (body): Sequential(\n    (0): ReLU()\n  )\n  (projection): Identity()\n)"


def test_summary_counts_every_layer_inside_once():
    model = network()
    table = summary(model, (2, 8, 8))
    assert [row.name for row in table.rows][:7] == ["0", *(f"1.body.{i}" for i in range(5)), "2"]
    assert {row.name: row.output_shape for row in table.rows}["3.projection.0"] == (6, 4, 4)
    assert table.parameters == sum(p.size for p in model.parameters()) == sum(row.parameters for row in table.rows)


def test_it_comes_back_from_a_file(tmp_path):
    model, other = network(0), network(1)
    model(rng(1).normal(size=(4, 2, 8, 8)))  # so that running statistics have moved
    checkpoint.save(tmp_path / "model.safetensors", model.state_dict())
    other.load_state_dict(checkpoint.load(tmp_path / "model.safetensors")[0])
    x = rng(2).normal(size=(3, 2, 8, 8))
    np.testing.assert_array_equal(other.eval()(x), model.eval()(x))


@pytest.mark.parametrize("train", [True, False])
def test_the_engine_gives_the_same_numbers(train):
    ours, theirs = network().train(train), network().train(train)
    engine = compile(ours, input_gradient=True)
    for seed in range(3):
        x, dy = rng(seed).normal(size=(5, 2, 8, 8)), rng(seed + 9).normal(size=(5, 3))
        np.testing.assert_allclose(engine(x), theirs(x), rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(engine.backward(dy), theirs.backward(dy), rtol=1e-10, atol=1e-12)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-10, atol=1e-12)
    for (name, a), (_, b) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, err_msg=name)


def test_it_learns():
    model, x = network(dtype=np.float32), rng(3).normal(size=(30, 2, 8, 8)).astype(np.float32)
    y = np.arange(30) % 3
    x += y[:, None, None, None]
    history = fit(model, L.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.01), (x, y), epochs=10,
                  batch_size=10, rng=rng(4))
    assert history.train_loss[-1] < 0.3 * history.train_loss[0]


def test_the_same_block_twice_and_a_layer_shared_by_body_and_projection():
    """What is recalled must be in the reverse order of what was remembered, on both ways."""
    shared, tanh = L.Linear(3, 3, rng=rng(), dtype=np.float64), L.Tanh()
    block = L.Residual(L.Sequential(shared, tanh), L.Sequential(tanh, shared))
    model = L.Sequential(block, block)
    linear = nn.Linear(3, 3).double()
    theirs = TorchResidual(nn.Sequential(linear, nn.Tanh()), nn.Sequential(nn.Tanh(), linear))
    linear.load_state_dict({k: torch.from_numpy(v) for k, v in shared.state_dict().items()})
    x, dy = rng(1).normal(size=(4, 3)), rng(2).normal(size=(4, 3))
    tx = torch.tensor(x, requires_grad=True)
    ty = theirs(theirs(tx))
    ty.backward(torch.from_numpy(dy))
    close(model(x), ty)
    close(model.backward(dy), tx.grad)
    close(shared.weight.grad, linear.weight.grad)


def test_the_callers_arrays_stay_as_they_are():
    layer, x = L.Residual(L.Sequential()), np.ones((2, 3))
    x.flags.writeable = False
    y = layer(x)
    dx = layer.backward(x)
    assert (y == 2).all() and (dx == 2).all() and not np.shares_memory(y, x) and not np.shares_memory(dx, x)
    with pytest.raises(RuntimeError, match="Residual.backward has no forward pass"):
        layer.backward(x)


def test_shapes_must_be_equal_where_adding_would_broadcast():
    x = np.ones((2, 3, 4, 4))
    with pytest.raises(ValueError, match=r"^body must return the shape of the input, \(2, 3, 4, 4\), got \(2, 3, 1"):
        L.Residual(L.AdaptiveAvgPool2d(1))(x)
    with pytest.raises(ValueError, match=r"^body must return the shape of what projection returns, \(2, 3, 1, 1\)"):
        L.Residual(L.Identity(), L.AdaptiveAvgPool2d(1))(x)


@pytest.mark.parametrize(("arguments", "message"), [
    ((L.ReLU,), "body must be a Layer"), ((None,), "body must be a Layer, got None"),
    ((np.tanh,), "body must be a Layer"), ((L.ReLU(), np.tanh), "projection must be a Layer"),
    ((L.ReLU(), L.ReLU), "projection must be a Layer"), ((L.ReLU(), False), "projection must be a Layer, got False"),
])
def test_bad_arguments(arguments, message):
    with pytest.raises(TypeError, match=f"^{message}"):
        L.Residual(*arguments)
