// The training laboratory at work in a page: its controls, and what pointer, keys and time do.
import { calm, shell, UNDO_AND_RESET } from "./lab.js";
import { choicesOf, LABELS, reads, VERSUS } from "./lab-training-choices.js";
import { onPlane, planeSize } from "./lab-training-net-draw.js";
import { paint, PLANE } from "./lab-training-paint.js";
import { FAULTS, LONGEST } from "./lab-training-run.js";

const TICK = 40;      // milliseconds between two frames of playback
const SLOW = 1000;    // and for readers who asked for less motion, who see fewer and larger changes
const MOVES = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

const option = (value, text) => `<option value='${JSON.stringify(value)}'>${text}</option>`;
const menu = (name, config) => `<label class="course-lab-pick"><span>${LABELS[name]}</span><select data-state="${name}">` +
  choicesOf(name, config).map((value) => option(value, reads(name, value))).join("") + "</select></label>";
const menus = (names, config) => names.map((name) => menu(name, config)).join("");
const region = (name, tag = "div") => `<${tag} data-region="${name}"></${tag}>`;
const does = (name, text, more = "") => `<button type="button" data-do="${name}"${more}>${text}</button>`;

const versus = (config) => '<label class="course-lab-pick course-lab-wide"><span>run B beside it, with another</span><select data-state="versus">' +
  option(null, "– no second run –") + VERSUS.map((name) => `<optgroup label="${LABELS[name]}">` +
    choicesOf(name, config).map((value) => option([name, value], `${LABELS[name]}: ${reads(name, value)}`)).join("") + "</optgroup>").join("") +
  "</select></label>";

let opened = 0;
function layout(config) {
  const group = `course-lab-guess-${++opened}`;
  const guesses = Object.entries(FAULTS).map(([name, text]) => `<label><input type="radio" name="${group}" data-state="guess" ` +
    `value='${JSON.stringify(name)}'>${text}</label>`).join("");
  return `<div class="course-lab-tools">
      ${does("play", '<span class="course-lab-rests">▶ Play</span><span class="course-lab-plays">■ Stop</span>', ' class="course-lab-main"')}
      ${does("back", "‹ Step back")}${does("next", "Step ›")}${UNDO_AND_RESET}
      <label class="course-lab-pick"><span>steps a frame</span><select data-state="pace">${[1, 5, 25].map((n) => option(n, n)).join("")}</select></label></div>
    <label class="course-lab-time">steps done <input type="range" data-time min="0" max="${LONGEST}"><output data-shows="step"></output></label>
    <details class="course-lab-settings"><summary>Points, network, training, faults</summary><div data-part="settings">
      <div class="course-lab-tools">${menus(["lr", "rule", "batch", "decay", "seed"], config)}</div>
      <div class="course-lab-tools">${menus(["layer1", "layer2", "layer3", "activation", "fault"], config)}</div>
      <div class="course-lab-tools">${menus(["data", "sample", "noise"], config)}${versus(config)}</div></div>
      <fieldset><legend>Which fault is it?</legend><div class="course-lab-tools">${does("quiz", "New mystery run")}
        <span data-part="guesses" class="course-lab-tools">${guesses}${does("leave", "Leave the quiz")}</span></div>
        <div data-region="verdict"></div></fieldset></details>
    <p data-region="caption"></p>
    <div class="course-lab-bench">
      <div class="course-lab-tools course-lab-parts">${region("phases")}${does("part", "Next ›")}</div>
      <div class="course-lab-left">${region("runs")}<div data-region="network" data-grid="units" data-focus="network" tabindex="0" role="application"
        aria-label="Units of the network: arrows choose one, Enter keeps it"></div>${region("key", "p")}</div>
      <div class="course-lab-planes">${region("planes")}${region("adding")}</div>
      <div class="course-lab-charts">${region("curves")}${region("legend", "p")}</div>
      <div class="course-lab-detail"><div class="course-lab-tools"><span role="group" aria-label="Point of the batch">${does("point-", "‹ point")}
        ${does("point+", "point ›")}</span>${region("which", "span")}</div>${region("detail")}${region("badge")}</div>
      <div class="course-lab-bent" data-region="bent"></div></div>`;
}

