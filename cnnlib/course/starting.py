"""Chapter 3's long experiments: one and twenty ReLU layers on the digits, from weights that start in different ways.

    python -m cnnlib.course.starting                # measure again and write records/starting.json
    python -m cnnlib.course.starting depths         # a part of it: one of PARTS, or several

Everything but the start is the same: digits, order of the batches, number of steps. Each start has its own learning
rate, chosen on seeds that are not used again, because a rate that suits one start would wrong another. The share of
right answers is that on 359 digits which training does not see.
"""

import functools

import numpy as np

from cnnlib import data, init
from cnnlib.course import _record
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import Linear, ReLU, Sequential, Tanh
from cnnlib.optim import SGD, Adam

RECORD = _record.FOLDER / "starting.json"
WIDTH, DEPTH, STEPS, BATCH, EVERY = 64, 20, 300, 32, 20
CHOOSING, JUDGING = (100, 101, 102), (0, 1, 2, 3, 4)

STARTS = {
    "He": lambda layer, rng: init.kaiming_normal_(layer.weight, nonlinearity="relu", rng=rng),
    "Glorot": lambda layer, rng: init.xavier_normal_(layer.weight, rng=rng),
    "PyTorch's default": lambda layer, rng: init.default_(layer.weight, layer.bias, rng),
    "0.01": lambda layer, rng: init.normal_(layer.weight, 0.0, 0.01, rng),
}
EQUAL = {"all 0": 0.0, "all 0.1": 0.1}
ACTIVATIONS = {"ReLU": ReLU, "tanh": Tanh}
SCALES = (0.25, 0.5, 0.75, 1.0, 1.2, 1.3, 2**0.5, 1.55, 1.75, 2.0)  # standard deviation × √n
DEPTHS = (2, 5, 10, 20)
RATES = {"plain": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3), "Adam": (0.0001, 0.0003, 0.001, 0.003, 0.01)}
FEW_RATES = (0.03, 0.1, 0.3, 1.0, 3.0)  # for a few units
LOW_RATES = (1e-7, 1e-6, 1e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01)  # for large weights, whose steps are large
PROCEDURES = {"plain": SGD, "Adam": Adam}
PATIENT = 1500

criterion = CrossEntropyLoss()


@functools.cache
def digits():
    """All digits as rows of 64 numbers with mean 0 and mean square 1, and what they show.

    Returns
    -------
    x : array (1797, 64)
    target : array (1797,)
    """
    images, target = data.load_digits()
    x = images.reshape(len(images), -1).astype(np.float64)
    return (x - x.mean()) / x.std(), target


@functools.cache
def stage(seed):
    """1,438 digits to learn from and 359 others, divided anew for every seed: ``x, target, x_new, target_new``."""
    learn, new = data.split(digits(), (0.8, 0.2), np.random.default_rng([3, seed]), stratify=True)
    return *learn, *new


def network(start, seed, depth=DEPTH, activation="ReLU", width=WIDTH):
    """Layers with an activation after each, and a last one for the ten digits.

    Parameters
    ----------
    start : str or float
        One of `STARTS` or `EQUAL`; or the standard deviation of all weights times √n, with biases of 0.
    seed : int
    depth : int, optional
        Of the layers with an activation.
    activation : str, optional
        One of `ACTIVATIONS`.
    width : int, optional
        Units in each of these layers.

    Returns
    -------
    Sequential

    Examples
    --------
    >>> len(network("He", 0, depth=3))
    7
    """
    rng, layers, inputs = np.random.default_rng([1, seed]), [], WIDTH
    for outputs in [width] * depth + [10]:
        layer = Linear(inputs, outputs, rng=rng, dtype=np.float64)
        layer.bias.data[:] = 0
        if start in STARTS:
            STARTS[start](layer, rng)
        elif start in EQUAL:
            init.constant_(layer.weight, EQUAL[start])
        else:
            init.normal_(layer.weight, 0.0, start / inputs**0.5, rng)
        layers += [layer, ACTIVATIONS[activation]()]
        inputs = outputs
    return Sequential(*layers[:-1])


def signals(start, seed, depth=DEPTH, activation="ReLU"):
    """The values of every layer after its activation, for all digits: a list of arrays (1797, 64)."""
    h, values = digits()[0], []
    for layer in network(start, seed, depth, activation)[:-1]:
        h = layer(h)
        values.append(h)
        layer.forget()
    return values[1::2]


