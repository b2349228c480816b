"""The table of cases: for every operation, how to draw an example and what PyTorch calls it.

Shapes are small and awkward on purpose: odd sizes, strides that do not divide, groups, empty batches,
exact zeros and ties. Each ``draw`` takes a ``numpy.random.Generator`` and returns ``arrays, options``.
"""

import numpy as np
import torch
import torch.nn.functional as F

from cnnlib import activations, conv, dropout, linear, losses, normalization, padding, pooling
from cnnlib.crosscheck.compare import Case


def pick(rng, *choices):
    """One of ``choices``, drawn at random."""
    return choices[rng.integers(len(choices))]


def sizes(rng, count, low=1, high=6):
    return tuple(int(n) for n in rng.integers(low, high + 1, count))


def batch(rng):
    return pick(rng, 0, 1, 2, 3, 4)


def lead(rng):
    """What stands before the channels: the size of a batch, or nothing for a single image."""
    return () if rng.random() < 0.2 else (batch(rng),)


def one_or_pair(rng, low, high):
    """An integer or a pair of integers; the pair it stands for comes with it."""
    if rng.random() < 0.4:
        value = int(rng.integers(low, high + 1))
        return value, (value, value)
    value = sizes(rng, 2, low, high)
    return value, value


def maybe(rng, array, chance=0.3):
    return None if rng.random() < chance else array


def values(rng, *shape):
    """Normal values, or halves from -1.5 to 1.5: exact zeros and ties."""
    return rng.standard_normal(shape) if rng.random() < 0.6 else rng.integers(-3, 4, shape) / 2


# Convolution, padding


