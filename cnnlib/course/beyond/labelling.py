"""A label for every pixel: a small fully convolutional network on scenes of digits."""

import functools

import numpy as np

from cnnlib.course.beyond import finding, showing
from cnnlib.course.beyond.finding import SIZE, WAYS, detect, digits, thinned
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import BatchNorm2d, Conv2d, ConvTranspose2d, MaxPool2d, ReLU, Sequential
from cnnlib.optim import Adam
from cnnlib.scenes import make_scenes
from cnnlib.schedules import OneCycleLR
from cnnlib.segmentation import pixel_confusion
from cnnlib.training import fit, predict

CLASSES, OBJECTS = 11, (1, 4)
SCENES, EPOCHS, RATE, BATCH = 300, 15, 0.03, 16
MORE = 1078  # as many scenes as the detector's windows without a digit come from, see `finding.background`
LONGER = round(EPOCHS * MORE / SCENES)  # epochs on the few scenes that make as many steps as `EPOCHS` on the many
INK = 0.25  # a pixel of a scene that is darker belongs to its digit, see `make_scenes`
DARK = "its digits on ink"
RIVALS = ("network", DARK, "detector's boxes on ink")
CONTROLS = ("network, longer", "network, more scenes", f"more scenes, {DARK}", "better detector's boxes on ink")


def network(seed):
    """Down by two, think, up by two: 11 scores for every pixel."""
    start, kind = {"rng": np.random.default_rng([1, seed]), "dtype": np.float64}, {"dtype": np.float64}
    return Sequential(
        Conv2d(1, 8, 3, padding=1, **start), BatchNorm2d(8, **kind), ReLU(), MaxPool2d(2),
        Conv2d(8, 32, 3, padding=1, **start), BatchNorm2d(32, **kind), ReLU(),
        Conv2d(32, 32, 3, padding=1, **start), BatchNorm2d(32, **kind), ReLU(),
        ConvTranspose2d(32, CLASSES, 4, stride=2, padding=1, **start),
    )  # fmt: skip


def trained(seed, count=SCENES, epochs=EPOCHS):
    """The network after its training on ``count`` scenes of its own."""
    scenes = make_scenes(digits()[0], count, SIZE, np.random.default_rng([5, seed]), objects=OBJECTS)
    model = network(seed)
    optimizer = Adam(model.parameters(), lr=RATE)
    schedule = OneCycleLR(optimizer, RATE, total_steps=epochs * -(-count // BATCH))
    fit(model, CrossEntropyLoss(), optimizer, (scenes.images, scenes.masks), epochs=epochs, batch_size=BATCH,
        rng=np.random.default_rng([2, seed]), schedule=schedule, schedule_every="step", progress=False)
    return model


@functools.cache
def pictures(count=60):
    """Scenes to judge by, of digits that were not trained with."""
    return make_scenes(digits()[1], count, SIZE, np.random.default_rng(17), objects=OBJECTS)


def labels(model):
    """The label of every pixel of `pictures`: array (N, H, W)."""
    return predict(model, pictures().images).argmax(axis=1)


def ink():
    """Where the pictures are dark, the rule that the masks are made by: array (N, H, W)."""
    return pictures().images[:, 0] > INK


def named(model):
    """The most probable digit on every dark pixel, background on the others: array (N, H, W)."""
    return (1 + predict(model, pictures().images)[:, 1:].argmax(axis=1)) * ink()


def painted(detector):
    """Segmentation by boxes: the dark pixels in each box of a detector get its label, the surest box's last.

    The boxes are those that NMS in each class leaves.
    """
    said, dark = np.zeros(pictures().masks.shape, np.int64), ink()
    for image, mask, found in zip(said, dark, thinned(detect(detector, pictures().images), WAYS[1]), strict=True):
        boxes, scores, labels = found
        for k in np.argsort(scores, kind="stable"):
            x1, y1, x2, y2 = boxes[k].astype(int)
            image[y1:y2, x1:x2] = (labels[k] + 1) * mask[y1:y2, x1:x2]
    return said


def measured(seed):
    """For each of `RIVALS` the table of true labels and answers, after the training of one seed."""
    model = trained(seed)
    answers = labels(model), named(model), painted(finding.trained(True, seed))
    return dict(zip(RIVALS, map(judged, answers), strict=True))


def controlled(seed):
    """The same for each of `CONTROLS`: as many steps as the many scenes make, the many scenes, the best detector."""
    more = trained(seed, MORE)
    better = painted(showing.trained("softmax, windows", seed))
    answers = labels(trained(seed, epochs=LONGER)), labels(more), named(more), better
    return dict(zip(CONTROLS, map(judged, answers), strict=True))


def judged(said):
    """The table of true labels (rows) and answers (columns)."""
    return pixel_confusion(pictures().masks, said, CLASSES)
