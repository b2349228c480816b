"""Chapter 11: pooling."""

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d

F = torch.nn.functional
BEST, MEAN = [[7, 4], [8, 3]], [[4, 2], [3, 2]]
IMAGE = [[1, 3, 2, 2], [5, 7, 0, 4], [0, 2, 1, 1], [2, 8, 3, 3]]


def even(x):
    return x[:len(x) // 2 * 2, :x.shape[1] // 2 * 2]


def blocks(x):
    return x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2)


def pool_blocks(x):
    return blocks(even(x)).max(axis=(1, 3))


def pool_loops(x):
    return [[max(x[i, j], x[i, j + 1], x[i + 1, j], x[i + 1, j + 1]) for j in range(0, x.shape[1] - 1, 2)]
            for i in range(0, len(x) - 1, 2)]


def pool_views(x):
    x = even(x)
    return np.maximum.reduce([x[k::2, m::2] for k in (0, 1) for m in (0, 1)])


def pool_torch(x):
    return F.max_pool2d(torch.tensor(x, requires_grad=True)[None, None], 2)[0, 0]


def pool_growing(x, start=-np.inf):
    y = np.full((len(x) // 2, x.shape[1] // 2), float(start))
    for i, j, k, m in np.ndindex(*y.shape, 2, 2):
        if x[2 * i + k, 2 * j + m] > y[i, j]:
            y[i, j] = x[2 * i + k, 2 * j + m]
    return y


def printed(x):
    """The chapter's own function."""
    best = x[..., 0::2, 0::2]
    for k, m in ((0, 1), (1, 0), (1, 1)):
        best = np.maximum(best, x[..., k::2, m::2])
    return best


def back_argmax(dy, x):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dy.shape):
        k, m = divmod(x[2 * i:2 * i + 2, 2 * j:2 * j + 2].argmax(), 2)
        dx[2 * i + k, 2 * j + m] = dy[i, j]
    return dx


def back_torch(f, *options):
    def backward(dy, x):
        t = torch.tensor(x[None, None], requires_grad=True)
        f(t, *options).backward(torch.tensor(dy[None, None]))
        return t.grad[0, 0]
    return backward


def back_taken(dy, x):
    """The four places in reading order; a place gets what none before it has taken."""
    dx, taken, best = np.zeros_like(x), np.zeros(dy.shape, bool), pool_blocks(x)
    for k, m in ((0, 0), (0, 1), (1, 0), (1, 1)):
        won = (x[k::2, m::2] == best) & ~taken
        dx[k::2, m::2][won] = dy[won]
        taken |= won
    return dx


def back_lists(dy, x):
    dx = [[0.0] * x.shape[1] for _ in x]
    for i, row in enumerate(dy):
        for j, value in enumerate(row):
            places = [(2 * i + k, 2 * j + m) for k in (0, 1) for m in (0, 1)]
            a, b = max(places, key=lambda place: x[place])
            dx[a][b] = value
    return dx


def back_one_hot(dy, x):
    windows = blocks(x).swapaxes(1, 2).reshape(*dy.shape, 4)
    chosen = np.eye(4)[windows.argmax(axis=2)] * dy[:, :, None]
    return chosen.reshape(*dy.shape, 2, 2).swapaxes(1, 2).reshape(x.shape)


def back_scan(dy, x, better, places=((0, 0), (0, 1), (1, 0), (1, 1)), low=-np.inf):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dy.shape):
        best, place = low, (2 * i, 2 * j)
        for k, m in places:
            if better(x[2 * i + k, 2 * j + m], best):
                best, place = x[2 * i + k, 2 * j + m], (2 * i + k, 2 * j + m)
        dx[place] = dy[i, j]
    return dx


def back_near(score):
    """The first pixel with the best score wins."""
    def wrong(dy, x):
        dx = np.zeros(x.shape)
        for i, j in np.ndindex(*dy.shape):
            k, m = divmod(score(x[2 * i:2 * i + 2, 2 * j:2 * j + 2]).argmax(), 2)
            dx[2 * i + k, 2 * j + m] = dy[i, j]
        return dx
    return wrong


def back_unmoved(dy, x):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dy.shape):
        k, m = divmod(x[2 * i:2 * i + 2, 2 * j:2 * j + 2].argmax(), 2)
        dx[i + k, j + m] = dy[i, j]
    return dx


