"""Checkers of chapter 14: what the network saw."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters

_RNG = np.random.default_rng(14)

# --- 14.1 -----------------------------------------------------------------------------------------------------------


def _network(draw, inputs, hidden, classes):
    return draw.normal(size=inputs), draw.normal(size=(hidden, inputs)), draw.normal(size=(classes, hidden))


SMALL = np.array([1.0, 4.0]), np.array([[3.0, 1.0], [1.0, -1.0]]), np.array([[1.0, 2.0], [-2.0, 5.0]])
WIDE, SQUARE = _network(_RNG, 5, 7, 3), _network(_RNG, 4, 4, 4)
EMPTY_PIXELS = np.array([0.0, 2.0, 0.0]), np.array([[1.0, 1, -2], [-1, 0, 3], [5, 0, -4]]), np.array([[2.0, 1, 7], [-1, 3, 4]])
DEAD = np.array([1.0, 2.0, 3.0]), -np.ones((4, 3)), np.ones((2, 4))


def _scores(x, w1, w2):
    z = w1 @ x
    return z, w2 @ np.maximum(z, 0)


def _back(x, w1, w2, ds, masked=True):
    z, _ = _scores(x, w1, w2)
    return w1.T @ ((z > 0) * (w2.T @ ds) if masked else w2.T @ ds)


def _one(w2, target):
    return np.eye(len(w2))[target]


def _softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


def _saliency(x, w1, w2, target):
    return np.abs(_back(x, w1, w2, _one(w2, target)))


def _divided(a, b):
    with np.errstate(invalid="ignore", divide="ignore"):
        return a / b


def saliency(answer):
    """14.1: the size of a score's gradient, for a network with one hidden layer."""
    def through_softmax(x, w1, w2, target):
        p = _softmax(_scores(x, w1, w2)[1])
        return np.abs(_back(x, w1, w2, p[target] * (_one(w2, target) - p)))

    def through_loss(x, w1, w2, target):
        return np.abs(_back(x, w1, w2, _softmax(_scores(x, w1, w2)[1]) - _one(w2, target)))

    def by_differences(x, w1, w2, target):
        ahead, behind = ([_scores(x + step, w1, w2)[1][target] for step in sign * 1e-6 * np.eye(len(x))] for sign in (1, -1))
        return np.abs(np.subtract(ahead, behind)) / 2e-6

    def largest(x, w1, w2, target):
        return _saliency(x, w1, w2, int(_scores(x, w1, w2)[1].argmax()))

    def normalised(x, w1, w2, target):
        s = _saliency(x, w1, w2, target)
        return s / s.max() if s.max() else s

    return check_function(
        "14.1", answer, _saliency,
        [Case((*SMALL, 0), "two pixels, two hidden units, target 0"), Case((*SMALL, 1), "the same network, target 1"),
         Case((*WIDE, 2), "five pixels, seven hidden units, three classes"), Case((*SQUARE, 3), "a network of four, four and four"),
         Case((*EMPTY_PIXELS, 0), "an image with two empty pixels, two hidden units with z = 0"),
         Case((*DEAD, 1), "a network whose hidden units are all off")],
        [Mistake(through_softmax, "that is the gradient of the probability, after the softmax. Saliency asks for the score before it."),
         Mistake(through_loss, "that is the gradient of the loss, p − target. Saliency asks for the score: send back a 1 for the target and 0 for the others."),
         Mistake(lambda x, w1, w2, target: _back(x, w1, w2, _one(w2, target)), "the sign is still there: saliency is the size of the gradient."),
         Mistake(lambda x, w1, w2, target: np.abs(_back(x, w1, w2, _one(w2, target)) * x), "that is gradient × input. Saliency does not multiply by the pixel."),
         Mistake(lambda x, w1, w2, target: _back(x, w1, w2, _one(w2, target)) * x, "that is gradient × input. Saliency does not multiply by the pixel."),
         Mistake(lambda x, w1, w2, target: np.abs(_back(x, w1, w2, _one(w2, target), masked=False)), "the ReLU is left out on the way back: a hidden unit that is off lets no gradient through."),
         Mistake(lambda x, w1, w2, target: np.abs(_back(x, w1, w2, np.ones(len(w2)))), "that is the gradient of all scores together. Send back a 1 for the target alone."),
         Mistake(lambda x, w1, w2, target: _saliency(x, w1, w2, target) * (x != 0), "an empty pixel has a saliency, too: the score reacts when ink comes there."),
         Mistake(lambda x, w1, w2, target: _divided(_saliency(x, w1, w2, target) * x, x), "to divide gradient × input by the pixel fails where the pixel is 0. Stop one step earlier."),
         Mistake(lambda x, w1, w2, target: np.abs(w1.T @ ((w1 @ x >= 0) * w2[target])), "at z = 0 the ReLU counts as closed, here as in `cnnlib` and PyTorch: the condition is z > 0."),
         Mistake(by_differences, "differences fail at the ReLU's bend, z = 0, where its derivative counts as 0. Send a 1 back through the network instead."),
         Mistake(largest, "that is the score of the largest class. The target says whose score is meant."),
         Mistake(normalised, "do not divide by the largest: the sizes themselves are asked for."),
         Mistake(lambda x, w1, w2, target: _back(x, w1, w2, _one(w2, target)) ** 2, "the size of a number is its absolute value, not its square."),
         Mistake(lambda x, w1, w2, target: np.maximum(_back(x, w1, w2, _one(w2, target)), 0), "a negative gradient is a strong reaction, too: take the absolute value, do not cut it off."),
         Mistake(lambda x, w1, w2, target: np.abs(w1).T @ ((w1 @ x > 0) * np.abs(w2[target])), "the absolute value comes last: paths of different signs cancel before it.")],
        praise="one backward pass for the score, and its size.",
    )


