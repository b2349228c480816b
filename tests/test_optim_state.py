"""Saving and loading an optimiser: bit for bit, all or nothing, and nothing that cannot be."""

import math

import numpy as np
import pytest
from optimizers import IDS, OPTIMIZERS, give_gradients, parameters

from cnnlib import checkpoint, optim
from cnnlib.module import Parameter
from cnnlib.schedules import LinearLR, OneCycleLR


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


IMPOSSIBLE = [
    ("Adam", {}, "0.step", -3, "0.step must be at least 1, got -3"),
    ("Adam", {}, "0.step", 0, "0.step must be at least 1, got 0"),
    ("Adam", {}, "0.step", np.uint64(2**63), "0.step must not be uint64"),
    ("Adam", {}, "0.exp_avg_sq", -1e-30, "0.exp_avg_sq must be at least 0, got -1e-30"),
    ("Adam", {}, "0.exp_avg_sq", -math.inf, "0.exp_avg_sq must be at least 0, got -inf"),
    ("AdamW", {}, "2.exp_avg_sq", -1.0, "2.exp_avg_sq must be at least 0, got -1.0"),
    ("Adam", {"amsgrad": True}, "0.max_exp_avg_sq", -1.0, "0.max_exp_avg_sq must be at least 0"),
    ("Adam", {"amsgrad": True}, "0.max_exp_avg_sq", 0.0, "0.max_exp_avg_sq must not be below exp_avg_sq"),
    ("Adam", {"amsgrad": True}, "1.max_exp_avg_sq", None, "1.max_exp_avg_sq is missing"),
    ("Adam", {}, "exp_avg_sq", 0.0, "exp_avg_sq is unexpected"),
    ("NAdam", {}, "0.step", -1, "0.step must be at least 1"),
    ("NAdam", {}, "0.exp_avg_sq", -1.0, "0.exp_avg_sq must be at least 0"),
    ("NAdam", {}, "1.mu_product", 1.0, "1.mu_product must lie between -1 and 1, got 1.0"),
    ("NAdam", {}, "1.mu_product", math.nan, "1.mu_product must lie between -1 and 1, got nan"),
    ("NAdam", {}, "1.mu_product", [0.5], r"1.mu_product must have shape \(\), got \(1,\)"),
    ("NAdam", {}, "1.mu_product", None, "1.mu_product is missing"),
    ("Adamax", {}, "0.exp_inf", -1.0, "0.exp_inf must be at least 0"),
    ("RMSprop", {}, "0.square_avg", -1.0, "0.square_avg must be at least 0"),
    ("RMSprop", {"centered": True}, "0.grad_avg", None, "0.grad_avg is missing"),
    ("RMSprop", {"momentum": 0.5}, "0.momentum_buffer", 1, "0.momentum_buffer must not be int64"),
    ("Adagrad", {}, "0.sum", -1.0, "0.sum must be at least 0"),
    ("Adagrad", {"initial_accumulator_value": 0.5}, "0.sum", 0.4, "0.sum must be at least initial_accumulator_value"),
    ("Adagrad", {}, "0.step", 0, "0.step must be at least 1"),
    ("Adadelta", {}, "0.acc_delta", -1.0, "0.acc_delta must be at least 0"),
    ("Adadelta", {}, "0.square_avg", -1.0, "0.square_avg must be at least 0"),
    ("SGD", {"momentum": 0.5}, "0.momentum_buffer", 1 + 2j, "0.momentum_buffer must not be complex128"),
    ("SGD", {"momentum": 0.5, "nesterov": True}, "dampening", 0.5, "dampening must be 0 with nesterov, got 0.5"),
    ("SGD", {}, "weight_decay", -0.1, "weight_decay must be at least 0"),
    ("SGD", {}, "momentum", math.inf, "momentum must be finite"),
    ("Adam", {}, "betas", [0.9, 1.0], "betas must be below 1"),
    ("Adam", {}, "betas", [0.9, -0.1], "betas must be at least 0"),
    ("Adam", {}, "betas", [0.9, math.nan], "betas must be finite"),
    ("Adam", {}, "amsgrad", 1, "amsgrad must be True or False"),
    ("NAdam", {}, "momentum_decay", -1.0, "momentum_decay must be at least 0"),
    ("Adadelta", {}, "rho", 1.5, r"rho must be in \[0, 1\]"),
    ("Adagrad", {}, "lr_decay", -1.0, "lr_decay must be at least 0"),
]


