"""Smooth relatives of relu: like it far from zero, and rounded where it has a corner."""

import math

import numpy as np

from cnnlib import _checks
from cnnlib._operation import operation
from cnnlib.activations._erf import erf
from cnnlib.activations.squashing import sigmoid


@operation
def softplus(x, beta=1.0, threshold=20.0):
    """Round off the corner of relu.

    Parameters
    ----------
    x : array (any shape)
    beta : float
        How sharp the corner stays; over 0.
    threshold : float
        Where ``beta * x`` is larger, y is x itself.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, ``beta`` not a positive number or ``threshold`` not a number.

    Notes
    -----
    ``y = log(1 + exp(beta * x)) / beta``, whose slope is a sigmoid: ``dx = dy * sigmoid(beta * x)``.

    References
    ----------
    Dugas, Bengio, Belisle, Nadeau and Garcia (2001), Incorporating second-order functional knowledge for
    better option pricing, section 3.

    Examples
    --------
    At 0 it is log 2:

    >>> softplus(np.array([-10000.0, 0.0, 30.0])).round(4)
    array([ 0.    ,  0.6931, 30.    ])
    """
    bx, linear = _softplus_parts(x, beta, threshold)
    return np.where(linear, x, np.logaddexp(0, bx) / float(beta))


@operation
def softplus_backward(dy, x, beta=1.0, threshold=20.0):
    """Gradient of `softplus`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)
    beta, threshold : float
        As in the forward call.

    Returns
    -------
    dx : array (shape of x)
        ``dy * sigmoid(beta * x)``; ``dy`` itself beyond the threshold.

    Raises
    ------
    TypeError, ValueError
        As for `softplus`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    >>> softplus_backward(np.array([3.0]), np.array([0.0]))
    array([1.5])
    """
    bx, linear = _softplus_parts(x, beta, threshold)
    _checks.like("dy", dy, "x", x)
    return np.where(linear, dy, dy * sigmoid(bx))


def _softplus_parts(x, beta, threshold):
    """Return ``beta * x`` and where it is over the threshold."""
    _checks.floats("x", x)
    bx = _checks.number("beta", beta, above=0) * x
    return bx, bx > _checks.number("threshold", threshold)


@operation
def elu(x, alpha=1.0):
    """Keep what is positive, bend the rest towards ``-alpha``: the exponential linear unit.

    Parameters
    ----------
    x : array (any shape)
    alpha : float
        The depth of the floor far left.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or ``alpha`` not a number.

    Notes
    -----
    ``y = x`` where x is positive, ``alpha * (exp(x) - 1)`` elsewhere. ``dx = dy * alpha * exp(x)`` where x is 0 or
    less, ``dy`` elsewhere (at NaN too, as in PyTorch's plain code). The exponential sees only ``min(x, 0)``: no
    overflow.

    References
    ----------
    Clevert, Unterthiner and Hochreiter (2016), Fast and accurate deep network learning by exponential linear
    units (ELUs), section 3.

    Examples
    --------
    >>> elu(np.array([-10000.0, 0.0, 2.0]), alpha=0.5)
    array([-0.5,  0. ,  2. ])
    """
    _checks.floats("x", x)
    alpha = _checks.number("alpha", alpha)
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


@operation
def elu_backward(dy, x, alpha=1.0):
    """Gradient of `elu`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)
    alpha : float
        As in the forward call.

    Returns
    -------
    dx : array (shape of x)
        ``dy * alpha * exp(x)`` where ``x <= 0``, else ``dy``.

    Raises
    ------
    TypeError, ValueError
        As for `elu`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    >>> elu_backward(np.array([4.0, 4.0]), np.array([0.0, 2.0]), alpha=0.5)
    array([2., 4.])
    """
    _checks.like("dy", dy, "x", _checks.floats("x", x))
    alpha = _checks.number("alpha", alpha)
    return np.where(x <= 0, dy * alpha * np.exp(np.minimum(x, 0)), dy)


@operation
def silu(x):
    """Weigh every number by its own sigmoid: the sigmoid linear unit, also called swish.

    Parameters
    ----------
    x : array (any shape)

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array.

    Notes
    -----
    ``y = x * s`` with ``s = sigmoid(x)``, so by the product rule ``dx = dy * (s + x * s * (1 - s))``.

    References
    ----------
    Elfwing, Uchibe and Doya (2018), Sigmoid-weighted linear units for neural network function approximation
    in reinforcement learning, section 2.

    Examples
    --------
    >>> silu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """
    return x * sigmoid(x)


