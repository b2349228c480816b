"""The measurements as tables for the screen."""

from benchmarks import goals


def lines(result):
    """Yield the lines of the report."""
    machine = result["machine"]
    yield f"{machine['processor']}, {machine['cores']} cores; Python {machine['python']}, NumPy {machine['numpy']}, " \
          f"PyTorch {machine['torch']}; {machine['date']}; load {machine['load_average']}"
    for run in result["runs"]:
        yield ""
        in_force = ", ".join(f"{k['internal_api']} {k['architecture'] or ''}".strip() for k in run["kernels"])
        yield f"{run['threads']} thread(s). Kernels in force: {in_force}. Peak of a matrix product: " \
              f"NumPy {run['peak']['numpy']} GFLOP/s, PyTorch {run['peak']['torch']} GFLOP/s. Data: {run['data']}. " \
              f"Times by {run['clock']}."
        yield from _steps(run["steps"])
        if "operations" in run:
            yield from _operations(run["operations"])
            yield from _others(run)
    if "pinned" in result:
        yield ""
        yield f"With OPENBLAS_CORETYPE={result['pinned']['value']}: {result['pinned']['peak']} GFLOP/s."
    if "memory" in result:
        yield ""
        yield "Peak memory of LeNet training, MiB: " + ", ".join(f"{k} {v:.0f}" for k, v in result["memory"].items())
    if "mnist" in result:
        yield from _mnist(result["mnist"])
    yield from _goals(goals.compare(result))


def _steps(steps):
    yield ""
    yield f"{'training step':30s} {'cnnlib ms':>10s} {'ratio':>6s} {'spread':>13s}  to PyTorch's fastest mode; ms"
    for step in steps:
        low, high = step["spread"]
        others = ", ".join(f"{name} {ms:.2f}" for name, ms in step["ms"].items() if name != "cnnlib")
        spread = f"{low:.2f} to {high:.2f}"
        yield f"{step['name']:30s} {step['ms']['cnnlib']:10.2f} {step['ratio']:6.2f} {spread:>13s}  {others}"
        for name, why in step["left_out"].items():
            yield f"{'':30s} {name} left out: {why}"


def _operations(operations):
    yield ""
    yield f"{'forward + backward':38s} {'cnnlib ms':>10s} {'ratio':>6s} {'spread':>13s} {'of peak':>8s} " \
          f"{'at best':>8s}  fastest"
    for record in operations:
        low, high = record["spread"]
        part = f"{record['of_peak']:.0%}" if "of_peak" in record else ""
        best = f"{goals.at_best(record):.2f}" if "least_ms" in record else ""
        spread = f"{low:.2f} to {high:.2f}"
        yield f"{record['name']:38s} {record['ms']['cnnlib']:10.3f} {record['ratio']:6.2f} {spread:>13s} {part:>8s} " \
              f"{best:>8s}  {record['fastest']}"


def _others(run):
    yield ""
    yield "Rungs, LeNet's first convolution forward, microseconds per image: " + ", ".join(
        f"{rung['name']} {rung['us_per_image']:.1f}" for rung in run["rungs"]
    )
    for name, fit in run["growth"].items():
        yield f"Time grows with {name} to the power {fit['exponent']:.2f} (PyTorch {fit['torch_exponent']:.2f})"


def _mnist(mnist):
    yield ""
    peers = mnist["torch channels_last"]
    beside = "".join(f"; PyTorch, same recipe: {p['seconds']:.1f} s, {p['accuracy']:.2%}" for p in peers)
    yield f"MNIST, {len(mnist['cnnlib'])} seeds, {mnist['threads']} thread(s): {mnist['mean_accuracy']:.2%} " \
          f"(standard deviation {mnist['spread']:.2%}) in {mnist['seconds']:.1f} s{beside}"


def _goals(lines):
    yield ""
    yield f"{'required and reached':50s} {'measured':>9s} {'required':>9s} {'aim':>9s}"
    for line in lines:
        measured, must, aim = line.texts
        verdict = "missed" if not line.met else "aim reached" if line.aim_met else "met"
        yield f"{line.name:50s} {measured:>9s} {must:>9s} {aim:>9s}  {verdict}"
    yield f"{sum(line.met for line in lines)} of {len(lines)} met"
