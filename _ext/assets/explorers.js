// Explorers in the built book: native controls, frames from an attribute or from a function of the page.
// A script registers with course.explorer(name, render); render(values, config) returns
// {html, caption, result, limits, off}: what to show, what to say, the numbers behind it (kept in data-result), the
// last index of sliders whose length depends on the others, and the controls that change nothing for now.
(() => {
  const PAUSE = 700;  // milliseconds between two frames
  const QUIET = 600;  // without a change, before the caption is read aloud
  const renderers = {};
  // One playback at a time: any change stops it, and so does Escape, wherever the focus is.
  let playing = { stop: () => {} };

  // One live region for all explorers: it speaks when a change is over, never during playback.
  let region = null, later = null;
  const say = (text) => {
    clearTimeout(later);
    if (!region) {
      region = document.createElement("div");
      region.setAttribute("role", "status");
      region.className = "course-status";
      (document.querySelector("main") ?? document.body).append(region);
    }
    region.textContent = "";
    if (text) later = setTimeout(() => { region.textContent = text; }, QUIET);
  };

  const read = (control) => {
    if (control.matches("fieldset")) {
      return [...control.querySelectorAll("tr")].map((row) =>
        [...row.querySelectorAll("input")].map((cell) => Number(cell.value) || 0));
    }
    return JSON.parse(control.dataset.values)[Number(control.value)];
  };

  function start(root) {
    const controls = [...root.querySelectorAll("[data-name]")];
    const stage = root.querySelector(".course-stage");
    const caption = root.querySelector(".course-caption");
    const config = root.dataset.config ? JSON.parse(root.dataset.config) : {};

    const frames = root.dataset.frames ? JSON.parse(root.dataset.frames) : {};

    const frame = () => {
      const [html, caption, limits, off] = frames[controls.map((control) => control.value).join("-")];
      return { html, caption, limits, off };
    };

    const compute = () => {
      const values = Object.fromEntries(controls.map((control) => [control.dataset.name, read(control)]));
      const shown = renderers[root.dataset.script](values, config);
      root.dataset.result = JSON.stringify(shown.result ?? null);
      return shown;
    };

    const update = () => {
      const shown = root.dataset.script ? compute() : frame();
      for (const control of controls) {
        const { name } = control.dataset;
        if (name in (shown.limits ?? {})) control.max = shown.limits[name];
        control.disabled = (shown.off ?? []).includes(name);
      }
      for (const control of controls.filter((c) => c.matches("input[type=range]"))) {
        const text = JSON.parse(control.dataset.texts)[Number(control.value)];
        control.nextElementSibling.textContent = text;
        control.setAttribute("aria-valuetext", text);
      }
      const focused = stage.contains(document.activeElement) ? document.activeElement.dataset.set : null;
      stage.innerHTML = shown.html;
      if (focused) stage.querySelector(`[data-set="${focused}"]`)?.focus();
      caption.textContent = course.unbroken(shown.caption);
    };

    const changed = () => {
      playing.stop();
      update();
      say(caption.textContent);
    };

    // Inside the stage, an element with data-set="name:index" sets that control when clicked or activated.
    const set = (event) => {
      const target = event.target.closest("[data-set]");
      if (!target || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      for (const part of target.dataset.set.split(";")) {
        const [name, index] = part.split(":");
        controls.find((control) => control.dataset.name === name).value = index;
      }
      changed();
    };

    for (const button of root.querySelectorAll(".course-play")) {
      const slider = button.parentElement.querySelector("input");
      const name = button.parentElement.querySelector("label").textContent;
      const show = (word, sign) => {
        button.textContent = `${sign} ${word}`;
        button.setAttribute("aria-label", `${word}, ${name}`);
      };
      const player = {
        timer: null,
        stop: () => {
          if (!player.timer) return;
          clearInterval(player.timer);
          player.timer = null;
          show("Play", "▶");
          say(caption.textContent);
        },
      };
      button.addEventListener("click", () => {
        if (player.timer) return player.stop();
        playing.stop();
        playing = player;
        if (slider.value === slider.max) slider.value = slider.min;
        show("Stop", "■");
        say("");
        player.timer = setInterval(() => {
          if (slider.value !== slider.max) {
            slider.value = Number(slider.value) + 1;
            update();
          }
          if (slider.value === slider.max) player.stop();
        }, PAUSE);
      });
    }
    root.querySelector(".course-controls").addEventListener("input", changed);
    stage.addEventListener("click", set);
    stage.addEventListener("keydown", set);
    root.querySelector(".course-controls").style.display = "";
    update();
  }

  window.course = {
    explorer: (name, render) => { renderers[name] = render; },
    // Helpers for scripts, as in cnnlib/course/figures/_numbers.py: a number rounded half up, with a true minus sign;
    // with a fixed count of decimals, or without the zeros at their end. And text made safe for HTML.
    fixed: (value, digits) => {
      if (!Number.isFinite(value)) return `${value}`.replace("Infinity", "∞").replace("-", "−").replace("NaN", "nan");
      const text = value.toFixed(digits);
      return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
    },
    number: (value, digits = 2) => {
      const text = course.fixed(value, digits);
      return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
    },
    // A caption whose lines do not break inside "p = 0.01" or "3 × 3", as in Python.
    unbroken: (text) => text.replace(/(?<!\S)(\S{1,9}) ([=≈<>≤≥]) (\S+)/g, "$1\u00a0$2\u00a0$3")
      .replace(/(?<=[=≈<>≤≥]) (?=\S)|(?<=[0-9%]) (?=[×±])|(?<=[×±]) (?=\S)/g, "\u00a0")
      .replace(/(?<=[0-9]) (?=(?:%|s|ms|µs)(?![0-9A-Za-z]))/g, "\u00a0"),
    escape: (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`),
  };
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") playing.stop(); });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".course-explorer").forEach(start);
  });
})();
