"""Chapter 5: backpropagation."""

import numpy as np
import torch


def gain(dy, x, g):
    return dy * g, (dy * x).sum(axis=0), dy.sum(axis=0)


def gain_torch(dy, x, g):
    x, g, b = (torch.tensor(a, requires_grad=True) for a in (x, g, np.zeros(len(g))))
    (x * g + b).backward(torch.tensor(dy))
    return x.grad, g.grad, b.grad


def gain_loop(dy, x, g, add=True, add_offset=True):
    dx, dg, db = np.zeros_like(x), np.zeros_like(g), np.zeros(len(g))
    for n in range(len(x)):
        dx[n] = g * dy[n]
        dg = x[n] * dy[n] + add * dg
        db = dy[n] + add_offset * db
    return dx, dg, db


def gain_in_place(dy, x, g):
    x *= dy
    return dy * g, x.sum(axis=0), dy.sum(axis=0)


def nudged(f, x, h, up=1, down=1, over=2):
    gradient = np.zeros_like(x)
    for k in range(x.size):
        high, low = x.copy(), x.copy()
        high.flat[k] += up * h
        low.flat[k] -= down * h
        gradient.flat[k] = (f(high) - f(low)) / (over * h)
    return gradient


def nudged_in_place(f, x, h):
    gradient = np.empty(x.shape)
    for index, value in np.ndenumerate(x):
        x[index] = value + h
        above = f(x)
        x[index] = value - h
        gradient[index] = (above - f(x)) / (2 * h)
        x[index] = value
    return gradient


def nudged_back_and_forth(f, x, h):
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        x[index] += h
        above = f(x)
        x[index] -= 2 * h
        gradient[index] = (above - f(x)) / (2 * h)
        x[index] += h
    return gradient


def nudged_and_left(f, x, h):
    gradient = nudged(f, x, h)
    x += h
    return gradient


def nudged_by_unit_vectors(f, x, h):
    steps = h * np.eye(x.size).reshape(-1, *x.shape)
    return np.reshape([(f(x + step) - f(x - step)) / (2 * h) for step in steps], x.shape)


def depth_first(graph, last):
    done = []

    def visit(k):
        if k not in done:
            for parent, _ in graph[k]:
                visit(parent)
            done.append(k)

    visit(last)
    return done[::-1]


def walked(graph, places, last, add=1, start=1.0):
    gradient = np.zeros(len(graph))
    gradient[last] = start
    for k in places:
        for parent, local in graph[k]:
            gradient[parent] = add * gradient[parent] + local * gradient[k]
    return gradient


def tape(graph, last):
    return walked(graph, depth_first(graph, last), last)


def tape_of_paths(graph, last):
    """Every path for itself: slow, and right."""
    gradient, ways = [0.0] * len(graph), [(last, 1.0)]
    while ways:
        k, rate = ways.pop()
        gradient[k] += rate
        ways += [(parent, rate * local) for parent, local in graph[k]]
    return gradient


def tape_by_matrix(graph, last):
    """Solve g = e + Jᵀ g."""
    step = np.zeros((len(graph), len(graph)))
    for k, pairs in enumerate(graph):
        for parent, local in pairs:
            step[parent, k] += local
    return np.linalg.solve(np.eye(len(graph)) - step, np.eye(len(graph))[last])


def tape_counting(graph, last):
    """Hand on when the count of uses that are still open is 0."""
    seen = depth_first(graph, last)
    uses = [sum(parent == k for user in seen for parent, _ in graph[user]) for k in range(len(graph))]
    gradient, ready = dict.fromkeys(range(len(graph)), 0.0) | {last: 1.0}, [last]
    while ready:
        k = ready.pop()
        for parent, local in graph[k]:
            gradient[parent] += local * gradient[k]
            uses[parent] -= 1
            if not uses[parent]:
                ready.append(parent)
    return list(gradient.values())


def tape_again_and_again(graph, last, depth=0):
    """Hands on whenever something arrives, and hands on the first part again."""
    gradient, waiting = np.zeros(len(graph)), [last]
    gradient[last] = 1.0
    while waiting:
        k = waiting.pop(0)
        for parent, local in graph[k]:
            gradient[parent] += local * gradient[k]
            waiting.append(parent)
    return gradient


def slope(x):
    return 1 - np.tanh(x) ** 2


def skip_torch(dy, x):
    x = torch.tensor(x, requires_grad=True)
    (x + torch.tanh(x)).backward(torch.tensor(dy))
    return x.grad


def spoil(dx=None, dg=None, db=None):
    def wrong(dy, x, g):
        return tuple(f(dy, x, g) if f else d for f, d in zip((dx, dg, db), gain(dy, x, g), strict=True))
    return wrong


