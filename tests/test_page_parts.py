"""What the build makes of a page: its style sheet, its pixels, its data, its scripts and what it says of itself."""

import base64
import io
import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import quickjs
from docutils import nodes
from helpers_book import ROOT
from PIL import Image
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Token

sys.path.insert(0, str(ROOT / "_ext"))
import book_code  # noqa: E402
import book_folds  # noqa: E402
import book_head  # noqa: E402
import book_pages  # noqa: E402
import book_styles  # noqa: E402
import course_ext  # noqa: E402
import explorer_data  # noqa: E402
import pictures  # noqa: E402


@pytest.mark.parametrize(("sheet", "kept"), [
    (".a{x:1}.b{x:2}", ".a{x:1}"),
    (".a,.b{x:1}", ".a{x:1}"),
    (".a:not(.b){x:1}", ".a:not(.b){x:1}"),
    (".a:is(.b, .c){x:1}", ".a:is(.b, .c){x:1}"),
    (".a .b{x:1}", ""),
    ("p.a{x:1}em.a{x:2}#a{x:3}#z{x:4}", "p.a{x:1}\n#a{x:3}"),
    ('p[title=".b,}"]::before{content:".b{"}', 'p[title=".b,}"]::before{content:".b{"}'),
    ("@media print{.a{x:1}.b{x:2}}", "@media print{.a{x:1}}"),
    ("@media print{.b{x:2}}", ""),
    ('@charset "UTF-8";@font-face{font-family:b}@keyframes b{to{x:1}}',
     "\n@font-face{font-family:b}\n@keyframes b{to{x:1}}"),
    ("/* .a{ */.a{x:1}", ".a{x:1}"),
    ("*{x:1}:root{--y:2}", "*{x:1}\n:root{--y:2}"),
])
def test_a_rule_stays_where_what_it_asks_for_may_be(sheet, kept):
    assert book_styles.needed(sheet, {"a", "p"}) == kept


def test_names_are_those_of_the_pages_frames_and_scripts():
    assert book_styles.names(['<p class="a b" id="c">', r"<b class='d'>"], ["x.classList.add('is-on')"]) >= {
        "a", "b", "c", "d", "p", "is-on"}


def test_an_address_in_a_style_sheet_leads_where_it_led_before(tmp_path):
    (tmp_path / "_static/styles").mkdir(parents=True)
    (tmp_path / "_static/styles/theme.css").write_text('@import "../basic.css";a{b:url(../x.png)}', encoding="utf-8")
    (tmp_path / "_static/basic.css").write_text('c{d:url("data:image/png,1")}e{f:url(y.png)}', encoding="utf-8")
    assert book_styles.read(tmp_path, "_static/styles/theme.css") == (
        'c{d:url("data:image/png,1")}e{f:url("../y.png")}a{b:url("../x.png")}')


def png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "png")
    return out.getvalue()


def move(context, folder):
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=folder)
    pictures.move_pixels(app, "page", "", context, None)


def page_with(data):
    return {"body": f"<image xlink:href='data:image/png;base64,{base64.b64encode(data).decode()}'/>",
            "pathto": lambda file, _: f"../{file}"}


def test_a_grid_of_numbers_stays_exact_and_in_the_page(tmp_path):
    grid = np.arange(256, dtype=np.uint8).reshape(16, 16).repeat(4, 0).repeat(4, 1)
    context = page_with(png(grid))
    move(context, tmp_path)
    data = base64.b64decode(context["body"].split("base64,")[1].split("'")[0])
    assert data[:4] == b"RIFF" and (np.asarray(Image.open(io.BytesIO(data)).convert("L")) == grid).all()
    assert len(data) < len(png(grid))


