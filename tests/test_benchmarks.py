"""The benchmarks measure what they say: contenders that compute the same, a fair stopwatch, a table."""

import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import contenders, memory, mnist, report, rungs, timing, works
from cnnlib.models import digits_cnn


def batches(rng):
    return [(rng.random((16, 1, 8, 8), np.float32), rng.integers(0, 10, 16)) for _ in range(3)]


def make():
    return digits_cnn(rng=np.random.default_rng(1))


def test_contenders_report_the_same_losses():
    data = batches(np.random.default_rng(0))
    step, close = contenders.cnnlib_step(make, data)
    expected = [step() for _ in range(5)]
    close()
    assert np.allclose([contenders.layers_step(make, data)() for _ in range(1)], expected[:1], rtol=1e-5)
    for mode in ("eager", "channels_last"):
        step = contenders.torch_step(make, data, mode)
        assert np.allclose([step() for _ in range(5)], expected, rtol=1e-4)


@pytest.mark.parametrize(
    "who",
    [
        works.convolution(4, 2, 9, 3, 3, 2, 1, 1)[0], works.convolution(4, 16, 8, 16, 3, 1, 1, 1)[0],
        works.convolution(4, 4, 8, 4, 3, 1, 1, 4)[0], works.linear(4, 7, 5), works.cross_entropy(6, 4),
        works.pooling("max", np.random.default_rng(0).random((3, 2, 8, 8), np.float32), 2, 2),
        works.pooling("avg", np.random.default_rng(0).random((3, 2, 8, 8), np.float32), 3, 2),
        works.relu(np.random.default_rng(0).standard_normal((3, 2, 4, 4), np.float32)),
        works.batch_norm(np.random.default_rng(0).standard_normal((3, 2, 4, 4), np.float32)),
    ],
)  # fmt: skip
def test_operations_agree_before_they_are_timed(who):
    assert works.differences(who) < 1e-5


def test_multiply_adds_of_a_convolution():
    _, work = works.convolution(2, 3, 8, 5, 3, 1, 1, 1)
    assert work == 3 * (2 * 5 * 8 * 8) * (3 * 3 * 3)  # three passes, outputs, multiply-adds for each


def test_stopwatch_takes_turns_and_compares_medians():
    order = []
    who = {"cnnlib": lambda: order.append("A"), "torch eager": lambda: order.append("B")}
    times = timing.in_turns(who, 0.0, least=3)
    assert {len(values) for values in times.values()} == {3}
    turns = [name for name, _ in itertools.groupby(order)]
    assert turns[-6:] == ["A", "B"] * 3
    fixed = {"cnnlib": np.array([1.0, 2.0, 9.0]), "torch eager": np.full(3, 4.0), "torch compile": np.full(3, 8.0)}
    summary = timing.summary(fixed)
    assert summary["fastest"] == "torch eager" and summary["ratio"] == 0.5
    assert summary["spread"] == [0.375, 1.375] and summary["ms"]["torch compile"] == 8000.0


def test_every_rung_of_the_ladder_is_checked():
    images = np.random.default_rng(0).random((2, 1, 7, 7), np.float32)
    w = np.random.default_rng(1).random((3, 1, 5, 5), np.float32)
    a, b, c = (rung(images, w, 2) for rung in (rungs.seven_loops, rungs.window_by_window, rungs.tap_by_tap))
    assert np.allclose(a, b, rtol=1e-5) and np.allclose(a, c, rtol=1e-5)


def test_recipe_is_the_same_in_pytorch():
    from cnnlib.data import Dataset

    rng = np.random.default_rng(0)
    data = Dataset(rng.random((256, 1, 28, 28), np.float32), rng.integers(0, 10, 256))
    model, _ = mnist.train(data, seed=3, epochs=1)
    predict, _ = mnist.train_torch(data, seed=3, epochs=1)
    x = data.images[:20]
    assert np.abs(model(x) - predict(x)).max() < 1e-3
    assert 0 <= mnist.accuracy(predict, data[:50]) <= 1


def test_table_shows_what_was_measured():
    timed = {"ms": {"cnnlib": 1.5, "torch eager": 3.0}, "ratio": 0.5, "spread": [0.4, 0.6], "fastest": "torch eager"}
    result = {
        "machine": dict.fromkeys(("processor", "cores", "python", "numpy", "torch", "date", "load_average"), "1"),
        "runs": [{
            "threads": 1, "clock": "process_time", "data": "MNIST", "peak": {"numpy": 100.0, "torch": 90.0},
            "kernels": [{"internal_api": "openblas", "architecture": "Haswell"}],
            "steps": [{"name": "LeNet-5", "left_out": {"DeZero": "ImportError"}, **timed}],
            "operations": [{"name": "conv", "of_peak": 0.5, **timed}],
            "rungs": [{"name": "seven loops", "us_per_image": 1.0}], "growth": {"batch": {"exponent": 1.02}},
        }],
        "memory": {"cnnlib": 50.0, "torch": 300.0},
    }  # fmt: skip
    text = "\n".join(report.lines(result))
    for words in ("Haswell", "LeNet-5", "0.50", "DeZero left out", "to the power 1.02", "cnnlib 50"):
        assert words in text


def test_command_explains_itself():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=True)
    assert all(word in done.stdout for word in ("--full", "--output", "--threads"))


def test_measuring_processes_do_not_inherit_pinned_kernels(monkeypatch):
    from benchmarks.__main__ import environment, in_process

    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert "OPENBLAS_CORETYPE" not in environment(1) and environment(2)["OMP_NUM_THREADS"] == "2"
    assert os.environ["OPENBLAS_CORETYPE"] == "Haswell"
    assert in_process("import json; print('chatter'); print(json.dumps([1, 2]))", 1) == json.loads("[1, 2]")


def test_memory_trains_in_both_libraries(monkeypatch):
    monkeypatch.setattr(memory, "STEPS", 2)
    for library in ("cnnlib", "torch"):
        memory.train(library)
