"""Numbers as readers see them: rounded half up, as in the page's scripts, and with a true minus sign.

``course.number`` and ``course.fixed`` in ``_ext/assets/explorers.js`` are the same two functions for the page.
"""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

MINUS = "\N{MINUS SIGN}"
# A hyphen before a digit, unless it joins words or numbers (conv-2, 2026-01-01); and the one of 1e-05.
HYPHEN = re.compile(r"(?<![\w)\]-])-(?=\.?\d)|(?<=\de)-(?=\d)", re.IGNORECASE)
EXACT = Context(prec=400)


def fixed(value, digits):
    """A number with as many decimals as ``digits`` says.

    Parameters
    ----------
    value : float
    digits : int

    Returns
    -------
    str

    Examples
    --------
    >>> fixed(-0.125, 2), fixed(2, 2), fixed(-0.001, 2)
    ('−0.13', '2.00', '0.00')
    """
    value = float(value)
    if not math.isfinite(value):
        return minus(f"{value}".replace("inf", "∞")).replace("-", MINUS)
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=EXACT)
    return f"{abs(rounded):f}" if rounded == 0 else f"{rounded:f}".replace("-", MINUS)


def number(value, digits=2):
    """A number with at most ``digits`` decimals: zeros at the end are left out.

    Parameters
    ----------
    value : float
    digits : int, optional

    Returns
    -------
    str

    Examples
    --------
    >>> number(-0.5), number(3.0), number(0.12345, 4)
    ('−0.5', '3', '0.1235')
    """
    text = fixed(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def minus(text):
    """A text with a true minus sign where a hyphen stands before a number.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> minus("y = -0.5 (3-by-3, 1e-05)")
    'y = −0.5 (3-by-3, 1e−05)'
    """
    return HYPHEN.sub(MINUS, text)


def minus_in_markup(markup):
    """:func:`minus` for the text between the tags of HTML or SVG; attributes stay as they are.

    Parameters
    ----------
    markup : str

    Returns
    -------
    str

    Examples
    --------
    >>> minus_in_markup('<text x="-2">-2</text>')
    '<text x="-2">−2</text>'
    """
    # What stands before the first tag is text too.
    return re.sub(r"(<[^>]*>)|([^<]+)", lambda m: m[1] or minus(m[2]), markup)
