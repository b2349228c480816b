// What the training laboratory shows of its numbers: the markup of each region, and a still picture.
import { row, svg } from "./draw.js";
import { folded, LABELS, reads } from "./lab-training-choices.js";
import { curves } from "./lab-training-curves.js";
import { detail } from "./lab-training-detail.js";
import { nameOf, network, planePoints, planeRings, planeSize, short, warped } from "./lab-training-net-draw.js";
import { image, PLANE } from "./lab-training-paint.js";
import { verdict } from "./lab-training-quiz.js";
import { caption, chosen, percent } from "./lab-training-words.js";

export function panels({ sides, shown }, state, config, ends) {
  const one = sides[shown], said = caption(sides, state);
  const unit = chosen(one, state), point = Math.min(state.point, Math.max(0, one.rows.length - 1));
  const look = { ...state, point, cell: ["units", unit[1], unit[0]] }, drawing = network(one, look);
  if (!config.live) return { html: {}, still: still(one, drawing, ends), caption: said };
  return {
    html: {
      network: net(drawing), planes: sides.map((run, k) => plane(run, k, sides, shown, look, ends)).join(""),
      bent: one.bent ? square("The last hidden layer's view", "The plane's grid, seen by its two units", warped(one))
        : hint("Give the last hidden layer 2 units, and you see here how it bends the plane."),
      ...curves(sides), legend: one.rows.length ? legend(sides, state) : "", detail: detail(one, look, unit),
      badge: one.rows.length ? badge(one.check) : "",
      which: which(one, point, state), key: key(look, unit, one),
      phases: phases(state), runs: sides.length > 1 ? runs(shown) : "", adding: state.quiz ? "" : adding(state),
      settings: state.quiz ? `mystery run ${state.quiz}` : folded(state, config),
      verdict: state.quiz && state.guess ? answer(verdict(state.quiz, state.guess)) : "",
    },
    caption: said,
  };
}

// --- Pictures --------------------------------------------------------------------------------------------------------

// In the page maps are canvases under the drawing, which the page paints; a still picture has them as images.
function net({ maps, wide, high, body }) {
  const part = (value, whole) => `${(100 * value / whole).toFixed(3)}%`;
  const canvases = maps.map(([x, y, size, l, j]) => `<canvas data-map="${l},${j}" ` +
    `style="left:${part(x, wide)};top:${part(y, high)};width:${part(size, wide)}"></canvas>`);
  return `<div class="course-lab-net" style="aspect-ratio:${wide}/${high}">${canvases.join("")}<svg role="img" ` +
    'aria-label="The network: a picture of every unit\'s function over the plane, and its links" ' +
    `viewBox="0 0 ${wide} ${high}">${body}</svg></div>`;
}

function still(one, { maps, wide, high, body }, ends) {
  const units = maps.map(([x, y, size, l, j]) => image(one.units[l][j], x, y, size)).join("");
  const ground = image(one.p.map((p) => 2 * p - 1), 0, 0, planeSize, PLANE);
  return row(svg("The network: every unit's function over the plane, and the links", wide, high, `${wide}px`, units + body),
    svg("The plane and its points", planeSize, planeSize, `${planeSize}px`, ground + planePoints(one, ends)));
}

const square = (head, label, body) => `<div class="course-lab-square"><p class="course-lab-head">${head}</p><div>` +
  `<svg role="img" aria-label="${label}" viewBox="0 0 ${planeSize} ${planeSize}">${body}</svg></div></div>`;

// The plane of one run, to be clicked.
function plane(one, k, sides, shown, look, ends) {
  const name = sides.length > 1 ? `${"AB"[k]}, ` : "", { train, held } = one.looks.at(-1);
  const rings = planeRings(one, k === shown ? look : { ...look, point: -1 }, ends);
  return `<div class="course-lab-square"><p class="course-lab-head">${name && `<b>${"AB"[k]}</b> `}` +
    `${percent(train)} right, held out ${percent(held)}</p><div data-plane="${k}" data-focus="plane${k}" tabindex="0" ` +
    `role="application" aria-label="The plane, ${name}coloured by what the network answers. Arrows move a cross, ` +
    `Enter does what a click does."><canvas data-map="plane${k}"></canvas><svg aria-hidden="true" ` +
    `viewBox="0 0 ${planeSize} ${planeSize}">${planePoints(one, ends)}${rings}</svg></div></div>`;
}

