// The training laboratory, chapters 6 and 7: a small network learns to tell two classes of points apart. Any step can be
// taken apart, run beside another that differs in one thing, and broken by a fault.
import { row, svg } from "./draw.js";
import { number } from "./words.js";
import { choicesOf, CHOICES, LABELS, reads, VERSUS } from "./lab-training-choices.js";
import { curves } from "./lab-training-curves.js";
import { detail } from "./lab-training-detail.js";
import { nameOf, network, planePoints, planeRings, planeSize, short, warped } from "./lab-training-net-draw.js";
import { lattice } from "./lab-training-net.js";
import { inFull, inShort } from "./lab-training-numbers.js";
import { openLab } from "./lab-training-page.js";
import { image, PLANE } from "./lab-training-paint.js";
import { quizOf, verdict } from "./lab-training-quiz.js";
import { FAULTS, LONGEST, runOf } from "./lab-training-run.js";

const SIDE = 40, BOUNDS = [-1.8, 1.8, -1.8, 1.8];  // the plane: points along a side, and where it ends

export function start(config) {
  const [layer1 = 0, layer2 = 0, layer3 = 0] = config.hidden ?? [6, 2];
  return {
    data: config.points ? "yours" : "moons", sample: 0, noise: 0.15, added: [], layer1, layer2, layer3, activation: "tanh",
    rule: "momentum 0.9", lr: 0.1, batch: 16, decay: 0, seed: 0, fault: "none", pace: 1,
    step: config.live ? 0 : 100,  // a still picture shows a network that has learned something
     phase: 0, links: "weight",
    cell: null, pinned: false, point: 0, versus: null, shown: 0, quiz: 0, guess: null, adds: -1, cursor: null,
    ...config.start,
  };
}

export function valid(state, config) {
  const whole = (value, most) => Number.isInteger(value) && value >= 0 && value <= most;
  const place = (at) => Array.isArray(at) && at.length >= 2 && at.slice(0, 2).every((v) => Number.isFinite(v) && Math.abs(v) < 1e6);
  return Object.keys(CHOICES).every((name) => choicesOf(name, config).includes(state[name])) &&
    Array.isArray(state.added) && state.added.length <= 300 && state.added.every((at) => place(at) && at.length === 3 && whole(at[2], 1)) &&
    whole(state.step, LONGEST) && whole(state.phase, 2) && ["weight", "gradient"].includes(state.links) && whole(state.point, 1000) &&
    (state.cell === null || (Array.isArray(state.cell) && whole(state.cell[1], 9) && whole(state.cell[2], 9))) &&
    (state.versus === null || (Array.isArray(state.versus) && VERSUS.includes(state.versus[0]) && CHOICES[state.versus[0]].includes(state.versus[1]))) &&
    whole(state.shown, 1) && whole(state.quiz, 99) && (state.guess === null || Object.hasOwn(FAULTS, state.guess)) &&
    [-1, 0, 1].includes(state.adds) && typeof state.pinned === "boolean" && [1, 5, 25].includes(state.pace) && (state.cursor === null || place(state.cursor));
}

// The settings of the two runs: they differ in exactly one thing, or there is only one.
export function settings(state) {
  const own = state.quiz ? { ...state, ...quizOf(state.quiz) } : state;
  const first = { ...own, hidden: [own.layer1, own.layer2, own.layer3].filter(Boolean) };
  return state.versus && !state.quiz ? [first, { ...first, [state.versus[0]]: state.versus[1] }] : [first];
}

export const bounds = (config, { data, quiz }) => (data === "yours" && !quiz && config.bounds) || BOUNDS;

export function numbers(state, config) {
  const plane = bounds(config, state), places = lattice(plane, config.side ?? SIDE), all = settings(state);
  const shown = Math.min(state.shown, all.length - 1);
  const sides = all.map((one, k) => {
    const run = runOf(one, config), t = run.data.learn.x.length ? state.step : 0;
    return { ...(k === shown ? inFull(run, one, t, places, plane) : inShort(run, one, t, places)), said: one.lr };
  });
  return { sides, shown };
}

