"""Draw a trial by chance: a network of a few layers, awkward sizes, and a few things done with it in any order."""

import numpy as np

from cnnlib.crosscheck import CASES
from cnnlib.crosscheck.cases import one_or_pair, pick, sizes

from .known import of_the_crosscheck, of_the_layers_tests
from .trial import Trial, build

LABELS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
ODD = ("nan", "inf", "-inf", "huge", "all -inf")
REFUSED = ("other dtype", "integers", "list", "too long", "no batch")
KNOWN = list(of_the_layers_tests())
SMOOTH = (
    ("LeakyReLU", (0.2,), {}), ("Sigmoid", (), {}), ("Tanh", (), {}), ("ELU", (1.3,), {}), ("GELU", (), {}),
    ("GELU", ("tanh",), {}), ("SiLU", (), {}), ("Softplus", (2.0,), {}), ("Identity", (), {}), ("Dropout", (0.4,), {}),
    ("Dropout", (0.0,), {}), ("Softmax", (1,), {}), ("LogSoftmax", (-1,), {}), ("PReLU", (), {}), ("ReLU6", (), {}),
    ("Hardtanh", (), {}), ("Hardtanh", (-0.4, 1.5), {}), ("LogSigmoid", (), {}), ("SELU", (), {}),
)  # fmt: skip
# Options that a person may change after the first pass: rightly, or to what the layer then refuses.
OPTIONS = {
    "Conv2d": [("padding", (1, 0)), ("padding", (0, 0)), ("padding", 1), ("padding", "same"), ("stride", (2, 1)),
               ("stride", 1), ("dilation", (1, 2)), ("padding_mode", "circular"), ("groups", 2), ("stride", 0),
               ("padding", 1.0)],
    "MaxPool2d": [("kernel_size", 3), ("stride", (1, 2)), ("padding", 1), ("dilation", 2), ("dilation", 3),
                  ("ceil_mode", True), ("kernel_size", (2, 1)), ("stride", None), ("padding", 2),
                  ("return_indices", True)],
    "AvgPool2d": [("kernel_size", 3), ("stride", 1), ("padding", 1), ("ceil_mode", True), ("divisor_override", 3),
                  ("count_include_pad", False)],
    "AdaptiveMaxPool2d": [("output_size", 2), ("return_indices", True)],
    "AdaptiveAvgPool2d": [("output_size", 1), ("output_size", (2, 1)), ("output_size", None)],
    "BatchNorm1d": [("eps", 0.5), ("momentum", 0.9), ("momentum", None), ("momentum", 2.0), ("eps", 0.0),
                    ("eps", 1e-30), ("track_running_stats", False), ("running_mean", None)],
    "Flatten": [("start_dim", 2), ("end_dim", 2), ("start_dim", 0)],
    "LeakyReLU": [("negative_slope", 0.5)],
    "Dropout": [("p", 0.0), ("p", 0.9)],
    "ELU": [("alpha", 0.2)],
    "Hardtanh": [("max_val", 0.3), ("min_val", -0.1)],
    "GroupNorm": [("num_groups", 1), ("eps", 0.2), ("num_groups", 5)],
    "Unfold": [("stride", 2), ("padding", (1, 0)), ("dilation", 2)],
    "ZeroPad2d": [("padding", (1, 0, 2, 0)), ("padding", (0, 0, -1, 0))],
    "ConstantPad2d": [("value", 2.0), ("padding", (0, 1, 0, 1))],
    "LayerNorm": [("eps", 0.3), ("normalized_shape", (1,))],
}
OPTIONS["BatchNorm2d"] = OPTIONS["BatchNorm1d"]


def draw(seed, workers=1):
    """The trial of a seed."""
    rng = np.random.default_rng([seed, 4])
    kind = rng.random()
    if kind < 0.1:
        layers, shape, n = KNOWN[seed % len(KNOWN)]
    elif kind < 0.3 and (found := of_the_crosscheck(CASES[seed % len(CASES)], rng)):
        layers, shape, n = found
    else:
        layers, shape, n = network(rng)
    dtype = pick(rng, "float64", "float64", "float32")
    actions = _actions(rng, layers, shape, n, first_is_exact=kind < 0.3 and layers[0][0] in EXACT)
    return Trial(layers, tuple(map(int, shape)), actions, dtype, seed, workers, bool(rng.random() < 0.8),
                 bool(rng.random() < 0.15))


