"""Optimisers that divide a running mean of the gradient by its running size: Adam and its relatives."""

import math

import numpy as np

from cnnlib import _checks as checks
from cnnlib.optim.optimizer import COUNT, MEAN, SQUARES, Memory, Optimizer, at_least_0, betas


class Adam(Optimizer):
    """Each parameter gets a step of its own size: the mean gradient over its root mean square.

    Parameters
    ----------
    params : list of Parameter
        What to change.
    lr : float
        The learning rate: about the largest change of a parameter in one step.
    betas : pair of float
        How much of the last mean, and of the last mean square, is kept.
    eps : float
        Keeps the quotient finite.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient; see `AdamW` for the better way.
    amsgrad : bool
        Divide by the largest root mean square so far, so that steps never grow because a gradient was forgotten.
    maximize : bool
        Go up, not down.

    Raises
    ------
    TypeError, ValueError
        If ``params`` is not a list of distinct parameters or a setting is out of its bounds.

    Notes
    -----
    In step t, with g the gradient: ``m = beta1 * m + (1 - beta1) * g``,
    ``v = beta2 * v + (1 - beta2) * g**2``. Both start at 0 and are too small at first, so they are
    divided by ``1 - beta1**t`` and ``1 - beta2**t``. Then ``w = w - lr * m / (sqrt(v) + eps)``: eps is
    outside the root, and is added after the correction. With ``amsgrad``, v is replaced in the root by the largest v so
    far, which is found before the correction.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1. Reddi, Kale and Kumar (2018), On
    the convergence of Adam and beyond, algorithm 2 (amsgrad).

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w = Parameter(np.array([1.0, 1.0]))
    >>> w.grad = np.array([0.001, -1000.0])
    >>> Adam([w], lr=0.1).step()
    >>> w.data.round(4)  # the first step has size lr, whatever the gradient
    array([0.9, 1.1])
    """

    settings = {
        "lr": at_least_0, "betas": betas, "eps": at_least_0, "weight_decay": at_least_0, "amsgrad": checks.flag,
        "maximize": checks.flag,
    }  # fmt: skip
    memory = {"step": COUNT, "exp_avg": MEAN, "exp_avg_sq": SQUARES,
              "max_exp_avg_sq": SQUARES._replace(needed="amsgrad")}  # fmt: skip

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False, *, maximize=False
    ):
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize
        )

    def _update(self, data, grad, state):
        t, m, v = _moments(self.betas, data, grad, state)
        beta1, beta2 = self.betas
        if self.amsgrad:
            v = state["max_exp_avg_sq"] = np.maximum(state.get("max_exp_avg_sq", 0), v)
        root = np.sqrt(v) / math.sqrt(1 - beta2**t) + self.eps
        data -= self.lr / (1 - beta1**t) * (m / root)

    def _impossible(self, settings, state):
        low = settings["amsgrad"] and (state["max_exp_avg_sq"] < state["exp_avg_sq"]).any()
        return {"max_exp_avg_sq": "must not be below exp_avg_sq"} if low else {}


class AdamW(Adam):
    """Adam with decoupled weight decay: weights shrink by ``lr * weight_decay``, whatever their gradient.

    In `Adam` the decay is part of the gradient, and is divided by its root mean square with it: weights with
    large gradients then hardly decay.

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize
        See `Adam`.
    weight_decay : float
        The share per unit of learning rate by which weights shrink; note the default, 0.01.

    Raises
    ------
    TypeError, ValueError
        As `Adam`.

    Notes
    -----
    ``w = w * (1 - lr * weight_decay)`` before the step of Adam.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled weight decay regularization, algorithm 2.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w = Parameter(np.array([10.0]))
    >>> w.grad = np.array([0.0])
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.data
    array([9.5])
    """

    decoupled_weight_decay = True

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False, *, maximize=False
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


