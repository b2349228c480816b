"""Code in the page without the elements that colour nothing: names and brackets have the colour of the text around.

They are two of three elements of a chapter, and a phone lays out each of them before anything can be scrolled.
"""

import re

PLAIN = ("n", "nn", "p", "w")  # Pygments' classes of names, modules, punctuation and space
LISTING = re.compile(r'<div class="highlight"><pre>.*?</pre>', re.S)
SIGNS = re.compile(rf'<span class="(?:{"|".join(PLAIN)})">([^<]*)</span>')


def lighten(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event, after the links: they find names by their elements."""
    context["body"] = LISTING.sub(lambda m: SIGNS.sub(r"\1", m[0]), context.get("body") or "")


def setup(app):
    app.connect("html-page-context", lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
