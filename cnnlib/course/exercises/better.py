"""Checkers of chapter 15: making it better."""

import math

import numpy as np

from cnnlib.course.better import FACTORS
from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters

_RNG = np.random.default_rng(15)
HAND = np.array([80.0, 84, 78, 82, 76]), np.array([[82.0, 85, 81, 83, 79]])
LEVEL = np.array([[0.5, 0.25, 0.75], [0.75, 0.5, 1.0], [0.25, 0.5, 0.5]])  # nothing changed, all by the same, a loss
TIE = np.array([2.0, 4.0]), np.array([[3.0, 7.0], [1.0, 1.0]])  # mean ±2, error 1: just factor errors away
BASE = _RNG.normal(0.85, 0.03, 8)
CHANGED = BASE + np.array([[0.0], [0.02], [-0.04], [0.005]]) + _RNG.normal(0, [[0.01], [0.012], [0.01], [0.02]], (4, 8))
TWO = np.array([0.813, 0.924]), np.array([[0.957, 0.742], [0.925, 1.021], [0.701, 0.793]])


def _lines(base, changed, factor, unpaired=False, ddof=1, root=True, sided=False, sign=1, interval=False, over=True,
           tie=False):
    rows = []
    for after in changed:
        d, n = sign * (after - base), len(base)
        s = np.sqrt(after.var(ddof=ddof) + base.var(ddof=ddof)) if unpaired else d.std(ddof=ddof)
        error = s / np.sqrt(n) if root else s / n if root is None else s
        mean = d.mean()
        clear = mean > factor * error if sided else abs(mean) > factor * error
        if tie:
            clear = clear or abs(mean) == factor * error
        verdict = np.sign(mean) * clear if over else np.sign(mean)
        rows.append((mean, factor * error if interval else error, float(verdict) + 0.0))
    return rows


def notebook(answer):
    """15.1: mean, standard error and verdict of every change of an engineer's notebook."""
    def reference(base, changed, factor):
        return _lines(base, changed, factor)

    def of(**how):
        return lambda base, changed, factor: _lines(base, changed, factor, **how)

    return check_function(
        "15.1", answer, reference,
        [Case((*HAND, 2.78), "the five seeds of the chapter"), Case((BASE, CHANGED, 2.36), "four changes, eight seeds"),
         Case((*TWO, 1.7), "three changes, two seeds"),
         Case((LEVEL[0], np.stack([LEVEL[0], LEVEL[1], LEVEL[2]]), 4.3), "a change that does nothing, and one that always adds 0.25"),
         Case((*TIE, 2), "means that are exactly factor errors away"),
         Case((BASE, CHANGED[:, ::-1].copy(), 3.75), "a stricter factor")],
        [Mistake(of(unpaired=True), "this is the standard error of two independent groups. The runs are pairs: take the differences first, then their spread."),
         Mistake(of(ddof=0), "the standard deviation divides by n. With n − 1 it is right on average: ddof=1."),
         Mistake(of(root=False), "this is the standard deviation of the differences. The error of their mean is smaller, by √n."),
         Mistake(of(root=None), "divide the standard deviation by √n, not by n."),
         Mistake(of(sided=True), "a change that clearly harms gets −1, not 0: compare the size of the mean."),
         Mistake(of(sign=-1), "the differences have the wrong sign: changed minus base, so that more is better."),
         Mistake(of(interval=True), "give the standard error itself; the factor is for the verdict."),
         Mistake(of(tie=True), "a mean of exactly factor errors is not more than factor errors away from 0: the verdict is 0."),
         Mistake(of(over=False), "the sign of the mean is no verdict: it must exceed factor times its standard error, else 0."),
         Mistake(lambda base, changed, factor: _lines(base, changed, 1.0), "the factor is not used."),
         Mistake(lambda base, changed, factor: [row[:2] for row in _lines(base, changed, factor)], "three numbers for each change: mean, standard error, verdict."),
         Mistake(lambda base, changed, factor: [(m, e, abs(v)) for m, e, v in _lines(base, changed, factor)], "a clear loss is −1, not 1: the verdict has the sign of the mean."),
         Mistake(lambda base, changed, factor: np.transpose(_lines(base, changed, factor)), "a row for each change, with its three numbers: yours are columns.")],
        praise="differences first, then their spread.",
    )


