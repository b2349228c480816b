"""The ladder of chapters 10 and 18: from seven loops to the engine, each rung checked and timed on one convolution.

The convolution is LeNet's first, 1 -> 6 channels, 5x5, on real images, forward only. Times are per image.
"""

import time

import numpy as np

from cnnlib.conv import conv2d
from cnnlib.engine.block import Block
from cnnlib.engine.stages import to_inner, to_outer
from cnnlib.module import Parameter

SECONDS = 0.5  # for each rung


def seven_loops(x, w, padding):
    """Every multiplication by itself: image, output channel, row, column, input channel, tap row, tap column."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (batch, channels, height, width), (out_channels, _, kh, kw) = x.shape, w.shape
    y = np.zeros((batch, out_channels, height - kh + 1, width - kw + 1), x.dtype)
    for n in range(batch):
        for o in range(out_channels):
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    for c in range(channels):
                        for p in range(kh):
                            for q in range(kw):
                                y[n, o, i, j] += x[n, c, i + p, j + q] * w[o, c, p, q]
    return y


def window_by_window(x, w, padding):
    """One NumPy product for each window, over all images and channels."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = w.shape[2:]
    y = np.zeros((len(x), len(w), x.shape[2] - kh + 1, x.shape[3] - kw + 1), x.dtype)
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            y[:, :, i, j] = np.tensordot(x[:, :, i : i + kh, j : j + kw], w, ((1, 2, 3), (1, 2, 3)))
    return y


def tap_by_tap(x, w, padding):
    """One product for each tap of the kernel, over all windows."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = w.shape[2:]
    height, width = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.zeros((len(x), len(w), height, width), x.dtype)
    for p in range(kh):
        for q in range(kw):
            y += np.einsum("nchw,oc->nohw", x[:, :, p : p + height, q : q + width], w[:, :, p, q], optimize=True)
    return y


def climb(images, padding=2):
    """Time every rung; returns a list of records, slowest first."""
    import torch

    rng = np.random.default_rng(0)
    w = rng.standard_normal((6, 1, 5, 5), dtype=np.float32)
    inner = to_inner(images)
    block = Block(inner.shape, Parameter(w), None, (1, 1), ((padding, padding),) * 2, (1, 1), 1, None, False)
    x, weights = torch.tensor(images), torch.tensor(w)
    ladder = {
        "seven loops": (2, lambda: seven_loops(images[:2], w, padding)),
        "window by window": (len(images), lambda: window_by_window(images, w, padding)),
        "tap by tap": (len(images), lambda: tap_by_tap(images, w, padding)),
        "cnnlib.conv.conv2d": (len(images), lambda: conv2d(images, w, None, 1, padding)),
        "cnnlib.engine": (len(images), lambda: block.forward(inner)),
        "torch": (len(images), lambda: torch.nn.functional.conv2d(x, weights, None, 1, padding)),
    }
    expected, records = conv2d(images, w, None, 1, padding), []
    for name, (count, function) in ladder.items():
        y = function()
        y = y.numpy() if name == "torch" else to_outer(y) if name == "cnnlib.engine" else y
        difference = float(np.abs(y - expected[:count]).max() / np.abs(expected).max())
        if difference > 1e-5:
            raise AssertionError(f"{name} differs from cnnlib.conv.conv2d by {difference:.1e}")
        times = []
        stop = time.perf_counter() + SECONDS
        while not times or time.perf_counter() < stop:
            start = time.process_time()
            function()
            times.append(time.process_time() - start)
        low, middle, high = (1e6 * float(value) / count for value in np.percentile(times, [25, 50, 75]))
        records.append({"name": name, "us_per_image": middle, "spread": [low, high]})
    return records