def test_a_photograph_becomes_a_file_of_its_own_that_looks_the_same(tmp_path):
    rng = np.random.default_rng(0)
    smooth = np.cumsum(np.cumsum(rng.normal(size=(320, 320)), 0), 1)
    photo = 240 * (smooth - smooth.min()) / np.ptp(smooth) + rng.uniform(0, 9, smooth.shape)
    photo = photo.astype("uint8")
    context = page_with(png(photo))
    move(context, tmp_path)
    (file,) = (tmp_path / pictures.FOLDER).iterdir()
    assert context["body"] == f"<image xlink:href='../{pictures.FOLDER}/{file.name}'/>"
    assert file.stat().st_size < len(png(photo)) / 3
    seen = np.asarray(Image.open(file).convert("L")).astype(float)
    assert np.abs(seen - photo).mean() < 4


def test_long_data_of_an_explorer_becomes_a_script_and_short_data_stays(tmp_path):
    def page(name, letters):
        return (f'<section class="course-explorer" aria-label="E" id="{name}" data-frames="{{&quot;0&quot;:&quot;'
                f'{letters}&quot;}}">')

    body = page("explore-short", "x") + page("explore-long", "&amp;&lt;" * 1000)
    context = {"body": body, "pathto": lambda file, _: f"../{file}"}
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    explorer_data.move_data(app, "chapters/01_toy", "", context, None)
    assert context["body"].startswith(page("explore-short", "x"))
    assert 'id="explore-long" data-at="../_static/course/data/01_toy/explore-long.js?v=' in context["body"]
    script = (tmp_path / "_static/course/data/01_toy/explore-long.js").read_text(encoding="utf-8")
    assert script == ('(document.courseData ??= {})["explore-long"] = { "frames": {"0":"' + "&<" * 1000 + '"} };\n')


def test_the_data_of_a_laboratory_is_a_script_that_writes_it_back_before_it_is_read(tmp_path):
    def page(name, data):
        return f'<section class="course-lab course-lab-toy" data-script="lab-toy" id="{name}"{data}><div>still</div>'

    small, large = ' data-config="{}"', f' data-config="{"&lt;&quot;" * 1000}" data-bytes="{"A" * 4}"'
    body, added = page("lab-small", small) + page("lab-large", large), []
    context = {"body": body, "pathto": lambda file, _: f"../{file}"}
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path,
                          add_js_file=lambda file, priority: added.append((file, priority)))
    explorer_data.move_lab_data(app, "laboratories/toy", "", context, None)
    assert context["body"] == page("lab-small", small) + page("lab-large", "")
    assert added == [("course/data/toy/lab-large.js", 890)]
    script = (tmp_path / "_static/course/data/toy/lab-large.js").read_text(encoding="utf-8")
    context = quickjs.Context()
    context.eval("const lab = { dataset: {} }, document = { getElementById: (id) => id === 'lab-large' ? lab : null };")
    context.eval(script)
    assert json.loads(context.eval("JSON.stringify(lab.dataset)")) == {"config": '<"' * 1000, "bytes": "AAAA"}


class Script(SimpleNamespace):
    __hash__ = object.__hash__


def test_a_page_keeps_the_scripts_that_it_uses_and_waits_for_none():
    files = ["documentation_options.js", "doctools.js", "togglebutton.js", "course/copy.js", "course/theme.js"]
    scripts = [Script(filename=f"_static/{name}", attributes={}) for name in files]
    hint = Script(filename="", attributes={"body": "let toggleHintShow = 'Click';"})
    settings = Script(filename="", attributes={"body": "DOCUMENTATION_OPTIONS.pagename = 'x';"})
    context = {"body": '<div class="highlight">', "script_files": [hint, *scripts, settings]}
    book_head.choose_scripts(None, "x", "", context, None)
    assert [s.filename.split("/", 1)[1] for s in context["script_files"]] == [
        "documentation_options.js", "course/copy.js", "course/theme.js"]
    assert all(s.attributes == {"defer": "defer"} for s in context["script_files"])
    context = {"body": '<div class="admonition note dropdown">', "script_files": [hint, scripts[2]]}
    book_head.choose_scripts(None, "x", "", context, None)
    assert context["script_files"] == [hint, scripts[2]]


