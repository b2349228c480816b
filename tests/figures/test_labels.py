"""What the committed pictures print: ticks where they say they are, the numbers of their captions, one minus sign."""

import html
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
from gallery import HYPHEN, explorers, figures, frames, numbers, outputs, texts

from cnnlib.course.figures import fixed
from cnnlib.course.figures._labels import value_of

ALL = [*figures(), *explorers(), *frames()]


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
                order = np.argsort(places)  # on logarithmic axes the smaller ticks are drawn last
                places, values = places[order], np.array([value for value, _ in read])[order]
                assert (np.diff(values) != 0).all() and len(set(np.sign(np.diff(values)))) == 1, picture.where
                # Half a printed digit may move a tick by as much.
                reach = np.abs(places[-1] - places[0]) / abs(values[-1] - values[0])
                units = {unit for _, unit in read}  # several: each label says all of its number
                slack = 0.3 + (0.5 * max(units) * reach if len(read) > 2 and len(units) == 1 else 0)
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
        alt = " ".join(text for _, text in re.findall(r"aria-label=(['\"])(.*?)\1", picture.markup))
        said = {*numbers(picture.caption), *numbers(html.unescape(alt))}
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
    "explore-mazur": (r"σ\(z\) = " + ONE, 1), "explore-graph": (rf"(?:= |moves by |nudge is ){ONE}[.;](?= |$)", 3),
    "explore-logits": (rf"(?:(?<=\. p = )|(?<=Slopes: )|(?<=\d, )){ONE}", 4),
    "explore-coins": (rf"= {ONE}\. (?:Add|Largest)", 2),
    "explore-window": ("add up to " + ONE, 1), "explore-back": ("where dy = " + ONE, 1),
    "explore-channels": ("= " + ONE + r"\.", 1),
    "explore-pool": (r"\) = " + ONE, 1), "explore-threshold": (rf"\({ONE} of", 2),
}


def test_explorers_draw_what_their_captions_say():
    seen = set()
    for picture in [*explorers(), *frames()]:
        name = picture.where.split()[1]
        if name not in SPOKEN:
            continue
        pattern, count = SPOKEN[name]
        found = re.findall(pattern, picture.caption.replace("\u00a0", " "))
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


def test_no_explorer_opens_on_nothing():
    for picture in explorers():
        assert not re.search(r"\(0 of|\b0 of 0\b|not defined", picture.caption), f"{picture.where}: {picture.caption}"


def test_a_step_of_a_control_shows_another_picture_somewhere():
    """A slider whose next place changes no picture, whatever the other controls say, is longer than what it shows."""
    steps = {}
    for before, after in zip(frames(), frames()[1:], strict=False):
        (*_, name, a), (*_, other, b) = before.where.split(), after.where.split()
        if name != other:
            continue
        changed = [k for k, (x, y) in enumerate(zip(a.split("-"), b.split("-"), strict=True)) if x != y]
        if len(changed) == 1:
            plain = [re.sub(r"(id=|#)[^ )'>]*", "", p.markup) for p in (before, after)]
            step = name, changed[0], a.split("-")[changed[0]]
            steps[step] = steps.get(step, False) or plain[0] != plain[1]
    still = [step for step, moved in steps.items() if not moved]
    assert not still, still



def test_every_colour_of_the_page_has_another_for_where_there_is_no_page():
    for picture in [*explorers(), *frames(), *(f for f in figures() if not f.where.startswith("intro "))]:
        bare = re.findall(r"var\(--[\w-]+\s*\)", picture.markup)
        assert not bare, f"{picture.where}: {set(bare)}"
