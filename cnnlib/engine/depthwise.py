"""Depthwise convolution (each channel with a filter of its own): multiply and add, one tap at a time.

There is no sum over channels, so there is no matrix product to be had. What is left is kh * kw times
"multiply a shifted image by a row of weights and add", over rows of C * N contiguous numbers. ``einsum``
does the multiplying and the adding in one pass and without a temporary array.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided


class Depthwise:
    """A convolution with ``groups = C_in = C_out``: the same interface as `cnnlib.engine.banded.Banded`."""

    unit = 1
    dy = None

    def __init__(self, shape, kernel, stride, padding, dilation, dtype, input_gradient=True):
        self.shape, self.stride, self.dilation = shape, stride, dilation
        height, width, channels, batch = shape
        self.kh, self.kw = kernel[2:]
        (top, bottom), (left, right) = padding
        frame = height + top + bottom, width + left + right
        self.out_height = (frame[0] - (self.kh - 1) * dilation[0] - 1) // stride[0] + 1
        self.out_width = (frame[1] - (self.kw - 1) * dilation[1] - 1) // stride[1] + 1
        self.inside = slice(top, top + height), slice(left, left + width)
        self.x = np.zeros((*frame, channels * batch), dtype)
        self.w = np.empty((self.kh, self.kw, channels, batch), dtype)
        self.dw = np.empty((self.kh, self.kw, channels * batch), dtype)
        self.dx = self.cut = None
        if input_gradient:
            self.dx, self.cut = np.empty_like(self.x), np.empty(shape, dtype)

    def load(self, x, w):
        """Put the image into its frame of zeros and repeat each weight along the batch."""
        self.w[...] = w[:, 0].transpose(1, 2, 0)[..., None]
        self.x.reshape(*self.x.shape[:2], *self.shape[2:])[self.inside] = x

    def _windows(self, x, start, stop):
        """What each tap sees for output rows ``start:stop``: (kh, kw, rows, W_out, C * N)."""
        (sh, sw), (dh, dw), (r, c, i) = self.stride, self.dilation, x.strides
        shape = (self.kh, self.kw, stop - start, self.out_width, x.shape[2])
        return as_strided(x[start * sh :], shape, (r * dh, c * dw, r * sh, c * sw, i))

    def rows(self, start, stop, out):
        w = self.w.reshape(*self.dw.shape)
        flat = out.reshape(*out.shape[:2], -1)
        np.einsum("abhwi,abi->hwi", self._windows(self.x, start, stop), w, out=flat)

    def back_start(self):
        self.dw[...] = 0
        if self.dx is not None:
            self.dx[...] = 0

    def back_rows(self, start, stop, dy):
        flat = dy.reshape(*dy.shape[:2], -1)
        self.dw += np.einsum("abhwi,hwi->abi", self._windows(self.x, start, stop), flat)
        if self.dx is not None:
            windows, w = self._windows(self.dx, start, stop), self.w.reshape(*self.dw.shape)
            part = np.empty_like(flat)
            for i in range(self.kh):
                for j in range(self.kw):
                    windows[i, j] += np.multiply(flat, w[i, j], out=part)

    def weight_gradient(self):
        """The gradient of the kernel (C, 1, kH, kW): summed over the batch."""
        return self.dw.reshape(self.w.shape).sum(3).transpose(2, 0, 1)[:, None]

    def input_gradient(self):
        """The gradient of the input (H, W, C, N), complete once all rows have been back."""
        self.cut[...] = self.dx.reshape(*self.dx.shape[:2], *self.shape[2:])[self.inside]
        return self.cut
