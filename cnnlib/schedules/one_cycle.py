"""The one-cycle schedule."""

import math

from cnnlib import _checks as checks
from cnnlib.schedules.schedule import Schedule, count


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

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser, or has no momentum to cycle, or an option is out of its bounds.

    Notes
    -----
    The last rate is reached after ``total_steps - 1`` calls of ``step``. As in PyTorch, one more is accepted, so that
    you may call it after every batch. It goes beyond the end of the curve: "linear" arrives below 0, at a rate that
    would climb. A further call raises ``ValueError``.

    References
    ----------
    Smith and Topin (2019), Super-convergence: very fast training of neural networks using large learning rates.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import preview
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
        for name in ("base_momentum", "max_momentum"):
            if cycle_momentum and hasattr(optimizer, "betas") and getattr(self, name) >= 1:
                raise ValueError(f"{name} must be below 1 for {type(optimizer).__name__}, got {getattr(self, name)}")
        self.base_lr = optimizer.initial_lr = self.max_lr / self.div_factor
        self._begin()

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

    def _at(self, t, lr):
        if t > self.total_steps:
            raise ValueError(f"the schedule is over: total_steps is {self.total_steps}, and this would be step {t}")
        phases = self._phases()
        i = next((i for i, (end, *_) in enumerate(phases) if t <= end), len(phases) - 1)
        begin = phases[i - 1][0] if i > 0 else 0.0
        end, rates, momenta = phases[i]
        share = (t - begin) / (end - begin) if end != begin else 1.0
        settings = {"lr": self._between(*rates, share)}
        if self.cycle_momentum:
            momentum = self._between(*momenta, share)
            if hasattr(self.optimizer, "betas"):
                settings["betas"] = (momentum, *self.optimizer.betas[1:])
            else:
                settings["momentum"] = momentum
        return settings

    def _between(self, start, end, share):
        if self.anneal_strategy == "linear":
            return start + (end - start) * share
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))

    @property
    def _state(self):
        return super()._state | {"last_epoch": self._not_over}

    def _not_over(self, name, value):
        if count(name, value) > self.total_steps:
            raise ValueError(f"{name} must be at most total_steps, {self.total_steps}, got {value}")
        return value
