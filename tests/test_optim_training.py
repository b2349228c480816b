"""Training a small network with each optimiser, step for step beside PyTorch."""

import numpy as np
import pytest
import torch
from optimizers import OPTIMIZERS, rng

from cnnlib import optim
from cnnlib.layers import BatchNorm2d, Conv2d, CrossEntropyLoss, Flatten, Linear, MaxPool2d, ReLU, Sequential

# The richest options of each kind. With maximize the loss would rise without end, and rounding with it: that sign is
# tested on given gradients.
CHOSEN = {name: options for name, options in OPTIMIZERS if not options.get("maximize")}
each = pytest.mark.parametrize(("name", "options"), CHOSEN.items(), ids=CHOSEN)


def small_cnn(dtype):
    """The first convolution has no bias: batch norm takes it out again, so that its gradient is rounding noise,
    and Adam and RMSprop make full steps of noise. Two builds of PyTorch would not agree on them either.
    """
    start = {"rng": rng(0), "dtype": dtype}
    ours = Sequential(
        *(Conv2d(1, 4, 3, padding=1, bias=False, **start), BatchNorm2d(4, dtype=dtype), ReLU(), MaxPool2d(2)),
        *(Conv2d(4, 6, 3, **start), ReLU(), Flatten(), Linear(24, 5, **start)),
    )
    nn = torch.nn
    theirs = nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 5)),
    ).to(torch.float64 if dtype == np.float64 else torch.float32)
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.state_dict().items()})
    return ours, theirs


def run_both(name, options, dtype, steps):
    """Train both on the same batches; yield the worst relative error of any parameter after each step."""
    ours, theirs = small_cnn(dtype)
    start = ours.state_dict()
    criterion, loss_function = CrossEntropyLoss(), torch.nn.CrossEntropyLoss()
    a, b = (
        getattr(optim, name)(ours.parameters(), **options),
        getattr(torch.optim, name)(theirs.parameters(), **options),
    )
    data = rng(1)
    for _ in range(steps):
        x, y = data.normal(size=(8, 1, 8, 8)).astype(dtype), data.integers(0, 5, 8)
        a.zero_grad(), b.zero_grad()
        criterion(ours(x), y)
        ours.backward(criterion.backward())
        loss_function(theirs(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        a.step(), b.step()
        pairs = [(p.data, q.detach().numpy()) for p, q in zip(ours.parameters(), theirs.parameters(), strict=True)]
        yield max(np.abs(p - q).max() / np.abs(q).max() for p, q in pairs)
    assert all(np.abs(p.data - start[name]).max() > 1e-3 for name, p in ours.named_parameters())


@each
def test_training_follows_torch_for_200_steps(name, options):
    errors = list(run_both(name, options, np.float64, 200))
    assert max(errors[:50]) < 1e-12, f"{max(errors[:50]):.2g}"
    assert max(errors) < 1e-11, f"{max(errors):.2g}"


@each
def test_training_follows_torch_in_single_precision(name, options):
    errors = list(run_both(name, options, np.float32, 50))
    assert max(errors) < 1e-5, f"{max(errors):.2g}"