def draw_conv2d(rng):
    groups = pick(rng, 1, 1, 2, 3)
    c_in, c_out = groups * pick(rng, 1, 2, 3), groups * pick(rng, 1, 2)
    kernel = sizes(rng, 2, 1, 4)
    stride, _ = one_or_pair(rng, 1, 3)
    dilation, dilations = one_or_pair(rng, 1, 3)
    p, ps = pick(rng, one_or_pair(rng, 0, 3), ("valid", (0, 0)), ("same", (9, 9)))
    if p == "same":
        stride = pick(rng, 1, (1, 1))
    extra = sizes(rng, 2, 0, 6)
    height, width = (max(1, d * (k - 1) + 1 - 2 * q) + e
                     for d, k, q, e in zip(dilations, kernel, ps, extra, strict=True))
    return (
        {"x": rng.standard_normal((*lead(rng), c_in, height, width)),
         "w": rng.standard_normal((c_out, c_in // groups, *kernel)),
         "b": maybe(rng, rng.standard_normal(c_out))},
        {"stride": stride, "padding": p, "dilation": dilation, "groups": groups},
    )


def draw_conv_transpose2d(rng):
    groups = pick(rng, 1, 1, 2, 3)
    c_in, c_out = groups * pick(rng, 1, 2, 3), pick(rng, 1, 2)
    kernel = sizes(rng, 2, 1, 4)
    stride, strides = one_or_pair(rng, 1, 3)
    dilation, dilations = one_or_pair(rng, 1, 2)
    limit = tuple(max(s, d) for s, d in zip(strides, dilations, strict=True))
    out = tuple(int(rng.integers(0, n)) for n in limit)
    space = tuple(d * (k - 1) for d, k in zip(dilations, kernel, strict=True))
    p = tuple(int(rng.integers(0, n // 2 + 1)) for n in space)
    if p[0] == p[1] and rng.random() < 0.5:
        p = p[0]
    return (
        {"x": rng.standard_normal((*lead(rng), c_in, *sizes(rng, 2, 1, 5))),
         "w": rng.standard_normal((c_in, c_out, *kernel)),
         "b": maybe(rng, rng.standard_normal(c_out * groups))},
        {"stride": stride, "padding": p, "output_padding": out, "groups": groups, "dilation": dilation},
    )


def draw_unfold(rng):
    kernel, kernels = one_or_pair(rng, 1, 3)
    dilation, dilations = one_or_pair(rng, 1, 2)
    p, _ = one_or_pair(rng, 0, 2)
    stride, _ = one_or_pair(rng, 1, 3)
    size = (d * (k - 1) + 1 + e for d, k, e in zip(dilations, kernels, sizes(rng, 2, 0, 5), strict=True))
    return (
        {"x": rng.standard_normal((*pick(rng, (), (1,), (2,)), pick(rng, 1, 2, 3), *size))},
        {"kernel_size": kernel, "dilation": dilation, "padding": p, "stride": stride},
    )


def draw_fold(rng):
    arrays, options = draw_unfold(rng)
    image = arrays["x"]
    columns = conv.unfold(image, **options)
    return {"x": rng.standard_normal(columns.shape)}, {"output_size": image.shape[-2:]} | options


def draw_pad(rng):
    mode = pick(rng, "constant", "reflect", "replicate", "circular")
    axes = pick(rng, 1, 2)
    x = rng.standard_normal(sizes(rng, axes + pick(rng, 1, 2), 1, 6))
    amounts = []
    for size in reversed(x.shape[-axes:]):
        cut = int(rng.integers(0, size)) if rng.random() < 0.3 else 0
        most = {"constant": 3, "replicate": 4, "reflect": size - 1, "circular": size - cut}[mode]
        before, after = (int(n) for n in rng.integers(0, most + 1, 2))
        amounts += pick(rng, (-cut, after), (before, -cut)) if cut else (before, after)
    options = {"padding": tuple(amounts), "mode": mode}
    if mode == "constant":
        options["value"] = pick(rng, 0.0, -1.5)
    return {"x": x}, options


def torch_pad(x, padding, mode, value=None):
    return F.pad(x, padding, mode, value if mode == "constant" else None)


# Pooling


def pooled(rng, dilation):
    """Draw what max and average pooling share."""
    kernel, kernels = one_or_pair(rng, 1, 4)
    p = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernels)
    size = (max(d, d * (k - 1) + 1 - 2 * q) + e  # at least d, or a window may see nothing but padding
            for d, k, q, e in zip(dilation, kernels, p, sizes(rng, 2, 0, 6), strict=True))
    stride = pick(rng, None, one_or_pair(rng, 1, 4)[0])
    if p[0] == p[1] and rng.random() < 0.5:
        p = p[0]
    options = {"kernel_size": kernel, "stride": stride, "padding": p, "ceil_mode": bool(rng.integers(2))}
    return (*lead(rng), pick(rng, 1, 2, 3), *size), options


def draw_max_pool2d(rng):
    dilation, dilations = pick(rng, (1, (1, 1)), one_or_pair(rng, 1, 2))
    shape, options = pooled(rng, dilations)
    return {"x": values(rng, *shape)}, options | {"dilation": dilation, "return_indices": bool(rng.integers(2))}


def torch_max_pool2d(x, return_indices, **options):
    return F.max_pool2d(x, return_indices=return_indices, **options)


def draw_avg_pool2d(rng):
    shape, options = pooled(rng, (1, 1))
    return {"x": values(rng, *shape)}, options | {
        "count_include_pad": bool(rng.integers(2)), "divisor_override": pick(rng, None, None, 3)}


def draw_adaptive(rng):
    size = pick(rng, *sizes(rng, 2, 1, 5), sizes(rng, 2, 1, 7), (None, 2), (3, None))
    return {"x": values(rng, *lead(rng), *sizes(rng, 3, 1, 9))}, {"output_size": size}


def draw_adaptive_max(rng):
    arrays, options = draw_adaptive(rng)
    return arrays, options | {"return_indices": bool(rng.integers(2))}


def torch_adaptive_max_pool2d(x, output_size, return_indices):
    return F.adaptive_max_pool2d(x, output_size, return_indices=return_indices)


def draw_max_unpool2d(rng):
    kernel, step = sizes(rng, 2, 1, 3), sizes(rng, 2, 0, 2)  # windows side by side or apart: no place comes twice
    options = {"kernel_size": kernel, "stride": tuple(k + s for k, s in zip(kernel, step, strict=True))}
    image = rng.standard_normal((*lead(rng), pick(rng, 1, 2, 3), *(k + int(rng.integers(0, 7)) for k in kernel)))
    y, places = pooling.max_pool2d(image, **options, return_indices=True)
    return {"x": rng.standard_normal(y.shape), "indices": places}, options | {"output_size": image.shape[-2:]}


# Linear, activations


def draw_linear(rng):
    n_in, n_out = sizes(rng, 2)
    lead = pick(rng, (), (batch(rng),), (batch(rng), 2))
    return {"x": rng.standard_normal((*lead, n_in)), "w": rng.standard_normal((n_out, n_in)),
            "b": maybe(rng, rng.standard_normal(n_out))}, {}


def draw_flatten(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3, 4), 1, 4)
    start = int(rng.integers(len(shape)))
    end = int(rng.integers(start, len(shape)))
    return {"x": rng.standard_normal(shape)}, {
        "start_dim": pick(rng, start, start - len(shape)), "end_dim": pick(rng, end, end - len(shape))}


def elementwise(scale=2, **choices):
    """A draw for an activation: any shape, each option from a list of choices."""
    def draw(rng):
        shape = sizes(rng, pick(rng, 1, 2, 3, 4), 1, 5) if rng.random() < 0.9 else (0, 3)
        x = scale * values(rng, *shape)
        x.flat[:1] = 1.5  # something of ordinary size, beside which the tails are small
        return {"x": x}, {name: pick(rng, *some) for name, some in choices.items()}
    return draw


def draw_prelu(rng):
    shape = sizes(rng, pick(rng, 2, 3, 4), 1, 5)
    return {"x": values(rng, *shape), "w": rng.uniform(-0.5, 0.9, pick(rng, 1, shape[1]))}, {}


def draw_softmax(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3, 4), 2, 6)
    return {"x": values(rng, *shape)}, {"dim": int(rng.integers(-len(shape), len(shape)))}


# Losses


def reduction(rng):
    return {"reduction": pick(rng, "none", "mean", "sum")}


def draw_regression(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3), 1, 5)
    return {"input": values(rng, *shape), "target": values(rng, *shape)}, reduction(rng)


def draw_smooth_l1(rng):
    arrays, options = draw_regression(rng)
    return arrays, options | {"beta": pick(rng, 1.0, 0.5, 2.0)}


def draw_huber(rng):
    arrays, options = draw_regression(rng)
    return arrays, options | {"delta": pick(rng, 1.0, 0.5, 2.0)}


def draw_bce(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3), 1, 5)
    return {"input": rng.uniform(0.02, 0.98, shape), "target": rng.uniform(0, 1, shape),
            "weight": maybe(rng, rng.uniform(0.5, 2, shape), 0.5)}, reduction(rng)


