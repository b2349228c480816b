"""Chapter 11's experiment: how far may a digit move before a network no longer reads it?

    python -m cnnlib.course.shifting            # measure again and write records/shifted_digits.json
    python -m cnnlib.course.shifting networks   # only this part; the rest of the record stays

Digits of 8 × 8 pixels stand in a field of 12 × 18, three pixels from the left edge and seven from the right one. All
networks learn them there, and are then tested on new digits that are moved to the right. They have the same two
convolutions and differ in what stands between these and the last linear layer. ``networks`` compares them at about
equal numbers of parameters. Four more parts try to refute what that seems to say: ``maps`` makes the numbers of maps
equal instead, ``moved`` trains on moved digits, ``longer`` gives global pooling more epochs, and ``large``
enlarges digits and field three times.
"""


import numpy as np

from cnnlib import data
from cnnlib.course import _rates, _record
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
)
from cnnlib.optim import Adam
from cnnlib.training import fit, predict

RECORD = _record.FOLDER / "shifted_digits.json"
ABOVE, LEFT, RIGHT = 2, 3, 7  # empty pixels around the digit; below as many as above
SHIFTS, FAR = range(10), 4  # by up to FAR pixels, what the maps say of a digit stays off the edge
EPOCHS, LONGER, FEWER, BATCH = 20, 60, 5, 32
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
CHOOSING, JUDGING = (100, 101), (0, 1, 2, 3, 4)
GUESSING = 0.15  # a run below has learned nothing
FIRST = 8  # maps of the first convolution
# What follows the second convolution and its ReLU; the stride of that convolution is 1 but for "stride".
ENDINGS = {"none": None, "stride": None, "max": MaxPool2d, "average": AvgPool2d,
           "global max": AdaptiveMaxPool2d, "global average": AdaptiveAvgPool2d}
# Maps of the second convolution: so many that all networks have about as many parameters.
MAPS = {"none": 2, "stride": 8, "max": 8, "average": 8, "global max": 59, "global average": 59}
EQUAL_MAPS = 8
ENLARGED, LARGE = 3, ("max",)
SLOW = ("networks", "global average"), ("maps", "global max"), ("maps", "global average")


def field(images, times=1):
    """Digits with an empty margin; enlarged, every pixel becomes ``times`` × ``times``, and the margin grows as well.

    Examples
    --------
    >>> field(np.ones((5, 1, 8, 8))).shape, field(np.ones((5, 1, 8, 8)), 3).shape
    ((5, 1, 12, 18), (5, 1, 36, 54))
    """
    padded = np.pad(images, ((0, 0), (0, 0), (ABOVE, ABOVE), (LEFT, RIGHT)))
    return padded.repeat(times, axis=2).repeat(times, axis=3)


def shifted(x, s):
    """Images (N, C, H, W) moved ``s`` pixels to the right: empty columns come in, what passes the edge is lost.

    Examples
    --------
    >>> shifted(np.array([[[[1.0, 2.0, 3.0]]]]), 1)
    array([[[[0., 1., 2.]]]])
    """
    return np.pad(x, ((0, 0), (0, 0), (0, 0), (s, 0)))[..., : x.shape[-1]]


def stage(seed, times=1):
    """Training, validation and test digits, split by a seed, each standing in the field at the same place."""
    digits = data.load_digits()
    parts = data.split(digits, (0.6, 0.2, 0.2), np.random.default_rng([11, seed]), stratify=True)
    return [data.Dataset(field(part.images.astype(np.float32), times), part.labels) for part in parts]


def network(ending, seed, maps=None, times=1):
    """Two convolutions, an ending and a linear layer, from the start that belongs to a seed."""
    start = {"rng": np.random.default_rng([1, seed]), "dtype": np.float32}
    maps, height, width = maps or MAPS[ending], 12 * times, 18 * times
    stride = 2 if ending == "stride" else 1
    if ending.startswith("global"):
        pool, left = [ENDINGS[ending](1)], 1
    else:
        pool = [ENDINGS[ending](2)] if ENDINGS[ending] else []
        left = height * width // (1 if ending == "none" else 4)
    return Sequential(
        Conv2d(1, FIRST, 3, padding=1, **start), ReLU(),
        Conv2d(FIRST, maps, 3, stride=stride, padding=1, **start), ReLU(), *pool,
        Flatten(), Linear(maps * left, 10, **start),
    )  # fmt: skip


def parameters(ending, **how):
    """How many numbers the network learns."""
    return sum(p.size for p in network(ending, 0, **how).parameters())


def move(x, rng):
    """Move each image of a batch to the right by 0 to `FAR` pixels, all equally likely."""
    return np.stack([shifted(image[None], s)[0] for image, s in zip(x, rng.integers(0, FAR + 1, len(x)), strict=True)])