@pytest.mark.parametrize(("text", "said"), [
    ("How does it learn? By nudging every weight a little, again and again. " + "More. " * 40,
     "How does it learn? By nudging every weight a little, again and again." + " More." * 14),
    ("word " * 60, "word " * 31 + "…"),
    ("Short.", "Short."),
])
def test_a_description_is_whole_sentences_or_ends_with_an_ellipsis(text, said):
    assert book_head.shortened(text) == said and len(said) <= 160


def test_a_description_leaves_formulas_and_tables_out():
    formula, cell = nodes.paragraph("", "", nodes.math("", "x^2")), nodes.paragraph("", "cell")
    page = nodes.section("", formula, nodes.table("", cell), nodes.paragraph("", "What it says."))
    assert book_head.described(page) == "What it says."


# ---- code ------------------------------------------------------------------------------------------------------------


def test_code_keeps_its_signs_and_the_elements_that_colour_them():
    listing = ('<div class="highlight"><pre><span></span><a href="#x"><span class="n">f</span></a>'
               '<span class="p">(</span><span class="mi">1</span><span class="p">,</span><span class="w"> </span>'
               '<span class="o">&lt;</span><span class="nn">m</span></pre></div>')
    other = '<p><span class="n">f</span></p>'
    context = {"body": other + listing}
    book_code.lighten(None, "page", None, context, None)
    assert context["body"] == other + (
        '<div class="highlight"><pre><span></span><a href="#x">f</a>(<span class="mi">1</span>, '
        '<span class="o">&lt;</span>m</pre></div>')


@pytest.mark.parametrize("style", re.findall(r"pygments_\w+_style: (\S+)", (ROOT / "_config.yml").read_text("utf-8")))
def test_what_loses_its_element_has_the_colour_of_the_text(style):
    looks = get_style_by_name(style).style_for_token
    kinds = {STANDARD_TYPES[kind]: looks(kind) for kind in STANDARD_TYPES}
    assert [name for name in book_code.PLAIN if kinds[name] != looks(Token.Text)] == []


# ---- folds -----------------------------------------------------------------------------------------------------------

FIGURE = '<figure class="course-figure" id="fig-a"><svg></svg><figcaption>{}A caption.</figcaption></figure>'
NUMBER = '<a class="book-figure-number" href="#fig-a">Figure 1.2</a> '


def folded(tag, code, inside="", below=""):
    return (f'<div class="cell tag_{tag} docutils container">\n<details class="admonition hide">\n<summary>\n'
            f'<b class="collapsed">Show the code</b>\n<b class="expanded">Hide the code</b>\n</summary>\n'
            f'<div class="highlight"><pre><span></span>{code}</pre></div>{inside}</details>\n{below}</div>')


def output(content):
    return f'<div class="cell_output docutils container">{content}</div>'


@pytest.mark.parametrize(("code", "below", "name"), [
    ("<span>import</span> numpy\n<span>from</span> a <span>import</span> (b,\n    c)\nrng = 1", "", "imports"),
    ("import numpy\na = 1\nb = 2", "", "preparations"),
    ("import numpy\na = 1\nassert a == 1", "", "the check"),
    ("np.testing.assert_allclose(a, b)", "", "the check"),
    ("def f(x):\n    def g(): pass\n\nclass A: pass", "", "f(), A()"),
    ("a", output(FIGURE.format(NUMBER)), "figure 1.2"),
    ("assert a", output(FIGURE.format(NUMBER)), "figure 1.2"),
    ("a", output(FIGURE.format("")), "the figure"),
    ("a", output('<section class="course-explorer" aria-label="Choose &amp; see" id="e">'), "“Choose &amp; see”"),
    ("a", output("<div><table></table></div>"), "the table"),
    ("print(a)", output("<pre>1</pre>"), "the output"),
    ("a = 1", "<p>What follows.</p>" + FIGURE.format(NUMBER), "preparations"),
])
def test_the_code_of_a_fold_is_named_by_what_it_is(code, below, name):
    context = {"body": folded("hide-input", code, below=below) + folded("hide-input", "assert a")}
    book_folds.name_folds(None, "page", "", context, None)
    assert re.findall(r'<b class="\w+">(.*?)</b>', context["body"]) == [
        f"Show the code: {name}", f"Hide the code: {name}", "Show the code: the check", "Hide the code: the check"]


