"""Where each thing of the course must stand: what CONTRIBUTING.md asks for, as checks by introspection.

``missing(kind, thing)`` names the places that a thing does not fill, in the words of CONTRIBUTING.md.
"""

import functools
import importlib
import inspect
import json
import pathlib
import re
import types
from collections.abc import Callable
from typing import NamedTuple

import torch
import yaml
from mutations.table import MUTATIONS

import cnnlib
from cnnlib import layers, optim, schedules
from cnnlib.course import bundle
from cnnlib.criteria import Criterion
from cnnlib.crosscheck import CASES
from cnnlib.module import Layer

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASES = {Layer, layers.PairLayer, layers.Sequential, Criterion, optim.Optimizer, schedules.Schedule}


class Place(NamedTuple):
    """``where`` is a file of the project, as CONTRIBUTING.md names it; ``filled(thing)`` says whether it is there."""

    where: str
    what: str
    filled: Callable


class Chapter(NamedTuple):
    """A chapter's file name without its end, and its cells."""

    name: str
    cells: list

    def prose(self) -> str:
        return "\n".join("".join(cell["source"]) for cell in self.cells if cell["cell_type"] == "markdown")

    def code(self) -> str:
        return "\n".join("".join(cell["source"]) for cell in self.cells if cell["cell_type"] == "code")


# The things


def public_modules() -> list:
    return [importlib.import_module(f"cnnlib.{name}") for name in cnnlib.__all__]


def operations() -> list:
    """Every public function with a backward beside it."""
    return [value for module in public_modules() for name, value in vars(module).items()
            if name[0] != "_" and isinstance(value, types.FunctionType) and hasattr(module, f"{name}_backward")]


def classes(module, *bases) -> list:
    """The public classes of a module that stand on one of these, apart from the bases."""
    return [value for name, value in vars(module).items()
            if name[0] != "_" and inspect.isclass(value) and issubclass(value, bases) and value not in BASES]


@functools.cache
def chapters() -> list:
    return [Chapter(path.stem, json.loads(path.read_text(encoding="utf-8"))["cells"])
            for path in sorted((ROOT / "chapters").glob("*.ipynb"))]


def explorers() -> list:
    """The names of all explorers that a module of the page draws."""
    return bundle.explorers()


# What the places hold


