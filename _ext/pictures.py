"""Drawings put back into the page: notebooks hold each as an image whose address is the drawing itself.

An image shows wherever a notebook is opened; inside the page the same drawing is text that can be read aloud, and
takes its ink, ground and font from the page. ``cnnlib/course/figures/_picture.py`` makes the images. Grids of pixels
inside the drawings are made smaller, and the large ones become files.
"""

import base64
import functools
import hashlib
import html
import io
import re
import urllib.parse
from pathlib import Path

from PIL import Image

PICTURE = re.compile(
    r'<img class="course-picture" alt="([^"]*)" width="(\d+)" style="[^"]*" src="data:image/svg\+xml,([^"]*)">'
)
# What an explorer says where nothing moves: in the book, for those who read it without JavaScript.
STILL = re.compile(r'<p class="course-still">[^<]*</p>')
NO_SCRIPT = ('<noscript><p class="course-noscript">A still picture: it moves with JavaScript, which is off here.'
             "</p></noscript>")
# Size and namespace matter to a file of its own; in the page the width is a limit.
FILE_ONLY = re.compile(r"(?<= )(?:xmlns='[^']*'|width='\d+'|height='\d+') ")

PIXELS = re.compile(r"data:image/png;base64,([\w+/=\s]+)")
FOLDER = "_images"
LARGE = 2_000  # bytes: what is smaller costs less in the page than a request
PHOTOGRAPH = 8_000  # bytes: no grid of numbers is that large without loss


def inline(found):
    """The drawing of one image, as large as the image at most."""
    alt, width, address = found.groups()
    drawing = urllib.parse.unquote(html.unescape(address))
    head, end, body = drawing.partition(">")
    head = FILE_ONLY.sub("", head).replace("style='", f"style='width:100%;max-width:{width}px;height:auto;", 1)
    return f'<svg role="img" aria-label="{alt}"{head.removeprefix("<svg")}{end}{body}'


def inline_pictures(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: the page's drawings join the page."""
    body = context.get("body")
    if body and "course-picture" in body:
        context["body"] = STILL.sub(NO_SCRIPT, PICTURE.sub(inline, body))


def encoded(image, **options) -> bytes:
    """An image as WebP."""
    out = io.BytesIO()
    image.save(out, "webp", method=4, **options)
    return out.getvalue()


@functools.cache
def smaller(png: bytes) -> bytes:
    """The same pixels as WebP: exact, but for photographs, of which the eye sees no difference."""
    image = Image.open(io.BytesIO(png))
    exact = encoded(image, lossless=True)
    if len(exact) < PHOTOGRAPH:
        return exact
    return min(exact, encoded(image, quality=48, use_sharp_yuv=True), key=len)


def move_pixels(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: pixels become small, and where they are many a file."""
    if app.builder.format != "html" or "data:image/png" not in (context.get("body") or ""):
        return

    def moved(found):
        data = smaller(base64.b64decode(found[1]))
        if len(data) < LARGE:
            return f"data:image/webp;base64,{base64.b64encode(data).decode()}"
        file = f"{FOLDER}/{hashlib.sha256(data).hexdigest()[:16]}.webp"
        path = Path(app.outdir) / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return context["pathto"](file, 1)

    context["body"] = PIXELS.sub(moved, context["body"])


def setup(app):
    app.connect("html-page-context", inline_pictures, priority=800)
    app.connect("html-page-context", move_pixels, priority=810)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
