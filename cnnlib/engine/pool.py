"""Pooling with the batch innermost: a pass of ``np.maximum`` or ``+=`` over strided views, one per tap.

A window of kh x kw taps is kh * kw views of the image, each as large as the output. Max pooling keeps a
running maximum and, for every tap after the first, a mask of where that tap took the lead. Going back, the
last tap that took the lead owns the gradient; what it does not own is handed to the tap before. Because
taking the lead needs ``>``, a tie stays with the first, as in PyTorch.
"""

import numpy as np


def taps(x, kernel, stride, dilation, size):
    """The views of ``x`` (H, W, ...) that each tap of a window sees, in scan order."""
    (kh, kw), (sh, sw), (dh, dw), (height, width) = kernel, stride, dilation, size
    return [
        x[i * dh : i * dh + (height - 1) * sh + 1 : sh, j * dw : j * dw + (width - 1) * sw + 1 : sw]
        for i in range(kh)
        for j in range(kw)
    ]


def max_forward(views, out, lead=None):
    """Write the maximum of the views into ``out``; ``lead[k]`` becomes where view ``k + 1`` took the lead."""
    best = views[0]
    for k, view in enumerate(views[1:]):
        if lead is not None:
            np.greater(view, best, out=lead[k])
        best = np.maximum(best, view, out=out)
    if best is not out:
        out[...] = best


def max_backward(dy, lead, views, rest):
    """Share ``dy`` among the views of dx, which do not overlap; ``rest`` is an array to work in."""
    for k in range(len(views) - 1, 0, -1):
        np.multiply(dy, lead[k - 1], out=views[k])
        dy = np.subtract(dy, views[k], out=views[0] if k == 1 else rest)
    if len(views) == 1:
        views[0][...] = dy


class Pool:
    """Max or average pooling of one geometry.

    Parameters
    ----------
    shape : input shape (H, W, C, N)
    size : output (H_out, W_out)
    kernel, stride, padding, dilation : pairs
    kind : "max", or "avg" (without padding)
    """

    def __init__(self, shape, size, kernel, stride, padding, dilation, kind, dtype):
        height, width, *rest = shape
        self.shape, self.kind, self.taps = shape, kind, kernel[0] * kernel[1]
        self.geometry = kernel, stride, dilation, size
        reach = [(n - 1) * s + (k - 1) * d + 1
                 for n, s, k, d in zip(size, stride, kernel, dilation, strict=True)]
        self.inside = slice(padding[0], padding[0] + height), slice(padding[1], padding[1] + width)
        self.padded = None
        if any(padding) or reach[0] > height or reach[1] > width:
            frame = [max(p + n, r) for p, n, r in zip(padding, (height, width), reach, strict=True)]
            self.padded = np.full((*frame, *rest), -np.inf, dtype)
            self.padded_dx = np.empty_like(self.padded)
        self.apart = all(s >= (k - 1) * d + 1 for s, k, d in zip(stride, kernel, dilation, strict=True))
        self.full = self.apart and stride == kernel and reach == [height, width]  # every input is in one window
        self.y = np.empty((*size, *rest), dtype)
        self.lead = np.empty((self.taps - 1, *self.y.shape), bool) if kind == "max" else None
        self.dx = np.empty(shape, dtype)
        self.rest, self.spare = np.empty_like(self.y), np.empty_like(self.y)

    def forward(self, x, keep=True):
        if self.padded is not None:
            self.padded[self.inside] = x
            x = self.padded
        views = taps(x, *self.geometry)
        if self.kind == "max":
            max_forward(views, self.y, self.lead if keep else None)
            return self.y
        total = views[0]
        for view in views[1:]:
            total = np.add(total, view, out=self.y)
        return np.multiply(total, self.y.dtype.type(1 / self.taps), out=self.y)

    def backward(self, dy):
        dx = self.dx if self.padded is None else self.padded_dx
        if not self.full:
            dx[...] = 0
        views = taps(dx, *self.geometry)
        if self.kind == "avg":
            np.multiply(dy, dy.dtype.type(1 / self.taps), out=self.rest)
            for view in views:
                if self.apart:
                    view[...] = self.rest
                else:
                    view += self.rest
        elif self.apart:
            max_backward(dy, self.lead, views, self.rest)
        else:  # windows overlap: the same, but added
            for k in range(len(views) - 1, 0, -1):
                views[k] += np.multiply(dy, self.lead[k - 1], out=self.spare)
                dy = np.subtract(dy, self.spare, out=self.rest)
            views[0] += dy
        if self.padded is not None:
            self.dx[...] = dx[self.inside]
        return self.dx
