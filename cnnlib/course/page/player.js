// An explorer at work: controls, stage and caption, the same in the book's page and in Jupyter.
import { arrows, counts, put, readable, typed } from "./number-box.js";
import { unbroken } from "./words.js";

const PAUSE = 700;  // milliseconds between two frames
const QUIET = 600;  // without a change, before the caption is read aloud

// What all explorers of a document share, though Jupyter loads this script once for each: one playback at a time, which
// any change stops, and Escape wherever the focus is; one live region, which speaks when a change is over.
export function together() {
  if (document.course) return document.course;
  let region = null, later = null;
  const course = document.course = {
    stop: () => {},
    say(text) {
      clearTimeout(later);
      if (!region) {
        region = Object.assign(document.createElement("div"), { className: "course-status", role: "status" });
        (document.querySelector("main") ?? document.body).append(region);
      }
      region.textContent = "";
      if (text) later = setTimeout(() => { region.textContent = text; }, QUIET);
    },
  };
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") course.stop(); }, true);
  return course;
}

const LARGEST = 99;  // what a reader may make of a number: the sum of its products has room in a cell
const within = (cell) => Math.min(Math.max(counts(cell), -LARGEST), LARGEST);
const written = (value) => `${value}`.replace("-", "−");

// A control's place: an index into its values, or all numbers of a grid.
const read = (control) => control.matches("fieldset")
  ? [...control.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("input")].map(within))
  : Number(control.value);

// Says how large a number may be, once one is larger, and what is read, once something is not.
function limit(control, value) {
  const legend = control.querySelector("legend");
  legend.querySelector("span")?.remove();
  if (value !== null && Math.abs(value) <= LARGEST) return;
  const textContent = value === null ? " (a number, such as −1, 0.5 or 1/3)" : ` (±${LARGEST} at most)`;
  legend.append(Object.assign(document.createElement("span"), { textContent }));
}

function write(control, place) {
  if (control.matches("fieldset")) {
    const values = place.flat();
    return control.querySelectorAll("input").forEach((cell, k) => {
      if (typed(cell.value) !== values[k]) put(cell, written(values[k]));
    });
  }
  if (control.matches("input")) control.max = JSON.parse(control.dataset.values).length - 1;  // until the answer is shown
  control.value = place;
}

// `ask(places)` is called with every control's place, and `show({ html, caption, limits, off, texts })` answers it, at once
// or later. `limits` are the last indices of sliders whose length depends on the other controls, `off` the controls that
// change nothing for now, `texts` what stands beside sliders whose places mean something else each time; an answer to an earlier question (`old`) leaves the controls alone.
// `follow(before, values)` names the places of controls that another has moved.
export function play(root, ask, follow = () => ({})) {
  const course = together();
  const controls = [...root.querySelectorAll("[data-name]")];
  const find = (name) => controls.find((control) => control.dataset.name === name);
  const stage = root.querySelector(".course-stage"), caption = root.querySelector(".course-caption");
  let aloud = false, asked = "";

  const places = () => Object.fromEntries(controls.map((control) => [control.dataset.name, read(control)]));

  // data-set="name:index", or several of them, moves those controls there.
  const set = ({ dataset }) => dataset.set.split(" ").map((part) => part.split(":"));
  const move = (target) => { for (const [name, index] of set(target)) find(name).value = index; };
  const counting = (grid) => set(grid).every(([name, index]) => find(name).value === index);

  const readouts = (texts = {}) => {
    for (const control of controls.filter((c) => c.matches("input[type=range]"))) {
      const text = texts[control.dataset.name] ?? JSON.parse(control.dataset.texts)[Number(control.value)];
      control.closest(".course-control").querySelector("output").textContent = text;
      control.setAttribute("aria-valuetext", text);
    }
    // Numbers that do not count now stand back.
    for (const grid of controls) if (grid.dataset.set) grid.toggleAttribute("data-back", !counting(grid));
  };

  const values = (at) => Object.fromEntries(controls.map(({ dataset: { name, values: all } }) =>
    [name, all ? JSON.parse(all)[at[name]] : at[name]]));

  const update = () => {
    const moved = asked ? follow(values(JSON.parse(asked)), values(places())) : {};
    for (const [name, place] of Object.entries(moved)) write(find(name), place);
    readouts();
    asked = JSON.stringify(places());
    ask(places());
  };

  const show = ({ html, caption: said, limits, off, texts }, old = false) => {
    for (const control of old ? [] : controls) {
      const { name } = control.dataset;
      if (name in (limits ?? {})) control.max = limits[name];
      control.disabled = (off ?? []).includes(name);
      const playing = control.closest(".course-control")?.querySelector(".course-play");
      if (playing) playing.disabled = control.disabled;
    }
    readouts(texts);
    stage.innerHTML = html;
    caption.textContent = unbroken(said);
    if (aloud) course.say(caption.textContent);
  };

  const changed = () => {
    course.stop();
    aloud = true;
    update();
  };

  for (const button of root.querySelectorAll(".course-play")) {
    const box = button.closest(".course-control"), slider = box.querySelector("input");
    const name = box.querySelector(".course-label").textContent;
    const say = (word, sign) => {
      button.textContent = `${sign} ${word}`;
      button.setAttribute("aria-label", `${word}, ${name}`);
    };
    let timer = null;
    const stop = () => {
      if (!timer) return;
      clearInterval(timer);
      timer = null;
      say("Play", "▶");
      course.say(caption.textContent);
    };
    const step = () => {
      if (!button.isConnected) return stop();
      if (slider.value !== slider.max) {
        slider.value = Number(slider.value) + 1;
        update();
      }
      if (slider.value === slider.max) stop();
    };
    button.addEventListener("click", () => {
      if (timer) return stop();
      course.stop();
      course.stop = stop;
      if (slider.value === slider.max) slider.value = slider.min;
      say("Stop", "■");
      course.say("");
      aloud = false;
      timer = setInterval(step, PAUSE);
    });
  }

  const panel = root.querySelector(".course-controls");
  panel.addEventListener("input", ({ target }) => {
    const numbers = target.closest("fieldset");
    if (numbers?.dataset.set) move(numbers);  // which count once the menu stands at them
    if (numbers) limit(numbers, typed(target.value));
    changed();
  });
  panel.addEventListener("change", ({ target }) => {
    // What was left half typed gives way to the number that counts; one that is too large is shown as what it counts as.
    if (target.matches(".course-number")) {
      if (!readable(target)) put(target);
      if (typed(target.value) !== within(target)) put(target, written(within(target)));
    }
    // Some ways to choose from a menu send only this event.
    if (target.matches("select") && JSON.stringify(places()) !== asked) changed();
  });
  arrows(panel);
  stage.addEventListener("click", (event) => {
    const target = event.target.closest("[data-set]");
    if (!target) return;
    move(target);
    changed();
  });
  root.querySelector(".course-controls").style.display = "";
  return {
    show, update, values,
    move(moved) {
      for (const control of controls) write(control, moved[control.dataset.name]);
      asked = JSON.stringify(places());
    },
  };
}
