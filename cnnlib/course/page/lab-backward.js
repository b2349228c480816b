// The backward laboratory: the way back through a convolution or a pooling, seen by a window, a pixel and a weight.
import { drawn } from "./lab-backward-draw.js";
import { compute, layers } from "./lab-backward-numbers.js";
import { allowed, CAPTION, choice, folded, holding, isCell, menu, stopping, within } from "./lab-controls.js";
import { place, PLANES, VALUE, valueBox } from "./lab-controls.js";
import { calm, shell, UNDO_AND_RESET } from "./lab.js";

const ALL = 999;  // more terms than any sum has, and more numbers than there are to nudge
const GRIDS = ["input", "weight", "output"];

export const start = (config) => ({ layer: layers[0], picture: Object.keys(config.pictures)[0],
  size: Object.keys(config.weights)[0], weights: config.weights, stride: 1, padding: 0, dilation: 1, rule: "+=",
  cell: ["output", 1, 1], pinned: false, at: ALL, nudge: 1, checked: 0, edits: {}, upstream: [], ...config.start });

export const numbers = (state, config) => ({ ...compute(state, config), held: state.pinned ? state.cell?.[0] : null });
export const draw = (seen, state) => drawn(seen, state);

// What an address may say; the rest is tried by drawing it.
export function valid(state, { pictures, weights }) {
  const edits = (list, [H, W]) => list.every((edit) => edit.length === 3 && within(edit[0], 0, H - 1) &&
    within(edit[1], 0, W - 1) && allowed(edit[2]));
  const sameShape = (w, given) => given.length === w.length && given.every((line, u) => line.length === w[u]?.length &&
    line.every(allowed));
  return layers.includes(state.layer) && Object.hasOwn(pictures, state.picture) && Object.hasOwn(weights, state.size) &&
    Object.entries(weights).every(([name, w]) => sameShape(w, state.weights[name])) &&
    within(state.stride, 1, 3) && within(state.padding, 0, 2) && within(state.dilation, 1, 2) &&
    ["+=", "="].includes(state.rule) && isCell(state.cell, GRIDS) && typeof state.pinned === "boolean" &&
    within(state.at, 0, ALL) && within(8 * state.nudge, -16, 16) && within(state.checked, 0, ALL) &&
    Object.entries(state.edits).every(([name, list]) =>
      edits(list, [pictures[name].length, pictures[name][0].length])) &&
    edits(state.upstream, [ALL, ALL]);
}

export const layout = ({ pictures, weights }) => '<p class="course-lab-w-hint"><strong>Press ▶ Go back:</strong> one output ' +
  "after the other sends its dy back through its window, and adds to dx and dw what it owes them. Or point at any number, " +
  "or tap it, to see its terms; a click holds it, another lets it go, + and − change it. " +
  "By key: Tab, arrows, Enter, Esc.</p>" +
  `<div class="course-lab-tools course-lab-w-options">${menu('state="layer"', layers, "layer")}` +
  `${choice("stride", [1, 2, 3], "stride")}${choice("rule", ["+=", "="], "windows write")}` +
  folded(menu('state="picture"', Object.keys(pictures), "input"), menu('state="size"', Object.keys(weights), "window"),
    choice("padding", [0, 1, 2], "padding"), choice("dilation", [1, 2], "dilation")) + "</div>" +
  '<div class="course-lab-tools" data-region="lens"></div>' +
  '<div class="course-lab-tools course-lab-w-scrub"><button type="button" data-do="play" class="course-lab-main">' +
  `${stopping("▶ Go back")}</button>` +
  '<label><span data-name="scrub"></span> <input type="range" min="0" max="1" data-focus="scrub"></label></div>' +
  `<div class="course-lab-w-stage"><div>${PLANES}<div class="course-lab-w-said">` +
  `${CAPTION}${VALUE}</div></div>` +
  '<div class="course-lab-w-below">' +
  '<div class="course-lab-w-planes"><div data-region="sum"></div><div class="course-lab-w-nudge"><div data-region="plot"></div>' +
  '<label>nudge <input type="range" data-state="nudge" min="-2" max="2" step="0.125">' +
  "</label></div></div>" +
  '<div data-region="badge"></div><div class="course-lab-tools"><button type="button" data-do="nudge">' +
  `${stopping("Nudge every number")}</button>${UNDO_AND_RESET}</div><div data-region="check"></div></div></div>`;

