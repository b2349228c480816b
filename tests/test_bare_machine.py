"""The cross-check on a borrowed machine with a GPU: it needs little there, and its numbers reach the page."""

import json
import re
import subprocess
import sys

import pytest
import torch
from helpers_page import ROOT, rerun

from cnnlib.crosscheck import CASES, __main__, report

BARE = [sys.executable, "tools/only.py", "numpy", "torch", "pytest", "hypothesis", "--"]


@pytest.mark.parametrize("command, word", [
    (["cnnlib.crosscheck", "--only", "flatten", "--draws", "2", "--device", "cpu"], "2 of 2 lines within tolerance"),
    (["pytest", "-m", "gpu", "-k", "flatten", "-p", "no:cacheprovider"], "2 passed|2 skipped"),
])
def test_needs_no_more_than_numpy_torch_pytest_and_hypothesis(command, word):
    """A borrowed machine with a GPU has these; nothing else is needed there."""
    done = subprocess.run([*BARE, *command], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and re.search(word, done.stdout), done.stdout + done.stderr


def test_the_other_packages_are_really_hidden_there():
    code = "import torch, cnnlib.crosscheck, cnnlib.training"
    done = subprocess.run([*BARE, "timeit", "-n1", "-r1", code], capture_output=True, text=True, cwd=ROOT)
    assert "No module named 'tqdm'" in done.stderr


@pytest.fixture
def stand_in(monkeypatch):
    """A GPU that is not there: PyTorch reports one, and the processor computes what it is asked for."""
    module = sys.modules["cnnlib.crosscheck.compare"]
    reference, asked = module.reference, []

    def on_the_cpu(case, arrays, options, upstream, device="cpu"):
        asked.append(device)
        return reference(case, arrays, options, upstream)

    monkeypatch.setattr(module, "reference", on_the_cpu)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Stand-in <GPU>")
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    return asked


def test_a_gpu_that_is_found_goes_into_the_record_and_onto_the_page(stand_in, tmp_path, monkeypatch):
    path = tmp_path / "verification.json"
    assert __main__.main(["--draws", "1", "--output", str(path)]) == 0
    record = json.loads(path.read_text(encoding="utf-8"))
    run = record["runs"]["cuda"]
    assert set(stand_in) == {"cpu", "cuda"} and record["gpu"] == run["hardware"] == "Stand-in <GPU>"
    assert run["versions"] == record["runs"]["cpu"]["versions"] | {"cuda": "13.0"}
    assert {r["name"] for r in record["rows"] if r["device"] == "cuda"} == {case.name for case in CASES}

    mutations = json.loads((report.RECORD.parent / "mutations.json").read_text(encoding="utf-8"))
    records = {"verification": record, "mutations": mutations}
    page = rerun("verification.ipynb", records, tmp_path / "page", monkeypatch)
    assert f"On {run['date']}, PyTorch computed on Stand-in &lt;GPU&gt; (a GPU;" in page and "cuda 13.0" in page
    assert page.count("<table") == 3 and "Nothing was measured on a GPU" not in page

    __main__.main(["--draws", "1", "--device", "cuda", "--output", str(path)])
    assert json.loads(path.read_text(encoding="utf-8"))["runs"]["cpu"] == record["runs"]["cpu"]  # the CPU's rows stay
