"""Checkers of chapter 6: gradient descent."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value

_RNG = np.random.default_rng(6)


W, V, G = _RNG.normal(size=4), _RNG.normal(size=4), _RNG.normal(size=4)
W2, V2, G2 = _RNG.normal(size=(2, 3)), _RNG.normal(size=(2, 3)), _RNG.normal(size=(2, 3))
DY, X = _RNG.normal(size=(4, 3)), _RNG.normal(size=(4, 3))
MOMENTUM_CASES = [
    Case((np.array([3.0]), np.array([2.0]), np.array([6.0]), 0.1, 0.5), "w = 3, v = 2, g = 6"),
    Case((W, V, G, 0.01, 0.9), "four weights"),
    Case((W2, V2, G2, 0.5, 0.8), "two rows of three weights"),
    Case((W[:2], np.zeros(2), G[:2], 2.0, 0.9), "the first step, v = 0"),
]
ADAMW_CASES = [
    Case((np.array([3.0]), np.array([[6.0]]), 0.1, 0.9, 0.999, 1e-3, 0.5), "one weight and one step"),
    Case((W, _RNG.normal(size=(3, 4)), 0.01, 0.9, 0.99, 1e-2, 0.1), "four weights and three steps"),
    Case((W2, _RNG.normal(size=(5, 2, 3)), 0.5, 0.8, 0.9, 0.1, 0.3), "two rows of weights and five steps"),
    Case((W[:2], np.array([[6.0, 0.0], [-6.0, 0.0], [6.0, 0.0]]), 0.1, 0.9, 0.999, 1e-3, 0.2), "a weight whose gradients are all 0"),
    Case((W[:3], _RNG.normal(size=(12, 3)), 0.01, 0.99, 0.999, 1e-3, 0.05), "three weights and 12 steps"),
]
WARMUP_CASES = [
    Case((0, 4, 20, 0.8), "the first step"), Case((3, 4, 20, 0.8), "the last step of the warm-up"), Case((4, 4, 20, 0.8), "step warm"),
    Case((12, 4, 20, 0.8), "half of the wave"), Case((20, 4, 20, 0.8), "step total"), Case((7, 3, 10, 2.0), "step 7 of 10"),
    Case((1, 5, 9, 0.1), "the second of five steps of warm-up"), Case((2, 0, 6, 0.3), "no warm-up"),
]
PRELU_CASES = [
    Case((np.array([[1.0, 1.0, 1.0]]), np.array([[2.0, -3.0, -1.0]])), "x = (2, −3, −1), one row of three"),
    Case((DY, X), "four rows of three numbers"),
    Case((DY[:, :1], X[:, :1]), "one column"),
    Case((np.array([[2.0, -1.0]]), np.array([[0.0, 3.0]])), "no negative input"),
]


def limits(answer):
    """6.1: the largest stable learning rates for curvatures 2 and 50, plain and with momentum 0.6."""
    return check_value(
        "6.1", answer, (2 / 50, 3.2 / 50),
        [Mistake((2 / 2, 3.2 / 2), "these are the limits of the flat direction. The steep one breaks first."),
         Mistake((1 / 50, 1.6 / 50), "at 1/50 plain descent solves the steep direction in one step. It diverges only beyond twice that."),
         Mistake((2 / 52, 3.2 / 52), "curvatures are judged one by one; the largest decides, not the sum."),
         Mistake((2 / 26, 3.2 / 26), "the mean curvature does not decide; the largest does."),
         Mistake((2 / 48, 3.2 / 48), "curvatures are judged one by one; their difference does not matter."),
         Mistake((2 / 25, 3.2 / 25), "twice too large: the limit is set by the larger curvature, 50, and ηc < 2. (25 is the ratio of the two.)"),
         Mistake((50 / 2, 50 / 3.2), "the other way up: |1 − ηc| < 1 gives η < 2/c."),
         Mistake((2 / 50, 2 / 50), "the first is right. Momentum moves the limit: where the gradient alternates, v = ±g/(1 + μ)."),
         Mistake((2 / 50, 0.8 / 50), "the first is right. 1 − μ belongs to gradients that agree. At the limit they alternate: 1 + μ."),
         Mistake((2 / 50, 2 / 80), "the first is right. v is smaller than g by 1 + μ where the gradient alternates, so the rate may be larger."),
         Mistake((2 / 50, 5 / 50), "the first is right. 1/(1 − μ) belongs to gradients that agree. At the limit they alternate: 1 + μ."),
         Mistake((2 / 50, 1.6 / 50), "the first is right. For the second, 1 + μ multiplies 2/c, not 1/c."),
         Mistake((2 / 50, 2.6 / 50), "the first is right. For the second, 1 + μ multiplies the 2: 2 (1 + μ)/c."),
         *(Mistake((2 / 50, nesterov), "the first is right. The second is the limit of Nesterov's form. Momentum moves by v alone: 2 (1 + μ)/c.")
           for nesterov in (3.2 / 110, 0.0291)),
         Mistake((3.2 / 50, 2 / 50), "the other way round: first plain, then with momentum.")],
        praise="the steepest direction sets the limit, and momentum 0.6 lifts it by six tenths.",
    )


def batch(answer):
    """6.2: the batch size whose gradient spreads a third as much as that of 32 examples."""
    return check_value(
        "6.2", answer, 288,
        [Mistake(96, "three times the batch divides the variance by three. The spread is its root."),
         Mistake(32 / 3, "a smaller batch is noisier. And the spread goes like 1/√B."),
         Mistake(32 / 9, "the other way: a smaller batch is noisier."),
         Mistake(32 * 3**0.5, "that divides the spread by the fourth root of 3. It goes like 1/√B."),
         Mistake(32 * 81, "that divides the spread by 9. It goes like 1/√B: a third of it needs 9 times the batch."),
         Mistake(128, "four times the batch halves the spread. A third is asked for."),
         Mistake(9, "that is the factor. The batch size is asked for."),
         Mistake(256, "256 is only near: a third of the spread needs 9 times the batch.")],
        praise="a third of the noise costs nine times the work.",
    )


def momentum(answer):
    """6.3: a momentum step in PyTorch's form: ``answer(w, v, g, lr, mu)`` returns ``w, v``."""
    def reference(w, v, g, lr, mu):
        v = mu * v + g
        return w - lr * v, v

    return check_function(
        "6.3", answer, reference, MOMENTUM_CASES,
        [Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v + (1 - mu) * g), mu * v + (1 - mu) * g),
                 "this averages the gradients. PyTorch's momentum adds the whole of g."),
         Mistake(lambda w, v, g, lr, mu: (w + mu * v - lr * g, mu * v - lr * g),
                 "the learning rate is inside v. In PyTorch it multiplies v when the weights move."),
         Mistake(lambda w, v, g, lr, mu: (w - mu * v - lr * g, mu * v + lr * g),
                 "the learning rate is inside v. In this chapter's form it multiplies v when the weights move: v = μ v + g."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v + lr * g), mu * v + lr * g),
                 "the learning rate counts twice: once inside v, once when the weights move. v = μ v + g has none."),
         Mistake(lambda w, v, g, lr, mu: (w - mu * v - g, mu * v + g), "the learning rate is missing: w moves by η v."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * v, mu * v + g), "first update v, then move by the new v."),
         Mistake(lambda w, v, g, lr, mu: (w + lr * (mu * v + g), mu * v + g), "against the gradient: subtract."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v - g), mu * v - g), "the gradient is added to v; the minus comes when w moves."),
         Mistake(lambda w, v, g, lr, mu: (w + lr * (mu * v - g), mu * v - g), "w is right, but v has the other sign: in PyTorch v = μ v + g, and w − η v."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (g + mu * (mu * v + g)), mu * v + g), "this is Nesterov's form."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (v + g), v + g), "μ is missing: the old v fades by the factor μ."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * mu * (v + g), mu * (v + g)), "mind the brackets: μ multiplies the old v only."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (v + mu * g), v + mu * g), "μ multiplies the old v, not the gradient."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * (mu * v + g), v), "w is right. Return the new v, too: the next step needs it."),
         Mistake(lambda w, v, g, lr, mu: reference(w, v, g, lr, mu)[::-1], "the other way round: first w, then v."),
         Mistake(lambda w, v, g, lr, mu: reference(w, v, g, lr, 0.9), "0.9 is only a common choice. Use the mu that is handed over."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * g, mu * v + g), "w moves by the gradient alone. It should move by v."),
         Mistake(lambda w, v, g, lr, mu: (w - lr * g, v), "v is not used. This is plain gradient descent.")],
        praise="velocity first, then the step.", in_place=True,
    )


