"""Binary cross-entropy: the price of the probability given to a yes or a no."""

import numpy as np

from cnnlib import _checks
from cnnlib._operation import operation, quiet
from cnnlib.activations import sigmoid
from cnnlib.losses._reduction import reduce, spread

LOWEST_LOG = -100.0  # a certain, wrong answer costs 100, not infinity
LEAST_VARIANCE = float(np.float32(1e-12))  # keeps the slope finite there; PyTorch's constant is a float32


@quiet
def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    """Cross-entropy between probabilities and yes-or-no targets.

    Parameters
    ----------
    input : array (any shape)
        Probabilities of yes, in [0, 1].
    target : array (shape of input)
        1 for yes, 0 for no, or a probability between.
    weight : array (broadcasts to the shape of input), optional
        Multiplies the loss of each entry.
    reduction : {"mean", "sum", "none"}
        "mean" divides by the number of entries, weighted or not.

    Returns
    -------
    loss : scalar, or array (shape of input) for "none"

    Raises
    ------
    TypeError
        If an array is not of floats, or their dtypes differ.
    ValueError
        If ``input`` or ``target`` leaves [0, 1], their shapes differ, or ``weight`` does not fit.

    Notes
    -----
    With x for input and t for target, ``loss = -weight * (t * log(x) + (1 - t) * log(1 - x))``, no logarithm
    under -100, and ``dinput = dy * weight * (x - t) / (x * (1 - x))``, the denominator at least 1e-12. Both
    limits are PyTorch's. Where the probabilities come from a sigmoid, `binary_cross_entropy_with_logits`
    needs neither.

    References
    ----------
    Bishop (2006), Pattern recognition and machine learning, section 4.3.2, equation 4.90.

    Examples
    --------
    The price of a coin toss is log 2:

    >>> binary_cross_entropy(np.array([0.5, 1.0, 1.0]), np.array([1.0, 1.0, 0.0]), reduction="none").round(4)
    array([  0.6931,   0.    , 100.    ])
    """
    weight = _check_probabilities(input, target, weight)
    log_yes = np.maximum(np.log(input), LOWEST_LOG)
    log_no = np.maximum(np.log1p(-input), LOWEST_LOG)
    loss = weight * (-target * log_yes - (1 - target) * log_no)
    return reduce(loss, reduction, input.size)


@operation
def binary_cross_entropy_backward(dy, input, target, weight=None, reduction="mean"):
    """Gradient of `binary_cross_entropy`.

    Parameters
    ----------
    dy : number, or array (shape of input) for "none"
    input, target : array (any shape, both the same)
    weight : array (broadcasts to the shape of input), optional
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    dinput : array (shape of input)
        ``dy * weight * (x - t) / max(x * (1 - x), 1e-12)``, over the number of entries for "mean".

    Raises
    ------
    TypeError, ValueError
        As for `binary_cross_entropy`, and if ``dy`` is not what the reduction calls for.

    Examples
    --------
    >>> binary_cross_entropy_backward(1.0, np.array([0.5, 0.5]), np.array([1.0, 0.0]), reduction="sum")
    array([-2.,  2.])
    """
    weight = _check_probabilities(input, target, weight)
    slope = weight * (input - target) / np.maximum(input * (1 - input), LEAST_VARIANCE)
    return spread(dy, input, reduction, input.size) * slope


