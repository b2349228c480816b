"""What is printed in a picture: every number letter for letter, ticks where they say they are, one minus sign."""

import html
import math
import re
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from gallery import HYPHEN, explorers, figures, frames, numbers, outputs, texts
from matplotlib.text import Text

from cnnlib.course.figures import fixed, minus, number, number_grid, to_svg, use_style
from cnnlib.course.figures._labels import value_of

STILLS = [*figures(), *explorers()]
ALL = [*figures(), *explorers(), *frames()]


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
                 "0.1234568", "points 3.14159", "rate 0.00123"}:
        assert text in said and text in inside


def test_coordinates_are_short():
    svg = to_svg(drawn(), "fig-test", "numbers")
    tags = "".join(re.findall(r"<[^>]*>", svg))
    assert not re.search(r' (?:d|x|y|points|width)="[^"]*\.\d{3}', tags)


def test_small_ticks_keep_their_digits():
    fig, ax = plt.subplots()
    ax.plot([0, 0.0045], [0, 1])
    assert {"0.001", "0.002", "0.003", "0.004"} <= set(texts(to_svg(fig, "fig-small", "a line")))


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


# ---- what is committed ------------------------------------------------------------------------------------------


def test_there_are_pictures():
    assert len(figures()) > 60 and len(explorers()) >= 14 and len(frames()) > 150


def parse(svg):
    return ElementTree.fromstring(re.sub(r"xlink:|xmlns(?::xlink)?=(['\"]).*?\1", "", svg))


def tick_text(tick):
    """A tick's label; digits raised over the line become an exponent."""
    spans = tick.findall(".//tspan")
    if not spans:
        return "".join("".join(text.itertext()) for text in tick.findall(".//text"))
    sizes = [float(re.search(r"font-size: ([\d.]+)", span.get("style"))[1]) for span in spans]
    base = "".join(span.text for span, size in zip(spans, sizes, strict=True) if size == max(sizes))
    power = "".join(span.text for span, size in zip(spans, sizes, strict=True) if size < max(sizes))
    return f"${base}^{{{power}}}$" if power else base


def tick_place(tick):
    mark = tick.find(".//use")
    if mark is not None:
        return float(mark.get("x")), float(mark.get("y"))
    text = tick.find(".//text")
    return float(text.get("x")), float(text.get("y"))


def axes_of(svg):
    """Of each axis in a drawing: the places of its labelled ticks along it, and the labels."""
    for axis in parse(svg).iter("g"):
        if axis.get("class") != "axis":
            continue
        ticks = [tick for tick in axis.iter("g") if tick.get("class") == "tick" and tick_text(tick).strip()]
        places = np.array([tick_place(tick) for tick in ticks]).reshape(-1, 2)
        if len(places):
            along = places[:, int(np.ptp(places[:, 1]) > np.ptp(places[:, 0]))]
            yield along, [tick_text(tick) for tick in ticks]


def astray(places, values):
    """How far ticks stand from where a linear or logarithmic axis through the outer two has them, in points."""
    def worst(scaled):
        share = (scaled - scaled[0]) / (scaled[-1] - scaled[0])
        return np.abs(places - places[0] - share * (places[-1] - places[0])).max()

    found = [worst(values)]
    if (values > 0).all():
        found.append(worst(np.log(values)))
    return min(found)


def test_the_labels_of_committed_axes_stand_where_they_say():
    checked = 0
    for picture in ALL:
        for svg in picture.svgs:
            for places, labels in axes_of(svg):
                read = [value_of(label) for label in labels]
                if any(value is None for value in read) or len(read) < 2:
                    continue
                assert len(set(labels)) == len(labels), f"{picture.where}: ticks that read alike: {labels}"
                values = np.array([value for value, _ in read])
                assert (np.diff(values) != 0).all() and len(set(np.sign(np.diff(values)))) == 1, picture.where
                # Half a printed digit may move a tick by as much.
                reach = np.abs(places[-1] - places[0]) / abs(values[-1] - values[0])
                slack = 0.3 + (0.5 * max(unit for _, unit in read) * reach if len(read) > 2 else 0)
                assert astray(places, values) <= slack, f"{picture.where}: ticks {labels} stand at {places}"
                checked += len(read) > 2
    assert checked > 80


