"""Normalization: subtract the mean, divide by the standard deviation, then let the network rescale.

`batch_norm` takes the statistics of each channel over the batch, `layer_norm` those of each item over its
own features, `group_norm` those of a group of channels in each item. From there on they are the same formula,
forward and backward.

Read ``batch.py`` first, then ``_formula.py``, which it shares with ``layer.py`` and ``group.py``. All are offered here.
"""

from cnnlib.normalization.batch import batch_norm, batch_norm_backward
from cnnlib.normalization.group import group_norm, group_norm_backward
from cnnlib.normalization.layer import layer_norm, layer_norm_backward

__all__ = [
    "batch_norm", "batch_norm_backward", "layer_norm", "layer_norm_backward", "group_norm", "group_norm_backward",
]  # fmt: skip