export function open(root, config) {
  const body = root.querySelector(".course-lab-body"), find = (selector) => body.querySelector(selector);
  let seen = null;
  const scatters = () => (seen.cell?.[0] ?? "output") === "output";  // where nothing is chosen, all windows have gone back
  const box = valueBox(body, {
    get: () => (seen.cell ? { input: seen.x, weight: seen.w, output: seen.dy }[seen.cell[0]][seen.cell[1]][seen.cell[2]] : null), set,
  });
  const hold = holding(body, () => lab);
  const lab = shell(root, config, { name: "backward", start, numbers, draw, layout, valid, after, grids: ({ size }) => size,
    actions: { play, nudge, release: hold.release, less: box.less, more: box.more } });

  function after(now, state) {
    seen = now;
    const scrub = find('[data-focus="scrub"]'), window = scatters(), count = window ? seen.windows.length : seen.terms?.length ?? 0;
    find(".course-lab-w-scrub").hidden = !count;
    find('[data-name="scrub"]').textContent = window ? "windows back" : "terms";
    scrub.min = window ? 1 : 0;
    scrub.max = count;
    scrub.value = window ? seen.done : Math.min(state.at, count);
    find(".course-lab-w-nudge").hidden = !seen.check;
    for (const name of ["padding", "dilation"]) {
      for (const radio of body.querySelectorAll(`[name="${name}"]`)) {
        radio.disabled = !seen.convolution && Number(radio.value) > (name === "padding" ? Math.floor(seen.w.length / 2) : 1);
      }
    }
    box.show();
    hold.show(state);
    place(body, now.x[0].length + 2 * state.padding > 6 || now.size.output[1] > 4);
  }

  // So many windows have gone back, or so many terms have come.
  function scrubTo(at, more, { pinned } = lab.state) {
    const columns = seen.size.output[1], k = at - 1;
    const values = scatters() ? { cell: ["output", Math.floor(k / columns), k % columns] }
      : { at: at < seen.terms.length ? at : ALL };
    lab.change({ ...values, pinned }, { remember: false, ...more });
  }

  function play(button) {
    const scrub = find('[data-focus="scrub"]'), last = Number(scrub.max);
    let at = Number(scrub.value) >= last ? Number(scrub.min) - 1 : Number(scrub.value);
    const windows = scatters(), { pinned } = lab.state;  // while it plays, the mouse may pass over the grids
    lab.play(button, () => {
      if (scatters() !== windows) return false;  // the reader looks another way now
      scrubTo(++at, { aloud: at >= last }, { pinned: at < last || pinned });
      return at < last;
    }, 600);
  }

  // One number after the other, so that all can be watched; at once for those who want no motion. Once all are nudged,
  // so are those of other data.
  function nudge(button) {
    lab.change({ cell: null, pinned: false, checked: 1 }, { remember: false });
    if (calm()) return lab.change({ checked: ALL }, { remember: false });
    lab.play(button, () => {
      const next = lab.state.checked + 1, on = next < seen.toNudge;  // the reader may choose other data meanwhile
      lab.change({ cell: null, checked: on ? next : ALL }, { remember: false, aloud: !on });
      return on;
    }, 90);
  }

  function set(value) {
    const [grid, i, j] = seen.cell, { state } = lab;
    const edited = (list = []) => [...list.filter(([a, b]) => a !== i || b !== j), [i, j, value]];
    if (grid === "input") return lab.change({ edits: { ...state.edits, [state.picture]: edited(state.edits[state.picture]) } });
    if (grid === "output") return lab.change({ upstream: edited(state.upstream) });
    const w = state.weights[state.size].map((line, u) => line.map((old, v) => (u === i && v === j ? value : old)));
    lab.change({ weights: { ...state.weights, [state.size]: w } });
  }

  body.addEventListener("input", ({ target }) => {
    if (target.matches('[data-focus="scrub"]')) scrubTo(Number(target.value));
  });
}
