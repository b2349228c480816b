"""The backward laboratory in a browser, from disk: by key, pointer and touch, its numbers held against cnnlib."""

import numpy as np
import pytest
from helpers_axe import violations
from helpers_book import media, wait
from lab_page import Page
from selenium.webdriver.common.keys import Keys

from cnnlib.conv import conv2d_backward
from cnnlib.course.figures.back_explorers import DY, W, X
from cnnlib.course.labs import BackwardLab
from cnnlib.pooling import max_pool2d_backward

pytestmark = pytest.mark.browser
LAB = BackwardLab()
MENUS = [("picture", "chapter 11's map"), ("size", "2 × 2"), ("layer", "average pooling")]


def gradients(done=9, x=X, w=W, dy=DY):
    """dx and dw once so many windows have gone back."""
    some = dy * (np.arange(9).reshape(3, 3) < done)
    return [part[0, 0] for part in conv2d_backward(some[None, None], x[None, None], w[None, None])[:2]]


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    return Page(browser, LAB, tmp_path_factory.mktemp("backward"))


def shows(page, done=9, **given):
    dx, dw = gradients(done, **given)
    np.testing.assert_allclose(page.grid("input"), dx)
    np.testing.assert_allclose(page.grid("weight"), dw)


def test_windows_go_back_and_forth_by_key(page):
    page.open()
    shows(page, 5)
    np.testing.assert_allclose(page.grid("output"), DY)
    page.press("[data-focus=scrub]", Keys.RIGHT, Keys.RIGHT)
    shows(page, 7)
    page.press("[data-focus=scrub]", Keys.HOME)
    shows(page, 1)
    page.press("[data-focus=scrub]", Keys.END)
    shows(page, 9)
    page.press("[data-grid=output]", Keys.LEFT, Keys.UP)
    shows(page, 5)
    assert page.caption.startswith("Window 5 of 9, where dy = 2:") and page.quiet()


def test_the_mouse_takes_any_window_and_playing_goes_on(page):
    page.open()
    page.point(page.cell("output", 2, 0))
    shows(page, 7)
    page.point(page.cell("output", 0, 1))
    shows(page, 2)
    page.find("[data-do=play]").click()
    assert wait(page.browser, "return document.querySelector('[data-focus=scrub]').value > 3")
    page.press("body", Keys.ESCAPE)


def test_buttons_that_play_say_how_to_stop_them_and_going_back_is_the_main_one(page):
    page.open()
    button, other = page.find("[data-do=play]"), page.find("[data-do=nudge]")
    assert button.value_of_css_property("background-color") != other.value_of_css_property("background-color")
    page.browser.execute_script("document.body.style.backgroundColor = 'var(--course-accent)'")
    accent = page.find("body").value_of_css_property("background-color")
    assert button.value_of_css_property("background-color") == accent
    media(page.browser, prefers_reduced_motion="no-preference")
    for one, said in ((button, "▶ Go back"), (other, "Nudge every number")):
        wide = one.rect["width"]
        assert one.text == said
        one.click()
        assert one.text == "■ Stop" and one.rect["width"] == wide
        page.press("body", Keys.ESCAPE)
        assert one.text == said


def test_the_terms_and_the_nudge_stand_side_by_side_in_the_column_of_the_book(page):
    page.open(cell=["input", 2, 2]).narrow()
    chart, plot = (page.find(f"[data-region={name}] svg").rect for name in ("sum", "plot"))
    assert chart["y"] == pytest.approx(plot["y"], abs=1) and page.smallest_text() >= 9


def test_terms_are_listed_and_those_that_find_no_room_are_counted(page):
    rows = ("return [...document.querySelectorAll('[data-region=sum] li')]"
            ".map((row) => row.textContent.replaceAll('\u00a0', ' '))")
    page.open(cell=["input", 2, 2])
    shown = page.browser.execute_script(rows)
    assert [row[:8] for row in shown] == [f"dy({i}, {j})" for i, j in np.ndindex(3, 3)]
    page.open(cell=["weight", 1, 1], picture="chapter 11's map")
    shown = page.browser.execute_script(rows)
    assert len(shown) == 10 and shown[0] == "7 before these" and shown[-1].startswith("dy(3, 3)")


