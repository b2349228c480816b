"""Engine and layers by construction: all that the layers' tests and the cross-check draw, and a thousand networks."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from differential import draw as drawing
from differential.__main__ import TWO, main
from differential.judge import FURTHER, difference, rounding
from differential.known import mapped, of_the_crosscheck, of_the_layers_tests
from differential.run import Disagreement, run
from differential.shrink import failure, shrink
from differential.trial import Trial

from cnnlib import layers as L
from cnnlib.crosscheck import CASES
from cnnlib.engine import block, compile, stages
from cnnlib.engine.stages import Relu
from cnnlib.engine.table import EXPECTED, TABLE, known


def forward(n, slot=0, kind="normal", order="C"):
    return "forward", slot, n, kind, order


def back(slot=0, kind="normal"):
    return "backward", slot, kind


def conv(*arguments, **options):
    return "Conv2d", arguments, options


def option(i, name, value):
    return "option", i, name, value


# Forward and backward twice, a partial batch in between, evaluation, and training again.
ROUND = (
    forward(5), back(), forward(3, order="F"), back(),
    back(), ("mode", False), forward(5, order="read-only"), back(),
    ("mode", True), forward(5), forward(5, 1), forward(5, 2),
    back(), back(2), back(1), forward(0),
    ("step", 0, 5, "normal", "good", "uint8", "plain"), forward(4), back(kind="too long"),
)  # fmt: skip
NETWORKS = 1000


# --- What was found once, and what nobody should have to find


PASS = (forward(4), back())
REFUSES = ("MaxPool2d", (2,), {"padding": 1, "dilation": 3})
FOUND = {
    "a tall kernel": ((conv(1, 8, (3, 1)),), (1, 5, 4), PASS),
    "a tall kernel, groups": ((conv(4, 2, (3, 1), groups=2),), (4, 5, 4), PASS),
    "a tall kernel, dilated": ((conv(1, 7, (2, 1), dilation=(2, 1)),), (1, 6, 5), PASS),
    "a pooling that sees padding alone": ((REFUSES,), (1, 2, 2), PASS),
    "the same behind a convolution": ((conv(1, 1, 1), REFUSES), (1, 2, 2), PASS),
    "one value a channel": ((conv(1, 2, 3), ("BatchNorm2d", (2,), {})), (1, 3, 3), (forward(1),)),
    "one value a channel, after evaluation": (
        (("BatchNorm1d", (2,), {}),), (2,), (("mode", False), forward(1), ("mode", True), forward(1))),
    "a parameter replaced": ((conv(1, 2, 1),), (1, 3, 3), (*PASS, ("parameter", 0, "weight", "like"), *PASS)),
    "a parameter of another dtype": (
        (conv(1, 2, 1),), (1, 3, 3), (*PASS, ("parameter", 0, "weight", "other dtype"), *PASS)),
    "another padding": ((conv(1, 2, 3), ("ReLU", (), {})), (1, 5, 5), (*PASS, option(0, "padding", (1, 1)), *PASS)),
    "a padding that is refused": ((conv(1, 2, 3),), (1, 5, 5), (*PASS, option(0, "padding", 1.0), *PASS)),
    "equal, but no integer": ((conv(1, 2, 3, padding=1),), (1, 5, 5), (*PASS, option(0, "padding", (1.0, 1)), *PASS)),
    "another eps": ((("BatchNorm1d", (3,), {}),), (3,), (*PASS, option(0, "eps", 0.5), *PASS)),
    "another kernel": ((("MaxPool2d", (2,), {}),), (1, 6, 6), (*PASS, option(0, "kernel_size", 3), *PASS)),
    "another layer": ((("ReLU", (), {}), ("ReLU", (), {})), (4,), (*PASS, ("layer", 0, ("Tanh", (), {})), *PASS)),
    "one layer more": ((("ReLU", (), {}),), (4,), (*PASS, ("append", ("Tanh", (), {})), *PASS)),
    "two engines": ((("Tanh", (), {}), ("Linear", (3, 2), {})), (3,), (
        forward(4), forward(4, 1), back(), back(1))),
    "the model in between": ((("Tanh", (), {}), ("Linear", (3, 2), {})), (3,), (
        forward(4), forward(4, 2), back(2), back())),
    "a layer used twice": ((("Tanh", (), {}), ("again", 0), ("Linear", (3, 3), {}), ("again", 2)), (3,), PASS),
    "three dimensions": ((("Flatten", (2,), {}), ("Linear", (4, 2), {}), ("ReLU", (), {})), (3, 2, 2), PASS),
    "pooling windows higher than what is added at a time": (
        (conv(3, 1, 3, padding=(0, 1)), ("MaxPool2d", (2,), {})), (3, 4, 2), PASS),
    "gradients close to overflow, added in two processes": (
        (conv(12, 12, 3, padding=1),), (12, 2, 7), (forward(5, kind="huge"), back(), forward(5), back(kind="huge"))),
    "layer norm over half a batch": ((("LayerNorm", ((2, 3),), {}),), (3,), PASS),
}  # fmt: skip


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", FOUND)
def test_found(name, workers):
    layers, shape, actions = FOUND[name]
    for dtype in ("float64", "float32"):
        run(Trial(layers, shape, actions, dtype, workers=workers, small=workers == 1))
        run(Trial(layers, shape, actions, dtype, workers=workers, input_gradient=False, small=workers == 1))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("dtype", [*drawing.LABELS, "bool", "float64", "complex128", "object"])
def test_labels_of_any_dtype(dtype, workers):
    for n in (4, 300):  # more than a byte can number
        for label in ("good", "too large", "far too large", "negative", "short", "list"):
            step = "step", 0, n, "normal", label, dtype, "plain"
            run(Trial((("Linear", (3, 5), {}),), (3,), (step,), workers=workers))


RELU = ("ReLU", (), {})
STACKS = {
    "winograd": (conv(12, 12, 3, padding=1), RELU, ("MaxPool2d", (2,), {})), "band": (conv(12, 8, 3), RELU),
    "depthwise": (conv(12, 12, 3, groups=12), ("MaxPool2d", (2,), {})), "groups": (conv(12, 12, 3, groups=3),),
    "pooling": (("MaxPool2d", (3, 2, 1), {}),), "overlap": (("MaxPool2d", (3, 1), {}),),
    "average": (("AvgPool2d", (2,), {}),), "norm": (("BatchNorm2d", (12,), {}), RELU), "relu": (RELU,),
    "dense": (("Flatten", (), {}), ("Linear", (432, 3), {}), RELU),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", STACKS)
def test_what_is_not_finite(name, dtype):
    for seed, odd in enumerate(drawing.ODD):
        actions = (forward(3, kind=odd), back(), forward(3), back(kind=odd),
                   ("step", 0, 3, odd, "good", "int64", "plain"), ("mode", False), forward(3, kind=odd),
                   back(kind=odd), *PASS)  # fmt: skip
        run(Trial(STACKS[name], (12, 6, 6), actions, dtype, seed))
        if name in ("winograd", "band", "depthwise", "groups"):
            run(Trial(STACKS[name], (12, 6, 6), (*PASS, ("parameter", 0, "weight", "inf"), *PASS), dtype, seed))


def test_a_running_variance_far_below_the_one_that_it_starts_from():
    layers = ("Linear", (6, 5, True), {}), ("SiLU", (), {}), ("BatchNorm1d", (5,), {"momentum": None})
    actions = (forward(2), ("mode", False), forward(1))
    run(Trial(layers, (6,), actions, "float32", 108654))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numbers_so_large_that_the_engine_alone_would_overflow(dtype):
    top = np.finfo(dtype).max
    for huge in (top / 1e9, top / 1e3, top / 50):  # within the dtype, also as sums; Winograd's transforms are not
        run(Trial(STACKS["winograd"], (12, 6, 6), (("write", float(huge)), *PASS), dtype))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_squares_that_are_finite_and_yet_overflow_between_winograds_transforms(dtype):
    model = L.Sequential(L.Conv2d(12, 12, 3, padding=1, dtype=dtype))
    engine = compile(model, input_gradient=True)
    weight, root = model[0].weight.data, np.sqrt(np.finfo(dtype).max)
    x, weight[...] = np.zeros((1, 12, 6, 6), dtype), 0
    x[0, 0, 2, 2], weight[0, 0] = root / 1.5, root / 4  # their product: a sixth of what there is, and 25 times that
    assert max(np.vdot(x, x), np.vdot(weight, weight)) < np.inf
    assert np.isfinite(model(x)).all()
    assert np.array_equal(engine(x), model(x))
    assert np.array_equal(engine.backward(x), model.backward(x))
    ordinary = np.random.default_rng(0).standard_normal(x.shape).astype(dtype)
    weight[...] = np.random.default_rng(1).standard_normal(weight.shape)
    assert difference(engine(ordinary), model(ordinary)) is None
    assert np.array_equal(engine.backward(x), model.backward(x))  # nothing is large but the gradient


# --- The engine knows the layers


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
def test_a_layer_of_the_table_is_known_as_it_is_made_and_not_with_an_attribute_that_came_later(kind):
    two = dict.fromkeys(("Linear", "GroupNorm", "ConstantPad2d"), (2, 2))
    conv = dict.fromkeys(("Conv2d", "ConvTranspose2d"), (2, 3, 1))
    none = {k.__name__: () for k in TABLE if k.__module__.endswith("activations") or k in (L.Flatten, L.Identity)}
    layer = kind(*(two | conv | none).get(kind.__name__, (2,)))
    assert known(layer) is TABLE[kind], vars(layer).keys() - EXPECTED[kind]
    layer.something_new = 1
    assert known(layer) is None
    del layer.something_new
    layer.forward = layer.forward
    assert known(layer) is None


def test_every_layer_that_treats_numbers_alike_is_known_to_do_so():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    for name in L.__all__:
        kind = getattr(L, name)
        if not (isinstance(kind, type) and issubclass(kind, L.PairLayer) and kind.__module__.endswith("activations")):
            continue
        try:
            layer = kind()
        except TypeError:
            continue  # softmax wants a dimension: not alike
        assert np.array_equal(layer(x.T).T, layer(x)), name
        assert kind in TABLE and (TABLE[kind].alike or kind is L.ReLU), f"add {name} to cnnlib/engine/table.py"


# --- All that can be drawn


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_case_of_the_layers_tests(dtype, workers):
    for layers, shape, _ in of_the_layers_tests():
        run(Trial(layers, shape, ROUND, dtype, workers=workers))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_draw_of_the_crosscheck_that_is_a_layers(case):
    for seed in range(8):
        found = of_the_crosscheck(case, np.random.default_rng(seed))
        if found:
            run(Trial(found[0], found[1], ROUND, ("float64", "float32")[seed % 2], seed))


def test_the_crosscheck_draws_every_layer_with_a_pair_of_functions():
    assert {"conv2d", "max_pool2d", "linear", "batch_norm", "layer_norm", "relu", "dropout", "flatten"} <= mapped()


@pytest.mark.parametrize("part", range(10))
def test_a_thousand_networks(part):
    for seed in range(part * NETWORKS // 10, (part + 1) * NETWORKS // 10):
        trial = drawing.draw(seed, 2 if seed % TWO == 0 else 1)
        if failure(trial):
            smallest, problem = shrink(trial)
            pytest.fail(f"{problem}\n\n{smallest.code()}")


# --- The judge


ILL_CONDITIONED = Trial(
    layers=(("AdaptiveMaxPool2d", (1,), {}), conv(2, 8, (2, 1), padding=1, stride=(2, 3)),
            conv(8, 8, 3, padding="same"), ("BatchNorm2d", (8,), {}), ("BatchNorm2d", (8,), {"affine": False}),
            ("LayerNorm", ((8, 1, 1),), {})),
    shape=(2, 4, 4), actions=(("step", 0, 2, "normal", "good", "uint16", "plain"),), seed=315578,
)  # fmt: skip


def test_rounding_that_grows_ten_million_times_is_no_disagreement():
    """A batch without variance through three norms with eps = 1e-5: two gradients of 1e7 cancel, in float64 by chance
    to nothing. In 80 bits the engine's answer is as far from the truth as one last bit of 1e7."""
    for seed in (0, 1, 315578):
        run(replace(ILL_CONDITIONED, seed=seed))


