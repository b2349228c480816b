"""Chapter 13's comparison on 2,000 digits of MNIST: nearest neighbour, an MLP and LeNet-5.

    CNNLIB_DATA=… python -m cnnlib.course.few_mnist     # measure again and write records/few_mnist.json

Every seed draws 2,000 digits to learn from and 5,000 others to be judged on, all from MNIST's training images; its test
images take no part. Each network gets its own learning rate, chosen on seeds that do not count.
"""

import functools

import numpy as np

from cnnlib.course import _record
from cnnlib.course.generalizing import nearest
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import Dataset, load_mnist
from cnnlib.models import lenet5, mlp
from cnnlib.optim import SGD
from cnnlib.training import evaluate, fit

RECORD = _record.FOLDER / "few_mnist.json"
LEARN, JUDGE, EPOCHS, BATCH = 2000, 5000, 20, 32
CHOOSING, JUDGING = (100, 101), tuple(range(5))
RATES = (0.01, 0.02, 0.05, 0.1, 0.2)
NETS = {"MLP": lambda rng: mlp([784, 77, 10], rng=rng), "CNN": lambda rng: lenet5(rng=rng)}
CRITERION = CrossEntropyLoss()


digits = functools.cache(load_mnist)


def parts(seed):
    """2,000 digits to learn from and 5,000 others."""
    order = np.random.default_rng([13, seed]).permutation(len(digits()))[: LEARN + JUDGE]
    drawn = Dataset(digits().images[order], digits().labels[order])
    return drawn[:LEARN], drawn[LEARN:]


def score(name, seed, lr):
    """Accuracy on the 5,000 after training."""
    learn, judge = parts(seed)
    rng = np.random.default_rng([1, seed])
    model = NETS[name](rng)
    with np.errstate(all="ignore"):  # too large a rate overflows; the accuracy shows it
        fit(model, CRITERION, SGD(model.parameters(), lr=lr, momentum=0.9), learn, epochs=EPOCHS, batch_size=BATCH,
            rng=rng, progress=False)
        return evaluate(model, CRITERION, judge).accuracy


def rival(seed):
    """The nearest of the 2,000 digits."""
    learn, judge = parts(seed)
    return float((nearest(learn, judge.images) == judge.labels).mean())


def measure(name):
    """A network's accuracies by rate and choosing seed, its best rate, and accuracies by judging seed."""
    tried = [[score(name, seed, lr) for seed in CHOOSING] for lr in RATES]
    best = RATES[int(np.argmax(np.mean(tried, axis=1)))]
    return {"tried": tried, "best": best, "scores": [score(name, seed, best) for seed in JUDGING],
            "parameters": sum(p.size for p in NETS[name](np.random.default_rng(0)).parameters())}


PARTS = {"nearest neighbour": lambda: {"scores": [rival(seed) for seed in JUDGING]},
         "MLP": lambda: measure("MLP"), "CNN": lambda: measure("CNN")}


def load():
    """The committed record."""
    return _record.read(RECORD)


if __name__ == "__main__":
    _record.renew(RECORD, _record.named(PARTS), __doc__)
