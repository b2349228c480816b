"""The ES modules of ``page/`` as one script for the explorers, and one for each laboratory or all of them.

Browsers refuse modules that lie on a disk, so the book gets classic scripts; Jupyter gets one module, in which imports
from beside it could not work; and where there is no browser at all, the same script without an ending is run. A module
``lab-NAME.js`` is a laboratory or a part of one: a page loads those of the laboratories that it shows.

The modules keep to one form, which :func:`modules` checks: an import is one line, ``import { a, b } from "./c.js";``,
and ``export`` stands before ``function name`` or ``const name``.
"""

import functools
import re
from pathlib import Path

PAGE = Path(__file__).with_name("page")
IMPORT = re.compile(r'^import (\{[\w, ]+\}) from "\./([\w-]+)\.js";$', re.M)
EXPORT = re.compile(r"^export (?=(?:function|const) (\w+))", re.M)


def source(name):
    """The text of one module."""
    return (PAGE / f"{name}.js").read_text(encoding="utf-8")


def explorers():
    """The names of the modules that draw an explorer."""
    return sorted(name for name in _names() if not _of_labs(name) and "\nexport function numbers(" in source(name))


def laboratories():
    """The names of the modules that are a laboratory."""
    return sorted(name for name in _names() if _of_labs(name) and "\nexport function open(" in source(name))


def _names():
    return sorted(path.stem for path in PAGE.glob("*.js"))


def _of_labs(name):
    return name == "lab" or name.startswith("lab-")


@functools.cache
def modules(part=None):
    """JavaScript that makes ``modules``, an object of modules by name.

    Parameters
    ----------
    part : {"explorers", "labs"} or name of a laboratory's module, optional
        Only the modules of one of the scripts, with those that they import; all by default.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If an import or an export is written in another form, or if modules import one another in a circle.
    """
    of_labs = _with_imports(["lab-faces", part] if part in laboratories() else filter(_of_labs, _names()))
    rest = (name for name in _names() if part is None or name not in of_labs)
    chosen = _with_imports(rest) if part in (None, "explorers") else of_labs
    return '"use strict";\nconst modules = {};\n' + "".join(chosen.values())


def _with_imports(names):
    """Modules and all that they import, each after what it needs: name to JavaScript."""
    done = {}

    def add(name, trail):
        if name in trail:
            raise ValueError(f"page: modules import one another: {' → '.join([*trail, name])}")
        if name in done:
            return
        text = source(name)
        for _, other in IMPORT.findall(text):
            add(other, [*trail, name])
        names = ", ".join(EXPORT.findall(text))
        body = EXPORT.sub("", IMPORT.sub(r'const \1 = modules["\2"];', text))
        if odd := re.search(r"^\s*(?:import|export)\b.*", body, re.M):
            raise ValueError(f"page/{name}.js: neither import {{ a }} from \"./name.js\"; nor export const: {odd[0]}")
        done[name] = f'modules["{name}"] = (() => {{\n{body}return {{ {names} }};\n}})();\n'

    for name in names:
        add(name, [])
    return done


def _faces(part):
    return 'modules["faces"]' if part == "explorers" else 'modules["lab-faces"]'


def for_page(part="explorers"):
    """The classic script of the book's pages; it may be loaded with the page or later."""
    start = f"""const start = () => {_faces(part)}.page(modules);
document.addEventListener("DOMContentLoaded", start);
if (document.readyState !== "loading") {{
  document.removeEventListener("DOMContentLoaded", start);
  start();
}}
"""
    return f"(() => {{\n{modules(part)}{start}}})();\n"


def labs_style():
    """The style of the laboratories: what they share, and a sheet for each."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(PAGE.glob("lab*.css"), key=lambda p: p.stem))


def for_jupyter(part="explorers"):
    """The module of the widgets."""
    return f"{modules(part)}export default {_faces(part)}.jupyter(modules);\n"
