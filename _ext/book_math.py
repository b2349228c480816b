"""Formulas as MathML, written when the book is built: no script sets them, and they read without one."""

import re
from xml.etree import ElementTree

import math_core
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.util.math import get_node_equation_number

CONVERTER = math_core.LatexToMathML(fancy_error=False)
# What math-core would take for text, or number by itself where Sphinx has numbered already.
ROW_GAP = re.compile(r"\\\\\s*\[[^\]]*\]")
NUMBERED = re.compile(r"\\(begin|end)\{(align|equation|gather)\}")
INNERMOST = re.compile(r"\\begin\{(\w+\*?)\}(?:(?!\\begin\{).)*?\\end\{\1\}", re.S)
# Browsers draw MathML Core; what they do not know they would leave out without a word.
CORE = set(
    "math mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle "
    "msub msubsup msup mtable mtd mtext mtr munder munderover semantics".split()
)
PRIME = re.compile(r"<msup>((?:(?!<msup>).)*?)<mo>([′″‴])</mo></msup>")
RELATIONS = set("=<>≤≥≈≠≡∼∈←→⇒↦")
LONG = 20  # signs in an inline formula that may be wider than a phone
# No line begins with the comma after a formula, nor ends with the bracket before it.
CLOSE = re.compile(r'([(\[“‘]?)(<span class="math[^>]*>(?:(?!</span>).)*</span>)([,.;:?!)\]’”…-]*)', re.S)


def plain(tex: str) -> str:
    """The LaTeX as math-core reads it: rows outside an environment, and parts between blank lines, are aligned."""
    tex = ROW_GAP.sub(r"\\\\", NUMBERED.sub(r"\\\1{\2*}", tex)).replace("{split}", "{aligned}")
    tex = re.sub(r"(\\\\\s*&)(?=\s*[+-])", r"\1{}", tex)  # a row that goes on with a sign: between two terms
    parts = [part.strip() for part in re.split(r"\n\s*\n", tex) if part.strip()]
    outside, count = " ".join(parts), 1
    while count:
        outside, count = INNERMOST.subn("", outside)
    rows = "\\\\\n".join(parts)
    return f"\\begin{{aligned}}{rows}\\end{{aligned}}" if len(parts) > 1 or r"\\" in outside else rows


def mathml(tex: str, display: bool) -> str:
    """The formula as a ``math`` element; ``ValueError`` says why it can't be written."""
    try:
        code = CONVERTER.convert_with_local_state(plain(tex), displaystyle=display)
    except math_core.LatexError as error:
        raise ValueError(str(error).strip()) from error
    if unknown := sorted(set(re.findall(r"<([a-z]\w*)", code)) - CORE):
        raise ValueError(f"browsers do not draw <{unknown[0]}>")
    code = code.replace("\ufe00", "")  # asks for another form of a script letter, which would be another font's
    # The font's prime is small and high already: as a superscript it would be both twice.
    code = PRIME.sub(r'<mrow>\1<mo lspace="0.06em" rspace="0">\2</mo></mrow>', code)
    code = code.replace("<mi>f</mi>", '<mi class="f">f</mi>')  # it leans out of its box on both sides
    code = code.replace(">⊙<", ' largeop="false">⊙<')  # Firefox would take the large form
    return code.replace("&ApplyFunction;", "\u2061")


def broken(code: str) -> str:
    """A long inline formula in pieces that may stand on two lines, each but the first beginning with a relation.

    Chromium never breaks a line inside a ``math`` element.
    """
    whole = ElementTree.fromstring(code)
    if len("".join(whole.itertext())) <= LONG:
        return code
    pieces, length = [[]], 0
    for part in whole:
        if length > 2 and part.tag == "mo" and part.text in RELATIONS:
            pieces.append([])
        pieces[-1].append(ElementTree.tostring(part, "unicode"))
        length += len("".join(part.itertext()))
    return "<wbr>".join(f"<math>{''.join(piece)}</math>" for piece in pieces)


def begin(translator, node, tag: str) -> str:
    """The tag around a formula; it keeps the LaTeX for copying."""
    return translator.starttag(node, tag, "", CLASS="math", **{"data-tex": node.astext().strip()})


def write(translator, node, display: bool) -> str:
    """The formula of a node; what is wrong with it stops the build."""
    try:
        return mathml(node.astext(), display)
    except ValueError as error:
        page = translator.builder.current_docname
        raise ExtensionError(f"{page}: the formula {node.astext().strip()!r} is wrong: {error}") from error


def visit_inline(self, node):
    self.body.append(f"{begin(self, node, 'span')}{broken(write(self, node, False))}</span>")
    raise nodes.SkipNode


def visit_block(self, node):
    # The box around a formula scrolls, where it is too wide; its number stays in view.
    self.body.append(f'{begin(self, node, "div")}<div class="formula">{write(self, node, True)}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def keep_together(app, pagename, templatename, context, doctree):
    """Bind what stands directly before and after an inline formula to it, unless the formula itself may break."""

    def bound(match):
        alone = not match[1] and not match[3] or "<wbr>" in match[2]
        return match[0] if alone else f'<span class="together">{match[0]}</span>'

    context["body"] = CLOSE.sub(bound, context.get("body") or "")


def setup(app):
    app.connect("html-page-context", keep_together)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
