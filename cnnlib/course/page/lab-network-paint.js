// Canvases of the network laboratory: the pad, every map, and the marks of what is selected.
import { points } from "./lab-network-ink.js";
import { planes } from "./lab-network-unit.js";

// Blue above zero and orange below, in the theme's own shades, and the colour of what is written: asked for once, since
// to ask is to have the styles of all that has changed computed at once.
export function palette(root) {
  const style = getComputedStyle(root), probe = document.createElement("canvas").getContext("2d");
  const rgb = (colour) => {
    probe.fillStyle = colour;
    return [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16));
  };
  const [above, below] = ["--course-accent", "--course-bad"].map((name) => rgb(style.getPropertyValue(name).trim()));
  return { above, below, ink: getComputedStyle(root.querySelector(".course-lab-body")).color };
}

// One map on one canvas, a pixel for each number, as strong as the layer's largest.
export function paintMap(canvas, data, rows, columns, most, { above, below }) {
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d"), picture = context.createImageData(columns, rows);
  for (let k = 0; k < data.length; k++) {
    const [red, green, blue] = data[k] < 0 ? below : above, at = 4 * k;
    picture.data[at] = red;
    picture.data[at + 1] = green;
    picture.data[at + 2] = blue;
    picture.data[at + 3] = 255 * Math.min(1, Math.abs(data[k]) / most);
  }
  context.putImageData(picture, 0, 0);
}

// Every map of every layer: activations, or the slopes of a score.
export function paintMaps(body, { maps, slopes }, colours) {
  for (const layer of body.querySelectorAll("[data-grid]")) {
    const y = (slopes ?? maps)[Number(layer.dataset.grid)], [, H, W] = planes(y);
    const most = y.data.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-12);
    for (const canvas of layer.querySelectorAll("canvas[data-map]")) {
      const c = Number(canvas.dataset.map);
      paintMap(canvas, y.data.subarray(c * H * W, (c + 1) * H * W), H, W, most, colours);
    }
  }
}

// The strokes on the pad, `side` pixels wide, with lines as wide as the pen.
export function paintPad(canvas, side, strokes, pen, { ink }) {
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  Object.assign(context, { lineWidth: pen * canvas.width, lineCap: "round", lineJoin: "round",
    strokeStyle: ink });
  for (const stroke of strokes) {
    const line = points(stroke);
    context.beginPath();
    for (const [x, y] of [line[0], ...line]) context.lineTo(x * canvas.width, y * canvas.height);
    context.stroke();
  }
}

// Frames around the selected unit and around what it reads in the layer below, in every map of it.
export function mark(body, { unit, maps }) {
  for (const old of body.querySelectorAll(".course-lab-mark")) old.remove();
  const links = body.querySelector("[data-links]");
  links.replaceChildren();
  if (!unit) return;
  const one = { top: unit.row, left: unit.column, rows: 1, columns: 1, down: 1, right: 1 };
  const chosen = frame(body, unit.m, unit.map, maps[unit.m], one, "unit");
  const read = { relu: one, tanh: one, conv: unit.window, maxpool: unit.window, avgpool: unit.window }[unit.kind];
  if (!read) return;
  const below = maps[unit.m - 1], [C] = planes(below), sources = [];
  for (let c = 0; c < C; c++) {
    if (unit.kind === "conv" || c === unit.map) sources.push(frame(body, unit.m - 1, c, below, read, "read"));
  }
  if (chosen && unit.m > 1) links.append(...lines(links, chosen, sources.filter(Boolean)));
}

// A line from the middle of each source's lower edge to the unit.
function lines(links, chosen, sources) {
  const origin = links.getBoundingClientRect(), to = chosen.getBoundingClientRect();
  return sources.map((source) => {
    const from = source.getBoundingClientRect(), line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    const { left, top } = origin, middle = (box) => box.left + box.width / 2 - left;
    const ends = { x1: middle(from), y1: from.bottom - top, x2: middle(to), y2: to.top - top };
    for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value);
    return line;
  });
}

// One frame over one map, cut at the map's edges; nothing where it lies outside.
function frame(body, m, c, y, { top, left, rows, columns, down, right }, kind) {
  const canvas = body.querySelector(`[data-grid="${m}"] canvas[data-map="${c}"]`), [, H, W] = planes(y);
  if (!canvas) return;
  const [a, b] = [Math.max(top, 0), Math.min(top + (rows - 1) * down + 1, H)];
  const [d, e] = [Math.max(left, 0), Math.min(left + (columns - 1) * right + 1, W)];
  if (a >= b || d >= e) return;
  const mark = Object.assign(document.createElement("span"), { className: `course-lab-mark ${kind}` });
  Object.assign(mark.style, { top: `${(100 * a) / H}%`, left: `${(100 * d) / W}%`, width: `${(100 * (e - d)) / W}%`,
    height: `${(100 * (b - a)) / H}%` });
  canvas.parentElement.append(mark);
  return mark;
}

// Row and column of the mosaic under a pointer, or null: which unit of which layer.
export function cellAt(event) {
  const canvas = event.target.closest?.("canvas[data-map]"), layer = canvas?.closest("[data-grid]");
  if (!layer) return null;
  const box = canvas.getBoundingClientRect();
  const inside = (v, most) => Math.min(Math.max(Math.floor(v), 0), most - 1);
  const i = inside(((event.clientY - box.top) / box.height) * canvas.height, canvas.height);
  const j = inside(((event.clientX - box.left) / box.width) * canvas.width, canvas.width);
  return [layer.dataset.grid, i, Number(canvas.dataset.map) * canvas.width + j];
}
