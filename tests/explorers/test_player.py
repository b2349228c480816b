"""The page's player, driven in a browser: playback and what stops it, what is read aloud, controls without effect."""

import pathlib
import sys
import time

import pytest

from cnnlib.course.explorers import Choice, Explorer, Slider

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSETS = ROOT / "_ext" / "assets"
pytestmark = pytest.mark.browser
PAUSE = 0.7


def numbers(name):
    """Frames drawn beforehand: one long row that plays, and a menu."""
    def draw(n, unit):
        return f'<svg viewBox="0 0 9 9" style="max-width:90px"><text>{n}</text></svg>', f"{n} {unit} of {name}"

    return Explorer(draw, [Slider("n", range(-2, 7), label="count", start=-1, play=True),
                           Choice("unit", ["apples", "pears"], label="unit")], name=name, title=name)


def windows():
    """Computed in the page: the row is as long as the other control says, which is off at its first place."""
    def draw(n, most):
        state = {"limits": {"n": most}, "off": ["most"] if n == 0 else []}
        return f"<p>{n}</p>", f"window {n} of {most}", state

    return Explorer(draw, [Slider("n", range(8), label="window", start=1, play=True),
                           Slider("most", range(2, 8), label="most", start=3)],
                    name="explore-c", title="Windows", script="toy")


TOY = """course.explorer("toy", ({ n, most }) => ({ html: `<p data-set="n:2">${Math.min(n, most)}</p>`,
    caption: `window ${Math.min(n, most)} of ${most}`, limits: { n: most }, off: n === 0 ? ["most"] : [] }));"""


@pytest.fixture(scope="module")
def browser():
    sys.path.insert(0, str(ROOT / "tests"))
    from helpers_book import start_browser

    driver = start_browser()
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, tmp_path):
    """Three explorers on one page, from disk, and a record of all that the live region says."""
    sys.path.insert(0, str(ROOT / "_ext"))
    import pictures

    explorers = "".join(e.to_html() for e in (numbers("explore-a"), numbers("explore-b"), windows()))
    body = pictures.STILL.sub("", pictures.PICTURE.sub(pictures.inline, explorers))
    player = (ASSETS / "explorers.js").read_text(encoding="utf-8")
    scripts = f"<script>{player}</script><script>{TOY}</script>"
    path = tmp_path / "page.html"
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><style>{(ASSETS / "course.css").read_text(encoding="utf-8")}'
                    f"</style><main>{body}</main>{scripts}", encoding="utf-8")
    browser.get(path.as_uri())
    browser.execute_script("""
        window.said = [];
        new MutationObserver(() => {
          for (const region of document.querySelectorAll("[role=status]")) {
            if (region.textContent && said.at(-1) !== region.textContent) said.push(region.textContent);
          }
        }).observe(document.body, { subtree: true, childList: true, characterData: true });""")
    return browser


def one(browser, selector):
    return browser.find_element("css selector", selector)


def caption(browser, name="explore-a"):
    return one(browser, f"#{name} .course-caption").text


def play(browser, name="explore-a"):
    button = one(browser, f"#{name} .course-play")
    button.click()
    return button


