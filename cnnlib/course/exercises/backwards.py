"""Checkers of chapter 10: convolution backwards."""

import numpy as np

from cnnlib.conv import conv2d, conv2d_backward, unfold, unfold_backward
from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

_RNG = np.random.default_rng(10)
SMALL = np.array([[1.0, 2, 0], [3, 1, 2], [0, 1, 4]])
KERNEL = np.array([[1.0, -1], [2, 3]])
UPSTREAM = np.array([[1.0, 2], [-1, 3]])


def _normal(*shape):
    return _RNG.normal(size=shape)


BACKWARD_CASES = [
    Case((UPSTREAM, SMALL, KERNEL), "a 3 × 3 picture and a 2 × 2 kernel"),
    Case((_normal(4, 4), _normal(6, 6), _normal(3, 3)), "a 6 × 6 picture and a 3 × 3 kernel"),
    Case((_normal(5, 7), _normal(7, 8), _normal(3, 2)), "a 7 × 8 picture and a 3 × 2 kernel"),
    Case((_normal(3, 4), _normal(7, 8), _normal(3, 2)), "stride 2", {"stride": 2}),
    Case((_normal(3, 4), _normal(8, 8), _normal(3, 2)), "stride 2, where the last row is under no window", {"stride": 2}),
    Case((_normal(2, 3), _normal(5, 9), _normal(1, 2)), "stride 3, where windows stand apart", {"stride": 3}),
    Case((_normal(5, 7), _normal(5, 6), _normal(3, 2)), "padding 1", {"padding": 1}),
    Case((_normal(4, 6), _normal(7, 11), _normal(4, 5)), "stride 2 and padding 2", {"stride": 2, "padding": 2}),
    Case((_normal(4, 3), _normal(7, 5), _normal(1, 1)), "a 1 × 1 kernel and stride 2", {"stride": 2}),
    Case((_normal(5, 2), _normal(9, 4), _normal(2, 4)), "a 9 × 4 picture, stride 2 and padding 1", {"stride": 2, "padding": 1}),
]
COLUMN_CASES = [
    Case((SMALL, 2, 2), "a 3 × 3 picture"), Case((_normal(5, 7), 3, 2), "a 5 × 7 picture, 3 × 2 windows"),
    Case((_normal(2, 4), 1, 1), "1 × 1 windows"), Case((_normal(2, 3), 2, 3), "one window as large as the picture"),
    Case((_normal(4, 3), 2, 3), "a 4 × 3 picture, 2 × 3 windows"),
]
FOLD_CASES = [
    Case((np.arange(1.0, 17).reshape(4, 4), (3, 3), 2, 2), "four columns of a 3 × 3 picture"),
    Case((_normal(6, 18), (5, 7), 3, 2), "a 5 × 7 picture, 3 × 2 windows"), Case((_normal(1, 8), (2, 4), 1, 1), "1 × 1 windows"),
    Case((_normal(6, 1), (2, 3), 2, 3), "one window as large as the picture"),
]


