"""Schedules step for step against PyTorch's, alone and two at a time; saving and loading."""

import math

import numpy as np
import pytest
import torch

from cnnlib import checkpoint, optim, schedules
from cnnlib.module import Parameter

SCHEDULES = [
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 1, "gamma": 0.7}),
    ("MultiStepLR", {"milestones": [2, 5, 5, 9], "gamma": 0.5}),
    ("MultiStepLR", {"milestones": []}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.8, "total_iters": 7}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 4}),
    ("CosineAnnealingLR", {"T_max": 6}),
    ("CosineAnnealingLR", {"T_max": 1, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 9, "eta_min": 0.02}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 30}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 31, "pct_start": 0.45, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 2, "epochs": 4, "steps_per_epoch": 9, "three_phase": True, "div_factor": 10.0}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 40, "cycle_momentum": False, "final_div_factor": 2.0}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 30, "base_momentum": 0.1, "max_momentum": 0.2, "pct_start": 0.0}),
]
STEPS = 30


def ours(kind="SGD", **options):
    return getattr(optim, kind)([Parameter(np.ones(2))], **options)


def theirs(kind="SGD", **options):
    return getattr(torch.optim, kind)([torch.ones(2, dtype=torch.float64, requires_grad=True)], **options)


def momentum(optimizer):
    group = vars(optimizer) if isinstance(optimizer, optim.Optimizer) else optimizer.param_groups[0]
    return group["betas"] if "betas" in group else group["momentum"]


@pytest.mark.parametrize(("kind", "options"), [("SGD", {"momentum": 0.5}), ("Adam", {}), ("RMSprop", {})])
@pytest.mark.parametrize(("name", "settings"), SCHEDULES)
def test_rates_are_those_of_torch(name, settings, kind, options):
    a, b = ours(kind, lr=0.3, **options), theirs(kind, lr=0.3, **options)
    mine = getattr(schedules, name)(a, **settings)
    other = getattr(torch.optim.lr_scheduler, name)(b, **settings)
    for _ in range(STEPS):
        assert a.lr == pytest.approx(b.param_groups[0]["lr"], rel=1e-9, abs=1e-16)
        assert type(a.lr) is float and momentum(a) == pytest.approx(momentum(b), rel=1e-12)
        b.step()
        mine.step(), other.step()


@pytest.mark.parametrize("reset_at", [None, 4])
def test_two_schedules_and_a_rate_set_by_hand_work_together_as_in_torch(reset_at):
    a, b = ours(lr=0.3), theirs(lr=0.3)
    mine = [schedules.LinearLR(a, 0.1, total_iters=5), schedules.CosineAnnealingLR(a, 12, 0.01)]
    lr_scheduler = torch.optim.lr_scheduler
    other = [lr_scheduler.LinearLR(b, 0.1, total_iters=5), lr_scheduler.CosineAnnealingLR(b, 12, 0.01)]
    for i in range(20):
        assert a.lr == pytest.approx(b.param_groups[0]["lr"], rel=1e-9)
        b.step()
        for x, y in zip(mine, other, strict=True):
            x.step(), y.step()
        if i == reset_at:
            a.lr = b.param_groups[0]["lr"] = 0.05


@pytest.mark.parametrize(("name", "settings"), SCHEDULES)
def test_a_saved_schedule_goes_on_bit_for_bit(name, settings, tmp_path):
    def start():
        optimizer = ours(lr=0.3, momentum=0.5)
        return optimizer, getattr(schedules, name)(optimizer, **settings)

    (a, whole), (b, first) = start(), start()
    for _ in range(7):
        whole.step(), first.step()
    arrays = {f"o.{k}": v for k, v in b.state_dict().items()} | {f"s.{k}": v for k, v in first.state_dict().items()}
    checkpoint.save(tmp_path / "s", arrays)
    saved = checkpoint.load(tmp_path / "s")[0]
    c, second = start()
    c.load_state_dict({k[2:]: v for k, v in saved.items() if k[0] == "o"})
    second.load_state_dict({k[2:]: v for k, v in saved.items() if k[0] == "s"})
    for _ in range(15):
        assert (a.lr, a.momentum) == (c.lr, c.momentum)
        whole.step(), second.step()


