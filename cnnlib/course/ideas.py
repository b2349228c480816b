"""Chapter 8's second experiment: windows, sharing and pooling, taken away one at a time.

    python -m cnnlib.course.ideas               # measure again and write records/three_ideas.json
    python -m cnnlib.course.ideas orders        # only this part; the rest of the record stays

Every network has the same stages: 256 pixels, 8 maps of 8 × 8, 16 maps of 4 × 4, ten scores. They differ in how a
stage is joined to the one before (dense, in windows, in windows with shared weights), and in how a map gets from
16 × 16 places to 8 × 8: by computing every second row and column only, or by computing all and keeping the largest
of each 2 × 2. Five more parts try to refute what the ladder seems to say: ``longer`` gives the networks without
pooling more epochs, ``windows`` gives them larger windows, ``orders`` trains the CNN on pixels that were put in
another order by a rule, ``unshared`` does so with a network that shares nothing, and ``dilated`` leaves the pixels in
place and pulls the windows apart.
"""

import itertools

import numpy as np

from cnnlib.conv import unfold, unfold_backward
from cnnlib.course import _rates, _record
from cnnlib.course.shuffling import BATCH, CENTRED, CHOOSING, EPOCHS, JUDGING, LONGER, SIZE, shuffled, stage
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import Dataset
from cnnlib.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.module import Layer, Parameter
from cnnlib.optim import Adam
from cnnlib.training import evaluate, fit