def by_hand(answer):
    """10.1: dx and dw of a convolution along one axis."""
    x, w, dy = np.array([1.0, 0, 3, 2, -1]), np.array([1.0, -2, 3]), np.array([2.0, 1, -1])

    def scatter(dy, w, order=(0, 1, 2), add=True):
        dx = np.zeros(5)
        for i in order:
            dx[i:i + 3] = add * dx[i:i + 3] + dy[i] * w
        return dx

    dx, dw = scatter(dy, w), np.correlate(x, dy)
    windows = np.stack([x[i:i + 3] for i in range(3)])
    return check_value(
        "10.1", answer, (dx, dw),
        [Mistake((scatter(dy, w, add=False), dw), "dw is right. In dx, windows overlap and must add: you kept the last term of each pixel."),
         Mistake((scatter(dy, w, (2, 1, 0), False), dw), "dw is right. In dx, windows overlap and must add: you kept the first term of each pixel."),
         Mistake((scatter(dy, w[::-1]), dw),
                 "dw is right. In dx your kernel lies the wrong way round: output 0 hands dy · w, as it stands, to pixels 0, 1, 2."),
         Mistake((dx, dw[::-1]), "dx is right. In dw, w[0] meets the first number of every window."),
         Mistake((scatter(dy, w[::-1]), dw[::-1]), "both with the kernel the wrong way round: w[0] meets the first number of every window."),
         Mistake((dx, dy[2] * windows[2]), "dx is right. For dw, a weight is used by all three windows: add three products."),
         Mistake((dx, dy[0] * windows[0]), "dx is right. For dw, a weight is used by all three windows, not by the first alone: add three products."),
         Mistake((dx, dw / 3), "dx is right. dw is the sum over the windows, not the mean."),
         Mistake((scatter(np.ones(3), w), windows.sum(axis=0)), "dy has no effect: every product is multiplied by the upstream gradient of its output."),
         Mistake((dx, windows.sum(axis=0)), "dx is right. In dw, each window is multiplied by the upstream gradient of its output."),
         Mistake((scatter(np.ones(3), w), dw), "dw is right. In dx, w is multiplied by the upstream gradient of each output."),
         Mistake((dx, windows @ w), "dx is right. The second is the forward result; dw adds dy times each window."),
         Mistake((dx * x, dw), "dw is right. The rate at which a pixel moves an output is its weight, whatever the pixel holds: no factor x."),
         Mistake((dx[:3], dw), "dx has five numbers, like x: the windows reach to the last pixel."),
         Mistake((dw, dx), "the other way round: dx first. dx has five numbers like x, dw three like w.")],
        praise="five pixels, three weights, and nine products for each of the two.",
    )


def strided(answer):
    """10.2: dx along one axis with stride 2, where the last pixel lies under no window."""
    w, dy = np.array([2.0, 1, 3]), np.array([1.0, -1, 2])

    def scatter(dy, w, stride=2, order=(0, 1, 2), add=True):
        dx = np.zeros(9)
        for i in order:
            dx[i * stride:i * stride + 3] = add * dx[i * stride:i * stride + 3] + dy[i] * w
        return dx[:8]

    dx, spread = scatter(dy, w), np.array([1.0, 0, -1, 0, 2])
    return check_value(
        "10.2", answer, dx,
        [Mistake(scatter(dy, w, 1), "the windows start at pixels 0, 2 and 4: with stride 2 they move by two."),
         Mistake(scatter(dy, w, 3), "the windows start at pixels 0, 2 and 4: they overlap by one pixel."),
         Mistake(scatter(dy, w, add=False), "windows overlap in pixels 2 and 4, and must add there: you kept the last term."),
         Mistake(scatter(dy, w, order=(2, 1, 0), add=False), "windows overlap in pixels 2 and 4, and must add there: you kept the first term."),
         Mistake(scatter(dy, w[::-1]), "the kernel lies the wrong way round. A window hands dy · w back as it stands; where you slide over the spread-out dy, the kernel is turned."),
         Mistake(dx[:7], "x has eight pixels, so dx has eight numbers: the last pixel lies under no window and gets 0."),
         Mistake(np.r_[0, dx[:7]], "the first window starts at pixel 0; it is the last pixel that lies under no window."),
         Mistake(scatter(np.ones(3), w), "dy has no effect: every product is multiplied by the upstream gradient of its output."),
         Mistake(np.convolve(dy, w), "dy must be spread out first: a zero between its neighbours."),
         Mistake(spread, "that is dy, spread out. Pad it with two zeros on each side and slide the turned kernel over it."),
         Mistake(dx / 3, "dx is a sum over the windows, not a mean.")],
        praise="spread, pad and slide gives the same; the pixel that nobody read has gradient 0.",
    )


def blind(answer):
    """10.3: the layers that cannot show an ``=`` in place of ``+=`` in dx."""
    return check_letters(
        "10.3", answer, "bce", "abcde",
        {"a": "a does show it: windows of width 3 that move by 1 overlap.",
         "b": "nearly. With stride 2 the windows of a 2 × 2 kernel stand side by side: do they share any pixel?",
         "c": "nearly. Can two windows of one pixel each share a pixel?",
         "d": "d does show it: with stride 2, two windows of width 3 share a column.",
         "e": "nearly. Where do the windows of a 2 × 2 kernel land when they move by 3?"},
        [Mistake("ad", "the other way round: these are the layers that would show it."),
         Mistake("abcde", "in some of these layers windows overlap: the stride is smaller than the kernel.")],
        praise="where the stride is at least the kernel, no pixel lies in two windows.",
    )


