// The convolution laboratory's pictures: three planes, the products of a window and how they add up, the question.
import { largest, row } from "./draw.js";
import { sum } from "./lab-convolution-numbers.js";
import { hidden, left } from "./lab-convolution-predict.js";
import { caption, place } from "./lab-convolution-words.js";
import { beside, escaped, growing, headed, many, multiplied, note, plane, still, times } from "./lab-planes.js";
import { bracketed, number } from "./words.js";

export function drawn(seen, state, config) {
  const asked = seen.cell?.[0] === "output" && hidden(state, seen.cell[1], seen.cell[2]);  // the reader is to find it
  const planes = { input: input(seen, state, config), weight: kernel(seen), output: output(seen, state) };
  const below = seen.window ? outputSum(seen, state, asked) : seen.uses ? usesList(seen) : "";
  return {
    html: { ...planes, sum: below, tabs: tabs(seen, asked), ask: question(seen, state, asked), value: valueName(seen),
      settings: settings(seen, state), legend: unused(seen, state, config) },
    still: still(row(...Object.values(planes)) + below),
    caption: caption(seen, asked),
  };
}

const settings = ({ x, bias }, { dilation, counting }) => `${many(x.length, "channel")}, dilation ${dilation}, ` +
  `bias ${number(bias)}, ${counting ? "readers are counted" : "count readers"}`;

// The channels, each with what it adds to the chosen output; together with the bias they are its sum.
function tabs({ x, tab, sums, cell, y, bias }, asked) {
  if (x.length === 1) return "";
  const shown = (value) => `<b>${asked ? "?" : number(value)}</b>`;
  const buttons = x.map((_, c) => `<button type="button" data-set='{"tab":${c}}' aria-pressed="${c === tab}">channel ${c}` +
    `${sums ? `: ${shown(sums[c])}` : ""}</button>`);
  if (!sums) return buttons.join(" ");
  return `${buttons.join(" + ")} + bias <b>${number(bias)}</b> = ${shown(y[cell[1]][cell[2]])}`;
}

function input({ x, reads, tab, size, cell, held, window, uses, y }, { padding, counting, picture }, { pictures }) {
  const inside = ({ p, q }) => x[tab][p]?.[q] !== undefined, light = pictures[picture].light ?? false;
  const frames = cell?.[0] === "input" ? [cell.slice(1)]
    : window ? window.map(({ p, q }) => [p, q]) : (uses ?? []).filter(inside).map(({ p, q }) => [p, q]);
  const unread = y.length ? reads.flat().filter((count) => !count).length : 0;
  const said = unread ? `Struck out: ${many(unread, "pixel")} that no window reads.` : "";
  const head = `input${x.length > 1 ? `, channel ${tab}` : ""}: ${times(...size.input)}` +
    (padding ? `, with ${many(padding, "zero")} on each side` : "");
  return plane("input", head, x[tab], {
    label: `${head}. ${said}`, border: padding, most: light ? 1 : largest(x.flat()), light, frames, held,
    struck: (i, j) => unread > 0 && !reads[i][j], second: (i, j) => (counting ? `×${reads[i][j]}` : ""),
    below: said && note(said),
  });
}

function kernel({ x, w, tab, cell, held, uses, size }) {
  const frames = cell?.[0] === "weight" ? [cell.slice(1)]
    : cell?.[0] === "input" ? (uses ?? []).map(({ u, v }) => [u, v]) : [];
  return plane("weight", `kernel${x.length > 1 ? ` ${tab}` : ""}: ${times(...size.weight)}`, w[tab],
    { most: largest(w.flat()), frames, held });
}

// How many channels a kernel of the menu is made for; one that is the same in each serves any number.
function channelsOf(weights) {
  if (weights.every((plane) => String(plane) === String(weights[0]))) return 1;
  return weights.findLastIndex((plane) => plane.flat().some(Boolean)) + 1;
}

function unused({ x }, { kernel, picture }, { kernels, pictures }) {
  const made = Object.hasOwn(kernels, kernel) ? channelsOf(kernels[kernel]) : 1, [has] = pictures[picture].shape;
  if (made <= x.length) return "";
  const more = has < made ? `This image has only ${has === 1 ? "one" : "two"}.` : `To see it whole, choose ${made} channels under “More”.`;
  const used = x.length === 1 ? "one of them is" : "two of them are";
  return note(`This kernel is made for ${made} channels, and only ${used} used. ${more}`);
}

