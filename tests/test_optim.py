"""Optimisers step for step against PyTorch's; saving and loading; clipping; bad arguments."""

import math

import numpy as np
import pytest
import torch

from cnnlib import checkpoint, optim
from cnnlib.layers import BatchNorm2d, Conv2d, CrossEntropyLoss, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.module import Parameter
from cnnlib.schedules import OneCycleLR

OPTIMIZERS = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.02, "momentum": 0.9}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-2}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "dampening": 0.3, "weight_decay": 1e-3}),
    ("Adam", {"lr": 2e-3}),
    ("Adam", {"lr": 1e-3, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 1e-2}),
    ("AdamW", {"lr": 1e-3}),
    ("AdamW", {"lr": 1e-3, "betas": (0.7, 0.9), "weight_decay": 0.3}),
    ("RMSprop", {"lr": 1e-3}),
    ("RMSprop", {"lr": 1e-3, "alpha": 0.9, "momentum": 0.5, "weight_decay": 1e-3}),
    ("RMSprop", {"lr": 5e-4, "centered": True, "eps": 1e-3, "momentum": 0.3}),
]
IDS = [name + "".join(f"-{k}" for k in list(options)[1:]) for name, options in OPTIMIZERS]


def rng(seed=0):
    return np.random.default_rng(seed)


def parameters(seed=0, dtype=np.float64):
    return [Parameter(rng(seed).normal(size=s).astype(dtype)) for s in ((3, 4), (5,), ())]


def give_gradients(params, seed):
    for i, p in enumerate(params):
        p.grad = rng(100 * seed + i).normal(size=p.shape).astype(p.dtype)


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


# ----------------------------------------------------------------- trajectories


def small_cnn(dtype):
    """The first convolution has no bias: batch norm takes it out again, so that its gradient is rounding noise,
    and Adam and RMSprop make full steps of noise. Two builds of PyTorch would not agree on them either.
    """
    start = {"rng": rng(0), "dtype": dtype}
    ours = Sequential(
        *(Conv2d(1, 4, 3, padding=1, bias=False, **start), BatchNorm2d(4, dtype=dtype), ReLU(), MaxPool2d(2)),
        *(Conv2d(4, 6, 3, **start), ReLU(), Flatten(), Linear(24, 5, **start)),
    )
    nn = torch.nn
    theirs = nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 5)),
    ).to(torch.float64 if dtype == np.float64 else torch.float32)
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.state_dict().items()})
    return ours, theirs


