"""Checkers of chapter 11: pooling."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value
from cnnlib.pooling import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward

_RNG = np.random.default_rng(11)
SMALL = np.array([[1.0, 2.0, 0.0, 1.0], [3.0, 4.0, 5.0, 0.0], [0.0, 1.0, 2.0, 2.0], [6.0, 0.0, 1.0, 3.0]])
MIXED, TALL, ODD = _RNG.normal(size=(6, 8)), _RNG.normal(size=(6, 2)), _RNG.normal(size=(5, 7))
MAX_CASES = [
    Case((np.array([[1.0, 4.0], [3.0, 2.0]]),), "one window"), Case((SMALL,), "a 4×4 image"), Case((-1e30 * (SMALL + 1),), "an image of negative numbers"),
    Case((MIXED,), "6×8 numbers"), Case((TALL,), "6×2 numbers"), Case((ODD,), "5×7 numbers, where a row and a column are left over"),
    Case((_RNG.normal(size=(3, 3)),), "3×3 numbers"), Case((_RNG.normal(size=(2, 3)),), "2×3 numbers"),
    Case((_RNG.normal(size=(5, 4)),), "5×4 numbers"), Case((np.array([[-np.inf, -np.inf, 0, 1], [-np.inf, -np.inf, -np.inf, 2]]),), "a window of −∞"),
]
TIES = np.array([[1.0, 2, 0, 0, 1, 1], [2, 0, 0, 0, 3, 3], [0, 2, 5, 1, 4, 4], [2, 2, 1, 5, 4, 4]])
BACK_CASES = [
    Case((np.array([[5.0]]), np.array([[1.0, 4.0], [3.0, 2.0]])), "one window"),
    Case((_RNG.normal(size=(3, 4)), MIXED), "6×8 numbers"), Case((_RNG.normal(size=(3, 1)), TALL), "6×2 numbers"),
    Case((_RNG.normal(size=(2, 2)), -SMALL - 1), "an image of negative numbers"),
    Case((np.array([[6.0]]), np.array([[2.0, 2.0], [1.0, 2.0]])), "a window with a tie"),
    Case((np.array([[6.0]]), np.array([[1.0, 2.0], [2.0, 2.0]])), "a tie whose first pixel is the upper right"),
    Case((_RNG.normal(size=(2, 3)), TIES), "six windows with ties"),
    Case((np.array([[6.0]]), np.array([[1.0, 1 + 1e-9], [0.0, 1.0]])), "a window whose largest numbers differ by 1e-9"),
    Case((np.array([[6.0, 3.0]]), np.array([[0.5, 0.51, 70.0, 70.4], [0.4, 0.505, 70.3, 70.2]])), "windows whose numbers differ little"),
    Case((np.array([[6.0]]), np.array([[1.0, np.nextafter(1.0, 2)], [0.0, 1.0]])), "a window whose largest numbers differ in the last digit"),
    Case((np.array([[2.0, 3.0]]), np.array([[-3e30, -2e30, -9e30, -7e30], [-4e30, -6e30, -8e30, -5e30]])), "numbers as low as −9e30"),
]
MEAN_CASES = [
    Case((np.array([[9.0]]), np.zeros((3, 3))), "a single window"),
    Case((np.array([[1.0, 10.0]]), np.zeros((3, 4))), "two windows"),
    Case((_RNG.normal(size=(4, 6)), MIXED), "overlapping windows"),
    Case((_RNG.normal(size=(3, 3)), _RNG.normal(size=(5, 5))), "5×5 numbers"),
    Case((_RNG.normal(size=(5, 2)), _RNG.normal(size=(7, 4))), "7×4 numbers"),
]
PADDED_CASES = [
    Case((np.array([[-3.0, -1], [-4, -2]]), 2, 2, 1), "a 2×2 image of negative numbers, k = 2, s = 2, p = 1"),
    Case((SMALL, 2, 2, 0), "a 4×4 image, k = 2, s = 2, p = 0"),
    Case((SMALL - 8, 3, 2, 1), "a 4×4 image of negative numbers, k = 3, s = 2, p = 1"),
    Case((MIXED, 3, 1, 1), "6×8 numbers, k = 3, s = 1, p = 1"), Case((TALL, 2, 1, 1), "6×2 numbers, k = 2, s = 1, p = 1"),
    Case((ODD - 9, 3, 2, 0), "5×7 negative numbers, k = 3, s = 2, p = 0"), Case((ODD, 2, 3, 1), "5×7 numbers, k = 2, s = 3, p = 1"),
    Case((MIXED, 5, 4, 2), "6×8 numbers, k = 5, s = 4, p = 2"), Case((ODD.T, 4, 2, 1), "7×5 numbers, k = 4, s = 2, p = 1"),
    Case((MIXED, 1, 2, 0), "6×8 numbers, k = 1, s = 2, p = 0"), Case((-1e30 * (SMALL + 1), 3, 2, 1), "numbers as low as −7e30, k = 3, s = 2, p = 1"),
    Case((np.array([[-np.inf, -np.inf, -np.inf], [-np.inf, -np.inf, 0]]), 2, 1, 1), "an image with −∞ in it, k = 2, s = 1, p = 1"),
]


def _plane(f, x, *args):
    return f(x[None, None], *args)[0, 0]


def by_hand(answer):
    """11.1: the 2×2 maxima and means of a 4×4 image."""
    image = np.array([[1, 3, 2, 2], [5, 7, 0, 4], [0, 2, 1, 1], [2, 8, 3, 3]], dtype=np.float64)
    best, mean, least = _plane(max_pool2d, image, 2), _plane(avg_pool2d, image, 2), -_plane(max_pool2d, -image, 2)
    first = image[::2, ::2]
    return check_value(
        "11.1", answer, (best, mean),
        [Mistake((best.T, mean.T), "the first row belongs to the upper two windows, the second to the lower two."),
         Mistake((mean, best), "the other way round: first the maxima, then the means."),
         Mistake((best, 4 * mean), "those are the sums of the windows. A mean divides by 4."),
         Mistake((best, 2 * mean), "a window holds four numbers: a mean divides by 4, not by 2."),
         Mistake((best, 4 / 9 * mean), "a 2×2 window holds four numbers: a mean divides by 4."),
         Mistake((least, mean), "the largest number of each window, not the smallest."),
         Mistake((first, mean), "the largest number of each window, not its first."),
         Mistake(best, "the maxima are right. Give the means, too, as a second part: a pair."),
         Mistake(mean, "the means are right. Give the maxima before them: a pair."),
         Mistake((best, best), "the maxima are right. The means come second."),
         Mistake((mean, mean), "the means are right. The maxima come first."),
         Mistake((best.ravel(), mean.ravel()), "the right numbers. Give each as two rows of two."),
         Mistake((image.reshape(2, 2, 2, 2).max(axis=(2, 3)), image.reshape(2, 2, 2, 2).mean(axis=(2, 3))),
                 "a window is two numbers of one row and the two below them, not four numbers in a row."),
         Mistake((image.max(axis=1), image.mean(axis=1)), "these are the rows' maxima and means. A window is 2×2."),
         Mistake((image.max(), image.mean()), "these are the maximum and the mean of the whole image. Each 2×2 window has its own."),
         Mistake((_plane(max_pool2d, image, 2, 1), _plane(avg_pool2d, image, 2, 1)),
                 "you moved by one pixel. The stride is the window's size, 2.")],
        praise="((7, 4), (8, 3)) and ((4, 2), (3, 2)).",
    )


def max_pool(answer):
    """11.2: 2×2 max pooling of one plane of any sides; what fills no window is left out."""
    def largest(x):
        return _plane(max_pool2d, x, 2)

    def blocks(x):
        return x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2)

    def views(x):
        best = x[0::2, 0::2]
        for k, m in ((0, 1), (1, 0), (1, 1)):
            best = np.maximum(best, x[k::2, m::2])
        return best

    def grown(x):
        return np.pad(x, [(0, n % 2) for n in x.shape], constant_values=-np.inf)

    def even(f):
        return lambda x: f(x[:len(x) // 2 * 2, :x.shape[1] // 2 * 2])

    rest = "right for even sides. A last row or column that fills no window is left out: cut it off first."
    axes = "the reshape cuts the plane into runs of one row, not into windows: its axes are (rows, 2, columns, 2), and the maximum goes over the two 2s."
    return check_function(
        "11.2", answer, largest, MAX_CASES,
        [Mistake(lambda x: blocks(x).max(axis=(1, 3)), rest), Mistake(views, rest),
         Mistake(lambda x: x.reshape(x.shape[0] // 2, x.shape[1] // 2, 2, 2).max(axis=(2, 3)), axes),
         Mistake(even(lambda x: x.reshape(x.shape[0] // 2, x.shape[1] // 2, 2, 2).max(axis=(2, 3))), axes),
         Mistake(even(lambda x: blocks(x).max(axis=(0, 2))), "the maximum goes over the wrong axes: each window's own two, not the windows."),
         Mistake(lambda x: largest(grown(x)), "the last row and column that fill no window are left out, not pooled on their own (that is ceil_mode)."),
         Mistake(lambda x: _plane(avg_pool2d, x, 2), "these are the means of the windows. The largest value is asked for."),
         Mistake(lambda x: -largest(-x), "these are the smallest values of the windows. The largest are asked for."),
         Mistake(lambda x: 4 * _plane(avg_pool2d, x, 2), "these are the sums of the windows. The largest value is asked for."),
         Mistake(lambda x: _plane(max_pool2d, x, 2, 1), "your windows overlap: move by 2."),
         Mistake(lambda x: np.maximum(largest(x), 0),
                 "right for positive numbers. Do not start the maximum at 0: start at −∞, or at the first value."),
         Mistake(lambda x: x[::2, ::2], "this keeps every second pixel and looks at no other."),
         Mistake(even(lambda x: x[::2, ::2]), "this keeps every second pixel and looks at no other."),
         Mistake(even(lambda x: np.maximum(x[::2, ::2], x[1::2, 1::2])), "this looks at two of the four pixels: those on the diagonal."),
         Mistake(even(lambda x: np.maximum(x[::2, ::2], x[::2, 1::2])), "this looks at two of the four pixels: those of the upper row."),
         Mistake(even(lambda x: np.maximum(x[::2, ::2], x[1::2, ::2])), "this looks at two of the four pixels: those of the left column."),
         Mistake(lambda x: _plane(max_pool2d, x, 2, 1)[:len(x) // 2, :x.shape[1] // 2], "the result is small enough, but the windows still move by 1: window (i, j) starts at row 2i and column 2j."),
         Mistake(lambda x: [[x[i:i + 2, j:j + 2].max() for j in range(0, x.shape[1] - 2, 2)] for i in range(0, len(x) - 2, 2)],
                 "the last windows are missing: the loop stops too early."),
         Mistake(even(lambda x: np.maximum(x[::2], x[1::2])), "rows are pooled, columns are not."),
         Mistake(even(lambda x: np.maximum(x[:, ::2], x[:, 1::2])), "columns are pooled, rows are not."),
         Mistake(lambda x: largest(x).T, "the result is transposed: window (i, j) stands at row 2i and column 2j."),
         Mistake(lambda x: x.max(), "that is the largest value of the whole plane. Each window has its own."),
         Mistake(lambda x: largest(np.abs(x)), "the largest value, not the largest magnitude.")],
        praise="four strided views and their maximum would do.",
    )


def max_backward(answer):
    """11.3: backward of 2×2 max pooling: ``answer(dy, x)``; on a tie the first in reading order gets all."""
    def reference(dy, x):
        return max_pool2d_backward(dy[None, None], x[None, None], 2)[0, 0]

    def winners(x):
        return up(_plane(max_pool2d, x, 2)) == x

    def up(dy):
        return dy.repeat(2, axis=0).repeat(2, axis=1)

    def shared(dy, x):
        return up(dy / (4 * _plane(avg_pool2d, winners(x) * 1.0, 2))) * winners(x)

    def nearly(dy, x, **tolerance):
        top = up(_plane(max_pool2d, x, 2))
        return reference(dy, np.where(np.isclose(x, top, **tolerance), top, x))

    def last(dy, x):
        return reference(dy[::-1, ::-1], x[::-1, ::-1])[::-1, ::-1]

    def corner(dy, x):
        dx = np.zeros(x.shape)
        dx[::2, ::2] = dy
        return dx

    def unmoved(dy, x):
        dx, won = np.zeros_like(x), reference(np.ones_like(dy), x)
        for i, j in np.ndindex(dy.shape):
            k, m = np.argwhere(won[2 * i:2 * i + 2, 2 * j:2 * j + 2])[0]
            dx[i + k, j + m] = dy[i, j]
        return dx

    scan = "the first in reading order, row by row, gets it, "
    return check_function(
        "11.3", answer, reference, BACK_CASES,
        [Mistake(lambda dy, x: up(dy) * winners(x), "right without ties. In a tie the first maximum in reading order gets all of dy, "
                                                    "the others nothing."),
         Mistake(shared, "right without ties. PyTorch does not share the gradient: the first maximum gets all."),
         *(Mistake(lambda dy, x, t=t: nearly(dy, x, **t), "right where numbers differ enough. Almost equal is no tie: the larger wins, by however little.")
           for t in ({}, {"rtol": 0, "atol": 1e-12})),
         Mistake(lambda dy, x: reference(dy, np.maximum(x, -1e9)), "where all numbers of a window are low, the first one gets all. Start the maximum at −∞, or at the first value."),
         Mistake(last, "right without ties. In a tie " + scan + "not the last."),
         Mistake(lambda dy, x: reference(dy.T, x.T).T, "right without ties. In a tie " + scan + "not column by column."),
         Mistake(lambda dy, x: up(dy), "every pixel gets dy. Only the one that won should."),
         Mistake(lambda dy, x: up(dy) / 4, "this is average pooling's backward."),
         Mistake(lambda dy, x: winners(x) * 1.0, "multiply by the upstream gradient dy."),
         Mistake(lambda dy, x: reference(np.ones_like(dy), x), "multiply by the upstream gradient dy."),
         Mistake(lambda dy, x: up(dy) * winners(x) * x, "the local derivative of a maximum is 1 at the winner, not its value."),
         Mistake(lambda dy, x: reference(dy, x) * x, "the local derivative of a maximum is 1 at the winner, not its value."),
         Mistake(lambda dy, x: winners(x) * x, "these are the winners' values. Each winner gets the dy of its window."),
         Mistake(lambda dy, x: reference(dy, -x), "the smallest gets it. The largest should."),
         Mistake(lambda dy, x: reference(dy, np.abs(x)), "the largest value wins, not the largest magnitude."),
         Mistake(corner, "the upper left pixel of each window gets it, whatever x holds. Look for the winner."),
         Mistake(unmoved, "window (i, j) starts at row 2i and column 2j: that holds for where you write, too."),
         Mistake(lambda dy, x: (x == x.max()) * dy.sum(), "one winner for the whole plane. Each window has its own."),
         Mistake(lambda dy, x: reference(np.abs(dy), x), "dy keeps its sign: a gradient may be negative."),
         Mistake(lambda dy, x: _plane(max_pool2d, x, 2), "this is forward. dx has the shape of x.")],
        praise="the winner takes it all.",
    )


def avg_backward(answer):
    """11.4: backward of 3×3 average pooling with stride 1: ``answer(dy, x)``; windows overlap."""
    def reference(dy, x):
        return avg_pool2d_backward(dy[None, None], x[None, None], 3, 1)[0, 0]

    def written(dy, x, order=1):
        dx = np.zeros_like(x)
        for i, j in list(np.ndindex(*dy.shape))[::order]:
            dx[i:i + 3, j:j + 3] = dy[i, j] / 9
        return dx

    def holders(dy, x):
        return 9 * reference(np.ones_like(dy), x)

    def centre(dy, x):
        return np.pad(dy, 1)

    return check_function(
        "11.4", answer, reference, MEAN_CASES,
        [Mistake(written, "overlapping windows must add: use += where you wrote =."),
         Mistake(lambda dy, x: written(dy, x, -1), "overlapping windows must add: of each pixel's terms only the first window's is left."),
         Mistake(lambda dy, x: 9 * reference(dy, x), "each of the nine pixels moves the mean at the rate 1/9."),
         Mistake(lambda dy, x: written(9 * dy, x), "two things: the rate is 1/9, and overlapping windows must add."),
         Mistake(lambda dy, x: 9 / 4 * reference(dy, x), "nine pixels share a window, not four."),
         Mistake(lambda dy, x: 3 * reference(dy, x), "nine pixels share a window, not three."),
         Mistake(lambda dy, x: 9 * reference(dy, x) / holders(dy, x), "you divide by the number of windows that hold the pixel. Each window's share is dy / 9, and the shares add."),
         Mistake(lambda dy, x: reference(dy, x) / holders(dy, x), "add the windows' shares, do not average them: no division by the number of windows."),
         Mistake(lambda dy, x: 9 * reference(dy, x) / dy.size, "you divide by the number of windows. Each window's share is dy / 9, and the shares add."),
         Mistake(lambda dy, x: dy / 9, "that is one window's share. dx has the shape of x, and each pixel collects the shares of all windows that hold it."),
         Mistake(lambda dy, x: reference(dy, x) / dy.size, "add the windows' shares, do not average them: no division by the number of windows."),
         Mistake(lambda dy, x: 9 * reference(dy, x) / x.size, "a window has nine pixels: divide by 9, not by the size of x."),
         Mistake(lambda dy, x: reference(np.ones_like(dy), x), "multiply by the upstream gradient dy: each window has its own."),
         Mistake(lambda dy, x: reference(dy, x) * x, "the mean moves at the rate 1/9 with each pixel, whatever its value."),
         Mistake(centre, "only the middle pixel of each window gets dy. All nine should, a ninth each."),
         Mistake(lambda dy, x: centre(dy, x) / 9, "only the middle pixel of each window gets its ninth. All nine should."),
         Mistake(lambda dy, x: np.full(x.shape, dy.mean()), "that is one mean for the whole image. Each window hands its own dy back, to its nine pixels."),
         Mistake(lambda dy, x: _plane(avg_pool2d, x, 3, 1), "this is forward. dx has the shape of x.")],
        praise="a pixel collects from every window it is in.",
    )


def invariance(answer):
    """11.5: which layer leaves (0, 1, 0, 1, 0, 1, …), shifted by one pixel, unchanged?"""
    return check_letters(
        "11.5", answer, "ab", "abc",
        {"a": "a belongs to them: each window holds a 1, however you shift, so each maximum is 1.",
         "b": "b belongs to them: each window holds one 0 and one 1, however you shift.",
         "c": "not c: every second pixel is 0, 0, 0, … before the shift and 1, 1, 1, … after it."},
        [Mistake("c", "the other way round: c is the one whose result changes.")],
        praise="both windows see one 0 and one 1 at any shift; every second pixel flips from all 0 to all 1.",
    )


def padded_max(answer):
    """11.6: max pooling of one plane with any window, stride and padding: ``answer(x, k, s, p)``."""
    def reference(x, k, s, p):
        return _plane(max_pool2d, x, k, s, p)

    def slid(x, k, s, rows, columns, summary=np.max):
        """Windows of an already padded plane, as many as are told; one may hang over the edge."""
        return [[summary(x[i * s:i * s + k, j * s:j * s + k]) for j in range(columns)] for i in range(rows)]

    def sized(count, value=-np.inf, summary=np.max):
        def wrong(x, k, s, p):
            padded = np.pad(x, p, constant_values=value)
            return slid(padded, k, s, *(count(n, k, s, p) for n in x.shape), summary)
        return wrong

    def right(n, k, s, p):
        return (n + 2 * p - k) // s + 1

    size = "the number of outputs is ⌊(n + 2p − k) / s⌋ + 1 along each side"
    return check_function(
        "11.6", answer, reference, PADDED_CASES,
        [Mistake(sized(right, 0.0), "right where no window's largest number is negative. A border of zeros is larger than negative numbers: pad with −∞."),
         Mistake(sized(right, -1e9), "−1e9 is low, but numbers may be lower. Pad with −∞."),
         Mistake(sized(right, -99999.0), "numbers may be lower than your padding. Pad with −∞."),
         Mistake(sized(right, np.finfo(np.float64).min), "right for all finite numbers. Pad with −∞: a window that holds nothing else gives −∞."),
         Mistake(lambda x, k, s, p: reference(x, k, s, 0), "the padding is missing."),
         Mistake(sized(lambda n, k, s, p: (n + p - k) // s + 1), "there are p cells of padding on *each* side, left and right, above and below: " + size + "."),
         Mistake(sized(lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1), "round down: a last window that hangs over the edge is left out (with it: ceil_mode)."),
         Mistake(sized(lambda n, k, s, p: (n + 2 * p - k) // s), "the last windows are missing: " + size + "."),
         Mistake(sized(lambda n, k, s, p: (n + 2 * p) // s), "the window has a size, too: " + size + "."),
         Mistake(lambda x, k, s, p: _plane(max_pool2d, x, k, 1, p), "the windows move by 1. Move them by s."),
         Mistake(lambda x, k, s, p: _plane(max_pool2d, x, k, k, p), "the windows move by k. Move them by s: windows may overlap, or leave gaps."),
         Mistake(lambda x, k, s, p: _plane(max_pool2d, x, k, 1, p)[:right(len(x), k, s, p), :right(x.shape[1], k, s, p)],
                 "the result has the right size, but window (i, j) starts at row i·s and column j·s."),
         Mistake(sized(right, np.inf, summary=np.min), "these are the smallest numbers. The largest are asked for."),
         Mistake(lambda x, k, s, p: _plane(avg_pool2d, x, k, s, p), "these are means. The largest number is asked for."),
         Mistake(lambda x, k, s, p: reference(x, k, s, p).T, "the result is transposed: row i comes from the windows that start at row i·s."),
         Mistake(lambda x, k, s, p: np.pad(reference(x, k, s, 0), p, constant_values=-np.inf), "pad the image, not the result.")],
        praise="−∞ never wins, so only real numbers come out.",
    )


def diagnosis(answer):
    """11.7: four symptoms, four causes."""
    return check_letters(
        "11.7", answer, "cdba", "abcd",
        {0: "Symptom 1: which made-up number is larger than every number of the image?",
         1: "Symptom 2: the zeros of the background are all equal. Who gets the gradient then?",
         2: "Symptom 3: the windows of 3 × 3 overlap, those of 2 × 2 do not.",
         3: "Symptom 4: what is left of a map when only its largest number or its mean is kept?"},
        [Mistake("cbda", "symptoms 2 and 3 are the wrong way round. Windows side by side share no pixel, so = and += do the same there.")],
        praise="border, ties, overlaps, and what was thrown away.", ordered=True,
    )
