"""MNIST to 99 % in NumPy alone, and PyTorch's time for the same: ``python -m benchmarks.mnist``.

The recipe, in full: LeNet-5 (modern variant), batches in a new order every epoch, stochastic gradient descent with
Nesterov momentum, a one-cycle learning rate from ``max_lr / 25`` up and down to almost nothing. Pixels divided by
255, no augmentation; nothing is chosen during a run.

How it was chosen: ``python -m benchmarks.mnist --choose`` trains every candidate on the first 50,000 training images
and scores it on the other 10,000, with seeds of its own (``CHOOSING``). The best of them is written down as `RECIPE`.
The test set is looked at once for each of the ``SEEDS``, which took no part in the choice, and never otherwise.
"""

import argparse
import itertools
import json
import time
from dataclasses import asdict, dataclass, replace

import numpy as np

from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import batches, load_mnist
from cnnlib.engine import compile
from cnnlib.models import lenet5
from cnnlib.optim import SGD
from cnnlib.schedules import OneCycleLR

HELD_OUT = 10000
CHOOSING, SEEDS = (101, 102, 103), (11, 12, 13, 14, 15)


@dataclass(frozen=True)
class Recipe:
    """How to train."""

    epochs: int
    batch: int
    max_lr: float
    weight_decay: float
    momentum: float = 0.9


RECIPE = Recipe(epochs=4, batch=64, max_lr=0.1, weight_decay=5e-4)
CANDIDATES = [
    Recipe(epochs, batch, rate, decay)
    for (epochs, batch), rate, decay in itertools.product([(4, 64), (5, 128)], [0.05, 0.1, 0.2], [2e-4, 5e-4])
]


def train(data, seed, workers=1, recipe=RECIPE):
    """Train one network; returns the model and the seconds it took."""
    rng = np.random.default_rng(seed)
    model = lenet5(rng=rng)
    criterion = CrossEntropyLoss()
    optimizer = SGD(model.parameters(), lr=recipe.max_lr, momentum=recipe.momentum,
                    weight_decay=recipe.weight_decay, nesterov=True)
    total = recipe.epochs * (len(data) // recipe.batch)
    schedule = OneCycleLR(optimizer, recipe.max_lr, total, cycle_momentum=False)
    start = time.perf_counter()
    with compile(model, workers=workers) as engine:
        for _ in range(recipe.epochs):
            for x, y in batches(*data, recipe.batch, rng, drop_last=True):
                engine.train_step(x, y, criterion, optimizer)
                schedule.step()
    return model, time.perf_counter() - start


def train_torch(data, seed, threads=1, recipe=RECIPE):
    """The same recipe in PyTorch; returns accuracy's network as a function, and the seconds it took."""
    import torch

    from benchmarks.contenders import torch_model

    torch.set_num_threads(threads)
    rng = np.random.default_rng(seed)
    model = torch_model(lenet5(rng=rng)).to(memory_format=torch.channels_last)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=recipe.max_lr, momentum=recipe.momentum,
                                weight_decay=recipe.weight_decay, nesterov=True)
    total = recipe.epochs * (len(data) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.max_lr, total, cycle_momentum=False)
    start = time.perf_counter()
    for _ in range(recipe.epochs):
        for x, y in batches(*data, recipe.batch, rng, drop_last=True):
            x = torch.from_numpy(x).contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad()
            criterion(model(x), torch.from_numpy(y)).backward()
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - start

    def predict(x):
        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()

    return predict, seconds


def accuracy(predict, test, batch=500):
    """Share of the test images that are named right."""
    images, labels = test
    right = sum(
        int((predict(images[i : i + batch]).argmax(1) == labels[i : i + batch]).sum())
        for i in range(0, len(images), batch)
    )
    return right / len(images)


def score(model, data):
    """Accuracy of a trained model."""
    engine = compile(model.eval())
    return accuracy(lambda x: engine(x, keep=False), data)


def choose(workers=2, seeds=CHOOSING, candidates=CANDIDATES):
    """Score every candidate on a held-out part of the training set; yields (recipe, accuracies, seconds)."""
    data = load_mnist()
    part, held_out = data[:-HELD_OUT], data[-HELD_OUT:]
    for recipe in candidates:
        runs = [train(part, seed, workers, recipe) for seed in seeds]
        yield recipe, [score(model, held_out) for model, _ in runs], float(np.median([s for _, s in runs]))


def run(seeds=5, workers=2, recipe=RECIPE, peers=5):
    """Train with so many seeds, and PyTorch with the first ``peers`` of them; returns a dict for JSON."""
    data, test = load_mnist(), load_mnist(train=False)
    runs, others = [], []
    for i, seed in enumerate(SEEDS[:seeds]):
        model, seconds = train(data, seed, workers, recipe)
        runs.append({"seed": seed, "seconds": seconds, "accuracy": score(model, test)})
        if i < peers:
            predict, seconds = train_torch(data, seed, workers, recipe)
            others.append({"seed": seed, "seconds": seconds, "accuracy": accuracy(predict, test)})
    scores = [r["accuracy"] for r in runs]
    return {
        "recipe": asdict(recipe),
        "chosen": f"The recipe was chosen among {len(CANDIDATES)} on {HELD_OUT:,} held-out training images, with other "
                  "seeds; the test set was looked at once for each seed.",
        "threads": workers,
        "cnnlib": runs,
        "torch channels_last": others,
        "mean_accuracy": float(np.mean(scores)),
        "spread": float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0,
        "seconds": float(np.median([r["seconds"] for r in runs])),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train LeNet-5 on MNIST to 99 % with cnnlib.")
    parser.add_argument("--seeds", type=int, default=5, choices=range(1, 6), help="how many networks (default 5)")
    parser.add_argument("--threads", type=int, default=2, choices=(1, 2), help="processes of the engine (default 2)")
    parser.add_argument("--epochs", type=int, default=RECIPE.epochs, help=f"default {RECIPE.epochs}")
    parser.add_argument("--peers", type=int, default=5, help="also train so many in PyTorch (default 5)")
    parser.add_argument("--choose", action="store_true", help="compare recipes on held-out training images instead")
    options = parser.parse_args()
    if options.choose:
        for recipe, scores, seconds in choose(options.threads):
            each = ", ".join(f"{s:.2%}" for s in scores)
            print(f"{recipe}: {np.mean(scores):.3%} ({each}) in {seconds:.1f} s", flush=True)
    else:
        recipe = replace(RECIPE, epochs=options.epochs)
        print(json.dumps(run(options.seeds, options.threads, recipe, options.peers), indent=1))
