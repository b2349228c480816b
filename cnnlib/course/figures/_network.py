"""Units and connections drawn to scale, so that a connection can stop where its label stands."""

import matplotlib.pyplot as plt
import numpy as np

from cnnlib.course.figures._style import INK

POINTS = 72  # an inch


def canvas(width, height, xlim, ylim):
    """A figure of one plain plane without axes, which fills it.

    Parameters
    ----------
    width, height : float
        Inches.
    xlim, ylim : tuple of float

    Returns
    -------
    tuple of Figure and Axes
    """
    fig = plt.figure(figsize=(width, height), layout="none")
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=xlim, ylim=ylim)
    ax.axis("off")
    return fig, ax


def edge(ax, start, end, label="", at=0.5, fontsize=9.5, color=INK, short=0.0, line=None):
    """A connection with a label in a gap of its own.

    Parameters
    ----------
    ax : Axes
        From :func:`canvas`.
    start, end : pair of float
    label : str, optional
    at : float, optional
        Where on the way the label stands, 0 to 1.
    fontsize : float, optional
    color : str, optional
        Of the label.
    short : float, optional
        Points that the connection stays away from its two ends, for units that are not filled.
    line : dict, optional
        Color, width and style of the line.
    """
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    spans = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    way = (end - start) * ax.figure.get_size_inches() * POINTS / spans
    gap = short / np.hypot(*way) * (end - start)
    start, end, way = start + gap, end - gap, way * (1 - 2 * short / np.hypot(*way))
    middle = start + at * (end - start)
    pieces = [(start, end)]
    if label:
        ax.text(*middle, label, fontsize=fontsize, ha="center", va="center", color=color)
        # Half a label and some air: digits are about 0.64 of their size wide.
        room = np.array([0.32 * fontsize * len(label) + 3, 0.5 * fontsize + 2.5])
        with np.errstate(divide="ignore"):
            half = float((room / np.abs(way)).min())
        pieces = [(start, middle - half * (end - start)), (middle + half * (end - start), end)]
    for a, b in pieces:
        ax.plot(*np.stack([a, b]).T, zorder=0, **(line or {}))
