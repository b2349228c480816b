"""How the training laboratory looks in a browser: what is in view together, what stays where it is."""

import numpy as np
import pytest
from helpers_book import wait
from lab_page import Page

from cnnlib.course.labs import TrainingLab

pytestmark = pytest.mark.browser
SHOWN = ("[data-do=play]", "[data-time]", "[data-plane]", "[data-region=adding]", "[data-region=loss] svg")
FIRST = ("[data-state=lr]", "[data-state=rule]", "[data-state=activation]")
ALL = (*SHOWN, *FIRST, ".course-lab-net")
BOTTOMS = """
    const top = document.querySelector(".course-lab").getBoundingClientRect().top - 64;  // below the book's bar
    return arguments[0].map((name) => document.querySelector(name).getBoundingClientRect().bottom - top);"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    page = Page(browser, TrainingLab(), tmp_path_factory.mktemp("look"))
    yield page
    assert page.quiet()


def bottoms(page, column, *names):
    """Where parts of a laboratory end in a window that begins with it, in a column as wide as the book's."""
    page.narrow(column)
    return page.browser.execute_script(BOTTOMS, names)


@pytest.mark.parametrize("width, height, column, seen", [
    (1366, 768, 720, (*SHOWN[:4], *FIRST, ".course-lab-net")), (1280, 900, 972, ALL), (1100, 900, 720, ALL),
    (390, 940, 360, SHOWN)])
def test_play_the_plane_the_loss_and_the_learning_rate_are_in_view_together(page, width, height, column, seen):
    page.open(width=width)
    assert max(bottoms(page, column, *seen)) <= height


def test_with_all_settings_open_the_plane_stays_in_view(page):
    page.open().unfold()
    assert max(bottoms(page, 972, "[data-do=play]", "[data-plane]", "[data-state=versus]", "[data-do=quiz]")) <= 900
    assert page.find("[data-state=seed]").is_displayed()


def test_the_rate_can_be_changed_while_it_plays(page):
    browser = page.open().browser
    done = "return Number(document.querySelector('[data-shows=step]').textContent) > arguments[0]"
    page.find("[data-do=play]").click()
    assert wait(browser, done, 4)
    page.find("[data-state=lr]").send_keys("0.03")
    step = int(page.text("[data-shows=step]"))
    assert wait(browser, done, step + 4)
    page.find("[data-do=play]").click()
    assert page.state["lr"] == 0.03 and page.state["step"] > step


@pytest.mark.parametrize("width, column", [(1280, 972), (1280, 720), (390, 390)])
def test_nothing_moves_when_a_run_begins(page, width, column):
    page.open(width=width)
    before = bottoms(page, column, *ALL, ".course-lab-parts")
    page.find("[data-do=next]").click()
    np.testing.assert_allclose(bottoms(page, column, *ALL, ".course-lab-parts"), before, atol=1)


# Where the point of each number stands that is written in a column with other decimals than those beside it.
POINTS = """
    const place = (cell, column) => {
      const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode(), range = document.createRange();
      const at = text?.data.search(/\\.\\d+$/) ?? -1;
      if (at < 0) return [];
      range.setStart(text, at), range.setEnd(text, at + 1);
      return [[column, text.data.length - at, range.getBoundingClientRect().left]];
    };
    return [...document.querySelectorAll(".course-lab-sum")].flatMap((table) => {
      const rows = [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
      const places = rows.flatMap((cells) => cells.flatMap(place));
      return [0, 1, 2, 3, 4].map((column) => places.filter(([k]) => k === column).map(([, ...rest]) => rest));
    }).filter((column) => new Set(column.map(([digits]) => digits)).size > 1);"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("rule", ["Adam", "momentum 0.9", "SGD"])
def test_points_of_decimals_stand_below_one_another(page, width, rule):
    page.open(width, step=9, rule=rule, phase=2, cell=["units", 0, 2])
    uneven = page.browser.execute_script(POINTS)
    assert len(uneven) >= 2
    for column in uneven:
        assert np.ptp([left for _, left in column]) < 1, column
