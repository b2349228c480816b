"""Digits in scenes: a classifier of 8 × 8 crops, with or without a class for background, slid over a picture."""

import functools

import numpy as np

from cnnlib import data
from cnnlib.activations import softmax
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.detection import Detections, average_precision, batched_nms, box_iou, match, nms
from cnnlib.layers import Conv2d, Flatten, Linear, ReLU, Sequential
from cnnlib.optim import Adam
from cnnlib.scenes import make_scenes
from cnnlib.sliding import convolutional
from cnnlib.training import fit, predict

SIZE, SIDE, BACKGROUND = (24, 32), 8, 10
EPOCHS, RATE, BATCH, PER_DIGIT = 12, 0.003, 32, 4
LOW = 0.05  # boxes with a lower score are not looked at
DECIMALS = 8  # of a score: two equal windows tie, in whatever order a processor adds
OVERLAP = 0.3  # of two boxes, above which the worse one goes
WINDOWS = ("any", "blank", "inked")  # of those without a whole digit
WAYS = ("all boxes", "NMS in each class", "NMS across classes")


@functools.cache
def digits():
    """The bundled digits in float64: those to train with, and others to make scenes of."""
    bundled = data.load_digits()
    bundled = data.Dataset(bundled.images.astype(np.float64), bundled.labels)
    train, scenes, _ = data.split(bundled, (0.6, 0.2, 0.2), np.random.default_rng(0), stratify=True)
    return train, scenes


def windows(size=SIZE):
    """The boxes of all windows of a picture, row by row: array (places, 4)."""
    rows, columns = (np.arange(n - SIDE + 1.0) for n in size)
    y, x = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    return np.stack([x, y, x + SIDE, y + SIDE], axis=1)


def crop(image, box):
    """The part of an image (C, H, W) inside a box."""
    x1, y1, x2, y2 = (int(v) for v in box)
    return image[:, y1:y2, x1:x2]


