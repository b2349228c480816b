"""Clamps: the identity between two bounds, and flat beyond them."""

import numpy as np

from cnnlib import _checks
from cnnlib._operation import operation


@operation
def hardtanh(x, min_val=-1.0, max_val=1.0):
    """Cut off what lies beyond two bounds: a tanh drawn with a ruler.

    Parameters
    ----------
    x : array (any shape)
    min_val, max_val : float
        The bounds; infinite for none.

    Returns
    -------
    y : array (shape of x)

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, or a bound not a number.
    ValueError
        If ``min_val`` is over ``max_val``, or one of them is NaN.

    Notes
    -----
    ``y = min(max(x, min_val), max_val)``. ``dx = dy`` strictly between the bounds, 0 beyond and on them. NaN
    stays NaN, and its gradient is ``dy``, as for `relu`. (PyTorch's depends on where in memory the NaN stands.)

    References
    ----------
    Collobert, Weston, Bottou, Karlen, Kavukcuoglu and Kuksa (2011), Natural language processing (almost) from
    scratch, section 3.3.1.

    Examples
    --------
    >>> hardtanh(np.array([-3.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    >>> hardtanh(np.array([-3.0, 0.5, 2.0]), min_val=0.0, max_val=4.0)
    array([0. , 0.5, 2. ])
    """
    return np.clip(_checks.floats("x", x), *_bounds(min_val, max_val))


@operation
def hardtanh_backward(dy, x, min_val=-1.0, max_val=1.0):
    """Gradient of `hardtanh`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)
    min_val, max_val : float
        As in the forward call.

    Returns
    -------
    dx : array (shape of x)
        ``dy`` where ``min_val < x < max_val``, else 0.

    Raises
    ------
    TypeError, ValueError
        As for `hardtanh`, and if ``dy`` differs from ``x`` in dtype or shape.

    Examples
    --------
    >>> hardtanh_backward(np.array([5.0, 6.0, 7.0]), np.array([-3.0, 0.5, 1.0]))
    array([0., 6., 0.])
    """
    _checks.like("dy", dy, "x", _checks.floats("x", x))
    low, high = _bounds(min_val, max_val)
    return np.where((x <= low) | (x >= high), 0, dy)


@operation
def relu6(x):
    """Relu with a ceiling at 6, which keeps numbers small enough for coarse arithmetic.

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
    ``y = min(max(x, 0), 6)``, a `hardtanh` from 0 to 6. ``dx = dy`` strictly between 0 and 6, else 0; at NaN
    see there.

    References
    ----------
    Krizhevsky (2010), Convolutional deep belief networks on CIFAR-10 (the ceiling). Sandler, Howard, Zhu,
    Zhmoginov and Chen (2018), MobileNetV2: inverted residuals and linear bottlenecks, section 4.

    Examples
    --------
    >>> relu6(np.array([-2.0, 3.0, 8.0]))
    array([0., 3., 6.])
    """
    return hardtanh(x, 0.0, 6.0)


@operation
def relu6_backward(dy, x):
    """Gradient of `relu6`.

    Parameters
    ----------
    dy, x : array (any shape, both the same)

    Returns
    -------
    dx : array (shape of x)
        ``dy`` where ``0 < x < 6``, else 0.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, or ``dy`` differs from it in dtype or shape.

    Examples
    --------
    >>> relu6_backward(np.array([5.0, 6.0, 7.0]), np.array([-2.0, 3.0, 8.0]))
    array([0., 6., 0.])
    """
    return hardtanh_backward(dy, x, 0.0, 6.0)


def _bounds(min_val, max_val):
    """Return the two bounds as floats, once they are in order."""
    low, high = _checks.real("min_val", min_val), _checks.real("max_val", max_val)
    if not low <= high:  # nor with NaN
        raise ValueError(f"min_val must not be over max_val, got {min_val} and {max_val}")
    return low, high
