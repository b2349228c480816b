"""Checkers of chapter 12: building a CNN."""

import contextlib
import io
import itertools

import numpy as np

from cnnlib.course.exercises._answers import describe, numbers
from cnnlib.course.exercises._checker import (
    Case,
    Mistake,
    Verdict,
    check_function,
    check_letters,
    judge_function,
)
from cnnlib.module import Layer

_RNG = np.random.default_rng(12)
IMAGES, GRADIENTS = _RNG.normal(1, 2, size=(4, 3, 5, 2)), _RNG.normal(size=(4, 3, 5, 2))
SCALES, SHIFTS, MEANS = _RNG.normal(size=(3, 3))
SQUARE, ARRIVED = _RNG.normal(size=(2, 3, 3, 3, 3))
ALONE = _RNG.normal(size=(1, 3, 2, 2))
ROWS, BIASES, VARIANCES = _RNG.normal(size=(3, 2, 3, 4)), _RNG.normal(size=3), _RNG.uniform(0.5, 4, size=3)
NUMBERS, DRAWS = _RNG.normal(size=(3, 5)), _RNG.random((3, 5))
NUMBERS[0, 1], DRAWS[0, :2] = 0.0, (0.25, 0.95)  # a draw of just p, and a zero that is kept
CONV, POOL = (3, 1), (2, 2)
WANTED = [(1, 1), (5, 1), (2, 2), (4, 2), (16, 4), (44, 8), (34, 16), (23, 1)]


def _design(field, jump):
    """From the longest jump down: as many convolutions as fit, each of which adds twice the jump."""
    layers, left = [], (field - jump) // 2
    while jump > 1:
        count, left = divmod(left, jump)
        layers = [POOL] + [CONV] * count + layers
        jump //= 2
    return [CONV] * left + layers


