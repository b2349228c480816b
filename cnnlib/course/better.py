"""Chapter 15's long experiment: changes to one recipe, each at its own best setting, twenty-four seeds.

    python -m cnnlib.course.better                  # measure again and write records/better.json

The chapter trains a part of this itself, on fewer seeds. The test digits are never looked at here: `drawer` is for the
chapter's last section.
"""


import numpy as np

from cnnlib import augment, data
from cnnlib.activations import softmax
from cnnlib.course import _record
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.optim import SGD
from cnnlib.scenes import place
from cnnlib.schedules import CosineAnnealingLR
from cnnlib.summary import summary
from cnnlib.training import fit, predict

RECORD = _record.FOLDER / "better.json"
SIZE, BATCH = 12, 32
BASE = {"lr": 0.1, "digits": 539, "epochs": 30, "width": 8, "weight_decay": 0.0, "dropout": 0.0, "norm": False,
        "pixels": 0.0, "degrees": 0.0, "stretch": 0.0, "mode": "nearest", "blur": False, "members": 1,
        "start": 1}  # fmt: skip
RATES = (0.025, 0.05, 0.1, 0.2)
# What is changed, in every strength that is tried; the best strength and rate are chosen for each.
CHANGES = {
    "weight decay": [{"weight_decay": v} for v in (0.0005, 0.002, 0.005)],
    "dropout": [{"dropout": v} for v in (0.1, 0.25, 0.5)],
    "batch norm": [{"norm": True}],
    "width × 2": [{"width": 16}],
    "epochs × 2": [{"epochs": 60}],
    "shift": [{"pixels": v} for v in (1.5, 2.5)],  # the nearest pixel: −1, 0, 1 or −2 … 2, each as often
    "turn and stretch": [{"degrees": 15 * v, "stretch": 0.15 * v} for v in (0.5, 1.0)],
    "digits × 2": [{"digits": 1078}],
    "four networks": [{"members": 4}],
}
# A shift by fractions of a pixel does two things. The second alone, both at once, and one after the other: for what
# they teach, not as improvements.
PARTS = {"blur alone": [{"blur": True}], "shift and blur": [{"pixels": 1.5, "mode": "bilinear"}],
         "shift, then blur": [{"pixels": 1.5, "blur": True}]}
# Changes that can make labels false, each with the pairs of digits that it may exchange.
SPOILERS = {"mirror": ((2, 3), (3, 5), (5, 7)), "half turn": ((6, 9),), "upside down": ((2, 5),)}
WATCHED = [pair for pairs in SPOILERS.values() for pair in pairs]
TOGETHER = ("dropout", "batch norm", "shift", "digits × 2", "four networks")  # the clear ones, on top of each other
CHOOSING, JUDGING, ABLATING = range(100, 104), range(24), range(12)
DECAYS, SURFACE_RATES = np.geomspace(1e-5, 1e-1, 7).tolist(), np.geomspace(0.003, 0.3, 7).tolist()
LOTTERY, CHOSEN_ON = 40, 120  # networks, and the digits by which one of them is chosen
# Student's t: by so many standard errors a mean of n differences strays, or less, in 95 of 100 cases; for n = 2, 3, …
FACTORS = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10,
           2.09, 2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05)  # fmt: skip


def pools():
    """The digits, cut once and for all: four fifths to work with, and one fifth for the drawer."""
    digits = data.load_digits()
    digits = data.Dataset(digits.images.astype(np.float64), digits.labels)
    return data.split(digits, (0.8, 0.2), np.random.default_rng(15), stratify=True)


def stage(seed, fractions=(0.75, 0.25)):
    """Training and validation digits of a seed: a split of its own, and every digit at a place of its own."""
    rng = np.random.default_rng([15, seed])
    parts = data.split(pools()[0], fractions, rng, stratify=True)
    return [place(part, SIZE, rng) for part in parts]


def drawer():
    """The test digits."""
    return place(pools()[1], SIZE, np.random.default_rng([15, 15]))


