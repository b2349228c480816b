"""Finite differences: the slow, sure gradient that every fast one is checked against.

Nudge one number up, nudge it down, see how far the output moved: that is a derivative, whatever the
function does inside. `numerical_gradient` does it for every number of an array. `gradcheck` compares
the result with what a backward function claims and says which number is wrong.
"""

import inspect

import numpy as np

from cnnlib import _checks

EPS = 1e-6  # the nudge: truncation grows as its square, rounding as its inverse


def relative_error(a, b):
    """Largest difference between two arrays, as a fraction of the largest entry of the second.

    Parameters
    ----------
    a, b : array (any shape, both the same)
        The array to judge and the one to trust.

    Returns
    -------
    error : float
        ``max(abs(a - b)) / max(abs(b))``: 0 for equal arrays, infinite where only ``b`` is all zeros, NaN
        where either holds a NaN.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> relative_error(np.array([1.0, 2.5]), np.array([1.0, 2.0]))
    0.25
    """
    a, b = np.asarray(a), np.asarray(b)
    _checks.shape("a", a, b.shape)
    return _worst(a, b, 0.0)[0]


def _worst(a, b, floor):
    """Return the relative error of ``a`` against ``b`` and the index of the entry that is furthest off."""
    if a.size == 0:
        return 0.0, ()
    difference = np.abs(a - b)
    index = np.unravel_index(np.argmax(difference), difference.shape)  # argmax stops at a NaN
    worst, scale = float(difference[index]), max(float(np.abs(b).max()), floor)
    if worst == 0:
        return 0.0, index
    return (worst / scale if scale else np.inf), index


