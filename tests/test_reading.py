"""Ways of reading: by keyboard, on paper, in forced colours, in a narrow window."""

import base64
import io
import shutil
import subprocess

import numpy as np
import pytest
from helpers_book import media, pages, show, wait
from PIL import Image
from rings import CONTRAST, RING

pytestmark = [pytest.mark.browser, pytest.mark.book]
PAGES = pages()
CHAPTERS, LABS = ([page for page in PAGES if page.startswith(folder)] or [""]
                  for folder in ("chapters", "laboratories"))
# Sidebar, formulas and folds; an explorer with every kind of control; the reference.
WALKED = [("notation.html", "light"), ("chapters/09_convolution.html", "dark"), ("api/operations.html", "light")]
TAB, ENTER = "\ue004", "\ue007"


def press(browser, key):
    """A real key press, wherever the focus is."""
    code = {TAB: ("Tab", 9), ENTER: ("Enter", 13)}[key]
    for kind in ("keyDown", "keyUp"):
        browser.execute_cdp_cmd("Input.dispatchKeyEvent", {
            "type": kind, "key": code[0], "code": code[0], "windowsVirtualKeyCode": code[1],
            **({"text": "\r"} if key == ENTER and kind != "keyUp" else {})})


def walk(browser, most):
    """Press Tab until the end of the page; what each stop is called, and what is wrong with its ring."""
    stops = []
    for _ in range(most):
        press(browser, TAB)
        found = browser.execute_script(RING)
        if found is None:
            break
        stops.append(found)
    return stops


@pytest.mark.parametrize("page, mode", WALKED)
def test_every_stop_of_the_tab_key_is_seen(browser, page, mode):
    show(browser, page, mode)
    stops = walk(browser, 400)
    names = " ".join(name for name, _ in stops)
    for expected in ("navbar-brand", "reference internal", "search-button", "theme-switch-button"):
        assert expected in names, f"Tab never came to {expected}"
    if page == "chapters/09_convolution.html":
        assert "copybtn" in names and "SUMMARY" in names and "INPUT" in names
    assert [f"{name}: {', '.join(faults)}" for name, faults in stops if faults] == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_search_field_shows_that_it_has_the_focus(browser, mode):
    show(browser, "intro.html", mode)
    browser.find_element("css selector", ".bd-header-article .search-button, .search-button-field").click()
    assert wait(browser, "return document.activeElement.matches('input[type=search]')")
    name, faults = browser.execute_script(RING)
    assert faults == [], name


def test_the_menu_of_a_phone_shows_its_focus(browser):
    show(browser, "intro.html", size="phone")
    browser.find_element("css selector", ".primary-toggle").click()
    assert wait(browser, "return document.getElementById('pst-primary-sidebar-modal').open")
    stops = walk(browser, 12)
    assert len(stops) == 12 and [stop for stop in stops if stop[1]] == []


# Where the entry of this page stands in the contents, from the top of the window, and where the room for it ends.
ENTRY = """const entry = document.querySelector("nav.bd-links .current.active > a");
    const room = entry.closest("dialog, .bd-sidebar").getBoundingClientRect();
    const { top, bottom } = entry.getBoundingClientRect();
    return top < bottom && top >= Math.max(room.top, 0) && bottom <= Math.min(room.bottom, innerHeight)"""


@pytest.mark.parametrize("page, scrolled", [(CHAPTERS[0], 10_000), (LABS[-1], 0), (LABS[-1], 10_000)])
def test_the_contents_show_the_entry_of_the_page_wherever_they_were_scrolled_to(browser, page, scrolled):
    show(browser, "glossary.html", explorers=False)
    assert browser.execute_script("""
        const room = document.querySelector(".bd-sidebar");
        room.scrollTop = arguments[0];
        return room.scrollHeight > room.clientHeight""", scrolled)
    show(browser, page, explorers=False, far=False)
    assert browser.execute_script(ENTRY)


