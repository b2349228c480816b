"""A small training run that is always the same, for the tests of training and of resuming."""

import json
import signal

import numpy as np

from cnnlib import augment, checkpoint, resume, training
from cnnlib.data import Dataset
from cnnlib.layers import BatchNorm2d, Conv2d, CrossEntropyLoss, Dropout, Flatten, Linear, MaxPool2d, ReLU
from cnnlib.module import Sequential
from cnnlib.optim import SGD, Adagrad, Adam, AdamW, NAdam, RMSprop
from cnnlib.schedules import CosineAnnealingLR, LinearLR, OneCycleLR, ReduceLROnPlateau, SequentialLR, StepLR
from cnnlib.training import EarlyStopping, fit

N, BATCH, EPOCHS = 20, 6, 3
STEPS = 4 * EPOCHS  # three batches of six and one of two, three times

RECIPES = {
    "sgd": lambda p: (SGD(p, lr=0.05, momentum=0.9, nesterov=True), lambda o: StepLR(o, 2, 0.1), "epoch"),
    "adam": lambda p: (Adam(p, lr=0.01), lambda o: CosineAnnealingLR(o, EPOCHS), "epoch"),
    "adamw": lambda p: (AdamW(p, lr=0.01), lambda o: OneCycleLR(o, max_lr=0.02, total_steps=STEPS + 4), "step"),
    "rmsprop": lambda p: (RMSprop(p, lr=0.01, momentum=0.5, centered=True), lambda o: None, "epoch"),
    "nadam": lambda p: (NAdam(p, lr=0.01, weight_decay=0.1), lambda o: warm_up_and_cycle(o), "step"),
    "adagrad": lambda p: (Adagrad(p, lr=0.01), lambda o: ReduceLROnPlateau(o, patience=0, threshold=1.0), "epoch"),
}


def warm_up_and_cycle(optimizer):
    warm_up, cycle = LinearLR(optimizer, total_iters=3), OneCycleLR(optimizer, max_lr=0.02, total_steps=STEPS)
    return SequentialLR(optimizer, [warm_up, cycle], [5])


def rng(seed=0):
    return np.random.default_rng(seed)


def some_data(n=N, seed=5, dtype=np.float32):
    return Dataset(rng(seed).random((n, 1, 4, 4)).astype(dtype), rng(seed + 1).integers(0, 3, n))


def network(seed=1, dropout_rng=None, dtype=np.float32):
    g = rng(seed)
    return Sequential(
        Conv2d(1, 4, 3, padding=1, rng=g, dtype=dtype),
        BatchNorm2d(4, dtype=dtype),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Dropout(0.3, rng=dropout_rng or rng(seed + 1)),
        Linear(16, 3, rng=g, dtype=dtype),
    )


class Setup:
    """Everything for a run, always the same; ``fit`` makes it."""

    def __init__(self, recipe="sgd", shared_generator=False, dtype=np.float32, **options):
        self.rng = rng(3)
        self.model = network(dropout_rng=self.rng if shared_generator else None, dtype=dtype)
        self.optimizer, schedule, every = RECIPES[recipe](self.model.parameters())
        self.schedule, self.stopping = schedule(self.optimizer), EarlyStopping(patience=EPOCHS)
        self.criterion = CrossEntropyLoss()
        self.options = {
            **{"validation": some_data(10, 8, dtype), "epochs": EPOCHS, "batch_size": BATCH, "rng": self.rng},
            **{"schedule": self.schedule, "schedule_every": every, "early_stopping": self.stopping},
            **{"augment": shifted, "progress": False},
        } | options
        self.train = some_data(dtype=dtype)

    def fit(self, interrupting=None, **options):
        arguments = (self.model, self.criterion, self.optimizer, self.train)
        WAITING[:] = [] if interrupting is None else [interrupting]
        try:
            self.history = fit(*arguments, **self.options | options)
        finally:
            WAITING.clear()
        return self

    def everything(self):
        """All that changes in a run, as bytes and text: equal only if every bit is."""
        arrays = {}
        parts = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        parts |= {"stopping": self.stopping.state_dict(), "history": vars(self.history)}
        parts["schedule"] = None if self.schedule is None else self.schedule.state_dict()
        parts["generators"] = [g.bit_generator.state for _, g in resume._generators(self.model, self.rng)]
        text = {name: repr(resume.pack(part, name, arrays)) for name, part in parts.items()}
        return text, {name: (a.dtype, a.shape, a.tobytes()) for name, a in arrays.items()}


def shifted(x, g):
    for interrupting in WAITING:
        interrupting.count()
    return augment.shift(x, 0.5, g)


WAITING = []  # who interrupts `shifted`


class Interrupting:
    """On the ``at``-th call of `shifted` do ``what`` first."""

    def __init__(self, at, what):
        self.left, self.what = at, what

    def count(self):
        self.left -= 1
        if self.left == 0:
            self.what()


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def raise_interrupt():
    raise KeyboardInterrupt


def raise_memory_error():
    raise MemoryError("as if")


def given_losses(monkeypatch, losses):
    left = iter(losses)
    monkeypatch.setattr(training, "evaluate", lambda *a, **k: training.Evaluation(next(left), 0.5))


def steps_in(path):
    """How many steps the run in a file has done."""
    _, metadata = checkpoint.load(path)
    return len(resume.unpack(json.loads(metadata["state"])["history"], {})["step_loss"])
