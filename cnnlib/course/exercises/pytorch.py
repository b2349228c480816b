"""Checkers of chapter 17: from NumPy to PyTorch."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters

_RNG = np.random.default_rng(17)


def predict(answer):
    """17.1: what six lines of PyTorch do."""
    return check_letters(
        "17.1", answer, "bcf", "abcdef",
        {"a": "(a) `torch.tensor` copies what it is given. Which function shares?",
         "b": "(b) Nobody cleared the gradient between the two calls.",
         "c": "(c) The factor w.detach() is a number to autograd. Which slope is left?",
         "d": "(d) Only leaves keep their gradient. Is h one?",
         "e": "(e) `no_grad` says that nothing is recorded. Which object switches layers?",
         "f": "(f) `eval` changes what layers compute. Does it stop the recording?"},
        praise="copies, leaves, graphs and modes.",
    )


# ---- 17.2 ------------------------------------------------------------------------------------------------------


def _moved(kernel, bias, dense, dense_bias, shape):
    C, H, W = shape
    w = np.transpose(kernel, (3, 2, 0, 1))
    d = dense.reshape(H, W, C, -1).transpose(3, 2, 0, 1).reshape(dense.shape[1], -1)
    return w, bias, d, dense_bias


def _file(kH, kW, c_in, C, H, W, out, about):
    arrays = (_RNG.normal(size=s) for s in ((kH, kW, c_in, C), C, (H * W * C, out), out))
    return Case((*arrays, (C, H, W)), about)


FILES = [_file(1, 2, 1, 1, 1, 2, 1, "a kernel of 1 × 2 and one map of 1 × 2"),
         _file(3, 3, 2, 4, 3, 3, 36, "square kernels, square maps, a square dense layer"),
         _file(2, 3, 3, 2, 2, 4, 5, "kernels of 2 × 3, two maps of 2 × 4"), _file(3, 3, 1, 2, 2, 2, 3, "one channel in, two maps of 2 × 2"),
         _file(1, 1, 2, 3, 3, 1, 2, "1 × 1 kernels, three maps of 3 × 1")]


def transplant(answer):
    """17.2: weights of a library that keeps channels last, as PyTorch wants them."""
    def kernels(change):
        def wrong(kernel, bias, dense, dense_bias, shape):
            right = _moved(kernel, bias, dense, dense_bias, shape)
            return change(kernel, right[0]), *right[1:]
        return wrong

    def denses(change):
        def wrong(kernel, bias, dense, dense_bias, shape):
            w, b, right, d = _moved(kernel, bias, dense, dense_bias, shape)
            return w, b, change(dense, right, *shape), d
        return wrong

    def both(kernel, bias, dense, dense_bias, shape):
        return kernel.transpose(3, 2, 1, 0), bias, dense.T, dense_bias

    return check_function(
        "17.2", answer, _moved, FILES,
        [Mistake(both, "`.T` and (3, 2, 1, 0) reverse all axes: kH and kW change places, and the dense layer's inputs stay in the order "
                       "row, column, channel."),
         Mistake(kernels(lambda k, w: w.swapaxes(2, 3)), "kH and kW have changed places in the kernels: the order is (3, 2, 0, 1)."),
         Mistake(kernels(lambda k, w: w[:, :, ::-1, ::-1]), "both libraries slide without turning: the kernels must not be flipped."),
         Mistake(kernels(lambda k, w: k.reshape(w.shape)), "`reshape` only cuts the row of numbers anew; kernels need their axes moved."),
         Mistake(kernels(lambda k, w: w.swapaxes(0, 1)), "the channels: PyTorch wants C_out first, then C_in."),
         Mistake(kernels(lambda k, w: k), "the kernels are still (kH, kW, C_in, C_out)."),
         Mistake(denses(lambda d, w, C, H, W: d.T), "the dense layer's inputs are still in the order row, column, channel; PyTorch flattens "
                                                    "channel, row, column."),
         Mistake(denses(lambda d, w, C, H, W: w.T), "the dense weight is transposed: PyTorch's Linear keeps (out, in)."),
         Mistake(denses(lambda d, w, C, H, W: d), "the dense weight is unchanged: PyTorch's Linear keeps (out, in), its inputs channel first."),
         Mistake(denses(lambda d, w, C, H, W: w.reshape(-1, C, H, W).swapaxes(2, 3).reshape(w.shape)),
                 "the dense layer's inputs: rows and columns have changed places."),
         Mistake(denses(lambda d, w, C, H, W: d.reshape(C, H, W, -1).transpose(3, 1, 2, 0).reshape(w.shape)),
                 "that is the way from channel first to channel last; here it goes the other way."),
         Mistake(denses(lambda d, w, C, H, W: d.reshape(w.shape)), "`reshape` is no transposition: the dense weights need their axes moved."),
         Mistake(lambda k, b, d, e, s: (_moved(k, b, d, e, s)[0], 0 * b, _moved(k, b, d, e, s)[2], 0 * e), "the biases are lost."),
         Mistake(lambda k, b, d, e, s: (_moved(k, b, d, e, s)[0], _moved(k, b, d, e, s)[2], b, e),
                 "the order: kernels, their bias, dense weight, its bias.")],
        praise="axes moved, not only cut anew.",
    )


# ---- 17.3, 17.4 ------------------------------------------------------------------------------------------------


def softmax_too_many(answer):
    """17.3: which of six pairs of network and loss minimise something else than was meant."""
    return check_letters(
        "17.3", answer, "adf", "abcdef",
        {"a": "(a) What does `CrossEntropyLoss` do with its scores first?",
         "b": "(b) `NLLLoss` takes logarithms of probabilities. Does it get them?",
         "c": "(c) Take the log-softmax of something whose exponentials already add up to 1. What changes?",
         "d": "(d) `NLLLoss` takes logarithms of probabilities. Does it get them?",
         "e": "(e) Where does this softmax stand: in the training, or behind it?",
         "f": "(f) What does `BCEWithLogitsLoss` do with its scores first?"},
        praise="one softmax, one logarithm, and nothing twice.",
    )


def doctor(answer):
    """17.4: four training runs and what ails them."""
    return check_letters(
        "17.4", answer, "cbda", "abcd",
        {0: "Run 1: the loss grows without end. Which fault makes the steps larger and larger?",
         1: "Run 2: it never got better than at the start. What can leave all weights as they were?",
         2: "Run 3: what it has seen it reads, in evaluation mode. In which mode are the test digits read?",
         3: "Run 4: what it has seen it reads. What differs in the test digits?"},
        praise="step, weights, mode, data: in this order.", ordered=True,
    )


# ---- 17.5 ------------------------------------------------------------------------------------------------------


def _scaled(dy, x, w):
    return dy * w[:, None, None], (dy * x).sum(axis=(0, 2, 3))


def _maps(*shape):
    return _RNG.normal(size=shape), _RNG.normal(size=shape), _RNG.normal(size=shape[1])


SCALES = [Case(_maps(1, 1, 1, 2), "one map of two pixels"), Case(_maps(2, 2, 2, 2), "two of everything"),
          Case(_maps(3, 2, 4, 5), "a batch of three, two maps of 4 × 5"), Case(_maps(1, 3, 3, 3), "a batch of one, three maps of 3 × 3")]


def scale(answer):
    """17.5: backward of ``y = x * w[:, None, None]``: ``dx`` and ``dw``."""
    def dw(change):
        return lambda dy, x, w: (_scaled(dy, x, w)[0], change(dy, x, w))

    return check_function(
        "17.5", answer, _scaled, SCALES,
        [Mistake(dw(lambda dy, x, w: dy * x), "w was broadcast over samples, rows and columns. Its gradient has its own shape: add up over "
                                              "everything it was broadcast over."),
         Mistake(dw(lambda dy, x, w: (dy * x).sum(axis=0)), "w was also broadcast over rows and columns: add up over them, too."),
         Mistake(dw(lambda dy, x, w: (dy * x).sum(axis=(2, 3))), "w was also broadcast over the batch: add up over it, too."),
         Mistake(dw(lambda dy, x, w: (dy * x).sum(axis=(1, 2, 3))), "these are sums for each sample. Which axis has w?"),
         Mistake(dw(lambda dy, x, w: np.full_like(w, (dy * x).sum())), "each channel has a weight of its own: leave the channels apart."),
         Mistake(dw(lambda dy, x, w: (dy * x).sum(axis=(0, 2, 3)) / x[:, 0].size), "gradients of a value used many times add up (chapter 5): a sum, "
                                                                                 "not a mean."),
         Mistake(dw(lambda dy, x, w: x.sum(axis=(0, 2, 3))), "what arrived, dy, is missing from dw."),
         Mistake(dw(lambda dy, x, w: dy.sum(axis=(0, 2, 3))), "x is missing from dw: that is the gradient of a shift."),
         Mistake(lambda dy, x, w: (dy, _scaled(dy, x, w)[1]), "dx: y grows w times as fast as x."),
         Mistake(lambda dy, x, w: (x * w[:, None, None], _scaled(dy, x, w)[1]), "dx is computed from x; it should be from dy."),
         Mistake(lambda dy, x, w: _scaled(dy, x, w)[::-1], "the order: gradients come in the order of the inputs, x first."),
         Mistake(lambda dy, x, w: (_scaled(dy, x, w)[0], -_scaled(dy, x, w)[1]), "the sign of dw.")],
        praise="summed over what was broadcast.",
    )


# ---- 17.6 ------------------------------------------------------------------------------------------------------


def _combined(gradients, sizes):
    total = sum(sizes)
    return [sum(n * g[k] for g, n in zip(gradients, sizes, strict=True)) / total for k in range(len(gradients[0]))]


def _processes(sizes, *shapes):
    return [[_RNG.normal(size=shape) for shape in shapes] for _ in sizes], list(sizes)


PROCESSES = [
    Case(_processes([3, 1], (1,)), "two processes with 3 and 1 samples"), Case(_processes([2, 2], (2, 3), (2,)), "two equal parts"),
    Case(_processes([5, 1, 2], (2, 2), (2,), (3, 2)), "three processes, three parameters"),
    Case(_processes([4, 0, 1], (2,)), "a process without samples"), Case(_processes([7], (2, 2)), "a single process"),
]


def combine(answer):
    """17.6: gradients of the whole batch from those of unequal parts."""
    def shares(change):
        def wrong(gradients, sizes):
            return [sum(s * g[k] for g, s in zip(gradients, change(np.array(sizes, float)), strict=True)) for k in range(len(gradients[0]))]
        return wrong

    return check_function(
        "17.6", answer, _combined, PROCESSES,
        [Mistake(shares(lambda n: np.full(len(n), 1 / len(n))), "that is the mean of the means. Count each process by its samples."),
         Mistake(shares(np.ones_like), "that is the sum: divided by nothing."),
         Mistake(shares(lambda n: n), "each gradient is a mean already: after the weights n, divide by the number of all samples."),
         Mistake(shares(lambda n: n / len(n)), "divide by the number of samples, not of processes."),
         Mistake(shares(lambda n: n / n.sum() / len(n)), "divided twice: by the samples and by the processes."),
         Mistake(shares(lambda n: n[::-1] / n.sum()), "the sizes are in the wrong order: each gradient with its own."),
         Mistake(shares(lambda n: (n > 0) / (n > 0).sum()), "the mean of the means of those who have samples is still a mean of means."),
         Mistake(shares(lambda n: (1 - n / n.sum()) / max(len(n) - 1, 1)), "the larger the part, the larger its share, not the smaller.")],
        praise="a mean of means only where the parts are equal.",
    )
