"""What lies folded is named by what it is: the code of figure 1.1, the imports, a check, the solution of exercise 1.2.

A chapter has dozens of folds, and a list of them is no use if all have one name.
"""

import html
import re

CELL = re.compile(r'<div class="cell [^"]*tag_hide-(?P<hidden>input|cell)[^"]*">\s*'
                  r'<details[^>]*>(?P<folded>.*?)</details>(?P<below>.*?)(?=<div class="cell |<section id=|\Z)', re.S)
SUMMARY = re.compile(r">(Show|Hide) the (?:code|solution)</b>")
OUTPUT = re.compile(r'\s*<div class="cell_output')
LISTING = re.compile(r"<pre>(.*?)</pre>", re.S)
SECTION = re.compile(r'<section id="([^"]+)')
EXERCISE = re.compile(r"exercise-(\d+)-(\d+)")
VERDICT = re.compile(r'<div class="course-verdict[^>]*>\W*Exercise ([\w.]+):')
# What is shown below, and what its code is called.
SHOWN = {re.compile(pattern, re.S): name for pattern, name in {
    r'<figure class="course-figure.*?<a class="book-figure-number"[^>]*>Figure ([\d.]+)<': "figure {}",
    r'<section class="course-(?:explorer|lab)[^>]* aria-label="([^"]+)"': "“{}”",
    r'<figure class="course-figure': "the figure",
    "<table": "the table"}.items()}
# What code does whose output is no picture. Of the rest, names that it defines say what it is.
IMPORT, STATEMENT = re.compile(r"^(?:import|from) \w", re.M), re.compile(r"^\w", re.M)
CHECK = re.compile(r"\bassert |\bassert_|\braise AssertionError")
DEFINED = re.compile(r"^(?:def|class) (\w+)", re.M)


def purpose(code: str, output: str) -> str:
    """What the code of a cell is for.

    Parameters
    ----------
    code : str
        Its text.
    output : str
        HTML of what it shows.

    Returns
    -------
    str
    """
    for pattern, name in SHOWN.items():
        if found := pattern.search(output):
            return name.format(*found.groups())
    if 2 * len(IMPORT.findall(code)) > len(STATEMENT.findall(code)):
        return "imports"
    if CHECK.search(code):
        return "the check"
    defined = ", ".join(f"{name}()" for name in DEFINED.findall(code))
    return defined or ("the output" if output else "preparations")


def named(cell, section: str) -> str:
    """The HTML of a folded cell, its fold named; the section is that in which it stands."""
    if cell["hidden"] == "input":
        listing = LISTING.search(cell["folded"])
        code = html.unescape(re.sub(r"<[^>]*>", "", listing[1])) if listing else ""
        words = f"the code: {purpose(code, cell['below'] if OUTPUT.match(cell['below']) else '')}"
    elif found := EXERCISE.match(section):
        verdict = VERDICT.search(cell["folded"])
        words = f"the solution of exercise {verdict[1] if verdict else '.'.join(found.groups())}"
    else:
        words = "the code and its output"
    return SUMMARY.sub(lambda m: f">{m[1]} {words}</b>", cell[0], count=2)


def name_folds(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: name all folds of a page."""
    body = context.get("body") or ""
    sections = [(found.start(), found[1]) for found in SECTION.finditer(body)]

    def at(place):
        return next((name for start, name in reversed(sections) if start < place), "")

    context["body"] = CELL.sub(lambda cell: named(cell, at(cell.start())), body)


def setup(app):
    app.connect("html-page-context", name_folds, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
