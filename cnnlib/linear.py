"""The linear layer: every output is a weighted sum of all inputs, plus a bias.

With it `flatten`, which makes of an image the vector that such a layer takes.
"""

import math

from cnnlib import _checks


def linear(x, w, b=None):
    """Weighted sums, one for each row of ``w``.

    Parameters
    ----------
    x : array (..., I)
        Any number of leading dimensions, usually one: the batch.
    w : array (O, I)
        The weights, a row for each output.
    b : array (O,), optional
        The bias.

    Returns
    -------
    y : array (..., O)

    Raises
    ------
    TypeError
        If an argument is not a float array, or their dtypes differ.
    ValueError
        If the shapes do not fit.

    Notes
    -----
    ``y = x @ w.T + b``. With x as (N, I), ``dx = dy @ w``, ``dw = dy.T @ x`` and ``db = dy.sum(axis=0)``:
    what a batch shares adds up over it.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep learning, section 6.5.6.

    Examples
    --------
    >>> import numpy as np
    >>> linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [0.0, 1.0]]), np.array([10.0, 20.0]))
    array([[21., 22.]])
    """
    _check(x, w, b)
    y = x @ w.T
    return y if b is None else y + b


def linear_backward(dy, x, w, b=None):
    """Gradients of `linear`.

    Parameters
    ----------
    dy : array (..., O)
    x : array (..., I)
    w : array (O, I)
    b : array (O,), optional

    Returns
    -------
    dx : array (..., I)
        ``dy @ w``
    dw : array (O, I)
        ``dy.T @ x``, summed over all leading dimensions.
    db : array (O,), or None where there is no bias
        ``dy``, summed over all leading dimensions.

    Raises
    ------
    TypeError, ValueError
        As for `linear`, and if ``dy`` is not a float array of the output's shape and dtype.

    Examples
    --------
    >>> import numpy as np
    >>> dx, dw, db = linear_backward(np.array([[1.0]]), np.array([[2.0, 3.0]]), np.array([[4.0, 5.0]]))
    >>> dx, dw, db
    (array([[4., 5.]]), array([[2., 3.]]), None)
    """
    _check(x, w, b)
    _checks.shape("dy", _checks.floats("dy", dy), (*x.shape[:-1], w.shape[0]))
    _checks.same_dtype(dy=dy, x=x)
    rows = math.prod(x.shape[:-1])  # in place of -1, which NumPy cannot work out for empty arrays
    dy_rows, x_rows = dy.reshape(rows, w.shape[0]), x.reshape(rows, w.shape[1])
    db = None if b is None else dy_rows.sum(axis=0)
    return dy @ w, dy_rows.T @ x_rows, db


def _check(x, w, b):
    _checks.floats("x", x)
    _checks.floats("w", w, ndim=2)
    if x.ndim == 0 or x.shape[-1] != w.shape[1]:
        raise ValueError(f"x must have shape (..., {w.shape[1]}) for w of shape {w.shape}, got {x.shape}")
    if b is not None:
        _checks.shape("b", _checks.floats("b", b), w.shape[:1])
    _checks.same_dtype(x=x, w=w, b=b)


def flatten(x, start_dim=0, end_dim=-1):
    """Merge neighbouring dimensions into one.

    Parameters
    ----------
    x : array (any shape)
    start_dim, end_dim : int
        The first and the last dimension to merge; negative counts from the end. (1, -1) keeps the batch.

    Returns
    -------
    y : array
        The same numbers in the same order; where the memory layout allows, a view of ``x``, not a copy.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array, a dimension is not one of its own, or the last comes before the first.

    Notes
    -----
    Nothing is computed: ``dx`` is ``dy`` in the shape of ``x``.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition,
    section II.B: layer C5 of LeNet-5, where the image ends and the vector begins.

    Examples
    --------
    >>> import numpy as np
    >>> flatten(np.zeros((8, 16, 5, 5)), start_dim=1).shape
    (8, 400)
    """
    shape = _flat_shape(x, start_dim, end_dim)
    return x.reshape(shape)


def flatten_backward(dy, x, start_dim=0, end_dim=-1):
    """Gradient of `flatten`.

    Parameters
    ----------
    dy : array (shape of y)
    x : array (any shape)
    start_dim, end_dim : int
        As in the forward call.

    Returns
    -------
    dx : array (shape of x)
        ``dy`` in the shape of ``x``; where the memory layout allows, a view.

    Raises
    ------
    TypeError, ValueError
        As for `flatten`, and if ``dy`` is not a float array of the output's shape and dtype.

    Examples
    --------
    >>> import numpy as np
    >>> flatten_backward(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros((2, 2)))
    array([[1., 2.],
           [3., 4.]])
    """
    shape = _flat_shape(x, start_dim, end_dim)
    _checks.shape("dy", _checks.floats("dy", dy), shape)
    _checks.same_dtype(dy=dy, x=x)
    return dy.reshape(x.shape)


def _flat_shape(x, start_dim, end_dim):
    _checks.floats("x", x)
    shape = x.shape or (1,)  # a single number becomes a vector of one
    start = _checks.axis("start_dim", start_dim, len(shape))
    end = _checks.axis("end_dim", end_dim, len(shape))
    if start > end:
        raise ValueError(f"start_dim must not come after end_dim, got {start_dim} and {end_dim}")
    return (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])
