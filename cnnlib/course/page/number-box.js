// A box for a number, read as people write it: −1, 0,5, 1/3, 1½ or 50%. (A field of type "number" drops the signs that it does not
// know while they are typed, so that 1/3 would become 13.)
import { number } from "./words.js";

export const NUMBER_BOX = '<input type="text" class="course-number" maxlength="20" autocomplete="off" spellcheck="false"';

const PART = "((?:\\d+\\.?\\d*|\\.\\d+)(?:e[-+]?\\d+)?)";
const WRITTEN = new RegExp(`^([-+]?) ?(?:(\\d+) (?=\\d+ ?/))?${PART}(?: ?/ ?${PART})?( ?%)?$`, "i");

// The number, or null where the text is none, or not yet one. "1½" is 1 1/2.
export function typed(text) {
  const plain = text.replace(/[¼-¾⅐-⅞]/g, (sign) => ` ${sign.normalize("NFKC")}`).replace(/⁄/g, "/").replace(/[−–]/g, "-")
    .replace(/,/g, ".").replace(/\s+/g, " ").trim();
  const [, sign, whole = 0, over, under = 1, percent] = WRITTEN.exec(plain) ?? [];
  const value = (Number(whole) + over / under) * (sign === "-" ? -1 : 1) / (percent ? 100 : 1);
  return Number.isFinite(value) ? value : null;
}

// Whether a box holds a number; it is marked while it does not. The last one is kept, as it was written.
export function readable(box) {
  const yes = typed(box.value) !== null;
  if (yes) box.defaultValue = box.value;
  if (yes) box.removeAttribute("aria-invalid"); else box.setAttribute("aria-invalid", "true");
  return yes;
}

// The number that counts: what is in the box, or else the last one that could be read.
export const counts = (box) => typed(readable(box) ? box.value : box.defaultValue);

// Shows a number: without a text, the one that counts.
export function put(box, text = box.defaultValue) {
  box.value = text;
  readable(box);
}

// Arrows move the number in a box by its data-step, or by one.
export function arrows(root) {
  root.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key], box = event.target;
    if (!by || !box.matches(".course-number") || typed(box.value) === null) return;
    event.preventDefault();
    box.value = number(typed(box.value) + by * Number(box.dataset.step ?? 1), 4);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