// --- Words and buttons -----------------------------------------------------------------------------------------------

const hint = (text) => `<p class="course-lab-hint">${text}</p>`;
const group = (label, parts) => `<span role="group" aria-label="${label}">${parts.join("")}</span>`;
const button = (values, pressed, content) =>
  `<button type="button" data-set='${JSON.stringify(values)}' aria-pressed="${pressed}">${content}</button>`;

const which = ({ rows }, point, { phase }) => (!rows.length ? ""
  : phase < 2 ? `point ${point} of the batch (0 to ${rows.length - 1})` : "One update for the whole batch");

const PARTS = ["1 forward", "2 backward", "3 update"];
const phases = ({ phase, links }) =>
  group("Part of the step", PARTS.map((name, k) => button({ phase: k }, k === phase, name))) +
  group("Width of the links", ['<span class="course-lab-hint">links as wide as their</span>',
    ...["weight", "gradient"].map((name) => button({ links: name }, name === links, name))]);

const runs = (shown) =>
  group("Whose network is shown", [0, 1].map((k) => button({ shown: k }, k === shown, `network ${"AB"[k]}`)));

function adding({ adds, added }) {
  const classes = ["course-lab-0", "course-lab-1"];  // in full: the style sheet keeps what it finds written
  const mark = (value, sign) => `+ <span class="${classes[value]}">${sign}</span>` +
    `<span class="course-status">add a point of class ${value}</span>`;
  const names = [[-1, "choose"], [0, mark(0, "●")], [1, mark(1, "■")]];
  const remove = added.length ? `<button type="button" data-set='{"added": []}'>remove ${added.length}</button>` : "";
  return group("What a click in the plane does",
    [...names.map(([value, name]) => button({ adds: value }, value === adds, name)), remove]);
}

// What the numbers in the network are.
const ON_LINK = ["weight × value", "the weight's gradient", "how the weight moves"];
const UNDER_UNIT = ["its value, for the ringed point", "the gradient of its sum, for the ringed point", "how its bias moves"];
const key = ({ phase, links }, [l, j], { units }) =>
  `${l ? `On the links into ${nameOf(l, j, units.length)}: ${ON_LINK[phase]}. ` : ""}Under a unit: ${UNDER_UNIT[phase]}. ` +
  `Wide links: large ${links}s; blue above zero, orange below.`;

function badge({ gap, count, of }) {
  const agrees = gap < 1e-5, all = count < of ? `${count} of ${of}` : `All ${of}`;
  const found = agrees ? `the loss changes as backward says, to ${gap < 1e-8 ? "8" : "5"} digits.`
    : Number.isFinite(gap) ? `the loss does not change as <code>.grad</code> says. Off by ${short(100 * gap)} %.`
      : "numbers are no longer finite.";
  return `<p class="course-lab-badge" data-agrees="${agrees}"><span aria-hidden="true">${agrees ? "✓" : "✗"}</span> ` +
    `${all} weights and biases nudged by ±0.00001: ${found}</p>`;
}

function legend(sides, { versus }) {
  const line = (color, dash, text) => '<span class="course-lab-line"><svg aria-hidden="true" viewBox="0 0 26 10">' +
    `<path d="M0 5h26" fill="none" stroke="var(--course-${color})" stroke-width="2.5" stroke-dasharray="${dash}"/></svg> ` +
    `${text}</span>`;
  const head = '<span class="course-lab-line">loss</span>';
  const second = versus && `B: ${LABELS[versus[0]]} ${reads(...versus)}${sides[1]?.same ? ", as in A" : ""}`;
  return sides.length === 1
    ? head + line("accent", "none", "learned") + line("bad", "2 2", "held out") + line("muted", "none", "batch")
    : head + line("accent", "none", "A") + line("bad", "6 3", second) + "thin: held out";
}

const answer = ({ right, text }) => `<p class="course-verdict ${right ? "passed" : "failed"}">${text}</p>`;