def numerical_gradient(f, x, dy=None, eps=EPS):
    """Gradient of ``sum(dy * f(x))`` by central differences.

    Parameters
    ----------
    f : callable
        Takes an array like ``x``, returns an array (or a scalar, or a tuple whose first entry counts).
    x : array (any shape)
        Where the gradient is wanted; float64, and left as it is.
    dy : array (shape of f(x)), optional
        The upstream gradient. Without it, ones: the gradient of the sum of ``f(x)``.
    eps : float
        How far each entry is moved, up and down.

    Returns
    -------
    dx : array (shape of x)

    Raises
    ------
    TypeError
        If ``x`` is not float64: in float32 the difference of two outputs is mostly rounding.
    ValueError
        If ``dy`` has another shape than ``f(x)``.

    Notes
    -----
    ``dx[i] = sum(dy * (f(x + eps e_i) - f(x - eps e_i))) / (2 eps)``, with ``e_i`` one at entry i, zero
    elsewhere. The error of the formula falls as ``eps ** 2``, the rounding error grows as ``1 / eps``; near
    a kink (ReLU at 0, a tie in max-pooling) the two sides disagree and the result means nothing.

    References
    ----------
    Press et al. (2007), Numerical Recipes, third edition, section 5.7.

    Examples
    --------
    The slope of x squared is 2x:

    >>> numerical_gradient(lambda x: x**2, np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    _float64("x", x)
    eps = _checks.number("eps", eps, above=0)
    moved = np.array(x)  # a copy of our own: it is nudged in place
    y = _output(f, moved)
    if dy is None:
        dy = np.ones(y.shape)
    dy = np.asarray(dy)
    _checks.shape("dy", dy, y.shape)
    dx = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        up, down = x[index] + eps, x[index] - eps
        moved[index] = up
        above = _output(f, moved)
        moved[index] = down
        below = _output(f, moved)
        moved[index] = x[index]
        dx[index] = np.sum(dy * (above - below)) / (up - down)  # up - down: what rounding left of 2 eps
    return dx


def gradcheck(f, f_backward, *arrays, rng=None, tol=1e-6, **options):
    """Compare a backward function with finite differences of its forward function.

    Parameters
    ----------
    f : callable
        ``f(*arrays, **options)`` returns y (an array, a scalar, or a tuple that starts with it).
    f_backward : callable
        ``f_backward(dy, *arrays, **options)`` returns the gradient of the first array, or a tuple: the
        gradients of as many leading arrays, in order. None stands for an argument it has no gradient of.
    *arrays : array or None
        The arguments of ``f``. Those that are differentiated are float64; others (labels) may be anything.
    rng : numpy.random.Generator, optional
        Draws the upstream gradient, dy. By default a generator with seed 0.
    tol : float
        The relative error allowed, see `relative_error`.
    **options
        Passed on to both functions.

    Returns
    -------
    error : float
        The worst relative error over all gradients.

    Raises
    ------
    AssertionError
        If a gradient is wrong; the message names the argument, the worst entry, and both values. Also if
        a gradient has the wrong shape, and if either function changed one of its inputs.

    Notes
    -----
    dy is random, because a dy of ones hides mistakes: every softmax passes with it, and so does a gradient
    that has been transposed, or summed over the wrong axis of a square array.

    Two outputs that differ by less than their own rounding look equal, so finite differences cannot see
    below ``noise = 2.2e-16 * sum(abs(dy * y)) / eps``. Gradients that are smaller everywhere than
    ``noise / tol`` are judged against that, and one that is exactly zero is not called wrong.

    Examples
    --------
    >>> def square(x):
    ...     return x**2
    >>> def square_backward(dy, x):
    ...     return dy * 2 * x
    >>> gradcheck(square, square_backward, np.array([1.0, 3.0])) < 1e-8
    True

    A bug, and what is said of it:

    >>> def forgets_two(dy, x):
    ...     return dy * x
    >>> gradcheck(square, forgets_two, np.array([1.0, 3.0]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    AssertionError: forgets_two: gradient of x is wrong at [1]: -0.396..., finite differences say -0.792...
    """
    tol = _checks.number("tol", tol, above=0)
    rng = np.random.default_rng(0) if rng is None else _checks.generator("rng", rng)
    before = [np.array(a) for a in arrays]
    y = _output(f, *arrays, **options)
    dy = np.asarray(rng.normal(size=y.shape))
    dy_before = dy.copy()
    gradients = f_backward(dy, *arrays, **options)
    if not isinstance(gradients, (tuple, list)):
        gradients = (gradients,)
    names, who = _argument_names(f, len(arrays)), getattr(f_backward, "__name__", "f_backward")
    _unchanged(who, ["dy", *names], [dy, *arrays], [dy_before, *before])
    if len(gradients) > len(arrays):
        raise AssertionError(f"{who}: {len(gradients)} gradients for {len(arrays)} arguments")

    noise = np.finfo(np.float64).eps * float(np.sum(np.abs(dy * y))) / EPS
    errors = [0.0]
    for i, gradient in enumerate(gradients):
        if gradient is None:
            continue

        def f_of_one(x, i=i):
            return f(*arrays[:i], x, *arrays[i + 1 :], **options)

        _float64(names[i], arrays[i])
        expected = numerical_gradient(f_of_one, arrays[i], dy)
        gradient = np.asarray(gradient)
        if gradient.shape != expected.shape:
            raise AssertionError(
                f"{who}: gradient of {names[i]} has shape {gradient.shape}, {names[i]} has {expected.shape}"
            )
        error, index = _worst(gradient, expected, noise / tol)
        if not error <= tol:  # written so that NaN fails
            raise AssertionError(
                f"{who}: gradient of {names[i]} is wrong at {[int(n) for n in index]}: "
                f"{gradient[index]:.9g}, finite differences say {expected[index]:.9g} "
                f"(relative error {error:.2g}, allowed {tol:.2g})"
            )
        errors.append(error)
    return max(errors)


def _output(f, *arrays, **options):
    """Return what ``f`` gives (the first entry of a tuple) as an array that is ours to keep."""
    y = f(*arrays, **options)
    return np.array(y[0] if isinstance(y, tuple) else y)


def _float64(name, x):
    _checks.floats(name, x)
    if x.dtype != np.float64:
        raise TypeError(f"{name} must be float64 for finite differences, got {x.dtype}")


def _unchanged(who, names, arrays, before):
    for name, now, then in zip(names, arrays, before, strict=True):
        if now is not None and not np.array_equal(now, then, equal_nan=then.dtype.kind == "f"):
            raise AssertionError(f"{who} or its forward function changed its input {name}")


def _argument_names(f, count):
    """Return the names that ``f`` gives its first arguments, or "argument 0", "argument 1", ..."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # some built-in functions do not say
        parameters = ()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (names + [f"argument {i}" for i in range(len(names), count)])[:count]
