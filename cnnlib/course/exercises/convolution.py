"""Checkers of chapter 9: convolution."""

import numpy as np

from cnnlib.conv import conv2d
from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value, judge_value

_RNG = np.random.default_rng(93)
GREY = _RNG.integers(0, 256, size=(2, 5, 6), dtype=np.uint8)


def _draw(*shape):
    return _RNG.normal(size=shape)


SHIFT_CASES = [
    Case((np.arange(9.0).reshape(1, 3, 3), np.arange(4.0).reshape(1, 1, 2, 2)), "one channel, one filter"),
    Case((_draw(1, 6, 5), _draw(3, 1, 3, 3)), "one channel, three filters"),
    Case((_draw(3, 5, 6), _draw(1, 3, 2, 3)), "three channels, one filter"),
    Case((_draw(3, 7, 6), _draw(2, 3, 3, 2)), "three channels, two filters"),
    Case((_draw(2, 6, 9), _draw(3, 2, 1, 3)), "dilation 2", {"dilation": 2}),
    Case((_draw(2, 9, 8), _draw(2, 2, 3, 2)), "dilation 3", {"dilation": 3}),
    Case((_draw(4, 5, 6), _draw(6, 2, 3, 2)), "two groups", {"groups": 2}),
    Case((_draw(6, 6, 5), _draw(6, 2, 2, 2)), "three groups", {"groups": 3}),
    Case((_draw(3, 5, 4), _draw(3, 1, 2, 3)), "depthwise, three groups of one channel", {"groups": 3}),
    Case((_draw(2, 5, 4), _draw(4, 1, 2, 1)), "two groups of one channel, two filters each", {"groups": 2}),
    Case((_draw(4, 7, 9), _draw(4, 2, 2, 3)), "dilation 2 and two groups", {"dilation": 2, "groups": 2}),
    Case((_draw(3, 4, 5), _draw(2, 3, 1, 1)), "1 × 1 kernels"),
    Case((_draw(2, 5, 5), _draw(2, 2, 5, 5)), "kernels as large as the picture"),
    Case((GREY, np.array([[[[0.1, 0.25, 0.15], [0.05, 0.1, 0.2]]] * 2])), "a picture of whole numbers (uint8)"),
]
COST_CASES = [
    Case((1, 6, 5, 1, 28, 28), "LeNet's first layer, 28 × 28 after padding 2"), Case((3, 32, 3, 1, 32, 32), "3 → 32 channels"),
    Case((64, 64, 3, 64, 28, 14), "a depthwise layer"), Case((64, 128, 3, 2, 7, 9), "two groups"),
    Case((8, 4, 1, 1, 5, 3), "a 1 × 1 layer"), Case((256, 512, 3, 1, 56, 56), "a layer with more than 2³¹ multiplications"),
]


def shape(answer):
    """9.1: the output shape of conv2d with stride 2, padding 2 and dilation 2."""
    return check_value(
        "9.1", answer, (8, 16, 14, 18),
        [Mistake((8, 16, 16, 20), "you left out the dilation: five weights, 2 apart, span 2 · 4 + 1 = 9 pixels."),
         Mistake((8, 16, 12, 16), "you left out the padding: it adds 2 pixels on each side, n + 2p in all."),
         Mistake((8, 16, 13, 17), "nearly. Does padding count on both sides, and is the + 1 there? The window also "
                                  "stands where it starts."),
         Mistake((8, 16, 14.5, 18.5), "round down: half a step leads nowhere."),
         Mistake((8, 16, 15, 19), "one too many. The window spans 2 · 4 + 1 = 9 pixels, and half a step is rounded down: the last window must fit whole."),
         Mistake((8, 16, 28, 36), "you left out the stride: in steps of 2 there are about half as many windows."),
         Mistake((8, 3, 14, 18), "each of the 16 filters makes one map out of all channels."),
         Mistake((8, 48, 14, 18), "a filter adds the three channels up into one map: 16 maps, not 48."),
         Mistake((16, 8, 14, 18), "the batch comes first: (N, C_out, H_out, W_out)."),
         Mistake((8, 14, 18, 16), "channels come before rows and columns: (N, C_out, H_out, W_out)."),
         Mistake((8, 16, 18, 14), "rows before columns: the image has 32 rows and 40 columns."),
         Mistake((16, 14, 18), "and the batch? Eight images go in, eight come out."),
         Mistake((8, 16, 14, 14), "the image is not square: 32 rows and 40 columns."),
         Mistake((8, 16), "and rows and columns? The shape is (N, C_out, H_out, W_out)."),
         Mistake((14, 18), "rows and columns are right. The shape also has the batch and the channels.")],
        praise="eight images, sixteen maps, ⌊27 / 2⌋ + 1 = 14 rows, ⌊35 / 2⌋ + 1 = 18 columns.",
    )


