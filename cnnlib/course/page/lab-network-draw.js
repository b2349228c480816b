// The network laboratory in words and markup: its rows of maps, its answers, its caption.
import { largest } from "./draw.js";
import { planes } from "./lab-network-unit.js";
import { png } from "./pictures.js";
import { fixed, number, unbroken } from "./words.js";

const NAMES = { relu: "ReLU", tanh: "tanh", flatten: "flatten", linear: "linear" };
const by = (value) => (Array.isArray(value) ? value : [value, value]).join(" × ");

// What a layer is called: "convolution 5 × 5", "max pooling 2 × 2".
export function titleOf(layer) {
  if (!layer) return "input";
  if (layer.kind === "conv") return `convolution ${by(layer.shape.slice(2))}`;
  if (layer.kernel) return `${layer.kind === "maxpool" ? "max" : "average"} pooling ${by(layer.kernel)}`;
  return NAMES[layer.kind];
}

export function sizeOf(y) {
  const [C, H, W] = planes(y);
  return y.shape.length === 3 ? `${C} map${C > 1 ? "s" : ""} of ${H} × ${W}` : `${W} numbers`;
}

// The name of a unit: one score, one of many numbers, or a place in a map.
export function nameOf({ m, map, row, column }, { layers, maps }) {
  const place = maps[m].shape.length === 3 ? `map ${map}, row ${row}, column ${column}` : `number ${column}`;
  return m === layers.length ? `score of ${column}` : `${titleOf(layers[m - 1])}, ${place}`;
}

// One row of maps for each layer between the input and the scores; lab-network-paint.js fills the canvases.
export function mapsMarkup({ layers, maps }, { off }) {
  return layers.slice(0, -1).map((layer, k) => {
    if (layer.kind === "flatten") return "";
    const y = maps[k + 1], title = titleOf(layer), [C, , W] = planes(y);
    const shown = W > 20 ? "large" : W > 10 ? "middle" : "small";
    const canvases = Array.from({ length: C }, (_, c) => {
      const dead = off.some(([at, filter]) => at === k && filter === c) ? " off" : "";
      return `<span class="course-lab-map${dead}"><canvas data-map="${c}" aria-hidden="true"></canvas></span>`;
    });
    return `<div class="course-lab-layer" data-grid="${k + 1}" tabindex="0" role="application" aria-label="${title}, ` +
      `${sizeOf(y)}: arrows select a unit, Page Up and Down the map, Enter pins it"><p><strong>${title}</strong> ` +
      `${unbroken(sizeOf(y))}</p><div class="course-lab-maps" data-size="${y.shape.length === 3 ? shown : "row"}">` +
      `${canvases.join("")}</div></div>`;
  }).join("");
}

// A probability; none is 0 or 1, so none is rounded to that.
const share = (v, over, under) => (v >= 0.9995 ? `${over} 99.9 %` : v < 0.0005 ? `${under} 0.1 %` : `${fixed(100 * v, 1)} %`);
const percent = (v) => share(v, "over", "under");

// The scores and what softmax makes of them.
export function bars({ p, maps, layers }, { cell }) {
  const scores = maps.at(-1).data, best = p.indexOf(Math.max(...p)), m = layers.length;
  const row = (v, k) => {
    const chosen = cell?.[0] === String(m) && cell[2] === k ? ' data-selected="true"' : "";
    return `<tr data-cell="0,${k}"${k === best ? ' class="best"' : ""}${chosen}><th scope="row">${k}</th>` +
      `<td class="bar"><span style="width:${number(100 * v, 1)}%"></span></td><td>${share(v, "&gt;", "&lt;")}</td>` +
      `<td>${fixed(scores[k], 1)}</td></tr>`;
  };
  return `<div data-grid="${m}" tabindex="0" role="application" aria-label="Scores: arrows select a class">` +
    '<table class="course-lab-scores"><thead><tr><th scope="col">digit</th><td></td><th scope="col">probability</th>' +
    `<th scope="col">score</th></tr></thead><tbody>${p.map(row).join("")}</tbody></table></div>`;
}

