// Chapter 10: a convolution forward and back, one window at a time; dx and dw accumulate. The same drawing in Python
// is cnnlib/course/figures/back_explorers.py; a browser test compares the two, letter by letter.
(() => {
  const ACCENT = "var(--course-accent, #0072b2)", WARM = "var(--course-bad, #b04a00)", LINE = "var(--course-line, #d5dbe1)";
  const FLEX = "display:flex;flex-wrap:wrap;gap:0.6rem 1.6rem;justify-content:center;align-items:flex-start";
  const HEAD = "font-size:0.85rem;margin:0 0 0.2rem";
  const WIDE = 40, HIGH = 32;
  const { number } = course;

  const tint = (value, most) => value === 0 ? 'fill="none"'
    : `fill="${value < 0 ? WARM : ACCENT}" fill-opacity="${number(0.4 * Math.abs(value) / most)}"`;

  function cells(head, values, marked, done = null, first = 0) {
    const rows = values.length, columns = values[0].length, flat = values.flat(), parts = [];
    const most = Math.max(1e-12, ...flat.map(Math.abs));
    flat.forEach((value, k) => {
      const left = WIDE * (k % columns), top = HIGH * Math.floor(k / columns), reached = done === null || k < done;
      if (done !== null) parts.push(`<g data-set="step:${first + k}">`);
      parts.push(`<rect x="${left}" y="${top}" width="${WIDE}" height="${HIGH}" ` +
        `${reached ? tint(value, most) : tint(0, 1)} stroke="${LINE}" pointer-events="all"/>`);
      parts.push(`<text x="${left + 20}" y="${top + 21}" font-size="14" text-anchor="middle" fill="currentColor"` +
        `${reached ? "" : ' opacity="0.65"'}>${number(value)}</text>`);
      if (done !== null) parts.push("</g>");
    });
    for (const [i, j] of marked) {
      parts.push(`<rect x="${WIDE * j + 1}" y="${HIGH * i + 1}" width="${WIDE - 2}" height="${HIGH - 2}" fill="none" ` +
        `stroke="${ACCENT}" stroke-width="2.5" pointer-events="none"/>`);
    }
    const width = WIDE * columns, height = HIGH * rows;
    const label = `${head}: ${rows} by ${columns} numbers, ${marked.length} of them outlined`;
    return `<div style="flex:0 1 ${width}px"><p style="${HEAD}">${head}</p><svg role="img" aria-label="${label}" ` +
      `viewBox="-2 -2 ${width + 4} ${height + 4}" style="width:100%;max-width:${width + 4}px;height:auto">` +
      `${parts.join("")}</svg></div>`;
  }

  const zeros = (n) => Array.from({ length: n }, () => Array(n).fill(0));

  course.explorer("conv-back", ({ step, stride, rule, kernel: w }, { x, dy: upstream }) => {
    const side = Math.floor(2 / stride) + 1, count = side * side;
    const taps = [0, 1, 2].flatMap((u) => [0, 1, 2].map((v) => [u, v]));
    const dy = upstream.slice(0, side).map((row) => row.slice(0, side));
    const y = dy.map((row, i) => row.map((_, j) =>
      taps.reduce((sum, [u, v]) => sum + w[u][v] * x[i * stride + u][j * stride + v], 0)));

    const accumulate = (how, windows) => {
      const dx = zeros(5);
      let dw = zeros(3);
      for (let k = 0; k < windows; k++) {
        const i = Math.floor(k / side), j = k % side, g = dy[i][j];
        if (how === "=") dw = zeros(3);
        for (const [u, v] of taps) {
          const p = i * stride + u, q = j * stride + v;
          dx[p][q] = (how === "=" ? 0 : dx[p][q]) + g * w[u][v];
          dw[u][v] += g * x[p][q];
        }
      }
      return { dx, dw };
    };

    step = Math.min(step, 2 * count - 1);
    const back = step >= count, k = step % count, i = Math.floor(k / side), j = k % side;
    const { dx, dw } = accumulate(rule, back ? k + 1 : 0);
    const window = taps.map(([u, v]) => [i * stride + u, j * stride + v]);
    let caption = `Forward, window ${k + 1} of ${count}: the nine products add up to ${number(y[i][j])}, the output at row ` +
      `${i + 1}, column ${j + 1}. No gradient yet: the rule counts from step ${count + 1} on.`;
    if (back) {
      const g = number(dy[i][j]), right = accumulate("+=", k + 1);
      const wrong = (a, b) => a.flat().filter((value, n) => value !== b.flat()[n]).length;
      caption = `Backward, window ${k + 1} of ${count}, where dy = ${g}: dx ${rule} ${g} × w inside the outline, and dw ` +
        `${rule} ${g} × the outlined part of x.` + (rule === "="
          ? ` Terms were overwritten: ${wrong(dx, right.dx)} of 25 numbers of dx and ${wrong(dw, right.dw)} of 9 of dw ` +
            "are wrong by now."
          : ` The middle pixel has dx = ${number(dx[2][2])} by now.`);
    }
    return {
      html: `<div style="${FLEX}">${cells("input x", x, window)}${cells("kernel w", w, taps)}` +
        `${cells(back ? "upstream dy" : "output y", back ? dy : y, [[i, j]], k + 1, back ? count : 0)}` +
        `${cells("dx so far", dx, back ? window : [])}${cells("dw so far", dw, back ? taps : [])}</div>`,
      caption,
      result: { y, dx, dw },
      limits: { step: 2 * count - 1 },
      off: back ? [] : ["rule"],  // no gradient yet, no rule for it
    };
  });
})();