SMALL = np.array([[[[1.0, 2, 3], [4, 5, 6]]]])
FIELDS = _RNG.random((3, 2, 4, 5)) + 0.5
LOOKED_AT = _RNG.random((2, 2, 4, 5)) + 0.5
ONES = _RNG.random((2, 1, 3, 3)) + 1
TALL = np.arange(1.0, 21).reshape(2, 1, 5, 2)


def _moved(x, shifts, wrap=False, sign=1, swapped=False, first=False, edge=False, once=False, gone=None):
    y = np.zeros_like(x)
    h, w = x.shape[2:]
    for k, (image, (down, right)) in enumerate(zip(x, shifts, strict=False)):
        if first:
            down, right = shifts[0]
        if swapped:
            down, right = right, down
        down, right = sign * int(down), sign * int(right)
        if gone and gone(abs(down), abs(right), h, w):
            continue
        for i in range(h):
            for j in range(w):
                a, b = i - down, j - right
                if wrap:
                    a, b = a % h, b % w
                if edge:
                    a, b = min(max(a, 0), h - 1), min(max(b, 0), w - 1)
                if 0 <= a < h and 0 <= b < w:
                    y[k, :1 if once else None, i, j] = image[:1 if once else None, a, b]
    return y


# Rules that clear an image of which a part is still there: one side is compared with the other's length, or both.
_TOO_EARLY = (lambda down, right, h, w: right >= h, lambda down, right, h, w: down >= w,
              lambda down, right, h, w: right >= h or down >= w)


def augment(answer):
    """15.2: move every training image by its own distance; validation stays."""
    def reference(train, validation, shifts):
        return _moved(train, shifts), validation

    def of(**how):
        return lambda train, validation, shifts: (_moved(train, shifts, **how), validation)

    return check_function(
        "15.2", answer, reference,
        [Case((SMALL, 10 * SMALL, np.array([[0, 1]])), "one image of 2 × 3, one column to the right"),
         Case((SMALL, 10 * SMALL, np.array([[-1, 0]])), "the same, one row up"),
         Case((SMALL, 10 * SMALL, np.array([[0, 2]])), "the same, two columns to the right: as far as it is high"),
         Case((SMALL, 10 * SMALL, np.array([[0, -2]])), "the same, two columns to the left"),
         Case((SMALL, 10 * SMALL, np.array([[0, 3]])), "the same, three columns to the right: as far as it is wide"),
         Case((TALL, TALL[:1], np.array([[3, 0], [-2, 1]])), "two images of 5 × 2, moved by more than they are wide"),
         Case((FIELDS, LOOKED_AT, np.array([[1, -2], [0, 0], [-1, 1]])), "three images, two for validation"),
         Case((ONES, ONES[:1] * 3, np.array([[3, 0], [-1, -4]])), "images that leave the field altogether"),
         Case((FIELDS[:2], FIELDS[2:], np.array([[2, 2], [-3, -1]])), "channels, and moves along the diagonal"),
         Case((ONES[:1], ONES, np.array([[1, -1]])), "fewer images to train on than to validate")],
        [Mistake(lambda t, v, s: (_moved(t, s), _moved(v, s)), "the validation images are moved, too. They stand for the digits to come: leave them as they are."),
         Mistake(lambda t, v, s: (_moved(t, s), _moved(v, np.resize(s, (len(v), 2)))), "the validation images are moved, too. They stand for the digits to come: leave them as they are."),
         Mistake(lambda t, v, s: (_moved(t, s), _moved(v, np.repeat(s[:1], len(v), axis=0))), "the validation images are moved, too. They stand for the digits to come: leave them as they are."),
         Mistake(of(wrap=True), "what leaves on one side comes in on the other (np.roll does that). Nothing comes in: 0."),
         Mistake(of(edge=True), "what comes in is 0, not the edge repeated."),
         *(Mistake(of(gone=gone), "an image is cleared that has not left the field. Compare down with the height and right with the width, each with its own side.")
           for gone in _TOO_EARLY),
         Mistake(of(sign=-1), "the other way round: positive is down and to the right, so pixel (i, j) comes from (i − down, j − right)."),
         Mistake(of(swapped=True), "rows and columns are exchanged: (down, right)."),
         Mistake(of(first=True), "every image has a shift of its own."),
         Mistake(of(once=True), "all channels of an image move together."),
         Mistake(lambda t, v, s: (t, v), "nothing has moved."),
         Mistake(lambda t, v, s: (np.concatenate([t, _moved(t, s)]), v), "return as many training images as came in: the moved ones in place of the old."),
         Mistake(lambda t, v, s: _moved(t, s), "return two arrays: training and validation images."),
         Mistake(lambda t, v, s: (v, _moved(t, s)), "the order: training images first, then validation images.")],
        praise="the training images move, the judges stay.",
    )


