"""A function or a class goes by what it does: rewritten under its name, it is another."""

import dataclasses
import enum
import functools
import sys

import pytest
from test_describe import as_text, repeated


class First:
    p = 1


class Second:
    p = 2


class Calling(type):
    def __call__(cls, *args):
        return 1


class Adding(type):
    def __call__(cls, *args):
        return 2


def calling(cls):
    def decorate(function):
        @functools.wraps(function)
        def call(x, g):
            return function(x, g) + cls.p

        return call

    return decorate


def compiled(source, name="f", module="__main__"):
    """What a notebook's cell leaves under a name."""
    scope = {"__name__": module, "functools": functools, "repeated": repeated, "calling": calling, "First": First,
             "Second": Second, "Calling": Calling, "Adding": Adding, "enum": enum, "dataclasses": dataclasses}
    exec(compile(source, "cell", "exec"), scope)
    return scope[name]


def described(monkeypatch, source, name="f"):
    made = compiled(source, name)
    monkeypatch.setattr(sys.modules["__main__"], name, made, raising=False)
    return as_text(made)


CELLS = [
    "def f(x, g): return x + 1",
    "def f(x, g): return x + 2",
    "def f(x, g): return x - 1",
    "def f(x, g): return x + 1 + 0.0",
    "def f(x, g, p=1): return x + 1",
    "def f(x, g, p=2): return x + 1",
    "def f(x, g, *, p=1): return x + 1",
    "def f(x, g, *, p=2): return x + 1",
    "def f(x, g): return x.min()",
    "def f(x, g): return x.max()",
    "def f(x, g): return [y + 1 for y in x]",
    "def f(x, g): return [y + 2 for y in x]",
    "def f(x, g): return x in {1, 2}",
    "def f(x, g): return x in {1, 3}",
    "@repeated(2)\ndef f(x, g): return x + 1",
    "@repeated(3)\ndef f(x, g): return x + 1",
    "@repeated(3)\ndef f(x, g): return x + 2",
    "class f:\n  def __call__(self, x, g): return x + 1",
    "class f:\n  def __call__(self, x, g): return x + 2",
    "class f:\n  p = 1\n  def __call__(self, x, g): return x + 1",
    "class f:\n  p = 2\n  def __call__(self, x, g): return x + 1",
    "class f:\n  @property\n  def p(self): return 1",
    "class f:\n  @property\n  def p(self): return 2",
    "class f:\n  @staticmethod\n  def p(): return 1",
    "class f:\n  @staticmethod\n  def p(): return 2",
    "class f:\n  @classmethod\n  def p(): return 2",
    "class f:\n  @functools.cached_property\n  def p(self): return 2",
    'def f(x, g):\n  "a"\n  return x["a"]',
    'def f(x, g):\n  "b"\n  return x["b"]',
    'def f(x, g):\n  "a"\n  return x["b"]',
    "@calling(First)\ndef f(x, g): return x",
    "@calling(Second)\ndef f(x, g): return x",
    "def f(x, g): return x\nf.p = 1",
    "def f(x, g): return x\nf.p = 2",
    "@functools.lru_cache\ndef f(x, g): return x\nf.p = 2",
    "class f:\n  def g(self, x): return x\n  p = functools.partialmethod(g, 1)",
    "class f:\n  def g(self, x): return x\n  p = functools.partialmethod(g, 2)",
    "class f:\n  def g(self, x): return x\n  p = functools.partialmethod(g, x=2)",
    "class f:\n  __p__ = 1",
    "class f:\n  __p__ = 2",
    "class f:\n  __slots__ = ('a',)",
    "class f(metaclass=Calling):\n  pass",
    "class f(metaclass=Adding):\n  pass",
    "class f(First):\n  pass",
    "class f(dict):\n  pass",
    "class f(list):\n  pass",
    "class f(enum.Enum):\n  A = 1",
    "class f(enum.Enum):\n  A = 2",
    "class f(enum.Enum):\n  A = 1\n  def p(self): return 1",
    "class f(enum.Enum):\n  A = 1\n  def p(self): return 2",
    "@dataclasses.dataclass\nclass f:\n  p: int = 1",
    "@dataclasses.dataclass\nclass f:\n  p: int = 2",
    "@dataclasses.dataclass\nclass f:\n  p: int = dataclasses.field(default=2, metadata={'a': 1})",
    "@dataclasses.dataclass\nclass f:\n  p: list = dataclasses.field(default_factory=list)",
    "@dataclasses.dataclass\nclass f:\n  p: list = dataclasses.field(default_factory=dict)",
]


def test_a_function_or_class_that_is_rewritten_under_its_name_is_another(monkeypatch):
    seen = [described(monkeypatch, cell) for cell in CELLS]
    assert len(set(seen)) == len(CELLS)
    assert seen == [described(monkeypatch, cell) for cell in CELLS]


@pytest.mark.parametrize(
    "other",
    [
        "def f(x, g):  # a comment\n\n    return (x +\n            1)",
        "\n\n\ndef f(x, g): return x + 1",
        'def f(x, g):\n  "Documentation."\n  return x + 1',
        'def f(x: "an image", g): return x + 1',
    ],
)
def test_comments_and_layout_may_change(monkeypatch, other):
    assert described(monkeypatch, CELLS[0]) == described(monkeypatch, other)


def test_a_function_may_call_itself_and_a_class_may_be_abstract(monkeypatch):
    described(monkeypatch, "def f(x, g): return f(x, g)")
    described(monkeypatch, "@repeated(1)\ndef f(x, g): return f(x, g)")
    described(monkeypatch, "import abc\nclass f(abc.ABC):\n  @abc.abstractmethod\n  def g(self): return super().g()")


@pytest.mark.parametrize(
    "source",
    [
        "import threading\nclass f:\n  lock = threading.Lock()",
        "class f:\n  p = (x for x in 'ab')",
        "class f:\n  p = functools.singledispatchmethod(repeated)",
        "def made():\n  class Inside:\n    p = 1\n  return Inside\n@calling(made())\ndef f(x, g): return x",
        "def f(x, g): return x\nf.p = (x for x in 'ab')",
    ],
)
def test_what_a_class_or_a_function_has_and_cannot_be_compared_is_refused(monkeypatch, source):
    with pytest.raises(ValueError, match="no checkpoint can be made"):
        described(monkeypatch, source)
