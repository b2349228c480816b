"""What is timed: single operations, forward and backward, and whole training steps.

Every operation is a pair of functions ``(ours, peers)``. Called once they return the numbers to compare;
called again they are timed. Ours work on arrays in the engine's layout, as they do inside a network.
"""

import numpy as np
import torch
import torch._dynamo

from benchmarks import timing
from cnnlib.engine.block import Block
from cnnlib.engine.loss import cross_entropy as engine_cross_entropy
from cnnlib.engine.pool import Pool
from cnnlib.engine.stages import Dense, Norm, Relu, to_inner, to_outer
from cnnlib.layers import BatchNorm2d
from cnnlib.module import Parameter

F = torch.nn.functional

# name: (batch, channels in, size, channels out, kernel, stride, padding, groups, whether it is a first layer)
CONVOLUTIONS = {
    "conv 1->8 3x3, 8x8 (first layer)": (64, 1, 8, 8, 3, 1, 1, 1, True),
    "conv 1->6 5x5, 28x28 (LeNet C1, first layer)": (64, 1, 28, 6, 5, 1, 2, 1, True),
    "conv 1->6 5x5, 28x28, as a later layer": (64, 1, 28, 6, 5, 1, 2, 1),
    "conv 6->16 5x5, 14x14 (LeNet C2)": (64, 6, 14, 16, 5, 1, 0, 1),
    "conv 32->64 3x3, 28x28": (64, 32, 28, 64, 3, 1, 1, 1),
    "conv 64->128 3x3, 56x56": (32, 64, 56, 128, 3, 1, 1, 1),
    "conv 128->128 3x3 stride 2, 56x56": (32, 128, 56, 128, 3, 2, 1, 1),
    "conv 64->128 1x1, 28x28": (64, 64, 28, 128, 1, 1, 0, 1),
    "depthwise 64 3x3, 56x56": (32, 64, 56, 64, 3, 1, 1, 64),
    "depthwise 32 3x3, 28x28": (64, 32, 28, 32, 3, 1, 1, 32),
}


def numbers(rng, *shape):
    return rng.standard_normal(shape, dtype=np.float32)


def tensors(*arrays, layout=torch.contiguous_format):
    """Tensors that collect gradients; images in the layout asked for."""
    return [
        torch.tensor(a).contiguous(memory_format=layout if a.ndim == 4 else torch.contiguous_format).requires_grad_()
        for a in arrays
    ]


def there_and_back(function, arguments, dy):
    """A function that runs ``function`` forward and backward in PyTorch and returns y and all gradients."""

    def run():
        for tensor in arguments:
            tensor.grad = None
        y = function(*arguments)
        y.backward(dy)
        return y, *(tensor.grad for tensor in arguments if tensor.requires_grad)

    return run


def peers_of(function, arrays, dy, layouts=("eager", "channels_last", "compile"), first=False):
    """PyTorch's contenders for an operation, by name, and the exact answer (in float64), which is not timed.

    In a ``first`` layer nobody reads the gradient of the images: it is left out.
    """
    torch._dynamo.reset()  # else it gives up on a function that was compiled for eight other shapes

    def made(*given, **options):
        images, *parameters = tensors(*given, **options)
        return [images.requires_grad_(not first), *parameters]

    peers = {"exact": there_and_back(function, made(*map(np.float64, arrays)), torch.tensor(np.float64(dy)))}
    for mode in layouts:
        layout = torch.channels_last if mode == "channels_last" else torch.contiguous_format
        upstream = torch.tensor(dy)
        if upstream.ndim == 4:
            upstream = upstream.contiguous(memory_format=layout)
        peer = torch.compile(function, dynamic=False) if mode == "compile" else function
        peers[f"torch {mode}"] = there_and_back(peer, made(*arrays, layout=layout), upstream)
    return peers


