"""Checkers of chapter 5: backpropagation."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value

_RNG = np.random.default_rng(5)


def _normal(*shape):
    return _RNG.normal(size=shape)


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


LINEAR_CASES = [
    Case((np.array([[1.0]]), np.array([[2.0, -3.0]]), np.array([[0.5, 4.0]])), "one example, two inputs, one output"),
    Case((_normal(4, 2), _normal(4, 3), _normal(2, 3)), "four examples, three inputs, two outputs"),
    Case((_normal(3, 3), _normal(3, 3), _normal(3, 3)), "three examples, inputs and outputs"),
    Case((_normal(2, 4), _normal(2, 1), _normal(4, 1)), "two examples, one input, four outputs"),
]
Y = 1 / (1 + np.exp(-_normal(4, 3)))
SIGMOID_CASES = [Case((np.array([1.0]), np.array([0.5])), "y = 0.5"), Case((_normal(4, 3), Y), "twelve numbers"),
                 Case((_normal(3), np.array([0.0, 1.0, 0.25])), "y = 0, 1 and 0.25"),
                 Case((np.array([2.0, -3.0]), np.array([1e-9, 4e-9])), "y of about 1e-9")]
SKIP_CASES = [Case((np.array([1.0]), np.array([0.0])), "x = 0"), Case((_normal(4, 3), _normal(4, 3)), "twelve numbers"),
              Case((np.array([[2.0, -1.0]]), np.array([[30.0, -30.0]])), "x = ±30, where tanh is flat"),
              Case((np.array([[2.0, -1.0]]), np.array([[1000.0, -1000.0]])), "x = ±1000, where exp overflows")]
SOFTMAX_CASES = [Case((np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])), "two equal probabilities"),
                 Case((_normal(4, 3), _softmax(_normal(4, 3))), "four rows of three"),
                 Case((_normal(3, 3), _softmax(_normal(3, 3))), "three rows of three"),
                 Case((_normal(2, 4), np.array([[1.0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4]])), "a row with a certain answer")]


def circuit(answer):
    """5.1: gradients of f = (a + b) · c at a = −2, b = 5, c = −4."""
    return check_value(
        "5.1", answer, (-4, -4, 3),
        [Mistake((3, 3, -4), "crosswise: what reaches a and b is c; what reaches c is a + b."),
         Mistake((1, 1, 3), "a and b move the sum at the rate 1, but the sum moves f at the rate c. Multiply."),
         Mistake((-4, -4, -12), "that last one is f itself. c moves f at the rate a + b."),
         Mistake((-4, -4, -4), "the last one is c itself. c moves f at the rate a + b."),
         Mistake((-4, -4, 1), "c multiplies the sum, so it moves f at the rate a + b, not 1."),
         Mistake((8, -20, 3), "the sum passes the upstream gradient on unchanged: its local derivatives are 1."),
         Mistake((-20, 8, -10), "the sum passes the upstream gradient on unchanged: inside the bracket nothing is multiplied."),
         Mistake((4, 4, 3), "mind the sign: c is −4."),
         Mistake((-4, -4, 7), "mind the sign: a is −2, so a + b = 3."),
         Mistake((-2, 5, -4), "these are a, b and c. Their gradients say how fast f moves with each.")],
        praise="a sum hands its gradient on, a product multiplies by the other factor.",
    )


def linear(answer):
    """5.2: gradients of y = x wᵀ + b."""
    def reference(dy, x, w):
        return dy @ w, dy.T @ x, dy.sum(axis=0)

    def last(dy, x, w):
        return dy @ w, np.outer(dy[-1], x[-1]), dy.sum(axis=0)

    return check_function(
        "5.2", answer, reference, LINEAR_CASES,
        [Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy.mean(axis=0)), "db: the bias is used once for every example, and uses add. Sum, not mean."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.sum(axis=0)), "dw is divided by N. The mean is the loss's business, and dy has it already."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.mean(axis=0)), "dw and db are divided by N. The mean is the loss's business, and dy has it already."),
         Mistake(lambda dy, x, w: tuple(g / len(x) for g in reference(dy, x, w)), "all three are divided by N. The mean is the loss's business, and dy has it already."),
         Mistake(last, "dw holds the last example alone: in a loop over examples it needs += where you write =."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy[-1]), "db holds the last example alone: in a loop over examples it needs += where you write =."),
         Mistake(lambda dy, x, w: (*last(dy, x, w)[:2], dy[-1]), "dw and db hold the last example alone: in a loop over examples they need += where you write =."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy), "db has a row for each example; the bias has one entry for each output. Add over the examples."),
         Mistake(lambda dy, x, w: (dy @ w, x.T @ dy, dy.sum(axis=0)), "dw is transposed: a gradient has the shape of what it belongs to, here (outputs, inputs)."),
         Mistake(lambda dy, x, w: (dy @ w.T, dy.T @ x, dy.sum(axis=0)), "dx: forward multiplied by w.T, so backward multiplies by w."),
         Mistake(lambda dy, x, w: (dy @ w, dy @ x, dy.sum(axis=0)), "dw: the examples are added up, so dy must be turned: dy.T @ x."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum(axis=1)), "db: axis 1 adds up the outputs of one example. Add over the examples: axis 0."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum()), "db is one number for all outputs. Sum over the examples only: axis 0."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, np.ones(len(w))), "db: the bias moves y at the rate 1, but y moves the loss at the rate dy. Add dy over the examples."),
         Mistake(lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum(axis=0, keepdims=True)), "db has the shape of b, (outputs,), without a second axis."),
         Mistake(lambda dy, x, w: (dy.T @ x, dy @ w, dy.sum(axis=0)), "the order: dx, dw, db."),
         Mistake(lambda dy, x, w: (np.repeat(w.sum(axis=0)[None], len(x), axis=0), dy.T @ x, dy.sum(axis=0)), "dx: dy has no effect on it. What comes from upstream multiplies w.")],
        praise="every gradient has the shape of its array, and sums over what shares it.",
    )


def sigmoid(answer):
    """5.3: gradient of the sigmoid, from its output."""
    def f(z):
        return 1 / (1 + np.exp(-z))

    return check_function(
        "5.3", answer, lambda dy, y: dy * y * (1 - y), SIGMOID_CASES,
        [Mistake(lambda dy, y: y * (1 - y), "this is the local derivative. Multiply it by what comes from upstream, dy."),
         Mistake(lambda dy, y: dy * f(y) * (1 - f(y)), "y is the sigmoid's output already. Do not apply the sigmoid again."),
         Mistake(lambda dy, y: dy * y, "the derivative is y (1 − y), not y."),
         Mistake(lambda dy, y: dy * (1 - y), "the derivative is y (1 − y), not 1 − y."),
         Mistake(lambda dy, y: dy * y * (y - 1), "the sign: y (1 − y) is never negative."),
         Mistake(lambda dy, y: dy * y * (1 + y), "the sign inside the bracket: y (1 − y)."),
         Mistake(lambda dy, y: dy + y * (1 - y), "along a path rates multiply: dy times the local derivative."),
         Mistake(lambda dy, y: dy * dy * (1 - dy), "y decides the slope, not dy."),
         Mistake(lambda dy, y: dy * y - y**2, "mind the brackets: dy multiplies both terms, dy · (y − y²)."),
         Mistake(lambda dy, y: dy * np.maximum(y * (1 - y), 1e-6), "no floor is needed: where y is almost 0 or 1 the sigmoid is flat, and the gradient is that small."),
         Mistake(lambda dy, y: (dy * y * (1 - y)).sum(), "every input has a gradient of its own: do not add them up."),
         Mistake(lambda dy, y: dy * (1 - y**2), "that is tanh's derivative. The sigmoid's is y (1 − y).")],
        praise="local times upstream, and forward has done half the work.",
    )


def skip(answer):
    """5.4: gradient through y = x + tanh(x), where x is used twice."""
    def slope(x):
        return 1 - np.tanh(x) ** 2

    def overflowing(x):
        return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))

    def half_overflowing(x):
        return (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)

    return check_function(
        "5.4", answer, lambda dy, x: dy + dy * (1 - np.tanh(x) ** 2), SKIP_CASES,
        [Mistake(lambda dy, x: dy * slope(x), "only the path through tanh. x also goes straight to y."),
         Mistake(lambda dy, x: dy * 1.0, "only the straight path. x also goes through tanh."),
         Mistake(lambda dy, x: 1 + slope(x), "this is the local derivative. Multiply it by what comes from upstream, dy."),
         Mistake(lambda dy, x: 1 + dy * slope(x), "on the straight path dy passes unchanged: its share is dy, not 1."),
         Mistake(lambda dy, x: dy + slope(x), "on the path through tanh the slope multiplies dy, too."),
         Mistake(lambda dy, x: dy * dy * slope(x), "along one path rates multiply, but two paths add."),
         Mistake(lambda dy, x: dy * (x + np.tanh(x)), "dy is multiplied by the slope of x + tanh(x), not by its value."),
         Mistake(lambda dy, x: x + np.tanh(x), "this is forward. Backward passes dy on, times the slope."),
         Mistake(lambda dy, x: dy + dy * np.tanh(x), "the slope of tanh is 1 − tanh², not tanh."),
         Mistake(lambda dy, x: dy + dy * (1 - np.tanh(x)), "the slope of tanh is 1 − tanh²: the square is missing."),
         Mistake(lambda dy, x: dy + dy * (1 - x**2), "the slope is 1 − tanh(x)²: x is the input of tanh, not its output."),
         *(Mistake(lambda dy, x, f=f: dy * (2 - f(x) ** 2), "right for small x, but exp overflows at 1000, and ∞ / ∞ is nan: np.tanh does not overflow.")
           for f in (overflowing, half_overflowing)),
         Mistake(lambda dy, x: dy - dy * slope(x), "the sign: both paths raise y, so their gradients add."),
         Mistake(lambda dy, x: 2 * dy, "the second path leads through tanh, whose slope is 1 − tanh².")],
        praise="two paths, and their gradients add.",
    )


def softmax(answer):
    """5.5: gradient of softmax for each row, from its output."""
    def weighted(dp, p, axis=1):
        return (dp * p).sum(axis=axis, keepdims=True)

    return check_function(
        "5.5", answer, lambda dp, p: p * (dp - weighted(dp, p)), SOFTMAX_CASES,
        [Mistake(lambda dp, p: dp * p * (1 - p), "this lets zᵢ move pᵢ alone. Raising one logit lowers all the other probabilities."),
         Mistake(lambda dp, p: p * (1 - p), "this is one part of the local derivative, without dp. What comes from upstream multiplies it."),
         Mistake(lambda dp, p: p * dp, "take the weighted mean of the row away: pᵢ (dpᵢ − Σ pⱼ dpⱼ)."),
         Mistake(lambda dp, p: p * (dp - (dp * p).sum()), "each row is its own softmax: sum over axis 1."),
         Mistake(lambda dp, p: p * (dp - weighted(dp, p, 0)), "each row is its own softmax: sum over axis 1, not axis 0."),
         Mistake(lambda dp, p: p * (dp - (dp * p).sum(axis=1)), "on a square array the row's sums run along the columns. Keep the axis: keepdims=True."),
         Mistake(lambda dp, p: p * (dp - (dp * p).mean(axis=1, keepdims=True)), "the p are weights that add up to 1: sum, not mean."),
         Mistake(lambda dp, p: dp - weighted(dp, p), "the factor pᵢ in front is missing."),
         Mistake(lambda dp, p: p * dp - weighted(dp, p), "mind the brackets: the factor pᵢ multiplies the sum as well."),
         Mistake(lambda dp, p: p * (dp - dp.sum(axis=1, keepdims=True)), "inside the sum, each dpⱼ is weighted by pⱼ."),
         Mistake(lambda dp, p: p * (dp - dp.mean(axis=1, keepdims=True)), "inside the sum, each dpⱼ is weighted by pⱼ, not by 1/C."),
         Mistake(lambda dp, p: p * (dp + weighted(dp, p)), "the sign: −pᵢ pⱼ, so the sum is taken away."),
         Mistake(lambda dp, p: p * (weighted(dp, p) - dp), "the sign: raising a logit raises its own probability."),
         Mistake(lambda dp, p: p - dp, "p − y belongs to softmax and cross-entropy together. Here dp is what comes from upstream.")],
        praise="every logit touches every probability, and the sum carries that.",
    )
