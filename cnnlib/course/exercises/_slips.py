"""What chapter 7's longer exercises ask for, with the slips that their checkers know."""

import numpy as np

from cnnlib.activations import softmax


def gaps(train, validation, order=2):
    """The distance from every validation image (row) to every training image (column): Euclid's, or of order 1."""
    a, b = (part.reshape(len(part), -1).astype(float) for part in (train, validation))
    return (np.abs(b[:, None] - a[None]) ** order).sum(axis=2) ** (1 / order)


def descent(x, target, w, b, lr, orders, batch_size, *, mean=True, sign=-1, keep=False, drop=False, by_batch=False,
            paired=True, late=False, after=False, onehot=True, bias=True, softmax=softmax):
    """Train softmax neurons as exercise 7.4 asks, or with the slip that an option names."""
    w, b, losses = w.copy(), b.copy(), []
    dw, db = np.zeros_like(w), np.zeros_like(b)
    for order in orders:
        total, n = [], []
        for start in range(0, len(order), batch_size):
            chosen = order[start:start + batch_size]
            if drop and len(chosen) < batch_size:
                continue
            xb, tb = x[chosen], target[chosen] if paired else target[start:start + batch_size]
            p = softmax(xb @ w.T + b, dim=1)
            total.append(-np.log(p[np.arange(len(tb)), tb]).sum())
            n.append(len(tb))
            dz = p - onehot * np.eye(len(b))[tb]
            dz = dz / len(tb) if mean else dz
            if not (keep or late):
                dw, db = np.zeros_like(w), np.zeros_like(b)
            dw, db = dw + dz.T @ xb, db + dz.sum(axis=0)
            if not late:
                w, b = w + sign * lr * dw, b + bias * sign * lr * db
        if late:
            w, b, dw, db = w + sign * lr * dw, b + sign * lr * db, np.zeros_like(w), np.zeros_like(b)
        if after:
            losses.append(-np.log(softmax(x @ w.T + b, dim=1)[np.arange(len(target)), target]).mean())
        else:
            losses.append(np.mean(np.divide(total, n)) if by_batch else np.sum(total) / max(sum(n), 1))
    return w, b, losses
