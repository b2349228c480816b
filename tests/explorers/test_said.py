"""What explorers say is true: captions and counts, worked out another way."""

import itertools
import re

import numpy as np
import pytest
from committed import explorers
from matplotlib.path import Path

from cnnlib.conv import conv2d, conv2d_backward
from cnnlib.course.figures import back_explorers as back
from cnnlib.course.figures import fast_explorers as fast
from cnnlib.course.figures import neuron, number


def frame(name, **values):
    explorer = explorers()[name]
    return explorer.frame(**{c.name: c.start for c in explorer.controls} | values)


def exact(kernel, stride):
    """Output and gradients of the whole picture, from `cnnlib.conv`."""
    x, w = back.X[None, None], np.array(kernel)[None, None]
    y = conv2d(x, w, stride=stride)
    dy = back.DY[None, None, :y.shape[2], :y.shape[3]]
    dx, dw, _ = conv2d_backward(dy, x, w, stride=stride)
    return y[0, 0], dx[0, 0], dw[0, 0]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("rule", back.RULES)
def test_gradients_add_up_to_those_of_the_whole_picture(stride, rule):
    y, dx, dw = exact(back.W, stride)
    last = back.gradient_numbers(99, stride, rule, back.W)
    same = np.array_equal(last["dx"], dx) and np.array_equal(last["dw"], dw)
    assert same == (rule == "+=") and last["step"] == 2 * y.size - 1
    assert last["wrong"] == [np.count_nonzero(last["dx"] != dx), np.count_nonzero(last["dw"] != dw)]
    # Overwritten, dw is the last window's alone, and so is the corner of dx that it covers.
    if rule == "=":
        i = stride * (len(y) - 1)
        g = back.DY[len(y) - 1, len(y) - 1]
        np.testing.assert_array_equal(last["dw"], g * back.X[i:i + 3, i:i + 3])
        np.testing.assert_array_equal(last["dx"][i:i + 3, i:i + 3], g * back.W)


def test_steps_forward_and_backward_are_named():
    shown = frame("explore-back", step=3)
    assert shown.caption.startswith("Forward, window 4 of 9") and "No gradient yet" in shown.caption
    assert shown.off == ["rule"] and shown.limits == {"step": 17}
    shown = frame("explore-back", step=99, stride=2)
    assert shown.caption.startswith("Backward, window 4 of 4") and shown.off == [] and shown.limits == {"step": 7}
    wrong = back.gradient_numbers(17, 1, "=", back.W)["wrong"]
    caption = frame("explore-back", step=17, rule="=").caption
    assert f"{wrong[0]} of 25 numbers of dx and {wrong[1]} of 9 of dw" in caption


@pytest.mark.parametrize("stride", [1, 2])
def test_every_pixel_gathers_its_gradient(stride):
    _, dx, _ = exact(back.W, stride)
    for pixel in range(25):
        stage, caption = back.touches(pixel, stride)
        assert caption.endswith(f"= {number(dx.flat[pixel])}.")
        assert f'data-set="pixel:{pixel}"' in stage


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (2, 0), (2, 1)])
def test_channels_are_told_as_they_are_lit(stride, padding):
    explorer = explorers()["explore-channels"]
    how = {"stride": stride, "padding": padding, "bias": np.array([[2.0, -3.0]])}
    side = (5 + 2 * padding - 3) // stride + 1
    for output in (0, side * side - 1, 49):
        values = {"ask": "output", "output": output, "pixel": 0} | how
        found, shown = explorer.compute(**values), explorer.frame(**values)
        o, i, j = np.unravel_index(min(output, 2 * side * side - 1), found["y"].shape)
        inner = found["lit"][:, padding:5 + padding, padding:5 + padding].sum()
        assert found["lit"].sum() == found["used"][o].sum() == found["used"].sum() == 27
        assert shown.caption.startswith(f"The output at map {o}, row {i}, column {j} reads 27 inputs")
        assert (f"of which {27 - inner} are padding" in shown.caption) == (inner < 27)
        assert shown.caption.endswith(f"= {number(found['y'][o, i, j])}.")
        assert sum(found["parts"]) + how["bias"][0, o] == found["y"][o, i, j]
        assert shown.limits == {"output": 2 * side * side - 1} and shown.off == ["pixel"]
        assert shown.stage.count("data-set=") == 75 + 2 * side * side
    for pixel in (0, 37, 74):
        values = {"ask": "pixel", "output": 0, "pixel": pixel} | how
        found, shown = explorer.compute(**values), explorer.frame(**values)
        c, p, q = np.unravel_index(pixel, (3, 5, 5))
        assert found["lit"].sum() == 1 and found["used"].sum() == found["reached"].sum()
        assert f"The {('red', 'green', 'blue')[c]} pixel at row {p}, column {q}, " in shown.caption
        assert f"goes to {found['reached'].sum()} outputs, " in shown.caption and shown.off == ["output"]