def winners(x):
    return (blocks(x) == blocks(x).max(axis=(1, 3), keepdims=True)).reshape(x.shape)


def up(dy):
    return np.kron(dy, np.ones((2, 2)))


def share(dy, x, rate=1 / 9, add=True, backwards=False):
    dx = np.zeros_like(x)
    for i, j in list(np.ndindex(*dy.shape))[::-1 if backwards else 1]:
        dx[i:i + 3, j:j + 3] = dx[i:i + 3, j:j + 3] * add + dy[i, j] * rate
    return dx


def share_shifts(dy, x):
    return sum(np.pad(dy, ((u, 2 - u), (v, 2 - v))) for u in range(3) for v in range(3)) / 9


def share_gather(dy, x):
    return sliding_window_view(np.pad(dy, 2), (3, 3)).mean(axis=(2, 3))


def share_lists(dy, x):
    dx = [[0] * x.shape[1] for _ in x]
    for a, b in np.ndindex(*x.shape):
        for i in range(max(0, a - 2), min(len(dy), a + 1)):
            for j in range(max(0, b - 2), min(dy.shape[1], b + 1)):
                dx[a][b] += dy[i, j] / 9
    return dx


def counts(dy, x):
    return convolve2d(np.ones_like(dy), np.ones((3, 3)))


def share_written_into(dy, x):
    x[:] = 0
    for i, j in np.ndindex(*dy.shape):
        x[i:i + 3, j:j + 3] += dy[i, j] / 9
    return x


def padded(x, p, value=-np.inf):
    return np.pad(x, p, constant_values=value)