def tape_in_rounds(graph, last, rounds=3):
    g = [float(k == last) for k in range(len(graph))]
    for _ in range(rounds):
        g = [sum((d * g[k] for k, pairs in enumerate(graph) for p, d in pairs if p == place), float(place == last)) for place in range(len(graph))]
    return g


NO_ARRAY = ("numerical", "tape")

RIGHT = {
    "circuit": [(-4, -4, 3), [-4.0, -4.0, 3.0], np.array([-4, -4, 3]), torch.tensor([-4, -4, 3])],
    "gain": [gain, gain_torch, gain_loop, lambda dy, x, g: [np.einsum("nf,f->nf", dy, g), np.einsum("nf,nf->f", dy, x), sum(dy)],
             lambda dy, x, g: (dy @ np.diag(g), np.diag(dy.T @ x), np.ones(len(dy)) @ dy)],
    "left": [0.6**10, 0.0060, 0.00605, 0.0061, 0.00606, 1 / 165, 0.6**10 * np.ones(())],
    "numerical": [nudged, nudged_in_place, nudged_by_unit_vectors, lambda f, x, h: nudged(f, x, h).tolist()],
    "tape": [tape, tape_of_paths, tape_by_matrix, tape_counting, lambda graph, last: tuple(tape(graph, last))],
    "reports": ["dba", "D, B, A", ["d", "b", "a"], {1: "d", 2: "b", 3: "a"}],
    "skip": [lambda dy, x: dy + dy * slope(x), lambda dy, x: dy * (1 + 1 / np.cosh(x) ** 2), lambda dy, x: dy * (1 + 4 / (np.exp(x) + np.exp(-x)) ** 2), skip_torch, lambda dy, x: dy * (2 - np.tanh(x) ** 2)],
}