def test_the_menu_of_a_phone_opens_at_the_entry_of_the_page(browser):
    show(browser, LABS[-1], size="phone", explorers=False, far=False)
    browser.find_element("css selector", ".primary-toggle").click()
    assert wait(browser, "return document.getElementById('pst-primary-sidebar-modal').open")
    assert wait(browser, ENTRY, seconds=2)


# Text of the article that could not be read on white paper, and what is folded or cut.
ON_PAPER = CONTRAST + """
    const faint = new Set(), shown = (e) => e.checkVisibility({contentVisibilityAuto: true, opacityProperty: true});
    const texts = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const e = texts.currentNode.parentElement;
      if (!texts.currentNode.textContent.trim() || e.closest("svg, script, style, template") || !shown(e)) continue;
      const colour = getComputedStyle(e).color;
      if (contrast(colour, "rgb(255, 255, 255)") < 4) faint.add(`${e.tagName}.${e.className}: ${colour}`);
    }
    const code = [...document.querySelectorAll("article pre")].filter((e) => !e.closest(".left-shut"));
    const LEFT_OUT = ".course-controls, .copybtn, .bd-links, .tag_hide-input .cell_input";
    return {theme: document.documentElement.dataset.theme, faint: [...faint],
            folded: code.filter((e) => !shown(e) && !e.closest("template, .tag_hide-input .cell_input"))
              .map((e) => e.textContent.slice(0, 60)),
            cut: code.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent.slice(0, 60)),
            edge: [...document.querySelectorAll("article :is(.course-explorer, .cell_input)")].filter((e) => shown(e) &&
              e.getBoundingClientRect().right > document.documentElement.clientWidth - 1).length,
            left: [...document.querySelectorAll(LEFT_OUT)].filter(shown).length}
"""


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("chapters/")] or PAGES[:1])
def test_a_page_prints_light_and_whole_from_the_dark(browser, page):
    show(browser, page, "dark")
    # Of the solutions, all but the first are opened.
    shut = browser.execute_script("""const [first, ...others] = document.querySelectorAll("[id^='exercise-'] details");
        first.classList.add("left-shut");
        for (const fold of [...others, ...document.querySelectorAll(".tag_hide-output details")]) fold.open = true;
        return first""")
    before = browser.execute_script("return document.querySelectorAll('article details[open]').length")
    media(browser, "dark", "print")
    assert wait(browser, "return document.documentElement.dataset.theme === 'light'")
    # As wide as A4 less its margins.
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 680, "height": 960, "deviceScaleFactor": 1, "mobile": False})
    assert browser.execute_script(ON_PAPER) == {
        "theme": "light", "faint": [], "folded": [], "cut": [], "edge": 0, "left": 0}
    assert not shut.is_displayed(), "a solution that was not opened"
    media(browser, "dark")
    assert wait(browser, "return document.documentElement.dataset.theme === 'dark'")
    assert browser.execute_script("return document.querySelectorAll('article details[open]').length") == before


def test_the_printed_file_holds_the_solutions_that_are_open_and_nothing_that_a_hand_must_do(browser, tmp_path):
    show(browser, "chapters/09_convolution.html", "dark")
    opened, shut = browser.execute_script("""const folds = document.querySelectorAll("[id^='exercise-'] details");
        folds[0].open = true;
        return [...folds].slice(0, 2).map((fold) => fold.querySelector("pre").textContent.trim().split("\\n")[0])""")
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert printed.startswith(b"%PDF") and len(printed) > 50_000
    assert browser.execute_script("return document.documentElement.dataset.theme") == "dark"
    reader = shutil.which("pdftotext")
    if not reader:
        pytest.skip("no pdftotext to read the printed file with: Debian has it in poppler-utils")
    (tmp_path / "page.pdf").write_bytes(printed)
    text = subprocess.run([reader, "-layout", str(tmp_path / "page.pdf"), "-"], capture_output=True, text=True).stdout
    squeezed = "".join(text.split())
    assert "".join(opened.split()) in squeezed and text.count("Solution") == 1
    assert "".join(shut.split()) not in squeezed and "run the cell: the checker" not in text


