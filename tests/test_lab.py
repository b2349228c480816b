"""An explorer in JupyterLab: the same cell that is HTML in the book runs Python when its slider moves."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest
from helpers_book import start_browser

pytestmark = pytest.mark.browser

SOURCE = """\
import os
from cnnlib.course.explorers import Explorer, Slider

def draw(n):
    return f"<p>{n}</p>", f"{n} squared is {n * n}, says process {os.getpid()}"

Explorer(draw, [Slider("n", [1, 2, 3, 4], label="a number")], name="explore-square", title="Squares")"""
CONFIG = {
    "ServerApp": {"open_browser": False, "allow_root": True},
    "IdentityProvider": {"token": ""},
    "LabApp": {
        "expose_app_in_browser": True, "news_url": None,
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    },
}
CAPTION = """
    return [...document.querySelectorAll(".jp-OutputArea-output .widget-html-content")]
        .map((e) => e.textContent).find((text) => text.includes("squared")) ?? null"""


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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a free port, with settings of its own, and a notebook that has not been run."""
    folder = tmp_path_factory.mktemp("lab")
    work = folder / "work"
    work.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, work / "square.ipynb")
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
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


@pytest.fixture
def browser():
    driver = start_browser(1400, 1000)
    yield driver
    driver.quit()


def test_moving_the_slider_runs_python(browser, lab):
    from selenium.webdriver.common.keys import Keys

    browser.get(f"{lab}/lab/tree/square.ipynb?reset")
    cells = "return document.querySelectorAll('.jp-Notebook .jp-CodeCell').length"
    wait(lambda: browser.execute_script(cells), "a cell")
    wait(lambda: browser.execute_script(
        "const panel = window.jupyterapp.shell.currentWidget;"
        "return panel?.sessionContext?.isReady && panel.sessionContext.session?.kernel?.status === 'idle'"), "a kernel")
    browser.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")

    first = wait(lambda: browser.execute_script(CAPTION), "the explorer's caption")
    assert first.startswith("1 squared is 1, says process ")
    assert int(first.split()[-1]) != os.getpid()

    handle = wait(lambda: browser.find_element("css selector", ".jp-OutputArea-output .noUi-handle"), "the slider")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", handle)
    handle.send_keys(Keys.ARROW_RIGHT)
    second = wait(lambda: (text := browser.execute_script(CAPTION)) != first and text, "another caption")
    assert second.startswith("2 squared is 4, says process ")
    handle.send_keys(Keys.END)
    wait(lambda: browser.execute_script(CAPTION).startswith("4 squared is 16, says process "), "the last caption")