def _backward(dy, x, w, stride=1, padding=0):
    dx, dw, _ = conv2d_backward(dy[None, None], x[None, None], w[None, None], None, stride, padding)
    return dx[0, 0], dw[0, 0]


def _scatter(dy, x, w, stride=1, padding=0, *, taps=False, add=True, cut=True):
    """dx by windows, or by taps, with ``=`` for ``+=`` where asked for, and with its padding where it is not cut off."""
    x = np.pad(x, padding)
    dx, (rows, columns) = np.zeros(x.shape), ((n - 1) * stride + 1 for n in dy.shape)
    for i, j in np.ndindex((w if taps else dy).shape):
        if taps:
            at, terms = np.s_[i:i + rows:stride, j:j + columns:stride], w[i, j] * dy
        else:
            at, terms = np.s_[i * stride:i * stride + w.shape[0], j * stride:j * stride + w.shape[1]], dy[i, j] * w
        dx[at] = add * dx[at] + terms
    return dx[padding:len(dx) - padding, padding:dx.shape[1] - padding] if cut else dx


def backward(answer):
    """10.4: ``answer(dy, x, w, stride=1, padding=0)`` gives dx and dw of one picture."""
    def spoil(dx=None, dw=None):
        """A right answer with one gradient, or both, replaced: functions of (dy, x, w, stride, padding)."""
        def wrong(dy, x, w, stride=1, padding=0):
            right, given = _backward(dy, x, w, stride, padding), (dy, x, w, stride, padding)
            return dx(*given) if dx else right[0], dw(*given) if dw else right[1]
        return wrong

    def option(f):
        return lambda dy, x, w, stride=1, padding=0: f(dy, x, w, stride, padding)

    def last(dy, x, w, s, p):
        i, j = (n - 1 for n in dy.shape)
        return dy[i, j] * np.pad(x, p)[i * s:i * s + w.shape[0], j * s:j * s + w.shape[1]]

    def whole(*given):
        return _scatter(*given, cut=False)

    def overwritten(*given):
        return _scatter(*given, add=False)

    def seen(dy, x, w, s, p):
        rows, columns = ((n - 1) * s + k for n, k in zip(dy.shape, w.shape, strict=True))
        return whole(dy, x, w, s, p)[p:, p:][:rows - p, :columns - p][:len(x), :x.shape[1]]

    def turned(f):
        return lambda dy, x, w, s, p: f(dy, x, w[::-1, ::-1], s, p)

    def full(dy, w):
        return _scatter(dy, np.zeros([n + k - 1 for n, k in zip(dy.shape, w.shape, strict=True)]), w)

    unpadded = "dx is right. dw meets the padded picture: the windows of np.pad(x, padding)."
    again = "overlapping windows must add: in dx only the {} window's term of each pixel is left. dw is right. "
    same = "You write = where += is needed, or dx[places] += terms with repeated places, which NumPy adds only once."
    return check_function(
        "10.4", answer, _backward, BACKWARD_CASES,
        [Mistake(spoil(overwritten), again.format("last") + same),
         Mistake(spoil(lambda *a: _scatter(*a, taps=True, add=False)), again.format("first") + same),
         Mistake(spoil(dw=last), "a weight is used by every window: in dw only the last one's product is left. Where you write =, it needs +=. dx is right."),
         Mistake(spoil(overwritten, last), "both gradients keep the last window's term alone. Where you write =, they need +=: what is used several times adds up."),
         Mistake(spoil(turned(lambda *a: _backward(*a)[0])),
                 "in dx the kernel lies the wrong way round. Window by window, dy · w is handed back as it stands; "
                 "pixel by pixel, with a window sliding over dy, the kernel must be turned by half a turn."),
         Mistake(spoil(lambda dy, x, w, s, p: _scatter(dy, x, w.T, s, p)), "in dx the kernel is transposed: its first index is the row."),
         Mistake(spoil(dw=lambda *a: _backward(*a)[1][::-1, ::-1]), "dx is right. dw is turned by half a turn: w[0, 0] meets the first pixel of every window."),
         Mistake(spoil(dw=lambda *a: _backward(*a)[1].T), "dx is right. dw is transposed: it has the shape of w, and its first index is the row."),
         Mistake(option(lambda dy, x, w, s, p: _moved(dy, x, w, 1, 0)), "stride and padding have no effect yet."),
         Mistake(option(lambda dy, x, w, s, p: _moved(dy, x, w, 1, p)), "the stride has no effect: the window of output (i, j) starts at (i · stride, j · stride)."),
         Mistake(option(lambda dy, x, w, s, p: _moved(dy, x, w, s, 0)), "the padding has no effect yet: forward slid over np.pad(x, padding)."),
         Mistake(spoil(dw=lambda dy, x, w, s, p: _moved(dy, x, w, 1, p)[1]), "dx is right. In dw the stride has no effect: window (i, j) starts at (i · stride, j · stride)."),
         Mistake(spoil(lambda dy, x, w, s, p: full(dy, w)), "right without stride and padding: spread dy out first, stride pixels apart, and cut the padding off dx."),
         Mistake(spoil(lambda dy, x, w, s, p: full(dy, w[::-1, ::-1])), "a window that slides over dy needs the kernel turned by half a turn. (And dy spread out, where there is a stride.)"),
         Mistake(spoil(dw=lambda dy, x, w, s, p: _slid(np.pad(x, p), dy)), "dx is right. dw needs dy spread out, stride pixels apart: a stride going forward is a dilation going back."),
         Mistake(spoil(dw=lambda dy, x, w, s, p: _moved(dy, np.pad(x, ((0, 99), (0, 99))), w, s, 0)[1]), unpadded),
         Mistake(spoil(dw=lambda dy, x, w, s, p: _slid(x, dy, s)), unpadded),
         Mistake(lambda *a, **o: (*_backward(*a, **o), a[0].sum()), "there is no bias here: dx and dw are all."),
         Mistake(spoil(whole), "dw is right. dx still has the padding around it: cut it off, since the zeros are no part of x."),
         Mistake(spoil(lambda dy, x, w, s, p: whole(dy, x, w, s, p)[p:-p, p:-p]), "with padding 0, dx[padding:-padding] is dx[0:0], which is empty. Cut from padding to padding + the size of x."),
         Mistake(spoil(lambda dy, x, w, s, p: whole(dy, x, w, s, p)[:len(x), :x.shape[1]]), "the padding is cut off at the wrong end: x stands in the middle, from padding to padding + its size."),
         Mistake(spoil(seen), "dx has the shape of x: rows and columns under no window get 0."),
         Mistake(spoil(dw=lambda dy, *a: _backward(dy, *a)[1] / dy.size), "dw is a sum over the windows, not a mean. If the loss averages, dy already has that in it."),
         Mistake(option(lambda dy, *a: _backward(dy / dy.size, *a)), "sums over the windows, not means. If the loss averages, dy already has that in it."),
         Mistake(lambda *a, **o: _backward(*a, **o)[::-1], "dx first, then dw: gradients come in the order of x and w."),
         Mistake(lambda *a, **o: _backward(*a, **o)[0], "dx is right. Return dw too: dx, dw."),
         Mistake(lambda *a, **o: _backward(*a, **o)[1], "dw is right. Return dx too: dx, dw."),
         Mistake(option(lambda dy, *a: _backward(np.ones_like(dy), *a)), "dy has no effect: every term is multiplied by the upstream gradient of its output."),
         Mistake(spoil(dw=lambda dy, *a: _backward(np.ones_like(dy), *a)[1]), "dx is right. In dw, each window is multiplied by the upstream gradient of its output.")],
        praise="every window, both sums, any stride.",
    )


