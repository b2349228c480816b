"""Checkers of chapter 18: making it fast."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters

_RNG = np.random.default_rng(18)


WORK_CASES = [
    Case((2, 3, 1, 4, 5), "2 → 3 channels, 1 × 1"), Case((1, 6, 5, 24, 24), "LeNet's first layer, 24 × 24 without padding"),
    Case((64, 128, 3, 28, 14), "a layer from 64 to 128 channels"),
    Case((256, 512, 3, 56, 56), "a layer with more than 2³¹ operations"),
]


class Machine:
    """A computer with a clock of its own, on which two programs, ``"a"`` and ``"b"``, can be run.

    The first run of each takes longer, the machine slows down as it runs, and now and then something else interrupts it.

    Parameters
    ----------
    a, b : float
        Seconds of a run, before all that.
    first : float
        Seconds more for the first run of each.
    slower : float
        Growth of all times from one run to the next.
    breaks : dict of int to float, optional
        Seconds lost in some of the runs, which are counted from 0.
    """

    def __init__(self, a, b, first=0.0, slower=0.0, breaks=None):
        self.costs, self.first, self.slower, self.breaks = {"a": a, "b": b}, first, slower, breaks or {}
        self.time, self.runs, self.seen = 100.0, 0, set()

    def now(self):
        """The time, in seconds."""
        return self.time

    def run(self, name):
        """Run a program to its end."""
        seconds = self.costs[name] * (1 + self.slower * self.runs) + self.breaks.get(self.runs, 0.0)
        self.time += seconds + (self.first if name not in self.seen else 0.0)
        self.seen.add(name)
        self.runs += 1


RACES = [
    Case((Machine(2.0, 4.0), 4), "a quiet machine, 4 turns"),
    Case((Machine(1.0, 3.0, first=5.0), 5), "a machine on which first runs take 5 s longer"),
    Case((Machine(1.0, 1.0, slower=0.1), 6), "a machine that gets slower, and two programs that take the same"),
    Case((Machine(3.0, 2.0, breaks={4: 50.0, 9: 8.0}), 7), "a machine that is interrupted twice"),
    Case((Machine(2.0, 5.0, 1.0, 0.03, {3: 4.0, 8: 9.0}), 9), "a machine with all of that"),
    Case((Machine(5.0, 2.0, 3.0, 0.2), 1), "a single turn"),
]
BAND_CASES = [
    Case((np.array([1.0, 2, 0, 3]), np.array([[2.0, 1, -1]]), np.array([[1.0, 2]]), 2), "the example done by hand: one filter, a tile of 2"),
    Case((_RNG.normal(size=8), _RNG.normal(size=(2, 3)), _RNG.normal(size=(2, 6)), 2), "two filters of 3 weights, six outputs, tiles of 2"),
    Case((_RNG.normal(size=10), _RNG.normal(size=(3, 2)), _RNG.normal(size=(3, 9)), 3), "three filters of 2 weights, nine outputs, tiles of 3"),
    Case((_RNG.normal(size=6), _RNG.normal(size=(2, 3)), _RNG.normal(size=(2, 4)), 1), "a tile of 1"),
    Case((_RNG.normal(size=6), _RNG.normal(size=(4, 1)), _RNG.normal(size=(4, 6)), 3), "filters of one weight"),
    Case((_RNG.normal(size=10), _RNG.normal(size=(2, 5)), _RNG.normal(size=(2, 6)), 3), "filters of five weights"),
]


def pace(answer):
    """18.1: the products in which memory sets the pace."""
    return check_letters(
        "18.1", answer, "adf", "abcdef",
        {"a": "a: six filters use every number of the columns six times. Work out operations per byte, as for the first layer in the text.",
         "b": "b: 64 filters use every number of the columns 64 times: 19 operations per byte.",
         "c": "c: a 1 × 1 kernel copies nothing, and with 64 → 128 channels the product is large: 20 operations per byte.",
         "d": "d: with a single image each weight is read for one multiplication and one addition.",
         "e": "e: in a batch of 64 each weight that is read is used 64 times.",
         "f": "f: nine weights in a row, and every number of the columns is used once."},
        [Mistake("bce", "the other way round: in these, arithmetic sets the pace."),
         Mistake("abcdef", "in some of them each byte is used often: at 5 operations or more per byte the core is busy.")],
        praise="few filters, a single image, one channel alone: each number that is fetched is used too rarely.",
    )


def work(answer):
    """18.2: ``answer(c_in, c_out, k, h_out, w_out)``: operations, bytes and their ratio of a layer's float32 product."""
    def exact(c_in, c_out, k, h, w, *, per=2, size=4, weights=None, places=None, part=lambda a, b, c: a + b + c):
        m, k, n = c_out, weights or c_in * k * k, places or h * w
        operations, moved = per * m * k * n, size * part(m * k, k * n, m * n)
        return operations, moved, operations / moved

    def change(**options):
        return lambda i, o, k, h, w: exact(i, o, k, h, w, **{name: f(i, o, k, h, w) if name in ("weights", "places") else f for name, f in options.items()})

    return check_function(
        "18.2", answer, lambda c_in, c_out, k, h_out, w_out: exact(c_in, c_out, k, h_out, w_out), WORK_CASES,
        [Mistake(change(per=1), "count the additions too: a multiply-add is two operations."),
         Mistake(change(size=8), "a float32 has four bytes; eight are float64's."),
         Mistake(change(size=1), "you count numbers; a float32 has four bytes."),
         Mistake(change(part=lambda a, b, c: a + b), "the result must be written, too: c_out · h_out · w_out numbers."),
         Mistake(change(part=lambda a, b, c: c), "count the two factors as well as the result: all three are moved."),
         Mistake(change(part=lambda a, b, c: b + c), "the weights are read, too: c_out · c_in · k · k numbers."),
         Mistake(change(part=lambda a, b, c: a + c), "the columns are read, too: a number for each weight of a filter at each place."),
         Mistake(lambda i, o, k, h, w: (exact(i, o, k, h, w)[0], 4 * (o * i * k * k + i * h * w + o * h * w), exact(i, o, k, h, w)[0] / (4 * (o * i * k * k + i * h * w + o * h * w))),
                 "the product reads the columns, not the image: each number of a window is written down once for every window that holds it."),
         Mistake(change(part=lambda a, b, c: a + b + 2 * c), "at least: the result is written once, and need not be read."),
         Mistake(change(weights=lambda i, o, k, h, w: i * k), "a k × k kernel has k · k weights for each channel that it reads."),
         Mistake(change(weights=lambda i, o, k, h, w: k * k), "a filter reads all c_in channels: c_in · k · k weights."),
         Mistake(change(places=lambda i, o, k, h, w: h), "the windows fill rows and columns: h_out · w_out of them."),
         Mistake(change(places=lambda i, o, k, h, w: 1), "every filter works at each of the h_out · w_out places."),
         Mistake(lambda *a: (*exact(*a)[:2], exact(*a)[1] / exact(*a)[0]), "the ratio is upside down: operations per byte."),
         Mistake(lambda *a: (*exact(*a)[:2], exact(*a)[0] // exact(*a)[1]), "// rounds the ratio down. Divide with /."),
         Mistake(lambda *a: (*exact(*a)[:2], 4 * exact(*a)[2]), "the ratio is operations per byte, not per number."),
         Mistake(change(size=32), "those are bits: a float32 has 32 of them, four bytes."),
         Mistake(lambda *a: exact(*a)[:2], "both are right. Return their ratio, too: operations per byte."),
         Mistake(lambda *a: exact(*a)[2], "the ratio is right. Return operations and bytes before it."),
         Mistake(lambda *a: (exact(*a)[1], exact(*a)[0], exact(*a)[2]), "operations first, then bytes.")],
        praise="few channels give few operations per byte, and memory sets the pace.",
    )


def _race(machine, turns, *, warm=True, in_turns=True, middle=np.median, ratio=None, flip=False, quartiles=True, skip=False):
    """A fair comparison, or one with the mistake that an option names."""
    for name in "ab" * warm:
        machine.run(name)
    times = {"a": [], "b": []}
    order = "ab" * turns if in_turns else "a" * turns + "b" * turns
    for name in order:
        start = machine.now()
        machine.run(name)
        times[name].append(machine.now() - start)
    a, b = (np.array(times[name][int(skip):]) for name in ("ba" if flip else "ab"))
    whole = ratio(a, b) if ratio else middle(a) / middle(b)
    return whole, *(np.percentile(a / b, [25, 75]) if quartiles else (np.min(a / b), np.max(a / b)))


def race(answer):
    """18.3: ``answer(machine, turns)`` compares two programs fairly: the ratio of the medians and its quartiles."""
    def change(**options):
        return lambda machine, turns: _race(machine, turns, **options)

    def spread(machine, turns):
        """The quartiles of each side's own times, divided by one another."""
        times = {"a": [], "b": []}
        for name in "ab":
            machine.run(name)
        for name in "ab" * turns:
            start = machine.now()
            machine.run(name)
            times[name].append(machine.now() - start)
        return np.median(times["a"]) / np.median(times["b"]), *(np.percentile(times["a"], [25, 75]) / np.percentile(times["b"], [25, 75]))

    return check_function(
        "18.3", answer, lambda machine, turns: _race(machine, turns), RACES,
        [Mistake(change(warm=False), "the first run of each is counted; it pays for what later ones find ready. Run both once before."),
         Mistake(change(warm=False, skip=True), "run both once before the turns: you throw the first turn away, and count one too few."),
         Mistake(change(in_turns=False), "not in turns: all runs of a, then all of b. A machine that slows down meanwhile makes b look worse."),
         Mistake(change(in_turns=False, warm=False), "not in turns, and the first runs are counted: a b a b, after one run of each that is not counted."),
         Mistake(change(middle=np.mean), "one interruption moves a mean, or a sum. Take medians."),
         Mistake(change(middle=np.min), "the ratio of the best times; the medians are asked for."),
         Mistake(change(ratio=lambda a, b: np.median(a / b)), "the median of the ratios; the ratio of the medians is asked for. The quartiles are right."),
         Mistake(change(flip=True), "upside down: the time of a divided by the time of b."),
         Mistake(change(quartiles=False), "the ratio is right. Its quartiles are asked for, not the lowest and the highest."),
         Mistake(spread, "the ratio is right. Each turn has a ratio, a / b: the quartiles of those are asked for."),
         Mistake(lambda m, t: _race(m, t)[:1], "the ratio is right. Return its quartiles, too."),
         Mistake(lambda m, t: _race(m, t)[0], "the ratio is right. Return its quartiles, too: three numbers.")],
        praise="warmed up, in turns, medians, and a spread: it can be believed.", in_place=True,
    )


def benchmark(answer):
    """18.4: what is wrong with a benchmark."""
    return check_letters(
        "18.4", answer, "abdf", "abcdef",
        {"a": "a: look at what each function returns, and at what is compared before the clock starts.",
         "b": "b: how often is each of the two run, and what does the first run pay for?",
         "c": "c: both sides get the same array, made before the clock starts.",
         "d": "d: which tensors ask for a gradient, and who reads that of the images?",
         "e": "e: both use time.perf_counter, from start to stop, in the same way.",
         "f": "f: how many numbers are printed, and how large is their spread?"},
        [Mistake("ce", "the other way round: these two are in order."),
         Mistake("abcdef", "not everything is wrong: two of the six are in order.")],
        praise="same numbers first, warm, the same work on both sides, and a spread.",
    )


def _along(x, w, dy, tile, *, step=1, filters_first=False, last=False, mean=False, only=False, first=False):
    """Banded matrix, outputs and gradients along one axis, or with the mistake that an option names."""
    (F, k), n = w.shape, dy.shape[1]
    T = np.zeros((tile, F, k + tile - 1))
    for t in range(tile):
        for v in range(k):
            if t * step + v < T.shape[2]:
                T[t, :, t * step + v] = w[:, v]
    flat = T.reshape(tile * F, -1)
    y, dT = np.zeros((F, n)), np.zeros_like(flat)
    for start in range(0, n, tile):
        seen = x[start:start + k + tile - 1]
        y[:, start:start + tile] = (flat @ seen).reshape(tile, F).T
        part = np.outer(dy[:, start:start + tile].T.ravel(), seen)
        dT = part if last else dT + part
    if mean:
        dT = dT / (n // tile)
    band = dT.reshape(tile, F, -1)
    dw = np.zeros((F, k))
    for t in range(1 if first else tile):
        dw += band[t, :, t:t + k]
    if only:
        dT = dT * (flat != 0)
    if filters_first:
        flat, dT = (m.reshape(tile, F, -1).swapaxes(0, 1).reshape(tile * F, -1) for m in (flat, dT))
    return flat, y, dT, dw


def band(answer):
    """18.5: ``answer(x, w, dy, tile)``: the banded matrix, the outputs, its gradient and that of the weights."""
    def change(**options):
        return lambda x, w, dy, tile: _along(x, w, dy, tile, **options)

    def reorder(f):
        return lambda *args: f(*_along(*args))

    return check_function(
        "18.5", answer, lambda x, w, dy, tile: _along(x, w, dy, tile), BAND_CASES,
        [Mistake(change(filters_first=True), "the rows come in another order: all filters of the first output, then all of the second."),
         Mistake(change(step=0), "every copy of the kernel stands at the left: the copy of output t starts t places further right."),
         Mistake(change(last=True), "T and y are right. The gradient of T adds up over the tiles: += where you write =."),
         Mistake(change(first=True), "all but dw is right. Each weight stands in T once for every output of the tile: add up along the band, all copies."),
         Mistake(change(only=True), "all but the gradient of T is right. It has a number for every entry of T, also for those that are 0."),
         Mistake(change(mean=True), "T and y are right. The gradients are sums over the tiles, not means."),
         Mistake(reorder(lambda T, y, dT, dw: (T, y, dw, dT)), "all four are right; the order is T, y, dT, dw."),
         Mistake(reorder(lambda T, y, dT, dw: (T, y.T, dT, dw)), "y is transposed: a row for each filter."),
         Mistake(reorder(lambda T, y, dT, dw: (T, y, dT, dw[:, ::-1])), "dw is turned: the first weight of a copy is its leftmost."),
         Mistake(reorder(lambda T, y, dT, dw: (T.T, y, dT.T, dw)), "T is transposed: a row for each output and filter."),
         Mistake(reorder(lambda T, y, dT, dw: (T, y)), "T and y are right. Now the way back: dT and dw.")],
        praise="forward tile by tile, and back along the band.",
    )
