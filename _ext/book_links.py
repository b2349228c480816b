"""Links that a chapter gets when the book is built: terms to the glossary, code names to the reference, figure numbers;
and those of the glossary (``book_terms``) back to the chapters.

The notebooks stay free of them, so that they read well in Jupyter.
"""

import ast
import functools
import re
from pathlib import Path

import book_terms
import nbformat
from docutils import nodes

CHAPTER = re.compile(r"chapters/(\d\d)_")
IMPORT = re.compile(r'<span class="kn">')
NAME = re.compile(r'(?<!<span class="o">\.</span>)<span class="n">(\w+)</span>'
                  r'(?:<span class="o">\.</span><span class="n">(\w+)</span>)?')
FIGURE = re.compile(r'(<figure class="course-figure[^"]*" id="([\w-]+)">.*?<figcaption>)', re.S)


@functools.cache
def imported(path):
    """What a notebook imports from the library: the name that its code uses, and the full name.

    Parameters
    ----------
    path : pathlib.Path
        A notebook.

    Returns
    -------
    dict of str to str
    """
    found = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code" or "cnnlib" not in cell.source:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "cnnlib":
                found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
            elif isinstance(node, ast.Import):
                found |= {name.asname: name.name for name in node.names if name.asname and name.name[:6] == "cnnlib"}
    return found


def documented(objects, full):
    """The documented object of a full name, or the only one that ends as it does: packages pass names on."""
    if full in objects:
        return full
    last = full.rsplit(".", 1)[-1]
    same = [name for name, entry in objects.items() if name.rsplit(".", 1)[-1] == last
            and name.split(".")[:2] == full.split(".")[:2] and entry.objtype in ("class", "function", "data")]
    return same[0] if len(same) == 1 else None


def code_target(objects, names, text):
    """The documented object that inline code such as ``fit(…)``, ``data.split`` or ``cnnlib.optim`` names, or None."""
    found = re.fullmatch(r"([A-Za-z_][\w.]*)(?:\(.*\))?", text)
    if not found:
        return None
    first, _, rest = found[1].partition(".")
    full = found[1] if first == "cnnlib" else names.get(first, "") + (f".{rest}" if rest else "")
    return documented(objects, full) if full.startswith("cnnlib.") else None


def link(app, docname, node, target, anchor, kind):
    """Wrap a node in a reference to an anchor of another page."""
    uri = f"{app.builder.get_relative_uri(docname, target)}#{anchor}"
    reference = nodes.reference("", "", internal=True, refuri=uri, classes=[kind])
    node.replace_self(reference)
    reference += node


def add_links(app, doctree, docname):
    """The ``doctree-resolved`` event: link each term where it is set in bold first, and each imported name once."""
    if app.builder.format != "html" or not CHAPTER.match(docname):
        return
    terms = book_terms.glossary(app.env)
    objects = app.env.get_domain("py").objects
    names, seen = imported(Path(app.env.doc2path(docname))), set()
    for node in list(doctree.findall(nodes.strong)) + list(doctree.findall(nodes.literal)):
        if book_terms.inside(node, nodes.title, nodes.reference):
            continue
        if isinstance(node, nodes.strong):
            page, anchor = book_terms.named(terms, node.astext()) or (None, None)
            kind, key = "book-term", anchor
        else:
            key = code_target(objects, names, node.astext())
            page, anchor = (objects[key].docname, objects[key].node_id) if key else (None, None)
            kind = "book-code"
        if page and key not in seen:
            seen.add(key)
            link(app, docname, node, page, anchor, kind)


def number_figures(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: give each figure of a chapter a number that is a link to it."""
    if found := CHAPTER.match(pagename):
        chapter, count = int(found[1]), iter(range(1, 1000))
        context["body"] = FIGURE.sub(
            lambda m: f'{m[1]}<a class="book-figure-number" href="#{m[2]}">Figure {chapter}.{next(count)}</a> ',
            context["body"])


def link_code(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: link each imported name where a code cell of a chapter uses it first."""
    if app.builder.format != "html" or not CHAPTER.match(pagename):
        return
    objects, names, seen = app.env.get_domain("py").objects, imported(Path(app.env.doc2path(pagename))), set()

    def linked(found):
        whole, first = ".".join(filter(None, found.groups())), found[1]
        key, end = code_target(objects, names, whole), found.end()
        if not key:  # an attribute that has no page: its owner may have one
            key, end = code_target(objects, names, first), found.start() + len(f'<span class="n">{first}</span>')
        if not key or key in seen:
            return found[0]
        seen.add(key)
        uri = f"{app.builder.get_relative_uri(pagename, objects[key].docname)}#{objects[key].node_id}"
        named = end - found.start()
        return f'<a class="book-code" href="{uri}">{found[0][:named]}</a>{found[0][named:]}'

    lines = context["body"].split("\n")
    context["body"] = "\n".join(line if IMPORT.search(line) else NAME.sub(linked, line) for line in lines)


def setup(app):
    app.connect("doctree-resolved", add_links, priority=900)
    app.connect("html-page-context", link_code, priority=400)
    app.connect("html-page-context", number_figures, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