def _sees(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size, jump = size + (kernel - 1) * jump, jump * stride
    return size, jump


def design(answer):
    """12.1: the network with the fewest 3 × 3 convolutions for a given field and jump."""
    cases = [Case(pair, f"field {pair[0]}, jump {pair[1]}") for pair in WANTED]

    def reference(field, jump):
        return _design(field, jump)

    def judge(values):
        networks = []
        for value, case in zip(values, cases, strict=True):
            array = numbers(value)
            if array is None or array.size and (array.ndim != 2 or array.shape[1] != 2):
                return f"on {case.about}, a list of pairs (kernel, stride) is asked for, you give {describe(value)}."
            networks.append([tuple(pair) for pair in array.reshape(-1, 2).tolist()])
            strange = [pair for pair in networks[-1] if pair not in (CONV, POOL)]
            if strange:
                k, s = strange[0]
                return f"on {case.about}, your list holds ({k:g}, {s:g}). Only (3, 1) and (2, 2) are allowed."
        seen = [_sees(layers) for layers in networks]
        if seen == WANTED:
            return _spare(networks, cases)
        if [_sees(layers[::-1]) for layers in networks] == WANTED:
            return "your lists begin at the unit. Begin at the image."
        if all(layers.count(CONV) == (size - 1) // 2 for layers, (size, _) in zip(networks, WANTED, strict=True)):
            return "you count the field of the convolutions as if there were no pooling: it lengthens the jump, and each convolution behind it adds more."
        if all(size == want[0] + want[1] - 1 and jump == want[1] for (size, jump), want in zip(seen, WANTED, strict=True)):
            return "every field is too large by jump − 1: pooling widens the field, too."
        for got, want, case in zip(seen, WANTED, cases, strict=True):
            if got != want:
                return f"on {case.about}, your layers make a field of {got[0]:g} and a jump of {got[1]:g}."

    return judge_function("12.1", answer, reference, cases, judge, praise="convolutions behind the poolings widen the field most.")


def _spare(networks, cases):
    """A hint where a network has more convolutions than are needed, or an empty text."""
    for layers, want, case in zip(networks, WANTED, cases, strict=True):
        fewest, has = _design(*want).count(CONV), layers.count(CONV)
        if has > fewest:
            return (f"on {case.about}, field and jump are right, with {has} convolutions; {fewest} "
                    f"{'is' if fewest == 1 else 'are'} enough. Where in the network does a convolution widen the field most?")
    return ""


def _ledger(layers, shape, spare=0, shared=False, every=False, bias=(1, 1), square=None, ceil=False, paid=(0, 0),
            pool=None, deep=True, whole=False):
    rows, shape = [], tuple(shape)
    for kind, *given in layers:
        parameters = work = 0
        if kind == "conv":
            filters, k, s, p = given
            c, arrived = shape[0] if deep else 1, shape[1] * shape[2]
            h, w = ((-(-(n + (2 - spare) * p - k) // s) if ceil else (n + (2 - spare) * p - k) // s) + 1 for n in shape[1:])
            h, w = [(h, w)[square]] * 2 if square is not None else (h, w)
            shape, n = (filters, h, w), c * k * k
            parameters = filters * n + bias[0] * (filters * h * w if every else filters)
            places = arrived if whole else h * w
            work = filters * n * (1 if shared else places) + paid[0] * filters * h * w
        elif kind == "pool":
            k = given[0]
            shape = shape[0], *(pool(n, k) if pool else n // k for n in shape[1:])
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        else:
            work, parameters = shape[0] * given[0] + paid[1] * given[0], shape[0] * given[0] + bias[1] * given[0]
            shape = (given[0],)
        rows.append((int(np.prod(shape)), parameters, work))
    return rows


def ledger(answer):
    """12.2: a ledger for any chain of convolutions, poolings and linear layers."""
    def reference(layers, shape):
        return _ledger(layers, shape)

    def of(**how):
        return lambda layers, shape: _ledger(layers, shape, **how)

    def up(n, k):
        return -(-n // k)

    lenet = [("conv", 6, 5, 1, 2), ("pool", 2), ("conv", 16, 5, 1, 0), ("pool", 2), ("flatten",), ("linear", 120), ("linear", 84), ("linear", 10)]
    return check_function(
        "12.2", answer, reference,
        [Case(([("flatten",), ("linear", 3)], (2, 1, 1)), "two channels of one pixel, flattened, and a linear layer"),
         Case(([("conv", 4, 3, 1, 1)], (2, 5, 7)), "one convolution on 2 × 5 × 7"),
         Case((lenet, (1, 28, 28)), "LeNet-5"),
         Case(([("conv", 8, 3, 2, 1), ("pool", 3), ("conv", 5, 2, 2, 0), ("flatten",), ("linear", 7)], (3, 37, 26)), "strides and odd sizes"),
         Case(([("pool", 2), ("flatten",)], (3, 5, 4)), "a network without weights")],
        [Mistake(of(bias=(0, 0)), "the biases are missing: one for each filter, one for each output of a linear layer."),
         Mistake(of(bias=(0, 1)), "the convolutions' biases are missing: one for each filter."),
         Mistake(of(bias=(1, 0)), "the linear layers' biases are missing: one for each output."),
         Mistake(of(whole=True), "multiply-adds: a convolution is computed at each place of its output. You count the places of its input."),
         Mistake(of(whole=True, paid=(1, 1)), "multiply-adds: count the places of the output, and no biases."),
         Mistake(of(every=True), "a filter has one bias for its whole map, not one for each place."),
         Mistake(of(shared=True), "each weight of a convolution is used at every place of its map: multiply by rows and columns of the output."),
         Mistake(of(spare=1), "padding stands on both sides: 2 p."),
         Mistake(of(spare=2), "the padding is not used."),
         Mistake(of(ceil=True), "sizes round down: a window that does not fit is left out."),
         Mistake(of(ceil=True, pool=up), "sizes round down: a window that does not fit is left out."),
         Mistake(of(square=0), "the image is not square: rows and columns go apart."),
         Mistake(of(square=1), "the image is not square: rows and columns go apart."),
         Mistake(of(deep=False), "a filter reads all channels of its input: C_in · k² weights."),
         Mistake(of(paid=(1, 1)), "biases are not counted among the multiply-adds."),
         Mistake(of(paid=(1, 0)), "the convolutions' biases are counted among the multiply-adds. They are not multiplied by anything."),
         Mistake(of(paid=(0, 1)), "the linear layers' biases are counted among the multiply-adds. They are not multiplied by anything."),
         Mistake(of(pool=lambda n, k: n - k + 1), "pooling moves by its kernel, not by 1."),
         Mistake(of(pool=lambda n, k: n // 2), "pooling divides by its kernel, which is not always 2."),
         Mistake(of(pool=up), "pooling rounds down, too."),
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


def bias_before_norm(answer):
    """12.3: what is true of a convolution's bias before batch norm."""
    return check_letters(
        "12.3", answer, "abe", "abcde",
        {"a": "think of (a) again: which outputs does the bias move, once the mean has been taken away?",
         "b": "think of (b) again: what does the batch's mean do when 100 is added to all numbers of a channel?",
         "c": "not c: in evaluation the mean is remembered. It does not know about your 100.",
         "d": "not d: a weight changes the numbers of a channel by different amounts, and the mean does not take that away.",
         "e": "think of (e) again: batch norm adds a shift of its own after the mean is gone."},
        praise="the mean takes away what the bias adds; that is why such convolutions are written with bias=False.",
    )


def _normed_back(dy, x, w, eps, axes=(0, 2, 3), mean=True, spread=True, less=0, scale=True, inside=True):
    def bar(a):
        return a.mean(axis=axes, keepdims=True)

    var = x.var(axis=axes, keepdims=True, ddof=less if x.size > x.shape[1] else 0)
    sigma = np.sqrt(var + eps) if inside else np.sqrt(var) + eps
    hat = (x - bar(x)) / sigma
    g = w[:, None, None] * dy if scale else dy
    dx = (g - mean * bar(g) - spread * hat * bar(g * hat)) / sigma
    return dx, (dy * hat).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


def batch_norm_backward(answer):
    """12.4: the three gradients of batch norm on images, in training mode."""
    def reference(dy, x, w, eps):
        return _normed_back(dy, x, w, eps)

    def of(**how):
        return lambda dy, x, w, eps: _normed_back(dy, x, w, eps, **how)

    def after(change):
        return lambda dy, x, w, eps: change(*_normed_back(dy, x, w, eps), dy, x, w, eps)

    def sums(dy, x, w, eps):
        n, sigma = x.size // x.shape[1], np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps)
        hat, g = (x - x.mean(axis=(0, 2, 3), keepdims=True)) / sigma, w[:, None, None] * dy
        _, dw, db = _normed_back(dy, x, w, eps)
        return (g - n * g.mean(axis=(0, 2, 3), keepdims=True) - n * hat * (g * hat).mean(axis=(0, 2, 3), keepdims=True)) / sigma, dw, db

    four = np.array([3.0, 9, 11, 17]).reshape(4, 1, 1, 1)
    return check_function(
        "12.4", answer, reference,
        [Case((np.eye(4)[0].reshape(4, 1, 1, 1), four, np.ones(1), 1e-5), "the four numbers of the chapter"),
         Case((GRADIENTS, IMAGES, SCALES, 1e-5), "4 images of 3 × 5 × 2"),
         Case((ARRIVED, SQUARE, SCALES, 0.5), "a large eps, N = C = H = W"),
         Case((ALONE[:, ::-1] ** 2, ALONE, SHIFTS, 1e-5), "a batch of one image")],
        [Mistake(of(mean=False), "dx: the mean's own dependence on x is forgotten. Every x moves it by 1/n, and so the mean of g is taken away."),
         Mistake(of(spread=False), "dx: the variance's own dependence on x is forgotten: the part with x̂ is missing."),
         Mistake(of(mean=False, spread=False), "dx: mean and variance are taken for fixed numbers, as in evaluation mode. Both depend on every x."),
         Mistake(of(less=1), "the variance divides by n here, and so does its derivative. n − 1 belongs to what is remembered for evaluation."),
         Mistake(of(scale=False), "dx: the scale w is left out. What arrives at x̂ is w · dy."),
         Mistake(of(axes=(0,)), "the means are taken over the batch alone. Rows and columns belong to the channel, too: axes 0, 2 and 3."),
         Mistake(of(axes=(2, 3)), "each image is treated by itself. The means run over the batch, too: axes 0, 2 and 3."),
         Mistake(of(axes=(1, 2, 3)), "the means run over the channels of one image (layer norm). Each channel has its own: axes 0, 2 and 3."),
         Mistake(of(axes=(0, 1, 2, 3)), "one mean for everything. Each channel has its own, over axes 0, 2 and 3."),
         Mistake(of(inside=False), "eps is added to the variance, before the root is taken."),
         Mistake(lambda dy, x, w, eps: _normed_back(dy, x, w, 0.0), "eps is left out."),
         Mistake(sums, "dx: sums where means belong. Each x moves the mean by 1/n."),
         Mistake(of(spread=-1), "dx: the part with x̂ has the wrong sign. Both means are taken away: g − ḡ − x̂ · mean(g x̂)."),
         Mistake(of(mean=-1), "dx: the mean of g has the wrong sign. It is taken away."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (-dx, dw, db)), "dx has the opposite sign."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx * np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps), dw, db)),
                 "dx: the division by σ is missing."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx, (dy * x).sum(axis=(0, 2, 3)), db)), "dw: w multiplies x̂, not x."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx, w * dw, db)), "dw: sum dy · x̂, not g · x̂: the derivative of w · x̂ by w is x̂, and w itself has no place in it."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx, dw, w * db)), "db: the derivative of y by b is 1, whatever w is."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx, dw * x.shape[1] / x.size, db * x.shape[1] / x.size)),
                 "dw and db are sums over the channel, not means."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx, dw * x.shape[1] / x.size, db)), "dw is a sum over the channel, not a mean."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx, dw, db * x.shape[1] / x.size)), "db is a sum over the channel, not a mean."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx, w * dw, w * db)), "dw and db: take dy itself, not g = w · dy: g is what arrives at x̂."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: (dx, db, dw)), "the order is dx, dw, db."),
         Mistake(after(lambda dx, dw, db, dy, x, w, eps: dx), "give all three: dx, dw, db.")],
        praise="mean and variance depend on x, and each takes its term away.",
    )


