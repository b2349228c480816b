"""Optimisers step for step against PyTorch's; clipping; bad arguments."""

import inspect
import math

import numpy as np
import pytest
import torch

from cnnlib import optim
from cnnlib.layers import Linear, Sequential
from cnnlib.module import Parameter
from cnnlib.schedules import OneCycleLR
from tests.optimizers import IDS, KINDS, OPTIMIZERS, give_gradients, parameters, rng


# ----------------------------------------------------------------- single steps


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_steps_on_given_gradients_agree_with_torch(name, options):
    """Gradients from 1e-6 to 1e6 and zeros: where epsilon stands shows, and so does its place in the order."""
    scale = 10.0 ** rng(1).integers(-6, 7, size=(4, 5)) * (rng(2).random((4, 5)) < 0.9)
    ours = Parameter(rng(3).normal(size=(4, 5)))
    theirs = torch.from_numpy(ours.data.copy()).requires_grad_()
    a, b = getattr(optim, name)([ours], **options), getattr(torch.optim, name)([theirs], **options)
    for i in range(30):
        g = scale * rng(10 + i).normal(size=(4, 5))
        ours.grad, theirs.grad = g.copy(), torch.from_numpy(g.copy())
        a.step(), b.step()
        assert (ours.grad == g).all()
        np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_a_gradient_that_is_used_again_is_not_changed(name, options):
    params = parameters()
    optimizer = getattr(optim, name)(params, **options)
    give_gradients(params, 1)
    before = [p.grad.copy() for p in params]
    for _ in range(3):
        optimizer.step()
    assert all((p.grad == g).all() for p, g in zip(params, before, strict=True))


def test_a_parameter_without_gradient_stays_and_its_clock_too():
    p, q = Parameter(np.ones(2)), Parameter(np.ones(2))
    tp, tq = (torch.ones(2, dtype=torch.float64).requires_grad_() for _ in "pq")
    ours, theirs = optim.AdamW([p, q], lr=0.1), torch.optim.AdamW([tp, tq], lr=0.1)
    for step in range(4):
        for mine, other, skip in ((p, tp, False), (q, tq, step % 2)):
            mine.grad = None if skip else np.full(2, step + 1.0)
            other.grad = None if skip else torch.full((2,), step + 1.0, dtype=torch.float64)
        ours.step(), theirs.step()
    np.testing.assert_allclose(p.data, tp.detach().numpy(), rtol=1e-14)
    np.testing.assert_allclose(q.data, tq.detach().numpy(), rtol=1e-14)
    assert int(ours.state_dict()["0.step"]) == 4 and int(ours.state_dict()["1.step"]) == 2


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_single_precision_stays_single(name, options):
    params = parameters(dtype=np.float32)
    optimizer = getattr(optim, name)(params, **options)
    arrays = [p.data for p in params]
    optimizer.lr = np.float64(0.001)  # a NumPy scalar must not widen anything
    for seed in (1, 2, 3):
        give_gradients(params, seed)
        optimizer.step()
    assert all(p.dtype == np.float32 and p.data is a for p, a in zip(params, arrays, strict=True))
    memory = [v for k, v in optimizer.state_dict().items() if k[0].isdigit() and not k.endswith("step")]
    assert all(v.dtype == np.float32 for v in memory)
    optimizer.zero_grad()
    assert all(p.grad is None for p in params)


# ----------------------------------------------------------------- clipping


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 3.0, 1000.0, 0.0])
def test_clip_grad_norm_is_that_of_torch(max_norm, norm_type):
    params = [*parameters(), Parameter(np.ones(2)), Parameter(np.ones((0, 2)))]
    give_gradients(params, 3)
    params[3].grad = None
    tensors = [torch.from_numpy(p.data.copy()).requires_grad_() for p in params]
    for p, t in zip(params, tensors, strict=True):
        t.grad = None if p.grad is None else torch.from_numpy(np.array(p.grad))
    theirs = torch.nn.utils.clip_grad_norm_([t for t in tensors if t.numel()], max_norm, norm_type)
    ours = optim.clip_grad_norm(params, max_norm, norm_type)
    assert isinstance(ours, float) and ours == pytest.approx(float(theirs), rel=1e-12)
    for p, t in zip(params[:3], tensors, strict=False):
        np.testing.assert_allclose(p.grad, t.grad.numpy(), rtol=1e-12)
    assert params[3].grad is None