def _moved(dy, x, w, stride, padding):
    """The gradients for another stride or padding than forward had; windows that stand outside x raise."""
    dx, x = _scatter(dy, x, w, stride, padding), np.pad(x, padding)
    dw = sum(dy[i, j] * x[i * stride:i * stride + w.shape[0], j * stride:j * stride + w.shape[1]] for i, j in np.ndindex(dy.shape))
    return dx, dw


def _slid(x, dy, stride=1):
    """dy as a window over x, its numbers ``stride`` apart."""
    return conv2d(x[None, None], dy[None, None], dilation=stride)[0, 0]


def _columns(x, kh, kw):
    return unfold(np.asarray(x, dtype=np.float64)[None, None], (kh, kw))[0]


def im2col(answer):
    """10.5: ``answer(x, kh, kw)``: every window of a picture as a column."""
    def by_columns(x, kh, kw):
        return _columns(x.T, kw, kh)

    def inside(x, kh, kw):
        return _columns(x, kh, kw).reshape(kh, kw, -1).swapaxes(0, 1).reshape(kh * kw, -1)

    def places(x, kh, kw):
        return _columns(x, kh, kw).reshape(kh * kw, len(x) - kh + 1, -1).swapaxes(1, 2).reshape(kh * kw, -1)

    def short(x, kh, kw):
        return np.array([x[i:i + kh, j:j + kw].ravel() for i in range(len(x) - kh) for j in range(x.shape[1] - kw)]).T

    def tiles(x, kh, kw):
        return unfold(x[None, None], (kh, kw), stride=(kh, kw))[0]

    def unturned(x, kh, kw):
        return _columns(x, kh, kw).T.reshape(kh * kw, -1)

    return check_function(
        "10.5", answer, _columns, COLUMN_CASES,
        [Mistake(lambda *a: _columns(*a).T, "every window is a row of yours; it should be a column. Transpose."),
         Mistake(unturned, "right shape, wrong order: you reshape where a transpose is needed."),
         Mistake(by_columns, "rows and columns are swapped throughout: windows, and what is in them, are read row "
                             "by row."),
         Mistake(inside, "the windows come in the right order, but read each of them row by row."),
         Mistake(places, "each window is read rightly, but the windows come column by column: go along a row of windows first."),
         Mistake(tiles, "the windows overlap: move by one, not by their own size."),
         Mistake(lambda x, kh, kw: _columns(x, kw, kh), "kh and kw are exchanged: a window has kh rows and kw columns."),
         Mistake(short, "the last row and column of windows are missing: mind the + 1 in the size."),
         Mistake(lambda x, kh, kw: _columns(x[:-1, :-1], kh, kw), "the last row and column of windows are missing: mind the + 1 in the size."),
         Mistake(lambda x, kh, kw: _columns(np.pad(x, ((0, kh - 1), (0, kw - 1))), kh, kw), "some windows stick out of the picture: there are H − kh + 1 rows of them, not H."),
         Mistake(lambda *a: _columns(*a)[:, ::-1], "the windows come from the end: the first column is the upper left window."),
         Mistake(lambda *a: _columns(*a).ravel(), "the right numbers, all in one row. Give them a row for each weight: reshape."),
         Mistake(lambda x, kh, kw: _columns(x, kh, kw).T.reshape(-1, kh, kw), "a stack of windows; each should be one column of a matrix."),
         Mistake(lambda x, kh, kw: _columns(x, kh, kw).reshape(kh, kw, -1), "the first two axes belong together: one row for each weight, kh · kw in all."),
         Mistake(lambda *a: _columns(*a)[::-1], "your windows are upside down: the first row belongs to w[0, 0].")],
        praise="one column for each window, one row for each weight.",
    )


