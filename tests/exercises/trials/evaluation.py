"""Chapter 7: training, prediction, evaluation."""

import numpy as np
import sklearn.metrics
import torch

from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import Linear
from cnnlib.optim import SGD

NO_ARRAY = ("split",)
INTEGERS = ("split", "twins")
FOUR = (213 / 240, 0.6, 0.75, 2 / 3)
MARGIN = (1.96 * (0.95 * 0.05 / 400) ** 0.5, 1825)


def confusion(truth, said, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    for t, s in zip(truth, said, strict=True):
        matrix[t, s] += 1
    return matrix


def confusion_add_at(truth, said, classes):
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (truth, said), 1)
    return matrix


def confusion_fancy(truth, said, classes):
    matrix = np.zeros((classes, classes))
    matrix[truth, said] += 1
    return matrix


def confusion_ones(truth, said, classes):
    matrix = np.zeros((classes, classes))
    for t, s in zip(truth, said, strict=True):
        matrix[t, s] = 1
    return matrix


def rates(matrix):
    hits = np.diag(matrix)
    return hits / np.maximum(matrix.sum(axis=0), 1), hits / np.maximum(matrix.sum(axis=1), 1)


def rates_loop(matrix):
    precision, recall = [], []
    for k in range(len(matrix)):
        said, true = sum(matrix[:, k]), sum(matrix[k, :])
        precision.append(matrix[k, k] / said if said else 0)
        recall.append(matrix[k, k] / true if true else 0)
    return precision, recall


def rates_torch(matrix):
    matrix = torch.tensor(matrix, dtype=torch.float64)
    hits = matrix.diagonal()
    return torch.nan_to_num(hits / matrix.sum(dim=0)), torch.nan_to_num(hits / matrix.sum(dim=1))


def naive(matrix):
    return np.diag(matrix) / matrix.sum(axis=0), np.diag(matrix) / matrix.sum(axis=1)


def divided(matrix):
    hits, said, true = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    return np.divide(hits, said, where=said > 0), np.divide(hits, true, where=true > 0)


def unset(matrix):
    precision, recall = np.empty(len(matrix)), np.empty(len(matrix))
    for k in range(len(matrix)):
        if matrix[:, k].any():
            precision[k] = matrix[k, k] / matrix[:, k].sum()
        if matrix[k].any():
            recall[k] = matrix[k, k] / matrix[k].sum()
    return precision, recall


def split(n, share, rng):
    order = rng.permutation(n)
    cut = round(n * share)
    return order[cut:], order[:cut]


def split_shuffle(n, share, rng):
    order = np.arange(n)
    rng.shuffle(order)
    k = int(n * share)
    return order[:n - k], order[n - k:]


def split_choice(n, share, rng):
    validation = rng.choice(n, size=int(np.ceil(n * share)), replace=False)
    return np.setdiff1d(np.arange(n), validation), validation


def split_lists(n, share, rng):
    keys = [(rng.random(), i) for i in range(n)]
    order = [i for _, i in sorted(keys)]
    return order[round(share * n):], sorted(order[:round(share * n)])


def split_torch(n, share, rng):
    order = torch.randperm(n, generator=torch.Generator().manual_seed(int(rng.integers(1 << 30))))
    return order[round(n * share):], order[:round(n * share)]


def first_twenty(n, share, rng):
    k = round(n * share)
    return k + rng.permutation(n - k), rng.permutation(k)


def split_from_minus_zero(n, share, rng):
    order, k = rng.permutation(n), round(n * share)
    return order[:-k], order[-k:]


def split_from_the_end(n, share, rng):
    order, k = rng.permutation(n), int(n * share)
    return order[:-k], order[-k:]


def from_some(some):
    """Splits whose validation part is drawn from some of the samples, or begins with one."""
    def wrong(n, share, rng):
        first = rng.permutation(some(n))
        order = np.concatenate([first, np.setdiff1d(np.arange(n), first)])
        return order[round(n * share):], order[:round(n * share)]
    return wrong


