"""Schedules against PyTorch's by construction: random schedules, options, combinations and optimisers, step by step.

Each draw compares the rate, the momentum and the weights after every step; amid the run ours is saved, made anew and
loaded, which must not show.
"""

import warnings

import numpy as np
import pytest
import torch

from cnnlib import optim, schedules
from cnnlib.module import Parameter

STEPS = 24
DRAWS, PARTS = 480, 6

OPTIMIZERS = {
    "SGD": lambda g: {"momentum": pick(g, 0.0, 0.5), "weight_decay": pick(g, 0.0, 0.1)},
    "SGD with Nesterov": lambda g: {"momentum": 0.6, "nesterov": True},
    "Adam": lambda g: {"amsgrad": flip(g)},
    "AdamW": lambda g: {"maximize": flip(g)},
    "NAdam": lambda g: {"weight_decay": 0.1, "decoupled_weight_decay": flip(g)},
    "Adamax": lambda g: {},
    "RMSprop": lambda g: {"momentum": 0.5, "centered": flip(g)},
    "Adagrad": lambda g: {"lr_decay": pick(g, 0.0, 0.1)},
    "Adadelta": lambda g: {"rho": 0.8},
}
SCHEDULES = {
    "StepLR": lambda g: {"step_size": whole(g, 1, 5), "gamma": pick(g, 0.0, 0.1, 0.5, 1.5)},
    "MultiStepLR": lambda g: {
        "milestones": [whole(g, 0, STEPS) for _ in range(whole(g, 0, 5))] + pick(g, [], [0], [0, 3, 3]),
        "gamma": pick(g, 0.1, 0.7, 2.0),
    },
    "ExponentialLR": lambda g: {"gamma": pick(g, 0.0, 0.9, 1.0, 1.1)},
    "ConstantLR": lambda g: {"factor": pick(g, 0.01, 1 / 3, 1.0), "total_iters": whole(g, 1, STEPS)},
    "LinearLR": lambda g: {
        "start_factor": pick(g, 1e-3, 0.1, 1 / 3, 1.0), "end_factor": pick(g, 0.0, 0.0, 0.3, 1.0),
        "total_iters": whole(g, 1, STEPS),
    },
    "PolynomialLR": lambda g: {"total_iters": whole(g, 1, STEPS), "power": pick(g, 0.0, 0.5, 1.0, 2.0, 3.3)},
    "CosineAnnealingLR": lambda g: {"T_max": whole(g, 1, STEPS), "eta_min": pick(g, 0.0, 0.01, 1.0)},
    "CosineAnnealingWarmRestarts": lambda g: {
        "T_0": whole(g, 1, 9), "T_mult": whole(g, 1, 3), "eta_min": pick(g, 0.0, 0.01, 1.0),
    },
    "OneCycleLR": lambda g: {
        "max_lr": pick(g, 0.05, 0.5), "total_steps": pick(g, STEPS - 2, STEPS - 1, STEPS, whole(g, 2, 2 * STEPS)),
        "pct_start": pick(g, 0.0, 0.2, 0.3, 0.45, 0.6, 1.0, float(g.random())),
        "anneal_strategy": pick(g, "cos", "linear"),
        "cycle_momentum": flip(g), "base_momentum": pick(g, 0.0, 0.5, 0.85), "max_momentum": pick(g, 0.9, 0.95, 0.5),
        "div_factor": pick(g, 1.0, 25.0), "final_div_factor": pick(g, 1.0, 1e4), "three_phase": flip(g),
    },
}  # fmt: skip


def pick(g, *values):
    return values[g.integers(len(values))]


def flip(g):
    return bool(g.integers(2))


def whole(g, low, high):
    return int(g.integers(low, high + 1))


def draw(seed):
    """A random plan: an optimiser, some schedules, how they are combined, and when the run is saved."""
    g = np.random.default_rng(seed)
    kind = list(OPTIMIZERS)[g.integers(len(OPTIMIZERS))]
    optimizer = kind.split()[0], {"lr": pick(g, 0.0, 0.01, 0.3)} | OPTIMIZERS[kind](g)
    parts = []
    for _ in range(pick(g, 1, 1, 2, 3)):
        name = list(SCHEDULES)[g.integers(len(SCHEDULES))]
        if name in (made for made, _ in parts) and name == "OneCycleLR":
            continue  # in PyTorch the second overwrites the bounds of the first
        options = SCHEDULES[name](g)
        if name == "OneCycleLR" and optimizer[0] in ("Adagrad", "Adadelta"):
            options["cycle_momentum"] = False
        parts.append((name, options))
    how = pick(g, "apart", "chained", "sequential")
    milestones = sorted(whole(g, 0, STEPS - 4) for _ in parts[1:])
    return optimizer, parts, how, milestones, whole(g, 1, STEPS - 2)


def make(plan, parameter, optimizers, schedulers):
    """The optimiser and what to call ``step`` on, of either library."""
    (kind, options), parts, how, milestones, _ = plan
    optimizer = getattr(optimizers, kind)([parameter], **options)
    made = [getattr(schedulers, name)(optimizer, **settings) for name, settings in parts]
    if how == "chained":
        made = [schedulers.ChainedScheduler(made)]
    if how == "sequential":
        made = [schedulers.SequentialLR(optimizer, made, milestones)]
    return optimizer, made


def moved(settings):
    """The rate, and the momentum where there is one."""
    return [settings["lr"], settings.get("momentum", 0.0), *settings.get("betas", ())]


def outcome(step):
    try:
        step()
    except (ValueError, ZeroDivisionError) as error:
        return type(error)
    return None


def follow(plan, seed):
    """Run both, and return what happened: steps compared, whether a rate was below 0, whether both refused."""
    g = np.random.default_rng([seed, 1])
    ours = Parameter(g.normal(size=3))
    theirs = torch.from_numpy(ours.data.copy()).requires_grad_()
    a, mine = make(plan, ours, optim, schedules)
    b, other = make(plan, theirs, torch.optim, torch.optim.lr_scheduler)
    seen = set()
    for i in range(STEPS):
        assert moved(vars(a)) == pytest.approx(moved(b.param_groups[0]), rel=1e-12, abs=1e-16), i
        seen |= {"below 0"} if a.lr < 0 else set()
        grad = g.normal(size=3)
        ours.grad, theirs.grad = grad, torch.from_numpy(grad.copy())
        a.step(), b.step()
        np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
        for x, y in zip(mine, other, strict=True):
            refused, expected = outcome(x.step), outcome(y.step)
            if expected is ZeroDivisionError:  # two phases of a cycle of no length: ours has a rate for it
                return seen | {"a division by 0"}
            assert refused is expected, (i, refused, expected)
            if refused:
                return seen | {"over"}
        if i == plan[-1]:
            states = a.state_dict(), [x.state_dict() for x in mine]
            a, mine = make(plan, ours, optim, schedules)
            a.load_state_dict(states[0])
            for x, state in zip(mine, states[1], strict=True):
                x.load_state_dict(state)
    return seen | {"done"}


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_drawn_goes_as_in_torch(part):
    seen = []
    for seed in range(part, DRAWS, PARTS):
        plan = draw(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                seen.append(follow(plan, seed))
            except Exception as error:
                error.add_note(f"draw {seed}: {plan}")
                raise
    counts = {what: sum(what in one for one in seen) for what in ("done", "over", "below 0")}
    assert counts["done"] > 60 and counts["over"] and counts["below 0"], counts
    assert sum("a division by 0" in one for one in seen) < 3
