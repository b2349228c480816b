"""The frames and numbers of explorers, moved out of the page into a script each, which is loaded when it is near.

A script, since a page that lies on a disk may fetch nothing else; ``cnnlib/course/page/faces.js`` loads it.
"""

import hashlib
import html
import re
from pathlib import Path

FOLDER = "_static/course/data"
LEAST = 2_000  # letters: what is shorter stays in the page
DATA = re.compile(r'(<section class="course-explorer" aria-label="[^"]*" id="([\w-]+)"(?: data-script="[\w-]+")?)'
                  r' data-(frames|config)="([^"]*)"')


def write_script(app, pagename, name, text, context) -> str:
    """Write a script that a page loads later, and return its address there, which changes with what it says."""
    file = f"{FOLDER}/{Path(pagename).name}/{name}.js"
    path = Path(app.outdir) / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return f"{context['pathto'](file, 1)}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"


def move_data(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: long data of explorers become files."""
    if app.builder.format != "html" or "course-explorer" not in (context.get("body") or ""):
        return

    def moved(found):
        start, name, kind, quoted = found.groups()
        if len(quoted) < LEAST:
            return found[0]
        script = f'(document.courseData ??= {{}})["{name}"] = {{ "{kind}": {html.unescape(quoted)} }};\n'
        return f'{start} data-at="{write_script(app, pagename, name, script, context)}"'

    context["body"] = DATA.sub(moved, context["body"])


def setup(app):
    app.connect("html-page-context", move_data, priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
