"""Layers that keep numbers in a good range or keep a network from leaning on few of them.

Batch norm and dropout do one thing in training and another in evaluation: ``model.train()`` and
``model.eval()`` switch them.
"""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.dropout import dropout, dropout_backward
from cnnlib.layers._common import collect, data, generator, scale_and_shift
from cnnlib.module import Layer
from cnnlib.normalization import (
    batch_norm,
    batch_norm_backward,
    group_norm,
    group_norm_backward,
    layer_norm,
    layer_norm_backward,
)


class _BatchNorm(Layer):
    """What BatchNorm1d and BatchNorm2d share; they differ in the shapes they accept."""

    ranks = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype=np.float32,
    ):
        super().__init__()
        self.num_features = checks.integer("num_features", num_features, 1)
        self.eps = checks.number("eps", eps, above=0)
        self.momentum = None if momentum is None else checks.number("momentum", momentum, 0, 1)
        self.affine = checks.flag("affine", affine)
        self.track_running_stats = tracked = checks.flag("track_running_stats", track_running_stats)
        self.weight, self.bias = scale_and_shift(num_features, affine, bias, dtype)
        dtype = checks.float_dtype("dtype", dtype)
        self.register_buffer("running_mean", np.zeros(num_features, dtype) if tracked else None)
        self.register_buffer("running_var", np.ones(num_features, dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", np.array(0, np.int64) if tracked else None)

    def forward(self, x):
        """Normalise each channel of ``x``; while training, update the running statistics too."""
        checks.floats("x", x, self.ranks)
        momentum = self.momentum
        if momentum is None:  # the mean of all batches so far: batch n counts 1 / n
            momentum = 1.0 / (int(self.num_batches_tracked) + 1) if self.track_running_stats else 0.0
        statistics = self.running_mean, self.running_var
        by_batch = self.training or not self.track_running_stats  # without running statistics, the batch's own
        scale = data(self.weight), data(self.bias)
        y, new_mean, new_var = batch_norm(x, *statistics, *scale, by_batch, momentum, self.eps)
        self.save(x, *statistics, by_batch, momentum)
        if self.training and self.track_running_stats:
            self.running_mean, self.running_var = new_mean, new_var
            self.num_batches_tracked += 1
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        x, mean, var, by_batch, momentum = self.recall()
        scale = data(self.weight), data(self.bias)
        dx, *grads = batch_norm_backward(dy, x, mean, var, *scale, by_batch, momentum, self.eps)
        collect(grads, self.weight, self.bias)
        return dx

    def extra_repr(self):
        text = f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}"
        return f"{text}, bias={self.bias is not None}, track_running_stats={self.track_running_stats}"


class BatchNorm2d(_BatchNorm):
    """Give each channel of a batch of images mean 0 and variance 1, see `cnnlib.normalization.batch_norm`.

    Parameters
    ----------
    num_features : int
        How many channels.
    eps : float
        Added to the variance before the root.
    momentum : float or None
        How much of each batch enters the running statistics; None takes the mean over all batches.
    affine : bool
        Whether to learn a scale and a shift for each channel.
    track_running_stats : bool
        False keeps no running statistics: in evaluation, too, each batch is normalised by its own.
    bias : bool
        Whether the shift comes with the scale.
    dtype : float32 or float64
        Of the parameters, and so of the input.

    Attributes
    ----------
    weight, bias : Parameter (num_features,) or None
        The scale, from 1, and the shift, from 0.
    running_mean, running_var : array (num_features,), or None if not tracked
        Used instead of the batch's own in evaluation.
    num_batches_tracked : array (), or None if not tracked
        How many batches the running statistics have seen.

    Examples
    --------
    >>> layer = BatchNorm2d(1, dtype=np.float64)
    >>> layer(np.array([[[[1.0, 3.0]]]])).round(3)  # mean 2, variance 1
    array([[[[-1.,  1.]]]])
    >>> layer.running_mean
    array([0.2])
    """

    ranks = (4,)


class BatchNorm1d(_BatchNorm):
    """`BatchNorm2d` for features ``x`` (N, C) or sequences (N, C, L)."""

    ranks = (2, 3)


class LayerNorm(Layer):
    """Give each sample mean 0 and variance 1 over its last dimensions, see `cnnlib.normalization.layer_norm`.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Sizes of the last dimensions, over which to normalise.
    eps : float
        Added to the variance before the root.
    elementwise_affine, bias : bool
        Whether to learn a scale for each element, and with it a shift.
    dtype : float32 or float64
        Of the parameters, and so of the input.

    Attributes
    ----------
    weight, bias : Parameter of normalized_shape, or None
        The scale, from 1, and the shift, from 0.
    """

    def __init__(
        self,
        normalized_shape,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype=np.float32,
    ):
        super().__init__()
        sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
        self.normalized_shape = tuple(checks.integer("normalized_shape", size, 1) for size in sizes)
        self.eps = checks.number("eps", eps, 0)
        self.elementwise_affine = checks.flag("elementwise_affine", elementwise_affine)
        self.weight, self.bias = scale_and_shift(self.normalized_shape, elementwise_affine, bias, dtype)

    def forward(self, x):
        """Normalise ``x``, ``(..., *normalized_shape)``."""
        y = layer_norm(x, self.normalized_shape, data(self.weight), data(self.bias), self.eps)
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        scale = data(self.weight), data(self.bias)
        dx, *grads = layer_norm_backward(dy, self.recall(), self.normalized_shape, *scale, self.eps)
        collect(grads, self.weight, self.bias)
        return dx

    def extra_repr(self):
        text = f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{text}, bias={self.bias is not None}"


class GroupNorm(Layer):
    """Give each group of channels of each sample mean 0 and variance 1, see `cnnlib.normalization.group_norm`.

    Parameters
    ----------
    num_groups, num_channels : int
        How many groups, and how many channels there are to divide among them.
    eps : float
        Added to the variance before the root.
    affine, bias : bool
        Whether to learn a scale for each channel, and with it a shift.
    dtype : float32 or float64
        Of the parameters, and so of the input.

    Attributes
    ----------
    weight, bias : Parameter (num_channels,) or None
        The scale, from 1, and the shift, from 0.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype=np.float32,
    ):
        super().__init__()
        self.num_groups = checks.integer("num_groups", num_groups, 1)
        self.num_channels = checks.integer("num_channels", num_channels, 1)
        if num_channels % num_groups:
            raise ValueError(f"num_groups must divide num_channels={num_channels}, got {num_groups}")
        self.eps = checks.number("eps", eps, 0)
        self.affine = checks.flag("affine", affine)
        self.weight, self.bias = scale_and_shift(num_channels, affine, bias, dtype)

    def forward(self, x):
        """Normalise ``x`` (N, num_channels, ...)."""
        y = group_norm(x, self.num_groups, data(self.weight), data(self.bias), self.eps)
        self.save(x)
        return y

    def backward(self, dy):
        """Collect the gradients of weight and bias, return that of ``x``."""
        scale = data(self.weight), data(self.bias)
        dx, *grads = group_norm_backward(dy, self.recall(), self.num_groups, *scale, self.eps)
        collect(grads, self.weight, self.bias)
        return dx

    def extra_repr(self):
        text = f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
        return f"{text}, bias={self.bias is not None}"


class Dropout(Layer):
    """While training, set each number to zero with probability ``p``, see `cnnlib.dropout.dropout`.

    Parameters
    ----------
    p : float
        The probability; what survives is scaled by ``1 / (1 - p)``.
    rng : numpy.random.Generator, optional
        Where the choice comes from; a fresh generator, different in every run, unless given.
    """

    def __init__(self, p: float = 0.5, *, rng=None):
        super().__init__()
        self.p = checks.number("p", p, 0, 1)
        self.rng = generator(rng)

    def forward(self, x):
        """Drop, if training; return ``x`` as it is, if not."""
        y, mask = dropout(x, self.p, self.training, self.rng)
        self.save(mask)
        return y

    def backward(self, dy):
        """Let the gradient through where the numbers were."""
        return dropout_backward(dy, self.recall())

    def extra_repr(self):
        return f"p={self.p}"
