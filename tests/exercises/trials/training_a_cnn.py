"""Chapter 13: training a CNN."""

import statistics

import numpy as np
import scipy.stats
import torch

from cnnlib import data
from cnnlib.history import EarlyStopping

NO_ARRAY = ("early_stop",)
PAPER = np.array([[0.2, 1.0], [0.6, 0.2]])
STEP = 1 - PAPER


def paper_torch():
    x = torch.tensor([[[[0.0, 1, 0], [2, 0, 1], [1, 2, 0]]]])
    w = torch.ones(1, 1, 2, 2, requires_grad=True)
    y = torch.nn.functional.max_pool2d(torch.relu(torch.nn.functional.conv2d(x, w)), 2)
    ((y - 3) ** 2).sum().backward()
    return (w - 0.1 * w.grad)[0, 0]


def batches(x, y, batch_size, order):
    return [(x[order[i:i + batch_size]], y[order[i:i + batch_size]]) for i in range(0, len(x), batch_size)]


def batches_generator(x, y, batch_size, order):
    x, y = x[order], y[order]
    while len(x):
        yield x[:batch_size], y[:batch_size]
        x, y = x[batch_size:], y[batch_size:]


def batches_lists(x, y, batch_size, order):
    picked = [order[i:i + batch_size] for i in range(0, len(order), batch_size)]
    return [[[x[i] for i in some], [y[i] for i in some]] for some in picked]


def batches_by_sample(x, y, batch_size, order):
    result, images, labels = [], [], []
    for i in order:
        images.append(x[i])
        labels.append(y[i])
        if len(images) == batch_size:
            result.append((np.array(images), np.array(labels)))
            images, labels = [], []
    return [*result, (np.array(images), np.array(labels))] if images else result


def batches_torch(x, y, batch_size, order):
    pairs = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    return list(torch.utils.data.DataLoader(pairs, batch_size=batch_size, sampler=order.tolist()))


def batches_split(x, y, batch_size, order):
    cuts = np.arange(batch_size, len(x), batch_size)
    return list(zip(np.split(x[order], cuts), np.split(y[order], cuts), strict=True))


def shuffled_in_place(x, y, batch_size, order):
    x[:], y[:] = x[order], y[order]
    return [(x[i:i + batch_size], y[i:i + batch_size]) for i in range(0, len(x), batch_size)]


def cut(x, y, n, stop=None):
    return [(x[i:i + n], y[i:i + n]) for i in range(0, len(x) if stop is None else stop, n)]


def first_only(x, y, n, order):
    for i in range(0, len(x), n):
        return [(x[order[i:i + n]], y[order[i:i + n]])]


def forgetful(x, y, n, order):
    for i in range(0, len(x), n):
        result = [(x[order[i:i + n]], y[order[i:i + n]])]
    return result


def wrapped(x, y, n, order):
    return [tuple(np.take(part, order[np.arange(i, i + n) % len(order)], axis=0) for part in (x, y)) for i in range(0, len(x), n)]


def stop(losses, patience):
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch and loss < losses[best]:
            best, waited = epoch, 0
        elif epoch:
            waited += 1
        if waited == patience:
            return best, epoch + 1
    return best, len(losses)


def stop_infinite(losses, patience):
    lowest, best, bad, ran = float("inf"), None, 0, 0
    while ran < len(losses) and bad < patience:
        if losses[ran] < lowest:
            lowest, best, bad = losses[ran], ran, 0
        else:
            bad += 1
        ran += 1
    return best, ran


def stop_short(losses, patience):
    for epoch in range(1, len(losses) + 1):
        best = int(np.argmin(losses[:epoch]))
        if epoch - 1 - best >= patience:
            break
    return best, epoch


def stop_library(losses, patience):
    stopping = EarlyStopping(patience=patience)
    for loss in losses:
        stopping.update(loss)
        if stopping.stop:
            break
    return stopping.best_epoch, stopping.epoch


def stop_recursive(losses, patience, best=0, epoch=0):
    if epoch == len(losses):
        return best, epoch
    best = epoch if losses[epoch] < losses[best] else best
    return (best, epoch + 1) if epoch - best == patience else stop_recursive(losses, patience, best, epoch + 1)


