// Chapter 9: three planes, two filters of three kernels, two maps; an output lights what it reads, a pixel where it goes.
import { frame, headed, largest, LINE, range, row, svg, table, text, tint } from "./draw.js";
import { outputs, taps, uses } from "./windows.js";
import { number } from "./words.js";

// Sides of cells, in pixels, and the widths of what they make.
const CELL = 24, WEIGHT = 26, OUTPUT = 28, GAP = 10, WIDTH = 7 * CELL + 6 * WEIGHT + 2 * GAP + 4, MAPS = 10 * OUTPUT + GAP + 4;
const COLOURS = ["red", "green", "blue"];
const sum = (values) => values.reduce((a, b) => a + b, 0);

export function numbers({ ask, output, pixel, stride, padding, bias }, { planes, filters }) {
  const size = 5 + 2 * padding, side = outputs(5, 3, { stride, padding });
  const x = planes.map((plane) => table(size, size, (p, q) => plane[p - padding]?.[q - padding] ?? 0));
  const part = (o, c, i, j) => sum(taps([i, j], [3, 3], { stride }).map(({ u, v, p, q }) => filters[o][c][u][v] * x[c][p][q]));
  const y = filters.map((_, o) => table(side, side, (i, j) => bias[0][o] + sum(range(3).map((c) => part(o, c, i, j)))));
  output = Math.min(output, 2 * side * side - 1);
  const [map, i, j] = place(output, side), [plane, p, q] = place(pixel, 5).map((k, axis) => k + (axis && padding));
  // An output reads one window in each plane; a pixel is read through some weights, by as many outputs of each map.
  const both = ask === "output", used = both ? taps([i, j], [3, 3], { stride }) : uses([p, q], [size, size], [3, 3], { stride });
  const marks = (side, places) => table(side, side, (a, b) => Number(places.some(([c, d]) => a === c && b === d)));
  const weights = used.map(({ u, v }) => [u, v]), none = [];
  return {
    x, y, output, parts: range(3).map((c) => part(map, c, i, j)),
    lit: range(3).map((c) => marks(size, both ? used.map((tap) => [tap.p, tap.q]) : c === plane ? [[p, q]] : none)),
    used: range(2).map((o) => range(3).map((c) => marks(3, (both ? o === map : c === plane) ? weights : none))),
    reached: range(2).map((o) => marks(side, !both ? used.map((use) => [use.i, use.j]) : o === map ? [[i, j]] : none)),
  };
}

const place = (k, side) => [Math.floor(k / side ** 2), Math.floor(k / side) % side, k % side];

export function draw({ ask, output, pixel, padding, bias, x, y, parts, lit, used, reached }, { planes, filters }) {
  const side = y[0].length, [o, i, j] = place(output, side), [c, p, q] = place(pixel, 5), reads = ask === "output";
  const terms = [...parts, bias[0][o]].map((v, k) => k === 0 ? number(v) : `${v < 0 ? "−" : "+"} ${number(Math.abs(v))}`).join(" ");
  const zeros = 27 - sum(lit.flatMap((plane) => plane.slice(padding, 5 + padding).flatMap((r) => r.slice(padding, 5 + padding))));
  const inputs = range(3).map((k) => channel(k, x, lit, filters, used, padding, reads ? [o, parts[k]] : null));
  const many = sum(reached[0].flat()), total = number(y[o][i][j]);
  const [result, how] = reads ? [`${terms} = ${total}`, "three partial sums and the bias"]
    : [`${2 * many} outputs`, `from ${many} window${many > 1 ? "s" : ""} in each map`];
  const line = text(MAPS / 2, 18, 15, result, ' font-weight="700"') + text(MAPS / 2, 36, 13, how);
  return {
    html: row(column(WIDTH, ...inputs), column(MAPS, maps(y, reached, line))),
    caption: reads ? `The output at map ${o}, row ${i}, column ${j} reads 27 inputs` +
      `${zeros ? `, of which ${zeros} are padding` : ""}, through the 27 weights of filter ${o}: ` +
      `${terms} = ${number(y[o][i][j])}.`
      : `The ${COLOURS[c]} pixel at row ${p}, column ${q}, of value ${number(planes[c][p][q])}, lies under ${many} ` +
        `window${many > 1 ? "s" : ""}: it goes to ${2 * many} outputs, ${many} in each map, ` +
        `${many > 1 ? "each time through another weight of the kernels" : "through one weight of each kernel"} for ${COLOURS[c]}.`,
    limits: { output: 2 * side * side - 1 },
    off: [reads ? "pixel" : "output"],
    texts: { output: `map ${o}, (${i}, ${j})`, pixel: `${COLOURS[c]} (${p}, ${q})` },
  };
}

