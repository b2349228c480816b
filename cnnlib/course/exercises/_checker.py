"""How an exercise is judged: run the answer, compare, and look for the mistake that explains it.

``check_*`` compare with a known answer, ``judge_*`` ask whether the answer has a property. A checker never raises.
"""

import warnings
from itertools import combinations

import numpy as np

from cnnlib.course.exercises._answers import SIGNS, describe, letters, numbered, numbers, plain, quoted, written
from cnnlib.course.exercises._compare import difference, stranger
from cnnlib.course.exercises._run import JUNK, arity, copies, run
from cnnlib.course.exercises._verdict import ASK, NOT_ATTEMPTED, Case, Mistake, Question, Verdict

__all__ = ["NOT_ATTEMPTED", "Case", "Mistake", "Verdict", "check_function", "check_letters", "check_value",
           "judge_function", "judge_value"]
FINITE = "every number must be finite."
EXAMPLES = {2: "[[1, 2], [3, 4]]", 3: "[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]"}
UNSET = "some of the numbers are what was in memory before: np.empty sets nothing. Begin with np.zeros, or set every place."


def check_function(label, answer, reference, cases, mistakes=(), tol=1e-5, praise="correct.", in_place=False):
    """Judge a learner's function against a reference on a list of cases.

    Parameters
    ----------
    label : str
        Number of the exercise, such as ``"9.1"``.
    answer : callable
        The learner's function. Raising ``NotImplementedError`` on every case means not attempted.
    reference : callable
        A correct function; its signature is the one that the answer should have.
    cases : list of Case
        Tried in order; put the smallest first, since the first that fails is the one shown.
    mistakes : list of Mistake
        Wrong functions: the first that gives the learner's answers on every case lends its hint. One may
        raise where the learner's function raises, too.
    tol : float, optional
        Relative tolerance; see :func:`cnnlib.course.exercises._compare.difference`.
    praise : str, optional
    in_place : bool, optional
        Allow the answer to write into its arguments.

    Returns
    -------
    Verdict
    """
    outcomes = _outcomes(label, answer, reference, cases)
    if isinstance(outcomes, Verdict):
        return outcomes
    expected = [_call(reference, case) for case in cases]
    found = [None if o.problem else difference(o.value, e, tol) for o, e in zip(outcomes, expected, strict=True)]
    if any(found) or 0 < sum(bool(outcome.problem) for outcome in outcomes) < len(cases):
        hint = _explain(mistakes, cases, outcomes, tol, any(found))
        if hint:
            return Verdict(label, False, hint)
    for case, outcome, d in zip(cases, outcomes, found, strict=True):
        if d and _unset(outcome.value):
            return Verdict(label, False, f"on {case.about}, {UNSET}")
        if outcome.problem or d:
            touched = f" (It also changes `{outcome.changed}`: work on a copy.)" if outcome.changed and not in_place else ""
            return Verdict(label, False, f"on {case.about}, {outcome.problem or d.text}{touched}")
    return (_unchanged(label, cases, outcomes, in_place) or _remembered(label, answer, reference, cases, tol)
            or Verdict(label, True, praise))


def _unset(value):
    """Does a value show memory that was never set?"""
    array = numbers(value)
    parts = value if array is None and isinstance(value, list) else [array]
    return any(part is not None and (np.asarray(numbers(part)) == JUNK).any() for part in parts)


def judge_function(label, answer, reference, cases, judge, praise="correct.", in_place=False):
    """Judge a learner's function by a property of what it returns.

    Parameters are as for :func:`check_function`; ``reference`` gives the signature, and
    ``judge(values)`` takes a list of plain values, one for each case, and returns a hint, or an empty text.
    """
    outcomes = _outcomes(label, answer, reference, cases)
    if isinstance(outcomes, Verdict):
        return outcomes
    for case, outcome in zip(cases, outcomes, strict=True):
        if outcome.problem:
            return Verdict(label, False, f"on {case.about}, {outcome.problem}")
    hint = judge([outcome.value for outcome in outcomes])
    if hint:
        return Verdict(label, False, hint)
    return _unchanged(label, cases, outcomes, in_place) or Verdict(label, True, praise)