def test_a_negative_factor_stands_in_brackets():
    for by, said in ((-1.25, "· (−1.25) ="), (1.25, "· 1.25 =")):
        assert said in frame("explore-circuit", nudged="w2", by=by).caption
    caption = frame("explore-mazur", step=0, x1=-3.0, x2=1.0).caption
    assert caption.startswith("h₁: z = 0.15 · (−3.0000) + 0.20 · 1.0000 + ")


def test_an_empty_kernel_draws():
    empty = np.zeros((3, 3))
    shown = frame("explore-window", kernel=empty, padding=2, dilation=2, step=99)
    assert "NaN" not in shown.stage + shown.caption and "add up to 0," in shown.caption
    shown = frame("explore-photo-kernel", kernel="your own", own=empty)
    assert "NaN" not in shown.stage + shown.caption and "add up to 0:" in shown.caption


def test_the_ravine_is_left_where_the_path_stays_below_the_line():
    said = set()
    explorer = explorers()["explore-ravine"]
    rules, rates, momenta = (c.values for c in explorer.controls)
    assert explorer.config["rates"] == rates and explorer.config["momenta"] == momenta
    for (i, momentum), (j, rate), rule in itertools.product(enumerate(momenta), enumerate(rates), rules):
        found = explorer.compute(rule, rate, momentum)
        heights = found["heights"]
        stays = [t for t in range(61) if max(heights[t:]) < 0.01]
        assert found["below"] == explorer.config["plane"][rule][i][j] == (stays[0] if stays else 61)
        if (i + j) % 4 and rate not in (0.08, 0.082):
            continue
        caption = explorer.frame(rule=rule, rate=rate, momentum=momentum).caption
        assert caption.endswith(f"Below 0.01 from step {stays[0]} on." if stays else "")
        assert ("Below" in caption) == bool(stays)
        said.add((bool(stays), "diverges" in caption))
    assert said == {(False, False), (False, True), (True, False)}


@pytest.mark.parametrize("rule", ["momentum", "Nesterov"])
def test_the_explorer_of_the_ravine_knows_where_it_diverges(rule):
    """Just above the limit that it tells, paths grow for ever; just below, they die out."""
    explorer = explorers()["explore-ravine"]
    for momentum in explorer.controls[2].values:
        limit = explorer.compute(rule, 0.05, momentum)["limit"]
        ends = (explorer.compute(rule, share * limit, momentum, steps) for share, steps in ((0.97, 2500), (1.03, 800)))
        below, above = (end["heights"] for end in ends)
        assert max(below[-20:]) < 0.01 and max(above[-20:]) > 1e3
    assert "diverges: the limit is 0.08." in frame("explore-ravine", rule=rule, rate=0.082, momentum=0).caption
    assert "diverges" not in frame("explore-ravine", rule=rule, rate=0.08, momentum=0).caption


