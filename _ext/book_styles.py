"""One style sheet for the book: those of Sphinx, theme, extensions and course, less what no page has; and no script
that no page loads.

Three of four rules of the theme are for things that the book does not contain, and a browser shows nothing before it
has read all of them. A rule goes if it asks for a class, an id or an element that no page has and no script names.
"""

import hashlib
import re
from pathlib import Path
from posixpath import dirname, join, normpath, relpath

SHEET = "_static/course/book.css"
LINKS = re.compile(r'\s*<link(?=[^>]* rel="stylesheet")[^>]* href="(?P<address>[^"?]+)[^>]*>')
NOSCRIPT = re.compile(r"<noscript>.*?</noscript>", re.S)
NAMES = re.compile(r"""\b(?:class|id)=\\?["']([^"'\\]*)|<([a-zA-Z][\w-]*)""")
# Strings and comments are skipped when braces are counted.
TOKEN = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|[^{};"'/]+|/""", re.S)
URL = re.compile(r"""url\(\s*(["']?)(?!data:|#|[a-z]+:)([^)"']+)\1\s*\)""")
SOURCES = re.compile(r'<script[^>]* src="([^"?]+)')
IMPORT = re.compile(r"""@import\s+["']([^"']+)["'];""")
OPTIONAL = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")  # any one of these may be there
NAME = re.compile(r"(?<![\w-])[.#]?(-?[A-Za-z_][\w-]*)")
NO_NAME = re.compile(r"\[[^\]]*\]|::?[\w-]+(?:\([^)]*\))?")  # attributes, states and pseudo-elements
NESTED = ("@media", "@supports", "@layer", "@container")


def rules(text: str):
    """The rules of a style sheet, each with its braces, and statements that end with a semicolon; no comments."""
    depth, part = 0, []
    for token in TOKEN.findall(text):
        if token.startswith("/*"):
            continue
        part.append(token)
        depth += {"{": 1, "}": -1}.get(token, 0)
        if token == "}" and not depth or token == ";" and not depth:
            yield "".join(part).strip()
            part = []


def selectors(head: str) -> list[str]:
    """The selectors of a rule, cut at the commas that stand in no bracket."""
    found, depth = [""], 0
    for sign in head:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [selector.strip() for selector in found]


def needed(text: str, there: set[str]) -> str:
    """The rules of a style sheet that may apply where only these classes are there."""
    kept = []
    for rule in rules(text):
        head, brace, body = rule.partition("{")
        if head.startswith(NESTED):
            if inner := needed(body[:-1], there):
                kept.append(f"{head.strip()}{{{inner}}}")
        elif not brace or head.startswith("@"):
            kept.append(rule if not head.startswith("@charset") else "")
        elif left := [s for s in selectors(head) if set(NAME.findall(NO_NAME.sub("", OPTIONAL.sub("", s)))) <= there]:
            kept.append(f"{','.join(left)}{{{re.sub(chr(92) + 's+', ' ', body[:-1]).strip()}}}")
    return "\n".join(kept)


def read(out: Path, name: str) -> str:
    """A style sheet with those that it imports, as it reads in the folder of the book's own."""
    text, folder = (out / name).read_text(encoding="utf-8"), dirname(name)
    text = IMPORT.sub(lambda m: read(out, normpath(join(folder, m[1]))), text)
    return URL.sub(lambda m: f'url("{relpath(normpath(join(folder, m[2])), dirname(SHEET))}")', text)


def names(pages, scripts) -> set[str]:
    """All classes, ids and elements of the pages, and all words of the scripts, which may make others."""
    words = (word for text in pages for found in NAMES.findall(text) for part in found for word in part.split())
    return {*words, *(word for text in scripts for word in re.findall(r"-?[A-Za-z_][\w-]*", text))}


def out_of_use(out: Path, pages) -> None:
    """Delete the scripts of Sphinx and its extensions that no page loads."""
    loaded = {Path(name).name for text in pages for name in SOURCES.findall(text)}
    for path in [*(out / "_static").glob("*.js"), *(out / "_static" / "scripts").glob("*.js*")]:
        if path.name not in loaded:
            path.unlink()


def gather(app, exception):
    """The ``build-finished`` event: write the one sheet, let all pages link to it, and delete the others."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(out.rglob("*.html"))
             if "_static" not in path.relative_to(out).parts}
    sheets = {}
    for path, text in pages.items():
        head = NOSCRIPT.sub(lambda m: "\0" * len(m[0]), text[:text.find("</head>")])
        found = list(LINKS.finditer(head))
        if not found:
            continue
        here = path.parent.relative_to(out).as_posix()
        for link in found:
            sheets.setdefault(normpath(join(here, link["address"])))
        first = found[0].start()
        for link in reversed(found):
            text = text[:link.start()] + text[link.end():]
        address = relpath(SHEET, here)
        pages[path] = f'{text[:first]}\n  <link rel="stylesheet" href="{address}?v=VERSION">{text[first:]}'
    out_of_use(out, pages.values())
    # Words of the search index and of frames say nothing; frames are markup, like pages.
    frames = [path.read_text(encoding="utf-8") for path in sorted(out.glob("_static/course/data/*/*.js"))]
    scripts = [path.read_text(encoding="utf-8") for path in (out / "_static").rglob("*.js")
               if not {"data", "search"} & set(path.relative_to(out).parts)]
    there = names([*pages.values(), *frames, *scripts], scripts)
    whole = needed("\n".join(read(out, name) for name in sheets), there)
    (out / SHEET).write_text(whole, encoding="utf-8")
    version = hashlib.sha256(whole.encode()).hexdigest()[:8]
    for path, text in pages.items():
        path.write_text(text.replace(f"{SHEET}?v=VERSION", f"{SHEET}?v={version}"), encoding="utf-8")
    for name in sheets:
        (out / name).unlink()


def setup(app):
    app.connect("build-finished", gather, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
