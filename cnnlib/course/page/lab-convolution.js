// The convolution laboratory: point at an output to see all that it reads, at a pixel to see all that reads it.
import { allowed, CAPTION, choice, folded, holding, isCell, LIMIT, limited, menu, stopping } from "./lab-controls.js";
import { place, PLANES, VALUE, valueBox, within, write } from "./lab-controls.js";
import { drawn } from "./lab-convolution-draw.js";
import { compute, countTerms } from "./lab-convolution-numbers.js";
import { hidden, next, withFound } from "./lab-convolution-predict.js";
import { verdict } from "./lab-mistakes.js";
import { legible } from "./lab-planes.js";
import { calm, shell, UNDO_AND_RESET } from "./lab.js";
import { NUMBER_BOX, readable, typed } from "./number-box.js";

const ALL = 999;  // more terms than any sum has
const GRIDS = ["input", "weight", "output"];
const OWN = "";  // the kernel's name once the reader has changed it
const LONGEST = 20;  // of what is typed as a prediction

export const start = (config) => ({ picture: Object.keys(config.pictures)[0], channels: 1,
  kernel: Object.keys(config.kernels)[0], weights: Object.values(config.kernels)[0], bias: 0, stride: 1, padding: 0,
  dilation: 1, cell: ["output", 1, 1], pinned: false, tab: 0, at: ALL, counting: false, edits: {}, predict: false,
  guess: null, found: null, ...config.start });

export function numbers(state, config) {
  const seen = compute(state, config), [grid, i, j] = seen.cell ?? [], [a, b, typed] = state.guess ?? [];
  const judged = state.predict && grid === "output" && seen.window && a === i && b === j;
  return { ...seen, held: state.pinned ? grid : null, verdict: judged ? verdict(typed, seen, state) : null };
}

export const draw = (seen, state, config) => drawn(seen, state, config);

// A kernel that has a name is not written out in an address.
const linked = (state, config) => (state.kernel === OWN ? state : { ...state, weights: start(config).weights });
const followed = (state, config) => {
  const written = JSON.stringify(state.weights) !== JSON.stringify(start(config).weights);
  return written || state.kernel === OWN ? state : { ...state, weights: config.kernels[state.kernel] };
};

// What an address may say; the rest is tried by drawing it.
export function valid(state, { pictures, kernels }) {
  const { picture, kernel, weights, cell, edits, guess, found } = state;
  const kernelFits = (w) => within(w.length, 1, 5) && w.length === weights[0].length && w.every((line) =>
    within(line.length, 1, 5) && line.length === weights[0][0].length && line.every(allowed));
  const editFits = (edit, { shape }) => edit.length === 4 && allowed(edit[3]) &&
    edit.slice(0, 3).every((k, axis) => within(k, 0, shape[axis] - 1));
  return Object.hasOwn(pictures, picture) && within(state.channels, 1, 3) &&
    (kernel === OWN || Object.hasOwn(kernels, kernel)) && weights.length === 3 && weights.every(kernelFits) &&
    allowed(state.bias) && within(state.stride, 1, 3) && within(state.padding, 0, 2) && within(state.dilation, 1, 3) &&
    within(state.tab, 0, 2) && within(state.at, 0, ALL) && isCell(cell, GRIDS) &&
    ["pinned", "counting", "predict"].every((key) => typeof state[key] === "boolean") &&
    Object.entries(edits).every(([name, list]) => list.every((edit) => editFits(edit, pictures[name]))) &&
    (guess === null || (typeof guess[2] === "string" && guess[2].length <= LONGEST)) &&
    (found === null || Array.isArray(found.cells));
}

