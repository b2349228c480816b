"""Chapter 8's second experiment: windows, sharing and pooling, taken away one at a time.

    python -m cnnlib.course.ideas               # measure again and write records/three_ideas.json

Every network has the same stages: 256 pixels, 8 maps of 8 × 8, 16 maps of 4 × 4, ten scores. They differ in how a
stage is joined to the one before (dense, in windows, in windows with shared weights), and in how a map gets from
16 × 16 places to 8 × 8: by computing every second row and column only, or by computing all and keeping the largest
of each 2 × 2.
"""

import argparse
import json
import pathlib
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from cnnlib.conv import unfold, unfold_backward
from cnnlib.course.shuffling import BATCH, CENTRED, CHOOSING, EPOCHS, JUDGING, LONGER, SIZE, shuffled, stage
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import Dataset
from cnnlib.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.module import Layer, Parameter
from cnnlib.optim import Adam
from cnnlib.training import evaluate, fit

RECORD = pathlib.Path(__file__).resolve().parents[2] / "records" / "three_ideas.json"
MAPS = 8, 16
WINDOW = {"kernel_size": 3, "padding": 1}
RATES = (0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
LADDER = ("dense", "one of four"), ("local", "one of four"), ("shared", "one of four"), ("shared", "the largest")
GUESSING = 0.15  # a run below has learned nothing
MORE_TIME = [("anywhere", LADDER[2])]  # after 20 epochs it still misses training digits
OTHERS = ("local", "the largest"), ("shared", "the mean")


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
    """A convolution that does not share: 3 × 3 windows, each place with weights and biases of its own.

    ``weight`` is (places, out_channels, in_channels · 9), ``bias`` (places, out_channels); both start as in `Conv2d`.
    """

    def __init__(self, in_channels, size, out_channels, stride, *, rng, dtype):
        super().__init__()
        self.side, self.window = size // stride, WINDOW | {"stride": stride}
        reads = in_channels * WINDOW["kernel_size"] ** 2
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


def shared(in_channels, size, out_channels, stride, **start):
    """The convolution itself."""
    return Conv2d(in_channels, out_channels, stride=stride, **WINDOW, **start)


JOINED = {"dense": Dense, "local": Local, "shared": shared}
KEPT = {"one of four": (2, None), "the largest": (1, MaxPool2d), "the mean": (1, AvgPool2d)}


def network(joined, kept, seed):
    """A network by its connections and by what it keeps of each 2 × 2, from the start that belongs to a seed."""
    start = {"rng": np.random.default_rng([1, seed]), "dtype": np.float64}
    stride, pool = KEPT[kept]
    layers, channels, size = [], 1, SIZE
    for maps in MAPS:
        layers += [JOINED[joined](channels, size, maps, stride, **start), ReLU()]
        layers += [pool(2)] if pool else []
        channels, size = maps, size // 2
    return Sequential(*layers, Flatten(), Linear(channels * size**2, 10, **start))


def parameters(joined, kept):
    """How many numbers the network learns."""
    return sum(p.size for p in network(joined, kept, 0).parameters())


def pictures(seed, where="anywhere"):
    """Training, validation and test digits, anywhere in their fields or all in the middle, and a full shuffle."""
    parts, order = stage(seed)
    if where == "middle":  # the same digits: a seed splits before it places
        margin = ((SIZE - CENTRED) // 2,) * 2
        parts = [Dataset(np.pad(p.images, ((0, 0), (0, 0), margin, margin)), p.labels) for p in stage(seed, CENTRED)[0]]
    return parts, order


def trained(joined, kept, seed, lr, where="anywhere", deal=False, epochs=EPOCHS):
    """Accuracy on training, validation and test digits after one training; ``deal`` shuffles the pixels first."""
    parts, order = pictures(seed, where)
    train, validation, test = (shuffled(part, order) if deal else part for part in parts)
    model, criterion = network(joined, kept, seed), CrossEntropyLoss()
    fit(model, criterion, Adam(model.parameters(), lr=lr), train, epochs=epochs, batch_size=BATCH,
        rng=np.random.default_rng([2, seed]), progress=False)
    return tuple(evaluate(model, criterion, part).accuracy for part in (train, validation, test))


def runs(pool, contender, seeds, lr, where, deal, epochs=EPOCHS):
    """One training for each seed, side by side: accuracies (seeds, 3)."""
    calls = [(*contender, seed, lr, where, deal, epochs) for seed in seeds]
    return np.array(list(pool.map(trained, *zip(*calls, strict=True))))


def climb(pool, contender, where, deal):
    """Validation accuracies by rate, tried from the middle of `RATES` until both neighbours of the best are worse."""
    tried, k = {}, RATES.index(0.003)
    while True:
        for near in (k - 1, k, k + 1):
            if RATES[near] not in tried:
                tried[RATES[near]] = runs(pool, contender, CHOOSING, RATES[near], where, deal)[:, 1].tolist()
        best = max((k, k - 1, k + 1), key=lambda near: np.mean(tried[RATES[near]]))
        if best == k:
            return tried, RATES[k]
        k = best


def judge(pool, contender, lr, where, deal, epochs=EPOCHS):
    """Accuracies at a rate, on seeds that took no part in choosing it."""
    judged = runs(pool, contender, JUDGING, lr, where, deal, epochs)
    return {"best": lr, "train": judged[:, 0].tolist(), "test": judged[:, 2].tolist()}


def measure_one(pool, contender, where, deals):
    """A network at its best rate: what was tried, and accuracies by seed, in place and (with ``deals``) shuffled.

    Shuffled pixels get a rate of their own, but for the dense network, of which the chapter proves that it is the same.
    """
    entry = {"parameters": parameters(*contender)}
    for name, deal in (("in place", False), ("shuffled", True))[: 1 + deals]:
        if not (deal and contender[0] == "dense"):
            tried, best = climb(pool, contender, where, deal)
        entry[name] = {"validation": [[lr, tried[lr]] for lr in sorted(tried)]}
        entry[name] |= judge(pool, contender, best, where, deal)
        if min(entry[name]["test"]) < GUESSING:  # the best rate is not a safe one
            entry["smaller rate"] = judge(pool, contender, RATES[RATES.index(best) - 1], where, deal)
        print(where, *contender, name, best, np.mean(entry[name]["test"]).round(3), flush=True)
    if (where, contender) in MORE_TIME:
        entry["longer"] = judge(pool, contender, entry["in place"]["best"], where, False, LONGER)
    return entry


def measure(workers=1):
    """All runs, by where the digits stand, and by network."""
    record = {"anywhere": {}, "middle": {}}
    todo = [("anywhere", c, True) for c in LADDER[::-1]] + [("anywhere", c, False) for c in OTHERS]
    todo.append(("middle", LADDER[-1], True))
    with ProcessPoolExecutor(workers) as pool:
        for where, contender, deals in todo:
            record[where][", ".join(contender)] = measure_one(pool, contender, where, deals)
            RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")
    return record


def load():
    """The committed record."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=1, help="trainings side by side")
    measure(parser.parse_args().workers)