def network(rng, width=8, dropout=0.0, norm=False):
    """Two convolutions and a linear layer, with batch norm and dropout where they are asked for."""
    start = {"rng": rng, "dtype": np.float64}
    blocks, channels = [], 1
    for maps in (width, 2 * width):
        blocks.append(Conv2d(channels, maps, 3, padding=1, **start))
        blocks += [BatchNorm2d(maps, dtype=np.float64)] if norm else []
        blocks += [ReLU(), MaxPool2d(2)]
        channels = maps
    blocks += [Flatten()] + ([Dropout(dropout, rng=rng)] if dropout else [])
    return Sequential(*blocks, Linear(channels * (SIZE // 4) ** 2, 10, **start))


def cost(changes):
    """How many times the multiply-adds of the base's training a changed recipe takes.

    Parameters
    ----------
    changes : dict
        What differs from `BASE`.

    Returns
    -------
    float

    Examples
    --------
    >>> cost({"epochs": 60, "members": 4})
    8.0
    """
    def work(how):
        model = network(np.random.default_rng(0), how["width"])
        return how["members"] * how["epochs"] * how["digits"] * summary(model, (1, SIZE, SIZE)).multiply_adds

    return work(BASE | changes) / work(BASE)


def blur(x, rng):
    """Blur every image as much as a shift by a fraction of a pixel does, and move nothing.

    A shift by a fraction f mixes two neighbours with weights 1 - f and f, which spreads a pixel by f (1 - f). So do
    three neighbours with weights v/2, 1 - v, v/2 where v = f (1 - f), and these are symmetric.
    """
    for axis in (2, 3):
        f = rng.uniform(size=(len(x), 1, 1, 1))
        v = f * (1 - f)
        framed = np.pad(x, [(0, 0)] * axis + [(1, 1)] + [(0, 0)] * (3 - axis))
        before, after = (framed.take(np.arange(x.shape[axis]) + step, axis=axis) for step in (0, 2))
        x = (1 - v) * x + v / 2 * (before + after)
    return x


def augmentation(how, rng):
    """The function that `fit` calls on every batch, or None.

    It draws from a generator of its own, not from the one that `fit` hands it: else the order of the batches would
    depend on the augmentation.
    """
    moves = how["pixels"] or how["degrees"] or how["stretch"]
    if not (moves or how["blur"]):
        return None
    factors = (1 - how["stretch"], 1 + how["stretch"])

    def change(x, _):
        if moves:
            x = augment.random_affine(x, rng, pixels=how["pixels"], degrees=how["degrees"], factors=factors,
                                      mode=how["mode"])
        return blur(x, rng) if how["blur"] else x

    return change


def turned(x, kind):
    """All images mirrored left to right, turned by half a turn, or upside down."""
    return {"mirror": x[..., ::-1], "half turn": x[..., ::-1, ::-1], "upside down": x[..., ::-1, :]}[kind]


def spoil(x, rng, kind):
    """Half of the images `turned`, drawn one by one."""
    return np.where(rng.random(len(x))[:, None, None, None] < 0.5, turned(x, kind), x)


def only(classes, kind, part):
    """`spoil` for these classes and no others, with the same draws. `fit` hands over no labels: they are looked up."""
    label = {image.tobytes(): label for image, label in zip(part.images, part.labels, strict=True)}

    def change(x, rng):
        chosen = np.isin([label[image.tobytes()] for image in x], classes)
        return np.where(chosen[:, None, None, None], spoil(x, rng, kind), x)

    return change


def train(seed, parts, changes, change=None):
    """The trained networks of a recipe: one, or as many as the ensemble has members.

    ``change(x, rng)``, where it is given, changes the images of each batch in place of what the recipe says.
    """
    how = BASE | changes
    learn = parts[0][: how["digits"]]
    members = []
    for member in range(how["members"]):
        model = network(np.random.default_rng([how["start"], seed, member]), how["width"], how["dropout"], how["norm"])
        optimizer = SGD(model.parameters(), lr=how["lr"], momentum=0.9, weight_decay=how["weight_decay"])
        steps = how["epochs"] * -(-len(learn) // BATCH)
        own = np.random.default_rng([4, seed, member])
        fit(model, CrossEntropyLoss(), optimizer, learn, epochs=how["epochs"], batch_size=BATCH,
            rng=np.random.default_rng([2, seed, member]), progress=False,
            schedule=CosineAnnealingLR(optimizer, steps), schedule_every="step",
            augment=augmentation(how, own) if change is None else lambda x, _, own=own: change(x, own))
        members.append(model)
    return members


def answers(members, images):
    """What the networks answer together: the class whose probability is largest on average."""
    return np.mean([softmax(predict(model, images), dim=1) for model in members], axis=0).argmax(axis=1)


def interval(differences):
    """The mean of paired differences, and half the width of its 95 % interval.

    Parameters
    ----------
    differences : array (n,)
        From 2 to 30 of them.

    Returns
    -------
    mean, half : float

    Examples
    --------
    >>> mean, half = interval(np.array([2.0, 1, 3, 1, 3]))
    >>> mean, round(half, 2)                                  # half = 2.78 / sqrt(5)
    (2.0, 1.24)
    """
    n = len(differences)
    return float(np.mean(differences)), float(FACTORS[n - 2] * np.std(differences, ddof=1) / np.sqrt(n))


def score(seed, **changes):
    """Share of right answers on the validation digits of a seed, after training a changed recipe."""
    parts = stage(seed)
    return float(np.mean(answers(train(seed, parts, changes), parts[1].images) == parts[1].labels))


def choose(strengths, rates=RATES):
    """The best setting by the mean of the choosing seeds, and all that was tried."""
    tried = [strength | {"lr": lr} for strength in strengths for lr in rates]
    means = [float(np.mean([score(seed, **how) for seed in CHOOSING])) for how in tried]
    return tried[int(np.argmax(means))], [[how, mean] for how, mean in zip(tried, means, strict=True)]


def notebook(strengths, rates=RATES, seeds=JUDGING):
    """One line of the engineer's notebook: the choice, and the scores of the judging seeds at it."""
    best, tried = choose(strengths, rates)
    return {"best": best, "tried": tried, "scores": [score(seed, **best) for seed in seeds]}


def combined(lines):
    """The line of all clear changes together, each at its own best strength: two rates, half of the seeds."""
    how = {key: value for name in TOGETHER for key, value in lines[name]["best"].items() if key != "lr"}
    return notebook([how], RATES[1:3], JUDGING[:12])


def lottery():
    """Networks that differ in nothing but their luck: which digits each reads, of those to choose on and all others."""
    learn, held_out = stage(0, (539 / 1438, 899 / 1438))
    right = [answers(train(seed, (learn,), {}), held_out.images) == held_out.labels for seed in range(LOTTERY)]
    return ["".join(map(str, row.astype(int))) for row in right]


def changes():
    """The lines of the notebook: the base, another start, and every change."""
    lines = {"base": notebook([{}])}
    rate = lines["base"]["best"]["lr"]
    again = {"lr": rate, "start": 3}
    lines["another start"] = {"best": again, "tried": [], "scores": [score(seed, **again) for seed in JUDGING]}
    for name, strengths in CHANGES.items():
        lines[name] = notebook(strengths)
        print(name, lines[name]["best"], np.mean(lines[name]["scores"]), flush=True)
    return lines


def confused(kind=None, classes=range(10)):
    """Seed by seed: the share read right, and how often the digits of each watched pair are taken for each other."""
    counts = {"right": []} | {f"{a}/{b}": [] for a, b in WATCHED}
    for seed in ABLATING:
        parts = stage(seed)
        change = kind and only(classes, kind, parts[0])
        said, truth = answers(train(seed, parts, {}, change), parts[1].images), parts[1].labels
        counts["right"].append(float(np.mean(said == truth)))
        for a, b in WATCHED:
            counts[f"{a}/{b}"].append(int(((said == a) & (truth == b)).sum() + ((said == b) & (truth == a)).sum()))
    return counts


def ablation():
    """Each spoiler for all classes; for every pair of its own, for these two only and for all others only."""
    lines = {"plain": confused()}
    for kind, pairs in SPOILERS.items():
        lines[f"{kind} all"] = confused(kind)
        for pair in pairs:
            name = "{}/{}".format(*pair)
            lines[f"{kind} only {name}"] = confused(kind, pair)
            lines[f"{kind} all but {name}"] = confused(kind, [k for k in range(10) if k not in pair])
            print(kind, name, flush=True)
    return lines


def surface():
    """Scores by weight decay, learning rate and seed."""
    return [[[score(seed, lr=lr, weight_decay=decay) for seed in CHOOSING[:2]] for lr in SURFACE_RATES]
            for decay in DECAYS]


def load():
    """The committed record."""
    return _record.read(RECORD)


if __name__ == "__main__":
    parts = _record.named({"surface": surface, "lottery": lottery, "ablation": ablation})
    _record.renew(RECORD, {
        "lines": lambda record: {"lines": record.get("lines", {}) | changes()},
        "blurs": lambda record: {"lines": record["lines"] | {name: notebook(how) for name, how in PARTS.items()}},
        "together": lambda record: {"together": combined(record["lines"])}} | parts, __doc__)
