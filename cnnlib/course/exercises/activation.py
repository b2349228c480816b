"""Checkers of chapter 2: activations."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value

_RNG = np.random.default_rng(2)
X = np.round(_RNG.normal(size=(4, 3)), 2)
X[1, 1] = 0.0
DY = _RNG.normal(size=(4, 3))


def _layers(n, hidden, out):
    return _RNG.normal(size=(hidden, n)), _RNG.normal(size=hidden), _RNG.normal(size=(out, hidden)), _RNG.normal(size=out)


COLLAPSE_CASES = [
    Case(tuple(np.array(v) for v in ([[3.0]], [1.0], [[2.0]], [-4.0])), "2 · (3x + 1) − 4"),
    Case(_layers(3, 3, 3), "two layers, 3 → 3 → 3"),
    Case(_layers(2, 3, 2), "two layers, 2 → 3 → 2"),
    Case(_layers(4, 2, 3), "two layers, 4 → 2 → 3"),
]
LEAKY_CASES = [
    Case((np.array([[1.0, 1.0]]), np.array([[2.0, -3.0]]), 0.1), "x = (2, −3), one row of two"),
    Case((np.array([[5.0]]), np.array([[0.0]]), 0.1), "x = 0, where PyTorch takes the slope of the left side"),
    Case((DY, X, 0.2), "four rows of three numbers"),
    Case((np.array([[-3.0, 2.0]]), np.array([[-4.0, -0.5]]), 0.01), "negative inputs alone"),
    Case((np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[1.0, 1e-9], [-1e-9, 1e-30]]), 0.3), "inputs of almost 0"),
    Case((np.array([[1.0, -2.0, 3.0]]), np.array([[1.0, -1.0, -0.5]]), 2.0), "a slope of 2"),
]
PRELU_CASES = [
    Case((np.array([[1.0, 1.0, 1.0]]), np.array([[2.0, -3.0, -1.0]])), "x = (2, −3, −1), one row of three"),
    Case((DY, X), "four rows of three numbers"),
    Case((DY[:, :1], X[:, :1]), "one column"),
    Case((np.array([[2.0, -1.0]]), np.array([[0.0, 3.0]])), "no negative input"),
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
    """2.1: the slopes of the sigmoid at 0, tanh at 0, ReLU at −3 and Leaky ReLU at −3."""
    return check_value(
        "2.1", answer, (0.25, 1.0, 0.0, 0.01),
        [Mistake((0.5, 0.0, 0.0, -0.03), "these are the values. The slopes are asked for."),
         Mistake((0.5, 1.0, 0.0, 0.01), "0.5 is σ(0). Its slope is σ (1 − σ)."),
         Mistake((1.0, 1.0, 0.0, 0.01), "the sigmoid is flatter than tanh. Its slope is σ (1 − σ), and σ(0) = 0.5."),
         Mistake((0.25, 0.0, 0.0, 0.01), "tanh(0) = 0, and its slope is 1 − tanh²."),
         Mistake((0.25, 0.25, 0.0, 0.01), "tanh is steeper than the sigmoid. Its slope is 1 − tanh²."),
         Mistake((0.25, 1.0, 1.0, 0.01), "ReLU is flat for negative z."),
         Mistake((0.25, 1.0, 1.0, 1.0), "these are the slopes for positive z. At −3 ReLU and Leaky ReLU differ."),
         Mistake((0.25, 1.0, 0.0, 0.0), "Leaky ReLU is not flat for negative z: that is what it leaks."),
         Mistake((0.25, 1.0, 0.0, -0.01), "0.01 z grows with z, also where z is negative: its slope is positive."),
         Mistake((0.25, 1.0, 0.0, -0.03), "the slope of 0.01 z is 0.01, wherever z is negative.")],
        praise="0.25 is the steepest a sigmoid gets; tanh manages 1.",
    )


def collapse(answer):
    """2.2: one linear layer that does what two do: ``answer(w1, b1, w2, b2)`` returns ``w, b``."""
    return check_function(
        "2.2", answer, lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1 + b2), COLLAPSE_CASES,
        [Mistake(lambda w1, b1, w2, b2: (w2 @ w1, b1 + b2), "the first bias goes through the second layer's weights: w2 @ b1 + b2."),
         Mistake(lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1), "the second layer's own bias is missing."),
         Mistake(lambda w1, b1, w2, b2: (w2 @ w1, b2), "the first bias is lost. It arrives as w2 @ b1."),
         Mistake(lambda w1, b1, w2, b2: (w2 @ w1, w2 @ (b1 + b2)), "only the first bias goes through w2; the second is added after it."),
         Mistake(lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2), "the order: w1 acts first, so it stands next to x: w2 @ w1."),
         Mistake(lambda w1, b1, w2, b2: (w1 @ w2, w1 @ b2 + b1), "the order: w1 acts first, and w2 on what comes out, its bias included."),
         Mistake(lambda w1, b1, w2, b2: ((w2 @ w1).T, w2 @ b1 + b2), "w is transposed: one row for each output, as in w1 and w2."),
         Mistake(lambda w1, b1, w2, b2: (w2 * w1, w2 @ b1 + b2), "layers after each other are a matrix product, @, not entry by entry."),
         Mistake(lambda w1, b1, w2, b2: (w1 + w2, b1 + b2), "layers that stand after each other multiply; they do not add."),
         Mistake(lambda w1, b1, w2, b2: (w2 @ b1 + b2, w2 @ w1), "the other way round: first w, then b.")],
        praise="a stack of linear layers is one linear layer.",
    )


def leaky(answer):
    """2.3: gradient of Leaky ReLU: ``answer(dy, x, slope)``."""
    def square(dy, x, slope):
        dx = dy.copy()
        for i in range(len(x)):
            for j in range(len(x)):
                dx[i, j] *= 1 if x[i, j] > 0 else slope
        return dx

    return check_function(
        "2.3", answer, lambda dy, x, slope: np.where(x > 0, dy, slope * dy), LEAKY_CASES,
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


def prelu_slope(answer):
    """2.4: gradient of PReLU's single slope ``a``: ``answer(dy, x)``."""
    def of_negative(dy, x):
        return (dy * np.minimum(x, 0)).sum() / max(1, (x < 0).sum())

    def square(dy, x):
        return sum(dy[i, j] * min(x[i, j], 0) for i in range(len(x)) for j in range(len(x)))

    return check_function(
        "2.4", answer, lambda dy, x: (dy * np.minimum(x, 0)).sum(), PRELU_CASES,
        [Mistake(lambda dy, x: (dy * x).sum(), "positive inputs do not meet a: leave them out."),
         Mistake(square, "the inner loop runs over the columns: range(x.shape[1]), not range(x.shape[0])."),
         Mistake(lambda dy, x: (dy * np.maximum(x, 0)).sum(), "the wrong side: a is met by the negative inputs."),
         Mistake(lambda dy, x: (dy * np.minimum(x, 0)).mean(), "a is used by every negative input, and uses add. Sum, not mean."),
         Mistake(of_negative, "a is used by every negative input, and uses add. Sum, not their mean."),
         Mistake(lambda dy, x: dy * np.minimum(x, 0), "a is one number, so its gradient is one number: add up."),
         Mistake(lambda dy, x: (dy * np.minimum(x, 0)).sum(axis=0), "a is one number for all columns: add up over both axes."),
         Mistake(lambda dy, x: (dy * (x < 0)).sum(), "a is multiplied by x: its local derivative is x, not 1."),
         Mistake(lambda dy, x: np.minimum(x, 0).sum(), "multiply each by its upstream gradient dy."),
         Mistake(lambda dy, x: dy.sum() * np.minimum(x, 0).sum(), "first multiply each x by its own dy, then add up."),
         Mistake(lambda dy, x: (dy * np.abs(np.minimum(x, 0))).sum(), "the local derivative is x itself, with its minus sign.")],
        praise="one slope, used many times: its gradients add.",
    )


