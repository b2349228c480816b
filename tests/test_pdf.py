"""The book as one PDF: one document whose links stay inside, solutions at the end, still explorers; and its print."""

import functools
import importlib.util
import re
import shutil
import subprocess
import sys

import pytest
from bs4 import BeautifulSoup
from helpers_book import ROOT, need_book

sys.path.insert(0, str(ROOT / "tools"))
import pdf  # noqa: E402

pytestmark = pytest.mark.book
DRAFT = ("intro", "chapters/01_neuron", "chapters/09_convolution", "notation")
CHAPTER = "chapters/09_convolution"


@pytest.fixture(autouse=True)
def _book():
    need_book()


@functools.cache
def book():
    """The document of a few pages, parsed."""
    parts = pdf.contents(DRAFT)
    return BeautifulSoup(pdf.document(parts, pdf.front(parts, {}) + pdf.text(parts), "book"), "html.parser")


def names(document):
    return [tag["id"] for tag in document.find_all(id=True)]


def test_every_page_of_the_contents_is_in_the_book_once():
    listed = [page for _, part in pdf.contents() for page in part]
    assert listed[0] == "intro" and len(listed) == len(set(listed)) >= 30
    assert [page.get("id") for page in book().select(".book-page")] == [pdf.slug(page) for page in DRAFT]
    assert [link["href"] for link in book().select(".book-contents a")] == [f"#{pdf.slug(page)}" for page in DRAFT]


def test_anchors_are_unlike_and_every_link_leads_to_one_or_outside():
    found = names(book())
    assert len(found) == len(set(found))
    addresses = {link["href"] for link in book().find_all("a", href=True)}
    inside = {address[1:] for address in addresses if address.startswith("#")}
    assert len(inside) > 30 and not inside - set(found)
    assert not [address for address in addresses if not re.match(r"#|https?://|mailto:", address)]
    drawn = set(re.findall(r'(?:url\(#|xlink:href="#)([^)"]+)', str(book())))
    assert drawn and not drawn - set(found), "a drawing uses a part that is not there"


def test_pages_that_do_not_fit_together_are_not_printed():
    good = '<p id="a"></p><a href="#a"></a>'
    assert pdf.sound(good, ()) == good and pdf.sound('<a href="#b"></a>', ("a draft",))
    with pytest.raises(SystemExit, match="links to nowhere .*b"):
        pdf.sound('<p id="a"></p><a href="#b"></a>', ())
    with pytest.raises(SystemExit, match="used twice .*a"):
        pdf.sound('<p id="a"></p><b id="a"></b>', ())


def test_no_path_of_a_machine_is_left_but_in_the_styles():
    text = re.sub(r"<link [^>]*>", "", str(book()))
    assert not re.findall(r'(?:href|src)="file:[^"]*\.(?!png|svg|webp|jpg)[^"]*"', text)


def test_nothing_moves_and_nothing_is_folded():
    document = book()
    assert document.html["data-theme"] == "light"
    assert not document.select("script, button, .course-controls, audio, details:not([open]), .tag_hide-input details")
    explorers = document.select(".course-explorer")
    assert len(explorers) >= 3 and all(e.select_one(".course-stage").find(True) for e in explorers)
    assert all(e.select_one(".course-caption").get_text(strip=True) for e in explorers)


def test_a_sound_is_named():
    figure = '<figure id="f"><audio src="data:,"></audio></figure>'
    page = BeautifulSoup(f'<article class="bd-article">{figure}</article>', "html.parser")
    pdf.parsed.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "parsed", lambda name: page)
        assert "To be heard in the page" in pdf.article("chapters/x", {"chapters/x"})


def test_solutions_stand_at_the_end_of_their_chapter_and_nowhere_else():
    page = book().find(id=pdf.slug(CHAPTER))
    exercises = page.find_all("section", id=re.compile("--exercise-9-"))
    assert len(exercises) == 7
    for exercise in exercises:
        assert "✓" not in exercise.get_text() and not exercise.select(".tag_hide-cell")
        target = exercise.select_one(".book-to-solution a")["href"][1:]
        solution = page.find(id=target)
        assert solution.find_parent(class_="book-solutions") and solution.a["href"] == f"#{exercise['id']}"
    solutions = page.select(".book-solutions")
    assert len(solutions) == 1 and not solutions[0].find_next_sibling()
    assert len(re.findall("✓ Exercise 9", solutions[0].get_text())) == 7
    assert len(solutions[0].select("pre")) >= 7 and not solutions[0].select("summary, details")
    kept = [cell for cell in page.select(".tag_hide-cell") if not cell.find_parent(class_="book-solutions")]
    assert len(kept) == 1, "the folded cell of the text that is no solution"