def background(dataset, count, rng, overlap=0.5, kind="any"):
    """Windows of scenes that have less than ``overlap`` in common with every object: array (count, C, 8, 8).

    With ``kind`` one of `WINDOWS`: any of them, those without a drop of ink, or those that hold some.
    """
    scenes = make_scenes(dataset, -(-count // 4), SIZE, rng, objects=(1, 4))
    crops, boxes = [], windows()
    for image, truth in zip(scenes.images, scenes.boxes, strict=True):
        free = np.flatnonzero(box_iou(boxes, truth).max(axis=1) < overlap)
        if kind != WINDOWS[0]:
            inked = np.array([crop(image, boxes[k]).any() for k in free])
            free = free[inked == (kind == "inked")]
        crops += [crop(image, boxes[k]) for k in rng.choice(free, 4)]
    return np.array(crops[:count])


def crops(kind, seed):
    """What the classifier learns from: the digits, and as class 10 four windows of a kind for each, or None."""
    train = digits()[0]
    if kind is None:
        return train.images, train.labels
    nothing = background(train, PER_DIGIT * len(train), np.random.default_rng([3, seed]), kind=kind)
    labels = np.full(len(nothing), BACKGROUND)
    return np.concatenate([train.images, nothing]), np.concatenate([train.labels, labels])


def classifier(classes, seed):
    """A network for crops of 8 × 8. No layer pads and each has stride 1, so it can slide over every place."""
    start = {"rng": np.random.default_rng([1, seed]), "dtype": np.float64}
    return Sequential(
        Conv2d(1, 8, 3, **start), ReLU(), Conv2d(8, 16, 3, **start), ReLU(),
        Flatten(), Linear(16 * 4 * 4, 32, **start), ReLU(), Linear(32, classes, **start),
    )  # fmt: skip


def trained(with_background, seed, epochs=EPOCHS):
    """The classifier after its training."""
    model, lesson = classifier(10 + with_background, seed), crops(WINDOWS[0] if with_background else None, seed)
    fit(model, CrossEntropyLoss(), Adam(model.parameters(), lr=RATE), lesson, epochs=epochs, batch_size=BATCH,
        rng=np.random.default_rng([2, seed]), progress=False)
    return model


def digit_chances(scores):
    """The probabilities of the ten digits, by softmax over all classes: (N, K, ...) to (N, 10, ...)."""
    return softmax(scores, dim=1)[:, :10]


def detect(model, images, chances=digit_chances):
    """Slide the classifier: for each picture boxes, scores and labels of all windows that score at least `LOW`.

    A window's label is its most probable digit, its score that digit's probability, by ``chances``, to `DECIMALS`:
    scenes hold equal windows, and the last digits of their scores must not decide which comes first.
    """
    scores = chances(predict(convolutional(model, (1, SIDE, SIDE)), images)).round(DECIMALS)
    boxes, found = windows(images.shape[2:]), []
    for p in scores.reshape(len(images), 10, -1):
        label, score = p.argmax(axis=0), p.max(axis=0)
        kept = score >= LOW
        found.append((boxes[kept], score[kept], label[kept]))
    return found


def thinned(found, way, overlap=OVERLAP):
    """The boxes that stay, by one of `WAYS`."""
    if way == WAYS[0]:
        return found
    kept = [batched_nms(b, s, c, overlap) if way == WAYS[1] else nms(b, s, overlap) for b, s, c in found]
    return [tuple(part[k] for part in one) for one, k in zip(found, kept, strict=True)]


def displaced(found, scenes, overlap=OVERLAP):
    """What stands where NMS across classes takes a right box away that NMS in each class would leave.

    For each such box, the IoU of the box that removes it with the object which that one overlaps most: array (n,).
    """
    shares = []
    for each, (stay, _, _), truth, classes in zip(thinned(found, WAYS[1], overlap), thinned(found, WAYS[2], overlap),
                                                  scenes.boxes, scenes.labels, strict=True):
        for label in np.unique(each[2]):
            boxes, scores, _ = (part[each[2] == label] for part in each)
            for box in boxes[match((boxes, scores), truth[classes == label])]:
                if not (stay == box).all(axis=1).any():
                    first = stay[np.argmax(box_iou(stay, box[None])[:, 0] > overlap)]
                    shares.append(box_iou(first[None], truth).max())
    return np.array(shares)


def by_class(found, scenes, label):
    """Detections and true boxes of one class, an entry for each picture."""
    chosen = [Detections(b[c == label], s[c == label]) for b, s, c in found]
    truth = [b[c == label] for b, c in zip(scenes.boxes, scenes.labels, strict=True)]
    return chosen, truth


def together(found, scenes):
    """Detections and true boxes of all classes, an entry for each picture and class."""
    pairs = [by_class(found, scenes, label) for label in range(10)]
    return tuple(sum(lists, []) for lists in zip(*pairs, strict=True))


def mean_over_classes(found, scenes):
    """The mean average precision, mAP: the mean over the ten classes."""
    return float(np.mean([average_precision(*by_class(found, scenes, label)) for label in range(10)]))


@functools.cache
def pictures(count=40):
    """Scenes to judge by, of digits that no classifier was trained with."""
    return make_scenes(digits()[1], count, SIZE, np.random.default_rng(16), objects=(1, 4))


def rated(found, scenes, mean=False):
    """For each of `WAYS` the AP of all classes in one list; with ``mean`` a pair of lists, AP and mAP."""
    kept = [thinned(found, way) for way in WAYS]
    ap = [average_precision(*together(boxes, scenes)) for boxes in kept]
    return (ap, [mean_over_classes(boxes, scenes) for boxes in kept]) if mean else ap


def judged(model, count=40, mean=False, chances=digit_chances):
    """`rated` for a classifier that slides over ``count`` of the `pictures`."""
    scenes = pictures(count)
    return rated(detect(model, scenes.images, chances), scenes, mean)
