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
BATCH_CASES = [
    Case((SMALL[:1], np.array([1])), "one example"), Case((SMALL, np.array([1, 2])), "two examples"),
    Case((SQUARE, np.array([2, 0, 2])), "three examples of three classes, two of one class"),
    Case((_RNG.normal(size=(5, 2)), np.array([0, 1, 1, 0, 1])), "five examples of two classes"),
    Case((_RNG.normal(size=(4, 3)), np.array([2, -1, 0, -1])), "four examples, two of them without a label"),
    Case((_RNG.normal(size=(3, 4)), np.array([-1, -1, 2])), "three examples, one of them with a label"),
]
LARGE_CASES = [Case((LARGE, np.array([1, 2])), "logits of ±5000"), Case((APART, np.array([2, -1, 0, 0, 2])), "five rows of logits far apart, one without a label")]
WAITING_CASES = [
    Case((np.array([2.0]), np.array([0.25])), "one wait of 0.25 at a rate of 2"),
    Case((np.array([0.5, 1.0, 3.0]), np.array([4.0, 0.0, 0.1])), "three waits"),
    Case((_RNG.uniform(0.2, 4, size=5), _RNG.exponential(1, size=5)), "five waits"),
    Case((_RNG.uniform(0.01, 0.1, size=3000), _RNG.exponential(30, size=3000)), "3000 long waits"),
    Case((np.array([20.0, 0.5]), np.array([50.0, 3.0])), "a wait of 50 at a rate of 20, and one of 3"),
]
# Two rows just above and below a limit; a row that is sure of its last class; equal logits; logits that overflow.
MIXED = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 6.0], [9.0, 0.0]])
MANY = _RNG.normal(size=(60, 4)) * _RNG.uniform(0.5, 9, size=(60, 1))
THREE = np.array([[0.0, 0.0, 7.0], [4.0, 4.0, -9.0], [-8.0, 0.0, 0.0], [1.0, 1.0, 1.0], [-7.0, 2.0, -7.0]])
SATURATED_CASES = [
    Case((MIXED, 0.01), "four rows of two logits"), Case((THREE, 0.05), "five rows of three logits"),
    Case((THREE, 0.24), "the same rows and a limit of 0.24"), Case((THREE + np.eye(5, 3, -1) * [9, 0, 0], 0.05), "five other rows"),
    Case((np.array([[0.0, 0.0, 0.0, 9.0]]), 0.01), "a single row"), Case((MANY, 0.02), "60 rows of four logits"),
    Case((MANY, 0.1), "60 rows and a limit of 0.1"), Case((APART, 0.001), "logits of ±5000"),
    Case((np.array([[5000.0, 5000.0], [-5000.0, 5000.0], [0.0, 1.0]]), 0.1), "large logits, two of them equal"),
    Case((np.array([[0.0, 0.0], [9.0, 0.0]]), 0.25), "two equal logits, whose slope is 0.25, and a limit of 0.25"),
    Case((APART, 0.3), "logits of ±5000 and a limit of 0.3"),
]


def log_softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(z))


def by_hand(answer):
    """4.1: the mean cross-entropies of always (1/2, 1/4, 1/4) and of always 1/3, on 4, 2 and 2 examples."""
    shares, third = np.array([0.5, 0.25, 0.25]), np.log(3)
    right = -(shares * np.log(shares)).sum()
    ten, two, words = np.log(10), np.log(2), "the natural one"
    return check_value(
        "4.1", answer, (right, third),
        [Mistake((third, right), "right numbers, in the other order: first the network that knows the shares."),
         Mistake((8 * right, 8 * third), "these are the sums over 8 examples. The mean divides by 8."),
         Mistake((-right, -third), "mind the sign: the loss is −log p, and log p is negative."),
         Mistake((right / two, third / two), f"you used the logarithm to base 2. The loss uses {words}: multiply by log 2."),
         Mistake((right / ten, third / ten), f"you used the logarithm to base 10. The loss uses {words}."),
         Mistake((-np.log(shares).mean(), third), "the three prices are not equally frequent: 4 examples pay log 2, and 2 + 2 pay log 4."),
         Mistake((-np.log((shares**2).sum()), third), "first the logarithms, then the mean."),
         Mistake((two, third), "this is the price of A alone. The examples of B and C pay log 4."),
         Mistake((-np.log(shares).sum(), third), "one price for each class does not do: weigh them by how often each class occurs, and take the mean over the 8."),
         Mistake((1 - (shares**2).sum(), 2 / 3), "this is the mean of 1 − p. The loss is −log p."),
         Mistake((right, third / 3), "the second network: every example pays log 3 in full, whatever its class."),
         Mistake((right, 3 * third), "the second network: every example has one true class, and pays log 3 once."),
         Mistake((right, np.log(8)), "the second network: 8 is the number of examples. There are 3 classes."),
         Mistake((right, right), "the second network gives 1/3 to the true class of every example, so every example pays the same.")],
        praise="(4 log 2 + 4 log 4) / 8 = 1.040, and log 3 = 1.099: knowing the shares is worth 0.059.", digits=3,
    )


