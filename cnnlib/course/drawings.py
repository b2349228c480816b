"""Drawings of digits for the network laboratory: strokes of a pen, as five hands would make them.

    python -m cnnlib.course.drawings       # draw them again: page/drawings.json

No image of a data set is in them. Each digit is a few points that a pen passes; a hand bends and shifts these points,
slants them, trembles, and has its own size, place and pen. All that were drawn are kept. The hand in a hurry came last,
because the network read every drawing of the other four.
"""

import json

import numpy as np

from cnnlib import _files
from cnnlib.course import bundle

FILE = bundle.PAGE / "drawings.json"
FINEST = 1295  # two digits in base 36
# Ways to write each digit: strokes as points (x, y) that the pen passes, in a square one unit wide, y downwards.
# A point with a third entry is a corner: the pen stops there.
WAYS = {
    0: [[[(.55, .02), (.2, .15), (.08, .5), (.22, .88), (.5, .98), (.8, .85), (.92, .5), (.8, .15), (.5, .02)]],
        [[(.75, .12), (.45, .0), (.15, .3), (.12, .7), (.4, 1), (.8, .8), (.88, .4), (.7, .08), (.55, .05)]]],
    1: [[[(.5, 0), (.5, .5), (.5, 1)]],
        [[(.25, .25), (.45, .1), (.58, 0, 1), (.58, .5), (.58, 1)]],
        [[(.6, 0), (.5, .5), (.42, 1)]]],
    2: [[[(.1, .25), (.3, .02), (.7, .05), (.85, .3), (.6, .6), (.1, .98, 1), (.5, .98), (.95, .96)]],
        [[(.12, .22), (.45, 0), (.82, .2), (.7, .5), (.3, .85), (.12, .95), (.18, .8), (.4, .85), (.7, .98),
          (.95, .9)]]],
    3: [[[(.12, .12), (.45, 0), (.8, .18), (.7, .4), (.4, .48, 1), (.75, .55), (.88, .78), (.5, 1), (.08, .85)]],
        [[(.1, .05), (.5, .03), (.85, .05, 1), (.45, .42, 1), (.8, .5), (.85, .8), (.45, 1), (.1, .88)]]],
    4: [[[(.3, 0), (.2, .3), (.1, .6, 1), (.5, .6), (.92, .58)], [(.7, .15), (.68, .6), (.66, 1)]],
        [[(.95, .62), (.5, .63), (.05, .62, 1), (.4, .3), (.72, 0, 1), (.7, .5), (.68, 1)]]],
    5: [[[(.25, .02), (.2, .25), (.18, .45, 1), (.5, .36), (.85, .6), (.7, .93), (.35, 1), (.1, .88)],
         [(.25, .03), (.55, .03), (.88, .0)]],
        [[(.85, .02), (.5, .03), (.22, .04, 1), (.18, .42, 1), (.5, .36), (.88, .65), (.6, .98), (.1, .9)]]],
    6: [[[(.7, 0), (.35, .25), (.12, .65), (.3, .95), (.65, .98), (.85, .75), (.65, .52), (.35, .58), (.15, .75)]],
        [[(.55, .0), (.25, .35), (.12, .75), (.45, 1), (.82, .85), (.78, .6), (.45, .55), (.2, .72)]]],
    7: [[[(.08, .05), (.5, .04), (.9, .03, 1), (.6, .5), (.4, 1)]],
        [[(.08, .06), (.5, .05), (.9, .04, 1), (.65, .45), (.38, 1)], [(.28, .5), (.55, .48), (.8, .47)]]],
    8: [[[(.75, .15), (.45, 0), (.2, .2), (.45, .45), (.78, .7), (.55, 1), (.2, .82), (.45, .48), (.72, .28),
          (.72, .12)]],
        [[(.5, .48), (.2, .25), (.5, 0), (.8, .22), (.5, .48), (.15, .78), (.5, 1), (.85, .78), (.52, .5)]]],
    9: [[[(.8, .25), (.5, .02), (.18, .22), (.3, .5), (.65, .45), (.82, .2, 1), (.8, .6), (.72, 1)]],
        [[(.82, .2), (.45, 0), (.15, .25), (.4, .52), (.75, .35), (.82, .15), (.8, .55), (.6, .9), (.3, .98)]]],
}  # fmt: skip
# Pen width and height on a pad one unit wide, width over height, slant, and how far points stray and lines tremble.
HANDS = {
    "upright, in the middle": {"pen": 0.08, "high": 0.62, "wide": 0.75, "slant": 0.0, "stray": 0.02, "tremble": 0.003},
    "slanted, large": {"pen": 0.06, "high": 0.82, "wide": 0.6, "slant": 0.28, "stray": 0.03, "tremble": 0.004},
    "small, in a corner": {"pen": 0.05, "high": 0.34, "wide": 0.85, "slant": -0.1, "stray": 0.035, "tremble": 0.005},
    "thick and shaky": {"pen": 0.12, "high": 0.68, "wide": 0.8, "slant": 0.1, "stray": 0.05, "tremble": 0.012},
    "in a hurry": {"pen": 0.07, "high": 0.55, "wide": 0.7, "slant": 0.2, "stray": 0.11, "tremble": 0.006},
}
STEP = 0.018  # from one point of a stroke to the next, on the pad


