"""Chapter 14's stage: digits somewhere in a field, networks to look into, and the judge of their maps.

    python -m cnnlib.course.seeing           # measure again over more seeds and write records/what_the_network_saw.json
    python -m cnnlib.course.seeing noise     # only this part of it (any of: judge errors noise probe stamped)

The chapter runs each measurement on a few seeds; the record adds seeds, and what takes longer.
"""

import functools

import numpy as np

from cnnlib import interpret
from cnnlib.course import _record, shuffling
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import Dataset
from cnnlib.layers import AdaptiveAvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.optim import Adam
from cnnlib.schedules import OneCycleLR
from cnnlib.training import fit

RECORD = _record.FOLDER / "what_the_network_saw.json"
SIZE, CHANNELS, LAST = 16, (8, 16, 24), 6  # LAST: the layer whose output are the last maps
EPOCHS, RATE, BATCH = 10, 0.02, 32
COUNTS, JUDGED = (0, 1, 2, 3, 5, 8, 13), 100
SEEDS, MORE = range(8), range(16)  # MORE: for what only few digits of each network say
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


@functools.cache
def subject(seed, kind="plain"):
    """The network of a seed, trained on plain digits, on digits with holes, or on stamped digits."""
    part = stage(seed)[0]
    return trained(seed, stamped(part, part.labels) if kind == "stamped" else part,
                   augment=holes if kind == "holes" else None)


def accuracy(model, part):
    """The share of a part that a model reads rightly."""
    return float(np.mean(predict(model, part.images) == part.labels))


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


def write(x, order, count):
    """The images with full ink at the pixels that are named first.

    Examples
    --------
    >>> write(np.array([[[[0.5, 0.6, 0.0]]]]), np.array([[2, 0, 1]]), 2)
    array([[[[1. , 0.6, 1. ]]]])
    """
    flat = x.reshape(len(x), -1).copy()
    np.put_along_axis(flat, order[:, :count], 1, axis=1)
    return flat.reshape(x.shape)


def beside(ink):
    """A map that names empty pixels next to ink only, all alike, (N, H, W).

    Examples
    --------
    >>> beside(np.array([[[0.0, 0.0, 0.5, 0.0]]]))
    array([[[-1.,  0., -1.,  0.]]])
    """
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    near = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).max(axis=(3, 4)) > 0
    return np.where(near & (ink == 0), 0, -1.0)


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


# --- The record: every seed has its own split and places of the digits, its own start and batches -------------------


def limited(values, ink):
    """A map that names pixels with ink only.

    Examples
    --------
    >>> limited(np.array([3.0, 1.0, 2.0]), np.array([0.0, 0.5, 0.5]))
    array([-inf,   1.,   2.])
    """
    return np.where(ink > 0, values, -np.inf)


def judged(model, part, seed):
    """How many answers survive, for every map and rival, by each of the three judges.

    Returns
    -------
    dict
        ``erase``, ``keep`` and ``write``: name to shares, one for each of ``COUNTS``.
    """
    rng, twin = np.random.default_rng([3, seed]), network(seed)
    right = np.flatnonzero(predict(model, part.images) == part.labels)[:JUDGED]
    x, said = part.images[right], part.labels[right]
    found, ink, gradient = maps_of(model, x, said), x[:, 0], interpret.input_gradient(model, x, said)[:, 0]
    named = found | {
        "darkest ink": ink, "random ink": np.where(ink > 0, 0, -1.0),
        "untrained g × i": interpret.gradient_times_input(twin, x, said),
        "size of g × i": np.abs(found["gradient × input"]), "gradient, on ink": limited(gradient, ink),
        "saliency, on ink": limited(found["saliency"], ink), "Grad-CAM, on ink": limited(found["Grad-CAM"], ink),
        "Grad-CAM × ink": found["Grad-CAM"] * ink}
    written = found | {
        "darkest ink": ink, "random pixels": np.zeros_like(ink), "beside the ink": beside(ink),
        "untrained saliency": interpret.saliency(twin, x, said), "minus gradient": -gradient}
    return {name: {key: same_answer(model, x, said, ranking(values, rng), COUNTS, edit).tolist()
                   for key, values in group.items()}
            for name, edit, group in (("erase", erase, named), ("keep", keep, named), ("write", write, written))}