def _rises(rate, dropout):  # an accuracy: best at a rate of 0.01 and a dropout of 0.3
    return 0.9 - abs(math.log10(rate) + 2) / 10 - abs(dropout - 0.3)


def _diverges(rate, dropout):
    return math.nan if rate > 0.05 else rate * (1 - dropout)


def _diverges_or_0(rate, dropout):
    return math.nan if rate > 0.05 else 0.0


def _mostly_wrong(rate, dropout):
    return 0.0


def _flat(rate, dropout):
    return 0.5


U = _RNG.random((12, 2))
DIVERGED_FIRST = np.concatenate([[[0.99, 0.4], [0.9, 0.1]], U[:5], [[0.97, 0.2]]])


def _search(u, score, low, high, rate=None, dropout=None, best=None, out=None):
    rate = rate or (lambda v: low * (high / low) ** v)
    dropout = dropout or (lambda v: 0.5 * v)
    tried = [(rate(a), dropout(b)) for a, b in u]
    scores = [score(*pair) for pair in tried]
    k = (best or (lambda s: int(np.nanargmax(s))))(scores)
    return out(tried[k], scores[k]) if out else (*tried[k], scores[k])


def _kept(scores):
    """The place of the best by ``s > best``, which keeps a nan that comes first."""
    best = 0
    for k, s in enumerate(scores):
        if s > scores[best]:
            best = k
    return best


