"""The built book in a real browser, from disk: accessible, quiet, offline, and its explorers move."""

import time

import helpers_axe
import pytest
from helpers_book import HTML, SIZES, media, noise, pages, requests, resize, show, wait

pytestmark = [pytest.mark.browser, pytest.mark.book]
PAGES = pages()


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_accessible_quiet_and_offline(browser, page, size):
    noise(browser), requests(browser)
    show(browser, page, "light", size)
    # Against the width we set: a phone's own innerWidth grows with content that is too wide.
    for narrower in ("narrow", "phone") if size == "phone" else ("desk",):
        resize(browser, narrower)
        content, window = browser.execute_script("return document.documentElement.scrollWidth"), SIZES[narrower][0]
        assert content <= window, f"scrolls sideways: {content} px in a window of {window}"
    time.sleep(0.3)  # until reach.js has seen what scrolls at this width
    assert helpers_axe.violations(browser) == []
    media(browser, "dark")  # as in the evening, while the page is open
    assert wait(browser, "return document.documentElement.dataset.theme === 'dark'")
    time.sleep(0.3)  # colours change gradually
    assert helpers_axe.violations(browser, only_colours=True) == [], "dark"
    assert noise(browser) == []
    assert requests(browser) == []


FAULTS = """<!DOCTYPE html><html lang="en"><head><title>Faults</title><style>
body, .dark { background: #fff; color: #111 } .dark { background: #222; color: #eee } .dark .grey, .pale { color: #999 }
</style></head><body><main><h1>Faults</h1><p>fine</p><p>fine as well</p>%s</main></body></html>"""


@pytest.mark.parametrize("fault, rule", [
    ('<p class="dark">good <span class="grey">good, too</span></p>', None),
    ('<p class="pale">the same grey on white</p>', "color-contrast"),
    ('<p class="dark"><span style="color: #111">a good colour on a wrong ground</span></p>', "color-contrast"),
    ('<div style="opacity: .4"><p>a good colour, faded</p></div>', "color-contrast"),
    ('<svg role="img" aria-label="x"><text y="20" style="font-size: 9px">not judged by axe</text></svg>', None),
    ('<p>words around a <a href="#x" style="color: #222; text-decoration: none">link</a> like them</p>',
     "link-in-text-block"),
    ('<img src="data:,">', "image-alt"),
])
def test_one_element_of_each_look_finds_what_all_elements_do(browser, tmp_path, fault, rule):
    (tmp_path / "faults.html").write_text(FAULTS % fault, encoding="utf-8")
    browser.get((tmp_path / "faults.html").as_uri())
    everywhere = [v.split(":")[0] for v in helpers_axe.all_violations(browser)]
    assert everywhere == ([rule] if rule else [])
    assert [v.split(":")[0] for v in helpers_axe.violations(browser)] == everywhere


EXPLORERS = [page for page in PAGES if "course-explorer" in (HTML / page).read_text(encoding="utf-8")]


def state(browser, name):
    return browser.execute_script(
        "const e = document.getElementById(arguments[0]);"
        "return [e.querySelector('.course-stage').innerHTML, e.querySelector('.course-caption').textContent]", name)


@pytest.mark.parametrize("page", EXPLORERS)
def test_moving_a_slider_changes_figure_and_caption(browser, page):
    show(browser, page)
    names = browser.execute_script("return [...document.querySelectorAll('.course-explorer')].map((e) => e.id)")
    assert names and all(names)
    for name in names:
        before = state(browser, name)
        assert before[1].strip(), f"{name} has no caption"
        moved = browser.execute_script(
            "return document.getElementById(arguments[0]).querySelectorAll('input[type=range]').length", name)
        # A real key press on the first slider; other controls are moved by script, as a change of value.
        if moved:
            slider = browser.find_element("css selector", f"#{name} input[type=range]")
            browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", slider)
            keys = ["\ue014", "\ue012", "\ue010", "\ue011"]  # right, left, end, home
        else:
            slider = browser.find_element("css selector", f"#{name} :is(select, input)")
            keys = ["\ue015", "7\t", "2\t"]  # down, and numbers to type
        changed = False
        for key in keys:
            slider.send_keys(key)
            after = state(browser, name)
            changed = changed or (after[0] != before[0] and after[1] != before[1])
        assert changed, f"{name}: the figure or the caption stayed as it was"
    assert noise(browser) == []


