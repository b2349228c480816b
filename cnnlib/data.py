"""Data: real images with their labels, split into parts and served in mini-batches.

Three datasets share one form, `Dataset`: images (N, C, H, W) in float32 from 0 to 1, and a label for each.

- `load_digits`: 1,797 handwritten digits of 8 by 8 pixels. They come with scikit-learn, so they are always there.
- `load_mnist`: 70,000 handwritten digits of 28 by 28 pixels.
- `load_fashion_mnist`: 70,000 pictures of clothes in MNIST's format, and harder.

The last two are files, gzipped as they are published or unpacked. They are looked for in the folder that the
environment variable ``CNNLIB_DATA`` names, then in the user's cache. Nothing is downloaded unless you ask for it with
``download=True``, and a file that is not exactly the published one is refused.

Then two functions that every training run needs: `split` (train, validation, test) and `batches`.
"""

import math
from dataclasses import dataclass

import numpy as np

from cnnlib import _checks as checks
from cnnlib import _published as published
from cnnlib._published import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from cnnlib.idx import read_idx

# --- A dataset: inputs and labels that belong together --------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and their labels: as many labels as images, in the same order.

    Parameters
    ----------
    images : array (N, ...)
        The inputs, one sample along the first axis; for images (N, C, H, W).
    labels : array (N, ...)
        What the network should say about each; for classes integers (N,).
    classes : tuple of str
        What the labels mean: label ``k`` is called ``classes[k]``. Empty where there are no names.

    Examples
    --------
    >>> data = Dataset(np.zeros((3, 1, 2, 2), np.float32), np.array([7, 0, 7]))
    >>> len(data)
    3
    >>> x, y = data          # unpacks into images and labels
    >>> x.shape
    (3, 1, 2, 2)
    >>> data[:2].labels      # any index along the first axis gives a smaller dataset
    array([7, 0])
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple = ()

    def __post_init__(self):
        for name in ("images", "labels"):
            value = checks.array(name, getattr(self, name))
            if value.ndim == 0:
                raise ValueError(f"{name} must have a first axis that counts samples, got a single number")
        if len(self.images) != len(self.labels):
            raise ValueError(
                "images (x) and labels (y) must be as many, "
                f"got {len(self.images)} images and {len(self.labels)} labels"
            )

    def __len__(self):
        return len(self.images)

    def __iter__(self):
        return iter((self.images, self.labels))

    def __getitem__(self, index):
        if isinstance(index, (int, np.integer)):
            raise TypeError(f"a dataset takes a slice or an array as index, as data[3:4] or data[order], got {index}")
        return Dataset(self.images[index], self.labels[index], self.classes)

    def __repr__(self):
        images, labels = self.images, self.labels
        return f"Dataset(images {images.shape} {images.dtype}, labels {labels.shape} {labels.dtype})"


def as_dataset(name, data):
    """Return ``data`` as a `Dataset`: it may be one already, or a pair ``(x, y)`` of arrays."""
    if isinstance(data, Dataset):
        return data
    if isinstance(data, (tuple, list)) and len(data) == 2:
        return Dataset(*data)
    raise TypeError(f"{name} must be a Dataset or a pair (x, y) of arrays, got {type(data).__name__}")


# --- Splitting, and serving in batches ------------------------------------------------------------------------------


def split(dataset, fractions=(0.6, 0.2, 0.2), rng=None, stratify=False):
    """Shuffle the samples and cut them into parts: usually training, validation and test.

    Parameters
    ----------
    dataset : Dataset or pair of arrays
        What is to be split.
    fractions : sequence of float
        The share of each part; together they make 1.
    rng : numpy.random.Generator
        Decides who goes where: the same seed gives the same parts.
    stratify : bool
        Keep the mix of classes in every part as it is in the whole. Labels must then be integers (N,).

    Returns
    -------
    tuple of Dataset
        A part for each fraction. Every sample is in exactly one of them.

    Notes
    -----
    The cuts are at ``round(N * (f1 + ... + fk))``, so the sizes add up to N whatever the rounding. To stratify, the
    samples of a class with ``n`` members are spread evenly over the interval from 0 to 1, at ``(i + 1/2) / n``. All
    classes together, in that order, are cut as before: a class is then within about one sample of its share.

    Examples
    --------
    >>> x, y = np.arange(10.0).reshape(10, 1), np.array([0, 1] * 5)
    >>> train, validation, test = split((x, y), (0.6, 0.2, 0.2), np.random.default_rng(0), stratify=True)
    >>> len(train), len(validation), len(test)
    (6, 2, 2)
    >>> np.bincount(train.labels), np.bincount(test.labels)
    (array([3, 3]), array([1, 1]))
    """
    dataset = as_dataset("dataset", dataset)
    rng = checks.generator("rng", rng)
    if not isinstance(fractions, (tuple, list)) or not fractions:
        raise TypeError(f"fractions must be a tuple of numbers, as (0.6, 0.2, 0.2), got {fractions!r}")
    fractions = [checks.number("fractions", fraction, 0, 1) for fraction in fractions]
    if not math.isclose(sum(fractions), 1.0, abs_tol=1e-9):
        raise ValueError(f"fractions must add up to 1, got {tuple(fractions)}, which make {sum(fractions):g}")

    n = len(dataset)
    order = rng.permutation(n)
    if checks.flag("stratify", stratify):
        labels = checks.integers("labels", dataset.labels, ndim=1)[order]
        place = np.empty(n)
        for label in np.unique(labels):
            members = labels == label
            place[members] = (np.arange(members.sum()) + 0.5) / members.sum()
        order = order[np.argsort(place, kind="stable")]
    cuts = [round(n * share) for share in np.cumsum(fractions)[:-1]]
    parts = np.split(order, cuts)
    if stratify:
        parts = [rng.permutation(part) for part in parts]  # the even spreading left a pattern in the order
    return tuple(dataset[part] for part in parts)


