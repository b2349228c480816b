"""Show where every pinned version is to be had: stages of the set-up × Pythons × systems.

    python tools/resolve.py          # needs uv (pip install uv) and a package index; installs nothing

Each line asks uv to resolve the pins for another Python and system from ready-built wheels alone. It is complete where
that brings no package without a pin, apart from those that PyTorch itself pins: CUDA's, on Linux.
"""

import importlib.util
import itertools
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAGES = ("requirements-book.txt", "requirements.txt")
PYTHONS = ("3.11.2", "3.11", "3.12", "3.13", "3.14")  # 3.11.2 is Debian 12's
SYSTEMS = {
    "Linux": "x86_64-unknown-linux-gnu", "Linux on Arm": "aarch64-unknown-linux-gnu",
    "Windows": "x86_64-pc-windows-msvc", "macOS on Apple silicon": "aarch64-apple-darwin",
    "macOS on Intel": "x86_64-apple-darwin",
}
# PyTorch has no wheel for Intel Macs: they can build the book, not run the tests.
NOT_OFFERED = {("requirements.txt", "macOS on Intel")}
OF_PYTORCH = re.compile(r"cuda-|nvidia-|triton$")


def pins(text: str) -> dict[str, str]:
    """The packages of a file of requirements, and their versions."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.M))


def resolve(stage: str, python: str, system: str) -> tuple[bool, str]:
    """Whether all pins of a stage are to be had there; how many, or why not."""
    files = STAGES[: STAGES.index(stage) + 1]
    text = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    wanted = "\n".join(line for line in text.splitlines() if not line.startswith("-"))
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate",
         "--only-binary", ":all:", "--python-version", python, "--python-platform", SYSTEMS[system], "-"],
        input=wanted, capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0"},
    )
    if done.returncode:
        return False, " ".join(done.stderr.split())
    found = pins(done.stdout)
    stray = [name for name in found if name not in pins(wanted) and not OF_PYTORCH.match(name)]
    return not stray, f"without a pin: {', '.join(stray)}" if stray else f"{len(found)} packages"


def main() -> int:
    """Print the table; 1 where a pin is not to be had, or more is brought than is pinned."""
    if not importlib.util.find_spec("uv"):
        sys.exit("uv is needed: python -m pip install uv")
    failed = False
    for stage, python, system in itertools.product(STAGES, PYTHONS, SYSTEMS):
        expected = (stage, system) not in NOT_OFFERED
        good, words = resolve(stage, python, system)
        failed |= good != expected
        print(f"{stage:<22} Python {python:<7} {system:<23} {'yes' if good else 'NO ' if expected else 'no '} "
              f"{words if expected else 'PyTorch has no wheel'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
