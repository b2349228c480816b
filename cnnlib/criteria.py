"""Losses as objects: ``loss = criterion(output, target)``, then ``dy = criterion.backward()``.

``backward`` gives the gradient of the loss with respect to the output of the network, which is what
``model.backward`` wants. The mathematics is in `cnnlib.losses`; names, defaults and meaning are those of
``torch.nn``.
"""

import numpy as np

from cnnlib import _checks as checks
from cnnlib import losses


class Criterion:
    """A loss with its options, that remembers what ``backward`` needs.

    Attributes
    ----------
    pair : tuple of two functions
        The loss and its backward.
    options : tuple of str
        The attributes that are handed to both as keywords.
    """

    pair = (None, None)
    options = ("reduction",)

    def __init__(self, *, reduction: str = "mean"):
        self.reduction = checks.one_of("reduction", reduction, ("none", "mean", "sum"))
        self._saved = None

    def __call__(self, input, target):
        """Return the loss of ``input``, what the network says, against ``target``, what is right."""
        self._saved = None
        loss = self.pair[0](input, target, **self._keywords())
        self._saved = input, target
        return loss

    def backward(self, dy=1.0):
        """Return the gradient of the loss with respect to ``input``.

        Parameters
        ----------
        dy : number, or with reduction "none" an array like the loss
            The gradient of what is minimised with respect to this loss: 1 if it is this loss.

        Raises
        ------
        RuntimeError
            Before the loss has been computed, or twice for one loss.
        """
        if self._saved is None:
            raise RuntimeError(
                f"{type(self).__name__}.backward needs a loss: call criterion(input, target) first, "
                "and backward once for each call"
            )
        dinput = self.pair[1](dy, *self._saved, **self._keywords())
        self._saved = None
        return dinput

    def _keywords(self):
        return {name: getattr(self, name) for name in self.options}

    def __repr__(self):
        options = (f"{k}={v.tolist() if isinstance(v, np.ndarray) else v!r}" for k, v in self._keywords().items())
        return f"{type(self).__name__}({', '.join(options)})"


class MSELoss(Criterion):
    """Squared error, see `cnnlib.losses.mse_loss`.

    Examples
    --------
    >>> criterion = MSELoss()
    >>> print(criterion(np.array([1.0, 5.0]), np.array([1.0, 3.0])))  # (0 + 4) / 2
    2.0
    >>> criterion.backward()
    array([0., 2.])
    """

    pair = losses.mse_loss, losses.mse_loss_backward


class L1Loss(Criterion):
    """Absolute error, see `cnnlib.losses.l1_loss`."""

    pair = losses.l1_loss, losses.l1_loss_backward


class SmoothL1Loss(Criterion):
    """Squared where the error is below ``beta``, absolute above, see `cnnlib.losses.smooth_l1_loss`."""

    pair = losses.smooth_l1_loss, losses.smooth_l1_loss_backward
    options = ("reduction", "beta")

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0):
        super().__init__(reduction=reduction)
        self.beta = checks.number("beta", beta, 0)


class HuberLoss(Criterion):
    """Half the square where the error is up to ``delta``, straight above, see `cnnlib.losses.huber_loss`."""

    pair = losses.huber_loss, losses.huber_loss_backward
    options = ("reduction", "delta")

    def __init__(self, *, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction=reduction)
        self.delta = checks.number("delta", delta, above=0)


class BCELoss(Criterion):
    """Yes-or-no questions answered with probabilities, see `cnnlib.losses.binary_cross_entropy`."""

    pair = losses.binary_cross_entropy, losses.binary_cross_entropy_backward
    options = ("weight", "reduction")

    def __init__(self, weight=None, *, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.weight = _weights("weight", weight)


class BCEWithLogitsLoss(Criterion):
    """Yes-or-no questions answered with scores, see `cnnlib.losses.binary_cross_entropy_with_logits`.

    Parameters
    ----------
    weight : array, optional
        What each entry counts; its shape broadcasts to the input's.
    reduction : str
        "mean", "sum" or "none".
    pos_weight : array, optional
        What a yes counts against a no.
    """

    pair = losses.binary_cross_entropy_with_logits, losses.binary_cross_entropy_with_logits_backward
    options = ("weight", "reduction", "pos_weight")

    def __init__(self, weight=None, *, reduction: str = "mean", pos_weight=None):
        super().__init__(reduction=reduction)
        self.weight = _weights("weight", weight)
        self.pos_weight = _weights("pos_weight", pos_weight)


class NLLLoss(Criterion):
    """One class of several, from logarithms of probabilities, see `cnnlib.losses.nll_loss`."""

    pair = losses.nll_loss, losses.nll_loss_backward
    options = ("weight", "ignore_index", "reduction")

    def __init__(self, weight=None, *, ignore_index: int = -100, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.weight = _weights("weight", weight)
        self.ignore_index = checks.integer("ignore_index", ignore_index)


class CrossEntropyLoss(Criterion):
    """One class of several, from scores (logits), see `cnnlib.losses.cross_entropy`.

    Parameters
    ----------
    weight : array (C,), optional
        What each class counts.
    ignore_index : int
        Targets with this label count nothing.
    reduction : str
        "mean", "sum" or "none".
    label_smoothing : float
        How much of each target, from 0 to 1, is spread evenly over all classes.

    Examples
    --------
    >>> criterion = CrossEntropyLoss()
    >>> print(criterion(np.zeros((1, 2)), np.array([1])).round(4))  # log 2
    0.6931
    >>> criterion.backward()  # probability minus target
    array([[ 0.5, -0.5]])
    """

    pair = losses.cross_entropy, losses.cross_entropy_backward
    options = ("weight", "ignore_index", "reduction", "label_smoothing")

    def __init__(self, weight=None, *, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0):
        super().__init__(reduction=reduction)
        self.weight = _weights("weight", weight)
        self.ignore_index = checks.integer("ignore_index", ignore_index)
        self.label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)


def _weights(name, value):
    return None if value is None else checks.floats(name, value)
