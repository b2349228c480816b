// A button over each block of code, not over what it printed, copies its text.
(() => {
  const SHOWN = 1500;  // milliseconds for which the button says that it is done

  // Where the browser lends no clipboard, text that is selected can still be copied.
  function select(pre) {
    const selection = getSelection(), range = document.createRange();
    range.selectNodeContents(pre);
    selection.removeAllRanges();
    selection.addRange(range);
    const done = document.execCommand("copy");
    selection.removeAllRanges();
    return done;
  }

  async function copy(pre) {
    try {
      await navigator.clipboard.writeText(pre.textContent.replace(/\n$/, ""));
      return true;
    } catch {
      return select(pre);
    }
  }

  for (const pre of document.querySelectorAll("div.highlight pre")) {
    if (pre.closest(".cell_output")) continue;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "copybtn" });
    const icon = Object.assign(document.createElement("span"), { className: "icon icon-copy" });
    const say = (words, name) => {
      button.title = words;
      button.setAttribute("aria-label", words);
      icon.className = `icon icon-${name}`;
    };
    icon.setAttribute("aria-hidden", "true");
    say("Copy the code", "copy");
    button.append(icon);
    button.addEventListener("click", async () => {
      const done = await copy(pre);
      say(done ? "Copied" : "The browser did not let it be copied", done ? "check" : "copy");
      setTimeout(say, SHOWN, "Copy the code", "copy");
    });
    pre.after(button);
  }
})();
