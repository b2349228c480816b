"""The benchmarks measure what they say: contenders that compute the same, a fair stopwatch, a table."""

import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import contenders, goals, memory, mnist, report, rungs, suite, timing, works
from benchmarks.__main__ import RECORD
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
        works.convolution(4, 1, 8, 6, 3, 1, 1, 1, first=True)[0],
        works.convolution(4, 4, 8, 4, 3, 1, 1, 4)[0], works.linear(4, 7, 5), works.cross_entropy(6, 4),
        works.pooling("max", np.random.default_rng(0).random((3, 2, 8, 8), np.float32), 2, 2)[0],
        works.pooling("avg", np.random.default_rng(0).random((3, 2, 8, 8), np.float32), 3, 2)[0],
        works.relu(np.random.default_rng(0).standard_normal((3, 2, 4, 4), np.float32)),
        works.batch_norm(np.random.default_rng(0).standard_normal((3, 2, 4, 4), np.float32)),
    ],
)  # fmt: skip
def test_operations_agree_before_they_are_timed(who):
    assert works.differences(who) < 1e-5


def test_multiply_adds_of_a_convolution():
    _, work = works.convolution(2, 3, 8, 5, 3, 1, 1, 1)
    assert work == 3 * (2 * 5 * 8 * 8) * (3 * 3 * 3)  # three passes, outputs, multiply-adds for each
    _, work = works.convolution(2, 3, 8, 5, 3, 1, 1, 1, first=True)
    assert work == 2 * (2 * 5 * 8 * 8) * (3 * 3 * 3)


def test_nobody_computes_the_gradient_of_the_images_in_a_first_layer():
    for first, shapes in ((True, [(5, 3, 3, 3), (5,)]), (False, [(2, 3, 8, 8), (5, 3, 3, 3), (5,)])):
        who, _ = works.convolution(2, 3, 8, 5, 3, 1, 1, 1, first=first)
        assert [tuple(gradient.shape) for gradient in who["torch eager"]()[1:]] == shapes
        assert len(who["cnnlib"]()) == 1 + len(shapes)
    assert [name for name, geometry in works.CONVOLUTIONS.items() if geometry[1] == 1 and True not in geometry[8:]] == [
        "conv 1->6 5x5, 28x28, as a later layer"]


def test_passes_of_pooling():
    x = np.random.default_rng(0).random((3, 2, 7, 7), np.float32)
    assert works.pooling("max", x, 2, 2)[1] == (3 * 4, (3, 3, 2, 3))
    assert works.pooling("max", x, 3, 2)[1] == (8 * 4 + 5, (3, 3, 2, 3))  # five taps share inputs with others
    assert works.pooling("avg", x, 2, 2)[1] == (4 + 5, (3, 3, 2, 3))


@pytest.mark.parametrize(
    "group, cost, least",
    [("linear", 3e6, 0.06), ("pooling", (20, (3, 3)), 40.0), ("convolution", 3e6, None), ("activation", None, None)],
)
def test_least_time_is_that_of_products_at_their_peak_or_of_quick_passes(monkeypatch, group, cost, least):
    monkeypatch.setattr(works, "pass_time", lambda shape: 2e-3)
    who = works.relu(np.ones((2, 1, 2, 2), np.float32))
    record = suite.measure_operation(group, "any", who, cost, peak=100.0, seconds=0.0)
    if least is None:
        assert "least_ms" not in record
    else:
        assert record["least_ms"] == pytest.approx(least)
        assert goals.at_best(record) == pytest.approx(least / min(v for k, v in record["ms"].items() if k != "cnnlib"))


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


def test_every_rung_has_its_spread(monkeypatch):
    monkeypatch.setattr(rungs, "SECONDS", 0.01)
    for rung in rungs.climb(np.random.default_rng(0).random((2, 1, 9, 9), np.float32)):
        low, high = rung["spread"]
        assert 0 < low <= rung["us_per_image"] <= high


def test_recipe_is_the_same_in_pytorch():
    from cnnlib.data import Dataset

    rng = np.random.default_rng(0)
    data = Dataset(rng.random((256, 1, 28, 28), np.float32), rng.integers(0, 10, 256))
    once = mnist.Recipe(epochs=1, batch=64, max_lr=0.1, weight_decay=1e-4)
    model, _ = mnist.train(data, seed=3, recipe=once)
    predict, _ = mnist.train_torch(data, seed=3, recipe=once)
    x = data.images[:20]
    assert np.abs(model(x) - predict(x)).max() < 1e-3
    assert 0 <= mnist.accuracy(predict, data[:50]) <= 1


def test_the_test_set_takes_no_part_in_the_choice(monkeypatch):
    from cnnlib.data import Dataset

    assert not set(mnist.CHOOSING) & set(mnist.SEEDS) and mnist.RECIPE in mnist.CANDIDATES
    seen, part = [], Dataset(np.zeros((60000, 1), np.float32), np.arange(60000))
    monkeypatch.setattr(mnist, "load_mnist", lambda **options: seen.append(options) or part)
    monkeypatch.setattr(mnist, "train", lambda data, *rest: (seen.append(data.labels), 1.0))
    monkeypatch.setattr(mnist, "score", lambda model, data: seen.append(data.labels) or 0.5)
    assert next(mnist.choose(seeds=(1,)))[1:] == ([0.5], 1.0)
    options, trained, scored = seen
    assert options == {} and np.array_equal(np.concatenate([trained, scored]), part.labels)


