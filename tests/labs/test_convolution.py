"""The convolution laboratory's numbers beside cnnlib, in hundreds of states; and what it says to a wrong prediction."""

import base64
import itertools
import json

import numpy as np
import pytest

from cnnlib.conv import conv2d, conv2d_backward, conv2d_output_size
from cnnlib.course._still import call
from cnnlib.course.labs import ConvolutionLab
from cnnlib.padding import pad

STATES = 200
SCRIPT = "lab-convolution"
LAB = ConvolutionLab()
START = call(SCRIPT, "start", LAB.config)
SMALL = [name for name in LAB.config["pictures"] if name != "photograph"]


def numbers(**changes):
    return call(SCRIPT, "numbers", START | changes, LAB.config)


def states():
    """Every option, kernels of every shape, cells of every grid, edited pixels; the photograph now and then."""
    rng = np.random.default_rng(0)
    for k in range(STATES):
        picture = "photograph" if k % 50 == 0 else SMALL[k % len(SMALL)]
        shape = rng.integers(1, 5, 2)
        weights = rng.integers(-8, 9, (3, *shape)) / 4
        channels = int(rng.integers(1, 1 + LAB.config["pictures"][picture]["shape"][0]))
        grid = ["output", "input", "weight"][k % 3]
        yield START | {
            "picture": picture, "channels": channels, "weights": weights.tolist(),
            "bias": float(rng.integers(-3, 4)) / 2,
            "stride": int(rng.integers(1, 4)), "padding": int(rng.integers(0, 3)), "dilation": int(rng.integers(1, 4)),
            "cell": [grid, *rng.integers(0, 6, 2).tolist()], "tab": int(rng.integers(0, channels)),
            "edits": {picture: [[0, 1, 2, 2.5], [channels - 1, 0, 0, -1.0]]} if k % 2 else {},
        }


def planes(state):
    """The picture that a state shows, (1, C, H, W)."""
    picture = LAB.config["pictures"][state["picture"]]
    x = np.array(picture["planes"]) if "planes" in picture else (
        np.frombuffer(base64.b64decode(picture["pixels"]), np.uint8).reshape(picture["shape"]) / 255)
    x = x[:state["channels"]].copy()
    for c, p, q, value in state["edits"].get(state["picture"], []):
        if c < len(x):
            x[c, p, q] = value
    return x[None]


def test_the_numbers_are_those_of_the_library():
    seen = {"output": 0, "input": 0, "weight": 0, "none": 0, "unread": 0}
    for state in states():
        x, w = planes(state), np.array(state["weights"])[None, :state["channels"]]
        options = {name: state[name] for name in ("stride", "padding", "dilation")}
        found = call(SCRIPT, "numbers", state, LAB.config)
        where = json.dumps(state)[:400]
        try:
            y = conv2d(x, w, np.array([state["bias"]]), **options)[0, 0]
        except ValueError:
            assert found["y"] == [] and "uses" not in found and "window" not in found, where
            seen["none"] += 1
            continue
        np.testing.assert_allclose(found["y"], y, rtol=1e-12, atol=1e-12, err_msg=where)
        # A weight of 1 and an upstream gradient of 1 everywhere: dx counts the windows over each pixel.
        ones = np.ones((1, 1, *w.shape[2:]))
        reads = conv2d_backward(np.ones((1, 1, *y.shape)), x[:, :1], ones, **options)[0][0, 0]
        np.testing.assert_array_equal(found["reads"], reads, err_msg=where)
        seen["unread"] += (reads == 0).any()
        grid, i, j = found["cell"]
        seen[grid] += 1
        if grid == "output":
            lit = np.zeros((1, 1, *y.shape))
            lit[0, 0, i, j] = 1
            under = conv2d_backward(lit, np.ones_like(x), np.ones_like(w), **options)[0][0, 0]
            inside = {(t["p"], t["q"]) for t in found["window"]} & set(np.ndindex(under.shape))
            assert inside == set(map(tuple, np.argwhere(under))), where
            sums = [conv2d(x[:, c:c + 1], w[:, c:c + 1], **options)[0, 0, i, j] for c in range(x.shape[1])]
            np.testing.assert_allclose(found["sums"], sums, atol=1e-12, err_msg=where)
            padded = pad(x[0], (state["padding"],) * 4)
            top, left = i * state["stride"], j * state["stride"]
            d = state["dilation"]
            window = padded[:, top:top + d * w.shape[2]:d, left:left + d * w.shape[3]:d][:, :w.shape[2], :w.shape[3]]
            products = (window * w[0]).reshape(len(window), -1)
            np.testing.assert_allclose(found["products"], products, atol=1e-12, err_msg=where)
            np.testing.assert_allclose(found["running"], np.cumsum([*products.ravel(), state["bias"]]), atol=1e-12)
            np.testing.assert_allclose(found["running"][-1], y[i, j], atol=1e-12)
        else:
            # What one pixel or one weight alone makes of the output is the sum of its products, output by output.
            only_x, only_w = np.zeros_like(x), np.zeros_like(w)
            tab = found["tab"]
            if grid == "input":
                only_x[0, tab, i, j], only_w[0, tab] = x[0, tab, i, j], w[0, tab]
            else:
                only_x[0, tab], only_w[0, tab, i, j] = x[0, tab], w[0, tab, i, j]
            made, alone = np.zeros_like(y), conv2d(only_x, only_w, **options)[0, 0]
            for use in found["uses"]:
                made[use["i"], use["j"]] += use["product"]
            np.testing.assert_allclose(made, alone, atol=1e-12, err_msg=where)
            assert len(found["uses"]) == (reads[i, j] if grid == "input" else y.size), where
    assert min(seen.values()) > 10, seen


