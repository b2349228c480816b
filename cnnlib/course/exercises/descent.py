"""Checkers of chapter 6: gradient descent."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value

_RNG = np.random.default_rng(6)


def _weights(*shape):
    """w, then momentum or first moment, then second moment, then gradient."""
    return _RNG.normal(size=shape), _RNG.normal(size=shape), _RNG.uniform(0.1, 2, size=shape), _RNG.normal(size=shape)


W, V, S, G = _weights(4)
W2, V2, S2, G2 = _weights(2, 3)
MOMENTUM_CASES = [
    Case((np.array([3.0]), np.array([2.0]), np.array([6.0]), 0.1, 0.5), "w = 3, v = 2, g = 6"),
    Case((W, V, G, 0.01, 0.9), "four weights"),
    Case((W2, V2, G2, 0.5, 0.8), "two rows of three weights"),
    Case((W[:2], np.zeros(2), G[:2], 2.0, 0.9), "the first step, v = 0"),
]
ADAM_CASES = [
    Case((np.array([3.0]), np.zeros(1), np.zeros(1), np.array([6.0]), 1, 0.1, 0.9, 0.999, 1e-3), "the first step"),
    Case((W, V, S, G, 5, 0.01, 0.9, 0.99, 1e-2), "the fifth step of four weights"),
    Case((W2, V2, S2, G2, 2, 0.5, 0.8, 0.9, 0.1), "the second step of two rows of weights"),
    Case((W, V, S, G, 1000, 0.01, 0.995, 0.999, 1e-3), "step 1000 of four weights"),
    Case((np.array([3.0, 1.0]), np.zeros(2), np.zeros(2), np.array([6.0, 0.0]), 1, 0.1, 0.9, 0.999, 1e-3), "a first step where one gradient is 0"),
]
COSINE_CASES = [Case((0, 10, 0.1), "step 0"), Case((5, 10, 0.1), "half of the way"), Case((10, 10, 0.1), "the last step"),
                Case((3, 12, 0.5), "a quarter of the way"), Case((5, 7, 2.0), "step 5 of 7")]


def two_steps(answer):
    """6.1: two steps on L = w², from w = 3, at learning rate 0.25."""
    return check_value(
        "6.1", answer, (1.5, 0.75),
        [Mistake((2.25, 1.6875), "the slope of w² is 2w, not w."),
         Mistake((4.5, 6.75), "against the slope: subtract."),
         Mistake((1.5, 0.0), "the slope changes on the way: take it anew at w = 1.5."),
         Mistake((0.75, 0.1875), "3 − 0.25 · 6 = 1.5 after the first step."),
         Mistake((-3.0, 3.0), "the learning rate is missing: the step is 0.25 times the slope."),
         Mistake((0.75, 0.5625), "the slope of w² is 2w. You subtract 0.25 · w²."),
         Mistake((2.5, 2.0), "the step is 0.25 times the slope 2w, not 0.25 · 2."),
         Mistake((3.0, 1.5), "these are w at the start and after one step. After one and after two is asked for."),
         Mistake((2.25, 0.5625), "these are the losses. Where w is, is asked for."),
         Mistake((6.0, 3.0), "these are the slopes. Where w is, is asked for."),
         Mistake((0.75, 1.5), "the other way round: first after one step, then after two.")],
        praise="each step halves w, since 1 − 0.25 · 2 = 0.5.",
    )


def limit(answer):
    """6.2: the largest stable learning rate for curvatures 2 and 50."""
    return check_value(
        "6.2", answer, 2 / 50,
        [Mistake(2 / 2, "that is the limit of the flat direction. The steep one breaks first."),
         Mistake(1 / 50, "at 1/50 the steep direction is solved in one step. It diverges only beyond twice that."),
         Mistake(1 / 2, "at 1/2 the flat direction is solved in one step. Which direction breaks first, and where?"),
         Mistake(50 / 2, "the other way up: |1 − ηk| < 1 gives η < 2/k."),
         Mistake(2 / 52, "curvatures are judged one by one; the largest decides."),
         Mistake(2 / 26, "the mean curvature does not decide; the largest does."),
         Mistake(2 / 48, "curvatures are judged one by one; their difference does not matter."),
         Mistake(4 / 50, "a step too far by a factor of two: |1 − ηk| < 1 gives ηk < 2."),
         Mistake(50, "that is the curvature. The limit is 2 over it.")],
        praise="2/50 = 0.04; the steepest direction sets the limit for all.",
    )


def momentum(answer):
    """6.3: a momentum step in PyTorch's form: ``answer(w, v, g, lr, mu)`` returns ``w, v``."""
    def reference(w, v, g, lr, mu):
        v = mu * v + g
        return w - lr * v, v

    return check_function(
        "6.3", answer, reference, MOMENTUM_CASES,
        [Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v + (1 - mu) * g), mu * v + (1 - mu) * g),
                 "this averages the gradients. PyTorch's momentum adds the whole of g."),
         Mistake(lambda w, v, g, lr, mu: (w + mu * v - lr * g, mu * v - lr * g),
                 "the learning rate is inside v. In PyTorch it multiplies v when the weights move."),
         Mistake(lambda w, v, g, lr, mu: (w - mu * v - lr * g, mu * v + lr * g),
                 "the learning rate is inside v. In this chapter's form it multiplies v when the weights move: v = μ v + g."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v + lr * g), mu * v + lr * g),
                 "the learning rate counts twice: once inside v, once when the weights move. v = μ v + g has none."),
         Mistake(lambda w, v, g, lr, mu: (w - mu * v - g, mu * v + g), "the learning rate is missing: w moves by η v."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * v, mu * v + g), "first update v, then move by the new v."),
         Mistake(lambda w, v, g, lr, mu: (w + lr * (mu * v + g), mu * v + g), "against the gradient: subtract."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v - g), mu * v - g), "the gradient is added to v; the minus comes when w moves."),
         Mistake(lambda w, v, g, lr, mu: (w + lr * (mu * v - g), mu * v - g), "w is right, but v has the other sign: in PyTorch v = μ v + g, and w − η v."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (g + mu * (mu * v + g)), mu * v + g), "this is Nesterov's form."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (v + g), v + g), "μ is missing: the old v fades by the factor μ."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * mu * (v + g), mu * (v + g)), "mind the brackets: μ multiplies the old v only."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (v + mu * g), v + mu * g), "μ multiplies the old v, not the gradient."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v + g), v), "w is right. Return the new v, too: the next step needs it."),
         Mistake(lambda w, v, g, lr, mu: reference(w, v, g, lr, mu)[::-1], "the other way round: first w, then v."),
         Mistake(lambda w, v, g, lr, mu: reference(w, v, g, lr, 0.9), "0.9 is only a common choice. Use the mu that is handed over."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * g, mu * v + g), "w moves by the gradient alone. It should move by v."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * g, v), "v is not used. This is plain gradient descent.")],
        praise="velocity first, then the step.", in_place=True,
    )


