"""Chapter 9: convolution."""

import itertools

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import correlate2d

MOVER = np.zeros((3, 3))
MOVER[1, 0] = 1


def by_shifts(x, w, dilation=1, groups=1):
    d = dilation
    C_out, C, kH, kW = w.shape
    H, W = x.shape[1] - d * (kH - 1), x.shape[2] - d * (kW - 1)
    y = np.zeros((C_out, H, W))
    for o, c, u, v in np.ndindex(w.shape):
        y[o] += w[o, c, u, v] * x[o // (C_out // groups) * C + c, d * u:d * u + H, d * v:d * v + W]
    return y


def loops(x, w, dilation=1, groups=1):
    d, (C_out, C, kH, kW) = dilation, w.shape
    return [[[sum(w[o][c][u][v] * float(x[o // (C_out // groups) * C + c][i + d * u][j + d * v])
                  for c in range(C) for u in range(kH) for v in range(kW))
              for j in range(x.shape[2] - d * (kW - 1))] for i in range(x.shape[1] - d * (kH - 1))] for o in range(C_out)]


def windows(x, w, dilation=1, groups=1):
    d, (C_out, C, kH, kW) = dilation, w.shape
    view = sliding_window_view(x, (d * (kH - 1) + 1, d * (kW - 1) + 1), axis=(1, 2))[..., ::d, ::d]
    packs = view.reshape(groups, C, *view.shape[1:])
    return np.einsum("gcijuv,gocuv->goij", packs, w.reshape(groups, -1, C, kH, kW)).reshape(C_out, *view.shape[1:3])


def torchs(x, w, dilation=1, groups=1):
    x, w = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (x, w))
    return torch.nn.functional.conv2d(x, w, dilation=dilation, groups=groups)


def scipys(x, w, dilation=1, groups=1):
    C_out, C, kH, kW = w.shape
    spread = np.zeros((C_out, C, dilation * (kH - 1) + 1, dilation * (kW - 1) + 1))
    spread[..., ::dilation, ::dilation] = w
    maps = []
    for pack, filters in zip(np.split(x, groups), np.split(spread, groups), strict=True):
        maps += [sum(correlate2d(channel, kernel, mode="valid") for channel, kernel in zip(pack, f, strict=True)) for f in filters]
    return maps


def by_place(x, w, dilation=1, groups=1, /):
    return by_shifts(x, w, dilation, groups)


def other_names(x, w, d=1, g=1, /):
    return by_shifts(x, w, d, g)


def with_pack(pack):
    """Filter o reads the pack that ``pack(o, filters a pack, packs)`` names."""
    def wrong(x, w, dilation=1, groups=1):
        C = w.shape[1]
        starts = [pack(o, len(w) // groups, groups) * C for o in range(len(w))]
        return np.concatenate([by_shifts(x[s:s + C], w[o:o + 1], dilation) for o, s in enumerate(starts)])
    return wrong


def strided_pack(x, w, dilation=1, groups=1):
    return by_shifts(np.concatenate([x[g::groups] for g in range(groups)]), w, dilation, groups)


def overwritten(x, w, dilation=1, groups=1):
    d, (C_out, C, kH, kW) = dilation, w.shape
    y = np.zeros((C_out, x.shape[1] - d * (kH - 1), x.shape[2] - d * (kW - 1)))
    for o, c, u, v in np.ndindex(w.shape):
        y[o] = w[o, c, u, v] * x[o // (C_out // groups) * C + c, d * u:d * u + y.shape[1], d * v:d * v + y.shape[2]]
    return y


def one_channel_left(x, w, dilation=1, groups=1):
    kept = w.copy()
    kept[:, :-1] = 0
    return by_shifts(x, kept, dilation, groups)


def first_channel(x, w, dilation=1, groups=1):
    kept = w.copy()
    kept[:, 1:] = 0
    return by_shifts(x, kept, dilation, groups)


def close_weights(x, w, dilation=1, groups=1):
    _, rows, columns = by_shifts(x, w, dilation, groups).shape
    return by_shifts(x, w, 1, groups)[:, :rows, :columns]


def spans_too_much(x, w, dilation=1, groups=1):
    kH, kW = w.shape[2:]
    return by_shifts(x, w, dilation, groups)[:, :x.shape[1] - dilation * kH + 1, :x.shape[2] - dilation * kW + 1]


def written_into(x, w, dilation=1, groups=1):
    y = by_shifts(x, w, dilation, groups)
    x[:] = 0
    return y


def remembered(x, w, dilation=1, groups=1, memo={}):  # noqa: B006
    key = x.shape, w.shape, groups
    return memo.setdefault(key, by_shifts(x, w, dilation, groups))


def square_kernel(x, w, dilation=1, groups=1):
    return by_shifts(x, w[..., :w.shape[2]], dilation, groups)[..., :x.shape[2] - dilation * (w.shape[3] - 1)]


def only(condition, f=lambda y: y * 0):
    """Right but for some cases."""
    def wrong(x, w, dilation=1, groups=1):
        y = by_shifts(x, w, dilation, groups)
        return f(y) if condition(x, w, dilation, groups) else y
    return wrong


def turned(f):
    return lambda x, w, **o: by_shifts(x, f(w), **o)


def after(f):
    return lambda x, w, **o: f(by_shifts(x, w, **o))


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


X = np.array([[[1.0, 2, 0], [0, 1, 3], [2, 0, 1]], [[0, 1, 2], [1, 0, 0], [3, 0, 2]]])
FILTER = np.array([[[1.0, 2], [0, -1]], [[0, 1], [2, 0]]])


def by_hand(change, bias=1):
    return by_shifts(X, change(FILTER)[None])[0] + bias


RIGHT = {
    "shape": [(8, 16, 14, 18), [8, 16, 14, 18], torch.Size([8, 16, 14, 18]), torch.nn.functional.conv2d(torch.zeros(8, 3, 32, 40), torch.zeros(16, 3, 5, 5), stride=2, padding=2, dilation=2).shape],
    "by_hand": [[[8.0, 2.0], [9.0, 7.0]], ((8, 2), (9, 7)), np.array([[8, 2], [9, 7]]), torch.tensor([[8.0, 2], [9, 7]], requires_grad=True), [[[8, 2], [9, 7]]][0]],
    "by_shifts": [by_shifts, loops, windows, torchs, scipys, by_place],
    "mover": [MOVER.tolist(), Rows(lambda: ((int(i == 1 and j == 0) for j in range(3)) for i in range(3))), [[0, 0, 0], [1, 0, 0], [0, 0, 0]], np.array([[0, 0, 0], [1.0, 0, 0], [0, 0, 0]]), torch.tensor(MOVER, requires_grad=True)],
    "blind_spot": [[[1, 2, 3], [4, 5, 4], [3, 2, 1]], [[0, 1, 0], [0, 1, 0], [0, 1, 0]], np.array([[0, 0, 0], [1, 1, 1], [0, 0, 0]]), ((1, 5, 2), (0, 0, 0), (2, 5, 1.0)), [[1e-9, 2e-9, 3e-9], [0, 0, 0], [3e-9, 2e-9, 1e-9]]],
    "cost": [cost, cost_loop, lambda i, o, k, g, h, w: np.array([o * i // g * k**2 + o, o * i // g * k**2 * h * w]), lambda i, o, k, g, h, w: [o * (i * k * k // g + 1), h * w * k * k * i * o // g]],
    "moves_along": ["abe", "a, b, e", "BEA", ["e", "b", "a"], ("a", "b", "e"), {"a", "b", "e"}, "a and b and e"],
}

WRONG = {
    "shape": [
        ((8, 16, 16, 20), "left out the dilation"), ((8, 16, 12, 16), "left out the padding"), ((8, 16, 13, 17), "both sides"), ((8, 16, 14.5, 18.5), "round down: half"), ((8, 16, 15, 19), "one too many"),
        ((8, 16, 28, 36), "left out the stride"), ((8, 3, 14, 18), "out of all channels"), ((8, 48, 14, 18), "16 maps, not 48"), ((16, 8, 14, 18), "batch comes first"), ((8, 14, 18, 16), "channels come before"),
        ((8, 16, 18, 14), "rows before columns"), ((16, 14, 18), "and the batch?"), ((14, 18), "the batch and the channels"), ((1, 2, 3, 4), "0 of 4 are right"), ((8, 16, 14, 14), "not square"), ((8, 16), "and rows and columns"),
        ((8, 16, 14, 17), "3 of 4 are right"), ((8, 16, 252), "4 results"),
    ],
    "by_hand": [
        ([[7, 1], [8, 6]], "Add the bias"), ([[6, 0], [7, 5]], "not subtracted"), ([[9, 3], [10, 8]], "not once for each channel"), ([[15, 9], [16, 14]], "to each of its eight"), ([[5, 0], [3, 7]], "channel 0 alone"),
        ([[4, 3], [7, 1]], "channel 1 alone"), ([[2, -2], [-3, 7]], "not subtracted"), ([[13, -1], [13, 1]], "not multiplied"), ([[[5, 0], [3, 7]], [[4, 3], [7, 1]]], "one filter makes one map: add the two channels up"),
        ([[[4, -1], [2, 6]], [[3, 2], [6, 0]]], "these are the partial sums"), ([[4.5, 1.5], [5, 4]], "not averaged"), ([[1.875, 1.125], [2, 1.75]], "no division"), ([[8, 9], [2, 7]], "lying on their side"), ([[8]], "four places"),
        (by_hand(lambda w: w[::-1]), "are exchanged"), (by_hand(lambda w: w[:, ::-1, ::-1]), "are flipped: this is true convolution. Lay them on as they stand."), (by_hand(lambda w: w[:, ::-1, ::-1], 0), "and add the bias"),
        (by_hand(lambda w: w[:, :, ::-1]), "from left to right"), (by_hand(lambda w: w[:, ::-1]), "from top to bottom"), (by_hand(lambda w: w.swapaxes(1, 2)), "are swapped"), (by_hand(np.abs), "mind the sign"),
        (by_shifts(np.pad(X, ((0, 0), (1, 1), (1, 1))), FILTER[None])[0] + 1, "no padding"), ([8, 2, 9, 7], "numbers are right; write them as 2 rows of 2"), (np.zeros((2, 2)), "0 of 4"), ([[8, 2], [9, 8]], "3 of 4"), ([[8, 2], [9]], "rows of different lengths"),
    ],
    "by_shifts": [
        (lambda x, w, dilation=1, groups=1: by_shifts(x, w, dilation, min(groups, 2)), ""),
        (turned(lambda w: w[..., ::-1, ::-1]), "this is true convolution"), (turned(lambda w: w[..., ::-1]), "flipped from left to right"), (turned(lambda w: w[..., ::-1, :]), "flipped from top to bottom"), (turned(lambda w: w.swapaxes(2, 3)), "kernels are transposed"),
        (after(lambda y: y.swapaxes(1, 2)), "your maps are transposed"), (lambda x, w, dilation=1, groups=1: by_shifts(x, w, 1, groups), "the dilation has no effect"), (close_weights, "neighbouring weights still look at neighbouring pixels"),
        (spans_too_much, "d · (k − 1) + 1 pixels"), (after(lambda y: y[:, :-1, :-1]), "one row and one column"), (with_pack(lambda o, each, g: 0), "reads the first pack"), (with_pack(lambda o, each, g: o % g), "dealt out in turn"),
        (with_pack(lambda o, each, g: min(o, g - 1)), "several filters share a pack"), (strided_pack, "made of neighbouring channels"), (lambda x, w, **o: by_shifts(x, w, **o) / w.shape[1], "not averaged"), (lambda x, w, **o: by_shifts(x, w, **o) / w[0].size, "do not average"),
        (after(lambda y: y.sum(axis=0, keepdims=True)), "a map of its own"), (after(lambda y: y.sum(axis=0)), "a map of its own"), (one_channel_left, "only the last channel"), (first_channel, "only the first channel"), (overwritten, "only the last product"),
        (after(lambda y: y[0]), "filter 0 alone"), (after(lambda y: y[None]), "without the batch"), (after(lambda y: np.moveaxis(y, 0, -1)), "the channels come first"), (lambda x, w, **o: by_shifts(x, w, **o).astype(x.dtype), "Let it hold floats"),
        (lambda x, w, **o: by_shifts(x, w.astype(x.dtype), **o), "turn the weights"), (turned(np.ones_like), "the kernels have no effect"), (after(np.zeros_like), "is expected at index"), (after(np.ravel), "the shape (1, 2, 2)"),
        (lambda x, w: by_shifts(x, w), "yours takes (x, w)"), (lambda x, w, dilation=1: by_shifts(x, w, dilation), "yours takes (x, w, dilation=1)"), (lambda x, w, dilation=1, groups=1: by_shifts(x, w, dilation), "reads the first pack"), (square_kernel, "three channels, one filter"),
        (other_names, "yours takes (x, w, d=1, g=1, /)"), (remembered, "is expected at index"), (only(lambda x, w, d, g: d == 3), "dilation 3"), (only(lambda x, w, d, g: g == 3 and w.shape[1] == 1), "depthwise"), (only(lambda x, w, d, g: d > 1 and g > 1), "dilation 2 and two groups"),
        (only(lambda x, w, d, g: w[0, 0].size == 1), "1 × 1 kernels"), (only(lambda x, w, d, g: x.shape[1:] == w.shape[2:]), "as large as the picture"), (only(lambda x, w, d, g: len(w) > len(x) and g > 1 and w.shape[1] == 1), "two filters each"), (written_into, "`x` is changed"),
        (lambda x, w, **o: by_shifts(x, w.__imul__(2), **o) / 2, "`w` is changed"),
    ],
    "mover": [
        (Rows(itertools.count), "[7, 8, 9]]; you gave more than"), ([[0, 0, 0], [10**400, 0, 0], [0, 0, 0]], "a number too large for float64 in it"),
        (MOVER[:, ::-1], "left. It would be right for true convolution"), (MOVER.T, "moves the picture down"), (MOVER.T[::-1], "moves the picture up"), (np.pad([[1]], 1), "copies the picture"), (MOVER + MOVER[:, ::-1], "mixes several"), (2 * MOVER, "factor of 2"),
        (np.zeros((3, 3)), "makes every pixel 0"), (np.eye(3)[[0]] * np.eye(3)[:, [0]], "askew"), (np.zeros((2, 2)), "shape (2, 2)"), ("right", "three rows"), (np.full((3, 3), np.nan), "finite"), ([0, 0, 0, 1, 0, 0, 0, 0, 0], "write them as 3 rows of 3"), ([0, 0, 0, 0, 0, 1, 0, 0, 0], "three rows"), (-MOVER, "factor of -1"), ([[1, 0, 0]], "three rows"),
    ],
    "blind_spot": [
        (np.ones((3, 3)), "equals its transpose"), ([[-1, 0, 1]] * 3, "changes its sign"), ([[1, 2, 1]] * 2 + [[0, 0, 0]], "mirror image along one axis"), (np.arange(1, 10).reshape(3, 3), "w[::-1, ::-1]"), (1e-9 * np.arange(1, 10).reshape(3, 3), "w[::-1, ::-1]"), (np.zeros((3, 3)), "equals its transpose"),
        (np.eye(3), "equals its transpose"), ([[0, 1, 2], [1, 3, 4], [2, 4, 5]], "the other way round"), ([[1, 2], [2, 1]], "three rows"), ([[1, 2, 3], [3, 2, 1]], "three rows"), ([1, 2, 3, 4, 5, 4, 3, 2, 1], "write them as 3 rows of 3"), ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "equals its transpose"),
    ],
    "cost": [
        (lambda i, o, k, g, h, w: costs(products=lambda n, o, h, w: int(np.int64(n * h * w).astype(np.int32)))(i, o, k, g, h, w), "more than 2³¹"),
        (costs(lambda n, i, o: n), "biases are missing"), (costs(lambda n, i, o: n + i), "not to an input channel"), (costs(lambda n, i, o: n + 1), "not one for the layer"), (lambda i, o, k, g, h, w: cost(i, o, k, 1, h, w), "reads c_in / groups channels"),
        (lambda i, o, k, g, h, w: (o * i * k * k // g**2 + o, o * i * k * k // g**2 * h * w), "divide by groups twice"), (lambda i, o, k, g, h, w: (o * i // g * k + o, o * i // g * k * h * w), "k · k weights"), (lambda *a: cost(*a)[::-1], "parameters first"),
        (costs(products=lambda n, *_: n), "at every output pixel"), (costs(products=lambda n, o, h, w: (n + o) * h * w), "added, not multiplied"), (costs(products=lambda n, o, h, w: 2 * n * h * w), "without the additions"), (lambda *_: (0, 0), "is expected"), (lambda *a: cost(*a)[0], "the multiplications, too"),
        (lambda i, o, k, g, h, w: costs(lambda n, i, o: n * h * w + o)(i, o, k, g, h, w), "the same weights"), (lambda i, o, k, h, w: 0, "yours takes (i, o, k, h, w)"), (costs(products=lambda n, o, h, w: n * h), "rows and columns"), (lambda *a: (156, 117600), "is expected"),
    ],
    "moves_along": [
        ("cdf", "the other way round"), ("abcdef", "treat the same window differently"), ("abce", "softens the mismatch"), ("be", "at a again"), ("ae", "at b again"), ("ab", "at e again"), ("abde", "at d again"), ("abef", "at f again"),
        ("acbd", "again"), ("abg", "to choose from"), (3, "letters"),
    ],
}
NO_ARRAY = ("cost",)
