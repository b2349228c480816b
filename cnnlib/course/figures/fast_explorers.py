"""The explorer of chapter 18: what memory and arithmetic allow a layer, for any number of filters."""

import numpy as np

from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._panels import ACCENT, FLEX, LINE, WARM, panel, text

FILTERS = [1, 2, 4, 6, 8, 16, 32, 64, 128, 256]
LAYERS = {"1 channel, 5 × 5": (25, 576), "32 channels, 3 × 3": (288, 196)}  # weights of a filter, places
NEEDS = [2, 5, 20]  # operations per byte that keep a core busy
LEFT, RIGHT, TOP, BOTTOM = 34, 324, 14, 184  # of the axes
LOW, HIGH = 0.25, 128  # operations per byte
LEAST = 0.01  # of the peak


def numbers(filters, layer, needs):
    """Operations, bytes, their ratio, and the share of the peak that they allow; the arguments are the controls."""
    weights, places = LAYERS[layer]
    operations = 2 * filters * weights * places
    moved = 4 * (filters * weights + weights * places + filters * places)
    intensity = operations / moved
    return {"operations": operations, "bytes": moved, "intensity": intensity, "share": min(1, intensity / needs)}


def across(intensity):
    """Where an arithmetic intensity stands, from left to right: a logarithmic scale."""
    return LEFT + (RIGHT - LEFT) * np.log(intensity / LOW) / np.log(HIGH / LOW)


def up(share):
    """Where a share of the peak stands, from below: a logarithmic scale."""
    return BOTTOM - (BOTTOM - TOP) * np.log(share / LEAST) / np.log(1 / LEAST)


def _rule(x1, y1, x2, y2, look=f'stroke="{LINE}"'):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {look}/>'


def roof(filters, layer, needs):
    """Draw the roof of a core that needs so many operations per byte, and the layer under it."""
    found = numbers(filters, layer, needs)
    busy = found["share"] == 1
    color = ACCENT if busy else WARM
    x, y = across(found["intensity"]), up(found["share"])
    parts = []
    for share, name in ((1, "100%"), (0.1, "10%"), (0.01, "1%")):
        parts.append(_rule(LEFT, up(share), RIGHT, up(share)))
        parts.append(text(LEFT - 18, f"{up(share) + 4:.1f}", 12, name))
    for tick in (0.25, 1, 4, 16, 64):
        parts.append(_rule(across(tick), TOP, across(tick), BOTTOM))
        parts.append(text(f"{across(tick):.1f}", BOTTOM + 17, 12, f"{tick:g}"))
    parts.append(text((LEFT + RIGHT) / 2, BOTTOM + 36, 12, "operations per byte"))
    foot = max(LOW, LEAST * needs)
    line = [(foot, foot / needs), (needs, 1), (HIGH, 1)]
    points = " ".join(f"{across(i):.1f},{up(s):.1f}" for i, s in line)
    parts.append(f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="2"/>')
    parts.append(_rule(x, y, x, BOTTOM, f'stroke="{color}" stroke-dasharray="4 3"'))
    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{color}"/>')
    says = f"{found['share']:.0%} of the peak at {fixed(found['intensity'], 1)} operations per byte"
    weights, places = LAYERS[layer]
    one = "filter" if filters == 1 else "filters"
    end = ("That is enough to keep this core busy: arithmetic sets the pace." if busy else
           f"This core needs {needs}: memory sets the pace, at {fixed(100 * found['share'], 0)}% of the peak at best.")
    caption = (f"{filters} {one} of {weights} weights at {places} places: {found['operations']:,} operations, "
               f"{found['bytes']:,} bytes, {fixed(found['intensity'], 1)} operations per byte. {end}")
    drawing = panel("what memory and arithmetic allow, as a share of the peak", RIGHT + 8, BOTTOM + 44,
                    f"a line that rises and then is flat, and a dot: {says}", "".join(parts))
    return f'<div style="{FLEX}">{drawing}</div>', caption
