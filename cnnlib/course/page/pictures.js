// Pictures as addresses of images, made without a canvas: they are also drawn where there is no browser.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CODES = Object.fromEntries([...LETTERS].map((letter, k) => [letter, k]));

// The bytes of a base64 text.
export function bytes(text) {
  const out = new Uint8Array(Math.floor(text.replace(/=+$/, "").length * 3 / 4));
  for (let k = 0, at = 0; at < out.length; k += 4) {
    const bits = [0, 1, 2, 3].reduce((sum, n) => (sum << 6) | (CODES[text[k + n]] ?? 0), 0);
    for (const shift of [16, 8, 0]) if (at < out.length) out[at++] = (bits >> shift) & 255;
  }
  return out;
}

// The base64 text of bytes.
export function base64(data) {
  let text = "";
  for (let k = 0; k < data.length; k += 3) {
    const bits = (data[k] << 16) | ((data[k + 1] ?? 0) << 8) | (data[k + 2] ?? 0);
    text += LETTERS[bits >> 18] + LETTERS[(bits >> 12) & 63] + LETTERS[(bits >> 6) & 63] + LETTERS[bits & 63];
  }
  const spare = (3 - data.length % 3) % 3;
  return text.slice(0, text.length - spare) + "=".repeat(spare);
}

const CHECKS = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

const word = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

function chunk(name, data) {
  const body = [...name].map((letter) => letter.charCodeAt(0)).concat(data);
  const check = body.reduce((sum, byte) => CHECKS[(sum ^ byte) & 255] ^ (sum >>> 8), -1);
  return [...word(data.length), ...body, ...word(~check)];
}

// Bytes of pixels, row by row, as a PNG stored without compression; `color` is 0 for grey, 6 for red, green, blue, opacity.
function stored(pixels, width, height, color) {
  const raw = [], line = width * (color ? 4 : 1);
  pixels.forEach((byte, k) => {
    if (k % line === 0) raw.push(0);  // each row begins with its filter: none
    raw.push(byte);
  });
  let blocks = [0x78, 0x01];
  for (let at = 0; at < raw.length; at += 65535) {
    const part = raw.slice(at, at + 65535), n = part.length;
    blocks = blocks.concat([at + n === raw.length ? 1 : 0, n & 255, n >> 8, ~n & 255, (~n >> 8) & 255], part);
  }
  let a = 1, b = 0;
  for (const byte of raw) { a = (a + byte) % 65521; b = (b + a) % 65521; }
  blocks.push(...word(((b << 16) | a) >>> 0));
  const parts = [137, 80, 78, 71, 13, 10, 26, 10, ...chunk("IHDR", [...word(width), ...word(height), 8, color, 0, 0, 0]),
    ...chunk("IDAT", blocks), ...chunk("IEND", [])];
  return `data:image/png;base64,${base64(parts)}`;
}

const byte = (value) => Math.floor(255 * value + 0.5);

// Grey values from 0 to 1.
export const png = (values, width, height) => stored(values.map(byte), width, height, 0);

// Red, green, blue and opacity from 0 to 255, pixel by pixel.
export const colourPng = (values, width, height) => stored(values, width, height, 6);

// Values from −1 to 1: blue above zero, orange below, the nearer to zero the clearer.
export const signed = (values, width, height) => colourPng(values.flatMap((value) =>
  [...(value < 0 ? [213, 94, 0] : [0, 114, 178]), byte(Math.min(1, Math.abs(value)))]), width, height);
