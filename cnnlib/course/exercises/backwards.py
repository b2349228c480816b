"""Checkers of chapter 10: convolution backwards, and fast."""

import numpy as np

from cnnlib.conv import conv2d_backward, unfold, unfold_backward
from cnnlib.course.exercises._checker import (
    Case,
    Mistake,
    check_function,
    check_letters,
    check_value,
)

_RNG = np.random.default_rng(10)
SMALL = np.array([[1.0, 2, 0], [3, 1, 2], [0, 1, 4]])
KERNEL = np.array([[1.0, -1], [2, 3]])
UPSTREAM = np.array([[1.0, 2], [-1, 3]])


def by_hand(answer):
    """10.1: dx and dw of a convolution along one axis."""
    dx, dw = np.array([2.0, -3, 3, 5, -3]), np.array([-1.0, 1, 9])
    return check_value(
        "10.1", answer, (dx, dw),
        [Mistake((np.array([2.0, 1, -1, 2, -3]), dw),
                 "dw is right. In dx, windows overlap and must add: you kept the last term of each pixel."),
         Mistake((np.array([2.0, -4, 6, 3, -3]), dw),
                 "dw is right. In dx, windows overlap and must add: you kept the first term of each pixel."),
         Mistake((np.array([6.0, -1, -3, 3, -1]), dw),
                 "dw is right. In dx your kernel is flipped: output 0 hands dy · w, as it stands, to pixels 0, 1, 2."),
         Mistake((dx, dw[::-1]), "dx is right. In dw, w[0] meets the first number of every window."),
         Mistake((dx, np.array([-3.0, -2, 1])),
                 "dx is right. For dw, a weight is used by all three windows: add three products."),
         Mistake((dw, dx), "the other way round: dx first. dx has five numbers like x, dw three like w.")],
        praise="five pixels, three weights, and nine products for each of the two.",
    )


def blind(answer):
    """10.2: the layers that cannot show an ``=`` in place of ``+=`` in dx."""
    return check_letters(
        "10.2", answer, "bce", "abcde",
        {"a": "a does show it: windows of width 3 that move by 1 overlap.",
         "b": "nearly. With stride 2 the windows of a 2 × 2 kernel stand side by side: do they share any pixel?",
         "c": "nearly. Can two windows of one pixel each share a pixel?",
         "d": "d does show it: with stride 2, two windows of width 3 share a column.",
         "e": "nearly. Where do the windows of a 2 × 2 kernel land when they move by 3?"},
        [Mistake("ad", "the other way round: these are the layers that would show it."),
         Mistake("abcde", "in some of these layers windows overlap: the stride is smaller than the kernel.")],
        praise="where the stride is at least the kernel, no pixel lies in two windows.",
    )


def _backward(dy, x, w, stride=1):
    used = [(n - 1) * stride + k for n, k in zip(dy.shape, w.shape, strict=True)]
    dx = np.zeros(x.shape)
    inner, dw, _ = conv2d_backward(dy[None, None], x[None, None][..., :used[0], :used[1]], w[None, None], None, stride)
    dx[:used[0], :used[1]] = inner[0, 0]
    return dx, dw[0, 0]


def _loops(dy, x, w, stride=1, *, add_x=True, add_w=True):
    """Gradients window by window, with ``=`` in place of ``+=`` where asked for."""
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for i, j in np.ndindex(dy.shape):
        at = np.s_[i * stride:i * stride + w.shape[0], j * stride:j * stride + w.shape[1]]
        dx[at] = add_x * dx[at] + dy[i, j] * w
        dw = add_w * dw + dy[i, j] * x[at]
    return dx, dw


def backward(answer):
    """10.3: ``answer(dy, x, w, stride=1)`` gives dx and dw of one picture."""
    x, w = _RNG.normal(size=(7, 8)), _RNG.normal(size=(3, 2))
    dy, strided = _RNG.normal(size=(5, 7)), _RNG.normal(size=(3, 4))

    def half(dy, x, w, stride=1):
        return _backward(dy, x, w[::-1, ::-1], stride)[0], _backward(dy, x, w, stride)[1]

    def still(dy, x, w, stride=1):
        return _loops(dy, x, w)

    def mean(dy, x, w, stride=1):
        dx, dw = _backward(dy, x, w, stride)
        return dx, dw / dy.size

    return check_function(
        "10.3", answer, _backward,
        [Case((UPSTREAM, SMALL, KERNEL), "a 3 × 3 picture and a 2 × 2 kernel"),
         Case((dy, x, w), "a 7 × 8 picture and a 3 × 2 kernel"),
         Case((strided, x, w), "stride 2", {"stride": 2})],
        [Mistake(lambda *a, **o: _loops(*a, **o, add_x=False),
                 "overlapping windows must add: dx needs +=, and you write =. dw is right."),
         Mistake(lambda *a, **o: _loops(*a, **o, add_w=False),
                 "a weight is used by every window: dw needs +=, and you write =. dx is right."),
         Mistake(lambda *a, **o: _loops(*a, **o, add_x=False, add_w=False),
                 "both gradients need += where you write =: what is used several times adds up."),
         Mistake(half, "in dx your kernel is flipped. Window by window, dy · w is handed back as it stands."),
         Mistake(still, "the stride has no effect: the window of output (i, j) starts at (i · stride, j · stride)."),
         Mistake(mean, "dw is a sum over the windows, not a mean. If the loss averages, dy already has that "
                       "in it."),
         Mistake(lambda *a, **o: _backward(*a, **o)[::-1],
                 "dx first, then dw: gradients come in the order of x and w."),
         Mistake(lambda *a, **o: _backward(*a, **o)[0], "dx is right. Return dw too: dx, dw."),
         Mistake(lambda dy, x, w, stride=1: _backward(np.ones_like(dy), x, w, stride),
                 "dy has no effect: every term is multiplied by the upstream gradient of its output.")],
        praise="every window, both sums, any stride.",
    )


