"""Chapter 17: from NumPy to PyTorch."""

import collections

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cnnlib.course.exercises.pytorch import _by_columns, _combined, _cured, _learned, _moved, _scaled

NO_ARRAY = ("combine", "cure", "program")

# ---- 17.2 ------------------------------------------------------------------------------------------------------


def moved_loops(kernel, bias, dense, dense_bias, shape):
    C, H, W = shape
    kH, kW, c_in, c_out = kernel.shape
    w = np.empty((c_out, c_in, kH, kW))
    for i, j, a, b in np.ndindex(kernel.shape):
        w[b, a, i, j] = kernel[i, j, a, b]
    d = np.empty(dense.T.shape)
    for c, i, j in np.ndindex(C, H, W):
        d[:, (c * H + i) * W + j] = dense[(i * W + j) * C + c]
    return w, bias, d, dense_bias


def moved_einsum(kernel, bias, dense, dense_bias, shape):
    C, H, W = shape
    d = np.einsum("hwco->ochw", dense.reshape(H, W, C, -1))
    return np.einsum("hwio->oihw", kernel), bias, d.reshape(len(d), -1), dense_bias


def moved_torch(kernel, bias, dense, dense_bias, shape):
    C, H, W = shape
    d = torch.tensor(dense).T.reshape(-1, H, W, C).permute(0, 3, 1, 2).flatten(1)
    return [torch.tensor(kernel).permute(3, 2, 0, 1), torch.tensor(bias), d, torch.tensor(dense_bias)]


def moved_order(kernel, bias, dense, dense_bias, shape):
    """The places of the inputs as an index."""
    C, H, W = shape
    order = np.arange(H * W * C).reshape(H, W, C).transpose(2, 0, 1).ravel()
    return kernel.swapaxes(0, 3).swapaxes(1, 2).swapaxes(2, 3), bias.copy(), dense[order].T, dense_bias


def moved(kernel=None, dense=None, biases=1):
    """A wrong answer: ``kernel(kernel, right)`` and ``dense(dense, right, C, H, W)`` replace the right ones."""
    def wrong(kernel_, bias, dense_, dense_bias, shape):
        w, _, d, _ = _moved(kernel_, bias, dense_, dense_bias, shape)
        w, d = kernel(kernel_, w) if kernel else w, dense(dense_, d, *shape) if dense else d
        return w, biases * bias, d, biases * dense_bias
    return wrong


# ---- 17.3 ------------------------------------------------------------------------------------------------------


def cured_loops(arrays):
    w = np.empty_like(arrays[8])
    for c, i, j in np.ndindex(16, 3, 3):
        w[:, 9 * c + 3 * i + j] = arrays[8][:, 9 * c + 3 * j + i]
    return [*arrays[:6], arrays[6] * arrays[6], arrays[7], w, arrays[9]]


def cured_torch(arrays):
    tensors = [torch.tensor(v) for v in arrays]
    tensors[6] = tensors[6].square()
    tensors[8] = tensors[8].unflatten(1, (16, 3, 3)).transpose(2, 3).flatten(1)
    return tuple(tensors)


def cured_order(arrays):
    order = np.arange(144).reshape(16, 3, 3).transpose(0, 2, 1).ravel()
    return [v**2 if k == 6 else v[:, order] if k == 8 else v for k, v in enumerate(arrays)]


def cured(variance=np.square, last=_by_columns):
    """A wrong answer: ``variance`` and ``last`` make the two arrays."""
    return lambda arrays: [variance(v) if k == 6 else last(v) if k == 8 else v for k, v in enumerate(arrays)]


def maps_of(change):
    return lambda w: change(w.reshape(10, 16, 3, 3)).reshape(10, 144)


# ---- 17.5 ------------------------------------------------------------------------------------------------------


