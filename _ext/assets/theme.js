// Small repairs of the theme that need the page to be there.
(() => {
  // A link into the page scrolls to a place that must not move meanwhile: all of the page is laid out (see layout.html).
  const unroll = () => {
    if (!("rolled" in document.documentElement.dataset)) return;
    delete document.documentElement.dataset.rolled;
    dispatchEvent(new Event("unrolled"));
  };
  addEventListener("hashchange", unroll);
  document.addEventListener("click", ({ target }) => target.closest("a[href*='#']") && unroll(), true);

  const repair = () => {
    // A link to a solution or a folded cell opens what it points into.
    const reveal = () => {
      let fold = document.querySelector(":target")?.closest("details");
      for (; fold; fold = fold.parentElement.closest("details")) fold.open = true;
    };
    addEventListener("hashchange", reveal);
    reveal();
    // Folded boxes: what each button shows, and whether it does.
    for (const fold of document.querySelectorAll(".admonition.toggle")) {
      const button = fold.querySelector(".toggle-button"), text = (part) => part?.firstChild.textContent.trim();
      const heading = fold.closest("section")?.querySelector(":is(h1, h2, h3, h4)");
      button.setAttribute("aria-label", `${text(fold.querySelector(".admonition-title"))}: ${text(heading)}`);
      const tell = () => button.setAttribute("aria-expanded", String(!fold.classList.contains("toggle-hidden")));
      new MutationObserver(tell).observe(fold, { attributes: true, attributeFilter: ["class"] });
      tell();
    }
  };
  addEventListener("load", () => setTimeout(repair, 0));

  // The contents of the book stay where they were scrolled to on the page before (the theme's doing, on the page and
  // not in the dialog), unless the entry of this page would be out of sight.
  const entry = document.querySelector("nav.bd-links .current.active > a");
  const face = () => {
    const room = entry?.closest("dialog, .bd-sidebar");
    if (!room) return;
    const [at, seen] = [entry, room].map((part) => part.getBoundingClientRect());
    if (!at.height || (at.top >= Math.max(seen.top, 0) && at.bottom <= Math.min(seen.bottom, innerHeight))) return;
    room.scrollTop += at.top - seen.top - room.clientHeight / 2;
  };
  document.addEventListener("DOMContentLoaded", face);

  // A dialog that closes gives the focus back to what had it, unless a link leads on: that closes it, too.
  let left = null;  // what has lost the focus just now, since a dialog is about to open
  document.addEventListener("focusout", ({ target }) => {
    left = target;
    setTimeout(() => { left = null; });
  });
  for (const dialog of document.querySelectorAll("dialog")) {
    let before = null;
    dialog.addEventListener("beforetoggle", ({ newState }) => { if (newState === "open") before = left ?? document.activeElement; });
    dialog.addEventListener("toggle", () => { if (dialog.contains(entry)) face(); });
    dialog.addEventListener("click", ({ target }) => {
      if (!target.closest("a[href]")) return;
      before = null;
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      before?.focus({ preventScroll: true });
      before = null;
    });
  }

  // The contents of the page mark the section that is read: the last whose heading has passed the upper third.
  const links = new Map([...document.querySelectorAll("nav.page-toc a[href^='#']")].map((link) =>
    [document.getElementById(decodeURIComponent(link.hash.slice(1))), link]));
  links.delete(null);
  // Sections that are too far away to be laid out (theme.css) are not measured: the one that is read is near.
  const near = (section) => section.checkVisibility?.({ contentVisibilityAuto: true }) ?? true;
  const mark = () => {
    const passed = [...links.keys()].filter((section) =>
      near(section) && section.getBoundingClientRect().top < innerHeight / 3);
    for (const [section, link] of links) {
      const here = section === passed.at(-1);
      link.classList.toggle("active", here);
      if (here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  if (links.size && "IntersectionObserver" in window) {
    const observer = new IntersectionObserver(mark, { rootMargin: "0px 0px -66.7% 0px" });
    for (const section of links.keys()) observer.observe(section);
  }
})();
