"""Hand a model over once, run it fast from then on: the same numbers, parameters and state_dict."""

import contextlib
import copy
import functools
from typing import Any, NamedTuple

import numpy as np

from cnnlib import _checks as checks
from cnnlib import layers as L
from cnnlib.engine.loss import cross_entropy, labels
from cnnlib.engine.parallel import Ended, Worker
from cnnlib.engine.plan import Plan
from cnnlib.engine.stages import to_inner, to_outer
from cnnlib.engine.table import Watch, flattened, plain, separate
from cnnlib.engine.through import Through, replay, tame

PLANS = 4  # input shapes kept ready: a full batch, the last batch, a batch of the evaluation, one more
WORTH_SPLITTING = 16  # samples


def compile(model, *, input_gradient=False, workers=1):
    """Return an `Engine` that runs ``model`` in a layout of its own.

    Parameters
    ----------
    model : Sequential
        Of any layers. Those that the engine has no fast version of run through their own code. All of it is read in
        every pass: layers, options, parameters, train/eval state. Change what you like, but not between a forward
        pass and its backward pass.
    input_gradient : bool
        Whether ``backward`` also computes the gradient of the input, which training does not need.
    workers : {1, 2}
        With 2, a second process takes half of every batch, and BLAS is kept to one thread. Models whose
        layers look at the whole batch or draw random numbers (batch norm, dropout) stay in one process.

    Returns
    -------
    Engine

    Raises
    ------
    TypeError, ValueError
        If ``model`` is not a Sequential or has a layer with ``return_indices``, or an option is not one of those
        listed.

    Examples
    --------
    >>> from cnnlib.layers import Conv2d, Flatten, Linear, ReLU, Sequential
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Conv2d(1, 2, 3, rng=rng), ReLU(), Flatten(), Linear(8, 3, rng=rng))
    >>> engine = compile(model)
    >>> x = rng.standard_normal((5, 1, 4, 4)).astype(np.float32)
    >>> bool(np.allclose(engine(x), model(x), atol=1e-6))
    True
    """
    return Engine(model, input_gradient=input_gradient, workers=workers)