def right(model, x, target):
    """The share of digits that a network reads, and its loss."""
    z = model(x)
    model.forget()
    return float(np.mean(z.argmax(axis=1) == target)), float(criterion(z, target))


def learn(model, seed, lr, procedure="plain", steps=STEPS):
    """Train a network on the digits of a seed: share right and loss on the others, every `EVERY` steps.

    Parameters
    ----------
    model : Sequential
        Is changed.
    seed : int
        Which digits are to learn from, and in which order.
    lr : float
        The learning rate.
    procedure : str, optional
        One of `PROCEDURES`.
    steps : int, optional

    Returns
    -------
    list of tuple of float
        The first before any step, the last after all of them.
    """
    (x, target, x_new, target_new), rng = stage(seed), np.random.default_rng([2, seed])
    optimizer = PROCEDURES[procedure](model.parameters(), lr=lr)
    with np.errstate(all="ignore"):  # too large a rate overflows; the share right shows it
        film = [right(model, x_new, target_new)]
        for step in range(1, steps + 1):
            batch = rng.choice(len(x), BATCH)
            model.zero_grad()
            criterion(model(x[batch]), target[batch])
            model.backward(criterion.backward())
            optimizer.step()
            if step % EVERY == 0:
                film.append(right(model, x_new, target_new))
    return film


def trained(start, seed, lr, procedure="plain", steps=STEPS, **how):
    """What `learn` returns for a `network`."""
    return learn(network(start, seed, **how), seed, lr, procedure, steps)


def contest(start, procedure="plain", rates=None, **how):
    """A start at its best rate: what was tried (rate by choosing seed), the rate, and films of the judging seeds.

    Returns
    -------
    dict
        ``tried``, ``best``, and ``share`` and ``loss`` by judging seed and moment.
    """
    rates = rates or RATES[procedure]
    tried = [[trained(start, seed, lr, procedure, **how)[-1][0] for seed in CHOOSING] for lr in rates]
    best = rates[int(np.argmax(np.mean(tried, axis=1)))]
    films = np.array([trained(start, seed, best, procedure, **how) for seed in JUDGING])
    return {"tried": np.round(tried, 4).tolist(), "best": best, "share": films[..., 0].round(4).tolist(),
            "loss": [[float(f"{v:.4g}") if np.isfinite(v) else None for v in film] for film in films[..., 1]]}


def copies():
    """Eight hidden units that start equal, beside eight that do not and a single one."""
    found = {start: contest(start, rates=FEW_RATES, depth=1, width=8) for start in (*EQUAL, "He")}
    return found | {"one unit": contest("He", rates=FEW_RATES, depth=1, width=1)}


def depths():
    """Every start with fewer layers, by start and depth; few layers bear one larger rate."""
    rates = (*RATES["plain"], 1.0)
    return {start: {str(depth): contest(start, rates=rates, depth=depth) for depth in DEPTHS[:-1]} for start in STARTS}


def longer():
    """Glorot's start with five times as many steps, at the rate that was best for `STEPS`: share by judging seed."""
    lr = load()["starts"]["Glorot"]["best"]
    films = [trained("Glorot", seed, lr, steps=PATIENT) for seed in JUDGING]
    return {"share": [[round(share, 4) for share, _ in film] for film in films]}


def guessing():
    """By judging seed: the share right of who always answers with the digit that is most frequent in training."""
    shares = []
    for seed in JUDGING:
        _, target, _, target_new = stage(seed)
        shares.append(round(float(np.mean(target_new == np.bincount(target).argmax())), 4))
    return shares


PARTS = {
    "guessing": guessing,
    "copies": copies,
    "starts": lambda: {start: contest(start) for start in STARTS},
    "Adam": lambda: {start: contest(start, "Adam") for start in STARTS},
    "depths": depths,
    "scales": lambda: {f"{scale:.4g}": contest(scale, rates=LOW_RATES if scale > 1.6 else None) for scale in SCALES},
    "longer": longer,
}


def load():
    """The committed record."""
    return _record.read(RECORD)


def main(arguments=None):
    """Measure parts of the record again, all by default, and keep the others."""
    _record.renew(RECORD, _record.named(PARTS), __doc__, arguments)


if __name__ == "__main__":
    main()
