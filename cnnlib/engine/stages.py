"""The other layers in the engine's layout: linear, ReLU, flatten and batch norm.

Inside the engine an image batch is (H, W, C, N) and a feature batch is (F, N), both contiguous. A stage is
made for one input shape, owns the arrays it writes to, and offers ``forward(x)`` and ``backward(dy)``.
"""

import numpy as np

LEAST_EPS = 1e-12  # of a batch norm: 1 / sqrt(eps) times a `tame` number is far from overflow


def to_inner(x, out=None):
    """(N, C, H, W) to (H, W, C, N), or (N, F) to (F, N)."""
    if not isinstance(x, np.ndarray):  # what a layer returns beside an array is for the next layer alone
        return x
    return _copy(x.transpose(2, 3, 1, 0) if x.ndim == 4 else x.T, out)


def to_outer(x, out=None):
    """(H, W, C, N) to (N, C, H, W), or (F, N) to (N, F)."""
    if not isinstance(x, np.ndarray):
        return x
    return _copy(x.transpose(3, 2, 0, 1) if x.ndim == 4 else x.T, out)


def _copy(view, out):
    if out is None:
        return np.array(view, order="C")
    out[...] = view
    return out


def collect(parameter, grad):
    """Add a new array to a parameter's gradient: ``parameter.add_grad`` without its checks and its copy."""
    parameter.grad = grad if parameter.grad is None else parameter.grad + grad


class Dense:
    """``relu(w @ x + b)`` with x (F_in, N): a linear layer, ReLU optional."""

    def __init__(self, shape, weight, bias, relu, input_gradient=True):
        dtype, (features, batch) = weight.data.dtype, shape
        self.weight, self.bias, self.relu = weight, bias, relu
        self.y = np.empty((weight.data.shape[0], batch), dtype)
        self.live = np.empty(self.y.shape, bool)
        self.g = np.empty_like(self.y)
        self.dw = np.empty((features, self.y.shape[0]), dtype)
        self.dx = np.empty(shape, dtype) if input_gradient else None
        self.zeros = np.zeros(batch, dtype)

    def forward(self, x, keep=True):
        self.x = x
        np.matmul(self.weight.data, x, out=self.y)
        if self.bias is not None:
            self.y += self.bias.data[:, None]
        if self.relu:
            np.maximum(self.y, self.zeros, out=self.y)
        return self.y

    def backward(self, dy):
        if self.relu:
            dy = np.multiply(dy, np.greater(self.y, self.zeros, out=self.live), out=self.g)
        collect(self.weight, np.matmul(dy, self.x.T))
        if self.bias is not None:
            collect(self.bias, dy.sum(1))
        return None if self.dx is None else np.matmul(self.weight.data.T, dy, out=self.dx)


class Flat:
    """Flatten (H, W, C, N) to (C * H * W, N), in the order in which ``Flatten`` numbers the features."""

    def __init__(self, shape, dtype):
        height, width, channels, batch = shape
        self.y = np.empty((channels, height, width, batch), dtype)
        self.dx = np.empty(shape, dtype)

    def forward(self, x, keep=True):
        self.y[...] = x.transpose(2, 0, 1, 3)
        return self.y.reshape(-1, self.y.shape[3])

    def backward(self, dy):
        self.dx[...] = dy.reshape(self.y.shape).transpose(1, 2, 0, 3)
        return self.dx


class Relu:
    """``max(x, 0)`` where it could not be made part of the layer before."""

    def __init__(self, shape, dtype):
        self.y, self.dx = np.empty(shape, dtype), np.empty(shape, dtype)
        self.live, self.zeros = np.empty(shape, bool), np.zeros(shape, dtype)

    def forward(self, x, keep=True):
        return np.maximum(x, self.zeros, out=self.y)

    def backward(self, dy):
        return np.multiply(dy, np.greater(self.y, self.zeros, out=self.live), out=self.dx)


class Norm:
    """Batch norm over all but the channels: (H, W, C, N) or (C, N), ReLU optional."""

    @staticmethod
    def suits(shape, layer):
        """Whether there are statistics to divide by: running ones, and in training more than one value a channel."""
        values = int(np.prod(shape[:-2])) * shape[-1]
        return layer.running_mean is not None and layer.eps >= LEAST_EPS and (values > 1 or not layer.training)

    def __init__(self, shape, layer, relu, dtype):
        self.layer, self.relu = layer, relu
        self.rows = int(np.prod(shape[:-2])), *shape[-2:]  # (H * W, C, N)
        self.count = self.rows[0] * self.rows[2]
        self.hat, self.y, self.dx = (np.empty(shape, dtype) for _ in range(3))
        self.live = np.empty(shape, bool)
        self.ones = np.ones((1, self.rows[0]), dtype)

    def _sum(self, x):
        """Sum over everything but the channels: rows first, with BLAS, then the batch."""
        channels, batch = self.rows[1:]
        return (self.ones @ x.reshape(self.rows[0], -1)).reshape(channels, batch).sum(1)

    def _row(self, values):
        """One number a channel, repeated along the batch: (C * N,), so that loops over it are long."""
        return np.repeat(values, self.rows[2])

    def forward(self, x, keep=True):
        layer, dtype = self.layer, self.y.dtype
        x2, hat, y = (a.reshape(self.rows[0], -1) for a in (x, self.hat, self.y))
        self.trained = layer.training
        if layer.training:
            mean = self._sum(x) / dtype.type(self.count)
            np.subtract(x2, self._row(mean), out=hat)
            var = self._sum(np.multiply(hat, hat, out=y)) / dtype.type(self.count)
            seen = int(layer.num_batches_tracked) + 1
            momentum = 1 / seen if layer.momentum is None else float(layer.momentum)
            unbiased = var * dtype.type(self.count / (self.count - 1))
            running_mean = (1 - momentum) * layer.running_mean + momentum * mean
            running_var = (1 - momentum) * layer.running_var + momentum * unbiased  # old + (new - old) cancels
            layer.running_mean, layer.running_var = running_mean, running_var
            layer.num_batches_tracked += 1
        else:
            mean, var = layer.running_mean, layer.running_var
            np.subtract(x2, self._row(mean), out=hat)
        self.scale = 1 / np.sqrt(var + dtype.type(layer.eps))
        hat *= self._row(self.scale)
        if layer.weight is None:
            y[...] = hat
        else:
            np.multiply(hat, self._row(layer.weight.data), out=y)
        if layer.bias is not None:
            y += self._row(layer.bias.data)
        if self.relu:
            np.maximum(y, np.zeros(y.shape[1], dtype), out=y)
        return self.y

    def backward(self, dy):
        layer = self.layer
        if self.relu:
            dy = np.multiply(dy, np.greater(self.y, 0, out=self.live), out=self.dx)
        dy2, hat, dx, spare = (a.reshape(self.rows[0], -1) for a in (dy, self.hat, self.dx, self.y))
        bias = self._sum(dy)
        weight = self._sum(np.multiply(dy2, hat, out=spare))
        if layer.weight is not None:
            collect(layer.weight, weight)
        if layer.bias is not None:
            collect(layer.bias, bias)
        scale = self.scale if layer.weight is None else self.scale * layer.weight.data
        if self.trained:
            count = dy.dtype.type(self.count)
            np.multiply(hat, self._row(weight / count), out=spare)
            spare += self._row(bias / count)
            dy2 = np.subtract(dy2, spare, out=dx)
        np.multiply(dy2, self._row(scale), out=dx)
        return self.dx
