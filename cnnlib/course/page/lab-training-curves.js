// Three curves of a run: loss, length of the gradient, size of the updates; all with powers of ten, since what goes wrong
// goes wrong by factors.
import { ACCENT, LINE, MUTED, range, svg, text, WARM } from "./draw.js";

const WIDE = 260, HIGH = 112, LEFT = 42, BOTTOM = 18;
const MOST = 160;  // corners of a curve

// `lines` are [steps, values, colour, style]; what is not finite or 0 is left out.
function chart(name, t, lines, longest) {
  const values = lines.flatMap(([, ys]) => ys).filter((v) => v > 0 && Number.isFinite(v)).map(Math.log10);
  const [low, high] = values.length ? [Math.floor(Math.min(...values) - 0.1), Math.ceil(Math.max(...values) + 0.1)] : [-1, 1];
  const px = (at) => Number((LEFT + (at / longest) * (WIDE - LEFT - 6)).toFixed(1));
  const py = (v) => Number((8 + ((high - Math.log10(v)) / (high - low)) * (HIGH - BOTTOM - 8)).toFixed(1));
  const gap = Math.ceil((high - low) / 3), ticks = range(high - low + 1).map((k) => low + k).filter((k) => (k - low) % gap === 0);
  const back = ticks.map((k) => `<line x1="${LEFT}" x2="${WIDE - 6}" y1="${py(10 ** k)}" y2="${py(10 ** k)}" stroke="${LINE}"/>` +
    `<text x="${LEFT - 4}" y="${py(10 ** k) + 4}" font-size="12" text-anchor="end" fill="currentColor">${power(k)}</text>`);
  const now = t === longest ? "" : `<line x1="${px(t)}" x2="${px(t)}" y1="8" y2="${HIGH - BOTTOM}" stroke="${MUTED}" stroke-dasharray="3 3"/>`;
  const curves = lines.map(([steps, ys, color, style]) => {
    let pen = "M";
    const every = Math.ceil(steps.length / MOST), path = steps.map((at, k) => {
      if (k % every && k !== steps.length - 1) return "";
      if (!(ys[k] > 0 && Number.isFinite(ys[k]))) { pen = "M"; return ""; }
      const part = `${pen}${px(at)} ${py(ys[k])}`;
      pen = "L";
      return part;
    }).join("");
    return path && `<path d="${path}" fill="none" stroke="${color}" ${style}/>`;
  });
  return `<div class="course-lab-chart"><p class="course-lab-head">${name}</p>` + svg(name, WIDE, HIGH, "26rem",
    back.join("") + now + curves.join("") + text(LEFT + 4, HIGH - 4, 12, "0") + text(WIDE - 18, HIGH - 4, 12, longest)) + "</div>";
}

const power = (k) => (k >= -3 && k <= 3 ? `${Number((10 ** k).toFixed(3))}` : `1e${k}`.replace("-", "−"));

// Axes that grow in leaps, so that they do not move with every step.
const reach = (t) => [50, 100, 200, 500, 1000, 2000].find((end) => t <= end) ?? t;

export function curves(sides) {
  const t = sides[0].t, longest = reach(t);
  const of = (f) => sides.flatMap((one, k) => f(one, k ? WARM : ACCENT, k ? ' stroke-dasharray="6 3"' : ""));
  const looks = (one, part, color, style) => [one.looks.map((look) => look.t), one.looks.map((look) => look[part]?.loss), color, style];
  const steps = (one, name, color, style) => [range(one.steps.length), one.steps.map((step) => step[name]), color, style];
  const loss = of((one, color, dash) => [
    ...(sides.length > 1 ? [] : [steps(one, "loss", MUTED, 'stroke-width="0.7"')]),
    looks(one, "train", color, `stroke-width="2.2"${dash}`),
    looks(one, "held", sides.length > 1 ? color : WARM, `stroke-width="${sides.length > 1 ? 1 : 2.2}"${sides.length > 1 ? dash : ' stroke-dasharray="2 2"'}`),
  ]);
  const plain = (name) => of((one, color, dash) => [steps(one, name, color, `stroke-width="1.6"${dash}`)]);
  return chart("loss", t, loss, longest) + chart("length of the gradient", t, plain("norm"), longest) +
    chart("update ÷ weights", t, plain("ratio"), longest);
}
