"""Chapter 6: gradient descent."""

import math
from fractions import Fraction

import numpy as np
import torch

NO_ARRAY = ("momentum", "adamw", "warmup")


def momentum(w, v, g, lr, mu):
    v = mu * v + g
    return w - lr * v, v


def momentum_in_place(w, v, g, lr, mu):
    v *= mu
    v += g
    w -= lr * v
    return w, v


def momentum_loop(w, v, g, lr, mu):
    new_w, new_v = w.copy(), v.copy()
    for i in np.ndindex(w.shape):
        new_v[i] = mu * v[i] + g[i]
        new_w[i] -= lr * new_v[i]
    return new_w, new_v


def momentum_torch(w, v, g, lr, mu):
    p = torch.tensor(w, requires_grad=True)
    p.grad = torch.tensor(g)
    optimizer = torch.optim.SGD([p], lr=lr, momentum=mu)
    optimizer.state[p]["momentum_buffer"] = torch.tensor(v)
    optimizer.step()
    return p, optimizer.state[p]["momentum_buffer"]


def momentum_silent(w, v, g, lr, mu):
    v[...] = mu * v + g
    w -= lr * v


def adamw(w, gradients, lr, b1, b2, eps, decay, corrected="ms", back=False, inside=False, sign=-1, first=1):
    m = s = 0 * w
    for n, g in enumerate(gradients, first):
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * g**2
        mean = m / (1 - b1**n) if "m" in corrected else m
        square = s / (1 - b2**n) if "s" in corrected else s
        m, s = (mean, square) if back else (m, s)
        w = w - lr * decay * w + sign * lr * mean / (np.sqrt(square + eps) if inside else np.sqrt(square) + eps)
    return w


def adamw_in_place(w, gradients, lr, b1, b2, eps, decay):
    m, s = np.zeros(w.shape), np.zeros(w.shape)
    for n in range(len(gradients)):
        m *= b1
        m += (1 - b1) * gradients[n]
        s *= b2
        s += (1 - b2) * gradients[n] * gradients[n]
        w *= 1 - lr * decay
        w -= lr * (m / (1 - b1 ** (n + 1))) / (np.sqrt(s / (1 - b2 ** (n + 1))) + eps)
    return w


def adamw_torch(w, gradients, lr, b1, b2, eps, decay):
    p = torch.tensor(w, requires_grad=True)
    optimizer = torch.optim.AdamW([p], lr=lr, betas=(b1, b2), eps=eps, weight_decay=decay)
    for g in gradients:
        p.grad = torch.tensor(g)
        optimizer.step()
    return p


class Walker:
    def __init__(self, w, lr, b1, b2, eps, decay):
        self.w, self.lr, self.betas, self.eps, self.decay = w.tolist(), lr, (b1, b2), eps, decay
        self.m, self.s, self.n = np.zeros_like(w), np.zeros_like(w), 0

    def step(self, g):
        self.n += 1
        b1, b2 = self.betas
        self.m, self.s = self.m + (1 - b1) * (g - self.m), self.s + (1 - b2) * (g**2 - self.s)
        c = math.sqrt(1 - b2**self.n)
        move = c / (1 - b1**self.n) * self.m / (np.sqrt(self.s) + self.eps * c)
        self.w = (np.array(self.w) * (1 - self.lr * self.decay) - self.lr * move).tolist()


def adamw_class(w, gradients, lr, b1, b2, eps, decay):
    walker = Walker(w, lr, b1, b2, eps, decay)
    for g in gradients:
        walker.step(g)
    return walker.w


def adamw_silent(w, gradients, lr, b1, b2, eps, decay):
    w[...] = adamw(w, gradients, lr, b1, b2, eps, decay)


def adamw_returns_early(w, gradients, lr, b1, b2, eps, decay):
    for g in gradients:
        return adamw(w, [g], lr, b1, b2, eps, decay)


def adamw_forgets(w, gradients, lr, b1, b2, eps, decay):
    for g in gradients:
        w = adamw(w, [g], lr, b1, b2, eps, decay)
    return w