@functools.cache
def text(pattern: str) -> str:
    """The files of the project that match, one after the other."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(pattern)))


def computed_by(script):
    """The functions that chapters hand to the explorers of a script."""
    code = "\n\n".join(chapter.code() for chapter in chapters())
    calls = re.findall(r"^Explorer\(\s*\w+\.(\w+),(.*?)^(?=\S|\Z)", code, flags=re.M | re.S)
    return [function for function, rest in calls if f'script="{script}"' in rest]


def backward(op):
    return getattr(inspect.getmodule(op), f"{op.__name__}_backward", None)


def top(thing) -> str:
    """``conv`` for what stands in ``cnnlib.conv.convolution``."""
    return thing.__module__.removeprefix("cnnlib.").split(".")[0]


def exported(thing) -> bool:
    """Whether a module that ``cnnlib`` names offers it, with its backward."""
    homes = [m for m in public_modules() if getattr(m, thing.__name__, None) is thing]
    listed = [m for m in homes if thing.__name__ in getattr(m, "__all__", [thing.__name__])]
    return bool(listed) and (not backward(thing) or any(hasattr(m, f"{thing.__name__}_backward") for m in listed))


def on_a_page(thing) -> bool:
    """Whether a page of the reference names its module; ``% api-rest:`` stands for those that no page names."""
    pages = text("api/*.md")
    named = {name for line in re.findall(r"^% api: (.+)$", pages, flags=re.M) for name in line.split()}
    return top(thing) in named or "% api-rest:" in pages and top(thing) in cnnlib.__all__


def has_doctest(*things) -> bool:
    return all(">>>" in (thing.__doc__ or "") if thing else False for thing in things)


def reached(*things) -> str:
    """The source of functions and classes, and of what they call in their own part of the library."""
    sources, constants, waiting, part = {}, [], list(things), {top(thing) for thing in things}
    while waiting:
        thing = waiting.pop()
        if thing in sources or getattr(thing, "__module__", None) is None or top(thing) not in part:
            continue
        sources[thing] = inspect.getsource(thing)
        methods = vars(thing).values() if inspect.isclass(thing) else [thing]
        for method in map(inspect.unwrap, filter(inspect.isfunction, methods)):
            names = method.__code__.co_names
            known = {name: method.__globals__.get(name) for name in names}
            inside = [vars(m).get(name) for m in known.values() if isinstance(m, types.ModuleType) for name in names]
            waiting += [value for value in [*known.values(), *inside] if isinstance(value, types.FunctionType)]
            code = inspect.getsource(inspect.getmodule(method))
            constants += [line for name in names for line in re.findall(rf"^{name} = .+$", code, flags=re.M)]
    return "\n".join([*sources.values(), *constants])


def is_mutated(*things) -> bool:
    source = reached(*things)
    return any(mutation.old in source for mutation in MUTATIONS)


def has_options(thing) -> bool:
    """Whether it takes anything apart from arrays and the options of every layer."""
    if inspect.isclass(thing):
        given = set(inspect.signature(thing).parameters) - {"params", "optimizer", "last_epoch", "lr"}
        return bool(given - {"reduction"}) and thing.__init__ is not object.__init__
    return any(p.default is not p.empty and p.default is not None for p in inspect.signature(thing).parameters.values())


def is_refused(name: str, *tables: str) -> bool:
    """Whether one of the tables of bad calls has one of ``name`` or of its backward."""
    return any(re.search(rf"\b{name}(_backward)?\(", text(table)) for table in tables)


def refused_arrays(op) -> bool:
    return bool(re.search(rf'"{op.__name__}": "\(', text("tests/test_bad_calls.py")))


def is_named(name: str, *tables: str) -> bool:
    return any(name in text(table) for table in tables)


def beside_torch(name: str, *tables: str) -> bool:
    """Whether a test makes one of ours and one of PyTorch's: by its name in a table, or by a call."""
    made = rf'"{name}"|\b(nn|lr_scheduler|schedulers)\.{name}\('
    return any(re.search(made, text(table)) for table in tables)


def toc() -> set:
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return {entry["file"] for part in parts for entry in part["chapters"]}


def checkers(chapter) -> set:
    """The modules of checkers that a chapter imports."""
    return set(re.findall(r"^from cnnlib\.course\.exercises import (\w+)", chapter.code(), flags=re.M))


def has_trials(checker) -> bool:
    """Whether a file of trials, or a test of its own, holds right and wrong answers for a module of checkers."""
    own = re.findall(rf"exercises import .*\b{checker}\b", text("tests/exercises/test_*.py"))
    tried = text(f"tests/exercises/trials/{checker}.py")
    return bool(own) or all(re.search(rf"^{name}\b.*= .+$", tried, flags=re.M) for name in ("RIGHT", "WRONG"))


def defines_terms(chapter) -> bool:
    terms = {line.lower() for line in re.findall(r"^(\w.*)$", text("glossary.md"), flags=re.M)}
    bold = {found.lower().replace("\n", " ") for found in re.findall(r"\*\*([^*]+)\*\*", chapter.prose())}
    return bool(terms & bold)


