"""Winograd's F(4x4, 3x3): a 3x3 convolution with a quarter of the multiplications, for many channels.

A tile of 4x4 outputs needs 6x6 inputs d. With three small fixed matrices,

    y = A^T [ (G w G^T) * (B^T d B) ] A,

where ``*`` multiplies number by number: 36 multiplications for each pair of channels where the sum over
the kernel needs 144. Over all channels each of the 36 positions is a matrix product (C_out, C_in) @ (C_in, N).
A transform multiplies by a small matrix once along the rows and once along the columns; with the batch
innermost both are matrix products over long rows, and the tiles are views of the padded image.

Backward is the transpose of each step in turn, and stays in the transform domain in between.

References
----------
Lavin and Gray (2016), Fast algorithms for convolutional neural networks, section 4.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

# Polynomials through the points 0, 3/4, -3/4, 3/2, -3/2 and infinity. The paper's points 0, 1, -1, 2, -2 give
# rounder numbers and larger rounding errors.
A_T = [[1, 1, 1, 1, 1, 0], [0, 3 / 4, -3 / 4, 3 / 2, -3 / 2, 0], [0, 9 / 16, 9 / 16, 9 / 4, 9 / 4, 0],
       [0, 27 / 64, -27 / 64, 27 / 8, -27 / 8, 1]]  # fmt: skip
B_T = [[81 / 64, 0, -45 / 16, 0, 1, 0], [0, -27 / 16, -9 / 4, 3 / 4, 1, 0], [0, 27 / 16, -9 / 4, -3 / 4, 1, 0],
       [0, -27 / 32, -9 / 16, 3 / 2, 1, 0], [0, 27 / 32, -9 / 16, -3 / 2, 1, 0],
       [0, 81 / 64, 0, -45 / 16, 0, 1]]  # fmt: skip
G = [[64 / 81, 0, 0], [-128 / 243, -32 / 81, -8 / 27], [-128 / 243, 32 / 81, -8 / 27],
     [32 / 243, 16 / 81, 8 / 27], [32 / 243, -16 / 81, 8 / 27], [0, 0, 1]]  # fmt: skip
CACHE = 1 << 18  # numbers held in the transform domain at a time


class Winograd:
    """A 3x3 convolution with stride 1: the same interface as `cnnlib.engine.banded.Banded`."""

    unit = 4  # rows of outputs are computed four at a time
    dy = None

    @staticmethod
    def suits(shape, kernel, stride, dilation):
        """Whether the transforms are worth it: 3x3, stride 1, and enough channels on both sides."""
        return kernel[2:] == (3, 3) and stride == dilation == (1, 1) and min(kernel[:2]) >= 12

    def __init__(self, shape, kernel, stride, padding, dilation, dtype, input_gradient=True):
        self.shape, self.kernel, self.padding = shape, kernel, padding
        height, width, channels, batch = shape
        out_channels = kernel[0]
        (top, bottom), (left, right) = padding
        self.out_height, self.out_width = height + top + bottom - 2, width + left + right - 2
        self.tiles = -(-self.out_width // 4)
        frame = 4 * -(-self.out_height // 4) + 2, 4 * self.tiles + 2, channels, batch
        self.x = np.zeros(frame, dtype)
        self.inside = slice(top, top + height), slice(left, left + width)
        self.b, self.a = np.array(B_T, dtype), np.array(A_T, dtype)
        self.gg = np.kron(G, G).astype(dtype)  # (36, 9): transforms all kernels in one product
        self.group = min(self.tiles, max(1, CACHE // max(1, 36 * (channels + out_channels) * batch)))
        self.rows_in = np.empty((self.group, 6, 6, channels, batch), dtype)  # half-way: rows not yet transformed
        self.rows_out = np.empty((self.group, 4, 6, out_channels, batch), dtype)
        self.v = np.empty((self.group, 6, 6, channels, batch), dtype)
        self.m = np.empty((self.group, 6, 6, out_channels, batch), dtype)
        self.du = np.empty((36, out_channels, channels), dtype)
        self.du_part = np.empty_like(self.du)
        if input_gradient:
            self.dx, self.cut = np.empty(frame, dtype), np.empty(shape, dtype)
        self.want_dx = input_gradient

    def load(self, x, w):
        """Transform the kernel and put the image into its frame of zeros."""
        self.u = (self.gg @ w.reshape(-1, 9).T).reshape(36, *w.shape[:2])
        self.x[self.inside] = x

    def _groups(self):
        for first in range(0, self.tiles, self.group):
            yield first, min(first + self.group, self.tiles)

    def _windows(self, x, start, first, last):
        """Overlapping 6x6 windows of an image for tiles ``first:last``: (tiles, 6, 6, C * N)."""
        rows = x[start : start + 6, 4 * first : 4 * last + 2]
        r, c, _, i = rows.strides
        return as_strided(rows, (last - first, 6, 6, rows.shape[2] * rows.shape[3]), (4 * c, r, c, i))

    def _transform_input(self, start, first, last):
        n = last - first
        half, v = self.rows_in[:n].reshape(n, 6, 6, -1), self.v[:n]
        np.matmul(self.b, self._windows(self.x, start, first, last), out=half)
        np.matmul(self.b, half.reshape(n, 6, -1), out=v.reshape(n, 6, -1))
        return v.reshape(n, 36, *v.shape[3:])

    def rows(self, start, stop, out):
        """Compute output rows ``start:stop`` into ``out`` (stop - start, W_out, C_out, N); start is a multiple of 4."""
        for top in range(start, stop, 4):
            high = min(4, stop - top)
            for first, last in self._groups():
                n = last - first
                v, m = self._transform_input(top, first, last), self.m[:n]
                np.matmul(self.u, v, out=m.reshape(n, 36, *m.shape[3:]))
                half = self.rows_out[:n, :high]
                np.matmul(self.a[:high], m.reshape(n, 6, -1), out=half.reshape(n, high, -1))
                for part, wide, y in self._columns(out[top - start : top - start + high], first, last):
                    np.matmul(self.a[:wide], half[part].reshape(*half[part].shape[:3], -1), out=y)

    def _columns(self, y, first, last):
        """Yield (tiles, width, view (tiles, rows, width, C * N)) for the full tiles and for a narrower last one."""
        full = min(last, self.out_width // 4)
        flat = y.reshape(y.shape[0], y.shape[1], y.shape[2] * y.shape[3])
        if full > first:
            whole = flat[:, 4 * first : 4 * full].reshape(y.shape[0], full - first, 4, flat.shape[2])
            yield slice(0, full - first), 4, whole.swapaxes(0, 1)
        if full < last:
            yield slice(full - first, None), self.out_width - 4 * full, flat[None, :, 4 * full :]

    def back_start(self):
        self.du[...] = 0
        if self.want_dx:
            self.dx[...] = 0

    def back_rows(self, start, stop, dy):
        """Add what output rows ``start:stop`` contribute to the gradients of the kernel and the input."""
        for top in range(start, stop, 4):
            high = min(4, stop - top)
            for first, last in self._groups():
                n = last - first
                half, dm = self.rows_out[:n, :high], self.m[:n]
                for part, wide, rows in self._columns(dy[top - start : top - start + high], first, last):
                    np.matmul(self.a[:wide].T, rows, out=half[part].reshape(*half[part].shape[:3], -1))
                np.matmul(self.a[:high].T, half.reshape(n, high, -1), out=dm.reshape(n, 6, -1))
                dm = dm.reshape(n, 36, *dm.shape[3:])
                v = self._transform_input(top, first, last)
                for i in range(n):
                    self.du += np.matmul(dm[i], v[i].swapaxes(1, 2), out=self.du_part)
                if self.want_dx:
                    self._back_input(dm, top, first, last)

    def _back_input(self, dm, top, first, last):
        n = last - first
        half, dv = self.rows_in[:n], self.v[:n]
        np.matmul(self.u.swapaxes(1, 2), dm, out=dv.reshape(n, 36, *dv.shape[3:]))
        np.matmul(self.b.T, dv.reshape(n, 6, -1), out=half.reshape(n, 6, -1))
        dd = dv.reshape(n, 6, 6, -1)  # the same memory again
        np.matmul(self.b.T, half.reshape(n, 6, 6, -1), out=dd)
        windows = self._windows(self.dx, top, first, last)
        for columns in (slice(0, 4), slice(4, 6)):  # neighbours share columns 4 and 5: add in two steps
            windows[:, :, columns] += dd[:, :, columns]

    def weight_gradient(self):
        """The gradient of the kernel (C_out, C_in, 3, 3), back from the transform domain."""
        return (self.du.reshape(36, -1).T @ self.gg).reshape(self.kernel)

    def input_gradient(self):
        """The gradient of the input (H, W, C, N), complete once all rows have been back."""
        self.cut[...] = self.dx[self.inside]
        return self.cut
