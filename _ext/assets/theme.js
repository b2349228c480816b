// Small repairs of the theme that need the page to be there.
(() => {
  const repair = () => {
    // A link to a solution or a folded cell opens what it points into.
    const reveal = () => {
      const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
        fold.open = true;
      }
    };
    addEventListener("hashchange", reveal);
    reveal();
    // The copy button's picture has no name of its own.
    for (const button of document.querySelectorAll("button.copybtn")) {
      button.setAttribute("aria-label", "Copy the code");
      button.removeAttribute("data-tooltip");
      button.title = "Copy";
    }
    // What is wider than the column scrolls, so the keyboard must reach them.
    for (const formula of document.querySelectorAll(".course-stage")) {
      if (formula.scrollWidth > formula.clientWidth + 1) formula.tabIndex = 0;
    }
  };
  addEventListener("load", () => setTimeout(repair, 0));
})();
