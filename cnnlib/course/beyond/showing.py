"""What does the background class cure? Windows without a whole digit: shown or not, which, and with a class or without.

Every network is the classifier of `finding`; the rivals differ in what they are shown and in how they answer. With
softmax the ten probabilities add up to 1 for every window; with sigmoid each digit is a yes-or-no question of its own,
and all ten may be near 0.
"""

import functools

import numpy as np

from cnnlib.activations import sigmoid, softmax
from cnnlib.course.beyond import finding
from cnnlib.criteria import BCEWithLogitsLoss, CrossEntropyLoss
from cnnlib.optim import Adam
from cnnlib.training import fit

LONGER = finding.EPOCHS * (1 + finding.PER_DIGIT)  # as many steps as those that are shown the windows
RIVALS = {  # name: the answer, the windows shown, one of `finding.WINDOWS` or None, epochs
    "softmax": ("softmax", None, finding.EPOCHS),
    "softmax, longer": ("softmax", None, LONGER),
    "sigmoid": ("sigmoid", None, finding.EPOCHS),
    "sigmoid, longer": ("sigmoid", None, LONGER),
    "softmax, windows": ("softmax", "any", finding.EPOCHS),
    "sigmoid, windows": ("sigmoid", "any", finding.EPOCHS),
    "class": ("class", "any", finding.EPOCHS),
    "class, blank only": ("class", "blank", finding.EPOCHS),
    "class, inked only": ("class", "inked", finding.EPOCHS),
    "softmax, blank only": ("softmax", "blank", finding.EPOCHS),
    "softmax, inked only": ("softmax", "inked", finding.EPOCHS),
}
RING, LEAST = 2, 15.0  # of `centred`: pixels around a window, and ink below which a window counts less


def chances(answer):
    """The function from scores (N, K, ...) to the probabilities of the digits (N, 10, ...)."""
    return sigmoid if answer == "sigmoid" else finding.digit_chances


def lesson(answer, windows, seed):
    """The crops and their targets: probabilities (N, 10), or labels (N,) where ``answer`` is "class".

    A window without a digit has no class here: softmax is asked for 0.1 for each digit, sigmoid for 0.
    """
    x, labels = finding.crops(windows, seed)
    if answer == "class":
        return x, labels
    nothing = np.full(10, 0.1 if answer == "softmax" else 0.0)
    return x, np.vstack([np.eye(10), nothing])[labels]


@functools.cache
def trained(rival, seed):
    """The network of one of `RIVALS` after its training; trained once in a session."""
    answer, windows, epochs = RIVALS[rival]
    model = finding.classifier(11 if answer == "class" else 10, seed)
    loss = BCEWithLogitsLoss() if answer == "sigmoid" else CrossEntropyLoss()
    fit(model, loss, Adam(model.parameters(), lr=finding.RATE), lesson(answer, windows, seed), epochs=epochs,
        batch_size=finding.BATCH, rng=np.random.default_rng([2, seed]), progress=False)
    return model


def judged(rival, seed, count=40, mean=False):
    """`finding.judged` for one of `RIVALS`."""
    return finding.judged(trained(rival, seed), count, mean, chances(RIVALS[rival][0]))


def centred(found, images):
    """Detections with new scores: less for a window with ink just outside it, or with little ink inside.

    A rule of thumb that nothing is trained for: the score, times the share of the ink in the window and `RING` pixels
    around it that lies inside, times ink / `LEAST` where there is less ink than that.
    """
    new = []
    for image, (boxes, scores, labels) in zip(images[:, 0], found, strict=True):
        wide = np.pad(image, RING)
        inside, around = np.empty(len(boxes)), np.empty(len(boxes))
        for k, (x1, y1, x2, y2) in enumerate(boxes.astype(int)):
            inside[k] = image[y1:y2, x1:x2].sum()
            around[k] = wide[y1 : y2 + 2 * RING, x1 : x2 + 2 * RING].sum()
        share = inside / np.maximum(around, 1e-9)
        new.append((boxes, (scores * share * np.minimum(1, inside / LEAST)).round(finding.DECIMALS), labels))
    return new


def blank(model):
    """The highest probability for a window without ink."""
    return float(softmax(model(np.zeros((1, 1, finding.SIDE, finding.SIDE))), dim=1).max())


def measured(seed, count=100):
    """What one seed shows, on ``count`` scenes.

    Returns
    -------
    dict
        For each of `RIVALS` AP and mAP, as `finding.judged` gives them; under "rule" the same for the ten digits
        alone with the scores of `centred`; under "blank" what `blank` says of that network.
    """
    scenes, alone = finding.pictures(count), finding.trained(False, seed)
    found = centred(finding.detect(alone, scenes.images), scenes.images)
    return {name: judged(name, seed, count, mean=True) for name in RIVALS} | {
        "rule": finding.rated(found, scenes, mean=True), "blank": blank(alone)}
