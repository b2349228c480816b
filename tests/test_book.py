"""The built book: links lead somewhere, nothing is fetched from outside, pages are sound and not heavy."""

import functools
import re
import urllib.parse
from collections import Counter

import pytest
from helpers_book import HTML, ROOT, need_book, pages, soup

from cnnlib.course import bundle

pytestmark = pytest.mark.book
PAGES = pages()
# Bytes: a page's own HTML, and with everything that it loads.
HTML_LIMIT, PAGE_LIMIT, BOOK_LIMIT = 4_000_000, 8_000_000, 60_000_000
LOADS = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src", "video": "src", "embed": "src",
    "track": "src", "object": "data", "link": "href", "image": "href", "use": "href",
}


@functools.cache
def anchors(page):
    return {tag[name] for tag in soup(page).find_all(True) for name in ("id", "name") if tag.get(name)}


def outside(address):
    return urllib.parse.urlsplit(address).scheme in {"http", "https", "ftp", "ws", "wss"} or address.startswith("//")


def loaded(page):
    """Addresses of what the page loads by itself: not its links, which wait for a click."""
    for tag in soup(page).find_all(list(LOADS)):
        if tag.name == "link" and not set(tag.get("rel", [])) & {"stylesheet", "icon", "preload", "modulepreload"}:
            continue
        for name in {LOADS[tag.name], "srcset", "xlink:href", "poster"}:
            if tag.get(name):
                yield tag[name]


@pytest.fixture(autouse=True)
def _book():
    need_book()


def test_there_are_pages():
    assert {"intro.html", "notation.html", "glossary.html", "api.html", "references.html"} <= set(PAGES)
    assert "intro.html" in (HTML / "index.html").read_text(encoding="utf-8")


def test_every_notebook_is_in_the_book():
    missing = [path.stem for path in (ROOT / "chapters").glob("*.ipynb") if f"chapters/{path.stem}.html" not in PAGES]
    assert not missing, f"chapters without a line in _toc.yml: {missing}"


def test_the_build_had_no_warnings():
    log = ROOT / "_build" / "build.log"
    if not log.exists():
        pytest.skip("the book was not built by tools/build_book.py, which keeps the log")
    found = [line for line in log.read_text(encoding="utf-8").splitlines() if re.search(r"\b(WARNING|ERROR)\b", line)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", PAGES)
def test_local_links_and_anchors_lead_somewhere(page):
    broken = []
    for tag in soup(page).find_all("a", href=True):
        address = urllib.parse.urlsplit(tag["href"])
        if address.scheme or tag["href"].startswith("//") or not tag["href"]:
            continue
        path = ((HTML / page).parent / urllib.parse.unquote(address.path)).resolve() if address.path else HTML / page
        if not path.exists():
            broken.append(f"{tag['href']}: no such file")
        elif address.fragment and path.suffix == ".html":
            target = path.relative_to(HTML.resolve() if address.path else HTML).as_posix()
            if address.fragment.startswith(f"lab={path.stem}:"):  # a state of the laboratory there
                continue
            if urllib.parse.unquote(address.fragment) not in anchors(target):
                broken.append(f"{tag['href']}: no such anchor")
    assert not broken, "\n".join(sorted(set(broken)))


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_loaded_from_outside(page):
    assert [address for address in loaded(page) if outside(address)] == []
    styles = " ".join([tag.get_text() for tag in soup(page).find_all("style")]
                      + [tag["style"] for tag in soup(page).find_all(style=True)])
    assert not re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)|@import", styles)
    for script in soup(page).find_all("script", src=False):
        assert not re.search(r"https?://", script.get_text()), "a script in the page names an outside address"


def test_style_sheets_load_nothing_from_outside():
    for path in HTML.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*;", text)
        assert not found, f"{path.name}: {found[:3]}"


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_loads_exists_and_is_not_heavy(page):
    own = (HTML / page).stat().st_size
    total = own
    for address in set(loaded(page)):
        if address.startswith(("data:", "#")):
            continue
        path = (HTML / page).parent / urllib.parse.unquote(urllib.parse.urlsplit(address).path)
        assert path.exists(), f"{address}: no such file"
        total += path.stat().st_size
    assert own <= HTML_LIMIT, f"{own:,} bytes of HTML"
    assert total <= PAGE_LIMIT, f"{total:,} bytes with everything that it loads"


