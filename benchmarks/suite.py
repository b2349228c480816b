"""All measurements for one number of threads, in one process; prints nothing, returns a dict."""

import functools
import sys
import time

import numpy as np
import torch

from benchmarks import contenders, machine, rungs, timing, works
from cnnlib import layers as L
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
            measure_operation(group, name, who, cost, result["peak"]["numpy"], seconds / 2)
            for group, name, who, cost in works.operations(images)
        ]
        result["rungs"] = rungs.climb(images[:64])
        result["growth"] = growth(images, labels, seconds / 2)
    return result


def measure_operation(group, name, who, cost, peak, seconds):
    """Check an operation against PyTorch in float64, then time it; ``cost`` is as from `works.operations`.

    ``least_ms`` is what NumPy's matrix products would take at their peak, or as many passes at `works.pass_time`.
    """
    note(f"  {name}")
    who["cnnlib"] = small_buffer()(who["cnnlib"])  # as in the engine
    worst = works.differences(who)
    if worst > 1e-5:
        raise AssertionError(f"{name}: cnnlib differs from the exact answer by {worst:.1e}")
    record = {"group": group, "name": name, "difference": worst}
    record |= timing.summary(timing.in_turns(who, seconds, most=200))
    if isinstance(cost, tuple):
        passes, shape = cost
        record["least_ms"] = 1e3 * passes * works.pass_time(shape)
    elif cost:
        gflops = {key: 2e-6 * cost / ms for key, ms in record["ms"].items()}
        record |= {"gflops": gflops, "of_peak": gflops["cnnlib"] / peak}
        if group == "linear":  # a convolution can do with fewer: Winograd
            record["least_ms"] = 2e-6 * cost / peak
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
    """Exponents of the time against batch, image area and channels (fitted to the logarithms), PyTorch's beside."""
    found, rng = {}, np.random.default_rng(2)

    def fit(name, sizes, ours, peers):
        note(f"  growth with {name}")
        times = timing.in_turns({(who, size): f for who, functions in (("cnnlib", ours), ("torch", peers))
                                 for size, f in zip(sizes, functions, strict=True)}, 2 * seconds)
        ms = {who: [1e3 * float(np.median(times[who, size])) for size in sizes] for who in ("cnnlib", "torch")}
        slope = {who: float(np.polyfit(np.log(sizes), np.log(values), 1)[0]) for who, values in ms.items()}
        found[name] = {"sizes": list(sizes), "ms": ms["cnnlib"], "exponent": slope["cnnlib"],
                       "torch_ms": ms["torch"], "torch_exponent": slope["torch"]}

    def steps(name, sizes, make, batches):
        ours = [contenders.cnnlib_step(make, batch)[0] for batch in batches]
        fit(name, sizes, ours, [contenders.torch_step(make, batch, "channels_last") for batch in batches])

    lenet = functools.partial(lenet5, rng=np.random.default_rng(1))
    batches = (64, 128, 256, 512)
    steps("batch (LeNet-5 step)", batches, lenet, [cut(images, labels, n) for n in batches])
    sides = (16, 28, 40, 56, 80)
    pictures = [[(rng.random((64, 1, n, n), np.float32), rng.integers(0, 10, 64))] for n in sides]
    steps("image area (step of two convolutions)", [n * n for n in sides], two_convolutions, pictures)
    for name, values in {
        "image area (conv 16->16 3x3)": [(32, 16, n, 16, 3, 1, 1, 1) for n in (16, 24, 32, 48, 64)],
        "image area (conv 1->6 5x5)": [(64, 1, n, 6, 5, 1, 2, 1, True) for n in (16, 28, 40, 56, 80)],
        "channels (conv C->C 3x3, 16x16)": [(32, n, 16, n, 3, 1, 1, 1) for n in (16, 32, 64, 128)],
    }.items():
        sizes = [v[2] ** 2 if name.startswith("image") else v[1] for v in values]
        who = [works.convolution(*v)[0] for v in values]
        fit(name, sizes, [small_buffer()(w["cnnlib"]) for w in who], [w["torch channels_last"] for w in who])
    return found


def two_convolutions():
    """LeNet's convolutions with a global average after them, for images of any size."""
    rng = np.random.default_rng(1)
    return L.Sequential(
        L.Conv2d(1, 6, 5, padding=2, rng=rng), L.ReLU(), L.MaxPool2d(2),
        L.Conv2d(6, 16, 5, padding=2, rng=rng), L.ReLU(), L.MaxPool2d(2),
        L.AdaptiveAvgPool2d(1), L.Flatten(), L.Linear(16, 10, rng=rng),
    )  # fmt: skip
