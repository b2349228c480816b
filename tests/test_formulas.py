"""Formulas: written as MathML when the book is built, each of them, and nothing else is needed to read them."""

import io
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from helpers_book import HTML, ROOT, need_book, pages, show, soup
from PIL import Image

sys.path[:0] = [str(ROOT / "_ext"), str(ROOT / "tools")]
from book_math import broken, mathml  # noqa: E402
from math_font import OUT, characters, drawn  # noqa: E402

PAGES = pages()
# What a reader would see of LaTeX that was not set: a command, a sub- or superscript, a dollar sign.
RAW = re.compile(r"\\[a-zA-Z]{2,}|\$[^$\s][^$]*\$|[A-Za-z]_\{|\^\{")


def test_a_small_formula_is_what_it_should_be():
    assert mathml("x^2", False) == "<math><msup><mi>x</mi><mn>2</mn></msup></math>"


def test_a_prime_is_no_superscript_and_keeps_its_base():
    assert mathml("f'", False) == '<math><mrow><mi class="f">f</mi><mo lspace="0.06em" rspace="0">′</mo></mrow></math>'
    assert "<mrow><msub><mi>x</mi><mn>1</mn></msub><mo" in mathml("{x_1}'", False)
    assert mathml("x^2 + y'", False).count("<msup>") == 1


def test_a_letter_alone_is_drawn_as_its_italic():
    assert "".join(map(drawn, "aghzAZαωΑΩ∂ϵ7=")) == "𝑎𝑔ℎ𝑧𝐴𝑍𝛼𝜔𝛢𝛺𝜕𝜖7="


def test_the_font_has_the_characters_that_the_tool_names():
    pytest.importorskip("brotli", reason="fonts are packed with brotli: pip install -e '.[report]'")
    assert characters() - set(TTFont(OUT).getBestCmap()) <= {0x1D455}  # the italic h is elsewhere: ℎ


def test_the_gap_of_a_row_is_not_set_as_text():
    assert mathml(r"\begin{aligned} a &= b \\[4pt] c &= d \end{aligned}", True) == \
        mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", True)
    assert "pt" not in BeautifulSoup(mathml(r"\begin{aligned} a \\ [6pt] c \end{aligned}", True), "html.parser").text


def test_rows_outside_an_environment_are_aligned_and_matrices_left_alone():
    assert mathml(r"a &= b \\ c &= d", True) == mathml(r"\begin{aligned}a &= b \\ c &= d\end{aligned}", True)
    assert mathml("a\n\nb", True).count("<mtr>") == 2
    assert mathml(r"x = \begin{pmatrix} 1 \\ 2 \end{pmatrix}", True).count("<mtable") == 1


def test_sphinx_alone_numbers_a_formula():
    assert "(1)" not in mathml(r"\begin{align} a &= b \end{align}", True)
    assert mathml(r"\begin{split} a &= b \\ c &= d \end{split}", True).count("<mtr>") == 2


def test_a_row_that_goes_on_with_a_sign_has_space_after_it():
    assert '<mo lspace="0" rspace="0">' not in mathml("\\begin{aligned} a &= b \\\\\n& + c \\end{aligned}", True)


def test_a_long_inline_formula_may_break_before_its_relations():
    pieces = broken(mathml(r"\sigma'(z) = y\,(1 - y) = 0.7311 \cdot 0.2689 = 0.1966", False)).split("<wbr>")
    assert len(pieces) == 4 and all(piece.startswith("<math><mo>=</mo>") for piece in pieces[1:])
    assert "".join(BeautifulSoup(piece, "html.parser").text for piece in pieces) == "σ′(z)=y(1−y)=0.7311⋅0.2689=0.1966"
    for whole in ("x = 1", r"z = 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10"):  # short, and one sign before the relation
        assert "<wbr>" not in broken(mathml(whole, False))


def test_spaces_at_the_ends_of_a_text_stay():
    assert "in\u00a0</mtext>" in mathml(r"\text{what happened in } n", False)


@pytest.mark.parametrize("tex", [r"\frac{1", r"\nosuchcommand x", r"a & b", r"\boxed{x}", r"\cancel{x}", "x^2^3", "{x"])
def test_a_formula_that_browsers_could_not_draw_is_refused(tex):
    with pytest.raises(ValueError):
        mathml(tex, True)


