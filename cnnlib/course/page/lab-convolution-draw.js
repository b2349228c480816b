// The convolution laboratory's pictures and words: the planes, the products and how they add up, the question.
import { largest, LINE, panel, row, text, tint } from "./draw.js";
import { sum } from "./lab-convolution-numbers.js";
import { hidden, left } from "./lab-convolution-predict.js";
import { escaped, growing, plane } from "./lab-planes.js";
import { number } from "./words.js";

const side = (...parts) => `<div class="course-lab-planes">${parts.join("")}</div>`;
const many = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const place = (i, j) => `row ${i}, column ${j}`;
// "3 − 2 + 1"
const added = (values) => values.map((v, k) => (k ? `${v < 0 ? "−" : "+"} ${number(Math.abs(v))}` : number(v))).join(" ");

export function drawn(seen, state, config) {
  const grid = seen.cell?.[0], asked = grid === "output" && hidden(state, ...seen.cell.slice(1));
  const planes = { input: input(seen, state, config), weight: kernel(seen, state), output: output(seen, state) };
  const sum = seen.window ? outputSum(seen, state, asked) : seen.uses ? usesList(seen) : "";
  return {
    html: { ...planes, sum, tabs: tabs(seen, state, asked), ask: question(seen, state, asked), value: valueName(seen) },
    still: row(...Object.values(planes)) + sum,
    caption: caption(seen, state, asked),
  };
}

// The channels, each with what it adds to the chosen output; together they are its sum.
function tabs({ x, tab, sums, cell, y }, { bias }, asked) {
  if (x.length === 1) return "";
  const shown = (value) => `<b>${asked ? "?" : number(value)}</b>`;
  const buttons = x.map((_, c) => `<button type="button" data-set='{"tab":${c}}' aria-pressed="${c === tab}">channel ${c}` +
    `${sums ? `: ${shown(sums[c])}` : ""}</button>`);
  return buttons.join(sums ? " + " : " ") + (sums ? ` + bias <b>${number(bias)}</b> = ${shown(y[cell[1]][cell[2]])}` : "");
}

function input({ x, reads, tab, size, cell, window, uses, y }, { padding, counting, picture, at }, { pictures }) {
  const [H, W] = size.input, grid = cell?.[0], light = pictures[picture].light ?? false;
  const frames = window ? window.map(({ p, q }) => [p, q]) : grid === "input" ? [cell.slice(1)]
    : (uses ?? []).filter(({ p, q }) => x[tab][p]?.[q] !== undefined).map(({ p, q }) => [p, q]);
  const unread = y.length ? reads.flat().filter((count) => !count).length : 0;
  const head = `input${x.length > 1 ? `, channel ${tab}` : ""}: ${H} × ${W}${padding ? `, and ${many(padding, "zero")} on each side` : ""}`;
  return plane("input", head, x[tab], {
    label: `${head}. ${unread ? `${many(unread, "pixel")} under no window.` : ""}`, border: padding, most: light ? 1 : largest(x.flat()), light,
    frames, struck: (i, j) => y.length > 0 && !reads[i][j], note: (i, j) => (counting ? `×${reads[i][j]}` : ""),
    below: unread ? `<p class="course-lab-note">Struck out: ${many(unread, "pixel")} that no window reads.</p>` : "",
  });
}

function kernel({ x, w, tab, cell, uses }) {
  const grid = cell?.[0], frames = grid === "weight" ? [cell.slice(1)] : grid === "input" && uses ? uses.map(({ u, v }) => [u, v]) : [];
  const [K, L] = [w[tab].length, w[tab][0].length], head = `kernel${x.length > 1 ? ` ${tab}` : ""}: ${K}\u00a0×\u00a0${L}`;
  return plane("weight", head, w[tab], { label: head, most: largest(w.flat()), frames });
}

function output({ y, size, cell, uses, w, x, tab }, state) {
  const [rows, columns] = size.output, { padding, dilation, stride } = state;
  if (!rows || !columns) return '<p class="course-lab-note">No window fits: the kernel spans more than the padded picture.</p>';
  const along = (n, k, out) => `⌊(${n} + 2·${padding} − ${dilation}·(${k} − 1) − 1) / ${stride}⌋ + 1 = ${out}`;
  const frames = cell?.[0] === "output" ? [cell.slice(1)] : (uses ?? []).map(({ i, j }) => [i, j]);
  const met = (i, j) => cell?.[0] === "input" && uses?.find((use) => use.i === i && use.j === j);
  const head = `output: ${rows} × ${columns}`, [H, W] = size.input, [K, L] = size.weight;
  return plane("output", head, y, {
    label: head, most: largest(y), frames, blank: (i, j) => hidden(state, i, j),
    show: (v, i, j) => (hidden(state, i, j) ? "?" : number(v)),
    note: (i, j) => { const use = met(i, j); return use ? `${number(w[tab][use.u][use.v])} · ${number(x[tab][use.p][use.q])}` : ""; },
    below: `<p class="course-lab-note">rows: ${along(H, K, rows)}${H === W && K === L ? "" : `<br>columns: ${along(W, L, columns)}`}</p>`,
  });
}

