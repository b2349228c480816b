"""Augmentation: new training images made of old ones, by changes that leave the label true.

A 3 that is moved by a pixel, turned by ten degrees or written a little larger is a 3. Each function takes a batch of
images (N, C, H, W) and draws, from the generator you hand it, a change of its own for every image; all channels of an
image change together. The input is not touched, and float32 stays float32.

`shift`, `rotate` and `scale` are one operation, `affine`: for every output pixel, compute where it comes from, and mix
the four pixels around that point (bilinear interpolation, which also blurs) or take the nearest one. `random_affine`
does all three at once, which is faster and blurs the image once instead of three times. `flip` mirrors, `noise` adds to
the values and moves nothing.

Whether a change leaves the label true depends on the labels: a mirrored cat is a cat, a mirrored 2 is no 2.
"""

import numpy as np

from cnnlib import _checks as checks

# --- The operation behind them --------------------------------------------------------------------------------------


def affine(x, matrix, value=0.0, mode="bilinear"):
    """Move, turn, stretch: take every output pixel from where ``matrix`` says that it comes from.

    Parameters
    ----------
    x : array of float (N, C, H, W)
        A batch of images.
    matrix : array of float (2, 3) or (N, 2, 3)
        Leads from an output pixel to its source; one for all images or one for each.
    value : float
        What lies outside the image.
    mode : {"bilinear", "nearest"}
        Mix the four pixels around a source, which blurs, or take the nearest one, which does not.

    Returns
    -------
    array (N, C, H, W)
        The resampled images, in the dtype of ``x``.

    Notes
    -----
    A point has coordinates (r, c), rows down and columns to the right, measured from the centre of the image. The
    output at (r, c) is the input at ``matrix @ (r, c, 1)``. Where that falls between pixels, with fractions p down and
    q to the right, the four pixels around it are mixed::

        (1 - p) (1 - q) upper left  +  (1 - p) q upper right  +  p (1 - q) lower left  +  p q lower right

    References
    ----------
    .. [1] M. Jaderberg, K. Simonyan, A. Zisserman and K. Kavukcuoglu, "Spatial Transformer Networks", 2015, section 3.

    Examples
    --------
    >>> x = np.array([[[[1.0, 2.0, 4.0]]]])
    >>> from_left = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -1.0]])       # column c comes from column c - 1
    >>> affine(x, from_left)
    array([[[[0., 1., 2.]]]])
    >>> halfway = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.5]])          # column c comes from c + 1/2
    >>> affine(x, halfway)
    array([[[[1.5, 3. , 2. ]]]])
    >>> third = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.3]])
    >>> affine(x, third, mode="nearest")
    array([[[[1., 2., 4.]]]])
    """
    checks.floats("x", x, ndim=4)
    checks.floats("matrix", matrix, ndim=(2, 3))
    value = checks.number("value", value)
    n, channels, h, w = x.shape
    if matrix.shape not in ((2, 3), (n, 2, 3)):
        raise ValueError(f"matrix must have shape (2, 3) or {(n, 2, 3)}, got {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError("matrix must be finite, got NaN or infinity")
    if mode not in ("bilinear", "nearest"):
        raise ValueError(f"mode must be 'bilinear' or 'nearest', got {mode!r}")
    if x.size == 0:
        return x.copy()

    # Where each output pixel comes from: rows and columns (N, H * W), counted from the top left corner.
    centre = np.array([(h - 1) / 2, (w - 1) / 2])
    r, c = (axis.ravel() for axis in np.indices((h, w)) - centre[:, None, None])
    source = np.broadcast_to(matrix, (n, 2, 3)).astype(np.float64) @ np.stack([r, c, np.ones(h * w)])
    row, column = source[:, 0] + centre[0], source[:, 1] + centre[1]
    if mode == "nearest":
        row, column = np.rint(row), np.rint(column)  # then nothing is left to mix: p = q = 0

    # A frame of one pixel of the outside value answers for everything out there: clip the sources to it. Pixel (i, j)
    # of the image is (i + 1, j + 1) in the frame.
    framed = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=value)
    row, column = np.clip(row + 1, 0, h + 1), np.clip(column + 1, 0, w + 1)
    top, left = np.minimum(row.astype(np.intp), h), np.minimum(column.astype(np.intp), w)
    p, q = (row - top).astype(x.dtype)[:, None], (column - left).astype(x.dtype)[:, None]

    starts = (
        np.arange(n * channels).reshape(n, channels, 1) * (h + 2) * (w + 2)
    )  # of every channel in the framed array, laid flat
    at = starts + (top * (w + 2) + left)[:, None]
    upper_left, upper_right, lower_left, lower_right = (framed.take(at + step) for step in (0, 1, w + 2, w + 3))
    upper = (1 - q) * upper_left + q * upper_right
    lower = (1 - q) * lower_left + q * lower_right
    return ((1 - p) * upper + p * lower).reshape(x.shape)


# --- Random changes, one for every image ----------------------------------------------------------------------------


