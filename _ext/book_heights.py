"""How tall a section will be on a phone, about: what a browser that has not laid it out takes it for.

The style sheet lets a phone lay out a section when it comes near (``theme.css``). Until then the section takes
``--tall``, so that the scroll bar hardly moves; rather too much than too little, so that no section reaches into the
next one. It is a sum over what stands in the section, fitted to all sections of the book at 360 pixels.
"""

import re

TAGS = re.compile(r"<(/?)section\b(?P<attributes>[^>]*)>")
# What is folded counts as its summary, what draws as its drawing; neither has letters that are read.
FOLDS = re.compile(r"<details\b.*?</details>", re.S)
HIDDEN = re.compile(r"<(script|style|template|noscript|math)\b.*?</\1>", re.S)
DRAWINGS = re.compile(r"""<svg\b[^>]*?viewBox=["'][-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)["'].*?</svg>""", re.S)
CODE = re.compile(r"<pre\b.*?</pre>", re.S)
MARKUP = re.compile(r"<[^>]*>")
# Pixels, about, of one of each, beside those of their letters.
EACH = {FOLDS: 60, HIDDEN: 0, CODE: 60}
PARTS = {re.compile(pattern): each for pattern, each in {
    r"<(?:p|li|dd|figcaption)\b": 15, r"<(?:h[2-4]|dt)\b": 54, r'class="formula"': 57, r"<img\b": 160, r"<tr\b": 20,
    r'class="course-explorer\b': 260, r'class="course-answer"': 60}.items()}
LETTER, LINE, WIDE, SAFE = 0.85, 17, 350, 110
ICON = 60  # no larger drawing is one
NEAR = 2500  # pixels, some screens of a phone: what begins above is laid out at once, or it would move as it is seen


def tall(section: str) -> int:
    """The pixels that a section takes, about."""
    height = SAFE
    for pattern, each in EACH.items():
        found = [match[0] for match in pattern.finditer(section)]
        height += each * len(found)
        if pattern is CODE:
            height += LINE * sum(text.strip().count("\n") + 1 for text in found)
        section = pattern.sub("", section)
    for width, high in DRAWINGS.findall(section):
        height += WIDE * float(high) / float(width) if float(width) > ICON else 0
    section = DRAWINGS.sub("", section)
    height += sum(each * len(pattern.findall(section)) for pattern, each in PARTS.items())
    return round(height + LETTER * len(MARKUP.sub("", section)))


def sections(body: str):
    """Of each section within the first: where its attributes end, and how tall it and all above it are."""
    depth, begin, above = 0, None, 0
    for tag in TAGS.finditer(body):
        depth += -1 if tag[1] else 1
        if not tag[1] and depth == 2:
            above = above or tall(body[:tag.start()])
            begin = tag
        elif tag[1] and depth == 1:
            height = tall(body[begin.end():tag.start()])
            yield begin.end("attributes"), height, above
            above += height


def measure(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: give each section that is not near the beginning its height."""
    body = context.get("body") or ""
    for at, height, above in reversed(list(sections(body))):
        if above > NEAR:
            body = f'{body[:at]} style="--tall:{height}px"{body[at:]}'
    context["body"] = body


def setup(app):
    app.connect("html-page-context", measure, priority=990)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