CHANNELS = np.array([[[1.0, 2, 0], [0, 1, 3], [2, 0, 1]], [[0, 1, 2], [1, 0, 0], [3, 0, 2]]])
FILTER = np.array([[[1.0, 2], [0, -1]], [[0, 1], [2, 0]]])


def by_hand(answer):
    """9.2: one filter on two channels, with a bias."""
    def total(x, w):
        return _shifts(x, w[None])[0]

    def alone(c):
        return total(CHANNELS[c:c + 1], FILTER[c:c + 1])

    sums, turned = total(CHANNELS, FILTER), total(CHANNELS, FILTER[:, ::-1, ::-1])
    return check_value(
        "9.2", answer, sums + 1,
        [Mistake(sums, "the sums are right. Add the bias 1 to each of them."),
         Mistake(sums - 1, "the bias is added, not subtracted."),
         Mistake(sums + 2, "a filter has one bias: it is added once, not once for each channel."),
         Mistake(sums + 8, "the bias is added once to each sum, not to each of its eight products."),
         Mistake(alone(0) + 1, "this is channel 0 alone. The filter reads both channels, and everything is added up."),
         Mistake(alone(1) + 1, "this is channel 1 alone. The filter reads both channels, and everything is added up."),
         Mistake(alone(0) - alone(1) + 1, "the partial sums of the two channels are added, not subtracted."),
         Mistake(alone(0) * alone(1) + 1, "the partial sums of the two channels are added, not multiplied."),
         Mistake(np.stack([alone(0), alone(1)]) + 1, "one filter makes one map: add the two channels up."),
         Mistake(np.stack([alone(0), alone(1)]), "these are the partial sums. One filter makes one map: add the two up, and the bias."),
         Mistake(sums / 2 + 1, "the channels are added up, not averaged."),
         Mistake(sums / 8 + 1, "a weighted sum, not a mean: no division."),
         Mistake(total(CHANNELS, FILTER[::-1]) + 1, "the kernels are exchanged: w₀ reads x₀, w₁ reads x₁."),
         Mistake(turned + 1, "your kernels are flipped: this is true convolution. Lay them on as they stand."),
         Mistake(turned, "your kernels are flipped: this is true convolution. Lay them on as they stand, and add the bias."),
         Mistake(total(CHANNELS, FILTER[:, :, ::-1]) + 1, "your kernels are flipped from left to right. Lay them on as they stand."),
         Mistake(total(CHANNELS, FILTER[:, ::-1]) + 1, "your kernels are flipped from top to bottom. Lay them on as they stand."),
         Mistake(total(CHANNELS, FILTER.transpose(0, 2, 1)) + 1, "rows and columns of the kernels are swapped: the first row of w₀ is 1, 2."),
         Mistake(total(CHANNELS, np.abs(FILTER)) + 1, "mind the sign: the last weight of w₀ is −1."),
         Mistake((sums + 1).T, "the right numbers, lying on their side: the window moves along a row first."),
         Mistake((sums + 1)[:1, :1], "the window moves by one, not by its own size: it stands in four places."),
         Mistake(total(np.pad(CHANNELS, ((0, 0), (1, 1), (1, 1))), FILTER) + 1, "no padding: the window stays inside the picture.")],
        praise="four windows, two partial sums in each, one bias.",
    )


