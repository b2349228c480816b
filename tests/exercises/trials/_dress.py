"""The same answer in other dresses, and the ways in which any answer can go wrong."""

import functools
import itertools
import sys
import types
from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch


def each(f, result):
    """Apply ``f`` to every array of a result, keeping tuples and lists of arrays as they are."""
    if isinstance(result, (tuple, list)) and not all(np.isscalar(v) for v in result):
        return type(result)(each(f, part) for part in result)
    return f(np.asarray(result))


def nested(f, array):
    return [nested(f, row) for row in array] if array.ndim else f(array[()])


def exact(number):
    return Fraction(float(number)) if np.isfinite(number) else float(number)


DRESSES = {
    "lists": lambda a: a.tolist(),
    "float32": lambda a: a.astype(np.float32),
    "a tensor with a gradient": lambda a: torch.tensor(a, dtype=torch.float64, requires_grad=True) * 1,
    "objects": lambda a: np.array(nested(exact, a), dtype=object),
    "zero-dimensional arrays": lambda a: nested(np.asarray, a),
}


def dressed(answer, whole=False):
    """More right answers, made of a right one: ``(what, answer)``; ``whole`` where only integers will do."""
    if isinstance(answer, str):
        yield from letters(answer)
    elif not callable(answer):
        for what, dress in {**DRESSES, "decimals": lambda a: nested(lambda v: Decimal(repr(float(v))), a)}.items():
            yield what, each(dress, answer)
        if not np.isscalar(answer) and all(np.isscalar(v) for v in answer):
            yield "a generator", (v for v in answer)
    else:
        for what, dress in DRESSES.items():
            if whole and what not in ("lists", "zero-dimensional arrays"):
                continue

            def call(*args, _dress=dress, **options):
                return each(_dress, answer(*args, **options))
            yield what, functools.wraps(answer)(call)


def letters(text):
    yield "capitals", text.upper()
    yield "commas", ", ".join(text)
    yield "brackets", " ".join(f"({letter})" for letter in text)
    yield "list", list(text)
    yield "tuple of capitals", tuple(text.upper())
    yield "array", np.array(list(text))
    yield "lines", "\n".join(text) + "\n"


def interrupted():
    yield 1.0
    raise KeyboardInterrupt


def shapes(value):
    """What a memo may take for the key of an argument: an array's shape stands for its numbers."""
    if isinstance(value, (tuple, list)):
        return tuple(shapes(part) for part in value)
    return value.shape if isinstance(value, np.ndarray) else value


def spoiled(answer, changes=True):
    """Wrong answers that any exercise meets: ``(what, answer, words of the hint)``."""
    if isinstance(answer, str):
        for given in ("", "xyz", 7, ["?"], {"a": 1}, lambda: answer, 1j, [[]], b"a", np.nan):
            yield f"{given!r} for letters", given, ""
        return
    if not callable(answer):
        size = 0 if np.isscalar(answer) else len(answer)
        longer = [answer, answer] if not size else [*answer, answer[0]]
        yield "one too many", longer, ""
        yield "one too few", list(answer)[:-1] if size else [], ""
        yield "not a number", float("nan") if not size else [float("nan")] * size, ""
        yield "text", "about right", "cannot read this: 'about right'"
        yield "a dict", {"answer": answer}, "a dict"
        yield "a function", lambda: answer, "a function"
        yield "beyond float64", 10**400 if not size else [10**400] * size, ""
        yield "complex", 1j if not size else [1j] * size, ""
        yield "without end", itertools.count(), ""
        yield "interrupted", interrupted(), ""
        return

    def named(f):
        return functools.wraps(answer)(f)

    calls = itertools.count(1)

    def changing(*args, **options):
        result = each(np.copy, answer(*args, **options))
        args[0].setflags(write=True)
        args[0][...] = args[0] + 1
        return result

    def endless(*args, **options):
        return endless(*args, **options)

    def remembering(*args, _memo={}, **options):  # noqa: B006
        key = shapes(args), tuple(options.items())
        return _memo[key] if key in _memo else _memo.setdefault(key, answer(*args, **options))

    def raising(error):
        def wrong(*args, **options):
            raise error
        return named(wrong)

    yield "no return", named(lambda *a, **o: [answer(*a, **o), None][1]), "returns nothing. Is the return"
    yield "print", named(lambda *a, **o: print(type(answer(*a, **o)))), "prints its result"
    yield "no arguments", lambda: 0, "yours takes ()"
    yield "state", named(lambda *a, **o: each(lambda r: r + 1.0 * next(calls), answer(*a, **o))), "two different answers"
    yield "raises", named(lambda *a, **o: [][3]), "raises IndexError in line"
    yield "recursion", named(endless), "calls itself without end"
    yield "leaves", raising(GeneratorExit()), "raises GeneratorExit in line"
    yield "a private error", raising(BaseException("b")), "raises BaseException in line"
    yield "values without end", named(lambda *a, **o: itertools.count()), ""
    yield "text", named(lambda *a, **o: "done"), ""
    yield "not a number", named(lambda *a, **o: each(lambda r: r * np.nan, answer(*a, **o))), ""
    if changes:
        yield "changed input", named(changing), "is changed"
        yield "a memo by shape", named(remembering), ""


class Broken:
    """Raises wherever it is touched."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    __len__ = __iter__ = __array__ = __float__ = __call__ = __str__ = __bool__ = lambda *_: 1 / 0


def nonsense():
    """Answers that answer nothing: a checker refuses them all, and never raises."""
    loop, wide = [], []
    loop.append(loop)
    wide.extend([wide] * 50)

    def deep(*args, **options):
        return deep(*args, **options)

    return [
        None, ..., NotImplemented, "", "text", b"bytes", True, 10**400, -(10**5000), float("nan"), 2j, np.float32(7.5), [], (), {},
        {"a": 1}, {"a", 2}, set(), loop, wide, np.array([None, "x"], dtype=object), np.zeros((0, 3)), np.zeros(3, complex),
        np.ma.masked, np.array(["a"]), np.array([(1, 2.0)], dtype="i4,f8"), np.datetime64("2020-01-01"),
        torch.ones(2, 3, requires_grad=True), torch.ones(2, dtype=torch.bfloat16), torch.eye(3).to_sparse(),
        [[1, 2], [3]], [[1, 2], "a"], itertools.count(), (1 / 0 for _ in "a"), range(3), iter([]), object(), Broken, Broken(), int, np, types,
        Decimal("sNaN"), Fraction(1, 3), lambda: 0, lambda *a, **o: None, lambda *a, **o: ..., lambda *a, **o: loop,
        lambda *a, **o: wide, lambda *a, **o: Broken(), lambda *a, **o: itertools.count(), lambda *a, **o: {"a": 1},
        lambda *a, **o: (1 / 0 for _ in "a"), lambda *a, **o: 10**400, lambda *a, **o: [[1, 2], [3]], lambda *a, **o: Broken,
        lambda *a, **o: torch.ones(2, requires_grad=True), lambda *a, **o: np.array([None]), lambda *a, **o: sys.exit(),
        lambda *a, **o: a, lambda *a, **o: [None, "x", 2j], deep, print, np.sum, len, Verdictless(), functools.partial(int, "x"),
    ]


class Verdictless:
    """Callable, and nothing else."""

    def __call__(self, *args, **options):
        raise ValueError("no\nanswer")
