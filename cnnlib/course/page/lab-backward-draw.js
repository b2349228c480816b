// The backward laboratory's pictures: two grids and a kernel, the terms that meet, the loss while a number is nudged.
import { ACCENT, LINE, MUTED, row, text, tint, WARM } from "./draw.js";
import { caption, going, GRADIENT, named } from "./lab-backward-words.js";
import { badge } from "./lab.js";
import { beside, growing, headed, many, multiplied, note, plane, sketch, still, times } from "./lab-planes.js";
import { bracketed, number } from "./words.js";

const GOOD = "var(--course-good, #00704f)";
const isInside = ({ x }) => ({ p, q }) => x[p]?.[q] !== undefined;
const compact = (value) => `${value < 0 ? "−" : "+"}${number(Math.abs(value))}`;

export function drawn(seen, state) {
  const fits = seen.y.length > 0, grid = seen.cell?.[0];
  const planes = fits ? { input: input(seen, state), weight: kernel(seen), output: output(seen) }
    : { input: note("Nothing goes back."), weight: "", output: "" };
  const sum = !fits ? "" : grid === "output" ? scattered(seen) : grid ? met(seen, state) : "";
  const plot = fits && seen.check ? nudged(seen, state) : "";
  return {
    html: { ...planes, sum, plot, badge: plot && badge(seen.check, nameOf(seen.cell)), lens: lenses(seen),
      check: checked(seen), settings: settings(seen, state), legend: fits ? legend(seen, state) : "",
      value: seen.cell ? nameOf(seen.cell) : "" },
    still: still(row(...Object.values(planes)) + (fits ? legend(seen, state) : "") + sum + plot),
    caption: caption(seen, state),
  };
}

const settings = ({ w, convolution, options }, { picture }) => `${picture}, window ${times(w.length, w[0].length)}, padding ` +
  `${options.padding}${convolution ? `, dilation ${options.dilation}` : ""}`;

const nameOf = ([grid, i, j]) => named({ input: "x", weight: "w", output: "dy" }[grid], i, j);

function lenses({ cell, size, convolution }) {
  const all = [["output", "a window scatters"], ["input", "a pixel gathers"], ["weight", "a weight gathers"]];
  return all.filter(([grid]) => convolution || grid !== "weight").map(([grid, name]) => {
    const middle = size[grid].map((count) => Math.max(0, Math.floor((count - 1) / 2)));
    return `<button type="button" data-set='${JSON.stringify({ cell: [grid, ...middle], pinned: true })}' ` +
      `aria-pressed="${cell?.[0] === grid}">${name}</button>`;
  }).join("");
}

// --- The two grids and the kernel between them -----------------------------------------------------------------------

function input(seen, state) {
  const { x, cell, held, windows, options, layer, terms, reached } = seen;
  const inside = isInside(seen), window = going(seen);
  const coming = x.map((line) => line.map(() => []));  // the terms of each pixel
  windows.forEach((one, k) => one.terms.filter(inside).forEach(({ p, q, toPixel, writes }) =>
    coming[p][q].push({ k, value: toPixel, writes })));
  const frames = cell?.[0] === "input" ? [cell.slice(1)] : (window?.terms ?? terms ?? [])
    .map((term, k) => ({ ...term, comes: term.writes && !(k >= reached) })).filter(inside)
    .map(({ p, q, comes }) => [p, q, comes ? "" : PALE]);
  const come = (i, j) => (chosen(cell, "input", i, j) ? coming[i][j][reached]?.k : null) ?? seen.done;
  const term = (i, j) => window?.terms.find(({ p, q, writes }) => p === i && q === j && writes)?.toPixel;
  return plane("input", "<b>dx</b>, and x below", gathered(seen, "input"), {
    label: `dx and x, ${x.length} by ${x[0].length} numbers`, border: options.padding, frames, held,
    edge: layer === "max pooling" ? "−∞" : "0",
    second: (i, j) => (term(i, j) === undefined ? `x ${number(x[i][j])}`
      : state.rule === "=" ? `= ${number(term(i, j))}` : compact(term(i, j))),
    extra: (i, j, left, top, side) => squares(coming[i][j], come(i, j), state.rule, left, top, side),
    above: (...at) => sign(seen, "input", ...at),
  });
}

const PALE = ' stroke-opacity="0.4"';  // a frame of what does not count, or has not come yet
const chosen = (cell, grid, i, j) => String(cell) === String([grid, i, j]);