def test_the_size_formula_is_shown_with_its_numbers():
    changes = {"stride": 2, "padding": 1, "dilation": 2}
    shown = call(SCRIPT, "draw", numbers(**changes), START | changes, LAB.config)
    rows, _ = conv2d_output_size(6, 3, 2, 1, 2)
    assert f"rows: ⌊(6 + 2·1 − 2·(3 − 1) − 1) / 2⌋ + 1 = {rows}" in shown["html"]["output"]


def test_every_state_can_be_drawn():
    for state in itertools.islice(states(), 0, None, 5):
        shown = call(SCRIPT, "draw", call(SCRIPT, "numbers", state, LAB.config), state, LAB.config)
        for text in (shown["caption"], *shown["html"].values()):
            assert not any(odd in text for odd in ("NaN", "undefined", "null", "[object")), (state, text)
        assert shown["caption"].endswith((".", "?"))
        assert call(SCRIPT, "valid", state, LAB.config) is True, state


def test_the_still_picture_has_no_stops_for_tab_and_no_traces_of_controls():
    page = LAB.to_html()
    still = page[page.index("course-lab-body"):]
    assert still.count("<img") >= 4 and "<svg" not in still
    for trace in ("tabindex", "data-grid", "data-cell", "data-set", "<button", "<input"):
        assert trace not in still


# ---- predictions ------------------------------------------------------------------------------------------------

ASKED = {
    "picture": "small numbers", "channels": 3, "stride": 2, "padding": 1, "dilation": 2, "bias": 2, "predict": True,
    "cell": ["output", 1, 0],
    # With these each mistake leads to a number of its own.
    "weights": [[[1, 1, -1], [2, 4, 4], [-1, 1, -2]], [[-4, 3, -1], [0, -1, -2], [2, -2, -4]],
                [[4, 2, 4], [3, 1, 4], [-2, -3, 2]]],
}
MEAN = [[[1 / 9] * 3] * 3] * 3


def judged(typed, **changes):
    state = ASKED | changes
    return numbers(**state, guess=[*state["cell"][1:], typed])["verdict"]


