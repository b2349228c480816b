"""The network laboratory's look in a browser: what stands where, in a column as wide as the book's and on a phone."""

import json
import re

import pytest
from helpers_labs import caption, one, opened, settle, stroke, write_page
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from cnnlib.course.labs import NetworkLab

pytestmark = pytest.mark.browser
# As wide as the book's column at 1280 pixels, and with its fonts.
COLUMN = ("<style>main { font-family: serif; margin: 0 auto; max-width: 704px; } figcaption { font-family: serif; }"
          ".course-lab { --course-font: sans-serif; }</style></html>")
UNDER = """
    const panel = document.querySelector("[data-panel]").getBoundingClientRect(), e = document.activeElement;
    const { top, bottom } = e.getBoundingClientRect();
    const name = e.dataset.grid ?? e.dataset.do ?? e.dataset.state ?? e.type;
    return e.closest(".course-lab-body") && [name, panel.height > 0 && bottom > panel.top]"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = write_page(tmp_path_factory.mktemp("look") / "network.html", NetworkLab())
    path.write_text(path.read_text(encoding="utf-8").replace("</html>", COLUMN), encoding="utf-8")
    return path


@pytest.fixture
def lab(browser, path):
    from helpers_book import noise

    noise(browser)
    size(browser, 1280, 800)
    yield opened(browser, path)
    assert noise(browser) == []


def size(browser, width, height=800):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})


def bottoms_and_tops(browser, selector):
    return browser.execute_script("""
        return [...document.querySelectorAll(arguments[0])].filter((part) => part.checkVisibility()).map((part) => {
          const { bottom, top } = part.getBoundingClientRect();
          return [Math.round(bottom), Math.round(top)]; })""", selector)


def test_nothing_is_shown_before_it_is_needed(lab):
    assert not one(lab, "[data-do=cover]").is_displayed() and not one(lab, "[data-do=uncover]").is_displayed()
    assert one(lab, "[data-message]").rect["height"] == 0
    one(lab, "[data-state=brush]").click()
    assert one(lab, "[data-do=cover]").is_displayed() and one(lab, "[data-do=uncover]").is_displayed()


def test_the_caption_stands_under_the_pad_and_a_file_is_chosen_by_a_button_like_the_others(lab):
    said = one(lab, "[data-region=caption]").rect
    assert said["x"] == one(lab, "[data-pad]").rect["x"]
    assert said["y"] >= max(part.rect["y"] + part.rect["height"] for part in
                            lab.find_elements("css selector", ".course-lab-column"))
    label, chooser = one(lab, ".course-lab-file"), one(lab, "[data-file]")
    assert label.text == "Open a file …" and chooser.rect["width"] >= 44 and chooser.rect["height"] >= 40
    assert chooser.value_of_css_property("opacity") == "0"
    lab.execute_script("arguments[0].focus({ focusVisible: true })", chooser)
    assert label.value_of_css_property("outline-style") == "solid"


@pytest.mark.parametrize("height", [844, 568])
def test_on_a_phone_what_is_drawn_is_answered_in_sight(lab, height):
    size(lab, 390, height)
    lab.execute_script("document.querySelector('[data-pad]').scrollIntoView({ behavior: 'instant' })")
    lab.execute_script("document.querySelector('[data-do=clear]').click()")
    left, top, width, tall = lab.execute_script("""
        const { left, top, width, height } = document.querySelector("[data-pad]").getBoundingClientRect();
        return [left, top, width, height]""")
    stroke(lab, [(left + width / 2, top + tall * part / 10) for part in range(2, 9)], kind="touch")
    settle(lab)
    bottom, tops = lab.execute_script("""
        const rect = (part) => document.querySelector(part).getBoundingClientRect();
        return [rect("[data-region=caption]").bottom, [rect("[data-pad]").top, rect('[data-grid="0"]').top]]""")
    assert caption(lab).startswith("Read as 1") and tops[0] > -1 and bottom <= min(height, tops[1])


def test_the_button_that_switches_a_filter_off_is_in_sight_wherever_the_panel_opens(lab):
    for width, height in ((1280, 757), (1280, 900), (390, 844), (320, 568)):
        size(lab, width, height)
        one(lab, '[data-grid="4"]').send_keys(Keys.ESCAPE, Keys.DOWN, Keys.RIGHT)
        boxes = lab.execute_script("""
            return ["[data-panel]", '[data-focus="off"]', ".course-lab-close"].map((name) => {
              const { top, bottom } = document.querySelector(name).getBoundingClientRect(); return [top, bottom]; })""")
        (top, bottom), *buttons = boxes
        assert all(top <= a and b <= bottom <= height + 1 for a, b in buttons), (width, height)


def test_the_products_are_shown_to_as_many_digits_as_their_sum_needs_in_one_row(lab):
    one(lab, '[data-grid="4"]').send_keys(*[Keys.DOWN] * 7, *[Keys.RIGHT] * 5, *[Keys.PAGE_DOWN] * 9)
    numbers = lab.execute_script("""
        const shown = document.querySelectorAll('[data-panel] svg[aria-label^="= products"] text');
        return [...shown].map((text) => text.textContent)""")
    text = one(lab, "[data-panel]").text.replace("−", "-").replace("\u00a0", " ")
    most = re.search(r"In numbers, map (\d+)", text)[1]
    total = float(re.search(rf"^map {most}: (\S+)", text, re.M)[1])
    assert abs(sum(float(v.replace("−", "-")) for v in numbers) - total) <= 0.00101
    tops = [top for _, top in bottoms_and_tops(lab, '[data-panel] svg[aria-label*="numbers"]')]
    assert len(tops) == 3 and max(tops) - min(tops) <= 1
    families = lab.execute_script("""
        return [".course-lab-unit figcaption", ".course-lab-unit p"].map((part) =>
          getComputedStyle(document.querySelector(part)).fontFamily)""")
    assert families[0] == families[1]


@pytest.mark.parametrize("width", [390, 320])
def test_nothing_is_wider_than_a_phone_and_its_letters_are_large_enough(lab, width):
    lab.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True})
    try:
        lab.execute_script("document.querySelector('[data-do=all]').click()")
        one(lab, '[data-grid="4"]').send_keys(*[Keys.DOWN] * 5, *[Keys.RIGHT] * 5, Keys.ENTER)
        assert lab.execute_script("return document.documentElement.scrollWidth") <= width
        smallest = lab.execute_script("""
            return Math.min(...[...document.querySelectorAll(".course-lab text")].map((text) =>
              parseFloat(text.getAttribute("font-size")) * text.getScreenCTM().a))""")
        assert smallest >= 9
        assert lab.execute_script("""
            return Math.min(...[...document.querySelectorAll(".course-lab :is(button, select, .course-lab-file)")]
              .filter((control) => control.checkVisibility())
              .map((control) => control.getBoundingClientRect().height))""") >= 44
    finally:
        lab.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_first_line_says_in_bold_what_to_do(lab):
    first = one(lab, ".course-lab-body > :first-child")
    assert first.find_element("css selector", "strong").text.startswith("Draw a digit on the pad")
    assert one(lab, "label:has([data-state=pen])").text == "Pen, for your own"  # the menu's have theirs


def test_what_the_maps_show_and_the_weights_stand_in_one_row(lab):
    bottoms = [bottom for bottom, _ in bottoms_and_tops(lab, ".course-lab-choices > .course-lab-w-options > *")]
    assert len(bottoms) == 4 and max(bottoms) - min(bottoms) <= 1


def test_on_a_large_screen_pointing_answers_anywhere_beside_the_maps_and_nothing_moves(lab):
    """Wherever a map stands in the window; on a smaller one it is marked and named, and the panel stays shut."""
    lab.execute_script("document.querySelector('main').style.maxWidth = '972px'")
    settle(lab)
    panel, top = one(lab, "[data-panel]"), "document.querySelector('.course-lab-stage').getBoundingClientRect()"
    assert panel.text.startswith("Point at a map: ") and panel.is_displayed()
    assert panel.rect["x"] > max(part.rect["x"] + part.rect["width"] for part in
                                 lab.find_elements("css selector", ".course-lab-layer"))
    conv, pool = "convolution 5 × 5", "max pooling 2 × 2"
    for block in ("end", "start"):
        for grid, name in ((1, conv), (3, pool), (4, conv), (6, pool)):
            layer = one(lab, f'[data-grid="{grid}"]')
            into = "arguments[0].scrollIntoView({ block: arguments[1], behavior: 'instant' })"
            lab.execute_script(into, layer, block)
            before = lab.execute_script(f"return [{top}.top, {top}.height]")
            ActionChains(lab, duration=0).move_to_element(layer.find_element("css selector", "canvas")).perform()
            settle(lab)
            assert f"Selected: {name}, map 0, row" in caption(lab), (block, grid)
            assert panel.text.replace("\u00a0", " ").startswith(f"{name}, map 0, row"), (block, grid)
            low, high = lab.execute_script(
                "const { top, bottom } = arguments[0].getBoundingClientRect(); return [top, bottom]", panel)
            assert max(low, 0) < min(high, 800) - 100, (block, grid)
            assert lab.execute_script(f"return [{top}.top, {top}.height]") == before, (block, grid)
            lab.execute_script("document.querySelector('.course-lab-close').click()")


@pytest.mark.parametrize(("width", "height"), [(1280, 757), (1000, 757), (390, 844)])
def test_the_panel_is_in_sight_where_the_input_is(lab, width, height):
    lab.execute_script("document.querySelector('main').style.maxWidth = arguments[0]", "972px" if width > 1200 else "")
    size(lab, width, height)
    one(lab, '[data-grid="0"]').send_keys(*[Keys.DOWN] * 15, *[Keys.RIGHT] * 14, Keys.ENTER)
    lab.execute_script("document.querySelector('[data-grid=\"0\"]').scrollIntoView({ behavior: 'instant' })")
    top, bottom = lab.execute_script(
        "const { top, bottom } = document.querySelector('[data-panel]').getBoundingClientRect(); return [top, bottom]")
    assert min(bottom, height) - max(top, 0) > 200, (top, bottom)


def test_what_a_unit_reads_is_framed_and_tied_to_it_by_lines(lab):
    """From the middle of each frame to the unit; the input stands too far away for lines."""
    for grid, lines in (("4", 8), ("3", 1), ("2", 1), ("1", 0)):
        one(lab, f'[data-grid="{grid}"]').send_keys(Keys.ESCAPE, Keys.DOWN, Keys.DOWN, Keys.RIGHT)
        ends, frames, unit = lab.execute_script("""
            const box = (part) => part.getBoundingClientRect(), origin = box(document.querySelector("[data-links]"));
            const middle = (part) => box(part).left + box(part).width / 2 - origin.left;
            const all = (part) => [...document.querySelectorAll(part)];
            return [all("[data-links] line").map((line) => [line.x1.baseVal.value, line.x2.baseVal.value]),
              all(".course-lab-mark.read").map(middle), middle(document.querySelector(".course-lab-mark.unit"))]""")
        assert len(ends) == lines and len(frames) == max(lines, 1), grid
        assert [list(end) for end in ends] == [[pytest.approx(x, abs=0.1), pytest.approx(unit, abs=0.1)]
                                               for x in frames[:lines]]
    mark = one(lab, ".course-lab-mark.read")
    assert [mark.value_of_css_property(f"outline-{part}") for part in ("style", "width")] == ["solid", "2px"]
    one(lab, '[data-grid="1"]').send_keys(Keys.ESCAPE)
    assert not lab.find_elements("css selector", ".course-lab-mark, [data-links] line")


def test_maps_fill_their_rows(lab):
    for width, rows in ((1280, {"1": [8], "3": [8], "4": [16], "6": [16]}),
                        (390, {"1": [4, 4], "3": [8], "4": [8, 8], "6": [8, 8]})):
        size(lab, width)
        for grid, counts in rows.items():
            tops = [top for _, top in bottoms_and_tops(lab, f'[data-grid="{grid}"] .course-lab-map')]
            assert [tops.count(top) for top in sorted(set(tops))] == counts, (width, grid)
            rights = "return [...document.querySelectorAll(arguments[0])].map((e) => e.getBoundingClientRect().right)"
            room, = lab.execute_script(rights, f'[data-grid="{grid}"] .course-lab-maps')
            last = max(lab.execute_script(rights, f'[data-grid="{grid}"] .course-lab-map'))
            assert room - 24 < last <= room + 1, (width, grid)


def test_all_drawings_of_a_hand_are_in_sight(lab, path):
    opened(lab, path, f"#lab=network:{json.dumps({'weights': 'random', 'all': True})}")
    assert len(lab.find_elements("css selector", ".course-lab-hand button")) == 50
    for width in (1280, 801, 800, 640, 601, 600, 390, 320):
        size(lab, width)
        cut, narrowest = lab.execute_script("""
            const room = document.querySelector(".course-lab-drawings").getBoundingClientRect();
            const parts = [...document.querySelectorAll(".course-lab-hand > *")];
            const widths = parts.filter((part) => part.dataset.set).map((part) => part.getBoundingClientRect().width);
            return [parts.filter((part) => part.getBoundingClientRect().right > room.right + 1
              || part.scrollWidth > part.clientWidth).map((part) => part.textContent), Math.min(...widths)]""")
        assert cut == [] and narrowest >= 44, width


def test_the_table_is_as_careful_as_the_sentence(lab):
    shares = [cell.text.replace("\u00a0", " ") for cell in
              lab.find_elements("css selector", ".course-lab-scores tbody td:nth-of-type(2)")]
    assert "over 99.9 %" in caption(lab)
    assert shares == ["> 99.9 %" if digit == 3 else "< 0.1 %" for digit in range(10)]


def test_only_what_is_exactly_0_is_shown_without_decimals(lab):
    one(lab, '[data-grid="1"]').send_keys(Keys.DOWN)  # a corner: padding, and paper
    shown = lab.execute_script("""
        return [...document.querySelectorAll("[data-panel] svg[aria-label*=numbers]")].map((part) =>
          [...part.querySelectorAll("text")].map((text) => text.textContent))""")
    read, weights, products = shown
    assert set(read) == set(products) == {"0"} and all("." in weight for weight in weights)


def test_the_panel_covers_nothing_that_a_key_reaches(lab):
    from helpers_book import wait

    grid = one(lab, '[data-grid="4"]')
    lab.execute_script("arguments[0].scrollIntoView({ block: 'end', behavior: 'instant' })", grid)
    pointed = ActionChains(lab, duration=0).move_to_element(grid.find_element("css selector", "canvas"))
    pointed.perform()
    settle(lab)
    assert not one(lab, "[data-panel]").is_displayed()  # it would open under the mouse
    assert "Selected: convolution 5 × 5, map 0" in caption(lab) and one(lab, ".course-lab-mark.unit").is_displayed()
    pointed.click().perform()
    assert 0 < one(lab, "[data-panel]").rect["height"] <= 0.38 * 800
    assert wait(lab, f"return (() => {{ {UNDER} }})()[1] === false")  # also where the panel has just opened
    seen = []
    while len(seen) < 40:
        ActionChains(lab, duration=0).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        found = lab.execute_script(UNDER)
        if not found:
            break
        seen.append(found)
    assert {"file", "weights", "view", "target", "all", "0"} <= {name for name, _ in seen}
    assert [name for name, under in seen if under] == []


def test_a_control_in_the_panel_is_reached_without_a_jump(lab):
    one(lab, '[data-grid="1"]').send_keys(Keys.DOWN, Keys.ENTER)
    before = lab.execute_script("return scrollY")
    for name in ("Close", "off"):
        button = one(lab, ".course-lab-close" if name == "Close" else '[data-focus="off"]')
        lab.execute_script("arguments[0].focus()", button)
        box, panel = button.rect, one(lab, "[data-panel]").rect
        assert panel["y"] <= box["y"] and box["y"] + box["height"] <= panel["y"] + panel["height"] + 1
        assert lab.execute_script("return scrollY") == before


def test_a_button_of_the_panel_keeps_the_focus_or_gives_it_back_to_the_maps(lab):
    one(lab, '[data-grid="1"]').send_keys(Keys.DOWN, Keys.ENTER)
    for text in ("Switch filter 0 off", "Switch filter 0 on"):
        assert one(lab, '[data-focus="off"]').text == text
        one(lab, '[data-focus="off"]').send_keys(Keys.SPACE)
        assert lab.switch_to.active_element.get_attribute("data-focus") == "off"
    one(lab, ".course-lab-close").send_keys(Keys.ENTER)
    assert lab.switch_to.active_element.get_attribute("data-grid") == "1"


def test_on_the_narrowest_phone_the_menu_of_drawings_is_not_cut(lab):
    size(lab, 320)
    shown, whole = lab.execute_script("""
        const menu = document.querySelector("[data-state=picked]"), copy = menu.cloneNode(true);
        Object.assign(copy.style, { maxWidth: "none", position: "absolute" });
        menu.after(copy);
        return [menu, copy].map((part) => part.getBoundingClientRect().width)""")
    assert shown >= whole - 1
