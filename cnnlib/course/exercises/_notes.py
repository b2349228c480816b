"""What a checker knows, as notes for a teacher: what the exercise tests, and the mistakes with their hints.

Nothing is written twice: a checker is called with stand-ins in the place of ``check_value`` and the like, and hands them
its own table.
"""

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from unittest import mock

import numpy as np

from cnnlib.course.exercises import _checker
from cnnlib.course.exercises._verdict import Verdict

JUDGES = ("check_function", "check_letters", "check_value", "judge_function", "judge_value")
LONGEST = 70  # signs of a wrong answer that are shown
BLANK = re.compile(r"\{\w+\}")  # what str.format fills in


@dataclass(frozen=True)
class Note:
    """An exercise as its checker sees it.

    Attributes
    ----------
    name, label : str
        The checker, and the number of the exercise, such as ``"7.1a"``.
    about : str
        What the exercise asks for.
    kind : str
        The judges that the checker calls, such as ``"check_value"``.
    cases : tuple of str
        What is special about the cases that a function is tried on.
    mistakes : tuple of (str, str)
        A wrong answer, or an empty text where it is a function, and the hint that it gets.
    """

    name: str
    label: str
    about: str
    kind: str
    cases: tuple[str, ...]
    mistakes: tuple[tuple[str, str], ...]


def notes(module):
    """The notes on all exercises of a chapter, in the order of their numbers.

    Parameters
    ----------
    module : module
        A file of checkers, such as ``cnnlib.course.exercises.neuron``.

    Returns
    -------
    list of Note
    """
    found = [note for name, value in vars(module).items()
             if name[0] != "_" and inspect.isfunction(value) and value.__module__ == module.__name__
             and (note := _note(name, value))]
    return sorted(found, key=lambda note: note.label)


def _note(name, check):
    """The note on one function of a checker's file, or None where it is no checker."""
    calls = _calls(inspect.unwrap(check))
    if not calls:
        return None
    label, _, about = inspect.getdoc(check).partition("\n")[0].partition(": ")
    hints = [pair for call in calls for pair in _hints(call)]
    if any(judge.startswith("judge_") for judge, _ in calls):
        hints += [("", hint) for hint in _written(inspect.unwrap(check))]
    cases = [case.about for _, given in calls for case in given.get("cases", ())]
    return Note(name, label, about, calls[0][0], tuple(dict.fromkeys(cases)), _unlike(hints))


def _calls(check):
    """The judges that a checker calls on an answer, each with its arguments by name."""
    calls = []

    def recorder(judge):
        signature = inspect.signature(getattr(_checker, judge))

        def record(*args, **options):
            given = signature.bind(*args, **options).arguments
            calls.append((judge, given))
            return Verdict(given["label"], True, "")
        return record

    if list(inspect.signature(check).parameters) == ["answer"]:
        with mock.patch.dict(check.__globals__, {judge: recorder(judge) for judge in JUDGES}):
            check(...)
    return calls


def _hints(call):
    """The wrong answers of one call, and the hint for each."""
    judge, given = call
    yield from ((_shown(mistake.wrong), mistake.hint) for mistake in given.get("mistakes", ()))
    for key, hint in (given.get("hints") or {}).items():
        yield (f"place {key + 1} of {len(given['expected'])}" if isinstance(key, int) else f"({key})"), hint


def _shown(wrong):
    """A wrong answer as a learner would type it, or an empty text where it is a function or long."""
    if callable(wrong):
        return ""
    text = repr(_plain(wrong))
    return text if len(text) <= LONGEST else ""


def _plain(value):
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return type(value)(_plain(part) for part in value)
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _written(check):
    """The hints in the code of a checker that judges by a property, and of the functions of its file that it calls."""
    waiting, seen, hints = [check], set(), []
    while waiting:
        function = waiting.pop(0)
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        hints += _sentences(tree)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id[:1] == "_"} - seen
        seen |= used
        known = (check.__globals__.get(name) for name in sorted(used))
        waiting += [f for f in known if inspect.isfunction(f) and f.__module__ == check.__module__]
    return hints


def _sentences(tree):
    """The sentences of a piece of code in their order, without docstrings and praise; … stands for what it fills in."""
    skipped = {id(node.value) for node in ast.walk(tree)
               if isinstance(node, ast.Expr) or isinstance(node, ast.keyword) and node.arg == "praise"}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)} - {
        id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    texts = [(node.lineno, node.col_offset, _text(node)) for node in ast.walk(tree)
             if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in skipped | inside]
    return [text for *_, text in sorted(texts) if len(text.split()) >= 4 and text[-1] in ".?"]


def _text(node):
    if isinstance(node, ast.Constant):
        return BLANK.sub("…", node.value) if isinstance(node.value, str) else ""
    return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)


def _unlike(pairs):
    """Each hint once, with the wrong answers that get it."""
    table = {}
    for wrong, hint in pairs:
        table.setdefault(hint, [])
        if wrong:
            table[hint].append(wrong)
    return tuple((" or ".join(dict.fromkeys(wrong)), hint) for hint, wrong in table.items())
