"""Settings that must stand in the environment before nbval starts a notebook's kernel."""

import os

# Explorers leave their widget view out, so that outputs are the same in every run.
os.environ["CNNLIB_STATIC"] = "1"
# One thread: as fast at these sizes, and two test workers do not fight over two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