def _adamw(correct="ms", inside=False, square=True, root=True, back=False, sign=1, whole=False, swap=False, first=1, still=False,
           anew=False, decay="first", bare="", steps=None, lost=None):
    """AdamW over a list of gradients, or with the slip that an option names."""
    def run(w, gradients, lr, b1, b2, eps, decay_):
        b1, b2 = (b2, b1) if swap else (b1, b2)
        b1, b2, eps = {"betas": (0.9, 0.999, eps), "eps": (b1, b2, 1e-8)}.get(lost, (b1, b2, eps))
        w, m, s = np.array(w), np.zeros_like(w), np.zeros_like(w)
        for k, g in enumerate(gradients[slice(*steps) if steps else slice(None)]):
            n = 1 if still else k + first
            if anew:
                m, s = np.zeros_like(w), np.zeros_like(w)
            if decay == "gradient":
                g = g + decay_ * w
            m = b1 * m + (1 if whole else 1 - b1) * g
            s = b2 * s + (1 if whole else 1 - b2) * (g**2 if square else np.abs(g))
            mh = m / (1 - b1**n) if "m" in correct else m
            sh = s / (1 - b2**n) if "s" in correct else s
            m, s = (mh, sh) if back else (m, s)
            scale = np.sqrt(sh + eps) if inside else (np.sqrt(sh) if root else sh) + (0 if bare == "eps" else eps)
            shrink = {"first": 1 - lr * decay_, "no rate": 1 - decay_, "grows": 1 + lr * decay_}.get(decay, 1)
            move = lr * (g if bare == "m" else mh) / (1 if bare == "s" else scale)
            w = (w - sign * move) * shrink if decay == "last" else w * shrink - sign * move
            w = w * (1 - lr * decay_) if decay == "last" else w
        return w
    return run


