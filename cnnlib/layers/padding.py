"""Padding as layers. The mathematics is in `cnnlib.padding`."""

from cnnlib import _checks as checks
from cnnlib.module import Layer
from cnnlib.padding import pad, pad_backward


class _Pad2d(Layer):
    """What the five share; they differ in how they fill the border."""

    mode = ""
    value = 0.0
    ranks = (3, 4)  # an image (C, H, W) or a batch of them

    def __init__(self, padding):
        super().__init__()
        if not isinstance(padding, (tuple, list)):
            padding = (padding,) * 4
        if len(padding) != 4:
            raise ValueError(f"padding must be an integer or (left, right, top, bottom), got {padding!r}")
        self.padding = tuple(checks.integer("padding", amount) for amount in padding)

    def forward(self, x):
        """Map ``x`` (N, C, H, W) or (C, H, W) to (..., top + H + bottom, left + W + right)."""
        y = pad(checks.floats("x", x, self.ranks), self.padding, self.mode, self.value)
        self.save(x)
        return y

    def backward(self, dy):
        """Return the gradient of ``x``: what came from a pixel goes back to it."""
        return pad_backward(dy, self.recall(), self.padding, self.mode, self.value)

    def extra_repr(self):
        return f"{self.padding}"


class ConstantPad2d(_Pad2d):
    """A border of one number, see `cnnlib.padding.pad`.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        How wide the border is; negative amounts cut off.
    value : float
        What stands in it; it may be infinite.
    """

    mode = "constant"
    ranks = None  # any image, with or without channels

    def __init__(self, padding, value: float):
        super().__init__(padding)
        self.value = checks.real("value", value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value!r}"


class ZeroPad2d(_Pad2d):
    """A border of zeros, see `cnnlib.padding.pad`.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        How wide the border is; negative amounts cut off.

    Examples
    --------
    >>> import numpy as np
    >>> layer = ZeroPad2d((1, 0, 0, 1))
    >>> layer(np.array([[[5.0, 6.0]]]))
    array([[[0., 5., 6.],
            [0., 0., 0.]]])
    >>> layer.backward(np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]))
    array([[[2., 3.]]])
    """

    mode = "constant"
    ranks = None


class ReflectionPad2d(_Pad2d):
    """A border that mirrors the image, whose edge is not repeated, see `cnnlib.padding.pad`.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        How wide the border is, less than the image; negative amounts cut off.

    Examples
    --------
    >>> import numpy as np
    >>> ReflectionPad2d((2, 2, 0, 0))(np.array([[[1.0, 2.0, 3.0]]]))
    array([[[3., 2., 1., 2., 3., 2., 1.]]])
    """

    mode = "reflect"


class ReplicationPad2d(_Pad2d):
    """A border that repeats the edge of the image, see `cnnlib.padding.pad`.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        How wide the border is; negative amounts cut off.
    """

    mode = "replicate"


class CircularPad2d(_Pad2d):
    """A border that goes on at the image's other side, see `cnnlib.padding.pad`.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        How wide the border is, at most once round; negative amounts cut off.
    """

    mode = "circular"