def test_the_check_of_committed_axes_finds_a_rounded_label():
    assert astray(np.array([0.0, 10, 20, 30]), np.array([0.59, 0.59, 0.6, 0.6])) > 1
    assert astray(np.array([0.0, 10, 20]), np.array([1.0, 10, 100])) < 1e-9


def coarser(printed, exact):
    """Whether one printed number is the other with fewer digits, such as 0.84 and 0.844."""
    digits, more = (len(n.partition(".")[2]) for n in (printed, exact))
    return digits and digits < more and float(printed) and fixed(float(exact), digits) == fixed(float(printed), digits)


def test_a_picture_draws_a_number_as_its_caption_prints_it():
    assert coarser("0.84", "0.844") and coarser("0.59", "0.5933") and not coarser("0.8", "0.86")
    for picture in ALL:
        said = set(numbers(picture.caption))
        ticks = {label for svg in picture.svgs for _, labels in axes_of(svg) for label in labels}
        shown = {n for text in texts(picture.markup) if text not in ticks for n in numbers(text)}
        for caption in said - shown:
            worse = [n for n in shown if coarser(n, caption)]
            assert not worse, f"{picture.where}: {caption} in the caption, {worse} in the picture"


def test_a_number_that_is_drawn_to_more_digits_is_rounded_rightly_in_the_caption():
    for picture in ALL:
        shown = {n for text in texts(picture.markup) for n in numbers(text)}
        for caption in numbers(picture.caption):
            cut = [n for n in shown if caption not in shown and not coarser(caption, n)
                   and len(n) > len(caption) > 3 and n.startswith(caption) and "." in caption]
            assert not cut, f"{picture.where}: {caption} in the caption is {cut} cut off"


# Explorers that draw the numbers of which their caption speaks: a pattern of the caption, and how many it must find.
ONE = r"(−?\d+(?:\.\d+)?)"
SPOKEN = {
    "explore-mazur": (r"σ\(z\) = " + ONE, 1), "explore-chain": (rf"(?:= |Together: ){ONE}\.$", 1),
    "explore-logits": (rf"(?:(?<=\. p = )|(?<=Gradient: )|(?<=\d, )){ONE}", 4),
    "explore-window": ("add up to " + ONE, 1), "explore-back": ("where dy = " + ONE, 1),
    "explore-pool": (r"\) = " + ONE, 1), "explore-threshold": (rf"\({ONE} of", 2),
}


def test_explorers_draw_what_their_captions_say():
    seen = set()
    for picture in [*explorers(), *frames()]:
        name = picture.where.split()[1]
        if name not in SPOKEN:
            continue
        pattern, count = SPOKEN[name]
        found = re.findall(pattern, picture.caption)
        shown = " ".join(texts(picture.markup))
        if len(found) >= count:
            seen.add(name)
            missing = [n for n in found[-count:] if n not in re.findall(r"−?\d+(?:\.\d+)?", shown)]
            assert not missing, f"{picture.where}: {missing}"
    assert seen == set(SPOKEN)


def test_there_is_one_minus_sign():
    for picture in ALL:
        alt = [text for _, text in re.findall(r"aria-label=(['\"])(.*?)\1", picture.markup)]
        for text in [*texts(picture.markup), picture.caption, *alt]:
            assert not HYPHEN.search(text), f"{picture.where}: {text!r}"
    for notebook, markup in outputs():
        readouts = re.findall(r'data-texts="([^"]*)"|<option[^>]*>([^<]*)<|<output[^>]*>([^<]*)<', markup)
        for text in (html.unescape(part) for parts in readouts for part in parts if part):
            assert not HYPHEN.search(text), f"{notebook}: {text!r}"


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