@operation
def silu_backward(dy, x):
    """Gradient of `silu`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)

    Returns
    -------
    dx : array (shape of x)
        ``dy * (s + x * s * (1 - s))`` with ``s = sigmoid(x)``.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dy`` differs from it in dtype or shape.

    Examples
    --------
    >>> silu_backward(np.array([3.0]), np.array([0.0]))
    array([1.5])
    """
    s = sigmoid(x)
    _checks.like("dy", dy, "x", x)
    return dy * (s + x * s * (1 - s))


_SQRT_HALF = math.sqrt(1 / 2)
_SQRT_2_OVER_PI = math.sqrt(2 / math.pi)
_CUBIC = 0.044715  # Hendrycks and Gimpel's fit


@operation
def gelu(x, approximate="none"):
    """Weigh every number by the share of a normal distribution that lies below it.

    Parameters
    ----------
    x : array (any shape)
    approximate : {"none", "tanh"}
        The exact function, or the older formula that stands in for it.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``approximate`` is neither of the two.

    Notes
    -----
    ``y = x * P(x)`` with ``P(x) = (1 + erf(x / sqrt(2))) / 2``, the normal distribution, whose slope is the
    bell curve ``p(x) = exp(-x**2 / 2) / sqrt(2 pi)``. So ``dx = dy * (P(x) + x * p(x))``.

    With ``approximate="tanh"``, ``P(x) = (1 + tanh(u)) / 2``, ``u = sqrt(2 / pi) * (x + 0.044715 * x**3)``,
    and p(x) is the slope of that.

    References
    ----------
    Hendrycks and Gimpel (2016), Gaussian error linear units (GELUs), section 2.

    Examples
    --------
    16 % of a normal distribution lies more than one standard deviation below the mean:

    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    return x * _gelu_parts(x, approximate)[0]


@operation
def gelu_backward(dy, x, approximate="none"):
    """Gradient of `gelu`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)
    approximate : {"none", "tanh"}
        As in the forward call.

    Returns
    -------
    dx : array (shape of x)
        ``dy * (P(x) + x * p(x))``.

    Raises
    ------
    TypeError, ValueError
        As for `gelu`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    >>> gelu_backward(np.array([3.0]), np.array([0.0]))
    array([1.5])
    """
    P, p = _gelu_parts(x, approximate)
    _checks.like("dy", dy, "x", x)
    return dy * (P + x * p)


def _gelu_parts(x, approximate):
    """Return P(x), the weight that gelu gives to x, and its slope p(x)."""
    _checks.floats("x", x)
    if _checks.one_of("approximate", approximate, ("none", "tanh")) == "none":
        bell = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
        return 0.5 * (1 + erf(x * _SQRT_HALF)), bell
    t = np.tanh(_SQRT_2_OVER_PI * (x + _CUBIC * x * x * x))
    return 0.5 * (1 + t), 0.5 * (1 - t * t) * _SQRT_2_OVER_PI * (1 + 3 * _CUBIC * x * x)


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@operation
def selu(x):
    """Stretch an elu so that layer after layer keeps mean 0 and variance 1.

    Parameters
    ----------
    x : array (any shape)

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array.

    Notes
    -----
    ``y = scale * elu(x, alpha)`` with ``scale`` = 1.0507 and ``alpha`` = 1.6733: of normal numbers with mean 0
    and variance 1 it makes numbers with mean 0 and variance 1. ``dx = dy * scale`` where x is positive,
    ``dy * scale * alpha * exp(x)`` elsewhere, x = 0 included.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter (2017), Self-normalizing neural networks, equation 2.

    Examples
    --------
    >>> selu(np.array([-10000.0, 0.0, 2.0])).round(4)
    array([-1.7581,  0.    ,  2.1014])
    """
    return SELU_SCALE * elu(x, SELU_ALPHA)


@operation
def selu_backward(dy, x):
    """Gradient of `selu`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)

    Returns
    -------
    dx : array (shape of x)
        ``dy * scale`` where ``x > 0``, else ``dy * scale * alpha * exp(x)``.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dy`` differs from it in dtype or shape.

    Examples
    --------
    >>> selu_backward(np.array([1.0, 2.0]), np.array([0.0, 2.0])).round(4)
    array([1.7581, 2.1014])
    """
    return SELU_SCALE * elu_backward(dy, x, SELU_ALPHA)
