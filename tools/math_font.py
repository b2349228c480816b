"""Make the book's font for formulas again: TeX Gyre Pagella Math, less what no formula asks for.

python tools/math_font.py texgyrepagella-math.otf
(the font: https://www.gust.org.pl/projects/e-foundry/tex-gyre; Debian has it in fonts-texgyre-math)
"""

import pathlib
import sys

from fontTools import subset

OUT = pathlib.Path(__file__).resolve().parent.parent / "_ext" / "assets" / "fonts" / "book-math.woff2"
LETTERS = [(0x20, 0x7E), (0x1D434, 0x1D467), (0x1D6FC, 0x1D717), (0x1D719, 0x1D719)]  # ASCII; italics, Latin and Greek
SIGNS = (
    "ΓΔΘΛΞΠΣΦΨΩℎℒ\u00a0¬±·×…′∂∇∈∉∏∑−∗√∝∞∩∪∼≈≠≡≤≥≪≫⊙⊤⋅⋆⋮⋯⋱‖⌈⌉⌊⌋⏟←→↦⇒"
    "¯ˆ˙˜\u0302\u0303\u0304\u0305\u0307\u0332\u20d7"  # accents
    "\u2009\u2061\u2062\u2063\u2064"  # spaces, and signs that are not seen
)


def drawn(letter: str) -> str:
    """What a browser draws for an element ``mi`` that holds one letter: its italic, where there is one."""
    for first, last, italic in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E), ("Α", "Ω", 0x1D6E2), ("α", "ω", 0x1D6FC)):
        if first <= letter <= last and letter != "h":
            return chr(italic + ord(letter) - ord(first))
    return dict(zip("h∂ϵϑϰϕϱϖ", "ℎ𝜕𝜖𝜗𝜘𝜙𝜚𝜛", strict=True)).get(letter, letter)


def characters() -> set[int]:
    """The code points of the font."""
    return {code for first, last in LETTERS for code in range(first, last + 1)} | set(map(ord, SIGNS))


def main(source: str) -> None:
    """Write the subset, with the larger forms of brackets and roots and the measures that formulas are set by."""
    options = subset.Options(
        flavor="woff2", layout_features=[], name_IDs=[], hinting=False, desubroutinize=True, notdef_outline=True
    )
    options.drop_tables += ["FFTM"]
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    # Browsers push a subscript below the tail of its letter, as if y were a tall fraction: y₀ would sink beside x₀.
    font["MATH"].table.MathConstants.SubscriptBaselineDropMin.Value = -60
    font["name"].setName("Book Math", 1, 3, 1, 0x409)
    subset.save_font(font, str(OUT), options)
    print(f"{OUT.name}: {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
