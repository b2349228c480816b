"""Chapter 6's long experiment: one network on the digits, trained at many learning rates.

    python -m cnnlib.course.descending              # measure again and write records/descending.json

The chapter runs each contender at its best rate; this script finds those rates. What is measured is always the loss on
all 1,797 digits at the end: how far down an optimiser gets. How right the network is on new digits is another question,
that of chapter 7.
"""

import functools

import numpy as np

from cnnlib import optim
from cnnlib.course import _record
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import load_digits
from cnnlib.models import mlp

RECORD = _record.FOLDER / "descending.json"
SEEDS = tuple(range(5))
RULES = {"SGD": ("SGD", {}), "momentum": ("SGD", {"momentum": 0.9}), "Adam": ("Adam", {})}
ALL_RATES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
BOUNDS = {"SGD": (0.02, 2.0), "momentum": (0.002, 2.0), "Adam": (0.0005, 0.2)}
RATES = {rule: tuple(rate for rate in ALL_RATES if low <= rate <= high) for rule, (low, high) in BOUNDS.items()}
BATCH, STEPS, ALL_STEPS = 32, 500, 200  # steps with mini-batches, and with all digits in each
BATCHES, SEEN = (16, 64, 256), 20_000  # examples that each batch size sees
BATCH_RATES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


def digits():
    """Images as rows of 64 numbers, and labels."""
    data = load_digits()
    return data.images.reshape(len(data.images), -1).astype(np.float64), data.labels


def network(seed):
    """A network 64-32-10 from the start that belongs to a seed."""
    return mlp([64, 32, 10], rng=np.random.default_rng([6, seed]), dtype=np.float64)


def cosine(step, total):
    """The share of the first learning rate that is left at a step: half a wave from 1 to 0.

    Examples
    --------
    >>> [round(float(cosine(step, 4)), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    return (1 + np.cos(np.pi * step / total)) / 2


def final_loss(rule, lr, seed, *, batch=BATCH, steps=STEPS, schedule=None):
    """The loss on all digits after training.

    Parameters
    ----------
    rule : {"SGD", "momentum", "Adam"}
    lr : float
    seed : int
        Decides the start and the batches.
    batch : int or None, optional
        Digits in a batch; None takes all of them in every step.
    steps : int, optional
    schedule : callable, optional
        ``schedule(step, steps)`` is the share of ``lr`` that a step uses.

    Returns
    -------
    float
        Infinite where a number on the way was not finite.
    """
    x, labels = digits()
    model, criterion, rng = network(seed), CrossEntropyLoss(), np.random.default_rng([66, seed])
    kind, options = RULES[rule]
    optimizer = getattr(optim, kind)(model.parameters(), lr=lr, **options)
    with np.errstate(all="ignore"):
        for step in range(steps):
            rows = slice(None) if batch is None else rng.integers(len(x), size=batch)
            optimizer.lr = lr if schedule is None else float(lr * schedule(step, steps))
            loss = criterion(model(x[rows]), labels[rows])
            if not np.isfinite(loss):
                return np.inf
            optimizer.zero_grad()
            model.backward(criterion.backward())
            optimizer.step()
        loss = float(criterion(model(x), labels))
    return loss if np.isfinite(loss) else np.inf


def _runs(rates, run):
    """Losses by rate and seed; None for what was not finite, which JSON lacks."""
    return [[loss if np.isfinite(loss) else None for loss in (run(rate, seed) for seed in SEEDS)] for rate in rates]


def setting(part, name):
    """What a part of the record changes: the rule, the rates, and the options of `final_loss`.

    Parameters
    ----------
    part : {"mini", "cosine", "all", "batch"}
        Mini-batches at a constant rate, the same with a cosine schedule, all digits in every step, or batches of one
        size.
    name : str
        The rule, or the size of the batch.
    """
    if part == "batch":
        return "SGD", BATCH_RATES, {"batch": int(name), "steps": SEEN // int(name)}
    options = {"mini": {}, "cosine": {"schedule": cosine}, "all": {"batch": None, "steps": ALL_STEPS}}[part]
    return name, RATES[name], options


def measure(part):
    """Losses by rate and seed, for each name in a part."""
    found = {}
    for name in map(str, BATCHES) if part == "batch" else RULES:
        rule, rates, options = setting(part, name)
        found[name] = _runs(rates, functools.partial(final_loss, rule, **options))
    return found


PARTS = {part: functools.partial(measure, part) for part in ("mini", "cosine", "all", "batch")}


def load():
    """The committed record, its losses as arrays (rates, seeds), infinite where a run was not finite."""
    record = _record.read(RECORD)
    return {part: {name: np.array([[np.inf if loss is None else loss for loss in row] for row in rows])
                   for name, rows in runs.items()} for part, runs in record.items()}


def best(rates, losses):
    """The rate with the lowest median loss over the seeds, and that median.

    Parameters
    ----------
    rates : sequence (R,)
    losses : array (R, seeds)

    Returns
    -------
    float, float

    Examples
    --------
    >>> best((0.1, 1.0), np.array([[3.0, 2.0, 9.0], [1.0, np.inf, 2.0]]))
    (1.0, 2.0)
    """
    medians = np.median(losses, axis=1)
    return rates[int(medians.argmin())], float(medians.min())


if __name__ == "__main__":
    _record.renew(RECORD, _record.named(PARTS), __doc__)
