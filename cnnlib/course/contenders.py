"""Chapter 12's long experiments: batch norm, twelve layers, dropout, and prediction in the wrong mode.

    python -m cnnlib.course.contenders              # measure again and write records/contenders.json
    python -m cnnlib.course.contenders mode         # a part of it: one of PARTS, or several

The chapter runs a small part of each. This script adds what takes minutes: every network's own learning rate, chosen
on seeds that are not used again, and ten seeds for every number, or five. Each seed has its own start, its own order
of batches and its own division of the digits. The test digits of chapter 13 take no part.
"""

import functools
import time

import numpy as np

from cnnlib import data
from cnnlib.course import _record
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Residual, Sequential
from cnnlib.models import digits_cnn
from cnnlib.optim import SGD
from cnnlib.training import evaluate, fit

RECORD = _record.FOLDER / "contenders.json"
CHOOSING, JUDGING, FIVE = (100, 101, 102), tuple(range(10)), tuple(range(5))  # five seeds judge the deep networks
BATCH, EPOCHS, LONGER, LONGEST = 32, 4, 12, 36

SHALLOW = {"without": {}, "without, He's start": {"he": True}, "with batch norm": {"normed": True}}
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5)
PATIENT, PATIENT_RATES = 30, (0.003, 0.01, 0.03, 0.1, 0.2)  # the two that "dropout" does not train for so long

DEPTH = 12
DEEP = ("plain", "He", "batch norm", "batch norm, He", "residual", "residual, He")
DEEP_RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
LOW_RATES = (0.00001, 0.00003, 0.0001, 0.0003, 0.001)  # for shortcuts with He's start, whose numbers are large
LONG_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
LONG = ("plain", "He", "batch norm", "residual")
LONGEST_RATES, LONGEST_KINDS = (0.001, 0.003, 0.01, 0.03, 0.1), LONG[1:]
STARTS = ("residual, He / √12", "residual, ReLU first, He")  # two remedies for shortcuts with He's start

SHARES = (0.0, 0.25, 0.5)  # of what dropout drops
DROP_RATES = (0.01, 0.03, 0.1, 0.2)
DROP_RUNS = {"1,078 digits": (1, 30), "135 digits": (8, 100)}  # every which training digit, and for how many epochs
SECOND = {  # by part: the rate that came second when three seeds chose, for conclusions that hang on the choice
    "patient": dict.fromkeys(SHALLOW, 0.03),
    "longest": dict.fromkeys(LONGEST_KINDS, 0.01),
    "1,078 digits": {"0.25": 0.03},
    "135 digits": {"0": 0.03, "0.5": 0.01},
}

criterion = CrossEntropyLoss()


@functools.cache
def stage(seed):
    """1,078 training and 360 validation digits, divided anew for every seed.

    Returns
    -------
    train, validation : Dataset
        Images (N, 1, 8, 8) in float64.
    """
    digits = data.load_digits()
    digits = data.Dataset(digits.images.astype(np.float64), digits.labels)
    *rest, _ = data.split(digits, (0.6, 0.2, 0.2), np.random.default_rng(0), stratify=True)  # chapter 13's test digits
    rest = data.Dataset(*(np.concatenate(parts) for parts in zip(*rest, strict=True)))
    return data.split(rest, (0.75, 0.25), np.random.default_rng([12, seed]), stratify=True)


def he_start(conv, rng):
    """Draw a convolution's weights anew, as chapter 3 does for ReLU."""
    w = conv.weight.data
    w[...] = rng.normal(0, np.sqrt(2 / w[0].size), size=w.shape)


def shallow(seed, normed=False, he=False, p=0.0):
    """`digits_cnn`, with batch norm after its convolutions, He's start, or dropout before its linear layer."""
    rng, layers = np.random.default_rng([1, seed]), []
    for layer in digits_cnn(rng=rng):
        if isinstance(layer, Conv2d) and he:
            he_start(layer, rng)
        if isinstance(layer, Linear) and p:
            layers.append(Dropout(p, rng=rng))
        layers.append(layer)
        if isinstance(layer, Conv2d) and normed:
            layers.append(BatchNorm2d(layer.out_channels))
    return Sequential(*layers).astype(np.float64)