def _folded(w, b, shape, scale, shift, mean, var, eps, root=np.sqrt):
    factor = scale / root(var + eps)
    return (w * factor[:, None]).reshape(-1, *shape), (b - mean) * factor + shift


def fold(answer):
    """12.5: a linear layer on maps and the batch norm behind it, in evaluation mode, as one convolution."""
    def reference(w, b, shape, scale, shift, mean, var, eps):
        return _folded(w, b, shape, scale, shift, mean, var, eps)

    def with_bias(rule):
        def wrong(w, b, shape, scale, shift, mean, var, eps):
            return _folded(w, b, shape, scale, shift, mean, var, eps)[0], rule(b, scale / np.sqrt(var + eps), shift, mean)
        return wrong

    def with_weights(rule):
        def wrong(w, b, shape, scale, shift, mean, var, eps):
            return rule(w, scale / np.sqrt(var + eps), shape), _folded(w, b, shape, scale, shift, mean, var, eps)[1]
        return wrong

    def of(root=np.sqrt, **how):
        return lambda w, b, shape, scale, shift, mean, var, eps: _folded(
            w, b, shape, **({"scale": scale, "shift": shift, "mean": mean, "var": var, "eps": eps} | how), root=root)

    def kernel(change):
        return with_weights(lambda w, f, shape: change(w * f[:, None], shape))

    rows = ROWS.reshape(3, -1)
    return check_function(
        "12.5", answer, reference,
        [Case((np.full((1, 1), 2.0), np.array([1.0]), (1, 1, 1), np.array([3.0]), np.array([4.0]), np.array([5.0]), np.array([3.0]), 1.0),
              "one weight of 2, bias 1, scale 3, shift 4, mean 5, variance 3, eps 1"),
         Case((rows, BIASES, (2, 3, 4), SCALES, SHIFTS, MEANS, VARIANCES, 1e-5), "3 outputs, maps of 2 × 3 × 4"),
         Case((SQUARE.reshape(3, -1), BIASES, (3, 3, 3), SCALES, SHIFTS, MEANS, VARIANCES, 0.5), "a large eps, 3 outputs, maps of 3 × 3 × 3"),
         Case((rows[:, :4], BIASES, (2, 1, 2), SCALES, SHIFTS, MEANS, np.zeros(3), 1e-2), "maps of 2 × 1 × 2, variances of 0")],
        [Mistake(of(eps=0.0), "eps is left out: the layer divides by the root of var + eps."),
         Mistake(of(root=lambda v: v), "divide by the root of the variance, not by the variance."),
         Mistake(lambda w, b, shape, scale, shift, mean, var, eps: _folded(w, b, shape, scale, shift, mean, np.sqrt(var), eps, lambda v: v),
                 "eps is added to the variance, before the root is taken."),
         Mistake(of(root=lambda v: 1 / np.sqrt(v)), "batch norm divides by σ: the factor is scale / σ, not scale · σ."),
         Mistake(lambda w, b, shape, scale, shift, mean, var, eps: _folded(w, b, shape, np.ones_like(scale), shift, mean, var, eps), "the scale is left out."),
         Mistake(with_bias(lambda b, f, shift, mean: (b - mean) * f), "the new bias: the shift is left out."),
         Mistake(with_bias(lambda b, f, shift, mean: b * f + shift), "the new bias: the mean is left out."),
         Mistake(with_bias(lambda b, f, shift, mean: shift - mean * f), "the new bias: the linear layer's own bias is left out. Batch norm scales it, too."),
         Mistake(with_bias(lambda b, f, shift, mean: b + shift - mean * f), "the new bias: the linear layer's own bias is scaled, too: batch norm comes after it."),
         Mistake(with_bias(lambda b, f, shift, mean: b * f - mean + shift), "the new bias: the mean is taken away before the scale, so it is scaled, too."),
         Mistake(with_bias(lambda b, f, shift, mean: b - mean + shift), "the new bias: b − mean is scaled, too, before the shift is added."),
         Mistake(with_bias(lambda b, f, shift, mean: (b + mean) * f + shift), "the new bias: the mean is taken away, not added."),
         Mistake(with_bias(lambda b, f, shift, mean: (b - mean + shift) * f), "the new bias: first the scale, then the shift: the shift is not scaled."),
         Mistake(with_bias(lambda b, f, shift, mean: b), "the new bias: it changes, too. What does batch norm make of b alone?"),
         Mistake(with_weights(lambda w, f, shape: w.reshape(-1, *shape)), "the weights are scaled, too."),
         Mistake(with_weights(lambda w, f, shape: (w * f[0]).reshape(-1, *shape)), "each output has a factor of its own."),
         Mistake(with_weights(lambda w, f, shape: w * f[:, None]), "the weights are scaled rightly, but still in rows. A kernel has the shape (outputs, C, H, W)."),
         Mistake(kernel(lambda w, shape: np.moveaxis(w.reshape(-1, *shape[1:], shape[0]), -1, 1)),
                 "a row holds the maps one after the other: C stands first, then H and W, as flattening wrote them."),
         Mistake(kernel(lambda w, shape: w.reshape(-1, *shape)[..., ::-1, ::-1]), "nothing is flipped: conv2d lays the kernel on the maps as it stands (chapter 9)."),
         Mistake(kernel(lambda w, shape: w.reshape(-1, shape[0], *shape[:0:-1]).swapaxes(2, 3)), "rows and columns are exchanged: a row of weights goes along W first."),
         Mistake(kernel(lambda w, shape: w.T.reshape(*shape, -1)), "the outputs come first: (outputs, C, H, W), one kernel for each row of w."),
         Mistake(kernel(lambda w, shape: w.reshape(*shape, -1).transpose(3, 0, 1, 2)), "the outputs are the rows of w already: only the second axis is split."),
         Mistake(lambda *given: _folded(*given)[::-1], "the order: first the weights, then the bias."),
         Mistake(lambda *given: _folded(*given)[0], "give both: the weights and the bias.")],
        praise="two layers less, and the same numbers, now at every place of a larger image.",
    )


