"""Options are compared by what they do: the same in every session where they do the same, and else different."""

import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import json
import operator
import os
import pathlib
import re
import subprocess
import sys
import threading
from typing import NamedTuple

import numpy as np
import pytest

from cnnlib import augment
from cnnlib.describe import describe, differences
from cnnlib.layers import CrossEntropyLoss


class Colour(enum.Enum):
    RED, BLUE = 1, 2


class Point(NamedTuple):
    x: float
    y: float


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    p: float
    sizes: tuple = ()


class Plain:
    def __init__(self, **settings):
        vars(self).update(settings)

    def __call__(self, x, g):
        return x

    def __repr__(self):
        return "Plain()"  # says nothing of its settings

    def __getstate__(self):
        return {}  # nor does this


class Bag(list):
    pass


class Hiding(datetime.date):
    """Its settings are in C and in its attributes."""


def repeated(times):
    def decorate(function):
        @functools.wraps(function)
        def repeat(x, g):
            for _ in range(times):
                x = function(x, g)
            return x

        return repeat

    return decorate


@repeated(2)
def twice(x, g):
    return x + 1


@functools.lru_cache
def cached(x, g):
    return x


def pluses(x, g):
    return x + 1


affine = augment.random_affine
generator = np.random.default_rng
read_only = np.arange(3.0)
read_only.flags.writeable = False

