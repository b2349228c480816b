"""Chapter 14's stage: digits somewhere in a field, networks to look into, and the judge of their maps.

    python -m cnnlib.course.seeing           # measure again over more seeds and write records/what_the_network_saw.json

The chapter runs each measurement on a few seeds; the record adds seeds, and what takes longer.
"""

import json
import pathlib

import numpy as np

from cnnlib import interpret
from cnnlib.course import shuffling
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import Dataset
from cnnlib.layers import AdaptiveAvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.optim import Adam
from cnnlib.schedules import OneCycleLR
from cnnlib.training import fit

RECORD = pathlib.Path(__file__).resolve().parents[2] / "records" / "what_the_network_saw.json"
SIZE, CHANNELS, LAST = 16, (8, 16, 24), 6  # LAST: the layer whose output are the last maps
EPOCHS, RATE, BATCH = 10, 0.02, 32
COUNTS, JUDGED, SEEDS = (0, 1, 2, 3, 5, 8, 13), 100, range(8)
NAMES = ("occlusion", "gradient × input", "saliency", "Grad-CAM")


def stage(seed):
    """Training, validation and test digits, each somewhere in a field of 16 × 16; the stage of chapter 8."""
    return shuffling.stage(seed, SIZE)[0]


def network(seed):
    """The chapter's network before training: three convolutions from He's start, the mean of every map, ten scores."""
    rng, layers, inputs = np.random.default_rng([1, seed]), [], 1
    for outputs in CHANNELS:
        conv = Conv2d(inputs, outputs, 3, padding=1, rng=rng, dtype=np.float64)
        conv.weight.data[...] = rng.normal(0, np.sqrt(2 / (9 * inputs)), size=conv.weight.shape)
        layers += [conv, ReLU()] + ([MaxPool2d(2)] if inputs == 1 else [])
        inputs = outputs
    head = Linear(inputs, 10, rng=rng, dtype=np.float64)
    return Sequential(*layers, AdaptiveAvgPool2d(1), Flatten(), head)


def trained(seed, part, epochs=EPOCHS, augment=None):
    """The network of a seed after training on a part, in evaluation mode."""
    model = network(seed)
    optimizer = Adam(model.parameters(), lr=RATE)
    schedule = OneCycleLR(optimizer, max_lr=RATE, total_steps=epochs * -(-len(part) // BATCH))
    fit(model, CrossEntropyLoss(), optimizer, part, epochs=epochs, batch_size=BATCH, schedule=schedule,
        schedule_every="step", augment=augment, rng=np.random.default_rng([2, seed]), progress=False)
    return model


def predict(model, x):
    """What a model answers, nothing kept for a backward pass."""
    said = model(x).argmax(axis=1)
    model.forget()
    return said


# --- Maps and their judge -------------------------------------------------------------------------------------------


def maps_of(model, x, target):
    """The four maps of every image, each brought to the size of the image, in the order of ``NAMES``.

    Parameters
    ----------
    model : Sequential
        As `network` makes it.
    x : array (N, 1, H, W)
    target : array of int (N,)
        Whose score.

    Returns
    -------
    dict of str to array (N, H, W)
    """
    coarse = interpret.grad_cam(model, x, target, LAST)
    factor = x.shape[2] // coarse.shape[1]
    maps = (interpret.occlusion(model, x, target, size=1), interpret.gradient_times_input(model, x, target),
            interpret.saliency(model, x, target), coarse.repeat(factor, axis=1).repeat(factor, axis=2))
    return dict(zip(NAMES, maps, strict=True))


def ranking(maps, rng):
    """The places of every map, the largest value first, ties in random order.

    Examples
    --------
    >>> ranking(np.array([[[0.0, 3.0], [2.0, 1.0]]]), np.random.default_rng(0))
    array([[1, 2, 3, 0]])
    """
    flat = maps.reshape(len(maps), -1)
    return np.lexsort((rng.random(flat.shape), -flat), axis=-1)


def erase(x, order, count):
    """The images without the pixels that are named first.

    Examples
    --------
    >>> erase(np.array([[[[5.0, 6.0, 7.0]]]]), np.array([[2, 0, 1]]), 2)
    array([[[[0., 6., 0.]]]])
    """
    flat = x.reshape(len(x), -1).copy()
    np.put_along_axis(flat, order[:, :count], 0, axis=1)
    return flat.reshape(x.shape)


def keep(x, order, count):
    """Empty images with only those pixels that are named first.

    Examples
    --------
    >>> keep(np.array([[[[5.0, 6.0, 7.0]]]]), np.array([[2, 0, 1]]), 1)
    array([[[[0., 0., 7.]]]])
    """
    return x - erase(x, order, count)


def same_answer(model, x, said, order, counts, edit=erase):
    """The share of images that still get the answer ``said``, for each count of edited pixels."""
    return np.array([np.mean(predict(model, edit(x, order, count)) == said) for count in counts])


def holes(x, rng):
    """For training: erase a random share of the ink of every image, from none to half."""
    return x * (rng.random(x.shape) >= rng.uniform(0, 0.5, size=(len(x), 1, 1, 1)))


# --- A shortcut -----------------------------------------------------------------------------------------------------


def stamps():
    """Ten patterns of 3 × 3 pixels, one for each digit, each with five pixels of full ink."""
    rng, found = np.random.default_rng(14), []
    while len(found) < 10:
        new = rng.permutation(np.repeat([1.0, 0.0], [5, 4])).reshape(3, 3)
        if not any((new == old).all() for old in found):
            found.append(new)
    return np.array(found)


def stamped(part, labels):
    """The same digits with the stamp of a label in the lower right corner, whatever stood there."""
    images = part.images.copy()
    images[:, 0, -3:, -3:] = stamps()[labels]
    return Dataset(images, part.labels)


# --- The record -----------------------------------------------------------------------------------------------------


def judged(model, part, seed):
    """How many answers survive, for every map and rival, before both judges.

    Returns
    -------
    dict
        ``erase`` and ``keep``: name to shares, one for each of ``COUNTS``.
    """
    rng = np.random.default_rng([3, seed])
    right = np.flatnonzero(predict(model, part.images) == part.labels)[:JUDGED]
    x, said = part.images[right], part.labels[right]
    found = maps_of(model, x, said)
    found |= {"darkest ink": x[:, 0], "random ink": np.where(x[:, 0] > 0, 0, -1.0),
              "untrained g × i": interpret.gradient_times_input(network(seed), x, said)}
    return {name: {key: same_answer(model, x, said, ranking(values, rng), COUNTS, edit).tolist()
                   for key, values in found.items()} for name, edit in (("erase", erase), ("keep", keep))}


def measure(seeds=SEEDS):
    """Both judges for networks that have never seen an erased pixel, and for those trained with holes.

    Every seed has its own split and places of the digits, its own start and batches.
    """
    record = {"counts": COUNTS, "plain": [], "holes": [], "accuracy": {"plain": [], "holes": []}}
    for seed in seeds:
        train, _, test = stage(seed)
        for kind, augment in (("plain", None), ("holes", holes)):
            model = trained(seed, train, augment=augment)
            record[kind].append(judged(model, test, seed))
            record["accuracy"][kind].append(float(np.mean(predict(model, test.images) == test.labels)))
    return record


def load():
    """The committed record."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


if __name__ == "__main__":
    RECORD.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8", newline="\n")
