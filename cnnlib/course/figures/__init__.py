"""Figures of the chapters: one style, inline SVG that follows the page's theme, alt text and caption always.

``show(fig, name=..., alt=..., caption=...)`` ends a figure cell. The notebook holds the picture as an SVG image,
which shows wherever the notebook is opened; in the book it is SVG text inside the page, so it stays sharp, its
labels are real text, and its ink follows the reader's light or dark theme. ``hear(wave, rate, ...)`` shows a sound.
Use :data:`INK` for lines and labels, :data:`MUTED` for grids and helpers, :data:`PAPER` for the background, and
:data:`WORDS` for labels in colour; these change with the theme. :data:`COLORS` (Okabe and Ito's palette), for
shapes, reads on both. Numbers are written by :func:`number` and :func:`fixed`, bounds by :func:`at_most` and
:func:`at_least`, with a true minus sign.
"""

from cnnlib.course.figures._numbers import at_least, at_most, fixed, minus, number, unbroken
from cnnlib.course.figures._picture import Figure, images, show
from cnnlib.course.figures._sound import hear
from cnnlib.course.figures._style import (
    COLORS,
    DIVERGING,
    INK,
    MUTED,
    PAPER,
    SEQUENTIAL,
    WORDS,
    band,
    number_grid,
    use_style,
)
from cnnlib.course.figures._svg import to_svg

__all__ = [
    "COLORS", "DIVERGING", "INK", "MUTED", "PAPER", "SEQUENTIAL", "WORDS",
    "Figure", "at_least", "at_most", "band", "fixed", "hear", "images", "minus", "number", "number_grid", "show",
    "to_svg", "unbroken", "use_style",
]