def _columns(x, kh, kw):
    return unfold(np.asarray(x, dtype=np.float64)[None, None], (kh, kw))[0]


def im2col(answer):
    """10.4: ``answer(x, kh, kw)``: every window of a picture as a column."""
    def by_columns(x, kh, kw):
        return _columns(x.T, kw, kh)

    def inside(x, kh, kw):
        return _columns(x, kh, kw).reshape(kh, kw, -1).swapaxes(0, 1).reshape(kh * kw, -1)

    def tiles(x, kh, kw):
        return unfold(x[None, None], (kh, kw), stride=(kh, kw))[0]

    def unturned(x, kh, kw):
        return _columns(x, kh, kw).T.reshape(kh * kw, -1)

    return check_function(
        "10.4", answer, _columns,
        [Case((SMALL, 2, 2), "a 3 × 3 picture"),
         Case((_RNG.normal(size=(5, 7)), 3, 2), "a 5 × 7 picture, 3 × 2 windows")],
        [Mistake(lambda *a: _columns(*a).T, "every window is a row of yours; it should be a column. Transpose."),
         Mistake(unturned, "right shape, wrong order: you reshape where a transpose is needed."),
         Mistake(by_columns, "rows and columns are swapped throughout: windows, and what is in them, are read row "
                             "by row."),
         Mistake(inside, "the windows come in the right order, but read each of them row by row."),
         Mistake(tiles, "the windows overlap: move by one, not by their own size."),
         Mistake(lambda *a: _columns(*a)[::-1], "your windows are upside down: the first row belongs to w[0, 0].")],
        praise="one column for each window, one row for each weight.",
    )


def _fold(columns, shape, kh, kw):
    return unfold_backward(np.asarray(columns)[None], np.zeros((1, 1, *shape)), (kh, kw))[0, 0]


def col2im(answer):
    """10.5: ``answer(columns, shape, kh, kw)``: add every column back to the pixels it came from."""
    def places(shape, kh, kw):
        return _columns(np.arange(np.prod(shape)).reshape(shape), kh, kw).astype(int)

    def overwritten(columns, shape, kh, kw):
        x, where = np.zeros(int(np.prod(shape))), places(shape, kh, kw)
        for k in range(where.shape[1]):
            x[where[:, k]] = columns[:, k]
        return x.reshape(shape)

    def by_weight(columns, shape, kh, kw):
        x, where = np.zeros(int(np.prod(shape))), places(shape, kh, kw)
        for k in range(len(where)):
            x[where[k]] = columns[k]
        return x.reshape(shape)

    def mean(columns, shape, kh, kw):
        return _fold(columns, shape, kh, kw) / _fold(np.ones_like(columns), shape, kh, kw)

    columns = _RNG.normal(size=(6, 18))
    again = ("overlaps must add: of each pixel's terms only the {} window's is left. You write = where += is needed, "
             "or += with a list of repeated indices, which NumPy adds only once.")
    return check_function(
        "10.5", answer, _fold,
        [Case((np.arange(1.0, 17).reshape(4, 4), (3, 3), 2, 2), "four columns of a 3 × 3 picture"),
         Case((columns, (5, 7), 3, 2), "a 5 × 7 picture, 3 × 2 windows")],
        [Mistake(overwritten, again.format("last")), Mistake(by_weight, again.format("first")),
         Mistake(mean, "add the terms, do not average them. (The average would undo im2col; its gradient is the sum.)"),
         Mistake(lambda c, s, kh, kw: _fold(c, s, kh, kw).T, "rows and columns are swapped.")],
        praise="what was copied several times collects all its gradients.",
    )


def work(answer):
    """10.6: ``answer(m, k, n)``: operations, bytes and their ratio for a float32 product (m, k) @ (k, n)."""
    def exact(m, k, n, *, per=2, size=4, numbers=None):
        operations, moved = per * m * k * n, size * (numbers or m * k + k * n + m * n)
        return operations, moved, operations / moved

    return check_function(
        "10.6", answer, exact,
        [Case((2, 3, 4), "a (2, 3) by (3, 4) product"), Case((6, 25, 784), "LeNet's first layer, one image"),
         Case((128, 576, 784), "a layer from 64 to 128 channels")],
        [Mistake(lambda m, k, n: exact(m, k, n, per=1), "count the additions too: a multiply-add is two operations."),
         Mistake(lambda m, k, n: exact(m, k, n, size=8), "a float32 has four bytes; eight are float64's."),
         Mistake(lambda m, k, n: exact(m, k, n, size=1), "you count numbers; a float32 has four bytes."),
         Mistake(lambda m, k, n: exact(m, k, n, numbers=m * k + k * n),
                 "the result must be written, too: m · n numbers."),
         Mistake(lambda m, k, n: exact(m, k, n, numbers=m * n),
                 "count the two factors as well as the result: all three are moved."),
         Mistake(lambda m, k, n: (*exact(m, k, n)[:2], exact(m, k, n)[1] / exact(m, k, n)[0]),
                 "the ratio is upside down: operations per byte.")],
        praise="few channels give few operations per byte, and memory sets the pace.",
    )
