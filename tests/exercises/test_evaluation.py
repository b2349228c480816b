"""Chapter 7's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest
import sklearn.metrics

from cnnlib.course.exercises import evaluation as check


def stub(*_):
    raise NotImplementedError


def matrix(t, s, c):
    m = np.zeros((c, c), dtype=int)
    np.add.at(m, (t, s), 1)
    return m


def once(t, s, c):
    m = np.zeros((c, c))
    m[t, s] += 1
    return m


def per_class(m):
    hits = np.diag(m)
    return hits / np.maximum(m.sum(axis=0), 1), hits / np.maximum(m.sum(axis=1), 1)


def by_loops(m):
    n = len(m)
    precision = [m[k, k] / sum(m[:, k]) if sum(m[:, k]) else 0.0 for k in range(n)]
    return precision, [m[k, k] / sum(m[k]) if sum(m[k]) else 0.0 for k in range(n)]


def split(n, share, rng):
    order = rng.permutation(n)
    return order[round(n * share):], order[:round(n * share)]


def split_by_choice(n, share, rng):
    chosen = set(rng.choice(n, round(n * share), replace=False).tolist())
    return [i for i in range(n) if i not in chosen], sorted(chosen)


@pytest.mark.parametrize("verdict", [
    check.four_numbers((0.94, 0.8, 0.667, 0.727)), check.four_numbers([0.94, 0.8, 2 / 3, 8 / 11]),
    check.confusion(matrix), check.confusion(lambda t, s, c: sklearn.metrics.confusion_matrix(t, s, labels=range(c))),
    check.confusion(lambda t, s, c: np.bincount(t * c + s, minlength=c * c).reshape(c, c)),
    check.per_class(per_class), check.per_class(by_loops),
    check.split(split), check.split(split_by_choice), check.diagnosis("bca"),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.four_numbers((0.94, 0.667, 0.8, 0.727)), "exchanged"),
    (check.four_numbers((0.08, 0.8, 0.667, 0.727)), "quiet 86"),
    (check.four_numbers((0.94, 0.8, 0.667, 0.733)), "harmonic"),
    (check.four_numbers((0.94, 0.8, 0.571, 0.727)), "hits and misses"),
    (check.four_numbers((0, 0, 0, 0)), "not this one"),
    (check.confusion(lambda t, s, c: matrix(s, t, c)), "transposed"),
    (check.confusion(once), "np.add.at"),
    (check.confusion(lambda t, s, c: matrix(t, s, c) / len(t)), "counts are asked for"),
    (check.confusion(lambda t, s, c: np.diag(np.diag(matrix(t, s, c)))), "right answers only"),
    (check.confusion(lambda t, s, c: np.zeros((c, c))), "is expected at index"),
    (check.per_class(lambda m: per_class(m)[::-1]), "column sums"),
    (check.per_class(lambda m: (np.diag(m) / m.sum(), np.diag(m) / m.sum())), "shares of all answers"),
    (check.per_class(lambda m: tuple(v.mean() for v in per_class(m))), "not their mean"),
    (check.per_class(lambda m: (0.0 * m[0], 0.0 * m[0])), "is expected at index"),
    (check.split(lambda n, share, rng: (np.arange(n), rng.permutation(n)[:20])), "in both parts"),
    (check.split(lambda n, share, rng: (split(n, share, rng)[0][1:], split(n, share, rng)[1])), "both parts"),
    (check.split(lambda n, share, rng: (np.arange(20, 99), np.arange(20))), "in neither part"),
    (check.split(lambda n, share, rng: split(n, share, rng)[::-1]), "exchanged"),
    (check.split(lambda n, share, rng: split(n, 0.3, rng)), "should get 20"),
    (check.split(lambda n, share, rng: (np.arange(80), np.arange(80, 100))), "not shuffled"),
    (check.split(lambda n, share, rng: split(n, share, np.random.default_rng(3))), "Draw from rng"),
    (check.split(lambda n, share, rng: 1 / 0), "ZeroDivisionError"),
    (check.diagnosis("bac"), "last two again"),
    (check.diagnosis("cba"), "that is a gap"),
    (check.diagnosis("abc"), "gap between"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.four_numbers(...), check.confusion(stub), check.per_class(stub), check.split(stub), check.diagnosis(...),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
