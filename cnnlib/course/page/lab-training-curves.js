// Three curves of a run: loss, length of the gradient, size of the updates; all with powers of ten, since what goes wrong
// goes wrong by factors.
import { ACCENT, LINE, MUTED, range, svg, text, WARM } from "./draw.js";

const WIDE = 260, HIGH = 100, LEFT = 42, BOTTOM = 18;
const CORNERS = 160;  // of a curve, at most, but for its end

// `lines` are [steps, values, colour, style]; what is not finite or 0 is left out. `head` is what stands above it.
function chart(name, t, lines, longest, head = name) {
  const powers = lines.flatMap(([, ys]) => ys).filter(shown).map(Math.log10);
  const [low, high] = powers.length ? [Math.floor(least(powers) - 0.1), Math.ceil(most(powers) + 0.1)] : [-1, 1];
  const px = (at) => Number((LEFT + (at / longest) * (WIDE - LEFT - 6)).toFixed(1));
  const py = (v) => Number((8 + ((high - Math.log10(v)) / (high - low)) * (HIGH - BOTTOM - 8)).toFixed(1));
  const gap = Math.ceil((high - low) / 3);
  const ticks = range(high - low + 1).filter((k) => k % gap === 0).map((k) => low + k);
  const back = ticks.map((k) => [py(10 ** k), power(k)]).map(([y, label]) =>
    `<line x1="${LEFT}" x2="${WIDE - 6}" y1="${y}" y2="${y}" stroke="${LINE}"/>` +
    `<text x="${LEFT - 4}" y="${y + 4}" font-size="12" text-anchor="end" fill="currentColor">${label}</text>`);
  const now = t === longest ? ""
    : `<line x1="${px(t)}" x2="${px(t)}" y1="8" y2="${HIGH - BOTTOM}" stroke="${MUTED}" stroke-dasharray="3 3"/>`;
  const curves = lines.map(([steps, ys, color, style]) =>
    `<path d="${path(steps, ys, px, py)}" fill="none" stroke="${color}" ${style}/>`);
  const first = t ? [] : lines.filter(([, ys]) => shown(ys[0])).map(([, ys, color]) =>
    `<circle cx="${px(0)}" cy="${py(ys[0])}" r="3" fill="${color}"/>`);
  const ends = text(LEFT + 4, HIGH - 4, 12, "0") + text(WIDE - 18, HIGH - 4, 12, longest);
  return `<div class="course-lab-chart">${head && `<p class="course-lab-head">${head}</p>`}` +
    svg(name, WIDE, HIGH, "21rem", back.join("") + now + [...curves, ...first].join("") + ends) + "</div>";
}

const shown = (v) => v > 0 && Number.isFinite(v);
const least = (values) => values.reduce((a, b) => Math.min(a, b));
const most = (values) => values.reduce((a, b) => Math.max(a, b));

// Some corners of a curve, its ends among them; where a value cannot be shown, the pen is lifted.
function path(steps, ys, px, py) {
  const every = Math.ceil(steps.length / CORNERS);
  let pen = "M";
  return steps.map((at, k) => {
    if (k % every && k !== steps.length - 1) return "";
    const corner = shown(ys[k]) ? `${pen}${px(at)} ${py(ys[k])}` : "";
    pen = corner ? "L" : "M";
    return corner;
  }).join("");
}

const power = (k) => (k >= -3 && k <= 3 ? `${Number((10 ** k).toFixed(3))}` : `1e${k}`.replace("-", "−"));

// Axes that grow in leaps, so that they do not move with every step.
const reach = (t) => [50, 100, 200, 500, 1000, 2000].find((end) => t <= end) ?? t;

// The regions of the curves. One run: learned, held out, and each batch. Two runs: a colour for each, held out thin. The
// chart of the loss is there before the first step, so that nothing moves when a run begins; its legend is its heading.
export function curves(sides) {
  const { t, rows } = sides[0], longest = reach(t), two = sides.length > 1;
  const hint = (text) => `<p class="course-lab-hint">${text}</p>`;
  if (!rows.length) return { loss: hint("Curves follow once there are points."), curves: "" };
  const looks = (one, part, color, style) =>
    [one.looks.map((look) => look.t), one.looks.map((look) => look[part]?.loss), color, style];
  const steps = (one, name, color, style) => [range(one.steps.length), one.steps.map((step) => step[name]), color, style];
  const colours = sides.map((one, k) => [one, k ? WARM : ACCENT, k ? ' stroke-dasharray="6 3"' : ""]);
  const loss = colours.flatMap(([one, color, dash]) => two
    ? [looks(one, "train", color, `stroke-width="2.2"${dash}`), looks(one, "held", color, `stroke-width="1"${dash}`)]
    : [steps(one, "loss", MUTED, 'stroke-width="0.7"'), looks(one, "train", color, 'stroke-width="2.2"'),
      looks(one, "held", WARM, 'stroke-width="2.2" stroke-dasharray="2 2"')]);
  const each = (name) => colours.map(([one, color, dash]) => steps(one, name, color, `stroke-width="1.6"${dash}`));
  return {
    loss: chart("loss", t, loss, longest, ""),
    curves: !t ? hint("Curves of the gradient and the updates follow from the first step on.")
      : chart("length of the gradient", t, each("norm"), longest) + chart("update ÷ weights", t, each("ratio"), longest),
  };
}