WRONG = {
    "circuit": [((3, 3, -4), "crosswise"), ((1, 1, 3), "at the rate c"), ((-4, -4, -12), "that last one is f"), ((8, -20, 3), "unchanged"), ((0, 0, 0), "not this one"),
                ((4, 4, 3), "c is −4"), ((-4, -4, 7), "a is −2"), ((-4, -4, -4), "c itself"), ((-4, 3), "3 results"), ((-2, 5, -4), "these are a, b and c"), ((-4, -4, 1), "not 1")],
    "gain": [
        (spoil(db=lambda dy, x, g: dy.mean(axis=0)), "Sum, not mean"), (spoil(dg=lambda dy, x, g: (dy * x).mean(axis=0)), "dg is divided by N"),
        (lambda dy, x, g: gain(dy / len(x), x, g), "all three are divided"), (lambda *a: gain_loop(*a, add=False), "dg holds the last"),
        (lambda *a: gain_loop(*a, add_offset=False), "db holds the last"), (lambda *a: gain_loop(*a, add=False, add_offset=False), "dg and db hold"),
        (spoil(dg=lambda dy, x, g: dy * x, db=lambda dy, x, g: dy), "dg and db have a row"), (spoil(dg=lambda dy, x, g: dy * x), "dg has a row"), (spoil(db=lambda dy, x, g: dy), "db has a row"),
        (spoil(dg=lambda dy, x, g: (dy * x).sum(axis=1), db=lambda dy, x, g: dy.sum(axis=1)), "dg and db: axis 1"), (spoil(dg=lambda dy, x, g: (dy * x).sum(1)), "dg: axis 1"),
        (spoil(db=lambda dy, x, g: dy.sum(1)), "db: axis 1"), (spoil(dg=lambda dy, x, g: (dy * x).sum(), db=lambda dy, x, g: dy.sum()), "one number for all features"),
        (spoil(dg=lambda dy, x, g: dy.sum(axis=0)), "x is its local derivative"), (spoil(dg=lambda dy, x, g: x.sum(axis=0)), "from upstream"), (spoil(dg=lambda dy, x, g: dy.T @ x), "entry by entry"),
        (spoil(db=lambda dy, x, g: np.ones(len(g))), "at the rate dy"), (spoil(dx=lambda dy, x, g: dy), "at the rate g"), (spoil(dx=lambda dy, x, g: dy * x), "not x"), (spoil(dx=lambda dy, x, g: 0 * dy + g), "no effect"),
        (lambda dy, x, g: gain(dy, x, g)[:2], "3 results are expected"), (lambda dy, x, g: tuple(np.zeros_like(d) for d in gain(dy, x, g)), "is expected at index"),
        (lambda dy, x, g: [gain(dy, x, g)[k] for k in (1, 0, 2)], "the order"), (lambda dy, x, g: [gain(dy, x, g)[k] for k in (0, 2, 1)], "the order"), (gain_in_place, "is changed"),
        (lambda dy, x: dy, "yours takes (dy, x)"), (spoil(dg=lambda dy, x, g: (dy * x).sum(axis=0, keepdims=True), db=lambda dy, x, g: dy.sum(axis=0, keepdims=True)), "without a second axis"),
    ],
    "left": [(0.2**10, "slope alone"), (3.0**10, "weights alone"), (0.6, "one layer"), (6.0, "multiply, they do not add"), (0.6**9, "nine layers"), (0.6**11, "eleven layers"),
             ((3 / 50**0.5 * 0.2) ** 10, "brings the √50 back"), (0.75**10, "the largest slope"), (0.25**10, "the largest slope"), (0.06, "not this one"), (-0.0060, "not this one")],
    "numerical": [
        (lambda f, x, h: nudged(f, x, h, down=0, over=1), "to one side"), (lambda f, x, h: nudged(f, x, h, up=0, over=1), "nudges down only"), (lambda f, x, h: nudged(f, x, h, over=1), "twice too large"),
        (lambda f, x, h: nudged(f, x, h) * 2 * h, "not divided"), (lambda f, x, h: nudged(f, x, h) * h * h, "the brackets"), (lambda f, x, h: -nudged(f, x, h), "the sign"), (lambda f, x, h: nudged(f, x, h / 2), "not by half"),
        (lambda f, x, h: nudged(f, x, h, down=0), "the distance is h"), (lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h), "all entries are nudged at once"),
        (lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h) * np.ones(x.shape), "all entries are nudged at once"), (lambda f, x, h: nudged(f, x, h).ravel(), "in one row"), (lambda f, x, h: nudged(f, x, 1e-6), "h is an argument"),
        (lambda f, x, h: nudged(f, x.ravel(), h).reshape(x.shape), "one row of numbers"), (nudged_and_left, "is changed"), (nudged_back_and_forth, "Keep the old value"), (lambda f, x, h: 2 * x, "is expected"), (lambda f, x: nudged(f, x, 1e-6), "yours takes (f, x)"),
    ],
    "tape": [
        (lambda graph, last: walked(graph, depth_first(graph, last), last, add=0), "+= instead of ="), (lambda graph, last: walked(graph, range(len(graph)), last), "as it stands"),
        (lambda graph, last: walked(graph, range(len(graph))[::-1], last), "from its end"), (tape_again_and_again, "visited twice"), (lambda graph, last: walked(graph, depth_first(graph, last)[::-1], last), "from the inputs"),
        (lambda graph, last: walked(graph, depth_first(graph, last), last, start=0), "everything is 0"), (lambda graph, last: tape([list(dict(pairs).items()) for pairs in graph], last), "stands twice"),
        (lambda graph, last: tape([list(set(pairs)) for pairs in graph], last), "a set keeps one"), (tape_in_rounds, "is expected"),
        (lambda graph, last: tape(graph, last)[depth_first(graph, last)], ""), (lambda graph, last: [26, 6, 1, 13], ""), (lambda graph, last: tape(graph, last)[0], ""),
        (lambda graph, last: [g for k, g in enumerate(tape(graph, last)) if k in depth_first(graph, last)], "are missing"),
    ],
    "reports": [("cba", "What is special about bo"), ("dca", "in all four"), ("dbc", "with every batch"), ("db", "3 letters are asked for"), ("dbaa", "3 letters are asked for"), ("dbe", "to choose from")],
    "skip": [
        (lambda dy, x: dy * slope(x), "straight to y"), (lambda dy, x: dy, "also goes through tanh"), (lambda dy, x: 1 + dy * slope(x), "not 1"), (lambda dy, x: dy * dy * slope(x), "two paths add"),
        (lambda dy, x: 1 + slope(x), "from upstream"), (lambda dy, x: dy * (x + np.tanh(x)), "not by its value"), (lambda dy, x: x + np.tanh(x), "this is forward"), (lambda dy, x: dy + slope(x), "multiplies dy"),
        (lambda dy, x: dy + dy * np.tanh(x), "not tanh"), (lambda dy, x: dy + dy * (1 - x**2), "not its output"), (lambda dy, x: 2 * dy, "through tanh"), (lambda dy, x: dy - dy * slope(x), "both paths"),
        (lambda dy, x: dy * (2 - ((np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))) ** 2), "exp overflows at 1000"), (lambda dy, x: dy * (2 - ((np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)) ** 2), "exp overflows at 1000"),
        (lambda dy, x: dy * (1 + 4 * np.exp(2 * x) / (np.exp(2 * x) + 1) ** 2), "exp overflows at 1000"),
    ],
}
