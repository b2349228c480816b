"""JupyterLab on a free port, with settings of its own, for the tests that drive it in a browser."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

CONFIG = {
    "ServerApp": {"open_browser": False, "allow_root": True},
    "IdentityProvider": {"token": ""},
    "LabApp": {
        "expose_app_in_browser": True, "news_url": None,
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    },
}


def wait(action, what, seconds=90.0):
    """Repeat ``action`` until it gives something true; it may fail on the way."""
    end, problem = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            if value := action():
                return value
        except Exception as error:  # the page or the server is still on its way
            problem = error
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:.0f} s for {what}; last problem: {problem}")


@contextlib.contextmanager
def jupyterlab(folder):
    """Start JupyterLab over ``folder / "work"``, which holds the notebooks; the address of the server."""
    work = folder / "work"
    config = folder / "config.json"
    # What somebody has trusted on this machine counts for nothing here.
    notary = {"NotebookNotary": {"db_file": str(folder / "signatures.db"), "data_dir": str(folder)}}
    config.write_text(json.dumps(CONFIG | notary))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if key not in {"CNNLIB_STATIC", "JUPYTER_TOKEN"}}
    for name in ("CONFIG_DIR", "RUNTIME_DIR", "LAB_SETTINGS_DIR", "LAB_WORKSPACES_DIR"):
        key = f"JUPYTER{'' if name.startswith('LAB') else '_'}{name}"
        env[key] = str(folder / name.lower())
    env |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", f"--config={config}", f"--ServerApp.port={port}",
             "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={work}"],
            stdout=log, stderr=subprocess.STDOUT, env=env, cwd=work,
        )
    address = f"http://127.0.0.1:{port}"

    def ready():
        assert server.poll() is None, (folder / "log").read_text()[-2000:]
        try:
            return urllib.request.urlopen(f"{address}/api/status", timeout=5).status == 200
        except urllib.error.URLError:
            return False

    try:
        wait(ready, "JupyterLab")
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
