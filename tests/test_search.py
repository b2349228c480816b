"""Search: what the index holds, and how it is used, from disk and without a request."""

import hashlib
import json
import re
import sys

import pytest
from helpers_book import HTML, ROOT, need_book, noise, pages, requests, show, soup, wait

sys.path.insert(0, str(ROOT / "_ext"))
from book_search import INDEX, UNUSED, sections  # noqa: E402

PAGES = pages()
TOY = """<article class="bd-article"><section id="toy"><h1>Toy<a class="headerlink" href="#toy">#</a></h1>
<p>A <strong>kernel</strong>
(<span class="math" data-tex="x^2"><math><msup><mi>x</mi><mn>2</mn></msup></math></span>,
<math><mfrac><msub><mi>p</mi><mi>i</mi></msub><mrow><mn>1</mn><mo>+</mo><mi>e</mi></mrow></mfrac></math>,
<math><msub><mi>H</mi><mtext>out</mtext></msub></math>,
<math><msubsup><mi>w</mi><mn>1</mn><mn>2</mn></msubsup><msup><mi>e</mi><mrow><msub><mi>z</mi><mi>j</mi></msub><mo>−</mo>
<mi>m</mi></mrow></msup></math>, <math><msqrt><mn>2</mn><mi>x</mi></msqrt></math>).</p>
<div class="math"><math><mi>q</mi></math></div><svg><text>drawn</text></svg>
<div class="highlight"><pre>code = <span>1</span></pre></div><div class="course-verdict">not attempted</div>
<section class="course-explorer" id="explore-toy"><p class="course-explorer-title">Move it</p><p>Moved.</p></section>
<section class="course-lab" id="lab-toy"><p class="course-lab-title">Try it</p>
<div class="course-lab-still">drawn</div></section>
<section id="inner"><h2>Inner part</h2><p>Deeper.</p>
<dl class="glossary"><dt id="term-one">one<a class="headerlink" href="#o">#</a></dt><dd><p>The first.</p></dd></dl>
<dl class="py function"><dt class="sig" id="cnnlib.conv.conv2d">conv2d(x)</dt><dd><p>Slides.</p></dd></dl>
</section></section></article>"""


def test_every_section_and_entry_is_found_with_its_own_text_and_nothing_drawn_or_computed():
    title, found = sections(TOY)
    assert title == "Toy" and sorted(found) == [
        ("Inner part", "inner", "Deeper."),
        ("Move it", "explore-toy", "Moved."),
        ("Toy", "toy", "A kernel (x², pᵢ/(1+e), H_out, w₁²e^(zⱼ−m), √(2x))."),
        ("Try it", "lab-toy", ""),
        ("conv.conv2d", "cnnlib.conv.conv2d", "Slides."),
        ("one", "term-one", "The first."),
    ]


def test_a_page_without_an_article_has_no_sections():
    assert sections("<p>nothing</p>") == ("", [])


