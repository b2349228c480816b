"""Is an answer the expected one? If not, in what does it differ: kind, count, shape or value?"""

from dataclasses import dataclass

import numpy as np

from cnnlib.course.exercises._answers import Foreign, describe, numbers


@dataclass(frozen=True)
class Difference:
    """The first difference: ``kind`` is "nothing", "type", "count", "shape" or "value"; ``right`` results of ``of`` agree."""

    kind: str
    text: str
    right: int = 0
    of: int = 1


def difference(given, expected, tol=1e-5, digits=None):
    """The :class:`Difference` between a plain answer and the expected value, or None.

    Parameters
    ----------
    given : object
        A plain answer, see :func:`cnnlib.course.exercises._answers.plain`.
    expected : bool, number, array, or tuple or list of these
        A tuple or list means several results.
    tol : float, optional
        Relative tolerance for floats; integers must be met exactly.
    digits : int, optional
        Accept a number that has this many significant digits right, or more.
    """
    if given is None:
        return Difference("nothing", "it returns nothing. Is the return statement missing?")
    if isinstance(expected, (tuple, list)):
        return _several(given, expected, tol, digits)
    if isinstance(expected, (bool, np.bool_)):
        return _truth(given, bool(expected))
    array = numbers(given)
    if array is None:
        ragged = isinstance(given, list) and not _holds_strangers(given)
        why = "rows of different lengths" if ragged else describe(stranger(given))
        return Difference("type", f"numbers are expected, you give {why}.")
    expected = np.asarray(expected)
    if expected.ndim == 0 and array.size == 1:
        array = array.reshape(())  # one number may come in brackets
    if array.shape != expected.shape:
        wanted = f"the shape {expected.shape} is expected" if expected.ndim else "one number is expected"
        return Difference("shape", f"{wanted}, you give {describe(array if array.ndim else float(array))}.")
    wrong = ~_close(array, expected, tol, digits)
    if not wrong.any():
        return None
    where = tuple(int(i) for i in np.argwhere(wrong)[0]) if expected.ndim else ()
    at = f" at index {where}" if where else ""
    right = int(wrong.size - wrong.sum())
    return Difference("value", f"{expected[where]:.6g} is expected{at}, you give {array[where]:.6g}.", right, wrong.size)


def _several(given, expected, tol, digits):
    parts = list(given) if isinstance(given, list) or (isinstance(given, np.ndarray) and given.ndim) else None
    if parts is None or len(parts) != len(expected):
        words = f"a list of {len(parts)}" if isinstance(given, list) else describe(given)  # tuples in it are no array
        return Difference("count", f"{len(expected)} {'result is' if len(expected) == 1 else 'results are'} expected, you give {words}.")
    parts = [float(p) if isinstance(p, np.floating) else p for p in parts]
    found = [difference(p, e, tol, digits) for p, e in zip(parts, expected, strict=True)]
    for i, d in enumerate(found):
        if d:
            text = "nothing is given." if d.kind == "nothing" else d.text
            inner = text.startswith("result ")  # a pair in a list: result 3, part 1
            text = f", part {text.removeprefix('result ')}" if inner else f": {text}"
            return Difference(d.kind, f"result {i + 1}{text}", found.count(None), len(found))
    return None


def _truth(given, expected):
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    given = float(given.item()) if isinstance(given, np.ndarray) and given.size == 1 else given
    if not isinstance(given, (bool, float)) or given not in (0, 1):
        return Difference("type", f"True or False is expected, you give {describe(given)}.")
    return None if bool(given) == expected else Difference("value", f"{expected} is expected, you give {bool(given)}.")


def room(expected, tol):
    """How far from each expected number an answer may lie: an array of the same shape."""
    exact = expected.dtype.kind in "iub"
    size = np.abs(expected.astype(np.float64))
    # Sums of terms of size one that cancel leave a rounding error of that size, however small the result.
    scale = min(size[np.isfinite(size)].max(initial=0.0), 1.0)
    scale = max(scale, 1e-12) if scale else 1e-9  # where 0 is expected, what float32 leaves of it will do
    return 1e-9 * size + 1e-9 if exact else tol * np.maximum(size, scale)


def _close(given, expected, tol, digits):
    near = room(expected, tol)
    expected = expected.astype(np.float64)
    with np.errstate(all="ignore"):
        close = np.isfinite(expected) & (np.abs(given - expected) <= near) | (given == expected) | (np.isnan(given) & np.isnan(expected))
    if digits is not None:
        close |= np.vectorize(lambda g, e: _rounded(g, e, digits), otypes=[bool])(given, expected)
    return close


def reach(expected, digits):
    """How far a number with ``digits`` significant digits right may lie from the expected one."""
    return 0.5 * 10.0**-_decimals(expected, digits) * (1 + 1e-6) if digits is not None and expected else 0.0


def _decimals(expected, digits):
    return digits - 1 - int(np.floor(np.log10(abs(expected))))


def _rounded(given, expected, digits):
    """Is ``given`` the number ``expected``, rounded to ``digits`` significant digits or more, or worked out of rounded ones?"""
    if not np.isfinite(given) or expected == 0:
        return False
    asked = _decimals(expected, digits)
    shown = next((k for k in range(asked, 13) if abs(given - round(given, k)) <= 1e-7 * max(1.0, abs(given))), 13)
    half = reach(expected, digits)
    if shown == asked + 1:  # one digit more than asked for was written down, rounded or cut off
        return abs(given - expected) <= 0.2 * half
    return abs(given - expected) <= (half if shown == asked else min(half, 1e-3 * abs(expected)))


def stranger(value):
    """The part of a plain answer that is not a number, to name it."""
    if isinstance(value, list):
        return next((stranger(v) for v in value if _holds_strangers(v)), value)
    return value


def _holds_strangers(value):
    if isinstance(value, list):
        return any(_holds_strangers(v) for v in value)
    return value is None or isinstance(value, (str, Foreign))
