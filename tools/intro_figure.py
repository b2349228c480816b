"""Draw the figure of the title page: one step of a convolution on a real digit, with its numbers.

    python tools/intro_figure.py

writes ``_ext/assets/intro-figure.html``. The picture is committed; run this again after changing it.
"""

import pathlib

import numpy as np
from sklearn.datasets import load_digits

from cnnlib.conv import conv2d

TARGET = pathlib.Path(__file__).resolve().parent.parent / "_ext" / "assets" / "intro-figure.html"
KERNEL = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
SAMPLE, ROW, COLUMN = 3, 1, 4
CELL, BIG = 22, 44


def cells(values, left, top, size, colour):
    """Squares of a grid, one a value, coloured by ``colour(value)``."""
    return "".join(
        f'<rect x="{left + j * size}" y="{top + i * size}" width="{size}" height="{size}" {colour(v)} '
        'stroke="var(--pst-color-border)" stroke-width="0.7"/>'
        for (i, j), v in np.ndenumerate(values)
    )


def text(x, y, words, size=13, style=""):
    """Words centred at a point."""
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="middle" {style}>{words}</text>'


def number(value):
    """A number for a small cell, with a true minus sign."""
    return f"{value:g}".replace("-", "−")


def ink(value):
    """The fill of a pixel."""
    return f'fill="currentColor" fill-opacity="{value:.2f}"'


def signed(limit):
    """The fill of a signed number: blue above zero, orange below."""
    def colour(value):
        name = "var(--course-accent)" if value >= 0 else "#d55e00"
        return f'fill="{name}" fill-opacity="{min(abs(value) / limit, 1):.2f}"'
    return colour


def window(left, top, size):
    """The outline of a window."""
    return (
        f'<rect x="{left}" y="{top}" width="{size}" height="{size}" fill="none" stroke="var(--pst-color-accent)" '
        'stroke-width="2.5" rx="2"/>'
    )


def main() -> None:
    """Compute the step and write the figure."""
    image = np.round(load_digits().images[SAMPLE] / 16, 1)
    feature_map = conv2d(image[None, None], KERNEL[None, None])[0, 0]
    patch = image[ROW:ROW + 3, COLUMN:COLUMN + 3]
    total = feature_map[ROW, COLUMN]
    assert np.isclose(total, (patch * KERNEL).sum())

    middle, right = 236, 428
    parts = [
        cells(image, 2, 32, CELL, ink), window(2 + COLUMN * CELL, 32 + ROW * CELL, 3 * CELL),
        text(90, 20, "a handwritten 3", 14),
        f'<path d="M186 98h38m-8-6 8 6-8 6M{middle + 3 * BIG + 10} 98h38m-8-6 8 6-8 6" fill="none" '
        'stroke="currentColor" stroke-width="1.6"/>',
        window(middle, 32, 3 * BIG), text(middle + 1.5 * BIG, 20, "pixel × weight", 14),
    ]
    for (i, j), value in np.ndenumerate(patch):
        x, y = middle + (j + 0.5) * BIG, 32 + (i + 0.5) * BIG
        parts.append(text(x, y + 4.5, f"{number(value)}×{number(KERNEL[i, j])}", 13.5))
    parts += [
        text(middle + 1.5 * BIG, 32 + 3 * BIG + 24, f"sum: {number(round(total, 1))}", 15, 'font-weight="600"'),
        cells(feature_map, right, 32, CELL, signed(np.abs(feature_map).max())),
        window(right + COLUMN * CELL, 32 + ROW * CELL, CELL), text(right + 3 * CELL, 20, "feature map", 14),
    ]
    caption = (
        "One step of a convolution. Nine pixels of the digit, times nine weights, added up, give one number of the "
        f"feature map: {number(round(total, 1))}. The window then moves on. These weights answer to edges: blue where "
        "ink ends to the right, orange where it begins. A network finds its weights by itself."
    )
    alt = (
        "An 8 by 8 image of a handwritten 3 with a 3 by 3 window marked on it; the nine products of pixels and "
        f"weights in that window, with their sum {number(round(total, 1))}; and the 6 by 6 feature map with that one "
        "value marked."
    )
    TARGET.write_text(
        f'<figure class="course-figure" id="fig-intro"><svg role="img" aria-label="{alt}" viewBox="0 0 562 216" '
        'style="width:100%;max-width:44rem;height:auto;font-family:var(--course-font)" fill="currentColor" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg><figcaption>{caption}</figcaption></figure>\n',
        encoding="utf-8",
    )
    print(f"{TARGET.name}: {len(TARGET.read_text(encoding='utf-8')):,} characters")


if __name__ == "__main__":
    main()
