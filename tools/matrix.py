"""Compare the committed notebooks under other arithmetic: three sets of BLAS kernels, one and two threads.

The last digits of a sum depend on the order of its terms, and so on the processor and the number of
threads. Outputs that survive this matrix will survive a reader's machine.
"""

import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("chapters", "laboratories")
KERNELS = (None, "Haswell", "Sandybridge")
THREADS = (1, 2)


def environment(kernels: str | None, threads: int) -> dict[str, str]:
    """The environment of one column of the matrix."""
    env = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
    env |= {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    return env | ({"OPENBLAS_CORETYPE": kernels} if kernels else {})


def main(notebooks: list[str]) -> int:
    """Run nbval once for each combination and print a table."""
    notebooks = notebooks or [str(path) for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
    command = [
        sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "--nbval-sanitize-with",
        "nbval_sanitize.cfg", "-p", "no:cacheprovider", "--dist", "loadfile", *notebooks,
    ]
    rows, failed = [], False
    for kernels in KERNELS:
        for threads in THREADS:
            name = f"{kernels or 'as detected':<12} {threads} thread{'s' if threads > 1 else ' '}"
            print(f"== {name}", flush=True)
            start = time.perf_counter()
            # As many notebooks at a time as there are cores for their threads: BLAS threads that wait keep a core busy.
            workers = max(1, (os.cpu_count() or 1) // threads)
            run = subprocess.run(
                [*command, "-n", str(workers)], cwd=ROOT, env=environment(kernels, threads), text=True,
                capture_output=True,
            )
            failed |= run.returncode != 0
            if run.returncode:
                print(run.stdout[-6000:], run.stderr[-2000:])
            rows.append(f"{name}  {'same outputs' if run.returncode == 0 else 'DIFFERENT'}"
                        f"  {time.perf_counter() - start:4.0f} s")
    print("\nBLAS kernels, threads: are the outputs as committed?", *rows, sep="\n  ")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
