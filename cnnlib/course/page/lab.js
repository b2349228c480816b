// What all laboratories do alike. A laboratory is one state, plain JSON, from which all that is shown follows. It
// stands in the address, so that a link opens what its sender saw; changes can be undone; reset leads to the start.
import { together } from "./player.js";
import { number, unbroken } from "./words.js";

const LATER = 300;  // milliseconds after the last change, before the address is renewed
const KEPT = 200;  // changes that can be undone
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// Two buttons that every laboratory has, for its layout.
export const UNDO_AND_RESET = '<button type="button" data-do="undo">Undo</button>' +
  '<button type="button" data-do="reset">Reset</button>';

// Opens a laboratory in `root`, which holds a .course-lab-body: { state, change, undo, reset, play, show, say }, which
// the laboratory's `open` returns.
//
//   name                          as it stands in the address: #lab=name:{…}
//   start(config)                 the state at the start
//   numbers(state, config)        what there is to see, as numbers
//   draw(numbers, state, config)  { html: { region: markup }, caption }
//   layout(config)                markup, once; draw fills its elements with data-region="…", "caption" with the text
//   valid(state, config)          whether a state from an address makes sense; it has the keys of the start
//   grids(numbers, state)         { grid: [rows, columns] }, where there are cells to select
//   actions                       { name: () => {} }, done by elements with data-do="name"
//   after(numbers, state)         once all is drawn: canvases, say
//   linked(state, config)         the state as a link may hold it, where that is another one
//   followed(state, config)       the state that such a link means
//
// In the markup: data-state="key" on a checkbox, slider, number or menu (its options' values are JSON) sets that key;
// data-shows="key" reads it out; a click on data-set='{"key": value}' sets keys. Cells stand in an element with
// data-grid="grid" tabindex="0", each with data-cell="i,j": the state's `cell` is then [grid, i, j] or null, and
// `pinned` says whether it stays: mouse and arrows move it, Enter and a click pin it, Escape leaves it.
export function shell(root, config, lab) {
  const course = together(), body = root.querySelector(".course-lab-body"), inBook = root.dataset.face === "page";
  const drawn = {};  // the markup of each region, as it stands
  let state = resumed(lab, config) ?? lab.start(config), past = [], seen = null, waiting = null, drawing = false;

  const find = (selector) => [...body.querySelectorAll(selector)];
  const refused = Object.assign(document.createElement("p"), { className: "course-hint", hidden: true,
    textContent: "The link asks for something that is not offered here: it was not followed." });

  // The state that the address asks for, or null; a reader must hear that it is none.
  const asked = () => {
    const found = fromAddress(lab, config);
    refused.hidden = Boolean(found) || !location.hash.startsWith(`#lab=${lab.name}:`);
    if (!refused.hidden) course.say(refused.textContent);
    return found;
  };

  const show = () => {
    seen = lab.numbers(state, config);
    const { html, caption } = lab.draw(seen, state, config);
    for (const [region, markup] of Object.entries(html)) {
      if (drawn[region] === markup) continue;
      drawn[region] = markup;
      keepingFocus(body, () => { for (const part of find(`[data-region="${region}"]`)) part.innerHTML = markup; });
    }
    for (const part of find('[data-region="caption"]')) part.textContent = unbroken(caption);
    for (const control of find("[data-state]")) write(control, state[control.dataset.state]);
    for (const output of find("[data-shows]")) output.textContent = number(state[output.dataset.shows], 4);
    // Not `disabled`: the focus would be lost with the last step that is undone.
    for (const button of find('[data-do="undo"]')) button.setAttribute("aria-disabled", String(!past.length));
    lab.after?.(seen, state);
    return caption;
  };

  // Takes new values for some keys. Without `remember`, as in a stream of changes, it is no step of its own to undo;
  // with `soon` it is drawn at the next frame; with `aloud` the caption is read out when changes are over.
  const change = (values, { remember = true, soon = false, aloud = true } = {}) => {
    const next = { ...state, ...values };
    if (same(next, state)) return;
    if (remember) past = [...past, state].slice(-KEPT);
    become(next, { soon, aloud });
  };

  const become = (next, { soon = false, aloud = true } = {}) => {
    state = next;
    refused.hidden = true;
    clearTimeout(waiting);
    if (inBook) waiting = setTimeout(() => toAddress(lab, config, state), LATER);
    if (!soon) {
      const caption = show();
      if (aloud) course.say(unbroken(caption));
    } else if (!drawing) {
      drawing = true;
      requestAnimationFrame(() => {
        drawing = false;
        const caption = show();
        if (aloud) course.say(unbroken(caption));
      });
    }
  };

  const undo = () => {
    if (!past.length) return;
    const last = past.at(-1);
    past = past.slice(0, -1);
    become(last);
  };

  const reset = () => {
    course.stop();
    change(lab.start(config));
  };

  // Repeats `step` until it returns false, the button is pressed again, or anything else in the document plays.
  const play = (button, step, pause = 500) => {
    if (button.dataset.playing) return course.stop();
    course.stop();
    button.dataset.playing = "true";
    const timer = setInterval(() => { if (!button.isConnected || step() === false) course.stop(); }, pause);
    course.stop = () => {
      clearInterval(timer);
      delete button.dataset.playing;
      course.stop = () => {};
    };
  };

  const actions = { undo, reset, ...lab.actions };

  body.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do], [data-set]");
    if (button?.dataset.do) return actions[button.dataset.do]?.(button);
    if (button) return change(JSON.parse(button.dataset.set));
    const cell = cellOf(event.target);
    if (cell) change({ cell, pinned: !(state.pinned && String(cell) === String(state.cell)) }, { remember: false });
  });

  // Both: some ways to choose from a menu send only one of them; the second changes nothing.
  for (const event of ["input", "change"]) body.addEventListener(event, ({ target }) => {
    if (target.dataset?.state) change({ [target.dataset.state]: read(target) });
  });

  // What is drawn anew, or scrolled, under a mouse that rests makes an event, too; only a mouse that moves chooses.
  let rests = "";
  const where = ({ screenX, screenY }) => `${screenX} ${screenY}`;
  document.addEventListener("pointermove", (event) => { rests = where(event); }, true);
  body.addEventListener("pointerover", (event) => {
    const cell = event.pointerType === "mouse" && !state.pinned && where(event) !== rests && cellOf(event.target);
    rests = where(event);
    if (cell) change({ cell }, { remember: false, aloud: false });
  });

  body.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
      if (event.target.matches("input[type=text], textarea")) return;
      event.preventDefault();
      return undo();
    }
    const grid = event.target.closest("[data-grid]")?.dataset.grid, size = grid && lab.grids?.(seen, state)[grid];
    if (!size || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = moved(event.key, grid, size, state);
    if (!next) return;
    event.preventDefault();
    change(next, { remember: false });
  });

  body.innerHTML = lab.layout(config);
  if (inBook) offerLink(root, course, () => toAddress(lab, config, state));
  body.before(refused);
  const linked = inBook ? asked() : null;
  const follow = () => {
    const next = asked();
    if (!next || same(next, state)) return;  // as on the way back from another place in the page
    change(next);
    root.scrollIntoView();
  };
  if (inBook) window.addEventListener("hashchange", follow);
  // A link in the page leads here even if its state is there already.
  if (inBook) document.addEventListener("click", (event) => {
    const link = event.target.closest(`a[href^="#lab=${lab.name}:"]`);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    course.stop();
    history.pushState(null, "", link.hash);
    follow();
    root.tabIndex = -1;
    root.focus();
  });
  state = linked ?? state;
  show();
  // A link leads to the laboratory; who loads the page again, or goes back to it, stays where they were.
  if (linked && performance.getEntriesByType("navigation")[0]?.type === "navigate") root.scrollIntoView();
  return { get state() { return state; }, change, undo, reset, play, show, say: course.say };
}

