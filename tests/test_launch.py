"""Where a chapter opens: no button without the one setting, the right addresses with it; and the services' files."""

import ast
import pathlib
import re
import subprocess
import sys

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from IPython.core.inputtransformer2 import TransformerManager
from jinja2 import DictLoader, Environment

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "_ext")]
import editions  # noqa: E402
import launch  # noqa: E402

PAGE = "chapters/09_convolution"
HUB = "https://github.com/OWNER/NAME"


def header(**context):
    """The links of the header that its template makes."""
    source = (ROOT / "_ext" / "templates" / "article-header-buttons.html").read_text(encoding="utf-8")
    other = {name: "" for name in re.findall(r'include "([\w-]+\.html)"', source)}
    environment = Environment(loader=DictLoader({"header.html": source, **other}))
    markup = environment.get_template("header.html").render(pathto=lambda name, kind: name, **context)
    links = BeautifulSoup(markup, "html.parser").select("a.launch-link")
    return {link.get_text(strip=True): link["href"] for link in links}


def test_without_the_setting_there_is_no_button():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    assert settings["course_repository"] == ""
    assert launch.services("", PAGE) == [] and header(course_services=launch.services("", PAGE)) == {}


def test_with_the_setting_every_chapter_opens_on_binder_and_colab():
    shown = header(course_services=launch.services(HUB, PAGE))
    assert shown == {
        "Binder": "https://mybinder.org/v2/gh/OWNER/NAME/HEAD?urlpath=lab/tree/chapters/09_convolution.ipynb",
        "Colab": "https://colab.research.google.com/github/OWNER/NAME/blob/colab/chapters/09_convolution.ipynb",
    }
    for page in ("intro", "glossary", "api/layers", "speed"):
        assert launch.services(HUB, page) == []


@pytest.mark.parametrize("address", ["", HUB])
def test_a_built_chapter_has_the_buttons_or_none(address, tmp_path):
    """A book of two pages, built as ours is, with the setting and without."""
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    config = config.replace('course_repository: ""', f'course_repository: "{address}"')
    assert f'course_repository: "{address}"' in config
    (tmp_path / "_config.yml").write_text(config, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n  - file: chapters/01_a\n")
    (tmp_path / "intro.md").write_text("# A book\n\nOf two pages.\n")
    (tmp_path / "chapters").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 1. A\n\nText.")]),
                   tmp_path / "chapters" / "01_a.ipynb")
    for name in ("_ext", "references.bib"):
        (tmp_path / name).symlink_to(ROOT / name)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    links = {}
    for page in ("intro", "chapters/01_a"):
        markup = BeautifulSoup((tmp_path / f"_build/html/{page}.html").read_text(encoding="utf-8"), "html.parser")
        links[page] = [link["href"] for link in markup.select("a.launch-link")]
        assert not [link for link in markup.find_all(["link", "script", "img"]) if "binder" in str(link)]
    assert links == {"intro": [], "chapters/01_a": [there for _, there in launch.services(address, "chapters/01_a")]}
    assert len(links["chapters/01_a"]) == (2 if address else 0)


@pytest.mark.parametrize("address, place", [
    (f"{HUB}/", "gh/OWNER/NAME"), (f"{HUB}.git", "gh/OWNER/NAME"), ("https://gitlab.com/a/b/c", "gl/a%2Fb%2Fc"),
    ("https://git.example.org/a/b.git", "git/https%3A%2F%2Fgit.example.org%2Fa%2Fb"),
])
def test_other_hosts_open_on_binder(address, place):
    found = dict(launch.services(address, PAGE))
    assert f"/v2/{place}/HEAD?" in found["Binder"] and ("Colab" in found) == place.startswith("gh/")


@pytest.mark.parametrize("address", ["OWNER/NAME", "http://github.com/a/b", "https://github.com", "https://github.com/a",
                                     "https://github.com/a/b?x=1", 'https://github.com/a/"b', "git@github.com:a/b"])
def test_what_is_no_address_of_a_repository_is_refused(address):
    with pytest.raises(ValueError, match="course_repository must look like"):
        launch.services(address, PAGE)


def test_the_edition_for_colab_fetches_the_library_first(monkeypatch, tmp_path):
    monkeypatch.setattr(editions, "repository", lambda: HUB)
    editions.make("colab", tmp_path / "colab")
    cells = nbformat.read(tmp_path / "colab" / f"{PAGE}.ipynb", as_version=4).cells
    assert f"git clone --quiet --depth 1 {HUB} course" in cells[0].source
    code = TransformerManager().transform_cell(cells[0].source)
    tree = ast.parse(code)  # nothing happens where it is not Colab
    assert len(tree.body) == 2 and ast.unparse(tree.body[-1]).startswith("if 'google.colab' in sys.modules and")
    assert [cell.source for cell in cells[1:]] == [c.source for c in nbformat.read(ROOT / f"{PAGE}.ipynb", 4).cells]


def test_without_the_setting_there_is_no_edition_for_colab():
    done = subprocess.run([sys.executable, ROOT / "tools" / "editions.py", "colab"], capture_output=True, text=True)
    assert done.returncode == 1 and "set course_repository" in done.stderr


def test_binder_installs_what_the_library_depends_on_at_the_pinned_versions(tmp_path):
    """The script, run with a ``python`` that writes down what it is asked."""
    for name in ("binder", "requirements-book.txt", "requirements.txt"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "python"
    fake.write_text('#!/bin/sh\necho "$@" >> asked.txt\n[ -f pins.txt ] && cp pins.txt kept.txt\nexit 0\n')
    fake.chmod(0o755)
    done = subprocess.run(["bash", "binder/postBuild"], cwd=tmp_path, capture_output=True, text=True,
                          env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    asked = (tmp_path / "asked.txt").read_text().splitlines()
    assert asked[0] == "-m pip install --quiet --no-cache-dir --constraint pins.txt --editable ."
    assert asked[1].startswith("-m jupyter trust chapters/")
    pins = (tmp_path / "kept.txt").read_text().splitlines()
    wanted = [line for name in ("requirements-book.txt", "requirements.txt")
              for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if "==" in line and line[0].isalpha()]
    assert pins == [line for line in wanted if not line.startswith("torch==")] and not (tmp_path / "pins.txt").exists()


def test_binders_environment_has_python_and_pytorch_for_the_cpu():
    environment = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text(encoding="utf-8"))
    assert environment["dependencies"][0] == "python=3.11" and "pytorch-cpu>=2.8" in environment["dependencies"]
