"""Checkers of chapter 4: loss."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

SMALL = np.array([[1.0, 3.0, 0.0], [2.0, 2.0, 2.0]])
LARGE = np.array([[1000.0, 0.0, -1000.0], [-5000.0, -5000.0, -5001.0]])
TARGET = np.array([1, 2])


def log_softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(z))


def by_hand(answer):
    """4.1: the mean cross-entropy of three predictions that gave the truth 1/2, 1/4 and 1."""
    return check_value(
        "4.1", answer, np.log(2) * (1 + 2 + 0) / 3,
        [Mistake(3 * np.log(2), "this is the sum. The mean divides it by 3."),
         Mistake(-np.log(2), "mind the sign: the loss is −log p, and log p is negative."),
         Mistake(1.0, "you used the logarithm to base 2. The loss uses the natural one: multiply by log 2."),
         Mistake(-np.log((0.5 + 0.25 + 1) / 3), "first the logarithms, then the mean."),
         Mistake((0.5 + 0.75 + 0) / 3, "this is the mean of 1 − p. The loss is −log p.")],
        tol=2e-3, praise="(log 2 + log 4 + log 1) / 3 = log 2 = 0.693.",
    )


def at_the_start(answer):
    """4.2: the loss to expect from an untrained network with 100 classes."""
    return check_value(
        "4.2", answer, np.log(100),
        [Mistake(np.log(10), "this is for 10 classes. Each of 100 gets p = 1/100."),
         Mistake(100, "that is 1/p. The loss is its logarithm."),
         Mistake(0.01, "that is p. The loss is −log p."),
         Mistake(2.0, "that is the logarithm to base 10. The loss uses the natural one.")],
        tol=2e-3, praise="log 100 = 4.605. Any other start is a reason to look for a bug.",
    )


def stable(answer):
    """4.3: log-softmax of each row that survives logits of ±5000."""
    def naive(z):
        with np.errstate(all="ignore"):
            return np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))

    def late(z):
        with np.errstate(all="ignore"):
            return np.log(softmax(z))

    return check_function(
        "4.3", answer, log_softmax,
        [Case((SMALL,), "two rows of small logits"), Case((LARGE,), "logits of ±5000")],
        [Mistake(naive, "right for small logits, but exp overflows at 5000. Take the row's maximum away first."),
         Mistake(late, "you shift, but take the logarithm of the probability: exp(−2000) is 0 and its log −∞. "
                       "Write z − m − log Σ exp(z − m)."),
         Mistake(softmax, "this is softmax. Its logarithm is asked for."),
         Mistake(lambda z: z - z.max() - np.log(np.exp(z - z.max()).sum()),
                 "you normalise over the whole array. Each row is an example of its own: axis=1, keepdims=True.")],
        praise="no logit is too large for it.",
    )


def gradient(answer):
    """4.4: the gradient of the mean cross-entropy with respect to the logits."""
    def reference(z, target):
        return (softmax(z) - np.eye(z.shape[1])[target]) / len(z)

    return check_function(
        "4.4", answer, reference,
        [Case((SMALL[:1], TARGET[:1]), "one example"), Case((SMALL, TARGET), "two examples")],
        [Mistake(lambda z, t: len(z) * reference(z, t),
                 "this is the gradient of the sum. The mean over N examples divides it by N."),
         Mistake(lambda z, t: -reference(z, t), "the sign: it is p − y, so the true class has a negative entry."),
         Mistake(lambda z, t: softmax(z) / len(z), "this is p / N. Take 1 away at the true class."),
         Mistake(lambda z, t: reference(z, t) * len(z) / z.size, "divide by the number of examples, not of entries."),
         Mistake(lambda z, t: -np.eye(z.shape[1])[t] / softmax(z) / len(z),
                 "this is the gradient for p. Carry it through softmax to the logits.")],
        praise="p − y, divided by the number of examples.",
    )


def diagnosis(answer):
    """4.5: what explains a loss that falls from 2.30 to 1.46 and stays there, at 99 % accuracy?"""
    return check_letters(
        "4.5", answer, "b", "abcd",
        {"a": "not a: a learning rate of zero would leave the loss at 2.30 and the accuracy at 10 %.",
         "c": "not c: shuffled labels cannot be learned to 99 %.",
         "d": "not d: overflow shows as inf or nan, not as a steady 1.46."},
        praise="softmax twice. The second sees logits between 0 and 1, so p is at most e / (e + 9) = 0.232.",
    )
