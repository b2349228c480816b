"""Hand a model over once, run it fast from then on: the same numbers, parameters and state_dict."""

from cnnlib import _checks as checks
from cnnlib import layers as L
from cnnlib.engine.plan import Plan, flattened

PLANS = 4  # input shapes kept ready: a full batch, the last batch, a batch of the evaluation, one more


def compile(model, *, input_gradient=False):
    """Return an `Engine` that runs ``model`` in a layout of its own.

    Parameters
    ----------
    model : Sequential
        Of any layers. Those that the engine has no fast version of run through their own code. The list
        of layers is read once; their parameters, buffers and train/eval state are read in every pass.
    input_gradient : bool
        Whether ``backward`` also computes the gradient of the input, which training does not need.

    Returns
    -------
    Engine

    Raises
    ------
    TypeError
        If ``model`` is not a Sequential.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.layers import Conv2d, Flatten, Linear, ReLU, Sequential
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Conv2d(1, 2, 3, rng=rng), ReLU(), Flatten(), Linear(8, 3, rng=rng))
    >>> engine = compile(model)
    >>> x = rng.standard_normal((5, 1, 4, 4)).astype(np.float32)
    >>> bool(np.allclose(engine(x), model(x), atol=1e-6))
    True
    """
    return Engine(model, input_gradient=input_gradient)


class Engine:
    """A model that is run stage by stage with the batch innermost; see `compile`.

    Attributes
    ----------
    model : Sequential
        The model itself: its parameters are the engine's parameters.
    """

    def __init__(self, model, *, input_gradient=False):
        if not isinstance(model, L.Sequential):
            raise TypeError(f"model must be a Sequential, got {type(model).__name__}")
        self.model, self.input_gradient = model, checks.flag("input_gradient", input_gradient)
        self._layers = list(flattened(model))
        self._parameters = model.parameters()
        self._plans = {}
        self._running = None

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
        if x.ndim not in (2, 4) or x.size == 0 or any(p.data.dtype != x.dtype for p in self._parameters):
            y = self.model(x)  # nothing to be gained, or an error that the layers word best
            self._running = self.model
            return y
        plan = self._plans.pop((x.shape, x.dtype), None) or Plan(self._layers, x, self.input_gradient)
        y = plan.forward(x, keep)
        self._expected = y.shape, y.dtype
        while len(self._plans) >= PLANS:
            del self._plans[next(iter(self._plans))]  # the one that was not used for longest
        self._plans[x.shape, x.dtype] = plan
        self._running = plan if keep else None
        return y

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
        running, self._running = self._running, None
        if running is not self.model:
            checks.floats("dy", dy)
            shape, dtype = self._expected
            checks.shape("dy", dy, shape)
            if dy.dtype != dtype:
                raise TypeError(f"dy must be {dtype} like the output, got {dy.dtype}")
        dx = running.backward(dy)
        return dx if self.input_gradient else None

    def train_step(self, x, target, criterion, optimizer):
        """One step of training: forward, loss, backward, update. Returns the loss."""
        optimizer.zero_grad()
        loss = criterion(self(x), target)
        self.backward(criterion.backward())
        optimizer.step()
        return loss