class NAdam(Optimizer):
    """Adam that looks ahead as Nesterov's momentum does, with a momentum that warms up.

    Parameters
    ----------
    params, lr, betas, eps, maximize
        See `Adam`; note the default of ``lr``, 0.002.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient, or is decoupled from it.
    momentum_decay : float
        How fast the momentum warms up.
    decoupled_weight_decay : bool
        Decay as `AdamW` does.

    Raises
    ------
    TypeError, ValueError
        If ``params`` is not a list of distinct parameters or a setting is out of its bounds.

    Notes
    -----
    m and v are those of `Adam`. In step t the momentum is ``mu(t) = beta1 * (1 - 0.96**(t * momentum_decay) / 2)``:
    half of beta1 at first, and all of it at last. With M the product of mu(1) to mu(t) and the root
    ``r = sqrt(v / (1 - beta2**t)) + eps``, ``w = w - lr * ((1 - mu(t)) / (1 - M) * g + mu(t + 1) / (1 - M * mu(t + 1))
    * m) / r``. PyTorch keeps M in single precision, whatever the parameters are; so does this class.

    References
    ----------
    Dozat (2016), Incorporating Nesterov momentum into Adam, algorithm 2.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> w.grad = np.array([5.0])
    >>> NAdam([w], lr=0.1, betas=(0.8, 0.9), momentum_decay=0.0).step()  # mu is 0.4: 0.1 * (5 + 0.4 / 0.84 * 1) / 5
    >>> w.data.round(4)
    array([0.8905])
    """

    settings = {
        "lr": at_least_0, "betas": betas, "eps": at_least_0, "weight_decay": at_least_0, "momentum_decay": at_least_0,
        "decoupled_weight_decay": checks.flag, "maximize": checks.flag,
    }  # fmt: skip
    memory = {"step": COUNT, "exp_avg": MEAN, "exp_avg_sq": SQUARES, "mu_product": Memory(dtype=np.float32)}

    def __init__(
        self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, momentum_decay=4e-3,
        decoupled_weight_decay=False, *, maximize=False,
    ):  # fmt: skip
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay, maximize=maximize,
        )  # fmt: skip

    def _update(self, data, grad, state):
        t, m, v = _moments(self.betas, data, grad, state)
        beta1, beta2 = self.betas
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (i * self.momentum_decay)) for i in (t, t + 1))
        state["mu_product"] = np.float32(state.get("mu_product", 1)) * np.float32(mu)
        product = float(state["mu_product"])
        root = np.sqrt(v / (1 - beta2**t)) + self.eps
        data -= self.lr * (1 - mu) / (1 - product) * (grad / root)
        data -= self.lr * mu_next / (1 - product * mu_next) * (m / root)

    def _impossible(self, settings, state):
        product = float(state["mu_product"])
        return {} if abs(product) < 1 else {"mu_product": f"must lie between -1 and 1, got {product}"}


class Adamax(Optimizer):
    """Adam with the largest gradient, slowly forgotten, in place of the root mean square.

    Parameters
    ----------
    params, lr, betas, eps, maximize
        See `Adam`; note the default of ``lr``, 0.002.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient.

    Raises
    ------
    TypeError, ValueError
        If ``params`` is not a list of distinct parameters or a setting is out of its bounds.

    Notes
    -----
    m is that of `Adam`, ``u = max(beta2 * u, abs(g) + eps)``, and ``w = w - lr / (1 - beta1**t) * m / u``. u needs no
    correction: it does not start too small.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 2.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> optimizer = Adamax([w], lr=0.1, betas=(0.5, 0.9))
    >>> for g in (10.0, 0.0):
    ...     w.grad = np.array([g])
    ...     optimizer.step()  # m is 5, then 2.5; corrected 10 and 3.3333; u is 10, then 9
    ...     print(w.data.round(4))
    [0.9]
    [0.863]
    """

    settings = {
        "lr": at_least_0, "betas": betas, "eps": at_least_0, "weight_decay": at_least_0, "maximize": checks.flag,
    }  # fmt: skip
    memory = {"step": COUNT, "exp_avg": MEAN, "exp_inf": SQUARES}

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, *, maximize=False):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize)

    def _update(self, data, grad, state):
        if not state:
            state |= {"step": 0, "exp_avg": np.zeros_like(data), "exp_inf": np.zeros_like(data)}
        state["step"] += 1
        beta1, beta2 = self.betas
        m, u = state["exp_avg"], state["exp_inf"]
        m += (1 - beta1) * (grad - m)
        u[...] = np.maximum(beta2 * u, np.abs(grad) + self.eps)
        data -= self.lr / (1 - beta1 ** int(state["step"])) * (m / u)


def _moments(betas, data, grad, state):
    """Update the number of steps and the running means of the gradient and of its square; return all three."""
    if not state:
        state |= {"step": 0, "exp_avg": np.zeros_like(data), "exp_avg_sq": np.zeros_like(data)}
    state["step"] += 1
    m, v = state["exp_avg"], state["exp_avg_sq"]
    m += (1 - betas[0]) * (grad - m)
    v *= betas[1]
    v += (1 - betas[1]) * grad * grad
    return int(state["step"]), m, v
