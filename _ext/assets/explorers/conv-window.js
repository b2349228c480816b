// Chapter 9: slide a 3×3 window over a small image and see every multiplication. The same drawing in Python is
// cnnlib/course/figures/conv_explorers.py; a browser test compares the two, letter by letter.
(() => {
  const ACCENT = "var(--course-accent, #0072b2)", WARM = "var(--course-bad, #b04a00)", LINE = "var(--course-line, #d5dbe1)";
  const FLEX = "display:flex;flex-wrap:wrap;gap:0.6rem 1.6rem;justify-content:center;align-items:flex-start";
  const HEAD = "font-size:0.85rem;margin:0 0 0.2rem";
  const { number } = course;

  const text = (x, y, size, content, extra = "") =>
    `<text x="${x}" y="${y}" font-size="${size}" text-anchor="middle" fill="currentColor"${extra}>${content}</text>`;
  const tint = (value, most) => value === 0 ? 'fill="none"'
    : `fill="${value < 0 ? WARM : ACCENT}" fill-opacity="${number(0.4 * Math.abs(value) / most)}"`;
  const panel = (head, width, height, label, body) =>
    `<div style="flex:0 1 ${width}px"><p style="${HEAD}">${head}</p><svg role="img" aria-label="${label}" ` +
    `viewBox="-2 -2 ${width + 4} ${height + 4}" style="width:100%;max-width:${width + 4}px;height:auto">${body}</svg></div>`;
  const largest = (values) => Math.max(1e-12, ...values.flat().map(Math.abs));

  function inputGrid(x, taps, padding, dilation) {
    const size = x.length, most = largest(x), cells = [];
    x.forEach((line, i) => line.forEach((value, j) => {
      const border = Math.min(i, j) < padding || Math.max(i, j) >= size - padding;
      cells.push(`<rect x="${32 * j}" y="${32 * i}" width="32" height="32" ${tint(value, most)} ` +
        `stroke="${LINE}"${border ? ' stroke-dasharray="2 3"' : ""}/>`);
      cells.push(text(32 * j + 16, 32 * i + 21, 14, number(value), border ? ' opacity="0.65"' : ""));
    }));
    for (const [i, j] of taps) {
      cells.push(`<rect x="${32 * j + 1}" y="${32 * i + 1}" width="30" height="30" fill="none" stroke="${ACCENT}" ` +
        'stroke-width="2.5"/>');
    }
    const side = 32 * size, head = padding ? `input, padded by ${padding}` : "input";
    const label = `${head}: ${size} by ${size} numbers, nine of them under the window, ${dilation} apart`;
    return panel(head, side, side, label, cells.join(""));
  }

  function productTable(x, weights, taps, total) {
    const products = taps.map(([i, j], k) => weights[k] * x[i][j]);
    const most = largest(products), cells = [];
    taps.forEach(([i, j], k) => {
      const left = 76 * (k % 3), top = 46 * Math.floor(k / 3);
      cells.push(`<rect x="${left}" y="${top}" width="76" height="46" ${tint(products[k], most)} stroke="${LINE}"/>`);
      cells.push(text(left + 38, top + 18, 13, `${number(x[i][j])} × ${number(weights[k])}`));
      cells.push(text(left + 38, top + 37, 14, number(products[k]), ' font-weight="700"'));
    });
    cells.push(text(114, 162, 15, `sum = ${number(total)}`, ' font-weight="700"'));
    const label = `nine products of an input and a weight, which add up to ${number(total)}`;
    return panel("input × weight", 228, 170, label, cells.join(""));
  }

  function outputGrid(y, step) {
    const size = y.length, most = largest(y), cells = [];
    y.flat().forEach((value, k) => {
      const left = 40 * (k % size), top = 32 * Math.floor(k / size), done = k <= step;
      cells.push(`<g data-set="step:${k}"><rect x="${left}" y="${top}" width="40" height="32" ` +
        `${done ? tint(value, most) : 'fill="none"'} stroke="${LINE}" pointer-events="all"/>`);
      cells.push(text(left + 20, top + 21, 14, number(value), done ? "" : ' opacity="0.65"') + "</g>");
    });
    const left = 40 * (step % size), top = 32 * Math.floor(step / size);
    cells.push(`<rect x="${left + 1}" y="${top + 1}" width="38" height="30" fill="none" stroke="${ACCENT}" ` +
      'stroke-width="2.5"/>');
    return panel("output", 40 * size, 32 * size, `output: ${size} by ${size} numbers`, cells.join(""));
  }

  course.explorer("conv-window", ({ image, kernel, padding, stride, dilation, step }, { images }) => {
    const small = images[image], weights = kernel.flat(), size = small.length + 2 * padding;
    const x = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => small[i - padding]?.[j - padding] ?? 0));
    const out = Math.floor((size - 2 * dilation - 1) / stride) + 1;
    const tapsAt = (i, j) => weights.map((_, k) =>
      [i * stride + Math.floor(k / 3) * dilation, j * stride + (k % 3) * dilation]);
    const at = (i, j) => tapsAt(i, j).reduce((sum, [p, q], k) => sum + weights[k] * x[p][q], 0);
    const y = Array.from({ length: out }, (_, i) => Array.from({ length: out }, (_, j) => at(i, j)));

    step = Math.min(step, out * out - 1);
    const row = Math.floor(step / out), column = step % out, taps = tapsAt(row, column), total = y[row][column];
    return {
      html: `<div style="${FLEX}">${inputGrid(x, taps, padding, dilation)}${productTable(x, weights, taps, total)}` +
        `${outputGrid(y, step)}</div>`,
      caption: `Window ${step + 1} of ${out * out}: the nine products add up to ${number(total)}, the output at row ` +
        `${row + 1}, column ${column + 1}. Rows of the output: ⌊(6 + 2·${padding} − ${dilation}·(3 − 1) − 1) / ${stride}⌋ ` +
        `+ 1 = ${out}, and as many columns.`,
      result: { y },
      limits: { step: out * out - 1 },
    };
  });
})();
