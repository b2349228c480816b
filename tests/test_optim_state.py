"""Saving and loading an optimiser: bit for bit, all or nothing, and nothing that cannot be."""

import math

import numpy as np
import pytest
from optimizers import IDS, OPTIMIZERS, give_gradients, parameters

from cnnlib import checkpoint, optim
from cnnlib.module import Parameter


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
