"""Checkers of chapter 5: backpropagation."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value

_RNG = np.random.default_rng(5)
DY, X, W = _RNG.normal(size=(4, 2)), _RNG.normal(size=(4, 3)), _RNG.normal(size=(2, 3))


def circuit(answer):
    """5.1: gradients of f = (a + b) · c at a = −2, b = 5, c = −4."""
    return check_value(
        "5.1", answer, (-4, -4, 3),
        [Mistake((3, 3, -4), "crosswise: what reaches a and b is c; what reaches c is a + b."),
         Mistake((1, 1, 3), "a and b move the sum at the rate 1, but the sum moves f at the rate c. Multiply."),
         Mistake((-4, -4, -12), "that last one is f itself. c moves f at the rate a + b."),
         Mistake((8, -20, 3), "the sum passes the upstream gradient on unchanged: its local derivatives are 1.")],
        praise="a sum hands its gradient on, a product multiplies by the other factor.",
    )


def linear(answer):
    """5.2: gradients of y = x wᵀ + b."""
    def reference(dy, x, w):
        return dy @ w, dy.T @ x, dy.sum(axis=0)

    return check_function(
        "5.2", answer, reference,
        [Case((DY[:1], X[:1], W), "one example"), Case((DY, X, W), "four examples")],
        [Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy.mean(axis=0)),
                 "db: the bias is used once for every example, and uses add. Sum, not mean."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.sum(axis=0)),
                 "dw is divided by N. The mean is the loss's business, and dy has it already."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy),
                 "db has a row for each example; the bias has one entry for each output. Add over the examples."),
         Mistake(lambda dy, x, w: (dy @ w, x.T @ dy, dy.sum(axis=0)),
                 "dw is transposed: a gradient has the shape of what it belongs to, here (outputs, inputs)."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum()),
                 "db is one number for all outputs. Sum over the examples only: axis 0.")],
        praise="every gradient has the shape of its array, and sums over what shares it.",
    )


def sigmoid(answer):
    """5.3: gradient of the sigmoid, from its output."""
    y = 1 / (1 + np.exp(-X))
    dy = _RNG.normal(size=X.shape)
    return check_function(
        "5.3", answer, lambda dy, y: dy * y * (1 - y),
        [Case((np.array([1.0]), np.array([0.5])), "y = 0.5"), Case((dy, y), "twelve numbers")],
        [Mistake(lambda dy, y: y * (1 - y), "this is the local derivative. Multiply it by what comes from upstream, dy."),
         Mistake(lambda dy, y: dy * (1 / (1 + np.exp(-y))) * (1 - 1 / (1 + np.exp(-y))),
                 "y is the sigmoid's output already. Do not apply the sigmoid again."),
         Mistake(lambda dy, y: dy * y, "the derivative is y (1 − y), not y."),
         Mistake(lambda dy, y: dy * (1 - y**2), "that is tanh's derivative. The sigmoid's is y (1 − y).")],
        praise="local times upstream, and forward has done half the work.",
    )


def skip(answer):
    """5.4: gradient through y = x + tanh(x), where x is used twice."""
    def reference(dy, x):
        return dy + dy * (1 - np.tanh(x) ** 2)

    return check_function(
        "5.4", answer, reference,
        [Case((np.array([1.0]), np.array([0.0])), "x = 0"), Case((_RNG.normal(size=(4, 3)), X), "twelve numbers")],
        [Mistake(lambda dy, x: dy * (1 - np.tanh(x) ** 2), "only the path through tanh. x also goes straight to y."),
         Mistake(lambda dy, x: dy * 1.0, "only the straight path. x also goes through tanh."),
         Mistake(lambda dy, x: 1 + dy * (1 - np.tanh(x) ** 2),
                 "on the straight path dy passes unchanged: its share is dy, not 1."),
         Mistake(lambda dy, x: dy * dy * (1 - np.tanh(x) ** 2), "along one path rates multiply, but two paths add.")],
        praise="two paths, and their gradients add.",
    )


def softmax(answer):
    """5.5: gradient of softmax for each row, from its output."""
    z = X - X.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    dp = _RNG.normal(size=p.shape)

    def reference(dp, p):
        return p * (dp - (dp * p).sum(axis=1, keepdims=True))

    return check_function(
        "5.5", answer, reference,
        [Case((np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])), "two equal probabilities"), Case((dp, p), "four rows")],
        [Mistake(lambda dp, p: dp * p * (1 - p),
                 "this lets zᵢ move pᵢ alone. Raising one logit lowers all the other probabilities."),
         Mistake(lambda dp, p: p * (dp - (dp * p).sum()), "each row is its own softmax: sum over axis 1."),
         Mistake(lambda dp, p: dp - (dp * p).sum(axis=1, keepdims=True), "the factor pᵢ in front is missing."),
         Mistake(lambda dp, p: p * (dp - dp.sum(axis=1, keepdims=True)), "inside the sum, each dpⱼ is weighted by pⱼ.")],
        praise="every logit touches every probability, and the sum carries that.",
    )