def trained(ending, seed, lr, *, moved=False, times=1, epochs=EPOCHS, **how):
    """The network after one training; ``moved`` shows it every digit anew, moved by a random distance."""
    train = stage(seed, times)[0]
    model = network(ending, seed, times=times, **how)
    fit(model, CrossEntropyLoss(), Adam(model.parameters(), lr=lr), train, epochs=epochs, batch_size=BATCH,
        rng=np.random.default_rng([2, seed]), augment=move if moved else None, progress=False)
    return model


def scores(model, part, shifts):
    """The share of right answers at each shift."""
    return [float(np.mean(predict(model, shifted(part.images, s)).argmax(axis=1) == part.labels)) for s in shifts]


def last_maps(model, x):
    """What the last linear layer will read, before it is flattened."""
    for layer in list(model)[:-2]:
        x = layer(x)
    model.forget()
    return x


def changes(model, images, shifts):
    """How much the last maps differ from those of the digit in its place, relative to their mean size."""
    still = last_maps(model, images)
    return [float(np.abs(last_maps(model, shifted(images, s)) - still).mean() / np.abs(still).mean()) for s in shifts]


def run(ending, seed, lr, *, times=1, **how):
    """Accuracy on validation digits (on moved ones, if trained on them); on test digits and `changes`, by shift."""
    _, validation, test = stage(seed, times)
    model, shifts = trained(ending, seed, lr, times=times, **how), shifts_of(times)
    chosen = range(FAR + 1) if how.get("moved") else (0,)
    found = float(np.mean(scores(model, validation, chosen)))
    return found, scores(model, test, shifts), changes(model, test.images[:50], shifts)


def shifts_of(times):
    """In enlarged fields every pixel of a shift up to the same distance."""
    return SHIFTS if times == 1 else range(times * FAR + 1)


def runs(pool, ending, seeds, lr, **how):
    """One training for each seed, side by side: a list over seeds for each result of `run`."""
    started = [pool.submit(run, ending, seed, lr, **how) for seed in seeds]
    return [list(column) for column in zip(*(r.result() for r in started), strict=True)]


def chosen(pool, ending, **how):
    """Test accuracies and changes (seeds, shifts) at the best rate, and what was tried to find it.

    Where a run at that rate has learned nothing, the next smaller rate is taken; ``failed`` says how many had.
    """
    tried, best = _rates.climb(RATES, lambda lr: runs(pool, ending, CHOOSING, lr, **how)[0])
    k, failed = RATES.index(best), []
    while True:
        _, test, change = runs(pool, ending, JUDGING, RATES[k], **how)
        lost = sum(by_shift[0] < GUESSING for by_shift in test)
        print(ending, how, RATES[k], np.mean(test, axis=0).round(3), flush=True)
        if not lost:
            break
        failed.append([RATES[k], lost])
        k -= 1
    of_network = {name: how[name] for name in ("maps", "times") if name in how}
    return {"parameters": parameters(ending, **of_network), "validation": [[lr, tried[lr]] for lr in sorted(tried)],
            "failed": failed, "best": RATES[k], "test": test, "change": change}


def measure_networks(pool, _):
    """Every ending, at about equal numbers of parameters."""
    return {"shifts": list(SHIFTS), "networks": {ending: chosen(pool, ending) for ending in ENDINGS}}


def measure_maps(pool, _):
    """The endings whose number of maps differs from that of the others, with as many maps as the others."""
    others = [ending for ending, maps in MAPS.items() if maps != EQUAL_MAPS]
    return {"maps": {ending: chosen(pool, ending, maps=EQUAL_MAPS) for ending in others}}


def measure_moved(pool, _):
    """Two endings, trained on moved digits."""
    return {"moved": {ending: chosen(pool, ending, moved=True) for ending in ("none", "max")}}


def longer(pool, record, part, ending):
    """Test accuracies of one network after more epochs, at the rate that was best after the fewer."""
    lr, maps = record[part][ending]["best"], EQUAL_MAPS if part == "maps" else None
    return {"best": lr, "test": runs(pool, ending, JUDGING, lr, maps=maps, epochs=LONGER)[1]}


def measure_longer(pool, record):
    """The networks that may not have finished learning."""
    return {"longer": {f"{part}, {ending}": longer(pool, record, part, ending) for part, ending in SLOW}}


def measure_large(pool, _):
    """Digits and field enlarged, with fewer epochs."""
    return {"large": {ending: chosen(pool, ending, times=ENLARGED, epochs=FEWER) for ending in LARGE}}


PARTS = {"networks": measure_networks, "maps": measure_maps, "moved": measure_moved, "longer": measure_longer,
         "large": measure_large}


def main(arguments=None):
    """Measure parts of the record again, trainings side by side on all cores, and leave the others as they are."""
    _record.renew_side_by_side(RECORD, PARTS, __doc__, arguments)


def load():
    """The committed record."""
    return _record.read(RECORD)


if __name__ == "__main__":
    main()
