"""Text in pictures can be read: dark enough in both themes, and no line through it. Measured in a browser."""

import base64
import io
import json
import re

import numpy as np
import pytest
from gallery import ROOT, Picture, figures, frames, sections
from PIL import Image

from cnnlib.course import bundle

pytestmark = pytest.mark.browser
LEAST = 4.5
WIDTH = 760  # pixels: the text column of the book
# Every text's place, and its colour with all that makes it paler; a text that is turned or empty has no plain box.
TEXTS = """
    const found = [];
    for (const text of document.querySelectorAll("svg text")) {
      let alpha = 1;
      for (let e = text; e && e.tagName !== "BODY"; e = e.parentElement) alpha *= getComputedStyle(e).opacity;
      const parts = text.querySelectorAll("tspan");
      for (const part of parts.length ? parts : [text]) {
        const box = part.getBoundingClientRect(), style = getComputedStyle(part);
        if (!part.textContent.trim() || !box.width) continue;
        // A label with an edge of its own, in the colour of the ground, stands on that.
        const own = style.paintOrder.startsWith("stroke") && parseFloat(style.strokeWidth) >= 3 ? style.stroke : null;
        found.push({words: text.textContent, name: text.closest("[data-where]").dataset.where, own, fill: style.fill,
          alpha: alpha * style.fillOpacity, box: [box.left + scrollX, box.top + scrollY, box.right + scrollX,
          box.bottom + scrollY], size: parseFloat(style.fontSize)});
      }
    }
    return found;"""


def page(pictures):
    """The pictures under one another, in the book's column with its two style sheets."""
    assets = ROOT / "_ext" / "assets"
    sheets = (assets / "course.css", bundle.PAGE / "explorer.css", assets / "theme.css")
    styles = "".join(path.read_text(encoding="utf-8") for path in sheets)
    body = "".join(
        f'<div data-where="{p.where}">{p.markup}</div>' if p.markup.startswith("<section") else
        f'<div class="course-figure" data-where="{p.where}"><div class="course-stage">{p.markup}</div></div>'
        for p in pictures)
    return (f'<!DOCTYPE html><html data-theme="light"><head><meta charset="utf-8"><style>{styles}'
            "body{margin:0;background:var(--pst-color-background);color:var(--pst-color-text-base)}"
            f"html.bare svg text{{visibility:hidden}}main{{width:{WIDTH}px}}</style></head>"
            f'<body><main class="bd-article">{body}</main><script>{bundle.for_page()}</script></body></html>')


def luminance(colour):
    c = np.asarray(colour, dtype=float) / 255
    return np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def photograph(browser, theme):
    """All texts of the page, and the page without them as an array of pixels."""
    browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    browser.execute_script("document.documentElement.classList.remove('bare')")
    texts = browser.execute_script(TEXTS)
    browser.execute_script("document.documentElement.classList.add('bare')")
    height = browser.execute_script("return document.documentElement.scrollHeight")
    rows = []
    for top in range(0, height, 4000):
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": top, "width": WIDTH, "height": min(4000, height - top), "scale": 1}})
        rows.append(np.asarray(Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")))
    return texts, np.concatenate(rows)


def under(pixels, box):
    """The pixels under a text, without the air above and below its letters."""
    left, top, right, bottom = box
    air = 0.22 * (bottom - top)
    part = pixels[int(top + air):int(np.ceil(bottom - air)), max(int(left), 0):int(np.ceil(right))]
    return part.reshape(-1, 3).astype(float)


def colour_of(css):
    """A computed colour, and how opaque it is."""
    red, green, blue, *alpha = (float(v) for v in re.findall(r"[\d.]+", css))
    return np.array([red, green, blue]), (alpha[0] if alpha else 1.0)


@pytest.fixture(scope="module")
def browser():
    import sys

    sys.path.insert(0, str(ROOT / "tests"))
    from helpers_book import start_browser

    driver = start_browser(WIDTH, 900)
    yield driver
    driver.quit()


def faults(browser, file, pictures):
    """Texts that are too pale in one of the themes, and texts over something uneven, each with its measure."""
    file.write_text(page(pictures), encoding="utf-8")
    browser.get(file.as_uri())
    pale, struck, count = [], [], 0
    for theme in ("light", "dark"):
        texts, pixels = photograph(browser, theme)
        for text in texts:
            ground = under(pixels, text["box"])
            if not len(ground):
                continue
            count += 1
            if text["own"]:
                ground = np.array([colour_of(text["own"])[0]])
            middle = np.median(ground, axis=0)
            colour, alpha = colour_of(text["fill"])
            alpha *= text["alpha"]
            ratio = contrast(alpha * colour + (1 - alpha) * middle, middle)
            said = f"{text['name']}: {text['words']!r}"
            if ratio < LEAST:
                pale.append(f"{said} {ratio:.2f}:1 in the {theme}")
            uneven = (np.abs(ground - middle).max(axis=1) > 40).mean()
            if uneven > 0.03:
                struck.append((said, theme, float(uneven)))
    return pale, struck, count


def groups():
    """The pictures of each notebook together: figures, explorers as the page draws them, and every fifth frame."""
    pictures = [*figures(), *sections(), *frames()[::5]]
    for notebook in dict.fromkeys(p.where.split()[0] for p in pictures):
        yield notebook, [p for p in pictures if p.where.startswith(notebook + " ")]


@pytest.mark.parametrize(("notebook", "pictures"), list(groups()), ids=lambda v: v if isinstance(v, str) else "")
def test_text_can_be_read_in_both_themes_and_nothing_runs_through_it(browser, tmp_path, notebook, pictures):
    pale, struck, count = faults(browser, tmp_path / "pictures.html", pictures)
    assert count > 10
    assert not pale, "\n".join(pale)
    assert not struck, json.dumps(struck, indent=1)


def toy(label, line="", size=14):
    text = f'<text x="20" y="25" font-size="{size}" {label}</text>'
    return [Picture("toy", f'<svg viewBox="0 0 200 40" style="width:400px">{line}{text}</svg>', "")]


@pytest.mark.parametrize(("label", "line", "wrong"), [
    ('fill="currentColor">0.35', "", "none"),
    ('fill="#1f5c99">0.35', "", "pale"),
    ('fill="currentColor" opacity="0.4">0.35', "", "pale"),
    ('fill="#111">0.35', '<rect width="200" height="40" fill="#fdd"/>', "none"),
    ('fill="#111">0.35', '<rect width="200" height="40" fill="#00a"/>', "pale"),
    ('fill="currentColor">0.35', '<path d="M0 20H200" stroke="#d55e00"/>', "struck"),
])
def test_the_measure_finds_what_cannot_be_read(browser, tmp_path, label, line, wrong):
    pale, struck, _ = faults(browser, tmp_path / "toy.html", toy(label, line))
    assert (bool(pale), bool(struck)) == (wrong == "pale", wrong == "struck"), (pale, struck)
