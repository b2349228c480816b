"""The book's pages check an answer as the notebooks do: every trial through both, with the same verdict in the same words."""

import base64
import hashlib
import itertools
import json
import pathlib
import random
import re

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
PROPERTIES = [box for box in BOXES if asked(*box).kind == "property"]
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
    words = {" by hand, then run the cell.": " by hand.", " without quotes,": ",",
             "True or False, such as 1.5, True": "yes or no, such as 1.5, yes"}
    message = verdict.message
    for notebook, box in words.items():
        message = message.replace(notebook, box)
    return verdict.passed, message


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


def test_every_prediction_hand_calculation_and_choice_can_be_answered_in_the_page():
    typable = [(c, n) for c, n in EXERCISES if not callable(load(c)[0].RIGHT[n][0])]
    assert BOXES == typable and len(BOXES) >= 54


# ---- draws: what no trial hits ---------------------------------------------------------------------------------------


@each(LETTERS)
def test_all_letters_are_judged_alike(page, chapter, name):
    terms = asked(chapter, name).terms
    choices, n = terms["choices"], len(terms["expected"])
    if terms["ordered"]:
        draws = ["".join(random.Random(i).choices(choices, k=n)) for i in range(25)] + [m.wrong for m in terms["mistakes"]]
        draws += [terms["expected"][:i] + letter + terms["expected"][i + 1:] for i in range(n) for letter in choices]
        draws += ["".join(f"{i + 1}{letter} " for i, letter in enumerate(draw)) for draw in draws[:5]]
    else:
        draws = ["".join(s) for k in range(1, len(choices) + 1) for s in itertools.combinations(choices, k)]
        draws += [draw[::-1] for draw in draws[-5:]]
    for text in draws:
        assert page(chapter, name, text) == python(chapter, name, text), text
    assert any(page(chapter, name, text)[0] for text in draws)


def nudged(value, rng):
    """A value with one of its numbers moved: a little, to where the room around it ends, or rounded."""
    places = []

    def found(part, index):
        if isinstance(part, (list, tuple)):
            for i, inner in enumerate(part):
                found(inner, (*index, i))
        else:
            places.append(index)

    nested = json.loads(json.dumps(value, default=lambda v: v.tolist() if isinstance(v, np.ndarray) else v.item()))
    found(nested, ())
    place = rng.choice(places)
    holder = [nested]
    at = holder
    for i in (0, *place)[:-1]:
        at = at[i]
    last = (0, *place)[-1]
    number = float(at[last])
    at[last] = rng.choice([
        number * (1 + rng.uniform(-3, 3) * 1e-5), number * (1 + rng.choice([-1, 1]) * 1e-5), number + rng.uniform(-1, 1) * 1e-9,
        float(f"{number:.{rng.randint(1, 4)}g}"), number + rng.choice([-1, 1]) * 10.0 ** -rng.randint(1, 4), -number,
        number + 1, *(float(f"{number * (1 + rng.uniform(-0.01, 0.01)):.{n}g}") for n in (2, 3, 4)),
    ])
    return holder[0]


@each(VALUES)
def test_numbers_near_a_known_one_are_judged_alike(page, chapter, name):
    terms, rng = asked(chapter, name).terms, random.Random(f"{chapter}.{name}")
    known = [terms["expected"], *(m.wrong for m in terms["mistakes"])]
    for _ in range(100 if terms["digits"] else 30):
        value = nudged(rng.choice(known), rng)
        given = plain(value)
        assert page(chapter, name, typed(given)) == python(chapter, name, given), value


@each(PROPERTIES)
def test_rules_agree_on_any_answer(page, chapter, name):
    shape, rng = asked(chapter, name).terms["shape"], np.random.default_rng(0)
    right, said = np.array(load(chapter)[0].RIGHT[name][0], dtype=float), set()
    for i in range(240):
        value = rng.integers(-2, 3, shape) / rng.choice([1, 2, 4])
        if i % 4 == 1:
            value = right + value * (rng.random(shape) < 0.2)
        elif i % 4 == 2:
            value = (value + value[::-1, ::-1] if value.ndim > 1 else value[::-1] * 1e-13)
        elif i % 4 == 3:
            value = np.where(np.arange(value.size).reshape(shape) == rng.integers(value.size), rng.choice([1, 1, 2, -0.5]), 0.0)
        found = page(chapter, name, typed(value))
        assert found == python(chapter, name, value), value
        said.add(found[1])
    assert len(said) >= 5


# ---- what is typed ---------------------------------------------------------------------------------------------------

