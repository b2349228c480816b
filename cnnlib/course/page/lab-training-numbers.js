// What there is to see of a run at one step, as numbers: the step taken apart, every unit over the plane, the curves.
import { toLists } from "./core.js";
import { range, table } from "./draw.js";
import { forward, lattice, rowsOf } from "./lab-training-net.js";

const LINES = 13;   // of the grid that is warped, each way
const ALONG = 40;   // points along a line

// Parameters, or gradients, as [{ w, b }, …], a layer each.
const layered = (tensors) => range(tensors.length / 2).map((l) => ({ w: toLists(tensors[2 * l]), b: toLists(tensors[2 * l + 1]) }));

const column = ({ data, shape: [rows, columns] }, j) => range(rows).map((n) => data[n * columns + j]);

// The probability of class 1.
export const share = (logits) => column(logits, 0).map((z, n) => 1 / (1 + Math.exp(z - logits.data[2 * n + 1])));

export function side(run, settings, t, { range: plane, side: fine }) {
  const step = run.step(t), { params } = run.at(t), { activation } = settings, { learn, held } = run.data;
  const over = forward(params, activation, lattice(plane, fine));
  const at = learn.x.length ? forward(params, activation, rowsOf(learn.x, range(learn.x.length))) : null;
  const layers = over.a.map((a) => range(a.shape[1]).map((j) => column(a, j)));
  return {
    t, data: run.data, activation, ...run.curves(t), lr: step.lr, loss: step.loss, norm: step.norm, ratio: step.ratio,
    rows: step.rows, labels: step.labels, a: step.seen.a.map(toLists), z: step.seen.z.map(toLists),
    dz: step.back.dz.map(toLists), params: layered(params), grads: layered(step.grads), next: layered(step.next.params),
    units: layers, p: share(over.a.at(-1)),
    // A ReLU that is 0 for every point to learn from gets no gradient from any of them.
    dead: at && activation === "ReLU" ? at.a.slice(1, -1).map((a) => range(a.shape[1]).map((j) => column(a, j).every((v) => v <= 0))) : [],
    bent: bent(params, activation, learn, held, plane),
  };
}

// What the last hidden layer, if it has two units, makes of the plane: lines of a grid, points, and the two units' bounds.
function bent(params, activation, learn, held, [left, right, bottom, top]) {
  if (params.length < 4 || params.at(-4).shape[0] !== 2) return null;
  const through = (x) => toLists(forward(params, activation, rowsOf(x, range(x.length))).a.at(-2));
  const at = (k, count, low, high) => low + (k / (count - 1)) * (high - low);
  const [across, up] = [(k, n) => at(k, n, left, right), (k, n) => at(k, n, bottom, top)];
  return {
    lines: [...table(LINES, ALONG, (i, k) => [across(k, ALONG), up(i, LINES)]),
      ...table(LINES, ALONG, (i, k) => [across(i, LINES), up(k, ALONG)])].map(through),
    learn: learn.x.length ? through(learn.x) : [], held: held.x.length ? through(held.x) : [],
  };
}
