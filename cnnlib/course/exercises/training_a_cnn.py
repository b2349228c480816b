"""Checkers of chapter 13: training a CNN."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

_RNG = np.random.default_rng(13)
IMAGE = np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])
X, Y, ORDER = _RNG.normal(size=(7, 2)), np.array([5, 2, 2, 9, 0, 7, 1]), np.array([3, 0, 6, 2, 5, 1, 4])
IMAGES = _RNG.normal(size=(5, 1, 3, 2))
BATCH_CASES = [
    Case((X[:4], Y[:4], 2, np.array([2, 0, 3, 1])), "4 samples in twos"),
    Case((X, Y, 3, ORDER), "7 samples in threes"),
    Case((IMAGES, Y[:5], 3, np.array([4, 2, 0, 1, 3])), "5 images of 3 × 2 pixels in threes"),
    Case((X[:3], Y[:3], 8, np.array([1, 2, 0])), "3 samples in batches of 8"),
    Case((X[:3], Y[:3], 1, np.array([2, 0, 1])), "3 samples one by one"),
]
STOP_CASES = [
    Case(([0.9, 0.5, 0.6, 0.7, 0.8, 0.4], 2), "a loss that rises after its second epoch"),
    Case(([0.9, 0.8, 0.7], 2), "a loss that still falls"),
    Case(([2.3, 1.9, 1.8, 1.7, 1.6], 2), "a loss that stays above 1"),
    Case(([0.9, 0.5, 0.6, 0.4, 0.6, 0.45, 0.5, 0.3], 3), "a loss with two dips"),
    Case(([0.5, 0.5, 0.5, 0.4], 2), "a loss that repeats itself"),
    Case(([0.7, 0.5, 0.6, 0.5, 0.6, 0.8, 0.4], 2), "a loss that comes back to its best"),
    Case(([0.3, 0.9, 0.9, 0.8, 0.2], 3), "a loss that is best at the start, and then falls slowly"),
    Case(([250.0, 120.0, 130.0, 90.0, 95.0], 1), "patience 1, and losses in the hundreds"),
    Case(([0.5, 0.499999, 0.499998, 0.499997], 2), "a loss that falls by a millionth at a time"),
    Case(([0.7], 3), "a single epoch"),
    Case(([0.9, 0.5, 0.6], 2), "losses that end an epoch before the stop"),
    Case(([0.9, 0.5, 0.6, 0.7], 2), "losses that end where the run stops"),
    Case(([0.9, 0.5, 0.6, 0.7], 5), "losses that rise at the end, and patience 5"),
    Case(([0.5, 0.5], 3), "two equal losses"),
    Case(([0.9, 0.5, 0.6, 0.7, 0.8, 0.4], 5), "a new best, just before patience 5 is over"),
    Case(([0.9, 0.5, 0.6, 0.7, 0.8, 0.6, 0.55, 0.4], 5), "patience 5, and a new best too late"),
]
PIECE_CASES = [
    Case((np.array([2.0]), np.array([[1.0], [3.0]]), np.array([1.0, 5.0]), 2, 0.1), "two examples in two pieces"),
    Case((_RNG.normal(size=2), _RNG.normal(size=(6, 2)), _RNG.normal(size=6), 3, 0.5), "six examples in three pieces"),
    Case((_RNG.normal(size=3), _RNG.normal(size=(7, 3)), _RNG.normal(size=7), 3, 0.2), "seven examples in three pieces"),
    Case((_RNG.normal(size=3), _RNG.normal(size=(5, 3)), _RNG.normal(size=5), 1, 0.3), "five examples in one piece"),
    Case((_RNG.normal(size=2), _RNG.normal(size=(3, 2)), _RNG.normal(size=3), 5, 0.1), "three examples in five pieces, two of them empty"),
]
DIFFERENCE_CASES = [
    Case((np.array([3.0, 5.0]), np.array([2.0, 2.0])), "two seeds"),
    Case((np.array([0.91, 0.93, 0.90]), np.array([0.95, 0.94, 0.97])), "three seeds, b ahead"),
    Case((np.array([0.97, 0.98, 0.96, 0.99, 0.91]), np.array([0.95, 0.97, 0.93, 0.98, 0.95])), "five seeds, a ahead but for one"),
]


def steps(answer):
    """13.1: steps of 10 epochs over 1,437 digits in batches of 32."""
    return check_value(
        "13.1", answer, 450,
        [Mistake(440, "the last 29 digits of an epoch make a batch too, a smaller one."),
         Mistake(1437 / 32 * 10, "a step is a whole thing: an epoch ends with a smaller batch. Round up first."),
         Mistake(449, "batches do not run on into the next epoch: each ends with a smaller one. Round up first."),
         Mistake(45, "that is one epoch."),
         Mistake(44, "that is one epoch, and without its last, smaller batch."),
         Mistake(460, "45 steps an epoch: 44 full batches hold 1,408 digits, and one more holds the last 29."),
         Mistake(14400, "a step is a batch, not a digit. Besides, the last batch of an epoch is not full."),
         Mistake(14370, "that is how many digits the network sees. A step sees 32 of them."),
         Mistake(320, "that is 10 · 32. How many batches do 1,437 digits make?")],
        praise="45 steps an epoch, the last with 29 digits.",
    )


def on_paper(answer):
    """13.2: one step for a filter of ones over IMAGE, target 3, learning rate 0.1, MSE."""
    dy = 2 * (5.0 - 3.0)
    windows = [[IMAGE[i:i + 2, j:j + 2] for j in range(2)] for i in range(2)]
    patch, every = windows[1][0], sum(windows[0] + windows[1])
    new = 1 - 0.1 * dy * patch
    return check_value(
        "13.2", answer, new,
        [Mistake(1 + 0.1 * dy * patch, "uphill: the step goes against the gradient."),
         Mistake(1 - 0.1 * dy * every, "only the window that won the maximum gets a gradient; the other three get 0."),
         Mistake(1 - 0.1 * dy * every / 4, "pooling takes the maximum, not the mean: the window that won gets all of the gradient."),
         *(Mistake(1 - 0.1 * dy * windows[i][j], "that window did not win. Which of the four has the largest sum?") for i, j in ((0, 0), (0, 1))),
         Mistake(1 - 0.1 * patch * dy / 2, "the derivative of (y − 3)² is 2 (y − 3)."),
         Mistake(1 - 0.1 * patch * 10, "the target is missing: dy = 2 (y − 3), not 2 y."),
         Mistake(1 - 0.1 * patch, "the window is multiplied by dy = 2 (y − 3) before the step is taken."),
         Mistake(1 - 0.1 * patch * dy**2, "that is dy twice: each weight's gradient is dy times its pixel."),
         Mistake(np.full((2, 2), 1 - 0.1 * dy), "each weight's gradient is dy times the pixel that the weight met."),
         Mistake(0.1 * dy * patch, "that is the length of the step. Take it away from the old weights, which were 1."),
         Mistake(-0.1 * dy * patch, "that is the step. The old weights, which were 1, are still to be added."),
         Mistake(dy * patch, "that is the gradient. The step is still to be taken."),
         Mistake(1 - dy * patch, "the learning rate is missing."),
         Mistake(new.T, "turned, or transposed: a weight's gradient is the pixel that it met, in the same place.")],
        praise="the winning window teaches the filter, pixel by pixel.",
    )


def batches(answer):
    """13.3: list of (images, labels) batches in a given order."""
    def cut(x, y, n, starts=None):
        return [(x[i:i + n], y[i:i + n]) for i in (range(0, len(x), n) if starts is None else starts)]

    def whole(x, y, n, order):
        given = cut(x, y, n)
        return [given[i] for i in order if i < len(given)]

    def parts(x, y, n, order):
        return [(x[some], y[some]) for some in np.array_split(order, n)]

    def filled(x, y, n, order):
        order = np.resize(order, -(-len(x) // n) * n)
        return cut(x[order], y[order], n)

    return check_function(
        "13.3", answer, lambda x, y, batch_size, order: cut(x[order], y[order], batch_size), BATCH_CASES,
        [Mistake(lambda x, y, n, o: cut(x, y, n), "the order is not used: these batches come as they lie."),
         Mistake(lambda x, y, n, o: cut(x[o], y, n),
                 "the images are shuffled and the labels are not. No error, no warning, and nothing to learn."),
         Mistake(lambda x, y, n, o: cut(x, y[o], n), "the labels are shuffled and the images are not."),
         Mistake(lambda x, y, n, o: cut(x[o], o, n), "the second part of a pair is the labels. order holds the samples' numbers."),
         Mistake(lambda x, y, n, o: cut(o, o, n), "these are the numbers of the samples. Pick the images and labels that have them: x[order]."),
         Mistake(lambda x, y, n, o: cut(x[o], y[o], n, range(0, len(x) // n * n, n)),
                 "the samples that are left over at the end belong to a last, smaller batch."),
         Mistake(lambda x, y, n, o: cut(x[o], y[o], n, range(0, len(x) - n, n)), "the last batch is missing: the loop stops too early."),
         Mistake(lambda x, y, n, o: cut(x[o], y[o], n, range(0, len(x) - 1, n)),
                 "a last batch of one sample is lost: range leaves its end out already, so do not take 1 away."),
         Mistake(filled, "the last batch is filled up with samples that had their turn. Leave it smaller."),
         Mistake(parts, "batch_size is how many samples a batch has, not how many batches there are."),
         Mistake(lambda x, y, n, o: cut(x[o], y[o], n, range(len(x) - n + 1)), "the batches overlap: the next one starts batch_size samples later."),
         Mistake(lambda x, y, n, o: [(x[o[i:i + n - 1]], y[o[i:i + n - 1]]) for i in range(0, len(x), n)],
                 "each batch lacks its last sample: a slice i:j leaves j out already."),
         Mistake(lambda x, y, n, o: cut(x[np.argsort(o)], y[np.argsort(o)], n),
                 "you sort by the order. order[0] is the number of the sample that comes first."),
         Mistake(lambda x, y, n, o: cut(x[o[::-1]], y[o[::-1]], n), "the order is taken from its end."),
         Mistake(lambda x, y, n, o: [(x[i:i + n], y[i:i + n]) for i in o], "order holds the numbers of the samples, not the places where batches begin."),
         Mistake(lambda x, y, n, o: cut(x[o], y[o], n, range(0, len(x) + 1, n)), "an empty batch stands at the end."),
         Mistake(lambda x, y, n, o: [tuple(part[i] for part in (x, y)) for i in o], "these are single samples. Put batch_size of them into each pair."),
         Mistake(lambda x, y, n, o: [(b, a) for a, b in cut(x[o], y[o], n)], "images first, then labels, in every pair."),
         Mistake(lambda x, y, n, o: tuple(map(list, zip(*cut(x[o], y[o], n), strict=True))),
                 "two lists, one of images and one of labels. A list of pairs is asked for."),
         Mistake(lambda x, y, n, o: [a for a, _ in cut(x[o], y[o], n)], "the images are right. Give each batch its labels, too: pairs."),
         Mistake(lambda x, y, n, o: cut(x[o], y[o], n)[:1], "that is the first batch alone. Does return stand inside the loop?"),
         Mistake(lambda x, y, n, o: cut(x[o], y[o], n)[-1:], "that is the last batch alone. Does each turn of the loop forget the one before?"),
         Mistake(whole, "whole batches are shuffled: the same samples stay together for ever. Shuffle the samples.")],
        praise="every sample once, each with its own label.",
    )


def early_stop(answer):
    """13.4: (best epoch, epochs run) of early stopping."""
    def run(losses, patience, equal="fails", reset=True, start=None, least=0.0, first=1):
        """The right answer, or what comes out where an equal loss "improves", "resets" the count, or "passes"."""
        best, low, waited = 0, losses[0] if start is None else start, 0
        for epoch, loss in enumerate(losses):
            if loss < low - least or (loss == low and equal == "improves"):
                best, low, waited = epoch, loss, 0 if reset else waited
            elif loss == low and equal == "resets":
                waited = 0
            elif (loss > low or equal == "fails") and (epoch >= first or start is not None):
                waited += 1
            if waited >= patience:
                return best, epoch + 1
        return best, len(losses)

    def since_last(losses, patience, equal=False, lowest=True):
        """Compare with the epoch before; the best is the lowest so far, or the last that fell."""
        rising, fell = 0, 0
        for epoch in range(1, len(losses)):
            fails = losses[epoch] > losses[epoch - 1] or (equal and losses[epoch] == losses[epoch - 1])
            rising, fell = (rising + 1, fell) if fails else (0, epoch)
            if rising == patience:
                break
        ran = losses[:epoch + 1] if len(losses) > 1 else losses
        return int(np.argmin(ran)) if lowest else fell, len(ran)

    def shifted(best=0, ran=0):
        return lambda v, n: (run(v, n)[0] + best, run(v, n)[1] + ran)

    def unstopped(best, ran=lambda v, best: len(v)):
        """Right where the run stops, and something else where the losses end first: functions of (losses, right best)."""
        def wrong(v, n):
            found, epochs = run(v, n)
            return (found, epochs) if epochs - 1 - found >= n else (best(v, found), ran(v, found))
        return wrong

    few = "one epoch too few: patience epochs in a row may fail, and the run stops after the last of them."
    before = "compare with the best loss so far, not with the epoch before."
    return check_function(
        "13.4", answer, lambda losses, patience: run(losses, patience), STOP_CASES,
        [Mistake(lambda v, n: (run(v, n)[1] - 1, run(v, n)[1]),
                 "that is the last epoch. The best one is where the loss was lowest."),
         Mistake(unstopped(lambda v, best: len(v) - 1), "where the losses end first, the best epoch is still that of the lowest loss, not the last."),
         Mistake(unstopped(lambda v, best: best, lambda v, best: best + 1), "where the losses end first, all epochs are run, and not those up to the best alone."),
         Mistake(lambda v, n: run(v, min(n, 3)), "patience may be larger than 3."),
         Mistake(lambda v, n: (int(np.argmin(v)), len(v)), "it never stops. When patience epochs in a row have not improved, the run is over."),
         Mistake(lambda v, n: (run(v, n)[0], len(v)), "the best epoch is right. The second number is how many epochs are run: the run stops early."),
         Mistake(lambda v, n: (int(np.argmin(v)), run(v, n)[1]),
                 "you look for the lowest loss in epochs that never ran: the run had stopped before."),
         Mistake(lambda v, n: run(v, n + 1), "one epoch too many: stop as soon as patience epochs in a row have failed."),
         Mistake(lambda v, n: run(v, n - 1), few), Mistake(lambda v, n: run(v, max(n - 1, 1)), few),
         Mistake(lambda v, n: run(v, n, reset=False), "an improvement sets the count back to 0."),
         Mistake(lambda v, n: run(v, n, equal="improves"), "an equal loss is no improvement: the first epoch that reached it stays the best."),
         Mistake(lambda v, n: run(v, n, equal="resets"), "an equal loss is no improvement: it does not set the count back."),
         Mistake(lambda v, n: run(v, n, equal="passes"), "an equal loss is no improvement: it counts as a failure, too."),
         Mistake(lambda v, n: run(v, n, least=1e-3), "a smaller loss is an improvement, however little it is smaller."),
         Mistake(lambda v, n: run(v, n, first=0), "the first epoch is no failure: there is none before it to compare with."),
         Mistake(lambda v, n: run(v, n, start=1.0), "a loss may be larger than 1: start with infinity, or with the first loss."),
         Mistake(lambda v, n: run(v, n, start=0.0), "no loss is below 0: start with infinity, or with the first loss."),
         Mistake(lambda v, n: since_last(v, n), before), Mistake(lambda v, n: since_last(v, n, lowest=False), before),
         Mistake(lambda v, n: since_last(v, n, equal=True), before), Mistake(lambda v, n: since_last(v, n, equal=True, lowest=False), before),
         Mistake(shifted(best=1), "epochs are counted from 0 here, as in History."),
         Mistake(shifted(best=1, ran=1), "both one too many: epochs are counted from 0, and the last one's number plus 1 is how many ran."),
         Mistake(shifted(ran=-1), "the second number is how many epochs ran, one more than the number of the last."),
         Mistake(lambda v, n: (run(v, n)[0], run(v, n)[0] + 1), "that is how many epochs it took to the best. The run goes on for patience more."),
         Mistake(lambda v, n: (run(v, n)[0], run(v, n)[0] + n + 1), "where the losses end first, the run ends with them: it cannot have more epochs than losses."),
         Mistake(lambda v, n: (v[run(v, n)[0]], run(v, n)[1]), "that is the lowest loss. The number of its epoch is asked for."),
         Mistake(lambda v, n: run(v, n)[::-1], "the other way round: the best epoch, then how many are run."),
         Mistake(lambda v, n: run(v, n)[0], "the best epoch is right. Return how many epochs are run, too.")],
        praise="patience counts from the best epoch, and starts again with each new best.",
    )


def diagnosis(answer):
    """13.5: four symptoms, four causes."""
    return check_letters(
        "13.5", answer, "cadb", "abcd",
        {0: "Which cause makes the steps longer and longer, so that even the training loss climbs?",
         1: "Symptom 2: what can a network learn that sees no connection between images and labels?",
         2: "Symptom 3: almost all are right, and the few that are wrong cost dearly. What differs between the two sets?",
         3: "Symptom 4: which cause draws new random numbers at every evaluation?"},
        [Mistake("acdb", "the first two are the wrong way round. Labels that belong to nothing make no "
                 "loss explode: the best answer to them is 1/10 for each, at log 10."),
         Mistake("cdab", "the middle two are the wrong way round. Which of them never gets better on its "
                 "own training data?"),
         Mistake("cabd", "the last two are the wrong way round. Which cause draws new random numbers "
                 "at every evaluation?"),
         Mistake("bdac", "you give a symptom for each cause. Give a cause for each symptom: the first letter is the cause of symptom 1."),
         Mistake("cbda", "symptom 2 is in the training loss, and dropout belongs there. Left on in "
                 "validation it would show in validation only.")],
        praise="you read the curves as a doctor would.", ordered=True,
    )


def difference(answer):
    """13.6: mean of paired differences and its standard error."""
    def result(d, spread=None):
        return d.mean(), (d.std(ddof=1) if spread is None else spread) / np.sqrt(len(d))

    def unpaired(a, b):
        return (a - b).mean(), np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))

    return check_function(
        "13.6", answer, lambda a, b: result(a - b), DIFFERENCE_CASES,
        [Mistake(lambda a, b: (result(a - b)[0], (a - b).std(ddof=1)),
                 "that is the spread of single differences. Their mean is steadier, by the square root of n."),
         Mistake(lambda a, b: result(a - b, (a - b).std()),
                 "a mean estimated from the same numbers uses one of them up: divide by n − 1 (ddof=1)."),
         Mistake(lambda a, b: ((a - b).mean(), (a - b).std()), "two things: the standard deviation divides by n − 1 (ddof=1), and the mean is steadier by the square root of n."),
         Mistake(unpaired,
                 "this ignores the pairs. A hard split is hard for both networks; the difference cancels that."),
         Mistake(lambda a, b: result(a - b, a.std(ddof=1) - b.std(ddof=1)), "spreads do not subtract. Take the differences first, then their spread."),
         Mistake(lambda a, b: result(np.abs(a - b)), "keep the signs: where b is ahead the difference is negative."),
         Mistake(lambda a, b: (np.abs((a - b).mean()), result(a - b)[1]), "keep the sign of the mean: below 0 it says that b is ahead."),
         Mistake(lambda a, b: result(b - a), "the sign: it is a − b."),
         Mistake(lambda a, b: ((a - b).sum(), result(a - b)[1]), "that is the sum of the differences. Their mean is asked for."),
         Mistake(lambda a, b: (np.median(a - b), result(a - b)[1]), "that is the median of the differences. Their mean is asked for."),
         Mistake(lambda a, b: result(a - b, (a - b).var(ddof=1)), "that is the variance over √n. Take its root first: the standard deviation."),
         Mistake(lambda a, b: (result(a - b)[0], (a - b).var(ddof=1) / len(a)), "that is the square of the standard error. Take the root."),
         Mistake(lambda a, b: (result(a - b)[0], (a - b).std(ddof=1) / np.sqrt(len(a) - 1)), "n − 1 belongs into the standard deviation, where it is already; outside stands √n."),
         Mistake(lambda a, b: (result(a - b)[0], (a - b).std(ddof=1) / len(a)),
                 "the square root of n, not n: four times the runs halve the error."),
         Mistake(lambda a, b: result(a - b)[::-1], "the mean first, then its standard error."),
         Mistake(lambda a, b: result(a - b)[0], "the mean is right. Return its standard error, too."),
         Mistake(lambda a, b: (a - b, result(a - b)[1]), "these are all the differences. Their mean is asked for.")],
        praise="an effect, and how sure you may be of it.",
    )


def _in_pieces(w, x, t, pieces, lr, weigh="examples", within=False, old=True, only_last=False, halved=True):
    """The rule of 13.7, right by default; each argument plants one mistake."""
    dw, loss, n = np.zeros_like(w), 0.0, len(x)
    for xb, tb in zip(np.array_split(x, pieces), np.array_split(t, pieces), strict=True):
        error = xb @ w - tb
        share = {"examples": n, "pieces": pieces * max(len(xb), 1), "own": max(len(xb), 1), "none": 1}[weigh]
        d = xb.T @ error / share
        dw = d if only_last else dw + d
        loss += (0.5 if halved else 1.0) * (error**2).sum() / share
        if within:
            w = w - lr * d
    new = w if within else w - lr * dw
    return new, loss if old else 0.5 * ((x @ new - t) ** 2).mean()


def pieces(answer):
    """13.7: one step of gradient descent on a batch that is cut into pieces."""
    def wrong(**how):
        return lambda w, x, t, pieces, lr: _in_pieces(w, x, t, pieces, lr, **how)

    return check_function(
        "13.7", answer, lambda w, x, t, pieces, lr: _in_pieces(w, x, t, pieces, lr), PIECE_CASES,
        [Mistake(wrong(weigh="pieces"), "the mean of the pieces' means is not the mean over all examples where pieces differ in size. Divide every sum by the size of the whole batch."),
         Mistake(wrong(weigh="own"), "every piece adds a mean of its own: together that is several times the mean. Divide every sum by the size of the whole batch."),
         Mistake(wrong(weigh="none"), "these are sums. The loss is the mean over the batch: divide by its size."),
         Mistake(wrong(within=True), "you step after every piece, so that the next piece sees other weights. Add the gradients up, and step once."),
         Mistake(wrong(only_last=True), "each piece overwrites the gradient of the one before: you write = where += is due."),
         Mistake(wrong(old=False), "the loss is that of the weights before the step."),
         Mistake(wrong(halved=False), "the loss has a factor one half."),
         Mistake(lambda w, x, t, pieces, lr: (w + lr * (w - _in_pieces(w, x, t, pieces, lr)[0]) / lr, _in_pieces(w, x, t, pieces, lr)[1]), "the step goes uphill: subtract the gradient."),
         Mistake(lambda w, x, t, pieces, lr: _in_pieces(w, x, t, pieces, lr)[::-1], "the order: first the new weights, then the loss."),
         Mistake(lambda w, x, t, pieces, lr: _in_pieces(w, x, t, pieces, lr)[0], "return the loss, too."),
         Mistake(lambda w, x, t, pieces, lr: ((w - _in_pieces(w, x, t, pieces, lr)[0]) / lr, _in_pieces(w, x, t, pieces, lr)[1]), "this is the gradient. The weights after the step are asked for.")],
        praise="so a batch of any size fits into memory: gradients add.",
    )