def until(condition, seconds=4.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def stands_still(browser, name="explore-a"):
    before = caption(browser, name)
    time.sleep(2.2 * PAUSE)
    return caption(browser, name) == before


def test_the_button_says_what_it_does(page):
    button = one(page, "#explore-a .course-play")
    assert (button.text, button.get_attribute("aria-label")) == ("▶ Play", "Play, count")
    button.click()
    assert (button.text, button.get_attribute("aria-label")) == ("■ Stop", "Stop, count")
    assert until(lambda: caption(page).startswith("0 apples"))
    button.click()
    assert (button.text, button.get_attribute("aria-label")) == ("▶ Play", "Play, count")
    assert stands_still(page)


def test_escape_stops_playback_wherever_the_focus_is(page):
    from selenium.webdriver.common.keys import Keys

    for target in ("#explore-a .course-play", "#explore-b select", "body"):
        button = play(page)
        assert until(lambda button=button: button.text == "■ Stop")
        one(page, target).send_keys(Keys.ESCAPE)
        assert button.text == "▶ Play" and stands_still(page), target


def test_moving_any_control_stops_playback(page):
    from selenium.webdriver.common.keys import Keys

    button = play(page)
    one(page, "#explore-a input").send_keys(Keys.ARROW_RIGHT)
    assert button.text == "▶ Play" and caption(page).startswith("0 apples") and stands_still(page)
    button = play(page)
    one(page, "#explore-a select").send_keys("p")
    assert until(lambda: button.text == "▶ Play") and "pears" in caption(page) and stands_still(page)


def test_clicking_in_the_picture_stops_playback(page):
    button = play(page, "explore-c")
    one(page, "#explore-c [data-set]").click()
    assert button.text == "▶ Play" and caption(page, "explore-c") == "window 2 of 3" and stands_still(page, "explore-c")


def test_one_explorer_plays_at_a_time(page):
    first, second = play(page), play(page, "explore-b")
    assert (first.text, second.text) == ("▶ Play", "■ Stop")
    assert stands_still(page) and caption(page, "explore-b") != "−1 apples of explore-b"


def test_playback_ends_at_the_last_frame_and_begins_again(page):
    button = play(page, "explore-c")
    assert until(lambda: caption(page, "explore-c") == "window 3 of 3") and button.text == "▶ Play"
    button.click()
    assert caption(page, "explore-c") == "window 3 of 3" or caption(page, "explore-c").startswith("window 1")
    assert until(lambda: caption(page, "explore-c") == "window 1 of 3")


def test_only_one_region_speaks_and_only_when_a_change_is_over(page):
    from selenium.webdriver.common.keys import Keys

    slider = one(page, "#explore-a input")
    for _ in range(3):
        slider.send_keys(Keys.ARROW_RIGHT)
    assert page.execute_script("return said") == []
    assert until(lambda: page.execute_script("return said.length") == 1)
    assert page.execute_script("return said") == ["2 apples of explore-a"]
    button = play(page)
    time.sleep(2.5 * PAUSE)
    assert page.execute_script("return said.length") == 1, "it speaks during playback"
    button.click()
    assert until(lambda: page.execute_script("return said.length") == 2)
    assert page.execute_script("return said[1]") == caption(page)
    live = page.execute_script(
        "return [...document.querySelectorAll('[aria-live], [role=status], [role=alert], [role=log], output')]"
        ".filter((e) => e.getAttribute('aria-live') !== 'off').length")
    assert live == 1


def test_nothing_is_said_before_the_reader_does_something(page):
    time.sleep(1)
    assert page.execute_script("return said") == []


def test_a_slider_is_as_long_as_its_row_and_a_control_without_effect_is_off(page):
    from selenium.webdriver.common.keys import Keys

    slider, most = (one(page, f"#explore-c [data-name={name}]") for name in ("n", "most"))
    slider.send_keys(Keys.END)
    assert slider.get_attribute("aria-valuetext") == "3" and caption(page, "explore-c") == "window 3 of 3"
    most.send_keys(Keys.HOME)
    assert slider.get_attribute("aria-valuetext") == "2" and caption(page, "explore-c") == "window 2 of 2"
    assert most.is_enabled()
    slider.send_keys(Keys.HOME)
    assert not most.is_enabled() and caption(page, "explore-c") == "window 0 of 2"
    slider.send_keys(Keys.ARROW_RIGHT)
    assert most.is_enabled()


def test_every_frame_comes_from_its_attribute_with_a_true_minus_sign(page):
    from selenium.webdriver.common.keys import Keys

    slider, seen = one(page, "#explore-a input"), []
    slider.send_keys(Keys.HOME)
    for _ in range(9):
        drawn = one(page, "#explore-a .course-stage text").text
        seen.append((caption(page), drawn, slider.get_attribute("aria-valuetext")))
        slider.send_keys(Keys.ARROW_RIGHT)
    assert [row[0] for row in seen] == [f"{n} apples of explore-a".replace("-", "−", 1) if n < 0 else
                                        f"{n} apples of explore-a" for n in range(-2, 7)]
    assert [row[1] for row in seen] == [row[2] for row in seen] == ["−2", "−1", *map(str, range(7))]


def test_the_stills_of_other_places_are_gone(page):
    assert not page.find_elements("css selector", ".course-still, .course-picture")
    assert page.find_elements("css selector", "#explore-a .course-stage svg")
