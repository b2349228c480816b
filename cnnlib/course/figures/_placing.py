"""Labels beside marks: each where it covers no mark and no other label."""

import itertools

import numpy as np

from cnnlib.course.figures._style import INK, PAPER

AROUND = [(np.cos(a), np.sin(a)) for a in np.radians((45, 0, 90, -45, 135, -90, 180, -135))]
STEPS = (8, 11, 14, 18, 23)  # points from the middle of a mark to the nearest edge of its label


def place_labels(ax, points, texts, *, mark=7, lines=(), fontsize=9):
    """Write a label beside each mark, in the first free place around it: near before far.

    Parameters
    ----------
    ax : matplotlib Axes
        With its limits and everything else that shifts it on the figure: places are found in points.
    points : list of (float, float)
        Where the marks stand, in data coordinates.
    texts : list of str
    mark : float, optional
        Diameter of the marks, in points.
    lines : sequence of float, optional
        Heights of horizontal lines that labels keep clear of, too.
    fontsize : float, optional
    """
    figure = ax.figure
    figure.draw_without_rendering()
    scale, renderer = figure.dpi / 72, figure.canvas.get_renderer()
    frame = ax.get_window_extent(renderer)
    middles = ax.transData.transform(np.asarray(points, dtype=float))
    reach = scale * (mark / 2 + 1.5)
    taken = [(*(middle - reach), *(middle + reach)) for middle in middles]
    for height in ax.transData.transform([(0, height) for height in lines])[:, 1] if len(lines) else ():
        taken.append((frame.x0, height - scale, frame.x1, height + scale))
    for middle, point, text in zip(middles, points, texts, strict=True):
        label = ax.annotate(text, point, (0, 0), textcoords="offset points", ha="center", va="center", color=INK,
                            fontsize=fontsize, zorder=1.5, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.3})
        box = label.get_window_extent(renderer)
        half = np.array([box.width, box.height]) / 2
        for distance, way in itertools.product(STEPS, AROUND):
            offset = np.array(way) * (scale * distance + half - scale * 4)
            low, high = middle + offset - half, middle + offset + half
            inside = frame.x0 <= low[0] and frame.y0 <= low[1] and high[0] <= frame.x1 and high[1] <= frame.y1
            if inside and not any(low[0] < b[2] and b[0] < high[0] and low[1] < b[3] and b[1] < high[1] for b in taken):
                break
        else:
            raise ValueError(f"no free place for the label {text!r}: make the figure larger")
        label.set_position(offset / scale)
        taken.append((*low, *high))
