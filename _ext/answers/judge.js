// A verdict on a typed answer, from the table that cnnlib/course/exercises/_table.py made of the checker's own: the same
// steps as check_value and check_letters there, and difference in _compare.py.
const hashes = new Map(); // many mistakes ask for the same
function hash(text) {
  if (!hashes.has(text)) hashes.set(text, sha256(text));
  return hashes.get(text);
}

const bytesOf = (base64) => [...atob(base64)].map((c) => c.charCodeAt(0));
const KEY = 4;
const opens = (bytes, digest) => bytes.slice(0, KEY).every((b, i) => b === digest[i]);
const fits = (key, ...place) => opens(bytesOf(key), hash(place.join("|")));
const share = (right, of) => `${right} of ${of} ${right === 1 ? "is" : "are"} right.`;

const MARGIN = "7.1b"; // may be typed with its "±"
const FINITE = "every number must be finite.";

// `passed` is true, false, or null where what was typed cannot be read, or is right but for its form: that is not wrong.
function judge(table, text) {
  if (!table.says && !table.entries) return judgeLetters(table, text);
  const given = readings(table.label === MARGIN ? text.replace(/^([^\d±]*)(?:±|\+\/[-−]) ?/, "$1") : text, count(table));
  const { passed, say } = table.says ? judgeProperty(table, given) : judgeValue(table, given);
  const byName = passed !== null && (text.match(/[=≈:]+/g) ?? []).length > 1;
  return { passed, say: byName ? `${say} (Numbers are read in the order in which they stand, not by their names.)` : say };
}

// How many numbers are asked for.
function count({ shape, entries }) {
  const state = { seen: 0 };
  pass(entries ? entries[0].like : { numbers: range(product(shape)) }, state);
  return state.seen;
}

const unread = (text, wanted) => ({ passed: null, say: `I cannot read this: ${quoted(text)}; ${unclosed(text)}${wanted}` });

// In words, the first bracket without its other half.
function unclosed(text) {
  const open = [];
  for (const sign of text.match(/[()[\]{}]/g) ?? []) {
    if (sign in CLOSES) open.push(CLOSES[sign]);
    else if (open.pop() !== sign) return `“${sign}” closes no bracket: `;
  }
  return open.length ? `“${open.at(-1)}” is missing: ` : "";
}

// What to do about numbers that would be right in another shape, or an empty text.
function inRows(value, shape, right) {
  const array = numbers(value), size = product(shape);
  if (array?.flat.length !== size || !right(shaped(array.flat, shape))) return "";
  const rows = `as ${shape[0]} row${shape[0] > 1 ? "s" : ""} of ${shape[1]}`;
  const how = { 1: "as one list", 2: rows }[shape.length] ?? `in the shape ${tuple(shape)}`;
  return `the numbers are right; write them ${how}.`;
}

function shaped(flat, [, ...inner]) {
  const size = product(inner);
  return inner.length ? range(flat.length / size).map((i) => shaped(flat.slice(i * size, (i + 1) * size), inner)) : flat;
}

const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
const range = (count) => [...Array(count).keys()];
const depth = (like) => (Array.isArray(like) ? 1 + Math.max(...like.map(depth)) : like.shape.length);
const EXAMPLES = { 2: "[[1, 2], [3, 4]]", 3: "[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]" };

function judgeValue({ label, digits, entries }, given) {
  const [{ like }] = entries, truths = [like].flat(9).some((leaf) => "truth" in leaf);
  if (typeof given[0] === "string") {
    return unread(given[0], truths ? "give numbers and yes or no, such as 1.5, yes."
      : `give numbers, such as ${EXAMPLES[depth(like)] ?? "0.5, -2, 2/5 or 1e-3"}.`);
  }
  const compare = (value, at) => difference(value, entries[at].like, { label, seen: 0, digits });
  for (const at of entries.keys()) {
    if (given.some((value) => !compare(value, at))) return { passed: at === 0, say: entries[at].say };
  }
  const found = given.map((value) => compare(value, 0)).sort((a, b) => (b.kind === "value") - (a.kind === "value"))[0];
  const right = (other) => !compare(other, 0), reshaped = (value) => inRows(value, like.shape, right);
  const rows = like.shape?.length && given.map(reshaped).find(Boolean);
  if (rows) return { passed: null, say: rows };
  if (found.kind !== "value") return { passed: false, say: `not this one: ${found.text}` };
  if (given.flat(9).some((v) => typeof v === "number" && !Number.isFinite(v))) return { passed: false, say: FINITE };
  return { passed: false, say: `not this one.${found.of > 1 ? ` ${share(found.right, found.of)}` : ""} Work it out again by hand.` };
}

