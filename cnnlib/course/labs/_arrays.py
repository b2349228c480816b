"""The reader's arrays, as a laboratory takes them: a few planes of finite numbers, not too large to be seen."""

import numpy as np

from cnnlib._checks import integer


def grids(name, values, *, ndims, most, largest=999):
    """Finite numbers as float64, or an error that names the argument.

    Parameters
    ----------
    name : str
    values : array_like
    ndims : tuple of int
        The numbers of axes that are allowed.
    most : tuple of int
        The longest that the last axes may be; a shorter tuple leaves the axes before them alone.
    largest : float, optional
        The largest absolute value that the laboratory's controls can hold.

    Returns
    -------
    numpy.ndarray
    """
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name} must be a grid of numbers: {error}") from None
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} must hold real numbers, got {array.dtype}")
    array = array.astype(np.float64)
    allowed = " or ".join(map(str, ndims))
    if array.ndim not in ndims:
        raise ValueError(f"{name} must have {allowed} axes, got {array.ndim} (shape {array.shape})")
    for size, limit in zip(array.shape[::-1], most[::-1], strict=False):
        if not 1 <= size <= limit:
            raise ValueError(f"{name} must be from 1 to {limit} long along this axis, got {size} (shape {array.shape})")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    if np.abs(array).max() > largest:
        raise ValueError(f"{name} must lie in [-{largest}, {largest}], got {np.abs(array).max():g}")
    return array


def whole(name, value, low, high):
    """A whole number that the laboratory has a button for."""
    if not low <= integer(name, value) <= high:
        raise ValueError(f"{name} must be from {low} to {high}, got {value}")
    return int(value)