PLANTED = {
    "dense": ((("Linear", (6, 5), {}), RELU, ("Linear", (5, 3), {})), (6,)),
    "norm": ((conv(2, 3, 3, padding=1), ("BatchNorm2d", (3,), {}), RELU, conv(3, 2, 3)), (2, 6, 6)),
    "winograd": ((conv(12, 12, 3, padding=1), RELU, ("MaxPool2d", (2,), {})), (12, 6, 6)),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", PLANTED)
def test_a_gradient_that_is_off_by_a_ten_thousandth_is_found(name, dtype, monkeypatch):
    trial = Trial(*PLANTED[name], PASS, dtype, seed=3)
    run(trial)
    plain = stages.collect
    for module in (stages, block):
        monkeypatch.setattr(module, "collect", lambda p, grad: plain(p, grad * grad.dtype.type(1 + 1e-4)))
    with pytest.raises(Disagreement, match="gradient of"):
        run(trial)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["norm", "winograd"])
def test_a_border_row_that_is_missing_is_found(name, dtype, monkeypatch):
    plain = block.Block.forward

    def forward(self, x, keep=True):
        plain(self, x, keep)[-1] = 0
        return self.z

    monkeypatch.setattr(block.Block, "forward", forward)
    with pytest.raises(Disagreement, match="output"):
        run(Trial(*PLANTED[name], PASS, dtype, seed=3))