TYPED = {
    ("activation", "slopes"): ["0.9 * (1 - 0.9), 1 - 0.6**2, 0, 0.01", "0.9·(1−0.9); 1−0.6²; 0; 0.01", "[0.9 * (1 - 0.9), 1 - 0.6**2, 0, 0 + 0.01]", "0,9 · (1 − 0,9); 1 − 0,6²; 0; 0,01", "0.9 - 0.9^2, (1 + 0.6) * (1 - 0.6), 1 - 1, 1% - 0"],
    ("convolution", "shape"): ["8, 16, 14, 18", "(8, 16, 14, 18)", "[8,16,14,18]", "8 16 14 18", "8; 16; 14; 18", "8×16×14×18", "8x16x14x18", "{8, 16, 14, 18}", "torch.Size([8, 16, 14, 18])", "size: (8, 16, 14, 18)", "tuple([8, 16, 14, 18])", "8 x 16 X 14 * 18.", "8, 16, 28/2, (28 - 1)/1.5", "8, 16, 14 and 18", "8 and 16 and 14, and 18", "4 + 4, 2*8, 28/2, 20 - 2", " 8 ,16, 14.0 ,18. ,"],
    ("convolution", "by_hand"): ["[[8.0, 2.], [9, 7]]", "((8, 2), (9, 7))", "[8, 2], [9, 7]", "8, 2; 9, 7", "8 2; 9 7", "[[8 2] [9 7]]", "[[8,2][9,7]]", "[8, 2][9, 7]", "(8,2)(9,7)", "{{8,2},{9,7}}", "{{8,2}{9,7}}", "np.array([[8,2],[9,7]])", "np.array ( [[8,2], [9,7]] )", "numpy.asarray([[8, 2], [9, 7]], dtype=np.float64)",
                               "array([[8., 2.],[9., 7.]], dtype=float32)", "torch.tensor([[8., 2.], [9., 7.]], grad_fn=<AddBackward0>)", "tensor([[8, 2], [9, 7]], dtype=torch.float32, requires_grad=True)", "y: [[8, 2], [9, 7]]", "8, 2 and 9, 7", "[8, 2] and [9, 7]", "[[9 - 1, 2], [9, 7 + 0]]", "9 - 1, 2; 9, 7"],
    ("neuron", "side"): ["−0.5, False", "-.5, no", "(−1/2, NO)", "–0.5 false", "-0,5; no", "-50%, no", "-5e-1, 0", "-0.5, n", "z = -0.5, no.", "z: -0.5, fires: no", "(-0.5, np.False_)", "z = about -0.5, no", "-0.5 and no", "1 - 2 + 0.5, no", "z = 1 − 2 + 0,5; no", "1 - 1.5 and no", "np.float64(-0.5), False"],
    ("neuron", "gradient"): ["1/2, -1/4, 1/4", "½, −¼, ¼", "½ -¼ 1⁄4", "0,5; −0,25; 0,25", "0,5 -0,25 0,25", "0,5, −0,25, 0,25", ".5, -.25, .25"],
    ("forward", "ten_layers"): ["1/32", "0,03125", "0.03125", ".03125", "3.125 %", "(0.03125)", "[0.03125]", "3.125e-2"],
    ("forward", "shapes"): ["(32, 10), (10, 64), (10,)", "((32,10),(10,64),(10,))", "[32, 10], [10, 64], [10]", "(32, 10), (10, 64) and (10,)"],
    ("descent", "limits"): ["2/50, 0.064", "1⁄25 0.064", "0,04; 0,064", "0,04, 0,064", "4%, 6.4%"],
    ("backpropagation", "left"): ["0.6**10", ".6^10", "0,6 ^ 10", "0.6¹⁰", "6·10^-3", "6 × 10⁻³", "6*10**(-3)", "6e-3.", "(3/5)^10", "≈ 0.006", "about 0.006", "About 6·10⁻³", "approx. 0.006", "approximately 0.006", "ca. 0,006", "~0.006", "~ 6e-3.", "p = ~0.006", "p ≈ 0.006", "np.float64(0.006)", "1/165", "6/10^3"],
    ("backpropagation", "circuit"): ["a=-4, b=-4, c=3", "a = −4 b = −4 c = 3.", "a: -4, b: -4, c: 3", "df/da: −4; df/db: −4; df/dc: 3", "a := -4, b := -4, c := 3", '{"a": -4, "b": -4, "c": 3}', "dict(a=-4, b=-4, c=3)", "(−4, −4, 3)", "f'=-4, g' = -4, h': 3", "[-4, -4, about 3]", "-2^2, -2·2, (3)"],
    ("convolution", "mover"): ["0 0 0 / 1 0 0 / 0 0 0"],
    ("descent", "batch"): ["n = 288", "32 · 3²", "32·(0.9/0.3)^2", "288", "288.0", "300 - 12", "[300 - 12]", "300-12", "2 * (150 - 6)", "n = 300 − 12", "np.int64(288)", "(288)", "+288"],
    ("evaluation", "margin"): ["0.0214, 1,825", "0,0214; 1825", "2.14%, 1825", "0,021; 1825", "0,021; 1.825", "0,021; 1.825,0", "0,021 and 1.825", "0,021, 1.825", "0.021 and 1,800", "0.021 and 1825", "0.021, 1’825", "0.021, 1'825.0", "0.021, 1 825", "0,021; 1 825", "0.021; 1\u202f825",
                               "±0.021, 1825", "± 0.021, 1,800", "(±0.021, 1825)", "+/-0.021 and 1825", "margin = ±0,021; n = 1.825", "0.01 + 0.011, 1800 + 25"],
    ("neuron", "xor"): ["1 1 -½; -1 -1 1½; 1 1 -1½", "[(1, 1, -0.5), (-1, -1, 1.5), (1, 1, -1.5)]", "1 1 -0.5; -1 -1 1.5; 1 1 -1.5"],
    ("neuron", "same_answers"): ["f, e, d, a", "ADEF", "(a) and (d), (e), (f)", '"adef"', "a d\te f"],
    ("neuron", "diagnosis"): ["1b 2d 3e 4a 5c", "b-d-e-a-c", "5c, 4a, 3e, 2d, 1b", "B D E A C", "[b, d, e, a, c]"],
}


