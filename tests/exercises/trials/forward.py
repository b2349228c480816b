"""Chapter 3: layers and forward propagation."""

import math

import numpy as np
import scipy.stats
import torch

from cnnlib.layers import Linear, ReLU, Sequential

NO_ARRAY = ("he",)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.maximum(z, 0)


def he_rows(n_in, n_out, rng):
    return [[rng.normal() * math.sqrt(2 / n_in) for _ in range(n_in)] for _ in range(n_out)]


def he_torch(n_in, n_out, rng):
    generator = torch.Generator().manual_seed(int(rng.integers(1 << 30)))
    return torch.empty(n_out, n_in).normal_(0, math.sqrt(2 / n_in), generator=generator).requires_grad_()


def normal(std):
    return lambda n_in, n_out, rng: rng.normal(0, std(n_in, n_out), size=(n_out, n_in))


def dead_unit(where):
    def he(n_in, n_out, rng):
        w = rng.normal(0, np.sqrt(2 / n_in), size=(n_out, n_in))
        w[where if n_in > 7 else 0] = 0
        return w
    return he


def forward_by_identity(x, layers):
    for w, b in layers:
        x = x @ w.T + b
        if w is not layers[-1][0]:
            x = relu(x)
    return x


def forward_layers(x, layers):
    *hidden, (w, b) = layers
    for weights, bias in hidden:
        x = relu(x @ weights.T + bias)
    return x @ w.T + b


def forward_recursive(x, layers):
    (w, b), rest = layers[0], layers[1:]
    z = x @ w.T + b
    return forward_recursive(z * (z > 0), rest) if rest else z


def forward_torch(x, layers):
    x = torch.tensor(x)
    for k, (w, b) in enumerate(layers):
        x = torch.nn.functional.linear(x, torch.tensor(w, requires_grad=True), torch.tensor(b))
        x = x if k == len(layers) - 1 else torch.relu(x)
    return x


def forward_library(x, layers):
    parts = []
    for w, b in layers:
        linear = Linear(w.shape[1], w.shape[0])
        linear.weight.data, linear.bias.data = w, b
        parts += [linear, ReLU()]
    return Sequential(*parts[:-1])(x)


def forward_pops(x, layers):
    w, b = layers.pop()
    for weights, bias in layers:
        x = relu(x @ weights.T + bias)
    return x @ w.T + b


def forward_with(where, f=relu, bias=1):
    def run(x, layers):
        for i, (w, b) in enumerate(layers):
            x = x @ w.T + bias * b
            x = f(x) if where(i, len(layers) - 1) else x
        return x
    return run


def merge_loops(w, b, w_next):
    rows, biases, columns = [], [], []
    for j in range(len(w)):
        for k in range(len(rows)):
            if all(rows[k] == w[j]) and biases[k] == b[j]:
                columns[k] = [c + v for c, v in zip(columns[k], w_next[:, j], strict=True)]
                break
        else:
            rows.append(w[j])
            biases.append(b[j])
            columns.append(list(w_next[:, j]))
    return rows, biases, [list(row) for row in zip(*columns, strict=True)]


def merge_dict(w, b, w_next):
    units = {}
    for row, bias, column in zip(w, b, w_next.T, strict=True):
        units.setdefault((*row, bias), []).append(column)
    keys = np.array(list(units))
    return keys[:, :-1], keys[:, -1], np.stack([np.sum(c, axis=0) for c in units.values()], axis=1)


