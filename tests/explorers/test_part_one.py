"""Explorers computed in the page: their numbers are `cnnlib`'s, and both faces say the same."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from committed import explorers

from cnnlib import optim
from cnnlib.course.figures import activation, descent, loss, neuron, pooling
from cnnlib.losses import cross_entropy, cross_entropy_backward
from cnnlib.module import Parameter

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("gate", neuron.GATES)
def test_neuron_line(render, gate):
    config = {"corners": neuron.CORNERS.tolist(), "gates": neuron.GATES}
    for w1, w2, b in [*RNG.choice(np.arange(-2, 2.01, 0.25), size=(8, 3)).tolist(), [0.0, 0.0, 0.0], [0.0, 0.0, 0.5]]:
        page = render("neuron-line", {"w1": w1, "w2": w2, "b": b, "gate": gate}, config)
        _, caption = neuron.explore_line(w1, w2, b, gate)
        assert page["caption"] == caption
        np.testing.assert_allclose(page["result"]["z"], neuron.CORNERS @ [w1, w2] + b, atol=1e-12)


@pytest.mark.parametrize("name", activation.NAMES)
def test_activation(render, name):
    for z in np.arange(-4, 4.01, 0.25).tolist():
        for a in (-0.5, 0.0, 0.25):
            page = render("activation", {"name": name, "z": z, "a": a})
            value, slope = activation.value_and_slope(name, np.array([z]), a)
            seen = page["result"]["value"], page["result"]["slope"]
            np.testing.assert_allclose(seen, (value[0], slope[0]), atol=1e-12)
    for z in (-3.75, -0.25, 0.0, 2.5):
        assert render("activation", {"name": name, "z": z, "a": 0.25})["caption"] == (
            activation.explore_activation(name, z, 0.25)[1])


def test_logits(render):
    for z in [*RNG.choice(np.arange(-5, 5.01, 0.5), size=(10, 3)).tolist(), [5.0, 5.0, -5.0]]:
        target = int(RNG.integers(3))
        page = render("logits", {"z0": z[0], "z1": z[1], "z2": z[2], "target": target})
        logits, label = np.array([z]), np.array([target])
        np.testing.assert_allclose(page["result"]["loss"], cross_entropy(logits, label), atol=1e-12)
        gradient = cross_entropy_backward(1.0, logits, label)
        np.testing.assert_allclose(page["result"]["gradient"], gradient[0], atol=1e-12)
        assert page["caption"] == loss.explore_logits(*z, target)[1]


@pytest.mark.parametrize(("rule", "make"), [
    ("momentum", lambda p, rate, mu: optim.SGD([p], lr=rate, momentum=mu)),
    ("Nesterov", lambda p, rate, mu: optim.SGD([p], lr=rate, momentum=mu, nesterov=mu > 0)),
    ("Adam", lambda p, rate, mu: optim.Adam([p], lr=rate, betas=(mu, 0.999))),
])
def test_ravine(render, rule, make):
    said = set()
    rates, momenta = (c.values for c in explorers()["explore-ravine"].controls[1:])
    for rate, momentum in itertools.product(rates, momenta):
        page = render("ravine", {"rule": rule, "rate": rate, "momentum": momentum})
        p = Parameter(descent.START.copy())
        optimizer, path = make(p, rate, momentum), [p.data.copy()]
        for _ in range(40):
            p.grad = descent.ravine(p.data)[1]
            optimizer.step()
            path.append(p.data.copy())
        bounded = np.abs(path).max() < 1e8
        if bounded:
            np.testing.assert_allclose(page["result"]["path"], path, rtol=1e-6, atol=1e-8)
        assert page["caption"] == descent.ravine_caption(descent.walk(rule, rate, momentum), rule, rate, momentum)
        # Below from the first step after which the optimiser of cnnlib never stands above the line again.
        heights = [descent.ravine(w)[0] for w in path]
        stays = [t for t in range(41) if max(heights[t:]) < 0.01]
        said.add(bool(stays))
        end = f"Below 0.01 from step {stays[0]} on." if stays else ""
        assert page["caption"].endswith(end) and ("Below" in page["caption"]) == bool(stays)
    assert said == {False, True}


@pytest.mark.parametrize(("rule", "rate", "momentum", "step"), [
    ("momentum", 0.075, 0.6, 15), ("momentum", 0.07, 0.6, 16), ("momentum", 0.04, 0.7, 20), ("momentum", 0.06, 0.6, 17),
    ("Nesterov", 0.05, 0.9, 34),
])
def test_a_path_that_dips_and_rises_again_is_below_from_its_last_rise_on(rule, rate, momentum, step):
    caption = descent.ravine_caption(descent.walk(rule, rate, momentum), rule, rate, momentum)
    assert caption.endswith(f"Below 0.01 from step {step} on.")


@pytest.mark.parametrize("kind", ["max", "average"])
def test_pool_window(render, kind):
    config = {"image": pooling.EXAMPLE.tolist()}
    for kernel, stride, padding in ((2, 2, 0), (2, 1, 0), (3, 2, 1), (3, 1, 1), (2, 3, 1), (3, 3, 0)):
        for position in (0, 3, 20):
            values = {"kind": kind, "kernel": kernel, "stride": stride, "padding": padding, "position": position}
            page = render("pool-window", values, config)
            y = pooling.pool(pooling.EXAMPLE, kind, kernel, stride, padding)
            np.testing.assert_allclose(page["result"]["y"], y)
            assert page["caption"] == pooling.explore_window(**values)[1]