def always_first(n, share, rng):
    order = np.concatenate([[0], 1 + rng.permutation(n - 1)])
    return order[round(n * share):], order[:round(n * share)]


def global_split(n, share, rng):
    order = np.random.permutation(n)
    return order[round(n * share):], order[:round(n * share)]


def every_fifth(n, share, rng):
    validation = np.arange(rng.integers(round(1 / share)), n, round(1 / share))[:round(n * share)]
    return np.setdiff1d(np.arange(n), validation), validation


def masked(n, share, rng):
    mask = rng.permutation(n) < round(n * share)
    return ~mask, mask


def coin(n, share, rng):
    mask = rng.random(n) < share
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def with_repeats(n, share, rng):
    validation = rng.integers(0, n, round(n * share))
    return np.setdiff1d(np.arange(n), validation), validation


def two_permutations(n, share, rng):
    return rng.permutation(n)[round(n * share):], rng.permutation(n)[:round(n * share)]


def cut(size):
    def wrong(n, share, rng):
        order = rng.permutation(n)
        k = size(n, share)
        return order[k:], order[:k]
    return wrong


def fixed_seed(n, share, rng):
    return split(n, share, np.random.default_rng(42))


def one_based(n, share, rng):
    return tuple(part + 1 for part in split(n, share, rng))


def distances(train, validation):
    a, b = (part.reshape(len(part), -1) * 1.0 for part in (train, validation))
    return np.sqrt(((b[:, None] - a) ** 2).sum(axis=2))


def twins(train, validation, distance):
    return np.flatnonzero(distances(train, validation).min(axis=1) < distance)


def twins_loop(train, validation, distance):
    found = []
    for i, image in enumerate(validation):
        for other in train:
            if np.sqrt(np.sum((image.astype(float) - other.astype(float)) ** 2)) < distance:
                found.append(i)
                break
    return np.array(found, dtype=int)


def twins_torch(train, validation, distance):
    a, b = (torch.tensor(part).double().flatten(1) for part in (train, validation))
    return torch.nonzero(torch.linalg.norm(b[:, None] - a[None], dim=2).min(dim=1).values < distance)[:, 0]


def twins_mask(train, validation, distance):
    return distances(train, validation).min(axis=1) < distance


def twins_nearest(train, validation, distance):
    return distances(train, validation).argmin(axis=1)


def twins_short(t, v, d):
    t, v = (a.astype(np.int16) if a.dtype == np.uint8 else a for a in (t, v))
    return np.flatnonzero(np.sqrt(((v[:, None] - t[None]) ** 2).sum((2, 3)).astype(float)).min(1) < d)


def twins_raw(train, validation, distance):
    return np.flatnonzero([min(np.sqrt(float(((image - other) ** 2).sum())) for other in train) < distance for image in validation])


def loop(x, target, w, b, lr, orders, batch_size):
    w, b, losses = w.copy(), b.copy(), []
    for order in orders:
        total = 0.0
        for i in range(0, len(order), batch_size):
            chosen = order[i:i + batch_size]
            z = x[chosen] @ w.T + b
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            rows = np.arange(len(chosen))
            total -= np.log(p[rows, target[chosen]]).sum()
            p[rows, target[chosen]] -= 1
            p /= len(chosen)
            w -= lr * p.T @ x[chosen]
            b -= lr * p.sum(axis=0)
        losses.append(total / len(order))
    return w, b, losses


def loop_overflowing(x, target, w, b, lr, orders, batch_size):
    losses = []
    for order in orders:
        total = 0.0
        for chosen in (order[i:i + batch_size] for i in range(0, len(order), batch_size)):
            e = np.exp(x[chosen] @ w.T + b)
            p, truth = e / e.sum(axis=1)[:, None], np.eye(len(b))[target[chosen]]
            total -= np.log((p * truth).sum(axis=1)).sum()
            w, b = w - lr * (p - truth).T @ x[chosen] / len(chosen), b - lr * (p - truth).mean(axis=0)
        losses.append(total / len(order))
    return w, b, losses