def _fold(columns, shape, kh, kw):
    return unfold_backward(np.asarray(columns)[None], np.zeros((1, 1, *shape)), (kh, kw))[0, 0]


def col2im(answer):
    """10.6: ``answer(columns, shape, kh, kw)``: add every column back to the pixels it came from."""
    def places(shape, kh, kw):
        return _columns(np.arange(np.prod(shape)).reshape(shape), kh, kw).astype(int)

    def kept(by_weight):
        def wrong(columns, shape, kh, kw):
            x, where = np.zeros(int(np.prod(shape))), places(shape, kh, kw)
            for at, terms in zip(*((where, columns) if by_weight else (where.T, columns.T)), strict=True):
                x[at] = terms
            return x.reshape(shape)
        return wrong

    def holders(columns, shape, kh, kw):
        return _fold(np.ones_like(columns), shape, kh, kw)

    def sideways(c, shape, kh, kw):
        """Each column filled in column by column."""
        return _fold(c.reshape(kw, kh, -1).swapaxes(0, 1).reshape(kh * kw, -1), shape, kh, kw)

    def order(c, shape, kh, kw):
        rows, columns = shape[0] - kh + 1, shape[1] - kw + 1
        return _fold(c.reshape(-1, columns, rows).swapaxes(1, 2).reshape(kh * kw, -1), shape, kh, kw)

    again = ("overlaps must add: of each pixel's terms only the {} window's is left. You write = where += is needed, "
             "or += with a list of repeated indices, which NumPy adds only once.")
    return check_function(
        "10.6", answer, _fold, FOLD_CASES,
        [Mistake(kept(False), again.format("last")), Mistake(kept(True), again.format("first")),
         Mistake(lambda *a: _fold(*a) / holders(*a), "add the terms, do not average them. (The average would undo im2col; its gradient is the sum.)"),
         Mistake(lambda *a: _fold(*a) / (a[2] * a[3]), "add the terms: no division by kh · kw."),
         Mistake(lambda c, s, kh, kw: _fold(np.ascontiguousarray(c.T).reshape(c.shape), s, kh, kw), "a column belongs to a window, a row to a weight. You read one for the other."),
         Mistake(sideways, "each column holds its window row by row; you fill it in column by column."),
         Mistake(order, "the windows go along a row first; you take them column by column."),
         Mistake(lambda c, s, kh, kw: _fold(c[::-1], s, kh, kw), "the windows lie the wrong way round: the first row of columns belongs to w[0, 0]. Nothing is turned here."),
         Mistake(lambda *a: holders(*a), "that is how many windows hold each pixel. Add up their numbers."),
         Mistake(lambda c, s, kh, kw: _fold(c, s, kh, kw).ravel(), "the sums are right, in one row. Give them the shape of the picture."),
         Mistake(lambda c, s, kh, kw: _fold(c, s, kh, kw).T, "rows and columns are swapped.")],
        praise="what was copied several times collects all its gradients.",
    )


