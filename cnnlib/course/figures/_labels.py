"""What an axis says is where its ticks stand: checked whenever a figure is drawn."""

import re

from matplotlib.ticker import LogFormatterSciNotation

from cnnlib.course.figures._numbers import minus

NUMBER = re.compile(r"[−-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+−-]?\d+)?", re.IGNORECASE)
POWER = re.compile(r"([−-]?)(?:([\d.]+)\\times)?10\^\{([−-]?\d+)\}")


def value_of(text):
    """The number that a label prints, and the size of its last digit; None for words.

    Parameters
    ----------
    text : str
        A plain number, or a power of ten in matplotlib's mathematical notation.

    Returns
    -------
    tuple of float, or None

    Examples
    --------
    >>> value_of("−0.50"), value_of("1e+02"), value_of("$10^{-3}$"), value_of("layer 1")
    ((-0.5, 0.01), (100.0, 100.0), (0.001, 0.001), None)
    """
    text = re.sub(r"\\mathdefault|[$\s]", "", text).strip("{}") if "$" in text else text.strip()
    text = text + "}" if "^{" in text and not text.endswith("}") else text
    if power := POWER.fullmatch(text):
        sign, factor, exponent = (part and part.replace("−", "-") for part in power.groups())
        value = float(f"{sign}{factor or 1}e{exponent}")
        return value, float(f"1e{exponent}") * _unit(factor or "1")
    if not NUMBER.fullmatch(text):
        return None
    mantissa, _, exponent = text.replace("−", "-").replace(",", "").lower().partition("e")
    scale = 10.0 ** int(exponent or 0)
    return float(mantissa) * scale, _unit(mantissa) * scale


def _unit(mantissa):
    return 10.0 ** -len(mantissa.partition(".")[2])


class PlainPowers(LogFormatterSciNotation):
    """Writes the ticks of logarithmic axes as code does, ``0.01`` and ``1e−14``: exponents would be tiny on a phone."""

    def __call__(self, x, pos=None):
        return minus(_power(x)) if super().__call__(x, pos) else ""


def _power(value):
    if not value or 1e-4 < abs(value) < 1e5:
        return f"{value:.12g}"
    mantissa, exponent = f"{value:.11e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def plain_powers(fig):
    """Let the logarithmic axes of a figure print plain numbers.

    Parameters
    ----------
    fig : matplotlib Figure
    """
    for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
        if isinstance(axis.get_major_formatter(), LogFormatterSciNotation):
            axis.set_major_formatter(PlainPowers())
        if isinstance(minor := axis.get_minor_formatter(), LogFormatterSciNotation):
            axis.set_minor_formatter(PlainPowers(labelOnlyBase=minor.labelOnlyBase))


def check_ticks(fig, name):
    """Refuse a drawn figure whose ticks read alike, or read as another number than the one they stand at.

    Parameters
    ----------
    fig : matplotlib Figure
        Just drawn: the ticks are those of the picture.
    name : str
        The figure's name, for the message.

    Raises
    ------
    ValueError
    """
    for ax in fig.axes:
        if not (ax.axison and ax.get_visible()):
            continue
        for axis in (ax.xaxis, ax.yaxis):
            _check_axis(axis, name)


def _check_axis(axis, name):
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    ticks = [(tick.get_loc(), minus(tick.label1.get_text())) for tick in axis.get_major_ticks()
             if tick.label1.get_visible() and low - slack <= tick.get_loc() <= high + slack]
    ticks = [(at, text) for at, text in ticks if text.strip()]
    texts = [text for _, text in ticks if value_of(text)]  # words may head several rows
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise ValueError(f"{name}: several ticks of one axis read {', '.join(map(repr, twice))}")
    if axis.get_offset_text().get_text():
        raise ValueError(f"{name}: an axis hides a factor or an offset, {axis.get_offset_text().get_text()!r}, "
                         "from its ticks: scale the data and name the unit")
    for at, text in ticks:
        said = value_of(text)
        if said and abs(said[0] - at) > 0.5 * said[1] * (1 + 1e-6) + slack:
            raise ValueError(f"{name}: a tick at {at:g} reads {text!r}")
