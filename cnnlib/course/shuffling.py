"""Chapter 8's long experiment: digits somewhere in a field, their pixels shuffled more and more.

    python -m cnnlib.course.shuffling               # measure again and write records/shuffled_pixels.json

The chapter runs the two ends, no shuffle and a full one. This script adds what takes minutes: each network's
learning rate, chosen on validation digits for every amount of shuffling, and the test accuracy at that rate on seeds
that took no part in the choice.
"""


import numpy as np

from cnnlib import data
from cnnlib.course import _record
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.models import mlp
from cnnlib.optim import Adam
from cnnlib.scenes import place
from cnnlib.training import evaluate, fit

RECORD = _record.FOLDER / "shuffled_pixels.json"
SIZE, CENTRED, COPIES = 16, 8, 2
EPOCHS, LONGER, BATCH = 20, 60, 32
FRACTIONS = (0, 0.1, 0.25, 0.5, 0.75, 1)
RATES = (0.001, 0.003, 0.01, 0.03)
CHOOSING, JUDGING = (100, 101, 102), (0, 1, 2, 3, 4)


def stage(seed, size=SIZE):
    """Training, validation and test digits in fields of a size, and the order of a full shuffle, all from one seed."""
    digits, rng = data.load_digits(), np.random.default_rng([8, seed])
    digits = data.Dataset(digits.images.astype(np.float64), digits.labels)
    train, validation, test = data.split(digits, (0.6, 0.2, 0.2), rng, stratify=True)
    train = train[np.tile(np.arange(len(train)), COPIES)]
    return [place(part, size, rng) for part in (train, validation, test)], rng.permutation(size * size)


def partial(order, fraction):
    """The order that moves only a fraction of the pixels, and deals those out among their own places.

    Parameters
    ----------
    order : array of int (pixels,)
        A full shuffle. A larger fraction moves the same pixels and more.
    fraction : float

    Returns
    -------
    array of int (pixels,)

    Examples
    --------
    >>> partial(np.array([3, 1, 2, 0]), 0.5)
    array([0, 3, 2, 1])
    """
    moved, index = order[: round(fraction * len(order))], np.arange(len(order))
    index[np.sort(moved)] = moved
    return index


def shuffled(part, order):
    """The same dataset, the pixels of every image in another order."""
    x = part.images.reshape(len(part), -1)[:, order]
    return data.Dataset(x.reshape(part.images.shape), part.labels)


def network(name, seed, size=SIZE):
    """A multilayer perceptron or a small convolutional network, from the start that belongs to a seed."""
    start = {"rng": np.random.default_rng([1, seed]), "dtype": np.float64}
    if name == "MLP":
        return mlp([size * size, 128, 10], **start)
    return Sequential(
        Conv2d(1, 8, 3, padding=1, **start), ReLU(), MaxPool2d(2),
        Conv2d(8, 16, 3, padding=1, **start), ReLU(), MaxPool2d(2),
        Flatten(), Linear(16 * (size // 4) ** 2, 10, **start),
    )  # fmt: skip


def trained(name, seed, fraction, lr, epochs=EPOCHS, size=SIZE):
    """Accuracy on training, validation and test digits after one training."""
    parts, order = stage(seed, size)
    train, validation, test = (shuffled(part, partial(order, fraction)) for part in parts)
    model, criterion = network(name, seed, size), CrossEntropyLoss()
    fit(model, criterion, Adam(model.parameters(), lr=lr), train, epochs=epochs, batch_size=BATCH,
        rng=np.random.default_rng([2, seed]), progress=False)
    return tuple(evaluate(model, criterion, part).accuracy for part in (train, validation, test))


def choose(name, fraction, size=SIZE):
    """Validation accuracies by rate and seed, and the rate with the best mean."""
    tried = [[trained(name, seed, fraction, lr, size=size)[1] for seed in CHOOSING] for lr in RATES]
    return tried, RATES[int(np.argmax(np.mean(tried, axis=1)))]


def measure():
    """All runs, by network.

    ``validation`` is by fraction, rate and seed, ``best`` the rate for each fraction, ``test`` the accuracy at that
    rate by fraction and seed; ``longer`` holds training and test accuracy by seed, fully shuffled, after `LONGER`
    epochs; ``centred`` is the best rate in fields as small as the digits, in place and shuffled.
    """
    record = {"fractions": FRACTIONS, "rates": RATES}
    record |= {key: {} for key in ("validation", "best", "test", "longer", "centred")}
    for name in ("CNN", "MLP"):
        tried, best = zip(*(choose(name, fraction) for fraction in FRACTIONS), strict=True)
        record["validation"][name], record["best"][name] = tried, best
        record["test"][name] = [[trained(name, seed, fraction, lr)[2] for seed in JUDGING]
                                for fraction, lr in zip(FRACTIONS, best, strict=True)]
        longer = [trained(name, seed, 1, best[-1], LONGER) for seed in JUDGING]
        record["longer"][name] = {"train": [run[0] for run in longer], "test": [run[2] for run in longer]}
        record["centred"][name] = [choose(name, fraction, CENTRED)[1] for fraction in (0, 1)]
    return record


def load():
    """The committed record."""
    return _record.read(RECORD)


if __name__ == "__main__":
    _record.renew(RECORD, {"everything": lambda _: measure()}, __doc__)
