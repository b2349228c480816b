"""Below each question of a laboratory's page a link that sets the laboratory to where the question starts.

It is a link as "Copy link" makes one (``lab.js``): only what differs from the laboratory's start stands in it.
"""

import html
import json
import re
from urllib.parse import quote

PAGE = re.compile(r"laboratories/(\w+)")
QUESTION = re.compile(r"<h3>(\d+)\. .*?</h3>\s*<p>.*?</p>", re.S)

# Where a question begins: by laboratory, in the order of its questions.
STARTS = {
    "convolution": [
        {"picture": "one bright pixel", "kernel": "1 to 9", "predict": True, "cell": ["output", 0, 0], "pinned": True},
        {"stride": 2, "counting": True},
        {"counting": True},
        {"channels": 3, "bias": 1},
        {"picture": "handwritten digit", "padding": 1},
        {"picture": "photograph", "padding": 1},
    ],
    "backward": [
        {},
        {"rule": "="},
        {"upstream": [[i, j, 0] for i in range(3) for j in range(3) if (i, j) != (1, 1)]},
        {"cell": ["input", 2, 2], "pinned": True},
        {"layer": "max pooling", "picture": "many ties"},
        {"layer": "max pooling", "picture": "chapter 11's map", "stride": 2, "padding": 1,
         "cell": ["input", 1, 1], "pinned": True},
    ],
    "network": [
        {"centre": False, "all": True},
        {"cell": [1, 11, 16], "pinned": True, "all": True},
        {"view": "backward", "target": 3},
        {"picked": None},
        {"weights": "random"},
    ],
    "training": [
        {"step": 200},
        {"step": 200, "rule": "SGD"},
        {"step": 200, "activation": "ReLU"},
        {"step": 50, "rule": "SGD", "fault": "zero"},
        {"step": 200, "adds": 0},
    ],
}


def address(lab, start):
    """What stands behind the # of a link to a state of a laboratory.

    Parameters
    ----------
    lab : str
        As in ``"training"``.
    start : dict
        What differs from the state that the laboratory opens with.

    Returns
    -------
    str
    """
    return f"lab={lab}:{quote(json.dumps(start, ensure_ascii=False, separators=(',', ':')), safe='')}"


def add_links(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event."""
    name = PAGE.fullmatch(pagename)
    starts = STARTS.get(name[1], []) if name else []

    def linked(question):
        target = html.escape(address(name[1], starts[int(question[1]) - 1]))
        return (f'{question[0]}\n<p class="course-lab-show"><a href="#{target}">'
                f'Set the laboratory to question {question[1]}</a></p>')

    if starts:
        context["body"] = QUESTION.sub(linked, context.get("body") or "")


def setup(app):
    app.connect("html-page-context", add_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
