"""Gradient descent."""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.optim.optimizer import MEAN, Optimizer, at_least_0


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted.

    Parameters
    ----------
    params : list of Parameter
        What to change.
    lr : float
        The learning rate.
    momentum : float
        How much of the last velocity is kept, 0 for none.
    dampening : float
        How much of the gradient is held back from the velocity.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient: the gradient of ``weight_decay / 2 * w**2`` in the loss.
    nesterov : bool
        Look ahead along the velocity.
    maximize : bool
        Go up, not down.

    Raises
    ------
    TypeError, ValueError
        If ``params`` is not a list of distinct parameters, a setting is out of its bounds, or ``nesterov`` comes
        without momentum or with dampening.

    Notes
    -----
    With g the gradient (decay included) and v the velocity, which starts as g itself, undampened:
    ``v = momentum * v + (1 - dampening) * g``, then ``w = w - lr * v``, or with Nesterov
    ``w = w - lr * (g + momentum * v)``. The learning rate stands outside v; in other texts, Sutskever's
    among them, it stands inside, which differs as soon as it changes.

    References
    ----------
    Sutskever, Martens, Dahl and Hinton (2013), On the importance of initialization and momentum in deep
    learning, section 2.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> optimizer = SGD([w], lr=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     w.grad = np.array([2.0])
    ...     optimizer.step()  # velocity 2, then 0.5 * 2 + 2 = 3
    ...     print(w.data.round(4))
    [0.8]
    [0.5]
    """

    settings = {
        "lr": at_least_0, "momentum": at_least_0, "dampening": checks.number, "weight_decay": at_least_0,
        "nesterov": checks.flag, "maximize": checks.flag,
    }  # fmt: skip
    memory = {"momentum_buffer": MEAN}

    def __init__(
        self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, *, maximize=False
    ):
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov,
            maximize=maximize,
        )  # fmt: skip
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError(f"nesterov needs momentum above 0 and dampening 0, got {momentum} and {dampening}")

    def _clashes(self, settings):
        dampening = settings["dampening"]
        return [f"dampening must be 0 with nesterov, got {dampening}"] if settings["nesterov"] and dampening else []

    def _update(self, data, grad, state):
        if self.momentum:
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = np.array(grad)  # the first step is not dampened
            else:
                state["momentum_buffer"] *= self.momentum
                state["momentum_buffer"] += (1 - self.dampening) * grad if self.dampening else grad
            velocity = state["momentum_buffer"]
            grad = grad + self.momentum * velocity if self.nesterov else velocity
        data -= self.lr * grad
