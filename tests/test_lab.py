"""An explorer in JupyterLab: the same cell that is HTML in the book runs Python when its slider moves."""

import os
import time

import nbformat
import pytest
from helpers_book import start_browser
from helpers_lab import jupyterlab, wait

pytestmark = pytest.mark.browser

SOURCE = """\
import os
from cnnlib.course.explorers import Explorer, Slider

def draw(n):
    return f"<p>{n}</p>", f"{n} squared is {n * n}, says process {os.getpid()}"

Explorer(draw, [Slider("n", [1, 2, 3, 4], label="a number", play=True)], name="explore-square", title="Squares")"""
CAPTION = """
    return [...document.querySelectorAll(".jp-OutputArea-output .widget-html-content")]
        .map((e) => e.textContent).find((text) => text.includes("squared")) ?? null"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab with a notebook that has not been run."""
    folder = tmp_path_factory.mktemp("lab")
    work = folder / "work"
    work.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, work / "square.ipynb")
    with jupyterlab(folder) as address:
        yield address


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

    handle.send_keys(Keys.HOME)
    wait(lambda: browser.execute_script(CAPTION).startswith("1 squared"), "the first caption again")
    browser.find_element("css selector", ".widget-play button").click()
    wait(lambda: browser.execute_script(CAPTION).startswith("2 squared"), "playback")
    handle.send_keys(Keys.HOME)
    wait(lambda: browser.execute_script(CAPTION).startswith("1 squared"), "the slider to win over playback")
    time.sleep(2)
    assert browser.execute_script(CAPTION).startswith("1 squared"), "playback went on"
