// Where windows stand: along one axis, output i reads pixel i · stride − padding + u · dilation through weight u.
import { range } from "./draw.js";

// How many windows fit; none where the kernel spans more than the padded axis.
export const outputs = (n, k, { stride = 1, padding = 0, dilation = 1 }) =>
  Math.max(0, Math.floor((n + 2 * padding - dilation * (k - 1) - 1) / stride) + 1);

export const pixel = (i, u, { stride = 1, padding = 0, dilation = 1 }) => i * stride - padding + u * dilation;

// Window (i, j) in two dimensions: the pixel (p, q) under each weight (u, v), which may lie in the padding.
export const taps = ([i, j], [K, L], options) => range(K).flatMap((u) => range(L).map((v) =>
  ({ u, v, p: pixel(i, u, options), q: pixel(j, v, options) })));

// The other way round, along one axis: every output i that reads pixel p, and the weight u through which it does.
const readers = (p, n, k, options) => range(outputs(n, k, options)).flatMap((i) =>
  range(k).filter((u) => pixel(i, u, options) === p).map((u) => [i, u]));

// Every output (i, j) that reads pixel (p, q), and through which weight (u, v).
export const uses = ([p, q], [H, W], [K, L], options) => readers(p, H, K, options).flatMap(([i, u]) =>
  readers(q, W, L, options).map(([j, v]) => ({ i, j, u, v })));

// How many windows read each pixel.
export function counts([H, W], [K, L], options) {
  const along = (n, k) => range(n).map((p) => readers(p, n, k, options).length), columns = along(W, L);
  return along(H, K).map((a) => columns.map((b) => a * b));
}

// The chosen cell [grid, i, j], brought back into its grid where that has become smaller; null where there is none.
export function inGrid(cell, size) {
  if (!cell || !size[cell[0]][0]) return null;
  return [cell[0], ...cell.slice(1).map((k, axis) => Math.min(Math.max(k, 0), size[cell[0]][axis] - 1))];
}