def test_a_wrong_formula_stops_the_build_and_is_named_with_its_page(tmp_path):
    (tmp_path / "conf.py").write_text(
        f"import sys; sys.path.insert(0, {str(ROOT / '_ext')!r})\n"
        "extensions = ['myst_parser', 'book_math']\nmyst_enable_extensions = ['dollarmath']\n"
        "html_math_renderer = 'mathml'\n", encoding="utf-8")
    (tmp_path / "index.md").write_text("# One\n\n```{toctree}\ntwo\n```\n\n$x$\n", encoding="utf-8")
    (tmp_path / "two.md").write_text("# Two\n\nAs $\\farc{1}{2}$ says\n", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-E", str(tmp_path), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode, "the book was built with a formula that is wrong"
    assert "two: the formula" in done.stderr and "farc{1}{2}" in done.stderr
    (tmp_path / "two.md").write_text("# Two\n\nAs $\\frac{1}{2}$ says\n", encoding="utf-8")
    assert subprocess.run(command, capture_output=True).returncode == 0


def formulas(page):
    """How many formulas the source of a page has, and which: from what Sphinx read."""
    tree = ROOT / "_build" / ".doctrees" / f"{page.removesuffix('.html')}.doctree"
    if not tree.exists():
        return []
    with tree.open("rb") as file:
        document = pickle.load(file)
    from docutils import nodes

    return [" ".join(node.astext().split())
            for node in document.findall(lambda n: isinstance(n, nodes.math | nodes.math_block))]


@pytest.mark.book
class TestInTheBook:
    @pytest.fixture(autouse=True)
    def _book(self):
        need_book()

    @pytest.mark.parametrize("page", PAGES)
    def test_every_formula_of_the_source_is_in_the_page(self, page):
        body = soup(page).select_one("article, .bd-article")
        boxes = body.select(".math[data-tex]") if body else []
        assert [" ".join(box["data-tex"].split()) for box in boxes] == formulas(page)
        assert all(box.find("math") for box in boxes)

    @pytest.mark.parametrize("page", PAGES)
    def test_no_latex_is_left_for_a_reader_to_see(self, page):
        hidden = {"pre", "code", "svg", "script", "style", "template"}
        texts = soup(page).select_one("body").find_all(string=True)
        shown = [text for text in texts if not hidden & {parent.name for parent in text.parents}]
        assert RAW.findall(" ".join(shown)) == []

    def test_no_script_for_formulas_is_in_the_build(self):
        assert not list(HTML.rglob("*[mM]ath[jJ]ax*"))
        for page in PAGES:
            assert "mathjax" not in " ".join(map(str, soup(page)("script"))).lower(), page

    def test_the_book_has_formulas_with_numbers_and_links_to_them(self):
        page = soup("chapters/09_convolution.html")
        block = page.find(id="equation-eq-correlation")
        number = re.match(r"\(\d+\)", block.select_one(".eqno").get_text())[0]
        links = page.select('a[href="#equation-eq-correlation"]:not(.headerlink)')
        assert block.find("math")["display"] == "block" and links
        assert all(link.get_text() == number for link in links)

    def test_the_font_has_every_character_of_the_formulas(self):
        used = set()
        for page in PAGES:
            for part in soup(page).select("math :is(mi, mo, mn, mtext)"):
                text = part.get_text()
                alone = part.name == "mi" and len(text) == 1 and not part.get("mathvariant")
                used |= {drawn(text)} if alone else set(text)
        missing = {sign for sign in used if ord(sign) not in characters() and not sign.isspace()}
        assert not missing, f"{missing}: add them to tools/math_font.py and run it"


@pytest.mark.book
@pytest.mark.browser
class TestInABrowser:
    def test_formulas_are_drawn_with_their_own_font(self, browser):
        show(browser, "chapters/09_convolution.html")
        assert browser.execute_async_script(
            "const done = arguments[0]; document.fonts.ready.then(() => done("
            "[...document.fonts].some((f) => f.family.includes('Book Math') && f.status === 'loaded')));")

    def test_formulas_read_without_javascript(self, browser):
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            browser.get((HTML / "chapters/09_convolution.html").as_uri())
            root = browser.execute_cdp_cmd("DOM.getDocument", {"depth": 1})["root"]["nodeId"]
            found = browser.execute_cdp_cmd("DOM.querySelectorAll", {"nodeId": root, "selector": "article math"})
            assert len(found["nodeIds"]) > 50
            for node in found["nodeIds"][:5]:
                assert browser.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": node})["model"]["height"] > 8
        finally:
            browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    @pytest.mark.parametrize("size", ["desk", "narrow"])
    def test_only_a_formula_that_scrolls_stops_the_tab_key(self, browser, size):
        seen = 0
        for page in ("chapters/05_backpropagation.html", "chapters/10_convolution_backwards.html"):
            show(browser, page, size=size)
            inside, wrong, scrolling = browser.execute_script("""
                const boxes = [...document.querySelectorAll(".formula")];
                const scrolls = (box) => box.scrollWidth > box.clientWidth + 1;
                return [document.querySelectorAll("math[tabindex], math [tabindex]").length,
                        boxes.filter((box) => scrolls(box) !== (box.tabIndex === 0)).length,
                        boxes.filter(scrolls).length]""")
            assert inside == 0 and wrong == 0
            seen += scrolling
        assert (seen > 0) == (size == "narrow")

    def test_the_context_menu_is_the_browsers_own(self, browser):
        show(browser, "notation.html")
        assert browser.execute_script(
            "const math = document.querySelector('math');"
            "return math.dispatchEvent(new MouseEvent('contextmenu', {bubbles: true, cancelable: true}))")

    def test_a_copied_sentence_carries_its_formula_as_latex(self, browser):
        show(browser, "chapters/01_neuron.html")
        text, markup = browser.execute_script("""
            getSelection().selectAllChildren(document.querySelector("article span.math").closest("p"));
            const data = new DataTransfer();
            document.dispatchEvent(new ClipboardEvent("copy", {clipboardData: data, bubbles: true, cancelable: true}));
            return [data.getData("text/plain"), data.getData("text/html")];""")
        assert "derivatives of $e^x$ and $1/x$" in text and "<math" in markup
        assert browser.execute_script("return document.body.lastElementChild.textContent").count("0.9") == 0

    @pytest.mark.parametrize(("selector", "sign"), [("article span.math", "$"), ("article div.math", "$$")])
    def test_a_selection_inside_a_formula_is_copied_as_its_latex(self, browser, selector, sign):
        show(browser, "chapters/01_neuron.html")
        text, tex = browser.execute_script("""
            const formula = document.querySelector(arguments[0]), range = document.createRange();
            const signs = document.createTreeWalker(formula.querySelector("math"), NodeFilter.SHOW_TEXT), nodes = [];
            while (signs.nextNode()) nodes.push(signs.currentNode);
            range.setStart(nodes[0], 0);
            range.setEnd(nodes.at(-1), nodes.at(-1).length);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            const data = new DataTransfer();
            document.dispatchEvent(new ClipboardEvent("copy", {clipboardData: data, bubbles: true, cancelable: true}));
            return [data.getData("text/plain"), formula.dataset.tex];""", selector)
        assert text.strip() == f"{sign}{tex}{sign}"

    @pytest.mark.parametrize("mode", ["light", "dark"])
    def test_a_formula_that_is_cut_shows_a_shadow_at_the_cut_edge_only(self, browser, mode):
        show(browser, "chapters/05_backpropagation.html", mode, size="phone")
        # The book's formulas fit a phone: one of them gets less room than it needs.
        box = browser.find_element("css selector", "div.math .formula")
        browser.execute_script(
            "arguments[0].style.maxWidth = `${arguments[0].querySelector('math').getBoundingClientRect().width / 2}px`;"
            "arguments[0].scrollIntoView({block: 'center'}); arguments[0].firstChild.style.opacity = 0", box)

        def edges():
            picture = np.asarray(Image.open(io.BytesIO(box.screenshot_as_png)).convert("L")).astype(int)
            row = picture[len(picture) // 3]
            middle = row[len(row) // 2]
            return abs(row[1] - middle) > 25, abs(row[-2] - middle) > 25

        assert edges() == (False, True)
        browser.execute_script("arguments[0].scrollLeft = 1e4", box)
        assert edges() == (True, False)