// The gradients of a grid; of the chosen number, what has been gathered so far.
const gathered = ({ dx, dw, cell, sum }, grid) => (grid === "input" ? dx : dw).map((line, i) =>
  line.map((value, j) => (chosen(cell, grid, i, j) ? sum : value)));

// What the numbers of a cell are, beside a cell that has all of them.
function legend(seen, { rule }) {
  const side = 54, terms = [2, -1, 2, 1].map((value, k) => ({ k, value, writes: true }));
  const sum = rule === "=" ? 2 : 3, second = !going(seen) ? "x 4" : rule === "=" ? "= 2" : "+2";
  const sample = `<rect width="${side}" height="${side}" ${tint(sum, 5)} stroke="${LINE}"/>` +
    text(side / 2, 18, 15, number(sum)) + text(side / 2, 34, 12.5, second) + squares(terms, 3, rule, 0, 0, side);
  const lines = [[number(sum), "is dx, the gradient so far"], !going(seen) ? ["x 4", "is the pixel itself"]
    : [second, `is what the framed window ${rule === "=" ? "writes" : "adds"}; elsewhere x`],
  ["■", "for each term: full once it has come, blue above 0, orange below"]];
  return '<div class="course-lab-w-key">' + sketch("A cell of dx", `-2 -2 ${side + 4} ${side + 4}`, side + 4, sample) +
    `<div>${lines.map(([sign, what]) => `<p><b>${sign}</b> ${what}</p>`).join("")}</div></div>`;
}

// A little square for each term: filled once it has come, an outline until then and where it does not count any more.
function squares(terms, done, rule, left, top, side) {
  const wide = Math.min(7, (side - 4) / Math.max(terms.length, 1)), from = left + (side - wide * terms.length) / 2;
  const latest = terms.findLastIndex(({ k, writes }) => writes && k < done);
  return terms.map(({ k, value, writes }, n) => {
    const counts = writes && k < done && (rule === "+=" || n === latest);
    const look = counts ? `fill="${value < 0 ? WARM : value > 0 ? ACCENT : MUTED}"`
      : `fill="none" stroke="${MUTED}" stroke-opacity="0.6"`;
    const x = (from + n * wide + 0.5).toFixed(1);
    return `<rect x="${x}" y="${top + side - 8}" width="${(wide - 1).toFixed(1)}" height="5" ${look}/>`;
  }).join("");
}

// Whether a number that has been nudged agrees with its gradient: in its corner, above it.
function sign({ nudged, done, windows, cell, reached, terms }, grid, i, j, right, top) {
  const all = done === windows.length && !(chosen(cell, grid, i, j) && reached < terms.length);
  const found = all && nudged?.find((one) => one.grid === grid && one.i === i && one.j === j);
  if (!found) return "";
  return text(right - 7, top + 10, 12, found.agrees ? "✓" : "✗", ` style="fill:${found.agrees ? GOOD : WARM}"`);
}

function kernel(seen) {
  const { w, cell, held, convolution, terms, reached } = seen, window = going(seen);
  if (!convolution && !window) return note("Pooling has no weights:<br>only pixels get a gradient.");
  if (!convolution) {
    const share = w.map((line, u) => line.map((_, v) => window.terms[u * line.length + v].share));
    return plane("", "share of dy", share, { most: 1 });
  }
  return plane("weight", "<b>dw</b>, and w below", gathered(seen, "weight"), {
    label: `dw and w, ${w.length} by ${w[0].length} numbers`, second: (i, j) => `w ${number(w[i][j])}`,
    frames: cell?.[0] === "weight" ? [cell.slice(1)]
      : (terms ?? []).map(({ u, v }, k) => [u, v, k < reached ? "" : PALE]),
    held,
    extra: () => "", above: (...at) => sign(seen, "weight", ...at),
  });
}

function output({ y, dy, cell, held, terms, reached, loss }) {
  const used = (i, j) => (cell?.[0] === "input" ? terms.find((term) => term.i === i && term.j === j) : undefined);
  return plane("output", "<b>dy</b>, and y below", dy, {
    label: `dy and y, ${y.length} by ${y[0].length} numbers`,
    frames: cell?.[0] === "output" ? [cell.slice(1)]
      : (terms ?? []).map(({ i, j }, k) => [i, j, k < reached ? "" : PALE]),
    held, second: (i, j) => (used(i, j) ? `× ${number(used(i, j).share)}` : `y ${number(y[i][j])}`), extra: () => "",
    below: note(`loss = Σ dy · y = ${number(loss)}`),
  });
}

// --- Terms -----------------------------------------------------------------------------------------------------------

