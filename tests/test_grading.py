"""Grading a class: a test for every exercise, which judges as the checker does; and otter-grader, from end to end."""

import csv
import importlib.util
import pathlib
import subprocess
import sys
import types

import nbformat
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import editions  # noqa: E402
import grading  # noqa: E402

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
SHOWN = next(path for path in CHAPTERS if path.stem.startswith("02_"))
needs_otter = pytest.mark.skipif(not importlib.util.find_spec("otter"), reason=grading.MISSING)


def run(text, env, monkeypatch):
    """Run a test on the names that a cell left behind, as otter would."""
    package, files = types.ModuleType("otter"), types.ModuleType("otter.test_files")
    files.test_case = lambda **options: lambda function: function
    monkeypatch.setitem(sys.modules, "otter", package)
    monkeypatch.setitem(sys.modules, "otter.test_files", files)
    names = {}
    exec(text, names)
    names["exercise"](env)
    return names


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_exercise_has_a_test_of_its_own_checker(path):
    found, cells = grading.tests(path), nbformat.read(path, as_version=4).cells
    stubs = [cell for cell in cells if editions.marks(cell)]
    assert list(found) == [name for cell in stubs for name in editions.marks(cell)]
    chapter = str(int(path.stem[:2]))
    for name, text in found.items():
        assert name.startswith(f"q{chapter}_") and f'name = "{name}"' in text
        compile(text, name, "exec")


def test_a_test_judges_as_the_checker_does(monkeypatch):
    text = grading.tests(CHAPTERS[0])["q1_1"]
    assert run(text, {"answer": (-0.5, False)}, monkeypatch)["points"] == 1
    with pytest.raises(AssertionError, match="you left out the bias"):
        run(text, {"answer": (-1.0, False)}, monkeypatch)
    with pytest.raises(AssertionError, match="not attempted"):
        run(text, {"answer": ...}, monkeypatch)


@pytest.mark.parametrize("stub, asks", [
    ("answer = ...\ncheck.side(answer)", ("side", "answer")),
    ("def f(x):\n    raise NotImplementedError\n\n\ncheck.f(f)\n", ("f", "f")),
    ("a = check.patient(state)\ncheck.program(program_of(MyNet, loop))", ("program", "program_of(MyNet, loop)")),
])
def test_the_checker_of_a_stub_is_found(stub, asks):
    assert grading.asked(stub) == asks


def test_what_a_checker_said_is_the_feedback():
    output = "q2_1 results:\n        Error at line 10 in test q2_1:\n        AssertionError: ✗ Exercise 2.1: no."
    assert grading.said_of(output) == "✗ Exercise 2.1: no."


def test_there_is_no_other_chapter():
    for number in ("99", "x", ""):
        with pytest.raises(SystemExit, match="there is no chapter"):
            grading.chapter(number)
    assert grading.chapter("2") == grading.chapter("02") == SHOWN


def handed_in(folder, name, wrong=None):
    """Hand in the student's edition of a chapter with all its solutions, but one cell."""
    source = nbformat.read(SHOWN, as_version=4)
    inside = editions.exercises(source.cells)
    solved, stub = {}, None
    for cell, within in zip(source.cells, inside, strict=True):
        if editions.is_solution(cell, within):
            answer = grading.asked(cell.source)[1]
            solved[stub] = cell.source if answer.isidentifier() else f"answer = {answer}\n{cell.source}"
        elif editions.marks(cell):
            stub = cell.id
    source.cells = editions.student(source)
    for cell in source.cells:
        if cell.id in solved:
            cell.source = wrong[1] if wrong and editions.marks(cell) == [wrong[0]] else solved[cell.id]
    nbformat.write(source, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


@needs_otter
def test_a_class_is_graded_from_end_to_end(tmp_path):
    right = handed_in(tmp_path, "ada")
    wrong = handed_in(tmp_path, "bob", ("q2_1", "answer = (0.9, 0.64, 0, 0.01)\ncheck.slopes(answer)"))
    command = [sys.executable, ROOT / "tools" / "grading.py", "02", right, wrong]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    folder = ROOT / "_build" / "grading" / SHOWN.stem
    with (folder / "grades.csv").open(encoding="utf-8") as file:
        table = {row["submission"]: row for row in csv.DictReader(file)}
    assert table["ada"]["sum"] == "6" and table["bob"]["sum"] == "5" and table["bob"]["q2_1"] == "0"
    assert "✗ Exercise 2.1" in (folder / "feedback" / "bob.txt").read_text(encoding="utf-8")
    assert not (folder / "feedback" / "ada.txt").read_text(encoding="utf-8").strip()


@pytest.mark.skipif(bool(importlib.util.find_spec("otter")), reason="otter-grader is installed")
def test_a_missing_grader_is_named():
    done = subprocess.run([sys.executable, ROOT / "tools" / "grading.py", "02"], capture_output=True, text=True)
    assert done.returncode == 1 and "pip install -e '.[grade]'" in done.stderr
