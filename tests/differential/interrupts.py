"""Interrupt an engine with two processes at random moments: afterwards it is right, or says what is wrong.

``python -m tests.differential.interrupts --trials 200``. Three kinds, in turn: Ctrl-C (between any two instructions, in
forward, backward, a step, a run of `fit`, while the second process is made), an error in the augmentation during `fit`,
and the death of the second process.
"""

import argparse
import collections
import contextlib
import os
import signal
import sys
import time

import numpy as np
import tqdm

from cnnlib.criteria import CrossEntropyLoss
from cnnlib.engine import compile
from cnnlib.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, Tanh
from cnnlib.optim import SGD
from cnnlib.training import fit

LIMIT = 1e-10
KINDS = ("interrupt", "augmentation", "kill")


class Broken(Exception):
    """What the augmentation raises."""


def model(rng):
    """A network with a bit of everything that may be split."""
    more = {"rng": rng, "dtype": "float64"}
    return Sequential(Conv2d(1, 4, 3, **more), ReLU(), MaxPool2d(2), Conv2d(4, 4, 2, **more), Tanh(), Flatten(),
                      Linear(64, 16, **more), ReLU(), Linear(16, 5, **more))  # fmt: skip


class Trials:
    """One engine after another, each of them interrupted many times."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.model = model(self.rng)
        self.engine = compile(self.model, workers=2, input_gradient=True)
        self.long = 2e-3  # seconds that a call takes

    def batch(self, n):
        return self.rng.standard_normal((n, 1, 12, 12)), self.rng.integers(0, 5, n)

    # --- what is interrupted

    def work(self, kind):
        """Do something with the engine, chosen by chance."""
        x, y = self.batch(int(self.rng.integers(16, 40)))
        what = self.rng.integers(5)
        if what == 4:
            self.engine.close()  # so that the second process is made anew, in the middle of it
        if kind == "augmentation" or what == 3:
            return self.fit(kind, x, y)
        if what in (0, 4):
            self.engine(x)
        elif what == 1:
            self.engine(x)
            self.engine.backward(self.rng.standard_normal((len(x), 5)))
        else:
            self.engine.loss_and_backward(CrossEntropyLoss(), x, y)
        return None

    def fit(self, kind, x, y):
        left = int(self.rng.integers(1, 6)) if kind == "augmentation" else 1000

        def augment(x, rng):
            nonlocal left
            left -= 1
            if left == 0:
                raise Broken
            return x

        fit(self.model, CrossEntropyLoss(), SGD(self.model.parameters(), lr=0.01), (x, y), epochs=3, batch_size=16,
            rng=self.rng, augment=augment, engine=self.engine, progress=False)

    def trial(self, kind):
        """Return how the work ended: "done", "interrupted", or the error that it ended with."""
        start = time.perf_counter()
        try:
            with self.alarm(kind, self.rng.uniform(0, 6 * self.long)):
                self.work(kind)
        except KeyboardInterrupt:
            return "interrupted"
        except Broken:
            return "broken"
        except RuntimeError as error:
            if "second process" not in str(error):
                raise
            return "a clear error"
        self.long = 0.9 * self.long + 0.1 * min(time.perf_counter() - start, 5e-3)
        return "done"

    @contextlib.contextmanager
    def alarm(self, kind, seconds):
        """Send a signal in the middle of what follows."""
        if kind == "augmentation":
            yield
            return

        def ring(*_):
            worker = self.engine._worker
            if kind == "interrupt":
                os.kill(os.getpid(), signal.SIGINT)
            elif worker is not None and worker.process.pid:
                os.kill(worker.process.pid, signal.SIGKILL)

        before = signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    # --- whether it is right afterwards

    def check(self):
        """Return "right", "a clear error", or what is wrong."""
        for attempt in range(2):
            try:
                return self.compare()
            except Exception as error:
                if "second process" not in str(error) or attempt:
                    return f"{type(error).__name__}: {error}"
        return "a clear error"

    def compare(self):
        x, y = self.batch(int(self.rng.integers(16, 40)))
        dy, criterion = self.rng.standard_normal((len(x), 5)), CrossEntropyLoss()
        self.model.train()
        with contextlib.suppress(RuntimeError, ValueError):  # there is no pass to go back through, or a whole one
            self.engine.backward(dy)
        results = []
        for run in (self.model, self.engine):
            self.model.zero_grad()
            out = [run(x), run.backward(dy), *(p.grad for p in self.model.parameters())]
            self.model.zero_grad()
            if run is self.model:
                scores = run(x)
                loss = criterion(scores, y)
                run.backward(criterion.backward())
            else:
                loss, scores = run.loss_and_backward(criterion, x, y)
            results.append([*out, np.asarray(loss), scores, *(p.grad for p in self.model.parameters())])
        worst = max(np.abs(a - b).max() / np.abs(a).max() for a, b in zip(*results, strict=True))
        return "right" if worst <= LIMIT else f"wrong by {worst:.1e}"


def run(trials, seed=0, silent=True):
    """Return how often each outcome came: ``Counter`` of (kind, how the work ended, what came afterwards)."""
    found, state = collections.Counter(), Trials(seed)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for i in tqdm.trange(trials, disable=silent):
            kind = KINDS[i % 3]
            ended = state.trial(kind)
            found[kind, ended, state.check()] += 1
            if i % 20 == 19:
                state.engine.close()
                state = Trials([seed, i])
    finally:
        signal.signal(signal.SIGINT, before)
        state.engine.close()
    return found


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.differential.interrupts", description=__doc__)
    parser.add_argument("--trials", type=int, default=200, metavar="N", help="how many (200)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    found = run(options.trials, options.seed, silent=None)
    for (kind, ended, after), count in sorted(found.items()):
        print(f"{kind:<14} {ended:<16} afterwards {after:<24} {count:>4}")
    wrong = sum(count for (_, _, after), count in found.items() if after not in ("right", "a clear error"))
    print(f"{options.trials} trials, {wrong} wrong afterwards")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