// `own` are the functions of the laboratory: start, numbers, draw, valid, bounds.
export function openLab(root, given, own) {
  const config = { ...given, live: true }, body = root.querySelector(".course-lab-body");
  let seen = null;  // the numbers that are shown
  const find = (selector) => body.querySelector(selector);
  const to = (step, how) => lab.change({ step: Math.min(Math.max(step, 0), LONGEST), phase: 0 }, how);

  const play = (button) => {
    const [pause, wide] = calm() ? [SLOW, 25] : [TICK, 1];
    let first = true;
    lab.play(button, () => {
      const { step, pace } = lab.state;
      if (step >= LONGEST) return false;
      to(step + pace * wide, { remember: first, aloud: false });
      first = false;
      return lab.state.step < LONGEST;
    }, pause);
  };

  // The place of a click, or of the cross: a new point there, or the nearest point of the batch.
  const touch = (at) => {
    const { state } = lab, { rows, data } = seen.sides[seen.shown], { x } = data.learn;
    if (state.adds >= 0) return lab.change({ added: [...state.added, [...at.map((v) => Number(v.toFixed(3))), state.adds]] });
    const away = rows.map((row) => (x[row][0] - at[0]) ** 2 + (x[row][1] - at[1]) ** 2);
    if (away.length) lab.change({ point: away.indexOf(Math.min(...away)) });
  };

  const lab = shell(root, config, {
    ...own, name: "training", layout,
    grids: ({ sides, shown }) => ({ units: [Math.max(...sides[shown].units.map((layer) => layer.length)), sides[shown].units.length] }),
    actions: {
      play, back: () => to(lab.state.step - 1), next: () => to(lab.state.step + 1),
      part: () => (lab.state.phase < 2 ? lab.change({ phase: lab.state.phase + 1 }) : to(lab.state.step + 1)),
      "point-": () => lab.change({ point: Math.max(0, lab.state.point - 1) }),
      "point+": () => lab.change({ point: lab.state.point + 1 }),
      clear: () => lab.change({ added: [] }),
      quiz: () => lab.change({ quiz: lab.state.quiz % 99 + 1, guess: null, step: 0, phase: 0, versus: null, shown: 0, point: 0 }),
      leave: () => lab.change({ quiz: 0, guess: null }),
    },
    after(now, state) {
      seen = now;
      for (const canvas of body.querySelectorAll("canvas[data-map]")) {
        const plane = /^plane(\d)$/.exec(canvas.dataset.map), [l, j] = canvas.dataset.map.split(",").map(Number);
        if (plane) paint(canvas, seen.sides[plane[1]].p.map((p) => 2 * p - 1), PLANE);
        else paint(canvas, seen.sides[seen.shown].units[l][j]);
      }
      const time = find("[data-time]"), quiz = state.quiz > 0;
      time.value = state.step;
      find(".course-lab-bench").classList.toggle("course-lab-two", seen.sides.length > 1);
      for (const [part, hidden] of Object.entries({ settings: quiz, guesses: !quiz })) find(`[data-part="${part}"]`).hidden = hidden;
    },
  });

  find(".course-lab-settings").open = body.clientWidth > 560;
  let before = null;  // where the slider was taken hold of: one drag is one change to undo
  find("[data-time]").addEventListener("input", ({ target }) => {
    to(Number(target.value), { remember: before === null, soon: true });
    before ??= target.value;
  });
  find("[data-time]").addEventListener("change", () => { before = null; });

  body.addEventListener("click", (event) => {
    const plane = event.target.closest("[data-plane]");
    if (!plane) return;
    const box = plane.getBoundingClientRect(), { back } = onPlane(own.bounds(config, lab.state));
    touch(back(((event.clientX - box.left) / box.width) * planeSize, ((event.clientY - box.top) / box.height) * planeSize));
  });
  body.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-plane]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const [left, right, bottom, top] = own.bounds(config, lab.state), { cursor } = lab.state, move = MOVES[event.key];
    if (event.key === "Escape") return lab.change({ cursor: null }, { remember: false });
    if (!move && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const at = cursor ?? [(left + right) / 2, (bottom + top) / 2];
    if (!move) return touch(at);
    const clip = (v, low, high) => Math.min(Math.max(Number(v.toFixed(6)), low), high);
    lab.change({ cursor: [clip(at[0] + move[0] * (right - left) / 40, left, right), clip(at[1] + move[1] * (top - bottom) / 40, bottom, top)] },
      { remember: false });
  });
  return lab;
}