// What one window sends back: to each pixel dy times its weight, to each weight dy times its pixel.
function scattered(seen) {
  const { x, dy, convolution } = seen, window = going(seen), d = dy[window.i][window.j];
  const pixels = multiplied(`to dx: dy × ${convolution ? "w" : "share"}`, window.terms,
    { factors: ({ share }) => [d, share], value: ({ toPixel }) => toPixel });
  if (!convolution) return beside(pixels);
  return beside(pixels, multiplied("to dw: dy × x", window.terms,
    { factors: ({ p, q }) => [d, x[p]?.[q] ?? 0], value: ({ toWeight }) => toWeight }));
}

const LISTED = 9;

// The terms that meet in one pixel or weight, and how they stack.
function met({ terms, cell: [grid, i, j], dy, x, convolution, reached, latest, sum }, { rule }) {
  const name = named(GRADIENT[grid], i, j), values = terms.map(({ value, writes }) => (writes ? value : 0));
  if (!terms.length) return note(`${name} = 0: no window lies over this pixel.`);
  const factor = ({ share, p, q, u, v }) => (grid === "weight" ? [named("x", p, q), x[p]?.[q] ?? 0]
    : [convolution ? named("w", u, v) : "share", share]);
  const items = terms.slice(0, reached).slice(-LISTED).map((term) => {
    const [by, value] = factor(term), d = dy[term.i][term.j];
    return `<li>${named("dy", term.i, term.j)} × ${by} = ${number(d)} × ${bracketed(number(value))} = ${number(d * value)}</li>`;
  });
  if (reached > LISTED) items.unshift(`<li>${reached - LISTED} before these</li>`);
  const bars = growing(values, { label: `${many(terms.length, "term")} of ${name}`, reached,
    lost: (k) => rule === "=" && k < latest,
    groups: terms.length > 9 ? [] : terms.map((term) => [`(${term.i}, ${term.j})`, 1]) });
  return headed(`${name} ${rule === "=" ? "keeps the last of" : "after"} ${reached} of ${many(terms.length, "term")}: ` +
    `<b>${number(sum)}</b>`, 404, `${bars}<ul class="course-lab-w-uses">${items.join("")}</ul>`);
}

// --- Nudges ----------------------------------------------------------------------------------------------------------

const PLOT = { wide: 240, tall: 150, reach: 2 };

// How the loss changes with one number, and a dashed line whose slope is the gradient.
function nudged({ curve, check: { gradient }, loss, cell }, { nudge }) {
  const { wide, tall, reach } = PLOT, moved = curve.map(([by, value]) => [by, value - loss]);
  const most = Math.max(...moved.map(([, change]) => Math.abs(change)), Math.abs(reach * gradient), 1e-9);
  const point = (by, change) => [(wide * (by + reach)) / (2 * reach), tall / 2 - ((tall / 2 - 8) * change) / most]
    .map((v) => Number(v.toFixed(1))).join(" ");
  const [, change] = moved.find(([by]) => by === nudge), [x, y] = point(nudge, change).split(" ");
  const name = nameOf(cell), head = `loss while ${name} is nudged`;
  const drawing = `<path d="M0 ${tall / 2}H${wide}M${wide / 2} 0V${tall}" stroke="${LINE}"/>` +
    `<path d="M${moved.map((at) => point(...at)).join("L")}" fill="none" stroke="${ACCENT}" stroke-width="3"/>` +
    `<path d="M${point(-reach, -reach * gradient)}L${point(reach, reach * gradient)}" stroke="${WARM}" stroke-width="2" ` +
    `stroke-dasharray="5 4"/><circle cx="${x}" cy="${y}" r="5" fill="${ACCENT}"/>`;
  return headed(head, wide, sketch(`${head}, and a line of slope ${number(gradient)}`, `0 0 ${wide} ${tall}`, wide, drawing) +
    note(`${name} by ${compact(nudge)}: the loss changes by ${number(change, 3)}. ` +
      `Dashed: d${name.slice(0, 1)} · ${number(nudge, 3)} = ${number(gradient * nudge, 3)}.`));
}

function checked({ nudged: all, toNudge }) {
  if (!all) return "";
  const wrong = all.filter(({ agrees }) => !agrees).length;
  const said = !wrong ? "each slope agrees with its gradient."
    : `${many(wrong, "gradient")} ${wrong === 1 ? "does" : "do"} not agree with the slope that was measured.`;
  return `<p class="course-lab-badge" data-agrees="${!wrong}">${all.length} of ${toNudge} numbers nudged: ${said}</p>`;
}
