"""The editions for a class: what is withheld, what is opened, the notes from the checkers, and whether they run."""

import ast
import importlib
import os
import pathlib
import re
import subprocess
import sys
import types

import nbformat
import pytest

from cnnlib.course.exercises import _notes
from cnnlib.course.exercises._checker import Mistake, check_letters, check_value, judge_value

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import editions  # noqa: E402

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
QUICK = "04_loss"  # the chapter that is run as a student's
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student") / "student"
    editions.make("student", folder)
    return folder


@pytest.fixture(scope="module")
def instructor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("instructor") / "instructor"
    editions.make("instructor", folder)
    return folder


def solutions(cells):
    inside = editions.exercises(cells)
    return [cell for cell, within in zip(cells, inside, strict=True) if editions.is_solution(cell, within)]


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def notes_of(path):
    """The notes on the exercises of a chapter, from its checkers."""
    chapter = editions.CHECKERS.search("\n".join(cell.source for cell in code(read(path).cells)))[1]
    return _notes.notes(importlib.import_module(f"cnnlib.course.exercises.{chapter}"))


def shown(cell):
    return cell.source + "".join(str(output) for output in cell.get("outputs", []))


# What belongs to the exercises


def markdown(*sources):
    return [nbformat.v4.new_markdown_cell(source) for source in sources]


def test_exercises_reach_from_their_heading_to_the_next_one_above():
    cells = markdown("# 1. A\n\n## Summary\n\n## Exercises\n\n### Exercise 1.1: a", "more", "### Exercise 1.2",
                     "### A hint", "## Further reading", "text", "### Exercise 1.3", "text\n\n## Sources")
    assert editions.exercises(cells) == [True, True, True, True, False, False, True, False]


def test_folded_cells_outside_the_exercises_are_no_solutions():
    folded = {path.stem: len([cell for cell in read(path).cells if "hide-cell" in cell.metadata.get("tags", [])])
              - len(solutions(read(path).cells)) for path in CHAPTERS}
    assert {name for name, count in folded.items() if count} == {"09_convolution", "15_making_it_better"}, folded


# For students


@each_chapter
def test_students_get_every_cell_but_the_solutions(path, student):
    before, after = read(path).cells, read(student / "chapters" / path.name).cells
    gone = solutions(before)
    kept = [cell for cell in before if cell not in gone]
    assert gone and [cell.id for cell in after] == [cell.id for cell in kept]
    changed = [(old.source, new.source) for old, new in zip(kept, after, strict=True) if old.source != new.source]
    assert len(changed) <= 1 and all(editions.WHERE.search(old) and "withheld" in new for old, new in changed)
    for old, new in zip(kept, after, strict=True):
        marked = new.metadata.pop("otter", None)
        assert new.metadata == old.metadata and bool(marked) == ("not attempted yet" in shown(old))


@each_chapter
def test_students_see_no_solution_and_no_verdict_on_one(path, student):
    before, after = read(path).cells, read(student / "chapters" / path.name).cells
    assert not [cell for cell in after if "✓ Exercise" in shown(cell)]
    gone = solutions(before)
    open_before = "\n".join(cell.source for cell in before if cell not in gone)
    text = "\n".join(cell.source for cell in after)
    for cell in gone:
        longest = max((line.strip() for line in cell.source.splitlines()), key=len)
        assert longest in open_before or longest not in text


@each_chapter
def test_nothing_that_stays_needs_what_a_solution_defined(path, student):
    def names(cells, kind):
        trees = (ast.parse(cell.source) for cell in cells if cell.cell_type == "code")
        nodes = [node for tree in trees for node in ast.walk(tree)]
        used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, kind)}
        made = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        made |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        made |= {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
        return used | made if kind is ast.Store else used

    kept = read(student / "chapters" / path.name).cells
    only_there = names(solutions(read(path).cells), ast.Store) - names(kept, ast.Store)
    assert not only_there & names(kept, ast.Load)


@each_chapter
def test_editions_are_sound_and_counted_in_order(path, student, instructor):
    for folder in (student, instructor):
        notebook = read(folder / "chapters" / path.name)
        nbformat.validate(notebook)
        run = [cell for cell in code(notebook.cells) if cell.source.strip()]
        assert [cell.execution_count for cell in run] == list(range(1, len(run) + 1))
        results = [(cell, output) for cell in run for output in cell.outputs if "execution_count" in output]
        assert all(output.execution_count == cell.execution_count for cell, output in results)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_an_edition_has_all_that_it_needs_and_no_tests(student):
    wanted = {"chapters", "cnnlib", "records", "requirements.txt", "pyproject.toml", "README.md", "LICENSE"}
    assert wanted <= {path.name for path in student.iterdir()}
    assert not list(student.rglob("test*")) and not list(student.rglob("trials"))
    assert "withheld" in (student / "README.md").read_text(encoding="utf-8")


def nbval(folder, name):
    """Run a chapter of an edition with the library of its folder; what pytest said, and its exit status."""
    command = [
        sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "--nbval-sanitize-with",
        "nbval_sanitize.cfg", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", "pyproject.toml", "--rootdir", ".",
        f"chapters/{name}.ipynb",
    ]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=300)
    return done.stdout, done.returncode


