"""Chapter 17's stage: digits somewhere in a field, and a small network that has learned to read them.

The network is trained by `cnnlib`; the chapter then moves it to PyTorch, rightly and wrongly.
"""

import numpy as np

from cnnlib import data
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.optim import Adam
from cnnlib.scenes import place
from cnnlib.training import fit

SIZE, COPIES = 12, 4
BATCH, PARTS = 32, ((0.01, 6), (0.001, 2))  # learning rate, epochs


def stage(seed, copies=COPIES):
    """Training and test digits, each at a random place of a 12 × 12 field.

    Parameters
    ----------
    seed : int
        Splits the bundled digits, 7 to 3, and draws the places.
    copies : int, optional
        How often each training digit is placed.

    Returns
    -------
    train, test : Dataset
        Images (N, 1, 12, 12) in float64.

    Examples
    --------
    >>> train, test = stage(0, copies=1)
    >>> train.images.shape, test.images.shape
    ((1258, 1, 12, 12), (539, 1, 12, 12))
    """
    digits, rng = data.load_digits(), np.random.default_rng([17, seed])
    digits = data.Dataset(digits.images.astype(np.float64), digits.labels)
    train, test = data.split(digits, (0.7, 0.3), rng, stratify=True)
    return place(train[np.tile(np.arange(len(train)), copies)], SIZE, rng), place(test, SIZE, rng)


def network(seed, normed=True):
    """Two convolutions and a linear layer, untrained, in float64.

    ``normed`` puts batch norm after the second convolution, which then needs no bias.
    """
    start = {"rng": np.random.default_rng([1, seed]), "dtype": np.float64}
    norm = [BatchNorm2d(16, dtype=np.float64)] if normed else []
    return Sequential(
        Conv2d(1, 8, 3, padding=1, **start), ReLU(), MaxPool2d(2),
        Conv2d(8, 16, 3, padding=1, bias=not normed, **start), *norm, ReLU(), MaxPool2d(2),
        Flatten(), Linear(16 * (SIZE // 4) ** 2, 10, **start),
    )  # fmt: skip


def trained(seed, train, parts=PARTS):
    """A `network` that has learned the digits ``train``: ``parts`` are pairs of a rate and a number of epochs.

    The slow end matters here: without it batch norm's remembered statistics lag behind weights that still move, and
    evaluation mode can read several digits in a hundred fewer than training mode.
    """
    model = network(seed)
    optimizer, rng = Adam(model.parameters()), np.random.default_rng([2, seed])
    for optimizer.lr, epochs in parts:
        fit(model, CrossEntropyLoss(), optimizer, train, epochs=epochs, batch_size=BATCH, rng=rng, progress=False)
    return model.eval()