def _draw(u, call):
    return np.roll(u, call, axis=-1)


def _turned(x):
    """The rows in reverse order: between two uses of a layer, so that the order of their masks matters."""
    return np.flip(x, axis=0).copy()


def _dropped(x, dy, u, p, training, times=1, keep=lambda u, p: u >= p, up=lambda p: 1 / (1 - p), back=None,
             rest=lambda x, mask, p: x, rest_back=None, kept=lambda masks: masks, again=False):
    if not training:
        mask = keep(u, p) * up(p)
        for call in range(times):
            x, dy = (_turned(x), _turned(dy)) if call else (x, dy)
            x, dy = rest(x, mask, p), (rest_back or rest)(dy, mask, p)
        return x, dy
    with np.errstate(all="ignore"):
        masks, inputs = [], []
        for call in range(times):
            x = _turned(x) if call else x
            masks.append(keep(_draw(u, call), p))
            inputs.append(x)
            x = x * (masks[-1] * up(p))
        if again:
            masks = [keep(_draw(u, 2 * times - 1 - call), p) for call in range(times)]
        for call, mask, given in zip(range(times), kept(masks)[::-1], inputs[::-1], strict=True):
            dy = _turned(dy) if call else dy
            dy = dy * (mask * up(p) if back is None else back(mask, p, given))
    return x, dy


