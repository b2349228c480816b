"""Say which build of PyTorch pip is about to fetch, before it does: on Linux the usual one brings gigabytes of CUDA."""

import importlib.metadata
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SMALL = """\
For the small build, 200 megabytes, stop this with Ctrl-C. Choose Pip and CPU under "Get Started" on PyTorch's
site, and give pip the index address shown there:
    PIP_EXTRA_INDEX_URL=ADDRESS make test
(or set that variable before the pip command of the README). Every check of the course runs on either."""


def pin() -> str:
    """The version that requirements.txt asks for."""
    return re.search(r"^torch==(\S+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), flags=re.M)[1]


def installed() -> str | None:
    """The version that is there already."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def on_offer() -> str:
    """What pip finds for this Python and system, as it lists it; it downloads nothing for that."""
    command = [sys.executable, "-m", "pip", "index", "versions", "torch", "--disable-pip-version-check"]
    return subprocess.run(command, capture_output=True, text=True).stdout


def is_due(wanted: str, present: str | None) -> bool:
    """Whether pip has anything to fetch; a build of the same version will do, whichever it is."""
    return (present or "").partition("+")[0] != wanted


def message(wanted: str, present: str | None, listing: str, system: str) -> str:
    """What to say; nothing where no download is due, or where each system has one build only."""
    if not is_due(wanted, present):
        return ""
    if not system.startswith("linux"):
        return f"PyTorch {wanted}: the CPU build, which is what pip takes on this system."
    found = re.search(r"^Available versions: (.*)$", listing, flags=re.M)
    versions = [v for v in (found[1].split(", ") if found else ()) if v.partition("+")[0] == wanted]
    build = versions[0] if versions else wanted  # the newest first, and a local build is newer than a plain one
    if build.partition("+")[2].startswith("cpu"):
        return f"PyTorch {build}: the small build for the CPU."
    return f"PyTorch {build}: the build for GPUs, several gigabytes, which also runs without one.\n{SMALL}"


if __name__ == "__main__":
    version, there = pin(), installed()
    if is_due(version, there):
        print(message(version, there, on_offer(), sys.platform), flush=True)
