"""Convolution as one small matrix product per tile, with the batch innermost.

The input is lowered along the width only. For every tile of ``tile`` neighbouring outputs in a row, the
columns it looks at are copied side by side; along the height nothing is copied, because the ``kh`` rows a
tile looks at already lie behind one another and a strided view can name them. What remains is

    y[row, tile] = T @ patch[row, tile],    T: (tile * C_out, kh * width * C_in),  patch: (..., N)

where ``T`` holds the kernel once per output of the tile, each copy shifted by the stride: a banded
(Toeplitz) matrix. With ``tile = 1`` it is the kernel itself and this is im2col. A tile of two or four costs
a few multiplications by zero and makes the product large enough for BLAS when there are few channels.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

PRODUCT = 1 << 18  # numbers in one batch of weight-gradient products (1 MiB of float32: about one L2 cache)


def tile_width(width, channels, groups=1):
    """Outputs per tile: the fewest that make ``T`` twelve rows high, at most four, and divide the width."""
    if groups > 1:
        return 1
    return next((t for t in (1, 2, 3, 4) if width % t == 0 and t * channels >= 12), 1)


class Banded:
    """A convolution of one geometry, any stride, padding and dilation: forward and backward.

    Parameters
    ----------
    shape : input shape (H, W, C, N)
    kernel : weight shape (C_out, C_in, kH, kW)
    stride, dilation : pairs
    padding : ((top, bottom), (left, right))
    tile : outputs per tile, or None for the best guess
    """

    unit = 1  # rows can be computed one at a time

    def __init__(self, shape, kernel, stride, padding, dilation, dtype, input_gradient=True, tile=None):
        self.shape, self.kernel, self.stride, self.dilation, self.padding = shape, kernel, stride, dilation, padding
        height, width, channels, batch = shape
        out_channels, _, kh, kw = kernel
        (top, bottom), (left, right) = padding
        self.span = (kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1
        self.out_height = (height + top + bottom - self.span[0]) // stride[0] + 1
        self.out_width = (width + left + right - self.span[1]) // stride[1] + 1
        self.tile = tile or tile_width(self.out_width, out_channels)
        self.blocks = self.out_width // self.tile
        self.reach = (self.tile - 1) * stride[1] + self.span[1]  # columns a tile looks at
        self.depth, self.rows_out = self.span[0] * self.reach * channels, self.tile * out_channels
        self.matrix = np.zeros((self.tile, out_channels, self.span[0], self.reach, channels), dtype)
        self.gradient = np.empty((self.depth, self.rows_out), dtype)
        self.plain = self.reach == 1 and not (top or bottom or left or right) and stride[1] == 1  # 1x1: no copy
        if not self.plain:
            self.lowered = np.zeros((self.blocks, height + top + bottom, self.reach, channels, batch), dtype)
        fits = max(1, PRODUCT // max(1, self.depth * self.rows_out))  # products held at a time
        self.group = (min(self.blocks, fits), max(1, fits // self.blocks))
        self.products = np.empty((*self.group, self.depth, self.rows_out), dtype)
        # BLAS multiplies A B faster than A B^T where B has a multiple of 16 columns: then turn dy once
        self.turn = self.tile > 1 and input_gradient or self.rows_out % 16 == 0
        self.turned = np.empty((*self.group, batch, self.tile, out_channels), dtype)
        self.dy = None
        if input_gradient:
            self._plan_input_gradient(dtype)

    def diagonal(self, matrix, axes):
        """View of the (tile, C_out, kH, kW, C_in) entries of a banded matrix that hold kernel weights."""
        t, o, r, c, i = (matrix.strides[a] for a in axes)
        out_channels, channels, kh, kw = self.kernel
        strides = (t + self.stride[1] * c, o, self.dilation[0] * r, self.dilation[1] * c, i)
        return as_strided(matrix, (self.tile, out_channels, kh, kw, channels), strides)

    def load(self, x, w):
        """Write the kernel into the band and lower the input along the width."""
        self.diagonal(self.matrix, range(5))[...] = w.transpose(0, 2, 3, 1)
        self.w = w
        height, width, channels, batch = self.shape
        if self.plain:
            lowered = x.swapaxes(0, 1)[:, :, None]
        else:
            lowered = self.lowered
            (top, _), (left, _) = self.padding
            for j in range(self.blocks):
                first = j * self.tile * self.stride[1] - left
                low, high = max(first, 0), min(first + self.reach, width)
                if low < high:
                    lowered[j, top : top + height, low - first : high - first] = x[:, low:high]
        s = lowered.strides
        self.patches = as_strided(lowered, (self.blocks, self.out_height, self.depth, batch),
                                  (s[0], s[1] * self.stride[0], s[3], s[4]), writeable=False)

    def rows(self, start, stop, out):
        """Compute output rows ``start:stop`` into ``out`` (stop - start, W_out, C_out, N)."""
        matrix = self.matrix.reshape(self.rows_out, self.depth)
        np.matmul(matrix, self.patches[:, start:stop], out=self._tiles(out))

    def _tiles(self, y):
        """See (rows, W_out, C_out, N) as (blocks, rows, tile * C_out, N)."""
        if self.tile > 1:
            y = y.reshape(y.shape[0], self.blocks, self.rows_out, y.shape[3])
        return y.swapaxes(0, 1)

    def back_start(self):
        self.gradient[...] = 0

    def back_rows(self, start, stop, dy):
        """Add what output rows ``start:stop`` contribute to the weight gradient: patch times dy^T, summed."""
        wide, high = self.group
        if not self.turn:
            tiles = self._tiles(dy)
        for i in range(start, stop, high):
            a, b = i - start, min(i + high, stop) - start
            for j in range(0, self.blocks, wide):
                k = min(j + wide, self.blocks)
                products = self.products.reshape(-1)[: (b - a) * (k - j) * self.gradient.size]
                products = products.reshape(k - j, b - a, *self.gradient.shape)
                if self.turn:
                    part = dy[a:b, j * self.tile : k * self.tile]
                    part = part.reshape(b - a, k - j, self.tile, *part.shape[2:]).transpose(1, 0, 4, 2, 3)
                    turned = self.turned.reshape(-1)[: part.size].reshape(part.shape)
                    turned[...] = part
                    turned = turned.reshape(k - j, b - a, part.shape[2], self.rows_out)
                else:
                    turned = tiles[j:k, a:b].swapaxes(2, 3)
                np.matmul(self.patches[j:k, i : i + b - a], turned, out=products)
                self.gradient += products.reshape(-1, *self.gradient.shape).sum(0)

    def weight_gradient(self):
        """Gather the band's diagonals: the gradient of the kernel (C_out, C_in, kH, kW)."""
        channels, out_channels = self.shape[2], self.kernel[0]
        band = self.gradient.reshape(self.span[0], self.reach, channels, self.tile, out_channels)
        return self.diagonal(band, (3, 4, 0, 1, 2)).sum(0).transpose(0, 3, 1, 2)

    # The input gradient. Row h of dx gathers from the output rows that saw it, again as one product over a
    # view of neighbouring rows; the columns it then holds per output (kw of them) are added where they overlap.

    def _plan_input_gradient(self, dtype):
        height, width, channels, batch = self.shape
        out_channels = self.kernel[0]
        self.taps = -(-self.span[0] // self.stride[0])  # output rows that see one input row
        self.gather = np.zeros((self.stride[0], self.span[1], channels, self.taps, out_channels), dtype)
        # dy with the columns outermost: the rows that are summed over lie behind one another
        self.dy = np.empty((self.out_width, self.out_height, out_channels, batch), dtype).swapaxes(0, 1)
        row = self.out_width * self.span[1] * channels * batch
        self.step = max(1, min(height, PRODUCT // max(1, row)))
        self.columns = np.empty((self.step, self.out_width, self.span[1], channels, batch), dtype)
        self.dx = np.empty(self.shape, dtype)

    def input_gradient(self):
        """Gradient of the input (H, W, C, N) from ``self.dy``, which holds all output rows."""
        (top, _), (left, _) = self.padding
        (sh, sw), (dh, dw) = self.stride, self.dilation
        height, width, channels, batch = self.shape
        for ky in range(self.kernel[2]):
            tap = self.taps - 1 - ky * dh // sh
            self.gather[ky * dh % sh, ::dw, :, tap] = self.w[:, :, ky].transpose(2, 1, 0)
        gather = self.gather.reshape(sh, self.span[1] * channels, -1)
        out_channels = self.kernel[0]
        columns = self.dy.swapaxes(0, 1).reshape(self.out_width, self.out_height * out_channels, batch)
        for start in range(0, height, self.step):
            stop = min(start + self.step, height)
            for h in range(start, stop):
                last, phase = divmod(h + top, sh)
                first = last - self.taps + 1
                a, b = max(first, 0), min(last + 1, self.out_height)
                out = self.columns[h - start].reshape(self.out_width, -1, batch)
                if a < b:
                    np.matmul(gather[phase][:, (a - first) * out_channels : (b - first) * out_channels],
                              columns[:, a * out_channels : b * out_channels], out=out)
                else:
                    out[...] = 0
            dx = self.dx[start:stop]
            dx[...] = 0
            for kx in range(0, self.span[1], dw):
                a = max(0, -(-(left - kx) // sw))  # outputs whose tap kx falls inside the image
                b = min(self.out_width, (width - 1 + left - kx) // sw + 1)
                if a < b:
                    x = a * sw + kx - left
                    dx[:, x : x + (b - a - 1) * sw + 1 : sw] += self.columns[: stop - start, a:b, kx]
        return self.dx
