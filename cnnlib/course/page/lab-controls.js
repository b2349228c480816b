// Controls of the laboratories on windows: menus, a few values side by side, and a box to change the chosen number.

import { escaped } from "./lab-planes.js";
import { arrows, NUMBER_BOX, put, readable, typed } from "./number-box.js";
import { number } from "./words.js";

const json = (value) => escaped(JSON.stringify(value));

// A menu of names: `data` is the rest of a data attribute, `state="key"` where the shell keeps the choice.
export const menu = (data, names, label, more = "") => `<label class="course-lab-w-above">${label} <select data-${data}>${names.map((name) =>
  `<option value="${json(name)}">${escaped(name)}</option>`).join("")}${more}</select></label>`;

// The words of a button that plays: Stop while it does.
export const stopping = (words) => `<span class="course-lab-w-turns"><span>${words}</span><span>■ Stop</span></span>`;

// A few values side by side, of which one is chosen.
export const choice = (key, values, name) => `<div class="course-lab-w-choice" role="radiogroup" aria-label="${name}">` +
  `<span aria-hidden="true">${name}</span><div>${values.map((value) => `<label><input type="radio" name="${key}" ` +
  `data-state="${key}" value="${json(value)}">${value}</label>`).join("")}</div></div>`;

// What a beginner can leave as it is: folded, with a line that says how it stands.
export const folded = (...parts) => '<details class="course-lab-settings"><summary>More: <span data-region="settings">' +
  `</span></summary><div class="course-lab-tools course-lab-w-options">${parts.join("")}</div></details>`;

// The two grids and the kernel between them. Beside a wide input, the kernel stands above the output. How to read a cell is
// said below these two, where there is room; on a phone at once after the input.
export const PLANES = '<div class="course-lab-w-planes"><div data-region="input"></div><div class="course-lab-w-planes">' +
  '<div data-region="weight"></div><div data-region="output"></div><div class="course-lab-w-legend" data-region="legend">' +
  "</div></div></div>";

// Once all is drawn: beside the input only where the output has room there. What is computed stands below planes that
// are `wide`.
export function place(body, wide = false) {
  body.querySelector(".course-lab-w-stage").toggleAttribute("data-wide", wide);
  const output = body.querySelector('[data-region="output"]');
  output.parentElement.style.flexBasis = output.firstElementChild?.style.width || "9rem";
}

// What a reader may make of a number, and what an address may say. What is typed beyond it is limited, and `LIMIT`, which
// follows the number's name, says so.
const LARGEST = 999;
export const allowed = (value) => typeof value === "number" && Math.abs(value) <= LARGEST;
export const limited = (value) => Math.min(Math.max(value, -LARGEST), LARGEST);
export const LIMIT = `<span class="course-lab-w-limit" hidden>, ±${LARGEST} at most</span>`;

// A number that is held stays chosen wherever the mouse goes. Its frame has a corner, and beside the caption stands what
// lets it go.
export const CAPTION = '<p class="course-caption"><span data-region="caption"></span> ' +
  '<button type="button" class="course-lab-w-held" data-do="release" hidden>◤ Held. Let go</button></p>';

// Lets go: by that button, or by Escape anywhere; at the grids the shell sees to that, and what plays is stopped first.
export function holding(body, lab) {
  const release = () => {
    const [grid] = lab().state.cell ?? ["output"], focused = document.activeElement.matches("[data-do=release]");
    lab().change({ pinned: false }, { remember: false });
    if (focused) body.querySelector(`[data-grid="${grid}"]`)?.focus({ preventScroll: true });  // it is hidden now
  };
  body.addEventListener("keydown", (event) => {
    const elsewhere = !event.target.closest("[data-grid]") && !body.querySelector("[data-playing]");
    if (event.key === "Escape" && elsewhere) release();
  });
  return { release, show({ pinned }) { body.querySelector("[data-do=release]").hidden = !pinned; } };
}

export const VALUE = '<div class="course-lab-tools course-lab-w-value">' +
  `<span><span data-region="value"></span>${LIMIT}</span>` +
  '<button type="button" data-do="less" aria-label="less">−</button>' +
  `${NUMBER_BOX} aria-label="value" data-focus="value">` +
  '<button type="button" data-do="more" aria-label="more">+</button></div>';

export const within = (value, low, high) => Number.isInteger(value) && low <= value && value <= high;
export const isCell = (cell, grids) => cell === null ||
  (grids.includes(cell[0]) && cell.length === 3 && within(cell[1], 0, 999) && within(cell[2], 0, 999));

// `get()` is the chosen number or null, `set(value)` changes it, a step is `unit()`. Gives two actions, and what to do
// once all is drawn.
export function valueBox(body, { get, set, unit = () => 1 }) {
  const offer = (value) => { if (get() !== null) set(limited(value)); };
  arrows(body);
  const step = (by) => offer(Number((get() + by * unit()).toFixed(4)));
  body.addEventListener("input", ({ target }) => {
    if (target.matches('[data-focus="value"]') && readable(target)) offer(typed(target.value));
  });
  // What is too large is limited, and what is no number changes nothing: the box then shows what is in force.
  body.addEventListener("change", ({ target }) => {
    if (target.matches('[data-focus="value"]') && get() !== null) write(target, get());
  });
  // Also at the grids themselves, where arrows choose.
  body.addEventListener("keydown", (event) => {
    const by = { "+": 1, "-": -1, "−": -1 }[event.key];
    if (by && event.target.closest("[data-grid]")) step(by);
  });
  return {
    less: () => step(-1), more: () => step(1),
    show() {
      const value = get();
      body.querySelector(".course-lab-w-value").hidden = value === null;
      if (value === null) return;
      const box = body.querySelector('[data-focus="value"]');
      box.dataset.step = unit();
      write(box, value);
    },
  };
}

// Shows a number in its box; what is typed there, with all its decimals, stays as it is while it means the same.
export function write(box, value) {
  if (typed(box.value) !== value) put(box, number(value, 4));
  box.parentElement.querySelector(".course-lab-w-limit").hidden = Math.abs(value) < LARGEST;
}
