// What the backward laboratory says of the chosen window, pixel or weight.
import { many } from "./lab-planes.js";
import { number } from "./words.js";

export const GRADIENT = { input: "dx", weight: "dw" };

// The name of a number; no line breaks within.
export const named = (name, i, j) => `${name}(${i},\u00a0${j})`;

// The window that is going back now, or null.
export const going = ({ cell, windows, done }) => (cell?.[0] === "output" ? windows[done - 1] : null);

export function caption(seen, state) {
  const { y, cell, windows, convolution } = seen;
  if (!y.length) {
    return "No window fits: it spans more than the padded picture. Add padding, or choose a smaller dilation or window.";
  }
  if (!cell) {
    return `${windows.length === 1 ? "The one window has" : `All ${windows.length} windows have`} gone back.${spoiled(seen)} Choose an output, ` +
      `${convolution ? "a pixel or a weight" : "or a pixel"}.`;
  }
  return cell[0] === "output" ? ofWindow(seen) : ofNumber(seen, state);
}

// What “=” has done by now.
function spoiled({ dx, dw, wrong, convolution }) {
  if (!wrong[0] && !wrong[1]) return "";
  return ` Written with “=”, ${wrong[0]} of ${dx.flat().length} numbers of dx${convolution
    ? ` and ${wrong[1]} of ${dw.flat().length} of dw` : ""} are wrong by now.`;
}

function ofWindow(seen) {
  const { cell: [, i, j], dy, x, done, windows, layer, convolution } = seen, { terms } = going(seen), d = number(dy[i][j]);
  const head = `Window ${done} of ${windows.length}, where dy = ${d}:`;
  const end = spoiled(seen);
  if (convolution) return `${head} each pixel under it gets ${d} times its weight, each weight ${d} times its pixel.${end}`;
  if (layer === "average pooling") return `${head} each place gets an equal share, ${d} / ${terms.length}.${end}`;
  const { p, q } = terms.find(({ share }) => share === 1), most = x[p][q];
  const equal = terms.filter((term) => x[term.p]?.[term.q] === most).length;
  const tie = equal > 1 ? ` It stands there ${equal === 2 ? "twice" : `${equal} times`}, a tie: the first in reading ` +
    "order gets it, as in PyTorch." : "";
  return `${head} the largest number, ${number(most)} at row ${p}, column ${q}, gets all of it.${tie}${end}`;
}

function ofNumber({ cell: [grid, i, j], terms, reached, sum, check, slopes, layer }, { rule }) {
  const name = named(GRADIENT[grid], i, j), writing = terms.filter(({ writes }) => writes).length;
  if (!terms.length) return `The pixel at row ${i}, column ${j} lies under no window: its gradient is 0.`;
  if (reached < terms.length) {
    if (!reached) return `${name} is 0 before the first of its ${many(terms.length, "term")}.`;
    const { i: a, j: b, value } = terms[reached - 1];
    return `${name} is ${number(sum)} after ${reached} of ${many(terms.length, "term")}. The last came from ` +
      `${named("dy", a, b)}: ${number(value)}.`;
  }
  const one = terms.length === 1;
  const chose = `${many(terms.length, "window")} ${one ? "holds" : "hold"} it, and ${writing || "none"} ` +
    `${one ? "" : "of them "}chose it`;
  const met = layer === "max pooling" ? chose : `${many(terms.length, "term")} ${one ? "comes" : "meet"} here`;
  const head = `${met}: ${name} = ${number(check.gradient)}.`;
  if (check.agrees) return `${head} A nudge agrees: the loss has slope ${number(check.slope)}.`;
  if (rule === "=") return `${head} A nudge says ${number(check.slope)}: “=” has lost the other terms.`;
  return `${head} But nudged up the loss has slope ${number(slopes[1])}, nudged down ${number(slopes[0])}: at a tie ` +
    "there is no derivative, and a rule has to choose.";
}
