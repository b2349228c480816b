"""Chapter 8: images are grids."""

import numpy as np
import torch


def read(memory, shape, strides, start):
    y = np.zeros(shape)
    for index in np.ndindex(*shape):
        y[index] = memory[start + sum(i * s for i, s in zip(index, strides, strict=True))]
    return y


def as_strided(memory, shape, strides, start):
    return np.lib.stride_tricks.as_strided(memory[start:], shape, [s * memory.itemsize for s in strides])


def places(memory, shape, strides, start):
    where = np.full(shape, start)
    for axis, (n, s) in enumerate(zip(shape, strides, strict=True)):
        where = where + s * np.arange(n).reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return memory[where]


def recursive(memory, shape, strides, start):
    if not shape:
        return float(memory[start])
    return [recursive(memory, shape[1:], strides[1:], start + k * strides[0]) for k in range(shape[0])]


def torch_view(memory, shape, strides, start):
    where = sum((torch.arange(n) * s).reshape([-1 if k == axis else 1 for k in range(len(shape))])
                for axis, (n, s) in enumerate(zip(shape, strides, strict=True)))
    return torch.tensor(memory)[where + start]


def by_einsum(memory, shape, strides, start):
    return memory[np.einsum("k...,k->...", np.indices(shape), np.array(strides)) + start]


def strided(change):
    return lambda memory, shape, strides, start: read(memory, shape, change(strides), start)


def twin_step(w, b, x, dy, lr):
    dw, db = np.zeros_like(w), 0.0
    for i in range(len(dy)):
        dw += dy[i] * x[i:i + len(w)]
        db += dy[i]
    return w - lr * dw, b - lr * db


