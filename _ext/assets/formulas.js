// Formulas: copied as the LaTeX that they were written in, and within reach of the keyboard where they scroll.
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

  // First all are measured, then all are changed: a change between two measures would lay out the page anew.
  const reach = () => {
    const formulas = [...document.querySelectorAll(".formula")].map((formula) =>
      [formula, formula.scrollWidth > formula.clientWidth + 1]);
    for (const [formula, scrolls] of formulas) {
      for (const [name, value] of [["tabindex", 0], ["role", "group"], ["aria-label", "Formula"]]) {
        if (scrolls) formula.setAttribute(name, value);
        else formula.removeAttribute(name);
      }
    }
  };
  addEventListener("load", reach);
  addEventListener("resize", reach);
})();
