"""The input gradient of a convolution: every row of dx gathers from the output rows that saw it.

The output rows that saw input row h are neighbours, so they are again one strided view, and the sum over
them and over the output channels is one matrix product, for all taps along the width:

    columns[w] = W @ dy[rows that saw h, w],    W: (kW * C_in, rows * C_out),  dy: (rows * C_out, N)

What the taps found for neighbouring outputs overlaps in dx, and is added. All views are made once.
"""

import numpy as np


class Gather:
    """The input gradient for one geometry.

    Parameters
    ----------
    shape : input shape (H, W, C, N)
    kernel : weight shape (C_out, C_in, kH, kW)
    stride, padding, dilation : as in `cnnlib.engine.banded.Banded`
    size : output (H_out, W_out)
    wide : neighbouring outputs whose batches lie side by side, divides W_out
    most : numbers in the columns that are held at a time
    """

    def __init__(self, shape, kernel, stride, padding, dilation, size, wide, most, dtype):
        height, _, channels, batch = shape
        out_channels, _, kh, kw = kernel
        self.dx = np.empty(shape, dtype)
        self.dilation, self.step_y = dilation, stride[0]
        self.wide = wide
        # dy with the columns outermost: the rows that are summed over lie behind one another
        blocks = size[1] // wide
        self.dy_wide = np.empty((blocks, size[0], out_channels, wide, batch), dtype)
        self.dy = self.dy_wide[:, :, :, 0].swapaxes(0, 1) if wide == 1 else None  # as (H_out, W_out, C_out, N)
        span = (kh - 1) * dilation[0] + 1
        self.taps = -(-span // stride[0])  # output rows that see one input row
        self.weights = np.zeros((stride[0], kw, channels, self.taps, out_channels), dtype)
        step = max(1, min(height, most // max(1, size[1] * kw * channels * batch)))
        columns = np.empty((step, blocks, kw, channels, wide, batch), dtype)
        self.passes = []
        for start in range(0, height, step):
            stop = min(start + step, height)
            products = [
                self._product(h + padding[0][0], span, size[0], columns[h - start]) for h in range(start, stop)
            ]
            sums = list(_overlaps(columns[: stop - start], self.dx[start:stop], stride[1], padding[1][0],
                                  dilation[1], size[1]))
            self.passes.append((products, self.dx[start:stop], sums))

    def _product(self, h, span, height, out):
        """Views for row h of the padded input: (weights or None, dy, out)."""
        last, phase = divmod(h, self.step_y)
        first = last - self.taps + 1
        seen = -(-(span - phase) // self.step_y)  # taps of the kernel that can fall on this row
        a, b = max(last - seen + 1, 0), min(last + 1, height)
        if a >= b:
            return None, None, out
        dy, weights = self.dy_wide, self.weights[phase]
        channels, rows = dy.shape[2], out.shape[1] * out.shape[2]
        weights = weights.reshape(rows, -1)[:, (a - first) * channels : (b - first) * channels]
        dy = dy.reshape(dy.shape[0], -1, dy.shape[3] * dy.shape[4])[:, a * channels : b * channels]
        return weights, dy, out.reshape(len(out), rows, dy.shape[2])

    def take(self, start, stop, dy):
        """Copy output rows ``start:stop`` of dy, where they could not be written to ``self.dy`` at once."""
        parts = dy.reshape(stop - start, -1, self.wide, *dy.shape[2:])
        self.dy_wide[:, start:stop] = parts.transpose(1, 0, 3, 2, 4)

    def run(self, w):
        """The gradient of the input (H, W, C, N), once all rows of dy are there."""
        for ky in range(w.shape[2]):
            row, phase = divmod(ky * self.dilation[0], self.step_y)
            self.weights[phase, :, :, self.taps - 1 - row] = w[:, :, ky].transpose(2, 1, 0)
        for products, dx, sums in self.passes:
            for weights, dy, out in products:
                if weights is None:
                    out[...] = 0
                else:
                    np.matmul(weights, dy, out=out)
            dx[...] = 0
            for part, columns in sums:
                np.add(part, columns, out=part)
        return self.dx


def _overlaps(columns, dx, stride, left, dilation, width):
    """Yield (columns of dx, what to add to them) for ``columns`` (rows, blocks, kW, C, wide, N)."""
    wide = columns.shape[4]
    for tap in range(columns.shape[2]):
        kx = tap * dilation
        a = max(0, -(-(left - kx) // stride))  # outputs a:b are those whose tap falls inside the image
        b = min(width, (dx.shape[1] - 1 + left - kx) // stride + 1)
        parts = [(a, b, columns[:, a:b, tap, :, 0])] if wide == 1 else [
            (first, last, columns[:, j, tap, :, first - j * wide : last - j * wide].swapaxes(1, 2))
            for j in range(width // wide)
            for first, last in [(max(a, j * wide), min(b, (j + 1) * wide))]
        ]  # fmt: skip
        for first, last, part in parts:
            if first < last:
                x = first * stride + kx - left
                yield dx[:, x : x + (last - first - 1) * stride + 1 : stride], part
