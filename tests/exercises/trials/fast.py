"""Chapter 18: making it fast."""

import statistics

import numpy as np

NO_ARRAY = ("work", "race")

# ---- 18.2 -------------------------------------------------------------------------------------------------------


def product(m, k, n, per=2, size=4, moved=lambda a, b, c: a + b + c):
    count = size * moved(m * k, k * n, m * n)
    return per * m * k * n, count, per * m * k * n / count


def layer(**options):
    return lambda c_in, c_out, k, h_out, w_out: product(c_out, c_in * k**2, h_out * w_out, **options)


work = layer()


def work_loops(c_in, c_out, k, h_out, w_out):
    operations = sum(2 for _ in range(c_out) for _ in range(c_in)) * k * k * h_out * w_out
    shapes = (c_out, c_in * k * k), (c_in * k * k, h_out * w_out), (c_out, h_out * w_out)
    moved = sum(4 * a * b for a, b in shapes)
    return [operations, moved, operations / moved]


class StaticCall:
    """Its signature lacks the first argument, its call does not."""

    __call__ = staticmethod(work)


def with_image(c_in, c_out, k, h_out, w_out):
    moved = 4 * (c_out * c_in * k * k + c_in * h_out * w_out + c_out * h_out * w_out)
    return work(c_in, c_out, k, h_out, w_out)[0], moved, work(c_in, c_out, k, h_out, w_out)[0] / moved


# ---- 18.3 -------------------------------------------------------------------------------------------------------


def fair(machine, turns):
    times = {"a": [], "b": []}
    for name in times:
        machine.run(name)
    for _ in range(turns):
        for name in times:
            start = machine.now()
            machine.run(name)
            times[name].append(machine.now() - start)
    a, b = map(np.array, times.values())
    return np.median(a) / np.median(b), *np.percentile(a / b, [25, 75])


def timed(machine, name):
    start = machine.now()
    machine.run(name)
    return machine.now() - start


def fair_lists(machine, turns):
    machine.run("a")
    machine.run("b")
    pairs = [(timed(machine, "a"), timed(machine, "b")) for _ in range(turns)]
    ratios = sorted(a / b for a, b in pairs)

    def quantile(share):
        place = share * (len(ratios) - 1)
        low = int(place)
        return ratios[low] + (place - low) * (ratios[min(low + 1, len(ratios) - 1)] - ratios[low])
    middle = statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)
    return [middle, quantile(0.25), quantile(0.75)]


def fair_one_clock(machine, turns):
    """The end of one run is the start of the next."""
    machine.run("a"), machine.run("b")
    marks = [machine.now()]
    for name in "ab" * turns:
        machine.run(name)
        marks.append(machine.now())
    a, b = np.diff(marks).reshape(turns, 2).T
    return np.array([np.median(a) / np.median(b), np.quantile(a / b, 0.25), np.quantile(a / b, 0.75)])


def bent(order="turns", warm=1, middle=np.median, tail=lambda a, b: np.percentile(a / b, [25, 75]), swap=False, skip=0):
    def wrong(machine, turns):
        for name in "ab" * warm:
            machine.run(name)
        names = "ab" * turns if order == "turns" else "a" * turns + "b" * turns
        times = [(name, timed(machine, name)) for name in names]
        a, b = (np.array([t for name, t in times if name == who])[skip:] for who in ("ba" if swap else "ab"))
        return middle(a) / middle(b), *tail(a, b)
    return wrong


def of_ratios(machine, turns):
    machine.run("a"), machine.run("b")
    ratios = np.array([timed(machine, "a") / timed(machine, "b") for _ in range(turns)])
    return np.median(ratios), *np.percentile(ratios, [25, 75])


# ---- 18.5 -------------------------------------------------------------------------------------------------------


def along(x, w, dy, tile):
    (F, k), n = w.shape, dy.shape[1]
    T = np.zeros((tile, F, k + tile - 1))
    for t in range(tile):
        T[t, :, t:t + k] = w
    T = T.reshape(tile * F, -1)
    y, dT, dw = np.zeros((F, n)), np.zeros_like(T), np.zeros((F, k))
    for start in range(0, n, tile):
        patch = x[start:start + T.shape[1]]
        y[:, start:start + tile] = (T @ patch).reshape(tile, F).T
        dT += np.outer(dy[:, start:start + tile].T, patch)
    for t in range(tile):
        dw += dT[t * F:(t + 1) * F, t:t + k]
    return T, y, dT, dw


