"""Chapter 10: convolution backwards."""

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d

DX, DW = [2, -3, 3, 5, -3], [-1, 1, 9]
X1, W1, DY1 = np.array([1.0, 0, 3, 2, -1]), np.array([1.0, -2, 3]), np.array([2.0, 1, -1])


def torch_1d():
    x, w = (torch.tensor(a, requires_grad=True) for a in (X1, W1))
    torch.nn.functional.conv1d(x[None, None], w[None, None]).backward(torch.tensor(DY1)[None, None])
    return x.grad, w.grad


STRIDED = [2, 1, 1, -1, 1, 2, 6, 0]


def torch_strided():
    x, w = torch.zeros(1, 1, 8, requires_grad=True), torch.tensor([[[2.0, 1, 3]]])
    torch.nn.functional.conv1d(x, w, stride=2).backward(torch.tensor([[[1.0, -1, 2]]]))
    return x.grad[0, 0]


# ---- 10.4 -------------------------------------------------------------------------------------------------------


def windows(dy, x, w, stride=1, padding=0):
    rows, columns = x.shape
    x = np.pad(x, padding)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(dy.shape):
        at = np.s_[i * stride:i * stride + w.shape[0], j * stride:j * stride + w.shape[1]]
        dx[at] += dy[i, j] * w
        dw += dy[i, j] * x[at]
    return dx[padding:padding + rows, padding:padding + columns], dw


def lists(dy, x, w, stride=1, padding=0):
    dx, dw = [[0.0] * x.shape[1] for _ in x], [[0.0] * w.shape[1] for _ in w]
    for i, j, u, v in np.ndindex(*dy.shape, *w.shape):
        a, b = i * stride + u - padding, j * stride + v - padding
        if 0 <= a < len(x) and 0 <= b < x.shape[1]:
            dx[a][b] += dy[i, j] * w[u, v]
            dw[u][v] += dy[i, j] * x[a, b]
    return dx, dw


def spread_out(dy, stride):
    spread = np.zeros(tuple((n - 1) * stride + 1 for n in dy.shape))
    spread[::stride, ::stride] = dy
    return spread


def scipys(dy, x, w, stride=1, padding=0, turn=1):
    x, spread = np.pad(x, padding), spread_out(dy, stride)
    part, dx = convolve2d(spread, w[::turn, ::turn]), np.zeros_like(x)
    dx[:part.shape[0], :part.shape[1]] = part
    view = sliding_window_view(x, spread.shape)[:w.shape[0], :w.shape[1]]
    return dx[padding:len(dx) - padding, padding:dx.shape[1] - padding], np.einsum("uvij,ij->uv", view, spread)


def torchs(dy, x, w, stride=1, padding=0):
    x, w = (torch.tensor(a)[None, None].requires_grad_() for a in (x, w))
    y = torch.nn.functional.conv2d(x, w, stride=stride, padding=padding)
    y.backward(torch.tensor(dy)[None, None])
    return x.grad[0, 0], w.grad[0, 0]


def added_at(dy, x, w, stride=1, padding=0, add=np.add.at, order="uvij"):
    """Every term's place in an index array; ``order`` says which place comes last."""
    padded = np.pad(x, padding)
    place = sliding_window_view(np.arange(padded.size).reshape(padded.shape), w.shape)[::stride, ::stride][:dy.shape[0], :dy.shape[1]]
    place, terms = (np.ascontiguousarray(np.einsum(f"ijuv->{order}", a)) for a in (place, dy[:, :, None, None] * w))
    dx = np.zeros(padded.size)
    add(dx, place, terms)
    dx = dx.reshape(padded.shape)[padding:, padding:][:len(x), :x.shape[1]]
    return dx, windows(dy, x, w, stride, padding)[1]


def matrix(dy, x, w, stride=1, padding=0):
    """The convolution as a matrix, and its transpose."""
    def forward(x, w):
        return sum(w[u, v] * np.pad(x, padding)[u:, v:][::stride, ::stride][:dy.shape[0], :dy.shape[1]] for u, v in np.ndindex(w.shape))

    def transposed(f, shape):
        return np.array([(f(one.reshape(shape)) * dy).sum() for one in np.eye(np.prod(shape))]).reshape(shape)
    return transposed(lambda e: forward(e, w), x.shape), transposed(lambda e: forward(x, e), w.shape)


def fancy(dx, place, terms):
    dx[place] += terms