// Which unit is taken apart: the selected one, else the first of the logits.
const chosen = (one, { cell }) => {
  const l = Math.min(cell?.[2] ?? 9, one.units.length - 1);
  return [l, Math.min(cell?.[1] ?? 0, one.units[l].length - 1)];
};

// In the page maps are canvases under the drawing, which `paint` fills; a still picture has them as images.
const canvases = (maps, wide, high) => maps.map(([x, y, size, l, j]) => `<canvas data-map="${l},${j}" style="left:${100 * x / wide}%;` +
  `top:${100 * y / high}%;width:${100 * size / wide}%"></canvas>`).join("");

export function draw({ sides, shown: k }, state, config) {
  const shown = sides[k], point = Math.min(state.point, Math.max(0, shown.rows.length - 1));
  const unit = chosen(shown, state), look = { ...state, point, cell: ["units", unit[1], unit[0]] };
  const { maps, wide, high, body } = network(shown, look), plane = bounds(config, state), names = sides.length > 1 ? ["A", "B"] : [""];
  const panels = sides.map((one, n) => square(`plane${n}`, planeHead(names[n], one), `The plane ${names[n]}: colours say what the network answers`,
    planePoints(one, plane) + planeRings(one, n === k ? look : { ...look, point: -1 }, plane), n));
  if (!config.live) return { still: still(shown, { maps, wide, high, body }, plane), html: {}, caption: caption(sides, state) };
  const bent = shown.bent ? square(null, "The last hidden layer's view", "The plane's grid and its points, seen by the last two hidden units", warped(shown), null)
    : '<p class="course-lab-hint">Give the last hidden layer 2 units, and you see here how it bends the plane.</p>';
  return {
    html: {
      network: `<div class="course-lab-net" style="aspect-ratio:${wide}/${high}">${canvases(maps, wide, high)}` +
        `<svg role="img" aria-label="The network: a picture of every unit's function over the plane, and its links" viewBox="0 0 ${wide} ${high}">${body}</svg></div>`,
      planes: panels.join(""), bent, curves: curves(sides), detail: detail(shown, look, unit), badge: badge(shown.check),
      runs: runs(sides, state), key: key(look, unit, shown), adding: adding(state), which: shown.rows.length ? `point ${point} of ${shown.rows.length}` : "", legend: legend(sides, state), phases: phases(state), verdict: state.quiz && state.guess ? said(verdict(state.quiz, state.guess)) : "",
    },
    caption: caption(sides, state),
  };
}

// Without a page: network, plane and curves, with images in place of canvases.
function still(one, { maps, wide, high, body }, plane) {
  const units = maps.map(([x, y, size, l, j]) => image(one.units[l][j], x, y, size)).join("");
  return row(svg("The network: every unit's function over the plane, and the links", wide, high, `${wide}px`, units + body),
    svg("The plane and its points", planeSize, planeSize, `${planeSize}px`, image(one.p.map((p) => 2 * p - 1), 0, 0, planeSize, PLANE) + planePoints(one, plane)));
}

const square = (focus, head, label, body, k) => `<div class="course-lab-square"><p class="course-lab-head">${head}</p><div ` +
  (focus ? `data-plane="${k}" data-focus="${focus}" tabindex="0" role="application" aria-label="${label}. Arrows move a cross, Enter does what a click does.">` +
    `<canvas data-map="plane${k}"></canvas>` : ">") +
  `<svg ${focus ? 'aria-hidden="true"' : `role="img" aria-label="${label}"`} viewBox="0 0 ${planeSize} ${planeSize}">${body}</svg></div></div>`;

const runs = (sides, { shown }) => sides.length === 1 ? "" : '<span role="group" aria-label="Whose network is shown">' +
  ["A", "B"].map((name, k) => button({ shown: k }, k === Math.min(shown, 1), `network ${name}`)).join("") + "</span>";

