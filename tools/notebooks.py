"""Run notebooks in place so that two runs give the same bytes.

    python tools/notebooks.py chapters/09_convolution.ipynb     # one or more files; all of them by default
    python tools/notebooks.py --check                           # change nothing, fail where a file would change
    python tools/notebooks.py --timings                         # also renew what cells with timings show

Each notebook runs from its own folder, in a fresh kernel of this Python, on one thread, with the
explorers' static face. What differs from run to run (versions, widget state) is not kept. Cells whose
output is no part of the comparison (tag nbval-ignore-output: timings, mostly) run too, and keep the output
that the file has.
"""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = pathlib.Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
ENVIRONMENT = {
    "CNNLIB_STATIC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


def default_notebooks() -> list[pathlib.Path]:
    """All notebooks of the book, in order."""
    return [path for folder in ("chapters", "laboratories", ".") for path in sorted((ROOT / folder).glob("*.ipynb"))]


def execute(path: pathlib.Path, timeout: int, timings: bool = False) -> str:
    """Run the notebook and return its text, ready to be written."""
    notebook = nbformat.read(path, as_version=4)
    kept = {} if timings else {
        index: cell.outputs for index, cell in enumerate(notebook.cells)
        if "nbval-ignore-output" in cell.metadata.get("tags", []) and cell.outputs
    }
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", record_timing=False, store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    manager = client.create_kernel_manager()
    # The kernel of this very Python, whatever other kernels the user has registered.
    launcher = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager.kernel_spec.argv = [*launcher, "--log-level=ERROR"]
    client.execute(env=os.environ | ENVIRONMENT)
    for index, outputs in kept.items():
        notebook.cells[index].outputs = outputs
    return nbformat.writes(clean(notebook)) + "\n"


def clean(notebook):
    """Keep what a reader sees, and nothing that depends on when or where it ran."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
        | {key: value for key, value in notebook.metadata.items() if key in {"mystnb", "title"}}
    )
    count, seen = 0, set()
    for index, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell["id"] in seen:
            cell["id"] = f"cell-{index:03d}"
        seen.add(cell["id"])
        for key in ("execution", "collapsed", "scrolled", "ExecuteTime", "trusted", "jupyter"):
            cell.metadata.pop(key, None)
        if "hide-cell" in cell.metadata.get("tags", []):
            # A solution starts folded in JupyterLab as well, and so does what it prints, which gives it away.
            cell.metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
        if cell.cell_type == "code":
            count += 1 if cell.source.strip() else 0
            cell.execution_count = count if cell.source.strip() else None
            cell.outputs = [_clean_output(output, count) for output in _merge_streams(cell.outputs)]
    return notebook


def _merge_streams(outputs):
    """Join neighbouring pieces of one stream: where they are cut depends on timing."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def _clean_output(output, count):
    if output.output_type == "execute_result":
        output.execution_count = count
    if "data" in output:
        for mime in [mime for mime in output.data if "widget" in mime]:
            del output.data[mime]
    if "metadata" in output:
        output.metadata = nbformat.from_dict({})
    return output


def work(path: pathlib.Path, check: bool, timeout: int, timings: bool) -> tuple[str, bool]:
    """Run one notebook; say what happened and whether that is well."""
    start = time.perf_counter()
    try:
        text = execute(path, timeout, timings)
    except CellExecutionError as error:
        return f"{path.name}: a cell failed\n{error}", False
    seconds = f"{time.perf_counter() - start:.0f} s"
    problems = [
        f"cell {i} wrote to stderr: {output.text.strip()[:200]}"
        for i, cell in enumerate(nbformat.reads(text, as_version=4).cells)
        for output in cell.get("outputs", [])
        if output.get("name") == "stderr"
    ]
    if problems:
        return f"{path.name}: {'; '.join(problems)}", False
    if text == path.read_text(encoding="utf-8"):
        return f"{path.name}: unchanged ({seconds})", True
    if check:
        return f"{path.name}: would change ({seconds})", False
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    os.replace(partial, path)
    return f"{path.name}: written ({seconds})", True


def main(arguments: list[str] | None = None) -> int:
    """Run the named notebooks, or all of them, two at a time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="change nothing, fail where a file would change")
    parser.add_argument("--timings", action="store_true", help="renew the outputs that are not compared, too")
    parser.add_argument("--jobs", type=int, default=2, help="notebooks at a time (default 2)")
    parser.add_argument("--timeout", type=int, default=600, help="seconds a cell may take (default 600)")
    options = parser.parse_args(arguments)
    paths = [path.resolve() for path in options.notebooks] or default_notebooks()
    well = True
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        tasks = [pool.submit(work, path, options.check, options.timeout, options.timings) for path in paths]
        for task in concurrent.futures.as_completed(tasks):
            message, good = task.result()
            print(message, flush=True)
            well &= good
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