@pytest.mark.parametrize("page", EXPLORERS)
def test_every_frame_of_an_explorer_can_be_shown(browser, page):
    show(browser, page)
    noise(browser)
    broken = browser.execute_script("""
        const broken = [];
        for (const root of document.querySelectorAll(".course-explorer")) {
          for (const control of root.querySelectorAll(".course-controls :is(input[type=range], select)")) {
            const from = control.value, last = control.max ? Number(control.max) : control.options.length - 1;
            for (let i = 0; i <= last; i++) {
              control.value = String(i);
              control.dispatchEvent(new Event("input", { bubbles: true }));
              const text = root.querySelector(".course-caption").textContent;
              if (!text.trim() || !root.querySelector(".course-stage").children.length || /NaN|undefined/.test(text)) {
                broken.push(`${root.id} ${control.dataset.name}=${i}: ${text}`);
              }
            }
            control.value = from;
            control.dispatchEvent(new Event("input", { bubbles: true }));
          }
        }
        return broken;""")
    assert broken == []
    assert noise(browser) == []


def test_the_colour_switch_and_the_sidebar_work_on_a_phone(browser):
    show(browser, "intro.html", size="phone")
    browser.find_element("css selector", ".theme-switch-button").click()
    assert browser.execute_script("return document.documentElement.dataset.mode") != "auto"
    browser.find_element("css selector", ".primary-toggle").click()
    assert wait(browser, "return document.getElementById('pst-primary-sidebar-modal').open")
    assert "Glossary" in browser.find_element("id", "pst-primary-sidebar-modal").text
    browser.execute_script("localStorage.clear()")


@pytest.mark.parametrize("width", [390, 800])
def test_tab_passes_no_link_of_a_drawer_that_is_shut_and_escape_gives_the_focus_back(browser, width):
    show(browser, "chapters/09_convolution.html", explorers=False)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": True})
    links = """return [...document.querySelectorAll(arguments[0] + ' a')].filter((a) =>
        getComputedStyle(a).visibility === 'visible' && a.getClientRects().length).length"""
    assert browser.execute_script(links, "#pst-primary-sidebar, #pst-secondary-sidebar") == 0
    for button, dialog in (("primary-toggle", "pst-primary-sidebar-modal"), ("search-button", "pst-search-dialog"),
                           ("secondary-toggle", "pst-secondary-sidebar-modal")):
        opener = browser.find_element("css selector", f".bd-header-article .{button}")
        browser.execute_script("arguments[0].focus()", opener)
        opener.send_keys("\ue007")
        inside = "const d = document.getElementById(arguments[0]); return d.open && d.contains(document.activeElement)"
        assert wait(browser, inside, dialog), button
        assert button == "search-button" or browser.execute_script(links, f"#{dialog}") > 5
        browser.switch_to.active_element.send_keys("\ue00c")
        assert wait(browser, "return document.activeElement === arguments[0]", opener, seconds=3), button


def test_what_opens_a_list_of_the_sidebar_has_one_ring_around_its_sign(browser):
    show(browser, "notation.html", explorers=False)
    ring, size, inner = browser.execute_script("""
        const summary = [...document.querySelectorAll("nav.bd-links li.has-children summary")].at(-1);
        summary.focus({ focusVisible: true });
        const { width, height } = summary.getBoundingClientRect(), sign = summary.firstElementChild;
        return [getComputedStyle(summary).outlineStyle, [width, height], getComputedStyle(sign).outlineStyle];""")
    assert (ring, inner) == ("solid", "none") and min(size) >= 24, (ring, size, inner)


