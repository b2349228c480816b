"""Checkers of chapter 9: convolution."""

import numpy as np

from cnnlib.conv import conv2d
from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value, judge_value

_RNG = np.random.default_rng(93)
X, W = _RNG.normal(size=(7, 9)), _RNG.normal(size=(3, 2))
SQUARE, TURNED = _RNG.normal(size=(6, 6)), _RNG.normal(size=(3, 3))
GREY = _RNG.integers(0, 256, size=(6, 5), dtype=np.uint8)
BLUR = np.array([[0.1, 0.25, 0.15], [0.05, 0.1, 0.2]])
COUNTING = np.arange(9.0).reshape(3, 3), np.arange(4.0).reshape(2, 2)
CORRELATE_CASES = [
    Case(COUNTING, "a 3 × 3 picture"),
    Case((SQUARE, TURNED), "a 6 × 6 picture and a 3 × 3 kernel"),
    Case((X, W), "a 7 × 9 picture and a 3 × 2 kernel"),
    Case((X, W), "stride 2", {"stride": 2}),
    Case((X, W), "padding 1", {"padding": 1}),
    Case((X, W), "stride 3 and padding 2", {"stride": 3, "padding": 2}),
    Case((SQUARE, SQUARE), "a kernel as large as the picture"),
    Case((X, TURNED[:2]), "a 7 × 9 picture and a 2 × 3 kernel"),
    Case((X.T, TURNED[:1, :2]), "a 9 × 7 picture and a 1 × 2 kernel"),
    Case((X, TURNED[:1, :1]), "a 1 × 1 kernel"),
    Case((X.T, W.T), "stride 2 and padding 1", {"stride": 2, "padding": 1}),
    Case((GREY, BLUR), "a picture of whole numbers (uint8)"),
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


PICTURE, KERNEL = np.array([[1.0, 2, 0], [0, 1, 3], [2, 0, 1]]), np.array([[1.0, 2], [0, -1]])


def by_hand(answer):
    """9.2: a 2 × 2 kernel with bias on a 3 × 3 picture."""
    sums, turned = _correlate(PICTURE, KERNEL), _correlate(PICTURE, KERNEL[::-1, ::-1])
    return check_value(
        "9.2", answer, sums + 1,
        [Mistake(sums, "the sums are right. Add the bias 1 to each of them."),
         Mistake(sums - 1, "the bias is added, not subtracted."),
         Mistake(sums + 4, "the bias is added once to each sum, not to each of its four products."),
         Mistake(turned + 1, "your kernel is flipped: this is true convolution. Lay it on as it stands."),
         Mistake(turned, "your kernel is flipped: this is true convolution. Lay it on as it stands, and add the bias."),
         Mistake(_correlate(PICTURE, KERNEL[:, ::-1]) + 1, "your kernel is flipped from left to right. Lay it on as it stands."),
         Mistake(_correlate(PICTURE, KERNEL[::-1]) + 1, "your kernel is flipped from top to bottom. Lay it on as it stands."),
         Mistake(_correlate(PICTURE, KERNEL.T) + 1, "rows and columns of the kernel are swapped: its first row is 1, 2."),
         Mistake(_correlate(PICTURE, np.abs(KERNEL)) + 1, "mind the sign: the last weight is −1."),
         Mistake((sums + 1).T, "the right numbers, lying on their side: the window moves along a row first."),
         Mistake(sums / 4 + 1, "a weighted sum, not a mean: no division by 4."),
         Mistake((sums + 1)[:1, :1], "the window moves by one, not by its own size: it stands in four places."),
         Mistake(_correlate(PICTURE, KERNEL, padding=1) + 1, "no padding: the window stays inside the picture.")],
        praise="four windows, four weighted sums, one shared bias.",
    )


def correlate(answer):
    """9.3: cross-correlation of one picture with one kernel, with stride and padding."""
    def swapped(x, w, stride=1, padding=0):
        return _correlate(x, w, stride, padding).T

    return check_function(
        "9.3", answer, _correlate, CORRELATE_CASES,
        [Mistake(lambda x, w, **o: _correlate(x, w[::-1, ::-1], **o),
                 "your kernel is flipped: this is true convolution. Networks lay the kernel on as it stands."),
         Mistake(lambda x, w, **o: _correlate(x, w[:, ::-1], **o), "your kernel is flipped from left to right."),
         Mistake(lambda x, w, **o: _correlate(x, w[::-1], **o), "your kernel is flipped from top to bottom."),
         Mistake(lambda x, w, **o: _correlate(x, w.T, **o), "the kernel is transposed: its first index is the row."),
         Mistake(swapped, "the result is transposed: output (i, j) is the window at row i and column j."),
         Mistake(lambda x, w, **o: _correlate(x, w), "stride and padding have no effect yet."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, padding=padding), "the stride has no effect yet."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, stride), "the padding has no effect yet."),
         Mistake(lambda x, w, stride=1, padding=0: _one_side(x, w, stride, padding),
                 "padding stands on all four sides, not above and on the left alone."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(np.pad(x, ((0, padding), (0, padding))), w, stride),
                 "padding stands on all four sides, not below and on the right alone."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(np.pad(x, ((padding, padding), (0, 0))), w, stride),
                 "padding stands on all four sides, not above and below alone."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(np.pad(x, ((0, 0), (padding, padding))), w, stride),
                 "padding stands on all four sides, not on the left and right alone."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, stride, 2 * padding), "the picture is padded twice: padding counts for each side."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(np.pad(x, padding, mode="edge"), w, stride),
                 "padding is made of zeros; you repeat the border."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(np.pad(x, padding, constant_values=1), w, stride),
                 "padding is made of zeros, not of ones."),
         Mistake(lambda x, w, stride=1, padding=0: _unstrided(x, w, stride, padding),
                 "the output is small enough, but the windows still move by 1: the window of output (i, j) starts at "
                 "(i · stride, j · stride)."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, padding=padding)[::stride],
                 "the stride acts on rows alone. It moves the window along both axes."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, padding=padding)[:, ::stride],
                 "the stride acts on columns alone. It moves the window along both axes."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, stride, padding)[:-1, :-1],
                 "one row and one column of windows is missing: mind the + 1 in the size."),
         Mistake(lambda x, w, stride=1, padding=0: _last(x, w, stride, padding),
                 "only the last product of each window is left: add them up, += where you write =."),
         Mistake(lambda x, w, **o: _correlate(x, w, **o).astype(x.dtype),
                 "your output takes the dtype of x, and with whole numbers in x its decimals are cut off. Let it hold floats."),
         Mistake(lambda x, w, **o: _correlate(x, w.astype(x.dtype), **o),
                 "you turn the weights into the dtype of x: with whole numbers in x their decimals are cut off."),
         Mistake(lambda x, w, **o: _correlate(x, w, **o) / w.size, "add up, do not average: no division."),
         Mistake(lambda x, w, **o: _correlate(x, np.ones_like(w), **o), "the kernel has no effect: each pixel is multiplied by its weight.")],
        praise="every window, any kernel, stride and padding.",
    )


