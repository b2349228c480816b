"""Agreement with PyTorch, operation by operation. The only room of cnnlib that imports torch.

``python -m cnnlib.crosscheck`` runs the table of cases on every device found and writes ``records/verification.json``;
``assert_agrees`` checks one call, for a chapter or a test.
"""

from cnnlib.crosscheck.cases import CASES
from cnnlib.crosscheck.compare import TOLERANCE, Agreement, Case, check, compare, disagreement, exact_arithmetic

__all__ = ["CASES", "TOLERANCE", "Agreement", "Case", "assert_agrees", "check", "compare", "disagreement",
           "exact_arithmetic"]


def assert_agrees(op, *arrays, device="cpu", seed=0, **options) -> Agreement:
    """Assert that ``op`` and its backward give PyTorch's numbers for these arguments.

    Parameters
    ----------
    op : str or function
        An operation of cnnlib, such as ``"conv2d"``.
    *arrays : array or None
        Its arrays, in the order of its signature, all float32 or all float64 (labels: integers).
    device : str
        Where PyTorch computes: ``"cpu"`` or ``"cuda"``.
    seed : int
        Of the upstream gradient.
    **options
        Its options, such as ``stride=2``. Left out, each has its default.

    Returns
    -------
    Agreement
        The relative errors: ``forward``, and ``backward`` by gradient.

    Raises
    ------
    AssertionError
        If an error is over 1e-10 (float64) or 1e-5 (float32); the message says which output.
    ValueError
        If there is no such operation, or it has no array that takes a gradient.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.arange(16.0).reshape(1, 1, 4, 4), np.ones((1, 1, 2, 2))
    >>> assert_agrees("conv2d", x, w, stride=2).ok
    True
    """
    name = getattr(op, "__name__", op)
    case = next((case for case in CASES if case.op == name), None)
    if case is None:
        raise ValueError(f"op must be one of {', '.join(sorted({c.op for c in CASES}))}, got {name!r}")
    given, options = case.bind(arrays, options)
    result = compare(case, given, options, seed, device)
    limit = TOLERANCE[result.dtype]
    wrong = {"output": result.forward} | {f"d{n}": e for n, e in result.backward.items()}
    wrong = ", ".join(f"{n} differs by {e:.1e}" for n, e in wrong.items() if not e <= limit)
    assert result.ok, f"{name} against PyTorch on {device}: {wrong}, allowed {limit:.0e} ({result.dtype})"
    return result