export const layout = ({ pictures, kernels }) => '<p class="course-lab-w-hint"><strong>Point at any number, or tap it.' +
  "</strong> An output shows the window that it reads, a pixel all outputs that read it, a weight all places where it is " +
  "used. A click holds it, another lets it go; + and − change a pixel or a weight. " +
  "By key: Tab, arrows, Enter, Esc.</p>" +
  `<div class="course-lab-tools course-lab-w-options">${menu('state="picture"', Object.keys(pictures), "image")}` +
  `${menu("kernel", Object.keys(kernels), "kernel", '<option value=\'""\'>your own</option>')}` +
  `${choice("stride", [1, 2, 3], "stride")}${choice("padding", [0, 1, 2], "padding")}` +
  folded(choice("channels", [1, 2, 3], "channels"), choice("dilation", [1, 2, 3], "dilation"),
    `<label class="course-lab-w-above"><span>bias${LIMIT}</span>${NUMBER_BOX} data-focus="bias"></label>`,
    '<label><input type="checkbox" data-state="counting">count readers</label>') + "</div>" +
  `<div class="course-lab-w-stage"><div>${PLANES}` +
  `<div class="course-lab-tools"><button type="button" data-do="slide">${stopping("▶ Slide")}</button>` +
  `<button type="button" data-do="predict">Predict</button>${UNDO_AND_RESET}</div>` +
  `<div class="course-lab-w-said"><div data-region="ask"></div>${VALUE}${CAPTION}` +
  '</div></div><div class="course-lab-w-below"><div class="course-lab-tools" data-region="tabs"></div>' +
  `<div class="course-lab-tools course-lab-w-scrub"><button type="button" data-do="play">${stopping("▶ Add up")}</button>` +
  '<label>terms <input type="range" data-state="at" min="0" max="1"></label></div><div data-region="sum"></div></div></div>';

