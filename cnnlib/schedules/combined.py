"""Schedules made of schedules: one after the other, or all at once."""

from bisect import bisect_right

from cnnlib import _checks as checks
from cnnlib.schedules.schedule import Schedule


class Combined(Schedule):
    """What `SequentialLR` and `ChainedScheduler` share: several schedules of one optimiser, saved together."""

    def __init__(self, optimizer, schedulers):
        if not isinstance(schedulers, (tuple, list)) or not schedulers:
            raise ValueError(f"schedulers must be a list of schedules, at least one, got {schedulers!r}")
        for i, schedule in enumerate(schedulers):
            if not isinstance(schedule, Schedule):
                raise TypeError(f"schedulers[{i}] must be a schedule of cnnlib.schedules, got {schedule!r}")
            if schedule.needs_metrics:
                raise ValueError(f"schedulers[{i}] must be a schedule whose step needs no metrics, got {schedule!r}")
        super().__init__(schedulers[0].optimizer if optimizer is None else optimizer)
        for i, schedule in enumerate(schedulers):
            if schedule.optimizer is not self.optimizer:
                raise ValueError(f"schedulers[{i}] belongs to another optimizer: make it with this one")
        if len({id(schedule) for schedule in schedulers}) < len(schedulers):
            raise ValueError("schedulers holds the same schedule twice: it would go twice as fast")
        self.schedulers = list(schedulers)

    @property
    def cycle_momentum(self):
        """Whether any of them moves the momentum too."""
        return any(schedule.cycle_momentum for schedule in self.schedulers)

    def state_dict(self):
        """What changes, as a dict of arrays; that of the schedules as ``0.last_epoch`` and so on."""
        state = super().state_dict()
        for i, schedule in enumerate(self.schedulers):
            state |= {f"{i}.{name}": value for name, value in schedule.state_dict().items()}
        return state

    def _read(self, state_dict):
        found = []
        for i, schedule in enumerate(self.schedulers):
            names = [name for name in state_dict if isinstance(name, str) and name.startswith(f"{i}.")]
            found += schedule._read({name.removeprefix(f"{i}."): state_dict.pop(name) for name in names})
        return super()._read(state_dict) + found

    def _copy_for(self, optimizer):
        copied = super()._copy_for(optimizer)
        copied.schedulers = [schedule._copy_for(optimizer) for schedule in self.schedulers]
        return copied


class SequentialLR(Combined):
    """One schedule after the other, each beginning from the rate before any schedule.

    Parameters
    ----------
    optimizer : Optimizer
        That of all the schedules.
    schedulers : list of Schedule
        The schedules in order, freshly made. They cannot be combined ones themselves.
    milestones : list of int
        The epochs (or batches) in which the second and all further ones begin, in ascending order.

    Raises
    ------
    TypeError, ValueError
        If they are not schedules of this optimiser, or the milestones do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import ExponentialLR, LinearLR, preview
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> warm_up = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> fall = ExponentialLR(optimizer, gamma=0.5)
    >>> preview(SequentialLR(optimizer, [warm_up, fall], milestones=[2]), epochs=5)
    [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer, schedulers, milestones):
        super().__init__(optimizer, schedulers)
        for i, schedule in enumerate(self.schedulers):
            if isinstance(schedule, Combined):
                raise ValueError(f"schedulers[{i}] must not be a combined schedule, got {schedule!r}")
        if not isinstance(milestones, (tuple, list)):
            raise TypeError(f"milestones must be a list of integers, got {milestones!r}")
        self.milestones = [checks.integer("milestones", epoch, 0) for epoch in milestones]
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(f"milestones must be one fewer than the {len(schedulers)} schedules, got {milestones}")
        if self.milestones != sorted(self.milestones):
            raise ValueError(f"milestones must be in ascending order, got {milestones}")
        self._restart(self._active(0), self.optimizer.initial_lr)

    def _active(self, t):
        return self.schedulers[bisect_right(self.milestones, t)]

    def _restart(self, schedule, lr):
        """Begin with a schedule at its epoch 0."""
        self.optimizer.adjust(**schedule._at(0, lr))
        schedule.last_epoch = 0

    def step(self):
        """Go on by one epoch (or batch) with the schedule whose turn it is."""
        schedule = self._active(self.last_epoch + 1)
        if self.last_epoch + 1 in self.milestones:
            self._restart(schedule, schedule.base_lr)
        else:
            schedule.step()
        self.last_epoch += 1


class ChainedScheduler(Combined):
    """Several schedules at once: each multiplies the rate in its turn, in every epoch.

    Parameters
    ----------
    schedulers : list of Schedule
        The schedules. `CosineAnnealingWarmRestarts` and `OneCycleLR` set the rate: what those before did is lost.
    optimizer : Optimizer, optional
        That of all the schedules.

    Raises
    ------
    TypeError, ValueError
        If they are not schedules of one optimiser.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import ConstantLR, ExponentialLR, preview
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> both = [ConstantLR(optimizer, factor=0.5, total_iters=2), ExponentialLR(optimizer, gamma=0.5)]
    >>> preview(ChainedScheduler(both), epochs=4)
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, schedulers, optimizer=None):
        super().__init__(optimizer, schedulers)

    def step(self):
        """Go on by one epoch (or batch) with each."""
        for schedule in self.schedulers:
            schedule.step()
        self.last_epoch += 1