def by_shifts(answer):
    """9.3: the convolution of one image with many channels, with dilation and groups."""
    def changed(f):
        return lambda x, w, dilation=1, groups=1: f(x, w, dilation, groups)

    def on(weights):
        return changed(lambda x, w, d, g: _shifts(x, weights(w), d, g))

    return check_function(
        "9.3", answer, _shifts, SHIFT_CASES,
        [Mistake(on(lambda w: w[..., ::-1, ::-1]), "your kernels are flipped: this is true convolution. Networks lay them on as they stand."),
         Mistake(on(lambda w: w[..., ::-1]), "your kernels are flipped from left to right."),
         Mistake(on(lambda w: w[..., ::-1, :]), "your kernels are flipped from top to bottom."),
         Mistake(on(lambda w: w.swapaxes(2, 3)), "the kernels are transposed: the first index of a kernel is the row."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g).swapaxes(1, 2)), "your maps are transposed: rows come before columns."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, 1, g)), "the dilation has no effect yet."),
         Mistake(changed(_cropped), "the output is small enough, but neighbouring weights still look at neighbouring pixels: with dilation d they look d apart."),
         Mistake(changed(_too_small), "the output is too small: a dilated kernel spans d · (k − 1) + 1 pixels, not d · k."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g)[:, :-1, :-1]), "one row and one column of windows is missing."),
         Mistake(changed(lambda x, w, d, g: _packs(x, w, d, lambda o: np.zeros_like(o))),
                 "every filter reads the first pack of channels. Filter o reads pack o // (C_out / groups)."),
         Mistake(changed(lambda x, w, d, g: _packs(x, w, d, lambda o: o % g)),
                 "the packs are dealt out in turn. The first C_out / groups filters read the first pack, and so on: o // (C_out / groups)."),
         Mistake(changed(lambda x, w, d, g: _packs(x, w, d, lambda o: np.minimum(o, g - 1))),
                 "filter o reads pack o, but several filters share a pack: o // (C_out / groups)."),
         Mistake(changed(lambda x, w, d, g: _interleaved(x, w, d, g)),
                 "a pack is made of neighbouring channels: the first pack holds channels 0 to C_in / groups − 1."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g) / w.shape[1]), "the channels are added up, not averaged."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g) / w[0].size), "add up, do not average: no division."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g).sum(axis=0, keepdims=True)), "each filter makes a map of its own: do not add the filters up."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g).sum(axis=0)), "each filter makes a map of its own: do not add the filters up."),
         Mistake(on(lambda w: _only(w, (slice(None), -1))), "only the last channel is left: add the channels up, += where you write =."),
         Mistake(on(lambda w: _only(w, (slice(None), 0))), "only the first channel is read: a filter has a kernel for each channel of its pack."),
         Mistake(on(lambda w: _only(w, (slice(None), -1, -1, -1))), "only the last product of each window is left: add them up, += where you write =."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g)[0]), "this is the map of filter 0 alone. There are C_out maps."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g)[None]), "without the batch: one image goes in, (C_out, H_out, W_out) comes out."),
         Mistake(changed(lambda x, w, d, g: np.moveaxis(_shifts(x, w, d, g), 0, -1)), "the channels come first: (C_out, H_out, W_out)."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w, d, g).astype(x.dtype)),
                 "your output takes the dtype of x, and with whole numbers in x its decimals are cut off. Let it hold floats."),
         Mistake(changed(lambda x, w, d, g: _shifts(x, w.astype(x.dtype), d, g)),
                 "you turn the weights into the dtype of x: with whole numbers in x their decimals are cut off."),
         Mistake(on(np.ones_like), "the kernels have no effect: each pixel is multiplied by its weight.")],
        praise="every channel, every filter, any dilation and any groups.",
    )


