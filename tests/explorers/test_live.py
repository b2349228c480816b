"""The ipywidgets of an explorer, and what its HTML holds, without a page or a notebook around them."""

import html
import json
import re

from bs4 import BeautifulSoup

from cnnlib.course._live import live
from cnnlib.course.explorers import Explorer, Slider


def squares(limit=3, off=False):
    """A row of squares whose length depends on another control."""
    def draw(n, most):
        n = min(n, most)
        return f"<p>{n}</p>", f"{n} squared is {n * n}", {"limits": {"n": most}, "off": ["most"] if off else []}

    controls = [Slider("n", range(6), label="number", start=5, play=True),
                Slider("most", range(1, 6), label="m", start=limit)]
    return Explorer(draw, controls, name="explore-squares", title="Squares & more")


def parts(box):
    title, row, most, stage, caption = box.children
    return *row.children, most, stage, caption


def test_a_slider_is_as_long_as_what_it_slides_over():
    select, play, most, _, caption = parts(live(squares()))
    assert list(select.options) == ["0", "1", "2", "3"] and select.index == 3 and play.max == 3
    most.index = 4
    assert len(select.options) == 6 and play.max == 5 and select.index == 3
    select.index = 5
    assert caption.value == "5 squared is 25"
    most.index = 0
    assert len(select.options) == 2 and select.index == 1 and caption.value == "1 squared is 1"


def test_play_stops_when_somebody_moves_the_slider():
    select, play, most, _, caption = parts(live(squares(5)))
    play.playing, play.value = True, 2
    assert select.index == 2 and play.playing and caption.value == "2 squared is 4"
    select.index = 4
    assert not play.playing and play.value == 4 and caption.value == "4 squared is 16"


def test_a_control_without_effect_is_disabled():
    *_, most, _, _ = parts(live(squares(off=True)))
    assert most.disabled
    assert "disabled" in squares(off=True).to_html() and "disabled" not in squares().to_html()


def test_frames_come_back_as_they_were_drawn():
    def draw(n):
        return f'<svg viewBox="0 0 9 9" style="max-width:9px"><text x="1">"a" & \'b\' < {n}</text></svg>'.replace(
            "&", "&amp;").replace("<  ", "&lt; "), f'"{n}" & \'more\''

    explorer = Explorer(draw, [Slider("n", [-1, 2], label="n")], name="explore-q", title="Quotes")
    data = html.unescape(re.search(r'data-frames="([^"]*)"', explorer.to_html())[1])
    for k, (stage, caption, limits, off) in json.loads(data).items():
        assert caption == ('"−1" & \'more\'', '"2" & \'more\'')[int(k)] and limits == {} and off == []
        assert BeautifulSoup(stage, "html.parser").find("text").get_text().startswith("\"a\" & 'b'")
