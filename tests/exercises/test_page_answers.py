"""The book's pages check an answer as the notebooks do: every trial through both, with the same verdict in the same words."""

import base64
import json
import pathlib

import numpy as np
import pytest
import quickjs
from test_trials import EXERCISES, load, right_answers, wrong_answers

from cnnlib.course.exercises import _table
from cnnlib.course.exercises._answers import Foreign, plain, written

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = [ROOT / "_ext" / "answers" / f"{name}.js" for name in ("sha256", "read", "judge", "rules")]


def asked(chapter, name):
    return _table.question(getattr(load(chapter)[1], name))


BOXES = [(c, n) for c, n in EXERCISES if (question := asked(c, n)) and _table.exported(question)]
VALUES = [box for box in BOXES if asked(*box).kind == "value"]
LETTERS = [box for box in BOXES if asked(*box).kind == "letters"]


def each(boxes):
    return pytest.mark.parametrize(("chapter", "name"), boxes, ids=lambda v: v)


@pytest.fixture(scope="module")
def page():
    """``page(chapter, name, text)``: the page's verdict, as (passed, message)."""
    context = quickjs.Context()
    context.eval("\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS))
    context.eval("const tables = {}, ask = (name, text) => JSON.stringify(judge(tables[name], text));")
    known = set()

    def ask(chapter, name, text):
        key = json.dumps(f"{chapter}.{name}")
        if key not in known:
            table = base64.b64decode(_table.exported(asked(chapter, name))).decode()
            context.eval(f"tables[{key}] = {table}; 0")
            known.add(key)
        verdict = json.loads(context.eval(f"ask({key}, {json.dumps(text)})"))
        return verdict["passed"], verdict["say"]

    return ask


def python(chapter, name, answer):
    verdict = getattr(load(chapter)[1], name)(answer)
    return verdict.passed, verdict.message.replace(" by hand, then run the cell.", " by hand.")


class Untypable(Exception):
    """A function, a dict, a stream without end: what nobody can type."""


def typed(value):
    """A plain answer as somebody would type it."""
    if isinstance(value, Foreign):
        raise Untypable
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return f"[{', '.join(map(typed, value))}]" if isinstance(value, list) else repr(value)


def tried(chapter, name, answers):
    """Pairs of what is typed for an answer and what Python is given for it."""
    question = asked(chapter, name)
    for answer in answers:
        try:
            if question.kind == "letters":
                ordered = question.terms["ordered"]
                text = None if ordered and isinstance(answer, (set, frozenset)) else written(answer, numbered=ordered)
                if text is None or not text.strip() or not text.isprintable() and "\n" not in text:
                    raise Untypable
                yield text, text
            else:
                value = plain(answer)
                yield typed(value), value
        except Untypable:
            continue


@each(BOXES)
def test_a_right_answer_passes_in_the_page_as_in_the_notebook(page, chapter, name):
    answers = list(tried(chapter, name, (answer for _, answer in right_answers(chapter, name))))
    assert len(answers) >= 7
    for text, value in answers:
        assert page(chapter, name, text) == python(chapter, name, value), text
        assert page(chapter, name, text)[0]


@each(BOXES)
def test_a_wrong_answer_gets_the_same_words_in_the_page(page, chapter, name):
    answers = list(tried(chapter, name, (answer for _, answer, _ in wrong_answers(chapter, name))))
    assert len(answers) >= 6
    for text, value in answers:
        assert page(chapter, name, text) == python(chapter, name, value), text
        assert not page(chapter, name, text)[0]