def test_small_numbers_in_float32_are_compared_too():
    b = np.full(3, 1e-3, np.float32)
    assert difference(b + np.float32(2e-6), b) == "2e-06 of 0.1"
    assert difference(b, b) is None


def test_rounding_is_measured_by_what_the_layers_answers_do():
    b = np.ones(4)
    shaken = [b + 1e-7, b - 3e-8]
    assert rounding(b + 9e-7, b, shaken) and not rounding(b + 2e-6, b, shaken)
    assert not rounding(np.array([1, 1, 1, np.inf]), b, shaken)
    assert not rounding(b, b, [None]) and not rounding(np.ones(3), b, shaken) and not rounding(None, b, shaken)
    decides = [np.array([1, 1, 1, np.inf])]  # to be finite is a matter of the last bit
    assert rounding(np.array([1, 1, 1, np.inf]), b, decides)
    narrow = b.astype(np.float32)
    apart = 1e-4
    assert rounding(narrow + np.float32(apart * (FURTHER - 2)), narrow, [narrow], wide=b + apart)
    assert not rounding(narrow + np.float32(apart * (FURTHER + 2)), narrow, [narrow], wide=b + apart)


# --- The tools


def test_a_planted_fault_is_found_and_shrunk(monkeypatch, capsys):
    monkeypatch.setattr(Relu, "backward", lambda self, dy: dy)
    assert main(["--networks", "200"]) == 1
    printed = capsys.readouterr().out
    code = printed[printed.index("from tests") : printed.index("))\n") + 3]
    assert len(re.findall(r"\('ReLU'", code)) == 1 and code.count("'forward'") + code.count("'step'") == 1
    assert "1 failures" in printed
    with pytest.raises(Disagreement, match="gradient"):
        exec(code.replace("tests.differential", "differential"), {})


def test_the_record(tmp_path, capsys):
    assert main(["--networks", "3", "--seed", "5", "--record", str(tmp_path / "record")]) == 0
    assert "3 networks against the layers and 3 calls against PyTorch" in capsys.readouterr().out
    record = json.loads((tmp_path / "record").read_text())
    assert (record["seed"], record["networks"], record["calls"], record["failures"]) == (5, 3, 3, [])
