"""Print the built book as one PDF: _build/from-neuron-to-convnet.pdf, with contents, outline, page numbers and links.

    python tools/pdf.py                              # after tools/build_book.py
    python tools/pdf.py chapters/09_convolution      # these pages alone, to _build/pdf/draft.pdf

The pages become one document: light, without scripts, so that explorers stand at their first frame; the solutions of a
chapter come after it. Headless Chromium prints it. Then it is known on which page everything stands, and the numbers of
the contents are printed by themselves and laid over.
"""

import functools
import html
import importlib.util
import logging
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.parse

import yaml
from bs4 import BeautifulSoup

ROOT = pathlib.Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "from-neuron-to-convnet.pdf"
STYLE = pathlib.Path(__file__).with_suffix(".css")
DRAFT = ROOT / "_build" / "pdf" / "draft.pdf"
TITLE = "From Neuron to ConvNet"
BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
NO_BROWSER = (
    "Chromium is needed to print the book, and none was found. Install it (Debian: apt-get install chromium), or name "
    "a Chrome, Chromium or Edge: CHROMIUM=path make pdf"
)
NO_BOOK = "The book is not built: run tools/build_book.py (or make book) first."
NO_PYPDF = "pypdf is needed to number the contents: python -m pip install -e '.[pdf]'"
# Only for the screen, or without meaning on paper.
DROPPED = (
    ".headerlink, script, noscript, .copybtn, button, .course-controls, .tag_hide-input details, .course-verdict.open, "
    ".prev-next-area, link, style.course-screen"
)
IDS = re.compile(r"(?<=url\(#)[^)\"']+")
NAMING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers")


def chromium():
    """The browser that prints: the one that CHROMIUM names, or the first that is found."""
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    return found or sys.exit(NO_BROWSER)


@functools.cache
def contents(only=()):
    """The parts of the book in order: a caption, and the pages in it, or those of them that are asked for."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))

    def flat(entries):
        return [page for entry in entries for page in (entry["file"], *flat(entry.get("sections", ())))]

    parts = [("", [toc["root"]])] + [(part["caption"], flat(part["chapters"])) for part in toc["parts"]]
    if unknown := set(only) - {page for _, pages in parts for page in pages}:
        sys.exit(f"no page of the book: {', '.join(sorted(unknown))}. Pages are named as in _toc.yml.")
    kept = [(caption, [page for page in pages if not only or page in only]) for caption, pages in parts]
    return [(caption, pages) for caption, pages in kept if pages]


def slug(page):
    """A page's name as the beginning of its anchors."""
    return re.sub(r"\W+", "-", page)


