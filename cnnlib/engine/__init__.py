"""A fast path for whole models: `compile` a Sequential once, then train and predict with the engine.

Read in this order: `stages` (the layout, and the simple layers), `pool`, `banded` (convolution for few channels),
`winograd` (for many), `depthwise`, `block` (all of it fused), `through` (layers in place of a stage), `table` (what is
known of layers), `plan` (which of them go together), `parallel` (a second process), `engine` (what you call).

The layers are the meaning, the engine is the speed. Where a layer refuses, the engine lets it speak; a layer that it
does not know, or not with these options, runs through its own code; and so does a stage whose input, parameters or
upstream gradient are infinite, NaN or so large (a norm over 1e12) that the order of arithmetic would matter. Plans are
kept for a model as it is, and made anew when it has changed. ``python -m tests.differential`` compares the two.
"""

from cnnlib.engine.engine import Engine, compile

__all__ = ["Engine", "compile"]
