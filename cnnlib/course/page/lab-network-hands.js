// What the reader's hands do in the network laboratory: draw, cover, point at maps, hand over a file.
import { planes } from "./lab-network-unit.js";
import { networkOf, parse } from "./lab-network-file.js";
import { packed, points } from "./lab-network-ink.js";
import { cellAt, mark, paintMaps, paintPad, palette } from "./lab-network-paint.js";

const PANEL = 0.38;  // the part of the window's height that the panel may take: max-height in lab-network.css
const NEAR = 0.006;  // points closer than this to the last one are left out

// Listens in `root` from the start; `begin(lab)` gives it the shell.
export function attend(root, config, { size, brush, drawingOf }) {
  const body = root.querySelector(".course-lab-body"), find = (selector) => body.querySelector(selector);
  let lab = null, last = null, colours = palette(root), loads = 0, under = false, side = 0, spoken;

  const paint = (seen, state) => {
    last = [seen, state];
    paintMaps(body, seen, colours);
    const { strokes, pen } = drawingOf(state, config);
    paintPad(find("[data-pad]"), side, strokes, pen, colours);
    mark(body, seen);
    if (state.weights !== spoken) say("");
    reveal(Boolean(seen.unit) && !under);
    find("[data-do=all]").setAttribute("aria-pressed", String(state.all));
    find("[data-cover]").hidden = !state.brush && !state.covered.length;
    find("[data-do=cover]").setAttribute("aria-disabled", String(state.cell?.[0] !== "0"));
    find("[data-do=uncover]").setAttribute("aria-disabled", String(!state.covered.length));
  };

  const shut = () => !find("[data-panel]").offsetHeight;  // never where it stands beside the maps

  // A panel that opens does not cover the maps from which it was opened.
  const reveal = (shown) => {
    const opens = shown && shut(), grid = document.activeElement;
    find("[data-panel]").toggleAttribute("data-empty", !shown);
    if (opens && body.contains(grid) && grid.dataset.grid) grid.scrollIntoView({ block: "nearest" });
  };

  const actions = {
    reset() {
      say("");
      lab.reset();
    },
    clear: () => lab.change({ picked: null, strokes: [], covered: [] }),
    close() {
      const [grid] = lab.state.cell;
      lab.change({ cell: null, pinned: false });
      find(`[data-grid="${grid}"]`).focus({ preventScroll: true });
    },
    all: () => lab.change({ all: !lab.state.all }),
    uncover() {
      lab.change({ covered: [] });
      if (find("[data-cover]").hidden) find("[data-state=brush]").focus();  // it went with its button
    },
    cover: () => lab.state.cell?.[0] === "0" && cover(lab.state.cell[1], lab.state.cell[2]),
  };

  // What the brush hides, a square around a pixel; once is enough.
  const cover = (i, j, remember = true) => {
    const square = [i, j].map((at) => Math.min(Math.max(at - Math.floor(brush / 2), 0), size() - 1));
    if (!lab.state.covered.some((other) => String(other) === String(square))) {
      lab.change({ covered: [...lab.state.covered, square] }, { remember, soon: true });
    }
  };

  // --- The pad: a stroke from pointerdown to pointerup is one change -------------------------------------------------

  const at = (event) => {
    const box = find("[data-pad]").getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };

  const extend = (event) => {
    const more = event.getCoalescedEvents?.() ?? [], { strokes } = lab.state, line = points(strokes.at(-1) ?? "");
    for (const point of (more.length ? more : [event]).map(at)) {
      const [x, y] = line.at(-1) ?? [9, 9];
      if (Math.hypot(point[0] - x, point[1] - y) > NEAR) line.push(point);
    }
    lab.change({ strokes: [...strokes.slice(0, -1), packed(line)] }, { remember: false, soon: true });
  };

  const draws = (pad) => {
    pad.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      pad.setPointerCapture(event.pointerId);
      pad.focus({ preventScroll: true });  // so that Ctrl+Z is heard here
      // A drawing that was picked gives way to the first stroke.
      const { picked, strokes } = lab.state, other = picked === null ? strokes : [];
      lab.change({ picked: null, strokes: [...other, packed([at(event)])], cell: null, pinned: false }, { soon: true });
    });
    pad.addEventListener("pointermove", (event) => { if (pad.hasPointerCapture(event.pointerId)) extend(event); });
  };

  // --- The maps ------------------------------------------------------------------------------------------------------

  body.addEventListener("pointermove", (event) => {
    const cell = cellAt(event);
    if (!cell) return;
    if (lab.state.brush && cell[0] === "0" && event.buttons & 1) return cover(cell[1], cell[2], false);
    if (event.pointerType !== "mouse" || lab.state.pinned) return;
    // There the panel would open over what is pointed at: it stays shut until a click, for which the page makes room.
    under = shut() && event.clientY > (1 - PANEL) * innerHeight;
    lab.change({ cell }, { remember: false, soon: true, aloud: false });
  });

  body.addEventListener("pointerdown", (event) => {
    const cell = lab.state.brush && cellAt(event);
    if (cell && cell[0] === "0") cover(cell[1], cell[2]);
  });

  body.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (!cell || (lab.state.brush && cell[0] === "0")) return;
    under = false;
    const again = lab.state.pinned && String(cell) === String(lab.state.cell);
    lab.change({ cell, pinned: !again }, { remember: false });
  });

  // Page Up and Page Down go from map to map; Enter covers while the brush is out. Scores stand below one another.
  body.addEventListener("keydown", (event) => {
    under = false;
    const grid = event.target.closest("[data-grid]")?.dataset.grid, { cell, brush: out } = lab.state;
    if (!grid || cell?.[0] !== grid) return;
    if (grid === "0" && out && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return cover(cell[1], cell[2]);
    }
    const [C, , W] = planes(last[0].maps[Number(grid)]), scores = Number(grid) === last[0].layers.length;
    const step = { PageUp: -W, PageDown: W, ...(scores && { ArrowUp: -1, ArrowDown: 1 }) }[event.key];
    if (!step) return;
    event.preventDefault();
    if (scores) event.stopImmediatePropagation();
    const j = cell[2] + step;
    if (j >= 0 && j < C * W) lab.change({ cell: [grid, cell[1], j] }, { remember: false });
  }, true);

  // --- Files ---------------------------------------------------------------------------------------------------------

  // What is said of a file stands until other weights are taken.
  const say = (text) => {
    spoken = lab?.state.weights;
    find("[data-message]").textContent = text;
  };

  async function load(file) {
    try {
      const network = networkOf(parse(new Uint8Array(await file.arrayBuffer())), config.known);
      config.loaded = { ...network, serial: ++loads };
      find("[data-own]").hidden = false;
      lab.change({ weights: "loaded", off: [], covered: [], cell: null, pinned: false });
      lab.show();
      say(`${file.name} is loaded: ${network.title}.`);
    } catch (error) {
      say(`${file.name} is not loaded: ${error.message}.`);
    }
  }

  body.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-file]") || !target.files.length) return;
    load(target.files[0]);
    target.value = "";  // so that the same file, saved anew, can be opened again
  });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) load(file);
  });

  return {
    actions, paint,
    begin(shell) {
      lab = shell;
      draws(find("[data-pad]"));
      const again = () => { colours = palette(root); paint(...last); };
      new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
      // Measured here and not at every stroke, which would lay out the page before it is shown.
      new ResizeObserver(([{ target }]) => {
        side = Math.round(target.clientWidth * (window.devicePixelRatio || 1));
        again();
      }).observe(find("[data-pad]"));
    },
  };
}
