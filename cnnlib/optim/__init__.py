"""Optimisers: how far and where to move each parameter, given its gradient.

All follow PyTorch's step for step, including the details on which texts differ. An optimiser is handed a
list of parameters (``model.parameters()``) and changes them in place. A training step is::

    optimizer.zero_grad()
    loss = criterion(model(x), y)
    model.backward(criterion.backward())
    optimizer.step()

What an optimiser does to one parameter is its ``_update``: about ten lines, meant to be read. What all share, the
place of weight decay among it, is in ``optimizer.py``.

``sgd.py`` holds `SGD`; ``adam.py`` `Adam`, `AdamW`, `NAdam` and `Adamax`, which divide a running mean of the gradient
by its running size; ``rmsprop.py`` `RMSprop`, `Adagrad` and `Adadelta`, which divide the gradient itself;
``clipping.py`` `clip_grad_norm`. All are offered here.
"""

from cnnlib.optim.adam import Adam, Adamax, AdamW, NAdam
from cnnlib.optim.clipping import clip_grad_norm
from cnnlib.optim.optimizer import Optimizer
from cnnlib.optim.rmsprop import Adadelta, Adagrad, RMSprop
from cnnlib.optim.sgd import SGD

__all__ = [
    "Optimizer", "SGD", "Adam", "AdamW", "NAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta", "clip_grad_norm",
]  # fmt: skip
