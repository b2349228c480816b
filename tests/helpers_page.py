"""Make a page of the book from other records than the committed ones."""

import ast
import json
import pathlib

import matplotlib.pyplot as plt

from cnnlib.course import figures

ROOT = pathlib.Path(__file__).resolve().parent.parent


def rerun(page, records, folder, monkeypatch) -> str:
    """Run the cells of a notebook in a folder that holds these records; return what they show, captions too."""
    (folder / "records").mkdir(parents=True)
    for name, record in records.items():
        (folder / "records" / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.chdir(folder)
    shown, names = [], {}
    monkeypatch.setattr(figures, "show", lambda fig, *, name, alt, caption: (plt.close(fig), shown.append(caption)))
    for cell in json.loads((ROOT / page).read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            tree = ast.parse("".join(cell["source"]))
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "page", "exec"), names)
            value = last and eval(compile(ast.Expression(last.value), "page", "eval"), names)
            shown.append(getattr(value, "data", "") or "")
    return "\n".join(shown)
