// Chapter 2: an activation, its derivative, and the tangent at a point you move.
(() => {
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const kinds = {
    "step": [(z) => (z > 0 ? 1 : 0), () => 0],
    "sigmoid": [sigmoid, (z) => sigmoid(z) * (1 - sigmoid(z))],
    "tanh": [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
    "ReLU": [(z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)],
    "Leaky ReLU": [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
    "PReLU": [(z, a) => (z > 0 ? z : a * z), (z, a) => (z > 0 ? 1 : a)],
  };
  course.explorer("activation", ({ name, z, a }) => {
    const [f, slope] = kinds[name];
    const px = (v) => 20 + ((v + 4) / 8) * 360, py = (v) => 250 - ((v + 1.6) / 5.7) * 240;
    const path = (g) => Array.from({ length: 161 }, (_, i) => -4 + i / 20)
      .map((v, i) => `${i ? "L" : "M"}${px(v).toFixed(1)} ${py(g(v, a)).toFixed(1)}`).join("");
    const at = f(z, a), rate = slope(z, a), n = (v) => course.number(v, 4);
    const ticks = [-4, -2, 0, 2, 4].map((v) => `<text x="${px(v)}" y="266" text-anchor="middle" font-size="12">${n(v)}</text>`);
    const marks = [-1, 0, 1, 2, 3, 4].map((v) => `<text x="16" y="${py(v) + 4}" text-anchor="end" font-size="12">${n(v)}</text>
      <line x1="20" x2="380" y1="${py(v)}" y2="${py(v)}" stroke="var(--course-muted)" opacity="${v ? 0.18 : 0.7}"/>`);
    // The legend stands between two lines of the grid, where no curve comes.
    const key = [["value", 'stroke="#0072b2" stroke-width="2.5"'], ["slope", 'stroke="#d55e00" stroke-width="2" stroke-dasharray="6 4"'],
      ["tangent", 'stroke="currentColor" stroke-width="1.5"']].map(([word, line], i) =>
      `<path d="M${34 + 84 * i} 35h26" ${line}/><text x="${66 + 84 * i}" y="39" font-size="13" fill="currentColor">${word}</text>`);
    return {
      html: `<svg role="img" aria-label="${name}: its curve, its slope dashed, and the tangent at z" viewBox="0 0 400 272"
        style="width:100%;max-width:30rem;height:auto;overflow:hidden"><g fill="currentColor">${ticks.join("")}${marks.join("")}</g>
        <path d="${path(f)}" fill="none" stroke="#0072b2" stroke-width="2.5"/>
        <path d="${path(slope)}" fill="none" stroke="#d55e00" stroke-width="2" stroke-dasharray="6 4"/>
        <line x1="${px(z - 1)}" y1="${py(at - rate)}" x2="${px(z + 1)}" y2="${py(at + rate)}" stroke="currentColor" stroke-width="1.5"/>
        <circle cx="${px(z)}" cy="${py(at)}" r="5" fill="currentColor"/>${key.join("")}</svg>`,
      caption: `${name}${name === "PReLU" ? ` (a = ${n(a)})` : ""} at z = ${n(z)}: value ${n(at)}, slope ${n(rate)}.`,
      off: name === "PReLU" ? [] : ["a"],
      result: { value: at, slope: rate },
    };
  });
})();
