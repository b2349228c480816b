"""What every layer is made of: a parameter, a layer, and a chain of layers.

An operation such as :func:`cnnlib.linear.linear` remembers nothing. Training needs two things
remembered: the numbers that are learned, and what ``backward`` must know about the last ``forward``.
This file keeps both, and holds no mathematics:

* a `Parameter` is an array with the gradient that belongs to it,
* a `Layer` owns parameters and keeps a stack of what its ``backward`` needs,
* a `Sequential` calls its layers in order, and in reverse order on the way back.

The stack is what makes a layer that is used twice come out right: each ``forward`` pushes, each
``backward`` pops, last in first out, and gradients *add up* in the parameters.
"""

from typing import NamedTuple

import numpy as np

from cnnlib import _checks as checks


class Parameter:
    """An array that is learned, and its gradient.

    Parameters
    ----------
    data : array
        float32 or float64, any shape; it is copied.

    Attributes
    ----------
    data : array
        The values. Optimisers change them in place.
    grad : array of the same shape, or None
        The gradient collected so far; None until the first ``backward``.

    Examples
    --------
    >>> p = Parameter(np.array([1.0, 2.0]))
    >>> p.add_grad(np.array([0.5, 0.5]))
    >>> p.add_grad(np.array([1.0, 0.0]))
    >>> p.grad
    array([1.5, 0.5])
    """

    def __init__(self, data):
        self.data = np.array(checks.floats("data", data), order="C")
        self.grad = None

    def add_grad(self, grad):
        """Add ``grad`` to what has been collected: a value used twice has two gradients, and they add."""
        checks.shape("grad", checks.floats("grad", grad), self.data.shape)
        self.grad = grad.copy() if self.grad is None else self.grad + grad

    @property
    def shape(self):
        """The shape of the array."""
        return self.data.shape

    @property
    def size(self):
        """How many numbers it holds."""
        return self.data.size

    @property
    def dtype(self):
        """float32 or float64."""
        return self.data.dtype

    def __repr__(self):
        return f"Parameter(shape={self.shape}, dtype={self.dtype})"


class IncompatibleKeys(NamedTuple):
    """What `Layer.load_state_dict` did not find, and what it did not know."""

    missing_keys: list
    unexpected_keys: list


