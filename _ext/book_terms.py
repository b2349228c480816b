"""Where the terms of the glossary are taught: each entry leads on to that section.

That is the section of a chapter whose title is the term, or else the first in which the term is set in bold. An entry
whose term stands in neither leads nowhere.
"""

import re
from collections import Counter

from docutils import nodes

CHAPTER = re.compile(r"chapters/(\d\d)_")
NO_TEACHING = re.compile(r"Exercise |Summary$|Limits$|Further reading$")
ENDINGS = re.compile(r"(?<=\w{6})(?:ed|ion|ant|ance)$")


def plain(text: str) -> str:
    """A term as the glossary may spell it: lower case, straight apostrophes, one space between words."""
    return re.sub(r"\s+", " ", text.replace("’", "'")).strip().lower()


def singular(text: str) -> str:
    """Without the s of a plural or of a genitive."""
    return text.removesuffix("s").removesuffix("'")


def ending(text: str) -> str:
    """What "saturated" shares with "saturation", with a sign that no word has."""
    return ENDINGS.sub("~", text)


def glossary(env) -> dict[str, tuple[str, str]]:
    """Page and anchor of each term, by its name and by what its forms share, the name itself before all."""
    entries = {plain(name): entry for (kind, name), entry in env.get_domain("std").objects.items() if kind == "term"}
    # What begins one term alone names it: "Glorot’s", "fully convolutional".
    starts = Counter(name.rpartition(" ")[0] for name in entries)
    found = {start: entry for name, entry in entries.items()
             if len(start := name.rpartition(" ")[0]) > 5 and starts[start] == 1}
    for form in (ending, singular, str):
        found |= {form(name): entry for name, entry in entries.items()}
    return found


def named(terms: dict, text: str):
    """Page and anchor of the term that a text in bold names, or None."""
    forms = (plain(text), singular(plain(text)), ending(plain(text)))
    return next((terms[form] for form in forms if form in terms), None)


def inside(node, *kinds):
    """Whether a node stands in one of these kinds."""
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


def title_of(section) -> str:
    """The title of a section without its number."""
    return re.sub(r"^\d+\. ", "", section.next_node(nodes.title).astext())


def note_terms(app, doctree):
    """The ``doctree-read`` event: note the titles of a chapter and what is set in bold in it, each with its section."""
    if not CHAPTER.match(app.env.docname):
        return
    noted = []
    for section in doctree.findall(nodes.section):
        title = title_of(section)
        if NO_TEACHING.match(title):
            continue
        place = section["ids"][0], title
        noted.append((0, title.removesuffix(", by hand"), place))
        for node in section.findall(nodes.strong):
            if not inside(node, nodes.title) and nearest(node) is section:
                noted.append((1, node.astext(), place))
    app.env.metadata[app.env.docname]["terms"] = noted


def nearest(node):
    """The section that a node stands in."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return node


def taught(env) -> dict[str, tuple[str, str, str]]:
    """Chapter, section and its title where each term is taught, by the anchor of the term in the glossary."""
    terms, found = glossary(env), {}
    for kind in (0, 1):  # titles before words in bold
        for docname in sorted(env.metadata):
            for this, text, place in env.metadata[docname].get("terms", []):
                if this == kind and (entry := named(terms, text)):
                    found.setdefault(entry[1], (docname, *place))
    return found


def lead_on(app, doctree, docname):
    """The ``doctree-resolved`` event: end each entry of the glossary with a link to where its term is taught."""
    if app.builder.format != "html" or docname != "glossary":
        return
    places = taught(app.env)
    for item in doctree.findall(nodes.definition_list_item):
        [anchor] = item.next_node(nodes.term)["ids"]
        if anchor not in places:
            continue
        chapter, section, title = places[anchor]
        uri = f"{app.builder.get_relative_uri(docname, chapter)}#{section}"
        text = f"Chapter\N{NO-BREAK SPACE}{int(CHAPTER.match(chapter)[1])}: {title}"
        link = nodes.reference("", text, internal=True, refuri=uri, classes=["book-taught"])
        list(item.findall(nodes.paragraph))[-1].extend([nodes.Text(" "), link])


def setup(app):
    app.connect("doctree-read", note_terms)
    app.connect("doctree-resolved", lead_on)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
