"""Every operation agrees with PyTorch, on the CPU and on a GPU where there is one; and the measuring is sound.

Needs pytest, hypothesis, NumPy, PyTorch and cnnlib, nothing else: ``python3 -m pytest -m gpu`` runs on a bare machine.
"""

import functools
import importlib
import json
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib import activations, conv, linear, losses
from cnnlib.crosscheck import CASES, TOLERANCE, __main__, assert_agrees, check, disagreement, report

MODULES = ("activations", "conv", "dropout", "linear", "losses", "normalization", "padding", "pooling")
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(", ", "-").replace(" ", "-"))
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE)
seeds = st.integers(0, 2**32 - 1)


def find(op):
    return next(case for case in CASES if case.op == op)


def broken(op, forward=None, backward=None):
    """The case of ``op`` with an operation that is wrong."""
    case = find(op)

    @functools.wraps(case.ours)
    def f(*args, **options):
        return (forward or case.ours)(*args, **options)

    call = backward and (lambda dy, outputs, arrays, options: backward(dy, **arrays, **options))
    return replace(case, ours=f, call_backward=call)


# Agreement


@each_dtype
@each_case
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_agrees_on_the_cpu(case, dtype, seed):
    result = check(case, seed, dtype)
    assert result.ok, result


@pytest.mark.gpu
@each_dtype
@each_case
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_agrees_on_the_gpu(case, dtype, seed):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here: torch.cuda.is_available() is False")
    result = check(case, seed, dtype, "cuda")
    assert result.ok, result


def test_every_pair_has_a_case():
    modules = [importlib.import_module(f"cnnlib.{name}") for name in MODULES]
    pairs = {name for m in modules for name in vars(m) if not name.startswith("_") and hasattr(m, f"{name}_backward")}
    assert pairs == {case.op for case in CASES}


@each_case
def test_draws_are_varied_and_repeatable(case):
    seen = set()
    for seed in range(30):
        arrays, options = case.draw(np.random.default_rng(seed))
        again, _ = case.draw(np.random.default_rng(seed))
        for name, a in arrays.items():
            assert a is None or np.array_equal(a, again[name])
        seen.add(str([a is not None and a.shape for a in arrays.values()]) + str(sorted(map(str, options.items()))))
    assert len(seen) >= 10


# A wrong operation is found


WRONG = {
    "sign": broken("relu", backward=lambda dy, x: -activations.relu_backward(dy, x)),
    "factor": broken("mse_loss", backward=lambda dy, *a, **o: 2 * losses.mse_loss_backward(dy, *a, **o)),
    "output": broken("tanh", forward=lambda x: np.tanh(x) + x.dtype.type(1e-4)),
    "dtype": broken("sigmoid", forward=lambda x: activations.sigmoid(x).astype(np.float16)),
    "shape": broken("silu", forward=lambda x: activations.silu(x)[None]),
    "one gradient short": broken("conv2d", backward=lambda *a, **o: conv.conv2d_backward(*a, **o)[:2]),
    "no bias gradient": broken("conv2d", backward=lambda *a, **o: (*conv.conv2d_backward(*a, **o)[:2], None)),
    "at zero": broken("relu", backward=lambda dy, x: np.where(x >= 0, dy, 0)),
}


@each_dtype
@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_a_wrong_operation_is_found(case, dtype):
    assert not all(check(case, seed, dtype).ok for seed in range(40))


def test_an_operation_that_writes_into_its_input_is_found():
    def relu(x):
        return np.maximum(x, 0, out=x)

    with pytest.raises(ValueError, match="read-only"):
        check(broken("relu", forward=relu), 0)


def test_rounding_excuses_no_wrong_branch():
    case = broken("relu", backward=lambda dy, x: activations.relu_backward(dy, x) * x.dtype.type(1 + 1e-3))
    found = [check(case, seed, "float32") for seed in range(20)]
    assert not any(result.redrawn for result in found) and not all(result.ok for result in found)


def test_a_sum_that_cancels_is_drawn_again():
    """3 / 3 - 0.9999 has three digits left in float32, so only another draw can tell right from wrong."""
    case = find("linear")

    def draw(rng):
        if rng.random() < 0.5:
            return {"x": np.array([[3.0]]), "w": np.array([[1 / 3]]), "b": np.array([-0.9999])}, {}
        return case.draw(rng)

    sloppy = broken("linear", forward=lambda x, w, b: linear.linear(x, w, b) + x.dtype.type(5e-8))
    results = [check(replace(sloppy, draw=draw), seed, "float32") for seed in range(20)]
    assert all(result.ok for result in results) and sum(result.redrawn for result in results) > 5
    assert not any(check(replace(sloppy, draw=draw), seed, "float64").redrawn for seed in range(20))


