"""Run an operation here and in PyTorch on the same numbers, and measure how far apart they are."""

import contextlib
import copy
import inspect
import os
import sys
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


@dataclass(frozen=True)
class Case:
    """One operation and how to compare it.

    ``draw(rng)`` returns ``arrays, options``: a dict of float64, integer or None arrays and a dict of options.
    ``theirs(**tensors, **options)`` is PyTorch's answer: ``y``, or a tuple that starts with ``y``.
    ``wrt`` names the arrays that get a gradient, in the order in which the backward returns them.
    ``call_backward(dy, outputs, arrays, options)`` is for the pair whose backward takes something else.
    """

    ours: Callable
    wrt: str
    draw: Callable
    theirs: Callable
    variant: str = ""
    call_backward: Callable | None = None

    @property
    def op(self) -> str:
        return self.ours.__name__

    @property
    def name(self) -> str:
        return f"{self.op}, {self.variant}" if self.variant else self.op

    def bind(self, arrays, options) -> tuple[dict, dict]:
        """Return ``arrays, options`` of a call by name, with the defaults filled in."""
        call = inspect.signature(self.ours).bind(*arrays, **options)
        call.apply_defaults()
        named = {n: a for n, a in call.arguments.items() if isinstance(a, np.ndarray) or n in self.wrt.split()}
        return named, {n: value for n, value in call.arguments.items() if n not in named}

    def backward(self, dy, outputs, arrays, options) -> tuple:
        """Return the gradients that ours computes for the upstream gradient ``dy``."""
        if self.call_backward is not None:
            return _tuple(self.call_backward(dy, outputs, arrays, options))
        function = getattr(sys.modules[self.ours.__module__], self.op + "_backward")
        options = {name: value for name, value in options.items() if name != "return_indices"}
        return _tuple(function(dy, **arrays, **options))


@dataclass(frozen=True)
class Agreement:
    """The relative errors of one comparison: ``forward`` over all outputs, ``backward`` by gradient."""

    forward: float
    backward: dict
    dtype: str
    redrawn: int = 0

    @property
    def worst_backward(self) -> float:
        return max(self.backward.values())

    @property
    def ok(self) -> bool:
        return max(self.forward, self.worst_backward) <= TOLERANCE[self.dtype]


def disagreement(a, b) -> float:
    """Return max|a - b| / max|b|; NaN agrees with NaN, and another shape or dtype is an infinite error.

    Examples
    --------
    >>> disagreement(np.array([1.0, 4.0]), np.array([1.0, 2.0]))
    1.0
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return np.inf
    if a.size == 0 or np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
        return 0.0
    if a.dtype.kind != "f":
        return np.inf
    both_nan = np.isnan(a) & np.isnan(b)
    a, b = np.where(both_nan, 0, a).astype(np.float64), np.where(both_nan, 0, b).astype(np.float64)
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return np.inf
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite]):
        return np.inf
    scale = np.abs(b[finite]).max(initial=0.0)
    return float(np.abs(a[finite] - b[finite]).max(initial=0.0) / max(scale, np.finfo(np.float64).tiny))


@contextlib.contextmanager
def exact_arithmetic():
    """PyTorch without TF32, with deterministic algorithms wherever it has one, and quiet about the rest."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark
    mode = torch.get_deterministic_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            matmul.allow_tf32 = cudnn.allow_tf32 = cudnn.benchmark = False
            cudnn.deterministic = True
            torch.use_deterministic_algorithms(True, warn_only=True)
            yield
        finally:
            matmul.allow_tf32, cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark = before
            torch.set_deterministic_debug_mode(mode)


def check(case: Case, seed: int, dtype: str = "float64", device: str = "cpu") -> Agreement:
    """Draw one example of ``case`` from ``seed`` and compare both directions with PyTorch.

    A sum that all but cancels has no correct digits in float32, whoever computes it. Such an example (see
    `lost_to_rounding`) is drawn again; float64 examples never are.
    """
    rng = np.random.default_rng([zlib.crc32(case.name.encode()), seed])
    for redrawn in range(20):
        arrays, options = case.draw(rng)
        arrays = {name: _cast(a, dtype) for name, a in arrays.items()}
        upstream = int(rng.integers(2**32))
        result = compare(case, arrays, options, upstream, device)
        if result.ok or dtype == "float64" or not lost_to_rounding(case, arrays, options, upstream, result):
            return replace(result, redrawn=redrawn)
    return result


