"""Chapter 4: loss."""

import math

import numpy as np
import scipy.special
import scipy.stats
import torch

from cnnlib import losses


def log_softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(z))


def hot(z, target):
    return np.eye(z.shape[1])[target]


def stable_loops(z):
    out = []
    for row in z:
        top = max(row)
        total = math.log(sum(math.exp(v - top) for v in row))
        out.append([v - top - total for v in row])
    return out


def stable_in_place(z):
    z -= z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def taken_away(m):
    return lambda z: z - m(z) - np.log(np.exp(z - m(z)).sum(axis=1, keepdims=True))


def naive(z, shift=0.0):
    e = np.exp(z - shift)
    return e / e.sum(axis=1, keepdims=True)


def waiting(rate, t):
    return (rate * t - np.log(rate)).mean(), (t - 1 / rate) / len(t)


def waiting_loops(rate, t):
    total, slopes = 0.0, []
    for r, wait in zip(rate, t, strict=True):
        total -= math.log(r) - r * wait
        slopes.append((wait - 1 / r) / len(t))
    return total / len(t), slopes


def waiting_torch(rate, t):
    rate = torch.tensor(rate, requires_grad=True)
    loss = -torch.distributions.Exponential(rate).log_prob(torch.tensor(t)).mean()
    loss.backward()
    return loss, rate.grad


def waits(loss=lambda r, t: r * t - np.log(r), slope=lambda r, t: t - 1 / r, mean=np.mean, n=len):
    return lambda rate, t: (mean(loss(rate, t)), slope(rate, t) / n(t))


def slopes(p):
    return p[:, :, None] * (np.eye(p.shape[1]) - p[:, None, :])


def saturated(z, limit):
    p = softmax(z)
    return ((p * (1 - p)).max(axis=1) < limit).mean()


def saturated_loops(z, limit):
    count = 0
    for row in z:
        e = [math.exp(v - max(row)) for v in row]
        p = [v / sum(e) for v in e]
        table = [abs(a * ((i == j) - b)) for i, a in enumerate(p) for j, b in enumerate(p)]
        count += max(table) < limit
    return count / len(z)


def saturated_matrix(z, limit):
    return sum(np.abs(np.diag(p) - np.outer(p, p)).max() < limit for p in scipy.special.softmax(z, axis=1)) / len(z)


def batch(z, target):
    labelled = target >= 0
    loss = losses.cross_entropy(z, target, ignore_index=-1)
    return loss, losses.cross_entropy_backward(1.0, z, target, ignore_index=-1) * labelled[:, None]


def batch_loops(z, target):
    n = sum(t >= 0 for t in target)
    total, rows = 0.0, []
    for row, t in zip(z, target, strict=True):
        if t < 0:
            rows.append([0.0] * len(row))
            continue
        top = max(row)
        e = [math.exp(v - top) for v in row]
        total += math.log(sum(e)) - (row[t] - top)
        rows.append([(v / sum(e) - (k == t)) / n for k, v in enumerate(e)])
    return total / n, rows


