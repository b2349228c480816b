"""The formula that every normalization shares: subtract the mean, divide by the standard deviation, rescale."""

import numpy as np


def statistics(x, axes):
    """Return mean and biased variance over ``axes``, which stay as dimensions of length 1."""
    if x.size == 0:  # an empty batch: NumPy's mean would warn
        shape = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
        return np.zeros(shape, x.dtype), np.ones(shape, x.dtype)
    mean = x.mean(axis=axes, keepdims=True)
    return mean, np.square(x - mean).mean(axis=axes, keepdims=True)  # not E[x^2] - E[x]^2, which cancels


def normalize(x, mean, var, eps):
    """Return xhat and the standard deviation it was divided by."""
    s = np.sqrt(var + eps)
    return (x - mean) / s, s


def normalize_backward(g, xhat, s, axes):
    """Return the gradient of `normalize` and `statistics` together, with the upstream gradient g."""
    if g.size == 0:
        return g / s
    by_mean = g.mean(axis=axes, keepdims=True)
    by_variance = xhat * (g * xhat).mean(axis=axes, keepdims=True)
    return (g - by_mean - by_variance) / s


def affine(xhat, weight, bias):
    """Scale and shift, each only where it is given."""
    y = xhat if weight is None else xhat * weight
    return y if bias is None else y + bias


def batch_axes(x):
    """All axes but the channels'."""
    return tuple(axis for axis in range(x.ndim) if axis != 1)


def per_channel(a, x):
    """Return ``a``, one entry per channel, in a shape that broadcasts over ``x``."""
    return None if a is None else a.reshape((-1,) + (1,) * (x.ndim - 2))