@pytest.mark.parametrize(("name", "options", "key", "value", "message"), IMPOSSIBLE)
def test_a_state_that_no_training_leads_to_is_refused_whole(name, options, key, value, message):
    """``value`` stands in one entry of the array, or for the whole number; None takes it away."""
    optimizer, other = trained(name, **options), trained(name, **options, lr=0.5)
    state, before = other.state_dict(), optimizer.state_dict()
    if value is None:
        del state[key]
    elif key in state and state[key].shape and np.ndim(value) == 0:
        state[key] = state[key].astype(np.result_type(state[key], value) if isinstance(value, complex) else type(value))
        state[key].flat[-1] = value
    else:
        state[key] = np.array(value)
    with pytest.raises((ValueError, TypeError), match=message):
        optimizer.load_state_dict(state)
    after = optimizer.state_dict()
    assert list(after) == list(before) and all((after[k] == v).all() for k, v in before.items())


@pytest.mark.parametrize(
    ("name", "options", "moved"),
    [
        ("SGD", {"momentum": 0.9, "nesterov": True}, {"lr": -2.5e-19, "momentum": 0.0}),
        ("SGD", {"momentum": 0.9}, {"lr": -0.018, "momentum": -0.1}),
        ("RMSprop", {"momentum": 0.9}, {"lr": 0.0, "momentum": 0.0}),
        ("Adam", {}, {"betas": (-0.01, 0.999)}),
        ("NAdam", {}, {"lr": -1e-3, "betas": (0.0, 0.999)}),
    ],
)
def test_what_a_schedule_has_set_is_stepped_with_saved_and_loaded(name, options, moved):
    optimizer, other = trained(name, **options), trained(name, **options)
    optimizer.adjust(**moved)
    for p in (optimizer.params, other.params):
        give_gradients(p, 2)
    other.load_state_dict(optimizer.state_dict())
    assert repr(other) == repr(optimizer) and all(getattr(other, k) == v for k, v in moved.items())
    for o in (optimizer, other):
        o.step()
        o.adjust(**({"momentum": 0.5} if "momentum" in o.settings else {}))
        o.step()
    for p, q in zip(optimizer.params, other.params, strict=True):
        assert (p.data == q.data).all() and np.isfinite(p.data).all()


def test_all_lengths_of_a_fall_to_zero_can_be_stepped_with_and_saved():
    below = 0
    for length in range(1, 201):
        optimizer = trained("SGD")
        schedule = LinearLR(optimizer, start_factor=0.1, end_factor=0, total_iters=length)
        for _ in range(length):
            schedule.step()
        optimizer.step()
        trained("SGD").load_state_dict(optimizer.state_dict())
        assert abs(optimizer.lr) < 1e-17
        below += optimizer.lr < 0
    assert below > 50


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "NAdam"])
def test_a_cycle_whose_momentum_comes_to_nothing_is_resumed_anywhere(name):
    """With Nesterov and without, down to momentum 0 at the top, and once more after the end of a linear cycle."""
    for options in ({}, {"momentum": 0.9, "nesterov": True})[: 2 if name == "SGD" else 1]:
        cycle = {"max_lr": 0.1, "total_steps": 8, "pct_start": 0.5, "anneal_strategy": "linear", "base_momentum": 0.0}
        whole, parts = parameters(), parameters()
        a, b = (getattr(optim, name)(p, **options) for p in (whole, parts))
        x, y = OneCycleLR(a, **cycle), OneCycleLR(b, **cycle)
        seen = []
        for step in range(8):
            for optimizer, schedule in ((a, x), (b, y)):
                give_gradients(optimizer.params, step)
                optimizer.step(), schedule.step()
            seen.append((a.lr, a.betas[0] if hasattr(a, "betas") else a.momentum))
            states = b.state_dict(), y.state_dict()
            b = getattr(optim, name)(parts, **options)
            y = OneCycleLR(b, **cycle)
            b.load_state_dict(states[0]), y.load_state_dict(states[1])
        assert min(seen)[0] < 0 and any(momentum == 0 for _, momentum in seen)
        assert all((p.data == q.data).all() for p, q in zip(whole, parts, strict=True))