def assigned(dy, x, w, stride=1, padding=0, both=False):
    dx, dw = np.pad(np.zeros_like(x), padding), windows(dy, x, w, stride, padding)[1]
    for i, j in np.ndindex(dy.shape):
        at = np.s_[i * stride:i * stride + w.shape[0], j * stride:j * stride + w.shape[1]]
        dx[at] = dy[i, j] * w
        dw = dy[i, j] * np.pad(x, padding)[at] if both else dw
    return dx[padding:padding + len(x), padding:padding + x.shape[1]], dw


def uncut(dy, x, w, stride=1, padding=0):
    padded = np.pad(x, padding)
    return windows(dy, padded, w, stride)


def cut(rows):
    def wrong(dy, x, w, stride=1, padding=0):
        dx, dw = uncut(dy, x, w, stride, padding)
        return dx[rows(padding, len(x)), rows(padding, x.shape[1])], dw
    return wrong


def fitting(dy, x, w, stride=1, padding=0):
    """dx as large as what the windows cover."""
    rows, columns = ((n - 1) * stride + k for n, k in zip(dy.shape, w.shape, strict=True))
    dx, dw = uncut(dy, x, w, stride, padding)
    return dx[:rows, :columns][padding:, padding:][:len(x), :x.shape[1]], dw


def divides(dy, x, w, stride=1, padding=0):
    assert all((n + 2 * padding - k) % stride == 0 for n, k in zip(x.shape, w.shape, strict=True))
    return windows(dy, x, w, stride, padding)


def slide_back(dy, x, w, s=1):
    """The chapter's own function."""
    (kH, kW), dx, dw = w.shape, np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(dy.shape):
        window = np.s_[i * s:i * s + kH, j * s:j * s + kW]
        dx[window] += dy[i, j] * w
        dw += dy[i, j] * x[window]
    return dx, dw


def gathered(dy, x, w, stride=1, padding=0, turned=True):
    """dx pixel by pixel, from a window that slides over the spread and padded dy."""
    kh, kw = w.shape
    spread = np.pad(spread_out(dy, stride), ((kh - 1, kh + len(x)), (kw - 1, kw + x.shape[1])))
    view = sliding_window_view(spread, w.shape)[padding:padding + len(x), padding:padding + x.shape[1]]
    return (view * (w[::-1, ::-1] if turned else w)).sum(axis=(2, 3)), windows(dy, x, w, stride, padding)[1]


def spoil(f=None, g=None):
    def wrong(dy, x, w, stride=1, padding=0):
        dx, dw = windows(dy, x, w, stride, padding)
        return f(dy, x, w, stride, padding) if f else dx, g(dy, x, w, stride, padding) if g else dw
    return wrong


def written_into(dy, x, w, stride=1, padding=0):
    result = windows(dy, x, w, stride, padding)
    w[:] = 0
    return result


# ---- 10.5 and 10.6 ----------------------------------------------------------------------------------------------


def columns(x, kh, kw):
    return sliding_window_view(x, (kh, kw)).reshape(-1, kh * kw).T


def columns_lists(x, kh, kw):
    return [[x[i + u, j + v] for i in range(len(x) - kh + 1) for j in range(x.shape[1] - kw + 1)]
            for u in range(kh) for v in range(kw)]


def columns_generators(x, kh, kw):
    H, W = len(x) - kh + 1, x.shape[1] - kw + 1
    return ((x[i + u, j + v] for i in range(H) for j in range(W)) for u in range(kh) for v in range(kw))


def columns_filled(x, kh, kw):
    result, k = np.empty((kh * kw, (len(x) - kh + 1) * (x.shape[1] - kw + 1))), 0
    for i in range(len(x) - kh + 1):
        for j in range(x.shape[1] - kw + 1):
            result[:, k] = x[i:i + kh, j:j + kw].ravel()
            k += 1
    return result


def columns_indexed(x, kh, kw):
    i, j = np.divmod(np.arange((len(x) - kh + 1) * (x.shape[1] - kw + 1)), x.shape[1] - kw + 1)
    u, v = np.divmod(np.arange(kh * kw), kw)
    return x[u[:, None] + i, v[:, None] + j]


def columns_square(x, kh, kw):
    return np.array([x[i:i + kh, j:j + kh].ravel() for i in range(len(x) - kh + 1) for j in range(len(x) - kh + 1)]).T


def each_window(x, kh, kw, read=np.ravel, by_rows=True):
    rows, wide = range(len(x) - kh + 1), range(x.shape[1] - kw + 1)
    places = [(i, j) for i in rows for j in wide] if by_rows else [(i, j) for j in wide for i in rows]
    return np.array([read(x[i:i + kh, j:j + kw]) for i, j in places])