def test_the_whole_book_is_not_heavy():
    assert sum(path.stat().st_size for path in HTML.rglob("*") if path.is_file()) <= BOOK_LIMIT


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_sound(page):
    document = soup(page)
    assert document.html.get("lang") == "en"
    assert document.title and document.title.get_text(strip=True)
    headings = document.select("article h1, .bd-search-container h1")
    assert len(headings) == 1, f"{len(headings)} first-level headings"
    ids = [tag["id"] for tag in document.find_all(id=True) if not tag.find_parent("template")]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    assert not twice, f"ids that occur more than once: {twice}"


@pytest.mark.parametrize("page", PAGES)
def test_pictures_have_alt_text_and_figures_captions(page):
    for image in soup(page).find_all("img"):
        assert image.get("alt", "").strip(), f"no alt text: {image.get('src', '')[:80]}"
    for figure in soup(page).select("figure.course-figure"):
        sound = figure.find("audio") if "course-sound" in figure["class"] else None
        picture, caption = sound or figure.find("svg"), figure.find("figcaption")
        assert picture.get("aria-label", "").strip()
        assert picture.has_attr("controls") if sound else picture.get("role") == "img"
        assert caption.get_text(strip=True)


@pytest.mark.parametrize("page", PAGES)
def test_explorers_say_something_without_javascript(page):
    for explorer in soup(page).select(".course-explorer"):
        data = explorer.get("data-frames", "") + explorer.get("data-config", "")
        assert len(data) < 2_000, f"{len(data):,} letters of data in the page"
        assert explorer.select_one(".course-controls").get("style") == "display:none", "dead controls would show"
        assert not explorer.select(".course-still, .course-picture"), "a still that the page could draw itself"
        assert explorer.select_one(".course-stage").find(True), "no first frame"
        assert explorer.select_one(".course-caption").get_text(strip=True), "no first caption"


def names_of_scripts(page):
    return [tag["src"].split("?")[0].rsplit("/", 1)[-1] for tag in soup(page).find_all("script", src=True)]


def test_a_page_loads_one_style_sheet_and_the_scripts_that_it_uses_once_each():
    for page in PAGES:
        sources = [tag["src"].split("?")[0] for tag in soup(page).find_all("script", src=True)]
        scripts = {source.rsplit("_static/course/", 1)[-1] for source in sources}
        assert len(scripts) == len(sources), f"{page} loads a script twice"
        waited = [tag["src"] for tag in soup(page).find_all("script", src=True) if not tag.has_attr("defer")]
        assert not waited, f"{page} waits for {waited}"
        assert {"theme.js", "search.js", "print.js"} <= scripts
        uses = {"explore.js": ".course-explorer", "answers.js": ".course-answer", "formulas.js": ".math",
                "copy.js": ".highlight", **{f"{name}.js": f".course-lab-{name[4:]}" for name in bundle.laboratories()}}
        for name, used in uses.items():
            assert (name in scripts) == bool(soup(page).select(used)), f"{page}: {name}"
        sheets = [tag["href"].split("?")[0] for tag in soup(page).select('head > link[rel~="stylesheet"]')]
        assert [name.rsplit("/", 1)[-1] for name in sheets] == ["book.css"], page


def test_the_markup_is_such_as_a_browser_need_not_mend():
    for page in PAGES:
        assert not [tag for tag in soup(page).select("h1, h2, h3, h4, h5, h6") if not tag.get_text().strip()], page
        assert not soup(page).select("summary p, p ul, thead th:not([scope])"), page


def test_without_javascript_a_style_hides_what_would_do_nothing():
    for page in PAGES:
        (link,) = soup(page).select('noscript link[rel="stylesheet"]')
        assert ((HTML / page).parent / link["href"].split("?")[0]).resolve().name == "noscript.css"
        assert ((HTML / page).parent / link["href"].split("?")[0]).resolve().exists(), page


def test_no_script_lies_in_the_book_that_no_page_loads():
    loaded = {name for page in PAGES for name in names_of_scripts(page)}
    lying = {path.name for path in HTML.rglob("_static/**/*.js")}
    later = {"explorers.js", "judging.js", "minisearch.js", "index.js"}
    later |= {path.name for path in HTML.glob("_static/course/data/*/*.js")}
    assert lying == loaded | later


def test_every_page_says_what_it_is_about_and_no_two_say_the_same():
    said = {page: soup(page).find_all("meta", attrs={"name": "description"}) for page in PAGES}
    assert all(len(tags) == 1 for tags in said.values()), [page for page, tags in said.items() if len(tags) != 1]
    texts = [tag["content"] for (tag,) in said.values()]
    assert all(50 <= len(text) <= 160 for text in texts), [text for text in texts if not 50 <= len(text) <= 160]
    assert len(set(texts)) == len(texts)
    for page in PAGES:
        (icon,) = soup(page).find_all("link", rel="icon")
        assert ((HTML / page).parent / icon["href"]).resolve().read_text(encoding="utf-8").startswith("<svg")


