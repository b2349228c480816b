"""A shortcut around other layers."""

from cnnlib import _checks as checks
from cnnlib.module import Layer


class Residual(Layer):
    """Add to the input what other layers make of it: ``x + body(x)``.

    The layers inside learn what is to be changed, and the gradient has a way back that leads past them.

    Parameters
    ----------
    body : Layer
        Usually a `Sequential`. What it returns has the shape of its input, unless there is a projection.
    projection : Layer, optional
        Stands on the shortcut, ``projection(x) + body(x)``, where body changes the shape: a convolution with a
        1 x 1 kernel, the stride of body and as many filters.

    Notes
    -----
    A value that is used twice gets two gradients, and they add: ``dx = dy + (gradient through body)``, or with a
    projection ``dx = (gradient through projection) + (gradient through body)``.

    References
    ----------
    He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, sections 3.1 and 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.layers import ReLU
    >>> layer = Residual(ReLU())
    >>> layer(np.array([-1.0, 2.0]))
    array([-1.,  4.])
    >>> layer.backward(np.array([10.0, 10.0]))
    array([10., 20.])
    """

    def __init__(self, body: Layer, projection: Layer | None = None):
        super().__init__()
        for name, layer in (("body", body), ("projection", projection)):
            if not isinstance(layer, Layer) and (name == "body" or layer is not None):
                raise TypeError(f"{name} must be a Layer, got {layer!r}")
        self.body = body
        self.projection = projection

    def forward(self, x):
        """Return ``x``, or its projection, plus what body makes of it."""
        y = checks.floats("what body returns", self.body.forward(x))
        shortcut = x if self.projection is None else self.projection.forward(x)
        if y.shape != shortcut.shape:  # adding would broadcast
            what = "the input" if self.projection is None else "what projection returns"
            hint = "; a projection can change the shape on the shortcut" if self.projection is None else ""
            raise ValueError(f"body must return the shape of {what}, {shortcut.shape}, got {y.shape}{hint}")
        self.save()
        return shortcut + y

    def backward(self, dy):
        """Send ``dy`` back both ways, in the reverse order; return the sum of what arrives."""
        self.recall()
        shortcut = dy if self.projection is None else self.projection.backward(dy)
        return shortcut + self.body.backward(dy)
