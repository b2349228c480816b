// The script of the explorers is loaded when the first of them is near, or has the focus.
(() => {
  const { src } = document.currentScript.dataset;
  const observer = new IntersectionObserver((seen) => {
    if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    document.head.append(Object.assign(document.createElement("script"), { src }));
  }, { rootMargin: "900px" });
  for (const root of document.querySelectorAll(".course-explorer")) observer.observe(root);
})();
