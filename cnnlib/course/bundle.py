"""The ES modules of ``page/`` as one script.

Browsers refuse modules that lie on a disk, so the book gets a classic script; Jupyter gets one module, in which imports
from beside it could not work; and where there is no browser at all, the same script without an ending is run.

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
    return sorted(path.stem for path in PAGE.glob("*.js") if "\nexport function numbers(" in source(path.stem))


@functools.cache
def modules():
    """JavaScript that makes ``modules``, an object of all modules by name.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If an import or an export is written in another form, or if modules import one another in a circle.
    """
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

    for path in sorted(PAGE.glob("*.js")):
        add(path.stem, [])
    return '"use strict";\nconst modules = {};\n' + "".join(done.values())


def for_page():
    """The classic script of the book's pages; it may be loaded with the page or later."""
    start = """const start = () => modules.faces.page(modules);
document.addEventListener("DOMContentLoaded", start);
if (document.readyState !== "loading") {
  document.removeEventListener("DOMContentLoaded", start);
  start();
}
"""
    return f"(() => {{\n{modules()}{start}}})();\n"


def for_jupyter():
    """The module of the widgets."""
    return f"{modules()}export default modules.faces.jupyter(modules);\n"
