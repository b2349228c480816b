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
    ("MultiStepLR", {"milestones": [0, 4, 0], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.1, "total_iters": 1}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 11, "power": 2.5}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.8, "total_iters": 7}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 4}),
    ("CosineAnnealingLR", {"T_max": 6}),
    ("CosineAnnealingLR", {"T_max": 1, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 9, "eta_min": 0.02}),
    ("CosineAnnealingWarmRestarts", {"T_0": 4}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 3, "eta_min": 0.02}),
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


PLATEAUS = [
    {},
    {"patience": 0, "factor": 0.5},
    {"mode": "max", "patience": 1, "threshold": 0.1},
    {"patience": 1, "threshold": 0.2, "threshold_mode": "abs", "cooldown": 2, "factor": 0.0},
    {"mode": "max", "patience": 0, "threshold": 0.05, "threshold_mode": "abs", "cooldown": 1, "min_lr": 0.05},
    {"patience": 0, "factor": 0.9, "eps": 0.02},
]


@pytest.mark.parametrize("settings", PLATEAUS)
def test_a_plateau_is_where_torch_sees_one_also_after_loading(settings):
    for seed in range(10):
        g = np.random.default_rng(seed)
        numbers = g.choice([1.0, 0.99, 0.5, -0.3, 0.0, math.nan, math.inf], size=60)
        numbers = numbers if seed % 2 else np.cumsum(g.normal(size=60))
        a, b = ours(lr=0.3), theirs(lr=0.3)
        mine = schedules.ReduceLROnPlateau(a, **settings)
        other = torch.optim.lr_scheduler.ReduceLROnPlateau(b, **settings)
        for i, number in enumerate(numbers):
            mine.step(number), other.step(number)
            assert a.lr == b.param_groups[0]["lr"] and mine.num_bad_epochs == other.num_bad_epochs
            if i % 13 == 5:
                states = a.state_dict(), mine.state_dict()
                a = ours()
                mine = schedules.ReduceLROnPlateau(a, **settings)
                a.load_state_dict(states[0]), mine.load_state_dict(states[1])


def test_a_plateau_by_hand():
    optimizer = ours(lr=1.0)
    schedule = schedules.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=1)
    rates = []
    for loss in (3, 2, 2, 2, 2, 2, 2, 2):
        schedule.step(loss)
        rates.append(optimizer.lr)
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    with pytest.raises(TypeError, match="schedule must be one whose rates are known before training"):
        schedules.preview(schedule, 3)


def combined(how, optimizer):
    parts = [schedules.LinearLR(optimizer, 0.5, total_iters=4), schedules.StepLR(optimizer, 2, 0.1)]
    if how == "chained":
        return schedules.ChainedScheduler(parts)
    return schedules.SequentialLR(optimizer, parts, [3])


def test_combined_schedules_by_hand():
    expected = {"chained": [0.5, 0.625, 0.075, 0.0875, 0.01, 0.01], "sequential": [0.5, 0.625, 0.75, 1, 1, 0.1]}
    for how, rates in expected.items():
        optimizer = ours(lr=1.0)
        schedule = combined(how, optimizer)
        assert schedules.preview(schedule, 6) == pytest.approx(rates, rel=1e-14)
        assert schedules.preview(schedule, 6) == pytest.approx(rates, rel=1e-14)
        assert [s.last_epoch for s in schedule.schedulers] == [0, 0]


@pytest.mark.parametrize("how", ["chained", "sequential"])
def test_a_saved_combination_goes_on_from_every_step(how):
    whole = ours(lr=1.0)
    rates = schedules.preview(combined(how, whole), 8)
    optimizer = ours(lr=1.0)
    schedule = combined(how, optimizer)
    for rate in rates:
        assert optimizer.lr == rate
        schedule.step()
        states = optimizer.state_dict(), schedule.state_dict()
        optimizer = ours(lr=1.0)
        schedule = combined(how, optimizer)
        optimizer.load_state_dict(states[0]), schedule.load_state_dict(states[1])