def compare(case: Case, arrays: dict, options: dict, upstream: int = 0, device: str = "cpu") -> Agreement:
    """Compare ``case`` with PyTorch on given arrays: all outputs, then the gradients for a random ``dy``.

    ``upstream`` is the seed of ``dy``, and of the memory layouts in which ours gets its arrays, read-only.
    """
    rng = np.random.default_rng(upstream)
    names = case.wrt.split()
    theirs, expected, dy = reference(case, arrays, options, upstream, device)
    disguised = {name: None if a is None else _disguise(a, rng) for name, a in arrays.items()}
    ours = _tuple(case.ours(**disguised, **copy.deepcopy(options)))
    gradients = case.backward(_disguise(dy, rng), ours, disguised, options)
    forward = max(map(_distance, ours, theirs)) if len(ours) == len(theirs) else np.inf
    backward = dict.fromkeys(names, np.inf)
    if len(gradients) == len(names):
        backward = {name: _distance(g, expected.get(name)) for name, g in zip(names, gradients, strict=True)}
    return Agreement(forward, backward, dy.dtype.name)


def reference(case: Case, arrays: dict, options: dict, upstream: int, device: str = "cpu"):
    """Return PyTorch's outputs, its gradients by name, and the upstream gradient it was given."""
    with exact_arithmetic():
        tensors = {name: _tensor(a, device, name in case.wrt.split()) for name, a in arrays.items()}
        outputs = _tuple(case.theirs(**tensors, **copy.deepcopy(options)))
        y = outputs[0]
        dy = np.random.default_rng(upstream).standard_normal(tuple(y.shape))
        dy = np.asarray(dy, str(y.dtype).removeprefix("torch."))
        leaves = {name: t for name, t in tensors.items() if t is not None and t.requires_grad}
        gradients = torch.autograd.grad(y, list(leaves.values()), torch.as_tensor(dy, device=device))
    return [_array(t) for t in outputs], dict(zip(leaves, map(_array, gradients), strict=True)), dy


def lost_to_rounding(case: Case, arrays: dict, options: dict, upstream: int, result: Agreement) -> bool:
    """Whether float32 cannot hold the answer: PyTorch's own moves as far when its input moves by a last bit.

    Only a small error can be excused so, never a wrong branch, sign or factor.
    """
    worst = max(result.forward, result.worst_backward)
    if worst > 1e-2:
        return False
    wide = {name: _cast(a, "float64") for name, a in arrays.items()}
    exact = reference(case, wide, options, upstream)
    rng = np.random.default_rng(upstream)
    moved = 0.0
    for _ in range(8):
        shaken = {name: a if a is None or a.dtype.kind != "f" else
                  a * rng.choice(np.array([1 - 2**-24, 1, 1 + 2**-23], a.dtype), a.shape)
                  for name, a in arrays.items()}
        outputs, gradients, _ = reference(case, shaken, options, upstream)
        pairs = [*zip(outputs, exact[0], strict=True), *((g, exact[1][n]) for n, g in gradients.items())]
        moved = max([moved, *(disagreement(_cast(a, "float64"), b) for a, b in pairs if a is not None)])
    return worst <= 10 * moved


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


def _cast(a, dtype):
    return a.astype(dtype) if a is not None and a.dtype.kind == "f" else a


def _tensor(a, device, requires_grad):
    if a is None:
        return None
    return torch.tensor(a, device=device, requires_grad=requires_grad)


def _array(tensor):
    return None if tensor is None else tensor.detach().cpu().numpy()


def _distance(ours, theirs) -> float:
    """``disagreement`` of two arrays; None agrees with None alone."""
    if ours is None or theirs is None:
        return 0.0 if ours is theirs else np.inf
    return disagreement(ours, theirs)


def _disguise(a, rng):
    """Return the values of ``a`` in a memory layout drawn by chance, read-only."""
    kind = rng.integers(4) if a.ndim else 0
    if kind == 0:
        a = a.copy()
    elif kind == 1:
        a = a.copy(order="F")
    elif kind == 2:
        a = np.repeat(a, 2, axis=-1)[..., ::2]
    else:
        a = a[..., ::-1].copy()[..., ::-1]
    a.flags.writeable = False
    return a