@pytest.mark.parametrize(("chapter", "name"), TYPED, ids=lambda v: v)
def test_an_answer_may_be_typed_in_many_ways(page, chapter, name):
    for text in TYPED[chapter, name]:
        assert page(chapter, name, text)[0], text


MISTYPED = {
    ("forward", "shapes"): [("(32, 10), (10, 64), (10)", "needs a comma"), ("(32, 10), (10, 64", "cannot read")],
    ("convolution", "by_hand"): [("8 2 9 7", "the numbers are right; write them as 2 rows of 2."), ("(8, 2, 9, 7)", "write them as 2 rows"), ("8 2 9 6", "not this one: the shape (2, 2)"), ("[[8,2][9,6]]", "3 of 4"), ("eight", "give numbers, such as [[1, 2], [3, 4]]."), ("{{8, 2}, {9, 7]}", "cannot read"), ("{{8, 2}, {9, 7}", "“}” is missing"), ("[[8, 2], [9, nan]]", "finite"), ("8; 2; 9; 7", "write them as 2 rows"),
                               ("np.array([[8, 9], [2, 7]]).T", "cannot read"), ("np.array([[8, 2], [9, 7]], dtype=int)", "cannot read"), ("np.array([[8, 2], [9, 7]])[::-1]", "cannot read"), ("8(2); 9(7)", "cannot read"), ("(8)(2); (9)(7)", "cannot read")],
    ("activation", "slopes"): [("0.09 - 0.64, 0, 0.01", "cannot read"), ("0.09 0.64 0 0.02 - 0.01", "cannot read"), ("0.9 * (1 - 0.9), 1 + 0.6**2, 0, 0.01", "(−0.6)² is positive"), ("0.9 * (1 - 0.8), 1 - 0.6**2, 0, 0.01", "3 of 4"), ("0.9 * (1 - 0.9, 1 - 0.6**2, 0, 0.01", "is missing"), ("1 - , 0.64, 0, 0.01", "cannot read")],
    ("evaluation", "margin"): [("0.021; 1.825", "1 of 2"), ("0,021; 1.826.000", "1 of 2"), ("0.021, 0,825", "3"), ("0.021, 1’82", "cannot read"), ("0.021 ± 1825", "cannot read"), ("-±0.021, 1825", "1 of 2"), ("0.021, ±1825", "cannot read"), ("0.021 - 1825", "cannot read"), ("0.021 and", "cannot read"), ("[0.021, 1825 and ]", "cannot read")],
    ("forward", "ten_layers"): [("±0.03125", "cannot read"), ("+/-0.03125", "cannot read")],
    ("descent", "limits"): [("0.04 - 0.064", "cannot read"), ("(0.04 - 0.064)", "cannot read"), ("[0.04 + 0.064]", "cannot read"), ("0.04-0.064", "cannot read"), ("0.04 -0.064", "1 of 2"), ("0.04 = 0.064", "cannot read"), ("0.04 ~ 0.064", "cannot read"), ("0.04 ≈ 0.064", "cannot read"), ("0.04:0.064", "cannot read"), ("a: 0.064, b: 0.04", "not by their names"), ("0.04, inf", "finite"), ("0.04, 0.064 about", "cannot read")],
    ("backpropagation", "left"): [("exp(0.006)", "cannot read"), ("about", "cannot read"), ("about 0.016", "not this one."), ("below 0.006", "cannot read"), ("p > 0.006", "cannot read"), ("p != 0.006", "cannot read"), ("-about 0.006", "cannot read")],
    ("backpropagation", "circuit"): [("np.array([-4, -4, 3]) + 1", "cannot read"), ("np.array([-4, -4, 3]) * 1", "cannot read"), ("a: -4, b: -4, c: -3", "2 of 3")],
    ("convolution", "mover"): [("0 0 0 1 0 0 0 0 0", "the numbers are right; write them as 3 rows of 3."), ("0 0 0 0 0 1 0 0 0", "you gave a list of 9")],
    ("neuron", "xor"): [("1, 1, -0.5, -1, -1, 1.5, 1, 1, -1.5", "the numbers are right; write them as 3 rows of 3."), ("1, 1, inf, -1, -1, 1.5, 1, 1, -1.5", "you gave a list of 9")],
    ("convolution", "shape"): [("8, 16, 14 - 18", "cannot read"), ("8-16-14-18", "cannot read"), ("8 16 14 19 - 1", "cannot read"), ("[8, 16, 14, 18", "I cannot read this: '[8, 16, 14, 18'; “]” is missing: give numbers"), ("8, 16, 14, 18)", "“)” closes no bracket"), ("(8, 16, 14, 18]", "“]” closes no bracket"), ("8 by 16 by 14 by 18", "cannot read"), ("8×16×14", "a list of 3"), ("8, 16", "rows and columns")],
    ("descent", "batch"): [("288 digits", "I cannot read this: '288 digits'; give numbers"), ("288...", "cannot read"), ("300 - 13", "not this one."), ("300 -12", "one number is expected"), ("300 - n = 12", "cannot read"), ("3 * n = 96", "cannot read"), ("3 · n = 96", "cannot read"), ("300 - about 12", "cannot read"), ("2, 88", "one number is expected"), ("1/0", "every number must be finite"), ("0/0", "finite"), ("1e400", "finite"), ("nan", "finite"), ("3:288", "cannot read"), ("288 = 288", "cannot read"), ("not about 288", "cannot read"), ("not = 288", "cannot read"), ("not: 288", "cannot read"), ("n != 288", "cannot read"), ("n ≠ 288", "cannot read"), ("n < 288", "cannot read"), ("n == 288", "cannot read"), ("sqrt(288)", "cannot read"), ("-np.float64(288)", "cannot read"), ("2" * 30 + " digits", f"'{'2' * 30}…'"), ("2" * 23 + " digits", f"'{'2' * 23} digits'")],
    ("neuron", "side"): [("-0.5, maybe", "'-0.5, maybe'; give numbers and yes or no, such as 1.5, yes."), ("no, -0.5", "the other way round"), ("-0.5, ~no", "cannot read"), ("-0.5, ~(no)", "cannot read"), ("-0.5, fires = ~no", "cannot read"), ("-0.5, not no", "cannot read"), ("-0.5, no: yes", "cannot read"), ("-0.5, isn't: no", "cannot read"), ("fires: no, z: -0.5", "the other way round"), ("np.int64(-0.5), no", "cannot read"), ("-0.5, np.True_", "fire"), ("nan, no", "finite"), ("-0.5, None", "nothing is given")],
    ("neuron", "nand"): [("-1, -1", "a list of 2"), ("-1, -1, inf", "finite"), ("near -1", "I cannot read this: 'near -1'; give three numbers")],
    ("neuron", "same_answers"): [("not b, c", "letters to choose from"), ("all but -b", "without signs"), ("-b", "without signs"), ("7", "give letters")],
}