def draw_bce_logits(rng):
    arrays, options = draw_bce(rng)
    shape = arrays["input"].shape
    extra = {"input": 2 * values(rng, *shape), "pos_weight": maybe(rng, rng.uniform(0.5, 3, shape[-1:]), 0.5)}
    return arrays | extra, options


def class_loss(rng):
    """Scores of shape (C,), (N, C) or (N, C, d1, ...), labels, some of them ignored, and class weights."""
    classes, tail = pick(rng, 2, 3, 5), sizes(rng, pick(rng, 0, 0, 1, 2), 1, 3)
    lead = pick(rng, (), (1,), (4,), (4,)) if not tail else (pick(rng, 1, 3),)
    target = rng.integers(0, classes, lead + tail)
    ignore = pick(rng, -100, 0)
    if rng.random() < 0.5 and target.size > 1:
        target.flat[-1] = ignore
        target.flat[0] = classes - 1
    arrays = {"input": 1.5 * rng.standard_normal((*lead, classes, *tail)), "target": target,
              "weight": maybe(rng, rng.uniform(0.5, 2, classes), 0.5)}
    return arrays, reduction(rng) | {"ignore_index": ignore}


def draw_nll(rng):
    arrays, options = class_loss(rng)
    scores, dim = arrays["input"], 0 if arrays["input"].ndim == 1 else 1
    return arrays | {"input": torch.log_softmax(torch.tensor(scores), dim).numpy()}, options


def draw_cross_entropy(rng):
    arrays, options = class_loss(rng)
    return arrays, options | {"label_smoothing": pick(rng, 0.0, 0.1, 0.3)}


def draw_cross_entropy_probabilities(rng):
    arrays, options = draw_cross_entropy(rng)
    scores, dim = rng.standard_normal(arrays["input"].shape), 0 if arrays["input"].ndim == 1 else 1
    del options["ignore_index"]
    return arrays | {"target": torch.softmax(torch.tensor(scores), dim).numpy()}, options