def convolution(batch, channels, size, out_channels, k, stride, padding, groups, first=False):
    """Contenders, and multiply-adds of forward and backward; no gradient of the images in a ``first`` layer."""
    rng = np.random.default_rng(0)
    x, b = numbers(rng, batch, channels, size, size), numbers(rng, out_channels)
    w = numbers(rng, out_channels, channels // groups, k, k) / np.float32(np.sqrt(channels // groups) * k)
    weight, bias = Parameter(w), Parameter(b)
    inner = to_inner(x)
    block = Block(inner.shape, weight, bias, (stride, stride), ((padding, padding),) * 2, (1, 1), groups, None, False,
                  input_gradient=not first)
    dy = numbers(rng, batch, out_channels, block.height, block.width)
    inner_dy = to_inner(dy)

    def ours():
        weight.grad = bias.grad = None
        y = block.forward(inner)
        dx = block.backward(inner_dy)
        return y, *([] if first else [dx]), weight.grad, bias.grad

    peers = peers_of(lambda x, w, b: F.conv2d(x, w, b, stride, padding, 1, groups), (x, w, b), dy, first=first)
    return {"cnnlib": ours, **peers}, (2 if first else 3) * w.size * batch * block.height * block.width


def pooling(kind, x, kernel, stride):
    """Contenders, and the passes over arrays of the output's shape that forward and backward together need."""
    size = tuple((n - kernel) // stride + 1 for n in x.shape[2:])
    inner = to_inner(x)
    stage = Pool(inner.shape, size, (kernel, kernel), (stride, stride), (0, 0), (1, 1), kind, x.dtype)
    dy = numbers(np.random.default_rng(1), *x.shape[:2], *size)
    inner_dy = to_inner(dy)
    function = F.max_pool2d if kind == "max" else F.avg_pool2d
    peers = peers_of(lambda x: function(x, kernel, stride), (x,), dy)
    # Maximum: take the lead, say where, hand a part back, keep the rest. Average: a sum and a quotient, then each tap.
    passes = 4 * (stage.taps - 1) + stage.writes.count(False) if kind == "max" else 2 * stage.taps + 1
    return {"cnnlib": lambda: (stage.forward(inner), stage.backward(inner_dy)), **peers}, (passes, stage.y.shape)


def pass_time(shape):
    """Seconds of one easy pass of NumPy: ``out = a - b`` over contiguous numbers of this shape."""
    a, b, out = (np.ones(shape, np.float32) for _ in range(3))
    return float(np.median(timing.in_turns({"pass": lambda: np.subtract(a, b, out=out)}, 0.5)["pass"]))


def relu(x):
    inner, dy = to_inner(x), numbers(np.random.default_rng(1), *x.shape)
    stage, inner_dy = Relu(inner.shape, x.dtype), to_inner(dy)
    return {"cnnlib": lambda: (stage.forward(inner), stage.backward(inner_dy)), **peers_of(F.relu, (x,), dy)}


def batch_norm(x):
    inner, dy = to_inner(x), numbers(np.random.default_rng(1), *x.shape)
    layer = BatchNorm2d(x.shape[1])
    stage, inner_dy = Norm(inner.shape, layer, False, x.dtype), to_inner(dy)

    def ours():
        layer.zero_grad()
        y = stage.forward(inner).copy()  # backward overwrites it
        return y, stage.backward(inner_dy), layer.weight.grad, layer.bias.grad

    w, b = layer.weight.data, layer.bias.data
    return {"cnnlib": ours, **peers_of(lambda x, w, b: F.batch_norm(x, None, None, w, b, True), (x, w, b), dy)}


def linear(batch, features, outputs):
    rng = np.random.default_rng(0)
    x, w, b, dy = (numbers(rng, *s) for s in ((batch, features), (outputs, features), (outputs,), (batch, outputs)))
    weight, bias, inner, inner_dy = Parameter(w), Parameter(b), to_inner(x), to_inner(dy)
    stage = Dense(inner.shape, weight, bias, False)

    def ours():
        weight.grad = bias.grad = None
        return stage.forward(inner), stage.backward(inner_dy), weight.grad, bias.grad

    return {"cnnlib": ours, **peers_of(F.linear, (x, w, b), dy, ("eager", "compile"))}


def cross_entropy(batch, classes):
    rng = np.random.default_rng(0)
    x, target = numbers(rng, batch, classes), rng.integers(0, classes, batch)
    labels, inner = torch.tensor(target), to_inner(x)
    peers = peers_of(lambda x: F.cross_entropy(x, labels), (x,), np.float32(1), ("eager", "compile"))

    def ours():
        loss, gradient = engine_cross_entropy(inner, target, batch)
        return loss, gradient.T

    return {"cnnlib": ours, **peers}


def operations(images):
    """Yield (group, name, contenders, cost); pooling and ReLU get features of real images.

    The cost is a number of multiply-adds, or for pooling (passes, shape), or None.
    """
    for name, geometry in CONVOLUTIONS.items():
        yield "convolution", name, *convolution(*geometry)
    filters = torch.tensor(numbers(np.random.default_rng(0), 16, 1, 5, 5) / 5)
    features = F.conv2d(torch.tensor(images[:64]), filters, padding=2).numpy()
    few = np.ascontiguousarray(features[:, :6])
    for name, (contenders, passes) in {
        "max pooling 2x2, 6x28x28": pooling("max", few, 2, 2),
        "max pooling 2x2, 16x28x28": pooling("max", features, 2, 2),
        "max pooling 3x3 stride 2, 16x28x28": pooling("max", features, 3, 2),
        "average pooling 2x2, 16x28x28": pooling("avg", features, 2, 2),
    }.items():
        yield "pooling", name, contenders, passes
    yield "activation", "ReLU, 16x28x28", relu(features), None
    yield "normalisation", "batch norm, 16x28x28", batch_norm(features), None
    for features, outputs in ((84, 10), (120, 84), (400, 120), (2048, 128)):
        work = 3 * 64 * features * outputs
        yield "linear", f"linear {features}->{outputs}, batch 64", linear(64, features, outputs), work
    yield "loss", "softmax cross-entropy 64x10", cross_entropy(64, 10), None
    yield "loss", "softmax cross-entropy 256x100", cross_entropy(256, 100), None


def differences(contenders):
    """Worst relative difference of ours from the exact answer, over outputs and gradients; takes "exact" out."""
    ours = [np.asarray(a) for a in contenders["cnnlib"]()]
    exact = [t.detach().numpy() for t in contenders.pop("exact")()]
    worst = 0.0
    for a, b in zip(ours, exact, strict=True):
        if a.shape != b.shape or a.ndim == 4 and not _close(a, b):
            a = to_outer(a)
        worst = max(worst, float(np.abs(a - b).max() / np.abs(b).max()))
    return worst


def _close(a, b):
    return np.abs(a - b).max() <= 1e-3 * np.abs(b).max()
