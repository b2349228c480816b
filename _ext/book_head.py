"""The head of a page: what it is about, and no script that it does not use or has to wait for."""

import functools
import hashlib
import re
from pathlib import Path

from docutils import nodes

from cnnlib.course import bundle

LENGTH = 158  # letters that search engines show
# What the pages without text of their own are about.
OTHERS = {
    "search": "Search all chapters, the glossary and the reference of From Neuron to ConvNet.",
    "genindex": "Every function, class, method and term of From Neuron to ConvNet, by name.",
    "py-modindex": "The modules of cnnlib, the NumPy library of From Neuron to ConvNet.",
}
# Scripts, and what a page that uses one has in its body; None: no page of ours uses it.
USED = {
    "course/copy.js": 'class="highlight"',
    "togglebutton.js": r'class="(?:[^"]* )?(?:toggle|dropdown)[ "]',
    "design-tabs.js": "sd-tab-set",
    "course/explore.js": "course-explorer",
    **{f"course/{name}.js": f'data-script="{name}"' for name in bundle.laboratories()},
    "course/answers.js": 'class="course-answer"',
    "course/formulas.js": "data-tex=",
    "doctools.js": None,  # shortcuts of Sphinx's own search
    "sphinx_highlight.js": None,
}
# Settings in the page that belong to scripts which are not there, or would have to wait for one.
SETTINGS = re.compile(r"DOCUMENTATION_OPTIONS\.pagename")
TOGGLES = re.compile(r"toggle(?:Hint|OpenOnPrint|buttonSelector)")


def shortened(text: str) -> str:
    """Whole sentences, as many as fit, or the beginning of the first."""
    text = re.sub(r"\s+", " ", text).strip()
    ends = [m.end() for m in re.finditer(r"[.?!…](?= |$)", text) if m.end() <= LENGTH]
    if ends and ends[-1] > 50:
        return text[:ends[-1]]
    return text if len(text) <= LENGTH else text[:text.rindex(" ", 0, LENGTH)].rstrip(",;:–— ") + " …"


def described(doctree) -> str:
    """The first paragraphs of a page, without formulas that would lose their form."""
    text = ""
    for paragraph in doctree.findall(nodes.paragraph):
        inside = (nodes.table, nodes.footnote, nodes.field_list, nodes.figure)
        parent = paragraph.parent
        while parent is not None and not isinstance(parent, inside):
            parent = parent.parent
        if parent is None and not next(paragraph.findall(nodes.math), None):
            text += paragraph.astext() + " "
        if len(text) > LENGTH:
            break
    return shortened(text)


@functools.cache
def version(app, name) -> str:
    """What tells a browser that a script which is loaded later is another one."""
    return hashlib.sha256((Path(app.outdir) / "_static/course" / name).read_bytes()).hexdigest()[:8]


def describe(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: say in the head what the page is about."""
    text = OTHERS.get(pagename) or (described(doctree) if doctree else "")
    if text:
        quoted = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        context["metatags"] = context.get("metatags", "") + f'\n<meta name="description" content="{quoted}">'


def choose_scripts(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: leave out what the page does not use; what is left waits until it is read."""
    body, kept = context.get("body") or "", []
    scripts = context.get("script_files", [])
    names = {script: str(script.filename or "").removeprefix("_static/") for script in scripts}

    def later(file):
        return f"{context['pathto'](f'_static/course/{file}', 1)}?v={version(app, file)}"

    left_out = {name for name in names.values() if name in USED and not (USED[name] and re.search(USED[name], body))}
    for script in scripts:
        name, setting = names[script], script.attributes.get("body", "")
        idle = SETTINGS.search(setting) or "togglebutton.js" in left_out and TOGGLES.search(setting)
        if name in left_out or idle:
            continue
        if name:
            script.attributes["defer"] = "defer"
        if name == "course/explore.js":
            script.attributes["data-src"] = later("explorers.js")
        if name == "course/answers.js":
            script.attributes.update({"data-judge": later("judging.js"), "data-tables": context["answer_tables"]})
        kept.append(script)
    context["script_files"] = kept


def setup(app):
    app.connect("html-page-context", describe)
    app.connect("html-page-context", choose_scripts, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
