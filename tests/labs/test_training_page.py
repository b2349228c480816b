"""The training laboratory in a browser, from disk: by key, pointer and touch, each number held against cnnlib."""

import itertools
import json
import pathlib
import re
from urllib.parse import quote

import numpy as np
import pytest
from helpers_axe import violations
from helpers_book import media, noise, requests, wait
from helpers_labs import caption, linked, one
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from cnnlib.course import bundle, plane
from cnnlib.course._still import call
from cnnlib.course.labs import TrainingLab
from cnnlib.losses import cross_entropy

ROOT = pathlib.Path(__file__).resolve().parents[2]
STYLE = "".join((ROOT / "_ext" / "assets" / name).read_text(encoding="utf-8") for name in ("course.css", "theme.css"))
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("training") / "page.html"
    style = STYLE + (bundle.PAGE / "explorer.css").read_text(encoding="utf-8") + bundle.labs_style()
    theme = "matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
    path.write_text(
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Training</title><style>{style} body {{ margin: 0; color: var(--pst-color-text-base); background: "
        f"var(--pst-color-background); }}</style><script>document.documentElement.dataset.theme = {theme}</script>"
        f"<main><h1>Training</h1>{TrainingLab().to_html()}</main><script>{bundle.for_page('labs')}</script></html>",
        encoding="utf-8")
    return path


@pytest.fixture
def open_at(browser, path):
    """Open the page at a state, in a window of some width and colours."""
    def opened(state=None, width=1280, mode="light", height=900, **features):
        noise(browser), requests(browser)
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        media(browser, mode, **features)
        browser.get("about:blank")
        fragment = f"#lab=training:{quote(json.dumps(state))}" if state else ""
        browser.get(path.as_uri() + fragment)
        assert wait(browser, "return document.querySelectorAll('canvas[data-map]').length > 3")
        return browser

    yield opened
    assert noise(browser) == [] and requests(browser) == []


def press(browser, text):
    """Press the button that reads so."""
    return next(b for b in browser.find_elements("css selector", ".course-lab button")
                if b.is_displayed() and b.text == text).click()


def choose(browser, name, text):
    """Choose from a menu, by typing what it says."""
    browser.execute_script("document.querySelector('.course-lab-settings').open = true")
    one(browser, f"[data-state={name}]").send_keys(text)


def fragment(browser):
    """The state in the address, once it is there."""
    state = json.loads(linked(browser))
    assert browser.execute_script("return location.hash").startswith("#lab=training:")
    return state


def after(steps, data="moons", sample=0, added=(), hidden=(6, 2), **settings):
    """What cnnlib has after some steps: loss and share of right answers, learned and held out."""
    run = plane.training(data, sample=sample, added=added, hidden=hidden, **settings)
    model = plane.network([2, *hidden, 2], "tanh")
    for step in itertools.islice(run, steps):
        model = step.model
    x, labels = plane.points(data, sample)
    added = np.reshape(added, (-1, 3))
    learn = np.concatenate([x[:120], added[:, :2]]), np.concatenate([labels[:120], added[:, 2].astype(int)])
    judged = []
    for points, wanted in (learn, (x[120:], labels[120:])):
        logits = model(points)
        judged += [cross_entropy(logits, wanted), 100 * (logits.argmax(axis=1) == wanted).mean()]
    return judged


LOSSES = r"loss (\d+\.\d{3}) \((\d+\.\d) % right\), held out (\d+\.\d{3}) \((\d+\.\d) % right\)"


def said(text, begin=r"After (\d+) steps?: "):
    """Steps, then loss and share of right answers, of the points learned and of those held out, in a caption."""
    return [float(part) for part in re.search(begin + LOSSES, text).groups()]


def holds(browser, **settings):
    steps, *judged = said(caption(browser))
    agree(judged, after(int(steps), **settings))
    return steps


def agree(judged, wanted):
    """To the last digit that is shown."""
    np.testing.assert_allclose(judged[::2], wanted[::2], atol=6e-4)
    np.testing.assert_allclose(judged[1::2], wanted[1::2], atol=6e-2)


def table(browser, k=-1):
    """The cells of a table, a row each, as numbers where they are."""
    rows = browser.find_elements("css selector", ".course-lab-sum")[k].find_elements("css selector", "tbody tr")
    return [[number(cell.text) for cell in row.find_elements("css selector", "th, td")] for row in rows]


def number(text):
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        return text


def test_play_by_key_and_stop_shows_the_numbers_of_cnnlib(open_at):
    browser = open_at()
    assert holds(browser) == 0
    button = one(browser, "[data-do=play]")
    button.send_keys(Keys.ENTER)
    assert wait(browser, "return document.querySelector('[data-shows=step]').textContent > 4")
    assert button.text == "■ Stop"
    button.send_keys(Keys.ENTER)
    steps = holds(browser)
    assert steps > 4 and button.text == "▶ Play"
    browser.execute_async_script("setTimeout(arguments[0], 200)")
    assert said(caption(browser))[0] == steps
    press(browser, "‹ Step back")
    assert holds(browser) == steps - 1
    press(browser, "Step ›")
    assert holds(browser) == steps
    ActionChains(browser).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    assert said(caption(browser))[0] == steps - 1


def test_a_step_taken_apart_shows_gradients_and_moves_of_cnnlib(open_at):
    browser = open_at({"step": 30})
    before, = itertools.islice(plane.training(), 29, 30)
    old = [p.data.copy() for p in before.model.parameters()]
    step, = itertools.islice(plane.training(), 30, 31)
    grads, new = [p.grad for p in step.model.parameters()], [p.data for p in step.model.parameters()]
    network = one(browser, "[data-grid=units]")
    network.send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ENTER)  # unit 1 of layer 1
    assert fragment(browser)["cell"] == ["units", 1, 1]
    press(browser, "2 backward")
    rows = table(browser)
    assert [row[0] for row in rows] == ["x₀", "x₁", "bias"]
    np.testing.assert_allclose([row[3] for row in rows], [*grads[0][1], grads[1][1]], atol=6e-4)
    press(browser, "Next ›")
    np.testing.assert_allclose([row[1] for row in table(browser, -2)], [*grads[0][1], grads[1][1]], atol=6e-4)
    moves = [n - o for n, o in zip(new, old, strict=True)]
    rows = table(browser)
    for column, (weights, biases, *_) in ((1, old), (2, moves), (3, new)):
        np.testing.assert_allclose([row[column] for row in rows], [*weights[1], biases[1]], atol=6e-5)
    labels = browser.execute_script("return [...document.querySelectorAll('[data-region=network] svg > text')]"
                                    ".map((t) => t.textContent)")
    np.testing.assert_allclose([number(text) for text in labels[-2:]], new[0][1] - old[0][1], atol=6e-4)
    press(browser, "Next ›")
    assert said(caption(browser))[0] == 31 and fragment(browser)["step"] == 31


def touch(browser, element, x, y):
    box = browser.execute_script("""
        arguments[0].scrollIntoView({block: 'center'});
        const box = arguments[0].getBoundingClientRect();
        return [box.left, box.top, box.width, box.height];""", element)
    at = {"x": box[0] + x * box[2], "y": box[1] + y * box[3]}
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def test_points_are_added_by_pointer_touch_and_key_and_taken_back(open_at):
    browser = open_at({"step": 20})
    one(browser, "[data-region=adding] button:nth-of-type(3)").click()
    field = one(browser, "[data-plane]")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", field)
    ActionChains(browser).move_to_element_with_offset(field, 60, -40).click().perform()
    added = fragment(browser)["added"]
    assert len(added) == 1 and added[0][2] == 1 and added[0][0] > 0 and added[0][1] > 0
    holds(browser, added=added)
    one(browser, "[data-region=adding] button:nth-of-type(2)").click()
    touch(browser, one(browser, "[data-plane]"), 0.25, 0.75)
    assert wait(browser, "return document.querySelector('[data-region=adding]').textContent.includes('remove 2')")
    field = one(browser, "[data-plane]")
    field.send_keys(Keys.ARROW_LEFT)
    for key in (Keys.ARROW_UP, Keys.ARROW_UP, Keys.ENTER):  # the drawing is new each time, the focus stays
        browser.switch_to.active_element.send_keys(key)
    added = fragment(browser)["added"]
    np.testing.assert_allclose(added[1:], [[-0.9, -0.9, 0], [-0.09, 0.18, 0]], atol=0.02)
    holds(browser, added=added)
    for _ in range(2):
        press(browser, "Undo")
    press(browser, "remove 1")
    assert "added" not in fragment(browser)
    holds(browser)


def test_a_link_opens_what_its_sender_saw_and_reset_leads_back(open_at):
    settings = {"rule": "Adam", "lr": 0.03, "data": "circles", "seed": 2, "sample": 1}
    state = settings | {"step": 64, "layer1": 5, "layer2": 3, "batch": 0}
    settings["batch"] = "all"
    browser = open_at(state)
    assert holds(browser, **settings, hidden=(5, 3)) == 64
    choose(browser, "activation", "ReLU")
    holds(browser, **settings, hidden=(5, 3), activation="ReLU")
    assert fragment(browser) == state | {"activation": "ReLU"}
    press(browser, "Reset")
    assert holds(browser) == 0
    browser.execute_async_script("setTimeout(arguments[0], 400)")
    assert browser.execute_script("return location.hash") == ""


@pytest.mark.parametrize("state", [
    {"lr": 0.2}, {"step": 10**9}, {"nonsense": 1}, {"added": "x"}, [1, 2], None, "<b>"], ids=str)
def test_wrong_addresses_are_ignored_and_said_to_be(open_at, state):
    browser = open_at()
    browser.execute_script("location.hash = arguments[0]", f"lab=training:{quote(json.dumps(state))}")
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    assert holds(browser) == 0
    assert "was not followed" in one(browser, ".course-lab").text
    press(browser, "Step ›")
    assert "was not followed" not in one(browser, ".course-lab").text


def test_a_link_that_asks_for_what_is_not_offered_is_said_not_to_be_followed(open_at):
    browser = open_at({"lr": 0.2})
    assert holds(browser) == 0 and heard(browser, "was not followed")
    assert "was not followed" in one(browser, ".course-lab").text
    assert "was not followed" not in one(open_at({"lr": 0.3}), ".course-lab").text


def test_two_runs_stand_side_by_side_and_differ_in_one_thing(open_at):
    browser = open_at({"step": 40})
    choose(browser, "versus", "learning rate η: 1")
    assert len(browser.find_elements("css selector", "[data-plane]")) == 2
    assert fragment(browser)["versus"] == ["lr", 1]
    agree(said(caption(browser), "Run B: "), after(40, lr=1))
    holds(browser)
    press(browser, "network B")
    press(browser, "3 update")
    step, = itertools.islice(plane.training(lr=1), 40, 41)
    rows = table(browser)
    weight = list(step.model.parameters())[4].data[0]  # of the first logit
    np.testing.assert_allclose([row[3] for row in rows[:2]], weight, atol=6e-4)
    choose(browser, "versus", "learning rate η: 0.1")
    assert caption(browser).endswith("Run B is the same as A: choose another value for it.")
    assert "B: learning rate η 0.1, as in A" in one(browser, "[data-region=legend]").text


def test_the_quiz_hides_what_is_planted_and_says_why_a_guess_is_wrong(open_at):
    browser = open_at({"step": 10})
    one(browser, ".course-lab-settings summary").click()
    press(browser, "New mystery run")
    assert not one(browser, "[data-state=lr]").is_displayed()
    truth = call("lab-training-quiz", "quizOf", 1)["fault"]
    for fault in plane.FAULTS:
        radio = one(browser, f"[data-state=guess][value='\"{fault}\"']")
        if not radio.is_enabled():  # the truth has been found
            assert one(browser, "[data-region=verdict]").text.startswith("Right")
            continue
        radio.send_keys(Keys.SPACE)
        verdict = one(browser, "[data-region=verdict]").text
        assert verdict == call("lab-training-quiz", "verdict", 1, fault)["text"]
        assert verdict.startswith("Right" if fault == truth else "No")
    left = browser.find_elements("css selector", "[data-state=guess]:enabled")
    assert [radio.get_attribute("value") for radio in left] == [f'"{truth}"']
    press(browser, "New mystery run")
    assert browser.find_elements("css selector", "[data-state=guess]:disabled") == []
    assert one(browser, ".course-lab-settings summary").text == "More: mystery run 2"
    press(browser, "Leave the quiz")
    assert one(browser, "[data-state=lr]").is_displayed()
    assert browser.switch_to.active_element.text == "New mystery run"


@pytest.mark.parametrize(("state", "said"), [
    ({}, "two moons, 6 and 2 units, seed 0, no fault"),
    ({"fault": "zero", "seed": 3, "layer2": 0}, "two moons, 6 units, seed 3, weights start at 0"),
    ({"data": "xor", "layer1": 0, "layer2": 0, "decay": 0.1, "batch": 0, "noise": 0},
     "XOR, no hidden units, noise 0, batch size all, L2 (weight decay) 0.1, seed 0, no fault")])
def test_what_is_folded_away_is_said(open_at, state, said):
    assert one(open_at(state), ".course-lab-settings summary").text == f"More: {said}"


def test_points_that_are_taken_away_leave_the_focus_in_the_laboratory(open_at):
    browser = open_at({"added": [[0, 0, 1]]})
    one(browser, "[data-set='{\"added\": []}']").send_keys(Keys.SPACE)
    assert browser.find_elements("css selector", "[data-set='{\"added\": []}']") == []
    assert browser.switch_to.active_element.get_attribute("data-grid") == "units"


def test_readers_who_ask_for_less_motion_get_few_large_steps(open_at):
    browser = open_at(prefers_reduced_motion="reduce")
    press(browser, "▶ Play")
    browser.execute_async_script("""
        const done = arguments[0]; window.shown = new Set();
        const timer = setInterval(() => shown.add(document.querySelector('[data-shows=step]').textContent), 20);
        setTimeout(() => { clearInterval(timer); done(); }, 2300);""")
    assert 2 <= len(browser.execute_script("return [...shown]")) <= 4
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert one(browser, "[data-do=play]").text == "▶ Play"


def test_points_that_are_taken_away_by_the_menu_are_said_to_be_missing(open_at):
    browser = open_at({"step": 20})
    choose(browser, "data", "none yet")
    assert caption(browser).startswith("No points to learn from yet")
    assert fragment(browser)["data"] == "empty"
    assert one(browser, "[data-region=badge]").text == ""
    assert one(browser, "[data-region=loss]").text == "Curves follow once there are points."
    assert charts(browser) == [] and one(browser, "[data-region=legend]").text == ""


@pytest.mark.parametrize(("state", "said", "told"), [
    ({"step": 2000}, r"loss \d\.\de−4 .* Gradient \d\.\de−\d, update 0\.\d+ % of", r"−log 0\.9999\d+ = \d\.\de−5\."),
    ({"step": 400, "fault": "sign", "activation": "none"}, r"loss not finite.*, update not finite\.$",
     r"The logits are not finite any more"),
    ({"step": 15, "fault": "sign", "activation": "none"}, r"loss \d\.\de\d+ ", r"Softmax of"),
], ids=str)
def test_very_large_and_very_small_numbers_can_be_read(open_at, state, said, told):
    browser = open_at(state)
    assert re.search(said, caption(browser)), caption(browser)
    shown = one(browser, "[data-region=detail]").text.replace("\xa0", " ")
    assert re.search(told, shown) and "nan" not in shown, shown


def charts(browser):
    return browser.find_elements("css selector", ".course-lab-chart")


def test_a_link_to_a_quiz_shows_its_question(open_at):
    browser = open_at({"quiz": 3})
    assert one(browser, "[data-state=guess]").is_displayed()


@pytest.mark.parametrize("width", [1366, 1280, 640, 390, 320])
def test_charts_of_steps_take_a_line_before_the_first_and_letters_of_all_can_be_read_after_it(open_at, width):
    browser = open_at(width=width)
    assert one(browser, ".course-lab-charts").text.startswith("Curves of the gradient and the updates follow")
    assert one(browser, ".course-lab-charts").size["height"] < 60 and len(charts(browser)) == 1
    press(browser, "Step ›")
    assert len(charts(browser)) == 3
    fits = """return [...document.querySelectorAll(".course-lab-chart svg text")].filter((text) => {
        const [{ left, right }, own] = [text.ownerSVGElement, text].map((e) => e.getBoundingClientRect());
        return own.left < left - 1 || own.right > right + 1;
      }).map((text) => text.textContent);"""
    least = """return Math.min(...[...document.querySelectorAll(".course-lab-chart svg text")].map((text) =>
        parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a));"""
    assert browser.execute_script(fits) == [] and browser.execute_script(least) >= 9


@pytest.mark.parametrize("width, height", [(1280, 757), (390, 844)])
def test_a_part_of_the_step_and_its_table_are_on_one_screen(open_at, width, height):
    browser = open_at({"step": 5, "rule": "Adam", "cell": ["units", 0, 2]}, width=width, height=height)
    browser.execute_script('document.querySelector("main").style.maxWidth = "720px"')
    for part in ("1 forward", "2 backward", "3 update"):
        press(browser, part)
        inside = browser.execute_script("""
            const [buttons, charts, ...tables] = [".course-lab-parts", ".course-lab-charts", ".course-lab-sum"]
              .flatMap((name) => [...document.querySelectorAll(name)]).map((e) => e.getBoundingClientRect());
            const last = tables.at(-1), { scrollWidth, clientWidth } = document.querySelector('[data-region="detail"]');
            return [last.bottom - buttons.top, charts.top > last.bottom && buttons.bottom <= tables[0].top,
                    scrollWidth - clientWidth];""")
        assert inside[0] < height - 64 and inside[1] and inside[2] == 0, (part, inside)  # 64: the bar of the book


def test_an_update_has_no_point_to_choose(open_at):
    browser = open_at({"step": 9})
    press(browser, "point ›")
    press(browser, "3 update")
    assert one(browser, "[data-region=which]").text == "One update for the whole batch"
    assert not one(browser, "[data-do='point+']").is_displayed()
    press(browser, "2 backward")
    assert one(browser, "[data-region=which]").text == "point 1 of the batch (0 to 15)"


def heard(browser, part):
    """Wait until the live region says something with this in it."""
    script = "return (document.querySelector('[role=status]')?.textContent ?? '').includes(arguments[0])"
    assert wait(browser, script, part, seconds=5), one(browser, "[role=status]").get_attribute("textContent")
    return one(browser, "[role=status]").get_attribute("textContent").replace("\u00a0", " ")


def test_what_is_chosen_and_what_a_guess_is_worth_is_read_out(open_at):
    browser = open_at({"step": 30})
    line = caption(browser)
    network = one(browser, "[data-grid=units]")
    network.send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    under = one(browser, '[data-cell="1,1"] text').text
    assert heard(browser, "Hidden 1") == f"Hidden 1, unit 1: {under} for point 0."
    network.send_keys(Keys.ENTER)
    heard(browser, "unit 1, kept: ")
    press(browser, "point ›")
    row = plane.batch_rows(0, 30, 120, 16)[1]
    x, labels = plane.points("moons")
    words = heard(browser, "Point 1")
    assert words.startswith(f"Point 1, of class {labels[row]}, at (") and "for point 1." in words
    at = [number(part) for part in re.search(r"\((.*?)\)", words)[1].split(", ")]
    np.testing.assert_allclose(at, x[row], atol=6e-3)
    press(browser, "2 backward")
    heard(browser, "Backward. Hidden 1, unit 1, kept: gradient of its sum ")
    press(browser, "3 update")
    heard(browser, "Update. Hidden 1, unit 1, kept: its bias moves by ")
    one(browser, "[data-plane]").send_keys(Keys.ARROW_RIGHT)
    heard(browser, "Cross at (0.09, 0).")
    assert caption(browser) == line, "the line above the network is about the run"
    press(browser, "Step ›")
    heard(browser, "After 31 steps: loss")
    one(browser, ".course-lab-settings summary").click()
    press(browser, "New mystery run")
    heard(browser, "Mystery run. ")
    one(browser, "[data-state=guess][value='\"sign\"']").send_keys(Keys.SPACE)
    heard(browser, call("lab-training-quiz", "verdict", 1, "sign")["text"])


@pytest.mark.parametrize("key", [Keys.ENTER, Keys.ESCAPE])
def test_where_playing_stopped_is_read_out(open_at, key):
    browser = open_at()
    one(browser, "[data-do=play]").send_keys(Keys.ENTER)
    assert wait(browser, "return document.querySelector('[data-shows=step]').textContent > 4")
    browser.switch_to.active_element.send_keys(key)
    assert heard(browser, "After ") == caption(browser)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_ring_of_a_menu_leaves_its_label_free(open_at, width):
    browser = open_at(width=width)
    one(browser, ".course-lab-settings summary").click()
    cut = browser.execute_script("""
        return [...document.querySelectorAll(".course-lab-pick")].map((label) => {
          const [name, menu] = [label.querySelector("span"), label.querySelector("select")];
          menu.focus({ focusVisible: true });
          const { outlineWidth, outlineOffset, outlineStyle } = getComputedStyle(menu);
          const ring = menu.getBoundingClientRect().top - parseFloat(outlineWidth) - parseFloat(outlineOffset);
          return [name.textContent, outlineStyle, ring - name.getBoundingClientRect().bottom];
        }).filter(([, style, free]) => style !== "solid" || free < 0);""")
    assert cut == []


STATES = [
    {"step": 50, "versus": ["rule", "Adam"], "phase": 1, "links": "gradient", "layer1": 8, "layer2": 8},
    {"quiz": 3, "guess": "sign", "phase": 2}, {"data": "empty"},
]  # fmt: skip


@pytest.mark.parametrize("mode, width, states", [
    ("light", 1280, STATES), ("dark", 1280, STATES[:1]), ("light", 390, STATES[:1]), ("dark", 390, STATES[1:2])])
def test_it_is_accessible_and_as_wide_as_the_window(open_at, mode, width, states):
    for state in states:
        browser = open_at(state, width=width, mode=mode)
        browser.execute_script("document.querySelector('.course-lab-settings').open = true")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert violations(browser) == [], state


@pytest.mark.parametrize("width", [390, 320])
def test_fingers_and_eyes_find_everything_on_a_phone(open_at, width):
    state = {"step": 30, "layer1": 8, "layer2": 8, "layer3": 2, "phase": 2, "cell": ["units", 0, 2]}
    browser = open_at(state, width=width)
    browser.execute_script("document.querySelector('.course-lab-settings').open = true")
    small = browser.execute_script("""
        return [...document.querySelectorAll('.course-lab :is(button, select, summary, label)')]
          .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5)
          .map((e) => e.outerHTML.slice(0, 80))""")
    assert small == []
    letters = browser.execute_script("""
        return Math.min(...[...document.querySelectorAll('.course-lab svg text')].map((t) =>
          parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a))""")
    assert letters >= 9
    outside = browser.execute_script("return [...document.querySelectorAll('.course-lab :not(svg *)')]"
                                     ".filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length")
    assert outside == 0
