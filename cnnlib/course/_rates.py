"""The search for a learning rate that the long experiments of chapters 8 and 11 share."""

import numpy as np


def climb(rates, score, start=0.003):
    """Scores by rate, tried from ``start`` on until both neighbours of the best rate are worse.

    Parameters
    ----------
    rates : sequence of float
        In rising order.
    score : callable
        ``score(lr)`` returns a list of scores, one for each seed; the best rate has the highest mean.
    start : float, optional
        One of the rates.

    Returns
    -------
    tried : dict of float to list
        What was tried.
    best : float

    Examples
    --------
    >>> tried, best = climb((0.001, 0.003, 0.01, 0.03, 0.1), lambda lr: [-abs(lr - 0.01)])
    >>> sorted(tried), best
    ([0.001, 0.003, 0.01, 0.03], 0.01)
    """
    tried, k = {}, rates.index(start)
    while True:
        around = [near for near in (k, k - 1, k + 1) if 0 <= near < len(rates)]
        for near in around:
            if rates[near] not in tried:
                tried[rates[near]] = score(rates[near])
        best = max(around, key=lambda near: np.mean(tried[rates[near]]))
        if best == k:
            return tried, rates[k]
        k = best
