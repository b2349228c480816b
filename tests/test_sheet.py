"""The sheet for the wall: everything on it comes from the library, nothing is missing, and PyTorch knows the names."""

import functools
import inspect
import re
import shutil
import sys

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from helpers_book import ROOT
from places import operations
from torch.optim import lr_scheduler

from cnnlib import activations
from cnnlib.conv import conv2d

sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "_ext")]
import pdf  # noqa: E402
import print_sheet  # noqa: E402
import sheet  # noqa: E402

NAMES = {"F": torch.nn.functional, "nn": torch.nn, "torch": torch, "optim": torch.optim, "lr_scheduler": lr_scheduler}
each = pytest.mark.parametrize("op", operations(), ids=lambda op: op.__name__)


@functools.cache
def parsed():
    return BeautifulSoup(sheet.markup(), "html.parser")


def test_every_operation_of_the_library_is_on_the_sheet_once():
    shown = [op.__name__ for module in sheet.GROUPS for op in sheet.operations(module)]
    assert sorted(shown) == sorted(op.__name__ for op in operations())
    named = [tag.get_text() for tag in parsed().select(".name code")]
    rules = ["conv_transpose2d"]  # under "Shapes" as well
    assert all(named.count(name) == 1 + rules.count(name) for name in shown)


@each
def test_an_operation_shows_what_it_computes_and_every_gradient_that_it_returns(op):
    there, back = sheet.forward(op), " ".join(sheet.backward(op))
    assert all(there) and (op.__name__ == "flatten" or all("``" in line and "=" in line for line in there))
    returned = re.findall(r"^(d\w+)", sheet.section(sheet.backward_of(op), "Returns"), flags=re.M)
    assert returned
    for name in returned:
        assert re.search(rf"``{name}(\[[^`]*?\])? \+?= ", back), f"{name} is not in: {back}"


@each
def test_pytorch_knows_an_operation_by_the_names_on_the_sheet(op):
    names = sheet.torch_names(op)
    assert len(names) >= 2, "no layer stands on it"
    for name in names:
        room, _, last = name.partition(".")
        assert hasattr(NAMES[room], last), name


def test_pytorch_knows_the_other_names():
    other = [tag.get_text() for tag in parsed().select(".name small")]
    for name in (name for names in other for name in names.split(" · ")):
        room, _, last = name.partition(".")
        place = torch.nn.init if last.startswith("init.") else NAMES[room]
        assert hasattr(place, last.removeprefix("init.")), name


def test_what_is_known_by_heart():
    assert sheet.forward(activations.relu) == ["``y = max(x, 0)``"]
    assert sheet.backward(activations.tanh) == ["``dx = dy * (1 - y**2)``"]
    assert sheet.forward(activations.silu) == ["``y = x * s`` with ``s = sigmoid(x)``"]
    assert [line.partition(" =")[0] for line in sheet.backward(conv2d)][:2] == ["``db[f]", "``dw[f, c, k, l]"]
    assert sheet.torch_names(conv2d) == ["F.conv2d", "nn.Conv2d"]


def test_the_sheet_changes_with_the_code(monkeypatch):
    def twice(x):
        """Double.

        Notes
        -----
        ``y = 2 * x``, so ``dx = 2 * dy``.
        """

    def twice_backward(dy, x):
        """Gradient.

        Returns
        -------
        dx : array (shape of x)
            ``2 * dy``, as everywhere.
        """
    monkeypatch.setattr(sheet, "backward_of", lambda op: twice_backward)
    assert sheet.forward(twice) == ["``y = 2 * x``"] and sheet.backward(twice) == ["``dx = 2 * dy``, as everywhere"]
    before = sheet.pair(activations.relu)
    monkeypatch.undo()
    changed = inspect.getdoc(activations.relu).replace("max(x, 0)", "best(x, 0)")
    monkeypatch.setattr(activations.relu, "__doc__", changed)
    assert "best(x, 0)" in sheet.pair(activations.relu) != before


@pytest.mark.parametrize("window", sheet.WINDOWS)
def test_the_sizes_are_pytorchs(window):
    size, kernel, stride, padding, dilation = window
    y = torch.nn.Conv2d(1, 1, kernel, stride, padding, dilation)(torch.zeros(1, 1, size, size))
    cells = [[cell.get_text() for cell in row.find_all("td")] for row in parsed().select("table")[0].find_all("tr")]
    assert [*map(str, window), str(y.shape[-1])] in cells


def test_what_a_layer_holds_is_what_pytorchs_holds():
    for said, layer in sheet.LAYERS.items():
        ours, theirs = layer().state_dict(), eval(f"torch.nn.{said}", {"torch": torch}).state_dict()
        assert {name: np.shape(a) for name, a in ours.items()} == {name: tuple(a.shape) for name, a in theirs.items()}


def test_the_ledger_adds_up():
    cells = [[cell.get_text() for cell in row.find_all("td")] for row in parsed().select("table.sum tr")]
    numbers = [[int(n.replace(",", "")) for n in row[2:]] for row in cells if row]
    assert [sum(column) for column in zip(*numbers[:-1], strict=True)] == numbers[-1] == [61_706, 416_520]


def test_no_markup_of_docstrings_is_left():
    text = "\n".join(tag.get_text() for tag in parsed().select("p, td"))
    assert "``" not in text and "::" not in text and "**2" not in text
    assert all(tag.get_text(strip=True) for tag in parsed().select("p, .name code, h2"))


def test_signs_are_set_as_in_mathematics():
    assert sheet.tidy("dy * (1 - y**2)") == "dy · (1 − y²)"
    assert sheet.tidy("b[f] + sum over c, k, l of w * x[-1]") == "b[f] + Σ<sub>c, k, l</sub> w · x[−1]"
    assert sheet.tidy("a < b <= sqrt(c)") == "a &lt; b ≤ √(c)"


@pytest.mark.browser
@pytest.mark.skipif(not any(map(shutil.which, pdf.BROWSERS)), reason=pdf.NO_BROWSER)
def test_the_sheet_is_one_page_and_says_when_it_is_not(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(print_sheet, "TARGET", ROOT / "_build" / "sheet.pdf")
    print_sheet.main()
    assert "one page of A3" in capsys.readouterr().out
    monkeypatch.setattr(print_sheet, "PAGE", print_sheet.PAGE.replace("font-size: 7.75pt", "font-size: 10pt"))
    with pytest.raises(SystemExit, match="has grown to 2 pages"):
        print_sheet.main()
    monkeypatch.undo()
    print_sheet.main()
