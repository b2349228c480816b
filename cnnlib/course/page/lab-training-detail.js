// One unit in one part of a step, as a table: the products that it adds up, the gradients of its weights, or their moves.
import { range } from "./draw.js";
import { number } from "./words.js";
import { nameOf, short } from "./lab-training-net-draw.js";

const SLOPES = {
  ReLU: (z) => (z > 0 ? 1 : 0), tanh: (z) => 1 - Math.tanh(z) ** 2, none: () => 1,
  sigmoid: (z) => {
    const y = 1 / (1 + Math.exp(-z));
    return y * (1 - y);
  },
};

const bold = (text) => `<b>${text}</b>`;
const total = (values) => values.reduce((sum, v) => sum + v, 0);

// Rows of cells, the first of each a heading; the last row may be a sum.
function table(label, heads, rows, sum = null) {
  const cells = ([head, ...rest]) => `<th scope="row">${head}</th>` +
    rest.map((cell) => `<td>${typeof cell === "number" ? short(cell) : cell}</td>`).join("");
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join("") + (sum ? `<tr class="last">${cells(sum)}</tr>` : "");
  return `<table class="course-lab-sum"><caption>${label}</caption><thead><tr>` +
    `${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>${body}</tbody></table>`;
}

// The unit [layer, unit] of `one`, for the chosen point of the batch.
export function detail(one, { phase, point }, [l, j]) {
  if (!one.rows.length) return "<p>There are no points to learn from: add some in the plane.</p>";
  const name = (layer, unit) => nameOf(layer, unit, one.units.length);
  if (l === 0) {
    return `<p>${bold(name(0, j))} is coordinate ${j} of a point, ${short(one.a[0][point][j])} for the chosen one. ` +
      "It has no weights.</p>";
  }
  // What comes in: the weights of the unit, in each state that they have in this step, and where they come from.
  const of = (layers) => [...layers[l - 1].w[j], layers[l - 1].b[j]];
  const from = [...range(one.units[l - 1].length).map((i) => name(l - 1, i)), "bias"];
  const about = { name, from, weights: of(one.params), grads: of(one.grads), next: of(one.next) };
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
    from.map((source, i) => [source, weights[i], values[i], weights[i] * values[i]]), ["sum", "", "", bold(short(z))]) +
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

function update(one, l, j, n, { name, from, weights, grads, next }) {
  return table(`${bold("Update")}: the weights of ${name(l, j)}, by ${one.rule} at learning rate ${short(one.lr)}`,
    ["weight from", "before", "<code>.grad</code>", "move", "after"],
    from.map((source, i) => [source, weights[i], grads[i], next[i] - weights[i], next[i]]));
}
