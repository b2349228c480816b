"""The player, driven in a browser: playback and what stops it, what is read aloud, controls without effect; and how it
asks Python in Jupyter, here with a model and a kernel of the tests' own."""

import pathlib
import sys
import time

import pytest
from selenium.webdriver.common.keys import Keys

from cnnlib.course import bundle
from cnnlib.course._still import call
from cnnlib.course.explorers import Choice, Explorer, Numbers, Slider

ROOT = pathlib.Path(__file__).resolve().parents[2]
STYLE = "".join(path.read_text(encoding="utf-8") for path in (
    ROOT / "_ext" / "assets" / "course.css", bundle.PAGE / "explorer.css"))
START = "document.addEventListener(\"DOMContentLoaded\""
pytestmark = pytest.mark.browser
PAUSE = 0.7


def numbers(name):
    """Frames drawn beforehand: one long row that plays, and a menu."""
    def draw(n, unit):
        return f'<svg viewBox="0 0 9 9" style="max-width:90px"><text>{n}</text></svg>', f"{n} {unit} of {name}"

    return Explorer(draw, [Slider("n", range(-2, 7), label="count", start=-1, play=True),
                           Choice("unit", ["apples", "pears"], label="unit")], name=name, title=name)


# Drawn by a module: the row is as long as the other control says, which is off at its first place.
WINDOWS = """<section class="course-explorer" id="explore-c" data-script="toy" data-config="{}"
    ><div class="course-controls" style="display:none">{controls}</div><div class="course-stage"></div
    ><p class="course-caption"></p></section>""".replace("{controls}", "".join(control.html() for control in (
        Slider("n", range(8), label="window", start=1, play=True), Slider("most", range(2, 8), label="most", start=3))))
WEIGHT = """<section class="course-explorer" id="explore-d" data-script="toy" data-config="{}"
    ><div class="course-controls" style="display:none">{controls}</div><div class="course-stage"></div
    ><p class="course-caption"></p></section>""".replace("{controls}", Numbers("w", [[1.0]], label="weight").html())
TOY = """modules.toy = {
    numbers: (values) => {
      window.modulesSeen = values;
      return { at: Math.min(values.n, values.most), by: "page" };
    },
    draw: ({ at, n, most, by }) => ({ html: `<p data-set="n:2">${at} ${by}</p><b data-set="n:2 most:3"></b>`,
      caption: `window ${at} of ${most}`,
      limits: { n: most }, off: n === 0 ? ["most"] : [], texts: { n: `(${at})` } }) };"""


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

    explorers = "".join(e.to_html() for e in (numbers("explore-a"), numbers("explore-b"))) + WINDOWS + WEIGHT
    body = pictures.STILL.sub("", pictures.PICTURE.sub(pictures.inline, explorers))
    script = bundle.for_page()
    assert script.count(START) == 1
    path = tmp_path / "page.html"
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><style>{STYLE}</style><main>{body}</main>'
                    f"<script>{script.replace(START, TOY + START)}</script>", encoding="utf-8")
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


def test_a_box_that_holds_no_number_says_so_and_the_last_number_counts(page):
    box, limit, reads = one(page, "#explore-d .course-number"), " (±99 at most)", " (a number, such as −1, 0.5 or 1/3)"
    seen = """return [modulesSeen.w[0][0],
        document.querySelector("#explore-d .course-number").getAttribute("aria-invalid")]"""
    for typed, counts, kept, said in (
            ("abc", 1, "1", reads), ("-2.5", -2.5, "-2.5", ""), ("", -2.5, "-2.5", reads), ("½", 0.5, "½", ""),
            ("2x", 2, "2", reads), ("-11e9", -99, "−99", limit), ("-", -99, "−99", reads), ("1/3", 1 / 3, "1/3", ""),
            ("1/0", 1, "1", reads), ("50%", 0.5, "50%", ""), ("0,5", 0.5, "0,5", "")):
        box.send_keys(Keys.CONTROL + "a" + Keys.NULL, Keys.DELETE, typed)
        assert page.execute_script(seen) == [pytest.approx(counts), "true" if said == reads else None]
        box.send_keys(Keys.TAB)
        assert page.execute_script(seen) == [pytest.approx(counts), None]
        assert (box.get_attribute("value"), one(page, "#explore-d legend").text) == (kept, "weight" + said)


