"""Checkers of chapter 8: images are grids."""

import math

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
STEP_CASES = [
    Case((np.array([1.0, -1]), 0.5, np.array([1.0, 2, 4]), np.array([1.0, 1]), 0.1), "three pixels, a window of two"),
    Case((np.array([1.0, -1, 2]), 0.0, np.array([3.0, 1, 4]), np.array([2.0]), 0.1), "a window as long as the row"),
    Case((np.array([2.0]), -1.0, _RNG.normal(size=4), _RNG.normal(size=4), 0.5), "a window of one pixel"),
    Case((_RNG.normal(size=3), 0.25, _RNG.normal(size=7), _RNG.normal(size=5), 0.03), "seven pixels, a window of three"),
]
MATRIX_CASES = [
    Case((np.array([[1.0, 2], [3, 4]]), 3, 3), "a window of 2 × 2 on 3 × 3 pixels"),
    Case((_RNG.normal(size=(2, 2)), 3, 4), "a window of 2 × 2 on 3 × 4 pixels"),
    Case((_RNG.normal(size=(3, 2)), 4, 3), "a window of 3 rows and 2 columns on 4 × 3 pixels"),
    Case((_RNG.normal(size=(1, 3)), 2, 6), "a window of 1 row and 3 columns on 2 × 6 pixels"),
    Case((_RNG.normal(size=(2, 3)), 2, 3), "a window as large as the picture"),
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
         *(Mistake(with_strides(lambda strides, cut=cut: tuple(cut(s / 8) for s in strides)), "these strides count numbers, not bytes: do not divide by 8.")
           for cut in (int, math.floor)),
         Mistake(lambda memory, shape, strides, start: np.lib.stride_tricks.as_strided(memory[start:], shape, strides),
                 "`as_strided` counts bytes, these strides count numbers: multiply each by `memory.itemsize`."),
         Mistake(with_strides(lambda strides: (*strides[:2], *[0] * (len(strides) - 2))), "only the first two axes move: each axis has a stride, however many there are."),
         Mistake(with_strides(lambda strides: tuple(-s for s in strides)), "a step along an axis adds its stride; yours takes it away."),
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
         Mistake(one, "only the first picture is put back. The same order holds for the whole batch."),
         Mistake(lambda x, order: x.reshape(len(x), -1)[:, np.argsort(order)].reshape(x.shape),
                 "you put all channels of a picture into one row, but `order` has a place for each pixel of *one* channel. Give each channel a row of its own.")],
        praise="what stands at place k goes back to place order[k], in every channel.",
    )


def _matrix(w, height, width):
    return _placed(w, height, width).reshape(-1, height * width)


def _placed(w, height, width, step=(1, 1)):
    """A picture of weights for each output: (rows, columns, height, width)."""
    tall, wide = w.shape
    rows, columns = range(0, height - tall + 1, step[0]), range(0, width - wide + 1, step[1])
    y = np.zeros((len(rows), len(columns), height, width))
    for i, j in np.ndindex(len(rows), len(columns)):
        y[i, j, rows[i]:rows[i] + tall, columns[j]:columns[j] + wide] = w
    return y


