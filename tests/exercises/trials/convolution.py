"""Chapter 9: convolution."""

import itertools

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d

MOVER = np.zeros((3, 3))
MOVER[1, 0] = 1


def loops(x, w, stride=1, padding=0):
    H, W = len(x) + 2 * padding, len(x[0]) + 2 * padding
    big = [[0.0] * W for _ in range(H)]
    for i, row in enumerate(x):
        for j, value in enumerate(row):
            big[i + padding][j + padding] = value
    kH, kW = w.shape
    return [[sum(w[u][v] * big[i + u][j + v] for u in range(kH) for v in range(kW))
             for j in range(0, W - kW + 1, stride)] for i in range(0, H - kH + 1, stride)]


def shifted(x, w, stride=1, padding=0):
    x = np.pad(x, padding)
    H, W = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    return sum(w[u, v] * x[u:u + H:stride, v:v + W:stride] for u, v in np.ndindex(w.shape))


def windows(x, w, stride=1, padding=0):
    view = sliding_window_view(np.pad(x, padding), w.shape)[::stride, ::stride]
    return np.einsum("ijuv,uv->ij", view, w)


def torchs(x, w, stride=1, padding=0):
    x, w = (torch.tensor(a, dtype=torch.float64, requires_grad=True)[None, None] for a in (x, w))
    return torch.nn.functional.conv2d(x, w, stride=stride, padding=padding)[0, 0]


