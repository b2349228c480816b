"""What all laboratories do alike on their pages in the book: menus, letters, links to a state."""

import json
import re
import sys
from urllib.parse import quote, unquote

import pytest
from helpers_book import HTML, ROOT, SIZES, show, wait
from selenium.webdriver import ActionChains

sys.path.insert(0, str(ROOT / "_ext"))
import lab_questions  # noqa: E402

pytestmark = pytest.mark.browser
# For each, a state that differs from the start.
STATES = {"backward": {"stride": 2}, "convolution": {"stride": 2}, "network": {"weights": "random"},
          "training": {"step": 3}}

# Menus that are narrower than the longest of their choices.
CUT = """
for (const fold of document.querySelectorAll(".course-lab details")) fold.open = true;
return [...document.querySelectorAll(".course-lab select")].filter((menu) => {
  const free = menu.cloneNode(true);
  free.style.cssText = "flex: none; max-width: none; position: absolute; width: max-content";
  menu.parentElement.append(free);
  const needs = free.getBoundingClientRect().width;
  free.remove();
  return menu.getBoundingClientRect().width < needs - 0.5;
}).map((menu) => menu.selectedOptions[0].textContent);"""
# The families of letters in a laboratory.
FAMILIES = """
const parts = ":is(p, span, label, legend, button, summary, select, text)";
const text = document.querySelectorAll(`.course-lab, .course-lab ${parts}`);
return [...new Set([...text].map((part) => getComputedStyle(part).fontFamily.split(",")[0]))];"""
TOP = "return document.querySelector('.course-lab').getBoundingClientRect().top"


def opened(browser, lab, size="desk"):
    show(browser, f"laboratories/{lab}.html", size=size, explorers=False)
    assert wait(browser, "return document.querySelector('.course-lab [data-grid]')")


@pytest.mark.parametrize("size", ["desk", "phone", "narrow"])
@pytest.mark.parametrize("lab", STATES)
def test_no_menu_is_narrower_than_what_it_says(browser, lab, size):
    opened(browser, lab, size)
    assert browser.execute_script(CUT) == []
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("lab", STATES)
def test_a_laboratory_is_written_in_the_letters_of_controls(browser, lab):
    opened(browser, lab)
    assert browser.execute_script(FAMILIES) == ['"Book Sans"']


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("lab", STATES)
def test_a_link_to_a_state_leads_to_the_laboratory_and_reading_on_stays_where_it_was(browser, lab, size):
    opened(browser, lab, size)
    assert browser.execute_script(TOP) > 100  # without a link the page opens at its head
    link = f"{(HTML / 'laboratories' / lab).as_uri()}.html#lab={lab}:{quote(json.dumps(STATES[lab]))}"
    browser.get("about:blank")
    browser.get(link)
    browser.execute_async_script("setTimeout(arguments[0], 700)")
    assert 0 <= browser.execute_script(TOP) < 80  # the theme leaves some air above what a link leads to
    browser.execute_script("scrollTo({ top: 50, behavior: 'instant' })")
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    browser.refresh()
    browser.execute_async_script("setTimeout(arguments[0], 700)")
    assert browser.execute_script("return location.hash").startswith("#lab=")
    assert abs(browser.execute_script("return scrollY") - 50) < 20


@pytest.mark.parametrize("lab", STATES)
def test_a_link_at_each_question_sets_the_laboratory_to_it(browser, lab):
    opened(browser, lab)
    links = browser.find_elements("css selector", ".course-lab-show a")
    text = (ROOT / "laboratories" / f"{lab}.ipynb").read_text(encoding="utf-8")
    starts = lab_questions.STARTS[lab]
    assert len(links) == len(starts) == len(re.findall(r'"### \d\. ', text)) > 4
    for link, start in zip(links, starts, strict=True):
        browser.execute_script("arguments[0].scrollIntoView(); arguments[0].focus(); arguments[0].click()", link)
        assert 0 <= browser.execute_script(TOP) < 80
        assert browser.execute_script("return document.activeElement.matches('.course-lab')")
        # A link that cannot be followed says so; another state renews the address.
        assert browser.execute_script("return document.querySelector('.course-lab > .course-hint').hidden")
        browser.execute_async_script("setTimeout(arguments[0], 400)")
        found = unquote(browser.execute_script("return location.hash")).partition(f"#lab={lab}:")[2]
        assert json.loads(found or "{}") == start


