"""Dropout: set numbers to zero at random while training, so that no unit can lean on another."""

import numpy as np

from cnnlib import _checks


def dropout(x, p=0.5, training=True, rng=None):
    """Drop each number with probability ``p`` and scale up the rest.

    Parameters
    ----------
    x : array (any shape)
    p : float
        The probability, in [0, 1], of being dropped.
    training : bool
        False: nothing is dropped.
    rng : numpy.random.Generator, optional
        Draws what is dropped; needed when training with p strictly between 0 and 1.

    Returns
    -------
    y : array (shape of x)
        ``x`` itself when not training.
    mask : array (shape of x), or None when not training
        What ``x`` was multiplied by: 0 or ``1 / (1 - p)``. `dropout_backward` needs it.

    Raises
    ------
    TypeError
        If ``x`` is not a float array, or ``rng`` no generator where one is needed.
    ValueError
        If ``p`` leaves [0, 1].

    Notes
    -----
    ``y = x * mask``, so ``dx = dy * mask``. The scale keeps the expected value:
    ``(1 - p) * x / (1 - p) + p * 0 = x``. That is why nothing needs doing when not training.

    The same generator state gives float32 and float64 the same mask.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), Dropout: a simple way to prevent
    neural networks from overfitting, sections 4 and 10 (the scale in training).

    Examples
    --------
    >>> y, mask = dropout(np.array([1.0, 2.0, 3.0, 4.0]), p=0.5, rng=np.random.default_rng(0))
    >>> y, mask
    (array([2., 0., 0., 0.]), array([2., 0., 0., 0.]))
    """
    _checks.floats("x", x)
    p = _checks.number("p", p, 0, 1)
    if not _checks.flag("training", training):
        return x, None
    if p == 0 or p == 1:
        mask = np.full(x.shape, 1 - p, x.dtype)
    else:
        kept = _checks.generator("rng", rng).random(x.shape) >= p
        mask = np.asarray(kept, x.dtype) / (1 - p)
    return x * mask, mask


def dropout_backward(dy, mask):
    """Gradient of `dropout`.

    Parameters
    ----------
    dy : array (any shape)
    mask : array (shape of dy) or None
        As `dropout` returned it.

    Returns
    -------
    dx : array (shape of dy)
        ``dy * mask``; ``dy`` itself where the mask is None.

    Raises
    ------
    TypeError, ValueError
        If ``dy`` is not a float array, or ``mask`` differs from it in dtype or shape.

    Examples
    --------
    >>> dropout_backward(np.array([1.0, 1.0]), np.array([2.0, 0.0]))
    array([2., 0.])
    """
    _checks.floats("dy", dy)
    return dy if mask is None else dy * _checks.like("mask", mask, "dy", dy)