def matrix(answer):
    """8.3: ``answer(w, height, width)``: the matrix of a layer in which all places share one window of weights."""
    def with_window(change):
        return lambda w, height, width: _matrix(change(w), height, width)

    def by_columns(w, height, width):
        return _placed(w, height, width).swapaxes(0, 1).reshape(-1, height * width)

    def pixels_by_columns(w, height, width):
        return _placed(w, height, width).swapaxes(2, 3).reshape(-1, height * width)

    def pushed(w, height, width):
        first = _matrix(w, height, width)
        return np.array([np.roll(first[0], k) for k in range(len(first))])

    def everywhere(w, height, width):
        one = np.zeros((height, width))
        one[:w.shape[0], :w.shape[1]] = w
        return np.array([np.roll(one, place, axis=(0, 1)).ravel() for place in np.ndindex(height, width)])

    def with_border(w, height, width):
        tall, wide = ((n - 1) // 2 for n in w.shape)
        large = np.zeros((height, width, height + w.shape[0] - 1, width + w.shape[1] - 1))
        for i, j in np.ndindex(height, width):
            large[i, j, i:i + w.shape[0], j:j + w.shape[1]] = w
        return large[:, :, tall:tall + height, wide:wide + width].reshape(-1, height * width)

    def turned(w, height, width):
        y = _matrix(w.T, height, width)
        return y if len(y) else np.array([])

    def long_rows(w, height, width):
        y = np.zeros((height - w.shape[0] + 1, width - w.shape[1] + 1, height * width))
        for i, j, u, v in np.ndindex(*y.shape[:2], *w.shape):
            y[i, j, (i + u) * height + j + v] = w[u, v]
        return y.reshape(-1, height * width)

    return check_function(
        "8.3", answer, _matrix, MATRIX_CASES,
        [Mistake(pushed, "each row is the one before, one place further on. At the end of a row of outputs the window jumps to the next row of pixels: see the figure “The three layers as matrices”."),
         Mistake(with_window(lambda w: w[::-1, ::-1]), "the window is turned by half a turn: weight (u, v) meets pixel (i + u, j + v)."),
         *(Mistake(wrong, "rows and columns of the window are exchanged: weight (u, v) stands u rows down and v columns to the right.")
           for wrong in (turned, with_window(np.transpose))),
         Mistake(long_rows, "pixel (k, l) is at place k · width + l: a row of the picture has `width` pixels, not `height`."),
         Mistake(with_window(np.ones_like), "you mark the places of the weights. Put the weights there."),
         Mistake(lambda *a: _matrix(*a).T, "a row for each output, a column for each pixel: yours is the other way round."),
         Mistake(by_columns, "the outputs are counted row by row, as memory holds them; yours go column by column."),
         Mistake(pixels_by_columns, "the pixels are counted row by row, as memory holds them; yours go column by column."),
         Mistake(_placed, "the weights stand in the right pictures. Write the outputs, and the pixels, as one axis each."),
         Mistake(lambda *a: _placed(*a).reshape(-1, *a[1:]), "a picture for each output, right. Write each as one row of numbers."),
         Mistake(lambda w, height, width: _placed(w, height, width, w.shape).reshape(-1, height * width), "neighbouring windows start one place apart, so they overlap; yours lie side by side."),
         Mistake(everywhere, "an output only where the whole window fits: yours come in again on the other side."),
         Mistake(with_border, "an output only where the whole window fits: yours sticks out over the border."),
         Mistake(lambda *a: _matrix(*a)[:-1], "the last place is missing: a window of k pixels fits at H − k + 1 places, not at H − k."),
         Mistake(lambda w, height, width: _matrix(w, height, width)[:1], "that is the row of the first output alone. Each place has one.")],
        praise="the same few numbers in every row, each time at another place: this matrix *is* the convolution.",
    )


def _shared_step(w, b, x, dy, lr):
    dw = np.array([np.sum(dy * x[u:u + len(dy)]) for u in range(len(w))])
    return w - lr * dw, b - lr * np.sum(dy)


def shared_step(answer):
    """8.4: ``answer(w, b, x, dy, lr)``: one step of gradient descent for a window of weights that all places share."""
    def stepped(dw=None, db=np.sum):
        def step(w, b, x, dy, lr):
            right = np.array([np.sum(dy * x[u:u + len(dy)]) for u in range(len(w))])
            return w - lr * (right if dw is None else dw(w, x, dy, right)), b - lr * db(dy)
        return step

    def last(w, x, dy, right):
        return dy[-1] * x[len(x) - len(w):]

    return check_function(
        "8.4", answer, _shared_step, STEP_CASES,
        [Mistake(stepped(last, lambda dy: dy[-1]), "that is the last place alone: each place adds its share (+=, not =)."),
         Mistake(stepped(last), "the bias is right. The weights have only the last place's share: each place adds its own."),
         Mistake(stepped(lambda w, x, dy, right: dy[0] * x[:len(w)]), "the weights have only the first place's share: each place adds its own."),
         Mistake(stepped(lambda w, x, dy, right: right / len(dy), np.mean), "that is the mean over the places. A weight that is used several times collects the sum."),
         Mistake(stepped(lambda w, x, dy, right: right / len(dy)), "the bias is right. For the weights you take the mean over the places, not the sum."),
         Mistake(stepped(None, np.mean), "the weights are right. The bias is shared by all places, too: its gradient is the sum of dy, not the mean."),
         Mistake(stepped(None, lambda dy: dy[-1]), "the weights are right. The bias collects dy from every place, not from the last alone."),
         Mistake(stepped(None, lambda dy: 0), "the weights are right. The bias takes a step as well."),
         Mistake(stepped(None, lambda dy: 1), "the weights are right. The bias is used once at every place: its gradient is the sum of dy."),
         Mistake(lambda w, b, x, dy, lr: _shared_step(w, b, x, dy, -lr), "that goes up the hill: gradient descent subtracts."),
         Mistake(lambda w, b, x, dy, lr: _shared_step(w, b, x, dy, 1), "the learning rate is missing."),
         Mistake(stepped(lambda w, x, dy, right: right[::-1]), "the window is the wrong way round: weight u meets pixel i + u."),
         Mistake(stepped(lambda w, x, dy, right: np.array([np.sum(x[u:u + len(dy)]) for u in range(len(w))])),
                 "the upstream gradient dy is missing: each place weighs its pixels by its own dy."),
         Mistake(lambda w, b, x, dy, lr: (w - _shared_step(w, b, x, dy, 1)[0], np.sum(dy)), "these are the gradients. Give the weights and the bias after the step."),
         Mistake(stepped(lambda w, x, dy, right: np.array([np.sum(dy[:-1] * x[u:u + len(dy) - 1]) for u in range(len(w))]), lambda dy: np.sum(dy[:-1])),
                 "the last place is left out: `range(len(dy))` goes up to it, `range(len(dy) - 1)` does not."),
         Mistake(stepped(lambda w, x, dy, right: np.convolve(x, dy, "valid")), "the bias is right. `np.convolve` turns dy round, so that each place gets another one's dy. `np.correlate` does not."),
         Mistake(lambda *a: _shared_step(*a)[::-1], "both are right, in the wrong order: give (w, b)."),
         Mistake(lambda *a: _shared_step(*a)[0], "the weights are right. Give the bias, too: (w, b).")],
        praise="a shared weight collects the gradients of all places where it is used.",
    )


def noticed(answer):
    """8.5: which rearrangements of all images a changed start of a CNN makes good."""
    return check_letters(
        "8.5", answer, "bcdf", "abcdef",
        {"a": "think of the seam: do windows over columns 7 and 8 read the same layout as all others when the halves change places?",
         "b": "b is one of the eight ways to lay a square on itself: every window turns alike.",
         "c": "c can be made good: each filter's slices can change places, as the channels do.",
         "d": "d only turns the square: every window turns alike.",
         "e": "think of the window at the seam, and of pixels one apart: no window of 3 × 3 holds the same nine pixels as before.",
         "f": "f is a mirror, too, in a diagonal: every window is mirrored alike."},
        [Mistake("ae", "the other way round: these are the ones that no start makes good."),
         Mistake("abcdef", "not all: in some of these a window, wherever it stands, holds other pixels than any window before."),
         Mistake("bdf", "turning and mirroring, right. Is there one that does not touch the places at all?")],
        praise="turned, mirrored and recoloured pictures train alike from a start that is changed alike. For (a) and (e) no start does it exactly, though they cost the CNN only a few points (“It is neighbours that count”).",
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
         Mistake(scaled_by(lambda p: (255 if whole(p) else 1) / p.max()), "every picture is divided by its own brightest pixel: a dark picture must stay dark."),
         Mistake(each(lambda picture, x: np.floor(x) if whole(picture) else x), "`//` throws away what stands after the point: nearly every pixel becomes 0. Divide with `/`."),
         Mistake(lambda pictures: np.floor(_batch(pictures)), "the batch is made of whole numbers, and values below 1 have become 0. It is to hold floats."),
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
        {0: "For the first: which mistake keeps the shape and cuts memory, row after row, at other places?",
         1: "For the second: every pixel is in its place. Which axis is out of order?",
         2: "For the third: what swaps rows and columns?",
         3: "For the fourth: the pictures look right. What else does the first layer see than their pattern?",
         4: "For the fifth: what differs between the pictures that it learns and those that it is judged on?"},
        ordered=True,
        praise="a picture on the screen shows three of the mistakes. The first loss shows the fourth, and a look at the order the fifth.",
    )
