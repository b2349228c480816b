"""Drawing a figure: every number letter for letter, ticks that say where they are, one minus sign, one image."""

import math
import re
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from gallery import in_page, texts
from matplotlib.text import Text

from cnnlib.course.figures import fixed, images, minus, number, number_grid, show, to_svg, use_style
from cnnlib.course.figures.training_film import STEPS, _curve, running_mean


@pytest.fixture(autouse=True)
def close_figures():
    use_style()
    yield
    plt.close("all")


def drawn():
    """A figure with every kind of number that rounding could spoil."""
    fig, (left, right) = plt.subplots(1, 2)
    left.plot([0.001, 0.004], [0.844, 0.59331], label="x=0.12345 y=1.23456")
    left.set(title='d="M 0.12345 0.67890"', xlabel="rate 0.00123", ylim=(0.5926, 0.5974))
    left.text(0.002, 0.5933, "0.5933")
    left.text(0.002, 0.595, "b = -0.595")
    left.text(0.002, 0.5969, "0.5969 & width=0.5969 < 1.00001")
    left.legend(loc="lower left")
    number_grid(right, [[0.12345678, -2.0], [-0.001, 1e-7]], title="points 3.14159", fmt="{:.7g}")
    return fig


def test_every_text_of_a_figure_is_in_its_svg_letter_for_letter():
    fig = drawn()
    svg = to_svg(fig, "fig-test", "numbers")
    said = [minus(text.get_text()) for ax in fig.axes for text in ax.findobj(Text)
            if text.get_visible() and text.get_text().strip()]
    inside = texts(svg)
    in_view = {"0.593", "0.594", "0.595", "0.596", "0.597"}
    assert in_view <= set(inside) and "−2" in inside and "−0.001" in inside and "1e−07" in inside
    for text in {"0.5933", "0.5969 & width=0.5969 < 1.00001", 'd="M 0.12345 0.67890"', "x=0.12345 y=1.23456",
                 "0.1234568", "points 3.14159", "rate 0.00123", "b = −0.595"}:
        assert text in said and text in inside


def test_coordinates_are_short():
    svg = to_svg(drawn(), "fig-test", "numbers")
    tags = "".join(re.findall(r"<[^>]*>", svg))
    assert not re.search(r' (?:d|x|y|points|width)="[^"]*\.\d{3}', tags)


def test_small_ticks_keep_their_digits():
    fig, ax = plt.subplots()
    ax.plot([0, 0.0045], [0, 1])
    assert {"0.001", "0.002", "0.003", "0.004"} <= set(texts(to_svg(fig, "fig-small", "a line")))


def test_logarithmic_axes_say_plain_numbers():
    fig, (wide, near) = plt.subplots(1, 2)
    wide.loglog([1e-14, 1e-3, 10], [0.01, 1, 100])
    near.semilogy([1, 2], [2, 5])
    inside = set(texts(to_svg(fig, "fig-log", "a line")))
    assert {"0.01", "0.1", "1", "10", "100", "2", "3", "4"} <= inside
    assert len([text for text in inside if re.fullmatch(r"1e−\d+", text)]) > 1


@pytest.mark.parametrize("width", [3.0, 5.2, 5.9])
def test_no_letter_is_too_small_for_a_phone_not_even_an_index(width):
    fig, ax = plt.subplots(figsize=(width, 3))
    ax.set_title("weight $w_{12}$ to the power of $2^{-7}$")
    ax.text(0.5, 0.5, "small", fontsize=5)
    svg = to_svg(fig, "fig-small-letters", "letters")
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: (?:[\w ]*? )?([\d.]+)px", svg)]
    assert len(sizes) > 10 and min(sizes) * 382 / max(72 * width, 382 * 0.9) >= 9.05
    assert max(sizes) < 12


