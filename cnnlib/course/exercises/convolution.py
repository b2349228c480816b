"""Checkers of chapter 9: convolution."""

import numpy as np

from cnnlib.conv import conv2d
from cnnlib.course.exercises._checker import NOT_ATTEMPTED, Case, Mistake, Verdict, check_function, check_value


def shape(answer):
    """9.1: the output shape of conv2d with stride 2, padding 2 and dilation 2."""
    return check_value(
        "9.1", answer, (8, 16, 14, 18),
        [Mistake((8, 16, 16, 20), "you left out the dilation: five weights, 2 apart, span 2 · 4 + 1 = 9 pixels."),
         Mistake((8, 16, 12, 16), "you left out the padding: it adds 2 pixels on each side, n + 2p in all."),
         Mistake((8, 16, 13, 17), "nearly. Does padding count on both sides, and is the + 1 there? The window also "
                                  "stands where it starts."),
         Mistake((8, 16, 14.5, 18.5), "round down: half a step leads nowhere."),
         Mistake((8, 16, 15, 19), "round down, not up: the last window must fit whole."),
         Mistake((8, 16, 28, 36), "you left out the stride: in steps of 2 there are about half as many windows."),
         Mistake((8, 3, 14, 18), "each of the 16 filters makes one map out of all channels."),
         Mistake((8, 48, 14, 18), "a filter adds the three channels up into one map: 16 maps, not 48."),
         Mistake((16, 8, 14, 18), "the batch comes first: (N, C_out, H_out, W_out)."),
         Mistake((8, 14, 18, 16), "channels come before rows and columns: (N, C_out, H_out, W_out)."),
         Mistake((8, 16, 18, 14), "rows before columns: the image has 32 rows and 40 columns."),
         Mistake((16, 14, 18), "and the batch? Eight images go in, eight come out."),
         Mistake((14, 18), "rows and columns are right. The shape also has the batch and the channels.")],
        praise="eight images, sixteen maps, ⌊27 / 2⌋ + 1 = 14 rows, ⌊35 / 2⌋ + 1 = 18 columns.",
    )


def by_hand(answer):
    """9.2: a 2 × 2 kernel with bias on a 3 × 3 picture."""
    return check_value(
        "9.2", answer, np.array([[5.0, 0.0], [3.0, 7.0]]),
        [Mistake(np.array([[4.0, -1.0], [2.0, 6.0]]), "the sums are right. Add the bias 1 to each of them."),
         Mistake(np.array([[2.0, 6.0], [2.0, 5.0]]), "your kernel is flipped: this is true convolution. "
                                                     "Lay it on as it stands."),
         Mistake(np.array([[1.0, 5.0], [1.0, 4.0]]), "your kernel is flipped: this is true convolution. "
                                                     "Lay it on as it stands, and add the bias."),
         Mistake(np.array([[1.0, 2.0], [5.0, 2.0]]), "rows and columns are swapped: the first row is 1, 2."),
         Mistake(np.array([[5.0, 3.0], [0.0, 7.0]]), "the right numbers, lying on their side: the window moves along a "
                                                     "row first."),
         Mistake(np.array([[2.0, 5.0], [1.0, 0.0]]), "the window moves by one, not by its own size.")],
        praise="four windows, four weighted sums, one shared bias.",
    )


def correlate(answer):
    """9.3: cross-correlation of one picture with one kernel, with stride and padding."""
    rng = np.random.default_rng(93)
    x, w = rng.normal(size=(7, 9)), rng.normal(size=(3, 2))
    return check_function(
        "9.3", answer, _correlate,
        [Case((np.array([[0.0, 1, 2], [3, 4, 5], [6, 7, 8]]), np.array([[0.0, 1], [2, 3]])), "a 3 × 3 picture"),
         Case((x, w), "a 7 × 9 picture and a 3 × 2 kernel"),
         Case((x, w), "stride 2", {"stride": 2}),
         Case((x, w), "padding 1", {"padding": 1}),
         Case((x, w), "stride 3 and padding 2", {"stride": 3, "padding": 2})],
        [Mistake(lambda x, w, **o: _correlate(x, w[::-1, ::-1], **o),
                 "your kernel is flipped: this is true convolution. Networks lay the kernel on as it stands."),
         Mistake(lambda x, w, **o: _correlate(x, w[:, ::-1], **o), "your kernel is flipped from left to right."),
         Mistake(lambda x, w, **o: _correlate(x, w[::-1], **o), "your kernel is flipped from top to bottom."),
         Mistake(lambda x, w, **o: _correlate(x, w), "stride and padding have no effect yet."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, padding=padding), "the stride has no effect yet."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, stride), "the padding has no effect yet."),
         Mistake(lambda x, w, stride=1, padding=0: _one_side(x, w, stride, padding),
                 "padding stands on all four sides, not above and on the left alone."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(np.pad(x, padding, mode="edge"), w, stride),
                 "padding is made of zeros; you repeat the border."),
         Mistake(lambda x, w, stride=1, padding=0: _unstrided(x, w, stride, padding),
                 "the output is small enough, but the windows still move by 1: the window of output (i, j) starts at "
                 "(i · stride, j · stride)."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, padding=padding)[::stride],
                 "the stride acts on rows alone. It moves the window along both axes."),
         Mistake(lambda x, w, stride=1, padding=0: _correlate(x, w, stride, padding)[:-1, :-1],
                 "one row and one column of windows is missing: mind the + 1 in the size."),
         Mistake(lambda x, w, **o: _correlate(x, w, **o) / w.size, "add up, do not average: no division.")],
        praise="every window, any kernel, stride and padding.",
    )


