"""What all optimisers share: settings, the step over all parameters, memory that can be saved and loaded."""

import math
from typing import NamedTuple

import numpy as np

from cnnlib import _checks as checks
from cnnlib.module import Parameter


def at_least_0(name, value):
    """Return ``value`` as a float if it is a finite number and not negative."""
    return checks.number(name, value, 0)


def share(name, value):
    """Return ``value`` as a float if it is a number in [0, 1]."""
    return checks.number(name, value, 0, 1)


def betas(name, value):
    """Return ``value`` as a pair of floats if it is one of numbers in [0, 1)."""
    first, second = scheduled_betas(name, value)
    checks.number(name, first, 0)
    if first >= 1:
        raise ValueError(f"{name} must be below 1, got {value}")
    return first, second


def scheduled_betas(name, value):
    """`betas`, but the first, the momentum, may be any number."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(f"{name} must be a pair of numbers, got {value!r}")
    first, second = checks.number(name, value[0]), checks.number(name, value[1], 0)
    if second >= 1:
        raise ValueError(f"{name} must be below 1, got {value}")
    return first, second


# What a schedule moves. A person's numbers have bounds; a schedule's are only finite: PyTorch's come out a rounding
# error below 0, or beyond the end of a cycle, and training goes on.
SCHEDULED = {"lr": checks.number, "momentum": checks.number, "betas": scheduled_betas}


class Memory(NamedTuple):
    """Something that is remembered about each parameter, and what it can be."""

    low: float = -math.inf
    """The least value. NaN and infinity are possible: a gradient that is not finite leaves them."""
    dtype: type | None = None
    """Of a single number; None for an array with the parameter's shape and dtype."""
    needed: bool | str = True
    """Whether it is always there after a step; or the name of the setting on which that depends."""

    def problem(self, value, p):
        """Say what is wrong with a loaded ``value`` for the parameter ``p``, if anything is."""
        shape = p.shape if self.dtype is None else ()
        if value.shape != shape:
            return f"must have shape {shape}, got {value.shape}"
        whole = self.dtype is np.int64
        if value.dtype.kind != ("i" if whole else "f"):
            return f"must not be {value.dtype}"
        if (value < self.low).any():
            return f"must be at least {self.low}, got {value.min()}"
        return None


COUNT = Memory(low=1, dtype=np.int64)
MEAN = Memory()
SQUARES = Memory(low=0)  # or sizes