@pytest.mark.parametrize(("ticks", "labels", "message"), [
    ([1, 2, 3], ["1", "2", "2"], "read '2'"),
    ([0.001, 0.002], ["0.00", "0.01"], "reads '0.01'"),
    ([0, 1], ["0", "-1"], "reads '−1'"),
    ([10, 100], ["10", "$10^{3}$"], "reads"),
    ([0.844, 1], ["0.84", "1.02"], "reads '1.02'"),
])
def test_a_tick_that_says_something_else_is_refused(ticks, labels, message):
    fig, ax = plt.subplots()
    ax.set_xlim(min(ticks) - 1, max(ticks) + 1)
    ax.set_xticks(ticks, labels)
    with pytest.raises(ValueError, match=f"fig-wrong.*{re.escape(message)}"):
        to_svg(fig, "fig-wrong", "wrong ticks")


def test_an_offset_hidden_beside_the_axis_is_refused():
    fig, ax = plt.subplots()
    ax.plot([0, 1], [0, 3e9])
    with pytest.raises(ValueError, match="hides a factor"):
        to_svg(fig, "fig-offset", "offset")


@pytest.mark.parametrize(("value", "digits", "short", "long"), [
    (0.125, 2, "0.13", "0.13"), (-0.125, 2, "−0.13", "−0.13"), (-0.001, 2, "0", "0.00"), (100, 0, "100", "100"),
    (2.5, 0, "3", "3"), (-3, 2, "−3", "−3.00"), (1e9, 2, "1000000000", "1000000000.00"),
    (-math.inf, 2, "−∞", "−∞"), (math.nan, 1, "nan", "nan"),
])
def test_numbers_are_written_in_one_way(value, digits, short, long):
    assert (number(value, digits), fixed(value, digits)) == (short, long)


@pytest.mark.parametrize(("text", "said"), [
    ("-2", "−2"), ("y = -.5, (-3)", "y = −.5, (−3)"), ("1e-05 and 1E-5", "1e−05 and 1E−5"), ("3-by-3", "3-by-3"),
    ("conv-2", "conv-2"), ("2026-11-25", "2026-11-25"), ("0.1-0.2", "0.1-0.2"), ("[-1, -2]", "[−1, −2]"),
    ("--timings", "--timings"), ("x[-1]", "x[−1]"),
])
def test_a_hyphen_before_a_number_becomes_a_minus_sign(text, said):
    assert minus(text) == said


def test_a_figure_is_shown_as_an_image_with_its_alt_text_and_caption(monkeypatch):
    shown = []
    monkeypatch.setattr("cnnlib.course.figures._picture.display", shown.append)
    fig, ax = plt.subplots()
    ax.set_title('"quoted" & 100% <odd> #1')
    show(fig, name="fig-odd", alt="It's -1 < 2 & \"so\"", caption="From -1 to 2.")
    data = shown[0]._repr_mimebundle_()
    assert data["text/plain"] == "Figure: From −1 to 2." and "<svg" not in data["text/html"]
    markup = in_page(data["text/html"])
    assert 'aria-label="It&#x27;s −1 &lt; 2 &amp; &quot;so&quot;"' in markup and "<img" not in markup
    assert '"quoted" & 100% <odd> #1' in texts(markup)
    ElementTree.fromstring(re.search(r"<svg.*</svg>", markup.replace("xlink:", ""), re.S)[0])


def test_every_drawing_of_a_stage_becomes_an_image_of_its_size():
    stage = '<p>a</p><svg role="img" aria-label="b" viewBox="0 0 40 10" style="width:100%;max-width:80px"><g/></svg>'
    image = images(stage)
    assert image.startswith('<p>a</p><img class="course-picture" alt="b" width="80"')
    assert "height=%2720%27" in image or "height='20'" in image
    assert 'viewBox=' in in_page(image) and "max-width:80px" in in_page(image)


@pytest.mark.parametrize("step", STEPS)
def test_the_dot_stands_on_the_curve_at_the_loss_that_the_caption_says(step):
    losses = np.exp(np.random.default_rng(1).normal(-2, 1.5, 510))
    markup = _curve(running_mean(losses), step, 220, 24, 200, 150)
    x, y = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)"', markup).groups()
    points = re.search(r'<path d="M([^"]*)" fill="none"', markup)[1].split("L")
    assert f"{x} {y}" in points
    mean = losses[max(0, step - 8):step].mean() if step else losses[0]
    assert running_mean(losses)[step] == pytest.approx(mean)