// --- The address -----------------------------------------------------------------------------------------------------

// The state of a laboratory that was here before its data changed, where it still makes sense.
function resumed(lab, config) {
  try {
    return config.resume && (!lab.valid || lab.valid(config.resume, config)) ? config.resume : null;
  } catch {
    return null;
  }
}

// Only what differs from the start, so that links stay short.
function toAddress(lab, config, state) {
  const start = lab.start(config), linked = lab.linked?.(state, config) ?? state;
  const other = Object.entries(linked).filter(([key, value]) => !same(value, start[key]));
  const hash = `#lab=${lab.name}:${encodeURIComponent(JSON.stringify(Object.fromEntries(other)))}`;
  history.replaceState(history.state, "", other.length ? hash : location.pathname + location.search);
}

// A button that copies the page's address with the state as it is now.
function offerLink(root, course, renew) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy link" });
  button.className = "course-lab-link";
  button.addEventListener("click", async () => {
    renew();
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    button.textContent = copied ? "Copied" : "Not copied";
    course.say(copied ? "The link to what is shown is copied." : "The link stands in the address bar of the browser.");
    setTimeout(() => { button.textContent = "Copy link"; }, 2000);
  });
  root.querySelector(".course-lab-title").after(button);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const kind = (value) => (Array.isArray(value) ? "list" : typeof value);

