"""The workflows for a public host: sound, with few rights, and no command that `make test` does not run here too."""

import pathlib
import re
import subprocess
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def jobs(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def by_hand():
    """The README's commands without make, in order."""
    section = README[README.index("### Without make"):README.index("### PyTorch")]
    blocks = "".join(re.findall(r"```\n(.*?)```", section, flags=re.S))
    return [line.split("  #")[0].strip() for line in blocks.splitlines()]


@each
def test_follows_the_schema_of_workflows(path):
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed: make setup")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@each
def test_actions_are_pinned_and_may_do_little(path):
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.+)$", text, flags=re.M)
    assert used and all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}  # v[\d.]+", line) for line in used)
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"} and "secrets." not in text
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")


def test_linux_runs_what_is_run_here():
    test, book = jobs(ROOT / ".github/workflows/test.yml"), jobs(ROOT / ".github/workflows/book.yml")
    assert commands(test["linux"]) == ["bash .ci/run"] and commands(book["build"]) == ["make book"]
    assert (ROOT / ".ci/run").read_text(encoding="utf-8").strip().endswith("make test")
    assert set(book["publish"]["permissions"]) == {"pages", "id-token"}
    wanted = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]
    assert test["linux"]["strategy"]["matrix"]["python"][0] == wanted


def test_the_plain_commands_are_those_of_the_readme_and_of_make():
    plain = jobs(ROOT / ".github/workflows/test.yml")["plain"]
    said = {re.sub(r"^\.venv/bin/python", "PYTHON", line) for line in by_hand()}
    assert commands(plain)[0] == "python -m venv .venv" and "python3.11 -m venv .venv" in said
    run = [line.replace("${{ matrix.python }}", "PYTHON") for line in commands(plain)[1:]]
    assert set(run) == {line for line in said if not re.search("jupyter|notebooks.py|venv", line)}
    for part in ("-r requirements-book.txt", "-r requirements.txt", "tools/build_book.py", "-m pytest -q",
                 "--doctest-modules cnnlib", "--nbval --nbval-current-env --nbval-sanitize-with nbval_sanitize.cfg"):
        assert part in MAKEFILE and any(part.removesuffix(" -q") in line for line in run)


def test_the_licences_and_the_citation_are_there():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert {"cff-version", "message", "title", "authors"} <= set(citation) and citation["cff-version"] == "1.2.0"
    assert f'version = "{citation["version"]}"' in project and citation["license"] == ["MIT", "CC-BY-4.0"]
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")
    text = (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")
    assert text.startswith("Attribution 4.0 International\n") and "Section 8 -- Interpretation." in text
    assert all(f"]({name})" in README for name in ("LICENSE", "LICENSE-TEXT", "CITATION.cff", "CONTRIBUTING.md"))