// In what a value differs from what is expected, or null; `state.seen` counts the numbers that lie behind.
function difference(given, like, state) {
  if (given === null) {
    pass(like, state);
    return { kind: "nothing", text: "nothing is given." };
  }
  if (Array.isArray(like)) return several(given, like, state);
  if ("truth" in like) return truth(given, like, state);
  const start = state.seen;
  pass(like, state);
  let array = numbers(given);
  if (!array) return { kind: "type", text: `numbers are expected, you give ${ragged(given) ? "rows of different lengths" : describe(stranger(given))}.` };
  if (!like.shape.length && array.flat.length === 1) array = { shape: [], flat: array.flat };
  if (`${array.shape}` !== `${like.shape}` || array.shape.length !== like.shape.length) {
    const wanted = like.shape.length ? `the shape ${tuple(like.shape)} is expected` : "one number is expected";
    return { kind: "shape", text: `${wanted}, you give ${array.shape.length ? `one array of shape ${tuple(array.shape)}` : describe(array.flat[0])}.` };
  }
  const right = array.flat.filter((v, i) => close(v, like.numbers[i], [state.label, start + i + 1], state.digits)).length;
  return right === array.flat.length ? null : { kind: "value", text: "", right, of: array.flat.length };
}

function several(given, like, state) {
  if (!Array.isArray(given) || given.length !== like.length) {
    pass(like, state);
    const words = Array.isArray(given) ? `a list of ${given.length}` : describe(given);
    return { kind: "count", text: `${like.length} ${like.length === 1 ? "result is" : "results are"} expected, you give ${words}.` };
  }
  const found = given.map((part, i) => difference(part, like[i], state));
  const first = found.findIndex(Boolean);
  if (first < 0) return null;
  const { kind, text } = found[first];
  const inner = text.startsWith("result ") ? `, part ${text.slice(7)}` : `: ${text}`;
  return { kind, text: `result ${first + 1}${inner}`, right: found.filter((d) => !d).length, of: found.length };
}

function truth(given, like, state) {
  state.seen += 1;
  if (Array.isArray(given) && given.length === 1) [given] = given;
  if (![true, false, 0, 1].includes(given)) return { kind: "type", text: `True or False is expected, you give ${describe(given)}.` };
  return fits(like.truth, state.label, state.seen, Number(given)) ? null : { kind: "value", text: "", right: 0, of: 1 };
}

function pass(like, state) {
  if (Array.isArray(like)) like.forEach((part) => pass(part, state));
  else state.seen += "truth" in like ? 1 : like.numbers.length;
}

// The number that a cell unseals, compared as _close does; a cell too many on each side, so that no edge is in the way.
function close(given, [grid, sealed], place, digits) {
  const cell = Math.floor(given / 2 ** grid + 0.5), bytes = bytesOf(sealed);
  if (!Number.isSafeInteger(cell)) return false;
  return [cell - 1, cell, cell + 1].some((at) => {
    const digest = hash([...place, at].join("|"));
    if (!opens(bytes, digest)) return false;
    const content = Uint8Array.from(bytes.slice(KEY), (b, i) => b ^ digest[KEY + i]);
    const [expected, room] = [0, 8].map((from) => new DataView(content.buffer).getFloat64(from, true));
    return Math.abs(given - expected) <= room || (digits !== null && rounded(given, expected, digits));
  });
}

// Is it the expected number, rounded to so many significant digits or more, or worked out of rounded ones? As _rounded.
function rounded(given, expected, digits) {
  if (expected === 0) return false;
  const asked = digits - 1 - Math.floor(Math.log10(Math.abs(expected)));
  let shown = asked;
  while (shown < 13 && Math.abs(given - Math.round(given * 10 ** shown) / 10 ** shown) > 1e-7 * Math.max(1, Math.abs(given))) shown++;
  const half = 0.5 * 10 ** -asked * (1 + 1e-6), off = Math.abs(given - expected);
  if (shown === asked + 1) return off <= 0.2 * half;
  return off <= (shown === asked ? half : Math.min(half, 1e-3 * Math.abs(expected)));
}

// A value as one array, {shape, flat}, or null where it holds no number or rows of different lengths.
function numbers(value) {
  if (typeof value === "number" || typeof value === "boolean") return { shape: [], flat: [Number(value)] };
  if (!Array.isArray(value)) return null;
  const parts = value.map(numbers);
  if (parts.some((p) => !p || tuple(p.shape) !== tuple(parts[0].shape))) return null;
  return { shape: [value.length, ...(parts.length ? parts[0].shape : [])], flat: parts.flatMap((p) => p.flat) };
}

