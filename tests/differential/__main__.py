"""Look for a network that the engine runs otherwise than the layers, and for a call that PyTorch answers otherwise."""

import argparse
import concurrent.futures
import contextlib
import datetime
import itertools
import json
import pathlib
import platform
import sys
import time
import warnings

import numpy as np
import torch
import tqdm

from cnnlib.crosscheck import CASES, check

from .draw import draw
from .shrink import failure, shrink

TWO = 25  # every so many networks run with a second process
PART = 80  # networks that a process is handed at a time


def network(seed):
    """What is wrong with the network of a seed, as the smallest code that shows it; None if nothing is."""
    trial = draw(seed, 2 if seed % TWO == 0 else 1)
    if failure(trial) is None:
        return None
    smallest, problem = shrink(trial)
    return f"{smallest.code()}\n\n{problem}\n(network {seed})"


def call(seed):
    """The same for a call of an operation, against PyTorch."""
    case = CASES[seed % len(CASES)]
    dtype = ("float64", "float32")[seed // len(CASES) % 2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = check(case, seed, dtype)
            problem = None if result.ok else f"forward {result.forward:.1e}, backward {result.backward}"
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
    name = f"[case for case in CASES if case.name == {case.name!r}][0]"
    code = f"from cnnlib.crosscheck import CASES, check\n\ncheck({name}, {seed}, {dtype!r})"
    return problem and f"{code}\n\n{problem}"


def both(seed):
    """What is wrong with the network and with the call of a seed."""
    return [problem for problem in (network(seed), call(seed)) if problem]


def fuzz(options):
    """Draw until there is enough of it; return what was done and what was found."""
    done, found = 0, []
    start, until = time.time(), time.time() + 60 * options.minutes
    enough = options.networks or (sys.maxsize if options.minutes else 1000)
    timed = bool(options.minutes)
    bar = tqdm.tqdm(total=None if enough == sys.maxsize else enough, unit="network", disable=None)
    seeds = iter(range(options.seed, options.seed + enough))
    with concurrent.futures.ProcessPoolExecutor(options.jobs) if options.jobs > 1 else contextlib.nullcontext() as pool:
        try:
            while part := list(itertools.islice(seeds, PART * options.jobs)):
                for problems in pool.map(both, part, chunksize=PART // 4) if pool else map(both, part):
                    done += 1
                    found += problems
                    for problem in problems:
                        tqdm.tqdm.write(problem + "\n", file=sys.stdout)
                    bar.update()
                    if timed and time.time() > until or found and not options.keep_going:
                        seeds = iter(())
                        break
        except KeyboardInterrupt:
            print("interrupted")
    bar.close()
    return {"networks": done, "calls": done, "failures": found, "seconds": round(time.time() - start)}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__ + " Exits with 1 where "
                                     "something is found, and prints the smallest code that shows it.")
    parser.add_argument("--minutes", type=float, default=0, metavar="M", help="stop after so long")
    parser.add_argument("--networks", type=int, default=0, metavar="N",
                        help="stop after so many networks, and as many calls (1000, unless minutes are given)")
    parser.add_argument("--seed", type=int, default=0, help="of the first network; the next ones count on (0)")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    parser.add_argument("--jobs", type=int, default=1, help="processes that draw (1); they draw the same as one would")
    parser.add_argument("--record", metavar="PATH", help="write what was done and found to this file")
    options = parser.parse_args(arguments)
    if options.networks < 0 or options.minutes < 0 or options.seed < 0 or options.jobs < 1:
        parser.error("networks, minutes and seed must not be negative, and jobs must be at least 1")
    result = fuzz(options)
    rate = result["networks"] / max(1, result["seconds"])
    print(f"{result['networks']} networks against the layers and {result['calls']} calls against PyTorch in "
          f"{result['seconds']} s ({rate:.1f} networks a second): {len(result['failures'])} failures")
    if options.record:
        record = {
            "about": "Random networks through layers and engine, random calls through cnnlib and PyTorch. Written by "
                     "python -m tests.differential.",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(), "seed": options.seed,
            "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
            **result,
        }  # fmt: skip
        pathlib.Path(options.record).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
