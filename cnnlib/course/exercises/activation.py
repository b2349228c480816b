"""Checkers of chapter 2: activations."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

_RNG = np.random.default_rng(2)
X = np.round(_RNG.normal(size=(4, 3)), 2)
X[1, 1] = 0.0
DY = _RNG.normal(size=(4, 3))


BEND_CASES = [
    Case((np.array([0.0, 2.0, 3.0]), np.array([1.0, 5.0, 4.0])), "three points"),
    Case((np.array([-1.0, 1.0]), np.array([3.0, -1.0])), "two points"),
    Case((np.array([0.0, 0.5, 3.0, 4.0]), np.array([-2.0, 0.0, 5.0, 4.0])), "four points that are not evenly spaced"),
    Case((np.array([2.0, -1.0, 1.0, 5.0]), np.array([4.0, 0.0, -2.0, 1.0])), "four points that are not in order"),
    Case((np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 1.0])), "three of four points on one line"),
    Case((np.round(_RNG.permutation(9) + _RNG.uniform(-0.3, 0.3, 9), 2), np.round(_RNG.normal(size=9), 2)), "nine points"),
]
LEAKY_CASES = [
    Case((np.array([[1.0, 1.0]]), np.array([[2.0, -3.0]]), 0.1), "x = (2, −3), one row of two"),
    Case((np.array([[5.0]]), np.array([[0.0]]), 0.1), "x = 0, where PyTorch takes the slope of the left side"),
    Case((DY, X, 0.2), "four rows of three numbers"),
    Case((np.array([[-3.0, 2.0]]), np.array([[-4.0, -0.5]]), 0.01), "negative inputs alone"),
    Case((np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[1.0, 1e-9], [-1e-9, 1e-30]]), 0.3), "inputs of almost 0"),
    Case((np.array([[1.0, -2.0, 3.0]]), np.array([[1.0, -1.0, -0.5]]), 2.0), "a slope of 2"),
]
# Of six units, four fire once in 300 examples: in the first, in the last, and in an even and an odd one between; one of them faintly.
ONCE = np.zeros((300, 6))
ONCE[[0, 299, 100, 201], range(4)] = 0.7, 0.4, 0.2, 1e-9
DEAD_CASES = [
    Case((np.array([[0.0, 1.0], [0.0, 0.0]]),), "two units, two examples"),
    Case((np.array([[0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 3.0]]),), "four units, three examples"),
    Case((np.array([[0.5, 0.0, 0.2, 0.1, 0.0], [0.0, 0.0, 0.3, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.4, 0.0],
                    [0.0, 0.0, 0.7, 0.0, 0.6], [0.2, 0.0, 0.0, 0.0, 0.0]]),), "five units, six examples"),
    Case((np.array([[0.0, 3.0, 0.0]]),), "a single example"),
    Case((np.array([[1.0, 2.0], [0.0, 0.5], [0.0, 0.0]]),), "a layer where no unit is dead"),
    Case((np.zeros((3, 2)),), "a layer where all units are dead"),
    Case((np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 1.5]]),), "a unit that fires in the last example alone"),
    Case((np.array([[0.0, 1.5], [0.0, 0.0], [0.0, 0.0]]),), "a unit that fires in the first example alone"),
    Case((ONCE,), "300 examples, where units fire once, and one of them faintly"),
]


def slopes(answer):
    """2.1: the sigmoid's slope where it puts out 0.9, tanh's where it puts out −0.6, ReLU's and Leaky ReLU's at −3."""
    right = (0.09, 0.64, 0.0, 0.01)

    def other(place, value):
        return (*right[:place], value, *right[place + 1:])

    return check_value(
        "2.1", answer, right,
        [Mistake((0.9, -0.6, 0.0, -0.03), "these are the values. The slopes are asked for."),
         Mistake(other(0, 0.1), "0.1 is 1 − y. The sigmoid's slope is y (1 − y)."),
         Mistake(other(0, 0.19), "1 − y² belongs to tanh. The sigmoid's slope is y (1 − y)."),
         Mistake((0.19, -0.96, 0.0, 0.01), "the rules are exchanged: y (1 − y) is the sigmoid's, 1 − y² is tanh's."),
         Mistake(other(0, 0.2055), "0.9 is the output y, not z: no exponential is needed."),
         Mistake(other(1, 1.6), "1.6 is 1 − y. tanh's slope is 1 − y²."),
         Mistake(other(1, 0.4), "tanh's slope is 1 − y², not 1 − |y|."),
         Mistake(other(1, 1.36), "(−0.6)² is positive: 1 − 0.36."),
         Mistake(other(1, -0.96), "y (1 − y) belongs to the sigmoid. tanh's slope is 1 − y²."),
         Mistake(other(1, -0.64), "tanh always rises: its slope is positive, also where its value is negative."),
         Mistake(other(1, 0.7116), "−0.6 is the output y, not z: square it."),
         Mistake(other(2, 1.0), "ReLU is flat for negative z."),
         Mistake((0.09, 0.64, 1.0, 1.0), "these are the slopes for positive z. At −3 ReLU and Leaky ReLU differ."),
         Mistake(other(3, 0.0), "Leaky ReLU is not flat for negative z: that is what it leaks."),
         Mistake(other(3, 1.0), "1 is the slope for positive z. On the other side Leaky ReLU is 0.01 z."),
         Mistake(other(3, -0.01), "0.01 z grows with z, also where z is negative: its slope is positive."),
         Mistake(other(3, -0.03), "the slope of 0.01 z is 0.01, wherever z is negative.")],
        praise="the slopes of the smooth ones need only their outputs.", digits=3,
    )


def _bends(x, t, *, order=None, weights=None, sign=-1, joints=slice(None, -1), bias=None, divide=True):
    """What exercise 2.2 asks for, or the slip that an option names."""
    order = np.argsort(x) if order is None else order
    x, t = x[order], t[order]
    slopes = np.diff(t) / (np.diff(x) if divide else 1)
    w = np.diff(slopes, prepend=0.0) if weights is None else weights(slopes)
    return w, sign * x[joints], t[0] if bias is None else bias(t)


def bends(answer):
    """2.2: ReLUs whose sum goes through points: ``answer(x, t)`` returns ``w, biases, b``."""
    def kept(x):
        return np.arange(len(x))

    def heights_left(x, t):
        return _bends(np.sort(x), t)

    def first_given(x, t):
        w, biases, _ = _bends(x, t)
        return w, biases, t[0]

    def every(x, t):
        order = np.argsort(x)
        return np.append(_bends(x, t)[0], 0.0), -x[order], t[order][0]

    return check_function(
        "2.2", answer, lambda x, t: _bends(x, t), BEND_CASES,
        [Mistake(lambda x, t: _bends(x, t, weights=lambda s: s), "these are the slopes of the pieces. The ReLUs to the left go on, so that each weight is the change of slope."),
         Mistake(lambda x, t: _bends(x, t, weights=np.cumsum), "you add the slopes up. Each weight is the change from the slope before: a difference."),
         Mistake(lambda x, t: _bends(x, t, weights=lambda s: np.append(s[:1], s[1:] - s[0])), "compare each slope with the one before it, not with the first."),
         Mistake(lambda x, t: _bends(x, t, weights=lambda s: np.append(s[:1], s[:-1] - s[1:])), "the change is the new slope minus the old one; yours has the sign turned."),
         Mistake(lambda x, t: _bends(x, t, weights=np.diff), "the first weight is missing: before the first point the slope is 0."),
         Mistake(lambda x, t: _bends(x, t, weights=np.diff, joints=slice(1, -1)), "the first ReLU is missing: it bends at the first point, from slope 0."),
         Mistake(lambda x, t: _bends(x, t, divide=False), "a slope is the difference in t divided by the difference in x."),
         Mistake(lambda x, t: _bends(x, t, weights=lambda s: np.diff(1 / np.where(s == 0, np.nan, s), prepend=0.0)), "upside down: a slope is the difference in t divided by the one in x."),
         Mistake(lambda x, t: _bends(x, t, sign=1), "ReLU(x + bias) bends where x = −bias: a bend at 2 needs the bias −2."),
         Mistake(lambda x, t: _bends(x, t, joints=slice(1, None)), "each ReLU bends where its piece begins, at the left end; yours bend at the right end."),
         Mistake(lambda x, t: _bends(x, t, order=kept(x)), "right for points in order of x. Sort them first."),
         Mistake(heights_left, "you sort x and leave t where it was: every t must go with its x."),
         Mistake(first_given, "b is the height of the leftmost point; yours is that of the first one given."),
         Mistake(every, "one ReLU too many: nothing needs to bend at the last point."),
         Mistake(lambda x, t: _bends(x, t, bias=lambda t: 0.0), "the sum starts at 0: b lifts it to the height of the leftmost point."),
         Mistake(lambda x, t: _bends(x, t, bias=lambda t: t.min()), "b is the height of the leftmost point, not of the lowest."),
         Mistake(lambda x, t: _bends(x, t, bias=lambda t: t[-1]), "b is the height of the leftmost point, not of the last."),
         Mistake(lambda x, t: _bends(x, t, weights=lambda s: np.abs(np.diff(s, prepend=0.0))), "a weight may be negative: where the curve turns down, the slope falls."),
         Mistake(lambda x, t: (_bends(x, t)[0][::-1], _bends(x, t)[1][::-1], _bends(x, t)[2]), "from left to right: yours begin at the right end."),
         Mistake(lambda x, t: _bends(x, t, joints=slice(None)), "one bias too many: nothing needs to bend at the last point."),
         Mistake(lambda x, t: _bends(x, t)[1::-1] + _bends(x, t)[2:], "the other way round: first the weights, then the biases."),
         Mistake(lambda x, t: (_bends(x, t)[2], *_bends(x, t)[:2]), "the order of the results is w, biases, b.")],
        praise="every set of points on different x can be met: one ReLU for each piece.",
    )


def steeper(answer):
    """2.3: does a change make a neuron's slope smaller (a), leave it (b), or make it larger (c)?"""
    return check_letters(
        "2.3", answer, "abacc", "abc",
        {0: "Change 1: z becomes 30. Where on its curve is the sigmoid then?",
         1: "Change 2: z becomes −3, and y becomes 1 − y. What happens to y (1 − y)?",
         2: "Change 3: at z = 3 tanh is much closer to its end than the sigmoid. Compute 1 − y².",
         3: "Change 4: the new bias makes z = 0. Where is the sigmoid steepest?",
         4: "Change 5: for positive z, what is the slope of ReLU?"},
        [Mistake("cbcaa", "the other way round throughout: a stands for smaller, c for larger.")],
        praise="a large z makes a slope small, whichever sign it has; the slope of ReLU stays 1.", ordered=True,
    )


