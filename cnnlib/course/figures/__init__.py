"""Figures of the chapters: one style, inline SVG that follows the page's theme, alt text and caption always.

``show(fig, name=..., alt=..., caption=...)`` ends a figure cell. The picture is SVG text inside the
page, so it stays sharp, its labels are real text, and its ink follows the reader's light or dark theme.
Use :data:`INK` for lines and labels, :data:`MUTED` for grids and helpers, :data:`PAPER` for the background;
these three change with the theme. :data:`COLORS` (Okabe and Ito's palette) reads on both.
"""

from cnnlib.course.figures._style import (
    COLORS,
    DIVERGING,
    INK,
    MUTED,
    PAPER,
    SEQUENTIAL,
    band,
    number_grid,
    use_style,
)
from cnnlib.course.figures._svg import Figure, show, to_svg

__all__ = [
    "COLORS", "DIVERGING", "INK", "MUTED", "PAPER", "SEQUENTIAL",
    "Figure", "band", "number_grid", "show", "to_svg", "use_style",
]
