"""On a phone, what an explorer shows and the control that moves it are on one screen."""

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "figures")]
pytestmark = pytest.mark.browser
WIDTH, HEIGHT, HEAD = 390, 800, 56  # the page's own head stays at the top
PLAYED = ["explore-window", "explore-channels", "explore-back", "explore-pool", "explore-mazur"]


@pytest.fixture(scope="module")
def phone(tmp_path_factory):
    """The explorers of all chapters in a page of a phone's width."""
    from gallery import sections
    from helpers_book import start_browser
    from test_legible import page

    file, browser = tmp_path_factory.mktemp("phone") / "page.html", start_browser()
    markup = page(sections()).replace("<main", '<main style="width:auto;margin:0 1.05rem;padding-bottom:900px"', 1)
    markup = markup.replace("<head>", '<head><meta name="viewport" content="width=device-width, initial-scale=1">')
    file.write_text(markup, encoding="utf-8")
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": True})
    browser.get(file.as_uri())
    yield browser
    browser.quit()


def box(browser, element):
    return browser.execute_script("return arguments[0].getBoundingClientRect().toJSON()", element)


@pytest.mark.parametrize("name", PLAYED)
def test_play_stays_in_sight_while_the_whole_stage_is(phone, name):
    root, find = phone.find_element("id", name), lambda part: phone.find_element("css selector", f"#{name} {part}")
    stage, button = find(".course-stage"), find(".course-play")
    phone.execute_script("arguments[0].scrollIntoView({block: 'start', behavior: 'instant'})", root)
    above, below = box(phone, button)["bottom"], box(phone, stage)["top"]
    assert 0 <= below - above < 30, "the control that plays stands right above the stage"
    bottom = box(phone, stage)["bottom"]
    phone.execute_script("scrollTo({top: scrollY + arguments[0], behavior: 'instant'})", bottom - HEIGHT + 1)
    held, shown = box(phone, button), box(phone, stage)
    assert HEAD <= held["top"] < held["bottom"] <= shown["top"]
    phone.execute_script("scrollBy({top: 200, behavior: 'instant'})")
    assert box(phone, button)["top"] >= HEAD, "it stays where its row would have left"
    centre = [held["left"] + held["width"] / 2, box(phone, button)["top"] + held["height"] / 2]
    on_top = phone.execute_script("return document.elementFromPoint(...arguments)", *centre)
    assert on_top == button, "and nothing lies over it"
    assert box(phone, root)["width"] <= WIDTH == phone.execute_script("return document.documentElement.scrollWidth")


def test_both_photographs_are_on_one_screen(phone):
    root = phone.find_element("id", "explore-photo-kernel")
    before, after = (box(phone, image) for image in root.find_elements("css selector", ".course-stage img"))
    assert before["top"] == after["top"] and before["right"] < after["left"]
    stage = root.find_element("css selector", ".course-stage")
    assert box(phone, stage)["bottom"] - box(phone, root)["top"] < HEIGHT - HEAD, "and the kernel with them"


def test_numbers_are_read_whole(phone):
    cell = phone.find_element("css selector", "#explore-window .course-numbers input")
    room, needed = phone.execute_script("""
        const [cell] = arguments, style = getComputedStyle(cell);
        const pen = document.createElement("canvas").getContext("2d");
        pen.font = style.font;
        return [cell.clientWidth - 2 * parseFloat(style.paddingLeft), pen.measureText("0.333333").width];""", cell)
    assert room >= needed


def test_editing_your_own_kernel_chooses_it(phone):
    from selenium.webdriver.common.keys import Keys

    cell = phone.find_element("css selector", "#explore-photo-kernel .course-numbers input")
    menu = phone.find_element("css selector", "#explore-photo-kernel select")
    assert cell.is_enabled() and "outline" in phone.find_element("id", "explore-photo-kernel").text
    cell.send_keys(Keys.ARROW_UP)
    chosen = phone.execute_script("return arguments[0].selectedOptions[0].text", menu)
    assert chosen == "your own"
    assert "after “your own”" in phone.find_element("css selector", "#explore-photo-kernel .course-stage").text