class Optimizer:
    """What all optimisers share: the parameters, the memory for each, saving and loading.

    Attributes
    ----------
    params : list of Parameter
        What it changes.
    lr : float
        The learning rate. Set it by hand to any number from 0; it is checked at once, as every other setting is.
    state : list of dict
        For each parameter what the optimiser remembers about it, empty before its first step.

    Notes
    -----
    With ``maximize`` the gradient g is first turned round. Then weight decay is added to it, ``g = g + weight_decay *
    w``, or, decoupled, shrinks the weight itself, ``w = w * (1 - lr * weight_decay)``.
    """

    settings = {"lr": at_least_0, "weight_decay": at_least_0, "maximize": checks.flag}
    memory = {}
    decoupled_weight_decay = False

    def __init__(self, params, **settings):
        self.params = parameters(params)
        for name in self.settings:
            setattr(self, name, settings[name])
        self.state = [{} for _ in self.params]

    def __setattr__(self, name, value):
        """Check a setting when it is given, by the constructor or by hand."""
        check = self.settings.get(name)
        super().__setattr__(name, value if check is None else check(name, value))

    def adjust(self, **settings):
        """Set what a schedule moves, ``lr`` and ``momentum`` or ``betas``, to any finite numbers.

        Bounds hold where a person gives a number. A schedule may round to just below 0, as PyTorch's do.

        Raises
        ------
        TypeError
            If the optimiser has no such setting, or a schedule does not move it.
        ValueError
            If a number is not finite. In either case nothing is set.

        Examples
        --------
        >>> from cnnlib.optim import SGD
        >>> optimizer = SGD([Parameter(np.zeros(1))], lr=0.1)
        >>> optimizer.adjust(lr=-1e-19)
        >>> optimizer.lr
        -1e-19
        """
        for name in settings:
            if name not in SCHEDULED or name not in self.settings:
                allowed = " and ".join(name for name in SCHEDULED if name in self.settings)
                raise TypeError(f"adjust sets {allowed} of {type(self).__name__}, got {name}")
        vars(self).update({name: SCHEDULED[name](name, value) for name, value in settings.items()})

    def step(self):
        """Move every parameter that has a gradient.

        Raises
        ------
        RuntimeError
            If none has: ``step`` without ``backward``.
        """
        if all(p.grad is None for p in self.params):
            raise RuntimeError("no parameter has a gradient: call backward before step")
        for i, p in enumerate(self.params):
            if p.grad is not None:
                name = f"the gradient of parameter {i}"
                checks.shape(name, checks.floats(name, p.grad), p.shape)
                if p.grad.dtype != p.dtype:
                    raise TypeError(f"parameter {i} is {p.dtype} and its gradient {p.grad.dtype}: they must agree")
        with np.errstate(all="ignore"):  # a gradient that is not finite spoils its weights; half a step spoils more
            for p, state in zip(self.params, self.state, strict=True):
                if p.grad is not None:
                    grad = -p.grad if self.maximize else p.grad
                    self._update(p.data, self._decay(p.data, grad), state)

    def _decay(self, data, grad):
        """Weight decay, in one of its two places; returns the gradient to go on with."""
        if not self.weight_decay:
            return grad
        if self.decoupled_weight_decay:
            data *= 1 - self.lr * self.weight_decay
            return grad
        return grad + self.weight_decay * data

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
            If it is from another kind of optimiser or other parameters, or holds what no training could have led to,
            such as a negative mean square, with a list of what does not fit.
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(f"state_dict must be a dict of arrays, got {type(state_dict).__name__}")
        self._refuse([f"{name} is missing" for name in self.settings if name not in state_dict])
        settings = {name: plain(name, state_dict[name]) for name in self.settings}
        settings = {name: SCHEDULED.get(name, check)(name, settings[name]) for name, check in self.settings.items()}
        for name, value in state_dict.items():
            if isinstance(value, np.ndarray):
                checks.array(name, value)
        arrays = {name: np.asarray(value) for name, value in state_dict.items() if name not in self.settings}
        states, problems = [], []
        for i, p in enumerate(self.params):
            found = {name: arrays.pop(f"{i}.{name}") for name in self.memory if f"{i}.{name}" in arrays}
            state, wrong = self._remember(p, found, settings)
            problems += [f"{i}.{name} {problem}" for name, problem in wrong.items()]
            states.append(state)
        self._refuse(self._clashes(settings) + [f"{name} is unexpected" for name in arrays] + problems)
        vars(self).update(settings)
        self.state = states

    def _remember(self, p, found, settings):
        """Make the memory for ``p`` of the arrays found for it; return it, and by name what is wrong with it."""
        wrong = {name: self.memory[name].problem(value, p) for name, value in found.items()}
        for name, memory in self.memory.items():
            needed = settings[memory.needed] if isinstance(memory.needed, str) else memory.needed
            if found and needed and name not in found:
                wrong[name] = "is missing"
        wrong = {name: problem for name, problem in wrong.items() if problem}
        if wrong or not found:
            return {}, wrong
        with np.errstate(over="ignore"):
            state = {name: np.array(value, self.memory[name].dtype or p.dtype) for name, value in found.items()}
        return state, self._impossible(settings, state)

    def _clashes(self, settings):
        """Say which settings cannot stand together, wherever a schedule has moved the momentum."""
        return []

    def _impossible(self, settings, state):
        """Say for each thing remembered what it cannot be beside the others; most can be anything."""
        return {}

    def _refuse(self, problems):
        if problems:
            raise ValueError(
                f"state_dict does not fit this {type(self).__name__}; nothing was loaded:\n  " + "\n  ".join(problems)
            )

    def __repr__(self):
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        return f"{type(self).__name__}({len(self.params)} parameters, {settings})"


def plain(name, value):
    """An array from a ``state_dict`` as Python's numbers."""
    try:
        return np.asarray(value).tolist()
    except ValueError:
        raise ValueError(f"{name} must be an array, got {value!r}") from None


def parameters(params):
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
