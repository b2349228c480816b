// Numbers and captions as readers see them. cnnlib/course/figures/_numbers.py holds the same for Python's pictures.

// Rounded half up, with a true minus sign, and with as many decimals as `digits` says.
export function fixed(value, digits) {
  if (!Number.isFinite(value)) return `${value}`.replace("Infinity", "∞").replace("-", "−").replace("NaN", "nan");
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// The same without the zeros at its end.
export function number(value, digits = 2) {
  const text = fixed(value, digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

// A number that follows a dot or a cross: in brackets where it is negative.
export function bracketed(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

// A caption whose lines do not break inside "p = 0.01" or "3 × 3", nor before a unit.
export function unbroken(text) {
  return text.replace(/(?<!\S)(\S{1,9}) ([=≈<>≤≥]) (\S+)/g, "$1\u00a0$2\u00a0$3")
    .replace(/(?<=[=≈<>≤≥]) (?=\S)|(?<=[0-9%]) (?=[×±])|(?<=[×±]) (?=\S)/g, "\u00a0")
    .replace(/(?<=[0-9]) (?=(?:%|s|ms|µs)(?![0-9A-Za-z]))/g, "\u00a0");
}