def check_value(label, answer, expected, mistakes=(), tol=1e-5, praise="correct.", digits=None):
    """Judge a number, a tuple of numbers or an array; ``...`` or None means not attempted.

    Parameters are as for :func:`check_function`; the ``wrong`` of a mistake is a value. With ``digits``, a number
    that has so many significant digits right, or more, is accepted.
    """
    if answer is ASK:
        return Question(label, "value", dict(expected=expected, mistakes=mistakes, tol=tol, praise=praise, digits=digits))
    if answer is None or answer is ...:
        return Verdict(label, None, NOT_ATTEMPTED)
    value = plain(answer)
    if isinstance(value, str):
        truths = isinstance(expected, (tuple, list)) and any(isinstance(part, (bool, np.bool_)) for part in expected)
        kinds, examples = ("numbers and True or False", "1.5, True") if truths else ("numbers", EXAMPLES.get(_depth(expected)))
        return _unread(label, value, f"give {kinds} without quotes, such as {examples or '0.5, -2, 2/5 or 1e-3'}.")
    found = difference(value, expected, tol, digits)
    if not found:
        return Verdict(label, True, praise)
    for mistake in mistakes:
        if not difference(value, mistake.wrong, tol, digits):
            return Verdict(label, False, mistake.hint)
    several = isinstance(expected, (tuple, list))
    rows = "" if several else _in_rows(value, np.shape(expected), lambda array: not difference(array, expected, tol, digits))
    if rows:
        return Verdict(label, None, rows)
    if found.kind != "value":
        return Verdict(label, False, f"not this one: {found.text}")
    if _finite(plain(expected)) and not _finite(value):
        return Verdict(label, False, FINITE)
    share = f" {_share(found.right, found.of)}" if found.of > 1 else ""
    return Verdict(label, False, f"not this one.{share} Work it out again by hand, then run the cell.")


def check_letters(label, answer, expected, choices, hints=None, mistakes=(), praise="correct.", ordered=False):
    """Judge an answer by letters, however they are written.

    Parameters
    ----------
    label, answer, mistakes, praise
        As for :func:`check_value`; the ``wrong`` of a mistake is a text of letters.
    expected, choices : str
        The right letters, and those to choose from.
    hints : dict of str, optional
        A hint for each letter that is wrongly given or left out; with ``ordered``, for each position.
    ordered : bool, optional
        The letters answer as many questions in turn. Otherwise the answer is the set of all that apply.
    """
    if answer is ASK:
        return Question(label, "letters", dict(expected=expected, choices=choices, hints=hints or {}, mistakes=mistakes,
                                               praise=praise, ordered=ordered))
    if answer is None or answer is ...:
        return Verdict(label, None, NOT_ATTEMPTED)
    example = _example(expected, choices, ordered)
    text = written(answer, numbered=ordered)
    if text and SIGNS.search(text):
        return _unread(label, text, f"give {example}: letters alone, without signs.")
    given = letters(text) if text else ""
    if ordered and text and numbered(text) is not None:
        given = given and numbered(text)
        if not given and letters(text):
            return _unread(label, text, f"number the letters from 1 to {len(expected)}, each once, or give them alone, in turn.")
    elif ordered and isinstance(answer, (set, frozenset)):
        return Verdict(label, False, f"give {example}; you gave a set, which has no order.")
    if not given and isinstance(answer, str):
        return _unread(label, answer, f"give {example}.")
    if not given:
        return Verdict(label, False, f"give {example}; you gave {describe(plain(answer))}.")
    if not set(given) <= set(choices):
        strange = next(letter for letter in given if letter not in choices)
        return _unread(label, text, f"the letters to choose from are {', '.join(choices)}; you gave {strange!r}.")
    if ordered and len(given) != len(expected):
        return Verdict(label, False, f"{len(expected)} letters are asked for, one for each in turn; you gave {len(given)}.")
    if not ordered:
        given, expected = ("".join(sorted(set(text))) for text in (given, expected))
    if given == expected:
        return Verdict(label, True, praise)
    for mistake in mistakes:
        if given == mistake.wrong:
            return Verdict(label, False, mistake.hint)
    if ordered:
        wrong = [i for i, (g, e) in enumerate(zip(given, expected, strict=True)) if g != e]
        right = _share(len(expected) - len(wrong), len(expected))
    else:
        wrong = sorted(set(given) ^ set(expected), key=lambda letter: (letter not in given, letter))
        right = ""
    hint = next((hints[w] for w in wrong if w in hints), "") if hints else ""
    return Verdict(label, False, " ".join(part for part in (right, hint) if part) or "not this one.")


