"""Convolution, pooling, bias and ReLU in one pass over a few rows at a time.

Maximum commutes with adding a constant and with ReLU, so ``relu(pool(conv(x) + b))`` and
``pool(relu(conv(x) + b))`` are both ``relu(pool(conv(x)) + b)``: pool first, and bias and ReLU touch a
quarter of the numbers. The convolution's output is never stored: a few rows are computed into a buffer that
stays in the cache and are pooled at once. On the way back the same rows are filled with their gradient,
used for the weights, and overwritten.
"""

import numpy as np

from cnnlib.engine.banded import Banded
from cnnlib.engine.depthwise import Depthwise
from cnnlib.engine.pool import max_forward, spread, taps
from cnnlib.engine.stages import collect
from cnnlib.engine.winograd import Winograd

CHUNK = 1 << 18  # numbers in the row buffer
UNPOOLED = 1 << 20  # where there is no row buffer, chunks may be larger


def choose(shape, kernel, stride, padding, dilation, groups, dtype, input_gradient):
    """The kernels that compute a convolution fastest: a list of (kernel, input channels, output channels)."""
    out_channels, channels, kh, kw = kernel
    rest = (stride, padding, dilation, dtype, input_gradient)
    if groups > 1 and channels == 1 and out_channels == groups:
        return [(Depthwise(shape, kernel, *rest), slice(None), slice(None))]
    if groups == 1 and Winograd.suits(shape, kernel, stride, dilation):
        return [(Winograd(shape, kernel, *rest), slice(None), slice(None))]
    each, height, width, batch = out_channels // groups, shape[0], shape[1], shape[3]
    tiles = None if groups == 1 else (1, 1)
    return [
        (Banded((height, width, channels, batch), (each, channels, kh, kw), *rest, tiles),
         slice(g * channels, (g + 1) * channels), slice(g * each, (g + 1) * each))
        for g in range(groups)
    ]


