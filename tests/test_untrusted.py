"""A fresh clone shows its pictures before any cell is run: in JupyterLab, which trusts no notebook, and elsewhere."""

import json
import pathlib

import nbformat
import pytest
from bs4 import BeautifulSoup
from helpers_book import start_browser
from helpers_lab import jupyterlab, wait

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTEBOOKS = [path for folder in ("chapters", "laboratories", ".") for path in sorted((ROOT / folder).glob("*.ipynb"))]
KINDS = ('class="course-figure"', 'class="course-explorer"', 'class="course-lab ')
# For each output: its images (drawn, and how large), controls that show, and all of its visible words.
SEEN = """
    return [...document.querySelectorAll(arguments[0])].map((root) => ({
      images: [...root.querySelectorAll("img")].map((i) => ({
        drawn: i.complete && i.naturalWidth > 0 && i.naturalHeight > 0, width: i.getBoundingClientRect().width,
        height: i.getBoundingClientRect().height, alt: i.alt})),
      controls: [...root.querySelectorAll("input, select, button")].filter((c) => c.offsetParent).length,
      words: root.innerText, tables: root.querySelectorAll("table").length,
    }));"""


def picture_cells():
    """Every committed cell that shows a figure, an explorer or a laboratory."""
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            markup = [o.get("data", {}).get("text/html", "") for o in cell.get("outputs", [])]
            if any(kind in text for text in markup for kind in KINDS):
                yield path.stem, cell, "".join(markup)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """One notebook with all of these cells, as they are committed, in a folder of its own."""
    folder = tmp_path_factory.mktemp("untrusted")
    work = folder / "work"
    work.mkdir()
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for number, (_, cell, _) in enumerate(picture_cells()):
        cell["id"] = f"picture-{number}"
        cell.metadata.clear()
        notebook.cells.append(cell)
    nbformat.write(notebook, work / "pictures.ipynb")
    # All outputs at once, not only those in view.
    settings = folder / "lab_settings_dir" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
    return folder


@pytest.fixture(scope="module")
def browser():
    driver = start_browser(1400, 1000)
    yield driver
    driver.quit()


def check(outputs):
    """What a reader must see of each cell with a picture."""
    cells = list(picture_cells())
    assert len(outputs) == len(cells)
    for (chapter, _, markup), seen in zip(cells, outputs, strict=True):
        where = f"{chapter}: {seen['words'][:80]!r}"
        explorers = markup.count(KINDS[1])
        assert seen["images"] or (explorers and seen["tables"]), f"{where}: no picture"
        for image in seen["images"]:
            assert image["drawn"] and image["width"] > 40 and image["height"] > 40, f"{where}: {image}"
            assert image["alt"].strip(), f"{where}: a picture without alt text"
        assert not seen["controls"], f"{where}: controls that do nothing"
        assert len(seen["words"].split()) < 160 * max(1, explorers + markup.count(KINDS[0])), f"{where}: frames spill"
        assert "&" not in seen["words"] and "<" not in seen["words"].replace(" < ", ""), f"{where}: markup shows"


@pytest.mark.browser
def test_an_untrusted_notebook_shows_its_pictures_in_jupyterlab(gathered, browser):
    with jupyterlab(gathered) as address:
        browser.get(f"{address}/lab/tree/pictures.ipynb?reset")
        count = len(list(picture_cells()))
        cells = "return document.querySelectorAll('.jp-Notebook .jp-CodeCell').length"
        wait(lambda: browser.execute_script(cells) == count, "all cells")
        trusted = ("return [...window.jupyterapp.shell.currentWidget.content.model.cells]"
                   ".map((cell) => cell.trusted)")
        assert not any(browser.execute_script(trusted)), "the copy is trusted: this shows nothing"
        selector = ".jp-CodeCell .jp-OutputArea"
        ready = "return [...document.querySelectorAll('.jp-CodeCell img')].every((i) => i.complete)"
        wait(lambda: len(browser.execute_script(SEEN, selector)) == count and browser.execute_script(ready), "outputs")
        check(browser.execute_script(SEEN, selector))


@pytest.mark.browser
def test_a_notebook_converted_to_html_shows_its_pictures(gathered, browser):
    """What nbconvert makes, and what other hosts show in the same way: the outputs as they are, without a player."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic")  # without the style sheets and scripts that come from elsewhere
    text, _ = exporter.from_filename(gathered / "work" / "pictures.ipynb")
    page = gathered / "converted.html"
    page.write_text(f'<!DOCTYPE html><meta charset="utf-8">{text}', encoding="utf-8")
    browser.get(page.as_uri())
    check(browser.execute_script(SEEN, ".jp-OutputArea-output:has(.course-figure, .course-explorer, .course-lab), "
                                       ".output_html:has(.course-figure, .course-explorer, .course-lab)"))


def test_a_sanitiser_leaves_one_still_and_one_caption():
    """Harsher than any host: only plain tags, ``alt`` and ``src`` remain, and nothing more is to be read."""
    for chapter, _, markup in picture_cells():
        soup = BeautifulSoup(markup, "html.parser")
        for tag in soup.find_all(["svg", "script", "style"]):
            tag.decompose()
        for tag in soup.find_all(style="display:none"):
            tag.decompose()
        for tag in soup.find_all(True):
            tag.attrs = {key: value for key, value in tag.attrs.items() if key in ("alt", "src")}
        pictures, tables = soup.find_all("img"), soup.find_all("table")
        assert pictures or tables, chapter
        assert all(image["src"].startswith("data:image/") and image["alt"].strip() for image in pictures), chapter
        paragraphs = [p.get_text() for p in soup.find_all(["p", "figcaption"])]
        assert len(paragraphs) <= 12 and not soup.find_all(["template", "noscript"]), f"{chapter}: {paragraphs}"


def test_plain_text_reads_as_the_caption():
    for chapter, cell, _ in picture_cells():
        for output in cell.outputs:
            data = output.get("data", {})
            if any(kind in data.get("text/html", "") for kind in KINDS):
                plain = data["text/plain"]
                assert plain.startswith(("Figure: ", "Explorer «", "Laboratory «")), f"{chapter}: {plain[:80]}"
                assert len(plain.split()) > 5
