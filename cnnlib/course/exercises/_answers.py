"""Answers come in many dresses: the one place where they are undressed.

A plain answer is None, a text, a bool, a float, a float64 array, a list of plain answers, or a :class:`Foreign`
that says what else it was. Nothing here raises, whatever the answer is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from itertools import islice

import numpy as np

DEEPEST, LONGEST = 8, 5_000
TOO_LARGE = "a number too large for float64"
JOINING = {"and", "or", "also", "plus"}
# "!c" and "a, -b" mean what is left out; a dash between letters, or after a number, joins them.
SIGNS = re.compile(r"[!¬~≠^\\]|(?<![\w)])(?<![\d).:] )[-−–](?=\s*\(?[^\W\d_])")


class Endless(Exception):
    """An answer that cannot be read to its end."""


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
    except Endless as error:
        return Foreign(str(error))
    except BaseException as error:  # a generator's body may raise anything, an interrupt too
        if consume and (isinstance(value, Iterator) or isinstance(error, KeyboardInterrupt)):
            raise
        return Foreign(_kind(value) + (f" that raises {type(error).__name__}" if isinstance(value, Iterator) else ""))


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
        raise Endless("lists in lists without end")
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # a torch tensor, without importing torch
        value = _from_torch(value)
    elif hasattr(value, "__array__") and not isinstance(value, np.ndarray):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return _from_array(value, depth)
    if isinstance(value, (set, frozenset)) and not all(isinstance(v, str) for v in value):
        return Foreign("a set, which has no order")
    if isinstance(value, Iterable):
        limit = None if isinstance(value, Sized) else LONGEST + 1
        values = [_plain(v, depth + 1) for v in islice(value, limit)]  # a generator's row is read before its next row
        if limit and len(values) == limit:
            raise Endless(f"more than {LONGEST} values, one after the other, without end")
        return values
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
        number = float(value)  # int, Fraction, Decimal, and whatever calls itself a number
        return Foreign(TOO_LARGE) if np.isinf(number) and value != number else number
    except OverflowError:
        return Foreign(TOO_LARGE)
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


def written(value, numbered=False):
    """An answer by letters as one text, its parts joined by commas; None where it is not made of letters.

    With ``numbered``, a dict is read as its pairs, such as ``{1: "b"}``. A set is sorted.
    """
    try:
        return _written(value, numbered)
    except Exception:  # a set of what has no text, a dict in itself
        return None


def _written(value, numbered):
    if isinstance(value, Mapping) and numbered:
        return _written([part for pair in value.items() for part in pair], numbered)
    value = sorted(map(str, value)) if isinstance(value, (set, frozenset)) else plain(value)
    if isinstance(value, list):
        parts = [_written(v, numbered) for v in value]
        return None if None in parts else ", ".join(parts)
    if type(value) is float and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else None


def letters(text):
    """The single letters of a text, lower case, in the order given: ``"B, A"`` and ``"(b) and (a)"`` give ``"ba"``."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    words = [word for word in words if word not in JOINING] if len(words) > 1 else words
    return "".join(words)


def numbered(text):
    """The letters of pairs such as ``"2a 1b"`` or ``"a2, b1"`` in the order of their numbers: ``"ba"``.

    None where the text has no numbers, an empty text where they do not count the letters 1, 2, 3, ….
    """
    marks = [mark for mark in re.findall(r"\d{1,9}|[^\W\d_]+", text.lower()) if mark not in JOINING]
    numbers = [i for i, mark in enumerate(marks) if mark.isdecimal()]
    if not numbers:
        return None
    first = numbers[0] % 2  # where the number of a pair stands
    pairs = sorted((int(n), letter) for n, letter in zip(marks[first::2], marks[1 - first::2], strict=False) if n.isdecimal())
    fits = len(marks) == 2 * len(pairs) and numbers == list(range(first, len(marks), 2)) and all(len(p[1]) == 1 for p in pairs)
    return "".join(letter for _, letter in pairs) if fits and [n for n, _ in pairs] == list(range(1, len(pairs) + 1)) else ""


def quoted(text, most=30):
    """A text in quotation marks, cut where it is long."""
    return repr(text if len(text) <= most else f"{text[:most]}…")


def describe(value):
    """A plain answer in words, short enough for a verdict."""
    if value is None:
        return "nothing"
    if isinstance(value, Foreign):
        return value.words
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, (bool, float)):
        return f"one number, {value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    array = numbers(value)
    if array is not None and array.ndim > 1:
        return f"one array of shape {array.shape}"
    return f"a list of {len(value)}"