# The measure


@pytest.mark.parametrize(
    "a, b, expected",
    [
        ([1.0, 4.0], [1.0, 2.0], 1.0),
        ([0.0], [0.0], 0.0),
        ([], [], 0.0),
        ([np.nan, 1.0], [np.nan, 1.0], 0.0),
        ([np.nan, 1.0], [1.0, 1.0], np.inf),
        ([1.0, 1.0], [np.nan, 1.0], np.inf),
        ([np.inf, 1.0], [np.inf, 2.0], 0.5),
        ([np.inf], [-np.inf], np.inf),
        ([np.inf], [1.0], np.inf),
        ([np.nan, np.inf], [np.nan, np.inf], 0.0),
        ([[1.0]], [1.0], np.inf),
        (np.float32([1]), [1.0], np.inf),
        (np.array([1, 2]), np.array([1, 2]), 0.0),
        (np.array([1, 2]), np.array([1, 3]), np.inf),
    ],
)
def test_disagreement(a, b, expected):
    assert disagreement(a, b) == expected


def test_assert_agrees():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 6, 7)), rng.standard_normal((4, 2, 3, 3))
    result = assert_agrees("conv2d", x, w, stride=2, padding=1, groups=2)
    assert result.ok and set(result.backward) == {"x", "w", "b"}
    assert assert_agrees(activations.gelu, x.astype(np.float32), approximate="tanh").dtype == "float32"
    assert_agrees("cross_entropy", rng.standard_normal((3, 5)), np.array([0, 4, 2]), reduction="sum")
    assert_agrees("pad", x, (1, 2, 2, 0), mode="reflect")
    assert_agrees("batch_norm", x, np.zeros(4), np.ones(4), training=True)
    assert_agrees("max_pool2d", x, 2, return_indices=True)


def test_assert_agrees_names_what_differs(monkeypatch):
    monkeypatch.setattr("cnnlib.crosscheck.CASES", [broken("tanh", backward=lambda dy, x: dy)])
    with pytest.raises(AssertionError, match=r"tanh against PyTorch on cpu: dx differs by .*allowed 1e-10"):
        assert_agrees("tanh", np.linspace(-1, 1, 5))
    with pytest.raises(ValueError, match="op must be one of tanh, got 'sine'"):
        assert_agrees("sine", np.ones(3))


def test_exact_arithmetic_leaves_pytorch_as_it_was():
    before = torch.backends.cudnn.allow_tf32, torch.get_deterministic_debug_mode()
    check(find("conv2d"), 0)
    assert (torch.backends.cudnn.allow_tf32, torch.get_deterministic_debug_mode()) == before


# The record


def row(name="relu", device="cpu", source="a", ok=True):
    return {"name": name, "module": "activations", "dtype": "float64", "device": device, "source": source,
            "forward": 0.0, "backward": 0.0, "tolerance": 1e-10, "ok": ok, "problem": None if ok else "dx 1.0"}


def measured_on_gpu(*rows):
    run = {"hardware": "Some GPU", "date": "2026-01-01", "draws": 5, "versions": {}}
    return {"runs": {"cuda": run}, "rows": list(rows)}


def test_a_record_without_a_gpu_says_so():
    record = report.merge({"runs": {}, "rows": []}, [row()], draws=3)
    assert record["gpu"] == "not measured" and list(record["runs"]) == ["cpu"]
    assert record["runs"]["cpu"]["versions"]["numpy"] == np.__version__
    assert record["runs"]["cpu"]["draws"] == 3 and record["runs"]["cpu"]["hardware"]


def test_gpu_results_of_the_same_code_are_kept_and_others_dropped():
    old = measured_on_gpu(row("relu", "cuda"), row("tanh", "cuda", "stale"), row("gone", "cuda"))
    record = report.merge(old, [row("relu"), row("tanh", source="b")], draws=3)
    assert [r["name"] for r in record["rows"] if r["device"] == "cuda"] == ["relu"]
    assert record["gpu"] == "Some GPU" and record["runs"]["cuda"]["date"] == "2026-01-01"
    record = report.merge(old, [row("relu", source="b"), row("tanh")], draws=3)
    assert record["gpu"] == "not measured" and list(record["runs"]) == ["cpu"]