def fold(columns, shape, kh, kw, add=True):
    x, wide = np.zeros(shape), shape[1] - kw + 1
    for k in range(columns.shape[1]):
        i, j = divmod(k, wide)
        x[i:i + kh, j:j + kw] = add * x[i:i + kh, j:j + kw] + columns[:, k].reshape(kh, kw)
    return x


def fold_indexed(cols, shape, kh, kw, add=np.add.at):
    x = np.zeros(shape)
    add(x.reshape(-1), columns(np.arange(x.size).reshape(shape), kh, kw), cols)
    return x


def fold_taps(cols, shape, kh, kw, add=True):
    x, H, W = np.zeros(shape), shape[0] - kh + 1, shape[1] - kw + 1
    for k, (u, v) in enumerate(np.ndindex(kh, kw)):
        x[u:u + H, v:v + W] = add * x[u:u + H, v:v + W] + cols[k].reshape(H, W)
    return x


def fold_lists(cols, shape, kh, kw):
    x, wide = [[0] * shape[1] for _ in range(shape[0])], shape[1] - kw + 1
    for r, c in np.ndindex(cols.shape):
        x[c // wide + r // kw][c % wide + r % kw] += cols[r, c]
    return x


def fold_torch(cols, shape, kh, kw):
    return torch.nn.functional.fold(torch.tensor(cols, requires_grad=True)[None], shape, (kh, kw))[0, 0]


def fold_bincount(cols, shape, kh, kw):
    place = columns(np.arange(np.prod(shape)).reshape(shape), kh, kw)
    return np.bincount(place.ravel(), weights=cols.ravel(), minlength=np.prod(shape)).reshape(shape)


def fold_each(cols, shape, kh, kw, order="C", by_rows=True):
    x, rows, wide = np.zeros(shape), range(shape[0] - kh + 1), range(shape[1] - kw + 1)
    places = [(i, j) for i in rows for j in wide] if by_rows else [(i, j) for j in wide for i in rows]
    for k, (i, j) in enumerate(places):
        x[i:i + kh, j:j + kw] += cols[:, k].reshape(kh, kw, order=order)
    return x


RIGHT = {
    "by_hand": [(DX, DW), (np.array(DX), np.array(DW)), [tuple(DX), tuple(DW)], torch_1d(), ([2.0, -3, 3, 5, -3], np.correlate(X1, DY1)), (np.convolve(DY1, W1), np.array([[-1.0, 1, 9]])[0])],
    "strided": [STRIDED, np.array(STRIDED, np.float32), tuple(STRIDED), torch_strided(), np.r_[np.convolve([1.0, 0, -1, 0, 2], [2, 1, 3]), 0], [[*STRIDED[:2], *STRIDED[2:]]][0]],
    "diagnose": ["cdbfa", "CDBFA", "c d b f a", "c, d, b, f, a", list("cdbfa"), tuple("cdbfa"), "1c 2d 3b 4f 5a"],
    "blind": ["bce", "ecb", "b, c, e", "BCE", ["e", "b", "c"], {"b", "c", "e"}, "b c and e"],
    "backward": [windows, lists, scipys, torchs, added_at, matrix, gathered],
    "im2col": [columns, columns_generators, columns_lists, columns_filled, columns_indexed, lambda x, kh, kw: torch.nn.functional.unfold(torch.tensor(x)[None, None], (kh, kw))[0], lambda x, kh, kw: each_window(x, kh, kw).T],
    "col2im": [fold, fold_indexed, fold_taps, fold_lists, fold_torch, fold_bincount, fold_each],
}

WRONG = {
    "by_hand": [
        (([2, 1, -1, 2, -3], DW), "kept the last term"), (([2, -4, 6, 3, -3], DW), "kept the first term"), (([6, -1, -3, 3, -1], DW), "wrong way round: output 0"), (([6, -1, -3, 3, -1], DW[::-1]), "both with the kernel"), ((DX, DW[::-1]), "In dw, w[0] meets"),
        ((DX, [-3, -2, 1]), "used by all three windows: add"), ((DX, [2, 0, 6]), "not by the first alone"), ((DX, [-1 / 3, 1 / 3, 3]), "not the mean"), (([1, -1, 2, 1, 3], [4, 5, 4]), "dy has no effect"), ((DX, [4, 5, 4]), "In dw, each window"), (([1, -1, 2, 1, 3], DW), "In dx, w is multiplied"),
        ((DX, [10, 0, -4]), "the forward result"), (([2, 0, 9, 10, 3], DW), "no factor x"), ((DX[:3], DW), "five numbers"), ((DW, DX), "the other way round: dx first"), (([0] * 5, [0] * 3), "not this one"), (DX, "2 results"), ((DX, [-1, 1, 8]), "1 of 2"),
        ((DX, None), "nothing"), (DX + DW, "2 results"), ([DX, DW, 0], "2 results"),
    ],
    "strided": [
        ([2, -1, 6, -1, 6, 0, 0, 0], "move by two"), ([2, 1, 3, -2, -1, -3, 4, 2], "overlap by one"), ([2, 1, -2, -1, 4, 2, 6, 0], "kept the last"), ([2, 1, 3, -1, -3, 2, 6, 0], "kept the first"),
        ([3, 1, -1, -1, 4, 2, 4, 0], "the wrong way round"), (STRIDED[:7], "under no window and gets 0"), ([0, *STRIDED[:7]], "starts at pixel 0"), ([2, 1, 5, 1, 5, 1, 3, 0], "dy has no effect"),
        ([2, -1, 6, -1, 6], "spread out first"), ([1, 0, -1, 0, 2], "Pad it with two"), ([v / 3 for v in STRIDED], "not a mean"), ([1, -1, 2], "shape (3,)"), ([2, 1, 1, -1, 1, 2, 5, 0], "7 of 8"), ([0] * 8, "not this one"),
        ([2, 1, 1, -1, 1, 2], "shape (6,)"), (STRIDED + [0], "shape (9,)"),
    ],
    "diagnose": [
        ("aaaaa", "at most one is right"), ("cdbea", "four are right"), ("adbfa", "look at the first"), ("cabfa", "look at the second"), ("cdafa", "look at the third"), ("cdbaa", "look at the fourth"), ("cdbfb", "look at the fifth"),
        ("cdb", "you gave 3"), ("cdbfaa", "you gave 6"), ("cdbfg", "choose from"), ([3, 4, 2, 6, 1], "letters as text"), ({"c", "d"}, "a set"), ("abcde", "look at the first"), ("cdbfe", "4 of 5"),
    ],
    "blind": [("bc", "2 × 2 kernel land"), ("be", "one pixel each"), ("ce", "side by side"), ("ad", "the other way round"), ("bcde", "d does show it"), ("abcde", "smaller than the kernel"), ("a", "a does show it"), ([1], "letters as text"), ("bcf", "choose from"), ("abce", "a does show it")],
    "backward": [
        (assigned, "only the last window's"), (lambda *a, **o: added_at(*a, add=fancy, **o), "repeated places"), (lambda *a, **o: added_at(*a, add=fancy, **o), "only the first window's"), (lambda *a, **o: added_at(*a, add=fancy, order="ijuv", **o), "only the last window's"),
        (spoil(g=lambda *a: assigned(*a, both=True)[1]), "in dw only the last"), (lambda *a, **o: assigned(*a, **o, both=True), "both gradients keep"), (lambda *a, **o: scipys(*a, **o, turn=-1), "the wrong way round"), (lambda *a, **o: gathered(*a, **o, turned=False), "turned by half a turn"),
        (spoil(f=lambda dy, x, w, s, p: windows(dy, x, w[::-1, ::-1], s, p)[0]), "handed back as it stands"), (spoil(g=lambda *a: windows(*a)[1][::-1, ::-1]), "dw is turned"), (spoil(g=lambda *a: windows(*a)[1].T), "dw is transposed"),
        (lambda dy, x, w, stride=1, padding=0: windows(dy, x, w), "stride and padding have no effect"), (lambda dy, x, w, stride=1, padding=0: windows(dy, x, w, 1, padding), "the stride has no effect"), (lambda dy, x, w, stride=1, padding=0: windows(dy, x, w, stride), "padding has no effect"),
        (spoil(g=lambda dy, x, w, s, p: windows(dy, x, w, 1, p)[1]), "In dw the stride has no effect"), (uncut, "still has the padding"), (cut(lambda p, n: slice(p, -p)), "dx[0:0]"), (cut(lambda p, n: slice(0, n)), "at the wrong end"), (fitting, "under no window get 0"),
        (divides, "raises AssertionError"), (slide_back, "yours takes (dy, x, w, s=1)"), (spoil(g=lambda dy, *a: windows(dy / dy.size, *a)[1]), "not a mean"), (lambda dy, *a, **o: windows(dy / dy.size, *a, **o), "not means"), (lambda *a, **o: windows(*a, **o)[::-1], "dx first, then dw"),
        (lambda *a, **o: windows(*a, **o)[0], "Return dw too"), (lambda *a, **o: windows(*a, **o)[1], "Return dx too"), (lambda dy, x, w, stride=1, padding=0: windows(dy * 0 + 1, x, w, stride, padding), "dy has no effect"), (spoil(g=lambda dy, *a: windows(dy * 0 + 1, *a)[1]), "In dw, each window is"),
        (lambda dy, x, w, stride=1, padding=0: (np.zeros_like(x), np.zeros_like(w)), "is expected at index"), (lambda dy, x, w, stride=1, padding=0: (x, w, dy), "2 results are expected"), (written_into, "`w` is changed"), (spoil(f=lambda dy, x, w, s, p: convolve2d(spread_out(dy, s), w, mode="same")), "is expected"),
        (spoil(f=lambda dy, x, w, s, p: convolve2d(dy, w)), "spread dy out first"), (spoil(f=lambda dy, x, w, s, p: convolve2d(dy, w[::-1, ::-1])), "slides over dy"), (spoil(g=lambda dy, x, w, s, p: correlate2d(np.pad(x, p), dy, mode="valid")), "a dilation going back"),
        (spoil(g=lambda dy, x, w, s, p: torchs(dy, np.pad(x, ((0, 2 * p), (0, 2 * p))), w, s)[1]), "the windows of np.pad"), (lambda *a, **o: (*windows(*a, **o), a[0].sum()), "no bias here"),
        (spoil(f=lambda dy, x, w, s, p: np.zeros_like(x)), "result 1"), (spoil(f=lambda dy, x, w, s, p: windows(dy, x, w, s, p)[0] * x), "is expected"),
    ],
    "im2col": [
        (lambda *a: columns(*a).T, "Transpose"), (lambda x, kh, kw: sliding_window_view(x, (kh, kw)).reshape(kh * kw, -1), "reshape where a transpose"), (lambda x, kh, kw: columns(x.T, kw, kh), "swapped throughout"), (lambda *a: each_window(*a, read=lambda w: w.ravel(order="F")).T, "each of them row by row"),
        (lambda *a: each_window(*a, by_rows=False).T, "come column by column"), (lambda x, kh, kw: sliding_window_view(x, (kh, kw))[::kh, ::kw].reshape(-1, kh * kw).T, "windows overlap"), (lambda *a: columns(*a)[::-1], "upside down"), (lambda *a: columns(*a)[:, ::-1], "come from the end"),
        (lambda x, kh, kw: np.array([x[i:i + kh, j:j + kw].ravel() for i in range(len(x) - kh) for j in range(x.shape[1] - kw)]).T, "mind the + 1"), (lambda *a: columns(*a).ravel(), "all in one row"), (lambda *a: each_window(*a, read=lambda w: w), "a stack of windows"), (columns_square, "5 × 7 picture"),
        (lambda x, kh, kw: columns(np.pad(x, ((0, kh - 1), (0, kw - 1))), kh, kw), "stick out"), (lambda x, kh, kw: columns(x, kh, kw).reshape(kh, kw, -1), "belong together"), (lambda *a: np.zeros_like(columns(*a)), "is expected at index"), (lambda x, kh: x, "yours takes (x, kh)"),
        (lambda x, kh, kw: columns(x, kw, kh), "are exchanged"), (lambda x, kh, kw: x.reshape(kh * kw, -1), ""),
    ],
    "col2im": [
        (lambda *a: fold(*a, add=False), "only the last window's"), (lambda *a: fold_indexed(*a, add=fancy), "repeated indices"), (lambda *a: fold_taps(*a, add=False), "only the first window's"), (lambda *a: fold(*a) / fold(np.ones_like(a[0]), *a[1:]), "do not average"),
        (lambda c, s, kh, kw: fold(c, s, kh, kw) / (kh * kw), "no division by kh"), (lambda *a: fold(*a).T, "rows and columns are swapped"), (lambda *a: fold_each(*a, order="F"), "you fill it in column by column"), (lambda *a: fold_each(*a, by_rows=False), "you take them column by column"),
        (lambda c, s, kh, kw: fold(c[::-1], s, kh, kw), "Nothing is turned"), (lambda c, *a: fold(np.ones_like(c), *a), "how many windows hold"), (lambda *a: fold(*a).ravel(), "in one row"), (lambda c, s, kh, kw: fold(c.T.reshape(c.shape), s, kh, kw), "one for the other"),
        (lambda c, shape, kh, kw: np.zeros(shape), "is expected at index"), (lambda c, shape, kh, kw: fold(c, shape[::-1], kh, kw), ""), (lambda c, shape, kh, kw: columns(np.ones(shape), kh, kw), "the shape (3, 3)"), (lambda c, shape: c, "yours takes (c, shape)"), (lambda c, shape, kh, kw: c.sum(axis=0), ""),
        (lambda c, shape, kh, kw: np.resize(c, shape), "is expected"),
    ],
}
