"""Chapter 5: backpropagation."""

import numpy as np
import torch


def linear(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(axis=0)


def linear_torch(dy, x, w):
    x, w, b = (torch.tensor(a, requires_grad=True) for a in (x, w, np.zeros(len(w))))
    (x @ w.T + b).backward(torch.tensor(dy))
    return x.grad, w.grad, b.grad


def linear_loop(dy, x, w, add=True, add_bias=True):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for n in range(len(x)):
        dx[n] = w.T @ dy[n]
        dw = np.outer(dy[n], x[n]) + add * dw
        db = dy[n] + add_bias * db
    return dx, dw, db


def linear_in_place(dy, x, w):
    x[:] = dy @ w
    return x, dy.T @ x, dy.sum(axis=0)


def slope(x):
    return 1 - np.tanh(x) ** 2


def skip_torch(dy, x):
    x = torch.tensor(x, requires_grad=True)
    (x + torch.tanh(x)).backward(torch.tensor(dy))
    return x.grad


def softmax(dp, p):
    return p * (dp - (dp * p).sum(axis=1, keepdims=True))


def softmax_jacobian(dp, p):
    return [(np.diag(row) - np.outer(row, row)) @ d for d, row in zip(dp, p, strict=True)]


def softmax_loops(dp, p):
    dz = np.zeros_like(p)
    for n, i, j in np.ndindex(len(p), p.shape[1], p.shape[1]):
        dz[n, i] += dp[n, j] * (p[n, j] * (1 - p[n, j]) if i == j else -p[n, i] * p[n, j])
    return dz


def softmax_overwritten(dp, p):
    dz = np.zeros_like(p)
    for n, i, j in np.ndindex(len(p), p.shape[1], p.shape[1]):
        dz[n, i] = dp[n, j] * (p[n, j] * (1 - p[n, j]) if i == j else -p[n, i] * p[n, j])
    return dz


def spoil(dx=None, dw=None, db=None):
    def wrong(dy, x, w):
        return tuple(f(dy, x, w) if f else g for f, g in zip((dx, dw, db), linear(dy, x, w), strict=True))
    return wrong


RIGHT = {
    "circuit": [(-4, -4, 3), [-4.0, -4.0, 3.0], np.array([-4, -4, 3]), torch.tensor([-4, -4, 3])],
    "linear": [linear, linear_torch, linear_loop, lambda dy, x, w: [np.einsum("no,oi->ni", dy, w), np.einsum("no,ni->oi", dy, x), sum(dy)],
               lambda dy, x, w: (np.matmul(dy, w), (x.T @ dy).T, np.ones(len(dy)) @ dy)],
    "sigmoid": [lambda dy, y: dy * y * (1 - y), lambda dy, y: dy / (1 / y + 1 / (1 - y)), lambda dy, y: dy * np.exp(np.log(y) + np.log1p(-y)), lambda dy, y: dy * (y - y**2), lambda dy, y: [d * v * (1 - v) for d, v in zip(dy, y, strict=True)],
                lambda dy, y: (torch.tensor(dy, requires_grad=True) * torch.tensor(y * (1 - y)))],
    "skip": [lambda dy, x: dy + dy * slope(x), lambda dy, x: dy * (1 + 1 / np.cosh(x) ** 2), lambda dy, x: dy * (1 + 4 / (np.exp(x) + np.exp(-x)) ** 2), skip_torch, lambda dy, x: dy * (2 - np.tanh(x) ** 2)],
    "softmax": [softmax, softmax_jacobian, softmax_loops, lambda dp, p: p * dp - p * np.einsum("nc,nc->n", dp, p)[:, None]],
}

WRONG = {
    "circuit": [((3, 3, -4), "crosswise"), ((1, 1, 3), "at the rate c"), ((-4, -4, -12), "that last one is f"), ((8, -20, 3), "unchanged"), ((0, 0, 0), "not this one"),
                ((4, 4, 3), "c is −4"), ((-4, -4, 7), "a is −2"), ((-4, -4, -4), "c itself"), ((-4, 3), "3 results"), ((-2, 5, -4), "these are a, b and c"), ((-4, -4, 1), "not 1")],
    "linear": [
        (spoil(db=lambda dy, x, w: dy.mean(axis=0)), "Sum, not mean"), (spoil(dw=lambda dy, x, w: dy.T @ x / len(x)), "dw is divided by N"),
        (lambda dy, x, w: linear(dy / len(x), x, w), "all three are divided"), (lambda *a: linear_loop(*a, add=False), "dw holds the last"),
        (lambda *a: linear_loop(*a, add_bias=False), "db holds the last"), (lambda *a: linear_loop(*a, add=False, add_bias=False), "dw and db hold"),
        (spoil(db=lambda dy, x, w: dy), "a row for each example"), (spoil(dw=lambda dy, x, w: x.T @ dy), "dw is transposed"), (spoil(dx=lambda dy, x, w: dy @ w.T), "it raises ValueError"),
        (spoil(db=lambda dy, x, w: dy.sum()), "one number for all outputs"), (spoil(db=lambda dy, x, w: dy.sum(axis=1)), "axis 1"), (spoil(db=lambda dy, x, w: np.ones(len(w))), "at the rate dy"),
        (lambda dy, x, w: linear(dy, x, w)[:2], "3 results are expected"), (lambda dy, x, w: tuple(np.zeros_like(g) for g in linear(dy, x, w)), "is expected at index"),
        (lambda dy, x, w: (dy.T @ x, dy @ w, dy.sum(axis=0)), "the order"), (linear_in_place, ""), (spoil(dw=lambda dy, x, w: dy @ x), "raises ValueError"), (lambda dy, x: dy, "yours takes (dy, x)"),
        (spoil(dw=lambda dy, x, w: dy.T @ x / len(x), db=lambda dy, x, w: dy.mean(axis=0)), "dw and db are divided"), (spoil(db=lambda dy, x, w: dy.sum(axis=0, keepdims=True)), "without a second axis"),
    ],
    "sigmoid": [
        (lambda dy, y: y * (1 - y), "from upstream"), (lambda dy, y: dy / (2 + np.exp(y) + np.exp(-y)), "already"), (lambda dy, y: dy * y, "not y"), (lambda dy, y: dy * (1 - y * y), "tanh's derivative"),
        (lambda dy, y: 0 * y, "is expected"), (lambda dy, y: dy * (1 - y), "not 1 − y"), (lambda dy, y: dy * y * (y - 1), "never negative"), (lambda dy, y: dy + y * (1 - y), "rates multiply"),
        (lambda dy, y: dy * dy * (1 - dy), "not dy"), (lambda dy, y: (dy * y * (1 - y)).mean(), "shape"), (lambda dy, y: dy @ (y * (1 - y)), "raises ValueError"), (lambda dy, y: dy * y - y**2, "brackets"),
        (lambda dy, y: dy * np.maximum(y * (1 - y), 1e-6), "no floor"), (lambda dy, y: dy * np.maximum(y * (1 - y), 1e-8), "1e-9"), (lambda dy, y: dy * (y * (1 - y)).round(6), "1e-9"), (lambda dy, y: dy * y * (1 - y) + 1e-9, "1e-9"),
    ],
    "skip": [
        (lambda dy, x: dy * slope(x), "straight to y"), (lambda dy, x: dy, "also goes through tanh"), (lambda dy, x: 1 + dy * slope(x), "not 1"), (lambda dy, x: dy * dy * slope(x), "two paths add"),
        (lambda dy, x: 1 + slope(x), "from upstream"), (lambda dy, x: dy * (x + np.tanh(x)), "not by its value"), (lambda dy, x: x + np.tanh(x), "this is forward"), (lambda dy, x: dy + slope(x), "multiplies dy"),
        (lambda dy, x: dy + dy * np.tanh(x), "not tanh"), (lambda dy, x: dy + dy * (1 - x**2), "not its output"), (lambda dy, x: 2 * dy, "through tanh"), (lambda dy, x: dy - dy * slope(x), "both paths"),
        (lambda dy, x: dy * (2 - ((np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))) ** 2), "exp overflows at 1000"), (lambda dy, x: dy * (2 - ((np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)) ** 2), "exp overflows at 1000"),
        (lambda dy, x: dy * (1 + 4 * np.exp(2 * x) / (np.exp(2 * x) + 1) ** 2), "exp overflows at 1000"),
    ],
    "softmax": [
        (lambda dp, p: dp * p * (1 - p), "move pᵢ alone"), (lambda dp, p: p * (dp - (dp * p).sum()), "axis 1"), (lambda dp, p: dp - (dp * p).sum(axis=1, keepdims=True), "factor pᵢ"),
        (lambda dp, p: p * (dp - dp.sum(axis=1, keepdims=True)), "weighted by pⱼ"), (lambda dp, p: np.zeros_like(p), "is expected"), (lambda dp, p: p * dp, "weighted mean"), (softmax_overwritten, "is expected"),
        (lambda dp, p: p * (dp - (dp * p).sum(axis=0)), "not axis 0"), (lambda dp, p: p * (dp - (dp * p).sum(axis=1)), "keepdims=True. (On four rows of three, it raises ValueError"),
        (lambda dp, p: p * (dp - (dp * p).mean(axis=1, keepdims=True)), "not mean"), (lambda dp, p: p * (dp + (dp * p).sum(axis=1, keepdims=True)), "the sign"), (lambda dp, p: p - dp, "together"),
    ],
}
