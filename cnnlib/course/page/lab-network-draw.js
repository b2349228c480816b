// The network laboratory in words and markup: its layout, its rows of maps, its answers.
import { largest } from "./draw.js";
import { UNDO_AND_RESET } from "./lab.js";
import { mosaic, planes } from "./lab-network-unit.js";
import { png } from "./pictures.js";
import { fixed, number } from "./words.js";

const option = (value, text) => `<option value='${JSON.stringify(value)}'>${text}</option>`;
const radio = (key, value) => `<input type="radio" name="network-${key}" data-state="${key}" value='"${value}"'>`;

export function layout(config) {
  const hands = [...new Set(config.drawings.map(({ hand }) => hand))];
  const drawings = hands.map((hand) => `<optgroup label="${hand}">${config.drawings.map((d, k) =>
    (d.hand === hand ? option(k, `${d.digit}, ${hand}`) : "")).join("")}</optgroup>`).join("");
  const classes = Array.from({ length: config.classes }, (_, k) => option(k, k)).join("");
  return `<div class="course-lab-columns">
<div class="course-lab-column"><p class="course-lab-head">Draw a digit here</p>
<canvas class="course-lab-draw" data-pad role="img" aria-label="Pad: draw a digit with mouse, finger or pen; without them, ` +
    `choose a drawing below"></canvas>
<div class="course-lab-tools">${UNDO_AND_RESET}<button type="button" data-do="clear">Clear</button></div></div>
<div class="course-lab-column"><p class="course-lab-head" data-region="head"></p>
<div class="course-lab-input" data-grid="0" tabindex="0" role="application" aria-label="Input of the network: arrows ` +
    `select a pixel"><span class="course-lab-map"><canvas data-map="0" aria-hidden="true"></canvas></span></div>
<div class="course-lab-tools"><label><input type="checkbox" data-state="centre">crop, scale, centre</label>
<label><input type="checkbox" data-state="brush">cover with a brush</label>
<button type="button" data-do="cover">Cover the pixel</button><button type="button" data-do="uncover">Uncover</button></div></div>
<div class="course-lab-column course-lab-answer"><p class="course-lab-head">What it answers</p><div data-region="bars"></div></div>
</div>
<p class="course-caption" data-region="caption"></p>
<div class="course-lab-tools"><label>Drawing <select data-state="picked">${option(null, "your own")}${drawings}</select></label>
<label>Pen <input type="range" min="0.03" max="0.16" step="0.01" data-state="pen"></label>
<button type="button" data-do="all">Read all ${config.drawings.length} drawings</button></div>
<div data-region="drawings"></div>
<div class="course-lab-tools"><fieldset><legend>Maps show</legend><label>${radio("view", "forward")}activations</label>
<label>${radio("view", "backward")}gradients of the score of</label><select data-state="target" aria-label="Class">${classes}</select></fieldset>
<fieldset><legend>Weights</legend><label>${radio("weights", "trained")}${config.title}</label>
<label>${radio("weights", "random")}untrained</label><label data-own hidden>${radio("weights", "loaded")}your file</label>
<label class="course-lab-file">Open a file <input type="file" accept=".safetensors" data-file></label></fieldset></div>
<p class="course-lab-message" data-message role="status"></p>
<p class="course-hint">Each row below is a layer. Point at a map, or use the arrows, to take a unit apart; a click pins it.</p>
<div data-region="maps"></div>
<div class="course-lab-unit" data-region="unit" data-panel tabindex="0" role="region" aria-label="The selected unit" hidden></div>`;
}

const NAMES = { relu: "ReLU", tanh: "tanh", flatten: "flatten" };
const by = (value) => (Array.isArray(value) ? value.join(" × ") : `${value} × ${value}`);

// What a layer is called: "convolution 5 × 5", "max pooling 2 × 2".
export function titleOf(layer) {
  if (!layer) return "input";
  if (layer.kind === "conv") return `convolution ${layer.shape.slice(2).join(" × ")}`;
  if (layer.kind === "linear") return "linear";
  return layer.kernel ? `${layer.kind === "maxpool" ? "max" : "average"} pooling ${by(layer.kernel)}` : NAMES[layer.kind];
}

export function sizeOf(y) {
  const [C, H, W] = planes(y);
  return y.shape.length === 3 ? `${C} map${C > 1 ? "s" : ""} of ${H} × ${W}` : `${W} numbers`;
}

// One row of maps for each layer between the input and the scores; paint.js fills the canvases.
export function mapsMarkup({ layers, maps }, { off }) {
  return layers.slice(0, -1).map((layer, k) => {
    if (layer.kind === "flatten") return "";
    const y = maps[k + 1], [C] = planes(y), title = titleOf(layer), [rows, columns] = mosaic(y);
    const canvases = Array.from({ length: C }, (_, c) => {
      const dead = off.some(([at, filter]) => at === k && filter === c);
      return `<span class="course-lab-map${dead ? " off" : ""}"><canvas data-map="${c}" aria-hidden="true"></canvas></span>`;
    });
    return `<div class="course-lab-layer" data-grid="${k + 1}" tabindex="0" role="application" aria-label="${title}, ` +
      `${sizeOf(y)}: arrows select a unit, Page Up and Down the map, Enter pins it">` +
      `<p><strong>${title}</strong> ${sizeOf(y)}</p><div class="course-lab-maps" data-size="${columns / C > 20 ? "large"
        : columns / C > 10 ? "middle" : rows > 1 ? "small" : "row"}">${canvases.join("")}</div></div>`;
  }).join("");
}

