"""Making maps larger: transposed convolutions with kernels of 3 and 4, and enlarging first, then convolving."""

import numpy as np

from cnnlib.course.beyond.finding import digits
from cnnlib.criteria import MSELoss
from cnnlib.layers import Conv2d, ConvTranspose2d, ReLU, Sequential
from cnnlib.module import Layer
from cnnlib.optim import Adam
from cnnlib.training import fit, predict

KINDS = ("kernel 3", "kernel 4", "enlarge, then convolve")
TASKS = ("clouds", "digits")
CHANNELS, EPOCHS, RATE, BATCH, TRAIN = 16, 30, 0.01, 20, 200
EDGE = 4  # pixels at each side that are not measured: padding shows there


class Enlarge(Layer):
    """Every pixel becomes a square of 2 × 2 equal ones."""

    def forward(self, x):
        return x.repeat(2, axis=2).repeat(2, axis=3)

    def backward(self, dy):
        return sum(dy[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1))


def network(kind, seed):
    """From images (N, 1, H, W) to (N, 1, 2H, 2W)."""
    start = {"rng": np.random.default_rng([1, seed]), "dtype": np.float64}
    first = [Conv2d(1, CHANNELS, 3, padding=1, **start), ReLU()]
    if kind == KINDS[0]:
        return Sequential(*first, ConvTranspose2d(CHANNELS, 1, 3, stride=2, padding=1, output_padding=1, **start))
    if kind == KINDS[1]:
        return Sequential(*first, ConvTranspose2d(CHANNELS, 1, 4, stride=2, padding=1, **start))
    return Sequential(*first, Enlarge(), Conv2d(CHANNELS, 1, 3, padding=1, **start))


def pairs(task, seed, count=300):
    """Small images (N, 1, 8, 8) and the large ones (N, 1, 16, 16) whose 2 × 2 means they are."""
    rng = np.random.default_rng([9, seed])
    if task == "clouds":
        large = 0.5 + _blurred(_blurred(rng.normal(size=(count, 1, 22, 22)), axis=2), axis=3)
    else:
        images = digits()[0].images
        large = images[rng.permutation(len(images))[:count]].repeat(2, axis=2).repeat(2, axis=3)
    return large.reshape(count, 1, 8, 2, 8, 2).mean(axis=(3, 5)), large


def _blurred(x, axis):
    kernel = np.array([1, 6, 15, 20, 15, 6, 1]) / 64
    return np.lib.stride_tricks.sliding_window_view(x, len(kernel), axis) @ kernel


def phases(images):
    """The means over the four kinds of pixels, even and odd rows and columns, away from the edge: array (4,)."""
    inside = images[:, :, EDGE:-EDGE, EDGE:-EDGE]
    return np.array([inside[:, :, i::2, j::2].mean() for i in (0, 1) for j in (0, 1)])


def checkerboard(images):
    """How far the four kinds of pixels differ: the standard deviation of `phases`."""
    return float(phases(images).std())


def flat(value=0.5):
    """A picture without any pattern, (1, 1, 12, 12)."""
    return np.full((1, 1, 12, 12), value)


def trained(kind, task, seed):
    """The network after its training on one task."""
    small, large = pairs(task, seed)
    model = network(kind, seed)
    fit(model, MSELoss(), Adam(model.parameters(), lr=RATE), (small[:TRAIN], large[:TRAIN]), epochs=EPOCHS,
        batch_size=BATCH, rng=np.random.default_rng([2, seed]), progress=False)
    return model


def measured(kind, task, seed):
    """The checkerboard on a flat picture before and after training, and the error on new images after it."""
    small, large = pairs(task, seed)
    before, model = checkerboard(predict(network(kind, seed), flat())), trained(kind, task, seed)
    error = predict(model, small[TRAIN:]) - large[TRAIN:]
    return before, checkerboard(predict(model, flat())), float(np.sqrt(np.mean(error**2)))
