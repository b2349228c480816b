"""Chapter 11's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest
import torch

from cnnlib.course.exercises import pooling as check


def stub(*_):
    raise NotImplementedError


def blocks(x):
    return x.reshape(len(x) // 2, 2, -1, 2)


def max_pool(x):
    return blocks(x).max(axis=(1, 3))


def by_loops(x):
    return [[max(x[i, j], x[i, j + 1], x[i + 1, j], x[i + 1, j + 1]) for j in range(0, x.shape[1], 2)]
            for i in range(0, len(x), 2)]


def max_backward(dy, x):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dy.shape):
        k, m = divmod(x[2 * i:2 * i + 2, 2 * j:2 * j + 2].argmax(), 2)
        dx[2 * i + k, 2 * j + m] = dy[i, j]
    return dx


def torch_backward(f, *options):
    def backward(dy, x):
        t = torch.tensor(x[None, None], requires_grad=True)
        f(t, *options).backward(torch.tensor(dy[None, None]))
        return t.grad[0, 0].numpy()
    return backward


def winners(x):
    return (blocks(x) == blocks(x).max(axis=(1, 3), keepdims=True)).reshape(x.shape)


def up(dy):
    return dy.repeat(2, axis=0).repeat(2, axis=1)


def avg_backward(dy, x, rate=1 / 9, add=True):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dy.shape):
        dx[i:i + 3, j:j + 3] = dx[i:i + 3, j:j + 3] * add + dy[i, j] * rate
    return dx


BEST, MEAN = [[7, 4], [4, 3]], [[4, 2], [2, 2]]


@pytest.mark.parametrize("verdict", [
    check.by_hand((BEST, MEAN)), check.by_hand(np.array([BEST, MEAN])),
    check.max_pool(max_pool), check.max_pool(by_loops),
    check.max_backward(max_backward), check.max_backward(torch_backward(torch.nn.functional.max_pool2d, 2)),
    check.avg_backward(avg_backward), check.avg_backward(torch_backward(torch.nn.functional.avg_pool2d, 3, 1)),
    check.invariance("ab"),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.by_hand((MEAN, BEST)), "other way round"),
    (check.by_hand((BEST, [[16, 8], [8, 8]])), "divides by 4"),
    (check.by_hand((BEST, BEST)), "not this one"),
    (check.max_pool(lambda x: blocks(x).mean(axis=(1, 3))), "these are the means"),
    (check.max_pool(lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2)).max(axis=(2, 3))), "move by 2"),
    (check.max_pool(lambda x: np.maximum(max_pool(x), 0)), "start at −∞"),
    (check.max_pool(lambda x: x[::2, ::2]), "every second pixel"),
    (check.max_pool(lambda x: max_pool(np.abs(x))), "magnitude"),
    (check.max_pool(lambda x: np.zeros((len(x) // 2, x.shape[1] // 2))), "is expected at index"),
    (check.max_backward(lambda dy, x: up(dy) * winners(x)), "first maximum in scan order"),
    (check.max_backward(lambda dy, x: up(dy / winners(x).reshape(blocks(x).shape).sum(axis=(1, 3))) * winners(x)),
     "does not share"),
    (check.max_backward(lambda dy, x: up(dy)), "Only the one that won"),
    (check.max_backward(lambda dy, x: up(dy) / 4), "average pooling's backward"),
    (check.max_backward(lambda dy, x: winners(x) * 1.0), "upstream gradient"),
    (check.max_backward(lambda dy, x: up(dy) * winners(x) * x), "not its value"),
    (check.max_backward(lambda dy, x: 0 * x), "is expected at index"),
    (check.avg_backward(lambda dy, x: avg_backward(dy, x, add=False)), "use += where you wrote ="),
    (check.avg_backward(lambda dy, x: avg_backward(dy, x, rate=1.0)), "at the rate 1/9"),
    (check.avg_backward(lambda dy, x: avg_backward(dy, x, rate=1.0, add=False)), "two things"),
    (check.avg_backward(lambda dy, x: avg_backward(dy, x, rate=1 / 4)), "not four"),
    (check.avg_backward(lambda dy, x: 0 * x), "is expected at index"),
    (check.invariance("a"), "b belongs to them"),
    (check.invariance("b"), "a belongs to them"),
    (check.invariance("c"), "before the shift"),
    (check.invariance("abc"), "not c"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.by_hand(...), check.max_pool(stub), check.max_backward(stub), check.avg_backward(stub), check.invariance(...),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