def wrong_answers(state):
    """Ways to go wrong, each computed with the library or with NumPy, and a word of what must be said."""
    x, w, b = planes(START | state), np.array(state["weights"], dtype=float)[None], np.array([float(state["bias"])])
    _, i, j = state["cell"]
    options = {name: state[name] for name in ("stride", "padding", "dilation")}

    def at(x=x, w=w, b=b, **other):
        return conv2d(x, w[:, :x.shape[1]], b, **options | other)[0, 0, i, j]

    yield at(w=w[..., ::-1, ::-1].copy()), "half a turn"
    yield at(w=w.swapaxes(2, 3).copy()), "rows and columns of the kernel"
    yield at(b=0 * b), "bias, 2, is missing"
    yield at(b=3 * b), "once for every channel"
    yield at(b=-b), "taken away"
    for c in range(3):
        rest = np.delete(np.arange(3), c)
        yield at(x[:, rest], w[:, rest]), f"channel {c} was left out"
        yield at(x[:, [c]], w[:, [c]]), f"channel {c} alone, and the bias"
    wide = pad(x, (4,) * 4)
    top, left = (4 - state["padding"] + state["stride"] * k for k in (i, j))

    def window(top, left, d=state["dilation"]):
        return (wide[0, :, top:top + 2 * d + 1:d, left:left + 2 * d + 1:d] * w[0]).sum() + b[0]

    assert window(top, left) == at()
    yield window(top, left, 1), "2 apart"
    yield window(top, left + 1), "too far to the right"
    yield window(top - 1, left), "too far up"
    yield window(4 + 2 * i, 4 + 2 * j), "forgot the padding"
    yield -at(), "sign"
    yield (at() - b[0]) / 9 + b[0], "mean"


def test_each_known_mistake_is_named():
    wrong = {f"{value:.6f}": words for value, words in wrong_answers(ASKED)}
    assert len(wrong) == 17 and f"{numbers(**ASKED)['y'][1][0]:.6f}" not in wrong
    for typed, words in wrong.items():
        verdict = judged(typed)
        assert not verdict["right"] and words in verdict["say"], (typed, words, verdict)


def test_a_missing_product_is_found():
    seen = numbers(**ASKED | {"channels": 1, "bias": 0})
    right = seen["y"][1][0]
    product = next(v for v in seen["products"][0] if v)
    verdict = judged(f"{right - product}", channels=1, bias=0)
    assert not verdict["right"] and ("is missing" in verdict["say"] or "off by one" in verdict["say"])


@pytest.mark.parametrize("typed", ["{:.2f}", " {:.3f} ", "{:.2f}0"])
def test_the_right_answer_is_right_in_every_spelling(typed):
    for changes in ({}, {"channels": 1}, {"picture": "handwritten digit", "channels": 1, "weights": MEAN}):
        value = numbers(**ASKED | changes)["y"][1][0]
        text = typed.format(value)
        for form in (text, text.replace(".", ","), text.replace("-", "−")):
            assert judged(form, **changes) == {"right": True, "say": "Right."}, (form, changes)


def test_fractions_are_numbers_and_words_are_not():
    nine = {"picture": "one bright pixel", "channels": 1, "weights": MEAN, "bias": 0, "dilation": 1,
            "stride": 1, "padding": 0, "cell": ["output", 1, 1]}
    assert judged("1/9", **nine)["right"] and judged(".11", **nine)["right"]
    assert "two decimals" in judged("0.1", **nine)["say"]
    for typed in ("one", "1/0", "1/", "--1", "Infinity", "<b>3</b>"):
        verdict = judged(typed, **nine)
        assert not verdict["right"] and "no number" in verdict["say"] and "<b>" not in verdict["say"], verdict
    assert judged("  ", **nine) == {"right": False, "say": "Type a number first."}


def test_hidden_outputs_stay_hidden_until_they_are_found():
    state = START | ASKED | {"guess": [1, 0, "77"]}
    seen = call(SCRIPT, "numbers", state, LAB.config)
    shown = call(SCRIPT, "draw", seen, state, LAB.config)
    answer = f"{seen['y'][1][0]:g}".replace("-", "−")
    assert shown["html"]["output"].count(">?<") == len(seen["y"]) * len(seen["y"][0])
    assert f"= {answer}" not in shown["caption"] + shown["html"]["tabs"] and "What is it?" in shown["caption"]
    assert "running sum" not in shown["html"]["sum"]
    module = "lab-convolution-predict"
    state["found"] = call(module, "withFound", state, 1, 0)
    shown = call(SCRIPT, "draw", call(SCRIPT, "numbers", state, LAB.config), state, LAB.config)
    assert shown["html"]["output"].count(">?<") == len(seen["y"]) * len(seen["y"][0]) - 1
    assert "running sum" in shown["html"]["sum"]
    assert call(module, "found", state) == [[1, 0]] and call(module, "found", state | {"stride": 1}) == []
    tried = {tuple(call(module, "next", state, [3, 4], [1, 1]))}
    assert tried and (1, 0) not in tried and (1, 1) not in tried