@functools.cache
def parsed(page):
    """A page of the built book."""
    return BeautifulSoup((HTML / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


def title(page):
    """The heading of a page, in plain text."""
    heading = parsed(page).select_one("article h1")
    return " ".join(text for text in heading.stripped_strings if text != "#")


def moved(page, address, pages):
    """The address of a link as the one document has it: a place in it, the outside, or None for what is left out."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme:
        return address
    near = os.path.join(os.path.dirname(page), urllib.parse.unquote(parts.path))
    path = os.path.normpath(near) if parts.path else page
    target = path.removesuffix(".html")
    if target in pages:
        return f"#{slug(target)}" + (f"--{urllib.parse.unquote(parts.fragment)}" if parts.fragment else "")
    return None


def article(page, pages):
    """The text of a page, its anchors made unlike those of other pages."""
    text, start = parsed(page).select_one("article.bd-article"), slug(page)
    for sound in text.find_all("audio"):
        sound.name, sound.attrs = "p", {"class": "book-sound"}
        sound.string = "♪ To be heard in the page, or in the notebook."
    for tag in text.select(DROPPED):
        tag.decompose()
    for tag in text.find_all(True):
        if tag.get("id"):
            tag["id"] = f"{start}--{tag['id']}"
        for name in NAMING:
            if tag.get(name):
                words = tag[name] if isinstance(tag[name], list) else tag[name].split()
                tag[name] = " ".join(f"{start}--{word}" for word in words)
        if tag.get("src") and not tag["src"].startswith("data:"):
            tag["src"] = (HTML / page).parent.joinpath(urllib.parse.unquote(tag["src"])).resolve().as_uri()
        for name in ("href", "xlink:href"):
            if tag.get(name):
                tag[name] = moved(page, tag[name], pages)
            if name in tag.attrs and tag[name] is None:
                del tag[name]
        for name in [name for name, value in tag.attrs.items() if isinstance(value, str) and "url(#" in value]:
            tag[name] = IDS.sub(lambda found: f"{start}--{found[0]}", tag[name])
    for style in text.find_all("style"):
        style.string = IDS.sub(lambda found: f"{start}--{found[0]}", style.get_text())
    for fold in text.find_all("details"):
        fold["open"] = ""
    for note in text.select("p.course-run"):
        note.string, note.attrs = "Solutions stand at the end of the chapter.", {}
    last_solutions(text, start)
    return text.decode_contents()


def last_solutions(text, start):
    """Move the solutions of a chapter behind its text; where one stood stays a link to it."""
    new = BeautifulSoup("", "html.parser").new_tag
    gathered = []
    for exercise in text.find_all("section", id=re.compile(r"--exercise-\d+-\d+")):
        solved = [cell for cell in exercise.select("div.cell.tag_hide-cell") if cell.find_parent("section") is exercise]
        if not solved:
            continue
        name = f"{exercise['id']}--solution"
        hint = new("p", attrs={"class": "book-to-solution"})
        hint.append(link := new("a", href=f"#{name}"))
        link.string = "Solution"
        solved[-1].insert_after(hint)
        heading = new("h3", id=name)
        heading.append(back := new("a", href=f"#{exercise['id']}"))
        back.string = exercise.find("h3").get_text().strip()
        gathered.append(heading)
        for cell in solved:
            fold = cell.extract().find("details")
            fold.find("summary").decompose()
            fold.name, fold.attrs = "div", {"class": "cell"}
            gathered.append(fold)
    if gathered:
        section = new("section", id=f"{start}--solutions", attrs={"class": "book-solutions"})
        section.append(heading := new("h2"))
        heading.string = "Solutions"
        section.extend(gathered)
        (text.find("section") or text).append(section)


def front(parts, numbers):
    """The title page and the contents; ``numbers`` says on which page an anchor stands."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    figure = parsed("intro").select_one("figure svg")
    rows = []
    for caption, pages in parts:
        rows.append(f"<h2>{html.escape(caption)}</h2>" if caption else "")
        for page in pages:
            kind = "deep" if page.startswith("api/") else "page"
            name, number = html.escape(title(page)), numbers.get(slug(page), "")
            rows.append(f"<p class='{kind}'><a href='#{slug(page)}'><span>{name}</span><i></i><b>{number}</b></a></p>")
    return (
        f"<section class='book-title'><h1>{TITLE}</h1><p>Convolutional networks, every number checked</p>{figure}"
        f"<p class='book-edition'>Version {version}. Text and figures: CC BY 4.0. Code: MIT licence.</p></section>"
        f"<section class='book-contents' id='contents'><h1>Contents</h1>{''.join(rows)}</section>"
    )


def styles(parts):
    """The style sheets of the book, the one of its print, and what stands at the head of each page."""
    tags = parsed("intro").select('head > link[rel="stylesheet"]')
    sheets = [(HTML / tag["href"].partition("?")[0]).as_uri() for tag in tags] + [STYLE.as_uri()]
    running = "".join(
        f"@page {slug(page)} {{ @top-left {{ content: '{title(page).replace(chr(39), chr(8217))}'; }} }}"
        f" .{slug(page)} {{ page: {slug(page)}; }}" for _, pages in parts for page in pages)
    return "".join(f"<link rel='stylesheet' href='{sheet}'>" for sheet in sheets) + f"<style>{running}</style>"


NO_MARGINS = "<style>@page { @bottom-center { content: ''; } }</style>"  # the first print has the numbers of the pages


def document(parts, body, kind):
    """A document with the styles of the book."""
    own = NO_MARGINS if kind == "numbers" else ""
    return (
        f"<!DOCTYPE html><html lang='en' data-theme='light' class='{kind}'><head><meta charset='utf-8'>"
        f"<title>{TITLE}</title>{styles(parts)}{own}</head><body>{body}</body></html>"
    )


def text(parts):
    """The pages of the book, one after the other."""
    pages = {page for _, part in parts for page in part}
    return "".join(
        f"<div class='book-page bd-article {slug(page)}' id='{slug(page)}'>"
        + (f"<p class='book-part'>{html.escape(caption)}</p>" if caption and page == part[0] else "")
        + f"{article(page, pages)}</div>" for caption, part in parts for page in part)


def sound(text, only):
    """The document, if every link in it has a place to lead to, and each place one name."""
    named = re.findall(r'\sid=["\']([^"\']+)', text)
    twice = sorted({name for name in named if named.count(name) > 1}) if len(named) > len(set(named)) else []
    lost = sorted(set(re.findall(r'\shref=["\']#([^"\']+)', text)) - set(named))
    if twice or (lost and not only):
        sys.exit(f"the pages do not fit together: names used twice {twice[:9]}, links to nowhere {lost[:9]}")
    return text


def print_page(source, target):
    """Print a file with headless Chromium."""
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-extensions", "--disable-background-networking", f"--user-data-dir={profile}",
             "--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={target}", source.as_uri()],
            capture_output=True, text=True)
    if done.returncode or not target.exists():
        sys.exit(f"Chromium did not print {source.name}:\n{done.stderr[-3000:]}")


def places(reader):
    """On which page, from 1, each anchor of a PDF stands that a link leads to."""
    return {name.lstrip("/"): reader.get_destination_page_number(place) + 1
            for name, place in reader.named_destinations.items()}


def main(only=()):
    """Print the book, or some of its pages."""
    if not (HTML / "index.html").exists():
        sys.exit(NO_BOOK)
    if not importlib.util.find_spec("pypdf"):
        sys.exit(NO_PYPDF)
    chromium()
    from pypdf import PdfReader, PdfWriter

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it reads on where Chromium has miscounted its objects
    parts, target, folder = contents(tuple(only)), DRAFT if only else TARGET, ROOT / "_build" / "pdf"
    folder.mkdir(exist_ok=True)
    whole = sound(document(parts, front(parts, {}) + text(parts), "book"), only)
    (folder / "book.html").write_text(whole, encoding="utf-8")
    print_page(folder / "book.html", folder / "book.pdf")
    writer = PdfWriter(clone_from=PdfReader(folder / "book.pdf"))
    numbers = places(PdfReader(folder / "book.pdf"))
    (folder / "numbers.html").write_text(document(parts, front(parts, numbers), "numbers"), encoding="utf-8")
    print_page(folder / "numbers.html", folder / "numbers.pdf")
    for page, over in zip(writer.pages, PdfReader(folder / "numbers.pdf").pages, strict=False):
        page.merge_page(over)
    writer.add_metadata({"/Title": TITLE, "/Author": f"The authors of {TITLE}"})
    writer.page_mode = "/UseOutlines"
    writer.write(target)
    print(f"{target.relative_to(ROOT)}: {len(writer.pages)} pages, {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
