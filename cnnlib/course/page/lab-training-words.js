// What the training laboratory says: how far a run has come, and what was chosen in it.
import { fixed, number } from "./words.js";
import { ON_UNIT, short } from "./lab-training-net-draw.js";
import { verdict } from "./lab-training-quiz.js";

export const percent = (look) => (look ? `${fixed(100 * look.right, 1)} %` : "–");

const SAME = "Run B is the same as A: choose another value for it.";

export function caption(sides, { quiz }) {
  const one = sides[0], plain = (v) => v === 0 || (Math.abs(v) >= 0.0005 && Math.abs(v) < 1000);
  const n = (v) => (!Number.isFinite(v) ? "not finite" : plain(v) ? fixed(v, 3) : short(v, 1));
  const share = ({ ratio }) => (Number.isFinite(ratio) ? `${n(100 * ratio)} % of the weights` : "not finite");
  if (!one.rows.length) return "No points to learn from yet: choose a class and click in the plane.";
  const part = (look) => `${n(look.loss)} (${percent(look)} right)`;
  const tell = ({ train, held }) => `loss ${part(train)}${held ? `, held out ${part(held)}` : ""}`;
  return `${quiz ? "Mystery run. " : ""}After ${one.t} step${one.t === 1 ? "" : "s"}: ${tell(one.looks.at(-1))}` +
    (sides.length < 2 ? `. Gradient ${n(one.norm)}, update ${share(one)}.`
      : sides[1].same ? `. ${SAME}` : `. Run B: ${tell(sides[1].looks.at(-1))}.`);
}

// Which unit is taken apart: the selected one, else the first of the logits.
export function chosen({ units }, { cell }) {
  const l = Math.min(cell?.[2] ?? 9, units.length - 1);
  return [l, Math.min(cell?.[1] ?? 0, units[l].length - 1)];
}

// What there is to hear when nothing but this changed: the verdict on a guess, the cross, the unit or the point that was
// chosen. Null where something else changed, or nothing.
export function news(before, state, { sides, shown }) {
  const changed = Object.keys(state).filter((key) => JSON.stringify(before?.[key]) !== JSON.stringify(state[key]));
  const only = (...keys) => before && changed.length && changed.every((key) => keys.includes(key));
  const one = sides[shown], { phase, guess, cursor } = state;
  if (only("guess") && state.quiz && guess) return verdict(state.quiz, guess).text;
  if (only("cursor") && cursor) return `Cross at ${pair(cursor)}.`;
  if (!only("cell", "pinned", "point", "phase") || !one.rows.length) return null;
  const n = Math.min(state.point, one.rows.length - 1), row = one.rows[n], { x, labels } = one.data.learn;
  return (changed.includes("point") ? `Point ${n}, of class ${labels[row]}, at ${pair(x[row])}. ` : "") +
    (changed.includes("phase") ? `${PARTS[phase]}. ` : "") + unitSaid(one, state, n);
}

const PARTS = ["Forward", "Backward", "Update"];
const pair = (at) => `(${at.map((v) => number(v, 2)).join(", ")})`;

// A unit and the number under it.
function unitSaid(one, state, n) {
  const [l, j] = chosen(one, state), last = one.units.length - 1, value = ON_UNIT[state.phase](one, l, j, n);
  const name = l === 0 ? `Input ${j}` : l === last ? `Logit ${j}` : `Hidden ${l}, unit ${j}`;
  const what = one.dead[l - 1]?.[j] ? "dead" : value === null ? "has no weights"
    : state.phase === 2 ? `its bias moves by ${short(value)}`
      : `${state.phase ? "gradient of its sum " : ""}${short(value)} for point ${n}`;
  return `${name}${state.cell && state.pinned ? ", kept" : ""}: ${what}.`;
}
