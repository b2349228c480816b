"""An explorer in JupyterLab: the same controls and drawing as in the book, and Python behind them."""

import os
import time

import nbformat
import pytest
from helpers_book import noise, start_browser
from helpers_lab import jupyterlab, wait

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("jupyterlab")]  # one server for all

SOURCE = """\
import os
from cnnlib.course.explorers import Explorer, Slider

def draw(n):
    return f"<p>{n}</p>", f"{n} squared is {n * n}, says process {os.getpid()}"

Explorer(draw, [Slider("n", [1, 2, 3, 4], label="a number", play=True)], name="explore-square", title="Squares")"""
# The numbers of a module come from Python, too: here they are this reader's own.
DRAWN = """\
import numpy as np
from cnnlib.course.explorers import Choice, Numbers
from cnnlib.course.figures import back_explorers as explore

def numbers(**values):
    found = explore.gradient_numbers(**values)
    return found | {"y": np.full_like(found["y"], os.getpid())}

Explorer(numbers, [Slider("step", range(18), label="step"), Choice("stride", [1, 2], label="stride"),
                   Choice("rule", explore.RULES, label="rule"), Numbers("kernel", explore.W, label="kernel")],
         name="explore-back", title="Gradients", script="conv-back", config=explore.back_config(), click="y or dy")"""
IDLE = ("const panel = window.jupyterapp.shell.currentWidget;"
        "return panel?.sessionContext?.isReady && panel.sessionContext.session?.kernel?.status === 'idle'")
CELLS = "return document.querySelectorAll('.jp-Notebook .jp-CodeCell').length"
RIGHT, LEFT, END, HOME = "\ue014", "\ue012", "\ue010", "\ue011"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab with a notebook that has not been run."""
    folder = tmp_path_factory.mktemp("lab")
    work = folder / "work"
    work.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (SOURCE, DRAWN)])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, work / "square.ipynb")
    with jupyterlab(folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser(lab):
    """A browser with that notebook, run."""
    driver = start_browser(1400, 1000)
    driver.get(f"{lab}/lab/tree/square.ipynb?reset")
    wait(lambda: driver.execute_script(CELLS), "the cells")
    wait(lambda: driver.execute_script(IDLE), "a kernel")
    driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    wait(lambda: len(driver.find_elements("css selector", ".course-explorer[data-from=kernel]")) == 2, "the explorers")
    yield driver
    driver.quit()


def explorer(browser, place):
    return browser.find_elements("css selector", ".course-explorer")[place]


def one(root, selector):
    return root.find_element("css selector", selector)


def says(root, text):
    """Wait until the caption begins with a text; the whole caption."""
    wait(lambda: one(root, ".course-caption").text.startswith(text), text, 30)
    return one(root, ".course-caption").text


def test_keys_and_playback_run_python(browser):
    root = explorer(browser, 0)
    first = says(root, "1 squared is 1, says process ")
    process = int(first.split()[-1])
    assert process != os.getpid()
    slider = one(root, "input[type=range]")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", slider)
    slider.send_keys(RIGHT)
    assert says(root, "2 squared is 4") == f"2 squared is 4, says process {process}"
    slider.send_keys(END)
    says(root, "4 squared is 16")
    slider.send_keys(HOME)
    says(root, "1 squared")
    one(root, ".course-play").click()
    says(root, "2 squared")
    slider.send_keys(HOME)
    says(root, "1 squared")
    time.sleep(2)
    assert one(root, ".course-caption").text.startswith("1 squared"), "playback went on"


def test_a_module_draws_what_python_computed(browser):
    root = explorer(browser, 1)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", root)
    assert says(root, "Forward, window 1 of 9").split(": the nine products add up to ")[1].split(",")[0].isdigit()
    slider, stride = one(root, "input[type=range]"), one(root, "[data-name=stride]")
    process = one(root, ".course-caption").text.split("add up to ")[1].split(",")[0]
    assert process == one(explorer(browser, 0), ".course-caption").text.split()[-1]
    root.find_elements("css selector", "[data-set]")[4].click()
    says(root, "Forward, window 5 of 9")
    assert slider.get_attribute("value") == "4"
    slider.send_keys(END)
    says(root, "Backward, window 9 of 9")
    stride.send_keys("2")
    says(root, "Backward, window 4 of 4")
    assert slider.get_attribute("max") == slider.get_attribute("value") == "7"
    slider.send_keys(HOME)
    says(root, "Forward, window 1 of 4")
    assert not one(root, "[data-name=rule]").is_enabled()
    assert root.get_attribute("data-from") == "kernel"


def test_keys_in_an_explorer_are_none_of_the_notebook_s(browser):
    """D twice deletes a cell of JupyterLab, and arrows move from one to the next."""
    one(explorer(browser, 0), "[data-name=n]").send_keys("dd", LEFT)
    one(explorer(browser, 1), "[data-name=stride]").send_keys("dd")
    time.sleep(0.5)
    assert browser.execute_script(CELLS) == 2


def test_nothing_of_it_complains(browser):
    assert [entry for entry in noise(browser) if "course" in entry or "anywidget" in entry] == []


def test_without_its_kernel_the_module_computes_by_itself(browser):
    browser.execute_script("return window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    drawn, frames = explorer(browser, 1), explorer(browser, 0)
    one(drawn, "input[type=range]").send_keys(RIGHT)
    assert "add up to" in says(drawn, "Forward, window 2 of 4") and drawn.get_attribute("data-from") == "page"
    one(frames, "input[type=range]").send_keys(RIGHT)
    says(frames, "No answer from Python yet")
