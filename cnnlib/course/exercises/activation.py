"""Checkers of chapter 2: activations."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value

_RNG = np.random.default_rng(2)
X = np.round(_RNG.normal(size=(4, 3)), 2)
DY = _RNG.normal(size=(4, 3))


def slopes(answer):
    """2.1: the slopes of sigmoid, tanh, ReLU and Leaky ReLU at z = −3, 0 and 2."""
    return check_value(
        "2.1", answer, (0.25, 1.0, 0.0, 0.01),
        [Mistake((0.5, 0.0, 0.0, -0.03), "these are the values. The slopes are asked for."),
         Mistake((0.5, 1.0, 0.0, 0.01), "0.5 is σ(0). Its slope is σ (1 − σ)."),
         Mistake((0.25, 0.0, 0.0, 0.01), "tanh(0) = 0, and its slope is 1 − tanh²."),
         Mistake((0.25, 1.0, 1.0, 0.01), "ReLU is flat for negative z."),
         Mistake((0.25, 1.0, 0.0, -0.03), "the slope of 0.01 z is 0.01, wherever z is negative.")],
        praise="0.25 is the steepest a sigmoid gets; tanh manages 1.",
    )


def collapse(answer):
    """2.2: one linear layer that does what two do: ``answer(w1, b1, w2, b2)`` returns ``w, b``."""
    w1, b1 = _RNG.normal(size=(3, 2)), _RNG.normal(size=3)
    w2, b2 = _RNG.normal(size=(2, 3)), _RNG.normal(size=2)
    one = tuple(np.array(v) for v in ([[3.0]], [1.0], [[2.0]], [-4.0]))
    return check_function(
        "2.2", answer, lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1 + b2),
        [Case(one, "2 · (3x + 1) − 4"), Case((w1, b1, w2, b2), "two layers, 2 → 3 → 2")],
        [Mistake(lambda w1, b1, w2, b2: (w2 @ w1, b1 + b2 if b1.shape == b2.shape else None),
                 "the first bias goes through the second layer's weights: w2 @ b1 + b2."),
         Mistake(lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1), "the second layer's own bias is missing."),
         Mistake(lambda w1, b1, w2, b2: (w2 @ w1, b2), "the first bias is lost. It arrives as w2 @ b1."),
         Mistake(lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2),
                 "the order: w1 acts first, so it stands next to x: w2 @ w1.")],
        praise="a stack of linear layers is one linear layer.",
    )


def leaky(answer):
    """2.3: gradient of Leaky ReLU: ``answer(dy, x, slope)``."""
    return check_function(
        "2.3", answer, lambda dy, x, slope: np.where(x > 0, dy, slope * dy),
        [Case((np.array([1.0, 1.0]), np.array([2.0, -3.0]), 0.1), "x = (2, −3)"),
         Case((np.array([5.0]), np.array([0.0]), 0.1), "x = 0, where PyTorch takes the slope of the left side"),
         Case((DY, X, 0.01), "twelve numbers")],
        [Mistake(lambda dy, x, slope: np.where(x > 0, 1.0, slope), "these are the slopes. Multiply them by dy."),
         Mistake(lambda dy, x, slope: np.where(x > 0, dy, 0.0), "this is ReLU: negative inputs pass slope · dy."),
         Mistake(lambda dy, x, slope: np.where(x > 0, dy, slope * x), "for negative x return slope · dy, not slope · x."),
         Mistake(lambda dy, x, slope: np.where(x >= 0, dy, slope * dy), "right but for x = 0: PyTorch counts 0 as negative."),
         Mistake(lambda dy, x, slope: np.where(dy > 0, dy, slope * dy), "the sign of x decides, not the sign of dy.")],
        praise="what passed forward decides what passes back.",
    )


def prelu_slope(answer):
    """2.4: gradient of PReLU's single slope ``a``: ``answer(dy, x)``."""
    return check_function(
        "2.4", answer, lambda dy, x: (dy * np.minimum(x, 0)).sum(),
        [Case((np.array([1.0, 1.0, 1.0]), np.array([2.0, -3.0, -1.0])), "x = (2, −3, −1)"), Case((DY, X), "twelve numbers")],
        [Mistake(lambda dy, x: (dy * x).sum(), "positive inputs do not meet a: leave them out."),
         Mistake(lambda dy, x: (dy * np.minimum(x, 0)).mean(), "a is used by every negative input, and uses add. Sum, not mean."),
         Mistake(lambda dy, x: dy * np.minimum(x, 0), "a is one number, so its gradient is one number: add up."),
         Mistake(lambda dy, x: (dy * (x < 0)).sum(), "a is multiplied by x: its local derivative is x, not 1."),
         Mistake(lambda dy, x: np.minimum(x, 0).sum(), "multiply each by its upstream gradient dy.")],
        praise="one slope, used many times: its gradients add.",
    )


def dead(answer):
    """2.5: share of dead units, from hidden values (examples, units)."""
    h = np.maximum(_RNG.normal(size=(6, 5)), 0)
    h[:, 1] = h[:, 4] = 0
    h[2] = 0
    h[0, :] = [0.5, 0, 0.2, 0.1, 0]
    return check_function(
        "2.5", answer, lambda h: (h == 0).all(axis=0).mean(),
        [Case((np.array([[0.0, 1.0], [0.0, 0.0]]),), "two units, two examples"), Case((h,), "five units, six examples")],
        [Mistake(lambda h: (h == 0).mean(), "this counts silent moments. A unit is dead when it is silent for every example."),
         Mistake(lambda h: (h == 0).all(axis=1).mean(), "axis 1 asks which examples silence all units. Units are the columns."),
         Mistake(lambda h: (h == 0).any(axis=0).mean(), "any counts units that are silent once. Dead means always: all."),
         Mistake(lambda h: float((h == 0).all(axis=0).sum()), "this is the number of dead units. Their share is asked for.")],
        praise="silent for every example, so no gradient ever reaches it.",
    )