def _correlate(x, w, stride=1, padding=0):
    return conv2d(x[None, None], w[None, None], stride=stride, padding=padding)[0, 0]


def _one_side(x, w, stride, padding):
    return _correlate(np.pad(x, ((padding, 0), (padding, 0))), w, stride)


def _unstrided(x, w, stride, padding):
    rows, columns = _correlate(x, w, stride, padding).shape
    return _correlate(x, w, padding=padding)[:rows, :columns]


def _kernel(label, answer):
    """The answer as a 3 × 3 array, or a verdict that says why it is none."""
    if answer is None or answer is ...:
        return Verdict(label, None, NOT_ATTEMPTED)
    try:
        w = np.array(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return Verdict(label, False, "give the kernel as three rows of three numbers.")
    if w.shape != (3, 3):
        return Verdict(label, False, f"a 3 × 3 kernel is asked for, yours has shape {w.shape}.")
    return w if np.isfinite(w).all() else Verdict(label, False, "every weight must be a finite number.")


def mover(answer):
    """9.4: a kernel that moves a picture one pixel to the right, with padding 1."""
    w = _kernel("9.4", answer)
    if isinstance(w, Verdict):
        return w
    right = np.zeros((3, 3))
    right[1, 0] = 1
    if np.allclose(w, right):
        return Verdict("9.4", True, "output column j reads input column j − 1, so the picture moves right.")
    hints = [
        (right[:, ::-1], "it moves the picture left. It would be right for true convolution; networks do not flip the "
                         "kernel, so the 1 marks the pixel that is read."),
        (right.T, "it moves the picture down. The first index of the kernel is the row."),
        (right.T[::-1], "it moves the picture up. The first index of the kernel is the row."),
        (np.pad([[1.0]], 1), "it copies the picture. Which pixel must each output read instead of its own?"),
    ]
    for wrong, hint in hints:
        if np.allclose(w, wrong):
            return Verdict("9.4", False, hint)
    if np.count_nonzero(w) > 1:
        return Verdict("9.4", False, "it mixes several pixels. Each output must read one pixel alone.")
    if not np.isclose(w.sum(), 1):
        return Verdict("9.4", False, f"brightness changes by a factor of {w.sum():g}: the weights must add up to 1.")
    return Verdict("9.4", False, "it moves the picture askew. Only columns should move: stay in the middle row.")


def blind_spot(answer):
    """9.5: equal to itself turned by half a turn, but not to its transpose."""
    w = _kernel("9.5", answer)
    if isinstance(w, Verdict):
        return w
    turned, swapped = np.allclose(w, w[::-1, ::-1]), np.allclose(w, w.T)
    if turned and not swapped:
        return Verdict("9.5", True, "half a turn leaves it as it is; swapping rows and columns does not.")
    if turned:
        return Verdict("9.5", False, "it cannot tell the two apart, but it equals its transpose: swapped rows and "
                                     "columns would go unnoticed.")
    if np.allclose(w, -w[::-1, ::-1]):
        return Verdict("9.5", False, "turned by half a turn it changes its sign, and the test would notice.")
    if np.allclose(w, w[:, ::-1]) or np.allclose(w, w[::-1]):
        return Verdict("9.5", False, "it is its own mirror image along one axis. Half a turn mirrors both.")
    return Verdict("9.5", False, "turned by half a turn it is a different kernel, and the test would notice. Compare w "
                                 "with w[::-1, ::-1].")


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
        "9.6", answer, exact,
        [Case((1, 6, 5, 1, 28, 28), "LeNet's first layer"), Case((3, 32, 3, 1, 32, 32), "3 → 32 channels"),
         Case((64, 64, 3, 64, 28, 14), "a depthwise layer"), Case((64, 128, 3, 2, 7, 9), "two groups")],
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
         Mistake(changed(None, lambda n, i, o, k, g, h, w: (n + o) * h * w), "a bias is added, not multiplied.")],
        praise="the parameters do not depend on the size of the image; the work does.",
    )