def batches(x, y, batch_size, rng=None, drop_last=False):
    """Go through the samples once, ``batch_size`` at a time.

    Parameters
    ----------
    x : array (N, ...)
        Inputs.
    y : array (N, ...)
        Labels or targets.
    batch_size : int
        Samples in a batch; the last batch has what is left.
    rng : numpy.random.Generator, optional
        Shuffle the *samples* first, so that every epoch meets new mixtures. Without it they come in order.
    drop_last : bool
        Leave out the last batch where it is smaller than the others.

    Returns
    -------
    iterator of pairs of arrays
        ``(x, y)`` of every batch. The order is drawn from ``rng`` at the call, before the first batch.

    Notes
    -----
    Shuffling whole batches, a common slip, would leave the same samples together for ever: their gradients would
    always be averaged with the same neighbours.

    Examples
    --------
    >>> x, y = np.array([[10.0], [11.0], [12.0]]), np.array([0, 1, 2])
    >>> for xb, yb in batches(x, y, 2):
    ...     print(xb.ravel(), yb)
    [10. 11.] [0 1]
    [12.] [2]
    """
    x, y = Dataset(x, y)
    batch_size = checks.integer("batch_size", batch_size, least=1)
    drop_last = checks.flag("drop_last", drop_last)
    n = len(x) - len(x) % batch_size if drop_last else len(x)
    starts = range(0, n, batch_size)
    if rng is None:
        return ((x[i : i + batch_size], y[i : i + batch_size]) for i in starts)
    order = checks.generator("rng", rng).permutation(len(x))[:n]
    chosen = (order[i : i + batch_size] for i in starts)
    return ((x[some], y[some]) for some in chosen)


# --- The bundled digits ---------------------------------------------------------------------------------------------


def load_digits():
    """Load the 1,797 handwritten digits that come with scikit-learn.

    Returns
    -------
    Dataset
        Images (1797, 1, 8, 8) in float32 from 0 to 1, labels (1797,) in int64.

    References
    ----------
    .. [1] E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
       1998.

    Examples
    --------
    >>> data = load_digits()
    >>> data
    Dataset(images (1797, 1, 8, 8) float32, labels (1797,) int64)
    >>> data.labels[:5]
    array([0, 1, 2, 3, 4])
    """
    from sklearn.datasets import load_digits as bundled  # imported late: it takes a second

    digits = bundled()
    images = (digits.images / 16).astype(np.float32)[:, None]
    return Dataset(images, digits.target.astype(np.int64), tuple("0123456789"))


# --- MNIST and Fashion-MNIST ----------------------------------------------------------------------------------------


def load_mnist(train=True, download=False):
    """Load MNIST: 60,000 images of handwritten digits to train on, or the 10,000 to test on.

    Parameters
    ----------
    train : bool
        The training images, or with False the test images.
    download : bool
        Fetch the files (11 MB) into the user's cache if they are not at hand, and again what is damaged there.

    Returns
    -------
    Dataset
        Images (N, 1, 28, 28) in float32 from 0 to 1, labels (N,) in int64.

    Raises
    ------
    FileNotFoundError
        If the files are not at hand and ``download`` is False.
    ValueError
        If a file is not the published one.
    OSError
        If a download fails.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to Document Recognition",
       Proceedings of the IEEE, 1998, section III.A.
    """
    return _load("mnist", train, download)


def load_fashion_mnist(train=True, download=False):
    """Load Fashion-MNIST: ten kinds of clothes, 60,000 images to train on, or the 10,000 to test on.

    The parameters, the result and the errors are those of `load_mnist`. The download is 31 MB.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
       Algorithms", 2017, section 2.
    """
    return _load("fashion", train, download)


def mnist_available():
    """Say whether MNIST's files are at hand, so that `load_mnist` needs no download."""
    return published.folder_of("mnist") is not None


def fashion_mnist_available():
    """Say whether Fashion-MNIST's files are at hand, so that `load_fashion_mnist` needs no download."""
    return published.folder_of("fashion") is not None


def _load(key, train, download):
    source = published.SOURCES[key]
    train, download = checks.flag("train", train), checks.flag("download", download)
    names = (TRAIN_IMAGES, TRAIN_LABELS) if train else (TEST_IMAGES, TEST_LABELS)
    folder = published.folder_of(key)
    if download and folder in (None, published.cache(key)):
        folder = published.download(key)
    if folder is None:
        raise FileNotFoundError(
            f"{source.title} is not at hand: set the environment variable CNNLIB_DATA to a folder that contains "
            f"{source.folders[0]}/{TRAIN_IMAGES} and its three companions, or pass download=True"
        )
    images, labels = (read_idx(*published.find(folder, name, source)) for name in names)
    if images.ndim != 3 or labels.shape != images.shape[:1] or images.dtype != np.uint8:
        raise ValueError(f"{folder}: images {images.shape} {images.dtype} and labels {labels.shape} do not match")
    images = images[:, None].astype(np.float32)
    images /= 255
    return Dataset(images, labels.astype(np.int64), source.classes)