def stop_vectorised(losses, patience):
    lows = np.minimum.accumulate(losses)
    firsts = np.array([losses.index(low) for low in lows])
    tired = np.flatnonzero(np.arange(len(losses)) - firsts >= patience)
    ran = tired[0] + 1 if len(tired) else len(losses)
    return firsts[ran - 1], ran


def stopping(start=None, better=lambda loss, low: loss < low, worse=lambda loss, low: True, reset=True, enough=lambda waited, patience: waited >= patience):
    """Early stopping as readers write it, with one part of it to be spoiled."""
    def run(losses, patience):
        low, best, waited = losses[0] if start is None else start, 0, 0
        for epoch in range(start is None, len(losses)):
            if better(losses[epoch], low):
                low, best = losses[epoch], epoch
                waited = 0 if reset else waited
            elif worse(losses[epoch], low):
                waited += 1
                if enough(waited, patience):
                    return best, epoch + 1
        return best, len(losses)
    return run


def unstopped(otherwise):
    """Right where the run stops; a function of the losses and their best epoch where they end first."""
    def run(losses, patience):
        best, ran = stop(losses, patience)
        return (best, ran) if ran - 1 - best == patience else otherwise(losses, best)
    return run


def stop_from_zero(losses, patience):
    low, best, waited = losses[0], 0, 0
    for epoch, loss in enumerate(losses):
        waited += 1
        if loss < low:
            low, best, waited = loss, epoch, 0
        if waited == patience:
            return best, epoch + 1
    return best, len(losses)


def equal_resets(losses, patience):
    low, best, waited = losses[0], 0, 0
    for epoch, loss in enumerate(losses):
        if loss <= low:
            best, low, waited = (best if loss == low else epoch), loss, 0
        else:
            waited += 1
        if waited == patience:
            return best, epoch + 1
    return best, len(losses)


def neighbours(fails, lowest=True):
    def run(losses, patience):
        bad, fell = 0, 0
        for epoch in range(1, len(losses)):
            if fails(losses[epoch], losses[epoch - 1]):
                bad += 1
            else:
                bad, fell = 0, epoch
            if bad == patience:
                return (int(np.argmin(losses[:epoch + 1])) if lowest else fell), epoch + 1
        return (int(np.argmin(losses)) if lowest else fell), len(losses)
    return run


def difference(a, b):
    d = a - b
    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))


def difference_by_hand(a, b):
    d = [x - y for x, y in zip(a, b, strict=True)]
    mean = sum(d) / len(d)
    return [mean, (sum((v - mean) ** 2 for v in d) / (len(d) - 1) / len(d)) ** 0.5]


def difference_torch(a, b):
    d = torch.tensor(a, requires_grad=True) - torch.tensor(b)
    return torch.stack([d.mean(), d.std() / len(d) ** 0.5])


def difference_pairs(a, b):
    """The spread from the differences of differences: no mean is taken away."""
    d, n = a - b, len(a)
    return np.average(d), np.sqrt(((d[:, None] - d) ** 2).sum() / (2 * n * (n - 1) * n))


def errors(spread, mean=np.mean):
    return lambda a, b: (mean(a - b), spread(a - b))


def pieces(w, x, t, pieces, lr):
    dw, loss = np.zeros_like(w), 0.0
    for xb, tb in zip(np.array_split(x, pieces), np.array_split(t, pieces), strict=True):
        error = xb @ w - tb
        dw += xb.T @ error / len(x)
        loss += (error**2).sum() / (2 * len(x))
    return w - lr * dw, loss


def pieces_loops(w, x, t, pieces, lr):
    dw, loss = [0.0] * len(w), 0.0
    for row, target in zip(x, t, strict=True):  # as many pieces as examples give the same
        error = sum(a * b for a, b in zip(row, w, strict=True)) - target
        loss += error**2 / 2 / len(x)
        dw = [d + error * a / len(x) for d, a in zip(dw, row, strict=True)]
    return [a - lr * d for a, d in zip(w, dw, strict=True)], loss