class Scale(torch.autograd.Function):
    """The form that the chapter asks for, with a gradient that ``unbroadcast`` sums."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w[:, None, None]

    @staticmethod
    def backward(ctx, dy):
        x, w = ctx.saved_tensors
        return dy * w.reshape(1, -1, 1, 1), (dy * x).sum((0, 2, 3))


def scaling(dw=None, y=None, swapped=False):
    """A Function with another backward or forward, run as the chapter does."""
    class Other(Scale):
        @staticmethod
        def forward(ctx, x, w):
            right = Scale.forward(ctx, x, w)
            return y(x, w) if y else right

        @staticmethod
        def backward(ctx, dy):
            dx, right = Scale.backward(ctx, dy)
            right = dw(dy * ctx.saved_tensors[0]) if dw else right
            return (right, dx) if swapped else (dx, right)

    return through(Other)


def through(function):
    """As in the chapter: what backward itself returns."""
    def passes(dy, x, w):
        x, w = (torch.from_numpy(v).requires_grad_() for v in (x, w))
        y = function.apply(x, w)
        return y, *y.grad_fn.apply(torch.tensor(dy))
    return passes


class InPlace(Scale):
    """The right numbers, and x written over."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x.clone(), w)
        return x.mul_(w[:, None, None]).clone()


def by_autograd(dy, x, w):
    x, w = (torch.tensor(v, requires_grad=True) for v in (x, w))
    y = x * w[:, None, None]
    y.backward(torch.tensor(dy))
    return y, x.grad, w.grad


def scaled_loops(dy, x, w):
    y, dx, dw = np.zeros_like(x), np.zeros_like(x), np.zeros_like(w)
    for n, c, i, j in np.ndindex(x.shape):
        y[n, c, i, j] = x[n, c, i, j] * w[c]
        dx[n, c, i, j] = dy[n, c, i, j] * w[c]
        dw[c] += dy[n, c, i, j] * x[n, c, i, j]
    return y, dx, dw


def scaled(dw):
    return lambda dy, x, w: (*_scaled(dy, x, w)[:2], dw(dy, x, w))


def other(change):
    return lambda dy, x, w: change(*_scaled(dy, x, w), dy, x, w)


# ---- 17.6 ------------------------------------------------------------------------------------------------------


def combined_sum(gradients, sizes):
    sums = [[n * g for g in one] for one, n in zip(gradients, sizes, strict=True)]
    return [sum(parts) / sum(sizes) for parts in zip(*sums, strict=True)]


def combined_average(gradients, sizes):
    return [np.average(np.stack(parts), axis=0, weights=sizes) for parts in zip(*gradients, strict=True)]


def combined_torch(gradients, sizes):
    n = torch.tensor(sizes, dtype=torch.float64)
    return [torch.tensordot(n / n.sum(), torch.tensor(np.array(parts)), dims=1) for parts in zip(*gradients, strict=True)]


def combined(shares):
    """A wrong answer from the shares of the processes."""
    return lambda gradients, sizes: [
        sum(s * g for s, g in zip(shares(np.array(sizes, float)), parts, strict=True)) for parts in zip(*gradients, strict=True)]


# ---- 17.7 ------------------------------------------------------------------------------------------------------


class Net(nn.Module):
    """The network that the exercise asks for."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.linear = nn.Linear(12, 3)

    def middle(self, x):
        return F.relu(self.norm(self.conv(x)))

    def forward(self, x):
        return self.linear(F.max_pool2d(self.middle(x), 2).flatten(1))


def chain():
    """The same as a chain; a learner's attributes may be made in another order, too."""
    return nn.Sequential(collections.OrderedDict(
        conv=nn.Conv2d(2, 3, 3, bias=False), norm=nn.BatchNorm2d(3), relu=nn.ReLU(), pool=nn.MaxPool2d(2), flat=nn.Flatten(), linear=nn.Linear(12, 3)))


def network(middle=None, end=None):
    class Other(Net):
        def forward(self, x):
            y = super().forward(x)
            return end(y) if end else y

    if middle:
        Other.middle = middle
    return Other


