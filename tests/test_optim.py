"""Optimisers step for step against PyTorch's; clipping; bad arguments."""

import inspect
import math

import numpy as np
import pytest
import torch
from optimizers import IDS, KINDS, OPTIMIZERS, give_gradients, parameters, rng

from cnnlib import optim
from cnnlib.layers import Linear, Sequential
from cnnlib.module import Parameter
from cnnlib.schedules import OneCycleLR

# ----------------------------------------------------------------- single steps


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_steps_on_given_gradients_agree_with_torch(name, options):
    """Gradients from 1e-6 to 1e6 and zeros: where epsilon stands shows, and so does its place in the order."""
    scale = 10.0 ** rng(1).integers(-6, 7, size=(4, 5)) * (rng(2).random((4, 5)) < 0.9)
    ours = Parameter(rng(3).normal(size=(4, 5)))
    theirs = torch.from_numpy(ours.data.copy()).requires_grad_()
    a, b = getattr(optim, name)([ours], **options), getattr(torch.optim, name)([theirs], **options)
    for i in range(300):
        g = scale * rng(10 + i).normal(size=(4, 5))
        ours.grad, theirs.grad = g.copy(), torch.from_numpy(g.copy())
        a.step(), b.step()
        assert (ours.grad == g).all()
        np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-12, atol=1e-14)


def drawn(kind, g):
    """Random options for an optimiser: of each that it takes, one of a few values, extremes among them."""
    values = {
        "lr": (0.0, 1e-3, 0.1), "momentum": (0.0, 0.5, 0.9), "dampening": (0.0,), "weight_decay": (0.0, 0.01, 0.5),
        "nesterov": (False,), "maximize": (False, True), "betas": ((0.9, 0.999), (0.0, 0.9), (0.5, 0.0), (0.0, 0.0)),
        "eps": (1e-8, 1e-3), "amsgrad": (False, True), "momentum_decay": (0.0, 4e-3, 3.0),
        "decoupled_weight_decay": (False, True), "alpha": (0.0, 0.9, 1.0), "centered": (False,),
        "lr_decay": (0.0, 0.1), "initial_accumulator_value": (0.0, 0.5), "rho": (0.0, 0.9, 1.0),
    }  # fmt: skip
    options = {name: values[name][g.integers(len(values[name]))] for name in getattr(optim, kind).settings}
    if options.get("momentum"):
        options |= {"nesterov": True} if g.random() < 0.5 else {"dampening": 0.4}
    return options if kind == "SGD" else {k: v for k, v in options.items() if k not in ("nesterov", "dampening")}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_options_are_drawn_it_goes_as_in_torch(kind):
    """Some steps have no gradient, or an all-zero one: 0 / 0 is NaN in both where eps does not prevent it."""
    for seed in range(25):
        g = rng([seed, len(kind)])
        options = drawn(kind, g)
        ours = Parameter(g.normal(size=4))
        theirs = torch.from_numpy(ours.data.copy()).requires_grad_()
        a, b = getattr(optim, kind)([ours], **options), getattr(torch.optim, kind)([theirs], **options)
        for i in range(40):
            grad = g.normal(size=4) * (g.random(4) < 0.8) * (i % 7 > 0)
            ours.grad, theirs.grad = grad, torch.from_numpy(grad.copy())
            a.step(), b.step()
            mine, other = ours.data, theirs.detach().numpy()
            np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-12, err_msg=f"{seed} {i} {options}")


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_first_steps_in_single_precision_agree_with_torch(name, options):
    ours = parameters(dtype=np.float32)
    theirs = [torch.from_numpy(p.data.copy()).requires_grad_() for p in ours]
    a, b = getattr(optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)
    for i in range(10):
        give_gradients(ours, i)
        for p, q in zip(ours, theirs, strict=True):
            q.grad = torch.from_numpy(np.array(p.grad))
        a.step(), b.step()
        for p, q in zip(ours, theirs, strict=True):
            other = q.detach().numpy()
            assert np.abs(p.data - other).max() <= 1e-6 * np.abs(other).max()


@pytest.mark.parametrize("kind", KINDS)
def test_names_order_and_defaults_are_those_of_torch(kind):
    unknown = {"foreach", "capturable", "differentiable", "fused"}
    signature = inspect.signature(getattr(torch.optim, kind)).parameters.values()
    expected = [(p.name, p.default) for p in signature if p.name not in unknown | {"decoupled_weight_decay"}]
    mine = inspect.signature(getattr(optim, kind)).parameters.values()
    assert [(p.name, p.default) for p in mine if p.name != "decoupled_weight_decay"] == expected
    positional = [p.name for p in mine if p.kind is not p.KEYWORD_ONLY]
    assert positional == [p.name for p in signature if p.kind is not p.KEYWORD_ONLY][: len(positional)]


