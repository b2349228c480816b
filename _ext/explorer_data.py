"""The data of explorers and laboratories, moved out of the page into a script each.

A script, since a page that lies on a disk may fetch nothing else. That of an explorer is loaded when it is near, by
``cnnlib/course/page/faces.js``; that of a laboratory comes after the page's text, and before what reads its attributes.
"""

import hashlib
import html
import json
import re
from pathlib import Path

FOLDER = "_static/course/data"
LEAST = 2_000  # letters: what is shorter stays in the page
BEFORE_LABS = 890  # among the scripts of the page
DATA = re.compile(r'(<section class="course-explorer" aria-label="[^"]*" id="([\w-]+)"(?: data-script="[\w-]+")?)'
                  r' data-(frames|config)="([^"]*)"')
LAB = re.compile(r'(<section class="course-lab [^>]*? id="([\w-]+)") data-config="([^"]*)"(?: data-bytes="([^"]*)")?')


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


def move_lab_data(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: the data of laboratories become files that write them back."""
    if app.builder.format != "html" or "course-lab" not in (context.get("body") or ""):
        return

    def moved(found):
        start, name, config, quoted = found.groups()
        if len(config) + len(quoted or "") < LEAST:
            return found[0]
        data = {"config": html.unescape(config), **({"bytes": quoted} if quoted else {})}
        script = f"Object.assign(document.getElementById({json.dumps(name)}).dataset, {json.dumps(data)});\n"
        write_script(app, pagename, name, script, context)
        app.add_js_file(f"{FOLDER.removeprefix('_static/')}/{Path(pagename).name}/{name}.js", priority=BEFORE_LABS)
        return start

    context["body"] = LAB.sub(moved, context["body"])


def setup(app):
    app.connect("html-page-context", move_data, priority=850)
    app.connect("html-page-context", move_lab_data, priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