@pytest.mark.parametrize(("chapter", "name"), MISTYPED, ids=lambda v: v)
def test_what_cannot_be_an_answer_is_named(page, chapter, name):
    for text, words in MISTYPED[chapter, name]:
        passed, said = page(chapter, name, text)
        assert passed is (None if said.startswith(("I cannot read this: ", "the numbers are right; ")) else False) and words in said, (text, said)


def test_names_are_said_to_count_for_nothing(page):
    for text, passed in (("a: -4, b: -4, c: 3", True), ("c = -4, a = -4, b = 3", True), ("c: 3, a: -4, b: -4", False)):
        found = page("backpropagation", "circuit", text)
        assert found[0] is passed and found[1].endswith("(Numbers are read in the order in which they stand, not by their names.)")
    assert "names" not in page("backpropagation", "circuit", "grads: -4, -4, 3")[1]


def thousands(text, mark, point="."):
    """Numbers as in "1’825.5", with these signs."""
    def grouped(found):
        return f"{int(found[1]):,}".replace(",", mark) + (point + found[2][1:] if found[2] else "")

    return re.sub(r"(\d+)(\.\d+)?(?![\d.e])", grouped, text)


def each_number(text, form):
    return text if "'" in text else re.sub(r"-?\d[\d.]*(?:e[-+]\d+)?", lambda found: form.format(found[0]), text)


