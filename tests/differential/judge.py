"""Whether two arrays are the same but for rounding.

Two ways of adding up the same numbers differ by rounding, and how much that is depends on what is computed: a sum that
all but cancels, a batch of two through batch norm, a maximum of two that are all but equal. There is no correct answer
to the last digit, but there is a measure for it: how far the layers' own answer moves where their numbers move by a
last bit. An answer that differs by much more than that is wrong.
"""

import numpy as np

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}  # of the largest number in an array: no question is asked below
FLOOR = 0.1  # or of this, where all are smaller: what goes in is of the size of 1, and so is its rounding
SHAKES = 12
MOVED = 10  # times as far as the layers' answer moved in one of the shakes
FURTHER = 8  # times as far as the layers' answer in float32 is from theirs in float64
ROUNDED = 1e-6


def difference(a, b):
    """What is different between two arrays, or None."""
    if a is None or b is None:
        return None if a is b else "one is None"
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.shape} {a.dtype} and not {b.shape} {b.dtype}"
    if a.dtype.kind != "f":
        return None if np.array_equal(a, b) else "other whole numbers"
    finite = np.isfinite(b)
    if not np.array_equal(finite, np.isfinite(a)) or not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return "infinity or NaN in other places"
    worst = np.abs(a[finite] - b[finite]).max(initial=0)
    scale = np.abs(b[finite]).max(initial=FLOOR)
    return f"{worst:.3g} of {scale:.3g}" if worst > TOLERANCE[str(a.dtype)] * scale else None


def rounding(a, b, shaken, wide=None):
    """Whether rounding explains the difference between the engine's ``a`` and the layers' ``b``.

    Parameters
    ----------
    a, b : array
    shaken : list of array
        What the layers answer where every number that goes into a layer, or comes out of it, has moved by its last bit.
    wide : array, optional
        What they answer in float64, where ``b`` is float32.
    """
    if any(other is None or np.shape(other) != np.shape(b) for other in (a, *shaken)) or np.asarray(a).dtype != b.dtype:
        return False
    with np.errstate(all="ignore"):
        undecided = np.any([np.isfinite(c) != np.isfinite(b) for c in shaken], axis=0)
        same = np.isfinite(a) & np.isfinite(b) | (np.asarray(a) == b) | (np.isnan(a) & np.isnan(b))
        if not (same | undecided).all():
            return False
        if _far(a, b) <= MOVED * max(_far(c, b) for c in shaken):
            return True
        if wide is None or np.shape(wide) != np.shape(b):
            return False
        scale = np.abs(wide[np.isfinite(wide)]).max(initial=0)
        return bool(same.all()) and _far(a, wide) <= FURTHER * _far(b, wide) + ROUNDED * scale


def _far(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    return np.where(np.isfinite(a) & np.isfinite(b), np.abs(a - b), 0).max(initial=0)