@quiet
def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    """Sigmoid and binary cross-entropy in one, which cannot overflow.

    Parameters
    ----------
    input : array (any shape)
        Scores (logits): a probability's log-odds.
    target : array (shape of input)
        1 for yes, 0 for no, or a probability between.
    weight : array (broadcasts to the shape of input), optional
        Multiplies the loss of each entry.
    reduction : {"mean", "sum", "none"}
        "mean" divides by the number of entries, weighted or not.
    pos_weight : array (broadcasts to the shape of input), optional
        Multiplies the yes part alone: over 1 it favours recall, under 1 precision.

    Returns
    -------
    loss : scalar, or array (shape of input) for "none"

    Raises
    ------
    TypeError
        If an array is not of floats, or their dtypes differ.
    ValueError
        If the shapes of ``input`` and ``target`` differ, or ``weight`` or ``pos_weight`` does not fit.

    Notes
    -----
    With x for input, t for target, p for pos_weight and s = sigmoid(x):
    ``loss = -weight * (p * t * log(s) + (1 - t) * log(1 - s))``. The logarithms are taken without s:
    ``log(s) = min(x, 0) - log(1 + exp(-abs(x)))``, and ``log(1 - s)`` is the same for -x. The gradient is
    ``dinput = dy * weight * ((p * t + 1 - t) * s - p * t)``: for p = 1 no more than s - t.

    An infinite score that is right costs 0, one that is wrong costs infinity: an answer that has no share of the
    target counts for nothing. (PyTorch gives NaN for both.)

    References
    ----------
    Bishop (2006), Pattern recognition and machine learning, section 4.3.2, equation 4.91.

    Examples
    --------
    >>> x, t = np.array([0.0, 10000.0, -10000.0]), np.array([1.0, 1.0, 1.0])
    >>> binary_cross_entropy_with_logits(x, t, reduction="none").round(4)
    array([6.931e-01, 0.000e+00, 1.000e+04])
    """
    weight, pos_weight = _check_logits(input, target, weight, pos_weight)
    rest = np.log1p(np.exp(-np.abs(input)))
    log_yes, log_no = np.minimum(input, 0) - rest, np.minimum(-input, 0) - rest
    loss = weight * (0 - _share(pos_weight * target, log_yes) - _share(1 - target, log_no))
    return reduce(loss, reduction, input.size)


@operation
def binary_cross_entropy_with_logits_backward(
    dy, input, target, weight=None, reduction="mean", pos_weight=None
):
    """Gradient of `binary_cross_entropy_with_logits`.

    Parameters
    ----------
    dy : number, or array (shape of input) for "none"
    input, target : array (any shape, both the same)
    weight, pos_weight : array (broadcasts to the shape of input), optional
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    dinput : array (shape of input)
        ``dy * weight * ((p * t + 1 - t) * s - p * t)``, over the number of entries for "mean".

    Raises
    ------
    TypeError, ValueError
        As for `binary_cross_entropy_with_logits`, and if ``dy`` is not what the reduction calls for.

    Examples
    --------
    >>> x, t = np.array([0.0, 0.0]), np.array([1.0, 0.0])
    >>> binary_cross_entropy_with_logits_backward(1.0, x, t, reduction="sum")
    array([-0.5,  0.5])
    """
    weight, pos_weight = _check_logits(input, target, weight, pos_weight)
    yes = pos_weight * target
    slope = weight * ((yes + 1 - target) * sigmoid(input) - yes)
    return spread(dy, input, reduction, input.size) * slope


def _share(share, log):
    """``share * log``, where no share of minus infinity is nothing; NaN stays NaN."""
    return np.where((share == 0) & np.isinf(log), 0, share * log)


def _check_probabilities(input, target, weight):
    """Check the arguments of `binary_cross_entropy`; return the weight, 1 where none is given."""
    _checks.like("target", target, "input", _checks.floats("input", input))
    for name, x in (("input", input), ("target", target)):
        outside = ~((x >= 0) & (x <= 1))  # written so that NaN is outside
        if outside.any():
            raise ValueError(f"{name} must hold probabilities in [0, 1], got {x[outside][0]}")
    return _factor("weight", weight, input)


def _check_logits(input, target, weight, pos_weight):
    """Check the arguments of the other; return both weights, 1 where none is given."""
    _checks.like("target", target, "input", _checks.floats("input", input))
    return _factor("weight", weight, input), _factor("pos_weight", pos_weight, input)


def _factor(name, weight, input):
    """Return ``weight`` if it broadcasts to the shape of ``input``, and 1 for None."""
    if weight is None:
        return 1
    _checks.floats(name, weight)
    _checks.same_dtype(input=input, **{name: weight})
    ours, theirs = weight.shape[::-1], input.shape[::-1]
    if len(ours) > len(theirs) or any(n not in (1, m) for n, m in zip(ours, theirs, strict=False)):
        raise ValueError(f"{name} must broadcast to the shape of input, {input.shape}, got {weight.shape}")
    return weight