def test_a_solution_is_named_by_its_exercise_and_what_has_a_name_keeps_it():
    passed = output('<div class="course-verdict passed">✓ Exercise 7.1a: right.</div>')
    cell, section = folded("hide-cell", "a", passed), '<section id="exercise-7-{}-by-hand">'
    named = cell.replace("the code</b>", "the kernel</b>")
    context = {"body": cell.replace(passed, "") + section.format(1) + cell + section.format(2) + named
               + cell.replace(passed, "")}
    book_folds.name_folds(None, "page", "", context, None)
    assert re.findall(r"Show (.*?)<", context["body"]) == [
        "the code and its output", "the solution of exercise 7.1a", "the kernel", "the solution of exercise 7.2"]


def test_above_the_glossary_stand_the_letters_of_its_terms():
    terms = "".join(f'<dt id="term-{name}">{name}</dt><dd></dd>' for name in ("1x1", "Adam", "ablation", "bias"))
    context = {"body": f'<h1>G</h1><dl class="glossary">{terms}</dl>'}
    book_pages.letters(None, "glossary", "", context, None)
    assert re.findall(r'<a href="(.*?)">(.)</a>', context["body"]) == [("#term-Adam", "A"), ("#term-bias", "B")]
    assert context["body"].index("</nav>") < context["body"].index("<dl")


def test_the_style_of_what_a_script_makes_stays_wherever_the_book_lies(tmp_path):
    out = tmp_path / "data" / "search"
    (out / "_static/search").mkdir(parents=True)
    (out / "_static/a.css").write_text(".made{x:1}.word{x:2}", encoding="utf-8")
    (out / "_static/a.js").write_text("e.className = 'made'", encoding="utf-8")
    (out / "_static/search/index.js").write_text("window.bookIndex = ['word']", encoding="utf-8")
    page = '<head><link rel="stylesheet" href="_static/a.css"></head><script src="_static/a.js"></script>'
    (out / "a.html").write_text(page, encoding="utf-8")
    (out / book_styles.SHEET).parent.mkdir()
    book_styles.gather(SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=out), None)
    assert (out / book_styles.SHEET).read_text(encoding="utf-8") == ".made{x:1}"


# ---- repairs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "mended"), [
    ('<summary aria-label="x">\n<p class="collapsed admonition-title">Show code cell source</p></summary>',
     '<summary>\n<b class="collapsed">Show code cell source</b></summary>'),
    ('<p>a</p><p><ul class="simple"><li><p>b</p><ul class="simple"><li><p>c</p></li></ul>\n</li></ul>\n</p><p>d</p>',
     '<p>a</p><ul class="simple"><li><p>b</p><ul class="simple"><li><p>c</p></li></ul>\n</li></ul><p>d</p>'),
    ('<ul class="simple"><li><p>a</p></li></ul><p>b</p>', '<ul class="simple"><li><p>a</p></li></ul><p>b</p>'),
    ('<th class="head text-right"><p>dx</p></th>', '<th scope="col" class="head text-right"><p>dx</p></th>'),
    ('<th class="head"><p></p></th>', "<td></td>"),
])
def test_markup_is_mended(written, mended):
    context = {"body": written}
    course_ext.repair_page(None, "page", None, context, None)
    assert context["body"] == mended
