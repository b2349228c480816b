"""Run the benchmarks, print a table, write records/benchmarks.json."""

import argparse
import json
import os
import pathlib
import subprocess
import sys

RECORD = pathlib.Path(__file__).resolve().parent.parent / "records" / "benchmarks.json"
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def environment(threads):
    """The environment of a measuring process: so many threads, and no kernels pinned."""
    values = dict(os.environ, **{name: str(threads) for name in VARIABLES})
    values.pop("OPENBLAS_CORETYPE", None)
    return values


def in_process(code, threads, **change):
    """Run Python code in a process of its own and return the JSON value on its last line of output."""
    values = environment(threads) | change
    done = subprocess.run([sys.executable, "-c", code], env=values, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the measuring process ended with status {done.returncode}; nothing was written")
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="measure for longer, and train MNIST to 99 %% (5 seeds)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], choices=(1, 2), help="default: 1 2")
    parser.add_argument("--output", type=pathlib.Path, default=RECORD, help="default: %(default)s")
    options = parser.parse_args(arguments)

    code = "import json; from benchmarks import machine; print(json.dumps(machine.describe()))"
    result = {"machine": in_process(code, 1)}
    print(f"load average before starting: {result['machine']['load_average']} (other work makes every figure worse)")
    if pinned := os.environ.get("OPENBLAS_CORETYPE"):
        code = "import json; from benchmarks import machine; print(json.dumps(machine.gemm_peak()['numpy']))"
        result["pinned"] = {"value": pinned, "peak": in_process(code, 1, OPENBLAS_CORETYPE=pinned)}
    code = "import json; from benchmarks import suite; print(json.dumps(suite.run({}, {})))"
    result["runs"] = [in_process(code.format(threads, options.full), threads) for threads in options.threads]
    code = "import json; from benchmarks import memory; print(json.dumps(memory.peaks()))"
    result["memory"] = in_process(code, 1)
    if options.full:
        code = "import json; from benchmarks import mnist; print(json.dumps(mnist.run(workers={})))"
        result["mnist"] = in_process(code.format(max(options.threads)), max(options.threads))

    from benchmarks import report

    print("\n".join(report.lines(result)))
    partial = options.output.with_suffix(".part")
    partial.write_text(json.dumps(result, indent=1) + "\n")
    partial.replace(options.output)
    print(f"\nwritten to {options.output}")


if __name__ == "__main__":
    main()