const adding = ({ adds, added }) => '<span role="group" aria-label="What a click in the plane does">' +
  [[-1, "choose"], [0, '+ <span class="course-lab-0">●</span>'], [1, '+ <span class="course-lab-1">■</span>']].map(([value, text]) =>
    button({ adds: value }, value === adds, text + (value < 0 ? "" : `<span class="course-status">add a point of class ${value}</span>`))).join("") +
  `${added.length ? button({ added: [] }, false, `remove ${added.length}`) : ""}</span>`;

// What the numbers in the network are.
function key({ phase, links }, [l, j], { units }) {
  const name = nameOf(l, j, units.length), [on, under] = [
    ["weight × value", "its value"], ["the weight's gradient", "the gradient of its sum"], ["how the weight moves", "how its bias moves"]][phase];
  return `${l ? `On the links into ${name}: ${on}. ` : ""}Under a unit: ${under}${phase < 2 ? ", for the ringed point" : ""}. ` +
    `Wide links: large ${links}s; blue above zero, orange below.`;
}

const percent = (look) => (look ? `${number(100 * look.right, 1)} %` : "–");
const planeHead = (name, one) => `${name ? `<b>${name}</b> ` : ""}${percent(one.looks.at(-1).train)} right, held out ${percent(one.looks.at(-1).held)}`;

const button = (values, pressed, content) =>
  `<button type="button" data-set='${JSON.stringify(values)}' aria-pressed="${pressed}">${content}</button>`;

const phases = ({ phase, links }) => '<span role="group" aria-label="Part of the step">' +
  ["1 forward", "2 backward", "3 update"].map((name, k) => button({ phase: k }, k === phase, name)).join("") +
  '</span><span role="group" aria-label="Width of the links"><span class="course-lab-hint">links:</span>' +
  ["weight", "gradient"].map((name) => button({ links: name }, name === links, name)).join("") + "</span>";

function badge({ gap, count, of }) {
  const agrees = gap < 1e-5, sign = `<span aria-hidden="true">${agrees ? "✓" : "✗"}</span>`;
  return `<p class="course-lab-badge" data-agrees="${agrees}">${sign} ${count < of ? `${count} of ` : ""}${of} weights and biases, each nudged by ±0.00001: ` +
    (agrees ? `the loss changes as backward says, to ${gap < 1e-8 ? "8" : "5"} digits.`
      : Number.isFinite(gap) ? `the loss does not change as <code>.grad</code> says. Off by ${short(100 * gap)} %.` : "numbers are no longer finite.") + "</p>";
}

const swatch = (style) => `<svg aria-hidden="true" viewBox="0 0 26 10" style="width:26px;height:10px"><path d="M0 5h26" fill="none" ${style}/></svg> `;
function legend(sides, state) {
  const line = (color, style = "") => swatch(`stroke="var(--course-${color})" stroke-width="2.5" ${style}`);
  return sides.length === 1 ? `${line("accent")}points to learn from ${line("bad", 'stroke-dasharray="2 2"')}held out ${line("muted")}batch`
    : `${line("accent")}A ${line("bad", 'stroke-dasharray="6 3"')}B: ${LABELS[state.versus[0]]} ${reads(...state.versus)} (thin: held out)`;
}

const said = ({ right, text }) => `<p class="course-verdict ${right ? "passed" : "failed"}">${text}</p>`;

function caption(sides, state) {
  const one = sides[0], last = one.looks.at(-1), n = (v) => (Number.isFinite(v) ? number(v, 3) : "not finite");
  if (!one.rows.length) return "No points to learn from yet: choose a class and click in the plane.";
  const tell = (look) => `loss ${n(look.train.loss)}${look.held ? `, held out ${n(look.held.loss)}` : ""}`;
  return `After ${one.t} step${one.t === 1 ? "" : "s"}: ${tell(last)}, ${percent(last.held ?? last.train)} right` +
    (sides.length > 1 ? `. Run B: ${tell(sides[1].looks.at(-1))}, ${percent(sides[1].looks.at(-1).held ?? sides[1].looks.at(-1).train)} right.`
      : `. Gradient ${n(one.norm)}, update ${n(100 * one.ratio)} % of the weights.`);
}

export function open(root, config) {
  return openLab(root, config, { start, numbers, draw, valid, bounds });
}
