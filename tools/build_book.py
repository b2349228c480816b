"""Build the book into _build/html with warnings as errors: the one command behind ``make book``.

It sees the packages of requirements-book.txt alone, whatever else is installed: the book is the same with PyTorch and
without.
"""

import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
JUPYTER_BOOK = """
import sys
from tools.only import narrow, pinned
narrow(pinned("requirements-book.txt"))
from jupyter_book.cli.main import main
sys.exit(main())
"""


def main() -> int:
    """Run Jupyter Book from scratch, so that no page is left over from before, and keep its log."""
    start = time.perf_counter()
    for folder in ("html", ".doctrees"):
        shutil.rmtree(ROOT / "_build" / folder, ignore_errors=True)
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", "-W", "-n", "--keep-going", "."]
    log = ROOT / "_build" / "build.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        code = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    if code:
        print(text)
        shutil.rmtree(ROOT / "_build" / "html", ignore_errors=True)
        print(f"The book was not built. The log is {log.relative_to(ROOT)}.")
        return code
    print(f"Built in {time.perf_counter() - start:.0f} s, without warnings.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
