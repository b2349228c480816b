// The training laboratory at work in a page: its controls, and what pointer, keys and time do.
import { calm, shell, UNDO_AND_RESET } from "./lab.js";
import { together } from "./player.js";
import { unbroken } from "./words.js";
import { choicesOf, LABELS, PACES, reads, VERSUS } from "./lab-training-choices.js";
import { onPlane, planeSize } from "./lab-training-net-draw.js";
import { paint, PLANE } from "./lab-training-paint.js";
import { verdict } from "./lab-training-quiz.js";
import { FAULTS, LONGEST } from "./lab-training-run.js";
import { news } from "./lab-training-words.js";

const TICK = 40;      // milliseconds between two frames of playback
const SLOW = 1000;    // and for readers who asked for less motion, who see fewer and larger changes
const LEAP = 25;
const MOVES = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// --- Controls --------------------------------------------------------------------------------------------------------

const option = (value, text) => `<option value='${JSON.stringify(value)}'>${text}</option>`;
const picked = (key, label, options) => `<label class="course-lab-pick"><span>${label}</span>` +
  `<select data-state="${key}">${options.join("")}</select></label>`;
const tools = (...parts) => `<div class="course-lab-tools">${parts.join("")}</div>`;
const region = (name, tag = "div") => `<${tag} data-region="${name}"></${tag}>`;
const does = (name, text, more = "") => `<button type="button" data-do="${name}"${more}>${text}</button>`;

const menu = (name, config) =>
  picked(name, LABELS[name], choicesOf(name, config).map((value) => option(value, reads(name, value))));
const menus = (config, ...names) => names.map((name) => menu(name, config)).join("");

function controls(config) {
  const others = VERSUS.map((name) => `<optgroup label="${LABELS[name]}">` + choicesOf(name, config)
    .map((value) => option([name, value], `${LABELS[name]}: ${reads(name, value)}`)).join("") + "</optgroup>");
  const versus = picked("versus", "run B beside it, with another", [option(null, "– no second run –"), ...others]);
  return menus(config, "data", "sample", "noise", "layer1", "layer2", "layer3", "batch", "decay", "seed", "fault") + versus;
}

let opened = 0;  // radio buttons of several laboratories on a page must not be one group
function quiz() {
  const name = `course-lab-guess-${++opened}`;
  const guesses = Object.entries(FAULTS).map(([fault, text]) => `<label><input type="radio" name="${name}" ` +
    `data-state="guess" value='${JSON.stringify(fault)}'>${text}</label>`);
  return "<fieldset><legend>Which fault is it?</legend>" + tools(does("quiz", "New mystery run"),
    `<span data-part="guesses" class="course-lab-tools" hidden>${guesses.join("")}${does("leave", "Leave the quiz")}</span>`) +
    `${region("verdict")}</fieldset>`;
}

const PLAY = '<span class="course-lab-rests">▶ Play</span><span class="course-lab-plays">■ Stop</span>';
const layout = (config) => tools(does("play", PLAY, ' class="course-lab-main"'), does("back", "‹ Step back"),
  does("next", "Step ›"), UNDO_AND_RESET, picked("pace", "steps a frame", PACES.map((pace) => option(pace, pace))),
  `<label class="course-lab-time">steps done <input type="range" data-time min="0" max="${LONGEST}">
    <output data-shows="step"></output></label>`) +
  `<div class="course-lab-bench"><div class="course-lab-tools course-lab-set">
      <div data-part="settings">${menus(config, "lr", "rule", "activation")}</div>
      <details class="course-lab-settings"><summary>More: ${region("settings", "span")}</summary>
        <div class="course-lab-tools"><div data-part="settings">${controls(config)}</div>${quiz()}</div></details></div>
    <p data-region="caption"></p>
    <div class="course-lab-left">${region("runs")}
      <p class="course-hint">Point at a unit: its numbers stand below. Click, and it stays.</p>
      <div data-region="network" data-grid="units" data-focus="network" tabindex="0" role="application"
        aria-label="Units of the network: arrows choose one, Enter keeps it"></div>
      ${region("key", "p")}</div>
    <div class="course-lab-right"><div class="course-lab-training-planes">${region("planes")}${region("adding")}</div>
      <div>${region("legend", "p")}${region("loss")}</div></div>
    <div class="course-lab-tools course-lab-parts">${region("phases")}${does("part", "Next ›")}</div>
    <div class="course-lab-detail">${tools('<span role="group" aria-label="Point of the batch">',
      does("point-", "‹ point"), does("point+", "point ›"), "</span>", region("which", "span"))}
      ${region("detail")}${region("badge")}</div>
    <div class="course-lab-bent" data-region="bent"></div>
    <div class="course-lab-charts" data-region="curves"></div></div>`;

// --- At work ---------------------------------------------------------------------------------------------------------