def adam(answer):
    """6.4: an Adam step: ``answer(w, m, s, g, t, lr, b1, b2, eps)`` returns ``w, m, s``."""
    def make(correct="ms", inside=False, square=True, root=True, back=False, sign=1, whole=False, swap=False, power=lambda t: t):
        def step(w, m, s, g, t, lr, b1, b2, eps):
            b1, b2 = (b2, b1) if swap else (b1, b2)
            m = b1 * m + (1 if whole else 1 - b1) * g
            s = b2 * s + (1 if whole else 1 - b2) * (g**2 if square else np.abs(g))
            mh = m / (1 - b1 ** power(t)) if "m" in correct else m
            sh = s / (1 - b2 ** power(t)) if "s" in correct else s
            scale = np.sqrt(sh + eps) if inside else (np.sqrt(sh) if root else sh) + eps
            return w - sign * lr * mh / scale, *((mh, sh) if back else (m, s))
        return step

    def without(part):
        def step(w, m, s, g, t, lr, b1, b2, eps):
            full = make()(w, m, s, g, t, lr, b1, b2, eps)
            mh, sh = full[1] / (1 - b1**t), full[2] / (1 - b2**t)
            move = {"eps": mh / np.sqrt(sh), "g": g / (np.sqrt(sh) + eps), "s": mh}[part]
            return w - lr * move, *full[1:]
        return step

    return check_function(
        "6.4", answer, make(), ADAM_CASES,
        [Mistake(make(correct=""), "the bias correction is missing: m and s start at 0 and are too small at first."),
         Mistake(make(correct="m"), "s needs the bias correction as well: s / (1 − β₂ᵗ)."),
         Mistake(make(correct="s"), "m needs the bias correction as well: m / (1 − β₁ᵗ)."),
         Mistake(make(back=True), "you return the corrected moments. The next step needs m and s as they are: correct them for this step's move only."),
         Mistake(make(inside=True), "ε goes outside the root: √ŝ + ε."),
         Mistake(make(root=False), "divide by the root of ŝ: the step must have the units of w."),
         Mistake(make(square=False), "s averages the squared gradient."),
         Mistake(make(sign=-1), "against the gradient: subtract."),
         Mistake(make(whole=True), "m and s are averages: the new gradient enters with the factor 1 − β."),
         Mistake(make(swap=True), "β₁ and β₂ are exchanged: β₁ belongs to m, β₂ to s."),
         Mistake(make(power=lambda t: t - 1), "t counts from 1 already: do not take 1 away."),
         Mistake(make(power=lambda t: 1), "the correction fades with the steps: β to the power t."),
         Mistake(make(power=lambda t: t + 1), "t counts from 1: it is the number of this step."),
         Mistake(without("eps"), "ε is missing: without it a gradient of 0 divides 0 by 0."),
         Mistake(lambda *a: make()(*a[:-1], 1e-8), "1e-8 is only a common choice. Use the eps that is handed over."),
         Mistake(lambda w, m, s, g, t, lr, b1, b2, eps: make()(w, m, s, g, t, lr, 0.9, 0.999, eps), "0.9 and 0.999 are only a common choice. Use the b1 and b2 that are handed over."),
         Mistake(without("g"), "w moves along the averaged gradient m̂, not along this step's g."),
         Mistake(without("s"), "divide by √ŝ + ε: the size of the gradient drops out."),
         Mistake(lambda w, m, s, *rest: (make()(w, m, s, *rest)[0], m, s), "w is right. Return the new m and s, too: the next step needs them."),
         Mistake(lambda *a: make()(*a)[0], "w is right. Return the new m and s, too: w, m, s.")],
        praise="and the first step has the size of the learning rate, whatever the gradient.", in_place=True,
    )


