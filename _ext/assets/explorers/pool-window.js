// Chapter 11: one pooling window at a time, its numbers, and the map of outputs.
course.explorer("pool-window", ({ kind, kernel, stride, padding, position }, { image }) => {
  padding = Math.min(padding, Math.floor(kernel / 2));
  const fill = kind === "max" ? -Infinity : 0;
  const size = image.length + 2 * padding;
  const padded = Array.from({ length: size }, (_, r) => Array.from({ length: size }, (_, c) =>
    image[r - padding]?.[c - padding] ?? fill));
  const n = Math.floor((size - kernel) / stride) + 1;
  const window = (i, j) => padded.slice(i * stride, i * stride + kernel)
    .flatMap((row) => row.slice(j * stride, j * stride + kernel));
  const reduce = (values) => kind === "max" ? Math.max(...values) : values.reduce((a, v) => a + v, 0) / values.length;
  const y = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => reduce(window(i, j))));
  position = Math.min(position, n * n - 1);
  const i = Math.floor(position / n), j = position % n;
  const show = (v) => (v === -Infinity ? "−∞" : course.number(v));
  const table = (values, marked) => `<table role="presentation" style="border-collapse:collapse;margin:0;width:auto">${
    values.map((row, r) => `<tr>${row.map((v, c) => `<td style="border:1px solid var(--course-muted);min-width:2.1rem;
      text-align:center;padding:.15rem .3rem${marked(r, c) ? ";outline:3px solid #d55e00;outline-offset:-3px;font-weight:700" : ""}">${show(v)}</td>`)
      .join("")}</tr>`).join("")}</table>`;
  const top = i * stride, left = j * stride;
  return {
    html: `<div style="display:flex;gap:1.5rem;justify-content:center;flex-wrap:wrap;align-items:center">${
      table(padded, (r, c) => top <= r && r < top + kernel && left <= c && c < left + kernel)}${
      table(y, (r, c) => r === i && c === j)}</div>`,
    caption: `${kind}, ${kernel}×${kernel}, stride ${stride}, padding ${padding}: ${n}×${n} outputs. ` +
      `Output (${i}, ${j}) = ${show(y[i][j])}, ${kind === "max" ? "the largest of" : "the mean of"} ${window(i, j).map(show).join(", ")}.`,
    result: { y, position: [i, j] },
    limits: { position: n * n - 1 },
  };
});
