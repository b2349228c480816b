"""Bad calls: each is refused by cnnlib itself, with an error that names the argument.

The calls stand in ``bad_calls.txt``; what no operation takes for an array, at the end of this file.
"""

import pathlib
import re
import traceback

import numpy as np
import pytest

import cnnlib
from cnnlib import (
    activations,
    augment,
    checkpoint,
    conv,
    data,
    dropout,
    gradcheck,
    init,
    layers,
    linear,
    losses,
    metrics,
    models,
    normalization,
    optim,
    padding,
    pooling,
    schedules,
    training,
)

TABLE = pathlib.Path(__file__).with_name("bad_calls.txt").read_text(encoding="utf-8")
LINES = [line.split(maxsplit=2) for line in TABLE.splitlines() if line and not line.startswith("#")]
ERRORS = {"ValueError": ValueError, "TypeError": TypeError}
MODULES = (activations, augment, checkpoint, conv, data, dropout, gradcheck, init, layers, linear, losses, metrics,
           models, normalization, optim, padding, pooling, schedules, training)
PACKAGE = pathlib.Path(cnnlib.__file__).parent


def a(*shape):
    return np.zeros(shape)


def f(*shape):
    return np.zeros(shape, np.float32)


def i(*shape):
    return np.zeros(shape, np.int64)


def names(tmp):
    """What the calls of the table may use."""
    def fitting(optimizer="default", train=None):
        model = layers.Linear(4, 3, rng=np.random.default_rng(0))
        optimizer = optim.SGD(model.parameters()) if optimizer == "default" else optimizer
        return model, layers.CrossEntropyLoss(), optimizer, (f(6, 4), i(6)) if train is None else train

    def call_back(layer, x, dy):
        layer(x)
        return layer.backward(dy)

    damaged = tmp / "damaged.safetensors"
    damaged.write_bytes(b"not a checkpoint")
    everything = {name: value for module in MODULES for name, value in vars(module).items() if name[0] != "_"}
    return everything | {
        "np": np, "rng": np.random.default_rng(0), "tmp": tmp, "damaged": damaged, "fitting": fitting,
        "call_back": call_back,
        "a": a, "f": f, "i": i, "parameter": layers.Parameter(f(3)),
        "dataset": data.Dataset(f(6, 1, 8, 8), i(6)),
    }


def assert_refused(call, error, word):
    """``call`` raises ``error`` in cnnlib's own code, and the message holds ``word``."""
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    where = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert PACKAGE in pathlib.Path(where.filename).parents, f"raised in {where.filename}: {caught.value!r}"
    assert type(caught.value) is error, repr(caught.value)
    assert re.search(rf"\b{re.escape(word)}\b", str(caught.value)), f"does not name {word}: {caught.value}"


@pytest.mark.parametrize("error, word, call", LINES, ids=[call for _, _, call in LINES])
def test_refused(error, word, call, tmp_path):
    scope = names(tmp_path)
    assert_refused(lambda: eval(call, scope), ERRORS[error], word)


def test_the_table_is_long_and_has_no_line_twice():
    assert len({call for _, _, call in LINES}) == len(LINES) >= 220


# Every operation refuses what is no float array, forward and backward

GOOD = {  # for each operation, arguments that it takes
    "pad": "(x, (1, 1))", "conv2d": "(x, w)", "conv_transpose2d": "(x, w)", "unfold": "(x, 2)",
    "max_pool2d": "(x, 2)", "avg_pool2d": "(x, 2)", "adaptive_avg_pool2d": "(x, 2)", "adaptive_max_pool2d": "(x, 2)",
    "linear": "(x, m)", "flatten": "(x)", "relu": "(x)", "leaky_relu": "(x)", "prelu": "(x, s)", "sigmoid": "(x)",
    "tanh": "(x)", "elu": "(x)", "gelu": "(x)", "silu": "(x)", "softplus": "(x)", "softmax": "(x, 1)",
    "log_softmax": "(x, 1)", "mse_loss": "(x, t)", "l1_loss": "(x, t)", "smooth_l1_loss": "(x, t)",
    "binary_cross_entropy": "(x, t)", "binary_cross_entropy_with_logits": "(x, t)", "nll_loss": "(x, labels)",
    "cross_entropy": "(x, labels)", "batch_norm": "(x, s, s)", "layer_norm": "(x, 4)", "dropout": "(x, rng=rng)",
    "hardtanh": "(x)", "relu6": "(x)", "selu": "(x)", "logsigmoid": "(x)", "huber_loss": "(x, t)",
    "group_norm": "(x, 2)", "fold": "(x, 4, 2)", "max_unpool2d": "(x, places, 2)",
}  # fmt: skip
NO_FLOATS = {
    "a list": lambda x: x.tolist(),
    "a number": lambda x: 1.0,
    "None": lambda x: None,
    "integers": lambda x: x.astype(np.int64),
    "booleans": lambda x: x.astype(bool),
    "complex numbers": lambda x: x.astype(np.complex128),
    "objects": lambda x: x.astype(object),
    "float16": lambda x: x.astype(np.float16),
    "strings": lambda x: x.astype(str),
    "a masked array": np.ma.array,
    "another class": lambda x: x.view(Strange),
    "a matrix": lambda x: x.reshape(len(x), -1).view(np.matrix),
}


