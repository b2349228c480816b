// On paper the page is light, whatever the screen is, and what is folded is open, but for the code of figures.
(() => {
  const { dataset } = document.documentElement;
  const opened = [];
  const begin = () => {
    dataset.theme = "light";
    for (const fold of document.querySelectorAll("details:not([open])")) {
      if (fold.closest(".tag_hide-input")) continue;  // code that only draws a figure
      fold.open = true;
      opened.push(fold);
    }
  };
  const end = () => {
    const dark = dataset.mode === "dark" || (dataset.mode === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    dataset.theme = dark ? "dark" : "light";
    for (const fold of opened.splice(0)) fold.open = false;
  };
  addEventListener("beforeprint", begin);
  addEventListener("afterprint", end);
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? begin() : end()));
})();
