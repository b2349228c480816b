"""Checkers of chapter 1: a neuron."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value, judge_value

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TABLES = {"0001": "AND", "0111": "OR", "1110": "NAND", "1000": "NOR", "0110": "XOR", "1001": "the opposite of XOR",
          "0000": "a network that never fires", "1111": "a network that always fires"}


_RNG = np.random.default_rng(13)
POCKET_CASES = [  # whole numbers or quarters, so that no sum is rounded
    Case((np.array([[1.0], [-1.0]]), np.array([1, 0]), 1), "two examples of one feature, one pass"),
    Case((CORNERS, np.array([0, 0, 0, 1]), 10), "AND, ten passes"),
    Case((CORNERS, np.array([0, 1, 1, 0]), 6), "XOR, six passes"),
    Case((CORNERS, np.array([0, 0, 0, 1]), 1), "AND, one pass, in which no state is better than the start"),
    Case((_RNG.integers(-3, 4, (12, 3)).astype(float), _RNG.integers(0, 2, 12), 4), "twelve examples of three features"),
    Case((_RNG.integers(-2, 3, (9, 2)).astype(float), np.array([0, 0, 0, 0, 1, 0, 0, 0, 0]), 3), "nine examples, one of them a 1"),
    Case((np.zeros((3, 2)), np.array([1, 1, 0]), 2), "three examples that are all zeros"),
    Case((np.array([[0.5, -0.25], [1.75, 0.5], [-0.5, 2.25], [0.25, 1.0]]), np.array([1, 0, 1, 0]), 3), "features that are not whole numbers"),
]


def side(answer):
    """1.1: does the neuron w = (1, −2), b = 0.5 fire at (1, 1), and what is z there?"""
    return check_value(
        "1.1", answer, (-0.5, False),
        [Mistake((-0.5, True), "z is right, and it is negative: a step neuron fires only when z > 0."),
         Mistake((-1.0, False), "you left out the bias: add b = 0.5 to the weighted sum."),
         Mistake((-1.5, False), "the bias is added, not subtracted."),
         Mistake((3.5, True), "mind the sign: w₂ is −2."),
         Mistake((3.0, True), "mind the sign, w₂ is −2; and add the bias."),
         Mistake((False, -0.5), "the other way round: first z, then whether the neuron fires.")],
        praise="z = 1 − 2 + 0.5 = −0.5, so the neuron does not fire.",
    )


@np.errstate(all="ignore")  # weights may be of any size
def _fires(neuron, inputs):
    """Where a step neuron (w1, w2, b) fires; a z that is 0 but for rounding counts as 0."""
    return inputs @ neuron[:2] + neuron[2] > 1e-12 * np.abs(neuron).max(initial=0.0)


def _bits(fires):
    return "".join(map(str, fires.astype(int)))


def _names(rows):
    return ", ".join(f"({x:g}, {y:g})" for x, y in rows)


def nand(answer):
    """1.2: weights and a bias that compute NAND; any that do are accepted."""
    wanted = np.array([True, True, True, False])
    says = {"0001": "this is AND. NAND is its opposite: turn every sign round.",
            "1000": "this is NOR: the line also cuts off (0, 1) and (1, 0). Raise the bias.",
            "0111": "this is OR. NAND is 0 at (1, 1) alone, so both weights must be negative.",
            "0000": "it never fires. At (0, 0) z is the bias, so the bias must be positive.",
            "1111": "it always fires. At (1, 1) z must not be positive: w1 + w2 + b ≤ 0.",
            "last": "the bias comes last: (w1, w2, b).",
            "wrong": "wrong at {where}. Work out z there: which sign should it have?"}

    def judge(given):
        fires = _fires(given, CORNERS)
        if np.array_equal(fires, wanted):
            return ""
        if np.array_equal(_fires(np.roll(given, -1), CORNERS), wanted):
            return says["last"]
        return says.get(_bits(fires)) or says["wrong"].format(where=_names(CORNERS[fires != wanted]))

    return judge_value("1.2", answer, (3,), "three numbers, (w1, w2, b)", judge, says=says,
                       praise="the line cuts off (1, 1) alone. Every such line will do.")


def same_answers(answer):
    """1.3: which changes of a step neuron leave its answer the same everywhere."""
    return check_letters(
        "1.3", answer, "adef", "abcdef",
        {"a": "think of (a): what happens to z, and does its sign change?",
         "b": "with (b), z = 0 at other points: the line moves. Try x = (0.5, 0).",
         "c": "with (c), z changes its sign: which answer stands where z was 2?",
         "d": "with (d), write out the sum: which products are added?",
         "e": "with (e), divide w·x + b by 10: what happens to its sign?",
         "f": "think of (f): where is σ(z) above one half?"},
        [Mistake("bc", "the other way round: these two change answers.")],
        praise="whatever keeps the sign of every z keeps every answer.",
    )


def gradient(answer):
    """1.4: dy/dw₁, dy/dw₂, dy/db of a sigmoid neuron with x = (2, −1) at z = 0."""
    return check_value(
        "1.4", answer, (0.5, -0.25, 0.25),
        [Mistake((2, -1, 1), "these are the derivatives of z. Multiply each by σ′(z) = y (1 − y)."),
         Mistake((1.0, -0.5, 0.5), "you multiplied by y. The slope of the sigmoid is y (1 − y) = 0.25 here."),
         Mistake((0.5, -0.25, 0), "z = w·x + b grows with b as well: dz/db = 1."),
         Mistake((0.5, -0.25, 1), "dz/db is 1, but dy/db is 1 times the slope of the sigmoid, as for the weights."),
         Mistake((0.5, -0.25, 0.5), "the last one is y itself. dy/db is the slope y (1 − y)."),
         Mistake((0.5, 0.25, 0.25), "mind the sign: x₂ is −1."),
         Mistake((0.25, 0.25, 0.25), "that is σ′(0). Each weight's derivative is this times the input it meets."),
         Mistake((0.25, 0.5, -0.25), "the order: first the two weights, then the bias."),
         Mistake((0, 0, 0), "z is 0, but its slope is not: σ′(0) = 0.25.")],
        praise="each is σ′(0) = 0.25 times what multiplies it in z.",
    )


def xor(answer):
    """1.5: XOR out of three step neurons, a row (w1, w2, b) for each; the third sees what the first two say."""
    wanted = np.array([False, True, True, False])
    says = {**{bits: f"this is {name}. " for bits, name in TABLES.items()},
            "wrong": "{what}At {where} the first two neurons say {one} and {two}, and the third says {third}; it should say {right}."}

    def judge(given):
        said = np.stack([_fires(neuron, CORNERS) for neuron in given[:2]], axis=1)
        fires = _fires(given[2], said.astype(float))
        if np.array_equal(fires, wanted):
            return ""
        at = next(i for i in range(4) if fires[i] != wanted[i])
        return says["wrong"].format(what=says.get(_bits(fires), ""), where=_names(CORNERS[[at]]), one=int(said[at, 0]),
                                    two=int(said[at, 1]), third=int(fires[at]), right=int(wanted[at]))

    return judge_value("1.5", answer, (3, 3), "three neurons of three numbers each, [(w1, w2, b), (w1, w2, b), (w1, w2, b)]",
                       judge, says=says, praise="two lines and a third neuron that joins them: your first network.")


def diagnosis(answer):
    """1.6: five reports, five causes."""
    return check_letters(
        "1.6", answer, "bdeac", "abcde",
        {0: "For the first: what is z at the origin, without which number is it always 0?",
         1: "For the second: how large is z, and what is y (1 − y) there?",
         2: "For the third: it ended without a mistake, so on its own examples there is nothing left to learn.",
         3: "For the fourth: when does the perceptron rule never stop?",
         4: "For the fifth: the line is where it should be. What about its sides?"},
        ordered=True,
        praise="each of the five has a test that takes a minute.",
    )


def _pocket(x, t, passes, better=np.greater, fires=np.greater, sign=1, bias=True, start=True, last=False, late=False):
    """The rule of 1.7, right by default; each argument plants one mistake."""
    w, b = np.zeros(x.shape[1]), 0.0

    def count():
        return np.sum(fires(x @ w + b, 0) == t)

    best = (count() if start else -1), w, b
    for _ in range(passes):
        for row, target in zip(x, t, strict=True):
            error = sign * (target - float(fires(row @ w + b, 0)))
            if error:
                w, b = w + error * row, b + error * bias
                if not late and better(count(), best[0]):
                    best = count(), w, b
        if late and better(count(), best[0]):
            best = count(), w, b
    return (w, b) if last else best[1:]


def _one_array(x, t, passes):
    """The best weights are remembered, but the array goes on changing."""
    w, b = np.zeros(x.shape[1]), 0.0
    best, kept = np.sum((x @ w + b > 0) == t), b
    for _ in range(passes):
        for row, target in zip(x, t, strict=True):
            error = target - float(row @ w + b > 0)
            w += error * row
            b += error
            if np.sum((x @ w + b > 0) == t) > best:
                best, kept = np.sum((x @ w + b > 0) == t), b
    return w, kept


def pocket(answer):
    """1.7: the perceptron rule that keeps the best neuron it has met."""
    return check_function(
        "1.7", answer, lambda x, t, passes: _pocket(x, t, passes), POCKET_CASES,
        [Mistake(lambda x, t, n: _pocket(x[::-1], t[::-1], n), "go through the examples in order, from the first to the last."),
         Mistake(lambda x, t, n: _pocket(x, t, n, last=True), "you return the last neuron. The best of all that were met is asked for."),
         Mistake(_one_array, "`w += …` changes the array that you keep as the best, too. Keep a copy: `w.copy()`, or make new arrays with `w = w + …`."),
         Mistake(lambda x, t, n: _pocket(x, t, n, better=np.greater_equal), "of equals you keep the latest. The earliest is asked for: compare with >."),
         Mistake(lambda x, t, n: _pocket(x, t, n, start=False), "the start counts, too: zeros answer 0 everywhere, and that may be best."),
         Mistake(lambda x, t, n: _pocket(x, t, n, late=True), "you compare once in each pass. Compare after every correction."),
         Mistake(lambda x, t, n: _pocket(x, t, n, fires=np.greater_equal), "a step neuron fires where z > 0, not where it is 0."),
         Mistake(lambda x, t, n: _pocket(x, t, n, sign=-1), "no state was better than the start, you say. Do your corrections go the right way? Add the input where the answer should have been 1."),
         Mistake(lambda x, t, n: _pocket(x, t, n, bias=False), "the bias is corrected, too, by 1 or −1.")],
        praise="and on the way it has looked at all examples after each correction: that is its price.",
    )