# ---- the object -------------------------------------------------------------------------------------------------


def test_a_readers_own_image_and_filter_come_first():
    rng = np.random.default_rng(1)
    image, kernel = rng.normal(size=(2, 9, 7)), rng.normal(size=(1, 2, 3, 2))
    lab = ConvolutionLab(image, kernel, bias=0.5, stride=2, padding=1)
    state = call(SCRIPT, "start", lab.config)
    y = conv2d(image[None], kernel, np.array([0.5]), stride=2, padding=1)[0, 0]
    seen = call(SCRIPT, "numbers", state, lab.config)
    np.testing.assert_allclose(seen["y"], y, atol=1e-12)
    shown = call(SCRIPT, "draw", seen, state, lab.config)
    assert "output: 5\u00a0×\u00a04" in shown["html"]["output"] and "Convolution laboratory" in repr(lab)


def test_one_kernel_serves_every_channel():
    lab = ConvolutionLab(np.ones((3, 4, 4)), [[1, 2], [3, 4]])
    assert call(SCRIPT, "numbers", call(SCRIPT, "start", lab.config), lab.config)["y"] == [[30] * 3] * 3


@pytest.mark.parametrize("arguments, error, word", [
    ({"image": np.zeros((8, 8, 3))}, ValueError, "image"), ({"image": np.zeros((2, 97))}, ValueError, "image"),
    ({"image": [[1, 2], [3]]}, ValueError, "image"), ({"image": [["a"]]}, TypeError, "image"),
    ({"image": np.full((2, 2), np.nan)}, ValueError, "image"), ({"image": np.zeros((0, 3))}, ValueError, "image"),
    ({"image": 3}, ValueError, "image"), ({"image": np.zeros((2, 2)) + 1j}, TypeError, "image"),
    ({"kernel": np.zeros((6, 6))}, ValueError, "kernel"), ({"kernel": np.zeros((2, 3, 3, 3))}, ValueError, "kernel"),
    ({"kernel": np.zeros((4, 3, 3))}, ValueError, "kernel"), ({"kernel": [[1e6]]}, ValueError, "kernel"),
    ({"image": np.zeros((2, 5, 5)), "kernel": np.zeros((3, 3, 3))}, ValueError, "kernel"),
    ({"stride": 0}, ValueError, "stride"), ({"stride": 1.5}, TypeError, "stride"),
    ({"padding": 3}, ValueError, "padding"), ({"dilation": True}, TypeError, "dilation"),
    ({"bias": "1"}, TypeError, "bias"), ({"bias": np.inf}, ValueError, "bias"),
])
def test_what_cannot_be_shown_is_refused(arguments, error, word):
    with pytest.raises(error, match=word):
        ConvolutionLab(**arguments)


@pytest.mark.parametrize("changes", [
    {"picture": "mine"}, {"channels": 0}, {"channels": 4}, {"stride": 9}, {"stride": "1"}, {"padding": -1},
    {"bias": None}, {"weights": []}, {"weights": [[[1]]]}, {"weights": [[[1, 2], [3]]] * 3}, {"weights": [[["1"]]] * 3},
    {"bias": 1e9},
    {"cell": ["y", 0, 0]}, {"cell": ["input", 0.5, 0]}, {"cell": "input"}, {"guess": [0, 0, 3]}, {"found": []},
    {"edits": {"small numbers": [[0, 0, 0, "x"]]}}, {"edits": {"small numbers": [[0, 77, 0, 1]]}},
    {"edits": {"mine": [[0, 0, 0, 1]]}}, {"kernel": "toString"},
])
def test_an_address_that_makes_no_sense_is_refused(changes):
    import quickjs

    state = START | changes
    try:
        assert call(SCRIPT, "valid", state, LAB.config) is False
    except quickjs.JSException:  # the shell takes that for a refusal, too
        pass
