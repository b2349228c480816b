// One unit in one part of a step, as a table: the products that it adds up, the gradients of its weights, or their moves.
import { range } from "./draw.js";
import { fixed, number } from "./words.js";
import { BETA1, BETA2 } from "./lab-training-net.js";
import { nameOf, short } from "./lab-training-net-draw.js";
import { TOO_HIGH } from "./lab-training-run.js";

const SLOPES = {
  ReLU: (z) => (z > 0 ? 1 : 0), tanh: (z) => 1 - Math.tanh(z) ** 2, none: () => 1,
  sigmoid: (z) => {
    const y = 1 / (1 + Math.exp(-z));
    return y * (1 - y);
  },
};

const bold = (text) => `<b>${text}</b>`;
const total = (values) => values.reduce((sum, v) => sum + v, 0);

// --- Numbers that can be reckoned with as they stand there ------------------------------------------------------------

const LEAST = 3, MOST = 9, LARGE = 1e5;

// Decimals, within bounds, that show three digits of a number.
const decimals = (v) => (v && Number.isFinite(v)
  ? Math.min(Math.max(2 - Math.floor(Math.log10(Math.abs(v))), LEAST), MOST) : LEAST);

const scientific = (v, d) => v.toExponential(d).replace("e+", "e").replaceAll("-", "−");

// A number with so many decimals; with an exponent where it would read 0, or is very large.
const digits = (v, d) => (!Number.isFinite(v) ? "–"
  : v && (Number(v.toFixed(d)) === 0 || Math.abs(v) >= LARGE) ? scientific(v, 2) : fixed(v, d));

// Rows of cells, the first of each a heading; the last row may be a sum. Where a number has fewer decimals than another
// in its column, the style sheet leaves their room.
function table(label, heads, rows, sum = null) {
  const text = (cell) => (typeof cell === "number" ? digits(cell, LEAST) : cell);
  const after = (cell) => /\.(\d+)$/.exec(text(cell))?.[1].length;
  const most = heads.map((_, k) => Math.max(...rows.map((row) => after(row[k]) ?? 0)));
  const room = (cell, k) => (after(cell) < most[k] ? ` style="--short:${most[k] - after(cell)}"` : "");
  const cells = ([head, ...rest]) => `<th scope="row">${head}</th>` +
    rest.map((cell, k) => `<td${room(cell, k + 1)}>${text(cell)}</td>`).join("");
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join("") + (sum ? `<tr class="last">${cells(sum)}</tr>` : "");
  return `<table class="course-lab-sum"><caption>${label}</caption><thead><tr>` +
    `${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>${body}</tbody></table>`;
}

// The unit [layer, unit] of `one`, for the chosen point of the batch.
export function detail(one, { phase, point, quiz }, [l, j]) {
  if (!one.rows.length) return "<p>There are no points to learn from: add some in the plane.</p>";
  const name = (layer, unit) => nameOf(layer, unit, one.units.length);
  if (l === 0) {
    return `<p>${bold(name(0, j))} is coordinate ${j} of a point, ${short(one.a[0][point][j])} for the chosen one. ` +
      "It has no weights.</p>";
  }
  // What comes in: the weights of the unit, in each state that they have in this step, and where they come from.
  const of = (layers) => [...layers[l - 1].w[j], layers[l - 1].b[j]];
  const from = [...range(one.units[l - 1].length).map((i) => name(l - 1, i)), "bias"];
  const memory = Object.fromEntries(Object.entries(one.memory).map(([key, pair]) => [key, pair.map(of)]));
  const about = { name, from, weights: of(one.params), grads: of(one.grads), next: of(one.next), used: of(one.used),
    moves: of(one.moves), memory, quiz };
  return [forward, backward, update][phase](one, l, j, point, about);
}

// Values that meet the weights of a unit: those of the layer before, and 1 for the bias.
const incoming = (one, l, n) => [...one.a[l - 1][n], 1];

function forward(one, l, j, n, { name, from, weights }) {
  const values = incoming(one, l, n), z = one.z[l - 1][n][j], hidden = l < one.units.length - 1;
  const after = !hidden ? probability(one, n)
    : one.activation === "none" ? "It goes on as it is."
      : `${one.activation}(${short(z)}) = ${bold(short(one.a[l][n][j]))} goes on.`;
  return table(`${bold("Forward")}, chosen point: ${name(l, j)} adds up what comes in`,
    ["from", "weight", "value", "product"],
    from.map((source, i) => [source, weights[i], values[i], weights[i] * values[i]]),
    ["sum", "", "", bold(digits(z, LEAST))]) +
    `<p>${after}</p>`;
}

// With as many digits as tell it from 0 and from 1.
const odds = (p) => (p < 0.0005 ? short(p, 1)
  : number(p, p > 0.9995 && p < 1 ? 1 - Math.floor(Math.log10(1 - p)) : 3));

function probability(one, n) {
  const [z0, z1] = one.z.at(-1)[n], label = one.labels[n], p = 1 / (1 + Math.exp(z0 - z1)), right = label ? p : 1 - p;
  if (!Number.isFinite(p)) return "The logits are not finite any more: they have no softmax, and the point no loss.";
  return `Softmax of ${short(z0)} and ${short(z1)}: class 1 has the probability ${bold(odds(p))}. The label is ${label}, ` +
    `so this point's loss is −log ${odds(right)} = ${bold(short(-Math.log(right), 1))}.`;
}

