// A box for a number, read as people write it: −1, 0,5 or 1/3. (A field of type "number" drops the signs that it does not
// know while they are typed, so that 1/3 would become 13.)
import { number } from "./words.js";

export const NUMBER_BOX = '<input type="text" class="course-number" maxlength="20" autocomplete="off" spellcheck="false"';

// The number, or null where the text is none, or not yet one.
export function typed(text) {
  const parts = text.replace(/\s/g, "").replace(/−/g, "-").replace(/,/g, ".").split("/");
  const [over, under = 1] = parts.map((part) => (part === "" ? NaN : Number(part))), value = over / under;
  return parts.length <= 2 && Number.isFinite(value) ? value : null;
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
