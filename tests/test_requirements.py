"""Every package is pinned, once, in the stage of the set-up that needs it; nothing is pinned that nobody needs."""

import importlib.metadata
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from tools import build_book, only, which_torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOOK, EVERYTHING = "requirements-book.txt", "requirements.txt"
BROUGHT = "# What these bring along"


def lines(name):
    """What a file asks for, a line each, without comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in (line.split("#")[0].strip() for line in text.splitlines()) if line]


def asked_for(name):
    """The packages that stand above what the others bring along."""
    text = (ROOT / name).read_text(encoding="utf-8").partition(BROUGHT)[0]
    return set(re.findall(r"^([\w.-]+)==", text, flags=re.M))


PINS = [Requirement(line) for name in (BOOK, EVERYTHING) for line in lines(name) if not line.startswith("-")]
NAMES = {only.canonical(pin.name) for pin in PINS}
HERE = {only.canonical(p.name): p for p in PINS if p.marker is None or p.marker.evaluate()}


def test_every_version_is_pinned_once():
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in PINS)
    assert len(NAMES) == len(PINS) and "torch==2.13.0" in lines(EVERYTHING)


def test_one_stage_stands_on_the_other():
    everything = lines(EVERYTHING)
    assert everything[0] == f"-r {BOOK}" and everything[-1] == "-e ."
    assert not any(line.startswith("-") for line in lines(BOOK) + everything[1:-1])


def test_the_book_needs_neither_pytorch_nor_tests_nor_jupyterlab():
    assert not only.pinned(ROOT / BOOK) & {"torch", "jupyterlab", "matplotlib", "scikit-learn", "pytest", "ruff"}


def test_the_pinned_versions_are_installed():
    wrong = {name: found for name, pin in HERE.items()
             if (found := importlib.metadata.version(name).partition("+")[0]) not in pin.specifier}
    assert not wrong, "run make setup"


def test_what_the_pinned_packages_require_is_pinned_too():
    of_pytorch = re.compile("nvidia-|cuda-|triton")  # it pins these itself
    assert not {name for name in only.with_what_they_require(HERE) - NAMES if not of_pytorch.match(name)}


def test_the_book_brings_along_nothing_of_the_other_stage():
    book = only.pinned(ROOT / BOOK) & set(HERE)
    assert only.with_what_they_require(book) == book


def test_nothing_is_pinned_that_nobody_needs():
    asked = asked_for(BOOK) | asked_for(EVERYTHING)
    assert not set(HERE) - only.with_what_they_require(asked)
    imported = "\n".join(path.read_text(encoding="utf-8") for path in [
        *(path for room in ("cnnlib", "tests", "tools", "_ext", "benchmarks") for path in (ROOT / room).rglob("*.py")),
        ROOT / "_config.yml", ROOT / "Makefile"])
    modules = {}
    for module, owners in importlib.metadata.packages_distributions().items():
        for owner in owners:
            modules.setdefault(only.canonical(owner), set()).add(module)
    unused = {name for name in map(only.canonical, asked)
              if not any(re.search(rf"\b{re.escape(module)}\b", imported) for module in modules[name])}
    assert not unused, f"neither imported nor named: {unused}"


def test_what_the_library_depends_on_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {only.canonical(Requirement(line).name) for line in project["dependencies"]} <= NAMES


# tools/only.py


def run_with(names, code):
    command = [sys.executable, "tools/only.py", *names, "--", "timeit", "-n1", "-r1", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_package_that_is_hidden_is_not_there():
    gone = run_with(["numpy"], "import numpy, cnnlib; from importlib.util import find_spec as f; "
                               "assert f('torch') is None; import tqdm")
    assert "ModuleNotFoundError: No module named 'tqdm'" in gone.stderr
    gone = run_with(["numpy"], "import importlib.metadata as m; m.version('numpy'); m.version('tqdm')")
    assert "PackageNotFoundError: No package metadata was found for tqdm" in gone.stderr
    there = run_with(["tqdm", "pytest"], "import tqdm, pytest, pluggy")
    assert there.returncode == 0, there.stderr


def test_the_book_is_always_built_without_pytorch():
    """What `make check-book` tests was built where PyTorch, JupyterLab and the tests could not be imported."""
    before, _, _ = build_book.JUPYTER_BOOK.partition("from jupyter_book")
    for module in ("torch", "jupyterlab", "matplotlib", "pytest"):
        command = [sys.executable, "-c", f"{before}\nimport {module}"]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert f"No module named '{module}'" in run.stderr


# tools/which_torch.py


LISTING = "torch (2.15.0)\nAvailable versions: 2.15.0, 2.13.0+cpu, 2.13.0, 2.12.1\n"


@pytest.mark.parametrize("present, listing, system, said", [
    (None, LISTING, "linux", "2.13.0+cpu: the small build"),
    (None, LISTING.replace("2.13.0+cpu, ", ""), "linux", "2.13.0: the build for GPUs, several gigabytes"),
    (None, LISTING.replace("+cpu", "+cu130"), "linux", "2.13.0+cu130: the build for GPUs, several gigabytes"),
    (None, "", "linux", "2.13.0: the build for GPUs, several gigabytes"),
    (None, LISTING, "darwin", "2.13.0: the CPU build"),
    (None, LISTING, "win32", "2.13.0: the CPU build"),
    ("2.12.1+cpu", LISTING.replace("2.13.0+cpu, ", ""), "linux", "several gigabytes"),
    ("2.13.0+cpu", "", "linux", ""),
    ("2.13.0", "", "linux", ""),
])
def test_the_build_of_pytorch_is_named_before_it_is_fetched(present, listing, system, said):
    words = which_torch.message("2.13.0", present, listing, system)
    assert said in words if said else words == ""
    assert ("PIP_EXTRA_INDEX_URL=ADDRESS" in words) == ("several gigabytes" in words)


def test_the_pin_of_pytorch_is_read_from_the_requirements():
    assert which_torch.pin() == "2.13.0" and which_torch.installed().partition("+")[0] == "2.13.0"
