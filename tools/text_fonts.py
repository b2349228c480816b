"""Make the book's fonts for text and code again: Adobe's Source families, less what the book does not use.

    python tools/text_fonts.py SOURCES STAND-INS

SOURCES holds the files ``*-latin-wght-*.woff2`` of the npm packages @fontsource-variable/source-serif-4, source-sans-3
and source-code-pro (https://fontsource.org); STAND-INS the Liberation and DejaVu fonts (Debian: fonts-liberation,
fonts-dejavu), by which those fonts of a reader's system are scaled that show until these are there. Needs fonttools and
brotli.
"""

import json
import pathlib
import re
import sys

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "_ext" / "assets" / "fonts"
LETTERS = "".join(map(chr, range(0x20, 0x7F))) + "\u00a0“”‘’–—…×·÷±−°²³¹½¼¾¬§¶µ«»"
LETTERS += "ÄÅÇÉÖØÜ" + "".join(c for c in map(chr, range(0xDF, 0x100)) if c.isalpha())  # names of authors
LIGHT, BOLD = 400, 700
# Family: file, styles; and what a system has instead: files of the same measures (regular, bold, italic), and names.
FAMILIES = {
    "Book Serif": ("source-serif-4", ("normal", "italic"), (
        ("LiberationSerif-Regular", "LiberationSerif-Bold", "LiberationSerif-Italic",
         ("Times New Roman", "Liberation Serif", "Tinos")),
        ("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", ("DejaVu Serif",)))),
    "Book Sans": ("source-sans-3", ("normal",), (
        ("LiberationSans-Regular", "LiberationSans-Bold", ("Arial", "Liberation Sans", "Arimo")),
        ("DejaVuSans", "DejaVuSans-Bold", ("DejaVu Sans",)))),
    "Book Code": ("source-code-pro", ("normal",), (
        ("LiberationMono-Regular", "LiberationMono-Bold", ("Courier New", "Liberation Mono", "Cousine")),
        ("DejaVuSansMono", "DejaVuSansMono-Bold", ("DejaVu Sans Mono",)))),
}
HEAD = """/* Written by tools/text_fonts.py. Browsers load these from disk as well as from a server: their addresses are
   relative. Until they are there, fonts of the system stand in, scaled so that no line moves. */
"""
MATH = """@font-face { font-family: "Book Math"; font-style: normal; font-display: swap;
  src: url("fonts/book-math.woff2") format("woff2"); }
"""


def shrink(source: pathlib.Path, family: str, style: str) -> TTFont:
    """The font with the book's letters and weights, under a name of ours: "Source" is reserved for the whole."""
    font = TTFont(source)
    options = subset.Options(layout_features=["kern", "tnum"], hinting=False, notdef_outline=True, desubroutinize=True,
                             name_IDs=[0, 13, 14])
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=LETTERS)
    subsetter.subset(font)
    # Italics are few, and bold ones fewer: a browser thickens and slants what is not there.
    weights = LIGHT if style == "italic" else (LIGHT, LIGHT, BOLD)
    font = instancer.instantiateVariableFont(font, {"wght": weights})
    for number, name in ((1, family), (2, "Italic" if style == "italic" else "Regular")):
        font["name"].setName(name, number, 3, 1, 0x409)
    font.flavor = "woff2"
    return font


def prose_and_code() -> tuple[str, str]:
    """The chapters' own text and code: which letters a line is made of."""
    parts = {"markdown": [], "code": []}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            parts[cell["cell_type"]].append("".join(cell["source"]))
    return re.sub(r"\$[^$]*\$|`[^`]*`|\W{2,}", " ", "".join(parts["markdown"])), "".join(parts["code"])


def mean_width(font: TTFont, text: str) -> float:
    """How wide the letters of a text are in the mean, in ems."""
    letters, widths = font.getBestCmap(), font["hmtx"]
    known = [widths[letters[ord(c)]][0] for c in text if ord(c) in letters]
    return sum(known) / len(known) / font["head"].unitsPerEm


def stand_in(family: str, names, other: TTFont, own: TTFont, text: str, form: str) -> str:
    """A face over fonts of the system, as wide and as high as the book's own, in one form: "", "Bold" or "Italic"."""
    ratio = mean_width(own, text) / mean_width(other, text)
    up, down = (abs(v) / own["head"].unitsPerEm / ratio for v in (own["hhea"].ascent, own["hhea"].descent))
    range_ = {"": f"font-weight: {LIGHT} 599", "Bold": f"font-weight: 600 {BOLD}", "Italic": "font-style: italic"}[form]
    local = ", ".join(f'local("{name} {form}")' if form else f'local("{name}")' for name in names)
    return (f'@font-face {{ font-family: "{family}"; {range_}; src: {local};\n'
            f"  size-adjust: {ratio:.1%}; ascent-override: {up:.1%}; descent-override: {down:.1%}; "
            "line-gap-override: 0%; }\n")


def ranges(font: TTFont) -> str:
    """The letters of a font, as the style sheet names them."""
    codes, runs = sorted(font.getBestCmap()), []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ", ".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def main(sources: str, stand_ins: str) -> None:
    """Write the fonts and their style sheet."""
    prose, code = prose_and_code()
    faces, spare = [], []
    for family, (name, styles, others) in FAMILIES.items():
        for style in styles:
            font = shrink(pathlib.Path(sources) / f"{name}-latin-wght-{style}.woff2", family, style)
            file = f"{family.lower().replace(' ', '-')}{'-italic' if style == 'italic' else ''}.woff2"
            font.save(OUT / file)
            print(f"{file}: {(OUT / file).stat().st_size:,} bytes")
            faces.append(f'@font-face {{ font-family: "{family}"; font-style: {style}; '
                         f'font-weight: {LIGHT}{f" {BOLD}" if style == "normal" else ""}; '
                         f'font-display: swap;\n  src: url("fonts/{file}") format("woff2");\n'
                         f"  unicode-range: {ranges(font)}; }}\n")
        forms = {"": ("normal", LIGHT), "Bold": ("normal", BOLD), "Italic": ("italic", LIGHT)}
        for number, (*files, names) in enumerate(others, 1):
            for file, (form, (style, weight)) in zip(files, forms.items(), strict=False):  # not all have an italic
                own = TTFont(pathlib.Path(sources) / f"{name}-latin-wght-{style}.woff2")
                own = instancer.instantiateVariableFont(own, {"wght": weight})
                other = TTFont(pathlib.Path(stand_ins) / f"{file}.ttf")
                text = code if family == "Book Code" else prose
                spare.append(stand_in(f"{family} fallback {number}", names, other, own, text, form))
    (OUT.parent / "fonts.css").write_text(HEAD + "".join(faces + spare) + MATH, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