# --- 14.2 -----------------------------------------------------------------------------------------------------------

FEW = np.array([1.0]), np.array([5.0, 1.5, 0.2]), np.array([False, True, False])
TWICE = np.array([1.0, 1.2, 3.0]), np.array([9.0, 1.1, 8.0, 2.5]), np.array([False, True, False, False])
TIED = np.array([2.0]), np.array([3.0, 1.0, 4.0]), np.array([True, False, False])
MANY = np.round(_RNG.gamma(1.0, 1.2, size=13), 2), np.round(_RNG.gamma(3.0, 2.0, size=60), 2)
MANY = *MANY, MANY[1] < _RNG.uniform(0, 8, size=60)
MIXED = (np.array([0.4, 2.2, 5.1, 3.3, 0.9]), np.array([6.0, 0.5, 3.1, 2.6, 7.4, 1.3, 4.8, 1.1, 9.2, 2.0]),
         np.array([True, True, False, False, True, False, True, False, True, True]))


def _matched(errors, right, turned):
    return turned[np.abs(right[:, None] - errors).argmin(axis=0)].mean()


def matched(answer):
    """14.2: how many right digits are turned, among those that lead by as much as the errors do."""
    def below(errors, right, turned):
        return np.mean([turned[np.where(right <= e, e - right, np.inf).argmin()] for e in errors])

    def signed(errors, right, turned):
        return turned[(right[:, None] - errors).argmin(axis=0)].mean()

    def by_search(errors, right, turned):
        return np.mean(turned[np.minimum(np.searchsorted(right, errors), len(right) - 1)])

    def by_sorted_search(errors, right, turned):
        order = np.argsort(right, kind="stable")
        return by_search(errors, right[order], turned[order])

    def within(errors, right, turned):
        inside = turned[(right >= errors.min()) & (right <= errors.max())]
        return inside.mean() if len(inside) else np.nan

    def to_the_mean(errors, right, turned):
        return float(turned[np.abs(right - errors.mean()).argmin()])

    return check_function(
        "14.2", answer, _matched,
        [Case(FEW, "one error and three right digits"), Case(TWICE, "three errors, two with the same peer"),
         Case(TIED, "two right digits equally near"), Case(MIXED, "five errors and ten right digits, in no order"),
         Case(MANY, "13 errors and 60 right digits")],
        [Mistake(lambda e, r, t: t.mean(), "that is the share of all right digits. Most of them lead by far more than an error does; compare like with like."),
         Mistake(below, "the nearest one may also lead by more than the error: take the size of the difference."),
         Mistake(signed, "the nearest is where the difference is smallest in size. A large negative difference is not near."),
         Mistake(lambda e, r, t: t[np.unique(np.abs(r[:, None] - e).argmin(axis=0))].mean(), "a right digit that is the nearest of two errors counts twice: one peer for every error."),
         Mistake(lambda e, r, t: t[np.abs(r[:, None] - e).argmin(axis=0)].sum(), "that is a count. Divide it by the number of errors."),
         Mistake(lambda e, r, t: t[np.abs(r[:, None] - e).argmin(axis=0)].sum() / len(r), "divide by the number of errors, not of right digits."),
         Mistake(lambda e, r, t: t[np.abs(r[:, None] - e).argmax(axis=0)].mean(), "that takes the farthest one. The nearest has the smallest difference."),
         Mistake(by_search, "`searchsorted` needs leads in order, and finds where an error would stand, not which lead is nearest."),
         Mistake(by_sorted_search, "`searchsorted` finds the next larger lead. The one below may be nearer."),
         Mistake(lambda e, r, t: float(np.any(t[np.abs(r[:, None] - e).argmin(axis=0)])), "that says whether any peer was turned. The share of them is asked for."),
         Mistake(lambda e, r, t: float(np.all(t[np.abs(r[:, None] - e).argmin(axis=0)])), "that says whether all peers were turned. The share of them is asked for."),
         Mistake(lambda e, r, t: 1 - _matched(e, r, t), "that is the share of those that stand."),
         Mistake(lambda e, r, t: t[len(r) - 1 - np.abs(r[::-1, None] - e).argmin(axis=0)].mean(), "where two are equally near, take the first."),
         Mistake(lambda e, r, t: t[:len(e)].mean(), "the first right digits are not the nearest ones."),
         Mistake(within, "every error needs a peer of its own. All right digits between the smallest and the largest lead are not spread like the errors."),
         Mistake(to_the_mean, "every error needs a peer of its own, not only their mean.")],
        praise="compare like with like before you conclude.",
    )