def adamw(answer):
    """6.4: AdamW, whole: ``answer(w, gradients, lr, b1, b2, eps, decay)`` returns w after the last gradient."""
    def path(*args):
        return np.array([_adamw(steps=(n,))(*args) for n in range(1, len(args[1]) + 1)])

    return check_function(
        "6.4", answer, lambda w, gradients, lr, b1, b2, eps, decay: _adamw()(w, gradients, lr, b1, b2, eps, decay), ADAMW_CASES,
        [Mistake(_adamw(correct=""), "the bias correction is missing: m and s start at 0 and are too small at first."),
         Mistake(_adamw(correct="m"), "s needs the bias correction as well: s / (1 − β₂ⁿ)."),
         Mistake(_adamw(correct="s"), "m needs the bias correction as well: m / (1 − β₁ⁿ)."),
         Mistake(_adamw(back=True), "you carry the corrected moments on. The next step needs m and s as they are: correct them for this step's move only."),
         Mistake(_adamw(inside=True), "ε goes outside the root: √ŝ + ε."),
         Mistake(_adamw(root=False), "divide by the root of ŝ: the size of the gradients must drop out."),
         Mistake(_adamw(square=False), "s averages the squared gradient."),
         Mistake(_adamw(sign=-1), "against the gradient: subtract."),
         Mistake(_adamw(whole=True), "m and s are averages: the new gradient enters with the factor 1 − β."),
         Mistake(_adamw(swap=True), "β₁ and β₂ are exchanged: β₁ belongs to m, β₂ to s."),
         Mistake(_adamw(first=0), "the steps count from 1: in step 0 the correction divides by 1 − β⁰ = 0."),
         Mistake(_adamw(first=2), "the first step has the number 1, not 2."),
         Mistake(_adamw(still=True), "the correction fades with the steps: β to the power of the step's number, which grows."),
         Mistake(_adamw(anew=True), "m and s are set back to 0 in every step. They must live from step to step: create them before the loop."),
         Mistake(_adamw(anew=True, still=True), "every step is taken as if it were the first: m, s and the number of the step must live from step to step."),
         Mistake(_adamw(decay=""), "the decay is missing: w shrinks by the share lr · decay before each step."),
         Mistake(_adamw(decay="gradient"), "this is Adam with decay · w in the gradient. AdamW shrinks w itself, past m and s."),
         Mistake(_adamw(decay="last"), "first w shrinks, then Adam's step is taken: the step itself does not shrink."),
         Mistake(_adamw(decay="no rate"), "w shrinks by the share lr · decay, not by decay."),
         Mistake(_adamw(decay="grows"), "w shrinks: the factor is 1 − lr · decay."),
         Mistake(_adamw(bare="eps"), "ε is missing: without it a gradient of 0 divides 0 by 0."),
         Mistake(_adamw(bare="m"), "w moves along the averaged gradient m̂, not along this step's g."),
         Mistake(_adamw(bare="s"), "divide by √ŝ + ε: the size of the gradient drops out."),
         Mistake(_adamw(lost="eps"), "1e-8 is only a common choice. Use the eps that is handed over."),
         Mistake(_adamw(lost="betas"), "0.9 and 0.999 are only a common choice. Use the b1 and b2 that are handed over."),
         Mistake(_adamw(steps=(1,)), "only the first gradient is used. Does your function return inside the loop?"),
         Mistake(_adamw(steps=(0, -1)), "the last gradient is left out."),
         Mistake(_adamw(steps=(1, None)), "the first gradient is left out."),
         Mistake(path, "this is w after every step. Return w after the last step.")],
        praise="ten lines: the optimiser that most large networks are trained with.", in_place=True,
    )