def search(answer):
    """15.3: random search, the rate on a logarithmic scale."""
    def reference(u, score, low, high):
        return _search(u, score, low, high)

    def of(**how):
        return lambda u, score, low, high: _search(u, score, low, high, **how)

    return check_function(
        "15.3", answer, reference,
        [Case((np.array([[0.5, 0.5], [1.0, 0.0]]), _rises, 1e-4, 1.0), "two draws"),
         Case((U, _rises, 1e-4, 1.0), "twelve draws"), Case((U, _diverges, 1e-3, 0.5), "draws of which some diverge"),
         Case((DIVERGED_FIRST, _diverges, 1e-3, 0.5), "draws of which the first and the last diverge"),
         Case((DIVERGED_FIRST, _diverges_or_0, 1e-3, 0.5), "draws of which the first diverges and others score 0"),
         Case((U[:5], _flat, 1e-2, 1e-1), "a score that is the same everywhere"),
         Case((U[:3], _mostly_wrong, 1e-3, 1e-1), "a score of 0 everywhere"),
         Case((U[:1], _rises, 1e-5, 1e-3), "a single draw")],
        [Mistake(lambda u, score, low, high: _search(u, score, low, high, rate=lambda v: low + (high - low) * v),
                 "the rate is drawn uniformly: between 0.0001 and 1 nine of ten draws are then above 0.1. Draw its logarithm uniformly."),
         Mistake(lambda u, score, low, high: _search(u, score, low, high, rate=lambda v: math.exp(math.log10(low) + (math.log10(high) - math.log10(low)) * v)),
                 "two logarithms are mixed: what log10 made, only 10 to the power of it undoes."),
         Mistake(lambda u, score, low, high: _search(u, score, low, high, rate=lambda v: math.log(low) + (math.log(high) - math.log(low)) * v),
                 "this is the logarithm of the rate: take exp of it."),
         Mistake(lambda u, score, low, high: _search(u, score, low, high, rate=lambda v: math.log10(low) + (math.log10(high) - math.log10(low)) * v),
                 "this is the logarithm of the rate: take 10 to the power of it."),
         Mistake(of(best=_kept), "a score of nan is handled, but not where it comes first: nothing is greater than nan, so the loop never lets go of it. Leave diverged runs out."),
         Mistake(of(best=lambda s: int(np.argmax(np.nan_to_num(s)))), "nan counts as 0 here: where all other draws score 0, a diverged run wins. Leave diverged runs out."),
         Mistake(lambda u, score, low, high: _search(u, score, low, high, rate=lambda v: high * (low / high) ** v),
                 "u = 0 stands for low and u = 1 for high: yours run the other way."),
         Mistake(of(best=lambda s: int(np.argmax(s))), "a score of nan is no best score: argmax takes it for one. Leave diverged runs out."),
         Mistake(of(best=lambda s: int(np.nanargmin(s))), "this is the worst draw. The score is an accuracy: more is better."),
         Mistake(of(best=lambda s: len(s) - 1), "this is the last draw, not the best."),
         Mistake(of(best=lambda s: 0), "this is the first draw, not the best."),
         Mistake(of(best=lambda s: len(s) - 1 - int(np.nanargmax(s[::-1]))), "among equals, the first counts."),
         Mistake(of(dropout=lambda v: v), "dropout runs from 0 to 0.5."),
         Mistake(lambda u, score, low, high: _search(u[:, ::-1], score, low, high), "the columns: column 0 of u is for the rate, column 1 for dropout."),
         Mistake(of(out=lambda pair, s: pair), "three numbers: the rate, the dropout and the score."),
         Mistake(of(out=lambda pair, s: (s, *pair)), "the order: rate, dropout, score."),
         Mistake(lambda u, score, low, high: _search(u, score, low, high, rate=lambda v: v, dropout=lambda v: v), "the numbers of u run from 0 to 1: turn them into settings first.")],
        praise="every factor of ten gets its share of the draws.",
    )


PILOT_A = np.array([80.25, 84.75, 78.5, 82, 76.125])
PILOT_B = PILOT_A + [2, 1, 3, 1, 3]  # the differences of the chapter: their standard deviation is 1
NOISY = _RNG.normal(85, 3, (2, 8))
SHARED = NOISY[0] + np.array([1.0, 3, 2, 1, 2, 3, 2, 2])


def _needed(a, b, delta, unpaired=False, ddof=1, square=True, way=math.ceil, factor=2, least=2):
    s = np.sqrt(a.var(ddof=ddof) + b.var(ddof=ddof)) if unpaired else (b - a).std(ddof=ddof)
    n = (factor * s / delta) ** (2 if square else 1)
    return max(least, way(n))


def _student(n):
    """Student's factor for n seeds; beyond the table by its first two terms in 1 / (n - 1)."""
    return FACTORS[n - 2] if n - 2 < len(FACTORS) else 1.96 + 2.4 / (n - 1)


def _needed_by_student(a, b, delta):
    """The seeds with whose own factor the interval fits into delta."""
    n = 2
    while _student(n) * (b - a).std(ddof=1) > delta * math.sqrt(n):
        n += 1
    return n


_TWO_ERRORS = "two standard errors shall fit into delta, as in the text. A larger factor such as Student's, or the exact 1.96, is another question."
_PILOT_FACTORS = {5: 2.78, 8: 2.36}, {5: 2.776445, 8: 2.364624}  # Student's for the seeds of the pilot


