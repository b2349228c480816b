"""Rising and falling tones, told apart by a CNN on the spectrogram and by rivals that cannot or can see time."""

import numpy as np

from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import AdaptiveAvgPool2d, AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.models import mlp
from cnnlib.optim import Adam
from cnnlib.sounds import make_chirps, spectrogram
from cnnlib.training import fit, predict

RIVALS = ("mean spectrum", "loudest row", "linear", "1-nearest-neighbour", "CNN")
TRAIN, TEST, BATCH = 120, 200, 16
SECONDS = 0.248  # 1984 samples: one window of 128 and 29 hops of 64, so that backwards gives the same stretches


def sounds(count, seed):
    """Waves (count, samples) in float64 and their labels, 1 for rising."""
    chirps = make_chirps(count, np.random.default_rng(seed), SECONDS)
    return chirps.images.astype(np.float64), chirps.labels


def picture(waves):
    """Spectrograms on a logarithmic scale: (N, 1, frequencies, stretches)."""
    return np.log10(spectrogram(waves) + 0.01)[:, None] / 2


def network(seed):
    """A CNN that ends in the mean over all places: it knows which patterns there were, not where."""
    start = {"rng": np.random.default_rng([1, seed]), "dtype": np.float64}
    return Sequential(
        AvgPool2d(2), Conv2d(1, 8, 5, **start), ReLU(), MaxPool2d(2), Conv2d(8, 8, 3, **start), ReLU(),
        AdaptiveAvgPool2d(1), Flatten(), Linear(8, 2, **start),
    )  # fmt: skip


def learn(model, x, y, seed, lr=0.01, epochs=20):
    """Train, and return a function from pictures to labels."""
    fit(model, CrossEntropyLoss(), Adam(model.parameters(), lr=lr), (x, y), epochs=epochs, batch_size=BATCH,
        rng=np.random.default_rng([2, seed]), progress=False)
    return lambda pictures: predict(model, pictures).argmax(axis=1)


def nearest(x, y):
    """The rule that answers with the label of the training picture that differs least."""
    rows = x.reshape(len(x), -1)

    def answer(pictures):
        new = pictures.reshape(len(pictures), -1)
        return y[np.argmin((rows**2).sum(axis=1) - 2 * new @ rows.T, axis=1)]

    return answer


def loudest(pictures):
    """A rule without training: rising if the loudest row lies higher in the second half than in the first."""
    row = pictures[:, 0].argmax(axis=1)
    half = row.shape[1] // 2
    return (row[:, half:].mean(axis=1) > row[:, :half].mean(axis=1)).astype(int)


def answerers(seed):
    """For each of `RIVALS` a function from pictures to labels, after its training on the sounds of a seed."""
    waves, y = sounds(TRAIN, [6, seed])
    x, start = picture(waves), {"rng": np.random.default_rng([4, seed]), "dtype": np.float64}
    averaged = learn(mlp([x.shape[2], 32, 2], **start), x.mean(axis=3), y, seed, epochs=40)
    return {
        "mean spectrum": lambda pictures: averaged(pictures.mean(axis=3)),
        "loudest row": loudest,
        "linear": learn(mlp([x[0].size, 2], **start), x, y, seed, lr=0.001, epochs=40),
        "1-nearest-neighbour": nearest(x, y),
        "CNN": learn(network(seed), x, y, seed),
    }


def measured(seed):
    """For each of `RIVALS`: the share of right answers, and of answers that change when the sound is turned round."""
    waves, y = sounds(TEST, [7, seed])
    forwards, backwards = picture(waves), picture(waves[:, ::-1])
    said = {name: (answer(forwards), answer(backwards)) for name, answer in answerers(seed).items()}
    return {name: (float(np.mean(a == y)), float(np.mean(a != b))) for name, (a, b) in said.items()}
