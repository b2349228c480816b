"""Parts of pages that are filled in from what exists: the API page's modules and the chapter map."""

import html
import importlib.util
import pkgutil
import re
from pathlib import Path

import nbformat
import yaml
from sphinx.ext.autodoc import type_comment

LIBRARY = "cnnlib"
# Helpers of the chapters and of the operations, not part of what a reader imports.
NOT_LISTED = {"course"}
TERM = re.compile(r'<dt id="(term-[^"]+)">([A-Za-z])')


def library_modules() -> list[str]:
    """Public modules of the library, by name."""
    package = importlib.util.find_spec(LIBRARY)
    names = (module.name for module in pkgutil.iter_modules(package.submodule_search_locations))
    return sorted(name for name in names if not name.startswith("_") and name not in NOT_LISTED)


def listed_elsewhere(name: str) -> list[str]:
    """Names that a module passes on from another public module, which documents them."""
    try:
        module = importlib.import_module(name)
    except ImportError:
        return []  # autodoc reports it
    passed_on = []
    for member in getattr(module, "__all__", []):
        home = getattr(getattr(module, member), "__module__", None) or name
        if home.split(".")[:2] != name.split(".")[:2] and home.removeprefix(f"{LIBRARY}.") in library_modules():
            passed_on.append(member)
    return passed_on


def automodule(name: str, members: bool = True) -> str:
    """Markdown that documents one module under a heading of its own."""
    heading = f"## `{name}`\n\n" if members else ""
    options = "   :members:\n" if members else ""
    if members and (elsewhere := listed_elsewhere(name)):
        options += f"   :exclude-members: {', '.join(elsewhere)}\n"
    return f"{heading}```{{eval-rst}}\n.. automodule:: {name}\n{options}```\n"


def fill_api(text: str, source: Path) -> str:
    """Replace each ``% api: names`` line by the documentation of those modules that exist.

    ``% api-rest:`` stands for the modules that no page of the reference names.
    """
    existing = library_modules()
    lines = [line for page in (source / "api").glob("*.md") for line in page.read_text(encoding="utf-8").splitlines()]
    listed = {name for line in lines if line.startswith("% api: ") for name in line.split()[2:]}
    text = text.replace("% api: package", automodule(LIBRARY, members=False))
    text = text.replace("% api-rest:", f"% api: {' '.join(name for name in existing if name not in listed)}")
    return re.sub(
        r"^% api: ?(.*)$",
        lambda m: "\n".join(automodule(f"{LIBRARY}.{name}") for name in m[1].split() if name in existing),
        text, flags=re.M,
    )


def chapter_title(path: Path) -> str:
    """The first heading of a notebook or Markdown page."""
    if path.suffix == ".ipynb":
        notebook = nbformat.read(path, as_version=4)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    found = re.search(r"^# +(.+)$", text, flags=re.M)
    return re.sub(r"^\d+\. ", "", found[1].strip()) if found else path.stem


def fill_chapter_map(text: str, source: Path) -> str:
    """Replace ``% chapter-map`` by the parts and chapters of ``_toc.yml``, with a line on each.

    The lines stand below it, one a chapter: ``% 09: what the chapter does``.
    """
    lines = dict(re.findall(r"^% (\d\d): (.+)$", text, flags=re.M))
    text = re.sub(r"^% \d\d: .+\n", "", text, flags=re.M)
    toc = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf-8"))
    blocks = []
    for part in toc["parts"]:
        chapters = [entry["file"] for entry in part["chapters"] if entry["file"].startswith("chapters/")]
        if not chapters:
            continue
        blocks.append(f"**{part['caption']}**\n\n```{{raw}} html\n<ol class=\"chapter-map\">")
        for file in chapters:
            path = next(source / f"{file}{end}" for end in (".ipynb", ".md") if (source / f"{file}{end}").exists())
            number, title = path.name[:2], html.escape(chapter_title(path))
            blocks.append(
                f'<li><span class="number">{int(number)}</span><span><a href="{file}.html">{title}</a>'
                f'<span class="what">{html.escape(lines.get(number, ""))}</span></span></li>'
            )
        blocks.append("</ol>\n```\n")
    return text.replace("% chapter-map", "\n".join(blocks))


def fill(app, docname, source):
    """The ``source-read`` event: fill in the pages that ask for it."""
    if docname == "api" or docname.startswith("api/"):
        source[0] = fill_api(source[0], Path(app.srcdir))
    if "% chapter-map" in source[0]:
        source[0] = fill_chapter_map(source[0], Path(app.srcdir))


def letters(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: above the glossary, the letters that its terms begin with."""
    if pagename != "glossary":
        return
    first = {}
    for anchor, letter in TERM.findall(context["body"]):
        first.setdefault(letter.upper(), anchor)
    links = "".join(f'<a href="#{anchor}">{letter}</a>' for letter, anchor in first.items())
    row = f'<nav class="genindex-jumpbox" aria-label="Terms by their first letter">{links}</nav>\n'
    context["body"] = context["body"].replace('<dl class="', f'{row}<dl class="', 1)


def plain_docstrings(app, what, name, obj, options, lines):
    """Types as plain words, and numbered references as a list: numbers would clash, with all modules on one page."""
    types = dict(re.findall(r"^:vartype ([\w, ]+): (.+)$", "\n".join(lines), flags=re.M))
    lines[:] = [line for line in lines if not line.startswith(":vartype ")]
    for i, line in enumerate(lines):
        if (found := re.match(r":ivar ([\w, ]+):", line)) and found[1] in types:
            words = types[found[1]].replace("*", r"\*")
            names = found[1].replace(", ", ",")  # with a space, the first would be read as a type
            line = f":ivar {names}: *{words}*.{line[found.end():]}"
        line = re.sub(r"^\.\. \[\w+\] ", "*  ", line)  # as wide as the indent of the lines that follow
        lines[i] = re.sub(r"\s*\[\w+\]_", "", line)


def leave_type_comments(app):
    """Take out a step of autodoc that stumbles over named tuples from Python 3.13 on; none here has type comments."""
    for listener in list(app.events.listeners["autodoc-before-process-signature"]):
        if listener.handler is type_comment.update_annotations_using_type_comments:
            app.disconnect(listener.id)


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")
    leave_type_comments(app)
    app.connect("source-read", fill)
    app.connect("html-page-context", letters)
    app.connect("autodoc-process-docstring", plain_docstrings, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