# --- Networks

EXACT = {"MaxPool2d", "ReLU", "AdaptiveMaxPool2d", "LeakyReLU", "PReLU"}  # in which ties are ties on either side


def network(rng):
    """A few layers, each of which takes what the one before gives; now and then the last one refuses it."""
    images = rng.random() < 0.75
    shape = (pick(rng, 1, 1, 2, 3, 4), *sizes(rng, 2, 1, 9)) if images else sizes(rng, 1, 1, 7)
    if rng.random() < 0.06:
        shape = (pick(rng, 12, 13, 16), *sizes(rng, 2, 3, 9))  # enough channels for Winograd
    layers, now = [], shape
    for _ in range(int(rng.integers(1, 8))):
        spec, then = _fitting(rng, now, layers, images and not layers and rng.random() < 0.6)
        if spec is None:
            break
        layers.append(spec)
        if then is None:
            break
        now = then
    if len(layers) > 2 and rng.random() < 0.15 and not any(spec[0] == "again" for spec in layers):
        i = int(rng.integers(len(layers) - 1))
        layers[i : i + 2] = [("Sequential", tuple(layers[i : i + 2]))]
    return tuple(layers) or (("Identity", (), {}),), shape, pick(rng, 1, 2, 3, 5)


def _fitting(rng, shape, before, convolution=False):
    """A layer that accepts samples of this shape, and the shape that it gives."""
    for _ in range(10):
        spec = _convolution(rng, shape) if convolution else _layer(rng, shape, before)
        layer = before[spec[1]] if spec[0] == "again" else spec
        if layer[0] in ("again", "Sequential"):
            continue
        try:
            y = build(layer, "float64", 0).forward(np.zeros((2, *shape)))
        except (TypeError, ValueError):
            if rng.random() < 0.04:
                return spec, None
            continue
        if y.ndim > 1 and len(y) == 2 and 0 < y.size < 20000:
            return spec, y.shape[1:]
    return None, None


def _layer(rng, shape, before):
    if before and rng.random() < 0.08:
        return "again", int(rng.integers(len(before)))
    if rng.random() < 0.2:
        return pick(rng, *SMOOTH)
    if rng.random() < 0.25:
        return "ReLU", (), {}
    if before and before[-1][0] == "Conv2d" and len(shape) == 3 and rng.random() < 0.4:
        return pick(rng, ("MaxPool2d", (pick(rng, 2, 2, 3, (1, 2), (2, 1)),), {}), ("ReLU", (), {}))
    if before and len(shape) == 3 and before[-1][0] == "ReLU" and rng.random() < 0.3:
        return "MaxPool2d", (pick(rng, 2, 2, 3, (3, 2)),), {"ceil_mode": bool(rng.random() < 0.3)}
    if len(shape) == 3:
        return pick(rng, _convolution, _convolution, _convolution, _pooling, _pooling, _norm, _flat, _other)(rng, shape)
    if len(shape) == 1:
        return pick(rng, _linear, _linear, _norm, _linear, _linear, _residual)(rng, shape)
    return pick(rng, _linear, _flat, _fold)(rng, shape)


