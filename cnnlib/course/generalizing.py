"""Chapter 7's long experiments: what helps on new digits, over ten ways to draw the digits.

    python -m cnnlib.course.generalizing            # measure again and write records/generalizing.json

The chapter runs each comparison once or a few times; this script repeats them on ten seeds. Every seed deals the
chapter's training and validation digits anew. The chapter's test digits take no part.
"""


import numpy as np

from cnnlib.course import _record
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import Dataset, load_digits, split
from cnnlib.history import EarlyStopping
from cnnlib.models import mlp
from cnnlib.optim import SGD, Adam
from cnnlib.training import evaluate, fit, predict

RECORD = _record.FOLDER / "generalizing.json"
SEEDS = tuple(range(10))
FEW, WRONG = 200, (0.0, 0.3)
DECAYS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1)
STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # one pixel right, left, down, up
CRITERION = CrossEntropyLoss()


def parts():
    """Training, validation and test digits, split as chapter 7 splits them."""
    digits = load_digits()
    whole = Dataset(digits.images.astype(np.float64), digits.labels)
    return split(whole, (0.6, 0.2, 0.2), np.random.default_rng(0), stratify=True)


def dealt(seed):
    """The digits outside the test set, dealt anew: 1,078 to learn from and 360 to judge by."""
    train, validation, _ = parts()
    together = Dataset(*(np.concatenate(both) for both in zip(train, validation, strict=True)))
    order = np.random.default_rng([7, seed]).permutation(len(together))
    return together[order[: len(train)]], together[order[len(train):]]


def mislabelled(part, share, rng):
    """The same images, a share of them with a wrong label, each wrong one as likely as the others.

    Parameters
    ----------
    part : Dataset
        Labels from 0 to 9.
    share : float
    rng : numpy.random.Generator

    Returns
    -------
    Dataset
    """
    labels = part.labels.copy()
    chosen = rng.permutation(len(labels))[: round(share * len(labels))]
    labels[chosen] = (labels[chosen] + rng.integers(1, 10, len(chosen))) % 10
    return Dataset(part.images, labels)


def nearest(known, images):
    """The label of the nearest known image, by squared distance over all pixels; of equals, the first.

    Parameters
    ----------
    known : Dataset
    images : array (N, ...)

    Returns
    -------
    array of int (N,)

    Examples
    --------
    >>> known = Dataset(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([3, 8]))
    >>> nearest(known, np.array([[0.2, 0.4], [1.0, 0.5]]))
    array([3, 8])
    """
    a, b = known.images.reshape(len(known), -1), images.reshape(len(images), -1)
    distance = (a**2).sum(axis=1) - 2 * b @ a.T  # and b's own squares, the same for every a
    return known.labels[distance.argmin(axis=1)]


def moved(images, down, right):
    """Images moved by at most one pixel; what moves in is empty.

    Parameters
    ----------
    images : array (N, 1, H, W)
    down, right : -1, 0 or 1

    Returns
    -------
    array (N, 1, H, W)

    Examples
    --------
    >>> moved(np.array([[[[1, 2], [3, 4]]]]), 1, 0)[0, 0]
    array([[0, 0],
           [1, 2]])
    """
    height, width = images.shape[2:]
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return padded[..., 1 - down : 1 - down + height, 1 - right : 1 - right + width]


def _share(said, truth):
    return float((said == truth).mean())


def neighbours(seed):
    """Right on new digits, in place and moved by a pixel: nearest neighbour, and 512 units stopped early."""
    train, validation = dealt(seed)
    model, _ = trained(512, train, validation, seed, epochs=60, patience=8)
    answers = {"nearest": lambda x: nearest(train, x), "network": lambda x: predict(model, x).argmax(axis=1)}
    places = [validation.images, *(moved(validation.images, *step) for step in STEPS)]
    right = {name: [_share(answer(x), validation.labels) for x in places] for name, answer in answers.items()}
    return {name: [shares[0], float(np.mean(shares[1:]))] for name, shares in right.items()}


def trained(hidden, train, validation, seed, epochs, patience=None):
    """A network trained with Adam, and its history; with ``patience`` stopped early."""
    r = np.random.default_rng([1, seed])
    model = mlp([64, hidden, 10], rng=r, dtype=np.float64)
    stopping = None if patience is None else EarlyStopping(patience=patience)
    history = fit(model, CRITERION, Adam(model.parameters(), lr=0.01), train, validation, epochs=epochs, batch_size=32,
                  rng=r, early_stopping=stopping, progress=False)
    return model, history


def stopping(seed, share):
    """Right on 878 new digits after 60 epochs, and stopped early; then the epoch gone back to. 512 units."""
    train, validation = dealt(seed)
    few, fresh = mislabelled(train[:FEW], share, np.random.default_rng([2, seed])), train[FEW:]
    (run_on, _), (stopped, history) = (trained(512, few, validation, seed, 60, patience) for patience in (None, 8))
    return [*(evaluate(model, CRITERION, fresh).accuracy for model in (run_on, stopped)), history.best_epoch + 1]


def decayed(seed, share, decay):
    """Validation accuracy, and loss and accuracy on 878 new digits: 128 units, SGD, 100 epochs of 200 digits."""
    train, validation = dealt(seed)
    few, fresh = mislabelled(train[:FEW], share, np.random.default_rng([2, seed])), train[FEW:]
    r = np.random.default_rng([1, seed])
    model = mlp([64, 128, 10], rng=r, dtype=np.float64)
    fit(model, CRITERION, SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=decay), few, epochs=100,
        batch_size=25, rng=r, progress=False)
    return [evaluate(model, CRITERION, validation).accuracy, *evaluate(model, CRITERION, fresh)]


def measure():
    """All runs; see `neighbours`, `stopping` and `decayed` for what a list holds, by seed."""
    return {
        "decays": DECAYS, "wrong": WRONG,
        "neighbours": [neighbours(seed) for seed in SEEDS],
        "stopping": [[stopping(seed, share) for seed in SEEDS] for share in WRONG],
        "decay": [[[decayed(seed, share, decay) for seed in SEEDS] for decay in DECAYS] for share in WRONG],
    }


def load():
    """The committed record."""
    return _record.read(RECORD)


if __name__ == "__main__":
    _record.renew(RECORD, {"everything": lambda _: measure()}, __doc__)
