"""The search index: the text of every section, written as a script, so that a book on a disk can be searched.

MiniSearch (``assets/search``) does the searching, ``assets/search.js`` the showing; a page loads the index only when
its search field is used. Sphinx's own index is left out: it would be fetched, which a browser refuses from disk.
"""

import json
import re
from pathlib import Path

from bs4 import BeautifulSoup

INDEX = Path("_static/course/search/index.js")
# Sphinx's own search.
UNUSED = ("searchindex.js", "_static/searchtools.js", "_static/language_data.js")
ARTICLE = re.compile(r'<article class="bd-article">.*?</article>', re.S)
# What is drawn, or moves, or computes, is not searched: taken out before parsing, since it is most of a page.
DRAWN = re.compile(r"<(svg|pre|script|style|noscript)\b.*?</\1>| (?:data-[\w-]+|style)=\"[^\"]*\"", re.S)
NOT_TEXT = (".headerlink, .book-start, .book-taught, .genindex-jumpbox, div.math, .toctree-wrapper, "
            ".course-controls, .course-verdict, .course-still, "
            ".course-lab-still, .course-score, .course-answer, .course-answers-note, .course-answer-elsewhere, "
            ".tag_hide-cell, details > summary")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# What stands before each part of a formula's element.
SIGNS = {"msub": ("", "_"), "msup": ("", "^"), "msubsup": ("", "_", "^"), "munder": ("", "_"),
         "munderover": ("", "_", "^"), "mfrac": ("", "/")}
# Indices and powers whose letters are all small ones of their own need no sign.
SMALL = {"_": str.maketrans("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ"),
         "^": str.maketrans("0123456789+−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")}
# Entries that are found by themselves, each with the element that holds its text.
ENTRIES = "dl.py > dt[id], dl.glossary > dt[id], div.citation[id]"


def sign(part, mark: str):
    """Put the mark before a part of a formula, with brackets where there is more to it; or make its letters small."""
    text, small = re.sub(r"[\s\u2061-\u2064]+", "", part.get_text()), SMALL.get(mark, {})
    word = len(text) > 2 and text.isalpha()  # "H_out" is a name in the code, too
    if text and not word and all(ord(letter) in small for letter in text):
        part.string = text.translate(small)
        return
    if part.find(True) and len(text) > 1 and not text.isalpha():
        part.insert(0, "(")
        part.append(")")
    part.insert_before(mark)


def words(element) -> str:
    """The text of an element, each formula of a line in one piece, with signs for powers, indices and fractions."""
    for formula in element.find_all("math"):
        for part in reversed(formula.find_all(list(SIGNS))):  # the innermost first
            for mark, inner in zip(SIGNS[part.name], part.find_all(True, recursive=False), strict=False):
                sign(inner, mark)
        for root in formula.find_all("msqrt"):
            root.insert(0, "√(")
            root.append(")")
        formula.replace_with(re.sub(r"[\s\u2061-\u2064]+", "", formula.get_text()))
    return re.sub(r"\s+", " ", element.get_text(" ")).strip()


def tidy(text: str) -> str:
    """No space before what closes, after what opens, or between the parts of a name."""
    return re.sub(r"(?<=[(\[“]) +| +(?=[,.;:?!)\]”])", "", text)


def entries(article):
    """Take the entries of lists out of an article: heading, id and text of each, the innermost first."""
    found = []
    for entry in reversed(article.select(ENTRIES)):
        name = entry["id"]
        if entry.name == "div":
            heading, text = words(entry.select_one(".label").extract()).strip("[] "), words(entry)
        else:
            body = entry.find_next_sibling("dd")
            heading = name.removeprefix("cnnlib.") if entry.find_parent("dl", class_="py") else words(entry)
            text = words(body) if body else ""
            if body:
                body.decompose()
        found.append((heading, name, text))
        entry.decompose()
    return found[::-1]


def sections(page: str):
    """The sections of a page: heading, id and text of each, and of the entries of its lists.

    Parameters
    ----------
    page : str
        HTML.

    Returns
    -------
    title : str
    list of (str, str, str)
    """
    found = ARTICLE.search(page)
    if not found:
        return "", []
    article = BeautifulSoup(DRAWN.sub("", found[0]), "html.parser")
    for element in article.select(NOT_TEXT):
        if not element.decomposed:
            element.decompose()
    title = words(article.h1) if article.h1 else ""
    parts = entries(article)
    for section in reversed(article.select("section[id]")):
        heading = section.find(HEADINGS, recursive=False) or section.select_one(
            ".course-explorer-title, .course-lab-title")
        name = words(heading) if heading else title
        if heading:
            heading.decompose()
        parts.append((name, section["id"], words(section)))
        section.decompose()
    return title, [(tidy(name), anchor, tidy(text)) for name, anchor, text in parts[::-1]]


def cited(app) -> dict[str, str]:
    """Authors and year of the references, as the chapters cite them, by their addresses."""
    found = {}
    for citation in app.env.get_domain("cite").citations:
        people = citation.entry.persons["author"]
        authors = [" ".join(map(str, person.rich_prelast_names + person.rich_last_names)) for person in people]
        known = f"{authors[0]} et al." if len(authors) > 2 or "others" in authors else " and ".join(authors)
        address = f"{citation.bibliography_key.docname}.html#{citation.citation_id}"
        found[address] = f"{known}, {citation.entry.fields['year']}"
    return found


def index(folder: Path, names=()):
    """All that can be found in a built book: title of the page, heading, address and text of each section.

    Parameters
    ----------
    folder : Path
    names : dict of str to str, optional
        Headings that an address has instead of its own.

    Yields
    ------
    list of str
    """
    names = dict(names)
    for path in sorted(folder.rglob("*.html")):
        page = path.relative_to(folder).as_posix()
        if page.startswith("_"):
            continue
        title, parts = sections(path.read_text(encoding="utf-8"))
        for heading, anchor, text in parts:
            address = f"{page}#{anchor}"
            yield [title, names.get(address, heading), address, text]


def write_index(app, exception):
    """The ``build-finished`` event: write our index, and delete what Sphinx's own search is made of."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for name in UNUSED:
        (out / name).unlink(missing_ok=True)
    records = json.dumps(list(index(out, cited(app))), ensure_ascii=False, separators=(",", ":"))
    (out / INDEX).parent.mkdir(parents=True, exist_ok=True)
    (out / INDEX).write_text(f"window.bookIndex = {records};\n", encoding="utf-8")


def setup(app):
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
