"""Every exercise tried with right and wrong answers: the right pass in any style, the wrong get their hint."""

import contextlib
import importlib
import inspect
import io
import pkgutil

import numpy as np
import pytest
import trials
from trials import _dress

from cnnlib.course import exercises
from cnnlib.course.exercises import _checker
from cnnlib.course.exercises._answers import plain
from cnnlib.course.exercises._compare import difference
from cnnlib.course.exercises._run import same

CHAPTERS = [m.name for m in pkgutil.iter_modules(trials.__path__) if not m.name.startswith("_")]


def load(chapter):
    return importlib.import_module(f"trials.{chapter}"), importlib.import_module(f"cnnlib.course.exercises.{chapter}")


EXERCISES = [(chapter, name) for chapter in CHAPTERS for name in load(chapter)[0].RIGHT]
each_exercise = pytest.mark.parametrize(("chapter", "name"), EXERCISES, ids=lambda v: v)


def right_answers(chapter, name):
    data = load(chapter)[0]
    answers = data.RIGHT[name]
    return [("as written", answer) for answer in answers] + list(_dress.dressed(answers[0], name in getattr(data, "INTEGERS", ())))


def wrong_answers(chapter, name):
    data = load(chapter)[0]
    changes = name not in getattr(data, "NO_ARRAY", ())
    return [("as written", *pair) for pair in data.WRONG[name]] + list(_dress.spoiled(data.RIGHT[name][0], changes))


def refused(verdict):
    """Is an answer wrong, no answer at all, or right but for its form?"""
    neither = ("I cannot read this: ", "the numbers are right; write them ")
    return verdict.passed is False or verdict.passed is None and verdict.message.startswith(neither)


@each_exercise
def test_right_answers_pass_in_every_style(chapter, name):
    check = getattr(load(chapter)[1], name)
    missed = [(i, what, check(answer).message) for i, (what, answer) in enumerate(right_answers(chapter, name))
               if check(answer).passed is not True]
    assert not missed, "\n".join(map(str, missed))


@each_exercise
def test_wrong_answers_are_refused_with_their_hint(chapter, name):
    check = getattr(load(chapter)[1], name)
    with contextlib.redirect_stdout(io.StringIO()):
        verdicts = [(i, what, hint, check(answer)) for i, (what, answer, hint) in enumerate(wrong_answers(chapter, name))]
    missed = [(i, what, hint, repr(v)) for i, what, hint, v in verdicts if not refused(v) or hint not in v.message]
    assert not missed, "\n".join(map(str, missed))


@each_exercise
def test_no_answer_makes_a_checker_raise(chapter, name):
    check = getattr(load(chapter)[1], name)
    with contextlib.redirect_stdout(io.StringIO()):
        for answer in _dress.nonsense():
            verdict = check(answer)
            if name not in getattr(load(chapter)[0], "ANYTHING_GOES", ()):
                assert verdict.passed is not True, f"{type(answer)}: {verdict}"


@each_exercise
def test_stubs_are_not_attempted(chapter, name):
    check, right = getattr(load(chapter)[1], name), load(chapter)[0].RIGHT[name][0]

    def stub(*args, **options):
        raise NotImplementedError

    for answer in [stub] if callable(right) else [..., None]:
        verdict = check(answer)
        assert verdict.passed is None and "not attempted" in repr(verdict)


@each_exercise
def test_an_exercise_has_been_tried_often_enough(chapter, name):
    data = load(chapter)[0]
    assert len(data.RIGHT[name]) >= 3 and len(data.WRONG[name]) >= 6
    assert len(right_answers(chapter, name)) >= 7 and len(wrong_answers(chapter, name)) >= 14


def test_every_exercise_has_its_trials():
    files = {m.name for m in pkgutil.iter_modules(exercises.__path__) if not m.name.startswith("_")}
    for chapter in sorted(files & set(CHAPTERS)):
        data, module = load(chapter)
        names = {n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__
                 and list(inspect.signature(f).parameters) == ["answer"] and not n.startswith("_")}
        assert names == set(data.RIGHT) == set(data.WRONG), chapter


