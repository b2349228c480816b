// A function over the plane as colours: blue above zero, orange below, as strong as the value is large.
import { largest } from "./draw.js";
import { colourPng } from "./pictures.js";

const ABOVE = [0, 114, 178], BELOW = [213, 94, 0];

export const PLANE = { most: 1, strong: 150 };  // of probabilities, under points that must be seen

// Red, green, blue and opacity for each value; what is not finite is left clear.
export function colours(values, { most = largest(values.filter(Number.isFinite)), strong = 235 } = {}) {
  const out = new Uint8ClampedArray(4 * values.length);
  values.forEach((v, k) => {
    if (Number.isFinite(v)) out.set([...(v < 0 ? BELOW : ABOVE), strong * Math.min(1, Math.abs(v) / most)], 4 * k);
  });
  return out;
}

// Fills a canvas with a square of values.
export function paint(canvas, values, how) {
  const side = Math.sqrt(values.length);
  if (canvas.width !== side) canvas.width = canvas.height = side;
  canvas.getContext("2d").putImageData(new ImageData(colours(values, how), side, side), 0, 0);
}

// The same as an SVG image, with every second value, for still pictures.
export function image(values, x, y, size, how) {
  const side = Math.sqrt(values.length), half = Math.ceil(side / 2);
  const some = values.filter((_, k) => k % side % 2 === 0 && Math.floor(k / side) % 2 === 0);
  const address = colourPng([...colours(some, how)], half, half);
  return `<image x="${x}" y="${y}" width="${size}" height="${size}" href="${address}"/>`;
}