def shift(x, pixels, rng, value=0.0, mode="bilinear"):
    """Move every image by a random distance.

    Parameters
    ----------
    x : array of float (N, C, H, W)
        A batch of images.
    pixels : float
        At most this far up or down, and left or right; fractions of pixels occur, and blur the image.
    rng : numpy.random.Generator
        Draws the distances.
    value : float
        What moves in from outside.
    mode : {"bilinear", "nearest"}
        With "nearest" only whole pixels occur: 1.5 gives −1, 0 and 1, each as often.

    Returns
    -------
    array (N, C, H, W)
        The moved images.

    Examples
    --------
    >>> x = np.ones((2, 1, 4, 4), np.float32)
    >>> y = shift(x, 1, np.random.default_rng(0))
    >>> y.shape, y.dtype, bool((y <= x).all())
    ((2, 1, 4, 4), dtype('float32'), True)
    """
    return random_affine(x, rng, pixels=pixels, value=value, mode=mode)


def rotate(x, degrees, rng, value=0.0):
    """Turn every image about its centre by a random angle.

    Parameters
    ----------
    x : array of float (N, C, H, W)
        A batch of images.
    degrees : float
        At most this far, either way.
    rng : numpy.random.Generator
        Draws the angles.
    value : float
        What turns in from outside.

    Returns
    -------
    array (N, C, H, W)
        The turned images.
    """
    return random_affine(x, rng, degrees=degrees, value=value)


def scale(x, low, high, rng, value=0.0):
    """Enlarge or shrink every image about its centre by a random factor.

    Parameters
    ----------
    x : array of float (N, C, H, W)
        A batch of images.
    low, high : float
        The factor is between these; 1 leaves the image as it is, 2 doubles every length.
    rng : numpy.random.Generator
        Draws the factors.
    value : float
        What appears around an image that shrinks.

    Returns
    -------
    array (N, C, H, W)
        Images of the same size, their content larger or smaller.
    """
    return random_affine(x, rng, factors=(low, high), value=value)


def flip(x, p, rng):
    """Mirror images left to right, each with the same probability.

    Parameters
    ----------
    x : array of float (N, C, H, W)
        A batch of images.
    p : float
        The probability, from 0 to 1.
    rng : numpy.random.Generator
        Draws which images: one number for every image.

    Returns
    -------
    array (N, C, H, W)
        The images, some of them mirrored; a new array.

    Examples
    --------
    >>> x = np.array([[[[1.0, 2.0, 3.0]]]])
    >>> flip(x, 1, np.random.default_rng(0))
    array([[[[3., 2., 1.]]]])
    """
    checks.floats("x", x, ndim=4)
    p = checks.number("p", p, low=0, high=1)
    rng = checks.generator("rng", rng)
    mirrored = rng.random(len(x)) < p
    return np.where(mirrored[:, None, None, None], x[..., ::-1], x)


def noise(x, std, rng):
    """Add to every value a random number with mean 0 and the given standard deviation.

    Parameters
    ----------
    x : array of float (any shape)
        A batch of images.
    std : float
        The standard deviation, in the units of ``x``.
    rng : numpy.random.Generator
        Draws the numbers.

    Returns
    -------
    array (same shape)
        The noisy images. Values may leave the range that they had.

    Examples
    --------
    >>> noise(np.zeros((1, 1, 2, 2)), 0.0, np.random.default_rng(0))
    array([[[[0., 0.],
             [0., 0.]]]])
    """
    checks.floats("x", x)
    std = checks.number("std", std, low=0)
    checks.generator("rng", rng)
    return x + x.dtype.type(std) * rng.standard_normal(x.shape, dtype=x.dtype)


def random_affine(x, rng, *, pixels=0.0, degrees=0.0, factors=(1.0, 1.0), value=0.0, mode="bilinear"):
    """Scale, turn and move every image at random, in this order and in one go.

    Parameters
    ----------
    x : array of float (N, C, H, W)
        A batch of images.
    rng : numpy.random.Generator
        Draws the changes: four numbers for every image.
    pixels : float
        Move at most this far, in each direction.
    degrees : float
        Turn at most this far, either way; a positive angle is counter-clockwise.
    factors : pair of float
        Enlarge by a factor between these two.
    value : float
        What lies outside the image.
    mode : {"bilinear", "nearest"}
        As for `affine`.

    Returns
    -------
    array (N, C, H, W)
        The changed images.

    Notes
    -----
    All four are uniformly distributed. Going back from an output pixel to its source undoes the changes last to first:
    take off the shift (d, e), turn back by the angle a, divide by the factor s::

        source = 1/s [[cos a, sin a], [-sin a, cos a]] ((r, c) - (d, e))
    """
    checks.floats("x", x, ndim=4)
    rng = checks.generator("rng", rng)
    pixels = checks.number("pixels", pixels, low=0)
    degrees = checks.number("degrees", degrees, low=0)
    if not isinstance(factors, (tuple, list)) or len(factors) != 2:
        raise TypeError(f"factors must be a pair of numbers, got {factors!r}")
    low, high = (checks.number("factors", factor, above=0) for factor in factors)
    if low > high:
        raise ValueError(f"factors must be in rising order, got {low} and {high}")

    draw = rng.uniform(-1, 1, size=(len(x), 4))
    angle = np.radians(degrees) * draw[:, 0]
    factor = low + (high - low) * (draw[:, 1] + 1) / 2
    matrix = np.empty((len(x), 2, 3))
    matrix[:, 0, 0] = matrix[:, 1, 1] = np.cos(angle) / factor
    matrix[:, 0, 1] = np.sin(angle) / factor
    matrix[:, 1, 0] = -matrix[:, 0, 1]
    matrix[:, :, 2:] = -matrix[:, :, :2] @ (pixels * draw[:, 2:, None])
    return affine(x, matrix, value, mode)