def seeds(answer):
    """15.4: how many seeds a difference needs."""
    def reference(a, b, delta):
        return _needed(a, b, delta)

    def of(**how):
        return lambda a, b, delta: _needed(a, b, delta, **how)

    return check_function(
        "15.4", answer, reference,
        [Case((PILOT_A, PILOT_B, 0.5), "the five differences of the chapter, half a point"), Case((PILOT_A, PILOT_B, 0.3), "the same, 0.3 points"),
         Case((NOISY[0], NOISY[1], 0.5), "eight noisy seeds"), Case((NOISY[0], SHARED, 0.4), "eight seeds that share their luck"),
         Case((PILOT_A, PILOT_A + 1, 0.7), "a difference that is always 1 point"), Case((NOISY[0], NOISY[1], 40.0), "a very large difference")],
        [Mistake(of(unpaired=True), "the runs are pairs: what counts is the spread of the differences, not that of the two groups."),
         Mistake(of(ddof=0), "the standard deviation divides by n. With n − 1 it is right on average: ddof=1."),
         Mistake(of(square=False), "the error falls with √n, so n grows with the square: half the difference takes four times the seeds."),
         Mistake(of(way=math.floor), "rounded down, the error is still too large: the next whole number up."),
         Mistake(of(way=lambda n: math.floor(n) + 1), "if n comes out whole, it is enough: 2 s / √n may equal delta."),
         *(Mistake(lambda a, b, delta, table=table: _needed(a, b, delta, factor=table[len(a)]), _TWO_ERRORS) for table in _PILOT_FACTORS),
         Mistake(_needed_by_student, _TWO_ERRORS), Mistake(of(factor=1.96), _TWO_ERRORS),
         Mistake(of(factor=1), "two standard errors must fit into delta, not one."),
         Mistake(of(factor=4), "2 s / √n ≤ delta: from it, n is the square of 2 s / delta."),
         Mistake(of(least=1), "one seed has no spread: at least 2."),
         Mistake(of(least=0), "with no spread in the pilot, ask for 2 seeds: fewer have no spread at all."),
         Mistake(lambda a, b, delta: max(2, _needed(a, b, delta) - len(a)), "the seeds of the pilot are not taken off: n counts all."),
         Mistake(of(way=float), "give a whole number of seeds, rounded up.")],
        praise="four times the seeds for half the difference.",
    )


def flattery(answer):
    """15.5: what makes the winner's score flatter more."""
    return check_letters(
        "15.5", answer, "ace", "abcdef",
        {"a": "think of (a) again: the largest of more lucky numbers is larger.",
         "b": "not b: with more digits each score has less luck in it, and there is less to pick.",
         "c": "think of (c) again: where the recipes are alike, what is left to choose by?",
         "d": "not d: the mean of five seeds has less luck in it than one seed.",
         "e": "think of (e) again: the best epoch of each run is the largest of thirty lucky numbers.",
         "f": "not f: recipes that give the same answers have the same luck, so there is only one number to choose from."},
        praise="more candidates, more alike, more choices on the same digits: more luck in the winner.",
    )


def diagnosis(answer):
    """15.6: four reports, four causes."""
    return check_letters(
        "15.6", answer, "cdba", "abcd",
        {0: "Report 1: two labels change places. Which change of a picture turns one of these digits into the other?",
         1: "Report 2: what was chosen by those 360 digits, and out of how many?",
         2: "Report 3: all eight runs agree, and all eight share something that the ninth has not.",
         3: "Report 4: who is judged by moved pictures, and who is not?"},
        [Mistake("cbda", "the middle two are the wrong way round. In which of them was a choice made among many?"),
         Mistake("adbc", "reports 1 and 4 are the wrong way round. In which of them do two labels change places?")],
        praise="labels, luck, split, judge: four ways to fool yourself.", ordered=True,
    )
