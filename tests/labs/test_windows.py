"""Where windows stand: one module for explorers and laboratories, beside the core and cnnlib."""

import itertools

import numpy as np

from cnnlib.conv import conv2d_output_size
from cnnlib.course._still import call


def test_as_many_windows_fit_as_in_the_core_and_in_the_library():
    for n, k, stride, padding, dilation in itertools.product(range(1, 9), (1, 2, 3, 5), (1, 2, 3), (0, 1, 2), (1, 2)):
        found = call("windows", "outputs", n, k, {"stride": stride, "padding": padding, "dilation": dilation})
        try:
            assert (found, found) == conv2d_output_size(n, k, stride, padding, dilation)
        except ValueError:
            assert found == 0
        assert found == max(0, call("core", "places", n, k, stride, padding, dilation))


def test_uses_and_counts_are_the_windows_seen_from_the_pixels():
    rng = np.random.default_rng(0)
    for _ in range(60):
        (H, W), (K, L) = rng.integers(3, 7, 2).tolist(), rng.integers(1, 4, 2).tolist()
        options = {name: int(rng.integers(*ends)) for name, ends in (
            ("stride", (1, 4)), ("padding", (0, 3)), ("dilation", (1, 3)))}
        rows, columns = (call("windows", "outputs", n, k, options) for n, k in ((H, K), (W, L)))
        windows = {}
        for i, j in np.ndindex(rows, columns):
            for tap in call("windows", "taps", [i, j], [K, L], options):
                windows.setdefault((tap["p"], tap["q"]), []).append({"i": i, "j": j, "u": tap["u"], "v": tap["v"]})
        counts = call("windows", "counts", [H, W], [K, L], options)
        for p, q in np.ndindex(H, W):
            found, wanted = call("windows", "uses", [p, q], [H, W], [K, L], options), windows.get((p, q), [])
            key = lambda use: sorted(use.items())  # noqa: E731
            assert sorted(found, key=key) == sorted(wanted, key=key) and counts[p][q] == len(wanted)