function output({ y, size, cell, held, uses, w, x, tab }, state) {
  if (!y.length) return note("No output.");
  const { padding, dilation, stride } = state, [rows, columns] = size.output;
  const formula = (axis) => `⌊(${size.input[axis]} + 2·${padding} − ${dilation}·(${size.weight[axis]} − 1) − 1) / ` +
    `${stride}⌋ + 1 = ${size.output[axis]}`;
  const alike = size.input[0] === size.input[1] && size.weight[0] === size.weight[1];
  // An output that reads the chosen pixel shows the product that it makes of it.
  const product = (use) => (use ? `${number(w[tab][use.u][use.v])} · ${number(x[tab][use.p][use.q])}` : "");
  return plane("output", `output: ${times(rows, columns)}`, y, {
    frames: cell?.[0] === "output" ? [cell.slice(1)] : (uses ?? []).map(({ i, j }) => [i, j]),
    held, blank: (i, j) => hidden(state, i, j), show: (value, i, j) => (hidden(state, i, j) ? "?" : number(value)),
    second: (i, j) => (cell?.[0] === "input" ? product(uses.find((use) => use.i === i && use.j === j)) : ""),
    below: note(`rows: ${formula(0)}${alike ? "" : `<br>columns: ${formula(1)}`}`),
  });
}

// The products of the window in one channel, and all terms of the sum in the order in which they are added.
function outputSum({ x, w, tab, window, products, sums, y, cell, bias }, state, asked) {
  const terms = [...products.flat(), bias], reached = Math.min(state.at, terms.length), first = tab * window.length;
  const last = reached - 1 - first, partly = reached < terms.length && !asked;
  const shown = multiplied(`input × weight${x.length > 1 ? `, channel ${tab}` : ""}`, window, {
    factors: ({ u, v, p, q }) => [x[tab][p]?.[q] ?? 0, w[tab][u][v]],
    value: ({ u, v }) => (asked ? null : products[tab][u * w[tab][0].length + v]),
    pale: (k) => partly && first + k >= reached, framed: partly && last >= 0 && last < window.length ? last : null,
    set: (k) => ({ at: first + k + 1 }),
  });
  if (asked) return beside(shown);
  const named = x.map((_, c) => [`${x.length > 1 ? `channel ${c}` : "products"}: ${number(sums[c])}`, window.length]);
  const bars = growing(terms, {
    label: `${many(terms.length, "term")}, added one by one, make ${number(y[cell[1]][cell[2]])}`, reached,
    groups: [...named, ["b", 1]], set: (k) => ({ at: k + 1, tab: Math.min(Math.floor(k / window.length), x.length - 1) }),
  });
  return beside(shown, headed(`running sum after ${reached} of ${many(terms.length, "term")}: ` +
    `<b>${number(sum(terms.slice(0, reached)))}</b>`, 404, bars));
}

const LISTED = 9;

function usesList({ uses, w, x, tab, cell }) {
  const items = uses.slice(0, LISTED).map(({ i, j, u, v, p, q, product }) => `<li>output (${i},\u00a0${j}), ` +
    `${cell[0] === "input" ? `by weight (${u},\u00a0${v})` : `at pixel (${p},\u00a0${q})`}: ` +
    `${number(w[tab][u][v])} × ${bracketed(number(x[tab][p]?.[q] ?? 0))} = ${number(product)}</li>`);
  const more = uses.length > LISTED ? `<li>and ${uses.length - LISTED} more</li>` : "";
  return `<ul class="course-lab-w-uses">${items.join("")}${more}</ul>`;
}

function question({ cell, verdict, size }, state, asked) {
  if (!state.predict) return "";
  const open = left(state, size.output), next = '<button type="button" data-do="next">Another output</button>';
  const said = verdict ? `<p class="course-lab-badge" data-agrees="${verdict.right}">${verdict.say}</p>` : "";
  if (!open) return `${said}<p class="course-lab-badge" data-agrees="true">You have the whole map.</p>`;
  if (!asked) return `${said}<div class="course-lab-tools"><span>${many(open, "output")} to find.</span>${next}</div>`;
  return `<div class="course-lab-tools"><label>Output at ${place(cell[1], cell[2])}: <input type="text" autocomplete="off" size="7" data-focus="guess" ` +
    `value="${escaped(state.guess?.[2] ?? "")}"></label> <button type="button" data-do="check">Check</button> ` +
    `<button type="button" data-do="reveal">Show it</button> ${next}</div>${said}`;
}

function valueName({ cell, x, tab }) {
  if (!cell || cell[0] === "output") return "";
  const channel = x.length > 1 ? ` of channel ${tab}` : "";
  return `${cell[0] === "input" ? "pixel" : "weight"} at ${place(cell[1], cell[2])}${channel}`;
}