export const headOf = ({ slopes, target }) => (slopes ? `The gradient of score ${target} here`
  : "What the network gets");

export function captionOf(seen, state, { drawings }) {
  const { p, unit, slopes, target } = seen;
  const order = p.map((_, k) => k).sort((a, b) => p[b] - p[a]), [first, second] = order;
  const drawn = state.picked === null ? null : drawings[state.picked];
  if (!drawn && !state.strokes.length) return "The pad is empty: draw a digit, or choose a drawing.";
  const next = p[second] < 0.0005 ? "" : `, ${second} with ${percent(p[second])}`;
  const parts = [`Read as ${first} with ${percent(p[first])}${next}.`];
  if (drawn) parts.push(`It was drawn as ${drawn.digit === 8 ? "an" : "a"} ${drawn.digit}${drawn.digit === first ? "" : ": misread"}.`);
  if (slopes) {
    parts.push(`The maps show how the score of ${target} changes with each number: blue where more of it ` +
      "raises the score, orange where more lowers it.");
  }
  if (state.weights === "random") parts.push("The network is untrained.");
  if (unit) parts.push(`Selected: ${nameOf(unit, seen)}: ${number(unit.value, 3)}.`);
  return parts.join(" ");
}

// All drawings and how they are read: hands by digits.
export function drawingsTable({ read }, { drawings }) {
  if (!read) return "";
  const right = read.filter(({ digit }, k) => digit === drawings[k].digit).length;
  const hands = [...new Set(drawings.map(({ hand }) => hand))];
  const cell = (drawing, k) => {
    const { digit, p } = read[k], good = digit === drawing.digit;
    return `<button type="button"${good ? "" : ' class="misread"'} data-set='{"picked": ${k}, "strokes": []}' ` +
      `aria-label="${drawing.digit}, ${drawing.hand}: read as ${digit}, ${percent(p)}">` +
      `${good ? digit : `${drawing.digit} → ${digit}`}</button>`;
  };
  const rows = hands.map((hand) => `<div class="course-lab-hand" role="group" aria-label="${hand}"><span>${hand}</span>` +
    `${drawings.map((drawing, k) => (drawing.hand === hand ? cell(drawing, k) : "")).join("")}</div>`);
  return `<div class="course-lab-drawings"><p>${right} of ${read.length} drawings are read right. “3 → 8” would be a 3 ` +
    `that is read as 8. Press one to put it on the pad.</p>${rows.join("")}</div>`;
}

// One picture of the start, for where nothing moves: the maps of the layers as images in an SVG. The caption has the answer.
export function still({ maps, layers }) {
  let top = 0;
  const drawn = maps.map((y, m) => {
    if (y.shape.length < 3 || layers[m - 1]?.kind === "relu") return "";
    const [C, H, W] = y.shape, side = m ? 36 : 84, data = Array.from(y.data), most = largest(data);
    const pictures = Array.from({ length: Math.min(C, 16) }, (_, c) => {
      const grey = data.slice(c * H * W, (c + 1) * H * W).map((v) => 1 - Math.min(Math.abs(v) / most, 1));
      const place = `x="${(side + 4) * c}" y="${top + 18}" width="${side}" height="${side}"`;
      return `<image ${place} href="${png(grey, W, H)}"/>`;
    });
    const head = `<text x="0" y="${top + 13}" font-size="13" fill="currentColor">${titleOf(layers[m - 1])}, ${sizeOf(y)}</text>`;
    top += side + 26;
    return head + pictures.join("");
  });
  const key = "White is 0. The darker a number, the larger it is beside the others of its layer, above 0 or below.";
  return '<svg role="img" aria-label="A drawn digit, and the maps that the network makes of it" ' +
    `viewBox="0 0 640 ${top + 20}" style="width:100%;max-width:640px;height:auto">${drawn.join("")}` +
    `<text x="0" y="${top + 13}" font-size="13" fill="currentColor">${key}</text></svg>`;
}