def first_loss(answer):
    """4.2: which changes move the first loss of an untrained network?"""
    return check_letters(
        "4.2", answer, "be", "abcdef",
        {"a": "not a: the network has seen no label, and gives right and wrong ones about 1/10.",
         "b": "b belongs to it: softmax of (5, 0, …, 0) gives class 0 nearly everything, and nine of ten examples are of another class.",
         "c": "not c: only differences between logits count.",
         "d": "not d: class 0 gets about 1/10, as every class does.",
         "e": "e belongs to it: probability is spread over 20 outputs, so each gets 1/20.",
         "f": "not f: what is near 0 stays near 0."},
        praise="the first loss sees differences between logits, and how many there are. It does not see the labels.",
    )


def waiting(answer):
    """4.3: negative log-likelihood of waiting times, and its slope for every rate."""
    def nll(rate, t):
        return rate * t - np.log(rate)

    def slope(rate, t):
        return (t - 1 / rate) / len(t)

    def pair(loss, gradient):
        return lambda rate, t: (loss(rate, t), gradient(rate, t))

    def mean(rate, t):
        return nll(rate, t).mean()

    def product(rate, t):
        return -np.log(np.prod(rate * np.exp(-rate * t))) / len(t)

    def of_heights(floor):
        return lambda rate, t: -np.log(np.maximum(rate * np.exp(-rate * t), floor)).mean()

    return check_function(
        "4.3", answer, pair(mean, slope), WAITING_CASES,
        [Mistake(pair(of_heights(floor), slope),
                 "right while heights are not too small. The height of a long wait is so small that exp gives 0: −log(r e^(−rt)) = rt − log r needs no exp.")
         for floor in (0.0, np.exp(-700), 1e-12)]
        + [Mistake(pair(product, slope), "right for a few waits, but a product of thousands of small heights is 0, and its logarithm −∞. Add up the logarithms."),
         Mistake(pair(mean, lambda r, t: len(t) * slope(r, t)), "the loss is right. It is a mean, so each slope is divided by N, too."),
         Mistake(pair(lambda r, t: nll(r, t).sum(), lambda r, t: len(t) * slope(r, t)), "this is the sum. The mean divides by N, the loss and its slopes."),
         Mistake(pair(lambda r, t: nll(r, t).sum(), slope), "the slopes are right. The loss is a mean: divide by N."),
         Mistake(pair(lambda r, t: -mean(r, t), lambda r, t: -slope(r, t)), "the sign: this is the log-likelihood. The loss is its negative."),
         Mistake(pair(mean, lambda r, t: -slope(r, t)), "the loss is right, its slopes have the wrong sign."),
         Mistake(pair(lambda r, t: -mean(r, t), slope), "the slopes are right, the loss has the wrong sign: it is −log of the height."),
         Mistake(pair(lambda r, t: (r * t).mean(), lambda r, t: t / len(t)), "the r in front of the exponential has a logarithm, too: −log(r e^(−rt)) = rt − log r."),
         Mistake(pair(mean, lambda r, t: t / len(t)), "the loss is right. Its slope misses a term: log r has the slope 1/r."),
         Mistake(pair(mean, lambda r, t: (t - r) / len(t)), "the loss is right. The slope of log r is 1/r, not r."),
         Mistake(pair(mean, lambda r, t: (t + 1 / r) / len(t)), "the loss is right. Mind the sign of the second term of the slope: rt − log r."),
         Mistake(pair(lambda r, t: (r * t + np.log(r)).mean(), lambda r, t: (t + 1 / r) / len(t)), "mind the signs: −log(r e^(−rt)) = rt − log r."),
         Mistake(pair(mean, lambda r, t: (r - 1 / t) / len(t)), "this is the slope for each time. The slope for each rate is asked for."),
         Mistake(pair(mean, lambda r, t: slope(r, t).sum()), "every rate has a slope of its own: do not add them up."),
         Mistake(pair(mean, lambda r, t: slope(r, t).mean()), "every rate has a slope of its own: do not take their mean."),
         Mistake(pair(lambda r, t: (r * np.exp(-r * t)).mean(), slope), "the slopes are right. The loss is still the mean height: take −log of each height first."),
         Mistake(pair(lambda r, t: (r * np.exp(-r * t)).mean(), lambda r, t: ((1 - r * t) * np.exp(-r * t)) / len(t)), "this is the mean height and its slope. Take −log of each height first."),
         Mistake(pair(lambda r, t: -np.log((r * np.exp(-r * t)).mean()), slope), "first the logarithms, then the mean."),
         Mistake(pair(lambda r, t: ((t - 1 / r) ** 2).mean(), lambda r, t: 2 * (t - 1 / r) / (r * r * len(t))), "this is squared error, which comes from a bell. Take −log of r e^(−rt)."),
         Mistake(pair(lambda r, t: mean(r, t) / np.log(10), lambda r, t: slope(r, t) / np.log(10)), "this is the logarithm to base 10. Use the natural one."),
         Mistake(pair(lambda r, t: (r * t).mean() - np.log10(r).mean(), slope), "this is the logarithm to base 10. Use the natural one."),
         Mistake(pair(nll, slope), "the slopes are right. The loss is one number, the mean of these."),
         Mistake(pair(slope, mean), "right, in the other order: first the loss, then its slopes."),
         Mistake(lambda r, t: mean(r, t), "the loss is right. Return its slopes as well: two results.")],
        praise="the height says what is likely, −log makes a loss of it, and the best rate is 1/t.",
    )


