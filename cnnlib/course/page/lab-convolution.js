// The convolution laboratory: point at an output to see all that it reads, at a pixel to see all that reads it.
import { drawn } from "./lab-convolution-draw.js";
import { compute, countTerms } from "./lab-convolution-numbers.js";
import { hidden, next, withFound } from "./lab-convolution-predict.js";
import { verdict } from "./lab-mistakes.js";
import { choice, legible } from "./lab-planes.js";
import { shell, UNDO_AND_RESET } from "./lab.js";

const ALL = 999;  // more terms than any sum has
const LARGEST = 999;  // a number that a reader may type

export const start = (config) => ({ picture: Object.keys(config.pictures)[0], channels: 1, kernel: Object.keys(config.kernels)[0],
  weights: Object.values(config.kernels)[0], bias: 0, stride: 1, padding: 0, dilation: 1, cell: ["output", 1, 1], pinned: false,
  tab: 0, at: ALL, counting: false, edits: {}, predict: false, guess: null, found: null, ...config.start });

export function numbers(state, config) {
  const seen = compute(state, config), [grid, i, j] = seen.cell ?? [], guess = state.guess;
  const judged = grid === "output" && seen.window && state.predict && guess?.[0] === i && guess[1] === j;
  return { ...seen, verdict: judged ? verdict(guess[2], seen, state) : null };
}

export const draw = (seen, state, config) => drawn(seen, state, config);

// What an address may say: numbers of the right kind and size; the rest is tried by drawing it.
export function valid(state, { pictures, kernels }) {
  const within = (value, low, high) => Number.isInteger(value) && low <= value && value <= high;
  const number = (value) => typeof value === "number" && Math.abs(value) <= LARGEST;
  const { picture, channels, kernel, weights, cell, edits, guess, found } = state, planes = pictures[picture];
  return Boolean(planes) && within(channels, 1, planes.shape[0]) && (kernel === null || Object.hasOwn(kernels, kernel)) && Array.isArray(weights) && weights.length === 3 &&
    weights.every((w) => w.length === weights[0].length && within(w.length, 1, 5) && w.every((line) => line.length === w[0].length &&
      within(line.length, 1, 5) && line.every(number))) &&
    number(state.bias) && within(state.stride, 1, 3) && within(state.padding, 0, 2) && within(state.dilation, 1, 3) &&
    within(state.tab, 0, 2) && within(state.at, 0, ALL) &&
    (cell === null || (["input", "weight", "output"].includes(cell[0]) && cell.slice(1).every((k) => within(k, 0, ALL)))) &&
    Object.entries(edits).every(([name, list]) => list.every((edit) => edit.length === 4 && number(edit[3]) &&
      edit.slice(0, 3).every((k, axis) => within(k, 0, pictures[name].shape[axis] - 1)))) &&
    (guess === null || typeof guess[2] === "string") && (found === null || Array.isArray(found.cells));
}

const menu = (key, names, label, more = "") => `<label>${label} <select data-${key}>${names.map((name) =>
  `<option value='${JSON.stringify(name)}'>${name}</option>`).join("")}${more}</select></label>`;

export const layout = ({ pictures, kernels }) => `<p class="course-lab-hint">Point at a number, tap it, or go there with Tab and the ` +
  "arrow keys: an output shows its window, a pixel the outputs that read it, a weight all places where it is used. A click or Enter " +
  "holds it; + and − change a pixel or a weight.</p>" +
  `<div class="course-lab-tools">${menu('state="picture"', Object.keys(pictures), "image")}${menu("kernel", Object.keys(kernels), "kernel",
    "<option value='null'>your own</option>")}</div>` +
  `<div class="course-lab-tools">${choice("channels", [1, 2, 3], "channels")}${choice("stride", [1, 2, 3], "stride")}` +
  `${choice("padding", [0, 1, 2], "padding")}${choice("dilation", [1, 2, 3], "dilation")}` +
  '<label class="course-lab-above">bias <input type="number" step="1" data-state="bias"></label></div>' +
  '<div class="course-lab-planes"><div data-region="input"></div><div data-region="weight"></div><div data-region="output"></div></div>' +
  '<div class="course-lab-tools"><button type="button" data-do="predict">Predict</button>' +
  `<label><input type="checkbox" data-state="counting">count readers</label>${UNDO_AND_RESET}</div>` +
  '<div class="course-lab-below"><div class="course-lab-ask" data-region="ask"></div>' +
  '<div class="course-lab-tools course-lab-value"><span data-region="value"></span>' +
  '<button type="button" data-do="less" aria-label="one less">−</button>' +
  '<input type="number" step="1" aria-label="value" data-focus="value">' +
  '<button type="button" data-do="more" aria-label="one more">+</button></div>' +
  '<p class="course-caption" data-region="caption"></p><div class="course-lab-tools" data-region="tabs"></div>' +
  '<div class="course-lab-tools course-lab-scrub"><button type="button" data-do="play">▶ Add up</button>' +
  '<label>terms <input type="range" data-state="at" min="0" max="1"></label></div>' +
  '<div data-region="sum"></div></div>';