def test_fonts_have_the_letters_of_the_book_and_the_style_sheet_says_which():
    sheet = (ROOT / "_ext/assets/fonts.css").read_text(encoding="utf-8")
    faces = [rule for rule in re.findall(r"@font-face \{(.*?)\}", sheet, re.S) if "unicode-range" in rule]
    assert {re.search(r'"(fonts/[^"]*)"', rule)[1] for rule in faces} == {
        path.relative_to(ROOT / "_ext/assets").as_posix() for path in (ROOT / "_ext/assets/fonts").glob("*.woff2")
    } - {"fonts/book-math.woff2"}
    text = Counter("".join(soup(page).get_text() for page in PAGES))
    text -= Counter("".join(math.get_text() for page in PAGES for math in soup(page).select("math")))
    # Letters beyond those of the families are the reader's own font's.
    text = {sign for sign in text if sign <= "ÿ" and sign.isprintable()} | set("“”’–—…−")
    assert len(text) > 100
    for rule in faces:
        ends = [(int(a, 16), int(b or a, 16)) for a, b in re.findall(r"U\+(\w+)(?:-(\w+))?", rule)]
        has = {chr(code) for first, last in ends for code in range(first, last + 1)}
        assert text <= has, text - has


CHAPTERS = [page for page in PAGES if page.startswith("chapters/")]


@pytest.mark.parametrize("page", CHAPTERS)
def test_terms_lead_to_the_glossary_and_names_from_the_library_to_its_reference_once_each(page):
    for kind, where in (("book-term", "../glossary.html#term-"), ("book-code", "../api/")):
        found = [tag["href"] for tag in soup(page).find_all("a", class_=kind)]
        assert all(href.startswith(where) for href in found)
    assert soup(page).find("a", class_="book-term")
    for scope in ("p a.book-code, li a.book-code", "pre a.book-code"):
        linked = [tag["href"] for tag in soup(page).select(scope)]
        assert len(linked) == len(set(linked)), "linked more than once"
    source = (ROOT / page).with_suffix(".ipynb").read_text(encoding="utf-8")
    for tag in soup(page).select("a.book-code"):
        name, target = tag.get_text().split("(")[0].split(".")[-1], re.split("[.-]", tag["href"])[-1]
        assert name == target or f"import {target} as {name}" in source, f"{tag.get_text()} leads to {tag['href']}"


def test_the_glossary_leads_on_to_the_section_that_teaches_each_term():
    entries = soup("glossary.html").select("dl.glossary > dt[id]")
    places = {entry["id"]: entry.find_next_sibling("dd").select("a.book-taught") for entry in entries}
    assert all(len(links) <= 1 for links in places.values())
    where = {name: links[0] for name, links in places.items() if links}
    assert len(where) > 0.9 * len(entries)
    for name, link in where.items():
        page, anchor = link["href"].split("#")
        section = soup(page).find(id=anchor)
        title = section.find(["h1", "h2", "h3"])
        number = int(re.match(r"chapters/(\d\d)", page)[1])
        assert link.get_text() == f"Chapter\N{NO-BREAK SPACE}{number}: " + re.sub(r"^\d+\. |#$", "", title.get_text())
        linked = section.select(f'a.book-term[href$="#{name}"]')
        assert linked or soup("glossary.html").find(id=name).get_text().rstrip("#").lower() in title.get_text().lower()
    expected = {"stride": "09_convolution.html#padding-stride-dilation", "strides": "08_images.html#",
                "momentum": "06_descent.html#momentum", "dropout": "12_building_a_cnn.html#dropout",
                "Glorot-initialisation": "03_forward.html#how-large-then", "pooling": "11_pooling.html#pooling",
                "saturation": "02_activations.html#", "winner-s-curse": "15_making_it_better.html#the-winner-s-curse"}
    for name, place in expected.items():
        assert where[f"term-{name}"]["href"].startswith(f"chapters/{place}"), name


@pytest.mark.parametrize("page", CHAPTERS)
def test_figures_are_numbered_in_order_by_a_link_to_themselves(page):
    chapter = int(re.match(r"chapters/(\d\d)", page)[1])
    figures = soup(page).select("figure.course-figure")
    numbers = [figure.figcaption.a for figure in figures]
    assert [number.get_text() for number in numbers] == [f"Figure {chapter}.{k + 1}" for k in range(len(figures))]
    assert [number["href"] for number in numbers] == [f"#{figure['id']}" for figure in figures]
