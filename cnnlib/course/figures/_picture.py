"""Pictures that show wherever a notebook is opened.

JupyterLab, as long as it does not trust a notebook, drops ``<svg>`` from its output, and so do code hosts; what they
all keep is ``<img>``. So a notebook holds each drawing once, as an image whose address is the drawing itself, and the
book puts the drawing back into the page (``_ext/pictures.py``), where it follows the reader's theme.
"""

import html
import re

from IPython.display import display

from cnnlib.course.figures._numbers import minus, unbroken
from cnnlib.course.figures._svg import GROUND, to_svg

SVG = re.compile(r"<svg\b([^>]*)>(.*?)</svg>", re.S)
PREFIX = "data:image/svg+xml,"
# The few characters that would end the address, the attribute or the tag.
CODES = str.maketrans({c: f"%{ord(c):02X}" for c in '%#<>"&'})


def single_quoted(markup):
    """Markup whose attributes stand in single quotes, so that it can stand in a double-quoted attribute.

    Parameters
    ----------
    markup : str

    Returns
    -------
    str
    """
    def requote(found):
        return re.sub(r'="([^"]*)"', lambda m: "='" + m[1].replace("'", "&#39;") + "'", found[0])

    return re.sub(r"<[^>]*>", requote, markup)


def to_image(svg):
    """An ``<img>`` that holds one SVG drawing.

    Parameters
    ----------
    svg : str
        With ``viewBox`` and, where it is to be read aloud, ``aria-label``.

    Returns
    -------
    str
    """
    found = SVG.fullmatch(svg)
    attributes = dict(re.findall(r'([\w:-]+)="([^"]*)"', found[1]))
    alt, _ = attributes.pop("aria-label", ""), attributes.pop("role", "")
    *_, wide, high = (float(part) for part in attributes["viewBox"].split())
    style = attributes.pop("style", "")
    size, unit = re.search(r"max-width:([\d.]+)(px|rem)", style).groups()
    width = round(float(size) * (16 if unit == "rem" else 1))
    own = ";".join(part for part in style.split(";") if not re.match(r"\s*(?:max-width|width|height)\s*:", part))
    own = own if "--course-ground" in own else f"{GROUND};{own}".rstrip(";")
    attributes = {"xmlns": "http://www.w3.org/2000/svg", "width": width, "height": round(width * high / wide),
                  "style": own} | attributes
    drawing = "<svg" + "".join(f' {key}="{value}"' for key, value in attributes.items()) + f">{found[2]}</svg>"
    address = single_quoted(" ".join(drawing.split())).translate(CODES)
    return (f'<img class="course-picture" alt="{alt}" width="{width}" style="max-width:100%;height:auto" '
            f'src="{PREFIX}{address}">')


def images(markup):
    """HTML in which every SVG drawing is an image.

    Parameters
    ----------
    markup : str

    Returns
    -------
    str
    """
    return SVG.sub(lambda found: to_image(found[0]), markup)


class Figure:
    """A picture with its alt text and caption; displays as HTML, or as its caption where there is no HTML."""

    def __init__(self, svg, name, caption):
        self.svg, self.name, self.caption = svg, name, caption

    def _repr_mimebundle_(self, include=None, exclude=None):
        markup = (
            f'<figure class="course-figure" id="{self.name}">{to_image(self.svg)}'
            f"<figcaption>{html.escape(unbroken(self.caption))}</figcaption></figure>"
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

    Raises
    ------
    ValueError
        If a text is missing, or an axis says something else than where its ticks stand.
    """
    for argument, text in {"name": name, "alt": alt, "caption": caption}.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{argument} must be a non-empty text, got {text!r}")
    display(Figure(to_svg(fig, name, minus(alt)), name, minus(caption)))
