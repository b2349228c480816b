"""A laboratory on a page of its own, opened from disk, with real events of mouse and finger."""

import pathlib
import sys
import urllib.parse

from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput

from cnnlib.course import bundle

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "_ext")]


def write_page(path, lab):
    """The page: what the book makes of the laboratory's markup, its styles and its script."""
    import pictures

    style = (
        "".join(
            file.read_text(encoding="utf-8")
            for file in (ROOT / "_ext" / "assets" / "course.css", bundle.PAGE / "explorer.css")
        )
        + bundle.labs_style()
    )
    body = pictures.STILL.sub(pictures.NO_SCRIPT, pictures.PICTURE.sub(pictures.inline, lab.to_html()))
    path.write_text(
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Laboratory</title><style>{style}</style><main><h1>Laboratory</h1>{body}</main>"
        f"<script>{bundle.for_page('labs')}</script></html>",
        encoding="utf-8",
    )
    return path


def opened(browser, path, fragment=""):
    """Load the page anew: a change of the fragment alone would not."""
    browser.get("about:blank")
    browser.get(path.as_uri() + fragment)
    return browser


def one(browser, selector):
    return browser.find_element("css selector", selector)


def caption(browser):
    return one(browser, '[data-region="caption"]').text.replace("\u00a0", " ")


def until(browser, script, *arguments):
    from helpers_book import wait

    assert wait(browser, script, *arguments, seconds=5), script


def settle(browser):
    """Wait until what was asked for at the next frame is drawn."""
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")


def linked(browser):
    """The part of the address that holds the state."""
    until(browser, "return location.hash.startsWith('#lab=')")
    browser.execute_async_script("setTimeout(arguments[0], 400)")
    return urllib.parse.unquote(browser.execute_script("return location.hash").split(":", 1)[1])


def box(browser, selector):
    """Where an element is in the window, after it was scrolled into view: left, top, width, height."""
    return browser.execute_script(
        "const e = document.querySelector(arguments[0]); e.scrollIntoView({ block: 'center', behavior: 'instant' });"
        "const b = e.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]",
        selector,
    )


def stroke(browser, *lines, kind="mouse"):
    """Lines of points of the window, by "mouse", "touch" or "pen"; a line of one point is a click or a tap."""
    actions = ActionBuilder(browser, mouse=PointerInput(kind, f"a {kind}"), duration=0)
    pointer = actions.pointer_action
    for line in lines:
        for k, (x, y) in enumerate(line):
            pointer.move_to_location(round(x), round(y))
            if k == 0:
                pointer.pointer_down()
        pointer.pointer_up()
    actions.perform()
