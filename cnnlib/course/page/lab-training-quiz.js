// Which fault is it? Runs with one of the five faults, or none, planted by chance, and what tells them apart.
import { draws, QUIZ } from "./lab-training-draws.js";
import { FAULTS } from "./lab-training-run.js";

const NAMES = Object.keys(FAULTS);

// What each fault shows, in the order in which one would look.
const SIGNS = [
  ["Look at the links and thumbnails", { zero: "all hidden units stay exactly 0, because their weights started at 0" },
    "weights differ, so they did not start at 0"],
  ["Nudge the weights after a few steps", { nozero: "backward's gradient is not the slope of this batch's loss: it still holds earlier gradients" },
    "backward agrees with nudging, so no old gradients are left in it"],
  ["Choose points of the batch in the forward part", { shuffled: "the labels used are not the colours of the points" },
    "the label used is the point's own colour"],
  ["Compare gradient and move in the update part", { sign: "each move has the sign of its gradient, so the loss climbs" },
    "moves go against their gradients"],
  ["Look at the first updates", { rate: "they are about as large as the weights themselves, or larger" },
    "the updates are a few percent of the weights"],
];

// Quiz number k: its settings, and what was planted.
export function quizOf(k) {
  const random = draws(QUIZ, k), pick = (list) => list[Math.floor(random.uniform() * list.length)];
  return {
    fault: pick(NAMES), data: pick(["moons", "circles", "blobs"]), sample: pick([0, 1, 2, 3]), seed: pick([0, 1, 2, 3]),
    activation: pick(["tanh", "ReLU"]), layer1: pick([4, 5, 6]), layer2: 4, layer3: 0, rule: "SGD", lr: 0.1, batch: 16, decay: 0, noise: 0.15, added: [],
  };
}

// What to say to a guess.
export function verdict(k, guess) {
  const { fault } = quizOf(k);
  if (guess === fault) {
    const sign = SIGNS.find(([, shows]) => fault in shows);
    return { right: true, text: `Right: ${FAULTS[fault]}. ` + (sign ? `${sign[0]}: ${sign[1][fault]}.`
      : "Weights differ, backward agrees with nudging, labels are the points' own, moves go against their gradients, and they are small.") };
  }
  // The first sign by which the guess and the truth differ: that of the guess is missing, or that of the truth is there.
  const [where, shows, otherwise] = SIGNS.find(([, found]) => guess in found || fault in found);
  return { right: false, text: `No. ${where}: ${guess in shows ? otherwise : "something is wrong there"}.` };
}
