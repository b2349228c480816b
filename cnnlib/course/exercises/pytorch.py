"""Checkers of chapter 17: from NumPy to PyTorch."""

import numpy as np

from cnnlib.activations import softmax
from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.optim import SGD

_RNG = np.random.default_rng(17)


def predict(answer):
    """17.1: what six lines of PyTorch do."""
    return check_letters(
        "17.1", answer, "bcf", "abcdef",
        {"a": "(a) One of the two lines writes into t, the other makes a new tensor and calls it t. Which?",
         "b": "(b) Nobody cleared the gradient between the two calls: the two slopes add up.",
         "c": "(c) The factor w.detach() is a number to autograd. Which slope is left?",
         "d": "(d) Can backward find a way from h to w?",
         "e": "(e) `no_grad` says that nothing is recorded for backward. Is the memory of batch norm part of that?",
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
        [Mistake(lambda k, b, d, e, s: (_moved(k, b, d, e, s)[0], e, _moved(k, b, d, e, s)[2], b), "the two biases have changed places."),
         Mistake(both, "`.T` and (3, 2, 1, 0) reverse all axes: kH and kW change places, and the dense layer's inputs stay in the order "
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


# ---- 17.3 ------------------------------------------------------------------------------------------------------

VARIANCE, LAST = 6, 8  # places in the state of chapter 17's network: running_var, and the weight of the linear layer


def _by_columns(w):
    """Each of the 16 maps of 3 × 3 with rows and columns swapped."""
    return w.reshape(10, 16, 3, 3).swapaxes(2, 3).reshape(10, 144)


def patient(state):
    """The state that a faulty import of chapter 17's network holds; the exercise asks for what is wrong with it.

    Parameters
    ----------
    state : dict of str to array

    Returns
    -------
    dict of str to array
        A new dict; the arrays that are sound are shared.
    """
    return state | {"4.running_var": np.sqrt(state["4.running_var"]), "8.weight": _by_columns(state["8.weight"])}


def _cured(arrays):
    arrays = list(arrays)
    arrays[VARIANCE], arrays[LAST] = arrays[VARIANCE] ** 2, _by_columns(arrays[LAST])
    return arrays


def _sick():
    shapes = (8, 1, 3, 3), 8, (16, 8, 3, 3), 16, 16, 16, 16, None, (10, 144), 10
    arrays = [np.array(100) if shape is None else _RNG.normal(size=shape) for shape in shapes]
    arrays[VARIANCE] = 0.5 + np.abs(arrays[VARIANCE])
    return (arrays,)


SICK = [Case(_sick(), "another network with these faults"), Case(_sick(), "a third network with these faults")]


def cure(answer):
    """17.3: two faults of an import, undone from the faulty arrays alone."""
    def cured(variance, last):
        def wrong(arrays):
            arrays = list(arrays)
            arrays[VARIANCE], arrays[LAST] = variance(arrays[VARIANCE]), last(arrays[LAST])
            return arrays
        return wrong

    def same(v):
        return v

    return check_function(
        "17.3", answer, _cured, SICK,
        [Mistake(same, "nothing is cured: these are the sick arrays."),
         Mistake(cured(np.square, same), "the first fault is cured. Load the cured state: after which layer do the scores part now?"),
         Mistake(cured(same, _by_columns), "the last layer is cured. But the scores part before it: what does layer 4 remember?"),
         Mistake(cured(np.sqrt, _by_columns), "a second root: the file holds roots already. What undoes one?"),
         Mistake(cured(np.sqrt, same), "a second root: the file holds roots already. What undoes one?"),
         Mistake(cured(lambda v: 1 / v**2, _by_columns), "layer 4 divides by itself: the variance is asked for, not what it is multiplied by."),
         Mistake(cured(lambda v: v**2 - 1e-5, _by_columns), "ε is added by the layer. The stored variance is the square alone."),
         Mistake(cured(np.square, lambda w: w.reshape(10, 3, 3, 16).transpose(0, 3, 1, 2).reshape(10, 144)),
                 "layer 8: channels are where they belong. Look at one map of 3 × 3 numbers."),
         Mistake(cured(np.square, lambda w: w[:, ::-1]), "layer 8: the inputs are not in reverse order. Look at one map of 3 × 3 numbers."),
         Mistake(cured(np.square, lambda w: w.reshape(10, 16, 3, 3)[..., ::-1, ::-1].reshape(10, 144)),
                 "layer 8: the maps are not turned. Look at one map of 3 × 3 numbers."),
         Mistake(cured(np.square, lambda w: w.reshape(10, 16, 3, 3).swapaxes(2, 3)), "the weight of the linear layer must be (10, 144) again.")],
        praise="one fault hid behind the other.",
    )


# ---- 17.4 ------------------------------------------------------------------------------------------------------


def doctor(answer):
    """17.4: four training runs and what ails them."""
    return check_letters(
        "17.4", answer, "cbda", "abcd",
        {0: "Run 1: the loss grows without end. Which fault makes the steps larger and larger?",
         1: "Run 2: it never got better than at the start. What can leave all weights as they were?",
         2: "Run 3: on test digits, read one at a time, it loses about what the table of batch sizes shows for a batch of 1.",
         3: "Run 4: what it has seen it reads. On test digits it loses far more than any batch size costs."},
        praise="step, weights, mode, data: in this order.", ordered=True,
    )


# ---- 17.5 ------------------------------------------------------------------------------------------------------


def _scaled(dy, x, w):
    return x * w[:, None, None], dy * w[:, None, None], (dy * x).sum(axis=(0, 2, 3))


def _maps(*shape):
    return _RNG.normal(size=shape), _RNG.normal(size=shape), _RNG.normal(size=shape[1])


SCALES = [Case(_maps(1, 1, 1, 2), "one map of two pixels"), Case(_maps(2, 2, 2, 2), "two of everything"),
          Case(_maps(3, 2, 4, 5), "a batch of three, two maps of 4 × 5"), Case(_maps(1, 3, 3, 3), "a batch of one, three maps of 3 × 3")]


def scale(answer):
    """17.5: forward and backward of ``y = x * w[:, None, None]``: ``y``, ``dx`` and ``dw``."""
    def dw(change):
        return lambda dy, x, w: (*_scaled(dy, x, w)[:2], change(dy, x, w))

    def other(change):
        return lambda dy, x, w: change(*_scaled(dy, x, w), dy, x, w)

    over_all = "w was broadcast over samples, rows and columns. Its gradient has its own shape, (C,): add up over everything it was broadcast over."
    space = "w was broadcast over rows and over columns: add up over both, and over the batch."
    return check_function(
        "17.5", answer, _scaled, SCALES,
        [Mistake(other(lambda y, dx, dw, *_: (dx, dw)), "three things are asked for: y, dx and dw, as the function at the end returns them."),
         Mistake(other(lambda y, dx, dw, dy, x, w: (x + w[:, None, None], dx, dw)), "forward adds w; it should multiply."),
         Mistake(other(lambda y, dx, dw, dy, x, w: (0 * x, dx, dw)), "forward returns zeros; y is x times w, channel by channel."),
         Mistake(other(lambda y, dx, dw, dy, x, w: (x, dx, dw)), "forward returns x unchanged; y is x times w, channel by channel."),
         Mistake(dw(lambda dy, x, w: dy * x), over_all),
         Mistake(dw(lambda dy, x, w: (dy * x).sum(axis=0)), "w was also broadcast over rows and columns: add up over them, too."),
         Mistake(dw(lambda dy, x, w: (dy * x).sum(axis=(2, 3))), "w was also broadcast over the batch: add up over it, too. "
                                                                    "(PyTorch adds up leading axes that are too many; do not rely on it.)"),
         Mistake(dw(lambda dy, x, w: (dy * x).sum(axis=(1, 2, 3))), "these are sums for each sample. Which axis has w?"),
         *(Mistake(dw(lambda dy, x, w, axes=axes: (dy * x).sum(axis=axes)), space) for axes in ((0, 2), (0, 3), 2, 3)),
         Mistake(dw(lambda dy, x, w: np.full_like(w, (dy * x).sum())), "each channel has a weight of its own: leave the channels apart."),
         Mistake(dw(lambda dy, x, w: (dy * x).sum(axis=(0, 2, 3)) / x[:, 0].size), "gradients of a value used many times add up (chapter 5): a sum, "
                                                                                 "not a mean."),
         Mistake(dw(lambda dy, x, w: x.sum(axis=(0, 2, 3))), "what arrived, dy, is missing from dw."),
         Mistake(dw(lambda dy, x, w: dy.sum(axis=(0, 2, 3))), "x is missing from dw: that is the gradient of a shift."),
         Mistake(dw(lambda dy, x, w: (dy * x * w[:, None, None]).sum(axis=(0, 2, 3))), "dw is computed from y; it should be from x."),
         Mistake(other(lambda y, dx, dw, dy, x, w: (y, np.broadcast_to(w[:, None, None], x.shape), dw)), "what arrived, dy, is missing from dx."),
         Mistake(other(lambda y, dx, dw, dy, x, w: (y, dy, dw)), "dx: y grows w times as fast as x."),
         Mistake(other(lambda y, dx, dw, dy, x, w: (y, y, dw)), "dx is computed from x; it should be from dy."),
         Mistake(other(lambda y, dx, dw, *_: (y, dw, dx)), "the order: gradients come in the order of the inputs, x first."),
         Mistake(other(lambda y, dx, dw, *_: (y, dx, -dw)), "the sign of dw.")],
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
            sizes = np.array(sizes, float)
            return [sum(s * g[k] for g, s in zip(gradients, change(sizes), strict=True)) for k in range(len(gradients[0]))]
        return wrong

    return check_function(
        "17.6", answer, _combined, PROCESSES,
        [Mistake(shares(lambda n: np.full(len(n), 1 / len(n))), "that is the mean of the means. Count each process by its samples."),
         Mistake(shares(np.ones_like), "that is the sum: divided by nothing."),
         Mistake(shares(lambda n: n), "each gradient is a mean already: after the weights n, divide by the number of all samples."),
         Mistake(shares(lambda n: n / len(n)), "divide by the number of samples, not of processes."),
         Mistake(shares(lambda n: n / n.sum() / len(n)), "divided twice: by the samples and by the processes."),
         Mistake(shares(lambda n: n / n.max()), "divide by the number of all samples, not by the largest part."),
         *(Mistake(shares(wrong), "each gradient is a mean already: divided by its own size, it is divided twice.") for wrong in (
             lambda n: 1 / n, lambda n: 1 / np.maximum(n, 1), lambda n: (n > 0) / np.maximum(n, 1))),
         Mistake(shares(lambda n: n[::-1] / n.sum()), "the sizes are in the wrong order: each gradient with its own."),
         Mistake(shares(lambda n: (n > 0) / (n > 0).sum()), "the mean of the means of those who have samples is still a mean of means."),
         Mistake(shares(lambda n: (1 - n / n.sum()) / max(len(n) - 1, 1)), "the larger the part, the larger its share, not the smaller.")],
        praise="a mean of means only where the parts are equal.",
    )


# ---- 17.7 ------------------------------------------------------------------------------------------------------

MAPS, CLASSES = 3, 3


class _SoftmaxFirst(CrossEntropyLoss):
    """A cross-entropy of what a softmax has made probabilities already."""

    def __call__(self, y, t):
        self.p = softmax(y, dim=1)
        return super().__call__(self.p, t)

    def backward(self):
        dp = super().backward()
        return self.p * (dp - (dp * self.p).sum(axis=1, keepdims=True))


class _Summed(CrossEntropyLoss):
    """A cross-entropy added up over the batch."""

    def __call__(self, y, t):
        self.n = len(t)
        return self.n * super().__call__(y, t)

    def backward(self):
        return self.n * super().backward()


def _learn(state, images, labels, lr, momentum, middle="norm relu", loss=CrossEntropyLoss, training=True, moves=True, clear=True, kept=0, left=False):
    """The program of 17.7 in cnnlib; the options are its mistakes."""
    conv, norm, linear = Conv2d(2, MAPS, 3, bias=False), BatchNorm2d(MAPS), Linear(4 * MAPS, CLASSES)
    between = {"norm": norm, "relu": ReLU()}
    net = Sequential(conv, *(between[name] for name in middle.split()), MaxPool2d(2), Flatten(), linear).astype(np.float64)
    parts = {"conv": conv, "norm": norm, "linear": linear}
    for name, part in parts.items():
        part.load_state_dict({key.split(".")[1]: v for key, v in state.items() if key.split(".")[0] == name})
    net.train(training)
    optimizer, loss, losses = SGD(net.parameters(), lr=lr, momentum=momentum), loss(), []
    for x, t in zip(images, labels, strict=True):
        losses.append(loss(net(x), t))
        if clear:
            net.zero_grad()
        net.backward(loss.backward())
        if moves:
            optimizer.step()
    arrays = [parts[name].state_dict()[key] for name, key in (key.split(".") for key in state)]
    return losses, float(kept * len(losses)), float(left), arrays


def _learned(state, images, labels, lr, momentum):
    return _learn(state, images, labels, lr, momentum)


def _batches(*sizes):
    state = {"conv.weight": _RNG.normal(size=(MAPS, 2, 3, 3)), "norm.weight": _RNG.uniform(0.5, 2, MAPS), "norm.bias": _RNG.normal(size=MAPS),
             "norm.running_mean": _RNG.normal(size=MAPS), "norm.running_var": _RNG.uniform(0.5, 4, MAPS), "norm.num_batches_tracked": np.array(0),
             "linear.weight": _RNG.normal(0, 0.3, size=(CLASSES, 4 * MAPS)), "linear.bias": _RNG.normal(size=CLASSES)}
    return state, [_RNG.normal(size=(n, 2, 6, 7)) for n in sizes], [_RNG.integers(CLASSES, size=n) for n in sizes], 0.1, 0.8


PROGRAMS = [Case(_batches(2), "one step on two images"), Case(_batches(4, 4, 4, 1), "four steps, the last on a single image")]


def program(answer):
    """17.7: a network and its training; losses, whether they keep a graph, the mode at the end, and the state."""
    def with_(**options):
        return lambda *args: _learn(*args, **options)

    return check_function(
        "17.7", answer, _learned, PROGRAMS,
        [Mistake(with_(kept=1), "the losses keep their graphs, and with them every batch, in memory: append `loss.item()`."),
         Mistake(with_(left=True), "the network is still in training mode at the end."),
         Mistake(with_(clear=False), "the gradients of one step are added to those of the step before: which call is missing?"),
         Mistake(with_(moves=False), "no weight moves. Is the step missing, are the gradients cleared between `backward` and the step, or has "
                                     "the optimiser other parameters?"),
         Mistake(with_(training=False), "batch norm has used its memory while it learned: the network comes in evaluation mode."),
         Mistake(with_(training=False, left=True), "evaluation mode and training mode have changed places: `train()` first, `eval()` at the end."),
         Mistake(with_(loss=_SoftmaxFirst), "a softmax too many: the cross-entropy has one inside."),
         Mistake(with_(loss=_Summed), "the loss is the sum over the batch; the mean is asked for."),
         Mistake(lambda state, images, labels, lr, momentum: _learn(state, images, labels, lr, 0.0),
                 "there is no momentum: is it handed over, and is the optimiser made once, before the loop?"),
         Mistake(lambda state, images, labels, lr, momentum: _learn(state, images, labels, 0.001, momentum), "lr is not handed over: that is the default."),
         Mistake(with_(middle="relu norm"), "ReLU and batch norm have changed places."),
         Mistake(with_(middle="norm"), "the ReLU is missing."), Mistake(with_(middle="relu"), "batch norm is made, but `forward` passes it by.")],
        praise="a network, a loss and a loop, as exact as ours.",
    )