def judge_value(label, answer, shape, what, judge, praise="correct.", says=None):
    """Judge numbers of a given shape by a property: ``judge(array)`` returns a hint, or an empty text.

    ``what`` says what is asked for, such as "three numbers, (w1, w2, b)". ``says`` holds the texts of which ``judge``
    chooses, by name, for the page's own copy of the rule (``_ext/answers/rules.js``).
    """
    if answer is ASK:
        return Question(label, "property", dict(shape=shape, what=what, praise=praise, says=says))
    if answer is None or answer is ...:
        return Verdict(label, None, NOT_ATTEMPTED)
    value = plain(answer)
    if isinstance(value, str):
        return _unread(label, value, f"give {what}.")
    array = numbers(value)
    if array is None or array.shape != shape:
        rows = _in_rows(value, shape, lambda array: np.isfinite(array).all() and not judge(array))
        if rows:
            return Verdict(label, None, rows)
        inside = stranger(value)
        with_it = f" with {describe(inside)} in it" if isinstance(value, list) and not isinstance(inside, list) else ""
        return Verdict(label, False, f"give {what}; you gave {describe(value)}{with_it}.")
    if not np.isfinite(array).all():
        return Verdict(label, False, FINITE)
    hint = judge(array)
    return Verdict(label, False, hint) if hint else Verdict(label, True, praise)


def _depth(expected):
    """How many brackets are open before the first number."""
    return 1 + max(map(_depth, expected)) if isinstance(expected, (tuple, list)) else np.ndim(expected)


def _finite(value):
    array = numbers(value)
    return bool(np.isfinite(array).all()) if array is not None else not isinstance(value, list) or all(map(_finite, value))


def _in_rows(value, shape, right):
    """What to do with numbers that would be right in another shape, or an empty text."""
    array = numbers(value)
    if not shape or array is None or array.size != np.prod(shape) or not right(array.reshape(shape)):
        return ""
    rows = f"as {shape[0]} row{'s' if shape[0] > 1 else ''} of {shape[-1]}"
    how = {1: "as one list", 2: rows}.get(len(shape), f"in the shape {shape}")
    return f"the numbers are right; write them {how}."


def _unread(label, text, wanted):
    """What is said of a text in which no answer can be found: it is neither right nor wrong."""
    return Verdict(label, None, f"I cannot read this: {quoted(text)}; {wanted}")


def _outcomes(label, answer, reference, cases):
    """The outcome of every case, or the verdict where there is nothing to compare."""
    if answer is ...:
        return Verdict(label, None, NOT_ATTEMPTED)
    if not callable(answer):
        return Verdict(label, False, f"a function is asked for, you gave {describe(plain(answer))}. Hand over its name, "
                                     "without calling it.")
    mismatch, names = arity(answer, reference, cases)
    if mismatch:
        return Verdict(label, False, mismatch)
    outcomes = []
    for case in cases:
        outcomes.append(run(answer, case, names))
        if outcomes[-1].interrupted:
            return Verdict(label, False, f"on {case.about}, {outcomes[-1].problem}")
    if all(outcome.open for outcome in outcomes):
        return Verdict(label, None, NOT_ATTEMPTED)
    for case, first in zip(cases, outcomes, strict=True):
        again = run(answer, case, names)
        if again.interrupted:
            return Verdict(label, False, f"on {case.about}, {again.problem}")
        if not _same(first, again):
            return Verdict(label, False, f"called twice on {case.about}, it gives two different answers. Does it keep "
                                         "something from call to call, or draw numbers that no argument decides?")
    return outcomes