def loop_cnnlib(x, target, w, b, lr, orders, batch_size):
    layer = Linear(x.shape[1], len(b), rng=np.random.default_rng(0), dtype=np.float64)
    layer.load_state_dict({"weight": w, "bias": b})
    criterion, optimizer, losses = CrossEntropyLoss(), SGD(layer.parameters(), lr=lr), []
    for order in orders:
        total = 0.0
        for i in range(0, len(order), batch_size):
            chosen = order[i:i + batch_size]
            total += criterion(layer(x[chosen]), target[chosen]) * len(chosen)
            optimizer.zero_grad()
            layer.backward(criterion.backward())
            optimizer.step()
        losses.append(total / len(x))
    return layer.weight.data, layer.bias.data, losses


def loop_torch(x, target, w, b, lr, orders, batch_size):
    x, target = torch.tensor(x), torch.tensor(target)
    w, b = (torch.tensor(a, requires_grad=True) for a in (w, b))
    optimizer, losses = torch.optim.SGD([w, b], lr=lr), []
    for order in orders:
        total = 0.0
        for chosen in torch.tensor(order).split(batch_size):
            loss = torch.nn.functional.cross_entropy(x[chosen] @ w.T + b, target[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chosen)
        losses.append(total / len(x))
    return w, b, losses


def loop_in_place_of_a_copy(x, target, w, b, lr, orders, batch_size):
    losses = np.zeros(len(orders))
    for epoch, order in enumerate(orders):
        for i in range(0, len(x), batch_size):
            xb, tb = x[order[i:i + batch_size]], np.eye(len(b))[target[order[i:i + batch_size]]]
            z = xb @ w.T + b
            e = np.exp(z - z.max(axis=1)[:, None])
            p = e / e.sum(axis=1)[:, None]
            losses[epoch] += -(tb * np.log(p)).sum() / len(x)
            w, b = w - lr * (p - tb).T @ xb / len(xb), b - lr * (p - tb).mean(axis=0)
    return w, b, losses


def changed_loop(scale="mean", sign=-1, drop=False, losses="samples", pair=True, zero=True, shuffle=True):
    def wrong(x, target, w, b, lr, orders, batch_size):
        w, b, found, dw, db = w.copy(), b.copy(), [], 0, 0
        for order in orders:
            order = order if shuffle else np.arange(len(order))
            means, total = [], 0.0
            for i in range(0, len(order), batch_size):
                k = order[i:i + batch_size]
                if drop and len(k) < batch_size:
                    continue
                one = np.eye(len(b))[target[k] if pair else target[i:i + batch_size]]
                p = torch.softmax(torch.tensor(x[k] @ w.T + b), dim=1).numpy()
                means.append(-(one * np.log(p)).sum() / len(k))
                total += means[-1] * len(k)
                dz = (p - one) / (len(k) if scale == "mean" else 1)
                dw, db = (0, 0) if zero else (dw, db)
                dw, db = dw + dz.T @ x[k], db + dz.sum(axis=0)
                w, b = w + sign * lr * dw, b + sign * lr * db
            if losses == "after":
                p = torch.softmax(torch.tensor(x @ w.T + b), dim=1).numpy()
                total = -np.log(p[np.arange(len(x)), target]).sum()
            kept = len(x) - len(x) % batch_size if drop else len(x)
            found.append(np.mean(means) if losses == "batches" else total / max(kept, 1))
        return w, b, found
    return wrong


def loop_writes(x, target, w, b, lr, orders, batch_size):
    w[...], b[...], losses = loop(x, target, w, b, lr, orders, batch_size)
    return w, b, losses


def honesty(confidence, right, bins):
    where = np.minimum(np.maximum(np.ceil(confidence * bins).astype(int) - 1, 0), bins - 1)
    return sum(abs((confidence - right)[where == k].sum()) for k in range(bins)) / len(confidence)


def honesty_loop(confidence, right, bins):
    total = 0
    for k in range(bins):
        inside = (confidence > k / bins) & (confidence <= (k + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return total


def honesty_torch(confidence, right, bins):
    c, r = torch.tensor(confidence).double(), torch.tensor(right).double()
    where = torch.bucketize(c, torch.linspace(0, 1, bins + 1, dtype=torch.float64)[1:-1])
    return torch.zeros(bins, dtype=torch.float64).index_add(0, where, c - r).abs().sum() / len(c)


def floored(confidence, right, bins):
    where = np.minimum((confidence * bins).astype(int), bins - 1)
    return np.abs(np.bincount(where, confidence - right)).sum() / len(confidence)


def seen(confidence, bins):
    return len(set(np.ceil(confidence * bins)))


def unweighted(confidence, right, bins):
    where = np.ceil(confidence * bins)
    return np.mean([abs((confidence - right)[where == k].mean()) for k in set(where)])


def without_one(confidence, right, bins):
    return honesty(confidence[confidence < 1], right[confidence < 1], bins)


RIGHT = {
    "four_numbers": [FOUR, (0.89, 0.6, 0.75, 0.67), (0.8875, 0.60, 0.75, 0.667), (0.888, 0.6, 0.75, 2 * 0.6 * 0.75 / 1.35), [0.8875, 0.6, 0.75, 0.6667], np.array(FOUR), torch.tensor(FOUR)],
    "confusion": [
        confusion, confusion_add_at, lambda truth, said, classes: sklearn.metrics.confusion_matrix(truth, said, labels=range(classes)),
        lambda t, s, c: np.bincount(t * c + s, minlength=c * c).reshape(c, c), lambda t, s, c: np.eye(c)[t].T @ np.eye(c)[s],
        lambda t, s, c: [[int(((t == i) & (s == j)).sum()) for j in range(c)] for i in range(c)],
    ],
    "per_class": [rates, rates_loop, rates_torch, lambda matrix: np.nan_to_num(np.array(naive(matrix))), lambda m: [np.diag(m) / (m.sum(axis=k) + 1e-12) for k in (0, 1)]],
    "split": [split, split_shuffle, split_choice, split_lists, split_torch],
    "twins": [twins, twins_loop, twins_torch, lambda t, v, d: [i for i, row in enumerate(distances(t, v)) if (row < d).any()], lambda t, v, d: np.unique(np.nonzero(distances(t, v) < d)[0]), lambda t, v, d: np.nonzero([np.linalg.norm((t - 1.0 * image).reshape(len(t), -1), axis=1).min() < d for image in v])[0]],
    "loop": [loop, loop_cnnlib, loop_torch, loop_in_place_of_a_copy],
    "margin": [MARGIN, (0.0214, 1832), (0.0213, 1815), (0.021, 1825), (0.0214, 1825), (0.0214, 1824.76), [0.02136, 1825.0], (MARGIN[0], np.ceil(1824.76)), torch.tensor(MARGIN, dtype=torch.float64)],
    "luck": ["cab", "CAB", "c, a, b", ["c", "a", "b"], "1c 2a 3b"],
    "honesty": [honesty, honesty_loop, lambda c, r, bins: float(np.sum([abs(np.sum((c - r)[np.ceil(c * bins) == k])) for k in range(1, bins + 1)]) / len(c)), honesty_torch],
    "diagnosis": ["cbaed", "CBAED", "c, b, a, e, d", list("cbaed"), "1c 2b 3a 4e 5d"],
}

WRONG = {
    "four_numbers": [
        ((0.8875, 0.75, 0.6, 2 / 3), "are exchanged"), ((88.75, 60, 75, 66.67), "percent"), ((89, 60, 75, 67), "percent"), ((0.8875, 0.6, 0.75, 0.675), "harmonic"), ((27 / 240, 0.6, 0.75, 0.67), "quiet 186"),
        ((0.8875, 0.6, 0.75, 1 / 3), "the 2 is missing"), ((0.8875, 0.6, 0.5, 0.67), "hits and misses"), ((186 / 240, 0.6, 0.75, 0.67), "27 hits"), ((0.8875, 0.5, 0.75, 0.6), "false alarms"), ((0.8875, 0.6, 0.75, 0.45), "not the product"),
        ((0.8875, 0.6, 0.8, 0.67), "3 of 4"), ((0.8875, 0.6, 0.75), "4 results"), ((0.8875, 0.6, 0.25, 0.67), "share of misses"), ((0.9, 0.6, 0.75, 0.67), "3 of 4"), ((0.5, 0.6, 0.75, 0.67), "all 240"),
    ],
    "confusion": [
        (lambda t, s, c: confusion(s, t, c), "transposed"), (confusion_fancy, "repeated pairs"), (confusion_ones, "repeated pairs"), (lambda t, s, c: confusion(t, s, c) / len(t), "not shares."),
        (lambda t, s, c: confusion(t, s, c) / np.maximum(confusion(t, s, c).sum(axis=1, keepdims=True), 1), "each row"), (lambda t, s, c: np.diag(np.diag(confusion(t, s, c))), "right answers only"),
        (lambda t, s, c: sklearn.metrics.confusion_matrix(t, s), "is expected"), (lambda t, s, c: confusion(t, s, max(t.max(), s.max()) + 1), "that never occurs"), (lambda t, s, c: confusion(t, s, c).ravel(), "in one row"),
        (lambda t, s, c: (t == s).sum(), "one number"), (lambda t, s, c: confusion(t - 1, s - 1, c), "is expected"), (lambda t, s, c: np.zeros((c, c)), "is expected"), (lambda t, s, c: confusion(t, s, c + 1), "the shape"),
        (lambda t, s, c: confusion(t + 1, s, c), "raises IndexError"),
        *((lambda t, s, c, dtype=dtype: confusion(t, s, c).astype(dtype), "large ones overflow") for dtype in (np.uint8, np.int8)), (lambda t, s, c: np.minimum(confusion(t, s, c), 255), "400 times"), (confusion_ones, "write += where you write ="), (lambda t, s: t, "yours takes (t, s)"),
    ],
    "per_class": [
        (lambda m: rates(m)[::-1], "exchanged"), (lambda m: rates(m.T), "exchanged"), (naive, "0 / 0 is nan"), (lambda m: (np.nan_to_num(naive(m)[0]), naive(m)[1]), "never the truth"),
        (lambda m: (naive(m)[0], np.nan_to_num(naive(m)[1])), "never the answer"), (lambda m: (np.diag(m) / m.sum(),) * 2, "shares of all"), (lambda m: tuple(r.mean() for r in rates(m)), "not their mean"), (lambda m: rates(m)[0], "Return recall too"),
        (lambda m: (np.trace(m) / m.sum(),) * 2, "accuracy, twice"), (lambda m: np.stack(rates(m), axis=1), "a pair for each class"), (lambda m: tuple(100 * r for r in rates(m)), "percent"), (lambda m: (rates(m)[1],) * 2, "recall is right"),
        (lambda m: np.nan_to_num(naive(m), nan=1.0), "not 1"), (lambda m: (m[0, 0] / m[:, 0].sum(), m[0, 0] / m[0].sum()), "is expected"), (lambda m: rates(m)[0] * 1j, "2 results are expected"),
        (lambda m: tuple([m[k, k] / int(m.sum(axis=a)[k]) for k in range(len(m))] for a in (0, 1)), "0 / 0 is nan"), (lambda m: [m[k][k] // max(1, m[:, k].sum()) for k in range(len(m))], ""),
        (divided, "out=np.zeros"), (unset, "instead of np.empty"),
        (lambda m: (rates(m)[0] * (m.sum(axis=0) > 1), rates(m)[1]), "is expected"), (lambda m: (rates(m)[0], rates(m)[1] * (m.sum(axis=1) > 1)), "is expected"),
    ],
    "split": [
        (first_twenty, "validation is a block"), (global_split, "two different answers"), (fixed_seed, "Draw from rng"), (every_fifth, "every"), (masked, "masks"), (coin, "it gets"), (with_repeats, ""), (two_permutations, "in both parts"),
        (lambda n, share, rng: split(n, share, rng)[::-1], "parts are exchanged"), (cut(lambda n, share: n // 5), "n = 50 and share = 0.3, validation should get a share of 0.3, it gets 10 of 50"), (cut(lambda n, share: 20), "n = 50"),
        (cut(lambda n, share: round(n * share) + 1), "it gets 21 of 100"), (one_based, "from 0 to n − 1"), (lambda n, share, rng: (np.arange(round(n * share), n), np.arange(round(n * share))), "a block"),
        (lambda n, share, rng: split(n, share, rng)[0], "two arrays"), (lambda n, share, rng: rng.permutation(n), "two arrays"), (split_from_the_end, "n = 3 and share = 0.2"), (always_first, "number 0 is always in"),
        (split_from_minus_zero, "validation gets everything"),
        (from_some(lambda n: np.arange(n - 1)), "number 4 is never in"), (from_some(lambda n: np.arange(1, n)), "number 0 is never in"), (from_some(lambda n: np.arange((n + 1) // 2)), "is never in"),
        (from_some(lambda n: np.arange(n // 2, n)), "is never in"), (from_some(lambda n: np.arange(0, n, 2)), "number 1 is never in"), (from_some(lambda n: np.arange(1, n, 2)), "is never in"),
        (lambda n, share, rng: tuple(part / 1 for part in split(n, share, rng)), "must be integers"), (lambda n, share, rng: (split(n, share, rng)[0], split(n, share, rng)[1].tolist()), "in both parts"),
        (lambda n, share, rng: [[float(i) for i in part] for part in split(n, share, rng)], "must be integers"), (lambda n, share, rng: tuple(torch.tensor(part / 1) for part in split(n, share, rng)), "must be integers"), (lambda n, share, rng: (split(n, share, rng)[0], [])[0:2], "neither part"), (lambda n, share: n, "yours takes (n, share)"),
        (lambda n, share, rng: split(n, share, np.random.default_rng()), "two different answers"), (lambda n, share, rng: rng.shuffle(np.arange(n)), "returns nothing"), (lambda n, share, rng: split(100, 0.2, rng), "n = 50"),
    ],
    "twins": [
        (lambda t, v, d: twins(t, v, d**0.5), "squared distance"), (lambda t, v, d: twins(v, t, d), "number the training images"), (twins_mask, "is a mask"), (twins_nearest, "is expected"),
        (lambda t, v, d: np.flatnonzero(distances(t, v).min(axis=1) <= d), "not ≤"), (lambda t, v, d: np.flatnonzero(distances(t, v).max(axis=1) < d), "not the farthest"), (lambda t, v, d: np.flatnonzero(distances(t, v).mean(axis=1) < d), "not the mean"),
        (lambda t, v, d: np.argwhere(distances(t, v) < d)[:, 0], "named twice"), (lambda t, v, d: np.flatnonzero(distances(t, v).min(axis=1) == 0), "only identical"), (twins_raw, "uint8"), (lambda t, v, d: len(twins(t, v, d)), "how many"),
        (lambda t, v, d: twins(t, v, d * t[0].size**0.5), "not averaged"), (lambda t, v, d: np.setdiff1d(np.arange(len(v)), twins(t, v, d)), "without a twin"), (lambda t, v, d: np.flatnonzero(np.abs(v[:, None] - 1.0 * t[None]).sum(axis=(2, 3)).min(axis=1) < d), "absolute differences"),
        (lambda t, v, d: np.flatnonzero(np.sqrt(((v[:, None] - t[None]).astype(float) ** 2).sum((2, 3))).min(1) < d), "before the difference"),
        (lambda t, v, d: np.flatnonzero([min(np.linalg.norm(image * 1.0 - other, 2) for other in t) < d for image in v]), "largest stretch"),
        (twins_short, "does not fit into int16"), (lambda t, v, d: [], "is expected"), (lambda t, v, d: [i for i in range(len(v)) if i < len(t) and np.linalg.norm(v[i] - 1.0 * t[i]) < d], "of the same number"), (lambda t, v: t, "yours takes (t, v)"),
    ],
    "loop": [
        (changed_loop(scale="sum"), "divide by their number"), (changed_loop(sign=1), "uphill"), (changed_loop(drop=True), "the last batch may be smaller"), (changed_loop(losses="batches"), "weight a batch's loss"),
        (loop_overflowing, "exp overflows"), (changed_loop(pair=False), "by the same indices"), (changed_loop(zero=False), "earlier batches"), (changed_loop(losses="after"), "before its step"), (changed_loop(shuffle=False), "as they come"), (lambda *args: loop(*args[:5], args[5][:1], args[6]), "one epoch"),
        (lambda *args: loop(*args)[:2], "Return the list of losses"), (lambda *args: loop(*args)[0], "w is right"), (lambda *args: loop(*args)[2], "the losses are right"), (loop_writes, "is changed"),
        (lambda *args: (loop(*args)[0], args[3], loop(*args)[2]), "is expected"), (lambda x, target, w, b, lr, orders, batch_size: loop(x, target, w, b, lr, orders, len(x)), "is expected"), (lambda *args: (loop(*args)[0].T, *loop(*args)[1:]), "shape"),
    ],
    "margin": [
        ((MARGIN[0], 900), "1 of 2"), ((2.14, 1825), "share"), ((0.0109, 475), "1.96 of them"), ((0.0214, 475), "1.96 included"), ((0.0218, 1900), "use 1.96"), ((0.0214, 855), "four times"),
        ((1.96 * 0.95 * 0.05 / 400, 1825), "root is missing"), ((1.96 * (0.95 * 0.05) ** 0.5, 1825), "under the root"), ((1.96 * (0.25 / 400) ** 0.5, 9604), "widest"), (0.0214, "2 results"), ((0.0214, 2000), "1 of 2"), ((0.05, 1825), "1 of 2"),
    ],
    "luck": [("aab", "three spreads up"), ("ccb", "know nothing"), ("cac", "tenth of the spread"), ("dab", "2 of 3"), ("bac", "1 of 3"), ("ca", "you gave 2"), ("abc", "0 of 3"), ("cae", "choose from")],
    "honesty": [
        (lambda c, r, bins: honesty(c, r, 15), "is expected"), (lambda c, r, bins: abs((c - r).mean()), "one gap over all"), (lambda c, r, bins: (c - r).mean(), "cancel"), (lambda c, r, bins: np.abs(c - r).mean(), "compare the means"),
        (floored, "the bin below"), (unweighted, "by the number of its answers"), (lambda c, r, bins: unweighted(c, r, bins) * seen(c, bins) / bins, "not at all"), (lambda c, r, bins: 100 * honesty(c, r, bins), "percent"), (lambda c, r, bins: honesty(c, ~r, bins), "exchanged"),
        (lambda c, r, bins: honesty(c, r, bins) * len(c), "number of answers"), (without_one, "is expected"), (lambda c, r, bins: 1 - honesty(c, r, bins), "is expected"), (lambda c, r: 0, "yours takes (c, r)"),
    ],
    "diagnosis": [("abcde", "drawn by dice"), ("cbade", "low, and nearly equal"), ("cabed", "log 10"), ("cbced", "sure and wrong"), ("cbaee", "50 digits"), ("cbae", "you gave 4"), ("cbaedd", "you gave 6"), ("cbaef", "choose from"), ({"a", "b", "c"}, "give letters")],
}
