"""Schedules that come down along half a cosine."""

import math

from cnnlib import _checks as checks
from cnnlib.schedules.schedule import Schedule


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

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

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
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import preview
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> [round(lr, 3) for lr in preview(CosineAnnealingLR(optimizer, T_max=4), epochs=5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer, T_max: int, eta_min: float = 0.0):
        super().__init__(optimizer)
        self.T_max = checks.integer("T_max", T_max, 1)
        self.eta_min = checks.number("eta_min", eta_min, 0)
        self._begin()

    def _next_lr(self, t, lr):
        if t == 0:
            return lr
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:
            return lr + (self.base_lr - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
        before, now = (1 + math.cos(math.pi * i / self.T_max) for i in (t - 1, t))
        return self.eta_min + now / before * (lr - self.eta_min)


class CosineAnnealingWarmRestarts(Schedule):
    """Come down along half a cosine, go back to the top at once, and come down again, in a longer time if wanted.

    Parameters
    ----------
    optimizer : Optimizer
        Its rate before any schedule is the top of the curve. The rate is set, not multiplied: what other schedules
        did is overwritten.
    T_0 : int
        Epochs (or batches) until the first restart.
    T_mult : int
        Each time is this many times as long as the one before.
    eta_min : float
        The bottom, which is not quite reached.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is not an optimiser or an option is out of its bounds.

    Notes
    -----
    In epoch c of a time of T epochs, ``lr = eta_min + (base_lr - eta_min) * (1 + cos(pi * c / T)) / 2``.

    References
    ----------
    Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.module import Parameter
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.schedules import preview
    >>> optimizer = SGD([Parameter(np.zeros(1))], lr=1.0)
    >>> schedule = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    >>> [round(lr, 3) for lr in preview(schedule, epochs=7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    def __init__(self, optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0):
        super().__init__(optimizer)
        self.T_0 = checks.integer("T_0", T_0, 1)
        self.T_mult = checks.integer("T_mult", T_mult, 1)
        self.eta_min = checks.number("eta_min", eta_min, 0)
        self._begin()

    def _next_lr(self, t, lr):
        length = self.T_0
        if self.T_mult == 1:
            t %= length
        while t >= length:
            t, length = t - length, length * self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / length)) / 2
