// Chapter 9: kernels on a real photograph, yours included. The same drawing in Python is photo_kernel in
// cnnlib/course/figures/conv_explorers.py.
(() => {
  const ACCENT = "var(--course-accent, #0072b2)", WARM = "var(--course-bad, #b04a00)", LINE = "var(--course-line, #d5dbe1)";
  const FLEX = "display:flex;flex-wrap:wrap;gap:0.6rem 1.6rem;justify-content:center;align-items:flex-start";
  const HEAD = "font-size:0.85rem;margin:0 0 0.2rem";
  const { number } = course;
  const photographs = {};

  function photograph(name, { pixels, rows, columns }) {
    return photographs[name] ??= {
      rows, columns, values: Float64Array.from(atob(pixels[name]), (c) => c.charCodeAt(0) / 255),
    };
  }

  function slide({ rows, columns, values }, weights) {
    const size = weights.length, out = { rows: rows - size + 1, columns: columns - size + 1 };
    out.values = new Float64Array(out.rows * out.columns);
    for (let i = 0; i < out.rows; i++) {
      for (let j = 0; j < out.columns; j++) {
        let sum = 0;
        for (let u = 0; u < size; u++) {
          for (let v = 0; v < size; v++) sum += weights[u][v] * values[(i + u) * columns + j + v];
        }
        out.values[i * out.columns + j] = sum;
      }
    }
    return out;
  }

  function png({ rows, columns, values }, grey) {
    const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
    const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
    values.forEach((value, k) => {
      image.data.fill(Math.floor(255 * grey(value) + 0.5), 4 * k, 4 * k + 3);
      image.data[4 * k + 3] = 255;
    });
    context.putImageData(image, 0, 0);
    return canvas.toDataURL();
  }

  function kernelGrid(weights, divisor) {
    const size = weights.length, most = Math.max(1e-12, ...weights.flat().map(Math.abs)), head =
      divisor === 1 ? "kernel" : `kernel, divided by ${divisor}`;
    const cells = weights.flat().map((weight, k) => {
      const left = 44 * (k % size), top = 32 * Math.floor(k / size);
      const fill = weight === 0 ? 'fill="none"'
        : `fill="${weight < 0 ? WARM : ACCENT}" fill-opacity="${number(0.4 * Math.abs(weight) / most)}"`;
      return `<rect x="${left}" y="${top}" width="44" height="32" ${fill} stroke="${LINE}"/>` +
        `<text x="${left + 22}" y="${top + 21}" font-size="14" text-anchor="middle" fill="currentColor">${number(weight)}</text>`;
    }).join("");
    return `<div style="flex:0 1 ${44 * size}px"><p style="${HEAD}">${head}</p><svg role="img" ` +
      `aria-label="${head}: ${size} by ${size} weights" viewBox="-2 -2 ${44 * size + 4} ${32 * size + 4}" ` +
      `style="width:100%;max-width:${44 * size + 4}px;height:auto">${cells}</svg></div>`;
  }

  course.explorer("photo-kernel", ({ picture, kernel, own }, config) => {
    const [weights, divisor] = kernel === "your own" ? [own, 1] : config.kernels[kernel];
    const x = photograph(picture, config), y = slide(x, weights.map((row) => row.map((weight) => weight / divisor)));
    const total = weights.flat().reduce((sum, weight) => sum + weight, 0) / divisor;
    const low = y.values.reduce((a, b) => Math.min(a, b)), high = y.values.reduce((a, b) => Math.max(a, b));
    const balanced = Math.abs(total) < 1e-9, most = Math.max(-low, high, 1e-12);
    const grey = balanced ? (value) => 0.5 + (0.5 * value) / most : (value) => Math.min(Math.max(value, 0), 1);
    const photo = (head, src, alt) => `<div style="flex:0 1 240px"><p style="${HEAD}">${head}</p>` +
      `<img src="${src}" alt="${alt}" style="width:100%;max-width:240px"></div>`;
    const meaning = balanced ? "no difference gives 0, shown as mid-grey; lighter is positive, darker negative"
      : "0 is shown as black, 1 as white, and what lies beyond is cut off";
    return {
      html: `<div style="${FLEX}">${photo("photograph", png(x, (value) => value), `The ${picture} in grey`)}` +
        `${photo(`after “${kernel}”`, png(y, grey), `The ${picture} after the kernel ${kernel}`)}` +
        `${kernelGrid(weights, divisor)}</div>`,
      caption: `The weights add up to ${number(total)}: a plain area of brightness 0.5 gives ${number(total * 0.5)}. The ` +
        `response lies between ${number(low)} and ${number(high)}; ${meaning}. Size ${y.rows} × ${y.columns}.`,
      off: kernel === "your own" ? [] : ["own"],
      result: { low, high, mean: y.values.reduce((sum, value) => sum + Math.abs(value), 0) / y.values.length },
    };
  });
})();