def _suspects():
    """Five functions that should give dx of one picture; the letters are those of exercise 10.7."""
    def honest(dy, shape, w, stride=1):
        return _scatter(dy, np.zeros(shape), w, stride)

    def forgetful(dy, shape, w, stride=1):
        return _scatter(dy, np.zeros(shape), w, stride, add=False)

    def turned(dy, shape, w, stride=1):
        return honest(dy, shape, np.flip(w), stride)

    def marching(dy, shape, w, stride=1):
        return honest(dy, shape, w)

    def averaged(dy, shape, w, stride=1):
        return honest(dy, shape, w, stride) / dy.size

    return turned, marching, forgetful, averaged, honest


suspects = tuple(lambda dy, shape, w, stride=1, f=f: f(np.asarray(dy, float), shape, np.asarray(w, float), stride)
                 for f in _suspects())


def diagnose(answer):
    """10.7: which mistake each of the five suspects makes."""
    return check_letters(
        "10.7", answer, "cdbfa", "abcdef",
        dict(enumerate([
            "look at the first: give it a dy that is 0 but for one 1. What it hands back is the kernel, as it stands, or not.",
            "look at the second: with a stride of 2, where does it put the window of output (0, 1)?",
            "look at the third: let two windows overlap. What does a pixel get that lies in both?",
            "look at the fourth: add up all that it hands back, and compare with the sum of dy times the sum of w.",
            "look at the fifth: try it on a case by hand, with overlaps and a stride of 2 and a dy that is not all ones.",
        ])),
        [Mistake("aaaaa", "at most one is right. A test with a 1 × 1 kernel, one output or stride 1 misses most mistakes."),
         Mistake("cdbea", "four are right. The fourth does change with dy, but by too little: double dy, then make it larger in shape.")],
        praise="a dy with a single 1, two windows that overlap, a stride of 2 and a kernel without symmetry show them all.",
        ordered=True,
    )