def slide(x, k, s, p, value=-np.inf, best=np.max, count=lambda n, k, s, p: (n + 2 * p - k) // s + 1, step=None, grown=None):
    x, (rows, columns), step = padded(x, p if grown is None else grown(p), value), (count(n, k, s, p) for n in x.shape), step or s
    return np.array([[best(x[i * step:i * step + k, j * step:j * step + k]) for j in range(columns)] for i in range(rows)])


def slide_views(x, k, s, p, mode="constant"):
    x = np.pad(x, p, mode=mode, **({"constant_values": -np.inf} if mode == "constant" else {}))
    return sliding_window_view(x, (k, k))[::s, ::s].max(axis=(2, 3))


def slide_inside(x, k, s, p):
    """Without padding: windows cut off at the border."""
    (H, W) = x.shape
    return [[x[max(0, i):i + k, max(0, j):j + k].max() for j in range(-p, W + p - k + 1, s)] for i in range(-p, H + p - k + 1, s)]


RIGHT = {
    "by_hand": [(BEST, MEAN), [BEST, MEAN], np.array([BEST, MEAN]), torch.tensor([BEST, MEAN]), (np.array(BEST), torch.tensor(MEAN)), (((7.0, 4), (8, 3)), ((4, 2), (3, 2.0)))],
    "max_pool": [pool_blocks, pool_loops, pool_views, pool_torch, pool_growing, lambda x: sliding_window_view(x, (2, 2))[::2, ::2].max(axis=(2, 3))],
    "max_backward": [back_argmax, back_torch(F.max_pool2d, 2), back_taken, back_lists, back_one_hot, lambda dy, x: back_scan(dy, x, np.greater)],
    "avg_backward": [share, share_shifts, share_gather, share_lists, back_torch(F.avg_pool2d, 3, 1), lambda dy, x: convolve2d(dy, np.full((3, 3), 1 / 9))],
    "padded_max": [slide, slide_views, slide_inside, lambda x, k, s, p: slide_views(x, k, s, p, "edge"), lambda x, k, s, p: F.max_pool2d(torch.tensor(x)[None], k, s, p)[0]],
    "diagnosis": ["cdba", "c, d, b, a", "CDBA", ["c", "d", "b", "a"]],
    "invariance": ["ab", "ba", "a, b", "AB", ["a", "b"], {"b", "a"}, "(b) and (a)"],
}

WRONG = {
    "by_hand": [
        ((MEAN, BEST), "other way round"), ((BEST, [[16, 8], [12, 8]]), "divides by 4"), ((BEST, [[8, 4], [6, 4]]), "not by 2"), (([[1, 0], [0, 1]], MEAN), "not the smallest"), (([[1, 2], [0, 1]], MEAN), "not its first"), ((BEST, BEST), "The means come second"),
        ((MEAN, MEAN), "maxima come first"), (([7, 4, 8, 3], [4, 2, 3, 2]), "two rows of two"), (([[7, 8], [4, 3]], [[4, 3], [2, 2]]), "upper two windows"), (([3, 7, 2, 8], [2, 4, 1, 4]), "rows' maxima"), ((8, 2.75), "whole image"), (([[3, 7], [2, 8]], [[2, 4], [1, 4]]), "four numbers in a row"),
        ((F.max_pool2d(torch.tensor([[IMAGE]]).float(), 2, 1)[0, 0], F.avg_pool2d(torch.tensor([[IMAGE]]).float(), 2, 1)[0, 0]), "by one pixel"), (BEST, "as a second part"), (MEAN, "before them"), ((7, 4), "result 1: the shape (2, 2)"), ((BEST, [[4, 2], [3, 3]]), "1 of 2"), ((BEST, [[4, 2, 2], [3, 2, 2]]), "result 2: the shape"),
        ((BEST,), "2 results"), (([[0, 0], [0, 0]], [[0, 0], [0, 0]]), "0 of 2"), ((BEST, [[4, 2], [2]]), "different lengths"),
    ],
    "max_pool": [
        (lambda x: blocks(x).max(axis=(1, 3)), "right for even sides"), (printed, "right for even sides"), (lambda x: x.reshape(len(x) // 2, x.shape[1] // 2, 2, 2).max(axis=(2, 3)), "runs of one row"), (lambda x: even(x).reshape(len(x) // 2, x.shape[1] // 2, 2, 2).max(axis=(2, 3)), "runs of one row"),
        (lambda x: blocks(even(x)).max(axis=(0, 2)), "wrong axes"), (lambda x: F.max_pool2d(torch.tensor(x)[None], 2, ceil_mode=True)[0], "ceil_mode"), (lambda x: blocks(even(x)).mean(axis=(1, 3)), "these are the means"), (lambda x: blocks(even(x)).min(axis=(1, 3)), "smallest"),
        (lambda x: blocks(even(x)).sum(axis=(1, 3)), "the sums"), (lambda x: sliding_window_view(x, (2, 2)).max(axis=(2, 3)), "move by 2"), (lambda x: pool_growing(x, 0), "start at −∞"), (lambda x: x[::2, ::2], "every second pixel"), (lambda x: even(x)[::2, ::2], "every second pixel"),
        (lambda x: np.maximum(even(x)[::2, ::2], even(x)[1::2, 1::2]), "on the diagonal"), (lambda x: even(x).reshape(len(x) // 2, 2, -1).max(axis=1), "columns are not"), (lambda x: even(x).reshape(len(even(x)), -1, 2).max(axis=2), "rows are not"), (lambda x: pool_blocks(x).T, "transposed"),
        (lambda x: x.max(), "whole plane"), (lambda x: pool_blocks(np.abs(x)), "magnitude"), (lambda x: np.zeros((len(x) // 2, x.shape[1] // 2)), "is expected at index"), (lambda x: pool_blocks(x).ravel(), "the shape (1, 1)"),
        (lambda x: [[x[2 * i:2 * i + 2, 2 * j:2 * j + 2].max() for j in range(len(x) // 2)] for i in range(len(x) // 2)], "6×8 numbers"), (lambda x, size: x, "yours takes (x, size)"), (lambda x: [[max(x[2 * i, 2 * j:2 * j + 2]) for j in range(x.shape[1] // 2)] for i in range(len(x) // 2)], "upper row"), (lambda x: [[max(x[2 * i:2 * i + 2, 2 * j]) for j in range(x.shape[1] // 2)] for i in range(len(x) // 2)], "left column"),
        (lambda x: [[x[i:i + 2, j:j + 2].max() for j in range(x.shape[1] // 2)] for i in range(len(x) // 2)], "still move by 1"), (lambda x: [[x[i:i + 2, j:j + 2].max() for j in range(0, x.shape[1] - 2, 2)] for i in range(0, len(x) - 2, 2)], "stops too early"),
        (lambda x: [[x[i:i + 2, j:j + 2].max() for j in range(0, x.shape[1], 2)] for i in range(0, len(x), 2)], "ceil_mode"), (lambda x: max(x[0, 0], x[0, 1], x[1, 0], x[1, 1]), ""), (lambda x: pool_growing(x, -10), "negative numbers"), *((lambda x, low=low: pool_growing(x, low), "negative numbers") for low in (-99999.0, -1e9)), (lambda x: pool_growing(x, np.finfo(float).min), "a window of −∞"),
        (lambda x: x if len(x) % 2 > x.shape[1] % 2 else pool_blocks(x), "5×4 numbers"),
    ],
    "max_backward": [
        (lambda dy, x: up(dy) * winners(x), "first maximum in reading order"), (lambda dy, x: up(dy / blocks(winners(x)).sum(axis=(1, 3))) * winners(x), "does not share"), (lambda dy, x: back_scan(dy, x, np.greater_equal), "not the last"),
        (lambda dy, x: back_scan(dy, x, np.greater, ((0, 0), (1, 0), (0, 1), (1, 1))), "not column by column"), (lambda dy, x: up(dy), "Only the one that won"), (lambda dy, x: up(dy) / 4, "average pooling's backward"), (lambda dy, x: winners(x) * 1.0, "upstream gradient"),
        (lambda dy, x: back_argmax(np.ones_like(dy), x), "upstream gradient"), (lambda dy, x: back_argmax(dy, x) * x, "not its value"), (lambda dy, x: up(dy) * winners(x) * x, "not its value"), (lambda dy, x: winners(x) * x, "winners' values"), (lambda dy, x: back_argmax(dy, -x), "the smallest gets it"),
        (lambda dy, x: back_argmax(dy, np.abs(x)), "magnitude"), (lambda dy, x: np.kron(dy, [[1, 0], [0, 0]]), "whatever x holds"), (lambda dy, x: back_argmax(abs(dy), x), "keeps its sign"), (lambda dy, x: pool_blocks(x), "this is forward"), (lambda dy, x: 0 * x, "is expected at index"),
        (lambda dy, x: back_scan(dy, x, np.greater, low=0), "negative"), (lambda dy, x: back_argmax(dy.T, x), ""), (lambda x: x, "yours takes (x)"), (lambda dy, x: np.where(x == x.max(), dy.sum(), 0), "for the whole plane"), (back_unmoved, "where you write, too"), (lambda dy, x: back_scan(dy, x, np.greater, ((1, 1), (1, 0), (0, 1), (0, 0))), "not the last"),
        (back_near(lambda w: np.isclose(w, w.max())), "Almost equal is no tie"), (back_near(lambda w: w.astype(np.float16)), ""), (back_near(lambda w: w.round(1)), ""), (back_near(lambda w: w.round(9)), ""),
        (back_near(lambda w: np.isclose(w, w.max(), rtol=1e-9, atol=0)), ""), (back_near(lambda w: w >= w.max() - 1e-12), ""),
        (lambda dy, x: back_scan(dy, x, np.greater, low=-1e9), "at −∞, or at the first"), (lambda dy, x: back_scan(dy, x, np.greater, low=-1000), ""),
        *((back_near(lambda w, eps=eps: w >= w.max() - eps), "differ") for eps in (1e-9 + 1e-12, 1e-3, 0.01, 0.1, 0.3)),
        (lambda dy, x: np.where(x == up(pool_blocks(x)), dy, 0), "raises ValueError"), (lambda dy, x: (dy, x), "you give"),
    ],
    "avg_backward": [
        (lambda dy, x: share(dy, x, add=False), "use += where you wrote ="), (lambda dy, x: share(dy, x, add=False, backwards=True), "only the first window's"), (lambda dy, x: share(dy, x, rate=1.0), "at the rate 1/9"), (lambda dy, x: share(dy, x, rate=1.0, add=False), "two things"), (lambda dy, x: share(dy, x, rate=1 / 4), "not four"),
        (lambda dy, x: share(dy, x, rate=1 / 3), "not three"), (lambda dy, x: share(dy, x, rate=1.0) / counts(dy, x), "that hold the pixel"), (lambda dy, x: share(dy, x) / counts(dy, x), "no division by the number of windows"), (lambda dy, x: share(dy / dy.size, x), "no division by the number of windows"), (lambda dy, x: share(dy, x, rate=1 / dy.size), "divide by the number of windows"), (lambda dy, x: dy / 9, "one window's share"),
        (lambda dy, x: share(dy, x, rate=1 / x.size), "not by the size of x"), (lambda dy, x: counts(dy, x) / 9, "multiply by the upstream"), (lambda dy, x: share(dy, x) * x, "whatever its value"), (lambda dy, x: np.pad(dy, 1), "only the middle pixel"), (lambda dy, x: np.pad(dy, 1) / 9, "gets its ninth"),
        (lambda dy, x: np.full(x.shape, dy.mean()), "one mean for the whole"), (lambda dy, x: sliding_window_view(x, (3, 3)).mean(axis=(2, 3)), "this is forward"), (lambda dy, x: 0 * x, "is expected at index"), (lambda dy, x: convolve2d(dy, np.full((3, 3), 1 / 9), mode="same"), "the shape (3, 3)"), (share_written_into, ""), (lambda dy, x: share(dy, x) * (len(x) <= x.shape[1]), "7×4 numbers"),
        (lambda dy, x: np.kron(dy, np.ones((3, 3)))[:len(x), :x.shape[1]] / 9, ""), (lambda dy: dy, "yours takes (dy)"), (lambda dy, x: share(dy, x)[::-1], "is expected"),
    ],
    "invariance": [("a", "b belongs to them"), ("b", "a belongs to them"), ("c", "whose result changes"), ("abc", "not c"), ("bc", "not c"), ("ac", "not c"), ("abd", "choose from"), ("a, -b", "without signs"), ("a != b", "without signs"), ("!c", "without signs"), ("abc - c", "without signs"), (["a", "b", "−c"], "without signs"), ("not c", "choose from"), ({"a": True, "b": True}, "a dict"), ({1, 2}, "give letters")],
    "padded_max": [
        (lambda x, k, s, p: slide(x, k, s, p, 0.0), "pad with −∞"), (lambda x, k, s, p: slide(x, k, s, p, -1e9), "may be lower"), (lambda x, k, s, p: slide(x, k, s, p, -99999.0), "may be lower"), (lambda x, k, s, p: slide(x, k, s, p, np.finfo(float).min), "finite numbers"),
        (lambda x, k, s, p: slide(x, k, s, p, -1e300), "−∞ in it"), (lambda x, k, s, p: slide(x, k, s, 0), "padding is missing"), (lambda x, k, s, p: slide(x, k, s, p, count=lambda n, k, s, p: (n + p - k) // s + 1), "*each* side"),
        (lambda x, k, s, p: slide(np.pad(x, (p, 0), constant_values=-np.inf), k, s, 0), "left and right"), (lambda x, k, s, p: F.max_pool2d(torch.tensor(x)[None], k, s, p, ceil_mode=True)[0], ""), (lambda x, k, s, p: slide(x, k, s, p, count=lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1), "round down"),
        (lambda x, k, s, p: slide(x, k, s, p, count=lambda n, k, s, p: (n + 2 * p - k) // s), "last windows are missing"), (lambda x, k, s, p: slide(x, k, 1, p), "Move them by s"), (lambda x, k, s, p: slide(x, k, k, p), "may overlap"), (lambda x, k, s, p: slide(x, k, s, p, step=1), "starts at row i·s"),
        (lambda x, k, s, p: slide(x, k, s, p, np.inf, np.min), "smallest"), (lambda x, k, s, p: slide(x, k, s, p, 0.0, np.mean), "these are means"), (lambda x, k, s, p: slide(x, k, s, p).T, "transposed"), (lambda x, k, s, p: padded(slide(x, k, s, 0), p), "not the result"),
        (lambda x, k, s, p: slide_views(np.where(np.isinf(x), 0, x), k, s, p, "reflect"), ""), (lambda x, k, s, p: None, ""), (lambda x, k: x, "yours takes (x, k)"), (lambda x, k, s, p: slide(x, k, s, p).ravel(), "the shape"), (lambda x, k, s, p: slide(x, k, s, p) if len(x) <= x.shape[1] else slide(x, k, s, 0), "6×2 numbers"),
        (lambda x, k, s, p: slide(np.nan_to_num(x, neginf=0.0), k, s, p), "−∞ in it"), (lambda x, k, s, p: slide(abs(x), k, s, p), "is expected"),
    ],
    "diagnosis": [("cbda", "symptoms 2 and 3"), ("dcba", "Symptom 1"), ("cdab", "Symptom 3"), ("abcd", "Symptom 1"), ("cda", ""), ("cdbe", "choose from"), ({"c", "d", "b", "a"}, "")],
}
