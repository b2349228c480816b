// The network laboratory's layout, written once; what changes stands in its regions.
import { UNDO_AND_RESET } from "./lab.js";

const option = (value, text) => `<option value='${JSON.stringify(value)}'>${text}</option>`;
const radio = (key, value, text, more = "") =>
  `<label${more}><input type="radio" name="network-${key}" data-state="${key}" value='"${value}"'>${text}</label>`;
const choose = (name, ...radios) => `<div class="course-lab-w-choice" role="radiogroup" aria-label="${name}">` +
  `<span aria-hidden="true">${name}</span><div>${radios.join("")}</div></div>`;
const column = (head, body) => `<div class="course-lab-column">${head}${body}</div>`;
const tools = (...parts) => `<div class="course-lab-tools">${parts.join("")}</div>`;
const button = (action, text) => `<button type="button" data-do="${action}">${text}</button>`;
const check = (key, text) => `<label><input type="checkbox" data-state="${key}">${text}</label>`;

export function layout(config) {
  return '<p class="course-lab-w-hint"><strong>Draw a digit on the pad, or choose a drawing.</strong> The network reads it at once, ' +
    "and the rows of maps show what each of its layers makes of it.</p>" +
    `<div class="course-lab-columns">${pad()}<p class="course-caption" data-region="caption"></p>${input()}` +
    `${column('<p class="course-lab-head">What it answers</p>', '<div data-region="bars"></div>')}` +
    `<div class="course-lab-choices">${choices(config)}</div></div><div data-region="drawings"></div>` +
    '<div class="course-lab-stage"><div class="course-lab-rows">' +
    '<p class="course-hint">Each row is a layer. Point at a map, or use the arrows, to take a unit apart; a click ' +
    'pins it, another one or Esc lets it go.</p>' +
    '<div class="course-lab-linked"><div data-region="maps"></div><svg data-links aria-hidden="true"></svg></div></div>' +
    '<div class="course-lab-side"><div class="course-lab-unit" data-region="unit" data-panel tabindex="0" ' +
    'role="region" aria-label="The selected unit" data-empty></div></div></div>';
}

// Which drawing, what the maps show, and of which network.
function choices(config) {
  const classes = option(null, "top") + Array.from({ length: config.classes }, (_, k) => option(k, k)).join("");
  return tools(`<label>Drawing <select data-state="picked">${drawings(config)}</select></label>`,
    '<label>Pen, for your own <input type="range" min="0.03" max="0.16" step="0.01" data-state="pen"></label>',
    button("all", `Read all ${config.drawings.length} drawings`)) +
    `<div class="course-lab-tools course-lab-w-options">${choose("maps show", radio("view", "forward", "activations"),
      radio("view", "backward", "gradients"))}` +
    `<label class="course-lab-w-above">of score <select data-state="target" aria-label="gradients of score">${classes}` +
    `</select></label>${choose("weights", radio("weights", "trained", config.title), radio("weights", "random", "untrained"),
      radio("weights", "loaded", "your file", " data-own hidden"))}` +
    '<label class="course-lab-file">Open a file …<input type="file" accept=".safetensors" data-file></label></div>' +
    '<p class="course-lab-message" data-message role="status"></p>';
}

const pad = () => column('<p class="course-lab-head">Draw a digit here</p>',
  '<canvas class="course-lab-draw" data-pad role="img" tabindex="-1" aria-label="Pad: draw a digit with mouse, finger or pen; ' +
  `without them, choose a drawing below"></canvas>${tools(UNDO_AND_RESET, button("clear", "Clear"))}`);

const input = () => column('<p class="course-lab-head" data-region="head"></p>',
  '<div class="course-lab-input" data-grid="0" tabindex="0" role="application" aria-label="Input of the network: ' +
  'arrows select a pixel"><span class="course-lab-map"><canvas data-map="0" aria-hidden="true"></canvas></span></div>' +
  tools(check("centre", "crop, scale, centre"), check("brush", "cover with a brush"),
    `<span class="course-lab-tools" data-cover hidden>${button("cover", "Cover the pixel")}${button("uncover", "Uncover")}</span>`));

// The menu of drawings, by hand.
function drawings(config) {
  const hands = [...new Set(config.drawings.map(({ hand }) => hand))];
  return option(null, "your own") + hands.map((hand) => {
    const own = config.drawings.map((d, k) => (d.hand === hand ? option(k, `${d.digit}, ${hand}`) : ""));
    return `<optgroup label="${hand}">${own.join("")}</optgroup>`;
  }).join("");
}
