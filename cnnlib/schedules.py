"""Schedules: how the learning rate changes during training.

A schedule is made with an optimiser and changes its ``lr`` whenever you call ``schedule.step()``, which is
after ``optimizer.step()``: once an epoch, or, with `OneCycleLR`, once a batch. All follow PyTorch's.

Most schedules *change* the present rate, and do not set it, so two of them can work on one optimiser:
`LinearLR` to warm up and `CosineAnnealingLR` to come down.
"""

import copy
import math

import numpy as np

from cnnlib import _checks as checks
from cnnlib.optim import Optimizer


class Schedule:
    """What all schedules share: the optimiser, the counter, saving and loading.

    Attributes
    ----------
    optimizer : Optimizer
        Whose ``lr`` it changes.
    base_lr : float
        The rate that the optimiser had before any schedule.
    last_epoch : int
        How many times ``step`` has been called.
    """

    def __init__(self, optimizer):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer must be an optimiser of cnnlib.optim, got {optimizer!r}")
        if not hasattr(optimizer, "initial_lr"):
            optimizer.initial_lr = optimizer.lr
        self.optimizer = optimizer
        self.base_lr = optimizer.initial_lr
        self.last_epoch = 0

    def _next_lr(self, t, lr):
        """The rate in epoch ``t``, given that it was ``lr`` in the epoch before."""
        raise NotImplementedError

    def step(self):
        """Go on by one epoch (or batch) and set the optimiser's learning rate."""
        self.optimizer.lr = float(self._next_lr(self.last_epoch + 1, self.optimizer.lr))
        self.last_epoch += 1

    def state_dict(self):
        """What changes, as a dict of arrays. The learning rate itself is in the optimiser's ``state_dict``."""
        return {"last_epoch": np.array(self.last_epoch), "base_lr": np.array(self.base_lr)}

    def load_state_dict(self, state_dict):
        """Go on from what `state_dict` returned.

        First make optimiser and schedule with the arguments they had, then load both: making a schedule may
        change the optimiser's rate.
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(f"state_dict must be a dict of arrays, got {type(state_dict).__name__}")
        if set(state_dict) != {"last_epoch", "base_lr"}:
            raise ValueError(f"state_dict must have last_epoch and base_lr, got {', '.join(map(str, state_dict))}")
        last_epoch = checks.integer("last_epoch", np.asarray(state_dict["last_epoch"]).tolist(), 0)
        self.base_lr = checks.number("base_lr", np.asarray(state_dict["base_lr"]).tolist(), 0)
        self.last_epoch = last_epoch

    def __repr__(self):
        hidden = ("optimizer", "base_lr", "last_epoch")
        settings = (f"{k}={v!r}" for k, v in vars(self).items() if k not in hidden and not k.startswith("_"))
        return f"{type(self).__name__}({', '.join(settings)})"


def preview(schedule, epochs: int):
    """The learning rates of the present epoch and those to come, to print or plot; nothing is changed.

    Parameters
    ----------
    schedule : Schedule
        Any of this file.
    epochs : int
        How many rates.

    Returns
    -------
    list of float

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(StepLR(optimizer, step_size=2, gamma=0.5), epochs=5)
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    trial = copy.copy(schedule)
    trial.optimizer = copy.copy(schedule.optimizer)
    rates = []
    for epoch in range(checks.integer("epochs", epochs, 0)):
        if epoch:
            trial.step()
        rates.append(trial.optimizer.lr)
    return rates


class StepLR(Schedule):
    """Multiply the rate by ``gamma`` every ``step_size`` epochs.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=8.0)
    >>> schedule = StepLR(optimizer, step_size=1, gamma=0.5)
    >>> schedule.step()
    >>> optimizer.lr
    4.0
    """

    def __init__(self, optimizer, step_size: int, gamma: float = 0.1):
        super().__init__(optimizer)
        self.step_size = checks.integer("step_size", step_size, 1)
        self.gamma = checks.number("gamma", gamma, 0)

    def _next_lr(self, t, lr):
        return lr * self.gamma if t % self.step_size == 0 else lr


