"""A schedule that looks at how training goes."""

import math

import numpy as np

from cnnlib import _checks as checks
from cnnlib.schedules.schedule import Schedule, count


class ReduceLROnPlateau(Schedule):
    """Multiply the rate by ``factor`` when a number has not become better for more than ``patience`` epochs.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rate it reduces.
    mode : {"min", "max"}
        Whether the number is better when it is smaller, as a loss, or larger, as an accuracy.
    factor : float
        From 0 to below 1.
    patience : int
        How many epochs without a better number are borne.
    threshold : float
        By how much it has to be better than the best.
    threshold_mode : {"rel", "abs"}
        Whether ``threshold`` is a share of the best number, or a difference.
    cooldown : int
        How many epochs are not counted after a reduction.
    min_lr : float
        The rate is not reduced below it.
    eps : float
        A reduction by no more than this is left out.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

    Notes
    -----
    ``step`` wants the number: ``schedule.step(loss)``. `cnnlib.training.fit` hands it the validation loss, or in mode
    "max" the validation accuracy; without validation data that of the training. NaN is never better.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.5, 1.0):
    ...     schedule.step(loss)
    ...     print(optimizer.lr)
    1.0
    1.0
    1.0
    0.5
    0.5
    """

    needs_metrics = True

    def __init__(
        self,
        optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ):
        super().__init__(optimizer)
        self.mode = checks.one_of("mode", mode, ("min", "max"))
        self.factor = checks.number("factor", factor, 0)
        if self.factor >= 1:
            raise ValueError(f"factor must be below 1, got {factor}")
        self.patience = count("patience", patience)
        self.threshold = checks.number("threshold", threshold, 0)
        self.threshold_mode = checks.one_of("threshold_mode", threshold_mode, ("rel", "abs"))
        self.cooldown = count("cooldown", cooldown)
        self.min_lr = checks.number("min_lr", min_lr, 0)
        self.eps = checks.number("eps", eps, 0)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0

    def step(self, metrics):
        """Look at the number of this epoch, and reduce the rate if it is time.

        Raises
        ------
        TypeError
            If ``metrics`` is not a number.
        """
        metrics = number("metrics", metrics)
        self.last_epoch += 1
        better = self._is_better(metrics)
        self.best = metrics if better else self.best
        self.num_bad_epochs = 0 if better else self.num_bad_epochs + 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            reduced = max(self.optimizer.lr * self.factor, self.min_lr)
            if self.optimizer.lr - reduced > self.eps:
                self.optimizer.adjust(lr=reduced)
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def metrics(self, history):
        """What `cnnlib.training.fit` hands to ``step``: the last loss, or where more is better, the last accuracy."""
        name = "accuracy" if self.mode == "max" else "loss"
        return ((getattr(history, f"validation_{name}") or getattr(history, f"train_{name}"))[-1],)

    def _is_better(self, value):
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            bound = self.best * (1 + sign * self.threshold)
        else:
            bound = self.best + sign * self.threshold
        return value > bound if self.mode == "max" else value < bound

    @property
    def _state(self):
        return super()._state | {"best": number, "num_bad_epochs": count, "cooldown_counter": count}


def number(name, value):
    """Return ``value`` as a float if it is a number; NaN and infinity are."""
    value = np.asarray(value)
    if value.dtype.kind not in "iuf" or value.size != 1:
        raise TypeError(f"{name} must be a number, got {value!r}")
    return float(value.item())