# For each kind, makers of options that do different things; each maker is called twice, for two equal ones.
KINDS = {
    "numbers": [
        lambda: 1,
        lambda: 1.0,
        lambda: True,
        lambda: 2**100,
        lambda: 1j,
        lambda: -0.0,
        lambda: 0.0,
        lambda: 1e-300,
    ],
    "texts": [lambda: "1", lambda: b"1", lambda: "", lambda: "None", lambda: None, lambda: ..., lambda: "\ud800"],
    "NumPy's numbers": [lambda: np.float64(1), lambda: np.float32(1), lambda: np.int8(1), lambda: np.bool_(True)],
    "arrays": [
        lambda: np.arange(6),
        lambda: np.arange(6.0),
        lambda: np.arange(6).reshape(2, 3),
        lambda: np.arange(6).reshape(3, 2),
        lambda: np.zeros((0, 3)),
        lambda: np.zeros((3, 0)),
        lambda: np.array(1.0),
        lambda: np.ones(1),
        lambda: np.array(["a"]),
        lambda: np.array([1, "a", None], object),
        lambda: np.array([1, "b", None], object),
        lambda: np.array(["2026-01-01"], "M8[D]"),
        lambda: np.array([(1, 2.0)], "i4,f8"),
        lambda: np.array([(1, 3.0)], "i4,f8"),
    ],
    "containers": [
        lambda: (1, 2),
        lambda: [1, 2],
        lambda: (1, (2,)),
        lambda: ((1, 2),),
        lambda: {1, 2},
        lambda: frozenset((1, 2)),
        lambda: {1: 2},
        lambda: {"1": 2},
        lambda: {"a": 1, "b": 2},
        lambda: {"b": 2, "a": 1},
        lambda: {},
        lambda: [],
        lambda: (),
        lambda: {"b", "a"},
        lambda: {"a", ("b", 1)},
        lambda: range(3),
        lambda: range(4),
        lambda: slice(3),
        lambda: slice(4),
        lambda: Point(1, 2),
        lambda: Point(1, 3),
        lambda: Bag([1, 2]),
        lambda: Bag([1, 3]),
        lambda: collections.Counter("ab"),
        lambda: collections.OrderedDict(a=1),
        lambda: collections.defaultdict(list, a=1),
        lambda: collections.defaultdict(set, a=1),
        lambda: collections.deque([1, 2]),
        lambda: collections.deque([1, 2], 5),
    ],
    "partials": [
        lambda: functools.partial(affine, pixels=1),
        lambda: functools.partial(affine, pixels=2),
        lambda: functools.partial(affine, pixels=1.0),
        lambda: functools.partial(affine, 1),
        lambda: functools.partial(affine, 2),
        lambda: functools.partial(pluses, 1),
        lambda: functools.partial(affine, degrees=1),
        lambda: functools.partial(functools.partial(affine, pixels=1), degrees=3),
        lambda: functools.partial(affine, mean=np.arange(3)),
        lambda: functools.partial(affine, mean=np.arange(1, 4)),
    ],
    "functions": [
        lambda: affine,
        lambda: augment.shift,
        lambda: len,
        lambda: np.tanh,
        lambda: np.sin,
        lambda: np.sum,
        lambda: pluses,
        lambda: twice,
        lambda: cached,
        lambda: Plain,
        lambda: int,
        lambda: np.float32,
        lambda: operator.itemgetter(1),
        lambda: operator.itemgetter(2),
        lambda: operator.methodcaller("a", 1),
        lambda: os,
        lambda: re,
    ],
    "methods": [
        lambda: Plain(p=1).__call__,
        lambda: Plain(p=2).__call__,
        lambda: [1].append,
        lambda: [2].append,
        lambda: generator(0).normal,
        lambda: generator(1).normal,
        lambda: generator(0).random,
        lambda: "a".join,
        lambda: (5).__add__,
    ],
    "objects": [
        lambda: Plain(),
        lambda: Plain(p=1),
        lambda: Plain(p=2),
        lambda: Plain(_p=1),
        lambda: Plain(_p=2),
        lambda: Plain(p=(1, 2)),
        lambda: Plain(p=[1, 2]),
        lambda: Plain(p=np.arange(2)),
        lambda: Plain(p=np.arange(1, 3)),
        lambda: Plain(p=Plain(q=1)),
        lambda: Plain(p=Plain(q=2)),
        lambda: Slotted(1),
        lambda: Slotted(2),
        lambda: Slotted(1, (2,)),
        lambda: Colour.RED,
        lambda: Colour.BLUE,
        lambda: pathlib.Path("a"),
        lambda: pathlib.Path("b"),
        lambda: datetime.date(2026, 1, 1),
        lambda: datetime.date(2026, 1, 2),
        lambda: decimal.Decimal("1.0"),
        lambda: decimal.Decimal("1.00"),
        lambda: fractions.Fraction(1, 3),
        lambda: re.compile("a"),
        lambda: re.compile("a", re.I),
        lambda: np.dtype("f4"),
        lambda: np.dtype("f8"),
        lambda: CrossEntropyLoss(),
        lambda: CrossEntropyLoss(label_smoothing=0.1),
        lambda: CrossEntropyLoss(np.ones(3)),
        lambda: Hiding(2026, 1, 1),
        lambda: Hiding(2026, 1, 2),
        lambda: datetime.UTC,
    ],
    "generators": [
        lambda: generator(0),
        lambda: generator(1),
        lambda: drawn_from(generator(0)),
        lambda: np.random.Generator(np.random.MT19937(0)),
        lambda: np.random.PCG64(0),
        lambda: np.random.PCG64(1),
        lambda: np.random.RandomState(0),
        lambda: np.random.RandomState(1),
    ],
}
MAKERS = [make for makers in KINDS.values() for make in makers]


def drawn_from(generator):
    generator.random()
    return generator


def as_text(value):
    return json.dumps(describe(value), sort_keys=True)


def test_equal_options_are_described_alike_and_different_ones_are_not():
    described = [as_text(make()) for make in MAKERS]
    assert described == [as_text(make()) for make in MAKERS]
    for i, text in enumerate(described):
        assert text not in described[:i], text
        assert " at 0x" not in text


def test_every_session_describes_alike():
    where = os.path.dirname(os.path.abspath(__file__))
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_describe as t\n"
        "for make in t.MAKERS: print(t.as_text(make()))"
    )
    sessions = [
        subprocess.run([sys.executable, "-c", program, where], env=os.environ | {"PYTHONHASHSEED": seed},
                       capture_output=True, text=True, timeout=120)
        for seed in ("1", "2")
    ]  # fmt: skip
    assert sessions[0].returncode == 0, sessions[0].stderr
    assert sessions[0].stdout == sessions[1].stdout and len(sessions[0].stdout.splitlines()) == len(MAKERS)
    assert sessions[0].stdout.splitlines() == [as_text(make()) for make in MAKERS]


