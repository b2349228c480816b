"""What every activation and every loss does alike: pass NaN and infinity on in silence, and give arrays."""

import functools

import numpy as np


def quiet(f):
    """Let ``f`` compute with NaN and infinity as arithmetic has it, and as PyTorch does: 0 times infinity is NaN.

    NumPy would warn of it, and a warning may be an error; what comes out shows it anyway.
    """

    @functools.wraps(f)
    def run(*arguments, **options):
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            return f(*arguments, **options)

    return run


def operation(f):
    """`quiet`, and where NumPy makes a number of an array without dimensions, make an array of it again."""

    @functools.wraps(f)
    def run(*arguments, **options):
        result = quiet(f)(*arguments, **options)
        return tuple(np.asarray(a) for a in result) if isinstance(result, tuple) else np.asarray(result)

    return run
