"""Chapter 3: layers and forward propagation."""

import math

import numpy as np
import scipy.stats
import torch

from cnnlib.layers import Linear, ReLU, Sequential

NO_ARRAY = ("he",)
WEIGHTS = 784 * 300 + 300 * 100 + 100 * 10


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.maximum(z, 0)


def layer_loops(x, w, b):
    return [[1 / (1 + math.exp(-sum(wi * xi for wi, xi in zip(row, example, strict=True)) - bias))
             for row, bias in zip(w, b, strict=True)] for example in x]


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


RIGHT = {
    "parameters": [266610, 266610.0, np.int64(266610), (784 + 1) * 300 + 301 * 100 + 101 * 10],
    "shapes": [((32, 10), (10, 64), (10,)), [[32, 10], [10, 64], [10]], [torch.Size([32, 10]), torch.Size([10, 64]), torch.Size([10])],
               (np.zeros((32, 10)).shape, np.zeros((10, 64)).shape, np.zeros(10).shape)],
    "layer": [
        lambda x, w, b: sigmoid(x @ w.T + b), layer_loops, lambda x, w, b: sigmoid(np.einsum("ni,oi->no", x, w) + b),
        lambda x, w, b: (torch.sigmoid(torch.nn.functional.linear(*(torch.tensor(v, requires_grad=True) for v in (x, w, b))))),
        lambda x, w, b: sigmoid((w @ x.T).T + b), lambda x, w, b: sigmoid((x[:, None] * w).sum(axis=2) + b),
        lambda x, w, b: np.array([sigmoid(w @ row + b) for row in x.astype(np.float32)]),
    ],
    "he": [normal(lambda n_in, n_out: np.sqrt(2 / n_in)), he_rows, he_torch, lambda n_in, n_out, rng: rng.standard_normal((n_out, n_in)) * (2 / n_in) ** 0.5,
           lambda n_in, n_out, rng: rng.normal(scale=np.sqrt(2 / n_in), size=(n_in, n_out)).T.astype(np.float32)],
    "forward": [forward_layers, forward_recursive, forward_torch, forward_library, forward_with(lambda i, last: i < last)],
}

WRONG = {
    "parameters": [
        (WEIGHTS, "these are the weights"), (784 * 300 * 100 * 10, "do not multiply"), (1194, "these are the units"), (410, "these are the biases"),
        (WEIGHTS + 1194, "inputs have no bias"), (WEIGHTS + 1184, "not of its inputs"), (WEIGHTS + 400, "last layer's"), (WEIGHTS + 10, "hidden units"),
        (WEIGHTS + 3, "not every layer"), (235500, "Two more follow"), (266611, "not this one"), (266609, "not this one"), ("266610", "the text"), (0, "not this one"),
    ],
    "shapes": [
        (((32, 10), (64, 10), (10,)), "one row for each output"), (((10, 32), (10, 64), (10,)), "examples come first"), (((32, 10), (10, 64), (32,)), "all examples share"),
        (((32, 10), (10, 64), (64,)), "not for each input"), (((32, 10), (10, 64), (1, 10)), "one axis"), (((32, 10), (10, 64), 10), "needs a comma"),
        (((32, 64), (10, 64), (10,)), "shape of x"), (((32, 10), (10, 64)), "3 results are expected"), (((10, 64), (10,), (32, 10)), "the order"),
        ((32, 10), "3 results"), (((32, 10), (10, 64), (10, 32)), "result 3: 1 result is expected"), (((32, 10), (10, 64), "10"), "result 3"),
        (((32, 11), (10, 64), (10,)), "2 of 3 are right"), (((32, 10), (32, 10, 64), (10,)), "result 2"),
    ],
    "layer": [
        (lambda x, w, b: x @ w.T + b, "this is z"), (lambda x, w, b: sigmoid(x @ w.T), "the bias is missing"), (lambda x, w, b: sigmoid(x @ (w.T + b)), "after the product"),
        (lambda x, w, b: sigmoid(x @ w + b), "x @ w.T. (On three examples, four inputs, three units, it raises ValueError in line"),
        (lambda x, w, b: sigmoid(w @ x.T + b[:, None]), "transposed"), (lambda x, w, b: sigmoid(x @ w.T) + b, "inside the sigmoid"),
        (lambda x, w, b: 1 / (1 + np.exp(-x @ w.T + b)), "mind the brackets"), (lambda x, w, b: 1 / (1 + np.exp(x @ w.T + b)), "sign in the exponent"),
        (lambda x, w, b: sigmoid(x @ w.T + b[:, None]), "gets its own bias"), (lambda x, w, b: np.tanh(x @ w.T + b), "this is tanh"), (lambda x, w, b: relu(x @ w.T + b), "this is ReLU"),
        (lambda x, w, b: sigmoid(x[0] @ w.T + b), "only the first example"), (lambda x, w, b: sigmoid(np.sum(x @ w.T + b, axis=1)), "the shape"),
        (lambda x, w, b: 1 / (1 + math.exp(-(x @ w.T + b))), "raises TypeError"), (lambda x, w: sigmoid(x @ w.T), "yours takes (x, w)"),
        (lambda x, w, b: sigmoid((w @ x.T).reshape(len(x), -1) + b), "is expected"),
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
}