HANDS = [  # two steps with gradients 3 and 4 from weight 1: the weight after each, worked out on paper
    ("SGD", {"lr": 0.1, "maximize": True}, 1.3, 1.7),
    ("Adagrad", {"lr": 0.1, "eps": 0.0}, 1 - 0.1 * 3 / 3, 0.9 - 0.1 * 4 / 5),
    ("Adagrad", {"lr": 0.1, "eps": 1.0, "lr_decay": 1.0}, 1 - 0.1 * 3 / 4, 0.925 - 0.05 * 4 / 6),
    ("Adagrad", {"lr": 0.1, "eps": 0.0, "initial_accumulator_value": 16.0}, 0.94, 0.94 - 0.4 / math.sqrt(41)),
    ("Adadelta", {"rho": 0.0, "eps": 1.0}, 1 - 3 / math.sqrt(10), 1 - 3 / math.sqrt(10) - 4 * math.sqrt(1.9 / 17)),
    ("Adamax", {"lr": 0.1, "betas": (0.5, 0.5), "eps": 1.0}, 1 - 0.1 * 3 / 4, 0.925 - 0.1 * (2.75 / 0.75) / 5),
    ("Adam", {"lr": 0.1, "betas": (0.0, 0.5), "eps": 0.0}, 0.9, 0.9 - 0.4 / math.sqrt(10.25 / 0.75)),
    ("NAdam", {"lr": 0.1, "betas": (0.0, 0.0), "eps": 0.0}, 0.9, 0.8),
]


@pytest.mark.parametrize(("name", "options", "first", "second"), HANDS)
def test_two_steps_by_hand(name, options, first, second):
    w = Parameter(np.array([1.0]))
    optimizer = getattr(optim, name)([w], **options)
    for g, expected in ((3.0, first), (4.0, second)):
        w.grad = np.array([g])
        optimizer.step()
        assert w.data[0] == pytest.approx(expected, rel=1e-14)


def test_amsgrad_remembers_the_largest_mean_square():
    """Gradients 4 and 0: the mean squares are 8 and 4. With amsgrad the second step is divided by the root of 8."""
    for amsgrad, square in ((False, 4.0), (True, 8.0)):
        w = Parameter(np.array([0.0]))
        optimizer = optim.Adam([w], lr=1.0, betas=(0.5, 0.5), eps=0.0, amsgrad=amsgrad)
        for g in (4.0, 0.0):
            w.grad = np.array([g])
            optimizer.step()
        assert w.data[0] == pytest.approx(-1 - (1 / 0.75) / math.sqrt(square / 0.75), rel=1e-14)


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_numbers_that_are_not_finite_spoil_what_they_touch_as_in_torch(name, options):
    ours = Parameter(np.arange(1.0, 6.0))
    theirs = torch.from_numpy(ours.data.copy()).requires_grad_()
    a, b = getattr(optim, name)([ours], **options), getattr(torch.optim, name)([theirs], **options)
    large = 1e200 if "centered" not in options else 1e100  # whether inf - 1e400 is NaN is the processor's choice
    for grad in ([1.0, math.nan, math.inf, -math.inf, large], [1.0, 1.0, 1.0, 1.0, 1.0]):
        ours.grad, theirs.grad = np.array(grad), torch.tensor(grad, dtype=torch.float64)
        a.step(), b.step()
        np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-12)
    c = getattr(optim, name)([Parameter(ours.data)], **options)
    c.load_state_dict(a.state_dict())
    assert all(np.array_equal(v, c.state_dict()[k], equal_nan=v.dtype.kind == "f") for k, v in a.state_dict().items())


@pytest.mark.parametrize("momentum", [0.0, -0.1])
@pytest.mark.parametrize("kind", ["SGD", "RMSprop"])
def test_a_momentum_that_a_schedule_has_brought_to_0_or_below_is_used_as_in_torch(kind, momentum):
    ours = Parameter(np.ones(3))
    theirs = torch.ones(3, dtype=torch.float64, requires_grad=True)
    a = getattr(optim, kind)([ours], lr=0.1, momentum=0.5)
    b = getattr(torch.optim, kind)([theirs], lr=0.1, momentum=0.5)
    for i, now in enumerate((0.5, 0.5, momentum, momentum, 0.5)):
        a.adjust(momentum=now)
        b.param_groups[0]["momentum"] = now
        ours.grad = rng(i).normal(size=3)
        theirs.grad = torch.from_numpy(ours.grad)
        a.step(), b.step()
        np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-13, atol=1e-15)