@pytest.mark.parametrize("order", ["C", "F"])
def test_how_an_array_lies_in_memory_does_not_matter(order):
    a = np.arange(6.0).reshape(2, 3)
    assert describe(np.array(a, order=order)) == describe(a) == describe(np.repeat(a, 2, axis=1)[:, ::2])
    assert describe(read_only) == describe(read_only.copy())


def test_a_loss_that_has_been_used_is_the_same_loss():
    criterion = CrossEntropyLoss()
    before = describe(criterion)
    criterion(np.zeros((1, 2)), np.array([1]))
    assert describe(criterion) == before


def test_an_object_that_stands_in_many_places_is_looked_at_once():
    value = (1,)
    for _ in range(15):
        value = (value, value)
    looked = []
    class_of = type("Looked", (), {"__module__": __name__})
    assert describe(value) == describe(copy.deepcopy(value)) and not looked and class_of


# --- What is refused

within_itself = Plain()
within_itself.other = [within_itself]
deep = []
for _ in range(5000):
    deep = [deep]


def closure():
    p = 1

    def inside(x, g):
        return x * p

    class Local:
        def work(self):
            pass

    return inside, Local


lost = pluses.__class__(pluses.__code__, {}, "lost")
lost.__module__ = __name__

REFUSED = [
    (lambda: lambda x, g: x, "opt is a lambda: "),
    (lambda: functools.partial(lambda x: x, 1), "the function of opt is a lambda"),
    (lambda: Plain(f=lambda x: x), "opt.f is a lambda"),
    (lambda: {"a": [lambda x: x]}, r"opt\['a'\]\[0\] is a lambda"),
    (lambda: closure()[0], "opt is a function defined inside a function .*closure.<locals>.inside"),
    (lambda: closure()[1], "opt is a class defined inside a function"),
    (lambda: closure()[1](), "the class of opt is a class defined inside a function"),
    (lambda: closure()[1]().work, "the class of the object of opt is a class defined inside"),
    (lambda: lost, "opt is a function not to be found by its name"),
    (lambda: np.frompyfunc(lambda x: x, 1, 1), "opt"),
    (lambda: np.vectorize(lambda x: x), "opt.* is a lambda"),
    (lambda: threading.Lock(), "opt is a .*lock, whose settings cannot be read"),
    (lambda: open(os.devnull), "opt is a .*TextIOWrapper, whose settings cannot be read"),
    (lambda: (x for x in "ab"), "opt is a generator, whose settings"),
    (lambda: memoryview(b"a"), "opt is a memoryview"),
    (lambda: Plain(lock=threading.Lock()), "opt.lock is a"),
    (lambda: within_itself, r"opt.other\[0\] is an object that contains itself"),
    (lambda: deep, "opt is nested too deeply"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_cannot_be_compared_is_refused_with_what_to_write_instead(make, message):
    with pytest.raises(
        ValueError, match=f"^{message}.*no checkpoint can be made. Instead, (write it as|use) a function"
    ):
        describe(make(), "opt")


# --- Where two descriptions differ


@pytest.mark.parametrize(
    ("there", "here", "lines"),
    [
        (1, 2, ["opt: 1 in the file, 2 here"]),
        ((1, 2), (1, 3), ["opt[1]: 2 in the file, 3 here"]),
        ((1,), (1, 3), ["opt[1]: nothing in the file, 3 here"]),
        ({"a": 1}, {"a": 2}, ["opt['a']: 1 in the file, 2 here"]),
        (Plain(p=(1, 2)), Plain(p=[1, 2]), ["opt.p: (1, 2) in the file, [1, 2] here"]),
        (functools.partial(len, a=1), functools.partial(len, a=2, b=3),
         ["opt.a: 1 in the file, 2 here", "opt.b: nothing in the file, 3 here"]),
        (None, functools.partial(len, a=1),
         ["opt: None in the file, functools.partial(its function=builtins.len, a=1) here"]),
        (Plain(p=1), Plain(p=1), []),
    ],
)  # fmt: skip
def test_the_difference_is_named(there, here, lines):
    assert list(differences(describe(there), describe(here), "opt")) == lines


def test_functions_of_the_library_go_by_their_names():
    assert describe(augment.shift) == "cnnlib.augment.shift" and describe(np.sum) == "numpy.sum"
    assert describe(pluses)["is"] == f"{__name__}.pluses"