def along_lists(x, w, dy, tile):
    F, k, n = len(w), len(w[0]), len(dy[0])
    wide = k + tile - 1
    T = [[float(w[f][j - t]) if 0 <= j - t < k else 0.0 for j in range(wide)] for t in range(tile) for f in range(F)]
    y = [[sum(T[(i % tile) * F + f][j] * x[i - i % tile + j] for j in range(wide)) for i in range(n)] for f in range(F)]
    dT = [[sum(dy[f][s + t] * x[s + j] for s in range(0, n, tile)) for j in range(wide)] for t in range(tile) for f in range(F)]
    dw = [[sum(dT[t * F + f][t + v] for t in range(tile)) for v in range(k)] for f in range(F)]
    return T, y, dT, dw


def along_arrays(x, w, dy, tile):
    """All tiles in one product."""
    F, k = w.shape
    patches = np.lib.stride_tricks.sliding_window_view(x, k + tile - 1)[::tile]
    T = np.concatenate([np.pad(w, ((0, 0), (t, tile - 1 - t))) for t in range(tile)])
    up = dy.reshape(F, -1, tile)
    y = np.einsum("tfj,sj->fst", T.reshape(tile, F, -1), patches).reshape(F, -1)
    dT = np.einsum("fst,sj->tfj", up, patches).reshape(tile * F, -1)
    dw = sum(dT.reshape(tile, F, -1)[t, :, t:t + k] for t in range(tile))
    return [T, y, dT, dw]


def mend(f):
    return lambda x, w, dy, tile: f(*along(x, w, dy, tile), x, w, dy, tile)


def rows_by_filter(matrix, tile):
    return matrix.reshape(tile, -1, matrix.shape[1]).swapaxes(0, 1).reshape(matrix.shape)


def unshifted(x, w, dy, tile):
    F, k = w.shape
    T = np.tile(np.pad(w, ((0, 0), (0, tile - 1))), (tile, 1))
    _, _, dT, dw = along(x, w, dy, tile)
    patches = [x[s:s + k + tile - 1] for s in range(0, dy.shape[1], tile)]
    return T, np.concatenate([(T @ p).reshape(tile, F).T for p in patches], axis=1), dT, dw


def last_tile(x, w, dy, tile):
    T, y, _, _ = along(x, w, dy, tile)
    n = dy.shape[1]
    _, _, dT, dw = along(x[n - tile:], w, dy[:, n - tile:], tile)
    return T, y, dT, dw


def first_copy(T, y, dT, dw, x, w, dy, tile):
    return T, y, dT, dT[:len(w), :w.shape[1]]


RIGHT = {
    "pace": ["adf", "fda", "a, d, f", "ADF", ["d", "a", "f"], {"a", "d", "f"}, "a d and f"],
    "work": [work, StaticCall(), work_loops, lambda i, o, k, h, w: np.array(product(o, i * k * k, h * w)), lambda i, o, k, h, w: product(h * w, k * i * k, o)],
    "race": [fair, fair_lists, fair_one_clock],
    "benchmark": ["abdf", "fdba", "a, b, d, f", "ABDF", list("bafd"), set("abdf"), "a b d and f"],
    "band": [along, along_lists, along_arrays],
}