class Block:
    """``relu(max_pool(conv2d(x, w) + b))``, pooling and ReLU optional, with the batch innermost.

    Parameters
    ----------
    shape : input shape (H, W, C, N)
    weight, bias : Parameter (bias may be None)
    stride, dilation : pairs
    padding : ((top, bottom), (left, right))
    pool : (ph, pw) of a max pooling with windows side by side, or None
    relu : bool
    """

    def __init__(self, shape, weight, bias, stride, padding, dilation, groups, pool, relu, input_gradient=True):
        dtype = weight.data.dtype
        self.weight, self.bias, self.relu = weight, bias, relu
        self.kernels = choose(shape, weight.data.shape, stride, padding, dilation, groups, dtype, input_gradient)
        first = self.kernels[0][0]
        self.height, self.width = first.out_height, first.out_width
        self.pool, self.input_gradient = pool, input_gradient
        channels, batch = weight.data.shape[0], shape[3]
        ph, pw = pool or (1, 1)
        self.size = self.height // ph, self.width // pw
        unit = int(np.lcm(first.unit, ph))
        fits = max(1, (CHUNK if pool else UNPOOLED) // max(1, self.width * channels * batch))
        self.chunk = min(-(-self.height // unit), -(-fits // unit)) * unit
        self.z = np.empty((*self.size, channels, batch), dtype)
        self.lead = np.empty((ph * pw - 1, *self.z.shape), bool)
        self.bias_row = np.empty(channels * batch, dtype)  # each bias repeated along the batch
        self.zeros = np.zeros_like(self.bias_row)
        self.dx = np.empty(shape, dtype) if input_gradient and len(self.kernels) > 1 else None
        # what a pooling window looks at lies apart, if the kernel can write it so: passes over long rows
        self.apart = bool(pool) and len(self.kernels) == 1 and getattr(first, "apart", False)
        if self.apart:
            buffer = np.empty((ph, pw, -(-self.chunk // ph), self.size[1], channels, batch), dtype)
        else:
            buffer = np.empty((self.chunk, self.width, channels, batch), dtype)
        self.g = np.empty_like(self.z[: -(-self.chunk // ph)])
        self.live = np.empty(self.g.shape, bool)
        dy = first.dy if len(self.kernels) == 1 else None
        self.chunks = [
            Chunk(self, start, min(start + self.chunk, self.height), buffer, dy)
            for start in range(0, self.height, self.chunk)
        ]

    def forward(self, x, keep=True):
        """Compute the block's output (H_out, W_out, C_out, N); ``keep`` what backward needs."""
        w = self.weight.data
        for kernel, inputs, outputs in self.kernels:
            kernel.load(x if len(self.kernels) == 1 else x[:, :, inputs], w[outputs])  # known again only as it is
        if self.bias is not None:
            self.bias_row.reshape(w.shape[0], -1)[...] = self.bias.data[:, None]
        for chunk in self.chunks:
            for kernel, _, outputs in self.kernels:
                rows = chunk.rows if self.apart else chunk.rows[:, :, outputs]
                kernel.rows(chunk.start, chunk.stop, rows)
            if self.pool:
                max_forward(chunk.taps, chunk.z, chunk.lead if keep else None)
            if self.bias is not None:
                np.add(chunk.flat, self.bias_row, out=chunk.flat)
            if self.relu:
                np.maximum(chunk.flat, self.zeros, out=chunk.flat)
        return self.z

    def backward(self, dz):
        """Gradient of the input, or None if it is not wanted; adds to the gradients of weight and bias."""
        for kernel, _, _ in self.kernels:
            kernel.back_start()
        bias_gradient = np.zeros_like(self.bias_row)
        ones = np.ones(self.g.shape[0] * self.g.shape[1], dz.dtype)
        for chunk in self.chunks:
            g = dz[chunk.pooled]
            if self.relu:
                g = np.multiply(g, np.greater(chunk.z, 0, out=chunk.live), out=chunk.g)
            if self.bias is not None:
                long = g.reshape(-1, bias_gradient.size)
                bias_gradient += ones[: len(long)] @ long
            if self.pool:
                dy = chunk.dy
                for margin in chunk.margins:
                    margin[...] = 0
                spread(g, chunk.dy_taps, chunk.g, chunk.lead)
            else:
                dy = g
            for kernel, _, outputs in self.kernels:
                part = dy if dy.ndim == 6 else dy[:, :, outputs]
                if kernel.dy is not None and not (self.pool and len(self.kernels) == 1):
                    kernel.dy[chunk.start : chunk.stop] = part
                kernel.back_rows(chunk.start, chunk.stop, part)
        weight_gradient = np.empty_like(self.weight.data)
        for kernel, _, outputs in self.kernels:
            weight_gradient[outputs] = kernel.weight_gradient()
        collect(self.weight, weight_gradient)
        if self.bias is not None:
            collect(self.bias, bias_gradient.reshape(self.weight.data.shape[0], -1).sum(1))
        if not self.input_gradient:
            return None
        if self.dx is None:
            return self.kernels[0][0].input_gradient()
        for kernel, inputs, _ in self.kernels:
            self.dx[:, :, inputs] = kernel.input_gradient()
        return self.dx


class Chunk:
    """Rows ``start:stop`` of a block's convolution and all views that a pass over them needs, made once."""

    def __init__(self, block, start, stop, buffer, dy):
        ph, pw = block.pool or (1, 1)
        self.start, self.stop = start, stop
        self.pooled = slice(start // ph, min(stop // ph, block.size[0]))
        self.z = block.z[self.pooled]
        self.flat = self.z.reshape(*self.z.shape[:2], block.bias_row.size)  # long rows: fewer, longer loops
        self.lead = block.lead[:, self.pooled]
        self.g, self.live = block.g[: len(self.z)], block.live[: len(self.z)]
        self.rows = self.z
        if not block.pool:
            return
        size = self.z.shape[:2]
        if block.apart:
            buffer = buffer[:, :, : size[0]]
            self.taps = [buffer[i, j] for i in range(ph) for j in range(pw)]
            self.rows = buffer.transpose(3, 1, 2, 0, 4, 5)
        else:
            self.rows = buffer[: stop - start]
            self.taps = taps(self.rows, block.pool, block.pool, (1, 1), size)
        self.dy, self.dy_taps, self.margins = self.rows, self.taps, ()
        if dy is not None:
            self.dy = dy[start:stop]
            self.dy_taps = taps(self.dy, block.pool, block.pool, (1, 1), size)
        if self.dy.ndim == 4:
            self.margins = [m for m in (self.dy[size[0] * ph :], self.dy[:, size[1] * pw :]) if m.size]