def test_playing_begins_anew_where_nothing_is_chosen(page):
    page.open(cell=None)
    shows(page)
    assert page.find("[data-focus=scrub]").get_attribute("value") == "9"
    page.find("[data-do=play]").click()
    assert wait(page.browser, "return document.querySelector('[data-focus=scrub]').value == 2")
    page.press("body", Keys.ESCAPE)


def test_going_back_stops_when_the_reader_looks_another_way(page):
    page.open(cell=None)
    page.find("[data-do=play]").click()
    assert wait(page.browser, "return document.querySelector('[data-focus=scrub]').value == 2")
    page.tap(page.cell("input", 2, 2))
    assert wait(page.browser, "return !('playing' in document.querySelector('[data-do=play]').dataset)", seconds=2)
    assert page.state["cell"] == ["input", 2, 2] and page.state.get("at", 999) == 999 and page.quiet()


def test_how_to_read_a_cell_is_said_at_the_grid_and_is_what_the_grid_shows(page):
    for width in (1280, 390):
        page.open(width)
        grid, legend = page.find("[data-grid=input]").rect, page.find("[data-region=legend]").rect
        assert legend["y"] < grid["y"] + grid["height"] + 20
    said = "[data-region=legend]"
    assert "+2 is what the framed window adds; elsewhere x" in page.text(said)
    page.find("[name=rule][value='\"=\"']").click()
    assert "= 2 is what the framed window writes" in page.text(said) and "2 is dx" in page.text(said)
    page.tap(page.cell("input", 1, 1))
    assert "x 4 is the pixel itself" in page.text(said) and "framed" not in page.text(said)
    assert page.text(".course-lab-w-hint").startswith("Press ▶ Go back:")


def test_a_pixel_gathers_what_windows_scatter(page):
    page.open()
    page.find("[data-region=lens] button:nth-child(2)").click()
    shows(page)
    dx = gradients()[0]
    assert f"9 terms meet here: dx(2, 2) = {dx[2, 2]:g}. A nudge agrees" in page.caption
    page.press("[data-focus=scrub]", Keys.HOME, *[Keys.RIGHT] * 4)
    said = page.text("[data-region=sum]")
    terms = [DY[i, j] * W[2 - i, 2 - j] for i, j in np.ndindex(3, 3)]
    assert f"dx(2, 2) after 4 of 9 terms: {sum(terms[:4]):g}" in said
    assert "dy(1, 0) × w(1, 2) = −2 × 0 = 0" in said
    page.press("[data-grid=input]", Keys.UP, Keys.UP, Keys.LEFT, Keys.LEFT)
    assert "1 term comes here: dx(0, 0) = 1." in page.caption


def test_a_number_gathers_in_its_cell_what_has_come_so_far(page):
    squares, frames = (f"return [...document.querySelectorAll('{all}')].map((one) => one.getAttribute('{what}'))"
                       for all, what in (("[data-cell=\"2,2\"] [height=\"5\"]", "fill"),
                                         ("[data-grid=output] > svg > [stroke-width=\"3\"]", "stroke-opacity")))
    terms = [DY[i, j] * W[2 - i, 2 - j] for i, j in np.ndindex(3, 3)]
    page.open(cell=["input", 2, 2])
    for reached in (0, 3, 8, 9):
        page.press("[data-focus=scrub]", Keys.HOME, *[Keys.RIGHT] * reached)
        assert page.grid("input")[2][2] == sum(terms[:reached])
        assert [fill != "none" for fill in page.browser.execute_script(squares)] == [k < reached for k in range(9)]
        assert [pale is None for pale in page.browser.execute_script(frames)] == [k < reached for k in range(9)]
        last = f"{terms[reached - 1]:g}".replace("-", "−")
        assert page.caption.startswith({
            0: "dx(2, 2) is 0 before the first of its 9 terms.", 9: "9 terms meet here: dx(2, 2)"}.get(
            reached, f"dx(2, 2) is {sum(terms[:reached]):g} after {reached} of 9 terms.".replace("-", "−")))
        assert reached in (0, 9) or f"The last came from dy({divmod(reached - 1, 3)[0]}, " in page.caption
        assert reached in (0, 9) or page.caption.endswith(f": {last}.")
    page.open(cell=["weight", 1, 1], at=4, rule="=")  # of what was written, the last alone is left
    assert page.grid("weight")[1][1] == DY[1, 0] * X[2, 1]


