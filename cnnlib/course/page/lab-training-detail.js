// One unit in one part of a step, as a table: the products that it adds up, the gradients of its weights, or their moves.
import { range } from "./draw.js";
import { nameOf, short } from "./lab-training-net-draw.js";

const SLOPES = { ReLU: (z) => (z > 0 ? 1 : 0), tanh: (z) => 1 - Math.tanh(z) ** 2, none: () => 1,
  sigmoid: (z) => { const y = 1 / (1 + Math.exp(-z)); return y * (1 - y); } };

const table = (label, heads, rows, last) => `<table class="course-lab-sum"><caption>${label}</caption><thead><tr>` +
  heads.map((head) => `<th scope="col">${head}</th>`).join("") + "</tr></thead><tbody>" + [...rows, ...(last ? [last] : [])].map((row, k) =>
    `<tr${last && k === rows.length ? ' class="last"' : ""}><th scope="row">${row[0]}</th>` +
    row.slice(1).map((cell) => `<td>${cell}</td>`).join("") + "</tr>").join("") + "</tbody></table>";

// The unit [layer, unit] of `one`, for the chosen point of the batch.
export function detail(one, state, [l, j]) {
  const layers = one.units.length, name = (layer, unit) => nameOf(layer, unit, layers), N = one.rows.length, n = state.point;
  const own = name(l, j), below = l ? range(one.units[l - 1].length) : [];
  if (!N) return "<p>There are no points to learn from: add some in the plane.</p>";
  if (l === 0) {
    return `<p><b>${own}</b> is coordinate ${j} of a point: ${short(one.a[0][n][j])} for the chosen one. It has no weights.</p>`;
  }
  const { w, b } = one.params[l - 1], hidden = l < layers - 1, z = one.z[l - 1][n][j];
  if (state.phase === 0) {
    const rows = below.map((i) => [name(l - 1, i), short(w[j][i]), short(one.a[l - 1][n][i]), short(w[j][i] * one.a[l - 1][n][i])]);
    const after = hidden ? `${one.activation === "none" ? "It goes on as it is" : `${one.activation}(${short(z)}) = <b>${short(one.a[l][n][j])}</b> goes on`}.`
      : logits(one, n);
    return table(`<b>Forward</b>, chosen point: ${own} adds up what comes in`, ["from", "weight", "value", "product"],
      [...rows, ["bias", short(b[j]), "1", short(b[j])]], ["sum", "", "", `<b>${short(z)}</b>`]) + `<p>${after}</p>`;
  }
  if (state.phase === 1) {
    const dz = one.dz[l - 1][n][j], next = hidden ? one.params[l].w : null;
    const coming = hidden ? next.map((row, k) => row[j] * one.dz[l][n][k]) : null, sum = coming?.reduce((a, v) => a + v, 0);
    const first = hidden
      ? table(`<b>Backward</b>, chosen point: what comes back to ${own}`, ["from", "weight", "gradient", "product"],
        coming.map((v, k) => [name(l + 1, k), short(next[k][j]), short(one.dz[l][n][k]), short(v)]), ["sum", "", "", short(sum)]) +
        `<p>Times the slope of ${one.activation === "none" ? "the line" : one.activation}, ${short(SLOPES[one.activation](z))}: <b>${short(dz)}</b>.</p>`
      : `<p><b>Backward</b>, chosen point: the probability, minus 1 at the right class, over ${N} point${N > 1 ? "s" : ""}: <b>${short(dz)}</b>.</p>`;
    const all = (values) => values.reduce((a, v) => a + v, 0);
    const rows = [...below.map((i) => [name(l - 1, i), short(dz * one.a[l - 1][n][i]), short(all(one.dz[l - 1].map((d, m) => d[j] * one.a[l - 1][m][i]))),
      short(one.grads[l - 1].w[j][i])]), ["bias", short(dz), short(all(one.dz[l - 1].map((d) => d[j]))), short(one.grads[l - 1].b[j])]];
    return first + table(`Gradients of its weights: ${short(dz)} × value, added up over the batch`,
      ["weight from", "this point", `all ${N}`, "<code>.grad</code>"], rows);
  }
  const move = (from, to, g) => [short(from), short(g), short(to - from), short(to)], { w: nw, b: nb } = one.next[l - 1], { w: gw, b: gb } = one.grads[l - 1];
  return table(`<b>Update</b>: the weights of ${own}, by ${state.rule} at learning rate ${short(one.said)}`, ["weight from", "before", "<code>.grad</code>", "move", "after"],
    [...below.map((i) => [name(l - 1, i), ...move(w[j][i], nw[j][i], gw[j][i])]), ["bias", ...move(b[j], nb[j], gb[j])]]);
}

function logits(one, n) {
  const [z0, z1] = one.z.at(-1)[n], p = 1 / (1 + Math.exp(z0 - z1)), label = one.labels[n];
  return `Softmax of ${short(z0)} and ${short(z1)}: class 1 has the probability <b>${short(p)}</b>. The label is ${label}, ` +
    `so this point's loss is −log ${short(label ? p : 1 - p)} = <b>${short(-Math.log(label ? p : 1 - p))}</b>.`;
}