# ---- the mistakes behind the hints -----------------------------------------------------------------------------


def recorded(chapter, name, monkeypatch):
    """What a checker hands to the judges: label, reference or expected value, cases, mistakes, and its options."""
    calls, module = [], load(chapter)[1]
    with monkeypatch.context() as patch:
        for judge in ("check_function", "check_value", "check_letters"):
            def record(*args, _judge=judge, **options):
                bound = inspect.signature(getattr(_checker, _judge)).bind(*args, **options)
                bound.apply_defaults()
                calls.append((_judge, bound.arguments))
                return getattr(_checker, _judge)(*args, **options)
            patch.setattr(module, judge, record, raising=False)
        getattr(module, name)(...)
    return calls


@each_exercise
def test_cases_are_drawn_once(chapter, name, monkeypatch):
    first, second = (recorded(chapter, name, monkeypatch) for _ in range(2))
    cases = [[(c.args, c.options) for c in call[-1][1].get("cases", ())] for call in (first, second) if call]
    assert not cases or same(*cases)


@each_exercise
def test_mistakes_are_told_apart_by_the_cases(chapter, name, monkeypatch):
    for judge, given in recorded(chapter, name, monkeypatch):
        mistakes = given["mistakes"]
        if judge == "check_function":
            values = [[_checker._attempt(m.wrong, case) for case in given["cases"]] for m in mistakes]
            right = [_checker._call(given["reference"], case) for case in given["cases"]]
        elif judge == "check_value":
            values, right = [[m.wrong] for m in mistakes], [given["expected"]]
        else:
            assert len({m.wrong for m in mistakes} | {given["expected"]}) == len(mistakes) + 1
            continue
        digits = given.get("digits")
        for i, a in enumerate(values):
            assert not alike(a, right, given["tol"], digits), f"right by mistake: {mistakes[i].hint}"
            for j in range(i):
                assert not alike(a, values[j], given["tol"], digits), f"{mistakes[i].hint}\n{mistakes[j].hint}"


@each_exercise
def test_a_reference_takes_what_the_cases_hand_over_and_nothing_else(chapter, name, monkeypatch):
    for judge, given in recorded(chapter, name, monkeypatch):
        if judge == "check_function":
            signature = inspect.signature(given["reference"])
            handed = {argument for case in given["cases"] for argument in signature.bind(*case.args, **case.options).arguments}
            assert handed == set(signature.parameters), "a learner would be told of arguments that only the reference has"


def alike(ones, others, tol, digits):
    """Do two answers agree on every case? Raising agrees with raising."""
    for a, b in zip(ones, others, strict=True):
        failed = isinstance(a, Exception), isinstance(b, Exception)
        if any(failed):
            if not all(failed):
                return False
        elif difference(plain(a), b, tol, digits):
            return False
    return True


@each_exercise
def test_every_mistake_gets_its_own_hint(chapter, name, monkeypatch):
    for judge, given in recorded(chapter, name, monkeypatch):
        check = getattr(load(chapter)[1], name)
        for mistake in given["mistakes"]:
            answer = mistake.wrong
            if judge == "check_function":
                def answer(*args, _wrong=mistake.wrong, **options):
                    return _wrong(*args, **options)
                answer.__signature__ = inspect.signature(given["reference"])
            assert mistake.hint in check(answer).message


def test_there_are_enough_trials():
    right = sum(len(right_answers(*e)) for e in EXERCISES)
    wrong = sum(len(wrong_answers(*e)) for e in EXERCISES)
    print(f"{len(EXERCISES)} exercises, {right} right and {wrong} wrong answers")
    assert right >= 400 and wrong >= 800


def test_values_of_the_wrong_kind_leave_numpy_as_it_was():
    with np.errstate(all="raise"):
        before = np.geterr()
        for chapter, name in EXERCISES[:3]:
            getattr(load(chapter)[1], name)(lambda *a, **o: np.log(np.zeros(3)))
        assert np.geterr() == before