class Layer:
    """A step of a network that remembers: parameters, and what ``backward`` needs.

    A layer of your own calls ``super().__init__()``, assigns its parameters and sub-layers as
    attributes, and defines ``forward`` and ``backward``. ``forward`` ends with ``self.save(...)``,
    ``backward`` begins with ``self.recall()``.

    Attributes
    ----------
    training : bool
        True while training (dropout drops, batch norm uses the batch's statistics).

    Examples
    --------
    >>> class Scale(Layer):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.weight = Parameter(np.array([3.0]))
    ...     def forward(self, x):
    ...         self.save(x)
    ...         return self.weight.data * x
    ...     def backward(self, dy):
    ...         x = self.recall()
    ...         self.weight.add_grad(np.array([(dy * x).sum()]))
    ...         return dy * self.weight.data
    >>> scale = Scale()
    >>> scale(np.array([1.0, 2.0]))
    array([3., 6.])
    >>> scale.backward(np.array([1.0, 1.0]))
    array([3., 3.])
    >>> scale.weight.grad
    array([3.])
    """

    def __init__(self):
        self.training = True
        self._saved = []
        self._buffer_names = ()

    # ------------------------------------------------------------- running it

    def __call__(self, *inputs):
        """Forget the last pass, then run ``forward``. Containers call ``forward`` of what they contain."""
        self.forget()
        return self.forward(*inputs)

    def forward(self, x):
        """Compute the output and `save` what ``backward`` needs."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward")

    def backward(self, dy):
        """Add each parameter's gradient to it and return the gradient of the input."""
        raise NotImplementedError(f"{type(self).__name__} does not define backward")

    def save(self, *values):
        """Push what the matching ``backward`` will need."""
        self._saved.append(values)

    def recall(self):
        """Pop what the last ``forward`` that has not been answered saved.

        Raises
        ------
        RuntimeError
            If there is none: ``backward`` without ``forward``, or twice for one ``forward``.
        """
        if not self._saved:
            raise RuntimeError(
                f"{type(self).__name__}.backward has no forward pass to go back through: "
                "call the layer first, and call backward once for each call "
                "(a new call forgets the one before; to use a layer twice, use its forward, as containers do)"
            )
        values = self._saved.pop()
        return values[0] if len(values) == 1 else values

    def forget(self):
        """Drop whatever this layer and those inside it have saved (it also frees the memory)."""
        for layer in self.modules():
            layer._saved.clear()

    # ------------------------------------------------------------- what it contains

    def __setattr__(self, name, value):
        """Refuse two assignments that would quietly take something out of the network."""
        old = self.__dict__.get(name)
        if isinstance(old, Parameter) and not (value is None or isinstance(value, Parameter)):
            raise TypeError(
                f"{name} is a Parameter and cannot become a {type(value).__name__}: "
                f"write layer.{name}.data[...] = values"
            )
        if isinstance(value, (list, tuple)) and any(isinstance(v, (Layer, Parameter)) for v in value):
            raise TypeError(
                f"{name} is a {type(value).__name__} of layers or parameters, whose contents would be "
                "overlooked: use a Sequential, or one attribute each"
            )
        super().__setattr__(name, value)

    def register_buffer(self, name, array):
        """Keep an array that is saved with the parameters but not learned (a running mean)."""
        setattr(self, name, array)
        self._buffer_names += (name,)

    def named_children(self):
        """The layers directly inside, as a list of (name, layer)."""
        return [(name, value) for name, value in vars(self).items() if isinstance(value, Layer)]

    def children(self):
        """The layers directly inside."""
        return [child for _, child in self.named_children()]

    def named_modules(self, prefix=""):
        """This layer and all inside it, outermost first, each once, as a list of (name, layer)."""
        return _each_once(self._walk(prefix))

    def modules(self):
        """This layer and all inside it, outermost first, each once."""
        return [layer for _, layer in self.named_modules()]

    def _walk(self, prefix=""):
        """Yield (name, layer) for every place in the tree; a layer used twice comes twice."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child._walk(f"{prefix}.{name}" if prefix else name)

    def named_parameters(self):
        """All parameters, each once, as a list of (name, parameter); names as in PyTorch (``0.weight``)."""
        return _each_once(self._named(Parameter))

    def parameters(self):
        """All parameters, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_buffers(self):
        """All arrays that are saved but not learned, each once, as a list of (name, array)."""
        return _each_once(self._named(np.ndarray))

    def _named(self, *kinds):
        """Yield (name, parameter or buffer) of the whole tree, in PyTorch's order, repeats included."""
        for prefix, layer in self._walk():
            own = [(k, v) for k, v in vars(layer).items() if isinstance(v, Parameter)]
            own += [(k, vars(layer)[k]) for k in layer._buffer_names if vars(layer)[k] is not None]
            for name, value in own:
                if isinstance(value, kinds):
                    yield (f"{prefix}.{name}" if prefix else name), value

    # ------------------------------------------------------------- changing it

    def train(self, mode: bool = True):
        """Switch this layer and all inside it to training (or, with False, to evaluation)."""
        mode = checks.flag("mode", mode)
        for layer in self.modules():
            layer.training = mode
        return self

    def eval(self):
        """Switch this layer and all inside it to evaluation."""
        return self.train(False)

    def zero_grad(self):
        """Forget all gradients. Without this, ``backward`` adds to those of the last step."""
        for parameter in self.parameters():
            parameter.grad = None

    def astype(self, dtype):
        """Convert parameters, their gradients and running statistics; returns the layer itself.

        Make the optimiser afterwards: what it remembers keeps the old dtype.
        """
        dtype = checks.float_dtype("dtype", dtype)
        for parameter in self.parameters():
            parameter.data = parameter.data.astype(dtype)
            if parameter.grad is not None:
                parameter.grad = parameter.grad.astype(dtype)
        for layer in self.modules():
            for name in layer._buffer_names:
                buffer = getattr(layer, name)
                if buffer is not None and buffer.dtype.kind == "f":
                    setattr(layer, name, buffer.astype(dtype))
        return self

    # ------------------------------------------------------------- saving and loading

    def state_dict(self):
        """Everything to save, as a dict from PyTorch's names to copies of the arrays."""
        return {name: np.array(_array(v)) for name, v in self._named(Parameter, np.ndarray)}

    def load_state_dict(self, state_dict, strict: bool = True):
        """Copy the arrays of ``state_dict`` into this layer: all of them, or none.

        Parameters
        ----------
        state_dict : dict of name to array
            From `state_dict`, `cnnlib.checkpoint.load` or a PyTorch module's ``state_dict()``.
            Values are converted to the dtype that the layer has.
        strict : bool
            If False, names that are missing or unknown are let pass and returned. A wrong shape never is.

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys``, both empty when strict.

        Raises
        ------
        ValueError
            With a list of every name that is missing, unexpected or of the wrong shape.
        TypeError
            If it is no dict of arrays of numbers.
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(f"state_dict must be a dict of arrays, got {type(state_dict).__name__}")
        own = {name: _array(value) for name, value in self._named(Parameter, np.ndarray)}
        given = {name: _numbers(name, v, own[name].dtype) for name, v in state_dict.items() if name in own}
        missing = [name for name in own if name not in given]
        unexpected = [name for name in state_dict if name not in own]
        problems = [
            f"{name} must have shape {own[name].shape}, got {value.shape}"
            for name, value in given.items()
            if value.shape != own[name].shape
        ]
        if strict:
            problems = [f"{n} is missing" for n in missing] + [f"{n} is unexpected" for n in unexpected] + problems
        if problems:
            raise ValueError(
                f"state_dict does not fit {type(self).__name__}; nothing was loaded:\n  " + "\n  ".join(problems)
            )
        for name, value in given.items():
            own[name][...] = value
        return IncompatibleKeys(missing, unexpected)

    # ------------------------------------------------------------- showing it

    def extra_repr(self):
        """What stands between the parentheses of ``repr``."""
        return ""

    def __repr__(self):
        inside = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self.named_children()]
        if not inside:
            return f"{type(self).__name__}({self.extra_repr()})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(inside) + "\n)"


class Sequential(Layer):
    """Layers one after another; ``backward`` runs through them in reverse.

    Parameters
    ----------
    *layers : Layer
        In order. Or one dict from names to layers.

    Notes
    -----
    ``model[i]`` is a layer and ``model[i:j]`` a Sequential that shares its layers with this one.
    The same layer may stand in several places: it then has one set of parameters, and the gradients
    of all places add up in it.

    Examples
    --------
    >>> from cnnlib.layers import Flatten, Linear, ReLU
    >>> model = Sequential(Flatten(), Linear(4, 3), ReLU(), Linear(3, 2))
    >>> model(np.ones((5, 1, 2, 2), np.float32)).shape
    (5, 2)
    >>> [name for name, _ in model.named_parameters()]
    ['1.weight', '1.bias', '3.weight', '3.bias']
    >>> model[1:3]
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *layers):
        super().__init__()
        named = layers[0] if len(layers) == 1 and isinstance(layers[0], dict) else dict(enumerate(layers))
        for name, layer in named.items():
            self._add(str(name), layer)

    def _add(self, name, layer):
        if not isinstance(layer, Layer):
            hint = " (an instance, with parentheses)" if isinstance(layer, type) else ""
            raise TypeError(f"layer {name} must be a Layer{hint}, got {layer!r}")
        if not name or "." in name or name in vars(self) or hasattr(type(self), name):
            raise ValueError(f"a layer cannot be named {name!r}: the name is empty, has a dot, or is taken")
        setattr(self, name, layer)

    def append(self, layer):
        """Add a layer at the end; returns the model."""
        self._add(str(len(self)), layer)
        return self

    def forward(self, x):
        """Hand each layer the output of the one before."""
        for layer in self:
            x = layer.forward(x)
        return x

    def backward(self, dy):
        """Hand each layer the gradient from the one after; returns the gradient of the input."""
        for layer in reversed(self.children()):
            dy = layer.backward(dy)
        return dy

    def __len__(self):
        return len(self.children())

    def __iter__(self):
        return iter(self.children())

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Sequential(*self.children()[index])
        return self.children()[index]


def _array(value):
    return value.data if isinstance(value, Parameter) else value


def _each_once(named):
    """The list of (name, object) without objects that came before."""
    seen, kept = set(), []
    for name, value in named:
        if id(value) not in seen:
            seen.add(id(value))
            kept.append((name, value))
    return kept


def _numbers(name, value, dtype):
    """``value`` as an array that can be copied into one of ``dtype``, or a TypeError."""
    if isinstance(value, np.ndarray):
        checks.array(f"{name} in state_dict", value)
    try:
        array = np.asarray(value)
    except Exception as error:
        raise TypeError(f"{name} in state_dict cannot be read as an array: {error}") from error
    if not np.can_cast(array.dtype, dtype, "same_kind"):
        raise TypeError(f"{name} in state_dict must hold numbers that fit {dtype}, got {array.dtype}")
    return array
