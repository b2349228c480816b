"""The record of a cross-check: what was measured, on which hardware, with which versions, when."""

import ast
import datetime
import hashlib
import json
import pathlib
import platform

import numpy as np
import torch

from cnnlib import _files
from cnnlib.crosscheck.compare import TOLERANCE

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
RECORD = PACKAGE.parent / "records" / "verification.json"
NOT_MEASURED = "not measured"


def cpu_model() -> str:
    """Return the processor's name as the operating system gives it."""
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def hardware(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else cpu_model()


def versions(device: str) -> dict:
    found = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    platform_of_gpu = torch.version.cuda or torch.version.hip
    return found | ({"cuda": platform_of_gpu} if device == "cuda" and platform_of_gpu else {})


def source_version(module: str, package: pathlib.Path = PACKAGE) -> str:
    """Hash the code of ``cnnlib.<module>`` and of every module of cnnlib that it imports.

    Comments, layout and docstrings do not count, so that only a change of code makes a measurement stale.
    """
    code, waiting = {}, [module]
    while waiting:
        name = waiting.pop()
        path = package.joinpath(*name.split(".")).with_suffix(".py")
        if not path.exists():
            path = path.with_suffix("") / "__init__.py"
        if name in code or not path.exists():
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "cnnlib":
                inside = node.module.removeprefix("cnnlib").lstrip(".")
                waiting += [inside] if inside else [alias.name for alias in node.names]
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
                node.body = node.body[1:]
        code[name] = ast.dump(tree)
    listing = "\n".join(f"{name}: {code[name]}" for name in sorted(code))
    return hashlib.sha256(listing.encode()).hexdigest()[:16]


def load(path) -> dict:
    """Return the record at ``path``, or an empty one where there is none or it cannot be read."""
    try:
        record = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        return record if {"runs", "rows"} <= record.keys() else {"runs": {}, "rows": []}
    except (OSError, ValueError, AttributeError):
        return {"runs": {}, "rows": []}


def merge(old: dict, rows: list, draws: int, today: datetime.date | None = None) -> dict:
    """Return a record of ``rows`` and of what ``old`` measured on other devices with the same code."""
    measured = {row["device"] for row in rows}
    current = {(row["name"], row["module"]): row["source"] for row in rows}
    kept = [row for row in old["rows"]
            if row["device"] not in measured and current.get((row["name"], row["module"])) == row["source"]]
    runs = {device: run for device, run in old["runs"].items() if device in {row["device"] for row in kept}}
    today = today or datetime.datetime.now(datetime.UTC).date()
    for device in measured:
        runs[device] = {"hardware": hardware(device), "date": today.isoformat(), "draws": draws,
                        "versions": versions(device)}
    return {
        "about": "Worst relative errors max|a - b| / max|b| of cnnlib against PyTorch; null is a wrong shape, "
                 "dtype, or an exception. Written by python -m cnnlib.crosscheck.",
        "tolerance": TOLERANCE,
        "gpu": runs["cuda"]["hardware"] if "cuda" in runs else NOT_MEASURED,
        "runs": dict(sorted(runs.items())),
        "rows": sorted(kept + rows, key=lambda row: row["device"]),
    }


def save(path, record: dict) -> None:
    """Write ``record`` as JSON: the old file stays until the new one is complete."""
    _files.write(path, (json.dumps(record, indent=1, allow_nan=False) + "\n").encode())


def table(rows: list) -> str:
    """Return ``rows`` as a text table, one line for each operation, dtype and device."""
    head = f"{'operation':<34} {'dtype':<8} {'device':<6} {'forward':>9} {'backward':>9}  within"
    lines = [head, "-" * len(head)]
    for row in rows:
        verdict = f"{row['tolerance']:.0e}" if row["ok"] else f"NO: {row['problem']}"
        lines.append(f"{row['name']:<34} {row['dtype']:<8} {row['device']:<6} "
                     f"{_number(row['forward']):>9} {_number(row['backward']):>9}  {verdict}")
    return "\n".join(lines)


def _number(error) -> str:
    return "-" if error is None else f"{error:.1e}"
