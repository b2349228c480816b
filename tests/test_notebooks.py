"""The committed notebooks: executed in order, clean, figures that say what they show, exercises with answers."""

import copy
import html
import pathlib
import re
import subprocess
import sys

import nbformat
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTEBOOKS = [path for folder in ("chapters", "laboratories", ".") for path in sorted((ROOT / folder).glob("*.ipynb"))]
CHAPTERS = [path for path in NOTEBOOKS if path.parent.name == "chapters"]
MOST_LINES = 25
MOST_COLUMNS = 75  # what a page shows uncut at 1280 pixels, beside both side bars
MACHINE_PATH = re.compile(r"(?<![\w.])(?:/(?:home|root|Users|tmp|work|opt|usr|var)/[\w.]|[A-Z]:\\\\?[A-Z])")


def read(path):
    return nbformat.read(path, as_version=4)


def code(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code" and cell.source.strip()]


def texts(output):
    """All text of an output, as it would be shown."""
    yield from (str(value) for value in output.get("data", {}).values())
    yield output.get("text", "")
    yield from output.get("traceback", [])


def tags(cell):
    return cell.metadata.get("tags", [])


each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


@each
def test_valid_and_executed_in_order(path):
    nbformat.validate(read(path))
    counts = [cell.execution_count for cell in code(path)]
    assert counts == list(range(1, len(counts) + 1)), "run it with `make notebooks`"


@each
def test_no_widget_state_and_no_volatile_metadata(path):
    notebook = read(path)
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    assert "version" not in notebook.metadata.language_info
    for cell in notebook.cells:
        assert not set(cell.metadata) & {"execution", "ExecuteTime", "scrolled", "collapsed"}
        for output in cell.get("outputs", []):
            assert not [mime for mime in output.get("data", {}) if "widget" in mime]


@each
def test_no_stderr_and_errors_only_where_they_are_meant(path):
    for cell in code(path):
        for output in cell.outputs:
            assert output.get("name") != "stderr", f"cell {cell.execution_count}: {output.text[:200]}"
            if output.output_type == "error":
                assert "raises-exception" in tags(cell), f"cell {cell.execution_count}: {output.evalue}"


@each
def test_no_paths_of_a_machine(path):
    for cell in read(path).cells:
        for text in [cell.source, *(t for output in cell.get("outputs", []) for t in texts(output))]:
            found = MACHINE_PATH.search(text)
            assert not found, f"{found[0]!r} in: {text[max(0, found.start() - 60):found.end() + 60]}"


@each
def test_no_control_characters_in_what_is_written(path):
    r"""A tab is what is left of a backslash and a t: ``\text`` in a text that was not raw."""
    for cell in read(path).cells:
        found = re.search(r".{0,20}[\x00-\x09\x0b-\x1f\x7f].{0,20}", cell.source)
        assert not found, repr(found[0])


@each
def test_cells_are_short(path):
    long = [cell.execution_count for cell in code(path) if len(cell.source.splitlines()) > MOST_LINES]
    assert not long, f"cells with more than {MOST_LINES} lines: {long}"


@each
def test_code_and_what_it_prints_fit_the_page(path):
    wide = []
    for cell in code(path):
        shown = [] if "hide-input" in tags(cell) else [cell.source]
        for output in cell.outputs:
            data = output.get("data", {})
            # Where there is HTML, the page shows that.
            shown += [output.get("text", ""), "" if "text/html" in data else data.get("text/plain", "")]
        wide += [f"cell {cell.execution_count}, {len(line)} columns: {line}"
                 for text in shown for line in text.splitlines() if len(line) > MOST_COLUMNS]
    assert not wide, "\n".join(wide)


@each
def test_headings_of_tables_have_words(path):
    """A heading that is a formula alone is empty to a program that reads aloud."""
    for cell in read(path).cells:
        lines = cell.source.splitlines() if cell.cell_type == "markdown" else []
        for heading, rule in zip(lines, lines[1:], strict=False):
            if re.fullmatch(r"\|[\s:|-]+\|", rule.strip()):
                bare = [text for text in heading.strip("| ").split("|") if re.fullmatch(r"\s*\$[^$]+\$\s*", text)]
                assert not bare, heading


@each
def test_nothing_that_hides_warnings_or_defeats_comparison(path):
    for cell in code(path):
        for bad in ("filterwarnings", "simplefilter", "%%time", "%timeit", "clear_output", "NBVAL_IGNORE_OUTPUT"):
            assert bad not in cell.source, f"cell {cell.execution_count} uses {bad}"
        if "nbval-skip" in tags(cell):
            pytest.fail(f"cell {cell.execution_count} is skipped: tag it nbval-ignore-output if its output varies")


@each
def test_figures_have_alt_text_and_captions(path):
    names = []
    for cell in code(path):
        for output in cell.outputs:
            data = output.get("data", {})
            pictures = [mime for mime in data if mime.startswith("image/")]
            assert not pictures, f"cell {cell.execution_count}: a bare picture; end the cell with figures.show"
            markup = data.get("text/html", "")
            for found in re.finditer(r'<figure class="course-figure" id="([^"]+)">(.*?)</figure>', markup, re.S):
                picture = r'<img class="course-picture" alt="([^"]+)"[^>]* src="data:image/svg\+xml,[^"]+"'
                alt = re.match(picture, found[2])
                caption = re.search(r"<figcaption>(.+?)</figcaption>", found[2], re.S)
                assert alt and len(html.unescape(alt[1]).split()) >= 3, f"{found[1]}: alt text"
                assert caption and len(caption[1].split()) >= 3, f"{found[1]}: caption"
                names.append(found[1])
    assert len(names) == len(set(names)), f"figure names used twice: {sorted(names)}"


@each
def test_sounds_have_a_name_and_a_caption(path):
    for cell in code(path):
        markup = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
        sounds = re.findall(r"<figure[^>]*><audio([^>]*)></audio><figcaption>(.+?)</figcaption></figure>", markup, re.S)
        assert len(sounds) == markup.count("<audio"), f"cell {cell.execution_count}: a sound outside a figure"
        for attributes, _ in sounds:
            assert re.search(r' aria-label="[^"]+"', attributes) and " controls" in attributes, attributes[:200]
            assert "autoplay" not in attributes and ' src="data:audio/wav;base64,' in attributes, attributes[:200]


@each_chapter
def test_a_chapter_has_its_parts(path):
    cells = read(path).cells
    assert cells[0].cell_type == "markdown" and cells[0].source.startswith("# ")
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for heading in ("Exercises", "Summary"):
        assert re.search(rf"^## .*{heading}", prose, flags=re.M | re.I), f"no section {heading!r}"
    outputs = "".join(t for cell in code(path) for output in cell.outputs for t in texts(output))
    assert 'class="course-figure"' in outputs, "no figure"
    assert 'class="course-explorer"' in outputs, "no explorer"


@each_chapter
def test_code_cells_of_different_purpose_are_kept_apart_by_prose(path):
    cells, run = read(path).cells, 0
    for cell in cells:
        run = run + (not set(tags(cell)) & {"hide-input", "hide-cell"}) if cell.cell_type == "code" else 0
        assert run <= 4, f"{run} code cells in a row before:\n{cell.source[:200]}"


@each_chapter
def test_exercises_have_a_stub_and_an_executed_solution(path):
    cells = read(path).cells
    starts = [i for i, cell in enumerate(cells)
              if cell.cell_type == "markdown" and re.search(r"^### Exercise \d+\.\d+", cell.source, flags=re.M)]
    assert 3 <= len(starts) <= 7, f"{len(starts)} exercises"
    for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        name = re.search(r"Exercise \d+\.\d+", cells[start].source)[0]
        after = []
        for cell in cells[start + 1:end]:
            if cell.cell_type == "markdown" and re.search(r"^##? ", cell.source, flags=re.M):
                break
            after.append(cell)
        stubs = [cell for cell in after if cell.cell_type == "code" and not {"hide-cell"} & set(tags(cell))]
        solutions = [cell for cell in after if cell.cell_type == "code" and "hide-cell" in tags(cell)]
        assert stubs, f"{name}: no cell to write in"
        assert solutions, f"{name}: no solution tagged hide-cell"
        # What a solution prints gives it away, so JupyterLab folds that, too.
        folded = {"source_hidden": True, "outputs_hidden": True}
        assert all(cell.metadata.get("jupyter") == folded for cell in solutions), name
        assert after.index(stubs[0]) < after.index(solutions[0]), f"{name}: the solution comes first"
        for solution in solutions:
            assert solution.execution_count, f"{name}: the solution was not run"
            assert not [o for o in solution.outputs if o.output_type == "error"], f"{name}: the solution fails"


@each_chapter
def test_the_number_of_a_chapter_is_the_number_of_its_exercises(path):
    number = int(path.name[:2])
    prose = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert {int(n) for n in re.findall(r"^### Exercise (\d+)\.", prose, flags=re.M)} <= {number}


TOY = [
    "print('the sum is', 1 + 2)",
    "[round(0.1 + 0.2, 6)]",
    "from IPython.display import HTML\n"
    "HTML('<figure><svg><path d=\"M0 0\"/></svg><figcaption>Three is more than two.</figcaption></figure>')",
    "object()",
]


def nbval(folder, *names):
    """Run nbval as `make test` does; the set of notebooks that failed."""
    command = [
        sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "--nbval-sanitize-with",
        str(ROOT / "nbval_sanitize.cfg"), "-p", "no:cacheprovider", "-p", "no:xdist",
        "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), *names,
    ]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    return {name for name in names if re.search(rf"^FAILED {re.escape(name)}", run.stdout, flags=re.M)}, run.stdout


def test_an_edited_output_is_noticed(tmp_path):
    """What is compared: printed text, values and captions. What is not: drawings and object addresses."""
    sys.path.insert(0, str(ROOT / "tools"))
    import notebooks

    original = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in TOY])
    nbformat.write(original, tmp_path / "same.ipynb")
    text = notebooks.execute(tmp_path / "same.ipynb", timeout=60)
    (tmp_path / "same.ipynb").write_text(text, encoding="utf-8")
    executed = nbformat.reads(text, as_version=4)

    def edited(name, cell, old, new):
        changed = copy.deepcopy(executed)
        output = changed.cells[cell].outputs[0]
        assert any(old in part for part in texts(output))
        if "text" in output:
            output.text = output.text.replace(old, new)
        else:
            output.data = {mime: value.replace(old, new) for mime, value in output.data.items()}
        nbformat.write(changed, tmp_path / name)
        return name

    noticed = {
        edited("printed.ipynb", 0, "3", "4"),
        edited("value.ipynb", 1, "0.3", "0.31"),
        edited("caption.ipynb", 2, "Three", "Four"),
    }
    passed_over = {"same.ipynb", edited("drawing.ipynb", 2, "M0 0", "M9 9"), edited("address.ipynb", 3, "0x", "0x1")}
    failed, log = nbval(tmp_path, *sorted(noticed | passed_over))
    assert failed == noticed, log


def test_running_a_notebook_twice_gives_the_same_bytes(tmp_path):
    sys.path.insert(0, str(ROOT / "tools"))
    import notebooks

    path = tmp_path / "toy.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in TOY[:3]]), path)
    path.write_text(notebooks.execute(path, timeout=60), encoding="utf-8")
    assert notebooks.execute(path, timeout=60) == path.read_text(encoding="utf-8")