def adamw_decays_the_gradient(w, gradients, lr, b1, b2, eps, decay):
    p = torch.tensor(w, requires_grad=True)
    optimizer = torch.optim.Adam([p], lr=lr, betas=(b1, b2), eps=eps, weight_decay=decay)
    for g in gradients:
        p.grad = torch.tensor(g)
        optimizer.step()
    return p


def slip(**options):
    return lambda w, gradients, lr, b1, b2, eps, decay: adamw(w, gradients, lr, b1, b2, eps, decay, **options)


def handed(change):
    """AdamW with its arguments changed: ``change`` returns the new ones."""
    return lambda w, gradients, lr, b1, b2, eps, decay: adamw(*change(w, gradients, lr, b1, b2, eps, decay))


def warmup(step, warm, total, top):
    if step < warm:
        return top * (step + 1) / warm
    return top * (1 + math.cos(math.pi * (step - warm) / (total - warm))) / 2


def warmup_list(step, warm, total, top):
    rates = [top * k / warm for k in range(1, warm + 1)]
    rates += [top * math.cos(math.pi / 2 * k / (total - warm)) ** 2 for k in range(total - warm + 1)]
    return rates[step]


def warmup_torch(step, warm, total, top):
    down = torch.tensor(top) / 2 * (1 + torch.cos(torch.tensor(math.pi * (step - warm) / (total - warm))))
    return torch.tensor(top * (step + 1) / warm) if step < warm else down


def falls(f):
    return lambda step, warm, total, top: warmup(step, warm, total, top) if step < warm else top * f((step - warm) / (total - warm))


def climbs(f):
    return lambda step, warm, total, top: top * f(step, warm) if step < warm else warmup(step, warm, total, top)


def prelu_torch(dy, x):
    a = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.prelu(torch.tensor(x), a).backward(torch.tensor(dy))
    return a.grad


RIGHT = {
    "limits": [(0.04, 0.064), [2 / 50, 3.2 / 50], np.array([0.04, 0.064]), torch.tensor([0.04, 0.064]), (Fraction(1, 25), Fraction(8, 125))],
    "batch": [288, 288.0, 32 * 9, np.int64(288), [288], Fraction(288), torch.tensor(288)],
    "momentum": [momentum, momentum_in_place, momentum_loop, momentum_torch, lambda w, v, g, lr, mu: [w - lr * mu * v - lr * g, g + v * mu]],
    "adamw": [adamw, adamw_in_place, adamw_torch, adamw_class, lambda w, gradients, lr, b1, b2, eps, decay: adamw(w, list(gradients), lr, b1, b2, eps, decay)],
    "warmup": [
        warmup, warmup_list, warmup_torch, lambda step, warm, total, top: top * min(1, (step + 1) / warm) if step < warm else top * math.sin(math.pi / 2 * (total - step) / (total - warm)) ** 2,
        lambda step, warm, total, top: np.float32(warmup(step, warm, total, top)), lambda step, warm, total, top: np.array([warmup(step, warm, total, top)]),
    ],
    "loops": ["ADF", "a, d and f", "FDA", ["A", "D", "F"], {"A", "D", "F"}, "A D F", "a d, f."],
    "prelu_slope": [
        lambda dy, x: (dy * np.minimum(x, 0)).sum(), lambda dy, x: (dy * x)[x < 0].sum(), prelu_torch,
        lambda dy, x: sum(d * v for d, v in zip(dy.flat, x.flat, strict=True) if v < 0), lambda dy, x: np.vdot(dy, np.where(x > 0, 0, x)),
    ],
}

