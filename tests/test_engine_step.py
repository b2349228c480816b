"""A training step of the engine: its loss, and the second process that takes half of a batch."""

import copy
import itertools
import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from differential import interrupts
from test_engine import TOLERANCE, lenet, worst

from cnnlib.criteria import CrossEntropyLoss, MSELoss
from cnnlib.engine import compile
from cnnlib.engine.loss import cross_entropy, labels
from cnnlib.engine.parallel import OneThread
from cnnlib.engine.plan import Plan
from cnnlib.layers import BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, Sequential, Softmax, Tanh

# --- A second process


def test_two_processes_give_the_same_numbers():
    rng = np.random.default_rng(0)
    model = lenet(rng, np.float64)
    one = compile(model, input_gradient=True)
    with compile(model, input_gradient=True, workers=2) as two:
        for n in (16, 33, 4, 40):
            x, dy = rng.standard_normal((n, 1, 28, 28)), rng.standard_normal((n, 10))
            results = []
            for engine in (one, two, two):
                model.zero_grad()
                results.append((engine(x), engine.backward(dy), *(p.grad for p in model.parameters())))
            assert all(worst(b, a) <= 1e-13 for a, b in zip(*results[:2], strict=True))
            assert all(np.array_equal(a, b) for a, b in zip(*results[1:], strict=True))
            for p in model.parameters():
                p.data -= 0.01 * p.grad
        process = two._worker.process
        assert process.is_alive()
    assert not process.is_alive()


def test_models_that_look_at_the_whole_batch_are_not_split():
    for layer in (BatchNorm2d(2), Dropout(0.5), Softmax(0), Flatten(0)):
        engine = compile(Sequential(Conv2d(2, 2, 1), layer), workers=2)
        engine(np.ones((20, 2, 3, 3), np.float32))
        assert engine._worker is None
    with pytest.raises(ValueError, match="workers must be 1 or 2, got 3"):
        compile(Sequential(), workers=3)


def test_trouble_in_the_other_process():
    engine = compile(lenet(np.random.default_rng(0)), workers=2)
    x = np.zeros((16, 1, 28, 28), np.float32)
    engine(x)
    with pytest.raises(ValueError):
        engine(np.zeros((16, 2, 10, 10), np.float32))
    assert engine(x).shape == (16, 10)
    engine._worker.process.terminate()
    engine._worker.process.join()
    with pytest.raises(RuntimeError, match="second process has ended since the forward pass"):
        engine.backward(np.ones((16, 10), np.float32))
    assert engine(x).shape == (16, 10)
    process = engine._worker.process
    del engine
    assert not process.is_alive()