def _warmup(late=0, down=True, early=0, whole=False, wave=np.pi, floor=False, forget=False, lift=True):
    """The rate with a warm-up, or with the slip that an option names."""
    def rate(step, warm, total, top):
        if step < warm and not forget:
            return top * (step + 1 - late) / warm
        share = (step - (0 if whole else warm) + early) / (total - (0 if whole or floor else warm))
        return top * ((1 if lift else 0) + (1 if down else -1) * np.cos(wave * share)) / (2 if lift else 1)
    return rate


def warmup(answer):
    """6.5: ``answer(step, warm, total, top)`` is the rate of a step: up evenly, then down half a cosine wave."""
    def straight(step, warm, total, top):
        return _warmup()(step, warm, total, top) if step < warm else top * (total - step) / (total - warm)

    def from_one(step, warm, total, top):
        return _warmup()(step, warm, total, top) if step <= warm - 1 else _warmup(early=1)(step, warm, total, top)

    return check_function(
        "6.5", answer, lambda step, warm, total, top: _warmup()(step, warm, total, top), WARMUP_CASES,
        [Mistake(_warmup(late=1), "in step 0 the rate is top / warm, not 0: the climb counts step + 1."),
         Mistake(_warmup(forget=True), "the warm-up is missing: in the first `warm` steps the rate climbs."),
         Mistake(_warmup(forget=True, whole=True), "the warm-up is missing: in the first `warm` steps the rate climbs, and the wave begins after them."),
         Mistake(_warmup(whole=True), "the wave begins when the warm-up is over: its angle counts from step `warm`."),
         Mistake(_warmup(floor=True), "the wave has total − warm steps, so that the rate is 0 in step total."),
         Mistake(from_one, "in step `warm` the rate is still top: the wave counts from 0."),
         Mistake(straight, "this is a straight line down. Half a cosine wave is asked for."),
         Mistake(_warmup(down=False), "after the warm-up this climbs from 0. The sign of the cosine."),
         Mistake(_warmup(wave=2 * np.pi), "this comes up again at the end: half a wave, π, is enough."),
         Mistake(_warmup(wave=180), "the cosine wants radians: π."),
         Mistake(_warmup(wave=1), "the angle runs from 0 to π: the factor π is missing."),
         Mistake(_warmup(lift=False), "this goes down to minus top. Lift the cosine by 1 and halve it."),
         Mistake(lambda step, warm, total, top: _warmup()(step, warm, total, top) * (1 if step < warm else 2), "halve the wave: 1 + cos starts at 2."),
         Mistake(lambda step, warm, total, top: _warmup()(step, warm, total, 1.0), "this is the share of top. Multiply by top."),
         Mistake(lambda step, warm, total, top: _warmup()(step, warm, total, top) if step < warm else top, "after the warm-up the rate must fall."),
         Mistake(lambda step, warm, total, top: top / warm if step < warm else _warmup()(step, warm, total, top),
                 "during the warm-up the rate climbs from step to step.")],
        praise="small steps for the untrained network, large ones, and a soft landing.",
    )


