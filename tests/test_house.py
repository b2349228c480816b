"""Rules of the house: which file may import which, how long a file may be, and what no file says."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_LINES = 500
SKIPPED = {".venv", "_build", ".git", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
SKIPPED |= {".ipynb_checkpoints", "cnnlib.egg-info", "bench-out"}

# Who may stand on whom: a module imports its own rank and below, never above.
OPERATIONS = {"padding", "conv", "pooling", "linear", "activations", "losses", "normalization", "dropout"}
RANKS = {
    0: {"_checks", "_files", "_operation", "_windows"},
    1: OPERATIONS | {"gradcheck"},
    2: {
        "module", "_modes", "idx", "_published", "data", "augment", "metrics", "segmentation", "detection", "history",
        "checkpoint",
    },  # fmt: skip
    3: {"init", "scenes", "sounds"},
    4: {"layers", "criteria", "stateless", "optim", "schedules"},
    5: {"models", "summary", "_chains", "receptive", "sliding", "interpret"},
    6: {"engine"},
    7: {"training", "resume", "describe"},
    8: {"crosscheck"},
    9: {"course"},
}
RANK = {name: rank for rank, names in RANKS.items() for name in names}
UNKNOWN = 5
# NumPy only, apart from these rooms.
ROOMS = {
    "data": {"sklearn"},
    "_published": {"pooch"},
    "training": {"tqdm"},
    "checkpoint": {"safetensors"},
    "engine": {"threadpoolctl"},
    "crosscheck": {"torch", "tqdm"},
    "course": {"matplotlib", "IPython", "anywidget", "traitlets", "quickjs", "sklearn", "PIL"},
    "course.two_processes": {"torch"},  # what a process of chapter 17 imports: it cannot stand in the notebook
}
PYTHON = sorted(path for path in (ROOT / "cnnlib").rglob("*.py") if "__pycache__" not in path.parts)


def files(*suffixes):
    """Files of the project with one of these endings."""
    return sorted(
        path for path in ROOT.rglob("*")
        if path.suffix in suffixes and path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts)
    )


def name_of(path):
    """The dotted name of a library file, without its package: ``layers.weighted``."""
    parts = path.relative_to(ROOT / "cnnlib").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path):
    """All imports of a file, wherever they stand: ``(module, names)``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import"
            yield node.module, [alias.name for alias in node.names]


def targets(path):
    """The library files that a file imports, by dotted name."""
    known = {name_of(other) for other in PYTHON}
    for module, names in imports(path):
        if module == "cnnlib" or module.startswith("cnnlib."):
            inside = module.removeprefix("cnnlib").lstrip(".")
            submodules = [f"{inside}.{name}".lstrip(".") for name in names if f"{inside}.{name}".lstrip(".") in known]
            yield from submodules or [inside]
            if submodules and len(submodules) < len(names) and inside:
                yield inside


each = pytest.mark.parametrize("path", PYTHON, ids=lambda path: name_of(path) or "cnnlib")


@each
def test_imports_point_one_way(path):
    top = name_of(path).split(".")[0]
    if not top:
        return
    for target in targets(path):
        other = target.split(".")[0]
        assert RANK.get(other, UNKNOWN) <= RANK.get(top, UNKNOWN), f"{name_of(path)} imports {target}"
        assert other != "course" or top == "course", f"{name_of(path)} imports the chapters' room"
        if top == "gradcheck":
            assert other == "_checks", "gradcheck stands alone"
        if top in OPERATIONS:
            assert other in OPERATIONS | RANKS[0], f"the operation {top} imports {target}"


@each
def test_numpy_only_apart_from_the_rooms(path):
    import sys

    top = name_of(path).split(".")[0]
    outside = {module.split(".")[0] for module, _ in imports(path)} - set(sys.stdlib_module_names) - {"cnnlib", "numpy"}
    assert outside <= ROOMS.get(top, set()) | ROOMS.get(name_of(path), set()), f"{name_of(path)} imports {outside}"


@each
def test_no_star_imports(path):
    assert not [module for module, names in imports(path) if "*" in names]


def test_no_cycles():
    graph = {name_of(path): {t for t in targets(path) if t != name_of(path)} for path in PYTHON}
    done, trail = set(), []

    def visit(name):
        assert name not in trail, f"a cycle: {' → '.join([*trail[trail.index(name):], name])}"
        if name in done:
            return
        trail.append(name)
        for target in sorted(graph.get(name, ())):
            visit(target)
        trail.pop()
        done.add(name)

    for name in sorted(graph):
        visit(name)


def test_public_modules_say_what_they_are_and_what_they_offer():
    private = {path for path in PYTHON if re.match("_[^_]", path.name) or {"exercises", "crosscheck"} & set(path.parts)}
    for path in sorted(set(PYTHON) - private):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{name_of(path)} has no docstring"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not re.match("_|main$", node.name):
                assert ast.get_docstring(node), f"{name_of(path)}.{node.name} has no docstring"


NOT_READ = {"glossary.md", "minisearch.js"}  # looked up; another's (see _ext/assets/search/MANIFEST.txt)
TO_READ = [path for path in files(".py", ".js", ".css", ".md") if path.name not in NOT_READ]


@pytest.mark.parametrize("path", TO_READ, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_are_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{lines} lines"


# Spelled with brackets so that this file does not find itself.
FORBIDDEN = {
    "a note to oneself": re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b"),
    "a word that talks down to the reader": re.compile(r"\b([Ss]impl[y]|[Oo]bviousl[y]|[Dd]elve[sd]?|of cours[e],)\b"),
    "a machine's path": re.compile(r"(?<![\w./~])/(?:root|home|Users|wor[k]|tm[p])/[\w.]"),
    "a package index's address": re.compile(r"pypi\.or[g]|pythonhosted\.or[g]|download\.pytorch\.or[g]|registry\.npm"),
}
TEXT = [".py", ".js", ".css", ".md", ".ipynb", ".yml", ".toml", ".cfg", ".html", ".txt", ".bib", ".cff"]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    found = []
    for path in [*files(*TEXT), ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "LICENSE"]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found[:20])


def test_glossary_terms_are_in_order_and_once():
    terms = re.findall(r"^([A-Za-z][\w ×-]*)$", (ROOT / "glossary.md").read_text(encoding="utf-8"), flags=re.M)
    assert len(terms) >= 25
    assert [term.lower() for term in terms] == sorted({term.lower() for term in terms})
