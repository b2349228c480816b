"""The convolution laboratory in a browser, from disk: by key, pointer and touch, its numbers held against cnnlib."""

import numpy as np
import pytest
from convolution_page import KERNELS, LAB, OUTLINE, PICTURES, click, expected, follows
from helpers_axe import violations
from helpers_book import media, wait
from lab_page import Page
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from cnnlib.conv import conv2d

pytestmark = pytest.mark.browser
MENUS = [("picture", name) for name in list(PICTURES)[1:]]


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    return Page(browser, LAB, tmp_path_factory.mktemp("convolution"))


def test_every_option_shows_the_numbers_of_the_library(page):
    page.open().unfold()
    np.testing.assert_allclose(page.grid("output"), expected())
    page.find("[name=stride][value='2']").click()
    page.find("[name=padding][value='1']").click()
    np.testing.assert_allclose(page.grid("output"), expected(stride=2, padding=1))
    page.find("[name=channels][value='3']").click()
    page.find("[name=dilation][value='2']").click()
    page.type("[data-focus=bias]", "-2")
    np.testing.assert_allclose(page.grid("output"), expected(channels=3, bias=-2.0, stride=2, padding=1, dilation=2))
    page.press("[data-kernel]", "mean")
    page.press("[data-state=picture]", "handwritten digit")
    assert page.find("[name=channels][value='3']").get_attribute("disabled")
    np.testing.assert_allclose(page.grid("output"), expected(
        "handwritten digit", "mean", bias=-2.0, stride=2, padding=1, dilation=2), atol=0.005)
    assert page.quiet()


def test_arrows_choose_enter_holds_and_escape_leaves(page):
    page.open()
    page.press("[data-grid=output]", Keys.RIGHT, Keys.DOWN)
    y = expected()
    assert "at row 2, column 2" in page.caption and page.caption.endswith(f"that is {y[2, 2]:g}.".replace("-", "−"))
    page.press("[data-grid=output]", Keys.ENTER)
    page.point(page.cell("input", 0, 0))
    assert "at row 2, column 2" in page.caption
    page.press("[data-grid=output]", Keys.ESCAPE)
    assert page.caption.startswith("4 × 4 outputs. Choose an output")
    page.press("[data-grid=input]", Keys.RIGHT, Keys.RIGHT)
    assert page.caption.startswith("The pixel at row 0, column 1 is 0. It lies under 2 windows: 2 outputs read it")


def test_a_weight_is_changed_by_key_undone_and_reset(page):
    page.open()
    page.press("[data-grid=weight]", Keys.DOWN, "+", "+", "-")
    w = np.array(KERNELS["right minus left"][0])
    w[0, 0] += 1
    wanted = conv2d(np.array(PICTURES["small numbers"]["planes"])[None, :1], w[None, None])[0, 0]
    np.testing.assert_allclose(page.grid("output"), wanted)
    assert page.find("[data-kernel]").get_attribute("value") == '""'
    assert page.browser.execute_script("return document.activeElement.dataset.grid") == "weight"
    page.press("[data-grid=weight]", Keys.CONTROL + "z")
    page.find("[data-do=undo]").click()
    page.find("[data-do=undo]").click()
    np.testing.assert_allclose(page.grid("output"), expected())
    page.find("[data-do=more]").click()
    page.find("[name=stride][value='3']").click()
    page.find("[data-do=reset]").click()
    np.testing.assert_allclose(page.grid("output"), expected())
    assert page.state == {}


def test_the_mouse_shows_what_it_points_at(page):
    page.open()
    page.point(page.cell("input", 2, 2))
    assert "lies under 9 windows" in page.caption
    assert len(page.browser.find_elements("css selector", "[data-grid=output] > svg > [stroke-width='3']")) == 9
    page.point(page.cell("weight", 1, 2))
    assert page.caption.startswith("The weight at row 1, column 2 is 1. It is used by all 16 outputs")
    page.point(page.cell("output", 3, 0))
    assert "at row 3, column 0" in page.caption
    assert len(page.browser.find_elements("css selector", "[data-grid=input] > svg > [stroke-width='3']")) == 9


def test_a_mouse_that_rests_leaves_the_choice_to_the_keys(page):
    page.open()
    page.point(page.cell("input", 2, 2))
    for said in ("at row 0, column 0", "at row 0, column 1"):  # the input is drawn anew under the mouse each time
        page.press("[data-grid=output]", Keys.RIGHT)
        page.browser.execute_async_script("setTimeout(arguments[0], 150)")
        assert f"The output {said}" in page.caption