WRONG = {
    "pace": [("ad", "f: nine weights"), ("af", "d: with a single image"), ("df", "a: six filters"), ("bce", "the other way round"), ("abcdef", "used often"), ("abdf", "b: 64 filters"), ("acdf", "c: a 1 × 1"), ("adef", "e: in a batch"), ("x", "choose from"), ([1], "letters as text")],
    "work": [
        (lambda *a: (int(np.int64(work(*a)[0]).astype(np.int32)), *work(*a)[1:]), "more than 2³¹"),
        (layer(per=1), "count the additions too"), (layer(size=8), "eight are float64's"), (layer(size=1), "you count numbers"), (layer(moved=lambda a, b, c: a + b), "must be written"), (layer(moved=lambda a, b, c: c), "two factors"), (layer(moved=lambda a, b, c: b + c), "weights are read"),
        (layer(moved=lambda a, b, c: a + c), "columns are read"), (with_image, "not the image"), (layer(moved=lambda a, b, c: a + b + 2 * c), "written once"), (lambda i, o, k, h, w: product(o, i * k, h * w), "k · k weights"), (lambda i, o, k, h, w: product(o, k * k, h * w), "all c_in channels"),
        (lambda i, o, k, h, w: product(o, i * k * k, h), "rows and columns"), (lambda i, o, k, h, w: product(o, i * k * k, 1), "at each of the"), (lambda *a: (*work(*a)[:2], 1 / work(*a)[2]), "upside down"), (lambda *a: work(*a)[:2], "Return their ratio"), (lambda *a: work(*a)[2], "before it"),
        (lambda *a: (work(*a)[1], work(*a)[0], work(*a)[2]), "then bytes"), (lambda *a: (0, 0, 0), "is expected"), (lambda m, k, n: product(m, k, n), "yours takes (m, k, n)"), (lambda i, o, k, h, w: product(i, o * k * k, h * w), "is expected"), (layer(size=32), "those are bits"), (lambda *a: (*work(*a)[:2], work(*a)[0] // work(*a)[1]), "rounds the ratio down"), (lambda *a: (*work(*a)[:2], 4 * work(*a)[2]), "not per number"),
    ],
    "race": [
        (bent(warm=0), "the first run of each is counted"), (bent(warm=0, skip=1), "one too few"), (bent("blocks"), "not in turns: all runs"), (bent("blocks", warm=0), "not in turns, and the first"), (bent(middle=np.mean), "moves a mean"), (bent(middle=np.min), "best times"),
        (bent(middle=np.sum), "or a sum"), (of_ratios, "the median of the ratios"), (bent(swap=True), "upside down"), (bent(tail=lambda a, b: (np.min(a / b), np.max(a / b))), "lowest and the highest"),
        (bent(tail=lambda a, b: np.percentile(a, [25, 75]) / np.percentile(b, [25, 75])), "quartiles of those"), (lambda m, t: fair(m, t)[:1], "Return its quartiles"), (lambda m, t: fair(m, t)[0], "three numbers"), (bent(warm=2), "is expected"), (lambda m, t: (1.0, 1.0, 1.0), "is expected"), (lambda machine: 1, "yours takes (machine)"),
    ],
    "benchmark": [("abd", "f: how many numbers"), ("adf", "b: how often"), ("bdf", "a: look at what"), ("abf", "d: which tensors"), ("ce", "the other way round"), ("abcdef", "two of the six"), ("abcdf", "c: both sides"), ("abdef", "e: both use"), ("xyz", "choose from"), ([2], "letters as text")],
    "band": [
        (lambda x, w, dy, tile: along(x, w[:, :3], dy, tile), ""),
        (mend(lambda T, y, dT, dw, x, w, dy, t: (rows_by_filter(T, t), y, rows_by_filter(dT, t), dw)), "another order"), (unshifted, "stands at the left"), (last_tile, "adds up over the tiles"), (mend(first_copy), "all copies"), (mend(lambda T, y, dT, dw, *_: (T, y, dT * (T != 0), dw)), "for those that are 0"),
        (mend(lambda T, y, dT, dw, x, w, dy, t: (T, y, dT / (dy.shape[1] // t), dw / (dy.shape[1] // t))), "not means"), (mend(lambda T, y, dT, dw, *_: (T, y, dw, dT)), "the order is T, y"), (mend(lambda T, y, dT, dw, *_: (T, y.T, dT, dw)), "y is transposed"), (mend(lambda T, y, dT, dw, *_: (T, y, dT, dw[:, ::-1])), "dw is turned"),
        (mend(lambda T, y, dT, dw, *_: (T.T, y, dT.T, dw)), "T is transposed"), (mend(lambda T, y, dT, dw, *_: (T, y)), "Now the way back"), (mend(lambda T, y, *_: T), ""), (mend(lambda T, y, dT, dw, *_: (T, y, dT, dw * 0)), "is expected"), (lambda x, w, dy: x, "yours takes (x, w, dy)"),
    ],
}
