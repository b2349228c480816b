"""Numbers as readers see them: rounded half up, as in the page's scripts, and with a true minus sign.

``page/words.js`` holds ``number``, ``fixed`` and ``unbroken`` for what the page draws.
"""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

MINUS = "\N{MINUS SIGN}"
# A hyphen before a digit, unless it joins words or numbers (conv-2, 2026-01-01); and the one of 1e-05.
HYPHEN = re.compile(r"(?<![\w)\]-])-(?=\.?\d)|(?<=\de)-(?=\d)", re.IGNORECASE)
EXACT = Context(prec=400)
# Where a line of a caption must not break: between a name and its value, in 190 × 158, before a unit; see words.js.
TOGETHER = (
    (re.compile(r"(?<!\S)(\S{1,9}) ([=≈<>≤≥]) (\S+)"), "\\1\u00a0\\2\u00a0\\3"),
    (re.compile(r"(?<=[=≈<>≤≥]) (?=\S)|(?<=[0-9%]) (?=[×±])|(?<=[×±]) (?=\S)"), "\u00a0"),
    (re.compile(r"(?<=[0-9]) (?=(?:%|s|ms|µs)(?![0-9A-Za-z]))"), "\u00a0"),
)


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


def at_most(value, form=".2f"):
    """A bound from above, printed: the nearest number of this form that is not below the value.

    Parameters
    ----------
    value : float
    form : str, optional
        How to print it, as in f-strings: ``".2f"``, ``".0e"``.

    Returns
    -------
    str

    Examples
    --------
    >>> at_most(1.71, ".1f"), at_most(5.06e-16, ".1e"), at_most(0.5)
    ('1.8', '5.1e−16', '0.50')
    """
    return _bound(value, form, 1)


def at_least(value, form=".2f"):
    """A bound from below, printed: the nearest number of this form that is not above the value.

    Parameters
    ----------
    value : float
    form : str, optional
        How to print it, as in f-strings: ``".2f"``, ``".0e"``.

    Returns
    -------
    str

    Examples
    --------
    >>> at_least(1.78, ".1f"), at_least(-0.31, ".1f")
    ('1.7', '−0.4')
    """
    return _bound(value, form, -1)


def _bound(value, form, sign):
    exact, printed = Decimal(float(value)), Decimal(f"{float(value):{form}}")
    if sign * (printed - exact) < 0:
        printed += Decimal(sign).scaleb(printed.as_tuple().exponent)
    return minus(f"{printed:{form}}")


def unbroken(text):
    """A caption whose lines do not break between a name and its value, around ``×`` or before a unit.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> unbroken("a 3 × 3 kernel for p = 0.01").replace("\u00a0", "~")
    'a 3~×~3 kernel for p~=~0.01'
    """
    for pattern, replacement in TOGETHER:
        text = pattern.sub(replacement, text)
    return text