def by_torch(w, b, x, dy, lr):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor([b], dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.conv1d(torch.tensor(x)[None, None], w[None, None], b)
    (y[0, 0] * torch.tensor(dy)).sum().backward()
    return w - lr * w.grad, b[0] - lr * b.grad[0]


def by_windows(w, b, x, dy, lr):
    windows = np.lib.stride_tricks.sliding_window_view(x, len(w))
    return list(w - lr * dy @ windows), float(b - lr * dy.sum())


def stepped(w_grad, b_grad=lambda dy: dy.sum()):
    def step(w, b, x, dy, lr):
        return w - lr * w_grad(x, dy, len(w)), b - lr * b_grad(dy)
    return step


def each(x, dy, k):
    return np.correlate(x, dy, "valid")


def loops(x, order):
    N, C, H, W = x.shape
    y = np.empty_like(x)
    for k, source in enumerate(order):
        y[:, :, source // W, source % W] = x[:, :, k // W, k % W]
    return y


def scattered(x, order):
    flat = x.reshape(*x.shape[:2], -1)
    y = np.zeros_like(flat)
    y[..., order] = flat
    return y.reshape(x.shape)


def looked_up(x, order):
    back = [list(order).index(k) for k in range(len(order))]
    return np.array([[np.ravel(c)[back].reshape(c.shape) for c in image] for image in x])


def torchs(x, order):
    x = torch.tensor(x, requires_grad=True)
    return x.flatten(2)[:, :, torch.argsort(torch.tensor(order))].reshape(x.shape)


def by_matrix(x, order):
    P = np.eye(len(order))[order]  # shuffled = P @ pixels
    return (x.reshape(*x.shape[:2], -1) @ P).reshape(x.shape)


def with_order(index):
    return lambda x, order: x.reshape(*x.shape[:2], -1)[:, :, index(order)].reshape(x.shape)


def flat_only(x, order):
    return x.reshape(len(x), -1)[:, np.argsort(order)].reshape(x.shape)


def scattered_flat(x, order):
    flat = x.reshape(len(x), -1)
    y = np.zeros_like(flat)
    y[:, order] = flat
    return y.reshape(x.shape)


def in_place(x, order):
    x.reshape(*x.shape[:2], -1)[:] = x.reshape(*x.shape[:2], -1)[:, :, np.argsort(order)]
    return x


def matrix(w, height, width):
    rows = []
    for i in range(height - w.shape[0] + 1):
        for j in range(width - w.shape[1] + 1):
            picture = np.zeros((height, width))
            picture[i:i + w.shape[0], j:j + w.shape[1]] = w
            rows.append(picture.ravel())
    return np.array(rows)


def on_unset_memory(w, height, width):
    k, m = w.shape
    rows, columns = height - k + 1, width - m + 1
    dense = np.empty((rows * columns, height * width))
    for i, j, u, v in np.ndindex(rows, columns, k, m):
        dense[i * columns + j, (i + u) * width + j + v] = w[u, v]
    return dense


def by_single_pixels(w, height, width):
    """A column is what the layer answers to one bright pixel."""
    pixels = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)
    return torch.nn.functional.conv2d(pixels, torch.tensor(w)[None, None]).flatten(1).T


def by_places(w, height, width):
    tall, wide = w.shape
    outs = width - wide + 1
    M = [[0.0] * (height * width) for _ in range((height - tall + 1) * outs)]
    for o, row in enumerate(M):
        for u in range(tall):
            for v in range(wide):
                row[(o // outs + u) * width + o % outs + v] = float(w[u, v])
    return M


def by_padding(w, height, width):
    tall, wide = w.shape
    places = [(i, j) for i in range(height - tall + 1) for j in range(width - wide + 1)]
    return np.stack([np.pad(w, ((i, height - tall - i), (j, width - wide - j))).reshape(-1) for i, j in places])


def by_differences(w, height, width):
    tall, wide = w.shape
    i, j, k, m = np.indices((height - tall + 1, width - wide + 1, height, width))
    u, v = k - i, m - j
    inside = (u >= 0) & (u < tall) & (v >= 0) & (v < wide)
    return np.where(inside, w[u % tall, v % wide], 0).reshape(-1, height * width)


def by_kron(w, height, width):
    """Rows and columns apart: shifts of the rows, times shifts of the columns."""
    tall, wide = w.shape
    return sum(w[u, v] * np.kron(np.eye(height - tall + 1, height, u), np.eye(width - wide + 1, width, v))
               for u in range(tall) for v in range(wide))


def by_rolls(w, height, width):
    one = np.zeros((height, width))
    one[:w.shape[0], :w.shape[1]] = w
    return np.array([np.roll(one, (i, j), axis=(0, 1)).ravel()
                     for i in range(height - w.shape[0] + 1) for j in range(width - w.shape[1] + 1)])


def rows_of_height(w, height, width):
    rows = []
    for i in range(height - w.shape[0] + 1):
        for j in range(width - w.shape[1] + 1):
            row = np.zeros(height * width)
            for u in range(w.shape[0]):
                for v in range(w.shape[1]):
                    row[(i + u) * height + j + v] = w[u, v]
            rows.append(row)
    return np.array(rows)


def pictured(change):
    def changed(w, height, width):
        y = matrix(w, height, width)
        return change(y.reshape(height - w.shape[0] + 1, -1, height, width))
    return changed


def pushed(w, height, width):
    M = matrix(w, height, width)
    for k in range(1, len(M)):
        M[k] = np.roll(M[k - 1], 1)
    return M


def round_the_border(w, height, width):
    one = np.zeros((height, width))
    one[:w.shape[0], :w.shape[1]] = w
    return np.array([np.roll(one, (i, j), axis=(0, 1)).ravel() for i in range(height) for j in range(width)])


def over_the_border(w, height, width):
    pixels = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)
    return torch.nn.functional.conv2d(pixels, torch.tensor(w)[None, None], padding="same").flatten(1).T


def batch(pictures):
    out = np.zeros((len(pictures), 3, *np.shape(pictures[0])[:2]))
    for n, picture in enumerate(pictures):
        x = picture / 255.0 if picture.dtype == np.uint8 else picture
        for c in range(3):
            if x.ndim == 2:
                out[n, c] = x
            else:
                out[n, c] = x[:, :, c if x.shape[2] > 1 else 0]
    return out


def moved(pictures):
    images = []
    for p in pictures:
        x = np.asarray(p, dtype=float) / (255 if np.issubdtype(p.dtype, np.integer) else 1)
        x = np.atleast_3d(x)
        x = np.repeat(x, 3, axis=2) if x.shape[2] == 1 else x[..., :3]
        images.append(np.moveaxis(x, -1, 0))
    return np.array(images)


def torched(pictures):
    images = []
    for p in pictures:
        x = torch.tensor(p).double() / (255 if p.dtype == np.uint8 else 1)
        x = x[:, :, None] if x.ndim == 2 else x
        images.append(x[:, :, :3].expand(-1, -1, 3).permute(2, 0, 1))
    return torch.stack(images)


def listed(pictures):
    def value(p, i, j, c):
        v = p[i, j] if p.ndim == 2 else p[i, j, 0 if p.shape[2] == 1 else c]
        return float(v) / 255 if p.dtype.name == "uint8" else float(v)
    return [[[[value(p, i, j, c) for j in range(p.shape[1])] for i in range(p.shape[0])] for c in range(3)] for p in pictures]


def then(change):
    return lambda pictures: change(batch(pictures))


def with_factor(factor):
    def scaled(pictures):
        return np.stack([x * factor(p) for p, x in zip(pictures, batch(pictures), strict=True)])
    return scaled


def reshaped(pictures):
    images = []
    for p in pictures:
        x = p / 255 if p.dtype == np.uint8 else p.astype(float)
        images.append(np.stack([x] * 3) if x.ndim == 2 else np.repeat(x, 3, 2).transpose(2, 0, 1) if x.shape[2] == 1
                      else x[:, :, :3].reshape(3, *x.shape[:2]))
    return np.stack(images)


def bytes_in_place(pictures):
    for p in pictures:
        p[...] = p // 2
    return batch(pictures)


RIGHT = {
    "read": [read, as_strided, places, recursive, torch_view, by_einsum],
    "shared_step": [twin_step, by_torch, by_windows, stepped(each), lambda w, b, x, dy, lr: (w - lr * np.correlate(x, dy), b - lr * sum(dy))],
    "undo": [scattered, loops, looked_up, torchs, by_matrix, lambda x, order: with_order(np.argsort)(x, order)],
    "matrix": [matrix, by_single_pixels, by_places, by_padding, by_differences, by_kron, by_rolls],
    "noticed": ["bcdf", "fdcb", "B, C, D, F", {"b", "c", "d", "f"}, ["b", "c", "d", "f"], "b c d f", "(b), (c), (d), (f)"],
    "batch": [batch, moved, torched, listed],
    "diagnosis": ["cebda", "C, E, B, D, A", list("cebda")],
}

WRONG = {
    "read": [
        (lambda memory, shape, strides, start: memory[start:start + np.prod(shape)].reshape(shape), "order of memory"),
        (lambda memory, shape, strides, start: memory[:np.prod(shape)].reshape(shape), "first numbers"),
        (lambda memory, shape, strides, start: read(memory, shape, strides, 0), "not at place 0"), (strided(lambda s: s[::-1]), "first stride belongs"),
        (lambda memory, shape, strides, start: read(memory, shape, strides, start).T, "opposite order"), (strided(lambda s: [abs(v) for v in s]), "keep its sign"),
        (strided(lambda s: [int(v / 8) for v in s]), "do not divide by 8"), (strided(lambda s: [v // 8 for v in s]), "do not divide by 8"),
        (lambda memory, shape, strides, start: np.lib.stride_tricks.as_strided(memory[start:], shape, strides), "memory.itemsize"), (lambda *a: read(*a).ravel(), "shape that is asked for"), (lambda memory, shape, strides, start: np.zeros(shape), "is expected"),
        (lambda memory, shape, strides, start: memory[:int(np.prod(shape))], ""), (strided(lambda s: [v + 1 for v in s[:-1]] + [s[-1]]), ""),
        (lambda memory, shape, strides: memory, "yours takes"), (lambda memory, shape, strides, start: read(memory, shape, strides, start + 1), "raises IndexError"), (lambda memory, shape, strides, start: read(memory, shape, strides, start) + 1, "is expected"),
        (strided(lambda s: [*s[:2], *[0] * (len(s) - 2)]), "only the first two axes"), (strided(lambda s: [-v for v in s]), "adds its stride"),
    ],
    "shared_step": [
        (stepped(lambda x, dy, k: dy[-1] * x[-k:], lambda dy: dy[-1]), "last place alone"), (stepped(lambda x, dy, k: dy[-1] * x[-k:]), "only the last place's share"), (stepped(lambda x, dy, k: dy[0] * x[:k]), "first place's share"),
        (stepped(lambda x, dy, k: each(x, dy, k) / len(dy), np.mean), "collects the sum"), (stepped(lambda x, dy, k: each(x, dy, k) / len(dy)), "the mean over the places, not the sum"), (stepped(each, np.mean), "not the mean"),
        (stepped(each, lambda dy: dy[-1]), "from every place"), (stepped(each, lambda dy: 0), "takes a step as well"), (stepped(each, lambda dy: 1), "once at every place"), (lambda w, b, x, dy, lr: twin_step(w, b, x, dy, -lr), "subtracts"),
        (lambda w, b, x, dy, lr: twin_step(w, b, x, dy, 1), "learning rate is missing"), (stepped(lambda x, dy, k: each(x, dy, k)[::-1]), "wrong way round"), (stepped(lambda x, dy, k: each(x, np.ones_like(dy), k)), "dy is missing"),
        (lambda w, b, x, dy, lr: (each(x, dy, len(w)), dy.sum()), "these are the gradients"), (lambda *a: twin_step(*a)[0], "Give the bias, too"), (lambda w, b, x, dy, lr: (w, b), "is expected"), (lambda w, x, dy: w, "yours takes"),
        (stepped(lambda x, dy, k: each(x[:len(x) - 1], dy[:-1], k) if len(dy) > 1 else np.zeros(k), lambda dy: dy[:-1].sum()), "last place is left out"), (stepped(lambda x, dy, k: np.convolve(x, dy, "valid")), "turns dy round"),
        (lambda *a: twin_step(*a)[::-1], "in the wrong order"),
    ],
    "undo": [
        (with_order(lambda o: o), "apply the shuffle once more"), (lambda x, order: x * 1, "nothing has moved"), (with_order(lambda o: o[::-1]), "read backwards is not"), (with_order(lambda o: np.argsort(o)[::-1]), "inverse is there, but"),
        (lambda x, order: np.sort(x.reshape(*x.shape[:2], -1)).reshape(x.shape), "sort the places instead".replace("sort", "Sort")), (flat_only, "all channels of a picture"), (scattered_flat, "all channels of a picture"), (in_place, "`x` is changed"), (lambda x, order: scattered(x, order)[0], "shape (1, 1, 2, 2)"),
        (lambda x, order: scattered(x, order).reshape(len(x), -1), "shape"), (lambda x: x, "yours takes (x)"), (lambda x, order: np.swapaxes(scattered(np.swapaxes(x, 2, 3), order), 2, 3), "column by column"),
        (lambda x, order: np.concatenate([scattered(x[:, :1], order), x[:, 1:]], axis=1), "first channel"), (lambda x, order: np.concatenate([scattered(x[:1], order), x[1:]]), "first picture"), (lambda x, order: np.zeros_like(x), "is expected at index"),
    ],
    "matrix": [
        (pushed, "jumps to the next row"), (lambda w, h, v: matrix(w[::-1, ::-1], h, v), "half a turn"), (lambda w, h, v: matrix(np.ones(w.shape), h, v), "Put the weights there"), (lambda w, h, v: matrix(w, h, v).T, "the other way round"),
        (pictured(lambda y: y.swapaxes(0, 1).reshape(-1, y[0, 0].size)), "outputs are counted row by row"), (pictured(lambda y: y.swapaxes(2, 3).reshape(-1, y[0, 0].size)), "pixels are counted row by row"), (pictured(lambda y: y), "one axis each"),
        (pictured(lambda y: y.reshape(-1, *y.shape[2:])), "each as one row"), (round_the_border, "on the other side"), (over_the_border, "over the border"), (lambda w, h, v: matrix(w, h, v)[:-1], "last place is missing"), (lambda w, h, v: matrix(w, h, v)[0], "shape"),
        (lambda w, h, v: matrix(w, h, v)[:1], "first output alone"), (lambda w, h, v: np.array([[1.0, 2, 0, 3, 4, 0, 0, 0, 0]]), ""), (lambda w, h, v: matrix(w, h, h), ""), (lambda w, h, v: matrix(w.T, h, v), "are exchanged"), (rows_of_height, "not `height`"), (lambda w, h, v: 2 * matrix(w, h, v), "is expected"), (on_unset_memory, "np.empty sets nothing"), (lambda w, h: w, "yours takes"),
    ],
    "noticed": [
        ("ae", "the other way round"), ("abcdef", "not all"), ("bdf", "does not touch the places"), ("abcdf", "seam"), ("bcdef", "no window of 3 × 3"), ("cdf", "b is one of the eight"), ("bcf", "d only turns"), ("bcd", "f is a mirror"),
        ("c", "one of the eight"), ("", "letters as text"), ("xyz", "letters to choose from"), (7, ""), (np.nan, ""), ("none", "letters to choose from"), ("aee", "the other way round"),
    ],
    "batch": [
        (reshaped, "reshape where a transpose"), (then(lambda b: np.swapaxes(b, 2, 3)), "rows and columns are swapped"), (then(lambda b: b.transpose(0, 2, 3, 1)), "channels come last"), (then(lambda b: b[:, ::-1]), "red and blue"), (then(lambda b: b[0]), "all pictures"),
        (with_factor(lambda p: 255 if p.dtype == np.uint8 else 1), "whole numbers from 0 to 255"), (with_factor(lambda p: 1 if p.dtype == np.uint8 else 1 / 255), "only whole numbers"), (with_factor(lambda p: 255 / p.max() if p.dtype == np.uint8 else 1), "brightest pixel of the picture"),
        (with_factor(lambda p: 255 if p.dtype == np.uint8 and p.max() <= 1 else 1), "nearly black"), (with_factor(lambda p: 255 / 256 if p.dtype == np.uint8 else 1), "255 is the brightest"), (then(lambda b: b * 0), "is expected at index"), (then(list), None),
        (lambda pictures: np.stack([p.transpose(2, 0, 1) / 255 for p in pictures]), "raises ValueError"), (bytes_in_place, ""), (lambda pictures: np.stack(pictures), ""), (lambda a, b: a, "yours takes (a, b)"),
        (with_factor(lambda p: (255 if p.dtype == np.uint8 else 1) / p.max()), "its own brightest pixel"), (then(lambda b: b.astype(np.uint8)), "It is to hold floats"),
        (lambda pictures: np.stack([np.floor(x) if p.dtype == np.uint8 else x for p, x in zip(pictures, batch(pictures), strict=True)]), "throws away"),
    ],
    "diagnosis": [
        ("ecbda", "For the first"), ("cebad", "For the fourth"), ("bcdea", "For the first"), ("cebd", "5 letters"), ("cebdaa", "5 letters"), ("cebdx", "letters to choose from"), ("cbeda", "For the second"), ("cedba", "For the third"),
        ("cebaa", "For the fourth"), ("cebdd", "For the fifth"), ("aaaaa", "1 of 5"), ({"c", "e", "b", "d", "a"}, "letters as text"), (12345, "letters as text"), ("abcde", ""),
    ],
}
WRONG["batch"] = [entry for entry in WRONG["batch"] if entry[1] is not None]
NO_ARRAY = ("batch",)