@pytest.mark.parametrize(("name", "settings"), SCHEDULES)
def test_preview_shows_what_will_come_and_changes_nothing(name, settings):
    optimizer = ours(lr=0.3)
    schedule = getattr(schedules, name)(optimizer, **settings)
    schedule.step()
    before = optimizer.lr, optimizer.momentum, schedule.last_epoch
    rates = schedules.preview(schedule, 10)
    assert (optimizer.lr, optimizer.momentum, schedule.last_epoch) == before
    for rate in rates:
        assert optimizer.lr == rate
        schedule.step()
    assert schedules.preview(schedule, 0) == []


def test_one_cycle_ends_and_says_so():
    optimizer = ours(momentum=0.9)
    schedule = schedules.OneCycleLR(optimizer, 1.0, total_steps=3)
    for _ in range(3):
        schedule.step()
    before = optimizer.lr, optimizer.momentum
    with pytest.raises(ValueError, match="the schedule is over: total_steps is 3, and this would be step 4"):
        schedule.step()
    assert (optimizer.lr, optimizer.momentum) == before and schedule.last_epoch == 3


@pytest.mark.parametrize("pct_start", [0.0, 0.1, 0.2, 1.0])
def test_one_cycle_of_few_steps_divides_by_nothing(pct_start):
    for three_phase in (False, True):
        schedule = schedules.OneCycleLR(ours(), 1.0, total_steps=10, pct_start=pct_start, three_phase=three_phase)
        assert all(math.isfinite(rate) for rate in schedules.preview(schedule, 11))


def test_repr():
    assert repr(schedules.StepLR(ours(), 3)) == "StepLR(step_size=3, gamma=0.1)"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda o: schedules.StepLR(0.1, 3), TypeError, "optimizer must be an optimiser of cnnlib.optim, got 0.1"),
        (lambda o: schedules.StepLR(o, 0), ValueError, "step_size must be at least 1"),
        (lambda o: schedules.StepLR(o, 2.5), TypeError, "step_size must be an integer"),
        (lambda o: schedules.StepLR(o, 2, "half"), TypeError, "gamma must be a number"),
        (lambda o: schedules.MultiStepLR(o, 5), TypeError, "milestones must be a list of integers, got 5"),
        (lambda o: schedules.MultiStepLR(o, [1, -2]), ValueError, "milestones must be at least 0"),
        (lambda o: schedules.ExponentialLR(o, -0.5), ValueError, "gamma must be at least 0"),
        (lambda o: schedules.LinearLR(o, 0), ValueError, "start_factor must be greater than 0"),
        (lambda o: schedules.LinearLR(o, 1.5), ValueError, "start_factor must be at most 1"),
        (lambda o: schedules.LinearLR(o, end_factor=2), ValueError, r"end_factor must be in \[0, 1\]"),
        (lambda o: schedules.LinearLR(o, total_iters=0), ValueError, "total_iters must be at least 1"),
        (lambda o: schedules.CosineAnnealingLR(o, 0), ValueError, "T_max must be at least 1"),
        (lambda o: schedules.CosineAnnealingLR(o, 5, -1), ValueError, "eta_min must be at least 0"),
        (lambda o: schedules.OneCycleLR(o, 1.0), ValueError, "give total_steps, or both epochs and steps_per_epoch"),
        (lambda o: schedules.OneCycleLR(o, 1.0, epochs=3), ValueError, "give total_steps, or both"),
        (lambda o: schedules.OneCycleLR(o, 1.0, 0), ValueError, "total_steps must be at least 1"),
        (lambda o: schedules.OneCycleLR(o, 1.0, 9, pct_start=30), ValueError, r"pct_start must be in \[0, 1\]"),
        (lambda o: schedules.OneCycleLR(o, 1.0, 9, anneal_strategy="x"), ValueError, "anneal_strategy must be one of"),
        (lambda o: schedules.OneCycleLR(o, 1.0, 9, div_factor=0), ValueError, "div_factor must be greater than 0"),
        (lambda o: schedules.preview(schedules.StepLR(o, 1), -1), ValueError, "epochs must be at least 0"),
        (lambda o: schedules.StepLR(o, 1).load_state_dict({"gamma": 1}), ValueError, "state_dict must have last_epoch"),
        (lambda o: schedules.StepLR(o, 1).load_state_dict(3), TypeError, "state_dict must be a dict"),
        (
            lambda o: schedules.StepLR(o, 1).load_state_dict({"last_epoch": np.array(1.5), "base_lr": np.array(1.0)}),
            TypeError,
            "last_epoch must be an integer",
        ),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call(ours())