def test_table_shows_what_was_measured():
    timed = {"ms": {"cnnlib": 1.5, "torch eager": 3.0}, "ratio": 0.5, "spread": [0.4, 0.6], "fastest": "torch eager"}
    result = {
        "machine": dict.fromkeys(("processor", "cores", "python", "numpy", "torch", "date", "load_average"), "1"),
        "runs": [{
            "threads": 1, "clock": "process_time", "data": "MNIST", "peak": {"numpy": 100.0, "torch": 90.0},
            "kernels": [{"internal_api": "openblas", "architecture": "Haswell"}],
            "steps": [{"name": "LeNet-5", "left_out": {"DeZero": "ImportError"}, **timed}],
            "operations": [{"name": "conv", "of_peak": 0.5, "least_ms": 2.31, **timed}],
            "rungs": [{"name": "seven loops", "us_per_image": 1.0}],
            "growth": {"batch": {"exponent": 1.02, "torch_exponent": 1.1}},
        }],
        "memory": {"cnnlib": 50.0, "torch": 300.0},
    }  # fmt: skip
    text = "\n".join(report.lines(result))
    for words in ("Haswell", "LeNet-5", "0.50", "0.77", "DeZero left out", "to the power 1.02", "cnnlib 50"):
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


def timed(name, ratio, eager=1.0):
    """A record of a step or an operation that took ``ratio`` times as long as the fastest mode."""
    ms = {"cnnlib": ratio, "torch channels_last": 1.0, "torch eager": eager}
    return {"name": name, "ms": ms, "ratio": ratio, "fastest": "torch channels_last"}


def goals_of(threads=1, **parts):
    """The lines of a result with one run, by name."""
    run = {"threads": threads, "steps": parts.pop("steps", [])}
    run |= {part: parts.pop(part) for part in ("operations", "growth") if part in parts}
    return {line.name: line for line in goals.compare({"runs": [run], **parts})}


@pytest.mark.parametrize(
    "part, name, must, aim",
    [
        ("steps", "LeNet-5, batch 64", 0.55, 0.35), ("steps", "LeNet-5, batch 128", 0.55, 0.35),
        ("steps", "digits CNN, batch 64", 0.55, 0.35), ("steps", "VGG-like 3x32x32, batch 64", 1.0, 0.7),
        ("operations", "conv 1->6 5x5, 28x28 (LeNet C1, first layer)", 1.15, 0.8),
        ("operations", "max pooling 2x2, 6x28x28", 0.7, 0.3), ("operations", "average pooling 2x2, 16x28x28", 0.7, 0.3),
        ("operations", "linear 400->120, batch 64", 0.7, 0.3), ("operations", "softmax cross-entropy 64x10", 0.7, 0.3),
    ],
)  # fmt: skip
def test_required_ratios_with_one_thread(part, name, must, aim):
    for ratio, met, aim_met in ((aim, True, True), ((aim + must) / 2, True, False), (must + 1e-6, False, False)):
        (line,) = goals_of(**{part: [timed(name, ratio)]}).values()
        assert (line.must, line.aim, line.value, line.met, line.aim_met) == (must, aim, ratio, met, aim_met)


def test_required_ratios_with_two_threads():
    names = ("LeNet-5, batch 64", "LeNet-5, batch 128", "LeNet-5, batch 256", "digits CNN, batch 64", "VGG-like")
    lines = goals_of(2, steps=[timed(name, 0.6) for name in names])
    assert list(lines) == ["LeNet-5, batch 64, 2 threads", "LeNet-5, batch 128, 2 threads"]
    assert {(line.must, line.aim) for line in lines.values()} == {(0.7, 0.4)}


def test_depthwise_is_compared_with_eager():
    (line,) = goals_of(operations=[timed("depthwise 32 3x3, 28x28", 3.0, eager=2.0)]).values()
    assert line.name == "depthwise 32 3x3, 28x28 (beside torch eager)"
    assert (line.value, line.must, line.aim, line.met) == (1.5, 2.0, 1.0, True)


def test_what_has_no_requirement_and_what_was_not_measured_has_no_line():
    measured = [timed("ReLU, 16x28x28", 9.0), timed("batch norm, 16x28x28", 9.0)]
    growth = {"channels (conv C->C 3x3, 16x16)": {"exponent": 2.0}}
    assert goals_of(steps=[timed("LeNet-5, batch 256", 9.0)], operations=measured, growth=growth) == {}


def test_required_memory_growth_and_accuracy():
    growth = {"batch (LeNet-5 step)": {"exponent": 1.06}, "image area (conv 1->6 5x5)": {"exponent": 1.0}}
    runs = [{"accuracy": 0.99, "seconds": 9.0}] * 5
    mnist = {"cnnlib": runs, "mean_accuracy": 0.98996, "seconds": 9.0, "threads": 2}
    lines = goals_of(growth=growth, memory={"cnnlib": 60.0}, mnist=mnist)
    found = [(line.texts, line.met, line.aim_met) for line in lines.values()]
    assert found == [
        (("60 MiB", "100 MiB", "60 MiB"), True, True), (("1.06", "1.05", "1.00"), False, False),
        (("1.00", "1.05", "1.00"), True, True), (("98.996 %", "99.00 %", "–"), False, False),  # not "99.00 %, missed"
        (("9.0 s", "15.0 s", "8.0 s"), True, False),
    ]  # fmt: skip
    few = goals_of(mnist=mnist | {"cnnlib": runs[:4]})
    assert list(few) == ["MNIST, median time of a training, 2 threads"]  # the accuracy is required of five seeds


def test_report_ends_with_what_is_met_and_missed():
    result = json.loads(RECORD.read_text(encoding="utf-8"))
    text = list(report.lines(result))
    lines = goals.compare(result)
    assert text[-1] == f"{sum(line.met for line in lines)} of {len(lines)} met"
    for line, row in zip(lines, text[-1 - len(lines) : -1], strict=True):
        assert row.startswith(line.name) and row.endswith("missed") == (not line.met)
