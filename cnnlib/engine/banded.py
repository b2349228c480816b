"""Convolution as one small matrix product per tile, with the batch innermost.

The input is lowered along the width only. For every tile of ``tile`` neighbouring outputs in a row, the
columns it looks at are copied side by side; along the height nothing is copied, because the ``kh`` rows a
tile looks at already lie behind one another and a strided view can name them. What remains is

    y[row, tile] = T @ patch[row, tile],    T: (tile * C_out, kh * reach * C_in),  patch: (..., N)

where ``T`` holds the kernel once per output of the tile, each copy shifted by the stride: a banded
(Toeplitz) matrix. With ``tile = 1`` it is the kernel itself and this is im2col. A tile of two or four costs
a few multiplications by zero and makes the product large enough for BLAS when there are few channels.

With many channels it is the other side of the product that is too small: N columns. Then ``wide``
neighbouring tiles are put side by side, patch: (..., wide * N), and the output is sorted back.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from cnnlib.engine.gather import Gather

PRODUCT = 1 << 17  # numbers in one batch of products (float32: half an L2 cache)


def tiling(width, depth, out_channels, batch):
    """Choose ``(tile, wide)``, both dividing the width: see the top of this file."""
    divisors = [d for d in range(1, width + 1) if width % d == 0]
    if depth * out_channels >= 1 << 15:
        return 1, max((d for d in divisors if d * batch <= 512), default=1)
    return next((d for d in divisors if d <= 4 and d * out_channels >= 6), 1), 1


class Banded:
    """A convolution of one geometry, any stride, padding and dilation: forward and backward.

    Parameters
    ----------
    shape : input shape (H, W, C, N)
    kernel : weight shape (C_out, C_in, kH, kW)
    stride, dilation : pairs
    padding : ((top, bottom), (left, right))
    tiles : (tile, wide), or None for the best guess
    """

    unit = 1  # rows can be computed one at a time

    def __init__(self, shape, kernel, stride, padding, dilation, dtype, input_gradient=True, tiles=None):
        self.shape, self.kernel, self.stride, self.dilation, self.padding = shape, kernel, stride, dilation, padding
        height, width, channels, batch = shape
        out_channels, _, kh, kw = kernel
        (top, bottom), (left, right) = padding
        self.span = (kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1
        self.out_height = (height + top + bottom - self.span[0]) // stride[0] + 1
        self.out_width = (width + left + right - self.span[1]) // stride[1] + 1
        self.tile, self.wide = tiles or tiling(self.out_width, channels * kh * kw, out_channels, batch)
        self.blocks = self.out_width // (self.tile * self.wide)
        self.reach = (self.tile - 1) * stride[1] + self.span[1]  # columns a tile looks at
        self.depth, self.out_rows = self.span[0] * self.reach * channels, self.tile * out_channels
        matrix = np.zeros((self.tile, out_channels, self.span[0], self.reach, channels), dtype)
        self.band, self.matrix = self._diagonal(matrix, range(5)), matrix.reshape(self.out_rows, self.depth)
        # no copy is needed where one row of a column is all that a kernel looks at
        self.plain = self.span == (1, 1) and self.tile == self.wide == stride[1] == 1 and padding == ((0, 0), (0, 0))
        self.padded = self.seen = None
        if padding != ((0, 0), (0, 0)):
            self.padded = np.zeros((height + top + bottom, width + left + right, channels, batch), dtype)
            self.inside = slice(top, top + height), slice(left, left + width)
        if not self.plain:
            lowered = self.blocks, height + top + bottom, self.reach, channels, self.wide, batch
            self.lowered = np.empty(lowered, dtype)
            self.patches = self._patches(self.lowered)
        self.group = max(1, PRODUCT // max(1, self.depth * self.out_rows * self.blocks))  # rows at a time
        self.products = np.empty(self.blocks * self.group * self.depth * self.out_rows, dtype)
        self.gradient = np.empty(self.depth * self.out_rows, dtype)
        self.ones = np.ones(self.blocks * self.group, dtype)
        self.sorting = np.empty((self.blocks, out_channels, self.wide, batch), dtype) if self.wide > 1 else None
        # BLAS is slow at A B^T where B has few columns, unless B is turned first
        self.turn = self.tile > 1 and input_gradient or self.out_rows % 16 == 0
        if self.turn:
            self.turned = np.empty((self.blocks, self.group, self.wide, batch, self.tile, out_channels), dtype)
        self.gather = self.dy = None
        if input_gradient:
            size = self.out_height, self.out_width
            self.gather = Gather(shape, kernel, stride, padding, dilation, size, self.wide, 2 * PRODUCT, dtype)
            self.dy = self.gather.dy

    def _diagonal(self, matrix, axes):
        """View of the (tile, C_out, kH, kW, C_in) entries of a banded matrix that hold kernel weights."""
        t, o, r, c, i = (matrix.strides[a] for a in axes)
        out_channels, channels, kh, kw = self.kernel
        strides = (t + self.stride[1] * c, o, self.dilation[0] * r, self.dilation[1] * c, i)
        return as_strided(matrix, (self.tile, out_channels, kh, kw, channels), strides)

    def _strips(self, x):
        """View of the padded image as what every tile looks at, shaped like ``self.lowered``."""
        tiles = sliding_window_view(x, self.reach, axis=1)[:, :: self.tile * self.stride[1]]
        tiles = tiles[:, : self.blocks * self.wide]  # without a copy, or with an error, but never with another memory
        tiles = tiles.reshape(len(x), self.blocks, self.wide, *tiles.shape[2:], copy=False)
        return tiles.transpose(1, 0, 5, 3, 2, 4)

    def _patches(self, lowered):
        """View of (blocks, rows, columns, C, wide, N) as the patches of all outputs: (blocks, H_out, depth, N)."""
        rows = sliding_window_view(lowered, self.span[0], axis=1)[:, :: self.stride[0]].transpose(0, 1, 6, 2, 3, 4, 5)
        return rows.reshape(self.blocks, self.out_height, self.depth, self.wide * self.shape[3], copy=False)

    def load(self, x, w):
        """Write the kernel into the band; the input is lowered when its rows are needed."""
        self.w = w
        self.band[...] = w.transpose(0, 2, 3, 1)
        if self.padded is not None:
            self.padded[self.inside] = x
            x = self.padded
        if x is not self.seen:  # mostly it is the array of the stage before, and its views are there already
            self.seen = x
            if self.plain:
                self.patches = self._patches(x.swapaxes(0, 1)[:, :, None, :, None])
            else:
                self.strips = self._strips(x)
        self.done = 0

    def rows(self, start, stop, out):
        """Compute output rows ``start:stop`` into ``out`` (stop - start, W_out, C_out, N) or `apart`."""
        matrix = self.matrix
        if not self.plain:
            rows = slice(self.done, (stop - 1) * self.stride[0] + self.span[0])
            self.lowered[:, rows] = self.strips[:, rows]
            self.done = rows.stop
        if out.ndim == 6:
            np.matmul(matrix, self._patches_apart(start, out), out=out)
            return
        if self.wide == 1:
            np.matmul(matrix, self.patches[:, start:stop], out=self._tiles(out))
            return
        for i in range(start, stop):
            np.matmul(matrix, self.patches[:, i], out=self.sorting.reshape(self.blocks, self.out_rows, -1))
            out[i - start].reshape(self.blocks, self.wide, *out.shape[2:])[...] = self.sorting.swapaxes(1, 2)

    @property
    def apart(self):
        """Whether outputs may be (W / pw, pw, H / ph, ph, C, N), the outputs of a pooling window apart."""
        return self.tile == self.wide == 1

    def _patches_apart(self, start, y):
        """The patches of those outputs."""
        columns, rows = y.shape[0] * y.shape[1], y.shape[2] * y.shape[3]
        return self.patches[:columns, start : start + rows].reshape(*y.shape[:4], *self.patches.shape[2:])

    def _tiles(self, y):
        """See (rows, W_out, C_out, N) as (blocks, rows, tile * C_out, N)."""
        if self.tile > 1:
            y = y.reshape(y.shape[0], self.blocks, self.out_rows, y.shape[3])
        return y.swapaxes(0, 1)

    def back_start(self):
        self.gradient[...] = 0

    def back_rows(self, start, stop, dy):
        """Add what output rows ``start:stop`` contribute to the weight gradient: patch times dy^T, summed."""
        if self.wide > 1 and self.gather is not None:
            self.gather.take(start, stop, dy)
        if dy.ndim == 6:
            rows = max(1, self.group // dy.shape[3])
            for i in range(0, dy.shape[2], rows):
                part = dy[:, :, i : i + rows]
                turned = part.swapaxes(4, 5)
                self._add(self._patches_apart(start + i * dy.shape[3], part),
                          np.ascontiguousarray(turned) if self.turn else turned)
            return
        for i in range(start, stop, self.group):
            part = dy[i - start : min(i + self.group, stop) - start]
            n, batch = part.shape[0], part.shape[3]
            if self.turn:
                part = part.reshape(n, self.blocks, self.wide, self.tile, *part.shape[2:])
                turned = self.turned[:, :n]
                turned[...] = part.transpose(1, 0, 2, 5, 3, 4)
                turned = turned.reshape(self.blocks, n, self.wide * batch, self.out_rows)
            else:
                turned = self._tiles(part).swapaxes(2, 3)
            self._add(self.patches[:, i : i + n], turned)

    def _add(self, patches, turned):
        """Add the products of all tiles to the gradient: BLAS is the fastest way to sum rows."""
        tiles = math.prod(patches.shape[:-2])
        if tiles > len(self.ones):  # a pooling window is higher than the rows that were meant to be added at a time
            self.ones = np.ones(tiles, self.ones.dtype)
            self.products = np.empty(tiles * self.gradient.size, self.products.dtype)
        products = self.products[: tiles * self.gradient.size]
        np.matmul(patches, turned, out=products.reshape(*patches.shape[:-2], self.depth, self.out_rows))
        self.gradient += self.ones[:tiles] @ products.reshape(tiles, -1)

    def weight_gradient(self):
        """Gather the band's diagonals: the gradient of the kernel (C_out, C_in, kH, kW)."""
        channels, out_channels = self.shape[2], self.kernel[0]
        band = self.gradient.reshape(self.span[0], self.reach, channels, self.tile, out_channels)
        return self._diagonal(band, (3, 4, 0, 1, 2)).sum(0).transpose(0, 3, 1, 2)

    def input_gradient(self):
        """The gradient of the input (H, W, C, N), once ``self.dy`` holds all output rows."""
        return self.gather.run(self.w)
