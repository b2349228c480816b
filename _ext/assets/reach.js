// What is wider or higher than its box scrolls, so the keyboard must reach it: code, outputs, tables, figures, formulas.
(() => {
  const KINDS = "pre, .cell_output > .output, .pst-scrollable-table-container, .course-stage, .formula";
  const NAMES = { role: "group", "aria-label": "Formula" };

  // What lies folded or far away waits until it is shown: a browser would have to lay it out for this alone.
  const shown = (box) => box.checkVisibility?.({ contentVisibilityAuto: true }) ?? true;
  // First all are measured, then all are changed: a change between two measures would lay out the page anew.
  const reach = (part = document) => {
    const boxes = [...part.querySelectorAll(KINDS)].filter(shown).map((box) =>
      [box, box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1]);
    for (const [box, scrolls] of boxes) {
      for (const [name, value] of Object.entries({ tabindex: 0, ...(box.matches(".formula") && NAMES) })) {
        if (scrolls) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
  };

  let later;
  for (const [event, delay] of [["load", 0], ["unrolled", 0], ["resize", 200]]) {
    addEventListener(event, () => {
      clearTimeout(later);
      later = setTimeout(reach, delay);
    });
  }
  for (const event of ["toggle", "contentvisibilityautostatechange"]) {
    // After the next frame: what is near is known only then.
    document.addEventListener(event, ({ target }) => requestAnimationFrame(() => setTimeout(reach, 0, target)), true);
  }
})();
