// Chapter 6: an optimiser's path through a ravine, forty steps from a fixed start.
course.explorer("ravine", ({ rule, rate, momentum }) => {
  const curvature = [1, 25], steps = 40;
  const height = (w) => 0.5 * (curvature[0] * w[0] ** 2 + curvature[1] * w[1] ** 2);
  let w = [-4, 1.2], v = [0, 0], s = [0, 0];
  const path = [w];
  for (let t = 1; t <= steps; t++) {
    const g = w.map((value, i) => curvature[i] * value);
    let step;
    if (rule === "Adam") {
      v = v.map((value, i) => momentum * value + (1 - momentum) * g[i]);
      s = s.map((value, i) => 0.999 * value + 0.001 * g[i] ** 2);
      step = v.map((value, i) => value / (1 - momentum ** t) / (Math.sqrt(s[i] / (1 - 0.999 ** t)) + 1e-8));
    } else {
      v = v.map((value, i) => momentum * value + g[i]);
      step = rule === "Nesterov" ? g.map((value, i) => value + momentum * v[i]) : v;
    }
    w = w.map((value, i) => Math.min(Math.max(value - rate * step[i], -1e9), 1e9));
    path.push(w);
  }
  const heights = path.map(height);
  const below = heights.findLastIndex((h) => !(h < 0.01)) + 1;  // a path may dip under the line and rise again
  const end = heights[steps] > 1e6 ? "It diverges."
    : below <= steps ? `Below 0.01 from step ${below} on.`
    : `Height ${course.fixed(heights[steps], 3)} after ${steps} steps.`;
  const px = (x) => 200 + 40 * Math.min(Math.max(x, -99), 99), py = (y) => 90 - 45 * Math.min(Math.max(y, -99), 99);
  const rings = [0.5, 2, 5, 10, 18, 30, 45].map((h) => `<ellipse cx="${px(0)}" cy="${py(0)}" rx="${40 * Math.sqrt(2 * h)}"
    ry="${45 * Math.sqrt((2 * h) / 25)}" fill="none" stroke="var(--course-muted)" opacity="0.7"/>`).join("");
  const points = path.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`);
  return {
    html: `<svg role="img" aria-label="Path through a ravine seen from above" viewBox="0 0 400 180"
      style="width:100%;max-width:34rem;height:auto;overflow:hidden">${rings}
      <polyline points="${points.join(" ")}" fill="none" stroke="#d55e00" stroke-width="1.5"/>
      ${points.map((p) => `<circle cx="${p.split(",")[0]}" cy="${p.split(",")[1]}" r="2.5" fill="#d55e00"/>`).join("")}
      <path d="M${px(0) - 5} ${py(0)}h10M${px(0)} ${py(0) - 5}v10" stroke="currentColor" stroke-width="1.5"/></svg>`,
    caption: `${rule}, learning rate ${course.number(rate, 4)}, momentum ${course.number(momentum, 4)}. ${end}`,
    result: { path, heights },
  };
});