def through(layer, late=False):
    """A class of dropout layers as a function: forward, as often as is asked for, and as often backward.

    With ``late``, evaluation mode comes between the two.
    """
    def run(x, dy, u, p, training, times=1):
        calls = itertools.count()
        made = layer(p, lambda shape: _draw(u, next(calls)).reshape(shape).copy())
        if not training:
            made.eval()
        for call in range(times):
            x = made.forward(_turned(x) if call else x)
        if late:
            made.eval()
        for call in range(times):
            dy = made.backward(_turned(dy) if call else dy)
        return x, dy
    return run


def _no_layer(answer):
    """What is wrong with a class before it computes anything, or an empty text."""
    if not issubclass(answer, Layer):
        return "your class is not made from Layer: class MyDropout(Layer)."
    try:
        made = answer(0.5, np.ones)
    except Exception:  # the first case will tell
        return ""
    return "" if "_saved" in vars(made) else "your __init__ does not call super().__init__(), so there is nowhere to save to, and no mode."


def _misused(answer):
    """What is wrong with how a class uses ``draw`` and ``save``, where the error would come from code that is not the learner's."""
    odd = []

    def draw(shape):
        try:
            return DRAWS.reshape(shape).copy()
        except (TypeError, ValueError):
            odd.append(shape)
            raise

    made = None
    with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        made = answer(0.5, draw)
        made.forward(NUMBERS.copy())
        saved = bool(made._saved)
        made.forget()
        made.eval()
        made.forward(NUMBERS.copy())
        if saved and not made._saved:
            try:
                made.backward(NUMBERS.copy())
            except RuntimeError:
                return "backward finds nothing saved in evaluation: save in both modes, since backward recalls in both."
    return "draw one number for each number of x, all in one call: self.draw(x.shape)." if odd else ""


