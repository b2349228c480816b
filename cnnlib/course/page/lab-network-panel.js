// The network laboratory's panel of one unit: what it reads, its weights, its sum, and what each score owes to it.
import { headed, largest, LINE, MUTED, range, row, text, tint } from "./draw.js";
import { badge } from "./lab.js";
import { titleOf } from "./lab-network-draw.js";
import { fixed, number } from "./words.js";

export function unitMarkup({ unit, layers, maps }, { target, off }) {
  if (!unit) return "";
  const { m, map, row: i, column: j, value, kind } = unit, where = maps[m].shape.length === 3
    ? `map ${map}, row ${i}, column ${j}` : `number ${j}`;
  return `<button type="button" class="course-lab-close" data-set='{"cell": null, "pinned": false}'>Close</button>` +
    `<p class="course-lab-head">${titleOf(layers[m - 1])}, ${where}: ` +
    `<strong>${number(value, 4)}</strong></p>${HOW[kind]?.(unit, layers[m - 1]) ?? ""}${kind === "conv" ? offButton(m, map, off) : ""}` +
    (m === layers.length ? "" : owed(unit, target)) + (unit.check ? badge(unit.check, "this number") : "");
}

// What each kind of layer did.
const HOW = {
  conv: ({ channels, bias, value }) => {
    const best = channels.map(({ sum }) => Math.abs(sum)), most = best.indexOf(Math.max(...best));
    const terms = channels.map(({ sum }) => sum), sums = [...terms, bias].map((v) => number(v, 3));
    const shown = sums.map((s, k) => (k === 0 ? s : s.startsWith("−") ? `− ${s.slice(1)}` : `+ ${s}`)).join(" ");
    return (channels.length > 1 ? `<div class="course-lab-channels">${channels.map(small).join("")}</div>` : "") +
      `<p>${channels.length > 1 ? `In numbers, map ${most} of the layer below, which counts most here:` : "In numbers:"}</p>` +
      row(...numbered(channels[most])) + `<p class="course-lab-sum">${channels.length > 1 ? "The sums of all maps and the bias"
        : "The sum and the bias"}: ${shown} = <strong>${number(value, 3)}</strong></p>`;
  },
  relu: ({ before, value }) => `<p>max(${number(before, 4)}, 0) = <strong>${number(value, 4)}</strong></p>`,
  tanh: ({ before, value }) => `<p>tanh(${number(before, 4)}) = <strong>${number(value, 4)}</strong></p>`,
  maxpool: ({ patch, value }) => `<p>The largest of ${listed(patch)} is <strong>${number(value, 4)}</strong>.</p>`,
  avgpool: ({ patch, value }) => `<p>The mean of ${listed(patch)} is <strong>${number(value, 4)}</strong>.</p>`,
  linear: ({ sums, bias, value }, { maps }) => {
    const order = sums.map((_, k) => k).sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a])), shown = order.slice(0, 16);
    return `<p>${sums.length} sums, one for each ${maps ? "map" : "number"} of the layer below, and the bias ${number(bias, 3)} ` +
      `make ${number(value, 3)}${sums.length > 16 ? "; the 16 largest" : ""}:</p>` +
      chart(shown.map((k) => sums[k]), shown, "sums, by the map that they come from");
  },
};

const listed = (patch) => patch.flat().map((v) => (v === null ? "padding" : number(v, 3))).join(", ");

// What each score would lose if this number were 0.
function owed({ effect }, target) {
  return `<p>What it adds to each score (how much lower the score would be without it):</p>` +
    chart(effect, range(effect.length), "change of each score, by digit", target);
}

// Bars up and down from a line, a number under each.
function chart(values, names, label, framed = -1) {
  const wide = 34, high = 46, most = largest(values), width = wide * values.length;
  const bar = values.map((v, k) => {
    const tall = (high * Math.abs(v)) / most, x = wide * k;
    return `<rect x="${x + 6}" y="${number(v < 0 ? high + 14 : high + 14 - tall, 2)}" width="${wide - 12}" height="${number(tall, 2)}" ` +
      `fill="${v < 0 ? "var(--course-bad, #b04a00)" : "var(--course-accent, #0072b2)"}"/>` +
      text(x + wide / 2, v < 0 ? Number((high + 27 + tall).toFixed(1)) : Number((high + 10 - tall).toFixed(1)), 11, number(v, 2)) +
      text(x + wide / 2, 2 * high + 44, 12, names[k], names[k] === framed ? ' font-weight="700"' : "");
  });
  return `<div class="course-lab-chart" tabindex="0" role="region" aria-label="${label}">` +
    `<svg role="img" aria-label="${label}: ${values.map((v, k) => `${names[k]}: ${number(v, 2)}`).join(", ")}" ` +
    `viewBox="0 0 ${width} ${2 * high + 50}" style="width:${width}px;max-width:none;height:auto">` +
    `<line x1="0" x2="${width}" y1="${high + 14}" y2="${high + 14}" stroke="${MUTED}"/>${bar.join("")}</svg></div>`;
}

function offButton(m, map, off) {
  const dead = off.some(([k, f]) => k === m - 1 && f === map);
  const next = dead ? off.filter(([k, f]) => k !== m - 1 || f !== map) : [...off, [m - 1, map]];
  return `<p><button type="button" data-focus="off" data-set='${JSON.stringify({ off: next })}'>Switch filter ${map} ` +
    `${dead ? "on" : "off"}</button></p>`;
}

// One channel: patch, kernel and products as colours, and their sum.
function small({ patch, kernel, products, sum }, c) {
  const side = 9, gap = 8, wide = patch[0].length * side, high = patch.length * side;
  const block = (values, k) => {
    const most = largest(values.flat().map((v) => v ?? 0));
    return values.map((line, i) => line.map((v, j) => `<rect x="${k * (wide + gap) + j * side}" y="${i * side}" width="${side}" ` +
      `height="${side}" ${v === null ? `fill="none" stroke-dasharray="1 2"` : strong(v, most)} stroke="${LINE}"/>`).join("")).join("");
  };
  return `<figure><svg role="img" aria-label="Map ${c}: the patch, the kernel and their products" viewBox="-1 -1 ` +
    `${3 * wide + 2 * gap + 2} ${high + 2}" style="width:${3 * wide + 2 * gap + 2}px">${[patch, kernel, products].map(block).join("")}` +
    `</svg><figcaption>map ${c}: ${number(sum, 3)}</figcaption></figure>`;
}

const strong = (value, most) => tint(value, most).replace(/fill-opacity="([\d.]+)"/, (_, v) => `fill-opacity="${number(2.4 * v)}"`);

function numbered({ patch, kernel, products }) {
  return [["what it reads", patch], ["× weights", kernel], ["= products", products]].map(([head, values]) => {
    const wide = 38, high = 28, most = largest(values.flat().map((v) => v ?? 0));
    const cells = values.flatMap((line, i) => line.map((v, j) => `<rect x="${wide * j}" y="${high * i}" width="${wide}" ` +
      `height="${high}" ${v === null ? 'fill="none" stroke-dasharray="2 3"' : tint(v, most)} stroke="${LINE}"/>` +
      text(wide * j + wide / 2, high * i + 18, 12, v === null ? "0" : fixed(v, 2))));
    const [width, height] = [wide * values[0].length, high * values.length];
    return headed(head, width, `<svg role="img" aria-label="${head}: ${values.length} by ${values[0].length} numbers" viewBox="-1 -1 ` +
      `${width + 2} ${height + 2}" style="width:100%;max-width:${width + 2}px;height:auto">${cells.join("")}</svg>`);
  });
}