def _correlate(x, w, stride=1, padding=0):
    x, w = (np.asarray(a, dtype=np.float64) for a in (x, w))
    return conv2d(x[None, None], w[None, None], stride=stride, padding=padding)[0, 0]


def _one_side(x, w, stride, padding):
    return _correlate(np.pad(x, ((padding, 0), (padding, 0))), w, stride)


def _last(x, w, stride, padding):
    one = np.zeros_like(w)
    one[-1, -1] = w[-1, -1]
    return _correlate(x, one, stride, padding)


def _unstrided(x, w, stride, padding):
    rows, columns = _correlate(x, w, stride, padding).shape
    return _correlate(x, w, padding=padding)[:rows, :columns]


ROWS = "a 3 × 3 kernel as three rows of three numbers"


def mover(answer):
    """9.4: a kernel that moves a picture one pixel to the right, with padding 1."""
    right = np.zeros((3, 3))
    right[1, 0] = 1
    hints = [
        (right[:, ::-1], "it moves the picture left. It would be right for true convolution; networks do not flip the "
                         "kernel, so the 1 marks the pixel that is read."),
        (right.T, "it moves the picture down. The first index of the kernel is the row."),
        (right.T[::-1], "it moves the picture up. The first index of the kernel is the row."),
        (np.pad([[1.0]], 1), "it copies the picture. Which pixel must each output read instead of its own?"),
        (np.zeros((3, 3)), "it makes every pixel 0. Each output must read one pixel."),
    ]

    def judge(w):
        if np.allclose(w, right):
            return ""
        for wrong, hint in hints:
            if np.allclose(w, wrong):
                return hint
        if np.count_nonzero(w) > 1:
            return "it mixes several pixels. Each output must read one pixel alone."
        if not np.isclose(w.sum(), 1):
            return f"brightness changes by a factor of {w.sum():g}: the weights must add up to 1."
        return "it moves the picture askew. Only columns should move: stay in the middle row."

    return judge_value("9.4", answer, (3, 3), ROWS, judge,
                       praise="output column j reads input column j − 1, so the picture moves right.")


def blind_spot(answer):
    """9.5: equal to itself turned by half a turn, but not to its transpose."""
    def judge(w):
        w = w / (np.abs(w).max() or 1.0)  # small numbers are as good as large ones
        turned, swapped = np.allclose(w, w[::-1, ::-1]), np.allclose(w, w.T)
        if turned and not swapped:
            return ""
        if turned:
            return ("it cannot tell the two apart, but it equals its transpose: swapped rows and columns would go "
                    "unnoticed.")
        if np.allclose(w, -w[::-1, ::-1]):
            return "turned by half a turn it changes its sign, and the test would notice."
        if np.allclose(w, w[:, ::-1]) or np.allclose(w, w[::-1]):
            return "it is its own mirror image along one axis. Half a turn mirrors both."
        if swapped:
            return "it equals its transpose, but half a turn changes it: the other way round from what is asked."
        return "turned by half a turn it is a different kernel, and the test would notice. Compare w with w[::-1, ::-1]."

    return judge_value("9.5", answer, (3, 3), ROWS, judge,
                       praise="half a turn leaves it as it is; swapping rows and columns does not.")


def cost(answer):
    """9.6: parameters and multiplications of a convolution layer."""
    def exact(c_in, c_out, k, groups, h, w):
        weights = c_out * (c_in // groups) * k * k
        return weights + c_out, weights * h * w

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