def test_one_cycle_within_another_schedule_is_known_to_move_the_momentum():
    optimizer = ours(momentum=0.9)
    cycle = schedules.OneCycleLR(optimizer, 0.1, 5)
    assert schedules.ChainedScheduler([cycle]).cycle_momentum and not combined("chained", ours()).cycle_momentum


@pytest.mark.parametrize("how", ["chained", "sequential"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("1.last_epoch"), "state_dict must have last_epoch and base_lr, got base_lr"),
        (lambda s: s.update({"2.last_epoch": np.array(1)}), "state_dict must have last_epoch and base_lr, got"),
        (lambda s: s.update({"1.last_epoch": np.array(-1)}), "last_epoch must be at least 0, got -1"),
        (lambda s: s.update({"0.base_lr": np.array(math.nan)}), "base_lr must be finite"),
    ],
)
def test_a_combined_state_that_does_not_fit_changes_nothing(how, change, message):
    schedule, other = combined(how, ours()), combined(how, ours())
    for _ in range(5):
        other.step()
    state, before = other.state_dict(), schedule.state_dict()
    change(state)
    with pytest.raises(ValueError, match=message):
        schedule.load_state_dict(state)
    assert schedule.state_dict() == before


def test_a_schedule_of_ones_own_needs_a_rule_and_three_lines():
    class Inverse(schedules.Schedule):
        """The schedule of Adagrad's ``lr_decay``: base_lr / (1 + decay * t)."""

        def __init__(self, optimizer, decay):
            super().__init__(optimizer)
            self.decay = decay
            self._begin()

        def _next_lr(self, t, lr):
            return self.base_lr / (1 + self.decay * t)

    optimizer = ours(lr=1.0)
    inverse = Inverse(optimizer, 0.5)
    assert schedules.preview(inverse, 3) == pytest.approx([1, 1 / 1.5, 0.5])
    assert repr(inverse) == "Inverse(decay=0.5)" and set(inverse.state_dict()) == {"last_epoch", "base_lr"}
    both = schedules.SequentialLR(optimizer, [schedules.ConstantLR(optimizer, 0.5), inverse], [2])
    assert schedules.preview(both, 4) == pytest.approx([0.5, 0.5, 1, 1 / 1.5])


def test_milestone_0_is_applied_at_once():
    optimizer = ours(lr=1.0)
    assert schedules.preview(schedules.MultiStepLR(optimizer, [0, 2, 2], 0.5), 3) == [0.5, 0.5, 0.125]


def test_a_cycle_goes_once_beyond_its_end_as_in_torch():
    """A linear one ends below 0 there. The optimiser takes the rate, and it can be saved and loaded."""
    a, b = ours(momentum=0.9), theirs(momentum=0.9)
    settings = {"max_lr": 0.5, "total_steps": 20, "anneal_strategy": "linear"}
    mine, other = schedules.OneCycleLR(a, **settings), torch.optim.lr_scheduler.OneCycleLR(b, **settings)
    for _ in range(20):
        b.step()
        mine.step(), other.step()
    assert a.lr == pytest.approx(b.param_groups[0]["lr"], rel=1e-12) and a.lr < -0.03
    c = ours(momentum=0.9)
    again = schedules.OneCycleLR(c, **settings)
    c.load_state_dict(a.state_dict()), again.load_state_dict(mine.state_dict())
    assert (c.lr, c.momentum, again.last_epoch) == (a.lr, a.momentum, 20)
    for schedule in (mine, other, again):
        with pytest.raises(ValueError):
            schedule.step()


def test_a_rate_that_is_not_finite_is_refused_and_nothing_changes():
    optimizer = ours(lr=1e300)
    schedule = schedules.ExponentialLR(optimizer, gamma=1e10)
    with pytest.raises(ValueError, match="lr must be finite, got inf"):
        schedule.step()
    assert optimizer.lr == 1e300 and schedule.last_epoch == 0


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
    assert repr(combined("sequential", ours())) == (
        "SequentialLR(schedulers=[LinearLR(start_factor=0.5, end_factor=1.0, total_iters=4), "
        "StepLR(step_size=2, gamma=0.1)], milestones=[3])"
    )
    assert repr(schedules.ReduceLROnPlateau(ours())) == (
        "ReduceLROnPlateau(mode='min', factor=0.1, patience=10, threshold=0.0001, threshold_mode='rel', cooldown=0, "
        "min_lr=0.0, eps=1e-08)"
    )