def dropout_layer(answer):
    """12.6: dropout as a layer, a class, or a function such as `through` makes of it."""
    def reference(x, dy, u, p, training, times):
        return _dropped(x, dy, u, p, training, times)

    def of(**how):
        return lambda x, dy, u, p, training, times: _dropped(x, dy, u, p, training, times, **how)

    if isinstance(answer, Layer):
        return Verdict("12.6", False, "you hand over a layer. Hand over the class, without brackets: the checker makes its own layers from it.")
    given = answer
    if isinstance(answer, type):
        problem = _no_layer(answer) or _misused(answer)
        if problem:
            return Verdict("12.6", False, problem)
        answer = through(answer)
    x, u, arrived = np.array([1.0, 2, 3, 4]), np.array([0.9, 0.1, 0.3, 0.7]), np.array([1.0, 10, 100, 1000])
    wide = NUMBERS, GRADIENTS[0, :, :, 0], DRAWS
    verdict = check_function(
        "12.6", answer, reference,
        [Case((x, arrived, u, 0.5, True, 1), "four numbers, p = 0.5, in training"),
         Case((x, arrived, u, 0.5, False, 1), "four numbers, p = 0.5, in evaluation"),
         Case((*wide, 0.25, True, 1), "3 × 5 numbers, p = 0.25, in training"),
         Case((*wide, 0.25, False, 1), "3 × 5 numbers, p = 0.25, in evaluation"),
         Case((*wide, 0.0, True, 1), "p = 0, in training"),
         Case((*wide, 0.9, True, 1), "p = 0.9, in training"),
         Case((*wide, 0.25, True, 2), "one layer used twice, p = 0.25, in training"),
         Case((*wide, 0.25, False, 2), "one layer used twice, in evaluation")],
        [Mistake(of(kept=lambda masks: masks[::-1]),
                 "the layer is used twice here, and the first mask comes back first. Backward runs through the uses in reverse order: the last mask comes back first."),
         Mistake(of(again=True), "dx: backward draws a new mask. The mask of the forward pass holds for the gradient, too: save it, and recall it."),
         Mistake(of(kept=lambda masks: masks[-1:] * len(masks)),
                 "the layer is used twice here, and the second forward pass overwrites the first one's mask. self.save(mask) keeps both, and self.recall() gives back the last."),
         Mistake(of(up=lambda p: 1.0), "the scaling is forgotten: what is kept is multiplied by 1/(1 − p)."),
         Mistake(of(up=lambda p: 1.0, rest=lambda x, mask, p: x * (1 - p)),
                 "you scale in evaluation. Here training scales what is kept by 1/(1 − p), and evaluation does nothing."),
         Mistake(of(rest=lambda x, mask, p: x * (1 - p)), "evaluation does nothing: the scaling is done in training already."),
         Mistake(of(up=lambda p: 1.0, rest=lambda x, mask, p: x * (1 - p), rest_back=lambda dy, mask, p: dy),
                 "you scale in evaluation. Here training scales what is kept by 1/(1 − p), and evaluation does nothing."),
         Mistake(of(rest=lambda x, mask, p: x * (1 - p), rest_back=lambda dy, mask, p: dy),
                 "evaluation does nothing: the scaling is done in training already."),
         Mistake(of(rest=lambda x, mask, p: x / (1 - p)), "evaluation does nothing: what is scaled up is what is kept in training."),
         Mistake(lambda x, dy, u, p, training, times: _dropped(x, dy, u, p, True, times), "the mask is used in evaluation, too. Ask self.training: there nothing is dropped."),
         Mistake(of(rest=lambda x, mask, p: 0 * x), "in evaluation everything passes, forward and backward; yours gives 0."),
         Mistake(of(up=lambda p: 1 - p), "divide by 1 − p: what is kept grows, to make up for what is dropped."),
         Mistake(of(up=lambda p: 1 / p if p else 1.0), "p is what is dropped, 1 − p what is kept: divide by 1 − p."),
         Mistake(of(up=lambda p: 1 / np.float64(p)), "p is what is dropped, 1 − p what is kept: divide by 1 − p."),
         Mistake(of(keep=lambda u, p: u < p), "the wrong ones go: a number is dropped where u < p."),
         Mistake(of(keep=lambda u, p: u < 1 - p), "the right share goes, but not those that are asked for: a number is dropped where u < p."),
         Mistake(of(keep=lambda u, p: u > p), "a number is dropped where u < p: where u is just p it is kept."),
         Mistake(of(keep=lambda u, p: u >= 0.5), "a half is dropped whatever p is."),
         Mistake(of(back=lambda kept, p, x: 1.0), "dx: the mask of the forward pass holds for the gradient, too."),
         Mistake(of(back=lambda kept, p, x: kept), "dx: the gradient is scaled by 1/(1 − p) as well: y = mask · x."),
         Mistake(of(back=lambda kept, p, x: 1 / (1 - p)), "dx: where a number was dropped, no gradient comes through."),
         Mistake(of(back=lambda kept, p, x: kept * (x != 0) / (1 - p)), "dx: a number that is 0 and kept has a gradient. Ask the mask, not y."),
         Mistake(of(back=lambda kept, p, x: x * kept / (1 - p)), "dx: the derivative of mask · x is the mask, without x.")],
        praise="one mask for both ways, none in evaluation, and one for each time that the layer is used.",
    )
    if not (verdict.passed and isinstance(given, type)):
        return verdict
    if _draws_in_evaluation(given):
        return Verdict("12.6", False, "in evaluation nothing is drawn: whoever draws next would get other numbers. Ask self.training before you call self.draw.")
    return _late(given, verdict, (*wide, 0.25, True))


