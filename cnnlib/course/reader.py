"""The network of the network laboratory: trained on MNIST by `cnnlib`, kept as a file of 45 kB.

    CNNLIB_DATA=… python -m cnnlib.course.reader     # train again and write page/reader.safetensors

Two convolutions and a linear layer, 11,274 weights. Every image is moved by up to two pixels, turned and stretched a
little in every epoch: what a reader draws is centred as MNIST's digits are, and still never quite as these.
"""

import numpy as np

from cnnlib import augment, checkpoint
from cnnlib.course import bundle
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import load_mnist
from cnnlib.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.optim import Adam
from cnnlib.schedules import CosineAnnealingLR
from cnnlib.training import evaluate, fit

FILE = bundle.PAGE / "reader.safetensors"
SIZE, SEED, EPOCHS, BATCH, RATE = 28, 0, 10, 64, 0.002
SHIFT, DEGREES, STRETCH = 2, 12, (0.85, 1.15)


def network(seed=SEED, dtype=np.float32):
    """The network, untrained: from images (N, 1, 28, 28) to ten scores.

    Examples
    --------
    >>> sum(p.size for p in network().parameters())
    11274
    """
    start = {"rng": np.random.default_rng([1, seed]), "dtype": dtype}
    return Sequential(
        Conv2d(1, 8, 5, padding=2, **start), ReLU(), MaxPool2d(2),
        Conv2d(8, 16, 5, padding=2, **start), ReLU(), MaxPool2d(2),
        Flatten(), Linear(16 * 7 * 7, 10, **start),
    )  # fmt: skip


def reader(dtype=np.float64):
    """The network with the weights that are kept.

    Examples
    --------
    >>> reader()(np.zeros((5, 1, 28, 28))).shape
    (5, 10)
    """
    model = network(dtype=dtype)
    arrays, _ = checkpoint.load(FILE)
    model.load_state_dict({name: array.astype(dtype) for name, array in arrays.items()})
    return model.eval()


def moved(x, rng):
    """Images that are moved, turned and stretched, each in its own way."""
    return augment.random_affine(x, rng, pixels=SHIFT, degrees=DEGREES, factors=STRETCH)


def train():
    """Train the network and keep its weights; say how many of the test images it reads."""
    model, rng = network(), np.random.default_rng([2, SEED])
    train, test = load_mnist(), load_mnist(train=False)
    optimizer = Adam(model.parameters(), lr=RATE)
    steps = EPOCHS * -(-len(train) // BATCH)
    fit(model, CrossEntropyLoss(), optimizer, train, epochs=EPOCHS, batch_size=BATCH, rng=rng, progress=False,
        augment=moved, schedule=CosineAnnealingLR(optimizer, steps), schedule_every="step")
    accuracy = evaluate(model, CrossEntropyLoss(), test).accuracy
    checkpoint.save(FILE, model.state_dict(), {"test accuracy": f"{accuracy:.4f}"})
    print(f"{accuracy:.2%} of MNIST's test images")


if __name__ == "__main__":
    train()
