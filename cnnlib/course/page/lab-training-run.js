// A training run as a function of its settings: the same settings give the same numbers at every step, forwards, backwards
// and after a reload. Its data, its steps, its curves, and five faults that can be planted in it.
import { tensor } from "./core.js";
import { range } from "./draw.js";
import { batchRows, draws, HELD, LABELS, NUDGE, permutation, points, startWeights } from "./lab-training-draws.js";
import { backward, forward, lossBackward, lossOf, norm, nudged, rowsOf, update } from "./lab-training-net.js";

export const TRAIN = 120;      // points to learn from, of the data that come with the laboratory
export const HELD_OUT = 80;    // and points held out
export const LONGEST = 2000;   // steps
const EVERY = 10;              // steps between two looks at all points
const WORK = 600_000;          // products in all the nudging of a step, about
const KEPT = 20;               // steps between two states that are kept; those between are done again
export const TOO_HIGH = 100;   // by how much the rate is too high in the fault of that name

export const FAULTS = {
  none: "no fault", zero: "weights start at 0", nozero: "zero_grad is missing", shuffled: "labels shuffled",
  rate: `learning rate × ${TOO_HIGH}`, sign: "wrong sign: steps go uphill",
};

// Points to learn from, added ones among them, and points held out.
export function dataOf({ data, sample, noise, added }, config) {
  let learn = { x: [], labels: [] }, held = { x: [], labels: [] };
  const part = ({ x, labels }, rows) => ({ x: rows.map((row) => x[row]), labels: rows.map((row) => labels[row]) });
  if (data === "yours") {
    const count = config.points.length, out = Math.round(config.heldOut * count);
    const order = permutation(draws(HELD, sample), count), all = { x: config.points, labels: config.labels };
    [held, learn] = [part(all, order.slice(0, out)), part(all, order.slice(out))];
  } else if (data !== "empty") {
    const all = points(data, sample, noise, TRAIN + HELD_OUT);
    [learn, held] = [part(all, range(TRAIN)), part(all, range(HELD_OUT).map((k) => TRAIN + k))];
  }
  return { held, learn: { x: [...learn.x, ...added.map(([x, y]) => [x, y])],
    labels: [...learn.labels, ...added.map(([, , label]) => label)] } };
}

const zeros = (params) => params.map((p) => tensor(p.shape));

function begin({ hidden, seed, fault }) {
  const start = startWeights([2, ...hidden, 2], seed), params = fault === "zero" ? zeros(start) : start;
  return { t: 0, params, memory: params.map(() => null), kept: zeros(params) };
}

// One step, with all that it computes on the way. `own` is the gradient of this batch, `grads` what `.grad` holds, which
// is the same unless zero_grad is missing: then the gradients of all earlier steps are still in it.
function stepFrom(state, { activation, rule, lr, batch, decay, seed, fault }, learn) {
  const { t, params, memory, kept } = state, count = learn.x.length, size = batch || count;
  const rows = batchRows(seed, t, count, size), x = rowsOf(learn.x, rows);
  const labels = (fault === "shuffled" ? batchRows(seed, t, count, size, LABELS) : rows).map((row) => learn.labels[row]);
  const seen = forward(params, activation, x), loss = lossOf(seen, labels);
  const back = backward(params, activation, seen, lossBackward(seen.a.at(-1), labels)), own = back.grads;
  const grads = fault !== "nozero" ? own
    : own.map((g, i) => tensor(g.shape, g.data.map((value, k) => kept[i].data[k] + value)));
  const options = { rule, lr: fault === "rate" ? TOO_HIGH * lr : lr, decay, sign: fault === "sign" ? -1 : 1 };
  const done = update(params, grads, memory, options, t + 1);
  return {
    rows, x, labels, seen, loss, back, own, grads, moves: done.moves, used: done.used, memory,
    norm: norm(grads.map((g) => g.data)), ratio: norm(done.moves) / norm(params.map((p) => p.data)),
    next: { t: t + 1, params: done.params, memory: done.memory, kept: fault === "nozero" ? grads : kept },
  };
}

// Loss and share of right answers on some points; null where there are none.
function judge(params, activation, { x, labels }) {
  if (!x.length) return null;
  const seen = forward(params, activation, rowsOf(x, range(x.length))), logits = seen.a.at(-1).data;
  const right = labels.filter((label, n) => (logits[2 * n + 1] > logits[2 * n] ? 1 : 0) === label).length;
  return { loss: lossOf(seen, labels), right: right / x.length };
}

// A run. `at(t)` is the state after t steps, `step(t)` all about step number t, `curves(t)` what happened until then.
export function makeRun(settings, config) {
  const data = dataOf(settings, config), { activation } = settings;
  const states = [begin(settings)], steps = [], looks = [];
  let last = states[0];  // the furthest state so far
  const look = ({ t, params }) => {
    const [train, held] = [data.learn, data.held].map((part) => judge(params, activation, part));
    return { t, train, held };
  };
  let done = null;       // the step that was looked at last
  const stepOf = (state) => (done?.next.t === state.t + 1 ? done : (done = stepFrom(state, settings, data.learn)));
  const walk = (state, t) => {
    while (state.t < t) {
      stepOf(state);
      if (state.t === last.t) {
        if (state.t % EVERY === 0) looks.push(look(state));
        steps.push({ loss: done.loss, norm: done.norm, ratio: done.ratio });
        last = done.next;
        if (last.t % KEPT === 0) states.push(last);
      }
      state = done.next;
    }
    return state;
  };
  const at = (t) => walk(t >= last.t ? last : states[Math.floor(t / KEPT)], t);
  return {
    data, at, step: (t) => stepOf(at(t)),
    curves: (t) => ({ steps: (at(t), steps.slice(0, t)), looks: [...looks.filter((one) => one.t < t), look(at(t))] }),
    // How far backward's gradient is from what nudging says, relative to the larger of the two. Where a batch is large,
    // some of the weights are nudged, drawn anew for each step.
    check: (t) => {
      const { params } = at(t), { x, labels, grads } = stepOf(at(t)), all = grads.flatMap((g) => [...g.data]);
      const count = Math.min(all.length, Math.max(20, Math.floor(WORK / (labels.length * all.length))));
      const which = permutation(draws(NUDGE, t), all.length).slice(0, count);
      const slopes = nudged(params, activation, x, labels, which), own = which.map((k) => all[k]);
      const gap = norm([slopes.map((slope, n) => slope - own[n])]), size = Math.max(norm([slopes]), norm([own]));
      return { gap: gap < 1e-9 ? 0 : gap / size, count, of: all.length };
    },
  };
}

// The last few runs are kept, so that the next frame does the next step only.
const SETTINGS = ["data", "sample", "noise", "added", "hidden", "activation", "rule", "lr", "batch", "decay", "seed",
  "fault"];
const runs = new Map();
export function runOf(state, config) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, state[name]]));
  const key = JSON.stringify([settings, config.points ?? null, config.labels ?? null, config.heldOut ?? null]);
  const found = runs.get(key) ?? makeRun(settings, config);
  runs.delete(key);
  runs.set(key, found);
  if (runs.size > 6) runs.delete(runs.keys().next().value);
  return found;
}
