"""Chapter 14: what the network saw."""

import numpy as np
import torch

from cnnlib.course.exercises.saw import _back, _covered, _matched, _occlusion, _saliency, _scores, _softmax

NO_ARRAY = ()


def saliency_torch(x, w1, w2, target):
    x, w1, w2 = (torch.tensor(a, requires_grad=True) for a in (x, w1, w2))
    (w2 @ torch.relu(w1 @ x))[target].backward()
    return x.grad.abs()


def saliency_loops(x, w1, w2, target):
    found = []
    for d in range(len(x)):
        total = 0.0
        for h in range(len(w1)):
            if sum(w1[h][k] * x[k] for k in range(len(x))) > 0:
                total += w2[target][h] * w1[h][d]
        found.append(abs(total))
    return found


def saliency_matrix(x, w1, w2, target):
    open_ones = np.diag((w1 @ x > 0).astype(float))
    return np.abs(w2 @ open_ones @ w1)[target]


def saliency_differences(x, w1, w2, target):
    found = np.zeros_like(x)
    for k in range(len(x)):
        step = np.zeros_like(x)
        step[k] = 1e-6
        found[k] = (_scores(x + step, w1, w2)[1] - _scores(x - step, w1, w2)[1])[target] / 2e-6
    return np.abs(found)


def of_softmax(x, w1, w2, target):
    x = torch.tensor(x, requires_grad=True)
    torch.softmax(torch.tensor(w2) @ torch.relu(torch.tensor(w1) @ x), dim=0)[target].backward()
    return x.grad.abs()


def of_loss(x, w1, w2, target):
    x = torch.tensor(x, requires_grad=True)
    scores = torch.tensor(w2) @ torch.relu(torch.tensor(w1) @ x)
    torch.nn.functional.cross_entropy(scores[None], torch.tensor([target])).backward()
    return x.grad.abs()


def matched_loops(errors, right, turned):
    hits = 0
    for e in errors:
        best = 0
        for k in range(len(right)):
            if abs(right[k] - e) < abs(right[best] - e):
                best = k
        hits += bool(turned[best])
    return hits / len(errors)


def matched_min(errors, right, turned):
    peers = [min(range(len(right)), key=lambda k: abs(right[k] - e)) for e in errors]
    return sum(turned[k] for k in peers) / len(peers)


def matched_torch(errors, right, turned):
    gaps = torch.cdist(torch.tensor(errors)[:, None], torch.tensor(right)[:, None])
    return torch.tensor(turned)[gaps.argmin(dim=1)].double().mean()


def nearest(errors, right):
    return np.abs(right - errors[:, None]).argmin(axis=1)


def matched_once(errors, right, turned):
    """Each right digit used once."""
    free, hits = list(range(len(right))), []
    for e in errors:
        k = min(free, key=lambda i: abs(right[i] - e))
        free.remove(k)
        hits.append(turned[k])
    return np.mean(hits)


def occlusion_by_pixel(x, score, size):
    """Pixel by pixel: all windows that hold it."""
    h, w = x.shape
    found = np.zeros((h, w))
    for a in range(h):
        for b in range(w):
            drops = []
            for i in range(max(0, a - size + 1), min(a, h - size) + 1):
                for j in range(max(0, b - size + 1), min(b, w - size) + 1):
                    image = x.copy()
                    image[i:i + size, j:j + size] = 0
                    drops.append(score(x) - score(image))
            found[a, b] = np.mean(drops)
    return found


def occlusion_restoring(x, score, size):
    """In place, with the window put back."""
    image, total, count = x.copy(), np.zeros(x.shape), np.zeros(x.shape)
    for i, j in np.ndindex(x.shape[0] - size + 1, x.shape[1] - size + 1):
        window = np.s_[i:i + size, j:j + size]
        kept = image[window].copy()
        image[window] = 0
        total[window] += score(x) - score(image)
        count[window] += 1
        image[window] = kept
    return total / count


def occlusion_masks(x, score, size):
    masks = []
    for i in range(x.shape[0] - size + 1):
        for j in range(x.shape[1] - size + 1):
            mask = np.zeros(x.shape)
            mask[i:i + size, j:j + size] = 1
            masks.append(mask)
    masks = np.array(masks)
    drops = np.array([score(x) - score(x * (1 - mask)) for mask in masks])
    return np.tensordot(drops, masks, 1) / masks.sum(axis=0)


def overwritten(x, score, size):
    found = np.zeros(x.shape)
    for i in range(x.shape[0] - size + 1):
        for j in range(x.shape[1] - size + 1):
            image = x.copy()
            image[i:i + size, j:j + size] = 0
            found[i:i + size, j:j + size] = score(x) - score(image)
    return found


def never_put_back(x, score, size):
    image, total, count = x.copy(), np.zeros(x.shape), np.zeros(x.shape)
    for i in range(x.shape[0] - size + 1):
        for j in range(x.shape[1] - size + 1):
            image[i:i + size, j:j + size] = 0
            total[i:i + size, j:j + size] += score(x) - score(image)
            count[i:i + size, j:j + size] += 1
    return total / count