# --- 14.3 -----------------------------------------------------------------------------------------------------------

def plus(image):
    """A score that adds up: each pixel times its number."""
    image = np.asarray(image, dtype=np.float64)
    return float((image * np.arange(1, image.size + 1).reshape(image.shape)).sum())


def bent(image):
    """A score with a bend and with products of neighbours."""
    image = np.asarray(image, dtype=np.float64)
    return float(max(0.0, plus(image) - 4) - 9 * (image[:, 1:] * image[:, :-1]).sum())


LINE, FIELD = np.array([[1.0, 2.0, 3.0]]), np.round(_RNG.uniform(0.2, 1, size=(4, 5)), 2)
TALL = np.round(_RNG.uniform(0.2, 1, size=(5, 3)), 2)


def _covered(x, score, size, value=0.0, restored=True, sign=1, absolute=False, last=1, share="mean", whole=True, side=None, least=1):
    total, count = np.zeros(x.shape), np.zeros(x.shape)
    image = x.copy()
    fill = x.mean() if value == "mean" else value
    for i in range(x.shape[0] - size + last):
        for j in range(x.shape[1] - size + last):
            if restored:
                image = x.copy()
            image[i:i + size, j:j + size] = fill
            drop = sign * (whole * score(x) - score(image))
            drop = abs(drop) if absolute else drop
            at = (slice(i, i + 1), slice(j, j + 1)) if side == "corner" else (slice(i, i + size), slice(j, j + size))
            total[at] += drop
            count[at] += 1
    return total if share == "sum" else _divided(total, np.maximum(count, least))


def _occlusion(x, score, size):
    return _covered(x, score, size)


