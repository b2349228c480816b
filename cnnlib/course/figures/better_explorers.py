"""Explorer of chapter 15: one seed more, and one more, until the conclusion turns round, or does not."""

import numpy as np

from cnnlib.course import better
from cnnlib.course.figures._numbers import fixed
from cnnlib.course.figures._panels import ACCENT, FLEX, LINE, WARM, panel, text

CHANGES = ("another start", "weight decay", "shift", "dropout")
LIMITS = {"weight decay": 6}  # points at the edge of the drawing, where they are not 16
WIDTH, HEIGHT, BELOW = 620, 240, 44  # pixels; the last for the seeds under the drawing


def numbers(change, n):
    """What the first ``n`` seeds say about a change, in points.

    Parameters
    ----------
    change : str
        A line of the record.
    n : int

    Returns
    -------
    dict
        ``differences`` of the seeds so far, the running ``means``, the ``halves`` of their intervals (None for one
        seed), the ``verdict`` of each number of seeds, and how often the sign of the mean has ``turned``.
    """
    lines = better.load()["lines"]
    found = 100 * (np.array(lines[change]["scores"]) - lines["base"]["scores"])[:n]
    means, halves = [], []
    for k in range(1, n + 1):
        mean, half = better.interval(found[:k]) if k > 1 else (found[0], None)
        means.append(float(mean))
        halves.append(None if half is None else float(half))
    verdicts = ["open" if half is None or abs(mean) <= half else "better" if mean > 0 else "worse"
                for mean, half in zip(means, halves, strict=True)]
    signs = np.sign(means)
    signs = signs[signs != 0]
    return {"differences": found, "means": means, "halves": halves, "verdicts": verdicts,
            "turned": int((np.diff(signs) != 0).sum())}


def seeds(change, n):
    """The stage and caption after ``n`` seeds."""
    told = numbers(change, int(n))
    last, mean, half = told["differences"][-1], told["means"][-1], told["halves"][-1]
    by_sign = "no change" if not mean else "better" if mean > 0 else "worse"
    caption = (f"{change}, {n} seed{'s' if n > 1 else ''}: the last difference is {signed(last)} points, "
               f"the mean {signed(mean)}")
    if half is None:
        caption += f". By its sign you would report “{by_sign}”; one seed has no spread, so no interval."
    else:
        verdict = told["verdicts"][-1]
        judged = "0 is inside, you cannot tell" if verdict == "open" else f"0 is outside, {verdict}"
        caption += f" ± {fixed(half, 1)}. By its sign: {by_sign}. By its interval: {judged}."
    words = {0: "not turned", 1: "turned once", 2: "turned twice"}
    turned = words.get(told["turned"], f"turned {told['turned']} times")
    caption += f" So far the sign of the mean has {turned}."
    drawn = panel("paired differences, in points", WIDTH, HEIGHT + BELOW, f"{n} dots, a line and a band",
                  _drawing(told, LIMITS.get(change, 16)))
    return f'<div style="{FLEX}">{drawn}</div>', caption


def signed(value):
    """A number of points with its sign and one decimal."""
    written = fixed(value, 1)
    return written if written.startswith("−") or float(written) == 0 else f"+{written}"


def _drawing(told, limit):
    n = len(told["differences"])
    seats = [44 + (WIDTH - 50) * (k + 0.5) / len(better.JUDGING) for k in range(len(better.JUDGING))]
    x = seats[:n]
    scale = HEIGHT / 2 / limit
    y = [HEIGHT / 2 - scale * np.clip(v, -limit, limit) for v in (*told["differences"], *told["means"])]
    dots = "".join(f"M{a:.0f} {b:.0f}h0" for a, b in zip(x, y[:n], strict=True))
    line = "M" + "L".join(f"{a:.0f} {b:.0f}" for a, b in zip(x, y[n:], strict=True))  # the means
    triples = [t for t in zip(x, y[n:], told["halves"], strict=True) if t[2] is not None]
    upper, lower = ([(a, np.clip(b + side * scale * half, 0, HEIGHT)) for a, b, half in triples] for side in (-1, 1))
    outline = " ".join(f"{a:.0f},{b:.0f}" for a, b in upper + lower[::-1])
    marks = (-10, 0, 10) if limit > 10 else (-4, 0, 4)
    ticks = "".join(f'<text x="36" y="{HEIGHT / 2 - scale * v + 4:.0f}" text-anchor="end">{signed(v)[:-2]}</text>'
                    for v in marks)
    ticks += "".join(text(f"{seats[k]:.0f}", HEIGHT + 18, 18, k) for k in (0, 5, 10, 15, 20))
    ticks += text(WIDTH / 2 + 22, HEIGHT + 40, 18, "seed")
    return (
        f'<g font-size="18" fill="currentColor">{ticks}</g>'
        f'<path d="M44 {HEIGHT / 2}H{WIDTH}" stroke="{LINE}" stroke-width="2"/>'
        f'<polygon points="{outline}" fill="{ACCENT}" fill-opacity=".18"/>'
        f'<path d="{dots}" stroke="{WARM}" stroke-width="7" stroke-linecap="round"/>'
        f'<path d="{line}" fill="none" stroke="{ACCENT}" stroke-width="2.5"/>'
    )
