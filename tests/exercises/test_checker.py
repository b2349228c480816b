"""The judges themselves: what is accepted as the same answer, what a verdict says, and that a run leaves no trace."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from cnnlib.course.exercises import (
    Case,
    Mistake,
    Verdict,
    check_function,
    check_letters,
    check_value,
    judge_function,
    judge_value,
)
from cnnlib.course.exercises._answers import Foreign, letters, numbers, plain, written

X = np.array([1.0, -2.0, 3.0])
CASES = [Case((X[:1], 2.0), "one number"), Case((X, -1.0), "three numbers")]


def scaled(x, factor):
    return x * factor


def scale(answer, **options):
    mistakes = [Mistake(lambda x, factor: x + factor, "multiply."), Mistake(lambda x, factor: -x * factor, "the sign.")]
    return check_function("0.1", answer, scaled, CASES, mistakes, **options)


def test_a_verdict_shows_its_mark_and_escapes_its_markup():
    verdict = Verdict("1.1", False, "z < 0")
    assert repr(verdict) == "✗ Exercise 1.1: z < 0"
    assert verdict._repr_mimebundle_()["text/html"] == '<div class="course-verdict failed">✗ Exercise 1.1: z &lt; 0</div>'


@pytest.mark.parametrize(("value", "expected"), [
    (3, 3.0), (np.float32(0.5), 0.5), (Decimal("inf"), float("inf")), (-np.longdouble("inf"), float("-inf")), (Fraction(1, 4), 0.25), (Decimal("0.5"), 0.5),
    (np.array(2), 2.0), (torch.tensor(2.0, requires_grad=True), 2.0), (torch.tensor(2.0, dtype=torch.bfloat16), 2.0),
    (True, True), (np.bool_(False), False), (torch.tensor(True), True), (range(3), [0.0, 1.0, 2.0]), ((v for v in (1, 2)), [1.0, 2.0]),
    ({"b"}, ["b"]), ("text", "text"), (None, None),
])
def test_plain_undresses(value, expected):
    result = plain(value)
    assert result == expected and type(result) is type(expected)


@pytest.mark.parametrize(("value", "words"), [
    (2j, "a complex"), ({}, "a dict"), (int, "a class (int)"), (len, "a function"), ({1, 2}, "a set, which has no order"), (b"ab", "a bytes"),
    (np.zeros(2, complex), "an array of complex128"), (Decimal("sNaN"), "a Decimal"), (..., "an ellipsis"),
    (10**400, "a number too large for float64"), (Decimal("-1e400"), "a number too large for float64"), (Fraction(10**400, 3), "a number too large for float64"),
])
def test_what_no_exercise_asks_for_is_named(value, words):
    assert plain(value) == Foreign(words)


def test_a_list_in_itself_and_an_endless_iterator_end():
    import itertools
    loop, wide = [], []
    loop.append(loop)
    wide.extend([wide] * 100)
    assert {type(plain(v)) for v in (loop, wide, itertools.count())} == {Foreign}


def test_rows_of_different_lengths_are_not_an_array():
    assert numbers(plain([[1, 2], [3]])) is None
    assert numbers(plain([np.ones(2), torch.ones(2)])).shape == (2, 2)


@pytest.mark.parametrize("answer", ["ba", "a, b", "AB", "a and b", ["a", "b"], {"b", "a"}, ("(b)", "(a)"), np.array(["a", "b"]), "aab", "b\na"])
def test_letters_that_all_apply_come_in_any_form(answer):
    assert check_letters("0.2", answer, "ab", "abc").passed is True


@pytest.mark.parametrize(("answer", "hint"), [
    ("abc", "not c"), ("a", "b too"), ("", "give letters as text"), (3, "one number, 3"), ("xa", "choose from are a, b, c"), ([["a"], None], "give letters"),
])
def test_letters_that_are_wrong_get_the_hint_of_a_letter(answer, hint):
    verdict = check_letters("0.2", answer, "ab", "abc", {"a": "a too", "b": "b too", "c": "not c"})
    assert verdict.passed is (None if answer in ("", "xa") else False) and hint in verdict.message


@pytest.mark.parametrize(("answer", "words"), [
    ("a, -b", "without signs"), ("!b", "without signs"), ("ab − c", "without signs"), (["a", "-b"], "without signs"), ("a ≠ b", "without signs"),
])
def test_a_sign_before_a_letter_is_not_dropped(answer, words):
    assert words in check_letters("0.2", answer, "ab", "abc").message


@pytest.mark.parametrize("answer", ["a-b", "a, b", "1 - a, 2 - b", "a → b", "(a) - (b)"])
def test_a_dash_between_letters_joins_them(answer):
    assert check_letters("0.2", answer, "ab", "abc").passed


@pytest.mark.parametrize(("answer", "passed"), [
    ("3a 1b 2c", True), ("1b 2c 3a", True), ("a3 c2 b1", True), ({2: "c", 3: "a", 1: "b"}, True), ({"a": 3, "b": 1, "c": 2}, True), ({"3a", "1b", "2c"}, True),
    ([(3, "a"), (1, "b"), (2, "c")], True), ("1: b; 2: c; 3: a", True), (np.array(["3a", "1b", "2c"]), True),
    ("3b 1c 2a", False), ("1b 1c 3a", False), ("0b 1c 2a", False), ("1b c a", False), ("b1 2c 3a", False), ("1b 2c", False), ("1bca", False), ("1 2 3 b c a", False),
])
def test_letters_with_numbers_stand_where_their_numbers_say(answer, passed):
    assert check_letters("0.3", answer, "bca", "abc", ordered=True).passed in (passed, passed or None)


@pytest.mark.parametrize("expected", ["a", "b", "ab", "bc", "ac", "abc"])
@pytest.mark.parametrize("ordered", [False, True])
def test_the_example_of_a_form_is_not_the_answer(expected, ordered):
    import re
    example = re.search('"(.*?)"', check_letters("0.3", 7, expected, "abc", ordered=ordered).message)[1]
    assert not check_letters("0.3", example, expected, "abc", ordered=ordered).passed


def test_letters_in_turn_need_an_order():
    assert letters("B, c; (a)") == letters(written(["B", ("c", "a")])) == "bca"
    for answer in ("bca", "B C A", ["b", "c", "a"]):
        assert check_letters("0.3", answer, "bca", "abc", ordered=True).passed
    assert "a set, which" in check_letters("0.3", {1, 2}, "bca", "abc", ordered=True).message
    assert not check_letters("0.3", {"a", "b", "c"}, "bca", "abc", ordered=True).passed
    assert "1 of 3 is right" in check_letters("0.3", "bac", "bca", "abc", ordered=True).message
    assert "you gave 2" in check_letters("0.3", "bc", "bca", "abc", ordered=True).message


@pytest.mark.parametrize(("answer", "passed"), [
    (2 / 3, True), (0.67, True), (0.667, True), (np.float32(0.667), True), (0.7, False), (0.66, False), (0.668, False), ([0.6667], True), ("0.67", False),
])
def test_a_rounded_number_counts_with_enough_digits(answer, passed):
    assert check_value("0.4", answer, 2 / 3, digits=2).passed in (passed, passed or None)


def test_a_whole_number_must_be_met_exactly():
    assert check_value("0.5", 266610.0, 266610).passed
    assert not check_value("0.5", 266611, 266610).passed


@pytest.mark.parametrize(("answer", "passed"), [(False, True), (0, True), (0.0, True), (np.False_, True), (torch.tensor(False), True), (1, False), (0.5, False),
                                                ("no", False)])
def test_true_and_false_may_be_one_and_zero(answer, passed):
    assert check_value("0.6", (1, answer), (1, False)).passed is passed


@pytest.mark.parametrize(("answer", "hint"), [
    ((1, 2), "3 results are expected, you give a list of 2"), ([(1, 2), (3, 4)], "3 results are expected, you give a list of 2"), ((1, 9, 9), "1 of 3 is right"), ("x", "I cannot read this: 'x'"), ((1, None, 3), "result 2: nothing"),
    (2j, "a complex"), ([[1], [2, 3], 3], "result 2: one number is expected, you give one array of shape (2,)"),
])
def test_a_value_is_told_what_is_known_of_its_count_and_kind(answer, hint):
    verdict = check_value("0.7", answer, (1, 2, 3))
    assert hint in verdict.message and "2 is expected" not in verdict.message


def test_a_function_gets_the_hint_of_its_mistake_even_if_it_fails_elsewhere():
    assert scale(lambda x, factor: x + factor).message == "multiply."

    def half_done(x, factor):
        if len(x) > 1:
            raise NotImplementedError
        return x + factor

    assert "multiply. (On three numbers, this part is still to be written in line" in scale(half_done).message


def test_a_function_that_is_right_wherever_it_does_not_fail_gets_the_hint_of_who_fails_there():
    def even_only(x):
        return x.reshape(-1, 2).max(axis=1)

    def judged(answer):
        cases, mistakes = [Case((X[:2],), "two"), Case((X,), "three")], [Mistake(even_only, "cut the last one off.")]
        return check_function("0.8", answer, lambda x: even_only(x[:len(x) // 2 * 2]), cases, mistakes).message

    assert "cut the last one off. (On three, it raises ValueError" in judged(lambda x: x.reshape(len(x) // 2, 2).max(axis=1))
    assert judged(lambda x: even_only(x) if len(x) == 2 else x[7]).startswith("on three, it raises IndexError")
    assert judged(lambda x: 1 / 0).startswith("on two, it raises ZeroDivisionError")


def test_an_error_shows_its_line():
    def broken(x, factor):
        rows = x.reshape(2, -1)
        return rows * factor

    message = scale(broken).message
    assert "on one number, it raises ValueError in line" in message and "`rows = x.reshape(2, -1)`" in message


def test_no_mistake_is_named_where_the_cases_that_ran_do_not_tell_two_apart():
    def half_done(x, factor):
        return -x if len(x) == 1 else x[7]

    mistakes = [Mistake(lambda x, factor: -x, "the sign."), Mistake(lambda x, factor: -x * x, "the square.")]
    verdict = check_function("0.1", half_done, scaled, CASES, mistakes)
    assert "on one number, 2 is expected" in verdict.message


def test_a_helper_of_the_learner_shows_its_own_line():
    def helper(x):
        return x.reshape(2, -1)

    assert "`return x.reshape(2, -1)`" in scale(lambda x, factor: helper(x) * factor).message


@pytest.mark.parametrize(("answer", "hint"), [
    (lambda x: x, "it is called with the arguments (x, factor); yours takes (x)"),
    (lambda x, factor: None, "it returns nothing. Is the return statement missing?"),
    (lambda x, factor: print(x), "it prints its result"),
    (lambda x, factor: "x", "the text 'x'"),
    (X * 2.0, "a function is asked for, you gave one array of shape (3,)"),
    (lambda x, factor: x.__imul__(factor), "`x` is changed"),
    (lambda x, factor: np.random.normal(size=x.shape), "two different answers"),
    (lambda x, factor, calls=[]: calls.append(1) or x * factor * len(calls), "two different answers"),  # noqa: B006
    (lambda x, factor: exit(), "it leaves Python"),
])
def test_what_is_wrong_with_any_function_has_one_wording(answer, hint):
    verdict = scale(answer)
    assert verdict.passed is False and hint in verdict.message


def test_one_array_in_two_places_is_handed_over_as_two():
    def doubled(x, y):
        x *= 2
        return x + y

    assert "also changes `x`" in check_function("0.1", lambda x, y: doubled(x, y) * 2, lambda x, y: x + y, [Case((X, X), "twins")]).message
    assert check_function("0.1", doubled, lambda x, y: 2 * x + y, [Case((X, X), "twins")], in_place=True).passed


def test_arguments_go_by_place_where_the_answer_takes_no_names():
    def reference(x, stride=1, padding=0):
        return x * stride + padding

    def judged(answer):
        return check_function("0.1", answer, reference, [Case((X,), "plain"), Case((X,), "padding", {"padding": 2}), Case((X,), "both", {"stride": 3, "padding": 2})])

    assert judged(lambda x, stride=1, padding=0, /: x * stride + padding).passed
    assert judged(lambda x, stride=1, /, padding=0: x * stride + padding).passed
    assert "yours takes (x, s=1, p=0, /)" in judged(lambda x, s=1, p=0, /: x * s + p).message


def test_a_call_decides_where_a_signature_is_wrong():
    class Static:
        __call__ = staticmethod(scaled)

    class Short:
        __call__ = staticmethod(lambda x: x)

    assert scale(Static()).passed
    assert "it is called with the arguments" in scale(Short()).message


def test_what_only_remembers_shapes_is_refused():
    memo = {}
    verdict = scale(lambda x, factor: memo.setdefault((x.shape, factor), x * factor))
    assert "its numbers in another order" in verdict.message


@pytest.mark.parametrize("error", [GeneratorExit, BaseException("b"), KeyboardInterrupt, SystemExit, type("Own", (BaseException,), {})])
def test_nothing_that_an_answer_raises_gets_out(error):
    def values():
        yield 1.0
        raise error

    def function(x, factor):
        raise error

    for verdict in (scale(function), scale(lambda x, factor: values()), scale(lambda x, factor: [values()]), check_value("0.4", values(), (1, 2)),
                    check_letters("0.2", values(), "ab", "abc"), judge_value("0.9", values(), (1, 2), "a row", lambda a: "")):
        assert verdict.passed is False


@pytest.mark.parametrize("ordered", [False, True])
def test_no_text_and_no_dict_makes_the_letters_raise(ordered):
    class Mute:
        def __str__(self):
            raise ValueError

    loop = {}
    loop[1] = loop
    for answer in ("b² c a", "1" * 9000 + "b", "٣a ١b", {Mute()}, loop, {1: Mute()}, {"a": None}):
        assert not check_letters("0.3", answer, "bca", "abc", ordered=ordered).passed


def test_generators_of_generators_are_read_row_by_row():
    assert plain((i + j for j in range(2)) for i in range(2)) == [[0.0, 1.0], [1.0, 2.0]]


def test_what_goes_on_without_end_is_named():
    import itertools
    assert "without end" in scale(lambda x, factor: itertools.count()).message
    assert "without end" in check_value("0.4", itertools.count(), (1, 2)).message
    assert "too large" in judge_value("0.9", [[10**400, 2]], (1, 2), "a row", lambda a: "").message


def test_a_part_of_a_result_is_named_once():
    verdict = check_value("0.4", ((1, 2), (3, [4, 5])), ((1, 2), (3, 4)))
    assert "result 2, part 2: one number" in verdict.message
    assert "1 result is expected" in check_value("0.4", (1, 2), (1,)).message


def test_writing_in_place_is_fine_where_the_chapter_does_it():
    assert scale(lambda x, factor: x.__imul__(factor), in_place=True).passed


def test_a_generator_function_is_judged_and_its_errors_are_found():
    def good(x, factor):
        for value in x:
            yield value * factor

    def bad(x, factor):
        yield x[0] * factor
        yield x[7]

    assert scale(good).passed
    assert "raises IndexError in line" in scale(bad).message and "yield x[7]" in scale(bad).message


def test_an_interrupt_ends_in_a_verdict_that_names_the_case():
    def endless(x, factor):
        raise KeyboardInterrupt

    assert "on one number, it was interrupted in line" in scale(endless).message
    assert "Does a loop never end?" in scale(endless).message


def test_prints_stay_visible_and_warnings_do_not(capsys, recwarn):
    assert scale(lambda x, factor: [print("here"), np.log(-np.ones(1)), x * factor][2]).passed
    assert "here" in capsys.readouterr().out and not recwarn.list


def test_one_result_of_two_is_counted():
    verdict = check_function("0.8", lambda x: x, lambda x: (x, x), [Case((X,), "three")])
    assert "2 results are expected, you give one array of shape (3,)" in verdict.message


def test_a_property_is_judged_on_every_case():
    def both(values):
        return "" if len(values) == 2 and all(np.sum(v) > 0 for v in values) else "the sum."

    assert judge_function("0.9", lambda x, factor: abs(x), scaled, CASES, both).passed
    assert judge_function("0.9", lambda x, factor: -abs(x), scaled, CASES, both).message == "the sum."
    assert "returns nothing" in judge_function("0.9", lambda x, factor: None, scaled, CASES, both).message
    assert judge_value("0.9", [[1, 2]], (1, 2), "a row", lambda a: "").passed
    assert judge_value("0.9", [1, 2], (1, 2), "a row", lambda a: "") == Verdict("0.9", None, "the numbers are right; write them as 1 row of 2.")
    assert "give a row; you gave a list of 2" in judge_value("0.9", [1, 2], (1, 2), "a row", lambda a: "no.").message
    assert "give a row; you gave a list of 3" in judge_value("0.9", [1, 2, 3], (1, 2), "a row", lambda a: "").message


def test_a_small_difference_among_large_numbers_is_seen():
    expected = np.array([0.0, -1000.0, -1.86])
    case = [Case((X,), "three")]
    assert not check_function("0.8", lambda x: expected + [0, 0, 1e-3], lambda x: expected, case).passed
    assert check_function("0.8", lambda x: expected.astype(np.float32), lambda x: expected, case).passed


def test_infinity_is_met_by_infinity_alone():
    case = [Case((X,), "three")]
    mistakes = [Mistake(lambda x: np.full(3, np.inf), "overflow.")]
    assert check_function("0.8", lambda x: x + 1, lambda x: x, case, mistakes).message != "overflow."
    assert check_function("0.8", lambda x: [np.inf] * 3, lambda x: x, case, mistakes).message == "overflow."


@pytest.mark.parametrize("length", [10**6, 10**12, 10**30])
def test_a_long_range_is_named_without_being_read(length):
    assert plain(range(length)) == Foreign("a range of more than 5000 numbers")
    assert not check_value("0.5", range(length), (1, 2)).passed and not judge_value("0.9", range(length), (2,), "two", lambda a: "").passed


@pytest.mark.parametrize(("answer", "expected", "digits", "passed"), [
    (0.693, np.log(2), 3, True), (0.69, np.log(2), 3, False), (0.694, np.log(2), 3, False), (0.6935, np.log(2), 3, False), (0.69333333, np.log(2), 3, True),
    (4.6, np.log(100), 2, True), (4.59, np.log(100), 2, False), (4.606, np.log(100), 2, True), (2.08, 2.0794, 3, True), (67, 200 / 3, 2, True), (0.04, 0, 2, False),
    (0.0067, 0.00667, 2, True), (0.01, 0.00667, 2, False), (460, 460.517, 2, True), (470, 460.517, 2, False), (-0.693, -np.log(2), 3, True), (float("nan"), 1.5, 2, False),
])
def test_digits_are_significant_ones(answer, expected, digits, passed):
    assert check_value("0.4", answer, expected, digits=digits).passed is passed


def test_where_0_is_expected_what_float32_leaves_of_it_will_do():
    case = [Case((X,), "three")]
    almost = np.float32(2) * np.cos(np.float32(np.pi / 2)) ** 2
    assert check_function("0.8", lambda x: almost, lambda x: 0.0, case).passed
    assert not check_function("0.8", lambda x: 1e-9, lambda x: 0.0, case).passed


def test_numbers_that_are_right_but_for_their_form_are_neither_right_nor_wrong():
    assert check_value("0.4", [8, 2, 9, 7], np.array([[8, 2], [9, 7]])) == Verdict("0.4", None, "the numbers are right; write them as 2 rows of 2.")
    assert check_value("0.4", [[8, 2]], np.array([8, 2])) == Verdict("0.4", None, "the numbers are right; write them as one list.")
    assert check_value("0.4", [8, 2, 9, 6], np.array([[8, 2], [9, 7]])).passed is False


@pytest.mark.parametrize(("answer", "expected", "told"), [
    (float("nan"), 1.5, True), ([1, float("inf")], (1, 2), True), ([[1, -np.inf], 3], (np.ones(2), 3), True), ((np.nan, True), (1.0, True), True),
    (2.0, 1.5, False), ([1, 3], (1, 2), False), (float("inf"), float("nan"), False),
])
def test_a_number_without_bounds_is_named(answer, expected, told):
    verdict = check_value("0.4", answer, expected)
    assert verdict.passed is False and (verdict.message == "every number must be finite.") is told


@pytest.mark.parametrize(("expected", "example"), [
    (1, "such as 0.5,"), ((1, 2), "such as 0.5,"), (np.ones(2), "such as 0.5,"), (np.ones((2, 2)), "such as [[1, 2], [3, 4]]."), (((1, 2), (3,)), "such as [[1, 2], [3, 4]]."),
    ((np.ones((2, 2)), np.ones((2, 2))), "such as [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]."), ((1, False), "such as 1.5, True."),
])
def test_where_rows_are_asked_for_the_example_has_rows(expected, example):
    assert example in check_value("0.4", "x", expected).message