class Engine:
    """A model that is run stage by stage with the batch innermost; see `compile`.

    Attributes
    ----------
    model : Sequential
        The model itself: its parameters are the engine's parameters.
    input_gradient : bool
    workers : int
        As handed to `compile`.
    """

    def __init__(self, model, *, input_gradient=False, workers=1):
        if not isinstance(model, L.Sequential):
            raise TypeError(f"model must be a Sequential, got {type(model).__name__}")
        if any(getattr(layer, "return_indices", False) for layer in model.modules()):
            raise ValueError("model must return one array: leave out return_indices in its pooling layers")
        self.model, self.input_gradient = model, checks.flag("input_gradient", input_gradient)
        if checks.integer("workers", workers) not in (1, 2):
            raise ValueError(f"workers must be 1 or 2, got {workers}")
        self.workers = workers
        self._watch, self._worker = Watch(), None
        self._plans = {}
        self._running = None  # what backward has to go back through

    def __reduce__(self):
        """A copy, deep or pickled, is an engine for the copy of the model; memory and processes are its own."""
        return functools.partial(type(self), input_gradient=self.input_gradient, workers=self.workers), (self.model,)

    def parameters(self):
        """The parameters of the model, each once."""
        view = self._look()
        return self.model.parameters() if view is None else view.parameters

    def __call__(self, x, *, keep=True):
        """Run the model on ``x`` (N, C, H, W) or (N, F); the result is that of ``model(x)``.

        Parameters
        ----------
        x : array (N, ...)
        keep : bool
            Whether to keep what ``backward`` needs; False saves a little time in prediction.

        Returns
        -------
        array
            As from ``model(x)``, and yours: the engine does not write to it again.
        """
        y = self._forward(self._look(), x, keep)
        if not keep:
            self._running = None
        return y

    def _look(self):
        """The model as it is now; None where nothing but its own code can tell what it does."""
        if not plain(self.model):
            return None
        try:
            return self._watch.look(list(flattened(self.model)))
        except (TypeError, AttributeError):  # an option, or what a parameter holds, is nothing that could be compared
            return None

    def _forward(self, view, x, keep=True):
        self._running = None
        if not _suits(view, x):
            model = Through([self.model])
            y = model.forward(x, keep)
            self._running = Pass(view, model.backward, None, None, None)
            return y
        done = self._forward_split(view, x, keep) if self._splits(view, x) else None
        if done is None:
            with self._plan(view, x) as plan:
                y = to_outer(plan.forward(x, keep))
            done = y, functools.partial(_back, plan)
        y, back = done
        shapes = (x.shape, y.shape, y.dtype) if isinstance(y, np.ndarray) else (None, None, None)
        self._running = Pass(view, back, *shapes)
        return y

    @contextlib.contextmanager
    def _plan(self, view, x):
        """The plan for this model and a batch like ``x``; one in which something went wrong is not used again."""
        key = x.shape, x.dtype, view.facts, view.modes
        plan = self._plans.pop(key, None) or Plan(view, x, self.input_gradient)
        yield plan
        while len(self._plans) >= PLANS:
            del self._plans[next(iter(self._plans))]  # the one that was not used for longest
        self._plans[key] = plan

    # ------------------------------------------------------------- with a second process

    def _splits(self, view, x):
        """Whether two processes get the same as one: sums of numbers close to overflow depend on their order."""
        return (self.workers == 2 and _suits(view, x) and len(x) >= WORTH_SPLITTING and bool(view.parameters)
                and separate(view.layers, x.ndim) and tame(x, *(p.data for p in view.parameters)))

    def _hire(self, view, x):
        """The second process, a new one if there is none that fits."""
        if self._worker is None or not self._worker.fits(view, x):
            self.close()
            make = functools.partial(Engine, input_gradient=self.input_gradient)
            self._worker = Worker(self.model, view, make, x.size)
        return self._worker

    def _forward_split(self, view, x, keep):
        """Outputs and the way back, or None where the layers refuse a half: they shall see what they were given."""
        half = (len(x) + 1) // 2
        try:
            with self._plan(view, x[:half]) as plan:
                worker = self._hire(view, x[:half])
                with worker.work("forward", keep, x=x[half:]) as answer:
                    y = to_outer(plan.forward(x[:half], keep))
                    rest = answer()
        except Ended:
            raise
        except Exception:
            return None

        def back(dy):
            if not worker.fits(view, x[:half]):
                raise Ended("the engine's second process has ended since the forward pass: call the engine again")
            if not tame(dy):
                x2 = np.concatenate([to_outer(plan.x), worker.x[: x[half:].size].reshape(x[half:].shape)])
                return to_outer(replay(view.layers, to_inner(x2), to_inner(dy), None))
            with worker.work("backward", dy[half:]) as answer:
                dx = _back(plan, dy[:half])
                rest = answer()
            worker.add_gradients()
            return None if rest is None else np.concatenate([dx, rest])

        return np.concatenate([y, rest]), back

    def _train_split(self, view, criterion, x, target):
        """Loss and output of a step, or None where it takes layers or criterion to say what is to be done."""
        half = (len(x) + 1) // 2
        with self._plan(view, x[:half]) as plan:
            if plan.classes is None:
                try:
                    plan.forward(x[:half])  # only to count them
                except Exception:
                    return None
            parsed = labels(criterion, target, len(x), plan.classes)
            if parsed is None:
                return None
            worker = self._hire(view, x[:half])
            with worker.work("train", parsed[half:], len(x), x=x[half:]) as answer:
                loss, output = _train(plan, x[:half], parsed[:half], len(x))
                more, rest = answer()
        worker.add_gradients()
        return loss + more, np.concatenate([output, rest])

    # ------------------------------------------------------------- training

    def backward(self, dy):
        """Add to the gradient of each parameter, as ``model.backward(dy)`` does.

        Returns
        -------
        array or None
            The gradient of the input, if the engine was compiled with ``input_gradient=True``.

        Raises
        ------
        RuntimeError
            If there was no forward pass since the last backward pass, or the model has been changed since.
        """
        if self._running is None:
            raise RuntimeError(
                "Engine.backward has no forward pass to go back through: call the engine first, and call backward "
                "once for each call"
            )
        if _facts(self._look()) != _facts(self._running.view):
            self._running = None
            raise RuntimeError("the model has been changed since the forward pass: call the engine again")
        return self._backward(dy)

    def _backward(self, dy):
        run, self._running = self._running, None
        if run.shape is not None:
            given = isinstance(dy, np.ndarray) and (dy.shape, dy.dtype)
            if given != (run.shape, run.dtype):
                self._refuse(run, dy)
        dx = run.back(dy)
        return dx if self.input_gradient else None

    def _refuse(self, run, dy):
        """Have the layers say what is wrong with ``dy``: a copy of them, as these may have drawn random numbers."""
        model = copy.deepcopy(self.model)
        with np.errstate(all="ignore"):
            model(np.zeros(run.input, run.dtype))
        model.backward(dy)
        checks.shape("dy", checks.floats("dy", dy), run.shape)
        raise TypeError(f"dy must be {run.dtype} like the output, got {dy.dtype}")

    def loss_and_backward(self, criterion, x, target):
        """Forward, loss and backward in one go.

        Returns
        -------
        loss : float of the dtype of ``x``
        output : array
            As from ``engine(x)``.
        """
        self._running = None
        view = self._look()
        done = self._train_split(view, criterion, x, target) if self._splits(view, x) else None
        if done is not None:
            return done
        output = self._forward(view, x)
        parsed = None
        if self._running.shape is not None and len(self._running.shape) == 2:
            parsed = labels(criterion, target, *output.shape)
        if parsed is None:
            loss, dy = criterion(output, target), criterion.backward()
        else:
            loss, dy = cross_entropy(to_inner(output), parsed, len(x))
            dy = dy.T
        self._backward(dy)
        return loss, output

    def train(self, x, parsed, total):
        """Forward, `cross_entropy` and backward on a part of a batch: its share of the loss, and the output."""
        self._running = None
        with self._plan(self._look(), x) as plan:
            return _train(plan, x, parsed, total)

    def train_step(self, x, target, criterion, optimizer):
        """One step of training: forward, loss, backward, update. Returns the loss."""
        optimizer.zero_grad()
        loss, _ = self.loss_and_backward(criterion, x, target)
        optimizer.step()
        return loss

    def close(self):
        """End the worker process, if there is one. It also ends with the engine, and with Python."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Pass(NamedTuple):
    """A forward pass that waits for its backward pass, which ``back`` does. Shapes are None where the layers check."""

    view: Any
    back: Any
    input: tuple | None
    shape: tuple | None
    dtype: Any


def _facts(view):
    return None if view is None else view.facts


def _suits(view, x):
    """Whether there is something to be gained; there is not where the layers only have an error to report."""
    if view is None or not view.layers or type(x) is not np.ndarray:
        return False
    return (x.ndim in (2, 4) and x.size > 0 and x.dtype in checks.FLOATS
            and all(dtype == x.dtype for _, dtype in view.forms))


def _back(plan, dy):
    dx = plan.backward(to_inner(dy))
    return to_outer(dx) if plan.input_gradient else None


def _train(plan, x, parsed, total):
    scores = plan.forward(x)
    output = to_outer(scores)  # before backward uses the memory
    loss, dy = cross_entropy(scores, parsed, total)
    plan.backward(dy)
    return loss, output