def test_the_library_is_the_one_that_its_manifest_names():
    folder = ROOT / "_ext/assets/search"
    manifest = (folder / "MANIFEST.txt").read_text(encoding="utf-8")
    assert hashlib.sha256((folder / "minisearch.js").read_bytes()).hexdigest() in manifest
    assert "MiniSearch 7.2.0" in manifest
    assert "Luca Ongaro" in (folder / "LICENSE-minisearch.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def index():
    need_book()
    text = (HTML / INDEX).read_text(encoding="utf-8")
    return json.loads(text.removeprefix("window.bookIndex = ").rstrip().removesuffix(";"))


@pytest.mark.book
class TestIndex:
    def test_every_page_is_in_it_and_every_address_leads_somewhere(self, index):
        found = {}
        for title, heading, address, _ in index:
            page, anchor = address.split("#")
            found.setdefault(page, set()).add(anchor)
            assert title and heading, address
        assert set(PAGES) - set(found) == {"genindex.html", "py-modindex.html", "search.html"}
        for page, anchors in found.items():
            assert anchors <= {tag["id"] for tag in soup(page).find_all(id=True)}, page

    def test_its_texts_are_what_a_reader_reads(self, index):
        texts = [text for *_, text in index]
        odd = re.compile(r"</?(?:p|div|span|a|svg|td)\b|&\w+;|not attempted yet|to answer on this page|"
                         r"Your answer to exercise|Show the code|data:image|\\\\frac")
        assert not [text for text in texts if odd.search(text)]
        captions = [text for title, _, _, text in index if "Figure 9.1" in text]
        assert captions and any("A window" in text or "photograph" in text for text in captions)

    def test_a_reference_has_the_name_that_the_chapters_cite_it_by(self, index):
        headings = {heading for title, heading, *_ in index if title == "References"}
        assert {"LeCun et al., 1998", "Glorot and Bengio, 2010", "Gallant, 1990", "Geirhos et al., 2020"} <= headings
        unlike = [heading for heading in headings - {"References"} if not re.fullmatch(r"\D+, (?:19|20)\d\d", heading)]
        assert len(headings) > 60 and not unlike

    def test_nothing_of_sphinx_s_own_search_is_left(self, index):
        assert not [name for name in UNUSED if (HTML / name).exists()]
        names = "|".join(re.escape(name.rsplit("/", 1)[-1]) for name in UNUSED)
        assert not [page for page in PAGES if re.search(names, (HTML / page).read_text(encoding="utf-8"))]


STATUS = "return document.querySelector(arguments[0] + ' .search-status').textContent"
RESULTS = """return [...document.querySelectorAll(arguments[0] + ' .search-results a')].map((a) => ({
    href: a.href, heading: a.querySelector('.search-heading').textContent,
    excerpt: a.querySelector('.search-excerpt').textContent,
    marks: [...a.querySelectorAll('mark')].map((m) => m.textContent) }))"""


def search(browser, words):
    """What the page of the search shows for these words."""
    if not browser.current_url.endswith("search.html"):
        show(browser, "search.html", explorers=False)
    field = browser.find_element("css selector", ".bd-search-container input[type=search]")
    browser.execute_script("""arguments[0].value = '';
        document.querySelector('.bd-search-container .search-status').textContent = '';""", field)
    field.send_keys(words)
    assert wait(browser, f"{STATUS}.includes('section')", ".bd-search-container")
    return browser.execute_script(RESULTS, ".bd-search-container")


def open_dialog(browser):
    browser.execute_script("document.querySelector('.search-button__button').click()")
    assert wait(browser, "return document.activeElement.matches('dialog[open] input[type=search]')")
    return browser.switch_to.active_element


@pytest.mark.browser
@pytest.mark.book
class TestSearching:
    def test_the_dialog_shows_sections_with_excerpts_and_asks_nobody(self, browser):
        noise(browser), requests(browser)
        show(browser, "chapters/11_pooling.html", explorers=False)
        open_dialog(browser).send_keys("gradient check")
        assert wait(browser, f"{STATUS}.includes('section')", "dialog")
        found = browser.execute_script(RESULTS, "dialog")
        assert 5 < len(found) <= 20 and found[0]["heading"].lower().startswith("gradient checking")
        for one in found:
            path, anchor = one["href"].removeprefix(HTML.as_uri() + "/").split("#")
            assert path in PAGES and anchor in {tag["id"] for tag in soup(path).find_all(id=True)}
            assert one["marks"] and len(one["excerpt"]) < 190
        assert any(len(one["excerpt"]) > 100 and "gradient" in one["excerpt"].lower() for one in found[:4])
        assert noise(browser) == [] and requests(browser) == []

    def test_arrows_lead_to_a_result_and_a_result_of_this_page_closes_the_dialog(self, browser):
        show(browser, "chapters/11_pooling.html", explorers=False)
        field = open_dialog(browser)
        field.send_keys("pooling backward")
        assert wait(browser, f"{STATUS}.includes('section')", "dialog")
        here = [one["href"] for one in browser.execute_script(RESULTS, "dialog") if "/11_pooling.html#" in one["href"]]
        for _ in range(20):
            browser.switch_to.active_element.send_keys("\ue015")
            if browser.execute_script("return document.activeElement.href") == here[0]:
                break
        browser.switch_to.active_element.send_keys("\ue007")
        assert wait(browser, "return location.href === arguments[0]", here[0])
        assert not browser.find_elements("css selector", "dialog[open]")

    def test_enter_opens_the_first_result_or_the_chosen_one(self, browser):
        opened = []
        for downs in (0, 2):
            show(browser, "intro.html", explorers=False)
            field = open_dialog(browser)
            field.send_keys("cross-entropy")
            if downs:
                assert wait(browser, f"{STATUS}.includes('section')", "dialog")
                links = [one["href"] for one in browser.execute_script(RESULTS, "dialog")]
            for key in "\ue015" * downs + "\ue007":  # at first before the index is there
                browser.switch_to.active_element.send_keys(key)
            assert wait(browser, "return !location.pathname.endsWith('/intro.html')")
            opened.append(browser.current_url)
        assert opened == links[:2]
        assert noise(browser) == [] and requests(browser) == []

    def test_the_dialog_has_a_button_that_closes_it_and_the_page_of_the_search_has_none(self, browser):
        show(browser, "intro.html", size="phone", explorers=False)
        open_dialog(browser)
        button = browser.find_element("css selector", "dialog[open] .search-close")
        assert button.text == "Esc" and button.size["height"] >= 24 and button.size["width"] >= 24
        button.click()
        assert not browser.find_elements("css selector", "dialog[open]")
        show(browser, "search.html", explorers=False)
        assert not browser.find_elements("css selector", ".bd-search-container :is(.search-close, kbd)")

    def test_a_search_that_finds_nothing_stays_where_it_is(self, browser):
        show(browser, "intro.html", explorers=False)
        open_dialog(browser).send_keys("qqzzyx\ue007")
        assert wait(browser, f"{STATUS}.startsWith('No sections found')", "dialog")
        assert browser.current_url.endswith("intro.html")

    def test_the_page_of_the_search_takes_the_words_of_its_address(self, browser):
        browser.get((HTML / "search.html").as_uri() + "?q=cross-entropy")
        assert wait(browser, f"{STATUS}.includes('section')", ".bd-search-container")
        found = browser.execute_script(RESULTS, ".bd-search-container")
        assert any("cross-entropy" in one["heading"].lower() for one in found[:3])
        assert noise(browser) == [] and requests(browser) == []

    @pytest.mark.parametrize(("asked", "alike", "marked"), [
        ("1x1", ["1 × 1", "1×1", "1 x 1", "1*1"], r"1 ?× ?1"), ("3X3 kernel", ["3 × 3 kernel"], r"3 ?× ?3"),
        ("sigma", ["Sigma", "SIGMA"], "[σΣ]"), ("learning rate eta", [], "η"),
    ])
    def test_sizes_and_greek_letters_are_found_however_they_are_written(self, browser, asked, alike, marked):
        show(browser, "search.html")
        field, seen = browser.find_element("css selector", ".bd-search-container input[type=search]"), []
        for words in (asked, *alike):
            field.clear()
            field.send_keys(words)
            assert wait(browser, f"{STATUS}.includes('section')", ".bd-search-container")
            seen.append(browser.execute_script(RESULTS, ".bd-search-container"))
        assert all(found == seen[0] for found in seen)
        marks = [mark for one in seen[0] for mark in one["marks"]]
        assert len(seen[0]) >= 2 and any(re.fullmatch(marked, mark) for mark in marks), marks

    def test_a_mistyped_word_is_found_and_what_is_nowhere_is_said_to_be_nowhere(self, browser):
        show(browser, "search.html")
        field = browser.find_element("css selector", ".bd-search-container input[type=search]")
        field.send_keys("backpropagaton")
        assert wait(browser, f"{STATUS}.includes('section')", ".bd-search-container")
        found = browser.execute_script(RESULTS, ".bd-search-container")
        assert any("ackpropagation" in one["heading"] for one in found)
        assert browser.execute_script(STATUS, ".bd-search-container").startswith(
            "No section has “backpropagaton”: searched for “backpropagation” instead. ")
        field.send_keys(" qqzzyx")
        assert wait(browser, f"{STATUS}.includes('No section has “qqzzyx”: left out. ')", ".bd-search-container")
        assert browser.execute_script(RESULTS, ".bd-search-container") == found
        field.clear()
        field.send_keys("qqzzyx")
        assert wait(browser, f"{STATUS}.startsWith('No sections found. Try fewer words')", ".bd-search-container")
        assert browser.execute_script(RESULTS, ".bd-search-container") == []

    @pytest.mark.parametrize(("words", "start"), [
        ("how do I choose a learning rate", "Which learning rate?"), ("what's overfitting?", "overfitting"),
        ("What does stride do?", "stride"), ("what does stride mean", "stride"), ("WHAT IS DROPOUT", "Dropout"),
        ("why is my network not learning", "What the start does to learning"),
        ("cross-correlation vs convolution", "cross-correlation"), ("is it the chain rule", "chain rule"),
        ("AND gate", "Play: logic gates"), ("convolutoin", "9. Convolution"), ("sotfmax", "softmax"),
    ])
    def test_a_question_in_plain_words_leads_to_what_answers_it(self, browser, words, start):
        first = search(browser, words)[0]
        assert first["heading"].startswith(start), first

    def test_a_word_of_two_parts_is_found_where_both_are(self, browser):
        for words in ("cross-correlation", "cross-correlation momentum perceptron"):
            found = search(browser, words)
            assert any(one["heading"] == "cross-correlation" for one in found[:5])
            assert not [one["heading"] for one in found if "cross-entropy" in one["heading"]]

    def test_small_words_count_where_there_are_no_others(self, browser):
        for words, pattern in (("how", "how"), ("what is it", "what|is|it"), ("he", "he"), ("a/b", "a|b")):
            first = search(browser, words)[0]
            assert first["marks"] and re.match(pattern, first["marks"][0], re.I), first
        assert search(browser, "why is the loss so large") == search(browser, "loss large")

    def test_of_sections_with_some_of_the_words_those_with_most_come_first(self, browser):
        found = search(browser, "momentum perceptron ravine velocity")
        said = browser.execute_script(STATUS, ".bd-search-container")
        assert said.startswith("No section has all these words. Some of them: ")
        counts = [len({mark.lower()[:4] for mark in one["marks"]}) for one in found]
        assert counts[0] >= 2 and counts[0] >= max(counts)
        search(browser, "learning rate eta")
        assert re.match(r"\d sections with all these words, then \d+ with some of them; the first 20:",
                        browser.execute_script(STATUS, ".bd-search-container"))

    def test_what_is_spelt_as_in_the_book_is_not_put_right(self, browser):
        for words in ("conv2d_backward", "LayerNorm", "BatchNorm", "im 2 col", "over fitting", "w₁", "1x1"):
            assert search(browser, words)
            assert "No section" not in browser.execute_script(STATUS, ".bd-search-container"), words

    def test_a_long_list_is_shown_a_part_at_a_time(self, browser):
        found = search(browser, "convolution")
        said = browser.execute_script(STATUS, ".bd-search-container")
        count = int(re.fullmatch(r"(\d+) sections; the first 20:", said)[1])
        more = browser.find_element("css selector", ".bd-search-container .search-more")
        assert len(found) == 20 and more.text == f"Show 20 more of {count - 20}"
        more.click()
        assert browser.execute_script(
            "return document.activeElement === document.querySelectorAll('.search-results a')[20]")
        while more.is_displayed():
            more.click()
        longer = browser.execute_script(RESULTS, ".bd-search-container")
        assert longer[:20] == found and len({one["href"] for one in longer}) == count
        assert len(search(browser, "XOR")) == 10 and not more.is_displayed()

    @pytest.mark.parametrize(("words", "mark"), [
        ("back propagation", "backpropagation"), ("over fitting", "overfitting"), ("dilated convolution", "dilation"),
        ("dying ReLU", "dying"), ("vanishing gradients", "vanish"), ("Figure 9.3", "9.3"), ("loss is nan", "nan"),
        ("BatchNorm", "batch"),
    ])
    def test_words_are_found_in_another_form_or_written_together(self, browser, words, mark):
        show(browser, "search.html")
        browser.find_element("css selector", ".bd-search-container input[type=search]").send_keys(words)
        assert wait(browser, f"{STATUS}.includes('section')", ".bd-search-container")
        found = browser.execute_script(RESULTS, ".bd-search-container")
        assert any(one.lower().startswith(mark) for result in found[:3] for one in result["marks"]), found[:3]

    @pytest.mark.parametrize("words", ["constructor", "cons", "__proto__", "toString"])
    def test_names_of_javascript_s_own_are_words_like_others(self, browser, words):
        show(browser, "search.html")
        browser.find_element("css selector", ".bd-search-container input[type=search]").send_keys(words)
        assert wait(browser, f"{STATUS}.length > 5", ".bd-search-container")
        assert noise(browser) == []

    @pytest.mark.parametrize("words", ["softmax", "stride", "Padding", "momentum", "pooling", "convolution"])
    def test_a_title_that_is_the_word_comes_first_and_an_exercise_after_what_teaches(self, browser, words):
        show(browser, "search.html")
        browser.find_element("css selector", ".bd-search-container input[type=search]").send_keys(words)
        assert wait(browser, f"{STATUS}.includes('section')", ".bd-search-container")
        headings = [one["heading"].lower() for one in browser.execute_script(RESULTS, ".bd-search-container")]
        assert headings[0].split(". ")[-1] == words.lower()
        asked = [heading.startswith("exercise") for heading in headings if words.lower() in heading]
        assert not any(asked[:2]), headings

    def test_words_with_signs_are_words_and_markup_is_shown_as_it_was_typed(self, browser):
        show(browser, "search.html")
        field = browser.find_element("css selector", ".bd-search-container input[type=search]")
        for words in ("(", "[a-z]*", "<img src=x onerror=alert(1)>", "x^2 + (1"):
            field.clear()
            field.send_keys(words)
        field.clear()
        field.send_keys("softmax (")
        assert wait(browser, f"{STATUS}.includes('section')", ".bd-search-container")
        assert noise(browser) == []
