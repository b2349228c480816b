// What can be chosen in the training laboratory, and how it is called.
import { range } from "./draw.js";
import { KINDS } from "./lab-training-draws.js";
import { ACTIVATIONS, RULES } from "./lab-training-net.js";
import { FAULTS } from "./lab-training-run.js";

const upTo = (count) => range(count + 1);

export const CHOICES = {
  data: [...KINDS, "empty"], sample: upTo(9), noise: [0, 0.05, 0.1, 0.15, 0.2, 0.3],
  layer1: upTo(8), layer2: upTo(8), layer3: upTo(8), activation: Object.keys(ACTIVATIONS),
  rule: Object.keys(RULES), lr: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], batch: [1, 4, 16, 64, 0],
  decay: [0, 0.0001, 0.001, 0.01, 0.1], seed: upTo(9), fault: Object.keys(FAULTS),
};

export const LABELS = {
  data: "points", sample: "draw", noise: "noise", layer1: "hidden 1", layer2: "hidden 2", layer3: "hidden 3",
  activation: "activation", rule: "rule", lr: "learning rate η", batch: "batch size", decay: "L2 (weight decay)",
  seed: "seed", fault: "fault",
};

const KIND_NAMES = { yours: "your own", moons: "two moons", circles: "circles", spirals: "spirals", blobs: "blobs", xor: "XOR", empty: "none yet" };
// A value as it reads in a menu.
export const reads = (name, value) => name === "data" ? KIND_NAMES[value] : name === "fault" ? FAULTS[value]
  : name.startsWith("layer") ? (value || "–") : name === "batch" ? (value || "all") : `${value}`;

export const choicesOf = (name, config) => (name === "data" && config.points ? ["yours", ...CHOICES.data] : CHOICES[name]);

// In what a second run may differ from the first.
export const VERSUS = ["lr", "rule", "batch", "decay", "activation", "seed", "fault"];
