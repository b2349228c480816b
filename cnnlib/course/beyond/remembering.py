"""How strongly does the last output of a sequence network feel each of its inputs? A recurrent network and attention.

Both are so small that their backward passes stand here by hand. Weights start in ±1/√features, as the linear layers of
this course do; ``orthogonal`` is the recurrent network's best case, a matrix that neither shrinks nor grows.
"""

import numpy as np

LENGTH, FEATURES = 40, 16
KINDS = ("recurrent", "recurrent, orthogonal start", "attention")


def weights(rng, orthogonal=False):
    """One (features, features) matrix."""
    if orthogonal:
        return np.linalg.qr(rng.normal(size=(FEATURES, FEATURES)))[0]
    return rng.uniform(-1, 1, (FEATURES, FEATURES)) / np.sqrt(FEATURES)


def recurrent(x, u, w):
    """All states of ``h_t = tanh(u x_t + w h_{t-1})``, from ``h = 0``: array (T, features)."""
    h, states = np.zeros(len(w)), []
    for x_t in x:
        h = np.tanh(u @ x_t + w @ h)
        states.append(h)
    return np.array(states)


def recurrent_backward(dh, states, u, w):
    """Gradients with respect to all inputs, given that of the last state: array (T, features)."""
    dx = np.empty_like(states)
    for t in reversed(range(len(states))):
        dz = (1 - states[t] ** 2) * dh
        dx[t], dh = u.T @ dz, w.T @ dz
    return dx


def attention(x, q, k, v):
    """What the last token takes from all: the output (features,), and the share of each token (T,)."""
    score = (x @ k.T) @ (q @ x[-1]) / np.sqrt(len(q))
    share = np.exp(score - score.max())
    share /= share.sum()
    return share @ (x @ v.T), share


def attention_backward(dy, x, q, k, v):
    """Gradients of `attention` with respect to all tokens: array (T, features)."""
    _, share = attention(x, q, k, v)
    d_share = (x @ v.T) @ dy
    d_score = share * (d_share - share @ d_share) / np.sqrt(len(q))
    dx = np.outer(share, v.T @ dy) + np.outer(d_score, k.T @ (q @ x[-1]))
    dx[-1] += q.T @ ((x @ k.T).T @ d_score)
    return dx


def slopes(seed, length=LENGTH):
    """The slopes of tanh along the way of `felt` with the orthogonal start: array (length, features)."""
    rng = np.random.default_rng([4, seed])
    x, _ = rng.normal(size=(length, FEATURES)), rng.normal(size=FEATURES)
    return 1 - recurrent(x, weights(rng), weights(rng, orthogonal=True)) ** 2


def felt(kind, seed, length=LENGTH):
    """The size of the gradient that reaches each token: array (length,)."""
    rng = np.random.default_rng([4, seed])
    x, dy = rng.normal(size=(length, FEATURES)), rng.normal(size=FEATURES)
    if kind == "attention":
        dx = attention_backward(dy, x, *(weights(rng) for _ in range(3)))
    else:
        u, w = weights(rng), weights(rng, orthogonal="orthogonal" in kind)
        dx = recurrent_backward(dy, recurrent(x, u, w), u, w)
    return np.linalg.norm(dx, axis=1)
