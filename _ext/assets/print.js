// On paper the page is light, whatever the screen is, and what is folded is open, but for the code of figures; answers
// are as the reader left them: open, or not there.
(() => {
  const { dataset } = document.documentElement;
  const opened = [];
  const begin = () => {
    dataset.theme = "light";
    for (const fold of document.querySelectorAll("details:not([open])")) {
      if (fold.closest(".tag_hide-input, .tag_hide-output, [id^='exercise-']")) continue;
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