def batch_torch(z, target):
    z = torch.tensor(z, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(z, torch.tensor(target), ignore_index=-1)
    loss.backward()
    return loss, z.grad


def batch_indexed(z, target):
    rows = np.flatnonzero(target >= 0)
    z, d = z[rows], np.zeros_like(z)
    p = scipy.special.softmax(z, axis=1)
    p[np.arange(len(rows)), target[rows]] -= 1
    d[rows] = p / len(rows)
    return (scipy.special.logsumexp(z, axis=1) - z[np.arange(len(rows)), target[rows]]).mean(), d


def batch_masked(z, target):
    known = (target >= 0)[:, None]
    t = hot(z, target) * known
    return -(t * log_softmax(z)).sum() / known.sum(), known * (softmax(z) - t) / known.sum()


def batch_zeroed(z, target):
    d = softmax(z)
    d[np.arange(len(z)), target] -= 1
    d[target == -1] = 0
    return np.take_along_axis(-log_softmax(z), target[:, None], axis=1)[target != -1].mean(), d / (target != -1).sum()


def batch_with(p=softmax, log_p=log_softmax, loss=lambda v: v.mean(), slope=lambda d, z, t: d, keep=lambda t: t >= 0, mask=True):
    """A batch with one thing done otherwise."""
    def answer(z, target):
        kept = np.flatnonzero(keep(target))
        d = p(z) - hot(z, target)
        if mask:
            d = d * (target >= 0)[:, None]
        return loss(-log_p(z)[kept, target[kept]]), slope(d / len(kept), z, target)
    return answer


RIGHT = {
    "by_hand": [
        (1.5 * math.log(2), math.log(3)), (1.04, 1.10), (1.040, 1.099), [1.0397, 1.0986], np.array([1.0397, 1.0986]), ((4 * 0.6931 + 4 * 1.3863) / 8, 1.0986),
        (np.float32(1.0397), np.float32(1.0986)), torch.tensor([1.0397, 1.0986]), {"a": 1.0397, "b": 1.0986}.values(),
    ],
    "first_loss": ["be", "b, e", "EB", ["b", "e"], {"b", "e"}, "(b) and (e)"],
    "waiting": [
        waiting, waiting_loops, waiting_torch, lambda rate, t: (np.mean(-np.log(rate) + rate * t), t / t.size - 1 / (rate * t.size)),
        lambda rate, t: (-np.mean(scipy.stats.expon.logpdf(t, scale=1 / rate)), np.mean(t[:, None] - 1 / rate[:, None], axis=1) / len(t)),
        lambda rate, t: [np.dot(rate, t) / len(t) - np.log(rate).mean(), (rate * t - 1) / rate / len(rate)],
    ],
    "saturated": [
        saturated, saturated_loops, saturated_matrix, lambda z, limit: np.mean((np.abs(slopes(softmax(z))) < limit).all(axis=(1, 2))),
        lambda z, limit: float(np.mean(np.abs(slopes(scipy.special.softmax(z, axis=1))).max(axis=(1, 2)) < limit)),
        lambda z, limit: (torch.softmax(torch.tensor(z), 1).mul(1 - torch.softmax(torch.tensor(z), 1)).amax(1) < limit).double().mean(),
    ],
    "stable": [
        log_softmax, stable_loops, lambda z: scipy.special.log_softmax(z, axis=1), lambda z: torch.log_softmax(torch.tensor(z, requires_grad=True), 1),
        lambda z: z - np.logaddexp.reduce(z, axis=1)[:, None], lambda z: z - scipy.special.logsumexp(z, axis=1, keepdims=True),
        lambda z: np.stack([row - row.max() - np.log(np.exp(row - row.max()).sum()) for row in z]),
    ],
    "batch": [batch_masked, batch, batch_loops, batch_torch, batch_indexed, batch_zeroed, batch_with()],
    "diagnosis": ["ebdac", "e b d a c", "1e 2b 3d 4a 5c", ["e", "b", "d", "a", "c"], "EBDAC", {1: "e", 2: "b", 3: "d", 4: "a", 5: "c"}],
}

RIGHT_PAIR = (1.5 * math.log(2), math.log(3))

WRONG = {
    "by_hand": [
        (RIGHT_PAIR[::-1], "other order"), ((8.32, 8.79), "sums over 8"), ((-1.04, -1.099), "mind the sign"), ((1.5, 1.585), "base 2"), ((0.4515, 0.4771), "base 10"),
        ((1.155, 1.099), "not equally frequent"), ((0.981, 1.099), "first the logarithms"), ((0.693, 1.099), "price of A alone"), ((3.466, 1.099), "weigh them"), ((0.625, 0.667), "mean of 1 − p"),
        ((1.04, 0.366), "in full"), ((1.04, 3.296), "once"), ((1.04, 2.079), "There are 3 classes"), ((1.04, 1.04), "pays the same"), ((0.5, 0.33), "not this one"), (1.04, ""), ((1.0, 1.1), "not this one"),
        ((1.05, 1.10), "1 of 2"), ((1.04, 1.09), "1 of 2"),
    ],
    "first_loss": [("b", "e belongs"), ("e", "b belongs"), ("abe", "not a"), ("bce", "not c"), ("bde", "not d"), ("bef", "not f"), ("abcdef", "not a"), ("ad", "not a"), ("g", "choose from"), ("none", "choose from")],
    "waiting": [
        (lambda r, t: (-np.log(np.prod(r * np.exp(-r * t))) / len(t), (t - 1 / r) / len(t)), "product of thousands"), (waits(n=lambda t: 1), "each slope is divided by N"), (waits(mean=np.sum, n=lambda t: 1), "this is the sum"),
        (waits(mean=np.sum), "slopes are right. The loss is a mean"), (waits(lambda r, t: np.log(r) - r * t, lambda r, t: 1 / r - t), "this is the log-likelihood"), (waits(slope=lambda r, t: 1 / r - t), "slopes have the wrong sign"),
        (waits(lambda r, t: np.log(r) - r * t), "the loss has the wrong sign"), (waits(lambda r, t: r * t, lambda r, t: t), "has a logarithm, too"), (waits(slope=lambda r, t: t), "misses a term"), (waits(slope=lambda r, t: t - r), "not r"),
        (waits(slope=lambda r, t: t + 1 / r), "Mind the sign of the second"), (waits(lambda r, t: r * t + np.log(r), lambda r, t: t + 1 / r), "mind the signs"), (waits(slope=lambda r, t: r - 1 / np.maximum(t, 1e-9)), ""),
        (lambda r, t: (waiting(r, t)[0], waiting(r, t)[1].sum()), "do not add them up"), (lambda r, t: (waiting(r, t)[0], waiting(r, t)[1].mean()), "do not take their mean"), (lambda r, t: ((r * np.exp(-r * t)).mean(), waiting(r, t)[1]), "still the mean height"),
        (lambda r, t: (-np.log((r * np.exp(-r * t)).mean()), waiting(r, t)[1]), "first the logarithms"), (waits(lambda r, t: (t - 1 / r) ** 2, lambda r, t: 2 * (t - 1 / r) / r**2), "from a bell"),
        (waits(lambda r, t: -np.log(r * np.exp(-r * t))), "needs no exp"), (waits(lambda r, t: -np.log(r * np.exp(-r * t) + 1e-12)), "needs no exp"),
        (waits(lambda r, t: (r * t - np.log(r)) / np.log(10), lambda r, t: (t - 1 / r) / np.log(10)), "base 10"), (waits(lambda r, t: r * t - np.log10(r)), "base 10"), (lambda r, t: waiting(r, t)[0], "two results"), (waits(mean=lambda v: v), "the mean of these"), (lambda r, t: waiting(r, t)[::-1], "other order"),
        (lambda r, t: (waiting(r, t)[0], waiting(r, t)[1] * 1.01), "is expected"), (lambda r, t: waiting(t + 1e-9, r), ""), (lambda rate: 0, "yours takes (rate)"), (waits(slope=lambda r, t: (1 - r * t) * np.exp(-r * t)), "is expected"),
    ],
    "saturated": [
        (lambda z, limit: ((softmax(z) * (1 - softmax(z))).max(axis=1) <= limit).mean(), "instead of <="), (lambda z, limit: saturated(np.clip(z, -700, 700), limit), "clipping"),
        (lambda z, limit: ((naive(z) * (1 - naive(z))).max(axis=1) < limit).mean(), "exp overflows"), (lambda z, limit: ((naive(z, z.max()) * (1 - naive(z, z.max()))).max(axis=1) < limit).mean(), "one maximum for all rows"),
        (lambda z, limit: saturated(z, limit) * len(z), "this is a count"), (lambda z, limit: 1 - saturated(z, limit), "*not* saturated"), (lambda z, limit: 100 * saturated(z, limit), "in percent"), (lambda z, limit: (softmax(z) * (1 - softmax(z)) < limit).mean(), "share of classes"),
        (lambda z, limit: ((softmax(z) * (1 - softmax(z))).min(axis=1) < limit).mean(), "one small slope"), (lambda z, limit: (softmax(z) * (1 - softmax(z)) < limit).any(axis=1).mean(), "one small slope"), (lambda z, limit: ((softmax(z) * (1 - softmax(z))).mean(axis=1) < limit).mean(), "mean slope"),
        (lambda z, limit: ((softmax(z) * (1 - softmax(z))).sum(axis=1) < limit).mean(), "do not add"), (lambda z, limit: (softmax(z).max(axis=1) > 1 - limit).mean(), "1 − p is not a slope"), (lambda z, limit: (softmax(z).max(axis=1) < limit).mean(), "largest probability"),
        (lambda z, limit: (softmax(z).min(axis=1) < limit).mean(), "smallest probability"), (lambda z, limit: ((softmax(z) ** 2).max(axis=1) < limit).mean(), "not p_i²"), (lambda z, limit: saturated(z.T, limit), ""),
        (lambda z, limit: ((softmax(z) * (1 - softmax(z))).max(axis=0) < limit).mean(), "look at columns"), (lambda z, limit: (np.abs(slopes(softmax(z))) < limit).mean(), "is expected"), (lambda z, limit: (slopes(softmax(z)).max(axis=(1, 2)) > limit).mean(), "*not* saturated"),
        (lambda z, limit: (slopes(softmax(z)).min(axis=(1, 2)) < limit).mean(), ""), (lambda z, limit: ((softmax(z) * (1 - softmax(z))).max(axis=1) < 0.01).mean(), ""), (lambda z: 0, "yours takes (z)"), (lambda z, limit: float((softmax(z) * (1 - softmax(z))).max() < limit), ""),
        (lambda z, limit: ((softmax(z) * (1 - softmax(z)))[:, 0] < limit).mean(), ""), (lambda z, limit: (softmax(np.clip(z, -500, 500)).max(axis=1) > 1 - limit).mean(), "is expected"),
        (lambda z, limit: saturated(1 / (1 + np.exp(-np.clip(z, -700, 700))), limit), ""),
    ],
    "stable": [
        (lambda z: np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)), "exp overflows"), (lambda z: z - np.log(np.exp(z).sum(axis=1, keepdims=True)), "exp overflows"),
        (lambda z: np.log(softmax(z)), "logarithm of the probability"), (softmax, "this is softmax"), (lambda z: np.log(softmax(z) + 1e-9), "hides the −∞"),
        (lambda z: z - z.max() - np.log(np.exp(z - z.max()).sum(axis=1, keepdims=True)), "one maximum for all rows"), (lambda z: -log_softmax(z), "the sign"),
        (lambda z: z - np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)), "maximum is missing once"), (lambda z: scipy.special.log_softmax(z, axis=0), "normalise columns"),
        (lambda z: z - z.max() - np.log(np.exp(z - z.max()).sum()), "whole array"), (lambda z: scipy.special.log_softmax(np.clip(z, -500, 500), axis=1), "clipping"),
        (lambda z: z - z.max(axis=1) - np.log(np.exp(z - z.max(axis=1)).sum(axis=1)), "keepdims=True. (On two rows of small logits, it raises ValueError"), (stable_in_place, "`z` is changed"),
        (lambda z: z - z.max(axis=1, keepdims=True), "only the maximum is gone"), (lambda z: np.log10(softmax(z)), "is expected"), (lambda z: log_softmax(z)[0], "shape"),
        (lambda z: z - z.mean() - np.log(np.exp(z - z.mean()).sum(axis=1, keepdims=True)), ""), (lambda z: math.log(softmax(z)), "raises TypeError"), (lambda z: np.nan_to_num(np.log(softmax(z))), "logits of ±5000"), (lambda z: log_softmax(z) / np.log(2), "base 2"),
        (taken_away(lambda z: z[:, :1]), "first logit need not"), (taken_away(lambda z: z[:, -1:]), "last logit need not"), (taken_away(lambda z: z[:, :-1].max(axis=1, keepdims=True)), "far apart"),
        (taken_away(lambda z: z[:, 1:].max(axis=1, keepdims=True)), "is expected"), (taken_away(lambda z: np.median(z, axis=1, keepdims=True)), "take the maximum away"), (taken_away(lambda z: z[0].max()), "one maximum for all rows"),
        (taken_away(lambda z: abs(z).max(axis=1, keepdims=True)), "not abs(z).max"), (taken_away(lambda z: abs(z).max()), "one number for all rows"), (taken_away(lambda z: z.max(axis=0)), "maxima of the columns"),
        (taken_away(lambda z: z.mean(axis=1, keepdims=True)), "or the mean"),
    ],
    "batch": [
        (lambda z, t: (-log_softmax(z)[np.arange(len(z)), t].mean(), (softmax(z) - hot(z, t)) / len(z)), "the last one"), (lambda z, t: (losses.cross_entropy(z, t % z.shape[1]), losses.cross_entropy_backward(1.0, z, t % z.shape[1])), "the last one"),
        (lambda z, t: tuple(part * (t >= 0).mean() for part in batch(z, t)), "divide by the number of labelled"), (lambda z, t: (batch(z, t)[0] * (t >= 0).mean(), batch(z, t)[1]), "slopes are right. The loss: the examples"),
        (lambda z, t: (batch(z, t)[0], batch(z, t)[1] * (t >= 0).mean()), "loss is right. The slopes: the examples"), (batch_with(mask=False), "is expected"), (lambda z, t: (batch(z, t)[0], np.where(t[:, None] < 0, softmax(z) / (t >= 0).sum(), batch(z, t)[1])), "slopes are 0"),
        (batch_with(slope=lambda d, z, t: d[t >= 0]), "stay, as zeros"), (batch_with(slope=lambda d, z, t: d * (t >= 0).sum()), "It is a mean, so its slopes"), (batch_with(loss=np.sum, slope=lambda d, z, t: d * (t >= 0).sum()), "the sum and its slopes"),
        (batch_with(loss=np.sum), "slopes are right. The loss is a mean"), (batch_with(slope=lambda d, z, t: -d), "The sign of the slopes"), (batch_with(loss=lambda v: -v.mean()), "The sign of the loss"), (batch_with(loss=lambda v: -v.mean(), slope=lambda d, z, t: -d), "both signs"),
        (batch_with(p=lambda z: softmax(z) + 1e-3), "is expected"), (lambda z, t: (batch(z, t)[0], softmax(z) * (t >= 0)[:, None] / (t >= 0).sum()), "take 1 away"), (batch_with(slope=lambda d, z, t: d / z.shape[1]), "not of entries"),
        (batch_with(p=lambda z: z), "not z − t"), (batch_with(p=log_softmax), "not log p − t"), (batch_with(slope=lambda d, z, t: d.sum(axis=0)), "do not add them up"), (batch_with(slope=lambda d, z, t: d * hot(z, t)), "other classes have a slope"),
        (batch_with(loss=lambda v: v.mean() / np.log(2)), "base 2"), (batch_with(log_p=lambda z: log_softmax(z) / np.log(10)), "base 10"), (batch_with(loss=lambda v: v), ""), (lambda z, t: batch(z, t)[0], "two results"), (lambda z, t: batch(z, t)[1], "Return two results"),
        (lambda z, t: batch(z, t)[::-1], "other order"), (batch_with(p=naive, log_p=lambda z: np.log(naive(z))), "exp overflows"), (batch_with(p=lambda z: naive(z, z.max()), log_p=lambda z: np.log(naive(z, z.max()))), "one maximum for all rows"),
        (batch_with(log_p=lambda z: np.log(softmax(z))), "its logarithm −∞"), (batch_with(p=lambda z: scipy.special.softmax(z, axis=0)), "is expected"), (batch_with(keep=lambda t: t > 0), ""), (lambda z, t: (softmax(z) - np.eye(3)[t], 0), ""),
        (lambda z, t: (losses.cross_entropy(z, t), losses.cross_entropy_backward(1.0, z, t)), "raises ValueError"), (batch_with(log_p=lambda z: np.log(softmax(z) + 1e-9)), "is expected"),
    ],
    "diagnosis": [("abcde", "log 20 is 3.00"), ("ebdca", "4:"), ("eabdc", "2:"), ("ebadc", "3:"), ("ebda", "5 letters"), ("cbdae", "1:"), ("b", "5 letters"), ("ebdaf", "choose from"), ("1e 2b 2d 4a 5c", "number the letters")],
}
