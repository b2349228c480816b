"""Peak memory of a whole process that trains LeNet-5: run as ``python -m benchmarks.memory cnnlib|torch``."""

import resource
import subprocess
import sys

STEPS, BATCH = 200, 64


def peaks():
    """MiB for both, by name."""
    return {library: peak(library) for library in ("cnnlib", "torch")}


def peak(library):
    """MiB of a fresh process that trains with ``cnnlib`` or ``torch``."""
    command = [sys.executable, "-m", "benchmarks.memory", library]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def train(library):
    """Train LeNet-5 for a few hundred steps on random bytes in MNIST's format, one batch converted at a time."""
    import numpy as np

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (10000, 1, 28, 28), np.uint8)
    labels = rng.integers(0, 10, 10000)
    step = cnnlib_step() if library == "cnnlib" else torch_step()
    for _ in range(STEPS):
        batch = rng.integers(0, len(pixels), BATCH)
        step(pixels[batch] / np.float32(255), labels[batch])


def cnnlib_step():
    from cnnlib.criteria import CrossEntropyLoss
    from cnnlib.engine import compile
    from cnnlib.models import lenet5
    from cnnlib.optim import SGD

    model = lenet5()
    engine, criterion = compile(model), CrossEntropyLoss()
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    return lambda x, y: engine.train_step(x, y, criterion, optimizer)


def torch_step():
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step(x, y):
        optimizer.zero_grad()
        criterion(model(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        optimizer.step()

    return step


if __name__ == "__main__":
    train(sys.argv[1])
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux KiB
    print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1))
