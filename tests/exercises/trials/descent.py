"""Chapter 6: gradient descent."""

import math
from fractions import Fraction

import numpy as np
import torch

NO_ARRAY = ("momentum", "adam", "cosine")


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


def adam(w, m, s, g, t, lr, b1, b2, eps, corrected="ms", back=False, eps_inside=False, sign=-1):
    m = b1 * m + (1 - b1) * g
    s = b2 * s + (1 - b2) * g**2
    mean = m / (1 - b1**t) if "m" in corrected else m
    square = s / (1 - b2**t) if "s" in corrected else s
    root = np.sqrt(square + eps) if eps_inside else np.sqrt(square) + eps
    return (w + sign * lr * mean / root, mean, square) if back else (w + sign * lr * mean / root, m, s)


def adam_in_place(w, m, s, g, t, lr, b1, b2, eps):
    m *= b1
    m += (1 - b1) * g
    s *= b2
    s += (1 - b2) * g * g
    w -= lr * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + eps)
    return w, m, s


def adam_torch(w, m, s, g, t, lr, b1, b2, eps):
    p = torch.tensor(w, requires_grad=True)
    p.grad = torch.tensor(g)
    optimizer = torch.optim.Adam([p], lr=lr, betas=(b1, b2), eps=eps)
    optimizer.state[p] = {"step": torch.tensor(float(t - 1)), "exp_avg": torch.tensor(m), "exp_avg_sq": torch.tensor(s)}
    optimizer.step()
    return p, optimizer.state[p]["exp_avg"], optimizer.state[p]["exp_avg_sq"]


def adam_scaled_rate(w, m, s, g, t, lr, b1, b2, eps):
    m, s = m + (1 - b1) * (g - m), s + (1 - b2) * (g**2 - s)
    c = math.sqrt(1 - b2**t)
    return [w - lr * c / (1 - b1**t) * m / (np.sqrt(s) + eps * c), m, s]


def slip(**options):
    return lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t, lr, b1, b2, eps, **options)


def schedule(f):
    return lambda step, total, start: start * f(step / total)


RIGHT = {
    "two_steps": [(1.5, 0.75), [1.5, 0.75], np.array([1.5, 0.75]), torch.tensor([1.5, 0.75]), (Fraction(3, 2), Fraction(3, 4))],
    "limit": [0.04, 2 / 50, Fraction(1, 25), np.float32(0.04), [0.04]],
    "momentum": [momentum, momentum_in_place, momentum_loop, momentum_torch, lambda w, v, g, lr, mu: [w - lr * mu * v - lr * g, g + v * mu]],
    "adam": [adam_scaled_rate, adam_in_place, adam_torch, lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t, lr, b1, b2, eps)],
    "cosine": [
        schedule(lambda f: (1 + np.cos(np.pi * f)) / 2), lambda step, total, start: start * math.cos(math.pi * step / total / 2) ** 2,
        lambda step, total, start: start / 2 + start / 2 * math.cos(step * math.pi / total), lambda step, total, start: torch.tensor(start) * (1 + torch.cos(torch.tensor(math.pi * step / total))) / 2,
        lambda step, total, start: start * np.cos(np.float32(math.pi * step / (2 * total))) ** 2, lambda step, total, start: start * torch.cos(torch.tensor(math.pi * step / (2 * total))) ** 2,
        lambda step, total, start=0.1: np.array([start * (1 - np.sin(np.pi / 2 * step / total) ** 2)]),
    ],
}

