"""What the tests of the built book share: where it is, its pages, and a browser to open them in."""

import functools
import json
import pathlib
import shutil
import time

import pytest
from bs4 import BeautifulSoup

ROOT = pathlib.Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
SIZES = {"desk": (1280, 900), "phone": (390, 844), "narrow": (320, 640)}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = (
    "no Chromium with ChromeDriver: install both (Debian: apt-get install chromium chromium-driver) to run the "
    "browser tests"
)


def pages() -> list[str]:
    """Every page of the built book, as a path relative to its root."""
    if not HTML.is_dir():
        return []
    found = (path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html") if "_static" not in path.parts)
    return sorted(page for page in found if page != "index.html")


def need_book():
    """Skip where the book has not been built."""
    if not (HTML / "index.html").exists():
        pytest.skip("the book is not built: run `make book` first")


@functools.cache
def soup(page: str) -> BeautifulSoup:
    """A page, parsed once; tests only read it."""
    return BeautifulSoup((HTML / page).read_text(encoding="utf-8"), "html.parser")


def start_browser(width: int = 1280, height: int = 900):
    """Start headless Chromium with its console and network on record; skip where there is none."""
    from selenium import webdriver

    program = next((path for path in map(shutil.which, BROWSERS) if path), None)
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip(NO_BROWSER)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-first-run", "disable-sync",
        "disable-background-networking", "disable-component-update", "disable-default-apps", "disable-quic",
        f"window-size={width},{height}",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


UNROLL = "delete document.documentElement.dataset.rolled; dispatchEvent(new Event('unrolled'))"


def wait(browser, script, *arguments, seconds=20.0):
    """Wait until the script's value is true; whether it became so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if browser.execute_script(script, *arguments):
            return True
        time.sleep(0.05)
    return False


def media(browser, mode="light", kind="", **features):
    """Emulate a colour mode, a kind of medium ("print"), and other features, with hyphens as underscores."""
    features = {"prefers_color_scheme": mode, "prefers_reduced_motion": "reduce", **features}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": [
        {"name": name.replace("_", "-"), "value": value} for name, value in features.items()]})


def reach(browser):
    """Scroll to every explorer, so that its script and its frames are loaded, and back."""
    for root in browser.find_elements("css selector", ".course-explorer"):
        browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", root)
        assert wait(browser, "return 'ready' in arguments[0].dataset", root), root.get_attribute("id")
    browser.execute_script("scrollTo({top: 0, behavior: 'instant'})")


def resize(browser, size):
    """Give the window one of the sizes."""
    width, height = SIZES[size]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size != "desk"})


def show(browser, page, mode="light", size="desk", explorers=True, far=True, **features):
    """Open a page in one colour mode and one window size, its explorers ready unless they are to be left alone; all of
    it is laid out, as after a link within it, or only what is near."""
    resize(browser, size)
    media(browser, mode, **features)
    browser.get((HTML / page).as_uri())
    assert wait(browser, "return document.readyState === 'complete'"), "the page did not settle"
    assert browser.execute_script("return document.documentElement.dataset.theme") == mode
    if far:
        browser.execute_script(UNROLL)
        time.sleep(0.05)  # for reach.js
    if explorers:
        reach(browser)


def noise(browser):
    """Errors and warnings of the console since the last call."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def requests(browser):
    """Addresses outside the disk that were asked for since the last call."""
    events = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    sent = (event["params"] for event in events if event["method"] == "Network.requestWillBeSent")
    addresses = (event["request"]["url"] for event in sent)
    return [address for address in addresses if not address.startswith(("file:", "data:", "blob:"))]
