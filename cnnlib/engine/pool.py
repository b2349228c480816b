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


def spread(dy, views, rest, lead=None, writes=None, spare=None):
    """Hand ``dy`` back to the views of dx: all of it to each, or with ``lead`` to the one that owns it.

    Where windows overlap, ``writes`` says which views come first to their inputs; the others add to what is there.
    ``rest`` and ``spare`` are arrays to work in.
    """
    for k in range(len(views) - 1, -1, -1):
        view, part, first = views[k], dy, writes is None or writes[k]
        if lead is not None and k:
            part = np.multiply(dy, lead[k - 1], out=view if first else spare)
            last = k == 1 and (writes is None or writes[0])
            dy = np.subtract(dy, part, out=views[0] if last else rest)
        if not first:
            view += part
        elif part is not view:
            view[...] = part


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
        self.y = np.empty((*size, *rest), dtype)
        self.scale = dtype.type(1 / self.taps) if kind == "avg" else None
        self.lead = np.empty((self.taps - 1, *self.y.shape), bool) if kind == "max" else None
        self.dx = np.empty(shape, dtype)
        self.rest, self.spare = np.empty_like(self.y), np.empty_like(self.y)
        into = self.dx if self.padded is None else self.padded_dx
        rows, columns = map(_first_writers, size, kernel, stride, dilation)
        self.writes = [i in rows and j in columns for i in range(kernel[0]) for j in range(kernel[1])]
        self.views = taps(into, *self.geometry)
        self.unseen = _unseen(into, rows, 0) + _unseen(into, columns, 1)

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
        return np.multiply(total, self.scale, out=self.y)

    def backward(self, dy):
        for part in self.unseen:
            part[...] = 0
        if self.scale is not None:
            dy = np.multiply(dy, self.scale, out=self.rest)
        spread(dy, self.views, self.rest, self.lead, self.writes, self.spare)
        if self.padded is not None:
            self.dx[...] = self.padded_dx[self.inside]
        return self.dx


def _first_writers(size, kernel, stride, dilation):
    """Which taps along one axis come first, from the last tap on, to the inputs they see; and those inputs."""
    seen, first = set(), {}
    for k in reversed(range(kernel)):
        inputs = range(k * dilation, k * dilation + (size - 1) * stride + 1, stride)
        if seen.isdisjoint(inputs):
            first[k] = inputs
        seen.update(inputs)
    return first


def _unseen(dx, writers, axis):
    """The rows or columns of dx that no first writer fills."""
    filled = set().union(*writers.values())
    return [dx[i] if axis == 0 else dx[:, i] for i in range(dx.shape[axis]) if i not in filled]
