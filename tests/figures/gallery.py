"""Every committed picture: the figures and explorers of all notebooks, as the book shows them."""

import functools
import html
import json
import pathlib
import re
import sys
from typing import NamedTuple

import nbformat

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOKS = [*sorted((ROOT / "chapters").glob("*.ipynb")), *sorted(ROOT.glob("*.ipynb"))]
SVG = re.compile(r"<svg\b.*?</svg>", re.S)
# Typeset as a minus: a hyphen that is neither inside a word nor between two numbers.
HYPHEN = re.compile(r"(?<![\w)\]-])-\.?\d|\de-\d")
NUMBER = re.compile(r"(?<![\w.^_{])[−-]?\d[\d,]*(?:\.\d+)?(?:e[+−-]?\d+)?(?![\w^])")


class Picture(NamedTuple):
    """A drawing with what is said about it.

    Attributes
    ----------
    where : str
        Notebook and name.
    markup : str
        A figure's SVG, or the stage of an explorer's frame.
    caption : str
    """

    where: str
    markup: str
    caption: str

    @property
    def svgs(self):
        return SVG.findall(self.markup)


def in_page(markup):
    """Markup of a notebook as the book has it: drawings inline."""
    sys.path.insert(0, str(ROOT / "_ext"))
    import pictures

    return pictures.PICTURE.sub(pictures.inline, markup)


@functools.cache
def outputs():
    """``(notebook, HTML)`` of every output that holds a figure or an explorer."""
    found = []
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                markup = output.get("data", {}).get("text/html", "")
                if 'class="course-figure"' in markup or 'class="course-explorer"' in markup:
                    found.append((path.stem, markup))
    return found


@functools.cache
def figures():
    """The still figures, with that of the title page."""
    title_page = ("intro", (ROOT / "_ext" / "assets" / "intro-figure.html").read_text(encoding="utf-8"))
    return [
        Picture(f"{notebook} {name}", in_page(picture), html.unescape(caption))
        for notebook, markup in [title_page, *outputs()]
        for name, picture, caption in re.findall(
            r'<figure class="course-figure" id="([^"]+)">(.*?)<figcaption>(.*?)</figcaption>', markup, re.S)
    ]


@functools.cache
def explorers():
    """The first frames of the explorers."""
    return [
        Picture(f"{notebook} {name}", in_page(stage), html.unescape(caption))
        for notebook, markup in outputs()
        for name, stage, caption in re.findall(
            r'<section class="course-explorer"[^>]*? id="([^"]+)".*?<div class="course-stage">(.*?)</div>'
            r'<p class="course-caption">(.*?)</p>', markup, re.S)
    ]


@functools.cache
def sections():
    """The explorers whole, for the player to draw."""
    whole = re.compile(r'(<section class="course-explorer"[^>]*? id="([^"]+)".*?</section>)', re.S)
    return [
        Picture(f"{notebook} {name}", in_page(section), "")
        for notebook, markup in outputs() for section, name in whole.findall(markup)
    ]


@functools.cache
def frames():
    """All frames of the explorers that are drawn beforehand."""
    return [
        Picture(f"{notebook} {name} {key}", stage, caption)
        for notebook, markup in outputs()
        for name, data in re.findall(r'<section [^>]*?id="([^"]+)"[^>]*? data-frames="([^"]*)"', markup)
        for key, (stage, caption, *_) in json.loads(html.unescape(data)).items()
    ]


def texts(markup):
    """The pieces of text of a markup, one for each ``<text>`` or cell: what a reader reads as one word or number."""
    pieces = re.findall(r"<(text|td|th|p)\b[^>]*>(.*?)</\1>", markup, re.S)
    return [html.unescape(re.sub(r"<[^>]*>", "", piece)).strip() for _, piece in pieces]


def numbers(text):
    """The numbers of a text, as they are printed."""
    return [found.replace("−", "-").replace(",", "").rstrip(",") for found in NUMBER.findall(text)]