export function open(root, config) {
  const body = root.querySelector(".course-lab-body"), find = (selector) => body.querySelector(selector);
  let seen = null, light = false;
  const box = valueBox(body, { set, get() {
    const [grid, i, j] = seen.cell ?? ["output"];
    return grid === "output" ? null : { input: seen.x, weight: seen.w }[grid][seen.tab][i][j];
  }, unit: () => (light && seen.cell[0] === "input" ? 0.1 : 1) });
  const hold = holding(body, () => lab);
  const lab = shell(root, config, { name: "convolution", start, numbers, draw, layout, valid, after, linked, followed,
    grids: ({ size }) => size,
    actions: { play, slide, predict, check, reveal, next: another, release: hold.release, less: box.less,
      more: box.more } });

  function after(now, state) {
    seen = now;
    light = config.pictures[state.picture].light ?? false;
    const scrub = find('[data-state="at"]'), [grid, i, j] = seen.cell ?? [], button = find('[data-do="predict"]');
    scrub.max = countTerms(seen);
    scrub.value = Math.min(state.at, scrub.max);
    find(".course-lab-w-scrub").hidden = !seen.window || hidden(state, i, j);
    write(find('[data-focus="bias"]'), state.bias);
    find("[data-kernel]").value = JSON.stringify(state.kernel);
    for (const radio of body.querySelectorAll('[name="channels"]')) {
      radio.disabled = Number(radio.value) > config.pictures[state.picture].shape[0];
    }
    const readable = seen.y.length && legible(seen.y) && legible(seen.x[0], state.padding);
    button.setAttribute("aria-pressed", String(state.predict));
    button.setAttribute("aria-disabled", String(!readable));
    button.title = readable ? "" : "For an image whose numbers can be read";
    box.show();
    hold.show(state);
    place(body);
  }

  // Sets the chosen pixel or weight.
  function set(value) {
    const { cell: [grid, i, j], tab } = seen, { state } = lab;
    if (grid === "weight") {
      const changed = state.weights[tab].map((line, u) => line.map((old, v) => (u === i && v === j ? value : old)));
      return lab.change({ kernel: OWN, weights: state.weights.map((w, c) => (c === tab ? changed : w)) });
    }
    const others = (state.edits[state.picture] ?? []).filter(([c, p, q]) => c !== tab || p !== i || q !== j);
    lab.change({ edits: { ...state.edits, [state.picture]: [...others, [tab, i, j, value]] } });
  }

  // While it plays, the mouse may pass over the grids; then all is held or not as it was.
  function play(button) {
    const terms = countTerms(seen), { pinned } = lab.state;
    let at = lab.state.at >= terms ? 0 : lab.state.at;
    lab.play(button, () => {
      if (!seen.window) return false;  // the reader has turned to a pixel or a weight
      const tab = Math.min(Math.floor(at++ / seen.window.length), seen.x.length - 1);
      const on = at < terms;
      lab.change({ at: on ? at : ALL, tab, pinned: on || pinned }, { remember: false, aloud: !on });
      return on;
    }, 450);
  }

  // The window goes over the image, output by output, and quicker over a picture. For those who want no motion, each press
  // is one step.
  function slide(button) {
    const [rows, columns] = seen.size.output, { pinned } = lab.state, still = calm();
    let last = String(seen.cell);
    const step = () => {
      const [grid, i, j] = seen.cell ?? [], k = grid === "output" ? (i * columns + j + 1) % (rows * columns) : 0;
      if (String(seen.cell) !== last || String(seen.size.output) !== String([rows, columns])) return false;
      const on = k < rows * columns - 1, cell = ["output", Math.floor(k / columns), k % columns];
      last = String(cell);
      lab.change({ cell, pinned: on && !still || pinned }, { remember: false, aloud: still || !on });
      return on;
    };
    if (!seen.y.length) return;
    if (still) return step();
    lab.play(button, step, legible(seen.y) ? 400 : 60);
  }

  function predict(button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    const { predict, pinned } = lab.state;  // what the mouse has passed on its way here was not meant
    const cell = pinned && seen.cell?.[0] === "output" ? seen.cell : ["output", 0, 0];
    lab.change({ predict: !predict, guess: null, ...(predict ? { pinned: false } : { cell, pinned: true }) });
    find('[data-focus="guess"]')?.focus();
  }

  function check() {
    const [, i, j] = seen.cell, guess = [i, j, find('[data-focus="guess"]').value.slice(0, LONGEST)];
    const right = verdict(guess[2], seen, lab.state)?.right;
    lab.change({ guess, pinned: true, ...(right ? { found: withFound(lab.state, i, j) } : {}) });
    const said = find('[data-region="ask"] .course-lab-badge');
    if (said) lab.say(said.textContent);
    if (right) return find('[data-do="next"]')?.focus();
    find('[data-focus="guess"]')?.focus();
    find('[data-focus="guess"]')?.select();  // what is typed now takes its place
  }

  function reveal() {
    lab.change({ found: withFound(lab.state, seen.cell[1], seen.cell[2]), guess: null });
    find('[data-do="next"]')?.focus();
  }

  function another() {
    const cell = next(lab.state, seen.size.output, seen.cell?.slice(1));
    if (cell) lab.change({ cell: ["output", ...cell], pinned: true, guess: null });
    find('[data-focus="guess"]')?.focus();
  }

  const take = ({ target, type }) => {
    const kernel = target.matches("[data-kernel]") ? JSON.parse(target.value) : OWN;
    if (kernel !== OWN) lab.change({ kernel, weights: config.kernels[kernel] });
    if (!target.matches('[data-focus="bias"]')) return;
    if (readable(target)) lab.change({ bias: limited(typed(target.value)) });
    if (type === "change") write(target, lab.state.bias);  // what is in force
  };
  for (const kind of ["input", "change"]) body.addEventListener(kind, take);  // a menu may tell of either alone
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches('[data-focus="guess"]')) return;
    event.preventDefault();  // or the same press goes on to the button that then has the focus
    check();
  });

  // Pictures have no element for each pixel: where the pointer is says which one it is at.
  const pointed = (event) => {
    const grid = event.target.closest?.("[data-picture]");
    if (!grid) return null;
    const [rows, columns, border] = grid.dataset.picture.split(",").map(Number);
    const { left, top, width, height } = grid.querySelector("svg").getBoundingClientRect();
    const i = Math.floor((rows * (event.clientY - top)) / height) - border;
    const j = Math.floor((columns * (event.clientX - left)) / width) - border;
    return within(i, 0, rows - 2 * border - 1) && within(j, 0, columns - 2 * border - 1) ? [grid.dataset.grid, i, j] : null;
  };
  body.addEventListener("pointermove", (event) => {
    const cell = event.pointerType === "mouse" && !lab.state.pinned && pointed(event);
    if (cell) lab.change({ cell }, { remember: false, aloud: false, soon: true });
  });
  body.addEventListener("click", (event) => {
    const cell = pointed(event), pinned = !(lab.state.pinned && String(cell) === String(lab.state.cell));
    if (cell) lab.change({ cell, pinned }, { remember: false });
  });
}
