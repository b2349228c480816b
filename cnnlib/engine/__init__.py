"""A fast path for whole models: `compile` a Sequential once, then train and predict with the engine.

Read in this order: `stages` (the layout, and the simple layers), `pool`, `banded` (convolution for few
channels), `winograd` (for many), `depthwise`, `block` (all of it fused), `plan` (which layers go together),
`engine` (what you call).
"""

from cnnlib.engine.engine import Engine, compile

__all__ = ["Engine", "compile"]