@pytest.mark.parametrize(("rule", "rate", "momentum", "step"), [
    ("momentum", 0.075, 0.6, 15), ("momentum", 0.07, 0.6, 16), ("momentum", 0.04, 0.7, 20), ("momentum", 0.06, 0.6, 17),
    ("Nesterov", 0.05, 0.9, 43),
])
def test_a_path_that_dips_and_rises_again_is_below_from_its_last_rise_on(rule, rate, momentum, step):
    caption = frame("explore-ravine", rule=rule, rate=rate, momentum=momentum).caption
    assert caption.endswith(f"Below 0.01 from step {step} on.")


def test_a_photograph_s_grey_values_are_those_of_the_response():
    """The picture in the frame, decoded, beside the response of `cnnlib`: 0 is black, 1 is white."""
    import base64
    import io
    import re

    from PIL import Image

    explorer = explorers()["explore-photo-kernel"]
    for kernel in ("blur 5×5", "outline"):
        shown = frame("explore-photo-kernel", kernel=kernel)
        found = explorer.compute(kernel=kernel, picture="temple", own=np.eye(3))
        grey = np.clip(found["y"], 0, 1) if found["total"] > 0.5 else 0.5 + 0.5 * found["y"] / np.abs(found["y"]).max()
        photo, response = (np.asarray(Image.open(io.BytesIO(base64.b64decode(address))))
                           for address in re.findall('src="data:image/png;base64,([^"]+)"', shown.stage))
        assert photo.shape == (192, 160) and response.shape == grey.shape
        np.testing.assert_allclose(response, 255 * grey, atol=0.51)


@pytest.mark.parametrize("line", [
    (1.0, 1.0, -0.5), (0.0, 0.0, 0.5), (0.0, 0.0, 0.0), (-2.0, 0.25, 1.0), (0.0, 1.0, -1.0),
])
def test_the_neuron_has_all_that_the_text_promises(line):
    w1, w2, b = line
    stage = frame("explore-neuron", w1=w1, w2=w2, b=b, gate="AND").stage
    z = neuron.CORNERS @ line[:2] + b
    assert re.findall(r">(z = [^<]+)<", stage) == [f"z = {number(value)}" for value in z]

    places = [(float(x) - 20, float(y) - 5) for x, y in re.findall(r'<text x="([^"]+)" y="([^"]+)"[^>]*>z = ', stage)]
    rings = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([^"]+)" cy="([^"]+)" r="16"', stage)]
    wrong = (z > 0) != np.array(neuron.GATES["AND"])
    assert rings == [place for place, ring in zip(places, wrong, strict=True) if ring]

    if polygon := re.search(r'<polygon points="([^"]+)"', stage):
        side = Path([[float(n) for n in point.split(",")] for point in polygon[1].split()])
        inside = np.array([side.contains_point(place) for place in places])
    else:
        inside = np.full(4, "<rect width" in stage)
    off = z != 0  # a corner on the line itself may be counted to either side
    np.testing.assert_array_equal(inside[off], (z > 0)[off])


@pytest.mark.parametrize("layer, weights, places", [("1 channel, 5 × 5", 25, 576), ("32 channels, 3 × 3", 288, 196)])
def test_the_roof_says_what_a_layer_needs_and_who_sets_the_pace(layer, weights, places):
    for filters, needs in itertools.product(fast.FILTERS, fast.NEEDS):
        shapes = (filters, weights), (weights, places), (filters, places)
        per_byte = 2 * filters * weights * places / sum(4 * a * b for a, b in shapes)
        caption = frame("explore-roof", filters=filters, layer=layer, needs=needs).caption
        assert f"{number(round(per_byte, 1))} operations per byte" in caption.replace(".0 operations", " operations")
        assert ("arithmetic sets the pace" in caption) == (per_byte >= needs)
        assert ("memory sets the pace" in caption) == (per_byte < needs)