def steps(optimizer, n=2):
    return [schedules.StepLR(optimizer, 1) for _ in range(n)]


def one_cycle(optimizer, **state):
    schedule = schedules.OneCycleLR(optimizer, 0.1, 9)
    schedule.load_state_dict(schedule.state_dict() | {name: np.array(value) for name, value in state.items()})


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
        (lambda o: schedules.ConstantLR(o, 0), ValueError, "factor must be greater than 0"),
        (lambda o: schedules.ConstantLR(o, 1.5), ValueError, "factor must be at most 1"),
        (lambda o: schedules.ConstantLR(o, 0.5, 0), ValueError, "total_iters must be at least 1"),
        (lambda o: schedules.PolynomialLR(o, 0), ValueError, "total_iters must be at least 1"),
        (lambda o: schedules.PolynomialLR(o, 5, -1), ValueError, "power must be at least 0"),
        (lambda o: schedules.CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0 must be at least 1"),
        (lambda o: schedules.CosineAnnealingWarmRestarts(o, 5, 1.5), TypeError, "T_mult must be an integer"),
        (lambda o: schedules.CosineAnnealingWarmRestarts(o, 5, 1, -1), ValueError, "eta_min must be at least 0"),
        (lambda o: schedules.ReduceLROnPlateau(o, "less"), ValueError, "mode must be one of"),
        (lambda o: schedules.ReduceLROnPlateau(o, factor=1), ValueError, "factor must be below 1, got 1"),
        (lambda o: schedules.ReduceLROnPlateau(o, patience=-1), ValueError, "patience must be at least 0"),
        (lambda o: schedules.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "threshold_mode must be one of"),
        (lambda o: schedules.ReduceLROnPlateau(o).step("low"), TypeError, "metrics must be a number"),
        (lambda o: schedules.SequentialLR(o, [], []), ValueError, "schedulers must be a list of schedules"),
        (lambda o: schedules.SequentialLR(o, [0.1], []), TypeError, r"schedulers\[0\] must be a schedule"),
        (lambda o: schedules.SequentialLR(o, steps(o), [2, 3]), ValueError, "milestones must be one fewer than the 2"),
        (lambda o: schedules.SequentialLR(o, steps(o, 3), [3, 2]), ValueError, "milestones must be in ascending"),
        (lambda o: schedules.SequentialLR(o, steps(o), 2), TypeError, "milestones must be a list of integers, got 2"),
        (lambda o: schedules.SequentialLR(o, steps(o), [-1]), ValueError, "milestones must be at least 0"),
        (lambda o: schedules.SequentialLR(o, steps(ours()), [2]), ValueError, r"schedulers\[0\] belongs to another"),
        (lambda o: schedules.SequentialLR(o, steps(o, 1) * 2, [2]), ValueError, "holds the same schedule twice"),
        (
            lambda o: schedules.SequentialLR(o, [combined("chained", o)], []),
            ValueError,
            r"schedulers\[0\] must not be a combined schedule",
        ),
        (lambda o: schedules.ChainedScheduler([]), ValueError, "schedulers must be a list of schedules, at least one"),
        (lambda o: schedules.ChainedScheduler([schedules.ReduceLROnPlateau(o)]), ValueError, "needs no metrics"),
        (lambda o: schedules.OneCycleLR(ours("Adagrad"), 0.1, 9), ValueError, "Adagrad has no momentum: pass cycle"),
        (lambda o: schedules.OneCycleLR(ours("Adam"), 0.1, 9, max_momentum=1.0), ValueError, "max_momentum must be b"),
        (lambda o: one_cycle(o, last_epoch=10), ValueError, "last_epoch must be at most total_steps, 9, got 10"),
        (lambda o: one_cycle(o, last_epoch=-1), ValueError, "last_epoch must be at least 0, got -1"),
        (lambda o: one_cycle(o, base_lr=math.inf), ValueError, "base_lr must be finite"),
        (lambda o: schedules.preview("cosine", 3), TypeError, "schedule must be one whose rates are known"),
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
