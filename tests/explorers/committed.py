"""The explorers of the chapters, built from the cells that show them."""

import functools
import pathlib
import re

import nbformat
import numpy as np

from cnnlib.course.explorers import Numbers

ROOT = pathlib.Path(__file__).resolve().parents[2]
# These show a network that the chapter has trained, or its data: the notebook must have run before them.
NEED_THE_CHAPTER = {"explore-boxes", "explore-ideas", "explore-saw", "explore-shuffle", "explore-threshold",
                    "explore-shift", "explore-training"}


@functools.cache
def explorers():
    """Name to `Explorer`, for all but those that need what their chapter has computed."""
    found = {}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        imports = "\n".join(line for cell in cells for line in cell.splitlines()
                            if re.match(r"(from|import) (?!torch)", line) and "(" not in line)
        space = {}
        for cell in (cell for cell in cells if re.search(r"^Explorer\(", cell, flags=re.M)):
            name = re.search(r'name="([^"]+)"', cell)[1]
            if name in NEED_THE_CHAPTER:
                continue
            if not space:
                exec(imports, space)
            # Example arrays that an explorer starts from stand in a cell of their own.
            if re.search(r"Numbers\(\"kernel\", w,", cell):
                exec(next(c for c in cells if re.search(r"^w = np", c, flags=re.M)), space)
            body, call = cell.split("Explorer(", 1)
            exec(f"{body}explorer = Explorer({call}", space)
            found[name] = space["explorer"]
    return found


def choices(control, count=2):
    """All values of a control, or some grids of numbers: the first that it shows, and whole and quarter numbers."""
    if not isinstance(control, Numbers):
        return control.values
    rng = np.random.default_rng(3)
    return [control.start + 1, *(rng.integers(-8, 9, control.start.shape) / 4.0 for _ in range(1, count))]
