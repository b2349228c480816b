"""Pooling: sum up each window of an image in one number, its maximum or its mean.

Read ``maximum.py`` first (`max_pool2d`), then ``average.py`` (`avg_pool2d`), then ``adaptive.py``, where the
output's size is given and the windows follow from it (`adaptive_avg_pool2d`, `adaptive_max_pool2d`).
``unpooling.py`` puts maxima back (`max_unpool2d`). All are offered here.
"""

from cnnlib.pooling.adaptive import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_backward,
    adaptive_max_pool2d,
    adaptive_max_pool2d_backward,
)
from cnnlib.pooling.average import avg_pool2d, avg_pool2d_backward
from cnnlib.pooling.maximum import max_pool2d, max_pool2d_backward
from cnnlib.pooling.unpooling import max_unpool2d, max_unpool2d_backward

__all__ = [
    "max_pool2d", "max_pool2d_backward", "avg_pool2d", "avg_pool2d_backward",
    "adaptive_avg_pool2d", "adaptive_avg_pool2d_backward", "adaptive_max_pool2d", "adaptive_max_pool2d_backward",
    "max_unpool2d", "max_unpool2d_backward",
]  # fmt: skip