def saturated(answer):
    """4.4: the share of rows whose slopes of softmax are all smaller than a limit."""
    def share(largest, judge=lambda values, limit: values < limit):
        return lambda z, limit: judge(largest(z), limit).mean()

    def own(p):
        return p * (1 - p)

    def naive(z):
        with np.errstate(all="ignore"):
            e = np.exp(z)
            return e / e.sum(axis=1, keepdims=True)

    def one_maximum(z):
        return naive(z - z.max())

    def off(p):
        table = p[:, :, None] * p[:, None, :]
        return np.where(np.eye(p.shape[1], dtype=bool), 0, table).max(axis=(1, 2))

    def largest(z):
        return own(softmax(z)).max(axis=1)

    return check_function(
        "4.4", answer, share(largest), SATURATED_CASES,
        [Mistake(share(largest, np.less_equal), "a slope that equals the limit is not smaller than it: < instead of <=."),
         Mistake(share(lambda z: own(softmax(np.clip(z, -700, 700))).max(axis=1)), "clipping makes different large logits equal. Take the row's maximum away: that changes nothing."),
         Mistake(share(lambda z: own(naive(z)).max(axis=1)), "right for small logits, but exp overflows at 5000. Take the row's maximum away first."),
         Mistake(share(lambda z: own(one_maximum(z)).max(axis=1)), "one maximum for all rows: a row far below it underflows to 0 / 0. Each row needs its own, axis=1."),
         Mistake(lambda z, limit: (largest(z) < limit).sum(), "this is a count. A share of the rows is asked for."),
         Mistake(lambda z, limit: 100 * (largest(z) < limit).mean(), "this is in percent. A share is a number from 0 to 1."),
         *(Mistake(share(largest, judge), "this is the share of rows that are *not* saturated.") for judge in (np.greater_equal, np.greater)),
         Mistake(lambda z, limit: (own(softmax(z)) < limit).mean(), "this is a share of classes. A row counts if all its slopes are small."),
         Mistake(share(lambda z: own(softmax(z)).min(axis=1)), "one small slope is not enough: all of the row's must be. Take the largest."),
         Mistake(share(lambda z: own(softmax(z)).mean(axis=1)), "the mean slope may be small while one is not. All of the row's must be small: take the largest."),
         Mistake(share(lambda z: own(softmax(z)).sum(axis=1)), "do not add the slopes up: each one of them must be small. Take the largest."),
         Mistake(share(lambda z: 1 - softmax(z).max(axis=1)), "1 − p is not a slope: p (1 − p) is."),
         Mistake(share(lambda z: softmax(z).max(axis=1)), "this is the largest probability. The slopes are p_i (δ_ij − p_j)."),
         Mistake(share(lambda z: softmax(z).min(axis=1)), "this is the smallest probability. The slopes are p_i (δ_ij − p_j)."),
         Mistake(share(lambda z: off(softmax(z))), "the slopes on the diagonal, p_i (1 − p_i), are missing: they are at least as large as the others of their row."),
         Mistake(share(lambda z: (softmax(z) ** 2).max(axis=1)), "on the diagonal the slope is p_i (1 − p_i), not p_i²."),
         Mistake(share(lambda z: own(softmax(z.T).T).max(axis=1)), "softmax along axis 1: each row is an example."),
         Mistake(share(lambda z: own(softmax(z)).max(axis=0)), "you look at columns. Each row is an example: take the largest along axis 1."),
         Mistake(share(lambda z: own(1 / (1 + np.exp(-np.clip(z, -700, 700)))).max(axis=1)), "this is the sigmoid of each logit. Softmax looks at the whole row.")],
        praise="flat where one class has nearly everything; equal logits, however large, leave softmax steep.",
    )