def test_a_tap_chooses_and_a_pixel_can_be_typed(page):
    page.open(width=390)
    page.tap(page.cell("output", 0, 3))
    assert "at row 0, column 3" in page.caption and page.state["pinned"] is True
    page.tap(page.cell("input", 5, 5))
    assert "lies under 1 window: one output reads it" in page.caption
    page.type("[data-focus=value]", "-7.5")
    x = np.array(PICTURES["small numbers"]["planes"])[None, :1].copy()
    x[0, 0, 5, 5] = -7.5
    wanted = conv2d(x, np.array(KERNELS["right minus left"])[None, :1])[0, 0]
    np.testing.assert_allclose(page.grid("output"), wanted)
    assert page.find("[data-focus=value]").get_attribute("value") == "-7.5"


def test_what_a_beginner_needs_stands_before_the_grids_and_the_rest_in_a_fold_that_says_how_it_stands(page):
    page.open()
    summary = ".course-lab details > summary"
    assert page.text(summary) == "More: 1 channel, dilation 1, bias 0, count readers"
    assert page.find("[name=stride]").rect["height"] and not page.find("[name=dilation]").is_displayed()
    assert page.find("[data-grid=input]").rect["y"] - page.find(".course-lab-title").rect["y"] < 330
    page.press(summary, Keys.ENTER)
    page.find("[name=dilation][value='2']").click()
    page.find("[data-state=counting]").click()
    assert page.text(summary) == "More: 1 channel, dilation 2, bias 0, readers are counted"
    rows = {page.find(selector).rect["y"] // 60 for selector in ("[data-focus=bias]", "[name=dilation]")}
    assert len(rows) == 1  # the box of the bias has no row of its own


def test_what_is_held_looks_so_and_is_let_go_by_its_words_by_a_click_and_by_escape(page):
    page.open()
    follows(page)
    words = page.find(".course-lab-w-held")

    def corners():
        return len(page.browser.find_elements("css selector", "[data-grid=output] > svg > path"))

    for way in (lambda: words.click(), lambda: click(page, "output", 0, 3),
                lambda: page.press("[data-state=at]", Keys.ESCAPE)):
        assert not words.is_displayed() and not corners()
        click(page, "output", 0, 3)
        page.point(page.cell("input", 1, 1))
        assert "The output at row 0, column 3" in page.caption
        assert words.is_displayed() and words.text == "◤ Held. Let go" and corners() == 1
        way()
        assert page.browser.execute_script("return document.activeElement !== document.body")
        follows(page)


def test_once_playing_ends_the_mouse_points_again(page):
    page.open(at=8)
    page.find("[data-do=play]").click()
    assert wait(page.browser, "return document.querySelector('[data-state=at]').value === '9'")
    assert not page.find(".course-lab-w-held").is_displayed()  # there is Stop
    assert wait(page.browser, "return !document.querySelector('[data-playing]')")
    assert page.state.get("at", 999) == 999
    follows(page)
    page.open(at=8, pinned=True)
    page.find("[data-do=play]").click()
    assert wait(page.browser, "return !document.querySelector('[data-playing]')")
    assert page.state["pinned"]  # as it was


def test_the_window_slides_over_all_outputs(page):
    page.open(stride=3)
    media(page.browser, prefers_reduced_motion="no-preference")
    page.browser.execute_script("""window.seen = []; new MutationObserver(() => seen.push(
        document.querySelector("[data-region=caption]").textContent.slice(0, 35))).observe(
        document.querySelector("[data-region=caption]"), {childList: true})""")
    page.find("[data-do=slide]").click()
    assert wait(page.browser, "return seen.length && !document.querySelector('[data-playing]')")
    seen = page.browser.execute_script("return seen.map((said) => said.replaceAll('\u00a0', ' '))")
    wanted = [f"The output at row {i}, column {j} reads" for i, j in np.ndindex(2, 2)]
    assert list(dict.fromkeys(seen)) == wanted
    follows(page)
    page.find("[data-do=slide]").click()
    assert wait(page.browser, "return document.querySelector('[data-playing]')")
    page.tap(page.cell("input", 5, 5))
    assert wait(page.browser, "return !document.querySelector('[data-playing]')", seconds=2)
    assert "The pixel at row 5, column 5" in page.caption and page.quiet()


def test_for_those_who_want_no_motion_the_window_goes_one_step_a_press(page):
    page.open(cell=["output", 0, 3])
    for i, j in ((1, 0), (1, 1)):
        page.find("[data-do=slide]").click()
        assert f"The output at row {i}, column {j}" in page.caption
        assert not page.find(".course-lab-w-held").is_displayed()


def test_a_pixel_of_light_is_changed_by_small_steps_and_its_box_holds_it(page):
    page.open(picture="photograph", cell=["input", 2, 3], pinned=True)
    box = page.find("[data-focus=value]")
    before = float(box.get_attribute("value"))
    page.find("[data-do=more]").click()
    assert float(box.get_attribute("value")) == pytest.approx(before + 0.1)
    page.type("[data-focus=value]", "-1.2784")
    assert page.browser.execute_script("return arguments[0].scrollWidth <= arguments[0].clientWidth", box)
    page.open(cell=["input", 2, 3])
    page.find("[data-do=more]").click()
    assert page.find("[data-focus=value]").get_attribute("value") == "3"


def test_in_forced_colours_the_focus_is_seen_where_a_choice_is_made_already(page):
    page.open(channels=3)
    media(page.browser, forced_colors="active")
    for selector, around in (("[name=stride]:checked", ".course-lab-w-options"),
                             ("[data-region=tabs] [aria-pressed=true]", "[data-region=tabs]")):
        before = page.find(around).screenshot_as_png
        page.browser.execute_script("arguments[0].focus({focusVisible: true})", page.find(selector))
        assert page.find(around).screenshot_as_png != before, selector
        page.browser.execute_script("document.activeElement.blur()")
        assert page.find(around).screenshot_as_png == before  # the pictures can be compared


@pytest.mark.parametrize("grid", ["input", "output"])
def test_on_a_phone_what_is_said_of_a_tapped_number_is_in_sight_beside_it(page, grid):
    page.open(width=390)
    page.tap(page.cell(grid, 1, 1))
    assert "at row 1, column 1" in page.caption
    assert page.in_sight("[data-region=caption]") and page.in_sight(f'[data-grid={grid}] [data-cell="1,1"]')
    assert grid == "output" or page.in_sight("[data-focus=value]") and page.in_sight("[data-do=more]")
    page.browser.execute_script("scrollTo(0, 0)")
    assert page.in_sight("[data-state=picture]")  # above the grids it lies over nothing


def test_a_sum_grows_term_by_term(page):
    page.open(channels=3, bias=1)
    scrub = "[data-state=at]"
    assert page.find(scrub).get_attribute("max") == "28"
    page.press(scrub, Keys.HOME, *[Keys.RIGHT] * 10)
    x = np.array(PICTURES["small numbers"]["planes"])[:, 1:4, 1:4]
    products = (x * np.array(KERNELS["right minus left"])).ravel()
    said = page.text("[data-region=sum]")
    assert f"running sum after 10 of 28 terms: {products[:10].sum():g}".replace("-", "−") in said
    page.press("[data-do=play]", Keys.ENTER)
    assert wait(page.browser, "return document.querySelector('[data-state=at]').value > 11")
    page.press("body", Keys.ESCAPE)
    page.find("[data-set='{\"tab\":2}']").click()
    assert "input, channel 2" in page.text("[data-region=input]")


def test_a_button_that_plays_says_how_to_stop_it(page):
    page.open()
    button = page.find("[data-do=play]")
    wide = button.rect["width"]
    assert button.text == button.accessible_name == "▶ Add up"
    button.click()
    assert button.text == button.accessible_name == "■ Stop" and button.rect["width"] == wide
    button.click()
    assert button.text == "▶ Add up"


def test_the_products_and_their_sum_stand_side_by_side_in_the_columns_of_the_book(page):
    for wide, rows in ((700, 1), (580, 2), (340, 2)):
        page.open().narrow(wide)
        parts = page.browser.find_elements("css selector", "[data-region=sum] > div > div")
        assert len(parts) == 2 and len({part.rect["y"] for part in parts}) == rows, wide
        assert page.smallest_text() >= 9


def test_names_of_controls_stand_on_one_line_and_the_focus_covers_none(page):
    page.open().unfold()
    image, kernel, stride = page.tops('label:has([data-state="picture"])', "label:has([data-kernel])",
                                      '[aria-label="stride"]')
    assert image == kernel == pytest.approx(stride, abs=0.5)
    channels, bias = page.tops('[aria-label="channels"]', 'label:has([data-focus="bias"])')
    assert channels == pytest.approx(bias, abs=0.5)
    assert {page.find(f"[name={name}]").rect["height"] >= 44 for name in ("stride", "channels")} == {True}
    page.press("[data-kernel]", Keys.DOWN)
    wide, offset = page.browser.execute_script(
        "const s = getComputedStyle(document.activeElement); return [s.outlineWidth, s.outlineOffset].map(parseFloat)")
    assert wide == 2 and wide + offset <= 0


def test_adding_up_stops_when_the_reader_turns_to_a_pixel(page):
    page.open()
    page.find("[data-do=play]").click()
    assert wait(page.browser, "return document.querySelector('[data-state=at]').value === '2'")
    page.point(page.cell("input", 5, 5))  # a mouse on its way over the grids changes nothing
    assert "The output at row 1, column 1" in page.caption
    page.tap(page.cell("input", 5, 5))
    assert wait(page.browser, "return !('playing' in document.querySelector('[data-do=play]').dataset)", seconds=2)
    assert "The pixel at row 5, column 5" in page.caption and page.quiet()


def test_pixels_that_no_window_reads_are_struck_out(page):
    page.open(stride=2, counting=True)
    assert "Struck out: 11 pixels that no window reads" in page.text("[data-region=input]")
    struck = page.find("[data-grid=input] path").get_attribute("d")
    assert struck.count("M") == 11
    assert [row[5] for row in page.browser.execute_script("""
        return [...document.querySelectorAll("[data-grid=input] [data-cell]")]
          .map((cell) => cell.querySelectorAll("text")[1].textContent).reduce((rows, text, k) => {
            if (k % 6 === 0) rows.push([]); rows.at(-1).push(text); return rows; }, []);""")] == ["×0"] * 6


def test_a_photograph_is_pointed_at(page):
    page.open(picture="photograph", channels=3, padding=1, **OUTLINE)
    drawing = page.find("[data-grid=output] svg")
    wide = drawing.size["width"]
    ActionChains(page.browser).move_to_element_with_offset(drawing, 0.25 * wide, -0.25 * wide).click().perform()
    at = page.state["cell"]
    assert at[0] == "output" and at[1] in (15, 16) and at[2] in (47, 48, 49), at
    assert f"at row {at[1]}, column {at[2]}" in page.caption
    page.press("[data-grid=output]", Keys.RIGHT)
    assert f"at row {at[1]}, column {at[2] + 1}" in page.caption
    assert page.find("[data-do=predict]").get_attribute("aria-disabled") == "true"
    page.find("[data-do=predict]").click()
    assert "predict" not in page.state and page.quiet()


def test_a_link_brings_everything_back(page):
    page.open(stride=2)
    page.tap(page.cell("weight", 2, 2))
    page.type("[data-focus=value]", "4")
    state, said, numbers = page.state, page.caption, page.grid("output")
    page.open(address=page.browser.current_url)
    assert (page.caption, page.grid("output"), page.state) == (said, numbers, state) and state["kernel"] == ""
    page.press("[data-grid=weight]", Keys.ESCAPE)
    assert page.state["cell"] is None
    page.open(address=page.browser.current_url)
    assert "Choose an output" in page.caption
    page.open(**{"stride": 7})
    np.testing.assert_allclose(page.grid("output"), expected())


def test_menus_show_every_choice(page):
    for key, name in MENUS:
        page.open(**{key: name})
        menu = page.find(f'[data-state="{key}"]')
        shown = page.browser.execute_script("return arguments[0].selectedOptions[0]?.textContent", menu)
        assert shown == name and page.state == {key: name}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_is_accessible_quiet_and_fits(page, width, mode):
    for state in ({"channels": 3, "predict": True}, {"picture": "handwritten digit", "padding": 2, "counting": True,
                                                     "cell": ["input", 3, 3]}):
        page.open(width, mode, **state)
        assert violations(page.browser) == []
        assert not page.scrolls_sideways(width) and page.smallest_text() >= 9
        assert page.quiet()


def test_letters_are_large_enough_on_the_narrowest_phone(page):
    page.open(320, channels=3, bias=1)
    assert not page.scrolls_sideways(320) and page.smallest_text() >= 9


def test_a_kernel_that_has_a_name_is_not_written_out_in_the_address(page):
    page.open(kernel="1 to 9")
    assert page.grid("weight") == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    page.press("[data-kernel]", "sharpen")
    assert page.state == {"kernel": "sharpen"}
    kernel = page.grid("weight")
    page.open(address=page.browser.current_url)
    assert page.grid("weight") == kernel == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


@pytest.mark.parametrize("typed", ["1e9", "-", "", "x"])
def test_a_box_does_not_go_on_showing_what_does_not_count(page, typed):
    page.open(bias=3, cell=["input", 0, 0], pinned=True).unfold()
    for box, kept in (("[data-focus=value]", "1"), ("[data-focus=bias]", "3")):
        page.press(box, Keys.CONTROL + "a", Keys.DELETE)
        page.browser.execute_script("arguments[0].select()", page.find(box))
        page.find(box).send_keys(typed or Keys.DELETE)
        assert page.find(box).get_attribute("aria-invalid") == (None if typed == "1e9" else "true")
        page.find(box).send_keys(Keys.TAB)
        assert page.find(box).get_attribute("aria-invalid") is None
        shown = float(page.find(box).get_attribute("value"))
        assert shown == (999 if typed == "1e9" else float(kept))
    assert page.grid("input")[0][0] == (999 if typed == "1e9" else 1) and page.quiet()


@pytest.mark.parametrize(("typed", "taken"), [("1000", "999"), ("-12345", "−999"), ("998.5", "998.5")])
def test_a_number_that_is_limited_says_so_beside_its_box(page, typed, taken):
    page.open(cell=["weight", 0, 0], pinned=True).unfold()
    for box, name in (("[data-focus=value]", "weight at row 0, column 0"), ("[data-focus=bias]", "bias")):
        beside = page.find(box).find_element("xpath", "./..").find_element("css selector", "span")
        assert beside.text == name
        page.type(box, typed)
        page.press(box, Keys.TAB)
        assert page.find(box).get_attribute("value") == taken
        assert beside.text == (name if typed == taken else f"{name}, ±999 at most")
    assert page.state["bias"] == page.state["weights"][0][0][0] == float(taken.replace("−", "-"))
    page.type("[data-focus=bias]", "5")
    assert page.text("label:has([data-focus=bias])") == "bias"


@pytest.mark.parametrize(("typed", "value"), [("0.123456789",) * 2, ("-7.654321",) * 2, ("0.00001",) * 2,
                                              ("1/8", "0.125"), ("−0,5", "-0.5"), ("½", "0.5"), ("50 %", "0.5")])
def test_a_number_may_be_written_as_people_write_it_with_as_many_decimals_as_they_like(page, typed, value):
    page.open(cell=["input", 0, 0], pinned=True)
    box = "[data-focus=value]"
    page.type(box, typed)
    assert page.find(box).get_attribute("value") == typed
    page.press(box, Keys.ENTER, Keys.TAB)
    assert page.find(box).get_attribute("value") == typed
    assert page.state["edits"] == {"small numbers": [[0, 0, 0, float(value)]]}


def test_a_kernel_for_more_channels_than_are_shown_says_so(page):
    said = "[data-region=legend]"
    for name, made in (("from channel 0 to channel 2", 3), ("1 × 1: channel 0 minus channel 1", 2)):
        page.open().unfold()
        assert page.text(said) == ""
        page.press("[data-kernel]", name)
        assert page.text(said) == (f"This kernel is made for {made} channels, and only one of them is used. "
                                   f"To see it whole, choose {made} channels under “More”.")
        page.find(f"[name=channels][value='{made}']").click()
        assert page.text(said) == ""
        page.press("[data-state=picture]", "handwritten")
        assert page.text(said).endswith("This image has only one.")
        page.press("[data-state=picture]", "small")


def test_what_is_too_large_or_not_there_changes_nothing_that_a_link_could_not_hold(page):
    page.open(channels=3).unfold()
    page.type("[data-focus=bias]", "1e9")
    assert page.state["bias"] == 999
    page.press("[data-state=picture]", "handwritten")  # it has one channel
    state, said = page.state, page.caption
    page.open(address=page.browser.current_url)
    assert (page.state, page.caption) == (state, said) and state["picture"] == "handwritten digit"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_survives_being_used_at_random(page, seed):
    page.open()
    assert page.mash(seed, 100) == [] and page.quiet()


def test_every_stop_of_tab_can_be_seen(page):
    page.open(channels=3).unfold()
    stops = page.focus_stops()
    wanted = {"input", "weight", "output", "predict", "reset", "stride", "channels", "play"}
    assert wanted <= {name for name, _ in stops}
    assert [name for name, seen in stops if not seen] == []