def test_the_text_says_where_solutions_are():
    assert "folded" not in book().find(id="chapters-01_neuron--exercises").get_text()
    assert "Solutions stand at the end of the chapter." in book().find(id=f"{pdf.slug(CHAPTER)}--exercises").get_text()


def test_every_page_has_its_title_at_its_head():
    style = book().find("style").get_text()
    for page in DRAFT:
        assert re.search(rf"@page {pdf.slug(page)} {{ @top-left {{ content: '[^']+'; }} }}", style), page


@pytest.mark.parametrize("address, there", [
    ("#a", "#chapters-x--a"), ("y.html", "#chapters-y"), ("../api.html#b.c", "#api--b.c"), ("https://a.b/c.html", "https://a.b/c.html"),
    ("../genindex.html", None), ("../_sources/chapters/x.ipynb", None), ("gone.html", None),
])
def test_addresses_are_moved(address, there):
    assert pdf.moved("chapters/x", address, {"chapters/x", "chapters/y", "api"}) == there


def test_a_page_that_is_not_in_the_book_is_refused():
    with pytest.raises(SystemExit, match="no page of the book: chapters/99_x"):
        pdf.contents(("chapters/99_x",))


def test_without_chromium_the_command_says_what_to_install(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="Chromium is needed to print the book.*apt-get install chromium.*CHROMIUM="):
        pdf.chromium()
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    with pytest.raises(SystemExit, match="Chromium is needed"):
        pdf.chromium()


def test_without_the_book_or_pypdf_the_command_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"pypdf is needed.*\[pdf\]"):
        pdf.main()
    monkeypatch.setattr(pdf, "HTML", tmp_path)
    with pytest.raises(SystemExit, match="The book is not built"):
        pdf.main()


@pytest.mark.browser
@pytest.mark.skipif(not importlib.util.find_spec("pypdf"), reason=pdf.NO_PYPDF)
@pytest.mark.skipif(not any(map(shutil.which, pdf.BROWSERS)), reason=pdf.NO_BROWSER)
def test_a_print_has_numbers_links_outline_and_no_cut_pages():
    done = subprocess.run([sys.executable, ROOT / "tools" / "pdf.py", *DRAFT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    from pypdf import PdfReader

    reader = PdfReader(pdf.DRAFT)
    pages = [page.extract_text() for page in reader.pages]
    assert {round(float(page.mediabox.width)) for page in reader.pages} <= {594, 595, 596}
    assert pages[0].lstrip().startswith("From Neuron to ConvNet") and reader.metadata.title == pdf.TITLE
    assert all(re.search(rf"^{number}$", text, flags=re.M) for number, text in enumerate(pages[1:], 2)), "page numbers"
    # The contents: each number is the page on which the outline has that title.
    entries = [entry for entry in reader.outline if not isinstance(entry, list)]
    outline = {entry.title: reader.get_destination_page_number(entry) + 1 for entry in entries}
    numbers = [int(n) for n in re.findall(r"\d+", re.sub(r"\d+\. |Part", "", pages[1]))]
    for title in ("1. A neuron", "9. Convolution", "Notation"):
        assert outline[title] in numbers and title in pages[1]
        assert title in pages[outline[title] - 1]
    parts = [part for part in reader.outline if isinstance(part, list)]
    sections = [entry.title for part in parts for entry in part if not isinstance(entry, list)]
    assert "Slide a window, by hand" in sections and sections.count("Solutions") == 2
    # Every link of the contents jumps to a page, and none leads to a file.
    annotations = [a.get_object() for page in reader.pages for a in page.get("/Annots", [])]
    actions = [a.get("/A", {}).get("/URI", "") for a in annotations]
    assert not [uri for uri in actions if str(uri).startswith("file:")]
    jumps = [a for a in reader.pages[1]["/Annots"] if {"/Dest", "/A"} & set(a.get_object())]
    assert len(jumps) >= len(DRAFT)
    assert not [i for i, text in enumerate(pages, 1) if len(text.strip()) < 30], "empty pages"