function backward(one, l, j, n, { name, from, grads }) {
  const dz = one.dz[l - 1], N = one.rows.length;
  const each = one.a[l - 1].map((_, m) => incoming(one, l, m).map((value) => dz[m][j] * value));
  return (l < one.units.length - 1 ? comesBack(one, l, j, n, name)
    : `<p>${bold("Backward")}, chosen point: the probability, minus 1 at the right class, over ${N} ` +
      `${N > 1 ? "points" : "point"}: ${bold(short(dz[n][j]))}.</p>`) +
    table(`Gradients of its weights: ${short(dz[n][j])} × value, added up over the batch`,
      ["weight from", "this point", `all ${N}`, "<code>.grad</code>"],
      from.map((source, i) => [source, each[n][i], total(each.map((row) => row[i])), grads[i]]));
}

function comesBack(one, l, j, n, name) {
  const products = one.params[l].w.map((row, k) => row[j] * one.dz[l][n][k]);
  const slope = SLOPES[one.activation](one.z[l - 1][n][j]);
  return table(`${bold("Backward")}, chosen point: what comes back to ${name(l, j)}`,
    ["from", "weight", "gradient", "product"],
    products.map((v, k) => [name(l + 1, k), one.params[l].w[k][j], one.dz[l][n][k], v]), ["sum", "", "", total(products)]) +
    `<p>Times the slope of ${one.activation === "none" ? "the line" : one.activation}, ${short(slope)}: ` +
    `${bold(short(one.dz[l - 1][n][j]))}.</p>`;
}

// --- Update: what the rule remembers, and the moves ------------------------------------------------------------------

// Before, move and after, with so many decimals that they add up as they stand there.
function addingUp(...values) {
  let d = decimals(values[1]);
  const units = (v) => Math.round(Number(v.toFixed(d)) * 10 ** d), adds = ([a, b, c]) => a + b === c;
  while (d < MOST + LEAST && !adds(values.map(units))) d++;
  return values.map((v) => digits(v, d));
}

function update(one, l, j, n, { name, from, weights, grads, next, used, moves, memory: { v, m, s }, quiz }) {
  // A mystery run says what is meant to happen: that it does not is for the reader to find.
  const { rule, decay } = one, fault = quiz ? "none" : one.fault, mu = rule.split(" ")[1];
  const rate = number(fault === "rate" ? TOO_HIGH * one.lr : one.lr, 4), grad = "<code>.grad</code>";
  const joined = decay > 0 || fault === "sign", g = joined ? "g" : grad;
  const says = [`${bold("Update")} of ${name(l, j)} by ${rule}`];
  if (joined) says.push(`g = ${fault === "sign" ? "−" : ""}${grad}${decay ? ` + ${number(decay, 4)} · before` : ""}`);
  const rows = (cells) => from.map((source, i) => [source, ...cells(i)]);
  const heads = ["from", grad, ...(joined ? ["g"] : [])];
  const taken = (i, d) => [grads[i], ...(joined ? [used[i]] : [])].map((value) => digits(value, d));
  const kept = (pair, i, d) => pair.map((values) => digits(values[i], d));
  const given = ["before", "move", "after"], giving = (i) => addingUp(weights[i], moves[i], next[i]);
  const first = (more, cells) => table(says.join("; ").replace(";", ":"), [...heads, ...more], rows(cells));
  const second = (step, label = "", more = [], cells = () => []) => table(`${label}move = −${rate} · ${step}`,
    ["from", ...more, ...given], rows((i) => [...cells(i), ...giving(i)]));
  if (v) {
    says.push(`new v = ${mu} · old v + ${g}`);
    return first(["old v", "new v"], (i, d = Math.max(...[v[1][i], moves[i] / rate].map(decimals))) =>
      [...taken(i, d), ...kept(v, i, d)]) +
      second(rule.startsWith("Nesterov") ? `(${g} + ${mu} · new v)` : "new v");
  }
  if (m) {
    says.push(`new m = ${BETA1} · old m + ${number(1 - BETA1)} · ${g}`);
    return first(["old m", "new m"], (i, d = decimals(m[1][i])) => [...taken(i, d), ...kept(m, i, d)]) +
      second(`(new m ÷ ${left(BETA1, one.t + 1)}) ÷ (√(new v ÷ ${left(BETA2, one.t + 1)}) + 10⁻⁸)`,
        `new v = ${BETA2} · old v + ${number(1 - BETA2, 3)} · ${g}²; `, ["old v", "new v"],
        (i) => s.map((values) => square(values[i])));
  }
  says.push(`move = −${rate} · ${g}`);
  return first(given, (i) => [...taken(i, decimals(used[i])), ...giving(i)]);
}

const square = (v) => (v && v < 0.001 ? scientific(v, 2) : digits(v, 5));

// By what a mean that began at 0 is divided after n steps.
const left = (beta, n) => Number((1 - beta ** n).toPrecision(4));
