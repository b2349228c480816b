"""Chapter 14: what the network saw."""

import numpy as np
import torch

from cnnlib.course.exercises.saw import _back, _cam, _covered, _erased, _occlusion, _saliency, _scores, _softmax

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


def cam_einsum(maps, dmaps):
    return np.einsum("k,khw->hw", dmaps.mean(axis=(1, 2)), maps).clip(min=0)


def cam_loops(maps, dmaps):
    rows, columns = maps.shape[1:]
    weights = [sum(map(sum, d)) / (rows * columns) for d in dmaps]
    return [[max(0.0, sum(w * m[i][j] for w, m in zip(weights, maps, strict=True))) for j in range(columns)] for i in range(rows)]


def cam_torch(maps, dmaps):
    maps, dmaps = torch.tensor(maps), torch.tensor(dmaps)
    return torch.relu((dmaps.mean(dim=(1, 2))[:, None, None] * maps).sum(0))


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


def erase_mask(x, maps, n):
    flat = maps.reshape(len(maps), -1)
    ranks = (-flat).argsort(axis=1).argsort(axis=1)
    return np.where((ranks < n).reshape(maps.shape)[:, None], 0, x)


def erase_loops(x, maps, n):
    y = x.tolist()
    for k, values in enumerate(maps):
        places = sorted(np.ndindex(values.shape), key=lambda place: -values[place])
        for i, j in places[:n]:
            for channel in y[k]:
                channel[i][j] = 0.0
    return y


def erase_torch(x, maps, n):
    x, maps = torch.tensor(x), torch.tensor(maps)
    best = maps.flatten(1).topk(n, dim=1).indices
    return x.flatten(2).scatter(2, best[:, None].expand(-1, x.shape[1], -1), 0.0).reshape(x.shape)


def over_all(x, maps, n):
    order = np.argsort(-maps, axis=None)[:n * len(x)]
    k, i, j = np.unravel_index(order, maps.shape)
    y = x.copy()
    y[k, :, i, j] = 0
    return y


def covered(**how):
    return lambda x, score, size: _covered(x, score, size, **how)


def erased(**how):
    return lambda x, maps, n: _erased(x, maps, n, **how)


RIGHT = {
    "saliency": [_saliency, saliency_torch, saliency_loops, saliency_matrix, saliency_differences],
    "grad_cam": [_cam, cam_einsum, cam_loops, cam_torch],
    "occlusion": [_occlusion, occlusion_by_pixel, occlusion_restoring, occlusion_masks],
    "erase": [erase_mask, erase_loops, erase_torch, lambda x, maps, n: _erased(x, maps, n)],
    "doubled": ["acdf", "fdca", "a, c, d, f", {"a", "c", "d", "f"}],
    "shortcuts": ["cadb", "C A D B", ["c", "a", "d", "b"]],
}

WRONG = {
    "saliency": [
        (of_softmax, "after the softmax"), (of_loss, "gradient of the loss"), (lambda x, w1, w2, t: np.diag(_jacobian(x, w1, w2)[t]) @ np.ones(len(x)), "sign is still there"),
        (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2)[t] * x), "gradient × input"), (lambda x, w1, w2, t: np.abs((w2 @ w1)[t]), "ReLU is left out"),
        (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2).sum(axis=0)), "all scores together"), (lambda x, w1, w2, t: _jacobian(x, w1, w2)[t] ** 2, "not its square"),
        (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2)[int(_scores(x, w1, w2)[1].argmax())]), "largest class"), (lambda x, w1, w2, t: np.abs(_jacobian(x, w1, w2)), ""),
        (lambda x, w1, w2, t: _jacobian(x, w1, w2)[t].clip(min=0), "do not cut it off"), (lambda x, w1, w2, t: _softmax(_scores(x, w1, w2)[1])[t], ""),
        (lambda x, w1, w2, t: np.abs(_back(x, w1, w2, np.eye(len(w2))[t - 1])), ""),
    ],
    "grad_cam": [
        (lambda a, d: (d.mean(axis=0) * a).sum(axis=0).clip(min=0), "not over the channels"), (lambda a, d: np.einsum("k,khw->khw", d.mean(axis=(1, 2)), a).clip(min=0).sum(axis=0), "the ReLU comes last"),
        (lambda a, d: np.einsum("k,khw->hw", d.mean(axis=(1, 2)), a), "ReLU is missing"), (lambda a, d: abs(np.einsum("k,khw->hw", d.mean(axis=(1, 2)), a)), "do not turn it positive"),
        (lambda a, d: (d * a).sum(axis=0).clip(min=0), "one weight"), (lambda a, d: cam_einsum(a, d) / len(a), "not averaged"), (lambda a, d: cam_einsum(a, d) * a[0].size, "not the sum"),
        (lambda a, d: cam_einsum(a, d.clip(min=0)), "comes at the end"), (lambda a, d: cam_einsum(d, a), "other way round"), (lambda a, d: a.sum(axis=0), "gradient is not used"),
        (lambda a, d: cam_einsum(a, d).sum(), ""), (lambda a, d: cam_einsum(a, d).T, ""), (lambda a, d: cam_einsum(a, d) / max(cam_einsum(a, d).max(), 1e-12), "do not divide"),
    ],
    "occlusion": [
        (never_put_back, "not restored"), (lambda x, score, size: -occlusion_masks(x, score, size), "other way round"), (lambda x, score, size: score(x) - occlusion_masks(x, score, size), "score of the covered image"),
        (covered(value="mean"), "filled with 0"), (covered(last=0), "last row"), (covered(share="sum"), "how many windows"), (covered(side="corner"), "only to its corner"), (overwritten, "overwrites"),
        (covered(absolute=True), "keep the sign"), (lambda x, score, size: np.zeros_like(x), ""), (lambda x, score, size: occlusion_masks(x, score, 1), ""),
    ],
    "erase": [
        (lambda x, maps, n: erase_mask(x, -maps, n), "smallest values"), (lambda x, maps, n: erase_mask(x, abs(maps), n), "not by its size"), (over_all, "all pictures at once"),
        (lambda x, maps, n: erase_mask(x, maps[:1].repeat(len(x), 0), n), "first map"), (lambda x, maps, n: x - erase_mask(x, maps, n), "keep the named"), (erased(first=True), "all channels"),
        (lambda x, maps, n: erase_mask(x, maps, n + 1), "too many"), (lambda x, maps, n: x, ""), (lambda x, maps, n: erase_mask(x, maps, n)[:, 0], ""), (lambda x, maps, n: np.where(maps[:, None] > 0, 0, x), ""),
    ],
    "doubled": [("acd", "(f) again"), ("abcdef", "not b"), ("a", "(c) again"), ("acdef", "not e"), ("cdf", "(a) again"), ("acf", "(d) again"), ("abcdf", "not b")],
    "shortcuts": [("cabd", "3 and 4"), ("acdb", "1 and 2"), ("dacb", "Network 1"), ("cdab", "Network 2"), ("cbda", "Network 2"), ("cad", "4 letters"), ("cadd", "Network 4")],
}


def _jacobian(x, w1, w2):
    return w2 @ (w1 * (w1 @ x > 0)[:, None])
