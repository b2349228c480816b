// Explorers in the built book: native controls, frames from <template>s or from a function of the page.
// A script registers with course.explorer(name, render); render(values, config) returns
// {html, caption, result, limits}: what to show, what to say, the numbers behind it (kept in data-result), and
// the last index of sliders whose length depends on the others.
(() => {
  const renderers = {};

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

    const frame = () => {
      const key = controls.map((control) => control.value).join("-");
      const copy = root.querySelector(`template[data-key="${key}"]`).content.cloneNode(true);
      const text = copy.lastElementChild;
      text.remove();
      return { nodes: [...copy.childNodes], caption: text.textContent };
    };

    const compute = () => {
      const values = Object.fromEntries(controls.map((control) => [control.dataset.name, read(control)]));
      const { html, caption, result, limits = {} } = renderers[root.dataset.script](values, config);
      root.dataset.result = JSON.stringify(result ?? null);
      for (const control of controls) if (control.dataset.name in limits) control.max = limits[control.dataset.name];
      const holder = document.createElement("div");
      holder.innerHTML = html;
      return { nodes: [...holder.childNodes], caption };
    };

    const update = () => {
      const shown = root.dataset.script ? compute() : frame();
      for (const control of controls.filter((c) => c.matches("input[type=range]"))) {
        const text = JSON.parse(control.dataset.texts)[Number(control.value)];
        control.nextElementSibling.textContent = text;
        control.setAttribute("aria-valuetext", text);
      }
      const focused = stage.contains(document.activeElement) ? document.activeElement.dataset.set : null;
      stage.replaceChildren(...shown.nodes);
      if (focused) stage.querySelector(`[data-set="${focused}"]`)?.focus();
      caption.textContent = shown.caption;
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
      update();
    };

    for (const button of root.querySelectorAll(".course-play")) {
      const slider = button.parentElement.querySelector("input");
      let timer = null;
      const stop = () => { clearInterval(timer); timer = null; button.textContent = "▶"; };
      button.addEventListener("click", () => {
        if (timer) return stop();
        if (slider.value === slider.max) slider.value = slider.min;
        button.textContent = "⏸";
        timer = setInterval(() => {
          if (slider.value === slider.max) return stop();
          slider.value = Number(slider.value) + 1;
          update();
        }, 700);
      });
    }
    root.querySelector(".course-controls").addEventListener("input", update);
    stage.addEventListener("click", set);
    stage.addEventListener("keydown", set);
    root.querySelector(".course-controls").hidden = false;
    update();
  }

  window.course = {
    explorer: (name, render) => { renderers[name] = render; },
    // Helpers for scripts: a number as text with a true minus sign, and text made safe for HTML.
    number: (value, digits = 2) => {
      const rounded = Number(value.toFixed(digits));
      return String(Object.is(rounded, -0) ? 0 : rounded).replace("-", "−");
    },
    escape: (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`),
  };
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".course-explorer").forEach(start);
  });
})();
