"""core.js beside cnnlib: every operation, forward and backward, in hundreds of states."""

import re

import numpy as np
import pytest

from cnnlib import activations, conv, linear, losses, pooling
from cnnlib.course import bundle
from cnnlib.course.labs.core import run

DRAWS = 200


def close(found, wanted, where):
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12, err_msg=str(where))


def normal(rng, *shape):
    """Numbers in float64; a few of them whole, so that there are equal ones."""
    x = rng.standard_normal(shape)
    return np.where(rng.random(shape) < 0.3, np.round(x), x)


def pairs(rng, low, high):
    """A number, or a pair of numbers as a list."""
    return int(rng.integers(low, high)) if rng.random() < 0.5 else rng.integers(low, high, 2).tolist()


def test_convolution_forward_and_back():
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        kernel = rng.integers(1, 4, 2)
        options = {"stride": pairs(rng, 1, 4), "padding": pairs(rng, 0, 3), "dilation": pairs(rng, 1, 3)}
        C, K = rng.integers(1, 4, 2)
        H, W = rng.integers(0, 4, 2) + 2 * (kernel - 1) + 1
        x, w, b = normal(rng, 1, C, H, W), normal(rng, K, C, *kernel), normal(rng, K) if seed % 4 else None
        given = {name: tuple(v) if isinstance(v, list) else v for name, v in options.items()}
        y = conv.conv2d(x, w, b, **given)
        close(run("conv2d", x[0], w, b, options), y[0], (seed, options))
        dy = normal(rng, *y.shape)
        gradients = run("conv2dBackward", dy[0], x[0], w, options)
        dx, dw, db = conv.conv2d_backward(dy, x, w, np.zeros(K), **given)
        for name, wanted in (("dx", dx[0]), ("dw", dw), ("db", db)):
            close(gradients[name], wanted, (seed, name, options))


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling_forward_and_back(kind):
    forward, backward = getattr(pooling, f"{kind}_pool2d"), getattr(pooling, f"{kind}_pool2d_backward")
    ties = 0
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        kernel = pairs(rng, 1, 4)
        rows, columns = kernel if isinstance(kernel, list) else (kernel, kernel)
        padding = [int(rng.integers(0, rows // 2 + 1)), int(rng.integers(0, columns // 2 + 1))]
        options = {"stride": [None, pairs(rng, 1, 4)][seed % 2], "padding": padding}
        x = normal(rng, 1, int(rng.integers(1, 3)), rows + int(rng.integers(0, 5)), columns + int(rng.integers(0, 5)))
        given = [tuple(v) if isinstance(v, list) else v for v in (kernel, options["stride"], padding)]
        y = forward(x, *given)
        dy = normal(rng, *y.shape)
        if kind == "max":
            found = run("maxPool2d", x[0], kernel, options)
            dx = run("maxPool2dBackward", dy[0], x[0], found["where"])
            ties += any((x == v).sum() > 1 for v in found["y"].ravel())
            found = found["y"]
        else:
            found, dx = run("avgPool2d", x[0], kernel, options), run("avgPool2dBackward", dy[0], x[0], kernel, options)
        close(found, y[0], (seed, kernel, options))
        close(dx, backward(dy, x, *given)[0], (seed, kernel, options))
    assert kind == "avg" or ties > DRAWS / 4


def test_linear_and_loss_forward_and_back():
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        N, C, K = rng.integers(1, 6, 3).tolist()
        x, w, b = normal(rng, N, C), normal(rng, K, C), normal(rng, K)
        y = linear.linear(x, w, b)
        close(run("linear", x, w, b), y, seed)
        close(run("linear", x[0], w, None), linear.linear(x[:1], w)[0], seed)
        dy = normal(rng, N, K)
        gradients = run("linearBackward", dy, x, w)
        for name, wanted in zip(("dx", "dw", "db"), linear.linear_backward(dy, x, w, b), strict=True):
            close(gradients[name], wanted, (seed, name))
        scores, targets = 10 ** rng.uniform(-1, 3) * y, rng.integers(0, K, N)
        close(run("softmax", scores), activations.softmax(scores, 1), seed)
        close(run("crossEntropy", scores, targets.tolist()), losses.cross_entropy(scores, targets), seed)
        close(run("crossEntropyBackward", scores, targets.tolist()),
              losses.cross_entropy_backward(1.0, scores, targets), seed)


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid"])
def test_activations_forward_and_back(name):
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        x = 3 * normal(rng, *rng.integers(1, 5, int(rng.integers(1, 4))))
        dy = normal(rng, *x.shape)
        close(run(name, x), getattr(activations, name)(x), seed)
        close(run(f"{name}Backward", dy, x), getattr(activations, f"{name}_backward")(dy, x), seed)


def test_lists_become_tensors_and_lists_again():
    for shape in ((3,), (2, 3), (2, 1, 4)):
        x = np.arange(np.prod(shape), dtype=float).reshape(shape)
        assert np.array_equal(run("fromLists", x.tolist()), x) and run("toLists", x) == x.tolist()


def test_every_way_forward_has_its_way_back_below_it():
    names = bundle.EXPORT.findall(bundle.source("core"))
    backs = [k for k, name in enumerate(names) if name.endswith("Backward")]
    assert len(backs) >= 7
    assert all(names[k] == f"{names[k - 1]}Backward" for k in backs)
    assert not re.search(r"\b(?:document|Math\.random)\b", bundle.source("core"))
