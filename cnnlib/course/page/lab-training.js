// The training laboratory, chapters 6 and 7: a small network learns to tell two classes of points apart. Any step can be
// taken apart, run beside another that differs in one thing, and broken by a fault.
import { valid } from "./lab-training-choices.js";
import { lattice } from "./lab-training-net.js";
import { inFull, inShort } from "./lab-training-numbers.js";
import { openLab } from "./lab-training-page.js";
import { panels } from "./lab-training-panels.js";
import { quizOf } from "./lab-training-quiz.js";
import { runOf } from "./lab-training-run.js";

const SIDE = 40;                         // points along each side of the plane
const BOUNDS = [-1.8, 1.8, -1.8, 1.8];   // left, right, bottom, top

export function start(config) {
  const [layer1 = 0, layer2 = 0, layer3 = 0] = config.hidden ?? [6, 2];
  return {
    data: config.points ? "yours" : "moons", sample: 0, noise: 0.15, added: [],
    layer1, layer2, layer3, activation: "tanh",
    rule: "momentum 0.9", lr: 0.1, batch: 16, decay: 0, seed: 0, fault: "none",
    step: config.live ? 0 : 100,  // a still picture shows a network that has learned something
    pace: 1, phase: 0, links: "weight", cell: null, pinned: false, point: 0, adds: -1, cursor: null,
    versus: null, shown: 0, quiz: 0, guess: null,
    ...config.start,
  };
}

// The settings of the two runs, which differ in exactly one thing, or of the only one.
export function settings(state) {
  const own = state.quiz ? { ...state, ...quizOf(state.quiz) } : state;
  const first = { ...own, hidden: [own.layer1, own.layer2, own.layer3].filter(Boolean) };
  return state.versus && !state.quiz ? [first, { ...first, [state.versus[0]]: state.versus[1] }] : [first];
}

// Whether two runs are one: without a hidden layer, no activation plays a part.
const same = (a, b) => JSON.stringify(a) === JSON.stringify(a.hidden.length ? b : { ...b, activation: a.activation });

// Where the plane ends.
export const bounds = (config, { data, quiz }) => (data === "yours" && !quiz && config.bounds) || BOUNDS;

export function numbers(state, config) {
  const ends = bounds(config, state), places = lattice(ends, config.side ?? SIDE), all = settings(state);
  const shown = Math.min(state.shown, all.length - 1);
  const sides = all.map((one, k) => {
    const run = runOf(one, config), t = run.data.learn.x.length ? state.step : 0;
    const seen = k === shown ? inFull(run, one, t, places, ends) : inShort(run, one, t, places);
    return { ...seen, rule: one.rule, lr: one.lr, same: k > 0 && same(all[0], one) };
  });
  return { sides, shown };
}

export const draw = (seen, state, config) => panels(seen, state, config, bounds(config, state));

export function open(root, config) {
  return openLab(root, config, { start, numbers, draw, valid, bounds });
}
