"""Print the sheet to pin to the wall: _build/sheet.pdf, one page of A3, readable on A4.

    python tools/print_sheet.py
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "_ext"), str(ROOT / "tools")]
import pdf  # noqa: E402
import sheet  # noqa: E402

TARGET = ROOT / "_build" / "sheet.pdf"
PAGE = """
@page { size: 420mm 297mm; margin: 9mm 11mm; }
:root { --book-sans: "Book Sans", sans-serif; --pst-font-family-monospace: "Book Code", monospace; }
body { color: #14181c; margin: 0; -webkit-print-color-adjust: exact; }
h1 { font: 600 19pt/1 "Book Serif", serif; margin: 0 8mm 0 0; white-space: nowrap; }
header { align-items: baseline; display: flex; }
.sheet { font-size: 7.75pt; line-height: 1.22; }
.sheet .columns { column-gap: 6mm; columns: 5; }
.sheet .legend { font-size: 8.5pt; margin: -5mm 0 3.5mm 92mm; }
"""


def document():
    """The sheet as a document of one page."""
    fonts = (ROOT / "_ext" / "assets" / "fonts.css").as_uri()
    style = sheet.STYLE.read_text(encoding="utf-8") + PAGE
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>From Neuron to ConvNet: the sheet</title>"
        f"<link rel='stylesheet' href='{fonts}'><style>{style}</style></head><body>"
        f"<header><h1>From Neuron to ConvNet</h1></header>{sheet.markup()}</body></html>"
    )


def main():
    """Print it."""
    source = ROOT / "_build" / "pdf" / "sheet.html"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(document(), encoding="utf-8")
    pdf.print_page(source, TARGET)
    count = len(re.findall(rb"/Type\s*/Page\b", TARGET.read_bytes()))
    if count != 1:
        sys.exit(f"The sheet has grown to {count} pages: choose a smaller font-size in tools/print_sheet.py.")
    print(f"{TARGET.relative_to(ROOT)}: one page of A3")


if __name__ == "__main__":
    main()
