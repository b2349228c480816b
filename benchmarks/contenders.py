"""The same network for every library: one function that trains it for a step and returns the loss.

Each ``step`` goes through the batches in order, so that contenders that started from the same weights see
the same data and must report the same losses: `suite` checks that before it times anything.
"""

import collections
import collections.abc
import itertools

import numpy as np
import torch
import torch._dynamo

from cnnlib.criteria import CrossEntropyLoss
from cnnlib.engine import compile
from cnnlib.optim import SGD

LR, MOMENTUM = 0.01, 0.9


def torch_model(model):
    """The same Sequential in PyTorch, with the same weights."""
    nn, layers = torch.nn, []
    for layer in model:
        name = type(layer).__name__
        if name == "Conv2d":
            options = layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.groups
            layers.append(nn.Conv2d(layer.in_channels, layer.out_channels, *options, bias=layer.bias is not None))
        elif name == "Linear":
            layers.append(nn.Linear(layer.in_features, layer.out_features))
        elif name in ("MaxPool2d", "AvgPool2d"):
            layers.append(getattr(nn, name)(layer.kernel_size, layer.stride, layer.padding))
        elif name == "AdaptiveAvgPool2d":
            layers.append(nn.AdaptiveAvgPool2d(layer.output_size))
        elif name == "BatchNorm2d":
            layers.append(nn.BatchNorm2d(layer.num_features))
        else:
            layers.append(getattr(nn, name)())
    twin = nn.Sequential(*layers)
    twin.load_state_dict({name: torch.tensor(value) for name, value in model.state_dict().items()})
    return twin


def cnnlib_step(make, batches, workers=1):
    """A training step of ``make()`` with the engine; the second value closes it."""
    model = make()
    engine = compile(model, workers=workers)
    criterion, optimizer = CrossEntropyLoss(), SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    turn = itertools.cycle(batches)

    def step():
        return float(engine.train_step(*next(turn), criterion, optimizer))

    return step, engine.close


def layers_step(make, batches):
    """The same without the engine: the library's layers, one after another."""
    model = make()
    criterion, optimizer = CrossEntropyLoss(), SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    turn = itertools.cycle(batches)

    def step():
        x, y = next(turn)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        model.backward(criterion.backward())
        optimizer.step()
        return float(loss)

    return step


def torch_step(make, batches, mode="eager"):
    """A training step in PyTorch: "eager", "channels_last" or "compile"."""
    model = torch_model(make())
    layout = torch.channels_last if mode == "channels_last" else torch.contiguous_format
    model = model.to(memory_format=layout)
    forward = model
    if mode == "compile":
        torch._dynamo.reset()  # else it gives up on code that was compiled for eight other networks
        forward = torch.compile(model)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    ready = [(torch.tensor(x).contiguous(memory_format=layout), torch.tensor(y)) for x, y in batches]
    turn = itertools.cycle(ready)

    def step():
        x, y = next(turn)
        optimizer.zero_grad()
        loss = criterion(forward(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def restore_old_names():
    """Give NumPy and Python names back that were removed since DeZero and numpy-ml were written."""
    for name, value in {"int": int, "float": float, "bool": bool, "object": object}.items():
        if name not in vars(np):
            setattr(np, name, value)
    for name in ("Hashable", "Iterable", "Mapping"):
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))


def dezero_step(make, batches):
    """A training step in DeZero."""
    restore_old_names()
    import dezero
    import dezero.functions as F
    import dezero.layers as L

    own = []
    for layer in make():
        name = type(layer).__name__
        if name in ("Conv2d", "Linear"):
            if name == "Conv2d":
                twin = L.Conv2d(layer.out_channels, layer.kernel_size, layer.stride, layer.padding,
                                in_channels=layer.in_channels)
                twin.W.data = layer.weight.data.copy()
            else:
                twin = L.Linear(layer.out_features, in_size=layer.in_features)
                twin.W.data = layer.weight.data.T.copy()
            twin.b.data = layer.bias.data.copy()
            own.append(twin)
        else:
            window = getattr(layer, "kernel_size", None)
            own.append({"ReLU": F.relu, "Flatten": F.flatten,
                        "MaxPool2d": lambda x, k=window: F.pooling(x, k, k, 0)}[name])
    model = dezero.Model()
    for i, layer in enumerate(own):
        if isinstance(layer, L.Layer):
            setattr(model, f"l{i}", layer)
    optimizer = dezero.optimizers.MomentumSGD(lr=LR, momentum=MOMENTUM).setup(model)
    turn = itertools.cycle(batches)

    def step():
        x, y = next(turn)
        x = dezero.as_variable(x)
        for layer in own:
            x = layer(x)
        loss = F.softmax_cross_entropy(x, y)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        return float(loss.data)

    return step


def numpy_ml_step(make, batches):
    """A training step in numpy-ml, which has its images in (N, H, W, C)."""
    restore_old_names()
    from numpy_ml.neural_nets.layers import Conv2D, Flatten, FullyConnected, Pool2D
    from numpy_ml.neural_nets.losses import CrossEntropy

    layers, given = list(make()), []
    sgd = f"SGD(lr={LR}, momentum={MOMENTUM})"
    own = []
    for i, layer in enumerate(layers):
        name = type(layer).__name__
        act = "ReLU" if i + 1 < len(layers) and type(layers[i + 1]).__name__ == "ReLU" else None
        if name == "Conv2d":
            own.append(Conv2D(layer.out_channels, layer.kernel_size, pad=layer.padding[0], stride=1, act_fn=act,
                              init="he_uniform", optimizer=sgd))
        elif name == "MaxPool2d":
            own.append(Pool2D((2, 2), stride=2, pad=0, mode="max", optimizer=sgd))
        elif name == "Flatten":
            own.append(Flatten(optimizer=sgd))
        elif name == "Linear":
            own.append(FullyConnected(layer.out_features, act_fn=act, init="he_uniform", optimizer=sgd))
        given.append(layer)
    turn = itertools.cycle(batches)

    def step():
        x, y = next(turn)
        a = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
        for layer in own:
            a = layer.forward(a)
        e = np.exp(a - a.max(1, keepdims=True))
        p, hot = e / e.sum(1, keepdims=True), np.eye(a.shape[1])[y]
        loss = CrossEntropy()(hot, p) / len(y)
        d = (p - hot) / len(y)
        for layer in reversed(own):
            d = layer.backward(d)
        for layer in own:
            layer.update(loss)
            layer.flush_gradients() if hasattr(layer, "flush_gradients") else None
        return float(loss)

    return step