def judge(seed):
    """The judges, for a network that has never seen an erased pixel and for one trained with holes."""
    test, kinds = stage(seed)[2], ("plain", "holes")
    return {kind: judged(subject(seed, kind), test, seed) | {"accuracy": accuracy(subject(seed, kind), test)}
            for kind in kinds}


def lead_map(model, x, ahead, behind):
    """How far the lead of one score over another falls when a pixel is erased, (N, H, W)."""
    return interpret.occlusion(model, x, ahead, size=1) - interpret.occlusion(model, x, behind, size=1)


def turned(model, x, ahead, behind, rng):
    """Whether a class comes out first once the pixel is erased that its rival's lead owes most to, (N,)."""
    return predict(model, erase(x, ranking(lead_map(model, x, ahead, behind), rng), 1)) == behind


def matched(wanted, given):
    """For every wanted number the index of the nearest given one, each used once, the largest served first.

    Examples
    --------
    >>> matched(np.array([1.0, 5.0]), np.array([4.0, 0.9, 1.1, 9.0]))
    array([1, 0])
    """
    free, found = np.ones(len(given), bool), np.empty(len(wanted), int)
    for k in np.argsort(-wanted):
        found[k] = np.argmin(np.where(free, np.abs(given - wanted[k]), np.inf))
        free[found[k]] = False
    return found


def errors(seed):
    """One erased pixel: errors that it cures, and right digits that it spoils, with the lead that they had."""
    model, test, rng = subject(seed), stage(seed)[2], np.random.default_rng([4, seed])
    scores = model(test.images)
    order = scores.argsort(axis=1)
    first, rows = order[:, -1], np.arange(len(order))
    rival = np.where(first == test.labels, order[:, -2], test.labels)
    lead = scores[rows, first] - scores[rows, rival]
    flips = turned(model, test.images, first, rival, rng)
    bad, good = np.flatnonzero(first != test.labels), np.flatnonzero(first == test.labels)
    peers = good[matched(lead[bad], lead[good])]
    return {"count": len(bad), "cured": float(flips[bad].mean()), "matched": float(flips[peers].mean()),
            "right": float(flips[good].mean()), "gap": float(np.abs(lead[peers] - lead[bad]).mean()),
            "second": float(np.mean(order[bad, -2] == test.labels[bad])),  # in how many errors the truth comes second
            "lead of errors": float(np.median(lead[bad])), "lead of right": float(np.median(lead[good]))}


def sure(scores, limit=0.9):
    """The share of rows whose softmax gives one class more than a limit.

    Examples
    --------
    >>> sure(np.array([[0.0, 5.0], [1.0, 1.0]]))
    0.5
    """
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return float(np.mean(p.max(axis=1) / p.sum(axis=1) > limit))


def spread(scores):
    """The mean distance from the smallest to the largest score."""
    return float(np.ptp(scores, axis=1).mean())


def noise(seed):
    """How often a network is sure of what is not a digit, and its twin; ``scaled``: the twin with scores that are moved
    to mean 0 on digits, and then spread as far as the network's."""
    test, rng = stage(seed)[2].images, np.random.default_rng([5, seed])
    shown = {"digits": test, "noise": rng.uniform(0, 1, (500, *test.shape[1:])),
             "faint noise": rng.uniform(0, 2 * test.mean(), (500, *test.shape[1:])),
             "grey": np.full((1, *test.shape[1:]), 0.5)}
    answers = {name: {key: model(images) for key, images in shown.items()}
               for name, model in (("trained", subject(seed)), ("untrained", network(seed).eval()))}
    offset = answers["untrained"]["digits"].mean(axis=0)
    moved = {key: scores - offset for key, scores in answers["untrained"].items()}
    spreads = {"trained": spread(answers["trained"]["digits"]), "moved": spread(moved["digits"])}
    answers["scaled"] = {key: scores * spreads["trained"] / spreads["moved"] for key, scores in moved.items()}
    return {name: {key: sure(scores) for key, scores in group.items()} for name, group in answers.items()} | {
        "spread": spreads}


