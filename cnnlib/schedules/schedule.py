"""What all schedules share, and a look ahead."""

import copy

import numpy as np

from cnnlib import _checks as checks
from cnnlib.optim import Optimizer
from cnnlib.optim.optimizer import plain


def count(name, value):
    """Return ``value`` as an int if it is a whole number from 0."""
    return checks.integer(name, value, 0)


class Schedule:
    """What all schedules share: the optimiser, the counter, saving and loading.

    A schedule of your own needs a ``_next_lr``, and a constructor that calls this one, keeps its options as
    attributes, and calls ``self._begin()`` last.

    Attributes
    ----------
    optimizer : Optimizer
        Whose ``lr`` it changes.
    base_lr : float
        The rate that the optimiser had before any schedule.
    last_epoch : int
        How many times ``step`` has been called.
    """

    cycle_momentum = False  # whether it moves the momentum too
    needs_metrics = False  # whether ``step`` wants to know how training goes

    def __init__(self, optimizer):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer must be an optimiser of cnnlib.optim, got {optimizer!r}")
        if not hasattr(optimizer, "initial_lr"):
            optimizer.initial_lr = optimizer.lr
        self.optimizer = optimizer
        self.base_lr = optimizer.initial_lr
        self.last_epoch = 0

    def _begin(self):
        """Set what the optimiser begins with."""
        self.optimizer.adjust(**self._at(0, self.optimizer.lr))

    def _at(self, t, lr):
        """The settings in epoch ``t``, given that the rate was ``lr`` before: the rate, and what else it may move."""
        return {"lr": float(self._next_lr(t, lr))}

    def _next_lr(self, t, lr):
        """The rate in epoch ``t``, given that it was ``lr`` in the epoch before, or, for 0, before the schedule."""
        raise NotImplementedError

    def step(self):
        """Go on by one epoch (or batch) and set the optimiser's learning rate."""
        self.optimizer.adjust(**self._at(self.last_epoch + 1, self.optimizer.lr))
        self.last_epoch += 1

    def metrics(self, history):
        """What `cnnlib.training.fit` hands to ``step``, out of the run's history: nothing."""
        return ()

    def state_dict(self):
        """What changes, as a dict of arrays. The learning rate itself is in the optimiser's ``state_dict``."""
        return {name: np.array(getattr(self, name)) for name in self._state}

    def load_state_dict(self, state_dict):
        """Go on from what `state_dict` returned, all or nothing.

        First make optimiser and schedule with the arguments they had, then load both: making a schedule may
        change the optimiser's rate.

        Raises
        ------
        TypeError, ValueError
            If it is not the state of such a schedule.
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(f"state_dict must be a dict of arrays, got {type(state_dict).__name__}")
        for schedule, state in self._read(dict(state_dict)):
            vars(schedule).update(state)

    @property
    def _state(self):
        """What changes, and the check that each part has to pass when it is loaded."""
        return {"last_epoch": count, "base_lr": checks.number}

    def _read(self, state_dict):
        """Check a state; return pairs of a schedule and what it has to be given."""
        if set(state_dict) != set(self._state):
            given = ", ".join(map(str, state_dict)) or "nothing"
            raise ValueError(f"state_dict must have {' and '.join(self._state)}, got {given}")
        return [(self, {name: check(name, plain(name, state_dict[name])) for name, check in self._state.items()})]

    def _copy_for(self, optimizer):
        """A copy that works on ``optimizer``."""
        copied = copy.copy(self)
        copied.optimizer = optimizer
        return copied

    def __repr__(self):
        hidden = ("optimizer", *self._state)
        settings = (f"{k}={v!r}" for k, v in vars(self).items() if k not in hidden and not k.startswith("_"))
        return f"{type(self).__name__}({', '.join(settings)})"


def preview(schedule, epochs: int):
    """The learning rates of the present epoch and those to come, to print or plot; nothing is changed.

    Parameters
    ----------
    schedule : Schedule
        Any but `ReduceLROnPlateau`, whose rates depend on how training goes.
    epochs : int
        How many rates.

    Returns
    -------
    list of float

    Raises
    ------
    TypeError
        If the rates cannot be known.
    ValueError
        If ``epochs`` is negative, or the schedule is over before.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import StepLR
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(StepLR(optimizer, step_size=2, gamma=0.5), epochs=5)
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    if not isinstance(schedule, Schedule) or schedule.needs_metrics:
        raise TypeError(f"schedule must be one whose rates are known before training, got {schedule!r}")
    trial = schedule._copy_for(copy.copy(schedule.optimizer))
    rates = []
    for epoch in range(checks.integer("epochs", epochs, 0)):
        if epoch:
            trial.step()
        rates.append(trial.optimizer.lr)
    return rates
