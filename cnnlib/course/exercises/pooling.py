"""Checkers of chapter 11: pooling."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value
from cnnlib.pooling import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward

_RNG = np.random.default_rng(11)
SMALL = np.array([[1.0, 2.0, 0.0, 1.0], [3.0, 4.0, 5.0, 0.0], [0.0, 1.0, 2.0, 2.0], [6.0, 0.0, 1.0, 3.0]])
NEGATIVE = -SMALL - 1
MIXED = _RNG.normal(size=(6, 8))


def _plane(f, x, *args):
    return f(x[None, None], *args)[0, 0]


def by_hand(answer):
    """11.1: the 2×2 maxima and means of a 4×4 image."""
    image = np.array([[1, 3, 2, 2], [5, 7, 0, 4], [0, 2, 1, 1], [2, 4, 3, 3]], dtype=np.float64)
    best, mean = _plane(max_pool2d, image, 2), _plane(avg_pool2d, image, 2)
    return check_value(
        "11.1", answer, (best, mean),
        [Mistake((mean, best), "the other way round: first the maxima, then the means."),
         Mistake((best, 4 * mean), "those are the sums of the windows. A mean divides by 4."),
         Mistake((_plane(max_pool2d, image, 2, 1), _plane(avg_pool2d, image, 2, 1)),
                 "you moved by one pixel. The stride is the window's size, 2.")],
        praise="((7, 4), (4, 3)) and ((4, 2), (2, 2)).",
    )


def max_pool(answer):
    """11.2: 2×2 max pooling of one plane with even sides."""
    def means(x):
        return _plane(avg_pool2d, x, 2)

    return check_function(
        "11.2", answer, lambda x: _plane(max_pool2d, x, 2),
        [Case((SMALL,), "a 4×4 image"), Case((NEGATIVE,), "an image of negative numbers"), Case((MIXED,), "6×8 numbers")],
        [Mistake(means, "these are the means of the windows. The largest value is asked for."),
         Mistake(lambda x: _plane(max_pool2d, x, 2, 1), "your windows overlap: move by 2."),
         Mistake(lambda x: np.maximum(_plane(max_pool2d, x, 2), 0),
                 "right for positive numbers. Do not start the maximum at 0: start at −∞, or at the first value."),
         Mistake(lambda x: x[::2, ::2], "this keeps every second pixel and looks at no other."),
         Mistake(lambda x: np.abs(x).reshape(len(x) // 2, 2, -1, 2).max(axis=(1, 3)), "the largest value, not the largest magnitude.")],
        praise="four strided views and their maximum would do.",
    )


def max_backward(answer):
    """11.3: backward of 2×2 max pooling: ``answer(dy, x)``; on a tie the first in scan order gets all."""
    def winners(x):
        blocks = x.reshape(len(x) // 2, 2, -1, 2)
        return (blocks == blocks.max(axis=(1, 3), keepdims=True)).reshape(x.shape)

    def up(dy):
        return dy.repeat(2, axis=0).repeat(2, axis=1)

    def shared(dy, x):
        ties = winners(x).reshape(len(x) // 2, 2, -1, 2).sum(axis=(1, 3))
        return up(dy / ties) * winners(x)

    ties = np.array([[2.0, 2.0], [1.0, 2.0]])
    return check_function(
        "11.3", answer, lambda dy, x: max_pool2d_backward(dy[None, None], x[None, None], 2)[0, 0],
        [Case((np.array([[5.0]]), np.array([[1.0, 4.0], [3.0, 2.0]])), "one window"),
         Case((_RNG.normal(size=(3, 4)), MIXED), "6×8 numbers"), Case((np.array([[6.0]]), ties), "a window with a tie")],
        [Mistake(lambda dy, x: up(dy) * winners(x), "right without ties. In a tie the first maximum in scan order gets all of dy, "
                                                    "the others nothing."),
         Mistake(shared, "right without ties. PyTorch does not share the gradient: the first maximum gets all."),
         Mistake(lambda dy, x: up(dy), "every pixel gets dy. Only the one that won should."),
         Mistake(lambda dy, x: up(dy) / 4, "this is average pooling's backward."),
         Mistake(lambda dy, x: winners(x) * 1.0, "multiply by the upstream gradient dy."),
         Mistake(lambda dy, x: up(dy) * winners(x) * x, "the local derivative of a maximum is 1 at the winner, not its value.")],
        praise="the winner takes it all.",
    )


def avg_backward(answer):
    """11.4: backward of 3×3 average pooling with stride 1: ``answer(dy, x)``; windows overlap."""
    def reference(dy, x):
        return avg_pool2d_backward(dy[None, None], x[None, None], 3, 1)[0, 0]

    def overwritten(dy, x):
        dx = np.zeros_like(x)
        for i, j in np.ndindex(*dy.shape):
            dx[i:i + 3, j:j + 3] = dy[i, j] / 9
        return dx

    return check_function(
        "11.4", answer, reference,
        [Case((np.array([[9.0]]), np.zeros((3, 3))), "a single window"),
         Case((_RNG.normal(size=(4, 6)), MIXED), "overlapping windows")],
        [Mistake(overwritten, "overlapping windows must add: use += where you wrote =."),
         Mistake(lambda dy, x: 9 * reference(dy, x), "each of the nine pixels moves the mean at the rate 1/9."),
         Mistake(lambda dy, x: overwritten(9 * dy, x), "two things: the rate is 1/9, and overlapping windows must add."),
         Mistake(lambda dy, x: 9 / 4 * reference(dy, x), "nine pixels share a window, not four.")],
        praise="a pixel collects from every window it is in.",
    )


def invariance(answer):
    """11.5: which layer leaves (0, 1, 0, 1, 0, 1, …), shifted by one pixel, unchanged?"""
    return check_letters(
        "11.5", answer, "ab", "abc",
        {"a": "a belongs to them: each window holds a 1, however you shift, so each maximum is 1.",
         "b": "b belongs to them: each window holds one 0 and one 1, however you shift.",
         "c": "not c: every second pixel is 0, 0, 0, … before the shift and 1, 1, 1, … after it."},
        praise="both windows see one 0 and one 1 at any shift; every second pixel flips from all 0 to all 1.",
    )