class MultiStepLR(Schedule):
    """Multiply the rate by ``gamma`` at each epoch in ``milestones``.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5), epochs=5)
    [1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(self, optimizer, milestones, gamma: float = 0.1):
        super().__init__(optimizer)
        if not isinstance(milestones, (tuple, list)):
            raise TypeError(f"milestones must be a list of integers, got {milestones!r}")
        self.milestones = tuple(checks.integer("milestones", epoch, 0) for epoch in milestones)
        self.gamma = checks.number("gamma", gamma, 0)

    def _next_lr(self, t, lr):
        return lr * self.gamma ** self.milestones.count(t)


class ExponentialLR(Schedule):
    """Multiply the rate by ``gamma`` every epoch.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(ExponentialLR(optimizer, gamma=0.5), epochs=4)
    [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer, gamma: float):
        super().__init__(optimizer)
        self.gamma = checks.number("gamma", gamma, 0)

    def _next_lr(self, t, lr):
        return lr * self.gamma


class LinearLR(Schedule):
    """Go evenly from ``start_factor`` times the rate to ``end_factor`` times it: a warm-up.

    Parameters
    ----------
    optimizer : Optimizer
        Its present rate is what the factors multiply.
    start_factor, end_factor : float
        From above 0, or from 0, to 1.
    total_iters : int
        How many epochs (or batches) it takes.

    Notes
    -----
    With s, e and n for the three, the factor is ``f(t) = s + (e - s) * min(t, n) / n``. Each step multiplies the
    rate by ``f(t) / f(t - 1)``.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(LinearLR(optimizer, start_factor=0.5, total_iters=2), epochs=4)
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(self, optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5):
        super().__init__(optimizer)
        self.start_factor = checks.number("start_factor", start_factor, high=1, above=0)
        self.end_factor = checks.number("end_factor", end_factor, 0, 1)
        self.total_iters = checks.integer("total_iters", total_iters, 1)
        optimizer.lr *= self.start_factor

    def _next_lr(self, t, lr):
        if t > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        return lr * (1 + rise / (self.total_iters * self.start_factor + (t - 1) * rise))


class CosineAnnealingLR(Schedule):
    """Come down from the optimiser's rate to ``eta_min`` along half a cosine, in ``T_max`` epochs.

    Parameters
    ----------
    optimizer : Optimizer
        Its present rate is the top of the curve.
    T_max : int
        Epochs (or batches) from top to bottom; after that the rate goes up again.
    eta_min : float
        The bottom.

    Notes
    -----
    ``lr(t) = eta_min + (base_lr - eta_min) * (1 + cos(pi * t / T_max)) / 2``. Each step multiplies what is above
    ``eta_min`` by the quotient of two successive cosine terms; only right after the bottom, where that would be
    a division by zero, is the rise added.

    References
    ----------
    Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts, section 3.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> [round(lr, 3) for lr in preview(CosineAnnealingLR(optimizer, T_max=4), epochs=5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer, T_max: int, eta_min: float = 0.0):
        super().__init__(optimizer)
        self.T_max = checks.integer("T_max", T_max, 1)
        self.eta_min = checks.number("eta_min", eta_min, 0)

    def _next_lr(self, t, lr):
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:
            return lr + (self.base_lr - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
        before, now = (1 + math.cos(math.pi * i / self.T_max) for i in (t - 1, t))
        return self.eta_min + now / before * (lr - self.eta_min)


class OneCycleLR(Schedule):
    """Up to ``max_lr`` and down again, in ``total_steps`` batches; momentum goes the other way.

    Parameters
    ----------
    optimizer : Optimizer
        Its own learning rate is not used.
    max_lr : float
        The top.
    total_steps : int, optional
        How many batches in all; or give ``epochs`` and ``steps_per_epoch``.
    epochs, steps_per_epoch : int, optional
        Their product is ``total_steps``.
    pct_start : float
        The share of the steps that goes up.
    anneal_strategy : str
        "cos" or "linear".
    cycle_momentum : bool
        Whether to set the optimiser's ``momentum`` (of Adam the first of ``betas``) as well. As in PyTorch this
        is the default, and gives momentum to an `SGD` that had none.
    base_momentum, max_momentum : float
        Where momentum is when the rate is at the top, and at both ends.
    div_factor : float
        The first rate is ``max_lr / div_factor``.
    final_div_factor : float
        The last rate is the first divided by this.
    three_phase : bool
        Down to the first rate as quickly as up, then on to the last.

    References
    ----------
    Smith and Topin (2019), Super-convergence: very fast training of neural networks using large learning rates.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> optimizer = SGD([Parameter(np.zeros(1))], momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=5, pct_start=0.6, anneal_strategy="linear")
    >>> [round(lr, 5) for lr in preview(schedule, epochs=5)]
    [0.04, 0.52, 1.0, 0.5, 0.0]
    >>> optimizer.momentum
    0.95
    """

    def __init__(
        self,
        optimizer,
        max_lr: float,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ):
        super().__init__(optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("give total_steps, or both epochs and steps_per_epoch")
            total_steps = checks.integer("epochs", epochs, 1) * checks.integer("steps_per_epoch", steps_per_epoch, 1)
        self.total_steps = checks.integer("total_steps", total_steps, 1)
        self.max_lr = checks.number("max_lr", max_lr, 0)
        self.pct_start = checks.number("pct_start", pct_start, 0, 1)
        self.anneal_strategy = checks.one_of("anneal_strategy", anneal_strategy, ("cos", "linear"))
        self.cycle_momentum = checks.flag("cycle_momentum", cycle_momentum)
        self.base_momentum = checks.number("base_momentum", base_momentum, 0)
        self.max_momentum = checks.number("max_momentum", max_momentum, 0)
        self.div_factor = checks.number("div_factor", div_factor, above=0)
        self.final_div_factor = checks.number("final_div_factor", final_div_factor, above=0)
        self.three_phase = checks.flag("three_phase", three_phase)
        if cycle_momentum and not (hasattr(optimizer, "betas") or hasattr(optimizer, "momentum")):
            raise ValueError(f"{type(optimizer).__name__} has no momentum: pass cycle_momentum=False")
        self.base_lr = optimizer.initial_lr = self.max_lr / self.div_factor
        optimizer.lr = self._next_lr(0, None)

    def _phases(self):
        """For each phase its last step, and where rate and momentum begin and end in it."""
        first, top, last = self.base_lr, self.max_lr, self.base_lr / self.final_div_factor
        high, low = self.max_momentum, self.base_momentum
        up, end = self.pct_start * self.total_steps - 1, self.total_steps - 1
        if self.three_phase:
            down = 2 * self.pct_start * self.total_steps - 2
            fall = (down, (top, first), (low, high)), (end, (first, last), (high, high))
        else:
            fall = ((end, (top, last), (low, high)),)
        return (up, (first, top), (high, low)), *fall

    def _next_lr(self, t, lr):
        if t > self.total_steps:
            raise ValueError(f"the schedule is over: total_steps is {self.total_steps}, and this would be step {t}")
        phases = self._phases()
        i = next((i for i, (end, *_) in enumerate(phases) if t <= end), len(phases) - 1)
        begin = phases[i - 1][0] if i > 0 else 0.0
        end, rates, momenta = phases[i]
        share = (t - begin) / (end - begin) if end > begin else 1.0
        if self.cycle_momentum:
            self._set_momentum(self._between(*momenta, share))
        return self._between(*rates, share)

    def _between(self, start, end, share):
        if self.anneal_strategy == "linear":
            return start + (end - start) * share
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))

    def _set_momentum(self, momentum):
        if hasattr(self.optimizer, "betas"):
            self.optimizer.betas = (momentum, *self.optimizer.betas[1:])
        else:
            self.optimizer.momentum = momentum
