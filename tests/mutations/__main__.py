"""Break the library one line at a time and see whether the tests notice: ``python -m tests.mutations --help``."""

import argparse
import contextlib
import datetime
import hashlib
import itertools
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed

import tqdm

from .table import MUTATIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "records" / "mutations.json"
SECONDS = 600


def mutate(text: str, mutation) -> str:
    """Return the source ``text`` with the mutation in it; its old line must be there exactly once."""
    found = text.count(mutation.old)
    if found != 1:
        raise SystemExit(
            f"{mutation.file}: {mutation.old!r} is there {found} times, not once, so the mutation "
            f"{mutation.what!r} does not apply. The source has changed: mend tests/mutations/table.py."
        )
    return text.replace(mutation.old, mutation.new)


def key(mutation) -> str:
    """A hash of what a result depends on: the mutation, the mutated file and the tests."""
    files = [ROOT / "cnnlib" / mutation.file, *(ROOT / "tests" / test for test in mutation.runs)]
    content = [repr(mutation).encode(), *(path.read_bytes() for path in files)]
    return hashlib.sha256(b"\0".join(content)).hexdigest()[:16]


class Copy:
    """A copy of the library and its tests, to be broken, and a process that tests it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        leave = shutil.ignore_patterns("__pycache__", "*.pyc")
        for name in ("cnnlib", "tests", "_ext", "chapters", "records"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=leave)
        shutil.copy(ROOT / "pyproject.toml", self.folder)
        self.stamps = itertools.count(1_000_000_000)
        self.environment = os.environ | {
            "PYTHONPATH": str(self.folder), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # importing plugins takes longer than most tests
        }
        where = [sys.executable, "-c", "import cnnlib; print(cnnlib.__file__)"]
        found = subprocess.check_output(where, cwd=self.folder, env=self.environment, text=True)
        if str(self.folder) not in found:
            raise SystemExit(f"the tests would import {found.strip()} and not the copy in {self.folder}")
        command = [sys.executable, "-m", "tests.mutations.server", str(SECONDS)]
        self.server = subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        self.server.stdin.close()
        self.server.wait()

    def test(self, files):
        """Run test files until the first failure; return ``(passed, the test that failed or what went wrong)``."""
        options = ("-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider",
                   "-p", "_hypothesis_pytestplugin", "--hypothesis-seed=0")
        self.server.stdin.write(json.dumps([*options, *(f"tests/{name}" for name in files)]) + "\n")
        self.server.stdin.flush()
        status = int(self.server.stdout.readline())
        printed = (self.folder / "pytest.txt").read_text(encoding="utf-8", errors="replace")
        failed = re.search(r"^FAILED (?:tests/)?(\S+)", printed, re.MULTILINE)
        if status == 1 and failed:
            return False, failed[1]
        if status == 0:
            return True, ""
        return True, f"pytest stopped with {status}: {printed.strip()[-300:]}"

    def write(self, path, text):
        """Write a source file under a time of its own, so that no compiled version of another text is taken for it."""
        path.write_text(text, encoding="utf-8")
        os.utime(path, (stamp := next(self.stamps), stamp))

    def test_mutated(self, mutation):
        path = self.folder / "cnnlib" / mutation.file
        original = path.read_text(encoding="utf-8")
        try:
            self.write(path, mutate(original, mutation))
            return self.test(mutation.runs)
        finally:
            self.write(path, original)


def load() -> dict:
    """Return the recorded results by mutation; none where there is no record that can be read."""
    try:
        rows = json.loads(RESULTS.read_text(encoding="utf-8"))["mutations"]
        return {(r["what"], r["file"], r["old"], r["new"]): r for r in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def save(results: dict) -> None:
    """Write what is known of each mutation, in the table's order, in one go."""
    import numpy
    import torch

    rows = [results[m[:4]] for m in MUTATIONS if m[:4] in results]
    content = {
        "about": "One-line mistakes planted in cnnlib, and the test that noticed each. Written by "
                 "python -m tests.mutations.",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {"python": platform.python_version(), "numpy": numpy.__version__, "torch": torch.__version__},
        "caught": sum(row["caught"] for row in rows),
        "mutations": rows,
    }
    temporary = RESULTS.with_suffix(".part")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, RESULTS)


def run(chosen, results, jobs) -> None:
    """Test the chosen mutations, ``jobs`` at a time, and record each result as it comes."""
    keys = {mutation: key(mutation) for mutation in chosen}  # of what is copied now, whatever changes meanwhile
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copies = [Copy(folder / str(i)) for i in range(jobs)]
        for copy in copies:
            stack.callback(copy.close)
        pool = stack.enter_context(ThreadPoolExecutor(jobs))

        def borrow(work, argument):
            copy = copies.pop()
            try:
                return work(copy, argument)
            finally:
                copies.append(copy)

        files = sorted({name for m in chosen for name in m.runs})
        for name, (passed, by) in _as_done(pool, lambda name: borrow(Copy.test, [name]), files, "unbroken"):
            if not passed or by:
                raise SystemExit(f"{name} must pass before anything is broken, but: {by}")
        for mutation, (passed, by) in _as_done(pool, lambda m: borrow(Copy.test_mutated, m), chosen, "broken"):
            row = dict(zip(("what", "file", "old", "new"), mutation[:4], strict=True))
            results[mutation[:4]] = row | {"caught": not passed, "by": by, "key": keys[mutation]}
            save(results)
            if passed:
                tqdm.tqdm.write(f"SURVIVED: {mutation.what} ({mutation.file}) {by}")


def _as_done(pool, work, items, label):
    """Yield ``(item, work(item))`` as they are done, with a progress bar; the first error ends it all."""
    futures = {pool.submit(work, item): item for item in items}
    try:
        for future in tqdm.tqdm(as_completed(futures), label, len(futures)):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _state(mutation, results) -> str:
    row = results.get(mutation[:4])
    if row is None:
        return "not run"
    if not row["caught"]:
        return "SURVIVED"
    return "caught" if row["key"] == key(mutation) else "was caught, before a change,"


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutations",
        description="Plant one mistake at a time in a copy of cnnlib, run the tests that should notice, and record "
                    "the result in records/mutations.json. Results of unchanged code and tests are kept. Exits with 1 "
                    "where a mistake survives.")
    parser.add_argument("--list", action="store_true", help="show the mutations and what is known of them")
    parser.add_argument("--only", metavar="TEXT", help="only mutations with this in their description or file")
    parser.add_argument("--fresh", action="store_true", help="forget what is recorded")
    parser.add_argument("--jobs", type=int, default=2, choices=(1, 2), help="test runs at a time (2)")
    options = parser.parse_args(arguments)
    for mutation in MUTATIONS:
        mutate((ROOT / "cnnlib" / mutation.file).read_text(encoding="utf-8"), mutation)
    results = load()
    chosen = [m for m in MUTATIONS if not options.only or options.only in f"{m.what} {m.file}"]
    if not chosen:
        parser.error(f"--only: no mutation has {options.only!r} in its description or file")
    if options.fresh:
        results = {known: row for known, row in results.items() if known not in {m[:4] for m in chosen}}
    if not options.list:
        waiting = [m for m in chosen if _state(m, results) != "caught"]
        if waiting:
            run(waiting, results, options.jobs)
    states = [_state(m, results) for m in chosen]
    for mutation, state in zip(chosen, states, strict=True):
        by = f" by {results[mutation[:4]]['by']}" if "caught" in state else ""
        print(f"{mutation.file:<28} {mutation.what:<58} {state}{by}")
    caught = states.count("caught")
    print(f"{caught} of {len(chosen)} caught")
    return 0 if options.list or caught == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
