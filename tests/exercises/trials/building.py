"""Chapter 12: building a CNN."""

import numpy as np
import torch

from cnnlib.course.exercises.building import _design, _folded, _ledger, _normed_back, _sees, through
from cnnlib.dropout import dropout_backward
from cnnlib.module import Layer
from cnnlib.normalization import batch_norm_backward

NO_ARRAY = ("design", "ledger")
CONV, POOL = (3, 1), (2, 2)


def design_greedy(field, jump):
    """From the unit back: after every choice, what is left to see."""
    layers, left = [], field - jump
    while True:
        while left >= 2 * jump:
            layers.insert(0, [3, 1])
            left -= 2 * jump
        if jump == 1:
            return layers
        layers.insert(0, [2, 2])
        jump //= 2


def design_binary(field, jump):
    """The bits of what the convolutions must add say where one stands."""
    poolings, rest = int(np.log2(jump)), (field - jump) // 2
    layers = []
    for k in range(poolings):
        layers += [CONV] * (rest >> k & 1) + [POOL]
    return np.array(layers + [CONV] * (rest >> poolings)).reshape(-1, 2)


def design_search(field, jump):
    """All counts of convolutions at each jump; the shortest list that fits."""
    def grown(size, at):
        if size > field:
            return None
        if at == jump:
            more = (field - size) / (2 * at)
            return (CONV,) * int(more) if more == int(more) and more >= 0 else None
        tails = [(CONV,) * k + (POOL, *tail) for k in range(2)
                 if (tail := grown(size + 2 * k * at + at, 2 * at)) is not None]
        return min(tails, key=len) if tails else None
    return grown(1, 1)