def deep(kind, seed, depth=DEPTH, channels=8):
    """Many 3 × 3 convolutions of eight filters, of a kind in `DEEP` or `STARTS`; one pooling, after the first."""
    rng, layers = np.random.default_rng([1, seed]), []
    for k in range(depth):
        conv = Conv2d(channels if k else 1, channels, 3, padding=1, rng=rng)
        if "He" in kind:
            he_start(conv, rng)
        if "√12" in kind and k:
            conv.weight.data /= np.sqrt(DEPTH)
        block = [conv, BatchNorm2d(channels), ReLU()] if "batch norm" in kind else [conv, ReLU()]
        if "ReLU first" in kind and k:
            block = block[::-1]
        layers += [Residual(Sequential(*block))] if "residual" in kind and k else block
        if k == 0:
            layers.append(MaxPool2d(2))
    return Sequential(*layers, Flatten(), Linear(channels * 16, 10, rng=rng)).astype(np.float64)


def trained(model, seed, lr, epochs=EPOCHS, every=1):
    """Train a network on the digits of a seed, or on every eighth of them, say, and return it."""
    train, _ = stage(seed)
    with np.errstate(all="ignore"):  # too large a rate overflows; the accuracy shows it
        fit(model, criterion, SGD(model.parameters(), lr=lr, momentum=0.9), train[::every], epochs=epochs,
            batch_size=BATCH, rng=np.random.default_rng([2, seed]), progress=False)
    return model


def accuracy(model, seed):
    """The share of the seed's validation digits that a network reads, in evaluation mode."""
    with np.errstate(all="ignore"):
        return evaluate(model, criterion, stage(seed)[1]).accuracy


def score(build, seed, lr, epochs=EPOCHS, every=1):
    """The validation accuracy of the network ``build(seed)`` after training."""
    return accuracy(trained(build(seed), seed, lr, epochs, every), seed)


def choose(build, rates, epochs=EPOCHS, every=1):
    """Accuracies by rate and choosing seed, and the rate with the best mean."""
    tried = [[score(build, seed, lr, epochs, every) for seed in CHOOSING] for lr in rates]
    return {"tried": tried, "best": rates[int(np.argmax(np.mean(tried, axis=1)))]}


def right(model, part, batches):
    """The share of right answers when the digits come in these batches, in the mode that the network is in."""
    hits = [model(part.images[batch]).argmax(axis=1) == part.labels[batch] for batch in batches]
    model.forget()
    return float(np.mean(np.concatenate(hits)))


def company(labels):
    """Four ways to put the digits into batches: 64 or 2 as they come, 64 sorted by class, and all of one class."""
    order, by_class = np.arange(len(labels)), np.argsort(labels, kind="stable")

    def cut(order, size):
        return [order[i:i + size] for i in range(0, len(order), size)]

    return {"mixed, 64": cut(order, 64), "mixed, 2": cut(order, 2), "sorted, 64": cut(by_class, 64),
            "one class": [np.flatnonzero(labels == k) for k in range(10)]}


def wrong_mode(seed, lr, **how):
    """Accuracy of one trained network: in evaluation mode, and in training mode in all kinds of company."""
    model, validation = trained(shallow(seed, **how), seed, lr), stage(seed)[1]
    scores = {"evaluation": accuracy(model, seed)}
    model.train()
    return scores | {name: right(model, validation, batches) for name, batches in company(validation.labels).items()}


def baselines(seed):
    """What needs no training: always the most frequent answer, and the nearest of the ten class means."""
    train, validation = stage(seed)
    means = np.array([train.images[train.labels == k].mean(axis=0).ravel() for k in range(10)])
    x = validation.images.reshape(len(validation), 1, -1)
    nearest = ((x - means) ** 2).sum(axis=2).argmin(axis=1)
    return {"one answer for all": float(np.bincount(validation.labels).max() / len(validation)),
            "nearest class mean": float(np.mean(nearest == validation.labels))}


def untrained(build, seeds=JUDGING):
    """Accuracy of a network as it starts, by seed."""
    return [accuracy(build(seed), seed) for seed in seeds]