def pieces_torch(w, x, t, pieces, lr):
    w = torch.tensor(w, requires_grad=True)
    loss = 0.0
    for xb, tb in zip(torch.tensor(x).tensor_split(pieces), torch.tensor(t).tensor_split(pieces), strict=True):
        part = ((xb @ w - tb) ** 2).sum() / 2 / len(x)
        part.backward()
        loss += part.item()
    return w.detach() - lr * w.grad, loss


def pieces_weighted(w, x, t, pieces, lr):
    dw, loss = 0, 0
    for some in np.array_split(np.arange(len(x)), pieces):
        if len(some):
            error = x[some] @ w - t[some]
            weight = len(some) / len(x)
            dw = dw + weight * (error[:, None] * x[some]).mean(axis=0)
            loss = loss + weight * (error**2 / 2).mean()
    return w - lr * dw, loss


def pieces_wrong(weigh=len, step=False, keep=True, half=0.5, result=None):
    def rule(w, x, t, pieces, lr):
        w, dw, loss = w.copy(), np.zeros_like(w), 0.0
        for xb, tb in zip(np.array_split(x, pieces), np.array_split(t, pieces), strict=True):
            error = xb @ w - tb
            by = max(weigh(x, xb, pieces), 1)
            d = xb.T @ error / by
            dw = dw + d if keep else d
            loss += half * (error**2).sum() / by
            w -= lr * d * step
        new = w if step else w - lr * dw
        return (new, loss) if result is None else result(w, dw, new, loss, lr)
    return rule


