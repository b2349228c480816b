"""What the built page needs to check an answer: the checker's own table, sealed, so that nobody reads the answer by accident.

A number is known to the page by a hash of where it lies: its cell on a grid that is wider than the room around it. Whoever
gives a number in that cell, or in one beside it, gets the exact number and its room out of the same hash, and the page
compares as Python does. That hides an answer from a glance, not from somebody who tries them all.
"""

import base64
import hashlib
import importlib
import inspect
import json
import math
import pkgutil

import numpy as np

from cnnlib.course import exercises
from cnnlib.course.exercises._checker import _example
from cnnlib.course.exercises._compare import reach, room
from cnnlib.course.exercises._verdict import ASK, Question

KEY = 4  # bytes of a hash that tell whether it is the right one; those that follow seal what it stands for


def question(check):
    """The :class:`Question` of a checker, or None where a function is asked for."""
    asked = check(ASK)
    return asked if isinstance(asked, Question) else None


def questions():
    """The questions of all chapters, by the number of the exercise."""
    found = []
    for part in pkgutil.iter_modules(exercises.__path__):
        module = importlib.import_module(f"{exercises.__name__}.{part.name}")
        if not part.name.startswith("_"):
            found += [question(f) for name, f in vars(module).items() if inspect.isfunction(f) and not name.startswith("_")
                      and f.__module__ == module.__name__ and list(inspect.signature(f).parameters) == ["answer"]]
    return {asked.label: asked for asked in found if asked}


def exported(asked):
    """The table of a question as text (base64 of JSON), or None where the page cannot check it."""
    table = {"value": _value, "letters": _letters, "property": _property}[asked.kind](asked.label, **asked.terms)
    if table is None:
        return None
    content = {"label": asked.label, **table}
    return base64.b64encode(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).decode()


def _hash(*parts):
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


def _key(*parts):
    return base64.b64encode(_hash(*parts)[:KEY]).decode()


def _value(label, expected, mistakes, tol, praise, digits):
    wanted = [(expected, praise), *((m.wrong, m.hint) for m in mistakes)]
    entries = [{"say": say, "like": _like(label, value, tol, digits, [])} for value, say in wanted]
    return {"digits": digits, "entries": entries}


def _like(label, value, tol, digits, seen):
    """A result in the form that it is compared in: several results, one truth value, or an array of sealed numbers.

    ``seen`` has an item for each number or truth value before this one.
    """
    if isinstance(value, (tuple, list)):
        return [_like(label, part, tol, digits, seen) for part in value]
    if isinstance(value, (bool, np.bool_)):
        seen.append(value)
        return {"truth": _key(label, len(seen), int(value))}
    value = np.asarray(value)
    sealed = []
    for number, near in zip(value.ravel().tolist(), np.ravel(room(value, tol)).tolist(), strict=True):
        seen.append(number)
        sealed.append(_sealed((label, len(seen)), number, near, max(near, reach(number, digits))))
    return {"shape": value.shape, "numbers": sealed}


def _sealed(place, number, near, widest):
    """A number as (grid, key with sealed contents): the cell that hashes to the key unseals the number and its room."""
    grid = math.frexp(2 * widest)[1]  # 2 to this power is more than twice as wide: at most one cell lies between
    digest = _hash(*place, math.floor(number / 2.0**grid + 0.5))
    content = np.array([number, near], dtype="<f8").tobytes()
    hidden = bytes(a ^ b for a, b in zip(content, digest[KEY:], strict=False))
    return grid, base64.b64encode(digest[:KEY] + hidden).decode()


def _letters(label, expected, choices, hints, mistakes, praise, ordered):
    slots = enumerate(expected) if ordered else ((letter, int(letter in expected)) for letter in choices)
    return {
        "choices": choices, "ordered": ordered, "example": _example(expected, choices, ordered), "praise": praise,
        "right": [_key(label, slot, state) for slot, state in slots],
        "hints": [hints.get(slot, "") for slot in (range(len(expected)) if ordered else choices)],
        "mistakes": [(_key(label, "as a whole", m.wrong), m.hint) for m in mistakes],
    }


def _property(label, shape, what, praise, says):
    return {"shape": shape, "what": what, "praise": praise, "says": says} if says else None
