// What can be chosen in the training laboratory, how it is called, and which states make sense.
import { range } from "./draw.js";
import { KINDS } from "./lab-training-draws.js";
import { ACTIVATIONS, RULES } from "./lab-training-net.js";
import { FAULTS, LONGEST } from "./lab-training-run.js";

const upTo = (count) => range(count + 1);

export const CHOICES = {
  data: [...KINDS, "empty"], sample: upTo(9), noise: [0, 0.05, 0.1, 0.15, 0.2, 0.3],
  layer1: upTo(8), layer2: upTo(8), layer3: upTo(8), activation: Object.keys(ACTIVATIONS),
  rule: Object.keys(RULES), lr: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], batch: [1, 4, 16, 64, 0],
  decay: [0, 0.0001, 0.001, 0.01, 0.1], seed: upTo(9), fault: Object.keys(FAULTS),
};

export const choicesOf = (name, config) => (name === "data" && config.points ? ["yours", ...CHOICES.data] : CHOICES[name]);

// In what a second run may differ from the first.
export const VERSUS = ["lr", "rule", "batch", "decay", "activation", "seed", "fault"];

export const PACES = [1, 5, 25];  // steps a frame

export const LABELS = {
  data: "points", sample: "draw", noise: "noise", layer1: "hidden 1", layer2: "hidden 2", layer3: "hidden 3",
  activation: "activation", rule: "rule", lr: "learning rate η", batch: "batch size", decay: "L2 (weight decay)",
  seed: "seed", fault: "fault",
};

const POINTS = {
  yours: "your own", moons: "two moons", circles: "circles", spirals: "spirals", blobs: "blobs", xor: "XOR",
  empty: "none yet",
};

// A value as it reads in a menu.
export function reads(name, value) {
  if (name === "data") return POINTS[value];
  if (name === "fault") return FAULTS[value];
  if (name === "batch") return value || "all";
  return name.startsWith("layer") ? value || "–" : `${value}`;
}

// How the settings stand that are folded away: those that matter most, and what else is not as at the start.
export function folded(state, config) {
  const { data, layer1, layer2, layer3, seed, fault } = state, units = [layer1, layer2, layer3].filter(Boolean);
  const first = { sample: 0, noise: 0.15, batch: 16, decay: 0, ...config.start };
  const others = ["sample", "noise", "batch", "decay"].filter((name) => state[name] !== first[name])
    .map((name) => `${LABELS[name]} ${reads(name, state[name])}`);
  return [POINTS[data], units.length ? `${units.join(" and ")} units` : "no hidden units", ...others, `seed ${seed}`,
    FAULTS[fault]].join(", ");
}

// Whether a state that an address holds can be shown.
export function valid(state, config) {
  const whole = (value, most) => Number.isInteger(value) && value >= 0 && value <= most;
  const list = (value, length) => Array.isArray(value) && value.length === length;
  const near = (value) => Number.isFinite(value) && Math.abs(value) < 1e6;
  const { added, cell, cursor, guess, versus } = state;
  return Object.keys(CHOICES).every((name) => choicesOf(name, config).includes(state[name])) &&
    Array.isArray(added) && added.length <= 300 &&
    added.every((at) => list(at, 3) && near(at[0]) && near(at[1]) && whole(at[2], 1)) &&
    whole(state.step, LONGEST) && whole(state.phase, 2) && whole(state.point, 1000) && whole(state.shown, 1) &&
    ["weight", "gradient"].includes(state.links) && [-1, 0, 1].includes(state.adds) && PACES.includes(state.pace) &&
    (cell === null || (list(cell, 3) && cell[0] === "units" && whole(cell[1], 9) && whole(cell[2], 9))) &&
    typeof state.pinned === "boolean" && (cursor === null || (list(cursor, 2) && cursor.every(near))) &&
    (versus === null || (list(versus, 2) && VERSUS.includes(versus[0]) && CHOICES[versus[0]].includes(versus[1]))) &&
    whole(state.quiz, 99) && (guess === null || Object.hasOwn(FAULTS, guess));
}