def dead(answer):
    """2.5: share of dead units, from hidden values (examples, units)."""
    return check_function(
        "2.5", answer, lambda h: (h == 0).all(axis=0).mean(), DEAD_CASES,
        [Mistake(lambda h: (h == 0).mean(), "this counts silent moments. A unit is dead when it is silent for every example."),
         Mistake(lambda h: (h == 0).all(axis=1).mean(), "axis 1 asks which examples silence all units. Units are the columns."),
         Mistake(lambda h: (h == 0).any(axis=0).mean(), "any counts units that are silent once. Dead means always: all."),
         Mistake(lambda h: (h == 0).any(axis=1).mean(), "axis 1 asks which examples silence a unit. Units are the columns, and dead means always: all."),
         Mistake(lambda h: (h == 0).all(axis=0).sum(), "this is the number of dead units. Their share is asked for."),
         Mistake(lambda h: (h == 0).all(axis=0).sum() / len(h), "you divide by the number of examples. Units are the columns."),
         Mistake(lambda h: 100 * (h == 0).all(axis=0).mean(), "this is percent. A share lies between 0 and 1."),
         Mistake(lambda h: 1 - (h == 0).all(axis=0).mean(), "this is the share of units that live."),
         Mistake(lambda h: (h == 0).all(axis=0), "this says which units are dead. Their share is one number."),
         Mistake(lambda h: (h[0] == 0).mean(), "you look at the first example alone. Dead means silent for every example."),
         Mistake(lambda h: (h[:max(len(h) - 1, 1)] == 0).all(axis=0).mean(), "the last example counts as well: a unit may fire there alone."),
         Mistake(lambda h: (h[min(len(h) - 1, 1):] == 0).all(axis=0).mean(), "the first example counts as well: a unit may fire there alone."),
         Mistake(lambda h: (h < 1e-6).all(axis=0).mean(), "however faintly a unit fires, it lives: compare with 0 itself."),
         Mistake(lambda h: (h[-1] == 0).mean(), "you look at the last example alone. Dead means silent for every example.")],
        praise="silent for every example, so no gradient ever reaches it.",
    )
