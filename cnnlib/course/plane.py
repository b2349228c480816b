"""Points in a plane, first weights and batches, drawn as the training laboratory draws them.

The laboratory trains in the page, in JavaScript, and its runs are to be had again in Python, number for number. So both
sides share a generator that is small enough to be written down twice, here and in ``page/lab-training-draws.js``, and
everything that chance decides comes from it. A test holds the two together.

Examples
--------
>>> x, labels = points("moons", count=4)
>>> x.shape, labels
((4, 2), array([0, 1, 0, 1]))
>>> batch_rows(seed=0, step=0, n=6, batch_size=4)
array([5, 1, 0, 4])
"""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from cnnlib import _checks as checks
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import Linear, ReLU, Sequential, Sigmoid, Tanh
from cnnlib.optim import SGD, Adam

# Streams that must not repeat one another begin with a number of their own.
POINTS, START, ORDER, LABELS, QUIZ, HELD, NUDGE = range(1, 8)
ACTIVATIONS = {"ReLU": ReLU, "tanh": Tanh, "sigmoid": Sigmoid, "none": None}
RULES = {
    "SGD": (SGD, {}), "momentum 0.5": (SGD, {"momentum": 0.5}), "momentum 0.9": (SGD, {"momentum": 0.9}),
    "momentum 0.99": (SGD, {"momentum": 0.99}), "Nesterov 0.9": (SGD, {"momentum": 0.9, "nesterov": True}),
    "Adam": (Adam, {}),
}  # fmt: skip
FAULTS = ("none", "zero", "nozero", "shuffled", "rate", "sign")
TRAIN, HELD_OUT = 120, 80  # how many of the points that are drawn
TOO_HIGH = 100  # by how much the rate is too high in the fault of that name
WORD = 0xFFFFFFFF


class Draws:
    """mulberry32: whole numbers below 2**32, divided by 2**32.

    Parameters
    ----------
    *keys : int
        Small whole numbers that name the stream.

    Examples
    --------
    >>> random = Draws(START, 0)
    >>> round(random.uniform(), 4), random.permutation(4)
    (0.6829, array([0, 3, 2, 1]))
    """

    def __init__(self, *keys):
        self.state = 1
        for key in keys:
            self.state = ((self.state ^ key) * 0x9E3779B1 + 0x7F4A7C15) & WORD

    def uniform(self) -> float:
        """Return a number in [0, 1)."""
        self.state = (self.state + 0x6D2B79F5) & WORD
        t = (self.state ^ self.state >> 15) * (self.state | 1) & WORD
        t ^= t + (t ^ t >> 7) * (t | 61) & WORD
        return (t ^ t >> 14) / 2**32

    def normal(self) -> float:
        """Return the sum of twelve uniform numbers minus 6: mean 0, variance 1, and nothing to round differently."""
        total = -6.0
        for _ in range(12):
            total += self.uniform()
        return total

    def permutation(self, n: int):
        """Return the numbers from 0 to n - 1, shuffled, as an array (n,)."""
        order = np.arange(n)
        for i in range(n - 1, 0, -1):
            j = math.floor(self.uniform() * (i + 1))
            order[[i, j]] = order[[j, i]]
        return order


def _moons(k, t, random):
    x, y = math.cos(math.pi * t), math.sin(math.pi * t)
    return (0.5 - x, 0.25 - y) if k else (x - 0.5, y - 0.25)


def _circles(k, t, random):
    radius = 0.5 if k else 1.1
    return radius * math.cos(2 * math.pi * t), radius * math.sin(2 * math.pi * t)


def _spirals(k, t, random):
    angle, radius = 1.5 * 2 * math.pi * math.sqrt(t) + k * math.pi, 1.25 * math.sqrt(t)
    return radius * math.cos(angle), radius * math.sin(angle)


def _blobs(k, t, random):
    return (0.6, 0.6) if k else (-0.6, -0.6)


def _xor(k, t, random):
    x, y = 0.15 + random.uniform(), 0.15 + random.uniform()
    side = 1 if t < 0.5 else -1
    return side * x, (1 if k else -1) * side * y


# Where a class has its points, and how wide its noise is.
KINDS = {"moons": (_moons, 1), "circles": (_circles, 1), "spirals": (_spirals, 0.4), "blobs": (_blobs, 3),
         "xor": (_xor, 0.5)}  # fmt: skip


def points(kind, sample=0, noise=0.15, count=200):
    """Draw points of two classes, in turn one of each.

    Parameters
    ----------
    kind : {"moons", "circles", "spirals", "blobs", "xor"}
    sample : int
        Which draw: the same number gives the same points.
    noise : float
        How far points stray from where their class lies.
    count : int

    Returns
    -------
    x : array (count, 2)
        In thousandths.
    labels : array (count,)
        0 and 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one of these.

    Examples
    --------
    >>> points("blobs", noise=0.0, count=2)
    (array([[-0.6, -0.6],
           [ 0.6,  0.6]]), array([0, 1]))
    """
    place, wide = KINDS[checks.one_of("kind", kind, tuple(KINDS))]
    noise = checks.number("noise", noise, 0)
    random = Draws(POINTS, list(KINDS).index(kind), checks.integer("sample", sample, 0))
    x = np.empty((checks.integer("count", count, 1), 2))
    for n in range(count):
        for i, v in enumerate(place(n % 2, random.uniform(), random)):
            x[n, i] = math.floor(1000 * (v + wide * noise * random.normal()) + 0.5) / 1000
    return x, np.arange(count) % 2