def features(model, x, count=None):
    """For each block the largest value and the mean of its first ``count`` maps, or of all, and a column of ones."""
    blocks = [found[:, :count] for _, found in interpret.feature_maps(model, x)][2:LAST + 1:2]
    return [np.concatenate([m.max(axis=(2, 3)), m.mean(axis=(2, 3)), np.ones((len(x), 1))], axis=1) for m in blocks]


def probe(parts, labels):
    """Test digits that a linear probe reads from features, its weight decay chosen on the validation part.

    Parameters
    ----------
    parts, labels : sequence of array
        Features (N, D) and digits (N,) for training, validation and test.
    """
    scale = parts[0].std(axis=0)
    scale[scale == 0] = 1  # a map that is always 0, and the ones
    a, v, t = (part / scale for part in parts)
    fits = [np.linalg.solve(a.T @ a + decay * np.eye(a.shape[1]), a.T @ np.eye(10)[labels[0]])
            for decay in (0.01, 1, 100)]
    best = max(fits, key=lambda w: np.mean((v @ w).argmax(axis=1) == labels[1]))
    return float(np.mean((t @ best).argmax(axis=1) == labels[2]))


def probes(seed):
    """What a probe reads after each block, in the network and in its twin: from all maps, and from the first eight."""
    parts = stage(seed)
    labels = [part.labels for part in parts]
    return {name + about: [probe(block, labels)
                           for block in zip(*(features(model, p.images, count) for p in parts), strict=True)]
            for name, model in (("trained", subject(seed)), ("untrained", network(seed).eval()))
            for about, count in (("", None), (", eight maps", CHANNELS[0]))}


def corner(values):
    """The share of maps whose first pixel lies in the stamp's corner; ties count in shares.

    Examples
    --------
    >>> tied = np.zeros((1, 16, 16))
    >>> tied[0, 15, 15] = tied[0, 0, 0] = 1
    >>> corner(tied)
    0.5
    """
    first = values == values.max(axis=(1, 2), keepdims=True)
    return float(np.mean(first[:, -3:, -3:].sum(axis=(1, 2)) / first.sum(axis=(1, 2))))


def in_corner(model, x):
    """How often each map, for what the model reads, names the corner first."""
    return {name: corner(values) for name, values in maps_of(model, x, predict(model, x)).items()}


def shortcut(seed):
    """A network trained on stamped digits: what it reads, and how often its maps name the corner."""
    model, test, rng = subject(seed, "stamped"), stage(seed)[2], np.random.default_rng([6, seed])
    wrong = (test.labels + rng.integers(1, 10, len(test))) % 10
    marked, false = stamped(test, test.labels), stamped(test, wrong)
    x = marked.images[:JUDGED]
    return {"right stamp": accuracy(model, marked), "no stamp": accuracy(model, test),
            "wrong stamp": accuracy(model, false), "as stamped": float(np.mean(predict(model, false.images) == wrong)),
            "corner": in_corner(model, x), "plain corner": in_corner(subject(seed), x),
            "ink corner": {"darkest ink": corner(x[:, 0]), "random ink": corner((x[:, 0] > 0) * 1.0)}}


PARTS = {"judge": judge, "errors": errors, "noise": noise, "probe": probes, "stamped": shortcut}


def seeds(part):
    """The seeds for which the record holds a part."""
    return MORE if part == "errors" else SEEDS


def load():
    """The committed record: for each part a list with one entry for each seed."""
    return _record.read(RECORD)


if __name__ == "__main__":
    by_seed = {name: lambda name=name, part=part: [part(seed) for seed in seeds(name)] for name, part in PARTS.items()}
    _record.renew(RECORD, _record.named(by_seed), __doc__)
