"""Clipping: a bound for the length of the gradient."""

import math

import numpy as np

from cnnlib import _checks as checks
from cnnlib.optim.optimizer import parameters


def clip_grad_norm(params, max_norm: float, norm_type: float = 2.0) -> float:
    """Shorten the gradient, all parameters taken as one long vector, to ``max_norm`` if it is longer.

    Parameters
    ----------
    params : list of Parameter
        Those without a gradient are left out.
    max_norm : float
        The greatest length allowed.
    norm_type : float
        2 for the length, ``math.inf`` for the largest entry.

    Returns
    -------
    float
        The length before. Log it: a jump announces trouble. If it is NaN, so are all gradients.

    Notes
    -----
    All gradients are multiplied by ``min(1, max_norm / (norm + 1e-6))``, so the direction stays.

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks, section 3.2.

    Examples
    --------
    >>> from cnnlib.module import Parameter
    >>> w, b = Parameter(np.array([0.0])), Parameter(np.array([0.0]))
    >>> w.grad, b.grad = np.array([3.0]), np.array([4.0])
    >>> clip_grad_norm([w, b], max_norm=1.0)
    5.0
    >>> w.grad.round(4), b.grad.round(4)
    (array([0.6]), array([0.8]))
    """
    params = parameters(params)
    max_norm = checks.number("max_norm", max_norm, 0)
    if norm_type != math.inf:
        norm_type = checks.number("norm_type", norm_type, above=0)
    grads = [checks.floats("the gradients of params", p.grad) for p in params if p.grad is not None]
    norms = [float(np.linalg.norm(grad.ravel(), norm_type)) for grad in grads if grad.size]
    total = float(np.linalg.norm(norms, norm_type)) if norms else 0.0
    shrink = min(1.0, max_norm / (total + 1e-6)) if not math.isnan(total) else total
    with np.errstate(invalid="ignore"):  # infinite gradients times 0 are NaN
        for p in params:
            if p.grad is not None:
                p.grad = p.grad * shrink
    return total
