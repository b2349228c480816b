// A drawing as the network wants it: strokes become grey pixels, cropped, scaled and centred as MNIST's digits are.
// A drawing is a list of strokes; a stroke is a text, four letters for each point: x and y from 0 to 1295, in base 36.
import { tensor } from "./core.js";

const FINEST = 1295;

// Points (x, y) of the unit square as a stroke, and back.
export const packed = (points) => points.map((point) => point.map((v) =>
  Math.round(FINEST * Math.min(Math.max(v, 0), 1)).toString(36).padStart(2, "0")).join("")).join("");
export const points = (stroke) => (stroke.match(/..../g) ?? []).map((four) =>
  [0, 2].map((at) => parseInt(four.slice(at, at + 2), 36) / FINEST));

export const isStroke = (stroke) => typeof stroke === "string" && /^(?:[0-9a-z]{4})+$/.test(stroke);

// Strokes as grey values from 0 to 1, size × size. With `centre` the drawing is cropped, scaled so that its longer
// side fills the room that MNIST's digits have, and moved until the centre of its ink lies in the middle; without, the
// whole pad is scaled down as it is. `pen` is the width of the line, as a part of the pad.
export function raster(strokes, size, { centre = true, pen = 0.08 } = {}) {
  const image = tensor([1, size, size]), lines = strokes.map(points), all = lines.flat();
  if (!all.length) return image;
  if (!centre) return inked(image, lines, size, [0, 0], pen);
  const [left, top] = [0, 1].map((axis) => Math.min(...all.map((point) => point[axis])) - pen / 2);
  const [right, bottom] = [0, 1].map((axis) => Math.max(...all.map((point) => point[axis])) + pen / 2);
  const scale = room(size) / Math.max(right - left, bottom - top);
  const middle = [left + right, top + bottom].map((sum) => (size - scale * sum) / 2);
  inked(image, lines, scale, middle, pen);
  const mass = massCentre(image);
  return inked(image, lines, scale, middle.map((move, axis) => move + size / 2 - mass[axis]), pen);
}

// MNIST's digits fill 20 of 28 pixels; small images are full.
export const room = (size) => (size < 20 ? size : Math.round((20 / 28) * size));

// How far each pixel's middle lies inside a line, from 0 to 1: a soft edge one pixel wide.
function inked(image, lines, scale, move, pen) {
  const { data, shape: [, size] } = image, radius = (scale * pen) / 2, reach = radius + 0.5;
  const inside = (v) => Math.min(Math.max(v, 0), size);
  const span = (a, b) => [inside(Math.floor(Math.min(a, b) - reach)), inside(Math.ceil(Math.max(a, b) + reach))];
  data.fill(0);
  for (const line of lines) {
    const at = line.map((point) => point.map((v, axis) => scale * v + move[axis]));
    at.forEach(([ax, ay], k) => {
      const [bx, by] = at[Math.min(k + 1, at.length - 1)], dx = bx - ax, dy = by - ay, long = dx * dx + dy * dy;
      const [[top, bottom], [left, right]] = [span(ay, by), span(ax, bx)];
      for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) {
        const x = j + 0.5 - ax, y = i + 0.5 - ay, t = long ? Math.min(1, Math.max(0, (x * dx + y * dy) / long)) : 0;
        const ink = reach - Math.hypot(x - t * dx, y - t * dy);
        if (ink > data[i * size + j]) data[i * size + j] = Math.min(1, ink);
      }
    });
  }
  return image;
}

// Where the ink is, on average: x and y.
export function massCentre({ data, shape: [, size] }) {
  let mass = 0, x = 0, y = 0;
  data.forEach((v, k) => {
    mass += v;
    x += v * ((k % size) + 0.5);
    y += v * (Math.floor(k / size) + 0.5);
  });
  return mass ? [x / mass, y / mass] : [size / 2, size / 2];
}
