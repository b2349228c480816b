"""Squashing: any number into a range (sigmoid, tanh), any row into probabilities (softmax)."""

import numpy as np

from cnnlib import _checks
from cnnlib._operation import operation


@operation
def sigmoid(x):
    """Squash every number into (0, 1): the logistic function.

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
    ``y = 1 / (1 + exp(-x))`` and ``dx = dy * y * (1 - y)``, at most a quarter of ``dy``. Where x is negative
    the equal form ``exp(x) / (1 + exp(x))`` is taken: no exponent is ever positive, so nothing overflows.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors, equation 2.

    Examples
    --------
    >>> sigmoid(np.array([0.0, 1.0, -10000.0])).round(4)
    array([0.5   , 0.7311, 0.    ])
    """
    _checks.floats("x", x)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


@operation
def sigmoid_backward(dy, x):
    """Gradient of `sigmoid`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)

    Returns
    -------
    dx : array (shape of x)
        ``dy * y * (1 - y)``.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dy`` differs from it in dtype or shape.

    Examples
    --------
    >>> sigmoid_backward(np.array([8.0]), np.array([0.0]))
    array([2.])
    """
    _checks.like("dy", dy, "x", _checks.floats("x", x))
    y = sigmoid(x)
    return dy * y * (1 - y)


@operation
def tanh(x):
    """Squash every number into (-1, 1): the hyperbolic tangent.

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
    ``tanh(x) = 2 sigmoid(2x) - 1`` and ``dx = dy * (1 - y**2)``.

    References
    ----------
    LeCun, Bottou, Orr and Mueller (1998), Efficient BackProp, section 4.4.

    Examples
    --------
    >>> tanh(np.array([0.0, 0.5, -10000.0])).round(4)
    array([ 0.    ,  0.4621, -1.    ])
    """
    return np.tanh(_checks.floats("x", x))


@operation
def tanh_backward(dy, x):
    """Gradient of `tanh`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)

    Returns
    -------
    dx : array (shape of x)
        ``dy * (1 - y**2)``.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dy`` differs from it in dtype or shape.

    Examples
    --------
    >>> tanh_backward(np.array([3.0]), np.array([0.0]))
    array([3.])
    """
    _checks.like("dy", dy, "x", _checks.floats("x", x))
    return dy * (1 - np.tanh(x) ** 2)


@operation
def softmax(x, dim):
    """Turn scores into probabilities: positive, and 1 in sum along one dimension.

    Parameters
    ----------
    x : array (any shape)
    dim : int
        The dimension along which the result sums to 1; negative counts from the end.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dim`` not one of its dimensions.

    Notes
    -----
    ``y = exp(x) / sum(exp(x))``. Adding a number to every score changes nothing, so the largest is subtracted
    first: then the largest exponential is 1 and nothing overflows. Every output depends on every score:
    ``dx = y * (dy - sum(dy * y))``.

    References
    ----------
    Bridle (1990), Probabilistic interpretation of feedforward classification network outputs, section 2.

    Examples
    --------
    Odds of 1 to 3, twice:

    >>> softmax(np.array([[0.0, np.log(3.0)], [10000.0, 10000.0 + np.log(3.0)]]), dim=1).round(4)
    array([[0.25, 0.75],
           [0.25, 0.75]])
    """
    e = np.exp(_below_largest(x, dim))
    return e / e.sum(axis=dim, keepdims=True)


@operation
def softmax_backward(dy, x, dim):
    """Gradient of `softmax`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)
    dim : int
        As in the forward call.

    Returns
    -------
    dx : array (shape of x)
        ``y * (dy - sum(dy * y))``, summed along ``dim``.

    Raises
    ------
    TypeError, ValueError
        As for `softmax`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    >>> softmax_backward(np.array([1.0, 0.0]), np.array([2.0, 2.0]), dim=0)
    array([ 0.25, -0.25])
    """
    y = softmax(x, dim)
    _checks.like("dy", dy, "x", x)
    return y * (dy - (dy * y).sum(axis=dim, keepdims=True))


@operation
def log_softmax(x, dim):
    """Logarithm of `softmax`, exact where softmax itself has rounded to 0 or 1.

    Parameters
    ----------
    x : array (any shape)
    dim : int
        The dimension along which the probabilities sum to 1; negative counts from the end.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dim`` not one of its dimensions.

    Notes
    -----
    ``y = x - log(sum(exp(x)))``, with the largest x subtracted first (log-sum-exp). One score pushes all the
    others down in proportion to its probability: ``dx = dy - softmax(x) * sum(dy)``.

    References
    ----------
    Blanchard, Higham and Higham (2021), Accurately computing the log-sum-exp and softmax functions,
    section 2.

    Examples
    --------
    >>> log_softmax(np.array([0.0, -10000.0]), dim=0)
    array([     0., -10000.])
    """
    z = _below_largest(x, dim)
    return z - np.log(np.exp(z).sum(axis=dim, keepdims=True))


@operation
def log_softmax_backward(dy, x, dim):
    """Gradient of `log_softmax`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)
    dim : int
        As in the forward call.

    Returns
    -------
    dx : array (shape of x)
        ``dy - softmax(x) * sum(dy)``, summed along ``dim``.

    Raises
    ------
    TypeError, ValueError
        As for `softmax`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    >>> log_softmax_backward(np.array([1.0, 0.0]), np.array([2.0, 2.0]), dim=0)
    array([ 0.5, -0.5])
    """
    y = softmax(x, dim)
    _checks.like("dy", dy, "x", x)
    return dy - y * dy.sum(axis=dim, keepdims=True)


@operation
def logsigmoid(x):
    """Logarithm of `sigmoid`, exact where sigmoid itself has rounded to 0 or 1.

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
    ``y = log(1 / (1 + exp(-x)))``, computed as ``min(x, 0) - log(1 + exp(-abs(x)))``: no exponent is ever positive.
    ``dx = dy * sigmoid(-x)``.

    References
    ----------
    Maechler (2012), Accurately computing log(1 - exp(-abs(a))), section 2.

    Examples
    --------
    >>> logsigmoid(np.array([-10000.0, 0.0, 10000.0])).round(4)
    array([-1.000e+04, -6.931e-01,  0.000e+00])
    """
    _checks.floats("x", x)
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@operation
def logsigmoid_backward(dy, x):
    """Gradient of `logsigmoid`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)

    Returns
    -------
    dx : array (shape of x)
        ``dy * sigmoid(-x)``: between all of ``dy``, far left, and nothing, far right.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dy`` differs from it in dtype or shape.

    Examples
    --------
    >>> logsigmoid_backward(np.array([3.0, 3.0]), np.array([-10000.0, 0.0]))
    array([3. , 1.5])
    """
    _checks.like("dy", dy, "x", _checks.floats("x", x))
    e = np.exp(-np.abs(x))
    return dy * (np.where(x < 0, 1, e) / (1 + e))


def _below_largest(x, dim):
    """Return ``x`` less its largest entry along ``dim``: 0 at most, and 0 somewhere."""
    _checks.floats("x", x)
    axis = _checks.axis("dim", dim, max(x.ndim, 1))  # a number alone is a dimension of length 1, as in PyTorch
    return x - x.max(axis=axis, keepdims=True, initial=-np.inf)  # initial: a dimension of length 0 has no max