def together(rows):
    """A list of dicts as a dict of lists."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def measure_rates():
    """The sweep of learning rates, by network: choosing seeds, best rate, and every rate on the judging seeds."""
    found = {}
    for name, how in SHALLOW.items():
        def build(seed, how=how):
            return shallow(seed, **how)
        runs = [[score(build, seed, lr) for lr in RATES] for seed in JUDGING]
        found[name] = choose(build, RATES) | {"scores": runs, "untrained": untrained(build)}
    return found


def measure_patient():
    """`rates` again for 30 epochs, each network at its best of five rates; the plain one stands in "dropout", p = 0."""
    found = {}
    for name in ("without, He's start", "with batch norm"):
        def build(seed, how=SHALLOW[name]):
            return shallow(seed, **how)
        found[name] = choose(build, PATIENT_RATES, PATIENT)
        found[name]["scores"] = [score(build, seed, found[name]["best"], PATIENT) for seed in JUDGING]
    return found


def measure_depth(kinds, rates, epochs):
    """Twelve layers, by kind: choosing seeds, best rate, five judging seeds at that rate, and untrained."""
    found = {}
    for kind in kinds:
        def build(seed, kind=kind):
            return deep(kind, seed)
        found[kind] = choose(build, LOW_RATES if kind == "residual, He" else rates, epochs)
        found[kind] |= {"scores": [score(build, seed, found[kind]["best"], epochs) for seed in FIVE],
                        "untrained": untrained(build, FIVE)}
    return found


def measure_dropout():
    """By training digits and share dropped: accuracy on training and validation digits, and with dropout left on."""
    found = {}
    for name, (every, epochs) in DROP_RUNS.items():
        found[name] = {}
        for p in SHARES:
            def build(seed, p=p):
                return shallow(seed, p=p)
            chosen, rows = choose(build, DROP_RATES, epochs, every), []
            for seed in JUDGING:
                model, (train, validation) = trained(build(seed), seed, chosen["best"], epochs, every), stage(seed)
                rows.append({"training": evaluate(model, criterion, train[::every]).accuracy,
                             "validation": accuracy(model, seed)})
                model.train()
                rows[-1]["left on"] = right(model, validation, [np.arange(len(validation))])
            found[name][f"{p:g}"] = chosen | together(rows)
    return found


def second(part, name, seed):
    """The validation accuracy of a network that a part of the record judges too, at its rate in `SECOND`."""
    lr = SECOND[part][name]
    if part == "longest":
        return score(lambda seed: deep(name, seed), seed, lr, LONGEST)
    how, (every, epochs) = (SHALLOW[name], (1, PATIENT)) if part == "patient" else ({"p": float(name)}, DROP_RUNS[part])
    return score(lambda seed: shallow(seed, **how), seed, lr, epochs, every)


def measure_second():
    """Accuracy at the rates that were not chosen, on the same seeds as at those that were."""
    seeds = {part: FIVE if part == "longest" else JUDGING for part in SECOND}
    return {part: {name: [second(part, name, seed) for seed in seeds[part]] for name in names}
            for part, names in SECOND.items()}


def measure_cost(rounds=5):
    """Processor seconds of an epoch, by kind: the smallest of some, taken in turn. They belong to one machine."""
    spent = {kind: [] for kind in LONGEST_KINDS}
    for _ in range(rounds):
        for kind in spent:
            start = time.process_time()
            trained(deep(kind, 0), 0, 0.003, epochs=1)
            spent[kind].append(time.process_time() - start)
    return {kind: min(times) for kind, times in spent.items()}


def measure_mode():
    """Accuracy in the right mode and the wrong one, with batch norm and without, each at its best rate of the sweep."""
    best = {name: found["best"] for name, found in load()["rates"].items()}
    return {name: together([wrong_mode(seed, best[name], **SHALLOW[name]) for seed in JUDGING])
            for name in ("with batch norm", "without")}


PARTS = {
    "baselines": lambda: together([baselines(seed) for seed in JUDGING]),
    "rates": measure_rates,
    "mode": measure_mode,
    "depth": lambda: measure_depth(DEEP, DEEP_RATES, EPOCHS),
    "longer": lambda: measure_depth(LONG, LONG_RATES, LONGER),
    "longest": lambda: measure_depth(LONGEST_KINDS, LONGEST_RATES, LONGEST),
    "starts": lambda: measure_depth(STARTS, DEEP_RATES, EPOCHS),
    "cost": measure_cost,
    "dropout": measure_dropout,
    "second": measure_second,
    "patient": measure_patient,
}


def load():
    """The committed record: lists over seeds follow `JUDGING` or `FIVE`; ``tried`` is by rate and `CHOOSING`."""
    return _record.read(RECORD)


def main(arguments=None):
    """Measure parts of the record again, all by default, and keep the others."""
    _record.renew(RECORD, _record.named(PARTS), __doc__, arguments)


if __name__ == "__main__":
    main()