# Normalisation, dropout


def draw_batch_norm(rng):
    channels, tail = pick(rng, 1, 2, 3), pick(rng, (), (3,), (3, 4))
    x = rng.standard_normal((pick(rng, 6, 7, 8), channels, *tail)) * 2 + 0.5
    training, affine = bool(rng.integers(2)), rng.random() < 0.7
    running = not training or rng.random() < 0.7
    return (
        {"x": x, "running_mean": rng.standard_normal(channels) if running else None,
         "running_var": rng.uniform(0.5, 2, channels) if running else None,
         "weight": rng.uniform(0.5, 2, channels) if affine else None,
         "bias": rng.standard_normal(channels) if affine else None},
        {"training": training, "momentum": pick(rng, 0.1, 0.3, 1.0), "eps": pick(rng, 1e-5, 1e-3)},
    )


def torch_batch_norm(x, running_mean, running_var, weight, bias, **options):
    mean, var = (None if t is None else t.clone() for t in (running_mean, running_var))
    return F.batch_norm(x, mean, var, weight, bias, **options), mean, var


def draw_layer_norm(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3), 1, 4) + (pick(rng, 4, 5, 6),)
    axes = int(rng.integers(1, len(shape) + 1))
    inner = shape[-axes:]
    affine = rng.random() < 0.7
    return (
        {"x": rng.standard_normal(shape) * 2 + 0.5, "weight": rng.uniform(0.5, 2, inner) if affine else None,
         "bias": rng.standard_normal(inner) if affine else None},
        {"normalized_shape": inner[0] if axes == 1 and rng.random() < 0.5 else inner,
         "eps": pick(rng, 1e-5, 1e-3)},
    )


def torch_layer_norm(x, normalized_shape, weight, bias, eps):
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
    return F.layer_norm(x, shape, weight, bias, eps)


def draw_group_norm(rng):
    groups, width, tail = pick(rng, 1, 2, 3), pick(rng, 4, 5), pick(rng, (), (3,), (2, 3))
    channels, affine = groups * width, rng.random() < 0.7
    return (
        {"x": rng.standard_normal((pick(rng, 1, 2, 3), channels, *tail)) * 2 + 0.5,
         "weight": rng.uniform(0.5, 2, channels) if affine else None,
         "bias": rng.standard_normal(channels) if affine else None},
        {"num_groups": groups, "eps": pick(rng, 1e-5, 1e-3)},
    )


def draw_dropout(rng):
    return {"x": rng.standard_normal(sizes(rng, pick(rng, 1, 2, 4), 1, 5))}, {
        "p": pick(rng, 0.0, 0.2, 0.5, 0.8, 1.0), "training": bool(rng.integers(2)),
        "rng": np.random.default_rng(rng.integers(2**32))}


def torch_dropout(x, p, training, rng):
    """PyTorch draws another mask, so its dropout is rebuilt around the units that ours keeps."""
    if not training:
        return F.dropout(x, p, training), None
    kept = dropout.dropout(np.ones(tuple(x.shape)), p, True, rng)[1] != 0
    mask = torch.as_tensor(kept, device=x.device).to(x.dtype)
    if p < 1:
        mask = mask / (1 - p)
    return x * mask, mask


def backward_dropout(dy, outputs, arrays, options):
    return dropout.dropout_backward(dy, outputs[1])


def torch_loss(function):
    """A PyTorch loss takes its optional arrays by name, as ours does."""
    return lambda input, target, **rest: function(input, target, **rest)


