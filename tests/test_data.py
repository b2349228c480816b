"""Datasets, splitting and batching."""

import numpy as np
import pytest

from cnnlib import data
from cnnlib.data import Dataset, batches, split

mnist = pytest.mark.skipif(not data.mnist_available(), reason="MNIST is not at hand: set CNNLIB_DATA to its folder")
fashion = pytest.mark.skipif(
    not data.fashion_mnist_available(), reason="Fashion-MNIST is not at hand: set CNNLIB_DATA to its folder"
)


def rng(seed=0):
    return np.random.default_rng(seed)


def numbered(n, classes=3):
    """A dataset in which every sample is its own number, so that one can be told from another."""
    return Dataset(np.arange(n, dtype=np.float64)[:, None], np.arange(n) % classes)


# --- Dataset


def test_dataset_unpacks_counts_and_selects():
    data = numbered(10)
    x, y = data
    assert x is data.images and y is data.labels and len(data) == 10
    assert data[[7, 2]].images.ravel().tolist() == [7, 2]
    assert data[data.labels == 1].images.ravel().tolist() == [1, 4, 7]
    assert Dataset(x, y, ("a", "b", "c"))[:2].classes == ("a", "b", "c")
    assert repr(data) == "Dataset(images (10, 1) float64, labels (10,) int64)"


@pytest.mark.parametrize(
    ("images", "labels", "error", "message"),
    [
        ([[1.0]], np.array([0]), TypeError, "images must be a NumPy array, got list"),
        (np.ones((2, 1)), [0, 1], TypeError, "labels must be a NumPy array, got list"),
        (np.ones((2, 1)), np.array([0, 1, 2]), ValueError, "2 images and 3 labels"),
        (np.array(1.0), np.array([0]), ValueError, "images must have a first axis"),
    ],
)
def test_dataset_refuses_what_does_not_fit(images, labels, error, message):
    with pytest.raises(error, match=message):
        Dataset(images, labels)


def test_dataset_refuses_a_single_index():
    with pytest.raises(TypeError, match="a slice or an array as index.*got 3"):
        numbered(5)[3]


def test_digits():
    digits = data.load_digits()
    assert digits.images.shape == (1797, 1, 8, 8) and digits.images.dtype == np.float32
    assert digits.labels.shape == (1797,) and digits.labels.dtype == np.int64
    assert digits.images.min() == 0 and digits.images.max() == 1
    assert digits.labels[:10].tolist() == list(range(10)) and len(digits.classes) == 10
    assert (digits.images * 16)[0, 0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]  # the first row of the first digit


# --- split


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize(("n", "fractions"), [(10, (0.6, 0.2, 0.2)), (7, (0.5, 0.5)), (101, (1 / 3,) * 3), (5, (1.0,))])
def test_split_puts_every_sample_in_one_part(n, fractions, stratify):
    whole = numbered(n)
    parts = split(whole, fractions, rng(), stratify=stratify)
    together = np.concatenate([part.images.ravel() for part in parts])
    assert sorted(together.tolist()) == list(range(n))
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - n * fraction) <= 1
        assert (part.labels == part.images.ravel().astype(int) % 3).all()  # labels stay with their images


def test_split_shuffles_by_its_seed():
    a, b, c = (split(numbered(60), (0.5, 0.5), rng(seed))[0].images.ravel().tolist() for seed in (0, 0, 1))
    assert a == b and a != c and a != sorted(a)


def test_stratified_split_keeps_the_mix():
    labels = rng().permutation(np.repeat([0, 1, 2], [600, 90, 10]))
    whole = Dataset(np.zeros((700, 1)), labels)
    for part, fraction in zip(split(whole, (0.7, 0.2, 0.1), rng(), stratify=True), (0.7, 0.2, 0.1), strict=True):
        counts = np.bincount(part.labels, minlength=3)
        assert len(part) == round(700 * fraction)
        assert np.abs(counts - fraction * np.array([600, 90, 10])).max() <= 1.5


def test_stratified_split_sends_a_single_sample_to_the_larger_part():
    whole = Dataset(np.zeros((10, 1)), np.array([0] * 9 + [1]))
    small, large = split(whole, (0.3, 0.7), rng(), stratify=True)
    assert small.labels.sum() == 0 and large.labels.sum() == 1


