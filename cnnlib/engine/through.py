"""Layers run through their own code: those that have no fast stage, and any whose numbers a fast stage cannot take.

A layer keeps what its ``backward`` needs in itself. Two engines on one model, or an engine and the model used by hand,
would get hold of each other's. So a stage lends the layer a memory of the stage's own for the time of a pass.
"""

import contextlib
import copy

import numpy as np

from cnnlib.engine.stages import to_inner, to_outer

# Squares of numbers up to 1e12. By the inequality of Cauchy and Schwarz every sum of products in a convolution or a
# linear layer is at most |x| |w|: under 1e24, and under 1e30 within Winograd's transforms. Nothing overflows.
MOST = 1e24


def tame(*arrays):
    """Whether all numbers are finite, and so far from overflow that the order of arithmetic does not matter.

    Fast stages multiply by zeros that pad a band, mix the pixels of a tile, subtract what they added: harmless unless
    there is infinity or NaN. Then a stage leaves its work to its layers. One pass by BLAS, the cheapest there is.
    """
    for a in arrays:  # a loop, as it runs a dozen times a pass
        if not np.vdot(a, a) < MOST:
            return False
    return True


class Through:
    """Layers one after another, with a memory that is not that of the layers.

    Parameters
    ----------
    layers : list of Layer
    enter, leave : functions, optional
        From the caller's layout to that of the layers, and back.
    """

    def __init__(self, layers, enter=None, leave=None):
        self.layers, self.enter, self.leave = layers, enter or _same, leave or _same
        self.memory = {}

    def forward(self, x, keep=True):
        self.memory = {}
        x = self.enter(x)
        with self._lent():
            for layer in self.layers:
                x = layer.forward(x)
        if not keep:
            self.memory = {}
        return self.leave(x)

    def backward(self, dy):
        dy = self.enter(dy)
        with self._lent():
            for layer in reversed(self.layers):
                dy = layer.backward(dy)
        return self.leave(dy)

    @contextlib.contextmanager
    def _lent(self):
        theirs = {module: module._saved for layer in self.layers for module in layer.modules()}
        try:
            for module in theirs:
                module._saved = self.memory.setdefault(module, [])
            yield
        finally:
            for module, saved in theirs.items():
                module._saved = saved


def _same(x):
    return x


class Fallback(Through):
    """Layers in place of a stage, in the layout that they expect.

    A layer that treats every number ``alike`` does not mind the engine's layout and is spared the copying.
    """

    def __init__(self, layers, alike=False):
        super().__init__(layers, *((np.asarray, np.ascontiguousarray) if alike else (to_outer, to_inner)))


def twins(layers, training=None):
    """Copies of layers without what is inside them, over the same parameters: what they do changes no layer's state."""
    made = [copy.copy(layer) for layer in layers]
    for twin in made:
        twin._saved = []
        twin.training = twin.training if training is None else training
        for name in twin._buffer_names:
            setattr(twin, name, copy.copy(getattr(twin, name)))
    return made


def replay(layers, x, dy, training):
    """The backward pass of layers whose forward pass was a fast stage's: repeat that, from its input ``x``; go back."""
    again = Fallback(twins(layers, training))
    with np.errstate(all="ignore"):
        again.forward(x)
    return again.backward(dy)


def answer(layers, shape, dtype):
    """What layers make of two samples of this shape (C, H, W) or (F,): the shape of the output, None if they refuse."""
    made = Through(twins(layers))
    try:
        with np.errstate(all="ignore"):
            return made.forward(np.zeros((2, *shape), dtype), keep=False).shape[1:]
    except Exception:  # whatever it is, it is to be raised by the layer itself
        return None
