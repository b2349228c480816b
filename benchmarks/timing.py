"""A stopwatch that is fair on a shared machine: contenders take turns, and medians are compared."""

import time

import numpy as np

PAUSE = 0.01  # seconds between two contenders: idle BLAS threads keep a core busy for a while


def clock(threads):
    """The clock for so many threads: with one, the processor's time, which other programs do not lengthen."""
    return time.process_time if threads == 1 else time.perf_counter


def in_turns(contenders, seconds=3.0, least=5, most=60, turn=0.03, threads=1):
    """Time functions in turns, A B A B ..., until ``seconds`` have passed.

    Parameters
    ----------
    contenders : dict of name to function
    seconds : float
        About how long all of it may take.
    least, most : int
        Turns for each.
    turn : float
        Seconds that a turn should last: quick functions are called several times in one.
    threads : int
        How many threads or processes each function uses: decides which `clock` is read.

    Returns
    -------
    dict of name to array
        Seconds per call, one number a turn.
    """
    calls, now = {}, clock(threads)
    for name, function in contenders.items():
        function()
        start = now()
        function()
        calls[name] = int(np.clip(turn / max(now() - start, 1e-7), 1, 200))
        for _ in range(min(calls[name], 10)):
            function()
    times = {name: [] for name in contenders}
    stop = time.perf_counter() + seconds
    for i in range(most):
        if i >= least and time.perf_counter() > stop:
            break
        for name, function in contenders.items():
            time.sleep(PAUSE)
            start = now()
            for _ in range(calls[name]):
                function()
            times[name].append((now() - start) / calls[name])
    return {name: np.array(values) for name, values in times.items()}


def summary(times, ours="cnnlib", peers="torch"):
    """Medians in milliseconds, and the ratio of ours to the fastest whose name starts with ``peers``."""
    medians = {name: float(np.median(values)) for name, values in times.items()}
    rivals = {name: value for name, value in medians.items() if name.startswith(peers)}
    result = {
        "ms": {name: 1e3 * value for name, value in medians.items()},
        "best_ms": {name: 1e3 * float(np.min(values)) for name, values in times.items()},
        "turns": len(times[ours]),
    }
    if rivals:
        fastest = min(rivals, key=rivals.get)
        each = times[ours] / times[fastest]
        result |= {
            "fastest": fastest,
            "ratio": medians[ours] / medians[fastest],
            "spread": [float(np.percentile(each, q)) for q in (25, 75)],
            "ratios": {name: value / medians[fastest] for name, value in medians.items()},
        }
    return result
