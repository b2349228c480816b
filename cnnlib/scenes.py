"""Scenes: small images placed in larger ones, with the truth about where they are.

Both functions make their pictures from images that you hand over (the bundled digits will do) and a generator: the same
seed gives the same pictures.

- `place`: one image at a random place of an empty field; the label stays what it was.
- `make_scenes`: several images in one field, with boxes, labels and a label for every pixel.
"""

from dataclasses import dataclass

import numpy as np

from cnnlib import _checks as checks
from cnnlib.data import Dataset, as_dataset

BACKGROUND = 0  # in the masks; class k is k + 1
ATTEMPTS = 2000  # to find places for the objects of one picture


def place(dataset, size, rng):
    """Put each image at a random place of a larger, empty field.

    Parameters
    ----------
    dataset : Dataset or pair of arrays
        Images (N, C, h, w) and labels (N,).
    size : int or pair of int
        Height and width of the field, at least those of the images.
    rng : numpy.random.Generator
        Draws the places, all equally likely.

    Returns
    -------
    Dataset
        Images (N, C, H, W) in the dtype of the old ones, zero around them; the labels and classes of ``dataset``.

    Raises
    ------
    ValueError
        If the field is smaller than the images.

    Examples
    --------
    >>> images = np.ones((1, 1, 1, 2), np.float32)
    >>> place((images, np.array([7])), (2, 3), np.random.default_rng(0)).images[0, 0]
    array([[0., 0., 0.],
           [0., 1., 1.]], dtype=float32)
    """
    dataset = _images(dataset)
    (height, width), (h, w) = _field(size, dataset.images), dataset.images.shape[2:]
    checks.generator("rng", rng)
    field = np.zeros((*dataset.images.shape[:2], height, width), dataset.images.dtype)
    tops = rng.integers(0, height - h + 1, len(dataset))
    lefts = rng.integers(0, width - w + 1, len(dataset))
    for picture, image, top, left in zip(field, dataset.images, tops, lefts, strict=True):
        picture[:, top : top + h, left : left + w] = image
    return Dataset(field, dataset.labels, dataset.classes)


@dataclass(frozen=True, eq=False)
class Scenes:
    """Pictures of several objects, and where each of them is.

    Attributes
    ----------
    images : array of float (N, C, H, W)
    boxes : list of array of float64 (M, 4)
        For each picture the boxes ``(x1, y1, x2, y2)`` around its objects' ink, see `cnnlib.detection`.
    labels : list of array of int64 (M,)
        The class of each box.
    masks : array of int64 (N, H, W)
        For each pixel 0 where nothing is, and 1 + class where there is ink of an object.
    """

    images: np.ndarray
    boxes: list
    labels: list
    masks: np.ndarray

    def __len__(self):
        return len(self.images)


def make_scenes(dataset, count, size, rng, objects=(1, 3), ink=0.25):
    """Draw pictures in which several images stand, none over another.

    Parameters
    ----------
    dataset : Dataset or pair of arrays
        Images (N, C, h, w), brighter than 0 where the object is, and labels (N,).
    count : int
        How many pictures.
    size : int or pair of int
        Height and width of a picture.
    rng : numpy.random.Generator
        Draws which images, how many and where.
    objects : int or pair of int
        How many objects a picture has, or the least and the most.
    ink : float
        A pixel belongs to an object if its largest channel is brighter than this.

    Returns
    -------
    Scenes

    Raises
    ------
    ValueError
        If the field is smaller than the images, an image has no ink, or that many objects find no room.

    Examples
    --------
    >>> images = np.ones((1, 1, 2, 2), np.float32)
    >>> scenes = make_scenes((images, np.array([4])), 1, (2, 4), np.random.default_rng(0), objects=1)
    >>> scenes.boxes[0], scenes.labels[0]
    (array([[2., 0., 4., 2.]]), array([4]))
    >>> scenes.masks[0]
    array([[0, 0, 5, 5],
           [0, 0, 5, 5]])
    """
    dataset = _images(dataset)
    if len(dataset) == 0:
        raise ValueError("dataset must have at least one image, got none")
    count, (height, width) = checks.integer("count", count, 0), _field(size, dataset.images)
    checks.generator("rng", rng)
    least, most = checks.pair("objects", objects, 0)
    if least > most:
        raise ValueError(f"objects must be at least, then at most so many, got {objects}")
    ink = checks.number("ink", ink)
    images = np.zeros((count, dataset.images.shape[1], height, width), dataset.images.dtype)
    masks, boxes, labels = np.zeros((count, height, width), np.int64), [], []
    for picture, mask in zip(images, masks, strict=True):
        chosen = rng.integers(0, len(dataset), rng.integers(least, most + 1))
        corners = _places(len(chosen), dataset.images.shape[2:], (height, width), rng)
        tight = [
            _put(picture, mask, dataset.images[i], int(dataset.labels[i]), corner, ink)
            for i, corner in zip(chosen, corners, strict=True)
        ]
        boxes.append(np.array(tight, np.float64).reshape(-1, 4))
        labels.append(dataset.labels[chosen].astype(np.int64))
    return Scenes(images, boxes, labels, masks)


def _places(count, shape, size, rng):
    """Draw upper left corners (row, column) until no two of the images overlap."""
    room = np.subtract(size, shape) + 1
    for _ in range(ATTEMPTS):
        corners = rng.integers(0, room, (count, 2))
        apart = (np.abs(corners[:, None] - corners) >= shape).any(axis=2)
        if apart.sum() == count * (count - 1):
            return corners
    raise ValueError(f"size must leave room for {count} objects; none was found for them in {ATTEMPTS} attempts")


def _put(picture, mask, image, label, corner, ink):
    """Write an image and its label into a picture; returns the box around its ink."""
    seen = image.max(axis=0) > ink
    if not seen.any():
        raise ValueError(f"dataset must hold images brighter than ink ({ink}) somewhere; one of class {label} is not")
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    (top, left), (h, w) = corner, seen.shape
    picture[:, top : top + h, left : left + w] = image
    mask[top : top + h, left : left + w][seen] = label + 1
    return left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1


def _images(dataset):
    dataset = as_dataset("dataset", dataset)
    checks.floats("the images of dataset", dataset.images, ndim=4)
    checks.integers("the labels of dataset", dataset.labels, ndim=1)
    if 0 in dataset.images.shape[1:]:
        shape = dataset.images.shape
        raise ValueError(f"the images of dataset must have at least one channel, row and column, got shape {shape}")
    if len(dataset) and int(dataset.labels.max()) >= checks.LARGEST:  # in the masks they are one more
        raise ValueError(f"the labels of dataset must be below {checks.LARGEST}, got {dataset.labels.max()}")
    if len(dataset) and dataset.labels.min() < 0:
        raise ValueError(f"the labels of dataset must be at least 0, got {dataset.labels.min()}")
    return dataset


def _field(size, images):
    height, width = checks.pair("size", size, 1)
    if height < images.shape[2] or width < images.shape[3]:
        raise ValueError(f"size must be at least that of the images, {images.shape[2:]}, got {(height, width)}")
    return height, width
