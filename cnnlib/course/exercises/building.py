"""Checkers of chapter 12: building a CNN."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

_RNG = np.random.default_rng(12)
IMAGES = _RNG.normal(1, 2, size=(4, 3, 5, 2))
SCALES, SHIFTS = _RNG.normal(size=(2, 3))
SQUARE, CONSTANT = _RNG.normal(size=(3, 3, 3, 3)), np.full((2, 3, 2, 2), 5.0)


def flatten_size(answer):
    """12.1: numbers after two convolutions and two poolings of a 3 × 44 × 28 image."""
    return check_value(
        "12.1", answer, 720,
        [Mistake(12 * 20 * 12, "the second pooling is not counted: it halves rows and columns once more."),
         Mistake(12 * 40 * 24, "pooling has no parameters, but it halves rows and columns, twice."),
         Mistake(12 * 9 * 5, "the second convolution has padding 1: it keeps 20 × 12, and only pooling halves it."),
         Mistake(12 * 11 * 7, "the first convolution has no padding: 44 − 5 + 1 rows are left."),
         Mistake(12 * 10 * 5, "the columns: 28 − 5 + 1 = 24, then 12, then 6."),
         Mistake(8 * 10 * 6, "the last maps are those of the second convolution, which has 12 filters."),
         Mistake(10 * 6, "that is one map. How many are there?"),
         Mistake(8 * 12 * 10 * 6, "each of the 12 filters adds up over all 8 maps: 12 maps, not 96."),
         Mistake(3 * 12 * 10 * 6, "a filter adds up over the colours: they do not multiply the maps."),
         Mistake(12 * 10 * 10, "the image is not square: follow rows and columns apart."),
         Mistake(12 * 6 * 6, "the image is not square: follow rows and columns apart."),
         Mistake(721, "the bias belongs to the outputs. How many numbers come in?")],
        praise="12 maps of 10 × 6.",
    )


def _field(layers):
    size, jump = 1, 1
    for kernel, stride, dilation in layers:
        size += dilation * (kernel - 1) * jump
        jump *= stride
    return size, jump


def field(answer):
    """12.2: receptive field and jump of ``[(kernel, stride, dilation), ...]``."""
    def varied(start=1, stride_first=False, spread=lambda k, d: d * (k - 1), step=lambda j, s: j * s):
        def wrong(layers):
            size, jump = start, 1
            for kernel, stride, dilation in layers:
                if stride_first:
                    jump = step(jump, stride)
                size += spread(kernel, dilation) * jump
                if not stride_first:
                    jump = step(jump, stride)
            return size, jump
        return wrong

    def no_jump(layers):
        return 1 + sum(d * (k - 1) for k, _, d in layers), _field(layers)[1]

    def previous(layers):
        size, jump, before = 1, 1, 1
        for kernel, stride, dilation in layers:
            size += dilation * (kernel - 1) * before
            jump, before = jump * stride, stride
        return size, jump

    return check_function(
        "12.2", answer, _field,
        [Case(([],), "no layer at all"), Case(([(3, 1, 1)],), "one 3×3 layer"),
         Case(([(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)],), "LeNet-5"),
         Case(([(3, 2, 1), (1, 3, 1), (4, 1, 1)],), "three layers with strides 2, 3 and 1"),
         Case(([(3, 1, 1), (3, 2, 2), (3, 1, 4)],), "layers with dilation")],
        [Mistake(no_jump, "the earlier strides are forgotten: a neighbour is as many pixels away as the jump so far."),
         Mistake(previous, "only the stride of the layer before is used. The jump is the product of all earlier ones."),
         Mistake(varied(stride_first=True), "a layer's own stride does not widen its field: first let the field grow, then the jump."),
         Mistake(varied(spread=lambda k, d: k - 1), "the dilation is not used: a kernel of k spans d (k − 1) + 1 places."),
         Mistake(varied(spread=lambda k, d: d * k), "a kernel of k adds k − 1 steps: its first weight stands on what is there already."),
         Mistake(varied(spread=lambda k, d: d * k - 1), "with dilation d the k − 1 gaps are d wide: d (k − 1), not d k − 1."),
         Mistake(varied(start=0), "a pixel sees itself: start with 1."),
         Mistake(varied(step=lambda j, s: j + s - 1), "jumps multiply: stride 2 after stride 2 makes 4, and 3 after 2 makes 6."),
         Mistake(lambda layers: (_field(layers)[0], layers[-1][1] if layers else 1), "the jump apart is the product of all strides, not the last one."),
         Mistake(varied(step=lambda j, s: s), "the jump is the product of all strides, not the last one."),
         Mistake(lambda layers: _field(layers[::-1]), "you start at the last layer. This rule goes from the image on."),
         Mistake(lambda layers: _field(layers)[::-1], "the other way round: first the size, then the jump."),
         Mistake(lambda layers: _field(layers)[0], "give both: the size and the jump.")],
        praise="first the field, then the jump.",
    )


def _normalised(x, w, b, eps, axes=(0, 2, 3), n_less=0, inside=True):
    m, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True, ddof=n_less)
    hat = (x - m) / (np.sqrt(var + eps) if inside else np.sqrt(var) + eps)
    return w[:, None, None] * hat + b[:, None, None]


def batch_norm_forward(answer):
    """12.3: batch norm of images (N, C, H, W) in training mode."""
    def of(**how):
        return lambda x, w, b, eps: _normalised(x, w, b, eps, **how)

    def plain(x, w, b, eps):
        return _normalised(x, np.ones_like(w), np.zeros_like(b), eps)

    def variance(x, w, b, eps):
        m, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
        return w[:, None, None] * (x - m) / (var + eps) + b[:, None, None]

    return check_function(
        "12.3", answer, _normalised_reference,
        [Case((np.array([3.0, 9, 11, 17]).reshape(4, 1, 1, 1), np.ones(1), np.zeros(1), 1e-5), "the four numbers of the chapter"),
         Case((IMAGES, np.ones(3), np.zeros(3), 1e-5), "4 images of 3 × 5 × 2"),
         Case((IMAGES, SCALES, SHIFTS, 1e-5), "scales and shifts"),
         Case((SQUARE, SCALES, SHIFTS, 0.5), "a large eps, N = C = H = W"),
         Case((CONSTANT, SCALES, SHIFTS, 1e-5), "images in which all pixels are equal")],
        [Mistake(of(n_less=1), "the variance divides by n here. n − 1 belongs to what is remembered for evaluation."),
         Mistake(of(axes=(0,)), "the mean is taken over the batch alone. Rows and columns belong to the channel, too: axes 0, 2 and 3."),
         Mistake(of(axes=(2, 3)), "each image is normalised by itself (instance norm). The mean runs over the batch, too: axes 0, 2 and 3."),
         Mistake(of(axes=(1, 2, 3)), "each image is normalised over its channels (layer norm). Each channel has its own mean, over axes 0, 2 and 3."),
         Mistake(of(axes=(1,)), "this normalises over the channels. Each channel has its own mean, over axes 0, 2 and 3."),
         Mistake(of(axes=(0, 1, 2, 3)), "one mean for everything. Each channel has its own, over axes 0, 2 and 3."),
         Mistake(of(inside=False), "eps is added to the variance, before the root is taken."),
         Mistake(lambda x, w, b, eps: _normalised(x, w, b, 0.0 if x.var() else eps), "eps is left out."),
         Mistake(plain, "the scale w and the shift b are left out."),
         Mistake(lambda x, w, b, eps: _normalised(x, w, np.zeros_like(b), eps), "the shift b is left out."),
         Mistake(lambda x, w, b, eps: _normalised(x, np.ones_like(w), b, eps), "the scale w is left out."),
         Mistake(variance, "divide by the root of the variance, not by the variance."),
         Mistake(lambda x, w, b, eps: _normalised(x, w, b, eps) + (w / np.sqrt(x.var(axis=(0, 2, 3)) + eps) * x.mean(axis=(0, 2, 3)))[:, None, None],
                 "the mean is not taken away."),
         Mistake(lambda x, w, b, eps: w[:, None, None] * (plain(x, w, b, eps) + b[:, None, None]),
                 "first the scale, then the shift: the shift is not scaled.")],
        praise="one mean and one variance for each channel.",
    )


def _normalised_reference(x, w, b, eps):
    return _normalised(x, w, b, eps)


def bias_before_norm(answer):
    """12.4: what is true of a convolution's bias before batch norm."""
    return check_letters(
        "12.4", answer, "abe", "abcde",
        {"a": "think of (a) again: which outputs does the bias move, once the mean has been taken away?",
         "b": "think of (b) again: what does the batch's mean do when 100 is added to all numbers of a channel?",
         "c": "not c: in evaluation the mean is remembered. It does not know about your 100.",
         "d": "not d: a weight changes the numbers of a channel by different amounts, and the mean does not take that away.",
         "e": "think of (e) again: batch norm adds a shift of its own after the mean is gone."},
        praise="the mean takes away what the bias adds; that is why such convolutions are written with bias=False.",
    )


