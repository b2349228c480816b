// Which fault is it? Runs with one of the five faults, or none, planted by chance, and what tells them apart.
import { draws, QUIZ } from "./lab-training-draws.js";
import { FAULTS } from "./lab-training-run.js";

const NAMES = Object.keys(FAULTS);

// What each fault shows, in the order in which one would look: where, what, and what there is to see without it.
const SIGNS = {
  zero: ["Look at the links and thumbnails", "all hidden units stay exactly 0, because their weights started at 0",
    "weights differ, so they did not start at 0"],
  nozero: ["Nudge the weights after a few steps",
    "backward's gradient is not the slope of this batch's loss: it still holds earlier gradients",
    "backward agrees with nudging, so no old gradients are left in it"],
  shuffled: ["Choose points of the batch in the forward part", "the labels used are not the colours of the points",
    "the label used is the point's own colour"],
  sign: ["Compare gradient and move in the update part", "each move has the sign of its gradient, so the loss climbs",
    "moves go against their gradients"],
  rate: ["Look at the first updates", "they are about as large as the weights themselves, or larger",
    "they are a few percent of the weights"],
};
const HEALTHY = "Weights differ, backward agrees with nudging, labels are the points' own, moves go against their " +
  "gradients, and they are small.";

// Quiz number k: its settings, and what was planted.
export function quizOf(k) {
  const random = draws(QUIZ, k), pick = (list) => list[Math.floor(random.uniform() * list.length)];
  return {
    fault: pick(NAMES), data: pick(["moons", "circles", "blobs"]), sample: pick([0, 1, 2, 3]), seed: pick([0, 1, 2, 3]),
    activation: pick(["tanh", "ReLU"]), layer1: pick([4, 5, 6]), layer2: 4, layer3: 0,
    rule: "SGD", lr: 0.1, batch: 16, decay: 0, noise: 0.15, added: [],
  };
}

// What to say to a guess.
export function verdict(k, guess) {
  const { fault } = quizOf(k);
  if (guess === fault) {
    const reason = fault === "none" ? HEALTHY : `${SIGNS[fault][0]}: ${SIGNS[fault][1]}.`;
    return { right: true, text: `Right: ${FAULTS[fault]}. ${reason}` };
  }
  // The first sign by which the guess and the truth differ: that of the guess is missing, or that of the truth is there.
  const [name, [where, , otherwise]] = Object.entries(SIGNS).find(([sign]) => sign === guess || sign === fault);
  return { right: false, text: `No. ${where}: ${name === guess ? otherwise : "something is wrong there"}.` };
}
