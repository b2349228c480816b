// Laboratory: a network that reads digits. Draw one, and see every number that is computed of it, forward and back.
import { softmax, tensor } from "./core.js";
import { shell } from "./lab.js";
import { bars, captionOf, drawingsTable, headOf, mapsMarkup, still } from "./lab-network-draw.js";
import { attend } from "./lab-network-hands.js";
import { isStroke, raster } from "./lab-network-ink.js";
import { layout } from "./lab-network-layout.js";
import { damaged, forward, gradients, unpack, untrained } from "./lab-network-model.js";
import { unitMarkup } from "./lab-network-panel.js";
import { mosaic, unit } from "./lab-network-unit.js";
import { bytes } from "./pictures.js";

const BRUSH = 4;  // the side of what one touch of the brush covers, in pixels
const FIRST = 3;  // the drawing to begin with

// A target of null is the digit that the network reads.
export const start = () => ({
  picked: FIRST, strokes: [], pen: 0.08, centre: true, weights: "trained", off: [], covered: [], brush: false,
  view: "forward", target: null, all: false, cell: null, pinned: false,
});

// The networks of a page, made once: `config` names the layers and holds their weights.
const made = new WeakMap();

export function networkIn(config, weights) {
  if (weights === "loaded") return config.loaded;
  if (!made.has(config)) made.set(config, { read: {} });
  const known = made.get(config), { layers, size, dtype } = config;
  known.trained ??= { size, layers: unpack(layers, config.bytes ?? bytes(config.base64), dtype) };
  known.random ??= { size, layers: untrained(layers) };
  return known[weights];
}

// The drawing on the pad: the reader's own strokes, or one that was picked.
export const drawingOf = ({ picked, strokes, pen }, { drawings }) =>
  (picked === null ? { strokes, pen } : drawings[picked]);

export function numbers(state, config) {
  const { layers: whole, size } = networkIn(config, state.weights), layers = damaged(whole, state.off);
  const { strokes, pen } = drawingOf(state, config);
  const image = hidden(raster(strokes, size, { centre: state.centre, pen }), state.covered);
  const steps = forward(layers, image), maps = [image, ...steps.map(({ y }) => y)];
  const p = Array.from(softmax(maps.at(-1)).data), target = state.target ?? p.indexOf(Math.max(...p));
  const slopes = state.view === "backward" ? gradients(steps, target) : null;
  const [m, i, j] = state.cell ?? [];
  return {
    layers: layers.map(({ w, b, ...rest }) => rest), maps, slopes, p, target,
    unit: state.cell && unit(layers, steps, maps, Number(m), i, j, slopes, target),
    read: state.all ? reading(layers, size, state, config) : null,
  };
}

// The image with squares of nothing: what the brush has touched is 0.
function hidden(image, covered) {
  const { shape: [, H, W] } = image, data = Float64Array.from(image.data);
  for (const [i, j] of covered) {
    for (let row = i; row < Math.min(i + BRUSH, H); row++) data.fill(0, row * W + j, row * W + Math.min(j + BRUSH, W));
  }
  return tensor(image.shape, data);
}

// How the network reads all drawings: the digit and its probability. Remembered, as it takes a while.
function reading(layers, size, { weights, off, centre }, config) {
  const { read } = made.get(config) ?? made.set(config, { read: {} }).get(config);
  const key = JSON.stringify([weights, off, centre, config.loaded?.serial]);
  if (read.key !== key) {
    const answers = config.drawings.map(({ strokes, pen }) => {
      const p = softmax(forward(layers, raster(strokes, size, { centre, pen })).at(-1).y).data, most = Math.max(...p);
      return { digit: p.indexOf(most), p: most };
    });
    Object.assign(read, { key, answers });
  }
  return read.answers;
}

export function draw(seen, state, config) {
  return {
    html: {
      maps: mapsMarkup(seen, state), bars: bars(seen, state), unit: unitMarkup(seen, state), head: headOf(seen),
      drawings: drawingsTable(seen, config),
    },
    caption: captionOf(seen, state, config),
    get still() { return still(seen, state); },  // pictures of all maps: not at every stroke
  };
}

// Whether a link's state makes sense here. Weights that a reader loaded are not in a link.
export function valid(state, config) {
  const { drawings } = config, { layers, size } = networkIn(config, "trained");
  const whole = (n, below) => Number.isInteger(n) && n >= 0 && n < below;
  const list = (items, most, good) => items.length <= most && items.every((item) => good(item));
  const filter = ([k, f]) => layers[k]?.kind === "conv" && whole(f, layers[k].shape[0]);
  const good = (state.picked === null || whole(state.picked, drawings.length))
    && list(state.strokes, 200, isStroke) && state.pen >= 0.02 && state.pen <= 0.2
    && ["trained", "random"].includes(state.weights) && ["forward", "backward"].includes(state.view)
    && list(state.off, 1000, filter) && list(state.covered, 1000, ([i, j]) => whole(i, size) && whole(j, size))
    && (state.target === null || whole(state.target, config.classes));
  if (!good || state.cell === null) return good;
  const [m, i, j] = state.cell, { maps } = numbers({ ...state, cell: null, view: "forward", all: false }, config);
  const [rows, columns] = maps[m] ? mosaic(maps[m]) : [0, 0];
  return layers[m - 1]?.kind !== "flatten" && whole(i, rows) && whole(j, columns);
}

export function open(root, config) {
  const size = () => networkIn(config, lab.state.weights).size;
  const hands = attend(root, config, { size, brush: BRUSH, drawingOf });
  const lab = shell(root, config, {
    name: "network", start, numbers, draw, layout, valid,
    grids: ({ maps }) => Object.fromEntries(maps.map((y, m) => [m, mosaic(y)])),
    actions: hands.actions, after: hands.paint,
    linked: (state) => (state.weights === "loaded" ? { ...state, weights: "trained", off: [] } : state),
  });
  hands.begin(lab);
  return lab;
}
