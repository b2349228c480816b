"""Records of the chapters' long experiments: JSON files in ``records/``, read and written in one way."""

import argparse
import functools
import json
import pathlib
from concurrent.futures import ProcessPoolExecutor

from cnnlib import _files

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "records"


def read(path):
    """The record in this file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write(path, record):
    """Write a record whole or not at all: an interrupted measurement leaves the one that was there."""
    _files.write(path, (json.dumps(record, indent=1) + "\n").encode())


def named(measurements):
    """Parts for `renew`, from functions without arguments that measure an entry each: name to function."""
    return {name: lambda _, name=name, measure=measure: {name: measure()} for name, measure in measurements.items()}


def renew(path, parts, about, arguments=None):
    """The command line of a record: measure its parts again, or those that are named, and keep the others.

    Each part is written when it is measured, so that an interrupted run loses one part and no more.

    Parameters
    ----------
    path : pathlib.Path
        The record; it need not exist yet.
    parts : dict of str to callable
        Each is given the record as far as it stands, and returns the entries that it measured.
    about : str
        What ``--help`` says first: the module's docstring, of which the first line is taken.
    arguments : list of str, optional
        Instead of those of the command line.

    Raises
    ------
    SystemExit
        A part that there is not: the message lists those that there are. Nothing is measured.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(parts)}; without it, all")
    chosen = parser.parse_args(arguments).parts or list(parts)
    if unknown := sorted(set(chosen) - set(parts)):
        parser.error(f"no such part: {', '.join(unknown)}; choose from {', '.join(parts)}")
    for k, name in enumerate(chosen):
        print(f"{name} ({k + 1} of {len(chosen)})", flush=True)
        record = read(path) if path.exists() else {}
        write(path, record | parts[name](record))


def renew_side_by_side(path, parts, about, arguments=None):
    """As `renew`, with trainings side by side on all cores: every part is given a pool of processes first."""
    with ProcessPoolExecutor() as pool:
        renew(path, {name: functools.partial(part, pool) for name, part in parts.items()}, about, arguments)
