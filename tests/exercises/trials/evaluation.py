"""Chapter 7: training, prediction, evaluation."""

import numpy as np
import sklearn.metrics
import torch

NO_ARRAY = INTEGERS = ("split",)
FOUR = (0.94, 0.8, 8 / 12, 16 / 22)


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


RIGHT = {
    "four_numbers": [FOUR, (0.94, 0.80, 0.67, 0.73), (0.94, 0.8, 0.667, 0.727), (0.94, 0.8, 0.67, 0.7293), (0.94, 0.8, 0.67, 2 * 0.8 * 0.67 / 1.47), (0.94, 0.8, 0.666, 0.727), [0.94, 0.8, 0.6667, 0.7273], np.array(FOUR), (0.94, 0.8, 2 / 3, 0.7272), torch.tensor(FOUR)],
    "confusion": [
        confusion, confusion_add_at, lambda truth, said, classes: sklearn.metrics.confusion_matrix(truth, said, labels=range(classes)),
        lambda t, s, c: np.bincount(t * c + s, minlength=c * c).reshape(c, c), lambda t, s, c: np.eye(c)[t].T @ np.eye(c)[s],
        lambda t, s, c: [[int(((t == i) & (s == j)).sum()) for j in range(c)] for i in range(c)],
    ],
    "per_class": [rates, rates_loop, rates_torch, lambda matrix: np.nan_to_num(np.array(naive(matrix))), lambda m: [np.diag(m) / (m.sum(axis=k) + 1e-12) for k in (0, 1)]],
    "split": [split, split_shuffle, split_choice, split_lists, split_torch],
    "diagnosis": ["bca", "BCA", "b, c, a", ["b", "c", "a"], "b c a", ("B", "C", "A"), "1b 2c 3a"],
}

WRONG = {
    "four_numbers": [
        ((0.94, 8 / 12, 0.8, 16 / 22), "are exchanged"), ((94, 80, 66.7, 72.7), "percent"), ((94, 80, 67, 73), "percent"), ((0.94, 0.8, 0.67, (0.8 + 0.67) / 2), "harmonic"), ((0.08, 0.8, 0.67, 0.73), "quiet 86"), ((0.94, 0.8, 0.67, 0.733), "harmonic"),
        ((0.94, 0.8, 8 / 12, 8 / 22), "the 2 is missing"), ((0.94, 0.8, 8 / 14, 16 / 22), "hits and misses"), ((0.86, 0.8, 0.67, 0.73), "8 hits"), ((0.94, 8 / 14, 8 / 12, 16 / 26), "false alarms"),
        ((0.94, 0.8, 0.7, 0.73), "3 of 4"), ((0.94, 0.8, 0.667), "4 results"), ((0.94, 0.8, 1 / 3, 0.73), "share of misses"), ((0.9, 0.8, 0.67, 0.73), "3 of 4"), ((8 / 14, 0.8, 0.67, 0.73), "all 100"),
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
        (from_some(lambda n: np.arange(n - 1)), "number 4 is never in"), (from_some(lambda n: np.arange(1, n)), "number 0 is never in"), (from_some(lambda n: np.arange((n + 1) // 2)), "is never in"),
        (from_some(lambda n: np.arange(n // 2, n)), "is never in"), (from_some(lambda n: np.arange(0, n, 2)), "number 1 is never in"), (from_some(lambda n: np.arange(1, n, 2)), "is never in"),
        (lambda n, share, rng: tuple(part / 1 for part in split(n, share, rng)), "must be integers"), (lambda n, share, rng: (split(n, share, rng)[0], split(n, share, rng)[1].tolist()), "in both parts"),
        (lambda n, share, rng: [[float(i) for i in part] for part in split(n, share, rng)], "must be integers"), (lambda n, share, rng: tuple(torch.tensor(part / 1) for part in split(n, share, rng)), "must be integers"), (lambda n, share, rng: (split(n, share, rng)[0], [])[0:2], "neither part"), (lambda n, share: n, "yours takes (n, share)"),
        (lambda n, share, rng: split(n, share, np.random.default_rng()), "two different answers"), (lambda n, share, rng: rng.shuffle(np.arange(n)), "returns nothing"), (lambda n, share, rng: split(100, 0.2, rng), "n = 50"),
    ],
    "diagnosis": [("abc", "that is a gap"), ("bac", "1 of 3 is right"), ("cba", "that is a gap"), ("bcb", "2 of 3 are right"), ("acb", "1 of 3"), ("cab", "0 of 3"), ("bc", "you gave 2"), ("bcab", "you gave 4"), ("bcd", "choose from"),
                  ({"a", "b", "c"}, "give letters")],
}