WRONG = {
    "two_steps": [((2.25, 1.6875), "2w, not w"), ((4.5, 6.75), "subtract"), ((1.5, 0), "changes on the way"), ((0.75, 0.1875), "= 1.5 after the first"), ((-3, 3), "learning rate is missing"),
                  ((2.5, 2.0), "0.25 times the slope"), ((3, 1.5), "at the start"), ((0.75, 1.5), "other way round"), ((6, 3), "these are the slopes"), (1.5, "2 results"), ((1.5, 0.5), "1 of 2"), ((0, 0), "0 of 2")],
    "limit": [(1, "flat direction"), (0.02, "in one step"), (25, "other way up"), (2 / 52, "the largest decides"), (0.5, "Which direction breaks first"), (2 / 26, "mean curvature"), (0.08, "factor of two"), (50, "the curvature"),
              (0.4, "not this one"), ((0.04, 1), "one number is expected"), ("2/50", "the text"), (0.0399, "not this one"), (0, "not this one")],
    "momentum": [
        (lambda w, v, g, lr, mu: momentum(w, v, (1 - mu) * g, lr, mu), "averages"), (lambda w, v, g, lr, mu: (w + mu * v - lr * g, mu * v - lr * g), "inside v"),
        (lambda w, v, g, lr, mu: (w - (mu * v + lr * g), mu * v + lr * g), "inside v"), (lambda w, v, g, lr, mu: momentum(w, v, lr * g, lr, mu), "counts twice"),
        (lambda w, v, g, lr, mu: (w - lr * v, mu * v + g), "first update v"), (lambda w, v, g, lr, mu: (w + lr * (mu * v + g), mu * v + g), "subtract"), (lambda w, v, g, lr, mu: momentum(w, v, g, lr, 0.9), "common choice"),
        (lambda w, v, g, lr, mu: (w - lr * (g + mu * (mu * v + g)), mu * v + g), "Nesterov"), (lambda w, v, g, lr, mu: (w - lr * g, v), "plain gradient descent"), (lambda w, v, g, lr, mu: momentum(w, v, g, lr, mu)[0], "2 results are expected"),
        (lambda w, v, g, lr, mu: momentum(w, v, g, 1, mu), "learning rate is missing"), (lambda w, v, g, lr, mu: momentum(w, v, g, lr, 1), "μ is missing"), (lambda w, v, g, lr, mu: momentum(w, v, g, lr, mu)[::-1], "first w, then v"),
        (momentum_silent, "returns nothing"), (lambda w, v, g, lr, mu: (momentum(w, v, g, lr, mu)[0], v), "Return the new v"), (lambda w, v, g, lr, mu: (w * 0, v * 0), "is expected"), (lambda w, g, lr: w - lr * g, "yours takes (w, g, lr)"),
    ],
    "adam": [
        (slip(corrected=""), "bias correction is missing"), (slip(corrected="m"), "s needs"), (slip(corrected="s"), "m needs"), (slip(back=True), "corrected moments"), (slip(eps_inside=True), "outside the root"), (slip(sign=1), "subtract"),
        (lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t + 1, lr, b1, b2, eps), "number of this step"), (lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t, lr, b2, b1, eps), "are exchanged"),
        (lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t - 1, lr, b1, b2, eps), "do not take 1 away"), (lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t, lr, b1, b2, 0), "ε is missing"),
        (lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t, lr, b1, b2, eps)[0], "Return the new m and s"), (lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t, lr, 0.9, 0.999, 1e-8), "is expected"),
        (lambda w, m, s, g, t, lr, b1, b2, eps: (w - lr * g, m, s), "is expected"), (lambda w, m, s, g, t, lr, b1, b2, eps: (adam(w, m, s, g, t, lr, b1, b2, eps)[0], m, s), "the next step needs them"),
        (lambda w, m, s, g, t, lr, b1, b2, eps: (w, m / 0, s), "is expected"), (lambda w, m, s, g, t, lr: w, "yours takes"),
        (lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t, lr, b1, b2, 1e-8), "Use the eps"), (lambda w, m, s, g, t, lr, b1, b2, eps: adam(w, m, s, g, t, lr, 0.9, 0.999, eps), "Use the b1 and b2"),
        (lambda *a: adam(*a, corrected="ms" if a[4] < 100 else ""), "step 1000"), (lambda *a: adam(*a, corrected="ms" if a[4] < 100 else "m"), "step 1000"), (lambda *a: adam(*a, corrected="ms" if a[4] < 10 else "s"), "step 1000"),
    ],
    "cosine": [
        (schedule(lambda f: np.cos(np.pi * f)), "minus the start"), (schedule(lambda f: (1 + np.cos(2 * np.pi * f)) / 2), "comes up again"), (schedule(lambda f: np.cos(np.pi * f / 2)), "not level"), (schedule(lambda f: 1 - f), "straight line"),
        (schedule(lambda f: (1 + np.cos(180 * f)) / 2), "radians"), (schedule(lambda f: 1 + np.cos(np.pi * f)), "halve it"), (schedule(lambda f: (1 - np.cos(np.pi * f)) / 2), "climbs"), (lambda step, total, start: (1 + np.cos(np.pi * step / total)) / 2, "Multiply by start"),
        (lambda step, total, start: start * (1 + np.cos(np.pi * (step // total))) / 2, "rounds down"), (lambda step, total, start: start * (1 + np.cos(np.pi * step / (total - 1))) / 2, "divide by total"), (lambda step, total, start: 0.1, "is expected"),
        (schedule(lambda f: (1 + np.sin(np.pi * f)) / 2), "is expected"), (schedule(lambda f: (1 + np.cos(f)) / 2), "factor π is missing"), (lambda step, total, start: start * (1 + np.cos(np.pi * (step + 1) / total)) / 2, "from 0 already"), (lambda step, start: start, "yours takes (step, start)"),
    ],
}