// The products of one window, and all terms of its sum in the order in which they are added.
function outputSum({ x, w, tab, size, cell, window, products, sums, y, bias }, state, asked) {
  const total = x.length * window.length + 1, reached = Math.min(state.at, total), [K, L] = size.weight;
  const most = largest(products), from = tab * window.length, wide = 82, high = 46;
  const cells = window.map(({ u, v, p, q }, k) => {
    const [left, top] = [wide * v, high * u], on = from + k < reached, last = from + k === reached - 1 && reached < total;
    return `<g data-set='{"at":${from + k + 1}}'><rect x="${left}" y="${top}" width="${wide}" height="${high}" ` +
      `${asked || !on ? 'fill="none"' : tint(products[tab][k], most)} stroke="${LINE}" ${last ? 'stroke-width="4" ' : ""}pointer-events="all"/>` +
      text(left + wide / 2, top + (asked ? 28 : 18), 13, `${number(x[tab][p]?.[q] ?? 0)} × ${number(w[tab][u][v])}`, on ? "" : ' opacity="0.65"') +
      (asked ? "" : text(left + wide / 2, top + 37, 14, on ? number(products[tab][k]) : "", ' font-weight="700"')) + "</g>";
  });
  const shown = panel(`input × weight${x.length > 1 ? `, channel ${tab}` : ""}`, wide * L, high * K,
    `${K * L} products of an input and a weight`, cells.join(""));
  if (asked) return side(shown);
  const groups = [...x.map((_, c) => [x.length > 1 ? `channel ${c}: ${number(sums[c])}` : `products: ${number(sums[c])}`, window.length]), ["b", 1]];
  const label = `${total} terms, added one by one, make ${number(y[cell[1]][cell[2]])}`;
  const bars = growing([...products.flat(), bias], { label, reached, groups, set: (k) => ({ at: k + 1, ...(k < total - 1 ? { tab: Math.floor(k / window.length) } : {}) }) });
  const now = sum([...products.flat(), bias].slice(0, reached));
  return side(shown, `<div style="flex:0 1 404px"><p style="font-size:0.85rem;margin:0 0 0.2rem">running sum after ` +
    `${reached} of ${many(total, "term")}: <b>${number(now)}</b></p>${bars}</div>`);
}

const LISTED = 9;

function usesList({ uses, w, x, tab, cell }) {
  const items = uses.slice(0, LISTED).map(({ i, j, u, v, p, q, product }) => cell[0] === "input"
    ? `<li>output (${i}, ${j}), by weight (${u}, ${v}): ${number(w[tab][u][v])} × ${number(x[tab][p][q])} = ${number(product)}</li>`
    : `<li>output (${i}, ${j}), at pixel (${p}, ${q}): ${number(w[tab][u][v])} × ${number(x[tab][p]?.[q] ?? 0)} = ${number(product)}</li>`);
  const more = uses.length > LISTED ? `<li>and ${uses.length - LISTED} more</li>` : "";
  return `<ul class="course-lab-uses">${items.join("")}${more}</ul>`;
}

function question({ cell, verdict, size }, state, asked) {
  if (!state.predict) return "";
  const open = left(state, size.output), said = verdict ? `<p class="course-verdict ${verdict.right ? "passed" : "failed"}">${verdict.say}</p>` : "";
  if (!open) return '<p class="course-verdict passed">You have found the whole map.</p>';
  const next = '<button type="button" data-do="next">Another output</button>';
  if (!asked) return `${said}<p>${many(open, "output")} to find. ${next}</p>`;
  return `<label>Output at ${place(cell[1], cell[2])}: <input type="text" inputmode="text" autocomplete="off" size="7" data-focus="guess" value="${escaped(state.guess?.[2] ?? "")}"></label> ` +
    `<button type="button" data-do="check">Check</button> <button type="button" data-do="reveal">Show it</button> ${next}${said}`;
}

function valueName({ cell, x, tab }) {
  const channel = x.length > 1 ? ` of channel ${tab}` : "";
  if (cell?.[0] === "input") return `pixel at ${place(cell[1], cell[2])}${channel}`;
  return cell?.[0] === "weight" ? `weight at ${place(cell[1], cell[2])}${channel}` : "a pixel or a weight: choose one";
}

const list = (values) => [...new Set(values)].map((v) => number(v)).join(", ");

function caption({ x, w, y, tab, size, cell, window, sums, uses, bias }, state, asked) {
  if (!y.length) return "No window fits: the kernel spans more than the padded picture. Add padding, or choose a smaller dilation or kernel.";
  if (!cell) return `${size.output[0]} × ${size.output[1]} outputs. Choose an output to see its window, a pixel to see the outputs that read it, or a weight to see where it is used.`;
  const [grid, i, j] = cell;
  if (grid === "output") {
    const zeros = window.filter(({ p, q }) => x[0][p]?.[q] === undefined).length;
    const reads = `The output at ${place(i, j)} reads rows ${list(window.map(({ p }) => p))} and columns ${list(window.map(({ q }) => q))}` +
      `${x.length > 1 ? ` of ${x.length} channels` : ""}${zeros ? `; ${many(zeros, "place")} of the window ${zeros === 1 ? "lies" : "lie"} in the padding` : ""}.`;
    return asked ? `${reads} What is it?` : `${reads} ${x.length > 1 ? "Channel by channel" : "Its products add up to"} ` +
      `${x.length > 1 ? `its products add up to ${added(sums)}` : number(sums[0])}; with the bias ${number(bias)} that is ${number(y[i][j])}.`;
  }
  if (grid === "input") {
    const what = `The pixel at ${place(i, j)}${x.length > 1 ? ` of channel ${tab}` : ""}, ${number(x[tab][i][j])},`;
    return uses.length ? `${what} lies under ${many(uses.length, "window")}: ${uses.length === 1 ? "one output reads it" :
      `${uses.length} outputs read it, each through another weight`}.` : `${what} lies under no window: it can change as it likes, and the output stays.`;
  }
  return `The weight at ${place(i, j)}${x.length > 1 ? ` of channel ${tab}` : ""}, ${number(w[tab][i][j])}, is used by all ${many(uses.length, "output")}, ` +
    "each time with another pixel: the weights are shared.";
}
