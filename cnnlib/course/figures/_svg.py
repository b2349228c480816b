"""Matplotlib figures as SVG: small, deterministic, accessible, coloured by the page's theme."""

import functools
import html
import io
import re

import matplotlib.pyplot as plt
from matplotlib.font_manager import findfont, get_font

from cnnlib.course.figures._labels import check_ticks, plain_powers
from cnnlib.course.figures._numbers import minus_in_markup
from cnnlib.course.figures._style import THEME

# Only where a thing is drawn may its numbers be rounded; what it says stays letter for letter.
PLACES = re.compile(r'(?<= )(d|points|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|width|height)="([^"]*)"')
MOVES = re.compile(r"(?:translate|rotate)\([^)]*\)")
# No letter is smaller than this many pixels where a phone shows the picture in its width: no index, either.
LEAST, PHONE = 9.1, 382
SIZE = re.compile(r"(font(?:-size)?: (?:[\w ]*? )?)([\d.]+)px")
LONG = re.compile(r"-?\d+\.\d{3,}(?!\d*e)")
# Ink and ground by which a picture looks the same as a file and, where a page sets the two, joins the page.
GROUND = "color:var(--course-ink, #1f2429);background:var(--course-ground, #fffefc)"


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

    Raises
    ------
    ValueError
        If an axis says something else than where its ticks stand.
    """
    plain_powers(fig)
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(fig)
    check_ticks(fig, name)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg"):]
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.S)
    # Matplotlib's own rule is written for "*" and would leak from an inline SVG into the whole page.
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r"<[^>]*>", lambda m: _shorter(m[0]), svg)
    svg = re.sub(r"<text[^>]*>\s*(<tspan.*?)</text>", lambda m: m[0].replace(m[1], _joined(m[1])), svg, flags=re.S)
    # Axes and their ticks keep a name, for those who read the picture by machine.
    svg = re.sub(r' id="(?:matplotlib\.(axis)_\d+|[xy](tick)_\d+)"', lambda m: f' class="{m[1] or m[2]}"', svg)
    least = LEAST * max(float(width) / PHONE, 0.9)
    svg = SIZE.sub(lambda m: f"{m[1]}{max(float(m[2]), least):.4g}px", svg)
    svg = _local_ids(svg, name)
    for placeholder, color in THEME.items():
        svg = svg.replace(placeholder, color)
    svg = minus_in_markup(re.sub(r">\s+<", "><", svg))
    head = (
        f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {width} {height}" '
        f'style="width:100%;max-width:{round(1.55 * float(width))}px;height:auto;{GROUND};'
        'font-family:var(--course-font, sans-serif);stroke-linejoin:round;stroke-linecap:butt" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return re.sub(r"<svg[^>]*>", lambda _: head, svg, count=1).strip()


def _shorter(tag):
    """One tag with its coordinates to a hundredth of a point, and without what says nothing."""
    def two_digits(found):
        return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")

    tag = PLACES.sub(lambda m: f'{m[1]}="{LONG.sub(two_digits, " ".join(m[2].split()))}"', tag)
    tag = re.sub(r' transform="rotate\(-?0 [^)]*\)"| ?font-family: [^;"]*;?', "", tag)
    return MOVES.sub(lambda m: LONG.sub(two_digits, m[0]), tag)


@functools.cache
def _width(letter):
    """How far a letter of matplotlib's font reaches, in units of its size."""
    font = get_font(findfont("DejaVu Sans"))
    font.set_size(10, 72)
    return font.load_char(ord(letter)).linearHoriAdvance / 655360


def _joined(spans):
    """A formula's letters, each placed for matplotlib's font, as runs that keep together in any font.

    A letter that stands where the one before it ends loses its place across, so that it follows in the reader's
    font as well; the raised ``−3`` of a power then sits at its ``10``.
    """
    runs, end = [], None
    for x, y, style, inner in re.findall(r'<tspan x="([^"]*)" y="([^"]*)" style="([^"]*)">(.*?)</tspan>', spans, re.S):
        size, letter = float(re.search(r"font-size: ([\d.]+)", style)[1]), html.unescape(inner)
        follows = end is not None and len(letter) == 1 and abs(float(x) - end) < 0.1 * size
        if follows and runs[-1][1:3] == [y, style]:
            runs[-1][3] += inner
        else:
            runs.append(["" if follows else f'x="{x}" ', y, style, inner])
        end = float(x) + size * _width(letter) if len(letter) == 1 else None
    return "".join(f'<tspan {x}y="{y}" style="{style}">{inner}</tspan>' for x, y, style, inner in runs)


def _local_ids(svg, name):
    """Drop ids nothing refers to and prefix the others with ``name``."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