def test_the_code_counts_and_comments_do_not(tmp_path):
    def version(text, helper="def g():\n    return 1\n"):
        (tmp_path / "helper").mkdir(exist_ok=True)
        (tmp_path / "helper" / "__init__.py").write_text("from cnnlib.helper.inner import g\n")
        (tmp_path / "helper" / "inner.py").write_text(helper)
        (tmp_path / "op.py").write_text(text)
        return report.source_version("op", tmp_path)

    text = '"""Doc."""\nfrom cnnlib import helper\n\ndef f(x):\n    """Doc."""\n    return x + helper.g()\n'
    first = version(text)
    assert version(text.replace("Doc", "Other") + "# a comment\n") == first
    assert version(text.replace("x +", "x -")) != first
    assert version(text, "def g():\n    return 2\n") != first


def test_a_case_of_a_package_covers_the_files_it_uses():
    version = report.source_version("conv.convolution")
    assert version == report.source_version("conv.convolution") != report.source_version("conv.columns")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rows": []}', "null"])
def test_a_damaged_record_counts_as_none(tmp_path, text):
    path = tmp_path / "verification.json"
    path.write_text(text)
    assert report.load(path) == {"runs": {}, "rows": []}


def test_saving_is_atomic(tmp_path):
    path = tmp_path / "verification.json"
    report.save(path, {"rows": [1]})
    with pytest.raises(TypeError):
        report.save(path, {"rows": [object()]})
    with pytest.raises(ValueError):
        report.save(path, {"rows": [float("inf")]})
    assert json.loads(path.read_text()) == {"rows": [1]} and list(tmp_path.iterdir()) == [path]


# The command


def test_command_writes_a_table_and_a_record(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(__main__, "CASES", [find("relu"), find("conv2d")])
    path = tmp_path / "verification.json"
    assert __main__.main(["--draws", "3", "--device", "cpu", "--output", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "4 of 4 lines within tolerance" in printed and "conv2d" in printed
    rows = json.loads(path.read_text())["rows"]
    assert {(r["name"], r["dtype"], r["device"]) for r in rows} == {
        (name, dtype, "cpu") for name in ("relu", "conv2d") for dtype in TOLERANCE}
    assert all(r["ok"] and r["forward"] <= r["tolerance"] for r in rows)


def test_command_fails_where_an_operation_is_wrong(tmp_path, capsys, monkeypatch):
    def crash(x):
        raise RuntimeError("out of order")

    monkeypatch.setattr(__main__, "CASES", [broken("relu", forward=crash), WRONG["factor"]])
    path = tmp_path / "verification.json"
    assert __main__.main(["--draws", "5", "--device", "cpu", "--output", str(path)]) == 1
    printed = capsys.readouterr().out
    assert "RuntimeError: out of order" in printed and "0 of 4 lines" in printed
    assert json.loads(path.read_text())["rows"][0]["forward"] is None


def test_command_with_only_writes_nothing(tmp_path, capsys):
    path = tmp_path / "verification.json"
    assert __main__.main(["--draws", "1", "--only", "flatten", "--device", "cpu", "--output", str(path)]) == 0
    assert not path.exists()


@pytest.mark.parametrize("arguments", [["--draws", "0"], ["--only", "nothing like it"], ["--device", "tpu"],
                                       ["--output", "no such folder/record.json"]])
def test_command_refuses(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        __main__.main(arguments)
    assert stop.value.code == 2 and arguments[0] in capsys.readouterr().err


def test_the_gpu_is_asked_for_in_vain(capsys):
    if torch.cuda.is_available():
        pytest.skip("a CUDA device is here")
    with pytest.raises(SystemExit):
        __main__.main(["--device", "cuda"])
    assert "finds no CUDA device" in capsys.readouterr().err


def test_seeds_of_cases_differ():
    assert len({zlib.crc32(case.name.encode()) for case in CASES}) == len(CASES)


def test_pytorch_would_tell_tf32_apart():
    """The tolerance is tight enough: rounding the inputs to TF32's ten bits would be found."""
    def rounded(a):
        return (a.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)

    x, w = (np.random.default_rng(0).standard_normal(s).astype(np.float32) for s in ((1, 2, 5, 5), (2, 2, 3, 3)))
    exact = F.conv2d(torch.tensor(x), torch.tensor(w)).numpy()
    assert disagreement(conv.conv2d(rounded(x), rounded(w)), exact) > TOLERANCE["float32"]
