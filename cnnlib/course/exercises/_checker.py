"""How an exercise is judged: run the answer, compare, and look for the mistake that explains it."""

import copy
import html
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Verdict:
    """The outcome of an exercise: ``passed`` is True, False, or None when it was not attempted."""

    label: str
    passed: bool | None
    message: str

    def __repr__(self):
        mark = {True: "✓", False: "✗", None: "○"}[self.passed]
        return f"{mark} Exercise {self.label}: {self.message}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        kind = {True: "passed", False: "failed", None: "open"}[self.passed]
        markup = f'<div class="course-verdict {kind}">{html.escape(repr(self))}</div>'
        return {"text/plain": repr(self), "text/html": markup}


@dataclass(frozen=True)
class Case:
    """Arguments to try an answer on, and a few words that say what is special about them."""

    args: tuple
    about: str
    options: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer, as a function or a value, and the hint that helps whoever gave it."""

    wrong: object
    hint: str


NOT_ATTEMPTED = "not attempted yet. Replace the stub by your answer and run the cell again."


def check_function(label, answer, reference, cases, mistakes=(), tol=1e-6, praise="correct."):
    """Judge a learner's function against a reference on a list of cases.

    Parameters
    ----------
    label : str
        Number of the exercise, such as ``"9.1"``.
    answer : callable
        The learner's function. Raising ``NotImplementedError`` means not attempted.
    reference : callable
        A correct function.
    cases : list of Case
        Tried in order; put the smallest first, since the first that fails is the one shown.
    mistakes : list of Mistake
        Wrong functions: the first that gives the learner's answers on every case lends its hint. One may
        raise, then it does not match.
    tol : float, optional
        Relative tolerance, on the largest magnitude of the expected answer.
    praise : str, optional

    Returns
    -------
    Verdict
    """
    if not callable(answer):
        return Verdict(label, False, f"a function is asked for, you gave {type(answer).__name__}.")
    given = []
    for case in cases:
        args, options = copy.deepcopy(case.args), copy.deepcopy(case.options)
        try:
            given.append(answer(*args, **options))
        except NotImplementedError:
            return Verdict(label, None, NOT_ATTEMPTED)
        except Exception as error:
            return Verdict(label, False, f"on {case.about} it raises {type(error).__name__}: {error}")
        if not _equal_inputs((args, options), (case.args, case.options)):
            return Verdict(label, False, f"on {case.about} it changes its input. Work on a copy instead.")
    expected = [reference(*copy.deepcopy(c.args), **copy.deepcopy(c.options)) for c in cases]
    complaints = [_complaint(g, e, tol) for g, e in zip(given, expected, strict=True)]
    if not any(complaints):
        return Verdict(label, True, praise)
    for mistake in mistakes:
        if _explains(mistake.wrong, cases, given, tol):
            return Verdict(label, False, mistake.hint)
    case, complaint = next((c, text) for c, text in zip(cases, complaints, strict=True) if text)
    return Verdict(label, False, f"on {case.about}, {complaint}")


def check_value(label, answer, expected, mistakes=(), tol=1e-6, praise="correct."):
    """Judge a value (a number, text, tuple or array); ``...`` or None means not attempted.

    Parameters are as for :func:`check_function`; the ``wrong`` of a mistake is a value.
    """
    if answer is None or answer is ...:
        return Verdict(label, None, NOT_ATTEMPTED)
    complaint = _complaint(answer, expected, tol)
    if not complaint:
        return Verdict(label, True, praise)
    for mistake in mistakes:
        if not _complaint(answer, mistake.wrong, tol):
            return Verdict(label, False, mistake.hint)
    reveal = "" if isinstance(expected, (bool, str)) else f" {complaint}" if "shape" in complaint else ""
    return Verdict(label, False, f"not this one.{reveal} Work it out again by hand, then run the cell.")


def _explains(wrong, cases, given, tol):
    try:
        answers = [wrong(*copy.deepcopy(c.args), **copy.deepcopy(c.options)) for c in cases]
    except Exception:
        return False
    return not any(_complaint(g, w, tol) for g, w in zip(given, answers, strict=True))


def _equal_inputs(a, b):
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(_equal_inputs(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal_inputs(a[k], b[k]) for k in a)
    return True


def _complaint(given, expected, tol):
    """What is wrong with ``given``, or an empty text."""
    if isinstance(expected, (tuple, list)):
        given = list(given) if isinstance(given, np.ndarray) and given.ndim else given
        if not isinstance(given, (tuple, list)) or len(given) != len(expected):
            return f"{len(expected)} results are expected, you give {_describe(given)}."
        parts = [_complaint(g, e, tol) for g, e in zip(given, expected, strict=True)]
        return next((f"result {i + 1}: {text}" for i, text in enumerate(parts) if text), "")
    if given is None:
        return "it returns nothing. Is the return statement missing?"
    if isinstance(expected, (bool, str)):
        same = isinstance(given, (bool, str, np.bool_)) and given == expected
        return "" if same else f"{expected!r} is expected, you give {given!r}."
    try:
        given = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        return f"numbers are expected, you give {_describe(given)}."
    expected = np.asarray(expected, dtype=np.float64)
    if given.shape != expected.shape:
        return f"the shape {expected.shape} is expected, you give {given.shape}."
    scale = max(np.abs(expected[np.isfinite(expected)]).max(initial=0.0), 1e-12)
    wrong = ~np.isclose(given, expected, rtol=0.0, atol=tol * scale, equal_nan=True)
    if not wrong.any():
        return ""
    where = tuple(int(i) for i in np.argwhere(wrong)[0]) if expected.ndim else ()
    at = f" at index {where}" if where else ""
    return f"{expected[where]:.6g} is expected{at}, you give {given[where]:.6g}."


def _describe(value):
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"{type(value).__name__}"