def test_a_constant_gradient_leads_centered_rmsprop_to_nan_as_it_does_torch():
    """The variance is then 0 but for rounding, below 0 somewhere among a hundred weights."""
    ours = Parameter(np.ones(100, np.float32))
    theirs = torch.ones(100, requires_grad=True)
    a = optim.RMSprop([ours], lr=1e-4, alpha=0.5, centered=True)
    b = torch.optim.RMSprop([theirs], lr=1e-4, alpha=0.5, centered=True)
    grad = np.linspace(0.1, 3.0, 100, dtype=np.float32)
    for _ in range(100):
        ours.grad, theirs.grad = grad, torch.from_numpy(grad)
        a.step(), b.step()
    assert np.isnan(ours.data).any() and theirs.isnan().any()


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_a_gradient_that_is_used_again_is_not_changed(name, options):
    params = parameters()
    optimizer = getattr(optim, name)(params, **options)
    give_gradients(params, 1)
    before = [p.grad.copy() for p in params]
    for _ in range(3):
        optimizer.step()
    assert all((p.grad == g).all() for p, g in zip(params, before, strict=True))


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=IDS)
def test_a_parameter_without_gradient_stays_and_its_clock_too(name, options):
    p, q = Parameter(np.ones(2)), Parameter(np.ones(2))
    tp, tq = (torch.ones(2, dtype=torch.float64).requires_grad_() for _ in "pq")
    ours, theirs = getattr(optim, name)([p, q], **options), getattr(torch.optim, name)([tp, tq], **options)
    for step in range(4):
        for mine, other, skip in ((p, tp, False), (q, tq, step % 2)):
            mine.grad = None if skip else np.full(2, step + 1.0)
            other.grad = None if skip else torch.full((2,), step + 1.0, dtype=torch.float64)
        before = q.data.copy()
        ours.step(), theirs.step()
        assert step % 2 == 0 or (q.data == before).all()
    np.testing.assert_allclose(p.data, tp.detach().numpy(), rtol=1e-14)
    np.testing.assert_allclose(q.data, tq.detach().numpy(), rtol=1e-14)
    if "step" in ours.memory:
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


def given(optimizer, **settings):
    for name, value in settings.items():
        setattr(optimizer, name, value)


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
        (lambda: given(sgd(), lr=None), TypeError, "lr must be a number"),
        (lambda: given(sgd(), lr=-1), ValueError, "lr must be at least 0, got -1"),
        (lambda: given(sgd(), momentum=-0.1), ValueError, "momentum must be at least 0, got -0.1"),
        (lambda: given(optim.NAdam(parameters()), betas=(-0.1, 0.9)), ValueError, "betas must be at least 0"),
        (lambda: sgd().adjust(lr=math.nan), ValueError, "lr must be finite"),
        (lambda: optim.Adam(parameters()).adjust(betas=(0.9, 1.0)), ValueError, "betas must be below 1"),
        (lambda: sgd().adjust(weight_decay=0.1), TypeError, "adjust sets lr and momentum of SGD, got weight_decay"),
        (lambda: sgd().adjust(lr=0.1, betas=(0.9, 0.9)), TypeError, "adjust sets lr and momentum of SGD, got betas"),
        (lambda: sgd(maximize="up"), TypeError, "maximize must be True or False"),
        (lambda: optim.Adam(parameters(), amsgrad=1), TypeError, "amsgrad must be True or False"),
        (lambda: optim.NAdam(parameters(), momentum_decay=-1), ValueError, "momentum_decay must be at least 0"),
        (lambda: optim.NAdam(parameters(), decoupled_weight_decay=None), TypeError, "decoupled_weight_decay must be"),
        (lambda: optim.Adamax(parameters(), betas=(1, 0.9)), ValueError, "betas must be below 1"),
        (lambda: optim.Adagrad(parameters(), lr_decay=-1), ValueError, "lr_decay must be at least 0"),
        (
            lambda: optim.Adagrad(parameters(), initial_accumulator_value=-1),
            ValueError,
            "initial_accumulator_value must be at least 0",
        ),
        (lambda: optim.Adadelta(parameters(), rho=1.1), ValueError, r"rho must be in \[0, 1\], got 1.1"),
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
