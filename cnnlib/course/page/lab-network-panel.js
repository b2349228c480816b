// The network laboratory's panel of one unit: what it reads, its weights, its sum, and what each score owes to it.
import { ACCENT, headed, largest, LINE, MUTED, range, row, text, tint, WARM } from "./draw.js";
import { badge } from "./lab.js";
import { nameOf } from "./lab-network-draw.js";
import { fixed, number } from "./words.js";

const MOST = 10;  // bars in a chart, as many as fit in the panel

// Seen while no unit is chosen, where the panel stands beside the maps.
const NONE = '<p class="course-hint">Point at a map: here you see what the unit reads, its weights, its sum, and what ' +
  "each score owes to it.</p>";

export function unitMarkup(seen, { off }) {
  const { unit, layers, target } = seen;
  if (!unit) return NONE;
  const { m, map, value, kind, check } = unit;
  const parts = [
    `<div class="course-lab-tools"><p class="course-lab-head">${nameOf(unit, seen)}: ` +
      `<strong>${number(value, 4)}</strong></p>${kind === "conv" ? offButton(m, map, off) : ""}` +
      `<button type="button" class="course-lab-close" data-do="close">Close</button></div>`,
    check ? badge(check, "this number", `the score of ${target}`) : "",
    HOW[kind]?.(unit, layers[m - 1]) ?? "",
    m === layers.length ? "" : owed(unit, target),
  ];
  return parts.join("");
}

// What each kind of layer did.
const HOW = {
  conv({ channels, bias, value }) {
    const sizes = channels.map(({ sum }) => Math.abs(sum)), most = sizes.indexOf(Math.max(...sizes));
    const sums = [...channels.map(({ sum }) => sum), bias], several = channels.length > 1;
    const scales = ["patch", "kernel", "products"].map((part) => largest(channels.map((one) => known(one[part]))));
    const parts = channels.map((one, c) => small(one, c, scales)).join("");
    return (several ? `<div class="course-lab-channels">${parts}</div>` : "") +
      `<p>${several ? `In numbers, map ${most} of the layer below, which counts most here:` : "In numbers:"}</p>` +
      row(...numbered(channels[most], scales)) +
      `<p>The largest number of each kind${several ? ", of all maps," : ""} has the strongest colour. A 0 without ` +
      "decimals is exactly 0; a dashed cell is padding.</p>" +
      `<p>${several ? "The sums of all maps" : "The sum"} and the bias: ${added(sums)} = ` +
      `<strong>${number(value, 3)}</strong></p>`;
  },
  relu: ({ before, value }) => `<p>max(${number(before, 4)}, 0) = <strong>${number(value, 4)}</strong></p>`,
  tanh: ({ before, value }) => `<p>tanh(${number(before, 4)}) = <strong>${number(value, 4)}</strong></p>`,
  maxpool: ({ patch, value }) => `<p>The largest of ${listed(patch)} is <strong>${number(value, 4)}</strong>.</p>`,
  avgpool: ({ patch, value }) => `<p>The mean of ${listed(patch)} is <strong>${number(value, 4)}</strong>.</p>`,
  linear({ sums, bias, value }, { maps }) {
    const order = range(sums.length).sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a])).slice(0, MOST);
    return `<p>${sums.length} sums, one for each ${maps ? "map" : "number"} of the layer below, and the bias ` +
      `${number(bias, 3)} make ${number(value, 3)}${sums.length > MOST ? `; the ${MOST} largest` : ""}:</p>` +
      chart(order.map((k) => sums[k]), order, "sums, by what they come from");
  },
};

// The numbers of a patch, without what padding leaves open.
const known = (values) => values.flat().map((v) => v ?? 0);
const listed = (patch) => patch.flat().map((v) => (v === null ? "padding" : number(v, 3))).join(", ");
const signed = (v) => `${v < 0 ? "−" : "+"} ${number(Math.abs(v), 3)}`;
const added = ([first, ...others]) => [number(first, 3), ...others.map(signed)].join(" ");

// What each score would lose if this number were 0.
function owed({ effect }, target) {
  if (effect.every((v) => v === 0)) return "<p>Were it 0, no score would change.</p>";
  return `<p>Were it 0, each score would be lower by:</p>` +
    chart(effect, range(effect.length), "what each score would lose", target);
}

