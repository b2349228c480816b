"""Checkers of chapter 6: gradient descent."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value

_RNG = np.random.default_rng(6)
W, G, V, S = _RNG.normal(size=4), _RNG.normal(size=4), _RNG.normal(size=4), _RNG.uniform(0.1, 2, size=4)


def two_steps(answer):
    """6.1: two steps on L = w², from w = 3, at learning rate 0.25."""
    return check_value(
        "6.1", answer, (1.5, 0.75),
        [Mistake((2.25, 1.6875), "the slope of w² is 2w, not w."),
         Mistake((4.5, 6.75), "against the slope: subtract."),
         Mistake((1.5, 0.0), "the slope changes on the way: take it anew at w = 1.5."),
         Mistake((0.75, 0.1875), "3 − 0.25 · 6 = 1.5 after the first step.")],
        praise="each step halves w, since 1 − 0.25 · 2 = 0.5.",
    )


def limit(answer):
    """6.2: the largest stable learning rate for curvatures 2 and 50."""
    return check_value(
        "6.2", answer, 2 / 50,
        [Mistake(2 / 2, "that is the limit of the flat direction. The steep one breaks first."),
         Mistake(1 / 50, "at 1/50 the steep direction is solved in one step. It diverges only beyond twice that."),
         Mistake(50 / 2, "the other way up: |1 − ηk| < 1 gives η < 2/k."),
         Mistake(2 / 52, "curvatures are judged one by one; the largest decides.")],
        praise="2/50 = 0.04; the steepest direction sets the limit for all.",
    )


def momentum(answer):
    """6.3: a momentum step in PyTorch's form: ``answer(w, v, g, lr, mu)`` returns ``w, v``."""
    def reference(w, v, g, lr, mu):
        v = mu * v + g
        return w - lr * v, v

    one = tuple(np.array([x]) for x in (3.0, 2.0, 6.0))
    return check_function(
        "6.3", answer, reference,
        [Case((*one, 0.1, 0.5), "w = 3, v = 2, g = 6"), Case((W, V, G, 0.01, 0.9), "four weights")],
        [Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v + (1 - mu) * g), mu * v + (1 - mu) * g),
                 "this averages the gradients. PyTorch's momentum adds the whole of g."),
         Mistake(lambda w, v, g, lr, mu: (w + mu * v - lr * g, mu * v - lr * g),
                 "the learning rate is inside v. In PyTorch it multiplies v when the weights move."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * v, mu * v + g), "first update v, then move by the new v."),
         Mistake(lambda w, v, g, lr, mu: (w + lr * (mu * v + g), mu * v + g), "against the gradient: subtract."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (g + mu * (mu * v + g)), mu * v + g), "this is Nesterov's form."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * g, v), "v is not used. This is plain gradient descent.")],
        praise="velocity first, then the step.",
    )


def adam(answer):
    """6.4: an Adam step: ``answer(w, m, s, g, t, lr, b1, b2, eps)`` returns ``w, m, s``."""
    def make(correct=True, inside=False, square=True, root=True):
        def step(w, m, s, g, t, lr, b1, b2, eps):
            m = b1 * m + (1 - b1) * g
            s = b2 * s + (1 - b2) * (g**2 if square else np.abs(g))
            mh, sh = (m / (1 - b1**t), s / (1 - b2**t)) if correct else (m, s)
            scale = np.sqrt(sh + eps) if inside else (np.sqrt(sh) if root else sh) + eps
            return w - lr * mh / scale, m, s
        return step

    def late(w, m, s, g, t, lr, b1, b2, eps):
        return make()(w, m, s, g, t + 1, lr, b1, b2, eps)

    first = (np.array([3.0]), np.zeros(1), np.zeros(1), np.array([6.0]), 1, 0.1, 0.9, 0.999, 1e-3)
    return check_function(
        "6.4", answer, make(),
        [Case(first, "the first step"), Case((W, V, S, G, 5, 0.01, 0.9, 0.99, 1e-2), "the fifth step of four weights")],
        [Mistake(make(correct=False), "the bias correction is missing: m and s start at 0 and are too small at first."),
         Mistake(make(inside=True), "ε goes outside the root: √ŝ + ε."),
         Mistake(make(root=False), "divide by the root of ŝ: the step must have the units of w."),
         Mistake(make(square=False), "s averages the squared gradient."),
         Mistake(late, "t counts from 1: it is the number of this step.")],
        praise="and the first step has the size of the learning rate, whatever the gradient.",
    )


def cosine(answer):
    """6.5: the cosine schedule: ``answer(step, total, start)`` is the rate at a step, from start down to 0."""
    return check_function(
        "6.5", answer, lambda step, total, start: start * (1 + np.cos(np.pi * step / total)) / 2,
        [Case((0, 10, 0.1), "step 0"), Case((5, 10, 0.1), "half of the way"), Case((10, 10, 0.1), "the last step"),
         Case((3, 12, 0.5), "a quarter of the way")],
        [Mistake(lambda step, total, start: start * np.cos(np.pi * step / total),
                 "this goes down to minus the start. Lift the cosine by 1 and halve it."),
         Mistake(lambda step, total, start: start * (1 + np.cos(2 * np.pi * step / total)) / 2,
                 "this comes up again at the end: half a wave, π, is enough."),
         Mistake(lambda step, total, start: start * np.cos(np.pi * step / total / 2),
                 "a quarter of a wave ends at 0, but not level. Use (1 + cos(π · step / total)) / 2."),
         Mistake(lambda step, total, start: start * (1 - step / total), "this is a straight line."),
         Mistake(lambda step, total, start: start * (1 + np.cos(180 * step / total)) / 2, "the cosine wants radians: π.")],
        praise="slow to leave, slow to land.",
    )
