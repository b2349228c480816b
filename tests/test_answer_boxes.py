"""The answer boxes of the built book: under every stub, used by key and pointer, kept, counted, forgotten, read out."""

import json
import re

import helpers_axe
import pytest
from helpers_book import HTML, ROOT, media, need_book, noise, pages, requests, show, wait

pytestmark = pytest.mark.book
in_browser = pytest.mark.browser
CHAPTERS = [page for page in pages() if page.startswith("chapters/")]
PAGE = "chapters/01_neuron.html"
KEPT = "from-neuron-to-convnet.answers"
BOX = "form[data-label='{}']"
# All boxes are as they were when the page was left: what is said from now on is read aloud.
JUDGED = "return document.querySelectorAll('.course-answer [role=status]').length === arguments[0]"
LOADED = "return document.querySelectorAll('script:is([src*=judging], [src*=data][src*=answers])').length"
ENTER, TAB = "\ue007", "\ue004"
RIGHT = {"1.1": "-.5 no", "1.2": "-1, -1, 1.5", "1.3": "adef", "1.4": "1/2, -1/4, 1/4",
         "1.5": "1 1 -.5; -1 -1 1.5; 1 1 -1.5", "1.6": "bdeac"}


@pytest.fixture(autouse=True)
def _book():
    need_book()