class Strange(np.ndarray):
    """An array of a class of its own."""


def arguments(op):
    x = np.zeros((2, 16, 9) if op == "fold" else (2, 4, 4, 4))
    return {"x": x, "w": np.zeros((4, 4, 3, 3)), "m": np.zeros((3, 4)), "s": np.full(4, 0.5), "t": x.copy(),
            "labels": np.zeros((2, 4, 4), np.int64), "places": np.zeros((2, 4, 4, 4), int),
            "rng": np.random.default_rng(0)}


@pytest.mark.parametrize("kind", NO_FLOATS)
@pytest.mark.parametrize("op", GOOD)
def test_operations_take_float_arrays_alone(op, kind, tmp_path):
    scope = names(tmp_path) | arguments(op)
    y = eval(f"{op}{GOOD[op]}", scope)  # the call is good,
    scope["x"] = NO_FLOATS[kind](scope["x"])  # and now it is not
    first = "input" if "loss" in op or "entropy" in op else "x"
    assert_refused(lambda: eval(f"{op}{GOOD[op]}", scope), TypeError, first)
    if op != "dropout":
        scope["dy"] = np.asarray(y[0] if isinstance(y, tuple) else y)
        assert_refused(lambda: eval(f"{op}_backward(dy, {GOOD[op][1:]}", scope), TypeError, first)


@pytest.mark.parametrize("kind", [kind for kind in NO_FLOATS if kind not in ("a number", "integers")])
@pytest.mark.parametrize("op", GOOD)
def test_upstream_gradients_are_float_arrays(op, kind, tmp_path):
    scope = names(tmp_path) | arguments(op)
    y = eval(f"{op}{GOOD[op]}", scope)
    y = np.asarray(y[0] if isinstance(y, tuple) else y)
    scope["dy"] = NO_FLOATS[kind](np.zeros(1) if y.ndim == 0 else y)
    rest = "None)" if op == "dropout" else GOOD[op][1:]
    error = TypeError
    if y.ndim == 0:  # the gradient of a loss is a number
        scope["dy"] = {"None": None, "a list": [1.0]}.get(kind, "1")
        error = ValueError if kind == "a list" else TypeError
    assert_refused(lambda: eval(f"{op}_backward(dy, {rest}", scope), error, "dy")


def test_every_operation_is_here():
    public = {(m, name) for m in MODULES for name in vars(m) if name[0] != "_"}
    pairs = {name for module, name in public if hasattr(module, f"{name}_backward")}
    assert pairs == set(GOOD)


@pytest.mark.parametrize("cls", [np.matrix, np.ma.MaskedArray, np.recarray])
def test_arrays_with_an_arithmetic_of_their_own_are_refused(cls, tmp_path):
    def kind(x):
        return x.view(cls)

    x, labels = np.eye(3), np.eye(3, dtype=int)
    parameter = layers.Parameter(x)
    parameter.grad = kind(x)
    state = {"weight": kind(x), "bias": np.zeros(3)}
    optimizer = optim.SGD([parameter], momentum=0.9)
    for call, word in [
        (lambda: activations.sigmoid_backward(kind(x), x), "dy"),
        (lambda: linear.linear(x, kind(x)), "w"),
        (lambda: losses.nll_loss(np.ones((3, 2, 3)), kind(labels)), "target"),
        (lambda: layers.Parameter(kind(x)), "data"),
        (lambda: data.Dataset(kind(x), labels), "images"),
        (lambda: checkpoint.save(tmp_path / "a", {"b": kind(x)}), "b in arrays"),
        (lambda: layers.Linear(3, 3).load_state_dict(state), "weight"),
        (lambda: optim.clip_grad_norm([parameter], 1.0), "gradients"),
        (lambda: optimizer.load_state_dict(optimizer.state_dict() | {"0.momentum_buffer": kind(x)}), "0.momentum"),
        (optimizer.step, "gradient of parameter 0"),
    ]:
        with pytest.raises(TypeError, match=f"{word}.* must be a plain NumPy array, got .*use np.asarray"):
            call()


def test_an_array_in_a_file_computes_as_any_other(tmp_path):
    x = np.memmap(tmp_path / "x", np.float64, "w+", shape=(2, 3))
    x[...] = [[1, -2, 3], [-4, 5, -6]]
    y = activations.relu(x)
    np.testing.assert_array_equal(y, np.maximum(np.array(x), 0))
    np.testing.assert_array_equal(linear.linear(x, x), np.array(x) @ np.array(x).T)
    assert len(data.Dataset(x, np.arange(2))) == 2