def occlusion(answer):
    """14.3: for each pixel the mean drop of a score over the windows that cover it."""
    def of(**how):
        return lambda x, score, size: _covered(x, score, size, **how)

    def small(x, score, size):
        return np.array([[score(x) - score(_without(x, i, j, size)) for j in range(x.shape[1] - size + 1)]
                         for i in range(x.shape[0] - size + 1)])

    def latest(x, score, size):
        found = np.zeros(x.shape)
        for i in range(x.shape[0] - size + 1):
            for j in range(x.shape[1] - size + 1):
                found[i:i + size, j:j + size] = score(x) - score(_without(x, i, j, size))
        return found

    return check_function(
        "14.3", answer, _occlusion,
        [Case((LINE, plus, 1), "three pixels in a row and windows of 1"), Case((np.ones((3, 3)), plus, 2), "nine pixels and windows of 2 × 2"),
         Case((FIELD, bent, 2), "4 × 5 pixels and windows of 2 × 2"), Case((TALL, bent, 3), "5 × 3 pixels and windows of 3 × 3"),
         Case((TALL[:3], bent, 3), "3 × 3 pixels and one window over all of them")],
        [Mistake(of(restored=False), "the window is not restored: the image loses more and more. Start each place from a fresh copy."),
         Mistake(of(sign=-1), "the other way round: the score of the whole image minus the score of the covered one."),
         Mistake(of(absolute=True), "keep the sign: a pixel whose covering raises the score speaks against the class."),
         Mistake(of(whole=False, sign=-1), "that is the score of the covered image. How far does it fall below the score of the whole?"),
         Mistake(of(value="mean"), "the window is filled with 0, not with the image's mean."),
         Mistake(of(value=1.0), "the window is filled with 0."),
         Mistake(of(last=0), "the last row and the last column of windows are missing: there are H − size + 1 of them in a column."),
         Mistake(of(last=0, least=0), "the last row and the last column of windows are missing: there are H − size + 1 of them in a column."),
         Mistake(of(share="sum"), "add up the drops, and then divide by how many windows cover the pixel."),
         Mistake(of(side="corner"), "each drop belongs to all pixels of its window, not only to its corner."),
         Mistake(latest, "each window overwrites what the windows before it have said: add up, and divide by the count."),
         Mistake(small, "give one number for each pixel. Yours has one for each place of the window.")],
        praise="a fresh copy for every window, and the mean for every pixel.",
    )


def _without(x, i, j, size):
    image = x.copy()
    image[i:i + size, j:j + size] = 0
    return image


# --- 14.4 -----------------------------------------------------------------------------------------------------------

_OTHER = np.random.default_rng(144)
PAIR = np.array([0.4, 0.9]), SMALL[1], SMALL[2]
SIX = np.array([0.0, 0.2, 0.97, 1.0, 0.5, 0.04]), *_network(_OTHER, 6, 9, 4)[1:]
BENT = np.array([0.5, 0.25, 0.0]), np.array([[1.0, -2, 3], [2, 4, 0], [-1, -1, -1]]), np.array([[1.0, 2, 7], [-3, 3, 4]])
RIVALS = np.array([0.5, 0.25, 0.5]), np.eye(3), np.array([[0.0, 0, 0], [2.0, 0.1, 0], [1.9, -1, 0], [1.9, -1, 0.1], [1.9, -1, 0.1]])
OFF = np.array([0.3, 0.2, 1.0]), DEAD[1], DEAD[2]


def _stepped(x, w1, w2, target, eps, move=np.sign, low=0.0, high=1.0, softmax=_softmax, **how):
    return np.clip(x + eps * move(_back(x, w1, w2, softmax(_scores(x, w1, w2)[1]) - _one(w2, target), **how)), low, high)


def _step(x, w1, w2, target, eps):
    return _stepped(x, w1, w2, target, eps)