def test_stratified_parts_are_shuffled():
    part, _ = split(numbered(90), (0.5, 0.5), rng(), stratify=True)
    assert len({tuple(part.labels[i : i + 3]) for i in range(0, 45, 3)}) > 3  # not 0 1 2, 0 1 2, ...


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fractions": (0.5, 0.4)}, ValueError, "fractions must add up to 1"),
        ({"fractions": (1.5, -0.5)}, ValueError, r"fractions must be in \[0, 1\]"),
        ({"fractions": 0.5}, TypeError, "fractions must be a tuple"),
        ({"fractions": ()}, TypeError, "fractions must be a tuple"),
        ({"rng": None}, TypeError, "rng must be a numpy.random.Generator"),
        ({"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
        ({"stratify": 1}, TypeError, "stratify must be True or False"),
        ({"dataset": np.ones(4)}, TypeError, "dataset must be a Dataset or a pair"),
        ({"dataset": (np.ones((4, 1)), np.ones(4)), "stratify": True}, TypeError, "labels must hold integers"),
    ],
)
def test_split_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        split(**{"dataset": numbered(10), "fractions": (0.5, 0.5), "rng": rng()} | arguments)


# --- batches


def test_batches_in_order_with_a_partial_last_one():
    x, y = numbered(7)
    got = list(batches(x, y, 3))
    assert [xb.ravel().tolist() for xb, _ in got] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [yb.tolist() for _, yb in got] == [[0, 1, 2], [0, 1, 2], [0]]
    assert [len(xb) for xb, _ in batches(x, y, 3, drop_last=True)] == [3, 3]
    assert [len(xb) for xb, _ in batches(x, y, 3, rng(), drop_last=True)] == [3, 3]
    assert [len(xb) for xb, _ in batches(x, y, 8)] == [7]
    assert list(batches(x, y, 8, drop_last=True)) == []
    assert list(batches(x[:0], y[:0], 8, rng())) == []


def test_batches_shuffle_samples_not_batches():
    x, y = numbered(1000)
    got = list(batches(x, y, 10, rng()))
    seen = np.concatenate([xb.ravel() for xb, _ in got])
    assert sorted(seen.tolist()) == list(range(1000))
    assert all((yb == xb.ravel().astype(int) % 3).all() for xb, yb in got)
    neighbours = sum(1 in np.diff(sorted(xb.ravel())) for xb, _ in got)  # batches with two consecutive numbers
    assert neighbours < 30


def test_batches_follow_the_generator():
    x, y = numbered(20)

    def order(generator):
        return np.concatenate([xb.ravel() for xb, _ in batches(x, y, 6, generator)]).tolist()

    one = rng()
    first, second = order(one), order(one)
    assert first != second and order(rng()) == first
    assert first == rng().permutation(20).tolist()


def test_batches_draw_their_order_at_the_call():
    x, y = numbered(20)
    generator = rng()
    waiting = batches(x, y, 20, generator)
    generator.random(100)
    assert next(waiting)[0].ravel().tolist() == rng().permutation(20).tolist()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be an integer"),
        ({"y": np.arange(3)}, ValueError, "4 images and 3 labels"),
        ({"x": [1, 2]}, TypeError, "images must be a NumPy array"),
        ({"rng": 7}, TypeError, "rng must be a numpy.random.Generator"),
        ({"drop_last": "yes"}, TypeError, "drop_last must be True or False"),
    ],
)
def test_batches_refuse_at_the_call(arguments, error, message):
    with pytest.raises(error, match=message):
        batches(**{"x": np.ones((4, 1)), "y": np.arange(4), "batch_size": 2} | arguments)


# --- The published files


@mnist
def test_mnist():
    train, test = data.load_mnist(), data.load_mnist(train=False)
    assert train.images.shape == (60000, 1, 28, 28) and test.images.shape == (10000, 1, 28, 28)
    assert train.images.dtype == np.float32 and train.images.min() == 0 and train.images.max() == 1
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert abs(train.images.mean(dtype=np.float64) - 0.1307) < 1e-4  # the mean everybody normalises with


@fashion
def test_fashion_mnist():
    train, test = data.load_fashion_mnist(), data.load_fashion_mnist(train=False)
    assert train.images.shape == (60000, 1, 28, 28) and test.images.shape == (10000, 1, 28, 28)
    assert np.bincount(train.labels).tolist() == [6000] * 10 and len(train.classes) == 10
    assert train.classes[train.labels[0]] == "boot"
    assert abs(train.images.mean(dtype=np.float64) - 0.2860) < 1e-4