def read(page):
    return (HTML / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_stub_has_a_box_or_a_way_to_the_notebook(page):
    notebook = json.loads((ROOT / page).with_suffix(".ipynb").read_text(encoding="utf-8"))
    outputs = [output.get("data", {}).get("text/plain", "") for cell in notebook["cells"]
               for output in cell.get("outputs", [])]
    stubs = re.findall(r"^○ Exercise ([\w.]+):", "\n".join(map("".join, outputs)), re.M)
    boxes = re.findall(r'<form class="course-answer" data-label="([\w.]+)"', read(page))
    ways = re.findall(r'<p class="course-answer-elsewhere">.*<code>make lab</code>.*<code>(.*?)</code> and go to '
                      r"exercise ([\w.]+)\.</p>", read(page))
    assert sorted(boxes + [label for _, label in ways]) == sorted(stubs) and boxes
    assert {ROOT / path for path, _ in ways} <= {(ROOT / page).with_suffix(".ipynb")}
    assert "not attempted" not in read(page)
    assert f"{len(stubs)} exercises</a>, {len(boxes)} of them to answer on this page" in read(page)


def test_scripts_are_loaded_where_they_are_needed():
    for page in pages():
        scripts = re.findall(r'<script[^>]* src="[^"]*/(answers|progress)\.js', read(page))
        assert sorted(scripts) == ["answers"] * (page in CHAPTERS) + ["progress"], page
    for name, limit in (("answers.js", 6_000), ("judging.js", 26_000), ("progress.js", 4_000)):
        assert (HTML / "_static/course" / name).stat().st_size < limit


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_tables_of_a_page_are_in_a_script_beside_it_and_not_in_the_page(page):
    (named,) = re.findall(r'<script[^>]* data-tables="([^"?]*)\?v=\w{8}"[^>]*/answers\.js', read(page))
    text = ((HTML / page).parent / named).read_text(encoding="utf-8")
    tables = json.loads(text.removeprefix("document.courseTables = ").removesuffix(";\n"))
    assert list(tables) == re.findall(r'<form class="course-answer" data-label="([\w.]+)"', read(page))
    assert not any(table[:60] in read(page) for table in tables.values())


def test_rows_of_numbers_are_spoken_of_where_an_answer_has_rows():
    hints = {label: how for page in CHAPTERS for label, how in
             re.findall(r'data-label="([\w.]+)".*?<p class="course-answer-how"[^>]*>(.*?)</p>', read(page))}
    assert {label for label, how in hints.items() if "rows of" in how} == {"1.5", "9.2", "9.4", "9.5", "11.1", "13.2"}
    assert {label for label, how in hints.items() if "lists of" in how} == {"3.1", "10.1"}
    assert hints["9.1"] == hints["7.1b"] == "Numbers as <code>1, −2, 0.5</code>." and "0.25" in hints["6.2"]


# ---- in the browser --------------------------------------------------------------------------------------------------


@pytest.fixture
def chapter(browser):
    """Chapter 1, nothing answered; nothing may come up on the console, nothing be asked for outside."""
    show(browser, PAGE)
    if browser.execute_script("const kept = localStorage.length; localStorage.clear(); return kept"):
        browser.refresh()
    noise(browser), requests(browser)
    yield browser
    assert noise(browser) == [] and requests(browser) == []
    browser.execute_script("localStorage.clear()")


def answer(browser, label, text, by_key=True):
    """Type an answer, check it, and return what is said."""
    form = browser.find_element("css selector", BOX.format(label))
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", form)
    field = form.find_element("css selector", "input")
    assert wait(browser, "return document.courseJudge && document.courseTables")
    field.clear()
    field.send_keys(text + (ENTER if by_key else ""))
    if not by_key:
        form.find_element("css selector", "button").click()
    return said(browser, label)


def said(browser, label):
    return browser.find_element("css selector", f"{BOX.format(label)} [role=status]").get_attribute("textContent")


def typed(browser):
    """What stands in the boxes."""
    return browser.execute_script("return [...document.querySelectorAll('.course-answer input')].map((e) => e.value)")


def progress(browser):
    """What the contents say of this chapter, and the end of the line at its head."""
    return browser.execute_script(
        "return [document.querySelector('nav.bd-links .current.active > a .course-progress')?.textContent ?? '',"
        "document.querySelector('.course-score span').textContent]")


@in_browser
def test_an_answer_is_right_or_its_mistake_is_named(chapter):
    assert "Right: z = 1 − 2 + 0.5" in answer(chapter, "1.1", "−0,5; no")
    assert "Right: z = 1 − 2 + 0.5" in answer(chapter, "1.1", "1 − 2 + 0,5 and no")
    assert "Wrong: you left out the bias" in answer(chapter, "1.1", "-1, False", by_key=False)
    assert "Wrong: 0 of 5 are right." in answer(chapter, "1.6", "abcde")
    assert "Right: " in answer(chapter, "1.3", "f, e, d and a", by_key=False)
    assert "Wrong: this is NOR" in answer(chapter, "1.2", "-1 -1 .5")
    assert answer(chapter, "1.2", "  ") == "Type an answer first."
    form = chapter.find_element("css selector", BOX.format("1.1"))
    assert answer(chapter, "1.1", "minus a half").startswith("I cannot read this: 'minus a half'; give numbers")
    verdict = form.find_element("css selector", "[role=status]")
    assert verdict.get_attribute("class").split() == ["course-answer-said", "course-verdict"]
    kept = chapter.execute_script("return JSON.parse(localStorage.getItem(arguments[0]))", KEPT)
    assert kept["1.1"] == {"text": "1 − 2 + 0,5 and no", "passed": True} and "1.2" not in kept


@in_browser
@pytest.mark.parametrize(("text", "words"), [
    ("7, no", "Wrong: "), ("<b>x</b>", "I cannot read this: '<b>x</b>'"), (" ", "Type an answer first.")])
def test_what_is_solved_stays_solved(chapter, text, words):
    before = "You solved this one before, and it still counts."
    assert words in answer(chapter, "1.1", text) and before not in said(chapter, "1.1")
    assert before not in answer(chapter, "1.1", RIGHT["1.1"])
    later = answer(chapter, "1.1", text)
    assert words in later and later.endswith(before)
    kept = chapter.execute_script("return JSON.parse(localStorage.getItem(arguments[0]))['1.1']", KEPT)
    assert kept == {"text": RIGHT["1.1"], "passed": True} and progress(chapter)[1] == ": 1 of 6 right"
    chapter.refresh()
    assert wait(chapter, JUDGED, 6) and typed(chapter)[0] == RIGHT["1.1"]
    assert "Right" in said(chapter, "1.1") and before not in said(chapter, "1.1")


@in_browser
def test_numbers_that_are_right_but_for_their_form_are_not_called_wrong(chapter):
    assert answer(chapter, "1.5", "1 1 -.5 -1 -1 1.5 1 1 -1.5") == "The numbers are right; write them as 3 rows of 3."
    verdict = chapter.find_element("css selector", f"{BOX.format('1.5')} [role=status]")
    assert verdict.get_attribute("class").split() == ["course-answer-said", "course-verdict"]
    assert progress(chapter)[1] == ""


@in_browser
def test_what_is_solved_after_forgetting_is_not_lost_when_the_rest_comes_back(chapter):
    answer(chapter, "1.1", "7, no"), answer(chapter, "1.3", RIGHT["1.3"]), answer(chapter, "1.4", "2, -1, 1")
    forget = chapter.find_element("css selector", ".course-answers-note button")
    chapter.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].click()", forget)
    assert "You solved" not in answer(chapter, "1.3", "a") and "Right" in answer(chapter, "1.1", RIGHT["1.1"])
    chapter.execute_script("arguments[0].click()", forget)
    assert typed(chapter) == [RIGHT["1.1"], "", RIGHT["1.3"], "2, -1, 1", "", ""]
    assert progress(chapter)[1] == ": 2 of 6 right"


