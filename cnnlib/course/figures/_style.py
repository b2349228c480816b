"""Colours, the style sheet and small drawing helpers shared by all figures."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb

from cnnlib.course.figures._numbers import minus

# Placeholders: to_svg turns them into the page's own colours.
INK, MUTED, PAPER = "#1b1c1d", "#8b8c8d", "#fdfeff"
# Words and numbers in colour: darker on light paper and lighter on dark than the palette below, which is for shapes.
WORDS = {"blue": "#0172b3", "orange": "#b14b01", "green": "#01704e"}
THEME = {
    INK: "currentColor",
    MUTED: "var(--course-muted, #6b7075)",
    PAPER: "var(--course-paper, #fffefc)",
    WORDS["blue"]: "var(--course-accent, #0072b2)",
    WORDS["orange"]: "var(--course-bad, #b04a00)",
    WORDS["green"]: "var(--course-good, #00704f)",
}

# Okabe and Ito's colour-blind-safe palette, without black and yellow, which vanish on dark or light.
COLORS = {
    "blue": "#0072b2",
    "orange": "#d55e00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "sky": "#56b4e9",
    "amber": "#e69f00",
}
# Signs in every picture, still or moving: blue above zero, orange below.
DIVERGING = LinearSegmentedColormap.from_list("signs", [COLORS["orange"], "#ffffff", COLORS["blue"]])
SEQUENTIAL = "viridis"


def use_style():
    """Apply the course's matplotlib style sheet."""
    plt.style.use(Path(__file__).with_name("course.mplstyle"))


def band(ax, x, runs, *style, center=np.median, **options):
    """Draw several runs as one line, their median or another centre, in a band from the lowest to the highest.

    Parameters
    ----------
    ax : matplotlib Axes
    x : sequence (points,)
    runs : array (runs, points)
    *style, **options
        For ``ax.plot``: line style, marker, label.
    center : function, optional
        ``np.median`` or ``np.mean``.
    """
    (line,) = ax.plot(x, center(runs, axis=0), *style, **options)
    ax.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=line.get_color(), alpha=0.18, linewidth=0)


def see_through(values, limit):
    """Signed numbers as colours that read in both themes: blue above zero, orange below, and nothing at zero.

    Parameters
    ----------
    values : array (H, W)
    limit : float
        The magnitude that is drawn solid.

    Returns
    -------
    array (H, W, 4)
    """
    above, below = (to_rgb(COLORS[name]) for name in ("blue", "orange"))
    colours = np.where(np.asarray(values)[..., None] > 0, above, below)
    return np.concatenate([colours, np.clip(np.abs(values) / limit, 0, 1)[..., None]], axis=-1)


def legend_above(ax, columns=3, **options):
    """A legend over the axes, where no line can run through it.

    Parameters
    ----------
    ax : matplotlib Axes
    columns : int, optional
    **options
        For ``ax.legend``.
    """
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, **options)


def number_grid(ax, values, *, title="", cmap=DIVERGING, limit=None, fmt="{:g}", fontsize=None):
    """Draw a 2-d array as coloured cells with the numbers printed in them, centred on zero.

    Parameters
    ----------
    ax : matplotlib Axes
    values : array (H, W)
    title : str, optional
    cmap : str or Colormap, optional
        A diverging map: its middle means zero.
    limit : float, optional
        The value of the map's ends; by default the largest magnitude present.
    fmt : str, optional
        Format of the printed numbers; an empty string prints none.
    fontsize : float, optional
    """
    values = np.asarray(values)
    limit = limit or max(float(np.abs(values).max()), 1e-12)
    ax.imshow(values, cmap=cmap, vmin=-1.6 * limit, vmax=1.6 * limit)
    for (i, j), v in np.ndenumerate(values):
        if fmt:
            # The softened map keeps every cell light enough for dark digits, in both themes.
            ax.text(j, i, minus(fmt.format(v)), ha="center", va="center", color="#111111", fontsize=fontsize)
    ax.set_xticks(np.arange(values.shape[1] + 1) - 0.5, labels=[])
    ax.set_yticks(np.arange(values.shape[0] + 1) - 0.5, labels=[])
    ax.tick_params(length=0)
    ax.grid(True, color="#ffffff", linewidth=1, alpha=1)
    ax.set_title(title)