def by_window(x, w, stride=1, padding=0, add=True):
    x = np.pad(x, padding)
    y = np.zeros(((x.shape[0] - w.shape[0]) // stride + 1, (x.shape[1] - w.shape[1]) // stride + 1))
    for i, j in np.ndindex(y.shape):
        for u, v in np.ndindex(w.shape):
            y[i, j] = add * y[i, j] + w[u, v] * x[i * stride + u, j * stride + v]
    return y


def square_only(x, w, stride=1, padding=0):
    x = np.pad(x, padding)
    n = (len(x) - len(w)) // stride + 1
    return np.array([[(x[i * stride:i * stride + len(w), j * stride:j * stride + len(w)] * w).sum() for j in range(n)] for i in range(n)])


def no_stride(x, w, stride=1, padding=0):
    rows, columns = shifted(x, w, stride, padding).shape
    return shifted(x, w, 1, padding)[:rows, :columns]


def written_into(x, w, stride=1, padding=0):
    y = shifted(x, w, stride, padding)
    x[:] = 0
    return y


def remembered(x, w, stride=1, padding=0, memo={}):  # noqa: B006
    key = x.shape, w.shape, stride, padding
    return memo.setdefault(key, shifted(x, w, stride, padding))


def by_place(x, w, stride=1, padding=0, /):
    return shifted(x, w, stride, padding)


def other_names(x, w, s=1, p=0, /):
    return shifted(x, w, s, p)


def only(condition, f=lambda y: y * 0):
    """Right but for some shapes."""
    def wrong(x, w, stride=1, padding=0):
        y = shifted(x, w, stride, padding)
        return f(y) if condition(x, w, stride, padding) else y
    return wrong


def square_kernel(x, w, stride=1, padding=0):
    return shifted(x, w[:, :len(w)], stride, padding)[:, :(x.shape[1] + 2 * padding - w.shape[1]) // stride + 1]


def padded(**how):
    return lambda x, w, stride=1, padding=0: shifted(np.pad(x, padding, **how), w, stride)


def sides(*rows):
    def wrong(x, w, stride=1, padding=0):
        return shifted(np.pad(x, [(a * padding, b * padding) for a, b in rows]), w, stride)
    return wrong


class Rows:
    """Iterable, and without a length: a fresh iterator each time."""

    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        return self.rows()


def cost(c_in, c_out, k, groups, h_out, w_out):
    weights = c_out * (c_in // groups) * k * k
    return weights + c_out, weights * h_out * w_out


def cost_loop(c_in, c_out, k, groups, h_out, w_out):
    weights = sum(c_in / groups * k**2 for _ in range(c_out))
    return {0: weights + c_out, 1: weights * h_out * w_out}.values()


def costs(parameters=lambda n, i, o: n + o, products=lambda n, o, h, w: n * h * w):
    def wrong(i, o, k, g, h, w):
        n = o * (i // g) * k * k
        return parameters(n, i, o), products(n, o, h, w)
    return wrong


RIGHT = {
    "shape": [(8, 16, 14, 18), [8, 16, 14, 18], torch.Size([8, 16, 14, 18]), torch.nn.functional.conv2d(torch.zeros(8, 3, 32, 40), torch.zeros(16, 3, 5, 5), stride=2, padding=2, dilation=2).shape],
    "by_hand": [[[5.0, 0.0], [3.0, 7.0]], ((5, 0), (3, 7)), np.array([[5, 0], [3, 7]]), torch.tensor([[5.0, 0], [3, 7]], requires_grad=True)],
    "correlate": [shifted, loops, windows, torchs, by_window, by_place, lambda x, w, stride=1, padding=0: correlate2d(np.pad(x, padding), w, mode="valid")[::stride, ::stride]],
    "mover": [MOVER.tolist(), Rows(lambda: ((int(i == 1 and j == 0) for j in range(3)) for i in range(3))), [[0, 0, 0], [1, 0, 0], [0, 0, 0]], np.array([[0, 0, 0], [1.0, 0, 0], [0, 0, 0]]), torch.tensor(MOVER, requires_grad=True)],
    "blind_spot": [[[1, 2, 3], [4, 5, 4], [3, 2, 1]], [[0, 1, 0], [0, 1, 0], [0, 1, 0]], np.array([[0, 0, 0], [1, 1, 1], [0, 0, 0]]), ((1, 5, 2), (0, 0, 0), (2, 5, 1.0)), [[1e-9, 2e-9, 3e-9], [0, 0, 0], [3e-9, 2e-9, 1e-9]]],
    "cost": [cost, cost_loop, lambda i, o, k, g, h, w: np.array([o * i // g * k**2 + o, o * i // g * k**2 * h * w]), lambda i, o, k, g, h, w: [o * (i * k * k // g + 1), h * w * k * k * i * o // g]],
}

WRONG = {
    "shape": [
        ((8, 16, 16, 20), "left out the dilation"), ((8, 16, 12, 16), "left out the padding"), ((8, 16, 13, 17), "both sides"), ((8, 16, 14.5, 18.5), "round down: half"), ((8, 16, 15, 19), "one too many"),
        ((8, 16, 28, 36), "left out the stride"), ((8, 3, 14, 18), "out of all channels"), ((8, 48, 14, 18), "16 maps, not 48"), ((16, 8, 14, 18), "batch comes first"), ((8, 14, 18, 16), "channels come before"),
        ((8, 16, 18, 14), "rows before columns"), ((16, 14, 18), "and the batch?"), ((14, 18), "the batch and the channels"), ((1, 2, 3, 4), "0 of 4 are right"), ((8, 16, 14, 14), "not square"), ((8, 16), "and rows and columns"),
        ((8, 16, 14, 17), "3 of 4 are right"), ((8, 16, 252), "4 results"),
    ],
    "by_hand": [
        ([[4, -1], [2, 6]], "Add the bias"), ([[3, -2], [1, 5]], "not subtracted"), ([[8, 3], [6, 10]], "to each of its four"), ([[5, 3], [0, 7]], "lying on their side"), ([[2, 0.75], [1.5, 2.5]], "not a mean"), ([[5]], "four places"),
        (correlate2d([[1, 2, 0], [0, 1, 3], [2, 0, 1]], [[-1, 0], [2, 1]], mode="valid") + 1, "your kernel is flipped: this is true convolution. Lay it on as it stands."),
        (convolve2d([[1, 2, 0], [0, 1, 3], [2, 0, 1]], [[1, 2], [0, -1]], mode="valid"), "and add the bias"), (correlate2d([[1, 2, 0], [0, 1, 3], [2, 0, 1]], [[1, 2], [0, 1]], mode="valid") + 1, "mind the sign"),
        (correlate2d([[1, 2, 0], [0, 1, 3], [2, 0, 1]], [[1, 0], [2, -1]], mode="valid") + 1, "are swapped"), (correlate2d([[1, 2, 0], [0, 1, 3], [2, 0, 1]], [[1, 2], [0, -1]]) + 1, "no padding"),
        ([5, 0, 3, 7], "shape (2, 2)"), (np.zeros((2, 2)), "1 of 4"), ([[5, 0], [3, 8]], "3 of 4"), ([[5, 0], [3]], "rows of different lengths"),
    ],
    "correlate": [
        (lambda x, w, **o: shifted(x, np.rot90(w, 2), **o), "this is true convolution"), (lambda x, w, **o: shifted(x, np.fliplr(w), **o), "flipped from left to right"), (lambda x, w, **o: shifted(x, np.flipud(w), **o), "flipped from top to bottom"),
        (lambda x, w, stride=1, padding=0: shifted(x, w), "stride and padding have no effect"), (lambda x, w, stride=1, padding=0: shifted(x, w, 1, padding), "stride has no effect"), (lambda x, w, stride=1, padding=0: shifted(x, w, stride, 0), "padding has no effect"),
        (sides((1, 0), (1, 0)), "above and on the left"), (sides((0, 1), (0, 1)), "below and on the right"), (padded(mode="edge"), "repeat the border"), (padded(constant_values=1), "not of ones"), (no_stride, "still move by 1"),
        (lambda x, w, stride=1, padding=0: shifted(x, w, 1, padding)[::stride], "on rows alone"), (lambda x, w, stride=1, padding=0: shifted(x, w, 1, padding)[:, ::stride], "on columns alone"), (lambda x, w, **o: shifted(x, w, **o)[:-1, :-1], "mind the + 1"),
        (lambda x, w, **o: shifted(x, w, **o) / w.size, "do not average"), (lambda x, w, **o: shifted(x, w.T, **o), "kernel is transposed"), (lambda x, w, **o: shifted(x, w, **o).T, "result is transposed"), (lambda *a, **o: by_window(*a, add=False, **o), "+="),
        (lambda x, w, **o: np.zeros_like(shifted(x, w, **o)), "is expected at index"), (lambda x, w, **o: shifted(x, w, **o).ravel(), "the shape (2, 2)"), (lambda x, w: shifted(x, w), "yours takes (x, w)"), (square_only, "a 7 × 9 picture and a 3 × 2 kernel, it raises"),
        (remembered, "is expected at index"), (other_names, "yours takes (x, w, s=1, p=0, /)"), (square_kernel, "a 2 × 3 kernel"), (lambda x, w, **o: shifted(x, w, **o).astype(x.dtype), "Let it hold floats"),
        (lambda x, w, **o: shifted(x, w.astype(x.dtype), **o), "turn the weights"), (only(lambda x, w, s, p: w.shape[1] > w.shape[0]), "a 2 × 3 kernel"), (only(lambda x, *_: len(x) > x.shape[1], np.transpose), "a 9 × 7 picture"), (only(lambda x, w, *_: w.size == 1), "a 1 × 1 kernel"),
        (only(lambda x, w, s, p: s == 2 and p), "stride 2 and padding 1"), (lambda x, w, **o: shifted(x, w.__imul__(2), **o) / 2, "`w` is changed"), (lambda x, w, **o: shifted(x, w.__imul__(2), **o), "also changes `w`"),
        (written_into, "`x` is changed"), (lambda x, w, stride, padding: x, "yours takes (x, w, stride, padding)"), (sides((1, 1), (0, 0)), "above and below alone"), (sides((0, 0), (1, 1)), "left and right alone"), (sides((2, 2), (2, 2)), "padded twice"), (lambda x, w, **o: shifted(x, w, **o)[0], "the shape (2, 2)"),
    ],
    "mover": [
        (Rows(itertools.count), "three rows of three numbers; you gave more than"), ([[0, 0, 0], [10**400, 0, 0], [0, 0, 0]], "a number too large for float64 in it"),
        (MOVER[:, ::-1], "left. It would be right for true convolution"), (MOVER.T, "moves the picture down"), (MOVER.T[::-1], "moves the picture up"), (np.pad([[1]], 1), "copies the picture"), (MOVER + MOVER[:, ::-1], "mixes several"), (2 * MOVER, "factor of 2"),
        (np.zeros((3, 3)), "makes every pixel 0"), (np.eye(3)[[0]] * np.eye(3)[:, [0]], "askew"), (np.zeros((2, 2)), "shape (2, 2)"), ("right", "three rows"), (np.full((3, 3), np.nan), "finite"), ([0, 0, 0, 1, 0, 0, 0, 0, 0], "three rows"), (-MOVER, "factor of -1"), ([[1, 0, 0]], "three rows"),
    ],
    "blind_spot": [
        (np.ones((3, 3)), "equals its transpose"), ([[-1, 0, 1]] * 3, "changes its sign"), ([[1, 2, 1]] * 2 + [[0, 0, 0]], "mirror image along one axis"), (np.arange(1, 10).reshape(3, 3), "w[::-1, ::-1]"), (1e-9 * np.arange(1, 10).reshape(3, 3), "w[::-1, ::-1]"), (np.zeros((3, 3)), "equals its transpose"),
        (np.eye(3), "equals its transpose"), ([[0, 1, 2], [1, 3, 4], [2, 4, 5]], "the other way round"), ([[1, 2], [2, 1]], "three rows"), ([[1, 2, 3], [3, 2, 1]], "three rows"), ([1, 2, 3, 4, 5, 4, 3, 2, 1], "three rows"), ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "equals its transpose"),
    ],
    "cost": [
        (lambda i, o, k, g, h, w: costs(products=lambda n, o, h, w: int(np.int64(n * h * w).astype(np.int32)))(i, o, k, g, h, w), "more than 2³¹"),
        (costs(lambda n, i, o: n), "biases are missing"), (costs(lambda n, i, o: n + i), "not to an input channel"), (costs(lambda n, i, o: n + 1), "not one for the layer"), (lambda i, o, k, g, h, w: cost(i, o, k, 1, h, w), "reads c_in / groups channels"),
        (lambda i, o, k, g, h, w: (o * i * k * k // g**2 + o, o * i * k * k // g**2 * h * w), "divide by groups twice"), (lambda i, o, k, g, h, w: (o * i // g * k + o, o * i // g * k * h * w), "k · k weights"), (lambda *a: cost(*a)[::-1], "parameters first"),
        (costs(products=lambda n, *_: n), "at every output pixel"), (costs(products=lambda n, o, h, w: (n + o) * h * w), "added, not multiplied"), (costs(products=lambda n, o, h, w: 2 * n * h * w), "without the additions"), (lambda *_: (0, 0), "is expected"), (lambda *a: cost(*a)[0], "the multiplications, too"),
        (lambda i, o, k, g, h, w: costs(lambda n, i, o: n * h * w + o)(i, o, k, g, h, w), "the same weights"), (lambda i, o, k, h, w: 0, "yours takes (i, o, k, h, w)"), (costs(products=lambda n, o, h, w: n * h), "rows and columns"), (lambda *a: (156, 117600), "is expected"),
    ],
}
NO_ARRAY = ("cost",)
