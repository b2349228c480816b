"""Running a learner's function on the cases: whatever it does, an outcome comes back, never an exception."""

import contextlib
import copy
import inspect
import io
import linecache
import sys
import warnings
from dataclasses import dataclass

import numpy as np

from cnnlib.course.exercises._answers import plain

NO_RETURN = "it returns nothing. Is the return statement missing?"
PRINTED = "it prints its result and returns nothing. Replace print by return."
JUNK = -77.125  # what a learner finds who reads memory that was never set


@dataclass(frozen=True)
class Outcome:
    """What became of one case: a plain ``value``, or a ``problem`` that says why there is none.

    ``changed`` names an argument that was written into; ``rounded``: it was put back, but for rounding.
    """

    value: object = None
    problem: str = ""
    changed: str = ""
    rounded: bool = False
    open: bool = False
    interrupted: bool = False


def run(answer, case, names=()):
    """Call ``answer`` on copies of a case's arguments; ``names`` are the arguments' names, for the messages."""
    args, options = copies(case)
    args, options = by_place(answer, args, options)
    printed = io.StringIO()
    _spoil()
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), contextlib.redirect_stdout(printed):
            warnings.simplefilter("ignore")  # the verdict says what happened
            value = plain(answer(*args, **options), consume=True)
    except NotImplementedError as error:
        return Outcome(problem=f"this part is still to be written{_place(error, answer)}.", open=True)
    except KeyboardInterrupt as error:
        return Outcome(problem=f"it was interrupted{_place(error, answer)}. Does a loop never end?", interrupted=True)
    except RecursionError:
        return Outcome(problem="it calls itself without end (RecursionError).")
    except SystemExit as error:
        return Outcome(problem=f"it leaves Python{_place(error, answer)}: return the result instead.")
    except BaseException as error:  # GeneratorExit, and what a learner derives from BaseException
        return Outcome(problem=f"it raises {type(error).__name__}{_place(error, answer)}: {_words(error)}")
    finally:
        if printed.getvalue():  # what a learner prints while looking for a mistake stays visible
            sys.stdout.write(printed.getvalue())
    if value is None:
        return Outcome(problem=PRINTED if printed.getvalue() else NO_RETURN)
    positions = [i for i, (a, b) in enumerate(zip(args, case.args, strict=False)) if not same(a, b)]
    changed = names[positions[0]] if positions and len(names) > positions[0] else "its input" if positions else ""
    rounded = bool(positions) and all(_nearly(args[i], case.args[i]) for i in positions)
    return Outcome(value, changed=changed, rounded=rounded)


def _spoil():
    """Leave JUNK in the small blocks that NumPy hands out again, or np.empty may pass for np.zeros."""
    for numbers in range(1, 128):
        alive = [np.full(numbers, JUNK) for _ in range(7 if numbers < 20 else 2)]
    del alive


def copies(case):
    """A case's arguments and options for one call: what is written into one argument is seen in no other."""
    return tuple(copy.deepcopy(arg) for arg in case.args), copy.deepcopy(case.options)


def by_place(answer, args, options):
    """Move options to the places that ``answer`` gives them, where it takes no names: ``def f(x, stride=1, /)``."""
    try:
        places = [p for p in inspect.signature(answer).parameters.values() if p.kind is p.POSITIONAL_ONLY]
    except BaseException:  # some callables do not tell
        return args, options
    args, options = list(args), dict(options)
    for place in places[len(args):]:
        if not any(p.name in options for p in places[len(args):]):
            break
        args.append(options.pop(place.name, place.default))
    return args, options


def arity(answer, reference, cases):
    """Why ``answer`` cannot be called like ``reference``, or an empty text; and the names of the arguments."""
    names = tuple(inspect.signature(reference).parameters)
    try:
        signature = inspect.signature(answer)
    except Exception:  # some built-in functions do not tell; the call itself will
        return "", names
    for case in cases:
        try:
            args, options = by_place(answer, case.args, case.options)
            signature.bind(*args, **options)
        except TypeError:
            if _takes(answer, case):  # a signature may be wrong: of a static __call__, or behind a decorator
                continue
            wanted, yours = (_arguments(s) for s in (inspect.signature(reference), signature))
            return f"it is called with the arguments {wanted}; yours takes {yours}.", names
        except Exception:
            return "", names
    return "", names


def _takes(answer, case):
    """Does a call go through, or fail no sooner than in the body?"""
    args, options = copies(case)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            answer(*args, **options)
    except TypeError as error:
        return error.__traceback__.tb_next is not None and not hasattr(answer, "__wrapped__")
    except BaseException:  # run, which comes next, says what it is
        return True
    return True


def _arguments(signature):
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return str(inspect.Signature(bare))


def _words(error):
    try:
        words = " ".join(str(error).split())
    except Exception:
        words = ""
    return words[:200] or "it says no more"


def _place(error, answer):
    """`` in line 3, `x = y @ w` ``: the last line of the learner's own code on the way to the error."""
    try:
        home = {answer.__code__.co_filename, inspect.unwrap(answer).__code__.co_filename}
    except Exception:  # a callable object, or a built-in function, shows no code of its own
        return ""
    steps, step = [], error.__traceback__
    while step is not None:
        steps.append((step.tb_frame.f_code.co_filename, step.tb_lineno, step.tb_frame.f_globals))
        step = step.tb_next
    own = [s for s in steps if s[0] in home]
    if not own:
        return ""
    file, line, scope = own[-1]
    text = linecache.getline(file, line, scope).strip()
    return f" in line {line}, `{text[:80]}`" if text else f" in line {line}"


def _nearly(a, b):
    """Are two arrays of floats equal but for rounding?"""
    floats = all(isinstance(part, np.ndarray) and part.dtype.kind == "f" for part in (a, b))
    return floats and a.shape == b.shape and np.allclose(a, b, rtol=1e-12, atol=1e-14)


def same(a, b):
    """Are two arguments equal, whatever they hold? NaN equals NaN; generators are not compared."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b if isinstance(a, (int, float, str, bool)) else True
