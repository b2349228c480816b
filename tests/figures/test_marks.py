"""Points of a picture stand out from its ground, with all that makes them paler, in both themes."""

import sys

import pytest
from gallery import ROOT, explorers, figures
from test_legible import colour_of, contrast, page

pytestmark = pytest.mark.browser
LEAST = 3  # WCAG 2: graphical objects
# Small shapes in a colour of the palette: its words, so to say. A large one with a pale fill has an edge or a label.
MARKS = """
    const found = {};
    for (const mark of document.querySelectorAll("svg :is(use, circle, rect, path)")) {
      const {fill, fillOpacity} = getComputedStyle(mark), {width, height} = mark.getBoundingClientRect();
      if (fill === "none" || !width || width > 30 || height > 30 || mark.closest("defs, clipPath")) continue;
      let alpha = +fillOpacity, ground = mark;
      for (let e = mark; e && e.tagName !== "BODY"; e = e.parentElement) alpha *= getComputedStyle(e).opacity;
      const paint = (e) => getComputedStyle(e).backgroundColor;
      while (ground.parentElement && /, 0\\)$/.test(paint(ground))) ground = ground.parentElement;
      const name = mark.closest("[data-where]").dataset.where;
      found[[name, fill, alpha, paint(ground)]] = [name, fill, alpha, paint(ground)];
    }
    return Object.values(found);"""
SHOWN = ("01_neuron fig-two-features", "01_neuron fig-digit-line", "01_neuron explore-bias", "01_neuron explore-neuron")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_digits_and_corners_of_chapter_1_stand_out_from_the_ground(tmp_path, theme):
    sys.path.insert(0, str(ROOT / "tests"))
    from helpers_book import start_browser

    shown = [picture for picture in [*figures(), *explorers()] if picture.where in SHOWN]
    assert len(shown) == len(SHOWN)
    file, browser = tmp_path / "marks.html", start_browser(760, 900)
    try:
        file.write_text(page(shown), encoding="utf-8")
        browser.get(file.as_uri())
        browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        marks = browser.execute_script(MARKS)
    finally:
        browser.quit()
    assert len(marks) >= 2 * len(SHOWN)
    pale = []
    for name, fill, alpha, ground in marks:
        (colour, own), (under, _) = colour_of(fill), colour_of(ground)
        ratio = contrast(alpha * own * colour + (1 - alpha * own) * under, under)
        if ratio < LEAST:
            pale.append(f"{name}: {fill} at {alpha:.2f} on {ground} {ratio:.2f}:1")
    assert not pale, "\n".join(pale)
