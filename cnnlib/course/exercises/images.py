"""Checkers of chapter 8: images are grids."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters

_RNG = np.random.default_rng(8)
UNDO_CASES = [
    Case((np.array([[[[20.0, 30], [40, 10]]]]), np.array([1, 2, 3, 0])), "a 2 × 2 picture"),
    Case((_RNG.normal(size=(3, 1, 3, 4)), _RNG.permutation(12)), "three 3 × 4 pictures"),
    Case((_RNG.normal(size=(2, 3, 4, 5)), _RNG.permutation(20)), "two 4 × 5 pictures in three channels"),
    Case((_RNG.normal(size=(1, 2, 5, 2)), _RNG.permutation(10)), "one 5 × 2 picture in two channels"),
]
READ_CASES = [
    Case((np.arange(10.0, 16), (2, 3), (3, 1), 0), "two rows of three"),
    Case((np.arange(10.0, 16), (3, 2), (1, 3), 0), "the same, rows and columns exchanged"),
    Case((np.arange(10.0, 16), (2, 3), (3, -1), 2), "the same, mirrored left to right"),
    Case((_RNG.normal(size=12), (3, 2, 2), (1, 6, 3), 0), "(H, W, C) = (2, 2, 3), channels first"),
    Case((_RNG.normal(size=24), (2, 2, 2), (12, 4, 2), 1), "every second column, from place 1"),
    Case((_RNG.normal(size=7), (3, 2), (0, 2), 4), "a row that is used three times"),
    Case((_RNG.normal(size=40), (2, 1, 3, 2), (20, 9, 5, 1), 3), "a batch of two, cut out of a larger one"),
    Case((_RNG.normal(size=9), (4,), (-2,), 8), "a single axis, backwards"),
]
TWIN_CASES = [
    Case((np.array([1.0, -1]), 0.5, np.array([1.0, 2, 4]), np.array([1.0, 1]), 0.1), "three pixels, a window of two"),
    Case((np.array([1.0, -1, 2]), 0.0, np.array([3.0, 1, 4]), np.array([2.0]), 0.1), "a window as long as the row"),
    Case((np.array([2.0]), -1.0, _RNG.normal(size=4), _RNG.normal(size=4), 0.5), "a window of one pixel"),
    Case((_RNG.normal(size=3), 0.25, _RNG.normal(size=7), _RNG.normal(size=5), 0.03), "seven pixels, a window of three"),
]
PRICE_CASES = [
    Case((1, 4, 5, 2, 3), "1 channel of 4 × 5 pixels to 2 maps"), Case((3, 8, 6, 4, 5), "3 channels to 4 maps, 5 × 5 windows"),
    Case((6, 14, 14, 16, 1), "windows of a single pixel"), Case((3, 224, 160, 64, 3), "a photograph"),
]


def _bytes(*shape):
    return _RNG.integers(0, 256, shape).astype(np.uint8)


BATCH_CASES = [
    Case(([_bytes(2, 3, 3)],), "one colour picture of 2 × 3 whole numbers"),
    Case(([_bytes(2, 3), _RNG.random((2, 3, 3))],), "a grey and a colour picture"),
    Case(([_bytes(4, 3, 4), _RNG.random((4, 3, 1)), _bytes(4, 3, 3)],), "pictures with one, three and four channels"),
    Case(([_RNG.random((3, 5)).astype(np.float32), _bytes(3, 5, 4), _RNG.random((3, 5, 4))],), "3 × 5 pictures, some with a fourth channel"),
    Case(([_bytes(2, 2, 3), np.array([[[0, 1, 1], [1, 0, 0]], [[1, 1, 0], [0, 0, 1]]], np.uint8)],), "a picture in uint8 that is nearly black"),
]


def _read(memory, shape, strides, start):
    y = np.empty(shape)
    for index in np.ndindex(*shape):
        y[index] = memory[start + np.dot(index, strides)]
    return y


def read(answer):
    """8.1: ``answer(memory, shape, strides, start)``: an array of that shape, read from a row of numbers."""
    def with_start(change):
        return lambda memory, shape, strides, start: _read(memory, shape, strides, change(start))

    def with_strides(change):
        return lambda memory, shape, strides, start: _read(memory, shape, change(strides), start)

    def bent(memory, shape, strides, start):
        return _read(memory, shape[::-1], strides[::-1], start)

    return check_function(
        "8.1", answer, _read, READ_CASES,
        [Mistake(lambda memory, shape, strides, start: memory[start:start + np.prod(shape)].reshape(shape),
                 "reshape takes the numbers in the order of memory. Go by the strides: one step along axis k goes strides[k] places on."),
         Mistake(lambda memory, shape, strides, start: memory[:np.prod(shape)].reshape(shape),
                 "reshape takes the first numbers, in the order of memory. Go by the start and the strides."),
         Mistake(with_start(lambda start: 0), "the first element stands at place `start`, not at place 0."),
         Mistake(with_strides(lambda strides: strides[::-1]), "the first stride belongs to the first axis: yours are used from the last to the first."),
         Mistake(bent, "the axes come out in the opposite order: `shape` says how many there are along each, in turn."),
         Mistake(with_strides(lambda strides: tuple(map(abs, strides))), "a negative stride goes back: keep its sign."),
         Mistake(with_strides(lambda strides: tuple(int(s / 8) for s in strides)), "these strides count numbers, not bytes: do not divide by 8."),
         Mistake(lambda *a: _read(*a).ravel(), "the numbers are right. Give them the shape that is asked for.")],
        praise="one formula reads rows, columns, mirror images and every second pixel; no number had to move.",
    )


def _undo(x, order):
    return x.reshape(*x.shape[:2], -1)[:, :, np.argsort(order)].reshape(x.shape)


def undo(answer):
    """8.2: ``answer(x, order)``: put shuffled pixels back, in every channel of every picture."""
    def by(index):
        return lambda x, order: x.reshape(*x.shape[:2], -1)[:, :, index(order)].reshape(x.shape)

    def columns(x, order):
        turned = np.swapaxes(x, 2, 3)
        return np.swapaxes(_undo(turned, order), 2, 3)

    def first(x, order):
        y = np.array(x)
        y[:, :1] = _undo(x[:, :1], order)
        return y

    def one(x, order):
        y = np.array(x)
        y[:1] = _undo(x[:1], order)
        return y

    return check_function(
        "8.2", answer, _undo, UNDO_CASES,
        [Mistake(by(lambda order: order), "you apply the shuffle once more. To undo it, each pixel goes back: "
                                          "what stands at place k belongs at place order[k]."),
         Mistake(lambda x, order: x, "nothing has moved."),
         Mistake(by(lambda order: order[::-1]), "the order read backwards is not its inverse."),
         Mistake(by(lambda order: np.argsort(order)[::-1]), "the inverse is there, but read backwards."),
         Mistake(lambda x, order: np.sort(x.reshape(*x.shape[:2], -1), axis=2).reshape(x.shape),
                 "you sort the pixels by brightness. Sort the places instead."),
         Mistake(columns, "you read the pixels column by column; they are counted row by row."),
         Mistake(first, "only the first channel is put back. The same order holds for every channel."),
         Mistake(one, "only the first picture is put back. The same order holds for the whole batch.")],
        praise="what stands at place k goes back to place order[k], in every channel.",
    )


def _price(c_in, h, w, c_out, k):
    outputs, window = c_out * h * w, c_in * k * k
    return outputs * (c_in * h * w + 1), outputs * (window + 1), c_out * (window + 1)


def price(answer):
    """8.3: ``answer(c_in, h, w, c_out, k)``: parameters of a dense, a local and a shared layer."""
    def variant(biases=(1, 1, 1), channels=True, square=True, outputs=None):
        def count(c_in, h, w, c_out, k):
            seen, window = c_in * h * w, (c_in if channels else 1) * (k * k if square else k)
            many = c_out * h * w if outputs is None else outputs(h, w, c_out)
            plain = many * seen, many * window, c_out * window
            per = {0: (0, 0, 0), 1: (many, many, c_out), "map": (c_out, c_out, c_out), "output": (many, many, many),
                   "layer": (1, 1, 1)}
            return tuple(p + per[b][i] for i, (p, b) in enumerate(zip(plain, biases, strict=True)))
        return count

    return check_function(
        "8.3", answer, _price, PRICE_CASES,
        [Mistake(variant((0, 0, 0)), "the biases are missing: one for each output, and in the shared layer one for each map."),
         Mistake(variant((1, 1, 0)), "the shared layer has biases, too: one for each map."),
         Mistake(variant((0, 1, 1)), "the dense layer has biases, too: one for each output."),
         Mistake(variant((1, 0, 1)), "the local layer has biases, too: one for each output."),
         Mistake(variant(("map", "map", 1)), "in the dense and the local layer nothing is shared: each output has its own bias."),
         Mistake(variant((1, "map", 1)), "in the local layer nothing is shared: each output has its own bias."),
         Mistake(variant(("map", 1, 1)), "in the dense layer each output has its own bias."),
         Mistake(variant((1, 1, "output")), "in the shared layer the bias is shared as well: one for each map."),
         Mistake(variant(("layer", "layer", "layer")), "a bias for each output (or map), not one for the whole layer."),
         Mistake(variant(channels=False), "a window reaches through all input channels: c_in · k · k numbers."),
         Mistake(variant(square=False), "a window has k rows and k columns."),
         Mistake(variant(outputs=lambda h, w, c_out: h * w), "every map has h · w outputs: c_out · h · w in all."),
         Mistake(variant(outputs=lambda h, w, c_out: c_out), "a map has an output at each of its h · w places."),
         Mistake(lambda *a: _price(*a)[::-1], "dense first, then local, then shared."),
         Mistake(lambda *a: _price(*a)[:2], "dense and local are right. Give the shared layer, too."),
         Mistake(lambda c_in, h, w, c_out, k: _price(c_in, h, w, c_out, k)[::2], "dense and shared are right. The local layer belongs between them.")],
        praise="the shared layer's price does not depend on the size of the image.",
    )


def _twins(w, b, x, dy, lr):
    dw = np.array([np.sum(dy * x[u:u + len(dy)]) for u in range(len(w))])
    return w - lr * dw, b - lr * np.sum(dy)


def twins(answer):
    """8.4: ``answer(w, b, x, dy, lr)``: one step of gradient descent for a window of weights that all places share."""
    def stepped(dw=None, db=np.sum):
        def step(w, b, x, dy, lr):
            right = np.array([np.sum(dy * x[u:u + len(dy)]) for u in range(len(w))])
            return w - lr * (right if dw is None else dw(w, x, dy, right)), b - lr * db(dy)
        return step

    def last(w, x, dy, right):
        return dy[-1] * x[len(x) - len(w):]

    return check_function(
        "8.4", answer, _twins, TWIN_CASES,
        [Mistake(stepped(last, lambda dy: dy[-1]), "that is the last place alone: each place adds its share (+=, not =)."),
         Mistake(stepped(last), "the bias is right. The weights have only the last place's share: each place adds its own."),
         Mistake(stepped(lambda w, x, dy, right: dy[0] * x[:len(w)]), "the weights have only the first place's share: each place adds its own."),
         Mistake(stepped(lambda w, x, dy, right: right / len(dy), np.mean), "that is the mean over the places. A weight that is used several times collects the sum."),
         Mistake(stepped(lambda w, x, dy, right: right / len(dy)), "the bias is right. For the weights you take the mean over the places, not the sum."),
         Mistake(stepped(None, np.mean), "the weights are right. The bias is shared by all places, too: its gradient is the sum of dy, not the mean."),
         Mistake(stepped(None, lambda dy: dy[-1]), "the weights are right. The bias collects dy from every place, not from the last alone."),
         Mistake(stepped(None, lambda dy: 0), "the weights are right. The bias takes a step as well."),
         Mistake(stepped(None, lambda dy: 1), "the weights are right. The bias is used once at every place: its gradient is the sum of dy."),
         Mistake(lambda w, b, x, dy, lr: _twins(w, b, x, dy, -lr), "that goes up the hill: gradient descent subtracts."),
         Mistake(lambda w, b, x, dy, lr: _twins(w, b, x, dy, 1), "the learning rate is missing."),
         Mistake(stepped(lambda w, x, dy, right: right[::-1]), "the window is the wrong way round: weight u meets pixel i + u."),
         Mistake(stepped(lambda w, x, dy, right: np.array([np.sum(x[u:u + len(dy)]) for u in range(len(w))])),
                 "the upstream gradient dy is missing: each place weighs its pixels by its own dy."),
         Mistake(lambda w, b, x, dy, lr: (w - _twins(w, b, x, dy, 1)[0], np.sum(dy)), "these are the gradients. Give the weights and the bias after the step."),
         Mistake(lambda *a: _twins(*a)[0], "the weights are right. Give the bias, too: (w, b).")],
        praise="a shared weight collects the gradients of all places where it is used.",
    )


def noticed(answer):
    """8.5: which rearrangements of all images a CNN notices."""
    return check_letters(
        "8.5", answer, "ae", "abcdef",
        {"a": "think of the seam: are the pixels of columns 7 and 8 still neighbours when the halves change places?",
         "b": "b is one of the eight ways to lay a square on itself: neighbours stay neighbours.",
         "c": "c can be made good: each filter's slices can change places, as the channels do.",
         "d": "d only turns the square: neighbours stay neighbours.",
         "e": "think of pixels that were next to each other: are they when the even columns come first?",
         "f": "f is a mirror, too, in a diagonal: neighbours stay neighbours."},
        [Mistake("bcdf", "the other way round: these are the ones that a changed start makes good."),
         Mistake("abcdef", "no: neighbours stay neighbours in some of these, and a start changed alike trains alike."),
         Mistake("abdef", "channels are no place in the grid, right; but turning and mirroring keep neighbours together.")],
        praise="what separates neighbours, no start can make good exactly (which is not to say that each costs much: measure (e)); turned, mirrored and recoloured it trains alike from a start changed alike.",
    )


def _batch(pictures):
    batch = []
    for picture in pictures:
        x = _scaled(picture)
        x = (x[:, :, None] if x.ndim == 2 else x)[:, :, :3]
        batch.append(np.broadcast_to(x, (*x.shape[:2], 3)).transpose(2, 0, 1))
    return np.stack(batch)


def _scaled(picture):
    return picture / 255 if picture.dtype == np.uint8 else picture.astype(np.float64)


def batch(answer):
    """8.6: ``answer(pictures)``: mixed pictures as one (N, 3, H, W) batch of floats from 0 to 1."""
    def each(change):
        """The right batch with one step done in another way, picture by picture."""
        return lambda pictures: np.stack([change(picture, _batch([picture])[0]) for picture in pictures])

    def scaled_by(factor):
        return each(lambda picture, x: x * factor(picture))

    def whole(picture):
        return picture.dtype == np.uint8

    def coloured(picture):
        return picture.ndim == 3 and picture.shape[2] > 1

    def reshaped(where):
        return each(lambda picture, x: x.transpose(1, 2, 0).reshape(x.shape) if where(picture) else x)

    def first_only(picture, x):
        return x if coloured(picture) else np.stack([x[0], 0 * x[0], 0 * x[0]])

    def multiplied(picture, x):
        return x * _scaled(picture)[..., 3] if picture.ndim == 3 and picture.shape[2] == 4 else x

    def tail(picture, x):
        return _scaled(picture)[..., 1:].transpose(2, 0, 1) if picture.ndim == 3 and picture.shape[2] == 4 else x

    return check_function(
        "8.6", answer, _batch, BATCH_CASES,
        [*(Mistake(reshaped(where), "right shape, wrong pictures: you reshape where a transpose is needed.")
           for where in (coloured, lambda picture: picture.ndim == 3, lambda picture: True)),
         Mistake(lambda pictures: np.swapaxes(_batch(pictures), 2, 3), "rows and columns are swapped: `.T` turns all three "
                                                                       "axes round. Only the channels move, to the front."),
         Mistake(lambda pictures: _batch(pictures).transpose(0, 2, 3, 1), "the channels come last. In a batch they come second."),
         Mistake(scaled_by(lambda p: 255 if whole(p) else 1), "whole numbers from 0 to 255 are to become floats from 0 to 1."),
         Mistake(scaled_by(lambda p: 1 if whole(p) else 1 / 255), "only whole numbers are divided by 255. Floats are from 0 to 1 already."),
         Mistake(scaled_by(lambda p: 255 / p.max() if whole(p) else 1), "divide by 255, not by the brightest pixel of the picture: a dark picture must stay dark."),
         Mistake(scaled_by(lambda p: 255 if whole(p) and p.max() <= 1 else 1), "the type says whether to divide, not the brightest pixel: a picture in uint8 may be nearly black."),
         Mistake(scaled_by(lambda p: 255 / 256 if whole(p) else 1), "255 is the brightest value and becomes 1: divide by 255."),
         Mistake(lambda pictures: _batch(pictures)[:, ::-1], "red and blue are swapped: the channels keep their order."),
         Mistake(each(first_only), "a grey picture has the same values in all three channels, not red alone."),
         Mistake(each(multiplied), "the fourth channel is to be left out, not multiplied in."),
         Mistake(each(tail), "of four channels the first three are the colours: leave out the last."),
         Mistake(lambda pictures: _batch(pictures)[0], "the shape is to be (N, 3, H, W): all pictures, also when there is only one.")],
        praise="one layout, one scale, one number of channels.",
    )


def diagnosis(answer):
    """8.7: match five symptoms with five causes."""
    return check_letters(
        "8.7", answer, "cebda", "abcde",
        {0: "For the first: which mistake keeps the shape and tears every row apart?",
         1: "For the second: every pixel is in its place. Which axis is out of order?",
         2: "For the third: what swaps rows and columns?",
         3: "For the fourth: the pictures look right. What else does the first layer see than their pattern?",
         4: "For the fifth: what differs between the pictures that it learns and those that it is judged on?"},
        ordered=True,
        praise="a picture on the screen finds three of them, the first loss and a second look at the order the others.",
    )
