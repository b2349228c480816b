// Predicting outputs: which ones are hidden, and which are found already.
import { table } from "./draw.js";

// What the outputs depend on, as one number: when it changes, all are to be found anew.
export function fingerprint({ picture, channels, weights, bias, stride, padding, dilation, edits }) {
  const text = JSON.stringify([picture, channels, weights, bias, stride, padding, dilation, edits[picture] ?? []]);
  let hash = 0;
  for (let k = 0; k < text.length; k++) hash = (31 * hash + text.charCodeAt(k)) | 0;
  return hash;
}

export const found = (state) => (state.found?.of === fingerprint(state) ? state.found.cells : []);

export const hidden = (state, i, j) => state.predict && !found(state).some(([a, b]) => a === i && b === j);

// How many outputs are still hidden.
export const left = (state, [rows, columns]) => rows * columns - found(state).length;

export const withFound = (state, i, j) => ({ of: fingerprint(state), cells: [...found(state), [i, j]] });

// Another hidden output, here and there on the map, but the same from the same state; or null.
export function next(state, [rows, columns], here) {
  const open = table(rows, columns, (i, j) => [i, j]).flat()
    .filter(([i, j]) => hidden(state, i, j) && String([i, j]) !== String(here));
  return open.length ? open[(Math.abs(fingerprint(state)) + 5 * open.length) % open.length] : null;
}