def stable(answer):
    """4.5: log-softmax of each row that survives logits of ±5000."""
    def shifted(z, m, axis=1):
        return z - m - np.log(np.exp(z - m).sum(axis=axis, keepdims=True))

    top = {"axis": 1, "keepdims": True}
    return check_function(
        "4.5", answer, log_softmax, STABLE_CASES,
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


def batch(answer):
    """4.6: the mean cross-entropy of the labelled examples, and its slope for every logit."""
    def hot(z, target):
        return np.eye(z.shape[1])[target] * (target >= 0)[:, None]

    def prices(z, target):
        return -(hot(z, target) * log_softmax(z)).sum(axis=1)

    def off(z, target):
        return (softmax(z) - hot(z, target)) * (target >= 0)[:, None]

    def pair(loss, slope):
        return lambda z, target: (loss(z, target), slope(z, target))

    def mean(z, target):
        return prices(z, target).sum() / (target >= 0).sum()

    def slope(z, target):
        return off(z, target) / (target >= 0).sum()

    def all_rows(z, target):
        return (softmax(z) - hot(z, target)) / (target >= 0).sum()

    def last_class(z, target):
        return -log_softmax(z)[np.arange(len(z)), target].mean()

    def last_slope(z, target):
        return (softmax(z) - np.eye(z.shape[1])[target]) / len(z)

    def index(rows):
        def wrong(z, target):
            p = softmax(z)
            p[rows(target)] -= 1
            return p * (target >= 0)[:, None] / (target >= 0).sum()
        return wrong

    def naive(z):
        with np.errstate(all="ignore"):
            e = np.exp(z)
            return e / e.sum(axis=1, keepdims=True)

    def from_p(p, clear=True):
        def wrong(z, target):
            with np.errstate(all="ignore"):
                q = p(z)
                labelled = target >= 0
                loss = -np.log(q[labelled, target[labelled]]).mean()
                slopes = (q - hot(z, target)) / labelled.sum()
                return loss, np.where(labelled[:, None], slopes, 0) if clear else slopes * labelled[:, None]
        return wrong

    by_all, small = "the examples without a label count for nothing: divide by the number of labelled ones.", "right for small logits, but "
    reference = pair(mean, slope)
    verdict = check_function(
        "4.6", answer, reference, BATCH_CASES,
        [Mistake(pair(last_class, last_slope), "a target of −1 is no class, but z[n, −1] is the last one: leave those rows out."),
         Mistake(pair(lambda z, t: prices(z, t).mean(), lambda z, t: off(z, t) / len(z)), by_all),
         Mistake(pair(lambda z, t: prices(z, t).mean(), slope), "the slopes are right. The loss: " + by_all),
         Mistake(pair(mean, lambda z, t: off(z, t) / len(z)), "the loss is right. The slopes: " + by_all),
         Mistake(pair(mean, all_rows), "the loss is right. An example without a label has no price, so its slopes are 0."),
         Mistake(pair(mean, lambda z, t: (softmax(z) - hot(z, t)) / len(z)), "the loss is right. An example without a label has no price, so its slopes are 0; and N is the number of labelled ones."),
         Mistake(pair(mean, lambda z, t: slope(z, t)[t >= 0]), "the slopes have the shape of z: rows without a label stay, as zeros."),
         Mistake(pair(mean, off), "the loss is right. It is a mean, so its slopes are divided by the number of labelled examples."),
         Mistake(pair(lambda z, t: prices(z, t).sum(), off), "this is the sum and its slopes. The mean divides both by the number of labelled examples."),
         Mistake(pair(lambda z, t: prices(z, t).sum(), slope), "the slopes are right. The loss is a mean: divide by the number of labelled examples."),
         Mistake(pair(mean, lambda z, t: -slope(z, t)), "the loss is right. The sign of the slopes: it is p − t, so the true class has a negative entry."),
         Mistake(pair(lambda z, t: -mean(z, t), slope), "the slopes are right. The sign of the loss: it is −log p."),
         Mistake(pair(lambda z, t: -mean(z, t), lambda z, t: -slope(z, t)), "both signs: the loss is −log p, and its slope p − t."),
         Mistake(pair(mean, lambda z, t: softmax(z) * (t >= 0)[:, None] / (t >= 0).sum()), "the loss is right. Its slope is p − t: take 1 away at the true class."),
         Mistake(pair(mean, lambda z, t: slope(z, t) / z.shape[1]), "the loss is right. Divide its slopes by the number of examples, not of entries."),
         Mistake(pair(mean, lambda z, t: -hot(z, t) / softmax(z) / (t >= 0).sum()), "the loss is right. This is its slope for p. Carry it through softmax to the logits."),
         Mistake(pair(mean, lambda z, t: hot(z, t) * (softmax(z) - 1) / (t >= 0).sum()), "the loss is right. The other classes have a slope, too: raising their logits lowers the true one's share."),
         Mistake(pair(mean, lambda z, t: (z - hot(z, t)) * (t >= 0)[:, None] / (t >= 0).sum()), "the loss is right. Its slope is p − t, not z − t."),
         Mistake(pair(mean, lambda z, t: (log_softmax(z) - hot(z, t)) * (t >= 0)[:, None] / (t >= 0).sum()), "the loss is right. Its slope is p − t, not log p − t."),
         Mistake(pair(mean, lambda z, t: slope(z, t).sum(axis=0)), "the loss is right. Every example has its own row of slopes: do not add them up."),
         Mistake(pair(mean, index(lambda t: np.s_[:, t[t >= 0]])), "the loss is right. p[:, target] takes whole columns. Pair each row with its own class."),
         Mistake(pair(mean, index(lambda t: t[t >= 0])), "the loss is right. p[target] takes whole rows. Pair each row with its own class."),
         Mistake(pair(lambda z, t: mean(z, t) / np.log(2), slope), "the slopes are right. The loss is in the logarithm to base 2: use the natural one."),
         Mistake(pair(lambda z, t: mean(z, t) / np.log(10), slope), "the slopes are right. The loss is in the logarithm to base 10: use the natural one."),
         Mistake(pair(lambda z, t: prices(z, t), slope), "the slopes are right. The loss is one number, the mean of these."),
         Mistake(lambda z, t: mean(z, t), "the loss is right. Return its slopes as well: two results."),
         Mistake(lambda z, t: slope(z, t), "these are the slopes. Return two results: the loss, then its slopes."),
         Mistake(lambda z, t: (slope(z, t), mean(z, t)), "right, in the other order: first the loss, then its slopes.")],
        praise="p − t for the labelled examples, divided by their number; 0 for the others.",
    )
    if not verdict.passed:  # the mistakes above are told with logits that no softmax overflows at
        return verdict
    large = check_function(
        "4.6", answer, reference, LARGE_CASES,
        [Mistake(from_p(naive), small + "exp overflows at 1000. Take the row's maximum away first."),
         Mistake(from_p(naive, clear=False), small + "exp overflows at 1000. Take the row's maximum away first."),
         Mistake(from_p(lambda z: naive(z - z.max())), "one maximum for all rows: a row far below it underflows to 0 / 0. Each row needs its own, axis=1."),
         Mistake(from_p(softmax), small + "p may be 0, and its logarithm −∞: take the logarithm as z − m − log Σ exp(z − m).")])
    return verdict if large.passed else large


def diagnosis(answer):
    """4.7: what explains each of five losses of a network for 20 classes?"""
    return check_letters(
        "4.7", answer, "ebdac", "abcde", ordered=True,
        hints={0: "1: log 20 is 3.00, and 4.32 is 3.00 / 0.693.",
               1: "2: a right first loss, right answers, and a floor. What is log(e + 19) − 1?",
               2: "3: the loss doubles with the batch. 96 / 32 = 3.00.",
               3: "4: far above log 20, and different for every seed: what is large before anything is learned?",
               4: "5: 1 of 20 right, and the same for every example: nothing of the image comes through."},
        praise="log 20 = 3.00 is the measure; base 2 gives 4.32, a sum 32 times as much, softmax twice stops above 2.08.",
    )