// Bars up and down from a line, each with its number and its name.
function chart(values, names, label, bold = -1) {
  const wide = 34, high = 46, line = high + 14, most = largest(values), width = wide * values.length;
  const bars = values.map((v, k) => {
    const tall = (high * Math.abs(v)) / most, x = wide * k, top = v < 0 ? line : line - tall;
    return `<rect x="${x + 6}" y="${fixed(top, 1)}" width="${wide - 12}" height="${fixed(tall, 1)}" ` +
      `fill="${v < 0 ? WARM : ACCENT}"/>` +
      text(x + wide / 2, fixed(v < 0 ? top + tall + 13 : top - 4, 1), 11, number(v, 2)) +
      text(x + wide / 2, 2 * high + 44, 12, names[k], names[k] === bold ? ' font-weight="700"' : "");
  });
  const said = values.map((v, k) => `${names[k]}: ${number(v, 2)}`).join(", ");
  return `<div class="course-lab-chart" tabindex="0" role="region" aria-label="${label}"><svg role="img" ` +
    `aria-label="${label}: ${said}" viewBox="0 0 ${width} ${2 * high + 50}" style="width:${width}px;height:auto">` +
    `<line x1="0" x2="${width}" y1="${line}" y2="${line}" stroke="${MUTED}"/>${bars.join("")}</svg></div>`;
}

function offButton(m, map, off) {
  const dead = off.some(([k, f]) => k === m - 1 && f === map);
  const next = dead ? off.filter(([k, f]) => k !== m - 1 || f !== map) : [...off, [m - 1, map]];
  return `<button type="button" data-focus="off" data-set='${JSON.stringify({ off: next })}'>Switch filter ${map} ` +
    `${dead ? "on" : "off"}</button>`;
}

// Padding has a dashed frame, numbers a tint.
const PADDING = 'fill="none" stroke-dasharray="1 2"';

// One channel: patch, kernel and products as colours, and their sum.
function small({ patch, kernel, products, sum }, c, scales) {
  const side = 8, apart = side * patch[0].length + 8, width = 3 * apart - 6, height = side * patch.length + 2;
  const block = (values, k) => values.flatMap((line, i) => line.map((v, j) =>
    `<rect x="${k * apart + j * side}" y="${i * side}" width="${side}" height="${side}" ` +
    `${v === null ? PADDING : tint(2.4 * v, scales[k])} stroke="${LINE}"/>`)).join("");
  return `<figure><svg role="img" aria-label="Map ${c}: the patch, the kernel and their products" viewBox="-1 -1 ` +
    `${width} ${height}" style="width:${width}px">${[patch, kernel, products].map(block).join("")}</svg>` +
    `<figcaption>map ${c}: ${number(sum, 3)}</figcaption></figure>`;
}

// As many decimals of the products as it takes to add them up to the three of their sum.
export function decimals(products, sum) {
  const off = (digits) => Math.abs(products.flat().reduce((all, v) => all + Number(v.toFixed(digits)), 0) - sum);
  return [2, 3, 4].find((digits) => off(digits) < 0.0005) ?? 5;
}

// The same in numbers; a 0 without decimals is exactly 0.
function numbered({ patch, kernel, products, sum }, scales) {
  const needed = decimals(products, sum);
  const parts = [["what it reads", patch, 2], ["× weights", kernel, 2], ["= products", products, needed]];
  return parts.map(([head, values, digits], k) => {
    const [wide, size] = digits > 2 ? [20 + 5.5 * digits, 11] : [38, 12], high = 28;
    const cells = values.flatMap((line, i) => line.map((v, j) =>
      `<rect x="${wide * j}" y="${high * i}" width="${wide}" height="${high}" stroke="${LINE}" ` +
      `${v === null ? PADDING : tint(v, scales[k])}/>` +
      text(wide * j + wide / 2, high * i + 18, size, v ? fixed(v, digits) : "0")));
    const [width, height] = [wide * values[0].length, high * values.length];
    const label = `${head}: ${values.length} by ${values[0].length} numbers`;
    return headed(head, width, `<svg role="img" aria-label="${label}" viewBox="-1 -1 ${width + 2} ${height + 2}" ` +
      `style="width:100%;max-width:${width + 2}px;height:auto">${cells.join("")}</svg>`);
  });
}
