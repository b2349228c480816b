"""Answers in the page: under the stub of an exercise a box that checks what is typed, instead of "not attempted yet".

What a box knows is exported from the exercise's checker (``cnnlib/course/exercises/_table.py``); the scripts are in
``answers/``. Tables and the script that judges by them are loaded when a box is near. The notebooks stay as they are.
"""

import functools
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
from explorer_data import write_script

from cnnlib.course.exercises import _table

SOURCES = Path(__file__).parent / "answers"
# What is loaded where, and of which files it is made, in order.
BOXES, JUDGING, PROGRESS, STYLE = "answers.js", "judging.js", "progress.js", "answers.css"
PARTS = {BOXES: ("store", "boxes"), JUDGING: ("sha256", "read", "judge", "rules", "judging"),
         PROGRESS: ("store", "progress")}
STUB = re.compile(r'<div class="course-verdict open">○ Exercise ([\w.]+): [^<]*</div>')
TITLE = re.compile(r"</h1>")
EXERCISES = re.compile(r'(<section id="exercises">\s*<h2>.*?</h2>)', re.S)
# Said of the notebook; on paper there is nothing to run, and the PDF has its solutions elsewhere (tools/pdf.py).
RUN = re.compile(r"<p>([WR])(?=(?:rite your answer into the stub and|eplace each stub,) run the cell)")
NO_SCRIPT = "Here answers are checked with JavaScript, which is off. The notebook checks them without."
NOTE = ('<p class="course-answers-note"><span>On this page you answer in the boxes below the stubs. What you check is '
        'kept in this browser alone.</span> <button type="button" hidden>Forget my answers</button>'
        '<span role="status"></span></p>')
HOW = {
    "number": "A number, such as <code>0.25</code>, <code>−3</code>, <code>2/5</code> or <code>10^-3</code>.",
    "numbers": "Numbers as <code>1, −2, 0.5</code>.",
    "lists": "Numbers as <code>1, −2, 0.5</code>, lists of numbers as <code>[1, −2], [3, 4, 5]</code>.",
    "rows": "Numbers as <code>1, −2, 0.5</code>, rows of numbers as <code>[[1, 2], [3, 4]]</code>.",
    "truth": "Numbers and yes or no, such as <code>1.5, yes</code>.",
    "ordered": "One letter after the other, in order.",
    "letters": "All letters that apply, in any order.",
    "letter": "One letter.",
}


@functools.cache
def tables():
    """The questions that have a box, by the exercise's number: what is asked for, and the table that checks it."""
    found = {label: (asked, _table.exported(asked)) for label, asked in _table.questions().items()}
    return {label: pair for label, pair in found.items() if pair[1]}


def totals():
    """How many boxes each chapter has."""
    return Counter(label.split(".")[0] for label in tables())


def how(asked):
    """In what form the answer is typed, in words that do not give it away."""
    if asked.kind == "letters":
        one = len(asked.terms["expected"]) == 1
        return HOW["ordered" if asked.terms["ordered"] else "letter" if one else "letters"]
    if asked.kind == "property":
        return HOW["rows" if len(asked.terms["shape"]) > 1 else "numbers"]
    expected = asked.terms["expected"]
    if not isinstance(expected, (tuple, list)):
        return HOW[("number", "numbers", "rows")[np.ndim(expected)]]
    if any(isinstance(part, bool) for part in expected):
        return HOW["truth"]
    return HOW[("numbers", "lists", "rows")[max(map(np.ndim, expected))]]


def box(label):
    """The form under the stub of an exercise."""
    asked, _ = tables()[label]
    name = f"answer-{label.replace('.', '-')}"
    return (f'<form class="course-answer" data-label="{label}">'
            f'<label for="{name}">Your answer to exercise {label}</label>'
            f'<input id="{name}" type="text" maxlength="500" autocomplete="off" autocapitalize="off" '
            f'spellcheck="false" aria-describedby="{name}-how">'
            f'<button type="submit" aria-label="Check the answer to exercise {label}">Check</button>'
            f'<p class="course-answer-how" id="{name}-how">{how(asked)}</p>'
            f'<p class="course-answer-said"></p></form>'
            f'<noscript><p class="course-noscript">{NO_SCRIPT}</p></noscript>')


def elsewhere(label, notebook):
    """What stands under the stub of an exercise that the page cannot check."""
    return (f'<p class="course-answer-elsewhere">This one is code, and the notebook checks it: run '
            f"<code>make lab</code>, open <code>{notebook}</code> and go to exercise {label}.</p>")


def fill(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: a box under every stub, and the tables of the boxes in a script of their own."""
    body = context.get("body") or ""
    stubs = STUB.findall(body)
    boxes = [label for label in stubs if label in tables()]
    body = RUN.sub(lambda m: f'<p class="course-run">In Jupyter, {m[1].lower()}', body)
    body = STUB.sub(lambda m: box(m[1]) if m[1] in boxes else elsewhere(m[1], f"{pagename}.ipynb"), body)
    if boxes:
        n, of = len(boxes), len(stubs)
        score = (f'<p class="course-score"><a href="#exercises">{of} exercises</a>, {n} of them to answer on this page'
                 f'<span data-chapter="{boxes[0].split(".")[0]}"></span></p>')
        body = TITLE.sub(lambda m: m[0] + score, body, count=1)
        body = EXERCISES.sub(lambda m: m[1] + NOTE, body, count=1)
    context["body"] = body
    if boxes and app.builder.format == "html":
        text = f"document.courseTables = {json.dumps({label: tables()[label][1] for label in boxes})};\n"
        context["answer_tables"] = write_script(app, pagename, "answers", text, context)


def script(name):
    """One of the scripts: its parts, out of the way of everything else on the page."""
    parts = "\n".join((SOURCES / f"{part}.js").read_text(encoding="utf-8") for part in PARTS[name])
    known = f"const TOTALS = {json.dumps(totals())};\n" if name == PROGRESS else ""
    return f'(() => {{\n"use strict";\n{known}{parts}}})();\n'


def write_assets(app):
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "course"
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        (folder / name).write_text(script(name), encoding="utf-8")
    (folder / STYLE).write_text((SOURCES / STYLE).read_text(encoding="utf-8"), encoding="utf-8")


def setup(app):
    app.connect("builder-inited", write_assets)
    app.connect("html-page-context", fill, priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
