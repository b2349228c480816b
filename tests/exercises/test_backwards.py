"""Chapter 10's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d

from cnnlib.course.exercises import backwards as check


def stub(*_, **__):
    raise NotImplementedError


DX, DW = [2, -3, 3, 5, -3], [-1, 1, 9]

# ---- 10.3 -------------------------------------------------------------------------------------------------------


def windows(dy, x, w, stride=1):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(dy.shape):
        at = np.s_[i * stride:i * stride + w.shape[0], j * stride:j * stride + w.shape[1]]
        dx[at] += dy[i, j] * w
        dw += dy[i, j] * x[at]
    return dx, dw


def lists(dy, x, w, stride=1):
    dx, dw = [[0.0] * x.shape[1] for _ in x], [[0.0] * w.shape[1] for _ in w]
    for i, j in np.ndindex(dy.shape):
        for u, v in np.ndindex(w.shape):
            dx[i * stride + u][j * stride + v] += dy[i, j] * w[u, v]
            dw[u][v] += dy[i, j] * x[i * stride + u, j * stride + v]
    return dx, dw


def scipys(dy, x, w, stride=1):
    spread = np.zeros(tuple((n - 1) * stride + 1 for n in dy.shape))
    spread[::stride, ::stride] = dy
    part, dx = convolve2d(spread, w), np.zeros_like(x)
    dx[:part.shape[0], :part.shape[1]] = part
    rows, columns = spread.shape
    view = sliding_window_view(x, (rows, columns))[:w.shape[0], :w.shape[1]]
    return dx, np.einsum("uvij,ij->uv", view, spread)


def torchs(dy, x, w, stride=1):
    x, w = (torch.tensor(a)[None, None].requires_grad_() for a in (x, w))
    y = torch.nn.functional.conv2d(x, w, stride=stride)
    y.backward(torch.tensor(dy)[None, None])
    return x.grad[0, 0], w.grad[0, 0]


def assigned(dy, x, w, stride=1, both=False):
    dx, dw = np.zeros_like(x), windows(dy, x, w, stride)[1]
    for i, j in np.ndindex(dy.shape):
        at = np.s_[i * stride:i * stride + w.shape[0], j * stride:j * stride + w.shape[1]]
        dx[at] = dy[i, j] * w
        dw = dy[i, j] * x[at] if both else dw
    return dx, dw


def weights_assigned(dy, x, w, stride=1):
    return windows(dy, x, w, stride)[0], assigned(dy, x, w, stride, both=True)[1]


WRONG_BACKWARD = [
    (assigned, "dx needs +="),
    (weights_assigned, "dw needs +="),
    (lambda *a, **o: assigned(*a, **o, both=True), "both gradients need +="),
    (lambda dy, x, w, stride=1: (windows(dy, x, np.rot90(w, 2), stride)[0], windows(dy, x, w, stride)[1]), "flipped"),
    (lambda dy, x, w, stride=1: windows(dy, x, w), "the stride has no effect"),
    (lambda dy, x, w, stride=1: (windows(dy, x, w, stride)[0], windows(dy / dy.size, x, w, stride)[1]), "not a mean"),
    (lambda *a, **o: windows(*a, **o)[::-1], "dx first, then dw"),
    (lambda *a, **o: windows(*a, **o)[0], "Return dw too"),
    (lambda dy, x, w, stride=1: windows(dy * 0 + 1, x, w, stride), "dy has no effect"),
    (lambda dy, x, w, stride=1: (np.zeros_like(x), np.zeros_like(w)), "is expected at index"),
    (lambda dy, x, w, stride=1: (x, w, dy), "2 results are expected"),
    (lambda dy, x, w, stride=1: None, "returns nothing"),
    (lambda dy, x, w, stride=1: 1 / 0, "raises ZeroDivisionError"),
]

# ---- 10.4 and 10.5 ----------------------------------------------------------------------------------------------


def columns_by_view(x, kh, kw):
    return sliding_window_view(x, (kh, kw)).reshape(-1, kh * kw).T


def columns_by_lists(x, kh, kw):
    return [[x[i + u, j + v] for i in range(len(x) - kh + 1) for j in range(x.shape[1] - kw + 1)]
            for u in range(kh) for v in range(kw)]


WRONG_COLUMNS = [
    (lambda *a: columns_by_view(*a).T, "Transpose"),
    (lambda x, kh, kw: sliding_window_view(x, (kh, kw)).reshape(kh * kw, -1), "reshape where a transpose"),
    (lambda x, kh, kw: columns_by_view(x.T, kw, kh), "swapped throughout"),
    (lambda x, kh, kw: np.array([w.ravel(order="F") for row in sliding_window_view(x, (kh, kw)) for w in row]).T,
     "row by row"),
    (lambda x, kh, kw: sliding_window_view(x, (kh, kw))[::kh, ::kw].reshape(-1, kh * kw).T, "windows overlap"),
    (lambda *a: columns_by_view(*a)[::-1], "upside down"),
    (lambda *a: np.zeros_like(columns_by_view(*a)), "is expected at index"),
]


def fold_by_window(columns, shape, kh, kw, add=True):
    x, wide = np.zeros(shape), shape[1] - kw + 1
    for k in range(columns.shape[1]):
        i, j = divmod(k, wide)
        x[i:i + kh, j:j + kw] = add * x[i:i + kh, j:j + kw] + columns[:, k].reshape(kh, kw)
    return x


def fold_by_index(columns, shape, kh, kw, add=True):
    x = np.zeros(shape)
    place = columns_by_view(np.arange(x.size).reshape(shape), kh, kw)
    if add:
        np.add.at(x.reshape(-1), place, columns)
    else:
        x.reshape(-1)[place] += columns
    return x


def fold_by_tap(columns, shape, kh, kw):
    x, H, W = np.zeros(shape), shape[0] - kh + 1, shape[1] - kw + 1
    for k, (u, v) in enumerate(np.ndindex(kh, kw)):
        x[u:u + H, v:v + W] = columns[k].reshape(H, W)
    return x


def fold_mean(columns, shape, kh, kw):
    return fold_by_window(columns, shape, kh, kw) / fold_by_window(np.ones_like(columns), shape, kh, kw)


WRONG_FOLD = [
    (lambda *a: fold_by_window(*a, add=False), "only the last window's"),
    (lambda *a: fold_by_index(*a, add=False), "repeated indices"),
    (fold_by_tap, "only the first window's"),
    (fold_mean, "do not average"),
    (lambda *a: fold_by_window(*a).T, "rows and columns are swapped"),
    (lambda c, shape, kh, kw: np.zeros(shape), "is expected at index"),
]

# ---- 10.6 -------------------------------------------------------------------------------------------------------


def work(m, k, n, per=2, size=4):
    moved = size * (m * k + k * n + m * n)
    return per * m * k * n, moved, per * m * k * n / moved


WRONG_WORK = [
    (lambda m, k, n: work(m, k, n, per=1), "count the additions too"),
    (lambda m, k, n: work(m, k, n, size=8), "eight are float64's"),
    (lambda m, k, n: work(m, k, n, size=1), "you count numbers"),
    (lambda m, k, n: (2 * m * k * n, 4 * k * (m + n), 2 * m * k * n / (4 * k * (m + n))), "must be written"),
    (lambda m, k, n: (2 * m * k * n, 4 * m * n, k / 2), "two factors"),
    (lambda m, k, n: (*work(m, k, n)[:2], 1 / work(m, k, n)[2]), "upside down"),
    (lambda m, k, n: (0, 0, 0), "is expected"),
    (lambda m, k, n: work(m, k, n)[2], "3 results are expected"),
]


@pytest.mark.parametrize("verdict", [
    check.by_hand((DX, DW)), check.by_hand([np.array(DX), np.array(DW)]), check.by_hand((tuple(DX), tuple(DW))),
    check.blind("bce"), check.blind("ECB"), check.blind("b, c, e"),
    check.backward(windows), check.backward(lists), check.backward(scipys), check.backward(torchs),
    check.im2col(columns_by_view), check.im2col(columns_by_lists),
    check.col2im(fold_by_window), check.col2im(fold_by_index),
    check.work(work), check.work(lambda m, k, n: np.array(work(m, k, n))),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.by_hand(([2, 1, -1, 2, -3], DW)), "kept the last term"),
    (check.by_hand(([2, -4, 6, 3, -3], DW)), "kept the first term"),
    (check.by_hand(([6, -1, -3, 3, -1], DW)), "your kernel is flipped"),
    (check.by_hand((DX, DW[::-1])), "In dw, w[0] meets"),
    (check.by_hand((DX, [-3, -2, 1])), "used by all three windows"),
    (check.by_hand((DW, DX)), "the other way round"),
    (check.by_hand(([0] * 5, [0] * 3)), "not this one"),
    (check.by_hand(DX), "not this one"),
    (check.blind("bc"), "2 × 2 kernel land"),
    (check.blind("be"), "one pixel each"),
    (check.blind("ce"), "side by side"),
    (check.blind("ad"), "the other way round"),
    (check.blind("bcde"), "d does show it"),
    (check.blind("abcde"), "smaller than the kernel"),
    (check.blind("a"), "a does show it"),
    (check.blind([1]), "letters as text"),
    *((check.backward(wrong), hint) for wrong, hint in WRONG_BACKWARD),
    *((check.im2col(wrong), hint) for wrong, hint in WRONG_COLUMNS),
    *((check.col2im(wrong), hint) for wrong, hint in WRONG_FOLD),
    *((check.work(wrong), hint) for wrong, hint in WRONG_WORK),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False, verdict
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.by_hand(...), check.blind(None), check.backward(stub), check.im2col(stub), check.col2im(stub),
    check.work(stub),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
    assert "not attempted" in repr(verdict)