def _ledger(layers, shape, spare=0, shared=False, every=False, bias=True, square=False, ceil=False, paid=False, pool=None, deep=True):
    rows, shape = [], tuple(shape)
    for kind, *given in layers:
        parameters = work = 0
        if kind == "conv":
            filters, k, s, p = given
            c = shape[0] if deep else 1
            h, w = ((-(-(n + (2 - spare) * p - k) // s) if ceil else (n + (2 - spare) * p - k) // s) + 1 for n in shape[1:])
            w = h if square else w
            shape, n = (filters, h, w), c * k * k
            parameters = filters * n + bias * (filters * h * w if every else filters)
            work = filters * n * (shape[1] * shape[2] if not shared else 1) + paid * filters * h * w
        elif kind == "pool":
            k = given[0]
            shape = shape[0], *(pool(n, k) if pool else n // k for n in shape[1:])
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        else:
            work, parameters = shape[0] * given[0] + paid * given[0], shape[0] * given[0] + bias * given[0]
            shape = (given[0],)
        rows.append((int(np.prod(shape)), parameters, work))
    return rows


def ledger(answer):
    """12.5: a ledger for any chain of convolutions, poolings and linear layers."""
    def reference(layers, shape):
        return _ledger(layers, shape)

    def of(**how):
        return lambda layers, shape: _ledger(layers, shape, **how)

    lenet = [("conv", 6, 5, 1, 2), ("pool", 2), ("conv", 16, 5, 1, 0), ("pool", 2), ("flatten",), ("linear", 120), ("linear", 84), ("linear", 10)]
    return check_function(
        "12.5", answer, reference,
        [Case(([("linear", 3)], (2,)), "one linear layer, two inputs"),
         Case(([("conv", 4, 3, 1, 1)], (2, 5, 7)), "one convolution on 2 × 5 × 7"),
         Case((lenet, (1, 28, 28)), "LeNet-5"),
         Case(([("conv", 8, 3, 2, 1), ("pool", 3), ("conv", 5, 2, 2, 0), ("flatten",), ("linear", 7)], (3, 37, 26)), "strides and odd sizes"),
         Case(([("pool", 2), ("flatten",)], (3, 5, 4)), "a network without weights")],
        [Mistake(of(bias=False), "the biases are missing: one for each filter, one for each output of a linear layer."),
         Mistake(of(every=True), "a filter has one bias for its whole map, not one for each place."),
         Mistake(of(shared=True), "each weight of a convolution is used at every place of its map: multiply by rows and columns of the output."),
         Mistake(of(spare=1), "padding stands on both sides: 2 p."),
         Mistake(of(spare=2), "the padding is not used."),
         Mistake(of(ceil=True), "sizes round down: a window that does not fit is left out."),
         Mistake(of(square=True), "the image is not square: rows and columns go apart."),
         Mistake(of(deep=False), "a filter reads all channels of its input: C_in · k² weights."),
         Mistake(of(paid=True), "biases are not counted among the multiply-adds."),
         Mistake(of(pool=lambda n, k: n - k + 1), "pooling moves by its kernel, not by 1."),
         Mistake(of(pool=lambda n, k: n // 2), "pooling divides by its kernel, which is not always 2."),
         Mistake(of(pool=lambda n, k: -(-n // k)), "pooling rounds down, too."),
         Mistake(of(pool=lambda n, k: n), "pooling shrinks the maps."),
         Mistake(lambda layers, shape: [(n, p, 2 * m) for n, p, m in _ledger(layers, shape)],
                 "a multiply-add is one multiplication with its addition: count it once."),
         Mistake(lambda layers, shape: [(n, m, p) for n, p, m in _ledger(layers, shape)],
                 "the order: numbers, parameters, multiply-adds."),
         Mistake(lambda layers, shape: tuple(map(sum, zip(*_ledger(layers, shape), strict=True))), "one entry for each layer, not the sums."),
         Mistake(lambda layers, shape: [row for row in _ledger(layers, shape) if row[1]],
                 "pooling and flattening have their lines, too, with 0 parameters.")],
        praise="shape by shape, from the image on.",
    )


def diagnosis(answer):
    """12.6: four symptoms, four causes."""
    return check_letters(
        "12.6", answer, "cadb", "abcd",
        {0: "Symptom 1: the digit is alone both times. Which cause draws random numbers?",
         1: "Symptom 2: the same when alone, another in company. Which layer mixes the digits of a batch?",
         2: "Symptom 3: the weights are fine. What does evaluation use that training does not?"},
        [Mistake("acdb", "the first two are the wrong way round. A batch of one, twice, has the same mean twice."),
         Mistake("cdab", "the middle two are the wrong way round. Company changes nothing in evaluation mode."),
         Mistake("dacb", "symptoms 1 and 3 are the wrong way round. Running statistics do not change from one prediction to the next.")],
        praise="mode first, then statistics, then shapes.", ordered=True,
    )