const column = (width, ...parts) => `<div style="flex:0 1 ${width}px">${parts.join("")}</div>`;

// Square cells with numbers; the marked ones are framed, and `set(i, j)` says what a click on a cell sets.
function cells(values, marks, left, top, { size = CELL, most, set = () => "" }) {
  return values.flatMap((line, i) => line.map((value, j) => {
    const [x, y] = [left + size * j, top + size * i], move = set(i, j);
    const cell = `<rect x="${x}" y="${y}" width="${size}" height="${size}" ${tint(value, most)} stroke="${LINE}" ` +
      `${move === null ? 'stroke-dasharray="2 3" ' : ""}pointer-events="all"/>` +
      text(x + size / 2, y + size / 2 + 5, 13, number(value), move === null ? ' opacity="0.65"' : "");
    return move ? `<g data-set="${move}">${cell}</g>` : cell;
  })).join("") + marks.flatMap((line, i) => line.map((on, j) =>
    on ? frame(left + size * j, top + size * i, size, size) : "")).join("");
}

// One plane and the two kernels that read it; `chosen` is the filter that does, and what it finds here.
function channel(c, x, lit, filters, used, padding, chosen) {
  const size = x[c].length, at = 2 + (1 - padding) * CELL, inside = (k) => k >= padding && k < padding + 5;
  const set = (i, j) => inside(i) && inside(j) ? `pixel:${25 * c + 5 * (i - padding) + j - padding} ask:1` : null;
  const kernels = filters.map((filter, o) => {
    const left = 2 + 7 * CELL + GAP + o * (3 * WEIGHT + GAP), middle = left + 1.5 * WEIGHT;
    return text(middle, 14, 13, `filter ${o}`) + cells(filter[c], used[o][c], left, 22, { size: WEIGHT, most: 2 }) +
      (chosen?.[0] === o ? text(middle, 22 + 3 * WEIGHT + 20, 14, `sum ${number(chosen[1])}`, ' font-weight="700"') : "");
  });
  const label = `the ${COLOURS[c]} plane, ${size} by ${size} numbers, and the kernels of two filters that read it`;
  const high = Math.max(size * CELL, 22 + 3 * WEIGHT + 24);
  return headed(`Channel ${c}, the ${COLOURS[c]} plane`, WIDTH, svg(label, WIDTH, high + 8, `${WIDTH}px`,
    cells(x[c], lit[c], at, 2, { set, most: 5 }) + kernels.join("")));
}

function maps(y, reached, line) {
  const side = y[0].length, size = OUTPUT, most = largest(y.flat());
  const drawn = y.map((map, o) => {
    const left = 2 + o * (5 * size + GAP), set = (i, j) => `output:${(o * side + i) * side + j} ask:0`;
    return text(left + side * size / 2, 66, 13, `map ${o}`) + cells(map, reached[o], left, 74, { size, most, set });
  });
  return headed("The two maps", MAPS, svg(`two output maps of ${side} by ${side} numbers`, MAPS, 76 + side * size,
    `${MAPS}px`, line + drawn.join("")));
}