def run_both(name, options, dtype, steps):
    """Train both on the same batches; yield the worst relative error of any parameter after each step."""
    ours, theirs = small_cnn(dtype)
    start = ours.state_dict()
    criterion, loss_function = CrossEntropyLoss(), torch.nn.CrossEntropyLoss()
    a, b = (
        getattr(optim, name)(ours.parameters(), **options),
        getattr(torch.optim, name)(theirs.parameters(), **options),
    )
    data = rng(1)
    for _ in range(steps):
        x, y = data.normal(size=(8, 1, 8, 8)).astype(dtype), data.integers(0, 5, 8)
        a.zero_grad(), b.zero_grad()
        criterion(ours(x), y)
        ours.backward(criterion.backward())
        loss_function(theirs(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        a.step(), b.step()
        pairs = [(p.data, q.detach().numpy()) for p, q in zip(ours.parameters(), theirs.parameters(), strict=True)]
        yield max(np.abs(p - q).max() / np.abs(q).max() for p, q in pairs)
    assert all(np.abs(p.data - start[name]).max() > 1e-3 for name, p in ours.named_parameters())


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_training_follows_torch_for_200_steps(name, options):
    errors = list(run_both(name, options, np.float64, 200))
    assert max(errors[:50]) < 1e-12, f"{max(errors[:50]):.2g}"
    assert max(errors) < 1e-11, f"{max(errors):.2g}"


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_training_follows_torch_in_single_precision(name, options):
    errors = list(run_both(name, options, np.float32, 50))
    assert max(errors) < 1e-5, f"{max(errors):.2g}"


# ----------------------------------------------------------------- saving and loading


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_a_saved_optimiser_goes_on_bit_for_bit(name, options, dtype, tmp_path):
    whole, first = parameters(dtype=dtype), parameters(dtype=dtype)
    a, b = (getattr(optim, name)(params, **options) for params in (whole, first))
    for seed in range(6):
        give_gradients(whole, seed)
        a.step()
        if seed < 3:
            give_gradients(first, seed)
            b.step()
    checkpoint.save(tmp_path / "o", b.state_dict())
    second = [Parameter(p.data) for p in first]
    c = getattr(optim, name)(second, lr=0.5)
    c.load_state_dict(checkpoint.load(tmp_path / "o")[0])
    assert repr(c) == repr(b)
    for seed in range(3, 6):
        give_gradients(second, seed)
        c.step()
    for p, q in zip(whole, second, strict=True):
        assert p.dtype == q.dtype and (p.data == q.data).all()
    for key, value in a.state_dict().items():
        assert (c.state_dict()[key] == value).all(), key


def test_state_dict_is_a_copy():
    params = parameters()
    optimizer = optim.Adam(params)
    give_gradients(params, 1)
    optimizer.step()
    state = optimizer.state_dict()
    before = state["0.exp_avg"].copy()
    optimizer.step()
    assert (state["0.exp_avg"] == before).all() and state["0.step"] == 1
    optimizer.load_state_dict(state)
    optimizer.step()
    assert (state["0.exp_avg"] == before).all() and state["0.step"] == 1


def trained(name="Adam", **options):
    params = parameters()
    optimizer = getattr(optim, name)(params, **options)
    give_gradients(params, 1)
    optimizer.step()
    return optimizer


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.pop("lr"), ValueError, "does not fit this Adam; nothing was loaded:\n  lr is missing"),
        (lambda s: s.pop("1.exp_avg"), ValueError, "1.exp_avg is missing"),
        (lambda s: s.update({"7.exp_avg": np.ones(1)}), ValueError, "7.exp_avg is unexpected"),
        (lambda s: s.update({"momentum": np.array(0.9)}), ValueError, "momentum is unexpected"),
        (lambda s: s.update({"0.exp_avg": np.ones(3)}), ValueError, r"0.exp_avg must have shape \(3, 4\), got \(3,\)"),
        (lambda s: s.update({"0.step": np.array(1.5)}), ValueError, "0.step must not be float64"),
        (lambda s: s.update({"1.exp_avg": np.ones(5, int)}), ValueError, "1.exp_avg must not be int64"),
        (lambda s: s.update({"lr": np.array(math.nan)}), ValueError, "lr must be finite"),
        (lambda s: s.update({"eps": np.array(-1.0)}), ValueError, "eps must be at least 0"),
        (lambda s: s.update({"betas": np.array(0.5)}), ValueError, "betas must be a pair"),
        (lambda s: s.update({"eps": np.array("tiny")}), TypeError, "eps must be a number"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, message):
    optimizer, other = trained(), trained(lr=0.5)
    state = other.state_dict()
    change(state)
    before = optimizer.state_dict()
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(state)
    assert all((optimizer.state_dict()[k] == v).all() for k, v in before.items())


def test_a_state_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="(?s)does not fit this SGD.*momentum is missing"):
        trained("SGD").load_state_dict(trained("Adam").state_dict())
    with pytest.raises(TypeError, match="state_dict must be a dict of arrays, got str"):
        trained().load_state_dict("adam")
    plain = optim.RMSprop(parameters())
    plain.load_state_dict(trained("RMSprop", momentum=0.9, centered=True).state_dict())
    assert plain.momentum == 0.9 and plain.centered and "grad_avg" in plain.state[0]


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
