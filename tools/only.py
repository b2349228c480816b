"""Run a Python module as if only some of the installed packages were there.

    python tools/only.py numpy torch -- cnnlib.crosscheck --draws 1         # these, and what they require
    python tools/only.py -r requirements-book.txt -- pytest --version       # what a file of requirements names

What runs like this runs in an environment that holds nothing else. Modules in the current folder stay.
"""

import argparse
import functools
import importlib.metadata
import os
import re
import runpy
import sys

from packaging.requirements import Requirement


def canonical(name: str) -> str:
    """The name of a package as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(path: str) -> set[str]:
    """The packages that a file of requirements names."""
    with open(path, encoding="utf-8") as file:
        return {canonical(found[0]) for line in file if (found := re.match(r"[A-Za-z][\w.-]*", line))}


@functools.cache
def required(name: str, extra: str) -> set[tuple[str, str]]:
    """What an installed package requires here, with one of its extras or with none ("")."""
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return set()
    here = [r for r in map(Requirement, lines) if r.marker is None or r.marker.evaluate({"extra": extra})]
    return {(canonical(r.name), more) for r in here for more in ("", *r.extras)}


def with_what_they_require(names) -> set[str]:
    """Packages and, again and again, those that they require here, by canonical name."""
    found, waiting = set(), {(canonical(name), "") for name in names}
    while waiting:
        found |= waiting
        waiting = set().union(*(required(*pair) for pair in waiting)) - found
    return {name for name, _ in found}


class Narrowed:
    """A finder of modules that does not find those of hidden packages, nor the packages' own records."""

    def __init__(self, finder, hidden: set[str], kept: set[str]):
        self.finder, self.hidden, self.kept = finder, hidden, kept

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in self.hidden else self.finder.find_spec(name, path, target)

    def find_distributions(self, *context):
        find = getattr(self.finder, "find_distributions", lambda *context: ())
        return (found for found in find(*context) if canonical(found.metadata["Name"]) in self.kept)

    def __getattr__(self, name):
        return getattr(self.finder, name)


def narrow(kept: set[str]) -> None:
    """Hide every installed package but these in this process."""
    owners = importlib.metadata.packages_distributions()
    here = {entry.partition(".")[0] for entry in os.listdir()}
    hidden = {module for module, names in owners.items() if not kept & set(map(canonical, names))} - here
    sys.meta_path[:] = [Narrowed(finder, hidden, kept) for finder in sys.meta_path]


def main() -> None:
    """Hide what is not asked for, then run the module with its arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], usage="only.py [names] [-r FILE] -- module …")
    parser.add_argument("names", nargs="*", help="packages, which bring along what they require")
    parser.add_argument("-r", dest="files", action="append", default=[], metavar="FILE", help="names every package")
    split = sys.argv.index("--") if "--" in sys.argv else parser.error("no -- before the module to run")
    options = parser.parse_args(sys.argv[1:split])
    if not sys.argv[split + 1:]:
        parser.error("no module after the --")
    narrow(with_what_they_require(options.names).union(*map(pinned, options.files)))
    sys.argv[:] = sys.argv[split + 1:]
    sys.path[0] = os.getcwd()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
