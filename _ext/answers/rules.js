// Exercises with many right answers: the same rules as in neuron.py and convolution.py (judge_value), with their texts.
const CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]];
const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
const near = (a, b) => a.every((v, i) => Math.abs(v - b[i]) <= 1e-8 + 1e-5 * Math.abs(b[i])); // numpy.allclose

function fires([w1, w2, b], inputs) {
  const nothing = 1e-12 * Math.max(Math.abs(w1), Math.abs(w2), Math.abs(b)); // a z that is 0 but for rounding
  return inputs.map(([x, y]) => Number(x * w1 + y * w2 + b > nothing));
}

const RULES = {
  "1.2": ([w1, w2, b], says) => {
    const bits = fires([w1, w2, b], CORNERS).join("");
    if (bits === "1110") return "";
    if (fires([w2, b, w1], CORNERS).join("") === "1110") return says.last;
    const where = CORNERS.filter((_, i) => bits[i] !== "1110"[i]).map((corner) => `(${corner.join(", ")})`).join(", ");
    return says[bits] || filled(says.wrong, { where });
  },

  "1.5": (w, says) => {
    const [one, two] = [0, 3].map((from) => fires(w.slice(from, from + 3), CORNERS));
    const bits = fires(w.slice(6), one.map((v, i) => [v, two[i]])).join(""), wanted = "0110";
    const at = [0, 1, 2, 3].find((i) => bits[i] !== wanted[i]);
    if (at === undefined) return "";
    return filled(says.wrong, { what: says[bits] || "", where: `(${CORNERS[at].join(", ")})`, one: one[at], two: two[at],
      third: bits[at], right: wanted[at] });
  },

  "9.4": (w, says) => {
    const place = w.findIndex((_, at) => near(w, w.map((_, i) => Number(i === at))));
    if (String(place) in says) return says[place];
    if (near(w, w.map(() => 0))) return says.zero;
    if (w.filter(Boolean).length > 1) return says.several;
    const sum = w.reduce((a, b) => a + b, 0);
    return near([sum], [1]) ? says.askew : filled(says.factor, { factor: general(sum) });
  },

  "9.5": (w, says) => {
    const most = Math.max(...w.map(Math.abs)) || 1, v = w.map((x) => x / most), cell = (i, j) => v[3 * i + j];
    const like = (other, sign = 1) => near(v, v.map((_, at) => sign * other(Math.floor(at / 3), at % 3)));
    const swapped = like((i, j) => cell(j, i));
    if (like((i, j) => cell(2 - i, 2 - j))) return swapped ? says.both : "";
    if (like((i, j) => cell(2 - i, 2 - j), -1)) return says.sign;
    if (like((i, j) => cell(i, 2 - j)) || like((i, j) => cell(2 - i, j))) return says.mirror;
    return swapped ? says.swapped : says.neither;
  },
};

function judgeProperty({ label, shape, what, praise, says }, given) {
  if (typeof given[0] === "string") return unread(given[0], `give ${what}.`);
  const fitting = given.find((value) => tuple(numbers(value)?.shape ?? [-1]) === tuple(shape));
  if (fitting === undefined) {
    const right = (other) => {
      const { flat } = numbers(other);
      return flat.every(Number.isFinite) && !RULES[label](flat, says);
    };
    const rows = given.map((value) => inRows(value, shape, right)).find(Boolean);
    if (rows) return { passed: null, say: rows };
    const [value] = given, inside = stranger(value);
    const withIt = Array.isArray(value) && !Array.isArray(inside) ? ` with ${describe(inside)} in it` : "";
    return { passed: false, say: `give ${what}; you gave ${describe(value)}${withIt}.` };
  }
  const { flat } = numbers(fitting);
  if (!flat.every(Number.isFinite)) return { passed: false, say: FINITE };
  const hint = RULES[label](flat, says);
  return { passed: !hint, say: hint || praise };
}