CASES = [
    Case(padding.pad, "x", draw_pad, torch_pad),
    Case(conv.conv2d, "x w b", draw_conv2d, lambda x, w, b, **o: F.conv2d(x, w, b, **o)),
    Case(conv.conv_transpose2d, "x w b", draw_conv_transpose2d,
         lambda x, w, b, **o: F.conv_transpose2d(x, w, b, **o)),
    Case(conv.unfold, "x", draw_unfold, lambda x, **o: F.unfold(x, **o)),
    Case(conv.fold, "x", draw_fold, lambda x, **o: F.fold(x, **o)),
    Case(pooling.max_pool2d, "x", draw_max_pool2d, torch_max_pool2d),
    Case(pooling.max_unpool2d, "x", draw_max_unpool2d, lambda x, indices, **o: F.max_unpool2d(x, indices, **o)),
    Case(pooling.avg_pool2d, "x", draw_avg_pool2d, lambda x, **o: F.avg_pool2d(x, **o)),
    Case(pooling.adaptive_avg_pool2d, "x", draw_adaptive, lambda x, **o: F.adaptive_avg_pool2d(x, **o)),
    Case(pooling.adaptive_max_pool2d, "x", draw_adaptive_max, torch_adaptive_max_pool2d),
    Case(linear.linear, "x w b", draw_linear, lambda x, w, b: F.linear(x, w, b)),
    Case(linear.flatten, "x", draw_flatten, lambda x, **o: torch.flatten(x, **o)),
    Case(activations.relu, "x", elementwise(), lambda x: F.relu(x)),
    Case(activations.leaky_relu, "x", elementwise(negative_slope=(0.01, 0.2)),
         lambda x, **o: F.leaky_relu(x, **o)),
    Case(activations.prelu, "x w", draw_prelu, lambda x, w: F.prelu(x, w)),
    Case(activations.hardtanh, "x", elementwise(min_val=(-1.0, -2.5), max_val=(1.0, 0.5)),
         lambda x, **o: F.hardtanh(x, **o)),
    Case(activations.relu6, "x", elementwise(scale=6), lambda x: F.relu6(x)),
    Case(activations.sigmoid, "x", elementwise(), lambda x: torch.sigmoid(x)),
    Case(activations.logsigmoid, "x", elementwise(), lambda x: F.logsigmoid(x)),
    Case(activations.tanh, "x", elementwise(), lambda x: torch.tanh(x)),
    Case(activations.elu, "x", elementwise(alpha=(1.0, 0.5, 1.7)), lambda x, **o: F.elu(x, **o)),
    Case(activations.selu, "x", elementwise(), lambda x: F.selu(x)),
    Case(activations.gelu, "x", elementwise(approximate=("none",)), lambda x, **o: F.gelu(x, **o), "exact"),
    Case(activations.gelu, "x", elementwise(approximate=("tanh",)), lambda x, **o: F.gelu(x, **o), "tanh"),
    Case(activations.silu, "x", elementwise(), lambda x: F.silu(x)),
    Case(activations.softplus, "x", elementwise(beta=(1.0, 2.5), threshold=(20.0, 2.0)),
         lambda x, **o: F.softplus(x, **o)),
    Case(activations.softmax, "x", draw_softmax, lambda x, dim: F.softmax(x, dim)),
    Case(activations.log_softmax, "x", draw_softmax, lambda x, dim: F.log_softmax(x, dim)),
    Case(losses.mse_loss, "input", draw_regression, torch_loss(F.mse_loss)),
    Case(losses.l1_loss, "input", draw_regression, torch_loss(F.l1_loss)),
    Case(losses.smooth_l1_loss, "input", draw_smooth_l1, torch_loss(F.smooth_l1_loss)),
    Case(losses.huber_loss, "input", draw_huber, torch_loss(F.huber_loss)),
    Case(losses.binary_cross_entropy, "input", draw_bce, torch_loss(F.binary_cross_entropy)),
    Case(losses.binary_cross_entropy_with_logits, "input", draw_bce_logits,
         torch_loss(F.binary_cross_entropy_with_logits)),
    Case(losses.nll_loss, "input", draw_nll, torch_loss(F.nll_loss)),
    Case(losses.cross_entropy, "input", draw_cross_entropy, torch_loss(F.cross_entropy), "class labels"),
    Case(losses.cross_entropy, "input", draw_cross_entropy_probabilities, torch_loss(F.cross_entropy),
         "class probabilities"),
    Case(normalization.batch_norm, "x weight bias", draw_batch_norm, torch_batch_norm),
    Case(normalization.layer_norm, "x weight bias", draw_layer_norm, torch_layer_norm),
    Case(normalization.group_norm, "x weight bias", draw_group_norm, lambda x, **o: F.group_norm(x, **o)),
    Case(dropout.dropout, "x", draw_dropout, torch_dropout, call_backward=backward_dropout),
]