def loops(answer):
    """6.6: which of six training loops work."""
    return check_letters(
        "6.6", answer, "adf", "abcdef",
        {"a": "A is the loop of the chapter.",
         "b": "in B the gradients are set to zero before the step uses them: the weights never move.",
         "c": "in C nothing sets the gradients to zero: they pile up.",
         "d": "in D the gradients are zero when `backward` adds to them, and whole when `step` uses them. Forward does not touch them.",
         "e": "in E they are zero for the first step alone, then they pile up.",
         "f": "in F the gradients are zero before every `backward`; at the very start there are none."},
        praise="zero anywhere between a step and the next backward.",
    )


def prelu_slope(answer):
    """6.7: gradient of PReLU's single slope ``a``: ``answer(dy, x)``."""
    def of_negative(dy, x):
        return (dy * np.minimum(x, 0)).sum() / max(1, (x < 0).sum())

    def square(dy, x):
        return sum(dy[i, j] * min(x[i, j], 0) for i in range(len(x)) for j in range(len(x)))

    return check_function(
        "6.7", answer, lambda dy, x: (dy * np.minimum(x, 0)).sum(), PRELU_CASES,
        [Mistake(lambda dy, x: (dy * x).sum(), "positive inputs do not meet a: leave them out."),
         Mistake(square, "the inner loop runs over the columns: range(x.shape[1]), not range(x.shape[0])."),
         Mistake(lambda dy, x: (dy * np.maximum(x, 0)).sum(), "the wrong side: a is met by the negative inputs."),
         Mistake(lambda dy, x: (dy * np.minimum(x, 0)).mean(), "a is used by every negative input, and uses add. Sum, not mean."),
         Mistake(of_negative, "a is used by every negative input, and uses add. Sum, not their mean."),
         Mistake(lambda dy, x: dy * np.minimum(x, 0), "a is one number, so its gradient is one number: add up."),
         Mistake(lambda dy, x: (dy * np.minimum(x, 0)).sum(axis=0), "a is one number for all columns: add up over both axes."),
         Mistake(lambda dy, x: (dy * (x < 0)).sum(), "a is multiplied by x: its local derivative is x, not 1."),
         Mistake(lambda dy, x: np.minimum(x, 0).sum(), "multiply each by its upstream gradient dy."),
         Mistake(lambda dy, x: dy.sum() * np.minimum(x, 0).sum(), "first multiply each x by its own dy, then add up."),
         Mistake(lambda dy, x: (dy * np.abs(np.minimum(x, 0))).sum(), "the local derivative is x itself, with its minus sign.")],
        praise="one slope, used many times: its gradients add.",
    )
