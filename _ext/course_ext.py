"""The book's Sphinx glue: its own scripts, styles and fonts, and repairs of the theme.

Templates in ``templates/`` replace those parts of the theme whose markup is at fault; what Sphinx and
MyST-NB write into the body of a page is mended here, before the template is filled in.
"""

import re
import shutil
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset_file

from cnnlib.course import bundle

HERE = Path(__file__).parent
ASSETS = HERE / "assets"
PREFIX = "course"
STYLES = ("fonts.css", "course.css", "explorer.css", "theme.css", "search.css", "formulas.css", "print.css",
          "answers.css", "labs.css")
SCRIPTS = ("progress.js", "explore.js", "copy.js", "theme.js", "search.js", "formulas.js", "reach.js",
           "print.js", "answers.js", *(f"{name}.js" for name in bundle.laboratories()))
# Never asked for by a built page: source maps, and icons that theme.css replaces.
UNUSED = ("_static/**/*.map", "_static/scripts/fontawesome.js*", "_static/scripts/bootstrap.js*", "_static/webpack*",
          "_static/*webpack-macros.html", "_static/vendor", "_static/locales", "_static/images")
# The theme measures what may scroll box by box, what lies folded, too, and changes each before the next: slow. reach.js
# does it at once.
TAB_STOPS = re.compile(r',"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)')
ICON_FONTS = re.compile(r"@font-face\{[^}]*vendor/fontawesome[^}]*\}")

BODY_REPAIRS = [
    # An aria-label hides the visible text of a summary, which says what is hidden.
    (re.compile(r'<summary aria-label="[^"]*">'), "<summary>"),
    (re.compile(r"(Show|Hide) content</p>"), r"\1 the solution</p>"),
    (re.compile(r"(Show|Hide) source</p>"), r"\1 the code</p>"),
    (re.compile(r"(Show|Hide) outputs?</p>"), r"\1 the output</p>"),
    # A paragraph may not stand in a summary.
    (re.compile(r'<p class="(collapsed|expanded) admonition-title">(.*?)</p>'), r'<b class="\1">\2</b>'),
    # docutils gives bibliography entries roles that may not stand where it puts them.
    (re.compile(r'(<div class="citation"[^>]*?) role="doc-biblioentry"'), r'\1 role="listitem"'),
    (re.compile(r' role="doc-(?:backlink|biblioref)"'), ""),
    # The corner of a table heads nothing.
    (re.compile(r'<th class="head[^"]*"><p></p></th>'), "<td></td>"),
    (re.compile(r'<th class="head'), '<th scope="col" class="head'),
    # A list may not stand in a paragraph: a browser would leave one that is empty before it, and one after it.
    (re.compile(r'<p>(<ul class="simple">.*?</ul>)\s*</p>', re.S), r"\1"),
    # A footnote is no landmark.
    (re.compile(r'<aside (class="footnote[^>]*?)(?: role="[^"]*")?>(.*?)</aside>', re.S), r"<div \1>\2</div>"),
]


def add_assets(app, config):
    """Name our files to the builder, once each; ``book_head`` leaves out the scripts that a page does not use."""
    for name in STYLES:
        app.add_css_file(f"{PREFIX}/{name}", priority=900)
    for name in SCRIPTS:
        app.add_js_file(f"{PREFIX}/{name}", priority=900)


def copy_assets(app):
    """Copy our files before the pages are written; those of explorers and laboratories come from the library."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in sorted(ASSETS.rglob("*")):
        if path.suffix in {".js", ".css", ".svg", ".woff2", ".txt"}:
            target = static / PREFIX / path.relative_to(ASSETS)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_asset_file(str(path), str(target))
    copy_asset_file(str(bundle.PAGE / "explorer.css"), str(static / PREFIX))
    (static / PREFIX / "labs.css").write_text(bundle.labs_style(), encoding="utf-8")
    for part in ("explorers", *bundle.laboratories()):
        (static / PREFIX / f"{part}.js").write_text(bundle.for_page(part), encoding="utf-8")


def repair_page(app, pagename, templatename, context, doctree):
    """Mend the rendered body, and keep each script and style once."""
    for pattern, replacement in BODY_REPAIRS:
        context["body"] = pattern.sub(replacement, context.get("body") or "")
    for kind in ("script_files", "css_files"):
        seen, kept = set(), []
        for asset in context.get(kind, []):
            key = getattr(asset, "filename", None) or str(getattr(asset, "attributes", asset))
            if key not in seen:
                seen.add(key)
                kept.append(asset)
        context[kind] = kept


def trim_theme(app, exception):
    """Take out of the theme's files what no page asks for."""
    if exception or app.builder.format != "html":
        return
    for pattern in UNUSED:
        for path in Path(app.outdir).glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for path in Path(app.outdir).glob("_static/styles/*.css"):
        text = path.read_text(encoding="utf-8")
        path.write_text(ICON_FONTS.sub("", text), encoding="utf-8")
    script = Path(app.outdir) / "_static/scripts/pydata-sphinx-theme.js"
    text = TAB_STOPS.sub("", script.read_text(encoding="utf-8"))
    if 'addEventListener("load"' in text:
        raise ExtensionError(f"{script.name} does not end as expected; see TAB_STOPS.")
    script.write_text(text, encoding="utf-8")


def setup(app):
    app.setup_extension("book_pages")
    app.setup_extension("book_links")
    app.setup_extension("book_terms")
    app.setup_extension("book_math")
    app.setup_extension("book_code")
    app.setup_extension("pictures")
    app.setup_extension("book_answers")
    app.setup_extension("lab_questions")
    app.setup_extension("launch")
    app.setup_extension("explorer_data")
    app.setup_extension("book_folds")
    app.setup_extension("book_heights")
    app.setup_extension("book_head")
    app.setup_extension("book_styles")
    app.setup_extension("book_search")
    app.setup_extension("sheet")
    app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", add_assets)
    app.connect("builder-inited", copy_assets)
    app.connect("html-page-context", repair_page, priority=900)
    app.connect("build-finished", trim_theme)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