def test_neither_a_slider_nor_playing_takes_pointing_away_for_ever(page):
    page.open(cell=["output", 2, 0])
    page.press("[data-focus=scrub]", Keys.RIGHT)
    assert not page.find(".course-lab-w-held").is_displayed()
    page.find("[data-do=play]").click()
    assert wait(page.browser, "return document.querySelector('[data-focus=scrub]').value === '9'")
    assert wait(page.browser, "return !document.querySelector('[data-playing]')")
    for i in (0, 1):
        page.point(page.cell("input", i, 2))
        assert f"dx({i}, 2)" in page.caption
    page.find("[data-region=lens] button").click()
    assert page.find(".course-lab-w-held").is_displayed()
    page.find(".course-lab-w-held").click()
    page.point(page.cell("input", 2, 2))
    assert "dx(2, 2)" in page.caption


def test_on_a_phone_names_do_not_break_and_the_slider_is_long(page):
    page.open(390)
    assert page.find("[data-focus=scrub]").rect["width"] >= 180
    assert page.find("[data-focus=scrub]").rect["height"] >= 44
    assert not page.find(".course-lab-w-held").is_displayed()
    page.tap(page.cell("input", 2, 2))
    said = page.browser.execute_script(
        "return document.querySelector('.course-lab-body').innerText.match(/\\b(?:d?[xwy])\\(\\d+, \\d+\\)/g)")
    assert said is None  # each has a space that does not break
    assert not page.find(".course-lab-w-held").is_displayed()


def test_a_tap_shows_a_weight_and_its_terms(page):
    page.open(width=390)
    page.tap(page.cell("weight", 0, 2))
    dw = gradients()[1]
    assert f"dw(0, 2) = {dw[0, 2]:g}" in page.caption and page.state["cell"] == ["weight", 0, 2]
    assert "They agree" in page.text("[data-region=badge]")


def test_numbers_are_changed_and_changes_undone(page):
    page.open()
    page.press("[data-grid=output]", "+", "+")
    dy = DY.copy()
    dy[1, 1] += 2
    shows(page, 5, dy=dy)
    page.tap(page.cell("input", 2, 2))
    page.type("[data-focus=value]", "-3")
    x = X.copy()
    x[2, 2] = -3
    shows(page, dy=dy, x=x)
    np.testing.assert_allclose(page.grid("input", 1), x)
    page.press("[data-grid=input]", Keys.CONTROL + "z")
    shows(page, dy=dy)
    page.find("[data-do=undo]").click()
    dy[1, 1] -= 1
    shows(page, 5, dy=dy)
    page.find("[data-do=reset]").click()
    shows(page, 5)
    assert page.state == {}


def test_overwriting_is_caught_by_nudging_every_number(page):
    page.open(cell=["output", 2, 2])
    page.find("[name=rule][value='\"=\"']").click()
    assert "17 of 25 numbers of dx and 9 of 9 of dw are wrong by now" in page.caption
    page.find("[data-do=nudge]").click()
    assert wait(page.browser, "return document.querySelector('[data-region=check]').textContent.includes('34 of 34')")
    assert "26 gradients do not agree" in page.text("[data-region=check]")
    assert page.text("[data-grid=input]").count("✗") == 17 and page.text("[data-grid=weight]").count("✗") == 9
    page.find("[name=rule][value='\"+=\"']").click()
    assert "each slope agrees with its gradient" in page.text("[data-region=check]")
    assert page.text("[data-grid=input]").count("✓") == 25


def test_once_all_numbers_are_nudged_so_are_those_of_other_data(page):
    page.open().unfold()
    page.find("[data-do=nudge]").click()
    assert "34 of 34 numbers nudged" in page.text("[data-region=check]")
    others = (("picture", "chapter 11's map", 45), ("layer", "average pooling", 36), ("size", "2 × 2", 36))
    for key, name, count in others:
        page.press(f"[data-state={key}]", name)
        assert f"{count} of {count} numbers nudged: each slope agrees" in page.text("[data-region=check]")
        assert page.text("[data-grid=input]").count("✓") == 36 and page.quiet()


def test_nudging_goes_on_to_the_last_number_of_data_that_are_chosen_meanwhile(page):
    page.open(cell=None).unfold()
    media(page.browser, prefers_reduced_motion="no-preference")
    page.find("[data-do=nudge]").click()
    assert wait(page.browser, "return document.querySelector('[data-region=check]').textContent.startsWith('3 of 34')")
    page.press("[data-state=picture]", "chapter 11's map")
    assert wait(page.browser, "return document.querySelector('[data-region=check]').textContent.startsWith('45 of 45')")


