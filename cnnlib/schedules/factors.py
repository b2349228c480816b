"""Schedules that multiply the present rate by a factor."""

from cnnlib import _checks as checks
from cnnlib.schedules.schedule import Schedule


class StepLR(Schedule):
    """Multiply the rate by ``gamma`` every ``step_size`` epochs.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rate it changes.
    step_size : int
        How many epochs (or batches) lie between two changes.
    gamma : float
        The factor, from 0.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

    Examples
    --------
    >>> import numpy as np
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
        self._begin()

    def _next_lr(self, t, lr):
        return lr * self.gamma if t > 0 and t % self.step_size == 0 else lr


class MultiStepLR(Schedule):
    """Multiply the rate by ``gamma`` at each epoch in ``milestones``, from 0 on; twice where one is there twice.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rate it changes.
    milestones : list of int
        The epochs (or batches) in which the rate changes, in any order.
    gamma : float
        The factor, from 0.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import preview
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
        self._begin()

    def _next_lr(self, t, lr):
        return lr * self.gamma ** self.milestones.count(t)


class ExponentialLR(Schedule):
    """Multiply the rate by ``gamma`` every epoch.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rate it changes.
    gamma : float
        The factor, from 0.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import preview
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(ExponentialLR(optimizer, gamma=0.5), epochs=4)
    [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer, gamma: float):
        super().__init__(optimizer)
        self.gamma = checks.number("gamma", gamma, 0)
        self._begin()

    def _next_lr(self, t, lr):
        return lr * self.gamma if t > 0 else lr


class ConstantLR(Schedule):
    """Hold the rate at ``factor`` times what it was, for ``total_iters`` epochs.

    Parameters
    ----------
    optimizer : Optimizer
        Its present rate is what the factor multiplies.
    factor : float
        From above 0 to 1. (0 could not be undone: at the end the rate is divided by it.)
    total_iters : int
        How many epochs (or batches) it takes, at least 1. (PyTorch takes 0, and then never lets go of the factor.)

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import preview
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(ConstantLR(optimizer, factor=0.25, total_iters=2), epochs=4)
    [0.25, 0.25, 1.0, 1.0]
    """

    def __init__(self, optimizer, factor: float = 1 / 3, total_iters: int = 5):
        super().__init__(optimizer)
        self.factor = checks.number("factor", factor, high=1, above=0)
        self.total_iters = checks.integer("total_iters", total_iters, 1)
        self._begin()

    def _next_lr(self, t, lr):
        if t == 0:
            return lr * self.factor
        return lr * (1 / self.factor) if t == self.total_iters else lr


class LinearLR(Schedule):
    """Go evenly from ``start_factor`` times the rate to ``end_factor`` times it: a warm-up.

    Parameters
    ----------
    optimizer : Optimizer
        Its present rate is what the factors multiply.
    start_factor, end_factor : float
        From above 0, and from 0, to 1.
    total_iters : int
        How many epochs (or batches) it takes.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

    Notes
    -----
    With s, e and n for the three, the factor is ``f(t) = s + (e - s) * min(t, n) / n``. Each step multiplies the
    rate by ``f(t) / f(t - 1)``. Where it should end at 0, it may end a rounding error below, as in PyTorch.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import preview
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(LinearLR(optimizer, start_factor=0.5, total_iters=2), epochs=4)
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(self, optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5):
        super().__init__(optimizer)
        self.start_factor = checks.number("start_factor", start_factor, high=1, above=0)
        self.end_factor = checks.number("end_factor", end_factor, 0, 1)
        self.total_iters = checks.integer("total_iters", total_iters, 1)
        self._begin()

    def _next_lr(self, t, lr):
        if t == 0:
            return lr * self.start_factor
        if t > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        return lr * (1 + rise / (self.total_iters * self.start_factor + (t - 1) * rise))


class PolynomialLR(Schedule):
    """Come down to 0 in ``total_iters`` epochs: evenly, or with ``power`` above 1 fast at first and then slowly.

    Parameters
    ----------
    optimizer : Optimizer
        Its present rate is where it begins.
    total_iters : int
        How many epochs (or batches) it takes.
    power : float
        The exponent, from 0.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

    Notes
    -----
    With n for ``total_iters``, the factor is ``f(t) = (1 - min(t, n) / n)**power``. Each step multiplies the rate by
    ``f(t) / f(t - 1)``.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import preview
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> preview(PolynomialLR(optimizer, total_iters=2, power=2.0), epochs=4)
    [1.0, 0.25, 0.0, 0.0]
    """

    def __init__(self, optimizer, total_iters: int = 5, power: float = 1.0):
        super().__init__(optimizer)
        self.total_iters = checks.integer("total_iters", total_iters, 1)
        self.power = checks.number("power", power, 0)
        self._begin()

    def _next_lr(self, t, lr):
        if t == 0 or t > self.total_iters:
            return lr
        left, before = (1 - i / self.total_iters for i in (t, t - 1))
        return lr * (left / before) ** self.power