def _shifts(x, w, dilation=1, groups=1):
    x, w = (np.asarray(a, dtype=np.float64) for a in (x, w))
    return conv2d(x[None], w, dilation=dilation, groups=groups)[0]


def _packs(x, w, dilation, pack):
    """Every filter on the pack that it is given."""
    width = w.shape[1]
    packs = pack(np.arange(len(w))) * width
    return np.concatenate([_shifts(x[p:p + width], w[o:o + 1], dilation) for o, p in enumerate(packs)])


def _interleaved(x, w, dilation, groups):
    return _shifts(x.reshape(-1, groups, *x.shape[1:]).swapaxes(0, 1).reshape(x.shape), w, dilation, groups)


def _cropped(x, w, dilation, groups):
    _, rows, columns = _shifts(x, w, dilation, groups).shape
    return _shifts(x, w, 1, groups)[:, :rows, :columns]


def _too_small(x, w, dilation, groups):
    y = _shifts(x, w, dilation, groups)
    return y[:, :y.shape[1] + 1 - dilation, :y.shape[2] + 1 - dilation]


def _only(w, index):
    kept = np.zeros_like(w)
    kept[index] = w[index]
    return kept


ROWS = "a 3 × 3 kernel as three rows of three numbers, such as [[1, 2, 3], [4, 5, 6], [7, 8, 9]]"


def mover(answer):
    """9.4: a kernel that moves a picture one pixel to the right, with padding 1."""
    # By the place of the only 1, in reading order.
    says = {"3": "",
            "5": "it moves the picture left. It would be right for true convolution; networks do not flip the kernel, so the "
                 "1 marks the pixel that is read.",
            "1": "it moves the picture down. The first index of the kernel is the row.",
            "7": "it moves the picture up. The first index of the kernel is the row.",
            "4": "it copies the picture. Which pixel must each output read instead of its own?",
            "zero": "it makes every pixel 0. Each output must read one pixel.",
            "several": "it mixes several pixels. Each output must read one pixel alone.",
            "factor": "brightness changes by a factor of {factor}: the weights must add up to 1.",
            "askew": "it moves the picture askew. Only columns should move: stay in the middle row."}

    def judge(w):
        for place in "35174":
            if np.allclose(w.ravel(), np.arange(9) == int(place)):
                return says[place]
        if np.allclose(w, 0):
            return says["zero"]
        if np.count_nonzero(w) > 1:
            return says["several"]
        return says["askew"] if np.isclose(w.sum(), 1) else says["factor"].format(factor=f"{w.sum():g}")

    return judge_value("9.4", answer, (3, 3), ROWS, judge, says=says,
                       praise="output column j reads input column j − 1, so the picture moves right.")


def blind_spot(answer):
    """9.5: equal to itself turned by half a turn, but not to its transpose."""
    says = {"both": "it cannot tell the two apart, but it equals its transpose: swapped rows and columns would go unnoticed.",
            "sign": "turned by half a turn it changes its sign, and the test would notice.",
            "mirror": "it is its own mirror image along one axis. Half a turn mirrors both.",
            "swapped": "it equals its transpose, but half a turn changes it: the other way round from what is asked.",
            "neither": "turned by half a turn it is a different kernel, and the test would notice. Compare w with w[::-1, ::-1]."}

    def judge(w):
        w = w / (np.abs(w).max() or 1.0)  # small numbers are as good as large ones
        turned, swapped = np.allclose(w, w[::-1, ::-1]), np.allclose(w, w.T)
        if turned:
            return says["both"] if swapped else ""
        if np.allclose(w, -w[::-1, ::-1]):
            return says["sign"]
        if np.allclose(w, w[:, ::-1]) or np.allclose(w, w[::-1]):
            return says["mirror"]
        return says["swapped" if swapped else "neither"]

    return judge_value("9.5", answer, (3, 3), ROWS, judge, says=says,
                       praise="half a turn leaves it as it is; swapping rows and columns does not.")