def test_arrows_move_the_number_in_a_box(page):
    box = one(page, "#explore-d .course-number")
    box.send_keys(Keys.ARROW_UP, Keys.ARROW_UP)
    assert box.get_attribute("value") == "3" and page.execute_script("return modulesSeen.w") == [[3]]
    box.send_keys(*[Keys.ARROW_DOWN] * 4)
    assert box.get_attribute("value") == "−1" and page.execute_script("return modulesSeen.w") == [[-1]]


@pytest.mark.parametrize(("text", "value"), [
    ("1", 1), ("-1", -1), ("−1.5", -1.5), (" 0,5 ", 0.5), (".5", 0.5), ("1/4", 0.25), ("-1 / 8", -0.125), ("1e2", 100),
    ("0,5/2", 0.25), ("½", 0.5), ("−1½", -1.5), ("1 1/2", 1.5), ("50 %", 0.5), ("–3", -3),
    ("1 2", None), ("0.5½", None), ("0x1", None),
    ("%", None), ("", None), ("-", None), ("1/", None), ("/2", None), ("1/0", None), ("1/2/3", None), ("a", None),
    ("1.2.3", None), ("1e999", None), ("--1", None)])
def test_a_number_is_read_as_people_write_it(text, value):
    assert call("number-box", "typed", text) == value


def test_a_menu_that_sends_only_its_change_is_heard_and_one_that_sends_both_once(page):
    choose = """const menu = document.querySelector('#explore-a select');
        menu.value = arguments[0];
        for (const name of arguments[1]) menu.dispatchEvent(new Event(name, { bubbles: true }));"""
    page.execute_script(choose, "1", ["change"])
    assert caption(page) == "−1 pears of explore-a"
    page.execute_script("""window.drawn = 0; new MutationObserver(() => { drawn++; }).observe(
        document.querySelector('#explore-a .course-stage'), { childList: true });""")
    for events in (["input"], ["change"]):
        page.execute_script(choose, "0", events)
    assert caption(page) == "−1 apples of explore-a" and page.execute_script("return drawn") == 1


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


def test_a_cell_of_a_plane_moves_two_controls(page):
    page.execute_script("document.querySelector('#explore-c b').click()")
    assert caption(page, "explore-c") == "window 2 of 5"
    places = [one(page, f"#explore-c [data-name={name}]").get_attribute("value") for name in ("n", "most")]
    assert places == ["2", "3"]


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
    assert slider.get_attribute("aria-valuetext") == "(3)" and caption(page, "explore-c") == "window 3 of 3"
    most.send_keys(Keys.HOME)
    assert slider.get_attribute("aria-valuetext") == "(2)" and caption(page, "explore-c") == "window 2 of 2"
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


# ---- in Jupyter ---------------------------------------------------------------------------------------------------

# A model as ipywidgets has it, and a kernel that answers when it is told to: `kernel.answer(serial)`.
KERNEL = """
    window.started = [];
    window.model = (page, frames) => {
      const data = { page, asked: { serial: 0, places: { n: 1, most: 1 } }, heard: [] }, hands = [];
      const reply = ({ serial, places }) => ({ serial, places, ...(frames
        ? { shown: { html: `<p data-set="n:2">${places.n}</p>`, caption: `frame ${places.n}`, limits: {}, off: [] } }
        : { numbers: { at: Math.min(places.n, places.most + 2), by: "kernel" } }) });
      const model = {
        get: (name) => data[name],
        set: (name, value) => { data[name] = value; },
        save_changes: () => { data.heard.push(data.asked); if (model.prompt) model.answer(data.asked.serial); },
        on: (event, hand) => hands.push(hand),
        off: (event, hand) => hands.splice(hands.indexOf(hand), 1),
        answer: (serial) => model.give(reply(data.heard.find((asked) => asked.serial === serial))),
        give: (answer) => { data.answer = answer; hands.forEach((hand) => hand()); },
        prompt: true, reply, hands, heard: () => data.heard.length,
      };
      data.answer = reply(data.asked);
      return model;
    };
    window.view = (model, modules) => {
      const el = document.createElement("div");
      document.querySelector("main").append(el);
      const close = modules.faces.jupyter(modules).render({ model, el });
      const root = el.querySelector(".course-explorer");
      const [slider, most] = root.querySelectorAll("[data-name]");
      return { el, root, close, slider, most,
        shows: () => root.querySelector(".course-stage").textContent, from: () => root.dataset.from,
        says: () => root.querySelector(".course-caption").textContent,
        move: (name, value) => { const c = root.querySelector(`[data-name=${name}]`); c.value = value;
          c.dispatchEvent(new Event("input", { bubbles: true })); } };
    };"""


