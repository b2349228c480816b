"""Formulas as MathML, written when the book is built: no script sets them, and they read without one."""

import html
import re

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
    "math merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle "
    "msub msubsup msup mtable mtd mtext mtr munder munderover semantics".split()
)
TEXT_SPACE = re.compile(r"(?<=<mtext>) | (?=</mtext>)")


def plain(tex: str) -> str:
    """The LaTeX as math-core reads it: rows outside an environment, and parts between blank lines, are aligned."""
    tex = ROW_GAP.sub(r"\\\\", NUMBERED.sub(r"\\\1{\2*}", tex)).replace("{split}", "{aligned}")
    parts = [part.strip() for part in re.split(r"\n\s*\n", tex) if part.strip()]
    outside, count = " ".join(parts), 1
    while count:
        outside, count = INNERMOST.subn("", outside)
    rows = "\\\\\n".join(parts)
    return f"\\begin{{aligned}}{rows}\\end{{aligned}}" if len(parts) > 1 or r"\\" in outside else rows


def mathml(tex: str, display: bool) -> str:
    """The formula as a ``math`` element that keeps its LaTeX for copying; ``ValueError`` if it can't be written."""
    try:
        code = CONVERTER.convert_with_local_state(plain(tex), displaystyle=display)
    except math_core.LatexError as error:
        raise ValueError(str(error).strip()) from error
    if unknown := sorted(set(re.findall(r"<([a-z]\w*)", code)) - CORE):
        raise ValueError(f"browsers do not draw <{unknown[0]}>")
    # A browser drops spaces at the ends of a text, and shrinks a prime twice: as a mark and as a superscript.
    code = TEXT_SPACE.sub("\u00a0", code)
    code = re.sub(r"<mo>(?=[′″‴]</mo>)", '<mo class="prime">', code)
    return code.replace("<math", f'<math data-tex="{html.escape(tex.strip())}"', 1)


def write(translator, node, display: bool) -> str:
    """The formula of a node; what is wrong with it stops the build."""
    try:
        return mathml(node.astext(), display)
    except ValueError as error:
        page = translator.builder.current_docname
        raise ExtensionError(f"{page}: the formula {node.astext().strip()!r} is wrong: {error}") from error


def visit_inline(self, node):
    self.body.append(f'{self.starttag(node, "span", "", CLASS="math")}{write(self, node, False)}</span>')
    raise nodes.SkipNode


def visit_block(self, node):
    # The box around a formula scrolls, where it is too wide; its number stays in view.
    self.body.append(f'{self.starttag(node, "div", CLASS="math")}<div class="formula">{write(self, node, True)}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
