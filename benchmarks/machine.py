"""What this was measured on: processor, versions, kernels in force, the peak of a matrix product."""

import os
import platform
import time

import numpy as np
from threadpoolctl import threadpool_info


def describe():
    """Hardware and versions, as a dict of plain values."""
    import torch

    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def kernels():
    """The matrix-product kernels in force, as threadpoolctl sees them."""
    return [
        {key: info.get(key) for key in ("internal_api", "version", "architecture", "num_threads")}
        for info in threadpool_info()
    ]


def gemm_peak(clock=time.process_time, seconds=1.0, size=1024):
    """Best GFLOP/s of a float32 matrix product with NumPy, and with PyTorch."""
    import torch

    a = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    out, t = np.empty_like(a), torch.from_numpy(a)
    best = {"numpy": 0.0, "torch": 0.0}
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop:
        for name, product in (("numpy", lambda: np.matmul(a, a, out=out)), ("torch", lambda: t @ t)):
            start = clock()
            product()
            best[name] = max(best[name], 2e-9 * size**3 / (clock() - start))
    return {name: round(value, 1) for name, value in best.items()}