@pytest.fixture
def jupyter(browser, tmp_path):
    """``jupyter(frames)``: a page in which a view of a model stands, as `one` and `model`."""
    path = tmp_path / "jupyter.html"
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><style>{STYLE}</style><main></main>'
                    f"<script>{bundle.modules()}{TOY}{KERNEL}</script>", encoding="utf-8")

    def start(frames=False):
        browser.get(path.as_uri())
        markup = WINDOWS.replace(' data-script="toy" data-config="{}"', "") if frames else WINDOWS
        browser.execute_script("window.m = model(...arguments); window.one = view(m, modules)", markup, frames)
        return lambda code: browser.execute_script(f"return {code}")

    return start


def test_a_change_asks_python_and_shows_its_answer(jupyter):
    js = jupyter()
    assert js("[one.shows(), one.from(), one.slider.max]") == ["1 kernel", "kernel", "3"]
    js("one.move('n', 3)")
    assert js("[one.shows(), one.says(), m.heard()]") == ["3 kernel", "window 3 of 3", 1]
    js("one.root.querySelector('[data-set]').click()")
    assert js("[one.shows(), one.slider.value, m.heard()]") == ["2 kernel", "2", 2]
    js("one.move('most', 5)")
    assert js("[one.slider.max, one.says()]") == ["7", "window 2 of 7"]
    assert js("[...one.el.querySelectorAll('input, select, button')].every((e) => e.dataset.lmSuppressShortcuts)")


def test_playback_asks_python_for_each_frame(jupyter, browser):
    js = jupyter(frames=True)
    js("one.root.querySelector('.course-play').click()")
    assert until(lambda: js("one.says()") == "frame 2")
    js("one.move('n', 0)")
    assert js("one.says()") == "frame 0" and js("one.root.querySelector('.course-play').textContent") == "▶ Play"
    time.sleep(2.2 * PAUSE)
    assert js("one.says()") == "frame 0"


def test_the_page_steps_in_for_a_kernel_that_does_not_answer_and_gives_way_again(jupyter):
    js = jupyter()
    js("(m.prompt = false, one.move('n', 3))")
    assert js("one.shows()") == "1 kernel"
    assert until(lambda: js("one.shows()") == "3 page") and js("one.from()") == "page"
    js("one.move('n', 2)")  # and does not wait again
    assert until(lambda: js("one.shows()") == "2 page", 0.5)
    js("m.answer(1)")  # an old answer is of no interest
    assert js("[one.shows(), one.slider.value]") == ["2 page", "2"]
    js("m.answer(2)")
    assert js("[one.shows(), one.from()]") == ["2 kernel", "kernel"]
    js("(m.prompt = true, one.move('n', 0))")
    assert js("[one.shows(), one.from()]") == ["0 kernel", "kernel"]


def test_without_a_module_the_caption_says_what_is_the_matter(jupyter):
    js = jupyter(frames=True)
    js("(m.prompt = false, one.move('n', 3))")
    assert until(lambda: "run again" in js("one.says()"))
    js("m.answer(1)")
    assert js("one.says()") == "frame 3"


def test_a_late_answer_is_shown_but_leaves_the_controls_alone(jupyter):
    js = jupyter()
    js("(m.prompt = false, one.move('most', 0), one.move('most', 5), one.move('n', 3))")
    js("m.answer(1)")
    assert js("[one.says(), one.slider.value, one.slider.max]") == ["window 1 of 2", "3", "3"]
    js("m.answer(3)")
    assert js("[one.says(), one.slider.value, one.slider.max]") == ["window 3 of 7", "3", "7"]


def test_two_views_of_one_explorer_move_together(jupyter):
    js = jupyter()
    js("(window.two = view(m, modules), two.move('n', 3), two.move('most', 4))")
    assert js("[one.shows(), one.slider.value, one.most.value]") == ["3 kernel", "3", "4"]
    js("one.move('n', 2)")
    assert js("[two.shows(), two.slider.value]") == ["2 kernel", "2"]
    # A row that has grown holds the place that it was moved to there.
    js("m.give(m.reply({ serial: 99, places: { n: 7, most: 5 } }))")
    assert js("[one.shows(), one.slider.value, one.slider.max]") == ["7 kernel", "7", "7"]
    js("two.close()")
    assert js("m.hands.length") == 1
