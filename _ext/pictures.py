"""Drawings put back into the page: notebooks hold each as an image whose address is the drawing itself.

An image shows wherever a notebook is opened; inside the page the same drawing is text that can be read aloud, and takes
its ink, ground and font from the page. ``cnnlib/course/figures/_picture.py`` makes the images.
"""

import html
import re
import urllib.parse

PICTURE = re.compile(
    r'<img class="course-picture" alt="([^"]*)" width="(\d+)" style="[^"]*" src="data:image/svg\+xml,([^"]*)">'
)
# What an explorer says where nothing moves: in the book, for those who read it without JavaScript.
STILL = re.compile(r'<p class="course-still">[^<]*</p>')
NO_SCRIPT = ('<noscript><p class="course-noscript">A still picture: it moves with JavaScript, which is off here.'
             "</p></noscript>")
# Size and namespace matter to a file of its own; in the page the width is a limit.
FILE_ONLY = re.compile(r"(?<= )(?:xmlns='[^']*'|width='\d+'|height='\d+') ")


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


def setup(app):
    app.connect("html-page-context", inline_pictures, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
