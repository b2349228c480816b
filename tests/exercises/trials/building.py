"""Chapter 12: building a CNN."""

import numpy as np
import torch

from cnnlib.course.exercises.building import _field, _ledger, _normalised

NO_ARRAY = ("field", "ledger")


def field_backwards(layers):
    """From the unit back to the image, by counting pixels; the jump apart."""
    size = 1
    for kernel, stride, dilation in reversed(layers):
        size = (size - 1) * stride + dilation * (kernel - 1) + 1
    jump = 1
    for _, stride, _ in layers:
        jump = jump * stride
    return [size, jump]


def field_array(layers):
    k, s, d = np.array(layers, dtype=float).reshape(-1, 3).T
    jumps = np.concatenate([[1], np.cumprod(s)])
    return 1 + (d * (k - 1) * jumps[:-1]).sum(), jumps[-1]


def field_walk(layers):
    """Both neighbours' pixels, as sets."""
    units = [{0}, {1}]
    for kernel, stride, dilation in layers[::-1]:
        units = [{u * stride + dilation * i for u in unit for i in range(kernel)} for unit in units]
    return max(units[0]) - min(units[0]) + 1, min(units[1]) - min(units[0])


def norm_loops(x, w, b, eps):
    y = [[None] * x.shape[1] for _ in x]
    for c in range(x.shape[1]):
        values = [v for image in x for row in image[c] for v in row]
        m = sum(values) / len(values)
        s = (sum((v - m) ** 2 for v in values) / len(values) + eps) ** 0.5
        for n, image in enumerate(x):
            y[n][c] = [[w[c] * (v - m) / s + b[c] for v in row] for row in image[c]]
    return y


def norm_torch(x, w, b, eps):
    x, w, b = (torch.tensor(a, requires_grad=True) for a in (x, w, b))
    return torch.nn.functional.batch_norm(x, None, None, w, b, training=True, eps=eps)


def norm_moved(x, w, b, eps):
    flat = np.moveaxis(x, 1, -1)
    rows = flat.reshape(-1, x.shape[1])
    rows = (rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0) + eps) * w + b
    return np.moveaxis(rows.reshape(flat.shape), -1, 1)


def ledger_torch(layers, shape):
    """Shapes and parameters by PyTorch's own layers."""
    x, rows = torch.zeros(1, *shape), []
    for kind, *given in layers:
        if kind == "conv":
            layer = torch.nn.Conv2d(x.shape[1], given[0], given[1], given[2], given[3])
        elif kind == "pool":
            layer = torch.nn.MaxPool2d(*given)
        elif kind == "flatten":
            layer = torch.nn.Flatten()
        else:
            layer = torch.nn.Linear(x.shape[1], *given)
        y = layer(x)
        weight = getattr(layer, "weight", None)
        work = 0 if weight is None else weight.numel() * (y[0, 0].numel() if kind == "conv" else 1)
        rows.append([y.numel(), sum(p.numel() for p in layer.parameters()), work])
        x = y
    return rows


