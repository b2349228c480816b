"""Grade the notebooks of a class with otter-grader: the checkers of the exercises give the points.

    python tools/grading.py 02                         # _build/grading/02_activations/autograder.zip
    python tools/grading.py 02 handed_in/*.ipynb       # and grades.csv, with what each checker said in feedback/

What is handed in are notebooks of the student's edition (``make student``): there the cell of each exercise is marked
for otter, which asks the checker right after that cell, in the names that the cell left behind. Students' code runs
here: grade in a container (``otter grade`` makes one, from the same autograder.zip), or as a user who may do little.
"""

import ast
import csv
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import nbformat

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import editions  # noqa: E402

TEST = '''\
OK_FORMAT = False
from otter.test_files import test_case

name = "{name}"
points = 1


@test_case()
def exercise(env):
    from cnnlib.course.exercises import {checkers}

    verdict = {checkers}.{check}(eval({answer!r}, env))
    assert verdict.passed, repr(verdict)
'''
MISSING = "otter-grader is needed to grade: python -m pip install -e '.[grade]'"


def tests(path):
    """The test of each exercise of a chapter, as otter reads it: names and texts."""
    cells = nbformat.read(path, as_version=4).cells
    checkers = editions.CHECKERS.search("\n".join(cell.source for cell in cells if cell.cell_type == "code"))[1]
    found = {}
    for cell, inside in zip(cells, editions.exercises(cells), strict=True):
        for name in [] if editions.is_solution(cell, inside) or not inside else editions.marks(cell):
            check, answer = asked(cell.source)
            found[name] = TEST.format(name=name, checkers=checkers, check=check, answer=answer)
    return found


def asked(source):
    """The checker that a stub ends with, and the expression that it is handed."""
    calls = [node for node in ast.walk(ast.parse(source.rstrip().splitlines()[-1])) if isinstance(node, ast.Call)]
    call = next(node for node in calls if ast.unparse(node.func).startswith("check."))
    return call.func.attr, ast.unparse(call.args[0])


def chapter(number):
    """The notebook of a chapter, by the number that its name begins with."""
    found = sorted((ROOT / "chapters").glob(f"{number:0>2}_*.ipynb"))
    if not number.isdecimal() or len(found) != 1:
        sys.exit(f"there is no chapter {number!r}: give its number, such as 02")
    return found[0]


def otter(*words, cwd):
    """Run otter with this folder's library, whatever a student has; what it said is shown where it fails."""
    done = subprocess.run([sys.executable, "-m", "otter", *map(str, words)], cwd=cwd, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT), "CNNLIB_STATIC": "1"})
    if done.returncode:
        sys.exit(f"otter {words[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def autograder(path, folder):
    """Write the tests of a chapter and ``autograder.zip`` into a folder."""
    (folder / "tests").mkdir(parents=True, exist_ok=True)
    for name, text in tests(path).items():
        (folder / "tests" / f"{name}.py").write_text(text, encoding="utf-8")
    otter("generate", "-t", "tests", "-o", "autograder.zip", "--no-requirements", "--no-environment", cwd=folder)


def grade(submission, folder):
    """Grade one notebook; the points of each exercise, and what was said about those that are not right."""
    with tempfile.TemporaryDirectory() as out:
        otter("run", "--no-logo", "-a", folder / "autograder.zip", "-o", out, submission.resolve(), cwd=folder)
        results = json.loads((pathlib.Path(out) / "results.json").read_text(encoding="utf-8"))
    rows = [row for row in results["tests"] if re.fullmatch(r"q[\d_]+[a-z]?", row["name"])]
    said = [said_of(row["output"]) for row in rows if row["score"] < row["max_score"]]
    return {row["name"]: row["score"] for row in rows}, said


def said_of(output):
    """The last line of what otter reports on a test: the checker's verdict, or the error."""
    return output.strip().splitlines()[-1].strip().removeprefix("AssertionError: ")


def main(number, *submissions):
    """Make the autograder of a chapter; with notebooks, grade them."""
    if not importlib.util.find_spec("otter"):
        sys.exit(MISSING)
    path = chapter(number)
    folder = ROOT / "_build" / "grading" / path.stem
    autograder(path, folder)
    print(f"{folder.relative_to(ROOT)}/autograder.zip: {len(tests(path))} exercises, a point each")
    if submissions:
        (folder / "feedback").mkdir(exist_ok=True)
        names = list(tests(path))
        with (folder / "grades.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["submission", *names, "sum"])
            for submission in map(pathlib.Path, submissions):
                points, said = grade(submission, folder)
                table.writerow([submission.stem, *(f"{points[name]:g}" for name in names), f"{sum(points.values()):g}"])
                (folder / "feedback" / f"{submission.stem}.txt").write_text("\n".join(said) + "\n", encoding="utf-8")
                print(f"{submission.stem}: {sum(points.values()):g} of {len(names)}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python tools/grading.py CHAPTER [NOTEBOOK …]")
    main(*sys.argv[1:])
