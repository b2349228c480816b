"""The laboratories on paper: no grid is cut, and what only a hand can use stays away."""

import base64
import shutil
import subprocess

import pytest
from helpers_book import HTML, media, show, wait
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser
# What belongs together: what stands above it, and what is written in it or below.
WHOLE = {
    "backward": ["dx, and x below", "is dx, the gradient so far", "loss = Σ dy"],
    "convolution": ["input: 6 × 6", "kernel: 3 × 3", "rows: ⌊"],
    "network": ["Draw a digit here", "What it answers", "−13.3"],
    "training": ["Training laboratory", "logits", "held out 50.0 %", "On the links into"],
}
ONLY_BY_HAND = ["[data-do]", "button[data-set]", "[type=range]", "[type=file]", ".course-lab-w-hint", ".course-hint",
                ".course-lab-w-value"]


def opened(browser, lab, mode="light"):
    show(browser, f"laboratories/{lab}.html", mode)
    assert wait(browser, "return document.querySelector('.course-lab [data-grid]')")


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext, of poppler, is not installed")
@pytest.mark.parametrize("lab", WHOLE)
def test_what_belongs_together_is_on_one_page(browser, tmp_path, lab):
    opened(browser, lab, "dark")
    data = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    (tmp_path / "page.pdf").write_bytes(base64.b64decode(data))
    command = ["pdftotext", "-layout", tmp_path / "page.pdf", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pages = [" ".join(page.split()) for page in text.replace("\xa0", " ").split("\f")]
    holding = [[k for k, page in enumerate(pages) if part in page] for part in WHOLE[lab]]
    assert all(found and found[0] == holding[0][0] for found in holding), dict(zip(WHOLE[lab], holding, strict=True))


@pytest.mark.parametrize("lab", WHOLE)
def test_what_only_a_hand_can_use_is_not_printed(browser, lab):
    opened(browser, lab)
    count = "return [...document.querySelectorAll(arguments[0])].filter((part) => part.checkVisibility()).length"
    parts = ", ".join(f".course-lab {part}" for part in ONLY_BY_HAND)
    assert browser.execute_script(count, parts) >= 3
    media(browser, kind="print")
    assert browser.execute_script(count, parts) == 0
    assert browser.execute_script(count, ".course-lab :is(svg, canvas)") and browser.execute_script(
        count, ".course-lab [data-region=caption]") == 1
    media(browser)


def test_a_unit_of_the_network_is_printed_whole_and_without_its_buttons(browser):
    opened(browser, "network")
    browser.find_element("css selector", '[data-grid="4"]').send_keys(Keys.DOWN)
    shown = "return [...document.querySelectorAll('.course-lab-unit :is(button, svg)')].filter((part) => " \
        "part.checkVisibility()).map((part) => part.localName)"
    assert browser.execute_script(shown).count("button") == 2
    media(browser, kind="print")
    assert set(browser.execute_script(shown)) == {"svg"}
    media(browser)


def test_how_the_network_reads_each_drawing_is_printed(browser):
    opened(browser, "network")
    browser.execute_script("document.querySelector('[data-do=all]').click()")
    media(browser, kind="print")
    assert browser.execute_script("return [...document.querySelectorAll('.course-lab-drawings button')].filter("
                                  "(part) => part.checkVisibility()).length") == 50
    media(browser)


def test_the_pages_are_there():
    assert {f"{lab}.html" for lab in WHOLE} < {path.name for path in (HTML / "laboratories").glob("*.html")}