# Words of code in tables that stand on two lines.
BROKEN = """
    const broken = [];
    for (const code of document.querySelectorAll(".bd-article table code")) {
      const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        for (const { 0: word, index } of texts.currentNode.data.matchAll(/[^\\s-]+/g)) {
          const range = document.createRange();
          range.setStart(texts.currentNode, index);
          range.setEnd(texts.currentNode, index + word.length);
          const lines = [...range.getClientRects()].filter((r) => r.width > 0.5).map((r) => Math.round(r.top));
          if (new Set(lines).size > 1) {
            broken.push(word);
          }
        }
      }
    }
    return broken"""


@pytest.mark.parametrize("size", ["phone", "narrow"])
def test_no_word_of_code_in_a_table_is_broken_on_a_phone(browser, size):
    for page in PAGES:
        if "<table" not in (HTML / page).read_text(encoding="utf-8"):
            continue
        show(browser, page, size=size, explorers=False)
        assert browser.execute_script(BROKEN) == [], page
        content, window = browser.execute_script("return document.documentElement.scrollWidth"), SIZES[size][0]
        assert content <= window, f"{page} scrolls sideways: {content} px in a window of {window}"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_first_screen_of_the_book_leads_to_a_chapter_and_to_the_laboratories(browser, size):
    show(browser, "intro.html", size=size)
    seen = browser.execute_script("""return [...document.querySelectorAll("article p a")].filter((link) =>
        link.getBoundingClientRect().bottom <= innerHeight).map((link) => link.getAttribute("href"))""")
    assert seen[0] == "chapters/01_neuron.html"
    assert [f"laboratories/{name}.html" for name in ("convolution", "backward", "network", "training")] == seen[1:]


def test_a_page_can_be_read_without_javascript(browser):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get((HTML / (EXPLORERS or PAGES)[0]).as_uri())
        root = browser.execute_cdp_cmd("DOM.getDocument", {"depth": 1})["root"]["nodeId"]
        article = browser.execute_cdp_cmd("DOM.querySelector", {"nodeId": root, "selector": "article h1"})["nodeId"]
        box = browser.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": article})["model"]
        assert box["height"] > 0
        for selector in (".course-stage", ".course-caption") if EXPLORERS else ():
            node = browser.execute_cdp_cmd("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
            assert browser.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": node})["model"]["height"] > 10
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.fixture
def bare(browser):
    """A phone without JavaScript: ``bare(page, selector)`` gives the boxes (x, y, width, height) of what it shows."""
    exceptions = pytest.importorskip("selenium.common.exceptions")

    def boxes(page, selector):
        browser.get((HTML / page).as_uri())
        root = browser.execute_cdp_cmd("DOM.getDocument", {"depth": 1})["root"]["nodeId"]
        found = []
        for node in browser.execute_cdp_cmd("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]:
            try:
                model = browser.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": node})["model"]
            except exceptions.WebDriverException:  # it is not drawn
                continue
            found.append((*model["border"][:2], model["width"], model["height"]))
        return found

    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True})
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield boxes
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_contents_can_be_reached_on_a_phone_without_javascript(bare):
    page = "chapters/01_neuron.html"
    assert bare(page, ".sidebar-toggle") == [] and len(bare(page, "a.course-contents")) == 1
    links = bare(page, "#pst-primary-sidebar a")
    assert len(links) > 15 and all(0 <= x and x + width <= 390 for x, _, width, _ in links)


def test_an_explorer_says_that_it_needs_javascript(bare):
    page = "chapters/01_neuron.html"
    assert len(bare(page, ".course-explorer .course-noscript")) == len(bare(page, ".course-explorer")) > 0
    assert bare(page, ".course-controls") == []


@pytest.mark.parametrize("scripts", [True, False])
def test_the_magnifier_of_the_search_page_covers_no_letter(browser, bare, scripts):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    (icon,) = bare("search.html", ".bd-search-container .bd-search > i")
    (field,) = bare("search.html", ".bd-search-container .bd-search > input")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.get((HTML / "search.html").as_uri())
    room = browser.execute_script(
        "return parseFloat(getComputedStyle(document.querySelector('.bd-search-container input')).paddingLeft)")
    assert field[0] <= icon[0] and icon[0] + icon[2] <= field[0] + room
