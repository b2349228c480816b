"""Checkers of chapter 5: backpropagation."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

_RNG = np.random.default_rng(5)


def _normal(*shape):
    return _RNG.normal(size=shape)


GAIN_CASES = [
    Case((np.array([[1.0, 10.0]]), np.array([[2.0, -3.0]]), np.array([0.5, 4.0])), "one example, two features"),
    Case((_normal(4, 2), _normal(4, 2), _normal(2)), "four examples, two features"),
    Case((_normal(3, 3), _normal(3, 3), _normal(3)), "three examples, three features"),
    Case((_normal(5, 1), _normal(5, 1), _normal(1)), "five examples, one feature"),
]
SKIP_CASES = [Case((np.array([1.0]), np.array([0.0])), "x = 0"), Case((_normal(4, 3), _normal(4, 3)), "twelve numbers"),
              Case((np.array([[2.0, -1.0]]), np.array([[30.0, -30.0]])), "x = ±30, where tanh is flat"),
              Case((np.array([[2.0, -1.0]]), np.array([[1000.0, -1000.0]])), "x = ±1000, where exp overflows")]


def _bowl(x):
    return float(np.sum(x**2))


def _wave(x):
    return float(np.sum(np.sin(3 * x) * np.arange(1, x.size + 1).reshape(x.shape)))


def _cube(x):
    return float(np.sum(x) ** 3)


def _columns(x):
    return float(np.sum(np.sum(x, axis=0) ** 3))


NUMERICAL_CASES = [
    Case((_bowl, np.array([1.0, 3.0]), 1e-5), "the sum of x² at (1, 3), h = 1e-5"),
    Case((_wave, _normal(2, 3), 1e-5), "a function of 2 × 3 numbers, h = 1e-5"),
    Case((_cube, np.array([0.5, 0.25, -0.5]), 0.5), "the cube of a sum, h = 0.5"),
    Case((_wave, np.array([0.7]), 1e-4), "an array of one number, h = 1e-4"),
    Case((_bowl, _normal(2, 1, 2), 1e-3), "an array of 2 × 1 × 2, h = 1e-3"),
    Case((_columns, _normal(3, 2).T, 1e-5), "a function of the columns' sums of 2 × 3 numbers, h = 1e-5"),
]
TAPE_CASES = [
    Case(([[(1, 3.0)], []], 0), "[[(1, 3.0)], []]"),
    Case(([[], [(0, 3.0), (0, 4.0)]], 1), "a parent that stands twice in a list"),
    Case(([[], [(3, 1.0)], [(3, 7.0), (1, 6.0)], [(0, 2.0)]], 2), "the graph of the exercise"),
    Case(([[(2, 6.0), (1, 7.0)], [(3, 2.0)], [(1, -1.5)], []], 0), "a graph like the one of the exercise, in another order"),
    Case(([[], [(0, 3.0), (2, 4.0)], [(0, 0.5)], [(1, 5.0)], [(1, 2.0), (2, -1.0)]], 4),
         "a graph with a value that does not lead to the last one"),
    Case(([[], [(2, 2.0)], [(0, 5.0)]], 2), "a last value that others are made of"),
    Case(([[], [(0, 1.0), (0, 1.0)]], 1), "y = x + x: a parent that stands twice, with one derivative"),
    Case(([[(4, 2.0)], [(5, 3.0)], [], [(0, 1.0)], [(1, -1.0)], [(2, 2.0)], [(3, 0.5)]], 6), "a chain of seven values in mixed order"),
]


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


def gain(answer):
    """5.2: gradients of y = x g + b, with a gain and an offset for every feature."""
    def reference(dy, x, g):
        return dy * g, (dy * x).sum(axis=0), dy.sum(axis=0)

    def spoilt(dx=None, dg=None, db=None):
        def wrong(dy, x, g):
            return tuple(f(dy, x, g) if f else right for f, right in zip((dx, dg, db), reference(dy, x, g), strict=True))
        return wrong

    return check_function(
        "5.2", answer, reference, GAIN_CASES,
        [Mistake(spoilt(db=lambda dy, x, g: dy.mean(axis=0)), "db: the offset is used once for every example, and uses add. Sum, not mean."),
         Mistake(spoilt(dg=lambda dy, x, g: (dy * x).mean(axis=0)), "dg is divided by N. The mean is the loss's business, and dy has it already."),
         Mistake(spoilt(None, lambda dy, x, g: (dy * x).mean(axis=0), lambda dy, x, g: dy.mean(axis=0)), "dg and db are divided by N. The mean is the loss's business, and dy has it already."),
         Mistake(lambda dy, x, g: tuple(d / len(x) for d in reference(dy, x, g)), "all three are divided by N. The mean is the loss's business, and dy has it already."),
         Mistake(spoilt(dg=lambda dy, x, g: dy[-1] * x[-1]), "dg holds the last example alone: in a loop over examples it needs += where you write =."),
         Mistake(spoilt(db=lambda dy, x, g: dy[-1]), "db holds the last example alone: in a loop over examples it needs += where you write =."),
         Mistake(spoilt(None, lambda dy, x, g: dy[-1] * x[-1], lambda dy, x, g: dy[-1]), "dg and db hold the last example alone: in a loop over examples they need += where you write =."),
         Mistake(spoilt(None, lambda dy, x, g: dy * x, lambda dy, x, g: dy), "dg and db have a row for each example; g and b have one number for each feature. Add over the examples."),
         Mistake(spoilt(dg=lambda dy, x, g: dy * x), "dg has a row for each example; g has one number for each feature. Add over the examples."),
         Mistake(spoilt(db=lambda dy, x, g: dy), "db has a row for each example; b has one number for each feature. Add over the examples."),
         Mistake(spoilt(None, lambda dy, x, g: (dy * x).sum(axis=1), lambda dy, x, g: dy.sum(axis=1)), "dg and db: axis 1 adds up the features of one example. Add over the examples: axis 0."),
         Mistake(spoilt(dg=lambda dy, x, g: (dy * x).sum(axis=1)), "dg: axis 1 adds up the features of one example. Add over the examples: axis 0."),
         Mistake(spoilt(db=lambda dy, x, g: dy.sum(axis=1)), "db: axis 1 adds up the features of one example. Add over the examples: axis 0."),
         Mistake(spoilt(None, lambda dy, x, g: (dy * x).sum(), lambda dy, x, g: dy.sum()), "dg and db are one number for all features. Sum over the examples only: axis 0."),
         Mistake(spoilt(None, lambda dy, x, g: (dy * x).sum(axis=0, keepdims=True), lambda dy, x, g: dy.sum(axis=0, keepdims=True)), "dg and db have the shape (features,), without a second axis."),
         Mistake(spoilt(dg=lambda dy, x, g: dy.sum(axis=0)), "dg: the gain multiplies x, so that x is its local derivative."),
         Mistake(spoilt(dg=lambda dy, x, g: x.sum(axis=0)), "dg: what comes from upstream, dy, multiplies x before you add."),
         Mistake(spoilt(dg=lambda dy, x, g: (dy * x).sum(axis=0) * g), "dg: the gain's local derivative is x alone; g itself is no part of it."),
         Mistake(spoilt(dg=lambda dy, x, g: dy.T @ x), "dg: a matrix product pairs every output with every input. Here feature j meets gain j only: multiply entry by entry, then add."),
         Mistake(spoilt(db=lambda dy, x, g: np.ones(len(g))), "db: the offset moves y at the rate 1, but y moves the loss at the rate dy. Add dy over the examples."),
         Mistake(spoilt(dx=lambda dy, x, g: dy), "dx: y moves with x at the rate g."),
         Mistake(spoilt(dx=lambda dy, x, g: 0 * dy + g), "dx: dy has no effect on it. What comes from upstream multiplies g."),
         Mistake(spoilt(dx=lambda dy, x, g: dy * x), "dx: y moves with x at the rate g, not x."),
         Mistake(lambda dy, x, g: (reference(dy, x, g)[1], reference(dy, x, g)[0], reference(dy, x, g)[2]), "the order: dx, dg, db."),
         Mistake(lambda dy, x, g: (reference(dy, x, g)[0], reference(dy, x, g)[2], reference(dy, x, g)[1]), "the order: dx, dg, db.")],
        praise="what an example has of its own keeps its row; what all examples share is added up.",
    )


def left(answer):
    """5.3: what is left of a gradient of size 1 after ten layers."""
    return check_value(
        "5.3", answer, 0.6**10,
        [Mistake(0.2**10, "that is the slope alone. The weights multiply the gradient, too, by s = 3."),
         Mistake(3.0**10, "that is the weights alone. The slope multiplies the gradient, too."),
         Mistake(0.6, "that is one layer. There are ten."),
         Mistake(6.0, "ten layers multiply, they do not add: a power, not a product with 10."),
         Mistake(0.6**9, "that is nine layers. From weighted sum to weighted sum there are ten steps."),
         Mistake(0.6**11, "that is eleven layers. From weighted sum to weighted sum there are ten steps."),
         Mistake((3 / 50**0.5 * 0.2) ** 10, "the standard deviation is s / √n. Adding over 50 outputs brings the √50 back: the weights' part is s = 3."),
         Mistake((3 * 0.25) ** 10, "1/4 is the largest slope. Here the typical one is 0.2."),
         Mistake(0.25**10, "1/4 is the largest slope; here the typical one is 0.2, and the weights count, too.")],
        digits=2, tol=1e-2, praise="a factor of 0.6 a layer, and of 165 over ten.",
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


def numerical(answer):
    """5.5: the gradient of f at x by nudging every entry to both sides."""
    def differences(f, x, up, down, over):
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            high, low = x.copy(), x.copy()
            high[index] += up
            low[index] -= down
            gradient[index] = (f(high) - f(low)) / over
        return gradient

    def reference(f, x, h):
        return differences(f, x, h, h, 2 * h)

    return check_function(
        "5.5", answer, reference, NUMERICAL_CASES,
        [Mistake(lambda f, x, h: differences(f, x, h, 0, h), "this nudges to one side. To both sides, the error is much smaller: (f(x + h) − f(x − h)) / 2h."),
         Mistake(lambda f, x, h: differences(f, x, 0, h, h), "this nudges down only. To both sides, the error is much smaller: (f(x + h) − f(x − h)) / 2h."),
         Mistake(lambda f, x, h: differences(f, x, h, h, h), "twice too large: between the two places lie 2h."),
         Mistake(lambda f, x, h: differences(f, x, h, h, 1), "the difference is not divided by the distance of the two places, 2h."),
         Mistake(lambda f, x, h: differences(f, x, h, h, 2) * h, "divide by 2h, the brackets: / 2 * h multiplies by h."),
         Mistake(lambda f, x, h: -reference(f, x, h), "the sign: up minus down."),
         Mistake(lambda f, x, h: differences(f, x, h / 2, h / 2, h), "each side is nudged by h, not by half of it."),
         Mistake(lambda f, x, h: differences(f, x, h, 0, 2 * h), "from x to x + h the distance is h. For 2h, nudge down as well."),
         Mistake(lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h), "all entries are nudged at once. One at a time, and one number for each."),
         Mistake(lambda f, x, h: np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h)), "all entries are nudged at once. One at a time."),
         Mistake(lambda f, x, h: reference(f, x, h).ravel() if x.ndim != 1 else reference(f, x, h), "right numbers in one row: the gradient has the shape of x."),
         Mistake(lambda f, x, h: reference(f, x.ravel(), h).reshape(x.shape), "f is handed one row of numbers. It expects an array of the shape of x."),
         Mistake(lambda f, x, h: reference(f, x, 1e-6), "h is an argument: use it as given.")],
        praise="this judge needs to know nothing but f.",
    )


def tape(answer):
    """5.6: gradients of one value of a graph with respect to all."""
    def order(graph, last):
        done = []

        def visit(k):
            if k not in done:
                for parent, _ in graph[k]:
                    visit(parent)
                done.append(k)

        visit(last)
        return done[::-1]

    def walk(graph, places, last, seed=1.0, add=True):
        gradient = [0.0] * len(graph)
        gradient[last] = seed
        for k in places:
            for parent, local in graph[k]:
                gradient[parent] = add * gradient[parent] + local * gradient[k]
        return gradient

    def reference(graph, last):
        return walk(graph, order(graph, last), last)

    def breadth(graph, last, once=True):
        places, waiting = [], [last]
        while waiting:
            places.append(waiting.pop(0))
            waiting += [p for p, _ in graph[places[-1]] if not once or p not in places and p not in waiting]
        return places

    def without_twins(graph, last):
        return reference([list(dict(pairs).items()) for pairs in graph], last)

    def locals_only(graph, last):
        gradient = [0.0] * len(graph)
        gradient[last] = 1.0
        for pairs in graph:
            for parent, local in pairs:
                gradient[parent] += local
        return gradient

    return check_function(
        "5.6", answer, reference, TAPE_CASES,
        [Mistake(lambda graph, last: walk(graph, order(graph, last), last, add=False), "where a value is used twice, only the last path is kept: += instead of =."),
         Mistake(lambda graph, last: walk(graph, range(len(graph)), last), "you walk the list as it stands. A value may hand on only after all its uses have reported: find the order first."),
         Mistake(lambda graph, last: walk(graph, range(len(graph))[::-1], last), "you walk the list from its end. A value may hand on only after all its uses have reported: find the order first."),
         Mistake(lambda graph, last: walk(graph, breadth(graph, last), last), "going back level by level is too early for a value with a short and a long path: visit parents first, then turn the list round."),
         Mistake(lambda graph, last: walk(graph, breadth(graph, last, once=False), last), "a value that is visited twice hands on its gradient twice, the first part again. Each value once, after all its uses have reported."),
         Mistake(lambda graph, last: walk(graph, order(graph, last)[::-1], last), "this goes from the inputs to the end. Gradients start at `last`."),
         Mistake(lambda graph, last: walk(graph, order(graph, last), last, seed=0.0), "everything is 0: the gradient of `last` with respect to itself is 1."),
         Mistake(without_twins, "a parent that stands twice in a list is used twice: a dict of the list keeps one of the two."),
         Mistake(lambda graph, last: reference([list(set(pairs)) for pairs in graph], last),
                 "a parent that stands twice with one derivative is used twice, as x is in x + x: a set keeps one of the two."),
         Mistake(locals_only, "these are sums of local derivatives. Each is multiplied by the gradient of the value that the list belongs to."),
         Mistake(lambda graph, last: [g for k, g in enumerate(reference(graph, last)) if k in order(graph, last)], "values that do not lead to `last` are missing: their gradient is 0.")],
        praise="reverse-mode automatic differentiation, if each value hands on once: path by path, a deep graph takes for ever.",
    )


def reports(answer):
    """5.7: three reports of a gradient check, and what is behind each."""
    return check_letters(
        "5.7", answer, "dba", "abcd", ordered=True,
        hints={0: "In the first, wo is right, so what arrives at the upper layer is right. What is special about bo?",
               1: "In the second, one factor is in all four: what do all gradients have in common?",
               2: "In the third, a bug would be there with every batch. What depends on the numbers that happen to come in?"},
        praise="right and wrong parameters say where to look, and the same check with other numbers says whether to look at all.",
    )
