"""Hand a model over once, run it fast from then on: the same numbers, parameters and state_dict."""

import functools

import numpy as np

from cnnlib import _checks as checks
from cnnlib import layers as L
from cnnlib.engine.loss import cross_entropy, plain
from cnnlib.engine.parallel import Worker, can_split
from cnnlib.engine.plan import Plan, flattened
from cnnlib.engine.stages import to_inner, to_outer

PLANS = 4  # input shapes kept ready: a full batch, the last batch, a batch of the evaluation, one more
WORTH_SPLITTING = 16  # samples


def compile(model, *, input_gradient=False, workers=1):
    """Return an `Engine` that runs ``model`` in a layout of its own.

    Parameters
    ----------
    model : Sequential
        Of any layers. Those that the engine has no fast version of run through their own code. The list
        of layers is read once; their parameters, buffers and train/eval state are read in every pass.
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
        own_way = type(model).forward is not L.Sequential.forward  # a class made from Sequential
        self._layers = [model] if own_way else list(flattened(model))
        self._parameters = model.parameters()
        self._split = workers == 2 and len(self._parameters) > 0 and can_split(self._layers)
        self._worker = None
        self._plans = {}
        self._running = None  # what backward has to go back through

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
        checks.floats("x", x)
        self._running = None
        if not self._suits(x):
            y = self.model(x)
            running = (self.model,)
        elif self._splits(x):
            half = self._halve(x)
            plan = self._plan(x[:half])
            self._worker.forward(x[half:], keep)
            y, rest = self._worker.meanwhile(plan.forward, x[:half], keep)
            y, running = np.concatenate([to_outer(y), rest]), (plan, half)
        else:
            plan = self._plan(x)
            y, running = to_outer(plan.forward(x, keep)), (plan,)
        self._running = (y.shape, y.dtype, *running) if keep else None
        return y

    def _suits(self, x):
        """Whether there is something to be gained; there is not where the layers only have an error to report."""
        return x.ndim in (2, 4) and x.size > 0 and all(p.data.dtype == x.dtype for p in self._parameters)

    def _plan(self, x):
        key = x.shape, x.dtype
        plan = self._plans.pop(key, None) or Plan(self._layers, x, self.input_gradient)
        while len(self._plans) >= PLANS:
            del self._plans[next(iter(self._plans))]  # the one that was not used for longest
        self._plans[key] = plan
        return plan

    def _splits(self, x):
        return self._split and len(x) >= WORTH_SPLITTING

    def _halve(self, x):
        """Return how many samples stay in this process; the other one is there for the rest."""
        half = (len(x) + 1) // 2
        size = x[:half].size
        if self._worker is None or self._worker.size < size or self._worker.data[0].dtype != x.dtype:
            self.close()
            make = functools.partial(Engine, input_gradient=self.input_gradient)
            self._worker = Worker(self.model, make, size)
        return half

    def backward(self, dy):
        """Add to the gradient of each parameter, as ``model.backward(dy)`` does.

        Returns
        -------
        array or None
            The gradient of the input, if the engine was compiled with ``input_gradient=True``.

        Raises
        ------
        RuntimeError
            If there was no forward pass since the last backward pass.
        """
        if self._running is None:
            raise RuntimeError("Engine.backward has no forward pass to go back through: call the engine first")
        shape, dtype, plan, *half = self._running
        checks.shape("dy", checks.floats("dy", dy), shape)
        if dy.dtype != dtype:
            raise TypeError(f"dy must be {dtype} like the output, got {dy.dtype}")
        self._running = None
        if plan is self.model:
            dx = plan.backward(dy)
            return dx if self.input_gradient else None
        if half:
            dy, rest = dy[: half[0]], dy[half[0] :]
            self._worker.backward(rest)
            dx, rest = self._worker.meanwhile(plan.backward, to_inner(dy))
            self._add_gradients()
        else:
            dx = plan.backward(to_inner(dy))
        if not self.input_gradient:
            return None
        return np.concatenate([to_outer(dx), rest]) if half else to_outer(dx)

    def _add_gradients(self):
        for parameter, grad in zip(self._parameters, self._worker.grads, strict=True):
            parameter.add_grad(grad)

    def loss_and_backward(self, criterion, x, target):
        """Forward, loss and backward in one go.

        Returns
        -------
        loss : float of the dtype of ``x``
        output : array
            As from ``engine(x)``.
        """
        checks.floats("x", x)
        if self._suits(x) and self._splits(x):
            half = self._halve(x)
            plan = self._plan(x[:half])
            if plan.classes is None:
                plan.forward(x[:half])  # only to count them
            if plain(criterion, target, len(x), plan.classes):
                self._running = None
                self._worker.train(x[half:], target[half:], len(x))
                (loss, output), (more, rest) = self._worker.meanwhile(self.train, x[:half], target[:half], len(x))
                self._add_gradients()
                return loss + more, np.concatenate([output, rest])
        output = self(x)
        if output.ndim == 2 and plain(criterion, target, *output.shape):
            loss, dy = cross_entropy(to_inner(output), target, len(x))
            dy = dy.T
        else:
            loss, dy = criterion(output, target), criterion.backward()
        self.backward(dy)
        return loss, output

    def train(self, x, target, total):
        """Forward, `cross_entropy` and backward on a part of a batch: its share of the loss, and the output."""
        plan = self._plan(x)
        scores = plan.forward(x)
        output = to_outer(scores)  # before backward uses the memory
        loss, dy = cross_entropy(scores, target, total)
        plan.backward(dy)
        return loss, output

    def train_step(self, x, target, criterion, optimizer):
        """One step of training: forward, loss, backward, update. Returns the loss."""
        optimizer.zero_grad()
        loss, _ = self.loss_and_backward(criterion, x, target)
        optimizer.step()
        return loss

    def close(self):
        """End the worker process, if there is one. It also ends with the engine, and with Python."""
        if self._worker is not None:
            self._worker.close()
        self._worker = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