def test_a_tick_stands_beside_no_digit(page):
    """The boxes of what is written in a cell do not meet."""
    wide = {"layer": "average pooling", "picture": "chapter 11's map"}
    for state in ({"layer": "average pooling"}, wide, wide | {"padding": 1}, {}):
        page.open(cell=None, checked=999, upstream=[[0, 0, -9.87]], **state)
        ticked, met = page.browser.execute_script("""
            const cells = [...document.querySelectorAll(":is([data-grid=input], [data-grid=weight]) [data-cell]")];
            const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
            // Digits fill less than the height of their line: the upper fifth and the lower fifth stay empty.
            const box = (text) => { const { left, right, top, bottom, height } = text.getBoundingClientRect();
              return { left, right, top: top + height / 5, bottom: bottom - height / 5 }; };
            const ticked = cells.filter((cell) => cell.textContent.includes("✓"));
            return [ticked.length, ticked.filter((cell) => {
              const boxes = [...cell.querySelectorAll("text")].map(box);
              return boxes.some((a, k) => boxes.slice(k + 1).some((b) => !apart(a, b)));
            }).map((cell) => cell.textContent)];""")
        assert ticked >= 25 and met == []


def test_a_nudge_is_compared_with_the_gradient(page):
    page.open(cell=["input", 2, 1])
    page.press("[data-state=nudge]", Keys.END)
    change = 2 * gradients()[0][2, 1]
    assert f"the loss changes by {change:g}. Dashed: dx · 2 = {change:g}." in page.text("[data-region=plot]")


def test_pooling_switches_and_ties(page):
    page.open()
    page.unfold()
    page.press("[data-state=layer]", "max pooling")
    page.press("[data-state=picture]", "many ties")
    assert "It stands there 4 times, a tie: the first in reading order gets it, as in PyTorch" in page.caption
    page.press("[data-grid=output]", Keys.ESCAPE)
    plane = np.array(LAB.config["pictures"]["many ties"])
    dx = max_pool2d_backward(DY[None, None], plane[None, None], 3, 1)[0, 0]
    np.testing.assert_allclose(page.grid("input"), dx)
    page.tap(page.cell("input", 1, 2))
    assert "at a tie there is no derivative" in page.caption and "They differ" in page.text("[data-region=badge]")
    assert page.find("[name=dilation][value='2']").get_attribute("disabled")
    assert page.text(".course-lab summary") == "More: many ties, window 3 × 3, padding 0"
    assert page.quiet()


def test_a_link_brings_everything_back(page):
    page.open(layer="average pooling", padding=1, stride=2)
    page.tap(page.cell("input", 1, 3))
    page.press("[data-grid=input]", "+")
    state, said, numbers = page.state, page.caption, page.grid("input")
    page.open(address=page.browser.current_url)
    assert (page.state, page.caption, page.grid("input")) == (state, said, numbers)
    page.open(rule="-=")
    shows(page, 5)


def test_menus_show_every_choice(page):
    for key, name in MENUS:
        page.open(**{key: name})
        menu = page.find(f'[data-state="{key}"]')
        shown = page.browser.execute_script("return arguments[0].selectedOptions[0]?.textContent", menu)
        assert shown == name and page.state == {key: name}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_is_accessible_quiet_and_fits(page, width, mode):
    for state in ({"cell": ["input", 2, 2], "checked": 99, "rule": "="},
                  {"layer": "max pooling", "picture": "chapter 11's map", "padding": 1},
                  {"picture": "chapter 11's map", "padding": 2, "cell": ["weight", 1, 1]}):
        page.open(width, mode, **state)
        assert violations(page.browser) == []
        assert not page.scrolls_sideways(width) and page.smallest_text() >= 9
        assert page.quiet()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_survives_being_used_at_random(page, seed):
    page.open()
    assert page.mash(seed, 100) == [] and page.quiet()


def test_every_stop_of_tab_can_be_seen(page):
    page.open(cell=["input", 2, 2]).unfold()
    stops = page.focus_stops()
    assert {"input", "weight", "output", "play", "nudge", "reset", "rule"} <= {name for name, _ in stops}
    assert [name for name, seen in stops if not seen] == []
