// Chapter 4: three logits, the probabilities softmax makes of them, the loss and its gradient.
course.explorer("logits", ({ z0, z1, z2, target }) => {
  const z = [z0, z1, z2], names = ["cat", "dog", "owl"], colors = ["#0072b2", "#d55e00", "#009e73"];
  const top = Math.max(...z);
  const e = z.map((v) => Math.exp(v - top));
  const total = e.reduce((a, v) => a + v, 0);
  const p = e.map((v) => v / total);
  const gradient = p.map((v, k) => v - (k === target ? 1 : 0));
  const loss = Math.log(total) + top - z[target];
  const fixed = (v) => course.fixed(v, 3);

  const panel = (values, left, title, low, high) => {
    const y = (v) => 150 - ((v - low) / (high - low)) * 120;
    const bars = values.map((v, k) => {
      const x = left + 16 + 66 * k;
      return `<rect x="${x}" y="${Math.min(y(v), y(0))}" width="44" height="${Math.abs(y(v) - y(0))}" fill="${colors[k]}"/>
        <text x="${x + 22}" y="${v >= 0 ? y(v) - 5 : y(v) + 14}" text-anchor="middle" font-size="13">${fixed(v)}</text>
        <text x="${x + 22}" y="184" text-anchor="middle" font-size="14"${k === target ? ' font-weight="700"' : ""}>${names[k]}</text>`;
    }).join("");
    return `<text x="${left + 104}" y="14" text-anchor="middle" font-size="14">${title}</text>${bars}
      <line x1="${left + 4}" x2="${left + 204}" y1="${y(0)}" y2="${y(0)}" stroke="var(--course-muted)"/>`;
  };
  return {
    html: `<svg role="img" aria-label="Bars of the three probabilities and of the gradient" viewBox="0 0 430 192"
      style="width:100%;max-width:34rem;height:auto;overflow:hidden"><g fill="currentColor">
      ${panel(p, 0, "probability p", 0, 1.1)}${panel(gradient, 220, "gradient p − y", -1.1, 1.1)}</g></svg>`,
    caption: `It is the ${names[target]}. p = ${fixed(p[target])}, loss = −log p = ${fixed(loss)}. ` +
      `Gradient: ${gradient.map(fixed).join(", ")}.`,
    result: { p, loss, gradient },
  };
});