OPERATION = [
    Place("cnnlib/__init__.py", "its module offers f and f_backward", lambda op: backward(op) and exported(op)),
    Place("api/operations.md", "its module is on the page",
          lambda op: re.search(rf"^% api: .*\b{top(op)}\b", text("api/operations.md"), flags=re.M)),
    Place("docstring", "f and f_backward have an example that runs", lambda op: has_doctest(op, backward(op))),
    Place("cnnlib/crosscheck/cases.py", "a case", lambda op: op.__name__ in {case.op for case in CASES}),
    Place("tests/mutations/table.py", "a mutation", lambda op: is_mutated(op, *filter(None, [backward(op)]))),
    Place("tests/test_bad_calls.py", "a good call, whose arrays are then spoilt", refused_arrays),
    Place("tests/bad_calls.txt", "a bad call of its options",
          lambda op: not has_options(op) or is_refused(op.__name__, "tests/bad_calls.txt")),
    Place("tests/test_MODULE.py", "hand values",
          lambda op: is_named(op.__name__, f"tests/test_{top(op)}*.py")),
]
LAYER = [
    Place("cnnlib/layers/__init__.py", "an import and a name in __all__",
          lambda cls: getattr(layers, cls.__name__, None) is cls and cls.__name__ in layers.__all__),
    Place("api/layers.md", "its module is on the page", on_a_page),
    Place("docstring", "a first line", lambda cls: bool(vars(cls).get("__doc__"))),
    Place("tests/test_layers.py", "a case beside torch.nn (a loss: tests/test_criteria.py) or a class TorchNAME",
          lambda cls: beside_torch(cls.__name__, "tests/test_layers*.py", "tests/test_criteria*.py")
                      if hasattr(torch.nn, cls.__name__) else
                      is_named(f"class Torch{cls.__name__}(nn.Module)", "tests/test_*.py")),
    Place("tests/bad_calls.txt", "a bad call, where it has options of its own",
          lambda cls: not has_options(cls) or is_refused(cls.__name__, "tests/bad_calls.txt")),
]
OPTIMIZER = [
    Place("cnnlib/optim", "the module offers it", lambda cls: exported(cls) and top(cls) == "optim"),
    Place("api/training.md", "its module is on the page", on_a_page),
    Place("docstring", "an example that runs", lambda cls: has_doctest(cls)),
    Place("tests/test_optim.py", "a case beside torch.optim",
          lambda cls: is_named(f'"{cls.__name__}"', "tests/test_optim*.py", "tests/optimizers.py")),
    Place("tests/mutations/table.py", "a mutation", is_mutated),
    Place("tests/bad_calls.txt", "a bad call", lambda cls: is_refused(cls.__name__, "tests/bad_calls.txt")),
]
SCHEDULE = [
    Place("cnnlib/schedules", "the module offers it", lambda cls: exported(cls) and top(cls) == "schedules"),
    OPTIMIZER[1],
    OPTIMIZER[2],
    Place("tests/test_schedules.py", "a case beside torch.optim.lr_scheduler",
          lambda cls: beside_torch(cls.__name__, "tests/test_schedules*.py")),
    *OPTIMIZER[4:],
]
CHAPTER = [
    Place("_toc.yml", "its line", lambda c: f"chapters/{c.name}" in toc()),
    Place("intro.md", "a line on what it does", lambda c: f"\n% {c.name[:2]}: " in text("intro.md")),
    Place("README.md", "a row of the table of chapters",
          lambda c: re.search(rf"^\| {int(c.name[:2])} \|", text("README.md"), flags=re.M)),
    Place("glossary.md", "a term that it defines in bold", defines_terms),
    Place("cnnlib/course/exercises", "the checkers of its exercises",
          lambda c: any((ROOT / f"cnnlib/course/exercises/{name}.py").exists() for name in checkers(c))),
    Place("tests/exercises/trials", "right and wrong answers to its exercises",
          lambda c: bool(checkers(c)) and all(map(has_trials, checkers(c)))),
]
EXPLORER = [
    Place("cnnlib/course/page", "a module that computes and draws it",
          lambda name: {"numbers", "draw"} <= set(bundle.EXPORT.findall(text(f"cnnlib/course/page/{name}.js")))),
    Place("chapters", "a chapter that shows it",
          lambda name: any(f'data-script=\\"{name}\\"' in json.dumps(c.cells) for c in chapters())),
    Place("cnnlib/course/figures", "a function that takes its numbers from the library",
          lambda name: any(f"\ndef {f}(" in text("cnnlib/course/figures/*.py") for f in computed_by(name))),
]
PLACES = {"operation": OPERATION, "layer": LAYER, "optimiser": OPTIMIZER, "schedule": SCHEDULE, "chapter": CHAPTER,
          "explorer": EXPLORER}
THINGS = {
    "operation": operations, "layer": lambda: classes(layers, Layer, Criterion),
    "optimiser": lambda: classes(optim, optim.Optimizer), "schedule": lambda: classes(schedules, schedules.Schedule),
    "chapter": chapters, "explorer": explorers,
}


def name_of(thing) -> str:
    return thing if isinstance(thing, str) else getattr(thing, "__name__", None) or thing.name


def missing(kind: str, thing) -> list[str]:
    """The places that a thing of this kind does not fill."""
    return [f"{place.where}: {place.what}" for place in PLACES[kind] if not place.filled(thing)]
