"""Checkers of chapter 4: loss."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

_RNG = np.random.default_rng(4)
SMALL = np.array([[1.0, 3.0, 0.0], [2.0, 2.0, 2.0]])
SQUARE = np.round(_RNG.normal(size=(3, 3)), 2)
LARGE = np.array([[1000.0, 0.0, -1000.0], [-5000.0, -5000.0, -5001.0]])
# The largest logit last, first and in the middle; below zero; and a row where the largest number has no minus sign.
APART = np.array([[-5000.0, 0.0, 5000.0], [5000.0, -5000.0, 0.0], [0.0, 5000.0, -5000.0], [-3000.0, -1000.0, -2000.0], [3000.0, 1000.0, 2000.0]])
STABLE_CASES = [
    Case((SMALL,), "two rows of small logits"), Case((SQUARE,), "three rows of three logits"),
    Case((_RNG.normal(size=(1, 4)),), "a single row"), Case((LARGE,), "logits of ±5000"),
    Case((APART,), "logits far apart, the largest of a row first, last or in the middle"),
]
GRADIENT_CASES = [
    Case((SMALL[:1], np.array([1])), "one example"), Case((SMALL, np.array([1, 2])), "two examples"),
    Case((SQUARE, np.array([2, 0, 2])), "three examples of three classes, two of one class"),
    Case((_RNG.normal(size=(5, 2)), np.array([0, 1, 1, 0, 1])), "five examples of two classes"),
]
LARGE_CASES = [Case((LARGE, np.array([1, 2])), "logits of ±5000"), Case((APART, np.array([2, 1, 0, 0, 2])), "five rows of logits far apart")]


def log_softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(z))


def by_hand(answer):
    """4.1: the mean cross-entropy of three predictions that gave the truth 1/2, 1/4 and 1."""
    p = np.array([0.5, 0.25, 1.0])
    return check_value(
        "4.1", answer, -np.log(p).mean(),
        [Mistake(-np.log(p).sum(), "this is the sum. The mean divides it by 3."),
         Mistake(-np.log(p).sum() / 2, "the certain prediction counts as well: its loss is 0, and the mean is over three."),
         Mistake(np.log(p).mean(), "mind the sign: the loss is −log p, and log p is negative."),
         Mistake(1.0, "you used the logarithm to base 2. The loss uses the natural one: multiply by log 2."),
         Mistake(0.69, "right as far as it goes, but three digits are asked for."),
         Mistake(-np.log10(p).mean(), "you used the logarithm to base 10. The loss uses the natural one."),
         Mistake(-np.log(p.mean()), "first the logarithms, then the mean."),
         Mistake((1 - p).mean(), "this is the mean of 1 − p. The loss is −log p."),
         Mistake(p.mean(), "this is the mean probability. The loss is −log p."),
         Mistake((1 / p).mean(), "this is the mean of 1/p. The loss is its logarithm, log(1/p)."),
         Mistake((-p * np.log(p)).mean(), "the loss is −log p, without the factor p: the true class has target 1.")],
        praise="(log 2 + log 4 + log 1) / 3 = log 2 = 0.693.", digits=3,
    )


def at_the_start(answer):
    """4.2: the loss to expect from an untrained network with 100 classes."""
    return check_value(
        "4.2", answer, np.log(100),
        [Mistake(np.log(10), "this is for 10 classes. Each of 100 gets p = 1/100."),
         Mistake(-np.log(100), "mind the sign: the loss is −log p, and log p is negative."),
         Mistake(100, "that is 1/p. The loss is its logarithm."),
         Mistake(0.01, "that is p. The loss is −log p."),
         Mistake(0.99, "that is 1 − p. The loss is −log p."),
         Mistake(-np.log(0.99), "that is −log(1 − p). The true class gets p = 1/100, and the loss is −log p."),
         Mistake(np.log(100) / 100, "every example has this loss: −log p in full, not its hundredth part."),
         Mistake(2.0, "that is the logarithm to base 10. The loss uses the natural one."),
         Mistake(np.log2(100), "that is the logarithm to base 2. The loss uses the natural one.")],
        praise="log 100 = 4.605. Any other start is a reason to look for a bug.", digits=2,
    )


def stable(answer):
    """4.3: log-softmax of each row that survives logits of ±5000."""
    def shifted(z, m, axis=1):
        return z - m - np.log(np.exp(z - m).sum(axis=axis, keepdims=True))

    top = {"axis": 1, "keepdims": True}
    return check_function(
        "4.3", answer, log_softmax, STABLE_CASES,
        [Mistake(lambda z: np.log(np.exp(z) / np.exp(z).sum(**top)), "right for small logits, but exp overflows at 5000. Take the row's maximum away first."),
         Mistake(lambda z: z - np.log(np.exp(z).sum(**top)), "right for small logits, but exp overflows at 5000. Write z − m − log Σ exp(z − m)."),
         Mistake(lambda z: np.log(softmax(z)),
                 "you shift, but take the logarithm of the probability: exp(−2000) is 0 and its log −∞. Write z − m − log Σ exp(z − m)."),
         Mistake(lambda z: shifted(z, z.max()), "one maximum for all rows: a row far below it underflows. Each row needs its own, axis=1."),
         Mistake(lambda z: z - np.log(np.exp(z - z.max(**top)).sum(**top)), "the maximum is missing once: log Σ exp(z) is m + log Σ exp(z − m)."),
         Mistake(lambda z: z + z.max(**top) - np.log(np.exp(z - z.max(**top)).sum(**top)), "the maximum comes back with the wrong sign: take m away from z as well."),
         Mistake(lambda z: shifted(z, np.abs(z).max(**top)),
                 "the largest logit, not the largest without its sign: a row of logits far below 0 underflows. Take z.max, not abs(z).max."),
         Mistake(lambda z: shifted(z, np.abs(z).max()), "one number for all rows, and without its sign. Each row needs its own z.max, axis=1."),
         Mistake(lambda z: shifted(z, z[:, :1]), "the first logit need not be the largest: take each row's maximum away, wherever it stands."),
         Mistake(lambda z: shifted(z, z[:, -1:]), "the last logit need not be the largest: take each row's maximum away, wherever it stands."),
         Mistake(lambda z: shifted(z, z.max(axis=0)), "these are the maxima of the columns. Each row needs its own: axis=1, keepdims=True."),
         Mistake(lambda z: shifted(z, z.min(**top)), "take the maximum away, not the minimum or the mean: then no exponent is above 0."),
         Mistake(lambda z: np.log(softmax(z) + 1e-9), "a small number inside the logarithm hides the −∞, and gives wrong values. Write z − m − log Σ exp(z − m)."),
         Mistake(lambda z: log_softmax(np.clip(z, -500, 500)), "clipping changes the logits. Take the row's maximum away: that changes nothing."),
         Mistake(lambda z: log_softmax(z.T).T, "you normalise columns. Each row is an example of its own: axis=1, keepdims=True."),
         Mistake(lambda z: z - z.max() - np.log(np.exp(z - z.max()).sum()), "you normalise over the whole array. Each row is an example of its own: axis=1, keepdims=True."),
         Mistake(lambda z: z - z.max(axis=1) - np.log(np.exp(z - z.max(axis=1)).sum(axis=1)), "on a square array the row's numbers run along the columns. Keep the axis: keepdims=True."),
         Mistake(softmax, "this is softmax. Its logarithm is asked for."),
         Mistake(lambda z: -log_softmax(z), "the sign: this is −log p. The logarithm itself is asked for."),
         Mistake(lambda z: log_softmax(z) / np.log(10), "this is the logarithm to base 10. Use the natural one."),
         Mistake(lambda z: log_softmax(z) / np.log(2), "this is the logarithm to base 2. Use the natural one."),
         Mistake(lambda z: z - z.max(**top), "only the maximum is gone. Take log Σ exp(z − m) away as well.")],
        praise="no logit is too large for it.",
    )


def gradient(answer):
    """4.4: the gradient of the mean cross-entropy with respect to the logits."""
    def hot(z, target):
        return np.eye(z.shape[1])[target]

    def reference(z, target):
        return (softmax(z) - hot(z, target)) / len(z)

    def columns(z, target):
        p = softmax(z)
        p[:, target] -= 1
        return p / len(z)

    def rows(z, target):
        p = softmax(z)
        p[target] -= 1
        return p / len(z)

    def at_once(z, target):
        p = np.exp(z)
        return (p / p.sum() - hot(z, target)) / len(z)

    def naive(z, target):
        p = np.exp(z)
        return (p / p.sum(axis=1, keepdims=True) - hot(z, target)) / len(z)

    def one_maximum(z, target):
        return naive(z - z.max(), target)

    verdict = check_function(
        "4.4", answer, reference, GRADIENT_CASES,
        [Mistake(lambda z, t: len(z) * reference(z, t), "this is the gradient of the sum. The mean over N examples divides it by N."),
         Mistake(lambda z, t: -reference(z, t), "the sign: it is p − y, so the true class has a negative entry."),
         Mistake(lambda z, t: -len(z) * reference(z, t), "the sign: it is p − y; and the mean over N examples divides by N."),
         Mistake(lambda z, t: softmax(z) / len(z), "this is p / N. Take 1 away at the true class."),
         Mistake(lambda z, t: softmax(z), "this is p. Take 1 away at the true class, and divide by N."),
         Mistake(lambda z, t: reference(z, t) * len(z) / z.size, "divide by the number of examples, not of entries."),
         Mistake(lambda z, t: reference(z, t) * len(z) / z.shape[1], "divide by the number of examples, not of classes."),
         Mistake(lambda z, t: -hot(z, t) / softmax(z) / len(z), "this is the gradient for p. Carry it through softmax to the logits."),
         Mistake(lambda z, t: (z - hot(z, t)) / len(z), "softmax is missing: it is p − y, not z − y."),
         Mistake(lambda z, t: (log_softmax(z) - hot(z, t)) / len(z), "it is p − y, not log p − y."),
         Mistake(lambda z, t: (softmax(z) - t[:, None]) / len(z), "y is 1 at the true class and 0 elsewhere. The number of the class is its place, not its value."),
         Mistake(lambda z, t: (softmax(z.T).T - hot(z, t)) / len(z), "softmax along axis 1: each row is an example."),
         Mistake(at_once, "each row is an example with a softmax of its own: sum over axis 1."),
         Mistake(lambda z, t: reference(z, t).sum(axis=0), "every example has its own row of logits: the gradient has the shape of z. Do not add up the examples."),
         Mistake(lambda z, t: (hot(z, t) * (softmax(z) - 1)) / len(z), "the other classes get a gradient, too: p, since raising their logits lowers the true one's share."),
         Mistake(columns, "p[:, target] takes whole columns. Pair each row with its own class: p[np.arange(N), target]."),
         Mistake(rows, "p[target] takes whole rows. Pair each row with its own class: p[np.arange(N), target]."),
         Mistake(lambda z, t: -(hot(z, t) * log_softmax(z)).sum(axis=1).mean(), "this is the loss. Its gradient is asked for.")],
        praise="p − y, divided by the number of examples.",
    )
    if not verdict.passed:  # the mistakes above are told with logits that no softmax overflows at
        return verdict
    large = check_function(
        "4.4", answer, reference, LARGE_CASES,
        [Mistake(naive, "right for small logits, but exp overflows at 1000. Take the row's maximum away first."),
         Mistake(one_maximum, "one maximum for all rows: a row far below it underflows to 0 / 0. Each row needs its own, axis=1.")])
    return verdict if large.passed else large


def diagnosis(answer):
    """4.5: what explains a loss that falls from 2.30 to 1.46 and stays there, at 99 % accuracy?"""
    return check_letters(
        "4.5", answer, "b", "abcd",
        {"a": "not a: a learning rate of zero would leave the loss at 2.30 and the accuracy at 10 %.",
         "c": "not c: shuffled labels cannot be learned to 99 %.",
         "d": "not d: overflow shows as inf or nan, not as a steady 1.46."},
        praise="softmax twice. The second sees logits between 0 and 1, so p is at most e / (e + 9) = 0.232.",
    )