def test_clip_grad_norm_keeps_precision_and_shows_what_is_not_finite():
    params = parameters(dtype=np.float32)
    assert optim.clip_grad_norm(params, 1.0) == 0.0
    give_gradients(params, 3)
    optim.clip_grad_norm(params, 0.1)
    assert all(p.grad.dtype == np.float32 for p in params)
    params[0].grad[0, 0] = math.nan
    assert math.isnan(optim.clip_grad_norm(params, 0.1)) and np.isnan(params[1].grad).all()


# ----------------------------------------------------------------- bad arguments


def sgd(**options):
    return optim.SGD(parameters(), **options)


def step_with(grad):
    params = parameters()
    params[0].grad = grad
    optim.SGD(params).step()


def step_at(lr):
    optimizer = trained()
    optimizer.lr = lr
    optimizer.step()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: optim.SGD([]), ValueError, "params is empty"),
        (lambda: optim.SGD(parameters()[0]), TypeError, "params must be a list of Parameter, such as"),
        (lambda: optim.SGD(Linear(1, 1)), TypeError, "params must be a list of Parameter, such as"),
        (lambda: optim.SGD(Sequential(Linear(1, 1))), TypeError, r"params\[0\].*did you mean model.parameters\(\)"),
        (lambda: optim.SGD(Linear(1, 1).named_parameters()), TypeError, r"params\[0\].*got tuple \(did you mean"),
        (lambda: optim.SGD([np.ones(2)]), TypeError, r"params\[0\] must be a Parameter, got ndarray"),
        (lambda: optim.SGD(parameters()[:1] * 2), ValueError, "params holds the same Parameter twice"),
        (lambda: sgd(lr=-0.1), ValueError, "lr must be at least 0, got -0.1"),
        (lambda: sgd(lr="fast"), TypeError, "lr must be a number, got 'fast'"),
        (lambda: sgd(lr=math.nan), ValueError, "lr must be finite"),
        (lambda: sgd(momentum=-1), ValueError, "momentum must be at least 0"),
        (lambda: sgd(weight_decay=-1), ValueError, "weight_decay must be at least 0"),
        (lambda: sgd(dampening=None), TypeError, "dampening must be a number"),
        (lambda: sgd(nesterov=True), ValueError, "nesterov needs momentum above 0 and dampening 0, got 0.0 and 0.0"),
        (lambda: sgd(nesterov=True, momentum=0.9, dampening=0.1), ValueError, "nesterov needs momentum above 0"),
        (lambda: sgd(nesterov=1, momentum=0.9), TypeError, "nesterov must be True or False"),
        (lambda: optim.Adam(parameters(), betas=0.9), ValueError, "betas must be a pair of numbers, got 0.9"),
        (lambda: optim.Adam(parameters(), betas=(0.9, 1.0)), ValueError, r"betas must be below 1, got \(0.9, 1.0\)"),
        (lambda: optim.Adam(parameters(), eps=-1e-8), ValueError, "eps must be at least 0"),
        (lambda: optim.AdamW(parameters(), weight_decay=-1), ValueError, "weight_decay must be at least 0"),
        (lambda: optim.RMSprop(parameters(), alpha=1.5), ValueError, r"alpha must be in \[0, 1\], got 1.5"),
        (lambda: optim.RMSprop(parameters(), centered="no"), TypeError, "centered must be True or False"),
        (lambda: sgd().step(), RuntimeError, "no parameter has a gradient: call backward before step"),
        (
            lambda: step_with(np.ones(4)),
            ValueError,
            r"the gradient of parameter 0 must have shape \(3, 4\), got \(4,\)",
        ),
        (lambda: step_with(np.ones((3, 4), np.float32)), TypeError, "parameter 0 is float64 and its gradient float32"),
        (lambda: step_at(None), TypeError, "lr must be a number"),
        (lambda: step_at(-1), ValueError, "lr must be at least 0"),
        (lambda: optim.clip_grad_norm(parameters(), -1), ValueError, "max_norm must be at least 0"),
        (lambda: optim.clip_grad_norm(parameters(), 1, 0), ValueError, "norm_type must be greater than 0"),
        (lambda: optim.clip_grad_norm([1.0], 1), TypeError, r"params\[0\] must be a Parameter, got float"),
        (lambda: OneCycleLR(sgd(), 0.1), ValueError, "give total_steps, or both"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_repr():
    assert repr(sgd(lr=0.1, momentum=0.9)) == (
        "SGD(3 parameters, lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=False, "
        "maximize=False)"
    )