@in_browser
def test_answers_are_kept_counted_forgotten_and_brought_back(chapter):
    assert progress(chapter) == ["", ""]
    answer(chapter, "1.1", "-0.5, no")
    answer(chapter, "1.4", "2, -1, 1")
    counted, given = ["1/6 1 of 6 answers right", ": 1 of 6 right"], ["-0.5, no", "", "", "2, -1, 1", "", ""]
    assert progress(chapter) == counted
    chapter.refresh()
    assert progress(chapter) == counted and typed(chapter) == given
    assert wait(chapter, JUDGED, 6)
    assert "Right" in said(chapter, "1.1") and "derivatives of z" in said(chapter, "1.4")
    forget = chapter.find_element("css selector", ".course-answers-note button")
    chapter.execute_script("arguments[0].scrollIntoView({block: 'center'})", forget)
    forget.click()
    assert typed(chapter) == [""] * 6 and progress(chapter) == ["", ""] and forget.text == "Bring them back"
    assert chapter.execute_script("return localStorage.getItem(arguments[0])", KEPT) == "{}"
    forget.click()
    assert typed(chapter) == given and progress(chapter) == counted


@in_browser
def test_what_judges_comes_when_a_box_is_near_or_has_an_answer(chapter):
    assert wait(chapter, JUDGED, 6) and chapter.execute_script(LOADED) == 0
    chapter.execute_script("document.querySelector('#exercises').scrollIntoView({behavior: 'instant'})")
    assert wait(chapter, "return document.courseJudge && document.courseTables") and chapter.execute_script(LOADED) == 2
    assert "Right" in answer(chapter, "1.3", "adef")
    chapter.execute_script("scrollTo({top: 0, behavior: 'instant'})")
    chapter.refresh()
    assert wait(chapter, JUDGED, 6) and "Right" in said(chapter, "1.3") and chapter.execute_script(LOADED) == 2


@in_browser
def test_where_what_judges_does_not_come_the_box_says_so_and_asks_again(browser):
    show(browser, PAGE, explorers=False)
    browser.execute_script("localStorage.clear()")
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*judging.js*"]})
    try:
        browser.refresh()
        form = browser.find_element("css selector", BOX.format("1.3"))
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", form)
        form.find_element("css selector", "input").send_keys("adef" + ENTER)
        assert wait(browser, "return arguments[0].textContent.includes('Not checked: the script')", form)
        assert browser.execute_script("return localStorage.getItem(arguments[0])", KEPT) is None
    finally:
        browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    form.find_element("css selector", "button").click()
    assert wait(browser, "return arguments[0].textContent.includes('Right:')", form)
    browser.execute_script("localStorage.clear()")
    noise(browser)


@in_browser
def test_a_chapter_that_is_done_shows_in_the_contents_of_every_page(chapter):
    for label, text in RIGHT.items():
        assert "Right" in answer(chapter, label, text), label
    assert progress(chapter)[0].startswith("✓ 6/6")
    for page, link in (("glossary.html", PAGE), ("chapters/02_activations.html", "01_neuron.html")):
        show(chapter, page)
        badges = chapter.execute_script("return [...document.querySelectorAll('.course-progress')].map((b) => "
                                        "[b.closest('a').getAttribute('href'), b.textContent])")
        assert badges == [[link, "✓ 6/6 6 of 6 answers right"]], page