def step_torch(x, w1, w2, target, eps):
    image, w1, w2 = torch.tensor(x, requires_grad=True), torch.tensor(w1), torch.tensor(w2)
    torch.nn.functional.cross_entropy((w2 @ torch.relu(w1 @ image))[None], torch.tensor([target])).backward()
    return (image.detach() + eps * image.grad.sign()).clamp(0, 1)


def step_loops(x, w1, w2, target, eps):
    z = [sum(w1[h][d] * x[d] for d in range(len(x))) for h in range(len(w1))]
    s = [sum(row[h] * max(z[h], 0) for h in range(len(z))) for row in w2]
    s = [v - max(s) for v in s]
    total, moved = sum(np.exp(v) for v in s), []
    for d in range(len(x)):
        g = sum((np.exp(s[c]) / total - (c == target)) * w2[c][h] * w1[h][d]
                for c in range(len(s)) for h in range(len(z)) if z[h] > 0)
        moved.append(min(1, max(0, x[d] + eps * (int(g > 0) - int(g < 0)))))
    return moved


def step_matrix(x, w1, w2, target, eps):
    return (x + eps * np.sign(_loss_gradient(x, w1, w2, target))).clip(0, 1)


def step_overflowing(x, w1, w2, target, eps):
    e = np.exp(_scores(x, w1, w2)[1])
    return (x + eps * np.sign((e / e.sum() - np.eye(len(w2))[target]) @ _jacobian(x, w1, w2))).clip(0, 1)


def step_score(x, w1, w2, target, eps):
    return (x - eps * np.sign(_jacobian(x, w1, w2)[target])).clip(0, 1)


def step_strongest_rival(x, w1, w2, target, eps):
    scores = _scores(x, w1, w2)[1]
    rival = max((k for k in range(len(scores)) if k != target), key=lambda k: scores[k])
    return (x + eps * np.sign(_jacobian(x, w1, w2)[rival] - _jacobian(x, w1, w2)[target])).clip(0, 1)


def moved(how, clip=True):
    """The step with another function of the loss's gradient."""
    def step(x, w1, w2, target, eps):
        y = x + eps * how(_loss_gradient(x, w1, w2, target))
        return y.clip(0, 1) if clip else y
    return step


def divided_by_x(x, w1, w2, t):
    with np.errstate(invalid="ignore"):
        return np.abs(_jacobian(x, w1, w2)[t] * x / x)


def covered(**how):
    return lambda x, score, size: _covered(x, score, size, **how)


RIGHT = {
    "saliency": [_saliency, saliency_torch, saliency_loops, saliency_matrix, lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2)[t])],
    "matched": [_matched, matched_loops, matched_min, matched_torch, lambda e, r, t: t[nearest(e, r)].mean()],
    "occlusion": [_occlusion, occlusion_by_pixel, occlusion_restoring, occlusion_masks],
    "step": [step_matrix, step_torch, step_loops],
    "doubled": ["acdf", "fdca", "a, c, d, f", {"a", "c", "d", "f"}],
    "shortcuts": ["cada", "C A D A", ["c", "a", "d", "a"]],
}

