"""Predictions in the convolution laboratory, typed in a browser: judged, their mistakes named, the next one asked."""

import pytest
from convolution_page import LAB, OUTLINE, click, expected, follows
from lab_page import Page
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    return Page(browser, LAB, tmp_path_factory.mktemp("convolution"))


def test_a_prediction_is_judged(page):
    page.open(bias=1, **OUTLINE)
    page.find("[data-do=predict]").click()
    assert page.browser.execute_script(
        "return [...document.querySelectorAll('[data-grid=output] text')].every((text) => text.textContent === '?')")
    right = expected(kernel="outline", bias=1.0)[0, 0]
    guess = "[data-focus=guess]"
    page.press(guess, f"{right - 1:g}", Keys.ENTER)
    assert "the bias, 1, is missing" in page.text("[data-agrees=false]")
    assert page.find(guess).get_attribute("value") == f"{right - 1:g}"
    page.type(guess, "<b>x</b>")
    page.find("[data-do=check]").click()
    assert "“<b>x</b>” is no number" in page.text("[data-agrees=false]")
    page.type(guess, f"{right:g}".replace("-", "−"))
    page.find("[data-do=check]").click()
    assert page.text("[data-agrees=true]") == "Right." and "15 outputs to find" in page.text("[data-region=ask]")
    assert page.cell("output", 0, 0).find_element("xpath", "..").text == f"{right:g}".replace("-", "−")
    page.find("[data-do=next]").click()
    assert page.browser.execute_script("return document.activeElement.dataset.focus") == "guess"
    page.find("[data-do=reveal]").click()
    assert "14 outputs to find" in page.text("[data-region=ask]")
    page.find("[name=stride][value='2']").click()
    assert "Output at row" in page.text("[data-region=ask]")  # other outputs: all are to be found anew
    assert page.grid("input") and page.text("[data-grid=output]").count("?") == 4
    assert page.quiet()


@pytest.mark.parametrize("way", [Keys.ENTER, "[data-do=check]"])
def test_what_is_typed_after_a_wrong_prediction_takes_its_place(page, way):
    page.open()
    page.find("[data-do=predict]").click()
    for typed, judged in (("3", "false"), ("abc", "false"), ("abc", "false"), (f"{expected()[0, 0]:g}", "true")):
        ActionChains(page.browser, duration=0).send_keys(typed).perform()
        page.press("[data-focus=guess]", way) if way == Keys.ENTER else page.find(way).click()
        assert page.find(f"[data-region=ask] [data-agrees={judged}]")
        if judged == "false":
            assert page.find("[data-focus=guess]").get_attribute("value") == typed


def test_enter_judges_a_right_answer_and_presses_no_button(page):
    page.open(bias=1, predict=True, cell=["output", 0, 0], **OUTLINE)
    right = expected(kernel="outline", bias=1.0)[0, 0]
    page.press("[data-focus=guess]", f"{right:g}", Keys.ENTER)
    assert page.text("[data-agrees=true]") == "Right." and "15 outputs to find" in page.text("[data-region=ask]")
    assert page.browser.execute_script("return document.activeElement.dataset.do") == "next"
    assert "at row 0, column 0" in page.caption
    page.press("[data-do=next]", Keys.ENTER)
    assert page.browser.execute_script("return document.activeElement.dataset.focus") == "guess"
    assert "at row 0, column 0" not in page.caption and page.text("[data-region=ask]").startswith("Output at row")


def test_a_prediction_begins_in_the_corner_unless_an_output_is_held_and_knows_a_kernel_that_is_turned(page):
    """As question 1 asks."""
    page.open()
    page.press("[data-state=picture]", "one bright pixel")
    page.press("[data-kernel]", "1 to 9")
    page.find("[data-do=predict]").click()
    for typed, said in (("1", "turned"), ("9", "Right.")):
        page.type("[data-focus=guess]", typed + Keys.ENTER)
        assert said in page.text("[data-region=ask] .course-lab-badge")
    page.find("[data-do=predict]").click()
    follows(page)  # leaving the question lets go
    click(page, "output", 1, 2)
    page.find("[data-do=predict]").click()
    assert page.text("[data-region=ask]").startswith("Output at row 1, column 2")


def test_an_empty_prediction_is_answered(page):
    page.open(predict=True)
    page.find("[data-do=check]").click()
    assert page.text("[data-region=ask] [data-agrees=false]") == "Type a number first."
