// What a wrong prediction of an output may come from: the answers of known mistakes, each with what to say about it.
import { outputAt, sum } from "./lab-convolution-numbers.js";
import { escaped } from "./lab-planes.js";
import { typed } from "./number-box.js";
import { pixel } from "./windows.js";
import { number } from "./words.js";

const CLOSE = 0.0051;  // two decimals are enough

// `seen` are the laboratory's numbers for an output. Mistakes of the whole rule come before slips in one product.
export function mistakes(seen, { bias, stride, padding, dilation }) {
  const { x, w, y, size, cell: [, i, j], products, sums, window } = seen, [K, L] = size.weight, many = x.length > 1;
  const [top, left] = [i, j].map((k) => pixel(k, 0, { stride, padding, dilation }));
  const total = y[i][j], plain = total - bias, found = [];
  const add = (value, say) => { if (Math.abs(value - total) > 2 * CLOSE) found.push({ value, say }); };
  const turned = (weight, say) => add(outputAt(seen, top, left, dilation, weight), say);
  const moved = (p, q, say, d = dilation) => add(outputAt(seen, p, q, d), say);

  turned((c, u, v) => w[c][K - 1 - u][L - 1 - v], "that is the sum with the kernel turned by half a turn. Networks do not " +
    "turn it: its first weight meets the first number of the window.");
  if (K === L) turned((c, u, v) => w[c][v][u], "that is the sum with rows and columns of the kernel exchanged.");
  turned((c, u, v) => w[c][u][L - 1 - v], "that is the sum with the kernel mirrored, left for right.");
  turned((c, u, v) => w[c][K - 1 - u][v], "that is the sum with the kernel upside down.");
  add(plain, `the products add up to that; the bias, ${number(bias)}, is missing.`);
  if (many) {
    add(total + (x.length - 1) * bias, "the bias is in it once for every channel. It is added once, to the whole sum.");
  }
  add(plain - bias, "the bias was taken away instead of added.");
  for (const [c, part] of many ? sums.entries() : []) {
    add(part + bias, `that is channel ${c} alone, and the bias. All ${x.length} channels go into one output.`);
    add(part, `that is channel ${c} alone. The other channels, and the bias, belong to the sum.`);
    add(total - part, `channel ${c} was left out.`);
  }
  if (dilation > 1) {
    moved(top, left, `the weights look at pixels ${dilation} apart here: that is the sum for neighbours.`, 1);
  }
  if (stride > 1) {
    moved(i - padding, j - padding, `that window moved by 1 for each output. With stride ${stride} it moves by ${stride}.`);
  }
  if (padding) {
    moved(i * stride, j * stride, `that window forgot the padding: it starts ${padding} before the picture.`);
  }
  for (const [down, right, where] of [[0, 1, "to the right"], [0, -1, "to the left"], [1, 0, "down"], [-1, 0, "up"]]) {
    moved(top + down, left + right, `off by one: that is the sum of a window one pixel too far ${where}.`);
  }
  if (y[j]?.[i] !== undefined) add(y[j][i], `that is the output at row ${j}, column ${i}: row and column were exchanged.`);
  add(-total, "the sign is the wrong way round.");
  add(plain / (K * L) + bias, "that is the mean of the products. A convolution adds them up.");
  add(sum(x.flatMap((plane) => window.map(({ p, q }) => plane[p]?.[q] ?? 0))) + bias, "that is the sum of the numbers " +
    "under the window. Each is multiplied by its weight first.");
  if (total < 0) add(0, "an output may be negative. Only a ReLU after the convolution would make it 0.");
  for (const [share, say] of [[1, "is missing"], [2, "has the wrong sign"]]) {
    products.forEach((list, c) => list.forEach((product, k) => {
      const { u, v } = window[k], place = `row ${u}, column ${v}${many ? ` of channel ${c}` : ""}`;
      if (!product) return;
      add(total - share * product, `one product ${say}, it seems: ${number(product)}, of the weight at ${place}.`);
    }));
  }
  return found;
}

// What to say about what was typed, { right, say } in markup; null while it is nothing.
export function verdict(text, seen, state) {
  if (!text.trim()) return { right: false, say: "Type a number first." };
  const guess = typed(text), total = seen.y[seen.cell[1]][seen.cell[2]], near = (value) => Math.abs(guess - value) < CLOSE;
  if (guess === null) return { right: false, say: `“${escaped(text)}” is no number. Type one such as −3, 0.25 or 1/3.` };
  if (near(total)) return { right: true, say: "Right." };
  if (Math.abs(guess - total) < 0.051 && Math.abs(total - Math.round(total)) > CLOSE) {
    return { right: false, say: "Nearly. Give two decimals." };
  }
  // Two different mistakes may lead to the same number.
  const known = mistakes(seen, state).filter(({ value }) => near(value)).slice(0, 2).map(({ say }) => say);
  return { right: false, say: known.length ? `Not yet: ${known.join(" Or ")}`
    : "Not yet. Multiply each number under the window by its weight, add all products, then the bias." };
}
