"""The chapters' explorers, worked in a column that is as narrow as on a small desk screen, and on a phone."""

import sys
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from cnnlib.course._still import call

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "figures")]
WIDTH = 698  # pixels, of the book's column in a window of 1280 whose scrollbar takes 17
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    from helpers_book import start_browser

    driver = start_browser()
    yield driver
    driver.quit()


@pytest.fixture
def desk(browser, tmp_path):
    """``desk(*names, width=WIDTH)`` opens these explorers and gives what JavaScript answers."""
    from gallery import sections
    from test_legible import page

    def show(*names, width=WIDTH):
        markup = page([picture for picture in sections() if any(f'id="{name}"' in picture.markup for name in names)])
        path = tmp_path / "page.html"
        path.write_text(markup.replace("<main", f'<main style="width:{width}px"', 1), encoding="utf-8")
        browser.get(path.as_uri())
        return lambda script: browser.execute_script(f"return {script}")

    return show


def set_to(js, name, control, place):
    """Moves a control as a reader does, and gives the caption."""
    return js(f"""(() => {{
        const root = document.getElementById("{name}"), control = root.querySelector('[data-name="{control}"]');
        control.value = "{place}";
        control.dispatchEvent(new Event("input", {{ bubbles: true }}));
        return root.querySelector(".course-caption").textContent.replaceAll("\\u00a0", " ");
    }})()""")


def test_the_maps_stand_beside_the_planes_on_a_small_desk_screen(desk):
    js = desk("explore-channels")
    planes, maps = js("""[...document.querySelector("#explore-channels .course-stage > div").children]
        .map((panel) => panel.getBoundingClientRect().toJSON())""")
    assert planes["top"] == maps["top"] and planes["right"] < maps["left"]


@pytest.mark.parametrize("width", [WIDTH, 720, 356, 286])
def test_no_value_stands_alone_below_its_slider(desk, width):
    js = desk("explore-ravine", "explore-activation", "explore-back", "explore-channels", width=width)
    apart = js("""[...document.querySelectorAll(".course-control:has([type=range])")].map((control) => {
        const [slider, value] = ["input", "output"].map((part) => control.querySelector(part).getBoundingClientRect());
        return value.top < slider.bottom && slider.right <= value.left && slider.width >= 70 &&
          value.right <= control.getBoundingClientRect().right + 0.5 ? "" : control.textContent;
    }).filter(Boolean)""")
    assert apart == [] and js("document.querySelectorAll('.course-control:has([type=range])').length") >= 6


def test_another_stride_leaves_a_gradient_its_pass_and_its_window(desk):
    js, name = desk("explore-back"), "explore-back"
    strides = js("JSON.parse(document.querySelector('#explore-back [data-name=stride]').dataset.values)")
    one, two = strides.index(1), strides.index(2)
    for step, said in ((11, "Backward, window 3 of"), (1, "Forward, window 2 of")):
        for control, place, count in (("step", step, 9), ("stride", two, 4), ("stride", one, 9)):
            assert set_to(js, name, control, place).startswith(f"{said} {count}")
        assert js("document.querySelector('#explore-back [data-name=step]').value") == str(step)
    set_to(js, name, "step", 6)  # more windows than the other stride has
    assert set_to(js, name, "stride", two).startswith("Forward, window 4 of 4")


def test_numbers_that_do_not_count_stand_back_until_they_are_changed(desk, browser):
    js = desk("explore-photo-kernel")
    back = "document.querySelector('#explore-photo-kernel fieldset').hasAttribute('data-back')"
    assert js(back)
    box = browser.find_element("css selector", "#explore-photo-kernel .course-number")
    box.send_keys(Keys.CONTROL + "a" + Keys.NULL, "3")
    stage = js("document.querySelector('#explore-photo-kernel .course-stage').textContent")
    assert not js(back) and "your own" in stage
    set_to(js, "explore-photo-kernel", "kernel", 0)
    assert js(back)


def test_a_step_has_an_upright_riser_and_no_slope_where_it_jumps():
    def drawn(name, z, a=0.25):
        values = {"name": name, "z": z, "a": a}
        return call("activation", "draw", {**values, **call("activation", "numbers", values)})

    step = drawn("step", 0)
    assert "L200.0 182.6V140.5L202.3 140.5" in step["html"] and step["html"].count("<line x1") == 6, "the grid alone"
    assert step["caption"] == "step at z = 0: value 0, and no slope, as the value jumps to 1."
    for name, said in (("ReLU", "slope 0 by agreement"), ("PReLU", "slope 0.25 by agreement"), ("tanh", "slope 1.")):
        assert said in drawn(name, 0)["caption"] and "agreement" not in drawn(name, 0.25)["caption"]
    assert "agreement" not in drawn("PReLU", 0, 1)["caption"]
    assert ("V" in drawn("ReLU", 1)["html"], "V" in drawn("sigmoid", 1)["html"]) == (True, False)