def training(before="clear", after="", log=torch.Tensor.item, start=nn.Module.train, stop=nn.Module.eval, loss_fn=F.cross_entropy, rate=True, velocity=True):
    """A loop; the options are other styles and mistakes."""
    def loop(net, batches, lr, momentum):
        start(net)
        optimizer = torch.optim.SGD(net.parameters(), **({"lr": lr} if rate else {}), momentum=momentum if velocity else 0)
        losses = []
        for x, t in batches:
            loss = loss_fn(net(x), t)
            if before == "clear":
                optimizer.zero_grad()
            loss.backward()
            if after == "clear":
                net.zero_grad()
            if after != "nothing":
                optimizer.step()
            losses.append(log(loss))
        stop(net)
        return losses
    return loop


def by_hand(net, batches, lr, momentum):
    """Without an optimiser."""
    net.train()
    params, losses = list(net.parameters()), []
    speeds = [torch.zeros_like(p) for p in params]
    for x, t in batches:
        loss = nn.CrossEntropyLoss()(net(x), t)
        grads = torch.autograd.grad(loss, params)
        with torch.no_grad():
            for p, v, g in zip(params, speeds, grads, strict=True):
                v.mul_(momentum).add_(g)
                p.sub_(lr * v)
        losses.append(loss.detach())
    net.eval()
    return torch.stack(losses)


def fresh_optimizer(net, batches, lr, momentum):
    return [training()(net, [batch], lr, momentum)[0] for batch in batches]


def program(network=Net, training=training()):  # noqa: B008
    """As in the chapter."""
    def run(state, images, labels, lr, momentum):
        net = network().double()
        net.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
        batches = [(torch.tensor(x), torch.tensor(t)) for x, t in zip(images, labels, strict=True)]
        losses = training(net.eval(), batches, lr, momentum)
        if losses is None:
            return None
        kept = sum(getattr(loss, "requires_grad", False) for loss in losses)
        arrays = [net.state_dict()[k].numpy() for k in state]
        return [float(loss) for loss in losses], kept, net.training, arrays
    return run


def _nothing(net):
    """Leave the mode as it is."""


RIGHT = {
    "predict": ["bcf", "fcb", "b, c, f", {"b", "c", "f"}],
    "transplant": [moved_loops, moved_einsum, moved_torch, moved_order, _moved],
    "cure": [_cured, cured_loops, cured_torch, cured_order, lambda arrays: tuple(_cured(arrays)), cured(lambda v: v * v), cured(lambda v: np.power(v, 2)),
             cured(last=lambda w: np.einsum("ochw->ocwh", w.reshape(-1, 16, 3, 3)).reshape(w.shape))],
    "doctor": ["cbda", "C B D A", ["c", "b", "d", "a"]],
    "scale": [_scaled, scaled_loops, through(Scale), by_autograd,
              lambda dy, x, w: [np.einsum("nchw,c->nchw", x, w), np.einsum("nchw,c->nchw", dy, w), np.einsum("nchw,nchw->c", dy, x)]],
    "combine": [combined_sum, combined_average, combined_torch, _combined, lambda gradients, sizes: tuple(_combined(gradients, sizes))],
    "program": [_learned, program(), program(chain), program(training=by_hand), program(chain, training(log=torch.Tensor.detach)),
                program(training=training(loss_fn=nn.CrossEntropyLoss())),
                program(training=lambda net, batches, lr, momentum: np.array(training()(net, batches, lr, momentum)))],
}

