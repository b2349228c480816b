// What there is to see of a run at one step, as numbers: the step taken apart, every unit over the plane, the curves.
import { fromLists, tensor, toLists } from "./core.js";
import { range, table } from "./draw.js";
import { forward, rowsOf } from "./lab-training-net.js";

const LINES = 13;   // of the grid that is warped, each way
const ALONG = 30;   // points along a line

// Parameters, or gradients, as [{ w, b }, …], a layer each.
const layered = (tensors) =>
  range(tensors.length / 2).map((l) => ({ w: toLists(tensors[2 * l]), b: toLists(tensors[2 * l + 1]) }));

const column = ({ data, shape: [rows, columns] }, j) => range(rows).map((n) => data[n * columns + j]);

// The probability of class 1.
export const share = (logits) => column(logits, 0).map((z, n) => 1 / (1 + Math.exp(z - logits.data[2 * n + 1])));

// What two runs side by side both show.
export function inShort(run, { activation }, t, places) {
  const { params } = run.at(t), { rows, norm, ratio } = run.step(t);
  return { t, data: run.data, ...run.curves(t), rows, norm, ratio, p: share(forward(params, activation, places).a.at(-1)) };
}

// And all that there is to see of the one whose network is shown.
export function inFull(run, settings, t, places, bounds) {
  const step = run.step(t), { params } = run.at(t), { learn, held } = run.data;
  const { activation, decay, fault } = settings;
  const { next } = step, shaped = (lists) => layered(lists.map((data, i) => tensor(params[i].shape, data)));
  const memory = (name) => [step.memory, next.memory].map((all) => shaped(all.map((one) => one?.[name])));
  const at = learn.x.length ? forward(params, activation, rowsOf(learn.x, range(learn.x.length))) : null;
  const columns = (a) => range(a.shape[1]).map((j) => column(a, j));
  return {
    ...inShort(run, settings, t, places), activation, decay, fault,
    loss: step.loss, labels: step.labels, check: run.check(t),
    a: step.seen.a.map(toLists), z: step.seen.z.map(toLists), dz: step.back.dz.map(toLists),
    params: layered(params), grads: layered(step.grads), next: layered(next.params),
    // What the rule takes, .grad and decay together; what it adds; what it remembers, before the step and after.
    used: shaped(step.used), moves: shaped(step.moves),
    memory: Object.fromEntries(Object.keys(next.memory[0] ?? {}).map((name) => [name, memory(name)])),
    units: forward(params, activation, places).a.map(columns),
    // A ReLU that is 0 for every point to learn from gets no gradient from any of them.
    dead: at && activation === "ReLU" ? at.a.slice(1, -1).map((a) => columns(a).map(silent)) : [],
    bent: bent(params, activation, learn, held, bounds),
  };
}

const silent = (values) => values.every((v) => v <= 0);

// What the last hidden layer, if it has two units, makes of the plane: lines of a grid, and the points.
function bent(params, activation, learn, held, bounds) {
  if (params.length < 4 || params.at(-4).shape[0] !== 2) return null;
  const through = (x) => toLists(forward(params, activation, x).a.at(-2));
  const points = ({ x }) => (x.length ? through(rowsOf(x, range(x.length))) : []), all = through(gridLines(bounds));
  const lines = range(2 * LINES).map((k) => all.slice(k * ALONG, (k + 1) * ALONG));
  return { lines, learn: points(learn), held: points(held) };
}

// The points of all lines, one line after the other: first those that go across, then those that go up.
function gridLines([left, right, bottom, top]) {
  const at = (k, count, low, high) => low + (k / (count - 1)) * (high - low);
  return fromLists([...table(LINES, ALONG, (i, k) => [at(k, ALONG, left, right), at(i, LINES, bottom, top)]),
    ...table(LINES, ALONG, (i, k) => [at(i, LINES, left, right), at(k, ALONG, bottom, top)])].flat());
}
