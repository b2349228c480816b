"""A browser that runs the explorers' scripts by themselves, without a page around them."""

import json
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSETS = ROOT / "_ext" / "assets"


@pytest.fixture(scope="session")
def render():
    """``render(script, values, config)``: what a script of the page returns, from a browser."""
    sys.path.insert(0, str(ROOT / "tests"))
    from helpers_book import start_browser

    driver = start_browser()
    driver.get("about:blank")
    driver.execute_script((ASSETS / "explorers.js").read_text(encoding="utf-8"))
    driver.execute_script("window.scripts = {}; course.explorer = (name, run) => { window.scripts[name] = run; };")
    for script in sorted((ASSETS / "explorers").glob("*.js")):
        driver.execute_script(script.read_text(encoding="utf-8"))
    call = "return JSON.stringify(window.scripts[arguments[0]](arguments[1], arguments[2]))"

    def run(script, values, config=None):
        return json.loads(driver.execute_script(call, script, values, config or {}))

    run.browser = driver
    yield run
    driver.quit()
