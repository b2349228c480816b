"""Chapter 9's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from cnnlib.course.exercises import convolution as check


def stub(*_, **__):
    raise NotImplementedError


def loops(x, w, stride=1, padding=0):
    H, W = len(x) + 2 * padding, len(x[0]) + 2 * padding
    big = [[0.0] * W for _ in range(H)]
    for i, row in enumerate(x):
        for j, value in enumerate(row):
            big[i + padding][j + padding] = value
    kH, kW = w.shape
    return [[sum(w[u][v] * big[i + u][j + v] for u in range(kH) for v in range(kW))
             for j in range(0, W - kW + 1, stride)] for i in range(0, H - kH + 1, stride)]


def shifted(x, w, stride=1, padding=0):
    x = np.pad(x, padding)
    H, W = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    return sum(w[u, v] * x[u:u + H:stride, v:v + W:stride] for u, v in np.ndindex(w.shape))


def scipys(x, w, stride=1, padding=0):
    return correlate2d(np.pad(x, padding), w, mode="valid")[::stride, ::stride]


def torchs(x, w, stride=1, padding=0):
    x, w = torch.tensor(x)[None, None], torch.tensor(w)[None, None]
    return torch.nn.functional.conv2d(x, w, stride=stride, padding=padding)[0, 0]


def cost(c_in, c_out, k, groups, h_out, w_out):
    weights = c_in * c_out * k**2 / groups
    return [weights + c_out, weights * w_out * h_out]


def altered(x, w, stride=1, padding=0):
    x *= 2
    return shifted(x / 2, w, stride, padding)


MOVER = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("verdict", [
    check.shape((8, 16, 14, 18)), check.shape([8, 16, 14, 18]), check.shape(np.array([8, 16, 14, 18])),
    check.shape(torch.Size((8, 16, 14, 18))),
    check.by_hand([[5, 0], [3, 7]]), check.by_hand(((5.0, 0.0), (3.0, 7.0))), check.by_hand(np.array([[5, 0], [3, 7]])),
    check.correlate(loops), check.correlate(shifted), check.correlate(scipys), check.correlate(torchs),
    check.mover(MOVER), check.mover(MOVER.tolist()), check.mover(MOVER.astype(np.float32)),
    check.blind_spot([[1, 2, 3], [4, 5, 4], [3, 2, 1]]), check.blind_spot(np.array([[0, 1, 0], [0, 1, 0], [0, 1, 0]])),
    check.blind_spot([[0, 0, 0], [1, 1, 1], [0, 0, 0]]),
    check.cost(cost), check.cost(lambda i, o, k, g, h, w: np.array([o * i // g * k**2 + o, o * i // g * k**2 * h * w])),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


def one_corner(x, w, stride=1, padding=0):
    return shifted(np.pad(x, ((padding, 0), (padding, 0))), w, stride)


def still_by_one(x, w, stride=1, padding=0):
    rows, columns = shifted(x, w, stride, padding).shape
    return shifted(x, w, 1, padding)[:rows, :columns]


WRONG_CORRELATE = [
    (lambda x, w, **o: shifted(x, np.rot90(w, 2), **o), "your kernel is flipped: this is true convolution"),
    (lambda x, w, **o: shifted(x, np.fliplr(w), **o), "flipped from left to right"),
    (lambda x, w, **o: shifted(x, np.flipud(w), **o), "flipped from top to bottom"),
    (lambda x, w, stride=1, padding=0: shifted(x, w), "stride and padding have no effect"),
    (lambda x, w, stride=1, padding=0: shifted(x, w, 1, padding), "stride has no effect"),
    (lambda x, w, stride=1, padding=0: shifted(x, w, stride, 0), "padding has no effect"),
    (one_corner, "on all four sides"),
    (lambda x, w, stride=1, padding=0: shifted(np.pad(x, padding, mode="edge"), w, stride), "made of zeros"),
    (still_by_one, "still move by 1"),
    (lambda x, w, stride=1, padding=0: shifted(x, w, 1, padding)[::stride], "along both axes"),
    (lambda x, w, **o: shifted(x, w, **o)[:-1, :-1], "mind the + 1"),
    (lambda x, w, **o: shifted(x, w, **o) / w.size, "do not average"),
    (lambda x, w, **o: shifted(x, w.T, **o), "is expected"),
    (lambda x, w, **o: np.zeros_like(shifted(x, w, **o)), "is expected at index"),
    (lambda x, w, **o: shifted(x, w, **o).ravel(), "the shape (2, 2) is expected"),
    (lambda x, w: shifted(x, w), "yours takes (x, w)"),
    (lambda x, w, **o: None, "returns nothing"),
    (altered, "`x` is changed"),
    (7, "a function is asked for"),
]


def costs(parameters, products=lambda n, i, o, h, w: n * h * w):
    def wrong(i, o, k, g, h, w):
        n = o * (i // g) * k * k
        return parameters(n, i, o), products(n, i, o, h, w)
    return wrong


WRONG_COST = [
    (costs(lambda n, i, o: n), "biases are missing"),
    (costs(lambda n, i, o: n + i), "not to an input channel"),
    (costs(lambda n, i, o: n + 1), "not one for the layer"),
    (lambda i, o, k, g, h, w: (o * i * k * k + o, o * i * k * k * h * w), "reads c_in / groups channels"),
    (lambda i, o, k, g, h, w: (o * i * k * k // g**2 + o, o * i * k * k // g**2 * h * w), "divide by groups twice"),
    (lambda i, o, k, g, h, w: (o * i // g * k + o, o * i // g * k * h * w), "k · k weights"),
    (lambda *a: cost(*a)[::-1], "parameters first"),
    (costs(lambda n, i, o: n + o, lambda n, *_: n), "at every output pixel"),
    (costs(lambda n, i, o: n + o, lambda n, i, o, h, w: (n + o) * h * w), "added, not multiplied"),
    (lambda *_: (0, 0), "is expected"),
    (lambda *a: cost(*a)[0], "2 results are expected"),
]


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.shape((8, 16, 16, 20)), "left out the dilation"),
    (check.shape((8, 16, 12, 16)), "left out the padding"),
    (check.shape((8, 16, 13, 17)), "both sides"),
    (check.shape((8, 16, 14.5, 18.5)), "round down: half"),
    (check.shape((8, 16, 15, 19)), "not up"),
    (check.shape((8, 16, 28, 36)), "left out the stride"),
    (check.shape((8, 3, 14, 18)), "out of all channels"),
    (check.shape((8, 48, 14, 18)), "16 maps, not 48"),
    (check.shape((16, 8, 14, 18)), "batch comes first"),
    (check.shape((8, 14, 18, 16)), "channels come before"),
    (check.shape((8, 16, 18, 14)), "rows before columns"),
    (check.shape((16, 14, 18)), "and the batch?"),
    (check.shape((14, 18)), "the batch and the channels"),
    (check.shape((1, 2, 3, 4)), "not this one"),
    (check.by_hand([[4, -1], [2, 6]]), "Add the bias"),
    (check.by_hand([[2, 6], [2, 5]]), "your kernel is flipped"),
    (check.by_hand([[1, 5], [1, 4]]), "and add the bias"),
    (check.by_hand([[1, 2], [5, 2]]), "rows and columns are swapped"),
    (check.by_hand([[5, 3], [0, 7]]), "lying on their side"),
    (check.by_hand([5, 0, 3, 7]), "shape (2, 2)"),
    (check.by_hand(np.zeros((2, 2))), "not this one"),
    *((check.correlate(wrong), hint) for wrong, hint in WRONG_CORRELATE),
    (check.mover(MOVER[:, ::-1]), "left. It would be right for true convolution"),
    (check.mover(MOVER.T), "moves the picture down"),
    (check.mover(MOVER.T[::-1]), "moves the picture up"),
    (check.mover(np.pad([[1]], 1)), "copies the picture"),
    (check.mover(MOVER + MOVER[:, ::-1]), "mixes several"),
    (check.mover(2 * MOVER), "factor of 2"),
    (check.mover(np.zeros((3, 3))), "factor of 0"),
    (check.mover(np.eye(3)[[0]] * np.eye(3)[:, [0]]), "askew"),
    (check.mover(np.zeros((2, 2))), "shape (2, 2)"),
    (check.mover("right"), "three rows"),
    (check.mover(np.full((3, 3), np.nan)), "finite"),
    (check.blind_spot(np.ones((3, 3))), "equals its transpose"),
    (check.blind_spot([[-1, 0, 1]] * 3), "changes its sign"),
    (check.blind_spot([[1, 2, 1]] * 2 + [[0, 0, 0]]), "mirror image along one axis"),
    (check.blind_spot(np.arange(1, 10).reshape(3, 3)), "w[::-1, ::-1]"),
    *((check.cost(wrong), hint) for wrong, hint in WRONG_COST),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False, verdict
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.shape(...), check.by_hand(None), check.correlate(stub), check.mover(...), check.blind_spot(...),
    check.cost(stub),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
    assert "not attempted" in repr(verdict)