def _convolution(rng, shape):
    channels = shape[0]
    if channels >= 12 and rng.random() < 0.8:
        return "Conv2d", (channels, pick(rng, 12, 14), 3), {"padding": pick(rng, 0, 1, (1, 0), "same")}
    groups = pick(rng, *(g for g in (1, 1, 1, 2, 3, 4, channels) if channels % g == 0))
    out = groups if groups == channels and rng.random() < 0.6 else groups * pick(rng, 1, 2, 3, 8)
    kernel = sizes(rng, 2, 1, 4) if rng.random() < 0.6 else pick(rng, 1, 2, 3, (3, 1), (1, 3), (5, 1), (2, 1))
    options = {"padding": pick(rng, 0, 0, 1, (2, 1), (0, 1), "same", "valid"), "groups": groups}
    if rng.random() < 0.4 and options["padding"] != "same":
        options["stride"] = one_or_pair(rng, 1, 3)[0]
    if rng.random() < 0.25:
        options["dilation"] = one_or_pair(rng, 1, 3)[0]
    if rng.random() < 0.08:
        options["padding_mode"] = pick(rng, "reflect", "circular", "replicate")
    options["bias"] = bool(rng.random() < 0.7)
    return "Doubled" if rng.random() < 0.04 else "Conv2d", (channels, out, kernel), options


def _pooling(rng, shape):
    kernel = one_or_pair(rng, 1, 3)[0]
    stride = pick(rng, None, None, None, 1, 2, (1, 3))
    padding = pick(rng, 0, 0, 0, 1, (1, 0))
    kind = pick(rng, "MaxPool2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d")
    if kind.startswith("Adaptive"):
        return kind, (pick(rng, 1, 2, (1, 2), (None, 1), (3, 2)),), {}
    if kind == "AvgPool2d":
        return kind, (kernel,), {"stride": stride, "ceil_mode": bool(rng.random() < 0.2),
                                 "divisor_override": pick(rng, None, None, None, 3)}
    kernels = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    if min(kernels) < 2:
        padding = 0
    return kind, (kernel,), {"stride": stride, "padding": padding, "dilation": pick(rng, 1, 1, 1, 2, 3, (2, 1)),
                             "ceil_mode": bool(rng.random() < 0.25)}


def _norm(rng, shape):
    if rng.random() < 0.15:
        groups = pick(rng, *(g for g in (1, 2, 3, shape[0]) if shape[0] % g == 0))
        return "GroupNorm", (groups, shape[0]), {"affine": bool(rng.random() < 0.7), "bias": bool(rng.random() < 0.7)}
    kind = "BatchNorm2d" if len(shape) == 3 else "BatchNorm1d"
    options = {"momentum": pick(rng, 0.1, 0.5, None), "affine": bool(rng.random() < 0.7), "eps": pick(rng, 1e-5, 1e-2)}
    if rng.random() < 0.3:
        options |= {"bias": bool(rng.random() < 0.5), "track_running_stats": bool(rng.random() < 0.5)}
    return kind, (shape[0],), options


def _flat(rng, shape):
    return "Flatten", pick(rng, (), (), (), (1, -1), (2,), (1, 2), (-3,)), {}


def _other(rng, shape):
    return pick(rng, ("LayerNorm", (shape[-1],), {}), ("LayerNorm", (tuple(shape),), {}), ("PReLU", (shape[0],), {}),
                ("ConvTranspose2d", (shape[0], 2, 2), {"stride": pick(rng, 1, 2)}), _padding(rng), _padding(rng),
                ("Unfold", (sizes(rng, 2, 1, 3),), {"stride": pick(rng, 1, 2), "padding": pick(rng, 0, (1, 0))}),
                _residual(rng, shape), _residual(rng, shape))  # fmt: skip


def _padding(rng):
    kind = pick(rng, "ZeroPad2d", "ConstantPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d")
    sides = pick(rng, 1, tuple(int(n) for n in rng.integers(-1, 3, 4)))
    return kind, (sides, 0.5) if kind == "ConstantPad2d" else (sides,), {}


def _residual(rng, shape):
    """A shortcut around layers that keep the shape; now and then around one that does not."""
    body = [("Linear", (shape[0], shape[0]), {}), ("Tanh", (), {})]
    if len(shape) == 3:
        body = [("Conv2d", (shape[0], shape[0], 3), {"padding": pick(rng, 1, "same")}), ("ReLU", (), {})]
        body += [_norm(rng, shape)] if rng.random() < 0.5 else []
    if rng.random() < 0.1:
        body.append(("Flatten", (), {}))
    return "Residual", tuple(body), {}


