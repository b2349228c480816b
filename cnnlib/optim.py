"""Optimisers: how far and where to move each parameter, given its gradient.

All follow PyTorch's step for step, including the details on which texts differ. An optimiser is handed a
list of parameters (``model.parameters()``) and changes them in place. A training step is::

    optimizer.zero_grad()
    loss = criterion(model(x), y)
    model.backward(criterion.backward())
    optimizer.step()

What an optimiser does to one parameter is its ``_update``: about ten lines, meant to be read.
"""

import math

import numpy as np

from cnnlib import _checks as checks
from cnnlib.module import Parameter


class Optimizer:
    """What all optimisers share: the parameters, the memory for each, saving and loading.

    Attributes
    ----------
    params : list of Parameter
        What it changes.
    lr : float
        The learning rate. Set it to any number from 0; a schedule does.
    state : list of dict
        For each parameter what the optimiser remembers about it, empty before its first step.
    """

    settings = ("lr",)
    memory = ()

    def __init__(self, params, lr):
        self.params = _parameters(params)
        self.lr = checks.number("lr", lr, 0)
        self.state = [{} for _ in self.params]

    def step(self):
        """Move every parameter that has a gradient.

        Raises
        ------
        RuntimeError
            If none has: ``step`` without ``backward``.
        """
        self.lr = checks.number("lr", self.lr, 0)
        if all(p.grad is None for p in self.params):
            raise RuntimeError("no parameter has a gradient: call backward before step")
        for i, p in enumerate(self.params):
            if p.grad is not None:
                checks.shape(f"the gradient of parameter {i}", p.grad, p.shape)
                if p.grad.dtype != p.dtype:
                    raise TypeError(f"parameter {i} is {p.dtype} and its gradient {p.grad.dtype}: they must agree")
        for p, state in zip(self.params, self.state, strict=True):
            if p.grad is not None:
                self._update(p.data, p.grad, state)

    def _update(self, data, grad, state):
        """Change ``data`` in place, and ``state``, but not ``grad``."""
        raise NotImplementedError

    def zero_grad(self):
        """Forget the gradients of the last step."""
        for p in self.params:
            p.grad = None

    def state_dict(self):
        """Everything to save, as a dict from names to arrays: settings such as ``lr``, memory as ``0.exp_avg``."""
        saved = {name: np.array(getattr(self, name)) for name in self.settings}
        for i, state in enumerate(self.state):
            saved |= {f"{i}.{name}": np.array(value) for name, value in state.items()}
        return saved

    def load_state_dict(self, state_dict):
        """Go on from what `state_dict` returned: settings and memory, all or nothing.

        Raises
        ------
        ValueError
            If it is from another kind of optimiser or other parameters, with a list of what does not fit.
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(f"state_dict must be a dict of arrays, got {type(state_dict).__name__}")
        missing = [f"{name} is missing" for name in self.settings if name not in state_dict]
        self._refuse(missing)
        settings = {name: np.asarray(state_dict[name]).tolist() for name in self.settings}
        checked = type(self)(self.params, **settings)  # refuses what the constructor refuses
        known = {f"{i}.{name}": (i, name) for i in range(len(self.params)) for name in checked.memory}
        memory = {name: np.asarray(value) for name, value in state_dict.items() if name not in self.settings}
        problems = [f"{name} is unexpected" for name in memory if name not in known]
        for key, (i, name) in known.items():
            expected = () if name == "step" else self.params[i].shape
            if key not in memory:
                if any(f"{i}.{other}" in memory for other in checked.memory):
                    problems.append(f"{key} is missing")
            elif memory[key].shape != expected:
                problems.append(f"{key} must have shape {expected}, got {memory[key].shape}")
            elif memory[key].dtype.kind not in ("iu" if name == "step" else "f"):
                problems.append(f"{key} must not be {memory[key].dtype}")
        self._refuse(problems)
        for name in self.settings:
            setattr(self, name, getattr(checked, name))
        self.state = [{} for _ in self.params]
        for key, (i, name) in known.items():
            if key in memory:
                dtype = np.int64 if name == "step" else self.params[i].dtype
                self.state[i][name] = np.array(memory[key], dtype)

    def _refuse(self, problems):
        if problems:
            raise ValueError(
                f"state_dict does not fit this {type(self).__name__}; nothing was loaded:\n  " + "\n  ".join(problems)
            )

    def __repr__(self):
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        return f"{type(self).__name__}({len(self.params)} parameters, {settings})"


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
    >>> w = Parameter(np.array([1.0]))
    >>> optimizer = SGD([w], lr=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     w.grad = np.array([2.0])
    ...     optimizer.step()  # velocity 2, then 0.5 * 2 + 2 = 3
    ...     print(w.data.round(4))
    [0.8]
    [0.5]
    """

    settings = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
    memory = ("momentum_buffer",)

    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
        super().__init__(params, lr)
        self.momentum = checks.number("momentum", momentum, 0)
        self.dampening = checks.number("dampening", dampening)
        self.weight_decay = checks.number("weight_decay", weight_decay, 0)
        self.nesterov = checks.flag("nesterov", nesterov)
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError(f"nesterov needs momentum above 0 and dampening 0, got {momentum} and {dampening}")

    def _update(self, data, grad, state):
        if self.weight_decay:
            grad = grad + self.weight_decay * data
        if self.momentum:
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = grad.copy()  # the first step is not dampened
            else:
                state["momentum_buffer"] *= self.momentum
                state["momentum_buffer"] += (1 - self.dampening) * grad if self.dampening else grad
            velocity = state["momentum_buffer"]
            grad = grad + self.momentum * velocity if self.nesterov else velocity
        data -= self.lr * grad


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

    Notes
    -----
    In step t, with g the gradient: ``m = beta1 * m + (1 - beta1) * g``,
    ``v = beta2 * v + (1 - beta2) * g**2``. Both start at 0 and are too small at first, so they are
    divided by ``1 - beta1**t`` and ``1 - beta2**t``. Then ``w = w - lr * m / (sqrt(v) + eps)``: eps is
    outside the root, and is added after the correction.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1.

    Examples
    --------
    >>> w = Parameter(np.array([1.0, 1.0]))
    >>> w.grad = np.array([0.001, -1000.0])
    >>> Adam([w], lr=0.1).step()
    >>> w.data.round(4)  # the first step has size lr, whatever the gradient
    array([0.9, 1.1])
    """

    settings = ("lr", "betas", "eps", "weight_decay")
    memory = ("step", "exp_avg", "exp_avg_sq")

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ValueError(f"betas must be a pair of numbers, got {betas!r}")
        self.betas = tuple(checks.number("betas", beta, 0) for beta in betas)
        if max(self.betas) >= 1:
            raise ValueError(f"betas must be below 1, got {betas}")
        self.eps = checks.number("eps", eps, 0)
        self.weight_decay = checks.number("weight_decay", weight_decay, 0)

    def _update(self, data, grad, state):
        if self.weight_decay:
            grad = self._decay(data, grad)
        if not state:
            state |= {"step": 0, "exp_avg": np.zeros_like(data), "exp_avg_sq": np.zeros_like(data)}
        state["step"] += 1
        beta1, beta2 = self.betas
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m += (1 - beta1) * (grad - m)
        v *= beta2
        v += (1 - beta2) * grad * grad
        t = int(state["step"])
        root = np.sqrt(v) / math.sqrt(1 - beta2**t) + self.eps
        data -= self.lr / (1 - beta1**t) * (m / root)

    def _decay(self, data, grad):
        return grad + self.weight_decay * data


class AdamW(Adam):
    """Adam with decoupled weight decay: weights shrink by ``lr * weight_decay``, whatever their gradient.

    In `Adam` the decay is part of the gradient, and is divided by its root mean square with it: weights with
    large gradients then hardly decay.

    Parameters
    ----------
    params, lr, betas, eps
        See `Adam`.
    weight_decay : float
        The share per unit of learning rate by which weights shrink; note the default, 0.01.

    Notes
    -----
    ``w = w * (1 - lr * weight_decay)`` before the step of Adam.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled weight decay regularization, algorithm 2.

    Examples
    --------
    >>> w = Parameter(np.array([10.0]))
    >>> w.grad = np.array([0.0])
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.data
    array([9.5])
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, lr, betas, eps, weight_decay)

    def _decay(self, data, grad):
        data *= 1 - self.lr * self.weight_decay
        return grad


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

    Notes
    -----
    ``v = alpha * v + (1 - alpha) * g**2``, step ``s = g / (sqrt(v) + eps)``, or with a mean m that moves
    like v, ``s = g / (sqrt(v - m**2) + eps)``. Then ``w = w - lr * s``, or with momentum ``b = momentum * b
    + s`` and ``w = w - lr * b``.

    References
    ----------
    Tieleman and Hinton (2012), Neural networks for machine learning, lecture 6.5. Graves (2013), Generating
    sequences with recurrent neural networks, equations 38 to 45 (centered).

    Examples
    --------
    >>> w = Parameter(np.array([1.0]))
    >>> w.grad = np.array([5.0])
    >>> RMSprop([w], lr=0.1, alpha=0.75).step()  # v = 0.25 * 25, so the step is 0.1 * 5 / 2.5
    >>> w.data.round(4)
    array([0.8])
    """

    settings = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered")

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False):
        super().__init__(params, lr)
        self.alpha = checks.number("alpha", alpha, 0, 1)
        self.eps = checks.number("eps", eps, 0)
        self.weight_decay = checks.number("weight_decay", weight_decay, 0)
        self.momentum = checks.number("momentum", momentum, 0)
        self.centered = checks.flag("centered", centered)

    @property
    def memory(self):
        """What is remembered about a parameter depends on the settings."""
        more = ["momentum_buffer"] * (self.momentum > 0) + ["grad_avg"] * self.centered
        return ("square_avg", *more)

    def _update(self, data, grad, state):
        if self.weight_decay:
            grad = grad + self.weight_decay * data
        for name in self.memory:
            if name not in state:
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
        if self.momentum:
            state["momentum_buffer"] *= self.momentum
            state["momentum_buffer"] += step
            step = state["momentum_buffer"]
        data -= self.lr * step


def clip_grad_norm(params, max_norm: float, norm_type: float = 2.0) -> float:
    """Shorten the gradient, all parameters taken as one long vector, to ``max_norm`` if it is longer.

    Parameters
    ----------
    params : list of Parameter
        Those without a gradient are left out.
    max_norm : float
        The greatest length allowed.
    norm_type : float
        2 for the length, ``math.inf`` for the largest entry.

    Returns
    -------
    float
        The length before. Log it: a jump announces trouble. If it is NaN, so are all gradients.

    Notes
    -----
    All gradients are multiplied by ``min(1, max_norm / (norm + 1e-6))``, so the direction stays.

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks, section 3.2.

    Examples
    --------
    >>> w, b = Parameter(np.array([0.0])), Parameter(np.array([0.0]))
    >>> w.grad, b.grad = np.array([3.0]), np.array([4.0])
    >>> clip_grad_norm([w, b], max_norm=1.0)
    5.0
    >>> w.grad.round(4), b.grad.round(4)
    (array([0.6]), array([0.8]))
    """
    params = _parameters(params)
    max_norm = checks.number("max_norm", max_norm, 0)
    if norm_type != math.inf:
        norm_type = checks.number("norm_type", norm_type, above=0)
    grads = [p.grad for p in params if p.grad is not None]
    norms = [float(np.linalg.norm(grad.ravel(), norm_type)) for grad in grads if grad.size]
    total = float(np.linalg.norm(norms, norm_type)) if norms else 0.0
    shrink = min(1.0, max_norm / (total + 1e-6)) if not math.isnan(total) else total
    with np.errstate(invalid="ignore"):  # infinite gradients times 0 are NaN
        for p in params:
            if p.grad is not None:
                p.grad = p.grad * shrink
    return total


def _parameters(params):
    """``params`` as a list, once it is known to be one of distinct parameters."""
    if isinstance(params, Parameter) or not hasattr(params, "__iter__"):
        raise TypeError(f"params must be a list of Parameter, such as model.parameters(), got {params!r}")
    params = list(params)
    for i, p in enumerate(params):
        if not isinstance(p, Parameter):
            hint = " (did you mean model.parameters()?)" if hasattr(p, "parameters") or isinstance(p, tuple) else ""
            raise TypeError(f"params[{i}] must be a Parameter, got {type(p).__name__}{hint}")
    if not params:
        raise ValueError("params is empty: there is nothing to optimise")
    if len({id(p) for p in params}) < len(params):
        raise ValueError("params holds the same Parameter twice: it would be moved twice in one step")
    return params