def leaky(answer):
    """2.4: gradient of Leaky ReLU: ``answer(dy, x, slope)``."""
    def square(dy, x, slope):
        dx = dy.copy()
        for i in range(len(x)):
            for j in range(len(x)):
                dx[i, j] *= 1 if x[i, j] > 0 else slope
        return dx

    return check_function(
        "2.4", answer, lambda dy, x, slope: np.where(x > 0, dy, slope * dy), LEAKY_CASES,
        [Mistake(lambda dy, x, slope: np.where(x > 0, 1.0, slope), "these are the slopes. Multiply them by dy."),
         Mistake(lambda dy, x, slope: np.where(x > 0, x, slope * x), "this is forward: the values. Backward passes dy on, times the slope."),
         Mistake(lambda dy, x, slope: dy * np.where(x > 0, x, slope * x), "dy is multiplied by the slope of Leaky ReLU, not by its value."),
         Mistake(lambda dy, x, slope: np.maximum(x, slope * x), "this is forward: the values. Backward passes dy on, times the slope."),
         Mistake(lambda dy, x, slope: dy * np.maximum(x, slope * x), "dy is multiplied by the slope of Leaky ReLU, not by its value."),
         Mistake(lambda dy, x, slope: np.where(x > 0, dy, 0.0), "this is ReLU: negative inputs pass slope · dy."),
         Mistake(lambda dy, x, slope: np.where(x > 0, dy, slope * x), "for negative x return slope · dy, not slope · x."),
         Mistake(lambda dy, x, slope: np.where(x > 0, dy, slope), "for negative x return slope · dy, not the slope alone."),
         Mistake(lambda dy, x, slope: np.where(x > 0, 1.0, slope * dy), "for positive x return dy, not 1."),
         Mistake(lambda dy, x, slope: np.where(x >= 0, dy, slope * dy), "right but for x = 0: PyTorch counts 0 as negative."),
         Mistake(lambda dy, x, slope: np.where(x > slope * x, dy, slope * dy), "right for slopes below 1 alone: ask whether x > 0, not which of x and slope · x is larger."),
         Mistake(square, "the inner loop runs over the columns: range(x.shape[1]), not range(x.shape[0])."),
         Mistake(lambda dy, x, slope: np.where(dy > 0, dy, slope * dy), "the sign of x decides, not the sign of dy."),
         Mistake(lambda dy, x, slope: np.where(x > 0, slope * dy, dy), "the sides are exchanged: the slope belongs to the negative side."),
         Mistake(lambda dy, x, slope: np.where(x > 0, dy, -slope * dy), "the slope is positive on the negative side, too."),
         Mistake(lambda dy, x, slope: slope * dy, "the slope acts on the negative side alone."),
         Mistake(lambda dy, x, slope: np.where(x > 0, dy, 0.01 * dy), "0.01 is only a common choice. Use the slope that is handed over."),
         Mistake(lambda dy, x, slope: np.where(x > 0, dy, dy / slope), "multiply by the slope, do not divide.")],
        praise="what passed forward decides what passes back.",
    )