def ledger_recursive(layers, shape):
    if not layers:
        return []
    (kind, *given), *rest = layers
    size = int(np.prod(shape))
    if kind == "conv":
        n, k, s, p = given
        new, weights = (n, (shape[1] + 2 * p - k) // s + 1, (shape[2] + 2 * p - k) // s + 1), n * shape[0] * k * k
        row = [np.prod(new), weights + n, weights * new[1] * new[2]]
    elif kind == "pool":
        new = shape[0], (shape[1] - given[0]) // given[0] + 1, (shape[2] - given[0]) // given[0] + 1
        row = [np.prod(new), 0, 0]
    elif kind == "flatten":
        new, row = (size,), [size, 0, 0]
    else:
        new, row = tuple(given), [given[0], given[0] * (size + 1), given[0] * size]
    return [row, *ledger_recursive(rest, new)]


def varied(**how):
    return lambda layers, shape: _ledger(layers, shape, **how)


def channelwise(**how):
    return lambda x, w, b, eps: _normalised(x, w, b, eps, **how)


RIGHT = {
    "flatten_size": [720, 720.0, np.prod((12, 10, 6)), torch.tensor(720), torch.zeros(12, 10, 6).flatten().shape],
    "field": [_field, field_backwards, field_array, field_walk, lambda layers: np.array(_field(layers))],
    "batch_norm_forward": [norm_moved, norm_loops, norm_torch, lambda x, w, b, eps: np.einsum("nchw,c->nchw", _normalised(x, np.ones_like(w), np.zeros_like(b), eps), w) + b[None, :, None, None]],
    "bias_before_norm": ["abe", "bea", "a, b, e", {"a", "b", "e"}],
    "ledger": [ledger_recursive, ledger_torch, _ledger, lambda layers, shape: np.array(_ledger(layers, shape)), lambda layers, shape: tuple(_ledger(layers, shape))],
    "diagnosis": ["cadb", "C A D B", ["c", "a", "d", "b"]],
}

WRONG = {
    "flatten_size": [
        (2880, "second pooling"), (11520, "pooling has no parameters"), (540, "keeps 20 × 12"), (924, "no padding"), (600, "the columns"),
        (480, "12 filters"), (60, "one map"), (5760, "12 maps, not 96"), (2160, "over the colours"), (1200, "not square"), (432, "not square"), (721, "bias"), (400, "not this one"), ((12, 10, 6), ""), (576, "not this one"),
    ],
    "field": [
        (lambda layers: (1 + sum(d * (k - 1) for k, _, d in layers), int(np.prod([s for _, s, _ in layers]))), "earlier strides are forgotten"),
        (lambda layers: (_field(layers)[1], _field(layers)[0]), "the other way round"), (lambda layers: _field(layers)[0], "give both"),
        (lambda layers: _field([(k, s, 1) for k, s, _ in layers]), "dilation is not used"), (lambda layers: (_field(layers)[0] - 1, _field(layers)[1]), "a pixel sees itself"),
        (lambda layers: _field(layers[::-1]), "start at the last layer"), (lambda layers: (_field(layers)[0], layers[-1][1] if layers else 1), "not the last one"),
        (lambda layers: (16, 4), "no layer at all"), (lambda layers: _field(layers)[:1] * 2, ""), (lambda layers: (_field(layers)[0] ** 2, _field(layers)[1]), ""),
    ],
    "batch_norm_forward": [
        (channelwise(n_less=1), "divides by n here"), (channelwise(axes=(0,)), "over the batch alone"), (channelwise(axes=(2, 3)), "instance norm"), (channelwise(axes=(1, 2, 3)), "layer norm"),
        (channelwise(axes=(0, 1, 2, 3)), "one mean for everything"), (channelwise(axes=(1,)), "over the channels"), (channelwise(inside=False), "before the root"),
        (lambda x, w, b, eps: _normalised(x, np.ones_like(w), np.zeros_like(b), eps), "left out"), (lambda x, w, b, eps: norm_moved(x, w, 0 * b, eps), "shift b is left out"), (lambda x, w, b, eps: norm_moved(x, w / w, b, eps), "scale w is left out"),
        (lambda x, w, b, eps: (x - x.mean(axis=(0, 2, 3))) / np.sqrt(x.var(axis=(0, 2, 3)) + eps) * w + b, ""),
    ],
    "bias_before_norm": [("ab", "(e) again"), ("abcde", "not c"), ("a", "(b) again"), ("abde", "not d"), ("abce", "not c"), ("e", "(a) again"), ("be", "(a) again")],
    "ledger": [
        (varied(bias=False), "biases are missing"), (varied(every=True), "not one for each place"), (varied(shared=True), "at every place of its map"), (varied(spare=1), "on both sides"), (varied(spare=2), "padding is not used"),
        (varied(ceil=True), "round down"), (varied(square=True), "not square"), (varied(deep=False), "all channels"), (varied(paid=True), "not counted among"), (varied(pool=lambda n, k: n - k + 1), "moves by its kernel"),
        (varied(pool=lambda n, k: n // 2), "not always 2"), (varied(pool=lambda n, k: n), "shrinks the maps"), (lambda layers, shape: [r[::-1] for r in _ledger(layers, shape)], ""), (lambda layers, shape: _ledger(layers, shape)[-1], ""),
        (lambda layers, shape: [r for r in _ledger(layers, shape) if r[1]], "have their lines"), (lambda layers, shape: np.sum(_ledger(layers, shape), axis=0), "not the sums"), (lambda layers, shape: [(n, p, 2 * m) for n, p, m in _ledger(layers, shape)], "count it once"),
    ],
    "diagnosis": [("acdb", "first two"), ("cdab", "middle two"), ("dacb", "1 and 3"), ("cabd", ""), ("bcad", ""), ("cad", "4 letters"), ("cadd", "")],
}
