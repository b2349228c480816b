"""Losses: one number that says how wrong the network is, and which way is better.

Each comes as a pair. ``loss = f(input, target, ...)`` and ``dinput = f_backward(dy, input, target, ...)``,
where ``dy`` is the gradient of whatever is finally minimised with respect to the loss: 1.0 where that is the
loss itself.

``reduction`` says what becomes of the losses of the single entries: "mean" (the default), "sum", or "none",
which keeps them. The mean of nothing is NaN.

``regression.py`` holds `mse_loss`, `l1_loss`, `smooth_l1_loss`, `huber_loss`; ``binary.py`` yes-or-no
questions, `binary_cross_entropy` and `binary_cross_entropy_with_logits`; ``classification.py`` the choice between
classes, `nll_loss` and `cross_entropy`. All are offered here.
"""

from cnnlib.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_backward,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
)
from cnnlib.losses.classification import cross_entropy, cross_entropy_backward, nll_loss, nll_loss_backward
from cnnlib.losses.regression import (
    huber_loss,
    huber_loss_backward,
    l1_loss,
    l1_loss_backward,
    mse_loss,
    mse_loss_backward,
    smooth_l1_loss,
    smooth_l1_loss_backward,
)

__all__ = [
    "mse_loss", "mse_loss_backward", "l1_loss", "l1_loss_backward",
    "smooth_l1_loss", "smooth_l1_loss_backward", "huber_loss", "huber_loss_backward",
    "binary_cross_entropy", "binary_cross_entropy_backward",
    "binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits_backward",
    "nll_loss", "nll_loss_backward", "cross_entropy", "cross_entropy_backward",
]  # fmt: skip