// `own` are the functions of the laboratory: start, numbers, draw, valid, bounds.
export function openLab(root, given, own) {
  const config = { ...given, live: true }, body = root.querySelector(".course-lab-body");
  const find = (selector) => body.querySelector(selector);
  let seen = null;    // the numbers that are shown
  let before = null;  // the state that was drawn last
  let line = "";      // how far the run has come

  const to = (step, how) => lab.change({ step: Math.min(Math.max(step, 0), LONGEST), phase: 0 }, how);

  const play = (button) => {
    let first = true;  // all that is played is one change to undo
    lab.play(button, () => {
      to(lab.state.step + lab.state.pace * (calm() ? LEAP : 1), { remember: first, aloud: false });
      first = false;
      return lab.state.step < LONGEST;
    }, calm() ? SLOW : TICK);
    if (!button.dataset.playing) return;
    const course = together(), { stop } = course;
    course.stop = () => {
      stop();
      lab.say(line);
    };
  };

  // What a click does, or Enter at the cross: a new point there, or the nearest point of the batch.
  const touch = (at) => {
    const { adds, added, quiz } = lab.state, { rows, data } = seen.sides[seen.shown];
    if (adds >= 0 && !quiz) return lab.change({ added: [...added, [...at.map((v) => Number(v.toFixed(3))), adds]] });
    const away = rows.map((row) => Math.hypot(data.learn.x[row][0] - at[0], data.learn.x[row][1] - at[1]));
    if (away.length) lab.change({ point: away.indexOf(Math.min(...away)) });
  };

  const points = (by) => {
    const last = seen.sides[seen.shown].rows.length - 1, { point } = lab.state;
    if (last >= 0) lab.change({ point: (Math.min(point, last) + by + last + 1) % (last + 1) });
  };

  // The caption is what is read out. In the page there is always the same line, as the rest can be seen.
  const draw = (numbers, state) => {
    const { html, caption } = own.draw(numbers, state, config), heard = news(before, state, numbers);
    before = state;
    line = unbroken(caption);
    return { html, caption: heard ?? caption };
  };

  const after = (numbers, state) => {
    seen = numbers;
    find('[data-region="caption"]').textContent = line;
    for (const canvas of body.querySelectorAll("canvas[data-map]")) {
      const plane = /^plane(\d)$/.exec(canvas.dataset.map), [l, j] = canvas.dataset.map.split(",").map(Number);
      if (plane) paint(canvas, seen.sides[plane[1]].p.map((p) => 2 * p - 1), PLANE);
      else paint(canvas, seen.sides[seen.shown].units[l][j]);
    }
    find("[data-time]").value = state.step;
    for (const part of body.querySelectorAll('[data-part="settings"]')) part.hidden = state.quiz > 0;
    find('[aria-label="Point of the batch"]').hidden = state.phase === 2;
    const guesses = find('[data-part="guesses"]');
    if (state.quiz && guesses.hidden) find(".course-lab-settings").open = true;  // the quiz stands in there
    guesses.hidden = !state.quiz;
    const over = Boolean(state.quiz && state.guess) && verdict(state.quiz, state.guess).right;
    for (const radio of guesses.querySelectorAll("input")) radio.disabled = over && !radio.checked;
    const detail = find('[data-region="detail"]');  // who has no mouse scrolls it with the arrows
    detail.removeAttribute("tabindex");
    if (detail.scrollWidth > detail.clientWidth) detail.tabIndex = 0;
    find(".course-lab-bench").classList.toggle("course-lab-two", seen.sides.length > 1);
  };

  const grids = ({ sides, shown }) => {
    const counts = sides[shown].units.map((layer) => layer.length);
    return { units: [Math.max(...counts), counts.length] };
  };

  const lab = shell(root, config, {
    ...own, draw, name: "training", layout, grids, after,
    actions: {
      play, back: () => to(lab.state.step - 1), next: () => to(lab.state.step + 1),
      part: () => (lab.state.phase < 2 ? lab.change({ phase: lab.state.phase + 1 }) : to(lab.state.step + 1)),
      "point-": () => points(-1), "point+": () => points(1),
      quiz: () => lab.change({ quiz: lab.state.quiz % 99 + 1, guess: null, step: 0, phase: 0, versus: null, point: 0 }),
      leave: () => {
        lab.change({ quiz: 0, guess: null });
        find("[data-do=quiz]").focus();
      },
    },
  });

  let held = false;  // a drag of the slider is one change to undo
  find("[data-time]").addEventListener("input", ({ target }) => {
    to(Number(target.value), { remember: !held, soon: true });
    held = true;
  });
  find("[data-time]").addEventListener("change", () => { held = false; });

  body.addEventListener("click", (event) => {
    const plane = event.target.closest("[data-plane]");
    if (!plane) return;
    const box = plane.getBoundingClientRect(), { back } = onPlane(own.bounds(config, lab.state));
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    touch(back(x * planeSize, y * planeSize));
  });

  body.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-plane]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const [left, right, bottom, top] = own.bounds(config, lab.state), move = MOVES[event.key];
    const [x, y] = lab.state.cursor ?? [(left + right) / 2, (bottom + top) / 2];
    if (event.key === "Escape") return lab.change({ cursor: null }, { remember: false });
    if (!move && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (!move) return touch([x, y]);
    const clip = (value, low, high) => Number(Math.min(Math.max(value, low), high).toFixed(6));
    const step = (right - left) / 40;
    const cursor = [clip(x + move[0] * step, left, right), clip(y + move[1] * step, bottom, top)];
    lab.change({ cursor }, { remember: false });
  });
  return lab;
}