RECORD = _record.FOLDER / "three_ideas.json"
MAPS = 8, 16
RATES = (0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
LADDER = ("dense", "one of four"), ("local", "one of four"), ("shared", "one of four"), ("shared", "the largest")
GUESSING = 0.15  # a run below has learned nothing
MORE_TIME = LADDER[1:3]  # after 20 epochs they still miss training digits
WIDER = 4, 5  # with 4 × 4 a number of the last maps depends on as many pixels as in the CNN, with 5 × 5 on more
OTHERS = ("local", "the largest"), ("shared", "the mean")


def windows(kernel_size, dilation=1):
    """Windows of a size, with a border of zeros that is wide enough for a map at stride 2 to be half as large."""
    return {"kernel_size": kernel_size, "dilation": dilation, "padding": dilation * (kernel_size - 1) // 2}


class Dense(Layer):
    """Maps of which every place reads every number: a linear layer that takes and gives images."""

    def __init__(self, in_channels, size, out_channels, stride, **start):
        super().__init__()
        self.shape = out_channels, size // stride, size // stride
        self.linear = Linear(in_channels * size**2, int(np.prod(self.shape)), **start)

    def forward(self, x):
        self.save(x.shape)
        return self.linear.forward(x.reshape(len(x), -1)).reshape(len(x), *self.shape)

    def backward(self, dy):
        shape = self.recall()
        return self.linear.backward(dy.reshape(len(dy), -1)).reshape(shape)


class Local(Layer):
    """A convolution that does not share: each place has weights and biases of its own.

    ``weight`` is (places, out_channels, in_channels · kernel_size²), ``bias`` (places, out_channels); both start as
    in `Conv2d`.
    """

    def __init__(self, in_channels, size, out_channels, stride, *, kernel_size=3, rng, dtype):
        super().__init__()
        self.side, self.window = size // stride, windows(kernel_size) | {"stride": stride}
        reads = in_channels * kernel_size**2
        shape, bound = (self.side**2, out_channels, reads), 1 / np.sqrt(reads)
        self.weight = Parameter(rng.uniform(-bound, bound, shape).astype(dtype))
        self.bias = Parameter(rng.uniform(-bound, bound, shape[:2]).astype(dtype))

    def forward(self, x):
        columns = unfold(x, **self.window).transpose(2, 0, 1)  # (places, N, what a window reads)
        self.save(x, columns)
        y = columns @ self.weight.data.transpose(0, 2, 1) + self.bias.data[:, None]
        return y.transpose(1, 2, 0).reshape(len(x), -1, self.side, self.side)

    def backward(self, dy):
        x, columns = self.recall()
        dy = dy.reshape(*dy.shape[:2], -1).transpose(2, 0, 1)  # (places, N, out_channels)
        self.weight.add_grad(dy.transpose(0, 2, 1) @ columns)
        self.bias.add_grad(dy.sum(axis=1))
        return unfold_backward((dy @ self.weight.data).transpose(1, 2, 0), x, **self.window)


def shared(in_channels, size, out_channels, stride, kernel_size=3, dilation=1, **start):
    """The convolution itself."""
    return Conv2d(in_channels, out_channels, stride=stride, **windows(kernel_size, dilation), **start)


JOINED = {"dense": Dense, "local": Local, "shared": shared}
KEPT = {"one of four": (2, None), "the largest": (1, MaxPool2d), "the mean": (1, AvgPool2d)}


def network(joined, kept, seed, **window):
    """A network by its connections and by what it keeps of each 2 × 2, from the start that belongs to a seed.

    Windows have 3 × 3 places, or ``kernel_size``; shared ones may stand ``dilation`` apart.
    """
    start = {"rng": np.random.default_rng([1, seed]), "dtype": np.float64}
    stride, pool = KEPT[kept]
    layers, channels, size = [], 1, SIZE
    for maps in MAPS:
        layers += [JOINED[joined](channels, size, maps, stride, **window, **start), ReLU()]
        layers += [pool(2)] if pool else []
        channels, size = maps, size // 2
    return Sequential(*layers, Flatten(), Linear(channels * size**2, 10, **start))


def parameters(joined, kept, **window):
    """How many numbers the network learns."""
    return sum(p.size for p in network(joined, kept, 0, **window).parameters())


def arranged(rule):
    """An order of all pixels that a rule gives: place ``k`` of the new picture holds pixel ``arranged(rule)[k]``.

    Parameters
    ----------
    rule : str
        One of `RULES`.

    Returns
    -------
    array of int (pixels,)

    Examples
    --------
    >>> arranged("even columns first")[:16]
    array([ 0,  2,  4,  6,  8, 10, 12, 14,  1,  3,  5,  7,  9, 11, 13, 15])
    """
    return RULES[rule](np.arange(SIZE**2).reshape(SIZE, SIZE)).ravel()


def _even_first(grid):
    return np.concatenate([grid[:, ::2], grid[:, 1::2]], axis=1)


def _inside_blocks(grid, side, move):
    """Change the order within blocks of side × side: ``move`` gets them as (blocks, pixels)."""
    blocks = grid.reshape(SIZE // side, side, -1, side).transpose(0, 2, 1, 3).reshape(-1, side**2)
    return move(blocks).reshape(SIZE // side, -1, side, side).transpose(0, 2, 1, 3)


def _shuffle(blocks):
    return np.random.default_rng(8).permuted(blocks, axis=1)


# In a block of 2 × 2 one pixel stays and three change places in a ring: which stays and which way round makes eight.
RINGS = np.array([ring for ring in itertools.permutations(range(4)) if sum(k == at for at, k in enumerate(ring)) == 1])


def _rings(blocks, drawn):
    return np.take_along_axis(blocks, RINGS[np.broadcast_to(drawn, len(blocks))], axis=1)


RULES = {
    "mirrored": lambda grid: grid[:, ::-1],
    "halves swapped": lambda grid: np.roll(grid, SIZE // 2, axis=1),
    "even columns first": _even_first,
    "even rows and columns first": lambda grid: _even_first(_even_first(grid).T).T,
    "each 2 × 2 shuffled": lambda grid: _inside_blocks(grid, 2, _shuffle),
    "each 4 × 4 shuffled": lambda grid: _inside_blocks(grid, 4, _shuffle),
    "one ring for all 2 × 2": lambda grid: _inside_blocks(grid, 2, lambda blocks: _rings(blocks, 0)),
    "each 2 × 2 its own ring": lambda grid: _inside_blocks(
        grid, 2, lambda blocks: _rings(blocks, np.random.default_rng(8).integers(len(RINGS), size=len(blocks)))),
}
CONTROLS = "even rows and columns first", "one ring for all 2 × 2", "each 2 × 2 its own ring", "each 2 × 2 shuffled"


def pictures(seed, where="anywhere"):
    """Training, validation and test digits, anywhere in their fields or all in the middle, and a full shuffle."""
    parts, order = stage(seed)
    if where == "middle":  # the same digits: a seed splits before it places
        margin = ((SIZE - CENTRED) // 2,) * 2
        parts = [Dataset(np.pad(p.images, ((0, 0), (0, 0), margin, margin)), p.labels) for p in stage(seed, CENTRED)[0]]
    return parts, order


def trained(joined, kept, seed, lr, where="anywhere", order="in place", epochs=EPOCHS, **window):
    """Accuracy on training, validation and test digits after one training.

    ``order`` is that of the pixels: "in place", "shuffled" in the order that belongs to the seed, or one of `RULES`.
    """
    parts, full = pictures(seed, where)
    if order != "in place":
        new = full if order == "shuffled" else arranged(order)
        parts = [shuffled(part, new) for part in parts]
    train, validation, test = parts
    model, criterion = network(joined, kept, seed, **window), CrossEntropyLoss()
    fit(model, criterion, Adam(model.parameters(), lr=lr), train, epochs=epochs, batch_size=BATCH,
        rng=np.random.default_rng([2, seed]), progress=False)
    return tuple(evaluate(model, criterion, part).accuracy for part in (train, validation, test))


def runs(pool, contender, seeds, lr, **how):
    """One training for each seed, side by side: accuracies (seeds, 3)."""
    started = [pool.submit(trained, *contender, seed, lr, **how) for seed in seeds]
    return np.array([run.result() for run in started])


def judge(pool, contender, lr, **how):
    """Accuracies at a rate, on seeds that took no part in choosing it."""
    judged = runs(pool, contender, JUDGING, lr, **how)
    print(*contender, how, lr, judged[:, 2].mean().round(3), flush=True)
    return {"best": lr, "train": judged[:, 0].tolist(), "test": judged[:, 2].tolist()}


def chosen(pool, contender, **how):
    """Accuracies at the best rate, and what was tried to find it."""
    tried, best = _rates.climb(RATES, lambda lr: runs(pool, contender, CHOOSING, lr, **how)[:, 1].tolist())
    return {"validation": [[lr, tried[lr]] for lr in sorted(tried)]} | judge(pool, contender, best, **how)


def measure_one(pool, contender, where, orders):
    """A network at its best rate: what was tried, and accuracies by seed, for each order of the pixels.

    Shuffled pixels get a rate of their own, but for the dense network, of which the chapter proves that it is the same.
    """
    entry = {"parameters": parameters(*contender)}
    for order in orders:
        if order == "shuffled" and contender[0] == "dense":
            best, tried = entry["in place"]["best"], entry["in place"]["validation"]
            entry[order] = {"validation": tried} | judge(pool, contender, best, where=where, order=order)
        else:
            entry[order] = chosen(pool, contender, where=where, order=order)
        if min(entry[order]["train"]) < GUESSING:  # the best rate is not a safe one
            smaller = RATES[RATES.index(entry[order]["best"]) - 1]
            entry["smaller rate"] = judge(pool, contender, smaller, where=where, order=order)
    return entry


def measure_networks(pool, _):
    """The ladder, its two neighbours, and the CNN with all digits in the middle."""
    found = {"anywhere": {}, "middle": {}}
    both = "in place", "shuffled"
    todo = [("anywhere", c, both) for c in LADDER[::-1]] + [("anywhere", c, both[:1]) for c in OTHERS]
    for where, contender, orders in [*todo, ("middle", LADDER[-1], both)]:
        found[where][", ".join(contender)] = measure_one(pool, contender, where, orders)
    return found


def measure_longer(pool, record):
    """More epochs, at the rate of the fewer."""
    best = {contender: record["anywhere"][", ".join(contender)]["in place"]["best"] for contender in MORE_TIME}
    return {"longer": {c[0]: judge(pool, c, best[c], epochs=LONGER) for c in MORE_TIME}}


def measure_orders(pool, _):
    """The CNN on pixels in the order of a rule, each at a rate of its own."""
    return {"orders": {rule: chosen(pool, LADDER[-1], order=rule) for rule in RULES}}


def measure_windows(pool, _):
    """Larger windows, shared and without pooling, each size at a rate of its own."""
    return {"windows": {str(size): {"parameters": parameters(*LADDER[2], kernel_size=size)}
                        | chosen(pool, LADDER[2], kernel_size=size) for size in WIDER}}


def measure_unshared(pool, record):
    """The CNN without sharing on some of the rules, all at the rate that is its best in place."""
    best = record["anywhere"][", ".join(OTHERS[0])]["in place"]["best"]
    return {"unshared": {rule: judge(pool, OTHERS[0], best, order=rule) for rule in CONTROLS}}


def measure_dilated(pool, _):
    """The CNN with windows whose places stand two apart, in both levels, at a rate of its own."""
    return {"dilated": chosen(pool, LADDER[-1], dilation=2)}


PARTS = {"networks": measure_networks, "longer": measure_longer, "orders": measure_orders, "windows": measure_windows,
         "unshared": measure_unshared, "dilated": measure_dilated}


def main(arguments=None):
    """Measure parts of the record again, trainings side by side on all cores, and leave the others as they are."""
    _record.renew_side_by_side(RECORD, PARTS, __doc__, arguments)


def load():
    """The committed record."""
    return _record.read(RECORD)


if __name__ == "__main__":
    main()