WRONG = {
    "limits": [((1, 1.6), "flat direction"), ((0.02, 0.032), "in one step"), ((25, 50 / 3.2), "other way up"), ((2 / 52, 3.2 / 52), "the largest decides"), ((2 / 26, 3.2 / 26), "mean curvature"), ((0.08, 0.128), "the ratio"),
               ((0.04, 0.04), "Momentum moves the limit"), ((0.04, 0.016), "1 + μ"), ((0.04, 0.1), "1/(1 − μ)"), ((0.064, 0.04), "other way round"), ((0.04, 0.025), "the rate may be larger"), ((2 / 48, 3.2 / 48), "difference"),
               (0.04, "2 results"), ((0.04, 0.052), "multiplies the 2"), ((0.04, 0.032), "not 1/c"), ((0.04, 0.0291), "Nesterov"), ((0.04, 3.2 / 110), "Nesterov"), ((0.04, 0.07), "1 of 2"), ("0.04", "without quotes"), ((0, 0), "0 of 2")],
    "batch": [(96, "variance by three"), (32 / 3, "noisier"), (32 / 9, "noisier"), (55.4256258422, "fourth root"), (2592, "divides the spread by 9"), (128, "A third is asked for"), (9, "the factor"), (256, "only near"),
              (32, "not this one"), (0, "not this one"), (287, "not this one"), ((288, 1), "one number is expected"), ("9 times", "cannot read"), (300, "not this one")],
    "momentum": [
        (lambda w, v, g, lr, mu: momentum(w, v, (1 - mu) * g, lr, mu), "averages"), (lambda w, v, g, lr, mu: (w + mu * v - lr * g, mu * v - lr * g), "inside v"),
        (lambda w, v, g, lr, mu: (w - (mu * v + lr * g), mu * v + lr * g), "inside v"), (lambda w, v, g, lr, mu: momentum(w, v, lr * g, lr, mu), "counts twice"),
        (lambda w, v, g, lr, mu: (w - lr * v, mu * v + g), "first update v"), (lambda w, v, g, lr, mu: (w + lr * (mu * v + g), mu * v + g), "subtract"), (lambda w, v, g, lr, mu: momentum(w, v, g, lr, 0.9), "common choice"),
        (lambda w, v, g, lr, mu: (w - lr * (g + mu * (mu * v + g)), mu * v + g), "Nesterov"), (lambda w, v, g, lr, mu: (w - lr * g, v), "plain gradient descent"), (lambda w, v, g, lr, mu: momentum(w, v, g, lr, mu)[0], "2 results are expected"),
        (lambda w, v, g, lr, mu: momentum(w, v, g, 1, mu), "learning rate is missing"), (lambda w, v, g, lr, mu: momentum(w, v, g, lr, 1), "μ is missing"), (lambda w, v, g, lr, mu: momentum(w, v, g, lr, mu)[::-1], "first w, then v"),
        (momentum_silent, "returns nothing"), (lambda w, v, g, lr, mu: (momentum(w, v, g, lr, mu)[0], v), "Return the new v"), (lambda w, v, g, lr, mu: (w * 0, v * 0), "is expected"), (lambda w, g, lr: w - lr * g, "yours takes (w, g, lr)"),
    ],
    "adamw": [
        (slip(corrected=""), "bias correction is missing"), (slip(corrected="m"), "s needs"), (slip(corrected="s"), "m needs"), (slip(back=True), "carry the corrected moments on"), (slip(inside=True), "outside the root"),
        (slip(sign=1), "subtract"), (slip(first=2), "not 2"), (slip(first=0), "count from 1"), (handed(lambda w, g, lr, b1, b2, *rest: (w, g, lr, b2, b1, *rest)), "are exchanged"),
        (handed(lambda w, g, lr, b1, b2, eps, decay: (w, g, lr, b1, b2, 0, decay)), "ε is missing"), (handed(lambda w, g, lr, b1, b2, eps, decay: (w, g, lr, b1, b2, 1e-8, decay)), "Use the eps"),
        (handed(lambda w, g, lr, b1, b2, eps, decay: (w, g, lr, 0.9, 0.999, eps, decay)), "Use the b1 and b2"), (handed(lambda w, g, lr, b1, b2, eps, decay: (w, g, lr, b1, b2, eps, 0)), "decay is missing"),
        (handed(lambda w, g, lr, b1, b2, eps, decay: (w, g, lr, b1, b2, eps, decay / lr)), "not by decay"), (handed(lambda w, g, lr, b1, b2, eps, decay: (w, g, lr, b1, b2, eps, -decay)), "1 − lr · decay"),
        (handed(lambda w, g, *rest: (w, g[:-1], *rest)), "last gradient is left out"), (handed(lambda w, g, *rest: (w, g[1:], *rest)), "first gradient is left out"),
        (adamw_returns_early, "return inside the loop"), (adamw_forgets, "live from step to step"), (adamw_decays_the_gradient, "AdamW shrinks w itself"), (adamw_silent, "returns nothing"),
        (lambda *args: np.array([adamw(args[0], args[1][: n + 1], *args[2:]) for n in range(len(args[1]))]), "after every step"),
        (lambda w, gradients, lr, b1, b2, eps, decay: w * 0, "is expected"), (lambda w, g, lr: w, "yours takes"), (lambda w, gradients, lr, b1, b2, eps, decay: w - lr * gradients.sum(axis=0), "is expected"),
    ],
    "warmup": [
        (climbs(lambda step, warm: step / warm), "not 0"), (lambda step, warm, total, top: warmup(step, 0, total, top), "warm-up is missing"), (falls(lambda f: 1 - f), "straight line"), (falls(lambda f: (1 - np.cos(np.pi * f)) / 2), "sign of the cosine"),
        (falls(lambda f: (1 + np.cos(2 * np.pi * f)) / 2), "comes up again"), (falls(lambda f: (1 + np.cos(180 * f)) / 2), "radians"), (falls(lambda f: (1 + np.cos(f)) / 2), "factor π"), (falls(lambda f: np.cos(np.pi * f)), "minus top"),
        (falls(lambda f: 1 + np.cos(np.pi * f)), "halve the wave"), (falls(lambda f: 1), "must fall"), (climbs(lambda step, warm: 1 / warm), "climbs from step to step"), (lambda step, warm, total, top: warmup(step, warm, total, 1), "Multiply by top"),
        (lambda step, warm, total, top: warmup(step, warm, total, top) if step < warm else top * (1 + np.cos(np.pi * step / total)) / 2, "is over"), (lambda step, warm, total, top: top, "is expected"),
        (lambda step, warm, total, top: warmup(step, warm, total, top) if step < warm else top * (1 + np.cos(np.pi * (step - warm) / total)) / 2, "total − warm"), (climbs(lambda step, warm: 1), "is expected"), (lambda step, top: top, "yours takes (step, top)"),
        (lambda step, warm, total, top: warmup(step, warm, total, top) if step < warm else top * (1 + np.cos(np.pi * (step - warm + 1) / (total - warm))) / 2, "counts from 0"),
    ],
    "loops": [("AD", "in F"), ("AF", "in D"), ("DF", "A is the loop"), ("A", "in D"), ("ABDF", "in B"), ("ACDF", "in C"), ("ADEF", "in E"), ("BCE", "never move"), ("ABCDEF", "in B"), ("AB", "in B"), ("F", "A is"), ("", "give"), ("XY", "the letters to choose"),
              (4, "give"), ("not B", "letters"), ("ADG", "the letters to choose")],
    "prelu_slope": [
        (lambda dy, x: (dy * x).sum(), "leave them out"), (lambda dy, x: (dy * np.minimum(x, 0)).mean(), "Sum, not mean"),
        (lambda dy, x: dy * np.minimum(x, 0), "one number"), (lambda dy, x: (dy * (x < 0)).sum(), "local derivative is x"),
        (lambda dy, x: np.minimum(x, 0).sum(), "upstream gradient"), (lambda dy, x: 0.0, "is expected"), (lambda dy, x: -4.0, "is expected"),
        (lambda dy, x: (dy * np.maximum(x, 0)).sum(), "wrong side"), (lambda dy, x: (dy * x)[x < 0].mean(), "is expected"),
        (lambda dy, x: (dy * np.minimum(x, 0)).sum(axis=0), "both axes"), (lambda dy, x: -(dy * np.minimum(x, 0)).sum(), "minus sign"),
        (lambda dy, x: dy.sum() * np.minimum(x, 0).sum(), "its own dy"), (lambda dy, x: sum(d * v for d, v in zip(dy, x, strict=True) if v < 0), "raises ValueError"),
        (lambda dy, x: sum(dy[i, j] * min(x[i, j], 0) for i in range(x.shape[0]) for j in range(x.shape[0])), "range(x.shape[1]), not range(x.shape[0])"),
    ],
}