// The state that the address holds, or null where it is none of this laboratory.
function fromAddress(lab, config) {
  const found = /^#lab=([\w-]+):(.+)$/.exec(location.hash), start = lab.start(config);
  if (found?.[1] !== lab.name) return null;
  try {
    const given = JSON.parse(decodeURIComponent(found[2])), state = { ...start, ...given };
    const alike = (key) => Object.hasOwn(start, key)
      && (start[key] === null || given[key] === null || kind(start[key]) === kind(given[key]));
    if (!Object.keys(given).every(alike)) return null;
    if (lab.valid && !lab.valid(state, config)) return null;
    const meant = lab.followed?.(state, config) ?? state;
    lab.draw(lab.numbers(meant, config), meant, config);  // what cannot be shown is no state
    return meant;
  } catch {
    return null;
  }
}

// --- Controls and cells ----------------------------------------------------------------------------------------------

function read(control) {
  if (control.type === "checkbox") return control.checked;
  if (control.matches("select, [type=radio]")) return JSON.parse(control.value);
  return Number(control.value) || 0;
}

function write(control, value) {
  if (control.type === "checkbox") control.checked = value;
  else if (control.type === "radio") control.checked = control.value === JSON.stringify(value);
  else if (control.matches("select")) control.value = JSON.stringify(value);
  // A number that is being typed ("-", "1.") stays as it is while it means the same.
  else if (control !== document.activeElement || read(control) !== value) control.value = value;
}

function cellOf(element) {
  const cell = element.closest("[data-cell]"), grid = cell?.closest("[data-grid]");
  return grid ? [grid.dataset.grid, ...cell.dataset.cell.split(",").map(Number)] : null;
}

// What a key does to the selected cell, or null.
function moved(key, grid, [rows, columns], { cell, pinned }) {
  const here = cell?.[0] === grid ? cell : null, [i, j] = here?.slice(1) ?? [0, 0];
  const clip = (value, count) => Math.min(Math.max(value, 0), count - 1);
  if (key === "Escape") return cell || pinned ? { cell: null, pinned: false } : null;
  if (key === "Enter" || key === " ") return { cell: [grid, i, j], pinned: here ? !pinned : true };
  if (key === "Home" || key === "End") return { cell: [grid, i, key === "Home" ? 0 : columns - 1] };
  const [down, right] = STEPS[key] ?? [];
  if (down === undefined) return null;
  return { cell: here ? [grid, clip(i + down, rows), clip(j + right, columns)] : [grid, 0, 0] };
}

// Runs `update`, which replaces markup, and returns the focus to what stands in the place of what had it, or else to the
// first grid; in a field of text the caret, too, or what was selected.
function keepingFocus(body, update) {
  const focused = document.activeElement;
  const name = body.contains(focused) && ["focus", "grid", "set", "do", "state"].find((key) => key in focused.dataset);
  const value = name && focused.dataset[name], { selectionStart, selectionEnd } = focused;
  update();
  if (!name || focused.isConnected) return;
  const parts = [...body.querySelectorAll(`[data-${name}]`)];
  const part = parts.find((one) => one.dataset[name] === value) ?? body.querySelector("[data-grid]");
  part?.focus({ preventScroll: true });
  if (typeof selectionStart === "number") part?.setSelectionRange?.(selectionStart, selectionEnd);
}

// --- Checks in front of the reader -----------------------------------------------------------------------------------

// The slope of f at a number, measured by a nudge to either side, beside the gradient that backward gave.
export function gradientCheck(f, at, gradient, nudge = 1e-5) {
  const slope = (f(at + nudge) - f(at - nudge)) / (2 * nudge), most = Math.max(1, Math.abs(slope), Math.abs(gradient));
  return { slope, gradient, nudge, agrees: Math.abs(slope - gradient) <= 1e-5 * most };
}

export function badge({ slope, gradient, nudge, agrees }, what = "it", result = "the loss") {
  const sign = `<span aria-hidden="true">${agrees ? "✓" : "✗"}</span>`;
  return `<p class="course-lab-badge" data-agrees="${agrees}">${sign} ` +
    `Nudge ${what} by ±${number(nudge, 6)} and ${result} changes with slope ${number(slope, 6)}; backward says ` +
    `${number(gradient, 6)}. ${agrees ? "They agree." : "They differ: there is a kink here, or a mistake."}</p>`;
}

// Whether the reader has asked for less motion.
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
