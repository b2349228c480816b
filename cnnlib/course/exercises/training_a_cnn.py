"""Checkers of chapter 13: training a CNN."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

IMAGE = np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])


def steps(answer):
    """13.1: steps of 10 epochs over 1,437 digits in batches of 32."""
    return check_value(
        "13.1", answer, 450,
        [Mistake(440, "the last 29 digits of an epoch make a batch too, a smaller one."),
         Mistake(1437 / 32 * 10, "a step is a whole thing: an epoch ends with a smaller batch. Round up first."),
         Mistake(449, "batches do not run on into the next epoch: each ends with a smaller one. Round up first."),
         Mistake(45, "that is one epoch."),
         Mistake(14370, "that is how many digits the network sees. A step sees 32 of them.")],
        praise="45 steps an epoch, the last with 29 digits.",
    )


def on_paper(answer):
    """13.2: one step for a filter of ones over IMAGE, target 3, learning rate 0.1, MSE."""
    dy = 2 * (5.0 - 3.0)
    patch = IMAGE[1:, :2]
    new, every = 1 - 0.1 * dy * patch, sum(IMAGE[i:i + 2, j:j + 2] for i in range(2) for j in range(2))
    return check_value(
        "13.2", answer, new,
        [Mistake(1 + 0.1 * dy * patch, "uphill: the step goes against the gradient."),
         Mistake(1 - 0.1 * dy * every, "only the window that won the maximum gets a gradient; the other three get 0."),
         Mistake(1 - 0.1 * patch * dy / 2, "the derivative of (y − 3)² is 2 (y − 3)."),
         Mistake(0.1 * dy * patch, "that is the length of the step. Take it away from the old weights, which were 1."),
         Mistake(dy * patch, "that is the gradient. The step is still to be taken."),
         Mistake(1 - dy * patch, "the learning rate is missing."),
         Mistake(new.T, "transposed: a weight's gradient is the pixel that it met, in the same place.")],
        praise="the winning window teaches the filter, pixel by pixel.",
    )


def batches(answer):
    """13.3: list of (images, labels) batches in a given order."""
    rng = np.random.default_rng(13)
    x, y, order = rng.normal(size=(7, 2)), np.array([0, 1, 2, 3, 4, 5, 6]), np.array([3, 0, 6, 2, 5, 1, 4])

    def reference(x, y, batch_size, order):
        return [(x[order[i:i + batch_size]], y[order[i:i + batch_size]]) for i in range(0, len(x), batch_size)]

    def cut(x, y, n, stop=None):
        return [(x[i:i + n], y[i:i + n]) for i in range(0, len(x) if stop is None else stop, n)]

    return check_function(
        "13.3", answer, reference,
        [Case((x[:4], y[:4], 2, np.array([2, 0, 3, 1])), "4 samples in twos"),
         Case((x, y, 3, order), "7 samples in threes")],
        [Mistake(lambda x, y, n, o: cut(x, y, n), "the order is not used: these batches come as they lie."),
         Mistake(lambda x, y, n, o: cut(x[o], y, n),
                 "the images are shuffled and the labels are not. No error, no warning, and nothing to learn."),
         Mistake(lambda x, y, n, o: cut(x, y[o], n), "the labels are shuffled and the images are not."),
         Mistake(lambda x, y, n, o: cut(x[o], y[o], n, len(x) // n * n),
                 "the samples that are left over at the end belong to a last, smaller batch."),
         Mistake(lambda x, y, n, o: cut(x[np.argsort(o)], y[np.argsort(o)], n),
                 "you sort by the order. order[0] is the number of the sample that comes first."),
         Mistake(lambda x, y, n, o: [b for i in o if i < -(-len(x) // n) for b in [cut(x, y, n)[i]]],
                 "whole batches are shuffled: the same samples stay together for ever. Shuffle the samples.")],
        praise="every sample once, each with its own label.",
    )


def early_stop(answer):
    """13.4: (best epoch, epochs run) of early stopping."""
    def run(losses, patience, strict=True, reset=True, extra=0):
        best, waited = 0, 0
        for epoch in range(1, len(losses)):
            better = losses[epoch] < losses[best] if strict else losses[epoch] <= losses[best]
            if better:
                best, waited = epoch, 0 if reset else waited
            else:
                waited += 1
            if waited >= patience + extra:
                return best, epoch + 1
        return best, len(losses)

    def since_last(losses, patience):
        rising = 0
        for epoch in range(1, len(losses)):
            rising = rising + 1 if losses[epoch] > losses[epoch - 1] else 0
            if rising == patience:
                return int(np.argmin(losses[:epoch + 1])), epoch + 1
        return int(np.argmin(losses)), len(losses)

    cases = [
        Case(([0.9, 0.5, 0.6, 0.7, 0.8], 2), "a loss that rises after its second epoch"),
        Case(([0.9, 0.8, 0.7], 2), "a loss that still falls"),
        Case(([0.9, 0.5, 0.6, 0.4, 0.6, 0.45, 0.5, 0.3], 3), "a loss with two dips"),
        Case(([0.5, 0.5, 0.5, 0.4], 2), "a loss that repeats itself"),
    ]
    return check_function(
        "13.4", answer, run, cases,
        [Mistake(lambda v, n: (run(v, n)[1] - 1, run(v, n)[1]),
                 "that is the last epoch. The best one is where the loss was lowest."),
         Mistake(lambda v, n: (int(np.argmin(v)), run(v, n)[1]),
                 "you look for the lowest loss in epochs that never ran: the run had stopped before."),
         Mistake(lambda v, n: run(v, n, extra=1),
                 "one epoch too many: stop as soon as patience epochs in a row have failed."),
         Mistake(lambda v, n: run(v, n, reset=False), "an improvement sets the count back to 0."),
         Mistake(lambda v, n: run(v, n, strict=False), "an equal loss is no improvement."),
         Mistake(since_last, "compare with the best loss so far, not with the epoch before."),
         Mistake(lambda v, n: (run(v, n)[0] + 1, run(v, n)[1]), "epochs are counted from 0 here, as in History."),
         Mistake(lambda v, n: (run(v, n)[0], run(v, n)[1] - 1),
                 "the second number is how many epochs ran, one more than the number of the last.")],
        praise="patience counts from the best epoch, and starts again with each new best.",
    )


def diagnosis(answer):
    """13.5: four symptoms, four causes."""
    return check_letters(
        "13.5", answer, "cadb", "abcd",
        {0: "Which cause makes the steps longer and longer, so that even the training loss climbs?",
         1: "Symptom 2: what can a network learn that sees no connection between images and labels?",
         2: "Symptom 3: almost all are right, and the few that are wrong cost dearly. What differs between the two sets?"},
        [Mistake("acdb", "the first two are the wrong way round. Labels that belong to nothing make no "
                 "loss explode: the best answer to them is 1/10 for each, at log 10."),
         Mistake("cdab", "the middle two are the wrong way round. Which of them never gets better on its "
                 "own training data?"),
         Mistake("cabd", "the last two are the wrong way round. Which cause draws new random numbers "
                 "at every evaluation?"),
         Mistake("cbda", "symptom 2 is in the training loss, and dropout belongs there. Left on in "
                 "validation it would show in validation only.")],
        praise="you read the curves as a doctor would.", ordered=True,
    )


def difference(answer):
    """13.6: mean of paired differences and its standard error."""
    a = np.array([0.97, 0.98, 0.96, 0.99, 0.95])
    b = np.array([0.95, 0.97, 0.93, 0.98, 0.95])

    def reference(a, b):
        d = np.asarray(a) - np.asarray(b)
        return d.mean(), d.std(ddof=1) / np.sqrt(len(d))

    def unpaired(a, b):
        return (a - b).mean(), np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))

    return check_function(
        "13.6", answer, reference,
        [Case((np.array([3.0, 5.0]), np.array([2.0, 2.0])), "two seeds"), Case((a, b), "five seeds")],
        [Mistake(lambda a, b: (reference(a, b)[0], (a - b).std(ddof=1)),
                 "that is the spread of single differences. Their mean is steadier, by the square root of n."),
         Mistake(lambda a, b: (reference(a, b)[0], (a - b).std() / np.sqrt(len(a))),
                 "a mean estimated from the same numbers uses one of them up: divide by n − 1 (ddof=1)."),
         Mistake(unpaired,
                 "this ignores the pairs. A hard split is hard for both networks; the difference cancels that."),
         Mistake(lambda a, b: (-reference(a, b)[0], reference(a, b)[1]), "the sign: it is a − b."),
         Mistake(lambda a, b: (reference(a, b)[0], (a - b).std(ddof=1) / len(a)),
                 "the square root of n, not n: four times the runs halve the error.")],
        praise="an effect, and how sure you may be of it.",
    )
