"""The backward laboratory's numbers beside cnnlib, in hundreds of states: gradients, terms, “=”, nudges and ties."""

import itertools
import json

import numpy as np
import pytest
import torch

from cnnlib.conv import conv2d, conv2d_backward
from cnnlib.course._still import call
from cnnlib.course.labs import BackwardLab
from cnnlib.pooling import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward

STATES = 201
SCRIPT = "lab-backward"
LAB = BackwardLab()
START = call(SCRIPT, "start", LAB.config)
LAYERS = ["convolution", "max pooling", "average pooling"]


def numbers(state):
    return call(SCRIPT, "numbers", START | state, LAB.config)


def states():
    """Every layer, option, lens and rule; some pixels, weights and upstream gradients of the reader's own."""
    rng = np.random.default_rng(0)
    for k in range(STATES):
        size = list(LAB.config["weights"])[k % 2]
        picture = list(LAB.config["pictures"])[int(rng.integers(0, 3))]
        weights = {name: (rng.integers(-8, 9, np.shape(w)) / 4).tolist() for name, w in LAB.config["weights"].items()}
        yield START | {
            "layer": LAYERS[k % 3], "picture": picture, "size": size, "weights": weights,
            "stride": int(rng.integers(1, 4)), "padding": int(rng.integers(0, 3)), "dilation": int(rng.integers(1, 3)),
            "rule": ["+=", "="][int(rng.integers(0, 2))], "at": int(rng.integers(0, 12)),
            "cell": [["output", "input", "weight"][int(rng.integers(0, 3))], *rng.integers(0, 6, 2).tolist()],
            "edits": {picture: [[1, 1, 2.25], [0, 3, -1.0]]} if k % 3 else {}, "checked": int(rng.integers(0, 45)),
            "upstream": [[0, 0, 2.5], [1, 0, -0.75]] if k % 2 else [], "nudge": float(rng.integers(-16, 17)) / 8,
        }


def arrays(state, shape=None):
    """x, w and, for outputs of a shape, dy, as the library takes them."""
    x = np.array(LAB.config["pictures"][state["picture"]])
    for p, q, value in state["edits"].get(state["picture"], []):
        x[p, q] = value
    w = np.array(state["weights"][state["size"]])
    if shape is None:
        return x[None, None], w[None, None]
    given = np.array(LAB.config["dy"])
    dy = np.tile(given, (4, 4))[:shape[0], :shape[1]].copy()
    for i, j, value in state["upstream"]:
        if i < shape[0] and j < shape[1]:
            dy[i, j] = value
    return x[None, None], w[None, None], dy[None, None]