def _draws_in_evaluation(layer):
    drawn = []
    layer(0.25, lambda shape: drawn.append(shape) or DRAWS.reshape(shape).copy()).eval().forward(NUMBERS.copy())
    return bool(drawn)


def _late(layer, verdict, case):
    """The verdict on a layer that is right otherwise, when the mode changes between forward and backward."""
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        if np.allclose(numbers(through(layer, late=True)(*case)[1]), _dropped(*case)[1]):
            return verdict
    return Verdict(
        "12.6", False, "after forward in training, eval() is called, and then backward: the mask of that forward pass still holds. "
                       "Use what forward saved; self.training may have changed since.")


def diagnosis(answer):
    """12.7: four symptoms, four causes."""
    return check_letters(
        "12.7", answer, "cadb", "abcd",
        {0: "Symptom 1: the digit is alone both times. Which cause draws random numbers?",
         1: "Symptom 2: the same when alone, another in a batch. Which layer mixes the digits of a batch?",
         2: "Symptom 3: the weights are fine. What does evaluation use that training does not?"},
        [Mistake("acdb", "the first two are the wrong way round. A batch of one, twice, has the same mean twice."),
         Mistake("cdab", "the middle two are the wrong way round. The batch changes nothing in evaluation mode."),
         Mistake("dacb", "symptoms 1 and 3 are the wrong way round. Running statistics do not change from one prediction to the next.")],
        praise="mode first, then statistics, then shapes.", ordered=True,
    )