WRONG = {
    "predict": [("abcf", "(a)"), ("cf", "(b)"), ("bf", "(c)"), ("bcdf", "(d)"), ("bcef", "(e)"), ("bc", "(f)"), ("ade", "")],
    "transplant": [
        (lambda k, b, d, e, s: (k.T, b, d.T, e), "reverse all axes"), (moved(lambda k, w: k.transpose(3, 2, 1, 0)), "kH and kW have changed"),
        (moved(lambda k, w: w[..., ::-1, ::-1].copy()), "must not be flipped"), (moved(lambda k, w: k.reshape(w.shape)), "cuts the row of numbers"),
        (moved(lambda k, w: k.transpose(2, 3, 0, 1)), "C_out first"), (moved(lambda k, w: k), "still (kH, kW"),
        (moved(dense=lambda d, w, *s: d.T), "order row, column, channel"), (moved(dense=lambda d, w, *s: w.T), "is transposed"),
        (moved(dense=lambda d, w, *s: d), "is unchanged"),
        (moved(dense=lambda d, w, C, H, W: d.reshape(C, W, H, -1).transpose(3, 0, 2, 1).reshape(w.shape)), ""),
        (moved(dense=lambda d, w, C, H, W: d.reshape(H, W, C, -1).transpose(3, 2, 1, 0).reshape(w.shape)), "rows and columns"),
        (moved(dense=lambda d, w, C, H, W: d.reshape(C, H, W, -1).transpose(3, 1, 2, 0).reshape(w.shape)), "goes the other way"),
        (moved(dense=lambda d, w, *s: d.reshape(w.shape)), "no transposition"), (moved(biases=0), "biases are lost"),
        (lambda *a: _moved(*a)[::2], ""), (lambda *a: (_moved(*a)[0], _moved(*a)[2], a[1], a[3]), "the order"),
        (lambda k, b, d, e, s: (k.T, b, _moved(k, b, d, e, s)[2], e), "kH and kW have changed"), (lambda *a: dict(enumerate(_moved(*a))), ""),
    ],
    "cure": [
        (lambda arrays: arrays, "nothing is cured"), (cured(last=lambda w: w), "the first fault is cured"), (cured(lambda v: v), "the last layer is cured"),
        (cured(np.sqrt), "a second root"), (cured(np.sqrt, lambda w: w), "a second root"), (cured(lambda v: 1 / v**2), "divides by itself"),
        (cured(lambda v: v**2 - 1e-5), ""), (cured(lambda v: v**2 + 1e-3), ""), (cured(last=lambda w: w[:, ::-1]), "reverse order"),
        (cured(last=maps_of(lambda w: w[..., ::-1, ::-1])), "not turned"), (cured(last=maps_of(lambda w: w[:, ::-1])), ""),
        (cured(last=lambda w: w.reshape(10, 3, 3, 16).transpose(0, 3, 1, 2).reshape(10, 144)), "channels are where"),
        (cured(last=lambda w: _by_columns(w).reshape(10, 16, 3, 3)), "(10, 144) again"), (lambda arrays: _cured(arrays)[:9], ""),
        (lambda arrays: dict(enumerate(_cured(arrays))), ""),
    ],
    "doctor": [("bcda", "Run 1"), ("cdba", "Run 2"), ("cbad", "Run 3"), ("abcd", "Run 1"), ("cbd", "4 letters"), ("dbca", "Run 1"), ("cabd", "Run 2")],
    "scale": [
        (scaled(lambda dy, x, w: dy * x), "add up over everything"), (scaled(lambda dy, x, w: (dy * x).sum(0)), "rows and columns"),
        (scaled(lambda dy, x, w: (dy * x).sum((2, 3))), "over the batch"), (scaled(lambda dy, x, w: (dy * x).sum((1, 2, 3))), "Which axis"),
        (scaled(lambda dy, x, w: np.full(len(w), (dy * x).sum())), "leave the channels apart"), (scaled(lambda dy, x, w: (dy * x).mean((0, 2, 3))), "not a mean"),
        (scaled(lambda dy, x, w: x.sum((0, 2, 3))), "dy, is missing"), (scaled(lambda dy, x, w: dy.sum((0, 2, 3))), "x is missing"),
        (scaled(lambda dy, x, w: (dy * x).sum((0, 2))), "over both"),
        (other(lambda y, dx, dw, dy, x, w: (y, dy, dw)), "w times as fast"), (other(lambda y, dx, dw, dy, x, w: (y, y, dw)), "computed from x"),
        (other(lambda y, dx, dw, *_: (y, dw, dx)), "the order"), (scaled(lambda dy, x, w: -_scaled(dy, x, w)[2]), "the sign"),
        (other(lambda y, dx, dw, *_: (dx, dw)), "three things"), (scaling(y=lambda x, w: x + w[:, None, None]), "forward adds"),
        (scaling(y=lambda x, w: torch.zeros_like(x)), "returns zeros"), (scaling(y=lambda x, w: x.clone()), "x unchanged"),
        (scaling(lambda g: g.sum(0)), "rows and columns"), (scaling(lambda g: g), "over everything"), (scaling(lambda g: g.sum((0, 2))), "over both"),
        (scaling(lambda g: g.sum((0, 3))), "over both"), (scaling(lambda g: g.sum(2)), "over both"), (scaling(lambda g: g.sum((1, 2, 3))), "Which axis"),
        (scaling(lambda g: g.sum((2, 3))), "do not rely on it"), (scaling(swapped=True), "the order"), (through(InPlace), "`x` is changed"),
        (other(lambda y, dx, dw, dy, x, w: (y, np.ones_like(x) * w[:, None, None], dw)), "missing from dx"), (scaled(lambda dy, x, w: (dy * _scaled(dy, x, w)[0]).sum((0, 2, 3))), "from y"),
        (scaling(lambda g: g.sum()), ""), (scaling(lambda g: g.sum((2, 3)).mean(0)), ""), (scaling(lambda g: g.mean((0, 2, 3))), "not a mean"),
        (lambda dy, x, w: _scaled(dy, x, w)[1], ""), (other(lambda y, dx, dw, dy, x, w: (y, dy * w, dw)), ""),
    ],
    "combine": [
        (combined(lambda n: np.ones(len(n)) / len(n)), "mean of the means"), (combined(lambda n: np.ones(len(n))), "that is the sum"), (combined(lambda n: n), "is a mean already"),
        (combined(lambda n: n / len(n)), "not of processes"), (combined(lambda n: n / n.sum() / len(n)), "divided twice"), (combined(lambda n: n[::-1] / n.sum()), "wrong order"),
        (combined(lambda n: (n > 0) / (n > 0).sum()), "still a mean of means"), (combined(lambda n: (1 - n / n.sum()) / max(1, len(n) - 1)), "the larger its share"),
        (combined(lambda n: n / n.max()), "the largest part"), (combined(lambda n: 1 / np.maximum(n, 1)), "divided twice"), (combined(lambda n: 1 / n), "divided twice"),
        (lambda gradients, sizes: _combined(gradients, sizes)[0], ""), (lambda gradients, sizes: [g / sum(sizes) for g in gradients[0]], ""),
        (lambda gradients, sizes: gradients[int(np.argmax(sizes))], ""),
    ],
    "program": [
        (program(training=training(log=lambda loss: loss)), "keep their graphs"), (program(training=training(stop=_nothing)), "still in training mode"),
        (program(training=training(before="")), "which call is missing"), (program(training=training(after="clear")), "no weight moves"),
        (program(training=training(after="nothing")), "no weight moves"), (program(training=training(start=_nothing)), "used its memory"),
        (program(training=training(start=nn.Module.eval, stop=nn.Module.train)), "changed places"),
        (program(network(end=lambda y: y.softmax(1))), "softmax too many"),
        (program(training=training(loss_fn=lambda y, t: F.cross_entropy(y.softmax(1), t))), "softmax too many"),
        (program(training=training(loss_fn=nn.CrossEntropyLoss(reduction="sum"))), "the sum over"), (program(training=training(velocity=False)), "no momentum"),
        (program(training=training(rate=False)), "not handed over"), (program(training=fresh_optimizer), ""),
        (program(network(lambda net, x: net.norm(F.relu(net.conv(x))))), "have changed places"), (program(network(lambda net, x: net.norm(net.conv(x)))), "ReLU is missing"),
        (program(network(lambda net, x: F.relu(net.conv(x)))), "passes it by"), (program(network(end=lambda y: y.log_softmax(1) * 2)), ""),
        (program(training=lambda *args: [training()(*args), None][1]), "returns nothing"), (program(training=lambda *args: training()(*args)[-1:]), ""),
        (program(training=lambda *args: [sum(training()(*args))]), ""), (program(training=training(loss_fn=F.nll_loss)), ""),
    ],
}
