"""All measurements for one number of threads, in one process; prints nothing, returns a dict."""

import functools
import sys
import time

import numpy as np
import torch

from benchmarks import contenders, machine, rungs, timing, works
from cnnlib.data import load_digits, load_mnist
from cnnlib.engine.plan import small_buffer
from cnnlib.models import digits_cnn, lenet5, vgg_like


def note(text):
    print(text, file=sys.stderr, flush=True)


def mnist_images():
    """The test images and labels, or random ones where MNIST is not at hand; and which of the two."""
    try:
        images, labels = load_mnist(train=False)
        return images, labels, "MNIST"
    except FileNotFoundError:
        rng = np.random.default_rng(0)
        return rng.random((2000, 1, 28, 28), np.float32), rng.integers(0, 10, 2000), "random images (no MNIST)"


def cut(images, labels, batch, most=40):
    n = min(len(images) // batch, most)
    return [(images[i * batch : (i + 1) * batch], labels[i * batch : (i + 1) * batch]) for i in range(n)]


def steps(images, labels):
    """Yield (name, function that makes the model, batches)."""
    digits = load_digits()
    rng = np.random.default_rng(0)
    colours = rng.standard_normal((128, 3, 32, 32), np.float32), rng.integers(0, 10, 128)
    for batch in (64, 128, 256):
        yield f"LeNet-5, batch {batch}", lambda: lenet5(rng=np.random.default_rng(1)), cut(images, labels, batch)
    yield "digits CNN, batch 64", lambda: digits_cnn(rng=np.random.default_rng(1)), cut(*digits, 64)
    yield "VGG-like 3x32x32, batch 64", lambda: vgg_like(rng=np.random.default_rng(1)), cut(*colours, 64)


def run(threads, full=False):
    """Measure everything with so many threads; returns a dict for JSON."""
    torch.set_num_threads(threads)
    images, labels, source = mnist_images()
    seconds = 8.0 if full else 2.5
    clock = timing.clock(threads)
    result = {"threads": threads, "data": source, "clock": clock.__name__}
    result |= {"kernels": machine.kernels(), "peak": machine.gemm_peak(clock)}
    result["steps"] = [
        measure_step(name, make, batches, threads, seconds, full) for name, make, batches in steps(images, labels)
    ]
    if threads == 1:
        result["operations"] = [
            measure_operation(group, name, who, work, result["peak"]["numpy"], seconds / 2)
            for group, name, who, work in works.operations(images)
        ]
        result["rungs"] = rungs.climb(images[:64])
        result["growth"] = growth(images, labels, seconds / 2)
    return result


def measure_operation(group, name, who, work, peak, seconds):
    """Check an operation against PyTorch, then time it."""
    note(f"  {name}")
    who["cnnlib"] = small_buffer()(who["cnnlib"])  # as in the engine
    worst = works.differences(who)
    if worst > 2e-5:
        raise AssertionError(f"{name}: cnnlib and PyTorch differ by {worst:.1e}")
    record = {"group": group, "name": name, "difference": worst}
    record |= timing.summary(timing.in_turns(who, seconds, most=200))
    if work:
        gflops = {key: 2e-6 * work / ms for key, ms in record["ms"].items()}
        record |= {"gflops": gflops, "of_peak": gflops["cnnlib"] / peak}
    return record


def measure_step(name, make, batches, threads, seconds, full):
    """Check that all contenders report the same losses, then time a training step."""
    note(f"  {name}, {threads} thread(s)")
    ours, close = contenders.cnnlib_step(make, batches, workers=threads)
    who = {"cnnlib": ours}
    if threads == 1:
        who["cnnlib layers"] = contenders.layers_step(make, batches)
    for mode in ("eager", "channels_last", "compile"):
        who[f"torch {mode}"] = contenders.torch_step(make, batches, mode)
    if "LeNet-5, batch 64" == name:
        who["DeZero"] = lambda: contenders.dezero_step(make, batches)
        who["numpy-ml"] = lambda: contenders.numpy_ml_step(make, batches)
    left_out, losses, slow = {}, {}, {}
    for key in list(who):
        try:
            if key in ("DeZero", "numpy-ml"):
                who[key] = who[key]()
            losses[key] = [who[key]() for _ in range(3)]
            start = time.perf_counter()
            who[key]()
            if time.perf_counter() - start > 0.5 and not key.startswith(("cnnlib", "torch")):
                slow[key] = min(_timed(who[key]) for _ in range(2))
                del who[key]
        except Exception as problem:  # a peer that cannot run here is reported, not hidden
            if key == "cnnlib":
                raise
            left_out[key] = f"{type(problem).__name__}: {problem}".splitlines()[0][:120]
            who.pop(key, None)
    for key, values in losses.items():
        same = np.allclose(values, losses["cnnlib"], rtol=1e-4)
        if not same and key != "numpy-ml":  # which draws its own weights
            raise AssertionError(f"{name}: {key} reports the losses {values}, cnnlib {losses['cnnlib']}")
    times = timing.in_turns(who, seconds, least=7, most=200, threads=threads)
    record = {"name": name, "threads": threads, **timing.summary(times), "left_out": left_out}
    for key, value in slow.items():
        record["ms"][key] = 1e3 * value
    record["multiple_of_eager"] = {key: ms / record["ms"]["torch eager"] for key, ms in record["ms"].items()}
    close()
    return record


def _timed(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def growth(images, labels, seconds):
    """Exponents of the time of a step against batch, image area and channels (fitted to the logarithms)."""
    found = {}

    def fit(name, sizes, functions):
        note(f"  growth with {name}")
        times = timing.in_turns(dict(zip(map(str, sizes), functions, strict=True)), seconds)
        best = [float(np.median(times[str(size)])) for size in sizes]
        slope = float(np.polyfit(np.log(sizes), np.log(best), 1)[0])
        found[name] = {"sizes": list(sizes), "ms": [1e3 * t for t in best], "exponent": slope}

    batches = (64, 128, 256, 512)
    lenet = functools.partial(lenet5, rng=np.random.default_rng(1))
    fit("batch (LeNet-5 step)", batches, [contenders.cnnlib_step(lenet, cut(images, labels, n))[0] for n in batches])
    for name, values in {
        "image area (conv 16->16 3x3)": [(32, 16, n, 16, 3, 1, 1, 1) for n in (16, 24, 32, 48, 64)],
        "image area (conv 1->6 5x5)": [(64, 1, n, 6, 5, 1, 2, 1) for n in (16, 28, 40, 56, 80)],
        "channels (conv C->C 3x3, 16x16)": [(32, n, 16, n, 3, 1, 1, 1) for n in (16, 32, 64, 128)],
    }.items():
        area = name.startswith("image")
        sizes = [v[2] ** 2 if area else v[1] for v in values]
        fit(name, sizes, [small_buffer()(works.convolution(*v)[0]["cnnlib"]) for v in values])
    return found
