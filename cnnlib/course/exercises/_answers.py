"""Answers come in many dresses: the one place where they are undressed.

A plain answer is None, a text, a bool, a float, a float64 array, a list of plain answers, or a :class:`Foreign`
that says what else it was. Nothing here raises, whatever the answer is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

DEEPEST, LONGEST = 8, 5_000
JOINING = {"and", "or", "also", "plus"}


@dataclass(frozen=True)
class Foreign:
    """An answer that no exercise asks for, in words."""

    words: str


def plain(value, consume=False):
    """The plain form of an answer.

    Parameters
    ----------
    value : object
        Torch tensors (with or without gradient), arrays of any kind, numbers of any kind, sequences, sets.
    consume : bool, optional
        Let the errors of a generator's body pass to the caller, who names the line; otherwise they are swallowed.
    """
    try:
        return _plain(value, 0)
    except Exception:
        if consume and isinstance(value, Iterator):
            raise
        return Foreign(_kind(value))


def _plain(value, depth):
    if value is None or isinstance(value, (str, Foreign)):
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, range) and value[LONGEST:]:  # it knows its length, and reading it could take for ever
        return Foreign(f"a range of more than {LONGEST} numbers")
    if isinstance(value, (type, dict, bytes, bytearray, complex, np.complexfloating)):
        return Foreign(_kind(value))
    if depth > DEEPEST:  # a list may hold itself
        raise OverflowError("the answer is nested too deeply")
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # a torch tensor, without importing torch
        value = _from_torch(value)
    elif hasattr(value, "__array__") and not isinstance(value, np.ndarray):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return _from_array(value, depth)
    if isinstance(value, (set, frozenset)) and not all(isinstance(v, str) for v in value):
        return Foreign("a set, which has no order")
    if isinstance(value, Iterable):
        values = list(islice(value, LONGEST + 1)) if isinstance(value, Iterator) else value
        if isinstance(value, Iterator) and len(values) > LONGEST:
            raise OverflowError("the answer goes on and on")
        return [_plain(v, depth + 1) for v in values]
    return _number(value)


def _from_torch(tensor):
    tensor = tensor.detach().cpu()
    try:
        return tensor.numpy()
    except Exception:  # bfloat16 and sparse tensors have no array of their own
        return np.asarray(tensor.to_dense().tolist())


def _from_array(array, depth):
    if array.dtype.kind in "OU":
        return _plain(array.tolist(), depth + 1)
    if array.dtype.kind not in "fiub":
        return Foreign(_kind(array))
    if isinstance(array, np.ma.MaskedArray):
        array = array.astype(np.float64).filled(np.nan)
    return np.array(array, dtype=np.float64) if array.ndim else _scalar(array)


def _scalar(array):
    return bool(array) if array.dtype.kind == "b" else float(array)


def _number(value):
    try:
        return float(value)  # int, Fraction, Decimal, and whatever calls itself a number
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    except (TypeError, ValueError):
        return Foreign(_kind(value))


def _kind(value):
    name = type(value).__name__
    if isinstance(value, type):
        return f"a class ({value.__name__})"
    if callable(value):
        return "a function"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def numbers(value):
    """A plain answer as one float64 array, or None where it is not numbers or its rows differ in length."""
    if isinstance(value, (bool, float)):
        return np.array(float(value))
    if isinstance(value, np.ndarray):
        return value
    if not isinstance(value, list):
        return None
    parts = [numbers(v) for v in value]
    if any(part is None for part in parts) or len({part.shape for part in parts}) > 1:
        return None
    return np.stack(parts) if parts else np.zeros(0)


def letters(value):
    """The single letters of an answer, lower case, in the order given; None where it is not made of letters.

    ``"ba"``, ``"B, A"``, ``"b and a"``, ``["b", "a"]`` and ``("(b)", "(a)")`` all give ``"ba"``. A set has no order:
    it is sorted.
    """
    value = sorted(map(str, value)) if isinstance(value, (set, frozenset)) else plain(value)
    if isinstance(value, list):
        parts = [letters(v) for v in value]
        return None if None in parts else "".join(parts)
    if not isinstance(value, str):
        return None
    words = re.findall(r"[^\W\d_]+", value.lower())
    words = [word for word in words if word not in JOINING] if len(words) > 1 else words
    return "".join(words)


def describe(value):
    """A plain answer in words, short enough for a verdict."""
    if value is None:
        return "nothing"
    if isinstance(value, Foreign):
        return value.words
    if isinstance(value, str):
        return f"the text {value[:30]!r}"
    if isinstance(value, (bool, float)):
        return f"one number, {value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    array = numbers(value)
    if array is not None and array.ndim > 1:
        return f"one array of shape {array.shape}"
    return f"a list of {len(value)}"
