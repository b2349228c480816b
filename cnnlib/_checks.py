"""Argument checks shared by every operation: clear errors that name the argument.

A wrong type or dtype is a ``TypeError``; a wrong shape or value is a ``ValueError``. Every message
says which argument, what was given and what is allowed.
"""

import math
import numbers

import numpy as np

FLOATS = (np.float32, np.float64)
LARGEST = 2**63 - 1  # what NumPy counts with


def array(name, x):
    """Return ``x`` if it is an array, and not of a class with an arithmetic of its own, as matrices have.

    An array that lies in a file (``np.memmap``) computes as any other.
    """
    if type(x) in (np.ndarray, np.memmap):
        return x
    if isinstance(x, np.ndarray):
        kind = type(x).__name__
        raise TypeError(f"{name} must be a plain NumPy array, got {kind}, which computes otherwise; use np.asarray")
    raise TypeError(f"{name} must be a NumPy array, got {type(x).__name__}")


def floats(name, x, ndim=None):
    """Return ``x`` if it is a float32 or float64 array with ``ndim`` axes (an int or a tuple of ints).

    NumPy's own numbers, as ``np.float32(1)``, count as arrays without axes: they have all that those have.
    """
    if not isinstance(x, np.floating):
        array(name, x)
    if x.dtype not in FLOATS:
        raise TypeError(f"{name} must be float32 or float64, got {x.dtype}")
    return _rank(name, x, ndim)


def integers(name, x, ndim=None):
    """Return ``x`` if it is an array of integers with ``ndim`` axes (an int or a tuple of ints)."""
    if not np.issubdtype(array(name, x).dtype, np.integer):
        raise TypeError(f"{name} must hold integers, got {x.dtype}")
    return _rank(name, x, ndim)


def _rank(name, x, ndim):
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if allowed is not None and x.ndim not in allowed:
        ranks = " or ".join(str(n) for n in allowed)
        raise ValueError(f"{name} must have {ranks} dimensions, got {x.ndim} (shape {x.shape})")
    return x


def same_dtype(**arrays):
    """Refuse to mix float32 and float64; arguments that are None are left out."""
    given = {name: x.dtype for name, x in arrays.items() if x is not None}
    if len(set(given.values())) > 1:
        listing = ", ".join(f"{name} is {dtype}" for name, dtype in given.items())
        raise TypeError(f"{' and '.join(given)} must share one dtype, but {listing}")


def shape(name, x, expected):
    """Return ``x`` if its shape is ``expected``."""
    if x.shape != tuple(expected):
        raise ValueError(f"{name} must have shape {tuple(expected)}, got {x.shape}")
    return x


def integer(name, value, least=None):
    """Return ``value`` as an int if it is a whole number (not a bool) and at least ``least``."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if least is not None and value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    if not -LARGEST - 1 <= int(value) <= LARGEST:
        raise ValueError(f"{name} must fit into 64 bits, got {_briefly(value)}")
    return int(value)


def pair(name, value, least=None):
    """Return ``value`` as ``(height, width)``: one integer stands for both."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name} must be an integer or a pair of integers, got {value!r}")
        return tuple(integer(name, v, least) for v in value)
    value = integer(name, value, least)
    return value, value


def real(name, value):
    """Return ``value`` as a float if it is a real number, infinite or not; NaN too."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        return float(value)
    except OverflowError:  # an integer or a fraction can be larger than any float
        raise ValueError(f"{name} must fit into a float, got {_briefly(value)}") from None


def number(name, value, low=None, high=None, *, above=None):
    """Return ``value`` as a float if it is a finite real number in ``[low, high]`` and over ``above``."""
    if not math.isfinite(real(name, value)):
        raise ValueError(f"{name} must be finite, got {value}")
    if low is not None and value < low or high is not None and value > high:
        allowed = f"at least {low}" if high is None else f"at most {high}" if low is None else f"in [{low}, {high}]"
        raise ValueError(f"{name} must be {allowed}, got {value}")
    if above is not None and value <= above:
        raise ValueError(f"{name} must be greater than {above}, got {value}")
    return float(value)


def fitting(name, value, dtype):
    """Return ``value``, a finite number or None, if an array of ``dtype`` can hold it as one."""
    if value is not None and abs(value) > float(np.finfo(dtype).max):
        raise ValueError(f"{name} must fit into {np.dtype(dtype)}, got {value:g}")
    return value


def _briefly(value):
    """A number as it may stand in a message: of one with very many digits, how many they are."""
    size = abs(value).bit_length() if isinstance(value, int) else 0
    return f"an integer of {size} bits" if size > 1000 else f"{value}"


def one_of(name, value, allowed):
    """Return ``value`` if it is one of ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def flag(name, value):
    """Return ``value`` as a bool if it is one."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def axis(name, value, ndim):
    """Return ``value`` as a non-negative axis of an array with ``ndim`` axes."""
    value = integer(name, value)
    if not -ndim <= value < ndim:
        raise ValueError(f"{name} must be in [{-ndim}, {ndim - 1}] for {ndim} dimensions, got {value}")
    return value % ndim


def generator(name, value):
    """Return ``value`` if it is a ``numpy.random.Generator``."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"{name} must be a numpy.random.Generator (np.random.default_rng(0)), got {value!r}")
    return value


def like(name, x, other_name, other):
    """Return ``x`` if it is a float array with the shape and the dtype of ``other``."""
    floats(name, x)
    if x.shape != other.shape:
        raise ValueError(f"{name} must have the shape of {other_name}, {other.shape}, got {x.shape}")
    same_dtype(**{name: x, other_name: other})
    return x


def float_dtype(name, value):
    """Return ``value`` as a NumPy dtype if it names float32 or float64."""
    try:
        dtype = np.dtype(value) if value is not None else None
    except TypeError:
        dtype = None
    if dtype not in FLOATS:
        raise TypeError(f"{name} must be float32 or float64, got {value!r}")
    return dtype