def cosine(answer):
    """6.5: the cosine schedule: ``answer(step, total, start)`` is the rate at a step, from start down to 0."""
    return check_function(
        "6.5", answer, lambda step, total, start: start * (1 + np.cos(np.pi * step / total)) / 2, COSINE_CASES,
        [Mistake(lambda step, total, start: start * np.cos(np.pi * step / total),
                 "this goes down to minus the start. Lift the cosine by 1 and halve it."),
         Mistake(lambda step, total, start: start * (1 + np.cos(2 * np.pi * step / total)) / 2,
                 "this comes up again at the end: half a wave, π, is enough."),
         Mistake(lambda step, total, start: start * np.cos(np.pi * step / total / 2),
                 "a quarter of a wave ends at 0, but not level. Use (1 + cos(π · step / total)) / 2."),
         Mistake(lambda step, total, start: start * (1 - step / total), "this is a straight line."),
         Mistake(lambda step, total, start: start * (1 + np.cos(180 * step / total)) / 2, "the cosine wants radians: π."),
         Mistake(lambda step, total, start: start * (1 + np.cos(step / total)) / 2, "the angle runs from 0 to π: the factor π is missing."),
         Mistake(lambda step, total, start: start * (1 + np.cos(np.pi * step / total)), "halve it: 1 + cos starts at 2."),
         Mistake(lambda step, total, start: start * (1 - np.cos(np.pi * step / total)) / 2, "this climbs from 0 to the start. The sign of the cosine."),
         Mistake(lambda step, total, start: (1 + np.cos(np.pi * step / total)) / 2, "this is the share of the start that is left. Multiply by start."),
         Mistake(lambda step, total, start: start + (1 + np.cos(np.pi * step / total)) / 2, "the share multiplies the start; you add it."),
         Mistake(lambda step, total, start: start * (1 + np.cos(np.pi * (step // total))) / 2, "// rounds down: step / total is 0 until the end."),
         Mistake(lambda step, total, start: start * (1 + np.cos(np.pi * step / (total - 1))) / 2, "the rate reaches 0 at step total, so divide by total."),
         Mistake(lambda step, total, start: start * (1 + np.cos(np.pi * (step + 1) / total)) / 2, "step counts from 0 already: at step 0 the rate is start."),
         Mistake(lambda step, total, start: 0.1 * (1 + np.cos(np.pi * step / total)) / 2, "0.1 is only one possible start. Use what is handed over.")],
        praise="slow to leave, slow to land.",
    )
