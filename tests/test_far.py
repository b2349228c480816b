"""A long page is laid out as it is read, and nothing is missed for it: links, the Tab key, the contents."""

import statistics
import time

import pytest
from helpers_book import HTML, media, pages, show, wait

from tools.page_report import SHIFTS

pytestmark = [pytest.mark.browser, pytest.mark.book]
PAGES = [page for page in pages() if page.startswith(("chapters", "notation"))]
CHAPTER, LATE = "chapters/09_convolution.html", "further-reading"
LAID_OUT = """return document.getElementById(arguments[0]).querySelector("p")
    .checkVisibility({ contentVisibilityAuto: true })"""
STILL = """const [id, done] = arguments;
    let last, times = 0;
    const look = () => {
      const { top, bottom } = document.getElementById(id).getBoundingClientRect();
      times = top === last ? times + 1 : 0;
      last = top;
      if (times < 5) setTimeout(look, 60);
      else done([top, bottom, innerHeight]);
    };
    look();"""
TALL = """return [...document.querySelectorAll("section[style^='--tall']")].map((section) =>
    [section.id, parseFloat(section.style.getPropertyValue("--tall")), section.getBoundingClientRect().height])"""
# Boxes that are shown, and whether they scroll; whether Tab halts there.
SCROLLERS = """return [...document.querySelectorAll("article :is(pre, .formula, .course-stage, .output)")]
    .filter((box) => box.checkVisibility({ contentVisibilityAuto: true })).map((box) =>
      [box.className || box.tagName, box.scrollWidth > box.clientWidth + 1 ||
      box.scrollHeight > box.clientHeight + 1, box.tabIndex === 0])"""


def test_what_is_far_is_laid_out_when_it_comes_near_on_a_phone(browser):
    show(browser, CHAPTER, size="phone", explorers=False, far=False)
    assert not browser.execute_script(LAID_OUT, LATE)
    browser.execute_script("scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})")
    assert wait(browser, LAID_OUT, LATE)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_link_into_the_page_leads_where_it_says(browser, size):
    show(browser, CHAPTER, size=size, explorers=False, far=False)
    target = browser.execute_script("""
        const link = [...document.querySelectorAll("article p a[href^='#']")].at(-1);
        link.click();
        return decodeURIComponent(link.hash.slice(1));""")
    for arrived in (False, True):
        if arrived:
            browser.get("about:blank")
            browser.get(f"{(HTML / CHAPTER).as_uri()}#{target}")
        top, bottom, height = browser.execute_async_script(STILL, target)
        assert 0 <= top < height / 4 or bottom <= height and top > 0, f"{target} stands at {top:.0f} of {height}"


def test_a_section_is_taken_for_hardly_more_than_it_is(browser):
    """For less, it would reach into the next one; by far too much, the scroll bar would lie."""
    ratios = []
    for page in PAGES:
        show(browser, page, size="phone", explorers=False)
        for name, taken, height in browser.execute_script(TALL):
            assert taken > 0.97 * height, f"{page}#{name}: {taken} for {height}"
            ratios.append(taken / height)
    assert len(ratios) > 150 and statistics.median(ratios) < 1.4


def test_nothing_moves_while_a_page_is_opened(browser):
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SHIFTS})
    try:
        for page in PAGES:
            show(browser, page, size="phone", explorers=False, far=False)
            time.sleep(0.2)
            assert browser.execute_script("return window.shifted") <= 0.05, page
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_on_a_wide_screen_and_on_paper_all_is_laid_out(browser):
    show(browser, CHAPTER, explorers=False, far=False)
    assert browser.execute_script(LAID_OUT, LATE)
    show(browser, CHAPTER, size="phone", explorers=False, far=False)
    media(browser, kind="print")
    try:
        assert wait(browser, LAID_OUT, LATE)
    finally:
        media(browser)


@pytest.mark.parametrize("page, way", [(CHAPTER, "reading"), (CHAPTER, "link"),
                                       ("chapters/05_backpropagation.html", "reading")])
def test_the_keyboard_reaches_what_scrolls_once_it_is_shown_and_nothing_else(browser, page, way):
    show(browser, page, size="narrow", explorers=False, far=False)
    browser.execute_script("for (const fold of document.querySelectorAll('article details')) fold.open = true")
    browser.execute_async_script("""const [way, done] = arguments;
        if (way === "link") document.querySelector("article p a[href^='#']").click();
        const down = () => {
          scrollBy({ top: innerHeight, behavior: "instant" });
          if (scrollY + innerHeight < document.documentElement.scrollHeight - 2) setTimeout(down, 30);
          else setTimeout(done, 500);
        };
        if (way === "reading") down();
        else setTimeout(done, 1000);""", way)
    boxes = browser.execute_script(SCROLLERS)
    assert len(boxes) > (100 if way == "link" else 20)
    assert sum(scrolls for _, scrolls, _ in boxes) > 5
    assert [box for box in boxes if box[1] != box[2]] == []