def test_a_students_chapter_passes_its_own_strict_comparison(student):
    log, status = nbval(student, QUICK)
    assert status == 0, log[-3000:]
    assert int(re.search(r"(\d+) passed", log)[1]) == len(code(read(student / f"chapters/{QUICK}.ipynb").cells))


# For teachers


@each_chapter
def test_teachers_get_open_solutions_and_a_note_on_every_exercise(path, instructor):
    before, after = read(path).cells, read(instructor / "chapters" / path.name).cells
    notes = [cell for cell in after if cell.source.startswith("**For teachers")]
    assert [cell.id for cell in after if cell not in notes] == [cell.id for cell in before]
    opened = {cell.id for cell in solutions(before)}
    assert not solutions(after) and "source_hidden" not in str([cell.metadata for cell in after if cell.id in opened])
    given = [re.match(r"\*\*For teachers: exercise ([\d.]+[a-z]?)\.\*\*", cell.source)[1] for cell in notes]
    assert sorted(given) == [note.label for note in notes_of(path)]
    for note, label in zip(notes, given, strict=True):  # directly after the solution of the same exercise
        place = after.index(note)
        headings = re.findall(r"^### Exercise (\d+\.\d+)", "\n".join(cell.source for cell in after[:place]), flags=re.M)
        assert headings[-1] == label.rstrip("abc") and after[place - 1].id in opened


def test_a_note_holds_the_checkers_own_table():
    """A mistake that is added to a checker is in the note, without another line."""
    module = types.ModuleType("toy")
    source = '''
def second(answer):
    """9.2: pick."""
    return check_letters("9.2", answer, "a", "ab", {"b": "not b."}, [Mistake("ab", "one alone.")])
def first(answer):
    """9.1: two * two."""
    return check_value("9.1", answer, 4, [
        Mistake(8, "that is three twos."), Mistake(2 ** 3, "that is three twos."), Mistake((1, 2.0), "one number.")])
def helper(x):
    return x
'''
    vars(module).update(check_value=check_value, check_letters=check_letters, Mistake=Mistake)
    exec(source, vars(module))
    first, second = _notes.notes(module)
    assert (first.name, first.label, first.about) == ("first", "9.1", "two * two.")
    assert first.mistakes == (("8", "that is three twos."), ("(1, 2.0)", "one number."))
    assert second.mistakes == (("'ab'", "one alone."), ("(b)", "not b."))
    assert "two \\* two" in editions.text(first) and "- `8` → that is three twos." in editions.text(first)


def test_hints_of_a_judge_are_read_from_its_code():
    from cnnlib.course.exercises import convolution, forward

    known = [*_notes.notes(convolution), *_notes.notes(forward)]
    by_label = {note.label: [hint for _, hint in note.mistakes] for note in known}
    assert "it moves the picture down. The first index of the kernel is the row." in by_label["9.4"]
    assert "brightness changes by a factor of …: the weights must add up to 1." in by_label["9.4"]
    assert "this is Glorot's, with inputs and outputs. He's counts the inputs only." in by_label["3.3"]  # in a helper
    assert not [hint for hint in by_label["3.3"] if "layer after layer will keep it" in hint]  # praise


def test_every_exercise_has_a_note_with_something_in_it():
    count = 0
    for path in CHAPTERS:
        for note in notes_of(path):
            assert re.fullmatch(r"\d+\.\d+[a-z]?", note.label) and note.about and note.mistakes, note
            count += 1
    assert count >= 120


def test_checkers_work_after_their_tables_were_read():
    from cnnlib.course.exercises import neuron

    _notes.notes(neuron)
    assert neuron.check_value is check_value and neuron.judge_value is judge_value
    assert neuron.side((-0.5, False)).passed is True and neuron.side((-1.0, False)).passed is False


@pytest.mark.parametrize("words, protected", [
    ("p_i (δ_ij) < 2", r"p\_i (δ\_ij) \< 2"), ("`w[0] * 2` and w[0]", r"`w[0] * 2` and w\[0\]"),
    ("``a`b`` *", r"``a`b`` \*"),
])
def test_signs_of_markdown_are_protected(words, protected):
    assert editions.plain(words) == protected


def test_only_known_editions_are_made():
    done = subprocess.run([sys.executable, ROOT / "tools" / "editions.py", "all"], capture_output=True, text=True)
    assert done.returncode == 1 and "student|instructor" in done.stderr