RIGHT = {
    "pieces": [pieces, pieces_loops, pieces_torch, pieces_weighted, lambda w, x, t, pieces, lr: (w - lr * x.T @ (x @ w - t) / len(t), ((x @ w - t) ** 2).mean() / 2),
               lambda w, x, t, k, rate: pieces_weighted(w.astype(np.float32), x.astype(np.float32), t.astype(np.float32), k, rate),
               lambda *given: list(pieces(*given))],
    "steps": [450, np.int64(450), 450.0, 10 * -(-1437 // 32), int(np.ceil(1437 / 32)) * 10],
    "on_paper": [PAPER.tolist(), ((0.2, 1), (0.6, 0.2)), PAPER, paper_torch(), 1 - 0.4 * np.array([[2, 0], [1, 2]])],
    "batches": [batches, batches_generator, batches_lists, batches_by_sample, batches_torch, batches_split, lambda x, y, n, o: data.batches(x[o], y[o], n)],
    "early_stop": [stop, stop_infinite, stop_short, stop_library, stop_recursive, stop_vectorised, stopping(), stopping(start=np.inf)],
    "diagnosis": ["cadb", "c, a, d, b", ("c", "a", "d", "b"), "CADB", list("cadb"), "1c 2a 3d 4b", "2a 1c 4b 3d", "4b, 3d, 2a and 1c", "1: (c)\n2: (a)\n3: (d)\n4: (b)", "c→1 a→2 d→3 b→4", "a2 c1 b4 d3", "2 - a, 1 - c, 3 - d, 4 - b",
                  {1: "c", 2: "a", 3: "d", 4: "b"}, {"a": 2, "b": 4, "c": 1, "d": 3}, {"1c", "2a", "3d", "4b"}, [(2, "a"), (1, "c"), (4, "b"), (3, "d")], ["2a", "1c", "4b", "3d"]],
    "difference": [difference, difference_by_hand, difference_torch, difference_pairs, lambda a, b: (np.mean(a) - np.mean(b), np.sqrt(np.var(a - b, ddof=1) / a.size)),
                   lambda a, b: ((a - b).mean(), scipy.stats.sem(a - b)), lambda a, b: [statistics.fmean(a - b), statistics.stdev(a - b) / len(a) ** 0.5]],
}

WRONG = {
    "pieces": [
        (pieces_wrong(lambda x, xb, k: k * len(xb)), "differ in size"), (pieces_wrong(lambda x, xb, k: len(xb)), "several times the mean"),
        (pieces_wrong(lambda x, xb, k: 1), "these are sums"), (pieces_wrong(lambda x, xb, k: len(x), step=True), "step after every piece"),
        (pieces_wrong(lambda x, xb, k: len(x), keep=False), "you write ="), (pieces_wrong(lambda x, xb, k: len(x), half=1.0), "factor one half"),
        (pieces_wrong(lambda x, xb, k: len(x), result=lambda w, dw, new, loss, lr: (w + lr * dw, loss)), "uphill"),
        (pieces_wrong(lambda x, xb, k: len(x), result=lambda w, dw, new, loss, lr: (loss, new)), "the order"),
        (pieces_wrong(lambda x, xb, k: len(x), result=lambda w, dw, new, loss, lr: new), "return the loss"),
        (pieces_wrong(lambda x, xb, k: len(x), result=lambda w, dw, new, loss, lr: (dw, loss)), "this is the gradient"),
        (pieces_wrong(lambda x, xb, k: len(x), result=lambda w, dw, new, loss, lr: (w - dw, loss)), "expected"),
        (lambda w, x, t, pieces, lr: (w - lr * x.T @ (x @ w - t) / len(t), ((x @ (w - lr * x.T @ (x @ w - t) / len(t)) - t) ** 2).mean() / 2), "before the step"),
        (lambda w, x, t, pieces, lr: (w, ((x @ w - t) ** 2).mean() / 2), "expected"), (lambda w, x, t, pieces, lr: None, "return"),
        (lambda w, x, t: (w, 0), "yours takes (w, x, t)"), (lambda w, x, t, pieces, lr: pieces_wrong(lambda x, xb, k: len(x))(w, x[: len(x) // pieces * pieces], t[: len(x) // pieces * pieces], pieces, lr), "expected"),
    ],
    "steps": [(440, "a smaller one"), (449.0625, "whole thing"), (449, "do not run on"), (45, "one epoch."), (44, "without its last"), (460, "44 full batches"), (14370, "how many digits"), (14400, "not a digit"), (320, "10 · 32"), (0, "not this one"),
              (451, "not this one"), ([45] * 10, "one number"), (4500, "not this one"), ("450", "without quotes")],
    "on_paper": [
        (1 + STEP, "uphill"), (1 - 0.4 * np.array([[3.0, 2], [5, 3]]), "won the maximum"), (1 - 0.1 * np.array([[3.0, 2], [5, 3]]), "not the mean"), (1 - 0.4 * np.array([[1.0, 0], [0, 1]]), "did not win"), (1 - 0.4 * np.array([[0.0, 1], [2, 0]]), "did not win"),
        (1 - 0.4 * np.array([[0.0, 1], [2, 0]]).T, ""), (1 - STEP / 2, "2 (y − 3)"), (1 - np.array([[2, 0], [1, 2]]), "target is missing"), (STEP, "length of the step"), (-STEP, "still to be added"), (10 * STEP, "still to be taken"),
        (1 - 10 * STEP, "learning rate is missing"), (PAPER.T, "turned, or transposed"), (np.full((2, 2), 0.6), "that the weight met"), (np.zeros((2, 2)), "0 of 4"), (PAPER.ravel(), "numbers are right; write them as 2 rows of 2"), ([[0.2, 1], [0.6, 0.6]], "3 of 4"),
        ([[0.2, 1], [0.6]], "different lengths"), (1 - STEP / 4, "multiplied by dy"), (1 - 4 * STEP, "dy twice"),
    ],
    "batches": [
        (lambda x, y, n, o: cut(x, y, n), "order is not used"), (lambda x, y, n, o: cut(x[o], y, n), "labels are not"), (lambda x, y, n, o: cut(x, y[o], n), "images are not"), (lambda x, y, n, o: cut(x[o], o, n), "second part of a pair"), (lambda x, y, n, o: cut(o, o, n), "x[order]"),
        (lambda x, y, n, o: [b for b in cut(x[o], y[o], n) if len(b[0]) == n], "left over"), (lambda x, y, n, o: cut(x[o], y[o], n, len(x) // n * n), "left over"), (lambda x, y, n, o: cut(x[o], y[o], n, len(x) - n), "stops too early"),
        (lambda x, y, n, o: cut(x[o], y[o], n, len(x) - 1), "of one sample is lost"), (wrapped, "filled up"), (lambda x, y, n, o: list(zip(np.array_split(x[o], n), np.array_split(y[o], n), strict=True)), "not how many batches"),
        (lambda x, y, n, o: [(x[o][i:i + n - 1], y[o][i:i + n - 1]) for i in range(0, len(x), n)], "lacks its last sample"), (lambda x, y, n, o: [(x[o[i:i + n]], y[o[i:i + n]]) for i in range(len(x) - n + 1)], "overlap"), (lambda x, y, n, o: [(y[o[i:i + n]], x[o[i:i + n]]) for i in range(0, len(x), n)], "images first"),
        (lambda x, y, n, o: cut(x[np.argsort(o)], y[np.argsort(o)], n), "sort by the order"), (lambda x, y, n, o: [cut(x, y, n)[i] for i in o if i < len(cut(x, y, n))], "whole batches"), (lambda x, y, n, o: [(x[i], y[i]) for i in o], "single samples"),
        (lambda x, y, n, o: cut(x[o[::-1]], y[o[::-1]], n), "from its end"), (lambda x, y, n, o: ([b[0] for b in cut(x[o], y[o], n)], [b[1] for b in cut(x[o], y[o], n)]), "two lists"), (lambda x, y, n, o: [x[o[i:i + n]] for i in range(0, len(x), n)], "its labels, too"),
        (first_only, "inside the loop"), (forgetful, "forget the one before"), (shuffled_in_place, "is changed"), (lambda x, y, n, o: [(0 * a, 0 * b) for a, b in batches(x, y, n, o)], "is expected"), (lambda x, y, n: cut(x, y, n), "yours takes (x, y, n)"),
        (lambda x, y, n, o: cut(*(part[np.random.permutation(len(x))] for part in (x, y)), n), "two different answers"), (lambda x, y, n, o: cut(x[o], y[o], 3), "on 4 samples"), (lambda x, y, n, o: [(x[i:i + n], y[i:i + n]) for i in o], "where batches begin"), (lambda x, y, n, o: [(x[o][k * n:k * n + n], y[o][k * n:k * n + n]) for k in range(len(x) // n + 1)], "an empty batch"), (lambda x, y, n, o: {i: b for i, b in enumerate(batches(x, y, n, o))}, "a dict"),
    ],
    "early_stop": [
        (lambda v, n: (stop(v, n)[1] - 1, stop(v, n)[1]), "that is the last epoch"), (lambda v, n: (v.index(min(v)), stop(v, n)[1]), "never ran"), (lambda v, n: (v.index(min(v)), len(v)), "it never stops"), (lambda v, n: (stop(v, n)[0], len(v)), "the run stops early"),
        (stopping(enough=lambda waited, n: waited > n), "one epoch too many"), (stopping(enough=lambda waited, n: waited >= n - 1), "one epoch too few"), (stopping(reset=False), "back to 0"), (stopping(better=lambda loss, low: loss <= low), "the first epoch that reached it"),
        (equal_resets, "does not set the count back"), (stopping(worse=lambda loss, low: loss > low), "counts as a failure, too"), (stopping(start=1.0), "larger than 1"), (stopping(start=1), "start with infinity"), (stopping(start=0.0), "below 0"),
        (neighbours(lambda now, last: now > last), "not with the epoch before"), (neighbours(lambda now, last: now >= last), "not with the epoch before"), (neighbours(lambda now, last: now > last, False), "not with the epoch before"),
        (neighbours(lambda now, last: now >= last, False), "not with the epoch before"), (lambda v, n: (stop(v, n)[0] + 1, stop(v, n)[1]), "counted from 0"), (lambda v, n: (stop(v, n)[0] + 1, stop(v, n)[1] + 1), "both one too many"),
        (lambda v, n: (stop(v, n)[0], stop(v, n)[1] - 1), "how many epochs ran"), (lambda v, n: (stop(v, n)[0], stop(v, n)[0] + 1), "took to the best"), (lambda v, n: (stop(v, n)[0], stop(v, n)[0] + n + 1), "more epochs than losses"),
        (lambda v, n: (v[stop(v, n)[0]], stop(v, n)[1]), "the lowest loss"), (lambda v, n: stop(v, n)[::-1], "other way round"), (lambda v, n: stop(v, n)[0], "epochs are run, too"), (stopping(start=100.0), "in the hundreds"), (stopping(better=lambda loss, low: loss < low - 1e-3), "however little"), (stop_from_zero, "no failure: there is none"), (lambda v, n: (0, 0), "is expected"),
        (unstopped(lambda v, best: (len(v) - 1, len(v))), "not the last"), (unstopped(lambda v, best: (best, best + 1)), "not those up to the best"), (lambda v, n: stop(v, min(n, 3)), "larger than 3"), (unstopped(lambda v, best: 1 / (best == len(v) - 1) and (best, len(v))), "raises ZeroDivisionError"),
        (lambda v, n: v[n + 9], "raises IndexError"), (lambda v: (0, len(v)), "yours takes (v)"), (lambda v, n: stop(v, 2), "is expected"), (lambda v, n: v.sort() or stop(v, n), ""), (lambda v, n: stop(v[1:], n) if len(v) > 1 else (0, 1), "is expected"),
        (lambda v, n: v.append(9.0) or stop(v[:-1], n), "is changed"), (lambda v, n: next((i, i + 1) for i in range(n, len(v)) if min(v[i - n:i]) < v[i]), ""),
    ],
    "diagnosis": [("acdb", "first two"), ("cdab", "middle two"), ("cabd", "last two"), ("cbda", "validation only"), ("bdac", "for each cause"), ("abcd", "longer and longer"), ("cadd", "Symptom 4"), ("caab", "Symptom 3"), ("ccdb", "Symptom 2"),
                  ("dcba", "0 of 4"), ("cad", "you gave 3"), ("cadba", "you gave 5"), ("cade", "choose from"), ({"a", "b", "c", "d"}, "a set, which has no order"), ("4c 3a 2d 1b", "for each cause"), ("2c, 1a, 3d, 4b", "first two"), ("1c 1a 3d 4b", "from 1 to 4, each once"), ("0c 1a 2d 3b", "from 1 to 4, each once"), ("1c a d b", "from 1 to 4"), ("1c 2a 3d", "you gave 3"),
                  ({1: "a", 2: "c", 3: "d", 4: "b"}, "first two"), ({"one": "c"}, "choose from"), ("-c a d b", "without signs"), (2413, "one number")],
    "difference": [
        (errors(lambda d: d.std(ddof=1)), "steadier"), (errors(lambda d: d.std() / len(d) ** 0.5), "ddof=1"), (errors(np.std), "two things"), (errors(lambda d: d.std(ddof=1) / len(d)), "not n"), (errors(lambda d: d.var(ddof=1) / len(d) ** 0.5), "variance"),
        (errors(lambda d: d.var(ddof=1) / len(d)), "Take the root"), (errors(lambda d: d.std(ddof=1) / (len(d) - 1) ** 0.5), "outside stands"), (lambda a, b: (a.mean() - b.mean(), np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))), "ignores the pairs"),
        (lambda a, b: ((a - b).mean(), (a.std(ddof=1) - b.std(ddof=1)) / len(a) ** 0.5), "do not subtract"), (lambda a, b: difference(np.abs(a - b), 0), "keep the signs"), (lambda a, b: (abs(difference(a, b)[0]), difference(a, b)[1]), "keep the sign of the mean"),
        (lambda a, b: difference(b, a), "the sign: it is"), (errors(scipy.stats.sem, np.sum), "sum of the differences"), (errors(scipy.stats.sem, np.median), "median"), (lambda a, b: difference(a, b)[::-1], "mean first"), (lambda a, b: (a - b).mean(), "standard error, too"),
        (lambda a, b: (a - b, difference(a, b)[1]), "all the differences"), (lambda a, b: (0.0, 0.0), "is expected"), (lambda a, b: (2.0, 1.0), "is expected"), (lambda d: difference(d, 0), "yours takes (d)"), (lambda a, b: a.__isub__(b) is a and difference(a, 0), "is changed"),
        (lambda a, b: difference(np.sort(a), np.sort(b)), "is expected"), (lambda a, b: (difference(a, b)[0], 1.96 * difference(a, b)[1]), "is expected"),
    ],
}
