"""The shell of the laboratories, driven in a browser around a small laboratory of the tests' own."""

import json
import pathlib
import urllib.parse

import pytest
from helpers_labs import one, opened
from selenium.webdriver.common.keys import Keys

from cnnlib.course import _still, bundle

ROOT = pathlib.Path(__file__).resolve().parents[2]
STYLE = (ROOT / "_ext" / "assets" / "course.css").read_text(encoding="utf-8") + bundle.labs_style()
START = 'document.addEventListener("DOMContentLoaded"'
pytestmark = pytest.mark.browser

# Two grids of cells, one control of each kind, and a slider's readout; `n` may not be above 9.
TOY = """modules["lab-toy"] = (() => {
  const { shell, UNDO_AND_RESET, gradientCheck, badge } = modules.lab;
  const start = ({ most }) => ({ n: most - 6, on: false, kind: "a", cell: null, pinned: false });
  const numbers = ({ n }) => ({ square: n * n, size: [2, 3] });
  const draw = ({ square, size }, { n, on, kind, cell, pinned }) => ({
    html: {
      cells: [0, 1].map((i) => [0, 1, 2].map((j) => `<i data-cell="${i},${j}">${i}${j}</i>`).join("")).join("<br>"),
      check: badge(gradientCheck((v) => v * v, n, 2 * n)),
      buttons: `<button data-set='{"n": ${n + 1}}'>more</button><input data-focus="typed" value="${n}234">` },
    caption: [`${n} squared is ${square}`, on ? `${kind} on` : kind, pinned ? `${cell} pinned` : cell ?? ""]
      .filter((part) => String(part)).join(", ") });
  const layout = () => `<input type="checkbox" data-state="on"><input type="range" min="0" max="9" data-state="n">
    <output data-shows="n"></output>
    <select data-state="kind"><option value='"a"'>a</option><option value='"b"'>b</option></select>
    ${UNDO_AND_RESET}<button data-do="play">play</button><input type="text" id="free">
    <div data-grid="y" tabindex="0" data-region="cells"></div><p data-region="check"></p><p data-region="buttons"></p>
    <p data-region="caption"></p>`;
  const open = (root, config) => {
    const lab = window.lab = shell(root, config, { name: "toy", start, numbers, draw, layout,
      valid: ({ n }) => n <= 9, grids: ({ size }) => ({ y: size }),
      actions: { play: (button) => lab.play(button, () => lab.change({ n: (lab.state.n + 1) % 9 }), 20) } });
  };
  return { open };
})();
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    script = bundle.for_page("labs")
    assert script.count(START) == 1
    path = tmp_path_factory.mktemp("lab") / "toy.html"
    config = json.dumps({"most": 9}).replace('"', "&quot;")
    path.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><style>{STYLE}</style><main><section class="course-lab" '
        f'data-script="lab-toy" data-config="{config}"><p class="course-lab-title">Toy</p>'
        '<div class="course-lab-body">still</div></section></main>'
        f"<script>{script.replace(START, TOY + START)}</script>",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def toy(browser, path):
    return opened(browser, path)


def caption(browser):
    return one(browser, '[data-region="caption"]').text


def address(state):
    return f"#lab=toy:{urllib.parse.quote(json.dumps(state))}"


def until(browser, script):
    from helpers_book import wait

    assert wait(browser, script, seconds=4), script


def test_the_layout_takes_the_place_of_the_still_and_controls_show_the_state(toy):
    assert "still" not in one(toy, "main").text and caption(toy) == "3 squared is 9, a"
    assert one(toy, "input[type=range]").get_attribute("value") == "3" and one(toy, "output").text == "3"


def test_controls_change_the_state_and_each_change_can_be_undone(toy):
    one(toy, "input[type=checkbox]").click()
    one(toy, "input[type=range]").send_keys(Keys.RIGHT)
    one(toy, "select").send_keys("b")
    one(toy, "[data-set]").click()
    said = [
        "5 squared is 25, b on",
        "4 squared is 16, b on",
        "4 squared is 16, a on",
        "3 squared is 9, a on",
        "3 squared is 9, a",
    ]
    assert caption(toy) == said[0]
    for text in said[1:4]:
        one(toy, "[data-do=undo]").click()
        assert caption(toy) == text
    one(toy, "input[type=checkbox]").send_keys(Keys.CONTROL, "z")
    assert caption(toy) == said[4] and one(toy, "[data-do=undo]").get_attribute("aria-disabled") == "true"
    one(toy, "[data-do=undo]").click()
    assert caption(toy) == said[4]


def test_reset_goes_back_to_the_start_and_can_be_undone(toy):
    one(toy, "[data-set]").click()
    one(toy, "[data-do=reset]").click()
    assert caption(toy) == "3 squared is 9, a"
    one(toy, "[data-do=undo]").click()
    assert caption(toy) == "4 squared is 16, a"


def test_undo_in_a_text_field_is_the_fields_own(toy):
    one(toy, "[data-set]").click()
    one(toy, "#free").send_keys("x", Keys.CONTROL, "z")
    assert caption(toy) == "4 squared is 16, a"


def test_the_focus_stays_where_it_was_when_its_region_is_drawn_anew(toy):
    one(toy, "[data-grid]").send_keys(Keys.RIGHT)
    assert toy.execute_script("return document.activeElement.dataset.grid") == "y"
    toy.execute_script("document.querySelector('[data-set]').focus(); lab.change({ on: true })")
    assert toy.execute_script("return document.activeElement.dataset.set") == '{"n": 4}'


def test_what_was_selected_in_a_field_is_selected_once_it_is_drawn_anew(toy):
    field = "document.querySelector('[data-focus=typed]')"
    toy.execute_script(f"const field = {field}; field.focus(); field.setSelectionRange(1, 3); lab.change({{ n: 5 }})")
    assert toy.execute_script(f"return [{field}.value, {field}.selectionStart, {field}.selectionEnd]") == ["5234", 1, 3]
    assert toy.execute_script(f"return document.activeElement === {field}")


def test_arrows_move_the_selected_cell_enter_pins_it_and_escape_leaves_it(toy):
    grid = one(toy, "[data-grid]")
    for key, said in (
        (Keys.DOWN, ", y,0,0"),
        (Keys.DOWN, ", y,1,0"),
        (Keys.DOWN, ", y,1,0"),
        (Keys.RIGHT, ", y,1,1"),
        (Keys.END, ", y,1,2"),
        (Keys.ENTER, ", y,1,2 pinned"),
        (Keys.UP, ", y,0,2 pinned"),
        (Keys.ENTER, ", y,0,2"),
        (Keys.HOME, ", y,0,0"),
        (Keys.ESCAPE, ""),
    ):
        grid.send_keys(key)
        assert caption(toy) == f"3 squared is 9, a{said}", key


def test_the_mouse_moves_the_cell_until_a_click_pins_it(toy):
    from selenium.webdriver import ActionChains

    cells = toy.find_elements("css selector", "[data-cell]")
    ActionChains(toy).move_to_element(cells[1]).perform()
    assert caption(toy).endswith(", y,0,1")
    ActionChains(toy).move_to_element(cells[5]).click().move_to_element(cells[0]).perform()
    assert caption(toy).endswith(", y,1,2 pinned")


def test_the_address_holds_the_state_and_brings_it_back(toy):
    one(toy, "[data-set]").click()
    until(toy, "return location.hash.startsWith('#lab=toy')")
    here = toy.current_url
    assert json.loads(urllib.parse.unquote(here.split(":")[-1])) == {"n": 4}
    toy.get("about:blank")
    toy.get(here)
    assert caption(toy) == "4 squared is 16, a"
    one(toy, "[data-do=reset]").click()
    until(toy, "return location.hash === ''")


def test_another_address_is_another_state_that_can_be_undone(toy):
    toy.execute_script(f"location.hash = {json.dumps(address({'n': 7}))}")
    until(toy, "return lab.state.n === 7")
    one(toy, "[data-do=undo]").click()
    assert caption(toy) == "3 squared is 9, a"


@pytest.mark.parametrize(
    "fragment",
    [
        address({"n": 10}),
        address({"m": 1}),
        address([1]),
        address({"n": "5"}),
        address({"kind": ["a"]}),
        "#lab=toy:%7B",
        address({"n": 4}).replace("toy", "other"),
        "#lab=toy",
        "#elsewhere",
        address({"__proto__": 1}),
        "#lab=toy:null",
        "#lab=toy:%FF",
    ],
)
def test_an_address_that_makes_no_sense_is_not_followed_and_said_to_be_none_where_it_is_of_this_laboratory(
        toy, path, fragment):
    from helpers_book import noise

    assert caption(opened(toy, path, fragment)) == "3 squared is 9, a"
    assert ("was not followed" in one(toy, "main").text) == fragment.startswith("#lab=toy:")
    assert noise(toy) == []


def test_playing_stops_at_escape(toy):
    one(toy, "[data-do=play]").click()
    until(toy, "return lab.state.n > 4")
    one(toy, "body").send_keys(Keys.ESCAPE)
    assert toy.execute_script("return document.querySelector('[data-do=play]').dataset.playing") is None
    stood = toy.execute_script("return lab.state.n")
    toy.execute_async_script("setTimeout(arguments[0], 100)")
    assert toy.execute_script("return lab.state.n") == stood


def test_changes_are_read_out_once_they_are_over(toy):
    for _ in range(3):
        one(toy, "[data-set]").click()
    until(
        toy,
        "return document.querySelector('[role=status]')?.textContent === '6\u00a0squared is 36, a' || "
        "document.querySelector('[role=status]')?.textContent === '6 squared is 36, a'",
    )


def test_the_badge_compares_a_nudge_with_the_gradient(toy):
    text = one(toy, "[data-agrees=true]").text
    assert "slope 6" in text and "says 6" in text and "They agree" in text
    agrees = "modules.lab.gradientCheck((v) => Math.abs(v), {}, 1).agrees"
    assert [_still.engine().eval(agrees.format(at)) for at in (2, 0, -2)] == [True, False, False]
