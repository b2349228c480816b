"""Optimisers that divide the gradient by the size it usually has: RMSprop, Adagrad, Adadelta."""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.optim.optimizer import COUNT, MEAN, SQUARES, Optimizer, at_least_0, share


class RMSprop(Optimizer):
    """The gradient over its root mean square.

    Parameters
    ----------
    params : list of Parameter
        What to change.
    lr : float
        The learning rate.
    alpha : float
        How much of the last mean square is kept.
    eps : float
        Keeps the quotient finite; it is added outside the root.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient.
    momentum : float
        How much of the last step is kept, 0 for none.
    centered : bool
        Subtract the square of the mean from the mean square, which makes it a variance.
    maximize : bool
        Go up, not down.

    Raises
    ------
    TypeError, ValueError
        If ``params`` is not a list of distinct parameters or a setting is out of its bounds.

    Notes
    -----
    ``v = alpha * v + (1 - alpha) * g**2``, step ``s = g / (sqrt(v) + eps)``, or with a mean m that moves
    like v, ``s = g / (sqrt(v - m**2) + eps)``. Then ``w = w - lr * s``, or with momentum ``b = momentum * b
    + s`` and ``w = w - lr * b``.

    ``centered`` has a weak spot. When a gradient stays the same for long, v and m**2 become equal up to rounding; where
    their difference is rounded below 0, its root is NaN, which eps does not mend, and the weight is lost. PyTorch does
    the same.

    References
    ----------
    Tieleman and Hinton (2012), Neural networks for machine learning, lecture 6.5. Graves (2013), Generating
    sequences with recurrent neural networks, equations 38 to 45 (centered).

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> w.grad = np.array([5.0])
    >>> RMSprop([w], lr=0.1, alpha=0.75).step()  # v = 0.25 * 25, so the step is 0.1 * 5 / 2.5
    >>> w.data.round(4)
    array([0.8])
    """

    settings = {
        "lr": at_least_0, "alpha": share, "eps": at_least_0, "weight_decay": at_least_0, "momentum": at_least_0,
        "centered": checks.flag, "maximize": checks.flag,
    }  # fmt: skip
    memory = {"square_avg": SQUARES, "momentum_buffer": MEAN._replace(needed=False),
              "grad_avg": MEAN._replace(needed="centered")}  # fmt: skip

    def __init__(
        self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False, *, maximize=False
    ):
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered,
            maximize=maximize,
        )  # fmt: skip

    def _update(self, data, grad, state):
        needed = {"square_avg": True, "momentum_buffer": self.momentum > 0, "grad_avg": self.centered}
        for name, is_needed in needed.items():
            if is_needed and name not in state:
                state[name] = np.zeros_like(data)
        v = state["square_avg"]
        v *= self.alpha
        v += (1 - self.alpha) * grad * grad
        if self.centered:
            m = state["grad_avg"]
            m += (1 - self.alpha) * (grad - m)
            root = np.sqrt(v - m * m) + self.eps
        else:
            root = np.sqrt(v) + self.eps
        step = grad / root
        if self.momentum > 0:  # a schedule may bring it to 0 and below, and back
            state["momentum_buffer"] *= self.momentum
            state["momentum_buffer"] += step
            step = state["momentum_buffer"]
        data -= self.lr * step


class Adagrad(Optimizer):
    """The gradient over the root of the sum of all its squares: the more a weight has moved, the less it moves.

    Parameters
    ----------
    params : list of Parameter
        What to change.
    lr : float
        The learning rate.
    lr_decay : float
        In step t the rate is divided by ``1 + (t - 1) * lr_decay``.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient.
    initial_accumulator_value : float
        Where the sum of squares starts.
    eps : float
        Keeps the quotient finite; it is added outside the root.
    maximize : bool
        Go up, not down.

    Raises
    ------
    TypeError, ValueError
        If ``params`` is not a list of distinct parameters or a setting is out of its bounds.

    Notes
    -----
    ``s = s + g**2``, then ``w = w - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)``. The sum never shrinks, so
    the steps fade away: `RMSprop` has a running mean in its place for this reason.

    References
    ----------
    Duchi, Hazan and Singer (2011), Adaptive subgradient methods for online learning and stochastic optimization,
    section 1.1.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> optimizer = Adagrad([w], lr=0.1)
    >>> for g in (3.0, 4.0):
    ...     w.grad = np.array([g])
    ...     optimizer.step()  # 0.1 * 3 / 3, then 0.1 * 4 / 5
    ...     print(w.data.round(4))
    [0.9]
    [0.82]
    """

    settings = {
        "lr": at_least_0, "lr_decay": at_least_0, "weight_decay": at_least_0, "initial_accumulator_value": at_least_0,
        "eps": at_least_0, "maximize": checks.flag,
    }  # fmt: skip
    memory = {"step": COUNT, "sum": SQUARES}

    def __init__(
        self, params, lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10, *,
        maximize=False,
    ):  # fmt: skip
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps, maximize=maximize,
        )  # fmt: skip

    def _update(self, data, grad, state):
        if not state:
            state |= {"step": 0, "sum": np.full_like(data, self.initial_accumulator_value)}
        state["step"] += 1
        state["sum"] += grad * grad
        rate = self.lr / (1 + (int(state["step"]) - 1) * self.lr_decay)
        data -= rate * (grad / (np.sqrt(state["sum"]) + self.eps))

    def _impossible(self, settings, state):
        start = state["sum"].dtype.type(settings["initial_accumulator_value"])
        low = (state["sum"] < start).any()
        return {"sum": f"must be at least initial_accumulator_value, {start}, got {state['sum'].min()}"} if low else {}


class Adadelta(Optimizer):
    """The gradient over its root mean square, times the root mean square of the changes so far: no unit is left over.

    Parameters
    ----------
    params : list of Parameter
        What to change.
    lr : float
        A factor for the step; 1 in the paper.
    rho : float
        How much of the last mean squares is kept.
    eps : float
        Added inside both roots. It sets the size of the first steps.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient.
    maximize : bool
        Go up, not down.

    Raises
    ------
    TypeError, ValueError
        If ``params`` is not a list of distinct parameters or a setting is out of its bounds.

    Notes
    -----
    ``v = rho * v + (1 - rho) * g**2``, the change ``d = sqrt(u + eps) / sqrt(v + eps) * g`` with the u of the step
    before, then ``u = rho * u + (1 - rho) * d**2`` and ``w = w - lr * d``.

    References
    ----------
    Zeiler (2012), ADADELTA: an adaptive learning rate method, algorithm 1.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> w.grad = np.array([4.0])
    >>> Adadelta([w], rho=0.75, eps=0.25).step()  # v = 0.25 * 16: the change is sqrt(0.25 / 4.25) * 4
    >>> w.data.round(4)
    array([0.0299])
    """

    settings = {
        "lr": at_least_0, "rho": share, "eps": at_least_0, "weight_decay": at_least_0, "maximize": checks.flag,
    }  # fmt: skip
    memory = {"square_avg": SQUARES, "acc_delta": SQUARES}

    def __init__(self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0, *, maximize=False):
        super().__init__(params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize)

    def _update(self, data, grad, state):
        if not state:
            state |= {"square_avg": np.zeros_like(data), "acc_delta": np.zeros_like(data)}
        v, u = state["square_avg"], state["acc_delta"]
        v *= self.rho
        v += (1 - self.rho) * grad * grad
        change = np.sqrt(u + self.eps) / np.sqrt(v + self.eps) * grad
        u *= self.rho
        u += (1 - self.rho) * change * change
        data -= self.lr * change