const holds = (value) => (Array.isArray(value) ? value.some(holds) : value === null || typeof value === "string");
const ragged = (value) => Array.isArray(value) && !holds(value);
const stranger = (value) => (Array.isArray(value) && holds(value) ? stranger(value.find(holds)) : value);
const tuple = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

function describe(value) {
  if (value === null) return "nothing";
  if (typeof value === "string") return `the text ${quoted(value)}`;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return `one number, ${general(value)}`;
  const array = numbers(value);
  return array && array.shape.length > 1 ? `one array of shape ${tuple(array.shape)}` : `a list of ${value.length}`;
}

function quoted(text) {
  const cut = [...text].slice(0, 30).join("") + ([...text].length > 30 ? "…" : "");
  return cut.includes("'") && !cut.includes('"') ? `"${cut}"` : `'${cut.replace(/[\\']/g, "\\$&")}'`;
}

// Python's six significant digits.
function general(number) {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
  const [digits, power] = number.toExponential(5).split("e"), short = String(Number(digits));
  if (number === 0 || (power >= -4 && power < 6)) return String(Number(number.toPrecision(6)));
  return `${short}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

// ---- letters: cnnlib/course/exercises/_answers.py holds the patterns --------------------------------------------------
const LETTER = "[\\p{L}\\p{No}\\p{Nl}]";
const JOINING = ["and", "or", "also", "plus"];
const SIGNS = new RegExp(`[!¬~≠^\\\\]|(?<![\\p{L}\\p{N}_)])(?<![\\d).:] )[-−–](?=\\s*\\(?${LETTER})`, "u");

function lettersOf(text) {
  const words = text.toLowerCase().match(new RegExp(`${LETTER}+`, "gu")) || [];
  return (words.length > 1 ? words.filter((w) => !JOINING.includes(w)) : words).join("");
}

// The letters of "2a 1b" in the order of their numbers; null without numbers, empty where these do not count 1, 2, 3.
function numbered(text) {
  const marks = (text.toLowerCase().match(new RegExp(`\\d{1,9}|${LETTER}+`, "gu")) || []).filter((m) => !JOINING.includes(m));
  const at = marks.flatMap((m, i) => (/^\d/.test(m) ? [i] : []));
  if (!at.length) return null;
  const first = at[0] % 2, pairs = [];
  if (marks.length % 2 || at.length !== marks.length / 2 || at.some((i, n) => i !== first + 2 * n)) return "";
  for (let i = 0; i < marks.length; i += 2) pairs.push([Number(marks[i + first]), marks[i + 1 - first]]);
  pairs.sort((a, b) => a[0] - b[0]);
  return pairs.every(([n, letter], i) => n === i + 1 && [...letter].length === 1) ? pairs.map((p) => p[1]).join("") : "";
}

function judgeLetters({ label, choices, ordered, example, praise, right, hints, mistakes }, text) {
  const no = (say) => ({ passed: false, say });
  if (SIGNS.test(text)) return unread(text, `give ${example}: letters alone, without signs.`);
  let given = lettersOf(text);
  const inTurn = ordered ? numbered(text) : null;
  if (inTurn !== null) {
    if (given && !inTurn) return unread(text, `number the letters from 1 to ${right.length}, each once, or give them alone, in turn.`);
    given = given && inTurn;
  }
  if (!given) return unread(text, `give ${example}.`);
  const strange = [...given].find((letter) => !choices.includes(letter));
  if (strange) return unread(text, `the letters to choose from are ${[...choices].join(", ")}; you gave ${quoted(strange)}.`);
  if (ordered && given.length !== right.length) {
    return no(`${right.length} letters are asked for, one for each in turn; you gave ${given.length}.`);
  }
  if (!ordered) given = [...new Set(given)].sort().join("");
  const holdsAt = (slot) => (ordered ? fits(right[slot], label, slot, given[slot])
    : fits(right[slot], label, choices[slot], Number(given.includes(choices[slot]))));
  const wrong = [...right.keys()].filter((slot) => !holdsAt(slot));
  if (!wrong.length) return { passed: true, say: praise };
  const known = mistakes.find(([key]) => fits(key, label, "as a whole", given));
  if (known) return no(known[1]);
  // Letters that are given come before those that are missing.
  if (!ordered) wrong.sort((a, b) => given.includes(choices[b]) - given.includes(choices[a]) || a - b);
  const hint = hints[wrong.find((slot) => hints[slot])] || "";
  return no([ordered ? share(right.length - wrong.length, right.length) : "", hint].filter(Boolean).join(" ") || "not this one.");
}