def dead(answer):
    """2.5: share of dead units, from hidden values (examples, units)."""
    return check_function(
        "2.5", answer, lambda h: (h == 0).all(axis=0).mean(), DEAD_CASES,
        [Mistake(lambda h: (h == 0).mean(), "this counts zeros. A unit is dead when it is 0 for every example."),
         Mistake(lambda h: (h == 0).all(axis=1).mean(), "axis 1 asks for which examples all units are 0. Units are the columns."),
         Mistake(lambda h: (h == 0).any(axis=0).mean(), "any counts units that are 0 once. Dead means always: all."),
         Mistake(lambda h: (h == 0).any(axis=1).mean(), "axis 1 asks for which examples some unit is 0. Units are the columns, and dead means always: all."),
         Mistake(lambda h: (h == 0).all(axis=0).sum(), "this is the number of dead units. Their share is asked for."),
         Mistake(lambda h: (h == 0).all(axis=0).sum() / len(h), "you divide by the number of examples. Units are the columns."),
         Mistake(lambda h: 100 * (h == 0).all(axis=0).mean(), "this is percent. A share lies between 0 and 1."),
         Mistake(lambda h: 1 - (h == 0).all(axis=0).mean(), "this is the share of units that live."),
         Mistake(lambda h: (h == 0).all(axis=0), "this says which units are dead. Their share is one number."),
         Mistake(lambda h: (h[0] == 0).mean(), "you look at the first example alone. Dead means 0 for every example."),
         Mistake(lambda h: (h[:max(len(h) - 1, 1)] == 0).all(axis=0).mean(), "the last example counts as well: a unit may fire there alone."),
         Mistake(lambda h: (h[min(len(h) - 1, 1):] == 0).all(axis=0).mean(), "the first example counts as well: a unit may fire there alone."),
         Mistake(lambda h: (h < 1e-6).all(axis=0).mean(), "however faintly a unit fires, it lives: compare with 0 itself."),
         Mistake(lambda h: (h[-1] == 0).mean(), "you look at the last example alone. Dead means 0 for every example.")],
        praise="0 for every example, and so is the slope.",
    )


def diagnosis(answer):
    """2.6: six units by their outputs: dead (a), saturated (b), a straight line on these data (c), none of these (d)."""
    return check_letters(
        "2.6", answer, "cbacdb", "abcd",
        {0: "Unit 1: its z is positive for every example. Where is its bend?",
         1: "Unit 2: how large is 1 − y² at 0.998?",
         2: "Unit 3: for how many examples does it put out more than 0?",
         3: "Unit 4: near 0, what does tanh(z) look like?",
         4: "Unit 5: one example is enough. Is it always 0?",
         5: "Unit 6: a sigmoid is never quite 0. How large is its slope y (1 − y)?"},
        [Mistake("cbacab", "all but unit 5: it fires for one example, so it is not dead."),
         Mistake("cbacda", "all but unit 6: only a ReLU is exactly 0. This sigmoid is at the lower end of its curve."),
         Mistake("dbaddb", "units 1 and 4 are not at fault in their slopes, but where do they bend?")],
        praise="a bend helps where the data are; look at the outputs to see where yours lies.", ordered=True,
    )