def merge_matrix(w, b, w_next):
    _, first, which = np.unique(np.column_stack([w, b]), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    member = which.ravel()[:, None] == order
    return w[first[order]], b[first[order]], w_next @ member


def merge_torch(w, b, w_next):
    return tuple(torch.tensor(np.asarray(v), dtype=torch.float64) for v in merge_dict(w, b, w_next))


def merge_with(join, same=lambda a, b: np.array_equal(a, b)):
    def merge(w, b, w_next):
        kept, columns = [], []
        for j in range(len(w)):
            old = [k for k, i in enumerate(kept) if same(np.append(w[i], b[i]), np.append(w[j], b[j]))]
            if old:
                columns[old[0]] = join(columns[old[0]], w_next[:, j])
            else:
                kept.append(j)
                columns.append(w_next[:, j])
        return w[kept], b[kept], np.stack(columns, axis=1)
    return merge


def merge_in_place(w, b, w_next):
    w_next *= 1
    small = merge_dict(w, b, w_next)
    w_next[:] = 0
    return small


def merge_last(w, b, w_next):
    small, small_b, small_next = merge_dict(w[::-1], b[::-1], w_next[:, ::-1])
    return np.asarray(small)[::-1], np.asarray(small_b)[::-1], np.asarray(small_next)[:, ::-1]


def merge_sorted(w, b, w_next):
    units, which = np.unique(np.column_stack([w, b]), axis=0, return_inverse=True)
    return units[:, :-1], units[:, -1], w_next @ np.eye(len(units))[which.ravel()]


def reach_loop(x, layers, least):
    for k, (w, b) in enumerate(layers):
        x = relu(x @ w.T + b)
        mean = sum(x) / len(x)
        between = math.sqrt(sum(((row - mean) ** 2).sum() for row in x) / x.size)
        if between <= least * math.sqrt((x**2).sum() / x.size):
            return k
    return len(layers)


def reach_std(x, layers, least):
    k = 0
    while k < len(layers):
        w, b = layers[k]
        x = relu(x @ w.T + b)
        if x.var(axis=0).mean() <= least**2 * (x**2).mean():
            break
        k += 1
    return k


def reach_torch(x, layers, least):
    x = torch.tensor(x)
    for k, (w, b) in enumerate(layers):
        x = torch.relu(torch.nn.functional.linear(x, torch.tensor(w), torch.tensor(b)))
        if (x - x.mean(0)).pow(2).mean().sqrt() <= least * x.pow(2).mean().sqrt():
            return torch.tensor(k)
    return len(layers)


def reach_recursive(x, layers, least):
    if not layers:
        return 0
    (w, b), *rest = layers
    x = relu(x @ w.T + b)
    lost = np.linalg.norm(x - x.mean(axis=0)) <= least * np.linalg.norm(x)
    return 0 if lost else 1 + reach_recursive(x, rest, least)


def reach_with(lost, f=relu, bias=1, after=0):
    def reach(x, layers, least):
        for k, (w, b) in enumerate(layers):
            x = f(x @ w.T + bias * b)
            if lost(x, least):
                return k + after
        return len(layers) + after
    return reach


def rms(a):
    return np.sqrt(np.mean(a**2))


def apart(x, least):
    return rms(x - x.mean(axis=0)) <= least * rms(x)


RIGHT = {
    "shapes": [((32, 10), (10, 64), (10,)), [[32, 10], [10, 64], [10]], [torch.Size([32, 10]), torch.Size([10, 64]), torch.Size([10])],
               (np.zeros((32, 10)).shape, np.zeros((10, 64)).shape, np.zeros(10).shape)],
    "diagnose": ["abdc", "A B D C", ["a", "b", "d", "c"]],
    "he": [normal(lambda n_in, n_out: np.sqrt(2 / n_in)), he_rows, he_torch, lambda n_in, n_out, rng: rng.standard_normal((n_out, n_in)) * (2 / n_in) ** 0.5,
           lambda n_in, n_out, rng: rng.normal(scale=np.sqrt(2 / n_in), size=(n_in, n_out)).T.astype(np.float32)],
    "forward": [forward_layers, forward_recursive, forward_torch, forward_library, forward_with(lambda i, last: i < last)],
    "merge": [merge_loops, merge_dict, merge_matrix, merge_torch],
    "ten_layers": [0.03125, 1 / 32, 0.5 ** 5, 0.031, np.float32(0.03125), np.sqrt(0.5) ** 10],
    "reach": [reach_loop, reach_std, reach_torch, reach_recursive],
}

WRONG = {
    "shapes": [
        (((32, 10), (64, 10), (10,)), "one row for each output"), (((10, 32), (10, 64), (10,)), "examples come first"), (((32, 10), (10, 64), (32,)), "all examples share"),
        (((32, 10), (10, 64), (64,)), "not for each input"), (((32, 10), (10, 64), (1, 10)), "one axis"), (((32, 10), (10, 64), 10), "needs a comma"),
        (((32, 64), (10, 64), (10,)), "shape of x"), (((32, 10), (10, 64)), "3 results are expected"), (((10, 64), (10,), (32, 10)), "the order"),
        ((32, 10), "3 results"), (((32, 10), (10, 64), (10, 32)), "result 3: 1 result is expected"), (((32, 10), (10, 64), "10"), "result 3"),
        (((32, 11), (10, 64), (10,)), "2 of 3 are right"), (((32, 10), (32, 10, 64), (10,)), "result 2"),
    ],
    "diagnose": [
        ("abdd", "3 of 4 are right. Symptom 4"), ("abde", "by design"), ("abbc", "the units differ"), ("bbdc", "Symptom 1"), ("acdc", "Symptom 2"), ("abac", "Symptom 3"),
        ("abdb", "Symptom 4"), ("abd", "4 letters are asked for"), ("abdf", "letters to choose from"), (4, "you gave"), ({"a", "b", "c", "d"}, "no order"), ("eeee", "Symptom 1"), ("badc", "Symptom 1"),
    ],
    "he": [
        (normal(lambda i, o: 2 / i), "is the variance"), (normal(lambda i, o: np.sqrt(1 / i)), "factor 2 is missing"), (normal(lambda i, o: np.sqrt(2 / o)), "number of inputs"),
        (normal(lambda i, o: np.sqrt(2 / (i + o))), "Glorot"), (normal(lambda i, o: 1.0), "the scale is missing"), (normal(lambda i, o: 0.01), "standard deviation 0.0894"),
        (normal(lambda i, o: np.sqrt(2 / 250)), "for 100 inputs"), (normal(lambda i, o: 2 / np.sqrt(i)), "under the root"), (normal(lambda i, o: np.sqrt(2 * i)), "divide by n_in"),
        (lambda i, o, rng: rng.normal(0, np.sqrt(2 / i), size=(i, o)), "transposed"), (lambda i, o, rng: np.random.normal(0, np.sqrt(2 / i), size=(o, i)), "two different answers"),
        (lambda i, o, rng: np.random.default_rng(0).normal(0, np.sqrt(2 / i), size=(o, i)), "Draw from rng"), (lambda i, o, rng: np.random.default_rng().normal(size=(o, i)), "two different"),
        (lambda i, o, rng: np.tile(rng.normal(0, np.sqrt(2 / i), size=i), (o, 1)), "Draw every weight"), (lambda i, o, rng: np.repeat(rng.normal(0, np.sqrt(2 / i), (o, 1)), i, 1), "Draw every"),
        (lambda i, o, rng: rng.uniform(-np.sqrt(6 / i), np.sqrt(6 / i), size=(o, i)), "they look uniform"), (lambda i, o, rng: rng.laplace(0, np.sqrt(1 / i), (o, i)), "another shape"),
        (lambda i, o, rng: np.zeros((o, i)), "every weight is 0"), (lambda i, o, rng: np.abs(rng.normal(0, np.sqrt(2 / i), size=(o, i))), "mean 0"),
        (lambda i, o, rng: rng.normal(0, np.sqrt(2 / i), size=o * i), "the shape (60, 250)"), (lambda i, o, rng: rng.normal(0, np.sqrt(2 / i)), "the shape"),
        (lambda i, o, rng: rng.uniform(-1, 1, (o, i)) * np.sqrt(2 / i), "standard deviation"), (lambda i, o: 0, "yours takes (i, o)"), (lambda i, o, rng: rng.normal(0, np.sqrt(6 / i), (o, i)), "uniform distribution ends"),
        (normal(lambda i, o: np.sqrt(2 // i)), "2 // n_in"), (lambda i, o, rng: rng.normal(0, np.sqrt(2 / i), (o, i)).round(1), "are rounded"), (lambda i, o, rng: rng.normal(0, np.sqrt(2 / i), (o, i)).round(3), "are rounded"),
        (lambda i, o, rng: scipy.stats.truncnorm.rvs(-2, 2, 0, np.sqrt(2 / i), (o, i), random_state=rng), "cut off"), (normal(lambda i, o: np.sqrt(2 / (i + 1))), "for 4 inputs"),
        (lambda i, o, rng: scipy.stats.truncnorm.rvs(-2, 2, 0, np.sqrt(2 / i) / 0.8796, (o, i), random_state=rng), "cut off"), (lambda i, o, rng: np.clip(rng.normal(0, np.sqrt(2 / i), (o, i)), -2 * np.sqrt(2 / i), 2 * np.sqrt(2 / i)), "cut off"),
        (dead_unit(np.s_[0]), "weights of unit 0"), (dead_unit(np.s_[-1]), "weights of unit 59"), (dead_unit(np.s_[:, 7]), "weights of input 7"),
    ],
    "forward": [
        (forward_with(lambda i, last: True), "are logits"), (forward_with(lambda i, last: False), "missing between"), (forward_with(lambda i, last: i == last), "not at the end"),
        (forward_with(lambda i, last: i == 0 and last > 0), "yours follows the first alone."), (forward_with(lambda i, last: 0 < i < last), "after the first layer"),
        (forward_with(lambda i, last: i == last - 1), "last but one alone"), (forward_with(lambda i, last: i < last, bias=0), "biases are missing"),
        (forward_with(lambda i, last: i < last, f=np.tanh), "this is tanh"), (forward_with(lambda i, last: i < last, f=sigmoid), "this is the sigmoid"),
        (lambda x, layers: x @ layers[0][0].T + layers[0][1], "inside the loop"), (lambda x, layers: relu(x @ layers[0][0].T + layers[0][1]), "and its ReLU"),
        (lambda x, layers: forward_layers(relu(x), layers), "x itself"), (lambda x, layers: forward_layers(x, [(w.T, b) for w, b in layers]), "raises ValueError"), (forward_pops, "`layers` is changed"),
        (lambda x, layers: forward_layers(x, layers)[0], "is expected"), (lambda x, layers: forward_with(lambda i, last: True)(x, layers[:-1]), "last layer is missing"),
        (lambda x, layers: forward_layers(x, layers[:3]), "is expected"), (lambda x, layers: forward_layers(x, layers[::-1]), "raises"), (lambda x, layers: x, "is expected"),
        (forward_by_identity, "may share theirs"), (forward_with(lambda i, last: i < min(last, 3)), "six layers"), (lambda x: x, "called with the arguments (x, layers); yours takes (x)"),
    ],
    "merge": [
        (merge_with(lambda a, b: a), "behind the copies are lost"), (merge_with(lambda a, b: b), "you keep the last"), (merge_with(lambda a, b: (a + b) / 2), "is expected"),
        (merge_with(np.add, lambda a, b: np.array_equal(a[:-1], b[:-1])), "differ in their bias"), (merge_with(np.add, lambda a, b: a[-1] == b[-1]), "not the bias alone"),
        (merge_with(np.add, lambda a, b: a[:-1].sum() == b[:-1].sum() and a[-1] == b[-1]), "weight by weight"), (lambda w, b, w_next: (w, b, w_next), "nothing is merged"),
        (merge_sorted, "np.unique sorts"), (merge_in_place, "`w_next` is changed"), (lambda w, b, w_next: merge_dict(w, b, w_next)[:2], "3 results are expected"),
        (lambda w, b, w_next: (merge_dict(w, b, w_next)[0].T, *merge_dict(w, b, w_next)[1:]), "is expected"), (lambda w, b: (w, b), "yours takes (w, b)"),
        (merge_with(np.add, lambda a, b: np.allclose(a[0], b[0])), "is expected"), (lambda w, b, w_next: merge_dict(w, b, w_next.T), "raises"),
        (merge_last, "last copy stood"), (merge_with(np.add, lambda a, b: True), "merged into one"),
        (merge_with(np.add, np.allclose), "almost equal is not equal"), (merge_with(np.add, lambda a, b: (np.abs(np.subtract(a, b)) < 1e-4).all()), "almost equal"),
        (merge_with(np.subtract), "is expected"), (lambda w, b, w_next: (*merge_dict(w, b, w_next)[:2], w_next), "is expected"),
    ],
    "ten_layers": [
        (1 / 1024, "of the mean square"), (1, "take away"), (0.7071, "one layer"), (0.5, "mean square over one layer"), (32, "turned over"), (3125, "The variance is its square"), (5**10, "And then the root"),
        (0.00032, "adds up 100"), (1e-10, "100 terms"), (5, "do not add"), (7.0711, "do not add"), (0, "not this one"), ("1/32", "without quotes"), (-0.03125, "not this one"),
    ],
    "reach": [
        (reach_with(apart, after=1), "one too many"), (reach_with(apart, after=-1), "one too few"), (reach_with(lambda x, least: rms(x - x.mean()) <= least * rms(x)), "each unit's own mean"),
        (reach_with(lambda x, least: rms(x - x.mean(axis=1, keepdims=True)) <= least * rms(x)), "axis=1"), (reach_with(lambda x, least: rms(x - x.mean(axis=0)) ** 2 <= least * rms(x) ** 2), "mean squares"),
        (reach_with(lambda x, least: rms(x - x.mean(axis=0)) < least * rms(x)), "includes equality"), (reach_with(lambda x, least: rms(x - x.mean(axis=0)) <= least), "by itself"),
        (reach_with(apart, f=lambda z: z), "ReLU is missing"), (reach_with(apart, bias=0), "biases are missing"), (lambda x, layers, least: len(layers), "inside the loop"),
        (reach_with(apart, f=np.tanh), "is expected"), (reach_with(lambda x, least: rms(x) <= least), "is expected"), (lambda x, layers, least: x, "is expected"), (lambda x, layers: 0, "yours takes (x, layers)"),
        (reach_with(lambda x, least: x.std(axis=0).mean() <= least * rms(x)), "is expected"), (reach_with(lambda x, least: not apart(x, least)), "is expected"),
    ],
}
