"""Matplotlib figures as inline SVG: small, deterministic, accessible, coloured by the page's theme."""

import html
import io
import re

import matplotlib.pyplot as plt
from IPython.display import display

from cnnlib.course.figures._style import INK, MUTED, PAPER

THEME = {
    INK: "currentColor",
    MUTED: "var(--course-muted, #8b8c8d)",
    PAPER: "var(--course-paper, #ffffff)",
}


def to_svg(fig, name, alt):
    """Turn a matplotlib figure into SVG markup for a page, and close the figure.

    Parameters
    ----------
    fig : matplotlib Figure
    name : str
        Prefix of every id inside, so that several figures can share a page.
    alt : str
        What a reader who does not see the picture needs to know.

    Returns
    -------
    str
    """
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(fig)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg"):]
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.S)
    # Matplotlib's own rule is written for "*" and would leak from an inline SVG into the whole page.
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: var(--course-font, sans-serif)", svg)
    svg = _local_ids(svg, name)
    for placeholder, color in THEME.items():
        svg = svg.replace(placeholder, color)
    svg = re.sub(r">\s+<", "><", svg)
    head = (
        f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {width} {height}" '
        f'style="width:100%;max-width:{round(1.55 * float(width))}px;height:auto;'
        'stroke-linejoin:round;stroke-linecap:butt" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return re.sub(r"<svg[^>]*>", lambda _: head, svg, count=1).strip()


def _local_ids(svg, name):
    """Drop ids nothing refers to and prefix the others with ``name``."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)


class Figure:
    """A picture with its alt text and caption; displays as HTML, or as its caption where there is no HTML."""

    def __init__(self, svg, name, caption):
        self.svg, self.name, self.caption = svg, name, caption

    def _repr_mimebundle_(self, include=None, exclude=None):
        markup = (
            f'<figure class="course-figure" id="{self.name}">{self.svg}'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )
        return {"text/html": markup, "text/plain": f"Figure: {self.caption}"}


def show(fig, *, name, alt, caption):
    """Display a matplotlib figure with its alt text and caption, and close it.

    Parameters
    ----------
    fig : matplotlib Figure
    name : str
        The figure's anchor in the page, such as ``"fig-sliding-window"``.
    alt : str
        What a reader who does not see the picture needs to know.
    caption : str
        The message of the figure, with the numbers that carry it.
    """
    for argument, text in {"name": name, "alt": alt, "caption": caption}.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{argument} must be a non-empty text, got {text!r}")
    display(Figure(to_svg(fig, name, alt), name, caption))