def cost(answer):
    """9.6: parameters and multiplications of a convolution layer."""
    def exact(c_in, c_out, k, groups, h_out, w_out):
        weights = c_out * (c_in // groups) * k * k
        return weights + c_out, weights * h_out * w_out

    def changed(parameters=None, products=None):
        def wrong(c_in, c_out, k, groups, h, w):
            weights = c_out * (c_in // groups) * k * k
            p, m = exact(c_in, c_out, k, groups, h, w)
            arguments = (weights, c_in, c_out, k, groups, h, w)
            return parameters(*arguments) if parameters else p, products(*arguments) if products else m
        return wrong

    return check_function(
        "9.6", answer, exact, COST_CASES,
        [Mistake(changed(lambda n, *_: n), "the biases are missing: one for each output channel."),
         Mistake(changed(lambda n, i, o, *_: n + i), "a bias belongs to an output channel, not to an input channel."),
         Mistake(changed(lambda n, *_: n + 1), "a bias for each output channel, not one for the layer."),
         Mistake(lambda i, o, k, g, h, w: exact(i, o, k, 1, h, w), "groups: a filter reads c_in / groups channels."),
         Mistake(lambda i, o, k, g, h, w: (o * i * k * k // g**2 + o, o * i * k * k // g**2 * h * w),
                 "you divide by groups twice. Each of the c_out filters reads c_in / groups channels."),
         Mistake(lambda i, o, k, g, h, w: (o * i // g * k + o, o * i // g * k * h * w),
                 "a k × k kernel has k · k weights per channel."),
         Mistake(lambda i, o, k, g, h, w: exact(i, o, k, g, h, w)[::-1], "parameters first, then multiplications."),
         Mistake(changed(None, lambda n, *_: n), "each weight works at every output pixel: times h_out · w_out."),
         Mistake(changed(None, lambda n, i, o, k, g, h, w: n * h), "an output has rows and columns: times h_out · w_out."),
         Mistake(changed(None, lambda n, i, o, k, g, h, w: n * h * w * k * k), "k · k is in the number of weights already."),
         Mistake(changed(None, lambda n, i, o, k, g, h, w: 2 * n * h * w), "multiplications alone are asked for, without the additions."),
         Mistake(changed(lambda n, i, o, k, g, h, w: n * h * w + o), "every output pixel uses the same weights: the size of the image does not matter for the parameters."),
         Mistake(lambda i, o, k, g, h, w: exact(i, o, k, g, h, w)[0], "the parameters are right. Return the multiplications, too."),
         Mistake(changed(None, lambda n, i, o, k, g, h, w: (n + o) * h * w), "a bias is added, not multiplied.")],
        praise="the parameters do not depend on the size of the image; the work does.",
    )


def moves_along(answer):
    """9.7: which layers move their output by one column when the input moves by one."""
    return check_letters(
        "9.7", answer, "abe", "abcdef",
        {"a": "look at a again: dilation spreads the window, but does every window use the same weights, one pixel apart?",
         "b": "look at b again: ReLU treats every place alike. Does it matter where the value stands?",
         "c": "look at c again: with stride 2, and a shift of one pixel, at which pixels do the windows stand?",
         "d": "look at d again: the pattern moves by a column. Which bias does it meet there?",
         "e": "look at e again: is any weight of these two layers tied to a place?",
         "f": "look at f again: the picture moves, but does the channel of column numbers move with it?"},
        [Mistake("cdf", "the other way round: these are the layers that do not follow."),
         Mistake("abcdef", "some of these layers treat the same window differently in different places."),
         Mistake("abce", "c softens the mismatch, as the figure shows, but does not remove it.")],
        praise="what treats every window alike, wherever it stands, moves along.",
    )