def layer(state):
    """Forward and backward of the layer that a state shows, with cnnlib; dw is None for pooling."""
    size = np.shape(state["weights"][state["size"]])
    if state["layer"] == "convolution":
        options = {name: state[name] for name in ("stride", "padding", "dilation")}
        return (lambda x, w: conv2d(x, w, **options)), (lambda dy, x, w: conv2d_backward(dy, x, w, **options)[:2])
    forward, backward = {"max pooling": (max_pool2d, max_pool2d_backward),
                         "average pooling": (avg_pool2d, avg_pool2d_backward)}[state["layer"]]
    options = (size, state["stride"], min(state["padding"], min(size) // 2))
    return (lambda x, w: forward(x, *options)), (lambda dy, x, w: (backward(dy, x, *options), None))


def test_the_numbers_are_those_of_the_library():
    seen = dict.fromkeys([*LAYERS, "wrong", "ties", "output", "input", "weight"], 0)
    for state in states():
        where = json.dumps(state)[:600]
        found, (forward, backward) = numbers(state), layer(state)
        y = forward(*arrays(state))
        seen[state["layer"]] += 1
        x, w, dy = arrays(state, y.shape[2:])
        np.testing.assert_allclose(found["y"], y[0, 0], atol=1e-12, err_msg=where)
        np.testing.assert_allclose(found["dy"], dy[0, 0], err_msg=where)
        np.testing.assert_allclose(found["loss"], (y * dy).sum(), atol=1e-10, err_msg=where)
        grid, *place = found["cell"] or [None]
        seen[grid] = seen.get(grid, 0) + 1
        done = np.arange(dy.size).reshape(dy.shape) < found["done"]
        assert found["done"] == (np.ravel_multi_index(place, dy.shape[2:]) + 1 if grid == "output" else dy.size), where

        # Window by window, each alone: its share of the sum, or what replaces the numbers before it.
        right = [part for part in backward(dy * done, x, w) if part is not None]
        kept = [np.zeros_like(part) for part in right]
        for i, j in np.argwhere(done[0, 0]):
            alone, lit = np.zeros_like(dy), np.zeros_like(dy)
            alone[0, 0, i, j], lit[0, 0, i, j] = dy[0, 0, i, j], 1
            parts = [part for part in backward(alone, x, w) if part is not None]
            ones = np.ones_like(w)  # a weight of 1 marks every pixel that the window writes to
            touched = [backward(lit, x, ones)[0] != 0, np.ones(w.shape, dtype=bool)]
            kept = [np.where(at, part, old) for at, part, old in zip(touched, parts, kept, strict=False)]
        wanted = right if state["rule"] == "+=" else kept
        for name, values in zip(("dx", "dw"), wanted, strict=False):
            np.testing.assert_allclose(found[name], values[0, 0], atol=1e-10, err_msg=f"{name} {where}")
        wrong = [int((np.abs(a - b) > 1e-9).sum()) for a, b in zip(wanted, right, strict=True)]
        assert found["wrong"][:len(wrong)] == wrong, where
        seen["wrong"] += sum(wrong) > 0
        check_terms(state, found, where)
        seen["ties"] += check_nudges(state, found, forward, x, w, dy, where)
    assert min(seen.values()) > 10, seen


def check_terms(state, found, where):
    """What meets in a pixel or a weight adds up to its gradient; with “=” the last that is written is left."""
    if not found.get("terms"):
        return
    grid, i, j = found["cell"]
    written = [term["value"] for term in found["terms"] if term["writes"]]
    gradient = found["dx" if grid == "input" else "dw"][i][j]
    left = sum(written) if state["rule"] == "+=" else written[-1] if written else 0.0
    np.testing.assert_allclose(left, gradient, atol=1e-10, err_msg=where)


def check_nudges(state, found, forward, x, w, dy, where):
    """The loss under a nudge, here with cnnlib; whether there was a tie."""
    def losses(grid, i, j, changes):
        batch = np.repeat(x, len(changes), axis=0)
        if grid == "input":
            batch[:, 0, i, j] += changes
            return (forward(batch, w) * dy).sum(axis=(1, 2, 3))
        weights = np.repeat(w, len(changes), axis=0)  # as many filters as changes
        weights[:, 0, i, j] += changes
        return (forward(x, weights) * dy).sum(axis=(0, 2, 3))

    def slopes(*place):
        down, here, up = losses(*place, np.array([-1e-5, 0, 1e-5]))
        return (here - down) / 1e-5, (up - here) / 1e-5

    if "curve" in found:
        changes, values = np.array(found["curve"]).T
        np.testing.assert_array_equal(changes, np.linspace(-2, 2, 33))
        np.testing.assert_allclose(values, losses(*found["cell"], changes), atol=1e-9, err_msg=where)
        np.testing.assert_allclose(found["slopes"], slopes(*found["cell"]), atol=1e-5, err_msg=where)
        np.testing.assert_allclose(found["check"]["slope"], np.mean(found["slopes"]), atol=1e-9, err_msg=where)
    if not state["checked"]:
        return 0
    numbers = [("input", *place) for place in np.ndindex(x.shape[2:])]
    numbers += [("weight", *place) for place in np.ndindex(w.shape[2:])] if state["layer"] == "convolution" else []
    assert found["toNudge"] == len(numbers) and len(found["nudged"]) == min(state["checked"], len(numbers))
    tie = 0
    for one, (grid, i, j) in zip(found["nudged"], numbers, strict=False):
        down, up = slopes(grid, i, j)
        gradient = found["dx" if grid == "input" else "dw"][i][j]
        assert one["agrees"] == (abs((up + down) / 2 - gradient) < 1e-4), (one, up, down, where)
        tie |= abs(up - down) > 1e-3
    return tie


def test_at_a_tie_the_first_gets_all_as_in_pytorch():
    lab = BackwardLab([[1, 3], [3, 3]], np.ones((2, 2)), dy=[[8]], layer="max pooling")
    state = call(SCRIPT, "start", lab.config) | {"cell": ["input", 0, 1]}
    found = call(SCRIPT, "numbers", state, lab.config)
    x = torch.tensor([[[[1.0, 3], [3, 3]]]], requires_grad=True)
    (8 * torch.nn.functional.max_pool2d(x, 2)).sum().backward()
    assert found["dx"] == x.grad[0, 0].tolist() == [[0, 8], [0, 0]]
    # Upwards the output follows; downwards the other 3s hold it.
    np.testing.assert_allclose(found["slopes"], [0, 8], atol=1e-5)
    assert not found["check"]["agrees"]
    caption = call(SCRIPT, "draw", found, state, lab.config)["caption"]
    assert "nudged up the loss has slope 8, nudged down 0: at a tie there is no derivative" in caption
    tie = state | {"cell": ["output", 0, 0]}
    caption = call(SCRIPT, "draw", call(SCRIPT, "numbers", tie, lab.config), tie, lab.config)["caption"]
    assert "3 times, a tie: the first in reading order gets it, as in PyTorch" in caption


def test_every_state_can_be_drawn_and_is_one_that_an_address_may_hold():
    for state in itertools.islice(states(), 0, None, 4):
        shown = call(SCRIPT, "draw", numbers(state), state, LAB.config)
        for words in (shown["caption"], *shown["html"].values(), shown["still"]):
            assert not any(odd in words for odd in ("NaN", "undefined", "null", "Infinity", "[object")), (state, words)
        assert shown["caption"].endswith(".") and call(SCRIPT, "valid", state, LAB.config) is True, state


def test_the_still_picture_has_no_stops_for_tab_and_no_traces_of_controls():
    page = LAB.to_html()
    still = page[page.index("course-lab-body"):]
    assert still.count("<img") >= 4 and "<svg" not in still
    for trace in ("tabindex", "data-grid", "data-cell", "data-set", "<button", "<input"):
        assert trace not in still


def test_where_no_window_fits_it_says_so():
    lab = BackwardLab(np.ones((2, 2)), np.ones((3, 3)))
    state = call(SCRIPT, "start", lab.config)
    found = call(SCRIPT, "numbers", state, lab.config)
    assert found["y"] == [] and found["cell"] is None
    shown = call(SCRIPT, "draw", found, state, lab.config)
    assert "No window fits" in shown["caption"] and "No window fits" not in json.dumps(shown["html"])  # said once


def test_the_squares_count_the_windows_over_each_pixel():
    counts = conv2d_backward(np.ones((1, 1, 3, 3)), np.zeros((1, 1, 5, 5)), np.ones((1, 1, 3, 3)))[0]
    state = START | {"cell": None}
    shown = call(SCRIPT, "draw", numbers(state), state, LAB.config)["html"]["input"]
    squares = [cell.count('height="5"') for cell in shown.split("<g data-cell")[1:]]
    assert squares == counts.ravel().astype(int).tolist()


def test_overwriting_is_seen_by_the_nudges():
    state = START | {"cell": None, "checked": 99, "rule": "="}
    found = numbers(state)
    assert found["wrong"] == [17, 9] and sum(not one["agrees"] for one in found["nudged"]) == 26
    check = call(SCRIPT, "draw", found, state, LAB.config)["html"]["check"]
    assert "34 of 34 numbers nudged: 26 gradients do not agree" in check and 'data-agrees="false"' in check
    assert all(one["agrees"] for one in numbers(state | {"rule": "+="})["nudged"])


def test_the_readers_own_arrays_come_first():
    rng = np.random.default_rng(2)
    x, w, dy = rng.normal(size=(5, 6)), rng.normal(size=(2, 3)), rng.normal(size=(3, 3))
    lab = BackwardLab(x, w, dy, stride=2, padding=1)
    found = call(SCRIPT, "numbers", call(SCRIPT, "start", lab.config) | {"cell": None}, lab.config)
    dx, dw, _ = conv2d_backward(dy[None, None], x[None, None], w[None, None], np.zeros(1), stride=2, padding=1)
    np.testing.assert_allclose(found["dx"], dx[0, 0], atol=1e-12)
    np.testing.assert_allclose(found["dw"], dw[0, 0], atol=1e-12)


@pytest.mark.parametrize("arguments, error, word", [
    ({"x": np.zeros((7, 7))}, ValueError, "x"), ({"x": np.zeros((1, 5, 5))}, ValueError, "x"),
    ({"x": [["a"]]}, TypeError, "x"), ({"w": np.zeros((5, 1))}, ValueError, "w"),
    ({"w": [[np.inf]]}, ValueError, "w"), ({"dy": np.zeros((13, 1))}, ValueError, "dy"), ({"dy": 3}, ValueError, "dy"),
    ({"layer": "maxpool"}, ValueError, "layer"), ({"layer": None}, ValueError, "layer"),
    ({"stride": 4}, ValueError, "stride"), ({"padding": -1}, ValueError, "padding"),
    ({"dilation": 3}, ValueError, "dilation"), ({"stride": 1.0}, TypeError, "stride"),
])
def test_what_cannot_be_shown_is_refused(arguments, error, word):
    with pytest.raises(error, match=word):
        BackwardLab(**arguments)


@pytest.mark.parametrize("changes", [
    {"layer": "dense"}, {"picture": "mine"}, {"size": "9 × 9"}, {"weights": {}}, {"weights": {"3 × 3": [[1]]}},
    {"stride": 0}, {"padding": 3}, {"dilation": "1"}, {"rule": "-="}, {"cell": ["x", 0, 0]}, {"cell": ["input", 0]},
    {"at": -1}, {"nudge": 0.1}, {"nudge": 3}, {"checked": 1e4}, {"edits": {"mixed numbers": [[9, 0, 1]]}},
    {"edits": {"mine": []}}, {"upstream": [[0, 0, "1"]]}, {"upstream": [[0, 0, 1e6]]}, {"pinned": 1},
])
def test_an_address_that_makes_no_sense_is_refused(changes):
    import quickjs

    try:
        assert call(SCRIPT, "valid", START | changes, LAB.config) is False
    except quickjs.JSException:  # the shell takes that for a refusal, too
        pass