def _fold(rng, shape):
    """The sum of patches (C, L): any kernel that divides the channels, any image that has so many places for it."""
    kernels = (1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (1, 3), (3, 3)
    high, wide = pick(rng, *(kernel for kernel in kernels if shape[0] % (kernel[0] * kernel[1]) == 0))
    rows = pick(rng, *(n for n in range(1, shape[1] + 1) if shape[1] % n == 0))
    size = rows + high - 1, shape[1] // rows + wide - 1
    return "Fold", (size, (high, wide)), {}


def _linear(rng, shape):
    return "Linear", (shape[-1], pick(rng, 1, 2, 3, 5, 17), bool(rng.random() < 0.8)), {}


# --- What is done with them


def _actions(rng, layers, shape, n, first_is_exact):
    """Four to nine actions; most forward passes are followed by a backward pass, not always at once."""
    actions = []
    if rng.random() < 0.3:
        actions.append(("mode", False))
    for _ in range(int(rng.integers(1, 4))):
        actions += _pass(rng, n, first_is_exact)
        if rng.random() < 0.35:
            actions.append(_change(rng, layers))
    return tuple(actions)


def _pass(rng, n, exact):
    n = n if rng.random() < 0.5 else pick(rng, 1, 2, 3, 4, 7, 0)
    kind = pick(rng, "ties", "normal") if exact else "normal"
    if rng.random() < 0.12:
        kind = pick(rng, *ODD)
    elif rng.random() < 0.06:
        kind = pick(rng, *REFUSED, "no batch", "no batch")
    order = pick(rng, "C", "C", "F", "reversed", "strided", "read-only")
    slot = pick(rng, 0, 0, 0, 0, 1, 2)
    if rng.random() < 0.3:
        label = "good" if rng.random() < 0.8 else pick(rng, "too large", "far too large", "negative", "short", "list")
        criterion = "plain" if rng.random() < 0.7 else pick(rng, "smooth", "ignore", "sum", "squares", "huber")
        return [("step", slot, n, kind, label, pick(rng, *LABELS), criterion)]
    dy = "normal"
    if rng.random() < 0.06:
        dy = pick(rng, *ODD)
    elif rng.random() < 0.04:
        dy = pick(rng, *REFUSED)
    found = [("forward", slot, n, kind, order)]
    if rng.random() < 0.1:
        found.append(("forward", slot, pick(rng, 1, 2, n), "normal", "C"))
    if rng.random() < 0.25:
        other = pick(rng, *({0, 1, 2} - {slot}))
        between = [("forward", other, pick(rng, 1, 2, n), "normal", "C"), ("backward", other, "normal")]
        found += between if rng.random() < 0.5 else between[:1]
    found.append(("backward", slot, dy))
    if rng.random() < 0.05:
        found.append(("backward", slot, "normal"))
    if rng.random() < 0.1:
        found.append(("zero",))
    return found


def _change(rng, layers):
    """Something that changes the model between two passes."""
    i = int(rng.integers(len(layers)))
    name = layers[i][0]
    kind = rng.random()
    if kind < 0.2:
        return "mode", bool(rng.integers(2))
    if kind < 0.25:
        return ("compile",)
    if kind < 0.35:
        return "write", 1.5
    if kind < 0.6 and name in OPTIONS:
        return "option", i, *pick(rng, *OPTIONS[name])
    if kind < 0.85 and name in ("Conv2d", "Linear", "PReLU", "BatchNorm1d", "BatchNorm2d"):
        return "parameter", i, "weight", pick(rng, "like", "like", "like", "longer", "other dtype", "inf")
    if kind < 0.93:
        return "layer", i, pick(rng, ("Identity", (), {}), ("ReLU", (), {}), ("Tanh", (), {}), _same(layers[i]))
    return "append", pick(rng, ("ReLU", (), {}), ("Sigmoid", (), {}), ("MaxPool2d", (2,), {}))


def _same(spec):
    return ("ReLU", (), {}) if spec[0] in ("again", "Sequential") else spec
