"""What the tests of the built book share: where it is, its pages, and a browser to open them in."""

import pathlib
import shutil

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
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