def smooth(corners):
    """Points of a curve that passes all corners (Catmull and Rom's spline), 12 to each piece."""
    padded = np.concatenate([2 * corners[:1] - corners[1:2], corners, 2 * corners[-1:] - corners[-2:-1]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*pieces, corners[-1:]])


def curve(stroke):
    """A stroke's points; at its corners one spline ends and another begins."""
    ends = [0, *(k for k, point in enumerate(stroke) if len(point) == 3), len(stroke) - 1]
    at = np.array([point[:2] for point in stroke])
    return np.concatenate([smooth(at[a : b + 1]) for a, b in zip(ends, ends[1:], strict=False) if b > a])


def evenly(line, step=STEP):
    """Points along a line, a step apart: a pen that is asked where it is at even times."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    where = np.linspace(0, along[-1], max(int(along[-1] / step), 1) + 1)
    return np.stack([np.interp(where, along, axis) for axis in line.T], axis=1)


def drawing(digit, hand, rng):
    """A digit in one hand: its strokes, arrays (points, 2) within the unit square."""
    high = hand["high"] * rng.uniform(0.9, 1.1)
    way = WAYS[digit][rng.integers(len(WAYS[digit]))]
    turn = rng.normal(0, 0.06)
    strokes = []
    for stroke in way:
        bent = [(*rng.normal(point[:2], hand["stray"]), *point[2:]) for point in stroke]
        x, y = (curve(bent) - 0.5).T
        x, y = hand["wide"] * x - hand["slant"] * y, y
        x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
        strokes.append(evenly(high * np.stack([x, y], axis=1)))
    for line in strokes:  # a tremble with a memory: neighbours stray alike
        shake = rng.normal(0, hand["tremble"], line.shape)
        line += np.stack([np.convolve(axis, [0.25, 0.5, 0.25], "same") for axis in shake.T], axis=1)
    low = np.min([line.min(axis=0) for line in strokes], axis=0)
    top = np.max([line.max(axis=0) for line in strokes], axis=0)
    edge = hand["pen"] / 2 + 0.01
    free = 1 - 2 * edge - (top - low)
    # The small hand goes where there is room, the others stay about the middle.
    place = rng.random(2) if high < 0.5 else rng.normal(0.5, 0.1, 2).clip(0, 1)
    return [line - low + edge + place * np.maximum(free, 0) for line in strokes]


def packed(line):
    """A stroke as the laboratory keeps it: each point as four digits in base 36."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    whole = np.rint(FINEST * line.clip(0, 1)).astype(int).ravel()
    return "".join(digits[v // 36] + digits[v % 36] for v in whole)


def drawings(seed=0):
    """All digits in all hands.

    Returns
    -------
    list of dict
        ``digit``, ``hand``, ``pen`` and ``strokes``.

    Examples
    --------
    >>> len(drawings()), drawings()[13]["digit"], drawings()[13]["hand"]
    (50, 3, 'slanted, large')
    """
    rng = np.random.default_rng([14, seed])
    return [{"digit": digit, "hand": name, "pen": hand["pen"], "strokes": list(map(packed, drawing(digit, hand, rng)))}
            for name, hand in HANDS.items() for digit in WAYS]


def load():
    """The committed drawings."""
    return json.loads(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    rows = ",\n".join(json.dumps(drawn) for drawn in drawings())
    _files.write(FILE, f"[\n{rows}\n]\n".encode())
