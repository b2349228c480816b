// A safetensors file, as cnnlib.checkpoint and PyTorch's users write it, read in the page; a wrong one is refused with
// a reason. Eight bytes hold the length of the header, then comes the header, JSON with types, shapes and places, then
// the numbers.
import { size, tensor } from "./core.js";

const LONGEST_FILE = 8e6;  // bytes: far more than these networks need
const READ = {
  F64: [8, (view, at) => view.getFloat64(at, true)],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  F16: [2, (view, at) => half(view.getUint16(at, true))],
};

// A number of 16 bits: sign, 5 bits of exponent, 10 of fraction.
function half(bits) {
  const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14);
}

const refuse = (reason) => { throw new Error(reason); };
const count = (list) => Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);

// The tensors of a file, by name.
export function parse(bytes) {
  if (bytes.length > LONGEST_FILE) refuse(`it has ${bytes.length} bytes, and at most ${LONGEST_FILE} are read`);
  if (bytes.length < 8) refuse(`it has ${bytes.length} bytes: that is no safetensors file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) refuse("it is no safetensors file, or cut short: its header is longer than the file");
  const header = json(bytes.subarray(8, 8 + length)), start = 8 + length, found = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") found[name] = read(name, entry, view, start);
  }
  const used = Object.values(header).reduce((most, { data_offsets: ends }) => Math.max(most, ends?.[1] ?? 0), 0);
  const there = bytes.length - start;
  if (used !== there) refuse(`its numbers should have ${used} bytes, and there are ${there}`);
  return found;
}

function json(bytes) {
  let header = null;
  try {
    header = JSON.parse(String.fromCharCode(...bytes.subarray(0, 100000)));
  } catch {
    refuse("it is no safetensors file: its header is no JSON");
  }
  if (!header || typeof header !== "object" || Array.isArray(header)) refuse("its header holds no names");
  return header;
}

function read(name, entry, view, start) {
  const { dtype, shape, data_offsets: ends } = entry ?? {};
  if (!count(shape) || !count(ends) || ends.length !== 2) refuse(`${name} has no shape, or no place in the file`);
  if (!Object.hasOwn(READ, dtype)) refuse(`${name} is stored as ${dtype}; the laboratory reads F64, F32 and F16`);
  const [width, number] = READ[dtype], total = size(shape), there = ends[1] - ends[0];
  if (there !== width * total) refuse(`${name} has ${there} bytes, its shape needs ${width * total}`);
  if (start + ends[1] > view.byteLength) refuse(`it is cut short: ${name} lies beyond its end`);
  const data = Float64Array.from({ length: total }, (_, k) => number(view, start + ends[0] + width * k));
  if (!data.every(Number.isFinite)) refuse(`${name} holds numbers that are not finite`);
  return tensor(shape, data);
}

const times = (shape) => shape.join(" × ");

// The network among `known` ([{ title, size, layers }]) that these tensors belong to, with their numbers. What does not
// fit is compared with the first.
export function networkOf(tensors, known) {
  const problems = known.map(({ layers }) => misfit(tensors, layers)), at = problems.indexOf(null);
  if (at < 0) refuse(`its weights fit none of the networks here; for ${known[0].title} ${problems[0]}`);
  const layers = known[at].layers.map((layer) => (layer.shape
    ? { ...layer, w: tensors[`${layer.name}.weight`], b: layer.bias ? tensors[`${layer.name}.bias`] : null } : layer));
  return { ...known[at], layers };
}

// Why tensors do not belong to these layers, or null.
function misfit(tensors, layers) {
  const wanted = new Map(layers.filter((layer) => layer.shape).flatMap(({ name, shape, bias }) =>
    [[`${name}.weight`, shape], ...(bias ? [[`${name}.bias`, [shape[0]]]] : [])]));
  for (const [name, shape] of wanted) {
    if (!Object.hasOwn(tensors, name)) return `${name} is missing`;
    if (times(tensors[name].shape) !== times(shape)) {
      return `${name} should be ${times(shape)}, and is ${times(tensors[name].shape) || "a single number"}`;
    }
  }
  const more = Object.keys(tensors).find((name) => !wanted.has(name));
  return more === undefined ? null : `${more} is one too many`;
}
