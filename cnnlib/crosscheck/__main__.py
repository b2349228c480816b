"""Measure how far cnnlib is from PyTorch: ``python -m cnnlib.crosscheck --help``."""

import argparse
import pathlib
import sys

import torch

from cnnlib.crosscheck import report
from cnnlib.crosscheck.cases import CASES
from cnnlib.crosscheck.compare import TOLERANCE, check


def measure(case, dtype: str, device: str, draws: int) -> dict:
    """Return the row of the record for one case: the worst errors of ``draws`` examples."""
    forward = backward = 0.0
    problem, redrawn = None, 0
    for seed in range(draws):
        try:
            result = check(case, seed, dtype, device)
        except Exception as error:  # a crash is a finding: it belongs in the table
            forward, problem = float("inf"), problem or f"seed {seed}: {type(error).__name__}: {error}"
            continue
        forward, backward = max(forward, result.forward), max(backward, result.worst_backward)
        redrawn += result.redrawn
        if not result.ok:
            problem = problem or f"seed {seed}: forward {result.forward:.1e}, " + ", ".join(
                f"d{name} {value:.1e}" for name, value in result.backward.items())
    module = case.ours.__module__.removeprefix("cnnlib.")
    forward, backward = (e if e < float("inf") else None for e in (forward, backward))
    return {"name": case.name, "module": module, "dtype": dtype, "device": device,
            "forward": forward, "backward": backward, "tolerance": TOLERANCE[dtype], "redrawn": redrawn,
            "ok": problem is None, "problem": problem, "source": report.source_version(module)}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cnnlib.crosscheck",
        description="Compare every operation of cnnlib with PyTorch, forward and backward, on random examples. "
                    "Exits with 1 where an error is over its tolerance.")
    parser.add_argument("--draws", type=int, default=100, metavar="N", help="examples for each line (100)")
    parser.add_argument("--device", choices=("cpu", "cuda", "all"), default="all",
                        help="where PyTorch computes; all is every device found here (default)")
    parser.add_argument("--output", type=pathlib.Path, default=report.RECORD, metavar="FILE",
                        help="where the record is written (records/verification.json)")
    parser.add_argument("--only", metavar="TEXT", help="only operations with this in their name; writes nothing")
    options = parser.parse_args(arguments)
    if options.draws < 1:
        parser.error(f"--draws must be at least 1, got {options.draws}")
    found = torch.cuda.is_available()
    if options.device == "cuda" and not found:
        parser.error("--device cuda: PyTorch finds no CUDA device here")
    if not options.only and not options.output.parent.is_dir():
        parser.error(f"--output: there is no folder {options.output.parent}")
    devices = {"cpu": ["cpu"], "cuda": ["cuda"], "all": ["cpu", "cuda"] if found else ["cpu"]}[options.device]
    cases = [case for case in CASES if not options.only or options.only in case.name]
    if not cases:
        parser.error(f"--only: no operation's name contains {options.only!r}")

    rows = []
    for device in devices:
        print(f"PyTorch {torch.__version__} on {report.hardware(device)} ({device}), "
              f"{options.draws} examples a line")
        for case in cases:
            for dtype in TOLERANCE:
                rows.append(measure(case, dtype, device, options.draws))
                _progress(f"{len(rows)} of {len(devices) * len(cases) * len(TOLERANCE)}: {case.name}")
    _progress("")
    print(report.table(rows))
    if not found:
        print("No CUDA device here: nothing was measured on a GPU.")
    if not options.only:
        record = report.merge(report.load(options.output), rows, options.draws)
        report.save(options.output, record)
        print(f"Written to {options.output}: CPU {record['runs'].get('cpu', {}).get('hardware', 'not measured')}; "
              f"GPU {record['gpu']}.")
    failed = [row for row in rows if not row["ok"]]
    print(f"{len(rows) - len(failed)} of {len(rows)} lines within tolerance.")
    return 1 if failed else 0


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:<60}\r", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