// The scores and what softmax makes of them; a row is a cell, and its button chooses the class of the gradients.
export function bars({ p, maps, layers }, { cell, target, view }) {
  const scores = maps.at(-1).data, best = p.indexOf(Math.max(...p)), m = layers.length;
  const row = (v, k) => `<tr data-cell="0,${k}"${k === best ? ' class="best"' : ""}${cell?.[0] === String(m) && cell[2] === k
    ? ' data-selected="true"' : ""}><th scope="row">${k}</th><td class="bar"><span style="width:${number(100 * v, 1)}%"></span>` +
    `</td><td>${fixed(100 * v, 1)} %</td><td>${fixed(scores[k], 1)}</td></tr>`;
  return `<div data-grid="${m}" tabindex="0" role="application" aria-label="Scores: arrows select a class">` +
    `<table class="course-lab-scores"><thead><tr><th scope="col">digit</th><td></td><th scope="col">probability</th>` +
    `<th scope="col">score</th></tr></thead><tbody>${p.map(row).join("")}</tbody></table></div>`;
}

const percent = (v) => (v >= 0.9995 ? "over 99.9 %" : v < 0.0005 ? "under 0.1 %" : `${fixed(100 * v, 1)} %`);

export const headOf = ({ slopes }, { target }) => (slopes ? `The gradient of score ${target} at the input`
  : "What the network gets");

export function captionOf({ p, unit, layers, slopes }, state, { drawings, title }) {
  const order = p.map((_, k) => k).sort((a, b) => p[b] - p[a]), [first, second] = order;
  const drawn = state.picked === null ? null : drawings[state.picked];
  if (!drawn && !state.strokes.length) return "The pad is empty: draw a digit, or choose a drawing.";
  const next = p[second] < 0.0005 ? "" : `, ${second} with ${percent(p[second])}`;
  const said = `Read as ${first} with ${percent(p[first])}${next}.`;
  const meant = drawn ? ` It was drawn as a ${drawn.digit}${drawn.digit === first ? "" : ": misread"}.` : "";
  const how = slopes ? ` The maps show how the score of ${state.target} changes with each number: blue where more of it ` +
    "raises the score, orange where more lowers it." : "";
  const net = state.weights === "random" ? " The network is untrained." : "";
  const at = unit ? ` Selected: ${titleOf(layers[unit.m - 1])}, map ${unit.map}, row ${unit.row}, column ${unit.column}: ` +
    `${number(unit.value, 3)}.` : "";
  return said + meant + net + how + at;
}

// All drawings and how they are read: hands by digits.
export function drawingsTable({ read }, { drawings }) {
  if (!read) return "";
  const right = read.filter(({ digit }, k) => digit === drawings[k].digit).length;
  const hands = [...new Set(drawings.map(({ hand }) => hand))];
  const cell = (drawing, k) => {
    const { digit, p } = read[k], good = digit === drawing.digit;
    return `<td><button type="button" data-set='{"picked": ${k}, "strokes": []}' ${good ? "" : 'class="misread" '}aria-label="` +
      `${drawing.digit}, ${drawing.hand}: read as ${digit}, ${percent(p)}">${good ? digit : `${drawing.digit} → ${digit}`}</button></td>`;
  };
  const rows = hands.map((hand) => `<tr><th scope="row">${hand}</th>${drawings.map((drawing, k) =>
    (drawing.hand === hand ? cell(drawing, k) : "")).join("")}</tr>`);
  return `<div class="course-lab-drawings"><p>${right} of ${read.length} drawings are read right. “3 → 8” is a 3 read as 8; ` +
    `press one to put it on the pad.</p><table>${rows.join("")}</table></div>`;
}

// One picture of the start, for where nothing moves: input and first maps as images in an SVG, with the probabilities.
export function still({ maps, layers, p }) {
  const rows = [0, ...layers.map((_, k) => k + 1)].filter((m) => maps[m].shape.length === 3 && layers[m - 1]?.kind !== "relu");
  let top = 0;
  const drawn = rows.map((m) => {
    const [C, H, W] = planes(maps[m]), side = m ? 36 : 84, most = largest(Array.from(maps[m].data));
    const pictures = Array.from({ length: Math.min(C, 16) }, (_, c) => {
      const part = Array.from(maps[m].data).slice(c * H * W, (c + 1) * H * W).map((v) => 1 - Math.min(Math.abs(v) / most, 1));
      return `<image x="${(side + 4) * c}" y="${top + 18}" width="${side}" height="${side}" href="${png(part, W, H)}"/>`;
    });
    const head = `<text x="0" y="${top + 13}" font-size="13" fill="currentColor">${titleOf(layers[m - 1])}, ${sizeOf(maps[m])}</text>`;
    top += side + 26;
    return head + pictures.join("");
  });
  const best = p.indexOf(Math.max(...p));
  return `<svg role="img" aria-label="A drawn digit, and the maps that the network makes of it" viewBox="0 0 640 ${top + 24}" ` +
    `style="width:100%;max-width:640px;height:auto">${drawn.join("")}<text x="0" y="${top + 16}" font-size="14" ` +
    `fill="currentColor">Read as ${best}, with a probability of ${percent(p[best])}</text></svg>`;
}
