// Chapter 1: two weights and a bias move the line where a neuron changes its mind.
course.explorer("neuron-line", ({ w1, w2, b, gate }, { corners, gates }) => {
  const labels = gates[gate];
  const z = corners.map(([x1, x2]) => w1 * x1 + w2 * x2 + b);
  const right = z.filter((value, i) => (value > 0) === (labels[i] === 1)).length;
  const size = 300, low = -0.5, high = 1.5;
  const px = (x) => ((x - low) / (high - low)) * size;
  const py = (y) => size - px(y);

  // The side that fires is shaded: a half plane is a polygon far larger than the view, clipped by it.
  let side = z[0] > 0 ? `<rect width="${size}" height="${size}" fill="#d55e00" opacity="0.13"/>` : "";
  const norm = Math.hypot(w1, w2);
  if (norm > 0) {
    const n = [w1 / norm, w2 / norm], t = [-n[1], n[0]], d = -b / norm;
    const at = (u, v) => `${px(n[0] * (d + u) + t[0] * v).toFixed(1)},${py(n[1] * (d + u) + t[1] * v).toFixed(1)}`;
    side = `<polygon points="${at(0, -9)} ${at(0, 9)} ${at(9, 9)} ${at(9, -9)}" fill="#d55e00" opacity="0.13"/>
      <polyline points="${at(0, -9)} ${at(0, 9)}" fill="none" stroke="currentColor" stroke-width="2"/>`;
  }
  const marks = corners.map(([x1, x2], i) => {
    const wrong = (z[i] > 0) !== (labels[i] === 1);
    const x = px(x1), y = py(x2);
    const mark = labels[i]
      ? `<rect x="${x - 8}" y="${y - 8}" width="16" height="16" fill="#d55e00"/>`
      : `<circle cx="${x}" cy="${y}" r="8.5" fill="#0072b2"/>`;
    const ring = wrong ? `<circle cx="${x}" cy="${y}" r="16" fill="none" stroke="currentColor" stroke-width="1.5"
      stroke-dasharray="3 3"/>` : "";
    return `${mark}${ring}<text x="${x + 20}" y="${y + 5}" font-size="13" fill="currentColor"
      stroke="var(--course-soft)" stroke-width="4" paint-order="stroke">z = ${course.number(z[i])}</text>`;
  }).join("");
  const list = z.map((value) => course.number(value)).join(", ");
  return {
    html: `<svg role="img" aria-label="${gate}: four corners and the line of the neuron" viewBox="0 0 ${size} ${size}"
      style="width:100%;max-width:22rem;height:auto;overflow:hidden;border:1px solid var(--course-line)">${side}${marks}</svg>`,
    caption: `${gate} with w₁ = ${course.number(w1)}, w₂ = ${course.number(w2)}, b = ${course.number(b)}: ` +
      `${right} of 4 corners right. z at (0,0), (0,1), (1,0), (1,1): ${list}.`,
    result: { z, right },
  };
});
