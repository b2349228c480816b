"""Networks of one layer: every case of the layers' tests, every draw of the cross-check for which there is a layer."""

import numpy as np
from test_layers import CASES as LAYERS

from cnnlib import conv, layers, linear, normalization
from cnnlib import dropout as dropout_module
from cnnlib.crosscheck import CASES
from cnnlib.layers import PairLayer

PAIRS = {
    kind.pair[0].__name__: kind for kind in vars(layers).values()
    if isinstance(kind, type) and issubclass(kind, PairLayer) and kind is not PairLayer
}  # fmt: skip


def of_the_layers_tests():
    """``(layers, shape of a sample, samples)`` for every case."""
    for name, args, options, shape in LAYERS:
        yield ((name, args, options),), shape[1:], shape[0]


def of_the_crosscheck(case, rng):
    """``(layers, shape of a sample, samples)`` for a draw of ``case``, or None where there is no layer for it."""
    arrays, options = case.draw(rng)
    x, op = arrays.get("x"), case.op
    if x is None or x.ndim < 2:
        return None
    spec = _spec(op, arrays, options, x)
    return spec and ((spec,), x.shape[1:], len(x))


def _spec(op, arrays, options, x):
    w, bias = arrays.get("w"), arrays.get("b") is not None
    if op == conv.conv2d.__name__:
        return "Conv2d", (w.shape[1] * options["groups"], len(w), w.shape[2:]), {**options, "bias": bias}
    if op == conv.conv_transpose2d.__name__:
        out = w.shape[1] * options["groups"]
        return "ConvTranspose2d", (len(w), out, w.shape[2:]), {**options, "bias": bias}
    if op == linear.linear.__name__:
        return "Linear", (x.shape[-1], len(w), bias), {}
    if op == "prelu":
        return "PReLU", (w.size,), {}
    if op == normalization.batch_norm.__name__:
        if options.get("training") is None or x.ndim not in (2, 3, 4):
            return None
        kind = "BatchNorm2d" if x.ndim == 4 else "BatchNorm1d"
        affine = arrays["weight"] is not None
        return kind, (x.shape[1],), {"eps": options["eps"], "momentum": options["momentum"], "affine": affine}
    if op == normalization.layer_norm.__name__:
        shape = options["normalized_shape"]
        return "LayerNorm", (shape, options["eps"], arrays["weight"] is not None), {}
    if op == dropout_module.dropout.__name__:
        return "Dropout", (options["p"],), {}
    if op in PAIRS:
        kind = PAIRS[op]
        return kind.__name__, (), {name: options[name] for name in kind.options if name in options}
    return None


def mapped():
    """The operations of the cross-check of which a layer was drawn."""
    found = set()
    for case in CASES:
        if any(of_the_crosscheck(case, np.random.default_rng(seed)) for seed in range(10)):
            found.add(case.op)
    return found
