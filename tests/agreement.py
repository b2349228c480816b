"""What the tests of operations share: PyTorch's answer, a yardstick, and arrays laid out in every way."""

import numpy as np
import torch

TOLERANCE = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-5}


def assert_close(ours, theirs, tol=None, dy=None):
    """Same shape and dtype, NaN and infinity in the same places, and close relative to the largest entry.

    A gradient that is all but zero (saturation, two values normalized) is the difference of numbers of the
    size of ``dy``, with their rounding. Given dy, what is under a thousandth of it is judged against that.
    """
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.dtype == theirs.dtype, (ours.dtype, theirs.dtype)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    if ours.size == 0:
        return
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite])
    assert np.isfinite(ours[finite]).all()
    if finite.any():
        worst, scale = np.abs(ours[finite] - theirs[finite]).max(), np.abs(theirs[finite]).max()
        scale = scale if dy is None else max(scale, 1e-3 * np.abs(dy).max(initial=0))
        assert worst <= (tol or TOLERANCE[ours.dtype]) * scale, f"{worst:.3g} of {scale:.3g}"


def torch_pair(f, arrays, dy=None, wanted=None, **options):
    """Return ``f(*arrays)`` as PyTorch computes it, its gradients and the upstream gradient used.

    Arrays of floats are differentiated, or only the first ``wanted`` of them; None stays None. ``dy`` is a
    function of the output's shape.
    """
    tensors = [None if a is None else torch.from_numpy(np.array(a)) for a in arrays]
    leaves = [t for t in tensors if t is not None and t.is_floating_point()][:wanted]
    for t in leaves:
        t.requires_grad_()
    y = f(*tensors, **options)
    upstream = dy(tuple(y.shape)).astype(y.detach().numpy().dtype)
    y.backward(torch.from_numpy(np.array(upstream)))
    return y.detach().numpy(), [t.grad.numpy() for t in leaves], upstream


def layouts(x):
    """Yield arrays equal to ``x``: Fortran order, a strided view, a reversed view, read-only."""
    yield np.array(x, order="F")
    wide = np.full([2 * n for n in x.shape], np.nan if x.dtype.kind == "f" else -7, x.dtype)
    every_other = wide[tuple(slice(None, None, 2) for _ in x.shape)]
    every_other[...] = x
    yield every_other
    backwards = tuple(slice(None, None, -1) for _ in x.shape)
    yield np.array(x[backwards])[backwards]
    locked = x.copy()
    locked.flags.writeable = False
    yield locked