RUN = """
import signal, sys
import numpy as np
from cnnlib.criteria import CrossEntropyLoss, MSELoss
from cnnlib.engine import compile
from cnnlib.layers import Linear, Sequential
from cnnlib.optim import SGD
from cnnlib.training import fit

signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in what a shell runs in the background
model = Sequential(Linear(6, 3))
engine = compile(model, workers=2)
data = np.ones((64, 6), np.float32), np.zeros(64, int)
engine(data[0])  # the process begins here

def say(x, rng):
    print(engine._worker.process.pid, flush=True)
    return x

try:
    fit(model, CrossEntropyLoss(), SGD(model.parameters(), lr=0.1), data, epochs=1000000, batch_size=32,
        rng=np.random.default_rng(0), augment=say, checkpoint=sys.argv[1], engine=engine)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a group of processes")
def test_ctrl_c_reaches_both_processes_and_ends_the_run_in_order(tmp_path):
    command = [sys.executable, "-c", RUN, str(tmp_path / "run")]
    environment = {**os.environ, "CNNLIB_STATIC": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True, env=environment)
    worker = int(process.stdout.readline())
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out.splitlines()[-1], errors) == (0, "stopped", "")
    assert (tmp_path / "run").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_interrupts_at_random_moments_leave_no_wrong_answer():
    found = interrupts.run(30, seed=1)
    assert sum(found.values()) == 30 and {after for _, _, after in found} <= {"right", "a clear error"}, found
    assert {kind for kind, ended, _ in found if ended != "done"} >= {"interrupt", "augmentation"}, found


def test_a_reply_that_is_left_over_is_dropped():
    rng = np.random.default_rng(0)
    with compile(Sequential(Linear(3, 2, rng=rng)), workers=2) as engine:
        x = rng.standard_normal((2, 20, 3)).astype(np.float32)
        engine(x[0])
        engine._worker.link.send((0, "forward", (10, 3), True))  # a request that nobody waits for
        assert engine._worker.link.poll(20)
        assert worst(engine(x[1]), engine.model(x[1])) <= 1e-6


def test_a_worker_in_which_something_went_wrong_is_not_used_again():
    model = Sequential(Linear(3, 2))
    x = np.random.default_rng(0).standard_normal((2, 20, 3)).astype(np.float32)
    with compile(model, workers=2) as engine:
        engine(x[0])
        first = engine._worker
        with pytest.raises(KeyboardInterrupt), first.work("forward", True, x=x[0, 10:]):
            raise KeyboardInterrupt
        assert worst(engine(x[1]), model(x[1])) <= 1e-6
        assert engine._worker is not first


def test_two_engines_close_at_once_and_give_the_threads_back():
    x = np.ones((20, 3), np.float32)
    before = OneThread.workers
    engines = [compile(Sequential(Linear(3, 2)), workers=2) for _ in range(3)]
    for engine in engines:
        engine(x)
    start = time.perf_counter()
    for left, engine in zip((2, 1, 0), engines, strict=True):
        engine.close()
        engine.close()
        assert OneThread.workers == before + left
    assert time.perf_counter() - start < 2  # a process that is not told to end takes five seconds


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda engine: pickle.loads(pickle.dumps(engine))])
def test_a_copy_is_an_engine_of_its_own(again):
    engine = compile(Sequential(Linear(3, 2), Tanh()), workers=2, input_gradient=True)
    x, dy = np.ones((20, 3), np.float32), np.ones((20, 2), np.float32)
    y = engine(x)
    other = again(engine)
    assert (other.workers, other.input_gradient) == (2, True)
    assert (other.model is engine.model) == (again is copy.copy)
    other(-x)
    assert engine.backward(dy).shape == x.shape
    assert np.array_equal(engine(x), y) and np.array_equal(other(x), y)
    engine.close(), other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_that_was_forked_leaves_the_worker_to_its_owner():
    x = np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32)
    engine = compile(Sequential(Linear(3, 2)), workers=2)
    y, first = engine(x), engine._worker
    child = os.fork()
    if child == 0:
        right = np.array_equal(engine(x), y) and engine._worker is not first
        engine.close()
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert np.array_equal(engine(x), y) and engine._worker is first
    engine.close()


# --- The loss


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_loss_is_that_of_the_criterion(dtype):
    rng = np.random.default_rng(0)
    scores = (10 * rng.standard_normal((7, 5))).astype(dtype)
    scores[0, 0], scores[1] = 1e4, 3
    target, criterion = rng.integers(0, 5, 7), CrossEntropyLoss()
    loss, dscores = cross_entropy(np.ascontiguousarray(scores.T), target, 7)
    assert loss.dtype == dscores.dtype == dtype
    assert worst(np.asarray(loss), np.asarray(criterion(scores, target))) <= TOLERANCE[dtype]
    assert worst(dscores.T, criterion.backward()) <= TOLERANCE[dtype]
    parts = [cross_entropy(np.ascontiguousarray(scores[s].T), target[s], 7) for s in (slice(4), slice(4, 7))]
    assert abs(parts[0][0] + parts[1][0] - loss) <= TOLERANCE[dtype] * loss
    assert worst(np.hstack([parts[0][1], parts[1][1]]), dscores) <= TOLERANCE[dtype]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_loss_of_scores_that_are_not_finite(dtype):
    most, criterion = np.finfo(dtype).max, CrossEntropyLoss()
    for row in itertools.product([0, 1, np.inf, -np.inf, np.nan, most, -most], repeat=3):
        for label in range(3):
            scores, target = np.array([row, (1, 2, 3)], dtype), np.array([label, 0])
            loss, dscores = cross_entropy(np.ascontiguousarray(scores.T), target, 2)
            assert np.allclose(loss, criterion(scores, target), equal_nan=True), (row, label)
            assert np.allclose(dscores.T, criterion.backward(), equal_nan=True), (row, label)


CRITERIA = {
    "plain": (CrossEntropyLoss(), True), "smooth": (CrossEntropyLoss(label_smoothing=0.1), False),
    "ignoring": (CrossEntropyLoss(ignore_index=2), False), "sum": (CrossEntropyLoss(reduction="sum"), False),
    "weighted": (CrossEntropyLoss(np.array([1.0, 2, 1, 1, 3])), False),
}  # fmt: skip


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", CRITERIA)
def test_a_step_with_any_criterion(name, workers, monkeypatch):
    criterion, fast = CRITERIA[name]
    rng = np.random.default_rng(0)
    model = Sequential(Linear(6, 5, rng=rng, dtype=np.float64))
    x, target = rng.standard_normal((21, 6)), rng.integers(0, 5, 21)
    y = model(x)
    loss, dx = criterion(y, target), model.backward(criterion.backward())
    grads = [p.grad for p in model.parameters()]
    assert dx.shape == x.shape
    with compile(model, workers=workers) as engine:
        engine.loss_and_backward(criterion, x, target)
        model.zero_grad()
        if fast:
            monkeypatch.setattr(CrossEntropyLoss, "__call__", None)
        result, output = engine.loss_and_backward(criterion, x, target)
    assert (labels(criterion, target, 21, 5) is not None) == fast and labels(criterion, target, 21, 4) is None
    assert worst(np.asarray(result), np.asarray(loss)) <= 1e-12 and worst(output, y) <= 1e-12
    assert all(worst(p.grad, g) <= 1e-12 for p, g in zip(model.parameters(), grads, strict=True))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_step_refuses_what_the_criterion_refuses(workers):
    model = Sequential(Linear(6, 5))
    x, right = np.ones((20, 6), np.float32), np.zeros(20, int)
    too_large, negative = right + 5, np.where(np.arange(20) == 19, -1, 0)
    with compile(model, workers=workers) as engine:
        for target in (too_large, negative, right[:3], right + 0.5, list(right), too_large):
            with pytest.raises((TypeError, ValueError)):
                engine.loss_and_backward(CrossEntropyLoss(), x, target)
            engine.loss_and_backward(CrossEntropyLoss(), x, right)
    empty, _ = engine.loss_and_backward(CrossEntropyLoss(), x[:0], right[:0])
    assert np.isnan(empty)


def test_what_the_step_returns_is_the_callers():
    model = Sequential(Linear(6, 5), BatchNorm1d(5))  # a batch norm works in the memory of its output on the way back
    x, right = np.random.default_rng(0).standard_normal((8, 6)).astype(np.float32), np.zeros(8, int)
    engine = compile(model)
    y = engine(x)
    for _ in range(2):
        _, output = engine.loss_and_backward(CrossEntropyLoss(), x, right)
        assert np.array_equal(output, y)


def test_each_step_runs_forward_once(monkeypatch):
    model = Sequential(Conv2d(1, 2, 1))  # images come out, so there are no scores to count
    x = np.ones((32, 1, 3, 3), np.float32)
    with compile(model, workers=2) as engine:
        engine.loss_and_backward(MSELoss(), x, np.zeros((32, 2, 3, 3), np.float32))
        calls, forward = [], Plan.forward
        monkeypatch.setattr(Plan, "forward", lambda self, *args: calls.append(1) or forward(self, *args))
        engine.loss_and_backward(MSELoss(), x, np.zeros((32, 2, 3, 3), np.float32))
    assert len(calls) == 1