def test_the_button_of_an_answer_says_which_and_whether_it_is_shown(browser):
    opened(browser, "training")
    assert wait(browser, "return document.querySelector('.toggle-button[aria-expanded]')")
    told = """return [...document.querySelectorAll('.toggle-button')].map((button) =>
        [button.ariaLabel, button.ariaExpanded])"""
    names = [name for name, _ in browser.execute_script(told)]
    assert names[0] == "Answer: 1. Can straight lines do it?" and len(set(names)) == len(names) == 5
    browser.find_element("css selector", ".toggle-button").click()
    assert [shown for _, shown in browser.execute_script(told)] == ["true", *["false"] * 4]


def test_what_scrolls_below_a_resting_mouse_is_not_pointed_at(browser):
    opened(browser, "backward")
    link = browser.find_elements("css selector", ".course-lab-show a")[1]
    # So that a pixel of dx comes to lie below the mouse.
    place = browser.execute_script("""
        const place = (part) => part.getBoundingClientRect(), [link] = arguments;
        const cell = place(document.querySelector('[data-grid=input] [data-cell="4,1"]'));
        const away = cell.top - place(document.querySelector('.course-lab')).top;
        scrollTo({ top: place(link).top + scrollY - away - 60, behavior: 'instant' });
        link.style.cssText = `position: relative; left: ${cell.left - place(link).left}px`;
        return away;""", link)
    assert place > 100
    ActionChains(browser).move_to_element_with_offset(link, 5 - link.rect["width"] / 2, 0).click().perform()
    browser.execute_async_script("setTimeout(arguments[0], 900)")
    assert 0 <= browser.execute_script(TOP) < 80
    found = unquote(browser.execute_script("return location.hash")).partition("#lab=backward:")[2]
    assert json.loads(found) == lab_questions.STARTS["backward"][1]
    ActionChains(browser).move_by_offset(60, 0).perform()  # now it is
    browser.execute_async_script("setTimeout(arguments[0], 500)")
    assert '"cell"' in unquote(browser.execute_script("return location.hash"))


@pytest.mark.parametrize("lab", STATES)
def test_its_button_copies_a_link_to_what_is_shown(browser, lab):
    opened(browser, lab)
    origin = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", origin)
    [[key, value]] = STATES[lab].items()
    if lab == "training":
        browser.find_element("css selector", "[data-do=next]").click()
    else:
        browser.execute_script("arguments[0].click()", browser.find_element(
            "css selector", f"[data-state={key}][value='{json.dumps(value)}']"))
    browser.find_element("css selector", ".course-lab-link").click()  # before the address is renewed by itself
    assert wait(browser, "return document.querySelector('.course-lab-link').textContent === 'Copied'")
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0], arguments[0])")
    assert copied == browser.current_url and f"#lab={lab}:" in copied and key in copied


@pytest.mark.parametrize("lab", STATES)
def test_on_a_large_screen_it_is_wider_than_the_text_and_the_contents_are_a_drawer(browser, lab):
    opened(browser, lab)
    wide, text, width = browser.execute_script("""
        const width = (part) => document.querySelector(part).getBoundingClientRect().width;
        return [width('.course-lab'), width('.bd-article section > p'), document.documentElement.scrollWidth]""")
    assert wide > 900 and text <= 720 and width <= SIZES["desk"][0]
    browser.find_element("css selector", "button.secondary-toggle").click()
    drawer = browser.find_element("css selector", "dialog[open].bd-sidebar-secondary").rect
    assert drawer["x"] + drawer["width"] > 1200 and drawer["height"] == SIZES["desk"][1]
    browser.find_element("css selector", "dialog[open] nav.page-toc a").click()
    assert wait(browser, "return !document.querySelector('dialog[open]') && location.hash.length > 1")


@pytest.mark.parametrize("lab", ["backward", "convolution"])
def test_what_is_computed_stands_beside_its_planes_where_there_is_room(browser, lab):
    places = """return ['> :first-child', '.course-lab-w-below'].map((part) => {
        const { left, top } = document.querySelector('.course-lab-w-stage ' + part).getBoundingClientRect();
        return [left, top]; })"""
    opened(browser, lab)
    (left, top), (right, beside) = browser.execute_script(places)
    assert right > left + 300 and abs(top - beside) < 1
    opened(browser, lab, "phone")
    (left, top), (below, under) = browser.execute_script(places)
    assert below == left and under > top + 300


def test_the_network_s_panel_stays_below_the_bar_of_the_page(browser):
    opened(browser, "network")
    browser.execute_script(
        "document.querySelectorAll('[data-region=maps] canvas')[30].scrollIntoView({ block: 'center' })")
    places = """return ['[data-panel]', '.bd-header-article'].map((part) => {
        const { top, bottom } = document.querySelector(part).getBoundingClientRect();
        return [top, bottom]; })"""
    (panel, _), (_, bar) = browser.execute_script(places)
    assert bar > 30 and bar <= panel < bar + 40
