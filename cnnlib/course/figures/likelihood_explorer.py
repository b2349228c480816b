"""Chapter 4's first explorer: three tosses of a bent coin, their probabilities multiplied, and their prices added."""

import numpy as np

from cnnlib.course.figures._numbers import fixed, number
from cnnlib.course.figures._panels import ACCENT, FLEX, LINE, panel, text

TOSSES = {"HHT": "heads, heads, tails", "HTT": "heads, tails, tails", "HHH": "heads, heads, heads"}
BEST = {"HHT": "2/3", "HTT": "1/3", "HHH": "1"}
WIDE, HIGH, BASE = 74, 150, 172  # a column, the tallest bar, the ground line
MOST = 7.0  # a sum that no bar exceeds: three times −log 0.1 is 6.9


def numbers(p, tosses):
    """The probability of each toss, their running product, their prices and the running sum of those.

    Parameters
    ----------
    p : float
        The probability of heads.
    tosses : str
        H for heads, T for tails.

    Returns
    -------
    dict of str to array (tosses,)

    Examples
    --------
    >>> {name: values.round(3).tolist() for name, values in numbers(0.5, "HT").items()}
    {'each': [0.5, 0.5], 'product': [0.5, 0.25], 'price': [0.693, 0.693], 'sum': [0.693, 1.386]}
    """
    each = np.array([p if toss == "H" else 1 - p for toss in tosses])
    return {"each": each, "product": each.cumprod(), "price": -np.log(each), "sum": -np.log(each).cumsum()}


def tossed(p, tosses):
    """The explorer's frame: stage and caption."""
    said = numbers(p, tosses)
    products = [(f"· {number(e)}" if k else number(e), [v], fixed(v, 3))
                for k, (e, v) in enumerate(zip(said["each"], said["product"], strict=True))]
    sums = [(f"+ {fixed(v, 3)}" if k else fixed(v, 3), said["price"][: k + 1], fixed(said["sum"][k], 3))
            for k, v in enumerate(said["price"])]
    stage = (f'<div style="{FLEX}">' + _columns("multiply: the likelihood so far", products, 1.0, tosses)
             + _columns("add −log: the price so far", sums, MOST, tosses) + "</div>")
    factors, prices = " · ".join(map(number, said["each"])), " + ".join(fixed(v, 3) for v in said["price"])
    caption = (f"{TOSSES[tosses].capitalize()}, p = {number(p)}. "
               f"Multiply: {factors} = {fixed(said['product'][-1], 3)}. "
               f"Add −log: {prices} = {fixed(said['sum'][-1], 3)}. "
               f"Largest likelihood and smallest price: p = {BEST[tosses]}.")
    return stage, caption


def _columns(head, columns, most, tosses):
    """A bar for each toss, made of parts from the ground up; under it what the toss does, above it the total so far."""
    drawn = [f'<line x1="0" x2="{WIDE * len(columns)}" y1="{BASE}" y2="{BASE}" stroke="{LINE}"/>']
    for k, (does, parts, total) in enumerate(columns):
        left, top = WIDE * k + 12, BASE
        for i, part in enumerate(parts):
            tall = HIGH * part / most
            top -= tall
            drawn.append(f'<rect x="{left}" y="{number(top, 1)}" width="{WIDE - 24}" height="{number(tall, 1)}" '
                         f'fill="{ACCENT}" fill-opacity="{0.85 if i == len(parts) - 1 else 0.35}"/>')
        middle = left + WIDE / 2 - 12
        drawn.append(text(middle, number(top - 5, 1), 14, total) + text(middle, BASE + 18, 14, does)
                     + text(middle, BASE + 36, 13, "heads" if tosses[k] == "H" else "tails"))
    return panel(head, WIDE * len(columns), BASE + 42, head, "".join(drawn))