DRESSES = [
    lambda text: f"np.array({text})" if text[0] == "[" else f"np.float64({text})", lambda text: f"torch.tensor({text}, dtype=torch.float64)",
    lambda text: text.replace("[", "{").replace("]", "}"), lambda text: text.replace("], [", "]["), lambda text: f"my_answer: {text}",
    lambda text: f"about {text}" if text[0] != "[" else re.sub(r", (?=[-\d])", ", ~", text),
    lambda text: each_number(text, "0 + {}"), lambda text: each_number(text, "{}-0"), lambda text: each_number(text, "1 * (0 + {})"),
    lambda text: thousands(text, "’"),
]
# In these a text has several readings, and what is said of a wrong one may be about another.
READINGS = [
    lambda text: text.replace(", ", " and "), lambda text: text.replace(", ", "; "),
    lambda text: thousands(text, ".", ",").replace(", ", "; "), lambda text: thousands(text, ".", ",").replace(", ", " and "),
    lambda text: thousands(text, " "), lambda text: thousands(text, ","), lambda text: thousands(text, " ", ","),
]


@each(VALUES + PROPERTIES)
def test_another_notation_changes_no_verdict(page, chapter, name):
    answers = [answer for _, answer, *_ in right_answers(chapter, name) + wrong_answers(chapter, name)]
    if asked(chapter, name).kind == "value":
        answers += [mistake.wrong for mistake in asked(chapter, name).terms["mistakes"]]
    compared = 0
    for text, _ in tried(chapter, name, answers):
        verdict = page(chapter, name, text)
        if not verdict[1].startswith("I cannot read this: ") and text[-1] in "]0123456789":
            for dressed in {dress(text) for dress in DRESSES} - {text}:
                other = page(chapter, name, dressed)
                compared += 1
                assert other == verdict or other[1].startswith("I cannot read this: ") and not verdict[0], (dressed, other, verdict)
            for dressed in {dress(text) for dress in READINGS} - {text}:
                assert bool(page(chapter, name, dressed)[0]) == bool(verdict[0]), (dressed, verdict)
    assert compared >= 50


@each(VALUES + PROPERTIES)
def test_a_sign_between_two_numbers_makes_no_answer_right_or_wrong_that_has_too_few(page, chapter, name):
    for text, _ in tried(chapter, name, (answer for _, answer in right_answers(chapter, name))):
        for sign in (" - ", " + ", "-", "+") if text[0] == "[" and ", " in text else ():
            assert page(chapter, name, text.replace(", ", sign, 1))[0] is None, text
            assert page(chapter, name, text.strip("[]").replace("], [", sign).replace(", ", sign))[0] is None, text


# ---- what the page holds ---------------------------------------------------------------------------------------------


@each(BOXES)
def test_an_answer_cannot_be_read_at_a_glance(chapter, name):
    question = asked(chapter, name)
    raw = _table.exported(question)
    table = json.loads(base64.b64decode(raw))
    assert " " not in raw and max(question.terms["praise"].split(), key=len) not in raw
    if question.kind == "value":
        shown = [number for entry in table["entries"] for leaf in leaves(entry["like"]) for number in leaf.get("numbers", [])]
        assert all(isinstance(grid, int) and len(base64.b64decode(sealed)) == 20 for grid, sealed in shown)
        assert table.keys() == {"label", "digits", "entries"}
    elif question.kind == "letters":
        assert all(len(base64.b64decode(key)) == 4 for key in table["right"]) and "expected" not in table


def leaves(like):
    return [leaf for part in like for leaf in leaves(part)] if isinstance(like, list) else [like]


def test_the_hash_is_sha_256():
    context = quickjs.Context()
    context.eval(SCRIPTS[0].read_text(encoding="utf-8"))
    for text in ("", "abc", "1.1|3|−7", "x" * 55, "x" * 56, "x" * 64, "long " * 50):
        found = json.loads(context.eval(f"JSON.stringify(sha256({json.dumps(text)}))"))
        assert bytes(found) == hashlib.sha256(text.encode()).digest()