@in_browser
def test_boxes_work_where_the_browser_keeps_nothing(browser):
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('', 'SecurityError'); }})"
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": refuse})
    try:
        show(browser, PAGE)
        noise(browser)
        assert "Right" in answer(browser, "1.3", "adef") and "Right" in answer(browser, "1.1", "-.5, no")
        assert progress(browser)[1] == ": 2 of 6 right" and noise(browser) == []
        assert "keeps nothing" in browser.find_element("css selector", ".course-answers-note").text
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script["identifier"]})


@in_browser
def test_what_is_kept_may_be_damaged(chapter):
    strange = '{"1.1": null, "1.2": {"text": 7, "passed": "yes"}, "99.9": {"text": "", "passed": true}}'
    for kept in ("{", '"x"', strange):
        chapter.execute_script("localStorage.setItem(arguments[0], arguments[1])", KEPT, kept)
        chapter.refresh()
        assert progress(chapter) == ["", ""] and typed(chapter) == [""] * 6, kept
    assert "Right" in answer(chapter, "1.3", "adef")


@in_browser
@pytest.mark.parametrize("mode, size", [("dark", "desk"), ("light", "phone")])
def test_boxes_with_verdicts_are_accessible_and_large_enough(chapter, mode, size):
    show(chapter, PAGE, mode, size)
    answer(chapter, "1.1", "-0.5, no")
    answer(chapter, "1.4", "2, -1, 1")
    # What is not about boxes takes axe most of its time, and is checked in test_browser.py.
    chapter.execute_script(
        "document.querySelectorAll('section section:not(#exercises, #exercises *)').forEach((e) => e.remove())")
    names = ("answer", "score", "answers-note", "answer-elsewhere", "progress")
    assert helpers_axe.all_violations(chapter, ", ".join(f".course-{name}" for name in names)) == []
    small = chapter.execute_script(
        "return [...document.querySelectorAll('.course-answer :is(input, button), .course-answers-note button')]"
        ".map((e) => e.getBoundingClientRect()).filter((r) => r.height < 44 || r.width < 44).length")
    assert small == 0


@in_browser
def test_a_box_can_be_used_by_keyboard_and_read_aloud(chapter):
    form = chapter.find_element("css selector", BOX.format("1.4"))
    field, button, status = (form.find_element("css selector", css) for css in ("input", "button", "[role=status]"))
    assert (field.accessible_name, field.aria_role) == ("Your answer to exercise 1.4", "textbox")
    assert (button.accessible_name, status.aria_role) == ("Check the answer to exercise 1.4", "status")
    how = chapter.find_element("id", field.get_attribute("aria-describedby"))
    assert how.text.startswith("Numbers as")
    chapter.execute_script("arguments[0].scrollIntoView({block: 'center'})", form)
    field.send_keys("2, -1, 1" + TAB)
    assert chapter.switch_to.active_element == button
    ring = "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]"
    assert chapter.execute_script(ring) == ["solid", "2px"]
    button.send_keys(" ")
    assert field.get_attribute("aria-invalid") == "true" and "derivatives of z" in said(chapter, "1.4")
    assert chapter.switch_to.active_element == button
    assert "Right" in answer(chapter, "1.4", RIGHT["1.4"])
    assert field.get_attribute("aria-invalid") is None and chapter.switch_to.active_element == field


@in_browser
def test_in_forced_colours_a_box_keeps_its_borders(chapter):
    media(chapter, forced_colors="active")
    edges = chapter.execute_script(
        "return ['.course-answer', '.course-answer input', '.course-answer button'].map((s) => {"
        "const c = getComputedStyle(document.querySelector(s));"
        "return [c.borderTopWidth, c.borderTopColor, c.backgroundColor]; })")
    assert all(width != "0px" and edge != ground for width, edge, ground in edges), edges
    media(chapter)


@in_browser
def test_without_javascript_a_sentence_stands_in_place_of_the_box(browser):
    exceptions = pytest.importorskip("selenium.common.exceptions")

    def drawn(selector):
        root = browser.execute_cdp_cmd("DOM.getDocument", {"depth": 1})["root"]["nodeId"]
        for node in browser.execute_cdp_cmd("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]:
            try:
                yield browser.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": node})["model"]["height"] > 0
            except exceptions.WebDriverException:  # it is not drawn
                yield False

    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get((HTML / PAGE).as_uri())
        assert list(drawn("form.course-answer")) == [False] * 6 and list(drawn(".course-answers-note")) == [False]
        assert list(drawn("form.course-answer + noscript > p")) == [True] * 6
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