export function open(root, config) {
  const body = root.querySelector(".course-lab-body"), find = (selector) => body.querySelector(selector);
  let seen = null;
  const lab = shell(root, config, {
    name: "convolution", start, numbers, draw, layout, valid, after, actions: { play, less: () => step(-1), more: () => step(1), predict, check, reveal, next: another },
    grids: ({ size }) => size,
  });
  function after(now, state) {
    seen = now;
    const { cell, tab, x, w } = seen, scrub = find('[data-state="at"]'), box = find('[data-focus="value"]');
    const terms = countTerms(seen), output = cell?.[0] === "output";
    scrub.max = terms;
    scrub.value = Math.min(state.at, terms);
    find(".course-lab-scrub").hidden = !output || !seen.window || hidden(state, cell[1], cell[2]);
    const value = cell && !output ? (cell[0] === "input" ? x : w)[tab][cell[1]][cell[2]] : null;
    find(".course-lab-value").hidden = value === null;
    if (value !== null && (box !== document.activeElement || Number(box.value) !== value)) box.value = Number(value.toFixed(4));
    find("[data-kernel]").value = JSON.stringify(state.kernel);
    for (const radio of body.querySelectorAll('[name="channels"]')) radio.disabled = Number(radio.value) > config.pictures[state.picture].shape[0];
    const off = !seen.y.length || !legible(seen.y) || !legible(seen.x[0], state.padding), button = find('[data-do="predict"]');
    button.setAttribute("aria-pressed", String(state.predict));
    button.setAttribute("aria-disabled", String(off));
  }

  // Sets the chosen pixel or weight.
  function set(value) {
    const { cell, tab } = seen, { state } = lab;
    if (!cell || cell[0] === "output" || !(Math.abs(value) <= LARGEST)) return;
    const [grid, i, j] = cell;
    if (grid === "weight") {
      return lab.change({ kernel: null, weights: state.weights.map((w, c) => (c === tab ? w.map((line, u) => line.map((old, v) => (u === i && v === j ? value : old))) : w)) });
    }
    const kept = (state.edits[state.picture] ?? []).filter(([c, p, q]) => String([c, p, q]) !== String([tab, i, j]));
    lab.change({ edits: { ...state.edits, [state.picture]: [...kept, [tab, i, j, value]] } });
  }

  const step = (by) => {
    const { cell, tab, x, w } = seen;
    if (cell && cell[0] !== "output") set(Number(((cell[0] === "input" ? x : w)[tab][cell[1]][cell[2]] + by).toFixed(4)));
  };

  function play(button) {
    const terms = countTerms(seen);
    let at = lab.state.at >= terms ? 0 : lab.state.at;
    lab.play(button, () => {
      lab.change({ at: Math.min(++at, terms), tab: Math.min(Math.floor((at - 1) / seen.window.length), seen.x.length - 1) }, { remember: false, aloud: at >= terms });
      return at < terms;
    }, 450);
  }

  function predict(button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    const cell = seen.cell?.[0] === "output" ? seen.cell : ["output", 0, 0];
    lab.change({ predict: !lab.state.predict, cell, pinned: true, guess: null });
  }

  function check() {
    const [, i, j] = seen.cell, typed = find('[data-focus="guess"]').value, guess = [i, j, typed.slice(0, 20)];
    const right = verdict(guess[2], seen, lab.state)?.right;
    lab.change({ guess, pinned: true, ...(right ? { found: withFound(lab.state, i, j) } : {}) });
    const said = find(".course-lab-ask .course-verdict");
    if (said) lab.say(said.textContent);
    find('[data-focus="guess"]')?.select();
  }

  function reveal() {
    const [, i, j] = seen.cell;
    lab.change({ found: withFound(lab.state, i, j), guess: null });
  }

  function another() {
    const cell = next(lab.state, seen.size.output, seen.cell?.slice(1));
    if (cell) lab.change({ cell: ["output", ...cell], pinned: true, guess: null });
    find('[data-focus="guess"]')?.focus();
  }

  body.addEventListener("input", ({ target }) => {
    if (target.matches('[data-focus="value"]') && target.value !== "") set(Number(target.value));
    if (target.matches("[data-kernel]") && JSON.parse(target.value) !== null) {
      const kernel = JSON.parse(target.value);
      lab.change({ kernel, weights: config.kernels[kernel] });
    }
  });

  body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches('[data-focus="guess"]')) check();
    if (event.target.closest("[data-grid]") && "+-".includes(event.key)) step(event.key === "+" ? 1 : -1);
  });

  // Pictures have no element for each pixel: where the pointer is says which one it is at.
  const pointed = (event) => {
    const grid = event.target.closest?.("[data-picture]");
    if (!grid) return null;
    const [rows, columns, border] = grid.dataset.picture.split(",").map(Number), box = grid.querySelector("svg").getBoundingClientRect();
    const i = Math.floor(rows * (event.clientY - box.top) / box.height) - border, j = Math.floor(columns * (event.clientX - box.left) / box.width) - border;
    return i >= 0 && j >= 0 && i < rows - 2 * border && j < columns - 2 * border ? [grid.dataset.grid, i, j] : null;
  };
  body.addEventListener("pointermove", (event) => {
    const cell = event.pointerType === "mouse" && !lab.state.pinned && pointed(event);
    if (cell) lab.change({ cell }, { remember: false, aloud: false, soon: true });
  });
  body.addEventListener("click", (event) => {
    const cell = pointed(event);
    if (cell) lab.change({ cell, pinned: !(lab.state.pinned && String(cell) === String(lab.state.cell)) }, { remember: false });
  });
}
