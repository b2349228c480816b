"""Make an edition of the course, out of the chapters as they are.

    python tools/editions.py student       # solutions withheld, stubs kept
    python tools/editions.py instructor    # solutions open, after each a note: what is tested, the mistakes seen
    python tools/editions.py colab         # for the branch of that name: a first cell fetches the library

Each is a folder under ``_build`` with all that the chapters need to run; the notes come from the checkers themselves.
"""

import importlib
import pathlib
import re
import shutil
import sys

import nbformat
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What a notebook needs beside it, to run and to be compared. No tests: they hold right answers to every exercise.
BESIDE = (
    "cnnlib", "laboratories", "records", "binder", "requirements-book.txt", "requirements.txt", "pyproject.toml",
    "nbval_sanitize.cfg", "conftest.py", "LICENSE", "LICENSE-TEXT", "CITATION.cff", "speed.ipynb", "verification.ipynb",
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.egg-info")
EXERCISE = re.compile(r"^### Exercise \d+\.\d+", re.M)
HEADING = re.compile(r"^##? ", re.M)
WHERE = re.compile(r"Solutions are [^.]*\.")
CHECKERS = re.compile(r"^from cnnlib\.course\.exercises import (\w+) as check$", re.M)
README = {
    "student": """\
# From Neuron to ConvNet, for students

The chapters are notebooks in `chapters/`. At the end of each are exercises: write your answer into the stub, run the
cell, read the verdict. Solutions are withheld in this edition.
""",
    "instructor": """\
# From Neuron to ConvNet, for teachers

The chapters are notebooks in `chapters/`. At the end of each are exercises with open solutions, and a note after each
solution: what is tested, on which cases, and the mistakes that the checker knows. Keep this folder to yourself.
""",
    "colab": """\
# From Neuron to ConvNet, for Colab

The chapters of the course, each with a first cell that fetches the library where it runs on Colab.
""",
}
COLAB = """\
import os, sys
if "google.colab" in sys.modules and not os.path.exists("../cnnlib"):  # fetch the library, and work beside it
    !git clone --quiet --depth 1 {repository} course
    %pip install --quiet ./course
    %cd -q course/chapters
    sys.path.insert(0, "..")"""
SET_UP = """
With Python 3.11 or newer, in this folder (on Windows write `.venv\\Scripts\\python`):

```
python3 -m venv .venv
.venv/bin/python -m pip install -r requirements.txt
.venv/bin/python -m jupyter trust chapters/*.ipynb
.venv/bin/python -m jupyterlab chapters
```

Code: MIT licence (`LICENSE`). Text and figures: CC BY 4.0 (`LICENSE-TEXT`).
"""


def exercises(cells):
    """For each cell, whether it belongs to an exercise: from its heading to the next heading above it."""
    inside, found = False, []
    for cell in cells:
        if cell.cell_type == "markdown":
            last = [match.start() for match in HEADING.finditer(cell.source)][-1:] or [-1]
            here = [match.start() for match in EXERCISE.finditer(cell.source)][-1:] or [-1]
            inside = here > last if max(here, last) > [-1] else inside
        found.append(inside)
    return found


def is_solution(cell, inside):
    """Whether a cell of an exercise is its solution."""
    return inside and cell.cell_type == "code" and "hide-cell" in cell.metadata.get("tags", [])


def marks(cell):
    """The names by which a grader knows the exercise of a stub, such as ``q7_1a``: its verdict has the number."""
    labels = re.findall(r"○ Exercise ([\d.]+[a-z]?):", "".join(str(output) for output in cell.get("outputs", [])))
    return [f"q{label.replace('.', '_')}" for label in dict.fromkeys(labels)]


def student(notebook):
    """The cells without the solutions; those to write in are marked for otter-grader, which others pass over."""
    pairs = zip(notebook.cells, exercises(notebook.cells), strict=True)
    kept = [cell for cell, inside in pairs if not is_solution(cell, inside)]
    for cell in kept:
        if found := marks(cell):
            cell.metadata["otter"] = {"tests": found}
    return [say(cell, "Solutions are withheld in this edition.") for cell in kept]


def instructor(notebook):
    """The cells with open solutions, and a note after those of each stub."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    table = {note.name: note for note in checkers_notes(CHECKERS.search(code)[1])}
    cells, asked = [], []

    def tell():
        cells.extend(nbformat.v4.new_markdown_cell(text(table[name])) for name in asked)
        asked.clear()

    solved = False
    for cell, inside in zip(notebook.cells, exercises(notebook.cells), strict=True):
        solution = is_solution(cell, inside)
        if solved and not solution:
            tell()
        if solution:
            cell.metadata.pop("jupyter", None)
            cell.metadata["tags"] = [tag for tag in cell.metadata["tags"] if tag != "hide-cell"]
            if not cell.metadata["tags"]:
                del cell.metadata["tags"]
        elif inside and cell.cell_type == "code":
            asked += [name for name in dict.fromkeys(re.findall(r"\bcheck\.(\w+)\(", cell.source)) if name in table]
        solved = solution
        cells.append(say(cell, "Solutions are open in this edition, each with a note for teachers."))
    tell()
    return cells


def colab(notebook):
    """The cells after one that fetches the library, where the notebook runs on Colab."""
    fetch = nbformat.v4.new_code_cell(COLAB.format(repository=repository()))
    fetch["id"] = "colab"
    return [fetch, *notebook.cells]


def repository():
    """The public address of the course, from ``_config.yml``."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    return settings["course_repository"] or sys.exit("First set course_repository in _config.yml: Colab fetches it.")


def checkers_notes(chapter):
    """The notes on a chapter's exercises."""
    from cnnlib.course.exercises._notes import notes

    return notes(importlib.import_module(f"cnnlib.course.exercises.{chapter}"))


def say(cell, words):
    """The cell, with what its chapter says about solutions replaced."""
    if cell.cell_type == "markdown" and "## Exercises" in cell.source:
        head, rest = cell.source.split("## Exercises", 1)
        cell.source = f"{head}## Exercises{WHERE.sub(words, rest, count=1)}"
    return cell


def text(note):
    """A note as Markdown."""
    lines = [f"**For teachers: exercise {note.label}.** *What it tests:* {plain(note.about)}"]
    if note.cases:
        lines += ["", f"*Tried on:* {plain('; '.join(note.cases))}."]
    lines += ["", f"*Mistakes seen ({len(note.mistakes)}), and the hint that each gets:*", ""]
    lines += [f"- {f'{mark(wrong)} → ' if wrong else ''}{plain(hint)}" for wrong, hint in note.mistakes]
    return "\n".join(lines)


def mark(wrong):
    """A wrong answer, set as code unless it is words."""
    return wrong if re.match(r"place \d|\(\w\)$", wrong) else f"`{wrong}`"


def plain(words):
    """Words that Markdown would take for markup, protected; code between backticks stays."""
    parts = re.split(r"(``.+?``|`[^`]*`)", words)
    return "".join(part if i % 2 else re.sub(r"([\\*_<$\[\]|])", r"\\\1", part) for i, part in enumerate(parts))


def count_again(cells):
    """Give code cells, and their results, the numbers that they have when run in order."""
    count = 0
    for cell in cells:
        if cell.cell_type == "code" and cell.source.strip():
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count


def write(edition, source, target):
    """Write one chapter of an edition."""
    notebook = nbformat.read(source, as_version=4)
    notebook.cells = EDITIONS[edition](notebook)
    for index, cell in enumerate(notebook.cells):
        if cell.metadata == {} and cell.cell_type == "markdown" and cell.source.startswith("**For teachers"):
            cell["id"] = f"note-{index:03d}"
    count_again(notebook.cells)
    nbformat.validate(notebook)
    target.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


EDITIONS = {"student": student, "instructor": instructor, "colab": colab}


def make(edition, folder):
    """Write an edition into a folder, which it replaces."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "chapters").mkdir(parents=True)
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        write(edition, path, folder / "chapters" / path.name)
    for name in BESIDE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=LEFT_OUT)
        elif source.exists():
            shutil.copy2(source, folder / name)
    (folder / "README.md").write_text(README[edition] + SET_UP, encoding="utf-8")


def main():
    """Make the edition that is asked for."""
    if len(sys.argv) != 2 or sys.argv[1] not in EDITIONS:
        sys.exit(f"usage: python tools/editions.py {'|'.join(EDITIONS)}")
    edition = sys.argv[1]
    if edition == "colab":
        repository()  # before anything is written
    folder = ROOT / "_build" / edition
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    make(edition, folder)
    print(f"{len(list((folder / 'chapters').glob('*.ipynb')))} chapters in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