def test_no_printed_page_ends_with_a_heading(browser, tmp_path):
    reader = shutil.which("pdftotext")
    if not reader:
        pytest.skip("no pdftotext to read the printed file with: Debian has it in poppler-utils")
    show(browser, "chapters/09_convolution.html")
    heads = browser.execute_script(
        "return [...document.querySelectorAll('article :is(h1, h2, h3, h4, p:has(+ :is(ul, ol)))')]"
        ".map((e) => e.textContent.replace(/#$/, '').replace(/\\s+/g, ''))")
    assert len(heads) > 10
    for width, height in ((8.27, 11.69), (8.5, 11.0)):
        printed = browser.execute_cdp_cmd("Page.printToPDF", {"paperWidth": width, "paperHeight": height})["data"]
        (tmp_path / "page.pdf").write_bytes(base64.b64decode(printed))
        text = subprocess.run([reader, str(tmp_path / "page.pdf"), "-"], capture_output=True, text=True).stdout
        ends = ["".join(sheet.split()) for sheet in text.split("\f")[:-1]]
        assert len(ends) > 5
        # A lead is long: its last letters will do.
        stranded = [head for end in ends for head in heads if end.endswith(head[-40:]) and len(head) > 5]
        assert not stranded, (width, stranded)


def test_a_copy_button_copies_the_code_of_its_cell_and_says_so(browser):
    show(browser, "chapters/04_loss.html", explorers=False)
    rights = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    browser.execute_cdp_cmd("Browser.grantPermissions", {"permissions": rights})
    button = browser.execute_script(
        "return [...document.querySelectorAll('.cell_input button.copybtn')].find((b) => b.checkVisibility())")
    assert button.get_attribute("aria-label") == "Copy the code"
    code = browser.execute_script("return arguments[0].previousElementSibling.textContent", button)
    browser.execute_script("arguments[0].focus()", button)
    press(browser, ENTER)
    assert wait(browser, "return arguments[0].getAttribute('aria-label') === 'Copied'", button)
    copied = browser.execute_async_script(
        "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done(`refused: ${e}`))")
    assert copied == code.rstrip("\n")
    assert wait(browser, "return arguments[0].getAttribute('aria-label') === 'Copy the code'", button)


def test_copy_buttons_stand_on_code_and_over_no_output(browser):
    show(browser, "chapters/08_images.html", "light")
    on_code, on_output = (browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter((b) => b.checkVisibility()).length", where)
        for where in ("div.cell_input button.copybtn", "div.cell_output button.copybtn"))
    assert on_code > 10 and on_output == 0


@pytest.mark.parametrize("colours", ["none", "active"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_icons_are_seen_also_in_forced_colours(browser, mode, colours):
    show(browser, "chapters/02_activations.html", mode, forced_colors=colours)
    browser.execute_script("document.querySelector('button.copybtn').focus({focusVisible: true})")
    icons = browser.find_elements("css selector", ".icon, .book-mark")
    icons = [icon for icon in icons if browser.execute_script(
        "return arguments[0].checkVisibility({visibilityProperty: true, opacityProperty: true})", icon)]
    names = " ".join(icon.get_attribute("class") for icon in icons)
    for name in ("search", "bars", "download", "auto", "left", "right", "copy"):
        assert f"icon-{name}" in names
    for icon in icons:
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", icon)
        picture = np.asarray(Image.open(io.BytesIO(icon.screenshot_as_png)).convert("L")).astype(int)
        ink = np.abs(picture - np.median(picture)) > 60  # most of an icon is its ground
        assert 0.03 < ink.mean() < 0.5, f"{icon.get_attribute('class')}: {ink.mean():.0%} of it is drawn"