def design_early(field, jump):
    """Right field, right jump, all convolutions before the poolings."""
    return [CONV] * ((field - jump) // 2) + [POOL] * int(np.log2(jump))


def design_late(field, jump):
    """Behind all poolings, rounded up."""
    return [POOL] * int(np.log2(jump)) + [CONV] * int(np.ceil((field - jump) / (2 * jump)))


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


def ledger_of_maps(layers, shape):
    """Believes the text: the image has three axes."""
    rows, (C, H, W), n = [], shape, None
    for kind, *how in layers:
        if kind == "conv":
            f, k, stride, p = how
            H, W = (H + 2 * p - k) // stride + 1, (W + 2 * p - k) // stride + 1
            rows.append((f * H * W, f * C * k * k + f, f * C * k * k * H * W))
            C = f
        elif kind == "pool":
            H, W = H // how[0], W // how[0]
            rows.append((C * H * W, 0, 0))
        elif kind == "flatten":
            n = C * H * W
            rows.append((n, 0, 0))
        else:
            rows.append((how[0], n * how[0] + how[0], n * how[0]))
            n = how[0]
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


def back_torch(dy, x, w, eps):
    x, w = (torch.tensor(a, requires_grad=True) for a in (x, w))
    b = torch.zeros_like(w, requires_grad=True)
    torch.nn.functional.batch_norm(x, None, None, w, b, training=True, eps=eps).backward(torch.tensor(dy))
    return x.grad, w.grad, b.grad


def back_loops(dy, x, w, eps):
    dx, dw, db = np.zeros_like(x), [], []
    for c in range(x.shape[1]):
        values, arrived = x[:, c].ravel(), dy[:, c].ravel()
        n, m = len(values), sum(values) / len(values)
        s = (sum((v - m) ** 2 for v in values) / n + eps) ** 0.5
        hat = [(v - m) / s for v in values]
        g = [w[c] * a for a in arrived]
        first, second = sum(g) / n, sum(a * h for a, h in zip(g, hat, strict=True)) / n
        dx[:, c] = np.reshape([(a - first - h * second) / s for a, h in zip(g, hat, strict=True)], x[:, c].shape)
        dw.append(sum(a * h for a, h in zip(arrived, hat, strict=True)))
        db.append(sum(arrived))
    return dx, dw, db


def back_steps(dy, x, w, eps):
    """Backwards through every step of the forward pass, as the paper of 2015 writes it."""
    axes, n = (0, 2, 3), x.size / x.shape[1]
    m = x.mean(axes, keepdims=True)
    var = ((x - m) ** 2).mean(axes, keepdims=True)
    dhat = dy * w[None, :, None, None]
    dvar = (dhat * (x - m)).sum(axes, keepdims=True) * -0.5 * (var + eps) ** -1.5
    dm = -dhat.sum(axes, keepdims=True) / np.sqrt(var + eps) - 2 * dvar * (x - m).mean(axes, keepdims=True)
    dx = dhat / np.sqrt(var + eps) + dvar * 2 * (x - m) / n + dm / n
    return [dx, np.einsum("nchw,nchw->c", dy, (x - m) / np.sqrt(var + eps)), dy.sum(axes)]


def back_library(dy, x, w, eps):
    zeros, ones = np.zeros(x.shape[1]), np.ones(x.shape[1])
    return batch_norm_backward(dy, x, zeros, ones, w, zeros, training=True, eps=eps)


def back_jacobian(dy, x, w, eps):
    """The whole matrix of derivatives, channel by channel."""
    dx, dw = np.empty_like(x), np.empty(len(w))
    for c in range(x.shape[1]):
        v, g = x[:, c].ravel(), dy[:, c].ravel()
        s = np.sqrt(v.var() + eps)
        hat, n = (v - v.mean()) / s, len(v)
        dx[:, c] = (w[c] / s * (np.eye(n) - 1 / n - np.outer(hat, hat) / n) @ g).reshape(x[:, c].shape)
        dw[c] = g @ hat
    return dx, dw, dy.sum((0, 2, 3))


def normed(**how):
    return lambda dy, x, w, eps: _normed_back(dy, x, w, eps, **how)


def means(*which):
    """A mean in place of a sum, in these of the three."""
    return lambda dy, x, w, eps: tuple(v * len(w) / x.size if k in which else v for k, v in enumerate(_normed_back(dy, x, w, eps)))


def fold_loops(w, b, shape, scale, shift, mean, var, eps):
    c, h, width = shape
    factor = [scale[i] / (var[i] + eps) ** 0.5 for i in range(len(b))]
    new = [[[[w[o][(k * h + i) * width + j] * factor[o] for j in range(width)] for i in range(h)] for k in range(c)] for o in range(len(b))]
    return new, [(b[i] - mean[i]) * factor[i] + shift[i] for i in range(len(b))]


def fold_einsum(w, b, shape, scale, shift, mean, var, eps):
    f = scale * (var + eps) ** -0.5
    return np.einsum("ochw,o->ochw", w.reshape(len(w), *shape), f), b * f - mean * f + shift


def fold_tried(w, b, shape, scale, shift, mean, var, eps):
    """What both layers make of zeros, and of single bright pixels."""
    def both(x):
        y = x.reshape(len(x), -1) @ w.T + b
        return (y - mean) / np.sqrt(var + eps) * scale + shift
    bias = both(np.zeros((1, *shape)))[0]
    units = np.eye(w[0].size).reshape(-1, *shape)
    return (both(units) - bias).T.reshape(-1, *shape), bias


def fold_torch(w, b, shape, scale, shift, mean, var, eps):
    w = torch.tensor(w).unflatten(1, shape)
    return torch.nn.utils.fusion.fuse_conv_bn_weights(w, *map(torch.tensor, (b, mean, var)), eps, torch.tensor(scale), torch.tensor(shift))


def fold_last(w, b, shape, scale, shift, mean, var, eps):
    """First the rows are scaled by a diagonal matrix, then cut into kernels."""
    f = np.diag(scale / np.sqrt(var + eps))
    return [row.reshape(shape) for row in f @ w], f @ (b - mean) + shift


def folded(change_w=None, change_b=None):
    def wrong(w, b, shape, scale, shift, mean, var, eps):
        f = scale / np.sqrt(var + eps)
        right = _folded(w, b, shape, scale, shift, mean, var, eps)
        return change_w(w, f, shape) if change_w else right[0], change_b(b, f, shift, mean) if change_b else right[1]
    return wrong


class Base(Layer):
    """What the stub of the exercise has."""

    def __init__(self, p, draw):
        super().__init__()
        self.p, self.draw = p, draw


class Plain(Base):
    def forward(self, x):
        mask = (self.draw(x.shape) >= self.p) / (1 - self.p) if self.training else np.ones_like(x)
        self.save(mask)
        return x * mask

    def backward(self, dy):
        return dy * self.recall()


class DrawsAlways(Base):
    def forward(self, x):
        mask = (self.draw(x.shape) >= self.p) / (1 - self.p)
        self.save(mask if self.training else np.ones_like(x))
        return x * mask if self.training else x

    def backward(self, dy):
        return dy * self.recall()


class Loops(Base):
    def forward(self, x):
        y, kept, u = x.copy(), np.full(x.shape, True), self.draw(x.shape) if self.training else None
        if self.training:
            for i in np.ndindex(x.shape):
                kept[i] = not u[i] < self.p
                y[i] = x[i] / (1 - self.p) if kept[i] else 0
        self.save(kept, self.training)
        return y

    def backward(self, dy):
        kept, training = self.recall()
        return np.where(kept, dy / (1 - self.p if training else 1), 0)


class Nothing(Base):
    """None for no mask."""

    def forward(self, x):
        if not self.training:
            self.save(None)
            return x
        dropped = self.draw(x.shape) < self.p
        self.save(dropped)
        y = x / (1 - self.p)
        y[dropped] = 0
        return y

    def backward(self, dy):
        dropped = self.recall()
        return dy if dropped is None else np.where(dropped, 0, dy / (1 - self.p))


class Library(Base):
    def forward(self, x):
        mask = np.where(self.draw(x.shape) < self.p, 0, 1 / (1 - self.p)) if self.training else None
        self.save(mask)
        return x if mask is None else x * mask

    def backward(self, dy):
        return dropout_backward(dy, self.recall())


class OwnStack(Layer):
    """A list of its own, without save and recall."""

    def __init__(self, rate, random):
        self.masks = []
        super().__init__()
        self.rate, self.random = rate, random

    def forward(self, x):
        self.masks += [np.ceil(self.random(x.shape) - self.rate + 1e-300).clip(0, 1) / (1 - self.rate)] if self.training else [1.0]
        return self.masks[-1] * x

    def backward(self, dy):
        return self.masks.pop() * dy


class Torch(Base):
    """Autograd does the way back."""

    def forward(self, x):
        x = torch.tensor(x, requires_grad=True)
        y = x * torch.tensor((self.draw(tuple(x.shape)) >= self.p) / (1 - self.p)) if self.training else x * 1
        self.save(x, y)
        return y.detach().numpy()

    def backward(self, dy):
        x, y = self.recall()
        y.backward(torch.tensor(dy))
        return x.grad.numpy()


def layer(forward, backward):
    """A class from two functions of the layer itself and x or dy."""
    return type("MyDropout", (Base,), {"forward": forward, "backward": backward})


def masked(make=lambda u, p: (u >= p) / (1 - p), back=lambda mask, dy, x, p: mask * dy, rest=None, rest_back=None):
    """A layer that differs from `Plain` in one step."""
    def forward(self, x):
        if not self.training and rest is not None:
            self.save(None, x, False)
            return rest(x, self.p)
        mask = make(self.draw(x.shape), self.p) if self.training else np.ones_like(x)
        self.save(mask, x, self.training)
        return mask * x

    def backward(self, dy):
        mask, x, training = self.recall()
        if mask is None:
            return (rest_back or rest)(dy, self.p)
        return back(mask, dy, x, self.p) if training else dy
    return layer(forward, backward)


class Overwrites(Plain):
    def save(self, mask):
        self.mask = mask

    def recall(self):
        return self.mask


class Queue(Plain):
    """The first mask comes back first."""

    def recall(self):
        return self._saved.pop(0)[0]


class AsksAgain(Plain):
    """The mode that counts is that of the forward pass."""

    def backward(self, dy):
        mask = self.recall()
        return mask * dy if self.training else dy


class FailsLate(Plain):
    """It counts on the mode that it was last in."""

    def forward(self, x):
        if not self.training:
            self.save(np.ones_like(x), 1)
            return x
        return super().forward(x)

    def backward(self, dy):
        if not self.training:
            mask, _ = self.recall()
            return mask * dy
        return super().backward(dy)


class AlwaysOn(Plain):
    def forward(self, x):
        mask = (self.draw(x.shape) >= self.p) / (1 - self.p)
        self.save(mask)
        return x * mask


class NoSuper(Plain):
    def __init__(self, p, draw):
        self.p, self.draw, self.training = p, draw, True


class NeverSaves(Plain):
    def save(self, mask):
        """Forget it."""


class SavesInTraining(Plain):
    def forward(self, x):
        return super().forward(x) if self.training else x


class DrawsOneRow(Base):
    def forward(self, x):
        mask = (self.draw(x.shape[1:]) >= self.p) / (1 - self.p) if self.training else np.ones_like(x)
        self.save(mask)
        return x * mask

    def backward(self, dy):
        return dy * self.recall()


class OwnRandom(Base):
    def forward(self, x):
        mask = np.random.random(x.shape) >= self.p
        self.save(mask)
        return x * mask / (1 - self.p)

    backward = Plain.backward


class DrawsAgain(Plain):
    def backward(self, dy):
        self.recall()
        return dy * (self.draw(dy.shape) >= self.p) / (1 - self.p) if self.training else dy


def varied(**how):
    return lambda layers, shape: _ledger(layers, shape, **how)


RIGHT = {
    "design": [_design, design_greedy, design_binary, design_search, lambda field, jump: tuple(_design(field, jump)), lambda field, jump: np.array(_design(field, jump), dtype=float)],
    "ledger": [ledger_of_maps, ledger_recursive, ledger_torch, _ledger, lambda layers, shape: np.array(_ledger(layers, shape)), lambda layers, shape: tuple(_ledger(layers, shape))],
    "bias_before_norm": ["abe", "bea", "a, b, e", {"a", "b", "e"}],
    "batch_norm_backward": [_normed_back, back_torch, back_loops, back_steps, back_library, back_jacobian],
    "fold": [_folded, fold_loops, fold_einsum, fold_tried, fold_torch, fold_last, lambda *given: list(_folded(*given))],
    "dropout_layer": [through(Plain), Plain, Loops, Nothing, Library, OwnStack, Torch, masked()],
    "diagnosis": ["cadb", "C A D B", ["c", "a", "d", "b"]],
}

WRONG = {
    "design": [
        (design_early, "are enough"), (design_late, "make a field of"), (lambda field, jump: _design(field, jump)[::-1], "Begin at the image"),
        (lambda field, jump: _design(field + jump - 1, jump) if (field + jump - 1 - jump) % 2 == 0 else design_early(field, jump), ""),
        (lambda field, jump: [CONV] * ((field - 1) // 2), "as if there were no pooling"), (lambda field, jump: _design(field, jump) + [CONV], "make a field of 3"),
        (lambda field, jump: [POOL, *_design(field, jump)], "make a field of"), (lambda field, jump: [(field, jump)], "Only (3, 1) and (2, 2)"),
        (lambda field, jump: [(5, 1), (5, 1)], "Only (3, 1) and (2, 2)"), (lambda field, jump: _sees(_design(field, jump)), "a list of pairs"),
        (lambda field, jump: "ccpcp", "a list of pairs"), (lambda field, jump: [3, 1], "a list of pairs"), (lambda field, jump: [], "make a field of 1"),
        (lambda field, jump: [(3.5, 1)] + _design(field, jump), "Only (3, 1)"), (lambda field, jump: [(float("inf"), 1)], "Only (3, 1)"),
    ],
    "ledger": [
        (varied(bias=(0, 0)), "biases are missing: one for each filter, one"), (varied(bias=(0, 1)), "convolutions' biases are missing"), (varied(bias=(1, 0)), "linear layers' biases are missing"), (varied(whole=True), "places of its input"), (varied(every=True), "not one for each place"), (varied(shared=True), "at every place of its map"), (varied(spare=1), "on both sides"), (varied(spare=2), "padding is not used"),
        (varied(ceil=True), "round down"), (varied(ceil=True, pool=lambda n, k: -(-n // k)), "sizes round down"), (varied(square=0), "not square"), (varied(square=1), "not square"), (varied(deep=False), "all channels"), (varied(paid=(1, 1)), "not counted among"), (varied(paid=(1, 0)), "convolutions' biases are counted"), (varied(paid=(0, 1)), "linear layers' biases are counted"), (varied(pool=lambda n, k: n - k + 1), "moves by its kernel"),
        (varied(pool=lambda n, k: n // 2), "not always 2"), (varied(pool=lambda n, k: n), "shrinks the maps"), (lambda layers, shape: [r[::-1] for r in _ledger(layers, shape)], ""), (lambda layers, shape: _ledger(layers, shape)[-1], ""),
        (lambda layers, shape: [r for r in _ledger(layers, shape) if r[1]], "have their lines"), (lambda layers, shape: np.sum(_ledger(layers, shape), axis=0), "not the sums"), (lambda layers, shape: [(n, p, 2 * m) for n, p, m in _ledger(layers, shape)], "count it once"),
    ],
    "bias_before_norm": [("ab", "(e) again"), ("abcde", "not c"), ("a", "(b) again"), ("abde", "not d"), ("abce", "not c"), ("e", "(a) again"), ("be", "(a) again")],
    "batch_norm_backward": [
        (normed(mean=False), "mean's own dependence"), (normed(spread=False), "variance's own dependence"), (normed(mean=False, spread=False), "fixed numbers"), (normed(less=1), "divides by n here"),
        (normed(spread=-1), "x̂ has the wrong sign"), (normed(mean=-1), "mean of g has the wrong sign"),
        (normed(scale=False), "scale w is left out"), (normed(axes=(0,)), "over the batch alone"), (normed(axes=(2, 3)), "by itself"), (normed(axes=(1, 2, 3)), "layer norm"), (normed(axes=(0, 1, 2, 3)), "one mean for everything"),
        (normed(inside=False), "before the root"), (lambda dy, x, w, eps: _normed_back(dy, x, w, 0.0), "eps is left out"), (lambda dy, x, w, eps: _normed_back(dy, x, w, eps)[0], "give all three"),
        (lambda dy, x, w, eps: _normed_back(dy, x, w, eps)[::-1], ""), (lambda dy, x, w, eps: (dy, w, w), ""), (lambda dy, x, w, eps: (back_loops(dy, x, w, eps)[0], (dy * x).sum((0, 2, 3)), dy.sum((0, 2, 3))), "w multiplies"),
        (lambda dy, x, w, eps: (_normed_back(dy, x, w, eps)[0], dy.sum((0, 2, 3)), _normed_back(dy, x, w, eps)[1]), "the order is"), (lambda dy, x, w, eps: (w * dy, 0 * w, 0 * w), ""),
        (lambda dy, x, w, eps: (_normed_back(dy, x, w, eps)[0], w * _normed_back(dy, x, w, eps)[1], dy.sum((0, 2, 3))), "no place in it"),
        (lambda dy, x, w, eps: (_normed_back(dy, x, w, eps)[0], *(v / len(x) for v in _normed_back(dy, x, w, eps)[1:])), ""),
        (means(1), "dw is a sum"), (means(2), "db is a sum"), (means(1, 2), "dw and db are sums"),
        (lambda dy, x, w, eps: (back_loops(dy, x, w, eps)[0], *(w * v for v in back_loops(dy, x, w, eps)[1:])), "take dy itself"),
    ],
    "fold": [
        (folded(change_b=lambda b, f, shift, mean: b * f + shift), "mean is left out"), (folded(change_b=lambda b, f, shift, mean: (b - mean) * f), "shift is left out"), (folded(change_b=lambda b, f, shift, mean: b), "changes, too"),
        (folded(change_b=lambda b, f, shift, mean: b - mean * f + shift), "own bias is scaled"), (folded(change_b=lambda b, f, shift, mean: b * f - mean + shift), "before the scale"), (folded(change_b=lambda b, f, shift, mean: shift - mean * f), "own bias is left out"),
        (folded(change_b=lambda b, f, shift, mean: (b + mean) * f + shift), "not added"), (folded(change_b=lambda b, f, shift, mean: (b - mean + shift) * f), "not scaled"), (folded(change_w=lambda w, f, shape: w.reshape(-1, *shape)), "weights are scaled"),
        (folded(change_w=lambda w, f, shape: w * f[:, None]), "still in rows"), (folded(change_w=lambda w, f, shape: (w * f[:, None]).reshape(-1, *shape)[..., ::-1, ::-1]), "nothing is flipped"),
        (folded(change_w=lambda w, f, shape: (w * f[:, None]).T.reshape(*shape, -1)), "outputs come first"), (folded(change_w=lambda w, f, shape: (w * f[:, None]).reshape(-1, *shape[1:], shape[0]).transpose(0, 3, 1, 2)), "C stands first"),
        (folded(change_w=lambda w, f, shape: (w * f[:, None]).reshape(len(w), shape[0], shape[2], shape[1]).transpose(0, 1, 3, 2)), "rows and columns are exchanged"),
        (lambda w, b, shape, scale, shift, mean, var, eps: _folded(w, b, shape, scale, shift, mean, var, 0), "eps is left out"),
        (lambda w, b, shape, scale, shift, mean, var, eps: _folded(w, b, shape, scale, shift, mean, var, eps, root=lambda v: v), "not by the variance"), (lambda *a: _folded(*a)[0], "give both"), (lambda *a: _folded(*a)[::-1], "the order"), (lambda w, b, *a: (w, b), ""),
    ],
    "dropout_layer": [
        (masked(make=lambda u, p: u >= p), "scaling is forgotten"), (AlwaysOn, "Ask self.training"), (masked(make=lambda u, p: u >= p, rest=lambda x, p: x * (1 - p)), "you scale in evaluation"),
        (masked(make=lambda u, p: (u < p) / (1 - p)), "wrong ones go"), (masked(make=lambda u, p: (u > p) / (1 - p)), "just p it is kept"), (masked(make=lambda u, p: (u < 1 - p) / (1 - p)), "right share"), (masked(make=lambda u, p: (u > 0.5) / (1 - p)), ""),
        (masked(make=lambda u, p: (u >= p) / p), "divide by 1 − p"), (masked(make=lambda u, p: (u >= p) * (1 / p)), "divide by 1 − p"), (masked(back=lambda mask, dy, x, p: dy), "mask of the forward pass"), (masked(back=lambda mask, dy, x, p: dy * (mask > 0)), "scaled by 1/(1 − p) as well"),
        (masked(back=lambda mask, dy, x, p: dy * (mask * x != 0) / (1 - p)), "Ask the mask, not y"), (masked(rest=lambda x, p: x * (1 - p)), "scaling is done in training"), (masked(rest=lambda x, p: 0 * x), "yours gives 0"),
        (Overwrites, "overwrites the first"), (NoSuper, "super().__init__()"), (NeverSaves, "RuntimeError"), (OwnRandom, "two different answers"), (DrawsAgain, "draws a new mask"),
        (Queue, "first mask comes back first"), (AsksAgain, "may have changed since"), (FailsLate, "may have changed since"),
        (Plain(0.5, np.ones), "Hand over the class"), (lambda x: x, ""), (int, "not made from Layer"),
        (DrawsAlways, "in evaluation nothing is drawn"), (SavesInTraining, "save in both modes"), (DrawsOneRow, "for each number of x"),
        (masked(make=lambda u, p: u >= p, rest=lambda x, p: x * (1 - p), rest_back=lambda dy, p: dy), "you scale in evaluation"),
        (masked(rest=lambda x, p: x * (1 - p), rest_back=lambda dy, p: dy), "scaling is done in training"),
    ],
    "diagnosis": [("acdb", "first two"), ("cdab", "middle two"), ("dacb", "1 and 3"), ("cabd", ""), ("bcad", ""), ("cad", "4 letters"), ("cadd", "")],
}