def _same(first, again):
    """Did two runs of one case come to the same? Equal to the last bits will do."""
    if bool(first.problem) != bool(again.problem):
        return False
    a, b = numbers(first.value), numbers(again.value)
    if a is None or b is None:
        return repr(first.value) == repr(again.value)
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)


def _unchanged(label, cases, outcomes, in_place):
    for case, outcome in zip(cases, outcomes, strict=True):
        if outcome.changed and outcome.rounded and not in_place:
            return Verdict(label, False, f"on {case.about}, the result is right, but `{outcome.changed}` comes out changed in its last digits: "
                                         "in floating point, adding and taking away do not cancel exactly. Keep the old value and store it again.")
        if outcome.changed and not in_place:
            return Verdict(label, False, f"on {case.about}, the result is right, but `{outcome.changed}` is changed. Whoever "
                                         "calls may need it again: work on a copy.")
    return None


def _remembered(label, answer, reference, cases, tol):
    """The verdict on a function that gives back what it gave for other numbers of the same shapes."""
    for case in cases:
        turned = Case(tuple(_turned(arg, i % 2) for i, arg in enumerate(case.args)), case.about, case.options)
        outcome = run(answer, turned)
        d = None if outcome.problem else difference(outcome.value, _call(reference, turned), tol)
        if outcome.problem or d:
            return Verdict(label, False, f"on {case.about}, its numbers in another order, {outcome.problem or d.text}")
    return None


def _turned(value, rolled):
    """Arrays of the same shapes with their numbers from the end to the start, or with the last row ``rolled`` to the front.

    Rows stay together, so that probabilities still add up to 1; two arguments move differently, so that pairs part.
    """
    if isinstance(value, (tuple, list)):
        return type(value)(_turned(part, rolled) for part in value)
    if not isinstance(value, np.ndarray) or not value.ndim:
        return value
    return np.roll(value, 1, axis=0) if rolled else np.flip(value).copy()


def _example(expected, choices, ordered):
    """How an answer may look, in words: neither the right one nor, where all are asked for that apply, its opposite."""
    if len(expected) == 1:
        return f'one letter, such as "{next(letter for letter in choices if letter != expected)}"'
    shown = [choices, choices[::-1]] if ordered else ["".join(pair) for pair in combinations(choices, 2)]
    wrong = next(s for s in shown if ordered and s != expected or set(s) not in (set(expected), set(choices) - set(expected)))
    return f'letters as text, such as "{wrong}"'


def _explain(mistakes, cases, outcomes, tol, wrong):
    """The hint of the mistake that explains the answers, or an empty text.

    Where the learner's function raised on some cases, few are left to tell mistakes apart: then only a single
    candidate is believed, first among those that raise the same errors in the same places. If nothing that came out
    is ``wrong``, it must be one of those.
    """
    raised = [bool(outcome.problem) for outcome in outcomes]
    found = []
    for mistake in mistakes:
        values = [_attempt(mistake.wrong, case) for case in cases]
        failed = [isinstance(value, Exception) for value in values]
        if all(o.problem or (not f and not difference(o.value, v, tol))
               for o, f, v in zip(outcomes, failed, values, strict=True)):
            found.append((mistake.hint, all(type(v).__name__ in o.problem if f else not o.problem
                                            for o, f, v in zip(outcomes, failed, values, strict=True))))
    if not any(raised):
        return found[0][0] if found else ""
    alike = {hint for hint, there in found if there} or {hint for hint, _ in found if wrong}
    if len(alike) != 1:
        return ""
    case, problem = next((c, o.problem) for c, o in zip(cases, outcomes, strict=True) if o.problem)
    return f"{alike.pop()} (On {case.about}, {problem})"


def _share(right, of):
    return f"{right} of {of} {'is' if right == 1 else 'are'} right."


def _call(function, case):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        args, options = copies(case)
        return function(*args, **options)


def _attempt(function, case):
    try:
        return _call(function, case)
    except Exception as error:
        return error

