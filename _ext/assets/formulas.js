// A formula is copied as the LaTeX that it was written in.
(() => {
  const inLatex = ({ tagName, dataset }) => (tagName === "DIV" ? `$$${dataset.tex}$$` : `$${dataset.tex}$`);

  addEventListener("copy", (event) => {
    const selection = getSelection();
    if (selection.isCollapsed) return;
    const copy = document.createElement("div");
    for (let i = 0; i < selection.rangeCount; i++) {
      const range = selection.getRangeAt(i), { commonAncestorContainer: common } = range;
      // A selection inside a single formula stands for that formula: its parts alone are no LaTeX.
      const formula = (common.closest ? common : common.parentElement)?.closest(".math[data-tex]");
      copy.append(formula ? formula.cloneNode(true) : range.cloneContents());
    }
    const formulas = copy.querySelectorAll(".math[data-tex]");
    if (!formulas.length) return;
    event.clipboardData.setData("text/html", copy.innerHTML);
    for (const formula of formulas) formula.replaceWith(inLatex(formula));
    document.body.append(copy);  // line breaks are where a shown element has them
    event.clipboardData.setData("text/plain", copy.innerText);
    copy.remove();
    event.preventDefault();
  });
})();
