// Chapter 9: kernels on a real photograph, yours included.
import { grid, headed, row, table } from "./draw.js";
import { bytes, png } from "./pictures.js";
import { number } from "./words.js";

const photographs = {};  // decoded once
const pictures = {};  // made once

const pixels = (name, config) => photographs[name] ??= Float64Array.from(bytes(config.pixels[name]), (value) => value / 255);
const picture = (name, config) => pictures[name] ??= png([...pixels(name, config)], config.columns, config.rows);
const weighed = (kernel, own, { kernels }) => (kernel === "your own" ? [own, 1] : kernels[kernel]);

export function numbers({ picture, kernel, own }, config) {
  const { rows, columns } = config, x = pixels(picture, config), [whole, divisor] = weighed(kernel, own, config);
  const w = whole.map((line) => line.map((weight) => weight / divisor)), size = w.length;
  const y = table(rows - size + 1, columns - size + 1, (i, j) => {
    let sum = 0;
    for (let u = 0; u < size; u++) for (let v = 0; v < size; v++) sum += w[u][v] * x[(i + u) * columns + j + v];
    return sum;
  });
  return { y, total: w.flat().reduce((sum, weight) => sum + weight) };
}

export function draw({ picture: name, kernel, own, y, total }, config) {
  const [weights, divisor] = weighed(kernel, own, config), flat = y.flat();
  const low = flat.reduce((a, b) => Math.min(a, b)), high = flat.reduce((a, b) => Math.max(a, b));
  const balanced = Math.abs(total) < 1e-9, most = Math.max(-low, high, 1e-12);
  const grey = balanced ? (value) => 0.5 + (0.5 * value) / most : (value) => Math.min(Math.max(value, 0), 1);
  const photo = (head, address, alt) =>
    headed(head, 240, `<img src="${address}" alt="${alt}" style="width:100%;max-width:240px">`);
  const head = divisor === 1 ? "kernel" : `kernel, divided by ${divisor}`;
  return {
    html: row(beside(photo("photograph", picture(name, config), `The ${name} in grey`),
      photo(`after “${kernel}”`, png(flat.map(grey), y[0].length, y.length), `The ${name} after the kernel ${kernel}`)),
      grid(head, `${head}: ${weights.length} by ${weights.length} weights`, weights, { wide: 44 })),
    caption: `The weights add up to ${number(total)}: a plain area of brightness 0.5 gives ${number(total * 0.5)}. The ` +
      `response lies between ${number(low)} and ${number(high)}; ${balanced
        ? "no difference gives 0, shown as mid-grey; lighter is positive, darker negative"
        : "0 is shown as black, 1 as white, and what lies beyond is cut off"}. Size ${y.length} × ${y[0].length}.`,
  };
}

// Both pictures on one screen, a phone's, too.
const beside = (...pictures) => `<div style="display:flex;gap:min(1.6rem,3vw)">${pictures.join("")}</div>`;