WRONG = {
    "saliency": [
        (of_softmax, "after the softmax"), (of_loss, "gradient of the loss"), (lambda x, w1, w2, t: np.diag(_jacobian(x, w1, w2)[t]) @ np.ones(len(x)), "sign is still there"),
        (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2)[t] * x), "gradient × input"), (lambda x, w1, w2, t: np.abs((w2 @ w1)[t]), "ReLU is left out"),
        (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2)[t]) * (x != 0), "an empty pixel"), (saliency_differences, "differences fail"), (divided_by_x, "where the pixel is 0"),
        (lambda x, w1, w2, t: np.abs((w2 @ (w1 * (w1 @ x >= 0)[:, None]))[t]), "at z = 0"),
        (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2).sum(axis=0)), "all scores together"), (lambda x, w1, w2, t: _jacobian(x, w1, w2)[t] ** 2, "not its square"),
        (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2)[int(_scores(x, w1, w2)[1].argmax())]), "largest class"), (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2)), ""),
        (lambda x, w1, w2, t: _jacobian(x, w1, w2)[t].clip(min=0), "do not cut it off"), (lambda x, w1, w2, t: _softmax(_scores(x, w1, w2)[1])[t], ""),
        (lambda x, w1, w2, t: np.abs(_back(x, w1, w2, np.eye(len(w2))[t - 1])), ""),
    ],
    "matched": [
        (lambda e, r, t: t.mean(), "all right digits"), (lambda e, r, t: np.mean([t[np.argmax(np.where(r <= x, r, -1))] for x in e]), "size of the difference"),
        (lambda e, r, t: t[(r - e[:, None]).argmin(axis=1)].mean(), "not near"), (lambda e, r, t: t[sorted(set(nearest(e, r)))].mean(), "counts twice"),
        (lambda e, r, t: t[nearest(e, r)].sum(), "count"), (lambda e, r, t: t[nearest(e, r)].sum() / len(r), "not of right digits"), (matched_once, ""),
        (lambda e, r, t: t[np.abs(r - e[:, None]).argmax(axis=1)].mean(), "farthest"), (lambda e, r, t: 1 - t[nearest(e, r)].mean(), "those that stand"),
        (lambda e, r, t: t[:len(e)].mean(), "first right digits"), (lambda e, r, t: t[nearest(e, r)], ""), (lambda e, r, t: e[nearest(r, e)].mean(), ""),
        (lambda e, r, t: t[np.searchsorted(r, e).clip(max=len(r) - 1)].mean(), "needs leads in order"),
        (lambda e, r, t: t[r.argsort()][np.searchsorted(np.sort(r), e).clip(max=len(r) - 1)].mean(), "next larger lead"),
        (lambda e, r, t: np.any(t[nearest(e, r)]), "any peer"), (lambda e, r, t: all(t[nearest(e, r)]), "all peers"),
        (lambda e, r, t: np.mean([t[np.flatnonzero(np.abs(r - x) == np.abs(r - x).min())[-1]] for x in e]), "take the first"),
    ],
    "occlusion": [
        (never_put_back, "not restored"), (lambda x, score, size: -occlusion_masks(x, score, size), "other way round"), (lambda x, score, size: score(x) - occlusion_masks(x, score, size), "score of the covered image"),
        (covered(value="mean"), "filled with 0"), (covered(last=0), "last row"), (covered(last=0, least=0), "last row"), (covered(share="sum"), "how many windows"), (covered(side="corner"), "only to its corner"), (overwritten, "overwrites"),
        (covered(absolute=True), "keep the sign"), (lambda x, score, size: np.zeros_like(x), ""), (lambda x, score, size: occlusion_masks(x, score, 1), ""),
    ],
    "step": [
        (moved(lambda g: -np.sign(g)), "smaller"), (moved(lambda g: g), "gradient's sign"), (moved(lambda g: g / max(1e-300, (g ** 2).sum() ** 0.5)), "its length"),
        (step_overflowing, "exp overflows"), (moved(np.sign, clip=False), "from 0 to 1"), (lambda *a: moved(np.sign, clip=False)(*a).clip(min=0), "above 1"), (lambda *a: moved(np.sign, clip=False)(*a).clip(max=1), "below 0"),
        (step_score, "other scores rise"), (lambda x, w1, w2, t, e: np.clip(x + e * np.sign(_jacobian(x, w1, w2)[t]), 0, 1), "surer of it"),
        (lambda x, w1, w2, t, e: step_matrix(x, w1, w2, _scores(x, w1, w2)[1].argmax(), e), "network answers"), (moved(lambda g: 2 * (g > 0) - 1), "the pixel stays"),
        (moved(lambda g: 2 * (g >= 0) - 1), "the pixel stays"), (lambda x, *rest: np.where(x == 0, 0, step_matrix(x, *rest)), "an empty pixel"), (lambda x, *rest: step_matrix(x, *rest) - x, "the change"),
        (lambda x, w1, w2, t, e: (x + e * np.sign(w1.T @ w2.T @ (_softmax(_scores(x, w1, w2)[1]) - np.eye(len(w2))[t]))).clip(0, 1), "ReLU is left out"),
        (lambda x, w1, w2, t, e: (x + e * np.sign(_softmax(_scores(x, w1, w2)[1]) @ _jacobian(x, w1, w2))).clip(0, 1), "sends back p"),
        (lambda x, w1, w2, t, e: (x + e * np.sign((_softmax(_scores(x, w1, w2)[1]) - np.eye(len(w2))[t]) @ (w2 @ (w1 * (w1 @ x >= 0)[:, None])))).clip(0, 1), "at z = 0"),
        (lambda x, *rest: x, ""), (lambda x, w1, w2, t, e: step_matrix(x, w1, w2, t - 1, e), ""),
        (moved(lambda g: np.sign(np.where(np.isclose(g, 0), 0, g))), "very sure"), (step_strongest_rival, ""),
    ],
    "doubled": [("acd", "(f) again"), ("abcdef", "not b"), ("a", "(c) again"), ("acdef", "not e"), ("cdf", "(a) again"), ("acf", "(d) again"), ("abcdf", "not b")],
    "shortcuts": [("cadb", "given twice"), ("acda", "What does it mind"), ("dada", "Network 1"), ("cbda", "Network 2"), ("caaa", "Network 3"), ("caea", "half as dark"), ("cade", "Network 4"), ("cad", "4 letters"), ("cadd", "Network 4")],
}


def _jacobian(x, w1, w2):
    return w2 @ (w1 * (w1 @ x > 0)[:, None])


def _loss_gradient(x, w1, w2, target):
    return (_softmax(_scores(x, w1, w2)[1]) - np.eye(len(w2))[target]) @ _jacobian(x, w1, w2)