def step(answer):
    """14.4: one small step for every pixel, in the direction that makes the loss larger."""
    def of(**how):
        return lambda x, w1, w2, target, eps: _stepped(x, w1, w2, target, eps, **how)

    def of_the_score(x, w1, w2, target, eps, sign=-1):
        return np.clip(x + sign * eps * np.sign(_back(x, w1, w2, _one(w2, target))), 0, 1)

    def of_its_answer(x, w1, w2, target, eps):
        return _step(x, w1, w2, int(_scores(x, w1, w2)[1].argmax()), eps)

    def without_target(x, w1, w2, target, eps):
        return np.clip(x + eps * np.sign(_back(x, w1, w2, _softmax(_scores(x, w1, w2)[1]))), 0, 1)

    def closed(x, w1, w2, target, eps):
        ds = _softmax(_scores(x, w1, w2)[1]) - _one(w2, target)
        return np.clip(x + eps * np.sign(w1.T @ ((w1 @ x >= 0) * (w2.T @ ds))), 0, 1)

    never_zero = of(move=lambda g: np.where(g > 0, 1, -1))
    also_up = of(move=lambda g: np.where(g >= 0, 1, -1))
    length = of(move=lambda g: g / (np.linalg.norm(g) or 1))
    return check_function(
        "14.4", answer, _step,
        [Case((*PAIR, 0, 0.1), "two pixels, two hidden units, target 0, eps 0.1"), Case((*PAIR, 1, 0.2), "the same network, target 1, eps 0.2"),
         Case((*SIX, 2, 0.05), "six pixels, some empty or full, eps 0.05"), Case((*SIX, 0, 0.3), "the same six pixels, another target, eps 0.3"),
         Case((*BENT, 1, 0.1), "three pixels, a hidden unit with z = 0"), Case((*OFF, 1, 0.1), "a network whose hidden units are all off"),
         Case((PAIR[0], PAIR[1], 4 * PAIR[2], 0, 0.1), "a network that is very sure"),
         Case((*PAIR[:2], PAIR[2] + 1000, 0, 0.1), "scores above 1,000, where exp overflows"),
         Case((*RIVALS, 0, 0.1), "five classes, and rivals that pull in different directions")],
        [Mistake(of(move=lambda g: -np.sign(g)), "that makes the loss smaller. To fool the network, go along the gradient, not against it."),
         Mistake(of(move=lambda g: g), "that is a step along the gradient itself. Every pixel moves by eps: take the gradient's sign."),
         Mistake(length, "every pixel moves by the same eps: take the gradient's sign instead of dividing by its length."),
         Mistake(of(low=-np.inf, high=np.inf), "a pixel may not leave the range from 0 to 1."),
         Mistake(of(high=np.inf), "a pixel may not grow above 1."), Mistake(of(low=-np.inf), "a pixel may not fall below 0."),
         Mistake(of(masked=False), "the ReLU is left out on the way back: a hidden unit that is off lets no gradient through."),
         Mistake(of_the_score, "that only lowers the score of the target. The loss also grows when the other scores rise: send back p − target."),
         Mistake(lambda *a: of_the_score(*a, sign=1), "that raises the score of the target, so the network is surer of it."),
         Mistake(without_target, "send back p minus a 1 for the target. Yours sends back p."),
         Mistake(of_its_answer, "that is the loss for the class that the network answers. The target says which class is the true one."),
         Mistake(of(softmax=lambda s: np.exp(s) / np.exp(s).sum()), "right for small scores, but exp overflows at 1,000: take the largest score away first."),
         Mistake(closed, "at z = 0 the ReLU counts as closed, here as in `cnnlib` and PyTorch: the condition is z > 0."),
         Mistake(never_zero, "where the gradient is 0, its sign is 0: the pixel stays."), Mistake(also_up, "where the gradient is 0, its sign is 0: the pixel stays."),
         Mistake(lambda x, *rest: np.where(x > 0, _step(x, *rest), x), "an empty pixel moves, too: ink may come there."),
         Mistake(lambda x, *rest: _stepped(x, *rest) - x, "that is the change. Return the changed image.")],
        praise="a small step for every pixel, all in the direction that costs most.",
    )


# --- 14.5 and 14.6 --------------------------------------------------------------------------------------------------


def doubled(answer):
    """14.5: what doubles with the image in a network without biases."""
    return check_letters(
        "14.5", answer, "acdf", "abcdef",
        {"a": "think of (a) again: a convolution without bias is a weighted sum, and ReLU(2z) = 2 ReLU(z).",
         "b": "not b: the same ReLUs are open and the same pixels win in the pools, so the gradient is made of the same weights as before.",
         "c": "think of (c) again: the gradient stays, and the input doubles.",
         "d": "think of (d) again: what took away a part of the score in the chapter's hand example is missing here.",
         "e": "not e: all scores are multiplied by the same number, so the largest stays the largest.",
         "f": "think of (f) again: both scores in the difference are scores of doubled images."},
        praise="without biases everything scales, but the gradient stays.",
    )


def shortcuts(answer):
    """14.6: four networks and what each of them reads."""
    return check_letters(
        "14.6", answer, "cada", "abcde",
        {0: "Network 1: which change brings it down? And what does it still read when there is no digit left?",
         1: "Network 2: it reads 97% of the pictures in which the digit is erased. Which change brings it down?",
         2: "Network 3: only one change hurts it. Does the digit stay in it, and does the ink?",
         3: "Network 4: compare its column with network 2's. Does it need the digit at all?"},
        [Mistake("caea", "network 3 still reads 94% when all strokes are half as dark. What would that do to a network that reads how much ink there is?"),
         Mistake("cadb", "network 4 still reads 95% when the digit is moved elsewhere. Which change brings it down? A letter may be given twice."),
         Mistake("acda", "network 1 reads the same grey background as well as ever. What does it mind?")],
        praise="change one thing at a time, and see what brings the network down.", ordered=True,
    )