def network(sizes, activation="ReLU", seed=0):
    """Make a network with the laboratory's first weights: between ±1/√inputs, as PyTorch's Linear has them.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, classes.
    activation : {"ReLU", "tanh", "sigmoid", "none"}
        Between the layers.
    seed : int

    Returns
    -------
    Sequential
        In float64.

    Examples
    --------
    >>> network([2, 3, 2], "tanh")
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): Tanh()
      (2): Linear(in_features=3, out_features=2, bias=True)
    )
    """
    between = ACTIVATIONS[checks.one_of("activation", activation, tuple(ACTIVATIONS))]
    random, model = Draws(START, checks.integer("seed", seed, 0)), Sequential()
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        if len(model) and between:
            model.append(between())
        layer, most = Linear(inputs, outputs, dtype=np.float64), 1 / math.sqrt(inputs)
        for p in layer.parameters():
            p.data.flat = [most * (2 * random.uniform() - 1) for _ in range(p.data.size)]
        model.append(layer)
    return model


def batch_rows(seed, step, n, batch_size, stream=ORDER):
    """Say which points step number ``step`` learns from: each epoch goes through all once, in an order of its own.

    Parameters
    ----------
    seed, step : int
    n : int
        Points to learn from.
    batch_size : int
    stream : int, optional

    Returns
    -------
    array (<= batch_size,)
        Indices; the last batch of an epoch has what is left.
    """
    steps = math.ceil(n / batch_size)
    epoch, place = divmod(step, steps)
    return _order(stream, seed, epoch, n)[place * batch_size : (place + 1) * batch_size].copy()


@functools.lru_cache(64)
def _order(stream, seed, epoch, n):
    return Draws(stream, seed, epoch).permutation(n)


def hold_out(x, labels, share, sample=0):
    """Split a reader's own points as the laboratory does.

    Parameters
    ----------
    x : array (N, 2)
    labels : array (N,)
    share : float
        Of the points that are held out.
    sample : int
        Which draw.

    Returns
    -------
    learn, held : pairs of arrays
        Points and labels to learn from, and those held out.

    Examples
    --------
    >>> (x, labels), held = hold_out(np.array([[0.0, 1], [2, 3], [4, 5]]), np.array([0, 1, 0]), 1 / 3)
    >>> labels, held[1]
    (array([1, 0]), array([0]))
    """
    order, out = Draws(HELD, sample).permutation(len(x)), math.floor(share * len(x) + 0.5)
    return tuple((x[rows], labels[rows]) for rows in (order[out:], order[:out]))


class Step(NamedTuple):
    """One step of `training`.

    Attributes
    ----------
    model : Sequential
        After the step, with the gradients that it took.
    loss : float
        Of the batch, before the step.
    norm : float
        Length of the gradient, all parameters taken as one vector.
    ratio : float
        Length of the update, over the length of all parameters before it.
    """

    model: Sequential
    loss: float
    norm: float
    ratio: float


def training(
    data="moons", *, sample=0, noise=0.15, added=(), hidden=(6, 2), activation="tanh", rule="momentum 0.9", lr=0.1,
    batch=16, decay=0.0, seed=0, fault="none",
):  # fmt: skip
    """Train as the laboratory does with these settings, in cnnlib, step by step and without end.

    Parameters
    ----------
    data : str or pair of arrays
        A kind of `points`, of which the first 120 are learned from; or points (N, 2) and labels (N,), 0 or 1.
    sample, noise
        See `points`.
    added : sequence of (x, y, label)
        More points to learn from.
    hidden : sequence of int
        Units of each hidden layer.
    activation : {"ReLU", "tanh", "sigmoid", "none"}
    rule : str
        One of ``RULES``.
    lr : float
    batch : int or "all"
    decay : float
        The ``weight_decay`` of the rule.
    seed : int
        Decides the first weights and the batches.
    fault : {"none", "zero", "nozero", "shuffled", "rate", "sign"}
        Weights that start at 0, no ``zero_grad``, labels that belong to other points, a rate a hundred times too high,
        steps that go uphill.

    Yields
    ------
    Step

    Examples
    --------
    >>> for step in itertools.islice(training("blobs", lr=0.5), 3):
    ...     print(f"{step.loss:.3f}")
    0.695
    0.573
    0.464
    """
    checks.one_of("fault", fault, FAULTS)
    if isinstance(data, str):
        data = (part[:TRAIN] for part in points(data, sample, noise, TRAIN + HELD_OUT))
    x, labels = data
    x = np.concatenate([x, np.reshape([place[:2] for place in added], (-1, 2))])
    labels = np.concatenate([labels, np.array([label for _, _, label in added], dtype=int)])
    model, criterion = network([2, *hidden, 2], activation, seed), CrossEntropyLoss()
    kind, options = RULES[checks.one_of("rule", rule, tuple(RULES))]
    optimizer = kind(model.parameters(), lr=lr * (TOO_HIGH if fault == "rate" else 1), weight_decay=decay,
                     maximize=fault == "sign", **options)  # fmt: skip
    if fault == "zero":
        for p in model.parameters():
            p.data[...] = 0
    size = len(x) if batch == "all" else batch
    for t in itertools.count():
        rows = batch_rows(seed, t, len(x), size)
        truth = labels[batch_rows(seed, t, len(x), size, LABELS) if fault == "shuffled" else rows]
        if fault != "nozero":
            optimizer.zero_grad()
        with np.errstate(all="ignore"):  # a run may diverge
            loss = float(criterion(model(x[rows]), truth))
            model.backward(criterion.backward())
            before = [p.data.copy() for p in optimizer.params]
            optimizer.step()
            moves = [p.data - old for p, old in zip(optimizer.params, before, strict=True)]
            norm = _length(p.grad for p in optimizer.params)
            yield Step(model, loss, norm, _length(moves) / _length(before))


def _length(arrays):
    return np.sqrt(sum(np.sum(a**2) for a in arrays))
